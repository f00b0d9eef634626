"""Writes what the weekly run has seen: a badge with its date, and the versions that it ran on.

    python .github/verified.py FOLDER

Run it after `course.py test --newest` has passed; it asks that environment what it holds, and installs nothing.
`verified.svg` is the badge in the README, `verified.json` the same for shields.io's endpoint, `versions.txt` the list.
"""

from __future__ import annotations

import argparse
import datetime
import json
import sys
from collections.abc import Sequence
from html import escape
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import course

LABEL = "last verified"
LETTER = 6.6  # the mean width of a letter of 11 pixels, in pixels
PADDING = 10


def badge(label: str, message: str) -> str:
    """An SVG of two fields, in colours that can be read on both of GitHub's backgrounds."""
    left, right = (round(len(text) * LETTER) + 2 * PADDING for text in (label, message))
    text = f"{escape(label)}: {escape(message)}"
    return f"""\
<svg xmlns="http://www.w3.org/2000/svg" width="{left + right}" height="20" role="img" aria-label="{text}">
  <title>{text}</title>
  <rect width="{left + right}" height="20" rx="3" fill="#005a9c"/>
  <path d="M3 0h{left - 3}v20H3a3 3 0 0 1-3-3V3a3 3 0 0 1 3-3z" fill="#444"/>
  <g fill="#fff" font-family="Verdana,DejaVu Sans,sans-serif" font-size="11" text-anchor="middle">
    <text x="{left / 2}" y="14">{escape(label)}</text>
    <text x="{left + right / 2}" y="14">{escape(message)}</text>
  </g>
</svg>
"""


def files(date: datetime.date, versions: Sequence[str]) -> dict[str, str]:
    """Name -> text of each file.

    Args:
        date: the day of the run.
        versions: lines that say what it ran on.
    """
    endpoint = {"schemaVersion": 1, "label": LABEL, "message": date.isoformat(), "color": "005a9c"}
    heading = f"The whole suite passed on {date.isoformat()} with Python {sys.version.split()[0]} and"
    return {
        "verified.svg": badge(LABEL, date.isoformat()),
        "verified.json": json.dumps(endpoint) + "\n",
        "versions.txt": "\n".join([heading, *versions]) + "\n",
    }


def main(arguments: Sequence[str] | None = None) -> int:
    """The command line; returns the exit code."""
    parser = argparse.ArgumentParser(prog=".github/verified.py", description="Write the badge of the weekly run.")
    parser.add_argument("folder", type=Path, help="where to write it")
    options = parser.parse_args(arguments)
    if not course.is_ready("newest"):
        print("There is no environment of today's newest versions. Run: course.py test --newest", file=sys.stderr)
        return 1
    versions = course.differences_from_pins(course.python_of(course.folder_of("newest")))
    options.folder.mkdir(parents=True, exist_ok=True)
    for name, text in files(datetime.datetime.now(datetime.UTC).date(), versions).items():
        (options.folder / name).write_text(text, "utf-8", newline="\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
