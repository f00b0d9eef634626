"""The same program on one core, on eight devices or on a cluster: how fast it samples, and a fingerprint of its spins.

    python -m course_utils.lattice.launch --side 1024 --chains 8 --cut rows            # all devices that JAX sees
    srun python -m course_utils.lattice.launch --distributed ...                       # one process a task, under SLURM
    python -m course_utils.lattice.launch --coordinator host:1234 --processes 2 --process 0 ...

Process 0 prints a line of JSON for each number of devices. The same seed gives the same fingerprint on any number.
"""

import argparse
import json
import os
import socket
import subprocess
import sys
import time
import zlib
from pathlib import Path
from typing import Any


def measured(
    side: int, chains: int, sweeps: int, cut: str, shares: list[int], grow: bool = False, seed: int = 0
) -> list[dict[str, Any]]:
    """Rates of Ising spins at T_c, on several numbers of devices.

    Args:
        side: spins along a side.
        chains: independent lattices.
        sweeps: timed ones; three times, the best counts. As many go before.
        cut: "chains", dealt over the devices, or "rows", each lattice cut into slabs.
        shares: numbers of devices, one measurement each.
        grow: keep the work of a device the same: with n devices, n times the chains or rows (weak scaling).
        seed: of the random numbers.

    Returns:
        For each: devices, spins, seconds a sweep, updates a nanosecond, energy per spin and a fingerprint (CRC-32).
    """
    import jax
    import numpy as np

    from . import Ising, devices, exact
    from .base import Chains, to_spins

    found = []
    for n in shares:
        model = Ising((side * (n if grow and cut == "rows" else 1), side))
        n_chains = chains * (n if grow and cut == "chains" else 1)
        sharding = devices.layout(n, 1) if cut == "chains" else devices.layout(1, n)
        run = Chains(model, jax.random.key(seed), exact.BETA_C, n_chains, "random", sharding=sharding)
        times = []
        for _ in range(4):
            began = time.perf_counter()
            run.frames(np.array([sweeps]), {})
            jax.block_until_ready(run.state)
            times.append(time.perf_counter() - began)
        spins = devices.gathered(to_spins(run.engine, model, run.state))
        best, updates = min(times[1:]), sweeps * n_chains * model.n_spins
        found.append(
            {
                "devices": n,
                "spins": n_chains * model.n_spins,
                "seconds": best / sweeps,
                "rate": 1e-9 * updates / best,
                "energy": float(np.mean(model.energy(spins))),
                "fingerprint": zlib.crc32(np.ascontiguousarray(spins).tobytes()),
            }
        )
    return found


def elsewhere(arguments: list[str], devices: int, processes: int = 1) -> list[dict[str, Any]]:
    """What this program prints in fresh processes of this machine, whose processor JAX takes for several devices.

    Args:
        arguments: of the command line.
        devices: that each process sees.
        processes: that work together, on the loopback interface.

    Returns:
        The lines that process 0 prints.

    Raises:
        RuntimeError: with what the processes say, if one fails.
    """
    words = [sys.executable, "-m", "course_utils.lattice.launch", *arguments]
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    flags = f"{os.environ.get('XLA_FLAGS', '')} --xla_force_host_platform_device_count={devices}"
    root = str(Path(__file__).resolve().parents[2])
    path = os.pathsep.join(filter(None, [root, os.environ.get("PYTHONPATH")]))
    environment = {**os.environ, "XLA_FLAGS": flags, "JAX_PLATFORMS": "cpu", "PYTHONPATH": path}
    running = []
    for k in range(processes):
        group = ["--coordinator", f"127.0.0.1:{port}", "--processes", str(processes), "--process", str(k)]
        running.append(
            subprocess.Popen(
                words + (group if processes > 1 else []),
                env=environment,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
            )
        )
    said = [process.communicate(timeout=600) for process in running]
    if any(process.returncode for process in running):
        raise RuntimeError("\n".join(errors[-2000:] for _, errors in said))
    return [json.loads(line) for line in said[0][0].splitlines() if line.startswith("{")]


def main(words: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--side", type=int, default=256)
    parser.add_argument("--chains", type=int, default=1)
    parser.add_argument("--sweeps", type=int, default=20)
    parser.add_argument("--cut", choices=("chains", "rows"), default="chains")
    parser.add_argument("--shares", help="numbers of devices, such as 1,2,4; if left out, all")
    parser.add_argument("--grow", action="store_true", help="the same work for each device, however many there are")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--distributed", action="store_true", help="one of several processes; SLURM says which")
    parser.add_argument("--coordinator", help="host:port of process 0, where no cluster says it")
    parser.add_argument("--processes", type=int, help="how many there are")
    parser.add_argument("--process", type=int, help="which one this is, from 0 on")
    options = parser.parse_args(words)
    import jax

    if options.coordinator:
        jax.config.update("jax_cpu_collectives_implementation", "gloo")
        jax.distributed.initialize(options.coordinator, options.processes, options.process)
    elif options.distributed:
        jax.distributed.initialize()
    shares = [int(n) for n in options.shares.split(",")] if options.shares else [len(jax.devices())]
    for row in measured(options.side, options.chains, options.sweeps, options.cut, shares, options.grow, options.seed):
        if jax.process_index() == 0:
            print(json.dumps(row), flush=True)


if __name__ == "__main__":
    main()
