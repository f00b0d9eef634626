"""The memory of persistent chains."""

import numbers
from collections.abc import Callable

import torch
from jaxtyping import Float, Int
from torch import Tensor

__all__ = ["ReplayBuffer"]


class ReplayBuffer:
    """States of many chains, taken out in batches, moved on by a sampler, and written back.

    The chains exist from the first call of `sample` on. They are changed only by `write`, in place: a state that is
    taken and not written back stays as it was, and so does one that was replaced by a fresh one.

    Args:
        capacity: number of chains.
        fresh: fresh(n, generator) returns n new states; it starts all chains and later replaces some.
        reinit: probability with which a state that is taken out is a fresh one instead.

    Raises:
        ValueError: if an argument is wrong.
    """

    def __init__(
        self,
        capacity: int,
        fresh: Callable[[int, torch.Generator], Float[Tensor, "n *shape"]],
        reinit: float = 0.02,
    ) -> None:
        if not isinstance(capacity, numbers.Integral) or isinstance(capacity, bool) or capacity < 1:
            raise ValueError(f"capacity must be a whole number >= 1, got {capacity!r}")
        if not callable(fresh):
            raise ValueError(f"fresh must be a function fresh(n, generator) of new states, got {fresh!r}")
        if not isinstance(reinit, numbers.Real) or isinstance(reinit, bool) or not 0 <= reinit <= 1:
            raise ValueError(f"reinit must be a probability from 0 to 1, got {reinit!r}")
        self.capacity, self.fresh, self.reinit = int(capacity), fresh, float(reinit)
        self.states: Tensor | None = None  # shape (capacity, *shape)
        self._undo: list[tuple[Tensor, Tensor] | None] | None = None

    def __len__(self) -> int:
        return self.capacity

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
        if not isinstance(n, numbers.Integral) or isinstance(n, bool) or not 1 <= n <= self.capacity:
            raise ValueError(f"n must be a whole number from 1 to the capacity, {self.capacity}, got {n!r}")
        if self.states is None:
            self.states = self._new(self.capacity, generator)
            if self._undo is not None:
                self._undo.append(None)
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
        """Put states back in place.

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
            raise ValueError(f"states must have shape {wanted}, one state for each index; got {tuple(states.shape)}")
        if self._undo is not None:
            self._undo.append((indices, self.states[indices]))
        self.states[indices] = states.detach()

    def state_dict(self) -> dict[str, Tensor | None]:
        """The chains, for a checkpoint."""
        return {"states": self.states}

    def load_state_dict(self, state: dict[str, Tensor | None]) -> None:
        """Go back to the chains of a checkpoint.

        Raises:
            ValueError: if their number is another one.
        """
        states = state["states"]
        if states is not None and len(states) != self.capacity:
            raise ValueError(f"states: the checkpoint has {len(states)} chains, this buffer has {self.capacity}")
        self.states = None if states is None else states.clone()
        self._undo = None

    def mark(self) -> None:
        """Remember this moment: `rollback` comes back to it."""
        self._undo = []

    def rollback(self) -> None:
        """Take back everything since `mark`."""
        for entry in reversed(self._undo or []):
            if entry is None:
                self.states = None
            else:
                self.states[entry[0]] = entry[1]
        self._undo = None

    def unmark(self) -> None:
        """Forget the mark, and the old states that were kept for it."""
        self._undo = None

    def _new(self, n: int, generator: torch.Generator) -> Tensor:
        states = self.fresh(n, generator)
        if not isinstance(states, Tensor) or len(states) != n or not states.is_floating_point():
            got = f"shape {tuple(states.shape)}" if isinstance(states, Tensor) else type(states).__name__
            raise ValueError(f"fresh({n}, generator) must return {n} floating-point states, got {got}")
        return states.detach().clone()
