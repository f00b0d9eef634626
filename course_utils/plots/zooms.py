"""A lattice looked at closer and closer, each picture with equally many cells: at a critical point they look alike."""

import itertools
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from jaxtyping import Int8, Shaped
from matplotlib.patches import Rectangle

from .lattice import lattices
from .panels import Layer, Panel
from .style import COLORS, to_numpy

if TYPE_CHECKING:
    from ..lattice import Ising

__all__ = ["balanced", "blocks", "zooms"]

FRAME = COLORS["red"]


def zooms(spins: Shaped[np.ndarray, "L L"], model: "Ising", factors: Sequence[int] = (1, 2, 4)) -> list[Panel]:
    """The whole lattice in blocks of spins, a framed part of it in smaller blocks, and so on down to single spins.

    A block has the sign of most of its spins. Each frame is the part with the most equal shares of both signs.

    Args:
        spins: -1 and +1.
        model: whose colours they get.
        factors: of the panels, from 1 upwards; each divides the next, and the last divides L.

    Returns:
        A panel for each factor, all with equally many cells.

    Raises:
        ValueError: if the factors do not fit each other or the lattice.
    """
    part = to_numpy(spins)
    size, most = len(part), factors[-1]
    if factors[0] != 1 or size % most or any(b % a for a, b in itertools.pairwise(factors)):
        raise ValueError(f"factors = {tuple(factors)}: expected 1 first, each one to divide the next and {size}")
    panels, n_cells = [], size // most
    for factor, closer in zip(factors, [*factors[1:], None], strict=True):
        side = most // factor
        what = f"blocks of {side} × {side} spins" if side > 1 else "single spins"
        (shown,) = lattices(blocks(part, side), model, [f"× {factor}: {what}"])
        marks = [_frame(0, 0, n_cells, 5.0)] if factor > 1 else []
        if closer:
            width = len(part) * factor // closer
            row, col = balanced(part, width)
            marks.append(_frame(row / side, col / side, width / side, 2.4))
            part = part[row : row + width, col : col + width]
        panels.append(replace(shown, layers=(*shown.layers, *marks)))
    return panels


def blocks(spins: Int8[np.ndarray, "L L"], side: int) -> Int8[np.ndarray, "l l"]:
    """The majority of each block of side x side spins; where it is a tie, the block's first spin decides."""
    cells = spins.reshape(len(spins) // side, side, -1, side)
    total = cells.sum((1, 3), dtype=np.int32)
    return np.where(total == 0, cells[:, 0, :, 0], np.sign(total)).astype(np.int8)


def balanced(spins: Int8[np.ndarray, "L L"], side: int) -> Shaped[np.ndarray, "2"]:
    """Where a square of this side has a magnetisation closest to 0, among places an eighth of it apart."""
    step, last = max(1, side // 8), len(spins) - side
    places = [(row, col) for row in range(0, last + 1, step) for col in range(0, last + 1, step)]
    means = [abs(spins[row : row + side, col : col + side].mean(dtype=float)) for row, col in places]
    return np.array(places[int(np.argmin(means))])


def _frame(row: float, col: float, side: float, width: float) -> Layer:
    """The outline of a square of cells; row 0 is at the bottom."""

    def draw(ax, color, label):
        ax.add_patch(Rectangle((col - 0.5, row - 0.5), side, side, fill=False, edgecolor=color, linewidth=width))

    return Layer(draw, color=FRAME)
