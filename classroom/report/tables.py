"""Scores as tables for a spreadsheet."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from course_utils.whole_files import whole_file

from ..results import ExerciseResult, Result
from ..spreadsheet import harmless
from .summary import Summary

__all__ = ["write_tables"]


def write_tables(folder: Path, summary: Summary) -> None:
    """Write `scores.csv`, a line for each student, and `exercises.csv`, one for each exercise of each student."""
    head = ["student", "name", "email"]
    for assignment in summary.assignments:
        head += [assignment, f"{assignment} of"]
    _write(folder / "scores.csv", [*head, "flags", "remarks"], (_line(summary, name) for name in summary.students))
    rows = (_exercise(result, e) for name in summary.students for result in summary.of(name) for e in result.exercises)
    head = ["student", "assignment", "exercise", "points", "of", "held", "comparisons", "state", "line", "cause"]
    _write(folder / "exercises.csv", head, rows)


def _line(summary: Summary, name: str) -> list[Any]:
    student = summary.roster.students.get(name)
    row: list[Any] = [name, summary.name(name), student.email if student else ""]
    remarks = []
    for assignment in summary.assignments:
        result = summary.result(name, assignment)
        row += [_points(result.earned), _points(result.points)] if result else ["", ""]
        changed = [e.number for e in result.exercises if e.changed] if result else []
        if (name, assignment) in summary.late:
            remarks.append(f"{assignment[:2]}: late")
        if changed:
            remarks.append(f"{assignment[:2]}: {', '.join(changed)} changed by the teacher")
        if (name, assignment) in summary.ungraded:
            remarks.append(f"{assignment[:2]}: handed in, not graded yet")
        elif result is None and summary.came_in(assignment):
            remarks.append(f"{assignment[:2]}: not handed in")
        elif result and result.fault:
            remarks.append(f"{assignment[:2]}: {result.fault}")
    return [*row, sum(len(result.flags) for result in summary.of(name)), "; ".join(remarks)]


def _exercise(result: Result, e: ExerciseResult) -> list[Any]:
    place = (result.student, result.assignment, e.number)
    return [*place, _points(e.earned), e.points, e.passed, e.comparisons, e.state, e.line, e.cause]


def _points(value: float) -> float | int:
    """At most two decimals, and none where there are none."""
    rounded = round(value, 2)
    return int(rounded) if rounded == int(rounded) else rounded


def _write(path: Path, head: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    # The mark tells a spreadsheet that it is UTF-8.
    with whole_file(path) as part, part.open("w", encoding="utf-8-sig", newline="") as file:
        table = csv.writer(file)
        table.writerow(head)
        table.writerows([harmless(value) for value in row] for row in rows)
