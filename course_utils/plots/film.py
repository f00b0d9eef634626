"""Animated pictures (APNG), and a training as one: its energy as a landscape, and its density with samples."""

import io
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from .maps import density, dots, surface
from .panels import figure, panel
from .style import pixels, to_numpy

if TYPE_CHECKING:
    import PIL.Image
    from IPython.display import Image

    from ..lattice import Lattice

DPI = 80
COLORS = 256
"""Of all frames together: with few colours a film takes few bytes."""
HIGHEST = 8.0
"""Energies this far above the lowest are level: e^-8 of the highest density."""


def animated(
    stills: Sequence["PIL.Image.Image"], milliseconds: int, *, rest: int = 12, still: int = -1, words: str = "",
    width: int | None = None,
) -> "Image":  # fmt: skip
    """Pictures of one size as an animated one (APNG), which runs three times and stops at its last frame.

    Args:
        stills: of Pillow; those with a table of colours make small files.
        milliseconds: time of one frame.
        rest: of the last frame, in frames.
        still: number of the frame that is shown where animation is not supported; the last unless given.
        words: text alternative.
        width: on the page, in pixels.

    Returns:
        The picture; as the last expression of a cell it shows itself.
    """
    from IPython.display import Image

    buffer = io.BytesIO()
    duration = [milliseconds] * (len(stills) - 1) + [rest * milliseconds]
    # The still first: it is the default image, which is not part of the animation.
    stills[still].save(
        buffer, "png", save_all=True, append_images=stills, default_image=True, loop=3, optimize=True, duration=duration
    )
    return Image(buffer.getvalue(), format="png", width=width, metadata={"alt": words})


def lattice_film(
    model: "Lattice", chunks: Iterable[Any], *, scale: int = 2, milliseconds: int = 80, words: str = ""
) -> "Image":
    """Lattices one after the other, in the model's colours.

    Args:
        model: whose spins they are.
        chunks: of lattices, shape (n, rows, cols) each, such as `Lattice.stream` makes.
        scale: pixels along the side of a spin.
        milliseconds: time of one lattice.
        words: text alternative.

    Returns:
        The picture, as by `animated`; as the last expression of a cell it shows itself.
    """
    from PIL import Image

    table, stills = model.palette().astype(np.uint8).tobytes(), []
    for spins in (one for chunk in chunks for one in to_numpy(chunk)):
        index = model.colour_index(spins)[::-1].astype(np.uint8)  # row 0 is at the bottom
        stills.append(Image.fromarray(index.repeat(scale, 0).repeat(scale, 1)))
        stills[-1].putpalette(table)
    return animated(stills, milliseconds, words=words, width=stills[0].width)


def training_film(grid: Any, frames: Sequence[tuple[int, float, Any, Any, Any]], *, words: str = "") -> "Image":
    """An energy and its density as they form, animated as by `animated`.

    All frames share one scale of the energy and one of the density. Where animation is not supported, the last frame is
    shown.

    Args:
        grid: shape (n, n, 2).
        frames: (step, exact KL in nats, energy above its minimum of shape (n, n), density of shape (n, n), samples of
            the model of shape (m, 2)).
        words: text alternative.

    Returns:
        The picture; as the last expression of a cell it shows itself.
    """
    highest = max(float(p.max()) for *_, p, _ in frames)
    stills = _few_colours([_frame(grid, frame, highest) for frame in frames])
    return animated(stills, 160, rest=10, words=words)


def _frame(grid: Any, frame: tuple[int, float, Any, Any, Any], highest: float) -> np.ndarray:
    """One frame as pixels, its density up to `highest`."""
    step, kl, energy, p, samples = frame
    few = slice(None, None, 2)  # of a landscape this small nothing is lost
    level = -np.logaddexp(-to_numpy(energy), -HIGHEST)[few, few]  # with a soft edge, which a mesh can follow
    landscape = surface(
        grid[few, few], level, span=(0.0, HIGHEST), zlabel="$E$", title="energy above its minimum", height=4.4,
        view=(66.0, -70.0),
    )  # fmt: skip
    found = dots(samples, color="sky", most=200)
    plane = panel(density(grid, p, top=highest), found, title="density and samples", square=True)
    fig = figure(landscape, plane, title=f"Step {step}: exact KL {kl:.3f} nats", widths=(1.15, 1))
    fig.set_dpi(DPI)
    return pixels(fig)


def _few_colours(frames: Sequence[np.ndarray]) -> list:
    """Frames as Pillow images that share one palette: flat colours and few bytes."""
    from PIL import Image

    together = Image.fromarray(np.concatenate([frames[0], frames[len(frames) // 2], frames[-1]]))
    palette = together.quantize(COLORS, method=Image.Quantize.MAXCOVERAGE, kmeans=1)
    return [Image.fromarray(frame).quantize(palette=palette, dither=Image.Dither.NONE) for frame in frames]
