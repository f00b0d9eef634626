"""The Potts model on the diamond hierarchical lattice.

Generation 0 is one bond between two spins. Each next generation puts a diamond in the place of every bond: two ways
from end to end, each of two bonds, with a new spin between them. Generation n has 4^n bonds and 2 + 2 (4^n - 1) / 3
spins. The energy is minus the number of bonds with equal ends; x = exp(beta) is the weight of such a bond.

A diamond whose inner spins are summed over is a bond again, of the weight

    x' = ((x² + q - 1) / (2x + q - 2))²,

so that this map and its repetitions hold everything: what flows to 1 is a hot magnet, what flows to infinity a cold
one, and between them lies the Julia set of the map, on which the zeros of Z gather.

q need not be whole: Z is a polynomial in q as well. Source: B. Derrida, L. De Seze and C. Itzykson, J. Stat. Phys. 33,
559 (1983), for the map and the zeros; R. B. Griffiths and M. Kaufman, Phys. Rev. B 26, 5022
(1982), doi:10.1103/PhysRevB.26.5022, for such lattices.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Complex, Float, Int, Int8, Num

from ..arguments import number, whole
from . import packed

__all__ = ["Transition", "bonds", "critical", "decimated", "equal_pairs", "flow", "log_z", "n_spins", "zeros"]

MOST_GENERATIONS = 6
"""Of an exact polynomial: of degree 4^6 = 4096."""
FAR = 1e4
"""Beyond this |x| a bond is cold; the next step leads to about x²/4."""
NEAR = 0.1
"""A bond is hot where |2 (x - 1) / q| is below this; the next step about squares that number."""


def n_spins(generation: int) -> int:
    """Spins of a generation: 2, 4, 12, 44, ..."""
    return 2 + 2 * (4 ** whole("generation", generation, 0) - 1) // 3


def bonds(generation: int) -> Int[np.ndarray, "bonds 2"]:
    """The two ends of every bond; spins 0 and 1 are the outer ones.

    Args:
        generation: 0 to 8.

    Returns:
        Shape (4^generation, 2).

    Raises:
        ValueError: if the generation is not a whole number from 0 to 8.
    """
    ends, spins = np.array([[0, 1]]), 2
    for _ in range(whole("generation", generation, 0, 8)):
        above = spins + 2 * np.arange(len(ends))
        a, b = ends.T
        ends = np.stack([a, above, above, b, a, above + 1, above + 1, b], axis=1).reshape(-1, 2)
        spins += 2 * len(above)
    return ends


def decimated(
    x: Num[np.ndarray, "*points"] | complex, q: Num[np.ndarray, "*points"] | complex
) -> Num[np.ndarray, "*points"]:
    """The weight of a diamond of bonds x: ((x² + q - 1) / (2x + q - 2))², infinite where the denominator is zero."""
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        return np.asarray(((np.asarray(x) ** 2 + (q - 1)) / (2 * np.asarray(x) + (q - 2))) ** 2)


def log_z(x: Num[np.ndarray, "*points"], q: float, generation: int) -> Float[np.ndarray, "*points"]:
    """log|Z| for each bond of a generation.

    Args:
        x: weight of a bond with equal ends, of any kind of number.
        q: states of a spin, > 0.
        generation: n, with 4^n bonds; as large as you like.

    Returns:
        log|Z| / 4^n; minus infinity at a zero of Z.

    Raises:
        ValueError: if q is not positive, or the generation not a whole number from 0 on.
    """
    number("q", q, 0.0, above=True)
    equal, unequal = np.array(x, dtype=np.result_type(x, float)), np.ones_like(x, dtype=np.result_type(x, float))
    total = np.zeros(equal.shape)
    for k in range(whole("generation", generation, 0)):
        # Z of two bonds one after the other, with equal and with unequal ends; two such ways stand side by side
        chain, other = equal**2 + (q - 1) * unequal**2, 2 * equal * unequal + (q - 2) * unequal**2
        equal, unequal = chain**2, other**2
        size = np.maximum(np.abs(equal), np.abs(unequal))
        equal, unequal = equal / size, unequal / size
        total += np.log(size) / 4.0 ** (k + 1)
    with np.errstate(divide="ignore"):
        return total + np.log(np.abs(q * (equal + (q - 1) * unequal))) / 4.0**generation


def equal_pairs(q: int, generation: int) -> list[int]:
    """The exact partition function: how many of the states have so many bonds with equal ends.

    Args:
        q: states of a spin, a whole number from 2 to 100.
        generation: 0 to 6.

    Returns:
        4^generation + 1 whole numbers, whose sum is q to the number of spins.

    Raises:
        ValueError: if q or the generation is out of range.
    """
    width = packed.bytes_for(whole("q", q, 2, 100) ** n_spins(whole("generation", generation, 0, MOST_GENERATIONS)))
    equal, unequal = 1 << (8 * width), 1
    for _ in range(generation):
        chain, other = equal**2 + (q - 1) * unequal**2, 2 * equal * unequal + (q - 2) * unequal**2
        equal, unequal = chain**2, other**2
    return packed.coefficients(q * (equal + (q - 1) * unequal), width, 4**generation + 1)


def zeros(q: float, generation: int) -> Complex[np.ndarray, "bonds"]:
    """All zeros of Z, by the map run backwards: no polynomial, and no loss of digits.

    One bond has its zero at x = 1 - q. The four x from which the map leads to y are s ± sqrt((s - 1)(s + q - 1)) with
    s = ± sqrt(y).

    Args:
        q: states of a spin, > 0.
        generation: 0 to 10.

    Returns:
        4^generation zeros, in no order.

    Raises:
        ValueError: if q is not positive, or the generation is not a whole number from 0 to 10.
    """
    x = np.array([1 - number("q", q, 0.0, above=True)], dtype=complex)
    for _ in range(whole("generation", generation, 0, 10)):
        root = np.sqrt(x)
        s = np.concatenate([root, -root])
        step = np.sqrt((s - 1) * (s + q - 1))
        x = np.concatenate([s + step, s - step])
    return x


@dataclass(frozen=True)
class Transition:
    """Where the map stays, between hot and cold.

    Attributes:
        x: weight of a bond with equal ends there.
        temperature: 1 / log(x), in units of the energy of a bond.
        slope: of the map there: how much farther off a point is after one step.
    """

    x: float
    temperature: float
    slope: float


def critical(q: float) -> Transition:
    """The transition of the ferromagnet: u² with u³ - u² - u - (q - 1) = 0.

    Args:
        q: states of a spin, > 1.

    Raises:
        ValueError: if q is not above 1.
    """
    roots = np.roots([1.0, -1.0, -1.0, 1 - number("q", q, 1.0, above=True)])
    u = float(roots[np.argmax(roots.real)].real)
    x = u * u
    top, bottom = x * x + q - 1, 2 * x + q - 2
    slope = 4 * (top / bottom) * (x - 1) * (x + q - 1) / bottom**2
    return Transition(x, float(1 / np.log(x)), float(slope))


def flow(
    x: Complex[np.ndarray, "*points"], q: Num[np.ndarray, "*points"] | complex, n_most: int = 100
) -> tuple[Int8[np.ndarray, "*points"], Float[np.ndarray, "*points"]]:
    """Where the map leads from each point, and how soon.

    Args:
        x: where it starts.
        q: states of a spin; a number of any kind, or one for each point.
        n_most: steps that are tried.

    Returns:
        +1 where it leads to 1, the hot magnet, -1 where it leads to infinity, the cold one, 0 where it does neither in
        n_most steps; and a smooth count, infinite in the last case.

    Raises:
        ValueError: if n_most is not a whole number from 0 on.
    """
    whole("n_most", n_most, 0)
    phase, count = np.zeros(x.size, np.int8), np.full(x.size, np.inf)
    where, z = np.arange(x.size), x.ravel().astype(complex)
    states = np.broadcast_to(np.asarray(q), x.shape).ravel()
    with np.errstate(divide="ignore", invalid="ignore"):
        for n in range(n_most + 1):
            warm, size = np.abs(2 * (z - 1) / states), np.abs(z)
            hot, cold = warm < NEAR, ~(size <= FAR)  # a point at infinity, or none after 0/0, is cold
            phase[where[hot]], phase[where[cold]] = 1, -1
            count[where[hot]] = n - np.log2(-np.log(np.maximum(warm[hot], 1e-300)))
            size = np.where(np.isfinite(size), size, 1e300)
            count[where[cold]] = n - np.log2(np.log(size[cold] / 4))
            left = ~(hot | cold)
            where, z, states = where[left], z[left], states[left]
            z = decimated(z, states)
    return phase.reshape(x.shape), count.reshape(x.shape)
