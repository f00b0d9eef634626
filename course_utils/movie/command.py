"""`python -m course_utils.movie`: the command line, understood and checked."""

import argparse
import contextlib
import math
import signal
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .. import consoles
from .recorder import CODECS, MovieError
from .scene import Scene, evidence, film

if TYPE_CHECKING:
    from ..lattice import Lattice

MODELS = ("ising", "potts", "xy")
XY_BETA = 1.2
POTTS_STATES = 5
QUENCH_DEPTH = 1.5  # times the critical beta: below T_c, where domains grow, and not so cold that they are pinned
MOST_BURN_IN = 10_000  # sweeps; a default, so that a large lattice does not wait for ever
LEAST = {"size": 2, "states": 2, "frames": 1, "sweeps": 1, "burn_in": 0, "beta": 0, "anneal": 0}


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m course_utils.movie",
        description="Film a lattice of spins: sampled, coloured and encoded as a stream.",
    )
    parser.add_argument("model", choices=MODELS, help="which spins")
    parser.add_argument("--size", type=int, default=256, help="spins along a side, even (256)")
    parser.add_argument(
        "--states", type=int, help="colours of potts (5); directions of xy (left out: continuous angles)"
    )
    parser.add_argument(
        "--beta", type=float, help="inverse temperature (the critical one, 1.5 times that after --quench; 1.2 for xy)"
    )
    parser.add_argument("--frames", type=int, default=1200, help="number of frames (1200)")
    parser.add_argument("--fps", type=float, default=60, help="frames per second (60)")
    parser.add_argument("--sweeps", type=int, default=1, help="sweeps of the lattice from one frame to the next (1)")
    parser.add_argument("--burn-in", type=int, help="sweeps before the first frame (about size^2 / 8, at most 10000)")
    how = parser.add_mutually_exclusive_group()
    how.add_argument("--quench", action="store_true", help="start from random spins and film from the first sweep on")
    how.add_argument("--anneal", type=float, metavar="BETA", help="start at this beta and move to --beta while filming")
    parser.add_argument("--vortices", action="store_true", help="mark vortices white and antivortices black (xy)")
    parser.add_argument("--arrows", action="store_true", help="draw the mean direction of small cells (xy)")
    parser.add_argument("--out", help="the file to write, .mp4, .mov or .mkv (MODEL.mp4)")
    codecs = "h264 plays everywhere; h265 is smaller and slower (h264)"
    parser.add_argument("--codec", choices=tuple(CODECS), default="h264", help=codecs)
    parser.add_argument("--quality", type=int, help="0 (nothing lost) to 51 (coarse); 23 for h264, 28 for h265")
    parser.add_argument("--scale", type=int, help="pixels along the side of a spin (as many as fit into 1024)")
    parser.add_argument("--seed", type=int, default=0, help="of the random numbers (0)")
    return parser


def read(arguments: Sequence[str] | None = None) -> tuple[Scene, argparse.Namespace]:
    """The command line, understood and checked: what to show, and the options of `film`."""
    parser = _parser()
    options = parser.parse_args(arguments)
    for name, least in LEAST.items():
        value = getattr(options, name)
        if value is not None and not (math.isfinite(value) and value >= least):
            parser.error(f"--{name.replace('_', '-')} {value}: expected at least {least}")
    if options.quench and options.burn_in:
        parser.error("--burn-in: a quench is filmed from its first sweep on")
    try:
        model = model_of(options.model, options.size, options.states)
    except ValueError as error:
        parser.error(str(error))
    if (options.vortices or options.arrows) and not model.planar:
        parser.error("--vortices and --arrows need spins with a direction: take xy")
    beta, beta_c = options.beta, 1 / model.transition.temperature
    if beta is None:  # a quench to the critical temperature would show no domains that grow
        beta = XY_BETA if options.model == "xy" else QUENCH_DEPTH * beta_c if options.quench else beta_c
    first = beta if options.anneal is None else options.anneal
    # Cold lattices start aligned: from random spins they would get stuck in stripes, or coarsen for ever.
    start = "random" if options.quench or first < beta_c else "aligned"
    burn_in = 0 if options.quench else options.burn_in
    if burn_in is None:
        burn_in = min(options.size**2 // 8, MOST_BURN_IN)
    return Scene(model, beta, options.frames, options.sweeps, burn_in, start, options.anneal), options


def model_of(name: str, size: int, states: int | None) -> "Lattice":
    """The model that a name stands for. JAX is loaded here, so that help and wrong options come at once."""
    from .. import lattice

    if name == "ising":
        if states:
            raise ValueError("--states: Ising spins have two states; take potts or xy for more")
        return lattice.Ising(size)
    if name == "potts":
        return lattice.Potts(size, states or POTTS_STATES)
    return lattice.Clock(size, states) if states else lattice.XY(size)


def main(arguments: Sequence[str] | None = None) -> int:
    """The program; returns its exit code."""
    began = time.perf_counter()
    consoles.forgive()
    try:
        with _stopped_by_signals() as go_on:
            scene, options = read(arguments)
            path = Path(options.out if options.out is not None else f"{options.model}.mp4")
            print(scene.title, flush=True)
            names = ("fps", "codec", "quality", "scale", "vortices", "arrows", "seed")
            energy = film(scene, path, between=go_on, **{name: getattr(options, name) for name in names})
    except KeyboardInterrupt:
        print("Stopped; no movie was written.")
        return 130
    except (MovieError, ValueError) as error:
        print(f"No movie: {error}", file=sys.stderr)
        return 1
    print(evidence(scene, energy))
    print(f"{path}: {path.stat().st_size / 1e6:.1f} MB, {len(energy)} frames, {time.perf_counter() - began:.0f} s")
    return 0


@contextlib.contextmanager
def _stopped_by_signals() -> Iterator[Callable[[], None]]:
    """Ctrl-C and the signal to end raise `KeyboardInterrupt`; what is given raises it again if it was lost."""
    stopped = []

    def stop(number: int, frame: Any) -> None:
        stopped.append(number)
        raise KeyboardInterrupt

    def go_on() -> None:
        # Python drops what is raised inside a callback of its garbage collector, and JAX has one.
        if stopped:
            raise KeyboardInterrupt

    before = {number: signal.signal(number, stop) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield go_on
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
