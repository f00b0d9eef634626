"""The work of the showcase in parts: each is one process's, is kept once it is whole, and is not done again.

A part is a file in `parts/SIZE-SEED/` of the output folder, so that another size or seed never meets an old one. Parts
run in processes, because joining clusters holds Python's lock.
"""

import contextlib
import dataclasses
import multiprocessing
import signal
import sys
import zlib
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, ProcessPoolExecutor, wait
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Shaped
from tqdm import tqdm

from ..diagnostics import TwoStarts, two_starts
from ..lattice import Ising, Lattice, cluster, exact
from ..whole_files import whole_file
from .columns import COLUMNS, ROWS, Looks, column_of, energy_alone

CHAINS = 2  # from each of the two starts
PIECES = 2  # of each chain, whose scatter gives the errors
LEAST_TAU = 4.0  # autocorrelation times in a chain, 2 in a piece: the shortest whose scatter is still that of the mean
TRIES = 3  # each twice as long as the one before, until both starts agree
CURVE_CHAINS, CURVE_UPDATES, CURVE_BURN_IN = 4, 180, 60
LARGE_UPDATES = 120
Tick = Callable[[float], None]


class Stopped(Exception):
    """The person asked to stop."""


class NotAtEquilibrium(RuntimeError):
    """Two opposite starts do not agree."""


@dataclass(frozen=True)
class Settings:
    """What is made, and where.

    Attributes:
        out: folder for the pictures.
        size: L.
        seed: of all random numbers.
    """

    out: Path
    size: int = 512
    seed: int = 0

    @property
    def parts(self) -> Path:
        """Folder of the parts."""
        return self.out / "parts" / f"{self.size}-{self.seed}"

    @property
    def curve_size(self) -> int:
        """Side of the lattices of the phase curves."""
        return max(8, self.size // 16 * 2)

    def rng(self, name: str) -> np.random.Generator:
        """Random numbers for a part: its own, whichever other parts are made."""
        return np.random.default_rng([self.seed, zlib.crc32(name.encode())])


@dataclass(frozen=True)
class Part:
    """A piece of work.

    Attributes:
        name: of its file.
        cost: about how long it takes, in seconds of one core at the usual size.
        work: (settings, tick) -> arrays to keep; it calls `tick(seconds' worth done)` often, which may raise `Stopped`.
        products: further files that it leaves in the same folder.
    """

    name: str
    cost: float
    work: Callable[[Settings, Tick], dict[str, np.ndarray]]
    products: tuple[str, ...] = ()

    def done(self, settings: Settings) -> bool:
        """Whether all of it is there."""
        return all(path.exists() for path in (self.path(settings), *(settings.parts / name for name in self.products)))

    def path(self, settings: Settings) -> Path:
        """Its file."""
        return settings.parts / f"{self.name}.npz"

    def load(self, settings: Settings) -> dict[str, np.ndarray]:
        """What it kept."""
        with np.load(self.path(settings)) as kept:
            return dict(kept)

    def __call__(self, settings: Settings, tick: Tick) -> None:
        """Do the work and keep what came of it."""
        path = self.path(settings)
        path.parent.mkdir(parents=True, exist_ok=True)
        arrays = self.work(settings, tick)
        with whole_file(path) as partial, open(partial, "wb") as file:
            np.savez_compressed(file, **arrays)


# --------------------------------------------------------------------------------------------- lattices measured


def agreement(series: Shaped[np.ndarray, "2 n_chains n_kept"]) -> TwoStarts:
    """Two starts compared: the error from pieces of the chains, the length in autocorrelation times from whole ones."""
    pieces = series[..., series.shape[-1] % PIECES :].reshape(2, -1, series.shape[-1] // PIECES)
    compared = two_starts(pieces[0].T, pieces[1].T)
    return dataclasses.replace(compared, length=two_starts(series[0].T, series[1].T).length)


def enough(compared: TwoStarts) -> bool:
    """Whether two starts agree, in chains that are long enough to tell."""
    return compared.agree and compared.length >= LEAST_TAU


def burn_in_of(n_kept: int) -> int:
    """Updates before the first that is measured: hot XY, whose clusters are small, wants some 50 from aligned spins.

    With half as many as are measured, the critical Potts lattice has forgotten its start, after some eight
    autocorrelation times; with a quarter its two starts differ by more than 3 σ, and the run is made again, longer.
    """
    return max(n_kept // 2, 50)


def chains(
    model: Lattice, rng: np.random.Generator, beta: Any, spins: np.ndarray, n_updates: int, look: Any, tick: Any
) -> tuple[np.ndarray, Looks]:
    """So many cluster updates: the spins after them, and what was looked at after each, chains first, then time."""
    seen = []
    for _ in range(n_updates):
        spins = cluster.update(model, rng, beta, spins)
        seen.append(look(model, spins))
        tick()
    return spins, {name: np.stack([now[name] for now in seen], axis=1) for name in seen[0]}


def both_starts(model: Lattice, rng: np.random.Generator, n_chains: int) -> np.ndarray:
    """Random lattices, then as many aligned ones."""
    return np.concatenate(
        [cluster.equilibrate(model, rng, 0.0, 0, n_chains=n_chains, init=init) for init in ("random", "aligned")]
    )


def nothing(model: Lattice, spins: np.ndarray) -> Looks:
    """What is measured in a burn-in."""
    return {}


def point(key: str, row: int, settings: Settings, tick: Tick) -> dict[str, np.ndarray]:
    """One lattice of the plate: chains from random and from aligned spins at one temperature, until they agree."""
    column = column_of(key)
    model, beta = column.build(settings.size), 1 / column.temperatures[row]
    rng = settings.rng(f"{key}-{ROWS[row]}")
    n_kept = column.n_updates[row]
    n_burn_in, spend = burn_in_of(n_kept), partial(tick, SECOND)
    spins = both_starts(model, rng, CHAINS)
    spins, _ = chains(model, rng, beta, spins, n_burn_in, nothing, spend)
    for attempt in range(TRIES):
        if attempt:  # a run that was too short is the next one's burn-in
            n_burn_in, n_kept, spend = n_burn_in + n_kept, 2 * n_kept, partial(tick, 0.0)
        spins, seen = chains(model, rng, beta, spins, n_kept, column.look, spend)
        series = {name: s.reshape(2, CHAINS, *s.shape[1:]) for name, s in seen.items()}  # the two starts first
        if all(enough(agreement(series[name])) for name in ("energy", "order")):
            break
    return series | {"spins": spins[0], "n_burn_in": np.array(n_burn_in)}


def curve(key: str, settings: Settings, tick: Tick) -> dict[str, np.ndarray]:
    """The phase curve of a model: all temperatures side by side on smaller lattices."""
    column = column_of(key)
    model, rng = column.build(settings.curve_size), settings.rng(f"{key}-curve")
    betas = 1 / np.repeat(np.array(column.grid) * column.transition, CURVE_CHAINS)
    spins = cluster.equilibrate(model, rng, 0.0, 0, n_chains=len(betas)).copy()
    spins[::2] = cluster.equilibrate(model, rng, 0.0, 0, init="aligned")[0]
    spend = partial(tick, CURVE_COST / (CURVE_BURN_IN + CURVE_UPDATES))
    spins, _ = chains(model, rng, betas, spins, CURVE_BURN_IN, nothing, spend)
    _, seen = chains(model, rng, betas, spins, CURVE_UPDATES, column.look, spend)
    wanted = {name: seen[name] for name in ("energy", "order", "terms") if name in seen}
    return {name: s.reshape(len(column.grid), CURVE_CHAINS, *s.shape[1:]) for name, s in wanted.items()}


def large(settings: Settings, tick: Tick) -> dict[str, np.ndarray]:
    """The critical Ising lattice of twice the side, from both starts."""
    model, rng = Ising(2 * settings.size), settings.rng("critical")
    spend = partial(tick, LARGE_COST / (LARGE_UPDATES * 4 / 3))
    spins = both_starts(model, rng, 1)
    spins, _ = chains(model, rng, exact.BETA_C, spins, LARGE_UPDATES // 3, nothing, spend)
    spins, seen = chains(model, rng, exact.BETA_C, spins, LARGE_UPDATES, energy_alone, spend)
    return {"spins": spins[0], **seen}


SECOND = 0.045 * 2 * CHAINS  # of one core, for an update of all chains at the usual size
CURVE_COST, LARGE_COST = 14.0, 50.0
POINTS = {
    (c.key, row): Part(f"{c.key}-{ROWS[row]}", SECOND * (n_kept + burn_in_of(n_kept)), partial(point, c.key, row))
    for c in COLUMNS
    for row, n_kept in enumerate(c.n_updates)
}
CURVES = {c.key: Part(f"{c.key}-curve", CURVE_COST, partial(curve, c.key)) for c in COLUMNS}
LARGE = Part("critical", LARGE_COST, large)


def starts(settings: Settings) -> dict[tuple[str, int], tuple[TwoStarts, TwoStarts]]:
    """Energy and order parameter of each lattice from both starts.

    Raises:
        NotAtEquilibrium: if those of one do not agree, or its runs are too short to tell.
    """
    compared = {}
    for (key, row), part in POINTS.items():
        kept = part.load(settings)
        compared[key, row] = both = agreement(kept["energy"]), agreement(kept["order"])
        for name, one in zip(("energy", "order parameter"), both, strict=True):
            if not enough(one):
                raise NotAtEquilibrium(
                    f"{part.name}, {name} from random and from aligned spins, the last of up to {TRIES} runs: {one}; "
                    f"expected agreement within 3 σ, in chains of at least {LEAST_TAU:g} τ; try another --seed"
                )
    return compared


# -------------------------------------------------------------------------------------------------- processes


_shared: dict[str, Any] = {}


def _begin(stop: Any, done: Any) -> None:
    """A process of the pool: Ctrl-C is the parent's, which then sets `stop`."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _shared.update(stop=stop, done=done)


def _tick(cost: float) -> None:
    if _shared["stop"].is_set():
        raise Stopped
    with _shared["done"].get_lock():
        _shared["done"].value += cost


def _work(part: Part, settings: Settings) -> None:
    part(settings, _tick)


@contextlib.contextmanager
def stopping(stop: Callable[[], None]) -> Iterator[None]:
    """Ctrl-C and SIGTERM call `stop` and raise nothing, for what is raised inside a callback of JAX's is lost."""
    numbers = (signal.SIGINT, signal.SIGTERM)
    try:
        before = {number: signal.signal(number, lambda *_: stop()) for number in numbers}
    except ValueError:  # not in the main thread, where no signal comes
        before = {}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def make(parts: Sequence[Part], settings: Settings, workers: int = 1) -> None:
    """Do what is not done yet, with a bar on stdout.

    Args:
        parts: wanted.
        settings: of all.
        workers: processes; with 1 the work is done in this one.

    Raises:
        Stopped: after Ctrl-C or SIGTERM. Parts that are whole are kept.
    """
    todo = sorted((part for part in parts if not part.done(settings)), key=lambda part: -part.cost)
    if not todo:
        return
    total = sum(part.cost for part in parts)
    found = sum(part.cost for part in parts if part not in todo)
    layout = "{desc}: {percentage:3.0f}%|{bar}| {elapsed}{postfix}"
    edge = 1e-6  # which rounding of the sum of all costs does not cross
    with tqdm(total=total + edge, initial=found, file=sys.stdout, desc="lattices", bar_format=layout, ncols=90) as bar:
        if workers > 1:
            _make_in_pool(todo, settings, workers, bar)
        else:
            _make_here(todo, settings, bar)
        bar.update(max(0.0, total - bar.n))


def _make_here(todo: Sequence[Part], settings: Settings, bar: tqdm) -> None:
    stopped: list[bool] = []

    def tick(cost: float) -> None:
        if stopped:
            raise Stopped
        bar.update(cost)

    with stopping(lambda: stopped.append(True)):
        for part in todo:
            bar.set_postfix_str(part.name)
            part(settings, tick)


def _make_in_pool(todo: Sequence[Part], settings: Settings, workers: int, bar: tqdm) -> None:
    context = multiprocessing.get_context("spawn")  # a fork of a process with JAX in it may hang
    stop, done = context.Event(), context.Value("d", 0.0)
    began = bar.n
    pool = ProcessPoolExecutor(workers, context, _begin, (stop, done))
    with stopping(stop.set), pool:
        names = {pool.submit(_work, part, settings): part.name for part in todo}
        waiting = set(names)
        try:
            while waiting:
                finished, waiting = wait(waiting, timeout=0.3, return_when=FIRST_COMPLETED)
                bar.set_postfix_str(f"{len(names) - len(waiting)} of {len(names)} parts")
                bar.update(max(0.0, min(began + done.value, bar.total) - bar.n))
                for one in finished:
                    one.result()
                if stop.is_set():
                    raise Stopped
        finally:
            stop.set()  # after an error too: the others need not go on
            for one in waiting:
                one.cancel()
