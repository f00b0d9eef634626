"""Exercises on descent at a temperature: thermometer, annealer, race, a success rate, the temperature of SGD."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from course_utils import descent

from ..checks import Task, frame

__all__ = ["anneal", "race", "sgd_temperature", "success_rate", "take_temperature"]


# ------------------------------------------------------------------------------------------------- a thermometer

Map = Callable[[Tensor], Tensor]
"""Of states: a step, or a gradient."""


def _somebodys(rng: np.random.Generator) -> tuple[Map, Map, Tensor, int, int]:
    """Steps without chance that wander about, a gradient that is not theirs, starts, steps and burn-in."""
    n, dim = int(rng.integers(3, 7)), int(rng.integers(2, 5))
    a, k = torch.tensor(rng.normal(0, 0.4, (dim, dim))), torch.tensor(rng.normal(0, 1, (dim, dim)))
    b, x = torch.tensor(rng.normal(0, 1, dim)), torch.tensor(rng.normal(0, 1, (n, dim)))
    burn_in = int(rng.integers(2, 5))
    return (
        lambda x: x / 2 + torch.sin(x @ k + b),
        lambda x: x + x**3 / 4 + x @ a,
        x,
        burn_in + int(rng.integers(3, 8)),
        burn_in,
    )


def _virial(x: Tensor, gradient: Map, before: Tensor) -> Tensor:
    return (x * gradient(x)).sum(1)


def _averages(
    step: Map, gradient: Map, x: Tensor, n_steps: int, burn_in: int, *, of: Callable = _virial, shift: int = 0
) -> Tensor:
    """What each chain reads, shape (readings, chains): after each step from burn_in + shift on, divided by dim."""
    states = [x]
    for _ in range(n_steps):
        states.append(step(states[-1]))
    pairs = list(zip(states[1:], states[:-1], strict=True))[burn_in + shift :]
    return torch.stack([of(after, gradient, before) for after, before in pairs]) / x.shape[1]


def _reading(rows: Tensor, scale: float = 1.0) -> tuple[Tensor, Tensor]:
    """T and its error from what each chain reads."""
    of_chain = scale * rows.mean(0)
    return of_chain.mean(), of_chain.std() / math.sqrt(len(of_chain))


def _before(step: Map, gradient: Map, x: Tensor, n_steps: int, burn_in: int) -> tuple[Tensor, Tensor]:
    """Each state read before the step is taken."""
    return _reading(_averages(step, gradient, x, n_steps, burn_in, of=lambda x, g, old: (old * g(old)).sum(1)))


def _error(of: Callable[[Tensor], Tensor]) -> Callable[..., dict[str, Tensor]]:
    """A mistake in the error alone, from the readings of all chains."""
    return lambda s, g, x, n, b: {"the error": of(_averages(s, g, x, n, b))}


take_temperature = Task(
    reference=lambda step, gradient, x, n_steps, burn_in: _reading(_averages(step, gradient, x, n_steps, burn_in)),
    draw=_somebodys,
    outputs=("T", "the error"),
    question={
        "T": "Is it the sum of x·∇E over the coordinates, averaged over the readings and the chains, over dim?",
        "the error": "Is it the standard deviation of the chains' own averages, over the root of their number?",
    },
    mistakes={
        "Divide by dim, the number of coordinates: each of them carries one T":
            lambda s, g, x, n, b: _reading(_averages(s, g, x, n, b), x.shape[1]),
        "You divided by dim twice: is x·∇E the sum over the coordinates, not the mean?":
            lambda s, g, x, n, b: _reading(_averages(s, g, x, n, b), 1 / x.shape[1]),
        "This is read from the first step on: nothing is read before the start is forgotten":
            lambda s, g, x, n, b: _reading(_averages(s, g, x, n, 0)),
        "Readings begin after the burn-in, but they are divided by all n_steps":
            lambda s, g, x, n, b: _reading(_averages(s, g, x, n, b), (n - b) / n),
        "All steps are read, and divided by n_steps - burn_in":
            lambda s, g, x, n, b: _reading(_averages(s, g, x, n, 0), n / (n - b)),
        "The readings are added up: divide by their number, n_steps - burn_in":
            lambda s, g, x, n, b: _reading(_averages(s, g, x, n, b), n - b),
        "The readings are divided by burn_in; there are n_steps - burn_in of them":
            lambda s, g, x, n, b: _reading(_averages(s, g, x, n, b), (n - b) / b),
        "Step first, then read: this reads the state before each step": _before,
        "The first reading is missing: the step that is counted burn_in is read, too":
            lambda s, g, x, n, b: _reading(_averages(s, g, x, n, b, shift=1)),
        "The first reading is missing, though it is counted: the step burn_in is read, too":
            lambda s, g, x, n, b: _reading(_averages(s, g, x, n, b, shift=1), (n - b - 1) / (n - b)),
        "There is a reading too many: the first is that of the step counted burn_in, from 0":
            lambda s, g, x, n, b: _reading(_averages(s, g, x, n, b, shift=-1)),
        "There is a reading too many, and it is not counted: the first is that of the step counted burn_in, from 0":
            lambda s, g, x, n, b: _reading(_averages(s, g, x, n, b, shift=-1), (n - b + 1) / (n - b)),
        "x and ∇E belong to the same state: here the gradient is that before the step":
            lambda s, g, x, n, b: _reading(_averages(s, g, x, n, b, of=lambda x, g, old: (x * g(old)).sum(1))),
        "x and ∇E belong to the same state: here x is that before the step":
            lambda s, g, x, n, b: _reading(_averages(s, g, x, n, b, of=lambda x, g, old: (old * g(x)).sum(1))),
        "x stays at the start: what `step` returns is the next x":
            lambda s, g, x, n, b: _reading(_averages(lambda _: s(x), g, x, n, b)),
        "This reads x·x, which is right in one bowl only: read x·∇E":
            lambda s, g, x, n, b: _reading(_averages(s, g, x, n, b, of=lambda x, g, old: (x * x).sum(1))),
        "This reads |∇E|²: read x·∇E":
            lambda s, g, x, n, b: _reading(_averages(s, g, x, n, b, of=lambda x, g, old: (g(x) ** 2).sum(1))),
        "This is the last reading alone: average over all of them":
            lambda s, g, x, n, b: _reading(_averages(s, g, x, n, b)[-1:]),
        "The sign is turned": lambda s, g, x, n, b: _reading(_averages(s, g, x, n, b), -1),
        "T is the mean over the chains, not their sum":
            lambda s, g, x, n, b: {"T": _averages(s, g, x, n, b).mean(0).sum()},
        "T is one number, the mean over the chains": lambda s, g, x, n, b: {"T": _averages(s, g, x, n, b).mean(0)},
        "This is the spread of one chain; the error of a mean is that over the root of their number":
            _error(lambda rows: rows.mean(0).std()),
        "Divide the spread by the root of the number of chains, not by the number":
            _error(lambda rows: rows.mean(0).std() / rows.shape[1]),
        "This is the variance of the mean; its root is the error":
            _error(lambda rows: rows.mean(0).var() / rows.shape[1]),
        "A spread is estimated with n - 1 (`.std()`), since the mean comes from the same n chains":
            _error(lambda rows: rows.mean(0).std(correction=0) / math.sqrt(rows.shape[1])),
        "The readings of one chain are not independent: the error is the spread of the chains' averages":
            _error(lambda rows: rows.std() / math.sqrt(rows.numel())),
        "This is the spread of single readings: average each chain first":
            _error(lambda rows: rows.std() / math.sqrt(rows.shape[1])),
        "The spread is over the root of the number of chains, not of readings":
            _error(lambda rows: rows.mean(0).std() / math.sqrt(rows.shape[0])),
        "The error is not divided by dim, as T is":
            lambda s, g, x, n, b: {"the error": _reading(_averages(s, g, x, n, b), x.shape[1])[1]},
        "The error is not divided by the number of readings, as T is":
            lambda s, g, x, n, b: {"the error": _reading(_averages(s, g, x, n, b), n - b)[1]},
    },
)  # fmt: skip

# ---------------------------------------------------------------------------------------------------- the annealer


@dataclass(frozen=True)
class _Hills:
    """An energy of some coordinates with hills of modest height, and its gradient."""

    pull: Tensor
    wave: Tensor

    def __call__(self, x: Tensor) -> Tensor:
        return (x**2).sum(-1) / 2 + x @ self.pull + torch.cos(x @ self.wave)

    def grad(self, x: Tensor) -> Tensor:
        return x + self.pull - torch.sin(x @ self.wave)[..., None] * self.wave


def _hills(rng: np.random.Generator, dim: int) -> _Hills:
    return _Hills(*(torch.tensor(rng.normal(0, 1, dim)) for _ in range(2)))


def _cooling(rng: np.random.Generator) -> tuple[_Hills, Tensor, Tensor, float, Tensor]:
    """A landscape, starts of which some are low, temperatures in no order, a step size, and the noise."""
    n, dim, steps = int(rng.integers(3, 6)), int(rng.integers(2, 5)), int(rng.integers(4, 9))
    energy, x = _hills(rng, dim), torch.tensor(rng.normal(0, 1.5, (n, dim)))
    for _ in range(20):
        x[0] = x[0] - 0.2 * energy.grad(x)[0]  # this one has nowhere lower to go
    temperatures = torch.tensor(rng.uniform(0.1, 3.0, steps))
    return energy, x, temperatures, float(rng.uniform(0.02, 0.2)), torch.tensor(rng.normal(0, 1, (steps, n, dim)))


def _walked(
    energy: Any,
    x: Tensor,
    temperatures: Tensor,
    step_size: float,
    noise: Tensor,
    size: Callable[[float, float], float] = lambda e, T: math.sqrt(2 * e * T),
    drift: float | None = None,
) -> tuple[Tensor, Tensor]:
    """The start and the state after each step, and their energies."""
    states, drift = [x], step_size if drift is None else drift
    for T, kick in zip(temperatures.tolist(), noise, strict=True):
        states.append(states[-1].sub(energy.grad(states[-1]), alpha=drift).add(kick, alpha=size(step_size, T)))
    return torch.stack(states), torch.stack([energy(state) for state in states])


def _annealed(*given: Any, **how: Any) -> tuple[Tensor, Tensor]:
    """The path and the lowest energy so far."""
    states, heights = _walked(*given, **how)
    return states[1:], heights.cummin(0).values[1:]


def _sized(size: Callable[[float, float], float]) -> Callable[..., tuple[Tensor, Tensor]]:
    """A mistake in the size of the noise, which has consequences for all that follows."""
    return lambda *given: _annealed(*given, size=size)


def _lowest(of: Callable[[Tensor], Tensor]) -> Callable[..., dict[str, Tensor]]:
    """A mistake in the lowest energy alone, from those of the start and of each step."""
    return lambda *given: {"the lowest energy": of(_walked(*given)[1])}


def _from_start(energy: Any, x: Tensor, temperatures: Tensor, step_size: float, noise: Tensor) -> tuple[Tensor, Tensor]:
    """Each step taken from the start."""
    rows = zip(temperatures.unsqueeze(1), noise.unsqueeze(1), strict=True)
    path = torch.cat([_annealed(energy, x, T, step_size, kick)[0] for T, kick in rows])
    return path, torch.stack([energy(x), *(energy(state) for state in path)]).cummin(0).values[1:]


def _by_first_slope(energy: Any, x: Tensor, temperatures: Tensor, step_size: float, noise: Tensor) -> dict[str, Tensor]:
    """The gradient taken once, at the start."""
    kicks = (2 * step_size * temperatures).sqrt()[:, None, None] * noise
    return {"the path": x + (kicks - step_size * energy.grad(x)).cumsum(0)}


anneal = Task(
    reference=lambda energy, x, temperatures, step_size, noise: _annealed(energy, x, temperatures, step_size, noise),
    draw=_cooling,
    outputs=("the path", "the lowest energy"),
    question={
        "the path": "Is it x minus ε∇E plus √(2εT) times the noise of that step, again and again?",
        "the lowest energy": "Is it, for each chain, the smallest E among the start and all states until then?",
    },
    mistakes={
        "This is lr·√T: its temperature is T·lr/2. It needs √(2·lr·T)": _sized(lambda e, T: e * math.sqrt(T)),
        "The 2 under the root is missing: this has half of T": _sized(lambda e, T: math.sqrt(e * T)),
        "The 2 belongs under the root": _sized(lambda e, T: 2 * math.sqrt(e * T)),
        "T belongs under the root": _sized(lambda e, T: math.sqrt(2 * e) * T),
        "The step size belongs under the root, not before it": _sized(lambda e, T: e * math.sqrt(2 * T)),
        "The temperature is not used": _sized(lambda e, T: math.sqrt(2 * e)),
        "T multiplies under the root: this divides by it": _sized(lambda e, T: math.sqrt(2 * e / T) if T else math.inf),
        "The step size is missing in the noise": _sized(lambda e, T: math.sqrt(2 * T)),
        "The root is missing: 2·lr·T is the variance of the noise": _sized(lambda e, T: 2 * e * T),
        "The noise is added to the gradient and shrinks with it: it belongs to x, outside of lr·(…)":
            _sized(lambda e, T: -e * math.sqrt(2 * e * T)),
        "The step size is in the noise twice": _sized(lambda e, T: e * math.sqrt(2 * e * T)),
        "Add the noise as it was handed to you; its sign is turned": _sized(lambda e, T: -math.sqrt(2 * e * T)),
        "There is no noise in it": _sized(lambda e, T: 0.0),
        "The noise has no size: it is √(2·lr·T) times the numbers": _sized(lambda e, T: 1.0),
        "This goes uphill: descent subtracts the gradient": lambda E, x, T, e, z: _annealed(E, x, T, e, z, drift=-e),
        "The step size is missing before the gradient": lambda E, x, T, e, z: _annealed(E, x, T, e, z, drift=1.0),
        "The gradient is missing: this is a random walk": lambda E, x, T, e, z: _annealed(E, x, T, e, z, drift=0.0),
        "Each step has a temperature of its own; here the first one is used throughout":
            lambda E, x, T, e, z: _annealed(E, x, T[:1].expand(len(T)), e, z),
        "Each step has a temperature of its own; here the last one is used throughout":
            lambda E, x, T, e, z: _annealed(E, x, T[-1:].expand(len(T)), e, z),
        "Each step has a temperature of its own; here their mean is used throughout":
            lambda E, x, T, e, z: _annealed(E, x, T.mean().expand(len(T)), e, z),
        "The temperatures are used from the last to the first": lambda E, x, T, e, z: _annealed(E, x, T.flip(0), e, z),
        "The first temperature belongs to the first step; here each comes a step too late":
            lambda E, x, T, e, z: _annealed(E, x, torch.cat([T[:1], T[:-1]]), e, z),
        "The first temperature belongs to the first step; here each comes a step too early":
            lambda E, x, T, e, z: _annealed(E, x, torch.cat([T[1:], T[-1:]]), e, z),
        "Each step has a row of the noise of its own; here the first one is used throughout":
            lambda E, x, T, e, z: _annealed(E, x, T, e, z[:1].expand_as(z)),
        "Each chain has its own noise; here all get that of the first":
            lambda E, x, T, e, z: _annealed(E, x, T, e, z[:, :1].expand_as(z)),
        "Each step starts where the last one ended; here all start at the start": _from_start,
        "The gradient is that of the present state; here it stays that of the start": _by_first_slope,
        "This is the state before each step": lambda *given: {"the path": _walked(*given)[0][:-1]},
        "The path has a row for each step: the start is one row too many":
            lambda *given: {"the path": _walked(*given)[0]},
        "These are the last states; the path holds those after each step":
            lambda *given: {"the path": _walked(*given)[0][-1]},
        "The start counts, too: begin with its energy": _lowest(lambda E: E[1:].cummin(0).values),
        "This is the energy after each step; keep the lowest so far": _lowest(lambda E: E[1:]),
        "This is the highest so far": _lowest(lambda E: E.cummax(0).values[1:]),
        "This is a step behind: take the step, then look": _lowest(lambda E: E.cummin(0).values[:-1]),
        "Each chain has its own lowest energy; this is the lowest of all":
            _lowest(lambda E: E.cummin(0).values[1:].amin(1, keepdim=True).expand(len(E) - 1, E.shape[1])),
        "This is the lowest of all chains, one number for each step": _lowest(lambda E: E.cummin(0).values[1:].amin(1)),
        "This is the lowest of the whole run; after each step the lowest so far is asked for":
            _lowest(lambda E: E.amin(0).expand(len(E) - 1, E.shape[1])),
        "This is the lowest of the whole run, one row; there is a row for each step": _lowest(lambda E: E.amin(0)),
        "The lowest energy has a row for each step: that of the start alone is one too many":
            _lowest(lambda E: E.cummin(0).values),
        "This is the smaller one of the last two energies; keep the lowest of all so far":
            _lowest(lambda E: torch.minimum(E[1:], E[:-1])),
    },
)  # fmt: skip

# -------------------------------------------------------------------------------------------------------- the race


def _entries(rng: np.random.Generator) -> tuple[_Hills, dict[str, tuple[Tensor, int]], float, Tensor, Tensor]:
    """A landscape, two or three entries of which one has several parts, a step size, starts, and the noise."""
    dim, runs, steps = int(rng.integers(2, 4)), int(rng.integers(4, 8)), 12
    names = rng.permutation(["one", "two", "three", "four"])[: rng.integers(2, 4)]
    parts = {"one": 1, "two": 2, "three": 3, "four": 4}
    entries = {str(n): (torch.tensor(rng.uniform(0.2, 2.0, steps // parts[n])), parts[n]) for n in names}
    entries["three again"] = torch.tensor(rng.uniform(0.2, 2.0, 4)), 3
    starts, noise = (torch.tensor(rng.normal(0, 1.5, (k, runs, dim))) for k in (5, steps))
    return _hills(rng, dim), entries, float(rng.uniform(0.02, 0.1)), starts, noise


def _parts(
    energy: Any,
    entry: tuple[Tensor, int],
    step_size: float,
    starts: Tensor,
    noise: Tensor,
    *,
    seen: str = "best",
    same_start: bool = False,
    go_on: bool = False,
    rows: Callable[[int, int], int] = lambda r, n: r * n,
) -> Tensor:
    """The lowest energy of each part and run, shape (parts, runs)."""
    temperatures, parts = entry
    n, lows, x = len(temperatures), [], starts[0]
    for r in range(parts):
        x = x if (go_on or same_start) else starts[r]
        path, best = _annealed(energy, x, temperatures, step_size, noise[rows(r, n) : rows(r, n) + n])
        lows.append({"best": best[-1], "end": energy(path[-1]), "first": best[0]}[seen])
        x = path[-1] if go_on else x
    return torch.stack(lows)


def _mean(lowest: Tensor) -> tuple[float, float]:
    return float(lowest.mean()), float(lowest.std() / math.sqrt(lowest.numel()))


def _raced(
    of: Callable[[Tensor], tuple[Any, Any]] = lambda lows: _mean(lows.amin(0)), **how: Any
) -> Callable[..., dict[str, tuple[Any, Any]]]:
    """A race in which something may be wrong with the parts (`how`) or with what becomes of them (`of`)."""
    return lambda energy, entries, step_size, starts, noise: {
        name: of(_parts(energy, entry, step_size, starts, noise, **how)) for name, entry in entries.items()
    }


def _table(returned: Any, energy: Any, entries: dict, *_: Any) -> tuple[list, list]:
    """The means and the errors in the order of the entries."""
    if not isinstance(returned, dict):
        kind = "None" if returned is None else f"one {type(returned).__name__}"
        frame.fail(f"your function returned {kind}, expected a dict with a mean and an error for each entry")
    missing = [name for name in entries if name not in returned]
    frame.that(
        not missing,
        f"nothing was returned for the entry {missing[0] if missing else ''!r}",
        hint="Is there a return in the loop?",
    )
    pairs = [frame.outputs(returned[name], "the mean", "its error") for name in entries]
    return [mean for mean, _ in pairs], [error for _, error in pairs]


def _errors(of: Callable[[Tensor], Any]) -> Callable[..., dict[str, list]]:
    """A mistake in the errors alone."""
    race = _raced(lambda lows: (0.0, of(lows)))
    return lambda *given: {"the errors": [error for _, error in race(*given).values()]}


def _means(of: Callable[[Tensor], Any]) -> Callable[..., dict[str, list]]:
    """A mistake in the means alone."""
    race = _raced(lambda lows: (of(lows), 0.0))
    return lambda *given: {"the means": [mean for mean, _ in race(*given).values()]}


def _carried(energy: Any, entries: dict, step_size: float, starts: Tensor, noise: Tensor) -> dict[str, list]:
    """The best of earlier entries counts for the later ones."""
    found, lowest = [], torch.full((starts.shape[1],), math.inf, dtype=starts.dtype)
    for entry in entries.values():
        lowest = torch.minimum(lowest, _parts(energy, entry, step_size, starts, noise).amin(0))
        found.append(_mean(lowest))
    return {"the means": [mean for mean, _ in found], "the errors": [error for _, error in found]}


def _seen(race: Callable[..., dict]) -> Callable[..., dict[str, list]]:
    """A race by the names of the outputs."""
    return lambda *given: dict(
        zip(("the means", "the errors"), map(list, zip(*race(*given).values(), strict=True)), strict=True)
    )


race = Task(
    reference=lambda energy, entries, step_size, starts, noise:
        _seen(_raced())(energy, entries, step_size, starts, noise),
    draw=_entries,
    view=_table,
    outputs=("the means", "the errors"),
    question={
        "the means": "Is it the mean over the runs of the lowest energy that the best part has visited?",
        "the errors": "Is it the standard deviation over the runs, over the root of their number?",
    },
    mistakes={
        "A run is as good as the best of its parts; this is their mean":
            _seen(_raced(lambda lows: _mean(lows.mean(0)))),
        "Only the last part of each run counts here: keep the best of all parts":
            _seen(_raced(lambda lows: _mean(lows[-1]))),
        "Only the first part of each run counts here: keep the best of all parts":
            _seen(_raced(lambda lows: _mean(lows[0]))),
        "This is the worst of the parts": _seen(_raced(lambda lows: _mean(lows.amax(0)))),
        "Each part counts here as a run: first take the best of the parts of each run": _seen(_raced(_mean)),
        "Each part has a start of its own; here all start at starts[0]": _seen(_raced(same_start=True)),
        "Each part has a start of its own; here it goes on where the last one stopped": _seen(_raced(go_on=True)),
        "Each part has rows of the noise of its own; here all take the first ones": _seen(_raced(rows=lambda r, n: 0)),
        "Part r takes the n rows from r·n on; here they begin at row r": _seen(_raced(rows=lambda r, n: r)),
        "What counts is the lowest energy visited; this is where the parts stop": _seen(_raced(seen="end")),
        "The lowest energy of a part stands in the last row; this is the first": _seen(_raced(seen="first")),
        "The best of the entries before counts for the later ones, too: begin anew with each entry": _carried,
        "This is the best of all runs, which is luck: take the mean over the runs":
            _means(lambda lows: float(lows.min())),
        "This is the median over the runs: take the mean": _means(lambda lows: float(lows.amin(0).median())),
        "The lowest energies are added up: take the mean over the runs": _means(lambda lows: float(lows.amin(0).sum())),
        "The mean is one number for each entry, over the runs": _means(lambda lows: lows.amin(0)),
        "This is the spread of one run; the error of a mean is that over the root of the number of runs":
            _errors(lambda lows: float(lows.amin(0).std())),
        "Divide the spread by the root of the number of runs, not by the number":
            _errors(lambda lows: float(lows.amin(0).std()) / lows.shape[1]),
        "The spread is over the root of the number of runs, not of parts":
            _errors(lambda lows: float(lows.amin(0).std()) / math.sqrt(lows.shape[0])),
        "Parts are not runs: the root is that of the number of runs":
            _errors(lambda lows: float(lows.amin(0).std()) / math.sqrt(lows.numel())),
        "This is the variance of the mean; its root is the error":
            _errors(lambda lows: float(lows.amin(0).var()) / lows.shape[1]),
        "A spread is estimated with n - 1 (`.std()`), since the mean comes from the same n runs":
            _errors(lambda lows: float(lows.amin(0).std(correction=0)) / math.sqrt(lows.shape[1])),
    },
)  # fmt: skip

# ------------------------------------------------------------------------------------------------- a success rate


def _runs(rng: np.random.Generator) -> tuple[Tensor, float]:
    """Successes of some runs, and a z that is not 1.96."""
    n = int(rng.integers(6, 80))
    k = int(rng.integers(1, n))
    return torch.tensor(rng.permutation(np.arange(n) < k)), float(rng.choice([0.8, 1.3, 1.645, 2.576]))


def _library(successes: Tensor, z: float = 1.96) -> tuple[float, float, float]:
    """Wilson's interval from scipy."""
    rate = descent.success_rate(successes, confidence=math.erf(z / math.sqrt(2)))
    return rate.rate, rate.low, rate.high


def _ends(of: Tensor, z: float, centre: str = "wilson", half: str = "wilson") -> dict[str, float]:
    """Both ends from one of several centres and half-widths."""
    n, p = len(of), float(of.double().mean())
    b, plain = 1 + z**2 / n, math.sqrt(p * (1 - p) / n)
    c = {
        "wilson": (p + z**2 / (2 * n)) / b,
        "rate": p,
        "undivided": p + z**2 / (2 * n),
        "z": (p + z / (2 * n)) / b,
        "z²/n": (p + z**2 / n) / b,
        "half": (p + 0.5) / b,
    }[centre]
    h = {
        "wilson": z / b * math.sqrt(p * (1 - p) / n + z**2 / (4 * n**2)),
        "wald": z * plain,
        "wald/b": z * plain / b,
        "undivided": z * math.sqrt(p * (1 - p) / n + z**2 / (4 * n**2)),
        "no z": math.sqrt(p * (1 - p) / n + z**2 / (4 * n**2)) / b,
        "root of a part": z / b * (plain + z**2 / (4 * n**2)),
        "roots": z / b * (plain + z / (2 * n)),
        "no root": z / b * (p * (1 - p) / n + z**2 / (4 * n**2)),
        "4n": z / b * math.sqrt(p * (1 - p) / n + z**2 / (4 * n)),
        "no n": z / b * math.sqrt(p * (1 - p) + z**2 / (4 * n**2)),
        "2n²": z / b * math.sqrt(p * (1 - p) / n + z**2 / (2 * n**2)),
    }[half]
    return {"the lower end": c - h, "the upper end": c + h}


success_rate = Task(
    reference=_library,
    draw=_runs,
    outputs=("the rate", "the lower end", "the upper end"),
    question={
        "the rate": "Is it the number of successes over the number of runs?",
        "the lower end": "Is it the centre minus the half-width, both divided by 1 + z²/n?",
        "the upper end": "Is it the centre plus the half-width, both divided by 1 + z²/n?",
    },
    mistakes={
        "This is Wald's interval": lambda of, z=1.96: _ends(of, z, "rate", "wald"),
        "This is Wald's interval, cut off at 0 and 1":
            lambda of, z=1.96: {k: min(max(v, 0.0), 1.0) for k, v in _ends(of, z, "rate", "wald").items()},
        "z is not used: this is one standard deviation": lambda of, z=1.96: _ends(of, 1.0),
        "z is not used: 1.96 stands in its place": lambda of, z=1.96: _ends(of, 1.96),
        "z is missing before the root": lambda of, z=1.96: _ends(of, z, half="no z"),
        "The denominator 1 + z²/n is missing": lambda of, z=1.96: _ends(of, z, "undivided", "undivided"),
        "The centre is not divided by 1 + z²/n": lambda of, z=1.96: _ends(of, z, "undivided"),
        "The half-width is not divided by 1 + z²/n": lambda of, z=1.96: _ends(of, z, half="undivided"),
        "The interval is around its own centre, not around the rate": lambda of, z=1.96: _ends(of, z, "rate"),
        "The interval is around the rate; take the centre, divided by 1 + z²/n, and its half-width":
            lambda of, z=1.96: _ends(of, z, "rate", "undivided"),
        "The centre holds z²/2n, not z/2n": lambda of, z=1.96: _ends(of, z, "z"),
        "The centre holds z²/2n, not z²/n": lambda of, z=1.96: _ends(of, z, "z²/n"),
        "The root is over the sum of both terms; here it is over the first only":
            lambda of, z=1.96: _ends(of, z, half="root of a part"),
        "The root of a sum is not the sum of the roots": lambda of, z=1.96: _ends(of, z, half="roots"),
        "The root in the half-width is missing": lambda of, z=1.96: _ends(of, z, half="no root"),
        "The second term under the root is missing": lambda of, z=1.96: _ends(of, z, half="wald/b"),
        "The second term under the root is z²/4n², with n squared": lambda of, z=1.96: _ends(of, z, half="4n"),
        "The second term under the root is z²/4n², not z²/2n²": lambda of, z=1.96: _ends(of, z, half="2n²"),
        "The first term under the root is divided by n": lambda of, z=1.96: _ends(of, z, half="no n"),
        "These are per cent; return shares from 0 to 1":
            lambda of, z=1.96: tuple(100 * v for v in _library(of, z)),
        "These are counts; a rate is divided by n": lambda of, z=1.96: tuple(len(of) * v for v in _library(of, z)),
        "You divided by n - 1; a share divides by n": lambda of, z=1.96: {
            "the rate": float(of.sum()) / (len(of) - 1), **_ends_of_share(float(of.sum()), len(of) - 1, z)},
        "You counted the failures": lambda of, z=1.96: _library(~of, z),
        "The first value is the rate k/n, not the centre of the interval":
            lambda of, z=1.96: {"the rate": sum(_ends(of, z).values()) / 2},
        "Return the two ends, not the centre and the half-width": lambda of, z=1.96: {
            "the lower end": sum(_ends(of, z).values()) / 2,
            "the upper end": np.subtract(*list(_ends(of, z).values())[::-1]) / 2},
        "Return the ends, not their distance from the rate": lambda of, z=1.96: {
            "the lower end": float(of.double().mean()) - _ends(of, z)["the lower end"],
            "the upper end": _ends(of, z)["the upper end"] - float(of.double().mean())},
        "The sign of the half-width is turned: the lower end comes first": lambda of, z=1.96: dict(
            zip(("the lower end", "the upper end"), list(_ends(of, z).values())[::-1], strict=True)),
    },
)  # fmt: skip


def _ends_of_share(k: float, n: int, z: float) -> dict[str, float]:
    """Wilson's ends for k of n, where k may be n + 1."""
    p, b = k / n, 1 + z**2 / n
    half = z / b * math.sqrt(max(p * (1 - p) / n + z**2 / (4 * n**2), 0.0))
    return {"the lower end": (p + z**2 / (2 * n)) / b - half, "the upper end": (p + z**2 / (2 * n)) / b + half}


# ------------------------------------------------------------------------------------------ the temperature of SGD


def _examples(rng: np.random.Generator) -> tuple[Tensor, float, int]:
    """Gradients of some examples with a mean that is not 0, a step size and a batch size above 2."""
    n, p = int(rng.integers(5, 15)), int(rng.integers(2, 5))
    gradients = rng.normal(rng.uniform(0.4, 1.5, p), rng.uniform(0.3, 2.0, p), (n, p))
    return torch.tensor(gradients), float(rng.choice([0.03, 0.3, 0.7])), int(rng.choice([3, 4, 7]))


def _c(g: Tensor) -> Tensor:
    return g.var(0, correction=0)


sgd_temperature = Task(
    reference=lambda gradients, step_size, batch_size:
        descent.effective_temperature(descent.gradient_noise(gradients), step_size, batch_size),
    draw=_examples,
    name="T along each parameter",
    question="Is it the step size times the variance over the examples, divided by twice the batch size?",
    atol=1e-9,
    mistakes={
        "The 2 is missing: a thermal step adds noise of variance 2·lr·T": lambda g, e, B: e * _c(g) / B,
        "The batch size is missing: averaging B gradients divides their variance by B": lambda g, e, B: e * _c(g) / 2,
        "Divide by 2 times B (are the brackets missing?): larger batches are colder":
            lambda g, e, B: e * _c(g) * B / 2,
        "Divide by B once: the variance of a mean is c/B": lambda g, e, B: e * _c(g) / (2 * B**2),
        "The variance of a mean is c/B; this divides by √B": lambda g, e, B: e * _c(g) / (2 * math.sqrt(B)),
        "This is the standard deviation; a temperature takes the variance": lambda g, e, B: e * _c(g).sqrt() / (2 * B),
        "The variance is squared once more": lambda g, e, B: e * _c(g) ** 2 / (2 * B),
        "Subtract the mean gradient: c is a variance, not a mean square":
            lambda g, e, B: e * (g**2).mean(0) / (2 * B),
        "This is the square of the mean gradient; its noise is the variance":
            lambda g, e, B: e * g.mean(0) ** 2 / (2 * B),
        "The mean gradient is what drives; its noise is a variance": lambda g, e, B: e * g.mean(0) / (2 * B),
        "This is ε²c/B, the variance of the noise of one step; it equals 2·lr·T": lambda g, e, B: e**2 * _c(g) / B,
        "The step size enters once: ε²c/B = 2 ε T": lambda g, e, B: e**2 * _c(g) / (2 * B),
        "The step size is missing": lambda g, e, B: _c(g) / (2 * B),
        "You divided by the step size: ε²c/B = 2 ε T": lambda g, e, B: _c(g) / (2 * B * e),
        "You divided by n - 1; these are all examples there are, so divide by n":
            lambda g, e, B: e * g.var(0) / (2 * B),
        "This is the sum over the examples; a variance is a mean": lambda g, e, B: e * len(g) * _c(g) / (2 * B),
        "One variance for each parameter, over the examples": lambda g, e, B: e * g.var(correction=0) / (2 * B),
        "One variance for each parameter; this adds them up": lambda g, e, B: e * _c(g).sum() / (2 * B),
        "One variance for each parameter; this averages them": lambda g, e, B: e * _c(g).mean() / (2 * B),
        "The variance is over the examples, dim=0; this is over the parameters of each":
            lambda g, e, B: e * g.var(1, correction=0) / (2 * B),
        "This is the whole matrix; along the parameters it is its diagonal":
            lambda g, e, B: e * torch.cov(g.T, correction=0) / (2 * B),
    },
)  # fmt: skip
