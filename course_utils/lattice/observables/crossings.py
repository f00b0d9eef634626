"""Transitions from curves: where two of them cross."""

import math
from collections.abc import Sequence

import numpy as np
from jaxtyping import Float, Num
from scipy.optimize import brentq

from ...arguments import array, whole
from .series import Array, Measurement, binder_cumulant, jackknife


def crossing(
    x: Float[Array, "points"],
    first: Float[Array, "points"],
    second: Float[Array, "points"],
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
    x = array("x", x)
    points = (x.size,)
    x, first, second = array("x", x, [points]), array("first", first, [points]), array("second", second, [points])
    whole("degree", degree, 1, len(np.unique(x)) - 1)
    difference = first - second
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
    x: Float[Array, "points"],
    small: Num[Array, "points small_chains small_samples"],
    large: Num[Array, "points large_chains large_samples"],
    degree: int = 2,
) -> Measurement:
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
    temperatures: Float[Array, "points"],
    helicity: Float[Array, "points"] | Float[Array, "2 points"] | Sequence[Float[Array, "points"]],
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
    top = crossing(t, helicity[1], line, degree)
    return _where_sizes_agree(t, helicity, sizes, top, degree)


def _where_sizes_agree(
    t: Float[np.ndarray, "points"],
    helicity: Float[np.ndarray, "2 points"],
    sizes: tuple[int, int],
    top: float,
    degree: int,
) -> float:
    """T_KT from the constant C that two sizes must have in common, looked for up to the temperature `top`.

    The excess Υ π / (2 T) - 1 is 1 / (2 log L + C) at T_KT, and vanishes on the larger lattice at `top`.
    """
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
