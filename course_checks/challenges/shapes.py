"""Lesson 05: an energy of 2000 points that were drawn with a pen, judged by its exact Kullback-Leibler divergence."""

import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from ..checks.values import clip
from .clocks import cpu
from .judge import Challenge, Refused, Values
from .seals import seal

__all__ = ["N_POINTS", "SECONDS", "Shape", "challenge"]

SECONDS = 0.5
"""Of CPU time for an energy, from the call to its return, with all threads and finished processes; and again for the
judge's two grids."""

N_POINTS = 2000
SHAPES = 3
HALF = 5.0
CELLS = 80
"""Cells of the judge's grid along each side: 0.125 wide, less than the thinnest pen."""


@dataclass(frozen=True)
class Shape:
    """A drawing: a few strokes of a round pen, with an exact density.

    Attributes:
        centres: of the pen, evenly spaced in time along each stroke.
        log_weights: of each, the strokes' ink over the number of its centres.
        widths: standard deviation of the pen at each.
        seed: of points and grids.
    """

    centres: Float[Tensor, "m 2"]
    log_weights: Float[Tensor, "m"]
    widths: Float[Tensor, "m"]
    seed: int

    def sample(self, n: int, generator: torch.Generator) -> Float[Tensor, "n 2"]:
        """Independent points of the density, float32."""
        at = torch.multinomial(self.log_weights.exp(), n, replacement=True, generator=generator)
        noise = torch.randn(n, 2, generator=generator, dtype=torch.float64)
        return (self.centres[at] + self.widths[at, None] * noise).float()

    def log_prob(self, x: Float[Tensor, "n 2"]) -> Float[Tensor, "n"]:
        """Exact log density."""
        square = torch.cdist(x.double(), self.centres) ** 2
        return torch.logsumexp(
            self.log_weights - square / (2 * self.widths**2) - torch.log(2 * math.pi * self.widths**2), 1
        )


class Shapes(Challenge[Shape]):
    """KL(p, q) of the drawing's density p to the model q = exp(-E) / Z, in nats; the judge normalises."""

    number = "5"
    title = "an energy for points of an unknown drawing"
    arguments = ("points", "seconds", "generator")
    task = f"return an energy E(x) of (n, 2) points, made from the points within `seconds` = {SECONDS:g} s of CPU time"
    unit = "exact Kullback-Leibler divergence in nats"
    lower = True
    digits = 3
    forbidden = (
        "more CPU time, also later, when the energy is called; an energy whose values depend on which points are asked "
        "together; structure finer than the grid; a drawing known from elsewhere (each is new); random numbers in E"
    )

    @property
    def rivals(self) -> dict[str, Callable[..., Any]]:
        return {"one Gaussian": _gaussian, "kernels, Scott's rule": _scott, "network": _network, "authors' best": _best}

    def problems(self, rng: np.random.Generator) -> list[Shape]:
        # The first optimiser of a process loads a second's worth of modules, which is nobody's training time.
        parameter = torch.zeros(1, requires_grad=True)
        parameter.sum().backward()
        torch.optim.Adam([parameter]).step()
        return [_drawing(rng) for _ in range(SHAPES)]

    def attempt(self, answer: Callable[..., Any], problem: Shape) -> list[float]:
        generator = torch.Generator().manual_seed(problem.seed)
        points = problem.sample(N_POINTS, generator)
        before = cpu()
        energy = answer(points.clone(), SECONDS, generator)
        spent = cpu() - before
        if spent > 1.2 * SECONDS:
            raise Refused(f"your function took {spent:.1f} s of CPU time: expected at most {SECONDS:g} s")
        return [_divergence(problem, energy, generator)]

    def total(self, values: Values) -> float:
        return float(values.mean())


def _divergence(shape: Shape, energy: Any, generator: torch.Generator) -> float:
    """KL on a grid that is shifted at random, asked in random order and in parts of random size."""
    if not callable(energy):
        raise Refused(f"your function returned {clip(energy, 40)}: expected an energy, a function of (n, 2) points")
    side, results, before = torch.arange(CELLS, dtype=torch.float64), [], cpu()
    for _ in range(2):
        step = 2 * HALF / CELLS
        axes = -HALF + step * (side[None] + torch.rand(2, 1, generator=generator, dtype=torch.float64))
        grid = torch.cartesian_prod(*axes)
        order = torch.randperm(len(grid), generator=generator)
        cut = int(torch.randint(len(grid) // 4, len(grid) // 2, (1,), generator=generator))
        parts = [_values(energy, grid[part]) for part in (order[:cut], order[cut:])]
        values = torch.empty(len(grid), dtype=torch.float64)
        values[order] = torch.cat(parts)
        probe = order[torch.randperm(cut, generator=generator)[:50]]
        again = _values(energy, grid[probe])
        if not torch.allclose(again, values[probe], rtol=1e-3, atol=1e-3):
            raise Refused(
                "your energy gives a point another value in other company: E(x) must be a function of x alone"
            )
        log_p = shape.log_prob(grid)
        p = torch.softmax(log_p, 0)
        log_q = -values - torch.logsumexp(-values, 0)
        results.append((float((p * (torch.log_softmax(log_p, 0) - log_q)).sum()), float(torch.logsumexp(-values, 0))))
    spent = cpu() - before
    if spent > SECONDS + _JUDGES_OWN:
        raise Refused(f"your energy took {spent:.1f} s for {2 * CELLS**2:,} points: is it trained while it is called?")
    (kl, log_z), (other, other_log_z) = results
    if abs(log_z - other_log_z) > 0.1 or abs(kl - other) > 0.1 * (1 + min(kl, other)):
        raise Refused(
            f"on two grids your energy has log Z = {log_z:.2f} and {other_log_z:.2f}: it has structure finer than a "
            f"grid of {2 * HALF / CELLS:g}, which the pen has not"
        )
    return (kl + other) / 2


_JUDGES_OWN = 0.6


def _values(energy: Callable[..., Any], x: Float[Tensor, "n 2"]) -> Float[Tensor, "n"]:
    with torch.no_grad():
        values = energy(x.float())
    if not isinstance(values, Tensor) or values.shape != x.shape[:1]:
        shape = tuple(values.shape) if isinstance(values, Tensor) else clip(values, 40)
        raise Refused(f"your energy returned {shape} for {len(x):,} points: expected one value for each")
    values = values.detach().double()
    if torch.isnan(values).any() or (values == -math.inf).any():
        raise Refused("your energy is NaN or minus infinity somewhere")
    return values.clamp(max=1e6)


# ------------------------------------------------------------------------------------------------- the drawings


def _drawing(rng: np.random.Generator) -> Shape:
    """Two or three smooth strokes, each a sum of a few waves, drawn with a pen of 0.2 to 0.35."""
    n_strokes, t = int(rng.integers(2, 4)), (np.arange(120) + 0.5) / 120
    centres, weights, widths = [], [], []
    for _ in range(n_strokes):
        stroke = rng.uniform(-1.5, 1.5, 2)[:, None] * np.ones(len(t))
        for k in (1, 2, 3):
            wave = np.cos(math.pi * k * t + rng.uniform(0, 2 * math.pi, (2, 1)))
            stroke = stroke + rng.normal(0, 1.2 / k, (2, 1)) * wave
        centres.append(stroke.T)
        weights.append(np.full(len(t), rng.uniform(0.5, 1.5)))
        widths.append(np.full(len(t), rng.uniform(0.2, 0.35)))
    centre = np.concatenate(centres)
    centre = centre * min(1.0, 3.3 / np.abs(centre).max())  # the drawing keeps off the edge of the sheet
    weight = np.concatenate(weights)
    return Shape(
        torch.tensor(centre), torch.tensor(np.log(weight / weight.sum())), torch.tensor(np.concatenate(widths)),
        int(rng.integers(2**31)),
    )  # fmt: skip


# ------------------------------------------------------------------------------------------------- the others


def _gaussian(points: Tensor, seconds: float, generator: torch.Generator) -> Callable[[Tensor], Tensor]:
    mean, precision = points.mean(0), torch.linalg.inv(torch.cov(points.T))
    return lambda x: (((x - mean) @ precision) * (x - mean)).sum(-1) / 2


def _kernels(points: Tensor, width: float) -> Callable[[Tensor], Tensor]:
    return lambda x: -torch.logsumexp(-(torch.cdist(x, points) ** 2) / (2 * width**2), dim=-1)


def _scott(points: Tensor, seconds: float, generator: torch.Generator) -> Callable[[Tensor], Tensor]:
    return _kernels(points, float(points.std(0).mean()) * len(points) ** (-1 / 6))


def _network(points: Tensor, seconds: float, generator: torch.Generator) -> Callable[[Tensor], Tensor]:
    """A network trained by the likelihood for 0.7 of the time; Z is a sum over a grid that is shifted in each step."""
    end = time.process_time() + 0.7 * seconds
    side = torch.linspace(-HALF - 0.5, HALF + 0.5, 40)
    grid = torch.cartesian_prod(side, side)
    sizes = ((2, 64), (64, 64), (64, 1))
    weights = [torch.randn(size, generator=generator) / math.sqrt(size[0]) for size in sizes]
    biases = [torch.zeros(size[1]) for size in sizes]
    parameters = [p.requires_grad_(True) for p in (*weights, *biases)]

    def energy(x: Tensor) -> Tensor:
        h = x
        for k, (w, b) in enumerate(zip(weights, biases, strict=True)):
            h = h @ w + b
            h = torch.nn.functional.silu(h) if k < 2 else h
        return h.squeeze(-1) + 0.05 * (x**2).sum(-1)

    optimizer = torch.optim.Adam(parameters, lr=1e-2)
    while time.process_time() < end:
        optimizer.zero_grad()
        shifted = grid + (side[1] - side[0]) * (torch.rand(2, generator=generator) - 0.5)  # else it finds the gaps
        (energy(points).mean() + torch.logsumexp(-energy(shifted), 0)).backward()
        optimizer.step()
    return energy


def _best(points: Tensor, seconds: float, generator: torch.Generator) -> Callable[[Tensor], Tensor]:
    """The mean of eight Gaussian mixtures, each fitted by expectation and maximisation to four fifths of the points.

    A stroke is a row of long blobs, of which a mixture needs few; the mean over fits smooths what each makes up. Tuned
    on 15 drawings: 12 components a fit give 0.015 nats, 16 and 24 give 0.014, kernels of the best single width 0.024.
    """
    fits = [_mixture(points, 16, 25, generator) for _ in range(8)]
    means, roots, constants = (torch.cat(parts) for parts in zip(*fits, strict=True))
    turn, shift = roots.permute(1, 0, 2).reshape(2, -1), torch.einsum("ki,kij->kj", means, roots).flatten()

    def energy(x: Tensor) -> Tensor:
        square = (x @ turn - shift) ** 2
        return -torch.logsumexp(constants - (square[:, 0::2] + square[:, 1::2]) / 2, dim=1)

    return energy


def _mixture(
    points: Float[Tensor, "n 2"], k: int, n_steps: int, generator: torch.Generator
) -> tuple[Float[Tensor, "k 2"], Float[Tensor, "k 2 2"], Float[Tensor, "k"]]:
    """Means, Cholesky roots of the precisions, and logs of weights over normalisations."""
    x = points[torch.randperm(len(points), generator=generator)[: len(points) * 4 // 5]]
    squares = torch.stack([x[:, 0] ** 2, x[:, 0] * x[:, 1], x[:, 1] ** 2], dim=1)
    means, roots, log_weights = x[:k], 2 * torch.eye(2).repeat(k, 1, 1), torch.zeros(k)
    for step in range(n_steps + 1):
        constants = log_weights + torch.log(torch.diagonal(roots, dim1=1, dim2=2)).sum(1)
        if step == n_steps:
            break
        away = torch.einsum("nki,kij->nkj", x[:, None] - means, roots)
        share = torch.softmax(constants - (away**2).sum(-1) / 2, dim=1)
        weight = share.sum(0) + 1e-3
        means, second = (share.T @ x) / weight[:, None], (share.T @ squares) / weight[:, None]
        a, b, c = (second - torch.stack([means[:, 0] ** 2, means[:, 0] * means[:, 1], means[:, 1] ** 2], 1)).unbind(1)
        covariance = torch.stack([a + 2e-3, b, b, c + 2e-3], dim=1).reshape(k, 2, 2)
        roots = torch.linalg.cholesky(torch.linalg.inv(covariance))
        log_weights = torch.log(weight / weight.sum())
    return means, roots, constants


challenge = Shapes()

seal(__name__)
