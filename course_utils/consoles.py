"""Printing where not every letter can be shown."""

import sys


def forgive() -> None:
    """Let a terminal that cannot show a letter, such as "β" or "✓", show "?" in its place, and nothing stop for it.

    Notebooks show all letters. Terminals with a locale that is not UTF-8, and pipes on Windows, do not.
    """
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):  # not the stream of a notebook's kernel
            stream.reconfigure(errors="replace")
