"""What grading one submission gives, and its file."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Literal

from course_utils.whole_files import whole_file

__all__ = ["ExerciseResult", "Flag", "Result"]

SAME = 1e-9  # of two scores
State = Literal["passed", "wrong", "open", "stopped"]
Kind = Literal["library", "solution", "identical", "tampering", "limit"]


@dataclass(frozen=True)
class ExerciseResult:
    """One exercise of a submission.

    Attributes:
        number: such as "1.2".
        grade_id: nbgrader's name of the check cell.
        points: that it is worth.
        earned: points times the share of comparisons that held.
        passed: comparisons that held.
        comparisons: of the check, hidden variants among them.
        state: "passed"; "wrong"; "open" where the stub is still there; "stopped" where a limit or the process ended it.
        line: what the check says to the student, in one line.
        cause: the sentence that names the mistake, as it stands in the check, or "" where none is known.
        changed: whether the teacher gave the score in formgrader; grading never does.
    """

    number: str
    grade_id: str
    points: float
    earned: float
    passed: int
    comparisons: int
    state: State
    line: str
    cause: str = ""
    changed: bool = False


@dataclass(frozen=True)
class Flag:
    """Something that a person should look at; it changes no score.

    Attributes:
        kind: what was noticed.
        exercise: its number, or "" where it concerns the whole submission.
        text: in words, with what was seen.
    """

    kind: Kind
    exercise: str
    text: str


@dataclass(frozen=True)
class Result:
    """One submission, graded.

    Attributes:
        student: name of the folder in `submitted`.
        assignment: name of the lesson's notebook, without its ending.
        sha256: of the file that was graded; another one is graded again.
        fault: why nothing could be judged ("the file is not JSON: …"), or "".
        exercises: in the order of the lesson, all of them, also those that are missing from the file.
        flags: for a person.
        seconds: that grading took, wall time.
        version: fingerprint of the course and the checks by which it was graded; with another one it is graded again.
    """

    student: str
    assignment: str
    sha256: str
    fault: str
    exercises: tuple[ExerciseResult, ...]
    flags: tuple[Flag, ...] = ()
    seconds: float = field(default=0.0, compare=False)
    version: str = field(default="", compare=False)

    @property
    def earned(self) -> float:
        """Points of all exercises."""
        return sum(exercise.earned for exercise in self.exercises)

    @property
    def points(self) -> float:
        """Points that could be earned."""
        return sum(exercise.points for exercise in self.exercises)

    def with_scores(self, given: Mapping[tuple[str, str, str], float]) -> Result:
        """The result with scores that the teacher gave in formgrader, by student, assignment and `grade_id`."""
        exercises = []
        for exercise in self.exercises:
            score = given.get((self.student, self.assignment, exercise.grade_id), exercise.earned)
            if abs(score - exercise.earned) > SAME:
                state: State = "passed" if score >= exercise.points else exercise.state
                state = "wrong" if state == "open" or (state == "passed" and score < exercise.points) else state
                exercise = replace(exercise, earned=score, state=state, changed=True)
            exercises.append(exercise)
        return replace(self, exercises=tuple(exercises))

    def write(self, path: Path) -> None:
        """Write as JSON, whole or not at all."""
        path.parent.mkdir(parents=True, exist_ok=True)
        text = json.dumps(asdict(self), indent=1, ensure_ascii=False) + "\n"
        with whole_file(path) as part:  # half of a pair of surrogates, which an exception may say, is no text
            part.write_text(text, encoding="utf-8", errors="replace")

    @classmethod
    def read(cls, path: Path) -> Result:
        """Read what `write` wrote."""
        found = json.loads(path.read_text(encoding="utf-8"))
        found["exercises"] = tuple(ExerciseResult(**entry) for entry in found["exercises"])
        found["flags"] = tuple(Flag(**entry) for entry in found["flags"])
        return cls(**found)
