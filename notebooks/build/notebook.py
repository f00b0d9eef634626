"""From a source to its two notebooks: blank exercises for the learner, answers for the solved copy."""

from __future__ import annotations

import copy
import hashlib
import json
from typing import Any

import nbformat
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from .source import ANSWER, Cell, Course, Lesson, solution_of, without_markers
from .templates import FOLDED, check_cell, links_cell, map_cell, report_cell, setup_cell, title_cell

METADATA: dict[str, Any] = {
    "kernelspec": {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"},
    "language_info": {
        "codemirror_mode": {"name": "ipython", "version": 3},
        "file_extension": ".py",
        "mimetype": "text/x-python",
        "name": "python",
        "nbconvert_exporter": "python",
        "pygments_lexer": "ipython3",
    },
}


def stub_text(name: str, task: str) -> str:
    """The line that stands for a missing answer."""
    return f"raise NotImplementedError({json.dumps(f'Exercise {name} is yours: {task}', ensure_ascii=False)})"


def folded(summary: str, body: str) -> str:
    """A part of a markdown cell that opens with a click; blank lines let its markdown be rendered."""
    return f"<details><summary>{summary}</summary>\n\n{body.strip()}\n\n</details>"


def _markdown(cell: Cell, lesson: Lesson, solved: bool) -> str:
    if cell.role == "think":
        question, _, answer = cell.source.partition(ANSWER)
        return f"{question.strip()}\n\n{folded('Our answer', answer)}"
    if cell.role == "depth":
        note = f"*{cell.name} · no later lesson asks for it*"
        return f"---\n# Depth · for those who want more\n{note}\n\n{cell.source.strip()}"
    if cell.role == "hint":
        hint = folded("Hint", cell.source)
        if solved:  # the answer stands in the exercise itself
            return hint
        code = solution_of(lesson.cell("todo", cell.name).source)
        solution = folded("Solution", f"```python\n{code}\n```")
        return f"{hint}\n\n{solution}"
    return cell.source


def _code(cell: Cell, course: Course) -> str:
    if cell.role == "template":
        return map_cell(course)
    return check_cell(cell.name, cell.source) if cell.role == "check" else cell.source


def _nbgrader(cell: Cell) -> dict[str, Any]:
    """nbgrader's metadata, schema 3, of a todo or a check cell. Its ids may hold no dot."""
    is_check = cell.role == "check"
    meta = {
        "schema_version": 3,
        "grade": is_check,
        "locked": is_check,
        "solution": not is_check,
        "task": False,
        "grade_id": f"{'check' if is_check else 'exercise'}-{cell.name.replace('.', '-')}",
    }
    if is_check:
        meta["points"] = cell.options["points"]
    return meta


def expand(lesson: Lesson, course: Course, solved: bool) -> NotebookNode:
    """The notebook before anything is cleared or run: generated cells in place, answers still inside.

    Each cell that has a role carries it in its metadata, as `course: {"check": "1.2"}`. In markdown, `{repository}`
    stands for the repository's address.
    """
    code, markdown = "code", "markdown"
    parts: list[tuple[str, str, Cell | None]] = [
        (markdown, title_cell(lesson, course, solved), None),
        (code, setup_cell(lesson.uses, course.repository), None),
    ]
    for cell in lesson.cells:
        if cell.kind == markdown:
            text = _markdown(cell, lesson, solved).replace("{repository}", course.repository)
            parts.append((markdown, text, cell))
        else:
            parts.append((code, _code(cell, course), cell))
    if lesson.points:
        parts.append((code, report_cell(lesson), None))
    parts.append((markdown, links_cell(lesson, course), None))

    notebook = new_notebook(metadata=copy.deepcopy(METADATA))
    ids = _StableIds()
    for kind, source, cell in parts:
        make = new_code_cell if kind == code else new_markdown_cell
        made = make(source, id=ids.next(kind, cell.source if cell and cell.source else source))
        if kind == code and source.startswith("# @title "):
            made.metadata.update(copy.deepcopy(FOLDED))
        if cell and cell.role:
            made.metadata["course"] = {cell.role: cell.name}
            if cell.role in ("todo", "check"):
                made.metadata["nbgrader"] = _nbgrader(cell)
        notebook.cells.append(made)
    return notebook


class _StableIds:
    """Cell ids from what the cell says; equal cells are counted."""

    def __init__(self) -> None:
        self._seen: dict[str, int] = {}

    def next(self, kind: str, source: str) -> str:
        digest = hashlib.sha256(f"{kind}\n{source}".encode()).hexdigest()[:12]
        count = self._seen[digest] = self._seen.get(digest, 0) + 1
        return digest if count == 1 else f"{digest}-{count}"


def student_notebook(lesson: Lesson, course: Course) -> NotebookNode:
    """The copy to work in: nbgrader's preprocessors put a stub where each answer stands."""
    from nbgrader import preprocessors as pre

    class NamedStubs(pre.ClearSolutions):
        """A stub that says which exercise is missing and what is to be done."""

        def preprocess_cell(self, cell: NotebookNode, resources: Any, cell_index: int) -> tuple[NotebookNode, Any]:
            name = cell.metadata.get("course", {}).get("todo")
            if name is not None:
                self.code_stub = {"python": stub_text(name, lesson.cell("todo", name).options["task"])}
            return super().preprocess_cell(cell, resources, cell_index)

    notebook, resources = expand(lesson, course, solved=False), {}
    for cell in notebook.cells:
        if cell.metadata.get("course", {}).keys() & {"todo", "check", "uses"}:
            cell.metadata["tags"] = ["raises-exception"]  # Run All goes on past an exercise that is not done
    for step in (
        pre.LockCells,
        NamedStubs,
        pre.ClearOutput,
        pre.CheckCellMetadata,
        pre.ComputeChecksums,
        pre.ClearHiddenTests,
        pre.ComputeChecksums,
        pre.CheckCellMetadata,
    ):
        notebook, resources = step().preprocess(notebook, resources)
    nbformat.validate(notebook)
    return notebook


def solved_notebook(lesson: Lesson, course: Course) -> NotebookNode:
    """The solved copy before it is executed; its metadata hold a fingerprint of all that went into it."""
    notebook = expand(lesson, course, solved=True)
    for cell in notebook.cells:
        if "todo" in cell.metadata.get("course", {}):
            cell.source = without_markers(cell.source)
    notebook.metadata["course"] = {"source_sha256": hashlib.sha256(to_text(notebook).encode()).hexdigest()}
    nbformat.validate(notebook)
    return notebook


def to_text(notebook: NotebookNode) -> str:
    """A notebook as it stands in its file; the same notebook gives the same bytes."""
    return nbformat.writes(notebook, version=4) + "\n"
