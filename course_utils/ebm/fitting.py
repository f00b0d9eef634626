"""The short training loops of lessons 05 and 06; `train` is the one with checkpoints and an average of the weights."""

import copy
import math
from collections.abc import Callable

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from course_utils import arguments, samplers


def fit(
    energy: nn.Module,
    data: Float[Tensor, "n *shape"],
    loss: Callable[[nn.Module, Tensor, torch.Generator], Tensor],
    n_steps: int,
    generator: torch.Generator,
    look: Callable[[int, nn.Module], object],
    learning_rate: float = 0.01,
    batch_size: int = 256,
    decay: float = 0.99,
    every: int = 40,
) -> nn.Module:
    """Train an energy with Adam at a constant rate, and average its weights.

    Args:
        energy: the module; it is trained in place.
        data: batches are drawn from it with replacement.
        loss: loss(energy, batch, generator), such as an `Objective`.
        n_steps: steps of Adam.
        generator: source of all random numbers.
        look: look(step, averaged) is called at step 0, after every `every` steps, and after the last.
        learning_rate: of Adam.
        batch_size: data points per step.
        decay: share of itself that the average keeps in a step.
        every: steps between two looks.

    Returns:
        A copy of the module with averaged weights.

    Raises:
        ValueError: if a number is out of its range.
    """
    arguments.number("decay", decay, 0.0, 1.0)
    numbers = {"n_steps": n_steps, "batch_size": batch_size, "every": every}
    n_steps, batch_size, every = (arguments.whole(name, value) for name, value in numbers.items())
    optimizer = torch.optim.Adam(energy.parameters(), lr=arguments.positive("learning_rate", learning_rate))
    averaged = copy.deepcopy(energy).requires_grad_(False)
    look(0, averaged)
    for step in range(1, n_steps + 1):
        batch = data[torch.randint(len(data), (batch_size,), generator=generator, device=generator.device)]
        optimizer.zero_grad()
        loss(energy, batch, generator).backward()
        optimizer.step()
        with torch.no_grad():
            torch._foreach_lerp_(list(averaged.parameters()), list(energy.parameters()), 1 - decay)
        if step % every == 0 or step == n_steps:
            look(step, averaged)
    return averaged


def persistent_step(
    energy: nn.Module,
    optimiser: torch.optim.Optimizer,
    batch: Float[Tensor, "n *shape"],
    chains: Float[Tensor, "n_chains *shape"],
    taken: Int[Tensor, "m"],
    step_size: float,
    noise: Float[Tensor, "k m *shape"],
    alpha: float = 0.002,
) -> float:
    """One training step with persistent chains, at T = 1, by unadjusted Langevin steps.

    Args:
        energy: E; its weights are changed.
        optimiser: of its weights.
        batch: data.
        chains: states of all chains; those that are taken are changed.
        taken: numbers of the chains that walk.
        step_size: ε of the Langevin steps.
        noise: standard normal numbers, those of the first Langevin step first.
        alpha: weight of the mean of E² over the data plus that over the chains.

    Returns:
        Mean energy of the data minus that of the chains.
    """
    x = chains[taken]
    for kick in noise:
        x = x - step_size * samplers.gradient(energy, x) + math.sqrt(2 * step_size) * kick
    chains[taken] = x
    of_data, of_chains = energy(torch.cat([batch, x])).split([len(batch), len(x)])
    gap = of_data.mean() - of_chains.mean()
    optimiser.zero_grad()
    (gap + alpha * (of_data.square().mean() + of_chains.square().mean())).backward()
    torch.nn.utils.clip_grad_norm_(energy.parameters(), 1.0)
    optimiser.step()
    return float(gap.detach())


def fit_persistent(
    energy: nn.Module,
    images: Float[Tensor, "n *shape"],
    chains: Float[Tensor, "n_chains *shape"],
    step: Callable[..., float],
    n_steps: int,
    generator: torch.Generator,
    fresh: Callable[[int, torch.Generator], Float[Tensor, "_ *shape"]],
    k: int = 10,
    step_size: float = 0.005,
    alpha: float = 0.002,
    data_noise: float = 0.1,
    batch_size: int = 100,
    learning_rate: float = 1.5e-3,
) -> list[float]:
    """Train an energy by steps like `persistent_step`, with Adam without momentum and a rate that falls to 0.

    Two per cent of the chains that are taken begin anew.

    Args:
        energy: the module; it is trained in place, and left in evaluation mode.
        images: the data; batches are drawn from them with replacement.
        chains: states of all chains; they are changed.
        step: step(energy, optimiser, batch, chains, taken, step_size, noise, alpha) makes one step.
        n_steps: steps.
        generator: source of all random numbers.
        fresh: fresh(n, generator) returns n states to begin anew.
        k: Langevin steps in a step.
        step_size: of those.
        alpha: weight of the two means of E².
        data_noise: standard deviation of the noise added to the data.
        batch_size: data, and chains, in a step.
        learning_rate: of Adam, at the start.

    Returns:
        What each step returned.
    """
    n = min(arguments.whole("batch_size", batch_size), len(chains))
    energy.train().requires_grad_(True)
    optimiser = torch.optim.Adam(
        energy.parameters(), lr=arguments.positive("learning_rate", learning_rate), betas=(0.0, 0.999)
    )
    falling = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, arguments.whole("n_steps", n_steps))
    gaps = []
    for _ in range(n_steps):
        clean = images[torch.randint(len(images), (batch_size,), generator=generator)]
        batch = clean + data_noise * torch.randn(clean.shape, generator=generator)
        taken = torch.randperm(len(chains), generator=generator)[:n]
        anew = taken[torch.rand(n, generator=generator) < 0.02]
        chains[anew] = fresh(len(anew), generator)
        noise = torch.randn(k, n, *images.shape[1:], generator=generator)
        gaps.append(step(energy, optimiser, batch, chains, taken, step_size, noise, alpha))
        falling.step()
    energy.eval().requires_grad_(False)
    return gaps
