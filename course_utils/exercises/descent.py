"""Exercises on the temperature of learning: a thermal step, a schedule, a success rate, the temperature of SGD."""

import math

import numpy as np
import torch
from torch import Tensor

from .. import descent
from ..checks import Task

__all__ = ["exponential_schedule", "sgd_temperature", "success_rate", "thermal_step"]


def _one_step(rng: np.random.Generator) -> tuple[Tensor, Tensor, float, float, Tensor]:
    shape = [(3,), (5,), (4, 2)][rng.integers(3)]
    x, g, noise = (torch.tensor(v) for v in rng.normal(size=(3, *shape)))
    return x, g, float(rng.uniform(0.02, 0.3)), float(rng.choice([0.3, 1.9, 4.0])), noise


thermal_step = Task(
    reference=lambda x, gradient, step_size, temperature, noise: torch.tensor(
        x.numpy() - step_size * gradient.numpy() + np.sqrt(2 * step_size * temperature) * noise.numpy()
    ),
    draw=_one_step,
    name="x",
    question="Is it x minus ε times the gradient, plus √(2εT) times the noise?",
    mistakes={
        "This is lr·√T: its temperature is T·lr/2. It needs √(2·lr·T)":
            lambda x, g, e, T, xi: x - e * g + e * math.sqrt(T) * xi,
        "The 2 under the root is missing: this has half of T": lambda x, g, e, T, xi: x - e * g + math.sqrt(e * T) * xi,
        "The 2 belongs under the root": lambda x, g, e, T, xi: x - e * g + 2 * math.sqrt(e * T) * xi,
        "T belongs under the root": lambda x, g, e, T, xi: x - e * g + math.sqrt(2 * e) * T * xi,
        "The step size belongs under the root": lambda x, g, e, T, xi: x - e * g + e * math.sqrt(2 * T) * xi,
        "The temperature is not used": lambda x, g, e, T, xi: x - e * g + math.sqrt(2 * e) * xi,
        "The temperature multiplies under the root; you divided by it":
            lambda x, g, e, T, xi: x - e * g + (math.sqrt(2 * e / T) * xi if T else math.inf * xi),
        "The step size is missing in the noise": lambda x, g, e, T, xi: x - e * g + math.sqrt(2 * T) * xi,
        "The root is missing: 2·lr·T is the variance of the noise": lambda x, g, e, T, xi: x - e * g + 2 * e * T * xi,
        "This goes uphill: descent subtracts the gradient":
            lambda x, g, e, T, xi: x + e * g + math.sqrt(2 * e * T) * xi,
        "The step size is missing before the gradient": lambda x, g, e, T, xi: x - g + math.sqrt(2 * e * T) * xi,
        "The gradient is not divided by T: the noise holds the temperature":
            lambda x, g, e, T, xi: x - e * g / T + math.sqrt(2 * e * T) * xi if T else x,
        "With a drift of ε the noise is √(2εT); half a step goes with another convention":
            lambda x, g, e, T, xi: x - e / 2 * g + math.sqrt(2 * e * T) * xi,
        "There is no noise in it": lambda x, g, e, T, xi: x - e * g,
        "The gradient is missing": lambda x, g, e, T, xi: x + math.sqrt(2 * e * T) * xi,
        "Start from x: this is the change alone": lambda x, g, e, T, xi: -e * g + math.sqrt(2 * e * T) * xi,
        "Each parameter gets its own noise: you took one number for all":
            lambda x, g, e, T, xi: x - e * g + math.sqrt(2 * e * T) * xi.flatten()[0],
    },
)  # fmt: skip


def _power(start: float, end: float, s: Tensor) -> Tensor:
    return start * (end / start) ** s


def _ramp(n: int) -> Tensor:
    return torch.linspace(0, 1, n, dtype=torch.float64)


exponential_schedule = Task(
    reference=lambda start, end, n_steps: np.geomspace(start, end, n_steps),
    draw=lambda rng: (float(rng.uniform(2, 20)), float(rng.uniform(0.05, 1.5)), int(rng.integers(3, 12))),
    question="Is each temperature the one before times the same factor, from start at first to end at last?",
    mistakes={
        "Off by one: there are n - 1 gaps, so the end is missed": lambda a, b, n: _power(a, b, torch.arange(n) / n),
        "Off by one: the first step is already cooled": lambda a, b, n: _power(a, b, torch.arange(1, n + 1) / n),
        "Off by one: s goes from 0 to 1, not beyond": lambda a, b, n: _power(a, b, torch.arange(1, n + 1) / (n - 1)),
        "This falls by the same amount; it must fall by the same factor": lambda a, b, n: a + (b - a) * _ramp(n),
        "The base is wrong: e^-s ends at start/e, whatever the end is": lambda a, b, n: a * torch.exp(-_ramp(n)),
        "The base is wrong: exp(-s·start/end) misses the end": lambda a, b, n: a * torch.exp(-_ramp(n) * a / b),
        "This rises: start and end are exchanged": lambda a, b, n: _power(b, a, _ramp(n)),
        "The ratio is upside down: it is end / start": lambda a, b, n: a * (a / b) ** _ramp(n),
        "The whole ratio is applied at every step": lambda a, b, n: _power(a, b, torch.arange(n, dtype=torch.float64)),
        "Multiply by start: this begins at 1": lambda a, b, n: (b / a) ** _ramp(n),
        "The logs are evenly spaced; these are the logs, exponentiate them":
            lambda a, b, n: torch.log(_power(a, b, _ramp(n))),
        "One temperature for each step: here are too many": lambda a, b, n: _power(a, b, _ramp(n + 1)),
        "One temperature for each step: here are too few": lambda a, b, n: _power(a, b, _ramp(n)[:-1]),
        "This is the last temperature alone; return all of them": lambda a, b, n: b,
    },
)  # fmt: skip


def _runs(rng: np.random.Generator) -> tuple[Tensor, float]:
    n = int(rng.integers(6, 60))
    return torch.tensor(rng.permutation(n) < rng.integers(1, n)), float(rng.choice([1.0, 1.645, 2.576]))


def _wilson(successes: Tensor, z: float) -> tuple[float, float, float]:
    result = descent.success_rate(torch.as_tensor(successes), confidence=math.erf(z / math.sqrt(2)))
    return result.rate, result.low, result.high


def _wald(successes: Tensor, z: float) -> tuple[float, float, float]:
    n, p = len(successes), float(successes.double().mean())
    half = z * math.sqrt(p * (1 - p) / n)
    return p, p - half, p + half


def _around_the_rate(s: Tensor, z: float) -> tuple[float, float, float]:
    p, low, high = _wilson(s, z)
    return p, p - (high - low) / 2, p + (high - low) / 2


def _without_denominator(s: Tensor, z: float) -> tuple[float, float, float]:
    p, low, high = _wilson(s, z)
    b = 1 + z**2 / len(s)
    return p, low * b, high * b


def _of_fewer(s: Tensor, z: float) -> tuple[float, float, float] | None:
    n, k = len(s) - 1, int(s.sum())
    return _wilson(torch.arange(n) < k, z) if k <= n else None


def _linear_z(s: Tensor, z: float) -> tuple[float, float, float]:
    n, p = len(s), float(s.double().mean())
    b = 1 + z / n
    half = z / b * math.sqrt(p * (1 - p) / n + z / (4 * n**2))
    return p, (p + z / (2 * n)) / b - half, (p + z / (2 * n)) / b + half


def _one_denominator(s: Tensor, z: float) -> tuple[float, float, float]:
    n, p = len(s), float(s.double().mean())
    centre = (p + z**2 / (2 * n)) / (1 + z**2 / n)
    half = z * math.sqrt(p * (1 - p) / n + z**2 / (4 * n**2))
    return p, centre - half, centre + half


success_rate = Task(
    reference=lambda successes, z=1.96: _wilson(successes, z),
    draw=_runs,
    outputs=("the rate", "the lower end", "the upper end"),
    question={
        "the rate": "Is it the number of successes over the number of runs?",
        "the lower end": "Is it the centre of Wilson's interval minus its half-width, both over 1 + z²/n?",
        "the upper end": "Is it the centre of Wilson's interval plus its half-width?",
    },
    mistakes={
        "This is Wald's interval": _wald,
        "This is Wald's interval, cut off at 0 and 1":
            lambda s, z: (_wald(s, z)[0], max(0.0, _wald(s, z)[1]), min(1.0, _wald(s, z)[2])),
        "z is not used: this is one standard deviation": lambda s, z: _wilson(s, 1.0),
        "z is not used: this is 1.96 standard deviations": lambda s, z: _wilson(s, 1.96),
        "These are per cent; return shares from 0 to 1": lambda s, z: [100 * v for v in _wilson(s, z)],
        "The denominator 1 + z²/n is missing": _without_denominator,
        "The half-width needs the denominator 1 + z²/n too": _one_denominator,
        "You divided by n - 1; a share divides by n": _of_fewer,
        "The interval is around its own centre, not around the rate": _around_the_rate,
        "The rate is the plain share; this is the centre of the interval":
            lambda s, z: {"the rate": sum(_wilson(s, z)[1:]) / 2},
        "This is the number of successes; divide by the number of runs": lambda s, z: {"the rate": int(s.sum())},
        "This is the share of failures": lambda s, z: _wilson(~s, z),
        "z enters squared in the centre, the denominator and under the root": _linear_z,
        "Return the ends, not the half-width": lambda s, z: {
            "the lower end": (_wilson(s, z)[2] - _wilson(s, z)[1]) / 2, "the upper end": 0.0},
        "Return the ends, not centre and half-width": lambda s, z: {
            "the lower end": sum(_wilson(s, z)[1:]) / 2, "the upper end": (_wilson(s, z)[2] - _wilson(s, z)[1]) / 2},
    },
)  # fmt: skip


def _gradients(rng: np.random.Generator) -> tuple[Tensor, float, int]:
    n, p = [(7, 2), (12, 3), (9, 5)][rng.integers(3)]
    g = rng.normal(size=(n, p)) * rng.uniform(0.3, 2.0, p) + rng.normal(0.8, 0.3, p)
    return torch.tensor(g), float(rng.uniform(0.02, 0.3)), int(rng.integers(2, 6))


def _population(g: Tensor) -> Tensor:
    return ((g - g.mean(0)) ** 2).mean(0)


sgd_temperature = Task(
    reference=lambda gradients, step_size, batch_size: torch.tensor(
        step_size * np.diag(np.cov(gradients.numpy(), rowvar=False, bias=True)) / (2 * batch_size)
    ),
    draw=_gradients,
    name="T",
    question="Is it ε times the variance of each parameter's gradient over the examples, over 2 B?",
    mistakes={
        "The 2 is missing: a thermal step adds noise of variance 2·lr·T": lambda g, e, B: e * _population(g) / B,
        "The batch size is missing: averaging B gradients divides their variance by B":
            lambda g, e, B: e * _population(g) / 2,
        "You multiplied by B: larger batches are colder": lambda g, e, B: e * _population(g) * B / 2,
        "Divide by B once: the variance of a mean is c/B": lambda g, e, B: e * _population(g) / (2 * B**2),
        "The variance of a mean is c/B, not c/√B": lambda g, e, B: e * _population(g) / (2 * B**0.5),
        "This is the standard deviation; a temperature takes the variance":
            lambda g, e, B: e * _population(g).sqrt() / (2 * B),
        "Subtract the mean gradient: c is a variance, not a mean square":
            lambda g, e, B: e * (g**2).mean(0) / (2 * B),
        "This is ε²c/B, the variance of the noise of one step; it equals 2·lr·T":
            lambda g, e, B: e**2 * _population(g) / B,
        "ε enters once: one factor of ε² is in the 2·lr·T of the thermal step":
            lambda g, e, B: e**2 * _population(g) / (2 * B),
        "The step size is missing": lambda g, e, B: _population(g) / (2 * B),
        "You divided by n - 1; these are all examples there are, so divide by n":
            lambda g, e, B: e * g.var(0) / (2 * B),
        "The mean gradient is what drives; its noise is a variance": lambda g, e, B: e * g.mean(0) / (2 * B),
        "One variance for each parameter, over the examples": lambda g, e, B: e * g.var(correction=0) / (2 * B),
        "One temperature for each parameter: the average over them is taken too much":
            lambda g, e, B: e * _population(g).mean() / (2 * B),
        "The variance is over the examples, axis 0, not over the parameters":
            lambda g, e, B: e * g.var(1, correction=0) / (2 * B),
        "The examples are drawn with replacement: no correction for a finite population":
            lambda g, e, B: e * _population(g) / (2 * B) * (len(g) - B) / (len(g) - 1),
        "This is the sum over the examples; the variance is their mean":
            lambda g, e, B: e * _population(g) * len(g) / (2 * B),
        "Only the first B examples are used": lambda g, e, B: e * _population(g[:B]) / (2 * B),
    },
)  # fmt: skip
