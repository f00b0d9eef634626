"""Scores into nbgrader's gradebook, through its own interface."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass, field

from ..collect.roster import Roster
from ..layout import ClassFolder
from ..release.engine import configuration
from ..results import Result
from .autograded import write_autograded

__all__ = ["Entered", "enter"]


@dataclass
class Entered:
    """What entering results did.

    Attributes:
        entered: how many submissions were entered.
        left_out: sentences about what could not be.
        given: (student, assignment, nbgrader's name of the check) -> the score that a person gave in formgrader.
    """

    entered: int = 0
    left_out: list[str] = field(default_factory=list)
    given: dict[tuple[str, str, str], float] = field(default_factory=dict)


def enter(folder: ClassFolder, results: Sequence[Result], roster: Roster) -> Entered:
    """Enter results; formgrader and `nbgrader export` show them then.

    A score that a person has given in formgrader stays; it counts before ours.
    """
    from nbgrader.api import Gradebook, MissingEntry

    config = configuration(folder)
    address = config.CourseDirectory.get("db_url") or f"sqlite:///{folder.gradebook}"
    done = Entered()
    with warnings.catch_warnings(), Gradebook(address, str(config.CourseDirectory.course_id)) as book:
        # SQLAlchemy 2 has objections to how nbgrader makes a submission; what comes of it is right.
        warnings.filterwarnings("ignore", message="Object of type <Submitted", append=False)
        for result in results:
            try:
                book.find_assignment(result.assignment)
            except MissingEntry:
                sentence = f"  {result.assignment} is not in nbgrader's gradebook; it was not released here"
                done.left_out += [sentence] if sentence not in done.left_out else []
                continue
            _student(book, result.student, roster)
            book.update_or_create_submission(result.assignment, result.student, **_timestamp(folder, result))
            for exercise in result.exercises:
                place = (result.assignment, result.assignment, result.student)
                try:
                    grade = book.find_grade(exercise.grade_id, *place)
                except MissingEntry:
                    done.left_out.append(f"  {result.student}: the gradebook has no {exercise.grade_id}")
                    continue
                grade.auto_score = min(exercise.earned, grade.cell.max_score)
                grade.needs_manual_grade = False
                if grade.manual_score is not None or grade.extra_credit:
                    ours = grade.auto_score if grade.manual_score is None else grade.manual_score
                    score = ours + (grade.extra_credit or 0.0)
                    done.given[result.student, result.assignment, exercise.grade_id] = score
                _comment(book, exercise.grade_id, exercise.line, place)
            book.db.commit()
            write_autograded(folder, result)
            done.entered += 1
    return done


def _timestamp(folder: ClassFolder, result: Result) -> dict[str, str]:
    """The time of the submission, where nbgrader's own file of it is there: formgrader compares the two."""
    path = folder.submitted(result.student, result.assignment).with_name("timestamp.txt")
    return {"timestamp": path.read_text("utf-8").strip()} if path.is_file() else {}


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
