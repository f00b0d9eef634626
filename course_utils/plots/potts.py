"""Figures of lesson 08: two starts against time, energy histograms, latent heats, heating and cooling."""

from collections.abc import Mapping, Sequence

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.figure import Figure

from .lattice import BARS, MARKS, SERIES, legend_of_all, loop_panels
from .style import COLORS, finish, to_numpy

DASHES = {"linestyle": "--", "linewidth": 1.2}


def start_memory(differences: Mapping[str, tuple], *, title: str) -> Figure:
    """Energy of chains that began in disorder minus that of chains that began in order, against time.

    Args:
        differences: name -> (sweeps, differences, standard errors, exact latent heat), the first three of shape (n,).
        title: the finding.

    Returns:
        The figure.
    """
    fig, ax = plt.subplots(figsize=(6.8, 3.6))
    for (name, (sweeps, value, error, exact)), color, mark in zip(differences.items(), SERIES, MARKS, strict=False):
        look = {"color": color, "markersize": 5, "capsize": 3, "linewidth": 1.2}
        ax.errorbar(to_numpy(sweeps), to_numpy(value), to_numpy(error), fmt=f"{mark}-", label=name, **look)
        ax.axhline(exact, color=color, label=f"exact latent heat, {exact:.3g} J", **DASHES)
    ax.axhline(0, color=COLORS["grey"], linewidth=0.6)
    ax.set(xscale="log", xlabel="sweeps since the start", ylabel="energy, hot minus cold start (J)")
    ax.set_title(title)
    ax.set_ylim(bottom=min(-0.05, ax.get_ylim()[0]))
    fig.legend(loc="outside lower center", ncols=2, title=BARS, title_fontsize=9)
    return finish(fig)


def energy_peaks(
    histograms: Mapping[int, Mapping[int, tuple]], exact: Mapping[int, tuple[float, float]], *, title: str
) -> Figure:
    """Energy histograms near the transition, a panel for each number of colours, a line for each size.

    Args:
        histograms: q -> L -> (energies per spin, probability densities).
        exact: q -> energies of the ordered and the disordered phase of the infinite lattice at the transition.
        title: the finding.

    Returns:
        The figure.
    """
    fig, axes = plt.subplots(1, len(histograms), figsize=(4.4 * len(histograms), 3.6), sharex=True, squeeze=False)
    low, high, handles = [], [], {}
    colors = dict(zip(sorted({size for sizes in histograms.values() for size in sizes}), SERIES, strict=False))
    for ax, (q, sizes) in zip(axes.flat, histograms.items(), strict=True):
        for size, (energy, density) in sizes.items():
            energy, density = to_numpy(energy), to_numpy(density)
            look = {"drawstyle": "steps-mid", "color": colors[size], "linewidth": 1.4}
            (handles[f"L = {size}"],) = ax.plot(energy, density, **look)
            seen = energy[density > 0.01 * density.max()]
            low.append(seen.min())
            high.append(seen.max())
        for phase in exact[q]:
            line = ax.axvline(phase, color=COLORS["black"], zorder=0, **DASHES)
        ax.set(xlabel="energy per spin (J)", title=f"q = {q}", ylim=(0, None))
    axes[0, 0].set_xlim(min(low) - 0.03, max(high) + 0.03)
    handles["exact phases of the infinite lattice"] = line
    fig.legend(list(handles.values()), list(handles), loc="outside lower center", ncols=len(handles))
    axes[0, 0].set_ylabel("probability density (1/J)")
    fig.suptitle(title, x=0.01, ha="left", fontsize=11)
    return finish(fig)


def latent_heats(measured: Mapping[int, Sequence[tuple]], exact: Mapping[int, float], *, title: str) -> Figure:
    """Latent heats read from histograms against the size of the lattice.

    Args:
        measured: q -> rows of (L, latent heat, standard error).
        exact: q -> latent heat of the infinite lattice.
        title: the finding.

    Returns:
        The figure.
    """
    fig, ax = plt.subplots(figsize=(6.4, 3.5))
    sizes = set()
    for (q, rows), color, mark in zip(measured.items(), SERIES, MARKS, strict=False):
        size, value, error = np.array(rows, float).T
        sizes |= set(size.astype(int).tolist())
        ax.errorbar(size, value, error, fmt=f"{mark}-", color=color, markersize=5, capsize=3, linewidth=1.2)
        ax.axhline(exact[q], color=color, **DASHES)
        ax.annotate(f"q = {q}", (size[-1], value[-1]), (10, 6), textcoords="offset points", color=color)
        where = (1.0, exact[q])
        words = f"exact, q = {q}: {exact[q]:.3g}"
        ax.annotate(words, where, (0, 4), xycoords=("axes fraction", "data"), textcoords="offset points", color=color,
                    ha="right", fontsize=9)  # fmt: skip
    ax.set(xscale="log", xlabel="side of the lattice L", ylabel=f"latent heat by halves (J)\n{BARS}", ylim=(0, None))
    ax.set_xticks(sorted(sizes), [str(n) for n in sorted(sizes)])
    ax.minorticks_off()
    ax.set_xlim(min(sizes) / 1.15, max(sizes) * 1.7)
    ax.set_title(title)
    return finish(fig)


def heating_loops(
    loops: Mapping[str, Mapping[str, tuple]], exact: Mapping[str, tuple[float, float]], *, title: str
) -> Figure:
    """Energy while the temperature goes up and down again.

    Args:
        loops: panel, such as a model -> name, such as a speed -> (T / T_c, energies per spin), as visited.
        exact: panel -> energies of the two phases at the transition of the infinite lattice.
        title: the finding.

    Returns:
        The figure.
    """
    fig, axes = loop_panels(loops, 3.6, arrows=(0.3, 0.72))
    for ax, panel in zip(axes, loops, strict=True):
        ax.plot([1, 1], exact[panel], "_-", color=COLORS["black"], linewidth=2, markersize=9, label="exact jump at T_c")
        ax.set_xlabel("T / T_c")
    axes[0].set_ylabel("energy per spin (J)")
    legend_of_all(fig)
    fig.suptitle(title, x=0.01, ha="left", fontsize=11)
    return finish(fig)
