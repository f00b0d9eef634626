"""Panels of lesson 09: walks round vortices, runs from two starts, and the film of a quench."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.figure import Figure

from ..lattice.observables import winding_numbers
from .film import animated
from .lattice import directions, draw_wheel, vortices
from .layers import hline, line, points
from .panels import Layer, Panel, panel
from .style import pixels, to_numpy

if TYPE_CHECKING:
    import PIL.Image
    from IPython.display import Image

    from ..lattice import Lattice

MOVIE_HUES = 62  # and black and white: six bits a pixel
MILLISECONDS = 140  # for a frame
BELOW = 26  # pixels for the caption
STARTS = "▲ heated from aligned spins, ▽ cooled from random ones"


def winding_walk(field: Any, name: str) -> tuple[Panel, Panel]:
    """A small field of arrows, and the angle met on a walk round the middle plaquette, step by step.

    Args:
        field: angles, shape (n, n), n even; the walk is round the four middle spins.
        name: of the field.

    Returns:
        A panel of the arrows and the way, and one of the angle in turns.
    """
    field = to_numpy(field)
    low = len(field) // 2 - 1
    corners = [(low, low), (low, low + 1), (low + 1, low + 1), (low + 1, low), (low, low)]
    i, j = np.array(corners, float).T
    walk = np.unwrap([field[c] for c in corners])  # every step brought to the nearest turn
    turns = (walk - walk[0]) / (2 * np.pi)
    ends = (-0.7, len(field) - 0.3)
    seen = panel(
        directions(field, color="0.35"), line(j, i, color="blue"),
        vortices(winding_numbers(field, periodic=False), size=90),
        title=name, xlim=ends, ylim=ends, square=True, bare=True,
    )  # fmt: skip
    axes = {"xlabel": "corner", "ylabel": "angle (turns)", "ylim": (-1.25, 1.25), "xticks": range(5)}
    steps = points(range(5), turns, color="blue", joined=True)
    words = f"turns: {round(turns[-1]):+d}" if round(turns[-1]) else "turns: 0"
    return seen, panel(hline(0, color="grey", style="-"), steps, title=words, yticks=(-1, 0, 1), height=1.9, **axes)


def heated_and_cooled(x: Any, values: Any, errors: Any, name: str, *, color: str) -> list[Layer]:
    """Points of two runs from opposite starts: filled triangles that point up, open ones that point down.

    Args:
        x: shape (n,).
        values: a row for the heated run and one for the cooled one, shape (2, n).
        errors: standard errors, shape (2, n).
        name: in the legend.
        color: of both.

    Returns:
        Two layers.
    """
    rows = zip(to_numpy(values), to_numpy(errors), "^v", strict=True)
    return [points(x, y, error, name, color=color, mark=mark, hollow=mark == "v") for y, error, mark in rows]


def planar_movie(
    frames: Sequence[tuple[str, Any]],
    model: "Lattice",
    *,
    find: Callable[[Any], Any] | None = None,
    scale: int = 4,
    still: int = -1,
    words: str = "",
) -> "Image":
    """Planar spins with their vortices and a wheel, animated as by `animated`.

    Args:
        frames: (caption, spins of shape (rows, cols)); vortices become white discs, antivortices black ones.
        model: whose spins they are.
        find: find(spins) gives the charge of each plaquette, shape (rows, cols); the model's own vortices unless given.
        scale: pixels along the side of a spin.
        still: the frame that is shown where animation is not supported.
        words: text alternative.

    Returns:
        The picture; as the last expression of a cell it shows itself.
    """
    table = model.palette(MOVIE_HUES)
    palette = np.concatenate([table, [[255] * 3, [0] * 3]]).astype(np.uint8)
    wheel = _wheel(palette)
    find = find or model.vortices
    stills = [_still(caption, to_numpy(spins), model, find, scale, palette, wheel) for caption, spins in frames]
    return animated(stills, MILLISECONDS, still=still, words=words, width=stills[0].width)


def _still(
    caption: str,
    spins: np.ndarray,
    model: "Lattice",
    find: Callable[[Any], Any],
    scale: int,
    palette: np.ndarray,
    wheel: np.ndarray,
) -> "PIL.Image.Image":
    """One frame in the colours of a palette, whose last two are white and black."""
    from PIL import Image, ImageDraw, ImageFont

    white, black = len(palette) - 2, len(palette) - 1
    radius = max(3.0, 0.75 * scale)
    large = model.colour_index(spins, MOVIE_HUES)[::-1].repeat(scale, 0).repeat(scale, 1).astype(np.uint8)
    height, width = large.shape
    picture = Image.fromarray(np.pad(large, ((0, BELOW), (0, wheel.shape[1])), constant_values=white))
    picture.putpalette(palette.tobytes())
    picture.paste(Image.fromarray(wheel), (width, max(0, (height - wheel.shape[0]) // 2)))
    pen = ImageDraw.Draw(picture)
    charge = to_numpy(find(spins))
    for sign, fill, ring in ((1, white, black), (-1, black, white)):
        for i, j in zip(*np.nonzero(charge == sign), strict=True):  # a plaquette, up and right of spin (i, j)
            x, y = (j + 1) * scale, height - (i + 1) * scale
            pen.ellipse((x - radius, y - radius, x + radius, y + radius), fill=fill, outline=ring)
    pen.rectangle((0, height, *picture.size), fill=white)
    pen.text((4, height + 4), caption, fill=black, font=ImageFont.load_default(16))
    return picture


def _wheel(palette: np.ndarray) -> np.ndarray:
    """The key of directions as a picture in the colours of a palette, whose last two are white and black."""
    fig = Figure(figsize=(1.3, 1.3), dpi=100, layout="none")
    draw_wheel(fig.add_axes((0.08, 0.08, 0.84, 0.84), projection="polar"), palette[:-2])
    seen = pixels(fig).astype(int)
    return ((seen[:, :, None] - palette.astype(int)) ** 2).sum(-1).argmin(-1).astype(np.uint8)
