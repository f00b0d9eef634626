"""The critical Ising lattice, looked at three times closer and closer: no length tells the pictures apart."""

from pathlib import Path

import numpy as np
from jaxtyping import Shaped
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle

from ..diagnostics import two_starts
from ..lattice import Ising, exact
from ..plots.zooms import balanced, blocks
from . import colours
from .plate import LEFT, PANEL, TEXT, Sheet
from .runs import LARGE, NotAtEquilibrium, Settings

ZOOMS = (1, 2, 4)
GAP, TOP = 40, 150  # pixels between the pictures and above them
PIECES = 4  # of the chain from each start, some two autocorrelation times long


def verdict(energy: Shaped[np.ndarray, "2 n_kept"], size: int) -> str:
    """What says that the lattice is at equilibrium.

    Raises:
        NotAtEquilibrium: if its two starts do not agree.
    """
    pieces = energy[:, energy.shape[1] % PIECES :].reshape(2, PIECES, -1)
    compared = two_starts(pieces[0].T, pieces[1].T)
    if not compared.agree:
        raise NotAtEquilibrium(f"critical, energy from random and from aligned spins: {compared}; expected agreement")
    known = exact.kaufman_energy((size, size), exact.BETA_C)
    mean, error = pieces.mean(), pieces.mean(2).std(ddof=1) / np.sqrt(2 * PIECES)
    return (
        f"Energy per spin −{-mean:.4f} ± {error:.4f}, exact −{-known:.4f}; from random and from aligned spins it is "
        f"{compared.apart:.1f} σ apart."
    )


def draw(settings: Settings) -> Sheet:
    """Three pictures with equally many pixels: the whole lattice in blocks, a quarter of it in smaller ones, spins."""
    kept = LARGE.load(settings)
    spins, size = kept["spins"], 2 * settings.size
    words = verdict(kept["energy"], size)
    sheet = Sheet(2 * LEFT + len(ZOOMS) * PANEL + (len(ZOOMS) - 1) * GAP, TOP + PANEL + 150)
    title = f"Ising at $T_c$: ${size}\\times{size}$ spins, closer and closer"
    sheet.text(LEFT, 56, title, fontsize=TEXT + 8, weight="bold")
    for number, zoom in enumerate(ZOOMS):
        left, block = LEFT + number * (PANEL + GAP), max(ZOOMS) // zoom
        shown = blocks(spins, block)
        axes = sheet.image(left, TOP, PANEL, colours.picture(Ising(size), shown))
        what = f"blocks of ${block}\\times{block}$ spins" if block > 1 else "single spins"
        sheet.text(left, TOP - 14, f"$\\times{zoom}$", color=colours.SIGN["hot"])
        sheet.text(left + PANEL, TOP - 14, what, ha="right", color=colours.GREY)
        if block > 1:
            # of all quarters the one with both signs in the most equal shares: a frame full of one shows nothing
            row, col = balanced(spins, len(spins) // 2)
            spins = spins[row:, col:][: len(spins) // 2, : len(spins) // 2]
            _frame(sheet, axes, left, row / block / len(shown), col / block / len(shown))
    lines = (
        "A block shows the sign of most of its spins, so that all three pictures have equally many pixels. Each is the "
        "framed quarter of the one before,",
        "chosen to hold both signs. Domains lie within domains of every size, so that the three pictures look alike.",
        words,
    )
    for number, line in enumerate(lines):
        sheet.text(LEFT, TOP + PANEL + 46 + 32 * number, line, fontsize=TEXT - 3, color=colours.GREY)
    return sheet


def _frame(sheet: Sheet, axes: Axes, left: int, up: float, right: float) -> None:
    """Frame a quarter of a picture, so far from its lower left corner, and tie it to the next picture."""
    look, n = {"edgecolor": colours.SIGN["hot"], "linewidth": 2.4}, axes.get_xlim()[1]
    axes.add_patch(Rectangle((right * n, up * n), n / 2, n / 2, fill=False, **look))
    for corner, end in ((up + 0.5, TOP), (up, TOP + PANEL)):
        xs, ys = [left + (right + 0.5) * PANEL, left + PANEL + GAP], [TOP + (1 - corner) * PANEL, end]
        sheet.line(xs, ys, color=colours.SIGN["hot"], linewidth=1.2)


def save(settings: Settings) -> list[Path]:
    """The picture."""
    path = settings.out / "critical.png"
    draw(settings).save(path, 2)
    return [path]
