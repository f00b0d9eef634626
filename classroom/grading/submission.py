"""What a student handed in: which cells belong to which exercise, and which of the others are run.

An exercise's cell is found by its id, else by the course's mark in its metadata, else by nbgrader's name, else as the
stub; if it is not there, or is still the stub, by the latest `def` or `class` of the name that is asked for. Of all
other cells the pure definitions run: imports, functions, classes, and values that are no work. So an answer may use a
helper that stands in a cell beside it, and no simulation is repeated.
"""

from __future__ import annotations

import ast
import json
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from .lesson import Exercise, TeacherLesson, role_of, source_of

__all__ = ["Piece", "Submission", "definitions", "read_submission", "without_magics"]

MOST_BYTES = 64 * 2**20
MOST_CODE = 256 * 2**10
"""Characters of all code of a notebook; a lesson has 38,000. The judge reads it outside of any sandbox."""
MOST_CELLS = 1_000
_VALUES = {"float", "int", "jax", "jnp", "list", "math", "np", "numpy", "range", "set", "torch", "tuple"}
"""Whose calls make a value, and are no work."""


@dataclass(frozen=True)
class Piece:
    """Something that runs in the student's process.

    Attributes:
        number: of the exercise, or "" for the definitions of another cell.
        source: of the cell, or of those definitions.
        whole: source of the cell as it was handed in.
        given: whether it is a cell of the course as it was given.
    """

    number: str
    source: str
    whole: str = ""
    given: bool = False


@dataclass
class Submission:
    """A notebook that was handed in.

    Attributes:
        pieces: in the order of the notebook.
        fault: why it cannot be read, or "".
        changed_checks: exercises whose check cell is not the teacher's.
        notes: exercise -> what was left out of its cell.
    """

    pieces: list[Piece] = field(default_factory=list)
    fault: str = ""
    changed_checks: list[str] = field(default_factory=list)
    notes: dict[str, str] = field(default_factory=dict)

    def of(self, number: str) -> list[Piece]:
        """The cells of an exercise."""
        return [piece for piece in self.pieces if piece.number == number]


def read_submission(path: Path, lesson: TeacherLesson) -> Submission:
    """Read a notebook; whatever is wrong with it is told, not raised."""
    try:
        if path.stat().st_size > MOST_BYTES:
            return Submission(fault=f"the file has more than {MOST_BYTES // 2**20} MB")
        notebook = json.loads(path.read_bytes().decode("utf-8-sig"))
    except OSError as error:
        return Submission(fault=f"the file cannot be read: {error.strerror}")
    except (ValueError, RecursionError) as error:
        return Submission(fault=f"the file is not JSON: {str(error)[:200]}")
    cells = notebook.get("cells") if isinstance(notebook, dict) else None
    if not isinstance(cells, list):
        return Submission(fault="the file is no notebook: it has no list of cells")
    code = [cell for cell in cells if isinstance(cell, dict) and cell.get("cell_type") == "code"]
    if len(code) > MOST_CELLS:
        return Submission(fault=f"the file has more than {MOST_CELLS} cells of code")
    if sum(len(source_of(cell)) for cell in code) > MOST_CODE:
        return Submission(fault=f"the file has more than {MOST_CODE // 2**10} kB of code")
    found = Submission()
    numbers = _numbers(code, lesson)
    for cell, number in zip(code, numbers, strict=True):
        _take(found, cell, number, lesson)
    return found


def _numbers(code: list[dict[str, Any]], lesson: TeacherLesson) -> list[str]:
    """The exercise that each code cell answers, or ""."""
    found = [""] * len(code)
    for exercise in lesson.exercises:
        at = _cells_of(code, exercise)
        written = [k for k in at if _is_answer(source_of(code[k]), exercise)]
        if not written:
            elsewhere = [
                k for k, cell in enumerate(code) if k not in at and role_of(cell)[0] != "check"
                and _defines(source_of(cell), exercise.names) and _is_answer(source_of(cell), exercise)
            ]  # fmt: skip
            at = elsewhere[-1:] or at
        for k in at:
            found[k] = found[k] or exercise.number
    return found


def _cells_of(code: list[dict[str, Any]], exercise: Exercise) -> list[int]:
    ways = (
        lambda cell: (
            cell.get("id") == exercise.cell_id != "" and role_of(cell) in (("", ""), ("todo", exercise.number))
        ),
        lambda cell: role_of(cell) == ("todo", exercise.number),
        lambda cell: _grade_id(cell) == exercise.todo_id,
        lambda cell: source_of(cell).strip() == exercise.stub.strip() != "",
    )
    for is_one in ways:
        at = [k for k, cell in enumerate(code) if is_one(cell)]
        if at:
            return at
    return []


def _grade_id(cell: dict[str, Any]) -> str:
    metadata = cell.get("metadata")
    grading = metadata.get("nbgrader") if isinstance(metadata, dict) else None
    return str(grading.get("grade_id", "")) if isinstance(grading, dict) else ""


def _defines(source: str, names: tuple[str, ...]) -> bool:
    tree = _parsed(source)
    return any(isinstance(node, ast.FunctionDef | ast.ClassDef) and node.name in names for node in tree.body)


def _is_answer(source: str, exercise: Exercise) -> bool:
    """Whether a cell is more than the stub."""
    return bool(source.strip()) and source.strip() != exercise.stub.strip()


def _take(found: Submission, cell: dict[str, Any], number: str, lesson: TeacherLesson) -> None:
    source = source_of(cell)
    checked = "" if number else _check_of(cell, lesson)
    if checked:
        theirs = next((e for e in lesson.exercises if e.number == checked), None)
        if theirs is not None and _bare(source) != _bare(theirs.check):
            found.changed_checks.append(theirs.number)
    elif number:
        cleaned, left_out = without_magics(source)
        if left_out:
            found.notes[number] = f"left out of the cell: {', '.join(left_out)}"
        found.pieces.append(Piece(number, cleaned, source))
    elif _bare(source) in {_bare(given) for given in lesson.given.values()}:
        found.pieces.append(Piece("", definitions(source, values=False), source, given=True))
    else:
        found.pieces.append(Piece("", definitions(without_magics(source)[0]), source))


def _check_of(cell: dict[str, Any], lesson: TeacherLesson) -> str:
    """The exercise whose check a cell is, or "": by its marks, else by the line that opens a check."""
    role, number = role_of(cell)
    if role == "check":
        return number
    marked = next((e.number for e in lesson.exercises if e.grade_id == _grade_id(cell)), "")
    opened = re.search(r"^with check\.exercise\(\s*[\"']([\w.]+)[\"']", source_of(cell), re.MULTILINE)
    return marked or (opened[1] if opened else "")


def _bare(source: str) -> str:
    return re.sub(r"\s+", " ", source).strip()


def without_magics(source: str) -> tuple[str, list[str]]:
    """A cell as plain Python, and the lines that were left out because they are none.

    `%%time` and the like stand before code that runs; other magics and shell commands do not run.
    """
    if not re.search(r"^[^\S\n]*[%!?]|\?[^\S\n]*$", source, re.MULTILINE) or _is_python(source):
        return source, []
    kept, left_out, inside = [], [], False
    for line in source.splitlines():
        timed = re.match(r"(\s*)%(time|timeit|prun)\s+(?!-)(\S.*)$", line)
        if timed:
            kept.append(timed[1] + timed[3])
        elif re.match(r"\s*%%(time|timeit|capture|prun|memit)\b", line):
            kept.append("")
        elif re.match(r"\s*%%\w", line) and not inside and not any(map(str.strip, kept)):
            return "", [f"`{line.strip()[:80]}`"]  # a cell in another language
        elif re.match(r"\s*[%!?]", line) or re.match(r"\s*[\w.]+\?{1,2}\s*$", line):
            kept.append(re.match(r"\s*", line)[0] + "pass")
            left_out.append(f"`{line.strip()[:80]}`")
        else:
            kept.append(line)
    return "\n".join(kept), left_out


def _is_python(source: str) -> bool:
    try:
        ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    return True


def _parsed(source: str) -> ast.Module:
    try:
        return ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return ast.Module([], [])


def definitions(source: str, values: bool = True) -> str:
    """The statements of a cell that only define something, each in its line.

    Args:
        source: of the cell.
        values: whether assignments of values that are no work are among them.
    """
    wanted = [node for node in _parsed(source).body if _is_definition(node, values)]
    lines = source.splitlines()
    kept = [""] * len(lines)
    for node in wanted:
        first = min([node.lineno, *(d.lineno for d in getattr(node, "decorator_list", []))])
        kept[first - 1 : node.end_lineno] = lines[first - 1 : node.end_lineno]
    text = "\n".join(kept)
    whole = _parsed(text)
    try:
        alike = [ast.dump(node) for node in whole.body] == [ast.dump(node) for node in wanted]
        return text if alike else "\n".join(ast.unparse(node) for node in wanted)
    except RecursionError:  # a sum of a thousand terms is nested as deep
        return text if len(whole.body) == len(wanted) else ""


def _is_definition(node: ast.stmt, values: bool) -> bool:
    if isinstance(node, ast.Import | ast.ImportFrom | ast.FunctionDef | ast.ClassDef):
        return True
    if not values or not isinstance(node, ast.Assign | ast.AnnAssign) or node.value is None:
        return False
    targets = node.targets if isinstance(node, ast.Assign) else [node.target]
    if not all(isinstance(part, ast.Name | ast.Tuple) for part in targets):
        return False
    inside = list(ast.walk(node.value))
    loops = ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp | ast.Await | ast.Yield
    return not any(isinstance(part, loops) or (isinstance(part, ast.Call) and not _is_value(part)) for part in inside)


def _is_value(call: ast.Call) -> bool:
    head: Any = call.func
    while isinstance(head, ast.Attribute):
        head = head.value
    return isinstance(head, ast.Name) and head.id in _VALUES
