"""The sampling engine of this tree against that of another commit, in turn.

    python tests/benchmarks/engine.py [--against HEAD~1] [--repeats 9] [--seconds 0.15] [CASE ...]

Each version runs in a process of its own; both wait while the other runs, and what counts is the median of the ratios
of neighbours in time. So other work on the machine meets both. Besides the clock, the processors' time is compared,
which other work hardly touches. CASE is model-size:chains[:engine], such as ising-256:1 or xy-64:8:sites.
"""

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
CASES = (
    "ising-64:1",
    "ising-64:32",
    "ising-256:1",
    "ising-1024:1",
    "ising-60:8",
    "potts-256:1",
    "clock-256:1",
    "xy-256:1",
)

WORKER = """
import json, sys, time
sys.path.insert(0, sys.argv[1])
import jax, numpy as np
from course_utils import lattice
from course_utils.lattice.base import Chains
name, size, chains, engine = sys.argv[2], int(sys.argv[3]), int(sys.argv[4]), sys.argv[5]
make, beta = {
    "ising": (lambda: lattice.Ising(size), 0.44),
    "open": (lambda: lattice.Ising(size, boundary="open"), 0.44),
    "packed": (lambda: lattice.PackedIsing(size), 0.44),
    "potts": (lambda: lattice.Potts(size, 5), 1.17),
    "clock": (lambda: lattice.Clock(size, 16), 1.1),
    "xy": (lambda: lattice.XY(size), 1.1),
}[name]
model = make()
run = Chains(model, jax.random.key(0), beta, chains, "random", engine)
updates = chains * model.n_spins * (32 if name == "packed" else 1)

def go(n):
    run.frames(np.array([n]), {})
    jax.block_until_ready(run.state)

go(2)
began = time.perf_counter()
go(10)
n = max(2, int(float(sys.argv[6]) * 10 / (time.perf_counter() - began)))
print("ready", flush=True)
for line in sys.stdin:
    began = time.perf_counter(), time.process_time()
    go(n)
    took = time.perf_counter() - began[0], time.process_time() - began[1]
    print(json.dumps([1e9 * seconds / n / updates for seconds in took]), flush=True)
"""


def started(folder: Path, case: str, seconds: float) -> subprocess.Popen:
    """A process that runs some sweeps for each line that it reads."""
    model, chains, *engine = case.split(":")
    words = [sys.executable, "-c", WORKER, str(folder), *model.split("-"), chains, *(engine or ["sublattices"])]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    return subprocess.Popen([*words, str(seconds)], **pipes)


def compared(cases: list[tuple[Path, str]], repeats: int, seconds: float) -> list[list[tuple[float, float]]]:
    """Nanoseconds an update, by the clock and of the processors, of each (folder, case), repeats times in turn."""
    workers = [started(folder, case, seconds) for folder, case in cases]
    try:
        for worker in workers:
            if worker.stdout.readline().strip() != "ready":
                raise RuntimeError(f"{worker.args[3:]} did not start")
        found = [[] for _ in workers]
        for _ in range(repeats):
            for worker, times in zip(workers, found, strict=True):
                worker.stdin.write("\n")
                worker.stdin.flush()
                times.append(tuple(json.loads(worker.stdout.readline())))
        return found
    finally:
        for worker in workers:
            worker.stdin.close()
            worker.wait()


def line(name: str, before: list[tuple[float, float]], after: list[tuple[float, float]]) -> str:
    """A row of the table: nanoseconds of the processors before and after, and both ratios."""
    cells = [f"{statistics.median(t[1] for t in times):.3f}" for times in (before, after)]
    cells += [f"{statistics.median(b[k] / a[k] for b, a in zip(before, after, strict=True)):.2f}" for k in (1, 0)]
    return f"| {name} | " + " | ".join(cells) + " |"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("cases", nargs="*", default=CASES)
    parser.add_argument("--against", default="HEAD~1", help="a commit (default HEAD~1)")
    parser.add_argument("--repeats", type=int, default=9)
    parser.add_argument("--seconds", type=float, default=0.15, help="of one timed run")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        archive = subprocess.run(
            ["git", "archive", options.against, "course_utils"], cwd=ROOT, check=True, capture_output=True
        ).stdout
        subprocess.run(["tar", "x", "-C", folder], input=archive, check=True)
        print("| case | ns an update before | now | ratio of processor time | by the clock |")
        print("| --- | ---: | ---: | ---: | ---: |")
        for case in options.cases:
            pair = [(Path(folder), case), (ROOT, case)]
            print(line(case, *compared(pair, options.repeats, options.seconds)), flush=True)


if __name__ == "__main__":
    main()
