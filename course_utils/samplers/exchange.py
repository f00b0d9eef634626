"""Replica exchange: chains at several temperatures that trade their states."""

from collections.abc import Sequence

import torch
from jaxtyping import Float
from torch import Tensor

from course_utils import tensors
from course_utils.arguments import choice, ladder, shown, whole
from course_utils.energies import EnergyFunction
from course_utils.samplers.kernels import Kernel, Mala, Ula
from course_utils.samplers.loop import sample
from course_utils.samplers.run import Run


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
        method: "mala" or "ula", the sampler between swaps.
        burn_in: steps at the start that are neither kept nor counted, fewer than n_steps.
        generator, thin, keep, progress: as for `ula`.

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
    temperatures = torch.from_numpy(ladder("temperatures", tensors.float64("temperatures", temperatures).tolist()))
    n = len(temperatures)
    if tensors.floats("x", x).ndim < 2 or len(x) != n:
        raise ValueError(f"x has shape {tuple(x.shape)}: expected one row for each of the {n} temperatures")
    steps = tensors.float64("step_sizes", step_sizes)
    if steps.shape not in {(), (n,)}:
        raise ValueError(f"step_sizes = {shown(step_sizes)}: expected one number, or {n}, one per temperature")
    each, per_row = x.new_ones(x.shape[:2]), temperatures.to(x)[:, None]
    step_size = (each * steps.to(x).reshape(-1, 1)).flatten()
    kernel = kind(energy, x.flatten(0, 1), step_size, (each * per_row).flatten(), generator)
    swap = Swap(kernel, per_row, x.shape[:2], swap_every, burn_in)
    store = sample(kernel, n_steps, burn_in, thin, keep, progress, swap)
    # NaN for a pair never tried
    return store.run(temperatures, x.shape[:2], swap.accepted / swap.tried)


class Swap:
    """The exchange of states between neighbouring temperatures.

    Attributes:
        accepted, tried: for each pair of neighbours, how many exchanges after the burn-in.
    """

    def __init__(self, kernel: Kernel, per_row: Tensor, rows: tuple[int, int], every: int, burn_in: int) -> None:
        self.kernel, self.rows, self.every, self.burn_in = kernel, rows, every, burn_in
        self.generator = kernel.generator
        self.gap = 1 / per_row[:-1] - 1 / per_row[1:]
        self.numbers = torch.arange(rows[0] * rows[1], device=per_row.device).reshape(rows)
        self.accepted = torch.zeros(rows[0] - 1, dtype=torch.float64, device=per_row.device)
        self.tried = torch.zeros_like(self.accepted)

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
            self.tried[lower] += self.rows[1]
