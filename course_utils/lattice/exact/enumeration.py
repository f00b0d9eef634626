"""Ising systems so small that all their states can be visited."""

import math
from collections import Counter
from collections.abc import Iterator

import numpy as np
from jaxtyping import Int
from scipy.special import logsumexp

from ...arguments import number, whole
from .shapes import Periodic, Shape, bonds, checked

MAX_SPINS_LISTED = 24  # 2^24 energies as int16: 32 MiB
MAX_SPINS_COUNTED = 28  # 2^28 states in chunks: seconds, whatever the memory
_CHUNK = 1 << 16  # states per chunk: its arrays stay in the processor's cache


def ising_states(n_spins: int) -> Int[np.ndarray, "states n_spins"]:
    """All 2^n configurations of n spins, in the order of `ising_energies`.

    Args:
        n_spins: number of spins, 1 to 20.

    Returns:
        Array of +1 and -1 (int8), one configuration per row. In row k, spin i is +1 if bit i of k is 1.

    Raises:
        ValueError: if `n_spins` is not from 1 to 20.
    """
    n_spins = whole("n_spins", n_spins, 1, 20)  # the table has 2^n rows
    row = np.arange(1 << n_spins)[:, None]
    return (2 * (row >> np.arange(n_spins) & 1) - 1).astype(np.int8)


def _small(shape: Shape, periodic: Periodic, most: int) -> tuple[tuple[int, ...], tuple[bool, ...], int]:
    """Sides, which of them wrap round, and the number of spins, which is at most so large."""
    sides, wraps = checked(shape, periodic)
    n_spins = math.prod(sides)
    if n_spins > most:
        raise ValueError(f"shape = {shape}: expected at most {most} spins, as there are 2^{n_spins} states")
    return sides, wraps, n_spins


def _energy_chunks(
    sides: tuple[int, ...], wraps: tuple[bool, ...], n_states: int
) -> Iterator[tuple[int, Int[np.ndarray, "chunk"]]]:
    """Energies of states 0 to n_states - 1, a chunk at a time, as (first state, energies)."""
    pairs = bonds(sides, wraps)
    # A bond (i, j) is unsatisfied where bits i and j of the state differ, that is where bit i of
    # state ^ (state >> (j - i)) is set. So all bonds with the same j - i take one exclusive or and one bit count.
    masks: Counter[tuple[int, int]] = Counter()
    for (i, j), times in Counter(map(tuple, pairs.tolist())).items():
        masks[j - i, times] |= 1 << i
    for start in range(0, n_states, _CHUNK):
        state = np.arange(start, min(start + _CHUNK, n_states), dtype=np.uint32)
        energy = np.full(len(state), -len(pairs), dtype=np.int16)
        for (gap, times), mask in masks.items():
            energy += 2 * times * np.bitwise_count((state ^ (state >> gap)) & np.uint32(mask)).astype(np.int16)
        yield start, energy


def ising_energies(shape: Shape, periodic: Periodic = True) -> Int[np.ndarray, "states"]:
    """Energies of all 2^n states of a small Ising system.

    Args:
        shape: `(n,)` or `(rows, cols)`, at most 24 spins in all.
        periodic: whether sides wrap round; one value, or one per side.

    Returns:
        Energies in units of J (int16), in the order of `ising_states`.

    Raises:
        ValueError: if there are more than 24 spins, or the shape is not that of a chain or a rectangle.
    """
    sides, wraps, n_spins = _small(shape, periodic, MAX_SPINS_LISTED)
    energies = np.empty(1 << n_spins, dtype=np.int16)
    for start, chunk in _energy_chunks(sides, wraps, 1 << n_spins):
        energies[start : start + len(chunk)] = chunk
    return energies


def density_of_states(
    shape: Shape, periodic: Periodic = True
) -> tuple[Int[np.ndarray, "levels"], Int[np.ndarray, "levels"]]:
    """How many of the 2^n states have each energy: enough for log Z at every temperature.

    Args:
        shape: `(n,)` or `(rows, cols)`, at most 28 spins in all.
        periodic: whether sides wrap round; one value, or one per side.

    Returns:
        The energy levels in rising order, in units of J, and the number of states at each.

    Raises:
        ValueError: if there are more than 28 spins, or the shape is not that of a chain or a rectangle.
    """
    sides, wraps, n_spins = _small(shape, periodic, MAX_SPINS_COUNTED)
    n_bonds = len(bonds(sides, wraps))
    counts = np.zeros(2 * n_bonds + 1, dtype=np.int64)
    # Turning all spins over keeps the energy: the states in which the last spin is -1 are half of each level.
    for _, chunk in _energy_chunks(sides, wraps, 1 << (n_spins - 1)):
        counts += np.bincount(chunk + n_bonds, minlength=len(counts))
    levels = np.flatnonzero(counts)
    return levels - n_bonds, 2 * counts[levels]


def enumerated_log_z(shape: Shape, beta: float, periodic: Periodic = True) -> float:
    """log Z by adding up all 2^n states.

    Args:
        shape: `(n,)` or `(rows, cols)`, at most 28 spins in all.
        beta: inverse temperature in units of 1/J, finite, not negative.
        periodic: whether sides wrap round; one value, or one per side.

    Returns:
        log Z in nats.

    Raises:
        ValueError: if there are too many spins, or beta is negative or not finite.
    """
    beta = number("beta", beta, 0.0)
    levels, counts = density_of_states(shape, periodic)
    return float(logsumexp(-beta * levels, b=counts))


def enumerated_energy(shape: Shape, beta: float, periodic: Periodic = True) -> float:
    """Mean energy per spin by adding up all 2^n states, in units of J; all else as for `enumerated_log_z`."""
    beta = number("beta", beta, 0.0)
    levels, counts = density_of_states(shape, periodic)
    weight = counts * np.exp(-beta * (levels - levels[0]))
    return float(weight @ levels / weight.sum() / math.prod(checked(shape, periodic)[0]))
