"""Copies for nbgrader's formgrader: the release with a student's answers in it, and what the checks said.

Formgrader shows no score without a notebook in `autograded/`. It cannot be the file that was handed in: formgrader
stops at a check that was copied, renamed or deleted, and shows in the teacher's browser whatever output a file has.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from ..layout import ClassFolder
from ..release.copies import read, text_of
from ..results import Result

__all__ = ["write_autograded"]


def write_autograded(folder: ClassFolder, result: Result) -> Path:
    """Write one student's copy of one assignment for formgrader."""
    notebook = read(folder.release(result.assignment))
    answers = _answers(folder.submitted(result.student, result.assignment))
    lines = {exercise.grade_id: exercise.line for exercise in result.exercises}
    for cell in notebook["cells"]:
        if cell["cell_type"] != "code":
            continue
        exercise = cell["metadata"].get("course", {}).get("todo")
        cell["source"] = answers.get(exercise, cell["source"])
        line = lines.get(cell["metadata"].get("nbgrader", {}).get("grade_id"))
        if line:
            cell["outputs"] = [{"output_type": "stream", "name": "stdout", "text": line}]
    target = folder.autograded(result.student, result.assignment)
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(text_of(notebook), "utf-8", errors="replace", newline="\n")
    return target


def _answers(path: Path) -> dict[str, str]:
    """Exercise -> code of its cell in a file that was handed in; empty where it cannot be read."""
    found: dict[str, str] = {}
    try:
        cells = json.loads(path.read_bytes())["cells"]
        for cell in cells:
            exercise = _mark(cell)
            if exercise:
                source = cell["source"]
                found[exercise] = source if isinstance(source, str) else "".join(map(str, source))
    except (OSError, ValueError, LookupError, TypeError, AttributeError, RecursionError):
        return {}
    return found


def _mark(cell: dict[str, Any]) -> str:
    if cell.get("cell_type") != "code":
        return ""
    course = cell.get("metadata", {}).get("course")
    return str(course.get("todo", "")) if isinstance(course, dict) else ""
