"""Lesson 04: the deepest point of rugged landscapes from a fixed number of gradients."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from course_utils import descent

from .counted import Counted, never_asked, states
from .judge import Challenge, Refused, Values
from .landscapes import Disguise, EnergyAndGradient, bowl_of_pits, disguise, rippled_funnel
from .seals import seal

__all__ = ["BUDGET", "DIM", "HALF", "challenge"]

BUDGET = 2000
"""Evaluations of the energy (with its gradient) for each landscape."""

DIM = 5
HALF = 3.0
"""The minimum is evenly distributed in [-HALF, HALF] in each coordinate."""

PAIRS = 12
"""Problems of each kind."""


@dataclass(frozen=True)
class Terrain:
    """One energy to search, whose minimum is 0, with what the judge knows of it."""

    function: EnergyAndGradient
    worn: Disguise
    typical: float  # mean energy of points drawn evenly from the box
    seed: int


class Minimum(Challenge[tuple[Terrain, Terrain]]):
    """How high above the global minimum a search ends, where a random point is at 100."""

    number = "4"
    title = "find the deepest point of rugged landscapes"
    arguments = ("energy", "dim", "budget", "generator")
    task = "return the lowest state that you found, shape (dim,), with `budget` evaluations of the energy"
    unit = "height above the minimum in percent of that of a random point"
    lower = True
    digits = 2
    forbidden = (
        "a state where the energy was never asked for, such as a remembered minimum (each problem is turned and "
        "shifted anew); more gradients than the budget; looking inside the energy; a wrong value (it is computed anew)"
    )

    @property
    def rivals(self) -> dict[str, Callable[..., Any]]:
        return {
            "random points": _random,
            "descent, 20 starts": _restarts,
            "annealing": _annealing,
            "authors' best": _best,
        }

    def problems(self, rng: np.random.Generator) -> list[tuple[Terrain, Terrain]]:
        return [tuple(_terrain(make, rng) for make in (bowl_of_pits, rippled_funnel)) for _ in range(PAIRS)]

    def attempt(self, answer: Callable[..., Any], problem: tuple[Terrain, Terrain]) -> list[float]:
        return [_height(answer, terrain) for terrain in problem]

    def total(self, values: Values) -> float:
        return float(values.mean())

    def note(self, values: Values) -> str:
        on_pits, on_funnel = values.mean(0)
        return f"pits {on_pits:6.2f}, funnel {on_funnel:6.2f}"


def _terrain(make: Callable[..., EnergyAndGradient], rng: np.random.Generator) -> Terrain:
    function, worn = make(rng, DIM), disguise(rng, DIM, HALF)
    points = torch.tensor(rng.uniform(-HALF, HALF, (1000, DIM)))
    return Terrain(function, worn, float(worn.worn(function)(points)[0].mean()), int(rng.integers(2**31)))


def _height(answer: Callable[..., Any], terrain: Terrain) -> float:
    energy = Counted(terrain.worn.worn(terrain.function), DIM, BUDGET)
    returned = answer(energy, DIM, BUDGET, torch.Generator().manual_seed(terrain.seed))
    state = states(returned, energy, DIM, one=True).double()
    if never_asked(energy, state):
        raise Refused(
            "your function returned a state where it never asked for the energy: found, or known from elsewhere?"
        )
    return 100 * float(terrain.function(terrain.worn.off(state))[0]) / terrain.typical


# ------------------------------------------------------------------------------------------------- the others


def _starts(n: int, dim: int, generator: torch.Generator) -> Float[Tensor, "n dim"]:
    return HALF * (2 * torch.rand(n, dim, generator=generator, dtype=torch.float64) - 1)


def _lowest(x: Float[Tensor, "... dim"], value: Float[Tensor, "..."]) -> Float[Tensor, "dim"]:
    return x.reshape(-1, x.shape[-1])[value.argmin()]


def _random(energy: Any, dim: int, budget: int, generator: torch.Generator) -> Tensor:
    x = _starts(budget, dim, generator)
    return _lowest(x, energy(x))


def _restarts(energy: Any, dim: int, budget: int, generator: torch.Generator) -> Tensor:
    return _descent(energy, dim, budget, generator, [0.0] * (budget // 20 - 1))


def _annealing(energy: Any, dim: int, budget: int, generator: torch.Generator) -> Tensor:
    """Twenty chains that cool linearly; of three start temperatures and three steps the best pair in 48 problems."""
    n_steps = budget // 20 - 1
    cooling = descent.linear(1.5, 0.015, n_steps - 20).tolist()
    return _descent(energy, dim, budget, generator, cooling + [0.0] * 20)


def _descent(energy: Any, dim: int, budget: int, generator: torch.Generator, temperatures: list[float]) -> Tensor:
    run = descent.thermal_descent(
        energy,
        _starts(20, dim, generator),
        step_size=0.04,
        temperatures=torch.tensor(temperatures, dtype=torch.float64),
        generator=generator,
    )
    return _lowest(run.trajectory, run.energy)


def _best(energy: Any, dim: int, budget: int, generator: torch.Generator) -> Tensor:
    """The cross-entropy method, then descent from the lowest states.

    Draw a crowd from a Gaussian, fit the Gaussian to the best of them, draw again: it follows the funnel or the bowl
    and does not see the ripples. Its last gradients polish what was found. Tuned on 48 problems: crowds of 30 to 100
    that keep 5 to 16 end at 0.2 to 0.8 % in six dimensions.

    Source: Rubinstein, Methodol. Comput. Appl. Probab. 1, 127 (1999), doi:10.1023/A:1010091220143.
    """
    mean, root = torch.zeros(dim, dtype=torch.float64), HALF * 0.7 * torch.eye(dim, dtype=torch.float64)
    polish = POLISH * TOP
    seen, values = [], []
    for _ in range((budget - polish) // CROWD):
        x = mean + torch.randn(CROWD, dim, generator=generator, dtype=torch.float64) @ root.T
        seen.append(x)
        values.append(energy(x))
        elite = x[values[-1].argsort()[:ELITE]]
        covariance = (elite - elite.mean(0)).T @ (elite - elite.mean(0)) / ELITE
        mean = elite.mean(0)
        root = torch.linalg.cholesky(SLOW * root @ root.T + (1 - SLOW) * covariance + 1e-8 * torch.eye(dim))
    x, value = torch.cat(seen), torch.cat(values)
    x = x[value.argsort()[:TOP]]
    step, last = torch.full((TOP, dim), 0.05, dtype=torch.float64), torch.zeros(TOP, dim, dtype=torch.float64)
    for _ in range(POLISH):  # each coordinate has a step that grows while its slope keeps its sign (Rprop)
        x = x.detach().requires_grad_(True)
        height = energy(x)
        (slope,) = torch.autograd.grad(height.sum(), x)
        seen.append(x.detach())
        values.append(height.detach())
        step = torch.where(slope * last > 0, 1.2 * step, 0.5 * step)
        last, x = slope, x - step * slope.sign()
    return _lowest(torch.cat(seen), torch.cat(values))


CROWD, ELITE, SLOW, TOP, POLISH = 80, 12, 0.4, 4, 60

challenge = Minimum()

seal(__name__, "course_checks.challenges.landscapes")
