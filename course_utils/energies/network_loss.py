"""The loss of a small network as an energy of two coordinates."""

import math
import random
from dataclasses import dataclass
from functools import cache
from typing import ClassVar

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from course_utils import arguments
from course_utils.arguments import positive
from course_utils.energies.base import Domain, KnownEnergy
from course_utils.tensors import Number


@dataclass(frozen=True)
class NetworkLoss(KnownEnergy):
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
        positive("scale", self.scale)

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

    def domain_at(self, temperature: Number) -> Domain:
        """A box for integrals, as in the base class; -3 to 3 up to T = 2.5 at the default scale, as measured."""
        reduced = arguments.temperature(temperature) * 12 / self.scale
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
