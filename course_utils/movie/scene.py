"""What a movie shows, and how it is sampled and filmed."""

import math
import os
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from jaxtyping import Float, Shaped

from .painter import Painter
from .recorder import Recorder

if TYPE_CHECKING:
    from ..lattice import Lattice

SIDE = 1024  # pixels that a movie's side comes close to unless a scale is given
CHUNK = 1 << 20  # spins sampled at once: 4 MiB of angles
BURN_IN_PARTS = 10  # after each of which the progress bar moves


@dataclass(frozen=True)
class Scene:
    """What a movie shows.

    Attributes:
        model: whose spins it shows.
        beta: inverse temperature, or that of the last frame.
        n_frames: frames.
        n_sweeps: sweeps of the lattice from one frame to the next.
        n_burn_in: sweeps before the first frame; rounded up to a multiple of ten chunks of frames.
        start: "random" or "aligned".
        anneal_from: inverse temperature of the first frame, if it changes.
    """

    model: "Lattice"
    beta: float
    n_frames: int
    n_sweeps: int
    n_burn_in: int
    start: str
    anneal_from: float | None = None

    def __post_init__(self) -> None:
        """The burn-in is made of whole chunks."""
        part = BURN_IN_PARTS * self.chunk
        object.__setattr__(self, "n_burn_in", math.ceil(self.n_burn_in / part) * part)

    @property
    def chunk(self) -> int:
        """Frames sampled at once."""
        return max(1, min(32, CHUNK // self.model.n_spins, self.n_frames))

    @property
    def what(self) -> str:
        """equilibrium, quench or annealing."""
        if self.anneal_from is not None:
            return "annealing"
        return "equilibrium" if self.n_burn_in else "quench"

    @property
    def title(self) -> str:
        """What is seen, in one line."""
        rows, cols = self.model.shape
        lattice = f"{self.model.described}, {rows} x {cols}"
        pace = f"{self.n_sweeps} sweep{'s' if self.n_sweeps > 1 else ''} a frame"
        if self.what == "annealing":
            return (
                f"{lattice}: annealing, not equilibrium: beta from {self.anneal_from:g} to {self.beta:g} in "
                f"{self.n_frames * self.n_sweeps} sweeps, {pace}"
            )
        spins = f"{self.start} spins"
        if self.what == "quench":
            return f"{lattice}: a quench, not equilibrium: {spins} put at beta = {self.beta:g} at once, {pace}"
        return f"{lattice}: equilibrium at beta = {self.beta:g}, {self.n_burn_in} sweeps after {spins}, {pace}"


def lattices(
    scene: Scene, seed: int, bar: Any, sharding: Any = None
) -> Iterator[Shaped[np.ndarray, "chunk rows cols"]]:
    """The lattices of a scene in chunks, sampled as they are asked for; the burn-in is shown on the bar."""
    import jax

    model = scene.model
    burn_key, key = jax.random.split(jax.random.key(seed))
    chunk = scene.chunk
    start: Any = scene.start
    if scene.n_burn_in:
        # The same compiled program as for the frames, with more sweeps between two of them.
        n_sweeps = math.ceil(scene.n_burn_in / (BURN_IN_PARTS * chunk))
        first = scene.beta if scene.anneal_from is None else scene.anneal_from
        for spins in model.stream(
            burn_key,
            first,
            n_frames=BURN_IN_PARTS * chunk,
            n_sweeps=n_sweeps,
            chunk=chunk,
            init=start,
            sharding=sharding,
        ):
            start = np.asarray(spins[0, -1])
            bar.set_postfix_str("warm-up")
            bar.update(n_sweeps * chunk)
    n_chunks = math.ceil(scene.n_frames / chunk)  # whole ones: a shorter chunk would be compiled again
    beta: Any = scene.beta
    if scene.anneal_from is not None:
        beta = np.full(n_chunks * chunk, scene.beta)
        beta[: scene.n_frames] = np.linspace(scene.anneal_from, scene.beta, scene.n_frames)
    how = {"n_sweeps": scene.n_sweeps, "chunk": chunk, "init": start, "sharding": sharding}
    stream = model.stream(key, beta, n_frames=n_chunks * chunk, **how)
    for number, spins in enumerate(stream):
        yield np.asarray(spins[0])[: scene.n_frames - number * chunk]


def film(
    scene: Scene,
    path: str | os.PathLike,
    *,
    scale: int | None = None,
    vortices: bool = False,
    arrows: bool = False,
    seed: int = 0,
    between: Callable[[], None] | None = None,
    sharding: Any = None,
    **recording: Any,
) -> Float[np.ndarray, "n_frames"]:
    """Sample a scene and write its movie, with a progress bar on stdout.

    Args:
        scene: what to show.
        path: as for `Recorder`.
        scale: pixels along the side of a spin; as many as make a side of at most 1024 pixels unless given.
        vortices, arrows: as for `Painter`.
        seed: of the random numbers; the same seed gives the same movie on the same machine.
        between: called before each chunk of frames is drawn; what it raises ends the movie.
        sharding: how the rows of the lattice lie on several devices, see `lattice.devices.layout`.
        **recording: `fps`, `codec` and `quality`, as for `Recorder`.

    Returns:
        Energy per spin of each frame.

    Raises:
        ValueError: if an argument is wrong, before anything is sampled.
        MovieError: as `Recorder`.
    """
    import jax
    from tqdm import tqdm

    scale = max(1, SIDE // max(scene.model.shape)) if scale is None else scale
    painter = Painter(scene.model, scale, vortices, arrows)
    recorder = Recorder(path, scale=1 if painter.enlarged else scale, title=scene.title, **recording)
    energy_of = jax.jit(lambda spins: scene.model.energy(spins))
    energy = []
    total = scene.n_burn_in + scene.n_frames * scene.n_sweeps
    with recorder, tqdm(total=total, file=sys.stdout, unit="sweep", mininterval=0.5, ncols=90) as bar:
        for spins in lattices(scene, seed, bar, sharding):
            if between is not None:
                between()
            energy.append(np.asarray(energy_of(spins)))
            for one in spins:
                recorder.write(painter(one))
            bar.set_postfix_str(f"frame {recorder.n_frames}")
            bar.update(len(spins) * scene.n_sweeps)
    return np.concatenate(energy)


def evidence(scene: Scene, energy: Float[np.ndarray, "n_frames"]) -> str:
    """What the energy of the frames says about the title: one line."""
    quarter = max(1, len(energy) // 4)
    first, last = energy[:quarter].mean(), energy[-quarter:].mean()
    text = f"Energy per spin: {first:.4f} in the first quarter of the frames, {last:.4f} in the last"
    if scene.what != "equilibrium":
        return text + "."
    # Neighbouring eighths of the movie tell how much its parts scatter without a drift.
    eighths = np.array([part.mean() for part in np.array_split(energy, 8) if len(part)])
    scatter = math.sqrt(np.square(np.diff(eighths)).mean() / 2) if len(eighths) > 1 else math.inf
    slowest = scene.model.n_spins // 8
    if abs(last - first) > 4 * scatter:
        text += ": it still drifts, so give a longer --burn-in"
    elif scene.n_burn_in < slowest and scene.model.planar:
        text += f"; the longest waves of this lattice want a --burn-in of about {slowest}"
    return text + "."
