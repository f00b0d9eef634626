"""Figures of lesson 05: energies as they are learned, beside the densities and samples that they should give."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import matplotlib.pyplot as plt
import numpy as np
from matplotlib import colormaps
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import LogLocator, MaxNLocator, MultipleLocator

from ..movie.recorder import Animation
from .style import COLORS, ENERGY_CMAP, PROBABILITY_CMAP, finish, to_numpy

if TYPE_CHECKING:
    from IPython.display import Image

PUSH_CMAP = "PuOr"  # diverging; reversed: purple where E must fall, orange where it must rise
DENSITY_LEVELS = 25  # colours of a density: a picture with few colours takes a third of the bytes
ENERGY_SPAN = 8.0  # energies this far above the lowest are drawn alike: e^-8 of the highest density
DOT = {"linestyle": "none", "marker": ".", "markeredgewidth": 0}


def data_sets(panels: Sequence[tuple[str, object, object, object]], *, title: str) -> Figure:
    """Exact densities in the plane, with samples as dots.

    Args:
        panels: (name, grid of shape (n, n, 2), exact density of shape (n, n), samples of shape (m, 2)).
        title: the finding.

    Returns:
        The figure, one picture for each set.
    """
    fig, axes = plt.subplots(1, len(panels), figsize=(2.55 * len(panels), 3.3), sharey=True, squeeze=False)
    for ax, (name, points, density, samples) in zip(axes[0], panels, strict=True):
        draw_density(ax, points, density, 1.3 * to_numpy(density).max())
        ax.plot(*to_numpy(samples)[:250].T, color=COLORS["sky"], markersize=2.5, **DOT)
        ax.set(xlabel="x₁", title=name)
    axes[0, 0].set_ylabel("x₂")
    fig.suptitle(title, x=0.01, ha="left", fontsize=11)
    return finish(fig)


def push_and_pull(points, model, truth, data, *, title: str) -> Figure:
    """The model's density, the data, and where the energy must rise and fall: the difference of the two densities.

    Args:
        points: grid, shape (n, n, 2).
        model: density of the model on the grid, shape (n, n).
        truth: density of the data on the grid, shape (n, n).
        data: the data, shape (m, 2).
        title: the finding.

    Returns:
        The figure.
    """
    difference, data = to_numpy(model) - to_numpy(truth), to_numpy(data)
    fig, axes = plt.subplots(1, 3, figsize=(9.6, 3.3), sharey=True, width_ratios=(1, 1, 1.12))
    draw_density(axes[0], points, model)
    axes[0].set_title("model: here E must rise")
    axes[1].plot(*data[:1500].T, color=COLORS["blue"], markersize=2.5, **DOT)
    axes[1].set_title("data: here E must fall")
    top = np.abs(difference).max()
    look = {"cmap": f"{PUSH_CMAP}_r", "vmin": -top, "vmax": top, "rasterized": True}
    image = axes[2].pcolormesh(*_axes(points), difference.T, **look)
    axes[2].set_title("rise minus fall")
    fig.colorbar(image, ax=axes[2], label="p of the model − p of the data", ticks=MaxNLocator(5))
    for ax in axes:
        _square(ax, points)
        ax.set_xlabel("x₁")
    axes[0].set_ylabel("x₂")
    fig.suptitle(title, x=0.01, ha="left", fontsize=11)
    return finish(fig)


def training_watched(points, data, snapshots: Mapping[int, tuple[object, float, object]], *, title: str) -> Figure:
    """Energy surface with the data, and density with samples of the model, after a few numbers of steps.

    Args:
        points: grid, shape (n, n, 2).
        data: the data, shape (m, 2).
        snapshots: step -> (energy on the grid (n, n), exact KL in nats, samples of the model (m, 2)).
        title: the finding.

    Returns:
        The figure: energies above, densities below, one column for each step.
    """
    points, data = to_numpy(points), to_numpy(data)
    fig, axes = plt.subplots(
        2, len(snapshots), figsize=(2.3 * len(snapshots) + 0.7, 5.1), sharex=True, sharey=True, squeeze=False
    )
    highest = max(normalised(points, energy).max() for energy, _, _ in snapshots.values())
    for (above, below), (step, (energy, kl, samples)) in zip(axes.T, snapshots.items(), strict=True):
        heights = draw_energy(above, points, energy)
        above.plot(*data[:200].T, color="white", markersize=2, alpha=0.8, **DOT)
        above.set_title(f"step {step:,}")
        image = draw_density(below, points, normalised(points, energy), highest)
        below.plot(*to_numpy(samples)[:200].T, color=COLORS["sky"], markersize=2.2, alpha=0.9, **DOT)
        below.set_title(f"KL {kl:.3f}")
        above.set_xlabel("x₁")
        below.set_xlabel("x₁")
    axes[0, 0].set_ylabel("x₂")
    axes[1, 0].set_ylabel("x₂")
    fig.colorbar(heights, ax=axes[0], label="E above its minimum", ticks=[0, 2, 4, 6, 8])
    fig.colorbar(image, ax=axes[1], label="density p", ticks=MaxNLocator(4))
    fig.suptitle(title, x=0.01, ha="left", fontsize=11)
    return finish(fig)


def surface_movie(
    points, data, frames: Sequence[tuple[int, object, float, object]], *, milliseconds: int = 160, words: str = ""
) -> "Image":
    """An animated picture (APNG) of an energy and its density as they form; it runs three times and stops at the end.

    All frames share one scale of the density. Where animation is not supported, the last frame is shown.

    Args:
        points: grid, shape (n, n, 2).
        data: the data, shape (m, 2).
        frames: (step, energy on the grid (n, n), exact KL in nats, samples of the model (m, 2)).
        milliseconds: time of one frame.
        words: text alternative.

    Returns:
        The picture; as the last expression of a cell it shows itself.
    """
    points, data = to_numpy(points), to_numpy(data)
    highest = max(normalised(points, energy).max() for _, energy, _, _ in frames)
    with Animation(milliseconds, rest=10) as movie:
        for still in _quantised([_frame(points, data, frame, highest) for frame in frames]):
            movie.write(still)
    return movie.show(words)


def loss_and_truth(loss, measured_at, nll, entropy: float, *, title: str) -> Figure:
    """What a training loop minimises, and the exact negative log-likelihood.

    Args:
        loss: the objective at each step, shape (n_steps,).
        measured_at: steps at which the likelihood was measured, shape (n,).
        nll: exact negative log-likelihood in nats, shape (n,).
        entropy: of the data's density, in nats: no model can go below.
        title: the finding.

    Returns:
        The figure.
    """
    loss, steps, nll = to_numpy(loss), to_numpy(measured_at), to_numpy(nll)
    fig, (left, right) = plt.subplots(1, 2, figsize=(9.2, 3.2))
    left.plot(np.arange(1, len(loss) + 1), loss, color=COLORS["grey"], linewidth=1)
    left.axhline(0, color=COLORS["black"], linewidth=0.8)
    left.set(xlabel="step", ylabel="E(data) − E(samples)", title="the quantity that CD differentiates")
    right.plot(steps, nll, color=COLORS["blue"], label="model, exact by quadrature")
    right.axhline(entropy, color=COLORS["black"], linestyle="--", linewidth=1.3, label="entropy of the data's density")
    right.fill_between(steps, entropy, nll, color=COLORS["blue"], alpha=0.15, linewidth=0, label="gap: KL(data, model)")
    right.set(xlabel="step", ylabel="negative log-likelihood (nats)", title="what it should lower")
    right.legend(loc="upper right")
    fig.suptitle(title, x=0.01, ha="left", fontsize=11)
    return finish(fig)


def kl_curves(curves: Mapping[str, tuple[object, object]], ceiling: float, *, title: str) -> Figure:
    """Exact KL of several methods and seeds during training and at the end, with the best that the network can do.

    Args:
        curves: method -> (steps of shape (n,), exact KL in nats of shape (n_seeds, n)).
        ceiling: KL that exact maximum likelihood reached.
        title: the finding.

    Returns:
        The figure: on the left, bands from the lowest to the highest seed around the median; on the right, each run.
    """
    fig, (left, right) = plt.subplots(1, 2, figsize=(9.8, 4), width_ratios=(1.5, 1))
    styles = ("-", "--", "-.", ":", (0, (5, 1, 1, 1, 1, 1)), (0, (1, 1)), (0, (6, 2)))
    colors = [COLORS[name] for name in ("blue", "orange", "green", "red", "purple", "sky", "grey")]
    for i, ((name, (steps, kl)), color, style) in enumerate(zip(curves.items(), colors, styles, strict=False)):
        steps, kl = to_numpy(steps), to_numpy(kl)
        left.semilogy(steps, np.median(kl, 0), color=color, linestyle=style, label=name)
        left.fill_between(steps, kl.min(0), kl.max(0), color=color, alpha=0.18, linewidth=0)
        right.semilogx(kl[:, -1], np.full(len(kl), i), "o", color=color, markersize=5, alpha=0.8)
    for draw in (left.axhline, right.axvline):
        draw(ceiling, color=COLORS["black"], linewidth=1, label=f"exact likelihood: {ceiling:.3f}")
    left.set(xlabel="step", ylabel="exact KL (nats), logarithmic", title="median, and band of all seeds")
    left.legend(loc="upper right", fontsize=8)
    right.set(xlabel="exact KL at the end (nats), logarithmic", title="each dot is one seed")
    right.set_yticks(range(len(curves)), curves)
    right.set_ylim(len(curves) - 0.5, -0.5)
    right.xaxis.set_major_locator(LogLocator(10, (1, 2, 5)))
    right.xaxis.set_major_formatter("{x:g}")
    right.xaxis.set_minor_formatter("")
    fig.suptitle(title, x=0.01, ha="left", fontsize=11)
    return finish(fig)


def densities_beside(
    points, truth, panels: Mapping[str, tuple[object, float, object]], *, title: str, columns: int = 4
) -> Figure:
    """The exact density beside those that were learned, all on one colour scale, with samples as dots.

    Args:
        points: grid, shape (n, n, 2).
        truth: exact density, shape (n, n).
        panels: method -> (density (n, n), exact KL in nats, samples (m, 2) or None).
        title: the finding.
        columns: pictures in a row.

    Returns:
        The figure.
    """
    truth = to_numpy(truth)
    n_rows = -(-(len(panels) + 1) // columns)
    size = (2.35 * columns + 0.6, 2.5 * n_rows + 0.5)
    fig, axes = plt.subplots(n_rows, columns, figsize=size, sharex=True, sharey=True, squeeze=False)
    top = 1.15 * truth.max()
    image = draw_density(axes.flat[0], points, truth, top)
    axes.flat[0].set_title("truth")
    for ax, (name, (density, kl, samples)) in zip(axes.flat[1:], panels.items(), strict=False):
        draw_density(ax, points, density, top)
        if samples is not None:
            ax.plot(*to_numpy(samples)[:200].T, color=COLORS["sky"], markersize=2.2, alpha=0.9, **DOT)
        ax.set_title(f"{name}: {kl:.3f}" if kl < 100 else f"{name}: {kl:,.0f}")
    for ax in axes.flat[len(panels) + 1 :]:
        ax.set_axis_off()
    for i, ax in enumerate(axes.flat[: len(panels) + 1]):
        ax.set_xlabel("x₁")
        ax.tick_params(labelbottom=i + columns > len(panels))
    for ax in axes[:, 0]:
        ax.set_ylabel("x₂")
    fig.colorbar(image, ax=axes, label="density p", shrink=0.8, ticks=MaxNLocator(5))
    fig.suptitle(title, x=0.01, ha="left", fontsize=11)
    return finish(fig)


def sets_beside(rows: Mapping[str, tuple], *, title: str) -> Figure:
    """Several data sets, one column each: the truth above, what each method learned below, each on its own scale.

    Args:
        rows: data set -> (grid (n, n, 2), exact density (n, n), {method: (density (n, n), exact KL in nats)}); the
            same methods everywhere.
        title: the finding.

    Returns:
        The figure.
    """
    methods = list(next(iter(rows.values()))[2])
    size = (2.3 * len(rows) + 0.4, 2.2 * (1 + len(methods)) + 0.4)
    fig, axes = plt.subplots(1 + len(methods), len(rows), figsize=size, sharex=True, sharey=True, squeeze=False)
    for column, (name, (points, truth, learned)) in zip(axes.T, rows.items(), strict=True):
        top = 1.15 * to_numpy(truth).max()
        draw_density(column[0], points, truth, top)
        column[0].set_title(f"{name}: truth")
        for ax, method in zip(column[1:], methods, strict=True):
            density, kl = learned[method]
            draw_density(ax, points, density, top)
            ax.set_title(f"{method}: KL {kl:.3g}")
        for ax in column:
            ax.set_xlabel("x₁")
    for ax in axes[:, 0]:
        ax.set_ylabel("x₂")
    fig.suptitle(title, x=0.01, ha="left", fontsize=11)
    return finish(fig)


def mode_weights(
    separations, weights: Mapping[str, object], exact: float, x, truth, learned: Mapping[str, object], *, title: str
) -> Figure:
    """The exact weight of one mode in models of a mixture, against the distance of its modes; and some densities.

    Args:
        separations: distance of the modes, shape (n,).
        weights: method -> weight of the left mode, shape (n, n_seeds).
        exact: the weight in the data's density.
        x: positions, shape (m,).
        truth: exact density at the largest separation, shape (m,).
        learned: method -> density at the largest separation, shape (m,).
        title: the finding.

    Returns:
        The figure.
    """
    separations, x = to_numpy(separations), to_numpy(x)
    colors = dict(
        zip(weights, (COLORS[c] for c in ("black", "blue", "orange", "green", "red", "purple")), strict=False)
    )
    fig, (left, right) = plt.subplots(1, 2, figsize=(9.8, 3.6), width_ratios=(1.15, 1))
    left.axhline(exact, color=COLORS["grey"], linestyle="--", linewidth=1.3)
    width = 0.13 * np.diff(separations).min()
    marks = "so^vDP"
    for i, ((name, values), mark) in enumerate(zip(weights.items(), marks, strict=False)):
        values = to_numpy(values)
        at = np.repeat(separations + (i - (len(weights) - 1) / 2) * width, values.shape[1])
        look = {"color": colors[name], "markersize": 5.5, "markeredgecolor": "white", "markeredgewidth": 0.5}
        left.plot(at, values.ravel(), mark, label=name, **look)
    left.set_xticks(separations, [f"{s:g}" for s in separations])
    left.set(xlabel="distance of the modes", ylabel="weight of the left mode", ylim=(-0.05, 1.05))
    left.set_title(f"each mark is one run; dashed: the data, {exact:g}")
    left.legend(loc="lower left", ncols=2, handletextpad=0.2, columnspacing=1)
    right.fill_between(x, 0, to_numpy(truth), color=COLORS["grey"], alpha=0.35, linewidth=0, label="truth")
    for name, density in learned.items():
        right.plot(x, to_numpy(density), color=colors[name], linewidth=1.5, label=name)
    right.set(xlabel="x", ylabel="density p", title=f"distance {separations[-1]:g}", ylim=(0, None))
    right.legend(loc="best")
    fig.suptitle(title, x=0.01, ha="left", fontsize=11)
    return finish(fig)


def frozen_chains(steps, shares, log_odds, exact: float, *, title: str) -> Figure:
    """Persistent chains between two far modes: where they are, and what the model says, one line for each run.

    Args:
        steps: shape (n,).
        shares: of the chains in the left mode, shape (n_runs, n).
        log_odds: of the left mode against the right one under the model, shape (n_runs, n).
        exact: share of the left mode in the data.
        title: the finding.

    Returns:
        The figure; a run whose log-odds rise in the second half is blue, the others are red.
    """
    steps, shares, log_odds = to_numpy(steps), to_numpy(shares), to_numpy(log_odds)
    fig, (left, right) = plt.subplots(1, 2, figsize=(9.8, 3.6))
    for share, odds in zip(shares, log_odds, strict=True):
        rises = odds[-1] > odds[len(odds) // 2]
        look = {"color": COLORS["blue" if rises else "red"], "linestyle": "-" if rises else "--", "linewidth": 1.2}
        left.plot(steps, share, **look)
        right.plot(steps, odds, **look)
    for ax, level in ((left, exact), (right, np.log(exact / (1 - exact)))):
        ax.axhline(level, color=COLORS["black"], linestyle=":", linewidth=1.3)
        ax.set_xlabel("step")
    left.set(ylabel="share of the chains on the left", title=f"the chains; dotted: the data, {exact:g}")
    right.set(ylabel="log-odds of the left mode", title="the model; dotted: the data")
    right.set_yscale("symlog", linthresh=10)
    look = {"color": COLORS["blue"]}, {"color": COLORS["red"], "linestyle": "--"}
    names = "model drifts to the left mode", "model drifts to the right mode"
    fig.legend([Line2D([], [], **each) for each in look], names, loc="outside lower center", ncols=2)
    fig.suptitle(title, x=0.01, ha="left", fontsize=11)
    return finish(fig)


def fisher_and_kl(separations, fisher, kl, *, title: str) -> Figure:
    """Two distances between mixtures that differ in their weights only, against the distance of the modes.

    Args:
        separations: distance of the modes, shape (n,).
        fisher: Fisher divergence, what score matching measures, shape (n,).
        kl: KL divergence in nats, shape (n,).
        title: the finding.

    Returns:
        The figure.
    """
    separations = to_numpy(separations)
    fig, ax = plt.subplots(figsize=(7.4, 3.3))
    ax.semilogy(separations, to_numpy(kl), color=COLORS["blue"], label="KL: what likelihood sees")
    ax.semilogy(separations, to_numpy(fisher), "--", color=COLORS["red"], label="Fisher: what score matching sees")
    ax.set(xlabel="distance of the modes, in standard deviations of one", ylabel="divergence, logarithmic", title=title)
    ax.legend(loc="lower left")
    return finish(fig)


def offsets(curves: Mapping[str, tuple[object, object, object]], *, title: str) -> Figure:
    """Mean energy of the data and exact KL during training: the first may run away while the second does not show it.

    Args:
        curves: name -> (steps, mean energy of the data, exact KL in nats), each of shape (n,).
        title: the finding.

    Returns:
        The figure.
    """
    fig, (left, right) = plt.subplots(1, 2, figsize=(9.2, 3.1))
    for (name, (steps, energy, kl)), color, style in zip(
        curves.items(), (COLORS["red"], COLORS["blue"], COLORS["green"]), ("-", "--", "-."), strict=False
    ):
        left.plot(to_numpy(steps), to_numpy(energy), color=color, linestyle=style, label=name)
        right.semilogy(to_numpy(steps), to_numpy(kl), color=color, linestyle=style, label=name)
    left.set(xlabel="step", ylabel="mean energy of the data", title="energy")
    right.set(xlabel="step", ylabel="exact KL (nats), logarithmic", title="what counts")
    left.legend(loc="best")
    fig.suptitle(title, x=0.01, ha="left", fontsize=11)
    return finish(fig)


def _axes(points) -> tuple[np.ndarray, np.ndarray]:
    """Coordinates of a grid along its two axes."""
    points = to_numpy(points)
    return points[:, 0, 0], points[0, :, 1]


def _square(ax, points) -> None:
    x, y = _axes(points)
    ax.set(xlim=(x[0], x[-1]), ylim=(y[0], y[-1]))
    for axis in (ax.xaxis, ax.yaxis):
        axis.set_major_locator(MultipleLocator(2 if x[-1] - x[0] <= 12 else 5))
    ax.set_aspect("equal")


def draw_density(ax, points, density, top: float | None = None):
    """Draw a density on a grid; returns what a colour bar needs."""
    density = to_numpy(density)
    few = colormaps[PROBABILITY_CMAP].resampled(DENSITY_LEVELS)
    look = {"cmap": few, "vmin": 0, "vmax": density.max() if top is None else top, "rasterized": True}
    image = ax.pcolormesh(*_axes(points), density.T, **look)
    _square(ax, points)
    return image


def draw_energy(ax, points, energy):
    """Draw an energy above its minimum in steps of one half; returns what a colour bar needs."""
    energy = to_numpy(energy)
    height = np.minimum(energy - energy.min(), ENERGY_SPAN)
    levels = np.linspace(0, ENERGY_SPAN, 17)
    filled = ax.contourf(*_axes(points), height.T, levels=levels, cmap=ENERGY_CMAP, antialiased=False)
    _square(ax, points)
    return filled


def normalised(points, energy) -> np.ndarray:
    """exp(-E) on the grid, normalised there."""
    x, y = _axes(points)
    energy = to_numpy(energy).astype(float)
    weight = np.exp(energy.min() - energy)
    return weight / (weight.sum() * (x[1] - x[0]) * (y[1] - y[0]))


def _frame(points: np.ndarray, data: np.ndarray, frame: tuple, highest: float) -> np.ndarray:
    """One frame of a movie: energy with the data on the left, density up to `highest` with samples on the right."""
    step, energy, kl, samples = frame
    fig = Figure(figsize=(5.4, 2.75), dpi=90, layout="none")
    axes = fig.add_axes((0.09, 0.15, 0.43, 0.74)), fig.add_axes((0.56, 0.15, 0.43, 0.74))
    draw_energy(axes[0], points, energy)
    axes[0].plot(*data[:120].T, color="white", markersize=2, **DOT)
    axes[0].set_title(f"step {step:,}: energy, data", fontsize=9)
    p = normalised(points, energy)
    levels = np.linspace(0, highest * 1.001, 25)
    axes[1].contourf(*_axes(points), p.T, levels=levels, cmap=PROBABILITY_CMAP, antialiased=False)
    axes[1].plot(*to_numpy(samples)[:120].T, color=COLORS["sky"], markersize=2, **DOT)
    axes[1].set_title(f"KL {kl:.3f}: density, samples", fontsize=9)
    axes[1].set_yticklabels([])
    for ax in axes:
        _square(ax, points)
        ax.set_xlabel("x₁", fontsize=9, labelpad=1)
        ax.tick_params(labelsize=8)
    axes[0].set_ylabel("x₂", fontsize=9, labelpad=1)
    canvas = FigureCanvasAgg(fig)
    canvas.draw()
    return np.asarray(canvas.buffer_rgba())[..., :3].copy()


def _quantised(frames: Sequence[np.ndarray], colors: int = 64):
    """Frames as Pillow images that share one palette: flat colours and few bytes."""
    from PIL import Image

    together = Image.fromarray(np.concatenate([frames[0], frames[len(frames) // 2], frames[-1]]))
    palette = together.quantize(colors, method=Image.Quantize.MEDIANCUT)
    return [Image.fromarray(frame).quantize(palette=palette, dither=Image.Dither.NONE) for frame in frames]
