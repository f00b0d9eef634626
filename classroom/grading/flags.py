"""What a person should look at; none of it changes a score.

Statically, in the source of a student's cells: calls of the library's function that is the exercise itself, a copy of
the course's answer, names that have nothing to do in an exercise; and answers that two students have in common.
"""

from __future__ import annotations

import ast
import contextlib
import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence

from ..results import Flag
from .lesson import Exercise

__all__ = ["LEAST_NODES", "fingerprint", "flags_of_code", "identical", "imports_of"]

LEAST_NODES = 50
"""Nodes of an answer's syntax tree (about four lines) from which two alike are more than chance."""

_SUSPICIOUS = {
    "_exit": "ends the process",
    "ctypes": "reaches into the interpreter's memory",
    "socket": "reaches for the network",
    "urllib": "reaches for the network",
    "requests": "reaches for the network",
    "httpx": "reaches for the network",
    "subprocess": "starts another program",
    "system": "starts another program",
    "popen": "starts another program",
    "fork": "starts another process",
    "ptrace": "looks into another process",
    "kill": "ends another process",
    "_getframe": "looks at its callers",
    "currentframe": "looks at its callers",
    "get_objects": "looks at all objects",
    "gc": "looks at all objects",
    "inspect": "looks at its callers",
    "importlib": "imports what its name does not say",
    "attrgetter": "looks names up",
    "__dict__": "looks names up",
    "__globals__": "looks names up",
    "__subclasses__": "looks at all classes",
    "builtins": "reaches for what everybody uses",
    "__builtins__": "reaches for what everybody uses",
    "settrace": "watches its callers",
    "__exit__": "changes how a check ends",
    "course_checks": "reaches for the checks",
    "classroom": "reaches for the grading",
}
_CHECKS = {"check", "exercises", "frame"}
_SUSPICIOUS_NAMES = ("open", "eval", "exec", "compile", "__import__", "__builtins__", "globals", "vars", "setattr")
_LONGEST = 8  # names in a chain of attributes that is looked up


def flags_of_code(
    exercise: Exercise | None, source: str, imports: str = "", others: Sequence[Exercise] = ()
) -> list[Flag]:
    """What is seen in a cell.

    Args:
        exercise: whose cell it is; None for a cell of the student's own.
        source: of the cell; of one of the student's own, what of it runs.
        imports: of the lesson and of the other cells, which say what its names mean.
        others: exercises whose answers a cell of the student's own may hold.
    """
    number = exercise.number if exercise else ""
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return []
    try:
        found = [Flag("tampering", number, text) for text in dict.fromkeys(_tampering(tree))]
        for one in [exercise] if exercise else others:
            found += _of_the_course(one, tree, imports, source)
    except RecursionError:
        return [Flag("tampering", number, "is nested too deep to be looked at")]
    if exercise and fingerprint(source) == fingerprint(exercise.reference):
        found.append(Flag("solution", number, "is the course's own answer but for names, comments and layout"))
    return found


def imports_of(sources: Iterable[str]) -> str:
    """The imports in cells, and the other names that they give to what they have imported."""
    return "\n".join(
        ast.unparse(node)
        for source in sources
        for node in getattr(_parsed(source), "body", ())
        if isinstance(node, ast.Import | ast.ImportFrom)
        or (isinstance(node, ast.Assign) and isinstance(node.value, ast.Name | ast.Attribute) and _is_short(node.value))
    )


def _of_the_course(exercise: Exercise, tree: ast.AST, imports: str, source: str) -> Iterator[Flag]:
    """Flags for the course's own functions that are an exercise."""
    aliases = _aliases(imports) | _aliases(source)
    whole = {part.module for part in ast.walk(tree) if isinstance(part, ast.ImportFrom) and part.names[0].name == "*"}
    for name in exercise.library:
        module, _, last = name.rpartition(".")
        if module in whole:
            aliases[last] = name
    for name in dict.fromkeys(_names_used(tree, aliases)):
        own = any(name.endswith(f".{asked}") and name.startswith("course_utils.") for asked in exercise.names)
        if name in exercise.library or own or name.startswith("course_checks.exercises"):
            yield Flag("library", exercise.number, f"uses {name}, which is the exercise itself")


def _tampering(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        names: list[str] = []
        if isinstance(node, ast.Attribute):
            names = [node.attr]
            if node.attr == "modules" and isinstance(node.value, ast.Name) and node.value.id == "sys":
                yield f"line {node.lineno}: sys.modules changes what others import"
            if isinstance(node.ctx, ast.Store | ast.Del) and not _is_own(node):
                yield f"line {node.lineno}: sets {ast.unparse(node)}, which is not its own"
        elif isinstance(node, ast.Import):
            names = [alias.name.partition(".")[0] for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            names = [(node.module or "").partition(".")[0], *(alias.name for alias in node.names)]
            if node.module == "sys" and "modules" in names:
                yield f"line {node.lineno}: sys.modules changes what others import"
            if node.module == "course_checks" and [alias.name for alias in node.names] == ["check"]:
                names = []
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value in _SUSPICIOUS:
            names = [node.value]
        elif isinstance(node, ast.Call) and _is_getattr(node) and not isinstance(node.args[1], ast.Constant):
            yield f"line {node.lineno}: getattr of a name that is computed"
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store) and node.id in _CHECKS:
            yield f"line {node.lineno}: `{node.id}` is made something else"
        elif isinstance(node, ast.Name) and node.id in _SUSPICIOUS_NAMES:
            yield f"line {node.lineno}: {node.id}"
        for name in names:
            if name in _SUSPICIOUS:
                yield f"line {node.lineno}: {name} {_SUSPICIOUS[name]}"


def _is_getattr(node: ast.Call) -> bool:
    return isinstance(node.func, ast.Name) and node.func.id == "getattr" and len(node.args) >= 2


def _is_own(node: ast.Attribute) -> bool:
    """Whether what is set belongs to a local variable: `self.x`, `energy.grad`, not `np.allclose` or `check.close`."""
    head: ast.expr = node
    while isinstance(head, ast.Attribute | ast.Subscript | ast.Call):
        head = head.func if isinstance(head, ast.Call) else head.value
    modules = {"builtins", "check", "course_utils", "exercises", "jax", "jnp", "math", "np", "numpy", "sys", "torch"}
    return not (isinstance(head, ast.Name) and head.id in modules)


def _aliases(source: str) -> dict[str, str]:
    """What names stand for, from the imports of a piece of source."""
    found: dict[str, str] = {}
    tree = _parsed(source)
    for node in ast.walk(tree) if tree is not None else ():
        if isinstance(node, ast.Import):
            found.update({a.asname or a.name.partition(".")[0]: a.name if a.asname else a.name.partition(".")[0]
                          for a in node.names})  # fmt: skip
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.update({a.asname or a.name: f"{node.module}.{a.name}" for a in node.names})
        elif isinstance(node, ast.Assign) and isinstance(node.value, ast.Name | ast.Attribute):
            for target in node.targets:
                if isinstance(target, ast.Name):
                    found.setdefault(target.id, ast.unparse(node.value))
    return found


def _names_used(tree: ast.AST, aliases: Mapping[str, str]) -> Iterator[str]:
    for node in ast.walk(tree):
        text = ""
        if isinstance(node, ast.Attribute | ast.Name) and _is_short(node):
            text = ast.unparse(node)
        elif isinstance(node, ast.Call) and _is_getattr(node) and _is_short(node.args[0]):
            text = f"{ast.unparse(node.args[0])}.{getattr(node.args[1], 'value', '')}"
        if text:
            for _ in range(4):  # an alias of an alias
                head, dot, rest = text.partition(".")
                if head not in aliases or aliases[head] == head:
                    break
                text = aliases[head] + dot + rest
            yield text


def _is_short(node: ast.expr) -> bool:
    """Whether it is a name, or a few attributes of one."""
    for _ in range(_LONGEST):
        if not isinstance(node, ast.Attribute):
            break
        node = node.value
    return isinstance(node, ast.Name)


# ------------------------------------------------------------------------------------------------------ alike or not


class _Plain(ast.NodeTransformer):
    """Names of locals become numbers; docstrings and annotations go."""

    def __init__(self, local: set[str]) -> None:
        self.local, self.numbers = local, {}

    def _numbered(self, name: str) -> str:
        return f"_{self.numbers.setdefault(name, len(self.numbers))}" if name in self.local else name

    def visit_Name(self, node: ast.Name) -> ast.AST:
        return ast.Name(self._numbered(node.id), node.ctx)

    def visit_arg(self, node: ast.arg) -> ast.AST:
        return ast.arg(self._numbered(node.arg), None)

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        node.body = _undocumented(node.body)
        node.returns = None
        self.generic_visit(node)
        return node

    def visit_ClassDef(self, node: ast.ClassDef) -> ast.AST:
        node.body = _undocumented(node.body)
        self.generic_visit(node)
        return node

    def visit_AnnAssign(self, node: ast.AnnAssign) -> ast.AST:
        if node.value is None:
            return node
        return self.visit(ast.Assign([node.target], node.value, lineno=0))


def _undocumented(body: list[ast.stmt]) -> list[ast.stmt]:
    documented = body and isinstance(body[0], ast.Expr) and isinstance(body[0].value, ast.Constant)
    return body[1:] if documented and len(body) > 1 else body


def fingerprint(source: str) -> str:
    """The same for two answers that differ in names of locals, comments, annotations and layout alone."""
    with contextlib.suppress(RecursionError):
        tree = _plain(source)
        return hashlib.sha256(ast.dump(tree).encode()).hexdigest() if tree is not None else ""
    return ""


def _parsed(source: str) -> ast.AST | None:
    try:
        return ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def _plain(source: str) -> ast.AST | None:
    tree = _parsed(source)
    if tree is None:
        return None
    tree.body = [node for node in tree.body if not isinstance(node, ast.Import | ast.ImportFrom)]
    inside = list(ast.walk(tree))
    local = {node.id for node in inside if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}
    local |= {node.arg for node in inside if isinstance(node, ast.arg)}
    return _Plain(local).visit(tree)


def identical(answers: Mapping[str, Mapping[str, str]], stubs: Mapping[str, str]) -> dict[str, list[Flag]]:
    """Flags for answers that students have in common.

    Args:
        answers: student -> exercise -> source.
        stubs: exercise -> the cell as students get it, and what else is not worth a flag.
    """
    having: dict[tuple[str, str], list[str]] = {}
    for student, theirs in answers.items():
        for number, source in theirs.items():
            if _size(source) >= LEAST_NODES and fingerprint(source) != fingerprint(stubs.get(number, "")):
                having.setdefault((number, fingerprint(source)), []).append(student)
    found: dict[str, list[Flag]] = {}
    for (number, _), students in sorted(having.items()):
        for student in students if len(students) > 1 else []:
            others = [other for other in sorted(students) if other != student]
            shown = ", ".join(others[:4]) + (f" and {len(others) - 4} more" if len(others) > 4 else "")
            found.setdefault(student, []).append(Flag("identical", number, f"the same answer as {shown}"))
    return found


def _size(source: str) -> int:
    tree = _plain(source) if fingerprint(source) else None
    return sum(1 for node in ast.walk(tree) if not isinstance(node, ast.expr_context)) if tree is not None else 0
