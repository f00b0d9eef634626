"""Write all reports of a class from the results of grading."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from pathlib import Path

from course_utils.whole_files import whole_file

from ..collect.record import Record
from ..collect.roster import read_roster
from ..layout import ClassFolder
from ..problem import Problem
from ..results import Result
from ..typed import typed
from .gradebook import enter
from .packed import pack_pages
from .pages import class_page, student_page
from .summary import Summary
from .tables import write_tables

__all__ = ["Written", "report"]


@dataclass
class Written:
    """What a report wrote.

    Attributes:
        folder: of the class.
        page: for the teacher.
        scores: the table of scores.
        students: folder of the pages for students.
        pages: how many there are.
        packed: a zip for each lesson, to hand pages back.
        entered: submissions entered into nbgrader's gradebook.
        left_out: sentences about what could not be entered.
        ungraded: "student, lesson" of what was handed in and has no result, or one of an earlier file.
    """

    folder: ClassFolder
    page: Path
    scores: Path
    students: Path
    pages: int = 0
    packed: list[Path] = field(default_factory=list)
    entered: int = 0
    left_out: list[str] = field(default_factory=list)
    ungraded: list[str] = field(default_factory=list)


def report(folder: ClassFolder) -> Written:
    """Write tables and pages, and fill the gradebook.

    Raises:
        Problem: if nothing was graded yet.
    """
    results, ungraded = _results(folder)
    if not results:
        raise Problem(f"{folder.root}: nothing was graded yet. First: {typed('grade', folder)}")
    roster = read_roster(folder.roster)
    entered = enter(folder, results, roster)
    results = [result.with_scores(entered.given) for result in results]
    record = Record(folder.record)
    summary = Summary(results, roster, folder.released(), ungraded, _late(folder, record))
    folder.reports.mkdir(exist_ok=True)
    students = folder.reports / "students"
    done = Written(folder, folder.reports / "class.html", folder.reports / "scores.csv", students)
    write_tables(folder.reports, summary)
    students.mkdir(exist_ok=True)
    for name in summary.students:
        if summary.of(name):
            _write(students / f"{name}.html", student_page(folder.root.name, summary, name))
            done.pages += 1
    _write(done.page, class_page(folder.root.name, summary))
    done.packed = pack_pages(folder.reports, summary, record)
    done.entered, done.left_out = entered.entered, entered.left_out
    done.ungraded = [f"{student} {assignment[:2]}" for student, assignment in ungraded]
    return done


def _results(folder: ClassFolder) -> tuple[list[Result], list[tuple[str, str]]]:
    """Results of what lies in `submitted`, and the submissions that have none or one of another file."""
    results, ungraded = [], []
    for student, assignment in folder.submissions():
        path = folder.result(student, assignment)
        try:
            result = Result.read(path) if path.is_file() else None
        except (ValueError, KeyError, TypeError) as error:
            raise Problem(f"{path} cannot be read ({error}). Remove it, and grade again.") from error
        if result:
            results.append(result)
        digest = hashlib.sha256(folder.submitted(student, assignment).read_bytes()).hexdigest()
        if result is None or result.sha256 != digest:
            ungraded.append((student, assignment))
    return results, ungraded


def _late(folder: ClassFolder, record: Record) -> set[tuple[str, str]]:
    """(student, assignment) of which the file that counts came late."""
    found = set()
    for student, assignment in folder.submissions():
        late = {entry.sha256 for entry in record.of(student, assignment) if entry.late}
        if late and hashlib.sha256(folder.submitted(student, assignment).read_bytes()).hexdigest() in late:
            found.add((student, assignment))
    return found


def _write(path: Path, text: str) -> None:
    with whole_file(path) as part:
        part.write_text(text, "utf-8", newline="\n")
