"""One-dimensional wells and the harmonic bowl, each with its exact partition function."""

import math
from dataclasses import dataclass
from typing import ClassVar

import torch
from jaxtyping import Float
from scipy import optimize, special
from torch import Tensor

from course_utils import arguments
from course_utils.arguments import number, positive, whole
from course_utils.energies.base import LEVEL, Domain, KnownEnergy, origin
from course_utils.tensors import Number


@dataclass(frozen=True)
class Quadratic(KnownEnergy):
    """Harmonic well E(x) = stiffness |x|² / 2, whose p is a Gaussian of variance T / stiffness in each coordinate.

    log Z = (dim / 2) log(2 pi T / stiffness).

    Args:
        stiffness: k > 0, in k_B T (at T = 1) per squared unit of x.
        dim: number of coordinates, at least 1.

    Raises:
        ValueError: if stiffness is not positive and finite, or dim is not a whole number >= 1.
    """

    stiffness: float = 1.0
    dim: int = 1
    name: ClassVar[str] = "Quadratic"

    def __post_init__(self) -> None:
        positive("stiffness", self.stiffness)
        whole("dim", self.dim)

    def energy(self, x: Float[Tensor, "..."]) -> Float[Tensor, "..."]:
        return self._sum(0.5 * self.stiffness * x**2)

    def gradient(self, x: Float[Tensor, "..."]) -> Float[Tensor, "..."]:
        return self.stiffness * x

    @property
    def minima(self) -> Float[Tensor, "..."]:
        return origin(self.dim)

    def domain_at(self, temperature: Number) -> Domain:
        half = math.sqrt(2 * LEVEL * arguments.temperature(temperature) / self.stiffness)
        return ((-half, half),) * self.dim

    def log_z(self, temperature: Number = 1.0) -> float:
        return self.dim / 2 * math.log(2 * math.pi * arguments.temperature(temperature) / self.stiffness)


@dataclass(frozen=True)
class DoubleWell(KnownEnergy):
    """Symmetric double well E(x) = barrier (x² - 1)²: two minima of energy 0 at x = ±1 and a top at x = 0.

    Z(T) = (pi / 2) exp(-a/2) [I_{1/4}(a/2) + I_{-1/4}(a/2)], a = barrier / T, with modified Bessel functions I.

    Args:
        barrier: height of the top above the minima, > 0, in k_B T at T = 1.

    Raises:
        ValueError: if barrier is not positive and finite.

    Source: with u = x², Z is a parabolic cylinder function of negative argument, whose form in Bessel functions follows
        from NIST Digital Library of Mathematical Functions, 12.5.1, 12.7.10 and 10.34.2 (https://dlmf.nist.gov).
    """

    barrier: float = 1.0
    dim: ClassVar[int] = 1
    name: ClassVar[str] = "Double well"

    def __post_init__(self) -> None:
        positive("barrier", self.barrier)

    def energy(self, x: Float[Tensor, "..."]) -> Float[Tensor, "..."]:
        return self.barrier * (x**2 - 1) ** 2

    def gradient(self, x: Float[Tensor, "..."]) -> Float[Tensor, "..."]:
        return 4 * self.barrier * x * (x**2 - 1)

    @property
    def minima(self) -> Float[Tensor, "2"]:
        """The two equal minima, x = -1 and x = 1."""
        return torch.tensor([-1.0, 1.0], dtype=torch.float64)

    @property
    def barrier_top(self) -> float:
        """The x between the wells where the energy is highest."""
        return 0.0

    def domain_at(self, temperature: Number) -> Domain:
        half = math.sqrt(1 + math.sqrt(LEVEL * arguments.temperature(temperature) / self.barrier))
        return ((-half, half),)

    def log_z(self, temperature: Number = 1.0) -> float:
        return _log_quartic_moments(self.barrier / arguments.temperature(temperature))[0]


@dataclass(frozen=True)
class AsymmetricDoubleWell(KnownEnergy):
    """Tilted double well E(x) = barrier (x² - 1)² + tilt x: the well on the side that the tilt favours is deeper.

    Its stationary points solve the cubic x³ - x + tilt / (4 barrier) = 0. Z is a series in the even moments M of the
    symmetric well, Z(T) = sum over n of (tilt / T)^(2n) / (2n)! M_{2n}, in which all terms are positive.

    Args:
        barrier: height of the top above the minima if there were no tilt, > 0, in k_B T at T = 1.
        tilt: slope added; the deeper well is at negative x for tilt > 0. |tilt| < 8 barrier / (3 sqrt 3), beyond which
            there is one well only.

    Raises:
        ValueError: if barrier is not positive and finite, or the tilt is not finite or so large that a well is lost.
    """

    barrier: float = 1.0
    tilt: float = 0.3
    dim: ClassVar[int] = 1
    name: ClassVar[str] = "Asymmetric double well"

    def __post_init__(self) -> None:
        limit = 8 * positive("barrier", self.barrier) / (3 * math.sqrt(3))
        if not abs(number("tilt", self.tilt)) < limit:
            raise ValueError(
                f"tilt = {self.tilt!r}: expected less than 8 barrier / (3 sqrt 3) = {limit:.6g} in absolute value, or "
                "there is only one well"
            )

    def energy(self, x: Float[Tensor, "..."]) -> Float[Tensor, "..."]:
        return self.barrier * (x**2 - 1) ** 2 + self.tilt * x

    def gradient(self, x: Float[Tensor, "..."]) -> Float[Tensor, "..."]:
        return 4 * self.barrier * x * (x**2 - 1) + self.tilt

    def _stationary(self) -> tuple[float, float, float]:
        """Left well, top, right well, by the trigonometric solution of the cubic."""
        angle = math.acos(-3 * math.sqrt(3) * self.tilt / (8 * self.barrier)) / 3
        right, top, left = (2 / math.sqrt(3) * math.cos(angle - 2 * math.pi * k / 3) for k in range(3))
        return left, top, right

    @property
    def minima(self) -> Float[Tensor, "2"]:
        """The two minima, the deeper one first."""
        left, _, right = self._stationary()
        return torch.tensor([left, right] if self.tilt >= 0 else [right, left], dtype=torch.float64)

    @property
    def barrier_top(self) -> float:
        """The x between the wells where the energy is highest."""
        return self._stationary()[1]

    def domain_at(self, temperature: Number) -> Domain:
        """A box for integrals, as in the base class; it holds both wells at every temperature."""
        left, _, right = self._stationary()
        level = max(self._at(left), self._at(right)) + LEVEL * arguments.temperature(temperature)
        far = 2.0
        while min(self._at(-far), self._at(far)) <= level:
            far *= 2
        low = optimize.brentq(lambda x: self._at(x) - level, -far, left)
        high = optimize.brentq(lambda x: self._at(x) - level, right, far)
        return ((low, high),)

    def _at(self, x: float) -> float:
        return self.barrier * (x * x - 1) ** 2 + self.tilt * x

    def log_z(self, temperature: Number = 1.0) -> float:
        temperature = arguments.temperature(temperature)
        a, slope = self.barrier / temperature, abs(self.tilt) / temperature
        log_term, ratio = _log_quartic_moments(a)  # the term n = 0, and M_2 / M_0
        if slope == 0:
            return log_term
        # Integrating the derivative of x^(2n-1) exp(-a (x² - 1)²) gives M_{2n+2} = M_{2n} + (2n - 1) / (4a) M_{2n-2}.
        # The terms grow until n is near slope times the outer edge of the mass, and then fall faster than any power.
        logs, n = [log_term], 0
        while len(logs) < 3 or logs[-1] > logs[-2] or logs[-1] > max(logs) - 45:
            log_term += 2 * math.log(slope) + math.log(ratio) - math.log((2 * n + 1) * (2 * n + 2))
            n += 1
            ratio = 1 + (2 * n - 1) / (4 * a * ratio)
            logs.append(log_term)
        return float(special.logsumexp(logs))


def _log_quartic_moments(a: float) -> tuple[float, float]:
    """log M_0 and M_2 / M_0, where M_m is the integral of x^m exp(-a (x² - 1)²) over the real line, a > 0."""
    half = a / 2
    quarter = special.ive(0.25, half) + special.ive(-0.25, half)  # scaled by exp(-a/2), so that nothing overflows
    three_quarters = special.ive(0.75, half) + special.ive(-0.75, half)
    return math.log(math.pi / 2 * quarter), 0.5 * (1 + three_quarters / quarter)
