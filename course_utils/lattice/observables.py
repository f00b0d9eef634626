"""What is measured on spin configurations, and how certain the result is.

Two kinds of functions:

- *of configurations*, shape (..., rows, cols), one number or field for each: `magnetisation`, `planar_magnetisation`,
  `potts_order_parameter`, `structure_factors`, `correlation_function`, `winding_numbers`, `vortex_density`,
  `helicity_terms`. They take NumPy or JAX arrays, give back the same kind, and may stand inside `jax.jit`.
- *of series* of such numbers: `susceptibility`, `specific_heat`, `binder_cumulant`, `correlation_length`,
  `helicity_modulus` average over `axis`, the axis of samples (the last one unless told); `mean_and_error`,
  `jackknife`, `crossing`, `binder_crossing`, `kt_temperature`, `latent_heat`, `energy_histogram` are plain NumPy.

    m = magnetisation(spins)                                        # spins (n_chains, n_samples, L, L)
    jackknife(lambda m: susceptibility(m, beta, L * L, axis=None), m)     # value and standard error

Lattices are periodic, spins[..., i, j] with neighbours (i + 1, j) and (i, j + 1); J = 1, so energies are in units of J
and temperatures in units of J / k_B. Where a picture has x along j and y along i upwards (`origin="lower"`), angles are
measured anticlockwise from x.

Importing the module loads neither JAX nor PyTorch.
"""

import math
from collections.abc import Callable
from types import ModuleType
from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Float, Int, Num
from numpy.typing import ArrayLike
from scipy.optimize import brentq

__all__ = [
    "Estimate",
    "binder_crossing",
    "binder_cumulant",
    "clock_angles",
    "correlation_function",
    "correlation_length",
    "crossing",
    "energy_histogram",
    "helicity_modulus",
    "helicity_terms",
    "jackknife",
    "kt_temperature",
    "latent_heat",
    "magnetisation",
    "mean_and_error",
    "planar_magnetisation",
    "potts_order_parameter",
    "specific_heat",
    "structure_factors",
    "susceptibility",
    "two_phases",
    "vortex_density",
    "winding_numbers",
]

Array = Any  # numpy.ndarray or jax.Array, whichever went in
Axis = int | tuple[int, ...] | None
TURN = 2 * math.pi
KINDS = ("ising", "potts", "xy")


class Estimate(NamedTuple):
    """A measured value with its standard error: one sigma, the same shape, or NaN where it cannot be known."""

    value: float | np.ndarray
    error: float | np.ndarray

    def __str__(self) -> str:
        if np.ndim(self.value):
            return f"Estimate of shape {np.shape(self.value)}"
        digits = 1 - math.floor(math.log10(self.error)) if 0 < self.error < math.inf else 6
        return f"{self.value:.{max(digits, 0)}f} ± {self.error:.{max(digits, 0)}f}"


# ------------------------------------------------------------------------------- one value per configuration


def magnetisation(spins: Num[Array, "*batch rows cols"]) -> Float[Array, "*batch"]:
    """Mean of the spins, with its sign.

    On a finite lattice its average over a long run is 0 at every temperature, for both signs are equally likely. The
    order parameter is the average of its absolute value.

    Args:
        spins: +1 and -1.

    Returns:
        From -1 to 1.

    Raises:
        ValueError: if spins has fewer than two axes, or a dtype that cannot hold -1.
    """
    xp, spins = _lattice(spins)
    _signed(xp, spins)
    return xp.mean(spins, axis=(-2, -1))


def potts_order_parameter(colours: Int[Array, "*batch rows cols"], q: int) -> Float[Array, "*batch"]:
    """How far the most frequent colour exceeds its share: (q n_max / N - 1) / (q - 1).

    Args:
        colours: 0 to q - 1.
        q: number of colours, at least 2.

    Returns:
        1 if all spins agree, 0 if all colours are equally frequent.

    Raises:
        ValueError: if colours is not an array of integers with at least two axes, or q is below 2.
    """
    xp, colours = _lattice(colours)
    _colours(xp, colours, q)
    largest = xp.mean(colours == 0, axis=(-2, -1))
    for colour in range(1, q):
        largest = xp.maximum(largest, xp.mean(colours == colour, axis=(-2, -1)))
    return (q * largest - 1) / (q - 1)


def planar_magnetisation(angles: Float[Array, "*batch rows cols"]) -> Float[Array, "*batch 2"]:
    """Mean of the unit vectors (cos θ, sin θ); its length is the order parameter of the clock and XY models.

    Args:
        angles: in radians; see `clock_angles` for the states of a clock.

    Returns:
        The two components in the last axis.

    Raises:
        ValueError: if angles is not an array of floating-point numbers with at least two axes.
    """
    xp, angles = _lattice(angles)
    _angles(xp, angles)
    return xp.stack([xp.mean(xp.cos(angles), axis=(-2, -1)), xp.mean(xp.sin(angles), axis=(-2, -1))], axis=-1)


def clock_angles(states: Int[Array, "*shape"], q: int) -> Float[Array, "*shape"]:
    """Angles 2π k / q of clock states k.

    Args:
        states: integers from 0 to q - 1, any shape.
        q: number of directions, at least 2.

    Returns:
        Angles in radians, float64 from NumPy, JAX's default float from JAX.

    Raises:
        ValueError: if states are not integers, or q is below 2.
    """
    xp, states = _array(states)
    _colours(xp, states, q)
    return states * (TURN / q)


# -------------------------------------------------------------------------------------------- fluctuations


def susceptibility(
    magnetisation: Float[Array, "*series"], beta: float | Array, n_spins: int, axis: Axis = -1
) -> Float[Array, "*rest"]:
    """Magnetic susceptibility per spin, β N (⟨m²⟩ - ⟨|m|⟩²).

    The absolute value is taken here. With ⟨m⟩ = 0 in its place, as the symmetry of a finite lattice has it, the result
    would grow as β N ⟨m²⟩ in the ordered phase; above T_c the true susceptibility per spin is β N ⟨m²⟩ and this one,
    which subtracts ⟨|m|⟩² there too, is smaller by 1 - 2/π.

    Args:
        magnetisation: per spin, one number per sample; the length of the vector for planar spins.
        beta: inverse temperature, one number or one for each entry of the result.
        n_spins: number of spins N in the lattice.
        axis: axis or axes of samples; all of them if None.

    Returns:
        In units of 1 / J.

    Raises:
        ValueError: if beta or n_spins is not positive.
    """
    xp, m = _array(magnetisation)
    return _positive("beta", beta) * _count(n_spins) * xp.var(xp.abs(m), axis=axis)


def specific_heat(
    energy: Float[Array, "*series"], beta: float | Array, n_spins: int, axis: Axis = -1
) -> Float[Array, "*rest"]:
    """Specific heat per spin, β² N (⟨e²⟩ - ⟨e⟩²).

    Args:
        energy: per spin, one number per sample, in units of J.
        beta: inverse temperature, one number or one for each entry of the result.
        n_spins: number of spins N in the lattice.
        axis: axis or axes of samples; all of them if None.

    Returns:
        In units of k_B.

    Raises:
        ValueError: if beta or n_spins is not positive.
    """
    xp, e = _array(energy)
    return _positive("beta", beta) ** 2 * _count(n_spins) * xp.var(e, axis=axis)


def binder_cumulant(magnetisation: Float[Array, "*series"], axis: Axis = -1) -> Float[Array, "*rest"]:
    """Binder's cumulant U = 1 - ⟨m⁴⟩ / (3 ⟨m²⟩²).

    2/3 deep in the ordered phase, 0 deep in the disordered one (there m is normally distributed), and nearly the same
    for all sizes at T_c: 0.6107 for the square lattice with periodic sides.

    Args:
        magnetisation: per spin, one number per sample, of either sign.
        axis: axis or axes of samples; all of them if None.

    Returns:
        At most 2/3.

    Source: Binder, Z. Phys. B 43, 119 (1981), doi:10.1007/BF01293604; the value at T_c from Kamieniarz and Blöte,
        J. Phys. A 26, 201 (1993), doi:10.1088/0305-4470/26/2/009.
    """
    xp, m = _array(magnetisation)
    square = m * m
    return 1 - xp.mean(square * square, axis=axis) / (3 * xp.mean(square, axis=axis) ** 2)


# --------------------------------------------------------------------------------------------- correlations


def correlation_function(
    spins: Num[Array, "*batch L L"], kind: str = "ising", q: int | None = None
) -> Float[Array, "*batch distances"]:
    """Correlation of spins at distances 0, 1, ..., L/2 along the two axes of the lattice.

    An average over all N starting points and both axes, in each configuration. It is 1 at distance 0, and nothing is
    subtracted: average it over configurations first, then subtract the square of the order parameter if you want the
    connected one.

    Args:
        spins: square lattice; +1 and -1 ("ising"), angles ("xy") or colours ("potts").
        kind: "ising" for s·s', "xy" for cos(θ - θ'), "potts" for (q δ - 1) / (q - 1).
        q: number of colours, for "potts" alone.

    Returns:
        L // 2 + 1 numbers in the last axis; distance in lattice spacings.

    Raises:
        ValueError: if the lattice is not square, the kind is unknown, or spins have the wrong dtype for it.
    """
    xp, spins = _lattice(spins)
    size = _square(spins)
    total = 0.0
    for component in _components(xp, spins, kind, q):
        for axis in (-2, -1):
            power = xp.abs(xp.fft.fft(component, axis=axis)) ** 2
            along = xp.fft.ifft(power, axis=axis).real  # the sum over starting points, divided by nothing
            total = total + xp.mean(along, axis=-1 if axis == -2 else -2) / (2 * size)
    total = total[..., : size // 2 + 1]
    return (q * total - 1) / (q - 1) if kind == "potts" else total


def structure_factors(
    spins: Num[Array, "*batch L L"], kind: str = "ising", q: int | None = None
) -> Float[Array, "*batch 2"]:
    """|Σ s e^{ik·r}|² / N at k = 0 and at the smallest k of the lattice, 2π/L: what `correlation_length` averages.

    Args:
        spins: square lattice, as in `correlation_function`.
        kind: "ising", "xy" or "potts", as in `correlation_function`.
        q: number of colours, for "potts" alone.

    Returns:
        In the last axis S(0), then the mean of S(2π/L, 0) and S(0, 2π/L).

    Raises:
        ValueError: as `correlation_function`.
    """
    xp, spins = _lattice(spins)
    size = _square(spins)
    wave = np.exp(1j * TURN * np.arange(size) / size)
    real, imaginary = (xp.asarray(part, dtype=xp.float32 if xp is not np else None) for part in (wave.real, wave.imag))
    zero = smallest = 0.0
    for component in _components(xp, spins, kind, q):
        rows, columns = xp.sum(component, axis=-1), xp.sum(component, axis=-2)
        share = xp.sum(rows, axis=-1)
        uniform = xp.abs(share) ** 2
        if kind == "potts":  # of the indicator minus its share 1/q
            uniform = (share - spins.shape[-1] * spins.shape[-2] / q) ** 2
        zero = zero + uniform
        for line in (rows, columns):
            smallest = smallest + xp.abs(xp.sum(line * real, axis=-1) + 1j * xp.sum(line * imaginary, axis=-1)) ** 2 / 2
    scale = (q / (q - 1) if kind == "potts" else 1.0) / size**2
    return xp.stack([zero * scale, smallest * scale], axis=-1)


def correlation_length(factors: Float[Array, "*series 2"], size: int, axis: Axis = -1) -> Float[Array, "*rest"]:
    """Second-moment correlation length ξ = sqrt(S(0) / S(2π/L) - 1) / (2 sin(π / L)).

    It measures the decay of the correlations where they decay. In an ordered phase S(0) holds the order itself, and ξ
    grows with the lattice: there, and at T_c, only the ratio ξ / L says something.

    Args:
        factors: from `structure_factors`, one pair per sample.
        size: L.
        axis: axis or axes of samples, counted without the last axis of the pair; all of them if None.

    Returns:
        In lattice spacings; 0 where S(0) is not above S(2π/L).

    Raises:
        ValueError: if size is below 2, or the last axis does not hold a pair.

    Source: Cooper, Freedman and Preston, Nucl. Phys. B 210, 210 (1982), doi:10.1016/0550-3213(82)90240-1.
    """
    xp, factors = _array(factors)
    _pair("factors", factors, "structure_factors")
    if size < 2:
        raise ValueError(f"size = {size}: expected the side of the lattice, at least 2")
    zero, smallest = xp.mean(factors[..., 0], axis=axis), xp.mean(factors[..., 1], axis=axis)
    return xp.sqrt(xp.maximum(zero / smallest - 1, 0)) / (2 * math.sin(math.pi / size))


# ---------------------------------------------------------------------------------------- vortices, stiffness


def winding_numbers(
    angles: Num[Array, "*batch rows cols"], q: int | None = None, periodic: bool = True
) -> Int[Array, "*batch plaquette_rows plaquette_cols"]:
    """Vortex charge of each plaquette: how often the angle turns round when one walks round it.

    Entry [i, j] belongs to the square with corners (i, j), (i, j+1), (i+1, j+1), (i+1, j), walked in this order: +1 is
    a vortex, -1 an antivortex, in a picture with i upwards. Each step is brought to the nearest turn, -π to π; without
    that the four steps would always add up to 0. A step belongs to two plaquettes with opposite signs, so that the
    charges of a periodic lattice add up to 0.

    Args:
        angles: in radians, any turn; or clock states if q is given.
        q: number of directions of a clock: states 0 to q - 1, treated with integers alone.
        periodic: whether the sides are joined; else plaquettes across the edge are left out.

    Returns:
        -1, 0 or +1 (int8), rows × cols of them, or (rows - 1) × (cols - 1) with open edges.

    Raises:
        ValueError: if angles are integers and q is missing, or the other way round.

    Source: Kosterlitz and Thouless, J. Phys. C 6, 1181 (1973), doi:10.1088/0022-3719/6/7/010; the count on a lattice
        from Tobochnik and Chester, Phys. Rev. B 20, 3761 (1979), doi:10.1103/PhysRevB.20.3761.
    """
    xp, angles = _lattice(angles)
    if q is None:
        _angles(xp, angles)

        def wrapped(step: Array) -> Array:
            return xp.round(step / TURN)  # the turns too many: what wrapping takes away
    else:
        _colours(xp, angles, q)
        angles = angles.astype(xp.int16 if q <= 8192 else xp.int32)

        def wrapped(step: Array) -> Array:
            return (2 * step + q) // (2 * q)

    # The plain steps round a plaquette add up to 0, so its charge is minus the turns that were taken away.
    along_j = wrapped(xp.roll(angles, -1, axis=-1) - angles)
    along_i = wrapped(xp.roll(angles, -1, axis=-2) - angles)
    taken = along_j + xp.roll(along_i, -1, axis=-1) - xp.roll(along_j, -1, axis=-2) - along_i
    charge = (-taken).astype(xp.int8)
    return charge if periodic else charge[..., :-1, :-1]


def vortex_density(
    angles: Num[Array, "*batch rows cols"], q: int | None = None, periodic: bool = True
) -> Float[Array, "*batch"]:
    """Vortices and antivortices together, per plaquette.

    Args:
        angles: in radians; or clock states if q is given.
        q: number of directions of a clock.
        periodic: whether the sides are joined.

    Returns:
        From 0 to 1; 1/3 for angles drawn independently.

    Raises:
        ValueError: as `winding_numbers`.
    """
    xp, angles = _lattice(angles)
    return xp.mean(xp.abs(winding_numbers(angles, q, periodic)), axis=(-2, -1))


def helicity_terms(angles: Float[Array, "*batch rows cols"]) -> Float[Array, "*batch 2"]:
    """What `helicity_modulus` averages: the mean cosine over bonds, and the mean squared current of the two axes.

    Args:
        angles: in radians, on a periodic lattice; see `clock_angles` for the states of a clock.

    Returns:
        In the last axis (c_x + c_y) / 2 and (s_x² + s_y²) / 2, where c_x and s_x are sums of cos(θ_i - θ_j) and
        sin(θ_i - θ_j) over the bonds along x, divided by the number of spins.

    Raises:
        ValueError: if angles is not an array of floating-point numbers with at least two axes.
    """
    xp, angles = _lattice(angles)
    _angles(xp, angles)
    cosine = square = 0.0
    for axis in (-2, -1):
        step = xp.roll(angles, -1, axis=axis) - angles
        cosine = cosine + xp.mean(xp.cos(step), axis=(-2, -1)) / 2
        square = square + xp.mean(xp.sin(step), axis=(-2, -1)) ** 2 / 2
    return xp.stack([cosine, square], axis=-1)


def helicity_modulus(
    terms: Float[Array, "*series 2"], beta: float | Array, n_spins: int, axis: Axis = -1
) -> Float[Array, "*rest"]:
    """Helicity modulus Υ = ⟨c⟩ - β N ⟨s²⟩: the stiffness of the spins against a twist.

    The second derivative of the free energy per spin by the twist per bond, averaged over both axes. 1 in the ground
    state, 0 in the disordered phase; on an infinite lattice it jumps from 2 T_KT / π to 0 at T_KT.

    Args:
        terms: from `helicity_terms`, one pair per sample.
        beta: inverse temperature, one number or one for each entry of the result.
        n_spins: number of spins N in the lattice.
        axis: axis or axes of samples, counted without the last axis of the pair; all of them if None.

    Returns:
        In units of J.

    Raises:
        ValueError: if beta or n_spins is not positive, or the last axis does not hold a pair.

    Source: Teitel and Jayaprakash, Phys. Rev. B 27, 598 (1983), doi:10.1103/PhysRevB.27.598; the jump from Nelson and
        Kosterlitz, Phys. Rev. Lett. 39, 1201 (1977), doi:10.1103/PhysRevLett.39.1201.
    """
    xp, terms = _array(terms)
    _pair("terms", terms, "helicity_terms")
    cosine, square = xp.mean(terms[..., 0], axis=axis), xp.mean(terms[..., 1], axis=axis)
    return cosine - _positive("beta", beta) * _count(n_spins) * square


# ----------------------------------------------------------------------------------------- values with errors


def mean_and_error(series: Num[ArrayLike, "chains samples *rest"], n_blocks: int = 1) -> Estimate:
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
        return _estimate(means[0], np.full_like(means[0], np.nan))
    return _estimate(means.mean(axis=0), means.std(axis=0, ddof=1) / math.sqrt(len(means)))


def jackknife(
    estimator: Callable[..., ArrayLike],
    *series: Num[ArrayLike, "chains samples *rest"],
    n_blocks: int = 1,
    independent: bool = False,
) -> Estimate:
    """A quantity that is no plain mean, such as a variance, a ratio or a crossing, with its standard error.

    The estimator is applied to all chains, and again with each chain left out; the scatter of the latter, times
    n - 1, is that of the former.

    Args:
        estimator: from one array per series, each (chains, samples, ...), to the quantity, a number or an array. It is
            called with varying numbers of chains, and must treat the first two axes as one (`axis=None` or (0, 1)).
        series: chains to be left out one by one.
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
        n = counts[group[0]]
        without = np.array(
            [
                estimator(*(np.delete(one, k, axis=0) if i in group else one for i, one in enumerate(cut)))
                for k in range(n)
            ],
            dtype=float,
        )
        square = square + (n - 1) / n * np.square(without - without.mean(axis=0)).sum(axis=0)
    return _estimate(np.asarray(estimator(*cut), dtype=float), np.sqrt(square))


def energy_histogram(
    energy: Num[ArrayLike, "*samples"], spacing: float, n_bins: int = 60
) -> tuple[Float[np.ndarray, "bins"], Float[np.ndarray, "bins"]]:
    """Distribution of the energy per spin; two peaks at a first-order transition.

    The energies of a lattice are discrete: bins are a whole number of levels wide, so that none holds more levels than
    its neighbour and no false teeth appear.

    Args:
        energy: per spin, any shape.
        spacing: distance of two levels: 1 / N for Potts, 4 / N for Ising on a torus. A small number, such as 1e-3, for
            angles, whose energies are not discrete.
        n_bins: wanted number of bins; there may be fewer.

    Returns:
        Centres of the bins and probability density, which adds up to 1 when multiplied by the width of a bin.

    Raises:
        ValueError: if spacing is not positive, n_bins is below 1, or energy is empty or not finite.
    """
    values = np.asarray(energy, dtype=float).ravel()
    _positive("spacing", spacing)
    if n_bins < 1 or not len(values) or not np.isfinite(values).all():
        raise ValueError(f"energy must be finite and n_bins at least 1; got {len(values)} energies, {n_bins} bins")
    level = np.round((values - values.min()) / spacing).astype(np.int64)
    levels_per_bin = max(1, math.ceil((level.max() + 1) / n_bins))
    counts = np.bincount(level // levels_per_bin)
    centres = values.min() + spacing * (np.arange(len(counts)) * levels_per_bin + (levels_per_bin - 1) / 2)
    return centres, counts / (len(values) * levels_per_bin * spacing)


def latent_heat(
    from_ordered: Num[ArrayLike, "chains samples"], from_disordered: Num[ArrayLike, "chains samples"]
) -> Estimate:
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
    return _estimate(np.subtract(hot.value, cold.value), np.hypot(hot.error, cold.error))


def two_phases(
    energy: Float[ArrayLike, "samples"], shift: float, n_spins: int, cut: float
) -> tuple[float, float, float]:
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
    energy = np.asarray(energy, dtype=float).ravel()
    if not len(energy) or not np.isfinite(energy).all():
        raise ValueError(f"energy: expected finite numbers, got {len(energy)} of which some are not, or none")
    exponent = -shift * _count(n_spins) * energy
    weight = np.exp(exponent - exponent.max())
    weight /= weight.sum()
    below = energy < cut
    sums = [(weight[part].sum(), (weight * energy)[part].sum()) for part in (below, ~below)]
    means = [float(total / share) if share > 0 else math.nan for share, total in sums]
    return float(sums[0][0]), *means


# -------------------------------------------------------------------------------------------------- crossings


def crossing(
    x: Float[ArrayLike, "points"],
    first: Float[ArrayLike, "points"],
    second: Float[ArrayLike, "points"],
    degree: int = 1,
) -> float:
    """Where two measured curves meet: the root of a polynomial fitted to their difference.

    Args:
        x: where both were measured, at least degree + 1 different points.
        first: one curve.
        second: the other.
        degree: of the polynomial; 1 near enough to the crossing, 2 or 3 for a wider window.

    Returns:
        x of the crossing, within the range of x.

    Raises:
        ValueError: if shapes differ, points are too few or not finite, or the fit has no root in the range, or several.
    """
    x, first, second = (np.asarray(a, dtype=float) for a in (x, first, second))
    if x.ndim != 1 or first.shape != x.shape or second.shape != x.shape:
        raise ValueError(f"x, first and second must be 1-D of one length, got {x.shape}, {first.shape}, {second.shape}")
    if degree < 1 or len(np.unique(x)) <= degree:
        raise ValueError(f"degree = {degree}: expected at least 1, and more points than that; got {len(x)} points")
    difference = first - second
    if not (np.isfinite(x).all() and np.isfinite(difference).all()):
        raise ValueError("x, first and second must be finite")
    fit = np.polynomial.Polynomial.fit(x, difference, degree)
    grid = np.linspace(x.min(), x.max(), 1000)
    above = fit(grid) > 0
    (changes,) = np.nonzero(above[1:] != above[:-1])
    if len(changes) != 1:
        raise ValueError(
            f"the curves cross {len(changes)} times from x = {x.min():g} to {x.max():g} (first - second goes from "
            f"{difference[x.argmin()]:.3g} to {difference[x.argmax()]:.3g}): choose another range, or another degree"
        )
    return float(brentq(fit, grid[changes[0]], grid[changes[0] + 1]))


def binder_crossing(
    x: Float[ArrayLike, "points"],
    small: Num[ArrayLike, "points chains samples"],
    large: Num[ArrayLike, "points chains samples"],
    degree: int = 2,
) -> Estimate:
    """Critical point from where Binder's cumulants of two lattice sizes cross.

    Args:
        x: temperatures, or inverse temperatures, the same for both sizes.
        small: magnetisations per spin on the smaller lattice, at each point from several independent chains.
        large: the same on the larger lattice; the number of chains may differ.
        degree: of the polynomial fitted to the difference of the two cumulants.

    Returns:
        Crossing in units of x, with a jackknife error. What remains besides is the shift from the finite sizes, which
        falls as L^(-3) or so in the Ising model.

    Raises:
        ValueError: as `crossing`; or if there are fewer than two chains.

    Source: Binder, Z. Phys. B 43, 119 (1981), doi:10.1007/BF01293604.
    """

    def cross(*series: np.ndarray) -> float:  # each (chains, samples, points)
        return crossing(x, *(binder_cumulant(one, axis=(0, 1)) for one in series), degree)

    return jackknife(
        cross, *(np.moveaxis(np.asarray(one, dtype=float), 0, -1) for one in (small, large)), independent=True
    )


def kt_temperature(
    temperatures: Float[ArrayLike, "points"],
    helicity: Float[ArrayLike, "points"] | Float[ArrayLike, "2 points"],
    sizes: tuple[int, int] | None = None,
    *,
    window: tuple[float, float],
    degree: int,
) -> float:
    """Kosterlitz-Thouless temperature from where the helicity modulus falls through the line 2 T / π.

    On one lattice that crossing lies above T_KT, at 64 x 64 by about 3 %, and comes down with 1 / (log L)^2 only. At
    T_KT itself Υ exceeds the line by the factor 1 + 1 / (2 log L + C). Two sizes give both T_KT and the unknown C.

    Υ bends there, so the answer depends on which points are fitted, and by what: neither has a default, and a result
    is worth its scatter over windows and degrees (lesson 09 prints it), besides its statistical error.

    Args:
        temperatures: where it was measured.
        helicity: Υ at each, for one size; or two rows, for two sizes.
        sizes: the sides L of the two lattices, the smaller one first; left out for one row.
        window: lowest and highest temperature of the points that are used.
        degree: of the polynomials fitted to Υ, at least 1.

    Returns:
        T in units of J / k_B: the plain crossing from one row, T_KT from two.

    Raises:
        ValueError: as `crossing`; or if the window holds too few points, or sizes are not two rising numbers for two
            rows.

    Source: Nelson and Kosterlitz, Phys. Rev. Lett. 39, 1201 (1977), doi:10.1103/PhysRevLett.39.1201; the dependence on
        L from Weber and Minnhagen, Phys. Rev. B 37, 5986 (1988), doi:10.1103/PhysRevB.37.5986.
    """
    t, helicity = np.asarray(temperatures, dtype=float), np.asarray(helicity, dtype=float)
    if sizes is not None and (helicity.shape != (2, len(t)) or len(sizes) != 2 or not 2 <= sizes[0] < sizes[1]):
        raise ValueError(
            f"sizes = {sizes}, helicity of shape {helicity.shape}: expected two sides, the smaller one first, and a "
            f"row of {len(t)} values for each"
        )
    used = (t >= window[0]) & (t <= window[1])
    if used.sum() <= degree or degree < 1:
        raise ValueError(
            f"window = {window} holds {used.sum()} temperatures, degree = {degree}: expected more points than the "
            "degree, and a degree of at least 1"
        )
    t, helicity = t[used], helicity[..., used]
    line = 2 * t / math.pi
    if sizes is None:
        return crossing(t, helicity, line, degree)
    # The excess Υ π / (2 T) - 1 is 1 / (2 log L + C) at T_KT: look below the temperature where it vanishes.
    top = crossing(t, helicity[1], line, degree)
    grid = np.linspace(t.min(), top, 1000)
    small, large = (np.polynomial.Polynomial.fit(t, row, degree)(grid) * math.pi / (2 * grid) - 1 for row in helicity)
    # 1 / large - 1 / small = 2 log(L2 / L1), times both
    off = small - large - 2 * math.log(sizes[1] / sizes[0]) * small * large
    (changes,) = np.nonzero((off[1:] > 0) != (off[:-1] > 0))
    if len(changes) != 1:
        raise ValueError(
            f"the two sizes agree {len(changes)} times from T = {t.min():g} to {top:g}: choose another range of "
            "temperatures, or measure longer"
        )
    return float(np.interp(0.0, off[changes[0] : changes[0] + 2], grid[changes[0] : changes[0] + 2]))


# ---------------------------------------------------------------------------------------- checking of arguments


def _array(values: Any) -> tuple[ModuleType, Array]:
    """Values as an array, and the module that computes with it: numpy, or jax.numpy without importing it here."""
    if not hasattr(values, "__array_namespace__"):
        values = np.asarray(values)
    return values.__array_namespace__(), values


def _lattice(spins: Any) -> tuple[ModuleType, Array]:
    xp, spins = _array(spins)
    if spins.ndim < 2 or min(spins.shape[-2:]) < 2:
        raise ValueError(f"spins must have shape (..., rows, cols), at least 2 of each, got shape {spins.shape}")
    return xp, spins


def _square(spins: Array) -> int:
    rows, columns = spins.shape[-2:]
    if rows != columns:
        raise ValueError(f"spins must be on a square lattice, shape (..., L, L), got shape {spins.shape}")
    return rows


def _signed(xp: ModuleType, spins: Array) -> None:
    if not (xp.issubdtype(spins.dtype, xp.signedinteger) or xp.issubdtype(spins.dtype, xp.floating)):
        raise ValueError(
            f"spins must be +1 and -1, got dtype {spins.dtype}; for 0 and 1 take 2 * s - 1 of signed numbers"
        )


def _angles(xp: ModuleType, angles: Array) -> None:
    if not xp.issubdtype(angles.dtype, xp.floating):
        raise ValueError(
            f"angles must be floating-point radians, got dtype {angles.dtype}; clock_angles(states, q) makes some"
        )


def _colours(xp: ModuleType, colours: Array, q: Any) -> None:
    if isinstance(q, bool) or not isinstance(q, int | np.integer) or q < 2:
        raise ValueError(f"q = {q!r}: expected a whole number of states, at least 2")
    if not xp.issubdtype(colours.dtype, xp.integer):
        raise ValueError(f"states must be integers from 0 to q - 1, got dtype {colours.dtype}")


def _components(xp: ModuleType, spins: Array, kind: str, q: int | None) -> list[Array]:
    """The fields whose products are added up in a correlation."""
    if kind not in KINDS or (kind == "potts") != (q is not None):
        raise ValueError(f"kind = {kind!r}, q = {q!r}: expected one of {', '.join(KINDS)}, and q with 'potts' alone")
    if kind == "ising":
        _signed(xp, spins)
        return [spins * 1.0]
    if kind == "xy":
        _angles(xp, spins)
        return [xp.cos(spins), xp.sin(spins)]
    _colours(xp, spins, q)
    return [(spins == colour) * 1.0 for colour in range(q)]


def _pair(name: str, values: Array, source: str) -> None:
    if values.ndim < 2 or values.shape[-1] != 2:
        raise ValueError(f"{name} must hold pairs from {source} in its last axis, got shape {values.shape}")


def _positive(name: str, value: Any) -> Any:
    """The value, refused if it is a plain number or NumPy array that is not positive; JAX's may be traced."""
    if isinstance(value, int | float | list | tuple | np.ndarray | np.generic):
        value = np.asarray(value, dtype=float)
        if not (np.isfinite(value).all() and (value > 0).all()):
            raise ValueError(f"{name} = {value}: expected positive and finite")
        return float(value) if value.ndim == 0 else value
    return value


def _count(n_spins: Any) -> int:
    if isinstance(n_spins, bool) or not isinstance(n_spins, int | np.integer) or n_spins < 1:
        raise ValueError(f"n_spins = {n_spins!r}: expected the number of spins in the lattice, such as L * L")
    return int(n_spins)


def _blocks(series: Any, n_blocks: int) -> np.ndarray:
    """Chains cut into blocks of equal length, each then a chain: (chains * n_blocks, samples // n_blocks, ...)."""
    series = np.asarray(series, dtype=float)
    if series.ndim < 2 or 0 in series.shape:
        raise ValueError(f"series must have shape (chains, samples, ...), got shape {series.shape}")
    if n_blocks < 1 or n_blocks > series.shape[1]:
        raise ValueError(f"n_blocks = {n_blocks}: expected 1 to {series.shape[1]}, the number of samples of a chain")
    length = series.shape[1] // n_blocks
    kept = series[:, series.shape[1] - n_blocks * length :]
    return kept.reshape(len(series) * n_blocks, length, *series.shape[2:])


def _estimate(value: Any, error: Any) -> Estimate:
    if np.ndim(value) == 0:
        return Estimate(float(value), float(error))
    return Estimate(np.asarray(value), np.asarray(error))
