"""Why an answer is wrong, as far as numbers can tell.

A cause is named only if it explains what the learner's function gave in every case so far and in a few fresh ones.
First come the task's own mistakes, then slips that any function can have: values in another order, one argument upside
down or not used, the same factor everywhere. These are put as questions, since several slips can have the same effect.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from . import frame
from .values import agree, copied, to_numpy

if TYPE_CHECKING:
    from .task import Answer

__all__ = ["Case", "cause", "question"]

PROBES = 4  # fresh cases on which a cause must hold as well
PATIENCE_S = 3.0  # no further fresh case once they have taken so long


@dataclass(frozen=True)
class Case:
    """One call of the learner's function."""

    what: str
    arguments: tuple = field(repr=False)  # as they were before the call
    expected: dict[str, Any]
    got: dict[str, Any]


def cause(answer: Answer, case: Case, name: str) -> str:
    """The sentence that explains a wrong value, or nothing.

    Args:
        answer: the learner's function with the cases before this one.
        case: the case in which it is wrong.
        name: of the output that is wrong.
    """
    cases = [case, *answer.cases, *_probes(answer)]
    mistakes = answer.task.mistakes.items()
    # What explains all outputs goes first: that may look like an exchange of two of them, or like a part of itself.
    for sentence, mistake in mistakes:
        if _explains(answer, mistake, cases, name, whole=True):
            return sentence
    if _exchanged(cases):
        names = ", ".join(answer.task.names)
        return f"The values are right but stand in another order; return {names}"
    for sentence, mistake in mistakes:
        if _explains(answer, mistake, cases, name):
            return sentence
    return _same_for_all(case, answer.cases, name) or _slip_of_argument(answer, cases, name) or _slip(cases, name)


def question(answer: Answer, case: Case, name: str) -> str:
    """What to ask where no cause is known."""
    got, right = np.asarray(to_numpy(case.got[name])), np.asarray(to_numpy(case.expected[name]))
    if (
        got.dtype.kind in "fc"
        and right.dtype.kind in "biufc"
        and not np.isfinite(got).all()
        and np.isfinite(right).all()
    ):
        return "Does an exponential overflow, is something divided by 0, or the log of 0 taken?"
    asked = answer.task.question
    asked = asked if isinstance(asked, str) else asked.get(name, "")
    if not asked and answer.cases:
        return f"The case before this one was right: {answer.cases[-1].what}. What is different here?"
    return asked


def _probes(answer: Answer) -> list[Case]:
    """The learner's function on a few fresh inputs; those that it cannot take are left out."""
    task, rng, found, started = answer.task, np.random.default_rng(frame.new_seed()), [], time.monotonic()
    while len(found) < PROBES and time.monotonic() - started < PATIENCE_S:
        arguments = task.draw(rng)
        given = copied(arguments)
        try:
            expected = task.values(task.reference, arguments)
            found.append(Case("", arguments, expected, answer._seen(answer._call(given), given)))
        except Exception:  # a learner's function may fail in any way
            break
    return found


def _explains(answer: Answer, mistake: Callable[..., Any], cases: list[Case], name: str, whole: bool = False) -> bool:
    """Whether a mistake gives what the learner's function gave, which is not always right.

    With `whole` it must explain all outputs that it concerns, the named one among them.
    """
    task = answer.task
    for i, case in enumerate(cases):
        try:
            values = task.values(mistake, case.arguments)
        except Exception:  # where a mistake has no value it explains none
            return False
        if values is None:  # it does not apply here: the learner's function must be right then
            values = case.expected
        compared = values if whole else [name]
        if name not in values or not all(agree(case.got[n], values[n], task.rtol, task.atol) for n in compared):
            return False
        if i == 0 and agree(values[name], case.expected[name], task.rtol, task.atol):
            return False
    return True


def _exchanged(cases: list[Case]) -> bool:
    """Whether the values are those expected, in another order, in all cases."""
    names = list(cases[0].expected)
    if len(names) < 2:
        return False
    from itertools import permutations

    for order in list(permutations(names))[1:] if len(names) <= 4 else []:
        if all(agree(c.got[a], c.expected[b]) for c in cases for a, b in zip(names, order, strict=True)):
            return True
    return False


def _same_for_all(case: Case, before: list[Case], name: str) -> str:
    for other in before:
        if agree(case.got[name], other.got[name]) and not agree(case.expected[name], other.expected[name]):
            return f"That is what came out for another input ({other.what}): are all arguments used?"
    return ""


# --------------------------------------------------------------------------------------- slips of any function

_OF_A_NUMBER: dict[str, Callable[[float], float]] = {
    "1/{p}": lambda v: 1 / v,
    "-{p}": lambda v: -v,
    "2{p}": lambda v: 2 * v,
    "{p}/2": lambda v: v / 2,
    "{p}²": lambda v: v * v,
    "√{p}": lambda v: v**0.5,
}
_OF_A_COUNT: dict[str, Callable[[int], int]] = {"{p} - 1": lambda v: v - 1, "{p} + 1": lambda v: v + 1}
_OF_THE_VALUE: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "the exponential of the right answer": np.exp,
    "the log of the right answer": np.log,
    "the square of the right answer": np.square,
    "the square root of the right answer": np.sqrt,
    "the inverse of the right answer": lambda v: 1 / v,
    "the absolute value of the right answer": np.abs,
    "one minus the right answer": lambda v: 1 - v,
    "the right answer with its axes exchanged": np.transpose,
    "the right answer in reverse order": lambda v: v[::-1],
}


def _slip_of_argument(answer: Answer, cases: list[Case], name: str) -> str:
    """One number among the arguments taken for another."""
    reference, parameters = answer.task.reference, answer.task.parameters
    for k, (parameter, value) in enumerate(zip(parameters, cases[0].arguments, strict=False)):
        kind, options = type(value), {}
        if isinstance(value, float | np.floating):
            options = {form.format(p=parameter): change for form, change in _OF_A_NUMBER.items()}
            options["1"] = lambda v: 1.0
        elif isinstance(value, int | np.integer) and not isinstance(value, bool):
            options = {form.format(p=parameter): change for form, change in _OF_A_COUNT.items()}
        for text, change in options.items():

            def slipped(*arguments: Any, k: int = k, change: Callable = change, kind: type = kind) -> Any:
                return reference(*arguments[:k], kind(change(arguments[k])), *arguments[k + 1 :])

            if _explains(answer, slipped, cases, name):
                if text == "1":
                    return f"Your answer is right for {parameter} = 1 only: is {parameter} used?"
                return f"Your answer is right for {text} in the place of {parameter}: is that what you want?"
    return ""


def _slip(cases: list[Case], name: str) -> str:
    """The value changed in the same way in all cases."""
    pairs = [(_numeric(c.got[name]), _numeric(c.expected[name])) for c in cases]
    if any(got is None or right is None for got, right in pairs) or _is_count(cases[0].expected[name]):
        return ""
    if all(got.shape == right.shape for got, right in pairs):
        sentence = _factor(pairs, cases)
        if sentence:
            return sentence
    for what, change in _OF_THE_VALUE.items():
        with np.errstate(all="ignore"):
            if (
                all(right.ndim or "order" not in what for _, right in pairs)
                and all(agree(got, change(right)) for got, right in pairs)
                and not agree(change(pairs[0][1]), pairs[0][1])
            ):
                return f"This is {what}, in every case: is there a step too many, or one missing?"
    return _rounded(pairs) or _shuffled(pairs)


def _rounded(pairs: list[tuple[np.ndarray, np.ndarray]]) -> str:
    """Whole numbers where others belong."""
    finite = [(got, right) for got, right in pairs if np.isfinite(right).all()]
    for whole in (np.rint, np.trunc, np.floor):
        if finite and all(agree(got, whole(right)) for got, right in finite):
            return "These are the right numbers, cut to whole ones: is an array one of integers, or a division `//`?"
    return ""


def _shuffled(pairs: list[tuple[np.ndarray, np.ndarray]]) -> str:
    """The right numbers in other places."""
    moved = pairs[0][0].size > 1 and not agree(*pairs[0], rtol=0.01)  # not only a little off
    if moved and all(
        got.shape == right.shape and agree(np.sort(got, None), np.sort(right, None)) for got, right in pairs
    ):
        return "The numbers are right but stand in other places: is the order of the input kept?"
    return ""


def _factor(pairs: list[tuple[np.ndarray, np.ndarray]], cases: list[Case]) -> str:
    """The same factor in all entries of all cases, or one that is the length of an argument."""
    ratios = [_ratio(got, right) for got, right in pairs]
    if any(r is None for r in ratios) or len(ratios) < 2 or agree(ratios, [1.0] * len(ratios), rtol=1e-3):
        return ""
    if agree(ratios, [ratios[0]] * len(ratios), rtol=1e-3):
        if agree(ratios[0], -1.0):
            return "This is minus the right answer, in every case: is a sign lost?"
        return f"In every case this is {ratios[0]:.4g} times the right answer: is a factor missing?"
    for text, length in _lengths(cases):
        for form, power in (("", 1), ("1/", -1), ("the root of ", 0.5), ("1/root of ", -0.5)):
            if agree(ratios, length**power, rtol=1e-3):
                return (
                    f"In every case the right answer is multiplied by {form}{text}: a sum for a mean, or the reverse?"
                )
    return ""


def _ratio(got: np.ndarray, right: np.ndarray) -> float | None:
    """The factor between two arrays, if it is the same for all entries."""
    if not np.isfinite(got).all() or not np.isfinite(right).all() or not np.any(right):
        return None
    factor = float(np.sum(got * right) / np.sum(right * right))
    return factor if factor and agree(got, factor * right) else None


def _lengths(cases: list[Case]) -> Iterator[tuple[str, np.ndarray]]:
    """Lengths of the axes of the arguments, one for each case."""
    for k in range(len(cases[0].arguments)):
        arrays = [to_numpy(c.arguments[k]) for c in cases]
        if all(hasattr(a, "shape") and len(a.shape) for a in arrays):
            for axis in range(min(len(a.shape) for a in arrays)):
                lengths = np.array([a.shape[axis] for a in arrays], float)
                if len(set(lengths)) > 1:
                    yield f"the length of axis {axis} of an argument ({lengths[0]:.0f} here)", lengths


def _is_count(value: Any) -> bool:
    """Whether a value is one whole number, of which it makes little sense to say that it is half the right one."""
    return np.ndim(value) == 0 and np.asarray(to_numpy(value)).dtype.kind in "biu"


def _numeric(value: Any) -> np.ndarray | None:
    array = np.asarray(to_numpy(value))
    return array.astype(float) if array.dtype.kind in "biuf" else None
