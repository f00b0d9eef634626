"""Wrong and right answers to a lesson's exercises, which its checks are tried on: `tests/answers/NN_name.py`."""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from .source import Course, Lesson, SourceError, at_line, read_percent

MIN_WRONG, MIN_RIGHT = 4, 2
#: What an answer may be, and the key that goes with it.
KINDS = {"wrong": "says", "right": "", "equivalent": "because"}


@dataclass(frozen=True)
class Answer:
    """A wrong or an alternative right answer: what a learner may write into an exercise's cell.

    An "equivalent" one holds, as comments, the mutants of the reference that no check can tell from it.
    """

    kind: str  # "wrong", "right", "equivalent" or "reference"
    exercise: str
    source: str
    says: str  # what the check must say about a wrong answer
    line: int

    def __str__(self) -> str:
        where = f" in line {self.line}" if self.line else ""
        return f"the {self.kind} answer to {self.exercise}{where}"


def read_answers(path: Path) -> list[Answer]:
    """Read a file of answers.

    Raises:
        SourceError: if a cell is neither a wrong nor a right answer, or a wrong one does not say what the check says.
    """
    answers = []
    for cell, keys, line in read_percent(path.read_text("utf-8")):
        if cell.cell_type == "markdown" or (not keys and _holds_no_code(cell.source)):
            continue
        kinds = [k for k in KINDS if k in keys]
        expected = {*kinds, *(key for k in kinds if (key := KINDS[k]))}
        if len(kinds) != 1 or set(keys) != expected:
            message = (
                'write `# %% wrong="1.2" says="dx"`, `# %% right="1.2"` or `# %% equivalent="1.2" because="…"` above '
                "an answer"
            )
            raise SourceError([at_line(path, line, message)])
        kind = kinds[0]
        if KINDS[kind] and not str(keys[KINDS[kind]]).strip():
            raise SourceError([at_line(path, line, f"`{KINDS[kind]}` is empty; write why")])
        answers.append(Answer(kind, str(keys[kind]), cell.source, str(keys.get("says", "")), line))
    return answers


def _holds_no_code(source: str) -> bool:
    """Whether a cell is empty, or holds comments or one string only."""
    try:
        body = ast.parse(source).body
    except SyntaxError:
        return False
    return not body or (len(body) == 1 and isinstance(body[0], ast.Expr) and isinstance(body[0].value, ast.Constant))


def gaps(exercises: Sequence[str], answers: Sequence[Answer]) -> list[str]:
    """What a lesson's answers lack: enough wrong and right ones for each exercise, and none for unknown ones."""
    counts = Counter((a.exercise, a.kind) for a in answers)
    problems = [f"{a}: there is no such exercise" for a in answers if a.exercise not in exercises]
    for exercise in exercises:
        for kind, least in (("wrong", MIN_WRONG), ("right", MIN_RIGHT)):
            found = counts[exercise, kind]
            if found < least:
                problems.append(f"exercise {exercise} has {found} {kind} answers; it needs at least {least}")
    return problems


def missing_answers(lesson: Lesson, course: Course) -> list[str]:
    """The same with the file's name, for the build; malformed answers are reported too."""
    path = course.answers_path(lesson)
    try:
        problems = gaps(list(lesson.points), read_answers(path) if path.is_file() else [])
    except SourceError as error:
        return error.problems
    return [f"{course.show(path)}: {problem}" for problem in problems]
