"""Collect submissions: nothing is dropped, nothing is overwritten, and what cannot be matched is listed."""

from __future__ import annotations

import csv
import hashlib
import os
import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from course_utils.whole_files import whole_file

from ..layout import ClassFolder
from ..lessons import assignments
from ..problem import Problem
from ..spreadsheet import harmless
from .claims import Claims
from .content import is_notebook, lesson_of
from .names import Name, bare_folder, is_place, read_name
from .record import Entry, Record, is_newer
from .roster import Ambiguous, Roster, folder_name, read_roster
from .unpack import Found, files_in, printable

__all__ = ["Collection", "Taken", "collect"]

#: Folders of the course that a student's zip may hold: nothing in them is an answer.
OF_THE_COURSE = {"course_utils", "course_checks", "solutions", "backups"}
HANDED_OUT = {"requirements.txt", "pyproject.toml", "LICENSE", "README.md"}
NOTEBOOK = (".ipynb", ".ipynb.txt", ".ipynb.json", ".json")
FOLDERS = 4  # how much of a path is noted of a single file
#: Folders of a class in which no submissions come in.
OURS = ("source", "release", "submitted", "autograded", "feedback", "results", "reports", "for-students", "replaced")


@dataclass(frozen=True)
class Taken:
    """A file that was matched.

    Attributes:
        student: whose it is.
        assignment: which.
        origin: where it came from.
        kind: "new"; "newer" where it took the place of an earlier one; "older" where it was kept beside a later one.
        note: what a reader may want to know, or "".
    """

    student: str
    assignment: str
    origin: str
    kind: str
    note: str = ""


@dataclass
class Collection:
    """What collecting did.

    Attributes:
        folder: of the class.
        taken: files that were matched and had not been there.
        same: origins of files that had been collected before.
        unmatched: (origin, why) of files that nobody could match.
        of_the_course: how many files were the course's own.
        missing: assignment of which something is there -> names of the students of the list whose is not.
    """

    folder: ClassFolder
    taken: list[Taken] = field(default_factory=list)
    same: list[str] = field(default_factory=list)
    unmatched: list[tuple[str, str]] = field(default_factory=list)
    of_the_course: int = 0
    missing: dict[str, list[str]] = field(default_factory=dict)


class _Unmatched(Exception):
    """Why a file cannot be matched."""


def collect(
    folder: ClassFolder, files: Sequence[Path], *, student: str | None = None, lesson: str | None = None
) -> Collection:
    """Take in what students handed in.

    Args:
        folder: of the class.
        files: zips, folders and notebooks.
        student: whose all of these are; if None, their names tell.
        lesson: assignment that all of these are; if None, their content and names tell.

    Raises:
        Problem: before anything is taken in, if one of the files is not there or is a folder of the class itself.
    """
    _look_at(folder, files)
    roster = read_roster(folder.roster)
    if student is not None:
        student = _given(student, roster, folder)
    collector = _Collector(folder, roster, student, lesson, several=len(files) > 1)
    if not roster and student is None:
        for path in files:
            for found in files_in(path):
                collector.look(found)
    try:
        for path in files:
            for found in files_in(path):
                collector.take(found)
    finally:
        collector.end()
    return collector.done


class _Collector:
    """One run of `collect`."""

    def __init__(
        self, folder: ClassFolder, roster: Roster, student: str | None, lesson: str | None, several: bool
    ) -> None:
        self.folder, self.roster, self.student, self.lesson, self.several = folder, roster, student, lesson, several
        self.record = Record(folder.record)
        self.done = Collection(folder)
        self.claims = Claims()
        self.lessons = assignments()
        self.released = set(folder.released())

    def look(self, found: Found) -> None:
        """Note whose a file would be, where no list says who there is."""
        if self._is_ours(found) or self._is_set_aside(found) or found.refused:
            return
        try:
            name = read_name(found.parts, self.lessons, self._places(found))
            assignment, _ = self._assignment(found, name)
        except _Unmatched:
            return
        self.claims.add(name, assignment, self._outer(found))

    def take(self, found: Found) -> None:
        """Match a file and store it, or set it aside."""
        if self._is_ours(found):
            self.done.of_the_course += found.parts[-1] != "why.csv"
            return
        aside = self._known_aside(found) if self._is_set_aside(found) else {}
        origin = aside.get("origin", found.origin)
        is_as_it_was = bool(aside) and found.parts[-1] == aside.get("name", found.parts[-1])
        if is_as_it_was:
            found = replace(found, parts=tuple(origin.split("/")))
        try:
            if found.refused:
                raise _Unmatched(found.refused)
            if is_as_it_was and not (self.roster or self.student or self.lesson):
                raise _Unmatched(aside["why"])
            name = read_name(found.parts, self.lessons, self._places(found))
            assignment, note = self._assignment(found, name)
            student = self.student or self._student(found, name, assignment)
        except _Unmatched as why:
            if not aside and found.content is not None and self.record.has(_sha256(found.content), found.origin):
                self.done.same.append(found.origin)  # it was matched by hand
            else:
                self._set_aside(found, str(why))
            return
        self._store(found, name, student, assignment, note, origin)
        if found.path and self._is_set_aside(found):  # it is in its place now
            found.path.unlink()
            self.record.unmatched.pop(found.path.name, None)

    def end(self) -> None:
        """Write down what is known, and find out who has handed in nothing."""
        self.folder.root.mkdir(exist_ok=True)
        unmatched = self.record.unmatched
        for name, entry in unmatched.items():
            path = self.folder.unmatched / name
            if path.is_file() and self.record.has(_sha256(path.read_bytes()), entry["origin"]):
                path.unlink()  # it was matched by hand, and is in its place
        for name in [name for name in unmatched if not (self.folder.unmatched / name).exists()]:
            del unmatched[name]
        self.record.write()
        if unmatched or self.folder.unmatched.exists():
            with (self.folder.unmatched / "why.csv").open("w", encoding="utf-8-sig", newline="") as file:
                rows = csv.writer(file)
                rows.writerow(["file", "from", "why"])
                for name, entry in sorted(unmatched.items()):
                    rows.writerow([harmless(text) for text in (name, entry["origin"], entry["why"])])
        there = set(self.folder.submissions())
        for assignment in sorted({assignment for _, assignment in there}):
            missing = [one.name or one.id for one in self.roster.students.values() if (one.id, assignment) not in there]
            if missing:
                self.done.missing[assignment] = missing

    def _is_ours(self, found: Found) -> bool:
        """Whether a file is the course's own, or our list of what is not matched."""
        if found.path and found.path.resolve() == (self.folder.unmatched / "why.csv").resolve():
            return True
        return bool(OF_THE_COURSE & set(found.parts[:-1])) or found.parts[-1] in HANDED_OUT

    def _known_aside(self, found: Found) -> dict[str, str]:
        """What is known of a file in `unmatched`, also if the teacher has renamed it since."""
        unmatched, name = self.record.unmatched, found.path.name if found.path else ""
        if name not in unmatched and found.content is not None:
            digest = _sha256(found.content)
            for before, entry in unmatched.items():
                if entry.get("sha256") == digest and not (self.folder.unmatched / before).exists():
                    unmatched[name] = unmatched.pop(before)
                    break
        return unmatched.get(name, {})

    def _places(self, found: Found) -> set[str]:
        """Folders that are no student's: named after the class, or those in which the course's packages lie."""
        above = found.path.resolve().parents if found.path else ()
        return {self.folder.root.name, *(path.name for path in above if (path / "course_utils").is_dir())}

    def _assignment(self, found: Found, name: Name) -> tuple[str, str]:
        """Which assignment a file is, and what there is to say about that."""
        if name.is_text:
            raise _Unmatched("a text that was typed on the platform, not a file")
        content = found.content or b""
        whole = is_notebook(content)
        if not whole and not found.parts[-1].lower().endswith(NOTEBOOK):
            raise _Unmatched(f"not a notebook; the notebook's name ends in .ipynb, this is {found.parts[-1]!r}")
        inside = lesson_of(content) if whole else ""
        number = self.lesson[:2] if self.lesson else inside or name.lesson
        if not number:
            raise _Unmatched(
                "no exercise of the course is in it, and its name is no lesson's"
                if whole
                else "its name is no lesson's"
            )
        if self.lessons.get(number) not in self.released:
            raise _Unmatched(f"lesson {number} was not released to this class")
        note = "" if whole else "not a readable notebook; it is graded all the same"
        if inside and name.lesson and inside != name.lesson:
            note = f"its name says {name.lesson}, its exercises are those of {inside}"
        return self.lessons[number], note

    def _student(self, found: Found, name: Name, assignment: str) -> str:
        """The folder name of the student whose file it is."""
        outer = bare_folder(found.parts[0]) if len(found.parts) > 1 else ""
        try:
            if self.roster:
                near = found.path.parent.name if found.path and len(found.parts) == 1 else ""
                folders = () if name.platform else (*reversed(found.parts[:-1]), outer, near)
                for candidate in filter(None, (name.student, *folders)):
                    student = self.roster.find(candidate)
                    if student:
                        return student.id
                if not name.platform:
                    for candidate in filter(None, (name.student, name.after)):
                        student = self.roster.find(candidate, in_part=True)
                        if student:
                            return student.id
                who = f"{name.student} is not" if name.student else "nobody in its name is"
                raise _Unmatched(f"{who} in students.csv")
        except Ambiguous as error:
            raise _Unmatched(str(error)) from None
        after = name.after if self._is_set_aside(found) else ""  # a teacher has written it
        student = folder_name(name.student or after or self._outer(found))
        if not student:
            raise _Unmatched("nothing in its name says whose it is")
        if why := self.claims.against(name, assignment):
            raise _Unmatched(why)
        student = self._known(student)
        if name.platform == "moodle":
            others = {
                entry.serial
                for entry in self.record.of(student, assignment)
                if entry.platform == "moodle" and entry.serial != name.serial
            }
            if others:
                raise _Unmatched(
                    f"{name.student} has handed in as number {min(others)} too: two students of one name, or two "
                    "assignments on Moodle. A list of students (students.csv) or --student tells them apart"
                )
        return student

    def _outer(self, found: Found) -> str:
        """The folder that was handed over, where there are several: it may be a person's then."""
        outer = bare_folder(found.parts[0]) if self.several and len(found.parts) > 1 else ""
        return "" if is_place(outer, self.lessons) else outer

    def _known(self, student: str) -> str:
        """The folder's name of a student who is there already: capitals do not make another person."""
        submitted = self.folder.root / "submitted"
        names = [path.name for path in submitted.iterdir()] if submitted.is_dir() else []
        return next((name for name in names if name.casefold() == student.casefold()), student)

    def _store(self, found: Found, name: Name, student: str, assignment: str, note: str, origin: str) -> None:
        """Put a file into its place, or beside a later one."""
        content = found.content or b""
        if self.student and found.path and "/" not in origin:  # so that it is known when its folder is collected
            origin = "/".join(found.path.resolve().parts[-FOLDERS:])
        entry = Entry(_sha256(content), origin, found.when, name.platform, name.serial, name.copies)
        target = self.folder.submitted(student, assignment)
        entries = self.record.of(student, assignment)
        current = self._current(target, entries)
        if any(entry.sha256 == known.sha256 for known in [*entries, *([current] if current else [])]):
            self.done.same.append(found.origin)
            return
        kind = "new" if current is None else "newer" if is_newer(entry, current) else "older"
        if kind == "newer":
            self._keep_earlier(student, assignment, target.read_bytes(), Path(current.origin).name, current.when)
        if kind == "older":
            self._keep_earlier(student, assignment, content, found.parts[-1], found.when)
        else:
            _write(target, content, found.when)
        entries.append(entry)
        self.done.taken.append(Taken(student, assignment, found.origin, kind, note))

    @staticmethod
    def _current(target: Path, entries: Sequence[Entry]) -> Entry | None:
        """What is known of the file that lies in a place; somebody may have put it there by hand."""
        if not target.is_file():
            return None
        digest = _sha256(target.read_bytes())
        known = next((entry for entry in entries if entry.sha256 == digest), None)
        return known or Entry(digest, target.name, target.stat().st_mtime)

    def _keep_earlier(self, student: str, assignment: str, content: bytes, name: str, when: float) -> None:
        folder = self.folder.earlier(student, assignment)
        number = 1 + len(list(folder.glob("*"))) if folder.is_dir() else 1
        while (target := folder / f"{number}_{_plain(name)}").exists():
            number += 1
        _write(target, content, when)

    def _set_aside(self, found: Found, why: str) -> None:
        why = printable(why)
        self.done.unmatched.append((found.origin, why))
        if found.content is None:
            return
        if self._is_set_aside(found):
            if found.path and found.path.name in self.record.unmatched:
                self.record.unmatched[found.path.name]["why"] = why
            return
        name = _plain(" - ".join(found.parts[-3:]))
        number = 1
        while (target := self.folder.unmatched / (name if number == 1 else f"{number} - {name}")).exists():
            if target.read_bytes() == found.content:
                break
            number += 1
        else:
            _write(target, found.content, found.when)
        known = {"origin": found.origin, "why": why, "sha256": _sha256(found.content), "name": target.name}
        self.record.unmatched[target.name] = known

    def _is_set_aside(self, found: Found) -> bool:
        return found.path is not None and self.folder.unmatched.resolve() in found.path.resolve().parents


def _look_at(folder: ClassFolder, files: Sequence[Path]) -> None:
    """Refuse what is not there, and what did not come from students."""
    for path in files:
        if not path.exists():
            raise Problem(f"{path} is not there. Nothing was collected.")
        whole = path.resolve()
        if whole == folder.root or whole in folder.root.parents:
            raise Problem(f"{path} holds the class itself. Put what students handed in into a folder of its own.")
        for name in OURS:
            ours = folder.root / name
            if whole == ours or ours in whole.parents:
                raise Problem(f"{path} is in {ours}, and nothing is handed in there. Nothing was collected.")


def _given(name: str, roster: Roster, folder: ClassFolder) -> str:
    """The folder name of the student whom the teacher named.

    Raises:
        Problem: if there is a list and no or no single student of it is meant.
    """
    if roster:
        try:
            student = roster.find(name, in_part=True)
        except Ambiguous as error:
            raise Problem(f"--student {name}: {error}. Write the id.") from None
        if student is None:
            raise Problem(f"--student {name}: nobody in {folder.roster} is called so.")
        return student.id
    if not folder_name(name):
        raise Problem(f"--student {name!r}: write a name.")
    return folder_name(name)


def _write(path: Path, content: bytes, when: float) -> None:
    """Write a file, whole or not at all, with the time that it had."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with whole_file(path) as part:
        part.write_bytes(content)
        if when > 0:
            os.utime(part, (when, when))


def _plain(name: str) -> str:
    """A file's name that every system takes, with its ending; it stays below what file systems allow."""
    kept = re.sub(r'[\x00-\x1f\ud800-\udfff<>:"/\\|?*]', "_", name).strip(" .") or "file"
    stem, dot, ending = kept.rpartition(".")
    return f"{(stem if dot else kept)[-100:]}{dot}{ending[-20:] if dot else ''}"


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
