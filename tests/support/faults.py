"""Machines on which something is wrong: a disk that is full, a folder that is read-only, a process without rights."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
posix_only = pytest.mark.skipif(os.name == "nt", reason="mounts, signals and rights as on Linux and macOS")


class SmallDisk:
    """A disk of a few kilobytes, in memory.

    Attributes:
        folder: where it is mounted.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def resize(self, n_bytes: int) -> None:
        """Make it larger or smaller; what is on it stays."""
        subprocess.run(["mount", "-o", f"remount,size={n_bytes}", str(self.folder)], check=True)

    def names(self) -> list[str]:
        """All files on it, hidden ones too."""
        return sorted(path.relative_to(self.folder).as_posix() for path in self.folder.rglob("*") if path.is_file())


@contextmanager
def small_disk(folder: Path, n_bytes: int) -> Iterator[SmallDisk]:
    """A small disk at a folder, which is made; the test is left out where nothing may be mounted."""
    folder.mkdir(parents=True, exist_ok=True)
    command = ["mount", "-t", "tmpfs", "-o", f"size={n_bytes}", "tmpfs", str(folder)]
    if sys.platform != "linux" or subprocess.run(command, capture_output=True, check=False).returncode:
        pytest.skip("a small disk is mounted by root, on Linux")
    try:
        yield SmallDisk(folder)
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


def without_rights(command: list[str]) -> list[str]:
    """A command for a process that may write only where the rights of a folder say so, as for any user but root."""
    if os.name == "nt":
        pytest.skip("rights as on Linux and macOS")
    if os.geteuid() != 0:
        return command
    if shutil.which("setpriv") is None:
        pytest.skip("root gives up its rights by setpriv")
    return ["setpriv", "--bounding-set=-dac_override,-dac_read_search", "--inh-caps=-all", *command]


@contextmanager
def read_only(folder: Path) -> Iterator[Path]:
    """A folder, made if need be, in which nothing can be made by a process `without_rights`."""
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o555)
    try:
        yield folder
    finally:
        folder.chmod(0o755)
