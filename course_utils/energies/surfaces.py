"""Surfaces from optimisation: a curved valley, an egg-box and a funnel with ripples."""

import math
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import torch
from jaxtyping import Float
from scipy import optimize, special
from torch import Tensor

from course_utils import arguments
from course_utils.arguments import number, positive, whole
from course_utils.energies.base import LEVEL, Domain, KnownEnergy, origin
from course_utils.tensors import Number


@dataclass(frozen=True)
class Rosenbrock(KnownEnergy):
    """Curved valley E(x, y) = (a - x)² + b (y - x²)², global and only minimum 0 at (a, a²).

    With u = y - x² the two coordinates separate: x is Gaussian of variance T/2 around a, u of variance T/(2b), and
    Z(T) = pi T / sqrt(b).

    `domain` is the classic picture of the valley, x from a - 3 to a + 1 and y from a² - 2 to a² + 2. It does not hold
    all of the mass (0.85 of it at T = 1 for the default a and b): integrate over `domain_at(temperature)`.

    Args:
        a: where the minimum is.
        b: stiffness across the valley, > 0, in k_B T at T = 1.

    Raises:
        ValueError: if a is not finite or b is not positive and finite.

    Source: Rosenbrock, Computer J. 3, 175 (1960), doi:10.1093/comjnl/3.3.175.
    """

    a: float = 1.0
    b: float = 100.0
    dim: ClassVar[int] = 2
    name: ClassVar[str] = "Rosenbrock"

    def __post_init__(self) -> None:
        number("a", self.a)
        positive("b", self.b)

    def energy(self, x: Float[Tensor, "*batch 2"]) -> Float[Tensor, "*batch"]:
        x, y = x.unbind(-1)
        return (self.a - x) ** 2 + self.b * (y - x**2) ** 2

    def gradient(self, x: Float[Tensor, "*batch 2"]) -> Float[Tensor, "*batch 2"]:
        x, y = x.unbind(-1)
        across = 2 * self.b * (y - x**2)
        return torch.stack([2 * (x - self.a) - 2 * x * across, across], dim=-1)

    @property
    def minima(self) -> Float[Tensor, "1 2"]:
        return torch.tensor([[self.a, self.a**2]], dtype=torch.float64)

    @property
    def domain(self) -> Domain:
        """The classic picture; it does not hold all of the mass, see the class."""
        return ((self.a - 3, self.a + 1), (self.a**2 - 2, self.a**2 + 2))

    def domain_at(self, temperature: Number) -> Domain:
        along = math.sqrt(LEVEL * arguments.temperature(temperature))
        across = along / math.sqrt(self.b)
        low, high = self.a - along, self.a + along
        return ((low, high), (-across, max(low**2, high**2) + across))

    def log_z(self, temperature: Number = 1.0) -> float:
        return math.log(math.pi * arguments.temperature(temperature) / math.sqrt(self.b))


@dataclass(frozen=True)
class Rastrigin(KnownEnergy):
    """Egg-box E(x) = sum over coordinates of x² + amplitude (1 - cos(2 pi x)), global minimum 0 at the origin.

    The coordinates are independent, and with modified Bessel functions I_k of A/T, A = amplitude, each contributes
    Z_1(T) = exp(-A/T) sqrt(pi T) [I_0 + 2 sum over k >= 1 of I_k exp(-pi² k² T)].

    There are other minima near the points with whole-number coordinates: see `wells`.

    Args:
        dim: number of coordinates, at least 1.
        amplitude: A > 0, half the height of the ripples, in k_B T at T = 1.

    Raises:
        ValueError: if dim is not a whole number >= 1, or amplitude is not positive and finite.

    Source: Rastrigin, Systems of extremal control (1974, in Russian); the n-dimensional form: Mühlenbein,
        Schomisch and Born, Parallel Computing 17, 619 (1991), doi:10.1016/S0167-8191(05)80052-3.
    """

    dim: int = 2
    amplitude: float = 10.0
    name: ClassVar[str] = "Rastrigin"

    def __post_init__(self) -> None:
        whole("dim", self.dim)
        positive("amplitude", self.amplitude)

    def energy(self, x: Float[Tensor, "..."]) -> Float[Tensor, "..."]:
        # 1 - cos(2 pi x) = 2 sin²(pi x) loses no digits near the minimum.
        return self._sum(x**2 + 2 * self.amplitude * torch.sin(math.pi * x) ** 2)

    def gradient(self, x: Float[Tensor, "..."]) -> Float[Tensor, "..."]:
        return 2 * x + 2 * math.pi * self.amplitude * torch.sin(2 * math.pi * x)

    @property
    def minima(self) -> Float[Tensor, "..."]:
        """The global minimum only; the many others are made of the coordinates in `wells()`."""
        return origin(self.dim)

    def wells(self) -> Float[Tensor, "w"]:
        """The minima along one coordinate, in rising order, float64.

        A point is a local minimum of E if and only if each of its coordinates is one of these w numbers, so that there
        are w**dim minima. They lie just inside the whole numbers up to about pi times the amplitude.
        """

        def slope(x: float) -> float:
            return x + math.pi * self.amplitude * math.sin(2 * math.pi * x)

        steepest = 1 / (2 * math.pi**2 * self.amplitude)  # the slope has extrema where cos(2 pi x) = -steepest
        positive, k = [], 1
        while steepest < 1:
            lowest = k - math.acos(-steepest) / (2 * math.pi)
            if slope(lowest) >= 0:
                break
            positive.append(optimize.brentq(slope, lowest, k, xtol=1e-15, rtol=1e-15))
            k += 1
        return torch.tensor([-x for x in reversed(positive)] + [0.0] + positive, dtype=torch.float64)

    @property
    def domain(self) -> Domain:
        """The classic picture, -5.12 to 5.12; at T = 1 it holds all but 1e-9 of the mass."""
        return ((-5.12, 5.12),) * self.dim

    def domain_at(self, temperature: Number) -> Domain:
        half = math.sqrt(LEVEL * arguments.temperature(temperature))
        return ((-half, half),) * self.dim

    def log_z(self, temperature: Number = 1.0) -> float:
        temperature = arguments.temperature(temperature)
        k = np.arange(1, 2 + math.ceil(math.sqrt(745 / temperature) / math.pi))  # exp(-745) is the smallest double
        ratio = self.amplitude / temperature
        series = special.ive(0, ratio) + 2 * np.sum(special.ive(k, ratio) * np.exp(-((math.pi * k) ** 2) * temperature))
        return self.dim * (0.5 * math.log(math.pi * temperature) + math.log(series))


@dataclass(frozen=True)
class Ackley(KnownEnergy):
    """Funnel with ripples, E(x) = 20 [1 - exp(-0.2 r)] + e - exp(mean of cos(2 pi x_i)), r² = mean of x_i².

    The global minimum, 0 at the origin, is a cusp: E rises linearly with r there, and the gradient has no value. `grad`
    returns 0 at that one point. There are other minima near the points with whole-number coordinates.

    E stays below 20 + e - 1/e, so exp(-E/T) does not fall to zero and Z is infinite on the whole space: p exists only
    inside the box `domain`, -5 to 5 in each coordinate, and has no exact Z.

    Args:
        dim: number of coordinates, at least 1.

    Raises:
        ValueError: if dim is not a whole number >= 1.

    Source: Ackley, A connectionist machine for genetic hillclimbing (Kluwer, 1987), doi:10.1007/978-1-4613-1997-9;
        constants and n-dimensional form: Bäck and Schwefel, Evol. Comput. 1, 1 (1993), doi:10.1162/evco.1993.1.1.1.
    """

    dim: int = 2
    name: ClassVar[str] = "Ackley"

    def __post_init__(self) -> None:
        whole("dim", self.dim)

    def _radius(self, x: Float[Tensor, "..."]) -> Float[Tensor, "..."]:
        # abs and vector_norm have derivative 0 at the origin in autograd, where sqrt would give NaN.
        return x.abs() if self.dim == 1 else torch.linalg.vector_norm(x, dim=-1) / math.sqrt(self.dim)

    def _ripple(self, x: Float[Tensor, "..."]) -> Float[Tensor, "..."]:
        """mean of cos(2 pi x_i) - 1, without loss of digits near the minimum."""
        return self._sum(-2 * torch.sin(math.pi * x) ** 2) / self.dim

    def energy(self, x: Float[Tensor, "..."]) -> Float[Tensor, "..."]:
        return -20 * torch.expm1(-0.2 * self._radius(x)) - math.e * torch.expm1(self._ripple(x))

    def gradient(self, x: Float[Tensor, "..."]) -> Float[Tensor, "..."]:
        radius, ripple = self._radius(x), self._ripple(x)
        if self.dim > 1:
            radius, ripple = radius.unsqueeze(-1), ripple.unsqueeze(-1)
        direction = torch.where(radius > 0, x / torch.where(radius > 0, radius, 1), 0)
        funnel = 4 * torch.exp(-0.2 * radius) * direction
        return (funnel + 2 * math.pi * torch.exp(ripple + 1) * torch.sin(2 * math.pi * x)) / self.dim

    @property
    def minima(self) -> Float[Tensor, "..."]:
        """The global minimum only."""
        return origin(self.dim)

    def domain_at(self, temperature: Number) -> Domain:
        """The box that confines the state: -5 to 5 in each coordinate at every temperature."""
        arguments.temperature(temperature)
        return ((-5.0, 5.0),) * self.dim
