"""What a sampler returns, and what it raises where its energy is not finite or its step too large."""

from dataclasses import dataclass

from jaxtyping import Float, Int
from torch import Tensor


class NoFiniteStart(ValueError):
    """The energy of an initial state is not finite, so that a chain cannot start there."""


class Diverged(ArithmeticError):
    """A state is no longer a finite number: the step of its chain is too large for the curvature that it met.

    Attributes:
        step: the step, counted from 1, after which a state was no longer finite.
        step_size: ε of that chain.
        stable: the step size below which the chains would be stable, or None if no estimate was possible.
    """

    def __init__(self, step: int, step_size: float, stable: float | None) -> None:
        self.step, self.step_size, self.stable = step, step_size, stable
        if stable is None:
            advice = "Try a smaller one"
        elif stable > step_size:  # curvature grows with the distance, and a rare large step met it
            advice = (
                f"Near the start a step below {stable:.3g} is stable, but a chain got to where the energy is steeper: "
                f"try {step_size / 4:.3g}, or mala, which rejects such moves"
            )
        else:
            advice = f"A step below {stable:.3g} is stable here: 2 / (largest curvature of E near the start)"
        super().__init__(
            f"a state stopped being finite at step {step}: step_size = {step_size:.6g} is too large for this energy. "
            f"{advice}."
        )

    def __reduce__(self) -> tuple[type, tuple[int, float, float | None]]:
        return type(self), (self.step, self.step_size, self.stable)


@dataclass(frozen=True)
class Run:
    """What a sampler returns.

    Attributes:
        x: the final states, in the shape of the initial ones.
        trajectory: the states kept, first axis in order of time; None with `keep=False`. The initial states are not
            in it.
        energy: the energies of the states kept; None with `keep=False`.
        steps: the number, counted from 1, of the step after which each state was kept; None with `keep=False`.
        acceptance: for each chain the share of proposals accepted after the burn-in; None for a sampler that accepts
            all.
        temperature: T, as it was passed in; for `annealed` the schedule, one for each step (and chain).
        swap_acceptance: for each pair of neighbouring temperatures the share of swaps accepted; None except for
            `replica_exchange`.
    """

    x: Float[Tensor, "*states"]
    trajectory: Float[Tensor, "n_kept *states"] | None
    energy: Float[Tensor, "n_kept *chains"] | None
    steps: Int[Tensor, "n_kept"] | None
    acceptance: Float[Tensor, "*chains"] | None
    temperature: float | Float[Tensor, "..."]
    swap_acceptance: Float[Tensor, "n_pairs"] | None = None
