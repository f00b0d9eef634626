"""One step of each sampler, for all chains at once."""

import math
from abc import ABC, abstractmethod
from dataclasses import dataclass

import torch
from jaxtyping import Float, Int
from torch import Tensor

from course_utils import tensors
from course_utils.arguments import shown
from course_utils.energies import Energy, EnergyFunction, as_energy

__all__ = ["Kernel", "Mala", "Start", "Ula", "start"]


@dataclass(frozen=True)
class Start:
    """What a sampler begins with, as `start` has looked at it.

    Attributes:
        target: the energy.
        x: initial states.
        energies: E of these.
        slope: dE/dx of these.
        step_size, temperature: one number, or one for each chain.
        generator: source of the random numbers.
    """

    target: Energy
    x: Float[Tensor, "n_chains *dim"]
    energies: Float[Tensor, "n_chains"]
    slope: Float[Tensor, "n_chains *dim"]
    step_size: float | Float[Tensor, "n_chains"]
    temperature: float | Float[Tensor, "n_chains"]
    generator: torch.Generator


class Kernel(ABC):
    """One step of a sampler. Plain numbers are used where all chains share them: that is faster.

    Attributes:
        x: the present states.
        step_size, temperature: one number, or one for each chain.
        accepted: for each chain, how many proposals were accepted; None for a sampler that accepts all.
        energies: of the present states, where a sampler carries them along.
    """

    accepted: Float[Tensor, "n_chains"] | None = None
    energies: Float[Tensor, "n_chains"] | None = None

    def __init__(self, begin: Start) -> None:
        self.target, self.generator = begin.target, begin.generator
        self.x = begin.x.detach().clone(memory_format=torch.contiguous_format)
        self.step_size, self.temperature = begin.step_size, begin.temperature
        self.shared = not isinstance(self.step_size, Tensor) and not isinstance(self.temperature, Tensor)
        self.noise = torch.empty_like(self.x)
        sigma = 2 * self.step_size * self.temperature
        self.sigma = sigma.sqrt() if isinstance(sigma, Tensor) else math.sqrt(sigma)
        if not self.shared:  # as tensors, shaped to multiply a state
            axes = (-1, *[1] * (self.x.ndim - 1))
            as_tensor = self.x.new_ones(len(self.x))
            self.ε = (as_tensor * self.step_size).reshape(axes)
            self.sigma = (as_tensor * self.sigma).reshape(axes)

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

    def __init__(self, begin: Start, schedule: list[float] | Float[Tensor, "n_steps n_chains"] | None = None) -> None:
        super().__init__(begin)
        self.sigmas: list[float] | Tensor | None = None  # size of the noise at each step
        if isinstance(schedule, Tensor):
            axes = (*schedule.shape, *[1] * (self.x.ndim - 1))
            self.sigmas = (2 * self.step_size * schedule).sqrt().to(self.x).reshape(axes)
        elif schedule is not None:
            self.sigmas = [math.sqrt(2 * self.step_size * temperature) for temperature in schedule]

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
    """One adjusted step. Energy and gradient of the present states are carried along."""

    def __init__(self, begin: Start) -> None:
        super().__init__(begin)
        # No step changes a tensor that an energy has returned in place: it may be the energy's own, or its argument.
        self.energies, self.slope = begin.energies.detach(), begin.slope.detach()
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


@torch.no_grad()
def start(
    energy: EnergyFunction,
    x: Float[Tensor, "n_chains *dim"],
    step_size: float | Float[Tensor, "..."],
    temperature: float | Float[Tensor, "..."],
    generator: torch.Generator,
    *,
    zero: bool = False,
) -> Start:
    """The arguments of a sampler, and energy and gradient of its initial states; whatever can be wrong is looked at.

    Args:
        energy, x, step_size, temperature, generator: as the sampler got them.
        zero: whether T = 0 is allowed.

    Raises:
        ValueError: if an argument is wrong.
    """
    tensors.states(x)
    target = as_energy(energy)
    if not torch.isfinite(x).all():
        raise ValueError(f"x = {shown(x)}: expected finite numbers; {int((~torch.isfinite(x)).sum())} are not")
    tensors.generator(generator, x.device)
    step_size = tensors.per_chain("step_size", step_size, x)
    temperature = tensors.per_chain("temperature", temperature, x, zero=zero)
    x = x.detach()
    value, slope = target.energy_and_grad(x)
    if value.shape != x.shape[:1]:
        got, wanted = tuple(value.shape), tuple(x.shape[:1])
        raise ValueError(f"energy(x) has shape {got}: expected one value per chain, shape {wanted}")
    if not torch.isfinite(value).all():
        n_bad = int((~torch.isfinite(value)).sum())
        raise ValueError(f"energy(x) is not finite in {n_bad} of {len(x)} chains: expected a finite start")
    if slope.shape != x.shape:
        raise ValueError(f"energy.grad(x) has shape {tuple(slope.shape)}: expected that of x, {tuple(x.shape)}")
    return Start(target, x, value, slope, step_size, temperature, generator)
