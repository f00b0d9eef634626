"""Layers of a panel that go along axes: lines, points with error bars, bands, marks, bars and histograms.

Every function takes arrays of torch, JAX or NumPy and returns a `Layer` for `panel`. Throughout, `name` stands in the
legend, and `color` is a name of `COLORS` or a colour: the next of the course's unless given.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes

from .panels import Layer
from .style import COLORS, ENERGY_COLOR, PROBABILITY_COLOR, SERIES, to_numpy


def line(x: Any, y: Any, name: str = "", *, color: str | None = None, style: str = "-", width: float = 1.8) -> Layer:
    """A curve.

    Args:
        x: shape (n,).
        y: shape (n,), or (n, k) for k curves of one colour and name.
        style: of the line, as in matplotlib.
        width: in points.
    """
    return _curve(x, y, name, color, linestyle=style, linewidth=width)


def _curve(x: Any, y: Any, name: str, color: str | None, **look: Any) -> Layer:
    def draw(ax, color, label):
        lines = ax.plot(to_numpy(x), to_numpy(y), color=color, **look)
        lines[0].set_label(label)

    return Layer(draw, name, _color(color))


def loop(x: Any, y: Any, name: str = "", *, at: Sequence[float] = (0.2, 0.7)) -> Layer:
    """A curve that goes somewhere and comes back, with arrows for the way.

    Args:
        x, y: shape (n,), in the order in which they were visited.
        at: where arrows stand, as shares of the way.
    """

    def draw(ax, color, label):
        across, up = to_numpy(x), to_numpy(y)
        ax.plot(across, up, color=color, linewidth=1.5, label=label)
        for k in (int(share * len(across)) for share in at):
            look = {"arrowstyle": "-|>", "color": color, "mutation_scale": 15}
            ax.annotate("", (across[k + 1], up[k + 1]), (across[k], up[k]), arrowprops=look)

    return Layer(draw, name)


def exact(x: Any, y: Any, name: str = "exact", *, style: str = "-") -> Layer:
    """A curve that is known: grey, below everything else."""
    return _curve(x, y, name, "0.45", linestyle=style, linewidth=1.8, zorder=1)


def points(
    x: Any,
    y: Any,
    error: Any = None,
    name: str = "",
    *,
    color: str | None = None,
    mark: str = "o",
    joined: bool = False,
    hollow: bool = False,
) -> Layer:
    """Measured values, with bars of one standard error.

    Args:
        x, y: shape (n,).
        error: one standard error of each y, shape (n,), or below and above, shape (2, n).
        mark: shape of the points, as in matplotlib.
        joined: join the points by a thin line.
        hollow: only the points' edge.
    """

    def draw(ax, color, label):
        ax.errorbar(
            to_numpy(x), to_numpy(y), None if error is None else to_numpy(error), fmt=mark + ("-" if joined else ""),
            color=color, markerfacecolor="white" if hollow else color, markersize=5, capsize=2.5, linewidth=1.2,
            label=label,
        )  # fmt: skip

    return Layer(draw, name, _color(color), bars=error is not None)


def band(x: Any, low: Any, high: Any, name: str = "", *, color: str | None = None, alpha: float = 0.2) -> Layer:
    """The region between two curves, shape (n,) each."""

    def draw(ax, color, label):
        ax.fill_between(to_numpy(x), to_numpy(low), to_numpy(high), color=color, alpha=alpha, linewidth=0, label=label)

    return Layer(draw, name, _color(color))


def area(x: Any, y: Any, name: str = "", *, color: str | None = None) -> Layer:
    """The region between a curve and zero, such as a density."""
    return band(x, np.zeros(len(to_numpy(x))), y, name, color=color, alpha=0.3)


def runs(x: Any, y: Any, name: str = "", *, color: str | None = None, quantiles: Sequence[float] = (0.0, 1.0)) -> Layer:
    """Several runs as their median and a band.

    Args:
        x: shape (n,).
        y: one row for each run, shape (runs, n).
        quantiles: lower and upper end of the band: all runs, unless given.
    """

    def draw(ax, color, label):
        low, middle, high = np.quantile(to_numpy(y), (quantiles[0], 0.5, quantiles[1]), axis=0)
        ax.fill_between(to_numpy(x), low, high, color=color, alpha=0.2, linewidth=0)
        ax.plot(to_numpy(x), middle, color=color, label=label)

    return Layer(draw, name, _color(color))


def steps(x: Any, y: Any, name: str = "", *, color: str | None = None) -> Layer:
    """A histogram that is given by its heights: middles of the bins and heights, shape (n,) each."""
    return _curve(x, y, name, color, drawstyle="steps-mid", linewidth=1.5)


def histogram(samples: Any, name: str = "", *, bins: int = 50, span: tuple[float, float] | None = None) -> Layer:
    """Samples as a density; those outside the span count in the total, and the panel says how many they are.

    Args:
        samples: shape (n,).
        bins: how many.
        span: ends of the histogram; the samples' own unless given.
    """

    def draw(ax, color, label):
        values = to_numpy(samples).ravel()
        edges = np.linspace(*(span or (values.min(), values.max())), bins + 1)
        weights = np.full(len(values), 1 / (len(values) * (edges[1] - edges[0])))
        ax.hist(values, edges, weights=weights, color=color, label=label)
        mark_outside(ax, np.mean((values < edges[0]) | (values > edges[-1])))

    return Layer(draw, name, COLORS["sky"])


def mark_outside(ax: Axes, share: float, color: str = "black") -> None:
    """Say which share of the samples lies outside the axes, if any does."""
    if share > 0:
        text = f"{share:.1%} outside" if share >= 0.001 else "< 0.1% outside"
        ax.annotate(text, (0.98, 0.97), xycoords="axes fraction", ha="right", va="top", color=color, fontsize="small")


def lanes(chains: Any, *, span: tuple[float, float], marks: Sequence[float] = ()) -> Layer:
    """Chains against their steps, each in a lane of its own, from top to bottom; of long ones some 400 states.

    Args:
        chains: shape (n_steps, n_chains).
        span: the values at the bottom and at the top of each lane.
        marks: values to which a line is drawn in each lane, with a tick.
    """

    def draw(ax, color, label):
        values = to_numpy(chains)
        shown = np.arange(0, len(values), max(1, len(values) // 400))
        feet = (span[1] - span[0]) * np.arange(values.shape[1])[::-1] - span[0]
        for k, foot in enumerate(feet):
            ax.plot(shown + 1, foot + values[shown, k], color=SERIES[k % len(SERIES)], linewidth=0.8)
            ax.axhline(foot + span[0], color="0.6", linewidth=0.8)
        places = [foot + mark for foot in feet for mark in marks]
        for place in places:
            ax.axhline(place, color="0.85", linewidth=0.8, zorder=0.5)
        ax.set_yticks(places, [f"{mark:g}".replace("-", "−") for _ in feet for mark in marks])
        ax.set(xlim=(0, len(values)), ylim=(0, len(feet) * (span[1] - span[0])))

    return Layer(draw)


def bars(
    names: Sequence[str], values: Any, name: str = "", *, color: str | None = None, form: str = "", width: float = 0.65,
    shift: float = 0.0,
) -> Layer:  # fmt: skip
    """Upright bars.

    Args:
        names: below each bar.
        values: shape (n,).
        form: format of the number above each bar, such as "{:.3f}"; none unless given.
        width: of a bar; 1 leaves no room between two.
        shift: to the right, so that several layers can stand beside each other.
    """

    def draw(ax, color, label):
        drawn = ax.bar(np.arange(len(names)) + shift, to_numpy(values), color=color, width=width, label=label)
        ax.set_xticks(range(len(names)), list(names))
        if form:
            ax.bar_label(drawn, [form.format(float(v)) for v in to_numpy(values)], padding=2, fontsize="small")
            ax.margins(y=0.15)

    return Layer(draw, name, _color(color))


def rows(
    names: Sequence[str], values: Any, error: Any = None, name: str = "", *, color: str | None = None, shift: float = 0
) -> Layer:
    """One value for each name, names from top to bottom on the left, with bars of one standard error.

    Args:
        names: of the rows.
        values: shape (n,), or (n, k) for k runs of each.
        error: one standard error of each, shape (n,).
        shift: down, in rows, so that several layers can stand beside each other.
    """

    def draw(ax, color, label):
        found = to_numpy(values)
        place = np.arange(len(names)) + shift
        if found.ndim == 2:
            ax.plot(found.ravel(), np.repeat(place, found.shape[1]), "o", color=color, markersize=5, label=label)
        else:
            look = {"fmt": "o", "color": color, "markersize": 6, "capsize": 3, "label": label}
            ax.errorbar(found, place, xerr=None if error is None else to_numpy(error), **look)
        if shift == 0 or not ax.yaxis_inverted():
            _name_rows(ax, names)

    return Layer(draw, name, _color(color), bars=error is not None)


def strips(groups: Mapping[str, Any]) -> Layer:
    """All values of each group as thin ticks, its middle half as a bar and its median as a disc.

    Args:
        groups: name -> values, shape (n,), names from top to bottom on the left.
    """

    def draw(ax, color, label):
        for k, group in enumerate(groups.values()):
            values = to_numpy(group).ravel()
            left, middle, right = np.quantile(values, (0.25, 0.5, 0.75))
            faint = np.clip(25 / len(values), 0.1, 0.5)  # many ticks shall not hide the bar
            ax.plot(values, np.full(len(values), k), "|", color=color, markersize=14, alpha=faint)
            ax.plot([left, right], [k, k], color=color, linewidth=5, solid_capstyle="butt")
            ax.plot(middle, k, "o", color="white", markeredgecolor=color, markersize=6)
        _name_rows(ax, list(groups))

    return Layer(draw, color=COLORS["blue"])


def _name_rows(ax: Axes, names: Sequence[str]) -> None:
    """The first name at the top, a faint line through each row."""
    ax.set_yticks(range(len(names)), names)
    ax.set_ylim(len(names) - 0.4, -0.6)
    ax.tick_params(axis="y", length=0)
    ax.set_axisbelow(True)
    ax.grid(axis="y", color="0.92")


def well(x: Any, energy: Any, density: Any = None, minima: Any = (), *, top: float | None = None) -> Layer:
    """An energy with its minima, and its density on an axis of its own on the right.

    Args:
        x: positions, shape (n,).
        energy: shape (n,).
        density: shape (n,); none unless given.
        minima: positions of the minima, marked by triangles.
        top: highest energy shown, above the lowest.
    """

    def draw(ax, color, label):
        at, e, places = to_numpy(x), to_numpy(energy), np.atleast_1d(to_numpy(minima)).ravel()
        low, high = e.min(), e.max() if top is None else e.min() + top
        ax.plot(at, e, color=ENERGY_COLOR)
        if places.size:
            ax.plot(places, np.interp(places, at, e), "v", color="black", markersize=7, clip_on=False)
        # The density fills the lower 80 % of its axis and the energy starts a little above the bottom,
        # so that the two curves can be told apart where both are large.
        ax.set(xlim=at[[0, -1]], ylim=(low - 0.08 * (high - low), high), xlabel="$x$")
        ax.set_ylabel("energy $E$", color=ENERGY_COLOR)
        if density is None:
            return None
        p, twin = to_numpy(density), ax.twinx()
        twin.fill_between(at, p, color=PROBABILITY_COLOR, alpha=0.25, linewidth=0)
        twin.plot(at, p, color=PROBABILITY_COLOR, linewidth=1.2)
        twin.set_ylim(0, 1.25 * p.max())
        twin.set_ylabel("density $p$", color=PROBABILITY_COLOR)
        twin.spines["right"].set_visible(True)
        ax.set_zorder(twin.get_zorder() + 1)
        ax.patch.set_visible(False)
        return twin

    return Layer(draw)


def ball(x: Any, energy: Any, at: Any) -> Layer:
    """A ball that is kicked about in a landscape: energies at positions, shape (n,), and where the ball lies."""

    def draw(ax, color, label):
        places, e, here = to_numpy(x), to_numpy(energy), float(at)
        height = float(np.ptp(e))
        low, up = e.min() - 0.12 * height, float(np.interp(here, places, e)) + 0.045 * height
        ax.fill_between(places, e, low, color=ENERGY_COLOR, alpha=0.12, linewidth=0)
        ax.plot(places, e, color=ENERGY_COLOR)
        ax.plot(here, up, "o", color=COLORS["red"], markersize=15)
        for step in (-0.38, 0.38):
            kick = {"arrowstyle": "->", "color": COLORS["red"], "linewidth": 1.6}
            ax.annotate("", (here + step, up + 0.13 * height), (here, up + 0.13 * height), arrowprops=kick)
        ax.set(xlim=places[[0, -1]], ylim=(low, e.max()))

    return Layer(draw)


def hline(y: float, name: str = "", *, color: str = "black", style: str = "--") -> Layer:
    """A level."""

    def draw(ax, color, label):
        ax.axhline(y, color=color, linestyle=style, linewidth=1.1, zorder=0.5, label=label)

    return Layer(draw, name, _color(color))


def vline(x: float, name: str = "", *, error: float = 0.0, color: str = "black", style: str = "--") -> Layer:
    """A place, such as a transition; a measured one with a band of one standard error on each side."""

    def draw(ax, color, label):
        if error:
            ax.axvspan(x - error, x + error, color=color, alpha=0.25, linewidth=0, zorder=0.4)
        ax.axvline(x, color=color, linestyle=style, linewidth=1.1, zorder=0.5, label=label)

    return Layer(draw, name, _color(color))


def span(low: float, high: float, name: str = "", *, axis: str = "x", color: str = "grey", alpha: float = 0.2) -> Layer:
    """A shaded interval of one axis."""

    def draw(ax, color, label):
        shade = ax.axvspan if axis == "x" else ax.axhspan
        shade(low, high, color=color, alpha=alpha, linewidth=0, zorder=0.3, label=label)

    return Layer(draw, name, _color(color))


def words(x: float, y: float, text: str, *, side: str = "left") -> Layer:
    """A few words at x, y, where their "left", "center" or "right" stands, by `side`."""
    return Layer(lambda ax, *_: ax.annotate(text, (x, y), ha=side, va="center", fontsize="small"))


def _color(color: str | None) -> str | None:
    return COLORS.get(color, color) if color else None
