"""Sampling with a part of the picture known: exactly (clamped pixels) or with noise (a measured picture).

inside = torch.zeros(8, 8, dtype=torch.bool); inside[2:6, 2:6] = True
run = clamped_langevin(energy, pictures, inside, step_size=0.005, n_steps=500, generator=g)
run.x                                   # pictures, with new pixels inside and the old ones outside

posterior = Sum([energy, Observed(noisy, sigma=0.5)])       # p(x | noisy) ∝ p(x) N(noisy; x, σ²)
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from course_utils import samplers

__all__ = ["Clamped", "Observed", "clamped_langevin", "uniform_noise"]

EnergyFunction = Callable[[Float[Tensor, "n *shape"]], Float[Tensor, "n"]]


class Clamped:
    """The energy of the free pixels, the others held at known values.

    It takes whole pictures and ignores their clamped pixels, so every sampler of `samplers` can use it. A sampler moves
    those ignored pixels too, at random and without any effect; `picture` puts the known values back.
    """

    def __init__(self, energy: EnergyFunction, known: Float[Tensor, "n *shape"], free: Bool[Tensor, "*mask"]) -> None:
        """Make the energy.

        Args:
            energy: E of whole pictures.
            known: pictures whose clamped pixels are right; the others do not matter.
            free: True where a pixel may change; one mask for all or one for each, broadcast to the shape of `known`.

        Raises:
            ValueError: if free is not a mask of that shape or leaves nothing free.
        """
        if not isinstance(free, Tensor) or free.dtype != torch.bool:
            raise ValueError("free must be a boolean tensor: True where a pixel may change")
        try:
            mask = free.to(known.device).expand_as(known)
        except RuntimeError as error:
            raise ValueError(
                f"free has shape {tuple(free.shape)}, which does not fit pictures of shape {tuple(known.shape)}"
            ) from error
        if not mask.any():
            raise ValueError("free must be True somewhere: no pixel may change")
        self.energy, self.known, self.free = energy, known.detach().clone(), mask

    def picture(self, x: Float[Tensor, "*any"]) -> Float[Tensor, "*any"]:
        """x with the known values in the clamped pixels."""
        return torch.where(self.free, x, self.known)

    def __call__(self, x: Float[Tensor, "n *shape"]) -> Float[Tensor, "n"]:
        return self.energy(self.picture(x))


class Observed:
    """The energy |y - x|²/(2 σ²) of having measured y = x + σ ξ: add it to E(x) for the posterior of x given y."""

    def __init__(self, observed: Float[Tensor, "n *shape"], sigma: float) -> None:
        """Make the energy.

        Args:
            observed: y.
            sigma: standard deviation of the noise of each pixel, > 0.

        Raises:
            ValueError: if sigma is not positive.
        """
        if not sigma > 0:
            raise ValueError(f"sigma must be > 0, got {sigma!r}")
        self.observed, self.sigma = observed.detach().clone(), float(sigma)

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

    Args:
        energy: E of whole pictures.
        x: the start: the clamped pixels are the known ones, the free ones start as they are.
        free: True where a pixel may change; broadcast to the shape of x.
        method: a sampler of `samplers`: `ula`, `mala` or `annealed`.
        **options: its arguments: `step_size`, `n_steps`, `temperature`, `generator` and so on.

    Returns:
        The run; every picture in it has the clamped pixels of x, bit for bit.

    Raises:
        ValueError: if free is not a mask of the right shape, or an option is wrong.
    """
    clamped = Clamped(energy, x, free)
    run = method(clamped, x, **options)
    trajectory = None if run.trajectory is None else clamped.picture(run.trajectory)
    return replace(run, x=clamped.picture(run.x), trajectory=trajectory)


def uniform_noise(*shape: int) -> Callable[[int, torch.Generator], Float[Tensor, "n *shape"]]:
    """fresh(n, generator) -> n pictures whose pixels are uniform on [-1, 1]: where chains start.

    Args:
        shape: of one picture, such as 1, 8, 8.
    """

    def fresh(n: int, generator: torch.Generator) -> Tensor:
        return 2 * torch.rand((n, *shape), generator=generator, device=generator.device) - 1

    return fresh
