"""Checks that answer a learner in one line, and can fail.

A check cell opens an exercise and calls the learner's own function on several inputs:

    with check.exercise("1.2", "density"):
        p = density(energy, dx, temperature=1.0)
        check.close("the total probability", p.sum() * dx, 1.0, hint="Did you multiply by dx?")

It ends in one of three ways, each of them one line: `✓` passed, `✗` wrong (with a cause), `○` not done yet.
Torch, NumPy and JAX arrays and plain numbers are accepted alike.
"""

import linecache
import os
import warnings
from collections.abc import Callable, Mapping
from types import TracebackType
from typing import Any

import numpy as np

__all__ = ["CheckFailed", "NotDone", "close", "equal", "exercise", "outputs", "raises", "report", "that"]


class CheckFailed(AssertionError):
    """The learner's answer is wrong; the message is one line and names the cause."""

    def _render_traceback_(self) -> list[str]:  # the hook by which IPython asks an exception how to show itself
        return [str(self)]


class NotDone(CheckFailed):
    """The exercise still holds its stub, or its cell has not been run."""


_PASSED, _FAILED, _OPEN = "✓", "✗", "○"
_results: dict[str, str] = {}  # exercise number -> the line it last earned
_current: "exercise | None" = None


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
        self._warnings = warnings.catch_warnings(record=True)

    def __enter__(self) -> "exercise":
        global _current
        _current = self
        # A learner's overflow warning would go to stderr, where a grader reads it as a crash.
        self._warnings.__enter__()
        warnings.simplefilter("always")
        return self

    def __exit__(self, kind: type | None, error: BaseException | None, trace: TracebackType | None) -> bool:
        global _current
        _current = None
        self._warnings.__exit__(kind, error, trace)
        if error is None:
            if self.count == 0:
                raise RuntimeError(f"the check of exercise {self.number} compared nothing, so it proves nothing")
            line = f"{_PASSED} {self.number} passed ({self.count} check{'s' if self.count > 1 else ''})"
            _results[self.number] = line
            print(line)
            return False
        if not isinstance(error, Exception):
            return False  # an interrupt is the learner's own wish
        failure = error if isinstance(error, CheckFailed) else self._explain(error, trace)
        _results[self.number] = str(failure)
        if failure is error:
            return False
        raise failure from error

    def _explain(self, error: Exception, trace: TracebackType | None) -> CheckFailed:
        if isinstance(error, NotImplementedError):
            task = str(error) or "fill the cell above"
            return NotDone(f"{_OPEN} {self.number} is not done yet: {task}")
        if isinstance(error, NameError) and error.name in self.names:
            return NotDone(f"{_OPEN} {self.number} is not done yet: run the cell above that defines `{error.name}`")
        what = f"{type(error).__name__}: {error}".replace("\n", " ")
        frames = []
        while trace is not None:
            frames.append((trace.tb_frame.f_code.co_filename, trace.tb_lineno))
            trace = trace.tb_next
        # Cells are compiled under names that are no files; library code lives in files.
        check_file = frames[0][0]
        own = [frame for frame in frames if not os.path.exists(frame[0]) and not frame[0].startswith("<frozen")]
        if own and own[-1][0] != check_file:
            file, line = own[-1]
            source = linecache.getline(file, line).strip()
            where = f" at `{source}`" if source else ""
            return CheckFailed(f"{_FAILED} {self.number} your code raised {what}{where} (line {line} of your cell)")
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
        expected: the right number or array; a scalar also stands for an array that is constant.
        hint: a sentence for a wrong answer of unknown cause.
        causes: sentence -> the value that this mistake gives; the sentence whose value matches is shown.
        rtol: relative tolerance.
        atol: absolute tolerance.
    """
    a, b = _numbers(what, got), np.asarray(_to_numpy(expected))
    _count()
    if a.shape != b.shape:
        _fail(f"{what} has shape {a.shape}, expected {b.shape}", _cause(a, causes, rtol, atol) or hint)
    # NaN compares false, so it fails; an infinity that is expected has to be met exactly.
    if np.all((a == b) | (np.isfinite(b) & (np.abs(a - b) <= atol + rtol * np.abs(b)))):
        return
    cause = _cause(a, causes, rtol, atol) or hint
    if a.ndim == 0:
        _fail(f"{what}: got {_show(a)}, expected {_show(b)}", cause)
    if not np.all(np.isfinite(a)):
        bad = int(np.sum(~np.isfinite(a)))
        _fail(f"{what}: {bad} of {a.size} values are not finite", cause)
    if a.size <= 6:
        _fail(f"{what}: got {_show(a)}, expected {_show(b)}", cause)
    at = np.unravel_index(int(np.argmax(np.abs(a - b))), a.shape)
    index = ", ".join(str(int(i)) for i in at)
    _fail(f"{what}: at [{index}] got {_show(a[at])}, expected {_show(b[at])}", cause)


def equal(what: str, got: Any, expected: Any, *, hint: str = "", causes: Mapping[str, Any] | None = None) -> None:
    """Check that two values are the same (integers, strings, tuples, lists).

    Args:
        what: what is compared, in the words of the lesson.
        got: the learner's value.
        expected: the right value.
        hint: a sentence for a wrong answer of unknown cause.
        causes: sentence -> the value that this mistake gives.
    """
    _count()
    got = _not_none(what, got)
    plain = _to_numpy(got)
    plain = plain.tolist() if isinstance(plain, np.ndarray | np.generic) else plain
    if plain == expected:
        return
    sentence = next((s for s, value in (causes or {}).items() if plain == value), hint)
    _fail(f"{what}: got {_clip(plain)}, expected {_clip(expected)}", sentence)


def that(condition: Any, otherwise: str, *, hint: str = "") -> None:
    """Check a condition.

    Args:
        condition: what must hold; an array must hold in every entry.
        otherwise: what is wrong when it does not ("the density is negative somewhere").
        hint: a sentence about the likely cause.
    """
    _count()
    if not np.all(_to_numpy(condition)):
        _fail(otherwise, hint)


def raises(kind: type[Exception], call: Callable[[], Any], when: str, *, hint: str = "") -> None:
    """Check that a call is refused with an exception.

    Args:
        kind: the exception expected.
        call: a function of no arguments that calls the learner's code.
        when: what is wrong with the input ("a negative temperature").
        hint: a sentence about the cure.
    """
    _count()
    try:
        call()
    except kind as error:
        if isinstance(error, NotImplementedError) and kind is not NotImplementedError:
            raise
        return
    _fail(f"{when} was accepted, expected {kind.__name__}", hint)


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
        _fail(f"your function returned None, expected {wanted}", "Is the return statement missing?")
    if not isinstance(returned, tuple | list):
        _fail(f"your function returned one {type(returned).__name__}, expected {len(names)} values: {wanted}")
    if len(returned) != len(names):
        _fail(f"your function returned {len(returned)} values, expected {len(names)}: {wanted}")
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


def _count() -> None:
    if _current is None:
        raise RuntimeError('checks belong inside `with check.exercise("1.2", ...):`')
    _current.count += 1


def _fail(what: str, sentence: str = "") -> None:
    number = _current.number if _current else "?"
    line = f"{_FAILED} {number} {what}"
    if sentence:
        line += f". {sentence}"
    raise CheckFailed(line.replace("\n", " "))


def _not_none(what: str, value: Any) -> Any:
    if value is None or value is ...:
        _fail(f"{what} is {value}", "Is the return statement missing?")
    return value


def _to_numpy(value: Any) -> Any:
    if hasattr(value, "detach"):  # a torch tensor, on any device, with or without a graph
        return value.detach().cpu().numpy()
    if isinstance(value, list | tuple) and any(hasattr(entry, "detach") for entry in value):
        return np.asarray([_to_numpy(entry) for entry in value])
    if hasattr(value, "__array__"):
        return np.asarray(value)
    return value


def _numbers(what: str, value: Any) -> np.ndarray:
    _not_none(what, value)
    try:
        array = np.asarray(_to_numpy(value))
        return array if array.dtype.kind == "c" else array.astype(float)
    except (TypeError, ValueError):
        _fail(f"{what} is not a number or an array of numbers, but {type(value).__name__}")
        raise


def _cause(got: np.ndarray, causes: Mapping[str, Any] | None, rtol: float, atol: float) -> str:
    for sentence, value in (causes or {}).items():
        mistaken = np.asarray(_to_numpy(value), dtype=float)
        if got.shape == mistaken.shape and np.allclose(got, mistaken, rtol=rtol, atol=atol, equal_nan=True):
            return sentence
    return ""


def _show(array: np.ndarray) -> str:
    if np.ndim(array) == 0:
        return f"{np.asarray(array).item():.6g}"
    return np.array2string(np.asarray(array), precision=6, separator=", ", floatmode="maxprec").replace("\n", "")


def _clip(value: Any, limit: int = 80) -> str:
    text = repr(value)
    return text if len(text) <= limit else text[: limit - 1] + "…"
