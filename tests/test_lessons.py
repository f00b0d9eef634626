"""Each lesson against its wrong and right answers, its blank copy, and what a reader sees of its solved copy."""

from __future__ import annotations

from collections.abc import Callable

import nbformat
import pytest
from support import lessons as harness

from notebooks import build

SOURCES = sorted((build.ROOT / "notebooks" / "src").glob("*.py"))
ANSWERS = build.ROOT / "tests" / "answers"


@pytest.fixture(scope="module")
def course() -> build.Course:
    """The course of this checkout."""
    return build.read_course()


def lesson_of(course: build.Course, stem: str) -> build.Lesson:
    """The lesson with this file name, which must be well formed."""
    lesson = next(x for x in course.lessons if x.stem == stem)
    problems = build.problems_of(lesson)
    if problems:
        pytest.fail("\n".join(problems), pytrace=False)
    return lesson


def each_lesson(whole: bool = False) -> Callable[[Callable], Callable]:
    """Run a test for each lesson; one over the whole of a lesson is slow unless somebody is working on that lesson."""
    parameters = []
    for source in SOURCES:
        slow = whole and not harness.changed(build.ROOT, source, ANSWERS / source.name)
        marks = [pytest.mark.slow] if slow else []
        parameters.append(pytest.param(source.stem, marks=marks))
    return pytest.mark.parametrize("stem", parameters)


def test_there_are_lessons() -> None:
    assert SOURCES, "notebooks/src holds no lesson"


@each_lesson()
def test_source_is_well_formed(course: build.Course, stem: str) -> None:
    lesson_of(course, stem)


@each_lesson(whole=True)
def test_whole_blank_copy_rejects_wrong_answers_and_accepts_right_ones(
    course: build.Course, stem: str, record_property: Callable[[str, object], None]
) -> None:
    lesson = lesson_of(course, stem)
    path = ANSWERS / f"{stem}.py"
    if not path.is_file():
        pytest.fail(f"tests/answers/{stem}.py is missing: the lesson's wrong and right answers", pytrace=False)
    tally = harness.pass_over(lesson, course, build.read_answers(path))
    record_property("lesson", f"lesson {lesson.number}: {tally}")
    if tally.problems:
        pytest.fail("\n".join(tally.problems), pytrace=False)


@each_lesson()
def test_notebooks_are_up_to_date(course: build.Course, stem: str) -> None:
    lesson = lesson_of(course, stem)
    stale = build.stale_files(course, [lesson])
    student = course.student_path(lesson)
    if student in stale and build.holds_work(student) and harness.changed(build.ROOT, student):
        del stale[student]  # a learner has worked in it, which is what it is for
    if stale:
        names = ", ".join(f"{course.show(path)} ({why})" if why else course.show(path) for path, why in stale.items())
        pytest.fail(f"not up to date: {names}. Run: python notebooks/build {lesson.number}", pytrace=False)


def test_no_notebook_without_a_source(course: build.Course) -> None:
    assert build.leftovers(course) == []


def test_readme_table_is_up_to_date(course: build.Course) -> None:
    text = build.readme_text(course)
    if text is None:
        pytest.fail(f"README.md needs the lines {build.TABLE_BEGIN} and {build.TABLE_END}", pytrace=False)
    if text != course.readme.read_text("utf-8"):
        pytest.fail("README.md: the table of lessons is not up to date. Run: python notebooks/build", pytrace=False)


@each_lesson()
def test_solved_copy_shows_everything(course: build.Course, stem: str) -> None:
    path = course.solved_path(lesson_of(course, stem))
    if not path.is_file():
        pytest.fail(f"{course.show(path)} is missing. Run: python notebooks/build", pytrace=False)
    assert path.stat().st_size <= build.MAX_SOLVED_BYTES
    notebook = nbformat.read(path, as_version=4)
    nbformat.validate(notebook)
    problems = harness.faults_of_solved_copy(notebook)
    if problems:
        pytest.fail("\n".join(problems), pytrace=False)
