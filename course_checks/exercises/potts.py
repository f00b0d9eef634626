"""Exercises on Potts spins: a conditional, an order parameter, a latent heat, two phases, a sampler for THRML."""

from __future__ import annotations

import math
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from ..checks import Task, equal, outputs, that

__all__ = ["conditional", "latent_heat", "order_parameter", "sampler", "two_phases"]

# ------------------------------------------------------------------------------------------- 8.1, the conditional

_UP, _DOWN, _LEFT, _RIGHT = (1, 0), (-1, 0), (1, 1), (-1, 1)


def _of_colour(spins: Any, q: int) -> np.ndarray:
    """Whether a spin has colour k, shape (rows, cols, q)."""
    return (np.asarray(spins)[..., None] == np.arange(q)).astype(float)


def _near(spins: Any, q: int, steps: tuple = (_UP, _DOWN, _LEFT, _RIGHT)) -> np.ndarray:
    return sum(np.roll(_of_colour(spins, q), step, axis) for step, axis in steps)


def _near_open(spins: Any, q: int) -> np.ndarray:
    rim = np.pad(_of_colour(spins, q), ((1, 1), (1, 1), (0, 0)))
    return rim[:-2, 1:-1] + rim[2:, 1:-1] + rim[1:-1, :-2] + rim[1:-1, 2:]


def _softmax(x: np.ndarray, axis: Any = -1) -> np.ndarray:
    weight = np.exp(x - x.max())
    return weight / weight.sum(axis, keepdims=True)


def _conditional(spins: jax.Array, beta: float, q: int) -> np.ndarray:
    s = np.asarray(spins)
    rows, cols = s.shape
    weight = np.ones((rows, cols, q))
    for i, j in np.ndindex(rows, cols):
        for colour in (s[i - 1, j], s[(i + 1) % rows, j], s[i, j - 1], s[i, (j + 1) % cols]):
            weight[i, j, colour] *= math.exp(beta)
    return weight / weight.sum(-1)[..., None]


def _coloured(rng: np.random.Generator) -> tuple[jax.Array, float, int]:
    """A torus, sometimes without its last colour, or without its first."""
    shape, q = [(4, 6), (5, 3)][rng.integers(2)], int(rng.choice([3, 5]))
    low, high = [(0, q), (0, q - 1), (1, q)][rng.integers(3)]
    spins = jnp.array(rng.integers(low, high, shape).astype(np.uint8))
    return spins, float(rng.choice([0.4, 0.7, 1.3])), q


conditional = Task(
    reference=_conditional,
    draw=_coloured,
    name="P(k)",
    question="Is it exp(β n_k), n_k the neighbours of colour k on the torus, over the sum of these for all q colours?",
    mistakes={
        "β is missing": lambda s, β, q: _softmax(_near(s, q)),
        "The exponent is β n; you divided by β": lambda s, β, q: _softmax(_near(s, q) / β),
        "The factor 2 belongs to Ising, or each bond is counted twice: here it is β n":
            lambda s, β, q: _softmax(2 * β * _near(s, q)),
        "A factor 2 is missing: all four neighbours count fully": lambda s, β, q: _softmax(β / 2 * _near(s, q)),
        "The sign is wrong: a spin follows its neighbours": lambda s, β, q: _softmax(-β * _near(s, q)),
        "That is the mean over the neighbours; the energy is a sum": lambda s, β, q: _softmax(β / 4 * _near(s, q)),
        "A spin is no neighbour of itself": lambda s, β, q: _softmax(β * (_near(s, q) + _of_colour(s, q))),
        "A spin has four neighbours; here two are missing, one along each axis":
            lambda s, β, q: _softmax(β * _near(s, q, (_UP, _LEFT))),
        "A spin has four neighbours; those in its own row are missing":
            lambda s, β, q: _softmax(β * _near(s, q, (_UP, _DOWN))),
        "A spin has four neighbours; those in its own column are missing":
            lambda s, β, q: _softmax(β * _near(s, q, (_LEFT, _RIGHT))),
        "Each neighbour counts once: those in its row count twice, those in its column not at all":
            lambda s, β, q: _softmax(2 * β * _near(s, q, (_LEFT, _RIGHT))),
        "Each neighbour counts once: those in its column count twice, those in its row not at all":
            lambda s, β, q: _softmax(2 * β * _near(s, q, (_UP, _DOWN))),
        "Each neighbour counts once: two of them count twice here. The steps are +1 and -1":
            lambda s, β, q: _softmax(2 * β * _near(s, q, (_UP, _LEFT))),
        "The sides are glued together: this leaves them open": lambda s, β, q: _softmax(β * _near_open(s, q)),
        "The weights are not normalised": lambda s, β, q: np.exp(β * _near(s, q)),
        "These are the exponents β n: softmax is missing": lambda s, β, q: β * _near(s, q),
        "Normalise over colours, not over all spins": lambda s, β, q: _softmax(β * _near(s, q), (0, 1, 2)),
        "Normalise over the colours, the last axis, not along a column": lambda s, β, q: _softmax(β * _near(s, q), 0),
        "Normalise over the colours, the last axis, not along a row": lambda s, β, q: _softmax(β * _near(s, q), 1),
        "The colours belong in the last axis": lambda s, β, q: np.moveaxis(_conditional(s, β, q), -1, 0),
        "There are q colours, also where some of them do not occur":
            lambda s, β, q: _softmax(β * _near(s, int(np.max(s)) + 1)),
        "Colours run from 0 to q - 1, not from 1 to q": lambda s, β, q: _softmax(β * _near(s, q + 1)[..., 1:]),
        "This is the probability of the colour that the spin has":
            lambda s, β, q: (_conditional(s, β, q) * _of_colour(s, q)).sum(-1),
        "This is log P": lambda s, β, q: np.log(_conditional(s, β, q)),
        "softmax takes the exponents β n; you gave it their exponentials":
            lambda s, β, q: _softmax(np.exp(β * _near(s, q))),
        "softmax takes the exponents β n; you gave it probabilities": lambda s, β, q: _softmax(_conditional(s, β, q)),
        "This is the share of the neighbours that have colour k; it needs β and exp": lambda s, β, q: _near(s, q) / 4,
    },
)  # fmt: skip

# ------------------------------------------------------------------------------------- 8.2, the order parameter


def _order_parameter(colours: np.ndarray, q: int) -> np.ndarray:
    largest = np.array([np.bincount(one.ravel(), minlength=q).max() for one in colours])
    return (q * largest / colours[0].size - 1) / (q - 1)


def _shares(colours: np.ndarray, q: int, numbers: Any = None, axis: Any = (1, 2)) -> np.ndarray:
    numbers = range(q) if numbers is None else numbers
    return np.stack([(colours == k).mean(axis=axis) for k in numbers])


def _scaled(share: Any, q: int) -> Any:
    return (q * share - 1) / (q - 1)


def _bytes(colours: np.ndarray, q: int) -> np.ndarray:
    counts = np.stack([(colours == k).sum(axis=(1, 2), dtype=np.uint8) for k in range(q)])
    return _scaled(counts.max(0) / colours[0].size, q)


def _lattices(rng: np.random.Generator) -> tuple[np.ndarray, int]:
    """Lattices of many spins or of few, each with a favourite colour of its own."""
    n, rows, cols = [(5, 4, 6), (4, 20, 18)][rng.integers(2)]
    q = int(rng.choice([3, 4, 6]))
    first = rng.permutation(q)[np.arange(n) % q]
    p = 0.3 / q + 0.7 * np.eye(q)[first] * rng.uniform(0.4, 1, (n, 1))
    p = p / p.sum(1, keepdims=True)
    return np.array([rng.choice(q, (rows, cols), p=row) for row in p]).astype(np.uint8), q


order_parameter = Task(
    reference=_order_parameter,
    draw=_lattices,
    name="m",
    question="Is it (q ρ - 1) / (q - 1), ρ the largest share in each lattice?",
    mistakes={
        "That is the share ρ itself: it is 1/q in disorder, not 0": lambda c, q: _shares(c, q).max(0),
        "The division by q - 1 is missing: full order gives 1": lambda c, q: q * _shares(c, q).max(0) - 1,
        "Subtract 1 before you divide by q - 1": lambda c, q: q * _shares(c, q).max(0) / (q - 1),
        "Only the 1 is divided by q - 1: brackets are missing": lambda c, q: q * _shares(c, q).max(0) - 1 / (q - 1),
        "The factor q before ρ is missing": lambda c, q: (_shares(c, q).max(0) - 1) / (q - 1),
        "That is ρ - 1/q, or a division by q in place of q - 1: full order does not give 1":
            lambda c, q: _shares(c, q).max(0) - 1 / q,
        "That is colour 0 only. Order of any colour is order: take the largest share":
            lambda c, q: _scaled(_shares(c, q)[0], q),
        "The mean over the colours is 0 for every lattice: take the largest share":
            lambda c, q: _scaled(_shares(c, q), q).mean(0),
        "The number of a colour is only a name; averaging names means nothing":
            lambda c, q: c.astype(float).mean((1, 2)),
        "The number of the most frequent colour is only a name; its share counts":
            lambda c, q: _shares(c, q).argmax(0),
        "Each lattice has its own most frequent colour":
            lambda c, q: _scaled(_shares(c, q)[np.bincount(c.ravel(), minlength=q).argmax()], q),
        "That is the rarest colour": lambda c, q: _scaled(_shares(c, q).min(0), q),
        "That is the largest share minus the smallest": lambda c, q: np.ptp(_shares(c, q), axis=0),
        "That is built from the squares of the shares, not from the largest":
            lambda c, q: _scaled((_shares(c, q) ** 2).sum(0), q),
        "That is a number of spins; divide by all spins of the lattice":
            lambda c, q: _scaled(_shares(c, q).max(0) * c[0].size, q),
        "One number for each lattice, not one for all": lambda c, q: _order_parameter(c, q).mean(),
        "One number for each lattice, not one for all: the shares of each, not of all together":
            lambda c, q: _scaled(_shares(c, q, axis=None).max(), q),
        "One number for each lattice: first the largest share": lambda c, q: _scaled(_shares(c, q), q),
        "One number for each lattice: take the largest share over the colours, for each lattice":
            lambda c, q: _scaled(_shares(c, q).max(1), q),
        "Average over rows and columns, the last two axes": lambda c, q: _scaled(_shares(c, q, axis=(0, 1)).max(0), q),
        "The last colour, q - 1, is left out": lambda c, q: _scaled(_shares(c, q, range(q - 1)).max(0), q),
        "Colour 0 is left out: colours run from 0 to q - 1": lambda c, q: _scaled(_shares(c, q, range(1, q)).max(0), q),
        "A count of 256 and more does not fit into uint8": _bytes,
    },
)  # fmt: skip

# --------------------------------------------------------------------------------------------- 8.3, the latent heat


def _energies(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Chains that scatter more than their samples; either start may end with the higher energy."""
    a, b = rng.permutation([3, 5, 8, 12])[:2]
    gap = rng.choice([-0.3, 0.2, 0.7])
    first = -1.6 + 0.06 * rng.normal(size=(a, 1)) + 0.02 * rng.normal(size=(a, 40))
    return first, -1.6 + gap + 0.11 * rng.normal(size=(b, 1)) + 0.03 * rng.normal(size=(b, 60))


def _latent_heat(from_ordered: np.ndarray, from_disordered: np.ndarray) -> tuple[float, float]:
    """By sums over chains alone."""
    total, square = 0.0, 0.0
    for sign, chains in ((-1, from_ordered), (1, from_disordered)):
        each = [math.fsum(chain) / len(chain) for chain in chains]
        mean = math.fsum(each) / len(each)
        total += sign * mean
        square += math.fsum((one - mean) ** 2 for one in each) / (len(each) * (len(each) - 1))
    return total, math.sqrt(square)


def _single(chains: np.ndarray) -> float:
    """Standard error of one mean."""
    return chains.mean(1).std(ddof=1) / math.sqrt(len(chains))


def _difference(of: Callable[[np.ndarray, np.ndarray], Any]) -> Callable[..., dict]:
    return lambda cold, hot: {"the difference": of(cold, hot)}


def _error(of: Callable[[np.ndarray, np.ndarray], Any]) -> Callable[..., dict]:
    return lambda cold, hot: {"its error": of(cold, hot)}


latent_heat = Task(
    reference=_latent_heat,
    draw=_energies,
    outputs=("the difference", "its error"),
    question={
        "the difference": "Is it the mean of all energies from disorder, minus that from order?",
        "its error": "Is it the root of the sum of two squares, each a standard error from the means of the chains?",
    },
    mistakes={
        "The sign is wrong: disordered minus ordered": _difference(lambda a, b: a.mean() - b.mean()),
        "The difference has a sign, which is lost here": _difference(lambda a, b: abs(b.mean() - a.mean())),
        "That is the mean of the two, not the difference": _difference(lambda a, b: (a.mean() + b.mean()) / 2),
        "That is the sum of the two, not the difference": _difference(lambda a, b: a.mean() + b.mean()),
        "That is a difference of medians, not of means":
            _difference(lambda a, b: np.median(b.mean(1)) - np.median(a.mean(1))),
        "One number: average over the chains too": _difference(lambda a, b: b.mean(1) - a.mean(1)),
        "Samples of one chain are not independent: count chains, not samples":
            _error(lambda a, b: math.hypot(a.std() / math.sqrt(a.size), b.std() / math.sqrt(b.size))),
        "Samples of one chain are not independent: count chains, not samples (ddof does not help)":
            _error(lambda a, b: math.hypot(a.std(ddof=1) / math.sqrt(a.size), b.std(ddof=1) / math.sqrt(b.size))),
        "The scatter is that of the chain means, not that of all samples":
            _error(lambda a, b: math.hypot(*(x.std(ddof=1) / math.sqrt(len(x)) for x in (a, b)))),
        "Rows are chains: average over the samples, axis=1":
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
        "Each mean has its own number of chains; do not divide both by that of all together": _error(
            lambda a, b: math.hypot(*(x.mean(1).std(ddof=1) / math.sqrt(len(a) + len(b)) for x in (a, b)))),
        "Divide by the number of chains, not by that of the samples":
            _error(lambda a, b: math.hypot(*(x.mean(1).std(ddof=1) / math.sqrt(x.shape[1]) for x in (a, b)))),
        "That is the error of the cold mean alone": _error(lambda a, b: _single(a)),
        "That is the error of the hot mean alone": _error(lambda a, b: _single(b)),
        "With few chains, ddof=1":
            _error(lambda a, b: math.hypot(*(x.mean(1).std() / math.sqrt(len(x)) for x in (a, b)))),
        "The difference must not be part of the scatter: take the scatter of each start by itself": _error(
            lambda a, b: np.concatenate([a.mean(1), b.mean(1)]).std(ddof=1) / math.sqrt(len(a) + len(b))),
    },
)  # fmt: skip

# ---------------------------------------------------------------------------------------------- 8.4, two phases


def _two_phases(energy: np.ndarray, shift: float, n_spins: int, cut: float) -> tuple[float, float, float]:
    """By sums of logarithms."""
    log = -shift * n_spins * energy
    low = energy < cut
    share = math.exp(np.logaddexp.reduce(log[low]) - np.logaddexp.reduce(log))
    means = []
    for part in (low, ~low):
        top = log[part].max()
        means.append(math.fsum(np.exp(log[part] - top) * energy[part]) / math.fsum(np.exp(log[part] - top)))
    return share, means[0], means[1]


def _weigh(
    energy: np.ndarray, log_weight: np.ndarray, low: np.ndarray, careful: bool = True
) -> tuple[float, float, float]:
    w = np.exp(log_weight - log_weight.max() if careful else log_weight)
    return (
        w[low].sum() / w.sum(),
        (w * energy)[low].sum() / w[low].sum(),
        (w * energy)[~low].sum() / w[~low].sum(),
    )


def _of_weights(log_weight: Callable[..., np.ndarray]) -> Callable[..., tuple[float, float, float]]:
    return lambda e, s, N, cut: _weigh(e, log_weight(e, s, N), e < cut)


def _run(rng: np.random.Generator) -> tuple[np.ndarray, float, int, float]:
    """Two bumps of unlike weight, on the levels of a finite lattice; some samples stand exactly on the cut."""
    N = int(rng.choice([144, 400, 900]))
    bumps = [rng.normal(-1.65, 0.07, rng.integers(150, 300)), rng.normal(-0.95, 0.09, rng.integers(80, 140))]
    e = np.rint(rng.permutation(np.concatenate(bumps)) * N) / N
    cut = float(np.rint(rng.uniform(-1.5, -1.1) * N) / N)
    e[rng.permutation(len(e))[:9]] = cut
    shift = float(rng.choice([-1, 1]) * rng.uniform(0.5, 2.5) / N)
    return e, shift, N, cut


_WORDS = ("the ordered share", "the energy of the ordered phase", "that of the disordered phase")


def _phases(**values: Any) -> dict[str, Any]:
    return {word: values[key] for word, key in zip(_WORDS, ("share", "low", "high"), strict=True) if key in values}


def _undivided(e: np.ndarray, s: float, N: int, cut: float) -> dict[str, float]:
    w, low = np.exp(-s * N * (e - (e.min() if s > 0 else e.max()))), e < cut
    return _phases(low=(w * e)[low].sum() / w.sum(), high=(w * e)[~low].sum() / w.sum())


two_phases = Task(
    reference=_two_phases,
    draw=_run,
    outputs=_WORDS,
    question=dict.fromkeys(_WORDS, "Does each sample count with exp(-shift N e), e per spin and N the spins?"),
    mistakes={
        "The weights use the energy of the lattice, N times that per spin": _of_weights(lambda e, s, N: -s * e),
        "The sign is wrong: higher β favours lower energy, w = exp(-shift E)": _of_weights(lambda e, s, N: s * N * e),
        "The weights are not used": _of_weights(lambda e, s, N: 0 * e),
        "Each bond is counted twice": _of_weights(lambda e, s, N: -2 * s * N * e),
        "N counts the spins of the lattice; it enters the weights once": _of_weights(lambda e, s, N: -s * N**2 * e),
        "N counts the spins of the lattice, not of its side": _of_weights(lambda e, s, N: -s * math.sqrt(N) * e),
        "shift is β - β_0 itself; you divided by it": _of_weights(lambda e, s, N: -N * e / s),
        "Ordered is below the cut":
            lambda e, s, N, cut: dict(zip(_WORDS, _weigh(e, -s * N * e, e >= cut), strict=True)),
        "Ordered is below the cut: the two energies are exchanged":
            lambda e, s, N, cut: _phases(low=_two_phases(e, s, N, cut)[2], high=_two_phases(e, s, N, cut)[1]),
        "That is the share of the disordered phase":
            lambda e, s, N, cut: _phases(share=1 - _two_phases(e, s, N, cut)[0]),
        "A sample exactly on the cut is not below it": lambda e, s, N, cut: _weigh(e, -s * N * e, e <= cut),
        "A sample exactly on the cut belongs to the disordered phase; here it is in neither":
            lambda e, s, N, cut: _phases(share=_two_phases(e, s, N, cut)[0], low=_two_phases(e, s, N, cut)[1],
                                         high=_weigh(e, -s * N * e, e <= cut)[2]),
        "The mean within a phase is weighted too":
            lambda e, s, N, cut: _phases(low=e[e < cut].mean(), high=e[e >= cut].mean()),
        "The share is that of the weights, not that of the samples":
            lambda e, s, N, cut: _phases(share=(e < cut).mean()),
        "Divide by the weight of the phase, not by that of all samples": _undivided,
        "Energies per spin are asked for, not those of the lattice":
            lambda e, s, N, cut: _phases(low=N * _two_phases(e, s, N, cut)[1], high=N * _two_phases(e, s, N, cut)[2]),
        "That is the ratio of the two weights; a share is a part of their sum": lambda e, s, N, cut:
            _phases(share=_two_phases(e, s, N, cut)[0] / (1 - _two_phases(e, s, N, cut)[0])),
        "exp overflowed or underflowed: subtract the largest exponent before np.exp":
            lambda e, s, N, cut: _weigh(e, -s * N * e, e < cut, careful=False),
    },
)  # fmt: skip

# --------------------------------------------------------------------------------- 8.5, a sampler for THRML

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
