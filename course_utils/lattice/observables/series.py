"""What is measured on series of numbers, one for each configuration, and how certain the result is.

Averages are over `axis`, the axis or axes of samples, all of them if None. `susceptibility`, `specific_heat`,
`binder_cumulant` and `helicity_modulus` take arrays of NumPy or JAX and give back the same kind; the others are plain
NumPy. Where they ask for it, beta is the inverse temperature, one number or one for each entry of the result, and
n_spins the number of spins N in the lattice; both are positive, or it is a ValueError.
"""

import math
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Float, Num, Shaped
from numpy.typing import ArrayLike
from scipy.optimize import brentq

from ...arguments import array, positive, whole

Array = Any  # numpy.ndarray or jax.Array, whichever went in
Axis = int | tuple[int, ...] | None


class Measurement(NamedTuple):
    """A measured value with its standard error: one sigma, the same shape, or NaN where it cannot be known."""

    value: float | np.ndarray
    error: float | np.ndarray

    def __str__(self) -> str:
        if np.ndim(self.value):
            return f"Measurement of shape {np.shape(self.value)}"
        digits = 1 - math.floor(math.log10(self.error)) if 0 < self.error < math.inf else 6
        return f"{self.value:.{max(digits, 0)}f} ± {self.error:.{max(digits, 0)}f}"


def susceptibility(
    magnetisation: Float[Array, "*series"], beta: float | Shaped[Array, "..."], n_spins: int, axis: Axis = -1
) -> Float[Array, "*rest"]:
    """Magnetic susceptibility per spin, β N (⟨m²⟩ - ⟨|m|⟩²).

    The absolute value is taken here. With ⟨m⟩ = 0 in its place, as the symmetry of a finite lattice has it, the result
    would grow as β N ⟨m²⟩ in the ordered phase; above T_c the true susceptibility per spin is β N ⟨m²⟩ and this one,
    which subtracts ⟨|m|⟩² there too, is smaller by 1 - 2/π.

    Args:
        magnetisation: per spin, one number per sample; the length of the vector for planar spins.
        beta, n_spins, axis: see the module.

    Returns:
        In units of 1 / J.

    Raises:
        ValueError: if beta or n_spins is not positive.
    """
    xp = magnetisation.__array_namespace__()
    return _inverse_temperature(beta) * whole("n_spins", n_spins) * xp.var(xp.abs(magnetisation), axis=axis)


def specific_heat(
    energy: Float[Array, "*series"], beta: float | Shaped[Array, "..."], n_spins: int, axis: Axis = -1
) -> Float[Array, "*rest"]:
    """Specific heat per spin, β² N (⟨e²⟩ - ⟨e⟩²).

    Args:
        energy: per spin, one number per sample, in units of J.
        beta, n_spins, axis: see the module.

    Returns:
        In units of k_B.

    Raises:
        ValueError: if beta or n_spins is not positive.
    """
    xp = energy.__array_namespace__()
    return _inverse_temperature(beta) ** 2 * whole("n_spins", n_spins) * xp.var(energy, axis=axis)


def binder_cumulant(magnetisation: Float[Array, "*series"], axis: Axis = -1) -> Float[Array, "*rest"]:
    """Binder's cumulant U = 1 - ⟨m⁴⟩ / (3 ⟨m²⟩²).

    2/3 deep in the ordered phase, 0 deep in the disordered one (there m is normally distributed), and nearly the same
    for all sizes at T_c: 0.6107 for the square lattice with periodic sides.

    Args:
        magnetisation: per spin, one number per sample, of either sign.
        axis: see the module.

    Returns:
        At most 2/3.

    Source: Binder, Z. Phys. B 43, 119 (1981), doi:10.1007/BF01293604; the value at T_c from Kamieniarz and Blöte,
        J. Phys. A 26, 201 (1993), doi:10.1088/0305-4470/26/2/009.
    """
    xp = magnetisation.__array_namespace__()
    square = magnetisation * magnetisation
    return 1 - xp.mean(square * square, axis=axis) / (3 * xp.mean(square, axis=axis) ** 2)


def helicity_modulus(
    terms: Float[Array, "*series 2"], beta: float | Shaped[Array, "..."], n_spins: int, axis: Axis = -1
) -> Float[Array, "*rest"]:
    """Helicity modulus Υ = ⟨c⟩ - β N ⟨s²⟩: the stiffness of the spins against a twist.

    The second derivative of the free energy per spin by the twist per bond, averaged over both axes. 1 in the ground
    state, 0 in the disordered phase; on an infinite lattice it jumps from 2 T_KT / π to 0 at T_KT.

    Args:
        terms: from `helicity_terms`, one pair per sample.
        beta, n_spins, axis: see the module; the axis of the pair does not count.

    Returns:
        In units of J.

    Raises:
        ValueError: if the last axis does not hold a pair.

    Source: Teitel and Jayaprakash, Phys. Rev. B 27, 598 (1983), doi:10.1103/PhysRevB.27.598; the jump from Nelson and
        Kosterlitz, Phys. Rev. Lett. 39, 1201 (1977), doi:10.1103/PhysRevLett.39.1201.
    """
    if terms.ndim < 2 or terms.shape[-1] != 2:
        raise ValueError(f"terms has shape {terms.shape}: expected pairs from helicity_terms in its last axis")
    xp = terms.__array_namespace__()
    cosine, square = xp.mean(terms[..., 0], axis=axis), xp.mean(terms[..., 1], axis=axis)
    return cosine - _inverse_temperature(beta) * whole("n_spins", n_spins) * square


def mean_and_error(series: Num[Array, "chains samples *rest"], n_blocks: int = 1) -> Measurement:
    """Mean over chains and samples, with a standard error from the scatter of independent chains.

    Samples within a chain resemble one another, so their number says little; chains do not know of one another, so the
    scatter of their means is honest whatever the memory of the chain.

    Args:
        series: one row per chain, time along the second axis.
        n_blocks: pieces into which each chain is cut, all then treated as independent: honest only if a piece is much
            longer than the memory of the chain. Samples that do not fill a block are dropped from the front.

    Returns:
        Mean and standard error, of shape `rest`; the error is NaN if there is but one chain and one block.

    Raises:
        ValueError: if series has fewer than two axes, or fewer samples than blocks.

    Source: Flyvbjerg and Petersen, J. Chem. Phys. 91, 461 (1989), doi:10.1063/1.457480.
    """
    means = _blocks(series, n_blocks).mean(axis=1)
    if len(means) < 2:
        return _measurement(means[0], np.full_like(means[0], np.nan))
    return _measurement(means.mean(axis=0), means.std(axis=0, ddof=1) / math.sqrt(len(means)))


def jackknife(
    estimator: Callable[..., ArrayLike],
    *series: Num[Array, "_ _ ..."],
    n_blocks: int = 1,
    independent: bool = False,
) -> Measurement:
    """A quantity that is no plain mean, such as a variance, a ratio or a crossing, with its standard error.

    The estimator is applied to all chains, and again with each chain left out; the scatter of the latter, times
    n - 1, is that of the former.

    Args:
        estimator: from one array per series, of the same axes, to the quantity, a number or an array. It is
            called with varying numbers of chains, and must treat the first two axes as one (`axis=None` or (0, 1)).
        series: chains to be left out one by one, each of shape (chains, samples, ...).
        n_blocks: as in `mean_and_error`.
        independent: whether the series come from different runs, such as two lattice sizes: then a chain is left out
            of one series at a time, and their numbers of chains may differ. Else chain k is left out of all at once.

    Returns:
        The estimator's value for all chains, and its standard error.

    Raises:
        ValueError: if there are fewer than two chains times blocks, or series of the same run differ in their number.

    Source: Efron and Stein, Ann. Stat. 9, 586 (1981), doi:10.1214/aos/1176345462.
    """
    cut = [_blocks(one, n_blocks) for one in series]
    counts = [len(one) for one in cut]
    if not counts or min(counts) < 2 or (len(set(counts)) > 1 and not independent):
        raise ValueError(
            f"series have {counts} chains or blocks: expected at least 2, to leave one out, and the same number in "
            "each unless they are independent"
        )
    square = 0.0
    for group in [[i] for i in range(len(cut))] if independent else [range(len(cut))]:
        n, without = counts[group[0]], _leave_one_out(estimator, cut, group)
        square = square + (n - 1) / n * np.square(without - without.mean(axis=0)).sum(axis=0)
    return _measurement(np.asarray(estimator(*cut), dtype=float), np.sqrt(square))


def _leave_one_out(
    estimator: Callable[..., ArrayLike], series: list[Float[np.ndarray, "_ _ ..."]], group: Sequence[int]
) -> Float[np.ndarray, "n ..."]:
    """What the estimator says without chain k of the series in a group, for each k."""
    answers = []
    for k in range(len(series[group[0]])):
        kept = (np.delete(one, k, axis=0) if i in group else one for i, one in enumerate(series))
        answers.append(estimator(*kept))
    return np.array(answers, dtype=float)


def latent_heat(
    from_ordered: Num[Array, "ordered_chains ordered_samples"],
    from_disordered: Num[Array, "disordered_chains disordered_samples"],
) -> Measurement:
    """Latent heat per spin at a first-order transition: energy of the disordered phase minus that of the ordered one.

    At β_c both phases are stable, and on a lattice much larger than the correlation length a chain stays in the phase
    that it started in. So chains from aligned spins measure one phase, chains from random spins the other. If the
    lattice is too small, or the transition not of first order, both end in the same states and the result goes to 0.

    Args:
        from_ordered: energies per spin at β_c of chains that started with all spins equal, without their warm-up.
        from_disordered: the same of chains that started at random.

    Returns:
        In units of J per spin, with the standard error from independent chains.

    Raises:
        ValueError: if an array has fewer than two axes.
    """
    cold, hot = mean_and_error(from_ordered), mean_and_error(from_disordered)
    return _measurement(np.subtract(hot.value, cold.value), np.hypot(hot.error, cold.error))


def two_phases(energy: Float[Array, "*samples"], shift: float, n_spins: int, cut: float) -> tuple[float, float, float]:
    """A run at beta_0, read at beta_0 + shift by weights exp(-shift E), and divided into two phases.

    Args:
        energy: per spin, of the samples of the run.
        shift: beta - beta_0.
        n_spins: number of spins N in the lattice.
        cut: energy per spin below which a sample counts as ordered.

    Returns:
        Share of the weight that the ordered phase has, and mean energy per spin of the ordered and of the disordered
        phase; NaN for a phase without samples.

    Raises:
        ValueError: if energy is empty or not finite, or n_spins is not positive.

    Source: Ferrenberg and Swendsen, Phys. Rev. Lett. 61, 2635 (1988), doi:10.1103/PhysRevLett.61.2635.
    """
    energy = array("energy", energy).ravel()
    if not len(energy):
        raise ValueError("energy = []: expected at least one number")
    exponent = -shift * whole("n_spins", n_spins) * energy
    weight = np.exp(exponent - exponent.max())
    weight /= weight.sum()
    below = energy < cut
    sums = [(weight[part].sum(), (weight * energy)[part].sum()) for part in (below, ~below)]
    means = [float(total / share) if share > 0 else math.nan for share, total in sums]
    return float(sums[0][0]), *means


def balance(
    energy: Float[Array, "*samples"], n_spins: int, cut: float, share: float = 0.5
) -> tuple[float, float, float]:
    """Where a run at beta_0 has its two phases in balance, and how far they are apart there.

    Args:
        energy, n_spins, cut: as for `two_phases`.
        share: of the weight that the ordered phase is to have.

    Returns:
        The shift beta - beta_0 at which it has that share, and there the mean energies per spin of the ordered and of
        the disordered phase.

    Raises:
        ValueError: as for `two_phases`, if a phase has no sample, or the share is not between 0 and 1.
    """
    energy = array("energy", energy).ravel()
    if not 0 < share < 1:
        raise ValueError(f"share = {share}: expected a number between 0 and 1")
    below = energy < cut
    if not 0 < below.sum() < len(energy):
        raise ValueError(f"cut = {cut}: expected energies on both sides of it")
    # A shift changes the odds of the two phases by exp(gap N shift) at least, gap the distance across the cut: so
    # large a one passes the share asked for.
    gap = energy[~below].min() - energy[below].max()
    odds = below.mean() / (1 - below.mean()) * (1 - share) / share
    far = (abs(math.log(odds)) + 1) / (whole("n_spins", n_spins) * gap)
    shift = float(brentq(lambda x: two_phases(energy, x, n_spins, cut)[0] - share, -far, far, xtol=1e-14))
    return shift, *two_phases(energy, shift, n_spins, cut)[1:]


def _inverse_temperature(beta: float | Shaped[Array, "..."]) -> float | Shaped[Array, "..."]:
    """Finite numbers > 0. An array of JAX is not looked at, for it may be traced."""
    if not isinstance(beta, int | float | np.ndarray | np.generic):
        return beta
    return array("beta", beta, least=0.0, above=True) if np.ndim(beta) else positive("beta", beta)


def _blocks(series: Num[Array, "chains samples *rest"], n_blocks: int) -> Float[np.ndarray, "blocks length *rest"]:
    """Chains cut into blocks of equal length, each then a chain: (chains * n_blocks, samples // n_blocks, ...)."""
    series = np.asarray(series, dtype=float)
    if series.ndim < 2 or 0 in series.shape:
        raise ValueError(f"series has shape {series.shape}: expected (chains, samples, ...)")
    whole("n_blocks", n_blocks, 1, series.shape[1])
    length = series.shape[1] // n_blocks
    kept = series[:, series.shape[1] - n_blocks * length :]
    return kept.reshape(len(series) * n_blocks, length, *series.shape[2:])


def _measurement(value: Any, error: Any) -> Measurement:
    if np.ndim(value) == 0:
        return Measurement(float(value), float(error))
    return Measurement(np.asarray(value), np.asarray(error))
