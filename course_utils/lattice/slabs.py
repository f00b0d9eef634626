"""A lattice cut into slabs of rows, each of which sees the others only by the rows that they send. NumPy only."""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float, Int


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
