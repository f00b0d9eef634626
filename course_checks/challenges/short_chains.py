"""Lesson 11: a chain of Boltzmann machines with twelve sweeps in all, whose law is computed."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Float
from scipy.optimize import minimize

from course_utils.denoising import exact
from course_utils.lattice.exact import ising_states

from ..checks.values import clip, to_numpy
from .judge import Challenge, Refused, Values
from .seals import seal

__all__ = ["LARGEST", "SWEEPS", "challenge"]

SWEEPS = 12
"""Of all machines together."""

LARGEST = 4.0
"""Size of a field, a coupling or a Γ: at 4 a spin follows with probability 0.9997."""

SPINS = 5
PROBLEMS = 6


@dataclass(frozen=True)
class Problem:
    """A law to be made."""

    law: Float[np.ndarray, "states"]


class ShortChains(Challenge[Problem]):
    """How far from a law with two modes a chain ends."""

    number = "11"
    title = f"make a law with two modes in {SWEEPS} sweeps"
    arguments = ("law", "n_sweeps")
    task = f"return a list of (theta, gamma, n_sweeps) with {SWEEPS} sweeps in all"
    unit = "KL(law, made) in nats"
    lower = True
    digits = 4
    forbidden = (
        f"more than {SWEEPS} sweeps in all; fields, couplings or a gamma larger than {LARGEST:g}; another energy than "
        "fields and pairs; changing the law that is handed over (the judge keeps its own)"
    )

    @property
    def rivals(self) -> dict[str, Callable[..., Any]]:
        return {"one machine": _one, "three machines": _three, "authors' best": _best}

    def problems(self, rng: np.random.Generator) -> list[Problem]:
        return [_problem(rng) for _ in range(PROBLEMS)]

    def attempt(self, answer: Callable[..., Any], problem: Problem) -> list[float]:
        """Nats, and machines."""
        machines = _machines(answer(problem.law.copy(), SWEEPS))
        return [exact.kl(problem.law, _made(machines)), len(machines)]

    def total(self, values: Values) -> float:
        return float(values[:, 0].mean())

    def note(self, values: Values) -> str:
        return f"{values[:, 1].mean():.1f} machines"


def _problem(rng: np.random.Generator) -> Problem:
    """Two patterns that differ in four spins or in all five, with unequal weights, and deep modes."""
    first = rng.choice([-1, 1], SPINS)
    second = -first
    if rng.random() < 0.5:
        second[rng.integers(SPINS)] *= -1
    share, flip = rng.uniform(0.65, 0.9), float(rng.uniform(0.005, 0.03))
    return Problem(exact.planted(np.array([first, second]), [share, 1 - share], flip))


def _machines(returned: Any) -> list[tuple[np.ndarray, float, int]]:
    """The machines of a chain, looked at."""
    wanted = "expected a list of (theta, gamma, n_sweeps)"
    if not isinstance(returned, list | tuple) or not returned:
        raise Refused(f"your function returned {clip(returned, 40)}: {wanted}")
    machines, sweeps = [], 0.0
    for each in returned:
        try:
            theta, gamma, n_sweeps = each
            theta, gamma, n_sweeps = np.array(to_numpy(theta), float), float(gamma), float(n_sweeps)
        except (TypeError, ValueError):
            raise Refused(f"one of your machines is {clip(each, 40)}: {wanted}") from None
        if theta.shape != (SPINS * (SPINS + 1) // 2,):
            raise Refused(
                f"theta has shape {theta.shape}: expected {exact.features(SPINS).shape[1:]}, fields and pairs"
            )
        if not (np.abs(theta) <= LARGEST + 1e-9).all() or not 0 <= gamma <= LARGEST + 1e-9:
            raise Refused(f"a field, a coupling or a gamma is beyond {LARGEST:g}, or no number")
        if n_sweeps < 0 or n_sweeps != math.floor(n_sweeps):
            raise Refused(f"a machine has {n_sweeps:g} sweeps: expected a whole number that is not negative")
        sweeps += n_sweeps
        machines.append((theta, gamma, int(min(n_sweeps, SWEEPS + 1))))
    if sweeps > SWEEPS:
        raise Refused(f"your machines have {sweeps:g} sweeps in all: {SWEEPS} are allowed")
    return machines


def _made(machines: list[tuple[np.ndarray, float, int]]) -> Float[np.ndarray, "states"]:
    """The law of what the machines make, one after the other, from random spins."""
    states, phi = ising_states(SPINS).astype(float), exact.features(SPINS)
    law = exact.uniform(SPINS)
    for theta, gamma, n_sweeps in machines:
        after, given = np.eye(len(law)), -(phi @ theta) - gamma * states @ states.T
        for _ in range(n_sweeps):
            after = exact.sweep(after, given)
        law = law @ after
    return law


# ------------------------------------------------------------------------------------------------- the others


def _theta(energy: Float[np.ndarray, "states"]) -> Float[np.ndarray, "parameters"]:
    """Fields and couplings of a Boltzmann machine's energy, no larger than they may be."""
    return np.clip(-(exact.features(SPINS).T @ energy) / 2**SPINS, -LARGEST, LARGEST)


def _chain(law: np.ndarray, n_sweeps: int, n_steps: int, turned: float) -> list[tuple[np.ndarray, float, int]]:
    flip = exact.rounds(n_steps, turned)
    gammas = [0.0] + [min(exact.coupling(flip), LARGEST)] * (n_steps - 1)
    energies = exact.fit_chain(law, n_steps, flip)
    return [(_theta(e), g, n_sweeps // n_steps) for e, g in zip(energies, gammas, strict=True)]


def _one(law: np.ndarray, n_sweeps: int) -> list[tuple[np.ndarray, float, int]]:
    return _chain(law, n_sweeps, 1, 0.4)


def _three(law: np.ndarray, n_sweeps: int) -> list[tuple[np.ndarray, float, int]]:
    return _chain(law, n_sweeps, 3, 0.4)


def _best(law: np.ndarray, n_sweeps: int) -> list[tuple[np.ndarray, float, int]]:
    """The best of some chains, whose machines are then cooled or heated, each by itself, by the law that they make.

    A machine that is likeliest at equilibrium is not the best for a few sweeps. Of chains of 1 to 4 machines and five
    amounts of noise, two machines with 0.1 or 0.2 came out first in twelve problems of twelve.
    """
    machines = min((_chain(law, n_sweeps, n, turned) for n, turned in TRIED), key=lambda m: exact.kl(law, _made(m)))

    def scaled(x: np.ndarray) -> list[tuple[np.ndarray, float, int]]:
        heat, pull = np.exp(x[: len(machines)]), np.exp(x[len(machines) :])
        return [
            (np.clip(theta * h, -LARGEST, LARGEST), min(gamma * g, LARGEST), k)
            for (theta, gamma, k), h, g in zip(machines, heat, pull, strict=True)
        ]

    start = np.zeros(2 * len(machines))
    found = minimize(
        lambda x: exact.kl(law, _made(scaled(x))), start, method="Nelder-Mead",
        options={"maxfev": 120, "initial_simplex": np.vstack([start, 0.15 * np.eye(len(start))])},
    )  # fmt: skip
    return scaled(found.x)


TRIED = ((2, 0.1), (2, 0.2), (2, 0.3), (3, 0.2))

challenge = ShortChains()

seal(__name__, "course_utils.denoising.exact")
