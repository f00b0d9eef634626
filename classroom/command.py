"""`course.py class`: the command line.

Only the standard library is imported before the arguments have been understood: `--help` needs no environment.
"""

from __future__ import annotations

import argparse
import logging
import os
import sys
import sysconfig
from collections.abc import Sequence
from pathlib import Path

from .layout import ClassFolder
from .problem import Problem

__all__ = ["main"]

DESCRIPTION = """\
A class, in four steps. All of it lies in a folder of yours, outside the course.

  1. release DIR 01 02   makes the folder: an nbgrader course, and what you hand out
  2. collect FILES       takes in what comes back, whatever it is called
  3. grade               judges it: each submission alone, without network, with limits
  4. report              tables, nbgrader's gradebook, a page for each student and one for you

The teacher's afternoon, step by step: docs/teaching.md"""


def main(arguments: Sequence[str]) -> int:
    """Run a verb; return the exit code."""
    for stream in (sys.stdout, sys.stderr):  # names have letters that a Windows console may lack
        stream.reconfigure(errors="replace")
    options = _parser().parse_args(arguments)
    # nbgrader starts `alembic`, which lies beside this Python.
    os.environ["PATH"] = os.pathsep.join([sysconfig.get_path("scripts"), os.environ.get("PATH", "")])
    logging.getLogger("nbgrader").setLevel(logging.ERROR)
    try:
        return options.run(options)
    except KeyboardInterrupt:
        print("\nStopped. The same command goes on from here.", file=sys.stderr)
        return 130
    except (Problem, ValueError) as problem:
        print(f"course.py class: {problem}", file=sys.stderr)
        return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="course.py class", description=DESCRIPTION, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    verbs = parser.add_subparsers(dest="verb", metavar="VERB", required=True)

    made = verbs.add_parser(
        "release",
        help="make or extend a class's folder, and what you hand out",
        description="Make a class's folder, or add lessons to it. It becomes an nbgrader course. Hand out DIR/NAME.zip "
        "on a learning platform, or DIR/for-students through nbgitpuller. What was released before stays as it is.",
    )
    made.add_argument("folder", metavar="DIR", type=Path, help="the class's folder, outside the course")
    made.add_argument("lessons", metavar="LESSON", nargs="+", help="numbers of lessons, such as 01 02")
    made.add_argument("--exam", action="store_true", help="without hints, solutions and answers to questions")
    made.add_argument(
        "--again",
        action="store_true",
        help="release the course's newest copy of a lesson that was released before; says what that means for students",
    )
    made.set_defaults(run=_release)

    got = verbs.add_parser(
        "collect",
        help="take in what students hand in",
        description="Take in submissions: zips of Moodle or Canvas, folders, notebooks, whatever they are called. The "
        "newest of one student and lesson counts; earlier ones are kept beside it. What cannot be matched is listed "
        "and put into DIR/unmatched. Your files are only read.",
    )
    got.add_argument("files", metavar="FILE", nargs="+", type=Path, help="a zip, a folder or a notebook")
    got.add_argument("--student", metavar="NAME", help="whose all of these are, where their names do not say so")
    got.add_argument("--lesson", metavar="NUMBER", help="which lesson all of these are")
    _with_class(got)
    got.set_defaults(run=_collect)

    judged = verbs.add_parser(
        "grade",
        help="judge what was collected",
        description="Judge each submission in a process of its own that has no network, no sight of anything else, and "
        "limits of time, memory and output. What was judged before is not judged again.",
    )
    judged.add_argument("lessons", metavar="LESSON", nargs="*", help="only these lessons")
    judged.add_argument("--student", metavar="NAME", action="append", help="only this student; may be repeated")
    judged.add_argument("--jobs", type=int, metavar="N", help="how many at a time (default: as many as cores)")
    judged.add_argument("--force", action="store_true", help="judge again what was judged before")
    judged.add_argument(
        "--without-sandbox",
        action="store_true",
        help="where no sandbox can be had: the code of students then runs with your rights",
    )
    _with_class(judged)
    judged.set_defaults(run=_grade)

    told = verbs.add_parser(
        "report",
        help="write tables, nbgrader's gradebook and pages",
        description="Write DIR/reports: scores.csv, a page for each student and class.html for you; and enter the "
        "scores into nbgrader's gradebook.",
    )
    _with_class(told)
    told.set_defaults(run=_report)

    link = verbs.add_parser(
        "link",
        help="print the nbgitpuller link that opens a lesson on a hub",
        description="Print the link that brings the students' folder to a student's place on a hub and opens a lesson.",
    )
    link.add_argument("lesson", metavar="LESSON", help="number of the lesson that it opens")
    link.add_argument("--hub", metavar="URL", required=True, help="of the JupyterHub")
    link.add_argument("--repo", metavar="URL", required=True, help="where you pushed for-students")
    link.add_argument("--branch", default="main", help="(default: main)")
    link.add_argument("--class", dest="folder", metavar="DIR", type=Path, help="refuse a lesson that it does not have")
    link.set_defaults(run=_link)
    return parser


def _with_class(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--class",
        dest="folder",
        metavar="DIR",
        type=Path,
        default=Path(),
        help="the class's folder (default: the folder that you are in)",
    )


def _release(options: argparse.Namespace) -> int:
    from . import words
    from .release import release

    print(words.of_release(release(options.folder, options.lessons, exam=options.exam, again=options.again)))
    return 0


def _collect(options: argparse.Namespace) -> int:
    from . import words
    from .collect import collect
    from .lessons import choose

    folder = ClassFolder.open(options.folder)
    lesson = choose([options.lesson])[0] if options.lesson else None
    print(words.of_collection(collect(folder, options.files, student=options.student, lesson=lesson)))
    return 0


def _grade(options: argparse.Namespace) -> int:
    from . import words
    from .grading import SandboxError, grade
    from .lessons import choose
    from .typed import typed

    folder = ClassFolder.open(options.folder)
    if not folder.submissions():
        raise Problem(f"{folder.root}: nothing was collected yet. First: {typed('collect FILES', folder)}")
    try:
        results = grade(
            folder,
            choose(options.lessons) if options.lessons else None,
            students=options.student,
            jobs=options.jobs,
            force=options.force,
            sandbox=not options.without_sandbox,
        )
    except SandboxError as error:
        raise Problem(str(error)) from error
    print(words.of_grading(results, folder))
    return 0


def _report(options: argparse.Namespace) -> int:
    from . import words
    from .report import report

    print(words.of_report(report(ClassFolder.open(options.folder))))
    return 0


def _link(options: argparse.Namespace) -> int:
    from .lessons import choose
    from .link import link

    lesson = choose([options.lesson])[0]
    if options.folder and lesson not in ClassFolder.open(options.folder).released():
        raise Problem(f"lesson {lesson[:2]} was not released to this class. First: release it")
    print(link(options.hub, options.repo, lesson, branch=options.branch))
    return 0
