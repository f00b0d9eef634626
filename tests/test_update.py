"""An update keeps what a learner wrote: real clones of a small course, changed on both sides.

Whatever the course changes, three things hold after each update here (`World.update` looks): all that the learner
wrote is in the working copy, it is a valid notebook, and there is a copy of what it was. Each test adds that the
course's news is there, or that it was said why not.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbformat import NotebookNode
from support.synthetic import ADDRESS, FIRST, SECOND, START

import course
from notebooks import build, working_copies

ROOT = Path(__file__).resolve().parent.parent
pytestmark = pytest.mark.skipif(shutil.which("git") is None, reason="the course is updated by git")

FIRST_NAME = "01_first_steps.ipynb"
ANSWER = 'def add_one(x: int) -> int:\n    """One more."""\n    return x + 1  # by me'
NOTE = "**My note.** One is not two."
TRIAL = "mine = [add_one(n) for n in range(3)]"
SMALL = """\

# %% [markdown]
# ### A small thing
# This paragraph was written with care and says what a small thing is, in a few words.

# %%
small = [number**2 for number in range(10)]
print(sum(small))
"""


SOURCES = {"00_start_here": START, "01_first_steps": FIRST + SMALL, "02_second_steps": SECOND}


@pytest.fixture(autouse=True, scope="module")
def alone(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Git without anybody's settings."""
    config = tmp_path_factory.mktemp("git") / "config"
    config.write_text("[user]\nname = Somebody\nemail = somebody@example.org\n[init]\ndefaultBranch = main\n")
    with pytest.MonkeyPatch.context() as patch:
        for name in [name for name in os.environ if name.startswith("GIT_")]:
            patch.delenv(name)
        patch.setenv("GIT_CONFIG_GLOBAL", str(config))
        patch.setenv("GIT_CONFIG_NOSYSTEM", "1")
        yield


def git(*arguments: str, where: Path) -> str:
    """Run git; return what it printed."""
    return subprocess.run(["git", *arguments], cwd=where, check=True, capture_output=True, text=True).stdout


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The course's repository at its first version, to copy."""
    folder = tmp_path_factory.mktemp("course") / "upstream"
    (folder / "notebooks" / "src").mkdir(parents=True)
    (folder / ".gitignore").write_text("/work/\n")
    (folder / "README.md").write_text("A course\n")
    (folder / "pyproject.toml").write_text(f'[project.urls]\nRepository = "{ADDRESS}"\n')
    write_lessons(folder, SOURCES)
    git("init", "--quiet", where=folder)
    git("add", "--all", where=folder)
    git("commit", "--quiet", "--message", "A version", where=folder)
    return folder


def write_lessons(folder: Path, sources: dict[str, str]) -> None:
    """Write sources and student copies; a lesson is built again if it has changed, or if there are others now."""
    notebooks = folder / "notebooks"
    before = {path.stem: path.read_text("utf-8") for path in (notebooks / "src").glob("*.py")}
    for stem in set(before) - set(sources):
        (notebooks / "src" / f"{stem}.py").unlink()
        (notebooks / f"{stem}.ipynb").unlink()
    for stem, text in sources.items():
        (notebooks / "src" / f"{stem}.py").write_text(text, "utf-8")
    made = build.read_course(folder)
    for lesson in made.lessons:
        if set(before) != set(sources) or before[lesson.stem] != sources[lesson.stem]:
            text = build.to_text(build.student_notebook(lesson, made))
            (notebooks / f"{lesson.stem}.ipynb").write_text(text, "utf-8")


class World:
    """The course's repository and a learner's clone of it."""

    def __init__(
        self, template: Path, folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        self.upstream, self.clone, self.capsys = folder / "upstream", folder / "clone", capsys
        self.sources = dict(SOURCES)
        shutil.copytree(template, self.upstream)
        git("clone", "--quiet", str(self.upstream), str(self.clone), where=folder)
        monkeypatch.setattr(course, "ROOT", str(self.clone))
        self.open()

    # the course's side

    def publish(self) -> None:
        """Build the student copies from the sources, and commit all of it."""
        write_lessons(self.upstream, self.sources)
        git("add", "--all", where=self.upstream)
        git("commit", "--quiet", "--message", "A version", where=self.upstream)

    def change(self, old: str, new: str, stem: str = "01_first_steps") -> None:
        """Change a lesson's source and publish it."""
        assert old in self.sources[stem]
        self.sources[stem] = self.sources[stem].replace(old, new)
        self.publish()

    # the learner's side

    def git(self, *arguments: str) -> str:
        return git(*arguments, where=self.clone)

    def path(self, name: str = FIRST_NAME) -> Path:
        return self.clone / "work" / name

    def read(self, name: str = FIRST_NAME) -> NotebookNode:
        return nbformat.reads(self.path(name).read_text("utf-8"), as_version=4)

    def edit(self, edit: Callable[[NotebookNode], Any], name: str = FIRST_NAME, path: Path | None = None) -> None:
        path = path or self.path(name)
        notebook = nbformat.reads(path.read_text("utf-8"), as_version=4)
        edit(notebook)
        path.write_text(nbformat.writes(notebook), "utf-8")

    def said(self) -> str:
        return self.capsys.readouterr().out

    def open(self) -> str:
        """What `course.py lab` does before it starts JupyterLab."""
        self.said()
        assert working_copies.main(["open"], self.clone) == 0
        return self.said()

    def update(self, *wrote: str, name: str = FIRST_NAME, old_name: str | None = None) -> tuple[NotebookNode, str]:
        """Update the clone; see that all of `wrote` is still in the lesson; return it, and what was said."""
        before = self.path(old_name or name).read_bytes()
        self.said()
        assert working_copies.main(["adopt"], self.clone) == 0
        course.fetch()
        assert working_copies.main(["update"], self.clone) == 0
        said = self.said()
        after = self.read(name)
        nbformat.validate(after)
        ids = [cell.id for cell in after.cells]
        assert len(set(ids)) == len(ids)
        for text in wrote:
            assert text in [cell.source for cell in after.cells], said
        if self.path(name).read_bytes() != before and wrote:
            assert before in [path.read_bytes() for path in self.clone.glob("work/backups/*/*.ipynb")]
        assert self.git("status", "--porcelain") == ""
        assert list(self.clone.glob("**/*.part")) == []
        return after, said

    @property
    def newest(self) -> NotebookNode:
        return nbformat.read(self.upstream / "notebooks" / FIRST_NAME, as_version=4)


@pytest.fixture
def world(template: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> World:
    return World(template, tmp_path, monkeypatch, capsys)


def cell(notebook: NotebookNode, part: str) -> NotebookNode:
    """The first cell that holds a text."""
    return next(c for c in notebook.cells if part in c.source)


def texts(notebook: NotebookNode) -> list[str]:
    return [c.source for c in notebook.cells]


def role(notebook: NotebookNode, kind: str, number: str) -> NotebookNode:
    return next(c for c in notebook.cells if c.metadata.get("course", {}).get(kind) == number)


def after(notebook: NotebookNode, part: str, *cells: NotebookNode) -> None:
    """Put cells behind the one that holds a text."""
    at = notebook.cells.index(cell(notebook, part)) + 1
    notebook.cells[at:at] = cells


def work(notebook: NotebookNode) -> None:
    """An answer, a note, a trial, and what running two cells gave."""
    answer = role(notebook, "todo", "1.1")
    answer.source = ANSWER
    answer.execution_count = 3
    after(notebook, '"1.1", "add_one"', nbformat.v4.new_markdown_cell(NOTE), nbformat.v4.new_code_cell(TRIAL))
    shown = cell(notebook, "small = [")
    shown.execution_count = 4
    shown.outputs = [nbformat.v4.new_output("stream", text="285\n")]


WORK = (ANSWER, NOTE, TRIAL)

# ------------------------------------------------------------------------------------------- what the course changes


def test_changed_text_arrives_and_the_learners_work_stays(world: World) -> None:
    world.edit(work)
    world.change("A word in the body.", "Another word in the body.")
    notebook, said = world.update(*WORK)
    assert "## Objectives\nAnother word in the body." in texts(notebook)
    assert "A word in the body." not in str(texts(notebook))
    assert f"{FIRST_NAME}: kept your exercise 1.1 and 2 cells of your own; cells from the course: 1 changed." in said
    assert cell(notebook, "small = [").outputs[0].text == "285\n"


def test_changed_code_arrives_without_the_outputs_of_the_old(world: World) -> None:
    world.edit(work)
    world.change("for number in range(10)", "for number in range(20)")
    notebook, _ = world.update(*WORK)
    changed = cell(notebook, "small = [")
    assert "range(20)" in changed.source
    assert (changed.outputs, changed.execution_count) == ([], None)
    assert role(notebook, "todo", "1.1").execution_count == 3


def test_new_cells_arrive_before_and_after_an_answer_and_beside_the_learners_own(world: World) -> None:
    world.edit(work)
    world.change('# %% [markdown] hint="1.1"', '# %% [markdown]\n# New behind the check.\n\n# %% [markdown] hint="1.1"')
    world.change('# %% todo="1.1"', '# %%\nnew_before = "the answer"\n\n# %% todo="1.1"')
    notebook, said = world.update(*WORK)
    order = texts(notebook)
    places = [order.index(text) for text in ('new_before = "the answer"', *WORK, "New behind the check.")]
    assert places == sorted(places)
    assert "2 new" in said


def test_a_cell_that_the_course_removed_goes_unless_the_learner_wrote_in_it(world: World) -> None:
    world.edit(work)
    note = "### A small thing\nMy own words about this paragraph, which is too short."
    world.edit(lambda notebook: cell(notebook, "A small thing").update(source=note))
    world.change(SMALL, "")
    notebook, said = world.update(*WORK, note)
    assert "small = [" not in str(texts(notebook))
    assert "1 removed" in said
    assert 'the text "### A small thing" is no longer in the course; yours stays' in said


def test_moved_cells_stand_where_the_course_has_them_and_the_learners_follow(world: World) -> None:
    world.edit(work)
    own = "total = sum(small)"
    world.edit(lambda notebook: after(notebook, "small = [", nbformat.v4.new_code_cell(own)))
    world.sources["01_first_steps"] = FIRST.replace("# %%\nimport os", SMALL.lstrip() + "\n# %%\nimport os")
    world.publish()
    notebook, _ = world.update(*WORK, own)
    given = [text for text in texts(notebook) if text not in (*WORK, own)]
    assert len(given) == len(world.newest.cells) - 1
    order = texts(notebook)
    assert order.index(own) == order.index(cell(notebook, "small = [").source) + 1 < order.index(ANSWER)
    assert cell(notebook, "small = [").outputs[0].text == "285\n"


def test_a_renamed_lesson_takes_the_learners_work_along(world: World) -> None:
    world.edit(work)
    new = "03_the_first_steps.ipynb"
    text = world.sources.pop("01_first_steps")
    world.sources["03_the_first_steps"] = re.sub(r"\b1\.(\d)", r"3.\1", text).replace("One more.", "Just one more.")
    world.sources["02_second_steps"] = SECOND.replace('needs: ["01"]', 'needs: ["03"]')
    world.publish()
    notebook, said = world.update(*WORK, name=new, old_name=FIRST_NAME)
    assert f"Lesson {FIRST_NAME} is now {new}." in said
    assert not world.path().exists()
    assert role(notebook, "todo", "3.1").source == ANSWER
    assert 'check.exercise("3.1", "add_one")' in str(texts(notebook))
    assert cell(notebook, "# 03 · First steps")


def test_two_lessons_that_change_places_keep_their_work(world: World) -> None:
    world.edit(work)
    first, second = world.sources.pop("01_first_steps"), world.sources.pop("02_second_steps")
    world.sources["02_first_steps"] = re.sub(r"\b1\.(\d)", r"2.\1", first)
    world.sources["01_second_steps"] = second.replace('["01"]', "[]")
    world.publish()
    notebook, _ = world.update(*WORK, name="02_first_steps.ipynb", old_name=FIRST_NAME)
    assert role(notebook, "todo", "2.1").source == ANSWER
    assert "second" in str(texts(world.read("01_second_steps.ipynb")))


def test_a_new_lesson_is_there_and_said(world: World) -> None:
    world.edit(work)
    world.sources["03_third_steps"] = SECOND.replace("Second", "Third")
    world.publish()
    _, said = world.update(*WORK)
    assert "A new lesson 03 in work/." in said
    assert world.read("03_third_steps.ipynb").cells[0].source.startswith("# 03 · Third steps")


def test_a_removed_lesson_stays_where_it_holds_work_and_goes_where_not(world: World) -> None:
    world.edit(work)
    del world.sources["01_first_steps"], world.sources["02_second_steps"]
    world.publish()
    _, said = world.update(*WORK)
    assert f"Lesson {FIRST_NAME} is no longer in the course. Your copy stays in work/." in said
    assert not world.path("02_second_steps.ipynb").exists()
    assert "no longer" not in world.open()


def test_a_stub_that_nobody_answered_is_the_new_one(world: World) -> None:
    world.edit(work)
    world.change('todo="1.2" task="return x + 2"', 'todo="1.2" task="return x + 1 + 1"')
    world.change('"""Two more."""', '"""Two more than x."""')
    notebook, said = world.update(*WORK)
    stub = role(notebook, "todo", "1.2")
    assert 'raise NotImplementedError("Exercise 1.2 is yours: return x + 1 + 1")' in stub.source
    assert '"""Two more than x."""' in stub.source
    assert stub.metadata.nbgrader == role(world.newest, "todo", "1.2").metadata.nbgrader
    assert "not" not in said.split(FIRST_NAME)[1].splitlines()[0]


def test_a_new_signature_stands_below_an_answer_to_the_old_one(world: World) -> None:
    world.edit(work)
    world.change("def add_one(x: int) -> int:", "def add_one(x: int, times: int) -> int:")
    world.change("add_one(1), 2", "add_one(1, times=1), 2")
    notebook, said = world.update(*WORK)
    assert role(notebook, "todo", "1.1").source == ANSWER
    folded = texts(notebook)[texts(notebook).index(ANSWER) + 1]
    assert "def add_one(x: int, times: int) -> int:" in folded
    assert "NotImplementedError" in folded
    assert "add_one(1, times=1)" in role(notebook, "check", "1.1").source
    assert "exercise 1.1 has changed; your answer stays, with the new version folded below it." in said


def test_a_new_task_alone_makes_no_fuss_about_an_answer(world: World) -> None:
    world.edit(work)
    world.change('task="return x + 1"', 'task="return one more than x"')
    notebook, said = world.update(*WORK)
    assert "has changed" not in said
    assert len(notebook.cells) == len(world.newest.cells) + 2


def test_a_removed_exercise_leaves_its_answer_as_a_cell_of_the_learners_own(world: World) -> None:
    world.edit(work)
    text = world.sources["01_first_steps"]
    begin, end = text.index("# %% [markdown]\n# ### Exercise 1.1"), text.index("# %% [markdown]\n# ### Exercise 1.2")
    world.change(text[begin:end], "")
    notebook, said = world.update(*WORK)
    answer = cell(notebook, "# by me")
    assert not {"nbgrader", "course", "deletable"} & set(answer.metadata)
    assert 'check.exercise("1.1"' not in str(texts(notebook))
    assert "exercise 1.1 is no longer in the course; yours stays, as a cell of your own." in said


def test_another_exercise_under_the_same_number_does_not_get_the_old_answer(world: World) -> None:
    world.edit(work)
    world.change("add_one", "take_one")
    world.change('"""One more.', '"""One less, which is something else.')
    notebook, said = world.update(*WORK)
    assert "def take_one" in role(notebook, "todo", "1.1").source
    assert "NotImplementedError" in role(notebook, "todo", "1.1").source
    assert "exercise 1.1 is no longer in the course; yours stays" in said


def test_an_answer_follows_its_exercise_to_another_number(world: World) -> None:
    answer = 'def add_two(x: int) -> int:\n    """Two more."""\n    return 2 + x'
    world.edit(work)
    world.edit(lambda notebook: role(notebook, "todo", "1.2").update(source=answer))
    text = world.sources["01_first_steps"].replace("1.2", "1.3").replace("    return x + 2\n", "    return 1 + 1 + x\n")
    begin = text.index("# %% [markdown]\n# ### Exercise 1.3")
    new = """\
# %% [markdown]
# ### Exercise 1.2 · Add none

# %% todo="1.2" task="return x"
def add_none(x: int) -> int:
    ### BEGIN SOLUTION
    return x
    ### END SOLUTION

# %% check="1.2" points=1
with check.exercise("1.2", "add_none"):
    check.equal("as before", add_none(1), 1, hint="Nothing is added.")

# %% [markdown] hint="1.2"
# Nothing.

"""
    world.sources["01_first_steps"] = text[:begin] + new + text[begin:]
    world.publish()
    notebook, _ = world.update(*WORK, answer)
    assert role(notebook, "todo", "1.3").source == answer
    assert role(notebook, "todo", "1.3").metadata.nbgrader.grade_id == "exercise-1-3"
    assert "Exercise 1.2 is yours: return x" in role(notebook, "todo", "1.2").source
    order = [c.metadata.nbgrader.grade_id for c in notebook.cells if "nbgrader" in c.metadata]
    assert order == [f"{kind}-1-{n}" for n in (1, 2, 3) for kind in ("exercise", "check")]


def test_a_changed_check_is_the_new_one(world: World) -> None:
    world.edit(work)
    world.change("Is it the same for every number?", "Five is a number too.")
    notebook, _ = world.update(*WORK)
    assert role(notebook, "check", "1.1") == role(world.newest, "check", "1.1")


def test_a_cell_that_was_split_arrives_in_both_parts(world: World) -> None:
    world.edit(work)
    world.change("range(10)]\nprint", "range(10)]\n\n# %% [markdown]\n# And now their sum.\n\n# %%\nprint")
    notebook, _ = world.update(*WORK)
    given = [text for text in texts(notebook) if text not in WORK]
    assert given[-4:-2] == ["And now their sum.", "print(sum(small))"]
    assert "small = [number**2 for number in range(10)]" in given


def test_a_cell_that_was_split_and_edited_shows_both_sides(world: World) -> None:
    world.edit(work)
    mine = "small = [number**3 for number in range(10)]\nprint(sum(small))"
    world.edit(lambda notebook: cell(notebook, "small = [").update(source=mine))
    world.change("range(10)]\nprint", "range(10)]\n\n# %%\nprint")
    notebook, said = world.update(*WORK, mine)
    assert "print(sum(small))" in texts(notebook)
    assert "small = [number**2" in texts(notebook)[texts(notebook).index(mine) + 1]
    assert 'the cell "small = [number**2 for number in range(10)]" has changed, and you have' not in said
    assert "you have changed it too; yours stays" in said


def test_metadata_arrive_and_the_learners_stay(world: World) -> None:
    world.edit(work)
    world.edit(lambda notebook: cell(notebook, "small = [").metadata.update(collapsed=True, tags=["mine"]))
    world.change('check="1.1" points=2', 'check="1.1" points=7')
    notebook, _ = world.update(*WORK)
    assert role(notebook, "check", "1.1").metadata == role(world.newest, "check", "1.1").metadata
    assert role(notebook, "check", "1.1").metadata.nbgrader.points == 7
    assert cell(notebook, "small = [").metadata == {"collapsed": True, "tags": ["mine"]}


@pytest.mark.parametrize(
    ("part", "mine", "old", "new"),
    [
        ("Objectives", "## Objectives\nMine to say.", "A word in the body.", "The course's word in the body."),
        ("small = [", "small = [1, 2, 3]", "for number in range(10)", "for number in range(30)"),
        ("What is $x + 1$", "I did not need it.", "What is $x + 1$?", "What is $1 + x$?"),
        ("Why one", "Because I say so.", "Why one?", "Why not two?"),
    ],
)
def test_what_both_sides_changed_is_the_learners_with_the_courses_folded_below(
    part: str, mine: str, old: str, new: str, world: World
) -> None:
    world.edit(work)
    world.edit(lambda notebook: cell(notebook, part).update(source=mine))
    world.change(old, new)
    notebook, said = world.update(*WORK, mine)
    folded = texts(notebook)[texts(notebook).index(mine) + 1]
    assert folded.startswith("<details><summary>The course has a new version of the cell above")
    assert new.rpartition(" ")[2] in folded
    assert "has changed; you have changed it too; yours stays, with the new version folded below it." in said
    # A newer one takes the place of that note; nothing is doubled.
    world.change(new, new.replace("'s ", "'s latest ") if "'s " in new else new + " ")
    world.change("# Twice.", "# Two times.")
    notebook, _ = world.update(*WORK, mine)
    assert sum("The course has a new version" in text for text in texts(notebook)) == 1
    assert "Two times." in str(texts(notebook))


def test_the_same_change_on_both_sides_is_no_conflict(world: World) -> None:
    world.edit(work)
    world.edit(lambda notebook: cell(notebook, "Objectives").update(source="## Objectives\nA better word."))
    world.change("A word in the body.", "A better word.")
    notebook, said = world.update(*WORK)
    assert "has changed" not in said
    assert len(notebook.cells) == len(world.newest.cells) + 2


def test_what_the_learner_deleted_stays_deleted_and_is_said_where_it_changed(world: World) -> None:
    def delete(notebook: NotebookNode) -> None:
        notebook.cells = [c for c in notebook.cells if "small" not in c.source]

    world.edit(work)
    world.edit(delete)
    world.change("range(10)", "range(50)")
    notebook, said = world.update(*WORK)
    assert "small" not in str(texts(notebook))
    assert 'the cell "small = [number**2 for number in range(50)]" has changed; you had removed it' in said
    assert "A small thing" not in said


def test_an_exercise_or_a_check_that_is_missing_is_put_back(world: World) -> None:
    def delete(notebook: NotebookNode) -> None:
        notebook.cells = [c for c in notebook.cells if not {"todo", "check"} & set(c.metadata.get("course", {}))]

    world.edit(delete)
    world.edit(lambda notebook: after(notebook, "Objectives", nbformat.v4.new_markdown_cell(NOTE)))
    world.change("A word", "A second word")
    notebook, said = world.update(NOTE)
    assert "NotImplementedError" in role(notebook, "todo", "1.1").source
    assert "the check of 1.2 was missing and has been put back." in said


def test_the_learners_cells_stay_at_the_top_in_the_middle_and_at_the_end(world: World) -> None:
    def add(notebook: NotebookNode) -> None:
        notebook.cells.insert(0, nbformat.v4.new_markdown_cell("# At the top"))
        after(notebook, "Objectives", nbformat.v4.new_raw_cell("Raw, in the middle"))
        notebook.cells.append(nbformat.v4.new_code_cell("at_the_end = True"))

    world.edit(add)
    world.change("# Twice.", "# Two times.\n\n# %% [markdown]\n# Something new.")
    notebook, _ = world.update("# At the top", "Raw, in the middle", "at_the_end = True")
    assert texts(notebook)[0] == "# At the top"
    assert texts(notebook)[-1] == "at_the_end = True"
    assert texts(notebook)[texts(notebook).index("Raw, in the middle") - 1].startswith("## Objectives")


def test_an_exercise_that_was_copied_and_split_loses_neither_part(world: World) -> None:
    def copy(notebook: NotebookNode) -> None:
        work(notebook)
        again = nbformat.from_dict(json.loads(json.dumps(role(notebook, "todo", "1.1"))))
        again.id, again.source = "a-copy", "def helper(x):\n    return x"
        after(notebook, "# by me", again)

    world.edit(copy)
    world.change("def add_one(x: int) -> int:", "def add_one(x: float) -> float:")
    world.update(*WORK, "def helper(x):\n    return x")


# --------------------------------------------------------------------------------------------------- odd copies


@pytest.mark.parametrize(
    "damage", [lambda b: b[: len(b) // 2], lambda b: b"", lambda b: b"[1, 2]", lambda b: b"\xff\xfe"]
)
def test_a_damaged_copy_is_kept_aside_and_a_fresh_one_made(damage: Callable[[bytes], bytes], world: World) -> None:
    world.edit(work)
    broken = damage(world.path().read_bytes())
    world.path().write_bytes(broken)
    world.change("A word", "A new word")
    notebook, said = world.update()
    assert texts(notebook) == texts(world.newest)
    kept = re.search(
        rf"work/{FIRST_NAME} is damaged: it is kept as (\S+), and there is a fresh copy in its place\.", said
    )
    assert (world.clone / kept[1]).read_bytes() == broken


def test_the_lab_too_replaces_a_damaged_copy_and_shows_what_jupyterlab_saved_before(world: World) -> None:
    world.edit(work)
    checkpoint = world.clone / "work" / ".ipynb_checkpoints" / "01_first_steps-checkpoint.ipynb"
    checkpoint.parent.mkdir()
    shutil.copy(world.path(), checkpoint)
    world.path().write_text('{"cells": [')
    said = world.open()
    saved = re.search(r"What JupyterLab had saved before is (\S+ipynb)\.", said)[1]
    assert ANSWER in texts(nbformat.read(world.clone / saved, as_version=4))
    assert texts(world.read()) == texts(world.newest)


def test_a_copy_that_lost_its_ids_is_merged_by_its_texts(world: World) -> None:
    def old_format(notebook: NotebookNode) -> None:
        work(notebook)
        notebook.nbformat_minor = 4
        for c in notebook.cells:
            del c["id"]

    world.edit(old_format)
    world.change("A word", "A new word")
    world.change("range(10)", "range(20)")
    notebook, _ = world.update(*WORK)
    assert len(notebook.cells) == len(world.newest.cells) + 2
    assert "A new word" in str(texts(notebook))
    assert "range(20)" in str(texts(notebook))


def test_parts_that_are_not_valid_are_dropped_and_texts_are_not(world: World) -> None:
    world.edit(work)
    data = json.loads(world.path().read_text("utf-8"))
    data["cells"][3]["outputs"] = [{"output_type": "no such thing"}]
    data["cells"] += [
        {"cell_type": "code", "source": ["odd = ", "1"]},
        {"cell_type": "poem", "source": "roses", "metadata": None, "id": "not an id!"},
    ]
    world.path().write_text(json.dumps(data), "utf-8")
    world.change("A word", "A new word")
    world.update(*WORK, "odd = 1", "roses")


def test_a_copy_without_a_base_finds_it_in_gits_history(world: World) -> None:
    world.edit(work)
    shutil.rmtree(world.clone / "work" / ".course")
    world.change("A word", "A new word")
    world.change("range(10)", "range(20)")
    notebook, said = world.update(*WORK)
    assert len(notebook.cells) == len(world.newest.cells) + 2
    assert "nobody knows" not in said


def test_a_copy_of_which_nobody_knows_the_base_keeps_all_that_differs(world: World) -> None:
    world.edit(work)
    shutil.rmtree(world.clone / "work" / ".course")
    shutil.rmtree(world.clone / ".git")
    world.change("A word", "A new word")
    world.change("# Twice.", "# Two times.\n\n# %% [markdown]\n# Something new.")
    shutil.copytree(world.upstream / "notebooks", world.clone / "notebooks", dirs_exist_ok=True)  # a download
    assert "`python3 course.py update`" in world.open().replace("`py ", "`python3 ")
    assert working_copies.main(["update"], world.clone) == 0
    notebook, said = world.read(), world.said()
    nbformat.validate(notebook)
    assert set(WORK) <= set(texts(notebook))
    assert "## Objectives\nA word in the body." in texts(notebook)
    assert "Something new." in texts(notebook)
    assert "A new word" in str(texts(notebook))
    assert "nobody knows which version it was made from" in said


def test_a_copy_that_is_saved_while_it_is_merged_is_not_overwritten(world: World, monkeypatch: Any) -> None:
    world.edit(work)
    world.change("A word", "A new word")
    finish = working_copies.merge.finish

    def saved_meanwhile(notebook: dict[str, Any]) -> str:
        world.edit(lambda copy: copy.cells.append(nbformat.v4.new_code_cell("late = 1")))
        return finish(notebook)

    monkeypatch.setattr(working_copies.merge, "finish", saved_meanwhile)
    course.fetch()
    assert working_copies.main(["update"], world.clone) == 1
    assert "was saved just now" in world.said()
    assert "late = 1" in texts(world.read())


def test_an_update_that_was_cut_off_before_its_end_goes_on_from_there(world: World) -> None:
    world.edit(work)
    base = world.clone / "work" / ".course" / FIRST_NAME
    old = base.read_bytes()
    world.change("A word", "A new word")
    world.change("# Twice.", "# Two times.\n\n# %% [markdown]\n# Something new.\n\n# %%\nnew = 1")
    first, _ = world.update(*WORK)
    base.write_bytes(old)  # the copy was written, its base was not
    second, _ = world.update(*WORK)
    assert texts(second) == texts(first)


def test_a_copy_from_before_the_update_that_was_put_back_is_updated_again(world: World) -> None:
    """From the backups; or by JupyterLab, where a learner chose to overwrite the updated file."""
    world.edit(work)
    before = world.path().read_bytes()
    world.change("A word", "A new word")
    first, _ = world.update(*WORK)
    world.path().write_bytes(before)
    assert "There is a new version of lesson 01, where you have worked." in world.open()
    second, said = world.update(*WORK)
    assert texts(second) == texts(first)
    assert "1 changed" in said


def test_an_update_without_news_writes_nothing(world: World) -> None:
    world.edit(work)
    before = world.path().read_bytes()
    _, said = world.update(*WORK)
    assert world.path().read_bytes() == before
    assert said == "The course is the newest version.\n"


# --------------------------------------------------------------------------------------------------------- the lab


def test_the_lab_makes_copies_once_and_git_stays_clean(world: World) -> None:
    assert sorted(path.name for path in (world.clone / "work").glob("*")) == [
        ".course",
        "00_start_here.ipynb",
        FIRST_NAME,
        "02_second_steps.ipynb",
    ]
    assert world.open() == ""
    world.edit(work)
    assert world.open() == ""
    assert world.git("status", "--porcelain") == ""


def test_the_lab_renews_what_nobody_touched_and_tells_how_to_get_the_rest(world: World) -> None:
    world.edit(work)
    before = world.path().read_bytes()
    world.change("A word", "A new word")
    world.change('print("second")', 'print("again")', "02_second_steps")
    world.git("pull", "--quiet", "--ff-only")
    said = world.open()
    assert "Lesson 02: a new version; you had not worked in it." in said
    assert 'print("again")' in str(texts(world.read("02_second_steps.ipynb")))
    assert "There is a new version of lesson 01, where you have worked." in said
    assert "course.py update`: it keeps what you wrote." in said
    assert world.path().read_bytes() == before


def test_a_copy_that_the_learner_moved_away_is_made_anew(world: World) -> None:
    world.edit(work)
    world.path().rename(world.path("my_first_try.ipynb"))
    world.open()
    assert texts(world.read()) == texts(world.newest)
    world.change("A word", "A new word")
    world.update()
    assert ANSWER in texts(world.read("my_first_try.ipynb"))


def test_solved_copies_stand_beside_the_lessons_and_a_changed_one_is_kept(world: World) -> None:
    solved = world.upstream / "notebooks" / "solutions" / FIRST_NAME
    solved.parent.mkdir()
    for text in ("one", "two", "three"):
        solved.write_text(text)
        world.publish()
        world.git("pull", "--quiet", "--ff-only")
        copy = world.clone / "work" / "solutions" / FIRST_NAME
        if text == "three":
            copy.write_text("the learner's")
        world.open()
        assert copy.read_text() == text
    assert [path.read_text() for path in world.clone.glob("work/backups/*/*_solved.ipynb")] == ["the learner's"]


# -------------------------------------------------------------------------- who has worked in the course's own files


def test_work_in_the_courses_own_file_becomes_the_copy_and_git_is_clean_again(world: World) -> None:
    shutil.rmtree(world.clone / "work")
    world.edit(work, path=world.clone / "notebooks" / FIRST_NAME)
    said = world.open()
    assert f"You have worked in notebooks/{FIRST_NAME}: your copy is now work/{FIRST_NAME}." in said
    assert set(WORK) <= set(texts(world.read()))
    assert world.git("status", "--porcelain") == ""
    world.change("A word", "A new word")
    notebook, _ = world.update(*WORK)
    assert "A new word" in str(texts(notebook))


def test_a_file_of_the_courses_that_was_only_opened_and_saved_is_put_back(world: World) -> None:
    tracked = world.clone / "notebooks" / FIRST_NAME
    world.edit(work)
    world.edit(lambda notebook: notebook.metadata.update(edited_by="an editor"), path=tracked)
    tracked.with_name("02_second_steps.ipynb").chmod(0o755)  # as everything is on some shared drives
    before = world.path().read_bytes()
    assert "You have worked" not in world.open()
    assert world.path().read_bytes() == before
    assert world.git("-c", "core.fileMode=false", "status", "--porcelain") == ""
    assert sorted(path.name for path in (world.clone / "work").glob("*.ipynb")) == [
        "00_start_here.ipynb",
        FIRST_NAME,
        "02_second_steps.ipynb",
    ]


def test_work_in_both_places_gives_two_notebooks(world: World) -> None:
    world.edit(work)
    other = "def add_one(x):\n    return 1 + x  # in the course's own file"
    world.edit(
        lambda notebook: role(notebook, "todo", "1.1").update(source=other), path=world.clone / "notebooks" / FIRST_NAME
    )
    _, said = world.update(*WORK)
    assert "The first is now work/01_first_steps_from_notebooks.ipynb" in said
    assert other in texts(world.read("01_first_steps_from_notebooks.ipynb"))


def test_after_stash_pull_pop_the_broken_notebook_is_mended(world: World) -> None:
    shutil.rmtree(world.clone / "work")
    tracked = world.clone / "notebooks" / FIRST_NAME
    world.edit(work, path=tracked)
    world.change("def add_one(x: int) -> int:", "def add_one(x: int, times: int) -> int:")
    world.git("stash")
    world.git("pull", "--quiet", "--ff-only")
    with pytest.raises(subprocess.CalledProcessError):
        world.git("stash", "pop")
    assert "<<<<<<<" in tracked.read_text("utf-8")
    broken = tracked.read_bytes()
    world.open()
    assert broken in [path.read_bytes() for path in world.clone.glob("work/backups/*/*.ipynb")]
    notebook, _ = world.update(*WORK)
    assert "times: int" in str(texts(notebook))


def test_commits_of_the_learners_are_kept_and_the_advice_for_them_works(world: World) -> None:
    shutil.rmtree(world.clone / "work")
    world.edit(work, path=world.clone / "notebooks" / FIRST_NAME)
    world.git("commit", "--quiet", "--all", "--message", "My answers")
    world.change("A word", "A new word")
    assert working_copies.main(["adopt"], world.clone) == 0
    with pytest.raises(course.Problem, match=r"1 commits that the course does not have") as problem:
        course.fetch()
    assert set(WORK) <= set(texts(world.read()))
    world.open()
    assert set(WORK) <= set(texts(world.read()))
    for line in re.findall(r"^    git (.*)", str(problem.value), re.M):
        world.git(*line.split())
    notebook, _ = world.update(*WORK)
    assert "A new word" in str(texts(notebook))
    assert len(notebook.cells) == len(world.newest.cells) + 2


def test_whoever_writes_the_course_keeps_what_the_build_made(world: World) -> None:
    with open(world.clone / "notebooks" / "src" / "01_first_steps.py", "a") as source:
        source.write("\n# %% [markdown]\n# More.\n")
    made = build.read_course(world.clone)
    tracked = world.clone / "notebooks" / FIRST_NAME
    tracked.write_text(build.to_text(build.student_notebook(made.find("01"), made)), "utf-8")
    assert "Lesson 01: a new version" in world.open()
    assert "More." in texts(nbformat.read(tracked, as_version=4))
    assert "More." in texts(world.read())


# ------------------------------------------------------------------------------------------------------- fetching


def test_without_the_network_it_says_so_and_changes_nothing(world: World) -> None:
    world.edit(work)
    world.change("A word", "A new word")
    world.upstream.rename(world.upstream.with_name("gone"))
    before = world.path().read_bytes()
    with pytest.raises(
        course.Problem, match=r"could not be fetched, and nothing has changed\. git says: fatal:.*network"
    ):
        course.fetch()
    assert world.path().read_bytes() == before


def test_changed_files_in_the_way_are_named_with_a_way_on(world: World) -> None:
    world.sources["01_first_steps"] += "\n# %% [markdown]\n# More.\n"
    (world.upstream / "README.md").write_text("A better course\n")
    (world.upstream / "new.txt").write_text("new\n")
    world.publish()
    (world.clone / "README.md").write_text("My course\n")
    (world.clone / "new.txt").write_text("mine\n")
    with pytest.raises(course.Problem, match=r"changed yet: README\.md, new\.txt\n.*git checkout HEAD -- FILE"):
        course.fetch()
    world.git("checkout", "HEAD", "--", "README.md")
    (world.clone / "new.txt").unlink()
    (world.clone / "pyproject.toml").write_text("# mine, and not in the way\n")
    assert course.fetch()
    assert (world.clone / "README.md").read_text() == "A better course\n"


def test_a_branch_that_follows_nothing_is_named(world: World) -> None:
    world.git("switch", "--quiet", "--create", "mine")
    with pytest.raises(course.Problem, match=r"follows no branch of the course's\. .*git switch main"):
        course.fetch()


def test_a_copy_without_git_is_updated_from_a_download(world: World, tmp_path: Path) -> None:
    shutil.rmtree(world.clone / ".git")
    world.edit(work)
    assert course.fetch() is False
    assert "download it and unpack it over this folder; your lessons in `work` stay" in world.said()
    world.change("A word", "A new word")
    shutil.copytree(world.upstream / "notebooks", world.clone / "notebooks", dirs_exist_ok=True)
    assert working_copies.main(["update"], world.clone) == 0
    assert set(WORK) <= set(texts(world.read()))
    assert "A new word" in str(texts(world.read()))


def test_without_git_too_work_in_the_courses_own_file_is_safe(world: World) -> None:
    shutil.rmtree(world.clone / ".git")
    shutil.rmtree(world.clone / "work")
    tracked = world.clone / "notebooks" / FIRST_NAME
    world.edit(work, path=tracked)
    world.open()
    assert set(WORK) <= set(texts(world.read()))
    world.change("A word", "A new word")
    shutil.copytree(world.upstream / "notebooks", world.clone / "notebooks", dirs_exist_ok=True)
    assert working_copies.main(["update"], world.clone) == 0
    assert set(WORK) <= set(texts(world.read()))
    assert "A new word" in str(texts(world.read()))


def test_without_git_on_the_machine_the_cure_is_named(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    with pytest.raises(course.Problem, match="Install git"):
        course.fetch()


@pytest.mark.slow
@pytest.mark.skipif(os.name == "nt", reason="the stand-in for the environment's Python is a script")
def test_the_whole_command_goes_on_with_the_code_that_it_fetched(world: World) -> None:
    tools = [ROOT / "course.py", ROOT / "notebooks" / "working_copies.py", ROOT / "notebooks" / "merge.py"]
    for path in tools:
        shutil.copy(path, world.upstream / path.relative_to(ROOT))
    (world.upstream / ".gitignore").write_text("/work/\n/.venv*\n__pycache__/\n")
    (world.upstream / "requirements.txt").write_text("# nothing\n")
    world.publish()
    world.git("pull", "--quiet", "--ff-only")
    python = world.clone / ".venv" / "bin" / "python"
    python.parent.mkdir(parents=True)
    python.write_text(f'#!/bin/sh\nexec "{sys.executable}" "$@"\n')
    python.chmod(0o755)
    (world.clone / ".venv" / "course-lab.stamp").write_text(course.stamp("lab"))
    world.edit(work)

    old = (world.upstream / "notebooks" / "working_copies.py").read_text("utf-8")
    new = old.replace("copies = Copies(root)", 'copies = Copies(root)\n    say("The new code is at work.")', 1)
    assert new != old
    (world.upstream / "notebooks" / "working_copies.py").write_text(new, "utf-8")
    world.change("A word", "A new word")
    done = subprocess.run(
        [sys.executable, "course.py", "update"], cwd=world.clone, capture_output=True, text=True, timeout=120
    )
    assert (done.returncode, done.stderr) == (0, "")
    lines = done.stdout.splitlines()
    assert lines[:2] == ["Fetched 1 change of the course.", "The new code is at work."]
    assert set(WORK) <= set(texts(world.read()))
    assert "A new word" in str(texts(world.read()))
