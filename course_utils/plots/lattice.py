"""Layers and panels of spin lattices, and the key of their colours.

Spins have the colours of the movies and of the live lattice, so that +1, a Potts colour or a direction looks the same
everywhere.
"""

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import ListedColormap
from matplotlib.figure import Figure
from matplotlib.patches import Patch

from ..arguments import choice
from ..lattice import colours
from .panels import Layer, Panel, panel
from .style import to_numpy

if TYPE_CHECKING:
    from ..lattice import Lattice

MOST_ARROWS = 32  # along a side
WHEEL = 1.15
"""Inches on the right of a figure for the wheel of directions."""


def spins(lattice: Any, model: "Lattice") -> Layer:
    """A lattice in the colours of its model, row 0 at the bottom; the figure gets a key of the colours.

    Args:
        lattice: shape (rows, cols), which need not be the model's own.
        model: of `course_utils.lattice`, whose spins they are.
    """

    def draw(ax, color, label):
        table = model.palette()
        look = {"vmin": -0.5, "vmax": len(table) - 0.5, "interpolation": "nearest", "origin": "lower"}
        ax.imshow(model.colour_index(to_numpy(lattice)), cmap=ListedColormap(table / 255.0), **look)

    return Layer(draw, key=partial(spin_key, model=model))


def directions(angles: Any, *, color: str = "black") -> Layer:
    """An arrow for each angle, its middle at x = column, y = row; on a large lattice for each cell's mean."""

    def draw(ax, color, label):
        theta = to_numpy(angles)
        block = colours.cell_side(theta.shape, max(theta.shape) / MOST_ARROWS)
        along, up = colours.mean_directions(theta, block)
        y, x = (block * (place + 0.5) - 0.5 for place in np.indices(along.shape))
        length = 0.85 * block
        ax.quiver(
            x, y, length * along, length * up, pivot="mid", angles="xy", scale_units="xy", scale=1,
            color=color, units="xy", width=0.11 * block, headwidth=3.6, headlength=3.6, headaxislength=3.2,
        )  # fmt: skip

    return Layer(draw, color=color)


def vortices(charge: Any, *, size: float = 40) -> Layer:
    """Vortices as white discs and antivortices as black ones, at the centres of their plaquettes.

    Args:
        charge: of each plaquette, as from `winding_numbers` or `Lattice.vortices`.
        size: area of a disc, points squared.
    """

    def draw(ax, color, label):
        for sign, face, edge in ((1, "white", "black"), (-1, "black", "white")):
            i, j = np.nonzero(to_numpy(charge) == sign)
            width = 1.1 if sign > 0 else 0.6
            ax.scatter(j + 0.5, i + 0.5, s=size, facecolor=face, edgecolor=edge, linewidth=width, zorder=4)

    return Layer(draw)


def lattices(
    many: Any, model: "Lattice", titles: Sequence[str] = (), *, look: str = "colour", charges: bool = False
) -> list[Panel]:
    """A panel for each of several lattices of one model.

    Args:
        many: shape (n, rows, cols), or (rows, cols) for a single one; a list of lattices of different sizes will do.
        model: of `course_utils.lattice`, whose spins they are; they may be a part of a lattice, or a larger one.
        titles: one for each lattice, or none.
        look: "colour"; for spins with a direction also "arrows", or "both".
        charges: mark vortices (white) and antivortices (black), of spins with a direction.

    Returns:
        The panels, for `figure`.

    Raises:
        ValueError: if there are not as many titles as lattices, the look is unknown, or the spins have no direction.
    """
    choice("look", look, ("colour", "arrows", "both"))
    if (charges or look != "colour") and not model.planar:
        raise ValueError(f"charges and arrows need spins with a direction, those of {model.title} have none")
    if not isinstance(many, list | tuple):
        many = to_numpy(many)
        many = many[None] if many.ndim == 2 else many
    if titles and len(titles) != len(many):
        raise ValueError(f"titles has {len(titles)} entries: expected one for each of the {len(many)} lattices")
    panels, ink = [], "black" if look == "both" else "0.25"
    for lattice, title in zip(many, titles or [""] * len(many), strict=True):
        lattice = to_numpy(lattice)
        size = (150 / max(lattice.shape) * 0.75) ** 2 + 9  # of a disc: most of a plaquette where there are few
        layers = [
            spins(lattice, model) if look != "arrows" else None,
            directions(model.angle(lattice), color=ink) if look != "colour" else None,
            vortices(model.vortices(lattice), size=min(60.0, size)) if charges else None,
        ]
        frame = [(-0.5, n - 0.5) for n in lattice.shape]
        panels.append(panel(*layers, title=title, xlim=frame[1], ylim=frame[0], square=True, bare=True))
    return panels


def spin_key(fig: Figure, model: "Lattice") -> None:
    """A key of the colours on the right of a figure: the states, or a wheel of directions with ticks."""
    table = model.palette()
    if not model.planar:
        names = zip(table, model.state_names, strict=True)
        patches = [Patch(facecolor=colour / 255.0, edgecolor="0.4", label=name) for colour, name in names]
        look = {"ncols": 1 + len(patches) // 8, "handlelength": 1.0, "columnspacing": 0.8}
        fig.legend(handles=patches[::-1], loc="outside right center", title=model.spin, **look)
        return
    width, height = fig.get_size_inches()
    fig.get_layout_engine().set(rect=(0, 0, 1 - WHEEL / width, 1))
    place = (1 - WHEEL / width, 0.46 - WHEEL / height / 2, WHEEL / width, WHEEL / height)
    wheel = fig.add_axes(place, projection="polar")
    wheel.set_in_layout(False)
    draw_wheel(wheel, table)


def draw_wheel(ax: Axes, table: np.ndarray) -> None:
    """The directions of a table of colours as a ring in polar axes, with ticks at every quarter of a turn."""
    turn = np.linspace(0, 2 * np.pi, len(table) + 1) - np.pi / len(table)  # a colour is in the middle of its sector
    ax.pcolormesh(turn, [0.5, 0.8], np.arange(len(table))[None, :], cmap=ListedColormap(table / 255.0))
    for quarter, text in enumerate(("0", r"$\frac{\pi}{2}$", r"$\pi$", r"$\frac{3\pi}{2}$")):
        at = quarter * np.pi / 2
        ax.plot([at, at], [0.8, 0.87], color="black", linewidth=1)
        ax.text(at, 1.07, text, ha="center", va="center")
    ax.text(0, 0, r"$\theta$", ha="center", va="center", fontsize="large")
    ax.set_ylim(0, 1.25)
    ax.set_axis_off()
    ax.set_label("key of directions")
