"""The clock and XY models: small lattices of clocks by their states, and the best known transition of XY."""

import numpy as np

from .shapes import Periodic
from .sums import summed_energy

KT_TEMPERATURE = 0.8929
"""Kosterlitz-Thouless temperature of the square-lattice XY model in units of J / k_B; no closed form is known.

Source: beta = 1.1199(1) by Hasenbusch, J. Phys. A 38, 5869 (2005), doi:10.1088/0305-4470/38/26/003; 0.89289(5) by
Komura and Okabe, J. Phys. Soc. Jpn. 81, 113001 (2012), doi:10.1143/JPSJ.81.113001.
"""


def clock_energy(shape: tuple[int, int], q: int, beta: float, periodic: Periodic = True) -> float:
    """Mean energy per spin of the q-state clock model by adding up all q^n states.

    Args:
        shape: `(rows, cols)`, as in `potts_energy`.
        q: number of states.
        beta: inverse temperature in units of 1/J, finite, not negative.
        periodic: whether sides wrap round; one value, or one per side.

    Returns:
        Mean energy divided by the number of spins, in units of J.

    Raises:
        ValueError: if the lattice has too many states, or an argument is out of range.
    """
    return summed_energy(lambda k: -np.cos(2 * np.pi * k / q), shape, q, beta, periodic)
