"""Pictures of spin lattices, and what was measured on them against temperature: shared by the lessons on spin models.

Spins have the colours of the movies and of the live lattice, so that +1, a Potts colour or a direction looks the same
everywhere.
"""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import ListedColormap
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from ..arguments import choice
from ..lattice import colours
from .style import COLORS, finish, to_numpy

if TYPE_CHECKING:
    from ..lattice import Lattice

MARKS = "osD^v"
LINES = (
    {"color": COLORS["grey"], "linewidth": 1.8},
    {"color": COLORS["red"], "linewidth": 1.2},
    {"color": COLORS["black"], "linewidth": 1.2, "linestyle": ":"},
)
SERIES = tuple(COLORS[name] for name in ("blue", "orange", "green", "purple", "sky"))
BARS = "bars: ±1 standard error"
MOST_ARROWS = 32  # along a side


def show_spins(ax: Axes, spins, model: "Lattice") -> None:
    """Draw one lattice into axes: row 0 at the bottom, one square per spin, no ticks.

    Args:
        ax: where.
        spins: shape (rows, cols), which need not be the model's own.
        model: of `course_utils.lattice`.
    """
    table = model.palette()
    look = {"vmin": -0.5, "vmax": len(table) - 0.5, "interpolation": "nearest", "origin": "lower"}
    ax.imshow(model.colour_index(to_numpy(spins)), cmap=ListedColormap(table / 255.0), **look)
    ax.set_axis_off()


def draw_vortices(ax: Axes, charge, *, size: float = 40) -> None:
    """Mark vortices with white discs and antivortices with black ones, at the centres of their plaquettes.

    Args:
        ax: axes of a lattice drawn with spin (i, j) at x = j, y = i.
        charge: of each plaquette, as from `winding_numbers` or `Lattice.vortices`.
        size: area of a disc, points squared.
    """
    for sign, face, edge in ((1, "white", "black"), (-1, "black", "white")):
        i, j = np.nonzero(to_numpy(charge) == sign)
        width = 1.1 if sign > 0 else 0.6
        ax.scatter(j + 0.5, i + 0.5, s=size, facecolor=face, edgecolor=edge, linewidth=width, zorder=4)


def draw_arrows(ax: Axes, angles, *, color: str = "black") -> None:
    """One arrow per spin, its middle on the spin; on a large lattice one for the mean spin of each square cell."""
    angles = to_numpy(angles)
    block = colours.cell_side(angles.shape, max(angles.shape) / MOST_ARROWS)
    along, up = colours.mean_directions(angles, block)
    y, x = (block * (place + 0.5) - 0.5 for place in np.indices(along.shape))
    length = 0.85 * block
    ax.quiver(
        x, y, length * along, length * up, pivot="mid", angles="xy", scale_units="xy", scale=1,
        color=color, units="xy", width=0.11 * block, headwidth=3.6, headlength=3.6, headaxislength=3.2,
    )  # fmt: skip


def spin_legend(fig: Figure, model: "Lattice") -> None:
    """A key of the colours on the right of a figure: the states, or a wheel of directions."""
    table = model.palette()
    if not model.planar:
        names = zip(table, model.state_names, strict=True)
        patches = [Patch(facecolor=colour / 255.0, edgecolor="0.4", label=name) for colour, name in names]
        fig.legend(handles=patches[::-1], loc="outside right center", title=model.spin, handlelength=1.0)
        return
    # Invisible handles hold the place beside the panels; the wheel is drawn over it.
    empty = Patch(facecolor="none", edgecolor="none", label="      ")
    fig.legend(handles=[empty] * 4, loc="outside right center", handlelength=0.6, title="angle θ")
    fig.draw_without_rendering()
    box = fig.legends[-1].get_window_extent().transformed(fig.transFigure.inverted())
    wheel = fig.add_axes((box.x0, box.y0, box.width, 0.86 * box.height), projection="polar")
    turn = np.linspace(0, 2 * np.pi, len(table) + 1) - np.pi / len(table)  # a colour is in the middle of its sector
    wheel.pcolormesh(turn, [0.55, 1.0], np.arange(len(table))[None, :], cmap=ListedColormap(table / 255.0))
    wheel.set_axis_off()
    wheel.set_label("key of directions")


def spins(
    spins,
    model: "Lattice",
    titles: Sequence[str] = (),
    *,
    title: str,
    look: str = "colour",
    vortices: bool = False,
    columns: int = 4,
    side: float = 2.3,
) -> Figure:
    """Lattices side by side, in the colours of their model.

    Args:
        spins: shape (n, rows, cols), or (rows, cols) for a single one; a list of lattices of different sizes will do.
        model: of `course_utils.lattice`, whose spins they are; they may be a part of a lattice, or a larger one.
        titles: one for each lattice, or none.
        title: the finding.
        look: "colour"; for spins with a direction also "arrows", or "both".
        vortices: mark vortices (white) and antivortices (black), of spins with a direction.
        columns: lattices in a row.
        side: of a lattice, inches.

    Returns:
        The figure.

    Raises:
        ValueError: if there are not as many titles as lattices, the look is unknown, or the spins have no direction.
    """
    choice("look", look, ("colour", "arrows", "both"))
    if (vortices or look != "colour") and not model.planar:
        raise ValueError(f"vortices and arrows need spins with a direction, those of {model.title} have none")
    if not isinstance(spins, list | tuple):
        spins = to_numpy(spins)
        spins = spins[None] if spins.ndim == 2 else spins
    if titles and len(titles) != len(spins):
        raise ValueError(f"titles has {len(titles)} entries: expected one for each of the {len(spins)} lattices")
    columns = min(columns, len(spins))
    rows = -(-len(spins) // columns)
    fig, axes = plt.subplots(rows, columns, figsize=(columns * side + 0.9, rows * (side + 0.3) + 0.4), squeeze=False)
    for ax in axes.flat:
        ax.set_axis_off()
    for k, (ax, lattice) in enumerate(zip(axes.flat, spins, strict=False)):
        lattice = to_numpy(lattice)
        height, width = lattice.shape
        if look != "arrows":
            show_spins(ax, lattice, model)
        if look != "colour":
            draw_arrows(ax, model.angle(lattice), color="black" if look == "both" else "0.25")
        if vortices:
            draw_vortices(ax, model.vortices(lattice), size=min(60.0, (side * 72 / width * 0.75) ** 2 + 9))
        ax.set(xlim=(-0.5, width - 0.5), ylim=(-0.5, height - 0.5), aspect="equal")
        if titles:
            ax.set_title(titles[k], fontsize=10)
    fig.suptitle(title, x=0.01, ha="left", fontsize=11)
    if look != "arrows":
        spin_legend(fig, model)
    return finish(fig)


def mark_transition(ax: Axes, at: float, label: str | None = None) -> Line2D:
    """A dashed vertical line where a transition is known to be; with a label, it is in the axes' legend.

    Args:
        ax: where.
        at: the temperature.
        label: its name.

    Returns:
        The line.
    """
    return ax.axvline(at, color=COLORS["black"], linestyle="--", linewidth=1, zorder=0, label=label)


def phase_curves(
    measured: Mapping[str, Mapping[str, tuple]],
    *,
    exact: Mapping[str, tuple | Mapping[str, tuple]] | None = None,
    transition: tuple[str, float] | None = None,
    xlabel: str = "temperature T (J / k_B)",
    title: str,
    columns: int = 2,
    limits: Mapping[str, tuple[float, float]] | None = None,
) -> Figure:
    """Quantities measured against temperature, points with error bars over exact curves, one panel for each quantity.

    Args:
        measured: quantity, with its unit -> name of a series -> (temperatures, values, standard errors).
        exact: quantity -> (name, temperatures, values), or name -> (temperatures, values) for several, drawn as
            lines; quantities without are left out.
        transition: (name, temperature), marked in every panel.
        xlabel: of all panels.
        title: the finding.
        columns: panels in a row.
        limits: quantity -> (bottom, top) of its axis, where a curve diverges; a bottom above 0 with a top 100 times
            as high makes the axis logarithmic.

    Returns:
        The figure.
    """
    columns = min(columns, len(measured))
    rows = -(-len(measured) // columns)
    size = (4.4 * columns, 2.75 * rows + 0.4)
    fig, axes = plt.subplots(rows, columns, figsize=size, sharex=True, squeeze=False)
    for ax in axes.flat[len(measured) :]:
        ax.set_axis_off()
    handles: dict[str, Any] = {}
    styles: dict[str, dict[str, Any]] = {}  # a curve of one name looks alike in all panels
    for ax, (quantity, series) in zip(axes.flat, measured.items(), strict=False):
        lines = (exact or {}).get(quantity, {})
        if not isinstance(lines, Mapping):
            lines = {lines[0]: lines[1:]}
        for name, (x, y) in lines.items():
            style = styles.setdefault(name, LINES[len(styles) % len(LINES)])
            (handles[name],) = ax.plot(to_numpy(x), to_numpy(y), zorder=1, **style)
        for (name, points), color, mark in zip(series.items(), SERIES, MARKS, strict=False):
            x, y, error = (to_numpy(column) for column in points)
            look = {"fmt": mark, "linestyle": "none", "markersize": 4.5, "capsize": 2, "linewidth": 1.2}
            handles[name] = ax.errorbar(x, y, error, color=color, **look)
        if transition:
            handles[transition[0]] = mark_transition(ax, transition[1])
        ax.set_ylabel(quantity)
        if limits and quantity in limits:
            low, high = limits[quantity]
            ax.set_ylim(low, high)
            if 0 < 100 * low <= high:
                ax.set_yscale("log")
    for k, ax in enumerate(axes.flat[: len(measured)]):
        if k + columns >= len(measured):
            ax.set_xlabel(xlabel)
            ax.tick_params(labelbottom=True)
    n = min(5, len(handles))
    look = {"loc": "outside lower center", "ncols": n, "handlelength": 1.8}
    fig.legend(list(handles.values()), list(handles), title=BARS, title_fontsize=9, **look)
    fig.suptitle(title, x=0.01, ha="left", fontsize=11)
    return finish(fig)


def loop_panels(
    loops: Mapping[str, Mapping[str, tuple]], height: float, arrows: Sequence[float]
) -> tuple[Figure, list[Axes]]:
    """Curves that go somewhere and come back, a panel for each mapping, with arrows for the way.

    Args:
        loops: panel -> name of the curve -> (x, y), in the order in which they were visited.
        height: of the figure, in inches.
        arrows: where on a curve they stand, as shares of its points.

    Returns:
        The figure, and its axes from left to right.
    """
    fig, axes = plt.subplots(1, len(loops), figsize=(4.4 * len(loops), height), sharey=True, squeeze=False)
    for ax, (panel, curves) in zip(axes[0], loops.items(), strict=True):
        for (name, (x, y)), color in zip(curves.items(), SERIES, strict=False):
            x, y = to_numpy(x), to_numpy(y)
            ax.plot(x, y, color=color, linewidth=1.4, label=name)
            for share in arrows:
                k = int(share * len(x))
                look = {"arrowstyle": "-|>", "color": color, "mutation_scale": 15}
                ax.annotate("", (x[k + 1], y[k + 1]), (x[k], y[k]), arrowprops=look)
        ax.set_title(panel)
    return fig, list(axes[0])


def legend_of_all(fig: Figure) -> None:
    """One legend below the panels of a figure; what several panels show is named once."""
    handles = {label: line for ax in fig.axes for line, label in zip(*ax.get_legend_handles_labels(), strict=True)}
    fig.legend(list(handles.values()), list(handles), loc="outside lower center", ncols=len(handles))
