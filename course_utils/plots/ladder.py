"""Replica exchange as a ladder: temperatures are rungs, and chains climb up and down."""

from collections.abc import Sequence
from typing import Any

import matplotlib.patheffects as effects
import numpy as np

from ..arguments import shown
from .panels import Layer, Panel, panel
from .style import shades, to_numpy

__all__ = ["ladder"]


def ladder(origin: Any, temperatures: Sequence[float], *, xlabel: str = "round", title: str = "") -> Panel:
    """Which chain sits on which rung as time goes on: a swap is where two lines cross.

    Args:
        origin: for each round and rung the number of the rung on which the state that is there now has started, shape
            (n_rounds, n_rungs); each row holds all numbers.
        temperatures: of the rungs, shape (n_rungs,).
        xlabel: what a round is.
        title: of the panel.

    Returns:
        The panel, with a layer for each chain, named by the temperature at which it started.

    Raises:
        ValueError: if a row of `origin` is not an order of the rungs.
    """
    origin, n = to_numpy(origin), len(temperatures)
    if origin.ndim != 2 or not np.array_equal(np.sort(origin, axis=1), np.broadcast_to(np.arange(n), origin.shape)):
        raise ValueError(f"origin = {shown(origin)}: expected in each row all numbers from 0 to {n - 1}")
    rung = np.argsort(origin, axis=1)  # of each chain
    layers = [
        Layer(_climb(rung[:, chain]), f"started at $T = {T:g}$", color)
        for chain, (T, color) in enumerate(zip(temperatures, shades(n), strict=True))
    ]
    names = {k: f"$T = {T:g}$" for k, T in enumerate(temperatures)}
    frame = {"xlim": (0, len(origin) + 1), "ylim": (-0.4, n - 0.6), "yticks": names, "height": 0.55 * n + 0.7}
    return panel(*layers, title=title, xlabel=xlabel, **frame)


def _climb(rung: np.ndarray):
    """What draws one chain: along its rung, and in a gentle bend to the next one."""
    bend = (1 - np.cos(np.linspace(0, np.pi, 9))) / 2

    def draw(ax, color, label):
        time = np.arange(1, len(rung))[:, None] + np.linspace(0, 1, 9)  # the first row is after round 1
        height = rung[:-1, None] + np.diff(rung)[:, None] * bend
        line = ax.plot(time.ravel(), height.ravel(), color=color, linewidth=2.2, label=label or "_")[0]
        # a white rim, so that of two lines that cross one is seen to lie on top
        line.set_path_effects([effects.Stroke(linewidth=3.4, foreground="white"), effects.Normal()])
        ax.tick_params(axis="y", length=0)

    return draw
