"""Exercises on speed and many machines: a fair race, an update's bill under a roof, a lattice in slabs."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from ..checks import Task, frame

__all__ = ["bill", "race", "slab_sweep"]

# --------------------------------------------------------------------------------------------------- a fair race

COMPILE = 40.0
"""A first call takes so many times as long."""


class Machine:
    """Two functions and a clock that moves only while they run. Every pair of calls meets another load."""

    def __init__(self, loads: np.ndarray, first_s: float, second_s: float) -> None:
        self.loads, self.cost = loads, {"first": first_s, "second": second_s}
        self.now, self.calls, self.count = 1000.0, 0, {"first": 0, "second": 0}

    def clock(self) -> float:
        return self.now

    def first(self) -> None:
        self._run("first", 0.1)

    def second(self) -> None:
        self._run("second", 0.0)

    def _run(self, name: str, jitter: float) -> None:
        load = self.loads[self.calls // 2 % len(self.loads)]
        own = self.count[name]
        self.now += self.cost[name] * load * (1 + jitter * math.sin(2.3 * own)) * (1 if own else COMPILE)
        self.calls += 1
        self.count[name] += 1


def _times(machine: Machine, which: str, n: int) -> np.ndarray:
    out = []
    for _ in range(n):
        began = machine.clock()
        getattr(machine, which)()
        out.append(machine.clock() - began)
    return np.array(out)


def _pairs(machine: Machine, n: int, warm: bool = True) -> np.ndarray:
    """Seconds of both, in turn, shape (n, 2)."""
    rows = [[_times(machine, name, 1)[0] for name in ("first", "second")] for _ in range(n + warm)]
    return np.array(rows)[warm:]


def _summary(logs: np.ndarray) -> tuple[float, float]:
    ratio = float(np.exp(logs.mean()))
    return ratio, ratio * float(logs.std(ddof=1)) / math.sqrt(len(logs))


def _fair(times: np.ndarray) -> tuple[float, float]:
    return _summary(np.log(times[:, 0] / times[:, 1]))


def _raced(how: Callable[[Machine, int], Any]) -> Callable[..., Any]:
    def answer(loads, first_s, second_s, repeats):
        return how(Machine(loads, first_s, second_s), repeats)

    return answer


def _blocks(machine: Machine, n: int) -> tuple[float, float]:
    _pairs(machine, 1, warm=False)
    return _fair(np.stack([_times(machine, "first", n), _times(machine, "second", n)], axis=1))


def _seen(change: Callable[[np.ndarray], Any]) -> Callable[..., Any]:
    """A fair race whose times, shape (pairs, 2), are summed up in another way."""
    return _raced(lambda machine, n: change(_pairs(machine, n)))


def _ratios(times: np.ndarray) -> np.ndarray:
    return times[:, 0] / times[:, 1]


def _a_race(rng: np.random.Generator) -> tuple[np.ndarray, float, float, int]:
    return rng.uniform(0.5, 3.0, 31), float(rng.uniform(0.5, 2)), float(rng.uniform(0.2, 4)), int(rng.integers(3, 9))


race = Task(
    reference=_raced(lambda machine, n: _fair(_pairs(machine, n))),
    draw=_a_race,
    outputs=("ratio", "error"),
    call=lambda learner, loads, first_s, second_s, repeats: (
        lambda machine: learner(machine.first, machine.second, repeats, machine.clock)
    )(Machine(loads, first_s, second_s)),
    question={
        "ratio": "Did both run once before, then take turns, and did you average the logarithms of the pairs' ratios?",
        "error": "It is the ratio times the logarithms' standard deviation (ddof=1), over the root of their number.",
    },
    mistakes={
        "A first call compiles: run both once before you time them":
            _raced(lambda machine, n: _fair(_pairs(machine, n, warm=False))),
        "They must take turns: all of the first and then all of the second meet different loads": _raced(_blocks),
        "This is the second's time over the first's; it is the other way round": _seen(lambda t: _fair(t[:, ::-1])),
        "Average the logarithms of the ratios: 2 and 1/2 are no difference, their mean is 1.25":
            _seen(lambda t: {"ratio": _ratios(t).mean()}),
        "The ratio of the summed times counts the slow moments most; average the logarithms of the ratios":
            _seen(lambda t: {"ratio": t[:, 0].sum() / t[:, 1].sum()}),
        "The median is a fair summary, but asked for is exp of the mean logarithm":
            _seen(lambda t: {"ratio": np.median(_ratios(t))}),
        "The ratio is exp of the mean logarithm; you returned the logarithm itself":
            _seen(lambda t: {"ratio": np.log(_ratios(t)).mean()}),
        "One pair fewer was timed than asked for": _raced(lambda machine, n: _fair(_pairs(machine, n - 1))),
        "One pair more was timed than asked for": _raced(lambda machine, n: _fair(_pairs(machine, n + 1))),
        "A standard deviation of few numbers needs ddof=1":
            _seen(lambda t: {"error": _fair(t)[1] * math.sqrt((len(t) - 1) / len(t))}),
        "The error of a mean: divide by the root of the number of pairs":
            _seen(lambda t: {"error": _fair(t)[1] * math.sqrt(len(t))}),
        "Divide by the root of the number of pairs, not by the number":
            _seen(lambda t: {"error": _fair(t)[1] / math.sqrt(len(t))}),
        "This is the error of the logarithm; that of the ratio is the ratio times as large":
            _seen(lambda t: {"error": _fair(t)[1] / _fair(t)[0]}),
        "This is the spread of the ratios; asked for is that of their logarithms, times the ratio":
            _seen(lambda t: {"error": _ratios(t).std(ddof=1) / math.sqrt(len(t))}),
    },
)  # fmt: skip


# ------------------------------------------------------------------------------------------ an update and its roof

THREEFRY, REST = 73, 20


def _bill(
    words: Any = 1.0, size: Any = 1.0, lattices: Any = 1.0, peak: Any = 1.0, bandwidth: Any = 1.0,
    *, threefry: float = THREEFRY / 2, rest: float = REST, moves: float = 2, pick: Any = min, per_lattice: bool = True,
) -> tuple[float, float, bool]:  # fmt: skip
    operations, moved = words * threefry + rest, moves * size
    computing, moving = peak / operations, bandwidth / moved
    return (lattices if per_lattice else 1) * pick(computing, moving), operations / moved, bool(moving < computing)


def _as(**change: Any) -> Callable[..., Any]:
    return lambda words, size, lattices, peak, bandwidth: _bill(words, size, lattices, peak, bandwidth, **change)


def _a_bill(rng: np.random.Generator) -> tuple[float, float, int, float, float]:
    words, size = float(rng.choice([0.5, 1, 2, 4])), float(rng.choice([0.5, 1, 4, 8]))
    return words, size, int(rng.choice([1, 2, 32])), float(rng.uniform(20, 400)), float(rng.uniform(2, 60))


bill = Task(
    reference=_as(),
    draw=_a_bill,
    outputs=("rate", "intensity", "by memory"),
    question={
        "rate": "Is it the smaller one of peak / operations and bandwidth / bytes, times the lattices of a word?",
        "intensity": "It is operations over bytes, of one update.",
        "by memory": "Memory is the limit where bandwidth / bytes is the smaller of the two.",
    },
    mistakes={
        "One evaluation of threefry gives two words: 73 operations for both": _as(threefry=THREEFRY),
        "One evaluation of threefry gives two words, so a word costs half of 73, not twice": _as(threefry=2 * THREEFRY),
        "The 20 operations for neighbours and threshold are missing":
            lambda w, s, n, p, b: _bill(w, s, n, p, b, rest=0) if w else None,
        "The 20 operations are done once, not for each word":
            lambda w, s, n, p, b: _bill(w, s, n, p, b, threefry=THREEFRY / 2 + REST, rest=0) if w else None,
        "A site is read by its neighbours and written: its bytes move twice": _as(moves=1),
        "The bytes move twice, not five times: a neighbour that was read stays in the cache": _as(moves=5),
        "The slower of the two decides: take the smaller rate": _as(pick=max),
        "Computing and moving go on at the same time: the slower decides, they do not add up":
            _as(pick=lambda a, b: 1 / (1 / a + 1 / b)),
        "The lattices that one word holds are all updated at once: multiply by their number": _as(per_lattice=False),
        "The lattices of a word do not make an update cheaper, they make it count more often: multiply":
            lambda w, s, n, p, b: {"rate": _bill(w, s, 1, p, b)[0] / n},
        "Intensity is operations over bytes, not bytes over operations":
            lambda *a: {"intensity": 1 / _bill(*a)[1]},
        "Operations are one number, bytes another; the rate is peak over operations, not times":
            lambda w, s, n, p, b: {"rate": n * min(p * (w * THREEFRY / 2 + REST), b * 2 * s)},
        "It is bound by memory where moving is slower than computing; you have it the other way round":
            lambda *a: {"by memory": not _bill(*a)[2]},
    },
)  # fmt: skip


# ------------------------------------------------------------------------------------------------ slabs of a lattice


def _cut(whole: np.ndarray, slabs: list) -> list:
    return np.split(whole, np.cumsum([len(slab) for slab in slabs])[:-1])


def _whole(slabs: Any, beta: float, uniform: Any, colours: Any = None, sign: int = 1) -> np.ndarray:
    """The lattice in one piece, spin by spin."""
    s, u = np.concatenate(slabs), np.concatenate(uniform)
    rows, cols = s.shape
    for colour in colours or (0, 1):
        for i, j in np.ndindex(s.shape):
            if (i + j) % 2 == colour:
                pull = s[i - 1, j] + s[(i + 1) % rows, j] + s[i, j - 1] + s[i, (j + 1) % cols]
                s[i, j] = 1 if u[i, j] < 0.5 * (1 + math.tanh(sign * beta * pull)) else -1
    return s


def _in_slabs(
    slabs: Any, beta: float, uniform: Any, *, again: bool = True, edges: str = "round", swapped: bool = False,
    local: bool = False, running: bool = False, far: bool = False, two: float = 2.0, order: tuple = (0, 1),
    up: int = 1, down: int = -1,
) -> np.ndarray:  # fmt: skip
    """A sweep in slabs, with something wrong in it."""
    s, u = [np.array(x) for x in slabs], list(uniform)
    first, n, halos = np.cumsum([0, *map(len, s)]), len(s), None
    for colour in order:
        if halos is None or again:
            halos = [(s[k - 1][0 if far else -1], s[(k + 1) % n][-1 if far else 0]) for k in range(n)]
        for k in range(n):
            above, below = (s[k - 1][-1], s[(k + 1) % n][0]) if running else halos[k]
            if edges == "open":
                above, below = above * (k > 0), below * (k < n - 1)
            if edges == "own":
                above, below = s[k][-1], s[k][0]
            if edges == "none":
                above, below = 0 * above, 0 * below
            if swapped:
                above, below = below, above
            tall = np.concatenate([above[None], s[k], below[None]])
            pull = tall[:-2] + tall[2:] + np.roll(s[k], 1, 1) + np.roll(s[k], -1, 1)
            parity = np.indices(s[k].shape).sum(0) + (0 if local else first[k])
            drawn = np.where(u[k] < 1 / (1 + np.exp(-two * beta * pull)), up, down)
            s[k] = np.where(parity % 2 == colour, drawn, s[k])
    return np.concatenate(s)


def _wrong(**change: Any) -> Callable[..., Any]:
    return lambda slabs, beta, uniform: _cut(_in_slabs(slabs, beta, uniform, **change), slabs)


def _pieces(returned: Any, slabs: Any, *_: Any) -> tuple[np.ndarray]:
    if not isinstance(returned, list | tuple) or len(returned) != len(slabs):
        frame.fail(f"asked for is a list of {len(slabs)} slabs", "Return one array for each device, in their order.")
    for k, (got, slab) in enumerate(zip(returned, slabs, strict=True)):
        if np.shape(got) != np.shape(slab):
            frame.fail(
                f"slab {k} has shape {np.shape(got)} now, it had {np.shape(slab)}",
                "The rows of the neighbours are to be looked at only: leave them out of what you return.",
            )
    return (np.concatenate([np.asarray(x, float) for x in returned]),)


def _slabs(rng: np.random.Generator) -> tuple[list, float, list]:
    heights = [[3, 5, 2], [1, 4, 3], [2, 2, 2, 2], [5, 3]][rng.integers(4)]
    cols = int(rng.choice([4, 6, 8]))
    cut = [rng.choice([-1, 1], (h, cols)) for h in heights]
    return cut, float(rng.uniform(0.3, 0.7)), [rng.random(x.shape) for x in cut]


slab_sweep = Task(
    reference=lambda slabs, beta, uniform: _cut(_whole(slabs, beta, uniform), slabs),
    draw=_slabs,
    name="the new rows",
    view=_pieces,
    question="Does each slab get, before each colour, the last row of the slab above and the first of the one below?",
    mistakes={
        "The rows of the neighbours were sent once: before the second colour they have changed, send them again":
            _wrong(again=False),
        "The colour of a spin is the parity of i + j with i counted through all slabs, not from each slab's own top":
            _wrong(local=True),
        "The lattice is a torus: above the first slab stands the last one": _wrong(edges="open"),
        "Each slab was closed to a torus of its own: its neighbours are other slabs' rows": _wrong(edges="own"),
        "The slabs do not see one another: the rows above and below are missing": _wrong(edges="none"),
        "From the slab above a slab needs the last row, from the one below the first; you took the far ones":
            _wrong(far=True),
        "What comes from above stands above, what comes from below stands below: they are swapped":
            _wrong(swapped=True),
        "White was drawn first; the spins with even i + j come first": _wrong(order=(1, 0)),
        "Only the spins of one colour were drawn; a sweep draws every spin": _wrong(order=(0,)),
        "Only the spins with odd i + j were drawn; a sweep draws every spin": _wrong(order=(1,)),
        "The factor 2 is missing: turning a spin costs twice its energy": _wrong(two=1.0),
        "The sign is wrong: a spin follows its neighbours": _wrong(two=-2.0),
        "A spin becomes +1 if its number is below P, not above it":
            lambda s, b, u: _cut(_in_slabs(s, b, u, up=-1, down=1), s),
        "A spin is +1 or -1, not 1 or 0": _wrong(down=0),
        "All spins were drawn at once: the second colour must see the new first one":
            lambda s, b, u: _cut(
                np.where(
                    np.indices(np.concatenate(s).shape).sum(0) % 2 == 0,
                    _in_slabs(s, b, u, order=(0,)), _in_slabs(s, b, u, order=(1,)),
                ), s),
    },
)  # fmt: skip
