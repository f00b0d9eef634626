"""The explorer of lesson 14: the number of states of a spin, and the fractal between the hot and the cold magnet."""

import functools

import numpy as np
from jaxtyping import Float, Int8
from matplotlib.figure import Figure

from ..fractals import diamond, plane
from ..plots import fractal
from .base import Explorer, slider

BOX = ((-4.9, 7.5), (-5.0, 5.0))
"""Part of the plane that is drawn: it holds all zeros for q from 1.7 to 5."""
CELLS = 640  # along the real axis; more than there are pixels, so that the finest parts blend
SIZE = (5.8, 4.35)  # inches: its picture has more detail than most, and takes its bytes
MOST_GENERATIONS = 5


def julia() -> Explorer:
    """q × generation: where the map of the diamond lattice leads from every complex x, and the zeros of Z.

    Its question has the answer q = 3, where x = 0 is led to the transition itself.
    """
    return Explorer(
        {
            "q": slider("states q", 2.0, 1.7, 5.0, 0.05),
            "generation": slider("generation", 2, 0, MOST_GENERATIONS, 1),
        },
        draw,
        question=(
            "The cross at x = 0 is an antiferromagnet at absolute zero. On blue ground its two sublattices order, on "
            "orange it stays disordered even there. At which q does that change? Guess first."
        ),
        size=SIZE,
    )


@functools.lru_cache(maxsize=64)
def flowed(q: float) -> tuple[Int8[np.ndarray, "n m"], Float[np.ndarray, "n m"]]:
    """The map of hot and cold for one q, which the lower half of the plane shows upside down. Sliders come back."""
    points = plane(BOX, CELLS)
    half = points.shape[1] // 2
    phase, count = (
        np.concatenate([upper[:, -half:][:, ::-1], upper], 1) for upper in diamond.flow(points[:, half:], q, 40)
    )
    return phase, count


def draw(q: float, generation: int) -> tuple[Figure, str]:
    """The picture and its caption."""
    q = round(q, 4)
    at, zeros = diamond.critical(q), diamond.zeros(q, generation)
    figure = Figure(layout="none")
    axes = figure.add_axes((0.08, 0.115, 0.90, 0.82))
    fractal.flow_map(BOX, *flowed(q)).draw(axes, "", "_")
    zero = fractal.zeros(zeros, "zeros of Z", color="white", size=(9, 7, 5, 4, 3, 2)[generation])
    zero.draw(axes, "white", "zeros of Z")
    axes.axhline(0, color="black", linewidth=0.6, alpha=0.5)
    axes.plot(at.x, 0, "D", color="black", markersize=6, markerfacecolor="none", label="transition")
    axes.plot(0, 0, "x", color="black", markersize=9, markeredgewidth=2, label="x = 0")
    axes.set(xlabel="Re $x$, with $x = e^{\\beta}$", ylabel="Im $x$", aspect="equal")
    axes.set_title(f"q = {q:g}, generation {generation}: {len(zeros):,} zeros", y=1.01)
    axes.legend(loc="lower right", fontsize=8, framealpha=0.9, frameon=True, borderpad=0.3, handlelength=1.2)
    (phase,), _ = diamond.flow(np.zeros(1, complex), q)
    end = {1: "to 1: disordered", -1: "to infinity: its sublattices order", 0: "to the transition, and stays there"}
    nearest = float(np.abs(zeros - at.x).min())
    return figure, (
        f"q = {q:g}. Transition of the ferromagnet at x = {at.x:.3f}, T = {at.temperature:.3f}; one step of the map "
        f"takes a point near it {at.slope:.3f} times as far away.\n"
        f"Generation {generation}: {4**generation:,} bonds and zeros, the nearest {nearest:.3f} from the transition.\n"
        f"From x = 0 the map leads {end[int(phase)]}."
    )
