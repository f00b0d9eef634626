"""Lesson 01: a landscape from its photographs, at temperatures of one's own choice, judged where no camera works."""

import math
import operator
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from jaxtyping import Float, Int
from torch import Tensor

from ..checks.values import clip, to_numpy
from .counted import Opaque, OverBudget, kept
from .judge import Challenge, Refused, Values
from .seals import seal

__all__ = ["BUDGET", "COLDEST", "HOTTEST", "JUDGED", "N_PLACES", "challenge"]

BUDGET = 500
"""Photographs of each landscape."""

N_PLACES = 81
COLDEST, HOTTEST = 0.5, 5.0
"""Between these temperatures the camera works."""

JUDGED = (0.3, 1.0, 3.0)
PROBLEMS = 40


@dataclass(frozen=True)
class Hidden:
    """A landscape on a line that only a camera sees.

    Attributes:
        energy: of each place.
        seed: of the darts.
    """

    energy: Float[np.ndarray, "places"]
    seed: int


class Photographs(Challenge[Hidden]):
    """KL of the true distribution to the one that the returned energies give, the mean over three temperatures."""

    number = "1"
    title = "a landscape from its photographs"
    arguments = ("camera", "x", "budget")
    task = "return the energy of every place x, from `budget` photographs: camera(temperature, n) gives n places"
    unit = "Kullback-Leibler divergence in nats, the mean over T = 0.3, 1 and 3"
    lower = True
    digits = 3
    forbidden = (
        f"more photographs than the budget; photographs colder than {COLDEST:g} or hotter than {HOTTEST:g}; looking "
        "inside the camera; a landscape known from elsewhere (each is new); energies that are not finite"
    )

    @property
    def rivals(self) -> dict[str, Callable[..., Any]]:
        return {
            "flat land": _flat,
            "-log of the counts at T = 1": _one_temperature,
            "three temperatures": _three_temperatures,
            "smoothed counts at T = 1": _smoothed,
            "authors' best": _best,
        }

    def problems(self, rng: np.random.Generator) -> list[Hidden]:
        return [Hidden(_landscape(rng), int(rng.integers(2**31))) for _ in range(PROBLEMS)]

    def attempt(self, answer: Callable[..., Any], problem: Hidden) -> list[float]:
        """The divergence at each of the judge's temperatures."""
        camera = camera_of(problem)
        returned = answer(camera, torch.linspace(-2, 2, N_PLACES, dtype=torch.float64), BUDGET)
        if kept(camera)["looked"]:
            raise Refused(f"your function looked inside the camera (`.{kept(camera)['looked']}`)")
        energy = _energies(returned)
        return [_divergence(problem.energy, energy, T) for T in JUDGED]

    def total(self, values: Values) -> float:
        return float(values.mean())

    def note(self, values: Values) -> str:
        return ", ".join(f"T = {T:g}: {kl:.3f}" for T, kl in zip(JUDGED, values.mean(0), strict=True))


# ---------------------------------------------------------------------------------------------- the problem


def _landscape(rng: np.random.Generator) -> Float[np.ndarray, "places"]:
    """Six waves of random phase, the longer the higher, between two steep walls."""
    x = np.linspace(-2, 2, N_PLACES)
    waves = [
        rng.normal(0, 2.4 / (1 + k / 2)) * np.cos(math.pi * k * x / 4 + rng.uniform(0, 2 * math.pi))
        for k in range(1, 7)
    ]
    return sum(waves) + (x / 1.8) ** 8


def camera_of(hidden: Hidden) -> Opaque:
    """What is handed over: photographs, counted."""
    rng, used = np.random.default_rng(hidden.seed), [0]

    def camera(temperature: float, n: int) -> Int[Tensor, "n"]:
        T, n = float(to_numpy(temperature)), operator.index(n)
        if not COLDEST <= T <= HOTTEST:
            raise Refused(f"the camera works from T = {COLDEST:g} to {HOTTEST:g}, and your function asked at {T:g}")
        if n < 0:
            raise Refused(f"your function asked for {n} photographs: expected a whole number, 0 or more")
        used[0] += n
        if used[0] > BUDGET:
            raise OverBudget(f"your function asked for more than its {BUDGET:,} photographs")
        marks = np.cumsum(np.exp(_log_p(hidden.energy, T)))
        return torch.from_numpy(np.searchsorted(marks / marks[-1], rng.random(n), side="right"))

    return Opaque(call=camera)


def _log_p(energy: Float[np.ndarray, "places"], temperature: float) -> Float[np.ndarray, "places"]:
    exponent = -energy / temperature
    top = exponent.max()
    return exponent - top - math.log(np.exp(exponent - top).sum())


def _divergence(true: Float[np.ndarray, "places"], found: Float[np.ndarray, "places"], temperature: float) -> float:
    log_p = _log_p(true, temperature)
    return float((np.exp(log_p) * (log_p - _log_p(found, temperature))).sum())


def _energies(returned: Any) -> Float[np.ndarray, "places"]:
    try:
        energy = np.array(to_numpy(returned), dtype=float)
    except (TypeError, ValueError):
        energy = np.empty(0)
    if energy.shape != (N_PLACES,):
        raise Refused(f"your function returned {clip(returned, 40)}: expected {N_PLACES} energies, one for each place")
    if not np.isfinite(energy).all():
        raise Refused("your function returned energies that are not finite: a place never seen is not impossible")
    return energy


# ------------------------------------------------------------------------------------------------- the others


def _flat(camera: Any, x: Tensor, budget: int) -> Tensor:
    """No photograph at all: every place is as good as any other."""
    return torch.zeros(len(x), dtype=torch.float64)


def _one_temperature(camera: Any, x: Tensor, budget: int) -> Tensor:
    """All photographs at T = 1, where p = exp(-E) / Z: the energy is minus the log of the counts, and one more each."""
    counts = torch.bincount(camera(1.0, budget), minlength=len(x))
    return -torch.log(counts + 1.0)


def _smoothed(camera: Any, x: Tensor, budget: int) -> Tensor:
    """As before, but each photograph counts for the places around it as well, 0.1 wide."""
    seen = x[camera(1.0, budget)]
    return -torch.log(torch.exp(-((x[:, None] - seen) ** 2) / (2 * 0.1**2)).sum(1) + 0.3)


def _three_temperatures(camera: Any, x: Tensor, budget: int) -> Tensor:
    """Photographs at three temperatures, one landscape that fits them all (the multiple-histogram method).

    Source: Ferrenberg and Swendsen, Phys. Rev. Lett. 63, 1195 (1989), doi:10.1103/PhysRevLett.63.1195.
    """
    ladder = torch.tensor([0.5, 1.0, 2.5], dtype=torch.float64)
    n = budget // len(ladder)
    counts = sum(torch.bincount(camera(float(T), n), minlength=len(x)) for T in ladder) + 1.0
    energy = -torch.log(counts)
    for _ in range(100):  # until the landscape expects at each place what was counted there
        p = torch.softmax(-energy / ladder[:, None], dim=1)
        expected = (n + len(x) / len(ladder)) * p.sum(0)
        energy = energy - 0.5 * torch.log(counts / expected)
    return energy


def _best(camera: Any, x: Tensor, budget: int) -> Tensor:
    """The most probable smooth landscape for all photographs together: a Gaussian process, by Newton's method.

    Each place borrows from its neighbours as much as the prior allows. Tuned on 80 landscapes of their own: T = 0.5 and
    1.2 give 0.0067 nats, 1 alone 0.0136, 0.5 and 2.5 give 0.0076; a width of 0.4 or 0.75 instead of 0.6 costs a half.
    """
    counts = {T: np.bincount(camera(T, int(share * budget)).numpy(), minlength=len(x)) for T, share in LADDER}
    x = x.numpy()
    prior = HEIGHT**2 * np.exp(-((x[:, None] - x) ** 2) / (2 * WIDTH**2)) + 1e-4 * np.eye(len(x))
    precision, energy = np.linalg.inv(prior), np.zeros(len(x))
    for _ in range(NEWTON):
        slope, curvature = precision @ energy, precision.copy()
        for T, count in counts.items():
            n, p = count.sum(), np.exp(_log_p(energy, T))
            slope += (count - n * p) / T
            curvature += n * (np.diag(p) - np.outer(p, p)) / T**2
        step = np.linalg.solve(curvature, slope)
        energy = energy - step / max(1.0, np.abs(step).max() / 2)  # no leap beyond 2
    return torch.from_numpy(energy)


LADDER = ((0.5, 0.5), (1.2, 0.5))
"""Temperatures, each with its share of the photographs."""

HEIGHT, WIDTH, NEWTON = 3.0, 0.6, 12

challenge = Photographs()

seal(__name__)
