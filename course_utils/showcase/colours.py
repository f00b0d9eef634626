"""Colours of the showcase: what spins look like, and the ink around them."""

from functools import cache, singledispatch

import numpy as np
from jaxtyping import Float, Integer, Shaped, UInt8

from ..lattice import XY, Clock, Ising, Lattice, Potts

INK, GREY, HAIR, PAPER = "#1c2126", "#6b7379", "#b9bfc4", "#ffffff"
SIGN = {"cold": "#1f5fa8", "critical": "#1c2126", "hot": "#c2410c"}  # of the three rows
ISING = ("#f3ead8", "#16324f")  # -1, +1: paper and ink
# Ten colours whose lightness goes up and down in steps, so that neighbours in the list differ whatever one's eyes.
POTTS = (
    *("#43256b", "#f5b53d", "#1f9e8f", "#d9506b", "#a9d6f5"),
    *("#1b3a5c", "#efe4c3", "#3d7fb8", "#f08a52", "#1a1a1d"),
)
N_HUES = 64
"""Directions told apart in a picture: with 5.6 degrees between them no step is seen, and a picture stays small."""


def rgb(hexes: tuple[str, ...]) -> UInt8[np.ndarray, "n 3"]:
    """Colours as bytes."""
    return np.array([list(bytes.fromhex(colour[1:])) for colour in hexes], np.uint8)


@cache
def cyclic(n: int = N_HUES) -> UInt8[np.ndarray, "n 3"]:
    """A cyclic map for angles: all hues, nearly as vivid as a screen can show each, in steps that look alike.

    Lightness follows the hue, yellow light and violet dark, because screens show vivid yellows only light and vivid
    violets only dark. Equal steps are those of equal length in the colour space Oklab.

    Args:
        n: number of colours, one turn in all.

    Returns:
        sRGB; row k is for the angle 2π k / n.

    Source: Ottosson (2020), https://bottosson.github.io/posts/oklab/.
    """
    hue = np.linspace(0, 2 * np.pi, 721)
    lightness = 0.67 + 0.16 * np.cos(hue - np.deg2rad(105))
    tried = np.linspace(0, 0.4, 201)
    shown = _linear(lightness[:, None], tried, hue[:, None])
    most = tried[((shown > -1e-3) & (shown < 1.001)).all(-1).argmin(1) - 1]  # chroma that a screen still shows
    waves = np.fft.rfft(np.minimum(most[:-1], 0.21))
    waves *= np.exp(-((np.arange(len(waves)) / 7) ** 2))  # without the corners of a screen's range
    chroma = 0.94 * np.append(smooth := np.fft.irfft(waves, 720), smooth[0])
    path = np.stack([lightness, chroma * np.cos(hue), chroma * np.sin(hue)])
    length = np.append(0, np.cumsum(np.linalg.norm(np.diff(path), axis=0)))
    even = np.linspace(0, length[-1], n, endpoint=False)
    light, strong, where = (np.interp(even, length, part) for part in (lightness, chroma, hue))
    linear = np.clip(_linear(light, strong, where), 0, 1)
    screen = np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055)
    return np.round(255 * screen).astype(np.uint8)


def _linear(lightness: np.ndarray, chroma: np.ndarray, hue: np.ndarray) -> Float[np.ndarray, "... 3"]:
    """Linear red, green and blue of a colour in Oklab."""
    to_cone = np.array(
        [[1, 0.3963377774, 0.2158037573], [1, -0.1055613458, -0.0638541728], [1, -0.0894841775, -1.291485548]]
    )
    to_linear = np.array(
        [
            [4.0767416621, -3.3077115913, 0.2309699292],
            [-1.2684380046, 2.6097574011, -0.3413193965],
            [-0.0041960863, -0.7034186147, 1.7076147010],
        ]
    )
    lab = np.stack(np.broadcast_arrays(lightness, chroma * np.cos(hue), chroma * np.sin(hue)), axis=-1)
    return (lab @ to_cone.T) ** 3 @ to_linear.T


@singledispatch
def table(model: Lattice) -> UInt8[np.ndarray, "n 3"]:
    """The colours that spins of a model have, one a row."""
    raise ValueError(f"model = {type(model).__name__}: expected one with a table of colours")


@table.register
def _(model: Ising) -> np.ndarray:
    return rgb(ISING)


@table.register
def _(model: Potts) -> np.ndarray:
    return rgb(POTTS[: model.q]) if model.q <= len(POTTS) else cyclic(model.q)


@table.register
def _(model: Clock) -> np.ndarray:
    return cyclic(model.q)


@table.register
def _(model: XY) -> np.ndarray:
    return cyclic()


@singledispatch
def index(model: Lattice, spins: Shaped[np.ndarray, "..."]) -> Integer[np.ndarray, "..."]:
    """The row of `table` that each spin's colour is in."""
    return spins


@index.register
def _(model: Ising, spins: np.ndarray) -> np.ndarray:
    return (spins > 0).astype(np.uint8)


@index.register
def _(model: XY, spins: np.ndarray) -> np.ndarray:
    return np.round(spins * np.float32(N_HUES / (2 * np.pi))).astype(np.int32) % N_HUES


def picture(model: Lattice, spins: Shaped[np.ndarray, "rows cols"]) -> UInt8[np.ndarray, "rows cols 3"]:
    """One pixel for each spin; row 0 of the lattice at the bottom, so that angles turn anticlockwise from x."""
    return table(model)[index(model, spins)][::-1]


def wheel(side: int) -> UInt8[np.ndarray, "side side 3"]:
    """The direction of each angle's colour, as a ring on paper."""
    across = np.arange(side) - (side - 1) / 2
    angle, radius = np.arctan2(-across[:, None], across), np.hypot(across[:, None], across)
    ring = cyclic()[np.round(angle * N_HUES / (2 * np.pi)).astype(int) % N_HUES]
    ring[(radius > side / 2) | (radius < side / 4)] = rgb((PAPER,))
    return ring
