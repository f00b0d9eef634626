"""Machine-made wrong answers: mutants of the reference solutions, each run against its check.

    .venv/bin/python tests/mutants.py [NN ...] [--exercise 1.2] [--all]

A mutant is a reference answer with one small change in its syntax tree (an operator, a constant, a comparison, a
keyword that is dropped, a function taken for its neighbour), or a right answer spoiled from outside (it writes into its
input, ignores an argument, copies the numbers of the fixed cases, returns its values in another order). The check must
reject it. What it cannot reject stands in `tests/answers/NN_name.py` as equivalent, with the reason:

    # %% equivalent="1.2" because="a 0-d tensor and a float compare alike"
    # return float(log_z)  ->  return log_z

General mutation testers were looked at: their operators (those of cosmic-ray, say) replace + by shifts and bit
operations, which fail by themselves in any answer that holds floats and would flatter the count, and none knows what
learners do to temperatures, axes and returned tuples. Here each operator is one that a person makes.
"""

from __future__ import annotations

import argparse
import ast
import copy
import inspect
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from support.bench import Bench, Outcome

from course_checks.checks.values import agree, copied, to_numpy
from notebooks import build

# ------------------------------------------------------------------------------------------- changes in the source

_BINARY: dict[type, list[type]] = {
    ast.Add: [ast.Sub],
    ast.Sub: [ast.Add],
    ast.Mult: [ast.Div],
    ast.Div: [ast.Mult],
    ast.Pow: [ast.Mult],
    ast.FloorDiv: [ast.Div],
    ast.Mod: [ast.FloorDiv],
    ast.MatMult: [ast.Mult],
    ast.BitAnd: [ast.BitOr],
    ast.BitOr: [ast.BitAnd],
}
_COMPARE: dict[type, list[type]] = {
    ast.Lt: [ast.LtE, ast.Gt],
    ast.LtE: [ast.Lt, ast.GtE],
    ast.Gt: [ast.GtE, ast.Lt],
    ast.GtE: [ast.Gt, ast.LtE],
    ast.Eq: [ast.NotEq],
    ast.NotEq: [ast.Eq],
    ast.Is: [ast.IsNot],
    ast.IsNot: [ast.Is],
}
_NEIGHBOURS = (
    ("mean", "sum"),
    ("max", "min"),
    ("argmax", "argmin"),
    ("cos", "sin"),
    ("zeros", "ones"),
    ("var", "std"),
    ("amax", "amin"),
    ("maximum", "minimum"),
    ("sigmoid", "tanh"),
    ("exp", "log"),
    ("logsumexp", "sum"),
    ("conv2d", "conv_transpose2d"),
    ("randn", "rand"),
)
_DROPPED_CALLS = {"sqrt", "log", "exp", "abs", "log1p", "expm1", "square", "clamp", "clip", "detach", "clone", "copy",
                  "flatten", "astype", "roll", "round", "rint", "sigmoid", "cumsum", "norm"}  # fmt: skip
_SCALES = {"temperature", "beta", "T", "β"}


@dataclass(frozen=True)
class Mutant:
    """One wrong answer.

    Attributes:
        exercise: its number.
        text: what was changed; it names the mutant in lists of equivalents.
        source: the cell, if the change is one of the source.
        spoil: a function that spoils the right answer from outside, if it is not.
    """

    exercise: str
    text: str
    source: str = ""
    spoil: Callable[..., Any] | None = field(default=None, repr=False)


def of_source(exercise: str, source: str) -> Iterator[Mutant]:
    """Every single change of a reference answer's syntax tree."""
    tree = ast.parse(source)
    scales = {a.arg for f in ast.walk(tree) if isinstance(f, ast.FunctionDef) for a in f.args.args} & _SCALES
    seen = {ast.unparse(tree)}
    bodies = _executed(tree)
    for position, node in enumerate(ast.walk(tree)):
        for change in _changes(node, scales) if id(node) in bodies else ():
            twin = copy.deepcopy(tree)
            target = next(n for i, n in enumerate(ast.walk(twin)) if i == position)
            before = _line(twin, target)
            _replace(twin, target, change(target))
            ast.fix_missing_locations(twin)
            try:
                text = ast.unparse(twin)
            except (AttributeError, ValueError):
                continue
            if text not in seen:
                seen.add(text)
                yield Mutant(exercise, f"{before}  ->  {_changed_line(tree, twin)}", text)


def _executed(tree: ast.Module) -> set[int]:
    """The nodes that run when the answer is called: no annotations, no defaults, no decorators."""
    found: set[int] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.Lambda):
            for statement in node.body if isinstance(node, ast.FunctionDef) else [node.body]:
                found |= {id(n) for n in ast.walk(statement)}
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AnnAssign | ast.arg):
            outside = [node.args, node.returns] if isinstance(node, ast.FunctionDef) else [node.annotation]
            found -= {id(n) for part in outside if part is not None for n in ast.walk(part)}
    return found


def _changes(node: ast.AST, scales: set[str]) -> Iterator[Callable[[Any], ast.AST | None]]:
    """What may be done to a node; each gives the node in its place, or None to drop a statement."""
    if isinstance(node, ast.BinOp):
        for other in _BINARY.get(type(node.op), []):
            yield lambda n, other=other: ast.BinOp(n.left, other(), n.right)
        if isinstance(node.op, ast.Sub | ast.Div | ast.Pow):
            yield lambda n: ast.BinOp(n.right, n.op, n.left)
        if isinstance(node.op, ast.Mult | ast.Div | ast.Add | ast.Sub):
            yield lambda n: n.left
    elif isinstance(node, ast.AugAssign):
        for other in _BINARY.get(type(node.op), []):
            yield lambda n, other=other: ast.AugAssign(n.target, other(), n.value)
        yield lambda n: ast.Assign([n.target], n.value)
    elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub | ast.Not | ast.Invert):
        yield lambda n: n.operand
    elif isinstance(node, ast.Compare) and len(node.ops) == 1:
        for other in _COMPARE.get(type(node.ops[0]), []):
            yield lambda n, other=other: ast.Compare(n.left, [other()], n.comparators)
    elif isinstance(node, ast.BoolOp):
        yield lambda n: ast.BoolOp(ast.Or() if isinstance(n.op, ast.And) else ast.And(), n.values)
        yield lambda n: n.values[0]
    elif isinstance(node, ast.Constant):
        for value in _other_constants(node.value):
            yield lambda n, value=value: ast.Constant(value)
    elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load) and node.id in scales:
        yield lambda n: ast.BinOp(ast.Constant(1.0), ast.Div(), n)
        yield lambda n: ast.Constant(1.0)
    elif isinstance(node, ast.Call):
        yield from _changes_of_call(node)
    elif isinstance(node, ast.Tuple) and isinstance(node.ctx, ast.Load) and len(node.elts) == 2:
        yield lambda n: ast.Tuple(n.elts[::-1], n.ctx)
    elif isinstance(node, ast.If):
        yield lambda n: ast.If(ast.Constant(False), n.body, n.orelse)
        yield lambda n: ast.If(ast.Constant(True), n.body, n.orelse)
    elif isinstance(node, ast.IfExp):
        yield lambda n: n.body
        yield lambda n: n.orelse
    elif isinstance(node, ast.Slice):
        yield lambda n: ast.Slice()
    elif isinstance(node, ast.Assign | ast.Expr | ast.With | ast.Raise) and not _is_docstring(node):
        yield lambda n: ast.Pass()


def _changes_of_call(node: ast.Call) -> Iterator[Callable[[Any], ast.AST]]:
    name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
    for k in range(len(node.keywords)):
        yield lambda n, k=k: ast.Call(n.func, n.args, n.keywords[:k] + n.keywords[k + 1 :])
    for pair in _NEIGHBOURS:
        if name in pair:
            other = pair[1 - pair.index(name)]
            yield lambda n, other=other: ast.Call(_renamed(n.func, other), n.args, n.keywords)
    if name in _DROPPED_CALLS:
        if node.args:
            yield lambda n: n.args[0]
        elif isinstance(node.func, ast.Attribute):
            yield lambda n: n.func.value
    if name == "range" and len(node.args) == 1:
        yield lambda n: ast.Call(n.func, [ast.BinOp(n.args[0], ast.Sub(), ast.Constant(1))], [])
    if len(node.args) == 2 and name not in (
        "zip",
        "isinstance",
        "logaddexp",
        "hypot",
        "maximum",
        "minimum",
        "allclose",
    ):
        yield lambda n: ast.Call(n.func, n.args[::-1], n.keywords)


def _renamed(function: ast.expr, name: str) -> ast.expr:
    return ast.Attribute(function.value, name, function.ctx) if isinstance(function, ast.Attribute) else ast.Name(name)


def _other_constants(value: Any) -> list[Any]:
    if isinstance(value, bool):
        return [not value]
    if isinstance(value, int):
        return [v for v in (value + 1, value - 1) if v != value]
    if isinstance(value, float):
        return [v for v in (2 * value, value / 2, 0.0, 1.0) if v != value]
    return []


def _is_docstring(node: ast.AST) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


def _replace(tree: ast.AST, old: ast.AST, new: ast.AST | None) -> None:
    for parent in ast.walk(tree):
        for name, value in ast.iter_fields(parent):
            if value is old:
                setattr(parent, name, new)
                return
            if isinstance(value, list):
                for i, entry in enumerate(value):
                    if entry is old:
                        value[i] = new
                        return


def _line(tree: ast.AST, node: ast.AST) -> str:
    """The source line that a node of the reference begins on, as unparsed."""
    statements = [s for s in ast.walk(tree) if isinstance(s, ast.stmt) and any(n is node for n in ast.walk(s))]
    return ast.unparse(statements[-1]).splitlines()[0].strip() if statements else ""


def _changed_line(old: ast.AST, new: ast.AST) -> str:
    """The first line in which two trees differ, as the new one has it."""
    a, b = ast.unparse(old).splitlines(), ast.unparse(new).splitlines()
    for one, two in zip(a, b, strict=False):
        if one != two:
            return two.strip()
    return "(nothing)"


# ---------------------------------------------------------------------------------- right answers spoiled from outside


def of_behaviour(exercise: str, function: Callable[..., Any], fixed: dict[Any, Any]) -> Iterator[Mutant]:
    """A right function that does what a good check notices.

    Args:
        exercise: its number.
        function: the reference answer.
        fixed: key of the arguments -> result, for the calls that a check makes in every run.
    """
    names = list(inspect.signature(function).parameters)

    def named(text: str, spoil: Callable[..., Any]) -> Mutant:
        return Mutant(exercise, f"{function.__name__}: {text}", spoil=spoil)

    results = list(fixed.values())
    if not results:
        return
    arguments = function.seen
    for k, name in enumerate(names):
        if any(_writable(a[k]) for a in arguments if k < len(a)):

            def damaging(*args: Any, k: int = k) -> Any:
                result = function(*args)
                _damage(args[k] if k < len(args) else None)
                return result

            yield named(f"writes into {name}", damaging)
        stale = next((a[k] for a in arguments if k < len(a)), None)
        if stale is not None and any(k < len(a) and not agree(a[k], stale) for a in arguments) and not callable(stale):

            def deaf(*args: Any, k: int = k, stale: Any = stale) -> Any:
                return function(*args[:k], copied(stale), *args[k + 1 :])

            yield named(f"ignores {name}", deaf)

    def by_heart(*args: Any) -> Any:
        return fixed.get(key_of(args), results[0])

    yield named("knows the fixed cases by heart", by_heart)
    if isinstance(results[0], tuple) and len(results[0]) > 1:
        yield named("returns its values in reverse order", lambda *args: tuple(function(*args)[::-1]))
    if _is_numeric(results[0]):
        yield named("rounds its result", lambda *args: np.rint(np.asarray(to_numpy(function(*args)))))
        yield named("returns its result with an axis more", lambda *args: np.asarray(to_numpy(function(*args)))[None])
    calls: list[Any] = []

    def late(*args: Any) -> Any:
        calls.append(function(*args))
        return calls[max(len(calls) - 2, 0)]

    yield named("returns the result of the call before", late)
    yield named("returns nothing", lambda *args: (function(*args), None)[1])


def key_of(arguments: Sequence[Any]) -> Any:
    """Arguments as a key; functions and objects by their identity are left out."""
    parts = []
    for value in arguments:
        plain = to_numpy(value)
        if isinstance(plain, np.ndarray):
            parts.append((plain.shape, plain.tobytes()))
        elif isinstance(plain, list | tuple):
            parts.append(key_of(plain))
        elif isinstance(plain, int | float | str | bool | None.__class__ | np.generic):
            parts.append(plain)
        else:
            parts.append(type(plain).__name__)
    return tuple(parts)


def _writable(value: Any) -> bool:
    if isinstance(value, list):
        return True
    if isinstance(value, np.ndarray):
        return value.flags.writeable and value.size > 0
    return hasattr(value, "detach") and hasattr(value, "add_")


def _damage(value: Any) -> None:
    if isinstance(value, list) and value:
        value.append(value[0])
    elif isinstance(value, np.ndarray) and value.size:
        value.flat[-1] = 1 - value.flat[-1] if value.dtype.kind != "b" else not value.flat[-1]
    elif hasattr(value, "detach"):
        import torch

        with torch.no_grad():
            value.view(-1)[-1:].add_(1) if value.dtype != torch.bool else value.logical_not_()


def _is_numeric(value: Any) -> bool:
    array = to_numpy(value)
    return isinstance(array, float | np.floating) or (hasattr(array, "dtype") and array.dtype.kind == "f")


# ------------------------------------------------------------------------------------------------- one lesson


@dataclass
class Count:
    """What became of the mutants of an exercise."""

    exercise: str
    mutants: int = 0
    killed: int = 0
    equivalent: int = 0
    silent: int = 0  # rejected by no more than "got, expected"
    survivors: list[str] = field(default_factory=list)
    unused: list[str] = field(default_factory=list)  # equivalents that are killed, or exist no more
    messages: list[tuple[str, str]] = field(default_factory=list)


def recorded(bench: Bench, number: str, name: str) -> tuple[Callable[..., Any], dict[Any, Any]] | None:
    """The reference answer of an exercise, and the calls that its check makes in every run."""
    function = bench.names()[name]
    if inspect.isclass(function):
        return None
    runs: list[dict[Any, Any]] = []
    seen: list[tuple] = []
    for _ in range(2):
        calls: dict[Any, Any] = {}

        def listening(*args: Any, calls: dict[Any, Any] = calls, **keywords: Any) -> Any:
            full = inspect.signature(function).bind(*args, **keywords)
            full.apply_defaults()
            kept = copied(tuple(full.arguments.values()))
            result = function(*args, **keywords)
            calls[key_of(kept)] = result
            seen.append(kept)
            return result

        names = bench.names()
        names[name] = listening
        outcome = bench.checked(number, names)
        if not outcome.passed:
            raise AssertionError(f"the reference answer to {number} is refused: {outcome.message}")
        runs.append(calls)

    def reference(*args: Any) -> Any:
        return function(*args)

    reference.__name__, reference.__signature__, reference.seen = name, inspect.signature(function), seen
    return reference, {k: v for k, v in runs[0].items() if k in runs[1]}


def count(bench: Bench, number: str, equivalents: Sequence[str]) -> Count:
    """Run all mutants of an exercise against its check."""
    result, source = Count(number), bench.references[number]
    used: set[str] = set()
    for mutant in mutants_of(bench, number):
        outcome = tried(bench, mutant)
        result.mutants += 1
        if not outcome.passed:
            result.killed += 1
            result.silent += outcome.silent
        elif mutant.text in equivalents:
            used.add(mutant.text)
            result.equivalent += 1
        else:
            result.survivors.append(mutant.text)
        result.messages.append((mutant.text, outcome.message))
    result.unused = [text for text in equivalents if text not in used]
    assert source
    return result


def mutants_of(bench: Bench, number: str) -> Iterator[Mutant]:
    """Every mutant of an exercise's reference answer."""
    source = bench.references[number]
    yield from of_source(number, source)
    for node in ast.parse(source).body:
        if isinstance(node, ast.FunctionDef):
            found = recorded(bench, number, node.name)
            if found is not None:
                yield from of_behaviour(number, *found)


def tried(bench: Bench, mutant: Mutant) -> Outcome:
    """A mutant against its check."""
    if mutant.spoil is None:
        return bench.answered(mutant.exercise, mutant.source)
    names = bench.names()
    name = mutant.text.partition(":")[0]
    signature = inspect.signature(names[name])

    def called(*args: Any, **keywords: Any) -> Any:
        full = signature.bind(*args, **keywords)
        full.apply_defaults()
        return mutant.spoil(*full.arguments.values())

    names[name] = called
    return bench.checked(mutant.exercise, names)


def read_equivalents(path: Path) -> dict[str, list[str]]:
    """Exercise -> texts of the mutants that a file of answers declares equivalent."""
    found: dict[str, list[str]] = {}
    for answer in build.read_answers(path):
        if answer.kind == "equivalent":
            lines = [line.removeprefix("#").strip() for line in answer.source.splitlines()]
            found.setdefault(answer.exercise, []).extend(line for line in lines if line)
    return found


def table(lesson: build.Lesson, counts: Sequence[Count]) -> str:
    """One line for a lesson."""
    mutants, killed, equivalent = (sum(getattr(c, k) for c in counts) for k in ("mutants", "killed", "equivalent"))
    share = killed / max(mutants - equivalent, 1)
    return f"lesson {lesson.number}: {mutants} mutants · {killed} killed · {equivalent} equivalent · {share:.1%}"


def main(arguments: Sequence[str] | None = None) -> int:
    """The command line: the survivors of some lessons."""
    parser = argparse.ArgumentParser(description="Run machine-made wrong answers against the checks.")
    parser.add_argument("lessons", nargs="*", metavar="NN", help="numbers of the lessons (default: all)")
    parser.add_argument("--exercise", help="only this exercise")
    parser.add_argument("--all", action="store_true", help="show what the check says of each mutant")
    options = parser.parse_args(arguments)
    course = build.read_course()
    survivors = 0
    for lesson in course.lessons:
        if options.lessons and lesson.number not in [n.zfill(2) for n in options.lessons]:
            continue
        bench, counts = Bench(lesson), []
        equivalents = read_equivalents(build.ROOT / "tests" / "answers" / f"{lesson.stem}.py")
        for number in bench.checks:
            if options.exercise in (None, number):
                started = time.time()
                c = count(bench, number, equivalents.get(number, []))
                counts.append(c)
                print(
                    f"{number}: {c.mutants} mutants, {c.killed} killed ({c.silent} without a word on why), "
                    f"{c.equivalent} equivalent, {len(c.survivors)} survive ({time.time() - started:.1f} s)"
                )
                for text, message in c.messages if options.all else []:
                    print(f"      {text}\n          {message}")
                for text in c.survivors:
                    print(f"   survives: {text}")
                for text in c.unused:
                    print(f"   no longer a survivor: {text}")
                survivors += len(c.survivors)
        print(table(lesson, counts))
    return int(survivors > 0)


if __name__ == "__main__":
    sys.exit(main())
