"""Students' pages as zips to hand back: one for each lesson, in Moodle's own folders where it gave them."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Sequence
from pathlib import Path

from course_utils.whole_files import whole_file

from ..collect.names import MOODLE
from ..collect.record import Entry, Record
from .summary import Summary

__all__ = ["pack_pages"]

EPOCH = (2020, 1, 1, 0, 0, 0)  # of every file, so that the same pages give the same zip


def pack_pages(folder: Path, summary: Summary, record: Record) -> list[Path]:
    """Write `hand-back_NN.zip` beside `students` for each lesson that was graded.

    Args:
        folder: of the reports.
        summary: of the class.
        record: of what was collected; it knows the folders that Moodle gave.
    """
    made = []
    for assignment in summary.assignments:
        results = summary.about(assignment)
        if not results:
            continue
        target = folder / f"hand-back_{assignment[:2]}.zip"
        with whole_file(target) as part, zipfile.ZipFile(part, "w", zipfile.ZIP_DEFLATED) as archive:
            for student in (result.student for result in results):
                known = summary.roster.students.get(student)
                named = f"{known.name}_{student}" if known and known.name else student
                where = _moodles(record.of(student, assignment)) or re.sub(r"[\\/:]", "_", named)
                entry = zipfile.ZipInfo(f"{where}/{student}.html", EPOCH)
                entry.external_attr = 0o644 << 16
                page = folder / "students" / f"{student}.html"
                archive.writestr(entry, page.read_bytes(), zipfile.ZIP_DEFLATED)
        made.append(target)
    return made


def _moodles(entries: Sequence[Entry]) -> str:
    """The folder of a student for an assignment, as Moodle named it; the number in it says whose it is."""
    for entry in reversed(entries):
        for folder in entry.origin.split("/")[:-1]:
            if entry.platform == "moodle" and MOODLE.match(folder) and not folder.lower().endswith(".zip"):
                return folder
    return ""
