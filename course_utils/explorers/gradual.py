"""Work that takes long and lets itself be looked at: what it shows on its way becomes an iterator.

The work calls `look` now and then, which does nothing unless somebody runs it by `gradually`.
"""

import threading
from collections.abc import Callable, Iterator
from queue import SimpleQueue
from typing import Any

_here = threading.local()


class Abandoned(BaseException):
    """Nobody looks any more: the work ends where it is."""


def look(value: Any) -> None:
    """Show what there is by now to whoever runs this work gradually.

    Raises:
        Abandoned: if they have left.
    """
    hand_over = getattr(_here, "hand_over", None)
    if hand_over is not None:
        hand_over(value)


def gradually(work: Callable[[], Any]) -> Iterator[Any]:
    """What a function shows by `look`, in turn.

    The function runs in a thread of its own, but never at the same time as the caller: only while the next value is
    asked for. Closing the iterator ends the function at the point where it is.

    Args:
        work: called without arguments.

    Raises:
        Exception: what the function raises.
    """
    asked: SimpleQueue[bool] = SimpleQueue()
    told: SimpleQueue[tuple[str, Any]] = SimpleQueue()

    def hand_over(value: Any) -> None:
        told.put(("seen", value))
        if not asked.get():
            raise Abandoned

    def run() -> None:
        _here.hand_over = hand_over
        try:
            if asked.get():
                work()
                told.put(("done", None))
        except Abandoned:
            pass
        except BaseException as error:
            told.put(("failed", error))

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    ended = False
    try:
        while not ended:
            asked.put(True)
            kind, value = told.get()
            ended = kind != "seen"
            if kind == "failed":
                raise value
            if not ended:
                yield value
    finally:
        if not ended:
            asked.put(False)
        thread.join()
