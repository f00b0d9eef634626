"""The explorer of lesson 03: a Langevin sampler's step size, temperature and chains, beside the exact density."""

import functools
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from matplotlib.figure import Figure

from ..plots import COLORS
from ..plots.style import ENERGY_COLOR, PROBABILITY_COLOR
from .base import Explorer, choice, fixed, log_slider
from .density import grid_at

if TYPE_CHECKING:
    from torch import Tensor

    from ..energies import KnownEnergy

QUESTION = (
    "On the bowl, at which step size does ULA report exactly twice the true variance, and does the temperature change "
    "the answer? Then switch to MALA."
)
CHAINS = (4, 8, 32)  # an error from the spread of fewer would mean nothing
N_STEPS, BURN_IN = 800, 200
SEED = 3
GRID = 1601
TRACED = 3  # chains in the panel of traces


@dataclass(frozen=True)
class SymmetricLandscape:
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


@functools.cache
def landscapes() -> dict[str, SymmetricLandscape]:
    """The landscapes of lesson 03's explorer, by name."""
    from .. import energies

    return {
        "bowl": SymmetricLandscape(energies.Quadratic(), 6.0, 3.0),
        "double well": SymmetricLandscape(energies.DoubleWell(barrier=3.0), 2.2, 1.2),
        "egg box": SymmetricLandscape(energies.Rastrigin(dim=1, amplitude=2.0), 4.5, 2.0, bins=135),
    }


def langevin() -> Explorer:
    """Sampler × step size × temperature × number of chains: a histogram over the exact density, and traces.

    Its question has the answer ε = 1, at every temperature: the variance of ULA is T / (1 - ε/2).
    """
    controls = {
        "landscape": choice("landscape", list(landscapes())),
        "sampler": choice("sampler", ["ULA", "MALA"]),
        "step_size": log_slider("step size ε", 0.1, 0.01, 10**0.4),  # the bowl is unstable from 2 on
        "temperature": log_slider("temperature T", 1.0, 0.1, 5.0),
        "n_chains": choice("chains", {str(n): n for n in CHAINS}, 32),
    }
    return Explorer(controls, draw, question=QUESTION)


def draw(landscape: str, sampler: str, step_size: float, temperature: float, n_chains: int) -> tuple[Figure, str]:
    """A fresh run, its picture and its caption."""
    import torch

    from .. import samplers

    scene = landscapes()[landscape]
    x, dx, p = density(scene, temperature)
    exact = float((p * x**2).sum()) * dx
    start = torch.linspace(-scene.starts, scene.starts, n_chains)
    head = f"{landscape}, {sampler} at ε = {step_size:.3f}, T = {temperature:.3f}: {n_chains} chains"
    title = f"{landscape}, {sampler}, ε = {step_size:.3f}, T = {temperature:.3f}"
    try:
        run = {"ULA": samplers.ula, "MALA": samplers.mala}[sampler](
            scene.energy, start, step_size=step_size, n_steps=N_STEPS, burn_in=BURN_IN, temperature=temperature,
            generator=torch.Generator().manual_seed(SEED),
        )  # fmt: skip
    except samplers.Diverged as error:
        figure = _figure(scene, temperature, x, p, None, title)
        return figure, f"{head}. The run stopped: {error}\nExact variance {exact:.3f}."

    states = run.trajectory
    outside = float((states.abs() > scene.window).double().mean())
    caption = (
        f"{head} × {len(states)} states after {BURN_IN} steps of burn-in. {_numbers(states, exact)}\n"
        + ("ULA accepts every step" if run.acceptance is None else f"Acceptance {run.acceptance.mean():.3f}")
        + f"; {_agreement(states)}."
        + (f" {outside:.1%} of the states lie outside the picture." if outside > 0.001 else "")
    )
    return _figure(scene, temperature, x, p, states, title), caption


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


def density(scene: SymmetricLandscape, temperature: float) -> tuple["Tensor", float, "Tensor"]:
    """x, dx and the exact density on a grid that holds nearly all of it."""
    from .. import boltzmann

    x, dx, energy = grid_at(scene.energy, temperature, scene.window, GRID)
    return x, dx, boltzmann.density(energy, dx, temperature)[0]


def _figure(
    scene: SymmetricLandscape, temperature: float, x: "Tensor", p: "Tensor", states: "Tensor | None", title: str
) -> Figure:
    import numpy as np

    energy, x, p = (values.numpy() for values in (scene.energy(x), x, p))
    window, top = scene.window, 1.6 * float(p.max())
    figure, (axis, side) = fixed((0.08, 0.14, 0.56, 0.76), (0.73, 0.14, 0.25, 0.76))
    if states is not None:
        values = states.numpy()
        bins = np.linspace(-window, window, scene.bins + 1)
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
    scaled = np.where(energy < 6 * temperature, top * energy / (6 * temperature), np.nan)
    axis.plot(x, scaled, color=ENERGY_COLOR, linestyle=":", linewidth=1.2, label="energy (top: 6 T)")
    axis.set(xlim=(-window, window), ylim=(0, top), xlabel="x", ylabel="density p")
    axis.legend(loc="upper right", frameon=True, framealpha=0.9, edgecolor="white")
    axis.set_title(title, y=1.02)
    side.set(xlim=(0, N_STEPS - BURN_IN), ylim=(-window, window), xlabel="state", ylabel="x")
    side.set_title("some of the chains", y=1.02)
    return figure
