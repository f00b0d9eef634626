"""The frame of a challenge: fresh problems, all entries on the same ones, a table, and what is looked for.

A challenge hands a learner's function some problems that nobody has seen, drawn from the system's entropy. Baselines
and the authors' best get the same problems with the same seeds. Scores come with the standard error that a jackknife
over the problems gives, and so does the difference between two entries.

What cheats give away is looked for: states that were never asked for, budgets, seals on the judge, exact values. What
cannot be prevented is said: Python hides nothing from a function that runs in the same process. Whoever walks its
frames, asks its garbage collector or reads its memory finds the answers, and has then beaten nobody.
"""

from __future__ import annotations

import inspect
import textwrap
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from secrets import randbits
from typing import Any, ClassVar, Generic, TypeVar

import numpy as np
from jaxtyping import Float

from ..checks import frame
from ..checks.values import clip
from . import seals

__all__ = ["Challenge", "Entry", "Refused", "Verdict", "judged"]

Problem = TypeVar("Problem")
Values = Float[np.ndarray, "problems columns"]

CLAIM = 2.0
"""Standard errors by which two entries must differ before the judge calls them different."""


class Refused(Exception):
    """An entry that is out, with the reason in one sentence."""


class Challenge(ABC, Generic[Problem]):
    """One challenge.

    Attributes:
        number: of the lesson.
        title: what is asked for.
        arguments: names of the arguments of a learner's function.
        task: ends "not tried yet: ".
        unit: what the score counts, for the head of the table.
        lower: whether a lower score is better.
        forbidden: what would be cheating, as a list in words.
        digits: of the scores shown, after the point.
    """

    number: ClassVar[str]
    title: ClassVar[str]
    arguments: ClassVar[tuple[str, ...]]
    task: ClassVar[str]
    unit: ClassVar[str]
    lower: ClassVar[bool] = False
    forbidden: ClassVar[str]
    digits: ClassVar[int] = 1

    @property
    @abstractmethod
    def rivals(self) -> dict[str, Callable[..., Any]]:
        """Baselines, the authors' best last: name -> a function as a learner would write it."""

    @abstractmethod
    def problems(self, rng: np.random.Generator) -> list[Problem]:
        """Fresh problems."""

    @abstractmethod
    def attempt(self, answer: Callable[..., Any], problem: Problem) -> Sequence[float]:
        """Let an answer try one problem: what is measured.

        Raises:
            Refused: if the answer did what it must not.
        """

    @abstractmethod
    def total(self, values: Values) -> float:
        """The score from what was measured on several problems."""

    def fault(self, values: Values) -> str:
        """Why an entry is disqualified after all problems, in words; empty if it is not."""
        return ""

    def note(self, values: Values) -> str:
        """What else the table says of an entry."""
        return ""

    def examine(self, answer: Callable[..., Any], rng: np.random.Generator) -> None:
        """What a learner's answer has to pass before it is scored.

        Raises:
            Refused: if it does not.
        """


@dataclass(frozen=True)
class Entry:
    """How one answer did.

    Attributes:
        name: of the entry.
        values: what was measured, one row per problem.
        score: of all problems.
        error: its standard error.
        note: what else the table says.
        fault: why it is disqualified; empty if it is not.
    """

    name: str
    values: Values
    score: float
    error: float
    note: str
    fault: str


@dataclass(frozen=True)
class Verdict:
    """What the judge says.

    Attributes:
        entries: the best first, disqualified ones last.
        lines: what is printed.
        outcome: "compared", "open" (not tried yet) or "refused".
    """

    entries: tuple[Entry, ...]
    lines: tuple[str, ...]
    outcome: str

    @property
    def places(self) -> dict[str, int]:
        """Name -> rank, from 1, of the entries that are not disqualified."""
        return {entry.name: i for i, entry in enumerate((e for e in self.entries if not e.fault), 1)}

    def __getitem__(self, name: str) -> Entry:
        return next(entry for entry in self.entries if entry.name == name)


YOURS = "yours"
WIDTH = 110
"""Characters of a line of text."""


def judged(challenge: Challenge, answer: Any = None, seed: int | None = None) -> Verdict:
    """Let an answer and its rivals try a challenge.

    Args:
        challenge: which one.
        answer: the learner's function, or whatever stands in its place; None for the rivals alone.
        seed: of the problems; from the system's entropy if left out, so that nothing can be fitted to them.

    Returns:
        The verdict. Whatever the learner's function does, short of an interrupt, ends in one.
    """
    rng = np.random.default_rng(randbits(64) if seed is None else seed)
    problems = challenge.problems(rng)
    entries = {} if answer is None else {YOURS: answer}
    entries |= challenge.rivals
    rows: dict[str, list[Sequence[float]]] = {name: [] for name in entries}
    missing = dict.fromkeys(challenge.rivals, "")
    try:
        _untouched(challenge)
        if answer is not None:
            _fits(challenge, answer)
            challenge.examine(answer, rng)
        for problem in problems:
            for name, function in entries.items():
                if name == YOURS:
                    rows[name].append(challenge.attempt(function, problem))
                    _untouched(challenge)
                elif not missing[name]:
                    missing[name] = _try(challenge, function, problem, rows[name])
    except NotImplementedError as error:
        return _ended("open", f"○ challenge {challenge.number} not tried yet: {str(error) or challenge.task}")
    except Refused as refusal:
        return _ended("refused", f"✗ challenge {challenge.number} refused: {refusal}")
    except Exception as error:
        return _ended("refused", f"✗ challenge {challenge.number} {frame.raised(error)}")
    scored = [
        _entry(challenge, name, np.asarray(row, dtype=float)) for name, row in rows.items() if not missing.get(name)
    ]
    ranked = sorted(scored, key=lambda e: (bool(e.fault), e.score if challenge.lower else -e.score))
    return Verdict(tuple(ranked), tuple(_lines(challenge, ranked)), "compared")


def _try(challenge: Challenge, rival: Callable[..., Any], problem: Any, row: list[Sequence[float]]) -> str:
    """Let a rival try a problem; why it has to be left out, if it does: too slow a machine, a library not installed."""
    try:
        row.append(challenge.attempt(rival, problem))
    except Exception as error:
        return str(error) or type(error).__name__
    return ""


def _ended(outcome: str, line: str) -> Verdict:
    return Verdict((), (line.replace("\n", " "),), outcome)


def _untouched(challenge: Challenge) -> None:
    change = seals.broken() or ("the challenge has been given methods of its own" if vars(challenge) else "")
    if change:
        raise Refused(f"{change}: restart the kernel, and leave the judge, its clocks and its random numbers alone")


def _fits(challenge: Challenge, answer: Any) -> None:
    """Refuse what cannot be called with the challenge's arguments."""
    if not callable(answer):
        raise Refused(f"your answer is {clip(answer)}, not a function")
    try:
        inspect.signature(answer).bind(*challenge.arguments)
    except TypeError:
        raise Refused(f"your function must take ({', '.join(challenge.arguments)})") from None
    except ValueError:  # a compiled function that does not say what it takes
        return


def jackknife(total: Callable[[Values], float], *tables: Values) -> tuple[float, float]:
    """A score, or the difference of two, with its standard error from leaving out one problem at a time.

    Args:
        total: a score from the rows of a table.
        tables: one or two, with a row for each problem.

    Returns:
        total(first) - total(second), and its error; infinite for fewer than two problems.
    """

    def of(keep: np.ndarray) -> float:
        values = [total(table[keep]) for table in tables]
        return values[0] if len(values) == 1 else values[0] - values[1]

    n = len(tables[0])
    everything = np.arange(n)
    if n < 2:
        return of(everything), np.inf
    without = np.array([of(np.delete(everything, i)) for i in range(n)])
    spread = without - without.mean() if np.isfinite(without).all() else np.array([np.inf])
    return float(of(everything)), float(np.sqrt((n - 1) / n * (spread**2).sum()))


def _entry(challenge: Challenge, name: str, values: Values) -> Entry:
    score, error = jackknife(challenge.total, values)
    return Entry(name, values, score, error, challenge.note(values), challenge.fault(values))


def _lines(challenge: Challenge, ranked: list[Entry]) -> list[str]:
    better, d = "lower" if challenge.lower else "higher", challenge.digits
    width = max(len(entry.name) for entry in ranked)
    lines = [
        f"Challenge {challenge.number} · {challenge.title}",
        f"{challenge.unit}; {better} is better; {len(ranked[0].values)} fresh problems, ± 1 standard error",
    ]
    for place, entry in enumerate(ranked, 1):
        rank, about = ("out", entry.fault) if entry.fault else (f"{place}.", entry.note)
        line = f"{rank:>4s} {entry.name:{width}s} {entry.score:9,.{d}f} ± {entry.error:,.{d}f}"
        lines.append(f"{line:{width + 26}s}{about}".rstrip())
    lines.append(_comparison(challenge, ranked))
    return lines + textwrap.wrap(f"Cheating, and looked for: {challenge.forbidden}.", WIDTH)


def _comparison(challenge: Challenge, ranked: list[Entry]) -> str:
    """One sentence: is the learner's entry, or else the first one, apart from the next by more than the error?"""
    able = [entry for entry in ranked if not entry.fault]
    mine = next((entry for entry in ranked if entry.name == YOURS), None)
    if mine is not None and mine.fault:
        return f"Yours is out: {mine.fault}."
    if len(able) < 2:
        return "There is nothing left to compare with."
    first = mine or able[0]
    other = next(entry for entry in able if entry is not first)
    difference, error = jackknife(challenge.total, first.values, other.values)
    who = "Yours" if mine else f"The first, {first.name},"
    ahead = (difference < 0) == challenge.lower
    d = challenge.digits
    size = f"{who} is {'ahead of' if ahead else 'behind'} {other.name} by {abs(difference):,.{d}f} ± {error:,.{d}f}"
    if abs(difference) > CLAIM * error:
        return f"{size}: more than {CLAIM:g} standard errors, so the difference is real."
    return f"{size}: less than {CLAIM:g} standard errors, so this run cannot tell them apart."


seals.seal(__name__)
