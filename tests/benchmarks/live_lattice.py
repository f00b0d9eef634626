"""Frames a second of the live lattice: sweep, energy, order parameter, picture and caption, without the browser.

    python tests/benchmarks/live_lattice.py [--size 256] [--frames 60] [--repeats 5]

The four models run in turn, `--repeats` times, and the median counts. Compilation and the first frame are not counted.
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

from course_utils.explorers import live_lattice

MODELS = ("ising", "potts", "clock", "xy")


def main() -> None:
    """Measure and print a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--size", type=int, default=256)
    parser.add_argument("--frames", type=int, default=60)
    parser.add_argument("--repeats", type=int, default=5)
    given = parser.parse_args()
    lives = {name: live_lattice(name, size=given.size) for name in MODELS}
    rates: dict[str, list[float]] = {name: [] for name in MODELS}
    for _ in range(given.repeats):
        for name, live in lives.items():
            start = time.perf_counter()
            for _ in range(given.frames):
                live.play.value += 1
            rates[name].append(given.frames / (time.perf_counter() - start))
            assert live.error is None, live.caption
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    print(f"{platform.system()}, Python {platform.python_version()}, jax {version('jax')}, {cores} cores")
    print(f"{given.size} × {given.size}, one sweep a frame, median of {given.repeats} runs of {given.frames} frames\n")
    print("| model | frames a second | slowest to fastest run | bytes a picture |\n| --- | ---: | ---: | ---: |")
    for name, live in lives.items():
        low, high = min(rates[name]), max(rates[name])
        print(f"| {name} | {statistics.median(rates[name]):.0f} | {low:.0f} to {high:.0f} | {len(live.picture):,} |")


if __name__ == "__main__":
    main()
