"""Commands as a teacher types them here."""

from __future__ import annotations

import os
import shlex
from pathlib import Path

from .layout import ClassFolder
from .lessons import ROOT

__all__ = ["typed"]


def typed(words: str, folder: ClassFolder) -> str:
    """A whole command of `course.py class`, with the class's folder as seen from here.

    Args:
        words: verb and arguments.
        folder: of the class.
    """
    whole = ["python3", shlex.quote(_from_here(ROOT / "course.py")), "class", words]
    if folder.root != Path.cwd():
        whole += ["--class", shlex.quote(_from_here(folder.root))]
    return " ".join(whole)


def _from_here(path: Path) -> str:
    """The shorter way to write a path: from the folder that one is in, or whole."""
    try:
        return min(Path(os.path.relpath(path)).as_posix(), path.as_posix(), key=len)
    except ValueError:  # another drive of Windows
        return path.as_posix()
