"""The lesson harness itself: a bad check, a bad answer or a bad given cell must turn it red."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import nbformat.v4 as v4
import pytest
from nbformat import NotebookNode
from support import lessons as harness
from support.synthetic import make_course, replace, source_path

from notebooks import build

GOOD = """\
# %% wrong="1.1" says="took one away"
def add_one(x):
    return x - 1

# %% wrong="1.1" says="Did you add?"
def add_one(x):
    return x

# %% wrong="1.1" says="for every number"
def add_one(x):
    return 2

# %% wrong="1.1" says="None"
def add_one(x):
    x + 1

# %% right="1.1"
def add_one(x):
    return 1 + x

# %% right="1.1"
def helper(x):
    return x + 1

add_one = helper

# %% wrong="1.2" says="Did you add twice?"
def add_two(x):
    return x

# %% wrong="1.2" says="expected 3"
def add_two(x):
    return x + 1

# %% wrong="1.2" says="ZeroDivisionError"
def add_two(x):
    return x / 0

# %% wrong="1.2" says="required positional argument"
def add_two(x, y):
    return x + y

# %% right="1.2"
def add_two(x):
    return x + 1 + 1

# %% right="1.2"
add_two = lambda x: 2 + x
"""


def try_answers(root: Path, answers: str) -> harness.Tally:
    """One pass over the synthetic lesson with these answers."""
    path = root / "answers.py"
    path.write_text(answers, "utf-8")
    course = build.read_course(root)
    return harness.pass_over(course.find("01"), course, build.read_answers(path))


def test_good_lesson_passes_and_is_counted(tmp_path: Path) -> None:
    tally = try_answers(make_course(tmp_path / "course"), GOOD)
    assert tally.problems == []
    assert str(tally) == "2 exercises · 2 stubs, 8 wrong answers rejected · 4 right accepted"


@pytest.mark.slow
def test_every_kind_of_bad_answer_is_named(tmp_path: Path) -> None:
    answers = GOOD.replace('says="took one away"', 'says="dx"')
    answers = answers.replace("    return x\n\n", "    return x + 1\n\n", 1)  # a wrong answer that is right
    answers = answers.replace("    x + 1\n", '    raise NotImplementedError("later")\n')  # a stub is no wrong answer
    answers = answers.replace("    return 1 + x\n", "    print('hello')\n    return 1 + x\n")  # prints in the check
    answers = answers.replace("    return x / 0\n", "    return x\n\n1 / 0\n")  # its own cell fails
    answers = answers.replace("add_two = lambda x: 2 + x", "add_two = add_one")  # a right answer that is wrong
    tally = try_answers(make_course(tmp_path / "course"), answers)
    wanted = [
        "the wrong answer to 1.1 in line 1: the message does not contain 'dx': ✗ 1.1 one more than 1: got 0",
        "the wrong answer to 1.1 in line 5: expected CheckFailed with 'Did you add?', got no error, printed '✓ 1.1",
        "the wrong answer to 1.1 in line 13: expected CheckFailed with 'None', got NotDone: ○ 1.1 is not done yet",
        "the right answer to 1.1 in line 17: the check printed 'hello\\nhello\\n✓ 1.1 passed (2 checks)\\n'",
        "the wrong answer to 1.2 in line 36: its own cell failed: ZeroDivisionError: division by zero",
        "the right answer to 1.2 in line 50: refused: ✗ 1.2 two more than 1: got 2, expected 3",
    ]
    assert len(tally.problems) == len(wanted), tally.problems
    for problem, start in zip(tally.problems, wanted, strict=True):
        assert problem.startswith(start)
    assert str(tally) == "2 exercises · 2 stubs, 4 wrong answers rejected · 2 right accepted"


@pytest.mark.slow
def test_every_kind_of_bad_lesson_is_named(tmp_path: Path) -> None:
    root = make_course(tmp_path / "course")
    path = source_path(root, "01_first_steps")
    first = 'check.equal("one more than 1"'
    replace(path, first, f"import sys; print('!', file=sys.stderr)\n    {first}")
    replace(path, "    return x + 2\n", "    return x + 3\n")  # a wrong reference
    replace(path, "add_one(41)", "add_one(41, 42)")  # a given cell that fails
    tally = try_answers(root, GOOD)
    for start, cause in (
        ("the right answer to 1.1 in line 17", "the check wrote to stderr: '!'"),
        ("the reference answer to 1.1", "the check wrote to stderr: '!'"),
        ("check 1.1 (`with check.exercise", "the check wrote to stderr: '!'"),
        ("uses 1.1 (`add_one(41, 42)`)", "fails in a blank copy: TypeError"),
        ("the reference answer to 1.2", "refused: ✗ 1.2 two more than 1: got 4"),
    ):
        assert [p.startswith(start) and cause in p for p in tally.problems].count(True) == 1, (start, tally.problems)
    assert tally.stubs == 1


@pytest.mark.slow
def test_a_check_may_call_the_answer_to_an_earlier_exercise(tmp_path: Path) -> None:
    root = make_course(tmp_path / "course")
    replace(source_path(root, "01_first_steps"), "add_two(1)", "add_two(add_one(0))")
    assert try_answers(root, GOOD).problems == []


@pytest.mark.slow
def test_an_earlier_answer_neither_helps_nor_harms_a_later_one(tmp_path: Path) -> None:
    leaks = GOOD.replace("    return x - 1\n", "    return x - 1\n\nsys, spare = None, add_one\n")
    leaks = leaks.replace(
        "add_one = helper", "add_one = helper\nassert sys is not None\nassert 'spare' not in globals()"
    )
    assert try_answers(make_course(tmp_path / "course"), leaks).problems == []


def test_too_few_answers_and_unknown_exercises_are_named(tmp_path: Path) -> None:
    path = tmp_path / "answers.py"
    path.write_text(GOOD.replace('wrong="1.2"', 'wrong="1.3"', 1).replace('right="1.1"', 'right="1.2"', 1), "utf-8")
    assert build.gaps(["1.1", "1.2"], build.read_answers(path)) == [
        "the wrong answer to 1.3 in line 27: there is no such exercise",
        "exercise 1.1 has 1 right answers; it needs at least 2",
        "exercise 1.2 has 3 wrong answers; it needs at least 4",
    ]


@pytest.mark.parametrize(
    "head", ['wrong="1.1"', 'wrong="1.1" says=""', 'right="1.1" says="dx"', 'wrnog="1.1" says="dx"', "", 'says="dx"']
)
def test_answer_with_a_bad_head_is_refused(tmp_path: Path, head: str) -> None:
    path = tmp_path / "answers.py"
    path.write_text(f"# %% {head}\nx = 1\n", "utf-8")
    with pytest.raises(build.SourceError, match=r"answers\.py, line 1: "):
        build.read_answers(path)


def test_heading_of_an_answers_file_is_no_answer(tmp_path: Path) -> None:
    path = tmp_path / "answers.py"
    path.write_text('"""Answers to lesson 01."""\n\n# Notes.\n\n' + GOOD, "utf-8")
    answers = build.read_answers(path)
    assert len(answers) == 12
    assert answers[0].line == 5


def blank_problems(course: build.Course, number: str) -> list[str]:
    """What is wrong with a lesson without answers, but for these."""
    problems = harness.pass_over(course.find(number), course, []).problems
    return [p for p in problems if "it needs at least" not in p]


def test_blank_copy_that_fails_only_at_exercises_passes(tmp_path: Path) -> None:
    course = build.read_course(make_course(tmp_path / "course"))
    for number in ("00", "01"):  # a stub at top level, and stubs inside functions
        assert blank_problems(course, number) == []


@pytest.mark.slow
@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        (
            "import os\n",
            "import os\nimport no_such_module\n",
            "a given cell (`import os`) fails in a blank copy: ModuleNotFoundError",
        ),
        (
            '# %% uses="1.1"\n',
            "# %%\n",
            "a given cell (`add_one(41)`) fails in a blank copy: NotImplementedError",
        ),
        (
            "add_two(1)",
            "3",  # a check that does not look at the answer
            'check 1.2 (`with check.exercise("1.2", "add_two"):`): expected NotDone',
        ),
    ],
)
def test_blank_copy_that_fails_elsewhere_is_named(tmp_path: Path, old: str, new: str, problem: str) -> None:
    root = make_course(tmp_path / "course")
    replace(source_path(root, "01_first_steps"), old, new)
    assert [p.startswith(problem) for p in blank_problems(build.read_course(root), "01")].count(True) == 1


@pytest.fixture
def shown() -> NotebookNode:
    """A solved copy in which everything is shown."""
    view = {"application/vnd.jupyter.widget-view+json": {"model_id": "abc"}}
    cells = [
        v4.new_code_cell("plots.curve(x)", outputs=[v4.new_output("display_data", {"image/png": "AAAA"})]),
        v4.new_code_cell("x = 1\nexplorers.boltzmann()", outputs=[v4.new_output("display_data", view)]),
        v4.new_code_cell("with check", outputs=[v4.new_output("stream", text="✓ 1.1 passed (1 check)\n")]),
        v4.new_code_cell("print(x)", outputs=[v4.new_output("stream", text="1\n")]),
    ]
    cells[2].source, cells[2].metadata["course"] = "pass", {"check": "1.1"}
    for i, cell in enumerate(cells, 1):
        cell.execution_count = i
    states = {"application/vnd.jupyter.widget-state+json": {"state": {"abc": {}}}}
    return v4.new_notebook(cells=cells, metadata={"widgets": states})


def test_complete_solved_copy_passes(shown: NotebookNode) -> None:
    assert harness.faults_of_solved_copy(shown) == []


@pytest.mark.parametrize(
    ("cell", "fault"),
    [(0, "shows no figure"), (1, "shows no explorer"), (2, "does not show that its exercise"), (3, "printed nothing")],
)
def test_missing_output_is_named(shown: NotebookNode, cell: int, fault: str) -> None:
    shown.cells[cell].outputs = []
    assert [fault in p for p in harness.faults_of_solved_copy(shown)] == [True]


def test_errors_stderr_lost_widgets_and_unrun_cells_are_named(shown: NotebookNode) -> None:
    shown.cells[0].outputs.append(v4.new_output("error", ename="ValueError", evalue="", traceback=[]))
    shown.cells[1].execution_count = None
    shown.cells[3].outputs.append(v4.new_output("stream", name="stderr", text="careful"))
    shown.metadata = {}
    problems = harness.faults_of_solved_copy(shown)
    for fault in ("holds an error", "was not executed", "whose state is not stored", "holds output on stderr"):
        assert sum(fault in p for p in problems) == 1


def test_explorer_that_shows_an_error_is_named(shown: NotebookNode) -> None:
    states = shown.metadata["widgets"]["application/vnd.jupyter.widget-state+json"]["state"]
    next(iter(states.values()))["state"] = {"value": '<div class="explorer-error">ValueError</div>'}
    assert ["explorer's error" in p for p in harness.faults_of_solved_copy(shown)] == [True]


@pytest.mark.slow
def test_cells_of_a_notebook_run_in_order_on_one_process(tmp_path: Path) -> None:
    """Several notebooks whose cells need each other, and whole lessons between them, on two processes."""
    for name in "abc":
        cells = [v4.new_code_cell(f"n = {'n + 1' if i else 1}\nassert n == {i + 1}", id=f"c{i}") for i in range(6)]
        (tmp_path / f"{name}.ipynb").write_text(build.to_text(v4.new_notebook(cells=cells)), "utf-8")
    (tmp_path / "test_lessons.py").write_text("def test_whole_one(): pass\ndef test_whole_two(): pass\n", "utf-8")
    here = Path(__file__).parent
    (tmp_path / "conftest.py").write_bytes((here / "conftest.py").read_bytes())
    arguments = ["-n", "2", "--nbval-lax", "--nbval-current-env", "-q", "-p", "no:cacheprovider"]
    arguments += ["-o", f"pythonpath={here}"]  # where conftest.py finds `support`
    result = subprocess.run(
        [sys.executable, "-m", "pytest", *arguments], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert "20 passed" in result.stdout, result.stdout


@pytest.mark.parametrize(
    ("first", "then", "same"),
    [
        ("a step took 0.53 CPU s, all of them 59 h", "a step took 0.56 CPU s, all of them 62 h", True),
        ("10,000 steps of 128 images", "10,001 steps of 128 images", False),
        ("E = 0.53 after 2 s", "E = 0.56 after 2 s", False),
    ],
)
def test_a_cell_that_is_run_again_may_differ_in_its_times_and_in_no_other_number(first, then, same):
    kernel = SimpleNamespace(run=lambda source: harness.Result(stdout=then))
    assert (harness.faults_of_rerun(kernel, "x = 1", first) == []) is same


def test_cells_of_the_depth_part_that_know_nothing_of_the_learner_are_left_to_nbval():
    def code(source: str, **course: str) -> NotebookNode:
        return v4.new_code_cell(source, metadata={"course": course} if course else {})

    line = v4.new_markdown_cell("---", metadata={"course": {"depth": "45 min"}})
    notebook = v4.new_notebook(cells=[
        code("import math"),
        code("def mine(x): ...", todo="1.1"),
        code("heavy = [math.sqrt(2)]"),  # of the core part, which runs whole
        line,
        code("alone = math.sqrt(3)"),
        code("read = 0"),  # set anew before anybody reads it
        code("read = math.sqrt(5)"),
        code("filled, changed = [], {}"),
        code("filled.append(7)"),
        code("changed['a'] = mine(read) + filled[0]"),
        code("later = changed"),
        code("again = alone + heavy[0]"),
        code("check.report({})"),
    ])  # fmt: skip
    assert harness.alike(notebook, {"mine"}) == {3, 4, 10}
