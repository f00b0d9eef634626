"""The plate: models as columns, temperatures as rows, and below each column where its lattices stand on a curve."""

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import UInt8
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Rectangle
from PIL import Image

from ..lattice import Lattice
from ..lattice.observables import Measurement, helicity_modulus, jackknife, mean_and_error, winding_numbers
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
        self.figure = Figure(figsize=(width / DPI, height / DPI), dpi=DPI, facecolor=colours.PAPER)
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
        for spine in axes.spines.values():
            spine.set(color=colours.INK, linewidth=0.7)
        return axes

    def text(self, x: Pixels, y: Pixels, words: str, **options: Any) -> None:
        """Words at a place."""
        look = {"fontsize": TEXT, "color": colours.INK, "va": "baseline"} | options
        self.figure.text(x / self.width, 1 - y / self.height, words, **look)

    def line(self, xs: list[Pixels], ys: list[Pixels], **options: Any) -> None:
        """A broken line."""
        across, up = np.array(xs) / self.width, 1 - np.array(ys) / self.height
        self.figure.add_artist(Line2D(across, up, solid_joinstyle="round", **options))

    def save(self, path: Path, density: int, n_hues: int = colours.N_HUES) -> None:
        """A picture with a palette, PNG or lossless WebP: the spins' own colours, then those of lines and words.

        Args:
            path: *.png or *.webp.
            density: pixels for each of this sheet's.
            n_hues: directions of XY told apart, a divisor of `colours.N_HUES`: noise in fewer colours takes less space.
        """
        self.figure.set_dpi(DPI * density)
        self.figure.canvas.draw()
        pixels = np.asarray(self.figure.canvas.buffer_rgba())[..., :3]
        all_spins = np.concatenate([colours.table(column.build(8)) for column in COLUMNS])
        hues = colours.cyclic()
        left_out = np.delete(hues, np.s_[:: len(hues) // n_hues], axis=0)
        save_palette(pixels, path, all_spins, left_out)


def save_palette(
    pixels: UInt8[np.ndarray, "rows cols 3"],
    path: Path,
    table: UInt8[np.ndarray, "n 3"],
    left_out: UInt8[np.ndarray, "m 3"],
) -> None:
    """Write a picture in at most 256 colours: a table's but for those left out, then the most frequent others."""
    codes, known, dropped = (
        part.astype(np.uint32) @ np.array([1 << 16, 1 << 8, 1], np.uint32) for part in (pixels, table, left_out)
    )
    found, counts = np.unique(codes, return_counts=True)
    known = np.setdiff1d(known, dropped)
    others = found[np.argsort(-counts)]
    others = others[~np.isin(others, np.concatenate([known, dropped]))]
    chosen = np.concatenate([known, others[: 256 - len(known)]])
    palette, shades = (
        np.stack([part >> 16, part >> 8 & 255, part & 255], axis=-1).astype(np.int32) for part in (chosen, found)
    )
    parts = np.array_split(shades, 1 + len(shades) // 4096)
    nearest = np.concatenate([np.square(part[:, None] - palette).sum(-1).argmin(1) for part in parts]).astype(np.uint8)
    image = Image.fromarray(nearest[np.searchsorted(found, codes)])
    image = image.convert("P")
    image.putpalette(palette.astype(np.uint8).ravel().tolist())
    if path.suffix == ".webp":
        image.convert("RGB").save(path, lossless=True, quality=100, method=5)
    else:
        image.save(path, optimize=True)


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
    width = LEFT + len(COLUMNS) * (LANE + PANEL) + RIGHT
    below = HEADER + len(ROWS) * (CAPTION + PANEL)
    sheet = Sheet(width, below + BAND + CURVE + AXIS + FOOTER)
    for row, name in enumerate(ROWS):
        middle = HEADER + row * (CAPTION + PANEL) + CAPTION + PANEL / 2
        sheet.text(
            LEFT - 2, middle, name, rotation=90, ha="center", va="center", color=colours.SIGN[name], fontsize=TEXT + 3
        )
    for number, column in enumerate(COLUMNS):
        left = LEFT + number * (LANE + PANEL) + LANE
        sheet.text(left, HEADER - 62, column.title, fontsize=TEXT + 9, weight="bold")
        sheet.text(left, HEADER - 20, column.formula, color=colours.GREY)
        points = [
            _panel(sheet, settings, column, row, left, HEADER + row * (CAPTION + PANEL) + CAPTION)
            for row in range(len(ROWS))
        ]
        _curve(sheet, settings, column, points, left, below)
    hue_wheel(sheet, width - RIGHT - 100, 16, 96)
    _footer(sheet, settings, sheet.height - FOOTER)
    return sheet


def _panel(sheet: Sheet, settings: Settings, column: Column, row: int, left: Pixels, top: Pixels) -> Measurement:
    """A lattice with its caption; returns the quantity of the phase curve."""
    kept = POINTS[column.key, row].load(settings)
    model, temperature = column.build(settings.size), column.temperatures[row]
    value = quantity(column.curve[0], pooled(kept), temperature, model.n_spins, n_blocks=PIECES)
    axes = sheet.image(left, top, PANEL, colours.picture(model, kept["spins"]))
    ratio = temperature / column.transition
    place = f"$T={column.transition_symbol}$" if row == 1 else f"$T={ratio:.3f}\\,{column.transition_symbol}$"
    symbol = column.curve[1].split("  ")[1].strip("$")
    sheet.text(left, top - 12, place, color=colours.SIGN[ROWS[row]])
    sheet.text(left + PANEL, top - 12, f"${symbol}={measured(value)}$", ha="right", color=colours.GREY)
    if "vortices" in kept:
        _vortices(sheet, axes, model, kept["spins"], left, top)
    return value


MOST_MARKED = 60  # vortices of a sign that a lattice may have if all are to be marked


def _vortices(sheet: Sheet, axes: Axes, model: Lattice, spins: np.ndarray, left: Pixels, top: Pixels) -> None:
    """A small square with its vortices, enlarged in a corner; where they are few, rings round all of them."""
    size = len(spins)
    charge = winding_numbers(spins)
    rows, cols = np.nonzero(charge > 0)
    side, shown, edge = max(4, size // 10), 0.42 * PANEL, 10
    row, col = 0.66 * size, 0.12 * size
    if 0 < len(rows) <= MOST_MARKED:
        axes.plot(cols + 1, rows + 1, "o", ms=15, mfc="none", mec="black", mew=3.0, alpha=0.55)
        axes.plot(cols + 1, rows + 1, "o", ms=15, mfc="none", mec="white", mew=1.7)
        one = np.hypot(rows - row - side / 2, cols - col - side / 2).argmin()  # the square has a pair in it
        row, col = rows[one] - side / 2, cols[one] - side / 2
    row, col = (round(float(np.clip(x, 1, size - side - 2))) for x in (row, col))
    axes.add_patch(Rectangle((col, row), side, side, fill=False, edgecolor="white", linewidth=1.6))
    corner = PANEL - shown - edge
    pixels = colours.picture(model, spins)[::-1][row : row + side, col : col + side][::-1]
    zoom = sheet.image(left + corner, top + corner, shown, pixels)
    for sign, fill, ring in ((1, "white", "black"), (-1, "black", "white")):
        rows, cols = np.nonzero(charge[row - 1 : row + side, col - 1 : col + side] == sign)
        zoom.plot(cols, rows, "o", ms=7.5, mfc=fill, mec=ring, mew=1.3)
    for spine in zoom.spines.values():
        spine.set(color="white", linewidth=2.0)
    scale = PANEL / size
    x, y = left + col * scale, top + PANEL - (row + side) * scale
    far, near = corner + shown, side * scale
    for xs, ys in (([x, left + corner], [y + near, top + far]), ([x + near, left + far], [y, top + corner])):
        sheet.line(xs, ys, color="white", linewidth=0.9)


def _curve(
    sheet: Sheet, settings: Settings, column: Column, points: list[Measurement], left: Pixels, below: Pixels
) -> None:
    """The phase curve, what is exact about it, and a leader from each lattice to its point."""
    inset = 86
    top, width = below + BAND, PANEL - inset
    axes = sheet.axes(left + inset, top, width, CURVE)
    kept, name = CURVES[column.key].load(settings), column.curve[0]
    n_spins = settings.curve_size**2
    ratios = np.array(column.grid)
    estimates = [
        quantity(name, {key: s[k] for key, s in kept.items()}, ratio * column.transition, n_spins)
        for k, ratio in enumerate(ratios)
    ]
    low, high = ratios[0] - 0.03 * np.ptp(ratios), ratios[-1] + 0.03 * np.ptp(ratios)
    axes.axvline(1, color=colours.HAIR, lw=1, zorder=0)
    guide = column.guide(low, points[0].value)
    axes.plot(guide.x, guide.y, **GUIDES[guide.style])
    style = {"ms": 5.5, "color": colours.GREY, "elinewidth": 1.2, "capsize": 0, "zorder": 3}
    axes.errorbar(ratios, [e.value for e in estimates], [e.error for e in estimates], fmt="o", **style)
    axes.set(xlim=(low, high), ylim=(-0.08, 1.06), yticks=[0, 0.5, 1])
    axes.set_xticks([0.4, 0.7, 1.0, 1.3] if low < 0.7 else [0.8, 0.9, 1.0, 1.1, 1.2])
    axes.tick_params(labelsize=TEXT - 2, color=colours.GREY, labelcolor=colours.INK, length=5)
    for side, spine in axes.spines.items():
        spine.set(visible=side in ("left", "bottom"), color=colours.GREY, linewidth=0.8)
    axes.set_ylabel(column.curve[1], fontsize=TEXT - 1, color=colours.INK)
    axes.yaxis.set_label_coords(-58 / width, 0.5)
    sheet.text(left + PANEL, top + CURVE + 66, f"temperature  $T/{column.transition_symbol}$", ha="right")
    for row, value in enumerate(points):
        sign = colours.SIGN[ROWS[row]]
        ratio = column.temperatures[row] / column.transition
        axes.errorbar(
            ratio, value.value, value.error, fmt="o", ms=10, mfc=sign, mec="white", mew=1.4, ecolor=sign, zorder=6
        )
        x = left + inset + width * (ratio - low) / (high - low)
        y = top + CURVE * (1.06 - value.value) / 1.14
        look = {"color": sign, "linewidth": 1.7}
        if row == 2:
            sheet.line([x, x], [below, y - 8], **look)
        else:  # round the outside of the lattices below, the upper one in the outer lane, and into the band in its turn
            lane, level = left - (30, 14)[row], below + BAND * (0.72, 0.36)[row]
            middle = HEADER + row * (CAPTION + PANEL) + CAPTION + PANEL / 2
            sheet.line([left, lane, lane, x, x], [middle, middle, level, level, y - 8], **look)


def hue_wheel(sheet: Sheet, left: Pixels, top: Pixels, side: Pixels) -> None:
    """The direction of each colour."""
    axes = sheet.axes(left, top, side, side, projection="polar")
    edges = np.linspace(0, 2 * np.pi, colours.N_HUES + 1) - np.pi / colours.N_HUES
    table = colours.cyclic()
    axes.bar(edges[:-1], 0.45, np.diff(edges), 0.55, align="edge", color=table / 255, linewidth=0)
    axes.set(ylim=(0, 1), yticks=[], xticks=[])
    axes.spines["polar"].set_visible(False)
    for turn, words in enumerate(("0", r"$\frac{\pi}{2}$", r"$\pi$", r"$\frac{3\pi}{2}$")):
        angle = turn * math.pi / 2
        axes.plot([angle, angle], [0.5, 0.6], color=colours.INK, lw=1, clip_on=False)
        axes.text(angle, 0.27, words, ha="center", va="center", fontsize=11, color=colours.INK)


def _footer(sheet: Sheet, settings: Settings, top: Pixels) -> None:
    size, small = settings.size, settings.curve_size
    lines = (
        f"${size}\\times{size}$ spins at equilibrium: chains of cluster updates from random and from aligned spins "
        f"agree. Coloured points: these lattices; grey: ${small}\\times{small}$.",
        r"Lines: Ising, Yang's exact magnetisation; Potts, the exact exponent, $(1-T/T_c)^{1/9}$, through the cold "
        r"point; XY, the exact height of the jump, $2T/\pi$.",
        r"Bars of $\pm1$ standard error are mostly smaller than a point. Rings: vortex pairs; in the enlarged squares, "
        "white discs are vortices, black ones antivortices.",
    )
    for number, words in enumerate(lines):
        sheet.text(LEFT + LANE, top + 32 + 31 * number, words, fontsize=SMALL - 1.5, color=colours.GREY)


def save(settings: Settings) -> list[Path]:
    """The plate, and one for a page that shows it at half its width."""
    sheet, large, small = draw(settings), settings.out / "plate.png", settings.out / "plate-small.webp"
    sheet.save(large, 2)
    sheet.save(small, 1, n_hues=16)
    return [large, small]
