"""Lesson 03: step size, temperature and number of chains of a Langevin sampler, beside the exact density."""

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from matplotlib.figure import Figure

from ..plots import COLORS
from ..plots.style import ENERGY_COLOR, PROBABILITY_COLOR
from .base import Explorer, choice, log_slider

if TYPE_CHECKING:
    from torch import Tensor

    from ..energies import KnownEnergy

QUESTION = (
    "On the bowl, at which step size does ULA report exactly twice the true variance, and does the temperature change "
    "the answer? Then switch to MALA."
)
STEP_SIZES = (0.01, 10**0.4)  # the bowl is unstable from 2 on
TEMPERATURES = (0.1, 5.0)
PER_DECADE = 20
START = {"landscape": "bowl", "sampler": "ULA", "step_size": 0.1, "temperature": 1.0, "n_chains": 32}
CHAINS = (4, 8, 32)  # an error from the spread of fewer would mean nothing
N_STEPS, BURN_IN = 800, 200
SEED = 3
GRID = 1601
TRACED = 3  # chains in the panel of traces


@dataclass(frozen=True)
class Landscape:
    """An energy, symmetric about 0, and how it is shown.

    Attributes:
        energy: the energy object, one-dimensional.
        window: x from -window to window is drawn.
        starts: the first chain starts at -starts, the last at starts, the others evenly between.
        bins: bars of the histogram.
    """

    energy: "KnownEnergy"
    window: float
    starts: float
    bins: int = 60


def landscapes() -> dict[str, Landscape]:
    """The landscapes of lesson 03's explorer, by name."""
    from .. import energies

    return {
        "bowl": Landscape(energies.Quadratic(), 6.0, 3.0),
        "double well": Landscape(energies.DoubleWell(barrier=3.0), 2.2, 1.2),
        "egg box": Landscape(energies.Rastrigin(dim=1, amplitude=2.0), 4.5, 2.0, bins=135),
    }


def exact_variance(landscape: Landscape, temperature: float) -> float:
    """Variance of x under exp(-E/T), by quadrature.

    Args:
        landscape: one of `landscapes()`.
        temperature: T > 0.
    """
    x, dx, p = _density(landscape, temperature)
    return float((p * x**2).sum()) * dx


def langevin() -> Explorer:
    """Sampler × step size × temperature × number of chains: a histogram over the exact density, and traces.

    Its question has the answer ε = 1, at every temperature: the variance of ULA is T / (1 - ε/2).

    Returns:
        The explorer; as the last expression of a cell it shows itself.
    """
    scenes = landscapes()

    def render(landscape: str, sampler: str, step_size: float, temperature: float, n_chains: int) -> tuple[Figure, str]:
        return draw(landscape, scenes[landscape], sampler, step_size, temperature, n_chains)

    controls = {
        "landscape": choice("landscape", list(scenes), START["landscape"]),
        "sampler": choice("sampler", ["ULA", "MALA"], START["sampler"]),
        "step_size": log_slider("step size ε", START["step_size"], *STEP_SIZES, per_decade=PER_DECADE),
        "temperature": log_slider("temperature T", START["temperature"], *TEMPERATURES, per_decade=PER_DECADE),
        "n_chains": choice("chains", {str(n): n for n in CHAINS}, START["n_chains"]),
    }
    return Explorer(controls, render, question=QUESTION)


def draw(
    name: str, landscape: Landscape, sampler: str, step_size: float, temperature: float, n_chains: int
) -> tuple[Figure, str]:
    """A fresh run, its picture and its caption.

    Args:
        name: what the caption calls the landscape.
        landscape: one of `landscapes()`.
        sampler: "ULA" or "MALA".
        step_size: ε > 0.
        temperature: T > 0.
        n_chains: number of chains, at least 2.

    Raises:
        ValueError: if an argument is wrong.
    """
    import torch

    from .. import samplers

    x, dx, p = _density(landscape, temperature)
    exact = float((p * x**2).sum()) * dx
    start = torch.linspace(-landscape.starts, landscape.starts, n_chains)
    states, acceptance, stopped = None, None, ""
    try:
        run = {"ULA": samplers.ula, "MALA": samplers.mala}[sampler](
            landscape.energy, start, step_size=step_size, n_steps=N_STEPS, burn_in=BURN_IN, temperature=temperature,
            generator=torch.Generator().manual_seed(SEED),
        )  # fmt: skip
        states, acceptance = run.trajectory, run.acceptance
    except samplers.Diverged as error:
        stopped = f"The run stopped: {error}"

    figure = _figure(name, landscape, sampler, step_size, temperature, (x, p), states)
    head = f"{name}, {sampler} at ε = {step_size:.3f}, T = {temperature:.3f}: {n_chains} chains"
    if states is None:
        return figure, f"{head}. {stopped}\nExact variance {exact:.3f}."
    caption = f"{head} × {len(states)} states after {BURN_IN} steps of burn-in. " + _numbers(states, exact)
    shares = f"\nAcceptance {acceptance.mean():.3f}" if acceptance is not None else "\nULA accepts every step"
    outside = float((states.abs() > landscape.window).double().mean())
    note = f" {outside:.1%} of the states lie outside the picture." if outside > 0.001 else ""
    return figure, f"{caption}{shares}; {_agreement(states)}.{note}"


def _numbers(states: "Tensor", exact: float) -> str:
    """The measured variance with its error from the independent chains, and the exact one."""
    each = (states.double() ** 2).mean(0)  # the exact mean is 0 on all landscapes
    value, error = float(each.mean()), float(each.std()) / math.sqrt(len(each))
    return f"Variance {value:.3g} ± {error:.2g}, exact {exact:.3f}: ratio {value / exact:.3g}."


def _agreement(states: "Tensor") -> str:
    from .. import diagnostics

    if not (states != states[:1]).any(0).all():
        return "R-hat unknown, as a chain never moved"
    r_hat = diagnostics.r_hat(states)
    return f"R-hat {r_hat:.3f}" + ("" if r_hat < 1.01 else ", above 1.01: the chains do not agree yet")


def _density(landscape: Landscape, temperature: float) -> tuple["Tensor", float, "Tensor"]:
    from .. import boltzmann

    ((low, high),) = landscape.energy.domain_at(temperature)
    half = max(-low, high, landscape.window)
    x, dx = boltzmann.grid_1d(-half, half, GRID)
    return x, dx, boltzmann.density(landscape.energy(x), dx, temperature)[0]


def _figure(
    name: str,
    landscape: Landscape,
    sampler: str,
    step_size: float,
    temperature: float,
    density: tuple["Tensor", "Tensor"],
    states: "Tensor | None",
) -> Figure:
    import numpy as np

    x, p = (values.numpy() for values in density)
    window, top = landscape.window, 1.6 * float(p.max())
    figure = Figure(layout="none")  # fixed margins: nothing moves while a slider does
    axis, side = figure.add_axes((0.08, 0.14, 0.56, 0.76)), figure.add_axes((0.73, 0.14, 0.25, 0.76))
    if states is not None:
        values = states.numpy()
        bins = np.linspace(-window, window, landscape.bins + 1)
        counts, _ = np.histogram(values, bins)
        axis.stairs(counts / (values.size * (bins[1] - bins[0])), bins, fill=True, color=COLORS["sky"], label="chains")
        colors = ("blue", "orange", "green")
        shown = np.linspace(0, values.shape[1] - 1, min(TRACED, values.shape[1])).round().astype(int)
        for chain, color in zip(values.T[shown], colors, strict=False):
            every_other = np.clip(chain[::2], -2 * window, 2 * window)
            side.plot(np.arange(0, len(chain), 2), every_other, color=COLORS[color], linewidth=0.7)
    else:
        axis.text(0, 0.8 * top, "no samples: the run diverged", ha="center", color=COLORS["red"], fontsize=12)
    axis.plot(x, p, color=PROBABILITY_COLOR, linewidth=1.8, label="exact density")
    energy = landscape.energy(density[0]).numpy()
    scaled = np.where(energy < 6 * temperature, top * energy / (6 * temperature), np.nan)
    axis.plot(x, scaled, color=ENERGY_COLOR, linestyle=":", linewidth=1.2, label="energy (top: 6 T)")
    axis.set(xlim=(-window, window), ylim=(0, top), xlabel="x", ylabel="density p")
    axis.legend(loc="upper right", frameon=True, framealpha=0.9, edgecolor="white")
    axis.set_title(f"{name}, {sampler}, ε = {step_size:.3f}, T = {temperature:.3f}", y=1.02)
    side.set(xlim=(0, N_STEPS - BURN_IN), ylim=(-window, window), xlabel="state", ylabel="x")
    side.set_title("some of the chains", y=1.02)
    return figure
