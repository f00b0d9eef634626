"""The list of students, and which of them a name means."""

from __future__ import annotations

import csv
import itertools
import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from ..problem import Problem

__all__ = ["Ambiguous", "Roster", "Student", "folder_name", "read_roster"]

COLUMNS = {
    "id": (
        "id",
        "student_id",
        "student id",
        "username",
        "id number",
        "id-nummer",
        "sis user id",
        "sis login id",
        "login",
        "matrikelnummer",
        "student",  # the name, as on Canvas, where another column has the id
    ),
    "name": ("name", "full name", "student name", "vollständiger name", "student"),
    "first": ("first_name", "first name", "vorname", "given name"),
    "last": ("last_name", "last name", "surname", "nachname", "family name"),
    "email": ("email", "e-mail", "email address", "e-mail-adresse", "mail"),
}
SPELLINGS = {"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss", "ø": "oe", "å": "aa", "æ": "ae", "œ": "oe", "ł": "l", "đ": "d"}
SIMPLER = {"ß": "ss", "ø": "o", "æ": "a", "œ": "o", "ł": "l", "đ": "d", "ı": "i"}
MANY_WORDS = 5  # of a name; of more, not all orders are tried


class Ambiguous(Exception):
    """A name that several students of the list have; the message names them."""


@dataclass(frozen=True)
class Student:
    """One line of the list."""

    id: str
    name: str = ""
    email: str = ""


class Roster:
    """The students of a class.

    Args:
        students: with ids of their own.
    """

    def __init__(self, students: Iterable[Student] = ()) -> None:
        self.students = {student.id: student for student in students}

    def __bool__(self) -> bool:
        return bool(self.students)

    def find(self, name: str, *, in_part: bool = False) -> Student | None:
        """The student whom a name, an id or an e-mail address means; None if it is nobody.

        Accents, capitals, the order of names and a missing middle name do not matter, nor that a platform writes all
        names together.

        Args:
            name: as somebody wrote it.
            in_part: whether a first or last name will do that only one student has.

        Raises:
            Ambiguous: if it may be several.
        """
        ways = [self._exactly, self._by_words, self._together, self._by_some_words]
        for matches in [*ways, self._by_one_word] if in_part else ways:
            found = [student for student in self.students.values() if matches(student, name)]
            if len(found) > 1:
                raise Ambiguous(f"{name} may be {' or '.join(student.id for student in found)}")
            if found:
                return found[0]
        return None

    @staticmethod
    def _exactly(student: Student, name: str) -> bool:
        own = {student.id.casefold(), student.email.casefold(), student.email.partition("@")[0].casefold()}
        return bool(name) and name.casefold().strip() in own - {""}

    @staticmethod
    def _by_words(student: Student, name: str) -> bool:
        return any(sorted(a) == sorted(b) for a, b in itertools.product(_words(student.name), _words(name)) if a)

    @staticmethod
    def _together(student: Student, name: str) -> bool:
        written = {"".join(words) for words in _words(name)}
        for words in _words(student.name):
            orders = itertools.permutations(words) if len(words) <= MANY_WORDS else (words,)
            if words and any("".join(order) in written for order in orders):
                return True
        return False

    @staticmethod
    def _by_some_words(student: Student, name: str) -> bool:
        pairs = itertools.product(_words(student.name), _words(name))
        return any(min(len(a), len(b)) >= 2 and (set(a) <= set(b) or set(b) <= set(a)) for a, b in pairs)

    @staticmethod
    def _by_one_word(student: Student, name: str) -> bool:
        pairs = itertools.product(_words(student.name), _words(name))
        return any(len(b) == 1 and b[0] in a for a, b in pairs)


def read_roster(path: Path) -> Roster:
    """The list in `students.csv`, as platforms export it: commas, semicolons or tabs; an empty one if there is none.

    Raises:
        Problem: if it has no column of ids and none of names, or an id twice.
    """
    if not path.is_file():
        return Roster()
    text = _decoded(path.read_bytes())
    head = text.partition("\n")[0]
    delimiter = max(",;\t", key=head.count)
    rows = list(csv.DictReader(text.splitlines(), delimiter=delimiter))
    given = {(name or "").strip().casefold(): name for name in (rows[0] if rows else ())}
    column = {key: next((given[n] for n in names if n in given), None) for key, names in COLUMNS.items()}
    if rows and not (column["id"] or column["name"] or (column["first"] and column["last"])):
        raise Problem(f"{path}: its columns are {', '.join(given)}. Name them in the first line: id,name,email")
    if column["id"] == column["name"] and column["first"] and column["last"]:
        column["name"] = None
    students: dict[str, Student] = {}
    for row in rows:
        cell = {key: (row.get(name) or "").strip() if name else "" for key, name in column.items()}
        name = _first_name_first(cell["name"]) or f"{cell['first']} {cell['last']}".strip()
        if name.casefold() == "points possible":  # a line of Canvas that is nobody's
            continue
        student = Student(folder_name(cell["id"] or name), name, cell["email"])
        if not student.id:
            continue
        if student.id.casefold() in map(str.casefold, students):
            raise Problem(f"{path}: {student.id} stands there twice. Give each student an id of their own.")
        students[student.id] = student
    return Roster(students.values())


def folder_name(name: str) -> str:
    """A name for a student's folder that every system and nbgrader take; letters of all languages stay."""
    kept = re.sub(r"[^\w.@-]+", "_", unicodedata.normalize("NFC", name.strip()))
    kept = kept.strip("._-")[:80]
    return f"{kept}_" if re.fullmatch(r"(?i)con|prn|aux|nul|com\d|lpt\d", kept) else kept


def _first_name_first(name: str) -> str:
    """A name in the order of speech: "Hook, James" is James Hook."""
    last, comma, first = name.partition(",")
    return f"{first.strip()} {last.strip()}" if comma and first.strip() and "," not in first else name


def _words(name: str) -> list[list[str]]:
    """The words of a name in plain letters, in both ways to write an umlaut."""
    lower = unicodedata.normalize("NFC", name).casefold()
    found = []
    for table in (SIMPLER, SPELLINGS):
        plain = "".join(table.get(letter, letter) for letter in unicodedata.normalize("NFC", lower))
        plain = "".join(c for c in unicodedata.normalize("NFKD", plain) if not unicodedata.combining(c))
        found.append(re.findall(r"\w+", plain.replace("_", " ")))
    return found


def _decoded(content: bytes) -> str:
    """Text that a spreadsheet wrote."""
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        return content.decode("utf-16")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("cp1252", errors="replace")
