"""Films of a quench: random spins, put at a low temperature at once, and what grows from them in ten seconds."""

import math
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import jax
import numpy as np
from jaxtyping import Int, Shaped, UInt8
from matplotlib.font_manager import findfont
from PIL import Image, ImageDraw, ImageFont

from ..lattice import XY, Lattice
from ..lattice.observables import winding_numbers
from ..movie import Recorder
from . import colours
from .columns import COLUMNS
from .plate import save_palette
from .runs import Part, Settings, Tick, column_of

FPS, SECONDS, CHUNK = 30, 10, 10  # frames sampled at once
QUALITY = 30  # constant rate factor: noise in all colours makes large files
SIDE = 1024  # pixels of a film, or the largest multiple of the lattice below
STRIP = 72  # pixels under it, for words
STILL = 0.5  # of the film: when its poster is taken
MOST_MARKED = 400  # vortices of a sign that are still told apart


def schedule(n_sweeps: int) -> Int[np.ndarray, "n_chunks"]:
    """Sweeps before each frame of a chunk, few at first: domains grow as the root of time, so time runs as a square."""
    n_chunks = FPS * SECONDS // CHUNK
    wanted = n_sweeps / CHUNK * 3 * (np.arange(n_chunks) + 0.5) ** 2 / n_chunks**3
    return np.maximum(1, np.round(wanted)).astype(int)


@dataclass(frozen=True)
class Quench:
    """The film of a model."""

    key: str

    def __call__(self, settings: Settings, tick: Tick) -> dict[str, np.ndarray]:
        build, temperature, n_sweeps = column_of(self.key).quench
        model, counts = build(settings.size), schedule(n_sweeps)
        scale = max(1, SIDE // settings.size)
        film, poster = (settings.parts / name for name in names(self.key))
        key = jax.random.fold_in(jax.random.key(settings.seed), [c.key for c in COLUMNS].index(self.key))
        spins: str | jax.Array = "random"
        done, energies = 0, []
        title = f"{model.name}, {settings.size} x {settings.size}: a quench from random spins to T = {temperature}"
        with Recorder(film, fps=float(FPS), quality=QUALITY, title=title) as recorder:
            for number, count in enumerate(counts):
                here, pace = (
                    jax.random.fold_in(key, number),
                    {"n_frames": CHUNK, "chunk": CHUNK, "n_sweeps": int(count)},
                )
                lattices = next(model.stream(here, 1 / temperature, init=spins, **pace))[0]
                spins = lattices[-1]
                energies.append(np.asarray(model.energy(lattices)))
                for one in np.asarray(lattices):
                    done += int(count)
                    picture = frame(model, one, scale, temperature, done)
                    recorder.write(picture)
                    if recorder.n_frames == round(STILL * FPS * SECONDS):
                        save_palette(picture, poster, colours.table(model), np.zeros((0, 3), np.uint8))
                tick(COST / len(counts))
        return {"energy": np.concatenate(energies), "n_sweeps": np.array(done)}


def names(key: str) -> tuple[str, str]:
    """Film and poster of a model."""
    return f"quench-{key}.mp4", f"quench-{key}.png"


def frame(
    model: Lattice, spins: Shaped[np.ndarray, "L L"], scale: int, temperature: float, n_sweeps: int
) -> UInt8[np.ndarray, "height width 3"]:
    """A frame: the lattice, its vortices where it has them, and a line of words."""
    picture = colours.picture(model, spins).repeat(scale, 0).repeat(scale, 1)
    words = f"{n_sweeps} sweep{'s' if n_sweeps > 1 else ''}"
    if isinstance(model, XY):
        charge = winding_numbers(spins)
        count = int((charge > 0).sum())
        if count <= MOST_MARKED:
            stamp(picture, charge, scale)
        words = f"{2 * count} vortices · {words}"
    strip = caption(picture.shape[1], f"{title(model)}, quenched to T = {temperature:g}", words)
    if isinstance(model, XY):
        disc = colours.wheel(len(strip) - 12)
        strip[6:-6, (strip.shape[1] - len(disc)) // 2 :][:, : len(disc)] = disc
    return np.concatenate([picture, strip])


def title(model: Lattice) -> str:
    """The model in words."""
    return f"{model.name}, {model.q} colours" if hasattr(model, "q") else model.name


def stamp(picture: UInt8[np.ndarray, "side side 3"], charge: Int[np.ndarray, "L L"], scale: int) -> None:
    """Draw vortices as white discs with a black rim, antivortices the other way round."""
    side, radius = len(picture), float(np.clip(2.5 * scale, 4, 11))
    reach = np.arange(-math.ceil(radius), math.ceil(radius) + 1)
    distance = np.hypot(reach[:, None], reach)
    for sign, fill in ((1, 255), (-1, 0)):
        rows, cols = np.nonzero(charge == sign)  # a plaquette's centre is the corner of four spins' pixels
        for within, shade in ((radius, 255 - fill), (radius - 1.5, fill)):
            down, right = np.nonzero(distance <= within)
            y = side - ((rows + 1) * scale)[:, None] + reach[down]
            x = ((cols + 1) * scale)[:, None] + reach[right]
            picture[y % side, x % side] = shade


@cache
def _font(size: int) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(findfont("DejaVu Sans"), size)


def caption(width: int, left: str, right: str) -> UInt8[np.ndarray, "height width 3"]:
    """A strip of words, black on white."""
    height = max(2, STRIP * width // SIDE // 2 * 2)
    strip = Image.new("RGB", (width, height), colours.PAPER)
    draw, font = ImageDraw.Draw(strip), _font(max(6, 30 * width // SIDE))
    edge = width // 64
    draw.text((edge, height / 2), left, colours.INK, font, anchor="lm")
    draw.text((width - edge, height / 2), right, colours.GREY, font, anchor="rm")
    return np.array(strip)


COST = 22.0
FILMS = {column.key: Part(f"{column.key}-quench", COST, Quench(column.key), names(column.key)) for column in COLUMNS}


def save(settings: Settings) -> list[Path]:
    """The films and their posters, copied to where the pictures are."""
    made = []
    for key in FILMS:
        for name in names(key):
            made.append(settings.out / name)
            made[-1].write_bytes((settings.parts / name).read_bytes())
    return made
