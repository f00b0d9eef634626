"""Lesson 06: the hidden half of test digits in disguise, as many fillings as it takes to say what may be hidden."""

import functools
import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from course_utils import data, ebm

from ..checks.values import clip
from .counted import Counted, kept
from .judge import Challenge, Refused, Values
from .seals import seal

__all__ = ["BUDGET", "MOST", "N_PICTURES", "challenge"]

N_PICTURES = 8
"""Pictures of one problem, which hide the same half."""

BUDGET = 400 * N_PICTURES
"""Evaluations of the energy, with its gradient, for all pictures of a problem."""

MOST = 40
"""Fillings of a picture."""

PROBLEMS = 8
N_PIXELS = 64
NOISE = 0.1
"""Of each pixel, as in the pictures that the network was trained on."""

TOO_NEAR = 1.0
"""Distance from a hidden half to the nearest of its fillings, in the median over pictures. Good guesses come to 1.7;
the picture of the test set is at NOISE √32 = 0.57, and nobody can guess that."""


@dataclass(frozen=True)
class Torn:
    """Noisy test pictures, of which a half is hidden, with their pixels in disguise.

    Attributes:
        images: the whole pictures, not disguised.
        known: the pixels that are shown, not disguised.
        order: which pixel stands at each place.
        signs: +1, or -1 where paper is counted as ink.
        seed: of everything random in an attempt.
    """

    images: Float[Tensor, "n 64"]
    known: Bool[Tensor, "64"]
    order: Int[Tensor, "64"]
    signs: Float[Tensor, "64"]
    seed: int

    def worn(self, x: Float[Tensor, "*batch 64"]) -> Float[Tensor, "*batch 64"]:
        """Pictures put into the disguise."""
        return x[..., self.order] * self.signs

    def off(self, x: Float[Tensor, "*batch 64"]) -> Float[Tensor, "*batch 64"]:
        """Pictures taken out of it."""
        return (x * self.signs)[..., self.order.argsort()]


class Inpainting(Challenge[Torn]):
    """The energy score of the fillings X of a hidden half y, mean |X - y| - mean |X - X'| / 2.

    The second mean is over all pairs, a filling with itself among them. The score is proper: on average nothing is
    better than the true distribution of what may be hidden. A single filling pays its whole distance.

    Source: Gneiting and Raftery, J. Am. Stat. Assoc. 102, 359 (2007), eq. 22.
    """

    number = "6"
    title = "the hidden half of a digit"
    arguments = ("energy", "pictures", "known", "budget", "generator")
    task = f"return up to {MOST} fillings of each picture, shape (fillings, {N_PICTURES}, {N_PIXELS})"
    unit = "energy score of the hidden pixels, where paper and ink are two apart"
    lower = True
    digits = 3
    forbidden = (
        "the pictures themselves, from the data (pixels are shuffled, some upside down, and fillings nearer to the "
        "hidden half than a guess can be are noticed); more gradients than the budget; looking inside the energy; "
        "fillings far apart so that one may hit (they pay)"
    )

    @property
    def rivals(self) -> dict[str, Callable[..., Any]]:
        return {"half grey": _grey, "descent": _downhill, "clamped Langevin": _clamped, "authors' best": _best}

    def problems(self, rng: np.random.Generator) -> list[Torn]:
        images = data.digits("test").images.flatten(1)
        picks = rng.choice(len(images), (PROBLEMS, N_PICTURES), replace=False)
        return [_torn(images[torch.from_numpy(pick)], k % 4, rng) for k, pick in enumerate(picks)]

    def attempt(self, answer: Callable[..., Any], problem: Torn) -> list[float]:
        """The mean score, and the median distance from a hidden half to the nearest filling."""

        def disguised(rows: Float[Tensor, "n 64"]) -> tuple[Float[Tensor, "n"], Float[Tensor, "n 64"]]:
            value, gradient = _energy_and_gradient(problem.off(rows))
            return value, problem.worn(gradient)

        energy = Counted(disguised, N_PIXELS, BUDGET)
        generator = torch.Generator().manual_seed(problem.seed)
        shown = problem.worn(torch.where(problem.known, problem.images, 0.0))
        returned = answer(energy, shown, problem.known[problem.order], BUDGET, generator)
        if kept(energy)["looked"]:
            raise Refused(f"your function looked inside the energy (`.{kept(energy)['looked']}`)")
        fillings = problem.off(_fillings(returned))[..., ~problem.known]
        truth = problem.images[:, ~problem.known]
        nearest = (fillings - truth).norm(dim=-1).amin(0)
        return [float(energy_score(fillings, truth).mean()), float(nearest.median())]

    def total(self, values: Values) -> float:
        return float(values[:, 0].mean())

    def fault(self, values: Values) -> str:
        near = float(np.median(values[:, 1]))
        return f"{near:.2f} from the hidden half, nearer than a guess can be: known from elsewhere?" * (near < TOO_NEAR)

    def note(self, values: Values) -> str:
        return f"nearest filling at {np.median(values[:, 1]):.2f}"


def energy_score(fillings: Float[Tensor, "m n pixels"], truth: Float[Tensor, "n pixels"]) -> Float[Tensor, "n"]:
    """The energy score of each picture.

    Args:
        fillings: of each picture.
        truth: what was hidden.
    """
    apart = torch.cdist(fillings.transpose(0, 1), fillings.transpose(0, 1))
    return (fillings - truth).norm(dim=-1).mean(0) - apart.mean((1, 2)) / 2


def _fillings(returned: Any) -> Float[Tensor, "m n 64"]:
    shape = tuple(returned.shape) if isinstance(returned, Tensor) else clip(returned, 40)
    if not isinstance(returned, Tensor) or shape[1:] != (N_PICTURES, N_PIXELS) or not 1 <= len(returned) <= MOST:
        raise Refused(
            f"your function returned {shape}: expected 1 to {MOST} fillings, (fillings, {N_PICTURES}, {N_PIXELS})"
        )
    if not torch.isfinite(returned).all():
        raise Refused("your function returned pixels that are not finite")
    return returned.detach().float()


# ---------------------------------------------------------------------------------------------- the problem


def _torn(images: Float[Tensor, "n 64"], half: int, rng: np.random.Generator) -> Torn:
    row, col = torch.meshgrid(torch.arange(8), torch.arange(8), indexing="ij")
    known = (row < 4, row >= 4, col < 4, col >= 4)[half].flatten()
    noise = torch.tensor(rng.normal(0, NOISE, images.shape), dtype=torch.float32)
    signs = torch.tensor(rng.choice([-1.0, 1.0], N_PIXELS), dtype=torch.float32)
    return Torn(images + noise, known, torch.from_numpy(rng.permutation(N_PIXELS)), signs, int(rng.integers(2**31)))


def _energy_and_gradient(rows: Float[Tensor, "n 64"]) -> tuple[Float[Tensor, "n"], Float[Tensor, "n 64"]]:
    x = rows.float().reshape(-1, 1, 8, 8).requires_grad_(True)
    with torch.enable_grad():
        value = _network()(x)
        (gradient,) = torch.autograd.grad(value.sum(), x)
    return value.detach().double(), gradient.flatten(1).double()


@functools.cache
def _network() -> Callable[[Tensor], Tensor]:
    return ebm.load("digits")


# ------------------------------------------------------------------------------------------------- the others


def _grey(energy: Any, pictures: Tensor, known: Tensor, budget: int, generator: torch.Generator) -> Tensor:
    """No idea: half way between paper and ink."""
    return pictures[None]


def _noise(m: int, pictures: Tensor, generator: torch.Generator) -> Float[Tensor, "m n 64"]:
    return 2 * torch.rand(m, *pictures.shape, generator=generator) - 1


def _slope(energy: Any, x: Float[Tensor, "m n 64"]) -> Float[Tensor, "m n 64"]:
    x = x.detach().requires_grad_(True)
    return torch.autograd.grad(energy(x).sum(), x)[0]


def _langevin(
    energy: Any, pictures: Tensor, known: Tensor, budget: int, generator: torch.Generator, m: int, temperature: float
) -> Float[Tensor, "m n 64"]:
    """Chains from noise with the step of the lesson; before each step the known pixels are put back."""
    x, step = _noise(m, pictures, generator), 0.005
    for _ in range(min(40, budget // (m * len(pictures)))):
        x = torch.where(known, pictures, x)
        noise = math.sqrt(2 * step * temperature) * torch.randn(x.shape, generator=generator)
        x = x - step * _slope(energy, x) + noise
    return x


def _downhill(energy: Any, pictures: Tensor, known: Tensor, budget: int, generator: torch.Generator) -> Tensor:
    """The same without the noise: four valleys."""
    return _langevin(energy, pictures, known, budget, generator, 4, 0.0)


def _clamped(energy: Any, pictures: Tensor, known: Tensor, budget: int, generator: torch.Generator) -> Tensor:
    return _langevin(energy, pictures, known, budget, generator, 10, 1.0)


def _best(energy: Any, pictures: Tensor, known: Tensor, budget: int, generator: torch.Generator) -> Tensor:
    """Ten chains with momentum and friction; four states of each are returned.

    In forty steps of 0.005 a chain hardly gets from noise to a digit; momentum carries it farther in a step. Tuned on
    128 pictures: steps of 0.005 give 1.96, the last four states of steps of 0.03 give 1.67, with momentum 1.60 (0.15
    instead of 0.2: 1.65; 20 chains of half the length: 1.65; a hot start makes no difference).

    Source: Leimkuhler and Matthews, Appl. Math. Res. Express 2013, 34 (2013), doi:10.1093/amrx/abs010.
    """
    x, returned = _noise(CHAINS, pictures, generator), []
    v = torch.randn(x.shape, generator=generator)
    n_steps, keep = budget // (CHAINS * len(pictures)), math.exp(-FRICTION * STEP)
    for k in range(n_steps):
        x = torch.where(known, pictures, x)
        v = v - STEP * _slope(energy, x)
        x = x + STEP / 2 * v
        v = keep * v + math.sqrt(1 - keep**2) * torch.randn(x.shape, generator=generator)
        x = x + STEP / 2 * v
        if k >= n_steps - 20 and (n_steps - 1 - k) % 5 == 0:
            returned.append(x.clamp(-1.3, 1.3))
    return torch.cat(returned)


CHAINS, STEP, FRICTION = 10, 0.2, 1.5

challenge = Inpainting()

seal(__name__)
