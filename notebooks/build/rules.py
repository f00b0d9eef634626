"""What a source may not hold: each problem comes with its line and its cure."""

from __future__ import annotations

import ast
import re
import symtable
from collections.abc import Iterator, Sequence

from .measure import count, minutes
from .source import ANSWER, BEGIN, END, ROLES, Cell, Lesson, at_line, solution_of, without_markers

MAX_CODE_LINES = 25
MAX_CHECK_LINES = 15
MARKDOWN_ROLES = {"hint", "think", "depth"}
#: What a core path may ask of its reader, and what it owes them.
MAX_MINUTES, MAX_WORDS, MAX_RUN, MAX_SECTIONS, MAX_EXERCISES, MIN_SHARE = 60, 2000, 150, 6, 3, 0.25


def problems_of(lesson: Lesson) -> list[str]:
    """Everything that keeps a source from being built, each with file, line and cure."""
    problems: list[tuple[int, str]] = []
    for cell in lesson.cells:
        problems += [(cell.line, p) for p in _cell_problems(cell)]
    problems += _exercise_problems(lesson)
    if lesson.depth:
        problems += [(1, p) for p in _core_problems(lesson)]
    if not problems:
        problems += _name_problems(lesson)
    return [at_line(lesson.path, line, p) for line, p in sorted(problems)]


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
    if cell.kind == "code":
        yield from _code_problems(cell)


def _core_problems(lesson: Lesson) -> Iterator[str]:
    """Where the core path is longer than it may be, or leaves too little to the reader."""
    seen = count(lesson.core)
    for what, value, most in (
        ("minutes", minutes(lesson.time), MAX_MINUTES),
        ("words", seen.words, MAX_WORDS),
        ("words in a row without a picture, a question or an exercise", seen.longest, MAX_RUN),
        ("sections", seen.sections, MAX_SECTIONS),
        ("exercises", seen.exercises, MAX_EXERCISES),
    ):
        if value > most:
            yield f"the core path has {value} {what}; {most} is the limit. Shorten it, or move a part behind `depth`."
    if seen.share < MIN_SHARE:
        yield (
            f"the learner writes {seen.share:.0%} of the core path's code; {MIN_SHARE:.0%} is the least. Let them "
            "write what is worth learning, and move machinery into course_utils."
        )
    if not seen.explorer:
        yield "the core path has no explorer. Move it before the depth part."
    if len([c for c in lesson.cells if c.role == "depth"]) > 1:
        yield "two cells open a depth part. Keep one."
    if not minutes(lesson.depth_time):
        yield f'the depth part takes {lesson.depth_time!r}. Write depth="40 min".'


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
        limit, cure = MAX_CHECK_LINES, "Move references and mistakes into course_checks.exercises."
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
    names = [names_of(without_markers(c.source)) for c in cells]
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


def names_of(source: str) -> tuple[set[str], set[str]]:
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
