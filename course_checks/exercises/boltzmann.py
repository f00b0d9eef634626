"""Exercises on the Boltzmann distribution: probabilities, log Z, densities, thermodynamics, likelihood."""

import math

import numpy as np
import torch
from torch import Tensor

from ..checks import Task

__all__ = ["density", "log_partition", "negative_log_likelihood", "probabilities", "thermodynamics"]


def _levels(rng: np.random.Generator) -> tuple[Tensor, float]:
    """Energies of a few states, and a temperature that is not 1."""
    return torch.tensor(rng.normal(0.5, 1.5, rng.integers(4, 9))), float(rng.choice([0.6, 1.7, 2.5]))


def _softmax(exponent: Tensor) -> Tensor:
    return torch.softmax(exponent, 0)


probabilities = Task(
    reference=lambda energy, temperature: _softmax(-energy / temperature),
    draw=_levels,
    question="Is it exp(-E/T), divided by the sum of all such weights?",
    mistakes={
        "These are the weights; divide them by their sum Z": lambda E, T: torch.exp(-E / T),
        "Low energy must be likely: check the sign in the exponent": lambda E, T: _softmax(E / T),
        "The temperature has no effect: is it used, and inside the exponent?": lambda E, T: _softmax(-E),
        "Divide the energy by T; you multiplied": lambda E, T: _softmax(-E * T),
        "Divide by the sum of the weights, not by the largest": lambda E, T: torch.exp(-(E - E.min()) / T),
        "Divide by the sum of the weights; you divided by their number or mean":
            lambda E, T: torch.exp(-E / T) / torch.exp(-E / T).mean(),
        "p falls off as exp(-E/T), not as 1/E": lambda E, T: (1 / E) / (1 / E).sum(),
        "p falls off as exp(-E/T), not on a straight line": lambda E, T: (E.max() - E) / (E.max() - E).sum(),
        "The exponent is -E/T: T divides the energy only, not the whole weight":
            lambda E, T: torch.exp(-E) / T / (torch.exp(-E)).sum(),
        "The exponent holds E, not E²": lambda E, T: _softmax(-(E**2) / T),
        "The base is e, not 2": lambda E, T: _softmax(-E * math.log(2) / T),
        "These are log probabilities; exponentiate them": lambda E, T: torch.log_softmax(-E / T, 0),
    },
)  # fmt: skip


def _plain_log_sum(E: Tensor, T: float, shift: Tensor | float = 0.0) -> Tensor:
    """log Z from exponentials with nothing, or the wrong thing, taken out."""
    return torch.log(torch.exp(-E / T - shift).sum()) + shift


log_partition = Task(
    reference=lambda energy, temperature: float(np.logaddexp.reduce(-energy.numpy() / temperature)),
    draw=lambda rng: (torch.tensor(rng.normal(0, 2, rng.integers(3, 9)) + rng.choice([-900, 0, 1500])),
                      float(rng.choice([0.6, 1.7]))),
    name="log Z",
    rtol=1e-7,
    question="Is it the log of the sum of exp(-E/T), with the largest exponent taken out before and added back after?",
    mistakes={
        "You took the largest exponent out and did not add it back":
            lambda E, T: torch.logsumexp(-E / T, 0) - (-E / T).max(),
        "You took the largest exponent out and subtracted it again; add it back":
            lambda E, T: torch.logsumexp(-E / T, 0) - 2 * (-E / T).max(),
        "exp overflowed or underflowed: take out the largest exponent first": _plain_log_sum,
        "The exponent that you took out is not the largest: that belongs to the lowest energy":
            lambda E, T: _plain_log_sum(E, T, (-E / T).min()),
        "This is Z; take its log": lambda E, T: torch.exp(-E / T).sum(),
        "The sign is wrong: the exponent is -E/T": lambda E, T: torch.logsumexp(E / T, 0),
        "This is the log of the mean; Z is the sum": lambda E, T: torch.logsumexp(-E / T, 0) - math.log(len(E)),
        "This is -T log Z, the free energy": lambda E, T: -T * torch.logsumexp(-E / T, 0),
        "This is -log Z": lambda E, T: -torch.logsumexp(-E / T, 0),
        "The temperature is not used": lambda E, T: torch.logsumexp(-E, 0),
        "T divides each energy, inside the exponential, and not the log": lambda E, T: torch.logsumexp(-E, 0) / T,
        "Divide the energy by T; you multiplied": lambda E, T: torch.logsumexp(-E * T, 0),
        "What you take out is -E/T, with its T; add back the same": lambda E, T:
            torch.logsumexp(-E / T, 0) - (-E / T).max() + (-E).max(),
        "This is the largest exponent alone; the other states count too": lambda E, T: (-E / T).max(),
        "This is the sum of the exponents; take exp first": lambda E, T: (-E / T).sum(),
        "The log is to the base e": lambda E, T: torch.logsumexp(-E / T, 0) / math.log(10),
    },
)  # fmt: skip


def _landscape(rng: np.random.Generator) -> tuple[Tensor, float, float]:
    """A tilted bowl on a line or in a plane whose sides have different numbers of points."""
    shape = [(41,), (57,), (23, 35), (31, 18)][rng.integers(4)]
    axes = [torch.linspace(-4, 4, n, dtype=torch.float64) for n in shape]
    E = sum(0.5 * a**2 + rng.normal(0, 0.3) * a for a in torch.meshgrid(*axes, indexing="ij"))
    return E + rng.choice([-1200.0, 0.0, 3.0]), math.prod(8 / (n - 1) for n in shape), float(rng.choice([0.5, 1.8]))


def _density(energy: Tensor, cell: float, temperature: float) -> tuple[Tensor, float]:
    exponent = -energy / temperature
    top = exponent.max()
    total = torch.exp(exponent - top).sum() * cell
    return torch.exp(exponent - top) / total, float(torch.log(total) + top)


def _density_by_rows(E: Tensor, cell: float, T: float) -> tuple[Tensor, Tensor]:
    log_z = torch.logsumexp(-E / T, -1, keepdim=True) + math.log(cell)
    return torch.exp(-E / T - log_z), log_z.flatten()[0]


def _density_without_care(E: Tensor, cell: float, T: float) -> tuple[Tensor, Tensor]:
    weight = torch.exp(-E / T)
    return weight / (weight.sum() * cell), torch.log(weight.sum() * cell)


density = Task(
    reference=_density,
    draw=_landscape,
    outputs=("p", "log Z"),
    question={
        "p": "Is it exp(-E/T) over Z, and is Z a sum times the cell?",
        "log Z": "Is it the log of the sum times the cell, over all grid points?",
    },
    mistakes={
        "p sums to 1 over grid points: divide by dx, so that its integral is 1":
            lambda E, c, T: {"p": _density(E, c, T)[0] * c},
        "You multiplied p by dx; divide": lambda E, c, T: {"p": _density(E, c, T)[0] * c**2},
        "These are the weights exp(-E/T); divide by Z": lambda E, c, T: {"p": torch.exp(-E / T)},
        "This is exp(-E/T) without the 1/Z, its largest value taken out":
            lambda E, c, T: {"p": torch.exp(-(E - E.min()) / T)},
        "The sum that gives Z needs its dx": lambda E, c, T: {"log Z": _density(E, c, T)[1] - math.log(c)},
        "dx belongs to Z once, as a factor; you divided by it":
            lambda E, c, T: {"log Z": _density(E, c, T)[1] - 2 * math.log(c)},
        "The log of a sum times dx is the log of the sum plus the log of dx":
            lambda E, c, T: {"log Z": torch.logsumexp((-E / T).flatten(), 0) * c},
        "This is Z": lambda E, c, T: {"log Z": np.exp(_density(E, c, T)[1])},
        "This is -log Z": lambda E, c, T: {"log Z": -_density(E, c, T)[1]},
        "You took something out before exp and did not add it back to log Z":
            lambda E, c, T: {"log Z": _density(E - E.min(), c, T)[1]},
        "What you add back to log Z is -E/T, with its T":
            lambda E, c, T: {"log Z": _density(E - E.min(), c, T)[1] - E.min()},
        "The temperature is not used": lambda E, c, T: _density(E, c, 1.0),
        "Divide the energy by T; you multiplied": lambda E, c, T: _density(E, c, 1 / T),
        "Low energy must be likely: check the sign in the exponent": lambda E, c, T: _density(-E, c, T),
        "cell already is dx * dy; use it once": lambda E, c, T: {
            "p": _density(E, c**E.ndim, T)[0], "log Z": _density(E, c**E.ndim, T)[1]},
        "In the plane, sum over both axes": lambda E, c, T: _density_by_rows(E, c, T) if E.ndim > 1 else None,
        "exp overflowed: use log-sum-exp, as in Exercise 1.2": _density_without_care,
    },
)  # fmt: skip


def _system(rng: np.random.Generator) -> tuple[Tensor, Tensor, float, float]:
    """A Boltzmann density of a tilted quartic well, its energy, the spacing and the temperature."""
    n, T = int(rng.integers(301, 501)), float(rng.choice([0.5, 1.7, 2.4]))
    x = torch.linspace(-5, 5, n, dtype=torch.float64)
    E = 0.25 * x**4 + rng.normal(0, 0.5) * x + rng.normal(0, 0.5) * x**2 + rng.normal(0, 1)
    return _density(E, 10 / (n - 1), T)[0], E, 10 / (n - 1), T


def _thermodynamics(p: Tensor, energy: Tensor, cell: float, temperature: float) -> tuple[Tensor, ...]:
    mass = p * cell
    U, S = (mass * energy).sum(), -(mass * torch.log(p)).sum()
    return U, S, U - temperature * S, (mass * (energy - U) ** 2).sum() / temperature**2


def _of(
    U: Tensor | None = None, S: Tensor | None = None, F: Tensor | None = None, C: Tensor | None = None
) -> dict[str, Tensor]:
    """Some of the four quantities."""
    values = {"mean energy U": U, "entropy S": S, "free energy F": F, "heat capacity C": C}
    return {name: value for name, value in values.items() if value is not None}


thermodynamics = Task(
    reference=_thermodynamics,
    draw=_system,
    outputs=("mean energy U", "entropy S", "free energy F", "heat capacity C"),
    question={
        "mean energy U": "Is each energy weighted with p, and the sum multiplied by the cell?",
        "entropy S": "Is it -Σ p log p times the cell, with the natural log?",
        "free energy F": "Is it U - T S?",
        "heat capacity C": "Is it the variance of the energy under p, over T²?",
    },
    mistakes={
        "Weight each energy with p": lambda p, E, c, T: _of(U=E.mean()),
        "An average is an integral: it needs its dx": lambda p, E, c, T: _of(U=(p * E).sum()),
        "An integral needs its dx": lambda p, E, c, T: _of(S=-(p * torch.log(p)).sum()),
        "The log takes the density alone, without dx": lambda p, E, c, T: _of(S=-(p * c * torch.log(p * c)).sum()),
        "This is the entropy in bits: use the natural log": lambda p, E, c, T: _of(S=-(p * c * torch.log2(p)).sum()),
        "The sign is wrong: S = -∫ p log p dx": lambda p, E, c, T: _of(S=(p * c * torch.log(p)).sum()),
        "The weight p is missing in the entropy": lambda p, E, c, T: _of(S=-(c * torch.log(p)).sum()),
        "F is U - T S; you computed U + T S":
            lambda p, E, c, T: _of(F=sum(_thermodynamics(p, E, c, T)[k] * (1, T)[k] for k in (0, 1))),
        "T is missing in F = U - T S":
            lambda p, E, c, T: _of(F=_thermodynamics(p, E, c, T)[0] - _thermodynamics(p, E, c, T)[1]),
        "The variance is divided by T once; C divides by T²":
            lambda p, E, c, T: _of(C=T * _thermodynamics(p, E, c, T)[3]),
        "The variance is not divided by T²": lambda p, E, c, T: _of(C=T**2 * _thermodynamics(p, E, c, T)[3]),
        "The variance is multiplied by T²; divide": lambda p, E, c, T: _of(C=T**4 * _thermodynamics(p, E, c, T)[3]),
        "Subtract the square of the mean: the variance, not the mean square":
            lambda p, E, c, T: _of(C=(p * c * E**2).sum() / T**2),
        "Square the mean energy before you subtract it":
            lambda p, E, c, T: _of(C=((p * c * E**2).sum() - (p * c * E).sum()) / T**2),
        "C is the variance over T², not U/T": lambda p, E, c, T: _of(C=_thermodynamics(p, E, c, T)[0] / T),
        "This is a standard deviation; C takes the variance":
            lambda p, E, c, T: _of(C=_thermodynamics(p, E, c, T)[3].sqrt() / T),
    },
)  # fmt: skip


def _sample_energy(rng: np.random.Generator) -> tuple[Tensor, float, float]:
    return torch.tensor(rng.normal(1, 1, rng.integers(3, 12))), float(rng.normal(0, 2)), float(rng.choice([0.6, 1.9]))


negative_log_likelihood = Task(
    reference=lambda data_energy, log_z, temperature: sum(e / temperature + log_z for e in data_energy.tolist())
    / len(data_energy),
    draw=_sample_energy,
    name="the loss",
    question="Is it the mean of E/T, plus log Z?",
    mistakes={
        "log Z is missing; without it, any constant added to E changes the loss": lambda E, z, T: E.mean() / T,
        "log Z has the wrong sign: -log p = E/T + log Z": lambda E, z, T: E.mean() / T - z,
        "This is the sum over the data; take the mean": lambda E, z, T: E.sum() / T + len(E) * z,
        "You summed the energies: take the mean": lambda E, z, T: E.sum() / T + z,
        "This is log p; the loss is -log p": lambda E, z, T: -E.mean() / T - z,
        "The energy is not divided by T": lambda E, z, T: E.mean() + z,
        "Only the energy is divided by T, not log Z": lambda E, z, T: (E.mean() + z) / T,
        "The energy is divided by T, not multiplied": lambda E, z, T: E.mean() * T + z,
        "log Z is a log already: do not take its log or exp": lambda E, z, T: E.mean() / T + math.exp(z),
        "Divide by the number of data, n, not by n - 1": lambda E, z, T: E.sum() / (len(E) - 1) / T + z,
        "log Z is the same for every point: add it once to the mean": lambda E, z, T: E.mean() / T + z / len(E),
        "-log p has a plus before E/T: check both signs": lambda E, z, T: -E.mean() / T + z,
        "Take the mean of -log p, not minus the log of the mean of p":
            lambda E, z, T: z - torch.log(torch.exp(-E / T).mean()),
        "This is T times the loss": lambda E, z, T: E.mean() + T * z,
        "One number for all data: take the mean": lambda E, z, T: E / T + z,
    },
)  # fmt: skip
