"""The program: which parts are needed, made in processes, and the pictures drawn from them."""

import argparse
import errno
import os
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NoReturn

from .. import consoles
from . import critical, films, learning, plate, statistics
from .runs import CURVES, LARGE, POINTS, NotAtEquilibrium, Part, Settings, Stopped, make

LEAST, MOST = 32, 1024  # of --size
BASE = (*POINTS.values(), *CURVES.values())
PRODUCTS: dict[str, tuple[tuple[Part, ...], Callable[[Settings], list[Path]]]] = {
    "plate": (BASE, plate.save),
    "statistics": (BASE, statistics.save),
    "films": (tuple(films.FILMS.values()), films.save),
    "critical": ((LARGE,), critical.save),
    "learning": (tuple(learning.PARTS.values()), learning.save),
}
WORTH_A_POOL = 128  # on smaller lattices starting further processes takes longer than the work


class Parser(argparse.ArgumentParser):
    """Says what is wrong in one line."""

    def error(self, message: str) -> NoReturn:
        self.exit(2, f"{message}\n")


def read(arguments: Sequence[str] | None = None) -> tuple[Settings, list[str]]:
    """The command line, understood and checked: the settings, and what to make."""
    parser = Parser(
        prog="python -m course_utils.showcase",
        description="Make both plates, the table and picture of statistics, the films, and the critical lattice: about "
        "six minutes on two cores. Stop it with Ctrl-C; the same command goes on where it stopped.",
    )
    parser.add_argument("--out", default="showcase", help="folder for the pictures (showcase)")
    parser.add_argument("--size", type=int, default=512, help=f"spins along a side, {LEAST} to {MOST}, in 16s (512)")
    parser.add_argument("--only", nargs="+", choices=tuple(PRODUCTS), metavar="WHAT", help="; ".join(PRODUCTS))
    parser.add_argument("--seed", type=int, default=0, help="of the random numbers (0)")
    options = parser.parse_args(arguments)
    if not LEAST <= options.size <= MOST or options.size % 16:
        parser.error(f"--size {options.size}: expected a multiple of 16 from {LEAST} to {MOST}")
    if options.seed < 0:
        parser.error(f"--seed {options.seed}: expected a whole number >= 0")
    out = Path(options.out)
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        parser.error(f"--out {options.out}: no folder can be made there ({error.strerror})")
    return Settings(out, options.size, options.seed), options.only or list(PRODUCTS)


def main(arguments: Sequence[str] | None = None) -> int:
    """The program; returns its exit code."""
    consoles.forgive()
    settings, wanted = read(arguments)
    began = time.perf_counter()
    parts = list(dict.fromkeys(part for name in wanted for part in PRODUCTS[name][0]))
    workers = min(2, os.cpu_count() or 1) if settings.size >= WORTH_A_POOL else 1
    try:
        make(parts, settings, workers)
        for name in wanted:
            for path in PRODUCTS[name][1](settings):
                print(f"{path}: {path.stat().st_size / 1e6:.2f} MB", flush=True)
    except (Stopped, KeyboardInterrupt):
        done = sum(part.done(settings) for part in parts)
        print(f"Stopped. {done} of {len(parts)} parts are whole and kept; the same command goes on with the others.")
        return 130
    except (NotAtEquilibrium, RuntimeError, OSError) as error:
        if getattr(error, "errno", None) == errno.ENOSPC:
            done = sum(part.done(settings) for part in parts)
            print(
                f"The disk is full. {done} of {len(parts)} parts are whole and kept, and no half file was left: make "
                "room, and the same command goes on with the others.",
                file=sys.stderr,
            )
        else:
            print(f"Not made: {error}", file=sys.stderr)
        return 1
    print(f"{time.perf_counter() - began:.0f} s")
    return 0
