"""The explorer of lesson 05: short trainings by contrastive divergence, with their exact KL."""

import functools
import itertools
import math
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from matplotlib import colormaps
from matplotlib.figure import Figure

from ..plots import COLORS, PROBABILITY_CMAP, maps
from .base import Explorer, choice, fixed
from .gradual import gradually, look

if TYPE_CHECKING:
    from torch import Tensor, nn

    from ..data import Density

QUESTION = (
    "On the two moons with ULA: from which step size on do the energies run away, and do more steps per chain move "
    "that limit? Then switch to MALA, and look for the best step size at k = 1."
)
SETS = ("two moons", "eight Gaussians")
METHODS = {
    "CD, ULA": ("ula", False),
    "CD, MALA": ("mala", False),
    "persistent, MALA": ("mala", True),
}
STEPS_PER_CHAIN = (1, 3, 10, 30)
STEP_SIZES = (0.005, 0.01, 0.02, 0.05, 0.1, 0.3)

N_STEPS, BATCH, HIDDEN, LEARNING_RATE, EMA = 300, 128, (48, 48), 0.01, 0.98
N_DATA, CAPACITY = 5000, 1024
SEED = 0
SLICE = 5  # steps of the training between two moments at which the page is heard
SHOW_S = 0.4  # between two pictures of a training under way
GRID = 100
HIGHEST = 8.0
"""Energies this far above the lowest are drawn alike."""
RUNAWAY = 10.0
"""KL in nats from which the caption says that the energies ran away."""


@dataclass(frozen=True)
class ShortTraining:
    """One short training.

    Attributes:
        energy: of the averaged network, on the grid, shape (GRID, GRID).
        kl: exact KL in nats.
        edge_mass: share of the model's mass at the edge of the box.
        data_energy: mean energy of the data over the last twenty steps.
        acceptance: of MALA over the last hundred steps, None for ULA.
        data: shape (n, 2).
    """

    energy: "Tensor"
    kl: float
    edge_mass: float
    data_energy: float
    acceptance: float | None
    data: "Tensor"


@functools.lru_cache(maxsize=256)
def short_run(data_set: str, method: str, k: int, step_size: float) -> ShortTraining:
    """Train a small network for 300 steps, T = 1; the same arguments give the same run.

    Args:
        data_set: one of `SETS`.
        method: one of `METHODS`.
        k: steps of each chain.
        step_size: ε of the sampler.

    Raises:
        TrainingDiverged: if a loss stops being finite.
    """
    import torch

    from .. import ebm

    density = _density(data_set)
    sampler, persistent = METHODS[method]
    generator = torch.Generator().manual_seed(SEED)
    x = density.sample(N_DATA, generator)
    buffer = ebm.ReplayBuffer(CAPACITY, lambda n, g: 2 * torch.randn(n, 2, generator=g)) if persistent else None
    steps = itertools.count(0, SLICE)

    def show(net: "nn.Module") -> float:
        step = next(steps)
        look((step, lambda: _measured(density, net, x, float(net(x).mean()), None)))
        return step

    run = ebm.train(
        ebm.EnergyNet(hidden=HIDDEN, generator=generator),
        x,
        ebm.ContrastiveDivergence(k, step_size, sampler=sampler, buffer=buffer),
        n_steps=N_STEPS, batch_size=BATCH, learning_rate=LEARNING_RATE, ema=EMA, generator=generator,
        measures={"looked at": show}, measure_every=SLICE,
    )  # fmt: skip
    acceptance = run.history.get("acceptance")
    data_energy = float(run.history["data energy"][-20:].mean())
    acceptance = None if acceptance is None else float(acceptance[-100:].mean())
    return _measured(density, run.energy, x, data_energy, acceptance)


def _measured(
    density: "Density", net: "nn.Module", x: "Tensor", data_energy: float, acceptance: float | None
) -> ShortTraining:
    """What the picture needs of a network."""
    import torch

    from .. import ebm

    points, _ = ebm.grid(density.domain, GRID)
    with torch.no_grad():
        energy = net(points.float()).double().view(GRID, GRID)
    return ShortTraining(
        energy=energy,
        kl=ebm.kl(density, net, max_edge_mass=None),
        edge_mass=ebm.log_z(net, density.domain, max_edge_mass=None).edge_mass,
        data_energy=data_energy,
        acceptance=acceptance,
        data=x[:200],
    )


def training() -> Explorer:
    """Data set × method × steps per chain × step size: the learned surface, the density, and the exact KL.

    Each picture is a short training in the kernel, of one to three seconds, kept for the next time.
    """
    controls = {
        "data_set": choice("data", list(SETS)),
        "method": choice("method", list(METHODS)),
        "k": choice("steps k", {str(k): k for k in STEPS_PER_CHAIN}),
        "step_size": choice("step size ε", {f"{ε:g}": ε for ε in STEP_SIZES}, 0.01),
    }
    return Explorer(controls, stages, question=QUESTION, size=(8.0, 3.1))


def stages(data_set: str, method: str, k: int, step_size: float) -> Iterator[tuple[Figure, str] | None]:
    """The picture of a training on its way, now and then, and at last that of `draw`."""
    from .. import ebm

    name, shown = f"{method}, k = {k}, ε = {step_size:g}", -SHOW_S
    try:
        for step, measured in gradually(functools.partial(short_run, data_set, method, k, step_size)):
            if time.monotonic() - shown < SHOW_S or step == N_STEPS:
                yield None
                continue
            run = measured()
            kl = _nats(run.kl)
            figure = _figure(data_set, run, f"{name}: KL {kl} nats after {step} of {N_STEPS} steps")
            yield figure, f"{data_set}, {name}, T = 1: training, {step} of {N_STEPS} steps so far, KL {kl} nats now."
            shown = time.monotonic()
    except ebm.TrainingDiverged as error:
        yield _diverged(data_set, error)
        return
    yield draw(data_set, method, k, step_size)


def draw(data_set: str, method: str, k: int, step_size: float) -> tuple[Figure, str]:
    """A short training, its picture and its caption."""
    from .. import ebm

    try:
        run = short_run(data_set, method, k, step_size)
    except ebm.TrainingDiverged as error:
        return _diverged(data_set, error)
    told = "" if run.acceptance is None else f" MALA accepted {run.acceptance:.0%} of its steps."
    where = f" {run.edge_mass:.0%} of the model's mass lies at the edge of the box." if run.edge_mass > 0.01 else ""
    away = "  The energies ran away." if not run.kl < RUNAWAY and method != "persistent, MALA" else ""
    caption = (
        f"{data_set}, {method}, k = {k}, ε = {step_size:g}, T = 1: KL {_nats(run.kl)} nats after {N_STEPS} steps; "
        f"mean energy of the data {run.data_energy:.3g}.{told}{where}{away}\n"
        f"A live training in this kernel, with a small network ({HIDDEN[0]} × {HIDDEN[1]}) and a fixed seed."
    )
    return _figure(data_set, run, f"{method}, k = {k}, ε = {step_size:g}: KL {_nats(run.kl)} nats"), caption


def _diverged(data_set: str, error: Exception) -> tuple[Figure, str]:
    return _figure(data_set, None, "no energy: the training diverged"), f"The training stopped: {error}"


def _nats(kl: float) -> str:
    return f"{kl:.3f}" if kl < RUNAWAY else f"{kl:,.0f}" if math.isfinite(kl) else "infinite"


def _figure(data_set: str, run: ShortTraining | None, title: str) -> Figure:
    from .. import boltzmann

    figure, axes = fixed(*((left, 0.14, 0.262, 0.676) for left in (0.055, 0.415, 0.72)))
    figure.text(0.055, 0.935, title, fontsize=11)
    plane, truth = _truth(data_set)
    top = 1.15 * float(truth.max())
    if run is not None:
        energy = maps.energy(plane, run.energy - run.energy.min(), top=HIGHEST).draw(axes[0], "", "_")
        figure.colorbar(energy, cax=figure.add_axes((0.33, 0.14, 0.012, 0.676)), ticks=[0, 2, 4, 6, 8])
        axes[0].plot(*run.data.numpy().T, ".", color="white", markersize=2, markeredgewidth=0)
        p, _ = boltzmann.density(run.energy, float((plane[1, 1] - plane[0, 0]).prod()))
        maps.density(plane, p, top=top).draw(axes[1], "", "_")
    else:
        axes[0].text(0.5, 0.5, "diverged", ha="center", color=COLORS["red"], transform=axes[0].transAxes)
    maps.density(plane, truth, top=top).draw(axes[2], "", "_")
    for ax, name in zip(axes, ("E above its minimum, data", "density of the model", "truth"), strict=True):
        ax.set_title(name, fontsize=10)
        ax.set_xlabel("$x_1$", labelpad=1)
        ax.set_ylabel("")
    axes[0].set_ylabel("$x_2$", labelpad=-2)
    for ax in axes[1:]:
        ax.set_yticklabels([])
    axes[1].set_facecolor(colormaps[PROBABILITY_CMAP](0.0))
    return figure


def _density(data_set: str) -> "Density":
    from .. import data

    return {"two moons": data.two_moons, "eight Gaussians": data.eight_gaussians}[data_set]()


@functools.lru_cache(maxsize=4)
def _truth(data_set: str) -> tuple["Tensor", "Tensor"]:
    import torch

    from .. import ebm

    density = _density(data_set)
    points, _ = ebm.grid(density.domain, GRID)
    return points.view(GRID, GRID, 2), torch.exp(density.log_prob(points)).view(GRID, GRID)
