"""An Ising torus, exactly: how many of its states have how many equal pairs of neighbours, and how many spins up.

The spins are added one by one, as in a transfer matrix, but each weight is a whole polynomial, packed into one number
(`packed`): nothing is rounded.
"""

from collections import Counter
from collections.abc import Sequence

import numpy as np
from jaxtyping import Float, Int

from ..arguments import number, whole
from . import packed

__all__ = ["couplings_of", "equal_pairs", "up_weights", "with_field"]

MOST_COLUMNS = 8


def equal_pairs(rows: int, cols: int) -> list[int]:
    """How many of the 2^(rows cols) states have so many equal pairs of neighbours.

    Args:
        rows, cols: sides of the torus, 2 to 8 columns. Where a side is 2, two neighbours share two bonds.

    Returns:
        2 rows cols + 1 whole numbers. With x = exp(2 beta), Z = exp(-2 beta rows cols) times the sum of counts[k] x^k.

    Raises:
        ValueError: if a side is out of range.
    """
    sides = whole("rows", rows, 2), whole("cols", cols, 2, MOST_COLUMNS)
    return couplings_of(np.ones(sides, int), np.ones(sides, int))


def couplings_of(down: Int[np.ndarray, "rows cols"], across: Int[np.ndarray, "rows cols"]) -> list[int]:
    """As `equal_pairs`, for bonds that count for several.

    Args:
        down: what the bond of each spin to the one below counts, whole numbers from 0 on.
        across: the same for the one on its right.

    Returns:
        For each sum of what equal pairs count, the number of states.

    Raises:
        ValueError: if a bond is negative, or a side is out of range.
    """
    rows, cols = down.shape
    width = packed.bytes_for(2 ** (rows * cols))
    unequal = _added(down, across, width, 0)
    return packed.coefficients(unequal, width, int(down.sum() + across.sum()) + 1)[::-1]


def with_field(rows: int, cols: int) -> list[list[int]]:
    """How many states have m spins up and k equal pairs of neighbours: entry [m][k].

    Args:
        rows, cols: sides of the torus, 2 to 6 columns.

    Raises:
        ValueError: if a side is out of range.
    """
    sides = whole("rows", rows, 2), whole("cols", cols, 2, 6)
    n, width = 2 * rows * cols + 1, packed.bytes_for(2 ** (rows * cols))
    one = np.ones(sides, int)
    number = _added(one, one, width, n)
    each = [packed.coefficients(part, width, n) for part in packed.coefficients(number, width * n, rows * cols + 1)]
    return [counts[::-1] for counts in each]


def up_weights(counts: Sequence[Sequence[int]], x: float) -> Float[np.ndarray, "n"]:
    """The weight of each number of spins up, the largest 1: Z is their sum, times powers of w = exp(2 beta h).

    Args:
        counts: as from `with_field`.
        x: weight of an equal pair, exp(2 beta) > 0.

    Raises:
        ValueError: if x is not positive.
    """
    log_x = np.log(number("x", x, 0.0, above=True))
    logs = [np.logaddexp.reduce([np.log(float(c)) + k * log_x for k, c in enumerate(row) if c]) for row in counts]
    return np.exp(np.array(logs) - max(logs))


def _added(down: Int[np.ndarray, "rows cols"], across: Int[np.ndarray, "rows cols"], width: int, field: int) -> int:
    """The packed sum over all states, by unequal pairs; with `field`, each spin up moves it by so many coefficients."""
    (rows, cols), step = down.shape, 8 * width
    whole("rows", rows, 2)
    whole("cols", cols, 2, MOST_COLUMNS)
    if min(down.min(), across.min()) < 0:
        raise ValueError(f"bonds = {min(down.min(), across.min())}: expected whole numbers from 0 on")
    states = range(1 << cols)
    in_row = []
    for row in range(rows):
        bonds = [int(b) for b in across[row]]
        pairs = [sum(b for i, b in enumerate(bonds) if (s >> i & 1) != (s >> (i + 1) % cols & 1)) for s in states]
        in_row.append([step * (pairs[s] + field * s.bit_count()) for s in states])
    total = 0
    for start, times in _starts(cols, len({*down.flat, *across.flat}) == 1, bool(field)).items():
        partial = [0] * len(states)
        partial[start] = 1 << in_row[0][start]
        for row in range(rows):
            for col in range(cols):
                bit, shift = 1 << col, step * int(down[row, col])
                partial = [partial[s] + (partial[s ^ bit] << shift) for s in states]
            if row < rows - 1:
                partial = [weight << in_row[row + 1][s] for s, weight in enumerate(partial)]
        total += times * partial[start]
    return total


def _starts(cols: int, alike: bool, field: bool) -> Counter[int]:
    """First rows that cannot be told apart, one of each kind, and how many there are of it."""
    if not alike:
        return Counter(min(s, s ^ ((1 << cols) - 1)) if not field else s for s in range(1 << cols))
    kinds: Counter[int] = Counter()
    for s in range(1 << cols):
        bits = [s >> i & 1 for i in range(cols)]
        turns = [way[k:] + way[:k] for way in (bits, bits[::-1]) for k in range(cols)]
        turns += [] if field else [[1 - b for b in turn] for turn in turns]
        kinds[min(sum(b << i for i, b in enumerate(turn)) for turn in turns)] += 1
    return kinds
