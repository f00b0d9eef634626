"""The Mandelbrot set: z -> z² + c from z = c, its potential, and the polynomials z_n(c).

Each z_n is a polynomial in c of degree 2^n. The potential of the set is the limit of log|z_n(c)| / 2^n: zero on the
set, and far out log|c|, as that of a charged wire.

Source: A. Douady and J. H. Hubbard, C. R. Acad. Sci. Paris 294, 123 (1982).
"""

import numpy as np
from jaxtyping import Complex, Float

from ..arguments import number, whole
from . import packed

__all__ = ["polynomial", "potential", "smooth_count"]


def smooth_count(
    c: Complex[np.ndarray, "*points"], n_most: int = 200, radius: float = 100.0
) -> Float[np.ndarray, "*points"]:
    """After how many steps z leaves a disc, made smooth: nu = n - log2(log|z_n|) for the first n with |z_n| > radius.

    Args:
        c: points of the plane.
        n_most: the last n that is tried; z_0 = c.
        radius: of the disc, at least 2. The larger, the smoother.

    Returns:
        nu, infinite where z is still inside after n_most steps. The potential is 2^-nu.

    Raises:
        ValueError: if n_most is not a whole number from 0 on, or the radius is below 2.
    """
    whole("n_most", n_most, 0)
    number("radius", radius, 2.0)
    count = np.full(c.size, np.inf)
    where, at = np.arange(c.size), c.ravel().astype(complex)
    z = at.copy()
    for n in range(n_most + 1):
        size = np.abs(z)
        out = size > radius
        count[where[out]] = n - np.log2(np.log(size[out]))
        where, at, z = where[~out], at[~out], z[~out]
        z = z * z + at
    return count.reshape(c.shape)


def potential(count: Float[np.ndarray, "*points"]) -> Float[np.ndarray, "*points"]:
    """The potential log|z_n| / 2^n of points whose smooth count is known; 0 where that is infinite."""
    return 2.0**-count


def polynomial(n: int) -> list[int]:
    """The coefficients of z_n(c), from the lowest power up.

    They count trees: that of c^k is the number of binary trees with k leaves and at most n branchings from the root to
    any leaf.

    Args:
        n: steps from z_0 = c, 0 to 12.

    Returns:
        2^n + 1 whole numbers, the first of them 0.

    Raises:
        ValueError: if n is not a whole number from 0 to 12.

    Source: P. Flajolet and A. Odlyzko, J. Comput. Syst. Sci. 25, 171 (1982), for the trees.
    """
    largest = 1
    for _ in range(whole("n", n, 0, 12)):
        largest = largest**2 + 1  # the sum of all coefficients, z_n(1)
    width = packed.bytes_for(largest)
    z = c = 1 << (8 * width)
    for _ in range(n):
        z = z * z + c
    return packed.coefficients(z, width, 2**n + 1)
