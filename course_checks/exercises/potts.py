"""Exercises on Potts spins: a sweep, two starts compared, two phases in balance, a sampler for THRML."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from types import SimpleNamespace
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from scipy.optimize import brentq

from ..checks import Task, equal, outputs, that

__all__ = ["balance", "compare_starts", "sampler", "sweep"]

# ----------------------------------------------------------------------------------------------- 8.1, a sweep

_UP, _DOWN, _LEFT, _RIGHT = (1, 0), (-1, 0), (1, 1), (-1, 1)


def _of_colour(s: np.ndarray, q: int) -> np.ndarray:
    """Whether a spin has colour k, shape (rows, cols, q)."""
    return (s[..., None] == np.arange(q)).astype(float)


def _near(s: np.ndarray, q: int, steps: tuple = (_UP, _DOWN, _LEFT, _RIGHT)) -> np.ndarray:
    """Number of neighbours of each colour."""
    return sum(np.roll(_of_colour(s, q), step, axis) for step, axis in steps)


def _near_open(s: np.ndarray, q: int) -> np.ndarray:
    rim = np.pad(_of_colour(s, q), ((1, 1), (1, 1), (0, 0)))
    return rim[:-2, 1:-1] + rim[2:, 1:-1] + rim[1:-1, :-2] + rim[1:-1, 2:]


def _near_diagonal(s: np.ndarray, q: int) -> np.ndarray:
    return sum(np.roll(_of_colour(s, q), (a, b), (0, 1)) for a in (1, -1) for b in (1, -1))


def _softmax(x: np.ndarray) -> np.ndarray:
    weight = np.exp(x - x.max(-1, keepdims=True))
    return weight / weight.sum(-1, keepdims=True)


def _one_by_one(colours: Any, beta: float, q: int, uniform: Any, order: Iterable[tuple[int, int]]) -> np.ndarray:
    """Spins drawn one after the other, in some order, each by walking along the ruler."""
    s, u = np.array(colours, int), np.asarray(uniform, float)
    rows, cols = s.shape
    for i, j in order:
        beside = [s[i - 1, j], s[(i + 1) % rows, j], s[i, j - 1], s[i, (j + 1) % cols]]
        weights = [math.exp(beta * beside.count(k)) for k in range(q)]
        left, k = u[i, j] * sum(weights), 0
        while k < q - 1 and left >= weights[k]:
            left, k = left - weights[k], k + 1
        s[i, j] = k
    return s


def _in_two_colours(colours: Any, beta: float, q: int, uniform: Any) -> np.ndarray:
    return _one_by_one(colours, beta, q, uniform, sorted(np.ndindex(np.shape(colours)), key=lambda at: sum(at) % 2))


def _board(s: np.ndarray) -> np.ndarray:
    return np.indices(s.shape).sum(0) % 2 == 0


def _right(s: np.ndarray, beta: float, q: int) -> np.ndarray:
    return _softmax(beta * _near(s, q))


def _ruler(p: np.ndarray, u: np.ndarray) -> np.ndarray:
    return (u[..., None] >= np.cumsum(p, -1)[..., :-1]).sum(-1)


def _swept(
    p: Callable[..., np.ndarray] = _right,
    groups: Callable[[np.ndarray], tuple] = lambda s: (_board(s), ~_board(s)),
    drawn: Callable[[np.ndarray, np.ndarray], np.ndarray] = _ruler,
) -> Callable[..., np.ndarray]:
    """A sweep with other probabilities p(s, β, q), other groups than black and white, or another way to draw."""

    def answer(colours, beta, q, uniform):
        s = np.array(colours, int)
        for group in groups(s):
            s = np.where(group, drawn(p(s, beta, q), np.asarray(uniform)), s)
        return s

    return answer


def _with(exponent: Callable[[np.ndarray, float, int], np.ndarray]) -> Callable[..., np.ndarray]:
    """A sweep with other exponents."""
    return _swept(lambda s, β, q: _softmax(exponent(s, β, q)))


def _coloured(rng: np.random.Generator) -> tuple[np.ndarray, float, int, np.ndarray]:
    """A torus, sometimes without its last colour, or without its first."""
    shape, q = [(6, 8), (8, 8), (10, 6)][rng.integers(3)], int(rng.choice([3, 5]))
    low, high = [(0, q), (0, q - 1), (1, q)][rng.integers(3)]
    spins = rng.integers(low, high, shape).astype(np.uint8)
    return spins, float(rng.choice([0.6, 0.9, 1.3])), q, rng.random(shape)


sweep = Task(
    reference=_in_two_colours,
    draw=_coloured,
    name="the new colours",
    question="Is it black first (even i + j), then white; each with weights exp(β n_k), n_k from the present lattice, "
    "and the colour on whose piece of the ruler `uniform` falls?",
    mistakes={
        "All spins were drawn at once: the white ones must see the new black ones":
            _swept(groups=lambda s: (np.ones(s.shape, bool),)),
        "White was drawn first; the spins with even i + j come first": _swept(groups=lambda s: (~_board(s), _board(s))),
        "Only the black spins were drawn; a sweep draws every spin": _swept(groups=lambda s: (_board(s),)),
        "Only the white spins were drawn; a sweep draws every spin": _swept(groups=lambda s: (~_board(s),)),
        "Black is the parity of i + j: these are stripes, with neighbours in one group":
            _swept(groups=lambda s: (np.indices(s.shape)[0] % 2 == 0, np.indices(s.shape)[0] % 2 == 1)),
        "Black is the parity of i + j: these are columns, with neighbours in one group":
            _swept(groups=lambda s: (np.indices(s.shape)[1] % 2 == 0, np.indices(s.shape)[1] % 2 == 1)),
        "The spins were drawn one by one, row by row; draw all black ones, then all white ones":
            lambda s, β, q, u: _one_by_one(s, β, q, u, np.ndindex(np.shape(s))),
        "The ruler begins with colour 0: a small number of `uniform` means a small colour": _swept(
            drawn=lambda p, u: p.shape[-1] - 1 - _ruler(p[..., ::-1], u)),
        "Colours run from 0 to q - 1: you are one too high": _swept(drawn=lambda p, u: _ruler(p, u) + 1),
        "Colours run from 0 to q - 1: you are one too low": _swept(drawn=lambda p, u: _ruler(p, u) - 1),
        "`uniform` runs from 0 to 1, and your ruler does not end at 1: multiply by the last mark, or normalise":
            _swept(lambda s, β, q: np.exp(β * _near(s, q))),
        "The probabilities lie end to end: np.cumsum is missing":
            _swept(drawn=lambda p, u: np.minimum((u[..., None] >= p).sum(-1), p.shape[-1] - 1)),
        "A colour is drawn, it is not the likeliest one": _swept(drawn=lambda p, u: p.argmax(-1)),
        "A colour is drawn from its weights; here all colours come equally often":
            _with(lambda s, β, q: 0 * _near(s, q)),
        "These are probabilities; return the colours that are drawn": lambda s, β, q, u: _right(np.asarray(s), β, q),
        "β is missing": _with(lambda s, β, q: _near(s, q)),
        "The exponent is β n; you divided by β": _with(lambda s, β, q: _near(s, q) / β),
        "The factor 2 belongs to Ising, or each bond is counted twice: here it is β n":
            _with(lambda s, β, q: 2 * β * _near(s, q)),
        "A factor 2 is missing: all four neighbours count fully": _with(lambda s, β, q: β / 2 * _near(s, q)),
        "The sign is wrong: a spin follows its neighbours": _with(lambda s, β, q: -β * _near(s, q)),
        "That is the mean over the neighbours; the energy is a sum": _with(lambda s, β, q: β / 4 * _near(s, q)),
        "A spin is no neighbour of itself": _with(lambda s, β, q: β * (_near(s, q) + _of_colour(s, q))),
        "Diagonal neighbours have no bond": _with(lambda s, β, q: β * (_near(s, q) + _near_diagonal(s, q))),
        "A spin has four neighbours; here two are missing, one along each axis":
            _with(lambda s, β, q: β * _near(s, q, (_UP, _LEFT))),
        "A spin has four neighbours; those above and on the left are missing":
            _with(lambda s, β, q: β * _near(s, q, (_DOWN, _RIGHT))),
        "A spin has four neighbours; those in its own row are missing":
            _with(lambda s, β, q: β * _near(s, q, (_UP, _DOWN))),
        "A spin has four neighbours; those in its own column are missing":
            _with(lambda s, β, q: β * _near(s, q, (_LEFT, _RIGHT))),
        "Each neighbour counts once: two of them count twice here. The steps are +1 and -1":
            _with(lambda s, β, q: 2 * β * _near(s, q, (_UP, _LEFT))),
        "The sides are glued together: this leaves them open": _with(lambda s, β, q: β * _near_open(s, q)),
        "One neighbour of a colour and four count the same here: add up, do not ask whether there is any":
            _with(lambda s, β, q: β * (_near(s, q) > 0)),
        "The weight of a colour is exp(β n_k), not n_k itself": _swept(lambda s, β, q: _near(s, q) / 4),
        "There are q colours, also where some of them do not occur": _swept(
            lambda s, β, q: _softmax(β * _near(s, int(s.max()) + 1))),
        "The last colour, q - 1, is never drawn": _swept(lambda s, β, q: _softmax(β * _near(s, q - 1))),
    },
)  # fmt: skip

# --------------------------------------------------------------------------------------- 8.2, two starts compared

_COLUMNS = ("the order from one colour", "the order from all colours", "the difference of the energies", "its error")
Draw = Callable[[float, str], np.ndarray]


def _experiment(rng: np.random.Generator) -> tuple[Draw, np.ndarray, int]:
    """Lattices for some temperatures and both starts, each with a favourite colour of its own."""
    n, q = int(rng.integers(1, 4)), int(rng.choice([3, 4, 6]))
    (few, more), shape = rng.permutation([3, 5]), [(4, 4, 6), (3, 6, 4), (2, 3, 5)][rng.integers(3)]
    temperatures, at = np.sort(rng.uniform(0.5, 4.0, n).round(2)), {}
    for T in temperatures:
        for start, chains in (("aligned", few), ("random", more)):
            favour, lean = rng.integers(0, q, (chains, shape[0], 1, 1)), rng.uniform(0.2, 0.7, (chains, 1, 1, 1))
            size = (chains, *shape)
            at[float(T), start] = np.where(rng.random(size) < lean, favour, rng.integers(0, q, size)).astype(np.uint8)
    return drawn_from(at), temperatures, q


def drawn_from(lattices: dict[tuple[float, str], np.ndarray]) -> Draw:
    """A function draw(T, start) that gives lattices from a table."""

    def draw(T: float, start: str) -> np.ndarray:
        if start not in ("aligned", "random"):
            raise ValueError(f'start = {start!r}: expected "aligned" or "random"')
        return lattices[min((key for key in lattices if key[1] == start), key=lambda key: abs(key[0] - T))]

    return draw


def _loops(draw: Draw, temperatures: np.ndarray, q: int) -> np.ndarray:
    """The right numbers, lattice by lattice."""
    rows = []
    for T in temperatures:
        orders, means = [], []
        for start in ("aligned", "random"):
            spins = np.asarray(draw(T, start), int)
            most = [np.bincount(one.ravel(), minlength=q).max() / one.size for chain in spins for one in chain]
            orders.append((q * math.fsum(most) / len(most) - 1) / (q - 1))
            equal_bonds = [[[(s[i - 1, j] == s[i, j]) * 1 + (s[i, j - 1] == s[i, j]) for i, j in np.ndindex(s.shape)]
                            for s in chain] for chain in spins]  # fmt: skip
            means.append([-float(np.mean(chain)) for chain in equal_bonds])
        square = sum(sum((e - sum(c) / len(c)) ** 2 for e in c) / (len(c) * (len(c) - 1)) for c in means)
        cold, hot = (sum(c) / len(c) for c in means)
        rows.append([*orders, hot - cold, math.sqrt(square)])
    return np.array(rows)


def _columns(returned: Any, draw: Draw, temperatures: np.ndarray, q: int) -> tuple:
    rows = np.asarray(returned)
    equal("the shape", rows.shape, (len(temperatures), 4), hint="A row of four numbers for each temperature.")
    return tuple(rows.T)


def _shares(s: np.ndarray, q: int, numbers: Any = None, axis: Any = (2, 3)) -> np.ndarray:
    """The share of each colour in each lattice, shape (q, chains, samples)."""
    return np.stack([(s == k).mean(axis=axis) for k in (range(q) if numbers is None else numbers)])


def _scaled(share: Any, q: int) -> Any:
    return (q * share - 1) / (q - 1)


def _of_one_count(s: np.ndarray, q: int) -> float:
    return _scaled(_shares(s, q)[np.bincount(s.ravel(), minlength=q).argmax()].mean(), q)


def _order(of: Callable[[np.ndarray, int], Any]) -> Callable[..., dict[str, Any]]:
    """A mistake in both orders, from a function of the lattices of one start."""
    return lambda draw, temperatures, q: {
        name: np.array([of(np.asarray(draw(T, start)), q) for T in temperatures])
        for name, start in zip(_COLUMNS, ("aligned", "random"), strict=False)
    }


def _energy(s: np.ndarray, steps: tuple = ((1, 2), (1, 3))) -> np.ndarray:
    return -sum((s == np.roll(s, step, axis)).mean((2, 3)) for step, axis in steps)


def _energy_open(s: np.ndarray) -> np.ndarray:
    bonds = (s[:, :, 1:] == s[:, :, :-1]).sum((2, 3)) + (s[..., 1:] == s[..., :-1]).sum((2, 3))
    return -bonds / (s.shape[2] * s.shape[3])


def _gap(energy: Callable[[np.ndarray], Any], of: Callable[[Any, Any], Any] | None = None) -> Callable[..., dict]:
    """A mistake in the difference, from other energies, or from another way to compare those of the two starts."""
    of = of or (lambda cold, hot: hot.mean() - cold.mean())
    return lambda draw, temperatures, q: {
        _COLUMNS[2]: np.array(
            [of(*(energy(np.asarray(draw(T, start))) for start in ("aligned", "random"))) for T in temperatures]
        )
    }


def _single(chains: np.ndarray) -> float:
    """Standard error of one mean."""
    return chains.mean(1).std(ddof=1) / math.sqrt(len(chains))


def _error(of: Callable[[np.ndarray, np.ndarray], float]) -> Callable[..., dict]:
    """A mistake in the error, from the energies of the two starts, shape (chains, samples)."""
    return lambda draw, temperatures, q: {
        _COLUMNS[3]: np.array(
            [of(*(_energy(np.asarray(draw(T, start))) for start in ("aligned", "random"))) for T in temperatures]
        )
    }


def _reversed_starts(draw: Draw, temperatures: np.ndarray, q: int) -> dict[str, Any]:
    swapped = {"aligned": "random", "random": "aligned"}
    return dict(zip(_COLUMNS, _loops(lambda T, start: draw(T, swapped[start]), temperatures, q).T, strict=True))


compare_starts = Task(
    reference=_loops,
    draw=_experiment,
    outputs=_COLUMNS,
    view=_columns,
    question={
        _COLUMNS[0]: 'Is it the mean of (q ρ - 1) / (q - 1) over draw(T, "aligned"), ρ the largest share of a lattice?',
        _COLUMNS[1]: 'Is it the mean of (q ρ - 1) / (q - 1) over draw(T, "random"), ρ the largest share of a lattice?',
        _COLUMNS[2]: "Is the energy minus the equal bonds per spin, each counted once, and is it random minus aligned?",
        _COLUMNS[3]: "Is it the root of the sum of two squares, each a standard error from the means of the chains?",
    },
    mistakes={
        "The two starts are exchanged: one colour is `aligned`": _reversed_starts,
        "`draw` takes a temperature, not β": lambda draw, temperatures, q: dict(
            zip(_COLUMNS, _loops(draw, 1 / temperatures, q).T, strict=True)),
        "That is the share ρ itself: it is 1/q in disorder, not 0": _order(lambda s, q: _shares(s, q).max(0).mean()),
        "The division by q - 1 is missing: full order gives 1":
            _order(lambda s, q: q * _shares(s, q).max(0).mean() - 1),
        "Subtract 1 before you divide by q - 1": _order(lambda s, q: q * _shares(s, q).max(0).mean() / (q - 1)),
        "Only the 1 is divided by q - 1: brackets are missing":
            _order(lambda s, q: q * _shares(s, q).max(0).mean() - 1 / (q - 1)),
        "The factor q before ρ is missing": _order(lambda s, q: (_shares(s, q).max(0).mean() - 1) / (q - 1)),
        "That is ρ - 1/q, or a division by q in place of q - 1: full order does not give 1":
            _order(lambda s, q: _shares(s, q).max(0).mean() - 1 / q),
        "That is colour 0 only. Order of any colour is order: take the largest share":
            _order(lambda s, q: _scaled(_shares(s, q)[0].mean(), q)),
        "The mean over the colours is 0 for every lattice: take the largest share": _order(lambda s, q: 0.0),
        "Each lattice has its own most frequent colour": _order(_of_one_count),
        "Each lattice has its own most frequent colour; here it is that of a chain":
            _order(lambda s, q: _scaled(_shares(s, q).mean(2).max(0).mean(), q)),
        "Each lattice has its own most frequent colour; here the chains were averaged first":
            _order(lambda s, q: _scaled(_shares(s, q).mean(1).max(0).mean(), q)),
        "That is the largest order of all lattices; the mean over them is asked for":
            _order(lambda s, q: _scaled(_shares(s, q).max(), q)),
        "That is the rarest colour": _order(lambda s, q: _scaled(_shares(s, q).min(0).mean(), q)),
        "The number of a colour is only a name; averaging names means nothing":
            _order(lambda s, q: s.astype(float).mean()),
        "The number of the most frequent colour is only a name; its share counts":
            _order(lambda s, q: _shares(s, q).argmax(0).mean()),
        "The last colour, q - 1, is left out":
            _order(lambda s, q: _scaled(_shares(s, q, range(q - 1)).max(0).mean(), q)),
        "Colour 0 is left out: colours run from 0 to q - 1":
            _order(lambda s, q: _scaled(_shares(s, q, range(1, q)).max(0).mean(), q)),
        "True + True is True: add the two means, or numbers, not two arrays of True and False":
            _gap(lambda s: -((s == np.roll(s, 1, 2)) | (s == np.roll(s, 1, 3))).mean((2, 3))),
        "True + True is True: add the two means, or numbers, not two arrays of True and False (below and right)":
            _gap(lambda s: -((s == np.roll(s, -1, 2)) | (s == np.roll(s, -1, 3))).mean((2, 3))),
        "The sign is wrong: equal neighbours lower the energy; and it is random minus aligned":
            _gap(lambda s: -_energy(s)),
        "The difference has a sign, which is lost here": _gap(_energy, lambda a, b: abs(b.mean() - a.mean())),
        "That is the mean of the two, not the difference": _gap(_energy, lambda a, b: (a.mean() + b.mean()) / 2),
        "That is the sum of the two, not the difference": _gap(_energy, lambda a, b: a.mean() + b.mean()),
        "Each bond is counted twice: two neighbours for each spin will do": _gap(lambda s: 2 * _energy(s)),
        "There are two bonds for each spin: their shares add up, this is their mean": _gap(lambda s: _energy(s) / 2),
        "The bonds along the columns are missing": _gap(lambda s: _energy(s, ((1, 3),))),
        "The bonds along the rows are missing": _gap(lambda s: _energy(s, ((1, 2),))),
        "The axes are wrong: rows and columns are axes 2 and 3": _gap(lambda s: _energy(s, ((1, 0), (1, 1)))),
        "The axes are wrong: rows and columns are axes 2 and 3, not 1 and 2":
            _gap(lambda s: _energy(s, ((1, 1), (1, 2)))),
        "The sides are glued together: this leaves them open": _gap(_energy_open),
        "This is the energy of the whole lattice, not per spin":
            _gap(lambda s: _energy(s) * s.shape[2] * s.shape[3]),
        "Samples of one chain are not independent: count chains, not samples":
            _error(lambda a, b: math.hypot(a.std() / math.sqrt(a.size), b.std() / math.sqrt(b.size))),
        "Samples of one chain are not independent: count chains, not samples (ddof does not help)":
            _error(lambda a, b: math.hypot(a.std(ddof=1) / math.sqrt(a.size), b.std(ddof=1) / math.sqrt(b.size))),
        "The scatter is that of the chain means, not that of all samples":
            _error(lambda a, b: math.hypot(*(x.std(ddof=1) / math.sqrt(len(x)) for x in (a, b)))),
        "Take the mean of each chain, over its samples, axis 1":
            _error(lambda a, b: math.hypot(*(x.mean(0).std(ddof=1) / math.sqrt(x.shape[1]) for x in (a, b)))),
        "Errors of independent means add in squares": _error(lambda a, b: _single(a) + _single(b)),
        "Square the errors before you add them": _error(lambda a, b: math.sqrt(_single(a) + _single(b))),
        "That is the square of the error": _error(lambda a, b: _single(a) ** 2 + _single(b) ** 2),
        "Squares of errors add, also for a difference":
            _error(lambda a, b: math.sqrt(abs(_single(b) ** 2 - _single(a) ** 2))),
        "The spread of the chains must still be divided by √chains":
            _error(lambda a, b: math.hypot(a.mean(1).std(ddof=1), b.mean(1).std(ddof=1))),
        "The standard deviation is divided by √chains, not by their number":
            _error(lambda a, b: math.hypot(*(x.mean(1).std(ddof=1) / len(x) for x in (a, b)))),
        "Each start has its own number of chains; do not divide both by that of all together": _error(
            lambda a, b: math.hypot(*(x.mean(1).std(ddof=1) / math.sqrt(len(a) + len(b)) for x in (a, b)))),
        "Each start has its own number of chains; here both are divided by that of the first": _error(
            lambda a, b: math.hypot(*(x.mean(1).std(ddof=1) / math.sqrt(len(a)) for x in (a, b)))),
        "Each start has its own number of chains; here both are divided by that of the last": _error(
            lambda a, b: math.hypot(*(x.mean(1).std(ddof=1) / math.sqrt(len(b)) for x in (a, b)))),
        "That is the error of the energy from one colour alone": _error(lambda a, b: _single(a)),
        "That is the error of the energy from all colours alone": _error(lambda a, b: _single(b)),
        "Use ddof=1: few chains know their own mean too well":
            _error(lambda a, b: math.hypot(*(x.mean(1).std() / math.sqrt(len(x)) for x in (a, b)))),
        "The difference must not be part of the scatter: take the scatter of each start by itself": _error(
            lambda a, b: np.concatenate([a.mean(1), b.mean(1)]).std(ddof=1) / math.sqrt(len(a) + len(b))),
    },
)  # fmt: skip

# ---------------------------------------------------------------------------------------- 8.3, phases in balance

_WORDS = ("the shift", "the energy of the ordered phase", "that of the disordered phase")
FARTHEST = 0.1  # of the shift, either way


def _parts(energy: np.ndarray, shift: float, n_spins: int, cut: float) -> tuple[float, float, float]:
    """Share of the ordered phase, and the mean energies of both, by sums of logarithms."""
    log = -shift * n_spins * energy
    low = energy < cut
    share = math.exp(np.logaddexp.reduce(log[low]) - np.logaddexp.reduce(log))
    means = []
    for part in (low, ~low):
        top = log[part].max()
        means.append(math.fsum(np.exp(log[part] - top) * energy[part]) / math.fsum(np.exp(log[part] - top)))
    return share, means[0], means[1]


def _balanced(energy: np.ndarray, n_spins: int, cut: float) -> tuple[float, float, float]:
    def too_much(shift: float) -> float:
        return _parts(energy, shift, n_spins, cut)[0] - 0.5

    shift = brentq(too_much, -FARTHEST, FARTHEST, xtol=1e-15, rtol=1e-12)
    return shift, *_parts(energy, shift, n_spins, cut)[1:]


def _run(rng: np.random.Generator) -> tuple[np.ndarray, int, float]:
    """Two bumps of unlike weight, on the levels of a finite lattice; some samples stand exactly on the cut."""
    N = int(rng.choice([144, 400, 900]))
    many, few = rng.permutation([rng.integers(200, 300), rng.integers(60, 110)])
    bumps = [rng.normal(-1.65, 0.07, many), rng.normal(-0.95, 0.09, few)]
    e = np.rint(rng.permutation(np.concatenate(bumps)) * N) / N
    cut = float(np.rint(rng.uniform(-1.45, -1.2) * N) / N)
    e[rng.permutation(len(e))[:9]] = cut
    return e, N, cut


def _phases(**values: Any) -> dict[str, Any]:
    return {word: values[key] for word, key in zip(_WORDS, ("shift", "low", "high"), strict=True) if key in values}


def _undivided(e: np.ndarray, N: int, cut: float) -> dict[str, float]:
    shift = _balanced(e, N, cut)[0]
    w, low = np.exp(-shift * N * (e - e.mean())), e < cut
    return _phases(low=(w * e)[low].sum() / w.sum(), high=(w * e)[~low].sum() / w.sum())


def _on_the_cut(e: np.ndarray, N: int, cut: float) -> tuple[float, float, float]:
    above = np.min(e[e > cut])
    return _balanced(e, N, float(cut + above) / 2)


def _searched(
    exponent: Callable[[float, np.ndarray, int], np.ndarray], up: bool = True, share: float = 0.5
) -> Callable[..., tuple[float, float, float]]:
    """What a search by halves finds with other weights, or if it goes the other way."""

    def answer(e: np.ndarray, N: int, cut: float) -> tuple[float, float, float]:
        low, high, below = -FARTHEST, FARTHEST, e < cut
        for _ in range(60):
            shift = (low + high) / 2
            log = exponent(shift, e, N)
            w = np.exp(log - log.max())
            low, high = (shift, high) if (w[below].sum() < share * w.sum()) == up else (low, shift)
        return shift, np.average(e[below], weights=w[below]), np.average(e[~below], weights=w[~below])

    return answer


balance = Task(
    reference=_balanced,
    draw=_run,
    outputs=_WORDS,
    question={
        _WORDS[0]: "Do the samples below the cut have half of the weight there, with weights exp(-shift N e), e per "
        "spin? And are the steps repeated until the shift no longer moves?",
        **dict.fromkeys(_WORDS[1:], "Is it the weighted mean over the phase alone, with weights at the final shift?"),
    },
    rtol=1e-3,
    mistakes={
        "The weights use the energy of the lattice, N times that per spin": _searched(lambda x, e, N: -x * e),
        "The sign of the weights is wrong: higher β favours lower energy, w = exp(-shift E)":
            _searched(lambda x, e, N: x * N * e),
        "The sign of the weights is wrong, and the search turned round to suit: w = exp(-shift E)":
            _searched(lambda x, e, N: x * N * e, up=False),
        "The search runs to the end of the range: too little order asks for a higher β, so raise `low`, not `high`":
            _searched(lambda x, e, N: -x * N * e, up=False),
        "Samples are counted, not their weights, or the shift stays 0":
            lambda e, N, cut: (0.0, e[e < cut].mean(), e[e >= cut].mean()),
        "Each bond is counted twice in the weights": _searched(lambda x, e, N: -2 * x * N * e),
        "N counts the spins of the lattice; it enters the weights once": _searched(lambda x, e, N: -x * N**2 * e),
        "N counts the spins of the lattice, not of its side": _searched(lambda x, e, N: -x * math.sqrt(N) * e),
        "The phases are to weigh the same: the ordered share is 1/2 of the whole":
            _searched(lambda x, e, N: -x * N * e, share=1 / 3),
        "Ordered is below the cut: the two energies are exchanged":
            lambda e, N, cut: _phases(low=_balanced(e, N, cut)[2], high=_balanced(e, N, cut)[1]),
        "A sample exactly on the cut is not below it": _on_the_cut,
        "The mean within a phase is weighted too, at the final shift":
            lambda e, N, cut: _phases(low=e[e < cut].mean(), high=e[e >= cut].mean()),
        "Divide by the weight of the phase, not by that of all samples": _undivided,
        "Energies per spin are asked for, not those of the lattice":
            lambda e, N, cut: _phases(low=N * _balanced(e, N, cut)[1], high=N * _balanced(e, N, cut)[2]),
        "The latent heat comes later; return the two energies":
            lambda e, N, cut: _phases(low=_balanced(e, N, cut)[2] - _balanced(e, N, cut)[1]),
    },
)  # fmt: skip

# --------------------------------------------------------------------------------- 8.4, a sampler for THRML

REPEATS = 16_000  # nodes with each neighbourhood: a share is then known to 0.004
MEMORY = 7  # what stands for the sampler's state
Interactions = tuple[tuple[float, list, list], ...]
"""For each interaction its coupling, and for each neighbourhood the neighbours' colours, and which of them exist."""


def run_sampler(sampler: Any, interactions: Interactions, seed: int) -> Any:
    """What `sampler.sample` gives for many nodes, with each neighbourhood in turn."""

    def repeated(rows: list, kind: Any) -> jax.Array:
        return jnp.asarray(np.repeat(np.asarray(rows, kind), REPEATS, axis=0))

    bonds = [SimpleNamespace(coupling=coupling) for coupling, _, _ in interactions]
    active = [repeated(rows, bool) for _, _, rows in interactions]
    states = [[repeated(rows, np.uint8)] for _, rows, _ in interactions]
    form = jax.ShapeDtypeStruct((len(interactions[0][1]) * REPEATS,), jnp.uint8)
    return sampler.sample(jax.random.key(seed), bonds, active, states, MEMORY, form)


def _called(learner: Callable[..., Any], beta: float, q: int, interactions: Interactions, seed: int) -> Any:
    return run_sampler(learner(jnp.array(beta), q), interactions, seed)


def _seen(returned: Any, beta: float, q: int, interactions: Interactions, seed: int) -> tuple[np.ndarray]:
    if isinstance(returned, tuple) and len(returned) == 1:  # probabilities, which need not be counted
        return returned
    colours, memory = outputs(returned, "colours", "state")
    n = len(interactions[0][1])
    that(
        hasattr(colours, "dtype"),
        f"the colours are {type(colours).__name__}",
        hint="Return the new colours, an array, and then the state.",
    )
    equal("the shape of the colours", np.shape(colours), (n * REPEATS,), hint="One colour for each node.")
    that(memory is not None, "the sampler's state came back as None", hint="Hand sampler_state back.")
    equal("the sampler's state", memory, MEMORY, hint="Hand sampler_state back.")
    drawn = np.asarray(colours).astype(int).reshape(n, REPEATS)
    that(drawn.min() >= 0 and drawn.max() < q, "a colour is not among 0 to q - 1", hint="How many does q allow?")
    shares = np.stack([(drawn == k).mean(1) for k in range(q)], axis=1)
    equal("the dtype of the colours", str(colours.dtype), "uint8", hint="THRML wants output_sd.dtype.")
    return (shares,)


def _pull(q: int, interactions: Interactions, of: Callable[..., float] | None = None) -> np.ndarray:
    """Σ couplings to active neighbours of colour k, for each neighbourhood; `of` says what one neighbour adds."""
    of = of or (lambda number, coupling, colour, there: coupling * there)
    pull = np.zeros((len(interactions[0][1]), q))
    for number, (coupling, colours, active) in enumerate(interactions):
        for i, (row, here) in enumerate(zip(colours, active, strict=True)):
            for colour, there in zip(row, here, strict=True):
                pull[i, colour] += of(number, coupling, colour, there)
    return pull


def _shares_of(exponents: Callable[..., np.ndarray]) -> Callable[..., dict]:
    """A mistake that draws from weights exp(exponents)."""

    def probabilities(beta: float, q: int, interactions: Interactions, seed: int) -> dict[str, np.ndarray]:
        x = np.asarray(exponents(beta, q, interactions), float)
        weight = np.exp(x - x.max(1, keepdims=True))
        return {"the shares": weight / weight.sum(1, keepdims=True)}

    return probabilities


def _absent_as_zero(β: float, q: int, a: Interactions) -> np.ndarray:
    masked = tuple((J, (np.array(c) * np.array(t)).tolist(), np.ones_like(t).tolist()) for J, c, t in a)
    return β * _pull(q, masked)


def _means(q: int, interactions: Interactions) -> np.ndarray:
    return sum(_pull(q, (one,)) / len(one[1][0]) for one in interactions)


def _means_of_active(q: int, interactions: Interactions) -> np.ndarray:
    return sum(_pull(q, (one,)) / np.maximum(1, np.sum(one[2], axis=1, keepdims=True)) for one in interactions)


def _probability(β: float, q: int, a: Interactions) -> np.ndarray:
    return _shares_of(lambda b, q, a: b * _pull(q, a))(β, q, a, 0)["the shares"]


def _neighbourhoods(rng: np.random.Generator) -> tuple[float, int, Interactions, int]:
    """Four neighbourhoods, of three and of two neighbours, some of which do not exist."""
    q = int(rng.choice([3, 4]))
    interactions = []
    for k, coupling in ((3, rng.choice([0.8, 1.2])), (2, rng.choice([-0.6, 0.5]))):
        active = rng.random((4, k)) < 0.7
        active[0], active[1, 0] = True, False
        interactions.append((float(coupling), rng.integers(0, q, (4, k)).tolist(), active.tolist()))
    return float(rng.choice([0.5, 0.9, 1.4])), q, tuple(interactions), int(rng.integers(2**31))


sampler = Task(
    reference=_shares_of(lambda β, q, a: β * _pull(q, a)),
    call=_called,
    view=_seen,
    draw=_neighbourhoods,
    outputs=("the shares",),
    question="Is P(k) ∝ exp(β × the sum of the couplings to active neighbours of colour k), for each node by itself?",
    rtol=0.0,
    atol=0.022,
    mistakes={
        "β is missing": _shares_of(lambda β, q, a: _pull(q, a)),
        "The pull is multiplied by β, not divided": _shares_of(lambda β, q, a: _pull(q, a) / β),
        "Neighbours that do not exist count: use active_flags":
            _shares_of(lambda β, q, a: β * _pull(q, a, lambda n, J, c, there: J)),
        "The neighbours that do not exist decide here: leave active_flags as they are, and combine them by &":
            _shares_of(lambda β, q, a: β * _pull(q, a, lambda n, J, c, there: J * (not there))),
        "Neighbours that do not exist count as colour 0": _shares_of(_absent_as_zero),
        "The sign is wrong: a positive coupling favours equal colours": _shares_of(lambda β, q, a: -β * _pull(q, a)),
        "The coupling is not used": _shares_of(lambda β, q, a: β * _pull(q, a, lambda n, J, c, there: there)),
        "The size of the coupling alone is used; its sign counts":
            _shares_of(lambda β, q, a: β * _pull(q, a, lambda n, J, c, there: abs(J) * there)),
        "The exponent is twice too large: Ising's factor 2, or each bond counted twice":
            _shares_of(lambda β, q, a: 2 * β * _pull(q, a)),
        "A factor 2 is missing: each neighbour counts fully": _shares_of(lambda β, q, a: β / 2 * _pull(q, a)),
        "Only the first interaction is used":
            _shares_of(lambda β, q, a: β * _pull(q, a, lambda n, J, c, there: J * there * (n == 0))),
        "Only the last interaction is used: add them up":
            _shares_of(lambda β, q, a: β * _pull(q, a, lambda n, J, c, there: J * there * (n == len(a) - 1))),
        "The pulls of the neighbours add up; that is their mean": _shares_of(lambda β, q, a: β * _means(q, a)),
        "The pulls of the neighbours add up; that is the mean of those that exist":
            _shares_of(lambda β, q, a: β * _means_of_active(q, a)),
        "Only one neighbour of each colour counts; they add up": _shares_of(
            lambda β, q, a: β * sum(np.sign(_pull(q, (one,))) * abs(one[0]) for one in a)),
        "Draw a colour; that is the most probable one":
            lambda β, q, a, seed: {"the shares": np.eye(q)[_pull(q, a).round(6).argmax(1)]},  # ties stay ties
        "Every colour comes equally often: the pull must depend on the colour":
            _shares_of(lambda β, q, a: 0 * _pull(q, a)),
        "categorical takes the exponents β × pull; you gave it probabilities": _shares_of(_probability),
        "categorical takes the exponents β × pull; you gave it their exponentials":
            _shares_of(lambda β, q, a: np.exp(β * _pull(q, a))),
        "Each node has its own neighbours; here all get those of one":
            _shares_of(lambda β, q, a: np.repeat(β * _pull(q, a)[:1], len(a[0][1]), axis=0)),
        "Each node has its own neighbours; here the pulls of all are averaged":
            _shares_of(lambda β, q, a: np.repeat(β * _pull(q, a).mean(0, keepdims=True), len(a[0][1]), axis=0)),
    },
)  # fmt: skip
