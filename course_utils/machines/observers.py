"""What a THRML run keeps of its states."""

from typing import Any

import jax.numpy as jnp
from jaxtyping import Array, Int
from thrml import AbstractObserver, Block


class Tally(AbstractObserver):
    """Counts how often each state of some spins was seen, in 2^n numbers for a run of any length.

    Attributes:
        block: n spins of the program, free or clamped, in any order; number k of them is bit k of a state's number.
    """

    block: Block

    def __call__(
        self, program: Any, state_free: list[Array], state_clamped: list[Array], carry: Int[Array, "states"],
        iteration: Any,
    ) -> tuple[Int[Array, "states"], None]:  # fmt: skip
        """The counts with one more; nothing is recorded."""
        blocks = [*program.gibbs_spec.free_blocks, *program.gibbs_spec.clamped_blocks]
        states = [*state_free, *state_clamped]
        up = {node: x[k] for block, x in zip(blocks, states, strict=True) for k, node in enumerate(block)}
        return carry.at[sum(up[node] * 2**k for k, node in enumerate(self.block))].add(1), None

    def init(self) -> Int[Array, "states"]:
        """No state was seen yet."""
        return jnp.zeros(2 ** len(self.block), int)
