"""One student's process, seen from the judge's: started, asked, watched, ended."""

from __future__ import annotations

import contextlib
import io
import pickle
import queue
import secrets
import struct
import subprocess
import tempfile
import threading
import time
from pathlib import Path
from typing import Any

import cloudpickle
import psutil

from . import codec, sandbox
from .sandbox import Limits
from .staging import SHIPPED
from .student import itself, withheld

__all__ = ["REFERENCES", "Gone", "StudentProcess", "pickled"]

_HEADER = struct.Struct(">I")
_NUMBER = 8  # bytes of the number of a request, which its reply begins with
_LOOK_S = 0.1  # between two looks at what a process takes


class Gone(BaseException):
    """The student's process is no more; no `except Exception` of a check catches it.

    Args:
        why: in words.
        limit: whether it met a limit, rather than ended by itself.
    """

    def __init__(self, why: str, limit: bool) -> None:
        super().__init__(why)
        self.why, self.limit = why, limit


REFERENCES: set[int] = set()
"""Identities of the functions that are the right answers: they do not travel."""


class _Pickler(cloudpickle.Pickler):
    """Sends functions and classes of the exercises by their code, but for those that lie in the sandbox."""

    def reducer_override(self, value: Any) -> Any:
        if id(value) in REFERENCES:
            return itself, (withheld,)
        if isinstance(value, type) and value.__module__.startswith("course_checks.exercises."):
            subject = value.__module__.rpartition(".")[2]
            if value.__name__ in SHIPPED.get(subject, ()):
                return value.__name__
        return super().reducer_override(value)


def pickled(arguments: tuple) -> bytes:
    """What is sent into the sandbox."""
    stream = io.BytesIO()
    _Pickler(stream).dump(arguments)
    return stream.getvalue()


class StudentProcess:
    """A process in which a student's code runs.

    Args:
        staged: the part of the course that it may see.
        limits: what it may take.
        walls: whether it stands in the sandbox.
        slot: number of the worker.
    """

    def __init__(self, staged: Path, limits: Limits, walls: bool = True, slot: int = 0) -> None:
        self.limits = limits
        self.printed, self.started = 0, time.monotonic()
        self.head = b""  # of what was printed
        self._cpu_from, self._wall_from = 0.0, self.started
        self._cpu_seen: dict[int, float] = {}
        self._folder = tempfile.TemporaryDirectory(prefix="grading-", ignore_cleanup_errors=True)
        self._process = subprocess.Popen(
            sandbox.command(staged, limits, walls), stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, env=sandbox.environment(staged, walls), cwd=self._folder.name, bufsize=0,
        )  # fmt: skip
        self._replies: queue.Queue[bytes | None] = queue.Queue(maxsize=4)  # one that says too much has to wait
        self._closed = False
        self._answered: set[bytes] = set()
        for reader in (self._read_replies, self._read_output):
            threading.Thread(target=reader, daemon=True).start()
        self._send(pickle.dumps(sandbox.rights(limits, slot, walls)))

    # ------------------------------------------------------------------------------------------------ asking

    def ask(self, kind: str, *arguments: Any) -> dict[str, Any]:
        """Send a request and wait for its reply.

        Raises:
            Gone: if the process has ended, was stopped at a limit, or said what is no reply.
        """
        number = secrets.token_bytes(_NUMBER)
        self._send(pickle.dumps((number, kind, pickled(arguments))))
        while True:
            try:
                message = self._replies.get(timeout=_LOOK_S)
            except queue.Empty:
                self._look()
                continue
            if message is None:
                self._end_of_process()
            if message[:_NUMBER] in self._answered:  # said twice
                self._look()  # it may be said without end
                continue
            if message[:_NUMBER] != number:
                self.close()
                raise Gone("its process sent what it was not asked for", False)
            self._answered.add(number)
            message = message[_NUMBER:]
            try:
                reply = codec.decode(message)
            except codec.CodecError as error:
                self.close()
                raise Gone(f"its process sent what is no reply ({error})", False) from None
            if not isinstance(reply, dict) or not reply.keys() & {"ok", "refused", "raised"}:
                self.close()
                raise Gone("its process sent what is no reply", False)
            return reply

    def begin(self) -> None:
        """Count time from now on: an exercise begins."""
        self._cpu_from, self._wall_from = self._cpu(), time.monotonic()

    def close(self) -> None:
        """End the process and all that it started."""
        self._closed = True
        for process in [*self._family(), self._process]:
            with contextlib.suppress(psutil.Error, OSError):
                process.kill()
        self._process.wait()
        for stream in (self._process.stdin, self._process.stdout, self._process.stderr):
            with contextlib.suppress(OSError):
                stream.close()
        self._folder.cleanup()

    # ---------------------------------------------------------------------------------------------- watching

    def _send(self, payload: bytes) -> None:
        # In a thread: a process that does not read would hold up the judge.
        done = threading.Event()

        def write() -> None:
            with contextlib.suppress(OSError, ValueError):
                whole = memoryview(_HEADER.pack(len(payload)) + payload)
                while whole:
                    whole = whole[self._process.stdin.write(whole) :]
            done.set()

        threading.Thread(target=write, daemon=True).start()
        while not done.wait(_LOOK_S):
            self._look()

    def _look(self) -> None:
        """Stop the process if it takes too much."""
        now, limits = time.monotonic(), self.limits
        if self._cpu() - self._cpu_from > limits.cpu_s:
            self._stop(f"more than {limits.cpu_s:.0f} s of computing")
        if now - self._wall_from > limits.wall_s:
            self._stop(f"more than {limits.wall_s:.0f} s on the clock")
        if now - self.started > limits.total_s:
            self._stop(f"more than {limits.total_s:.0f} s for the whole submission")
        if self.printed > limits.most_output:
            self._stop(f"more than {limits.most_output // 2**20} MB printed")
        resident = 0
        for process in self._family():
            with contextlib.suppress(psutil.Error):
                resident += process.memory_info().rss
        if resident > limits.resident:
            self._stop(f"more than {limits.resident / 2**30:.1f} GB of memory")

    def _stop(self, why: str) -> None:
        self.close()
        raise Gone(why, True)

    def _end_of_process(self) -> None:
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(5)
        code = self._process.poll()
        said = self.head.decode(errors="replace").strip().splitlines()
        self.close()
        raise Gone(f"its process ended (exit code {code})" + (f": {said[-1][:200]}" if said else ""), False)

    def _family(self) -> list[psutil.Process]:
        try:
            return psutil.Process(self._process.pid).children(recursive=True)
        except psutil.Error:
            return []

    def _cpu(self) -> float:
        """Seconds that all its processes have computed, those that have ended too, as far as they were seen."""
        processes = self._family()
        with contextlib.suppress(psutil.Error):
            processes.append(psutil.Process(self._process.pid))
        for process in processes:
            with contextlib.suppress(psutil.Error):
                times = process.cpu_times()
                self._cpu_seen[process.pid] = times.user + times.system
        return sum(self._cpu_seen.values())

    # ----------------------------------------------------------------------------------------------- reading

    def _read_replies(self) -> None:
        with contextlib.suppress(OSError, ValueError):
            while (size := self._exactly(_HEADER.size)) is not None:
                (length,) = _HEADER.unpack(size)
                if length > codec.MOST_BYTES + _NUMBER:
                    self._put(b"too long")
                    return
                message = self._exactly(length)
                if message is None:
                    break
                self._put(message)
        self._put(None)

    def _put(self, message: bytes | None) -> None:
        while not self._closed:
            with contextlib.suppress(queue.Full):
                self._replies.put(message, timeout=1)
                break

    def _exactly(self, size: int) -> bytes | None:
        parts: list[bytes] = []
        while size:
            part = self._process.stdout.read(min(size, 2**20))
            if not part:
                return None
            parts.append(part)
            size -= len(part)
        return b"".join(parts)

    def _read_output(self) -> None:
        with contextlib.suppress(OSError, ValueError):
            while part := self._process.stderr.read(2**16):
                self.printed += len(part)
                if len(self.head) < self.limits.output:
                    self.head += part[: self.limits.output - len(self.head)]
