"""Exercises on training an energy: contrastive divergence, the loop, its rivals, a replay buffer, exact log Z."""

import copy
import math
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import numpy as np
import torch
from torch import Tensor

from course_utils import ebm

from ..checks import Task, frame
from ..checks.values import agree

__all__ = [
    "Quartic",
    "against_noise",
    "contrast",
    "denoising_score_matching",
    "fisher_divergence",
    "fisher_factor",
    "fit",
    "log_z",
    "moved",
    "replay_buffer",
    "two_modes",
]


class Quartic(torch.nn.Module):
    """E(x) = Σ over coordinates of θ₀ x⁴/4 + θ₁ x²/2 + θ₂ x, plus a shift: an energy whose weights are three numbers.

    Args:
        θ: the three weights.
        shift: a constant.
    """

    def __init__(self, *θ: float, shift: float = 0.0) -> None:
        super().__init__()
        self.θ = torch.nn.Parameter(torch.tensor(θ, dtype=torch.float64))
        self.shift = shift

    def forward(self, x: Tensor) -> Tensor:
        x = x.double()
        each = self.θ[0] * x**4 / 4 + self.θ[1] * x**2 / 2 + self.θ[2] * x
        return (each if x.ndim == 1 else each.sum(-1)) + self.shift

    def slope(self, x: Tensor) -> Tensor:
        """∇E, written out."""
        return self.θ[0] * x**3 + self.θ[1] * x + self.θ[2]


# ------------------------------------------------------------------------------------------------------------ log Z


def _box(rng: np.random.Generator) -> tuple[Quartic, tuple, int]:
    """An energy too narrow for the cells of its grid, so that n counts, over one or two axes of different length."""
    energy = Quartic(rng.uniform(0.5, 2), rng.uniform(40, 120), rng.normal(0, 10), shift=rng.normal(0, 2))
    sides = tuple((-float(rng.uniform(2, 4)), float(rng.uniform(2, 4))) for _ in range(int(rng.integers(1, 3))))
    return energy, sides, int(rng.integers(10, 22))


def _on_grid(energy: Callable, domain: tuple, n: int) -> tuple[Tensor, list[float]]:
    """Energies at the centres of the cells, and the widths of a cell."""
    axes, widths = [], []
    for low, high in domain:
        widths.append((high - low) / n)
        axes.append(low + widths[-1] * (torch.arange(n, dtype=torch.float64) + 0.5))
    points = axes[0] if len(axes) == 1 else torch.stack([g.flatten() for g in torch.meshgrid(*axes, indexing="ij")], -1)
    return energy(points).detach(), widths


def _log_sum(energy: Callable, domain: tuple, n: int, cell: float | None = None, sign: float = -1.0) -> float:
    """log of the sum of exp(-E), times a cell; that of the grid if it is left out."""
    values, widths = _on_grid(energy, domain, n)
    total = float(np.logaddexp.reduce(sign * values.numpy()))
    return total + math.log(math.prod(widths) if cell is None else cell)


def _plain_log_sum(energy: Callable, domain: tuple, n: int) -> float:
    values, widths = _on_grid(energy, domain, n)
    return float(torch.log(torch.exp(-values).sum() * math.prod(widths)))


log_z = Task(
    reference=lambda energy, domain, n: _log_sum(energy, domain, n),
    draw=_box,
    name="log Z",
    rtol=1e-7,
    atol=2e-5,
    question="Is it the log of the sum of exp(-E) over the n cells of each axis, plus the log of the cell?",
    mistakes={
        "The sum is not an integral: multiply by the cell, dx·dy": lambda E, box, n: _log_sum(E, box, n, cell=1.0),
        "In two dimensions the cell is dx·dy, not dx":
            lambda E, box, n: _log_sum(E, box, n, cell=(box[0][1] - box[0][0]) / n) if len(box) > 1 else None,
        "In two dimensions the cell is dx·dy; the sides of the box differ":
            lambda E, box, n: _log_sum(E, box, n, cell=((box[0][1] - box[0][0]) / n) ** len(box)),
        "The cell already is dx·dy: use it once":
            lambda E, box, n: 2 * _log_sum(E, box, n) - _log_sum(E, box, n, cell=1.0),
        "Multiply by the cell: its log is added, not subtracted":
            lambda E, box, n: 2 * _log_sum(E, box, n, cell=1.0) - _log_sum(E, box, n),
        "Add the log of the cell, not the cell":
            lambda E, box, n: _log_sum(E, box, n, cell=1.0) + math.prod(_on_grid(E, box, n)[1]),
        "This is the mean over the grid, not the integral":
            lambda E, box, n: _log_sum(E, box, n, cell=float(n) ** -len(box)),
        "n is not used: ebm.grid takes it as its second argument":
            lambda E, box, n: _log_sum(E, box, {1: 2000, 2: 200}[len(box)]),
        "The grid has n cells per axis, and their centres; these are n points from edge to edge": lambda E, box, n:
            _log_sum(E, tuple((a - (b - a) / (n - 1) / 2, b + (b - a) / (n - 1) / 2) for a, b in box), n),
        "This is -log Z": lambda E, box, n: -_log_sum(E, box, n),
        "The sign of E is wrong": lambda E, box, n: _log_sum(E, box, n, sign=1.0),
        "This is Z, not log Z": lambda E, box, n: np.exp(_log_sum(E, box, n)),
        "Out of range: use torch.logsumexp": _plain_log_sum,
        "The lowest energy was taken out before exp and not put back":
            lambda E, box, n: _log_sum(E, box, n) + float(_on_grid(E, box, n)[0].min()),
        "The lowest energy was taken out before exp; its minus is to be added, not itself":
            lambda E, box, n: _log_sum(E, box, n) + 2 * float(_on_grid(E, box, n)[0].min()),
        "The log is to the base e": lambda E, box, n: _log_sum(E, box, n) / math.log(10),
        "This is the sum of -E; take exp before the sum":
            lambda E, box, n: float(-_on_grid(E, box, n)[0].sum()) + math.log(math.prod(_on_grid(E, box, n)[1])),
        "This is the lowest energy alone; the other cells count too":
            lambda E, box, n: -float(_on_grid(E, box, n)[0].min()) + math.log(math.prod(_on_grid(E, box, n)[1])),
    },
)  # fmt: skip


# ------------------------------------------------------------------------------------------- contrastive divergence


def _with_gradient(loss: Any, energy: Quartic, *_: Any) -> tuple[Any, Any]:
    """A loss and its gradient with respect to the weights; both are compared."""
    frame.not_none("the loss", loss)
    if not getattr(loss, "requires_grad", False):
        hint = "The energies carry one: is it cut by detach(), item() or float(), or is create_graph=True missing?"
        frame.fail("the loss has no graph", hint)
    if loss.ndim:
        frame.fail(f"the loss has shape {tuple(loss.shape)}, expected one number", "Is it averaged over the points?")
    (gradient,) = torch.autograd.grad(loss, energy.θ, retain_graph=True, allow_unused=True, materialize_grads=True)
    stray = energy.θ.grad is not None
    energy.θ.grad = None
    if stray:
        frame.fail("a gradient was left in the weights (.grad)", "Use torch.autograd.grad, not backward().")
    return loss.detach(), gradient


def moved(energy: Quartic, x: Tensor, generator: torch.Generator) -> Tensor:
    """A walk of one noisy step of descent: what it returns carries a graph to the weights."""
    return made(energy, x + 0.5 * torch.randn(x.shape, generator=generator, dtype=torch.float64))


def _batches(rng: np.random.Generator) -> tuple[Quartic, Tensor, Callable, torch.Generator, float]:
    """An energy, data, a walk with its random numbers, and α."""
    energy = Quartic(*rng.uniform(0.2, 0.9, 2), rng.normal())
    batch = torch.tensor(rng.normal(0.4, 1, rng.permutation(np.arange(2, 8))[:2]))
    return (
        energy,
        batch,
        moved,
        torch.Generator().manual_seed(int(rng.integers(1000))),
        float(rng.choice([0, 0.2, 0.7])),
    )


def made(energy: Quartic, points: Tensor) -> Tensor:
    """Points after a step of descent: samples that carry a graph to the weights."""
    return points - 0.2 * energy.slope(points)


def _contrast(
    E: Quartic,
    x: Tensor,
    y: Tensor,
    α: float,
    *,
    signs: tuple[float, float] = (1, -1),
    squares: tuple[float, float] = (1, 1),
    mean: Callable[[Tensor], Tensor] = torch.mean,
    cut: tuple[bool, bool, bool] = (False, False, True),
) -> Tensor:
    """The loss with some of its parts changed; `cut`: energies of the data, of the samples, the samples themselves."""
    d, m = E(x), E(y.detach() if cut[2] else y)
    d, m = (v.detach() if gone else v for v, gone in zip((d, m), cut, strict=False))
    loss = signs[0] * mean(d) + signs[1] * mean(m) + α * (squares[0] * mean(d**2) + squares[1] * mean(m**2))
    return loss + 0 * E.θ.sum()


def _contrasted(samples: Callable[..., Tensor] | None = None, **changed: Any) -> Callable[..., Tensor]:
    """The loss with some of its parts changed; `samples` takes the place of the walk's, and "α" that of α."""

    def loss(E: Quartic, x: Tensor, walk: Callable, rng: torch.Generator, α: float = 0.0) -> Tensor:
        y = (samples or walk)(E, x, rng)
        how = dict(changed)
        return _contrast(E, x, y, how.pop("α", lambda a: a)(α), **how)

    return loss


def _of_energies(change: Callable[[Tensor, Tensor, float], Tensor]) -> Callable[..., Tensor]:
    """The loss without its regulariser, plus something else made of the energies of data and samples."""

    def loss(E: Quartic, x: Tensor, walk: Callable, rng: torch.Generator, α: float = 0.0) -> Tensor:
        y = walk(E, x, rng).detach()
        return _contrast(E, x, y, 0.0) + change(E(x), E(y), α)

    return loss


contrast = Task(
    reference=lambda energy, batch, walk, generator, alpha=0.0: ebm.contrastive_divergence(
        energy, batch, walk(energy, batch, generator), alpha
    ),
    draw=_batches,
    outputs=("the loss", "its gradient"),
    view=_with_gradient,
    question={
        "the loss": "Is it the mean E of the data minus the mean E of the walked states, plus α times both means E²?",
        "its gradient": "Does the gradient flow through both energies, and not through the walk?",
    },
    mistakes={
        "The sign is swapped: data go down, samples go up": _contrasted(signs=(-1, 1)),
        "The energy of the samples is subtracted, not added": _contrasted(signs=(1, 1)),
        "The samples are missing: nothing goes up": _contrasted(signs=(1, 0)),
        "The data are missing: nothing goes down": _contrasted(signs=(0, -1)),
        "The samples are attached: gradients flow through the walk": _contrasted(cut=(False, False, False)),
        "The data energy is detached: nothing goes down": _contrasted(cut=(True, False, True)),
        "The sample energy is detached: nothing goes up": _contrasted(cut=(False, True, True)),
        "The samples are the data: nothing has walked": _contrasted(lambda E, x, rng: x),
        "The walk starts at the batch, not at noise": lambda E, x, walk, rng, α=0.0:
            _contrast(E, x, walk(E, torch.randn(x.shape, generator=rng, dtype=x.dtype), rng), α),
        "The walk starts at the batch, not at the origin": lambda E, x, walk, rng, α=0.0:
            _contrast(E, x, walk(E, 0 * x, rng), α),
        "Walk once: `walk` takes all k steps itself": lambda E, x, walk, rng, α=0.0:
            _contrast(E, x, walk(E, walk(E, x, rng), rng), α),
        "Take means over the batch, not sums": _contrasted(mean=torch.sum),
        "Take means; only the energies of the regulariser are averaged": lambda E, x, walk, rng, α=0.0:
            _contrast(E, x, walk(E, x, rng), α, signs=(len(x), -len(x))),
        "The regulariser is missing": _contrasted(α=lambda a: 0.0),
        "The regulariser is not multiplied by α": _contrasted(α=lambda a: 1.0),
        "The regulariser is subtracted": _contrasted(α=lambda a: -a),
        "The regulariser holds the data alone; the samples belong to it as well": _contrasted(squares=(1, 0)),
        "The regulariser holds the samples alone; the data belong to it as well": _contrasted(squares=(0, 1)),
        "The regulariser is a sum of the two means of E²; one of them is subtracted": _contrasted(squares=(1, -1)),
        "The regulariser is the sum of two means, not their average": _contrasted(α=lambda a: a / 2),
        "Square each energy, then take the mean": _of_energies(lambda d, m, α: α * (d.mean() ** 2 + m.mean() ** 2)),
        "The regulariser holds each E², not the square of the difference":
            _of_energies(lambda d, m, α: α * (d.mean() - m.mean()) ** 2),
        "The regulariser holds E², not E": _of_energies(lambda d, m, α: α * (d.mean() + m.mean())),
    },
)  # fmt: skip


# ------------------------------------------------------------------------------------------------ the training loop

_FIT_QUESTIONS = {
    "the steps at which look was called": "Is it called at step 0, after every `every` steps, and once after the last?",
    "the shape of a batch": "Is it data[torch.randint(len(data), (batch_size,), generator=generator)]?",
    "the number of batches": "Is there one batch, and one call of the loss, in each of n_steps steps?",
    "the weights at the end": "In each step: a batch, the loss, zero_grad, backward, step of Adam with learning_rate?",
    "the averaged weights at each look": "After each step: decay times the average plus 1 - decay times the weights?",
    "the weights returned": "Return the averaged network.",
}


def _noisy(energy: Quartic, batch: Tensor, generator: torch.Generator) -> Tensor:
    """A loss that draws a random number for each point."""
    noise = torch.randn(batch.shape, generator=generator, dtype=batch.dtype)
    return energy(batch).mean() - energy(batch + noise).mean() + 0.3 * (energy.θ**2).sum()


def _fitted(
    learner: Callable, data: Tensor, n_steps: int, learning_rate: float, batch_size: int, decay: float, every: int,
    seed: int,
) -> tuple:  # fmt: skip
    """Everything that is asked of a training loop."""
    energy, steps, looks, shapes = Quartic(0.5, 0.4, 0.3), [], [], []

    def loss(energy: Quartic, batch: Tensor, generator: torch.Generator) -> Tensor:
        shapes.append(list(batch.shape))
        return _noisy(energy, batch, generator)

    def look(step: int, averaged: Quartic) -> None:
        if not hasattr(averaged, "θ"):
            frame.fail("look was not called with a step and a network", "Call look(step, averaged).")
        steps.append(int(step))
        looks.append(averaged.θ.detach().clone())

    how = {"learning_rate": learning_rate, "batch_size": batch_size, "decay": decay, "every": every}
    rng = torch.Generator().manual_seed(seed)
    returned = frame.not_none("the network returned", learner(energy, data, loss, n_steps, rng, look, **how))
    if not hasattr(returned, "θ"):
        frame.fail(f"a {type(returned).__name__} was returned", "Return the averaged network.")
    if energy is returned and steps:
        frame.fail("the network that was handed over is returned", "Return the averaged copy: copy.deepcopy(energy).")
    return (
        steps, shapes[-1] if shapes else [], len(shapes), energy.θ.detach().clone(),
        torch.stack(looks) if looks else torch.zeros(0), returned.θ.detach().clone(),
    )  # fmt: skip


def _loop(flaw: str = "") -> Callable:
    """A training loop that can make each of the usual mistakes; without a flaw it is right."""

    def fit(
        energy: Quartic, data: Tensor, loss: Callable, n_steps: int, generator: torch.Generator, look: Callable,
        learning_rate: float = 0.01, batch_size: int = 256, decay: float = 0.99, every: int = 40,
    ) -> Quartic:  # fmt: skip
        rate = {"rate": 1e-3, "default": 0.01}.get(flaw, learning_rate)
        kind = torch.optim.SGD if flaw == "SGD" else torch.optim.Adam
        optimizer, averaged = kind(energy.parameters(), lr=rate), copy.deepcopy(energy)
        if flaw != "no start":
            look(0, averaged)
        steps = {"one less": n_steps - 1, "one more": n_steps + 1}.get(flaw, n_steps)
        drawn = data[torch.randint(len(data), (batch_size,), generator=generator)] if flaw == "one batch" else data
        for step in range(1, steps + 1):
            if flaw not in ("one batch", "all data"):
                drawn = data[torch.randint(len(data), (batch_size,), generator=generator)]
            if flaw == "the first":
                drawn = data[:batch_size]
            if flaw in ("permuted", "in order"):
                order = torch.randperm(len(data), generator=generator)
                drawn = data[order[:batch_size]] if flaw == "permuted" else drawn
            if flaw == "new Adam":
                optimizer = torch.optim.Adam(energy.parameters(), lr=rate)
            value = loss(energy, drawn, generator)
            if flaw != "adding up":
                optimizer.zero_grad()
            (-value if flaw == "uphill" else value).backward()
            if flaw == "average first":
                _average(averaged, energy, decay)
            if flaw != "at rest":
                optimizer.step()
            if flaw not in ("average first", "never"):
                _average(averaged, energy, {"turned": 1 - decay, "default decay": 0.99}.get(flaw, decay))
            due = step % every == 0 or (step == steps and flaw not in ("no odd end", "twice")) or flaw == "each"
            if due and not (flaw == "no end" and step == steps):
                look(step - (flaw == "counted from 0"), energy if flaw == "shown raw" else averaged)
        if flaw == "twice":
            look(steps, averaged)
        return copy.deepcopy(energy) if flaw == "raw" else averaged

    return fit


@torch.no_grad()
def _average(averaged: Quartic, energy: Quartic, decay: float) -> None:
    averaged.θ.copy_(decay * averaged.θ + (1 - decay) * energy.θ)


def _fit_with(flaw: str) -> Callable[..., dict[str, Any] | None]:
    """The first thing by which a loop with one flaw is recognised; None if it cannot be."""

    def first(data: Tensor, *settings: float) -> dict[str, Any] | None:
        rows = tuple(map(tuple, data.tolist()))
        pairs = zip(_FIT_QUESTIONS, _run(flaw, rows, *settings), _run("", rows, *settings), strict=True)
        return next(({name: a} for name, a, b in pairs if not agree(a, b)), None)

    return first


@cache
def _run(flaw: str, rows: tuple[tuple[float, ...], ...], *settings: float) -> tuple:
    return _fitted(_loop(flaw), torch.tensor(rows, dtype=torch.float64), *settings)


def _training(rng: np.random.Generator) -> tuple[Tensor, int, float, int, float, int, int]:
    """Data, and settings of a short training whose last step is none at which one looks anyway."""
    data, every = torch.tensor(rng.normal(0.4, 1, (int(rng.integers(9, 14)), 2))), int(rng.integers(3, 5))
    n_steps = every * int(rng.integers(2, 4)) + int(rng.integers(1, every))
    return data, n_steps, 0.05, int(rng.integers(5, 8)), float(rng.uniform(0.6, 0.9)), every, int(rng.integers(1000))


fit = Task(
    reference=lambda data, n_steps, learning_rate, batch_size, decay, every, seed: _fitted(
        _loop(), data, n_steps, learning_rate, batch_size, decay, every, seed
    ),
    draw=_training,
    outputs=tuple(_FIT_QUESTIONS),
    call=_fitted,
    question=_FIT_QUESTIONS,
    mistakes={
        "look is missing at step 0, before the first step": _fit_with("no start"),
        "look is missing after the last step: count up to n_steps": _fit_with("no end"),
        "look is missing after the last step where n_steps is no multiple of every": _fit_with("no odd end"),
        "look is called in every step: only if step % every == 0, and after the last": _fit_with("each"),
        "look is called twice after the last step, where n_steps is a multiple of every": _fit_with("twice"),
        "Count the steps from 1: after the first update the step is 1": _fit_with("counted from 0"),
        "One step too few: range(1, n_steps + 1)": _fit_with("one less"),
        "One step too many": _fit_with("one more"),
        "All data go into every step: draw a batch of batch_size": _fit_with("all data"),
        "Every step gets the same batch: draw it inside the loop": _fit_with("one batch"),
        "Every step gets the first batch_size data": _fit_with("the first"),
        "Draw with torch.randint: data may come twice in a batch": _fit_with("permuted"),
        "The gradients of all steps add up: call optimiser.zero_grad() before backward": _fit_with("adding up"),
        "The weights never change: zero_grad, then backward, then step of the optimiser": _fit_with("at rest"),
        "The loss is to fall: here it rises": _fit_with("uphill"),
        "Adam is made anew in every step and forgets: make it once, before the loop": _fit_with("new Adam"),
        "Use Adam, not SGD": _fit_with("SGD"),
        "The learning rate is not handed to Adam": _fit_with("rate"),
        "The learning rate is that of the argument, not always 0.01": _fit_with("default"),
        "look gets the averaged network, not the one that is trained": _fit_with("shown raw"),
        "The average keeps decay of itself and takes 1 - decay of the new weights; the two are exchanged":
            _fit_with("turned"),
        "The average never moves": _fit_with("never"),
        "The average uses 0.99 instead of decay": _fit_with("default decay"),
        "Average after the optimiser's step, not before": _fit_with("average first"),
        "Return the averaged network, not the newest weights": _fit_with("raw"),
    },
)  # fmt: skip


# -------------------------------------------------------------------------------------- noise-contrastive estimation


def _forging(rng: np.random.Generator) -> tuple[Quartic, Tensor, ebm.GaussianNoise, torch.Generator]:
    """An energy, data, noise of a known density, and its random numbers."""
    n, dim = (int(v) for v in rng.permutation(np.arange(2, 8))[:2])
    energy = Quartic(*rng.uniform(0.2, 0.6, 2), rng.normal(), shift=rng.normal(0, 1))
    noise = ebm.GaussianNoise(torch.tensor(rng.normal(0, 0.5, dim)), torch.diag(torch.tensor(rng.uniform(0.5, 2, dim))))
    return (
        energy,
        torch.tensor(rng.normal(0.3, 1, (n, dim))),
        noise,
        torch.Generator().manual_seed(int(rng.integers(99))),
    )


def _judged(
    logit: Callable[[Tensor, Tensor], Tensor] = lambda e, q: -e - q,
    *,
    parts: tuple[float, float] = (1, 1),
    per: Callable[[Tensor], Tensor] = torch.mean,
    loss: Callable[[Tensor], Tensor] = torch.nn.functional.softplus,
    forged: Callable[[Tensor, Any, torch.Generator], Tensor] | None = None,
    factor: float = 1.0,
) -> Callable[..., Tensor]:
    """The loss with some of its parts changed; `logit` takes E and log p of the noise."""

    def of(E: Quartic, x: Tensor, noise: Any, rng: torch.Generator) -> Tensor:
        y = noise.sample(len(x), rng) if forged is None else forged(x, noise, rng)
        a, b = logit(E(x), noise.log_prob(x)), logit(E(y), noise.log_prob(y))
        return factor * (parts[0] * per(loss(-a)) + parts[1] * per(loss(b))) + 0 * E.θ.sum()

    return of


against_noise = Task(
    reference=lambda energy, batch, noise, generator: ebm.noise_contrastive(
        energy, batch, noise.sample(len(batch), generator), noise.log_prob
    ),
    draw=_forging,
    outputs=("the loss", "its gradient"),
    view=_with_gradient,
    question={
        "the loss": "Is it -log P(data) averaged over the data, plus -log P(noise) averaged over the noise?",
        "its gradient": "Does the gradient flow through the energies of data and noise alike?",
    },
    mistakes={
        "The sign of E: low energy must speak for data": _judged(lambda e, q: e - q),
        "The density of the noise is missing in the log-odds": _judged(lambda e, q: -e),
        "The more likely a place is under the noise, the less it speaks for data: subtract log p of the noise":
            _judged(lambda e, q: -e + q),
        "The energy is missing in the log-odds": _judged(lambda e, q: -q),
        "log_prob is a log already": _judged(lambda e, q: -e - q.exp()),
        "The odds are a ratio: subtract the log of the noise's density, not the density times E":
            _judged(lambda e, q: -e * q),
        "Data and noise are exchanged: the data are to be called data": _judged(lambda e, q: e + q),
        "The noise is missing: a judge that always says data would win": _judged(parts=(1, 0)),
        "The data are missing": _judged(parts=(0, 1)),
        "Add the two means; one is subtracted": _judged(parts=(1, -1)),
        "Take means, not sums": _judged(per=torch.sum),
        "Add the two means; this is the mean of both": _judged(factor=0.5),
        "The loss is minus the log: the sign is wrong": _judged(factor=-1.0),
        "This averages probabilities of a mistake; average -log of the right answer's": _judged(loss=torch.sigmoid),
        "The noise must be drawn: here the data are judged against themselves": _judged(forged=lambda x, noise, rng: x),
        "Draw the noise from `noise`, not from a standard Gaussian": _judged(
            forged=lambda x, noise, rng: torch.randn(x.shape, generator=rng, dtype=x.dtype)),
        "Draw as many noise points as data, not one": _judged(forged=lambda x, noise, rng: noise.sample(1, rng)),
        "log 2 too much: the odds are p over p of the noise, with as many of both": _judged(
            lambda e, q: -e - q - math.log(2)),
        "Use the natural log": _judged(factor=1 / math.log(2)),
    },
)  # fmt: skip


# ----------------------------------------------------------------------------------------------------- replay buffer

_STATES = 1200  # states taken out to measure the share of fresh ones
_SHARE_ERROR = 0.072  # five standard errors of that share
_SAMPLES = 80  # after so many, each chain has come out, but for one case in 10¹²
_QUESTIONS = {
    "a new buffer is full of fresh states": "Leave the lines that fill self.states as they are.",
    "a chain comes out twice in one sample": "Does it use torch.randperm, which gives no number twice?",
    "the shape of the states taken out": "Is it self.states[indices], and does it work for states of any shape?",
    "each state, where none is fresh, is that of its chain": "Is it self.states[indices], with the indices returned?",
    "each state is that of its chain or fresh": "Do fresh states come from self.fresh, with nothing added to old ones?",
    "taking states out changes the buffer, where none is fresh": "Only write changes the buffer.",
    "a change of what was taken out changes the buffer": "Hand out a copy, not a view.",
    "the number of chains that ever come out": "Does torch.randperm go over all chains, self.capacity of them?",
    "the share of fresh states at reinit = 0 and above": "Is each state fresh with probability self.reinit, by itself?",
    "all fresh states differ": "Does self.fresh give as many states as are replaced?",
    "samples hold old and fresh states together": "Is there a random number for each state?",
    "the states after writing": "Does state i go to the place indices[i], and does all else stay?",
    "the buffer keeps a graph": "Write states.detach().",
    "one seed gives the same chains, the same states": "Is everything drawn with the generator that was passed in?",
}


def _fresh(shape: tuple[int, ...]) -> Callable[[int, torch.Generator], Tensor]:
    """Fresh states, which are all above 100, where no chain is."""
    return lambda n, rng: 100 + torch.rand(n, *shape, generator=rng, dtype=torch.float64)


@dataclass
class _Drawn:
    """What came out of a buffer in many samples of n states."""

    twice: bool = False  # a chain came out twice in one sample
    shape: tuple[int, ...] = ()  # of what came out; a wrong one, if there was one
    known: bool = True  # each state was that of its chain, or fresh
    chains: set[int] = field(default_factory=set)
    fresh: float = 0.0  # share
    together: bool = False  # a sample held old and fresh states


def _drawn(buffer: Any, states: Tensor, n: int, samples: int) -> _Drawn:
    rng, seen, right = torch.Generator().manual_seed(len(states) * n), _Drawn(), (n, *states.shape[1:])
    for _ in range(samples):
        buffer.states = states.clone()
        indices, rows = _taken(buffer, n, rng)
        seen.twice = seen.twice or len(set(indices.tolist())) < n
        seen.chains |= set(indices.tolist())
        seen.shape = tuple(rows.shape)
        if seen.shape != right:
            break
        flat, own = rows.reshape(n, -1), states[indices].reshape(n, -1)
        new = (flat >= 100).all(1)
        seen.known = seen.known and bool((new | (flat == own).all(1)).all())
        seen.fresh += float(new.sum()) / (n * samples)
        seen.together = seen.together or bool(new.any() and not new.all())
    return seen


def _taken(buffer: Any, n: int, rng: torch.Generator) -> tuple[Tensor, Tensor]:
    indices, rows = frame.outputs(buffer.sample(n, rng), "the numbers of the chains", "their states")
    indices, rows = torch.as_tensor(indices), torch.as_tensor(rows).detach()
    if indices.ndim != 1 or indices.is_floating_point():
        frame.fail("the first value is no row of whole numbers", "Return the numbers of the chains, then their states.")
    return indices.long(), rows


def _word(condition: bool) -> str:
    return "yes" if condition else "no"


def _watched(learner: Callable, capacity: int, n: int, shape: tuple[int, ...], reinit: float) -> tuple:
    """Everything that is asked of a replay buffer, in values whose right ones are known."""
    states = _old_states(capacity, shape)

    def new(reinit: float) -> Any:
        buffer = learner(capacity, _fresh(shape), reinit=reinit)
        buffer.states = states.clone()
        return buffer

    old, some = _drawn(new(0.0), states, n, _SAMPLES), _drawn(new(reinit), states, n, _STATES // n)
    share = next((s for s in (reinit, 1 - reinit) if abs(some.fresh - s) < _SHARE_ERROR), some.fresh)
    buffer = new(0.0)
    _taken(buffer, n, torch.Generator().manual_seed(1))
    by_taking = not torch.equal(buffer.states, states)
    renewed = _taken(new(1.0), n, torch.Generator().manual_seed(1))[1].reshape(n, -1)
    differ = len(renewed.unique(dim=0)) == n or not bool((renewed >= 100).all())
    buffer = new(0.0)
    _taken(buffer, n, torch.Generator().manual_seed(1))[1].add_(5.0)  # a sampler that works in place
    by_change = not torch.equal(buffer.states, states)
    return (
        _word(_begun(learner, capacity, n, shape)), _word(old.twice),
        old.shape if some.shape == (n, *shape) else some.shape, _word(old.known), _word(some.known), _word(by_taking),
        _word(by_change), len(old.chains), [old.fresh, share], _word(differ), _word(some.together),
        *_written(new(0.0), n, shape), _alike(lambda: _taken(new(0.5), capacity, torch.Generator().manual_seed(5))),
    )  # fmt: skip


def _begun(learner: Callable, capacity: int, n: int, shape: tuple[int, ...]) -> bool:
    """Whether a new buffer fills itself with fresh states, all of them different."""
    buffer = learner(capacity, _fresh(shape), reinit=0.0)
    rows = _taken(buffer, n, torch.Generator().manual_seed(3))[1]
    states = buffer.states.detach().reshape(len(buffer.states), -1)
    filled = len(states) == capacity and len(states.unique(dim=0)) == capacity and bool((states >= 100).all())
    return filled and bool((rows >= 100).all())


def _old_states(capacity: int, shape: tuple[int, ...]) -> Tensor:
    """States of the chains, all different and below 1."""
    return torch.arange(capacity * math.prod(shape), dtype=torch.float64).reshape(capacity, *shape) / 1000


def _written(buffer: Any, n: int, shape: tuple[int, ...]) -> tuple[Tensor, str]:
    """The buffer after its last chains are written, in reverse order, with states that carry a graph."""
    indices = torch.arange(len(buffer.states) - n, len(buffer.states)).flip(0)
    weight = torch.ones(n, *shape, dtype=torch.float64, requires_grad=True)
    buffer.write(indices, weight * _new_states(n, shape))
    return buffer.states.detach().clone(), _word(buffer.states.requires_grad)


def _new_states(n: int, shape: tuple[int, ...]) -> Tensor:
    return 7.0 + torch.arange(n * math.prod(shape), dtype=torch.float64).reshape(n, *shape)


def _alike(sample: Callable[[], tuple[Tensor, Tensor]]) -> list[str]:
    """Whether indices and states are the same in samples from one seed, whatever the global numbers are."""
    before, found = torch.random.get_rng_state(), []
    try:
        for seed in range(6):
            torch.manual_seed(seed)
            found.append(sample())
    finally:
        torch.random.set_rng_state(before)
    return [_word(all(torch.equal(a, b[k]) for b in found)) for k, a in enumerate(found[0])]


def _expected(capacity: int, n: int, shape: tuple[int, ...], reinit: float) -> tuple:
    """What is seen of a right buffer."""
    states = _old_states(capacity, shape)
    states[capacity - n :] = _new_states(n, shape).flip(0)
    return (
        "yes", "no", (n, *shape), "yes", "yes", "no", "no", capacity, [0.0, reinit], "yes", "yes", states, "no",
        ["yes", "yes"],
    )  # fmt: skip


class _Flawed:
    """A replay buffer that can make each of the usual mistakes."""

    def __init__(self, flaw: str, capacity: int, fresh: Callable, reinit: float) -> None:
        self.flaw, self.capacity, self.fresh, self.reinit = flaw, capacity, fresh, reinit
        self.states: Tensor | None = None

    def sample(self, n: int, generator: torch.Generator) -> tuple[Tensor, Tensor]:
        if self.states is None or self.flaw == "refilled":
            self.states = self.fresh(self.capacity, generator)
        flaw, own = self.flaw, None if self.flaw == "global" else generator
        indices = torch.randperm(self.capacity, generator=own)[:n]
        if flaw == "with replacement":
            indices = torch.randint(self.capacity, (n,), generator=generator)
        if flaw in ("the first", "view"):
            indices = torch.arange(n)
        taken = self.states[indices]
        if flaw == "other states":
            taken = self.states[torch.randperm(self.capacity, generator=generator)[:n]]
        mask = torch.rand(n, generator=None if flaw == "global mask" else own) < self._share()
        if flaw in ("int", "round"):
            mask = torch.arange(n) < (int if flaw == "int" else round)(self.reinit * n)
        if flaw == "all or none":
            mask = (torch.rand(1, generator=generator) < self.reinit).expand(n)
        if flaw == "view":
            taken = self.states[:n]
        elif flaw == "jitter":
            taken += 0.123456 * mask.reshape(n, *[1] * (taken.ndim - 1))
        elif flaw == "two axes":
            taken = torch.where(mask[:, None], self.fresh(n, generator), taken)
        elif flaw == "one for all":
            taken[mask] = self.fresh(1, generator)
        else:
            taken[mask] = self.fresh(int(mask.sum()), generator)
        return indices, taken

    def _share(self) -> float:
        others = 1 - self.reinit
        return {"turned": others, "others": others * (self.reinit > 0), "always": 1.0, "never": 0.0}.get(
            self.flaw, self.reinit
        )

    def write(self, indices: Tensor, states: Tensor) -> None:
        states = states if self.flaw == "graph" else states.detach()
        if self.flaw == "appended":
            self.states = torch.cat([self.states, states])
        elif self.flaw == "in front":
            self.states[: len(states)] = states
        elif self.flaw == "at the end":
            self.states = torch.cat([self.states[len(states) :], states])
        elif self.flaw == "replaced":
            self.states = states
        elif self.flaw == "added":
            self.states[indices] += states
        elif self.flaw != "not written":
            self.states[indices] = states


def _with(flaw: str) -> Callable[..., dict[str, Any] | None]:
    """The first thing by which a buffer with one flaw is recognised; None if it cannot be."""
    return lambda capacity, n, shape, reinit: _recognised(flaw, capacity, n, shape, reinit)


@cache
def _recognised(flaw: str, capacity: int, n: int, shape: tuple[int, ...], reinit: float) -> dict[str, Any] | None:
    def learner(capacity: int, fresh: Callable, reinit: float) -> _Flawed:
        return _Flawed(flaw, capacity, fresh, reinit)

    seen, right = _watched(learner, capacity, n, shape, reinit), _expected(capacity, n, shape, reinit)
    pairs = zip(_QUESTIONS, seen, right, strict=True)
    return next(({name: a} for name, a, b in pairs if not agree(a, b)), None)


def _any_buffer(rng: np.random.Generator) -> tuple[int, int, tuple[int, ...], float]:
    """Capacity, number taken out, shape of a state, and a probability of fresh ones that is no multiple of 1/n."""
    n = int(rng.integers(4, 6))
    shape = [(), (3,), (2, 2)][rng.integers(3)]
    return n * int(rng.integers(2, 4)) + 1, n, shape, float(rng.choice([1.5, 2.4])) / n


replay_buffer = Task(
    reference=_expected,
    draw=_any_buffer,
    outputs=tuple(_QUESTIONS),
    call=_watched,
    question=_QUESTIONS,
    mistakes={
        "Numbers come twice: use torch.randperm": _with("with replacement"),
        "States may have any shape, (n,) as well: the mask was given an axis for (n, dim)": _with("two axes"),
        "The states are not those of the chains whose numbers are returned": _with("other states"),
        "Jitter is not re-initialisation: a fresh state comes from self.fresh": _with("jitter"),
        "The buffer is filled with fresh states at every sample; that is for the first time only": _with("refilled"),
        "Hand out a copy, not a view: a slice of the buffer is the buffer itself": _with("view"),
        "Always the first n chains come out; draw their numbers with torch.randperm": _with("the first"),
        "No state is ever fresh: use self.reinit": _with("never"),
        "The comparison is turned round: a state is fresh if its number is below reinit": _with("turned"),
        "A state is fresh with probability reinit; here with 1 - reinit": _with("others"),
        "All states are fresh: use self.reinit": _with("always"),
        "Each state is fresh with probability reinit by itself; here int(reinit·n) of them always are": _with("int"),
        "Each state is fresh with probability reinit by itself; here round(reinit·n) of them always are":
            _with("round"),
        "Each fresh state is its own: self.fresh(number, generator), not one fresh state for all": _with("one for all"),
        "Each state is fresh with probability reinit by itself; here all are or none is": _with("all or none"),
        "The states are not written back": _with("not written"),
        "Write in place; do not append": _with("appended"),
        "Write in place: the buffer holds the last batch alone": _with("replaced"),
        "Write to self.states[indices], the places the states were taken from, not to the front": _with("in front"),
        "Write to self.states[indices]: the buffer is no queue whose oldest states leave": _with("at the end"),
        "The states are added to the old ones; they replace them": _with("added"),
        "A graph is kept: write states.detach()": _with("graph"),
        "The mask is drawn without the generator": _with("global mask"),
        "Draw with the generator that was passed in, not with the global one": _with("global"),
    },
)  # fmt: skip


# ------------------------------------------------------------------------------------------------------ score matching


def _blurring(rng: np.random.Generator) -> tuple[Quartic, Tensor, Tensor, float]:
    """An energy, data, noise of their shape, and a σ that is not 1."""
    energy, shape = Quartic(*rng.uniform(0.2, 0.9, 2), rng.normal()), tuple(int(v) for v in rng.integers(2, 6, 2))
    x, noise = (torch.tensor(rng.normal(0.3, 1, shape)) for _ in range(2))
    return energy, x, noise, float(rng.choice([0.2, 0.5, 1.7]))


def _half_square(
    E: Quartic, at: Tensor, target: Tensor, factor: float = 0.5, sign: float = -1.0, scale: float = 1.0
) -> Tensor:
    """Half the mean squared distance of ±∇E from a target; `scale` multiplies ∇E."""
    return factor * ((sign * scale * E.slope(at) - target) ** 2).sum(-1).mean()


denoising_score_matching = Task(
    reference=lambda energy, data, noise, sigma: _half_square(energy, data + sigma * noise, -noise / sigma),
    draw=_blurring,
    outputs=("the loss", "its gradient"),
    view=_with_gradient,
    question={
        "the loss": "Is it ½ |s + ξ/σ|² with s = -∇E at x + σξ, summed over coordinates, averaged over points?",
        "its gradient": "Does the graph of ∇E stay (create_graph=True), and is nothing detached?",
    },
    mistakes={
        "The score is -∇E, its target -ξ/σ: a sign is swapped":
            lambda E, x, ξ, σ: _half_square(E, x + σ * ξ, ξ / σ),
        "The score of the blur is -ξ/σ; ξ/σ² is divided twice":
            lambda E, x, ξ, σ: _half_square(E, x + σ * ξ, -ξ / σ**2),
        "The score of the blur is -ξ/σ; the division is missing": lambda E, x, ξ, σ: _half_square(E, x + σ * ξ, -ξ),
        "The score of the blur is -ξ/σ, not -σξ": lambda E, x, ξ, σ: _half_square(E, x + σ * ξ, -σ * ξ),
        "The target is the score of the blur, -ξ/σ; it is missing":
            lambda E, x, ξ, σ: _half_square(E, x + σ * ξ, 0 * ξ),
        "Take the score at the blurred data x + σξ, not at the data": lambda E, x, ξ, σ: _half_square(E, x, -ξ / σ),
        "The blur is σ ξ; σ is missing": lambda E, x, ξ, σ: _half_square(E, x + ξ, -ξ / σ),
        "The blur is σ ξ, not σ² ξ": lambda E, x, ξ, σ: _half_square(E, x + σ**2 * ξ, -ξ / σ),
        "The blur is x + σ ξ; here the noise is subtracted": lambda E, x, ξ, σ: _half_square(E, x - σ * ξ, -ξ / σ),
        "The factor 1/2 is missing": lambda E, x, ξ, σ: _half_square(E, x + σ * ξ, -ξ / σ, factor=1.0),
        "Your loss is weighted with σ²; the one asked for is not":
            lambda E, x, ξ, σ: _half_square(E, x + σ * ξ, -ξ / σ, factor=0.5 * σ**2),
        "Sum over the coordinates, then average over the points":
            lambda E, x, ξ, σ: _half_square(E, x + σ * ξ, -ξ / σ, factor=0.5 / x.shape[1]),
        "Average over the points; this is the sum":
            lambda E, x, ξ, σ: _half_square(E, x + σ * ξ, -ξ / σ, factor=0.5 * len(x)),
        "Sum over the coordinates, average over the points; it is the other way round":
            lambda E, x, ξ, σ: _half_square(E, x + σ * ξ, -ξ / σ, factor=0.5 * len(x) / x.shape[1]),
        "Differentiate the sum of the energies: their mean divides each score by the number of points":
            lambda E, x, ξ, σ: _half_square(E, x + σ * ξ, -ξ / σ, scale=1 / len(x)),
        "Square the distance; here its length is averaged": lambda E, x, ξ, σ:
            0.5 * (E.slope(x + σ * ξ) - ξ / σ).norm(dim=-1).mean(),
        "The square of each coordinate's distance, not of their sum": lambda E, x, ξ, σ:
            0.5 * ((E.slope(x + σ * ξ) - ξ / σ).sum(-1) ** 2).mean(),
        "Square the distance from the target, not score and target one by one": lambda E, x, ξ, σ:
            0.5 * (E.slope(x + σ * ξ) ** 2 + (ξ / σ) ** 2).sum(-1).mean(),
        "The gradient of E carries no graph: use create_graph=True": lambda E, x, ξ, σ:
            _half_square(E, x + σ * ξ, -ξ / σ).detach() + 0 * E(x).sum(),
    },
)  # fmt: skip


# ------------------------------------------------------------------------------------------------- Fisher divergence


def two_modes(distance: float, left: float, n: int = 4000, half: float = 16.0) -> tuple[Tensor, Tensor, Tensor, float]:
    """Two Gaussians of standard deviation 1 on a line.

    Args:
        distance: of their means, which lie at ± half of it.
        left: weight of the left one.
        n: points of the grid.
        half: the grid goes from -half to half.

    Returns:
        Grid, density, score, spacing.
    """
    z, dz = ebm.grid(((-half, half),), n)
    pulls = torch.stack([-distance / 2 - z, distance / 2 - z])
    logs = -(pulls**2) / 2 + torch.log(torch.tensor([[left], [1 - left]], dtype=torch.float64))
    log_p = torch.logsumexp(logs, 0) - math.log(2 * math.pi) / 2
    return z, log_p.exp(), (torch.softmax(logs, 0) * pulls).sum(0), dz


def _two_densities(rng: np.random.Generator) -> tuple[Tensor, Tensor, Tensor, float]:
    """A density, its score, another's score and the spacing, on grids of several lengths and widths."""
    n, half, distance = int(rng.integers(150, 400)), float(rng.uniform(9, 12)), float(rng.uniform(1.5, 5))
    _, p, score_p, dx = two_modes(distance, float(rng.uniform(0.6, 0.9)), n, half)
    score_q = two_modes(distance + float(rng.uniform(-0.8, 0.8)), float(rng.uniform(0.2, 0.5)), n, half)[2]
    return p, score_p, score_q, dx


fisher_divergence = Task(
    reference=lambda p, score_p, score_q, dx:
        0.5 * float(np.dot(np.asarray(p), (np.asarray(score_p) - np.asarray(score_q)) ** 2)) * dx,
    draw=_two_densities,
    name="F",
    atol=1e-9,
    question="Is it half the sum of p times the squared difference of the scores, times dx?",
    mistakes={
        "The factor 1/2 is missing": lambda p, s, r, dx: (p * (s - r) ** 2).sum() * dx,
        "Multiply the sum by dx": lambda p, s, r, dx: 0.5 * (p * (s - r) ** 2).sum(),
        "Multiply by dx; you divided": lambda p, s, r, dx: 0.5 * (p * (s - r) ** 2).sum() / dx,
        "dx enters once; p is a density and needs none of its own": lambda p, s, r, dx:
            0.5 * (p * (s - r) ** 2).sum() * dx**2,
        "Weight with p: data are where p is": lambda p, s, r, dx: 0.5 * ((s - r) ** 2).sum() * dx,
        "Sum over the grid: the factor dx makes it an integral, with no mean as well": lambda p, s, r, dx:
            0.5 * (p * (s - r) ** 2).mean() * dx,
        "The factor 1/2 stands there twice": lambda p, s, r, dx: 0.25 * (p * (s - r) ** 2).sum() * dx,
        "Subtract the score of p from that of q; this takes q's alone": lambda p, s, r, dx:
            0.5 * (p * r**2).sum() * dx,
        "Subtract the score of p from that of q; this takes p's alone": lambda p, s, r, dx:
            0.5 * (p * s**2).sum() * dx,
        "This is a mean over the grid, not an integral over p": lambda p, s, r, dx: 0.5 * (p * (s - r) ** 2).mean(),
        "This is a mean over the grid, and p is no weight in it": lambda p, s, r, dx: 0.5 * ((s - r) ** 2).mean(),
        "Square the difference of the scores": lambda p, s, r, dx: 0.5 * (p * (s - r)).sum() * dx,
        "Square the difference of the scores; this is its minus": lambda p, s, r, dx: 0.5 * (p * (r - s)).sum() * dx,
        "Square the difference; this is its size": lambda p, s, r, dx: 0.5 * (p * (s - r).abs()).sum() * dx,
        "Weight once with p, not p²": lambda p, s, r, dx: 0.5 * (p**2 * (s - r) ** 2).sum() * dx,
        "Square the difference of the scores, not each score":
            lambda p, s, r, dx: 0.5 * (p * (s**2 - r**2)).sum() * dx,
        "Square the difference, r - s, not the sum": lambda p, s, r, dx: 0.5 * (p * (s + r) ** 2).sum() * dx,
        "Square before the sum, not after it": lambda p, s, r, dx: 0.5 * ((p * (s - r)).sum() * dx) ** 2,
        "F has no root": lambda p, s, r, dx: ((p * (s - r) ** 2).sum() * dx / 2).sqrt(),
        "One number: take the sum": lambda p, s, r, dx: 0.5 * p * (s - r) ** 2 * dx,
    },
)  # fmt: skip


def fisher_factor(near: float = 4.0, far: float = 8.0) -> float:
    """The Fisher divergence of weights (0.8, 0.2) and (0.5, 0.5) at one distance of the modes over that at another."""
    of = {}
    for distance in (near, far):
        (_, p, s, dz), (_, _, r, _) = two_modes(distance, 0.8), two_modes(distance, 0.5)
        of[distance] = fisher_divergence.reference(p, s, r, dz)
    return of[far] / of[near]
