"""The explorer of lesson 01: what the temperature does to the density on three landscapes, and on one of your own."""

import functools
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from matplotlib.figure import Figure

from ..plots import COLORS, well
from .base import Explorer, choice, fixed, log_slider

if TYPE_CHECKING:
    from torch import Tensor

    from ..energies import EnergyFunction, KnownEnergy

QUESTION = (
    "In the tilted double well, how far must you heat before the shallow well holds a third of the mass? Guess first."
)
GRID = 2001  # points; the masses are within 1e-5 of adaptive quadrature at every temperature of the slider
WINDOW = 2.5  # of a landscape of which nothing is known
ENERGY_TOP = 10.0  # highest energy drawn above the lowest
INSIDE, OUTSIDE = COLORS["orange"], COLORS["purple"]


@dataclass(frozen=True)
class SplitLandscape:
    """An energy, a region whose probability is shown, and how both are drawn.

    Attributes:
        energy: the energy object.
        region: (low, high); for a double well all that lies left of the barrier's top.
        sides: what lies inside the region and what lies outside, in words.
        window: x from -window to window is drawn.
        density_top: upper end of the density's axis, the same at all temperatures, so that a peak is seen to fall.
    """

    energy: "KnownEnergy | Drawn"
    region: tuple[float, float]
    sides: tuple[str, str]
    window: float
    density_top: float


@functools.cache
def landscapes() -> dict[str, SplitLandscape]:
    """The three landscapes of lesson 01, by name."""
    from .. import energies

    bowl = energies.Quadratic(stiffness=1.0)
    double = energies.DoubleWell(barrier=2.0)
    tilted = energies.AsymmetricDoubleWell(barrier=2.0, tilt=0.4)
    wells = ("left well", "right well")
    return {
        "bowl": SplitLandscape(bowl, (-1.0, 1.0), ("|x| ≤ 1", "|x| > 1"), 5.0, 1.4),
        "double well": SplitLandscape(double, (-math.inf, double.barrier_top), wells, 1.9, 3.0),
        "tilted double well": SplitLandscape(tilted, (-math.inf, tilted.barrier_top), wells, 1.9, 3.0),
    }


@dataclass(frozen=True)
class Drawn:
    """An energy of which nothing is known but its values, on the window and three times as far to both sides.

    Attributes:
        function: x -> E(x), with torch.
    """

    function: "EnergyFunction"

    def __call__(self, x: "Tensor") -> "Tensor":
        return self.function(x)

    @property
    def minima(self) -> "Tensor":
        """The lowest point of the window."""
        from .. import boltzmann as reference

        x, _ = reference.grid_1d(-WINDOW, WINDOW, GRID)
        return x[self(x).argmin()][None]

    def domain_at(self, temperature: float) -> tuple[tuple[float, float]]:
        """The same at all temperatures."""
        return ((-3 * WINDOW, 3 * WINDOW),)


def drawn(function: "EnergyFunction") -> SplitLandscape:
    """The landscape of a learner's own energy, split at x = 0.

    Raises:
        ValueError: if the function does not give one finite number for each x.
    """
    from .. import boltzmann as reference

    x, _ = reference.grid_1d(-3 * WINDOW, 3 * WINDOW, GRID)
    values = function(x)
    if getattr(values, "shape", None) != x.shape or not bool(values.isfinite().all()):
        found = f"shape {tuple(values.shape)}" if hasattr(values, "shape") else repr(values)
        raise ValueError(f"function(x) = {found}: expected a finite number for each of {len(x)} positions x")
    return SplitLandscape(Drawn(function), (-math.inf, 0.0), ("x < 0", "x ≥ 0"), WINDOW, 3.0)


def boltzmann(yours: "EnergyFunction | None" = None) -> Explorer:
    """Landscape × temperature: energy and density on twin axes, and the mass in each well.

    Its question has the answer T = 1.030, between the slider's steps 1.000 and 1.059.

    Args:
        yours: an energy x -> E(x) of the learner's own, which joins the landscapes as "yours" and comes first.

    Raises:
        ValueError: as `drawn`.
    """
    scenes = landscapes() | ({"yours": drawn(yours)} if yours else {})
    draw = functools.partial(_draw, scenes)
    controls = {
        "landscape": choice("landscape", list(scenes), "yours" if yours else "tilted double well"),
        # it starts cold, and a keyboard step changes T by 6 %
        "temperature": log_slider("temperature T", 10**-0.5, 0.1, 5.0, per_decade=40),
    }
    question = "Where will the mass be when it is heated? Guess first." if yours else QUESTION
    return Explorer(controls, draw, question=question)


def _draw(scenes: dict[str, SplitLandscape], landscape: str, temperature: float) -> tuple[Figure, str]:
    """The picture and its caption."""
    from .. import boltzmann as reference

    scene = scenes[landscape]
    x, dx, energy = grid_at(scene.energy, temperature, scene.window, GRID)
    p, _ = reference.density(energy, dx, temperature)
    averages = reference.thermodynamics(energy, dx, temperature)
    share = masses(scene, x, dx, p)
    figure = _figure(scene, x, energy, p, share, f"{landscape} at T = {temperature:.3f}")

    peak = int(p.argmax())
    outside = float(p[x.abs() > scene.window].sum()) * dx
    caption = (
        f"T = {temperature:.3f}. Mass: {share[0]:.1%} {_where(scene.sides[0])}, {share[1]:.1%} "
        f"{_where(scene.sides[1])}.\n"
        f"Mean energy U = {_signed(averages.mean_energy, 3)}, entropy S = {_signed(averages.entropy, 3)} nats, "
        f"free energy F = U - T S = {_signed(averages.free_energy, 3)}.\n"
        f"Highest density {float(p[peak]):.2f} at x = {_signed(float(x[peak]), 2)}"
    )
    notes = [", beyond the top of the axis"] if float(p[peak]) > scene.density_top else []
    notes += [f"; {outside:.1%} of the mass lies outside the picture"] if outside > 0.001 else []
    return figure, caption.replace("-", "−") + "".join(notes) + "."


def masses(scene: SplitLandscape, x: "Tensor", dx: float, p: "Tensor") -> tuple[float, float]:
    """Probability inside and outside the landscape's region.

    Args:
        scene: the landscape.
        x, dx, p: grid points, their spacing, and the density there.
    """
    low, high = scene.region
    # Each grid point stands for the cell around it; a cell that the region cuts counts in proportion.
    share = ((high - x) / dx + 0.5).clamp(0, 1) - ((low - x) / dx + 0.5).clamp(0, 1)
    inside = float((p * share).sum()) * dx
    return inside, 1 - inside


def grid_at(
    energy: "KnownEnergy | Drawn", temperature: float, window: float, n: int
) -> tuple["Tensor", float, "Tensor"]:
    """x, dx and E(x) on n points, symmetric about 0, that hold the density at this temperature and the picture.

    Args:
        energy: one-dimensional.
        temperature: T > 0.
        window: x from -window to window is drawn.
        n: number of points.
    """
    from .. import boltzmann as reference

    ((low, high),) = energy.domain_at(temperature)
    half = max(-low, high, window)
    x, dx = reference.grid_1d(-half, half, n)
    return x, dx, energy(x)


def _figure(
    scene: SplitLandscape, x: "Tensor", energy: "Tensor", p: "Tensor", share: tuple[float, float], title: str
) -> Figure:
    x, energy, p = (values.numpy() for values in (x, energy, p))  # matplotlib takes tensors apart one number at a time
    figure, (axis, bars) = fixed((0.075, 0.14, 0.60, 0.75), (0.81, 0.14, 0.17, 0.75))
    shown = abs(x) <= scene.window
    scenery = well(x[shown], energy[shown], p[shown], scene.energy.minima, top=ENERGY_TOP)
    twin = scenery.draw(axis, "", "_")
    twin.set_ylim(0, scene.density_top)
    low, high = scene.region
    inside = (x >= low) & (x <= high)
    for part, color in ((inside, INSIDE), (~inside, OUTSIDE)):
        twin.fill_between(x[shown], p[shown], where=part[shown], color=color, alpha=0.55, linewidth=0)
    for edge in filter(math.isfinite, scene.region):
        axis.axvline(edge, color=COLORS["grey"], linestyle=":", linewidth=1.2)
    axis.set_title(title, y=1.02)  # a given y spares matplotlib a search: 15 % of the time

    bars.bar([0, 1], share, width=0.7, color=(INSIDE, OUTSIDE), alpha=0.75)
    for place, mass in enumerate(share):
        bars.text(place, mass + 0.02, f"{mass:.1%}", ha="center", va="bottom", fontsize=9)
    bars.set(xlim=(-0.6, 1.6), ylim=(0, 1.08), ylabel="probability", yticks=[])
    bars.set_xticks([0, 1], [side.replace(" well", "\nwell") for side in scene.sides])
    bars.spines["left"].set_visible(False)
    return figure


def _where(side: str) -> str:
    """A side of the region within a sentence."""
    return f"in the {side}" if side.endswith("well") else f"at {side}"


def _signed(value: float, digits: int) -> str:
    """The number without the sign of a rounded zero."""
    return f"{round(value, digits) + 0.0:.{digits}f}"
