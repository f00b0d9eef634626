"""The summary: what was measured, its standard error, what is known exactly, and whether two opposite starts agree."""

import dataclasses
import math
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes

from ..lattice.observables import Measurement, jackknife, mean_and_error
from ..whole_files import whole_file
from . import colours
from .columns import COLUMNS, ROWS, Column, Known, Looks, column_of
from .plate import GUIDES, LEFT, SMALL, TEXT, Pixels, Sheet, bare, measured, pooled, quantity
from .runs import CURVES, LEAST_TAU, PIECES, POINTS, Settings, starts

NAMES = {
    "energy": "energy per spin",
    "order": "order parameter",
    "helicity": "helicity modulus",
    "vortices": "vortices per plaquette",
    "correlation length": "correlation length",
    "thermometer": "T of the forces / T",
}


LANE = 34  # pixels


@dataclass(frozen=True)
class Line:
    """A line of the table.

    Attributes:
        column, row: whose lattice.
        name: of the quantity.
        value: measured, with its standard error.
        known: what to compare with, if anything is known.
        error: standard error of `known`, where that was measured too.
    """

    column: Column
    row: int
    name: str
    value: Measurement
    known: Known | None
    error: float = 0.0

    @property
    def place(self) -> tuple[str, str]:
        """Model and temperature, for a table."""
        return self.column.title, f"{self.column.temperatures[self.row]:.4f} ({ROWS[self.row]})"

    @property
    def comparison(self) -> tuple[str, str, str]:
        """What is known, where from, and the distance from it in standard errors, for a table."""
        if self.known is None:
            return "", "", ""
        value = measured(Measurement(self.known.value, self.error)) if self.error else f"{self.known.value:.5f}"
        return value, self.known.text, "" if self.pull is None else f"{self.pull:+.1f}"

    @property
    def pull(self) -> float | None:
        """Distance from what is known, in standard errors; None where nothing is known of this lattice."""
        if self.known is None or not self.known.finite:
            return None
        return float((self.value.value - self.known.value) / math.hypot(self.value.error, self.error))


def lines(settings: Settings) -> list[Line]:
    """All that is measured on the lattices of the plate."""
    found = []
    for column in COLUMNS:
        for row, temperature in enumerate(column.temperatures):
            series = pooled(POINTS[column.key, row].load(settings))
            for name, value in _values(column, series, temperature, settings.size).items():
                found.append(Line(column, row, name, value, column.known(name, temperature, settings.size)))
        cold, _, hot = (line for line in found if line.column is column and line.name == "energy")
        if known := column.cold_from_hot(hot.value.value):
            error = abs(column.cold_from_hot(hot.value.value + hot.value.error).value - known.value)
            found[found.index(cold)] = dataclasses.replace(cold, known=known, error=error)
    return found


def _values(column: Column, series: Looks, temperature: float, size: int) -> dict[str, Measurement]:
    """The quantities of one lattice."""
    values = {
        "energy": mean_and_error(series["energy"], PIECES),
        "order": mean_and_error(series["order"], PIECES),
    }
    if "terms" in series:
        values["helicity"] = quantity("helicity", series, temperature, size**2, PIECES)
        values["vortices"] = mean_and_error(series["vortices"], PIECES)
        values["thermometer"] = jackknife(
            lambda force, energy: force.mean() / (-2 * energy.mean() * temperature),
            series["force"],
            series["energy"],
            n_blocks=PIECES,
        )
    if temperature > 1.02 * column.transition:  # where correlations fall off exponentially
        near = min(column.spacing, max(1, size // 8))
        values["correlation length"] = jackknife(
            lambda along: near / np.log(along[..., near].mean() / along[..., 2 * near].mean()),
            series["along"],
            n_blocks=PIECES,
        )
    return values


# ---------------------------------------------------------------------------------------------------------- table


def table(settings: Settings) -> str:
    """The summary in Markdown."""
    found, size = lines(settings), settings.size
    rows = [(*line.place, NAMES[line.name], measured(line.value), *line.comparison) for line in found]
    parts = (
        f"# Spin models in equilibrium, {size} x {size}",
        f'Units of J and k_B; ±1 standard error in brackets, in the last digits; seed {settings.seed}. "T of the '
        'forces" is <F^2> / <sum of cos> over the spins: it is T on every lattice, by integration by parts.',
        _markdown([("model", "T", "quantity", "measured", "known", "source", "σ apart"), *rows]),
        "## Equilibrium: two opposite starts",
        "Two chains from random spins and two from aligned spins at each temperature. Energy and order parameter "
        f"must agree within 3 σ, in chains of at least {LEAST_TAU:g} autocorrelation times τ, or nothing is drawn.",
        _markdown([("model", "T", "burn-in", "energy: random / aligned start", "apart", "length"), *_starts(settings)]),
        "",
    )
    return "\n\n".join(parts)


def _starts(settings: Settings) -> list[tuple[str, ...]]:
    """A row for each lattice: its energy from both starts."""
    rows = []
    for (key, row), (energy, _) in starts(settings).items():
        burnt = int(POINTS[key, row].load(settings)["n_burn_in"])
        both = ((energy.first, energy.first_error), (energy.second, energy.second_error))
        pair = " / ".join(measured(Measurement(*one)) for one in both)
        place = column_of(key).title, f"{column_of(key).temperatures[row]:.4f} ({ROWS[row]})"
        rows.append((*place, f"{burnt} updates", pair, f"{energy.apart:.1f} σ", f"{energy.length:.0f} τ"))
    return rows


def _markdown(rows: list[tuple[str, ...]]) -> str:
    widths = [max(len(row[k]) for row in rows) for k in range(len(rows[0]))]
    head, *body = ("| " + " | ".join(cell.ljust(w) for cell, w in zip(row, widths, strict=True)) + " |" for row in rows)
    return "\n".join((head, "|" + "|".join("-" * (w + 2) for w in widths) + "|", *body))


# -------------------------------------------------------------------------------------------------------- picture


def draw(settings: Settings) -> Sheet:
    """Energies against temperature with what is exact, and how far all that can be compared is apart, in errors."""
    panel, height, gap = 462, 340, 112
    width, top = LEFT + len(COLUMNS) * (gap + panel) + 30, 84 + height + 150
    found, size, small = lines(settings), settings.size, settings.curve_size
    compared = [(f"{_short(line.column)} {ROWS[line.row]}: {NAMES[line.name]}", line.pull, line.row) for line in found]
    compared = [one for one in compared if one[1] is not None]
    lower = max(len(compared), len(POINTS)) * LANE
    sheet = Sheet(width, top + lower + 102)
    for number, column in enumerate(COLUMNS):
        left = LEFT + number * (gap + panel) + gap
        sheet.text(left, 58, column.title, fontsize=TEXT + 7, weight="bold")
        energies = [line for line in found if line.column is column and line.name == "energy"]
        _energies(sheet.axes(left, 84, panel, height), settings, column, energies)
        sheet.text(left + panel, 84 + height + 66, f"$T/{column.symbol}$", ha="right")
    _pulls(sheet, LEFT, top, 1010, 400, compared, "measured minus exact, in standard errors")
    apart = [
        (f"{_short(column_of(key))} {ROWS[row]}", math.copysign(energy.apart, energy.first - energy.second), row)
        for (key, row), (energy, _) in starts(settings).items()
    ]
    _pulls(sheet, width - 30 - 600, top, 600, 180, apart, "energy, random minus aligned start")
    words = (
        f"Coloured: ${size}\\times{size}$ spins, the lattices of the plate; grey: ${small}\\times{small}$. Error bars: "
        r"$\pm1$ standard error, mostly within the points; bands: $\pm1$ and $\pm2$."
    )
    sheet.text(LEFT + gap, top + lower + 84, words, fontsize=TEXT - 3, color=colours.GREY)
    return sheet


def _short(column: Column) -> str:
    return column.title.split(",")[0]


def _energies(axes: Axes, settings: Settings, column: Column, found: list[Line]) -> None:
    """Energies of small lattices, those of the plate's, and what is known."""
    ratios = np.array(column.grid)
    estimates = np.array([mean_and_error(energy) for energy in CURVES[column.key].load(settings)["energy"]])
    guides = column.energy_guides(ratios, estimates[:, 0])
    for guide in guides:
        axes.plot(guide.x, guide.y, **GUIDES[guide.style])
    words = "\n".join(guide.words for guide in guides)
    axes.text(0.03, 0.98, words, transform=axes.transAxes, va="top", fontsize=SMALL - 0.5, color=colours.INK)
    axes.errorbar(ratios, *estimates.T, fmt="o", ms=5.5, color=colours.GREY)
    for line in found:
        ratio, sign = column.temperatures[line.row] / column.transition, colours.SIGN[ROWS[line.row]]
        axes.errorbar(ratio, *line.value, fmt="o", ms=10, mfc=sign, mec="white", ecolor=sign)
    bare(axes)
    axes.axvline(1, color=colours.HAIR, lw=1, zorder=0)
    axes.set_ylabel("energy per spin  ($J$)", fontsize=TEXT - 1)


def _pulls(
    sheet: Sheet,
    left: Pixels,
    top: Pixels,
    width: Pixels,
    inset: Pixels,
    words: list[tuple[str, float, int]],
    title: str,
) -> None:
    """One lane each, with the bands in which two of three, and nineteen of twenty, should be."""
    axes = sheet.axes(left + inset, top, width - inset, LANE * len(words))
    axes.axvspan(-1, 1, color=colours.HAIR, alpha=0.45, lw=0)
    axes.axvspan(-2, 2, color=colours.HAIR, alpha=0.25, lw=0)
    bare(axes)
    axes.axvline(0, color=colours.GREY, lw=1)
    for number, (_, pull, row) in enumerate(words):
        sign = colours.SIGN[ROWS[row]]
        axes.plot([0, pull], [number, number], color=sign, lw=1.6)
        axes.plot(pull, number, "o", ms=9, mfc=sign, mec="white")
    most = max(3.2, 1.1 * max((abs(pull) for _, pull, _ in words), default=0))
    axes.set(xlim=(-most, most), ylim=(len(words) - 0.5, -0.5))
    axes.set_yticks(range(len(words)), [name for name, _, _ in words])
    axes.tick_params(axis="y", length=0, labelsize=TEXT - 4)
    axes.spines["left"].set_visible(False)
    sheet.text(left + inset, top - 14, title, fontsize=TEXT - 2)


def save(settings: Settings) -> list[Path]:
    """The table and the picture; the table is printed too."""
    words, sheet = table(settings), draw(settings)
    paths = [settings.out / "statistics.md", settings.out / "statistics.png"]
    with whole_file(paths[0]) as partial:
        partial.write_text(words, encoding="utf-8")
    sheet.save(paths[1], 2)
    print(words)
    return paths
