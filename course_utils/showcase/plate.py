"""The plate: models as columns, temperatures as rows, and below each column where its lattices stand on a curve."""

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import UInt8, UInt32
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Rectangle
from PIL import Image
from scipy.spatial import cKDTree

from ..lattice import Lattice
from ..lattice.colours import angles
from ..lattice.observables import Measurement, helicity_modulus, jackknife, mean_and_error
from ..whole_files import whole_file
from . import colours
from .columns import COLUMNS, ROWS, Column, Looks
from .runs import CURVES, PIECES, POINTS, Settings, starts

DPI = 100  # of the README's picture; the plate itself has twice as many
PANEL, LANE, LEFT, RIGHT = 512, 46, 34, 26  # pixels of the README's picture, as all lengths here
HEADER, CAPTION, BAND, CURVE, AXIS, FOOTER = 128, 46, 66, 270, 78, 112
TEXT, SMALL = 19.0, 16.5  # points at 100 dpi: a page shows the picture at about half its width
GUIDES = {
    "line": {"color": colours.INK, "lw": 1.6, "zorder": 2},
    "dashes": {"color": colours.INK, "lw": 1.6, "zorder": 2, "ls": (0, (5, 2))},
    "rings": {"marker": "o", "ls": "none", "ms": 11, "mfc": "none", "mec": colours.INK},
    "diamond": {"marker": "D", "ls": "none", "ms": 16, "mfc": "none", "mec": colours.INK, "mew": 1.4},
}
"""How what is known is drawn."""

Pixels = int | float


class Sheet:
    """A figure on which things are placed in pixels from its top left corner."""

    def __init__(self, width: int, height: int) -> None:
        self.width, self.height = width, height
        self.figure = Figure((width / DPI, height / DPI), DPI, facecolor=colours.PAPER, layout="none")
        FigureCanvasAgg(self.figure)

    def axes(self, left: Pixels, top: Pixels, width: Pixels, height: Pixels, **options: Any) -> Axes:
        """Axes in a rectangle."""
        box = (left / self.width, 1 - (top + height) / self.height, width / self.width, height / self.height)
        return self.figure.add_axes(box, **options)

    def image(self, left: Pixels, top: Pixels, side: Pixels, pixels: UInt8[np.ndarray, "rows cols 3"]) -> Axes:
        """A square picture with a hairline around it, whose coordinates are its pixels from the bottom left."""
        axes = self.axes(left, top, side, side)
        rows, cols, _ = pixels.shape
        axes.imshow(pixels[::-1], extent=(0, cols, 0, rows), origin="lower", interpolation="nearest", aspect="auto")
        axes.set(xticks=[], yticks=[], xlim=(0, cols), ylim=(0, rows))
        axes.spines[:].set(color=colours.INK, linewidth=0.7)
        return axes

    def text(self, x: Pixels, y: Pixels, words: str, **options: Any) -> None:
        """Words at a place."""
        look = {"fontsize": TEXT, "color": colours.INK, "va": "baseline"} | options
        self.figure.text(x / self.width, 1 - y / self.height, words, **look)

    def line(self, xs: list[Pixels], ys: list[Pixels], **options: Any) -> None:
        """A broken line."""
        across, up = np.array(xs) / self.width, 1 - np.array(ys) / self.height
        self.figure.add_artist(Line2D(across, up, solid_joinstyle="round", **options))

    def save(
        self, path: Path, density: int, n_hues: int = colours.N_HUES, *, wanted: UInt8[np.ndarray, "n 3"] | None = None
    ) -> None:
        """A PNG of at most 256 colours: those of the pictures, then those that lines and words have most of.

        Args:
            path: *.png.
            density: pixels for each of this sheet's.
            n_hues: directions of XY told apart, a divisor of `colours.N_HUES`: noise in fewer colours takes less space.
            wanted: colours of the pictures; those of the spins unless given.
        """
        self.figure.set_dpi(DPI * density)
        self.figure.canvas.draw()
        pixels = _numbers(np.asarray(self.figure.canvas.buffer_rgba())[..., :3])
        found, counts = np.unique(pixels, return_counts=True)
        if wanted is None:
            wanted = np.concatenate([colours.table(column.build(2)) for column in COLUMNS])
        spins = np.unique(_numbers(wanted))
        left_out = np.delete(_numbers(angles(colours.N_HUES)), np.s_[:: colours.N_HUES // n_hues])
        frequent = found[np.argsort(-counts)]
        others = frequent[~np.isin(frequent, np.concatenate([spins, left_out]))]
        chosen = np.concatenate([np.setdiff1d(spins, left_out), others])[:256]
        palette, shades = (np.stack([part >> 16, part >> 8 & 255, part & 255], axis=-1) for part in (chosen, found))
        nearest = cKDTree(palette).query(shades)[1].astype(np.uint8)
        image = Image.fromarray(nearest[np.searchsorted(found, pixels)]).convert("P")
        image.putpalette(palette.astype(np.uint8).tobytes())
        with whole_file(path) as partial:
            image.save(partial, optimize=True)


def _numbers(pixels: UInt8[np.ndarray, "*shape 3"]) -> UInt32[np.ndarray, "*shape"]:
    """A number for each colour."""
    return pixels.astype(np.uint32) @ np.array([1 << 16, 1 << 8, 1], np.uint32)


# ------------------------------------------------------------------------------------------------------- numbers


def quantity(name: str, series: Looks, temperature: float, n_spins: int, n_blocks: int = 1) -> Measurement:
    """A quantity of a phase curve with its standard error.

    Args:
        name: "helicity", or a plain mean of what was measured.
        series: shape (n_chains, n_samples, ...) each.
        temperature: T.
        n_spins: N.
        n_blocks: pieces of each chain whose scatter gives the error.
    """
    if name == "helicity":
        return jackknife(
            lambda terms: helicity_modulus(terms, 1 / temperature, n_spins, axis=(0, 1)),
            series["terms"],
            n_blocks=n_blocks,
        )
    return mean_and_error(series[name], n_blocks)


def measured(value: Measurement) -> str:
    """A value with the error of its last digits in brackets: 0.8675(3)."""
    if not value.error > 0:
        return f"{float(value.value):.4f}"
    digits = max(0, -math.floor(math.log10(value.error) + 1e-9))
    error = round(float(value.error) * 10**digits)
    return f"{float(value.value):.{digits}f}({error})"


def pooled(kept: Mapping[str, np.ndarray]) -> Looks:
    """The series of a lattice of the plate, with the chains of both starts as one set."""
    return {name: s.reshape(-1, *s.shape[2:]) for name, s in kept.items() if s.ndim > 2}


# -------------------------------------------------------------------------------------------------------- plate


def draw(settings: Settings) -> Sheet:
    """The plate, from parts that are there.

    Raises:
        NotAtEquilibrium: if two starts do not agree.
    """
    starts(settings)
    below = HEADER + len(ROWS) * (CAPTION + PANEL)
    sheet = Sheet(LEFT + len(COLUMNS) * (LANE + PANEL) + RIGHT, below + BAND + CURVE + AXIS + FOOTER)
    for row, name in enumerate(ROWS):
        look = {"ha": "center", "va": "center", "color": colours.SIGN[name], "fontsize": TEXT + 3}
        sheet.text(LEFT - 2, _top(row) + PANEL / 2, name, rotation=90, **look)
    for number, column in enumerate(COLUMNS):
        left = LEFT + number * (LANE + PANEL) + LANE
        sheet.text(left, HEADER - 62, column.title, fontsize=TEXT + 9, weight="bold")
        sheet.text(left, HEADER - 20, column.formula, color=colours.GREY)
        points = [_panel(sheet, settings, column, row, left) for row in range(len(ROWS))]
        axes = _curve(sheet, settings, column, points[0].value, left, below + BAND)
        for row, value in enumerate(points):
            _leader(sheet, axes, column, row, value, left, below)
    _hue_wheel(sheet, sheet.width - RIGHT - 108, 8, 108)
    _footer(sheet, settings, sheet.height - FOOTER)
    return sheet


def _top(row: int) -> int:
    """Upper edge of the lattices of a row."""
    return HEADER + row * (CAPTION + PANEL) + CAPTION


def _panel(sheet: Sheet, settings: Settings, column: Column, row: int, left: Pixels) -> Measurement:
    """A lattice with its caption; returns the quantity of the phase curve."""
    kept, top = POINTS[column.key, row].load(settings), _top(row)
    model, temperature = column.build(settings.size), column.temperatures[row]
    name, _, symbol = column.curve
    value = quantity(name, pooled(kept), temperature, model.n_spins, n_blocks=PIECES)
    axes = sheet.image(left, top, PANEL, colours.picture(model, kept["spins"]))
    times = "" if temperature == column.transition else f"{temperature / column.transition:.3f}\\,"
    sheet.text(left, top - 12, f"$T={times}{column.symbol}$", color=colours.SIGN[ROWS[row]])
    sheet.text(left + PANEL, top - 12, f"${symbol}={measured(value)}$", ha="right", color=colours.GREY)
    if model.planar:
        _vortices(sheet, axes, model, kept["spins"], left, top)
    return value


MOST_MARKED = 60  # vortices of a sign that a lattice may have if all are to be marked


def _vortices(sheet: Sheet, axes: Axes, model: Lattice, spins: np.ndarray, left: Pixels, top: Pixels) -> None:
    """A small square with its vortices, enlarged in a corner; where they are few, rings round the others."""
    size, charge = len(spins), model.vortices(spins)
    side, shown, edge = max(4, size // 20), 0.42 * PANEL, 10
    rows, cols = np.nonzero(charge > 0)
    row, col = 0.66 * size, 0.12 * size
    if 0 < len(rows) <= MOST_MARKED:
        away = np.hypot(rows - row - side / 2, cols - col - side / 2)
        one = away.argmin()  # the square has a pair in it
        row, col = rows[one] - side / 2, cols[one] - side / 2
        others = np.arange(len(rows)) != one
        for colour, width in (("black", 3.4), ("white", 1.9)):
            axes.plot(cols[others] + 1, rows[others] + 1, "o", ms=15, mfc="none", mec=colour, mew=width)
    row, col = (round(float(np.clip(x, 1, size - side - 2))) for x in (row, col))
    axes.add_patch(Rectangle((col, row), side, side, fill=False, edgecolor="white", linewidth=1.6))
    corner = PANEL - shown - edge
    pixels = colours.picture(model, spins[row : row + side, col : col + side])
    zoom = sheet.image(left + corner, top + corner, shown, pixels)
    disc = min(14.0, 0.8 * shown / side)  # points, a little more than the lattice's spacing
    for sign, fill, ring in ((1, "white", "black"), (-1, "black", "white")):
        rows, cols = np.nonzero(charge[row - 1 : row + side, col - 1 : col + side] == sign)
        zoom.plot(cols, rows, "o", ms=disc, mfc=fill, mec=ring, mew=1.3)
    zoom.spines[:].set(color="white", linewidth=2.0)
    scale = PANEL / size
    x, y = left + col * scale, top + PANEL - (row + side) * scale
    far, near = corner + shown, side * scale
    for xs, ys in (([x, left + corner], [y + near, top + far]), ([x + near, left + far], [y, top + corner])):
        sheet.line(xs, ys, color="white", linewidth=0.9)


def bare(axes: Axes) -> None:
    """No more than two lines around."""
    axes.tick_params(labelsize=TEXT - 2, color=colours.GREY, length=5)
    axes.spines[["left", "bottom"]].set(color=colours.GREY, linewidth=0.8)
    axes.spines[["top", "right"]].set_visible(False)


def _curve(sheet: Sheet, settings: Settings, column: Column, cold: float, left: Pixels, top: Pixels) -> Axes:
    """The phase curve, and what is exact about it."""
    inset, ratios, kept = 86, np.array(column.grid), CURVES[column.key].load(settings)
    name, words, symbol = column.curve
    axes = sheet.axes(left + inset, top, PANEL - inset, CURVE)
    estimates = [
        quantity(name, {key: s[k] for key, s in kept.items()}, ratio * column.transition, settings.curve_size**2)
        for k, ratio in enumerate(ratios)
    ]
    low, high = ratios[0] - 0.03 * np.ptp(ratios), ratios[-1] + 0.03 * np.ptp(ratios)
    guide = column.guide(low, cold)
    axes.plot(guide.x, guide.y, **GUIDES[guide.style])
    axes.text(0.03, 0.1, guide.words, transform=axes.transAxes, fontsize=SMALL - 0.5, color=colours.INK)
    axes.errorbar(ratios, *np.array(estimates).T, fmt="o", ms=5.5, color=colours.GREY, elinewidth=1.2, zorder=3)
    axes.set(xlim=(low, high), ylim=(-0.08, 1.06), yticks=[0, 0.5, 1])
    axes.set_xticks([0.4, 0.7, 1.0, 1.3] if low < 0.7 else [0.8, 0.9, 1.0, 1.1, 1.2])
    bare(axes)
    axes.axvline(1, color=colours.HAIR, lw=1, zorder=0)
    axes.set_ylabel(f"{words}  ${symbol}$", fontsize=TEXT - 1, color=colours.INK)
    axes.yaxis.set_label_coords(-58 / (PANEL - inset), 0.5)
    sheet.text(left + PANEL, top + CURVE + 66, f"temperature  $T/{column.symbol}$", ha="right")
    return axes


def _leader(
    sheet: Sheet, axes: Axes, column: Column, row: int, value: Measurement, left: Pixels, below: Pixels
) -> None:
    """The point of a lattice on the phase curve, and a line from the one to the other."""
    sign, ratio = colours.SIGN[ROWS[row]], column.temperatures[row] / column.transition
    axes.errorbar(ratio, *value, fmt="o", ms=10, mfc=sign, mec="white", mew=1.4, ecolor=sign, zorder=6)
    across, up = sheet.figure.transFigure.inverted().transform(axes.transData.transform((ratio, float(value.value))))
    x, y = across * sheet.width, (1 - up) * sheet.height
    xs, ys = [x, x], [below, y - 8]
    if row < 2:  # round the outside of the lattices below, the upper one in the outer lane, and into the band in turn
        lane, level, middle = left - (30, 14)[row], below + BAND * (0.72, 0.36)[row], _top(row) + PANEL / 2
        xs, ys = [left, lane, lane, x, x], [middle, middle, level, level, y - 8]
    sheet.line(xs, ys, color=sign, linewidth=1.7)


def _hue_wheel(sheet: Sheet, left: Pixels, top: Pixels, side: Pixels) -> None:
    """The direction of each colour, with arrows inside."""
    axes = sheet.axes(left, top, side, side, xlim=(-1, 1), ylim=(-1, 1))
    axes.set_axis_off()
    axes.imshow(colours.wheel(8 * side), extent=(-1, 1, -1, 1), interpolation="antialiased")
    for x, y in ((1, 0), (0, 1), (-1, 0), (0, -1)):
        axes.arrow(0.08 * x, 0.08 * y, 0.2 * x, 0.2 * y, width=0.03, head_width=0.15, head_length=0.16, fc=colours.INK)


def _footer(sheet: Sheet, settings: Settings, top: Pixels) -> None:
    size, small = settings.size, settings.curve_size
    lines = (
        f"${size}\\times{size}$ spins at equilibrium: chains of cluster updates from random and from aligned spins "
        "agree. Coloured points: these lattices.",
        f"Grey points: ${small}\\times{small}$; the smaller a lattice, the more order is left at and above the "
        r"transition. Bars: $\pm1$ standard error, mostly within the points.",
        "The Potts curve, of the exact exponent, goes through the cold point. Enlarged squares: vortices white, "
        "antivortices black; rings, if any: further ones.",
    )
    for number, words in enumerate(lines):
        sheet.text(LEFT + LANE, top + 32 + 31 * number, words, fontsize=SMALL - 1.5, color=colours.GREY)


def save(settings: Settings) -> list[Path]:
    """The plate, and one for a page that shows it at half its width."""
    sheet, large, small = draw(settings), settings.out / "plate.png", settings.out / "plate-small.png"
    sheet.save(large, 2)
    sheet.save(small, 1, n_hues=16)
    return [large, small]
