"""Memory that a notebook gives back between its cells. Hosted ones are stopped where they take too much."""

import contextlib
import ctypes
import gc
import sys
from collections.abc import Iterator
from typing import Any

import psutil

#: Bytes that a kernel may grow by before JAX forgets. A program takes 3 MB or more; lesson 07 compiles 150 of them.
GROWTH = 150 * 2**20


def give_back() -> None:
    """Let the system have what was freed: on Linux, C's library keeps it, 50 MB or more after a figure."""
    if sys.platform == "linux":
        with contextlib.suppress(OSError, AttributeError):  # another C library
            ctypes.CDLL(None).malloc_trim(0)


@contextlib.contextmanager
def no_collection() -> Iterator[None]:
    """Put off Python's search for circular garbage, which with PyTorch and JAX in memory stops all else for 0.2 s."""
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was:
            gc.enable()


def forget_programs(shell: Any, growth: int = GROWTH) -> None:
    """After each cell of a notebook, let JAX forget what it has compiled if the kernel has grown.

    JAX keeps every program of a session, another one for each size and number of sweeps. One that is called again is
    read from the disk, or compiled again.

    Args:
        shell: IPython's; None outside a notebook, where nothing is done.
        growth: bytes by which the process may have grown since it forgot.
    """
    if shell is None:
        return
    for function in list(shell.events.callbacks["post_run_cell"]):
        if isinstance(function, _Forgetter):  # of a set-up that was run before
            shell.events.unregister("post_run_cell", function)
    shell.events.register("post_run_cell", _Forgetter(growth))


class _Forgetter:
    """Called after each cell."""

    def __init__(self, growth: int) -> None:
        self.growth = growth
        self.before = _resident()

    def __call__(self, *_: Any) -> None:
        if _resident() - self.before < self.growth:
            return
        import jax

        jax.clear_caches()
        gc.collect()
        give_back()
        self.before = _resident()


def _resident() -> int:
    return psutil.Process().memory_info().rss
