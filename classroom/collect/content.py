"""Which lesson a notebook is, by what is in it."""

from __future__ import annotations

import json
import re
from collections import Counter

__all__ = ["is_notebook", "lesson_of"]

GRADE_ID = re.compile(r"^(?:check|exercise)-(\d{1,2})-\d+$")
EXERCISE = re.compile(r"^(\d{1,2})\.\d+$")
TITLE = re.compile(r"^#\s*(\d\d)\s*·", re.MULTILINE)


def is_notebook(content: bytes) -> bool:
    """Whether a file's bytes are a notebook's, whole and readable."""
    return _cells(content) is not None


def lesson_of(content: bytes) -> str:
    """The number of the lesson whose exercises a notebook holds, or "" where nothing tells.

    nbgrader's ids tell, then the course's own marks, then the title. Names of files do not count here.
    """
    votes: Counter[str] = Counter()
    title = ""
    for cell in _cells(content) or ():
        metadata = cell.get("metadata")
        metadata = metadata if isinstance(metadata, dict) else {}
        nbgrader, course = metadata.get("nbgrader"), metadata.get("course")
        match = GRADE_ID.match(str(nbgrader.get("grade_id"))) if isinstance(nbgrader, dict) else None
        if match is None and isinstance(course, dict):
            match = EXERCISE.match(str(course.get("todo") or course.get("check")))
        if match:
            votes[match[1].zfill(2)] += 1
        elif cell.get("cell_type") == "markdown" and not title:
            source = cell.get("source")
            match = TITLE.search("".join(map(str, source)) if isinstance(source, list) else str(source))
            title = match[1] if match else ""
    return votes.most_common(1)[0][0] if votes else title


def _cells(content: bytes) -> list[dict] | None:
    try:
        notebook = json.loads(content.decode("utf-8-sig"))
    except (ValueError, RecursionError):
        return None
    cells = notebook.get("cells") if isinstance(notebook, dict) else None
    if not isinstance(cells, list):
        return None
    return [cell for cell in cells if isinstance(cell, dict)]
