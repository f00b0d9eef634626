"""Runs in the sandbox: holds what a student wrote, and answers the judge's calls with plain data.

It stands alone: a copy of this file, of `codec` and of `seal` lies in the sandbox, and nothing else of the classroom.
Requests come pickled from the judge, which is trusted; replies go back through `codec`. Nothing that is said here is
believed: all values are compared in the judge's process.
"""

from __future__ import annotations

import builtins
import contextlib
import io
import linecache
import os
import pickle
import struct
import sys
import warnings
from types import SimpleNamespace
from typing import Any, BinaryIO

HEADER = struct.Struct(">I")

space: dict[str, Any] = {"__name__": "__main__", "__builtins__": builtins}
"""The names of the student's notebook."""
answers: dict[str, Any] = {}
"""Name -> what the exercise's own cell made of it."""
objects: list[Any] = []
"""What the judge holds a handle of."""


class Handle:
    """Stands for an object in the other process; here it turns into that object when it is unpickled."""

    def __init__(self, number: int) -> None:
        self.number = number

    def __reduce__(self) -> tuple:
        return _object, (self.number,)


def itself(value: Any) -> Any:
    """What stands for something in the other process turns into it here."""
    return value


class _Unknown:
    def __getitem__(self, part: Any) -> None:
        return None


def withheld(*arguments: Any, **named: Any) -> _Unknown:
    """Stands here for a right answer, of which a way to ask makes use: nothing is known of it."""
    return _Unknown()


def _object(number: int) -> Any:
    return objects[number]


def drop_privileges(limits: dict[str, int]) -> None:
    """Become nobody and accept the limits of what is still to come, where the system knows of such things."""
    if limits.get("uid") and hasattr(os, "setuid") and os.getuid() == 0:
        os.setgroups([])
        os.setgid(limits["uid"])
        os.setuid(limits["uid"])
    if limits.get("seal"):
        from classroom.grading.seal import seal

        seal()
    _limit(RLIMIT_NPROC=limits.get("processes"), RLIMIT_FSIZE=limits.get("file"), RLIMIT_CORE=0,
           RLIMIT_CPU=limits.get("cpu"), RLIMIT_NOFILE=256)  # fmt: skip


def _limit(for_good: bool = True, **limits: int | None) -> None:
    try:
        import resource
    except ImportError:  # Windows
        return
    for name, value in limits.items():
        if value is not None and hasattr(resource, name):
            with contextlib.suppress(ValueError, OSError):
                kind = getattr(resource, name)
                resource.setrlimit(kind, (value, value if for_good else resource.getrlimit(kind)[1]))


def limit_memory(more: int, for_good: bool = True) -> None:
    """Let this process take so many bytes more than it has now; if not for good, it may ask for more later."""
    with contextlib.suppress(OSError, ValueError, StopIteration), open("/proc/self/status") as file:
        has = next(int(line.split()[1]) * 1024 for line in file if line.startswith("VmData"))
        _limit(for_good, RLIMIT_DATA=has + more)


# ----------------------------------------------------------------------------------------------------------- requests


def run_cell(source: str, label: str, names: tuple[str, ...] = ()) -> dict[str, Any]:
    """Run a cell, and keep what it made of the names that its exercise asks for."""
    file = f"<{label}>"
    linecache.cache[file] = (len(source), None, source.splitlines(keepends=True), file)
    before = {name: space.get(name) for name in names}
    exec(compile(source, file, "exec", dont_inherit=True), space)
    made = [name for name in names if space.get(name) is not None and space[name] is not before[name]]
    answers.update({name: space[name] for name in made})
    return {"made": made, "from": {name: str(getattr(space[name], "__module__", "")) for name in made}}


def learner(name: str) -> Any:
    """What the student wrote under this name."""
    if name in answers:
        return answers[name]
    if name in space:
        return space[name]
    raise NameError(f"name {name!r} is not defined", name=name)


def case(name: str, call: Any, view: Any, arguments: tuple) -> dict[str, Any]:
    """Call the answer on one input. With a view, what it sees is sent, else what was returned."""
    from course_checks.checks import frame
    from course_checks.checks.values import changes, copied

    written = learner(name)
    if not callable(written):
        frame.fail(f"your answer is {type(written).__name__}, not a function", "Run the cell that defines it again.")
    kept = copied(arguments)
    returned = call(written, *arguments) if call is not None else written(*arguments)
    changed = {k: how for k, (a, b) in enumerate(zip(arguments, kept, strict=True)) if (how := changes(a, b))}
    seen = tuple(view(returned, *arguments)) if view is not None else None
    return {"returned": None if view is not None else returned, "seen": seen, "changed": changed}


def plain_call(name: str, arguments: tuple, named: dict[str, Any]) -> Any:
    """Call the answer; what is no plain data is kept here, and a handle's number is sent."""
    returned = learner(name)(*arguments, **named)
    if isinstance(returned, type) or type(returned).__module__.partition(".")[0] in ("__main__", "thrml", "lesson"):
        objects.append(returned)
        return {"handle": len(objects) - 1}
    return {"value": returned}


def apply(function: Any, arguments: tuple) -> Any:
    """Call a function of the judge's on objects that live here."""
    return {"value": function(*arguments)}


REQUESTS = {"cell": run_cell, "case": case, "call": plain_call, "apply": apply, "memory": limit_memory}


def answered(kind: str, payload: bytes) -> dict[str, Any]:
    """The reply to one request, whatever it raises; its arguments are pickled by themselves."""
    from course_checks.checks import CheckFailed, frame

    frame._current = SimpleNamespace(number="?", count=0, about="")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return {"ok": REQUESTS[kind](*pickle.loads(payload))}
    except CheckFailed as error:
        return {"refused": str(error).removeprefix("✗ ? ")}
    except BaseException as error:
        return {"raised": _told(error)}


def _told(error: BaseException) -> dict[str, Any]:
    from course_checks.checks import frame

    kinds = [kind.__name__ for kind in type(error).__mro__ if kind.__module__ == "builtins"]
    try:
        text, where = str(error)[:2000], frame.raised(error)[:2000]
    except BaseException:  # a message may be anything
        text, where = "", f"your code raised {type(error).__name__[:80]}"
    return {"kinds": kinds, "text": text, "where": where, "name": str(getattr(error, "name", "") or "")[:80]}


# ------------------------------------------------------------------------------------------------------------ the loop


def read(stream: BinaryIO) -> Any:
    """The next request; None at the end of the stream."""
    head = stream.read(HEADER.size)
    if len(head) < HEADER.size:
        return None
    return pickle.loads(stream.read(HEADER.unpack(head)[0]))


def main() -> None:
    """Answer requests until there are no more."""
    requests, replies = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb", buffering=0)
    nothing = os.open(os.devnull, os.O_RDWR)
    os.dup2(nothing, 0)
    os.dup2(2, 1)
    sys.stdin = io.StringIO()
    drop_privileges(read(requests))
    from classroom.grading import codec

    while (request := read(requests)) is not None:
        number, kind, payload = request
        reply = answered(kind, payload)
        try:
            message = codec.encode(reply)
        except BaseException as error:
            message = codec.encode({"raised": _told(error)})
        whole = HEADER.pack(len(number + message)) + number + message
        while whole:
            whole = whole[replies.write(whole) :]


if __name__ == "__main__":
    from classroom.grading import student  # under its own name, so that what is pickled finds it

    student.main()
