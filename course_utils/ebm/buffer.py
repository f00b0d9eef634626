"""The memory of persistent chains."""

from collections.abc import Callable

import torch
from jaxtyping import Float, Int
from torch import Tensor

from course_utils import arguments


class ReplayBuffer:
    """States of many chains, taken out in batches, moved on by a sampler, and written back.

    The chains exist from the first call of `sample` on. Only `write` changes them: a state that is taken and not
    written back stays as it was, and so does one that was replaced by a fresh one.

    Args:
        capacity: number of chains.
        fresh: fresh(n, generator) returns n new states; it starts all chains and later replaces some.
        reinit: probability with which a state that is taken out is a fresh one instead.

    Attributes:
        states: of all chains, shape (capacity, *shape); None before the first call of `sample`.
    """

    def __init__(
        self,
        capacity: int,
        fresh: Callable[[int, torch.Generator], Float[Tensor, "n *shape"]],
        reinit: float = 0.02,
    ) -> None:
        if not callable(fresh):
            raise ValueError(f"fresh = {fresh!r}: expected a function fresh(n, generator) that returns new states")
        self.capacity, self.fresh = arguments.whole("capacity", capacity), fresh
        self.reinit = arguments.number("reinit", reinit, 0.0, 1.0)
        self.states: Tensor | None = None

    def sample(self, n: int, generator: torch.Generator) -> tuple[Int[Tensor, "n"], Float[Tensor, "n *shape"]]:
        """Take n different chains, some of them replaced by fresh states.

        Args:
            n: how many, from 1 to capacity.
            generator: source of the random numbers.

        Returns:
            Their numbers, for `write`, and a copy of their states.

        Raises:
            ValueError: if n is wrong.
        """
        n = arguments.whole("n", n, most=self.capacity)
        if self.states is None:
            self.states = self._new(self.capacity, generator)
        device = generator.device
        indices = torch.randperm(self.capacity, generator=generator, device=device)[:n]
        states = self.states[indices]
        if self.reinit:
            replace = torch.rand(n, generator=generator, device=device) < self.reinit
            n_fresh = int(replace.sum())
            if n_fresh:
                states[replace] = self._new(n_fresh, generator)
        return indices, states

    @torch.no_grad()
    def write(self, indices: Int[Tensor, "n"], states: Float[Tensor, "n *shape"]) -> None:
        """Put states back.

        Args:
            indices: the numbers that `sample` returned.
            states: one for each.

        Raises:
            ValueError: if shapes do not fit, or nothing has been sampled yet.
        """
        if self.states is None:
            raise ValueError("indices: no chain has been sampled yet; call sample before write")
        wanted = (len(indices), *self.states.shape[1:])
        if tuple(states.shape) != wanted:
            raise ValueError(f"states has shape {tuple(states.shape)}: expected {wanted}, one state for each index")
        # A new tensor: who kept the states of before can come back to them.
        self.states = self.states.index_copy(0, indices, states.detach().to(self.states))

    def _new(self, n: int, generator: torch.Generator) -> Tensor:
        states = self.fresh(n, generator)
        if not isinstance(states, Tensor) or len(states) != n or not states.is_floating_point():
            raise ValueError(f"fresh({n}, generator) = {arguments.shown(states)}: expected {n} floating-point states")
        return states.detach().clone()
