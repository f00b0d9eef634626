"""The explorer of lesson 13: how many votes per pixel it takes until a hidden picture shows."""

from functools import lru_cache

import numpy as np
from jaxtyping import Float
from matplotlib.figure import Figure
from matplotlib.ticker import NullLocator

from ..limits import spiked
from ..plots.style import COLORS
from .base import Explorer, choice, fixed, log_slider

SIDE = 24
SEED = 13
FEWEST, MOST = 1.0, 200.0  # votes per pixel
CHANCE = 1 / SIDE**2


def votes() -> Explorer:
    """A picture of 24 × 24 pixels, of which one only has votes on pairs of pixels: equal, or different?"""
    return Explorer(
        {
            "per_pixel": log_slider("votes per pixel", 10**0.7, FEWEST, MOST),
            "right": choice("right votes", {"55 %": 0.55, "60 %": 0.6, "65 %": 0.65}, value=0.6),
        },
        draw,
        question=(
            "From how many votes per pixel on does the picture show, if 55, 60 or 65 % of them are right? "
            "By which factor do these numbers differ?"
        ),
    )


@lru_cache(maxsize=64)
def spectrum(per_pixel: float, right: float) -> tuple[Float[np.ndarray, "n"], Float[np.ndarray, "n"]]:
    """Eigenvalues of the votes' matrix, rising, and its leading eigenvector, with the sign that fits the picture."""
    hidden = spiked.picture(SIDE).ravel()
    y = spiked.votes(hidden, per_pixel, right, np.random.default_rng(SEED))
    values, vectors = np.linalg.eigh(y)
    top = vectors[:, -1]
    return values, top if top @ hidden > 0 else -top


def draw(per_pixel: float, right: float) -> tuple[Figure, str]:
    """The picture and its caption."""
    hidden = spiked.picture(SIDE).ravel()
    values, top = spectrum(round(per_pixel, 6), right)
    overlap = float(spiked.squared_overlap(top, hidden))
    strength = spiked.vote_strength(per_pixel, right)
    figure, (face, spread, curve) = fixed((0.01, 0.12, 0.30, 0.72), (0.40, 0.16, 0.24, 0.68), (0.74, 0.16, 0.24, 0.68))
    face.imshow(top.reshape(SIDE, SIDE), cmap="gray", vmin=-1.8 / SIDE, vmax=1.8 / SIDE)
    face.set_title("leading eigenvector", fontsize=10, loc="left")
    face.set_axis_off()
    _draw_spectrum(spread, values, strength)
    _draw_curve(curve, per_pixel, right, overlap)
    needed = 1 / (2 * (2 * right - 1) ** 2)
    where = "beyond" if per_pixel > needed else "short of"
    return figure, (
        f"{per_pixel:.3g} votes per pixel, {right:.0%} of them right: strength λ = {strength:.2f}, {where} the "
        f"transition at {needed:.3g} votes per pixel (λ = 1).\n"
        f"Squared overlap of the leading eigenvector with the picture: {overlap:.3f}; "
        f"theory for infinitely many pixels: {float(spiked.overlap_theory(strength)):.3f}; chance: {CHANCE:.3f}. "
        f"Largest eigenvalue: {values[-1]:.2f}; theory: {spiked.outlier(strength):.2f}."
    )


def _draw_spectrum(ax, values: np.ndarray, strength: float) -> None:
    edges = np.arange(-2.6, max(4.0, values[-1]) + 0.2, 0.2)
    share, _ = np.histogram(values[:-1], edges, density=True)
    ax.stairs(share, edges, fill=True, color=COLORS["sky"])  # bars, one by one, take as long as all the rest
    mu = np.linspace(-2, 2, 200)
    ax.plot(mu, spiked.semicircle(mu), color="0.45", label="semicircle")
    ax.plot(values[-1], 0.0, "v", color=COLORS["red"], markersize=9, clip_on=False, label="largest")
    ax.axvline(spiked.outlier(strength), color="black", linestyle="--", linewidth=1, label="theory")
    ax.set(xlabel="eigenvalue", ylabel="density", xlim=(edges[0], edges[-1]), ylim=(0, 0.55))
    ax.legend(fontsize=8, loc="upper left", frameon=False)
    ax.set_title("its spectrum", fontsize=10, loc="left")


def _draw_curve(ax, per_pixel: float, right: float, overlap: float) -> None:
    many = np.geomspace(FEWEST, MOST, 300)
    strength = (2 * right - 1) * np.sqrt(2 * many)
    ax.plot(many, spiked.overlap_theory(strength), color="0.45", label="theory")
    ax.plot(per_pixel, overlap, "o", color=COLORS["red"], clip_on=False, label="this picture")
    ax.set(xscale="log", xlabel="votes per pixel", ylabel="squared overlap", xlim=(FEWEST, MOST), ylim=(-0.02, 1.02))
    ax.set_xticks([1, 10, 100], ["1", "10", "100"])
    ax.xaxis.set_minor_locator(NullLocator())  # its ticks take more time than the curve
    ax.legend(fontsize=8, loc="upper left", frameon=False)
    ax.set_title("what it knows", fontsize=10, loc="left")
