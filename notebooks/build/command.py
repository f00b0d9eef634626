"""The command: `python notebooks/build [NN ...] [--check] [--force] [--jobs N] [--repository URL]`."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import nbformat

from .address import moved, rewrite
from .answers import missing_answers
from .execution import RunError, check_size, execute
from .freshness import (
    holds_work,
    leftovers,
    module_hashes,
    solved_is_fresh,
    stale_files,
    with_kept_outputs,
)
from .measure import table
from .memory import LIMIT_MB, peak_of, with_memory
from .notebook import solved_notebook, student_notebook, to_text
from .readme import TABLE_BEGIN, TABLE_END, readme_text, texts
from .rules import problems_of
from .source import ROOT, Course, Lesson, SourceError, read_course


def write(path: Path, content: str | bytes) -> None:
    """Write a file so that it is never seen half written."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(path.name + ".part")
    try:
        part.write_bytes(content.encode("utf-8") if isinstance(content, str) else content)
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


def build_lesson(lesson: Lesson, course: Course, force: bool = False) -> str:
    """Write both copies of one lesson; nothing is written if it cannot be run.

    Returns:
        One line that says what was done.

    Raises:
        RunError: if the solved copy cannot be made, or the student copy holds somebody's work.
    """
    student, expected = to_text(student_notebook(lesson, course)), solved_notebook(lesson, course)
    if not force and holds_work(course.student_path(lesson)):
        raise RunError(
            f"{course.show(course.student_path(lesson))} has been worked in (it holds outputs). "
            "Save it under another name, or build with --force to write over it."
        )
    outcome = "up to date"
    if force or not solved_is_fresh(lesson, course, expected):
        solved = None if force else with_kept_outputs(expected, lesson, course)
        outcome = "code unchanged, outputs kept" if solved else "executed"
        if solved is None:
            hashes = module_hashes(course.root)  # before the run, in case somebody edits a module meanwhile
            solved, modules = execute(expected, course.notebooks, lesson.stem)
            solved.metadata["course"]["modules"] = {name: hashes[name] for name in modules if name in hashes}
        check_size(solved, lesson.stem)
        nbformat.validate(solved)
        write(course.solved_path(lesson), to_text(solved))
    path = course.student_path(lesson)
    if not path.is_file() or path.read_text("utf-8") != student:
        outcome = "student copy written" if outcome == "up to date" else outcome
        write(path, student)
    return f"{lesson.stem}: {outcome}"


def _outcome_or_error(job: tuple[Lesson, Course, bool]) -> tuple[bool, str]:
    """`build_lesson` for a pool of processes: whether the lesson was built, and the line to print."""
    try:
        return True, build_lesson(*job)
    except RunError as error:
        return False, str(error)
    except OSError as error:
        return False, f"{job[0].stem}: not written ({error.strerror}: {error.filename}). It is as it was."


def build_lessons(course: Course, lessons: Sequence[Lesson], force: bool = False, jobs: int = 1) -> int:
    """Build these lessons and the README's table; returns the exit code."""
    tasks = [(lesson, course, force) for lesson in lessons]
    failed = False
    with ProcessPoolExecutor(max_workers=max(1, jobs)) as pool:
        for succeeded, message in (pool.map if jobs > 1 else map)(_outcome_or_error, tasks):
            print(message, file=sys.stdout if succeeded else sys.stderr, flush=True)
            failed |= not succeeded
    for problem in (p for lesson in lessons for p in missing_answers(lesson, course)):
        print(problem)
    text = readme_text(course)
    if text is None:
        print(f"README.md: no table of lessons. Add the lines {TABLE_BEGIN} and {TABLE_END}.")
    elif text != course.readme.read_text("utf-8"):
        write(course.readme, text)
        print("README.md: table of lessons written")
    for path, text in texts(course).items():
        if text != path.read_text("utf-8"):
            write(path, text)
            print(f"{course.show(path)}: commands that clone the course written")
    for path in leftovers(course):
        print(f"{course.show(path)}: its source is gone. Delete the file.")
    return int(failed)


def check(course: Course, lessons: Sequence[Lesson]) -> int:
    """Name the files that are not up to date; silent if there are none. Returns the exit code."""
    stale = [
        f"{course.show(path)} ({reason})" if reason else course.show(path)
        for path, reason in stale_files(course, lessons).items()
    ]
    text = readme_text(course)
    if text is None:
        stale.append(f"README.md (no table of lessons: add the lines {TABLE_BEGIN} and {TABLE_END})")
    elif text != course.readme.read_text("utf-8"):
        stale.append("README.md")
    stale += [course.show(path) for path, text in texts(course).items() if text != path.read_text("utf-8")]
    stale += [f"{course.show(path)} (its source is gone: delete it)" for path in leftovers(course)]
    for line in stale:
        print(line)
    if stale:
        print("Not up to date. Run: python notebooks/build", file=sys.stderr)
    return int(bool(stale))


def move(course: Course, address: str) -> int:
    """Set the repository's address everywhere; returns the exit code.

    Raises:
        SourceError: if `address` is none, or a lesson would have to be run for it.
    """
    new = moved(course, address)
    for path in rewrite(course, new):
        print(f"{course.show(path)}: written")
    return build_lessons(new, new.lessons)


def measure_memory(course: Course, lessons: Sequence[Lesson]) -> int:
    """Run these lessons, one at a time, and write the peak of each kernel's memory into its source and the README."""
    failed = False
    for lesson in lessons:
        try:
            peak = peak_of(lesson, course)
        except RunError as error:
            failed = True
            print(error, file=sys.stderr)
            continue
        write(lesson.path, with_memory(lesson.path.read_text("utf-8"), peak))
        more = f", more than the {LIMIT_MB} MB that Binder guarantees" if peak > LIMIT_MB else ""
        print(f"{lesson.stem}: {peak} MB{more}", flush=True)
        failed |= bool(more)
    again = read_course(course.root)
    text = readme_text(again)
    if text is not None:
        write(again.readme, text)
    return int(failed)


def main(arguments: Sequence[str] | None = None, root: Path = ROOT) -> int:
    """The command line; returns the exit code."""
    parser = argparse.ArgumentParser(
        prog="python notebooks/build", description="Write the notebooks of the course from notebooks/src."
    )
    parser.add_argument("lessons", nargs="*", metavar="NN", help="numbers of the lessons to build (default: all)")
    parser.add_argument("--check", action="store_true", help="name stale files and exit 1; run and write nothing")
    parser.add_argument("--force", action="store_true", help="execute again even if the source has not changed")
    parser.add_argument("--jobs", type=int, default=1, metavar="N", help="lessons to execute at a time (default: 1)")
    parser.add_argument("--repository", metavar="URL", help="move the whole course to this address; no lesson is run")
    parser.add_argument("--memory", action="store_true", help="run lessons, write the peak of their memory, and end")
    parser.add_argument("--table", action="store_true", help="print words, lines and minutes of each lesson, and end")
    options = parser.parse_args(arguments)
    try:
        course = read_course(root)
        numbers = [n.zfill(2) for n in options.lessons]
        missing = [n for n in numbers if course.find(n) is None]
        if missing:
            raise SourceError([f"there is no lesson {n} in notebooks/src" for n in missing])
        if options.table:
            print(table(course))
            return 0
        lessons = [x for x in course.lessons if not numbers or x.number in numbers]
        problems = [p for x in lessons for p in problems_of(x)]
        if problems:
            raise SourceError(problems)
        if options.repository is not None:
            return move(course, options.repository)
    except SourceError as error:
        for problem in error.problems:
            print(problem, file=sys.stderr)
        return 1
    if options.check:
        return check(course, lessons)
    if options.memory:
        return measure_memory(course, lessons)
    return build_lessons(course, lessons, options.force, options.jobs)
