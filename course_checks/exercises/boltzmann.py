"""Exercises on the Boltzmann distribution: drawing from it, densities, heating, likelihood."""

import math
from typing import Any

import numpy as np
import torch
from torch import Tensor

from ..checks import Task

__all__ = ["density", "heat", "negative_log_likelihood", "photograph"]


def _places(rng: np.random.Generator) -> tuple[Tensor, float, Tensor]:
    """Energies of some places in no order, a temperature that is not 1, and darts in no order."""
    energy = torch.tensor(rng.normal(rng.choice([-2.0, 0.5, 40.0]), 1.5, rng.integers(4, 9)))
    return energy, float(rng.choice([0.6, 1.7, 2.5])), torch.tensor(rng.random(40))


def _hit(probability: Tensor, darts: Tensor) -> np.ndarray:
    """The place of each dart on a ruler made of these lengths, which need not end at 1."""
    marks = np.cumsum(probability.numpy())
    return np.array([min(int((marks < dart).sum()), len(marks) - 1) for dart in darts.numpy()])


def _softmax(exponent: Tensor) -> Tensor:
    return torch.softmax(exponent, 0)


photograph = Task(
    reference=lambda energy, temperature, darts: _hit(_softmax(-energy / temperature), darts),
    draw=_places,
    name="the places",
    question="Do the probabilities exp(-E/T)/Z lie end to end, in order, and does each dart find its own?",
    mistakes={
        "Low energy must be likely: check the sign in the exponent": lambda E, T, u: _hit(_softmax(E / T), u),
        "The temperature has no effect: is it used, and inside the exponent?": lambda E, T, u: _hit(_softmax(-E), u),
        "Divide the energy by T; you multiplied": lambda E, T, u: _hit(_softmax(-E * T), u),
        "The weights must be divided by their sum, so that the ruler is 1 long":
            lambda E, T, u: _hit(torch.exp(-E / T), u),
        "Divide by the sum of the weights, not by the largest":
            lambda E, T, u: _hit(torch.exp(-(E - E.min()) / T), u),
        "Every place gets the same length: the energies are not used":
            lambda E, T, u: _hit(torch.ones_like(E) / len(E), u),
        "This is the most likely place each time; which place does the dart hit?":
            lambda E, T, u: np.full(len(u), int(E.argmin())),
        "A dart belongs to the place whose mark is the first beyond it; you are one place too far":
            lambda E, T, u: _hit(_softmax(-E / T), u) + 1,
        "You are one place too early: the first place reaches from 0 to the first mark":
            lambda E, T, u: _hit(_softmax(-E / T), u) - 1,
        "The lengths must be added up, so that the marks rise: cumsum is missing":
            lambda E, T, u: torch.searchsorted(_softmax(-E / T).sort().values, u),
        "The places were sorted by probability: keep their order":
            lambda E, T, u: _hit(_softmax(-E / T).sort(descending=True).values, u),
        "The places were sorted by energy, the highest first: keep their order":
            lambda E, T, u: _hit(_softmax(-E / T).sort().values, u),
        "The darts were sorted: answer in their order": lambda E, T, u: _hit(_softmax(-E / T), u.sort().values),
        "This counts how many darts hit each place; return the place of each dart":
            lambda E, T, u: np.bincount(_hit(_softmax(-E / T), u), minlength=len(E)),
        "These are the probabilities; now find the place of each dart": lambda E, T, u: _softmax(-E / T),
        "These are energies; return the index of the place": lambda E, T, u: E[_hit(_softmax(-E / T), u)],
        "The exponent is -E/T: T divides the energy only, not the whole weight":
            lambda E, T, u: _hit(torch.exp(-E) / T / torch.exp(-E).sum(), u),
        "The base is e, not 2": lambda E, T, u: _hit(_softmax(-E * math.log(2) / T), u),
        "p falls off as exp(-E/T), not as exp(-(E/T)²)": lambda E, T, u: _hit(_softmax(-((E / T) ** 2)), u),
        "The ruler starts at the last place: lay the places in their order":
            lambda E, T, u: len(E) - 1 - _hit(_softmax(-E / T).flip(0), u),
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


def _density_from_the_top(E: Tensor, cell: float, T: float) -> tuple[Tensor, Tensor]:
    exponent = -E / T
    log_z = exponent.min() + torch.log(torch.exp(exponent - exponent.min()).sum() * cell)
    return torch.exp(exponent - log_z), log_z


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
        "The exponent that you took out is not the largest: that belongs to the lowest energy": _density_from_the_top,
        "exp overflowed or underflowed: take out the largest exponent first": _density_without_care,
    },
)  # fmt: skip


def _to_heat(rng: np.random.Generator) -> tuple[Tensor, float, Tensor]:
    """A tilted quartic well, its spacing, and a few temperatures in no order."""
    n = int(rng.integers(301, 501))
    x = torch.linspace(-5, 5, n, dtype=torch.float64)
    E = 0.25 * x**4 + rng.normal(0, 0.5) * x + rng.normal(0, 0.5) * x**2 + rng.normal(0, 1)
    return E, 10 / (n - 1), torch.tensor(rng.permutation([0.5, 0.8, 1.7, 2.4])[: rng.integers(2, 5)])


def _heat(energy: Tensor, cell: float, temperatures: Tensor) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """U, S and C from p itself, the entropy as -∫ p log p."""
    p = [_density(energy, cell, float(T))[0].numpy() for T in temperatures]
    U = np.array([(q * energy.numpy()).sum() * cell for q in p])
    S = np.array([-(q * np.log(np.maximum(q, 1e-300))).sum() * cell for q in p])
    squares = np.array([(q * energy.numpy() ** 2).sum() * cell for q in p])
    return U, S, (squares - U**2) / temperatures.numpy() ** 2


def _of(U: Any = None, S: Any = None, C: Any = None) -> dict[str, Any]:
    """Some of the three quantities."""
    return {name: value for name, value in (("U", U), ("S", S), ("C", C)) if value is not None}


def _entropy_by_log_p(E: Tensor, c: float, T: Tensor) -> np.ndarray:
    p = [_density(E, c, float(t))[0] for t in T]
    return np.array([-float((q * torch.log(q)).sum()) * c for q in p])  # nan where p has become 0


def _log_z(E: Tensor, c: float, T: Tensor) -> np.ndarray:
    return np.array([_density(E, c, float(t))[1] for t in T])


heat = Task(
    reference=_heat,
    draw=_to_heat,
    outputs=("U", "S", "C"),
    rtol=1e-5,
    question={
        "U": "Is each energy weighted with p, the sum multiplied by the cell, and p that of this temperature?",
        "S": "Is it U/T + log Z?",
        "C": "Is it the variance of the energy under p, over T²?",
    },
    mistakes={
        "Weight each energy with p": lambda E, c, T: _of(U=E.mean().expand(len(T))),
        "An average is an integral: it needs its dx": lambda E, c, T: _of(U=_heat(E, c, T)[0] / c),
        "Every temperature gives the same: is T handed to `density`?":
            lambda E, c, T: _of(*_heat(E, c, torch.ones_like(T))),
        "Every temperature gives the first one's values: is T the one of the loop?":
            lambda E, c, T: _of(*_heat(E, c, T[:1].expand(len(T)))),
        "Every temperature gives the last one's values: append inside the loop":
            lambda E, c, T: _of(*_heat(E, c, T[-1:].expand(len(T)))),
        "Only the last temperature is returned: collect all of them":
            lambda E, c, T: _of(*(v[-1] for v in _heat(E, c, T))),
        "Return the values in the order of the temperatures": lambda E, c, T: _of(*_heat(E, c, T.flip(0))),
        "S has the wrong sign": lambda E, c, T: _of(S=-_heat(E, c, T)[1]),
        "In S, U is divided by T": lambda E, c, T: _of(S=_heat(E, c, T)[0] + _log_z(E, c, T)),
        "In S, log Z is added: -log p = E/T + log Z": lambda E, c, T: _of(S=_heat(E, c, T)[0] / T - _log_z(E, c, T)),
        "log Z is missing in S": lambda E, c, T: _of(S=_heat(E, c, T)[0] / T.numpy()),
        "This is log Z, not S": lambda E, c, T: _of(S=_log_z(E, c, T)),
        "This is T S": lambda E, c, T: _of(S=_heat(E, c, T)[1] * T.numpy()),
        "This is the free energy, not the entropy": lambda E, c, T: _of(S=-T.numpy() * _log_z(E, c, T)),
        "This is the entropy in bits: use the natural log": lambda E, c, T: _of(S=_heat(E, c, T)[1] / math.log(2)),
        "An integral needs its dx": lambda E, c, T: _of(S=_heat(E, c, T)[1] / c),
        "Where p has become 0, p log p is nan: take S = U/T + log Z, which needs no log of p":
            lambda E, c, T: _of(S=_entropy_by_log_p(E, c, T)),
        "The log takes the density alone, without dx": lambda E, c, T: _of(S=_heat(E, c, T)[1] - math.log(c)),
        "The variance is divided by T once; C divides by T²": lambda E, c, T: _of(C=T.numpy() * _heat(E, c, T)[2]),
        "The variance is not divided by T²": lambda E, c, T: _of(C=T.numpy() ** 2 * _heat(E, c, T)[2]),
        "The variance is multiplied by T²; divide": lambda E, c, T: _of(C=T.numpy() ** 4 * _heat(E, c, T)[2]),
        "Subtract the square of the mean: the variance, not the mean square":
            lambda E, c, T: _of(C=_heat(E, c, T)[2] + (_heat(E, c, T)[0] / T.numpy()) ** 2),
        "The variance is an integral: it needs its dx": lambda E, c, T: _of(C=_heat(E, c, T)[2] / c),
        "C is the variance over T², not U/T": lambda E, c, T: _of(C=_heat(E, c, T)[0] / T.numpy()),
        "This is a standard deviation; C takes the variance":
            lambda E, c, T: _of(C=np.sqrt(_heat(E, c, T)[2]) / T.numpy()),
        "The squared distance from the mean, not the distance, is averaged":
            lambda E, c, T: _of(C=0 * _heat(E, c, T)[2]),
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
