"""Sets of points in one and two dimensions whose density is known exactly.

    moons = two_moons()
    x = moons.sample(5000, torch.Generator().manual_seed(0))       # (5000, 2)
    moons.log_prob(x)                                              # (5000,)

A model that has learnt such a set can be judged by its exact Kullback-Leibler divergence (`ebm.kl`), not by eye. Points
are independent, and all but a negligible part of them (less than 1e-6) lie inside `domain`.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from course_utils import arguments, tensors
from course_utils.energies import Domain

PLANE: Domain = ((-5.0, 5.0), (-5.0, 5.0))
"""The box of all two-dimensional sets."""


@dataclass(frozen=True, eq=False)
class Density:
    """A density that can be drawn from and evaluated.

    Attributes:
        name: what a figure calls it.
        dim: 1 or 2.
        domain: the box that holds it, (low, high) for each coordinate.
    """

    name: str
    dim: int
    domain: Domain
    _draw: Callable[[int, torch.Generator], Tensor] = field(repr=False)
    _log: Callable[[Tensor], Tensor] = field(repr=False)

    def sample(self, n: int, generator: torch.Generator) -> Float[Tensor, "n *dim"]:
        """Independent points.

        Args:
            n: how many, at least 1.
            generator: source of the random numbers; the points are on its device.

        Returns:
            Shape (n,) if `dim == 1`, else (n, 2), float32.

        Raises:
            ValueError: if n is not a whole number >= 1, or generator is not a torch.Generator.
        """
        return self._draw(arguments.whole("n", n), tensors.generator(generator))

    def log_prob(self, x: Float[Tensor, "..."]) -> Float[Tensor, "..."]:
        """log p at each point, exact; -inf where p = 0.

        Args:
            x: points: any shape if `dim == 1`, else the last axis holds the two coordinates. Floating point.

        Returns:
            The shape of x if `dim == 1`, else x.shape[:-1], in the dtype of x.

        Raises:
            ValueError: if x is not a floating-point tensor or its last axis is wrong.
        """
        tensors.floats("x", x)
        if self.dim > 1 and (x.ndim == 0 or x.shape[-1] != self.dim):
            raise ValueError(f"x has shape {tuple(x.shape)}: expected the {self.dim} coordinates in its last axis")
        return self._log(x)


def mixture_1d(separation: float = 4.0, std: float = 0.5, weights: Sequence[float] = (0.3, 0.7)) -> Density:
    """Two Gaussians on a line, at -separation/2 and separation/2.

    Args:
        separation: distance of the means, > 0. Six standard deviations or more leave nothing between the modes.
        std: standard deviation of both, > 0.
        weights: of the left and of the right one, positive, sum 1.
    """
    separation, std = arguments.positive("separation", separation), arguments.positive("std", std)
    weights = arguments.array("weights", weights, {(2,)}, 0.0, above=True).tolist()
    if abs(sum(weights) - 1) > 1e-6:
        raise ValueError(f"weights = {weights}: expected two positive numbers that sum to 1")
    means = (-separation / 2, separation / 2)
    half = max(5.0, separation / 2 + 6 * std)

    def draw(n: int, generator: torch.Generator) -> Tensor:
        right = torch.rand(n, generator=generator, device=generator.device) < weights[1]
        return torch.where(right, means[1], means[0]) + std * _normal((n,), generator)

    def log(x: Tensor) -> Tensor:
        terms = [math.log(w) - 0.5 * ((x - m) / std) ** 2 for w, m in zip(weights, means, strict=True)]
        return torch.logaddexp(*terms) - math.log(std * math.sqrt(2 * math.pi))

    return Density("two Gaussians", 1, ((-half, half),), draw, log)


def two_moons(noise: float = 0.1) -> Density:
    """Two interleaved half circles with Gaussian noise: the law of scikit-learn's `make_moons`, centred and doubled.

    An upper half circle of radius 2 around (-1, -1/2) and a lower one around (1, 1/2), half of the points on each. The
    angles are drawn, while `make_moons` spaces them evenly: so points are independent, as every estimate with an error
    bar assumes. The density is an integral over the angle, done by Gauss-Legendre quadrature to 1e-10.

    Args:
        noise: standard deviation in units of the radius, as in `make_moons`: 0.03, below which the grids of `ebm` are
            too coarse, to 0.2, above which the domain is too small. In the plane it is twice as large.

    Raises:
        ValueError: if noise is not between 0.03 and 0.2.
    """
    noise = arguments.number("noise", noise, 0.03, 0.2)
    std = 2 * noise
    nodes, node_weights = np.polynomial.legendre.leggauss(math.ceil(16 + 6 / noise))
    angles = torch.from_numpy(math.pi / 2 * (nodes + 1))
    log_weights = torch.from_numpy(np.log(node_weights / 2))
    arc = torch.stack([2 * angles.cos() - 1, 2 * angles.sin() - 0.5], dim=-1)

    def draw(n: int, generator: torch.Generator) -> Tensor:
        uniform = torch.rand(2, n, generator=generator, device=generator.device)
        angle, sign = math.pi * uniform[0], torch.where(uniform[1] < 0.5, 1.0, -1.0)
        upper = torch.stack([2 * angle.cos() - 1, 2 * angle.sin() - 0.5], dim=-1)
        return sign[:, None] * upper + std * _normal((n, 2), generator)  # a point reflection maps one onto the other

    def log(x: Tensor) -> Tensor:
        flat, centres = x.reshape(-1, 2).double(), arc.to(x.device)
        constant = log_weights.to(x.device) - (centres**2).sum(-1) / (2 * std**2)
        parts = []
        for part in flat.split(_AT_ONCE):  # |x - c|² = |x|² - 2 x·c + |c|², and the lower arc is minus the upper one
            along = part @ centres.T / std**2
            terms = torch.cat([constant + along, constant - along], dim=-1)
            parts.append(torch.logsumexp(terms, dim=-1) - (part**2).sum(-1) / (2 * std**2))
        log_p = torch.cat(parts) - math.log(2 * 2 * math.pi * std**2)
        return log_p.to(x.dtype).reshape(x.shape[:-1])

    return Density("two moons", 2, PLANE, draw, log)


def eight_gaussians() -> Density:
    """Eight equal Gaussians of standard deviation 0.3 on a circle of radius 3, the first on the positive x axis."""
    radius, std = 3.0, 0.3
    angles = torch.arange(8, dtype=torch.float64) * (math.pi / 4)
    means = radius * torch.stack([angles.cos(), angles.sin()], dim=-1)

    def draw(n: int, generator: torch.Generator) -> Tensor:
        which = torch.randint(8, (n,), generator=generator, device=generator.device)
        return means.to(which.device, torch.float32)[which] + std * _normal((n, 2), generator)

    def log(x: Tensor) -> Tensor:
        terms = -((x.unsqueeze(-2) - means.to(x)) ** 2).sum(-1) / (2 * std**2)
        return torch.logsumexp(terms, dim=-1) - math.log(8 * 2 * math.pi * std**2)

    return Density("eight Gaussians", 2, PLANE, draw, log)


def checkerboard() -> Density:
    """Uniform on the eight dark squares of a 4 x 4 board on [-4, 4]²; the square with corner (-4, -4) is dark.

    Its density is 1/32 on them and 0 elsewhere: no smooth energy can represent its edges.
    """

    def draw(n: int, generator: torch.Generator) -> Tensor:
        column = torch.randint(4, (n,), generator=generator, device=generator.device)
        row = 2 * torch.randint(2, (n,), generator=generator, device=generator.device) + column % 2
        corner = torch.stack([column, row], dim=-1)
        return 2 * (corner + torch.rand(n, 2, generator=generator, device=generator.device)) - 4

    def log(x: Tensor) -> Tensor:
        square = torch.floor((x + 4) / 2)
        dark = ((square >= 0) & (square <= 3)).all(-1) & (square.sum(-1) % 2 == 0)
        return torch.where(dark, -math.log(32.0), -math.inf).to(x.dtype)

    return Density("checkerboard", 2, PLANE, draw, log)


def pinwheel() -> Density:
    """Five Gaussian arms around the origin, wound up: a point at radius r is turned by the angle 0.8 r.

    Such a turn keeps every circle, and so every area: the density at a point is that of the straight arms at the point
    turned back. Each straight arm is a Gaussian with mean 2 and standard deviation 0.5 along it, and 0.2 across.
    """
    arms, twist, mean, along, across = 5, 0.8, 2.0, 0.5, 0.2

    def draw(n: int, generator: torch.Generator) -> Tensor:
        which = torch.randint(arms, (n,), generator=generator, device=generator.device)
        noise = _normal((n, 2), generator)
        straight = torch.stack([mean + along * noise[:, 0], across * noise[:, 1]], dim=-1)
        return _turned(straight, 2 * math.pi / arms * which + twist * straight.norm(dim=-1))

    def log(x: Tensor) -> Tensor:
        back = -twist * x.norm(dim=-1)
        terms = []
        for arm in range(arms):
            a, b = _turned(x, back - 2 * math.pi / arms * arm).unbind(-1)
            terms.append(-0.5 * ((a - mean) / along) ** 2 - 0.5 * (b / across) ** 2)
        return torch.logsumexp(torch.stack(terms), dim=0) - math.log(arms * 2 * math.pi * along * across)

    return Density("pinwheel", 2, PLANE, draw, log)


_AT_ONCE = 1024
"""Points whose distances to all nodes are computed in one pass."""


def _turned(x: Tensor, angle: Tensor) -> Tensor:
    (a, b), cos, sin = x.unbind(-1), angle.cos(), angle.sin()
    return torch.stack([cos * a - sin * b, sin * a + cos * b], dim=-1)


def _normal(shape: tuple[int, ...], generator: torch.Generator) -> Tensor:
    return torch.randn(shape, generator=generator, device=generator.device)
