"""Layers of a panel that is a map: energies and densities in the plane, what stands on them, images, and a surface.

A `grid` is an array of points, shape (n, n, 2), as from `boltzmann.grid_2d`; its `values` have shape (n, n). `scale` is
the label of the colour bar, empty for none; `name` and `color` are as in `layers`. Energy has one colour map in the
whole course, and density another.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib import colormaps
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.colors import LightSource
from matplotlib.ticker import MaxNLocator

from .layers import mark_outside
from .panels import Layer, Panel, panel
from .style import COLORS, ENERGY_CMAP, PROBABILITY_CMAP, to_numpy

CELLS_CMAP = "Blues"
FACETS = 110  # of a surface along each side
TIME_CMAP = "plasma"
DIFFERENCE_CMAP = "PuOr_r"
UNKNOWN = np.array([0x56, 0xB4, 0xE9]) / 255  # pixels of an image that are not known
_EDGE = {"markeredgecolor": "white", "markeredgewidth": 0.8}


def energy(
    grid: Any, values: Any, *, levels: int = 16, top: float | None = None, grey: bool = False, scale: str = "energy $E$"
) -> Layer:
    """An energy as filled contours.

    Args:
        levels: how many colours.
        top: energies above it are drawn alike, and the colour bar ends in a point; none unless given.
        grey: without colour, for what is drawn on top.
    """
    grid, values = to_numpy(grid), to_numpy(values)

    def draw(ax, color, label):
        ends = np.linspace(values.min(), values.max() if top is None else top, levels + 1)
        look = {"cmap": "Greys_r", "alpha": 0.75} if grey else {"cmap": ENERGY_CMAP}
        extend = "neither" if top is None else "max"
        # soft edges between levels would cost a picture most of its bytes
        drawn = ax.contourf(grid[..., 0], grid[..., 1], values, ends, extend=extend, antialiased=False, **look)
        _frame(ax, grid)
        return drawn

    return Layer(draw, scale="" if grey else scale)


def density(grid: Any, values: Any, *, top: float | None = None, scale: str = "density $p$") -> Layer:
    """A density; `top` is that of the lightest colour, to compare several panels: the largest unless given."""
    return _picture(grid, values, 0.0, top, PROBABILITY_CMAP, scale)


def cloud(
    samples: Any, box: Sequence[tuple[float, float]], *, bins: int = 50, top: float | None = None,
    scale: str = "density $p$",
) -> Layer:  # fmt: skip
    """Samples as a density; those outside the box count in the total, and the panel says how many they are.

    Args:
        samples: shape (m, 2).
        box: ends of both axes.
        bins: along each axis.
        top: the density of the lightest colour; the largest unless given.
    """
    counts, *edges = np.histogram2d(*to_numpy(samples).T, bins=bins, range=box)
    outside = 1 - counts.sum() / len(samples)
    grid = np.stack(np.meshgrid(*[(e[1:] + e[:-1]) / 2 for e in edges], indexing="ij"), axis=-1)
    picture = density(grid, counts / len(samples) / np.prod([e[1] - e[0] for e in edges]), top=top, scale=scale)

    def draw(ax, color, label):
        drawn = picture.draw(ax, color, label)
        mark_outside(ax, outside, color="white")
        return drawn

    return Layer(draw, scale=scale)


def difference(grid: Any, values: Any, *, top: float | None = None, scale: str = "difference") -> Layer:
    """Something of both signs, white where it is zero."""
    top = float(np.abs(to_numpy(values)).max()) if top is None else top
    return _picture(grid, values, -top, top, DIFFERENCE_CMAP, scale)


def _picture(grid: Any, values: Any, low: float, high: float | None, cmap: str, scale: str) -> Layer:
    grid, values = to_numpy(grid), to_numpy(values)
    look = colormaps[cmap].copy()
    beyond = low is not None and values.min() < low, high is not None and values.max() > high
    look.colorbar_extend = ("neither", "max", "min", "both")[2 * beyond[0] + beyond[1]]  # of what is cut off

    def draw(ax, color, label):
        (x0, y0), (x1, y1) = grid[0, 0], grid[-1, -1]
        dx, dy = (x1 - x0) / (grid.shape[0] - 1) / 2, (y1 - y0) / (grid.shape[1] - 1) / 2
        drawn = ax.imshow(
            values.T, origin="lower", extent=(x0 - dx, x1 + dx, y0 - dy, y1 + dy), cmap=look, vmin=low, vmax=high,
            interpolation="nearest", aspect="auto",
        )  # fmt: skip
        _frame(ax, grid)
        return drawn

    return Layer(draw, scale=scale)


def _frame(ax: Any, grid: np.ndarray) -> None:
    ax.set(xlabel="$x_1$", ylabel="$x_2$", xlim=grid[[0, -1], 0, 0], ylim=grid[0, [0, -1], 1])


def cells(
    values: Any,
    rows: Sequence[str],
    columns: Sequence[str],
    *,
    form: str = "{:.2g}",
    span: tuple[float, float] | None = None,
    scale: str = "",
) -> Layer:
    """A table as a map: the darker a cell, the larger its number, which stands in it.

    Args:
        values: shape (rows, columns); NaN for an empty cell.
        rows: names on the left, from top to bottom.
        columns: names below.
        form: format of the numbers.
        span: the numbers of the lightest and of the darkest cell; the smallest and the largest unless given.
    """
    table = to_numpy(values).astype(float)
    low, high = span or (np.nanmin(table), np.nanmax(table))

    def draw(ax, color, label):
        drawn = ax.imshow(table, cmap=CELLS_CMAP, vmin=low, vmax=high, aspect="auto")
        for (i, j), value in np.ndenumerate(table):
            dark = value > low + 0.6 * (high - low)
            if np.isfinite(value):
                ax.text(j, i, form.format(value), ha="center", va="center", color="white" if dark else "black")
        ax.set_xticks(range(len(columns)), columns)
        ax.set_yticks(range(len(rows)), rows)
        ax.tick_params(length=0)
        return drawn

    return Layer(draw, scale=scale)


def dots(samples: Any, *, most: int = 300, color: str = "white", size: float = 3.0, alpha: float = 0.9) -> Layer:
    """Samples, the first few of them as dots: shape (m, 2)."""

    def draw(ax, color, label):
        look = {"marker": ".", "linestyle": "none", "markersize": size, "markeredgewidth": 0, "alpha": alpha}
        ax.plot(*to_numpy(samples)[:most].T, color=color, **look)

    return Layer(draw, color=COLORS.get(color, color))


def minima(at: Any, *, color: str = "white") -> Layer:
    """The global minimum, the first, as a star, and the others as small triangles: shape (m, 2)."""
    return Layer(lambda ax, *_: mark_minima(ax, at, color=COLORS.get(color, color)))


def mark_minima(ax: Axes, at: Any, *, color: str = "white") -> None:
    """Draw what `minima` is."""
    places = np.atleast_2d(to_numpy(at))
    look = {"color": color, "markeredgecolor": "black", "linestyle": "none", "zorder": 5}
    ax.plot(*places[1:].T, "v", markersize=6, **look)
    ax.plot(*places[0], "*", markersize=15, **look)


def path(states: Any, name: str = "", *, color: str | None = None, values: Any = None, scale: str = "step") -> Layer:
    """A chain's way through the plane, from a disc to a cross.

    Args:
        states: in order of time, shape (n, 2).
        name: in the legend.
        color: a name of `COLORS` or a colour, the next of the course's unless given; "time" for a colour of each step.
        values: what the colours of the steps stand for, with color="time"; the number of the step unless given.
        scale: label of the colour bar, with color="time".
    """
    timed = color == "time"

    def draw(ax, color, label):
        way = to_numpy(states)
        lines = LineCollection(np.stack([way[:-1], way[1:]], axis=1), linewidths=0.9, alpha=0.9)
        if timed:
            lines.set(cmap=TIME_CMAP, array=np.arange(len(way) - 1) if values is None else to_numpy(values)[1:])
        else:
            lines.set_color(color)
        ax.add_collection(lines)
        ends = {"color": "black" if timed else color, "linestyle": "none", "zorder": 6, **_EDGE}  # above minima
        ax.plot(*way[0], "o", markersize=8, label=label, **ends)
        ax.plot(*way[-1], "X", markersize=9, **ends)
        return lines

    own = None if timed else COLORS.get(color, color) if color else None
    return Layer(draw, name, own, scale=scale if timed else "")


def arrows(at: Any, vectors: Any) -> Layer:
    """White arrows as long as the square root of their vectors', so that small ones are seen beside large ones.

    Args:
        at: where they start, shape (..., 2).
        vectors: shape (..., 2).
    """

    def draw(ax, color, label):
        places, shown = to_numpy(at), to_numpy(vectors)
        shown = shown / np.sqrt(np.maximum(np.linalg.norm(shown, axis=-1, keepdims=True), 1e-12))
        ax.quiver(places[..., 0], places[..., 1], shown[..., 0], shown[..., 1], color="white", width=0.004, zorder=3)

    return Layer(draw)


def surface(
    grid: Any, values: Any, *, top: float | None = None, way: Any = None, heights: Any = None, zlabel: str = "E",
    title: str = "", height: float = 4.6, view: tuple[float, float] = (42.0, -60.0),
    span: tuple[float, float] | None = None, lines: Any = (),
    relief: float = 0.6, zoom: float = 0.95,
) -> Panel:  # fmt: skip
    """A landscape in three dimensions, lit from the north-west, with a chain that walks on it.

    Args:
        grid: shape (n, n, 2).
        values: shape (n, n).
        top: the landscape is cut off at this height; nowhere unless given.
        way: states of a chain, shape (m, 2); none unless given.
        heights: energy of each state, shape (m,).
        zlabel: label of the third axis.
        title: of the panel.
        height: of the panel in inches.
        view: elevation and azimuth in degrees.
        span: the lowest and the highest height of colours and third axis, to compare landscapes, which are level beyond
            them; the landscape's own unless given.
        relief: height of the landscape as a share of its width.
        lines: heights at which contour lines are drawn on it.

    Returns:
        The panel.
    """
    grid, values = to_numpy(grid), to_numpy(values).astype(float)
    values = values if span is None else np.clip(values, *span)
    cut = values if top is None else np.minimum(values, top)

    def draw(ax, color, label):
        import matplotlib.pyplot as plt

        low, high = span or (cut.min(), cut.max())
        shade = LightSource(315, 50).shade_normals(_normals(grid, values / max(high - low, 1e-12)), fraction=0.9)
        rgba = plt.get_cmap(ENERGY_CMAP)((cut - low) / max(high - low, 1e-12))
        rgba[..., :3] *= (0.55 + 0.45 * shade)[..., None]
        rgba[..., 3] = cut < high if top is not None else 1.0  # above the cut there is nothing
        ax.computed_zorder = False  # what is drawn later lies in front
        ax.plot_surface(
            grid[..., 0], grid[..., 1], cut, facecolors=rgba, rcount=FACETS, ccount=FACETS, linewidth=0,
            antialiased=False, shade=False, zorder=1,
        )  # fmt: skip
        if len(lines):
            look = {"colors": "white", "linewidths": 0.7, "alpha": 0.6, "zorder": 1.5}
            ax.contour(grid[..., 0], grid[..., 1], values, levels=lines, **look)
        if way is not None:
            lift = to_numpy(heights) + 0.02 * (high - low)
            ax.plot(*to_numpy(way).T, lift, color="white", linewidth=2.6, zorder=2)
            ax.plot(*to_numpy(way).T, lift, color=COLORS["red"], linewidth=1.3, zorder=3)
            ax.plot(*to_numpy(way)[-1:].T, lift[-1:], "o", color=COLORS["red"], markersize=7, zorder=4, **_EDGE)
        ax.view_init(*view)
        ax.set_zlabel(zlabel)
        if span is not None:
            ax.set_zlim(*span)
        ax.set_box_aspect((1, 1, relief), zoom=zoom)
        ax.xaxis.set_major_locator(MaxNLocator(5))
        ax.yaxis.set_major_locator(MaxNLocator(5))
        ax.zaxis.set_major_locator(MaxNLocator(5))

    return panel(Layer(draw), title=title, xlabel="$x_1$", ylabel="$x_2$", height=height, projection="3d")


def _normals(grid: np.ndarray, heights: np.ndarray) -> np.ndarray:
    """Unit normals of a landscape, for its light."""
    across, along = (np.ptp(grid[..., k]) or 1.0 for k in (0, 1))
    dx, dy = np.gradient(heights, 1 / grid.shape[0], 1 / grid.shape[1])
    normal = np.stack([-dy / along * along, -dx / across * across, np.full(dx.shape, 2.0)], axis=-1)
    return normal / np.linalg.norm(normal, axis=-1, keepdims=True)


def images(pictures: Any, *, rows: Sequence[str] = (), columns: Sequence[str] = (), cell: float = 0.75) -> Panel:
    """Images in rows and columns, each row and column with a label; -1 is black and 1 is white.

    Args:
        pictures: shape (rows, columns, h, w) or (rows, columns, 1, h, w); NaN for a pixel that is not known.
        rows: labels on the left.
        columns: labels on top.
        cell: inches for an image.

    Returns:
        The panel.

    Raises:
        ValueError: if the pictures have another shape.
    """
    pictures = to_numpy(pictures)
    pictures = pictures[:, :, 0] if pictures.ndim == 5 else pictures
    if pictures.ndim != 4:
        raise ValueError(f"pictures has shape {pictures.shape}: expected (rows, columns, h, w)")
    n_rows, n_columns, h, w = pictures.shape

    def draw(ax, color, label):
        draw_images(ax, pictures, rows=rows, columns=columns)
        ax.set_anchor("W")

    head = 0.25 * bool(columns) + 0.05
    return Panel((Layer(draw),), {"bare": True}, (cell * n_columns, cell * n_rows * h / w + head))


def draw_images(
    ax: Axes, pictures: np.ndarray, *, rows: Sequence[str] = (), columns: Sequence[str] = (), room: int | None = None
) -> None:
    """Images in rows and columns, shape (rows, columns, h, w), in axes with room for so many rows or for all."""
    n_rows, n_columns, h, w = pictures.shape
    grey = np.clip((pictures + 1) / 2, 0, 1)
    rgb = np.where(np.isnan(grey)[..., None], UNKNOWN, np.nan_to_num(grey)[..., None])
    apart = np.pad(rgb, ((0, 0), (0, 0), (0, 1), (0, 1), (0, 0)), constant_values=1.0)  # a white line between two
    whole = apart.swapaxes(1, 2).reshape(n_rows * (h + 1), n_columns * (w + 1), 3)
    ax.imshow(whole[:-1, :-1], interpolation="nearest")
    ax.set_ylim((room or n_rows) * (h + 1) - 1.5, -0.5)
    ax.set_axis_off()
    for k, text in enumerate(rows):
        ax.text(-0.15 * w, k * (h + 1) + h / 2 - 0.5, text, ha="right", va="center")
    for k, text in enumerate(columns):
        ax.text(k * (w + 1) + w / 2 - 0.5, -0.12 * h, text, ha="center", va="bottom")
