"""Descent with a temperature: landscapes of parameters, schedules, success rates, and SGD as a bath."""

import io
from collections.abc import Mapping, Sequence
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.colors import LogNorm
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator

from .maps import mark_minima
from .style import COLORS, ENERGY_CMAP, ENERGY_COLOR, finish, to_numpy

TEMPERATURE_CMAP = "plasma"
SCHEDULE_COLORS = {
    "constant": COLORS["grey"],
    "logarithmic": COLORS["purple"],
    "linear": COLORS["blue"],
    "polynomial": COLORS["green"],
    "exponential": COLORS["orange"],
    "10 anneals": COLORS["red"],
}
BEHIND = 3
"""Standard errors of the difference of two success rates from which on one is behind the other."""
SURFACE_POINTS = 45
"""Points along each side of a surface that turns: four of them take 60 kB in a notebook, and look smooth."""


def parameter_landscapes(panels: Sequence[tuple[str, object, object, object, bool]], *, title: str) -> Figure:
    """Contours of energies of two parameters, each with its global minimum.

    Args:
        panels: (name, points of shape (n, n, 2), energy of shape (n, n), global minimum of shape (2,), log) for each;
            with log, log₁₀(1 + E) is shown.
        title: the finding.

    Returns:
        The figure.
    """
    fig, axes = plt.subplots(1, len(panels), figsize=(2.9 * len(panels), 3.5))
    for ax, (name, points, energy, minimum, log) in zip(np.atleast_1d(axes), panels, strict=True):
        points, energy = to_numpy(points), to_numpy(energy)
        shown = np.log10(1 + energy) if log else energy
        filled = ax.contourf(points[..., 0], points[..., 1], shown, levels=16, cmap=ENERGY_CMAP)
        bar = fig.colorbar(filled, ax=ax, orientation="horizontal", shrink=0.9, ticks=MaxNLocator(4))
        bar.set_label("log₁₀(1 + E)" if log else "energy E")
        mark_minima(ax, minimum)
        ax.set(xlabel="x₁", title=name)
    np.atleast_1d(axes)[0].set_ylabel("x₂")
    fig.suptitle(title, x=0.01, ha="left", fontsize=11)
    return finish(fig)


STILL_DPI = 72
"""Of the still picture: smooth shading makes a large file, and it is there for those who cannot turn the surface."""


class TurningSurface:
    """Surfaces that turn with the mouse, one at a time, chosen with buttons.

    A notebook shows it with plotly in JupyterLab, on Binder and on Colab. Where plotly cannot be had, and where a
    repository is only read, the picture is a still one of all surfaces.

    Args:
        panels: (name, points of shape (n, n, 2), energy of shape (n, n), global minimum of shape (2,), log) for each,
            as for `parameter_landscapes`. Every few points are taken, so that a notebook stays small.
        title: the finding.
    """

    def __init__(self, panels: Sequence[tuple[str, object, object, object, bool]], title: str) -> None:
        self.title = title
        self.panels = []
        for name, points, energy, minimum, log in panels:
            points, energy = to_numpy(points), to_numpy(energy)
            rows = np.linspace(0, len(points) - 1, min(len(points), SURFACE_POINTS)).round().astype(int)
            taken = np.ix_(rows, rows)
            height = np.log10(1 + energy[taken]) if log else energy[taken]
            label = "log₁₀(1 + E)" if log else "energy E"
            self.panels.append((name, points[taken], height, to_numpy(minimum).ravel(), label))

    def spec(self) -> dict[str, Any]:
        """The figure as plotly's JSON: plain lists of rounded numbers, which every version of plotly.js reads."""
        data, buttons = [], []
        for i, (name, points, height, minimum, label) in enumerate(self.panels):
            nearest = np.abs(points - minimum).sum(-1).argmin()
            lift = 0.02 * np.ptp(height)  # else half of the mark is under the surface
            data.append(
                {
                    "type": "surface",
                    "x": _rounded(points[:, 0, 0]),
                    "y": _rounded(points[0, :, 1]),
                    "z": [_rounded(row) for row in height.T],
                    "colorscale": "Viridis",
                    "visible": i == 0,
                    "colorbar": {"title": {"text": label}, "len": 0.7},
                    "hovertemplate": f"x₁ %{{x}}<br>x₂ %{{y}}<br>{label} %{{z}}<extra></extra>",
                }
            )
            data.append(
                {
                    "type": "scatter3d",
                    "mode": "markers",
                    "x": [float(minimum[0])],
                    "y": [float(minimum[1])],
                    "z": [round(float(height.ravel()[nearest] + lift), 4)],
                    "marker": {
                        "size": 6,
                        "color": COLORS["red"],
                        "symbol": "diamond",
                        "line": {"color": "black", "width": 2},
                    },
                    "name": "global minimum",
                    "visible": i == 0,
                    "showlegend": False,
                }
            )
            shown = [j == i for j in range(len(self.panels)) for _ in range(2)]
            axis = {"scene.zaxis.title.text": label}
            buttons.append({"label": name, "method": "update", "args": [{"visible": shown}, axis]})
        scene = {
            "xaxis": {"title": {"text": "x₁"}},
            "yaxis": {"title": {"text": "x₂"}},
            "zaxis": {"title": {"text": self.panels[0][-1]}},
            "aspectmode": "manual",
            "aspectratio": {"x": 1, "y": 1, "z": 0.6},
            "camera": {"eye": {"x": 1.2, "y": -1.4, "z": 1.1}},
        }
        menu = {"type": "buttons", "direction": "right", "x": 0, "xanchor": "left", "y": 1.08, "buttons": buttons}
        layout = {
            "title": {
                "text": f"{self.title}; the mark is the global minimum",
                "font": {"size": 14},
                "x": 0.01,
                "y": 0.97,
            },
            "scene": scene,
            "updatemenus": [menu],
            "height": 520,
            "width": 760,
            "margin": {"l": 10, "r": 10, "t": 100, "b": 10},
        }
        return {"data": data, "layout": layout}

    def still(self) -> Figure:
        """All surfaces side by side, as they stand before anybody turns them."""
        fig = plt.figure(figsize=(3 * len(self.panels), 3.2))
        for i, (name, points, height, _, label) in enumerate(self.panels):
            solid = fig.add_subplot(1, len(self.panels), 1 + i, projection="3d")
            _draw_surface(solid, points, height)
            solid.set_title(f"{name}\n{label}", fontsize=9, loc="center")
        fig.suptitle(self.title, x=0.01, ha="left", fontsize=11)
        return finish(fig)

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, Any]:
        buffer = io.BytesIO()
        self.still().savefig(buffer, format="png", dpi=STILL_DPI)
        names = ", ".join(name for name, *_ in self.panels)
        text = f"Surfaces that turn with the mouse: run this cell in JupyterLab or on Colab. {names}."
        bundle = {"image/png": buffer.getvalue(), "text/plain": text}
        try:
            from plotly import io as plotly_io
        except ImportError:
            return bundle
        from ..place import where

        # Named, because plotly's default puts its library of 4 MB into the notebook.
        renderer = plotly_io.renderers["colab" if where() == "colab" else "plotly_mimetype"]
        return {**bundle, **renderer.to_mimebundle(self.spec())}


def turning_surface(panels: Sequence[tuple[str, object, object, object, bool]], *, title: str) -> TurningSurface:
    """Surfaces that turn with the mouse; see `TurningSurface` for the arguments."""
    return TurningSurface(panels, title)


def bath_check(step_sizes, right, wrong, curves: Mapping[str, object], *, title: str) -> Figure:
    """Measured temperatures of two forms of noise against the step size, with what theory expects.

    Args:
        step_sizes: shape (n,).
        right: measured curvature × variance and its standard error for the right noise, shape (n, 2).
        wrong: the same for the wrong noise.
        curves: "step_sizes", "right" and "wrong": the expected lines, of one shape.
        title: the finding.

    Returns:
        The figure.
    """
    fig, ax = plt.subplots(figsize=(7, 3.8))
    grid = to_numpy(curves["step_sizes"])
    for values, name, label, color in (
        (right, "right", "noise √(2 lr T)", COLORS["blue"]),
        (wrong, "wrong", "noise lr √T", COLORS["red"]),
    ):
        values = to_numpy(values)
        ax.plot(grid, to_numpy(curves[name]), color=color, linewidth=1.2, label=f"expected, {label}")
        ax.errorbar(step_sizes, *values.T, fmt="o", color=color, capsize=3, label=f"measured, {label}")
    ax.axhline(1, color=COLORS["grey"], linestyle=":", linewidth=1.2)
    ax.annotate("the temperature asked for", (grid[0], 1), xytext=(0, -12), textcoords="offset points", fontsize=9)
    ax.set(
        xscale="log", yscale="log", xlabel="step size lr", ylabel="k · variance of x  (equals T if lr → 0)", title=title
    )
    fig.legend(*ax.get_legend_handles_labels(), loc="outside right center")
    return finish(fig)


def cooling(schedules: Mapping[str, object], *, title: str) -> Figure:
    """Temperature against the step for several schedules, on a plain and on a logarithmic axis.

    Args:
        schedules: name -> temperature of each step, shape (n,).
        title: the finding.

    Returns:
        The figure.
    """
    fig, (plain, log) = plt.subplots(1, 2, figsize=(9.5, 3.4))
    for name, values in schedules.items():
        values = to_numpy(values)
        for ax in (plain, log):
            ax.plot(np.arange(1, len(values) + 1), values, color=SCHEDULE_COLORS.get(name), label=name)
    log.set(yscale="log", title="the same, logarithmic axis")
    plain.set(ylabel="temperature T", title="temperature of each step")
    for ax in (plain, log):
        ax.set_xlabel("step")
    fig.legend(*plain.get_legend_handles_labels(), loc="outside right center")
    fig.suptitle(title, x=0.01, ha="left", fontsize=11)
    return finish(fig)


def one_run(points, energy, path, temperatures, path_energy, minimum, *, title: str, floor: float = 1e-3) -> Figure:
    """One run in four panels: path coloured by temperature, temperature, loss, and loss against temperature.

    Args:
        points: grid, shape (n, n, 2).
        energy: energy on the grid, shape (n, n).
        path: states in order of time, shape (k, 2).
        temperatures: T of each of those steps, shape (k,).
        path_energy: E of each of those states, shape (k,).
        minimum: the global minimum, shape (2,).
        title: the finding.
        floor: lowest temperature that the colours tell apart.

    Returns:
        The figure.
    """
    points, energy, path = to_numpy(points), to_numpy(energy), to_numpy(path)
    temperatures, path_energy = to_numpy(temperatures), to_numpy(path_energy)
    steps, colors = np.arange(1, len(path) + 1), np.maximum(temperatures, floor)
    norm = LogNorm(floor, max(float(temperatures.max()), 2 * floor))
    fig, axes = plt.subplots(2, 2, figsize=(9, 6.6))
    where, heat, loss, phase = axes.ravel()
    where.contourf(points[..., 0], points[..., 1], energy, levels=20, cmap="Greys_r", alpha=0.7)
    where.add_collection(
        LineCollection(np.stack([path[:-1], path[1:]], 1), cmap=TEMPERATURE_CMAP, norm=norm, array=colors[1:], lw=0.8)
    )
    where.plot(*path[0], "o", color="white", markeredgecolor="black", markersize=7)
    where.plot(*path[-1], "s", color="white", markeredgecolor="black", markersize=6)
    mark_minima(where, minimum)
    where.set(xlabel="x₁", ylabel="x₂", title="path: circle to square, star = minimum")
    where.set(xlim=(points[0, 0, 0], points[-1, 0, 0]), ylim=(points[0, 0, 1], points[0, -1, 1]))
    dots = {"c": colors[::2], "cmap": TEMPERATURE_CMAP, "norm": norm, "s": 3, "linewidths": 0, "rasterized": True}
    few = slice(None, None, 2)  # the picture is the same, its file much smaller
    heat.scatter(steps[few], temperatures[few], **dots)
    heat.set(xlabel="step", ylabel="temperature T", title="temperature")
    loss.scatter(steps[few], path_energy[few], **dots)
    loss.set(xlabel="step", ylabel="loss E", title="loss")
    image = phase.scatter(colors[few], path_energy[few], **dots)
    phase.set(xscale="log", xlabel=f"temperature T (T = 0 drawn at {floor:g})", ylabel="loss E")
    phase.set_title("loss against temperature: time runs leftwards")
    fig.colorbar(image, ax=axes, label="temperature T", shrink=0.6)
    fig.suptitle(title, x=0.01, ha="left", fontsize=11)
    return finish(fig)


def success_against_start(panels: Sequence[tuple[str, object, Mapping[str, object], float]], *, title: str) -> Figure:
    """Success rate against the start temperature, one panel for each landscape and one line for each method.

    Args:
        panels: (name, start temperatures of shape (k,), method -> (rate, rate minus one standard error, rate plus one)
            of shape (k, 3), rate of plain descent) for each landscape.
        title: the finding.

    Returns:
        The figure.
    """
    fig, axes = plt.subplots(1, len(panels), figsize=(2.9 * len(panels), 3.5))
    for ax, (name, starts, rates, plain) in zip(np.atleast_1d(axes), panels, strict=True):
        ax.axhline(plain, color=COLORS["black"], linestyle=":", linewidth=1.2, label="plain descent, T = 0")
        apart = (starts[-1] / starts[0]) ** 0.012  # error bars of several schedules side by side
        for i, (schedule, values) in enumerate(rates.items()):
            rate, low, high = to_numpy(values).T
            x = np.asarray(starts) * apart ** (i - (len(rates) - 1) / 2)
            style = {"color": SCHEDULE_COLORS[schedule], "markersize": 4, "linewidth": 1.3, "elinewidth": 0.8}
            ax.errorbar(x, rate, [rate - low, high - rate], fmt="o-", label=schedule, **style)
        ax.set(xscale="log", xlabel="start temperature", title=name)
        ax.set_xticks(starts, [f"{start:g}" for start in starts], fontsize=8)
        ax.minorticks_off()
        ax.set_ylim(0, max(0.12, 1.08 * max(float(to_numpy(v)[:, 2].max()) for v in rates.values())))
        ax.yaxis.set_major_locator(MaxNLocator(5, steps=[1, 2, 5, 10]))
        ax.yaxis.set_major_formatter("{x:.0%}")
    np.atleast_1d(axes)[0].set_ylabel("success rate, ±1 s.e.")
    fig.legend(*np.atleast_1d(axes)[0].get_legend_handles_labels(), loc="outside lower center", ncols=7)
    fig.suptitle(title, x=0.01, ha="left", fontsize=11)
    return finish(fig)


def success_rates(
    table: Mapping[str, Mapping[str, tuple[float, float, float]]],
    last: Mapping[str, Mapping[str, float]] | None = None,
    *,
    title: str,
) -> Figure:
    """Success rates with their errors: one panel for each landscape, one line for each method.

    Bold are the best and those that are not `BEHIND` standard errors of the difference behind it.

    Args:
        table: landscape -> method -> (rate, rate minus one standard error, rate plus one), by the best state visited.
        last: landscape -> method -> rate of the same runs by their last state, drawn hollow; a method may be missing.
        title: the finding.

    Returns:
        The figure.
    """
    methods = list(next(iter(table.values())))
    fig, axes = plt.subplots(1, len(table), figsize=(2.7 * len(table), 3.6), sharey=True)
    for ax, (name, rates) in zip(np.atleast_1d(axes), table.items(), strict=True):
        best, low, high = max(rates.values())
        best_error = (high - low) / 2
        for place, method in enumerate(methods):
            rate, low, high = rates[method]
            color, end = SCHEDULE_COLORS.get(method, COLORS["black"]), (last or {}).get(name, {}).get(method, rate)
            if end != rate:
                ax.plot(end, place, "o", color=color, markerfacecolor="white")
            ax.errorbar(rate, place, xerr=[[rate - low], [high - rate]], fmt="o", color=color, capsize=3)
            side, shift = ("right", -8) if high > 0.6 else ("left", 8)
            edge = (end if low - 0.3 < end else low) if high > 0.6 else max(high, end)
            behind = best - rate >= BEHIND * np.hypot(best_error, (high - low) / 2)
            weight = "normal" if behind else "bold"
            ax.annotate(
                f"{rate:.1%}", (edge, place), xytext=(shift, 0), textcoords="offset points", va="center", ha=side,
                fontsize=8, fontweight=weight,
            )  # fmt: skip
        ax.set(xlabel="success rate, ±1 s.e.", title=name, xlim=(-0.04, 1.04), xticks=[0, 0.5, 1])
        ax.xaxis.set_major_formatter("{x:.0%}")
    first = np.atleast_1d(axes)[0]
    first.set_yticks(range(len(methods)), methods)
    first.set_ylabel("method")
    first.invert_yaxis()
    if last:
        marks = [Line2D([], [], marker="o", ls="", color=COLORS["black"], mfc=face) for face in (None, "white")]
        names = ["scored by the best state visited", "the same runs, scored by their last state, where it differs"]
        fig.legend(marks, names, loc="outside lower center", ncols=2)
    fig.suptitle(title, x=0.01, ha="left", fontsize=11)
    return finish(fig)


def sgd_temperatures(groups: Sequence[tuple[str, object, object, object, object]], *, title: str) -> Figure:
    """Temperature of SGD along each direction, measured and expected, one panel for each step and batch size.

    Args:
        groups: (name, measured of shape (k,), standard errors of shape (k,), simple theory of shape (k,), exact theory
            of shape (k,) or None) for each panel.
        title: the finding.

    Returns:
        The figure.
    """
    fig, axes = plt.subplots(1, len(groups), figsize=(3.0 * len(groups), 3.5))
    for ax, (name, measured, errors, simple, exact) in zip(np.atleast_1d(axes), groups, strict=True):
        measured, errors, simple = to_numpy(measured), to_numpy(errors), to_numpy(simple)
        place = np.arange(1, len(measured) + 1)
        ax.bar(place, simple, width=0.62, color=COLORS["sky"], alpha=0.45, label="ε c / (2 B)")
        if exact is not None:
            ax.plot(
                place, to_numpy(exact), "_", color=COLORS["black"], markersize=22, label="exact", markeredgewidth=1.6
            )
        look = {"fmt": "o", "color": COLORS["red"], "markersize": 4, "capsize": 3}
        ax.errorbar(place, measured, errors, label="measured, ±1 s.e.", **look)
        ax.set(xlabel="direction, flat to steep", title=name, xticks=place if len(place) < 7 else place[::3])
        ax.set_ylim(0, 1.12 * max(float((measured + errors).max()), float(simple.max())))
        ax.ticklabel_format(axis="y", style="sci", scilimits=(-2, 2))
    np.atleast_1d(axes)[0].set_ylabel("temperature T")
    fig.legend(*np.atleast_1d(axes)[0].get_legend_handles_labels(), loc="outside lower center", ncols=3)
    fig.suptitle(title, x=0.01, ha="left", fontsize=11)
    return finish(fig)


def noise_and_curvature(
    curvature, noise, slope: float, groups: Mapping[str, tuple[object, object, object]], *, title: str
) -> Figure:
    """Gradient noise against curvature, and the temperature of SGD along the steepest directions over its theory.

    Args:
        curvature: eigenvalues of the Hessian without the part of the weight decay, shape (p,), positive.
        noise: variance of the gradient along each eigenvector, shape (p,), positive.
        slope: of the line through them on logarithmic axes.
        groups: name -> (number of the direction, measured / expected, standard error), each of shape (k,).
        title: the finding.

    Returns:
        The figure.
    """
    curvature, noise = to_numpy(curvature), to_numpy(noise)
    fig, (left, right) = plt.subplots(1, 2, figsize=(10.5, 3.8))
    left.loglog(curvature, noise, "o", color=ENERGY_COLOR, markersize=4, alpha=0.7)
    middle = np.exp(np.log(curvature).mean()), np.exp(np.log(noise).mean())
    ends = np.array([curvature.min(), curvature.max()])
    left.loglog(ends, middle[1] * (ends / middle[0]) ** slope, color=COLORS["black"], linewidth=1.2)
    left.set(
        xlabel="curvature of the data's part of the loss, λ − α",
        ylabel="variance c of the gradient",
        title=f"noise follows curvature: slope {slope:.2f}",
    )
    marks = ("o", "s", "^", "D", "v")
    for i, ((name, (place, ratio, error)), mark) in enumerate(zip(groups.items(), marks, strict=False)):
        color, aside = list(COLORS.values())[i], 0.16 * (i - (len(groups) - 1) / 2)  # error bars side by side
        ratio, error = to_numpy(ratio), to_numpy(error)
        right.errorbar(to_numpy(place) + aside, ratio, error, fmt=mark, color=color, markersize=4, label=name)
    right.axhline(1, color=COLORS["grey"], linestyle=":", linewidth=1.2)
    right.set(
        xlabel="direction, steep to flat",
        ylabel="measured T / (ε c / 2B)",
        ylim=(0, None),
        title="temperature over theory, ±1 s.e.",
    )
    fig.legend(*right.get_legend_handles_labels(), loc="outside right center")
    fig.suptitle(title, x=0.01, ha="left", fontsize=11)
    return finish(fig)


def _draw_surface(ax: Axes, points: np.ndarray, height: np.ndarray) -> None:
    ax.plot_surface(
        points[..., 0], points[..., 1], height, cmap=ENERGY_CMAP, rcount=45, ccount=45, linewidth=0, antialiased=False
    )
    ax.view_init(elev=42, azim=-60)
    ax.set(xlabel="x₁", ylabel="x₂")
    ax.tick_params(labelsize=7, pad=-2)
    ax.set_box_aspect(None, zoom=0.86)  # else the labels are cut off


def _rounded(values: np.ndarray) -> list[float]:
    """Numbers with four digits, so that they take little room as text."""
    return [float(f"{v:.4g}") for v in values]
