"""The explorer of lesson 04: what the start temperature and the schedule do to runs on four landscapes."""

import math
from functools import cache
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.colors import LogNorm
from matplotlib.figure import Figure

from ..plots.maps import mark_minima
from ..plots.style import COLORS
from .base import Explorer, choice, fixed, log_slider

if TYPE_CHECKING:
    from torch import Tensor

    from ..samplers import Run

QUESTION = (
    "On Ackley at a constant temperature, which T finds the minimum most often, and in what share of the runs? "
    "Is there any schedule and start temperature that does half as well on Rastrigin?"
)
N_RUNS, N_STEPS, QUENCH = 200, 500, 50
N_PATHS, THIN = 6, 5
COLDEST = 100.0  # linear, polynomial and exponential cooling end at the start temperature divided by this
SEED = 4
GRID = 121  # points along each side of the map


def runs(landscape: str, schedule: str, temperature: float) -> tuple["Run", "Tensor", "Tensor"]:
    """200 runs of 500 steps from random starts, the last 50 at T = 0; the same random numbers at every call.

    Args:
        landscape: one of `course_utils.descent.landscapes()`.
        schedule: one of `course_utils.descent.SCHEDULES`.
        temperature: T of the first step.

    Returns:
        The run with the paths of the first six, where the runs started, and which of them succeeded.
    """
    import torch

    from .. import descent as reference

    scene = reference.landscapes()[landscape]
    generator = torch.Generator().manual_seed(SEED)
    x = reference.random_starts(scene.energy, N_RUNS, generator)
    temperatures = reference.schedule(schedule, temperature, temperature / COLDEST, N_STEPS - QUENCH)
    run = reference.thermal_descent(
        scene.energy, x, step_size=scene.step_size, temperatures=temperatures, generator=generator, quench=QUENCH,
        thin=THIN,
    )  # fmt: skip
    return run, x, reference.succeeded(scene, run.x)


@cache
def _map(landscape: str) -> tuple[np.ndarray, tuple[float, float, float, float]]:
    """The picture of an energy as ranks, so that each landscape shows all of its structure, and its frame."""
    from .. import boltzmann as reference
    from .. import descent

    energy = descent.landscapes()[landscape].energy
    points, _ = reference.grid_2d(energy.domain, GRID)
    values = energy(points).numpy()
    ranks = np.empty(values.size)
    ranks[values.ravel().argsort()] = np.linspace(0, 1, values.size)
    (left, right), (low, high) = energy.domain
    return ranks.reshape(values.shape).T, (left, right, low, high)


def descent() -> Explorer:
    """Landscape × schedule × start temperature: paths, end points and success rate of 200 runs."""
    from .. import descent as reference

    controls = {
        "landscape": choice("landscape", list(reference.landscapes()), "Ackley"),
        "schedule": choice("schedule", list(reference.SCHEDULES), "exponential"),
        "temperature": log_slider("start T", 1.0, 0.01, 100.0, per_decade=10),
    }
    return Explorer(controls, draw, question=QUESTION, size=(8.0, 4.2))


def draw(landscape: str, schedule: str, temperature: float) -> tuple[Figure, str]:
    """The picture and its caption.

    Raises:
        course_utils.samplers.Diverged: if the noise carries a run to where the step is unstable.
    """
    from .. import descent as reference

    run, start, found = runs(landscape, schedule, temperature)
    scene = reference.landscapes()[landscape]
    rate = reference.success_rate(found, reference.ONE_SIGMA)
    temperatures = run.temperature.numpy()

    figure, (plane, heat, bar) = fixed((0.09, 0.13, 0.41, 0.75), (0.62, 0.60, 0.355, 0.28), (0.62, 0.13, 0.355, 0.28))
    _draw_paths(plane, landscape, run, start, found)
    plane.set_title(f"{landscape}: {rate.rate:.1%} of {rate.n} runs succeed", y=1.02)
    heat.plot(np.arange(1, len(temperatures) + 1), temperatures, color=COLORS["black"], linewidth=1.4)
    heat.set(xlabel="step", ylabel="T", ylim=(0, 1.08 * float(temperatures[0])), xlim=(0, N_STEPS))
    heat.set_title(f"{schedule} from T = {temperature:.3f}", y=1.02)
    bar.barh([0], [rate.rate], color=COLORS["sky"], height=0.5)
    bar.errorbar(rate.rate, 0, xerr=[[rate.rate - rate.low], [rate.high - rate.rate]], color=COLORS["black"], capsize=4)
    bar.set(xlim=(0, 1), ylim=(-0.6, 0.6), yticks=[], xlabel="success rate, ±1 s.e.")
    bar.xaxis.set_major_formatter("{x:.0%}")

    ends, (low, high) = run.x.numpy(), np.array(scene.energy.domain).T
    outside = int(((ends < low) | (ends > high)).any(1).sum())
    caption = (
        f"{landscape}, {schedule}, start T = {temperature:.3f}, last T before the quench "
        f"{_short(float(temperatures[-QUENCH - 1]))}. Success in {int(found.sum())} of {rate.n} runs: {rate.rate:.1%}, "
        f"one standard error to each side: {rate.low:.1%} to {rate.high:.1%}.\n"
        f"Success means a last E below {scene.success_below:g}. "
        f"Median of the last E: {_short(float(scene.energy(run.x).median()))}; {N_STEPS} steps of {scene.step_size:g}"
    )
    return figure, caption + (f"; runs that ended outside the picture: {outside}." if outside else ".")


def _draw_paths(plane: Axes, landscape: str, run: "Run", start: "Tensor", found: "Tensor") -> None:
    """A map of the energy, the paths of some runs coloured by temperature, and where all runs ended."""
    from .. import descent as reference

    image, frame = _map(landscape)
    plane.imshow(image, origin="lower", extent=frame, cmap="Greys_r", aspect="auto", interpolation="nearest", alpha=0.8)
    temperatures = run.temperature.numpy()
    at = temperatures[run.steps.numpy() - 1]
    norm = LogNorm(float(temperatures[0]) / COLDEST, float(temperatures[0]))
    paths = np.concatenate([start[None, :N_PATHS].numpy(), run.trajectory[:, :N_PATHS].numpy()])
    for path in paths.swapaxes(0, 1):
        pieces = np.stack([path[:-1], path[1:]], 1)
        plane.add_collection(LineCollection(pieces, cmap="plasma", norm=norm, array=np.maximum(at, norm.vmin), lw=0.8))
    ends, won = run.x.numpy(), found.numpy()
    plane.plot(*ends[~won].T, "o", color=COLORS["red"], fillstyle="none", markersize=3.5, markeredgewidth=0.8)
    plane.plot(*ends[won].T, "o", color=COLORS["sky"], markersize=3.5)
    mark_minima(plane, reference.landscapes()[landscape].energy.minima[:1])
    plane.set(xlim=frame[:2], ylim=frame[2:], xlabel="x₁", ylabel="x₂")


def _short(value: float) -> str:
    """Three significant digits without an exponent."""
    digits = 3 if value == 0 else max(0, 2 - math.floor(math.log10(abs(value))))
    return f"{value:.{digits}f}"
