"""The exercises of a lesson in this very process: any answer against its check, in milliseconds.

A lesson's first code cell (its imports) and its reference answers are all that a check may need.
"""

from __future__ import annotations

import contextlib
import functools
import io
import random
import signal
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from types import CodeType, FrameType
from typing import Any

from course_checks.checks import Answer, CheckFailed, NotDone, Task, frame
from notebooks import build

PATIENCE_S = 60


class TooLong(BaseException):
    """An answer that did not come to an end; no `except Exception` of a learner's catches it."""


@dataclass(frozen=True)
class Outcome:
    """What a check said of an answer."""

    passed: bool
    message: str  # the check's one line, or what went wrong beside it
    rejected: bool  # refused by the check itself, in one line

    @property
    def silent(self) -> bool:
        """Whether the message is no more than what was got and expected: no cause, no question."""
        return self.rejected and ". " not in self.message and "?" not in self.message


class Bench:
    """A lesson whose answers can be exchanged.

    Args:
        lesson: as read by `build`.
    """

    def __init__(self, lesson: build.Lesson) -> None:
        self.lesson = lesson
        self.references = {c.name: build.without_markers(c.source) for c in lesson.cells if c.role == "todo"}
        self.checks = {c.name: c.source for c in lesson.cells if c.role == "check"}
        self._runs: Counter[str] = Counter()
        imports = next(c.source for c in lesson.cells if c.kind == "code")
        self._names: dict[str, Any] = {"__name__": "lesson"}
        exec(_compiled(imports, "<imports>"), self._names)
        if "torch" in sys.modules:  # several threads on small tensors are slow on a machine that is busy
            sys.modules["torch"].set_num_threads(1)

    def names(self) -> dict[str, Any]:
        """A fresh name space: the imports and all reference answers."""
        names = dict(self._names)
        for number, source in self.references.items():
            exec(_compiled(source, f"<reference {number}>"), names)
        return names

    def tasks(self, number: str) -> dict[str, Task]:
        """Name of the learner's function -> task, for the tasks that a check sets."""
        found: dict[str, Task] = {}
        original = Task.by

        def noting(task: Task, learner: Any) -> Answer:
            found[learner.__name__] = task
            return original(task, learner)

        Task.by = noting
        try:
            outcome = self.checked(number, self.names())
        finally:
            Task.by = original
        if not outcome.passed:
            raise AssertionError(f"the reference answer to {number} is refused: {outcome.message}")
        return found

    def answered(self, number: str, source: str) -> Outcome:
        """What the check says of an answer that is given as a cell."""
        names = self.names()
        try:
            with _limit(), contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
                exec(compile(source, f"<answer {number}>", "exec", dont_inherit=True), names)
        except (Exception, TooLong) as error:
            return Outcome(False, f"its own cell failed: {type(error).__name__}: {error}", False)
        return self.checked(number, names)

    def checked(self, number: str, names: dict[str, Any]) -> Outcome:
        """What the check says in a name space that holds the answer."""
        said = io.StringIO()
        self._runs[number] += 1
        frame._chance = random.Random(
            f"{number} {self._runs[number]}"
        )  # fresh cases, but the same in each run of a test
        code = _compiled(self.checks[number], f"<check {number}>")
        try:
            with _limit(), contextlib.redirect_stdout(said), contextlib.redirect_stderr(io.StringIO()):
                exec(code, names)
        except CheckFailed as error:
            return Outcome(False, str(error), not isinstance(error, NotDone))
        except TooLong:
            return Outcome(False, f"no end after {PATIENCE_S} s", True)
        except Exception as error:
            return Outcome(False, f"the check failed: {type(error).__name__}: {error}", False)
        return Outcome(True, said.getvalue().strip(), False)


@functools.cache
def _compiled(source: str, where: str) -> CodeType:
    return compile(source, where, "exec", dont_inherit=True)


@contextlib.contextmanager
def _limit(seconds: int = PATIENCE_S) -> Iterator[None]:
    """Stop what runs inside after so many seconds (where there are alarms)."""
    if not hasattr(signal, "SIGALRM"):
        yield
        return

    def stop(number: int, frame: FrameType | None) -> None:
        raise TooLong

    before = signal.signal(signal.SIGALRM, stop)
    signal.alarm(seconds)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)
