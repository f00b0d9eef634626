"""How fast explorers follow their controls, without the browser.

    python tests/benchmarks/explorers.py [--size 256] [--frames 60] [--repeats 5]

Pictures a second of the live lattices, and seconds for a new picture of the others in a costly setting. All run
in turn, `--repeats` times, and the median counts. Compilation and first pictures are not counted.
"""

import argparse
import os
import platform
import statistics
import sys
import time
from importlib.metadata import version
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import matplotlib.pyplot as plt
import torch

from course_utils import explorers, lattice
from course_utils.explorers.base import Explorer

MODELS = {
    "ising": lambda size: lattice.Ising(size),
    "potts": lambda size: lattice.Potts(size, 5),
    "clock": lambda size: lattice.Clock(size, 16),
    "xy": lambda size: lattice.XY(size),
}

#: An explorer, the controls that make its picture costly, and the one that is then moved, over new values.
COSTLY = {
    "boltzmann": ({"landscape": "double well"}, "temperature"),
    "importance": ({"dim": 100}, "width"),
    "langevin": ({"landscape": "egg box", "sampler": "MALA", "step_size": 0.05, "n_chains": 32}, "temperature"),
    "descent": ({"landscape": "Network loss"}, "temperature"),
    "training": ({"data_set": "eight Gaussians", "method": "persistent, MALA", "k": 30, "step_size": 0.3}, "step_size"),
    "images": ({"start": "noise", "steps": 300}, "temperature"),
}
STEPS = (0.005, 0.01, 0.02, 0.05, 0.1)


def plain_figure() -> None:
    """The unit of cost: a line, drawn as a PNG."""
    figure, axes = plt.subplots(figsize=(7, 4))
    axes.plot(range(100))
    figure.canvas.draw()
    plt.close(figure)


def seconds(work, *given) -> float:
    """Wall time of a call."""
    start = time.perf_counter()
    work(*given)
    return time.perf_counter() - start


def play(live: Explorer, frames: int) -> None:
    """Let a live lattice draw some pictures."""
    for _ in range(frames):
        live.play.value += 1


def main() -> None:
    """Measure and print two tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--size", type=int, default=256)
    parser.add_argument("--frames", type=int, default=60)
    parser.add_argument("--repeats", type=int, default=5, choices=range(1, len(STEPS) + 1))
    given = parser.parse_args()
    torch.set_num_threads(1)  # as in the lessons
    lives = {name: explorers.live_lattice(model(given.size)) for name, model in MODELS.items()}
    others = {name: getattr(explorers, name)().set(**fixed) for name, (fixed, _) in COSTLY.items()}
    plain_figure()
    rates: dict[str, list[float]] = {name: [] for name in MODELS}
    waits: dict[str, list[float]] = {name: [] for name in ("a plain figure", *COSTLY)}
    for i in range(given.repeats):
        for name, live in lives.items():
            rates[name].append(given.frames / seconds(play, live, given.frames))
        waits["a plain figure"].append(seconds(plain_figure))
        for name, explorer in others.items():
            moved = COSTLY[name][1]
            value = STEPS[i] if moved == "step_size" else 0.7 + 0.1 * i
            waits[name].append(seconds(lambda explorer=explorer, to=value, what=moved: explorer.set(**{what: to})))
    for name, explorer in (lives | others).items():
        assert explorer.error is None, f"{name}: {explorer.caption}"

    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    packages = ", ".join(f"{name} {version(name)}" for name in ("jax", "torch", "matplotlib"))
    print(f"{platform.system()}, Python {platform.python_version()}, {packages}, {cores} cores")
    print(f"{given.size} × {given.size}, one sweep a frame, median of {given.repeats} runs of {given.frames} frames\n")
    print("| model | frames a second | slowest to fastest run | bytes a picture |\n| --- | ---: | ---: | ---: |")
    for name, live in lives.items():
        low, high = min(rates[name]), max(rates[name])
        print(f"| {name} | {statistics.median(rates[name]):.0f} | {low:.0f} to {high:.0f} | {len(live.picture):,} |")
    print("\n| explorer | what is set | moved | seconds a picture | fastest to slowest | plain figures |")
    print("| --- | --- | --- | ---: | ---: | ---: |")
    unit = statistics.median(waits["a plain figure"])
    for name, times in waits.items():
        fixed, moved = COSTLY.get(name, ({}, ""))
        words = ", ".join(f"{key} {value}" for key, value in fixed.items())
        median, low, high = statistics.median(times), min(times), max(times)
        print(f"| {name} | {words} | {moved} | {median:.2f} | {low:.2f} to {high:.2f} | {median / unit:.1f} |")


if __name__ == "__main__":
    main()
