"""One command moves the whole course to another address: no lesson is run, nothing of the old one is left."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path
from urllib.parse import unquote

import nbformat
import pytest
from support.synthetic import ADDRESS, make_course, replace

from notebooks import build
from notebooks.build import address, command
from notebooks.build.source import GITHUB

HERE = build.read_repository(build.ROOT / "pyproject.toml")
THERE, ELSEWHERE = "https://github.com/jane-doe/ebm.course", "https://github.com/Physics-101/spins_2027"


def contents(root: Path) -> dict[str, bytes]:
    """Every file of a course."""
    files = [p for p in root.rglob("*") if p.is_file() and ".git" not in p.relative_to(root).parts]
    return {p.relative_to(root).as_posix(): p.read_bytes() for p in files if "__pycache__" not in p.parts}


def holding(root: Path, owner_and_name: str) -> list[str]:
    """The files that name a repository, however it is written."""
    return [name for name, data in contents(root).items() if owner_and_name in unquote(data.decode("utf-8", "replace"))]


@pytest.fixture
def no_run(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is run from here on."""

    def run(*arguments: object) -> None:
        raise AssertionError("a lesson was run")

    monkeypatch.setattr(command, "execute", run)


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small course that has been built once, with texts that name its address."""
    root = make_course(tmp_path_factory.mktemp("finished") / "course")
    (root / "docs").mkdir()
    (root / "docs" / "teaching.md").write_text(TEACHING, "utf-8", newline="\n")
    (root / ".gitignore").write_text("/work/\n", "utf-8")
    assert build.main(["--jobs", "2"], root) == 0
    return root


@pytest.fixture
def course(finished: Path, tmp_path: Path) -> Path:
    """A copy of it, to change."""
    return Path(shutil.copytree(finished, tmp_path / "course"))


TEACHING = f"""\
# Teaching

<!-- clone:begin -->
```
git clone {ADDRESS}
cd some-course
python3 course.py class release 01
```
<!-- clone:end -->

A link for a hub: https://hub.example.org/hub/user-redirect/git-pull?repo=https%3A%2F%2Fgithub.com%2Fsomeone%2Fsome-course&branch=main
The site: https://someone.github.io/some-course/ and the raw file
https://raw.githubusercontent.com/someone/some-course/main/README.md; {ADDRESS}.git, too.
Another course: https://github.com/someone/some-course-of-old and https://github.com/not-someone/some-course.
"""


@pytest.mark.slow
def test_a_course_goes_to_two_addresses_and_comes_back_as_it_was(course: Path, no_run: None) -> None:
    subprocess.run(["git", "init", "-q", str(course)], check=True)
    before = contents(course)
    for at in (THERE, ELSEWHERE, ADDRESS):
        assert build.main(["--repository", at], course) == 0
        assert build.main(["--check"], course) == 0
        owner, name = at.removeprefix(GITHUB).split("/")
        for other in {THERE, ELSEWHERE, ADDRESS} - {at}:
            left = other.removeprefix(GITHUB)
            assert [x for x in holding(course, left) if x != "docs/teaching.md"] == []
        teaching = (course / "docs" / "teaching.md").read_text("utf-8")
        assert f"git clone {at}\ncd {name}\npython3 course.py class release 01\n" in teaching
        assert f"?repo=https%3A%2F%2Fgithub.com%2F{owner}%2F{name}&branch=main" in teaching
        assert f"https://{owner}.github.io/{name}/ and" in teaching
        assert f"{at}.git, too" in teaching
        assert (
            "https://github.com/someone/some-course-of-old and https://github.com/not-someone/some-course." in teaching
        )
    assert contents(course) == before


@pytest.mark.slow
def test_the_real_course_goes_to_another_address_and_comes_back(tmp_path: Path, no_run: None) -> None:
    root = copy_of_the_course(tmp_path / "course")
    before = contents(root)
    assert build.main(["--repository", THERE], root) == 0
    assert holding(root, HERE.removeprefix(GITHUB)) == []
    for path in sorted((root / "notebooks").glob("*.ipynb")):
        check_links(path, "jane-doe/ebm.course")
        solved = nbformat.read(root / "notebooks" / "solutions" / path.name, 4)
        assert all(c.execution_count for c in solved.cells if c.cell_type == "code")
    readme = (root / "README.md").read_text("utf-8")
    assert "git clone https://github.com/jane-doe/ebm.course\ncd ebm.course\npython3 course.py lab\n" in readme
    assert (
        readme.count("https://kaggle.com/kernels/welcome?src=https://raw.githubusercontent.com/jane-doe/ebm.course/")
        == 15
    )
    assert build.main(["--repository", HERE], root) == 0
    assert contents(root) == before


def copy_of_the_course(folder: Path) -> Path:
    """The files of this checkout that git has or would take, in a repository of their own."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"], cwd=build.ROOT, capture_output=True
    )
    if listed.returncode:
        pytest.skip("not a git checkout")
    for name in filter(None, listed.stdout.decode().split("\0")):
        if (build.ROOT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(build.ROOT / name, folder / name)
    subprocess.run(["git", "init", "-q", str(folder)], check=True)
    return folder


def check_links(path: Path, at: str) -> None:
    """A notebook's links to itself elsewhere, its set-up cell and its links to the issues are those of a repository."""
    notebook = nbformat.read(path, 4)
    title = notebook.cells[0].source
    links = dict(re.findall(r"\[(on \w+)\]\((\S+)\)", title))
    file = f"notebooks/{path.name}"
    assert links == {
        "on Colab": f"https://colab.research.google.com/github/{at}/blob/main/{file}",
        "on Binder": f"https://mybinder.org/v2/gh/{at}/main?labpath={file.replace('/', '%2F')}",
        "on Kaggle": f"https://kaggle.com/kernels/welcome?src=https://raw.githubusercontent.com/{at}/main/{file}",
    }
    setup = next(c.source for c in notebook.cells if c.cell_type == "code")
    assert f'%pip install --quiet --no-deps "course_utils @ git+https://github.com/{at}"' in setup
    everything = "\n".join(c.source for c in notebook.cells)
    assert set(re.findall(r"https://github\.com/([\w.-]+/[\w.-]+)/issues", everything)) <= {at}


@pytest.mark.parametrize(
    "wrong",
    [
        "https://gitlab.com/someone/some-course",
        "http://github.com/someone/some-course",
        "git@github.com:someone/some-course",
        "https://github.com/someone",
        "https://github.com/someone/some course",
        "https://github.com/someone/some-course/tree/main",
        "https://github.com/-someone/some-course",
        "",
    ],
)
def test_what_is_no_repository_on_github_is_refused_and_nothing_changes(
    wrong: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    root = make_course(tmp_path / "course")
    before = contents(root)
    assert build.main(["--repository", wrong], root) == 1
    said = capsys.readouterr().err
    assert f"--repository is {wrong!r}. Write https://github.com/owner/name" in said
    assert contents(root) == before


@pytest.mark.slow
def test_a_lesson_that_would_have_to_be_run_is_named_and_nothing_changes(
    course: Path, no_run: None, capsys: pytest.CaptureFixture[str]
) -> None:
    replace(course / "notebooks" / "src" / "01_first_steps.py", 'print("kernel"', 'print("a kernel"')
    before = contents(course)
    assert build.main(["--repository", THERE], course) == 1
    assert (
        "lesson 01 has to be run first, and nothing has changed. Run: python notebooks/build 01"
        in capsys.readouterr().err
    )
    assert contents(course) == before


@pytest.mark.slow
def test_a_copy_that_holds_work_is_not_written_over(course: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = course / "notebooks" / "01_first_steps.ipynb"
    notebook = nbformat.read(path, 4)
    notebook.cells[1].outputs = [nbformat.v4.new_output("stream", text="mine")]
    nbformat.write(notebook, path)
    before = contents(course)
    assert build.main(["--repository", THERE], course) == 1
    assert "notebooks/01_first_steps.ipynb has been worked in" in capsys.readouterr().err
    assert contents(course) == before


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("https://github.com/a/b", "https://github.com/c/d"),
        ("github.com%2Fa%2Fb&x", "github.com%2Fc%2Fd&x"),
        ("see https://github.com/a/b.", "see https://github.com/c/d."),
        ("https://github.com/a/b.git", "https://github.com/c/d.git"),
        ("https://github.com/a/b.old", "https://github.com/a/b.old"),
        ("https://github.com/a/b-2", "https://github.com/a/b-2"),
        ("https://github.com/aa/b", "https://github.com/aa/b"),
        ("https://a.github.io/b/x", "https://c.github.io/d/x"),
        ("a/b alone", "a/b alone"),
    ],
)
def test_only_the_address_itself_is_replaced(text: str, expected: str) -> None:
    assert address.with_address(text, "a/b", "c/d") == expected
