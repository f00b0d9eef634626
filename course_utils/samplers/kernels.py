"""One step of each sampler, for all chains at once."""

import math
from abc import ABC, abstractmethod
from typing import Any, ClassVar

import torch
from jaxtyping import Float, Int
from torch import Tensor

from course_utils import tensors
from course_utils.arguments import shown
from course_utils.energies import EnergyFunction, as_energy
from course_utils.samplers.run import NoFiniteStart


class Kernel(ABC):
    """One step of a sampler. Plain numbers are used where all chains share them: that is faster.

    Args:
        energy, x, step_size, temperature, generator: as the sampler got them; whatever can be wrong is looked at.

    Attributes:
        zero: whether the sampler takes T = 0.
        carries: whether it carries the energies of the present states and their gradients along.
        target: the energy.
        x: the present states.
        step_size, temperature: one number, or one for each chain.
        accepted: for each chain, how many proposals were accepted; None for a sampler that accepts all.
        energies, slope: E and dE/dx of the present states, if it carries them; else `energies` is None.

    Raises:
        ValueError: if an argument is wrong.
    """

    zero: ClassVar[bool] = False
    carries: ClassVar[bool] = False
    accepted: Float[Tensor, "n_chains"] | None = None
    energies: Float[Tensor, "n_chains"] | None = None

    @torch.no_grad()
    def __init__(
        self,
        energy: EnergyFunction,
        x: Float[Tensor, "n_chains *dim"],
        step_size: float | Float[Tensor, "..."],
        temperature: float | Float[Tensor, "..."],
        generator: torch.Generator,
    ) -> None:
        tensors.states(x)
        self.target, self.generator = as_energy(energy), generator
        if not torch.isfinite(x).all():
            raise ValueError(f"x = {shown(x)}: expected finite numbers; {int((~torch.isfinite(x)).sum())} are not")
        tensors.generator(generator, x.device)
        self.step_size = tensors.per_chain("step_size", step_size, x)
        self.temperature = tensors.per_chain("temperature", temperature, x, zero=self.zero)
        first = self._first(x.detach())
        if self.carries:
            self.energies, self.slope = first
        self.x = x.detach().clone(memory_format=torch.contiguous_format)
        self.shared = not isinstance(self.step_size, Tensor) and not isinstance(self.temperature, Tensor)
        self.noise = torch.empty_like(self.x)
        sigma = 2 * self.step_size * self.temperature
        self.sigma = sigma.sqrt() if isinstance(sigma, Tensor) else math.sqrt(sigma)
        if not self.shared:  # as tensors, shaped to multiply a state
            axes = (-1, *[1] * (self.x.ndim - 1))
            as_tensor = self.x.new_ones(len(self.x))
            self.ε = (as_tensor * self.step_size).reshape(axes)
            self.sigma = (as_tensor * self.sigma).reshape(axes)

    def _first(self, x: Float[Tensor, "n_chains *dim"]) -> tuple[Float[Tensor, "n_chains"], Float[Tensor, "..."]]:
        """E and dE/dx of the initial states, one finite energy for each chain."""
        value, slope = self.target.energy_and_grad(x)
        if value.shape != x.shape[:1]:
            got, wanted = tuple(value.shape), tuple(x.shape[:1])
            raise ValueError(f"energy(x) has shape {got}: expected one value per chain, shape {wanted}")
        if not torch.isfinite(value).all():
            n_bad = int((~torch.isfinite(value)).sum())
            raise NoFiniteStart(f"energy(x) is not finite in {n_bad} of {len(x)} chains: expected a finite start")
        if slope.shape != x.shape:
            raise ValueError(f"energy.grad(x) has shape {tuple(slope.shape)}: expected that of x, {tuple(x.shape)}")
        return value.detach(), slope.detach()

    @abstractmethod
    def step(self, number: int) -> None:
        """Take step `number`, counted from 1."""

    @abstractmethod
    def exchange(self, order: Int[Tensor, "n_chains"]) -> None:
        """Chain k takes the state of chain order[k]."""

    @abstractmethod
    def current_energies(self) -> Float[Tensor, "n_chains"]:
        """E of the present states."""


class Ula(Kernel):
    """One unadjusted step, in place.

    Args:
        schedule: temperatures of the steps, the same for all chains or a column for each; `temperature` if None.
    """

    zero = True

    def __init__(self, *how: Any, schedule: Float[Tensor, "n_steps"] | Float[Tensor, "n_steps n_chains"] | None = None):
        super().__init__(*how)
        self.sigmas: list[float] | Tensor | None = None  # size of the noise at each step
        if schedule is not None:
            sigmas = (2 * self.step_size * schedule).sqrt()
            axes = (*schedule.shape, *[1] * (self.x.ndim - 1))
            self.sigmas = sigmas.tolist() if schedule.ndim == 1 else sigmas.to(self.x).reshape(axes)

    def step(self, number: int) -> None:
        x, slope = self.x, self.target.gradient(self.x)
        self.noise.normal_(generator=self.generator)
        if self.shared:
            sigma = self.sigma if self.sigmas is None else self.sigmas[number - 1]
            x.add_(slope, alpha=-self.step_size)
            if isinstance(sigma, Tensor):
                x.addcmul_(self.noise, sigma)
            else:
                x.add_(self.noise, alpha=sigma)
        else:
            x.addcmul_(slope, self.ε, value=-1).addcmul_(self.noise, self.sigma)

    def exchange(self, order: Int[Tensor, "n_chains"]) -> None:
        self.x.copy_(self.x[order])

    def current_energies(self) -> Float[Tensor, "n_chains"]:
        return self.target.energy(self.x)


class Mala(Kernel):
    """One adjusted step. Energy and gradient of the present states are carried along.

    No step changes a tensor in place that an energy has returned: it may be the energy's own, or its argument.
    """

    carries = True

    def __init__(self, *how: Any) -> None:
        super().__init__(*how)
        self.inner = tuple(range(1, self.x.ndim))
        self.per_chain_temperature = torch.as_tensor(self.temperature, dtype=self.x.dtype, device=self.x.device)
        self.uniform = self.x.new_empty(len(self.x))
        self.accepted = self.x.new_zeros(len(self.x))
        # Drift in units of the noise, ε / sigma = sqrt(ε / (2 T)).
        self.drift = (self.step_size if self.shared else self.ε) / self.sigma

    def step(self, number: int) -> None:
        x, noise = self.x, self.noise.normal_(generator=self.generator)
        if self.shared:
            y = torch.add(x, self.slope, alpha=-self.step_size).add_(noise, alpha=self.sigma)
        else:
            y = torch.addcmul(x, self.slope, self.ε, value=-1).addcmul_(noise, self.sigma)
        value, slope = self.target.energy_and_grad(y)
        # The way back needs the noise a - ξ with a = (ε / sigma) (∇E(x) + ∇E(y)), so that
        # log q(x|y) - log q(y|x) = (|ξ|² - |a - ξ|²) / 2 = a · (ξ - a/2), which subtracts no large numbers.
        a = torch.add(self.slope, slope).mul_(self.drift)
        log_ratio = noise.sub_(a, alpha=0.5).mul_(a)
        if self.inner:
            log_ratio = log_ratio.sum(self.inner)
        log_ratio = log_ratio.addcdiv(self.energies - value, self.per_chain_temperature)
        # The comparison is False for NaN, so that a y of undefined energy is refused.
        accept = self.uniform.uniform_(generator=self.generator).log_() < log_ratio
        self.accepted += accept
        self.energies = torch.where(accept, value, self.energies)
        if self.inner:
            accept = accept.reshape(-1, *[1] * len(self.inner))
        self.x = torch.where(accept, y, x)
        self.slope = torch.where(accept, slope, self.slope)

    def exchange(self, order: Int[Tensor, "n_chains"]) -> None:
        self.x, self.slope, self.energies = self.x[order], self.slope[order], self.energies[order]

    def current_energies(self) -> Float[Tensor, "n_chains"]:
        return self.energies
