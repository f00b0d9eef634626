"""Two people whom names make one: noticed before anything is taken in, where there is no list of students."""

from __future__ import annotations

import itertools

from .names import Name
from .roster import folder_name

__all__ = ["Claims"]


class Claims:
    """For each student whom names say, the folders in which files of theirs lie.

    A file in a person's folder and one further in, such as `anna` and `anna/old`, are one person's. Files in two
    folders of which neither holds the other may be two people's.
    """

    def __init__(self) -> None:
        self._folders: dict[tuple[str, str], set[tuple[str, ...]]] = {}

    def add(self, name: Name, assignment: str, outer: str) -> None:
        """Note a file.

        Args:
            name: what its names say.
            assignment: that it is.
            outer: what was handed over and may be a person, or "".
        """
        student = _key(name)
        if not name.platform and student:
            self._folders.setdefault((student, ""), set()).add(name.folders)
            if outer:  # two rounds of one class may be handed over at once: of one lesson only
                self._folders.setdefault((student, assignment), set()).add((outer, *name.folders))

    def against(self, name: Name, assignment: str) -> str:
        """Why a file may be somebody else's too, or ""."""
        if name.platform:
            return ""
        alone = f"; so does collecting {name.folders[0]} by itself" if name.student in name.folders[:1] else ""
        for key in ((_key(name), ""), (_key(name), assignment)):
            for one, other in itertools.pairwise(sorted(self._folders.get(key, ()), key=_plain)):
                if _plain(other)[: len(one)] != _plain(one):
                    return (
                        f"files in {'/'.join(one)} and in {'/'.join(other)} would be one student's, {name.student}: a "
                        f"list of students (students.csv) or --student tells whose they are{alone}"
                    )
        return ""


def _plain(folders: tuple[str, ...]) -> tuple[str, ...]:
    """Folders without capitals, which make no other person."""
    return tuple(map(str.casefold, folders))


def _key(name: Name) -> str:
    return folder_name(name.student).casefold()
