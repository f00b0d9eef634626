"""A lesson as a class gets it."""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Collection
from pathlib import Path
from typing import Any

__all__ = ["class_copy", "is_exam", "points_of", "read", "text_of"]

DETAILS = re.compile(r"\s*<details>.*?</details>", re.DOTALL)
LINK = re.compile(r"\[([^\]]*)\]\((\d\d_\w+)\.ipynb\)")
#: Lines that lead to the public course, where each solution can be read.
ELSEWHERE = re.compile(r"^(?:Open it \[on Colab\]|\*On Colab: ).*\n?", re.MULTILINE)


def read(path: Path) -> dict[str, Any]:
    """A notebook's JSON."""
    return json.loads(path.read_text("utf-8"))


def text_of(notebook: dict[str, Any]) -> str:
    """A notebook as it stands in its file; the same notebook gives the same bytes, which are nbformat's."""
    return json.dumps(notebook, ensure_ascii=False, indent=1, sort_keys=True) + "\n"


def is_exam(notebook: dict[str, Any]) -> bool:
    """Whether a class's copy is one for an exam: it has no hints, and each lesson of the course has some."""
    return not any("hint" in cell.get("metadata", {}).get("course", {}) for cell in notebook["cells"])


def points_of(notebook: dict[str, Any]) -> dict[str, float]:
    """Exercise -> the points that it is worth, in the order of the notebook."""
    marks = (cell.get("metadata", {}) for cell in notebook["cells"])
    checks = (mark for mark in marks if "check" in mark.get("course", {}) and "nbgrader" in mark)
    return {mark["course"]["check"]: mark["nbgrader"].get("points", 0) for mark in checks}


def class_copy(notebook: dict[str, Any], there: Collection[str], *, exam: bool = False) -> dict[str, Any]:
    """The copy for a class.

    Cell ids, grade ids and points stay, and so does the code of every cell.

    Args:
        notebook: the course's student copy.
        there: names of the notebooks that the class has; a link to another one leads nowhere and becomes plain text.
        exam: without hints, solutions, answers to questions, and links to the public course.
    """
    made = copy.deepcopy(notebook)
    made["cells"] = [
        cell for cell in made["cells"] if not (exam and "hint" in cell.get("metadata", {}).get("course", {}))
    ]
    for cell in made["cells"]:
        if cell["cell_type"] != "markdown":
            continue
        source = cell["source"] if isinstance(cell["source"], str) else "".join(cell["source"])
        shown = LINK.sub(lambda link: link[0] if link[2] in there else link[1], source)
        if exam:
            shown = ELSEWHERE.sub("", DETAILS.sub("", shown)).rstrip("\n")
        if shown != source:
            cell["source"] = shown.splitlines(keepends=True)
    return made
