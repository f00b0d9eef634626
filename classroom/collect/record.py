"""What is known of each file that was collected: where it came from and when, in `collected.json`."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path

from course_utils.whole_files import whole_file

from .names import CANVAS

__all__ = ["Entry", "Record", "is_newer"]

SAME_TIME_S = 2.0  # zips keep time in steps of two seconds


@dataclass(frozen=True)
class Entry:
    """One file of a student for one assignment.

    Attributes:
        sha256: of its bytes.
        origin: folders, zips and name that it came from.
        when: time that its folder or zip said, in seconds.
        platform: "moodle", "canvas" or "".
        serial: the platform's number.
        copies: number of the copy in its name.
    """

    sha256: str
    origin: str
    when: float
    platform: str = ""
    serial: int = 0
    copies: int = 0

    @property
    def late(self) -> bool:
        """Whether the platform says so: Canvas does, in the file's name."""
        return self.platform == "canvas" and any(
            match and match["late"] for match in map(CANVAS.match, self.origin.split("/"))
        )


def is_newer(one: Entry, other: Entry) -> bool:
    """Whether the first of two files of a student is the later one.

    Canvas counts all files that it is given. Elsewhere the time tells, and where that is the same, the copy's number.
    """
    if one.platform == other.platform == "canvas":
        return one.serial > other.serial
    if abs(one.when - other.when) > SAME_TIME_S:
        return one.when > other.when
    return one.copies > other.copies


class Record:
    """The file of entries.

    Args:
        path: of the file; it need not be there yet.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        found = json.loads(path.read_text("utf-8")) if path.is_file() else {}
        #: Name in `unmatched` -> the file's origin, why it is there, its sha256 and the name that it was given there.
        self.unmatched: dict[str, dict[str, str]] = found.get("unmatched", {})
        self._entries: dict[str, list[Entry]] = {
            key: [Entry(**entry) for entry in entries] for key, entries in found.get("submissions", {}).items()
        }

    def of(self, student: str, assignment: str) -> list[Entry]:
        """All files of a student for an assignment, in the order in which they were collected."""
        return self._entries.setdefault(f"{student}/{assignment}", [])

    def has(self, sha256: str, origin: str) -> bool:
        """Whether a file of these bytes was collected from this place, named from further out or further in."""
        return any(
            entry.sha256 == sha256 and _same_place(entry.origin, origin)
            for entries in self._entries.values()
            for entry in entries
        )

    def write(self) -> None:
        """Write the file, whole or not at all."""
        entries = {key: list(map(asdict, value)) for key, value in sorted(self._entries.items()) if value}
        content = {"submissions": entries, "unmatched": self.unmatched}
        with whole_file(self.path) as part:
            part.write_text(json.dumps(content, indent=1, ensure_ascii=False) + "\n", "utf-8")


def _same_place(one: str, other: str) -> bool:
    """Whether two origins end in the same folders and name; a name alone says too little."""
    short, long = sorted((one, other), key=len)
    return short == long or ("/" in short and long.endswith(f"/{short}"))
