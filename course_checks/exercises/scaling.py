"""Exercises on speed and many machines: a fair race, an update's bill, a lattice in slabs, chains dealt out."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from ..checks import Task, frame

__all__ = ["bill", "deal", "race", "slab_sweep"]

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
        "A word costs 73 / 2 even where it is the only one: the second of the pair goes to another site":
            lambda w, s, n, p, b: _bill(2 * math.ceil(w / 2), s, n, p, b),
        "The operations are done once for all lattices of a site: do not multiply them by their number":
            lambda w, s, n, p, b: _bill(w * n, s, n, p, b, rest=n * REST),
        "This is a rate of operations; divide it by the operations of an update":
            lambda w, s, n, p, b: {"rate": _bill(w, s, n, p, b)[0] * (w * THREEFRY / 2 + REST)},
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
    local: bool = False, equal: bool = False, running: bool = False, far: bool = False, two: float = 2.0,
    order: tuple = (0, 1), up: int = 1, down: int = -1,
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
            parity = np.indices(s[k].shape).sum(0) + (0 if local else k * len(s[k]) if equal else first[k])
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
    heights = [[3, 5, 2], [3, 1, 4], [2, 2, 2, 2], [5, 3]][rng.integers(4)]
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
        "Count i through all slabs: counted from each slab's own top, neighbours in two slabs can have one colour":
            _wrong(local=True, running=True),
        "A slab begins where the one above it ends: sum the heights above, they may differ": _wrong(equal=True),
        "The rows above slab k are the sum of their heights, not k times its own": _wrong(equal=True, running=True),
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


# ------------------------------------------------------------------------------------------- chains on many devices


class Devices:
    """What a device does, and how many chains each got."""

    def __init__(self) -> None:
        self.shares: list[int] = []

    def simulate(self, generators: Any) -> np.ndarray:
        if not isinstance(generators, list | tuple) or not all(isinstance(g, np.random.Generator) for g in generators):
            frame.fail(
                "`simulate` got something else than a list of generators",
                "Give it `np.random.default_rng([seed, c])` for each chain `c` of the device.",
            )
        self.shares.append(len(generators))
        return np.array([3 + g.normal() + 0.1 * g.normal() for g in generators])


def _even(n: int, p: int) -> list[int]:
    return [n // p + (d < n % p) for d in range(p)]


def _pooled(values: list[np.ndarray]) -> tuple[float, float]:
    x = np.concatenate(values)
    return float(x.mean()), float(x.std(ddof=1)) / math.sqrt(len(x))


def _dealt(
    n_chains: int, n_devices: int, seed: int, *, source: Callable[..., Any] = lambda seed, c, d, k: [seed, c],
    shares: Callable[[int, int], list[int]] = _even, summed: Callable[[list[np.ndarray]], Any] = _pooled,
) -> tuple[float, float, list[int]]:  # fmt: skip
    """Chains dealt out, with something wrong in it: chain c is number k of device d."""
    devices, values, c = Devices(), [], 0
    for d, size in enumerate(shares(n_chains, n_devices)):
        seeds = [source(seed, c + k, d, k) for k in range(size)]
        values.append(devices.simulate([np.random.default_rng(s) for s in seeds]))
        c += size
    return (*summed(values), devices.shares)


def _drawn(source: Callable[..., Any]) -> Callable[..., Any]:
    return lambda n_chains, n_devices, seed: _dealt(n_chains, n_devices, seed, source=source)


def _shared(shares: Callable[[int, int], list[int]]) -> Callable[..., Any]:
    def answer(n_chains: int, n_devices: int, seed: int) -> Any:
        found = _dealt(n_chains, n_devices, seed, shares=shares)
        return found if found[2] != _even(n_chains, n_devices) else None

    return answer


def _summed(name: str, of: Callable[[list[np.ndarray]], float]) -> Callable[..., Any]:
    """One of the two numbers is made of all devices' values in another way."""

    def answer(n_chains: int, n_devices: int, seed: int) -> dict[str, Any]:
        return {name: _dealt(n_chains, n_devices, seed, summed=lambda values: (of(values), 0.0))[0]}

    return answer


def _of_all(of: Callable[[np.ndarray], float]) -> Callable[[list[np.ndarray]], float]:
    return lambda values: of(np.concatenate(values))


def _run(learner: Callable[..., Any], n_chains: int, n_devices: int, seed: int) -> tuple[Any, Any, list[int]]:
    devices = Devices()
    mean, error = frame.outputs(learner(devices.simulate, n_chains, n_devices, seed), "mean", "error")
    if not all(np.size(x) == 1 for x in (mean, error)):
        frame.fail("asked for are two numbers, the mean and its error", "Over all chains, not one for each.")
    return mean, error, devices.shares


def _a_deal(rng: np.random.Generator) -> tuple[int, int, int]:
    n_devices = int(rng.integers(2, 6))
    return n_devices * int(rng.integers(1, 4)) + int(rng.integers(1, n_devices)), n_devices, int(rng.integers(1, 1000))


deal = Task(
    reference=_dealt,
    draw=_a_deal,
    outputs=("mean", "error", "chains on each device"),
    compared=("chains on each device", "mean", "error"),
    call=_run,
    question={
        "chains on each device": "Is there one call of `simulate` a device, with shares that differ by one at most?",
        "mean": "Does chain c draw from default_rng([seed, c]), and is the sum of all divided by the number of all?",
        "error": "It is the root of (sum of squares - n mean^2) / (n (n - 1)), with n chains in all.",
    },
    mistakes={
        "Chains were left out: n_chains // n_devices on each device leaves the rest":
            _shared(lambda n, p: [n // p] * p),
        "The last device got all of the rest: shares differ by one at most":
            _shared(lambda n, p: [n // p] * (p - 1) + [n // p + n % p]),
        "The first devices take the chains that are left over, not the last ones":
            _shared(lambda n, p: _even(n, p)[::-1]),
        "All chains ran on one device: call `simulate` once for each device": _shared(lambda n, p: [n]),
        "Each chain was a device of its own: give a device all its chains in one call": _shared(lambda n, p: [1] * n),
        "Chains are numbered through all devices: yours begin with 0 on each, so the same chains run again and again":
            _drawn(lambda seed, c, d, k: [seed, k]),
        "All chains of a device draw the same numbers: a generator for each chain, not for each device":
            _drawn(lambda seed, c, d, k: [seed, d]),
        "Every chain drew the same numbers: its generator must depend on its number c":
            _drawn(lambda seed, c, d, k: seed),
        "A chain must not know its device: on another number of devices these are other chains":
            _drawn(lambda seed, c, d, k: [seed, d, k]),
        "With seed + c, chain 1 of this seed is chain 0 of the next one: take [seed, c]":
            _drawn(lambda seed, c, d, k: seed + c),
        "The seed comes first: [seed, c]": _drawn(lambda seed, c, d, k: [c, seed]),
        "Chains are counted from 0": _drawn(lambda seed, c, d, k: [seed, c + 1]),
        "Devices with fewer chains count less: divide the sum of all by the number of all":
            _summed("mean", lambda values: float(np.mean([x.mean() for x in values]))),
        "The mean is the sum of the values over the number of chains, not of devices":
            _summed("mean", lambda values: sum(x.sum() for x in values) / len(values)),
        "This is the sum over all chains; divide it by their number": _summed("mean", _of_all(np.sum)),
        "The error comes from the spread of all chains, not from that of the devices' means":
            _summed("error", lambda values: float(np.std([x.mean() for x in values], ddof=1)) / math.sqrt(len(values))),
        "A standard deviation of few chains has n - 1 below, not n":
            _summed("error", _of_all(lambda x: x.std() / math.sqrt(len(x)))),
        "The error of a mean: divide by the root of the number of chains":
            _summed("error", _of_all(lambda x: x.std(ddof=1))),
        "This is the square of the error: take the root": _summed("error", _of_all(lambda x: x.var(ddof=1) / len(x))),
        "The error is divided by the root of the number of chains, not of devices":
            _summed("error", lambda values: float(np.concatenate(values).std(ddof=1)) / math.sqrt(len(values))),
        "From the sum of squares n times the squared mean is taken away":
            _summed("error", _of_all(lambda x: math.sqrt((x**2).sum() / (len(x) * (len(x) - 1))))),
    },
)  # fmt: skip
