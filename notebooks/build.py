"""Writes the notebooks of the course from their sources.

    python notebooks/build.py [NN ...] [--check] [--force] [--jobs N]

Each lesson is one text file, `notebooks/src/NN_name.py` (py:percent). From it this script writes the student copy
`notebooks/NN_name.ipynb` (exercises blank, no outputs) and the solved copy `notebooks/solutions/NN_name.ipynb`
(executed). Set-up cell, title, badges, report and links come from the templates below; the repository's address comes
from `pyproject.toml`. The README's table of lessons and its clone command are made here too.
"""

from __future__ import annotations

import argparse
import ast
import base64
import copy
import hashlib
import json
import os
import re
import symtable
import sys
import textwrap
import tomllib
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote

import jupytext
import nbformat
import yaml
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

ROOT = Path(__file__).resolve().parent.parent

#: Lessons that are not written yet; the course map shows them. A lesson with a source is taken from its header.
#: Their times are plans.
PLANNED: dict[str, dict[str, Any]] = {
    "03": {"title": "Langevin sampling", "needs": ["01", "02"], "time": "90 min"},
    "04": {"title": "The temperature of learning", "needs": ["03"], "time": "90 min"},
    "05": {"title": "Contrastive divergence and its rivals", "needs": ["03"], "time": "90 min"},
    "06": {"title": "Deep energy-based models of images", "needs": ["05"], "time": "90 min"},
    "07": {"title": "Ising on THRML", "needs": ["02"], "time": "90 min"},
    "08": {"title": "Potts", "needs": ["07"], "time": "90 min"},
    "09": {"title": "XY", "needs": ["07"], "time": "90 min"},
    "10": {"title": "Learning with Boltzmann machines", "needs": ["05", "07"], "time": "90 min"},
}

MAX_SOLVED_BYTES = 1_500_000
MAX_CODE_LINES = 25
MAX_CHECK_LINES = 15
CELL_TIMEOUT_S = 900

BEGIN, END = "### BEGIN SOLUTION", "### END SOLUTION"
ANSWER = "<!-- ANSWER -->"
TABLE_BEGIN, TABLE_END = "<!-- lessons:begin -->", "<!-- lessons:end -->"
CLONE_BEGIN, CLONE_END = "<!-- clone:begin -->", "<!-- clone:end -->"

HEADER_KEYS = {"title", "goal", "needs", "know", "time", "runs", "uses"}
FRAMEWORKS = {"torch", "jax"}
#: What a cell may be (the first key on its `# %%` line) and the further keys that go with it.
ROLES: dict[str, set[str]] = {
    "todo": {"task"},
    "check": {"points"},
    "hint": set(),
    "think": set(),
    "uses": set(),
    "template": set(),
    "picture": set(),
}
MARKDOWN_ROLES = {"hint", "think"}

METADATA: dict[str, Any] = {
    "kernelspec": {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"},
    "language_info": {
        "codemirror_mode": {"name": "ipython", "version": 3},
        "file_extension": ".py",
        "mimetype": "text/x-python",
        "name": "python",
        "nbconvert_exporter": "python",
        "pygments_lexer": "ipython3",
    },
}


class SourceError(Exception):
    """A lesson's source cannot be built; each problem names the file, the line and the cure."""

    def __init__(self, problems: Sequence[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = list(problems)


class RunError(Exception):
    """A solved notebook could not be made: a cell failed, wrote to stderr, or the result is too large."""


# ---------------------------------------------------------------------------------------------- what a lesson is


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
    uses: tuple[str, ...]
    cells: tuple[Cell, ...] = field(repr=False)

    @property
    def stem(self) -> str:
        """File name without its ending, such as `01_boltzmann_distribution`."""
        return self.path.stem

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

    def find(self, number: str) -> Lesson | None:
        """The lesson with this number, if it is written."""
        return next((x for x in self.lessons if x.number == number), None)

    def show(self, path: Path) -> str:
        """A path as a reader knows it: relative to the root, with forward slashes."""
        return path.relative_to(self.root).as_posix()


# ---------------------------------------------------------------------------------------------- reading a source


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
    known = {*numbers, *PLANNED}
    for lesson in lessons:
        if numbers.count(lesson.number) > 1:
            problems.append(f"{lesson.path.name}: another source has the number {lesson.number}. Renumber one of them.")
        for need in lesson.needs:
            if need not in known:
                problems.append(f"{lesson.path.name}: needs lesson {need}, which does not exist. Correct `needs`.")
    pictures = [(x, c) for x in lessons for c in x.cells if c.role == "picture"]
    for lesson, cell in pictures[1:]:
        problems.append(_at(lesson.path, cell.line, "the course has a picture already. Keep `picture` on one cell."))
    if problems:
        raise SourceError(problems)
    return Course(root, read_repository(root / "pyproject.toml"), tuple(lessons))


def read_repository(pyproject: Path) -> str:
    """The repository's address from `[project.urls]`, without a trailing slash or `.git`."""
    urls = tomllib.loads(pyproject.read_text("utf-8")).get("project", {}).get("urls", {})
    address = str(urls.get("Repository", "")).rstrip("/").removesuffix(".git")
    if not re.fullmatch(r"https://github\.com/[\w.-]+/[\w.-]+", address):
        raise SourceError(
            [f"{pyproject.name}: [project.urls] Repository is {address!r}. Write https://github.com/owner/name."]
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
        uses=tuple(header["uses"]),
        cells=tuple(_read_cells(text)),
    )


def _at(path: Path, line: int, message: str) -> str:
    return f"{path.name}, line {line}: {message}"


def _read_header(path: Path, text: str) -> dict[str, Any]:
    """The `course` part of the header: strings, and lists of strings for `needs` and `uses`."""
    match = re.match(r"# ---\n((?:#.*\n)*?)# ---\n", text)
    if not match:
        raise SourceError([_at(path, 1, "no header. Start the file with `# ---`, the header and `# ---`.")])
    try:
        data = yaml.safe_load("\n".join(line[2:] for line in match[1].splitlines()))
        header = data["jupyter"]["course"]
    except (yaml.YAMLError, KeyError, TypeError) as error:
        where = getattr(error, "problem_mark", None)
        raise SourceError(
            [
                _at(
                    path,
                    where.line + 2 if where else 1,
                    "the header is not YAML with jupyter: course: inside. Indent as in the other lessons and put "
                    "quotes around text that holds a colon.",
                )
            ]
        ) from None
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
        for key in ("title", "goal", "know", "time", "runs")
        if not isinstance(header.get(key, "" if key == "know" else None), str)
    ]
    for key in ("needs", "uses"):
        value = header.get(key, [])
        if not isinstance(value, list) or not all(isinstance(x, str) for x in value):
            problems.append(f'the header\'s {key} must be a list of text. Write `{key}: ["…"]`, or `{key}: []`.')
        elif key == "needs" and not all(re.fullmatch(r"\d\d", x) for x in value):
            problems.append('the header\'s needs must hold lesson numbers of two digits. Write `needs: ["00"]`.')
        elif key == "uses" and not set(value) <= FRAMEWORKS:
            problems.append(f"the header's uses may hold {' and '.join(sorted(FRAMEWORKS))} only. Remove the others.")
    if problems:
        raise SourceError([_at(path, 1, p) for p in problems])
    return {"know": "", "needs": [], "uses": [], **header}


def _read_cells(text: str) -> Iterator[Cell]:
    fmt = {"extension": ".py", "format_name": "percent", "comment_magics": False}
    cells = jupytext.reads(text, fmt=fmt).cells
    lines = [i for i, line in enumerate(text.splitlines(), 1) if re.match(r"# ?%%", line)]
    if len(lines) < len(cells):  # text before the first `# %%` line is a cell of its own
        lines = [1] * (len(cells) - len(lines)) + lines
    for cell, line in zip(cells, lines, strict=False):
        keys = {k: v for k, v in cell.metadata.items() if k != "lines_to_next_cell"}
        role = next((k for k in keys if k in ROLES), "")
        options = {k: v for k, v in keys.items() if k != role}
        yield Cell(cell.cell_type, cell.source, role, str(keys.get(role, "")), line, options)


# ---------------------------------------------------------------------------------------------- judging a source


def problems_of(lesson: Lesson) -> list[str]:
    """Everything that keeps a source from being built, each with file, line and cure."""
    problems: list[tuple[int, str]] = []
    for cell in lesson.cells:
        problems += [(cell.line, p) for p in _cell_problems(cell)]
    problems += _exercise_problems(lesson)
    if not problems:
        problems += _name_problems(lesson)
    return [_at(lesson.path, line, p) for line, p in sorted(problems)]


def _cell_problems(cell: Cell) -> Iterator[str]:
    """Problems that a cell has by itself."""
    if cell.kind not in ("code", "markdown"):
        yield f"a {cell.kind} cell. Write code or [markdown]."
    for key in sorted(set(cell.options) - ROLES.get(cell.role, set())):
        allowed = ", ".join(sorted({*ROLES, *set().union(*ROLES.values())}))
        yield f"the key {key!r} is unknown or does not belong here. The keys are {allowed}; one role to a cell."
    if cell.role and (cell.kind == "markdown") != (cell.role in MARKDOWN_ROLES):
        kind = "[markdown]" if cell.role in MARKDOWN_ROLES else "code"
        yield f"{cell.role} belongs on a {kind} cell. Change the `# %%` line."
    if cell.role in ("todo", "check", "hint", "uses") and not re.fullmatch(r"\d+\.\d+", cell.name):
        yield f'an exercise is named like {cell.role}="1.2", not {cell.name!r}.'
    if cell.role == "think":
        yield from _think_problems(cell)
    if cell.role == "template":
        if cell.name != "map":
            yield f'there is no template {cell.name!r}. Write template="map".'
        if cell.source.strip():
            yield "a template cell is filled by the build. Leave it empty."
    if cell.role == "hint" and not cell.source.strip():
        yield "the hint is empty. Write one."
    if cell.role == "picture" and not re.fullmatch(r"[a-z0-9_]+", cell.name):
        yield 'a picture is named in lower case without an ending, like picture="course_map".'
    if cell.kind == "code":
        yield from _code_problems(cell)


def _think_problems(cell: Cell) -> Iterator[str]:
    question, _, answer = cell.source.partition(ANSWER)
    if not question.strip() or not answer.strip():
        yield f"a think cell holds the question, a line `{ANSWER}` and the answer. Add what is missing."


def _code_problems(cell: Cell) -> Iterator[str]:
    try:
        tree = ast.parse(cell.source)
    except SyntaxError as error:
        yield f"the cell does not parse ({error.msg} in its line {error.lineno}). Magics and `!` are not used here."
        return
    count = _code_lines(cell.source, tree)
    limit, cure = MAX_CODE_LINES, "Split it, or move drawing into course_utils.plots."
    if cell.role == "check":
        limit, cure = MAX_CHECK_LINES, "Move references and mistakes into course_utils.exercises."
    if count > limit:
        yield f"the cell has {count} lines of code; {limit} is the limit (docstrings and blank lines excepted). {cure}"
    marks = [line.strip() for line in cell.source.splitlines() if line.strip() in (BEGIN, END)]
    if cell.role == "todo":
        if not marks or marks != [BEGIN, END] * (len(marks) // 2):
            yield f"a todo cell needs its answer between `{BEGIN}` and `{END}`. Add the missing line."
        elif not solution_of(cell.source).strip():
            yield "the solution region is empty. Write the reference answer into it."
        if not str(cell.options.get("task", "")).strip():
            yield 'a todo cell says what to do. Write task="return p and log Z" on its `# %%` line.'
    elif marks or "BEGIN SOLUTION" in cell.source:
        yield 'a solution region outside an exercise. Write todo="…" on the `# %%` line, or remove the region.'
    if cell.role == "check":
        points = cell.options.get("points")
        if isinstance(points, bool) or not isinstance(points, int | float) or points <= 0:
            yield "a check cell needs its points. Write points=2 after check=…"


def _code_lines(source: str, tree: ast.Module) -> int:
    """Lines of a cell that a reader reads as code: no docstrings, no blank lines, no solution markers."""
    skipped: set[int] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.ClassDef | ast.AsyncFunctionDef) and ast.get_docstring(node):
            skipped |= set(range(node.body[0].lineno, (node.body[0].end_lineno or 0) + 1))
    lines = enumerate(source.splitlines(), 1)
    return sum(1 for i, line in lines if i not in skipped and line.strip() not in ("", BEGIN, END))


def _exercise_problems(lesson: Lesson) -> Iterator[tuple[int, str]]:
    """Problems between cells: what belongs together must be there, once, and in order."""
    first: dict[tuple[str, str], int] = {}
    for i, cell in enumerate(lesson.cells):
        if cell.role in ("todo", "check", "hint", "think"):
            if (cell.role, cell.name) in first:
                yield cell.line, f"{cell.role} {cell.name} is there twice. Give each its own number."
            first.setdefault((cell.role, cell.name), i)
    todos = [name for role, name in first if role == "todo"]
    for (role, name), i in first.items():
        line = lesson.cells[i].line
        if role == "todo":
            if re.fullmatch(r"\d+\.\d+", name) and int(name.split(".")[0]) != int(lesson.number):
                yield line, f"exercise {name} in lesson {lesson.number}. Number it {int(lesson.number)}.…"
            if not _has_box(lesson.cells[:i], name):
                yield line, f"no box before the exercise. Add a markdown cell with `### Exercise {name} · Title`."
            for wanted in ("check", "hint"):
                if (wanted, name) not in first:
                    yield line, f'exercise {name} has no {wanted}. Add a cell {wanted}="{name}" after it.'
                elif first[wanted, name] < i:
                    yield line, f"the {wanted} of exercise {name} stands before it. Order: box, todo, check, hint."
            if first.get(("hint", name), len(lesson.cells)) < first.get(("check", name), 0):
                yield line, f"the hint of exercise {name} stands before its check. Order: box, todo, check, hint."
        elif role != "think" and name not in todos:
            yield line, f'{role} {name} has no exercise. Add the cell todo="{name}", or correct the number.'
    for i, cell in enumerate(lesson.cells):
        if cell.role == "uses" and first.get(("todo", cell.name), len(lesson.cells)) > i:
            yield cell.line, f'no exercise {cell.name} before this cell. Correct uses="{cell.name}", or move the cell.'


def _name_problems(lesson: Lesson) -> Iterator[tuple[int, str]]:
    """Given cells that would fail or show something else if they were run again after the lesson.

    A name that a given cell reads must not be set again by a later one. Check cells leave no names behind.
    """
    cells = [c for c in lesson.cells if c.kind == "code" and c.role not in ("check", "template")]
    names = [_names(without_markers(c.source)) for c in cells]
    for i, cell in enumerate(cells):
        if cell.role == "todo":
            continue
        for name in sorted(names[i][0]):
            later = [c.line for c, (_, sets) in zip(cells[i + 1 :], names[i + 1 :], strict=True) if name in sets]
            if later:
                message = (
                    f"the cell reads `{name}`, which the cell in line {later[0]} sets again, so that this one cannot "
                    "be run again after that. Use another name there, or set it here."
                )
                yield cell.line, message


def _names(source: str) -> tuple[set[str], set[str]]:
    """The names of the notebook that a cell reads before it sets them itself, and the names that it sets."""
    reads: set[str] = set()
    sets: set[str] = set()
    for statement in ast.parse(source).body:
        table = symtable.symtable(ast.unparse(statement), "cell", "exec")
        own = {s.get_name() for s in table.get_symbols() if s.is_assigned() or s.is_imported() or s.is_namespace()}
        # Only a plain assignment reads before it sets (x = x + 1); what a loop, a block or a function sets is its own.
        reads |= _read(table) - sets - (set() if isinstance(statement, ast.Assign | ast.AugAssign | ast.Expr) else own)
        sets |= own
    return reads, sets


def _read(table: symtable.SymbolTable) -> set[str]:
    """Names of the module that are read in a table or in the functions inside it."""
    top = table.get_type() == "module"
    found = {s.get_name() for s in table.get_symbols() if s.is_referenced() and (top or s.is_global())}
    return found.union(*(_read(child) for child in table.get_children()))


def _has_box(cells: Sequence[Cell], name: str) -> bool:
    box = re.compile(rf"^### Exercise {re.escape(name)} · \S", re.MULTILINE)
    return any(c.kind == "markdown" and box.search(c.source) for c in cells)


# ----------------------------------------------------------------------------------------------------- templates


def title_cell(lesson: Lesson, course: Course, solved: bool) -> str:
    """The first cell: title, goal, badges, and what it takes."""
    needs = [_lesson_link(number, course) for number in lesson.needs]
    before = ", ".join([*needs, *([lesson.know] if lesson.know else [])]) or "none"
    parts = [
        f"# {lesson.number} · {lesson.title}",
        f"After this lesson you will be able to {lesson.goal}.",
        badges(lesson, course),
        f"*Prerequisites: {before} · time to work through: {lesson.time} · run time on two CPU cores: {lesson.runs}*",
    ]
    if solved:
        parts.insert(2, f"This is the solved copy. The one to work in is [{lesson.stem}](../{lesson.stem}.ipynb).")
    return "\n\n".join(parts)


def badges(lesson: Lesson, course: Course) -> str:
    """Badges that open the student copy of the main branch on Colab and Binder."""
    owner_name = course.repository.removeprefix("https://github.com/")
    file = quote(course.show(course.student_path(lesson)), safe="")
    binder = f"https://mybinder.org/v2/gh/{owner_name}/main?labpath={file}"
    return (
        "[![Open in Colab](https://colab.research.google.com/assets/colab-badge.svg)]"
        f"({colab_address(lesson, course)}) "
        f"[![Open on Binder](https://mybinder.org/badge_logo.svg)]({binder})"
    )


def colab_address(lesson: Lesson, course: Course) -> str:
    """Where Colab opens the student copy of the main branch."""
    owner_name = course.repository.removeprefix("https://github.com/")
    return f"https://colab.research.google.com/github/{owner_name}/blob/main/{course.show(course.student_path(lesson))}"


def _lesson_link(number: str, course: Course) -> str:
    lesson = course.find(number)
    if lesson is None:
        return f"{number} {PLANNED[number]['title']}"
    return f"[{number} {lesson.title}]({lesson.stem}.ipynb)"


SETUP_TEMPLATE = """\
# Set-up. In a copy of the repository, and on Binder, this finds course_utils and touches no network.
# Elsewhere, as on Colab, it installs course_utils and keeps every package at the version it has.
import importlib.util, sys
from pathlib import Path

places = (Path.cwd(), *Path.cwd().parents)
sys.path += [str(p) for p in places if (p / "course_utils" / "__init__.py").is_file()][:1]
if importlib.util.find_spec("course_utils") is None:
    import re, subprocess, tempfile
    from importlib.metadata import distributions
    from packaging import utils, version
    valid = re.compile(version.VERSION_PATTERN, re.X | re.I)
    found = [(d.metadata.get("Name"), d.metadata.get("Version", "")) for d in distributions()]
    pins = {utils.canonicalize_name(n): v for n, v in reversed(found) if n and valid.fullmatch(v)}
    limits = Path(tempfile.mkdtemp(), "constraints.txt")
    limits.write_text("".join(f"{name}=={version}\\n" for name, version in pins.items()))
    pip = [sys.executable, "-m", "pip", "install", "-c", str(limits), "@REQUIREMENT@"]
    result = subprocess.run(pip, capture_output=True, text=True)
    if result.returncode:
        raise RuntimeError("course_utils was not installed:\\n" + result.stdout[-2000:] + result.stderr)
    importlib.invalidate_caches()
import course_utils

machine = course_utils.setup(seed=0, uses=@USES@)"""


def setup_cell(uses: Sequence[str], repository: str | None = None) -> str:
    """Code of the set-up cell.

    Args:
        uses: frameworks the lesson needs, a part of ("torch", "jax").
        repository: address of the repository; the one of this checkout if None.
    """
    address = repository if repository is not None else read_repository(ROOT / "pyproject.toml")
    extra = "[thrml]" if "jax" in uses else ""
    names = "(" + ", ".join(f'"{u}"' for u in uses) + ("," if len(uses) == 1 else "") + ")"
    return SETUP_TEMPLATE.replace("@REQUIREMENT@", f"course_utils{extra} @ git+{address}").replace("@USES@", names)


def report_cell(lesson: Lesson) -> str:
    """Code of the last code cell: which exercises have passed."""
    points = ", ".join(f'"{name}": {value}' for name, value in lesson.points.items())
    return f"from course_utils import check\n\ncheck.report({{{points}}})"


def links_cell(lesson: Lesson, course: Course) -> str:
    """Links to the lessons before and after; relative, so that they stay within student or solved copies."""
    i = [x.number for x in course.lessons].index(lesson.number)
    before = course.lessons[i - 1] if i else None
    after = course.lessons[i + 1] if i + 1 < len(course.lessons) else None
    near, colab = [], []
    if before:
        near.append(f"[← {before.number} {before.title}]({before.stem}.ipynb)")
        colab.append(f"[previous]({colab_address(before, course)})")
    if after:
        near.append(f"[{after.number} {after.title} →]({after.stem}.ipynb)")
        colab.append(f"[next]({colab_address(after, course)})")
    if not near:
        return "---\nThis is the only lesson so far."
    return f"---\n{' · '.join(near)}\n\n*On Colab: {' · '.join(colab)}*"


def map_cell(course: Course) -> str:
    """Code that draws the course map: written lessons from their headers, the others from `PLANNED`."""
    entries = {number: {**entry, "ready": False} for number, entry in PLANNED.items()}
    for x in course.lessons:
        entries[x.number] = {"title": x.title, "needs": list(x.needs), "time": x.time, "ready": True}
    for entry in entries.values():  # a need that is neither written nor planned cannot be drawn
        entry["needs"] = [number for number in entry["needs"] if number in entries]
    lines = [f"    {_literal(number)}: {_literal(entries[number])}," for number in sorted(entries)]
    return "\n".join(["from course_utils import plots", "", "COURSE = {", *lines, "}", "plots.course_map(COURSE)"])


def _literal(value: Any) -> str:
    """Python source of a plain value, with double quotes."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{_literal(k)}: {_literal(v)}" for k, v in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_literal, value)) + "]"
    return json.dumps(value, ensure_ascii=False) if isinstance(value, str) else repr(value)


# --------------------------------------------------------------------------------------- from source to notebook


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


def stub_text(name: str, task: str) -> str:
    """The line that stands for a missing answer."""
    return f"raise NotImplementedError({json.dumps(f'Exercise {name} is yours: {task}', ensure_ascii=False)})"


def folded(summary: str, body: str) -> str:
    """A part of a markdown cell that opens with a click; blank lines let its markdown be rendered."""
    return f"<details><summary>{summary}</summary>\n\n{body.strip()}\n\n</details>"


def _markdown(cell: Cell, lesson: Lesson, solved: bool) -> str:
    if cell.role == "think":
        question, _, answer = cell.source.partition(ANSWER)
        return f"{question.strip()}\n\n{folded('Our answer', answer)}"
    if cell.role == "hint":
        hint = folded("Hint", cell.source)
        if solved:  # the answer stands in the exercise itself
            return hint
        code = solution_of(lesson.cell("todo", cell.name).source)
        solution = folded("Solution", f"```python\n{code}\n```")
        return f"{hint}\n\n{solution}"
    return cell.source


def _nbgrader(cell: Cell) -> dict[str, Any]:
    """nbgrader's metadata, schema 3, of a todo or a check cell. Its ids may hold no dot."""
    is_check = cell.role == "check"
    meta = {
        "schema_version": 3,
        "grade": is_check,
        "locked": is_check,
        "solution": not is_check,
        "task": False,
        "grade_id": f"{'check' if is_check else 'exercise'}-{cell.name.replace('.', '-')}",
    }
    if is_check:
        meta["points"] = cell.options["points"]
    return meta


def expand(lesson: Lesson, course: Course, solved: bool) -> NotebookNode:
    """The notebook before anything is cleared or run: generated cells in place, answers still inside.

    Each cell that has a role carries it in its metadata, as `course: {"check": "1.2"}`. In markdown, `{repository}`
    stands for the repository's address.
    """
    code, markdown = "code", "markdown"
    plain: list[tuple[str, str, Cell | None]] = [
        (markdown, title_cell(lesson, course, solved), None),
        (code, setup_cell(lesson.uses, course.repository), None),
    ]
    for cell in lesson.cells:
        if cell.kind == markdown:
            text = _markdown(cell, lesson, solved).replace("{repository}", course.repository)
            plain.append((markdown, text, cell))
        else:
            plain.append((code, map_cell(course) if cell.role == "template" else cell.source, cell))
    if lesson.points:
        plain.append((code, report_cell(lesson), None))
    plain.append((markdown, links_cell(lesson, course), None))

    notebook = new_notebook(metadata=copy.deepcopy(METADATA))
    ids = _StableIds()
    for kind, source, cell in plain:
        make = new_code_cell if kind == code else new_markdown_cell
        made = make(source, id=ids.next(kind, cell.source if cell and cell.source else source))
        if cell and cell.role:
            made.metadata["course"] = {cell.role: cell.name}
            if cell.role in ("todo", "check"):
                made.metadata["nbgrader"] = _nbgrader(cell)
        notebook.cells.append(made)
    return notebook


class _StableIds:
    """Cell ids from what the cell says; equal cells are counted."""

    def __init__(self) -> None:
        self._seen: dict[str, int] = {}

    def next(self, kind: str, source: str) -> str:
        digest = hashlib.sha256(f"{kind}\n{source}".encode()).hexdigest()[:12]
        count = self._seen[digest] = self._seen.get(digest, 0) + 1
        return digest if count == 1 else f"{digest}-{count}"


def student_notebook(lesson: Lesson, course: Course) -> NotebookNode:
    """The copy to work in: nbgrader's preprocessors put a stub where each answer stands."""
    from nbgrader import preprocessors as pre

    class NamedStubs(pre.ClearSolutions):
        """A stub that says which exercise is missing and what is to be done."""

        def preprocess_cell(self, cell: NotebookNode, resources: Any, cell_index: int) -> tuple[NotebookNode, Any]:
            name = cell.metadata.get("course", {}).get("todo")
            if name is not None:
                self.code_stub = {"python": stub_text(name, lesson.cell("todo", name).options["task"])}
            return super().preprocess_cell(cell, resources, cell_index)

    notebook, resources = expand(lesson, course, solved=False), {}
    for cell in notebook.cells:
        if cell.metadata.get("course", {}).keys() & {"todo", "check", "uses"}:
            cell.metadata["tags"] = ["raises-exception"]  # Run All goes on past an exercise that is not done
    for step in (
        pre.LockCells,
        NamedStubs,
        pre.ClearOutput,
        pre.CheckCellMetadata,
        pre.ComputeChecksums,
        pre.ClearHiddenTests,
        pre.ComputeChecksums,
        pre.CheckCellMetadata,
    ):
        notebook, resources = step().preprocess(notebook, resources)
    nbformat.validate(notebook)
    return notebook


def solved_notebook(lesson: Lesson, course: Course) -> NotebookNode:
    """The solved copy before it is executed; its metadata hold a fingerprint of all that went into it."""
    notebook = expand(lesson, course, solved=True)
    for cell in notebook.cells:
        if "todo" in cell.metadata.get("course", {}):
            cell.source = without_markers(cell.source)
    notebook.metadata["course"] = {"source_sha256": hashlib.sha256(to_text(notebook).encode()).hexdigest()}
    nbformat.validate(notebook)
    return notebook


def to_text(notebook: NotebookNode) -> str:
    """A notebook as it stands in its file; the same notebook gives the same bytes."""
    return nbformat.writes(notebook, version=4) + "\n"


# -------------------------------------------------------------------------------------------- running a notebook


def this_python() -> Any:
    """A kernel spec manager whose only kernel is this very Python, whatever kernels the machine knows."""
    from jupyter_client.kernelspec import KernelSpec, KernelSpecManager

    class ThisPython(KernelSpecManager):
        def get_kernel_spec(self, kernel_name: str) -> KernelSpec:
            argv = [sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}", "--log-level=40"]
            return KernelSpec(argv=argv, display_name="Python 3", language="python")

    return ThisPython()


def kernel_environment() -> dict[str, str]:
    """The environment of a lesson's kernel: figures go into the notebook, whatever the caller's matplotlib does.

    Nor does a training go on where an earlier run of the lesson left it.
    """
    return {k: v for k, v in os.environ.items() if k != "MPLBACKEND"} | {"COURSE_SAVED": "none"}


def execute(notebook: NotebookNode, folder: Path, name: str) -> NotebookNode:
    """Run a notebook in `folder` and return it with its outputs.

    Raises:
        RunError: if a cell fails or writes to stderr; names the lesson, the cell and the message.
    """
    from jupyter_client.manager import AsyncKernelManager
    from nbclient import NotebookClient
    from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError

    class Manager(AsyncKernelManager):
        def __init__(self, **kwargs: Any) -> None:
            super().__init__(kernel_spec_manager=this_python(), **kwargs)

    run = copy.deepcopy(notebook)
    client = NotebookClient(
        run,
        timeout=CELL_TIMEOUT_S,
        kernel_manager_class=Manager,
        kernel_name="python3",
        record_timing=False,
        coalesce_streams=True,  # a progress bar leaves its last line only
        resources={"metadata": {"path": str(folder)}},
    )
    try:
        client.execute(env=kernel_environment())
    except CellExecutionError as error:
        raise RunError(f"{name}, {_failing_cell(run)}: {error.ename}: {_plain(error.evalue)}") from None
    except (CellTimeoutError, DeadKernelError) as error:
        raise RunError(f"{name}, {_failing_cell(run)}: {_plain(str(error)).splitlines()[0]}") from None
    for i, cell in enumerate(run.cells, 1):
        for output in cell.get("outputs", []):
            if output.output_type == "stream" and output.name == "stderr":
                raise RunError(f"{name}, {_where(cell, i)} wrote to stderr: {_plain(output.text).strip()[:300]}")
    return _cleaned(run, notebook)


def _failing_cell(notebook: NotebookNode) -> str:
    """The cell in which a run stopped: the one with an error, else the last one that was begun."""
    failed = [(i, c) for i, c in enumerate(notebook.cells, 1) if c.cell_type == "code"]
    for i, cell in failed:
        if any(o.output_type == "error" for o in cell.outputs):
            return _where(cell, i)
    begun = [(i, c) for i, c in failed if c.outputs or c.execution_count] or failed[:1]
    return f"at or after {_where(begun[-1][1], begun[-1][0])}"


def _where(cell: NotebookNode, i: int) -> str:
    role = " ".join(f"{k} {v}" for k, v in cell.metadata.get("course", {}).items())
    first = next((line for line in cell.source.splitlines() if line.strip() and not line.startswith("#")), "")
    return f"cell {i} ({role + ', ' if role else ''}`{first.strip()[:60]}`)"


def _plain(text: str) -> str:
    """Text without terminal colours."""
    return re.sub(r"\x1b\[[0-9;]*m", "", text)


def _cleaned(run: NotebookNode, notebook: NotebookNode) -> NotebookNode:
    """Outputs, execution counts and widget state of a run on the cells and metadata of the original."""
    clean = copy.deepcopy(notebook)
    for cell, ran in zip(clean.cells, run.cells, strict=True):
        if cell.cell_type == "code":
            cell.execution_count = ran.execution_count
            cell.outputs = [_clean_output(o) for o in ran.outputs]
    if "widgets" in run.metadata:
        clean.metadata["widgets"] = run.metadata["widgets"]
    return _stable_widget_ids(clean)


def _clean_output(output: NotebookNode) -> NotebookNode:
    """An output without volatile parts; a widget's text alternative says what it is instead of its repr."""
    output.pop("transient", None)
    if "application/vnd.jupyter.widget-view+json" in output.get("data", {}):
        output.data["text/plain"] = "An interactive widget: run this cell in Jupyter or on Colab to use it."
    return output


def _stable_widget_ids(notebook: NotebookNode) -> NotebookNode:
    """Number the widgets, whose ids are random in each run."""
    key = "application/vnd.jupyter.widget-state+json"
    states = notebook.metadata.get("widgets", {}).get(key, {}).get("state", {})
    if not states:
        return notebook
    text = nbformat.writes(notebook)
    for i, model in enumerate(states):
        text = text.replace(model, hashlib.sha256(f"widget {i}".encode()).hexdigest()[:32])
    return nbformat.reads(text, as_version=4)


def check_size(notebook: NotebookNode, name: str, limit: int = MAX_SOLVED_BYTES) -> None:
    """Refuse a solved copy that is too large for a repository, naming what makes it so."""
    size = len(to_text(notebook).encode())
    if size <= limit:
        return
    parts = []
    for i, cell in enumerate(notebook.cells, 1):
        for output in cell.get("outputs", []):
            kinds = "+".join(output.get("data", {})) or output.get("name", output.output_type)
            parts.append((len(json.dumps(output)), f"{_where(cell, i)} {kinds}"))
    parts.append((len(json.dumps(notebook.metadata.get("widgets", {}))), "the state of the widgets"))
    biggest = "; ".join(f"{label}: {n // 1000} kB" for n, label in sorted(parts, reverse=True)[:3])
    raise RunError(
        f"{name}: the solved copy has {size // 1000} kB; the limit is {limit // 1000} kB. Largest outputs: {biggest}"
    )


def picture_of(notebook: NotebookNode) -> tuple[str, bytes] | None:
    """Name and PNG bytes of the cell marked `picture`, if there is one and it was run."""
    for cell in notebook.cells:
        name = cell.metadata.get("course", {}).get("picture")
        for output in cell.get("outputs", []) if name else []:
            if "image/png" in output.get("data", {}):
                return name, base64.b64decode(output.data["image/png"])
        if name:
            raise RunError(f"the cell with picture={name!r} shows no PNG. End it with the figure.")
    return None


# -------------------------------------------------------------------------------------------- what is up to date


def _load(path: Path) -> NotebookNode | None:
    """A notebook file, or None if it is missing or damaged."""
    try:
        return nbformat.reads(path.read_text("utf-8"), as_version=4)
    except Exception:  # whatever is wrong with it, it is to be written again
        return None


def _bare(notebook: NotebookNode) -> list[dict[str, Any]]:
    """The cells of a notebook without what running them adds."""
    cells = copy.deepcopy(notebook.cells)
    for cell in cells:
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
    return cells


def student_is_fresh(lesson: Lesson, course: Course) -> bool:
    """Whether the student copy is exactly what its source gives."""
    path = course.student_path(lesson)
    return path.is_file() and path.read_text("utf-8") == to_text(student_notebook(lesson, course))


def solved_is_fresh(lesson: Lesson, course: Course) -> bool:
    """Whether the solved copy came from this source and nobody edited its cells since."""
    wanted, found = solved_notebook(lesson, course), _load(course.solved_path(lesson))
    if found is None or found.metadata.get("course") != wanted.metadata["course"] or _bare(found) != _bare(wanted):
        return False
    return all(c.execution_count for c in found.cells if c.cell_type == "code")


def picture_is_fresh(lesson: Lesson, course: Course) -> Path | None:
    """The picture file of a lesson if it is missing or differs from the solved copy's figure, else None."""
    found = _load(course.solved_path(lesson))
    if found is None or not any(c.role == "picture" for c in lesson.cells):
        return None
    try:
        picture = picture_of(found)
    except RunError:
        return None
    if picture is None:
        return None
    path = course.notebooks / f"{picture[0]}.png"
    return None if path.is_file() and path.read_bytes() == picture[1] else path


def leftovers(course: Course) -> list[Path]:
    """Generated notebooks whose source is gone."""
    wanted = {p for x in course.lessons for p in (course.student_path(x), course.solved_path(x))}
    folders = (course.notebooks, course.notebooks / "solutions")
    return sorted(p for folder in folders for p in folder.glob("[0-9][0-9]_*.ipynb") if p not in wanted)


def stale_files(course: Course, lessons: Sequence[Lesson]) -> list[Path]:
    """Files of these lessons that are not what their sources give."""
    stale = []
    for lesson in lessons:
        if not student_is_fresh(lesson, course):
            stale.append(course.student_path(lesson))
        if not solved_is_fresh(lesson, course):
            stale.append(course.solved_path(lesson))
        picture = picture_is_fresh(lesson, course)
        if picture is not None:
            stale.append(picture)
    return stale


# -------------------------------------------------------------------------------------------- the README's table


def lesson_table(course: Course) -> str:
    """The README's table of lessons, with a line for each that is written."""
    rows = [
        "| | Lesson | You will be able to | Time | Runs in | Open | Solved |",
        "| --- | --- | --- | --- | --- | --- | --- |",
    ]
    for x in course.lessons:
        cells = [
            x.number,
            f"[{x.title}]({course.show(course.student_path(x))})",
            x.goal,
            x.time,
            x.runs,
            badges(x, course),
            f"[solved copy]({course.show(course.solved_path(x))})",
        ]
        rows.append("| " + " | ".join(c.replace("|", "\\|") for c in cells) + " |")
    return "\n".join(rows)


def clone_lines(course: Course) -> str:
    """The README's first commands: get the repository, enter it, open the course."""
    folder = course.repository.rpartition("/")[2]
    return f"```\ngit clone {course.repository}\ncd {folder}\npython3 course.py lab\n```"


def readme_text(course: Course) -> str | None:
    """The README with its generated parts as they should be, or None if there is no place for a table."""
    if not course.readme.is_file():
        return None
    text = _between(course.readme.read_text("utf-8"), CLONE_BEGIN, CLONE_END, clone_lines(course))
    if not (TABLE_BEGIN in text and TABLE_END in text):
        return None
    return _between(text, TABLE_BEGIN, TABLE_END, lesson_table(course))


def _between(text: str, begin: str, end: str, content: str) -> str:
    """Text with the content between two marker lines replaced; as it is if a marker is missing."""
    head, found, rest = text.partition(begin)
    _, closed, tail = rest.partition(end)
    return f"{head}{begin}\n{content}\n{end}{tail}" if found and closed else text


# --------------------------------------------------------------------------------------------------- the command


def write(path: Path, content: str | bytes) -> None:
    """Write a file so that it is never seen half written."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(path.name + ".part")
    part.write_bytes(content.encode("utf-8") if isinstance(content, str) else content)
    part.replace(path)


def _kept_outputs(wanted: NotebookNode, path: Path) -> NotebookNode | None:
    """The wanted notebook with the outputs of the present solved copy, if no code has changed since that ran."""
    found = _load(path)
    if found is None:
        return None
    code = [[c for c in nb.cells if c.cell_type == "code"] for nb in (wanted, found)]
    if [c.source for c in code[0]] != [c.source for c in code[1]] or not all(c.execution_count for c in code[1]):
        return None
    if any(o.output_type == "error" for c in code[1] for o in c.outputs):
        return None
    kept = copy.deepcopy(wanted)
    for cell, old in zip((c for c in kept.cells if c.cell_type == "code"), code[1], strict=True):
        cell.outputs, cell.execution_count = old.outputs, old.execution_count
    if "widgets" in found.metadata:
        kept.metadata["widgets"] = found.metadata["widgets"]
    return kept


def build_lesson(lesson: Lesson, course: Course, force: bool = False) -> str:
    """Write both copies of one lesson; nothing is written if it cannot be run.

    Returns:
        One line that says what was done.

    Raises:
        RunError: if the solved copy cannot be made, or the student copy holds somebody's work.
    """
    student = to_text(student_notebook(lesson, course))
    if not force and holds_work(course.student_path(lesson)):
        raise RunError(
            f"{course.show(course.student_path(lesson))} has been worked in (it holds outputs). "
            "Save it under another name, or build with --force to write over it."
        )
    did = "up to date"
    if force or not solved_is_fresh(lesson, course):
        wanted = solved_notebook(lesson, course)
        solved = None if force else _kept_outputs(wanted, course.solved_path(lesson))
        did = "code unchanged, outputs kept" if solved else "executed"
        solved = solved or execute(wanted, course.notebooks, lesson.stem)
        check_size(solved, lesson.stem)
        nbformat.validate(solved)
        picture = picture_of(solved)
        write(course.solved_path(lesson), to_text(solved))
        if picture:
            write(course.notebooks / f"{picture[0]}.png", picture[1])
    elif (stale := picture_is_fresh(lesson, course)) is not None:
        picture = picture_of(nbformat.read(course.solved_path(lesson), as_version=4))
        write(stale, picture[1] if picture else b"")
    if not student_is_fresh(lesson, course):
        did = "student copy written" if did == "up to date" else did
        write(course.student_path(lesson), student)
    return f"{lesson.stem}: {did}"


def holds_work(path: Path) -> bool:
    """Whether somebody has run cells in this student copy."""
    found = _load(path) if path.is_file() else None
    return found is not None and any(c.get("outputs") for c in found.cells)


def _try_build(job: tuple[Lesson, Course, bool]) -> tuple[bool, str]:
    try:
        return True, build_lesson(*job)
    except RunError as error:
        return False, str(error)


def build(course: Course, lessons: Sequence[Lesson], force: bool = False, jobs: int = 1) -> int:
    """Build these lessons and the README's table; returns the exit code."""
    work = [(lesson, course, force) for lesson in lessons]
    failed = False
    with ProcessPoolExecutor(max_workers=max(1, jobs)) as pool:
        for good, message in pool.map(_try_build, work) if jobs > 1 else map(_try_build, work):
            print(message, file=sys.stdout if good else sys.stderr, flush=True)
            failed |= not good
    text = readme_text(course)
    if text is None:
        print(f"README.md: no table of lessons. Add the lines {TABLE_BEGIN} and {TABLE_END}.")
    elif text != course.readme.read_text("utf-8"):
        write(course.readme, text)
        print("README.md: table of lessons written")
    for path in leftovers(course):
        print(f"{course.show(path)}: its source is gone. Delete the file.")
    return int(failed)


def check(course: Course, lessons: Sequence[Lesson]) -> int:
    """Name the files that are not up to date; silent if there are none. Returns the exit code."""
    stale = [course.show(path) for path in stale_files(course, lessons)]
    text = readme_text(course)
    if text is None:
        stale.append(f"README.md (no table of lessons: add the lines {TABLE_BEGIN} and {TABLE_END})")
    elif text != course.readme.read_text("utf-8"):
        stale.append("README.md")
    stale += [f"{course.show(path)} (its source is gone: delete it)" for path in leftovers(course)]
    for line in stale:
        print(line)
    if stale:
        print("Not up to date. Run: python notebooks/build.py", file=sys.stderr)
    return int(bool(stale))


def main(arguments: Sequence[str] | None = None, root: Path = ROOT) -> int:
    """The command line; returns the exit code."""
    parser = argparse.ArgumentParser(description="Write the notebooks of the course from notebooks/src.")
    parser.add_argument("lessons", nargs="*", metavar="NN", help="numbers of the lessons to build (default: all)")
    parser.add_argument("--check", action="store_true", help="name stale files and exit 1; run and write nothing")
    parser.add_argument("--force", action="store_true", help="execute again even if the source has not changed")
    parser.add_argument("--jobs", type=int, default=1, metavar="N", help="lessons to execute at a time (default: 1)")
    options = parser.parse_args(arguments)
    try:
        course = read_course(root)
        numbers = [n.zfill(2) for n in options.lessons]
        missing = [n for n in numbers if course.find(n) is None]
        if missing:
            raise SourceError([f"there is no lesson {n} in notebooks/src" for n in missing])
        lessons = [x for x in course.lessons if not numbers or x.number in numbers]
        problems = [p for x in lessons for p in problems_of(x)]
        if problems:
            raise SourceError(problems)
    except SourceError as error:
        for problem in error.problems:
            print(problem, file=sys.stderr)
        return 1
    if options.check:
        return check(course, lessons)
    return build(course, lessons, options.force, options.jobs)


if __name__ == "__main__":
    for stream in (sys.stdout, sys.stderr):  # a terminal that cannot show a character of a lesson shows "?"
        stream.reconfigure(errors="replace")
    sys.exit(main())
