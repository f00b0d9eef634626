"""The figure language: a figure is made of panels, and a panel of layers.

    plots.figure(
        plots.panel(
            plots.points(T, m, error, "sampled"),
            plots.exact(T, m_yang, "Yang"),
            plots.vline(T_c, "$T_c$"),
            xlabel="temperature $T$ ($J/k_B$)", ylabel=r"magnetisation $\\langle|m|\\rangle$",
        ),
        title="The magnetisation vanishes at $T_c$",
    )

Layers are in `layers` (curves, points, bands, bars, histograms) and `maps` (energies, densities, lattices, images).
What has the same name has the same colour in all panels, and stands in the legend once.
"""

import itertools
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import matplotlib.pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, LogFormatterSciNotation, MaxNLocator, NullFormatter, NullLocator

from ..arguments import choice
from .style import SERIES, WIDTH, finish

BARS = "bars: ±1 standard error"
SHORT, SPAN = (0.001, 10_000), 100
"""A logarithmic axis is short if it lies between these numbers, and its ends are less than that factor apart."""
_MATH = str.maketrans("", "", "${}^_")  # what takes no room


@dataclass(frozen=True)
class Layer:
    """One thing drawn into axes.

    Attributes:
        draw: called with the axes, a colour and a label for the legend ("_" if it is there already, or there is none).
        name: in the legend; layers of one name share a colour. Empty for none.
        color: of its own, which it then has in every panel; None takes the next of the course's colours.
        bars: whether it has bars of one standard error, which the legend then says.
        scale: label of the colour bar that its picture needs; empty for none. `draw` then returns the picture.
        key: draws what explains its colours on the right of a figure, such as that of a lattice; None for nothing.
    """

    draw: Callable[[Axes, str, str], Any]
    name: str = ""
    color: str | None = None
    bars: bool = False
    scale: str = ""
    key: Callable[[Figure], None] | None = None


@dataclass(frozen=True)
class Panel:
    """Layers in one pair of axes; made by `panel` and by the functions of `maps`."""

    layers: tuple[Layer, ...]
    axes: dict[str, Any] = field(default_factory=dict)
    size: tuple[float, float] | None = None  # width and height in inches that its content asks for
    projection: str | None = None


class Plain(LogFormatterSciNotation):
    """Ticks of a logarithmic axis: plain numbers on a short one, 0.06 and not 6 × 10⁻², and powers of ten on others."""

    def __call__(self, x: float, pos: int | None = None) -> str:
        text = super().__call__(x, pos)  # empty for a tick that goes without a number
        low, high = sorted(self.axis.get_view_interval())
        short = low >= SHORT[0] and high <= SHORT[1] and high < low * SPAN
        return f"{x:.4g}" if text and short else text


def panel(
    *layers: Layer | None,
    title: str = "",
    xlabel: str = "",
    ylabel: str = "",
    log: str = "",
    xlim: tuple | None = None,
    ylim: tuple | None = None,
    xticks: Any = None,
    yticks: Any = None,
    square: bool = False,
    bare: bool = False,
    height: float | None = None,
    projection: str | None = None,
) -> Panel:
    """Axes with layers in them, the first at the bottom.

    Args:
        layers: what is drawn; None is left out.
        title: the panel's name or finding.
        xlabel, ylabel: quantity and unit.
        log: "x", "y" or "xy": the axes that are logarithmic.
        xlim, ylim: ends of the axes; None for one that follows from the data.
        xticks, yticks: places of the ticks, or place -> text.
        square: a unit is as long on both axes.
        bare: without axes.
        height: inches, if not the usual.
        projection: "3d" for surfaces.

    Returns:
        The panel, for `figure`.

    Raises:
        ValueError: if `log` has other letters than x and y.
    """
    if set(log) - set("xy"):
        raise ValueError(f'log = {log!r}: expected "", "x", "y" or "xy"')
    axes = {
        "title": title, "xlabel": xlabel, "ylabel": ylabel, "log": log, "xlim": xlim, "ylim": ylim,
        "xticks": xticks, "yticks": yticks, "square": square, "bare": bare,
    }  # fmt: skip
    size = None if height is None else (0.0, height)
    return Panel(tuple(layer for layer in layers if layer is not None), axes, size, projection)


def figure(
    *panels: Panel,
    title: str,
    columns: int | None = None,
    share: str = "",
    legend: str = "below",
    legend_title: str = "",
    widths: Sequence[float] | None = None,
    bar: str = "each",
) -> Figure:
    """Panels side by side, with a title that states the finding and one legend for all.

    Args:
        panels: from left to right, row by row.
        title: the finding.
        columns: panels in a row; up to three unless given.
        share: "x", "y" or "xy": the axes that all panels have in common.
        legend: "below", "right", "inside" (each panel has its own) or "none".
        legend_title: heading of the legend; the error bars are explained there in any case.
        widths: of the columns, in relation to each other.
        bar: "each" map has its own colour bar, or "one" stands beside all that have its label, which share a scale.

    Returns:
        The figure, closed: as the value of a cell it shows once.

    Raises:
        ValueError: if there is no panel, or the place of the legend or of colour bars is unknown.
    """
    if not panels:
        raise ValueError("panels = (): expected at least one")
    choice("legend", legend, ("below", "right", "inside", "none"))
    choice("bar", bar, ("each", "one"))
    columns = columns or min(3, len(panels))
    rows = -(-len(panels) // columns)
    heights = _heights(panels, columns)
    fig = plt.figure(figsize=(WIDTH, sum(heights) + 0.3 + 0.25 * title.count("\n")))
    grid = fig.add_gridspec(rows, columns, width_ratios=widths, height_ratios=heights)
    colors = _colors(panels)
    first: Axes | None = None
    handles: dict[str, Any] = {}
    scales: dict[str, list[tuple[Any, Axes]]] = {}
    for k, each in enumerate(panels):
        common = {f"share{axis}": first for axis in share} if first is not None else {}
        ax = fig.add_subplot(grid[divmod(k, columns)], projection=each.projection, **common)
        first = first or ax
        own, pictures = _draw(ax, each, colors)
        for picture, scale in pictures:
            scales.setdefault(scale, []).append((picture, ax))
            if bar == "each":
                _bar(fig, scale, [(picture, ax)])
        if legend == "inside" and own:
            bars = BARS if any(layer.bars for layer in each.layers) else ""
            ax.legend(list(own.values()), list(own), title=_heading(legend_title, bars), title_fontsize="small")
        handles |= {name: handle for name, handle in own.items() if name not in handles}
        _labels(ax, k, columns, len(panels), share)
    for scale, pictures in scales.items() if bar == "one" else ():
        _bar(fig, scale, pictures)
    if legend in ("below", "right"):
        bars = BARS if any(layer.bars for each in panels for layer in each.layers) else ""
        _legend(fig, handles, legend, _heading(legend_title, bars))
    keys = [layer.key for each in panels for layer in each.layers if layer.key]
    if keys and legend != "none":
        keys[0](fig)
    fig.suptitle(title, x=0.01, ha="left")
    return finish(fig)


def _heights(panels: Sequence[Panel], columns: int) -> list[float]:
    """Inches of each row: a panel is about three quarters as high as it is wide, unless it says otherwise."""
    usual = 3.9 if columns == 1 else max(2.7, 0.78 * WIDTH / columns)
    starts = range(0, len(panels), columns)
    room = WIDTH - 1.2 * any(layer.key for each in panels for layer in each.layers)

    def needs(each: Panel) -> float:
        if each.size:
            return each.size[1]
        if each.axes.get("bare") and each.axes.get("square"):  # a picture, as high as it is wide
            name = each.axes.get("title", "")
            return min(room / columns, 4.5) + (0.25 * (1 + name.count("\n")) if name else 0.05)
        return usual

    return [max(needs(each) for each in panels[k : k + columns]) for k in starts]


def _colors(panels: Sequence[Panel]) -> dict[str, str]:
    """A colour for each name, in the order in which names appear."""
    names = dict.fromkeys(layer.name for each in panels for layer in each.layers if layer.name and not layer.color)
    return dict(zip(names, itertools.cycle(SERIES), strict=False))


def _draw(ax: Axes, each: Panel, colors: dict[str, str]) -> tuple[dict[str, Any], list[tuple[Any, str]]]:
    """Draw one panel; the handles of its legend by name, and the pictures that need a colour bar, with its label."""
    pictures = []
    for layer in each.layers:
        color = layer.color or colors.get(layer.name, SERIES[0])
        known = ax.get_legend_handles_labels()[1]
        picture = layer.draw(ax, color, layer.name if layer.name and layer.name not in known else "_")
        if layer.scale and picture is not None:
            pictures.append((picture, layer.scale))
    _set(ax, **each.axes)
    handles, names = ax.get_legend_handles_labels()
    return dict(zip(names, handles, strict=True)), pictures


def _bar(fig: Figure, scale: str, pictures: Sequence[tuple[Any, Axes]]) -> None:
    """A colour bar for pictures of one scale in their axes; it ends in a point if one of them goes beyond the scale."""
    ends = {getattr(picture, "extend", None) or picture.cmap.colorbar_extend for picture, _ in pictures}
    low, high = not ends.isdisjoint(("min", "both")), not ends.isdisjoint(("max", "both"))
    extend = ("neither", "max", "min", "both")[2 * low + high]
    axes = [ax for _, ax in pictures]
    look = {"shrink": 0.9, "ticks": MaxNLocator(5), "extend": extend, "extendfrac": 0.03}
    fig.colorbar(pictures[0][0], ax=axes, label=scale, **look)


def _set(
    ax: Axes, *, title="", xlabel="", ylabel="", log="", xlim=None, ylim=None, xticks=None, yticks=None,
    square=False, bare=False,
) -> None:  # fmt: skip
    if title:
        ax.set_title(title)
    if bare:
        ax.set_axis_off()
    ax.set(xlabel=xlabel or ax.get_xlabel(), ylabel=ylabel or ax.get_ylabel())
    for name in log:
        ax.set(**{f"{name}scale": "log"})
        axis = {"x": ax.xaxis, "y": ax.yaxis}[name]
        axis.set_major_formatter(Plain())
        axis.set_minor_formatter(Plain())
    if xlim is not None:
        ax.set_xlim(*xlim)
    if ylim is not None:
        ax.set_ylim(*ylim)
    for axis, ticks in ((ax.xaxis, xticks), (ax.yaxis, yticks)):
        if ticks is None:
            continue
        places = list(ticks)
        texts = [ticks[place] for place in places] if isinstance(ticks, dict) else [f"{place:g}" for place in places]
        axis.set_major_locator(FixedLocator(places))
        axis.set_ticklabels(texts)
        axis.set_minor_locator(NullLocator())
        axis.set_minor_formatter(NullFormatter())
    if square:
        ax.set_aspect("equal")


def _labels(ax: Axes, k: int, columns: int, n: int, share: str) -> None:
    """Leave out what the neighbour of shared axes says already."""
    if "y" in share and k % columns:
        ax.set_ylabel("")
        ax.tick_params(labelleft=False)
    if "x" in share and k + columns < n:
        ax.set_xlabel("")
        ax.tick_params(labelbottom=False)


def _heading(words: str, bars: str) -> str | None:
    return "; ".join(part for part in (words, bars) if part) or None


def _legend(fig: Figure, handles: dict[str, Any], place: str, heading: str | None) -> None:
    if not handles:
        return
    longest = max(len(re.sub(r"\\\\\w+", "x", name).translate(_MATH)) for name in handles)
    fits = max(1, int(fig.get_figwidth() / (0.55 + 0.085 * longest)))
    look = {"loc": "outside lower center", "ncols": min(fits, len(handles))}
    if place == "right":
        look = {"loc": "outside right center"}
    fig.legend(list(handles.values()), list(handles), title=heading, title_fontsize="small", **look)
