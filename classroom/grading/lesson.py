"""A lesson as its teacher has it: what is asked for, the checks, and the course's own answers."""

from __future__ import annotations

import ast
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .staging import COURSE

__all__ = ["Exercise", "TeacherLesson", "read_lesson", "role_of", "source_of"]


@dataclass(frozen=True)
class Exercise:
    """One exercise.

    Attributes:
        number: such as "1.2".
        grade_id: nbgrader's name of its check cell.
        points: that it is worth.
        check: source of the check cell, the teacher's.
        names: functions and classes that it asks for.
        reference: the course's own answer.
        stub: the cell as students get it.
        cell_id: of that cell.
        todo_id: nbgrader's name of that cell.
        needs: exercises whose functions this one may call, as its check says.
        library: names in `course_utils` that are the exercise itself, as the lesson calls them.
    """

    number: str
    grade_id: str
    points: float
    check: str
    names: tuple[str, ...]
    reference: str
    stub: str
    cell_id: str
    todo_id: str
    needs: tuple[str, ...]
    library: tuple[str, ...]


@dataclass(frozen=True)
class TeacherLesson:
    """A lesson.

    Attributes:
        name: of its notebook, without the ending.
        imports: source of its first cell, which all checks need.
        given: sources of the other cells that students get, by their ids.
        exercises: in their order.
    """

    name: str
    imports: str
    given: dict[str, str]
    exercises: tuple[Exercise, ...]


def read_lesson(name: str, teachers: Path | None = None, course: Path = COURSE) -> TeacherLesson:
    """Read a lesson from the course, and from the teacher's copy if there is one.

    Args:
        name: of its notebook, such as `01_boltzmann_distribution`.
        teachers: the teacher's copy; its checks and points count, and exercises that it leaves out are left out.
        course: folder of the course.

    Raises:
        ValueError: if there is no such lesson, or the copy is no notebook of it.
    """
    from notebooks import build

    source = course / "notebooks" / "src" / f"{name}.py"
    if not source.is_file():
        known = ", ".join(sorted(path.stem for path in source.parent.glob("[0-9]*.py")))
        raise ValueError(f"assignment = {name!r}: expected the name of a lesson's notebook, one of {known}")
    lesson = build.read_lesson(source)
    references = {cell.name: build.without_markers(cell.source) for cell in lesson.cells if cell.role == "todo"}
    imports = next(cell.source for cell in lesson.cells if cell.kind == "code")
    text = (course / "notebooks" / f"{name}.ipynb").read_text(encoding="utf-8")
    library = _library_of(imports, [cell.source for cell in lesson.cells if cell.kind == "code"])
    found = _exercises(json.loads(text), references, library)
    if teachers is not None and teachers.is_file():
        found = _as_the_teacher_has_them(found, teachers)
    given = {
        str(cell.get("id", k)): source_of(cell)
        for k, cell in enumerate(json.loads(text)["cells"])
        if cell["cell_type"] == "code" and role_of(cell) == ("", "")
    }
    return TeacherLesson(name, imports, given, tuple(found))


def _exercises(notebook: dict[str, Any], references: dict[str, str], library: dict[str, set[str]]) -> list[Exercise]:
    cells = {role_of(cell): cell for cell in notebook["cells"] if cell["cell_type"] == "code"}
    found: list[Exercise] = []
    for (role, number), check in cells.items():
        if role != "check":
            continue
        todo, grading = cells["todo", number], check["metadata"]["nbgrader"]
        reference = references[number]
        names = tuple(
            node.name for node in ast.parse(reference).body if isinstance(node, ast.FunctionDef | ast.ClassDef)
        )
        called = _named_in(source_of(check))
        needs = tuple(other.number for other in found if set(other.names) & called)
        found.append(
            Exercise(
                number, grading["grade_id"], float(grading["points"]), source_of(check), names, reference,
                source_of(todo), str(todo.get("id", "")), todo["metadata"]["nbgrader"]["grade_id"], needs,
                tuple(sorted(set().union(*(library.get(name, set()) for name in names)))),
            )
        )  # fmt: skip
    return found


def _named_in(check: str) -> set[str]:
    """The names with which a check opens its exercise."""
    calls = [node for node in ast.walk(ast.parse(check)) if isinstance(node, ast.Call)]
    opening = next((call for call in calls if ast.unparse(call.func) == "check.exercise"), None)
    constants = opening.args[1:] if opening is not None else []
    return {str(node.value) for node in constants if isinstance(node, ast.Constant)}


def _as_the_teacher_has_them(exercises: list[Exercise], path: Path) -> list[Exercise]:
    """The exercises of a teacher's copy, with its checks and points."""
    from dataclasses import replace

    try:
        cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    except (ValueError, KeyError, TypeError) as error:
        raise ValueError(f"{path} is no notebook: {error}") from None
    theirs = {cell["metadata"].get("nbgrader", {}).get("grade_id", ""): cell for cell in cells}
    kept = []
    for exercise in exercises:
        cell = theirs.get(exercise.grade_id)
        if cell is not None:
            points = float(cell["metadata"]["nbgrader"].get("points", exercise.points))
            kept.append(replace(exercise, points=points, check=source_of(cell)))
    if not kept:
        raise ValueError(f"{path} holds none of the lesson's checks: expected nbgrader's metadata in its cells")
    return kept


def _library_of(imports: str, sources: list[str]) -> dict[str, set[str]]:
    """Name of a learner's function -> the course's functions that do the same, by `check.yours`, with their modules."""
    modules = {}
    for source in [imports, *sources]:
        for node in ast.walk(_parsed(source)):
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("course_utils"):
                modules.update({alias.asname or alias.name: f"{node.module}.{alias.name}" for alias in node.names})
    found: dict[str, set[str]] = {}
    for source in sources:
        for node in ast.walk(_parsed(source)):
            if isinstance(node, ast.Call) and ast.unparse(node.func) == "check.yours" and len(node.args) == 3:
                learners, ours = node.args[1], ast.unparse(node.args[2])
                module, _, name = ours.rpartition(".")
                if isinstance(learners, ast.Name) and name.isidentifier():
                    head, _, rest = module.partition(".")
                    whole = ".".join(part for part in (modules.get(head, head), rest, name) if part)
                    found.setdefault(learners.id, set()).add(whole)
    return found


def _parsed(source: str) -> ast.AST:
    try:
        return ast.parse(source)
    except SyntaxError:  # the set-up cell has a magic
        return ast.Module([], [])


def source_of(cell: dict[str, Any]) -> str:
    """A cell's source, which a file may hold line by line."""
    source = cell.get("source", "")
    if isinstance(source, list):
        return "".join(str(line) for line in source)
    return source if isinstance(source, str) else ""


def role_of(cell: dict[str, Any]) -> tuple[str, str]:
    """What the course says of a cell: ("todo", "1.2"), ("check", "1.2"), or ("", "")."""
    metadata = cell.get("metadata")
    course = metadata.get("course") if isinstance(metadata, dict) else None
    for role in ("todo", "check"):
        if isinstance(course, dict) and isinstance(course.get(role), str):
            return role, course[role]
    return "", ""
