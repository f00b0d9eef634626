"""Figures of lesson 03: scores, chains on their landscapes, and samples beside what is exactly known."""

from collections.abc import Mapping, Sequence

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from .maps import mark_minima
from .style import COLORS, ENERGY_CMAP, ENERGY_COLOR, PROBABILITY_CMAP, PROBABILITY_COLOR, finish, to_numpy

TIME_CMAP = "plasma"
BEST_ACCEPTANCE = 0.574  # in many dimensions: Roberts and Rosenthal (1998), doi:10.1111/1467-9868.00123
WHITE_EDGE = {"markeredgecolor": "white", "markeredgewidth": 0.8}


def score_field(points, energy, at, score, minima, *, title: str) -> Figure:
    """Arrows of the score over the contour of the energy.

    Args:
        points: grid of the contour, shape (n, n, 2), as from `boltzmann.grid_2d`.
        energy: shape (n, n).
        at: where the arrows start, shape (m, m, 2).
        score: shape (m, m, 2). Arrows are shortened where it is large: their length grows as its square root.
        minima: shape (k, 2), the global minimum first.
        title: the finding.

    Returns:
        The figure.
    """
    points, energy, at, score = (to_numpy(a) for a in (points, energy, at, score))
    size = np.linalg.norm(score, axis=-1, keepdims=True)
    arrow = score / np.sqrt(np.maximum(size, 1e-12))
    fig, ax = plt.subplots(figsize=(6.2, 4.2))
    look = {"levels": 14, "cmap": ENERGY_CMAP, "antialiased": False}
    filled = ax.contourf(points[..., 0], points[..., 1], energy, **look)
    fig.colorbar(filled, ax=ax, label="energy E", ticks=MaxNLocator(6))
    ax.quiver(at[..., 0], at[..., 1], arrow[..., 0], arrow[..., 1], color="white", width=0.004)
    mark_minima(ax, minima, color=COLORS["orange"])
    ax.set(xlabel="x₁", ylabel="x₂", title=title)
    ax.set_aspect("equal")
    return finish(fig)


def convergence(x, density, snapshots: Mapping[int, object], region: tuple[float, float], *, title: str) -> Figure:
    """Histograms of many chains after a few numbers of steps, each beside the exact density.

    Args:
        x: positions, shape (n,), equally spaced.
        density: exact density at the positions, shape (n,).
        snapshots: number of steps -> states of the chains, shape (n_chains,).
        region: (low, high); the panels' titles say which share of the chains is inside.
        title: the finding.

    Returns:
        The figure.
    """
    x, density = to_numpy(x), to_numpy(density)
    fig, axes = plt.subplots(1, len(snapshots), figsize=(2.75 * len(snapshots), 3.1), sharey=True)
    bins = np.linspace(x[0], x[-1], 51)
    for ax, (step, states) in zip(np.atleast_1d(axes), snapshots.items(), strict=True):
        states = to_numpy(states)
        # Chains outside the picture count in the total, so that bars and density stay comparable.
        weights = np.full(len(states), 1 / (len(states) * (bins[1] - bins[0])))
        ax.hist(states, bins, weights=weights, color=COLORS["sky"], label="chains")
        ax.plot(x, density, color=PROBABILITY_COLOR, label="exact")
        inside = np.mean((states >= region[0]) & (states < region[1]))
        ax.set(xlabel="x", title=f"{step:,} steps: {inside:.1%} left", xlim=(x[0], x[-1]))
    np.atleast_1d(axes)[0].set(ylabel="density p", ylim=(0, 1.8 * density.max()))
    np.atleast_1d(axes)[0].legend(loc="upper left", handlelength=1.2)
    fig.suptitle(title, x=0.01, ha="left", fontsize=11)
    return finish(fig)


def ula_bias(step_sizes, variance, error, adjusted, adjusted_error, temperature: float = 1.0) -> Figure:
    """Variance of the unadjusted and the adjusted sampler on E = x²/2 against the step size, with the exact formula.

    Args:
        step_sizes: ε, shape (n,), from 0 to 2.
        variance: measured with ULA, shape (n,).
        error: one standard error of each.
        adjusted: measured with MALA, shape (n,).
        adjusted_error: one standard error of each.
        temperature: T of both.

    Returns:
        The figure; its title says what was measured at the largest step.
    """
    step_sizes, variance, error, adjusted, adjusted_error = (
        to_numpy(a) for a in (step_sizes, variance, error, adjusted, adjusted_error)
    )
    ε = np.linspace(0, 1.93, 400)
    fig, (ax, close) = plt.subplots(1, 2, figsize=(9.6, 3.7), width_ratios=(1.35, 1))
    ax.plot(ε, temperature / (1 - ε / 2), color=COLORS["grey"], label="exact: T / (1 − ε/2)")
    ax.axhline(temperature, color=COLORS["grey"], linestyle=":", linewidth=1.3, label=f"target: T = {temperature:g}")
    dots = {"linestyle": "none", "markersize": 6, "capsize": 3}
    ax.errorbar(step_sizes, variance, error, fmt="o", color=COLORS["blue"], label="ULA, measured", **dots)
    ax.errorbar(step_sizes, adjusted, adjusted_error, fmt="s", color=COLORS["red"], label="MALA, measured", **dots)
    ax.axvline(2, color=COLORS["black"], linestyle="--", linewidth=1)
    ax.annotate("unstable", (2, 0.6), xytext=(4, 0), textcoords="offset points", rotation=90, fontsize=9)
    ax.set(xlabel="step size ε", ylabel="variance of x", yscale="log", xlim=(0, 2.15), ylim=(0.55, 30))
    ax.set_yticks([1, 2, 5, 10, 20], ["1", "2", "5", "10", "20"])
    ax.minorticks_off()
    ax.legend(loc="upper left")
    ax.set_title("variance, logarithmic axis")
    formula = temperature / (1 - step_sizes / 2)
    close.axhline(0, color=COLORS["grey"], linewidth=1)
    for x, y, e, color, mark in (
        (-0.012, variance / formula, error / formula, COLORS["blue"], "o"),
        (0.012, adjusted / temperature, adjusted_error / temperature, COLORS["red"], "s"),
    ):
        close.errorbar(step_sizes + x, 100 * (y - 1), 100 * e, fmt=mark, color=color, **dots)
    close.set(xlabel="step size ε", ylabel="off by (%), bars: ±1 standard error", ylim=(-1.1, 1.1), xlim=(-0.08, 1.6))
    close.set_title("off from formula (ULA) and T (MALA)")
    last = int(np.argmax(step_sizes))
    fig.suptitle(
        f"At ε = {step_sizes[last]:g} the variance is {variance[last]:.3f} ± {error[last]:.3f} by ULA, "
        f"{adjusted[last]:.3f} ± {adjusted_error[last]:.3f} by MALA; the truth is {temperature:g}",
        x=0.01, ha="left", fontsize=11,
    )  # fmt: skip
    return finish(fig)


def mala_scan(scans: Mapping[int, tuple[object, object, object]]) -> Figure:
    """Acceptance and mean squared jump of MALA against the step size, for Gaussians of several dimensions.

    Args:
        scans: dimension -> (step sizes, acceptance, mean squared jump of one coordinate), each of shape (n,).

    Returns:
        The figure; its title says at which acceptance the jumps are longest.
    """
    fig, (left, right) = plt.subplots(1, 2, figsize=(9.6, 3.5))
    best = {}
    for (dim, columns), color, mark in zip(scans.items(), (COLORS["blue"], COLORS["red"]), "os", strict=False):
        step_sizes, acceptance, jump = (to_numpy(c) for c in columns)
        name = f"{dim} dimension{'s' if dim > 1 else ''}"
        best[name] = acceptance[int(np.argmax(jump))]
        left.semilogx(step_sizes, acceptance, mark + "-", color=color, markersize=5, label=name)
        right.plot(acceptance, jump / jump.max(), mark + "-", color=color, markersize=5, label=name)
    left.set(xlabel="step size ε", ylabel="acceptance", ylim=(0, 1.03), title="larger steps are refused more often")
    right.axvline(BEST_ACCEPTANCE, color=COLORS["grey"], linestyle="--", linewidth=1.2)
    right.annotate(f"{BEST_ACCEPTANCE}", (BEST_ACCEPTANCE, 0.03), xytext=(3, 0), textcoords="offset points", fontsize=9)
    right.set(xlabel="acceptance", ylabel="mean squared jump / its largest", xlim=(0, 1.03), ylim=(0, 1.07))
    right.set_title("neither extreme is good")
    left.legend(loc="lower left")
    found = " and ".join(f"{value:.2f} in {name}" for name, value in best.items())
    fig.suptitle(f"MALA jumps farthest at an acceptance of {found}", x=0.01, ha="left", fontsize=11)
    return finish(fig)


def path_on_contour(points, energy, path, *, title: str, every: int = 12) -> Figure:
    """One chain's way over the contour of an energy: arrows, coloured by time.

    Args:
        points: grid, shape (n, n, 2).
        energy: shape (n, n).
        path: states in order of time, shape (n_steps, 2).
        title: the finding.
        every: steps that one arrow spans.

    Returns:
        The figure.
    """
    points, energy, path = to_numpy(points), to_numpy(energy), to_numpy(path)
    fig, ax = plt.subplots(figsize=(6.6, 3.2))
    levels = energy.min() + np.linspace(0, 1, 11) ** 2 * 12
    shape = ax.contour(points[..., 0], points[..., 1], energy, levels=levels, cmap="Greys_r", linewidths=0.8)
    shape.set_alpha(0.75)
    knots = path[::every]
    step = np.diff(knots, axis=0)
    time = np.arange(len(step)) * every
    arrows = ax.quiver(
        *knots[:-1].T, *step.T, time, cmap=TIME_CMAP, angles="xy", scale_units="xy", scale=1, width=0.0032,
        headwidth=4.5, headlength=5,
    )  # fmt: skip
    fig.colorbar(arrows, ax=ax, label="step", ticks=MaxNLocator(5))
    ax.plot(*path[0], "o", color=COLORS["green"], markersize=10, label="start", **WHITE_EDGE)
    ax.plot(*path[-1], "X", color=COLORS["black"], markersize=11, label="end", **WHITE_EDGE)
    ax.legend(loc="upper center", ncols=2)
    ax.set(xlabel="x₁", ylabel="x₂", title=title)
    ax.set(xlim=(points[..., 0].min(), points[..., 0].max()), ylim=(points[..., 1].min(), points[..., 1].max()))
    return finish(fig)


def burn_in_and_memory(traces, exact_mean, burn_in: int, lags: Mapping[str, tuple[object, object]]) -> Figure:
    """Energies of chains that start far out, and autocorrelations, each beside the exact curve.

    Args:
        traces: energies, shape (n_steps, n_chains).
        exact_mean: exact mean energy after each step, shape (n_steps,).
        burn_in: steps to throw away.
        lags: label -> (measured autocorrelation, exact one), each of shape (n_lags,), from lag 0 on.

    Returns:
        The figure.
    """
    traces, exact_mean = to_numpy(traces), to_numpy(exact_mean)
    steps = np.arange(1, len(traces) + 1)
    fig, (left, right) = plt.subplots(1, 2, figsize=(8.8, 3.1))
    left.axvspan(0, burn_in, color=COLORS["orange"], alpha=0.18, linewidth=0)
    left.semilogy(steps[::3], traces[::3, :2], color=COLORS["grey"], linewidth=0.8)
    left.semilogy(steps, traces.mean(1), color=ENERGY_COLOR, label=f"mean of {traces.shape[1]:,} chains")
    left.semilogy(steps, exact_mean, color=COLORS["black"], linestyle="--", linewidth=1.2, label="exact mean")
    left.set(xlabel="step", ylabel="energy E", ylim=(3e-3, 1.5 * traces.max()), xlim=(0, len(steps)))
    left.set_title(f"burn-in: {burn_in} steps (shaded); grey: two single chains")
    left.legend(loc="upper right")
    for (label, (measured, exact)), color in zip(lags.items(), COLORS.values(), strict=False):
        measured, exact = to_numpy(measured), to_numpy(exact)
        lag = np.arange(len(measured))
        some = slice(None, None, max(1, len(lag) // 25))
        right.plot(lag, exact, color=color, linewidth=1.3)
        right.plot(lag[some], measured[some], "o", color=color, markersize=4, label=label)
    right.axhline(0, color=COLORS["grey"], linewidth=0.8)
    right.set(xlabel="lag (steps)", ylabel="autocorrelation of x")
    right.set_title("memory: measured (dots) and exact (lines)")
    right.legend(loc="upper right")
    start, end = traces[0].mean(), exact_mean[-1]
    fig.suptitle(
        f"The mean energy falls from {start:.0f} to {end:.2f}; after that, small steps still remember for long",
        x=0.01, ha="left", fontsize=11,
    )  # fmt: skip
    return finish(fig)


def sample_maps(panels: Sequence[tuple[str, object, object, object]], *, title: str) -> Figure:
    """Two-dimensional histograms of samples beside the exact densities, on the same colour scale.

    Args:
        panels: (name, grid of shape (n, n, 2), exact density of shape (n, n), samples of shape (m, 2)).
        title: the finding.

    Returns:
        The figure, one column of two pictures for each panel.
    """
    fig, axes = plt.subplots(len(panels), 2, figsize=(6.6, 3.0 * len(panels)), squeeze=False)
    for row, (name, points, density, samples) in zip(axes, panels, strict=True):
        points, density, samples = to_numpy(points), to_numpy(density), to_numpy(samples)
        x, y = points[:, 0, 0], points[0, :, 1]
        edges = np.linspace(x[0], x[-1], 51), np.linspace(y[0], y[-1], 51)
        counts, *_ = np.histogram2d(*samples.T, bins=edges)
        counts /= len(samples) * np.diff(edges[0])[0] * np.diff(edges[1])[0]
        look = {"cmap": PROBABILITY_CMAP, "vmin": 0, "vmax": density.max(), "rasterized": True}
        row[0].pcolormesh(*edges, counts.T, **look)
        image = row[1].pcolormesh(x, y, density.T, **look)
        fig.colorbar(image, ax=row, label="density p", shrink=0.9, ticks=MaxNLocator(5))
        for ax, what in zip(row, (f"{len(samples):,} samples", "exact"), strict=True):
            ax.set(xlabel="x₁", ylabel="x₂", title=what)
            ax.set_aspect("equal")
        row[0].set_ylabel(f"{name}\nx₂")
    fig.suptitle(title, x=0.01, ha="left", fontsize=11)
    return finish(fig)


def chains_on_contour(points, energy, panels: Mapping[str, object], *, title: str) -> Figure:
    """A few chains on the same landscape, with starts and ends marked; one picture for each run.

    Args:
        points: grid, shape (n, n, 2).
        energy: shape (n, n).
        panels: title of the picture -> trajectories, the initial states first, shape (n_kept, n_chains, 2).
        title: the finding.

    Returns:
        The figure.
    """
    points, energy = to_numpy(points), to_numpy(energy)
    colors = [COLORS[name] for name in ("orange", "red", "sky", "purple", "green")]
    fig, axes = plt.subplots(1, len(panels), figsize=(3.8 * len(panels), 4.1), sharey=True, squeeze=False)
    for ax, (name, paths) in zip(axes[0], panels.items(), strict=True):
        # Few levels without soft edges: a picture that compresses well.
        look = {"levels": 5, "cmap": "Greys_r", "alpha": 0.75, "antialiased": False}
        filled = ax.contourf(points[..., 0], points[..., 1], energy, **look)
        for path, color in zip(np.moveaxis(to_numpy(paths), 1, 0), colors, strict=False):
            segments = np.stack([path[:-1], path[1:]], axis=1)
            ax.add_collection(LineCollection(segments, colors=color, linewidths=0.7, alpha=0.8))
            ax.plot(*path[0], "o", color=color, markersize=7, **WHITE_EDGE)
            ax.plot(*path[-1], "X", color=color, markersize=8, **WHITE_EDGE)
        ax.set(xlabel="x₁", title=name)
        ax.set_aspect("equal")
        ax.set(xlim=(points[..., 0].min(), points[..., 0].max()), ylim=(points[..., 1].min(), points[..., 1].max()))
    axes[0, 0].set_ylabel("x₂")
    axes[0, 0].plot([], [], "o", color=COLORS["black"], label="start", **WHITE_EDGE)
    axes[0, 0].plot([], [], "X", color=COLORS["black"], label="end", **WHITE_EDGE)
    axes[0, 0].legend(loc="upper left", ncols=2, frameon=True, framealpha=0.85)
    fig.colorbar(filled, ax=axes[0], label="energy E", shrink=0.85, ticks=MaxNLocator(6))
    fig.suptitle(title, x=0.01, ha="left", fontsize=11)
    return finish(fig)


def occupation(names: Sequence[str], exact, measured: Mapping[str, tuple[object, object]], *, title: str) -> Figure:
    """Probabilities of a few regions: exact ones as black lines, measured ones with their errors.

    Args:
        names: the regions.
        exact: shape (n,).
        measured: label -> (probabilities, one standard error of each), each of shape (n,).
        title: the finding.

    Returns:
        The figure.
    """
    exact, at = to_numpy(exact), np.arange(len(names))
    fig, ax = plt.subplots(figsize=(7.8, 3.5))
    width = 0.8 / len(measured)
    for i, ((label, (value, error)), color) in enumerate(zip(measured.items(), COLORS.values(), strict=False)):
        place = at + (i - (len(measured) - 1) / 2) * width
        ax.bar(place, to_numpy(value), 0.9 * width, color=color, alpha=0.7, label=label)
        ax.errorbar(place, to_numpy(value), to_numpy(error), fmt="none", color=COLORS["black"], capsize=3, lw=1.2)
    ax.hlines(exact, at - 0.46, at + 0.46, color=COLORS["black"], linestyle="--", linewidth=1.6, label="exact")
    ax.set_xticks(at, names)
    ax.set(ylabel="probability", title=title, ylim=(0, None))
    ax.legend(loc="best", title="bars: ±1 standard error", title_fontsize=9)
    return finish(fig)


def traces(panels: Mapping[str, object], *, title: str, ylabel: str = "x") -> Figure:
    """Traces of a few chains, one panel for each set of chains; as dots; of long ones some 300 states are drawn.

    Args:
        panels: title of the panel -> trajectories, shape (n_kept, n_chains).
        title: the finding.
        ylabel: what is traced.

    Returns:
        The figure.
    """
    fig, axes = plt.subplots(1, len(panels), figsize=(3.3 * len(panels), 2.7), sharey=True, squeeze=False)
    colors = [COLORS[name] for name in ("blue", "orange", "green", "purple", "red")]
    for ax, (name, chains) in zip(axes[0], panels.items(), strict=True):
        chains = to_numpy(chains)
        shown = np.arange(0, len(chains), max(1, len(chains) // 300))
        for chain, color in zip(chains.T, colors, strict=False):
            ax.plot(shown + 1, chain[shown], ".", color=color, markersize=3, markeredgewidth=0)
        ax.set(xlabel="step", title=name)
    axes[0, 0].set_ylabel(ylabel)
    fig.suptitle(title, x=0.01, ha="left", fontsize=11)
    return finish(fig)


def masses(names: Sequence[str], values, errors, exact: float, *, xlabel: str, title: str) -> Figure:
    """Estimates of one probability by several methods, with their errors, against the exact value.

    Args:
        names: the methods.
        values: shape (n,).
        errors: one standard error of each, shape (n,).
        exact: the exact value.
        xlabel: what is estimated.
        title: the finding.

    Returns:
        The figure.
    """
    values, errors = to_numpy(values), to_numpy(errors)
    at = np.arange(len(names))[::-1]
    fig, ax = plt.subplots(figsize=(8, 0.42 * len(names) + 1.3))
    ax.axvline(exact, color=COLORS["black"], linestyle="--", linewidth=1.3)
    ax.annotate(f"exact {exact:.4f}", (exact, 1), xycoords=("data", "axes fraction"), xytext=(-4, -9),
                textcoords="offset points", fontsize=9, ha="right")  # fmt: skip
    right = np.abs(values - exact) < 3 * errors
    for part, color in ((right, COLORS["blue"]), (~right, COLORS["red"])):
        ax.errorbar(values[part], at[part], xerr=errors[part], fmt="o", color=color, capsize=3, markersize=6)
    ax.set_yticks(at, names)
    ax.set(xlabel=f"{xlabel} (bars: ±1 standard error)", ylim=(-0.6, len(names) - 0.1))
    ax.margins(x=0.08)
    fig.suptitle(title, x=0.01, ha="left", fontsize=11)
    return finish(fig)


def kramers(barriers, temperatures, time, error, exact, law, slope: tuple[float, float], fitted_from: float) -> Figure:
    """Mean escape times of double wells: a grid of barrier and temperature, and all of it against barrier / T.

    Args:
        barriers: shape (m,).
        temperatures: shape (n,).
        time: measured mean escape time, shape (m, n).
        error: one standard error, shape (m, n).
        exact: by quadrature, shape (m, n).
        law: by Kramers' law, shape (m, n).
        slope: fitted slope of log time against barrier / T, and its standard error.
        fitted_from: smallest barrier / T that was fitted.

    Returns:
        The figure.
    """
    barriers, temperatures, time, error, exact, law = (
        to_numpy(a) for a in (barriers, temperatures, time, error, exact, law)
    )
    fig, (left, right) = plt.subplots(1, 2, figsize=(9.4, 3.8), width_ratios=(1, 1.2))
    image = left.imshow(np.log10(time), cmap=ENERGY_CMAP, aspect="auto", origin="lower")
    middle = np.log10(time).mean()
    for i, j in np.ndindex(time.shape):
        color = "white" if np.log10(time[i, j]) < middle else "black"
        digits = max(0, 2 - int(np.floor(np.log10(time[i, j]))))
        words = f"{time[i, j]:.{digits}f}\n± {error[i, j]:.{digits}f}"
        left.text(j, i, words, ha="center", va="center", color=color, fontsize=9)
    left.set_xticks(range(len(temperatures)), [f"{t:g}" for t in temperatures])
    left.set_yticks(range(len(barriers)), [f"{b:g}" for b in barriers])
    left.set(xlabel="temperature T", ylabel="barrier ΔE", title="mean escape time, measured")
    fig.colorbar(image, ax=left, label="log₁₀ of the time")
    ratio = (barriers[:, None] / temperatures).ravel()
    scaled = [(values / (law / np.exp(barriers[:, None] / temperatures))).ravel() for values in (time, error, exact)]
    order = np.argsort(ratio)
    line = np.linspace(0, ratio.max() + 0.3, 50)
    right.semilogy(line, np.exp(line), color=COLORS["grey"], linestyle="--", label="Kramers' law, slope 1")
    right.semilogy(ratio[order], scaled[2][order], color=COLORS["black"], linewidth=1.2, label="exact (quadrature)")
    marks = zip(range(len(barriers)), COLORS.values(), "os^Dv", strict=False)
    for i, color, mark in marks:
        row = slice(i * len(temperatures), (i + 1) * len(temperatures))
        right.errorbar(
            ratio[row], scaled[0][row], scaled[1][row], fmt=mark, color=color, markersize=6, capsize=2,
            label=f"ΔE = {barriers[i]:g}",
        )  # fmt: skip
    right.axvspan(fitted_from - 0.1, line[-1], color=COLORS["orange"], alpha=0.15, linewidth=0)
    right.set(xlabel="ΔE / T", ylabel="time / Kramers' prefactor", xlim=(0, line[-1]))
    right.set_title("all of it on one curve (shaded: fitted)")
    right.legend(loc="upper left", title="bars: ±1 standard error", title_fontsize=9)
    fig.suptitle(
        f"log(time) rises with ΔE/T with slope {slope[0]:.3f} ± {slope[1]:.3f}; Kramers' law says 1",
        x=0.01, ha="left", fontsize=11,
    )  # fmt: skip
    return finish(fig)
