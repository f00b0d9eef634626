"""Energies and their Boltzmann densities in one and two dimensions."""

from collections.abc import Mapping, Sequence

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from .style import COLORS, ENERGY_CMAP, ENERGY_COLOR, PROBABILITY_CMAP, PROBABILITY_COLOR, finish, to_numpy

ENERGY_LABEL = "energy E (units of $k_BT$ at $T=1$)"


def ball(x, energy, position: float, *, title: str) -> Figure:
    """A ball that is kicked about on a one-dimensional landscape.

    Args:
        x: positions, shape (n,).
        energy: energy at the positions, shape (n,).
        position: where the ball is drawn.
        title: the question that the picture asks.

    Returns:
        The figure.
    """
    x, energy = to_numpy(x), to_numpy(energy)
    fig, ax = plt.subplots(figsize=(7, 3.2))
    height = float(np.ptp(energy))
    at = float(np.interp(position, x, energy)) + 0.045 * height
    ax.fill_between(x, energy, energy.min() - 0.12 * height, color=ENERGY_COLOR, alpha=0.12, linewidth=0)
    ax.plot(x, energy, color=ENERGY_COLOR)
    ax.plot(position, at, "o", color=COLORS["red"], markersize=15)
    for step in (-0.38, 0.38):
        kick = {"arrowstyle": "->", "color": COLORS["red"], "linewidth": 1.6}
        ax.annotate("", (position + step, at + 0.13 * height), (position, at + 0.13 * height), arrowprops=kick)
    ax.set(xlabel="position x", ylabel="energy E", title=title, xlim=(x[0], x[-1]))
    ax.set_ylim(energy.min() - 0.12 * height, energy.max())
    return finish(fig)


def photographs(x, energy, samples: Mapping[float, object], *, title: str) -> Figure:
    """Where photographs find the ball: one panel for each temperature; its title counts those with x < 0.

    Args:
        x: positions, shape (n,).
        energy: energy at the positions, shape (n,).
        samples: temperature -> sampled positions, shape (m,).
        title: the finding.

    Returns:
        The figure.
    """
    x, energy = to_numpy(x), to_numpy(energy)
    fig, axes = plt.subplots(1, len(samples), figsize=(9.5, 3.1), sharey=True)
    for ax, (temperature, found) in zip(np.atleast_1d(axes), samples.items(), strict=True):
        found = to_numpy(found)
        ax.plot(x, energy, color=ENERGY_COLOR)
        ax.plot(
            found, np.interp(found, x, energy), "o", color=COLORS["red"], alpha=0.15, markersize=6, markeredgewidth=0
        )
        ax.set(xlabel="position x", title=f"T = {temperature:g}: {(found < 0).sum()} of {len(found)} on the left")
        ax.set(xlim=(x[0], x[-1]), ylim=(energy.min() - 0.05 * np.ptp(energy), energy.max()))
    np.atleast_1d(axes)[0].set_ylabel("energy E")
    fig.suptitle(title, x=0.01, ha="left", fontsize=11)
    return finish(fig)


def states(energy, probability, *, title: str) -> Figure:
    """Bars of energy and of probability for a few states, side by side.

    Args:
        energy: energies, shape (n,).
        probability: probabilities, shape (n,).
        title: the finding.

    Returns:
        The figure.
    """
    energy, probability = to_numpy(energy), to_numpy(probability)
    names = [f"state {i + 1}" for i in range(len(energy))]
    fig, (left, right) = plt.subplots(1, 2, figsize=(7.5, 3))
    for ax, values, color, label, form in (
        (left, energy, ENERGY_COLOR, "energy E", "{:g}"),
        (right, probability, PROBABILITY_COLOR, "probability p", "{:.3f}"),
    ):
        bars = ax.bar(names, values, color=color, width=0.6)
        ax.bar_label(bars, [form.format(v) for v in values], padding=2)
        ax.set(ylabel=label)
        ax.margins(y=0.15)
    fig.suptitle(title, x=0.01, ha="left", fontsize=11)
    return finish(fig)


def probabilities_against_temperature(temperatures, probability, labels: Sequence[str], *, title: str) -> Figure:
    """Probabilities of a few states as the temperature goes from cold to hot (log axis).

    Args:
        temperatures: shape (k,).
        probability: shape (k, n).
        labels: n names.
        title: the finding.

    Returns:
        The figure.
    """
    probability = to_numpy(probability)
    fig, ax = plt.subplots(figsize=(7, 3.6))
    for column, label, color in zip(probability.T, labels, COLORS.values(), strict=False):
        ax.semilogx(to_numpy(temperatures), column, color=color, label=label)
    ax.axhline(1 / len(labels), color=COLORS["grey"], linestyle=":", linewidth=1.2)
    ax.annotate(
        f"1/{len(labels)}", (float(temperatures[0]), 1 / len(labels)), xytext=(2, 3), textcoords="offset points",
        color=COLORS["grey"], fontsize=9,
    )  # fmt: skip
    ax.set(xlabel="temperature T", ylabel="probability p", title=title, ylim=(-0.02, 1.02))
    ax.legend(loc="upper right")
    return finish(fig)


def draw_energy_and_density(ax: Axes, x, energy, density, minima=(), *, energy_top: float | None = None) -> Axes:
    """Draw E on an axis and p on its twin, with the minima of E marked.

    Args:
        ax: the axis for the energy.
        x: positions, shape (n,).
        energy: energy at the positions, shape (n,).
        density: density at the positions, shape (n,).
        minima: positions of the minima, the global one first.
        energy_top: upper end of the energy axis; the highest energy shown if None.

    Returns:
        The twin axis, for the density.
    """
    x, energy, density = to_numpy(x), to_numpy(energy), to_numpy(density)
    minima = np.atleast_1d(to_numpy(minima)).ravel()
    low = float(energy.min())
    top = float(energy.max()) if energy_top is None else energy_top
    twin = ax.twinx()
    twin.fill_between(x, density, color=PROBABILITY_COLOR, alpha=0.25, linewidth=0)
    twin.plot(x, density, color=PROBABILITY_COLOR, linewidth=1.2)
    ax.plot(x, energy, color=ENERGY_COLOR)
    ax.plot(minima, np.interp(minima, x, energy), "v", color=COLORS["black"], markersize=7, clip_on=False)
    # The density fills the lower 80 % of its axis and the energy starts a little above the bottom,
    # so that the two curves can be told apart where both are large.
    ax.set_ylim(low - 0.08 * (top - low), top)
    twin.set_ylim(0, 1.25 * float(density.max()))
    ax.set(xlabel="x", xlim=(x[0], x[-1]))
    ax.set_ylabel("energy E", color=ENERGY_COLOR)
    twin.set_ylabel("density p", color=PROBABILITY_COLOR)
    twin.spines["right"].set_visible(True)
    ax.set_zorder(twin.get_zorder() + 1)
    ax.patch.set_visible(False)
    return twin


def landscapes(panels: Sequence[tuple[str, object, object, object, object]], *, title: str, top: float = 6.0) -> Figure:
    """One panel for each landscape: energy and density on twin axes, minima marked with triangles.

    Args:
        panels: (name, x, energy, density, minima) for each landscape.
        title: the finding.
        top: highest energy shown above the lowest.

    Returns:
        The figure.
    """
    fig, axes = plt.subplots(1, len(panels), figsize=(3.6 * len(panels), 3.3))
    for ax, (name, x, energy, density, minima) in zip(np.atleast_1d(axes), panels, strict=True):
        energy = to_numpy(energy)
        draw_energy_and_density(ax, x, energy, density, minima, energy_top=float(energy.min()) + top)
        ax.set_title(name)
    fig.get_layout_engine().set(wspace=0.08)
    fig.suptitle(title, x=0.01, ha="left", fontsize=11)
    return finish(fig)


def densities(x, energy, density: Mapping[float, object], *, title: str, top: float | None = None) -> Figure:
    """One energy (grey, left axis) and its density at several temperatures, from cold (dark) to hot (light).

    Args:
        x: positions, shape (n,).
        energy: energy at the positions, shape (n,).
        density: temperature -> density, shape (n,).
        title: the finding.
        top: highest energy shown above the lowest.

    Returns:
        The figure.
    """
    x, energy = to_numpy(x), to_numpy(energy)
    fig, ax = plt.subplots(figsize=(7.5, 3.8))
    twin = ax.twinx()
    ax.plot(x, energy, color=COLORS["grey"], linestyle="--", linewidth=1.3)
    shades = plt.get_cmap("plasma")(np.linspace(0.0, 0.85, len(density)))
    for (temperature, p), shade in zip(density.items(), shades, strict=True):
        twin.plot(x, to_numpy(p), color=shade, label=f"T = {temperature:g}")
    if top is not None:
        ax.set_ylim(energy.min() - 0.05 * top, energy.min() + top)
    ax.set(xlabel="x", title=title, xlim=(x[0], x[-1]))
    ax.set_ylabel("energy E (dashed)", color=COLORS["grey"])
    twin.set_ylabel("density p (solid)")
    twin.set_ylim(bottom=0)
    twin.spines["right"].set_visible(True)
    fig.legend(*twin.get_legend_handles_labels(), loc="outside right center")
    return finish(fig)


def thermodynamics_curves(results: Sequence, *, title: str) -> Figure:
    """U and F, S, and the heat capacity beside the slope of U, against temperature.

    Args:
        results: `boltzmann.Thermodynamics`, in order of temperature.
        title: the finding.

    Returns:
        The figure.
    """
    t, u, s, f, c = (
        np.array([getattr(r, name) for r in results])
        for name in ("temperature", "mean_energy", "entropy", "free_energy", "heat_capacity")
    )
    fig, (left, middle, right) = plt.subplots(1, 3, figsize=(10.5, 3.3))
    left.plot(t, u, color=ENERGY_COLOR, label="mean energy U")
    left.plot(t, f, color=COLORS["green"], label="free energy F")
    left.plot(t[::6], (u - t * s)[::6], "o", color=COLORS["green"], markersize=5, fillstyle="none", label="U − T S")
    left.legend(loc="best")
    left.set(ylabel="energy", title="F = U − T S")
    middle.plot(t, s, color=COLORS["purple"])
    middle.set(ylabel="entropy S (nats)", title="entropy grows with T")
    right.plot(t, c, color=COLORS["red"], label="Var(E) / T²")
    right.plot(
        t[::3], np.gradient(u, t)[::3], "o", color=COLORS["black"], markersize=4, fillstyle="none", label="dU/dT"
    )
    right.legend(loc="best")
    right.set(ylabel="heat capacity C", title="two ways to the same C")
    for ax in (left, middle, right):
        ax.set(xlabel="temperature T")
    fig.suptitle(title, x=0.01, ha="left", fontsize=11)
    return finish(fig)


def landscape_2d(points, energy, density, minima, *, title: str, log: bool = False) -> Figure:
    """A two-dimensional energy as a contour and as a surface, and its density.

    Args:
        points: grid, shape (n, n, 2), as from `boltzmann.grid_2d`.
        energy: shape (n, n).
        density: shape (n, n).
        minima: shape (m, 2), the global minimum first.
        title: the finding.
        log: show log₁₀(1 + E - lowest E) instead of E, for energies that span many powers of ten.

    Returns:
        The figure.
    """
    points, energy, density = to_numpy(points), to_numpy(energy), to_numpy(density)
    x, y = points[..., 0], points[..., 1]
    shown = np.log10(1 + energy - energy.min()) if log else energy
    label = "log₁₀(1 + E)" if log else "energy E"
    fig = plt.figure(figsize=(11, 3.4))
    flat, solid, prob = (fig.add_subplot(1, 3, i, projection="3d" if i == 2 else None) for i in (1, 2, 3))
    filled = flat.contourf(x, y, shown, levels=20, cmap=ENERGY_CMAP)
    fig.colorbar(filled, ax=flat, label=label, shrink=0.9, ticks=MaxNLocator(5))
    mark_minima(flat, minima)
    solid.plot_surface(x, y, shown, cmap=ENERGY_CMAP, rcount=70, ccount=70, linewidth=0, antialiased=False)
    solid.view_init(elev=42, azim=-60)
    solid.set(xlabel="x₁", ylabel="x₂", title=f"surface, height = {label}")
    solid.tick_params(labelsize=7, pad=-2)
    filled = prob.pcolormesh(x, y, density, cmap=PROBABILITY_CMAP, shading="auto", rasterized=True)
    fig.colorbar(filled, ax=prob, label="density p", shrink=0.9, ticks=MaxNLocator(5))
    for ax, name in ((flat, "contour"), (prob, "density")):
        ax.set(xlabel="x₁", ylabel="x₂", title=name)
    fig.suptitle(title, x=0.01, ha="left", fontsize=11)
    return finish(fig)


def mark_minima(ax: Axes, minima, *, color: str = "white") -> None:
    """Mark the global minimum (the first) with a star and the others with small triangles."""
    minima = np.atleast_2d(to_numpy(minima))
    ax.plot(*minima[1:].T, "v", color=color, markersize=5, markeredgecolor="black", linestyle="none")
    ax.plot(*minima[0], "*", color=color, markersize=14, markeredgecolor="black", linestyle="none")


def energy_and_data(points, panels: Sequence[tuple[str, object]], data, *, title: str) -> Figure:
    """Energies over the same plane, each with the data on top.

    Args:
        points: grid, shape (n, n, 2).
        panels: (name, energy of shape (n, n)).
        data: shape (m, 2).
        title: the finding.

    Returns:
        The figure.
    """
    points, data = to_numpy(points), to_numpy(data)
    fig, axes = plt.subplots(1, len(panels), figsize=(4.6 * len(panels), 3.8), sharey=True)
    for ax, (name, energy) in zip(np.atleast_1d(axes), panels, strict=True):
        energy = to_numpy(energy)
        filled = ax.contourf(points[..., 0], points[..., 1], energy, levels=20, cmap=ENERGY_CMAP)
        fig.colorbar(filled, ax=ax, label="energy E", shrink=0.9, format="%.3g")
        ax.plot(*data.T, ".", color="white", markersize=3, markeredgewidth=0, alpha=0.8)
        ax.set(xlabel="x₁", title=name)
        ax.set_aspect("equal")
    np.atleast_1d(axes)[0].set_ylabel("x₂")
    fig.suptitle(title, x=0.01, ha="left", fontsize=11)
    return finish(fig)


def energy_maps(x, energy, densities: Mapping[str, object], dependence: Mapping[str, object], *, title: str) -> Figure:
    """Densities made from one energy by other maps than exp(-E), and how far each is from independence.

    Args:
        x: positions, shape (n,).
        energy: energy at the positions, shape (n,).
        densities: name of the map -> density, shape (n,).
        dependence: name of the map -> p(x, y) - p(x) p(y) for E(x) + E(y), shape (n, n).
        title: the finding.

    Returns:
        The figure.
    """
    x = to_numpy(x)
    fig, axes = plt.subplots(1, 1 + len(dependence), figsize=(3.6 * (1 + len(dependence)), 3.4))
    for (name, p), color in zip(densities.items(), COLORS.values(), strict=False):
        axes[0].plot(x, to_numpy(p), color=color, label=name)
    axes[0].set(xlabel="x", ylabel="density p", title="one energy, several maps")
    axes[0].set_ylim(0, 1.5 * max(float(to_numpy(p).max()) for p in densities.values()))
    axes[0].legend(loc="upper center", ncols=1)
    limit = max(float(np.abs(to_numpy(d)).max()) for d in dependence.values())
    for ax, (name, difference) in zip(axes[1:], dependence.items(), strict=True):
        difference = to_numpy(difference)
        image = ax.pcolormesh(x, x, difference.T, cmap="RdBu_r", vmin=-limit, vmax=limit, rasterized=True)
        ax.set(xlabel="x", ylabel="y", title=f"{name}: off by up to {np.abs(difference).max():.1g}")
        ax.set_aspect("equal")
    fig.colorbar(image, ax=axes[1:], label="p(x, y) − p(x) p(y)", shrink=0.9)
    fig.suptitle(title, x=0.01, ha="left", fontsize=11)
    return finish(fig)
