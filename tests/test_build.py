"""What `notebooks/build` promises: two copies from one source, refusals with a cure, and what counts as stale."""

from __future__ import annotations

import ast
import json
import re
import shutil
import subprocess
import sys
import textwrap
from pathlib import Path

import nbformat
import pytest
from nbformat import NotebookNode
from nbgrader.nbgraderformat import MetadataValidator
from nbgrader.utils import compute_checksum, determine_grade
from support.synthetic import ADDRESS, FIRST, SECOND, START, make_course, replace, source_path

from notebooks import build
from notebooks.build import answers, freshness, rules, source

STEMS = ("00_start_here", "01_first_steps", "02_second_steps")


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A course that has been built once. Tests read it; one that changes it takes `course` instead."""
    root = make_course(tmp_path_factory.mktemp("finished") / "course")
    assert build.main(["--jobs", "2"], root) == 0
    return root


@pytest.fixture
def course(finished: Path, tmp_path: Path) -> Path:
    """A copy of the built course, to change."""
    return Path(shutil.copytree(finished, tmp_path / "course"))


def student(root: Path, stem: str = "01_first_steps") -> NotebookNode:
    return nbformat.read(root / "notebooks" / f"{stem}.ipynb", as_version=4)


def solved_path(root: Path, stem: str = "01_first_steps") -> Path:
    return root / "notebooks" / "solutions" / f"{stem}.ipynb"


def solved(root: Path, stem: str = "01_first_steps") -> NotebookNode:
    return nbformat.read(solved_path(root, stem), as_version=4)


def cell_of(notebook: NotebookNode, role: str, name: str) -> NotebookNode:
    return next(c for c in notebook.cells if c.metadata.get("course", {}).get(role) == name)


def names_stale(root: Path, capsys: pytest.CaptureFixture[str], *arguments: str) -> list[str]:
    """What `--check` names."""
    capsys.readouterr()
    code = build.main(["--check", *arguments], root)
    lines = capsys.readouterr().out.splitlines()
    assert code == int(bool(lines))
    return lines


def both(stem: str) -> list[str]:
    return [f"notebooks/{stem}.ipynb", f"notebooks/solutions/{stem}.ipynb"]


def with_first_output(root: Path, stem: str, text: str) -> None:
    """Replace what the first cell of a solved copy printed: a later build that runs it again removes this."""
    notebook = solved(root, stem)
    notebook.cells[1].outputs[0].text = text
    solved_path(root, stem).write_text(build.to_text(notebook), "utf-8")


def first_output(root: Path, stem: str) -> str:
    return solved(root, stem).cells[1].outputs[0].text


# ---------------------------------------------------------------------------------------------------- student copy


def test_stub_names_the_exercise_and_keeps_the_indentation(finished: Path) -> None:
    source = cell_of(student(finished), "todo", "1.1").source
    assert source.endswith('return 0\n    raise NotImplementedError("Exercise 1.1 is yours: return x + 1")')
    assert '"""One more.' in source


def test_stub_at_top_level_is_python_whatever_the_task_says(finished: Path) -> None:
    source = cell_of(student(finished, "00_start_here"), "todo", "0.1").source
    with pytest.raises(NotImplementedError, match=r'^Exercise 0\.1 is yours: set answer to the "right" number$'):
        exec(source, {})


@pytest.mark.parametrize("stem", STEMS)
def test_student_copy_holds_no_reference_code_outside_the_folded_part(finished: Path, stem: str) -> None:
    lesson = build.read_lesson(source_path(finished, stem))
    text = "\n".join(c.source for c in student(finished, stem).cells)
    text = re.sub(r"<details><summary>Solution</summary>.*?</details>", "", text, flags=re.DOTALL)
    assert "SOLUTION" not in text
    for todo in (c for c in lesson.cells if c.role == "todo"):
        for line in filter(None, map(str.strip, build.solution_of(todo.source).splitlines())):
            assert line not in text.splitlines()
            assert f"    {line}" not in text.splitlines()


def test_folded_solution_is_the_region_of_the_source(finished: Path) -> None:
    source = source_path(finished, "01_first_steps").read_text("utf-8")
    region = re.search(r"### BEGIN SOLUTION\n(.*?)\n *### END SOLUTION", source, re.DOTALL)
    hint = cell_of(student(finished), "hint", "1.1").source
    assert f"\n\n```python\n{textwrap.dedent(region[1])}\n```\n\n</details>" in hint
    assert hint.startswith("<details><summary>Hint</summary>\n\nWhat is $x + 1$?\n\n</details>\n\n<details>")


def test_answer_to_a_question_is_folded(finished: Path) -> None:
    for notebook in (student(finished), solved(finished)):
        assert cell_of(notebook, "think", "1a").source == (
            "Why one?\n\n<details><summary>Our answer</summary>\n\nBecause $1 > 0$.\n\n</details>"
        )


@pytest.mark.parametrize("stem", STEMS)
def test_student_copy_is_valid_and_has_no_outputs(finished: Path, stem: str) -> None:
    notebook = student(finished, stem)
    nbformat.validate(notebook)
    assert (notebook.nbformat, notebook.nbformat_minor) == (4, 5)
    assert notebook.metadata == build.METADATA
    for cell in notebook.cells:
        if cell.cell_type == "code":
            assert cell.outputs == []
            assert cell.execution_count is None


@pytest.mark.parametrize("stem", STEMS)
def test_nbgrader_accepts_both_copies(finished: Path, stem: str) -> None:
    MetadataValidator().validate_nb(student(finished, stem))
    MetadataValidator().validate_nb(solved(finished, stem))


def test_nbgrader_metadata_of_todo_and_check(finished: Path) -> None:
    todo, check = (cell_of(student(finished), role, "1.2") for role in ("todo", "check"))
    assert todo.metadata.nbgrader.items() >= {"solution": True, "grade": False, "grade_id": "exercise-1-2"}.items()
    wanted = {"solution": False, "grade": True, "locked": True, "points": 0.5, "grade_id": "check-1-2"}
    assert check.metadata.nbgrader.items() >= wanted.items()
    assert (check.metadata.editable, check.metadata.deletable, todo.metadata.deletable) == (False, False, False)
    for cell in (todo, check):
        assert cell.metadata.nbgrader.schema_version == 3
        assert cell.metadata.nbgrader.checksum == compute_checksum(cell)


def test_nbgrader_gives_full_marks_to_the_solved_copy(finished: Path) -> None:
    assert determine_grade(cell_of(solved(finished), "check", "1.1")) == (2, 2)


def test_two_builds_of_the_student_copy_are_byte_identical(finished: Path, tmp_path: Path) -> None:
    elsewhere = build.read_course(make_course(tmp_path / "elsewhere"))
    for lesson in elsewhere.lessons:
        text = build.to_text(build.student_notebook(lesson, elsewhere))
        assert text.encode() == (finished / "notebooks" / f"{lesson.stem}.ipynb").read_bytes()


def test_cell_ids_are_unique_shared_by_both_copies_and_survive_a_new_cell(finished: Path, tmp_path: Path) -> None:
    ids = [c.id for c in student(finished).cells]
    assert len(set(ids)) == len(ids)
    assert ids[1:-1] == [c.id for c in solved(finished).cells][1:-1]
    more = FIRST.replace("# %%\nimport os", "# %% [markdown]\n# New.\n\n# %% [markdown]\n# New.\n\n# %%\nimport os")
    root = make_course(tmp_path / "more", **{"01_first_steps": more})
    changed = build.read_course(root)
    new = [c.id for c in build.student_notebook(changed.find("01"), changed).cells]
    assert [i for i in new if i in ids] == ids
    assert len(set(new)) == len(ids) + 2
    assert new == [c.id for c in build.student_notebook(changed.find("01"), changed).cells]


# ---------------------------------------------------------------------------------------------------- templates


def test_title_cell_says_what_for_how_long_and_where(finished: Path) -> None:
    title = student(finished).cells[0].source
    assert title.startswith("# 01 · First steps\n\nAfter this lesson you will be able to add one, and show it.\n")
    assert "Prerequisites: [00 Start here](00_start_here.ipynb), a little Python · " in title
    assert "10 min" in title
    assert "3 s" in title


def test_badges_open_the_student_copy_of_the_main_branch(finished: Path) -> None:
    for notebook in (student(finished), solved(finished)):
        title = notebook.cells[0].source
        assert (
            "https://colab.research.google.com/github/someone/some-course/blob/main/notebooks/01_first_steps" in title
        )
        assert "https://mybinder.org/v2/gh/someone/some-course/main?labpath=notebooks%2F01_first_steps.ipynb" in title


@pytest.mark.parametrize("stem", STEMS)
def test_relative_links_point_to_files(finished: Path, stem: str) -> None:
    for path in (finished / "notebooks" / f"{stem}.ipynb", solved_path(finished, stem)):
        notebook = nbformat.read(path, as_version=4)
        links = re.findall(r"\]\(([^)]*)\)", notebook.cells[0].source + notebook.cells[-1].source)
        for link in (x for x in links if not x.startswith("https://")):
            assert (path.parent / link).is_file(), link


def test_previous_and_next_follow_the_numbers(finished: Path) -> None:
    first, middle, last = (student(finished, stem).cells[-1].source for stem in STEMS)
    assert "←" not in first
    assert "[01 First steps →](01_first_steps.ipynb)" in first
    assert "[← 00 Start here](00_start_here.ipynb) · [02 Second steps →](02_second_steps.ipynb)" in middle
    assert "→" not in last


def test_run_all_goes_on_past_an_exercise_only_in_the_student_copy(finished: Path) -> None:
    def tagged(notebook: NotebookNode) -> list[str]:
        return [
            next(iter(c.metadata["course"])) for c in notebook.cells if "raises-exception" in c.metadata.get("tags", [])
        ]

    assert tagged(student(finished)) == ["todo", "check", "uses", "todo", "check"]
    assert tagged(solved(finished)) == []


def test_names_that_a_cell_sets_before_it_reads_them_are_its_own() -> None:
    source = "x = 1\nfor i in range(x):\n    y = i\nz = z + w\ndef f(a):\n    return a + g(x)\nimport os\nos.getcwd()"
    assert rules.names_of(source) == ({"range", "z", "w", "g"}, {"x", "i", "y", "z", "f", "os"})
    assert rules.names_of("squares = [k * m for k in ks]")[0] == {"m", "ks"}


def test_report_cell_lists_every_exercise_with_its_points(finished: Path) -> None:
    assert student(finished).cells[-2].source.endswith('\ncheck.report({"1.1": 2, "1.2": 0.5})')
    assert "2 of 2 exercises passed" in solved(finished).cells[-2].outputs[0].text


def test_the_address_stands_in_one_place() -> None:
    address = build.read_repository(build.ROOT / "pyproject.toml").removeprefix("https://")
    files = [p for folder in ("course_utils", "notebooks/build", "notebooks/src", "tests", "binder", ".ci")
             for p in (build.ROOT / folder).rglob("*") if p.is_file() and p.suffix != ".pyc"]  # fmt: skip
    files += [build.ROOT / "course.py"]
    found = [p for p in files if p.is_file() and address.encode() in p.read_bytes()]
    assert found == []


def test_lesson_text_may_name_the_repository_without_knowing_its_address(tmp_path: Path) -> None:
    text = FIRST.replace("A word in the body", "Ask in [the issues]({repository}/issues)")
    course = build.read_course(make_course(tmp_path / "course", **{"01_first_steps": text}))
    for notebook in (f(course.find("01"), course) for f in (build.student_notebook, build.solved_notebook)):
        assert any(f"[the issues]({ADDRESS}/issues)" in c.source for c in notebook.cells)


@pytest.mark.parametrize("address", ["", "https://example.org/a/b", "https://github.com/someone"])
def test_an_address_that_is_no_repository_is_refused(tmp_path: Path, address: str) -> None:
    (tmp_path / "pyproject.toml").write_text(f'[project.urls]\nRepository = "{address}"\n', "utf-8")
    with pytest.raises(build.SourceError, match=r"Write https://github\.com/owner/name"):
        build.read_repository(tmp_path / "pyproject.toml")


def test_map_is_made_from_the_headers_of_the_lessons(tmp_path: Path) -> None:
    text = SECOND.replace("Second steps", "Langevin, written").replace('["01"]', '["00", "01"]')
    root = make_course(tmp_path / "course", **{"03_langevin": text})
    course = build.read_course(root)
    code = build.map_cell(course)
    assert "plots.course_map(COURSE)" in code
    drawn = ast.literal_eval(code.partition("COURSE = ")[2].partition("plots.")[0])
    assert sorted(drawn) == ["00", "01", "02", "03"]
    assert drawn["03"] == {"title": "Langevin, written", "needs": ["00", "01"], "time": "10 min"}
    assert len(code.splitlines()) <= build.MAX_CODE_LINES


def test_map_is_drawn(finished: Path) -> None:
    cell = cell_of(solved(finished, "00_start_here"), "template", "map")
    assert any("image/png" in o.get("data", {}) for o in cell.outputs)


# ---------------------------------------------------------------------------------------------------- set-up cell


def run_setup(code: str, folder: Path, blocked: Path, *path: Path) -> subprocess.CompletedProcess[str]:
    """Run a set-up cell in a fresh IPython whose pip is the module in `blocked`."""
    script = (
        f"import sys; sys.path[:0] = {[str(p) for p in (blocked, *path)]!r}\n"
        "from IPython.core.interactiveshell import InteractiveShell\n"
        f"InteractiveShell.instance().run_cell({code!r}).raise_error()"
    )
    environment = {**build.kernel_environment(), "PYTHONPATH": str(blocked), "PYTHONIOENCODING": "utf-8"}
    return subprocess.run(
        [sys.executable, "-c", script], cwd=folder, env=environment, capture_output=True, text=True, encoding="utf-8"
    )


def fake_pip(folder: Path, body: str) -> Path:
    """A pip that runs `body`."""
    (folder / "pip").mkdir(parents=True)
    (folder / "pip" / "__init__.py").touch()
    (folder / "pip" / "__main__.py").write_text(body, "utf-8")
    return folder


def test_setup_cell_is_short() -> None:
    assert len(build.setup_cell(("torch", "jax"), ADDRESS).splitlines()) <= 8


def test_setup_and_checks_are_folded_under_a_title(finished: Path) -> None:
    for copy in (student(finished), solved(finished)):
        folded = [cell for cell in copy.cells if cell.cell_type == "code" and cell.metadata.get("cellView") == "form"]
        assert all(cell.metadata["jupyter"] == {"source_hidden": True} for cell in folded)
        titles = [cell.source.splitlines()[0] for cell in folded]
        assert titles[0] == "# @title Set-up · run this cell first"
        checks = [cell.metadata["course"]["check"] for cell in copy.cells if "check" in cell.metadata.get("course", {})]
        assert titles[1:] == [f"# @title Check {name} · run this cell when your answer stands" for name in checks]
        assert checks


@pytest.mark.parametrize("folder", ["notebooks", "notebooks/solutions"])
def test_setup_finds_the_checkout_without_pip(finished: Path, tmp_path: Path, folder: str) -> None:
    pip = fake_pip(tmp_path / "fake", "raise SystemExit('pip was called')")
    result = run_setup(build.setup_cell((), ADDRESS), finished / folder, pip)
    assert result.returncode == 0, result.stderr
    assert "Running on" in result.stdout


def test_setup_gets_the_module_alone(tmp_path: Path) -> None:
    pip = fake_pip(
        tmp_path / "fake",
        "import pathlib, sys\n"
        "here = pathlib.Path(__file__).parent.parent\n"
        "(here / 'arguments.txt').write_text('\\n'.join(sys.argv[1:]))\n"
        "(here / 'course_utils').mkdir()\n"
        "(here / 'course_utils' / '__init__.py').write_text('def setup(**k): print(k)')\n",
    )
    result = run_setup(build.setup_cell(("torch", "jax"), ADDRESS), tmp_path, pip)
    assert result.returncode == 0, result.stderr
    assert "'uses': ('torch', 'jax')" in result.stdout
    arguments = (pip / "arguments.txt").read_text().splitlines()
    assert arguments == ["install", "--quiet", "--no-deps", f"course_utils @ git+{ADDRESS}"]


def test_setup_shows_why_it_could_not_install(tmp_path: Path) -> None:
    pip = fake_pip(tmp_path / "fake", "import sys; print('no network today'); sys.exit(1)")
    result = run_setup(build.setup_cell((), ADDRESS), tmp_path, pip)
    assert result.returncode != 0
    assert "no network today" in result.stdout
    assert "No module named 'course_utils'" in result.stderr


def test_setup_names_the_frameworks() -> None:
    assert 'uses=("torch",))' in build.setup_cell(("torch",), ADDRESS)
    assert "uses=())" in build.setup_cell((), ADDRESS)


# ---------------------------------------------------------------------------------------------------- solved copy


@pytest.mark.parametrize("stem", STEMS)
def test_solved_copy_is_valid_executed_and_free_of_markers(finished: Path, stem: str) -> None:
    notebook = solved(finished, stem)
    nbformat.validate(notebook)
    for cell in notebook.cells:
        assert "SOLUTION" not in cell.source
        assert "execution" not in cell.metadata
        assert cell.cell_type == "markdown" or cell.execution_count
    assert notebook.metadata.language_info == build.METADATA["language_info"]
    assert notebook.metadata.kernelspec == build.METADATA["kernelspec"]


def test_solved_copy_shows_the_reference_and_what_the_check_says(finished: Path) -> None:
    assert "    one_more = x + 1\n" in cell_of(solved(finished), "todo", "1.1").source
    assert cell_of(solved(finished), "check", "1.1").outputs[0].text == "✓ 1.1 passed (2 checks)\n"
    assert "Solution" not in cell_of(solved(finished), "hint", "1.1").source


def test_lessons_run_in_this_python_in_the_folder_of_the_notebooks(finished: Path) -> None:
    printed = solved(finished).cells[3].outputs[0].text
    assert f"kernel {sys.executable}\n" in printed
    assert f"folder {(finished / 'notebooks').resolve()}\n" in printed


def test_solved_copy_stores_widgets_for_readers(finished: Path) -> None:
    notebook = solved(finished)
    output = next(o for c in notebook.cells for o in c.get("outputs", []) if "widget-view" in str(o.get("data")))
    view = output.data["application/vnd.jupyter.widget-view+json"]
    states = notebook.metadata.widgets["application/vnd.jupyter.widget-state+json"]["state"]
    assert states[view["model_id"]]["state"]["description"] == "a slider"
    assert output.data["text/plain"].startswith("An interactive widget")


def test_too_large_a_solved_copy_is_refused_with_its_largest_outputs(finished: Path) -> None:
    with pytest.raises(build.RunError, match=r"the limit is 2 kB\. Largest outputs: .*state of the widgets: \d+ kB"):
        build.check_size(solved(finished), "01_first_steps", limit=2000)
    build.check_size(solved(finished), "01_first_steps")


@pytest.mark.parametrize(
    ("code", "message"),
    [
        ("x = 1\n1 / 0", "01_first_steps, cell 3 (`x = 1`): ZeroDivisionError: division by zero"),
        (
            "import sys\nprint('oh', file=sys.stderr)",
            "01_first_steps, cell 3 (`import sys`) wrote to stderr: oh",
        ),
        ("import os\nos._exit(1)", "01_first_steps, at or after cell"),
    ],
)
@pytest.mark.slow
def test_lesson_that_fails_is_named_and_nothing_is_written(
    course: Path, capsys: pytest.CaptureFixture[str], code: str, message: str
) -> None:
    source_path(course, "01_first_steps").write_text(SECOND.partition("# %%")[0] + f"# %%\n{code}\n", "utf-8")
    paths = [course / "notebooks" / "01_first_steps.ipynb", solved_path(course)]
    before = [p.read_bytes() for p in paths]
    assert build.main(["01"], course) == 1
    assert message in capsys.readouterr().err
    assert [p.read_bytes() for p in paths] == before


# ---------------------------------------------------------------------------------------------------- malformed sources

BOX = "# %% [markdown]\n# ### Exercise 1.1 · Add one\n# *Difficulty ●○○*\n\n"
MALFORMED = {
    "no header": ("# ---\n# jupyter:", "# jupyter:", "no header. Start the file"),
    "header that is no YAML": ("goal: add one", 'goal: add: "one', "the header is not YAML"),
    "unknown header key": ("#     runs: 3 s", "#     runs: 3 s\n#     level: 3", "unknown header key 'level'"),
    "missing title": ("#     title: First steps\n", "", "the header's title must be text"),
    "title that is a number": ("title: First steps", "title: 1", "the header's title must be text"),
    "need that is a number": ('needs: ["00"]', "needs: [00]", "needs must be a list of text"),
    "need of one digit": ('needs: ["00"]', 'needs: ["0"]', "lesson numbers of two digits"),
    "need that does not exist": ('needs: ["00"]', 'needs: ["77"]', "needs lesson 77, which does not exist"),
    "unknown framework": ("uses: []", "uses: [tensorflow]", "uses may hold jax and torch only"),
    "unknown cell key": ('# %% uses="1.1"', '# %% usses="1.1"', "the key 'usses' is unknown"),
    "key in the wrong place": ('uses="1.1"', 'uses="1.1" points=2', "the key 'points' is unknown or does not belong"),
    "two roles": ('uses="1.1"', 'uses="1.1" think="x"', "one role to a cell"),
    "title on a cell line": ('# %% uses="1.1"', '# %% Some title uses="1.1"', "the key 'title' is unknown"),
    "exercise twice": ('todo="1.2" task="return x + 2"', 'todo="1.1" task="x"', "todo 1.1 is there twice"),
    "check without exercise": ('check="1.2"', 'check="1.7"', 'check 1.7 has no exercise. Add the cell todo="1.7"'),
    "exercise without check": ('# %% check="1.2" points=0.5', "# %%", "exercise 1.2 has no check"),
    "exercise without hint": ('# %% [markdown] hint="1.2"', "# %% [markdown]", "exercise 1.2 has no hint"),
    "exercise without box": ("### Exercise 1.1 · Add one", "### Add one", "no box before the exercise"),
    "exercise without task": (' task="return x + 1"', "", "a todo cell says what to do"),
    "exercise of another lesson": ("1.2", "2.2", "exercise 2.2 in lesson 01"),
    "exercise that is no number": ('todo="1.2"', 'todo="two"', "an exercise is named like"),
    "missing points": (" points=0.5", "", "a check cell needs its points"),
    "points in quotes": ("points=0.5", 'points="0.5"', "a check cell needs its points"),
    "no points": ("points=0.5", "points=0", "a check cell needs its points"),
    "no solution": (
        "    ### BEGIN SOLUTION\n    return x + 2\n    ### END SOLUTION\n",
        "    pass\n",
        "a todo cell needs",
    ),
    "open solution": ("    return x + 2\n    ### END SOLUTION", "    return x + 2", "a todo cell needs its answer"),
    "empty solution": ("    return x + 2\n", "", "the solution region is empty"),
    "solution in a given cell": (
        '# %% uses="1.1"\n',
        "# %%\n### BEGIN SOLUTION\n### END SOLUTION\n",
        "outside an exer",
    ),
    "hint on a code cell": (
        '# %% [markdown] hint="1.2"\n# Twice.',
        '# %% hint="1.2"\n1',
        "hint belongs on a [markdown]",
    ),
    "check on a markdown cell": ('# %% uses="1.1"\n', '# %% [markdown] uses="1.1"\n# ', "uses belongs on a code cell"),
    "empty hint": ("# Twice.\n", "", "the hint is empty"),
    "question without answer": ("# <!-- ANSWER -->\n", "", "a think cell holds the question, a line"),
    "unknown template": ('# %% uses="1.1"\nadd_one(41)', '# %% template="clock"', "there is no template 'clock'"),
    "full template": ('# %% uses="1.1"\n', '# %% template="map"\n', "a template cell is filled by the build"),
    "use before the exercise": (BOX, f'# %% uses="1.1"\nadd_one(1)\n\n{BOX}', "no exercise 1.1 before this cell"),
    "magic": ("add_one(41)", "!ls", "the cell does not parse"),
    "long cell": ("add_one(41)", "\n".join(f"x{i} = 1" for i in range(26)), "the cell has 26 lines of code; 25 is the"),
    "long check": (
        'check.equal("two more than 1", add_two(1), 3, hint="Did you add twice?")',
        "\n    ".join('check.equal("two more than 1", add_two(1), 3)' for i in range(15)),
        "the cell has 16 lines of code; 15 is the limit",
    ),
    "name that is set again": (
        '# %% [markdown] think="1a"',
        '# %%\nipywidgets = 3\n\n# %% [markdown] think="1a"',
        "the cell reads `ipywidgets`, which the cell in line",
    ),
    "raw cell": (
        "# %% [markdown]\n# ## Objectives",
        "# %% [raw]\n# Objectives",
        "a raw cell. Write code or [markdown]",
    ),
}


@pytest.mark.parametrize("what", MALFORMED)
def test_malformed_source_is_refused_with_its_line_and_a_cure(
    course: Path, capsys: pytest.CaptureFixture[str], what: str
) -> None:
    old, new, message = MALFORMED[what]
    replace(source_path(course, "01_first_steps"), old, new)
    before = {p: p.read_bytes() for p in course.rglob("*.ipynb")}
    assert build.main(["01"], course) == 1
    lines = [x for x in capsys.readouterr().err.splitlines() if message in x]
    assert lines, f"no line says {message!r}"
    assert re.match(r"01_first_steps\.py(, line \d+)?: ", lines[0])
    assert {p: p.read_bytes() for p in course.rglob("*.ipynb")} == before


def test_refusal_names_the_line_of_the_cell(course: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = source_path(course, "01_first_steps")
    replace(path, " points=0.5", "")
    line = path.read_text("utf-8").splitlines().index('# %% check="1.2"') + 1
    build.main(["01"], course)
    assert f"01_first_steps.py, line {line}: a check cell needs its points" in capsys.readouterr().err


def test_every_problem_of_a_source_is_named_at_once(course: Path, capsys: pytest.CaptureFixture[str]) -> None:
    replace(source_path(course, "01_first_steps"), " points=0.5", "")
    replace(source_path(course, "01_first_steps"), "# Twice.\n", "")
    build.main(["01"], course)
    assert len(capsys.readouterr().err.splitlines()) == 2


def test_docstrings_and_blank_lines_do_not_count_as_code() -> None:
    body = "\n\n".join(f"    x{i} = {i}" for i in range(24))
    source = f'def f():\n    """Long.\n\n    more\n    """\n    ### BEGIN SOLUTION\n{body}\n    ### END SOLUTION'
    assert rules._code_lines(source, ast.parse(source)) == 25


@pytest.mark.parametrize("name", ["third.py", "3_third.py", "03_Third.py"])
def test_source_with_another_kind_of_name_is_refused(tmp_path: Path, name: str) -> None:
    root = make_course(tmp_path / "course", **{name.removesuffix(".py"): SECOND})
    with pytest.raises(build.SourceError, match="a source is named NN_name"):
        build.read_course(root)


def test_two_lessons_with_one_number_are_refused(tmp_path: Path) -> None:
    root = make_course(tmp_path / "course", **{"02_again": SECOND})
    with pytest.raises(build.SourceError, match="another source has the number 02"):
        build.read_course(root)


def test_unknown_lesson_on_the_command_line_is_refused(finished: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert build.main(["42"], finished) == 1
    assert "there is no lesson 42" in capsys.readouterr().err


# ---------------------------------------------------------------------------------------------------- what is stale


def test_check_of_a_built_course_is_silent(finished: Path, capsys: pytest.CaptureFixture[str]) -> None:
    capsys.readouterr()
    assert build.main(["--check"], finished) == 0
    assert capsys.readouterr() == ("", "")


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("A word in the body", "A term in the body"),
        ("one_more = x + 1", "one_more = 1 + x"),
        ("Because $1 > 0$", "Since $1 > 0$"),
        ("What is $x + 1$?", "How much is $x + 1$?"),
        ('hint="Did you add twice?"', 'hint="Did you add two?"'),
        ("points=0.5", "points=1"),
    ],
)
def test_touching_one_word_names_exactly_that_lesson(
    course: Path, capsys: pytest.CaptureFixture[str], old: str, new: str
) -> None:
    replace(source_path(course, "01_first_steps"), old, new)
    assert names_stale(course, capsys) == both("01_first_steps")
    assert names_stale(course, capsys, "00") == []


def test_touching_a_title_names_what_shows_it(course: Path, capsys: pytest.CaptureFixture[str]) -> None:
    replace(source_path(course, "01_first_steps"), "title: First steps", "title: Very first steps")
    assert names_stale(course, capsys) == [*(f for stem in STEMS for f in both(stem)), "README.md"]


def test_edited_student_copy_is_named(course: Path, capsys: pytest.CaptureFixture[str]) -> None:
    replace(course / "notebooks" / "01_first_steps.ipynb", "A word in the body", "A term in the body")
    assert names_stale(course, capsys) == both("01_first_steps")[:1]


def test_edited_cell_of_a_solved_copy_is_named_but_an_edited_output_is_not(
    course: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with_first_output(course, "01_first_steps", "another machine")
    assert names_stale(course, capsys) == []
    replace(solved_path(course), "A word in the body", "A term in the body")
    assert names_stale(course, capsys) == both("01_first_steps")[1:]


def test_solved_copy_with_another_fingerprint_is_named(course: Path, capsys: pytest.CaptureFixture[str]) -> None:
    replace(solved_path(course), solved(course).metadata.course.source_sha256, "0" * 64)
    assert names_stale(course, capsys) == both("01_first_steps")[1:]


STYLE = "course_utils/plots/style.py"


def add_line(path: Path, line: str) -> None:
    path.write_text(f"{path.read_text('utf-8')}\n{line}\n", "utf-8")


def test_solved_copy_holds_the_modules_that_its_kernel_imported(finished: Path) -> None:
    modules = solved(finished).metadata.course.modules
    assert {"course_utils", "course_utils.place", "course_utils.plots.style"} <= set(modules)
    assert "course_utils.lattice.ising" not in modules
    assert len(modules["course_utils"]) == 12
    assert "course" not in student(finished).metadata


def test_changed_module_names_the_lessons_that_ran_with_it(course: Path, capsys: pytest.CaptureFixture[str]) -> None:
    add_line(course / STYLE, "UNUSED = 1")
    expected = "notebooks/solutions/01_first_steps.ipynb (lesson 01 ran before these changed: course_utils.plots.style)"
    assert names_stale(course, capsys, "01") == [expected]
    (course / STYLE).unlink()
    assert names_stale(course, capsys, "01") == [expected]


@pytest.mark.parametrize(
    ("file", "line"),
    [(STYLE, "# A remark."), ("course_utils/lattice/ising.py", "UNUSED = 1"), ("course_utils/new.py", "UNUSED = 1")],
)
def test_remark_and_a_module_that_no_lesson_imports_change_nothing(
    course: Path, capsys: pytest.CaptureFixture[str], file: str, line: str
) -> None:
    (course / file).touch()
    add_line(course / file, line)
    assert names_stale(course, capsys) == []


def test_code_is_what_python_runs_not_how_it_is_laid_out() -> None:
    function = 'def f(x, *, scale: float = 0.5):\n    """Old."""\n    return f"{x * scale:.2f} {x!r}"\n'
    code = f"{function}\n\nclass A:\n    y = None\n"
    same = code.replace("Old", "New\n\n    words").replace("x * scale", "x*scale").replace("class", "# Why\nclass")
    assert freshness._hash_of_code(code) == freshness._hash_of_code(same)
    # A number, so that other versions of Python are held to it too: none may call the others' solved copies old.
    assert freshness._hash_of_code(code) == "aea3891ccb89"
    for old, new in (("0.5", "0.25"), ("None", "0"), (".2f", ".3f"), ("!r", "!s"), ("f(x, *, ", "f(x, ")):
        assert freshness._hash_of_code(code.replace(old, new)) != freshness._hash_of_code(code)


def test_solved_copy_without_a_record_of_its_modules_is_named(course: Path, capsys: pytest.CaptureFixture[str]) -> None:
    notebook = solved(course)
    del notebook.metadata.course["modules"]
    solved_path(course).write_text(build.to_text(notebook), "utf-8")
    assert names_stale(course, capsys) == both("01_first_steps")[1:]


def test_missing_and_damaged_files_are_named(course: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (course / "notebooks" / "00_start_here.ipynb").unlink()
    solved_path(course).write_text("{", "utf-8")
    solved_path(course, "02_second_steps").unlink()
    wanted = [both("00_start_here")[0], both("01_first_steps")[1], both("02_second_steps")[1]]
    assert names_stale(course, capsys) == wanted


def test_solved_copy_that_was_not_run_is_named(course: Path, capsys: pytest.CaptureFixture[str]) -> None:
    read = build.read_course(course)
    solved_path(course).write_text(build.to_text(build.solved_notebook(read.find("01"), read)), "utf-8")
    assert names_stale(course, capsys) == both("01_first_steps")[1:]


def test_notebooks_without_a_source_are_named(course: Path, capsys: pytest.CaptureFixture[str]) -> None:
    source_path(course, "02_second_steps").unlink()
    (course / "notebooks" / "my_own.ipynb").write_text("{}", "utf-8")
    named = names_stale(course, capsys)
    assert [x.split(" (")[0] for x in named if "source is gone" in x] == both("02_second_steps")


# ---------------------------------------------------------------------------------------------------- building again


def test_only_the_lesson_whose_code_changed_is_run_again(course: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for stem in STEMS:
        with_first_output(course, stem, "an earlier run")
    replace(source_path(course, "02_second_steps"), 'print("second")', 'print("changed")')
    capsys.readouterr()
    assert build.main([], course) == 0
    assert (
        "00_start_here: up to date\n01_first_steps: up to date\n02_second_steps: executed\n" in capsys.readouterr().out
    )
    assert first_output(course, STEMS[0]) == first_output(course, STEMS[1]) == "an earlier run"
    assert first_output(course, STEMS[2]).startswith("Running on")
    assert solved(course, STEMS[2]).cells[2].outputs[0].text == "changed\n"
    assert names_stale(course, capsys) == []


def test_change_of_prose_keeps_the_outputs(course: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with_first_output(course, "01_first_steps", "an earlier run")
    replace(source_path(course, "01_first_steps"), "A word in the body", "A term in the body")
    capsys.readouterr()
    assert build.main([], course) == 0
    assert "01_first_steps: code unchanged, outputs kept" in capsys.readouterr().out
    assert first_output(course, "01_first_steps") == "an earlier run"
    assert any("A term in the body" in c.source for c in solved(course).cells)
    assert "widgets" in solved(course).metadata
    assert names_stale(course, capsys) == []


def test_lesson_whose_modules_changed_is_run_again(course: Path, capsys: pytest.CaptureFixture[str]) -> None:
    add_line(course / STYLE, "UNUSED = 1")
    capsys.readouterr()
    assert build.main(["02"], course) == 0
    assert "02_second_steps: executed" in capsys.readouterr().out
    assert names_stale(course, capsys, "02") == []


def test_exercises_without_answers_are_reported(course: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = course / "tests" / "answers" / "01_first_steps.py"
    path.parent.mkdir(parents=True)
    wrong = "".join(f'# %% wrong="1.1" says="added"\nadd_one = {i}\n\n' for i in range(4))
    right = '# %% right="1.1"\nadd_one = (1).__add__\n\n' * 2
    path.write_text(wrong + right + '# %% right="1.2"\nadd_two = (2).__add__\n', "utf-8")
    capsys.readouterr()
    assert build.main(["01", "02"], course) == 0  # they are for the tests to refuse
    file = "tests/answers/01_first_steps.py"
    assert [x for x in capsys.readouterr().out.splitlines() if "answers" in x] == [
        f"{file}: exercise 1.2 has 0 wrong answers; it needs at least 4",
        f"{file}: exercise 1.2 has 1 right answers; it needs at least 2",
    ]
    path.write_text('# %% wrong="1.1"\nx = 1\n', "utf-8")
    assert build.main(["01"], course) == 0
    assert "01_first_steps.py, line 1: write `# %% wrong" in capsys.readouterr().out


@pytest.mark.slow
def test_force_runs_again(course: Path) -> None:
    with_first_output(course, "02_second_steps", "an earlier run")
    assert build.main(["02", "--force"], course) == 0
    assert first_output(course, "02_second_steps").startswith("Running on")


def test_student_copy_that_holds_work_is_not_written_over(course: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = course / "notebooks" / "02_second_steps.ipynb"
    path.write_text(solved_path(course, "02_second_steps").read_text("utf-8"), "utf-8")
    before = path.read_bytes()
    assert build.main(["02"], course) == 1
    assert "has been worked in" in capsys.readouterr().err
    assert path.read_bytes() == before
    assert build.main(["02", "--force"], course) == 0
    assert path.read_bytes() != before


# ---------------------------------------------------------------------------------------------------- the README


def test_readme_table_links_lessons_badges_and_solved_copies(finished: Path) -> None:
    text = (finished / "README.md").read_text("utf-8")
    assert text.startswith("# A course\n")
    assert text.endswith("The end.\n")
    row = next(line for line in text.splitlines() if line.startswith("| 01 "))
    assert "[First steps](notebooks/01_first_steps.ipynb) | add one, and show it | 10 min | 3 s |" in row
    assert "(notebooks/solutions/01_first_steps.ipynb)" in row
    assert "colab.research.google.com" in row
    assert "mybinder.org" in row
    assert "kaggle.com/kernels/welcome?src=https://raw.githubusercontent.com/someone/some-course/" in row
    for link in re.findall(r"\]\((notebooks/[^)]*)\)", text):
        assert (finished / link).is_file()


def test_edited_readme_table_is_named_and_written_by_any_build(
    course: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    good = (course / "README.md").read_text("utf-8")
    replace(course / "README.md", "add one, and show it", "add two")
    assert names_stale(course, capsys) == ["README.md"]
    assert build.main(["02"], course) == 0
    assert (course / "README.md").read_text("utf-8") == good


def test_readme_without_a_place_for_the_table_is_mentioned(course: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (course / "README.md").write_text("# A course\n", "utf-8")
    assert "no table of lessons: add the lines" in names_stale(course, capsys)[0]
    assert build.main(["02"], course) == 0
    assert "README.md: no table of lessons. Add the lines" in capsys.readouterr().out
    (course / "README.md").unlink()
    assert "no table of lessons" in names_stale(course, capsys)[0]


# ---------------------------------------------------------------------------------------------------- CONTRIBUTING


def test_contributing_has_the_whole_grammar() -> None:
    text = (build.ROOT / "CONTRIBUTING.md").read_text("utf-8")
    for role in source.ROLES:
        kind = r" \[markdown\]" if role in rules.MARKDOWN_ROLES else ""
        assert re.search(rf'^\| `# %%{kind} {role}="', text, re.M), role
    for kind, key in answers.KINDS.items():
        assert re.search(rf'^\| `# %% {kind}="3\.1"{f" {key}=" if key else "`"}', text, re.M), kind
    for key in source.HEADER_KEYS:
        assert re.search(rf"^#     {key}: ", text, re.M), key
    for limit in (rules.MAX_CODE_LINES, rules.MAX_CHECK_LINES):
        assert re.search(rf"\b{limit}\b", text)


def test_files_that_contributing_names_are_there() -> None:
    text = (build.ROOT / "CONTRIBUTING.md").read_text("utf-8")
    for name in re.findall(r"\b(?:course_utils|notebooks|tests)/[\w/]+\.(?:py|txt)\b", text):
        assert "NN_name" in name or "/name." in name or (build.ROOT / name).is_file(), name


# ---------------------------------------------------------------------------------------------------- the command


def test_command_line_of_the_real_course_runs() -> None:
    result = subprocess.run(
        [sys.executable, str(build.ROOT / "notebooks" / "build"), "--help"],
        capture_output=True,
        text=True,
        check=True,
    )
    for option in ("--check", "--force", "--jobs"):
        assert option in result.stdout


def test_notebook_files_are_json_with_one_final_newline(finished: Path) -> None:
    for path in finished.rglob("*.ipynb"):
        text = path.read_text("utf-8")
        json.loads(text)
        assert text.endswith("}\n")
        assert not text.endswith("\n\n")


def test_start_lesson_is_used(finished: Path) -> None:
    """The synthetic sources hold what the tests above rely on."""
    assert START.count("### BEGIN SOLUTION") == 1
    assert FIRST.count("### BEGIN SOLUTION") == 2
