"""Exercises on the partition function: free spins, chains, importance weights, two ways along the temperatures."""

import math
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from scipy.special import logsumexp

from course_utils import partition

from ..checks import Task

__all__ = [
    "annealed_log_weights",
    "chain_log_z",
    "importance_estimate",
    "log_z_independent",
    "thermodynamic_integration",
]

# ------------------------------------------------------------------------------------------- independent spins


def _fields(rng: np.random.Generator) -> tuple[np.ndarray, float]:
    """Fields of either sign, now and then far too strong for an exponential, and a beta that is not 1."""
    h = rng.normal(0, 1.5, rng.integers(3, 10))
    h[rng.integers(len(h))] = rng.choice([0.4, -0.8, 900.0, -1500.0])
    return h, float(rng.choice([0.6, 1.7]))


def _each(x: np.ndarray | np.float64) -> np.ndarray | np.float64:
    """log(2 cosh x), the larger of the two exponents taken out by hand."""
    return np.abs(x) + np.log1p(np.exp(-2 * np.abs(x)))


log_z_independent = Task(
    reference=lambda fields, beta: math.fsum(_each(beta * fields)),
    draw=_fields,
    name="log Z",
    rtol=1e-7,
    question="Does each spin add log(e^x + e^-x) with x = βh, and does nothing overflow?",
    mistakes={
        "Each spin has two states: a factor 2 is missing in each 2 cosh": lambda h, b: (_each(b * h) - np.log(2)).sum(),
        "The 2 belongs to each spin: log 2 comes once for every spin, not once for all":
            lambda h, b: (_each(b * h) - np.log(2)).sum() + np.log(2),
        "beta is not used": lambda h, b: _each(h).sum(),
        "The exponent is βh: multiply by beta, do not divide": lambda h, b: _each(h / b).sum(),
        "beta stands in the exponent, βh; it does not multiply log Z": lambda h, b: b * _each(h).sum(),
        "The factors of Z multiply, so their logs add up: this is the log of their sum":
            lambda h, b: logsumexp(_each(b * h)),
        "This is Z; return its log": lambda h, b: np.prod(2 * np.cosh(b * h)),
        "This is the sum of the factors of Z; they multiply, and log Z is the sum of their logs":
            lambda h, b: (2 * np.cosh(b * h)).sum(),
        "Sum over both states of each spin; this keeps only the favourable one": lambda h, b: np.abs(b * h).sum(),
        "Sum over both states of each spin; this keeps the state with all spins up only": lambda h, b: (b * h).sum(),
        "The weights e^x and e^-x of the two states add up: cosh, not sinh":
            lambda h, b: np.log(2 * np.sinh(b * h)).sum(),
        "Each spin has a field of its own: do not add the fields up first": lambda h, b: _each(np.array(b * h.sum())),
        "|x| + log 2 is not log(2 cosh x): the log 2 is lost as x grows":
            lambda h, b: (np.abs(b * h) + np.log(2)).sum(),
        "With e^|x| taken out, e^(-2|x|) is left beside the 1, not e^(-|x|)":
            lambda h, b: (np.abs(b * h) + np.log1p(np.exp(-np.abs(b * h)))).sum(),
        "The two states have opposite exponents, e^x and e^-x; this adds the same one twice":
            lambda h, b: (b * h + np.log(2)).sum(),
        "A spin is +1 or -1, with weights e^x and e^-x; 1 + e^x belongs to a unit that is 0 or 1":
            lambda h, b: np.logaddexp(0, b * h).sum(),
        "exp overflowed: take the larger of the two exponents out first, or use np.logaddexp":
            lambda h, b: np.log(np.exp(b * h) + np.exp(-b * h)).sum(),
        "x is the larger exponent for positive x only; exp overflowed where the field is negative":
            lambda h, b: (b * h + np.log1p(np.exp(-2 * b * h))).sum(),
        "The product overflowed: add logs instead":
            lambda h, b: np.abs(b * h).sum() + np.log(np.prod(1 + np.exp(-2 * np.abs(b * h)))),
        "This is one log for each spin: add them up": lambda h, b: _each(b * h),
        "Add up over the spins; this is their mean": lambda h, b: _each(b * h).mean(),
        "This is the free energy, -log Z / β": lambda h, b: -_each(b * h).sum() / b,
        "The log is natural, not to the base 2": lambda h, b: _each(b * h).sum() / np.log(2),
        "The log is natural, not to the base 10": lambda h, b: _each(b * h).sum() / np.log(10),
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

# ------------------------------------------------------------------------------------------ importance weights


def _log_weights(rng: np.random.Generator) -> tuple[np.ndarray]:
    """Log weights of any size; now and then some lie so far apart that only the largest exponent saves them."""
    log_w = rng.normal(0, 0.9, rng.integers(5, 12))
    if rng.random() < 0.5:
        log_w[: rng.integers(1, 3)] -= 2600
    return (rng.permutation(log_w) + rng.choice([0.0, 1900.0, -2100.0]),)


def _shifted(log_w: np.ndarray, shift: float) -> tuple[float, float]:
    """log Z and ESS from weights with some exponent taken out."""
    w = np.exp(log_w - shift)
    return np.log(w.mean()) + shift, w.sum() ** 2 / (w**2).sum()


def _log_z(log_w: np.ndarray) -> float:
    return _shifted(log_w, log_w.max())[0]


def _ess(log_w: np.ndarray) -> float:
    return _shifted(log_w, log_w.max())[1]


def _shares(log_w: np.ndarray) -> np.ndarray:
    w = np.exp(log_w - log_w.max())
    return w / w.sum()


importance_estimate = Task(
    reference=lambda log_w: (log_w.max() - math.log(len(log_w)) - math.log(_shares(log_w).max()),
                             1 / (_shares(log_w) ** 2).sum()),
    draw=_log_weights,
    outputs=("log Z", "ESS"),
    rtol=1e-7,
    question={
        "log Z": "Is it the log of the mean weight, with the largest exponent taken out and put back?",
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


def _annealing(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray, Callable, Sweep]:
    """Betas, states and two functions of some system; sweeps are made without chance, so that paths can be compared."""
    betas = np.concatenate([[0.0], np.cumsum(rng.uniform(0.05, 0.3, rng.integers(3, 7)))])
    betas += rng.choice([0.0, 0.1])
    n_chains, a = int(rng.integers(4, 8)), float(rng.uniform(0.3, 0.7))
    if rng.random() < 0.5:  # one row for each chain
        state = rng.normal(0, 2, (n_chains, 3))
        return betas, state, lambda s: (s**2).sum(1) - s[:, 0], lambda s, beta: a * s - beta * np.roll(s, 1, axis=1)
    torus, seed = partition.IsingTorus(4), int(rng.integers(1 << 30))  # one column for each chain, whole energies
    state = torus.random_state(n_chains, rng)
    return (
        betas,
        state,
        torus.energy,
        lambda s, beta: torus.sweep(s, beta, np.random.default_rng([seed, round(1e6 * beta)])),
    )


def _steps(betas: np.ndarray, state: np.ndarray, sweep: Sweep, late: int = 0) -> Iterator[tuple]:
    """Old beta, new beta, the state before the sweep and after it; late = 1 sweeps at the old beta."""
    for k in range(len(betas) - 1):
        moved = sweep(state, betas[k + 1 - late])
        yield betas[k], betas[k + 1], state, moved
        state = moved


def _sum_of(term: Callable[..., Any], late: int = 0) -> Callable[..., np.ndarray]:
    """log w from one term for each step: term(old beta, new beta, E before the sweep, E after it)."""

    def log_w(betas: np.ndarray, state: np.ndarray, energy: Callable, sweep: Sweep) -> np.ndarray:
        steps = _steps(betas, state, sweep, late)
        return sum(term(old, new, energy(before), energy(after)) for old, new, before, after in steps)

    return log_w


_right_log_w = _sum_of(lambda old, new, before, after: (old - new) * before)


def _path_energies(betas: np.ndarray, state: np.ndarray, energy: Callable, sweep: Sweep) -> np.ndarray:
    """Energies before each step, one row for each."""
    return np.array([energy(before) for _, _, before, _ in _steps(betas, state, sweep)])


annealed_log_weights = Task(
    reference=lambda betas, state, energy, sweep: -np.diff(betas) @ _path_energies(betas, state, energy, sweep),
    draw=_annealing,
    name="log w",
    rtol=1e-7,
    question="In each step, does the weight come first, with the state as it is, and then the sweep at the new beta?",
    mistakes={
        "The energy is taken after the move; the weight belongs to the state before it":
            _sum_of(lambda old, new, before, after: (old - new) * after),
        "The sign or the difference of the betas is reversed":
            _sum_of(lambda old, new, before, after: (new - old) * before),
        "The weight takes the difference of the betas, not the new beta":
            _sum_of(lambda old, new, before, after: -new * before),
        "The weight takes the difference of the betas, not the old beta":
            _sum_of(lambda old, new, before, after: -old * before),
        "The weight takes the difference of the betas: it is missing": _sum_of(lambda old, new, before, after: -before),
        "The sweep belongs to the new beta": _sum_of(lambda old, new, before, after: (old - new) * before, late=1),
        "First the weight, with the state as it is, then the sweep at the new beta; you sweep first, at the old one":
            _sum_of(lambda old, new, before, after: (old - new) * after, late=1),
        "The state never moves: keep what sweep returns":
            lambda b, s, energy, sweep: -(b[-1] - b[0]) * energy(s),
        "Each difference is from one beta to the next, not from the first one":
            lambda b, s, energy, sweep: -(b[1:] - b[0]) @ _path_energies(b, s, energy, sweep),
        "Both betas of a step go with the same energy, that before the move":
            _sum_of(lambda old, new, before, after: old * before - new * after),
        "The betas are not evenly spaced: each step has its own difference":
            lambda b, s, energy, sweep: -(b[1] - b[0]) * _path_energies(b, s, energy, sweep).sum(0),
        "The weight takes the difference of two betas; this takes each beta, and sweeps at the first one as well":
            lambda b, s, energy, sweep: _sum_of(lambda old, new, before, after: -new * before)(
                np.concatenate([b[:1], b]), s, energy, sweep),
        "The steps add up; this keeps only the last one":
            lambda b, s, energy, sweep: -(b[-1] - b[-2]) * _path_energies(b, s, energy, sweep)[-1],
        "The last step is missing: there is one weight for each pair of neighbouring betas":
            lambda b, s, energy, sweep: _right_log_w(b[:-1], s, energy, sweep),
        "The first step is missing: there is one weight for each pair of neighbouring betas":
            lambda b, s, energy, sweep: _right_log_w(b[1:], s, energy, sweep),
        "This is the weight of the state at the end alone; each step adds its own":
            lambda b, s, energy, sweep: -(b[-1] - b[0]) * energy(list(_steps(b, s, sweep))[-1][3]),
        "This is the weight of the last state before a sweep alone; each step adds its own":
            lambda b, s, energy, sweep: -(b[-1] - b[0]) * _path_energies(b, s, energy, sweep)[-1],
        "Every step starts from the first state again: keep what sweep returns":
            lambda b, s, energy, sweep: -(b[1] - b[0]) * energy(s) - sum(
                (b[k + 1] - b[k]) * energy(sweep(s, b[k])) for k in range(1, len(b) - 1)),
        "This is the mean energy of a step, by the trapezoid rule; the weight takes the energy before the move":
            _sum_of(lambda old, new, before, after: (old - new) * (before + after) / 2),
        "These are the weights; return their logs":
            lambda b, s, energy, sweep: np.exp(_right_log_w(b, s, energy, sweep)),
        "One log weight for each chain: do not average over the chains":
            lambda b, s, energy, sweep: _right_log_w(b, s, energy, sweep).mean(),
        "One log weight for each chain: do not add up over the chains":
            lambda b, s, energy, sweep: _right_log_w(b, s, energy, sweep).sum(),
        "One log weight for each chain: the mean weight comes later":
            lambda b, s, energy, sweep: logsumexp(_right_log_w(b, s, energy, sweep)) - math.log(len(energy(s))),
        "The steps of a chain add up to one log weight: this is one for each step":
            lambda b, s, energy, sweep: -np.diff(b)[:, None] * _path_energies(b, s, energy, sweep),
    },
)  # fmt: skip
