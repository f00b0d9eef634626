"""The Potts model: small lattices by their states, the infinite one at its transition."""

import math

import numpy as np

from ...arguments import whole
from .shapes import Periodic
from .sums import summed_energy


def potts_energy(shape: tuple[int, int], q: int, beta: float, periodic: Periodic = True) -> float:
    """Mean energy per spin of the q-state Potts model by adding up all q^n states.

    Args:
        shape: `(rows, cols)`. With m the shorter side, q^m may be at most 2^22, and q^(2m - 1) if the longer side is
            periodic: 4 x 4 with q = 8, 3 x 3 with q = 16; the longer side may be as long as you like.
        q: number of states.
        beta: inverse temperature in units of 1/J, finite, not negative.
        periodic: whether sides wrap round; one value, or one per side.

    Returns:
        Mean energy divided by the number of spins, in units of J.

    Raises:
        ValueError: if the lattice has too many states, or an argument is out of range.
    """
    return summed_energy(lambda k: -(k == 0).astype(float), shape, q, beta, periodic)


def potts_beta_c(q: int) -> float:
    """Inverse transition temperature of the square-lattice Potts model, log(1 + sqrt(q)).

    Continuous for q up to 4, of first order above. For q = 2, twice the `BETA_C` of the Ising model: a pair of equal
    Potts spins is lower by 1, of Ising spins by 2.

    Args:
        q: number of states, at least 2.

    Returns:
        In units of 1/J.

    Raises:
        ValueError: if q is not a whole number from 2 on.

    Source: Potts, Proc. Camb. Phil. Soc. 48, 106 (1952); Baxter, J. Phys. C 6, L445 (1973),
        doi:10.1088/0022-3719/6/23/005.
    """
    return math.log1p(math.sqrt(whole("q", q, 2)))


def _theta(q: int) -> float:
    """Baxter's angle: 2 cosh(theta) = sqrt(q); 0 up to q = 4."""
    return math.acosh(max(1.0, math.sqrt(whole("q", q, 2)) / 2))


def potts_latent_heat(q: int) -> float:
    """Energy per spin of the disordered phase minus that of the ordered one, at beta_c on the infinite square lattice.

    2 (1 + 1/sqrt(q)) tanh(theta/2) times the product over n from 1 of tanh(n theta)^2, with 2 cosh(theta) = sqrt(q).

    Args:
        q: number of states, at least 2.

    Returns:
        In units of J: 0 up to q = 4, 0.0529 for q = 5, 0.6961 for q = 10.

    Raises:
        ValueError: if q is not a whole number from 2 on.

    Source: Baxter, J. Phys. C 6, L445 (1973), doi:10.1088/0022-3719/6/23/005.
    """
    theta = _theta(q)
    if theta == 0:
        return 0.0
    product = np.tanh(np.arange(1, 2 + math.ceil(20 / theta)) * theta).prod() ** 2
    return float(2 * (1 + 1 / math.sqrt(q)) * math.tanh(theta / 2) * product)


def potts_critical_energies(q: int) -> tuple[float, float]:
    """Energies per spin of the two phases that meet at beta_c on the infinite square lattice.

    Duality fixes their mean, -(1 + 1/sqrt(q)), and Baxter's latent heat their distance.

    Args:
        q: number of states, at least 2.

    Returns:
        Energy of the ordered and of the disordered phase, in units of J; the same number twice up to q = 4.

    Raises:
        ValueError: if q is not a whole number from 2 on.

    Source: as `potts_latent_heat`; Wu, Rev. Mod. Phys. 54, 235 (1982), doi:10.1103/RevModPhys.54.235, section III.
    """
    mean, half = -(1 + 1 / math.sqrt(whole("q", q, 2))), potts_latent_heat(q) / 2
    return mean - half, mean + half


def potts_order_parameter_jump(q: int) -> float:
    """Order parameter of the ordered phase at beta_c on the infinite square lattice.

    The product over n from 1 of (1 - x^(2n - 1)) / (1 + x^(2n)) with x = exp(-2 theta), 2 cosh(theta) = sqrt(q).

    Args:
        q: number of states, at least 2.

    Returns:
        (q n_max / N - 1) / (q - 1): 0 up to q = 4, 0.492 for q = 5, 0.857 for q = 10.

    Raises:
        ValueError: if q is not a whole number from 2 on.

    Source: Baxter, J. Phys. A 15, 3329 (1982), doi:10.1088/0305-4470/15/10/035.
    """
    theta = _theta(q)
    if theta == 0:
        return 0.0
    n = np.arange(1, 2 + math.ceil(20 / theta))
    return float(np.prod(-np.expm1(-2 * theta * (2 * n - 1)) / (1 + np.exp(-4 * theta * n))))


def potts_correlation_length(q: int) -> float:
    """Correlation length of the disordered phase at beta_c on the infinite square lattice.

    A first-order transition looks continuous on lattices that are smaller: q = 5 at any size that can be simulated.

    Args:
        q: number of states, at least 2.

    Returns:
        In lattice spacings: infinite up to q = 4, 2512 for q = 5, 10.6 for q = 10.

    Raises:
        ValueError: if q is not a whole number from 2 on.

    Source: Buffenoir and Wallon, J. Phys. A 26, 3045 (1993); Borgs and Janke,
        J. Phys. I France 2, 2011 (1992), doi:10.1051/jp1:1992261.
    """
    if _theta(q) == 0:
        return math.inf
    root = math.sqrt(q)
    v = math.log((math.sqrt(root + 2) + math.sqrt(root - 2)) / 2)
    fade = np.exp(-(np.arange(200) + 0.5) * math.pi**2 / (2 * v))
    w = math.sqrt(2) * fade / (1 + fade**2)  # 1 / (sqrt(2) cosh(...)), which may overflow
    return float(1 / (4 * np.sum(2 * np.arctanh(w))))
