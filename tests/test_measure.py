"""Words, lines and minutes of a lesson are what a person would count, and the limits of a core path hold."""

import textwrap

import pytest
from support.synthetic import FIRST, make_course

from notebooks import build
from notebooks.build import measure, rules
from notebooks.build.source import Cell


def cell(kind: str, source: str, role: str = "", name: str = "") -> Cell:
    return Cell(kind, textwrap.dedent(source).strip(), role, name, 1)


def test_words_are_those_that_stand_open_and_a_formula_is_one():
    page = cell(
        "markdown",
        """
        ## 1 · Two words

        The energy $E(x) = x^2$ is [a bowl](https://example.org), see **below**:

        $$Z = \\sum_x e^{-E(x)}$$

        <details><summary>More</summary>all of this is folded away</details>
        """,
    )
    seen = measure.count([page])
    assert seen.words == 3 + 8 + 1  # the heading's number is a word
    assert seen.sections == 1


def test_a_run_of_words_ends_at_a_question_a_picture_or_an_exercise():
    words = " word" * 40
    text, question = cell("markdown", words), cell("markdown", f"{words}?")
    assert measure.count([text, text]).longest == 80
    assert measure.count([text, question, text]).longest == 80
    assert measure.count([text, cell("code", "plots.figure()"), text]).longest == 40
    assert measure.count([text, cell("code", "x = 1"), text]).longest == 80
    assert measure.count([text, cell("code", "x = 1", "todo", "1.1"), text]).longest == 40


def test_lines_are_counted_by_who_writes_them():
    todo = cell(
        "code",
        '''
        def f(x):
            """A docstring

            of some lines."""
            # a comment
            ### BEGIN SOLUTION
            y = 2 * x

            return y
            ### END SOLUTION
        ''',
        "todo",
        "1.1",
    )
    check = cell("code", "with check:\n    f(1)", "check", "1.1")
    seen = measure.count([todo, check, cell("code", "import math\n\nexplorers.well()  # one")])
    assert (seen.learner, seen.author, seen.exercises, seen.explorer) == (2, 3, 1, True)
    assert seen.share == 0.4


@pytest.mark.parametrize(("time", "expected"), [("60 min", 60), ("2 h", 120), ("", 0), ("soon", 0)])
def test_minutes(time, expected):
    assert measure.minutes(time) == expected


DEPTH = '\n# %% [markdown] depth="30 min"\n# More of it.\n\n# %%\nprint(1)\n'


def lesson_with(tmp_path, extra: str = "", time: str = "10 min"):
    text = FIRST.replace("time: 10 min", f"time: {time}") + extra
    return build.read_course(make_course(tmp_path / "course", **{"01_first_steps": text})).find("01")


def test_a_lesson_without_a_depth_part_has_no_limits(tmp_path):
    lesson = lesson_with(tmp_path)
    assert lesson.core == lesson.cells
    assert (lesson.depth, lesson.depth_time) == ((), "")
    assert not list(rules.problems_of(lesson))


def test_a_core_path_beyond_its_limits_is_refused_with_the_numbers(tmp_path):
    extra = "\n# %% [markdown]\n" + "".join(f"# {'word ' * 20}\n" for _ in range(101))
    problems = "\n".join(rules.problems_of(lesson_with(tmp_path, extra + DEPTH, "70 min")))
    assert "the core path has 70 minutes; 60 is the limit" in problems
    assert "words; 2000 is the limit" in problems
    assert "words in a row without a picture, a question or an exercise; 150 is the limit" in problems
    assert "the core path has no explorer" in problems


def test_two_parts_are_counted_apart(tmp_path):
    lesson = lesson_with(tmp_path, DEPTH)
    assert [c.role for c in lesson.depth] == ["depth", ""]
    assert lesson.depth_time == "30 min"
    assert lesson.times == "10 + 30 min"
    names = [name for name, _, _ in measure.parts(lesson)]
    assert names == ["core", "depth"]
    assert measure.count(lesson.depth).words == 3


def test_the_depth_part_opens_with_its_time_in_both_copies(tmp_path):
    pytest.importorskip("nbgrader", reason="copies are built with it")
    root = make_course(tmp_path / "course", **{"01_first_steps": FIRST + DEPTH})
    course = build.read_course(root)
    for notebook in (
        build.student_notebook(course.find("01"), course),
        build.solved_notebook(course.find("01"), course),
    ):
        text = "\n".join(c.source for c in notebook.cells)
        assert "# Depth · for those who want more\n*30 min · no later lesson asks for it*\n\nMore of it." in text
