"""The summary: what was measured, its standard error, what is known exactly, and whether two opposite starts agree."""

import math
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes

from ..diagnostics import TwoStarts
from ..lattice.observables import Measurement, jackknife, mean_and_error
from . import colours
from .columns import COLUMNS, ROWS, Column, Known, Looks
from .plate import GUIDES, LEFT, TEXT, Pixels, Sheet, measured, pooled, quantity
from .runs import CURVES, LEAST_TAU, PIECES, POINTS, Settings, column_of, starts

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
    def pull(self) -> float | None:
        """Distance from what is known, in standard errors; None where nothing is known of this lattice."""
        if self.known is None or not self.known.finite:
            return None
        return float((self.value.value - self.known.value) / math.hypot(self.value.error, self.error))


def lines(settings: Settings) -> list[Line]:
    """All that is measured on the lattices of the plate."""
    found = []
    for column in COLUMNS:
        energies = {}
        for row, temperature in enumerate(column.temperatures):
            series = pooled(POINTS[column.key, row].load(settings))
            for name, value in _values(column, series, temperature, settings.size).items():
                found.append(Line(column, row, name, value, column.known(name, temperature, settings.size)))
                if name == "energy":
                    energies[row] = value
        if column.cold_from_hot:
            hot = energies[2]
            (wanted, words), (above, _) = (column.cold_from_hot(value) for value in (hot.value, hot.value + hot.error))
            known = Known(wanted, words)
            number = next(n for n, line in enumerate(found) if line.column is column and line.name == "energy")
            found[number] = Line(column, 0, "energy", energies[0], known, abs(above - wanted))
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
    size = settings.size
    rows = [("model", "T", "quantity", "measured", "known", "source", "σ apart")]
    for line in lines(settings):
        temperature = line.column.temperatures[line.row]
        known = line.known
        rows.append(
            (
                line.column.title,
                f"{temperature:.4f} ({ROWS[line.row]})",
                NAMES[line.name],
                measured(line.value),
                ""
                if known is None
                else measured(Measurement(known.value, line.error))
                if line.error
                else f"{known.value:.5f}",
                "" if known is None else known.text,
                "" if line.pull is None else f"{line.pull:+.1f}",
            )
        )
    equilibrium = [("model", "T", "burn-in", "energy: random | aligned start", "apart", "length")]
    for (key, row), (energy, _) in starts(settings).items():
        column = next(column for column in COLUMNS if column.key == key)
        burnt = int(POINTS[key, row].load(settings)["n_burn_in"])
        pair = [
            measured(Measurement(*part))
            for part in ((energy.first, energy.first_error), (energy.second, energy.second_error))
        ]
        equilibrium.append(
            (
                column.title,
                f"{column.temperatures[row]:.4f} ({ROWS[row]})",
                f"{burnt} updates",
                " | ".join(pair),
                f"{energy.apart:.1f} σ",
                f"{energy.length:.0f} τ",
            )
        )
    return "\n\n".join(
        (
            f"# Spin models in equilibrium, {size} x {size}",
            f'Units of J and k_B; ±1 standard error in brackets, in the last digits; seed {settings.seed}. "T of the '
            'forces" is <F^2> / <sum of cos> over the spins: it is T on every lattice, by integration by parts.',
            _markdown(rows),
            "## Equilibrium: two opposite starts",
            "Two chains from random spins and two from aligned spins at each temperature. Energy and order parameter "
            f"must agree within 3 σ, in chains of at least {LEAST_TAU:g} autocorrelation times τ, or nothing is drawn.",
            _markdown(equilibrium),
            "",
        )
    )


def _markdown(rows: list[tuple[str, ...]]) -> str:
    rows = [tuple(cell.replace("|", "/") for cell in row) for row in rows]
    widths = [max(len(row[k]) for row in rows) for k in range(len(rows[0]))]
    head, *body = ("| " + " | ".join(cell.ljust(w) for cell, w in zip(row, widths, strict=True)) + " |" for row in rows)
    return "\n".join((head, "|" + "|".join("-" * (w + 2) for w in widths) + "|", *body))


# -------------------------------------------------------------------------------------------------------- picture


def draw(settings: Settings) -> Sheet:
    """Energies against temperature with what is exact, and how far all that can be compared is apart, in errors."""
    panel, height, gap = 462, 340, 112
    width = LEFT + len(COLUMNS) * (gap + panel) + 30
    found = lines(settings)
    compared = [line for line in found if line.pull is not None]
    lower = max(len(compared), len(POINTS)) * LANE
    sheet = Sheet(width, 96 + height + 150 + lower + 90)
    for number, column in enumerate(COLUMNS):
        left = LEFT + number * (gap + panel) + gap
        sheet.text(left, 58, column.title, fontsize=TEXT + 7, weight="bold")
        axes = sheet.axes(left, 84, panel, height)
        _energies(axes, settings, column, found)
        sheet.text(left + panel, 84 + height + 66, f"$T/{column.transition_symbol}$", ha="right")
    top = 84 + height + 150
    words = [
        (f"{line.column.title.split(',')[0]} {ROWS[line.row]}: {NAMES[line.name]}", line.pull, line.row)
        for line in compared
    ]
    _pulls(sheet, LEFT, top, 1010, 400, words, "measured minus exact, in standard errors")
    words = [
        (f"{column_of(key).title.split(',')[0]} {ROWS[row]}", _signed(energy), row)
        for (key, row), (energy, _) in starts(settings).items()
    ]
    _pulls(sheet, width - 30 - 600, top, 600, 180, words, "random minus aligned start")
    size, small = settings.size, settings.curve_size
    words = (
        f"Coloured: ${size}\\times{size}$ spins, the lattices of the plate; grey: "
        f"${small}\\times{small}$. Bars: $\\pm1$ standard error; bands: $\\pm1$ and $\\pm2$."
    )
    sheet.text(LEFT + gap, top + lower + 78, words, fontsize=TEXT - 3, color=colours.GREY)
    return sheet


def _signed(compared: TwoStarts) -> float:
    return math.copysign(compared.apart, compared.first - compared.second)


def _energies(axes: Axes, settings: Settings, column: Column, found: list[Line]) -> None:
    kept = CURVES[column.key].load(settings)["energy"]
    ratios = np.array(column.grid)
    estimates = [mean_and_error(energy) for energy in kept]
    axes.axvline(1, color=colours.HAIR, lw=1, zorder=0)
    guides, words = column.energy_guides(ratios, np.array([e.value for e in estimates]))
    for guide in guides:
        axes.plot(guide.x, guide.y, **GUIDES[guide.style])
    axes.text(0.03, 0.97, words, transform=axes.transAxes, va="top", fontsize=TEXT - 3, color=colours.GREY)
    axes.errorbar(
        ratios, [e.value for e in estimates], [e.error for e in estimates], fmt="o", ms=5.5, color=colours.GREY
    )
    for line in found:
        if line.column is column and line.name == "energy":
            ratio, sign = column.temperatures[line.row] / column.transition, colours.SIGN[ROWS[line.row]]
            axes.errorbar(ratio, line.value.value, line.value.error, fmt="o", ms=10, mfc=sign, mec="white", ecolor=sign)
    _bare(axes)
    axes.set_ylabel("energy per spin", fontsize=TEXT - 1)


def _bare(axes: Axes) -> None:
    axes.tick_params(labelsize=TEXT - 3, color=colours.GREY, length=5)
    for side, spine in axes.spines.items():
        spine.set(visible=side in ("left", "bottom"), color=colours.GREY, linewidth=0.8)


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
    axes.axvline(0, color=colours.GREY, lw=1)
    for number, (_, pull, row) in enumerate(words):
        sign = colours.SIGN[ROWS[row]]
        axes.plot([0, pull], [number, number], color=sign, lw=1.6)
        axes.plot(pull, number, "o", ms=9, mfc=sign, mec="white")
    most = max(3.2, 1.1 * max((abs(pull) for _, pull, _ in words), default=0))
    axes.set(xlim=(-most, most), ylim=(len(words) - 0.5, -0.5))
    axes.set_yticks(range(len(words)), [name for name, _, _ in words])
    _bare(axes)
    axes.tick_params(axis="y", length=0, labelsize=TEXT - 4)
    axes.spines["left"].set_visible(False)
    sheet.text(left + inset, top - 14, title, fontsize=TEXT - 2)


def save(settings: Settings) -> list[Path]:
    """The table and the picture; the table is printed too."""
    words, sheet = table(settings), draw(settings)
    paths = [settings.out / "statistics.md", settings.out / "statistics.png"]
    paths[0].write_text(words, encoding="utf-8")
    sheet.save(paths[1], 2)
    print(words)
    return paths
