"""How much memory a lesson's kernel takes at most, measured by running it, and the header line that says so."""

from __future__ import annotations

import contextlib
import os
import re
import tempfile
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psutil

from .execution import execute
from .notebook import solved_notebook
from .source import Course, Lesson

PERIOD_S = 0.1
#: What a kernel may take: Binder guarantees 1 GB to a server, and stops what takes more than it has.
LIMIT_MB = 1000


@dataclass
class Peak:
    """The largest memory that was seen, in bytes."""

    bytes: int = 0

    @property
    def megabytes(self) -> int:
        """In steps of 10 MB, upwards: two runs of one lesson differ by more than what is cut off."""
        return -(-self.bytes // 10_000_000) * 10


@contextlib.contextmanager
def watched() -> Iterator[Peak]:
    """Watch what this process starts, and all that those start, while the block runs.

    Several processes together are asked every 0.1 s. What a single one has needed between two looks is not missed on
    Linux and Windows, where the system keeps its peak.
    """
    peak, ended = Peak(), threading.Event()

    def watch() -> None:
        while not ended.wait(PERIOD_S):
            processes = psutil.Process().children(recursive=True)
            together = sum(_now(process) for process in processes)
            peak.bytes = max([peak.bytes, together, *map(_highest, processes)])

    thread = threading.Thread(target=watch, daemon=True)
    thread.start()
    try:
        yield peak
    finally:
        ended.set()
        thread.join()


def _now(process: psutil.Process) -> int:
    """Bytes that a process has in memory; pages that several share are shared out between them where that is known."""
    with contextlib.suppress(psutil.Error):
        info = process.memory_full_info() if psutil.LINUX else process.memory_info()
        return int(getattr(info, "pss", info.rss))
    return 0


def _highest(process: psutil.Process) -> int:
    """The most that a process has ever had in memory, as the system keeps it; 0 where it does not."""
    with contextlib.suppress(psutil.Error, OSError):
        if psutil.LINUX:
            found = re.search(r"^VmHWM:\s+(\d+) kB", Path(f"/proc/{process.pid}/status").read_text("ascii"), re.M)
            return int(found[1]) * 1024 if found else 0
        return int(getattr(process.memory_info(), "peak_wset", 0))
    return 0


def peak_of(lesson: Lesson, course: Course) -> int:
    """Run a lesson from top to bottom in a kernel of its own, and return the peak of its memory in MB.

    Nothing that was compiled before is used: a learner's first run compiles everything.

    Raises:
        RunError: if a cell fails.
    """
    notebook = solved_notebook(lesson, course)
    before = os.environ.get("JAX_COMPILATION_CACHE_DIR")
    with tempfile.TemporaryDirectory(prefix="jax-", ignore_cleanup_errors=True) as folder:
        os.environ["JAX_COMPILATION_CACHE_DIR"] = folder
        try:
            with watched() as peak:
                execute(notebook, course.notebooks, lesson.stem)
        finally:
            if before is None:
                del os.environ["JAX_COMPILATION_CACHE_DIR"]
            else:
                os.environ["JAX_COMPILATION_CACHE_DIR"] = before
    return peak.megabytes


def with_memory(text: str, megabytes: int) -> str:
    """A lesson's source with what was measured in its header, below the run time."""
    line = f"#     memory: {megabytes} MB"
    if re.search(r"^#     memory: .*$", text, re.M):
        return re.sub(r"^#     memory: .*$", line, text, count=1, flags=re.M)
    return re.sub(r"^(#     runs: .*)$", rf"\1\n{line}", text, count=1, flags=re.M)
