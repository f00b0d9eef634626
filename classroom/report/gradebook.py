"""Scores into nbgrader's gradebook, through its own interface."""

from __future__ import annotations

import datetime
from collections.abc import Sequence

from ..collect.roster import Roster
from ..layout import ClassFolder
from ..release.engine import configuration
from ..results import Result

__all__ = ["enter"]


def enter(folder: ClassFolder, results: Sequence[Result], roster: Roster) -> tuple[int, list[str]]:
    """Enter results; formgrader and `nbgrader export` show them then.

    A score that a person has given in formgrader stays; it counts there before ours.

    Returns:
        How many submissions were entered, and sentences about what could not be.
    """
    from nbgrader.api import Gradebook, MissingEntry

    config = configuration(folder)
    address = config.CourseDirectory.get("db_url") or f"sqlite:///{folder.gradebook}"
    left_out: list[str] = []
    entered = 0
    with Gradebook(address, str(config.CourseDirectory.course_id)) as book:
        for result in results:
            try:
                book.find_assignment(result.assignment)
            except MissingEntry:
                sentence = (
                    f"  {result.assignment} is not in nbgrader's gradebook: release it with course.py class release"
                )
                left_out += [sentence] if sentence not in left_out else []
                continue
            _student(book, result.student, roster)
            when = datetime.datetime.fromtimestamp(
                folder.submitted(result.student, result.assignment).stat().st_mtime, datetime.UTC
            )
            book.update_or_create_submission(result.assignment, result.student, timestamp=when.replace(tzinfo=None))
            for exercise in result.exercises:
                place = (result.assignment, result.assignment, result.student)
                try:
                    grade = book.find_grade(exercise.grade_id, *place)
                except MissingEntry:
                    left_out.append(f"  {result.student}: the gradebook has no {exercise.grade_id}")
                    continue
                grade.auto_score = min(exercise.earned, grade.cell.max_score)
                grade.needs_manual_grade = False
                _comment(book, exercise.grade_id, exercise.line, place)
            book.db.commit()
            entered += 1
    return entered, left_out


def _student(book: object, student: str, roster: Roster) -> None:
    known = roster.students.get(student)
    first, _, last = known.name.rpartition(" ") if known else ("", "", "")
    details = {"first_name": first, "last_name": last, "email": known.email} if known else {}
    book.update_or_create_student(student, **{key: value for key, value in details.items() if value})


def _comment(book: object, grade_id: str, line: str, place: tuple[str, str, str]) -> None:
    """The line of a check, as a comment on the exercise's cell."""
    from nbgrader.api import MissingEntry

    try:
        book.find_comment(grade_id.replace("check-", "exercise-", 1), *place).auto_comment = line
    except MissingEntry:  # an exercise of the teacher's own
        return
