"""The loops of ULA and MALA with their random numbers handed in, step by step as lesson 03 asks for them."""

import math

import torch
from jaxtyping import Float
from torch import Tensor

from course_utils.arguments import positive
from course_utils.energies import EnergyFunction, as_energy

__all__ = ["mala", "ula"]


@torch.no_grad()
def ula(
    energy: EnergyFunction,
    x: Float[Tensor, "n dim"],
    step_size: float,
    temperature: float,
    noise: Float[Tensor, "steps n dim"],
) -> Float[Tensor, "steps n dim"]:
    """Unadjusted Langevin algorithm, one step for each row of noise.

    Args:
        energy: E, one value per chain.
        x: initial states.
        step_size: ε > 0.
        temperature: T > 0.
        noise: standard normal numbers.

    Returns:
        The states after each step.

    Raises:
        ValueError: if the step size or the temperature is not positive.
    """
    target, kept = as_energy(energy), torch.empty_like(noise)
    ε, sigma = positive("step_size", step_size), math.sqrt(2 * step_size * positive("temperature", temperature))
    for k, ξ in enumerate(noise):
        x = torch.add(x, target.gradient(x), alpha=-ε).add_(ξ, alpha=sigma)
        kept[k] = x
    return kept


@torch.no_grad()
def mala(
    energy: EnergyFunction,
    x: Float[Tensor, "n dim"],
    step_size: float,
    temperature: float,
    noise: Float[Tensor, "steps n dim"],
    uniform: Float[Tensor, "steps n"],
) -> tuple[Float[Tensor, "steps n dim"], Float[Tensor, "steps n"]]:
    """Metropolis-adjusted Langevin algorithm, one step for each row of noise.

    Args:
        energy, x, step_size, temperature, noise: as for `ula`.
        uniform: numbers between 0 and 1; a proposal is accepted where its number is below α.

    Returns:
        The states after each step, and α, the probability with which each proposal was to be accepted.

    Raises:
        ValueError: as `ula`.
    """
    target, kept, alphas = as_energy(energy), torch.empty_like(noise), torch.empty_like(uniform)
    ε, T = positive("step_size", step_size), positive("temperature", temperature)
    E, slope = target.energy_and_grad(x)
    for k, (ξ, u) in enumerate(zip(noise, uniform, strict=True)):
        y = x - ε * slope + math.sqrt(2 * ε * T) * ξ
        E_y, slope_y = target.energy_and_grad(y)
        back = ξ - math.sqrt(ε / (2 * T)) * (slope + slope_y)  # minus the noise that the way back would need
        log_ratio = (E - E_y) / T + (ξ**2 - back**2).sum(-1) / 2
        alphas[k] = torch.exp(log_ratio.clamp(max=0.0))
        accept = u < alphas[k]
        E, slope = torch.where(accept, E_y, E), torch.where(accept[:, None], slope_y, slope)
        kept[k] = x = torch.where(accept[:, None], y, x)
    return kept, alphas
