"""Work dealt to many devices, with NumPy only.

sweep   a lattice cut into slabs of rows, each of which sees the others only by the rows that they send
deal    chains of which each device runs some, and the mean of all from three numbers of each device
"""

import math
from collections.abc import Callable, Sequence

import numpy as np
from jaxtyping import Float, Int

from ..arguments import whole


def sweep(
    slabs: Sequence[Int[np.ndarray, "_ cols"]], beta: float, uniform: Sequence[Float[np.ndarray, "_ cols"]]
) -> list[Int[np.ndarray, "_ cols"]]:
    """One sweep of the Ising model on a torus, J = 1, in slabs: even i + j first, i counted through all slabs.

    Before each colour every slab is sent two rows, as they are then: the last one of the slab above and the first one
    of the slab below.

    Args:
        slabs: the lattice's rows, from top to bottom, -1 and +1; any number of rows each.
        beta: inverse temperature.
        uniform: a random number from 0 to 1 for each spin, cut in the same way.

    Returns:
        The new slabs: those of `gibbs.sweep`, cut.
    """
    slabs, first = list(slabs), np.cumsum([0, *(len(slab) for slab in slabs)])
    for colour in (0, 1):
        halos = [(slabs[k - 1][-1:], slabs[(k + 1) % len(slabs)][:1]) for k in range(len(slabs))]
        for k, (above, below) in enumerate(halos):
            tall = np.concatenate([above, slabs[k], below])
            pull = tall[:-2] + tall[2:] + np.roll(slabs[k], 1, axis=1) + np.roll(slabs[k], -1, axis=1)
            i, j = np.indices(slabs[k].shape)
            drawn = np.where(uniform[k] < 1 / (1 + np.exp(-2 * beta * pull)), 1, -1)
            slabs[k] = np.where((first[k] + i + j) % 2 == colour, drawn, slabs[k])
    return slabs


def deal(
    simulate: Callable[[list[np.random.Generator]], Float[np.ndarray, "share"]],
    n_chains: int,
    n_devices: int,
    seed: int,
) -> tuple[float, float]:
    """Independent chains dealt to devices: the mean over all chains, and its standard error.

    Chain c draws from `np.random.default_rng([seed, c])`, wherever it runs, so the chains are the same on any number of
    devices. Each device runs its share by one call; shares differ by one at most. What travels are three numbers of
    each device: how many chains, the sum of their values and the sum of the squares.

    Args:
        simulate: what a device does: from the generators of its chains, a value of each chain.
        n_chains: at least 2.
        n_devices: from 1 to n_chains.
        seed: >= 0.

    Returns:
        Mean and standard error; both differ in the last digits between numbers of devices, as sums are rounded.

    Raises:
        ValueError: if there are fewer than two chains, or a device would have none.
    """
    n_chains = whole("n_chains", n_chains, 2)
    n_devices = whole("n_devices", n_devices, 1, n_chains)
    count, total, squares = 0, 0.0, 0.0
    for share in np.array_split(np.arange(n_chains), n_devices):
        values = np.asarray(simulate([np.random.default_rng([seed, int(c)]) for c in share]), float)
        count, total, squares = count + len(values), total + values.sum(), squares + (values**2).sum()
    mean = total / count
    return float(mean), math.sqrt(max(squares / count - mean**2, 0.0) / (count - 1))
