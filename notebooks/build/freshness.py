"""Which generated files are no longer what their sources give."""

from __future__ import annotations

import ast
import copy
import hashlib
import re
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

import nbformat
from nbformat import NotebookNode

from .notebook import solved_notebook, student_notebook, to_text
from .source import GITHUB, PACKAGES, Course, Lesson


def _load(path: Path) -> NotebookNode | None:
    """A notebook file, or None if it is missing or damaged."""
    try:
        return nbformat.reads(path.read_text("utf-8"), as_version=4)
    except Exception:  # whatever is wrong with it, it is to be written again
        return None


def _bare(notebook: NotebookNode) -> list[dict[str, Any]]:
    """The cells of a notebook without what running them adds."""
    cells = copy.deepcopy(notebook.cells)
    for cell in cells:
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
    return cells


def student_is_fresh(lesson: Lesson, course: Course) -> bool:
    """Whether the student copy is exactly what its source gives."""
    path = course.student_path(lesson)
    return path.is_file() and path.read_text("utf-8") == to_text(student_notebook(lesson, course))


def solved_is_fresh(lesson: Lesson, course: Course, expected: NotebookNode | None = None) -> bool:
    """Whether the solved copy came from this source and these `PACKAGES`, and nobody edited its cells since.

    Args:
        lesson: the lesson.
        course: the course.
        expected: what `solved_notebook` gives for it, where that is known.
    """
    expected = expected or solved_notebook(lesson, course)
    found = _load(course.solved_path(lesson))
    if found is None or _bare(found) != _bare(expected):
        return False
    recorded = dict(found.metadata.get("course", {}))
    if recorded.pop("modules", None) is None or recorded != expected.metadata["course"]:
        return False
    return not changed_modules(found, course) and all(c.execution_count for c in found.cells if c.cell_type == "code")


def module_hashes(root: Path) -> dict[str, str]:
    """Each module of `PACKAGES` with a hash of its code: comments, docstrings and layout do not count."""
    hashes = {}
    for path in sorted(p for package in PACKAGES for p in (root / package).rglob("*.py")):
        name = ".".join(path.relative_to(root).with_suffix("").parts).removesuffix(".__init__")
        hashes[name] = _hash_of_code(path.read_text("utf-8"))
    return hashes


@cache
def _hash_of_code(source: str) -> str:
    try:
        code = repr(_without_docstrings(ast.parse(source)))
    except SyntaxError:  # somebody is writing it
        code = source
    return hashlib.sha256(code.encode()).hexdigest()[:12]


def _without_docstrings(node: Any) -> Any:
    """A syntax tree as nested lists, the same in each version of Python: `ast.dump` differs in its empty fields."""
    if isinstance(node, list):
        return [_without_docstrings(x) for x in node]
    if not isinstance(node, ast.AST):
        return node
    fields = {name: value for name, value in ast.iter_fields(node) if value is not None and value != []}
    if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef) and ast.get_docstring(node):
        fields["body"] = node.body[1:]
    return [type(node).__name__, *([name, _without_docstrings(value)] for name, value in fields.items())]


def changed_modules(solved: NotebookNode, course: Course) -> list[str]:
    """Modules of `PACKAGES` that this solved copy's kernel had imported and whose code is another one now."""
    hashes = module_hashes(course.root)
    recorded = solved.metadata.get("course", {}).get("modules", {})
    return [name for name, code in recorded.items() if hashes.get(name) != code]


def leftovers(course: Course) -> list[Path]:
    """Generated notebooks whose source is gone."""
    expected = {p for x in course.lessons for p in (course.student_path(x), course.solved_path(x))}
    folders = (course.notebooks, course.notebooks / "solutions")
    return sorted(p for folder in folders for p in folder.glob("[0-9][0-9]_*.ipynb") if p not in expected)


def stale_files(course: Course, lessons: Sequence[Lesson]) -> dict[Path, str]:
    """Files of these lessons that are not up to date, each with a reason, or "" where its source has changed."""
    stale = {}
    for lesson in lessons:
        if not student_is_fresh(lesson, course):
            stale[course.student_path(lesson)] = ""
        if not solved_is_fresh(lesson, course):
            found = _load(course.solved_path(lesson))
            changed = changed_modules(found, course) if found else []
            reason = f"lesson {lesson.number} ran before these changed: {', '.join(changed)}" if changed else ""
            stale[course.solved_path(lesson)] = reason
    return stale


def with_kept_outputs(expected: NotebookNode, lesson: Lesson, course: Course) -> NotebookNode | None:
    """The expected notebook with the outputs of the present solved copy, if no code has changed since that ran."""
    found = _load(course.solved_path(lesson))
    modules = found.metadata.get("course", {}).get("modules") if found else None
    if found is None or modules is None or changed_modules(found, course):
        return None
    kept = copy.deepcopy(expected)
    new, old = ([c for c in nb.cells if c.cell_type == "code"] for nb in (kept, found))
    expected_code, found_code = ([_without_address(c.source) for c in cells] for cells in (new, old))
    if expected_code != found_code or not all(c.execution_count for c in old):
        return None
    if any(o.output_type == "error" for c in old for o in c.outputs):
        return None
    for cell, ran in zip(new, old, strict=True):
        cell.outputs, cell.execution_count = ran.outputs, ran.execution_count
    kept.metadata["course"]["modules"] = modules
    if "widgets" in found.metadata:
        kept.metadata["widgets"] = found.metadata["widgets"]
    return kept


def _without_address(code: str) -> str:
    """Code as it is at any address: where the set-up cell takes the course from changes nothing that a lesson shows."""
    return re.sub(rf"git\+{re.escape(GITHUB)}[\w.-]+/[\w.-]+", "git+", code)


def holds_work(path: Path) -> bool:
    """Whether somebody has run cells in this student copy."""
    found = _load(path) if path.is_file() else None
    return found is not None and any(c.get("outputs") for c in found.cells)
