"""How fast explorers follow their controls, without the browser or with it.

    python tests/benchmarks/explorers.py [--size 256] [--frames 60] [--repeats 5]
    python tests/benchmarks/explorers.py --browser

Pictures a second of the live lattices, and seconds for a new picture of the others in a costly setting. All run
in turn, `--repeats` times, and the median counts. Compilation and first pictures are not counted. With `--browser`, a
headless one moves each control of each explorer instead, and plays the live lattices.
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
    "denoising": ({"steps": 8}, "turned"),
    "slabs": ({"side": 14}, "latency"),
    "votes": ({"per_pixel": 150.0}, "per_pixel"),
    "julia": ({"generation": 5}, "q"),
}
VALUES = {
    "step_size": (0.005, 0.01, 0.02, 0.05, 0.1),
    "turned": (0.3, 0.32, 0.34, 0.36, 0.38),
    "latency": (2.0, 2.5, 3.0, 3.5, 4.5),
    "per_pixel": (100.0, 110.0, 120.0, 130.0, 140.0),
    "q": (2.1, 2.2, 2.3, 2.4, 2.5),
}
REST = (0.7, 0.8, 0.9, 1.0, 1.1)  # of any other control


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
    parser.add_argument("--repeats", type=int, default=5, choices=range(1, len(REST) + 1))
    parser.add_argument("--browser", action="store_true", help="measure in JupyterLab, from a key to the picture")
    given = parser.parse_args()
    if given.browser:
        import explorer_pages

        print(f"load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores\n" if hasattr(os, "getloadavg") else "")
        explorer_pages.measure(COSTLY)
        return
    torch.set_num_threads(1)  # as in the lessons
    lives = {name: explorers.live_lattice(model(given.size)) for name, model in MODELS.items()}
    others = {name: getattr(explorers, name)().set(**fixed) for name, (fixed, _) in COSTLY.items()}
    plain_figure()
    rates: dict[str, list[float]] = {name: [] for name in MODELS}
    waits: dict[str, list[float]] = {name: [] for name in ("a plain figure", *COSTLY)}
    firsts: dict[str, list[float]] = {name: [] for name in COSTLY}
    for i in range(given.repeats):
        for name, live in lives.items():
            rates[name].append(given.frames / seconds(play, live, given.frames))
        waits["a plain figure"].append(seconds(plain_figure))
        for name, explorer in others.items():
            moved = COSTLY[name][1]
            came, began = [], time.perf_counter()
            explorer.image.observe(lambda _, came=came: came.append(time.perf_counter()), names="value")
            explorer.set(**{moved: VALUES.get(moved, REST)[i]})
            waits[name].append(time.perf_counter() - began)
            explorer.image.unobserve_all("value")
            firsts[name].append(came[0] - began)
    for name, explorer in (lives | others).items():
        assert explorer.error is None, f"{name}: {explorer.caption}"

    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    packages = ", ".join(f"{name} {version(name)}" for name in ("jax", "torch", "matplotlib"))
    load = f", load {os.getloadavg()[0]:.1f}" if hasattr(os, "getloadavg") else ""
    print(f"{platform.system()}, Python {platform.python_version()}, {packages}, {cores} cores{load}")
    print(f"{given.size} × {given.size}, one sweep a frame, median of {given.repeats} runs of {given.frames} frames\n")
    print("| model | frames a second | slowest to fastest run | bytes a picture |\n| --- | ---: | ---: | ---: |")
    for name, live in lives.items():
        low, high = min(rates[name]), max(rates[name])
        print(f"| {name} | {statistics.median(rates[name]):.0f} | {low:.0f} to {high:.0f} | {len(live.picture):,} |")
    print("\n| explorer | what is set | moved | first picture (s) | whole (s) | fastest to slowest | plain figures |")
    print("| --- | --- | --- | ---: | ---: | ---: | ---: |")
    unit = statistics.median(waits["a plain figure"])
    for name, times in waits.items():
        fixed, moved = COSTLY.get(name, ({}, ""))
        words = ", ".join(f"{key} {value}" for key, value in fixed.items())
        median, low, high = statistics.median(times), min(times), max(times)
        first = statistics.median(firsts.get(name, times))
        spread = f"{median:.2f} | {low:.2f} to {high:.2f} | {median / unit:.1f}"
        print(f"| {name} | {words} | {moved} | {first:.2f} | {spread} |")


if __name__ == "__main__":
    main()
