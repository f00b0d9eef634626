"""Chains and rectangles of spins: their sides, which of them wrap round, and their bonds."""

import math

import numpy as np
from jaxtyping import Int

Shape = int | tuple[int, ...]
Periodic = bool | tuple[bool, ...]


def bonds(shape: Shape, periodic: Periodic = True) -> Int[np.ndarray, "bonds 2"]:
    """Nearest-neighbour bonds of a chain or a rectangle.

    Args:
        shape: `(n,)` or `(rows, cols)`; spins are numbered row by row.
        periodic: whether sides wrap round; one value, or one per side.

    Returns:
        One row `(i, j)` per bond, i < j. A pair joined twice (a periodic side of length 2) stands there twice.

    Raises:
        ValueError: if the shape is not that of a chain or a rectangle, or a periodic side has fewer than 2 spins.
    """
    sides, wraps = checked(shape, periodic)
    site = np.arange(math.prod(sides)).reshape(sides)
    pairs = []
    for axis, (side, wrap) in enumerate(zip(sides, wraps, strict=True)):
        here = np.arange(side if wrap else side - 1)
        first, second = site.take(here, axis), site.take((here + 1) % side, axis)
        pairs.append(np.stack([first.ravel(), second.ravel()], axis=1))
    return np.sort(np.concatenate(pairs), axis=1)


def checked(
    shape: Shape, periodic: Periodic, dims: tuple[int, ...] = (1, 2)
) -> tuple[tuple[int, ...], tuple[bool, ...]]:
    """The sides of a lattice of so many dimensions, and which of them wrap round: at least 2 spins along these."""
    sides = (shape,) if isinstance(shape, int | np.integer) else tuple(shape)
    if len(sides) not in dims or any(not isinstance(side, int | np.integer) or side < 1 for side in sides):
        wanted = " or ".join({1: "(n,)", 2: "(rows, cols)"}[d] for d in dims)
        raise ValueError(f"shape = {shape}: expected {wanted} with sides of at least 1")
    wraps = (bool(periodic),) * len(sides) if isinstance(periodic, bool | np.bool_) else tuple(map(bool, periodic))
    if len(wraps) != len(sides):
        raise ValueError(f"periodic = {periodic}: expected one truth value, or one for each of the {len(sides)} sides")
    for side, wrap in zip(sides, wraps, strict=True):
        if wrap and side < 2:
            raise ValueError(f"shape = {shape}: expected at least 2 spins along a periodic side")
    return tuple(int(side) for side in sides), wraps
