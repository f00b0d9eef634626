"""What the name of a file says: whose it is, which lesson, which of several."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass

__all__ = ["Name", "bare", "bare_folder", "is_place", "read_name"]

MOODLE = re.compile(r"^(?P<name>.+?)_(?P<serial>\d+)_assignsubmission_(?P<kind>file|onlinetext)(?:_(?P<rest>.*))?$")
CANVAS = re.compile(r"^(?P<name>[^_]+?)_(?P<late>LATE_)?(?P<user>\d+)_(?P<serial>\d+)_(?P<rest>.+)$", re.IGNORECASE)

#: Endings that a browser adds to a notebook that it takes for text.
ENDING = re.compile(r"(?:\.ipynb)?(?:\.(?:ipynb|json|txt))$", re.IGNORECASE)
#: What systems put before the name of a copy: English, German, French, Spanish, Italian, Portuguese, Dutch.
COPY_OF = re.compile(
    r"^(?:copy(?: \(\d+\))? of|kopie(?: \(\d+\))? von|kopie van|copie(?: \(\d+\))? de|copia(?: \(\d+\))? (?:de|di)|"
    r"c[oó]pia(?: \(\d+\))? de)[ _]+",
    re.IGNORECASE,
)
#: What they put behind it, also more than once.
COPY_NUMBER = re.compile(
    r"[ _]*(?:\((\d+)\)|[-_](\d{1,2})|[ _-]+(?:copy|kopie|copie|copia)[ _]*\(?(\d*)\)?)$",
    re.IGNORECASE,
)
#: The same behind a folder or a zip. A bare number may tell two people apart there, and stays.
FOLDER_COPY = re.compile(r"[ _]*(?:\(\d+\)|[ _-]+(?:copy|kopie|copie|copia)[ _]*\(?\d*\)?)$", re.IGNORECASE)
#: Folders that say nothing of a person.
PLACES = re.compile(
    r"^(?:submitted|submissions?|abgaben?|handed[ _-]?in|inbox|downloads?|"
    r"zips?|uploads?|files|notebooks?|work|for-students|solutions?|home\w*|"
    r"(?:lesson|week|sheet|exercise|assignment|blatt|woche|aufgabe)[ _-]*\d+|\d+)$",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Name:
    """What a file's name and folders say.

    Attributes:
        student: as it stands there, or "".
        lesson: number of a lesson, or "".
        platform: "moodle", "canvas" or "".
        serial: the platform's number: Moodle's belongs to a student and an assignment, Canvas's to a file, and grows.
        copies: a number that a browser or a platform has put behind the name; a later copy has a larger one.
        is_text: whether it was typed on the platform and is no file.
        after: what the file's name says behind a lesson's number; a person only where the list or the teacher says so.
        folders: that can be a person, outermost first.
    """

    student: str
    lesson: str
    platform: str = ""
    serial: int = 0
    copies: int = 0
    is_text: bool = False
    after: str = ""
    folders: tuple[str, ...] = ()


def read_name(parts: Sequence[str], lessons: dict[str, str], places: Collection[str] = ()) -> Name:
    """Read names, outermost first.

    Args:
        parts: folders, zips and the file's name, as in `unpack.Found`.
        lessons: number -> assignment's name.
        places: names of folders that say nothing of a person, such as the class's.
    """
    student, platform, serial, is_text = "", "", 0, False
    *folders, file = parts
    for index, part in enumerate(parts):
        if match := MOODLE.match(part.removesuffix(".zip") if index < len(folders) else part):
            student, platform, serial = match["name"], "moodle", int(match["serial"])
            is_text = match["kind"] == "onlinetext"
            if index == len(folders):
                file = match["rest"] or ""
            break
        if (match := CANVAS.match(part)) and not part[:2].isdigit():
            student, platform, serial = match["name"], "canvas", int(match["serial"])
            if index == len(folders):
                file = match["rest"]
            break
    stem, copies = bare(file)
    lesson, rest, after = _lesson_in(stem, lessons)
    people = tuple(
        _tidy(name) for name in map(bare_folder, folders[1:]) if name not in places and not is_place(name, lessons)
    )
    student = student or rest or next(iter(people), "")
    return Name(_tidy(student), lesson, platform, serial, copies, is_text, _tidy(after), people)


def bare(file: str) -> tuple[str, int]:
    """A file's name without what browsers, systems and platforms add, and the number of the copy that they gave it."""
    stem = ENDING.sub("", file)
    copies = 0
    while True:
        shorter = COPY_OF.sub("", stem)
        copies += shorter != stem
        if match := COPY_NUMBER.search(shorter):
            copies += int(next((group for group in match.groups() if group), "1"))
            shorter = shorter[: match.start()]
        if shorter == stem or not shorter:
            return stem.strip(), copies
        stem = shorter


def bare_folder(folder: str) -> str:
    """The name of a folder or a zip without what systems add to copies."""
    stem = folder[:-4] if folder.lower().endswith(".zip") else folder
    while shorter := FOLDER_COPY.sub("", COPY_OF.sub("", stem)):
        if shorter == stem:
            break
        stem = shorter
    return stem.strip()


def _lesson_in(stem: str, lessons: dict[str, str]) -> tuple[str, str, str]:
    """The lesson that a file is named after, what else its name says, and what stands behind a mere number."""
    loose = stem.replace(" ", "_").replace("-", "_")
    for number, name in lessons.items():
        where = loose.lower().find(name)
        if where >= 0:
            rest = stem[:where].strip(" _-.") + " " + stem[where + len(name) :].strip(" _-.")
            return number, rest.strip(), ""
    if (match := re.match(r"^(\d\d)(?!\d)[ _-]*", stem)) and match[1] in lessons:
        return match[1], "", stem[match.end() :]
    return "", "", ""


def is_place(name: str, lessons: dict[str, str]) -> bool:
    """Whether a folder's name says nothing of a person."""
    return not name or bool(PLACES.match(name)) or bool(_lesson_in(name, lessons)[0]) or name in ("course_utils",)


def _tidy(name: str) -> str:
    return re.sub(r"\s+", " ", name.replace("_", " ")).strip()
