"""The short training loop of lesson 05; `train` is the one with checkpoints and a falling rate."""

import copy
from collections.abc import Callable

import torch
from jaxtyping import Float
from torch import Tensor, nn

from course_utils import arguments


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
