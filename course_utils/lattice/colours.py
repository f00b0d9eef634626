"""From spins to pixels, for the figures, the live lattices and the movies alike: tables of colours, and what is marked.

A model says which row of its table each spin has (`Lattice.colour_index`, `Lattice.palette`); here are the tables, and
what is drawn over them: vortices and the mean direction of cells. Arrays are those of NumPy, sRGB in bytes, and row 0
of a lattice is row 0 of its picture, to be turned upside down or drawn with `origin="lower"` by whoever shows it.
"""

import math

import numpy as np
from jaxtyping import Float, Integer, Shaped, UInt8

HUES = 254
"""Colours of continuous angles: with white and black for vortices they fill a byte."""

ISING = np.array([[0xF4, 0xEC, 0xDC], [0x1B, 0x3A, 0x57]], dtype=np.uint8)  # -1, +1
WHITE, BLACK = (255, 255, 255), (0, 0, 0)


def oklch(
    lightness: Float[np.ndarray, "n"], chroma: Float[np.ndarray, "n"], hue: Float[np.ndarray, "n"]
) -> UInt8[np.ndarray, "n 3"]:
    """sRGB of colours in polar coordinates of Oklab, hue in radians; what a screen cannot show is cut off.

    Source: Ottosson (2020), https://bottosson.github.io/posts/oklab/.
    """
    oklab = np.stack([lightness, chroma * np.cos(hue), chroma * np.sin(hue)], axis=1)
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
    linear = np.clip((oklab @ to_cone.T) ** 3 @ to_linear.T, 0, 1)
    srgb = np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055)
    return np.round(255 * srgb).astype(np.uint8)


def angles(n: int = HUES) -> UInt8[np.ndarray, "n 3"]:
    """A cyclic table of colours for angles: red at 0, then yellow, green, blue, violet, in steps of equal length.

    A ring in Oklab. Its chroma is smooth, of two harmonics, and 7 % below the edge of what a screen shows: wide towards
    violet and green, narrow towards cyan. It is brightest at green and darkest at magenta, a quarter of a turn from
    yellow and blue. So for people without red or green cones, who see yellow and blue and lightness, it is a ring too,
    not a line walked to and fro, as one of even lightness would be, or one with bright yellow and dark blue. Beside
    matplotlib's twilight, which is even too, it has no grey in it, so that all directions catch the eye alike.

    Args:
        n: number of colours, one turn in all.

    Returns:
        sRGB, one colour per row; row k is for the angle 2π k / n.
    """

    def coordinates(hue: Float[np.ndarray, "m"]) -> tuple[Float[np.ndarray, "m"], ...]:
        lightness = 0.70 + 0.16 * np.cos(hue - np.radians(155))
        chroma = 0.163 + 0.032 * np.cos(hue + np.radians(32)) + 0.030 * np.cos(2 * hue + np.radians(85))
        return lightness, chroma, hue

    hue = np.radians(20) + np.linspace(0, 2 * np.pi, 3601)
    lightness, chroma, _ = coordinates(hue)
    steps = np.diff([lightness, chroma * np.cos(hue), chroma * np.sin(hue)], axis=1)
    walked = np.append(0, np.cumsum(np.hypot(np.hypot(*steps[:2]), steps[2])))
    return oklch(*coordinates(np.interp(walked[-1] * np.arange(n) / n, walked, hue)))


SEVEN = "0072B2 E69F00 009E73 CC79A7 56B4E9 D55E00 F0E442"
"""Okabe and Ito's colours (2008), made to be told apart with any colour vision."""
TEN = "3B6BD5 FCD21B 02A3A3 BF4D72 DABAFF A51C00 9CFCD0 231689 D38D67 59162E"
"""Ten of staggered lightness, annealed in Oklab (lightness 0.32 to 0.92, chroma 0.10 to 0.175) until the two that are
most alike to any kind of eye were as unlike as could be. Their CIEDE2000 difference is 24.7; 18.6 without red or green
cones (Machado et al. 2009), and 15.2 without blue ones. Ten even steps of hue at one lightness come to 0.7."""


def states(n: int) -> UInt8[np.ndarray, "n 3"]:
    """Colours for n states without an order among them, such as those of the Potts model.

    Args:
        n: number of states, at least 2.

    Returns:
        sRGB, one colour per row, to be told apart with any colour vision for up to ten states. Beyond, hues a golden
        angle apart on three levels of lightness: all are different, some hard to tell apart.
    """
    if n <= 10:
        return np.array([list(bytes.fromhex(colour)) for colour in (SEVEN if n <= 7 else TEN).split()[:n]], np.uint8)
    k = np.arange(n)
    return oklch(np.array([0.45, 0.65, 0.85])[k % 3], np.full(n, 0.11), k * np.pi * (3 - math.sqrt(5)))


def ranks(spins: Shaped[np.ndarray, "*shape"], values: tuple[int, ...]) -> UInt8[np.ndarray, "*shape"]:
    """Which of a model's states each spin is in.

    Args:
        spins: values of spins.
        values: the states, rising, less than 256 apart.
    """
    if np.issubdtype(spins.dtype, np.floating):
        spins = spins.astype(np.int16)
    byte = spins.astype(np.uint8)  # -1 is 255
    if values == tuple(range(len(values))):
        return byte
    rank = np.zeros(256, np.uint8)
    rank[np.array(values) % 256] = np.arange(len(values))
    return rank.take(byte)  # half the time of rank[byte]


def around(turn: Float[np.ndarray, "*shape"], n: int) -> UInt8[np.ndarray, "*shape"]:
    """The nearest of n directions, at most 256, to each angle in radians; a whole turn is none."""
    return (np.round(turn * np.float32(n / (2 * np.pi))).astype(np.int32) % n).astype(np.uint8)


def mark_vortices(
    index: UInt8[np.ndarray, "rows cols"],
    table: UInt8[np.ndarray, "n 3"],
    charge: Integer[np.ndarray, "plaquette_rows plaquette_cols"],
) -> tuple[UInt8[np.ndarray, "rows cols"], UInt8[np.ndarray, "m 3"]]:
    """Vortices as white and antivortices as black squares of 2 x 2 spins, the corners of their plaquettes.

    Args:
        index: rows of the table, one for each spin.
        table: at most 254 colours.
        charge: of each plaquette, as from `Lattice.vortices`.

    Returns:
        The same with two more colours.
    """
    index, n = index.copy(), len(table)
    for sign, row in ((1, n), (-1, n + 1)):
        i, j = np.nonzero(charge == sign)
        for di, dj in ((0, 0), (0, 1), (1, 0), (1, 1)):
            index[(i + di) % index.shape[0], (j + dj) % index.shape[1]] = row
    return index, np.vstack([table, [WHITE, BLACK]]).astype(np.uint8)


def mean_directions(
    turn: Float[np.ndarray, "rows cols"], block: int
) -> tuple[Float[np.ndarray, "cell_rows cell_cols"], Float[np.ndarray, "cell_rows cell_cols"]]:
    """The mean spin of each square cell, for one arrow in place of many: its x and y.

    Args:
        turn: angles in radians.
        block: spins along the side of a cell, which divides both sides of the lattice.
    """
    rows, cols = turn.shape
    shape = (rows // block, block, cols // block, block)
    x, y = (part(turn).reshape(shape).mean(axis=(1, 3)) for part in (np.cos, np.sin))
    return x, y


def cell_side(shape: tuple[int, int], least: float) -> int:
    """The smallest side of a cell that divides both sides of a lattice and is not below `least`, else the largest."""
    both = [b for b in range(1, min(shape) + 1) if shape[0] % b == 0 and shape[1] % b == 0]
    return next((b for b in both if b >= least), both[-1])
