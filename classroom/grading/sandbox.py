"""The walls around a student's process: what it may see, whom it may reach, and how much it may take.

With bubblewrap (Linux) it has namespaces of its own for users, processes, networks and mounts: it sees the system and
Python read-only, the staged part of the course, and an empty folder in memory to write to. Without, it is a separate
process with the same limits of time, memory and output, and everything else is open to it.
"""

from __future__ import annotations

import functools
import os
import shutil
import subprocess
import sys
import sysconfig
from dataclasses import dataclass
from pathlib import Path

__all__ = ["WITHOUT", "Limits", "SandboxError", "command", "environment", "refusal", "rights"]

WITHOUT = (
    "Without a sandbox: limits of time, memory and output hold; but a submission can read and write what you can, "
    "and reach the network."
)
_OWN = "/tmp"  # inside, empty, and the only place to write to
FIRST_UID = 64001
"""Who a student's process is if root grades: nobody that the system knows."""


class SandboxError(Exception):
    """There is no sandbox on this machine; the message says how to get one."""


@dataclass(frozen=True)
class Limits:
    """How much a submission may take.

    Attributes:
        cpu_s: processor time of one exercise, all its cases together.
        wall_s: time of one exercise on the clock, for one that sleeps.
        total_s: time of a submission on the clock.
        memory: bytes more than the libraries take, in one process.
        resident: bytes of all processes together that are really there.
        output: bytes of what is printed that are read; the rest is thrown away.
        most_output: bytes printed after which an exercise is stopped.
        processes: and threads.
        file: bytes of one file.
        disk: bytes of the folder that can be written to; it lies in memory.
        judge: bytes more than the libraries take, of the process that judges.
        judged_s: time on the clock after which that process is ended, if a submission holds it up.
    """

    cpu_s: float = 20.0
    wall_s: float = 60.0
    total_s: float = 240.0
    memory: int = 768 * 2**20
    resident: int = 3 * 2**30
    output: int = 64 * 2**10
    most_output: int = 64 * 2**20
    processes: int = 96
    file: int = 16 * 2**20
    disk: int = 32 * 2**20
    judge: int = 4 * 2**30
    judged_s: float = 600.0


def rights(limits: Limits, slot: int, sandbox: bool = True) -> dict[str, int]:
    """What the process is told to give up, before it reads a line of a student's.

    Args:
        limits: of its submission.
        slot: number of the worker; two that run at once are two different users.
        sandbox: whether it stands in one; outside, nobody could read this Python.
    """
    uid = FIRST_UID + slot if _is_root() and sandbox else 0
    most = {"processes": limits.processes, "file": limits.file, "cpu": int(3 * limits.total_s)}
    return {"uid": uid, "seal": int(sandbox), **most}


def _is_root() -> bool:
    return hasattr(os, "geteuid") and os.geteuid() == 0


@functools.cache
def refusal() -> str:
    """Why there is no sandbox here, and how to get one; empty where there is one."""
    if sys.platform == "darwin":
        return (
            "Grading needs bubblewrap, which macOS has not. Grade on a Linux machine or in a Linux container, "
            "or grade with --without-sandbox. " + WITHOUT
        )
    if sys.platform != "linux":
        return (
            "Grading needs bubblewrap, which Windows has not. Grade in WSL 2 (wsl --install, then the same commands "
            "in Ubuntu), or grade with --without-sandbox. " + WITHOUT
        )
    if shutil.which("bwrap") is None:
        return (
            "Grading needs bubblewrap. Install it (Debian, Ubuntu: sudo apt install bubblewrap; Fedora: sudo dnf "
            "install bubblewrap; Arch: sudo pacman -S bubblewrap), or grade with --without-sandbox. " + WITHOUT
        )
    tried = subprocess.run(
        [*_walls(Path("/usr"), 2**20), sys.executable, "-I", "-S", "-c", "print('inside')"],
        capture_output=True, text=True, env={}, stdin=subprocess.DEVNULL, check=False,
    )  # fmt: skip
    if tried.stdout.strip() == "inside":
        return ""
    return (
        f"bubblewrap is refused by this system ({tried.stderr.strip()[:200]}). In a container allow user namespaces "
        "(docker run --security-opt seccomp=unconfined --security-opt apparmor=unconfined); on Ubuntu 24.04 let "
        "AppArmor allow bwrap (sudo sysctl kernel.apparmor_restrict_unprivileged_userns=0). Or grade with "
        "--without-sandbox. " + WITHOUT
    )


def command(staged: Path, limits: Limits, sandbox: bool) -> list[str]:
    """The command that starts a student's process.

    Args:
        staged: the part of the course that it may see.
        limits: of its submission.
        sandbox: whether it stands in bubblewrap.
    """
    python = [sys.executable, "-u", "-m", "classroom.grading.student"]
    return [*_walls(staged, limits.disk), *python] if sandbox else python


def environment(staged: Path, sandbox: bool) -> dict[str, str]:
    """All of its environment variables."""
    names = {
        "PATH": "/usr/bin:/bin", "HOME": _OWN, "LANG": "C.UTF-8", "PYTHONPATH": "/course" if sandbox else str(staged),
        "PYTHONDONTWRITEBYTECODE": "1", "PYTHONNOUSERSITE": "1", "PYTHONSAFEPATH": "1", "MPLBACKEND": "agg",
        "MPLCONFIGDIR": f"{_OWN}/mpl", "JAX_PLATFORMS": "cpu", "COURSE_SAVED": "none", "MALLOC_ARENA_MAX": "2",
    }  # fmt: skip
    for library in ("OMP", "OPENBLAS", "MKL"):
        names[f"{library}_NUM_THREADS"] = "1"
    if not sandbox:
        kept = ("SYSTEMROOT", "TEMP", "TMP", "PATH", "USERPROFILE")
        names = {k: v for k, v in names.items() if k not in ("PATH", "HOME", "MPLCONFIGDIR")}
        names.update({name: os.environ[name] for name in kept if name in os.environ})
    return names


def _walls(staged: Path, disk: int) -> list[str]:
    """bubblewrap and its arguments."""
    words = ["bwrap", "--unshare-net", "--unshare-pid", "--unshare-ipc", "--unshare-uts", "--unshare-cgroup-try"]
    # Root makes no user namespace: it could not become somebody else inside. It steps down to nobody by itself.
    words += ["--cap-drop", "ALL"]
    words += ["--cap-add", "CAP_SETUID", "--cap-add", "CAP_SETGID"] if _is_root() else ["--unshare-user"]
    words += ["--die-with-parent", "--new-session", "--hostname", "sandbox"]
    for name in ("/bin", "/sbin", "/lib", "/lib32", "/lib64"):
        if os.path.islink(name):
            words += ["--symlink", os.readlink(name), name]
        elif os.path.isdir(name):
            words += ["--ro-bind", name, name]
    words += ["--ro-bind", "/usr", "/usr"]
    for name in ("/etc/ld.so.cache", "/etc/alternatives", "/etc/localtime"):
        words += ["--ro-bind-try", name, name]
    empty = ["--perms", "1777", "--size", str(disk), "--tmpfs"]
    words += [*empty, _OWN]  # before Python, which may lie in it
    made: set[str] = set()
    for folder in _python_folders():
        for parent in reversed(folder.parents[:-1]):
            if str(parent) not in made and not str(parent).startswith("/usr"):
                words += ["--perms", "0755", "--dir", str(parent)]
                made.add(str(parent))
        words += ["--ro-bind", str(folder), str(folder)]
    words += ["--ro-bind", str(staged), "/course", "--proc", "/proc", "--dev", "/dev", *empty, "/dev/shm"]
    return [*words, "--remount-ro", "/dev", "--remount-ro", "/", "--chdir", _OWN]


def _python_folders() -> list[Path]:
    """Where this Python and its packages lie, outside /usr, outermost first."""
    found = {Path(sys.prefix), Path(sys.base_prefix), Path(os.path.realpath(sys.executable)).parent.parent}
    found |= {Path(sysconfig.get_path(name)) for name in ("stdlib", "purelib", "platlib")}
    found |= {Path(os.path.realpath(path)) for path in list(found)}
    outside = sorted(path for path in found if path.exists() and not path.is_relative_to("/usr"))
    return [path for path in outside if not any(path != other and path.is_relative_to(other) for other in outside)]
