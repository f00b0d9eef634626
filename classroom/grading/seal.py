"""A seal on system calls that no exercise needs: no namespaces, no mounts, no look into other processes, no memory
that outlives its mapping.

bubblewrap keeps a process in; this keeps it from building a room of its own inside, where it would be root. Linux on
x86-64 and on 64-bit ARM; elsewhere nothing is sealed.
"""

from __future__ import annotations

import ctypes
import platform
import struct
import sys

__all__ = ["seal"]

# Names of <linux/seccomp.h>, <linux/filter.h> and <linux/prctl.h>.
_NO_NEW_PRIVS, _SET_SECCOMP, _FILTER = 38, 22, 2
_LOAD, _EQUAL, _AT_LEAST, _ANY_BIT, _RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
_ALLOW, _REFUSE, _UNKNOWN, _KILL = 0x7FFF0000, 0x00050001, 0x00050026, 0x80000000  # EPERM, ENOSYS
_NEW_USER = 0x10000000

#: Machine -> its number, then the calls: unshare, setns, mount, umount2, pivot_root, ptrace, process_vm_readv and
#: _writev, kexec_load, bpf, userfaultfd, perf_event_open, keyctl, open_by_handle_at, io_uring_setup; those that take
#: memory that is nobody's, which no limit counts: memfd_create, memfd_secret, shmget; clone; clone3.
_MACHINES = {
    "x86_64": (
        0xC000003E,
        (272, 308, 165, 166, 155, 101, 310, 311, 246, 321, 323, 298, 250, 304, 425, 319, 447, 29),
        56,
        435,
    ),
    "aarch64": (
        0xC00000B7,
        (97, 268, 40, 39, 41, 117, 270, 271, 104, 280, 282, 241, 219, 265, 425, 279, 447, 194),
        220,
        435,
    ),
}  # fmt: skip


def seal() -> bool:
    """Refuse those calls from now on, to this process and all that it starts.

    Returns:
        Whether they are.
    """
    if sys.platform != "linux" or platform.machine() not in _MACHINES:
        return False
    program = _program(*_MACHINES[platform.machine()])
    libc = ctypes.CDLL(None, use_errno=True)
    code = ctypes.create_string_buffer(b"".join(program), 8 * len(program))
    head = ctypes.create_string_buffer(struct.pack("HxxxxxxP", len(program), ctypes.addressof(code)))
    zero = ctypes.c_ulong(0)
    libc.prctl(_NO_NEW_PRIVS, ctypes.c_ulong(1), zero, zero, zero)
    return libc.prctl(_SET_SECCOMP, ctypes.c_ulong(_FILTER), ctypes.c_void_p(ctypes.addressof(head)), zero, zero) == 0


def _program(machine: int, refused: tuple[int, ...], clone: int, clone3: int) -> list[bytes]:
    """The filter: its jumps go forward by so many instructions if it is so, and if not."""

    def step(what: int, value: int, yes: int = 0, no: int = 0) -> bytes:
        return struct.pack("HBBI", what, yes, no, value)

    return [
        step(_LOAD, 4), step(_EQUAL, machine, 1, 0), step(_RETURN, _KILL),  # calls of another kind of machine
        step(_LOAD, 0), step(_AT_LEAST, 0x40000000, 0, 1), step(_RETURN, _UNKNOWN),
        *[part for call in refused for part in (step(_EQUAL, call, 0, 1), step(_RETURN, _REFUSE))],
        step(_EQUAL, clone3, 0, 1), step(_RETURN, _UNKNOWN),  # its flags lie in memory; without it clone is taken
        step(_EQUAL, clone, 0, 3), step(_LOAD, 16), step(_ANY_BIT, _NEW_USER, 0, 1), step(_RETURN, _REFUSE),
        step(_RETURN, _ALLOW),
    ]  # fmt: skip
