"""The exercise of the first lesson: the energy of a spring."""

from typing import Any

import numpy as np
import torch

from ..checks import Task
from ..checks.values import to_numpy

__all__ = ["spring_energy"]


def _spring(rng: np.random.Generator) -> tuple[Any, float]:
    """A number, an array or a tensor of displacements of either sign, and a stiffness that is not 1."""
    x = rng.normal(0, 2, [(), (4,), (7,)][rng.integers(3)])
    x = float(x) if x.ndim == 0 else (torch.tensor(x) if rng.random() < 0.5 else x)
    return x, float(rng.choice([0.4, 1.6, 2.5, 7.0]))


def _square(x: Any) -> np.ndarray | np.float64:
    return np.square(np.asarray(to_numpy(x), dtype=float))


def _plain(x: Any) -> np.ndarray:
    return np.asarray(to_numpy(x), dtype=float)


spring_energy = Task(
    reference=lambda x, stiffness: np.multiply(_square(x), stiffness) / 2,
    draw=_spring,
    name="E",
    question="Is it half the stiffness times the square of x?",
    mistakes={
        "The factor 1/2 is missing": lambda x, k: k * _square(x),
        "x is not squared": lambda x, k: k * _plain(x) / 2,
        "An energy of a spring is never negative: check the sign": lambda x, k: -k * _square(x) / 2,
        "The stiffness is not used": lambda x, k: _square(x) / 2,
        "The stiffness is not squared, only x is": lambda x, k: k**2 * _square(x) / 2,
        "The factor 1/2 is not squared, only x is": lambda x, k: k * _square(x) / 4,
        "Neither the factor nor the stiffness is squared, only x is": lambda x, k: k**2 * _square(x) / 4,
        "Left and right cost the same: the energy does not depend on the sign of x":
            lambda x, k: k * _square(x) * np.sign(_plain(x)) / 2,
        "x is to be squared; its absolute value is not its square": lambda x, k: k * np.abs(_plain(x)) / 2,
        "k x is the force, not the energy; and a square of x is x**2, not 2 * x": lambda x, k: k * _plain(x),
        "This is the force, -k x; the energy is k x²/2": lambda x, k: -k * _plain(x),
        "A stiff spring costs more: multiply by the stiffness": lambda x, k: _square(x) / k / 2,
        "It is half of k x², not twice": lambda x, k: 2 * k * _square(x),
        "The factor 1/2 and the stiffness are missing": lambda x, k: _square(x),
        "The stiffness stands under the power: square x alone": lambda x, k: 0.5 * k ** _plain(x),
        "It is x that is squared, not the stiffness": lambda x, k: k**2 * _plain(x) / 2,
        "x is squared, not cubed": lambda x, k: k * _plain(x) ** 3 / 2,
        "One energy for each x: do not add them up": lambda x, k: k * _square(x).sum() / 2,
    },
)  # fmt: skip
