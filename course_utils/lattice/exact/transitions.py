"""Transitions on the infinite square lattice: Potts (Baxter), and where XY has its own.

q is the number of states, a whole number from 2 on; anything else is a ValueError. Up to q = 4 the transition is
continuous, above it is of first order.
"""

import math

import numpy as np

from ...arguments import whole

KT_TEMPERATURE = 0.8929
"""Kosterlitz-Thouless temperature of the square-lattice XY model in units of J / k_B; no closed form is known.

Source: beta = 1.1199(1) by Hasenbusch, J. Phys. A 38, 5869 (2005), doi:10.1088/0305-4470/38/26/003; 0.89289(5) by
Komura and Okabe, J. Phys. Soc. Jpn. 81, 113001 (2012), doi:10.1143/JPSJ.81.113001.
"""


def potts_beta_c(q: int) -> float:
    """Inverse transition temperature of the Potts model, log(1 + sqrt(q)), in units of 1/J.

    For q = 2, twice the `BETA_C` of the Ising model: a pair of equal Potts spins is lower by 1, of Ising spins by 2.

    Source: Potts, Proc. Camb. Phil. Soc. 48, 106 (1952); Baxter, J. Phys. C 6, L445 (1973),
        doi:10.1088/0022-3719/6/23/005.
    """
    return math.log1p(math.sqrt(whole("q", q, 2)))


def _theta(q: int) -> float:
    """Baxter's angle: 2 cosh(theta) = sqrt(q); 0 up to q = 4."""
    return math.acosh(max(1.0, math.sqrt(whole("q", q, 2)) / 2))


def potts_latent_heat(q: int) -> float:
    """Energy per spin of the disordered phase minus that of the ordered one, at beta_c.

    2 (1 + 1/sqrt(q)) tanh(theta/2) times the product over n from 1 of tanh(n theta)^2, with 2 cosh(theta) = sqrt(q).

    Returns:
        In units of J: 0 up to q = 4, 0.0529 for q = 5, 0.6961 for q = 10.

    Source: Baxter, J. Phys. C 6, L445 (1973), doi:10.1088/0022-3719/6/23/005.
    """
    theta = _theta(q)
    if theta == 0:
        return 0.0
    product = np.tanh(np.arange(1, 2 + math.ceil(20 / theta)) * theta).prod() ** 2
    return float(2 * (1 + 1 / math.sqrt(q)) * math.tanh(theta / 2) * product)


def potts_critical_energies(q: int) -> tuple[float, float]:
    """Energies per spin of the two phases that meet at beta_c.

    Duality fixes their mean, -(1 + 1/sqrt(q)), and Baxter's latent heat their distance.

    Returns:
        Energy of the ordered and of the disordered phase, in units of J; the same number twice up to q = 4.

    Source: as `potts_latent_heat`; Wu, Rev. Mod. Phys. 54, 235 (1982), doi:10.1103/RevModPhys.54.235, section III.
    """
    mean, half = -(1 + 1 / math.sqrt(whole("q", q, 2))), potts_latent_heat(q) / 2
    return mean - half, mean + half


def potts_order_parameter_jump(q: int) -> float:
    """Order parameter of the ordered phase at beta_c.

    The product over n from 1 of (1 - x^(2n - 1)) / (1 + x^(2n)) with x = exp(-2 theta), 2 cosh(theta) = sqrt(q).

    Returns:
        (q n_max / N - 1) / (q - 1): 0 up to q = 4, 0.492 for q = 5, 0.857 for q = 10.

    Source: Baxter, J. Phys. A 15, 3329 (1982), doi:10.1088/0305-4470/15/10/035.
    """
    theta = _theta(q)
    if theta == 0:
        return 0.0
    n = np.arange(1, 2 + math.ceil(20 / theta))
    return float(np.prod(-np.expm1(-2 * theta * (2 * n - 1)) / (1 + np.exp(-4 * theta * n))))


def potts_correlation_length(q: int) -> float:
    """Correlation length of the disordered phase at beta_c.

    A first-order transition looks continuous on lattices that are smaller: q = 5 at any size that can be simulated.

    Returns:
        In lattice spacings: infinite up to q = 4, 2512 for q = 5, 10.6 for q = 10.

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
