"""Figures of lesson 09: planar spins, their vortices and stiffness, and the three models of the course side by side."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator

from ..lattice import colours, exact
from ..lattice.observables import winding_numbers
from ..movie.recorder import Animation
from .lattice import MARKS, draw_arrows, draw_vortices, mark_transition
from .style import COLORS, finish, to_numpy

if TYPE_CHECKING:
    from IPython.display import Image

    from ..lattice import Lattice

T_LABEL = "temperature T (J / k_B)"
SERIES = tuple(COLORS[name] for name in ("orange", "green", "blue", "purple", "red", "sky", "grey"))
MOVIE_HUES = 14  # and black and white: four bits a pixel
BARS = "bars: ±1 standard error"
STARTS = "▲ heated from aligned spins, ▼ cooled from random ones"


def winding_walk(angles, *, title: str) -> Figure:
    """Small fields of arrows, and the angle met on a walk round the middle plaquette, step by step.

    Args:
        angles: name -> field of shape (n, n), n even; the walk is round the four middle spins.
        title: the finding.

    Returns:
        The figure.
    """
    fig, axes = plt.subplots(2, len(angles), figsize=(2.25 * len(angles) + 0.5, 4.1), height_ratios=(1.35, 1))
    for column, (name, field) in enumerate(angles.items()):
        field = to_numpy(field)
        low = len(field) // 2 - 1
        corners = [(low, low), (low, low + 1), (low + 1, low + 1), (low + 1, low), (low, low)]
        upper, lower = axes[:, column]
        draw_arrows(upper, field, color="0.35")
        charge = winding_numbers(field, periodic=False)
        draw_vortices(upper, charge, size=75)
        i, j = (np.array(c, float) for c in zip(*corners, strict=True))
        upper.plot(j, i, color=COLORS["blue"], linewidth=1.5, zorder=3)
        upper.set(xlim=(-0.7, len(field) - 0.3), ylim=(-0.7, len(field) - 0.3), aspect="equal", title=name)
        upper.set_axis_off()
        walk = np.unwrap([field[c] for c in corners])  # every step brought to the nearest turn
        walk = walk - walk[0]
        lower.plot(range(5), walk / (2 * np.pi), "o-", color=COLORS["blue"], markersize=5)
        lower.axhline(0, color=COLORS["grey"], linewidth=0.8)
        lower.set(xlabel="corner", ylim=(-1.25, 1.25), xticks=range(5), yticks=(-1, 0, 1))
        lower.set_title(f"turns: {walk[-1] / (2 * np.pi):+.0f}" if charge[low, low] else "turns: 0")
        lower.set_ylabel("angle (turns)" if column == 0 else "")
    fig.suptitle(title, x=0.01, ha="left", fontsize=11)
    return finish(fig)


def von_mises(panels: Sequence[tuple[str, object, float]], *, title: str) -> Figure:
    """Histograms of drawn angles over their exact conditional density.

    Args:
        panels: (name, angles from the direction of the pull, shape (n,), concentration κ).
        title: the finding.

    Returns:
        The figure.
    """
    fig, axes = plt.subplots(1, len(panels), figsize=(2.9 * len(panels) + 0.4, 2.7), sharey=False, squeeze=False)
    line = np.linspace(-np.pi, np.pi, 401)
    for ax, (name, angles, kappa) in zip(axes[0], panels, strict=True):
        away = np.angle(np.exp(1j * to_numpy(angles).astype(float)))
        ax.hist(away, bins=48, range=(-np.pi, np.pi), density=True, color=COLORS["sky"], label="sampled")
        density = np.exp(kappa * (np.cos(line) - 1))
        density /= density[:-1].sum() * (line[1] - line[0])
        ax.plot(line, density, color=COLORS["red"], linewidth=1.6, label="exact")
        ax.set(xlabel="θ − φ (radians)", title=name, xlim=(-np.pi, np.pi))
        ax.set_xticks([-np.pi, 0, np.pi], ["−π", "0", "π"])
    axes[0, 0].set_ylabel("density")
    axes[0, 0].legend(loc="upper left", handlelength=1.0, fontsize=8)
    fig.suptitle(title, x=0.01, ha="left", fontsize=11)
    return finish(fig)


def xy_curves(curves: Mapping[int, Mapping[str, tuple]], estimate: tuple[float, float], *, title: str) -> Figure:
    """Energy, vortex density, |m| and helicity modulus of XY lattices against temperature.

    Args:
        curves: L -> name ("energy", "vortices", "m", "helicity") -> (temperatures, values, standard errors).
        estimate: T_KT and its standard error, marked in each panel.
        title: the finding.

    Returns:
        The figure; the helicity modulus with the line 2T/π.
    """
    labels = {
        "energy": "energy per spin (J)",
        "vortices": "vortices per plaquette",
        "m": "mean spin ⟨|m|⟩",
        "helicity": "helicity modulus Υ (J)",
    }
    fig, axes = plt.subplots(2, 2, figsize=(8.4, 5.4), sharex=True)
    for ax, (name, label) in zip(axes.flat, labels.items(), strict=True):
        ax.axvspan(
            estimate[0] - estimate[1], estimate[0] + estimate[1], color=COLORS["red"], alpha=0.35, linewidth=0, zorder=0
        )
        mark_transition(ax, exact.KT_TEMPERATURE)
        for (size, columns), color, mark in zip(curves.items(), SERIES, MARKS, strict=False):
            t, value, error = (to_numpy(c) for c in columns[name])
            ax.errorbar(
                t, value, error, fmt=mark + "-", color=color, markersize=4, linewidth=1, capsize=2, label=f"L = {size}"
            )
        ax.set_ylabel(label)
    last = max(to_numpy(c["helicity"][0]).max() for c in curves.values())
    t = np.linspace(0, min(last, 1.6), 50)
    stiff = axes[1, 1]
    stiff.plot(t, 2 * t / np.pi, color=COLORS["black"], linewidth=1.4, label="2T/π")
    stiff.set_ylim(-0.05, 1.05)
    for ax in axes[1]:
        ax.set_xlabel(T_LABEL)
    axes[1, 0].plot([], [], color=COLORS["black"], linestyle="--", linewidth=1, label=f"{exact.KT_TEMPERATURE}")
    axes[1, 0].fill_between([], [], [], color=COLORS["red"], alpha=0.35, label=f"{estimate[0]:.3f} ± {estimate[1]:.3f}")
    axes[1, 0].legend(loc="upper right", title="T_KT: literature, here", title_fontsize=9)
    handles, names = stiff.get_legend_handles_labels()
    stiff.legend(handles, names, loc="center right")
    axes[0, 0].annotate(BARS, (0.03, 0.97), xycoords="axes fraction", va="top", fontsize=9)
    fig.suptitle(title, x=0.01, ha="left", fontsize=11)
    return finish(fig)


def correlations(
    curves: Mapping[float, tuple[object, object]],
    power: Mapping[float, tuple[float, float]],
    exponential: Mapping[float, tuple[float, float]],
    size: int,
    *,
    title: str,
) -> Figure:
    """Correlation functions twice: a power law is straight on the left, an exponential is straight on the right.

    Args:
        curves: temperature -> (correlation at distances 0, 1, ..., L/2, standard errors).
        power: temperature -> (η, prefactor) of a fit a d^(-η), with d the chord of the distance.
        exponential: temperature -> (ξ, prefactor) of a fit a exp(-r/ξ).
        size: L.
        title: the finding.

    Returns:
        The figure.
    """
    fig, (left, right) = plt.subplots(1, 2, figsize=(8.8, 3.6))
    warm = plt.get_cmap("plasma")(np.linspace(0.0, 0.85, len(curves)))
    for (t, (values, errors)), color in zip(curves.items(), warm, strict=True):
        values, errors = to_numpy(values)[1:], to_numpy(errors)[1:]
        r = np.arange(1, len(values) + 1)
        chord = size / np.pi * np.sin(np.pi * r / size)
        seen = values > 2 * errors
        label = f"T = {t:.3g}"
        for ax, x in ((left, chord), (right, r)):
            ax.errorbar(
                x[seen], values[seen], errors[seen], fmt="o", color=color, markersize=3.5, linewidth=0.9, label=label
            )
        if t in power:
            eta, front = power[t]
            left.plot(chord, front * chord**-eta, color=color, linewidth=1.2)
        if t in exponential:
            xi, front = exponential[t]
            fit = front * np.exp(-r / xi)
            right.plot(r[fit > 1e-3], fit[fit > 1e-3], color=color, linewidth=1.2)
    left.set(xscale="log", yscale="log", xlabel="chord (L/π) sin(πr/L), lattice spacings", ylabel="correlation C(r)")
    right.set(yscale="log", xlabel="distance r (lattice spacings)")
    left.set_title("log-log: lines are power laws")
    right.set_title("semi-log: lines are exponentials")
    ticks = [1, 2, 5, 10, 20]
    left.xaxis.set_major_locator(FixedLocator(ticks))
    left.xaxis.set_major_formatter(FuncFormatter(lambda v, _: f"{v:g}"))
    left.xaxis.set_minor_locator(NullLocator())
    for ax in (left, right):
        ax.set_ylim(4e-3, 1.1)
    left.legend(loc="lower left", ncols=2, fontsize=8, title=BARS, title_fontsize=8)
    fig.suptitle(title, x=0.01, ha="left", fontsize=11)
    return finish(fig)


def shrinking_order(
    sizes,
    measured: Mapping[float, tuple[object, object, float]],
    *,
    title: str,
) -> Figure:
    """The length of the mean spin against the size of the lattice, both axes logarithmic.

    Args:
        sizes: L, shape (n,).
        measured: temperature -> (⟨|m|⟩, standard errors, each of shape (n,), predicted power of L).
        title: the finding.

    Returns:
        The figure; a line of the predicted slope through the smallest lattice's point at each temperature.
    """
    sizes = to_numpy(sizes)
    fig, ax = plt.subplots(figsize=(6.8, 3.8))
    wide = np.array([sizes[0], 4 * sizes[-1]], float)
    for (t, (m, error, slope)), color, mark in zip(measured.items(), SERIES, MARKS + "<>ph", strict=False):
        m, error = to_numpy(m), to_numpy(error)
        ax.plot(wide, m[0] * (wide / sizes[0]) ** slope, color=color, linestyle="--", linewidth=1.1)
        ax.errorbar(
            sizes, m, error, fmt=mark, color=color, markersize=5.5, capsize=2, label=f"T = {t:g}: L^({slope:+.3f})"
        )
    ax.set(xscale="log", yscale="log", xlabel="side of the lattice L (log)", ylabel="⟨|m|⟩ (log)", title=title)
    ax.xaxis.set_major_locator(FixedLocator([*sizes.tolist(), 2 * sizes[-1], 4 * sizes[-1]]))
    ax.xaxis.set_major_formatter(FuncFormatter(lambda v, _: f"{v:g}"))
    ax.xaxis.set_minor_locator(NullLocator())
    low = min(to_numpy(m).min() for m, _, _ in measured.values())
    ticks = [v for v in (0.02, 0.05, 0.1, 0.2, 0.3, 0.5, 0.7, 1.0) if v > 0.5 * low]
    ax.yaxis.set_major_locator(FixedLocator(ticks))
    ax.yaxis.set_major_formatter(FuncFormatter(lambda v, _: f"{v:g}"))
    ax.yaxis.set_minor_locator(NullLocator())
    ax.legend(loc="center left", bbox_to_anchor=(1.0, 0.5), title=f"dashed: predicted\n{BARS}", title_fontsize=9)
    return finish(fig)


def draw_starts(ax: Axes, x, values, errors, *, color: str, label: str) -> None:
    """Points of two runs from opposite starts: filled triangles that point up, open ones that point down.

    Args:
        ax: where to draw.
        x: shape (n,).
        values: one row for each of the two runs, shape (2, n).
        errors: standard errors, shape (2, n).
        color: of both.
        label: of the first.
    """
    rows = zip(to_numpy(values), to_numpy(errors), "^v", (color, "none"), (label, None), strict=True)
    for value, error, mark, face, name in rows:
        ax.errorbar(
            to_numpy(x), value, error, fmt=mark, color=color, markerfacecolor=face, markersize=5, linewidth=1,
            capsize=2, label=name,
        )  # fmt: skip


def cold_clock(
    temperatures,
    heat: Mapping[str, tuple[object, object]],
    locking: Mapping[str, tuple[object, object]],
    gap: float,
    *,
    title: str,
) -> Figure:
    """What is different between a clock and free angles in the cold.

    Args:
        temperatures: shape (n,).
        heat: model -> (energy per spin above the ground state over T, standard errors), each of shape (2, n): a row for
            the run that was heated from a direction of the clock, one for that cooled from between two directions.
        locking: model -> (⟨cos qφ⟩ of the direction φ of the mean spin, standard errors), each of shape (2, n).
        gap: least energy that one spin of the clock can take up.
        title: the finding.

    Returns:
        The figure.
    """
    t = to_numpy(temperatures)
    fig, (left, right) = plt.subplots(1, 2, figsize=(8.6, 3.5))
    for ax, panel in ((left, heat), (right, locking)):
        for (name, (value, error)), color in zip(panel.items(), ("red", "blue"), strict=True):
            draw_starts(ax, t, value, error, color=COLORS[color], label=name)
        ax.set(xlabel=T_LABEL, xscale="log")
        ax.xaxis.set_major_locator(FixedLocator([0.03, 0.05, 0.1, 0.2, 0.3]))
        ax.xaxis.set_major_formatter(FuncFormatter(lambda v, _: f"{v:g}"))
        ax.xaxis.set_minor_locator(NullLocator())
    line = np.geomspace(t.min(), t.max(), 200)
    boltzmann = 2 * np.exp(-gap / line)
    left.plot(line, gap * boltzmann / (1 + boltzmann) / line, color=COLORS["red"], linewidth=1.2)
    left.axhline(0.5, color=COLORS["blue"], linestyle="--", linewidth=1.2)
    left.annotate("spin waves: T/2 each", (t.min(), 0.5), xytext=(0, -12), textcoords="offset points", fontsize=9)
    left.annotate("one spin of the clock\nalone with its gap", (0.125, 0.22), fontsize=9, color=COLORS["red"])
    left.set(ylabel="(energy per spin + 2J) / T", ylim=(-0.02, 0.68), title="energy taken up")
    right.axhline(0, color=COLORS["grey"], linewidth=0.8)
    right.set(ylabel="⟨cos 16φ⟩", ylim=(-0.35, 1.08), title="is the mean spin on one of the 16 directions?")
    left.legend(loc="lower right")
    right.legend(loc="upper right", title=f"▲ heated, ▼ cooled\n{BARS}", title_fontsize=9)
    fig.suptitle(title, x=0.01, ha="left", fontsize=11)
    return finish(fig)


def pair_distances(temperatures, distance, errors, random, *, title: str) -> Figure:
    """How far vortices are from their antivortices, against charges thrown at random.

    Args:
        temperatures: shape (n,).
        distance: mean distance in the closest pairing, lattice spacings, shape (n,).
        errors: standard errors, shape (n,).
        random: the same for as many charges thrown at random, shape (n,).
        title: the finding.

    Returns:
        The figure.
    """
    t, distance, errors, random = (to_numpy(a) for a in (temperatures, distance, errors, random))
    fig, ax = plt.subplots(figsize=(6.6, 3.5))
    ax.plot(t, random, "s--", color=COLORS["grey"], markersize=5, label="as many charges, thrown at random")
    ax.errorbar(t, distance, errors, fmt="o-", color=COLORS["blue"], markersize=5, capsize=2, label=f"XY, {BARS}")
    mark_transition(ax, exact.KT_TEMPERATURE, "T_KT")
    ax.set(xlabel=T_LABEL, ylabel="mean distance in a pair\n(lattice spacings)", yscale="log", title=title)
    ax.yaxis.set_major_locator(FixedLocator([1, 2, 5, 10, 20]))
    ax.yaxis.set_major_formatter(FuncFormatter(lambda v, _: f"{v:g}"))
    ax.yaxis.set_minor_locator(NullLocator())
    ax.legend(loc="upper right")
    return finish(fig)


def coarsening(sweeps, density, errors, law, equilibrium: float, *, title: str) -> Figure:
    """The density of vortices after a quench, on two logarithmic axes.

    Args:
        sweeps: after the quench, shape (n,).
        density: vortices of both signs per plaquette, shape (n,).
        errors: standard errors, shape (n,).
        law: the fitted law at the same times, NaN where it was not fitted, shape (n,).
        equilibrium: density at equilibrium.
        title: the finding.

    Returns:
        The figure.
    """
    t, density, errors, law = (to_numpy(a) for a in (sweeps, density, errors, law))
    fig, ax = plt.subplots(figsize=(6.6, 3.5))
    ax.errorbar(t, density, errors, fmt="o", color=COLORS["blue"], markersize=4, label=f"measured, {BARS}")
    ax.plot(t, law, color=COLORS["red"], linewidth=1.6, zorder=5, label="∝ ln(t) / t")
    ax.plot(t, density[0] * t[0] / t, color=COLORS["grey"], linestyle=":", label="∝ 1 / t")
    ax.set(xscale="log", yscale="log", xlabel="sweeps after the quench", ylabel="vortices per plaquette", title=title)
    ax.set_ylim(max(0.5 * density.min(), 1e-5), 0.5)
    ax.legend(loc="lower left")
    words = f"at equilibrium: {equilibrium:.0e}" if equilibrium else "at equilibrium: none"
    ax.annotate(words, (1, 1), xycoords="axes fraction", xytext=(-4, -12), textcoords="offset points", ha="right")
    return finish(fig)


def planar_movie(
    frames: Sequence[tuple[str, object]], model: "Lattice", *, scale: int = 2, milliseconds: int = 140, words: str = ""
) -> "Image":
    """An animated picture (APNG) of planar spins with their vortices; it runs three times and stops at the end.

    Where animation is not supported, the last frame is shown.

    Args:
        frames: (caption, spins of shape (rows, cols)); vortices become white squares, antivortices black ones.
        model: whose spins they are.
        scale: pixels along the side of a spin.
        milliseconds: time of one frame.
        words: text alternative.

    Returns:
        The picture; as the last expression of a cell it shows itself.
    """
    from PIL import Image, ImageDraw

    table = model.palette(MOVIE_HUES)
    with Animation(milliseconds) as movie:
        for caption, spins in frames:
            spins = to_numpy(spins)
            index, palette = colours.mark_vortices(model.colour_index(spins, MOVIE_HUES), table, model.vortices(spins))
            large = index[::-1].repeat(scale, 0).repeat(scale, 1)
            height, width = large.shape
            white, black = len(table), len(table) + 1
            still = Image.fromarray(np.pad(large, ((0, 16), (0, 0)), constant_values=white))
            still.putpalette(palette.tobytes())
            ImageDraw.Draw(still).text((4, height + 2), caption, fill=black)
            movie.write(still)
    return movie.show(words, width * 3 // 2)


def three_models(
    ising: tuple[object, object, object],
    potts: Mapping[int, tuple[object, object, object]],
    xy: Mapping[int, tuple[object, object, object]],
    estimate: tuple[float, float],
    *,
    title: str,
) -> Figure:
    """The phase diagrams of Ising, Potts and XY, each with its transition, and each from two opposite starts.

    Args:
        ising: (temperatures of shape (n,), ⟨|m|⟩, standard errors), the latter of shape (2, n): a row for the chains
            that were heated from aligned spins, and one for those that were cooled from random ones.
        potts: q -> (temperatures, order parameter, standard errors), likewise.
        xy: L -> (temperatures, helicity modulus, standard errors), likewise.
        estimate: T_KT and its standard error, from the helicity modulus.
        title: the finding.

    Returns:
        The figure.
    """
    fig, axes = plt.subplots(1, 3, figsize=(11.4, 3.9))
    left, middle, right = axes
    t = to_numpy(ising[0])
    line = np.linspace(t.min(), t.max(), 800)
    left.plot(line, [exact.yang_magnetisation(1 / x) for x in line], color=COLORS["grey"], label="exact, L = ∞ (Yang)")
    draw_starts(left, *ising, color=COLORS["blue"], label="sampled")
    at = 1 / exact.BETA_C
    mark_transition(left, at)
    left.set(ylabel="magnetisation ⟨|m|⟩", title=f"Ising: continuous, T_c = {at:.4f}")
    for (q, (t, value, error)), color in zip(potts.items(), ("green", "red"), strict=True):
        jump = exact.potts_order_parameter_jump(q)
        middle.plot([1, 1], [0, jump], color=COLORS[color], linewidth=1.6, alpha=0.7)
        middle.plot([1], [jump], "_", color=COLORS[color], markersize=12, markeredgewidth=2)
        scaled = to_numpy(t) * exact.potts_beta_c(q)
        draw_starts(middle, scaled, value, error, color=COLORS[color], label=f"q = {q}")
    mark_transition(middle, 1.0)
    middle.set(ylabel="order parameter", title="Potts (upright bars: the exact jump, L = ∞)")
    for (size, columns), color in zip(xy.items(), ("sky", "green", "purple"), strict=True):
        draw_starts(right, *columns, color=COLORS[color], label=f"L = {size}")
    t = np.linspace(0, 1.5, 50)
    right.plot(t, 2 * t / np.pi, color=COLORS["grey"], label="2T/π")
    mark_transition(right, exact.KT_TEMPERATURE)
    right.set(ylabel="helicity modulus Υ (J)", title=f"XY: T_KT = {estimate[0]:.3f} ± {estimate[1]:.3f}")
    for ax, place in zip(axes, ("lower left", "lower left", "center right"), strict=True):
        ax.set(xlabel=T_LABEL, ylim=(-0.04, 1.05))
        ax.legend(loc=place)
    names = " and ".join(f"{1 / exact.potts_beta_c(q):.4f}" for q in potts)
    middle.set(xlabel=f"T / T_c, with T_c = {names}")
    words = f"{STARTS}; {BARS}; dashed: exact or best known transition"
    fig.suptitle(f"{title}\n{words}", x=0.01, ha="left", fontsize=11)
    return finish(fig)
