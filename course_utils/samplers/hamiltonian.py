"""Hamiltonian Monte Carlo: long moves along the contours of the energy, each accepted or refused as a whole."""

from typing import Any

import torch
from jaxtyping import Float, Int
from torch import Tensor

from course_utils.arguments import whole
from course_utils.energies import EnergyFunction
from course_utils.samplers.kernels import Kernel
from course_utils.samplers.loop import sample
from course_utils.samplers.run import Run


def hmc(
    energy: EnergyFunction,
    x: Float[Tensor, "n_chains *dim"],
    *,
    step_size: float | Float[Tensor, "n_chains"],
    n_leapfrog: int,
    n_steps: int,
    temperature: float | Float[Tensor, "n_chains"] = 1.0,
    generator: torch.Generator,
    burn_in: int = 0,
    thin: int = 1,
    keep: bool = True,
    progress: bool = False,
) -> Run:
    """Hamiltonian Monte Carlo: in each step a fresh velocity, a few leaps of frictionless motion, a Metropolis test.

    With unit mass the velocity v is normal of variance T, and the motion keeps H = E(x) + |v|²/2. A leap of time h is

        v ← v - (h/2) ∇E(x),    x ← x + h v,    v ← v - (h/2) ∇E(x),

    which keeps volumes and can be reversed, so that accepting with probability min(1, exp(-ΔH/T)) makes p exact. A step
    costs n_leapfrog gradients. With one leap it is `mala` with ε = h²/2.

    Args:
        energy: E, one value per chain; +inf forbids a state.
        x: initial states, of finite energy.
        step_size: h > 0, the time of one leap (not ε); stable below 2 / sqrt(largest curvature).
        n_leapfrog: leaps in one step, at least 1. In a bowl of curvature k the motion has the period 2π / sqrt(k): a
            step near a multiple of it comes back to where it began.
        temperature: T > 0; one number, or one per chain.
        n_steps, generator, burn_in, thin, keep, progress: as for `mala`.

    Returns:
        The run.

    Raises:
        ValueError: if an argument is wrong, before any step.

    Source: Duane, Kennedy, Pendleton and Roweth, Phys. Lett. B 195, 216 (1987), doi:10.1016/0370-2693(87)91197-X; Neal,
        in Handbook of Markov Chain Monte Carlo (2011), chapter 5, arXiv:1206.1901, figure 2.
    """
    whole("n_steps", n_steps)
    whole("n_leapfrog", n_leapfrog)
    kernel = Hmc(energy, x, step_size, temperature, generator, n_leapfrog=n_leapfrog)
    return sample(kernel, n_steps, burn_in, thin, keep, progress).run(temperature)


class Hmc(Kernel):
    """One step of Hamiltonian Monte Carlo. Energy and gradient of the present states are carried along."""

    carries = True

    def __init__(self, *how: Any, n_leapfrog: int) -> None:
        super().__init__(*how)
        self.n_leapfrog, ones = n_leapfrog, self.x.new_ones(len(self.x))
        self.each = (-1, *[1] * (self.x.ndim - 1))
        self.T, self.h = ones * self.temperature, (ones * self.step_size).reshape(self.each)
        self.thermal = self.T.sqrt().reshape(self.each)
        self.uniform, self.accepted = torch.empty_like(ones), torch.zeros_like(ones)

    def step(self, number: int) -> None:
        start = self.thermal * self.noise.normal_(generator=self.generator)
        y, v, slope = self.x, start, self.slope
        for _ in range(self.n_leapfrog):
            v = v - self.h / 2 * slope
            y = y + self.h * v
            value, slope = self.target.energy_and_grad(y)
            v = v - self.h / 2 * slope
        lost = ((start - v) * (start + v) / 2).reshape(len(y), -1).sum(1)
        log_ratio = (self.energies - value + lost) / self.T
        accept = self.uniform.uniform_(generator=self.generator).log_() < log_ratio  # False for NaN
        self.accepted += accept
        self.energies, accept = torch.where(accept, value, self.energies), accept.reshape(self.each)
        self.x, self.slope = torch.where(accept, y, self.x), torch.where(accept, slope, self.slope)

    def exchange(self, order: Int[Tensor, "n_chains"]) -> None:
        self.x, self.slope, self.energies = self.x[order], self.slope[order], self.energies[order]

    def current_energies(self) -> Float[Tensor, "n_chains"]:
        return self.energies
