"""Files that have their name only once they are whole: a full disk or a killed process leaves no half of one."""

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path

import psutil


@contextlib.contextmanager
def whole_file(path: Path) -> Iterator[Path]:
    """The name to write to; what stands there becomes the file when the block ends well, and goes away when not.

    Args:
        path: the file's name. An older file of that name stays until then.
    """
    partial = partial_of(path)
    clear_up(path)
    try:
        yield partial
        os.replace(partial, path)
    finally:
        with contextlib.suppress(OSError):
            partial.unlink(missing_ok=True)


def partial_of(path: Path) -> Path:
    """A hidden name beside a file's, of this process's own, with the same ending."""
    return path.with_name(f".{path.stem}.{os.getpid()}.partial{path.suffix}")


def clear_up(path: Path) -> None:
    """Remove what processes that are gone, killed in the middle, have left of a file of this name."""
    before, after = f".{path.stem}.", f".partial{path.suffix}"
    for left in path.parent.glob("*.partial*") if path.parent.is_dir() else ():
        owner = left.name.removeprefix(before).removesuffix(after)
        ours = left.name == f"{before}{owner}{after}" and owner.isdigit()
        if ours and not psutil.pid_exists(int(owner)):
            with contextlib.suppress(OSError):
                left.unlink()
