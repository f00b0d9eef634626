"""Sampling with a part of the picture known: exactly (clamped pixels) or with noise (a measured picture).

inside = torch.zeros(8, 8, dtype=torch.bool); inside[2:6, 2:6] = True
run = clamped_langevin(energy, pictures, inside, step_size=0.005, n_steps=500, generator=g)
run.x                                   # pictures, with new pixels inside and the old ones outside

posterior = compose([energy, Observed(noisy, sigma=0.5)])       # p(x | noisy) ∝ p(x) N(noisy; x, σ²)
"""

import math
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from course_utils import arguments, samplers
from course_utils.energies import EnergyFunction


class Observed:
    """The energy |y - x|²/(2 σ²) of having measured y = x + σ ξ: add it to E(x) for the posterior of x given y.

    Args:
        observed: y.
        sigma: standard deviation of the noise of each pixel, > 0.

    Raises:
        ValueError: if sigma is not positive.
    """

    def __init__(self, observed: Float[Tensor, "n *shape"], sigma: float) -> None:
        self.observed, self.sigma = observed.detach().clone(), arguments.positive("sigma", sigma)

    def __call__(self, x: Float[Tensor, "n *shape"]) -> Float[Tensor, "n"]:
        return ((x - self.observed) ** 2).flatten(1).sum(1) / (2 * self.sigma**2)


def clamped_langevin(
    energy: EnergyFunction,
    x: Float[Tensor, "n *shape"],
    free: Bool[Tensor, "*mask"],
    *,
    method: Callable[..., samplers.Run] = samplers.ula,
    **options: Any,
) -> samplers.Run:
    """Langevin sampling of the free pixels, given the clamped ones: p(x_free | x_clamped) ∝ exp(-E(x)/T).

    The sampler moves the clamped pixels too, at random and without any effect: the energy sees their known values, and
    so does the result.

    Args:
        energy: E of whole pictures.
        x: the start: the clamped pixels are the known ones, the free ones start as they are.
        free: True where a pixel may change; one mask for all pictures or one for each.
        method: a sampler of `samplers`: `ula`, `mala` or `annealed`.
        **options: its arguments: `step_size`, `n_steps`, `temperature`, `generator` and so on.

    Returns:
        The run; every picture in it has the clamped pixels of x, bit for bit.

    Raises:
        ValueError: if free is not a mask of the right shape or leaves nothing free, or an option is wrong.
    """
    if not isinstance(free, Tensor) or free.dtype != torch.bool or not free.any():
        raise ValueError(f"free = {arguments.shown(free)}: expected a boolean tensor, True where a pixel may change")
    try:
        mask = free.to(x.device).expand_as(x)
    except RuntimeError as error:
        raise ValueError(
            f"free has shape {tuple(free.shape)}: expected one that fits pictures of shape {tuple(x.shape)}"
        ) from error
    known = x.detach().clone()

    def clamp(pictures: Tensor) -> Tensor:
        return torch.where(mask, pictures, known)

    run = method(lambda pictures: energy(clamp(pictures)), x, **options)
    trajectory = None if run.trajectory is None else clamp(run.trajectory)
    return replace(run, x=clamp(run.x), trajectory=trajectory)


def clamped_walk(
    energy: EnergyFunction,
    x: Float[Tensor, "n *shape"],
    free: Bool[Tensor, "*mask"],
    step_size: float,
    temperature: float,
    noise: Float[Tensor, "n_steps n *shape"],
) -> Float[Tensor, "n *shape"]:
    """The end of a `clamped_langevin` run by unadjusted steps whose random numbers are given.

    Args:
        energy: E of whole pictures.
        x: the start.
        free: True where a pixel may change.
        step_size: ε.
        temperature: T.
        noise: standard normal numbers, those of the first step first.
    """
    for kick in noise:
        change = math.sqrt(2 * step_size * temperature) * kick - step_size * samplers.gradient(energy, x)
        x = x + free * change
    return x


def uniform_noise(*shape: int) -> Callable[[int, torch.Generator], Float[Tensor, "n *shape"]]:
    """fresh(n, generator) -> n pictures whose pixels are uniform on [-1, 1]: where chains start.

    Args:
        shape: of one picture, such as 1, 8, 8.
    """

    def fresh(n: int, generator: torch.Generator) -> Tensor:
        return 2 * torch.rand((n, *shape), generator=generator, device=generator.device) - 1

    return fresh
