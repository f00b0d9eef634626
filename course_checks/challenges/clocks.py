"""CPU time: what an answer spends until it returns, and that nothing of it goes on afterwards."""

import os
import threading
import time
from collections.abc import Callable
from typing import Any

import psutil

from .judge import Refused
from .seals import seal

__all__ = ["cpu", "within"]

SLACK = 1.2
"""Times the allowed seconds after which an answer is late: clocks are coarse, and a step once begun has to end."""


def cpu() -> float:
    """CPU seconds of this process with all its threads, and of the processes it has waited for."""
    children = os.times()
    return time.process_time() + children.children_user + children.children_system


def within(seconds: float, answer: Callable[..., Any], *arguments: Any) -> Any:
    """What an answer returns.

    Args:
        seconds: of CPU time that it may take.
        answer: the function.
        arguments: what it is called with.

    Raises:
        Refused: if it took more, or left something running.
    """
    running, before = _running(), cpu()
    returned = answer(*arguments)
    spent = cpu() - before
    if spent > SLACK * seconds:
        raise Refused(f"your function took {spent:.2f} s of CPU time: expected at most {seconds:g} s")
    if _running() - running:
        raise Refused("your function left a thread or a process running, whose time nobody counts")
    return returned


def _running() -> set[Any]:
    """Threads and child processes, but for the one by which tqdm watches its bars."""
    threads = {thread for thread in threading.enumerate() if type(thread).__name__ != "TMonitor"}
    return threads | {child.pid for child in psutil.Process().children(recursive=True)}


seal(__name__)
