"""What the results of a class say together."""

from __future__ import annotations

import unicodedata
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from ..collect.roster import Roster
from ..results import ExerciseResult, Result

__all__ = ["Cause", "Noticed", "Stop", "Summary", "number_of"]

#: Kinds of flags, the rarest and gravest first.
KINDS = ("tampering", "limit", "library", "identical", "solution")


@dataclass(frozen=True)
class Stop:
    """An exercise, and the students whose first exercise without all points it is."""

    exercise: str
    students: list[str]


@dataclass(frozen=True)
class Cause:
    """A mistake that checks named, and the students whose answers had it."""

    exercise: str
    sentence: str
    students: list[str]


@dataclass(frozen=True)
class Noticed:
    """What grading flagged, and the students with whom it was seen."""

    kind: str
    exercise: str
    text: str
    students: list[str]


class Summary:
    """The results of a class, looked up and counted.

    Args:
        results: one for each student and assignment.
        roster: the list of students; those without any result count too.
        assignments: that were released, in order.
        ungraded: (student, assignment) that were handed in and have no result of the present file.
        late: (student, assignment) that came late, as the platform says.
    """

    def __init__(
        self,
        results: Sequence[Result],
        roster: Roster,
        assignments: Sequence[str],
        ungraded: Sequence[tuple[str, str]] = (),
        late: Collection[tuple[str, str]] = (),
    ) -> None:
        self.results = list(results)
        self.roster = roster
        self.ungraded = set(ungraded)
        self.late = set(late)
        self._of = {(result.student, result.assignment): result for result in results}
        names = {result.student for result in results} | set(roster.students) | {student for student, _ in ungraded}
        others = sorted(names - set(roster.students), key=lambda name: (_last_name_first(self.name(name)), name))
        self.students = [*roster.students, *others]
        self.assignments = sorted({*assignments, *(result.assignment for result in results)})

    def name(self, student: str) -> str:
        """A student's name in the list, or the folder's name where there is no list."""
        known = self.roster.students.get(student)
        return known.name if known and known.name else student.replace("_", " ")

    def result(self, student: str, assignment: str) -> Result | None:
        """One result, if it is there."""
        return self._of.get((student, assignment))

    def of(self, student: str) -> list[Result]:
        """All results of a student, in the order of the lessons."""
        found = (self.result(student, assignment) for assignment in self.assignments)
        return [result for result in found if result]

    def about(self, assignment: str) -> list[Result]:
        """All results of an assignment, in the order of the students."""
        found = (self.result(student, assignment) for student in self.students)
        return [result for result in found if result]

    def exercises(self, assignment: str) -> list[ExerciseResult]:
        """The exercises of an assignment: numbers and points are those of any result."""
        return max((list(result.exercises) for result in self.about(assignment)), key=len, default=[])

    def stops(self, assignment: str) -> list[Stop]:
        """Which exercise stopped whom, most students first. Who has all points, or no readable file, is in none."""
        found: dict[str, list[str]] = {}
        for result in self.about(assignment):
            first = next((e for e in result.exercises if e.state != "passed"), None)
            if first and not result.fault:
                found.setdefault(first.number, []).append(result.student)
        return [Stop(number, found[number]) for number in sorted(found, key=lambda n: (-len(found[n]), number_of(n)))]

    def causes(self, assignment: str) -> list[Cause]:
        """Which cause was named how often, most often first."""
        found: dict[tuple[str, str], list[str]] = {}
        for result in self.about(assignment):
            for exercise in result.exercises:
                if exercise.cause:
                    found.setdefault((exercise.number, exercise.cause), []).append(result.student)
        order = sorted(found, key=lambda key: (-len(found[key]), number_of(key[0]), key[1]))
        return [Cause(number, sentence, found[number, sentence]) for number, sentence in order]

    def noticed(self, assignment: str) -> list[Noticed]:
        """What a person should look at: equal flags of several students are one."""
        found: dict[tuple[str, str, str], list[str]] = {}
        for result in self.about(assignment):
            for flag in result.flags:
                text = self._with_names(flag.text) if flag.kind == "identical" else flag.text
                found.setdefault((flag.kind, flag.exercise, text), []).append(result.student)
        order = sorted(found, key=lambda key: (KINDS.index(key[0]), number_of(key[1]), key[2]))
        return [Noticed(*key, found[key]) for key in order]

    def missing(self, assignment: str) -> list[str]:
        """Students of the list who have handed in nothing, if somebody has."""
        if not self.came_in(assignment):
            return []
        there = {result.student for result in self.about(assignment)}
        there |= {student for student, name in self.ungraded if name == assignment}
        return [student for student in self.students if student in self.roster.students and student not in there]

    def came_in(self, assignment: str) -> bool:
        """Whether anybody has handed it in."""
        return bool(self.about(assignment)) or any(name == assignment for _, name in self.ungraded)

    def _with_names(self, text: str) -> str:
        """A sentence that lists students by their folders, with their names."""
        head, _, listed = text.rpartition(" as ")
        shown, _, more = listed.partition(" and ")
        named = ", ".join(self.name(student) for student in shown.split(", "))
        return f"{head} as {named}{' and ' if more else ''}{more}"


def _last_name_first(name: str) -> tuple[str, str]:
    return _plain(name.rpartition(" ")[2]), _plain(name)


def _plain(name: str) -> str:
    """A name to sort by: Ö stands at O."""
    letters = unicodedata.normalize("NFKD", name.casefold())
    return "".join(letter for letter in letters if not unicodedata.combining(letter))


def number_of(exercise: str) -> tuple[int, ...]:
    """An exercise's number as one that can be sorted: 10.2 comes after 9.1."""
    return tuple(int(part) for part in exercise.split(".") if part.isdigit())
