"""Exercises on Langevin sampling: the loops of ULA and MALA, a verdict on chains, a swap of temperatures."""

import math
from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor

from ..checks import Task

__all__ = ["exchange", "judge", "mala", "ula"]

Function = Callable[[Tensor], Tensor]
"""An energy."""


def _landscape(rng: np.random.Generator, dim: int) -> Function:
    """A plain function with two to many wells that couples the coordinates."""
    a = torch.tensor(rng.normal(0, 0.4, (dim, dim)))
    a, b, k = a + a.T, torch.tensor(rng.normal(0, 1, dim)), torch.tensor(rng.normal(0, 1, dim))

    def energy(x: Tensor) -> Tensor:
        return (x**4).sum(-1) / 4 + ((x @ a) * x).sum(-1) / 2 + x @ b + torch.cos(x @ k) + 3.0

    return energy


def _states(rng: np.random.Generator, *shape: int) -> Tensor:
    return torch.tensor(rng.normal(0, 1, shape))


def _temperature(rng: np.random.Generator) -> float:
    return float(rng.choice([0.55, 1.8, 2.6]))


# ---------------------------------------------------------------------------------------------- the loop of ULA


def _slope(energy: Function, x: Tensor) -> Tensor:
    """The gradient of E at each state, by autograd alone: `samplers.gradient` is what learners call."""
    x = x.detach().clone().requires_grad_(True)
    return torch.autograd.grad(energy(x).sum(), x)[0]


def _ula(energy: Function, x: Tensor, step_size: float, temperature: float, noise: Tensor) -> Tensor:
    """By the score: a diffusion with constant εT moves by εT times the score and spreads by the variance 2εT."""
    rows, diffusion = [], step_size * temperature
    for k in range(len(noise)):
        score = -_slope(energy, x) / temperature
        x = torch.add(x + diffusion * score, noise[k], alpha=(2 * diffusion) ** 0.5)
        rows.append(x)
    return torch.stack(rows)


def _walk_case(rng: np.random.Generator) -> tuple[Function, Tensor, float, float, Tensor]:
    n, dim, steps = int(rng.integers(3, 6)), int(rng.integers(2, 4)), int(rng.integers(3, 5))
    if n == dim:  # axes that are exchanged should show
        n += 1
    states, noise = _states(rng, n, dim), _states(rng, steps + (steps == n), n, dim)
    return _landscape(rng, dim), states, float(rng.uniform(0.05, 0.25)), _temperature(rng), noise


def _each_step(step: Callable[..., Tensor]) -> Callable[..., Tensor]:
    """A mistake in the step: new states = step(x, gradient, ε, T, noise of this step)."""

    def mistaken(energy: Function, x: Tensor, e: float, T: float, noise: Tensor) -> Tensor:
        rows = []
        for z in noise:
            x = step(x, _slope(energy, x), e, T, z)
            rows.append(x)
        return torch.stack(rows)

    return mistaken


def _right(x: Tensor, g: Tensor, e: float, T: float, z: Tensor) -> Tensor:
    return x - e * g + math.sqrt(2 * e * T) * z


def _first_gradient(energy: Function, x: Tensor, e: float, T: float, noise: Tensor) -> Tensor:
    g = _slope(energy, x)
    return x + torch.cumsum(-e * g + math.sqrt(2 * e * T) * noise, 0)


def _collected_gradients(energy: Function, x: Tensor, e: float, T: float, noise: Tensor) -> Tensor:
    """What `backward` does to a gradient that is never emptied."""
    rows, g = [], torch.zeros_like(x)
    for z in noise:
        g = g + _slope(energy, x)
        x = _right(x, g, e, T, z)
        rows.append(x)
    return torch.stack(rows)


_STEPS = {
        "The sign of the drift is wrong: the force is -∇E": lambda x, g, e, T, z: x + e * g + math.sqrt(2 * e * T) * z,
        "The noise is √(2εT) ξ; the factor 2 is missing": lambda x, g, e, T, z: x - e * g + math.sqrt(e * T) * z,
        "The noise is √(2εT) ξ; 2T is missing": lambda x, g, e, T, z: x - e * g + math.sqrt(e) * z,
        "The noise is √(2εT) ξ; ε is missing": lambda x, g, e, T, z: x - e * g + math.sqrt(2 * T) * z,
        "The noise is √(2εT) ξ; all of its factor is missing": lambda x, g, e, T, z: x - e * g + z,
        "The temperature is missing in the noise": lambda x, g, e, T, z: x - e * g + math.sqrt(2 * e) * z,
        "T belongs under the root": lambda x, g, e, T, z: x - e * g + T * math.sqrt(2 * e) * z,
        "T multiplies under the root; you divided by it": lambda x, g, e, T, z: x - e * g + math.sqrt(2 * e / T) * z,
        "ε belongs under the root": lambda x, g, e, T, z: x - e * g + e * math.sqrt(2 * T) * z,
        "2 belongs under the root": lambda x, g, e, T, z: x - e * g + 2 * math.sqrt(e * T) * z,
        "The root is over all of 2εT: this has only the root of 2":
            lambda x, g, e, T, z: x - e * g + math.sqrt(2) * e * T * z,
        "Noise grows with the root of the step: √(2εT) ξ, not ε ξ": lambda x, g, e, T, z: x - e * g + e * z,
        "The noise has variance 2εT, so its size is the root of that": lambda x, g, e, T, z: x - e * g + 2 * e * T * z,
        "ε stands under the root, and so does the 2, which is missing":
            lambda x, g, e, T, z: x - e * g + e * math.sqrt(T) * z,
        "Here ε is the time of a step: the drift is ε ∇E and the noise √(2εT) ξ, without ε²":
            lambda x, g, e, T, z: x - e**2 / 2 * g + e * z,
        "In time ε the drift is ε ∇E and the noise √(2εT) ξ; this takes √(2ε) for ε":
            lambda x, g, e, T, z: x - e**2 / 2 * g + e * math.sqrt(T) * z,
        "ε multiplies the gradient only; the noise has its own factor, with a plus":
            lambda x, g, e, T, z: x - e * (g + math.sqrt(2 * e * T) * z),
        "ε multiplies the gradient only; the noise has its own factor":
            lambda x, g, e, T, z: x + e * (math.sqrt(2 * e * T) * z - g),
        "Each state has its own noise; here all get that of the first":
            lambda x, g, e, T, z: x - e * g + math.sqrt(2 * e * T) * z[0],
        "The noise is subtracted; add it": lambda x, g, e, T, z: x - e * g - math.sqrt(2 * e * T) * z,
        "Do not divide the gradient of E by T; the noise holds T":
            lambda x, g, e, T, z: x - e * g / T + math.sqrt(2 * e * T) * z,
        "The gradient is divided by T, and the noise has no T: this samples in another time, where ε T stands for ε":
            lambda x, g, e, T, z: x - e * g / T + math.sqrt(2 * e) * z,
        "Do not multiply the gradient of E by T": lambda x, g, e, T, z: x - e * T * g + math.sqrt(2 * e * T) * z,
        "This is the convention with ε/2; here the drift is ε ∇E":
            lambda x, g, e, T, z: x - e / 2 * g + math.sqrt(e * T) * z,
        "The drift has a factor ε/2 that does not go with the noise":
            lambda x, g, e, T, z: x - e / 2 * g + math.sqrt(2 * e * T) * z,
        "The drift is ε times the gradient; ε is missing": lambda x, g, e, T, z: x - g + math.sqrt(2 * e * T) * z,
        "The noise is missing: this is gradient descent": lambda x, g, e, T, z: x - e * g,
        "The drift is missing": lambda x, g, e, T, z: x + math.sqrt(2 * e * T) * z,
        "This is the step alone; add it to x": lambda x, g, e, T, z: -e * g + math.sqrt(2 * e * T) * z,
        "The step goes on from x, not from 2x": lambda x, g, e, T, z: 2 * x - e * g + math.sqrt(2 * e * T) * z,
    "The gradient is that of the sum of the energies; the mean divides by their number":
        lambda x, g, e, T, z: _right(x, g / len(x), e, T, z),
    "Each state has its own gradient: do not add them up": lambda x, g, e, T, z: _right(x, g.sum(0), e, T, z),
    "Each state has its own gradient: do not average them": lambda x, g, e, T, z: _right(x, g.mean(0), e, T, z),
    "A gradient has one entry for each coordinate: do not add them up":
        lambda x, g, e, T, z: _right(x, g.sum(1, keepdim=True), e, T, z),
    "Only the direction of the gradient is left: do not normalise":
        lambda x, g, e, T, z: _right(x, g / g.norm(dim=1, keepdim=True), e, T, z),
}  # fmt: skip
"""Mistakes in one step: new states from (x, gradient, ε, T, noise)."""

ula = Task(
    reference=_ula,
    draw=_walk_case,
    name="the states",
    question="Is each step x - ε ∇E(x) + √(2εT) ξ, with the gradient at the present x and this step's ξ, and kept?",
    mistakes={
        **{sentence: _each_step(step) for sentence, step in _STEPS.items()},
        "Each step has its own noise; here all steps get that of the first":
            lambda E, x, e, T, z: _each_step(_right)(E, x, e, T, z[:1].expand_as(z)),
        "The rows of noise are used in reverse order": lambda E, x, e, T, z: _each_step(_right)(E, x, e, T, z.flip(0)),
        "Each step goes on from the new states; here all start from the first ones":
            lambda E, x, e, T, z: _right(x, _slope(E, x), e, T, z),
        "The gradient is that of the start throughout: compute it anew in each step": _first_gradient,
        "`backward` adds to .grad: empty it before each step, or take `torch.autograd.grad`": _collected_gradients,
        "`backward` adds to .grad: empty it before each step; and keep a copy of x, which is changed in place":
            lambda E, x, e, T, z: _collected_gradients(E, x, e, T, z)[-1:].expand_as(z),
        "These are the states before each step: keep those after it":
            lambda E, x, e, T, z: torch.cat([x[None], _each_step(_right)(E, x, e, T, z)[:-1]]),
        "The start is not one of the states after a step: leave it out":
            lambda E, x, e, T, z: torch.cat([x[None], _each_step(_right)(E, x, e, T, z)]),
        "Only the last states are returned: keep those after every step":
            lambda E, x, e, T, z: _each_step(_right)(E, x, e, T, z)[-1],
        "All rows hold the last states: was the same tensor changed in place and kept again and again?":
            lambda E, x, e, T, z: _each_step(_right)(E, x, e, T, z)[-1:].expand_as(z),
        "Only the first step is taken: is the return inside the loop?":
            lambda E, x, e, T, z: _each_step(_right)(E, x, e, T, z[:1]),
        "The last step is missing": lambda E, x, e, T, z: _each_step(_right)(E, x, e, T, z[:-1]),
        "Time comes first: (steps, chains, coordinates)":
            lambda E, x, e, T, z: _each_step(_right)(E, x, e, T, z).transpose(0, 1),
        "These are the energies; return the states": lambda E, x, e, T, z: E(_each_step(_right)(E, x, e, T, z)),
    },
)  # fmt: skip

# --------------------------------------------------------------------------------------------- the loop of MALA

_MalaArguments = tuple[Function, Tensor, float, float, Tensor, Tensor]

_STATES = "the states"


def _mala_case(rng: np.random.Generator) -> _MalaArguments:
    """Chains of which some accept and some refuse in every step, none of them by a hair."""
    while True:
        n, dim, steps = int(rng.integers(6, 9)), int(rng.integers(1, 4)), int(rng.integers(3, 5))
        energy, x, noise = _landscape(rng, dim), _states(rng, n, dim), _states(rng, steps, n, dim)
        e, T, uniform, at = float(rng.uniform(0.15, 0.4)), _temperature(rng), [], x
        for k in range(steps):
            y, alpha = _tested(energy, at, e, T, noise[k])
            if int((alpha < 0.9).sum()) < 2 or (alpha < 0.02).any():
                break
            uniform.append(_thresholds(alpha))
            at = torch.where((uniform[-1] < alpha)[:, None], y, at)
        else:
            return energy, x, e, T, noise, torch.stack(uniform)


def _thresholds(alpha: Tensor) -> Tensor:
    """Uniform numbers that are half of α or half of the way from α to 1, in turn."""
    refuse = (torch.arange(len(alpha)) % 2 == 1) & (alpha < 0.9) | (alpha == alpha.min())
    return torch.where(refuse, (1 + alpha) / 2, alpha / 2)


def _metropolis(
    energy: Function, x: Tensor, step_size: float, temperature: float, noise: Tensor, uniform: Tensor
) -> tuple[Tensor, Tensor]:
    """Each step in the order of the definition."""
    states, alphas = [], []
    for k in range(len(noise)):
        y, alpha = _tested(energy, x, step_size, temperature, noise[k])
        x = torch.where((uniform[k] < alpha).unsqueeze(-1), y, x)
        states.append(x)
        alphas.append(alpha)
    return torch.stack(states), torch.stack(alphas)


def _tested(energy: Function, x: Tensor, step_size: float, temperature: float, noise: Tensor) -> tuple[Tensor, Tensor]:
    """The proposal, and its α from four logs."""
    sd = math.sqrt(2 * step_size * temperature)
    forth = torch.distributions.Normal(x - step_size * _slope(energy, x), sd)
    y = forth.mean + sd * noise
    back = torch.distributions.Normal(y - step_size * _slope(energy, y), sd)
    log_p = -energy(y) / temperature + energy(x) / temperature
    return y, torch.exp(log_p + back.log_prob(x).sum(-1) - forth.log_prob(y).sum(-1)).clamp(max=1.0)


def _named(walked: tuple[Tensor, Tensor]) -> dict[str, Tensor]:
    return {_STATES: walked[0], "α": walked[1]}


_Step = Callable[[Function, Tensor, float, float, Tensor, Tensor], tuple[Tensor, Tensor]]
"""(energy, x, ε, T, noise, u) -> the new states, and what is kept as α."""


def _all_steps(step: _Step) -> Callable[..., dict[str, Tensor]]:
    """The loop with a mistaken step in it."""

    def mistaken(energy: Function, x: Tensor, e: float, T: float, noise: Tensor, uniform: Tensor) -> dict[str, Tensor]:
        states, alphas = [], []
        for z, u in zip(noise, uniform, strict=True):
            x, alpha = step(energy, x, e, T, z, u)
            states.append(x)
            alphas.append(alpha)
        return {_STATES: torch.stack(states), "α": torch.stack(alphas)}

    return mistaken


def _q(there: Tensor, back: Tensor, e: float, T: float) -> Tensor:
    """log of q(x|y) / q(y|x) from the ways between each place and the mean of the step from the other one."""
    return ((there**2).sum(-1) - (back**2).sum(-1)) / (4 * e * T)


def _with_alpha(log_ratio: Callable[..., Tensor]) -> Callable[..., dict[str, Tensor]]:
    """A mistake in α: log_ratio(d, way, g, h, e, T).

    `d` is (E(x) - E(y))/T, `way` is y - x, and `g` and `h` are the gradients at x and at y.
    """

    def step(energy: Function, x: Tensor, e: float, T: float, z: Tensor, u: Tensor) -> tuple[Tensor, Tensor]:
        g = _slope(energy, x)
        y = _right(x, g, e, T, z)
        ratio = log_ratio((energy(x) - energy(y)) / T, y - x, g, _slope(energy, y), e, T)
        alpha = torch.exp(ratio.clamp(max=0))
        return torch.where((u < alpha)[:, None], y, x), alpha

    return _all_steps(step)


def _weighing_q(factor: Callable[..., float]) -> Callable[..., dict[str, Tensor]]:
    """A mistake that multiplies log q by factor(e, T, dim)."""
    return _with_alpha(lambda d, way, g, h, e, T: d + factor(e, T, way.shape[1]) * _q(way + e * g, e * h - way, e, T))


def _with_proposal(proposal: Callable[..., Tensor]) -> Callable[..., dict[str, Tensor]]:
    """A mistake in the proposal, y = proposal(x, g, e, T, noise), with the test as it should be."""

    def step(energy: Function, x: Tensor, e: float, T: float, z: Tensor, u: Tensor) -> tuple[Tensor, Tensor]:
        g = _slope(energy, x)
        y = proposal(x, g, e, T, z)
        ratio = (energy(x) - energy(y)) / T + _q(y - x + e * g, x - y + e * _slope(energy, y), e, T)
        alpha = torch.exp(ratio.clamp(max=0))
        return torch.where((u < alpha)[:, None], y, x), alpha

    return _all_steps(step)


def _ratio(energy: Function, x: Tensor, e: float, T: float, z: Tensor) -> tuple[Tensor, Tensor]:
    """The right proposal, and the log of the ratio that is not cut at 0."""
    g = _slope(energy, x)
    y = _right(x, g, e, T, z)
    return y, (energy(x) - energy(y)) / T + _q(y - x + e * g, x - y + e * _slope(energy, y), e, T)


def _keeping(choice: Callable[..., Tensor]) -> Callable[..., dict[str, Tensor]]:
    """A mistake in what is kept: choice(x, y, α, u), with the right α."""

    def step(energy: Function, x: Tensor, e: float, T: float, z: Tensor, u: Tensor) -> tuple[Tensor, Tensor]:
        y, ratio = _ratio(energy, x, e, T, z)
        alpha = ratio.exp().clamp(max=1)
        return choice(x, y, alpha, u), alpha

    return _all_steps(step)


def _reporting(change: Callable[[Tensor, Tensor], Tensor]) -> Callable[..., dict[str, Tensor]]:
    """A mistake in what is returned as α: change(log ratio, u), after a right test."""

    def step(energy: Function, x: Tensor, e: float, T: float, z: Tensor, u: Tensor) -> tuple[Tensor, Tensor]:
        y, ratio = _ratio(energy, x, e, T, z)
        return torch.where((u < ratio.exp())[:, None], y, x), change(ratio, u)

    return _all_steps(step)


def _step_by_coordinate(energy: Function, x: Tensor, e: float, T: float, z: Tensor, u: Tensor) -> tuple[Tensor, Tensor]:
    """α without the sum over the coordinates."""
    g = _slope(energy, x)
    y = _right(x, g, e, T, z)
    squares = (y - x + e * g) ** 2 - (x - y + e * _slope(energy, y)) ** 2
    alpha = torch.exp(((energy(x) - energy(y))[:, None] / T + squares / (4 * e * T)).clamp(max=0))
    return torch.where(u[:, None] < alpha, y, x), alpha


def _carrying(slope: Callable[..., Tensor]) -> Callable[..., dict[str, Tensor]]:
    """A mistake in the gradient that is carried along: slope(accepted, gradient at y, gradient at x)."""

    def mistaken(energy: Function, x: Tensor, e: float, T: float, noise: Tensor, uniform: Tensor) -> dict[str, Tensor]:
        g, states, alphas = _slope(energy, x), [], []
        for z, u in zip(noise, uniform, strict=True):
            y = _right(x, g, e, T, z)
            h = _slope(energy, y)
            ratio = (energy(x) - energy(y)) / T + _q(y - x + e * g, x - y + e * h, e, T)
            alphas.append(torch.exp(ratio.clamp(max=0)))
            accept = (u < alphas[-1])[:, None]
            x, g = torch.where(accept, y, x), slope(accept, h, g)
            states.append(x)
        return {_STATES: torch.stack(states), "α": torch.stack(alphas)}

    return mistaken


def _returning(change: Callable[[Tensor, Tensor, Tensor], dict[str, Tensor]]) -> Callable[..., dict[str, Tensor]]:
    """A mistake in what is returned after right steps: change(states, α, start)."""

    def mistaken(energy: Function, x: Tensor, *how) -> dict[str, Tensor]:
        walked = _keeping(lambda x, y, alpha, u: torch.where((u < alpha)[:, None], y, x))(energy, x, *how)
        return change(walked[_STATES], walked["α"], x)

    return mistaken


mala = Task(
    reference=_metropolis,
    draw=_mala_case,
    outputs=(_STATES, "α"),
    compared=("α", _STATES),
    question={
        "α": "Is it p(y) q(x|y) over p(x) q(y|x), at most 1, with T in each part and in each q its own gradient?",
        _STATES: "Is it y where u < α, and x elsewhere, for each chain, kept after every step?",
    },
    mistakes={
        "q(x|y) / q(y|x) is missing, or it cancels: each q needs a drift, with the gradient where its step starts":
            _with_alpha(lambda d, w, g, h, e, T: d),
        "The ratio of the proposals is upside down: q(x|y) stands on top, and log q has a minus before its square":
            _weighing_q(lambda e, T, dim: -1.0),
        "q(y|x) is missing: it stands below": _with_alpha(lambda d, w, g, h, e, T: d + _q(0 * w, e * h - w, e, T)),
        "q(x|y) is missing: it stands on top": _with_alpha(lambda d, w, g, h, e, T: d + _q(w + e * g, 0 * w, e, T)),
        "q(y|x) stands below: subtract its log": _with_alpha(
            lambda d, w, g, h, e, T: d + _q(0 * w, e * h - w, e, T) - _q(w + e * g, 0 * w, e, T)),
        "The whole ratio is upside down: p(y) q(x|y) stands on top":
            _with_alpha(lambda d, w, g, h, e, T: -d - _q(w + e * g, e * h - w, e, T)),
        "The energy difference is reversed: p(y) stands on top, with E(x) - E(y) in the exponent":
            _with_alpha(lambda d, w, g, h, e, T: _q(w + e * g, e * h - w, e, T) - d),
        "The energies are missing: this is the ratio of the proposals alone":
            _with_alpha(lambda d, w, g, h, e, T: _q(w + e * g, e * h - w, e, T)),
        "T is missing in the energy difference":
            _with_alpha(lambda d, w, g, h, e, T: T * d + _q(w + e * g, e * h - w, e, T)),
        "The energy difference is divided by T; you multiplied":
            _with_alpha(lambda d, w, g, h, e, T: T * T * d + _q(w + e * g, e * h - w, e, T)),
        "T is missing in the whole ratio":
            _with_alpha(lambda d, w, g, h, e, T: T * (d + _q(w + e * g, e * h - w, e, T))),
        "T is missing in q: its variance is 2εT": _weighing_q(lambda e, T, dim: T),
        "q holds T once, in 4εT: do not divide by it again": _weighing_q(lambda e, T, dim: 1 / T),
        "The exponent of q divides by 4εT, not by 4ε/T": _weighing_q(lambda e, T, dim: T * T),
        "The exponent of q divides by twice the variance, 4εT": _weighing_q(lambda e, T, dim: 2.0),
        "The exponent of q divides by 4εT, not by 8εT": _weighing_q(lambda e, T, dim: 0.5),
        "ε is missing in the exponent of q, which divides by 4εT": _weighing_q(lambda e, T, dim: e),
        "The squares in q are to be divided by 4εT": _weighing_q(lambda e, T, dim: 4 * e * T),
        "The squares in q are to be divided by twice the variance, not by twice the standard deviation":
            _weighing_q(lambda e, T, dim: math.sqrt(2 * e * T)),
        "The squares in q add up over the coordinates of a chain, not over all chains":
            _with_alpha(lambda d, w, g, h, e, T: d + _q(w + e * g, e * h - w, e, T).sum()),
        "In the exponent the logs of q are subtracted, not divided":
            _with_alpha(lambda d, w, g, h, e, T: d + (((e * h - w) ** 2).sum(-1) / ((w + e * g) ** 2).sum(-1)).log()),
        "The squares in q add up over the coordinates; this is their mean": _weighing_q(lambda e, T, dim: 1 / dim),
        "The way back needs the gradient at y":
            _with_alpha(lambda d, w, g, h, e, T: d + _q(w + e * g, e * g - w, e, T)),
        "The way there needs the gradient at x":
            _with_alpha(lambda d, w, g, h, e, T: d + _q(w + e * h, e * h - w, e, T)),
        "Each q needs the gradient at the place where its step starts: these two are exchanged":
            _with_alpha(lambda d, w, g, h, e, T: d + _q(w + e * h, e * g - w, e, T)),
        "The way back has a drift as well: the mean of q(x|y) is y - ε ∇E(y)":
            _with_alpha(lambda d, w, g, h, e, T: d + _q(w + e * g, -w, e, T)),
        "The mean of q(x|y) is y - ε ∇E(y): check the sign of the drift on the way back":
            _with_alpha(lambda d, w, g, h, e, T: d + _q(w + e * g, -w - e * h, e, T)),
        "The mean of q(y|x) is x - ε ∇E(x): check the sign of the drift in both":
            _with_alpha(lambda d, w, g, h, e, T: d + _q(w - e * g, -w - e * h, e, T)),
        "The drift in q is ε ∇E: do not divide it by T":
            _with_alpha(lambda d, w, g, h, e, T: d + _q(w + e * g / T, e * h / T - w, e, T)),
        "The noise of the proposal is √(2εT) ξ; the factor 2 is missing":
            _with_proposal(lambda x, g, e, T, z: x - e * g + math.sqrt(e * T) * z),
        "The noise of the proposal is √(2εT) ξ; T is missing":
            _with_proposal(lambda x, g, e, T, z: x - e * g + math.sqrt(2 * e) * z),
        "The noise of the proposal is √(2εT) ξ; the root is missing":
            _with_proposal(lambda x, g, e, T, z: x - e * g + 2 * e * T * z),
        "The noise of the proposal is √(2εT) ξ, not √(2ε/T) ξ":
            _with_proposal(lambda x, g, e, T, z: x - e * g + math.sqrt(2 * e / T) * z),
        "The noise of the proposal is √(2εT) ξ; ε is missing":
            _with_proposal(lambda x, g, e, T, z: x - e * g + math.sqrt(2 * T) * z),
        "The noise of the proposal is √(2εT) ξ; all of its factor is missing":
            _with_proposal(lambda x, g, e, T, z: x - e * g + z),
        "The noise of the proposal is subtracted; add it":
            _with_proposal(lambda x, g, e, T, z: x - e * g - math.sqrt(2 * e * T) * z),
        "The proposal has no noise: add √(2εT) ξ": _with_proposal(lambda x, g, e, T, z: x - e * g),
        "The proposal has no drift: subtract ε ∇E(x)":
            _with_proposal(lambda x, g, e, T, z: x + math.sqrt(2 * e * T) * z),
        "The proposal goes downhill, x - ε ∇E(x): check the sign":
            _with_proposal(lambda x, g, e, T, z: x + e * g + math.sqrt(2 * e * T) * z),
        "The drift of the proposal is ε ∇E: do not divide it by T":
            _with_proposal(lambda x, g, e, T, z: x - e * g / T + math.sqrt(2 * e * T) * z),
        "α is 1 throughout, so every proposal is accepted: is each sign in the exponent right?":
            _with_alpha(lambda d, w, g, h, e, T: 0 * d),
        "α is at most 1": _reporting(lambda ratio, u: ratio.exp()),
        "α is the smaller of 1 and the ratio, not the larger": _reporting(lambda ratio, u: ratio.exp().clamp(min=1)),
        "Cut the log of the ratio at 0, not at 1: α is at most 1":
            _reporting(lambda ratio, u: ratio.clamp(max=1).exp()),
        "This is the log of α; return its exponential": _reporting(lambda ratio, u: ratio.clamp(max=0)),
        "This is the log of the ratio; α is the smaller of 1 and its exponential": _reporting(lambda ratio, u: ratio),
        "Return the probability α, not whether the proposal was accepted":
            _reporting(lambda ratio, u: (u < ratio.exp()).double()),
        "One α for each chain: do not average": _reporting(lambda ratio, u: ratio.exp().clamp(max=1).mean()),
        "One α for each chain: sum the squares over the last axis": _all_steps(_step_by_coordinate),
        "A rejected proposal is kept: stay at x": _keeping(lambda x, y, alpha, u: y),
        "The chains never move: take y where u < α": _keeping(lambda x, y, alpha, u: x),
        "Accept where u < α, and stay elsewhere: the two are exchanged":
            _keeping(lambda x, y, alpha, u: torch.where((u < alpha)[:, None], x, y)),
        "Each chain has a u of its own; here the first decides for all":
            _keeping(lambda x, y, alpha, u: torch.where((u[0] < alpha)[:, None], y, x)),
        "Compare α with u, not with 1/2":
            _keeping(lambda x, y, alpha, u: torch.where((alpha > 0.5)[:, None], y, x)),
        "Where a proposal is accepted, its gradient comes along: the one that you carry is that of the start":
            _carrying(lambda accept, h, g: g),
        "Where a proposal is refused, the old gradient stays: you carry that of the proposal":
            _carrying(lambda accept, h, g: h),
        "Each step has its own noise; here all steps get that of the first":
            lambda E, x, e, T, z, u: _named(_metropolis(E, x, e, T, z[:1].expand_as(z), u)),
        "Each step has its own u; here all steps get those of the first":
            lambda E, x, e, T, z, u: _named(_metropolis(E, x, e, T, z, u[:1].expand_as(u))),
        "Only the last states are returned: keep those after every step": _returning(lambda s, a, x: {_STATES: s[-1]}),
        "All rows hold the last states: was the same tensor changed in place and kept again and again?":
            _returning(lambda s, a, x: {_STATES: s[-1:].expand_as(s)}),
        "These are the states before each step: keep those after it":
            _returning(lambda s, a, x: {_STATES: torch.cat([x[None], s[:-1]])}),
        "The start is not one of the states after a step: leave it out":
            _returning(lambda s, a, x: {_STATES: torch.cat([x[None], s])}),
        "Only the first step is taken: is the return inside the loop?":
            _returning(lambda s, a, x: {_STATES: s[:1], "α": a[:1]}),
        "Only the last α is returned: keep one row for each step": _returning(lambda s, a, x: {"α": a[-1]}),
        "One α for each step and chain: do not average over the steps": _returning(lambda s, a, x: {"α": a.mean(0)}),
        "One α for each step and chain: do not average over all of them": _returning(lambda s, a, x: {"α": a.mean()}),
        "Time comes first in α: (steps, chains)": _returning(lambda s, a, x: {"α": a.T}),
    },
)  # fmt: skip

# --------------------------------------------------------------------------------------- the verdict on chains


def _chains(rng: np.random.Generator) -> tuple[Tensor]:
    """A few chains of an even length, which drift and do not quite agree."""
    n, m = 2 * int(rng.integers(5, 30)), int(rng.integers(2, 6))
    drift = torch.linspace(0, float(rng.uniform(0.5, 2.0)), n, dtype=torch.float64)
    return (_states(rng, n, m) * rng.uniform(0.5, 2.0) + drift[:, None] + torch.tensor(rng.normal(1, 0.7, m)),)


def _split_r_hat(samples: Tensor) -> float:
    """By the definition, half by half, in plain sums."""
    columns, n = samples.T.tolist(), len(samples) // 2
    halves = [half for column in columns for half in (column[:n], column[n:])]
    means = [math.fsum(half) / n for half in halves]
    variances = [math.fsum((v - m) ** 2 for v in half) / (n - 1) for half, m in zip(halves, means, strict=True)]
    grand = math.fsum(means) / len(means)
    b_over_n = math.fsum((m - grand) ** 2 for m in means) / (len(means) - 1)
    w = math.fsum(variances) / len(variances)
    return math.sqrt(((n - 1) / n * w + b_over_n) / w)


def _halves(samples: Tensor) -> Tensor:
    return torch.cat(torch.chunk(samples, 2), dim=1)


def _cut_across(samples: Tensor) -> Tensor:
    """R-hat with chains and time exchanged."""
    n = samples.shape[1] // 2
    rows = torch.cat([samples[:, :n], samples[:, n : 2 * n]])
    return _r_hat(n, rows.var(1).mean(), rows.mean(1).var())


def _from(halves: Callable[[Tensor], Tensor], formula: Callable[..., Tensor]) -> Callable[[Tensor], Tensor]:
    """A mistake: formula(n, W, B/n, number of half-chains) with what halves(samples) gives."""

    def mistaken(samples: Tensor) -> Tensor:
        h = halves(samples)
        return formula(len(h), h.var(0).mean(), h.mean(0).var(), h.shape[1])

    return mistaken


def _r_hat(n: float, w: Tensor, b: Tensor, m: int = 0) -> Tensor:
    return torch.sqrt(((n - 1) / n * w + b) / w)


def _judge(samples: Tensor) -> tuple[float, float, float]:
    """By the definitions, in plain sums."""
    means = [math.fsum(column) / len(column) for column in samples.T.tolist()]
    mean, m = math.fsum(means) / len(means), len(means)
    variance = math.fsum((value - mean) ** 2 for value in means) / (m - 1)
    return mean, math.sqrt(variance / m), _split_r_hat(samples)


def _only(name: str, function: Callable[[Tensor], Tensor]) -> Callable[[Tensor], dict[str, Tensor]]:
    """A mistake in one of the three numbers."""
    return lambda samples: {name: function(samples)}


_MEAN, _ERROR = "the mean", "its error"

_MISTAKEN_R_HAT = {
    "The chains are not split into halves": _from(lambda x: x, _r_hat),
    "The axes are swapped: each column is a chain": lambda x: _r_hat(
        len(x) // 2, _halves(x).var(1).mean(), _halves(x).mean(1).var()),
    "Time runs down the rows: cut the first axis, not the second, into halves": _cut_across,
    "Halves are first and second, not even and odd": _from(lambda x: torch.cat([x[::2], x[1::2]], dim=1), _r_hat),
    "This is the first halves alone": _from(lambda x: x[: len(x) // 2], _r_hat),
    "This is the second halves alone": _from(lambda x: x[len(x) // 2 :], _r_hat),
    "The square root is missing": _from(_halves, lambda n, w, b, m: _r_hat(n, w, b) ** 2),
    "n is the length of a half-chain": _from(_halves, lambda n, w, b, m: _r_hat(2 * n, w, b)),
    "n is the length of a half-chain, not the number of half-chains":
        _from(_halves, lambda n, w, b, m: _r_hat(m, w, b)),
    "The factor (n-1)/n of W is missing": _from(_halves, lambda n, w, b, m: torch.sqrt((w + b) / w)),
    "The factor of W is (n-1)/n, not (n+1)/n":
        _from(_halves, lambda n, w, b, m: torch.sqrt(((n + 1) / n * w + b) / w)),
    "The factor of W is (n-1)/n, not n/(n-1)":
        _from(_halves, lambda n, w, b, m: torch.sqrt((n / (n - 1) * w + b) / w)),
    "Both variances divide by number minus one": lambda x: _r_hat(
        len(x) // 2, _halves(x).var(0, correction=0).mean(), _halves(x).mean(0).var(correction=0)),
    "The variance inside the chains divides by number minus one": lambda x: _r_hat(
        len(x) // 2, _halves(x).var(0, correction=0).mean(), _halves(x).mean(0).var()),
    "The variance of the means divides by number minus one": lambda x: _r_hat(
        len(x) // 2, _halves(x).var(0).mean(), _halves(x).mean(0).var(correction=0)),
    "The variance of the means is B/n: do not divide it by n":
        _from(_halves, lambda n, w, b, m: _r_hat(n, w, b / n)),
    "The variance of the means is B/n: do not multiply it by n":
        _from(_halves, lambda n, w, b, m: _r_hat(n, w, b * n)),
    "The factor (n-1)/n belongs to W alone":
        _from(_halves, lambda n, w, b, m: torch.sqrt((n - 1) / n * (w + b) / w)),
    "This is only the ratio of between and within": _from(_halves, lambda n, w, b, m: b / w),
    "This is the root of the ratio of between and within alone": _from(_halves, lambda n, w, b, m: (b / w).sqrt()),
    "This is the numerator; divide it by W, then take the root":
        _from(_halves, lambda n, w, b, m: (n - 1) / n * w + b),
    "Divide by W before the root, not after": _from(_halves, lambda n, w, b, m: ((n - 1) / n * w + b).sqrt() / w),
    "R-hat compares W with all of it: W stands below": _from(_halves, lambda n, w, b, m: 1 / _r_hat(n, w, b)),
    "W is the mean of the variances of the half-chains, not the variance of all values": lambda x: _r_hat(
        len(x) // 2, x.var(), _halves(x).mean(0).var()),
    "W is the mean of the variances; this is the variance of all values over it": lambda x: torch.sqrt(
        x.var() / _halves(x).var(0).mean()),
    "W is a mean of variances, not of standard deviations": lambda x: _r_hat(
        len(x) // 2, _halves(x).std(0).mean(), _halves(x).mean(0).var()),
    "B/n is the variance of the means, not their standard deviation": lambda x: _r_hat(
        len(x) // 2, _halves(x).var(0).mean(), _halves(x).mean(0).std()),
    "Halves that are put one below the other are whole chains again: side by side, with dim=1":
        lambda x: _r_hat(len(x) // 2, x.var(0).mean(), x.mean(0).var()),
    "W runs along time: the variance of each column": lambda x: _r_hat(
        len(x) // 2, _halves(x).var(1).mean(), _halves(x).mean(0).var()),
    "B/n compares the means of the columns, each along time": lambda x: _r_hat(
        len(x) // 2, _halves(x).var(0).mean(), _halves(x).mean(1).var()),
    "The means run along time; this takes the sums": lambda x: _r_hat(
        len(x) // 2, _halves(x).var(0).mean(), _halves(x).sum(0).var()),
    "Divide by W": _from(_halves, lambda n, w, b, m: ((n - 1) / n * w + b).sqrt()),
    "W stands above as well, times (n-1)/n": _from(_halves, lambda n, w, b, m: (((n - 1) / n + b) / w).sqrt()),
    "W has the factor (n-1)/n; the division by n is missing":
        _from(_halves, lambda n, w, b, m: (((n - 1) * w + b) / w).sqrt()),
    "B/n is added, not subtracted": _from(_halves, lambda n, w, b, m: (((n - 1) / n * w - b) / w).sqrt()),
    "W is the mean over the half-chains, not the sum": _from(_halves, lambda n, w, b, m: _r_hat(n, m * w, b)),
}  # fmt: skip

_MISTAKEN_ERROR = {
    "Successive states are no independent samples: take the spread of the chains' means":
        lambda x: x.std() / math.sqrt(x.numel()),
    "This treats each chain's states as independent: take the spread of the chains' means":
        lambda x: x.std() / math.sqrt(len(x)),
    "The root of the number of chains is missing: this is the error of one chain": lambda x: x.mean(0).std(),
    "Divide by the root of the number of chains, not by the number": lambda x: x.mean(0).std() / x.shape[1],
    "This is a variance; the error is its root": lambda x: x.mean(0).var() / x.shape[1],
    "The standard deviation of the chains' means divides by number minus one":
        lambda x: x.mean(0).std(correction=0) / math.sqrt(x.shape[1]),
    "The means are those of the chains, along time: dim=0": lambda x: x.mean(1).std() / math.sqrt(x.shape[1]),
    "The means are those of the chains, along time, and so is their number":
        lambda x: x.mean(1).std() / math.sqrt(len(x)),
    "The root is that of the number of chains, not of states": lambda x: x.mean(0).std() / math.sqrt(len(x)),
    "Divide by the root of the number of chains, not of all states": lambda x: x.mean(0).std() / math.sqrt(x.numel()),
    "Take the means of whole chains here; the halves are for R-hat":
        lambda x: _halves(x).mean(0).std() / math.sqrt(2 * x.shape[1]),
    "Take the number of whole chains here, and their means; these are the half-chains'":
        lambda x: _halves(x).mean(0).std() / math.sqrt(x.shape[1]),
    "The number is that of the chains, not of the half-chains": lambda x: x.mean(0).std() / math.sqrt(2 * x.shape[1]),
    "Take the spread of the chains' means, not the mean of their spreads":
        lambda x: x.std(0).mean() / math.sqrt(x.shape[1]),
}  # fmt: skip

judge = Task(
    reference=_judge,
    draw=_chains,
    outputs=(_MEAN, _ERROR, "R-hat"),
    rtol=1e-6,
    question={
        _MEAN: "Is it the mean of all states of all chains?",
        _ERROR: "Is it the standard deviation of the chains' means, over the root of the number of chains?",
        "R-hat": "Is W the mean of the variances of the half-chains, B/n the variance of their means, n their length?",
    },
    mistakes={
        "This is the mean of each chain; take one mean over all": _only(_MEAN, lambda x: x.mean(0)),
        "This is the mean of the second halves alone": _only(_MEAN, lambda x: x[len(x) // 2 :].mean()),
        "This is the mean of the first chain alone": _only(_MEAN, lambda x: x[:, 0].mean()),
        "This is a sum; divide by the number of states": _only(_MEAN, lambda x: x.sum()),
        "This is the mean of the last states alone": _only(_MEAN, lambda x: x[-1].mean()),
        **{sentence: _only(_ERROR, function) for sentence, function in _MISTAKEN_ERROR.items()},
        **{sentence: _only("R-hat", function) for sentence, function in _MISTAKEN_R_HAT.items()},
    },
)  # fmt: skip

# ------------------------------------------------------------------------------------------- a swap of two temperatures


def _exchange_case(rng: np.random.Generator) -> tuple[Tensor, Tensor, Tensor, Tensor, float, float, Tensor]:
    """Pairs of chains of which some are to swap and some are not, none of them by a hair."""
    while True:
        n, cool = int(rng.integers(6, 11)), float(rng.uniform(0.4, 1.2))
        cold, hot, warm = _states(rng, n), _states(rng, n), cool * float(rng.uniform(1.5, 4.0))
        energy_cold, energy_hot = _states(rng, n), _states(rng, n)
        alpha = torch.exp((1 / cool - 1 / warm) * (energy_cold - energy_hot)).clamp(max=1)
        if 2 <= int((alpha < 0.9).sum()) < n - 1:
            return cold, hot, energy_cold, energy_hot, cool, warm, _thresholds(alpha)


def _exchange(
    cold: Tensor, hot: Tensor, energy_cold: Tensor, energy_hot: Tensor,
    temperature_cold: float, temperature_hot: float, uniform: Tensor,
) -> tuple[Tensor, Tensor, Tensor]:  # fmt: skip
    """By the weights of both states before and after, pair by pair."""
    before = energy_cold / temperature_cold + energy_hot / temperature_hot
    after = energy_hot / temperature_cold + energy_cold / temperature_hot
    alpha = torch.minimum(torch.exp(before - after), torch.ones(()))
    pairs = [(h, c) if u < a else (c, h) for c, h, u, a in zip(cold, hot, uniform, alpha, strict=True)]
    return torch.stack([p[0] for p in pairs]), torch.stack([p[1] for p in pairs]), alpha


def _swapping(log_ratio: Callable[..., Tensor]) -> Callable[..., dict[str, Tensor]]:
    """A mistake in α: log_ratio(E of the cold - E of the hot state, cold T, hot T, sum of both energies)."""

    def mistaken(c: Tensor, h: Tensor, ec: Tensor, eh: Tensor, cool: float, warm: float, u: Tensor) -> dict:
        return {"α": torch.exp(log_ratio(ec - eh, cool, warm, ec + eh).clamp(max=0))}

    return mistaken


def _moving(new: Callable[..., dict[str, Tensor]]) -> Callable[..., dict[str, Tensor]]:
    """A mistake in the states or in what is returned as α: new(cold, hot, α not cut at 1, u)."""

    def mistaken(c: Tensor, h: Tensor, ec: Tensor, eh: Tensor, cool: float, warm: float, u: Tensor) -> dict:
        return new(c, h, torch.exp((1 / cool - 1 / warm) * (ec - eh)), u)

    return mistaken


_COLD, _HOT = "the new cold states", "the new hot states"


exchange = Task(
    reference=_exchange,
    draw=_exchange_case,
    outputs=(_COLD, _HOT, "α"),
    compared=("α", _COLD, _HOT),
    question={
        "α": "Is it the smaller of 1 and exp[(1/T_cold - 1/T_hot)(E_cold - E_hot)]?",
        _COLD: "Is it the hot state where u < α, and the old cold state elsewhere?",
        _HOT: "Is it the old cold state where u < α, and the old hot state elsewhere?",
    },
    mistakes={
        "The sign is reversed: a cold state of high energy should leave":
            _swapping(lambda d, c, w, s: -(1 / c - 1 / w) * d),
        "Temperatures enter as 1/T": _swapping(lambda d, c, w, s: (w - c) * d),
        "Temperatures enter as 1/T, and a cold state of high energy should leave":
            _swapping(lambda d, c, w, s: (c - w) * d),
        "Subtract the inverse temperatures; this is the inverse of the difference":
            _swapping(lambda d, c, w, s: d / (w - c)),
        "Subtract the inverse temperatures, cold minus hot; this is the inverse of a difference of temperatures":
            _swapping(lambda d, c, w, s: d / (c - w)),
        "The hot temperature is missing: both chains change": _swapping(lambda d, c, w, s: d / c),
        "The cold temperature is missing: both chains change": _swapping(lambda d, c, w, s: d / w),
        "Only the hot chain is in this, and its sign is reversed": _swapping(lambda d, c, w, s: -d / w),
        "Both temperatures are missing": _swapping(lambda d, c, w, s: d),
        "The inverse temperatures are subtracted, not added": _swapping(lambda d, c, w, s: (1 / c + 1 / w) * d),
        "The energies are subtracted, not added": _swapping(lambda d, c, w, s: (1 / c - 1 / w) * s),
        "Every swap is made": _swapping(lambda d, c, w, s: 0 * d),
        "α is a product of two differences: no half and no 2 belong to it":
            _swapping(lambda d, c, w, s: (1 / c - 1 / w) * d / 2),
        "A probability is at most 1": _moving(lambda c, h, r, u: {"α": r}),
        "This is the log of α; return its exponential": _moving(lambda c, h, r, u: {"α": r.clamp(max=1).log()}),
        "This is the log of the ratio; α is the smaller of 1 and its exponential":
            _moving(lambda c, h, r, u: {"α": r.log()}),
        "Return the probability α, not whether the swap is made": _moving(lambda c, h, r, u: {"α": (u < r).double()}),
        "The exponential is missing": _moving(lambda c, h, r, u: {"α": r.log().clamp(max=1)}),
        "α is the smaller of 1 and the ratio r; this is r/(1 + r)": _moving(lambda c, h, r, u: {"α": r / (1 + r)}),
        "α is 1 where the hot state has the lower energy: no absolute value":
            _moving(lambda c, h, r, u: {"α": torch.minimum(r, 1 / r)}),
        "α is the smaller of 1 and the ratio, not the larger": _moving(lambda c, h, r, u: {"α": r.clamp(min=1)}),
        "One α for each pair: do not average": _moving(lambda c, h, r, u: {"α": r.clamp(max=1).mean()}),
        "Swaps are made even where α refuses": _moving(lambda c, h, r, u: {_COLD: h}),
        "The cold chains keep their states: take the hot one where u < α": _moving(lambda c, h, r, u: {_COLD: c}),
        "Cold and hot are exchanged: is the swap made where it should be refused, or is their order wrong?":
            _moving(lambda c, h, r, u: {
                _COLD: torch.where(u < r, c, h), _HOT: torch.where(u < r, h, c), "α": r.clamp(max=1)}),
        "Each pair has a u of its own; here the first decides for all":
            _moving(lambda c, h, r, u: {_COLD: torch.where(u[0] < r, h, c)}),
        "Compare α with u, not with 1/2": _moving(lambda c, h, r, u: {_COLD: torch.where(r > 0.5, h, c)}),
        "The hot chains keep all: use the old cold states, from before the swap":
            _moving(lambda c, h, r, u: {_HOT: h}),
        "The hot chains get the cold states even where α refuses": _moving(lambda c, h, r, u: {_HOT: c}),
        "The hot chains get the new cold states; they get the old ones where u < α, and keep their own elsewhere":
            _moving(lambda c, h, r, u: {_HOT: torch.where(u < r, h, c)}),
    },
)  # fmt: skip
