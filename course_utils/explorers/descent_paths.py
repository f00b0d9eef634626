"""The explorer of lesson 04: an annealer at work, on four landscapes, with six schedules and one of your own."""

import dataclasses
import functools
import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

import ipywidgets as widgets
import numpy as np
from ipywidgets import jslink
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.colors import LogNorm
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator, NullLocator
from mpl_toolkits.mplot3d import proj3d

from ..plots.maps import mark_minima, surface
from ..plots.style import COLORS, pixels
from .base import DPI, Explorer, choice, fixed, log_slider, slider
from .gradual import gradually, look

if TYPE_CHECKING:
    from torch import Tensor

    from ..samplers import Run

Schedule = Callable[[float, float, int], "Tensor"]
"""Temperatures of so many steps, from a start and an end."""

QUESTION = (
    "On Ackley at a constant temperature, which T finds the minimum most often, and in what share of the runs? "
    "Is there any schedule and start temperature that does half as well on Rastrigin?"
)
N_RUNS, N_STEPS, QUENCH = 200, 500, 50
N_PATHS, THIN = 6, 5
DRAWN = 5  # the run in all four panels: one that starts far out
COLDEST = 100.0  # schedules that have an end of their own choosing end at the start temperature divided by this
SEED = 4
SLICE = 50  # steps between two moments at which the page is heard
GRID = 121  # points along each side of the map
SIZE = (8.0, 6.6)  # inches
SCENE = (0.08, 0.50, 0.43, 0.44)  # of the landscape, in shares of the picture
TICK_MS = 120  # of the Play button
LOGARITHMIC = ("Rosenbrock", "Network loss")  # landscapes that are drawn as log(1 + E) where their height is seen


@functools.lru_cache(maxsize=64)  # so that time can run without the run being made again
def runs(
    landscape: str, schedule: str, temperature: float, noise: float = 1.0, speed: float = 1.0,
    yours: Schedule | None = None,
) -> tuple["Run", "Tensor", "Tensor"]:  # fmt: skip
    """200 runs of 500 steps from random starts, the last 50 at T = 0; the same random numbers at every call.

    Args:
        landscape: one of `course_utils.descent.landscapes()`.
        schedule: one of `course_utils.descent.SCHEDULES`, or "yours".
        temperature: T of the first step.
        noise: factor on the noise, which makes the temperature noise² T.
        speed: factor on the landscape's step size.
        yours: the schedule called "yours".

    Returns:
        The run with every fifth state, where the runs started, and which of them succeeded.

    Raises:
        ValueError: if "yours" does not give a temperature >= 0 for each step.
    """
    import torch

    from .. import descent as reference
    from .. import samplers

    scene = reference.landscapes()[landscape]
    generator = torch.Generator().manual_seed(SEED)
    x = reference.random_starts(scene.energy, N_RUNS, generator)
    n, end = N_STEPS - QUENCH, temperature / COLDEST
    if schedule == "yours":
        temperatures = torch.as_tensor(yours(temperature, end, n), dtype=torch.float64)
        if temperatures.shape != (n,) or not bool((temperatures >= 0).all() and temperatures.isfinite().all()):
            found = f"shape {tuple(temperatures.shape)}, lowest {float(temperatures.min()):.3g}"
            raise ValueError(f"your schedule gives {found}: expected {n} finite temperatures >= 0")
    else:
        temperatures = reference.schedule(schedule, temperature, end, n)
    temperatures = torch.cat([noise**2 * temperatures, temperatures.new_zeros(QUENCH)])
    how = {"step_size": speed * scene.step_size, "generator": generator, "thin": THIN}
    run = None
    for part in temperatures.split(SLICE):
        done = 0 if run is None else len(run.temperature)
        try:
            more = samplers.annealed(scene.energy, run.x if done else x, temperatures=part, **how)
        except samplers.Diverged as error:
            raise samplers.Diverged(done + error.step, error.step_size, error.stable) from error
        run = more if run is None else _joined(run, more)
        look((run, x, temperatures))
    return run, x, reference.succeeded(scene, run.x)


def _joined(run: "Run", more: "Run") -> "Run":
    """A run and what followed it as one."""
    import torch

    both = {
        name: torch.cat([getattr(run, name), getattr(more, name)]) for name in ("trajectory", "energy", "temperature")
    }
    return dataclasses.replace(more, steps=torch.cat([run.steps, len(run.temperature) + more.steps]), **both)


def descent(yours: Schedule | None = None) -> Explorer:
    """Landscape × schedule × start temperature × noise × speed: a run in four panels, and how many of 200 succeed.

    Args:
        yours: a schedule of the learner's own, yours(start, end, n_steps), which joins the others as "yours".
    """
    from .. import descent as reference

    schedules = [*reference.SCHEDULES, *(["yours"] if yours else [])]
    controls = {
        "landscape": choice("landscape", list(reference.landscapes()), "Ackley"),
        "schedule": choice("schedule", schedules, "exponential"),
        "temperature": log_slider("start T", 1.0, 0.01, 100.0, per_decade=10),
        "noise": slider("noise ×", 1.0, 0.0, 2.0, 0.1),
        "speed": log_slider("speed ×", 1.0, 0.1, 10**1.5, per_decade=10),
        "view": choice("view", ["contour", "3-D"]),
        "step": slider("step", N_STEPS, 2 * THIN, N_STEPS, 2 * THIN),
    }
    play = widgets.Play(value=N_STEPS, min=2 * THIN, max=N_STEPS, step=2 * THIN, interval=TICK_MS)
    jslink((play, "value"), (controls["step"], "value"))
    render = functools.partial(stages, yours=yours)
    return Explorer(controls, render, question=QUESTION, size=SIZE, extras=(play,))


def stages(
    landscape: str, schedule: str, temperature: float, noise: float = 1.0, speed: float = 1.0, view: str = "contour",
    step: int = N_STEPS, yours: Schedule | None = None,
) -> Iterator[tuple[Figure, str] | None]:  # fmt: skip
    """A picture of runs on their way, if they are not known yet, and at last that of `draw`."""
    at = landscape, schedule, temperature, noise, speed
    for n, (run, start, temperatures) in enumerate(gradually(functools.partial(runs, *at, yours))):
        if n:
            yield None
            continue
        done = len(run.temperature)
        whole = dataclasses.replace(run, temperature=temperatures)
        figure = _figure(*at, view, min(step, done) // THIN, whole, start, f"{done} of {N_STEPS} steps so far")
        yield figure, f"{landscape}, {schedule}, start T = {temperature:.3f}: {done} of {N_STEPS} steps so far."
    yield draw(*at, view, step, yours)


def draw(
    landscape: str, schedule: str, temperature: float, noise: float = 1.0, speed: float = 1.0, view: str = "contour",
    step: int = N_STEPS, yours: Schedule | None = None,
) -> tuple[Figure, str]:  # fmt: skip
    """The picture and its caption; arguments as for `runs`, and up to which step the run is drawn.

    Raises:
        course_utils.samplers.Diverged: if the noise carries a run to where the step is unstable.
        ValueError: as `runs`.
    """
    from .. import descent as reference

    run, start, found = runs(landscape, schedule, temperature, noise, speed, yours)
    scene = reference.landscapes()[landscape]
    rate = reference.success_rate(found, reference.ONE_SIGMA)
    title = f"{rate.rate:.1%} of {rate.n} runs succeed"
    figure = _figure(landscape, schedule, temperature, noise, speed, view, step // THIN, run, start, title)
    return figure, _caption(scene, (landscape, schedule, temperature, noise, speed), run, start, rate, int(found.sum()))


def _figure(
    landscape: str, schedule: str, temperature: float, noise: float, speed: float, view: str, n: int, run: "Run",
    start: "Tensor", title: str,
) -> Figure:  # fmt: skip
    """A run up to the n-th of the states kept."""
    from .. import descent as reference

    scene = reference.landscapes()[landscape]
    boxes = SCENE, (0.62, 0.58, 0.355, 0.36), (0.08, 0.085, 0.43, 0.28), (0.62, 0.085, 0.355, 0.36)
    figure, (plane, loss, heat, phase) = fixed(*boxes)
    if view == "3-D":
        _draw_relief(plane, landscape, run, start, n)
    else:
        _draw_paths(plane, landscape, run, start, n)
    plane.set_title(f"{landscape}: {title}", y=1.02)
    losses = np.append(scene.energy(start[DRAWN]).numpy(), run.energy[:, DRAWN].numpy())
    _draw_numbers(loss, heat, phase, run.temperature.numpy(), losses, n)
    heat.set_title(f"{schedule} from T = {temperature:.3f}" + (f", noise × {noise:g}" if noise != 1 else ""), y=1.02)
    return figure


def _caption(
    scene: Any, at: tuple[str, str, float, float, float], run: "Run", start: "Tensor", rate: Any, n_found: int
) -> str:
    """The numbers."""
    landscape, schedule, temperature, noise, speed = at
    ends, (low, high) = run.x.numpy(), np.array(scene.energy.domain).T
    outside = int(((ends < low) | (ends > high)).any(1).sum())
    first, last = float(scene.energy(start[DRAWN])), float(scene.energy(run.x[DRAWN]))
    coldest = float(run.temperature[-QUENCH - 1])
    real = f" (noise × {noise:g}: {noise**2:.3g} times the temperature asked for)" if noise != 1 else ""
    return (
        f"{landscape}, {schedule}, start T = {temperature:.3f}, last T before the quench {_short(coldest)}{real}. "
        f"Success in {n_found} of {rate.n} runs: {rate.rate:.1%}, "
        f"one standard error to each side: {rate.low:.1%} to {rate.high:.1%}.\n"
        f"The run drawn: E = {_short(first)} at the start, {_short(last)} at the end, {_short(abs(first - last))} "
        f"{'lower' if last <= first else 'higher'}.\n"
        f"Success means a last E below {scene.success_below:g}. "
        f"Median of the last E: {_short(float(scene.energy(run.x).median()))}; "
        f"{N_STEPS} steps of {speed * scene.step_size:.3g}"
        + (f"; runs that ended outside the picture: {outside}." if outside else ".")
    )


def _draw_numbers(loss: Axes, heat: Axes, phase: Axes, temperatures: np.ndarray, losses: np.ndarray, n: int) -> None:
    """Loss, temperature, and one against the other, of the states up to the n-th; axes are those of the whole run."""
    steps, room = np.arange(0, N_STEPS + 1, THIN), 0.04 * float(np.ptp(losses)) + 1e-9
    span = float(losses.min()) - room, float(losses.max()) + room
    loss.plot(steps[: n + 1], losses[: n + 1], color=COLORS["blue"], linewidth=1)
    loss.plot(steps[: n + 1], np.minimum.accumulate(losses[: n + 1]), color=COLORS["red"], linewidth=1.6)
    loss.set(xlabel="step", ylabel="E", xlim=(0, N_STEPS), ylim=span, xticks=(0, N_STEPS // 2, N_STEPS))
    loss.set_title("loss; red: lowest so far", y=1.02)
    hottest = max(float(temperatures.max()), 1e-6)
    heat.plot(np.arange(1, N_STEPS + 1), temperatures, color=COLORS["black"], linewidth=1.4)
    heat.axvline(steps[n], color=COLORS["grey"], linewidth=1, linestyle=":")
    heat.set(xlabel="step", ylabel="T", ylim=(0, 1.08 * hottest), xlim=(0, N_STEPS), xticks=(0, N_STEPS // 2, N_STEPS))
    frozen = hottest / COLDEST / 2  # where T = 0 stands, which has no place on a logarithmic axis
    warm = np.maximum(temperatures[steps[1 : n + 1] - 1], frozen)
    phase.scatter(warm, losses[1 : n + 1], s=7, c=steps[1 : n + 1], cmap="viridis", vmin=0, vmax=N_STEPS)
    phase.set(xlabel="T; colder ones at the left edge", ylabel="E", xscale="log", xlim=(0.8 * frozen, 1.25 * hottest))
    phase.set(ylim=span)
    phase.xaxis.set_minor_locator(NullLocator())  # ticks take most of the time
    for axis in (loss.yaxis, heat.yaxis, phase.yaxis):
        axis.set_major_locator(MaxNLocator(4))
    phase.set_title("loss against temperature", y=1.02)


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


def _draw_paths(plane: Axes, landscape: str, run: "Run", start: "Tensor", n: int) -> None:
    """A map of the energy, the paths of some runs coloured by temperature, and where all runs are now."""
    from .. import descent as reference

    scene = reference.landscapes()[landscape]
    image, frame = _map(landscape)
    plane.imshow(image, origin="lower", extent=frame, cmap="Greys_r", aspect="auto", interpolation="nearest", alpha=0.8)
    temperatures = run.temperature.numpy()
    at, hottest = temperatures[run.steps.numpy()[:n] - 1], max(float(temperatures.max()), 1e-6)
    norm = LogNorm(hottest / COLDEST, hottest)
    paths = np.concatenate([start[None, :N_PATHS].numpy(), run.trajectory[:n, :N_PATHS].numpy()]).swapaxes(0, 1)
    for i, path in enumerate(paths):
        pieces = np.stack([path[:-1], path[1:]], 1)
        look = {"lw": 1.4, "zorder": 3} if i == DRAWN else {"lw": 0.6, "alpha": 0.6}
        plane.add_collection(LineCollection(pieces, cmap="plasma", norm=norm, array=np.maximum(at, norm.vmin), **look))
    now = run.trajectory[n - 1]
    ends, won = now.numpy(), reference.succeeded(scene, now).numpy()
    plane.plot(*ends[~won].T, "o", color=COLORS["red"], fillstyle="none", markersize=3.5, markeredgewidth=0.8)
    plane.plot(*ends[won].T, "o", color=COLORS["sky"], markersize=3.5)
    plane.plot(*paths[DRAWN, 0], "o", color="black", markersize=7, markeredgecolor="white", zorder=6)
    plane.plot(*paths[DRAWN, -1], "X", color="black", markersize=8, markeredgecolor="white", zorder=6)
    mark_minima(plane, scene.energy.minima[:1])
    plane.set(xlim=frame[:2], ylim=frame[2:], xlabel="x₁", ylabel="x₂")


@dataclass(frozen=True)
class _Relief:
    """A landscape in three dimensions as a picture, drawn once: facets take longer than all the rest.

    Attributes:
        image: of the panel.
        place: from x₁, x₂ and height to columns and rows of the picture.
    """

    image: np.ndarray
    place: Callable[[np.ndarray, np.ndarray, np.ndarray], tuple[np.ndarray, np.ndarray]]


@cache
def _relief(landscape: str) -> _Relief:
    """The relief of a landscape."""
    from .. import boltzmann as reference
    from .. import descent

    energy = descent.landscapes()[landscape].energy
    points, _ = reference.grid_2d(energy.domain, GRID)
    height = _height(landscape, energy(points).numpy())
    figure = Figure(figsize=(SIZE[0] * SCENE[2], SIZE[1] * SCENE[3]), dpi=DPI, layout="none")
    axes = figure.add_axes((0.0, 0.02, 0.94, 0.98), projection="3d")
    label = "log₁₀(1 + E)" if landscape in LOGARITHMIC else "E"
    surface(points, height, zlabel=label, zoom=0.86).layers[0].draw(axes, "", "_")
    axes.set(xlabel="x₁", ylabel="x₂")
    image = pixels(figure)
    matrix, lift = axes.get_proj(), 0.02 * float(np.ptp(height))

    def place(x: np.ndarray, y: np.ndarray, z: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        across, up, _ = proj3d.proj_transform(x, y, z + lift, matrix)
        columns, rows = axes.transData.transform(np.stack([across, up], -1)).T
        return columns, len(image) - rows

    return _Relief(image, place)


def _height(landscape: str, energy: np.ndarray) -> np.ndarray:
    return np.log10(1 + energy) if landscape in LOGARITHMIC else energy


def _draw_relief(plane: Axes, landscape: str, run: "Run", start: "Tensor", n: int) -> None:
    """One run on the landscape in three dimensions."""
    from .. import descent as reference

    energy, relief = reference.landscapes()[landscape].energy, _relief(landscape)
    states = np.concatenate([start[DRAWN][None].numpy(), run.trajectory[:n, DRAWN].numpy()])
    (left, right), (low, high) = energy.domain
    inside = (states[:, 0] > left) & (states[:, 0] < right) & (states[:, 1] > low) & (states[:, 1] < high)
    heights = _height(landscape, np.append(energy(start[DRAWN]).numpy(), run.energy[:n, DRAWN].numpy()))
    columns, rows = relief.place(*np.where(inside[:, None], states, np.nan).T, heights)
    plane.imshow(relief.image, aspect="auto", interpolation="nearest")
    plane.plot(columns, rows, color="white", linewidth=2.4)
    plane.plot(columns, rows, color=COLORS["red"], linewidth=1.1)
    plane.plot(columns[:1], rows[:1], "o", color="black", markersize=7, markeredgecolor="white")
    plane.plot(columns[-1:], rows[-1:], "X", color="black", markersize=8, markeredgecolor="white")
    star = energy.minima[:1].numpy()
    at = relief.place(*star.T, _height(landscape, energy(energy.minima[:1]).numpy()))
    plane.plot(*at, "*", color="white", markersize=13, markeredgecolor="black")
    plane.set_axis_off()
    plane.set(xlim=(-0.5, relief.image.shape[1] - 0.5), ylim=(relief.image.shape[0] - 0.5, -0.5))


def _short(value: float) -> str:
    """Three significant digits without an exponent."""
    digits = 3 if value == 0 else max(0, 2 - math.floor(math.log10(abs(value))))
    return f"{value:.{digits}f}"
