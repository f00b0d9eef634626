"""Speed of spin sampling: THRML's built-in factors, our two engines, a plain JAX stencil, and numba if it is there.

    python tests/benchmarks/spins.py [--largest 1024] [--only "Ising 256"] [--repeats 5] [--no-memory]

All update every spin once a sweep, one colour of the checkerboard after the other, by heat bath, from the same random
start, with one chain and JAX's threefry (numba: its own xorshift). For each model they run in turn, so that other work
on the machine meets all of them, and the median counts. Build (making the THRML program), compile (the first call, less
a sweep) and peak memory (of a fresh process that builds and makes two sweeps, and of one that only imports) stand
beside. The energy at the end is printed for each: who is fast must also be right.

On a GPU a second table gives flips per nanosecond against lattice size and number of chains, and the share of what the
memory would allow.
"""

import argparse
import math
import os
import platform
import re
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

os.environ.setdefault("XLA_PYTHON_CLIENT_PREALLOCATE", "false")
sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from thrml import sample_blocks

from course_utils.lattice import XY, Clock, Ising, Lattice, Potts
from course_utils.lattice.base import Chains, engine_of, to_spins
from course_utils.lattice.engines import sites, sublattices
from course_utils.lattice.factors import FactorProgram

GAP = "-"
SECONDS = 0.4  # of one timed run
KEY = jax.random.key(0)


@dataclass(frozen=True)
class Case:
    """A model, and the inverse temperature at which it is timed: near its transition."""

    name: str
    make: Callable[[], Lattice]
    beta: float


CASES = [
    Case("Ising 64²", lambda: Ising(64), 0.44),
    Case("Ising 256²", lambda: Ising(256), 0.44),
    Case("Ising 1024²", lambda: Ising(1024), 0.44),
    Case("Potts-5 256²", lambda: Potts(256, 5), 1.17),
    Case("clock-16 256²", lambda: Clock(256, 16), 1.1),
    Case("XY 256²", lambda: XY(256), 1.1),
]


# ---------------------------------------------------------------------------------------------- runners
# Each is made with a case and gives `run(n)`: n sweeps on, then wait; `spins()`; and `build`, the seconds that making
# the THRML program took, where there is one.


class BuiltIn:
    """THRML's factors. There is none for continuous spins."""

    def __init__(self, case: Case) -> None:
        self.model = case.make()
        if isinstance(self.model, XY):
            raise NotImplementedError
        self.build = clock(lambda: setattr(self, "built_in", FactorProgram(self.model, case.beta)))
        spins = self.model.random(KEY, (self.model.n_spins,))
        numbers = jnp.searchsorted(self.built_in.states, spins).astype(jnp.uint8)
        self.state = [numbers[at] for at in self.built_in.order]

    def run(self, n: int) -> None:
        self.state = jax.block_until_ready(_thrml_sweeps(self.built_in.program, KEY, self.state, jnp.int32(n)))

    def spins(self) -> jax.Array:
        place = np.argsort(np.concatenate(self.built_in.order))
        return self.built_in.states[jnp.concatenate(self.state)[place]].reshape(self.model.shape)


@eqx.filter_jit
def _thrml_sweeps(program, key, state, n):
    def sweep(t, state):
        return sample_blocks(jax.random.fold_in(key, t), list(state), [], program, [None, None])[0]

    return jax.lax.fori_loop(0, n, sweep, state)


class Ours:
    """`course_utils.lattice` on one of its engines."""

    def __init__(self, case: Case, engine: str) -> None:
        model = case.make()
        self.build = clock(lambda: engine_of(model, engine))
        self.chain = Chains(model, KEY, case.beta, 1, "random", engine)

    def run(self, n: int) -> None:
        self.chain.frames(np.array([n]), {})
        jax.block_until_ready(self.chain.state)

    def spins(self) -> jax.Array:
        return to_spins(self.chain.engine, self.chain.model, self.chain.state)[0]


class Stencil:
    """What one writes first in plain JAX: the whole lattice rolled, both colours drawn, one of them kept."""

    def __init__(self, case: Case) -> None:
        self.model, self.beta, self.build = case.make(), case.beta, math.nan
        if isinstance(self.model, XY):
            raise NotImplementedError
        self.state = self.model.random(KEY, self.model.shape)

    def run(self, n: int) -> None:
        self.state = jax.block_until_ready(_stencil_sweeps(self.model, self.beta, KEY, self.state, jnp.int32(n)))

    def spins(self) -> jax.Array:
        return self.state


@eqx.filter_jit
def _stencil_sweeps(model, beta, key, spins, n):
    black = np.indices(model.shape).sum(0) % 2 == 0
    states = jnp.arange(model.q, dtype=jnp.uint8) if not isinstance(model, Ising) else None

    def update(key, spins, colour):
        near = [jnp.roll(spins, step, axis) for axis in (0, 1) for step in (1, -1)]
        if isinstance(model, Ising):
            up = jax.random.uniform(key, spins.shape) < jax.nn.sigmoid(2 * beta * sum(near).astype(jnp.float32))
            new = jnp.where(up, 1, -1).astype(jnp.int8)
        else:
            logits = beta * sum(model.bond(s[..., None], states) for s in near)
            new = jax.random.categorical(key, logits).astype(jnp.uint8)
        return jnp.where(colour, new, spins)

    def sweep(t, spins):
        first, second = jax.random.split(jax.random.fold_in(key, t))
        return update(second, update(first, spins, black), ~black)

    return jax.lax.fori_loop(0, n, sweep, spins)


class Numba:
    """Ising in compiled Python on one thread, with a table of probabilities and xorshift64*."""

    def __init__(self, case: Case) -> None:
        import numba

        self.model, self.build = case.make(), math.nan
        if not isinstance(self.model, Ising):
            raise NotImplementedError
        self.state = np.array(self.model.random(KEY, self.model.shape))
        self.up = 1 / (1 + np.exp(-2 * case.beta * np.arange(-4, 5)))
        self.seed = np.array([88172645463325252], dtype=np.uint64)
        self.sweeps = numba.njit(_numba_sweeps)

    def run(self, n: int) -> None:
        self.sweeps(self.state, self.up, self.seed, n)

    def spins(self) -> np.ndarray:
        return self.state


def _numba_sweeps(spins, up, seed, n):
    rows, cols = spins.shape
    x = seed[0]
    for _ in range(n):
        for colour in range(2):
            for i in range(rows):
                above, below = (i - 1) % rows, (i + 1) % rows
                for j in range((i + colour) % 2, cols, 2):
                    total = spins[above, j] + spins[below, j] + spins[i, (j - 1) % cols] + spins[i, (j + 1) % cols]
                    x ^= x >> np.uint64(12)
                    x ^= x << np.uint64(25)
                    x ^= x >> np.uint64(27)
                    u = np.float64((x * np.uint64(2685821657736338717)) >> np.uint64(11)) / 9007199254740992.0
                    spins[i, j] = 1 if u < up[total + 4] else -1
    seed[0] = x


RUNNERS = {
    "THRML's factors": BuiltIn,
    "sites": lambda case: Ours(case, "sites"),
    "sublattices": lambda case: Ours(case, "sublattices"),
    "JAX stencil": Stencil,
    "numba": Numba,
}


# ------------------------------------------------------------------------------------------- measuring


def clock(action: Callable[[], object]) -> float:
    """Seconds that it takes."""
    began = time.perf_counter()
    action()
    return time.perf_counter() - began


def measure(case: Case, repeats: int) -> dict[str, dict[str, float]]:
    """Times of all runners of one case, interleaved."""
    runners, result = {}, {}
    for name, make in RUNNERS.items():
        sites.cache_clear()
        sublattices.cache_clear()
        try:
            runners[name] = make(case)
        except (ImportError, NotImplementedError):
            continue
        runner = runners[name]
        first, second = clock(lambda r=runner: r.run(1)), clock(lambda r=runner: r.run(1))
        probe = max(1, min(50, int(0.1 / second)))
        sweep = clock(lambda r=runner, n=probe: r.run(n)) / probe
        result[name] = {
            "build": runner.build,
            "compile": first - second,
            "n": max(1, int(SECONDS / sweep)),
            "times": [],
        }
    for _ in range(repeats):
        for name, runner in runners.items():
            n = result[name]["n"]
            result[name]["times"].append(clock(lambda r=runner, n=n: r.run(n)) / n)
    model = case.make()
    for name, runner in runners.items():
        result[name]["energy"] = float(model.energy(runner.spins()))
    return result


def peak_memory(case: Case | None, runner: str) -> float:
    """MB that a fresh process takes at most; with no case, one that only imports."""
    code = (
        "import sys; sys.path.insert(0, sys.argv[1]); import spins\n"
        "case = next((c for c in spins.CASES if c.name == sys.argv[2]), None)\n"
        "if case: spins.RUNNERS[sys.argv[3]](case).run(2)\n"
        "print(spins.most_memory())"
    )
    command = [sys.executable, "-c", code, str(Path(__file__).parent), case.name if case else "", runner]
    out = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    return float(out.split()[-1])


def most_memory() -> float:
    """MB that this process has taken at most."""
    status = Path("/proc/self/status")
    if status.exists():  # on Linux, `getrusage` begins with what the process took that started this one
        return int(re.search(r"VmHWM:\s+(\d+) kB", status.read_text())[1]) / 1024
    import resource

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024**2


def machine() -> str:
    """CPU or GPU model, cores, versions."""
    model = platform.processor() or platform.machine()
    if Path("/proc/cpuinfo").exists():
        lines = Path("/proc/cpuinfo").read_text().splitlines()
        model = next((line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")), model)
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    parts = [f"{model}, {cores} cores", f"JAX on {jax.devices()[0].device_kind}"]
    parts.append(f"{platform.system()}, Python {platform.python_version()}")
    for package in ("jax", "thrml", "numba"):
        try:
            parts.append(f"{package} {version(package)}")
        except PackageNotFoundError:
            parts.append(f"{package} absent")
    return "; ".join(parts)


# --------------------------------------------------------------------------------------------------- GPU


def bandwidth() -> float:
    """Bytes a nanosecond that the device reads and writes when it copies an array."""
    x = jnp.zeros(1 << 28, jnp.float32)
    copy = jax.jit(lambda x: x + 1)
    jax.block_until_ready(copy(x))
    seconds = min(clock(lambda: jax.block_until_ready(copy(x))) for _ in range(5))
    return 2 * x.nbytes / seconds / 1e9


def gpu_table() -> None:
    """Flips per nanosecond on the sublattice engine, against size and number of chains."""
    memory = bandwidth()
    print(f"\nMemory: {memory:.0f} bytes/ns, measured by copying 1 GiB.\n")
    print("| model | chains | spins | flips/ns | bytes a flip, at least | share of the memory's |")
    print("| --- | ---: | ---: | ---: | ---: | ---: |")
    for make, beta, sizes, moved in (
        (Ising, 0.44, ((64, 4096), (256, 256), (1024, 16), (4096, 1), (16384, 1)), 1),
        (lambda size: Clock(size, 16), 1.1, ((1024, 16), (4096, 1)), 2),
        (XY, 1.1, ((256, 64), (2048, 1), (8192, 1)), 16),
    ):
        for size, chains in sizes:
            model = make(size)
            run = Chains(model, KEY, beta, chains, "random", "sublattices")

            def go(n: int, run: Chains = run) -> None:
                run.frames(np.array([n]), {})
                jax.block_until_ready(run.state)

            go(2)
            n = max(5, int(1.0 / clock(lambda go=go: go(2)) * 2))
            rate = statistics.median(
                n * chains * model.n_spins / clock(lambda go=go, n=n: go(n)) / 1e9 for _ in range(5)
            )
            share = rate * moved / memory
            spins = chains * model.n_spins
            print(f"| {model.name} {size}² | {chains} | {spins:.2g} | {rate:.1f} | {moved} | {share:.0%} |")


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--largest", type=int, default=1024, help="leave out larger lattices (default 1024)")
    parser.add_argument("--only", help="cases whose name contains this")
    parser.add_argument("--repeats", type=int, default=5, help="timed runs of each; the median counts (default 5)")
    parser.add_argument("--no-memory", action="store_true", help="do not measure memory")
    options = parser.parse_args(arguments)
    if options.repeats < 1:
        parser.error("--repeats must be at least 1")
    measured_memory = not options.no_memory and platform.system() != "Windows"
    cases = [c for c in CASES if c.make().grid.rows <= options.largest and (options.only or "") in c.name]

    print(machine())
    print(f"One chain, threefry, median of {options.repeats} runs in turn\n")
    empty = peak_memory(None, "") if measured_memory else math.nan
    columns = ["model", "sampler", "million updates/s", "slowest to fastest", "× THRML's factors", "ms a sweep"]
    columns += ["build, s", "compile, s", "memory, MB", "energy at the end"]
    print("|", " | ".join(columns), "|")
    print("| --- | --- |", " | ".join(["---:"] * 8), "|")
    for case in cases:
        result, spins = measure(case, options.repeats), case.make().n_spins
        base = statistics.median(result["THRML's factors"]["times"]) if "THRML's factors" in result else None
        for name, values in result.items():
            took = statistics.median(values["times"])
            ratio = f"{base / took:.1f}" if base else GAP
            spread = f"{spins / max(values['times']) / 1e6:.1f} to {spins / min(values['times']) / 1e6:.1f}"
            build = GAP if math.isnan(values["build"]) else f"{values['build']:.2f}"
            memory = f"{peak_memory(case, name) - empty:.0f}" if measured_memory else GAP
            print(
                f"| {case.name} | {name} | {spins / took / 1e6:.1f} | {spread} | {ratio} | {took * 1e3:.2f} "
                f"| {build} | {values['compile']:.1f} | {memory} | {values['energy']:.3f} |",
                flush=True,
            )
    if measured_memory:
        print(f"\nMemory is beyond the {empty:.0f} MB of a process that has only imported everything.")
    if jax.default_backend() == "gpu":
        gpu_table()
    else:
        print("\nNo GPU here: the table of flips per nanosecond is left out.")


if __name__ == "__main__":
    main()
