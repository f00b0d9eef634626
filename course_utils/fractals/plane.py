"""A rectangle of the complex plane as a grid of points."""

import numpy as np
from jaxtyping import Complex

from ..arguments import shown, whole

__all__ = ["Box", "plane"]

Box = tuple[tuple[float, float], tuple[float, float]]
"""Ends of the real and of the imaginary axis."""


def plane(box: Box, n: int) -> Complex[np.ndarray, "n_real n_imaginary"]:
    """The middles of square cells that fill a rectangle.

    Args:
        box: ends of the real and of the imaginary axis.
        n: cells along the real axis; along the other there are as many as make them square.

    Returns:
        A point for each cell, indexed [i_real, i_imaginary].

    Raises:
        ValueError: if an axis does not rise, or n is not a whole number from 2 on.
    """
    (left, right), (low, high) = box
    if not (left < right and low < high):
        raise ValueError(f"box = {shown(box)}: expected ((left, right), (low, high)) with left < right and low < high")
    side = (right - left) / whole("n", n, 2)
    across = left + side * (np.arange(n) + 0.5)
    along = low + (high - low) * (np.arange(rows := max(2, round((high - low) / side))) + 0.5) / rows
    return across[:, None] + 1j * along
