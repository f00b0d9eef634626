"""Films of a quench: random spins, put at a low temperature at once, and what grows from them in ten seconds."""

import shutil
from functools import cache, partial
from pathlib import Path

import jax
import numpy as np
from jaxtyping import Int, Shaped, UInt8
from matplotlib.font_manager import findfont
from PIL import Image, ImageDraw, ImageFont

from ..lattice import Lattice
from ..movie import Painter, Recorder
from ..whole_files import whole_file
from . import colours
from .columns import COLUMNS, column_of
from .runs import Part, Settings, Tick

FPS, SECONDS, CHUNK = 30, 10, 10  # frames sampled at once
QUALITY = 35  # constant rate factor: noise in all colours makes large files; with 30, XY takes 18 MB in place of 8
SIDE = 1024  # pixels of a film, or the largest multiple of the lattice below
STRIP = 72  # pixels under it, for words
STILL = 0.5  # of the film: when its poster is taken
MOST_MARKED = 400  # pairs of vortices that are still told apart


def schedule(n_sweeps: int) -> Int[np.ndarray, "n_chunks"]:
    """Sweeps before each frame of a chunk, few at first: domains grow as the root of time, so time runs as a square."""
    n_chunks = FPS * SECONDS // CHUNK
    wanted = n_sweeps / CHUNK * 3 * (np.arange(n_chunks) + 0.5) ** 2 / n_chunks**3
    return np.maximum(1, np.round(wanted)).astype(int)


def quench(key: str, settings: Settings, tick: Tick) -> dict[str, np.ndarray]:
    """The film of a model."""
    build, temperature, n_sweeps = column_of(key).quench
    model, counts = build(settings.size), schedule(n_sweeps).tolist()
    scale = max(1, SIDE // settings.size)
    film, poster = (settings.parts / name for name in names(key))
    seed = jax.random.fold_in(jax.random.key(settings.seed), [c.key for c in COLUMNS].index(key))
    spins: str | jax.Array = "random"
    done, energies = 0, []
    words = f"{model.title}, {settings.size} x {settings.size}: a quench from random spins to T = {temperature}"
    with Recorder(film, fps=float(FPS), quality=QUALITY, title=words) as recorder:
        for number, count in enumerate(counts):
            pace = {"n_frames": CHUNK, "chunk": CHUNK, "n_sweeps": count}
            lattices = next(model.stream(jax.random.fold_in(seed, number), 1 / temperature, init=spins, **pace))[0]
            spins = lattices[-1]
            energies.append(np.asarray(model.energy(lattices)))
            for one in np.asarray(lattices):
                done += count
                picture = frame(model, one, scale, temperature, done)
                recorder.write(picture)
                if recorder.n_frames == round(STILL * FPS * SECONDS):
                    with whole_file(poster) as unfinished:
                        Image.fromarray(picture).save(unfinished, optimize=True)
            tick(COST / len(counts))
    return {"energy": np.concatenate(energies), "n_sweeps": np.array(done)}


def names(key: str) -> tuple[str, str]:
    """Film and poster of a model."""
    return f"quench-{key}.mp4", f"quench-{key}.png"


def frame(
    model: Lattice, spins: Shaped[np.ndarray, "L L"], scale: int, temperature: float, n_sweeps: int
) -> UInt8[np.ndarray, "height width 3"]:
    """A frame: the lattice, its vortices where it has them, and a line of words."""
    pairs = int((model.vortices(spins) > 0).sum()) if model.planar else 0
    paint = Painter(model, scale, vortices=0 < pairs <= MOST_MARKED)
    picture = paint(spins)[..., :3]
    if not paint.enlarged:
        picture = picture.repeat(scale, 0).repeat(scale, 1)
    words = f"{n_sweeps} sweep{'s' if n_sweeps > 1 else ''}"
    if model.planar:
        words = f"{pairs} vortex pair{'s' if pairs != 1 else ''} · {words}"
    strip = caption(picture.shape[1], f"{model.title}, quenched to T = {temperature:g}", words)
    if model.planar:
        disc = colours.wheel(len(strip) - 12)
        left = min(int(0.41 * strip.shape[1]), strip.shape[1] - len(disc))  # beside the words
        strip[6:-6, left : left + len(disc)] = disc
    return np.concatenate([picture, strip])


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
FILMS = {c.key: Part(f"{c.key}-quench", COST, partial(quench, c.key), names(c.key)) for c in COLUMNS}


def save(settings: Settings) -> list[Path]:
    """The films and their posters, copied to where the pictures are."""
    paths = [settings.out / name for key in FILMS for name in names(key)]
    for path in paths:
        with whole_file(path) as unfinished:
            shutil.copy(settings.parts / path.name, unfinished)
    return paths
