"""Sets of points along strokes of a pen, with their exact density: shapes by name, or drawn by hand.

    moon = strokes("-2,0 -1,1.2 0,1.6 1,1.2 2,0")                  # one stroke per line of text, pairs x,y
    drawn(moon).sample(5000, torch.Generator().manual_seed(0))     # (5000, 2)

A stroke is thickened by a Gaussian. Summed over nodes along the stroke that is a mixture of finitely many Gaussians, so
points are drawn without a chain, and the density is exact at every place.
"""

import math
from collections.abc import Sequence

import torch
from jaxtyping import Float
from torch import Tensor

from course_utils import arguments
from course_utils.data.planar import PLANE, Density
from course_utils.energies import GaussianMixture

__all__ = ["REACH", "SHAPES", "STDS", "drawn", "drawn_energy", "strokes"]

REACH = 4.0
"""Strokes stay in [-4, 4]²."""
STDS = (0.1, 0.2)
"""Least and largest σ. Below, the grids of `ebm` are too coarse; above, a stroke at the edge would leave `PLANE`."""
MOST = 2000
"""Nodes of all strokes: at σ = 0.15 a line 300 long, with which a density on 200 × 200 cells takes a second."""
_AT_ONCE = 1024
"""Points whose distances to all nodes are computed in one pass."""

Stroke = Float[Tensor, "_ 2"]
"""The corners of a line, float64; one point is a dot."""


def strokes(text: str) -> list[Stroke]:
    """Strokes from text.

    Args:
        text: one stroke per line, as in an SVG polyline: "-2,0 -1,1.5 0,0". Empty lines count for nothing.

    Raises:
        ValueError: if a line is not made of pairs of numbers between -4 and 4.
    """
    found = []
    for number, line in enumerate(text.splitlines(), 1):
        if numbers := line.replace(",", " ").split():
            flat = arguments.array(f"line {number} of strokes", numbers, None, -REACH, REACH)
            if len(flat) % 2:
                raise ValueError(f"line {number} of strokes = {arguments.shown(line)}: expected pairs x,y")
            found.append(torch.from_numpy(flat).view(-1, 2))
    return found


def drawn(lines: Sequence[Stroke], std: float = 0.15, name: str = "drawing") -> Density:
    """The density of points that are uniform along the strokes, with Gaussian noise.

    Args:
        lines: the strokes, at least one, in [-4, 4]²; as from `strokes`, or one of `SHAPES`.
        std: standard deviation of the noise, 0.1 to 0.2.
        name: what a figure calls it.

    Raises:
        ValueError: if there is no stroke, one does not fit, all are too long, or std is out of its range.
    """
    std = arguments.number("std", std, *STDS)
    nodes, weights = _nodes(lines, std)
    constant = torch.log(weights) - (nodes**2).sum(-1) / (2 * std**2) - math.log(2 * math.pi * std**2)

    def draw(n: int, generator: torch.Generator) -> Tensor:
        device = generator.device
        which = torch.multinomial(weights.to(device), n, replacement=True, generator=generator)
        noise = torch.randn(n, 2, generator=generator, device=device)
        return nodes.to(device, torch.float32)[which] + std * noise

    def log(x: Tensor) -> Tensor:
        flat, centres, level = x.reshape(-1, 2).double(), nodes.to(x.device), constant.to(x.device)
        parts = [  # |x - c|² = |x|² - 2 x·c + |c|²
            torch.logsumexp(level + part @ centres.T / std**2, dim=-1) - (part**2).sum(-1) / (2 * std**2)
            for part in flat.split(_AT_ONCE)
        ]
        return torch.cat(parts).to(x.dtype).reshape(x.shape[:-1])

    return Density(name, 2, PLANE, draw, log)


def drawn_energy(lines: Sequence[Stroke], std: float = 0.15) -> GaussianMixture:
    """The same density as an energy that knows its gradient, E = -log p, for samplers.

    Args:
        lines, std: as for `drawn`.

    Raises:
        ValueError: as for `drawn`.
    """
    std = arguments.number("std", std, *STDS)
    nodes, weights = _nodes(lines, std)
    return GaussianMixture(nodes, std**2 * torch.eye(2, dtype=torch.float64).expand(len(nodes), 2, 2), weights)


def _nodes(lines: Sequence[Stroke], std: float) -> tuple[Float[Tensor, "k 2"], Float[Tensor, "k"]]:
    """Means of the Gaussians, evenly spaced along each stroke, and their weights, which sum to 1.

    At a spacing of σ or less, the density along a straight stroke ripples by 2 exp(-2π²) = 5e-9 of itself. A dot weighs
    as much as a stroke of length σ.
    """
    if not len(lines):
        raise ValueError("strokes = []: expected at least one")
    nodes, weights = [], []
    for number, line in enumerate(lines, 1):
        corners = arguments.array(f"stroke {number}", line, None, -REACH, REACH)
        if corners.ndim != 2 or corners.shape[1] != 2 or not len(corners):
            raise ValueError(f"stroke {number} has shape {corners.shape}: expected (n, 2)")
        corners = torch.from_numpy(corners)
        steps = torch.diff(corners, dim=0).norm(dim=-1)
        along = torch.cat([torch.zeros(1, dtype=torch.float64), steps.cumsum(0)])
        length = float(along[-1])
        k = max(1, math.ceil(length / std))
        if k + sum(map(len, nodes)) > MOST:
            raise ValueError(
                f"stroke {number} is {length:.0f} long: expected all strokes together below {MOST * std:g}"
            )
        at = length * (torch.arange(k, dtype=torch.float64) + 0.5) / k
        segment = (torch.searchsorted(along, at) - 1).clamp(min=0, max=max(0, len(steps) - 1))
        if length > 0:
            share = ((at - along[segment]) / steps[segment].clamp(min=1e-12)).unsqueeze(-1)
            nodes.append(corners[segment] + share * (corners[segment + 1] - corners[segment]))
        else:
            nodes.append(corners[:1])
        weights.append(torch.full((k,), max(length, std) / k, dtype=torch.float64))
    weights = torch.cat(weights)
    return torch.cat(nodes), weights / weights.sum()


def _arc(x: float, y: float, radius: float, start: float, end: float, n: int = 49) -> Stroke:
    """Part of a circle, between two angles in half turns."""
    angle = math.pi * torch.linspace(start, end, n, dtype=torch.float64)
    return torch.stack([x + radius * angle.cos(), y + radius * angle.sin()], dim=-1)


def _spiral(turns: float = 2.25, inner: float = 0.4, outer: float = 3.4) -> Stroke:
    share = torch.linspace(0, 1, 145, dtype=torch.float64)
    radius, angle = inner + (outer - inner) * share, 2 * math.pi * turns * share
    return torch.stack([radius * angle.cos(), radius * angle.sin()], dim=-1)


SHAPES: dict[str, list[Stroke]] = {
    "two moons": [_arc(-1, -0.5, 2, 1, 0), _arc(1, 0.5, 2, 1, 2)],
    "ring": [_arc(0, 0, 2.5, 0, 2, 97)],
    "spiral": [_spiral()],
    "letter E": strokes("-1.5,-2.5 -1.5,2.5\n-1.5,2.5 1.8,2.5\n-1.5,0 1.2,0\n-1.5,-2.5 1.8,-2.5"),
    "face": [_arc(0, 0, 3, 0, 2, 97), _arc(0, 0, 1.7, -0.85, -0.15), *strokes("-1.1,0.9 -1.1,1.3\n1.1,0.9 1.1,1.3")],
    "eight dots": [_arc(0, 0, 3, k / 4, k / 4, 1) for k in range(8)],
}
"""Shapes by name, as strokes."""
