"""What a comparison is, and how a check goes on after one that fails.

A *comparison* is each output of each case (`answer.on`, `answer.fresh`), and each `check.close`, `equal`, `that` and
`raises` of the check cell. An output holds if it is the reference's. All outputs of a case fail if the answer raised an
exception in it, returned something of another form, gave something else when it was asked again, or wrote into its
argument. Where an answer is asked in a way of its own, an output that is the same for every input counts only in a case
where one that is not holds as well: who answers in the place of that way could say it blindly. What a cell would have
compared after an exception fails, too, up to the next case. An answer of which no
case holds earns nothing, whatever else holds.

How many there are is counted with the course's own answer, which passes all of them. There are more fresh cases than on
the page, from seeds that stay with the teacher.
"""

from __future__ import annotations

import ast
import builtins
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import numpy as np

from course_checks.checks import Answer, CheckFailed, Task, frame
from course_checks.checks.diagnosis import Case
from course_checks.checks.values import agree, changes, copied

__all__ = ["Book", "Raised", "Refused", "Tried", "checked", "graded"]

MORE = 3
"""Fresh cases that are added to those of the page."""


class Raised(Exception):
    """What the student's code raised, in another process.

    Args:
        where: "your code raised …", with the line of the cell.
        kinds: names of its built-in types, its own first.
    """

    def __init__(self, where: str, kinds: tuple[str, ...] = ()) -> None:
        super().__init__(where)
        self.where, self.kinds = where, kinds


class Refused(Exception):
    """The form of what the student returned, in the words of the check."""


@dataclass
class Book:
    """The comparisons of one exercise.

    Attributes:
        held: of them.
        failed: of them.
        cases_held: cases all of whose outputs hold, at least in part.
        asked: by tasks that ask in a way of their own, for each case: output -> whether it holds, and what
            is expected.
        line: what the first failure says.
        stub: whether the first failure was that of a stub.
    """

    number: str
    held: int = 0
    failed: int = 0
    cases_held: int = 0
    line: str = ""
    cause: str = ""
    stub: bool = False
    seed: int = 0
    used: list[Task] = field(default_factory=list)
    asked: dict[int, list[dict[str, tuple[bool, Any]]]] = field(default_factory=dict)

    @property
    def passed(self) -> int:
        """Comparisons that count as held."""
        return self.held - self._blind() if self.cases_held or not self.used else 0

    def _blind(self) -> int:
        """Comparisons that hold though nothing that depends on the input does."""
        count = 0
        for cases in self.asked.values():
            first = cases[0]
            varying = {
                name for case in cases for name, (_, value) in case.items()
                if name not in first or not agree(value, first[name][1])
            }  # fmt: skip
            for case in cases if varying else ():
                if not any(case[name][0] for name in varying & case.keys()):
                    count += sum(holds for holds, _ in case.values())
        return count

    def fail(self, line: str, count: int = 1, stub: bool = False) -> None:
        """Note comparisons that failed; the first one's words stay."""
        self.failed += count
        if not self.line:
            self.line, self.stub = line, stub

    def lost(self, error: Exception) -> None:
        """Note an exception between two comparisons; what it keeps from being compared is missing in the count."""
        if isinstance(error, frame.CourseFault):
            raise error
        self.fail(*_said(error, self.number), count=0)

    def hold(self) -> None:
        """Note a comparison that held."""
        self.held += 1


def _said(error: Exception, number: str) -> tuple[str]:
    if isinstance(error, CheckFailed):
        return (str(error),)
    if isinstance(error, Refused):
        return (f"✗ {number} {error}",)
    where = getattr(error, "where", "")
    return (f"✗ {number} {where or f'the check could not use your answer: {type(error).__name__}: {error}'}",)


@dataclass(frozen=True)
class Tried:
    """One call of an answer: what it returned, what is compared of it, and how it changed its arguments."""

    returned: Any
    got: dict[str, Any]
    changed: str


class GradedAnswer(Answer):
    """An answer whose comparisons are counted; none of them ends the check.

    Args:
        task: what was asked for.
        learner: a function of this process, or one with a method `case` that asks another process.
        book: where comparisons are noted.
    """

    def __init__(self, task: Task, learner: Any, book: Book) -> None:
        super().__init__(task, learner)
        self.book, self.tried = book, 0
        book.used.append(task)

    def on(self, what: str, *arguments: Any, expect: Any = None, hint: str = "") -> Any:
        """Compare on one input, as on the page, but go on after a failure."""
        task, book = self.task, self.book
        expected = task.values(task.reference, arguments)
        names = list(task.compared or expected)
        if expect is not None and not agree(expected[task.names[0]], expect, rtol=1e-5):
            raise frame.CourseFault(f"the reference of {book.number} gives another value for {what}")
        self.tried += 1
        try:
            tried = self._try(arguments)
            if self.tried == 1 and task.deterministic:
                self._try_again(what, arguments, tried.got)
        except Exception as error:
            return self._failed_case(error, what, len(names))
        if tried.changed and all(self._agrees(tried.got, expected, name) for name in names):
            sentence = f"{tried.changed[0].lower()}{tried.changed[1:]}"
            book.fail(f"✗ {book.number} {what}: the answer is right, but {sentence}", len(names))
            return tried.returned
        case, held = Case(what, copied(arguments), expected, tried.got), 0
        holding = {name: (self._agrees(tried.got, expected, name), expected[name]) for name in names}
        if task.call is not None or task.view is not None:
            book.asked.setdefault(id(task), []).append(holding)
        for name in names:
            if holding[name][0]:
                book.hold()
                held += 1
            else:
                self._note(case, name, tried.changed, hint)
        book.cases_held += held > 0
        if held == len(names):
            self.cases.append(case)
        return tried.returned

    def fresh(self, count: int = 2, what: str = "a fresh case") -> None:
        """Compare on more inputs than on the page, from the teacher's own seed."""
        rng = np.random.default_rng(self.book.seed)
        for _ in range(count + MORE):
            arguments = self.task.draw(rng)
            self.on(f"{what} ({self._described(arguments)})", *arguments)

    def _agrees(self, got: dict[str, Any], expected: dict[str, Any], name: str) -> bool:
        with np.errstate(all="ignore"):
            return agree(got[name], expected[name], self.task.rtol, self.task.atol)

    def _try(self, arguments: tuple) -> Tried:
        if hasattr(self.learner, "case"):
            return self.learner.case(self, arguments)
        given, kept = copied(arguments), copied(arguments)
        returned = Answer._call(self, given)
        changed = {k: how for k, (a, b) in enumerate(zip(given, kept, strict=True)) if (how := changes(a, b))}
        return Tried(returned, Answer._seen(self, returned, given), self.in_words(changed))

    def in_words(self, changed: dict[int, str]) -> str:
        """How arguments were changed, from their numbers; as the check says it."""
        for k, how in changed.items():
            parameter = self.task.parameters[k] if k < len(self.task.parameters) else "an argument"
            return f"Your function wrote into its argument: `{parameter}` {how}. Work on a copy, or make a new array"
        return ""

    def _try_again(self, what: str, arguments: tuple, got: dict[str, Any]) -> None:
        again = self._try(arguments).got
        if not all(agree(again[name], got[name], self.task.rtol, self.task.atol) for name in got):
            hint = "Does something survive from call to call, or is something drawn at random?"
            frame.fail(f"{what}: two calls with the same input give two different answers", hint)

    def _failed_case(self, error: Exception, what: str, count: int) -> None:
        stub = _is_stub(error)
        (line,) = _said(error, self.book.number)
        if stub:
            line = f"○ {self.book.number} is not done yet: {stub}"
        elif not isinstance(error, CheckFailed | Refused) and ", for " not in line:
            line += f", for {what}"
        self.book.fail(line, count, bool(stub))

    def _note(self, case: Case, name: str, changed: str, hint: str) -> None:
        """A wrong output; why it is wrong is asked once."""
        if self.book.line:
            self.book.failed += 1
            return
        self._changed = changed
        try:
            with np.errstate(all="ignore"), warnings.catch_warnings():
                warnings.simplefilter("ignore")
                self._refuse(case, name, case.arguments, hint)
        except CheckFailed as failure:
            self.book.fail(str(failure))
        except Exception as error:  # a diagnosis that fails explains nothing
            self.book.fail(f"✗ {self.book.number} {name} of {case.what} is wrong ({type(error).__name__})")

    # What the diagnosis asks of an answer: a few more calls, and how arguments were changed.

    def _call(self, arguments: tuple) -> Any:
        return self._try(arguments)

    def _seen(self, returned: Any, arguments: tuple) -> dict[str, Any]:
        return returned.got

    def _changed_argument(self, given: tuple, kept: tuple) -> str:
        return self._changed


def _is_stub(error: Exception) -> str:
    """What a stub says of its exercise; empty for any other exception."""
    if isinstance(error, NotImplementedError):
        return str(error) or "fill the cell above"
    if isinstance(error, Raised) and "NotImplementedError" in error.kinds:
        return str(error.args[0]).partition("NotImplementedError: ")[2].partition(" at `")[0] or "fill the cell above"
    return ""


# ------------------------------------------------------------------------------------------------------- the check cell


def graded(book: Book) -> SimpleNamespace:
    """The module `check` of a check cell, with comparisons that are counted."""

    def counted(compare: Callable[..., None]) -> Callable[..., None]:
        def call(*arguments: Any, **named: Any) -> None:
            try:
                compare(*arguments, **named)
            except CheckFailed as failure:
                book.fail(str(failure))
            except NotImplementedError as error:  # `raises` hands a stub on
                book.fail(f"○ {book.number} is not done yet: {error}", stub=True)
            except Exception as error:
                book.fail(*_said(error, book.number))
            else:
                book.hold()

        return call

    @contextmanager
    def exercise(number: str, *names: str) -> Iterator[None]:
        frame._current = SimpleNamespace(number=number, names=names, count=0, about="")
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                yield
        finally:
            frame._current = None

    return SimpleNamespace(
        exercise=exercise, outputs=frame.outputs, lost=book.lost,
        **{name: counted(getattr(frame, name)) for name in ("close", "equal", "that", "raises")},
    )  # fmt: skip


@contextmanager
def _answers_in(book: Book) -> Iterator[None]:
    """Let tasks make answers whose comparisons are counted."""
    before = Task.by

    def by(task: Task, learner: Any) -> Answer:
        return GradedAnswer(task, learner, book)

    Task.by = by
    try:
        yield
    finally:
        Task.by = before


class _EachByItself(ast.NodeTransformer):
    """Lets every statement inside a `with` or a loop fail by itself, and takes out the import of the checks."""

    def visit_ImportFrom(self, node: ast.ImportFrom) -> ast.AST | None:
        return None if node.module == "course_checks" else node

    def visit_With(self, node: ast.With) -> ast.AST:
        return self._inside(node)

    def visit_For(self, node: ast.For) -> ast.AST:
        return self._inside(node)

    def _inside(self, node: Any) -> ast.AST:
        self.generic_visit(node)
        node.body = [entry for statement in node.body for entry in self._alone(statement)]
        return node

    @staticmethod
    def _alone(statement: ast.stmt) -> list[ast.stmt]:
        if not isinstance(statement, ast.Expr | ast.Assign | ast.AugAssign | ast.AnnAssign):
            return [statement]
        (guard,) = ast.parse("try:\n    pass\nexcept Exception as error:\n    check.lost(error)").body
        guard.body = [statement]
        return [ast.copy_location(guard, statement)]


def checked(book: Book, source: str, space: dict[str, Any], exercises: Any) -> Book:
    """Run a check cell in the judge's process, and count its comparisons.

    Args:
        book: of the exercise.
        source: of the check cell, the teacher's.
        space: names of the lesson, with the answers among them.
        exercises: the module of that name.
    """
    tree = ast.fix_missing_locations(_EachByItself().visit(ast.parse(source)))
    names = {**space, "check": graded(book), "exercises": exercises, "__builtins__": builtins}
    with _answers_in(book):
        try:
            exec(compile(tree, f"<check {book.number}>", "exec", dont_inherit=True), names)
        except frame.CourseFault:
            raise
        except Exception as error:
            book.lost(error)
    return book
