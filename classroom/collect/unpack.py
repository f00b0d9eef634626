"""Files in folders and zips, also in zips inside zips. Nothing is unpacked to a path that a zip names."""

from __future__ import annotations

import io
import os
import stat
import struct
import time
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

__all__ = ["Found", "files_in", "printable"]

FILE_BYTES = 64 * 2**20  # of one file: a notebook with films has about 10 MB
ALL_BYTES = 4 * 2**30  # unpacked, of one thing that was handed over
ENTRIES = 50_000
DEPTH = 4  # zips in zips
NAME = 1000  # characters of a name with its folders
SYSTEM_FOLDERS = {"__MACOSX", "__pycache__", "node_modules"}
SYSTEM_FILES = {"Thumbs.db", "desktop.ini"}


@dataclass(frozen=True)
class Found:
    """A file that was handed in.

    Attributes:
        parts: folders and zips that lead to it from what was handed over, and its name.
        content: its bytes, or None where they could not or must not be read.
        when: the time that its folder or zip says, in seconds.
        refused: why it could not be read, or "".
        path: where it lies, if it is no part of a zip.
    """

    parts: tuple[str, ...]
    content: bytes | None = field(repr=False)
    when: float
    refused: str = ""
    path: Path | None = None

    @property
    def origin(self) -> str:
        """Where it came from, for a reader."""
        return printable("/".join(self.parts))


def printable(text: str) -> str:
    """Text without what a terminal would obey and no file can hold; a student may have chosen it."""
    return "".join(letter if letter.isprintable() else "\N{REPLACEMENT CHARACTER}" for letter in text)


def files_in(path: Path) -> Iterator[Found]:
    """All files of a folder or a zip, or the one file, except for what operating systems and editors leave behind.

    Args:
        path: of the file or folder. Its own name is the first part of each file's.
    """
    if path.is_dir():
        for where, folders, names in os.walk(path):
            folders[:] = sorted(name for name in folders if not _is_systems(name))
            for name in sorted(names):
                file = Path(where, name)
                yield from _file(file, (path.resolve().name, *file.relative_to(path).parts), path)
    else:
        yield from _file(path, (path.name,), path.parent)


def _file(path: Path, parts: tuple[str, ...], top: Path) -> Iterator[Found]:
    if _is_litter(parts):
        return
    if path.is_symlink() and not path.resolve().is_relative_to(top.resolve()):
        yield Found(parts, None, 0.0, "a link that leads out of its folder", path)
        return
    if not path.is_file():
        yield Found(parts, None, 0.0, "not a plain file", path)
        return
    status = path.stat()
    if status.st_size > FILE_BYTES and not _is_zip_name(path.name):
        yield Found(parts, None, status.st_mtime, f"larger than {FILE_BYTES // 2**20} MiB", path)
        return
    try:
        if _is_zip_name(path.name):
            with path.open("rb") as file:
                yield from _zip(file, parts, _Limits(), 1, path)
        else:
            yield Found(parts, path.read_bytes(), status.st_mtime, "", path)
    except OSError as error:
        yield Found(parts, None, status.st_mtime, f"cannot be read: {error.strerror or error}", path)


@dataclass
class _Limits:
    """What one thing that was handed over may still unpack to."""

    entries: int = field(default_factory=lambda: ENTRIES)
    size: int = field(default_factory=lambda: ALL_BYTES)


def _zip(file: io.IOBase, parts: tuple[str, ...], limits: _Limits, depth: int, path: Path | None) -> Iterator[Found]:
    """The files of a zip. What is wrong with it, or with one of its files, becomes a `Found` that says so."""
    if depth > DEPTH:
        yield Found(parts, None, 0.0, f"a zip inside {DEPTH} other ones", path)
        return
    try:
        archive = zipfile.ZipFile(file)
        entries = archive.infolist()
    except (zipfile.BadZipFile, struct.error, ValueError, NotImplementedError, EOFError) as error:
        file.seek(0)
        content = file.read(FILE_BYTES + 1)
        content = content if len(content) <= FILE_BYTES else None
        yield Found(parts, content, 0.0, f"no zip that can be read ({error})", path)
        return
    limits.entries -= len(entries)
    if limits.entries < 0:
        yield Found(parts, None, 0.0, f"holds more than {ENTRIES} files", path)
        return
    for entry in entries:
        if not entry.is_dir():
            yield from _entry(archive, entry, parts, limits, depth)


def _entry(
    archive: zipfile.ZipFile, entry: zipfile.ZipInfo, parts: tuple[str, ...], limits: _Limits, depth: int
) -> Iterator[Found]:
    if len(entry.filename) > NAME:
        yield Found((*parts, f"{entry.filename[:80]}…"), None, 0.0, f"its name has more than {NAME} characters")
        return
    inside = PurePosixPath(entry.filename.replace("\\", "/")).parts
    names = (*parts, *(part for part in inside if part not in ("/", "..")))
    if _is_litter(names):
        return
    when = _time_of(entry)
    if ".." in inside or entry.filename.startswith(("/", "\\")) or (inside and ":" in inside[0]):
        yield Found(names, None, when, "its name leads out of the zip")
        return
    if stat.S_ISLNK(entry.external_attr >> 16):
        yield Found(names, None, when, "a link")
        return
    if entry.file_size > FILE_BYTES:
        yield Found(names, None, when, f"larger than {FILE_BYTES // 2**20} MiB")
        return
    if limits.size <= 0:
        yield Found(names, None, when, f"the zip unpacks to more than {ALL_BYTES // 2**30} GiB")
        return
    try:
        with archive.open(entry) as file:
            content = file.read(FILE_BYTES + 1)  # what the zip says of its size need not be true
    except (zipfile.BadZipFile, zlib.error, RuntimeError, NotImplementedError, EOFError, OSError) as error:
        reason = "locked with a password" if "password" in str(error) else f"damaged ({error})"
        yield Found(names, None, when, reason)
        return
    limits.size -= len(content)
    if len(content) > FILE_BYTES:
        yield Found(names, None, when, f"larger than {FILE_BYTES // 2**20} MiB")
    elif _is_zip_name(names[-1]):
        yield from _zip(io.BytesIO(content), names, limits, depth + 1, None)
    else:
        yield Found(names, content, when)


def _time_of(entry: zipfile.ZipInfo) -> float:
    try:
        return time.mktime((*entry.date_time, 0, 0, -1))
    except (ValueError, OverflowError):
        return 0.0


def _is_zip_name(name: str) -> bool:
    return name.lower().endswith(".zip")


def _is_litter(parts: Sequence[str]) -> bool:
    """Whether a system or an editor left it: what is hidden, such as AppleDouble's `._name`, and a few more."""
    *folders, name = parts
    return any(map(_is_systems, folders)) or name in SYSTEM_FILES or name.startswith(".")


def _is_systems(folder: str) -> bool:
    return folder in SYSTEM_FOLDERS or (folder.startswith(".") and folder not in (".", ".."))
