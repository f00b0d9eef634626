"""Checks that answer a learner in one line, and can fail.

A check cell opens an exercise and calls the learner's own function on several inputs:

    with check.exercise("1.2", "density"):
        p = density(energy, dx, temperature=1.0)
        check.close("the total probability", p.sum() * dx, 1.0, hint="Did you multiply by dx?")

It ends in one of three ways, each of them one line: `✓` passed, `✗` wrong (with a cause), `○` not done yet.
Torch, NumPy and JAX arrays and plain numbers are accepted alike. No name that a block sets outlives it.
"""

import linecache
import os
import random
import sys
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from types import ModuleType, TracebackType
from typing import Any, TypeVar, no_type_check

import numpy as np

from .values import agree, clip, show, to_numpy

__all__ = ["CheckFailed", "NotDone", "close", "equal", "exercise", "outputs", "raises", "report", "that", "yours"]


class CheckFailed(AssertionError):
    """The learner's answer is wrong; the message is one line and names the cause."""

    def _render_traceback_(self) -> list[str]:  # the hook by which IPython asks an exception how to show itself
        return [str(self)]


class NotDone(CheckFailed):
    """The exercise still holds its stub, or its cell has not been run."""


class CourseFault(Exception):
    """A check contradicts itself: the course is wrong, not the learner."""


Function = TypeVar("Function", bound=Callable[..., Any])

_PASSED, _FAILED, _OPEN = "✓", "✗", "○"
_results: dict[str, str] = {}  # exercise number -> the line it last earned
_current: "exercise | None" = None
_chance: random.Random = random.SystemRandom()  # where fresh cases come from; tests put a generator of their own here


class exercise:
    """The frame of one check: counts the checks inside, and turns every way to fail into one line.

    Args:
        number: the exercise's number, such as "1.2".
        names: what the learner defines in this exercise. A `NameError` about one of them means "not done yet".

    Raises:
        NotDone: the stub is still there or the learner's cell has not been run.
        CheckFailed: the answer is wrong or raised an exception.
        RuntimeError: the block ended without a single check, so it could not have failed.
    """

    def __init__(self, number: str, *names: str) -> None:
        self.number = number
        self.names = names
        self.count = 0
        self.about = ""  # the case at hand, in the words of the lesson
        self._warnings = warnings.catch_warnings(record=True)

    @no_type_check  # a wrapper that checks types would stand between this function and the cell that calls it
    def __enter__(self) -> "exercise":
        global _current
        _current = self
        self._space = sys._getframe(1).f_globals
        self._names = dict(self._space)
        # A learner's overflow warning would go to stderr, where a grader reads it as a crash.
        self._warnings.__enter__()
        warnings.simplefilter("always")
        return self

    def __exit__(self, kind: type | None, error: BaseException | None, trace: TracebackType | None) -> bool:
        global _current
        _current = None
        self._warnings.__exit__(kind, error, trace)
        self._forget()
        if error is None:
            if self.count == 0:
                raise RuntimeError(f"the check of exercise {self.number} compared nothing, so it proves nothing")
            line = f"{_PASSED} {self.number} passed ({self.count} check{'s' if self.count > 1 else ''})"
            _results[self.number] = line
            print(line)
            return False
        if not isinstance(error, Exception) or isinstance(error, CourseFault):
            return False  # an interrupt is the learner's own wish, and a fault of ours not the learner's
        failure = error if isinstance(error, CheckFailed) else self._explain(error, trace)
        _results[self.number] = str(failure)
        if failure is error:
            return False
        raise failure from error

    def _forget(self) -> None:
        """Put the cell's names back as they were before the block, so that cells above can be run again."""
        names, self._names = self._names, {}
        for name in [n for n in self._space if n not in names]:
            del self._space[name]
        for name, value in names.items():
            if self._space.get(name) is not value:
                self._space[name] = value

    def _explain(self, error: Exception, trace: TracebackType | None) -> CheckFailed:
        if isinstance(error, NotImplementedError):
            task = str(error) or "fill the cell above"
            return NotDone(f"{_OPEN} {self.number} is not done yet: {task}")
        if isinstance(error, NameError) and error.name in self.names:
            return NotDone(f"{_OPEN} {self.number} is not done yet: run the cell above that defines `{error.name}`")
        if isinstance(error, NameError) and trace is not None and trace.tb_next is None:  # in the check's own cell
            return NotDone(
                f"{_OPEN} {self.number} cannot be checked yet: `{error.name}` is not known here. Run the cells above "
                "first (in the menu: Run All Above Selected Cell, on Colab: Run before)"
            )
        what = _what(error)
        frames = []
        while trace is not None:
            lost = _shadowed(trace.tb_frame)
            if lost and isinstance(error, AttributeError | TypeError):
                return CheckFailed(f"{_FAILED} {self.number} cannot be checked: {lost}")
            frames.append((trace.tb_frame.f_code.co_filename, trace.tb_lineno))
            trace = trace.tb_next
        where = _in_a_cell(frames, besides=frames[0][0])
        if where:
            case = f", for {self.about}" if self.about else ""
            return CheckFailed(f"{_FAILED} {self.number} your code raised {what}{where}{case}")
        return CheckFailed(
            f"{_FAILED} {self.number} the check could not use your answer: {what}. "
            "Does it return what its docstring says?"
        )


def close(
    what: str,
    got: Any,
    expected: Any,
    *,
    hint: str = "",
    causes: Mapping[str, Any] | None = None,
    rtol: float = 1e-4,
    atol: float = 1e-6,
) -> None:
    """Check that two numbers or arrays agree: |got - expected| <= atol + rtol |expected|, entry by entry.

    Args:
        what: what is compared, in the words of the lesson ("log Z").
        got: the learner's number or array (torch, NumPy, JAX, list).
        expected: the right number or array, of the same shape.
        hint: a sentence for a wrong answer of unknown cause.
        causes: sentence -> the value that this mistake gives; the sentence whose value matches is shown.
        rtol: relative tolerance.
        atol: absolute tolerance.
    """
    a, b = _numbers(what, got), np.asarray(to_numpy(expected))
    count()
    # NaN fails, even where it is expected; an infinity that is expected has to be met exactly.
    if a.shape == b.shape and np.all((a == b) | (np.isfinite(b) & (np.abs(a - b) <= atol + rtol * np.abs(b)))):
        return
    differ(what, a, b, next((s for s, value in (causes or {}).items() if agree(a, value, rtol, atol)), hint))


def equal(what: str, got: Any, expected: Any, *, hint: str = "", causes: Mapping[str, Any] | None = None) -> None:
    """Check that two values are the same (integers, strings, tuples, lists).

    Args:
        what: what is compared, in the words of the lesson.
        got: the learner's value.
        expected: the right value.
        hint: a sentence for a wrong answer of unknown cause.
        causes: sentence -> the value that this mistake gives.
    """
    count()
    got = not_none(what, got)
    plain = to_numpy(got)
    plain = plain.tolist() if isinstance(plain, np.ndarray | np.generic) else plain
    if plain == expected:
        return
    sentence = next((s for s, value in (causes or {}).items() if plain == value), hint)
    fail(f"{what}: got {clip(plain)}, expected {clip(expected)}", sentence)


def that(condition: Any, otherwise: str, *, hint: str = "") -> None:
    """Check a condition.

    Args:
        condition: what must hold; an array must hold in every entry.
        otherwise: what is wrong when it does not ("the density is negative somewhere").
        hint: a sentence about the likely cause.
    """
    count()
    if not np.all(to_numpy(condition)):
        fail(otherwise, hint)


def raises(kind: type[Exception], call: Callable[[], Any], when: str, *, hint: str = "") -> None:
    """Check that a call is refused with an exception.

    Args:
        kind: the exception expected.
        call: a function of no arguments that calls the learner's code.
        when: what is wrong with the input ("a negative temperature").
        hint: a sentence about the cure.
    """
    count()
    try:
        returned = call()
    except kind as error:
        if isinstance(error, NotImplementedError) and kind is not NotImplementedError:
            raise
        return
    except (ArithmeticError, AssertionError, LookupError, TypeError, ValueError) as error:
        fail(f"{when} raised {type(error).__name__}, expected {kind.__name__}", hint)
    if isinstance(returned, BaseException):
        fail(f"{when}: {type(returned).__name__} was returned, expected it to be raised", "Write raise, not return")
    fail(f"{when} was accepted, expected {kind.__name__}", hint)


def outputs(returned: Any, *names: str) -> tuple[Any, ...]:
    """Unpack several return values, with a message that names them when their number is wrong.

    Args:
        returned: what the learner's function returned.
        names: the names of the values expected, in order.

    Returns:
        The values, as many as there are names.
    """
    wanted = " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)
    if returned is None:
        fail(f"your function returned None, expected {wanted}", "Is the return statement missing?")
    if hasattr(returned, "__array__") and np.shape(returned) == (len(names),):
        returned = list(returned)
    if not isinstance(returned, tuple | list):
        fail(f"your function returned one {type(returned).__name__}, expected {len(names)} values: {wanted}")
    if len(returned) != len(names):
        fail(f"your function returned {len(returned)} values, expected {len(names)}: {wanted}")
    return tuple(returned)


def report(points: Mapping[str, int]) -> None:
    """Print which exercises of a lesson have passed in this kernel.

    Args:
        points: exercise number -> points.
    """
    passed = [number for number in points if _results.get(number, "").startswith(_PASSED)]
    earned = sum(points[number] for number in passed)
    print(f"{len(passed)} of {len(points)} exercises passed · {earned} of {sum(points.values())} points")
    for number in points:
        print("  " + _results.get(number, f"{_OPEN} {number} its check has not been run"))


def yours(number: str, yours: Function, ours: Function) -> Function:
    """The learner's function if its check has passed in this kernel, else the course's; a line says which is used.

    So that what a learner wrote drives the pictures that follow, and a page with gaps still runs to its end.

    Args:
        number: the exercise's number, such as "1.2".
        yours: the learner's function.
        ours: the course's, for the same arguments.
    """
    if _results.get(number, "").startswith(_PASSED):
        print(f"Made with your `{yours.__name__}`.")
        return yours
    print(f"Made with the course's `{yours.__name__}`; with yours once {number} has passed.")
    return ours


# ------------------------------------------------------------------- for the rest of the checks, not for cells


def number() -> str:
    """The number of the exercise that is being checked."""
    if _current is None:
        raise RuntimeError('checks belong inside `with check.exercise("1.2", ...):`')
    return _current.number


def new_seed() -> int:
    """A seed for fresh cases, another one each time."""
    return _chance.getrandbits(32)


def count() -> None:
    """Count a comparison."""
    number()
    _current.count += 1


def raised(error: Exception) -> str:
    """In words, what a learner's function raised and where: "your code raised ..."."""
    frames, trace = [], error.__traceback__
    while trace is not None:
        frames.append((trace.tb_frame.f_code.co_filename, trace.tb_lineno))
        trace = trace.tb_next
    return f"your code raised {_what(error)}{_in_a_cell(frames)}"


@contextmanager
def about(what: str) -> Iterator[None]:
    """Let an exception inside the block name the case at hand."""
    number()
    _current.about = what
    yield
    _current.about = ""


def differ(what: str, got: Any, expected: Any, sentence: str = "") -> None:
    """Refuse a value that is not the expected one, showing where they differ."""
    a, b = np.asarray(to_numpy(got)), np.asarray(to_numpy(expected))
    if not (a.dtype.kind in "biufc" and b.dtype.kind in "biufc"):
        fail(f"{what}: got {clip(got)}, expected {clip(expected)}", sentence)
    if a.shape != b.shape:
        fail(f"{what} has shape {a.shape}, expected {b.shape}", sentence)
    if a.size <= 6:
        fail(f"{what}: got {show(a)}, expected {show(b)}", sentence)
    bad = int(np.sum(~np.isfinite(a)))
    if bad and np.isfinite(b).all():
        fail(f"{what}: {bad} of {a.size} values are not finite", sentence)
    with np.errstate(invalid="ignore"):  # two equal infinities have no difference
        distance = np.where(a == b, 0.0, np.abs(a.astype(complex) - b.astype(complex)))
    at = np.unravel_index(int(np.argmax(distance)), a.shape)
    index = ", ".join(str(int(i)) for i in at)
    fail(f"{what}: at [{index}] got {show(a[at])}, expected {show(b[at])}", sentence)


def fail(what: str, sentence: str = "") -> None:
    """Refuse an answer in one line."""
    number = _current.number if _current else "?"
    line = f"{_FAILED} {number} {what}"
    if sentence:
        line += f". {sentence}"
    raise CheckFailed(line.replace("\n", " "))


def not_none(what: str, value: Any) -> Any:
    """Refuse an answer that is not there."""
    if value is None or value is ...:
        fail(f"{what} is {value}", "Is the return statement missing?")
    return value


def _what(error: Exception) -> str:
    return f"{type(error).__name__}: {error}".replace("\n", " ")


def _in_a_cell(frames: list[tuple[str, int]], besides: str = "") -> str:
    """In words, the innermost of some frames (file, line) if it is in a cell, other than that of the check."""
    # Cells are compiled under names that are no files; library code lives in files.
    own = [frame for frame in frames if not os.path.exists(frame[0]) and not frame[0].startswith("<frozen")]
    if not own or own[-1][0] == besides:
        return ""
    file, line = own[-1]
    source = linecache.getline(file, line).strip()
    return (f" at `{source}`" if source else "") + f" (line {line} of your cell)"


def _numbers(what: str, value: Any) -> np.ndarray:
    not_none(what, value)
    try:
        array = np.asarray(to_numpy(value))
        return array if array.dtype.kind == "c" else array.astype(float)
    except (TypeError, ValueError):
        fail(f"{what} is not a number or an array of numbers, but {type(value).__name__}")
        raise


#: Modules that every lesson knows by these names.
_MODULES = {"check", "course_utils", "exercises", "jax", "jnp", "math", "np", "torch"}


def _shadowed(frame: Any) -> str:
    """In words, the module whose name now means something else in a cell; empty if there is none."""
    for name in sorted(_MODULES & set(frame.f_code.co_names)):
        value = frame.f_globals.get(name, sys)
        if not isinstance(value, ModuleType):
            return (
                f"`{name}` is {clip(value, 40)} in this notebook now, no longer the module. "
                "Give your variable another name, and run the cell of imports again"
            )
    return ""
