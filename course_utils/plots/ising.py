"""Figures of lesson 07: colourings, stationary distributions, growing domains, critical slowing down, hysteresis."""

from collections.abc import Mapping, Sequence

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import LogLocator

from .lattice import BARS, MARKS, SERIES, legend_of_all, loop_panels, mark_transition
from .style import COLORS, finish, to_numpy


def colourings(colours: Sequence, *, titles: Sequence[str], title: str) -> Figure:
    """Colourings of periodic lattices, with every bond between two spins of the same colour in red.

    Args:
        colours: for each lattice True or False per spin, shape (rows, cols). Bonds that wrap round are drawn as stubs.
        titles: one for each.
        title: the finding.

    Returns:
        The figure.
    """
    fig, axes = plt.subplots(1, len(colours), figsize=(3.6 * len(colours) + 1.6, 3.7), squeeze=False)
    good, bad = {"color": "0.7", "linewidth": 1.2}, {"color": COLORS["red"], "linewidth": 3.0}
    for ax, board, name in zip(axes.flat, colours, titles, strict=True):
        board = to_numpy(board)
        rows, cols = board.shape
        for i in range(rows):
            for j in range(cols):
                for di, dj in ((1, 0), (0, 1)):
                    same = board[i, j] == board[(i + di) % rows, (j + dj) % cols]
                    look = bad if same else good
                    wraps = i + di == rows or j + dj == cols
                    length = 0.5 if wraps else 1.0
                    ax.plot([j, j + length * dj], [i, i + length * di], zorder=1, **look)
                    if wraps:
                        end = ((i + di) % rows, (j + dj) % cols)
                        ax.plot([end[1], end[1] - length * dj], [end[0], end[0] - length * di], zorder=1, **look)
        i, j = np.indices(board.shape)
        face = np.where(board.ravel(), COLORS["black"], "white")
        ax.scatter(j.ravel(), i.ravel(), s=110, c=face, edgecolors="black", linewidths=1.2, zorder=2)
        ax.set_title(name, fontsize=10)
        ax.set_aspect("equal")
        ax.set_axis_off()
    handles = [Line2D([], [], label="bond", **good), Line2D([], [], label="bond between\nequal colours", **bad)]
    fig.legend(handles=handles, loc="outside right center")
    fig.suptitle(title, x=0.01, ha="left", fontsize=11)
    return finish(fig)


def stationary(states, energy, distributions: Mapping[str, object], *, title: str) -> Figure:
    """Probabilities of all states of a small system, one bar for each state and way of updating.

    Args:
        states: shape (n_states, n), of -1 and +1.
        energy: of each state, shape (n_states,); states are sorted by it.
        distributions: name -> probabilities, shape (n_states,).
        title: the finding.

    Returns:
        The figure.
    """
    states, energy = to_numpy(states), to_numpy(energy)
    order = np.argsort(energy, kind="stable")
    fig, ax = plt.subplots(figsize=(9.2, 3.4))
    width, x = 0.8 / len(distributions), np.arange(len(order))
    for k, ((name, p), color) in enumerate(zip(distributions.items(), SERIES, strict=False)):
        ax.bar(x + (k + 0.5) * width - 0.4, to_numpy(p)[order], width, color=color, label=name)
    signs = ["".join("+" if s > 0 else "−" for s in row) for row in states[order]]
    ax.set_xticks(x, [f"{word[:2]}\n{word[2:]}" for word in signs], family="monospace", fontsize=10)
    levels, starts = np.unique(energy[order], return_index=True)
    ends = [*starts[1:], len(order)]
    for level, start, end in zip(levels, starts, ends, strict=True):
        middle = (start + end - 1) / 2
        ax.annotate(f"E = {level:g}", (middle, 0.93), xycoords=("data", "axes fraction"), ha="center", fontsize=9)
        if start:
            ax.axvline(start - 0.5, color=COLORS["grey"], linewidth=0.8)
    ax.set(xlabel="state (two rows of two spins), sorted by energy", ylabel="probability", title=title)
    ax.set_ylim(0, 1.25 * max(float(to_numpy(p).max()) for p in distributions.values()))
    ax.legend(loc="upper center", bbox_to_anchor=(0.5, 0.9))
    return finish(fig)


def domain_growth(times, length, error, fitted: slice, law: tuple[float, float], *, title: str) -> Figure:
    """Size of the domains after a quench against time, on logarithmic axes.

    Args:
        times: sweeps since the quench, shape (n,).
        length: shape (n,), in lattice spacings.
        error: one standard error of each.
        fitted: which of the times were fitted.
        law: exponent and prefactor of the fit.
        title: the finding.

    Returns:
        The figure.
    """
    times, length, error = (to_numpy(a) for a in (times, length, error))
    fig, ax = plt.subplots(figsize=(6.4, 3.6))
    ax.errorbar(
        times, length, error, fmt="o", color=COLORS["blue"], markersize=5, capsize=3, label=f"measured ({BARS})"
    )
    span = times[fitted]
    ax.plot(span, law[1] * span ** law[0], color=COLORS["red"], label=f"fit: exponent {law[0]:.2f}")
    half = length[-1] * 1.6 * np.sqrt(times / times[-1])
    ax.plot(times, half, color=COLORS["grey"], linestyle="--", linewidth=1.2, label="slope 1/2")
    ax.set(xscale="log", yscale="log", xlabel="time t since the quench (sweeps)", ylabel="domain size ℓ (spacings)")
    ax.set_title(title)
    ax.legend(loc="upper left")
    return finish(fig)


def slowing_down(sizes, time, error, law: tuple[float, float], *, title: str) -> Figure:
    """Autocorrelation time at the critical point against the size of the lattice, on logarithmic axes.

    Args:
        sizes: L, shape (n,).
        time: integrated autocorrelation time in sweeps, shape (n,).
        error: one standard error of each.
        law: exponent and prefactor of the fit.
        title: the finding.

    Returns:
        The figure.
    """
    sizes, time, error = (to_numpy(a) for a in (sizes, time, error))
    fig, ax = plt.subplots(figsize=(6.0, 3.6))
    ax.errorbar(sizes, time, error, fmt="o", color=COLORS["blue"], markersize=5, capsize=3, label=f"measured ({BARS})")
    ax.plot(sizes, law[1] * sizes ** law[0], color=COLORS["red"], label=f"fit: exponent {law[0]:.2f}")
    ax.set(xscale="log", yscale="log", xlabel="side of the lattice L (spins)", ylabel="τ of |m| (sweeps)")
    ax.set_xticks(sizes, [str(size) for size in sizes])
    ax.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    ax.yaxis.set_major_formatter("{x:g}")
    ax.minorticks_off()
    ax.set_title(title)
    ax.legend(loc="upper left")
    return finish(fig)


def binder_curves(
    temperatures, cumulants: Mapping[str, tuple], found: tuple[float, float], exact: float, *, title: str
) -> Figure:
    """Binder's cumulant against temperature for several sizes, with the crossing and the exact critical temperature.

    Args:
        temperatures: shape (n,).
        cumulants: name of a size -> (values, standard errors), each of shape (n,).
        found: the crossing and its error.
        exact: critical temperature.
        title: the finding.

    Returns:
        The figure.
    """
    temperatures = to_numpy(temperatures)
    fig, ax = plt.subplots(figsize=(6.4, 3.6))
    for (name, (value, error)), color, mark in zip(cumulants.items(), SERIES, MARKS, strict=False):
        look = {"fmt": mark + "-", "markersize": 5, "capsize": 3, "linewidth": 1.2}
        ax.errorbar(temperatures, to_numpy(value), to_numpy(error), color=color, label=name, **look)
    ax.axvspan(found[0] - found[1], found[0] + found[1], color=COLORS["orange"], alpha=0.3, linewidth=0)
    ax.axvline(found[0], color=COLORS["orange"], linewidth=1.2, label=f"crossing {found[0]:.3f} ± {found[1]:.3f}")
    mark_transition(ax, exact, f"exact T_c = {exact:.4f}")
    ax.set(xlabel="temperature T (J / k_B)", ylabel=f"Binder cumulant U\n{BARS}", title=title)
    ax.legend(loc="lower left")
    return finish(fig)


def field_loops(loops: Mapping[str, Mapping[str, tuple]], *, title: str) -> Figure:
    """Magnetisation while a field goes down and up again.

    Args:
        loops: panel, such as a temperature -> name, such as a speed -> (fields, magnetisations), in the order in which
            they were visited.
        title: the finding.

    Returns:
        The figure.
    """
    fig, axes = loop_panels(loops, 3.4, arrows=(0.2, 0.7))
    for ax in axes:
        ax.axhline(0, color=COLORS["grey"], linewidth=0.6)
        ax.axvline(0, color=COLORS["grey"], linewidth=0.6)
        ax.set(xlabel="field h (J)", xticks=[-1, -0.5, 0, 0.5, 1])
    axes[0].set_ylabel("magnetisation m")
    legend_of_all(fig)
    fig.suptitle(title, x=0.01, ha="left", fontsize=11)
    return finish(fig)
