"""Runs lessons in a real Jupyter kernel: the reference, blank stubs, wrong answers and right ones."""

from __future__ import annotations

import ast
import json
import re
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any

from jupyter_client.manager import KernelManager
from nbformat import NotebookNode

from notebooks import build
from notebooks.build import Answer

RERUN_S = 1.0  # a given cell that took no longer is run again after the end of the lesson
CELL_TIMEOUT_S = 600
CHANGING = {"add", "append", "clear", "extend", "insert", "pop", "remove", "setdefault", "sort", "update"}
"""Methods that change a list, a dict or a set."""


# ---------------------------------------------------------------------------------------------------- a kernel


@dataclass
class Result:
    """What one execution did."""

    stdout: str = ""
    stderr: str = ""
    ename: str = ""
    evalue: str = ""
    traceback: str = ""
    outputs: list[dict[str, Any]] = field(default_factory=list)

    def brief(self) -> str:
        """The end of it in one line, for a test's message."""
        if self.ename:
            return f"{self.ename}: {self.evalue}"
        return f"no error, printed {self.stdout.strip()!r}"


#: Runs inside the kernel. A learner's earlier try must not help or harm a later one, so the names are put back.
_KEEPER = """
import re, sys, types
own = re.compile(r"(_|__|___|_i+|_i?\\d+|_oh|_dh|_ih|In|Out)$")
names = get_ipython().user_ns
module = types.ModuleType("_lesson_keeper")
def save():
    module.names = {k: v for k, v in names.items() if not own.match(k)}
def restore():
    for name in [k for k in names if k not in module.names and not own.match(k)]:
        del names[name]
    names.update(module.names)
module.save, module.restore = save, restore
sys.modules["_lesson_keeper"] = module
"""
_KEPT = "__import__('sys').modules"


class Kernel:
    """A Jupyter kernel of this very Python, working in `folder`, with further `variables` in its environment."""

    def __init__(self, folder: Path, **variables: str) -> None:
        self._folder, self._variables = folder, variables

    def __enter__(self) -> Kernel:
        self._manager = KernelManager(kernel_spec_manager=build.this_python())
        self._manager.start_kernel(cwd=str(self._folder), env=build.kernel_environment() | self._variables)
        self._client = self._manager.client()
        self._client.start_channels()
        try:
            self._client.wait_for_ready(timeout=120)
        except RuntimeError:
            self.__exit__(None, None, None)
            raise
        return self

    def __exit__(self, kind: type | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._client.stop_channels()
        self._manager.shutdown_kernel(now=True)

    def run(self, code: str, hidden: bool = False) -> Result:
        """Execute code as a cell; `hidden` code leaves no trace in the history."""
        result = Result()

        def hear(message: dict[str, Any]) -> None:
            content, kind = message["content"], message["msg_type"]
            if kind == "stream":
                setattr(result, content["name"], getattr(result, content["name"]) + content["text"])
            elif kind == "error":
                result.ename, result.evalue = content["ename"], content["evalue"]
                result.traceback = "\n".join(content["traceback"])
            elif kind in ("display_data", "execute_result"):
                result.outputs.append(content["data"])

        self._client.execute_interactive(
            code, silent=False, store_history=not hidden, allow_stdin=False, output_hook=hear, timeout=CELL_TIMEOUT_S
        )
        return result

    def hidden(self, code: str) -> None:
        """Execute the harness's own code, which must not fail."""
        result = self.run(code, hidden=True)
        if result.ename:
            raise RuntimeError(f"the harness failed: {result.brief()}")

    def keep(self) -> None:
        """Note the names as they are, for `restore`."""
        self.hidden(f"if '_lesson_keeper' not in {_KEPT}: exec({_KEEPER!r}, {{'get_ipython': get_ipython}})")
        self.hidden(f"{_KEPT}['_lesson_keeper'].save()")

    def restore(self) -> None:
        """Forget every name that came after `keep`, and put back those that changed."""
        self.hidden(f"{_KEPT}['_lesson_keeper'].restore()")


# ---------------------------------------------------------------------------------------------------- one pass


@dataclass
class Tally:
    """What one pass over a lesson counted, and what was wrong."""

    exercises: int = 0
    stubs: int = 0
    wrong: int = 0
    right: int = 0
    problems: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        return (
            f"{self.exercises} exercises · {self.stubs} stubs, {self.wrong} wrong answers rejected · "
            f"{self.right} right accepted"
        )


def roles(notebook: NotebookNode) -> Iterator[tuple[str, str, str]]:
    """Role, exercise and source of each code cell."""
    for cell in notebook.cells:
        if cell.cell_type == "code":
            role, name = next(iter(cell.metadata.get("course", {}).items()), ("", ""))
            yield role, name, cell.source


def pass_over(lesson: build.Lesson, course: build.Course, answers: list[Answer]) -> Tally:
    """Run the blank student copy from top to bottom, as a learner would who has done nothing.

    Left out are cells of the depth part that cannot tell a blank copy from a solved one: nbval runs those.

    At each exercise, before its stub, the wrong answers, the right ones and the reference meet its check. They leave no
    trace. Answers to earlier exercises are the reference then, in case a check calls them.
    """
    tally = Tally(problems=build.gaps(list(lesson.points), answers))
    references = {n: source for role, n, source in roles(build.solved_notebook(lesson, course)) if role == "todo"}
    mine = {name for source in references.values() for name in defined_names(source)}
    student = build.student_notebook(lesson, course)
    cells, elsewhere = list(roles(student)), alike(student, mine)
    checks = {name: source for role, name, source in cells if role == "check"}
    earlier: list[str] = []
    given: list[tuple[str, str]] = []  # cells that are run again at the end, and what they printed
    last = Result()
    with Kernel(course.notebooks) as kernel:
        for position, (role, name, source) in enumerate(cells):
            if position in elsewhere:
                continue
            if role == "todo":
                tally.exercises += 1
                reference = Answer("reference", name, references[name], "", 0)
                tried = [a for a in answers if a.exercise == name and a.kind != "equivalent"] + [reference]
                try_answers(kernel, checks[name], tried, earlier, tally)
                earlier.append(references[name])
            started = time.monotonic()
            last = kernel.run(source)
            if role not in ("todo", "check", "uses") and time.monotonic() - started < RERUN_S:
                given.append((source, last.stdout))
            problems = faults_of_blank_cell(role, name, source, last, mine)
            tally.stubs += role == "check" and not problems
            tally.problems += problems
            if problems and not role:
                return tally  # what follows would only repeat it
        kernel.keep()
        for source, printed in given:  # each from the end of the lesson
            tally.problems += faults_of_rerun(kernel, source, printed)
            kernel.restore()
    wanted = f"0 of {len(lesson.points)} exercises passed"
    if wanted not in last.stdout:
        tally.problems.append(f"the report should say {wanted!r}: {last.brief()}")
    return tally


def alike(notebook: NotebookNode, mine: set[str]) -> set[int]:
    """Which code cells of the depth part do the same in a blank and in a solved copy.

    They read nothing that comes from what the learner writes, and no cell that does needs them. The last cell, which
    reports, is never one of them.

    Args:
        notebook: the student copy.
        mine: names that the learner defines.

    Returns:
        Positions among the code cells.
    """
    deep = False
    cells: list[tuple[bool, set[str], set[str], set[str]]] = []  # whether it must run; reads, sets, changes
    from_learner = set(mine)
    for cell in notebook.cells:
        deep = deep or "depth" in cell.metadata.get("course", {})
        if cell.cell_type != "code":
            continue
        code = re.sub(r"^( *)%.*$", r"\1pass", cell.source, flags=re.MULTILINE)
        reads, sets = build.names_of(code)
        by_learner = bool(cell.metadata.get("course")) or bool(reads & from_learner)
        changes = reads & changed_names(code)
        from_learner = from_learner | sets | changes if by_learner else from_learner - sets
        cells.append((by_learner or not deep, reads, sets, changes))
    found, wanted = set(), set()
    for position, (needed, reads, sets, changes) in reversed(list(enumerate(cells[:-1]))):
        if needed or wanted & (sets | changes):
            wanted = wanted - sets | reads
        else:
            found.add(position)
    return found


def changed_names(source: str) -> set[str]:
    """Names whose objects a cell may change without setting the name: x[0] = 1, x.y = 1, x.append(1)."""
    found = set()
    for node in ast.walk(ast.parse(source)):
        inside = isinstance(node, ast.Subscript | ast.Attribute) and isinstance(node.ctx, ast.Store | ast.Del)
        if inside or (isinstance(node, ast.Call) and getattr(node.func, "attr", "") in CHANGING):
            root = node.func if isinstance(node, ast.Call) else node
            while isinstance(root, ast.Subscript | ast.Attribute | ast.Call):
                root = root.func if isinstance(root, ast.Call) else root.value
            found |= {root.id} if isinstance(root, ast.Name) else set()
    return found


def faults_of_rerun(kernel: Kernel, source: str, printed: str) -> list[str]:
    """What is wrong with a given cell that is run again when the lesson has ended, out of order.

    It must print what it printed before, but for times. Where it draws from a generator that moves on, two runs in a
    row differ too: then only the number of lines must be the same.
    """
    where = f"a given cell, run again at the end (`{_first_line(source)}`)"
    again = kernel.run(source)
    if again.ename:
        return [f"{where} fails: {again.brief()}"]
    if _without_times(again.stdout) == _without_times(printed):
        return []
    steady = kernel.run(source).stdout == again.stdout
    if steady or len(again.stdout.splitlines()) != len(printed.splitlines()):
        return [f"{where} prints {again.stdout[:300]!r}, and printed {printed[:300]!r} the first time"]
    return []


def _without_times(printed: str) -> str:
    """What was printed, with a dash for each number of hours, minutes or seconds: those differ by chance."""
    return re.sub(r"\d[\d.,]*(?= (?:CPU )?(?:h|min|s|ms|µs)\b)", "–", printed)


#: Runs inside the kernel: fresh cases, but the same in each run of a test. It leaves no name behind.
FRESH = """\
__import__("course_checks.checks.frame", fromlist=["frame"])._chance = __import__("random").Random({!r})"""


def try_answers(kernel: Kernel, check: str, answers: list[Answer], earlier: list[str], tally: Tally) -> None:
    """Each answer to one exercise against its check; counts what went as it should."""
    kernel.keep()
    for number, answer in enumerate(answers):
        kernel.run(FRESH.format(f"{answer.exercise} {number}"), hidden=True)
        for source in earlier:
            kernel.run(source, hidden=True)
        result = kernel.run(answer.source)
        if result.ename:
            problems = [f"its own cell failed: {result.brief()}"]
        elif answer.kind == "wrong":
            problems = faults_of_failure(kernel.run(check), "CheckFailed", answer.says)
        else:
            problems = faults_of_success(answer.exercise, kernel.run(check))
        tally.wrong += answer.kind == "wrong" and not problems
        tally.right += answer.kind == "right" and not problems
        tally.problems += [f"{answer}: {p}" for p in problems]
        kernel.restore()


def faults_of_blank_cell(role: str, name: str, source: str, result: Result, mine: set[str]) -> list[str]:
    """What a blank copy's cell should not have done; `mine` are the names that the learner defines."""
    where = f"{role} {name} (`{_first_line(source)}`)" if role else f"a given cell (`{_first_line(source)}`)"
    if role == "check":
        return [f"{where}: {p}" for p in faults_of_failure(result, "NotDone", f"{name} is not done yet")]
    problems = []
    if result.stderr:
        problems.append(f"{where} wrote to stderr: {result.stderr.strip()[:200]}")
    if result.ename and not _is_blank_error(role, result, mine):
        problems.append(f"{where} fails in a blank copy: {result.brief()}")
    return problems


def faults_of_failure(result: Result, ename: str, says: str) -> list[str]:
    """What is wrong with the way a check refused an answer."""
    if result.ename != ename:
        return [f"expected {ename} with {says!r}, got {result.brief()}"]
    problems = []
    if says not in result.evalue:
        problems.append(f"the message does not contain {says!r}: {result.evalue}")
    if "\n" in result.traceback.strip() or "\n" in result.evalue:
        problems.append(f"the message is more than one line: {result.traceback[:300]}")
    if result.stdout:
        problems.append(f"the check printed besides its message: {result.stdout.strip()[:200]!r}")
    if result.stderr:
        problems.append(f"the check wrote to stderr: {result.stderr.strip()[:200]!r}")
    return problems


def faults_of_success(name: str, result: Result) -> list[str]:
    """What is wrong with the way a check accepted an answer."""
    if result.ename:
        return [f"refused: {result.evalue}"]
    problems = []
    if not re.fullmatch(rf"✓ {re.escape(name)} passed \(\d+ checks?\)\n", result.stdout):
        problems.append(f"the check printed {result.stdout[:200]!r}, not its one line")
    if result.stderr:
        problems.append(f"the check wrote to stderr: {result.stderr.strip()[:200]!r}")
    return problems


def _first_line(source: str) -> str:
    lines = [line.strip() for line in source.splitlines() if line.strip() and not line.strip().startswith("#")]
    return lines[0][:60] if lines else ""


# ---------------------------------------------------------------------------------------------------- a blank copy


def defined_names(source: str) -> set[str]:
    """Names that a cell defines at its top level."""
    names: set[str] = set()
    for node in ast.parse(source).body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef | ast.AsyncFunctionDef):
            names.add(node.name)
        elif not isinstance(node, ast.Import | ast.ImportFrom):
            names |= {n.id for n in ast.walk(node) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)}
    return names


def _is_blank_error(role: str, result: Result, mine: set[str]) -> bool:
    """Whether an error says no more than that the learner has not answered yet."""
    if role not in ("todo", "check", "uses"):
        return False
    if result.ename == "NameError":
        match = re.search(r"name '(\w+)' is not defined", result.evalue)
        return match is not None and match[1] in mine
    return result.ename in ("NotImplementedError", "NotDone")


# ---------------------------------------------------------------------------------------------------- solved copies


def faults_of_solved_copy(notebook: NotebookNode) -> list[str]:
    """Outputs that a reader of a solved copy would miss, or should not see."""
    problems = []
    states = notebook.metadata.get("widgets", {}).get("application/vnd.jupyter.widget-state+json", {}).get("state", {})
    for i, cell in enumerate(notebook.cells, 1):
        if cell.cell_type != "code":
            continue
        where = f"cell {i} (`{_first_line(cell.source)}`)"
        mimes = {mime for o in cell.outputs for mime in o.get("data", {})}
        printed = "".join(o.text for o in cell.outputs if o.output_type == "stream" and o.name == "stdout")
        if cell.execution_count is None:
            problems.append(f"{where} was not executed")
        if any(o.output_type == "error" for o in cell.outputs):
            problems.append(f"{where} holds an error")
        if any(o.output_type == "stream" and o.name == "stderr" for o in cell.outputs):
            problems.append(f"{where} holds output on stderr")
        code = re.sub(r"^( *)%.*$", r"\1pass", cell.source, flags=re.MULTILINE)  # set-up's `%pip`
        last = ast.parse(code).body[-1:]
        shows = ast.unparse(last[0]) if last and isinstance(last[0], ast.Expr) else ""
        if shows.startswith("plots.") and "image/png" not in mimes:
            problems.append(f"{where} shows no figure")
        shown = [o.get("data", {}).get("application/vnd.jupyter.widget-view+json") for o in cell.outputs]
        views = [view["model_id"] for view in shown if view]
        if shows.startswith("explorers.") and not views:
            problems.append(f"{where} shows no explorer")
        if any(view not in states for view in views):
            problems.append(f"{where} shows a widget whose state is not stored")
        if views and "explorer-error" in json.dumps(states):  # an explorer catches its errors and shows them
            problems.append(f"{where} shows an explorer's error message")
        if cell.metadata.get("course", {}).get("check") and not printed.startswith("✓"):
            problems.append(f"{where} does not show that its exercise has passed")
        if "print(" in cell.source and shows.startswith("print(") and not printed:
            problems.append(f"{where} printed nothing")
    return problems


# ---------------------------------------------------------------------------------------------------- what changed


def changed(root: Path, *paths: Path) -> bool:
    """Whether any of these files differs from the last commit, or is not in it; False where git cannot tell."""
    names = [str(p) for p in paths]
    try:
        status = subprocess.run(
            ["git", "status", "--porcelain", "--", *names], cwd=root, capture_output=True, text=True, check=True
        )
    except (OSError, subprocess.CalledProcessError):
        return False
    return bool(status.stdout.strip())
