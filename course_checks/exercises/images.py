"""Exercises on energies of images: a training step, AUROC, clamped sampling, labels, sums of energies, norms."""

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from ..checks import Task
from ..checks import frame as check

__all__ = ["auroc", "clamped_langevin", "compose", "label_energy", "spectral_norm", "training_step"]


# ----------------------------------------------------------------------------------------- 6.1: a training step


class Pixels(torch.nn.Module):
    """E(x) = Σ over pixels of θ₀ x⁴/4 + θ₁ x²/2 + θ₂ x: an energy of pictures whose weights are three numbers.

    They are held in two tensors, as those of a network are: to shorten the gradient of each is a mistake that shows.

    Args:
        θ: the three weights.
    """

    def __init__(self, θ: Tensor) -> None:
        super().__init__()
        self.even, self.odd = torch.nn.Parameter(θ[:2].clone()), torch.nn.Parameter(θ[2:].clone())

    @property
    def θ(self) -> Tensor:
        """The three weights."""
        return torch.cat([self.even, self.odd])

    def forward(self, x: Tensor) -> Tensor:
        return self.features(x) @ self.θ

    @staticmethod
    def features(x: Tensor) -> Tensor:
        """What the weights multiply, shape (n, 3)."""
        return torch.stack([x**4 / 4, x**2 / 2, x], dim=-1).sum((1, 2, 3))


_RATE, _ROUNDS = 0.05, 2


def _taught(
    θ: Tensor,
    batch: Tensor,
    chains: Tensor,
    taken: Tensor,
    ε: float,
    noise: Tensor,
    α: float = 0.002,
    *,
    drift: float = 1.0,
    kick: Callable[[float], float] = lambda ε: math.sqrt(2 * ε),
    order: Callable[[Tensor], Tensor] = lambda noise: noise,
    start: Callable[[Tensor, Tensor, Tensor], Tensor] = lambda batch, chains, taken: chains[taken],
    kept: Callable[[Tensor, Tensor, Tensor], Tensor] = lambda chains, taken, x: chains.index_copy(0, taken, x),
    before: bool = False,
    signs: tuple[float, float] = (1, -1),
    squares: Callable[[Tensor, Tensor], Tensor] = lambda d, m: (d**2).mean() + (m**2).mean(),
    weight: Callable[[float], float] = lambda α: α,
    mean: Callable[[Tensor], Tensor] = torch.mean,
    added_up: bool = False,
    shorten: Callable[[Tensor], Tensor] = lambda g: g / g.norm().clamp(min=1.0),
    stepped: bool = True,
    said: Callable[[Tensor, Tensor, Tensor], Tensor] = lambda d, m, loss: d.mean() - m.mean(),
) -> tuple[Tensor, Tensor, Tensor]:
    """Gaps, chains and weights after two steps of plain descent, written out, with some parts of a step changed."""
    gaps, gradient = [], torch.zeros_like(θ)
    for _ in range(_ROUNDS):
        x = first = start(batch, chains, taken)
        for ξ in order(noise):
            x = x - drift * ε * (θ[0] * x**3 + θ[1] * x + θ[2]) + kick(ε) * ξ
        chains = kept(chains, taken, x)
        leaf = θ.clone().requires_grad_(True)
        d, m = (Pixels.features(y) @ leaf for y in (batch, first if before else x))
        loss = signs[0] * mean(d) + signs[1] * mean(m) + weight(α) * squares(d, m)
        (slope,) = torch.autograd.grad(loss, leaf, allow_unused=True, materialize_grads=True)
        gradient = shorten(slope + gradient * added_up)
        gaps.append(said(d.detach(), m.detach(), loss.detach()))
        θ = θ - _RATE * gradient * stepped
    return torch.stack(gaps), chains, θ


def _asked_to_teach(learner: Callable, θ: Tensor, batch: Tensor, chains: Tensor, *rest: Any) -> tuple:
    """What two steps of the learner's with the same optimiser return, and leave in the chains and the weights."""
    energy, states, gaps = Pixels(θ), chains.clone(), []
    optimiser = torch.optim.SGD(energy.parameters(), lr=_RATE)
    for _ in range(_ROUNDS):
        gap = learner(energy, optimiser, batch, states, *rest)
        check.not_none("the gap", gap)
        hint = "Walk on `x.detach()`, one step after the other."
        check.that(not states.requires_grad, "the chains drag a graph along", hint=hint)
        single = np.ndim(gap.detach() if isinstance(gap, Tensor) else gap) == 0
        check.that(single, "the gap is not one number", hint="A difference of two means.")
        check.that(not getattr(gap, "requires_grad", False), "the gap drags a graph along", hint="Return float(gap).")
        gaps.append(float(gap))
    return torch.tensor(gaps, dtype=θ.dtype), states, energy.θ.detach()


def _classroom(rng: np.random.Generator) -> tuple:
    """Weights, a batch, more chains than are taken, ε, noise and α."""
    θ = torch.tensor([*rng.uniform(0.2, 0.8, 2), rng.normal(0, 0.5)])
    n, m = (int(k) for k in rng.permutation(np.arange(2, 7))[:2])
    shape = (1, int(rng.integers(2, 4)), int(rng.integers(2, 4)))
    batch = torch.tensor(rng.normal(0.5, rng.choice([0.4, 1.0]), (n, *shape)))
    chains, taken = torch.tensor(rng.normal(0, 1, (m + 3, *shape))), torch.tensor(rng.permutation(m + 3)[:m])
    noise = torch.tensor(rng.normal(size=(int(rng.integers(2, 5)), m, *shape)))
    return θ, batch, chains, taken, float(rng.choice([0.03, 0.08])), noise, float(rng.choice([0.01, 0.05]))


def _teaching(only: tuple[str, ...] = (), **changed: Any) -> Callable[..., Any]:
    """A step with some parts changed, for two calls; `only` are the outputs that the mistake concerns."""

    def taught(θ: Tensor, batch: Tensor, chains: Tensor, taken: Tensor, ε: float, noise: Tensor, α: float = 0.002):
        values = _taught(θ, batch, chains, taken, ε, noise, α, **changed)
        named = dict(zip(("the chains", "the gap", "the weights"), (values[1], values[0], values[2]), strict=True))
        return {name: named[name] for name in only} if only else values

    return taught


def _from_data(batch: Tensor, chains: Tensor, taken: Tensor) -> Tensor:
    return batch[torch.arange(len(taken)) % len(batch)]


training_step = Task(
    reference=_teaching(),
    draw=_classroom,
    call=_asked_to_teach,
    outputs=("the gap", "the chains", "the weights"),
    compared=("the chains", "the gap", "the weights"),
    question={
        "the chains": "Do those that are taken, and no others, walk on from where they were, by √(2ε) ξ − ε ∇E?",
        "the gap": "Is it the mean energy of the batch minus that of the walked chains, before the weights change?",
        "the weights": "Is it descent on the gap plus α times both means of E², with fresh gradients, 1 long at most?",
    },
    mistakes={
        "The chains are not written back: they must go on from here in their next step":
            _teaching(kept=lambda c, i, x: c),
        "Write each chain back in its own place, chains[taken]":
            _teaching(kept=lambda c, i, x: torch.cat([x, c[len(x):]])),
        "The walk starts at the data; persistent chains go on from where they were": _teaching(start=_from_data),
        "The chains that walk are those in `taken`, not the first ones":
            _teaching(start=lambda b, c, i: c[: len(i)]),
        "The force pulls downhill: minus ε ∇E": _teaching(drift=-1.0),
        "The force is missing in the walk": _teaching(drift=0.0),
        "The convention with ε/2 in the force has half the force of ours": _teaching(drift=0.5),
        "The noise of a step is √(2ε) ξ: a factor √2 is missing": _teaching(kick=math.sqrt),
        "The noise of a step is √(2ε) ξ: the root is missing": _teaching(kick=lambda ε: 2 * ε),
        "The noise of a step is √(2ε) ξ: ε belongs under the root": _teaching(kick=lambda ε: math.sqrt(2) * ε),
        "The noise of a step is √(2ε) ξ: 2 belongs under the root": _teaching(kick=lambda ε: 2 * math.sqrt(ε)),
        "The noise comes with a plus": _teaching(kick=lambda ε: -math.sqrt(2 * ε)),
        "The noise is not multiplied by √(2ε)": _teaching(kick=lambda ε: 1.0),
        "The noise is missing in the walk": _teaching(kick=lambda ε: 0.0),
        "Each step of the walk has its own noise: here the first is used in all":
            _teaching(order=lambda noise: noise[:1].expand_as(noise)),
        "The noise of the first step comes first: the order is reversed": _teaching(order=lambda noise: noise.flip(0)),
        "Take one step of the walk for each noise; this is a single step": _teaching(order=lambda noise: noise[:1]),
        "One gradient for each picture: that of the sum of the energies, not of their mean":
            lambda θ, b, c, i, ε, noise, α=0.002: _taught(θ, b, c, i, ε, noise, α, drift=1 / len(i)),
        "The energy of the chains is that before their walk: take it at their new states": _teaching(before=True),
        "This is the loss; return the gap, without the two means of E²":
            _teaching(("the gap",), said=lambda d, m, loss: loss),
        "The gap is data minus chains": _teaching(("the gap",), said=lambda d, m, loss: m.mean() - d.mean()),
        "The gap is a difference of means, not of sums":
            _teaching(("the gap",), said=lambda d, m, loss: d.sum() - m.sum()),
        "This is the mean energy of the data alone; subtract that of the chains":
            _teaching(("the gap",), said=lambda d, m, loss: d.mean()),
        "This is the mean energy of the chains alone": _teaching(("the gap",), said=lambda d, m, loss: m.mean()),
        "The sign is flipped: descent must lower the data and raise the chains": _teaching(signs=(-1, 1)),
        "The data are pushed up: their mean comes with a plus, that of the chains with a minus":
            _teaching(signs=(-1, -1)),
        "The chains are pushed down, too: their mean comes with a minus": _teaching(signs=(1, 1)),
        "The energy of the chains has no part in the loss: did its graph get lost?": _teaching(signs=(1, 0)),
        "The energy of the data has no part in the loss: did its graph get lost?": _teaching(signs=(0, -1)),
        "Means, not sums, over the pictures": _teaching(mean=torch.sum),
        "The two means of E² are missing": _teaching(weight=lambda α: 0.0),
        "The two means of E² come with a plus": _teaching(weight=lambda α: -α),
        "The means of E² are multiplied by α": _teaching(weight=lambda α: 1.0),
        "α is multiplied, not its square": _teaching(weight=lambda α: α**2),
        "The means of E² are multiplied by α, not divided by it": _teaching(weight=lambda α: 1 / α),
        "α is not used: this is its usual value, 0.002": _teaching(weight=lambda α: 0.002),
        "The mean of E² over the chains is missing": _teaching(squares=lambda d, m: (d**2).mean()),
        "The mean of E² over the data is missing": _teaching(squares=lambda d, m: (m**2).mean()),
        "Add both means of E²; here one is subtracted": _teaching(squares=lambda d, m: (d**2).mean() - (m**2).mean()),
        "Add both means of E²; here the data's is subtracted":
            _teaching(squares=lambda d, m: (m**2).mean() - (d**2).mean()),
        "Square first, then take the mean": _teaching(squares=lambda d, m: d.mean() ** 2 + m.mean() ** 2),
        "E² is the square of E, not E itself": _teaching(squares=lambda d, m: d.mean() + m.mean()),
        "E² is missing its square: this is |E|": _teaching(squares=lambda d, m: d.abs().mean() + m.abs().mean()),
        "The sums of E² are means here": _teaching(squares=lambda d, m: (d**2).sum() + (m**2).sum()),
        "The gradient is not shortened to length 1: do it after backward(), before the step":
            _teaching(shorten=lambda g: g),
        "A short gradient stays as it is; only a longer one is cut to length 1":
            _teaching(shorten=lambda g: g / g.norm()),
        "Shorten the gradient of all weights together, not that of each tensor by itself":
            _teaching(shorten=lambda g: torch.cat([part / part.norm().clamp(min=1.0) for part in (g[:2], g[2:])])),
        "Shorten the whole gradient to length 1, not each number in it": _teaching(shorten=lambda g: g.clamp(-1, 1)),
        "The gradients of the step before are still there: zero_grad() first": _teaching(added_up=True),
        "The weights did not move: optimiser.step() is missing, or came before backward()": _teaching(stepped=False),
    },
)  # fmt: skip


# ------------------------------------------------------------------------------------------------------- 6.2: AUROC


def _ranked(scores_in: Tensor, scores_out: Tensor) -> float:
    """By Mann and Whitney's ranks."""
    from scipy.stats import rankdata

    n, m = len(scores_in), len(scores_out)
    ranks = rankdata(torch.cat([scores_in, scores_out]).numpy())
    return float((ranks[n:].sum() - m * (m + 1) / 2) / (n * m))


def _scores(rng: np.random.Generator) -> tuple[Tensor, Tensor]:
    """Two sets of different sizes, with ties between them and within them."""
    n, m = rng.choice(np.arange(3, 10), 2, replace=False)
    a, b = rng.integers(0, 6, n) / 2.0, rng.integers(1, 8, m) / 2.0
    b[0] = a[0]
    return torch.tensor(a), torch.tensor(b)


def _above(a: Tensor, b: Tensor) -> Tensor:
    return (b[:, None] > a).double().mean()


def _tied(a: Tensor, b: Tensor) -> Tensor:
    return (b[:, None] == a).double().mean()


def _in_order(a: Tensor, b: Tensor) -> Tensor:
    k = min(len(a), len(b))
    return (b.sort().values[:k] > a.sort().values[:k]).double().mean()


def _side_by_side(a: Tensor, b: Tensor) -> Tensor:
    k = min(len(a), len(b))
    return (torch.sign(b[:k] - a[:k]) / 2 + 0.5).double().mean()


def _half_way(a: Tensor, b: Tensor) -> Tensor:
    limit = (a.mean() + b.mean()) / 2
    return ((b > limit).double().mean() + (a < limit).double().mean()) / 2


def _best_limit(a: Tensor, b: Tensor) -> float:
    return max(float((_above(c[None], b) + 1 - _above(c[None], a)) / 2) for c in torch.cat([a, b]))


auroc = Task(
    reference=_ranked,
    draw=_scores,
    name="the AUROC",
    question="Is it the share of all n m pairs in which the foreign score is higher, with one half for a tie?",
    mistakes={
        "Ties count one half; you gave them nothing": _above,
        "Ties count one half; you counted them fully": lambda a, b: _above(a, b) + _tied(a, b),
        "Ties count one half; you left those pairs out of the total": lambda a, b: _above(a, b) / (1 - _tied(a, b)),
        "It is upside down: count where the foreign score is higher": lambda a, b: 1 - _ranked(a, b),
        "It is upside down: count where the foreign score is higher, and ties one half": lambda a, b: _above(b, a),
        "Count pairs; this is the best accuracy of a single limit": _best_limit,
        "Count pairs; this compares with the mean of real scores": lambda a, b: (b > a.mean()).double().mean(),
        "Count pairs; this compares the mean of the foreign scores with each real one":
            lambda a, b: (b.mean() > a).double().mean(),
        "Count pairs; this compares with the largest real score": lambda a, b: (b > a.max()).double().mean(),
        "Count pairs; this compares with the median of real scores": lambda a, b: (b > a.median()).double().mean(),
        "Compare each with each, not the smallest with the smallest and so on": _in_order,
        "This runs from -1 to 1; half of it plus one half is the AUROC": lambda a, b: 2 * _ranked(a, b) - 1,
        "Divide by the number of pairs, n m": lambda a, b: _ranked(a, b) * len(a),
        "Divide by the number of pairs, n m, not by n": lambda a, b: _ranked(a, b) * len(b),
        "This is the number of such pairs; divide by n m": lambda a, b: _ranked(a, b) * len(a) * len(b),
        "Count pairs; how much higher a score is does not matter": lambda a, b: (b[:, None] - a).mean(),
        "A pair counts 0, one half or 1, however far the scores are apart; this is a sigmoid":
            lambda a, b: torch.sigmoid(b[:, None] - a).mean(),
        "Compare each with each, not the k-th with the k-th": _side_by_side,
        "Compare each with each, not the k-th real score with the k-th foreign one":
            lambda a, b: _side_by_side(a, b) * min(len(a), len(b)) / len(a),
        "Divide the ties by n m, too": lambda a, b: _above(a, b) + _tied(a, b) / 2 * len(a) * len(b),
        "One number for all pairs, not one for each foreign image":
            lambda a, b: (torch.sign(b[:, None] - a) / 2 + 0.5).double().mean(1),
        "One number for all pairs, not one for each real image":
            lambda a, b: (torch.sign(b[:, None] - a) / 2 + 0.5).double().mean(0),
        "Real against foreign only; here all images are compared with all": lambda a, b: 0.5,
        "Count pairs; this is the accuracy of a limit half-way between the means": _half_way,
    },
)  # fmt: skip


# ------------------------------------------------------------------------------------------- 6.3: clamped Langevin

_Energy = Callable[[Tensor], Tensor]


def rough_energy(x: Tensor) -> Tensor:
    """Springs between neighbours on a torus, and a soft wall."""
    return 2 * (x - x.roll(1, -1)).square().sum((1, 2, 3)) + x.pow(4).sum((1, 2, 3)) / 4


def wavy_energy(x: Tensor) -> Tensor:
    """Each pixel pulls at the one two rows above, less so where it is dark."""
    return (3 * x.sin() * x.roll(1, -2)).sum((1, 2, 3)) + x.square().sum((1, 2, 3))


def _slope(energy: _Energy, x: Tensor) -> Tensor:
    leaf = x.detach().clone().requires_grad_(True)
    return torch.autograd.grad(energy(leaf).sum(), leaf)[0]


def _free_coordinates(
    energy: _Energy, x: Tensor, free: Tensor, step_size: float, temperature: float, noise: Tensor
) -> Tensor:
    """Only the free pixels are coordinates at all."""
    z, whole = x[..., free], x.clone()
    for ξ in noise:
        leaf = z.detach().requires_grad_(True)
        filled = whole.clone()
        filled[..., free] = leaf
        (slope,) = torch.autograd.grad(energy(filled).sum(), leaf)
        z = z - step_size * slope + math.sqrt(2 * step_size * temperature) * ξ[..., free]
    whole[..., free] = z
    return whole


def _walk(
    rule: Callable[[Tensor, Tensor, Tensor], Tensor],
    size: Callable[[float, float], float] = lambda ε, T: math.sqrt(2 * ε * T),
    force: Callable[[_Energy, Tensor], Tensor] = _slope,
    order: Callable[[Tensor], Tensor] = lambda noise: noise,
) -> Callable[..., Tensor]:
    """A walk with another rule (mask, drift, kick) -> change, size of the kicks, force, or order of the noise."""

    def walk(energy: _Energy, x: Tensor, free: Tensor, ε: float, T: float, noise: Tensor) -> Tensor:
        now = x
        for ξ in order(noise):
            now = now + rule(free.to(x), -ε * force(energy, now), size(ε, T) * ξ)
        return now

    return walk


def _clamped(mask: Tensor, drift: Tensor, kick: Tensor) -> Tensor:
    return mask * (drift + kick)


def _walk_from(blank: bool, last: bool) -> Callable[..., Tensor]:
    """Walks that clamp at the last step only, at all but the last, or see the force of blanked free pixels."""

    def walk(energy: _Energy, x: Tensor, free: Tensor, ε: float, T: float, noise: Tensor) -> Tensor:
        now = x
        for i, ξ in enumerate(noise, 1):
            slope = _slope(energy, torch.where(free, 0.0, x) if blank else now)
            moved = now - ε * slope + math.sqrt(2 * ε * T) * ξ
            clamped = blank or (i == len(noise)) != last
            now = torch.where(free, moved, x) if clamped else moved
        return now

    return walk


def _accumulating(energy: _Energy, x: Tensor, free: Tensor, ε: float, T: float, noise: Tensor) -> Tensor:
    now, slope = x, torch.zeros_like(x)
    for ξ in noise:
        slope = slope + _slope(energy, now)
        now = torch.where(free, now - ε * slope + math.sqrt(2 * ε * T) * ξ, x)
    return now


def _divided(energy: _Energy, x: Tensor, free: Tensor, ε: float, T: float, noise: Tensor) -> Tensor:
    """Steps of E/T in the time of T."""
    return _walk(_clamped, lambda ε, T: math.sqrt(2 * ε), lambda e, now: _slope(e, now) / T)(
        energy, x, free, ε, T, noise
    )


def _back_to_start(energy: _Energy, x: Tensor, free: Tensor, ε: float, T: float, noise: Tensor) -> Tensor:
    now = x
    for ξ in noise:
        now = torch.where(free, x - ε * _slope(energy, now) + math.sqrt(2 * ε * T) * ξ, x)
    return now


def _blackened(energy: _Energy, x: Tensor, free: Tensor, ε: float, T: float, noise: Tensor) -> Tensor:
    now = x
    for ξ in noise:
        now = free * (now - ε * _slope(energy, now) + math.sqrt(2 * ε * T) * ξ)
    return now


def _from_the_start(energy: _Energy, x: Tensor, free: Tensor, ε: float, T: float, noise: Tensor) -> Tensor:
    return _walk(_clamped, order=lambda noise: noise[-1:])(energy, x, free, ε, T, noise)


def _pictures(rng: np.random.Generator) -> tuple[_Energy, Tensor, Tensor, float, float, Tensor]:
    """A landscape, pictures, a mask with both kinds of pixels, and noise for some steps."""
    n, h, w, steps = int(rng.integers(1, 4)), *rng.integers(3, 6, 2), int(rng.integers(3, 7))
    free = rng.random((h, w)) < 0.5
    free[0, :2] = True, False
    shape = (n, 1, h, w)
    parts = (torch.tensor(rng.normal(size=shape)), torch.tensor(free))
    noise = torch.tensor(rng.normal(size=(steps, *shape)))
    energy = (rough_energy, wavy_energy)[rng.integers(2)]
    return energy, *parts, float(rng.choice([0.03, 0.08])), float(rng.choice([0.4, 2.3])), noise


clamped_langevin = Task(
    reference=_free_coordinates,
    draw=_pictures,
    name="the pictures",
    question="Where a pixel is free: a Langevin step as in Exercise 3.1, with √(2 ε T) ξ; elsewhere: the known value?",
    mistakes={
        "Nothing is clamped: the known pixels move": _walk(lambda m, f, k: f + k),
        "Clamped only at the end: clamp after every step": _walk_from(blank=False, last=False),
        "The last step is not clamped: clamp after it, too": _walk_from(blank=False, last=True),
        "The noise moves the known pixels: clamp after it is added": _walk(lambda m, f, k: m * f + k),
        "The force moves the known pixels: clamp all of the step": _walk(lambda m, f, k: f + m * k),
        "The mask is upside down: True is where a pixel may change": _walk(lambda m, f, k: (1 - m) * (f + k)),
        "The temperature is missing in the noise": _walk(_clamped, lambda ε, T: math.sqrt(2 * ε)),
        "The sign of the force is wrong": _walk(lambda m, f, k: m * (k - f)),
        "The noise is √(2 ε T) ξ: a factor √2 is missing": _walk(_clamped, lambda ε, T: math.sqrt(ε * T)),
        "The noise is √(2 ε T) ξ: T belongs under the root": _walk(_clamped, lambda ε, T: math.sqrt(2 * ε) * T),
        "The noise is √(2 ε T) ξ: ε belongs under the root": _walk(_clamped, lambda ε, T: math.sqrt(2 * T) * ε),
        "The noise is √(2 ε T) ξ: 2 belongs under the root": _walk(_clamped, lambda ε, T: 2 * math.sqrt(ε * T)),
        "The noise is √(2 ε T) ξ: the root is missing": _walk(_clamped, lambda ε, T: 2 * ε * T),
        "The noise is √(2 ε T) ξ: the root and the 2 are missing": _walk(_clamped, lambda ε, T: ε * T),
        "The noise is multiplied by T, not divided by it": _walk(_clamped, lambda ε, T: math.sqrt(2 * ε / T)),
        "The noise is missing": _walk(lambda m, f, k: m * f),
        "The force is missing": _walk(lambda m, f, k: m * k),
        "The convention with ε/2 in the force has half the force of ours": _walk(lambda m, f, k: m * (f / 2 + k)),
        "T belongs to the noise only; the force is not divided by it":
            lambda e, x, m, ε, T, noise: _walk(_clamped, force=lambda e, x: _slope(e, x) / T)(e, x, m, ε, T, noise),
        "These are steps of E/T in a time of its own: T belongs to the noise only": _divided,
        "One gradient for each picture: take that of the sum of the energies, not of their mean":
            _walk(_clamped, force=lambda e, x: _slope(e, x) / len(x)),
        "The energy sees only the known pixels: it takes the whole picture, as it is now":
            _walk_from(blank=True, last=True),
        "The gradients of all steps so far are added up: take that of this step": _accumulating,
        "Each step has its own noise: here the first is used in all":
            _walk(_clamped, order=lambda noise: noise[:1].expand_as(noise)),
        "The noise of the first step comes first: the order is reversed": _walk(_clamped, order=lambda x: x.flip(0)),
        "Take one step for each noise; this is a single step": _walk(_clamped, order=lambda noise: noise[:1]),
        "The noise comes with a plus": _walk(lambda m, f, k: m * (f - k)),
        "Each step goes on from the pictures of the step before, not from the start": _from_the_start,
        "Each step begins where the one before ended, not at the start; only its force is taken there": _back_to_start,
        "The pictures after the last step only, not those of all steps":
            lambda e, x, m, ε, T, noise: torch.stack(
                [_free_coordinates(e, x, m, ε, T, noise[: k + 1]) for k in range(len(noise))]),
        "The known pixels keep their values; they are not set to 0": _blackened,
        "Nothing has moved: keep the new pictures for the next step": lambda e, x, m, ε, T, noise: x,
    },
)  # fmt: skip


# ------------------------------------------------------------------------------------------- 6.4: a set of labels


def _energy_only(function: Callable[[Tensor, list[int]], Tensor]) -> Callable[..., dict[str, Tensor]]:
    """A mistake about the energy; a gradient that is wrong beside a right energy has other reasons."""
    return lambda logits, labels: {"the energy": function(logits, labels)}


def _summed(logits: Tensor, labels: list[int]) -> tuple[Tensor, Tensor]:
    """By adding one label after the other, and the gradient by hand: -p(y | x, y in A)."""
    total = logits[:, labels[0]]
    for y in labels[1:]:
        total = torch.logaddexp(total, logits[:, y])
    slope = torch.zeros_like(logits)
    for y in labels:
        slope[:, y] = -torch.exp(logits[:, y] - total)
    return -total, slope


def _asked_with_gradient(learner: Callable[..., Tensor], logits: Tensor, labels: list[int]) -> tuple:
    """The learner's energy, and in a second call its gradient with respect to the logits."""
    leaf, same = logits.clone(), list(labels)
    value = learner(logits, labels)
    if not isinstance(value, Tensor) or value.shape != leaf.shape[:1] or not torch.equal(logits, leaf):
        return value, _summed(leaf, same)[1]  # something else is wrong, and will be said
    again, slope = learner(leaf.requires_grad_(True), same), None
    if again.requires_grad:
        (slope,) = torch.autograd.grad(again.sum(), leaf, allow_unused=True)
    check.that(slope is not None, "autograd finds no derivative of your energy", hint="No detach, item or numpy.")
    return value, slope


def _logits(rng: np.random.Generator) -> tuple[Tensor, list[int]]:
    """Some images, some classes, a set of labels in any order; the fixed cases of the check have extreme logits."""
    n, k = int(rng.integers(1, 5)), int(rng.integers(4, 8))
    labels = [int(y) for y in rng.permutation(k)[: rng.integers(1, k)]]
    return torch.tensor(rng.normal(rng.choice([-6.0, 0.0, 4.0]), 2, (n, k))), labels


def _chosen(f: Tensor, A: list[int]) -> Tensor:
    return torch.stack([f[:, y] for y in A], dim=1)


label_energy = Task(
    reference=_summed,
    draw=_logits,
    call=_asked_with_gradient,
    outputs=("the energy", "the gradient"),
    rtol=1e-7,
    question={
        "the energy": "Is it minus the log of the sum of exp(f_y) over the labels of A, one number for each image?",
        "the gradient": "The values are right; is the graph cut for a part of them?",
    },
    mistakes={
        sentence: _energy_only(rule)
        for sentence, rule in {
            "The sign is wrong: a large logit is a low energy": lambda f, A: _chosen(f, A).logsumexp(1),
            "This is -log p(y | x), from which E(x) has dropped out: no softmax":
                lambda f, A: -_chosen(f.log_softmax(1), A).logsumexp(1),
            "This is log p(y | x): no softmax, and a minus": lambda f, A: _chosen(f.log_softmax(1), A).logsumexp(1),
            "These are exponentials of probabilities: no softmax before the log of a sum of exponentials":
                lambda f, A: -_chosen(f.softmax(1), A).logsumexp(1),
            "The log is missing": lambda f, A: -_chosen(f, A).exp().sum(1),
            "Sum the exponentials, not the logits": lambda f, A: -_chosen(f, A).sum(1),
            "Sum the exponentials; this is the mean of the logits": lambda f, A: -_chosen(f, A).mean(1),
            "Sum the exponentials; the largest logit alone is the limit T → 0": lambda f, A: -_chosen(f, A).amax(1),
            "A sum, not a mean, over the labels": lambda f, A: math.log(len(A)) - _chosen(f, A).logsumexp(1),
            "The labels are not used: this is E(x) of all of them": lambda f, A: -f.logsumexp(1),
            "These are the labels that are not in A": lambda f, A:
                -_chosen(f, [y for y in range(f.shape[1]) if y not in A]).logsumexp(1),
            "The labels are numbers of columns; these are the first columns, as many as there are labels":
                lambda f, A: -f[:, : len(A)].logsumexp(1),
            "These are the columns from the smallest label to the largest; take only those in A":
                lambda f, A: -f[:, min(A) : max(A) + 1].logsumexp(1),
            "Only the first label is used": lambda f, A: -f[:, A[0]],
            "Sum over labels, dim=1, not over images": lambda f, A: -_chosen(f, A).logsumexp(0),
            "One energy for each image: do not sum over images": lambda f, A: -_chosen(f, A).logsumexp((0, 1)),
            "A label that is left out must not count; a logit of 0 counts as exp(0) = 1":
                lambda f, A: -torch.where(torch.isin(torch.arange(f.shape[1]), torch.tensor(A)), f, 0.0).logsumexp(1),
            "The exponent is f, and the log gets a minus; here both are the other way round":
                lambda f, A: (-_chosen(f, A)).logsumexp(1),
            "One energy for each image: no mean over images": lambda f, A: -_chosen(f, A).logsumexp(1).mean(),
            "Labels pick columns, one for each class; here they pick rows": lambda f, A: -f[A].logsumexp(1),
            "Labels may come in any order and with gaps; this takes all columns up to the last one":
                lambda f, A: -f[:, : A[-1] + 1].logsumexp(1),
            "f is -E already: no minus in the exponent": lambda f, A: -(-_chosen(f, A)).logsumexp(1),
            "exp overflows above 709, and above 88 in single precision: use torch.logsumexp":
                lambda f, A: -_chosen(f, A).exp().sum(1).log(),
            "Take out the largest logit of the set before exp, not of all labels: an unlikely set gives log 0":
                lambda f, A: -(f.amax(1) + (_chosen(f, A) - f.amax(1, keepdim=True)).exp().sum(1).log()),
            "You took the largest logit out and did not add it back":
                lambda f, A: -(_chosen(f, A) - _chosen(f, A).amax(1, keepdim=True)).logsumexp(1),
            "The log is to the base e": lambda f, A: -_chosen(f, A).logsumexp(1) / math.log(10),
        }.items()
    },
)  # fmt: skip


# ------------------------------------------------------------------------------------------------ 6.5: adding energies


def bowl(x: Tensor) -> Tensor:
    """1 + |x|²."""
    return 1 + x.square().sum((1, 2, 3))


def waves(x: Tensor) -> Tensor:
    """3 + Σ sin."""
    return 3 + x.sin().sum((1, 2, 3))


def wall(x: Tensor) -> Tensor:
    """Σ x⁴."""
    return x.pow(4).sum((1, 2, 3))


def slant(x: Tensor) -> Tensor:
    """2 - the product of the first and the last pixel, halved."""
    return 2 - 0.5 * x.flatten(1)[:, 0] * x.flatten(1)[:, -1]


_Parts = list[Callable[[Tensor], Tensor]]


def _composed(rule: Callable[[Tensor, Tensor], Tensor]) -> Callable[..., dict[str, Tensor]]:
    """A mistake about the energy; a gradient that is wrong beside a right energy has other reasons.

    Args:
        rule: of the energies, one row for each part, and of the weights as a column.
    """

    def values(energies: _Parts, weights: list[float], x: Tensor, other: Tensor) -> dict[str, Tensor]:
        v = torch.tensor(weights, dtype=x.dtype)[:, None]
        first, second = (rule(torch.stack([part(at) for part in energies]), v) for at in (x, other))
        return {"the energy": first, "the energy in a second call": second}

    return values


def _by_hand(energies: _Parts, weights: list[float], x: Tensor, other: Tensor) -> tuple:
    """With the gradients of the parts added up one after the other."""
    value, second, slope = (
        torch.zeros(len(x), dtype=x.dtype),
        torch.zeros(len(other), dtype=x.dtype),
        torch.zeros_like(x),
    )
    for w, part in zip(weights, energies, strict=True):
        value, second, slope = value + w * part(x), second + w * part(other), slope + w * _slope(part, x)
    return value, slope, second


def _asked_to_compose(learner: Callable, energies: _Parts, weights: list[float], x: Tensor, other: Tensor) -> tuple:
    """The learner's sum: its energy, its gradient, and its energy in a second call."""
    total = learner(energies, weights)
    check.that(callable(total), "compose returns no function", hint="Return the inner function, not its value.")
    leaf = x.detach().clone().requires_grad_(True)
    value = total(leaf)
    check.not_none("the energy", value)
    if isinstance(value, Tensor) and value.ndim == 1:
        check.that(value.requires_grad, "autograd finds no derivative", hint="No detach, no_grad or item.")
        slope = torch.autograd.grad(value.sum(), leaf, retain_graph=True)[0]
        return value.detach(), slope, total(other)
    return value.detach() if isinstance(value, Tensor) else value, torch.zeros_like(x), total(other)


def _sum_of_energies(rng: np.random.Generator) -> tuple[_Parts, list[float], Tensor, Tensor]:
    """Two to four energies with weights of both signs, and two batches."""
    parts = [(bowl, waves, wall, slant)[i] for i in rng.permutation(4)[: rng.integers(2, 5)]]
    weights = [float(w) for w in rng.choice([-1.5, -1.0, 0.5, 0.7, 1.3, 2.0], len(parts), replace=False)]
    x, other = torch.tensor(rng.normal(0.4, 1, (2, rng.integers(1, 5), 1, *rng.integers(2, 4, 2))))
    return parts, weights, x, other


def _weighted_argument(energies: _Parts, weights: list[float], x: Tensor, other: Tensor) -> dict[str, Tensor]:
    first, second = (sum(part(w * at) for w, part in zip(weights, energies, strict=True)) for at in (x, other))
    return {"the energy": first, "the energy in a second call": second}


def _used_up(energies: _Parts, weights: list[float], x: Tensor, other: Tensor) -> dict[str, int]:
    return {"the energy in a second call": 0}


def _added_up(energies: _Parts, weights: list[float], x: Tensor, other: Tensor) -> dict[str, Tensor]:
    value, _, second = _by_hand(energies, weights, x, other)
    return {"the energy in a second call": value + second}


compose = Task(
    reference=_by_hand,
    draw=_sum_of_energies,
    call=_asked_to_compose,
    outputs=("the energy", "the gradient", "the energy in a second call"),
    question={
        "the energy": "Is each energy multiplied by its own weight, and are the products added?",
        "the gradient": "The values are right: is a part of the graph cut?",
        "the energy in a second call": "The first call was right: does something survive it, or is something used up?",
    },
    mistakes={
        "The weights are not used": _composed(lambda E, v: E.sum(0)),
        "Add the energies: densities multiply, energies do not": _composed(lambda E, v: E.prod(0)),
        "Add the weighted energies: densities multiply, energies do not": _composed(lambda E, v: (v * E).prod(0)),
        "A sum, not a mean: the mean raises the temperature": _composed(lambda E, v: (v * E).mean(0)),
        "Do not divide by the sum of the weights": _composed(lambda E, v: (v * E).sum(0) / v.sum()),
        "This is 'or', a sum of densities; 'and' is their product": _composed(lambda E, v: -torch.logsumexp(-E, 0)),
        "This is a weighted 'or', a sum of densities; 'and' is their product":
            _composed(lambda E, v: -(v * (-E).exp()).sum(0).log()),
        "This is a density, e^-E: return the energy": _composed(lambda E, v: (-(v * E).sum(0)).exp()),
        "This is log p, minus the energy": _composed(lambda E, v: -(v * E).sum(0)),
        "Weights multiply; they do not shift": _composed(lambda E, v: (v + E).sum(0)),
        "Weights multiply; they are no powers": _composed(lambda E, v: (E**v).sum(0)),
        "Weights multiply; they do not divide": _composed(lambda E, v: (E / v).sum(0)),
        "A weight may be negative: no absolute value": _composed(lambda E, v: (v.abs() * E).sum(0)),
        "The weights are used as they are: no softmax": _composed(lambda E, v: (v.softmax(0) * E).sum(0)),
        "Each energy has its own weight: the first weight is used for all": _composed(lambda E, v: (v[0] * E).sum(0)),
        "The weights come in the reverse order": _composed(lambda E, v: (v.flip(0) * E).sum(0)),
        "Only the last energy is used: a function made in a loop looks its names up when it is called":
            _composed(lambda E, v: (v[-1:] * E[-1:]).sum(0) * len(E)),
        "Only the first energy is used, once for each weight": _composed(lambda E, v: v[0] * E[0] * len(E)),
        "Only the first energy is in the sum": _composed(lambda E, v: v[0] * E[0]),
        "Only the last energy is in the sum: add to what is there": _composed(lambda E, v: v[-1] * E[-1]),
        "Only the first two energies are in the sum: use as many as there are":
            _composed(lambda E, v: (v * E)[:2].sum(0)),
        "Only the first three energies are in the sum: use as many as there are":
            _composed(lambda E, v: (v * E)[:3].sum(0)),
        "Add the parts: one number for each image, not one for each energy and image": _composed(lambda E, v: v * E),
        "The weight multiplies the energy, not x": _weighted_argument,
        "The last energy is left out": _composed(lambda E, v: (v * E)[:-1].sum(0)),
        "The first energy is left out": _composed(lambda E, v: (v * E)[1:].sum(0)),
        "The largest part is not the sum": _composed(lambda E, v: (v * E).amax(0)),
        "Do not sum over images: one energy for each": _composed(lambda E, v: (v * E).sum()),
        "zip is used up in the first call: make a list of it, or zip inside the inner function": _used_up,
        "The total of the first call is still there in the second: begin at 0 inside the inner function": _added_up,
    },
)  # fmt: skip


# ------------------------------------------------------------------------------------------------ 6.6: operator norm


def _matrix(weight: Tensor, start: Tensor, padding: int = 1) -> Tensor:
    """The convolution as a matrix: a row for each output number, a column for each input number."""
    unit = torch.eye(start.numel(), dtype=weight.dtype).view(-1, *start.shape[1:])
    return F.conv2d(unit, weight, padding=padding).flatten(1).T


def _power(
    A: Tensor, start: Tensor, n: int, back: Tensor | None = None, size: Callable[[Tensor], Tensor] = torch.norm
) -> Tensor:
    """The vector that n iterations of `back` after A make of the start."""
    back, x = A.T if back is None else back, start.flatten()
    x = x / size(x)
    for _ in range(n):
        x = back @ (A @ x)
        x = x / size(x)
    return x


def _found(weight: Tensor, start: Tensor, n_iterations: int) -> Tensor:
    A = _matrix(weight, start)
    return (A @ _power(A, start, n_iterations)).norm()


def _norm_seen(returned: Any, weight: Tensor, start: Tensor, n_iterations: int) -> tuple[Any]:
    """The value, or the reference's where it comes out of the last iteration in another way, such as ‖AᵀA x‖^½."""
    low, high = _found(weight, start, n_iterations - 1), _found(weight, start, n_iterations)
    try:
        between = low + 0.05 * (high - low) < float(returned) <= high
    except (TypeError, ValueError):  # no number: the comparison will say so
        return (returned,)
    return (high if between and np.ndim(returned) == 0 else returned,)


def _kernel(rng: np.random.Generator) -> tuple[Tensor, Tensor, int]:
    """A kernel of any size, an input, and few or many iterations."""
    n_out, n_in = ((2, 2), (3, 1), (1, 2), (3, 2))[rng.integers(4)]
    h, w = rng.integers(3, 6, 2)
    size = rng.choice([0.001, 1.0, 100.0])  # without normalising, 60 iterations vanish, stay or overflow for certain
    W, start = rng.normal(0, size, (n_out, n_in, 3, 3)), rng.normal(0, rng.choice([0.1, 3.0]), (1, n_in, h, w))
    return torch.tensor(W), torch.tensor(start), int(rng.choice([1, 2, 4, 60]))


def _image_of(x: Tensor, weight: Tensor, start: Tensor) -> Tensor:
    return F.conv2d(x.view(start.shape), weight, padding=1).norm()


def _not_turned(W: Tensor, start: Tensor, n: int) -> Tensor:
    """With the kernel's channels exchanged, but not turned by 180 degrees, in the place of the transpose."""
    A, y = _matrix(W, start), torch.zeros(1, len(W), *start.shape[2:], dtype=W.dtype)
    return (A @ _power(A, start, n, _matrix(W.swapdims(0, 1), y))).norm()


def _channel_norm(start: Tensor) -> Callable[[Tensor], Tensor]:
    return lambda x: x.view(start.shape).norm(dim=1, keepdim=True).expand(start.shape).flatten()


def _image_normalised(W: Tensor, start: Tensor, n: int) -> Tensor:
    """A x has norm 1 in each iteration, and x has not."""
    x = start / start.norm()
    for _ in range(n):
        y = F.conv2d(x, W, padding=1)
        x = F.conv_transpose2d(y / y.norm(), W, padding=1)
    return F.conv2d(x, W, padding=1).norm()


def _grown(W: Tensor, start: Tensor, n: int) -> Tensor:
    x = start
    for _ in range(n):
        x = F.conv_transpose2d(F.conv2d(x, W, padding=1), W, padding=1)
    return x.norm()


def _never_normalised(W: Tensor, start: Tensor, n: int, at_the_end: bool = True) -> Tensor:
    """Power iteration on an x whose norm is whatever comes; it is divided out at the end, or not at all."""
    x = start / start.norm()
    for _ in range(n):
        x = F.conv_transpose2d(F.conv2d(x, W, padding=1), W, padding=1)
    return F.conv2d(x, W, padding=1).norm() / (x.norm() if at_the_end else 1.0)


spectral_norm = Task(
    reference=_found,
    draw=_kernel,
    view=_norm_seen,
    name="σ",
    question="Is x normalised in each iteration, are A and its transpose both applied, and is σ the norm of A x?",
    mistakes={
        "This is the norm of the kernel's weights, not that of the map": lambda W, s, n: W.norm(),
        "The kernel as a matrix (out, 9 in) is not the convolution":
            lambda W, s, n: torch.linalg.matrix_norm(W.flatten(1), 2),
        "The kernel as a matrix (in, 9 out) is not the convolution":
            lambda W, s, n: torch.linalg.matrix_norm(W.swapdims(0, 1).flatten(1), 2),
        "The square root is missing: AᵀA stretches by σ²":
            lambda W, s, n: (_matrix(W, s).T @ _matrix(W, s) @ _power(_matrix(W, s), s, n - 1)).norm(),
        "This is σ², the squared norm of A x": lambda W, s, n: _found(W, s, n) ** 2,
        "The padding of one pixel is missing":
            lambda W, s, n: (_matrix(W, s, 0) @ _power(_matrix(W, s, 0), s, n)).norm(),
        "This stretches the start only: iterate": lambda W, s, n: _found(W, s, 0),
        "The iterations begin at the start that is handed over, not at an x of your own":
            lambda W, s, n: _found(W, torch.ones_like(s), n),
        "The last x has norm 1; its image A x has norm σ": lambda W, s, n: 1.0,
        "Sum over all output numbers: this is the largest row of A":
            lambda W, s, n: torch.linalg.matrix_norm(_matrix(W, s), math.inf),
        "This adds the squares of all singular values (the Frobenius norm of A); σ is the largest of them":
            lambda W, s, n: _matrix(W, s).norm(),
        "Aᵀ is missing: A A x finds an eigenvalue": lambda W, s, n:
            (_matrix(W, s) @ _power(_matrix(W, s), s, n, _matrix(W, s))).norm() if W.shape[0] == W.shape[1] else None,
        "The transpose also turns the kernel by 180°: use F.conv_transpose2d": _not_turned,
        "n_iterations is not used: this is what many iterations give":
            lambda W, s, n: torch.linalg.matrix_norm(_matrix(W, s), 2),
        "Divide by the norm of x, not by its largest entry": lambda W, s, n:
            (_matrix(W, s) @ _power(_matrix(W, s), s, n, size=lambda x: x.abs().max())).norm(),
        "Divide by the norm over all of x, not over its channels": lambda W, s, n:
            _image_of(_power(_matrix(W, s), s, n, size=_channel_norm(s)), W, s),
        "Normalise x after each iteration: with hundreds the numbers overflow or vanish": _never_normalised,
        "x must have norm 1 at the end; here A x is normalised, and x is not": _image_normalised,
        "This is the norm of x, which has grown all the time: normalise x, and return the norm of A x": _grown,
        "The norm is the root of the sum of the squares; this is the largest entry of A x":
            lambda W, s, n: (_matrix(W, s) @ _power(_matrix(W, s), s, n)).max(),
        "The norm is the root of the sum of the squares; this is the largest entry of A x by size":
            lambda W, s, n: (_matrix(W, s) @ _power(_matrix(W, s), s, n)).abs().max(),
        "The norm is the root of the sum of the squares; this is the sum of the entries of A x by size":
            lambda W, s, n: (_matrix(W, s) @ _power(_matrix(W, s), s, n)).abs().sum(),
        "This is what one iteration gives: is the return inside the loop?": lambda W, s, n: _found(W, s, 1),
        "x is not normalised after each iteration": lambda W, s, n: _never_normalised(W, s, n, at_the_end=False),
    },
)  # fmt: skip
