"""What a picture costs in joules: updates, reads and writes, each at its price.

Prices of a chip that does not exist yet are those of its makers' circuit simulation; rates of GPUs are measured by
others, and the watts beside them are the nominal ones of the data sheets. Every number says which it is.
"""

import time
from collections.abc import Callable
from typing import Any, NamedTuple

from ..arguments import positive, whole

__all__ = ["CELL_2025", "DIGITAL", "RATES", "Z1", "Job", "Prices", "Rate", "bill", "measured"]


class Prices(NamedTuple):
    """Joules for one spin: to draw it, to read it out, to write what acts on it (its couplings, or a clamped value)."""

    update: float
    read: float
    write: float


class Job(NamedTuple):
    """Pictures to be made.

    Attributes:
        spins: of one machine.
        pixels: of a picture.
        steps: machines in the chain.
        sweeps: of each machine.
        batch: pictures that are made together.
        cells: spins on the chip.
    """

    spins: int
    pixels: int
    steps: int
    sweeps: int
    batch: int
    cells: int


Z1 = Prices(update=7.09e-15, read=1.692e-12, write=153.6e-12)
"""Per p-bit, from circuit simulation before silicon: Amico and others, arXiv:2608.01615, appendix B, table IV."""

CELL_2025 = 2e-15
"""Joules an update, about; a random number generator that was measured, and a model of the rest: arXiv:2510.23972."""

DIGITAL = Prices(update=1.2e-12, read=0.0, write=0.0)
"""A digital Ising machine that was built in 28 nm, 27,648 spins of degree 15 on four chips, by the words of its makers:
arXiv:2609.07907. The price includes what goes in and out, in their own work, where nothing is written between sweeps.
"""


class Rate(NamedTuple):
    """Spins that a machine draws, and its nominal power."""

    name: str
    flips_per_ns: float
    watts: float


RATES = (
    Rate("THRML on 8 B200", 186.0, 8000.0),
    Rate("NVIDIA's code on 2 H100", 1800.81, 1400.0),
)
"""Measured by the authors of the programs; the power is nominal (1000 W a B200, 700 W an H100), and was not measured.

The first program takes any graph, with a weight for each edge; the second draws spins of a square lattice whose bonds
are all equal, by the Metropolis rule. On two V100 it draws 766.26, on two A100 1041.37 flips/ns.

Source: where the curve is flat in the figure examples/fps.png of THRML's repository, which its notebook
02_spin_models.ipynb draws; README of the folder `optimized` of NVIDIA's repository ising-gpu.
"""


def measured(name: str, run: Callable[[], Any], flips: float, watts: float) -> Rate:
    """The rate of a program on this processor, by its CPU time.

    Args:
        name: of the rate.
        run: draws the spins; it returns JAX's arrays or others.
        flips: spins that are drawn.
        watts: nominal power of one core.
    """
    begin = time.process_time()
    getattr(run(), "block_until_ready", lambda: None)()
    return Rate(name, 1e-9 * flips / max(time.process_time() - begin, 1e-6), positive("watts", watts))


def bill(job: Job, prices: Prices) -> tuple[float, float, float]:
    """Joules per picture for updates, for reads and for writes.

    Each sweep draws every spin. After each step the pixels are read out, and before each step but the first they are
    written in, as what the next machine is to undo. If the chip has cells enough for all machines, they were written
    long ago; else each is written anew, a write for each spin, once for the whole batch.

    Args:
        job: what is made.
        prices: of the chip.
    """
    for name, value in job._asdict().items():
        whole(name, value)
    updates = job.steps * job.sweeps * job.spins
    reads = job.steps * job.pixels
    writes = (job.steps - 1) * job.pixels
    if job.cells < job.steps * job.spins:
        writes += job.steps * job.spins / job.batch
    return updates * prices.update, reads * prices.read, writes * prices.write
