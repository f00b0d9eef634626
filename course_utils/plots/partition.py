"""Figures of lesson 02, the partition function."""

import math
from collections.abc import Mapping

import matplotlib.pyplot as plt
import numpy as np
from jaxtyping import Float, Int
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from .style import COLORS, finish

AGE_OF_THE_UNIVERSE = 4.35e17
"""Seconds in 13.8 thousand million years."""

_CYCLE = [COLORS[name] for name in ("blue", "red", "green", "purple", "orange")]
_DASH = {"color": COLORS["grey"], "linewidth": 1.0, "linestyle": "--"}


def counting(
    n: Int[np.ndarray, "n"],
    log10_terms: Mapping[str, Float[np.ndarray, "n"]],
    log10_marks: Mapping[str, float],
) -> Figure:
    """How many terms Z has.

    Args:
        n: number of coordinates or of spins.
        log10_terms: name of a system -> log10 of its number of terms.
        log10_marks: name of a number to compare with -> its log10; the title speaks of the first of each.
    """
    fig, ax = plt.subplots()
    for color, (name, values) in zip(_CYCLE, log10_terms.items(), strict=False):
        ax.plot(n, values, color=color)
        ax.annotate(
            name, (n[-1], values[-1]), (-6, 0), textcoords="offset points", ha="right", va="bottom", color=color
        )
    for name, level in log10_marks.items():
        ax.axhline(level, **_DASH)
        # Of three places along the line, the one where the curves are furthest away.
        at = max(
            (len(n) * k // 6 for k in (1, 3, 5)), key=lambda i: min(abs(v[i] - level) for v in log10_terms.values())
        )
        text = f"{name}, $10^{{{level:.0f}}}$"
        ax.annotate(text, (n[at], level), (0, 3), textcoords="offset points", ha="center", fontsize=9)
    (system, values), (mark, level) = next(iter(log10_terms.items())), next(iter(log10_marks.items()))
    above = np.flatnonzero(np.asarray(values) > level)
    if len(above):
        ax.set_title(f"{system}: more terms than {mark} from n = {n[above[0]]} on")
    else:
        ax.set_title(f"{system}: fewer terms than {mark} up to n = {n[-1]}")
    ax.set(xlabel="number of coordinates or spins, n", ylabel="log$_{10}$ of the number of terms in Z", xlim=(0, n[-1]))
    ax.set_ylim(bottom=0)
    return finish(fig)


def enumeration_time(
    n_spins: Int[np.ndarray, "n"],
    seconds: Float[np.ndarray, "n"],
    fit: tuple[float, float],
    up_to: int = 128,
) -> Figure:
    """Measured times of enumeration and where they lead.

    Args:
        n_spins: sizes measured.
        seconds: time of each.
        fit: slope (per spin) and intercept of log10(seconds).
        up_to: number of spins to which the line is drawn.
    """
    slope, intercept = fit
    wall = (math.log10(AGE_OF_THE_UNIVERSE) - intercept) / slope
    fig, axes = plt.subplots(1, 2, figsize=(9.0, 3.8))
    line = np.array([min(n_spins), up_to])
    for ax in axes:
        ax.plot(line, 10 ** (intercept + slope * line), color=COLORS["grey"], linewidth=1.2, label="fitted line")
        ax.plot(n_spins, seconds, "o", color=COLORS["blue"], markersize=5, label="measured")
        ax.set(yscale="log", xlabel="number of spins N")
        ax.xaxis.set_major_locator(MaxNLocator(integer=True, nbins=6))
    pad = 1
    axes[0].set(xlim=(min(n_spins) - pad, max(n_spins) + pad), ylim=(min(seconds) / 3, max(seconds) * 3))
    axes[0].set(
        ylabel="time to add up Z, in seconds", title=f"Measured: each spin multiplies the time by {10**slope:.2f}"
    )
    axes[0].legend()
    for name, t in (("a day", 86400.0), ("age of the universe", AGE_OF_THE_UNIVERSE)):
        axes[1].axhline(t, **_DASH)
        axes[1].annotate(name, (line[0], t), (0, 3), textcoords="offset points", fontsize=9)
    axes[1].plot([wall], [AGE_OF_THE_UNIVERSE], "s", color=COLORS["red"], markersize=6)
    axes[1].set_title(f"Extrapolated: the age of the universe at {wall:.0f} spins")
    return finish(fig)


def torus_energy(
    betas: Float[np.ndarray, "betas"],
    torus: Mapping[int, Float[np.ndarray, "betas"]],
    infinite: Float[np.ndarray, "betas"],
    beta_c: float,
) -> Figure:
    """Exact energy per spin of finite tori beside the infinite lattice.

    Args:
        betas: inverse temperatures.
        torus: side of the torus -> energy per spin.
        infinite: Onsager's energy per spin.
        beta_c: critical inverse temperature.
    """
    fig, ax = plt.subplots()
    for color, (size, energy) in zip(_CYCLE, torus.items(), strict=False):
        ax.plot(betas, energy, color=color, label=f"{size} × {size} (Kaufman)")
    ax.plot(betas, infinite, color=COLORS["black"], linewidth=1.2, linestyle="--", label="infinite (Onsager)")
    ax.axvline(beta_c, color=COLORS["grey"], linewidth=0.8)
    ax.annotate("$\\beta_c$", (beta_c, ax.get_ylim()[1]), (4, -12), textcoords="offset points")
    largest = max(torus)
    gap = np.abs(np.asarray(torus[largest]) - np.asarray(infinite))
    ax.set_title(
        f"A torus of {largest} × {largest} spins stays within {math.ceil(gap.max() * 1000) / 1000:.3f} J of the\n"
        f"infinite lattice; the gap is widest at β = {betas[gap.argmax()]:.3f}"
    )
    ax.set(xlabel="inverse temperature β, in units of 1/J", ylabel="energy per spin, in units of J")
    ax.legend()
    return finish(fig)


def ess_collapse(
    dims: Int[np.ndarray, "dims"],
    measured: Mapping[float, Float[np.ndarray, "dims"]],
    exact: Mapping[float, Float[np.ndarray, "dims"]],
    n: int,
) -> Figure:
    """Share of samples that count, against the dimension, for Gaussian proposals of several widths.

    Args:
        dims: numbers of coordinates.
        measured: width of the proposal -> ESS / n computed from samples.
        exact: width of the proposal -> ESS / n from the formula.
        n: number of samples behind each measured value.
    """
    fig, ax = plt.subplots(figsize=(8.2, 4.0))
    for color, width in zip(_CYCLE, measured, strict=False):
        ax.plot(dims, exact[width], color=color, label=f"width {width:g}")
        ax.plot(dims, measured[width], "o", color=color, markersize=4.5)
    ax.plot([], [], "o", color=COLORS["grey"], markersize=4.5, label=f"measured, n = {n:,}")
    ax.axhline(1 / n, **_DASH)
    ax.annotate("one sample carries all the weight", (dims[-1], 1 / n), (0, -11), "data", "offset points", ha="right",
                fontsize=9)  # fmt: skip
    ax.set(yscale="log", xlabel="dimension d", ylabel="ESS / n", ylim=(0.2 / n, 2))
    worst = min(exact, key=lambda width: exact[width][-1])
    lost = np.flatnonzero(np.asarray(exact[worst]) < 0.01)
    ending = f"at width {worst:g} fewer than 1 in 100 samples count from d = {dims[lost[0]]} on" if len(lost) else ""
    ax.set_title("The effective sample size falls exponentially with the dimension:\n" + ending)
    ax.legend(loc="upper left", bbox_to_anchor=(1.01, 1))
    return finish(fig)


def importance_weights(
    log_ratio: Float[np.ndarray, "n"],
    width: float,
    dim: int,
    ess_fraction: float,
    log_z_error: float,
    standard_error: float,
) -> Figure:
    """Who draws the samples and who carries the weight.

    Args:
        log_ratio: log(w / Z) of each sample; the mean of w / Z is 1 in the long run.
        width: width of the proposal, in units of the target's.
        dim: number of coordinates.
        ess_fraction: the formula's ESS / n; 0 where the variance of the weights is infinite.
        log_z_error: estimate of log Z minus its exact value.
        standard_error: the error that the samples themselves report.
    """
    log_ratio = np.asarray(log_ratio)
    n = len(log_ratio)
    share = np.exp(log_ratio - log_ratio.max())
    share /= share.sum()
    ess = 1 / (share**2).sum()
    fig, (left, right) = plt.subplots(1, 2, figsize=(9.0, 4.0), width_ratios=(1.35, 1))
    low, high = log_ratio.min(), log_ratio.max()
    bins = np.linspace(low, high, 50) if high - low > 1e-9 else np.linspace(low - 0.5, low + 0.5, 50)
    left.hist(log_ratio, bins, weights=np.full(n, 100 / n), color=COLORS["sky"], label="of the samples")
    left.hist(log_ratio, bins, weights=100 * share, histtype="step", color=COLORS["red"], linewidth=1.8,
              label="of the estimate")  # fmt: skip
    left.set(xlabel="log(w / Z) of a sample", ylabel="share in each bin, in %")
    left.set_title(
        f"{n:,} samples count like {ess:,.0f}:\nlog Z off by {round(log_z_error, 2) + 0.0:+.2f} ± {standard_error:.2f}"
    )
    left.legend()

    dims = np.arange(1, 101)
    per_dim = math.sqrt(2 * width**2 - 1) / width**2 if 2 * width**2 > 1 else 0.0
    if per_dim > 0:
        right.plot(dims, per_dim**dims, color=COLORS["grey"], label="formula, n → ∞")
        right.set_title(f"Width {width:g}: each dimension\nkeeps {per_dim:.1%} of the ESS")
    else:
        right.set_title(f"Width {width:g}: infinite variance,\nESS / n → 0 as n grows")
    right.plot([dim], [ess / n], "o", color=COLORS["red"], markersize=7, label="from these samples")
    if ess_fraction > 0:
        right.plot([dim], [ess_fraction], "o", markerfacecolor="none", markeredgecolor=COLORS["black"], markersize=9)
    right.axhline(1 / n, **_DASH)
    right.annotate("one sample", (104, 1 / n), (0, -11), textcoords="offset points", ha="right", fontsize=9)
    right.set(yscale="log", ylim=(0.3 / n, 2), xlim=(0, 105), xlabel="dimension d", ylabel="ESS / n")
    right.legend(loc="best")
    return finish(fig)


def log_z_traces(
    n: Int[np.ndarray, "n"],
    traces: Mapping[str, Float[np.ndarray, "runs n"]],
    exact: float,
    reported: Mapping[str, float],
    shown: int = 8,
) -> Figure:
    """Estimates of log Z while samples come in, for several proposals.

    Args:
        n: numbers of samples used.
        traces: name of a proposal -> estimates, one row per independent run.
        exact: log Z.
        reported: name of a proposal -> share of runs whose last interval of ±2 reported errors holds `exact`.
        shown: how many of the runs are drawn; the title speaks of all.
    """
    fig, axes = plt.subplots(1, len(traces), figsize=(9.0, 3.8), sharey=True, squeeze=False)
    for ax, color, (name, runs) in zip(axes[0], _CYCLE, traces.items(), strict=False):
        ax.plot(n, np.asarray(runs)[:shown].T - exact, color=color, linewidth=1.1, alpha=0.8)
        ax.axhline(0, color=COLORS["black"], linewidth=1.0)
        ax.set(xscale="log", xlabel="number of samples n")
        off = round(np.median(np.asarray(runs)[:, -1]) - exact, 2) + 0.0  # no -0.00
        ax.set_title(
            f"{name}: median {off:+.2f} nats off;\n{reported[name]:.0%} of {len(runs)} ±2σ intervals hold the truth"
        )
    axes[0, 0].set_ylabel("estimate of log Z minus exact, in nats")
    return finish(fig)


def thermodynamic_integration(
    betas: Float[np.ndarray, "betas"],
    energies: Float[np.ndarray, "chains betas"],
    exact: Float[np.ndarray, "betas"],
    n_spins: int,
) -> Figure:
    """The area that thermodynamic integration adds up.

    Args:
        betas: inverse temperatures from 0.
        energies: mean energy of the whole system, one row per chain.
        exact: the exact mean energy.
        n_spins: N, to start from N log 2.
    """
    mean = np.asarray(energies).mean(axis=0)
    area = -np.trapezoid(mean, betas)
    fig, ax = plt.subplots()
    ax.fill_between(betas, mean, 0, color=COLORS["sky"], alpha=0.35, linewidth=0)
    ax.plot(betas, exact, color=COLORS["black"], linewidth=1.2, label="exact (Kaufman)")
    ax.plot(betas, mean, ".", color=COLORS["blue"], markersize=5, label=f"mean of {len(energies)} chains")
    ax.axhline(0, color=COLORS["grey"], linewidth=0.8)
    middle = 0.68 * betas[-1]
    ax.annotate(f"area {area:.2f}", (middle, np.interp(middle, betas, mean) / 2), ha="center", fontsize=11)
    start = n_spins * math.log(2)
    ax.set_title(f"log Z is {start:.2f} for the coins plus the shaded {area:.2f}: {start + area:.2f}")
    ax.set(xlabel="inverse temperature β, in units of 1/J", ylabel="mean energy ⟨E⟩ of the torus, in units of J")
    ax.set_xlim(0, betas[-1])
    ax.legend(loc="lower left")
    return finish(fig)


def estimates(names: list[str], log_z: Float[np.ndarray, "n"], errors: Float[np.ndarray, "n"], exact: float) -> Figure:
    """Estimates of one log Z with bars of ±1 standard error, beside the exact value.

    Args:
        names: what stands beside each; equal neighbours are named once.
        log_z: estimates, in nats.
        errors: one standard error of each.
        exact: the exact value.
    """
    off, bars = np.asarray(log_z) - exact, np.asarray(errors)
    inside = int((np.abs(off) <= 2 * bars).sum())
    fig, ax = plt.subplots(figsize=(7.0, 0.8 + 0.21 * len(names)))
    row = np.arange(len(names))[::-1]
    first = [i for i, name in enumerate(names) if i == 0 or names[i - 1] != name]
    kinds = dict(zip(dict.fromkeys(names), _CYCLE, strict=False))
    for i, name in enumerate(names):
        ax.errorbar(off[i], row[i], xerr=bars[i], fmt="o", color=kinds[name], markersize=4, capsize=2)
    ax.axvline(0, color=COLORS["black"], linewidth=1.0)
    ax.set_yticks([row[i] for i in first], [names[i] for i in first])
    ax.set(xlabel="estimate of log Z minus exact, in nats (bars: ±1 standard error)")
    ax.set_title(f"{inside} of {len(names)} lie within two standard errors of the exact value")
    return finish(fig)


def ais_bias(
    n_steps: Int[np.ndarray, "n"],
    mean_log_weight: Float[np.ndarray, "n"],
    error: Float[np.ndarray, "n"],
    log_mean_weight: Float[np.ndarray, "n"],
    log_mean_error: Float[np.ndarray, "n"],
    exact: float,
) -> Figure:
    """How far annealed importance sampling lies below log Z, against the number of temperature steps.

    Args:
        n_steps: numbers of steps.
        mean_log_weight: the expectation of a single chain's log Z.
        error: its standard error.
        log_mean_weight: log of the mean weight of all chains.
        log_mean_error: the standard error that the weights report.
        exact: the exact log Z.
    """
    single, pooled = np.asarray(mean_log_weight) - exact, np.asarray(log_mean_weight) - exact
    fig, ax = plt.subplots()
    ax.errorbar(n_steps, single, error, fmt="o-", color=COLORS["red"], capsize=2,
                label="one chain, on average: mean of log w")  # fmt: skip
    ax.errorbar(n_steps, pooled, log_mean_error, fmt="s-", color=COLORS["blue"], capsize=2,
                label="all chains together: log of mean w")  # fmt: skip
    ax.axhline(0, color=COLORS["black"], linewidth=1.0)
    ax.set_xscale("log", base=2)
    ax.set_yscale("symlog", linthresh=0.1, linscale=0.5)
    ax.set_ylim(1.7 * min(single.min(), pooled.min()), 1.0)
    ax.set(
        xlabel="number of temperature steps K", ylabel="log Z estimate minus exact, in nats\n(bars: ±1 standard error)"
    )
    ax.set_title(
        f"A single chain is {-single[0]:.0f} nats too low on average with {n_steps[0]} "
        f"step{'s' if n_steps[0] > 1 else ''},\nand {-single[-1]:.2f} nats with {n_steps[-1]}"
    )
    ax.legend(loc="lower right")
    return finish(fig)
