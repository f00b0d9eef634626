"""All steps of a run: what is kept of them, and a look now and then whether the states are still finite."""

import sys
from collections.abc import Callable
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor
from tqdm import tqdm

from course_utils.arguments import whole
from course_utils.energies import KnownEnergy
from course_utils.samplers.kernels import Kernel
from course_utils.samplers.run import Diverged, Run
from course_utils.samplers.stability import stable_step_size

_BLOCK = 64
"""Steps between two looks at whether all states are finite. A look costs about two of the cheapest steps."""

_FRAME_ENTRIES = 1 << 20
"""Numbers of a trajectory whose energy is computed in one call: 4 MB in float32."""


@torch.no_grad()
def sample(
    kernel: Kernel,
    n_steps: int,
    burn_in: int,
    thin: int,
    keep: bool,
    progress: bool,
    swap: Callable[[int], None] | None = None,
) -> "Store":
    """Take all steps, and hand back what was kept of them.

    In between, look whether the states are still finite, and if not, at which step that began.

    Args:
        kernel: at the initial states.
        n_steps, burn_in, thin, keep, progress: as a sampler got them.
        swap: called with the number of each step after it.

    Raises:
        ValueError: if burn_in or thin is wrong, before any step.
        Diverged: if a state stops being finite.
    """
    store = Store(kernel, n_steps, burn_in, thin, keep)

    def one_step(number: int) -> None:
        kernel.step(number)
        if swap is not None:
            swap(number)

    start, can_diverge = kernel.x.clone(), kernel.accepted is None
    with tqdm(total=n_steps, disable=not progress, file=sys.stdout, unit="step", mininterval=0.2) as bar:
        for done in range(0, n_steps, _BLOCK):
            block = range(done + 1, min(done + _BLOCK, n_steps) + 1)
            if can_diverge:
                before, random_state = kernel.x.clone(), kernel.generator.get_state()
            for number in block:
                one_step(number)
                store.add(number)
            if can_diverge and not torch.isfinite(kernel.x).all():
                kernel.x.copy_(before)
                kernel.generator.set_state(random_state)
                raise _diverged(kernel, one_step, block, start)
            bar.update(len(block))
    return store


class Store:
    """What is kept of a run."""

    def __init__(self, kernel: Kernel, n_steps: int, burn_in: int, thin: int, keep: bool) -> None:
        whole("burn_in", burn_in, 0, n_steps - 1)
        whole("thin", thin)
        if keep and thin > n_steps - burn_in:
            raise ValueError(f"thin = {thin}: expected at most {n_steps - burn_in}, the steps after the burn-in")
        self.kernel, self.burn_in, self.thin = kernel, burn_in, thin
        self.n_counted = n_steps - burn_in
        self.states: Tensor | None = None
        self.values: Tensor | None = None
        if keep:
            n_kept = self.n_counted // thin
            self.states = kernel.x.new_empty((n_kept, *kernel.x.shape))
            # A known energy takes the whole trajectory in one call afterwards; any other is asked step by step.
            if kernel.energies is not None or not isinstance(kernel.target, KnownEnergy):
                self.values = kernel.x.new_empty((n_kept, len(kernel.x)))

    def add(self, number: int) -> None:
        """Keep the states after this step if it is their turn."""
        after = number - self.burn_in
        if after == 0 and self.kernel.accepted is not None:
            self.kernel.accepted.zero_()
        if self.states is not None and after > 0 and after % self.thin == 0:
            index = after // self.thin - 1
            self.states[index] = self.kernel.x
            if self.values is not None:
                self.values[index] = self.kernel.current_energies()

    def run(
        self,
        temperature: Any,
        rows: tuple[int, int] | None = None,
        swaps: Float[Tensor, "n_pairs"] | None = None,
    ) -> Run:
        """The run, once all steps are done.

        Args:
            temperature: as the run is to name it.
            rows: (n_temperatures, n_chains) if the chains are laid out in rows.
            swaps: share of swaps accepted between neighbouring rows.
        """
        x, states, values, accepted, steps = self.kernel.x, self.states, self.values, self.kernel.accepted, None
        if states is not None:
            at_once = max(1, _FRAME_ENTRIES // max(1, x.numel()))
            if values is None:
                values = torch.cat([self.kernel.target.energy(part) for part in states.split(at_once)])
            steps = self.burn_in + self.thin * torch.arange(1, len(states) + 1)
        if accepted is not None:
            accepted = accepted / self.n_counted
        if rows is not None:
            x = x.unflatten(0, rows)
            states, values = (None if kept is None else kept.unflatten(1, rows) for kept in (states, values))
            accepted = None if accepted is None else accepted.unflatten(0, rows)
        return Run(x, states, values, steps, accepted, temperature, swaps)


def _diverged(kernel: Kernel, one_step: Callable[[int], None], block: range, start: Tensor) -> Diverged:
    """What to say of a block of steps, to be taken once more, in which a state stops being finite."""
    for number in block:
        one_step(number)
        if not torch.isfinite(kernel.x).all():
            break
    chain = int((~torch.isfinite(kernel.x)).reshape(len(start), -1).any(1).int().argmax())
    of_chain = [
        float(value[chain] if isinstance(value, Tensor) else value) for value in (kernel.step_size, kernel.temperature)
    ]
    try:
        stable = stable_step_size(kernel.target.energy, start, temperature=of_chain[1])
    except (RuntimeError, ValueError):  # no second derivative to be had: say what is known
        stable = None
    return Diverged(number, of_chain[0], stable)
