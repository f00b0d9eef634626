"""The critical Ising lattice, looked at three times closer and closer: no length tells the pictures apart."""

from pathlib import Path

import numpy as np
from jaxtyping import Shaped
from matplotlib.patches import Rectangle

from ..diagnostics import two_starts
from ..lattice import Ising, exact
from ..plots.zooms import balanced, blocks
from . import colours
from .plate import LEFT, PANEL, TEXT, Sheet
from .runs import LARGE, NotAtEquilibrium, Settings

ZOOMS = (1, 2, 4)
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
    gap, top = 40, 150
    sheet = Sheet(2 * LEFT + len(ZOOMS) * PANEL + (len(ZOOMS) - 1) * gap, top + PANEL + 150)
    sheet.text(
        LEFT, 56, f"Ising at $T_c$: ${size}\\times{size}$ spins, closer and closer", fontsize=TEXT + 8, weight="bold"
    )
    model, n_blocks, origin = Ising(size), size // max(ZOOMS), np.zeros(2, int)
    for number, zoom in enumerate(ZOOMS):
        left, side, block = LEFT + number * (PANEL + gap), size // zoom, max(ZOOMS) // zoom
        row, col = origin
        crop = spins[row : row + side, col : col + side]
        axes = sheet.image(left, top, PANEL, colours.picture(model, blocks(crop, block)))
        what = f"blocks of ${block}\\times{block}$ spins" if block > 1 else "single spins"
        sheet.text(left, top - 14, f"$\\times{zoom}$", color=colours.SIGN["hot"])
        sheet.text(left + PANEL, top - 14, what, ha="right", color=colours.GREY)
        if zoom == max(ZOOMS):
            break
        # of all quarters the one with both signs in the most equal shares: a frame full of one shows nothing
        offset = balanced(crop, side // 2)
        origin = origin + offset
        row, col = offset / block
        frame = Rectangle(
            (col, row), n_blocks / 2, n_blocks / 2, fill=False, edgecolor=colours.SIGN["hot"], linewidth=2.4
        )
        axes.add_patch(frame)
        near, far = left + (col / n_blocks + 0.5) * PANEL, left + PANEL + gap
        high = top + (0.5 - row / n_blocks) * PANEL
        for start, end in ((high, top), (high + PANEL / 2, top + PANEL)):
            sheet.line([near, far], [start, end], color=colours.SIGN["hot"], linewidth=1.2)
    small = {"fontsize": TEXT - 3, "color": colours.GREY}
    lines = (
        "A block shows the sign of most of its spins, so that all three pictures have equally many pixels. Each is the "
        "framed quarter of the one before,",
        "chosen to hold both signs. Domains lie within domains of every size: without the labels it is hard to say "
        "which picture is which.",
        words,
    )
    for number, line in enumerate(lines):
        sheet.text(LEFT, top + PANEL + 46 + 32 * number, line, **small)
    return sheet


def save(settings: Settings) -> list[Path]:
    """The picture."""
    path = settings.out / "critical.png"
    draw(settings).save(path, 2)
    return [path]
