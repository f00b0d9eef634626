"""The Ising model on a torus of any size (Kaufman), and on the infinite square lattice (Onsager, Yang).

J = 1, no field. beta is the inverse temperature in units of 1/J, from 0 to 300; the shape of a torus is `(rows, cols)`,
or one number for a square, its sides at least 2, even or odd. Anything else is a ValueError.
"""

import math

import numpy as np
from scipy.integrate import quad
from scipy.special import ellipkm1

from ...arguments import number
from .shapes import checked

BETA_C = math.log(1 + math.sqrt(2)) / 2
"""Critical inverse temperature of the square-lattice Ising model, 0.440687 (Kramers and Wannier 1941)."""


def _kaufman(rows: int, cols: int, beta: float) -> tuple[float, float]:
    """log Z and its derivative with respect to beta; beta > 0."""
    # Kaufman's angles satisfy cosh(gamma_l) = cosh(2b) coth(2b) - cos(pi l / cols). The half-angle form
    # sinh(gamma_l / 2)^2 = (S - 1)^2 / (2 S) + sin(pi l / (2 cols))^2 with S = sinh(2b) is free of cancellation;
    # gamma_0 carries the sign of S - 1.
    sinh2, cosh2 = math.sinh(2 * beta), math.cosh(2 * beta)
    sine = np.sin(np.pi * np.arange(2 * cols) / (2 * cols))
    half_sinh = np.sqrt((sinh2 - 1) ** 2 / (2 * sinh2) + sine**2)
    half_sinh[0] = (sinh2 - 1) / math.sqrt(2 * sinh2)
    gamma = 2 * np.arcsinh(half_sinh)
    slope = np.empty_like(gamma)  # d gamma / d beta
    slope[1:] = 2 * cosh2 * (1 - 1 / sinh2**2) / np.sinh(gamma[1:])
    slope[0] = 2 + 2 / sinh2

    x, dx = rows * gamma / 2, rows * slope / 2
    log_cosh, tanh = np.logaddexp(x, -x), np.tanh(x)
    log_sinh = np.abs(x[1:]) + np.log(-np.expm1(-2 * np.abs(x[1:])))  # of 2 sinh(x); without l = 0, which may be 0
    odd, even = slice(1, None, 2), slice(2, None, 2)
    tail, tail_slope = log_sinh[1::2].sum(), (dx[even] / tanh[even]).sum()
    # Each of the four products as value * exp(log size), with its derivative divided by exp(log size). In the
    # fourth, the factor of l = 0 is 2 sinh(x_0) = exp(log 2cosh(x_0)) tanh(x_0): zero at the critical point.
    log_size = np.array([log_cosh[odd].sum(), log_sinh[0::2].sum(), log_cosh[0::2].sum(), tail + log_cosh[0]])
    value = np.array([1.0, 1.0, 1.0, tanh[0]])
    derivative = np.array(
        [
            (dx[odd] * tanh[odd]).sum(),
            (dx[odd] / tanh[odd]).sum(),
            (dx[0::2] * tanh[0::2]).sum(),
            dx[0] + tanh[0] * tail_slope,
        ]
    )
    weight = np.exp(log_size - log_size.max())
    total = weight @ value
    n_spins = rows * cols
    log_z = n_spins / 2 * math.log(2 * sinh2) - math.log(2) + log_size.max() + math.log(total)
    return float(log_z), float(n_spins * cosh2 / sinh2 + weight @ derivative / total)


def _sides(shape: int | tuple[int, int]) -> tuple[int, int]:
    """Rows and columns of a torus."""
    (rows, cols), _ = checked((shape, shape) if isinstance(shape, int | np.integer) else shape, True, dims=(2,))
    return rows, cols


def kaufman_log_z(shape: int | tuple[int, int], beta: float) -> float:
    """log Z of the Ising model on a finite torus, exactly, by Kaufman's sum of four products.

    Returns:
        log Z in nats; 225.22884675588 for `(16, 16)` at beta = 0.4.

    Source: Kaufman, Phys. Rev. 76, 1232 (1949).
    """
    rows, cols = _sides(shape)
    beta = _checked_beta(beta)
    return _kaufman(rows, cols, beta)[0] if beta > 0 else rows * cols * math.log(2)


def kaufman_energy(shape: int | tuple[int, int], beta: float) -> float:
    """Mean energy per spin of the Ising model on a finite torus, exactly: minus the slope of Kaufman's log Z.

    Returns:
        Energy per spin in units of J; -1.131317984 for `(16, 16)` at beta = 0.4.

    Source: the derivative of Kaufman, Phys. Rev. 76, 1232 (1949).
    """
    rows, cols = _sides(shape)
    beta = _checked_beta(beta)
    return -_kaufman(rows, cols, beta)[1] / (rows * cols) if beta > 0 else 0.0


def _checked_beta(beta: float) -> float:
    """A number from 0 to 300; one below 1e-100 counts as 0. So sinh(2 beta) squared, or one over it, is a double."""
    beta = number("beta", beta, 0.0, 300.0)
    return beta if beta > 1e-100 else 0.0


def onsager_log_z(beta: float) -> float:
    """log Z per spin of the infinite lattice.

    Returns:
        The limit of log(Z) / N in nats: log 2 at beta = 0. The free energy per spin is minus this, divided by beta.

    Source: Onsager, Phys. Rev. 65, 117 (1944), in the form of a single integral.
    """
    beta = _checked_beta(beta)
    kappa = 2 * math.tanh(2 * beta) / math.cosh(2 * beta)

    def integrand(phi: float) -> float:
        return math.log((1 + math.sqrt(max(0.0, 1 - (kappa * math.sin(phi)) ** 2))) / 2)

    integral = quad(integrand, 0, math.pi / 2, epsabs=1e-13, epsrel=1e-13, limit=200)[0]
    return 2 * beta + math.log1p(math.exp(-4 * beta)) + integral / math.pi  # the first two: log(2 cosh(2 beta))


def onsager_energy(beta: float) -> float:
    """Energy per spin of the infinite lattice.

    Returns:
        Energy per spin in units of J: 0 at beta = 0, -sqrt(2) at beta_c, -2 in the ground state.

    Source: Onsager, Phys. Rev. 65, 117 (1944), eq. 116.
    """
    beta = _checked_beta(beta)
    if beta < 1e-3:  # the series in tanh(beta) to its fifth power: the closed form subtracts large numbers here
        t = math.tanh(beta)
        return 0.0 - 2 * t - 4 * t**3 - 8 * t**5
    tanh2 = math.tanh(2 * beta)
    gap = 2 * tanh2**2 - 1  # 1 - kappa^2 is gap^2: exact where kappa is close to 1
    critical = 0.0 if abs(gap) < 1e-15 else gap * float(ellipkm1(gap**2))
    return -(1 + 2 / math.pi * critical) / tanh2


def yang_magnetisation(beta: float) -> float:
    """Spontaneous magnetisation per spin of the infinite lattice.

    Returns:
        (1 - sinh(2 beta)^-4)^(1/8) above beta_c, 0 at and below it.

    Source: Yang, Phys. Rev. 85, 808 (1952).
    """
    beta = _checked_beta(beta)
    return (1 - math.sinh(2 * beta) ** -4) ** 0.125 if beta > BETA_C else 0.0
