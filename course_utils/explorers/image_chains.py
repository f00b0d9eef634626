"""The explorer of lesson 06: where chains of images go, for three starts, any number of steps and any temperature."""

import contextlib
import itertools
import time
from collections.abc import Iterator
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.figure import Figure

from .. import arguments
from ..plots import COLORS
from ..plots.maps import draw_images
from .base import Explorer, choice, fixed, log_slider

if TYPE_CHECKING:
    from torch import Tensor

QUESTION = (
    "Start from real images. Up to which temperature do most of the eight chains still show their digit after 100 "
    "steps, and what do chains from noise show after 300 steps at that temperature, compared with T = 1?"
)
STEPS = (0, 3, 10, 30, 100, 300)
STARTS = ("noise", "real images", "upper half clamped")
STEP_SIZE = 0.005
N_CHAINS = 8
SEED = 6
SLICE = 20  # steps between two moments at which the page is heard
SHOW_S = 0.3  # between two pictures of chains on their way


@cache
def _scene() -> tuple[Any, Any, "Tensor", "Tensor", "Tensor"]:
    """Energy, classifier, eight real images, their labels, and energies of all real images with the data noise."""
    import torch

    from .. import data, ebm

    test = data.digits("test")
    first = [int((test.labels == y).nonzero()[0]) for y in (0, 1, 2, 3, 4, 6, 7, 9)]
    generator = torch.Generator().manual_seed(SEED)
    energy, classifier = ebm.load("digits"), ebm.load("digits_classifier")
    noisy = test.images + 0.1 * torch.randn(test.images.shape, generator=generator)
    return energy, classifier, test.images[first], test.labels[first], energy(noisy)


def chains(start: str, steps: int, temperature: float) -> tuple[dict[int, "Tensor"], "Tensor"]:
    """Eight chains at ε = 0.005; the same random numbers at every call.

    Args:
        start: one of `STARTS`.
        steps: number of Langevin steps, one of `STEPS`.
        temperature: T > 0.

    Returns:
        The pictures after each number of `STEPS` up to `steps`, and the energies after each step, shape
        (steps + 1, 8).
    """
    *_, last = walk(start, steps, temperature)
    return last


def walk(start: str, steps: int, temperature: float) -> Iterator[tuple[dict[int, "Tensor"], "Tensor"]]:
    """`chains` on their way: what there is of both after every 20 steps, or fewer."""
    import torch

    from .. import ebm

    energy, _, real, _, _ = _scene()
    arguments.choice("start", start, STARTS)
    generator = torch.Generator().manual_seed(SEED)
    x = ebm.uniform_noise(1, 8, 8)(N_CHAINS, generator)
    free = torch.ones(8, 8, dtype=torch.bool)
    if start == "real images":
        x = real.clone()
    elif start == "upper half clamped":
        free[:4] = False
        x = torch.where(free, x, real)
    frames, energies = {0: x}, energy(x)[None]
    yield dict(frames), energies
    how = {"step_size": STEP_SIZE, "temperature": temperature, "generator": generator}
    stops = sorted({n for n in (*STEPS, *range(0, steps, SLICE)) if 0 < n <= steps})
    for done, stop in itertools.pairwise((0, *stops)):
        with one_thread():  # eight pictures: a second thread only waits
            run = ebm.clamped_langevin(energy, x, free, n_steps=stop - done, **how)
        x, energies = run.x, torch.cat([energies, run.energy])
        if stop in STEPS:
            frames[stop] = x
        yield dict(frames), energies


@contextlib.contextmanager
def one_thread() -> Iterator[None]:
    """PyTorch computes on one thread within it."""
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def images() -> Explorer:
    """Start × steps × temperature: eight chains of images, and their energies."""
    controls = {
        "start": choice("start", list(STARTS)),
        "steps": choice("steps", {str(n): n for n in STEPS}, 100),
        "temperature": log_slider("temperature T", 1.0, 0.01, 10.0, per_decade=10),
    }
    return Explorer(controls, stages, question=QUESTION, size=(8.0, 4.4))


def stages(start: str, steps: int, temperature: float) -> Iterator[tuple[Figure, str] | None]:
    """The picture of chains on their way, now and then, and at last that of `draw`."""
    shown = 0.0
    for frames, energies in walk(start, steps, temperature):
        done = len(energies) - 1
        if done == steps:
            yield _picture(start, steps, temperature, frames, energies)
        elif done and time.monotonic() - shown > SHOW_S:
            figure, caption = _picture(start, steps, temperature, frames, energies)
            yield figure, f"On the way, {done} of {steps} steps so far. {caption}"
            shown = time.monotonic()
        else:
            yield None


def draw(start: str, steps: int, temperature: float) -> tuple[Figure, str]:
    """A fresh run, its picture and its caption.

    Raises:
        course_utils.samplers.Diverged: if a state stops being finite.
    """
    return _picture(start, steps, temperature, *chains(start, steps, temperature))


def _picture(
    start: str, steps: int, temperature: float, frames: dict[int, "Tensor"], energies: "Tensor"
) -> tuple[Figure, str]:
    """Picture and caption of a run, or of as much as there is."""
    from .. import ebm

    _, classifier, _, labels, of_real = _scene()
    figure, (grid, curve) = fixed((0.10, 0.02, 0.44, 0.84), (0.645, 0.15, 0.335, 0.70))
    rows = [f"step {n}" for n in frames]
    pictures = np.stack([x[:, 0].numpy() for x in frames.values()])
    draw_images(grid, pictures, rows=rows, room=len(STEPS))  # whatever the number of rows, nothing changes its place
    grid.set_title(f"from {start}: {steps} steps at T = {temperature:.3f}", y=1.01)

    low, high = np.quantile(of_real.numpy(), (0.1, 0.9))
    curve.axhspan(low, high, color=COLORS["grey"], alpha=0.25, linewidth=0)
    look = {"color": COLORS["blue"], "linewidth": 0.8, "alpha": 0.8}
    curve.plot(np.arange(len(energies)), energies.numpy(), marker="" if steps else ".", **look)
    curve.set(xlabel="step", ylabel="energy E", xlim=(0, max(STEPS)))
    top = max(float(np.quantile(energies.numpy(), 0.98)), high)
    curve.set_ylim(min(float(energies.min()), low) - 5, top + 5)
    curve.set_title("chains, and real images (grey)", y=1.01)

    read = classifier(frames[max(frames)]).argmax(1)
    seen = " ".join(str(int(y)) for y in read)
    kinds = ebm.effective_classes(ebm.class_histogram(read))
    caption = (
        f"Start: {start}; {steps} steps of ε = {STEP_SIZE} at T = {temperature:.3f}. "
        f"Mean energy {float(energies[-1].mean()):.1f}; real images with data noise {float(of_real.mean()):.1f}.\n"
        f"A classifier reads {seen}: {kinds:.1f} effective classes."
    )
    if start != "noise":
        caption += f" Still the digit of the start: {int((read == labels).sum())} of {N_CHAINS}."
    return figure, caption
