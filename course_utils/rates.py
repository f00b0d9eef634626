"""How fast: races of two functions on a machine that others use too, and what a processor's roof allows.

Importing the module loads neither JAX nor PyTorch.
"""

import math
import os
import time
from collections.abc import Callable, Mapping
from typing import NamedTuple

import numpy as np
from jaxtyping import Float

from . import arguments

THREEFRY = 73
"""Integer operations of threefry-2x32: 20 rounds of an addition, a rotation and an exclusive or, keys between."""
REST = 20
"""Operations of an update beside its random numbers: neighbours, threshold, choice; about."""


class Race(NamedTuple):
    """What `race` returns.

    Attributes:
        ratio: how many times as long the first one takes.
        error: one standard error of the ratio.
    """

    ratio: float
    error: float


def race(
    first: Callable[[], object],
    second: Callable[[], object],
    repeats: int,
    clock: Callable[[], float] = time.perf_counter,
) -> Race:
    """Two functions in turn: how many times as long the first takes as the second.

    Each runs once before, as first calls compile and fill caches. Then they take turns, so that whatever slows the
    machine meets both; the ratios of neighbours in time are averaged as logarithms.

    Args:
        first, second: what to time. Each must return when its work is done.
        repeats: pairs, at least 2.
        clock: seconds.

    Returns:
        The geometric mean of the ratios, and its standard error.

    Raises:
        ValueError: if repeats is below 2.
    """
    repeats = arguments.whole("repeats", repeats, 2)
    first(), second()
    logs = []
    for _ in range(repeats):
        began = clock()
        first()
        between = clock()
        second()
        logs.append(math.log((between - began) / (clock() - between)))
    ratio = math.exp(np.mean(logs))
    return Race(ratio, ratio * float(np.std(logs, ddof=1)) / math.sqrt(repeats))


def updates_per_ns(run: Callable[[], object], updates: int, tries: int = 7) -> float:
    """The rate of a function that makes so many updates: the best of some tries, after one that does not count.

    Args:
        run: returns when its work is done.
        updates: that it makes.
        tries: timed calls.
    """
    run()
    seconds = []
    for _ in range(arguments.whole("tries", tries)):
        began = time.perf_counter()
        run()
        seconds.append(time.perf_counter() - began)
    return updates / min(seconds) / 1e9


def ceiling(
    operations: float | Float[np.ndarray, "*n"], moved: float | Float[np.ndarray, "*n"], peak: float, bandwidth: float
) -> Float[np.ndarray, "*n"]:
    """Updates a nanosecond that a machine's roof allows: the slower of computing and moving.

    Args:
        operations: of one update.
        moved: bytes between memory and processor for one update.
        peak: operations a nanosecond.
        bandwidth: bytes a nanosecond.

    Returns:
        The smaller one of peak / operations and bandwidth / moved.

    Source: Williams, Waterman and Patterson, Commun. ACM 52(4), 65 (2009), doi:10.1145/1498765.1498785.
    """
    return np.asarray(np.minimum(peak / np.asarray(operations, float), bandwidth / np.asarray(moved, float)))


def cores() -> int:
    """Processors that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def roof(seconds: float = 0.15) -> Mapping[str, float]:
    """Measured limits of this machine under JAX: additions of 32-bit integers, and bytes copied from memory.

    Args:
        seconds: for each of the two.

    Returns:
        "peak", operations a nanosecond, and "bandwidth", bytes read and written a nanosecond: the best of some tries.
    """
    import jax
    import jax.numpy as jnp

    rounds = 64

    @jax.jit
    def compute(x, y):
        for _ in range(rounds):  # two operations each, which no compiler can take together
            x, y = x + y, y ^ x
        return x ^ y

    small, large = jnp.arange(1 << 16, dtype=jnp.uint32), jnp.zeros(1 << 24, jnp.uint32)
    other = small * jnp.uint32(2654435761)  # were it the same, the compiler would see that little is left to do
    passes = 8  # in place, as new memory has to be fetched from the system first
    copy = jax.jit(lambda x: jax.lax.fori_loop(0, passes, lambda _, x: x + 1, x))

    def best(run: Callable[[], object]) -> float:
        jax.block_until_ready(run())
        times, end = [], time.perf_counter() + seconds
        while not times or time.perf_counter() < end:
            began = time.perf_counter()
            jax.block_until_ready(run())
            times.append(time.perf_counter() - began)
        return 1e9 * min(times)

    peak = 2 * rounds * small.size / best(lambda: compute(small, other))
    return {"peak": peak, "bandwidth": 2 * passes * large.nbytes / best(lambda: copy(large))}


def parallel_time(
    side: int, devices: int | np.ndarray, *, rate: float, latency: float, bandwidth: float
) -> Float[np.ndarray, "*n"]:
    """Nanoseconds of a sweep of a square lattice in slabs of rows, in a model of the simplest kind.

    Each device updates its share of the spins; before each of the two colours it sends two rows of half the spins, a
    byte each, to its neighbours.

    Args:
        side: spins along a side.
        devices: slabs, 1 or more; one sends nothing.
        rate: updates a nanosecond of one device.
        latency: nanoseconds until a message arrives, however short.
        bandwidth: bytes a nanosecond between two devices.

    Returns:
        Computing plus exchange.
    """
    devices = np.asarray(devices)
    exchange = 2 * (latency + side / bandwidth)
    return np.asarray(side**2 / (rate * devices) + np.where(devices > 1, exchange, 0.0))


def bill(words: float, size: float, lattices: int, peak: float, bandwidth: float) -> tuple[float, float, bool]:
    """The roof over one update of a lattice site whose chance comes from threefry.

    Args:
        words: random words of 32 bits that it takes.
        size: bytes of a site, read once and written once.
        lattices: how many a site holds.
        peak: operations a nanosecond.
        bandwidth: bytes a nanosecond.

    Returns:
        Updates a nanosecond, all lattices together; operations per byte; whether memory is slower than computing.
    """
    operations, moved = THREEFRY * words / 2 + REST, 2 * size
    rate = lattices * float(ceiling(operations, moved, peak, bandwidth))
    return rate, operations / moved, bandwidth / moved < peak / operations
