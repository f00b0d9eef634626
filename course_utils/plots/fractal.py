"""Pictures of the complex plane: smooth counts, phases, zeros, films of both, and the diamond lattice.

A `box` is ((left, right), (low, high)), the ends of the real and of the imaginary axis; values on it have the shape of
`fractals.plane(box, n)`, indexed [i_real, i_imaginary].
"""

import io
import itertools
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from jaxtyping import Float, Int
from matplotlib import colormaps
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.colors import to_rgb

from .panels import Layer, Panel, panel
from .style import COLORS, ENERGY_CMAP, to_numpy

if TYPE_CHECKING:
    from IPython.display import Image

__all__ = ["diamond", "dots_film", "escape_film", "escape_map", "flow_map", "zeros"]

INSIDE = (0.05, 0.05, 0.08)
"""Colour of what never leaves."""
WIDTHS = (0.5, 0.2, 0.12)
"""How far the inner spins of a diamond stand off its axis, by generation: up to the third no bonds cross."""
RINGS = 8
"""Borders of so many first steps stay as lines in a film."""
SHADES = 48
"""Of each colour in a map: what is flat takes few bytes."""
TONES = 96
"""Colours of all frames of a film together."""
REST = 6
"""How long a film stays at its last frame, in frames."""
HOT, COLD = "orange", "blue"
"""Names of the colours of the two phases."""

Box = tuple[tuple[float, float], tuple[float, float]]


def escape_map(box: Box, count: Any, *, top: float = 20.0) -> Layer:
    """A smooth count in the plane: the more steps the lighter, up to `top`; black where it is infinite.

    Args:
        box: ends of both axes.
        count: shape (n_real, n_imaginary).
        top: the count of the lightest colour.
    """
    return _picture(box, _count_colours(to_numpy(count), top))


def flow_map(box: Box, phase: Any, count: Any, *, depth: float = 0.8) -> Layer:
    """Which points flow to the hot and which to the cold magnet, the later the darker; black where neither.

    Args:
        box: ends of both axes.
        phase: +1 for hot, -1 for cold, 0 for neither, shape (n_real, n_imaginary).
        count: how soon, as `fractals.diamond.flow` gives it.
        depth: how dark the latest are: 0 not at all, 1 black.
    """
    phase, count = to_numpy(phase), to_numpy(count)
    picture = _picture(box, _flow_colours(phase, count, depth))

    def draw(ax: Axes, color: str, label: str) -> None:
        picture.draw(ax, color, label)
        for which, name, words in ((1, HOT, "flows to 1: hot"), (-1, COLD, "flows to infinity: cold")):
            if (phase == which).any():
                ax.plot([], [], "s", color=COLORS[name], label=words, markersize=8)

    return Layer(draw)


def zeros(at: Any, name: str = "", *, color: str = "red", size: float = 4.0) -> Layer:
    """Zeros as dots, with a thin dark edge.

    Args:
        at: complex, shape (n,).
        name: in the legend.
        color: a name of `COLORS`, or a colour.
        size: of a dot, in points.
    """

    def draw(ax: Axes, color: str, label: str) -> None:
        places = to_numpy(at).ravel()
        look = {"markersize": size, "markeredgecolor": "black", "markeredgewidth": 0.4, "linestyle": "none"}
        ax.plot(places.real, places.imag, "o", color=color, label=label, zorder=4, **look)

    return Layer(draw, name, COLORS.get(color, color))


def diamond(ends: Any, *, color: str = "blue") -> Panel:
    """A generation of the diamond lattice: its bonds, and its spins as dots.

    Args:
        ends: of its bonds, as from `fractals.diamond.bonds`, shape (bonds, 2).
        color: of the dots.
    """
    ends = to_numpy(ends)
    places = _places(ends)

    def draw(ax: Axes, color: str, label: str) -> None:
        ax.add_collection(LineCollection(places[ends], colors="0.45", linewidths=1.2, zorder=1))
        size = 42 / (1 + len(ends) ** 0.5 / 2)
        ax.scatter(*places.T, s=size, color=color, edgecolors="white", linewidths=0.4, zorder=2)
        ax.set(xlim=(-0.62, 0.62), ylim=(-0.06, 1.06))

    title = f"{len(ends)} bond{'s' * (len(ends) > 1)}, {len(places)} spins"
    return panel(Layer(draw, color=COLORS[color]), bare=True, square=True, title=title)


def escape_film(box: Box, counts: Any, last: int, *, words: str = "", top: float = 14.0) -> "Image":
    """The set of what is still inside after n steps, for n from 0 on, as it shrinks; where its border was stays a line.

    Args:
        box: ends of both axes; the film has no axes, and a number in its corner.
        counts: n -> smooth counts for the first n steps, infinite where still inside, shape (n_real, n_imaginary). The
            film has half as many pixels.
        last: n of the last frame.
        words: text alternative.
        top: count of the lightest colour.

    Returns:
        The picture, which runs three times; as the last expression of a cell it shows itself.
    """
    frames, lines = [], None
    for n in range(last + 1):
        count = to_numpy(counts(n))
        inside = ~np.isfinite(count)
        border = np.zeros(inside.shape, bool)
        border[:-1] |= inside[:-1] != inside[1:]
        border[:, :-1] |= inside[:, :-1] != inside[:, 1:]
        colours = _count_colours(count, top)
        if lines is not None:
            colours = np.where((lines & ~inside)[..., None], 0.72 * colours, colours)
        if n < RINGS:
            lines = border if lines is None else lines | border
        frames.append(_halved(colours))
    return _film(frames, [f"after {n} step{'s' * (n != 1)}" for n in range(last + 1)], 350, words)


def dots_film(box: Box, phase: Any, count: Any, ways: Sequence[Any], *, words: str = "") -> "Image":
    """Guesses that move over a map of what flows where.

    Args:
        box: ends of both axes; the film has no axes, and a number in its corner.
        phase, count: as for `flow_map`; the film has half as many pixels.
        ways: for each frame the complex places of all guesses, shape (n,); those outside the box are not seen.
        words: text alternative.

    Returns:
        The picture, which runs three times; as the last expression of a cell it shows itself.
    """
    back = _halved(_flow_colours(to_numpy(phase), to_numpy(count)))
    n, m = back.shape[:2]
    (left, right), (low, high) = box
    across, along = np.indices((n, m))
    frames = []
    for places in ways:
        frame = back.copy()
        at = to_numpy(places).ravel()
        for i, j in zip((at.real - left) / (right - left) * n, (at.imag - low) / (high - low) * m, strict=True):
            if -9 < i < n + 9 and -9 < j < m + 9:
                part = slice(max(0, int(i) - 6), int(i) + 7), slice(max(0, int(j) - 6), int(j) + 7)
                distance = np.hypot(across[part] - i, along[part] - j)[..., None]
                frame[part] *= (distance - 4.3).clip(0, 1)  # a dark edge
                frame[part] += (4.2 - distance).clip(0, 1)
        frames.append(frame.clip(0, 1))
    return _film(frames, [f"step {k}" for k in range(len(frames))], 250, words)


def _halved(colours: Float[np.ndarray, "n m 3"]) -> Float[np.ndarray, "n2 m2 3"]:
    """A pixel for each two by two."""
    n, m = (side // 2 for side in colours.shape[:2])
    return colours[: 2 * n, : 2 * m].reshape(n, 2, m, 2, 3).mean((1, 3))


def _film(frames: Sequence[Float[np.ndarray, "n m 3"]], texts: Sequence[str], milliseconds: int, words: str) -> "Image":
    """Colours as an animated picture with a text in the corner, first the last frame for where nothing moves.

    Of each frame only what has changed is stored; the rest is transparent and shows the frame before.
    """
    from IPython.display import Image as Shown
    from PIL import Image, ImageDraw

    stills = []
    for colours, text in zip(frames, texts, strict=True):
        stills.append(Image.fromarray(np.ascontiguousarray((255 * colours).astype(np.uint8).swapaxes(0, 1)[::-1])))
        ImageDraw.Draw(stills[-1]).text((12, 8), text, fill="white", stroke_width=2, stroke_fill="black", font_size=18)
    together = Image.fromarray(np.concatenate([np.asarray(still) for still in (stills[0], stills[-1])]))
    table = together.quantize(TONES, method=Image.Quantize.MAXCOVERAGE, kmeans=1)
    flat = [np.asarray(still.quantize(palette=table, dither=Image.Dither.NONE)) for still in stills]
    changed = [flat[-1], flat[0]] + [np.where(new == old, TONES, new) for old, new in itertools.pairwise(flat)]
    pages = [Image.fromarray(page.astype(np.uint8)) for page in changed]
    for page in pages:
        page.putpalette([*table.getpalette()[: 3 * TONES], 0, 0, 0])
        page.info["transparency"] = TONES
    buffer = io.BytesIO()
    pages[0].save(
        buffer, "png", save_all=True, append_images=pages[1:], default_image=True, loop=3, optimize=True, blend=1,
        duration=[milliseconds] * (len(flat) - 1) + [REST * milliseconds],
    )  # fmt: skip
    return Shown(buffer.getvalue(), format="png", width=stills[0].width, metadata={"alt": words})


def _picture(box: Box, colours: Float[np.ndarray, "n m 3"]) -> Layer:
    (left, right), (low, high) = box

    def draw(ax: Axes, color: str, label: str) -> None:
        ax.imshow(
            np.swapaxes(colours, 0, 1), origin="lower", extent=(left, right, low, high), interpolation="antialiased",
            aspect="auto",
        )  # fmt: skip
        ax.set(xlim=(left, right), ylim=(low, high))

    return Layer(draw)


def _count_colours(count: Float[np.ndarray, "n m"], top: float) -> Float[np.ndarray, "n m 3"]:
    inside = ~np.isfinite(count)
    share = np.clip((np.where(inside, 0.0, count) + 2) / (top + 2), 0, 1)
    share = np.round(share * SHADES) / SHADES
    return np.where(inside[..., None], INSIDE, colormaps[ENERGY_CMAP](share)[..., :3])


def _flow_colours(
    phase: Int[np.ndarray, "n m"], count: Float[np.ndarray, "n m"], depth: float = 0.8
) -> Float[np.ndarray, "n m 3"]:
    found = np.isfinite(count)
    soonest = float(count[found].min()) if found.any() else 0.0
    late = np.clip((np.where(found, count, 0.0) - max(0.0, soonest) + 2) / 12, 0, 1)[..., None]
    late = np.round(late * SHADES) / SHADES
    colours = np.full((*phase.shape, 3), INSIDE)
    for which, name in ((1, HOT), (-1, COLD)):
        pure = np.array(to_rgb(COLORS[name]))
        shade = pure + (1 - pure) * 0.75 * (1 - late) ** 2
        colours = np.where((phase == which)[..., None], shade * (1 - depth * late**2), colours)
    return colours


def _places(ends: Int[np.ndarray, "bonds 2"]) -> Float[np.ndarray, "spins 2"]:
    """Where the spins of a diamond lattice stand: the outer ones below and above, each inner pair beside its bond."""
    generation = round(np.log(len(ends)) / np.log(4))
    places: Sequence[Any] = [np.array([0.0, 0.0]), np.array([0.0, 1.0])]
    pairs = [(0, 1)]
    for k in range(generation):
        width = WIDTHS[min(k, len(WIDTHS) - 1)]
        new = []
        for a, b in pairs:
            middle, along = (places[a] + places[b]) / 2, places[b] - places[a]
            off = width * np.array([along[1], -along[0]])
            first = len(places)
            places = [*places, middle + off, middle - off]
            new += [(a, first), (first, b), (a, first + 1), (first + 1, b)]
        pairs = new
    return np.array(places)
