"""Replica exchange: chains at several temperatures that trade their states."""

import itertools
from collections.abc import Sequence
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor

from course_utils import tensors
from course_utils.arguments import choice, shown, whole
from course_utils.energies import EnergyFunction
from course_utils.samplers.kernels import Kernel, Mala, Ula, start
from course_utils.samplers.langevin import temperatures_in_order
from course_utils.samplers.loop import sample
from course_utils.samplers.run import Run

__all__ = ["replica_exchange"]


def replica_exchange(
    energy: EnergyFunction,
    x: Float[Tensor, "n_temperatures n_chains *dim"],
    *,
    step_sizes: float | Sequence[float] | Float[Tensor, "n_temperatures"],
    temperatures: Sequence[float] | Float[Tensor, "n_temperatures"],
    n_steps: int,
    swap_every: int,
    generator: torch.Generator,
    method: str = "mala",
    burn_in: int = 0,
    thin: int = 1,
    keep: bool = True,
    progress: bool = False,
) -> Run:
    """Replica exchange (parallel tempering): chains at several temperatures that now and then trade their states.

    After every `swap_every` steps, states i and j of neighbouring temperatures are exchanged with probability

        min(1, exp((1/T_i - 1/T_j) (E_i - E_j))),

    pairs (0, 1), (2, 3), ... and pairs (1, 2), (3, 4), ... in turn. Each temperature keeps its own exact law, and cold
    chains get states that hot chains have carried over the barriers. Swaps are exact for `method="mala"`; with "ula"
    each temperature has the bias of its step size.

    Args:
        energy: E; it is called with states of shape (n_temperatures * n_chains, ...).
        x: initial states, one row per temperature; columns are independent sets of chains.
        step_sizes: ε > 0; one number, or one per temperature.
        temperatures: T > 0 of each row, rising or falling, at least two.
        n_steps: steps in all, the burn-in included.
        swap_every: steps between two attempts to swap.
        generator: source of the random numbers, on the device of x.
        method: "mala" or "ula", the sampler between swaps.
        burn_in: steps at the start that are neither kept nor counted, fewer than n_steps.
        thin: after the burn-in every thin-th state is kept, (n_steps - burn_in) // thin in all.
        keep: if False, no trajectory is stored.
        progress: if True, show a progress bar, on stdout.

    Returns:
        The run. `trajectory` has shape (n_kept, n_temperatures, n_chains, ...): row i is always at temperature i.
        `acceptance` has shape (n_temperatures, n_chains), None for "ula".

    Raises:
        ValueError: if an argument is wrong, before any step.
        Diverged: for "ula", if a state stops being finite.

    Source: Swendsen and Wang, Phys. Rev. Lett. 57, 2607 (1986), doi:10.1103/PhysRevLett.57.2607; Geyer, Computing
        Science and Statistics 23, 156 (1991).
    """
    whole("n_steps", n_steps)
    whole("swap_every", swap_every)
    kind = Mala if choice("method", method, ("mala", "ula")) == "mala" else Ula
    ladder = _ladder(temperatures)
    if tensors.floats("x", x).ndim < 2 or x.shape[0] != len(ladder):
        raise ValueError(f"x has shape {tuple(x.shape)}: expected one row for each of the {len(ladder)} temperatures")
    steps = tensors.float64("step_sizes", step_sizes)
    if steps.shape not in {(), (len(ladder),)}:
        raise ValueError(
            f"step_sizes = {shown(step_sizes)}: expected one number, or {len(ladder)}, one per temperature"
        )
    rows = x.shape[:2]
    each = torch.ones(rows, dtype=x.dtype, device=x.device)
    per_row = torch.tensor(ladder, dtype=torch.float64).to(each)[:, None]
    step_size = (each * steps.to(each).reshape(-1, 1)).flatten()
    kernel = kind(start(energy, x.flatten(0, 1), step_size, (each * per_row).flatten(), generator))
    swap = Swap(kernel, per_row, rows, swap_every, burn_in)
    store = sample(kernel, n_steps, burn_in, thin, keep, progress, swap)
    return store.run(torch.tensor(ladder, dtype=torch.float64), step_sizes, rows, swap.acceptance())


def _ladder(temperatures: Any) -> list[float]:
    """Two or more temperatures > 0 in order."""
    ladder = temperatures_in_order(temperatures)
    rises = [b - a for a, b in itertools.pairwise(ladder)]
    if not rises or not (min(rises) > 0 or max(rises) < 0) or min(ladder) <= 0:
        raise ValueError(f"temperatures = {ladder}: expected two or more positive numbers that rise or fall")
    return ladder


class Swap:
    """The exchange of states between neighbouring temperatures."""

    def __init__(self, kernel: Kernel, per_row: Tensor, rows: tuple[int, int], every: int, burn_in: int) -> None:
        self.kernel, self.rows, self.every, self.burn_in = kernel, rows, every, burn_in
        self.generator = kernel.generator
        self.gap = 1 / per_row[:-1] - 1 / per_row[1:]
        self.numbers = torch.arange(rows[0] * rows[1], device=per_row.device).reshape(rows)
        self.accepted = torch.zeros(rows[0] - 1, dtype=torch.float64, device=per_row.device)
        self.tried = [0] * (rows[0] - 1)

    def __call__(self, number: int) -> None:
        if number % self.every:
            return
        n_pairs = self.rows[0] - 1
        lower = slice((number // self.every - 1) % min(2, n_pairs), n_pairs, 2)
        value = self.kernel.current_energies().reshape(self.rows)
        log_ratio = (self.gap * (value[:-1] - value[1:]))[lower]
        accept = torch.empty_like(log_ratio).uniform_(generator=self.generator).log_() < log_ratio
        first, second = self.numbers[:-1][lower], self.numbers[1:][lower]
        order = self.numbers.clone()
        order[:-1][lower] = torch.where(accept, second, first)
        order[1:][lower] = torch.where(accept, first, second)
        self.kernel.exchange(order.flatten())
        if number > self.burn_in:
            self.accepted[lower] += accept.sum(1)
            for i in range(lower.start, lower.stop, 2):
                self.tried[i] += self.rows[1]

    def acceptance(self) -> Tensor:
        return self.accepted / torch.tensor(self.tried, device=self.accepted.device)  # NaN for a pair never tried
