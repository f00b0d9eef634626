"""What a lesson is, and how its source is read.

A source is `notebooks/src/NN_name.py` in jupytext's percent format: a header, then cells. CONTRIBUTING.md has the
grammar.
"""

from __future__ import annotations

import re
import textwrap
import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import jupytext
import yaml
from nbformat import NotebookNode

ROOT = Path(__file__).resolve().parents[2]
#: The course's own packages: a solved copy is out of date when code of theirs has changed that its kernel had imported.
PACKAGES = ("course_utils", "course_checks")

PROJECT = "pyproject.toml"
GITHUB = "https://github.com/"
OWNER, NAME = r"[A-Za-z0-9](?:[\w-]*[A-Za-z0-9])?", r"[\w.-]*[\w-]"  # what GitHub lets stand for them

BEGIN, END = "### BEGIN SOLUTION", "### END SOLUTION"
ANSWER = "<!-- ANSWER -->"
HEADER_KEYS = {"title", "goal", "needs", "know", "time", "runs", "memory", "uses"}
FRAMEWORKS = {"torch", "jax"}
#: What a cell may be (the first key on its `# %%` line) and the further keys that go with it.
ROLES: dict[str, set[str]] = {
    "todo": {"task"},
    "check": {"points"},
    "hint": set(),
    "think": set(),
    "depth": set(),
    "uses": set(),
    "template": set(),
}


class SourceError(Exception):
    """A lesson's source cannot be built; each problem names the file, the line and the cure."""

    def __init__(self, problems: Sequence[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = list(problems)


@dataclass(frozen=True)
class Cell:
    """One cell of a source file."""

    kind: str  # "code" or "markdown"
    source: str
    role: str  # "" for a plain cell, else a key of ROLES
    name: str  # the value of that key: "1.2" for an exercise
    line: int  # where its `# %%` line stands
    options: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Lesson:
    """A parsed source file."""

    path: Path
    number: str
    title: str
    goal: str
    needs: tuple[str, ...]
    know: str
    time: str
    runs: str
    memory: str  # the kernel's peak, such as "640 MB"; empty until `--memory` has measured it
    uses: tuple[str, ...]
    cells: tuple[Cell, ...] = field(repr=False)

    @property
    def stem(self) -> str:
        """File name without its ending, such as `01_boltzmann_distribution`."""
        return self.path.stem

    @property
    def core(self) -> tuple[Cell, ...]:
        """The cells before the one that opens the depth part; all cells where there is none."""
        return self.cells[: self._depth_at]

    @property
    def depth(self) -> tuple[Cell, ...]:
        """The cells from the one that opens the depth part on."""
        return self.cells[self._depth_at :]

    @property
    def depth_time(self) -> str:
        """How long the depth part takes to work through; empty where there is none."""
        return self.depth[0].name if self.depth else ""

    @property
    def times(self) -> str:
        """Minutes of core and depth, such as "60 + 45 min"."""
        return f"{self.time.removesuffix(' min')} + {self.depth_time}" if self.depth else self.time

    @property
    def _depth_at(self) -> int:
        return next((i for i, cell in enumerate(self.cells) if cell.role == "depth"), len(self.cells))

    @property
    def points(self) -> dict[str, int | float]:
        """Points of each exercise, in order."""
        return {c.name: c.options.get("points", 0) for c in self.cells if c.role == "check"}

    def cell(self, role: str, name: str) -> Cell:
        """The cell with this role and name, such as ("todo", "1.2")."""
        return next(c for c in self.cells if (c.role, c.name) == (role, name))


@dataclass(frozen=True)
class Course:
    """All lessons of a checkout, and where their files are."""

    root: Path
    repository: str  # https://github.com/owner/name
    lessons: tuple[Lesson, ...] = field(repr=False)

    @property
    def owner_and_name(self) -> str:
        """The repository as GitHub names it: owner/name."""
        return self.repository.removeprefix(GITHUB)

    @property
    def notebooks(self) -> Path:
        """The folder of the student copies."""
        return self.root / "notebooks"

    @property
    def readme(self) -> Path:
        """The file that holds the table of lessons."""
        return self.root / "README.md"

    def student_path(self, lesson: Lesson) -> Path:
        """Where the copy with blank exercises stands."""
        return self.notebooks / f"{lesson.stem}.ipynb"

    def solved_path(self, lesson: Lesson) -> Path:
        """Where the executed copy stands."""
        return self.notebooks / "solutions" / f"{lesson.stem}.ipynb"

    def answers_path(self, lesson: Lesson) -> Path:
        """Where the wrong and right answers to its exercises stand."""
        return self.root / "tests" / "answers" / f"{lesson.stem}.py"

    def find(self, number: str) -> Lesson | None:
        """The lesson with this number, if it is written."""
        return next((x for x in self.lessons if x.number == number), None)

    def show(self, path: Path) -> str:
        """A path as a reader knows it: relative to the root, with forward slashes."""
        return path.relative_to(self.root).as_posix()


def read_course(root: Path = ROOT) -> Course:
    """Read all sources below `root`.

    Raises:
        SourceError: if the repository's address, a file name or a header is malformed, or a lesson needs one that
            does not exist.
    """
    problems: list[str] = []
    lessons: list[Lesson] = []
    for path in sorted((root / "notebooks" / "src").glob("*.py")):
        try:
            lessons.append(read_lesson(path))
        except SourceError as error:
            problems += error.problems
    numbers = [x.number for x in lessons]
    for lesson in lessons:
        if numbers.count(lesson.number) > 1:
            problems.append(f"{lesson.path.name}: another source has the number {lesson.number}. Renumber one of them.")
        for need in lesson.needs:
            if need not in numbers:
                problems.append(f"{lesson.path.name}: needs lesson {need}, which does not exist. Correct `needs`.")
    if problems:
        raise SourceError(problems)
    return Course(root, read_repository(root / PROJECT), tuple(lessons))


def read_repository(pyproject: Path) -> str:
    """The repository's address from `[project.urls]`, without a trailing slash or `.git`."""
    urls = tomllib.loads(pyproject.read_text("utf-8")).get("project", {}).get("urls", {})
    return repository_of(str(urls.get("Repository", "")), f"{pyproject.name}: [project.urls] Repository")


def repository_of(text: str, where: str) -> str:
    """An address as the course writes it, without a trailing slash or `.git`.

    Raises:
        SourceError: if it is not that of a repository on GitHub; begins with `where`.
    """
    address = text.strip().rstrip("/").removesuffix(".git")
    if not re.fullmatch(
        re.escape(GITHUB) + r"[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?/[\w.-]*[\w-]", address, re.ASCII
    ):
        raise SourceError(
            [
                f"{where} is {text!r}. Write https://github.com/owner/name: Colab, Binder and Kaggle open notebooks "
                "from there by a link, and from no other host in the same way."
            ]
        )
    return address


def read_lesson(path: Path) -> Lesson:
    """Read one source file; its header must be right, its cells are looked at by `problems_of`."""
    if not re.fullmatch(r"\d\d_[a-z0-9_]+\.py", path.name):
        raise SourceError([f"{path.name}: a source is named NN_name.py, lower case. Rename it."])
    text = path.read_text("utf-8")
    header = _read_header(path, text)
    return Lesson(
        path=path,
        number=path.name[:2],
        title=header["title"],
        goal=header["goal"].rstrip("."),
        needs=tuple(header["needs"]),
        know=header["know"],
        time=header["time"],
        runs=header["runs"],
        memory=header["memory"],
        uses=tuple(header["uses"]),
        cells=tuple(_read_cells(text)),
    )


def at_line(path: Path, line: int, message: str) -> str:
    """A message with the place that it is about."""
    return f"{path.name}, line {line}: {message}"


def _read_header(path: Path, text: str) -> dict[str, Any]:
    """The `course` part of the header: strings, and lists of strings for `needs` and `uses`."""
    match = re.match(r"# ---\n((?:#.*\n)*?)# ---\n", text)
    if not match:
        raise SourceError([at_line(path, 1, "no header. Start the file with `# ---`, the header and `# ---`.")])
    try:
        data = yaml.safe_load("\n".join(line[2:] for line in match[1].splitlines()))
        header = data["jupyter"]["course"]
    except (yaml.YAMLError, KeyError, TypeError) as error:
        mark = getattr(error, "problem_mark", None)
        message = (
            "the header is not YAML with jupyter: course: inside. Indent as in the other lessons and put quotes around "
            "text that holds a colon."
        )
        raise SourceError([at_line(path, mark.line + 2 if mark else 1, message)]) from None
    return _checked_header(path, header)


def _checked_header(path: Path, header: Any) -> dict[str, Any]:
    problems: list[str] = []
    header = header if isinstance(header, dict) else {}
    known = ", ".join(sorted(HEADER_KEYS))
    problems += [
        f"unknown header key {key!r}. The keys are {known}."
        for key in sorted(map(str, header))
        if key not in HEADER_KEYS
    ]
    problems += [
        f"the header's {key} must be text. Write `{key}: …`, in quotes if it looks like a number."
        for key in ("title", "goal", "know", "time", "runs", "memory")
        if not isinstance(header.get(key, "" if key in ("know", "memory") else None), str)
    ]
    for key in ("needs", "uses"):
        value = header.get(key, [])
        if not isinstance(value, list) or not all(isinstance(x, str) for x in value):
            problems.append(f'the header\'s {key} must be a list of text. Write `{key}: ["…"]`, or `{key}: []`.')
        elif key == "needs" and not all(re.fullmatch(r"\d\d", x) for x in value):
            problems.append('the header\'s needs must hold lesson numbers of two digits. Write `needs: ["00"]`.')
        elif key == "uses" and not set(value) <= FRAMEWORKS:
            problems.append(f"the header's uses may hold {' and '.join(sorted(FRAMEWORKS))} only. Remove the others.")
    memory = header.get("memory", "")
    if isinstance(memory, str) and not re.fullmatch(r"(\d+ MB)?", memory):
        problems.append(f"the header's memory is {memory!r}. Write `memory: 640 MB`, or let `--memory` measure it.")
    if problems:
        raise SourceError([at_line(path, 1, p) for p in problems])
    return {"know": "", "memory": "", "needs": [], "uses": [], **header}


def _read_cells(text: str) -> Iterator[Cell]:
    for cell, keys, line in read_percent(text):
        role = next((k for k in keys if k in ROLES), "")
        options = {k: v for k, v in keys.items() if k != role}
        yield Cell(cell.cell_type, cell.source, role, str(keys.get(role, "")), line, options)


def read_percent(text: str) -> Iterator[tuple[NotebookNode, dict[str, Any], int]]:
    """The cells of a file in the percent format, each with the keys on its `# %%` line and that line's number."""
    fmt = {"extension": ".py", "format_name": "percent", "comment_magics": False}
    cells = jupytext.reads(text, fmt=fmt).cells
    lines = [i for i, line in enumerate(text.splitlines(), 1) if re.match(r"# ?%%", line)]
    lines = [1] * (len(cells) - len(lines)) + lines  # text before the first `# %%` line is a cell of its own
    for cell, line in zip(cells, lines, strict=False):
        yield cell, {k: v for k, v in cell.metadata.items() if k != "lines_to_next_cell"}, line


def solution_of(source: str) -> str:
    """The code between the solution markers of a todo cell, without its indentation."""
    regions: list[list[str]] = []
    inside = False
    for line in source.splitlines():
        if line.strip() == BEGIN:
            inside = True
            regions.append([])
        elif line.strip() == END:
            inside = False
        elif inside:
            regions[-1].append(line)
    return "\n\n".join(textwrap.dedent("\n".join(r)).strip("\n") for r in regions)


def without_markers(source: str) -> str:
    """A todo cell as a reader of the solved copy sees it."""
    return "\n".join(line for line in source.splitlines() if line.strip() not in (BEGIN, END))
