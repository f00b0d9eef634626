"""Exercises on the partition function: all states, importance weights, two ways along the temperatures, chains."""

import math
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from scipy.special import logsumexp

from course_utils import partition
from course_utils.lattice import exact

from ..checks import Task

__all__ = [
    "annealed_log_z",
    "chain_log_z",
    "enumerate_log_z",
    "importance_estimate",
    "thermodynamic_integration",
]

# ------------------------------------------------------------------------------------------------- all states


def _exponents(shape: tuple[int, int], beta: float, down: int = 1, right: int = 1) -> np.ndarray:
    """-beta E of each state, where a spin is tied to the one so many rows below and the one so many columns across."""
    s = exact.ising_states(shape[0] * shape[1]).reshape(-1, *shape).astype(float)
    bonds = sum(s * np.roll(s, step, axis) for step, axis in ((down, 1), (right, 2)) if step)
    return beta * bonds.sum((1, 2))


def _of_terms(change: Callable[[np.ndarray], Any]) -> Callable[..., Any]:
    """A mistake that concerns the sum, not the energies: change gives log Z from all the exponents."""
    return lambda shape, beta: change(_exponents(shape, beta))


def _flat(shape: tuple[int, int], beta: float) -> float:
    """log Z if both neighbours are taken along the flattened lattice."""
    return logsumexp(_exponents((1, shape[0] * shape[1]), 2 * beta, down=0))


enumerate_log_z = Task(
    reference=lambda shape, beta: exact.enumerated_log_z(shape, beta),
    # Mostly small: 3 × 4 spins take a plain loop eight times as long.
    draw=lambda rng: (((3, 3), (3, 3), (3, 3), (4, 3))[rng.integers(4)], float(rng.choice([0.25, 0.6, 0.9]))),
    name="log Z",
    rtol=1e-8,
    question="Does each state add exp(-βE), and does E count each bond of the torus once?",
    mistakes={
        "Each bond is counted twice": lambda shape, b: exact.enumerated_log_z(shape, 2 * b),
        "Each bond counts as a whole one: a factor 1/2 is too many":
            lambda shape, b: exact.enumerated_log_z(shape, b / 2),
        "Equal neighbours have the low energy: check the signs of E and of -βE":
            lambda shape, b: logsumexp(_exponents(shape, -b)),
        "The edges are open: on a torus the last row is a neighbour of the first, and the last column of the first":
            lambda shape, b: exact.enumerated_log_z(shape, b, False),
        "Only one of the two directions wraps round": lambda shape, b: exact.enumerated_log_z(shape, b, (True, False)),
        "The bonds within a row are missing, or those within a column: a spin has neighbours in both":
            lambda shape, b: logsumexp(_exponents(shape, b, right=0)),
        "np.roll without an axis moves along the flattened lattice: give axis=0 and axis=1": _flat,
        "Z adds up the weights: this is the log of their mean": _of_terms(lambda a: logsumexp(a) - math.log(len(a))),
        "Half of the states are missing: a lattice of n spins has 2^n":
            _of_terms(lambda a: logsumexp(a) - math.log(2)),
        "A state is missing: the numbers run from 0 to 2^n - 1": _of_terms(lambda a: logsumexp(a[1:])),
        "There are 2^n states, from 0 to 2^n - 1; one is counted twice":
            _of_terms(lambda a: np.logaddexp(logsumexp(a), a[0])),
        "This is the largest term alone; the others count too": _of_terms(np.max),
        "The exponentials add up, not the exponents": _of_terms(np.sum),
        "Many states have the same energy, and each of them counts": _of_terms(lambda a: logsumexp(np.unique(a))),
        "This is Z; return its log": _of_terms(lambda a: np.exp(logsumexp(a))),
        "This is -log Z": _of_terms(lambda a: -logsumexp(a)),
        "You took the largest exponent out and did not add it back": _of_terms(lambda a: logsumexp(a - a.max())),
        "The log is natural, not to the base 2": _of_terms(lambda a: logsumexp(a) / math.log(2)),
        "The log is natural, not to the base 10": _of_terms(lambda a: logsumexp(a) / math.log(10)),
        "A spin is +1 or -1, not 1 or 0: two equal spins have the product 1, both up or both down":
            lambda shape, b: logsumexp(
                b * sum(x * np.roll(x, 1, k) for x in [(exact.ising_states(shape[0] * shape[1])
                        .reshape(-1, *shape) + 1.0) / 2] for k in (1, 2)).sum((1, 2))),
        "beta is not used": lambda shape, b: exact.enumerated_log_z(shape, 1.0),
        "The exponent is -βE: multiply by beta, do not divide": lambda shape, b: exact.enumerated_log_z(shape, 1 / b),
        "beta stands in the exponent, -βE; it does not multiply log Z":
            lambda shape, b: b * exact.enumerated_log_z(shape, 1.0),
        "This is the free energy, -log Z / β": lambda shape, b: -exact.enumerated_log_z(shape, b) / b,
        "This is log Z per spin": lambda shape, b: exact.enumerated_log_z(shape, b) / (shape[0] * shape[1]),
    },
)  # fmt: skip

# ------------------------------------------------------------------------------------------ importance weights


def _log_weights(rng: np.random.Generator) -> tuple[np.ndarray]:
    """Log weights of any size; now and then some lie so far apart that only the largest exponent saves them."""
    log_w = rng.normal(0, 0.9, rng.integers(5, 12))
    if rng.random() < 0.5:
        log_w[: rng.integers(1, 3)] -= 2600
    return (rng.permutation(log_w) + rng.choice([0.0, 1900.0, -2100.0]),)


def _shifted(log_w: np.ndarray, shift: float) -> tuple[float, float, float]:
    """log Z, its error and ESS from weights with some exponent taken out."""
    w = np.exp(log_w - shift)
    return np.log(w.mean()) + shift, w.std(ddof=1) / w.mean() / math.sqrt(len(w)), w.sum() ** 2 / (w**2).sum()


def _log_z(log_w: np.ndarray) -> float:
    return _shifted(log_w, log_w.max())[0]


def _error(log_w: np.ndarray) -> float:
    return _shifted(log_w, log_w.max())[1]


def _ess(log_w: np.ndarray) -> float:
    return _shifted(log_w, log_w.max())[2]


def _shares(log_w: np.ndarray) -> np.ndarray:
    w = np.exp(log_w - log_w.max())
    return w / w.sum()


def _estimate(log_w: np.ndarray) -> tuple[float, float, float]:
    """log Z, its error and the ESS, the error by way of the ESS."""
    n, ess = len(log_w), 1 / (_shares(log_w) ** 2).sum()
    error = math.sqrt(max(0.0, 1 / ess - 1 / n) * n / (n - 1))
    return log_w.max() - math.log(n) - math.log(_shares(log_w).max()), error, ess


importance_estimate = Task(
    reference=lambda log_w: _estimate(log_w),
    draw=_log_weights,
    outputs=("log Z", "its error", "ESS"),
    compared=("log Z", "ESS", "its error"),
    rtol=1e-7,
    question={
        "log Z": "Is it the log of the mean weight, with the largest exponent taken out and put back?",
        "its error": "Is it the sample standard deviation of the weights (ddof=1), over √n and over their mean?",
        "ESS": "Is it the square of the sum of the weights over the sum of their squares?",
    },
    mistakes={
        "This is the mean of the log weights; average the weights, then take the log":
            lambda w: {"log Z": w.mean()},
        "The log comes after the mean; this is a mean of logs": lambda w: {
            "log Z": w.max() + np.log(np.exp(w - w.max())).mean()},
        "This is the log of the sum of the weights; divide by n": lambda w: {"log Z": logsumexp(w)},
        "Divide the sum by n: subtract log n, do not add it": lambda w: {"log Z": _log_z(w) + 2 * math.log(len(w))},
        "Divide the sum by n before the log, not the log by n": lambda w: {"log Z": logsumexp(w) / len(w)},
        "A mean divides by n, not by n - 1": lambda w: {"log Z": logsumexp(w) - math.log(len(w) - 1)},
        "This is the mean weight; return its log": lambda w: {"log Z": np.exp(w).mean()},
        "You took the largest weight out and did not put its log back": lambda w: {"log Z": _log_z(w - w.max())},
        "You took the largest log weight out and subtracted it again; add it back":
            lambda w: {"log Z": _log_z(w) - 2 * w.max()},
        "This is the largest log weight alone; the others count too": lambda w: {"log Z": w.max()},
        "These are normalised weights, whose sum is 1 whatever Z is: average the weights themselves":
            lambda w: {"log Z": -math.log(len(w))},
        "This is -log Z": lambda w: {"log Z": -_log_z(w)},
        "This is the ESS of the log weights; it takes the weights": lambda w: {"ESS": w.sum() ** 2 / (w**2).sum()},
        "This is Σw / max w; Kish's ESS has squares": lambda w: {"ESS": 1 / _shares(w).max()},
        "This is the fraction ESS / n; return the number": lambda w: {"ESS": _ess(w) / len(w)},
        "The weights are not normalised: divide them by their sum first": lambda w: {"ESS": 1 / np.exp(2 * w).sum()},
        "The sum of the weights is to be squared": lambda w: {"ESS": np.exp(w).sum() / np.exp(2 * w).sum()},
        "The sum of squares stands below, not the square of the sum": lambda w: {"ESS": 1.0},
        "The log of a square is twice the log: 2 log w, not (log w)²": lambda w: {
            "ESS": np.exp(logsumexp(w) ** 2 - logsumexp(w**2))},
        "This is upside down": lambda w: {"ESS": 1 / _ess(w)},
        "The root is one too many: the ESS is the square of the sum over the sum of squares":
            lambda w: {"ESS": math.sqrt(_ess(w))},
        "This is the exponential of the entropy of the weights; Kish's ESS has squares":
            lambda w: {"ESS": np.exp(-(_shares(w) * np.log(np.maximum(_shares(w), 1e-300))).sum())},
        "This is the log of the ESS": lambda w: {"ESS": math.log(_ess(w))},
        "The number of samples is not their effective number": lambda w: {"ESS": float(len(w))},
        "This is the spread of the weights; the error of their mean is smaller by √n":
            lambda w: {"its error": _error(w) * math.sqrt(len(w))},
        "Divide by the root of n, not by n": lambda w: {"its error": _error(w) / math.sqrt(len(w))},
        "Divide by √n once": lambda w: {"its error": _error(w) / len(w)},
        "This is the error of the mean weight; that of its log is this over the mean weight":
            lambda w: {"its error": _error(w) * np.exp(_log_z(w) - w.max())},
        "This is the error of the mean weight itself; that of its log is this over the mean weight":
            lambda w: {"its error": _error(w) * np.exp(_log_z(w))},
        "The standard deviation of a sample has ddof=1":
            lambda w: {"its error": _error(w) * math.sqrt(1 - 1 / len(w))},
        "The standard deviation is one of the weights, not of their logs":
            lambda w: {"its error": w.std(ddof=1) / math.sqrt(len(w))},
        "1/√ESS is what is left if the weights scatter much; equal weights have no error at all":
            lambda w: {"its error": 1 / math.sqrt(_ess(w))},
        "This is a variance; the error is its root": lambda w: {"its error": _error(w) ** 2},
        "Divide by √n, the number of samples, not by √ESS: the scatter of the weights is in their deviation already":
            lambda w: {"its error": _error(w) * math.sqrt(len(w) / _ess(w))},
        "exp overflowed or underflowed: take the largest log weight out first": lambda w: _shifted(w, 0.0),
        "exp underflowed to 0: take the largest log weight out also where it is negative":
            lambda w: _shifted(w, max(w.max(), 0.0)),
        "Take the largest log weight out, not the mean of all: exp overflowed where they lie far apart":
            lambda w: _shifted(w, w.mean()),
        "Take the largest log weight out, not the smallest: exp overflowed where they lie far apart":
            lambda w: _shifted(w, w.min()),
        "Take the largest log weight out, not the first: exp overflowed or underflowed where they lie far apart":
            lambda w: _shifted(w, w[0]),
    },
)  # fmt: skip

# ----------------------------------------------------------------------------------- thermodynamic integration


def _walk(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray, int]:
    """Unevenly spaced betas, falling energies of a few chains, and a number of spins that 2**N may not survive."""
    n_betas, n_chains = rng.integers(4, 8), rng.integers(3, 7)
    betas = np.concatenate([[0.0], np.cumsum(rng.uniform(0.03, 0.3, n_betas - 1))])
    energies = -rng.uniform(15, 30, (n_chains, 1)) * betas - rng.uniform(0, 3, (n_chains, n_betas))
    return betas, energies, int(rng.choice([7, 64, 100, 1500]))


def _widths(betas: np.ndarray) -> np.ndarray:
    """Weight of each temperature in the trapezoid rule: half of the intervals on both sides."""
    return (np.diff(betas, prepend=betas[0]) + np.diff(betas, append=betas[-1])) / 2


def _areas(betas: np.ndarray, energies: np.ndarray) -> np.ndarray:
    """The integral of each chain."""
    return energies @ _widths(betas)


def _sem(values: np.ndarray) -> float:
    return math.sqrt(((values - values.mean()) ** 2).sum() / (len(values) - 1) / len(values))


def _integral(change: Callable[[np.ndarray, np.ndarray, int], Any]) -> Callable[..., dict[str, Any]]:
    """A mistake that concerns log Z of each chain: change gives it, and the error follows."""

    def mistaken(betas: np.ndarray, energies: np.ndarray, n_spins: int) -> dict[str, Any]:
        each = np.asarray(change(betas, energies, n_spins))
        return {"log Z": each.mean(), "its error": _sem(each)}

    return mistaken


thermodynamic_integration = Task(
    reference=lambda betas, energies, n_spins: (n_spins * math.log(2) - _areas(betas, energies).mean(),
                                                _sem(_areas(betas, energies))),
    draw=_walk,
    outputs=("log Z", "its error"),
    rtol=1e-7,
    atol=1e-9,
    question={
        "log Z": "Is it N log 2 minus the integral of the energy over beta, each interval with its own width?",
        "its error": "Do you integrate each chain and take std(ddof=1) over the chains, over the root of their number?",
    },
    mistakes={
        "The sign of the integral: log Z is N log 2 minus the integral of ⟨E⟩":
            _integral(lambda b, E, n: n * math.log(2) + _areas(b, E)),
        "The start is missing: log Z(0) = N log 2": _integral(lambda b, E, n: -_areas(b, E)),
        "The start is N log 2, one log 2 for each spin": _integral(lambda b, E, n: math.log(2) - _areas(b, E)),
        "The start is N log 2, not log(2N)": _integral(lambda b, E, n: math.log(2 * n) - _areas(b, E)),
        "The start is N log 2, not log N": _integral(lambda b, E, n: math.log(n) - _areas(b, E)),
        "log Z(0) is N log 2 with the natural log; this has N": _integral(lambda b, E, n: n - _areas(b, E)),
        "Z(0) = 2^N; log Z starts at its log": _integral(lambda b, E, n: np.float64(2) ** n - _areas(b, E)),
        "2^N does not fit into 64 bits: write N log 2":
            _integral(lambda b, E, n: (n * math.log(2) if n < 63 else -math.inf) - _areas(b, E)),
        "2^N overflowed: write N log 2": _integral(lambda b, E, n: np.log(np.float64(2) ** n) - _areas(b, E)),
        "The spacing is missing: pass betas to the trapezoid rule":
            _integral(lambda b, E, n: n * math.log(2) - np.trapezoid(E)),
        "The betas are not evenly spaced: use the width of each interval":
            _integral(lambda b, E, n: n * math.log(2) - np.trapezoid(E) * (b[1] - b[0])),
        "The betas are not evenly spaced: use the width of each interval, not their mean":
            _integral(lambda b, E, n: n * math.log(2) - np.trapezoid(E) * b[-1] / (len(b) - 1)),
        "This is a mean energy times beta, not an integral":
            _integral(lambda b, E, n: n * math.log(2) - E.mean(1) * b[-1]),
        "This is the last energy times beta, not an integral":
            _integral(lambda b, E, n: n * math.log(2) - E[:, -1] * b[-1]),
        "This takes the left end of each interval; the trapezoid rule takes both":
            _integral(lambda b, E, n: n * math.log(2) - E[:, :-1] @ np.diff(b)),
        "This takes the right end of each interval; the trapezoid rule takes both":
            _integral(lambda b, E, n: n * math.log(2) - E[:, 1:] @ np.diff(b)),
        "The trapezoid rule takes half of the sum of both ends":
            _integral(lambda b, E, n: n * math.log(2) - 2 * _areas(b, E)),
        "The first and the last temperature have half an interval each: this gives them a whole one":
            _integral(lambda b, E, n: n * math.log(2) - E @ np.gradient(b)),
        "The last interval is missing in the integral":
            _integral(lambda b, E, n: n * math.log(2) - _areas(b[:-1], E[:, :-1])),
        "The first interval is missing in the integral":
            _integral(lambda b, E, n: n * math.log(2) - _areas(b[1:], E[:, 1:])),
        "The energies are of the whole system: do not multiply by N":
            _integral(lambda b, E, n: n * (math.log(2) - _areas(b, E))),
        "The energies are of the whole system: do not divide by N":
            _integral(lambda b, E, n: n * math.log(2) - _areas(b, E) / n),
        "This is log Z per spin: do not divide by N": _integral(lambda b, E, n: math.log(2) - _areas(b, E) / n),
        "This is one log Z for each chain: take their mean":
            lambda b, E, n: {"log Z": n * math.log(2) - _areas(b, E)},
        "This is the sum over the chains: take their mean":
            lambda b, E, n: {"log Z": (n * math.log(2) - _areas(b, E)).sum()},
        "This is the spread of the chains; the mean of n chains is better by √n":
            lambda b, E, n: {"its error": _sem(_areas(b, E)) * math.sqrt(len(E))},
        "The sample standard deviation has ddof=1":
            lambda b, E, n: {"its error": _areas(b, E).std() / math.sqrt(len(E))},
        "Neither ddof=1 nor the root of the number of chains is in this: it is the spread of the chains, with ddof=0":
            lambda b, E, n: {"its error": _areas(b, E).std()},
        "Divide by the root of the number of chains, not by the number":
            lambda b, E, n: {"its error": _sem(_areas(b, E)) / math.sqrt(len(E))},
        "Divide by the root of the number of chains; you multiplied":
            lambda b, E, n: {"its error": _sem(_areas(b, E)) * len(E)},
        "Divide by the root of the number of chains, not of temperatures":
            lambda b, E, n: {"its error": _sem(_areas(b, E)) * math.sqrt(len(E) / len(b))},
        "Divide by the root of the number of chains, not of all energies":
            lambda b, E, n: {"its error": _sem(_areas(b, E)) / math.sqrt(len(b))},
        "Divide by the root of the number of chains, not of spins":
            lambda b, E, n: {"its error": _sem(_areas(b, E)) * math.sqrt(len(E) / n)},
        "This is a variance; the error is its root": lambda b, E, n: {"its error": _sem(_areas(b, E)) ** 2},
        "This is a variance over the root of the number of chains; the error has the standard deviation":
            lambda b, E, n: {"its error": _sem(_areas(b, E)) ** 2 * math.sqrt(len(E))},
        "Integrate each chain first: this is the spread of all energies":
            lambda b, E, n: {"its error": E.std(ddof=1) / math.sqrt(E.size)},
        "Integrate each chain first: this is the error of their mean energies":
            lambda b, E, n: {"its error": _sem(E.mean(1))},
        "Integrate each chain first: this is the error of their last energies":
            lambda b, E, n: {"its error": _sem(E[:, -1])},
    },
)  # fmt: skip

# ----------------------------------------------------------------------------- annealed importance sampling

Sweep = Callable[[np.ndarray, float], np.ndarray]


def _annealing(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray, Callable, Sweep, float]:
    """Betas, states and two functions of some system, whose sweeps are made without chance, and the first log Z."""
    betas = np.concatenate([[0.0], np.cumsum(rng.uniform(0.05, 0.3, rng.integers(3, 7)))])
    betas += rng.choice([0.0, 0.1])
    n_chains, a, start = int(rng.integers(4, 8)), float(rng.uniform(0.3, 0.7)), float(rng.uniform(3, 30))
    if rng.random() < 0.5:  # one row for each chain
        state = rng.normal(0, 2, (n_chains, 3))
        return (
            betas, state, lambda s: (s**2).sum(1) - s[:, 0],
            lambda s, beta: a * s - beta * np.roll(s, 1, axis=1), start,
        )  # fmt: skip
    torus, seed = partition.IsingTorus(4), int(rng.integers(1 << 30))  # one column for each chain, whole energies

    def sweep(state: np.ndarray, beta: float) -> np.ndarray:
        return torus.sweep(state, beta, np.random.default_rng([seed, round(1e6 * beta)]))

    return betas, torus.random_state(n_chains, rng), torus.energy, sweep, start


def _steps(betas: np.ndarray, state: np.ndarray, sweep: Sweep, late: int = 0) -> Iterator[tuple]:
    """Old beta, new beta, the state before the sweep and after it; late = 1 sweeps at the old beta."""
    for k in range(len(betas) - 1):
        moved = sweep(state, betas[k + 1 - late])
        yield betas[k], betas[k + 1], state, moved
        state = moved


def _weights_of(term: Callable[..., Any], late: int = 0) -> Callable[..., np.ndarray]:
    """log w at each beta from one term for each step: term(old beta, new beta, E before the sweep, E after it)."""

    def log_w(betas: np.ndarray, state: np.ndarray, energy: Callable, sweep: Sweep) -> np.ndarray:
        steps = _steps(betas, state, sweep, late)
        terms = [term(old, new, energy(before), energy(after)) for old, new, before, after in steps]
        return np.cumsum([np.zeros(len(energy(state))), *terms], axis=0)

    return log_w


_path = _weights_of(lambda old, new, before, after: (old - new) * before)


def _of_path(log_w: np.ndarray, start: float) -> dict[str, np.ndarray]:
    """log Z, its error and the ESS at each beta, from one row of log weights for each."""
    log_z, error, ess = np.array([_estimate(row) for row in log_w]).T
    return {"log Z": start + log_z, "its error": error, "ESS": ess}


def _walked(weights: Callable[..., np.ndarray]) -> Callable[..., dict[str, np.ndarray]]:
    """A mistake that concerns the weights: weights(betas, state, energy, sweep) gives a row for each beta."""
    return lambda betas, state, energy, sweep, start: _of_path(weights(betas, state, energy, sweep), start)


def _steps_of(term: Callable[..., Any], late: int = 0) -> Callable[..., dict[str, np.ndarray]]:
    """A mistake that concerns what a step adds; `term` and `late` as above."""
    return _walked(_weights_of(term, late))


def _told(change: Callable[[dict[str, np.ndarray], np.ndarray, float], Any]) -> Callable[..., dict[str, Any]]:
    """A mistake that concerns what is made of the right weights: change(right values, log w, start)."""

    def mistaken(betas: np.ndarray, state: np.ndarray, energy: Callable, sweep: Sweep, start: float) -> dict[str, Any]:
        log_w = _path(betas, state, energy, sweep)
        return change(_of_path(log_w, start), log_w, start)

    return mistaken


def _before(betas: np.ndarray, state: np.ndarray, energy: Callable, sweep: Sweep) -> np.ndarray:
    """Energies before each step, one row for each."""
    return np.array([energy(before) for _, _, before, _ in _steps(betas, state, sweep)])


annealed_log_z = Task(
    reference=lambda betas, state, energy, sweep, log_z_start: tuple(_of_path(np.vstack([
        0 * energy(state), np.cumsum(-np.diff(betas)[:, None] * _before(betas, state, energy, sweep), axis=0),
    ]), log_z_start).values()),
    draw=_annealing,
    outputs=("log Z", "its error", "ESS"),
    rtol=1e-7,
    question="In each step, does the weight come first, with the state as it is, then the sweep at the new beta, and "
    "then the estimate from all chains?",
    mistakes={
        "The energy is taken after the move; the weight belongs to the state before it":
            _steps_of(lambda old, new, before, after: (old - new) * after),
        "The sign or the difference of the betas is reversed":
            _steps_of(lambda old, new, before, after: (new - old) * before),
        "The weight takes the difference of the betas, not the new beta":
            _steps_of(lambda old, new, before, after: -new * before),
        "The weight takes the difference of the betas, not the old beta":
            _steps_of(lambda old, new, before, after: -old * before),
        "The weight takes the difference of the betas: it is missing":
            _steps_of(lambda old, new, before, after: -before),
        "The sweep belongs to the new beta": _steps_of(lambda old, new, before, after: (old - new) * before, late=1),
        "First the weight, with the state as it is, then the sweep at the new beta; you sweep first, at the old one":
            _steps_of(lambda old, new, before, after: (old - new) * after, late=1),
        "The state never moves: keep what sweep returns":
            _walked(lambda b, s, energy, sweep: -(b - b[0])[:, None] * energy(s)),
        "Each difference is from one beta to the next, not from the first one":
            lambda b, s, energy, sweep, start: _steps_of(lambda old, new, before, after: (b[0] - new) * before)(
                b, s, energy, sweep, start),
        "The betas are not evenly spaced: each step has its own difference":
            lambda b, s, energy, sweep, start: _steps_of(lambda old, new, before, after: (b[0] - b[1]) * before)(
                b, s, energy, sweep, start),
        "The steps add up in log w; this keeps only the last one":
            _walked(lambda b, s, energy, sweep: np.diff(_path(b, s, energy, sweep), axis=0, prepend=0.0)),
        "Every step starts from the first state again: keep what sweep returns":
            _walked(lambda b, s, energy, sweep: np.cumsum([0 * energy(s), (b[0] - b[1]) * energy(s)] + [
                (b[k] - b[k + 1]) * energy(sweep(s, b[k])) for k in range(1, len(b) - 1)], axis=0)),
        "This is the mean energy of a step, by the trapezoid rule; the weight takes the energy before the move":
            _steps_of(lambda old, new, before, after: (old - new) * (before + after) / 2),
        "importance_estimate takes log weights: no exp": _told(lambda right, w, start: _of_path(np.exp(w), start)),
        "log Z at the start is missing: add log_z_start":
            _told(lambda right, w, start: {"log Z": right["log Z"] - start}),
        "log Z at the start is known: add log_z_start, do not subtract it":
            _told(lambda right, w, start: {"log Z": right["log Z"] - 2 * start}),
        "log Z at the start is added in every step; once is enough":
            _told(lambda right, w, start: {"log Z": right["log Z"] + start * np.arange(len(w))}),
        "This is the mean of the log weights; the log is taken of the mean weight":
            _told(lambda right, w, start: {"log Z": start + w.mean(1)}),
        "The weights hold all steps so far: do not add the estimates of earlier temperatures":
            _told(lambda right, w, start: {"log Z": start + np.cumsum(right["log Z"] - start)}),
        "The estimate is one step behind: first the weight, then the estimate":
            _told(lambda right, w, start: _of_path(np.concatenate([w[:1], w[:-1]]), start)),
        "The estimate at the start is missing: one value for each beta, the first one log_z_start":
            _told(lambda right, w, start: {name: values[1:] for name, values in right.items()}),
        "The last estimate is missing: one value for each beta":
            _told(lambda right, w, start: {name: values[:-1] for name, values in right.items()}),
        "This is the estimate at the last temperature alone: one value for each beta, from the first on":
            _told(lambda right, w, start: {name: values[-1] for name, values in right.items()}),
        "log Z at the start is known exactly: its error is 0":
            _told(lambda right, w, start: {"its error": np.concatenate([[1.0], right["its error"][1:]])}),
        "At the start all chains have the same weight: each of them counts":
            _told(lambda right, w, start: {"ESS": np.concatenate([[1.0], right["ESS"][1:]])}),
        "ESS is a number of chains, not a share of them":
            _told(lambda right, w, start: {"ESS": right["ESS"] / w.shape[1]}),
    },
)  # fmt: skip

# ------------------------------------------------------------------------------------------------------ chains


def _trace(power: int, beta: float) -> float:
    """log of the trace of the transfer matrix to some power."""
    return power * _log_2_cosh(beta) + math.log1p(math.tanh(beta) ** power)


def _entries(power: int, beta: float) -> float:
    """log of the sum of all its entries."""
    return math.log(2) + power * _log_2_cosh(beta)


def _log_2_cosh(beta: float) -> float:
    return float(np.logaddexp(beta, -beta))


def _chain(n: int, beta: float, periodic: bool) -> float:
    return _trace(n, beta) if periodic else _entries(n - 1, beta)


def _of_powers(n: int, beta: float, periodic: bool, power: Callable[[np.ndarray, int], np.ndarray]) -> float:
    """log Z from powers of the transfer matrix that are not rescaled."""
    matrix = np.exp(beta * np.array([[1.0, -1.0], [-1.0, 1.0]]))
    return np.log(np.trace(power(matrix, n)) if periodic else power(matrix, n - 1).sum())


chain_log_z = Task(
    reference=lambda n, beta, periodic: _chain(n, beta, periodic),
    # Mostly open: the first case of the check is periodic, and a cause has to fit both.
    draw=lambda rng: (int(rng.integers(3, 13)), float(rng.choice([0.35, 0.7, 1.3])), bool(rng.random() < 0.15)),
    name="log Z",
    rtol=1e-8,
    question="Is it the log of the trace of T^n with joined ends, of all entries of T^(n-1) added up with open ones?",
    mistakes={
        "Joined ends were asked for, and this is the open chain: is `periodic` used?":
            lambda n, b, p: _chain(n, b, False) if p else None,
        "Open ends were asked for, and this is the periodic chain: is `periodic` used?":
            lambda n, b, p: None if p else _chain(n, b, True),
        "These are the two kinds of ends, exchanged": lambda n, b, p: _chain(n, b, not p),
        "A periodic chain has n bonds: look at the power of T": lambda n, b, p: _trace(n - 1, b) if p else None,
        "An open chain has n - 1 bonds: look at the power of T": lambda n, b, p: None if p else _entries(n, b),
        "A periodic chain has n bonds and an open one n - 1: the powers of T are exchanged":
            lambda n, b, p: _trace(n - 1, b) if p else _entries(n, b),
        "A periodic chain takes the trace of the power of T, not the sum of all entries":
            lambda n, b, p: _entries(n, b) if p else None,
        "An open chain takes the sum of all entries of the power of T, not the trace":
            lambda n, b, p: None if p else _trace(n - 1, b),
        "The trace belongs to the periodic chain, the sum of all entries to the open one":
            lambda n, b, p: _entries(n, b) if p else _trace(n - 1, b),
        "The first spin of an open chain is free: a factor 2 is missing":
            lambda n, b, p: None if p else (n - 1) * _log_2_cosh(b),
        "The smaller eigenvalue of T counts too while n is small": lambda n, b, p: n * _log_2_cosh(b) if p else None,
        "Only the larger eigenvalue is in this: the smaller one counts too while n is small, and so do the free ends":
            lambda n, b, p: (n if p else n - 1) * _log_2_cosh(b),
        "β is missing in the entries of T": lambda n, b, p: _chain(n, 1.0, p),
        "The entries of T hold β, not 1/β": lambda n, b, p: _chain(n, 1 / b, p),
        "Each bond is counted twice": lambda n, b, p: _chain(n, 2 * b, p),
        "Equal neighbours have the low energy: e^β stands on the diagonal of T": lambda n, b, p: _chain(n, -b, p),
        "T^n overflowed: take out the largest eigenvalue, or rescale after each product":
            lambda n, b, p: _of_powers(n, b, p, np.linalg.matrix_power),
        "T**n is the power of each entry; use a matrix power": lambda n, b, p: _of_powers(n, b, p, np.power),
        "You took a factor out after each product, and did not add their logs back":
            lambda n, b, p: _chain(n, b, p) - (n if p else n - 1) * _log_2_cosh(b),
        "The eigenvalue that you took out comes back once for each factor T, not once":
            lambda n, b, p: _chain(n, b, p) - (n - 1 if p else n - 2) * _log_2_cosh(b),
        "This keeps the smaller eigenvalue alone: both count":
            lambda n, b, p: n * math.log(2 * math.sinh(b)) if p else None,
        "Unequal neighbours have the entry e^-β in T, not 1": lambda n, b, p: np.logaddexp(
            n * math.log(math.exp(b) + 1), n * math.log(math.exp(b) - 1)) if p
            else math.log(2) + (n - 1) * math.log(math.exp(b) + 1),
        "The largest eigenvalue is added back, and was not taken out: divide the eigenvalues by it":
            lambda n, b, p: _chain(n, b, p) + (n if p else n - 1) * _log_2_cosh(b),
        "The entries of T are e^β and e^-β: the exponential is missing":
            lambda n, b, p: n * math.log(2 * b) if p else -math.inf,
        "The eigenvalues of T are 2 cosh β and 2 sinh β: a factor 2 is missing":
            lambda n, b, p: _chain(n, b, p) - (n if p else n - 1) * math.log(2),
        "This is Z; return its log": lambda n, b, p: np.exp(_chain(n, b, p)),
        "This is log Z per spin; log Z is n times that": lambda n, b, p: _chain(n, b, p) / n,
        "This is the free energy, -log Z / β": lambda n, b, p: -_chain(n, b, p) / b,
    },
)  # fmt: skip
