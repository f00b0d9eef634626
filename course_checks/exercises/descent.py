"""Exercises on descent at a temperature: the thermal step, a schedule, a success rate, the temperature of SGD."""

import math

import numpy as np
import torch
from torch import Tensor

from course_utils import descent

from ..checks import Task

__all__ = ["exponential_schedule", "sgd_temperature", "success_rate", "thermal_step"]


def _state(rng: np.random.Generator) -> tuple[Tensor, Tensor, float, float, Tensor]:
    """Parameters of some shape, a gradient, a step size, a temperature and the noise."""
    shape = [(4,), (2, 3), (5, 1), (3, 2, 2)][rng.integers(4)]
    x, gradient, noise = (torch.tensor(rng.normal(0, 1.5, shape)) for _ in range(3))
    return x, gradient, float(rng.choice([0.01, 0.07, 0.3])), float(rng.choice([0.2, 2.5, 7.0])), noise


thermal_step = Task(
    reference=lambda x, gradient, step_size, temperature, noise:
        x.sub(gradient, alpha=step_size).add(noise, alpha=(2 * step_size * temperature) ** 0.5),
    draw=_state,
    name="x after one step",
    question="Is it x minus the step size times the gradient, plus the noise times √(2·lr·T)?",
    mistakes={
        "This is lr·√T: its temperature is T·lr/2. It needs √(2·lr·T)":
            lambda x, g, e, T, xi: x - e * g + e * math.sqrt(T) * xi,
        "The 2 under the root is missing: this has half of T": lambda x, g, e, T, xi: x - e * g + math.sqrt(e * T) * xi,
        "The 2 belongs under the root": lambda x, g, e, T, xi: x - e * g + 2 * math.sqrt(e * T) * xi,
        "T belongs under the root": lambda x, g, e, T, xi: x - e * g + math.sqrt(2 * e) * T * xi,
        "The step size belongs under the root, not before it":
            lambda x, g, e, T, xi: x - e * g + e * math.sqrt(2 * T) * xi,
        "The temperature is not used": lambda x, g, e, T, xi: x - e * g + math.sqrt(2 * e) * xi,
        "T multiplies under the root: this divides by it (is it β?)":
            lambda x, g, e, T, xi: x - e * g + math.sqrt(2 * e / T) * xi,
        "The step size is missing in the noise": lambda x, g, e, T, xi: x - e * g + math.sqrt(2 * T) * xi,
        "The root is missing: 2·lr·T is the variance of the noise": lambda x, g, e, T, xi: x - e * g + 2 * e * T * xi,
        "The step size is in the noise twice: lr times the gradient only, not times gradient plus noise":
            lambda x, g, e, T, xi: x - e * g + e * math.sqrt(2 * e * T) * xi,
        "The noise is added to the gradient and shrinks with it: it belongs to x, outside of lr·(…)":
            lambda x, g, e, T, xi: x - e * (g + math.sqrt(2 * e * T) * xi),
        "Add the noise as it was handed to you; its sign is turned":
            lambda x, g, e, T, xi: x - e * g - math.sqrt(2 * e * T) * xi,
        "This goes uphill: descent subtracts the gradient":
            lambda x, g, e, T, xi: x + e * g + math.sqrt(2 * e * T) * xi,
        "The step size is missing before the gradient": lambda x, g, e, T, xi: x - g + math.sqrt(2 * e * T) * xi,
        "T stands in the noise only; the gradient is not divided by it":
            lambda x, g, e, T, xi: x - e * g / T + math.sqrt(2 * e) * xi,
        "The gradient is missing: this is a random walk": lambda x, g, e, T, xi: x + math.sqrt(2 * e * T) * xi,
        "The noise itself is missing: here its size is added": lambda x, g, e, T, xi: x - e * g + math.sqrt(2 * e * T),
        "There is no noise in it": lambda x, g, e, T, xi: x - e * g,
        "This is the change of x; add it to x": lambda x, g, e, T, xi: math.sqrt(2 * e * T) * xi - e * g,
        "One number of the noise is used for all parameters":
            lambda x, g, e, T, xi: x - e * g + math.sqrt(2 * e * T) * xi.flatten()[0],
    },
)  # fmt: skip


def _schedule(rng: np.random.Generator) -> tuple[float, float, int]:
    """A start temperature, a lower end, and a number of steps."""
    start = float(rng.uniform(0.5, 20))
    return start, start * float(rng.uniform(0.01, 0.6)), int(rng.integers(3, 40))


def _s(n: int) -> Tensor:
    return torch.linspace(0, 1, n, dtype=torch.float64)


exponential_schedule = Task(
    reference=lambda start, end, n_steps: np.geomspace(start, end, n_steps),
    draw=_schedule,
    name="T of each step",
    question="Is there one factor from each step to the next, n - 1 times, from the start to the end?",
    mistakes={
        "Off by one: there are n - 1 gaps, so the end is missed":
            lambda a, b, n: a * (b / a) ** (torch.arange(n) / n),
        "Off by one: the first step is already cooled": lambda a, b, n: a * (b / a) ** ((torch.arange(n) + 1) / n),
        "Off by one: the first step is the start temperature itself, and the last one is the end":
            lambda a, b, n: a * (b / a) ** ((torch.arange(n) + 1) / (n - 1)),
        "There are n - 1 gaps between n steps, not n + 1": lambda a, b, n: a * (b / a) ** (torch.arange(n) / (n + 1)),
        "One temperature for each step: there is one too many":
            lambda a, b, n: np.geomspace(a, b, n + 1),
        "One temperature for each step: there is one too few, the last":
            lambda a, b, n: np.geomspace(a, b, n)[:-1],
        "One temperature for each step: the start is missing": lambda a, b, n: np.geomspace(a, b, n)[1:],
        "This falls by the same amount; it must fall by the same factor": lambda a, b, n: a + (b - a) * _s(n),
        "This is polynomial cooling; it must fall by the same factor at every step":
            lambda a, b, n: b + (a - b) * (1 - _s(n)) ** 2,
        "The base is wrong: e^-s ends at start/e, whatever the end is": lambda a, b, n: a * torch.exp(-_s(n)),
        "The base is wrong: exp(-s·start/end) misses the end": lambda a, b, n: a * torch.exp(-_s(n) * a / b),
        "The base is wrong: exp(-s·(start - end)) misses the end": lambda a, b, n: a * torch.exp(-_s(n) * (a - b)),
        "The end is not the last temperature: this falls by e^-s towards it":
            lambda a, b, n: b + (a - b) * torch.exp(-_s(n)),
        "This rises: start and end are exchanged": lambda a, b, n: np.geomspace(b, a, n),
        "The factor is end/start; you took start/end, so T rises": lambda a, b, n: a * (a / b) ** _s(n),
        "The whole ratio is applied at every step": lambda a, b, n: a * (b / a) ** torch.arange(n),
        "The ratio is applied at every step, as if it were the end itself": lambda a, b, n: a * b ** _s(n),
        "The start temperature is missing as a factor": lambda a, b, n: (b / a) ** _s(n),
        "These are logs; exponentiate them": lambda a, b, n: np.linspace(np.log(a), np.log(b), n),
        "torch.logspace takes powers of 10: give it log10, or base=math.e":
            lambda a, b, n: 10.0 ** np.linspace(np.log(a), np.log(b), n),
        "s must reach 1 at the last step; here it is the number of the step":
            lambda a, b, n: a * np.exp(-np.arange(n)),
    },
)  # fmt: skip


def _runs(rng: np.random.Generator) -> tuple[Tensor, float]:
    """Successes of some runs, and a z that is not 1.96."""
    n = int(rng.integers(6, 80))
    k = int(rng.integers(1, n))
    return torch.tensor(rng.permutation(np.arange(n) < k)), float(rng.choice([0.8, 1.3, 1.645, 2.576]))


def _library(successes: Tensor, z: float = 1.96) -> tuple[float, float, float]:
    """Wilson's interval from scipy."""
    rate = descent.success_rate(successes, confidence=math.erf(z / math.sqrt(2)))
    return rate.rate, rate.low, rate.high


def _ends(of: Tensor, z: float, centre: str = "wilson", half: str = "wilson") -> dict[str, float]:
    """Both ends from one of several centres and half-widths."""
    n, p = len(of), float(of.double().mean())
    b, plain = 1 + z**2 / n, math.sqrt(p * (1 - p) / n)
    c = {
        "wilson": (p + z**2 / (2 * n)) / b,
        "rate": p,
        "undivided": p + z**2 / (2 * n),
        "z": (p + z / (2 * n)) / b,
        "z²/n": (p + z**2 / n) / b,
        "half": (p + 0.5) / b,
    }[centre]
    h = {
        "wilson": z / b * math.sqrt(p * (1 - p) / n + z**2 / (4 * n**2)),
        "wald": z * plain,
        "wald/b": z * plain / b,
        "undivided": z * math.sqrt(p * (1 - p) / n + z**2 / (4 * n**2)),
        "no z": math.sqrt(p * (1 - p) / n + z**2 / (4 * n**2)) / b,
        "root of a part": z / b * (plain + z**2 / (4 * n**2)),
        "roots": z / b * (plain + z / (2 * n)),
        "no root": z / b * (p * (1 - p) / n + z**2 / (4 * n**2)),
        "4n": z / b * math.sqrt(p * (1 - p) / n + z**2 / (4 * n)),
        "no n": z / b * math.sqrt(p * (1 - p) + z**2 / (4 * n**2)),
        "2n²": z / b * math.sqrt(p * (1 - p) / n + z**2 / (2 * n**2)),
    }[half]
    return {"the lower end": c - h, "the upper end": c + h}


success_rate = Task(
    reference=_library,
    draw=_runs,
    outputs=("the rate", "the lower end", "the upper end"),
    question={
        "the rate": "Is it the number of successes over the number of runs?",
        "the lower end": "Is it the centre minus the half-width, both divided by 1 + z²/n?",
        "the upper end": "Is it the centre plus the half-width, both divided by 1 + z²/n?",
    },
    mistakes={
        "This is Wald's interval": lambda of, z=1.96: _ends(of, z, "rate", "wald"),
        "This is Wald's interval, cut off at 0 and 1":
            lambda of, z=1.96: {k: min(max(v, 0.0), 1.0) for k, v in _ends(of, z, "rate", "wald").items()},
        "z is not used: this is one standard deviation": lambda of, z=1.96: _ends(of, 1.0),
        "z is not used: 1.96 stands in its place": lambda of, z=1.96: _ends(of, 1.96),
        "z is missing before the root": lambda of, z=1.96: _ends(of, z, half="no z"),
        "The denominator 1 + z²/n is missing": lambda of, z=1.96: _ends(of, z, "undivided", "undivided"),
        "The centre is not divided by 1 + z²/n": lambda of, z=1.96: _ends(of, z, "undivided"),
        "The half-width is not divided by 1 + z²/n": lambda of, z=1.96: _ends(of, z, half="undivided"),
        "The interval is around its own centre, not around the rate": lambda of, z=1.96: _ends(of, z, "rate"),
        "The interval is around the rate; take the centre, divided by 1 + z²/n, and its half-width":
            lambda of, z=1.96: _ends(of, z, "rate", "undivided"),
        "The centre holds z²/2n, not z/2n": lambda of, z=1.96: _ends(of, z, "z"),
        "The centre holds z²/2n, not z²/n": lambda of, z=1.96: _ends(of, z, "z²/n"),
        "The root is over the sum of both terms; here it is over the first only":
            lambda of, z=1.96: _ends(of, z, half="root of a part"),
        "The root of a sum is not the sum of the roots": lambda of, z=1.96: _ends(of, z, half="roots"),
        "The root in the half-width is missing": lambda of, z=1.96: _ends(of, z, half="no root"),
        "The second term under the root is missing": lambda of, z=1.96: _ends(of, z, half="wald/b"),
        "The second term under the root is z²/4n², with n squared": lambda of, z=1.96: _ends(of, z, half="4n"),
        "The second term under the root is z²/4n², not z²/2n²": lambda of, z=1.96: _ends(of, z, half="2n²"),
        "The first term under the root is divided by n": lambda of, z=1.96: _ends(of, z, half="no n"),
        "These are per cent; return shares from 0 to 1":
            lambda of, z=1.96: tuple(100 * v for v in _library(of, z)),
        "These are counts; a rate is divided by n": lambda of, z=1.96: tuple(len(of) * v for v in _library(of, z)),
        "You divided by n - 1; a share divides by n": lambda of, z=1.96: {
            "the rate": float(of.sum()) / (len(of) - 1), **_ends_of_share(float(of.sum()), len(of) - 1, z)},
        "You counted the failures": lambda of, z=1.96: _library(~of, z),
        "The first value is the rate k/n, not the centre of the interval":
            lambda of, z=1.96: {"the rate": sum(_ends(of, z).values()) / 2},
        "Return the two ends, not the centre and the half-width": lambda of, z=1.96: {
            "the lower end": sum(_ends(of, z).values()) / 2,
            "the upper end": np.subtract(*list(_ends(of, z).values())[::-1]) / 2},
        "Return the ends, not their distance from the rate": lambda of, z=1.96: {
            "the lower end": float(of.double().mean()) - _ends(of, z)["the lower end"],
            "the upper end": _ends(of, z)["the upper end"] - float(of.double().mean())},
        "The sign of the half-width is turned: the lower end comes first": lambda of, z=1.96: dict(
            zip(("the lower end", "the upper end"), list(_ends(of, z).values())[::-1], strict=True)),
    },
)  # fmt: skip


def _ends_of_share(k: float, n: int, z: float) -> dict[str, float]:
    """Wilson's ends for k of n, where k may be n + 1."""
    p, b = k / n, 1 + z**2 / n
    half = z / b * math.sqrt(max(p * (1 - p) / n + z**2 / (4 * n**2), 0.0))
    return {"the lower end": (p + z**2 / (2 * n)) / b - half, "the upper end": (p + z**2 / (2 * n)) / b + half}


def _examples(rng: np.random.Generator) -> tuple[Tensor, float, int]:
    """Gradients of some examples with a mean that is not 0, a step size and a batch size above 2."""
    n, p = int(rng.integers(5, 15)), int(rng.integers(2, 5))
    gradients = rng.normal(rng.uniform(0.4, 1.5, p), rng.uniform(0.3, 2.0, p), (n, p))
    return torch.tensor(gradients), float(rng.choice([0.03, 0.3, 0.7])), int(rng.choice([3, 4, 7]))


def _c(g: Tensor) -> Tensor:
    return g.var(0, correction=0)


sgd_temperature = Task(
    reference=lambda gradients, step_size, batch_size:
        descent.effective_temperature(descent.gradient_noise(gradients), step_size, batch_size),
    draw=_examples,
    name="T along each parameter",
    question="Is it the step size times the variance over the examples, divided by twice the batch size?",
    atol=1e-9,
    mistakes={
        "The 2 is missing: a thermal step adds noise of variance 2·lr·T": lambda g, e, B: e * _c(g) / B,
        "The batch size is missing: averaging B gradients divides their variance by B": lambda g, e, B: e * _c(g) / 2,
        "Divide by 2 times B (are the brackets missing?): larger batches are colder":
            lambda g, e, B: e * _c(g) * B / 2,
        "Divide by B once: the variance of a mean is c/B": lambda g, e, B: e * _c(g) / (2 * B**2),
        "The variance of a mean is c/B; this divides by √B": lambda g, e, B: e * _c(g) / (2 * math.sqrt(B)),
        "This is the standard deviation; a temperature takes the variance": lambda g, e, B: e * _c(g).sqrt() / (2 * B),
        "The variance is squared once more": lambda g, e, B: e * _c(g) ** 2 / (2 * B),
        "Subtract the mean gradient: c is a variance, not a mean square":
            lambda g, e, B: e * (g**2).mean(0) / (2 * B),
        "This is the square of the mean gradient; its noise is the variance":
            lambda g, e, B: e * g.mean(0) ** 2 / (2 * B),
        "The mean gradient is what drives; its noise is a variance": lambda g, e, B: e * g.mean(0) / (2 * B),
        "This is ε²c/B, the variance of the noise of one step; it equals 2·lr·T": lambda g, e, B: e**2 * _c(g) / B,
        "The step size enters once: ε²c/B = 2 ε T": lambda g, e, B: e**2 * _c(g) / (2 * B),
        "The step size is missing": lambda g, e, B: _c(g) / (2 * B),
        "You divided by the step size: ε²c/B = 2 ε T": lambda g, e, B: _c(g) / (2 * B * e),
        "You divided by n - 1; these are all examples there are, so divide by n":
            lambda g, e, B: e * g.var(0) / (2 * B),
        "This is the sum over the examples; a variance is a mean": lambda g, e, B: e * len(g) * _c(g) / (2 * B),
        "One variance for each parameter, over the examples": lambda g, e, B: e * g.var(correction=0) / (2 * B),
        "One variance for each parameter; this adds them up": lambda g, e, B: e * _c(g).sum() / (2 * B),
        "One variance for each parameter; this averages them": lambda g, e, B: e * _c(g).mean() / (2 * B),
        "The variance is over the examples, dim=0; this is over the parameters of each":
            lambda g, e, B: e * g.var(1, correction=0) / (2 * B),
        "This is the whole matrix; along the parameters it is its diagonal":
            lambda g, e, B: e * torch.cov(g.T, correction=0) / (2 * B),
    },
)  # fmt: skip
