"""Grades a class: shares the submissions out to workers, writes what they say, goes on where it stopped."""

from __future__ import annotations

import contextlib
import hashlib
import multiprocessing
import multiprocessing.connection
import os
import secrets
import signal
import sys
import tempfile
import threading
import time
import traceback
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from ..layout import ClassFolder
from ..results import ExerciseResult, Flag, Result
from . import sandbox
from .flags import identical
from .lesson import read_lesson
from .sandbox import Limits, SandboxError
from .staging import COURSE, stage
from .student import limit_memory
from .submission import read_submission

__all__ = ["grade", "key_of", "version_of"]

Task = tuple[str, str, str]
"""Student, assignment, file."""


def grade(
    folder: ClassFolder,
    assignments: Sequence[str] | None = None,
    *,
    students: Sequence[str] | None = None,
    jobs: int | None = None,
    force: bool = False,
    sandbox: bool = True,
    limits: Limits | None = None,
    progress: Callable[[str], None] = lambda line: print(line, flush=True),
) -> list[Result]:
    """Grade what was handed in, and write `results/STUDENT/ASSIGNMENT.json` for each, one after the other.

    Args:
        folder: of the class.
        assignments: names of lessons' notebooks; all that were handed in if None.
        students: names of folders in `submitted`; all if None.
        jobs: submissions graded at a time; one for each core if None.
        force: grade again what was graded before with the same file and the same course.
        sandbox: whether students' processes stand in bubblewrap.
        limits: what a submission may take.
        progress: gets a line for each submission.

    Returns:
        The results of all that was chosen, those that were graded before among them.

    Raises:
        ValueError: if an assignment or a student is not there, or `jobs` is no positive number.
        SandboxError: if there is no sandbox on this machine.
    """
    chosen = _chosen(folder, assignments, students)
    if jobs is not None and jobs < 1:
        raise ValueError(f"jobs = {jobs!r}: expected a positive number")
    if sandbox and (why := _sandbox_refusal()):
        raise SandboxError(why)
    if not sandbox:
        progress(_WITHOUT)
    versions = {name: version_of(folder, name) for name in {assignment for _, assignment in chosen}}
    done = {} if force else {pair: old for pair in chosen if (old := _graded_before(folder, *pair, versions[pair[1]]))}
    tasks = [(s, a, str(folder.submitted(s, a))) for s, a in chosen if (s, a) not in done]
    tasks.sort(key=lambda task: (task[1], task[0]))
    if done:
        progress(f"{len(done)} graded before, {len(tasks)} to grade.")
    count = min(jobs or os.cpu_count() or 1, len(tasks))
    with tempfile.TemporaryDirectory(prefix="course-staged-") as staged:
        Path(staged).chmod(0o755)
        stage(Path(staged))
        setting = _Setting(folder, Path(staged), key_of(folder), limits or Limits(), sandbox)
        with contextlib.closing(_results(setting, tasks, count)) as results:
            for number, result in enumerate(results, 1):
                result = replace(result, version=versions[result.assignment])
                result.write(folder.result(result.student, result.assignment))
                done[result.student, result.assignment] = result
                progress(_line(number, len(tasks), result))
    for name in versions:
        _flag_identical(folder, name, done)
    return [done[pair] for pair in chosen]


_WITHOUT = sandbox.WITHOUT


def _sandbox_refusal() -> str:
    return sandbox.refusal()


def _line(number: int, total: int, result: Result) -> str:
    said = result.fault or " ".join({"passed": "✓", "wrong": "✗", "open": "○", "stopped": "■"}[e.state]
                                    for e in result.exercises)  # fmt: skip
    flags = f" · flags: {', '.join(sorted({flag.kind for flag in result.flags}))}" if result.flags else ""
    return (
        f"{number}/{total} {result.student} {result.assignment}: {result.earned:.1f} of {result.points:g} "
        f"({said}) in {result.seconds:.1f} s{flags}"
    )


def _chosen(
    folder: ClassFolder, assignments: Sequence[str] | None, students: Sequence[str] | None
) -> list[tuple[str, str]]:
    found = folder.submissions()
    for name, wanted, known in (
        ("assignments", assignments, {assignment for _, assignment in found}),
        ("students", students, {student for student, _ in found}),
    ):
        missing = sorted(set(wanted or ()) - known)
        if missing:
            handed = ", ".join(sorted(known)) or "nothing"
            raise ValueError(f"{name} = {missing}: nothing of that name was handed in; there is {handed}")
    return [
        (student, assignment)
        for student, assignment in found
        if (assignments is None or assignment in assignments) and (students is None or student in students)
    ]


def key_of(folder: ClassFolder) -> bytes:
    """The key from which this class's hidden variants come; made when it is first needed."""
    path = folder.root / "grading.key"
    with contextlib.suppress(FileExistsError):
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(secrets.token_hex(32))
    return path.read_bytes()


def version_of(folder: ClassFolder, assignment: str) -> str:
    """A fingerprint of all by which an assignment is graded: the course's code, the lesson, the teacher's copy."""
    digest = hashlib.sha256()
    files = [COURSE / "notebooks" / "src" / f"{assignment}.py", COURSE / "notebooks" / f"{assignment}.ipynb"]
    files.append(folder.source(assignment))
    for package in ("course_utils", "course_checks", "classroom/grading"):
        files += sorted((COURSE / package).rglob("*.py"))
    for path in files:
        if path.is_file():
            digest.update(path.name.encode() + path.read_bytes().replace(b"\r\n", b"\n"))
    return digest.hexdigest()


def _graded_before(folder: ClassFolder, student: str, assignment: str, version: str) -> Result | None:
    try:
        old = Result.read(folder.result(student, assignment))
        data = folder.submitted(student, assignment).read_bytes()
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return old if (old.sha256, old.version) == (hashlib.sha256(data).hexdigest(), version) else None


def _flag_identical(folder: ClassFolder, assignment: str, done: dict[tuple[str, str], Result]) -> None:
    """Compare all that was handed in of an assignment, what was graded before as well."""
    lesson = read_lesson(assignment, folder.source(assignment))
    answers = {}
    for student, name in folder.submissions():
        if name == assignment and folder.result(student, name).is_file():
            submission = read_submission(folder.submitted(student, name), lesson)
            answers[student] = {
                exercise.number: "\n\n".join(piece.source for piece in submission.of(exercise.number))
                for exercise in lesson.exercises
            }
    alike = identical(answers, {exercise.number: exercise.stub for exercise in lesson.exercises})
    for student in answers:
        path = folder.result(student, assignment)
        old = done.get((student, assignment)) or Result.read(path)
        flags = (*(flag for flag in old.flags if flag.kind != "identical"), *alike.get(student, ()))
        if flags != old.flags:
            new = replace(old, flags=flags)
            new.write(path)
            if (student, assignment) in done:
                done[student, assignment] = new


# -------------------------------------------------------------------------------------------------------- the workers


@dataclass(frozen=True)
class _Setting:
    """What all workers have in common."""

    folder: ClassFolder
    staged: Path
    key: bytes
    limits: Limits
    walls: bool


def _results(setting: _Setting, tasks: list[Task], count: int) -> Iterator[Result]:
    """What the workers say, as it comes; one that a submission ends or holds up is replaced, and the others go on."""
    waiting, left = list(reversed(tasks)), len(tasks)
    workers: list[_Worker] = []
    try:
        for slot in range(count):  # a comprehension would lose those that there are, if one more cannot be started
            workers.append(_Worker(setting, slot))  # noqa: PERF401
        while left:
            for worker in workers:
                if worker.task is None and waiting:
                    worker.take(waiting.pop())
            ready = multiprocessing.connection.wait([worker.pipe for worker in workers], timeout=1)
            for worker in workers:
                if worker.task is not None and (result := worker.answer(worker.pipe in ready)) is not None:
                    left -= 1
                    yield result
        for worker in workers:
            worker.leave()
    finally:
        with _interrupts_ignored():  # of two Ctrl-C the first one ends it
            for worker in workers:
                worker.end()


class _Worker:
    """A process that grades one submission after the other, seen from the one that shares them out.

    Args:
        setting: what all workers have in common.
        slot: number of the worker.
    """

    def __init__(self, setting: _Setting, slot: int) -> None:
        self._setting, self._slot = setting, slot
        self.task: Task | None = None
        self._start()

    def _start(self) -> None:
        context = multiprocessing.get_context("spawn")
        self._begun: float | None = None
        self.pipe, theirs = context.Pipe()
        self._process = context.Process(target=_work, args=(self._setting, theirs, self._slot), daemon=True)
        with _interrupts_ignored(), _quiet_libraries():  # what is started inherits both
            self._process.start()
        theirs.close()

    def take(self, task: Task) -> None:
        """Hand it a submission."""
        self.task = task
        with contextlib.suppress(OSError):  # that it has ended is seen when it should answer
            self.pipe.send(task)

    def answer(self, ready: bool) -> Result | None:
        """The result of its submission, if it is there now.

        Raises:
            RuntimeError: if the fault is the course's: its checks could not be made ready.
        """
        if not ready:
            overdue = self._begun is not None and time.monotonic() - self._begun > self._setting.limits.judged_s
            return self._replaced("it held up the judge for too long") if overdue else None
        try:
            kind, value = self.pipe.recv()
        except (EOFError, OSError):
            if self._begun is None:
                raise RuntimeError("a worker that grades has ended; what is graded is kept, start again") from None
            return self._replaced("the judge's process ended, as it does when memory is short")
        if kind == "begun":
            self._begun = time.monotonic()
            return None
        if kind == "fault":
            raise RuntimeError(value)
        task, self.task, self._begun = self.task, None, None
        return value if kind == "result" else _not_graded(self._setting, task, value)

    def _replaced(self, why: str) -> Result:
        """Put another process in the place of this one; what its submission gets for that."""
        self.end(patience_s=2)
        task, self.task = self.task, None
        self._start()
        return _not_graded(self._setting, task, why)

    def leave(self) -> None:
        """Let it go by itself."""
        with contextlib.suppress(OSError):
            self.pipe.send(None)
        self._process.join(10)

    def end(self, patience_s: float = 10) -> None:
        """End it, and so all that it started."""
        self._process.terminate()
        self._process.join(patience_s)
        if self._process.is_alive():  # busy where no signal is heard
            self._process.kill()
            self._process.join()
        self.pipe.close()


def _not_graded(setting: _Setting, task: Task, why: str) -> Result:
    """The result of a submission at which the judge itself failed: nothing, and a person should look."""
    student, assignment, file = task
    fault = f"it could not be graded: {why}"
    exercises = tuple(
        ExerciseResult(e.number, e.grade_id, e.points, 0.0, 0, 0, "stopped", f"✗ {e.number} {fault}")
        for e in read_lesson(assignment, setting.folder.source(assignment)).exercises
    )
    digest = hashlib.sha256(Path(file).read_bytes()).hexdigest()
    return Result(student, assignment, digest, fault, exercises, (Flag("limit", "", fault),))


@contextlib.contextmanager
def _interrupts_ignored() -> Iterator[None]:
    """Leave Ctrl-C alone for a moment."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


@contextlib.contextmanager
def _quiet_libraries() -> Iterator[None]:
    """One thread for each library of a worker: with more they would wait for one another."""
    names = (
        "OMP_NUM_THREADS",
        "OPENBLAS_NUM_THREADS",
        "MKL_NUM_THREADS",
        "JAX_PLATFORMS",
        "MPLBACKEND",
        "COURSE_SAVED",
    )
    before = {name: os.environ.get(name) for name in names}
    os.environ.update(dict(zip(names, ("1", "1", "1", "cpu", "agg", "none"), strict=True)))
    try:
        yield
    finally:
        for name, value in before.items():
            os.environ.pop(name) if value is None else os.environ.update({name: value})


def _work(setting: _Setting, pipe: Any, slot: int) -> None:
    """A worker: one judge for each lesson, one submission after the other."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is heard by who shares out the submissions
    from .judge import Judge

    judge: Judge | None = None
    while (task := _next(pipe)) is not None:
        student, assignment, file = task
        if judge is None or judge.lesson.name != assignment:
            try:
                lesson = read_lesson(assignment, setting.folder.source(assignment))
                judge = Judge(lesson, setting.staged, setting.key, setting.limits, setting.walls, slot)
            except Exception:
                pipe.send(("fault", f"{student}, {assignment} could not be graded:\n{traceback.format_exc()}"))
                return
        limit_memory(setting.limits.judge, for_good=False)
        pipe.send(("begun", None))
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # so that what it started is ended
        try:
            said = ("result", judge.grade(student, Path(file)))
        except Exception as error:
            last = traceback.extract_tb(error.__traceback__)[-1]
            where = f"{Path(last.filename).name}, line {last.lineno}"
            said = ("refused", f"the judge failed at it ({type(error).__name__}: {str(error)[:200]}; {where})")
        finally:
            signal.signal(signal.SIGTERM, signal.SIG_DFL)
        pipe.send(said)


def _next(pipe: Any) -> Task | None:
    try:
        return pipe.recv()
    except EOFError:
        return None
