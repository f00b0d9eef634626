"""Energies in disguise: known in their own coordinates, handed over turned and shifted by amounts that nobody knows."""

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from .seals import seal

__all__ = ["Disguise", "EnergyAndGradient", "banana", "bowl_of_pits", "disguise", "rippled_funnel", "two_wells"]

EnergyAndGradient = Callable[[Tensor], tuple[Tensor, Tensor]]
"""E, shape (n,), and its gradient, shape (n, dim), of n states."""

Moments = tuple[Callable[[Tensor], Tensor], Float[Tensor, "k"], Float[Tensor, "k"]]
"""k functions of states, shape (n, k), with their exact means and standard deviations under exp(-E)."""


@dataclass(frozen=True)
class Disguise:
    """A rigid motion x = R y + s from an energy's own coordinates y to those that a learner sees.

    Attributes:
        rotation: R, orthogonal; it may reflect.
        shift: s.
    """

    rotation: Float[Tensor, "dim dim"]
    shift: Float[Tensor, "dim"]

    def worn(self, function: EnergyAndGradient) -> EnergyAndGradient:
        """An energy as a function of x."""

        def turned(x: Tensor) -> tuple[Tensor, Tensor]:
            value, gradient = function(self.off(x))
            return value, gradient @ self.rotation.T

        return turned

    def off(self, x: Float[Tensor, "n dim"]) -> Float[Tensor, "n dim"]:
        """States in the energy's own coordinates."""
        return (x - self.shift) @ self.rotation

    def on(self, y: Float[Tensor, "n dim"]) -> Float[Tensor, "n dim"]:
        """States in the learner's coordinates."""
        return y @ self.rotation.T + self.shift


def disguise(rng: np.random.Generator, dim: int, reach: float) -> Disguise:
    """A random motion whose shift is evenly distributed in [-reach, reach] in each coordinate."""
    rotation, upper = np.linalg.qr(rng.normal(size=(dim, dim)))
    return Disguise(torch.tensor(rotation * np.sign(np.diag(upper))), torch.tensor(rng.uniform(-reach, reach, dim)))


# ------------------------------------------------------------------------------------- to be sampled: exact moments


def banana(rng: np.random.Generator) -> tuple[EnergyAndGradient, Moments, Float[Tensor, "2"]]:
    """A curved valley with a wave in it: a is Gaussian, and b is Gaussian around k a² + m sin(ω a + φ).

    Rosenbrock's valley is the one with m = 0. The wave is there so that the formula of Rosenbrock, fitted to some
    values of the energy, is not the answer. Moments are Gauss-Hermite sums.

    Returns:
        E with its gradient; (a, b, a²) with their means and standard deviations; and a state of low energy.
    """
    along, across = rng.uniform(0.9, 1.2), rng.uniform(0.35, 0.45)
    k, m, w, phase = rng.uniform(0.6, 0.9), rng.uniform(0.2, 0.3), rng.uniform(1.5, 2.5), rng.uniform(0, 2 * math.pi)

    def function(y: Tensor) -> tuple[Tensor, Tensor]:
        a, b = y.unbind(-1)
        u = (b - k * a**2 - m * torch.sin(w * a + phase)) / across**2
        slope = 2 * k * a + m * w * torch.cos(w * a + phase)
        value = a**2 / (2 * along**2) + u**2 * across**2 / 2
        return value, torch.stack([a / along**2 - u * slope, u], dim=-1)

    nodes, weights = np.polynomial.hermite_e.hermegauss(80)
    weights, a = weights / weights.sum(), along * nodes
    bend = k * a**2 + m * np.sin(w * a + phase)
    mean_b = float(weights @ bend)
    std_b = math.sqrt(float(weights @ (bend - mean_b) ** 2) + across**2)
    a0 = along * rng.uniform(-1, 1)
    low = [a0, k * a0**2 + m * math.sin(w * a0 + phase)]
    means = torch.tensor([0.0, mean_b, along**2], dtype=torch.float64)
    stds = torch.tensor([along, std_b, math.sqrt(2) * along**2], dtype=torch.float64)
    return function, (_a_b_aa, means, stds), torch.tensor(low, dtype=torch.float64)


def two_wells(rng: np.random.Generator) -> tuple[EnergyAndGradient, Moments, Float[Tensor, "2"]]:
    """Two Gaussian wells of unequal weight, eight standard deviations apart.

    Returns:
        As for `banana`.
    """
    weights = rng.uniform(0.3, 0.7) * np.array([1, -1]) + np.array([0, 1])
    centre = np.array([[-4.0, 0.0], [4.0, rng.uniform(-1, 1)]])
    std = rng.uniform(0.8, 1.2, (2, 2))
    c, s = torch.tensor(centre), torch.tensor(std)
    log_weight = torch.tensor(np.log(weights) - np.log(std).sum(1))

    def function(y: Tensor) -> tuple[Tensor, Tensor]:
        z = (y[:, None] - c) / s
        terms = log_weight - (z**2).sum(-1) / 2
        share = torch.softmax(terms, dim=-1)
        return -torch.logsumexp(terms, dim=-1), (share[..., None] * z / s).sum(1)

    mean, square = weights @ centre, weights @ (centre**2 + std**2)
    fourth = weights @ (centre**4 + 6 * centre**2 * std**2 + 3 * std**4)
    which = int(rng.random() > weights[0])
    means = torch.tensor([mean[0], mean[1], square[0]])
    stds = torch.tensor(np.sqrt([square[0] - mean[0] ** 2, square[1] - mean[1] ** 2, fourth[0] - square[0] ** 2]))
    return function, (_a_b_aa, means, stds), torch.tensor(centre[which] + std[which] * rng.uniform(-1, 1, 2))


def _a_b_aa(y: Float[Tensor, "n 2"]) -> Float[Tensor, "n 3"]:
    return torch.stack([y[:, 0], y[:, 1], y[:, 0] ** 2], dim=-1)


# -------------------------------------------------------------------------------- to be searched: minimum 0 at y = 0


def bowl_of_pits(rng: np.random.Generator, dim: int) -> EnergyAndGradient:
    """Rastrigin's bowl with pits at other distances and of another depth in each coordinate."""
    k = torch.tensor(2 * math.pi * rng.uniform(0.4, 0.7, dim))
    depth, bowl = torch.tensor(rng.uniform(1.0, 2.0, dim)), torch.tensor(rng.uniform(0.15, 0.4, dim))

    def function(y: Tensor) -> tuple[Tensor, Tensor]:
        value = (bowl * y**2 + depth * (1 - torch.cos(k * y))).sum(-1)
        return value, 2 * bowl * y + depth * k * torch.sin(k * y)

    return function


def rippled_funnel(rng: np.random.Generator, dim: int) -> EnergyAndGradient:
    """Ackley's funnel, with the tip rounded off: Ackley's own has no gradient there."""
    k, rate = 2 * math.pi * rng.uniform(0.5, 0.9), rng.uniform(0.15, 0.3)
    height, tip = rng.uniform(10, 20), 0.02

    def function(y: Tensor) -> tuple[Tensor, Tensor]:
        r = ((y**2).mean(-1, keepdim=True) + tip**2).sqrt()
        funnel = height * (math.exp(-rate * tip) - torch.exp(-rate * r))
        wave = torch.exp(torch.cos(k * y).mean(-1, keepdim=True))
        slope = height * rate * torch.exp(-rate * r) * y / (r * dim) + wave * k * torch.sin(k * y) / dim
        return (funnel + math.e - wave).squeeze(-1), slope

    return function


seal(__name__)
