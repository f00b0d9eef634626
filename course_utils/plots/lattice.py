"""Pictures of spin lattices, and what was measured on them against temperature: shared by the lessons on spin models.

Spins have the colours of the movies and of the live lattice, so that +1, a Potts colour or a direction looks the same
everywhere.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import ListedColormap
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from ..movie import ISING_COLOURS, angle_colours, state_colours
from .style import COLORS, finish, to_numpy

KINDS = ("ising", "potts", "clock", "xy")
MARKS = "osD^v"
LINES = (
    {"color": COLORS["grey"], "linewidth": 1.8},
    {"color": COLORS["red"], "linewidth": 1.2},
    {"color": COLORS["black"], "linewidth": 1.2, "linestyle": ":"},
)
SERIES = tuple(COLORS[name] for name in ("blue", "orange", "green", "purple", "sky"))
BARS = "bars: ±1 standard error"


def spin_indices(spins, kind: str, q: int | None = None) -> tuple[np.ndarray, np.ndarray]:
    """Spins as rows of a table of colours.

    Args:
        spins: any shape; -1 and +1 ("ising"), colours ("potts"), clock states ("clock"), angles in radians ("xy").
        kind: one of these names.
        q: number of states, for "potts" and "clock".

    Returns:
        Row numbers of the table in the shape of `spins`, uint8, and the table, sRGB bytes, shape (n, 3), n <= 256.

    Raises:
        ValueError: if the kind is unknown, or q is missing or out of place.
    """
    if kind not in KINDS:
        raise ValueError(f"kind = {kind!r}: expected one of {', '.join(KINDS)}")
    if (kind in ("potts", "clock")) != (q is not None):
        raise ValueError(f"q = {q}: expected a number for 'potts' and 'clock', and for no other kind")
    spins = to_numpy(spins)
    if kind == "ising":
        return (spins > 0).astype(np.uint8), ISING_COLOURS
    if kind == "xy":
        # the remainder of an integer division, so that 2π is the colour of 0
        return (np.round(spins * (256 / (2 * np.pi))).astype(np.int32) & 255).astype(np.uint8), angle_colours(256)
    return spins.astype(np.uint8), (state_colours if kind == "potts" else angle_colours)(q)


def _kind_of(model: Any, q: int | None) -> tuple[str, int | None]:
    """Name and number of states of a model, given as an instance or by its name."""
    if isinstance(model, str):
        return model, q
    return model.name.lower(), getattr(model, "q", q)


def show_spins(ax: Axes, spins, model: Any = "ising", q: int | None = None) -> None:
    """Draw one lattice into axes: row 0 at the bottom, one square per spin, no ticks.

    Args:
        ax: where.
        spins: shape (rows, cols).
        model: a model of `course_utils.lattice`, or "ising", "potts", "clock" or "xy".
        q: number of states, if the model is given as "potts" or "clock".
    """
    index, table = spin_indices(spins, *_kind_of(model, q))
    look = {"vmin": -0.5, "vmax": len(table) - 0.5, "interpolation": "nearest", "origin": "lower"}
    ax.imshow(index, cmap=ListedColormap(table / 255.0), **look)
    ax.set_axis_off()


def spin_legend(fig: Figure, model: Any = "ising", q: int | None = None) -> None:
    """A key of the colours on the right of a figure: the two spins, the Potts colours, or a wheel of directions."""
    kind, q = _kind_of(model, q)
    _, table = spin_indices(np.zeros(1), kind, q)
    if kind in ("ising", "potts"):
        names = ["−1", "+1"] if kind == "ising" else [str(k) for k in range(q)]
        patches = [Patch(facecolor=c / 255.0, edgecolor="0.4", label=n) for c, n in zip(table, names, strict=True)]
        title = "spin" if kind == "ising" else "colour"
        fig.legend(handles=patches[::-1], loc="outside right center", title=title, handlelength=1.0)
        return
    # Invisible handles hold the place beside the panels; the wheel is drawn over it.
    empty = Patch(facecolor="none", edgecolor="none", label="      ")
    fig.legend(handles=[empty] * 4, loc="outside right center", handlelength=0.6, title="angle θ")
    fig.draw_without_rendering()
    box = fig.legends[-1].get_window_extent().transformed(fig.transFigure.inverted())
    wheel = fig.add_axes((box.x0, box.y0, box.width, 0.86 * box.height), projection="polar")
    turn = np.linspace(0, 2 * np.pi, 257)
    colours = ListedColormap(table / 255.0)
    wheel.pcolormesh(turn, [0.55, 1.0], (np.arange(256) * len(table) // 256)[None, :], cmap=colours)
    wheel.set_axis_off()
    wheel.set_label("key of directions")


def spins(
    spins,
    model: Any = "ising",
    titles: Sequence[str] = (),
    *,
    title: str,
    q: int | None = None,
    columns: int = 4,
    side: float = 2.3,
) -> Figure:
    """Lattices side by side, in the colours of their model.

    Args:
        spins: shape (n, rows, cols), or (rows, cols) for a single one; a list of lattices of different sizes will do.
        model: a model of `course_utils.lattice`, or "ising", "potts", "clock" or "xy".
        titles: one for each lattice, or none.
        title: the finding.
        q: number of states, if the model is given as "potts" or "clock".
        columns: lattices in a row.
        side: of a lattice, inches.

    Returns:
        The figure.

    Raises:
        ValueError: if there are not as many titles as lattices.
    """
    if not isinstance(spins, list | tuple):
        spins = to_numpy(spins)
        spins = spins[None] if spins.ndim == 2 else spins
    if titles and len(titles) != len(spins):
        raise ValueError(f"titles has {len(titles)} entries: expected one for each of the {len(spins)} lattices")
    columns = min(columns, len(spins))
    rows = -(-len(spins) // columns)
    fig, axes = plt.subplots(rows, columns, figsize=(columns * side + 0.9, rows * (side + 0.3) + 0.4), squeeze=False)
    for ax in axes.flat[len(spins) :]:
        ax.set_axis_off()
    for k, (ax, lattice) in enumerate(zip(axes.flat, spins, strict=False)):
        show_spins(ax, lattice, model, q)
        if titles:
            ax.set_title(titles[k], fontsize=10)
    fig.suptitle(title, x=0.01, ha="left", fontsize=11)
    spin_legend(fig, model, q)
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
) -> tuple[Figure, Sequence[Axes]]:
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
    return fig, axes[0]


def legend_of_all(fig: Figure) -> None:
    """One legend below the panels of a figure; what several panels show is named once."""
    handles = {label: line for ax in fig.axes for line, label in zip(*ax.get_legend_handles_labels(), strict=True)}
    fig.legend(list(handles.values()), list(handles), loc="outside lower center", ncols=len(handles))
