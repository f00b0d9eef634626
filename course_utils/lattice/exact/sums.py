"""Mean energies of small lattices of q-state spins: a sum over all states, made one spin at a time."""

from collections.abc import Callable

import numpy as np
from jaxtyping import Complex, Float, Int

from ...arguments import number, whole
from .shapes import Periodic, bonds, checked

MAX_PARTIAL_SUMS = 1 << 22  # 64 MiB of complex numbers
_TINY = 1e-30  # the imaginary step of a derivative: its square is nothing beside 1


def potts_energy(shape: tuple[int, int], q: int, beta: float, periodic: Periodic = True) -> float:
    """Mean energy per spin of the q-state Potts model by adding up all q^n states.

    Args:
        shape: `(rows, cols)`. With m the shorter side, q^m may be at most 2^22, and q^(2m - 1) if the longer side is
            periodic: 4 x 4 with q = 8, 3 x 3 with q = 16; the longer side may be as long as you like.
        q: number of states, at least 2.
        beta: inverse temperature in units of 1/J, finite, not negative.
        periodic: whether sides wrap round; one value, or one per side.

    Returns:
        Mean energy divided by the number of spins, in units of J.

    Raises:
        ValueError: if the lattice has too many states, or an argument is out of range.
    """
    return _summed_energy(lambda k: -(k == 0).astype(float), shape, q, beta, periodic)


def clock_energy(shape: tuple[int, int], q: int, beta: float, periodic: Periodic = True) -> float:
    """Mean energy per spin of the q-state clock model by adding up all q^n states; all else as for `potts_energy`."""
    return _summed_energy(lambda k: -np.cos(2 * np.pi * k / q), shape, q, beta, periodic)


def _summed_energy(
    pair_energy: Callable[[Int[np.ndarray, "q q"]], Float[np.ndarray, "q q"]],
    shape: tuple[int, int],
    q: int,
    beta: float,
    periodic: Periodic,
) -> float:
    """The energy of a model whose bonds have `pair_energy` of the difference of their two states, k - k'."""
    beta, q = number("beta", beta, 0.0), whole("q", q, 2)
    (rows, cols), (down, across) = checked(shape, periodic, dims=(2,))
    if rows < cols:
        rows, cols, down, across = cols, rows, across, down
    n_sums = q ** (2 * cols - 1 if down else cols)
    if max(n_sums, q * q) > MAX_PARTIAL_SUMS:
        raise ValueError(
            f"shape = {shape}, q = {q}: expected at most {MAX_PARTIAL_SUMS} partial sums, and these take {n_sums}; "
            "take a smaller lattice or fewer states"
        )
    state = np.arange(q)
    of_pair = pair_energy(state[:, None] - state)
    lowest = of_pair.min()
    # Energies are counted from the lowest one, so that no weight exceeds 1. The derivative by beta is the imaginary
    # part at beta + i h divided by h, to all digits, for a tiny h (Squire and Trapp, SIAM Rev. 40, 110 (1998)).
    total = _partition_sum(np.exp(-complex(beta, _TINY) * (of_pair - lowest)), rows, cols, down, across)
    ground = len(bonds((rows, cols), (down, across))) * lowest
    return float(ground - total.imag / total.real / _TINY) / (rows * cols)


def _partition_sum(weight: Complex[np.ndarray, "q q"], rows: int, cols: int, down: bool, across: bool) -> complex:
    """The sum over all states of the product of the bonds' weights, but for a positive factor.

    `partial[row, start]` holds the sum over all spins before the last row of spins, whose states `row` numbers, with
    the first row in the states `start`. Adding a spin sums over the one before it in the same column. The models look
    the same from every state, so the first spin of all may stay in state 0.
    """
    q = len(weight)
    row_number = np.arange(q**cols)  # of a row of spins: its first spin is the most significant digit

    def state(column: int) -> Int[np.ndarray, "row_states"]:
        return row_number // q ** (cols - 1 - column) % q

    in_row = np.ones(q**cols, dtype=complex)
    for column in range(cols if across else cols - 1):
        in_row *= weight[state(column), state((column + 1) % cols)]
    first = np.arange(q ** (cols - 1))
    partial = np.zeros((q**cols, len(first) if down else 1), dtype=complex)
    partial[first, first if down else 0] = in_row[first]
    for row in range(1, rows + down):
        for column in range(cols):
            split = partial.reshape(q**column, q, -1)
            partial = np.einsum("ab,xby->xay", weight, split).reshape(partial.shape)
        if row < rows:
            partial *= in_row[:, None]
        partial /= np.abs(partial).max()  # else it would leave the range of numbers on a long lattice
    return complex(partial[first, first].sum() if down else partial.sum())
