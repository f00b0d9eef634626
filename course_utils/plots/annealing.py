"""A run at falling temperature in four panels: its way, its loss, its temperature, and loss against temperature."""

from typing import TYPE_CHECKING, Any

import numpy as np

from ..arguments import shown
from . import layers, maps
from .panels import Panel, panel
from .style import to_numpy

if TYPE_CHECKING:
    from ..energies import KnownEnergy

__all__ = ["annealing"]


def annealing(energy: "KnownEnergy", path: Any, temperatures: Any, best: Any) -> list[Panel]:
    """The path over the landscape, the loss, the temperature, and the loss against the temperature.

    Args:
        energy: of two coordinates.
        path: the state after each step, shape (n, 2).
        temperatures: T of each step, shape (n,), at least one of them above 0.
        best: the lowest energy seen until then, shape (n,).

    Returns:
        Four panels, for a figure of two columns. T = 0 has no place on a logarithmic axis and is drawn at half the
        lowest temperature above 0.

    Raises:
        ValueError: if the lengths differ, or no temperature is above 0.
    """
    from ..boltzmann import grid_2d  # PyTorch, only when it is needed

    loss, warm, step = to_numpy(energy(path)), to_numpy(temperatures), np.arange(1, len(path) + 1)
    if len(warm) != len(path) or len(to_numpy(best)) != len(path) or not (warm > 0).any():
        raise ValueError(f"temperatures = {shown(warm)}: expected one for each of {len(path)} steps, as for best")
    points, _ = grid_2d(energy.domain, 201)
    frozen = float(warm[warm > 0].min()) / 2
    seen = np.stack([np.where(warm > 0, warm, frozen), loss], axis=1)
    scenery = maps.energy(points, energy(points), grey=True), maps.minima(energy.minima[:1])
    way = maps.path(path, color="time", values=warm, scale="temperature $T$")
    falling, lowest = (
        layers.line(step, loss, "loss $E$", width=0.7),
        layers.line(step, best, "lowest so far", color="red"),
    )
    dots = maps.dots(seen, most=len(seen), color="blue", size=4, alpha=0.5)
    cold = f"temperature $T$ ($T = 0$ drawn at {frozen:.2g})" if (warm == 0).any() else "temperature $T$"
    return [
        panel(*scenery, way, title="the path, from disc to cross", height=3.3),
        panel(falling, lowest, xlabel="step", ylabel="loss $E$", title="loss", height=3.3),
        panel(
            layers.line(step, warm, color="black"),
            xlabel="step",
            ylabel="temperature $T$",
            title="temperature",
            height=3,
        ),
        panel(
            dots,
            log="x",
            xlabel=cold,
            ylabel="loss $E$",
            title="loss against temperature: time runs leftwards",
            height=3,
        ),
    ]
