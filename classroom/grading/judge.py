"""Judges submissions of one lesson: the checks run here, what students wrote runs in their sandboxes."""

from __future__ import annotations

import builtins
import hashlib
import hmac
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from course_checks import exercises as course_exercises

from ..results import ExerciseResult, Flag, Result
from .counting import Book, checked
from .flags import flags_of_code, imports_of
from .lesson import Exercise, TeacherLesson
from .process import Gone, StudentProcess
from .remote import Exercises, Remote
from .sandbox import Limits
from .submission import Piece, Submission, read_submission

__all__ = ["Judge"]

_SEEDS = 5  # tried, if the course's own answer does not pass with the first: a fresh case may be a bad one


class Judge:
    """Judges submissions of one lesson.

    Args:
        lesson: as its teacher has it.
        staged: what a student's process may see of the course.
        key: the teacher's; hidden variants come from it.
        limits: what a submission may take.
        walls: whether students' processes stand in the sandbox.
        slot: number of the worker.

    Raises:
        RuntimeError: if the course's own answer does not pass a check.
    """

    def __init__(
        self, lesson: TeacherLesson, staged: Path, key: bytes, limits: Limits | None = None, walls: bool = True,
        slot: int = 0,
    ) -> None:  # fmt: skip
        self.lesson, self._staged, self._walls, self._slot = lesson, staged, walls, slot
        self._limits = limits or Limits()
        self._space: dict[str, Any] = {"__name__": "lesson", "__builtins__": builtins}
        exec(compile(lesson.imports, "<imports>", "exec", dont_inherit=True), self._space)
        _one_thread()
        self.seeds: dict[str, int] = {}
        self.comparisons: dict[str, int] = {}
        for exercise in lesson.exercises:
            self._count(exercise, key)

    def _count(self, exercise: Exercise, key: bytes) -> None:
        """Choose the seed of the hidden variants, and count the comparisons with the course's own answer."""
        for attempt in range(_SEEDS):
            text = f"{self.lesson.name} {exercise.number} {attempt}".encode()
            seed = int.from_bytes(hmac.digest(key, text, "sha256")[:8], "big")
            book = self.checked_here(exercise, seed, {})
            if not book.failed and not book.line:
                self.seeds[exercise.number], self.comparisons[exercise.number] = seed, book.held
                return
        raise RuntimeError(f"the course's own answer does not pass the check of {exercise.number}: {book.line}")

    def checked_here(self, exercise: Exercise, seed: int, answers: dict[str, str]) -> Book:
        """Check answers in this very process: the course's own, but for those that are given.

        Args:
            exercise: whose check runs.
            seed: of the hidden variants.
            answers: exercise -> source, trusted.
        """
        space = dict(self._space)
        for other in self.lesson.exercises:
            source = answers.get(other.number, other.reference)
            exec(compile(source, f"<{other.number}>", "exec", dont_inherit=True), space)
        return checked(Book(exercise.number, seed=seed), exercise.check, space, course_exercises)

    # ------------------------------------------------------------------------------------------ one submission

    def grade(self, student: str, path: Path) -> Result:
        """Grade a notebook that a student handed in."""
        started = time.monotonic()
        data = path.read_bytes() if path.is_file() else b""
        submission = read_submission(path, self.lesson)
        if submission.fault:
            results = tuple(self._nothing(e, f"○ {e.number} {submission.fault}", "open") for e in self.lesson.exercises)
            flags: tuple[Flag, ...] = ()
        else:
            run = _Run(self, submission)
            try:
                results = tuple(run.results())
            finally:
                run.close()
            flags = tuple(dict.fromkeys([*self._seen(submission), *run.flags]))
        return Result(
            student=student, assignment=self.lesson.name, sha256=hashlib.sha256(data).hexdigest(),
            fault=submission.fault, exercises=results, flags=flags, seconds=round(time.monotonic() - started, 3),
        )  # fmt: skip

    def start(self) -> StudentProcess:
        """A new student's process, with the lesson's imports."""
        process = StudentProcess(self._staged, self._limits, self._walls, self._slot)
        reply = process.ask("cell", self.lesson.imports, "imports")
        if "ok" not in reply:
            process.close()
            raise RuntimeError(f"the lesson's imports fail in the sandbox: {reply}")
        process.ask("memory", self._limits.memory)
        return process

    def remote(self, process: StudentProcess, exercise: Exercise) -> Book:
        """Check the answer that lives in a student's process."""
        space = {**self._space, **{name: Remote(process, name) for e in self.lesson.exercises for name in e.names}}
        book = Book(exercise.number, seed=self.seeds[exercise.number])
        try:
            return checked(book, exercise.check, space, Exercises(process))
        except Gone as gone:
            gone.book = book  # type: ignore[attr-defined]
            raise

    def result(self, exercise: Exercise, book: Book, state: str = "", line: str = "") -> ExerciseResult:
        """What a check's comparisons are worth."""
        total = self.comparisons[exercise.number]
        held = min(book.passed, total)
        if not state:
            state = "passed" if held == total else "open" if held == 0 and book.stub else "wrong"
        line = line or book.line
        if state == "passed":
            line = f"✓ {exercise.number} passed ({total} comparisons)"
        elif held:
            line = f"{line} ({held} of {total} comparisons hold)"
        earned = exercise.points if held == total else exercise.points * held / total
        return ExerciseResult(
            exercise.number, exercise.grade_id, exercise.points, earned, held, total, state,
            line or "nothing was compared", "" if state == "passed" else _cause(book),
        )  # fmt: skip

    def _nothing(self, exercise: Exercise, line: str, state: str) -> ExerciseResult:
        return self.result(exercise, Book(exercise.number), state, line)

    def _seen(self, submission: Submission) -> Iterator[Flag]:
        known = {exercise.number: exercise for exercise in self.lesson.exercises}
        imports = f"{self.lesson.imports}\n{imports_of(piece.source for piece in submission.pieces)}"
        for piece in submission.pieces:
            if not piece.given and piece.source.strip() != getattr(known.get(piece.number), "stub", "").strip():
                seen = piece.whole if piece.number else piece.source
                yield from flags_of_code(known.get(piece.number), seen, imports, self.lesson.exercises)
        for number in dict.fromkeys(submission.changed_checks):
            yield Flag("tampering", number, "its check cell was changed; the teacher's was run")


class _Run:
    """One submission in its processes: a new one for what comes after an exercise that ended or stopped its own."""

    def __init__(self, judge: Judge, submission: Submission) -> None:
        self.judge, self.submission = judge, submission
        self.flags: list[Flag] = []
        self._process: StudentProcess | None = None
        self._left_out: set[int] = set()  # pieces that are not run again
        self._errors: dict[str, str] = {}  # exercise -> what its cell raised
        self._gone: dict[str, str] = {}  # exercise -> how its cell ended the process
        self._made: set[str] = set()  # names that there are
        self._passed: dict[str, bool] = {}
        self._until = time.monotonic() + judge._limits.total_s

    def close(self) -> None:
        """End what still runs."""
        if self._process is not None:
            printed, limits = self._process.printed, self.judge._limits
            self._process.close()
            if printed > limits.output:
                self._flag("limit", "", f"printed {printed} bytes; {limits.output} of them were read")
            self._process = None

    def results(self) -> Iterator[ExerciseResult]:
        """Of all exercises, in their order."""
        for exercise in self.judge.lesson.exercises:
            yield self._result(exercise)

    def _result(self, exercise: Exercise) -> ExerciseResult:
        judge, number = self.judge, exercise.number
        pieces = self.submission.of(number)
        if not pieces:
            return judge._nothing(exercise, f"○ {number} is missing from the notebook", "open")
        if all(piece.whole.strip() in ("", exercise.stub.strip()) for piece in pieces):
            return judge._nothing(exercise, f"○ {number} is not done yet", "open")
        if time.monotonic() > self._until:
            return judge._nothing(exercise, f"✗ {number} the time for the whole submission was over", "stopped")
        try:
            self._prepare()
        except Gone as gone:
            return judge._nothing(exercise, f"✗ {number} was not reached: {gone.why}", "stopped")
        if number in self._gone:
            return judge._nothing(exercise, f"✗ {number} its cell was stopped: {self._gone[number]}", "stopped")
        missing = [name for name in exercise.names if name not in self._made]
        if missing and number in self._errors:
            return judge._nothing(exercise, f"✗ {number} {self._errors[number]}", "wrong")
        if len(missing) == len(exercise.names):
            return judge._nothing(exercise, f"○ {number} its cell does not define `{missing[0]}`", "open")
        return self._checked(exercise)

    def _checked(self, exercise: Exercise) -> ExerciseResult:
        self._process.begin()
        try:
            book = self.judge.remote(self._process, exercise)
        except Gone as gone:
            self._flag("limit", exercise.number, gone.why)
            self._left_out |= {k for k, p in enumerate(self.submission.pieces) if p.number == exercise.number}
            self.close()
            line = f"✗ {exercise.number} was stopped: {gone.why}"
            return self.judge.result(exercise, gone.book, "stopped", line)
        if "MemoryError" in book.line:
            self._flag("limit", exercise.number, "more memory than is allowed")
        result = self._once_more(exercise, self.judge.result(exercise, book))
        self._passed[exercise.number] = result.state == "passed"
        note = self.submission.notes.get(exercise.number)
        return result if note is None else _with_note(result, note)

    def _once_more(self, exercise: Exercise, result: ExerciseResult) -> ExerciseResult:
        """An answer that calls that of an earlier exercise, which has not passed, is tried with the course's for it."""
        judge = self.judge
        lacking = [e for e in judge.lesson.exercises if e.number in exercise.needs and not self._passed.get(e.number)]
        if result.state == "passed" or not lacking:
            return result
        try:
            self._process.begin()
            for other in lacking:
                self._process.ask("cell", other.reference, f"the course's answer to {other.number}", ())
            again = judge.result(exercise, judge.remote(self._process, exercise))
        except Gone:
            self.close()
            return result
        if again.earned <= result.earned:
            return result
        return _with_note(again, f"with the course's answer to {', '.join(e.number for e in lacking)}")

    def _prepare(self) -> None:
        """Have a process in which all cells have run that can."""
        while self._process is None:
            self._process = self.judge.start()
            for k, piece in enumerate(self.submission.pieces):
                if k in self._left_out or not piece.source.strip():
                    continue
                try:
                    self._run_piece(piece)
                except Gone as gone:
                    self._left_out.add(k)
                    self._gone[piece.number] = gone.why
                    self._flag("limit", piece.number, gone.why)
                    self.close()
                    if time.monotonic() > self._until:
                        raise
                    break

    def _run_piece(self, piece: Piece) -> None:
        exercises = {exercise.number: exercise for exercise in self.judge.lesson.exercises}
        names = exercises[piece.number].names if piece.number else ()
        self._process.begin()
        reply = self._process.ask("cell", piece.source, piece.number or "a cell of your own", names)
        if piece.number and "ok" not in reply:
            told = reply.get("raised")
            self._errors[piece.number] = str(told.get("where")) if isinstance(told, dict) else "its cell failed"
        done = reply.get("ok")
        if not isinstance(done, dict) or not isinstance(done.get("made"), list):
            return
        self._made |= {str(name) for name in done["made"]}
        origin = done.get("from") if isinstance(done.get("from"), dict) else {}
        for name, module in origin.items():
            if str(module).startswith(("course_utils", "course_checks")):
                self._flag("library", piece.number, f"`{name}` is a function of {module}")

    def _flag(self, kind: Any, number: str, text: str) -> None:
        self.flags.append(Flag(kind, number, text))


def _with_note(result: ExerciseResult, note: str) -> ExerciseResult:
    from dataclasses import replace

    return replace(result, line=f"{result.line} ({note})")


def _cause(book: Book) -> str:
    """The sentence of the check that explains its line, if one does."""
    for task in book.used:
        for sentence in task.mistakes:
            if f". {sentence}" in book.line:
                return sentence
    return ""


def _one_thread() -> None:
    import sys

    if "torch" in sys.modules:  # several threads on small tensors wait for one another
        sys.modules["torch"].set_num_threads(1)
