"""The same program on one core, on eight devices or on a cluster: how fast it samples, and a fingerprint of its spins.

    python -m course_utils.lattice.launch --side 1024 --chains 8 --cut rows            # all devices that JAX sees
    srun python -m course_utils.lattice.launch --distributed ...                       # one process a task, under SLURM
    python -m course_utils.lattice.launch --coordinator host:1234 --processes 2 --process 0 ...

Process 0 prints a line of JSON for each number of devices, then one for each of `--temperatures`. The same seed gives
the same fingerprint on any number of devices.
"""

import argparse
import contextlib
import json
import os
import socket
import subprocess
import sys
import tempfile
import time
import zlib
from pathlib import Path
from typing import Any

TRIES = 4
"""Timed runs of a measurement, the best of which counts; one goes before."""


def measured(
    side: int, chains: int, sweeps: int, cut: str, shares: list[int], weak: bool = False, seed: int = 0
) -> list[dict[str, Any]]:
    """Rates of Ising spins at T_c, on several numbers of devices.

    Args:
        side: spins along a side.
        chains: independent lattices.
        sweeps: of a timed run; the best of `TRIES` counts.
        cut: "chains", dealt over the devices, or "rows", each lattice cut into slabs.
        shares: numbers of devices, one measurement each.
        weak: measure again with as many times the chains or rows as devices, so that the work of one stays the same.
        seed: of the random numbers.

    Returns:
        For each: scaling ("strong" or "weak"), devices, spins, seconds a sweep, updates a nanosecond, energy per spin
        and a fingerprint (CRC-32).
    """
    import jax
    import numpy as np

    from . import Ising, devices, exact
    from .base import Chains, to_spins

    def one(n: int, times_larger: int) -> dict[str, Any]:
        rows, n_chains = (side, chains * times_larger) if cut == "chains" else (side * times_larger, chains)
        model = Ising((rows, side))
        sharding = devices.layout(n, 1) if cut == "chains" else devices.layout(1, n)
        run = Chains(model, jax.random.key(seed), exact.BETA_C, n_chains, "random", sharding=sharding)
        times = []
        for _ in range(1 + TRIES):
            began = time.perf_counter()
            run.frames(np.array([sweeps]), {})
            jax.block_until_ready(run.state)
            times.append(time.perf_counter() - began)
        state = jax.tree.map(jax.numpy.asarray, devices.gathered(run.state))  # on one device: one program for all n
        spins = np.asarray(to_spins(run.engine, model, state))
        best, n_spins = min(times[1:]), n_chains * model.n_spins
        return {
            "devices": n,
            "spins": n_spins,
            "seconds": best / sweeps,
            "rate": 1e-9 * sweeps * n_spins / best,
            "energy": float(np.mean(model.energy(spins))),
            "fingerprint": zlib.crc32(np.ascontiguousarray(spins).tobytes()),
        }

    strong = [{"scaling": "strong", **one(n, 1)} for n in shares]
    alone = [{**row, "scaling": "weak"} for row in strong if row["devices"] == 1]
    return strong + (alone + [{"scaling": "weak", **one(n, n)} for n in shares if n > 1] if weak else [])


def diagram(side: int, chains: int, temperatures: list[float], seed: int = 0) -> list[dict[str, Any]]:
    """Energy and order of Ising spins at several temperatures, dealt over all devices.

    Every chain starts aligned, makes 300 sweeps that do not count, and is looked at 200 times, every 8 sweeps.

    Args:
        side: spins along a side.
        chains: in all, a multiple of the number of temperatures and of the number of devices.
        temperatures: in units of J / k_B.
        seed: of the random numbers.

    Returns:
        For each temperature: itself, and E/N and |m| of its chains over time, lists of one list for each chain.
    """
    import jax
    import numpy as np

    from . import Ising, devices

    model, each = Ising(side), chains // len(temperatures)
    betas = np.repeat(1 / np.array(temperatures), each)
    looks = {"E/N": model.energy, "|m|": model.order_parameter}
    how = {"n_samples": 200, "n_sweeps": 8, "n_burn_in": 300, "n_chains": len(betas), "init": "aligned"}
    seen = model.measure(jax.random.key(seed), betas, looks, sharding=devices.layout(), **how)
    found = {name: np.round(devices.gathered(x), 5).reshape(-1, each, 200) for name, x in seen.items()}
    found["|m|"] = abs(found["|m|"])
    rows = [{name: x[k].astype(float).tolist() for name, x in found.items()} for k in range(len(temperatures))]
    return [{"temperature": t, **row} for t, row in zip(temperatures, rows, strict=True)]


def elsewhere(
    arguments: list[str], devices: int, processes: int = 1, patience: float = 600.0, slurm: bool = False
) -> list[dict[str, Any]]:
    """What this program prints in fresh processes of this machine, whose processor JAX takes for several devices.

    Args:
        arguments: of the command line.
        devices: that each process sees.
        processes: that work together, on the loopback interface.
        patience: seconds after which they are ended.
        slurm: tell them who they are by the variables that SLURM sets, and not by the command line.

    Returns:
        The lines that process 0 prints.

    Raises:
        RuntimeError: with what the processes say, if one fails or they do not come to an end.
    """
    words = [sys.executable, "-m", "course_utils.lattice.launch", *arguments]
    flags = f"{os.environ.get('XLA_FLAGS', '')} --xla_force_host_platform_device_count={devices}"
    root = str(Path(__file__).resolve().parents[2])
    path = os.pathsep.join(filter(None, [root, os.environ.get("PYTHONPATH")]))
    environment = {**os.environ, "XLA_FLAGS": flags, "JAX_PLATFORMS": "cpu", "PYTHONPATH": path}
    with contextlib.ExitStack() as stack:
        running, said = [], []
        port = _free_port()
        for k in range(processes):
            own, group = {}, []
            if slurm:
                own, group = _slurm(port, processes, k), ["--distributed"]
            elif processes > 1:
                group = ["--coordinator", f"127.0.0.1:{port}", "--processes", str(processes), "--process", str(k)]
            out, err = (stack.enter_context(tempfile.TemporaryFile("w+")) for _ in range(2))
            running.append(subprocess.Popen(words + group, env={**environment, **own}, stdout=out, stderr=err))
            said.append((out, err))
        try:
            end = time.monotonic() + patience
            while None in (codes := [process.poll() for process in running]) and not any(codes):
                if time.monotonic() > end:
                    break
                time.sleep(0.02)
        finally:  # the others of a failed one would wait for it
            for process in running:
                if process.poll() is None:
                    process.kill()
                process.wait()
        for pipe in (*said[0], *(err for _, err in said[1:])):
            pipe.seek(0)
        if any(process.returncode for process in running):
            ended = [f"process {k}, exit status {process.returncode}" for k, process in enumerate(running)]
            errors = [err.read()[-2000:] for _, err in said]
            raise RuntimeError("\n".join(f"{who}:\n{error}" for who, error in zip(ended, errors, strict=True)))
        return [json.loads(line) for line in said[0][0] if line.startswith("{")]


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


def _slurm(port: int, processes: int, k: int) -> dict[str, str]:
    """The variables of task k of a job step on one node."""
    names = {"SLURM_JOB_ID": 1, "SLURM_STEP_NODELIST": "127.0.0.1", "SLURM_STEP_NUM_NODES": 1}
    names |= {"SLURM_NTASKS": processes, "SLURM_PROCID": k, "SLURM_LOCALID": k, "JAX_COORDINATOR_PORT": port}
    return {name: str(value) for name, value in names.items()}


def main(words: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--side", type=int, default=256)
    parser.add_argument("--chains", type=int, default=1)
    parser.add_argument("--sweeps", type=int, default=20)
    parser.add_argument("--cut", choices=("chains", "rows"), default="chains")
    parser.add_argument("--shares", help="numbers of devices, such as 1,2,4; if left out, all")
    parser.add_argument("--weak", action="store_true", help="and again with work that grows with the devices")
    parser.add_argument("--temperatures", help="such as 1.8,2.5: energy and order there, the chains dealt over them")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--distributed", action="store_true", help="one of several processes; SLURM says which")
    parser.add_argument("--coordinator", help="host:port of process 0, where no cluster says it")
    parser.add_argument("--processes", type=int, help="how many there are")
    parser.add_argument("--process", type=int, help="which one this is, from 0 on")
    o = parser.parse_args(words)
    import jax

    if o.coordinator or o.distributed:
        jax.config.update("jax_cpu_collectives_implementation", "gloo")  # for processors; GPUs have their own
        jax.distributed.initialize(o.coordinator, o.processes, o.process)
    shares = [int(n) for n in o.shares.split(",")] if o.shares else [len(jax.devices())]
    rows = measured(o.side, o.chains, o.sweeps, o.cut, shares, o.weak, o.seed)
    if o.temperatures:
        rows += diagram(o.side, o.chains, [float(t) for t in o.temperatures.split(",")], o.seed)
    for row in rows if jax.process_index() == 0 else ():
        print(json.dumps(row), flush=True)


if __name__ == "__main__":
    main()
