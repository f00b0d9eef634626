"""Grades a class: shares the submissions out to workers, writes what they say, goes on where it stopped."""

from __future__ import annotations

import contextlib
import hashlib
import multiprocessing
import os
import queue
import secrets
import signal
import sys
import tempfile
import time
import traceback
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from ..layout import ClassFolder
from ..results import Result
from . import sandbox
from .flags import identical
from .lesson import read_lesson
from .sandbox import Limits, SandboxError
from .staging import COURSE, stage
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
        for number, result in enumerate(_results(setting, tasks, count), 1):
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


def _results(setting: _Setting, tasks: list[Task], count: int) -> Iterable[Result]:
    """What the workers say, as it comes."""
    if not tasks:
        return
    context = multiprocessing.get_context("spawn")
    todo, said = context.Queue(), context.Queue()
    for task in [*tasks, *[None] * count]:
        todo.put(task)
    workers = [context.Process(target=_work, args=(setting, todo, said, slot), daemon=True) for slot in range(count)]
    _start(workers)
    try:
        for _ in tasks:
            yield _next(said, workers)
        for worker in workers:
            worker.join(10)
    finally:
        for worker in workers:
            worker.terminate()
        for worker in workers:
            worker.join(10)


def _start(workers: list[Any]) -> None:
    """Start the workers with one thread for each library: with more they would wait for one another."""
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
        for worker in workers:
            worker.start()
    finally:
        for name, value in before.items():
            os.environ.pop(name) if value is None else os.environ.update({name: value})


def _next(said: Any, workers: list[Any]) -> Result:
    while True:
        try:
            kind, value = said.get(timeout=1)
        except queue.Empty:
            if any(worker.exitcode not in (None, 0) for worker in workers):
                raise RuntimeError("a worker that grades has ended; what is graded is kept, start again") from None
            continue
        if kind == "fault":
            raise RuntimeError(value)
        return value


def _work(setting: _Setting, todo: Any, said: Any, slot: int) -> None:
    """A worker: one judge for each lesson, one submission after the other."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # so that what it started is ended
    with contextlib.suppress(KeyboardInterrupt):
        from .judge import Judge

        judges: dict[str, Judge] = {}
        while (task := todo.get()) is not None:
            student, assignment, file = task
            try:
                if assignment not in judges:
                    lesson = read_lesson(assignment, setting.folder.source(assignment))
                    judges = {
                        assignment: Judge(lesson, setting.staged, setting.key, setting.limits, setting.walls, slot)
                    }
                said.put(("result", judges[assignment].grade(student, Path(file))))
            except Exception:
                said.put(("fault", f"{student}, {assignment} could not be graded:\n{traceback.format_exc()}"))
                time.sleep(1)
                return
