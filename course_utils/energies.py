"""Energy landscapes with known minima and, where it exists, the exact partition function.

Every energy is a small immutable object. Call it for E(x), ask it for `grad`, `domain`, `minima` and `log_z`:

    E = DoubleWell(barrier=2.0)
    x = torch.linspace(-2, 2, 101)
    E(x).shape, E.grad(x).shape, E.minima, E.log_z(temperature=0.5)

Conventions, the same for all:

- Energies are in units of k_B T at T = 1, temperatures in units of that same T, and p(x) = exp(-E(x)/T) / Z(T).
- With `dim == 1` every entry of `x` is a coordinate and `E(x)` has the shape of `x`. With `dim >= 2` the last axis of
  `x` holds the coordinates and `E(x)` has the shape `x.shape[:-1]`.
- Results have the dtype and the device of `x`.
- `domain` is the box of a picture; `domain_at(temperature)` is the box for an integral.
"""

import math
import numbers
import random
from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import ClassVar

import numpy as np
import torch
from jaxtyping import Float
from scipy import optimize, special
from torch import Tensor

__all__ = [
    "Ackley",
    "AsymmetricDoubleWell",
    "Domain",
    "DoubleWell",
    "Energy",
    "GaussianMixture",
    "NetworkLoss",
    "Quadratic",
    "Rastrigin",
    "Rosenbrock",
    "two_gaussians",
]

Domain = tuple[tuple[float, float], ...]
"""A box: one pair (low, high) per coordinate."""

_LEVEL = 18.0
"""`domain_at` encloses all points less than 18 T above the minimum. Along a Gaussian direction these are six standard
deviations, outside of which lie 2e-9 of the mass; tests measure less than 1e-6 for every energy, at T from 0.1 to 5."""


class Energy(ABC):
    """An energy E(x): low where a sample is likely.

    A subclass defines `energy` and `domain_at`, sets the attributes below, and overrides `gradient` and `log_z` where a
    simple exact form exists.

    Attributes:
        name: what a figure calls it.
        dim: number of coordinates of one point.
        minima: shape (m,) for dim 1, (m, dim) otherwise, float64; the global minimum is first.
        confined: True if exp(-E/T) has no finite integral over all of space, so that p exists only inside `domain`.
    """

    name: str
    dim: int
    minima: Float[Tensor, "..."]
    confined: ClassVar[bool] = False

    @abstractmethod
    def energy(self, x: Float[Tensor, "..."]) -> Float[Tensor, "..."]:
        """E(x) for an x that is known to be valid; users call the object instead."""

    @abstractmethod
    def domain_at(self, temperature: float) -> Domain:
        """A box for integrals: less than 1e-6 of the probability at this temperature lies outside it.

        Args:
            temperature: T > 0.

        Returns:
            (low, high) for each coordinate. For a `confined` energy this is `domain` at every temperature.

        Raises:
            ValueError: if temperature is not positive and finite.
        """

    @property
    def domain(self) -> Domain:
        """A box for pictures, (low, high) for each coordinate: `domain_at(1.0)` unless the class says otherwise."""
        return self.domain_at(1.0)

    def __call__(self, x: Float[Tensor, "..."]) -> Float[Tensor, "..."]:
        """Energy at each point.

        Args:
            x: points: any shape if `dim == 1`, else the last axis holds `dim` coordinates. Floating point.

        Returns:
            E in units of k_B T at T = 1: the shape of x if `dim == 1`, else x.shape[:-1].

        Raises:
            ValueError: if x is not a floating-point tensor or its last axis is wrong.
        """
        return self.energy(self._valid(x))

    def grad(self, x: Float[Tensor, "..."]) -> Float[Tensor, "..."]:
        """Gradient of the energy at each point; the force is minus this.

        Args:
            x: points, as for a call of the object.

        Returns:
            dE/dx, the shape of x.

        Raises:
            ValueError: as for a call of the object.
        """
        return self.gradient(self._valid(x))

    def gradient(self, x: Float[Tensor, "..."]) -> Float[Tensor, "..."]:
        """dE/dx for an x that is known to be valid, by automatic differentiation unless a subclass knows better."""
        return torch.func.grad(lambda points: self.energy(points).sum())(x)

    def log_z(self, temperature: float = 1.0) -> float | None:
        """Exact log of Z(T), the integral of exp(-E/T) over all of space, or None where no exact form is known.

        Args:
            temperature: T > 0.

        Raises:
            ValueError: if temperature is not positive and finite.
        """
        _temperature(temperature)
        return None

    def _valid(self, x: Float[Tensor, "..."]) -> Float[Tensor, "..."]:
        if not isinstance(x, Tensor):
            raise ValueError(f"x must be a torch tensor, got {type(x).__name__} {x!r}; torch.as_tensor(x) makes one")
        if not x.is_floating_point():
            raise ValueError(f"x must have a floating-point dtype, got {x.dtype}; use x.float() or x.double()")
        if self.dim > 1 and (x.ndim == 0 or x.shape[-1] != self.dim):
            raise ValueError(f"x must hold the {self.dim} coordinates in its last axis, got shape {tuple(x.shape)}")
        return x

    def _sum(self, terms: Float[Tensor, "..."]) -> Float[Tensor, "..."]:
        """Sum over coordinates: nothing to do where each entry is a coordinate of its own point."""
        return terms if self.dim == 1 else terms.sum(-1)


@dataclass(frozen=True)
class Quadratic(Energy):
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
        _positive("stiffness", self.stiffness)
        _whole("dim", self.dim)

    def energy(self, x: Float[Tensor, "..."]) -> Float[Tensor, "..."]:
        return self._sum(0.5 * self.stiffness * x**2)

    def gradient(self, x: Float[Tensor, "..."]) -> Float[Tensor, "..."]:
        return self.stiffness * x

    @property
    def minima(self) -> Float[Tensor, "..."]:
        return _origin(self.dim)

    def domain_at(self, temperature: float) -> Domain:
        half = math.sqrt(2 * _LEVEL * _temperature(temperature) / self.stiffness)
        return ((-half, half),) * self.dim

    def log_z(self, temperature: float = 1.0) -> float:
        return self.dim / 2 * math.log(2 * math.pi * _temperature(temperature) / self.stiffness)


@dataclass(frozen=True)
class DoubleWell(Energy):
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
        _positive("barrier", self.barrier)

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

    def domain_at(self, temperature: float) -> Domain:
        half = math.sqrt(1 + math.sqrt(_LEVEL * _temperature(temperature) / self.barrier))
        return ((-half, half),)

    def log_z(self, temperature: float = 1.0) -> float:
        return _log_quartic_moments(self.barrier / _temperature(temperature))[0]


@dataclass(frozen=True)
class AsymmetricDoubleWell(Energy):
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
        limit = 8 * _positive("barrier", self.barrier) / (3 * math.sqrt(3))
        if not (isinstance(self.tilt, numbers.Real) and abs(self.tilt) < limit):
            raise ValueError(
                f"tilt must be smaller than 8 barrier / (3 sqrt 3) = {limit:.6g} in absolute value, or there is only "
                f"one well; got {self.tilt!r}"
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

    def domain_at(self, temperature: float) -> Domain:
        """A box for integrals, as in the base class; it holds both wells at every temperature."""
        left, _, right = self._stationary()
        level = max(self._at(left), self._at(right)) + _LEVEL * _temperature(temperature)
        far = 2.0
        while min(self._at(-far), self._at(far)) <= level:
            far *= 2
        low = optimize.brentq(lambda x: self._at(x) - level, -far, left)
        high = optimize.brentq(lambda x: self._at(x) - level, right, far)
        return ((low, high),)

    def _at(self, x: float) -> float:
        return self.barrier * (x * x - 1) ** 2 + self.tilt * x

    def log_z(self, temperature: float = 1.0) -> float:
        temperature = _temperature(temperature)
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


@dataclass(frozen=True)
class Rosenbrock(Energy):
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
        if not (isinstance(self.a, numbers.Real) and math.isfinite(self.a)):
            raise ValueError(f"a must be a finite number, got {self.a!r}")
        _positive("b", self.b)

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

    def domain_at(self, temperature: float) -> Domain:
        along = math.sqrt(_LEVEL * _temperature(temperature))
        across = along / math.sqrt(self.b)
        low, high = self.a - along, self.a + along
        return ((low, high), (-across, max(low**2, high**2) + across))

    def log_z(self, temperature: float = 1.0) -> float:
        return math.log(math.pi * _temperature(temperature) / math.sqrt(self.b))


@dataclass(frozen=True)
class Rastrigin(Energy):
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
        _whole("dim", self.dim)
        _positive("amplitude", self.amplitude)

    def energy(self, x: Float[Tensor, "..."]) -> Float[Tensor, "..."]:
        # 1 - cos(2 pi x) = 2 sin²(pi x) loses no digits near the minimum.
        return self._sum(x**2 + 2 * self.amplitude * torch.sin(math.pi * x) ** 2)

    def gradient(self, x: Float[Tensor, "..."]) -> Float[Tensor, "..."]:
        return 2 * x + 2 * math.pi * self.amplitude * torch.sin(2 * math.pi * x)

    @property
    def minima(self) -> Float[Tensor, "..."]:
        """The global minimum only; the many others are made of the coordinates in `wells()`."""
        return _origin(self.dim)

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

    def domain_at(self, temperature: float) -> Domain:
        half = math.sqrt(_LEVEL * _temperature(temperature))
        return ((-half, half),) * self.dim

    def log_z(self, temperature: float = 1.0) -> float:
        temperature = _temperature(temperature)
        k = np.arange(1, 2 + math.ceil(math.sqrt(745 / temperature) / math.pi))  # exp(-745) is the smallest double
        ratio = self.amplitude / temperature
        series = special.ive(0, ratio) + 2 * np.sum(special.ive(k, ratio) * np.exp(-((math.pi * k) ** 2) * temperature))
        return self.dim * (0.5 * math.log(math.pi * temperature) + math.log(series))


@dataclass(frozen=True)
class Ackley(Energy):
    """Funnel with ripples, E(x) = 20 [1 - exp(-0.2 r)] + e - exp(mean of cos(2 pi x_i)), r² = mean of x_i².

    The global minimum, 0 at the origin, is a cusp: E rises linearly with r there, and the gradient has no value. `grad`
    returns 0 at that one point. There are other minima near the points with whole-number coordinates.

    E stays below 20 + e - 1/e, so exp(-E/T) does not fall to zero and Z is infinite on the whole space: the energy is
    `confined`, which means that p exists only inside the box `domain`, -5 to 5 in each coordinate, and has no exact Z.

    Args:
        dim: number of coordinates, at least 1.

    Raises:
        ValueError: if dim is not a whole number >= 1.

    Source: Ackley, A connectionist machine for genetic hillclimbing (Kluwer, 1987), doi:10.1007/978-1-4613-1997-9;
        constants and n-dimensional form: Bäck and Schwefel, Evol. Comput. 1, 1 (1993), doi:10.1162/evco.1993.1.1.1.
    """

    dim: int = 2
    name: ClassVar[str] = "Ackley"
    confined: ClassVar[bool] = True

    def __post_init__(self) -> None:
        _whole("dim", self.dim)

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
        return _origin(self.dim)

    def domain_at(self, temperature: float) -> Domain:
        """The box that confines the state: -5 to 5 in each coordinate at every temperature."""
        _temperature(temperature)
        return ((-5.0, 5.0),) * self.dim


@dataclass(frozen=True)
class NetworkLoss(Energy):
    """The loss of a small neural network in a plane through its best weights.

    A teacher f(u) = sum over three hidden units of v tanh(w u + b) labels 24 inputs u from -1 to 1. A student of the
    same shape has the teacher's weights moved by x along one fixed random direction and by y along another, and

        E(x, y) = scale * mean over the inputs of (student - teacher)².

    So the global minimum, 0 at the origin, is known exactly, while the other minima are those of a real loss. Each
    direction has, unit by unit, the norm of the teacher's weights (filter normalisation), so that x = 1 is a move as
    long as the weights. With the default scale E is half the sum of squared errors: exp(-E) is, up to a constant, the
    likelihood of the labels under Gaussian noise of variance 1. No exact log Z is known.

    `domain` is a picture of the four minima, -2 to 2 by -1.5 to 2.5.

    Args:
        scale: > 0, in k_B T at T = 1 per unit of mean squared error.

    Raises:
        ValueError: if scale is not positive and finite.

    Source: Li, Xu, Taylor, Studer and Goldstein, Visualizing the loss landscape of neural nets, NeurIPS 31 (2018),
        arXiv:1712.09913, section 4.
    """

    scale: float = 12.0
    dim: ClassVar[int] = 2
    name: ClassVar[str] = "Network loss"

    def __post_init__(self) -> None:
        _positive("scale", self.scale)

    def energy(self, x: Float[Tensor, "*batch 2"]) -> Float[Tensor, "*batch"]:
        parts = x.reshape(-1, 2).split(_POINTS_AT_ONCE)
        return torch.cat([self._loss(part) for part in parts]).reshape(x.shape[:-1])

    def _loss(self, x: Float[Tensor, "points 2"]) -> Float[Tensor, "points"]:
        inputs = torch.linspace(-1, 1, 24, dtype=x.dtype, device=x.device)
        x, y = x.unsqueeze(-1).unbind(-2)
        error = 0
        for unit in _network():
            w, b, v = (weight + x * along_x + y * along_y for weight, along_x, along_y in unit)
            teacher_w, teacher_b, teacher_v = (weight for weight, _, _ in unit)
            error = error + v * torch.tanh(w * inputs + b) - teacher_v * torch.tanh(teacher_w * inputs + teacher_b)
        return self.scale * (error**2).mean(-1)

    def gradient(self, x: Float[Tensor, "*batch 2"]) -> Float[Tensor, "*batch 2"]:
        parts = x.reshape(-1, 2).split(_POINTS_AT_ONCE)
        return torch.cat([self._slope(part) for part in parts]).reshape(x.shape)

    def _slope(self, x: Float[Tensor, "points 2"]) -> Float[Tensor, "points 2"]:
        """By the chain rule: six times as fast as automatic differentiation for a few hundred points."""
        units = torch.tensor(_network(), dtype=x.dtype, device=x.device)  # (unit; w, b, v; teacher, along x, along y)
        inputs = torch.linspace(-1, 1, 24, dtype=x.dtype, device=x.device)
        affine = units[:, 0, :, None] * inputs + units[:, 1, :, None]  # (unit; teacher, along x, along y; input)
        moved = torch.cat([torch.ones_like(x[:, :1]), x], dim=1)
        hidden = torch.tanh(torch.einsum("pd,kdn->pkn", moved, affine))
        out = moved @ units[:, 2].T
        labels = (units[:, 2, :1] * torch.tanh(affine[:, 0])).sum(0)
        error = ((out.unsqueeze(-1) * hidden).sum(1) - labels).unsqueeze(1)
        through_out = (error * hidden).sum(-1) @ units[:, 2, 1:]
        through_hidden = torch.einsum("pkn,kdn->pd", error * (1 - hidden**2) * out.unsqueeze(-1), affine[:, 1:])
        return 2 * self.scale / len(inputs) * (through_out + through_hidden)

    @property
    def minima(self) -> Float[Tensor, "m 2"]:
        """The minima inside `domain`, in order of their energy, as found by Newton's method from a fine grid."""
        return torch.tensor(_NETWORK_MINIMA, dtype=torch.float64)

    @property
    def domain(self) -> Domain:
        return ((-2.0, 2.0), (-1.5, 2.5))

    def domain_at(self, temperature: float) -> Domain:
        """A box for integrals, as in the base class; -3 to 3 up to T = 2.5 at the default scale, as measured."""
        reduced = _temperature(temperature) * 12 / self.scale
        half = 3 * math.sqrt(max(1.0, reduced / 2.5))  # far out the loss grows as the square of the distance
        return ((-half, half),) * 2


@cache
def _network() -> tuple[tuple[tuple[float, float, float], ...], ...]:
    """For each hidden unit and each of its w, b, v: the teacher's weight and its change along the two directions."""
    # Python promises the same numbers from random.Random(seed).random() in every version. Seed 50 was chosen among 250
    # for its three basins, which lie inside the box and are divided by barriers of 1 to 3 k_B T at the default scale.
    uniform = random.Random(50).random

    def draw(w: float, b: float, v: float) -> np.ndarray:
        return np.array([[size * (2 * uniform() - 1) for _ in range(3)] for size in (w, b, v)])

    teacher = draw(5.0, 2.5, 1.0)
    directions = [draw(1.0, 1.0, 1.0) for _ in range(2)]
    directions = [d * np.linalg.norm(teacher, axis=0) / np.linalg.norm(d, axis=0) for d in directions]
    table = np.stack([teacher, *directions], axis=-1).transpose(1, 0, 2)
    return tuple(tuple(tuple(weight) for weight in unit) for unit in table.tolist())


_POINTS_AT_ONCE = 65536
"""Points per pass of `NetworkLoss`: an array of 24 inputs each then takes 13 MB in float64, whatever the grid."""

_NETWORK_MINIMA = (
    (0.0, 0.0),
    (1.0637930591495606, 1.125877764604449),
    (-0.10169674674333115, 1.2981938486914941),
    (0.4633930933787947, -1.08863421421693),
)


@dataclass(frozen=True, eq=False)
class GaussianMixture(Energy):
    """E(x) = -log sum over k of weights_k N(x; means_k, covs_k), normalised at T = 1: log Z(1) = 0.

    At other temperatures log Z has a simple exact form for one component only; else it is None.

    Args:
        means: (k,) in one dimension, (k, dim) in two or more.
        covs: variances (k,) in one dimension, covariance matrices (k, dim, dim) in two or more.
        weights: (k,), positive, sum 1; equal if left out.

    Raises:
        ValueError: if shapes do not fit together, a covariance is not symmetric and positive definite, or weights are
            not positive or do not sum to 1.
    """

    means: Float[Tensor, "k"] | Float[Tensor, "k dim"]
    covs: Float[Tensor, "k"] | Float[Tensor, "k dim dim"]
    weights: Float[Tensor, "k"] | None = None
    name: ClassVar[str] = "Gaussian mixture"

    def __post_init__(self) -> None:
        means, covs = _float64("means", self.means), _float64("covs", self.covs)
        if means.ndim not in (1, 2) or means.shape[0] == 0 or (means.ndim == 2 and means.shape[1] < 2):
            raise ValueError(
                f"means must have shape (k,) in one dimension or (k, dim) with dim >= 2, got {tuple(means.shape)}"
            )
        wanted = means.shape if means.ndim == 1 else (*means.shape, means.shape[1])
        if covs.shape != wanted:
            raise ValueError(
                f"covs must have shape {tuple(wanted)} to go with means of shape {tuple(means.shape)}, "
                f"got {tuple(covs.shape)}"
            )
        full = covs[:, None, None] if means.ndim == 1 else covs
        if not torch.allclose(full, full.mT) or torch.linalg.cholesky_ex(full).info.any():
            raise ValueError(f"covs must be positive definite (variances > 0, matrices symmetric), got {covs.tolist()}")
        k = means.shape[0]
        weights = torch.full((k,), 1 / k) if self.weights is None else self.weights
        weights = _float64("weights", weights)
        if weights.shape != (k,) or (weights <= 0).any() or abs(weights.sum().item() - 1) > 1e-5:
            raise ValueError(f"weights must be {k} positive numbers that sum to 1, got {weights.tolist()}")
        for key, value in {"means": means, "covs": covs, "weights": weights / weights.sum()}.items():
            object.__setattr__(self, key, value)

    @property
    def dim(self) -> int:
        return 1 if self.means.ndim == 1 else self.means.shape[1]

    def _full(self) -> tuple[Float[Tensor, "k dim"], Float[Tensor, "k dim dim"]]:
        """Means and covariance matrices with their axes of coordinates, in one dimension too."""
        return (self.means[:, None], self.covs[:, None, None]) if self.dim == 1 else (self.means, self.covs)

    def _log_terms(
        self, x: Float[Tensor, "*batch dim"]
    ) -> tuple[Float[Tensor, "*batch k"], Float[Tensor, "*batch k dim"]]:
        """log(weights_k N_k(x)), and its negative gradient, the pull of each component."""
        means, covs = self._full()
        precision = torch.linalg.inv(covs)
        log_norm = torch.log(self.weights) - 0.5 * torch.logdet(2 * math.pi * covs)
        means, precision, log_norm = (value.to(x) for value in (means, precision, log_norm))
        away = x.unsqueeze(-2) - means
        pull = torch.einsum("kij,...kj->...ki", precision, away)
        return log_norm - 0.5 * (away * pull).sum(-1), pull

    def energy(self, x: Float[Tensor, "..."]) -> Float[Tensor, "..."]:
        log_terms, _ = self._log_terms(x.unsqueeze(-1) if self.dim == 1 else x)
        return -torch.logsumexp(log_terms, dim=-1)

    def gradient(self, x: Float[Tensor, "..."]) -> Float[Tensor, "..."]:
        log_terms, pull = self._log_terms(x.unsqueeze(-1) if self.dim == 1 else x)
        gradient = (torch.softmax(log_terms, dim=-1).unsqueeze(-1) * pull).sum(-2)
        return gradient.squeeze(-1) if self.dim == 1 else gradient

    @property
    def minima(self) -> Float[Tensor, "..."]:
        """The minima reached by descent from each mean, lowest first, refined to machine precision.

        For components that lie well apart these are all. In two dimensions or more a mixture can have more minima than
        components (Carreira-Perpiñán and Williams, 2003, doi:10.1007/3-540-44935-3_44), and those are missed.
        """
        means, covs = self._full()
        precision = torch.linalg.inv(covs)
        x = means
        for _ in range(200):  # each step is one of expectation-maximisation, which never raises the energy
            r, old = torch.softmax(self._log_terms(x)[0], dim=-1), x
            target = torch.einsum("mk,kij,kj->mi", r, precision, means)
            x = torch.linalg.solve(torch.einsum("mk,kij->mij", r, precision), target)
            if (x - old).abs().max() < 1e-9:
                break
        same = 1e-3 * torch.linalg.eigvalsh(covs).min().sqrt()  # nearer than that, two ends are one flat minimum
        found: list[Tensor] = []
        for point in x:
            for _ in range(20):  # Newton's method, which those steps have brought close enough
                gradient, hessian = self._derivatives(point)
                step = torch.linalg.solve(hessian, gradient)
                if torch.linalg.eigvalsh(hessian).min() <= 0 or step.norm() < 1e-15:
                    break
                point = point - step
            is_minimum = torch.linalg.eigvalsh(hessian).min() > 0
            if is_minimum and all((point - other).norm() > same for other in found):
                found.append(point)
        minima = torch.stack(found) if found else x[:1]
        minima = minima.squeeze(-1) if self.dim == 1 else minima
        return minima[self.energy(minima).argsort(stable=True)]

    def _derivatives(self, point: Float[Tensor, "dim"]) -> tuple[Float[Tensor, "dim"], Float[Tensor, "dim dim"]]:
        """Gradient and matrix of second derivatives of the energy at one point."""
        log_terms, pull = self._log_terms(point)
        r = torch.softmax(log_terms, dim=-1)
        gradient = r @ pull
        spread = torch.einsum("k,ki,kj->ij", r, pull, pull) - torch.outer(gradient, gradient)
        return gradient, torch.einsum("k,kij->ij", r, torch.linalg.inv(self._full()[1])) - spread

    def domain_at(self, temperature: float) -> Domain:
        temperature = _temperature(temperature)
        means, covs = self._full()
        # At T < 1 overlapping components add up to at most k^(1/T - 1) times the sum of their own powers.
        level = _LEVEL * temperature + max(0.0, 1 - temperature) * math.log(len(means))
        half = torch.sqrt(2 * level * torch.diagonal(covs, dim1=-2, dim2=-1))
        return tuple(zip((means - half).amin(0).tolist(), (means + half).amax(0).tolist(), strict=True))

    def log_z(self, temperature: float = 1.0) -> float | None:
        temperature = _temperature(temperature)
        if temperature == 1:
            return 0.0
        if len(self.weights) > 1:
            return None
        log_det = torch.logdet(2 * math.pi * self._full()[1][0]).item()
        return 0.5 * (1 - 1 / temperature) * log_det + self.dim / 2 * math.log(temperature)

    def sample(self, n: int, generator: torch.Generator) -> Float[Tensor, "..."]:
        """Independent samples of p at T = 1.

        Args:
            n: number of samples, at least 1.
            generator: source of the random numbers; the samples are on its device.

        Returns:
            Shape (n,) if `dim == 1`, else (n, dim), in torch's default dtype.

        Raises:
            ValueError: if n is not a whole number >= 1, or generator is not a torch.Generator.
        """
        _whole("n", n)
        if not isinstance(generator, torch.Generator):
            raise ValueError(f"generator must be a torch.Generator, got {generator!r}; torch.Generator() makes one")
        dtype, device = torch.get_default_dtype(), generator.device
        means, covs = self._full()
        roots = torch.linalg.cholesky(covs).to(device, dtype)
        which = torch.multinomial(self.weights.to(device), n, replacement=True, generator=generator)
        noise = torch.randn(n, self.dim, generator=generator, dtype=dtype, device=device)
        x = means.to(device, dtype)[which] + torch.einsum("nij,nj->ni", roots[which], noise)
        return x.squeeze(-1) if self.dim == 1 else x


def two_gaussians(dim: int = 1, weights: Sequence[float] = (0.3, 0.7)) -> GaussianMixture:
    """Two well-separated round Gaussians of standard deviation 0.5, four apart: the set that the lessons train on.

    In one dimension the means are -2 and 2; in two they lie on the diagonal, at (-√2, -√2) and (√2, √2).

    Args:
        dim: 1 or 2.
        weights: of the two components, positive, sum 1.

    Raises:
        ValueError: if dim is not 1 or 2, or the weights are wrong.
    """
    if dim not in (1, 2):
        raise ValueError(f"dim must be 1 or 2, got {dim!r}")
    if dim == 1:
        return GaussianMixture(torch.tensor([-2.0, 2.0]), torch.tensor([0.25, 0.25]), torch.tensor(weights))
    root = math.sqrt(2)
    return GaussianMixture(
        torch.tensor([[-root, -root], [root, root]], dtype=torch.float64),
        0.25 * torch.eye(2).expand(2, 2, 2),
        torch.tensor(weights),
    )


def _log_quartic_moments(a: float) -> tuple[float, float]:
    """log M_0 and M_2 / M_0, where M_m is the integral of x^m exp(-a (x² - 1)²) over the real line, a > 0."""
    half = a / 2
    quarter = special.ive(0.25, half) + special.ive(-0.25, half)  # scaled by exp(-a/2), so that nothing overflows
    three_quarters = special.ive(0.75, half) + special.ive(-0.75, half)
    return math.log(math.pi / 2 * quarter), 0.5 * (1 + three_quarters / quarter)


def _origin(dim: int) -> Float[Tensor, "..."]:
    return torch.zeros(1 if dim == 1 else (1, dim), dtype=torch.float64)


def _positive(name: str, value: float) -> float:
    if not isinstance(value, numbers.Real) or isinstance(value, bool) or not 0 < value < math.inf:
        raise ValueError(f"{name} must be a positive, finite number, got {value!r}")
    return float(value)


def _temperature(value: float) -> float:
    """A temperature may come out of a torch.linspace or an array: one number is taken from it."""
    return _positive("temperature", value.item() if isinstance(value, Tensor) and value.ndim == 0 else value)


def _whole(name: str, value: int) -> int:
    if not isinstance(value, numbers.Integral) or isinstance(value, bool) or value < 1:
        raise ValueError(f"{name} must be a whole number >= 1, got {value!r}")
    return int(value)


def _float64(name: str, value: object) -> Tensor:
    try:
        tensor = torch.as_tensor(value, dtype=torch.float64, device="cpu").detach().clone()
    except (TypeError, ValueError, RuntimeError) as error:
        raise ValueError(f"{name} must be an array of numbers, got {value!r}") from error
    if not torch.isfinite(tensor).all():
        raise ValueError(f"{name} must be finite, got {tensor.tolist()}")
    return tensor
