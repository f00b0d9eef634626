"""Lesson 03: the most effective samples from a fixed number of gradients, on a banana and on two far wells."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from course_utils import samplers

from .counted import Counted, never_asked, states
from .judge import Challenge, Refused, Values
from .landscapes import Disguise, EnergyAndGradient, Moments, banana, disguise, two_wells
from .seals import seal

__all__ = ["BUDGET", "challenge"]

BUDGET = 3000
"""Evaluations of the energy (with its gradient) for each landscape."""

PAIRS = 8
"""Problems of each kind."""


@dataclass(frozen=True)
class Landscape:
    """One energy to sample at T = 1, with what the judge knows of it."""

    function: EnergyAndGradient
    moments: Moments
    start: Float[Tensor, "2"]
    worn: Disguise
    seed: int


class Samples(Challenge[tuple[Landscape, Landscape]]):
    """Effective samples per 1000 gradients.

    For independent samples the squared error of a mean is the variance over their number. So the variance over the
    *measured* squared error says how many independent samples a run was worth, whatever it looks like: copies,
    correlated states and states of another law all have a large error.
    """

    number = "3"
    title = "sample a banana and two far wells"
    arguments = ("energy", "start", "budget", "generator")
    task = "return samples of exp(-E) at T = 1, one per row, from `budget` evaluations of the energy"
    unit = "effective samples per 1000 gradients, the geometric mean of both"
    forbidden = (
        "samples at points where the energy was never asked for; more gradients than the budget; looking inside the "
        "energy; remembered wells (each problem is turned and shifted anew); copies sold as samples (what counts is "
        "the error against exact moments)"
    )

    @property
    def rivals(self) -> dict[str, Callable[..., Any]]:
        return {"ULA": _ula, "MALA": _mala, "replica exchange": _exchange, "authors' best": _best}

    def problems(self, rng: np.random.Generator) -> list[tuple[Landscape, Landscape]]:
        return [tuple(_landscape(make, rng) for make in (banana, two_wells)) for _ in range(PAIRS)]

    def attempt(self, answer: Callable[..., Any], problem: tuple[Landscape, Landscape]) -> list[float]:
        """The squared error of the means in units of the variance, averaged over functions, for each landscape."""
        return [_error(answer, landscape) for landscape in problem]

    def total(self, values: Values) -> float:
        return float(np.exp(np.log(_effective(values)).mean()))

    def note(self, values: Values) -> str:
        on_banana, on_wells = _effective(values)
        return f"banana {on_banana:6.1f}, wells {on_wells:6.1f}"


def _effective(values: Values) -> Float[np.ndarray, "columns"]:
    return 1 / np.maximum(values.mean(0), 1e-12) / BUDGET * 1000


def _landscape(make: Callable[..., Any], rng: np.random.Generator) -> Landscape:
    function, moments, start = make(rng)
    return Landscape(function, moments, start, disguise(rng, 2, 3.0), int(rng.integers(2**31)))


def _error(answer: Callable[..., Any], landscape: Landscape) -> float:
    energy = Counted(landscape.worn.worn(landscape.function), 2, BUDGET)
    generator = torch.Generator().manual_seed(landscape.seed)
    returned = answer(energy, landscape.worn.on(landscape.start[None])[0], BUDGET, generator)
    samples = states(returned, energy, 2)
    strangers = never_asked(energy, samples)
    if strangers:
        raise Refused(
            f"{strangers:,} of your {len(samples):,} samples are points where you never asked for the energy: a sample "
            "that nobody has looked at is a guess, or known from elsewhere"
        )
    functions, means, stds = landscape.moments
    found = functions(landscape.worn.off(samples.double())).mean(0)
    return float((((found - means) / stds) ** 2).mean())


# ------------------------------------------------------------------------------------------------- the others


def _langevin(
    sampler: Callable[..., Any], energy: Any, start: Tensor, budget: int, generator: Any, step: float
) -> Tensor:
    n_steps = budget // 20 - 1  # twenty chains; the start is asked for too
    x = start.repeat(20, 1)
    run = sampler(energy, x, step_size=step, n_steps=n_steps, burn_in=n_steps // 5, generator=generator)
    return run.trajectory.flatten(0, 1)


def _ula(energy: Any, start: Tensor, budget: int, generator: torch.Generator) -> Tensor:
    """Twenty chains; the last states are left out, since ULA does not ask for the energy there."""
    samples = _langevin(samplers.ula, energy, start, budget, generator, 0.004)
    return samples[:-20]


def _mala(energy: Any, start: Tensor, budget: int, generator: torch.Generator) -> Tensor:
    return _langevin(samplers.mala, energy, start, budget, generator, 0.1)


def _exchange(energy: Any, start: Tensor, budget: int, generator: torch.Generator) -> Tensor:
    """Five temperatures of four chains each; only the coldest, a fifth of the budget, is returned."""
    ladder = (1.0, 1.8, 3.2, 6.0, 11.0)
    n_steps = budget // 20 - 1
    run = samplers.replica_exchange(
        energy, start.repeat(5, 4, 1), step_sizes=[0.1 * t for t in ladder], temperatures=ladder, n_steps=n_steps,
        swap_every=2, generator=generator, burn_in=n_steps // 5,
    )  # fmt: skip
    return run.trajectory[:, 0].flatten(0, 1)


def _best(energy: Any, start: Tensor, budget: int, generator: torch.Generator) -> Tensor:
    """Replica exchange finds the wells; then adaptive importance sampling from kernels around what was found.

    An independent draw costs one evaluation, while a chain needs tens for each. Every round puts kernels at points
    drawn by their weights so far; in the end all rounds count as one mixture, and each point is returned as often as
    its weight says. Tuned on 32 to 56 pairs of problems: 0.3 of the budget for the exchange gives 150 effective
    samples, 0.2 and 0.4 give 120; eight rounds rather than five; these widths give 142, half of them 56.

    Source: Cornuet, Marin, Mira and Robert, Scand. J. Stat. 39, 798 (2012), doi:10.1111/j.1467-9469.2011.00756.x.
    """
    ladder = torch.tensor([1.0, 2.0, 4.0, 8.0, 14.0], dtype=torch.float64)
    n_steps = int(EXPLORE * budget) // 20 - 1
    run = samplers.replica_exchange(
        energy, start.repeat(5, 4, 1), step_sizes=0.1 * ladder, temperatures=ladder, n_steps=n_steps, swap_every=1,
        generator=generator,
    )  # fmt: skip
    x, log_w = run.trajectory.reshape(-1, 2), -(run.energy * (1 - 1 / ladder[:, None])).flatten()
    n = (budget - 20 * (n_steps + 1)) // ROUNDS
    centres, points, energies, log_q = [], x[:0], log_w[:0], log_w[:0]
    for _ in range(ROUNDS):
        pick = torch.multinomial(torch.softmax(log_w, 0), KERNELS, replacement=True, generator=generator)
        old, new = centres, x[pick]
        centres = [*old, new]
        which = torch.randint(KERNELS, (n,), generator=generator)
        noise = torch.randn(n, 2, generator=generator, dtype=torch.float64)
        fresh = new[which] + WIDTHS[which % len(WIDTHS), None] * noise
        log_q = torch.logaddexp(log_q, _log_kernels(points, new))
        log_q = torch.cat([log_q, _log_kernels(fresh, torch.cat(centres))])
        points, energies = torch.cat([points, fresh]), torch.cat([energies, energy(fresh)])
        x, log_w = points, _cut(-energies - log_q)
    at = (torch.arange(20_000) + torch.rand(1, generator=generator)) / 20_000
    return x[torch.searchsorted(torch.cumsum(torch.softmax(log_w, 0), 0), at.double()).clamp(max=len(x) - 1)]


EXPLORE, ROUNDS, KERNELS = 0.3, 8, 100
WIDTHS = torch.tensor([0.25, 0.5, 0.5, 1.0], dtype=torch.float64)


def _cut(log_w: Float[Tensor, "n"]) -> Float[Tensor, "n"]:
    """Log weights of which none is above the mean weight times the root of their number.

    Else a single point in a tail that no kernel covers can outweigh all others. Source: Ionides, J. Comput. Graph.
    Stat. 17, 295 (2008), doi:10.1198/106186008X320456.
    """
    n = len(log_w)
    return log_w.clamp(max=float(torch.logsumexp(log_w, 0)) - 0.5 * math.log(n))


def _log_kernels(x: Float[Tensor, "n dim"], centres: Float[Tensor, "m dim"]) -> Float[Tensor, "n"]:
    """log of the density of the mixture from which the points were drawn, up to a constant."""
    width = WIDTHS.repeat(len(centres) // len(WIDTHS))
    square = torch.cdist(x, centres) ** 2
    return torch.logsumexp(-square / (2 * width**2) - 2 * torch.log(width), dim=1)


challenge = Samples()

seal(__name__, "course_checks.challenges.landscapes")
