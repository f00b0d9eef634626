"""Panels of lesson 07: colourings of a torus, and the probabilities of all states of a small system."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from matplotlib.collections import LineCollection

from .layers import bars, vline, words
from .panels import Layer, Panel, panel
from .style import COLORS, to_numpy


def colouring(board: Any, title: str) -> Panel:
    """A colouring of a periodic lattice, with every bond between two spins of the same colour in red.

    Args:
        board: True or False per spin, shape (rows, cols). Bonds that wrap round are drawn as stubs at both ends.
        title: of the panel.

    Returns:
        The panel.
    """
    board = to_numpy(board)
    shape = np.array(board.shape)
    bonds: dict[bool, list] = {False: [], True: []}
    for here in map(np.array, np.ndindex(*board.shape)):
        for step in np.eye(2, dtype=int):
            there = (here + step) % shape
            same = bool(board[tuple(here)] == board[tuple(there)])
            if (here + step < shape).all():
                bonds[same].append([here[::-1], there[::-1]])
            else:
                bonds[same] += [[here[::-1], (here + step / 2)[::-1]], [there[::-1], (there - step / 2)[::-1]]]

    def draw_bonds(ax, color, label, same=False):
        # an empty collection would have no colour in the legend
        ax.add_collection(LineCollection(bonds[same] or [[(0, 0)] * 2], colors=color, linewidths=3.0 if same else 1.2))
        ax.plot([], [], color=color, linewidth=3.0 if same else 1.2, label=label)

    def draw_spins(ax, color, label):
        i, j = np.indices(board.shape)
        face = np.where(board.ravel(), COLORS["black"], "white")
        ax.scatter(j.ravel(), i.ravel(), s=170, c=face, edgecolors="black", linewidths=1.2, zorder=3)

    layers = (
        Layer(draw_bonds, "bond", "0.7"),
        Layer(lambda *a: draw_bonds(*a, same=True), "bond between equal colours", COLORS["red"]),
        Layer(draw_spins),
    )
    ends = [(-0.8, n - 0.2) for n in board.shape]
    return panel(*layers, title=title, xlim=ends[1], ylim=ends[0], square=True, bare=True, height=3.6)


def stationary(states: Any, energy: Any, distributions: Mapping[str, Any]) -> Panel:
    """Probabilities of all states of two rows of two spins, one bar for each state and way of updating.

    Args:
        states: shape (n_states, 4), of -1 and +1.
        energy: of each state, shape (n_states,); states are sorted by it.
        distributions: name -> probabilities, shape (n_states,).

    Returns:
        The panel.
    """
    order = np.argsort(to_numpy(energy), kind="stable")
    signs = ["".join("+" if s > 0 else "−" for s in row) for row in to_numpy(states)[order]]
    names = [f"{word[:2]}\n{word[2:]}" for word in signs]
    width = 0.8 / len(distributions)
    layers = [
        bars(names, to_numpy(p)[order], name, width=width, shift=(k + 0.5) * width - 0.4)
        for k, (name, p) in enumerate(distributions.items())
    ]
    top = 1.15 * max(float(to_numpy(p).max()) for p in distributions.values())
    levels, starts = np.unique(to_numpy(energy)[order], return_index=True)
    for level, start, end in zip(levels, starts, [*starts[1:], len(order)], strict=True):
        layers.append(words((start + end - 1) / 2, 0.95 * top, f"$E = {level:g}$", side="center"))
        layers.append(vline(start - 0.5, color="grey", style="-") if start else None)
    label = "state (two rows of two spins), sorted by energy"
    return panel(*layers, xlabel=label, ylabel="probability", ylim=(0, top))
