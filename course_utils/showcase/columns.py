"""The three models of the showcase: temperatures, what is measured, and what is known exactly."""

import math
from collections.abc import Callable
from dataclasses import dataclass

import jax.numpy as jnp
import numpy as np
from jaxtyping import Float, Shaped

from ..lattice import XY, Ising, Lattice, Potts, exact
from ..lattice.observables import helicity_terms, winding_numbers

ROWS = ("cold", "critical", "hot")
Q = 3
"""Colours of the Potts model in equilibrium: its transition is continuous, and clusters take it there."""
Looks = dict[str, Shaped[np.ndarray, "n_chains ..."]]


@dataclass(frozen=True)
class Known:
    """A value to compare with.

    Attributes:
        value: of the quantity.
        text: what it is.
        finite: whether it holds for this very lattice, so that the distance in standard errors means something.
    """

    value: float
    text: str
    finite: bool = True


@dataclass(frozen=True)
class Guide:
    """What is known beside a curve, over temperatures in units of the transition's.

    Attributes:
        x, y: shape (n,) each.
        style: "line", "dashes", "rings" or "diamond".
    """

    x: Float[np.ndarray, "n"]
    y: Float[np.ndarray, "n"]
    style: str = "line"


@dataclass(frozen=True)
class Column:
    """A model of the showcase.

    Attributes:
        key: for file names.
        title: for headings.
        formula: of the energy, in mathtext.
        build: the model for a side L.
        transition: temperature of the transition, in units of J / k_B.
        transition_symbol: its name, in mathtext.
        temperatures: cold, critical and hot.
        grid: temperatures of the phase curve, in units of the transition's.
        n_updates: cluster updates that are measured in a chain, at each of the three temperatures.
        look: what is measured at one moment.
        curve: the quantity of the phase curve: its name in `look` or "helicity", and its label.
        known: (quantity, temperature, L) -> what is known about it.
        guide: (lowest temperature shown, value measured on the cold lattice) -> what is known of the phase curve.
        energy_guides: (temperatures, energies measured) -> what is known of the energy, and a few words on it.
        cold_from_hot: energy of the hot lattice -> that of the cold one, and how it is known; None where nothing is.
        spacing: distance at which correlations are compared to get the correlation length of the hot lattice.
        quench: model, temperature and sweeps of the film.
    """

    key: str
    title: str
    formula: str
    build: Callable[[int], Lattice]
    transition: float
    transition_symbol: str
    temperatures: tuple[float, float, float]
    grid: tuple[float, ...]
    n_updates: tuple[int, int, int]
    look: Callable[[Lattice, np.ndarray], Looks]
    curve: tuple[str, str]
    known: Callable[[str, float, int], Known | None]
    guide: Callable[[float, float], Guide]
    energy_guides: Callable[[np.ndarray, np.ndarray], tuple[list[Guide], str]]
    spacing: int
    quench: tuple[Callable[[int], Lattice], float, int]
    cold_from_hot: Callable[[float], tuple[float, str]] | None = None


def along(components: list[Shaped[np.ndarray, "n_chains L L"]]) -> Float[np.ndarray, "n_chains distances"]:
    """Correlations of the sums over lines, at distances 0, 1, ... of the lines, averaged over both directions.

    On an infinite lattice they fall off as exp(-distance / ξ), without the power that hides ξ in those of spins.
    """
    size, total = components[0].shape[-1], 0.0
    for part in components:
        for axis in (1, 2):
            lines = part.sum(axis, dtype=np.float64)
            total = total + np.fft.irfft(np.abs(np.fft.rfft(lines)) ** 2, size) / (2 * size * size)
    return total[:, : size // 2]


def dual(temperature: float, q: int) -> float:
    """The temperature whose lattice of clusters and gaps is that of this one, of Potts with q colours.

    Source: Potts, Proc. Camb. Phil. Soc. 48, 106 (1952), doi:10.1017/S0305004100027419.
    """
    return 1 / math.log1p(q / math.expm1(1 / temperature))


def dual_energy(energy: float, temperature: float, q: int) -> float:
    """Energy per spin of Potts at `temperature`, from that at its dual temperature, for the infinite lattice.

    The derivative of log Z(v) = 2 log v - log q + log Z(q / v), per spin, with v = exp(beta) - 1.
    """
    v = math.expm1(1 / temperature)
    return -2 * (v + 1) / v - energy * q * (v + 1) / (v * (v + q))


# ------------------------------------------------------------------------------------------------------- Ising


def _look_ising(model: Ising, spins: np.ndarray) -> Looks:
    return {
        "energy": np.asarray(model.energy(jnp.asarray(spins))),
        "order": np.abs(spins.mean((1, 2), dtype=np.float64)),
        "along": along([spins]),
    }


def _known_ising(quantity: str, temperature: float, size: int) -> Known | None:
    beta = 1 / temperature
    if quantity == "energy":
        return Known(exact.kaufman_energy((size, size), beta), "Kaufman, this torus")
    if quantity == "order" and beta > exact.BETA_C * 1.001:
        return Known(exact.yang_magnetisation(beta), "Yang")
    if quantity == "correlation length" and beta < exact.BETA_C:
        return Known(1 / (-math.log(math.tanh(beta)) - 2 * beta), "Onsager")
    return None


def _guide_ising(low: float, cold: float) -> Guide:
    ratios = _up_to_the_transition(low)
    return Guide(ratios, np.append([exact.yang_magnetisation(1 / (r * T_ISING)) for r in ratios[:-1]], 0))


def _energies_ising(ratios: np.ndarray, energies: np.ndarray) -> tuple[list[Guide], str]:
    fine = np.linspace(ratios[0], ratios[-1], 200)
    return [Guide(fine, np.array([exact.onsager_energy(1 / (r * T_ISING)) for r in fine]))], "line: Onsager, exact"


def _up_to_the_transition(low: float) -> Float[np.ndarray, "n"]:
    """Temperatures that crowd where a curve falls steeply, in units of the transition's."""
    return 1 - np.append(np.geomspace(1 - low, 1e-9, 300), 0)


# ------------------------------------------------------------------------------------------------------- Potts


def _look_potts(model: Potts, spins: np.ndarray) -> Looks:
    return {
        "energy": np.asarray(model.energy(jnp.asarray(spins))),
        "order": np.asarray(model.order_parameter(jnp.asarray(spins)), float),
        "along": along([(spins == colour) - 1 / model.q for colour in range(model.q)]),
    }


def _known_potts(quantity: str, temperature: float, size: int) -> Known | None:
    if quantity == "energy" and abs(temperature * exact.potts_beta_c(Q) - 1) < 1e-9:
        return Known(-(1 + 1 / math.sqrt(Q)), "Potts, infinite lattice", finite=False)
    return None


def _guide_potts(low: float, cold: float) -> Guide:
    ratios = _up_to_the_transition(low)
    return Guide(ratios, cold * ((1 - ratios) / (1 - POTTS_COLD / T_POTTS)) ** (1 / 9), "dashes")


def _energies_potts(ratios: np.ndarray, energies: np.ndarray) -> tuple[list[Guide], str]:
    hotter = [(r * T_POTTS, e) for r, e in zip(ratios, energies, strict=True) if r > 1]
    colder = np.array([(dual(t, Q), e) for t, e in hotter])
    duals = np.array([dual_energy(e, t, Q) for t, e in colder])
    at_transition = Guide(np.array([1.0]), np.array([-(1 + 1 / math.sqrt(Q))]), "diamond")
    return [
        Guide(colder[:, 0] / T_POTTS, duals, "rings"),
        at_transition,
    ], "rings: duals of hotter points\ndiamond: exact"


def _cold_from_hot_potts(energy: float) -> tuple[float, str]:
    return dual_energy(energy, POTTS_COLD, Q), "duality, from the hot lattice"


# ---------------------------------------------------------------------------------------------------------- XY


def _look_xy(model: XY, spins: np.ndarray) -> Looks:
    terms = helicity_terms(spins).astype(np.float64)
    steps = [np.sin(np.roll(spins, -1, axis) - spins) for axis in (1, 2)]
    force = sum(step - np.roll(step, 1, axis) for axis, step in zip((1, 2), steps, strict=True))
    cos, sin = np.cos(spins), np.sin(spins)
    return {
        "energy": -2 * terms[:, 0],
        "order": np.hypot(cos.mean((1, 2), dtype=np.float64), sin.mean((1, 2), dtype=np.float64)),
        "terms": terms,
        "vortices": np.abs(winding_numbers(spins)).mean((1, 2), dtype=np.float64),
        "force": np.square(force).mean((1, 2), dtype=np.float64),
        "along": along([cos, sin]),
    }


def _known_xy(quantity: str, temperature: float, size: int) -> Known | None:
    if quantity == "thermometer":
        return Known(1.0, "by parts, any lattice")
    if quantity == "helicity" and abs(temperature / exact.KT_TEMPERATURE - 1) < 1e-9:
        return Known(2 * temperature / math.pi, "Nelson and Kosterlitz, infinite lattice", finite=False)
    return None


def _guide_xy(low: float, cold: float) -> Guide:
    ratios = np.array([low, 1.6])
    return Guide(ratios, 2 / math.pi * ratios * exact.KT_TEMPERATURE, "dashes")


def _energies_xy(ratios: np.ndarray, energies: np.ndarray) -> tuple[list[Guide], str]:
    cold = np.linspace(ratios[0], 0.8, 100) * exact.KT_TEMPERATURE
    return [Guide(cold / exact.KT_TEMPERATURE, -2 + cold / 2 + cold**2 / 16)], "line: low $T$, to order $T^2$"


# --------------------------------------------------------------------------------------------------------- all

NEAR = (0.97, 0.99, 1.0, 1.01, 1.03)
ISING_COLD, POTTS_COLD, XY_COLD = 2.1, 0.925, 0.5
ISING_HOT = 2 / math.asinh(1 / math.sinh(2 / ISING_COLD))  # of Kramers and Wannier's duality
T_ISING, T_POTTS = 1 / exact.BETA_C, 1 / exact.potts_beta_c(Q)

COLUMNS = (
    Column(
        key="ising",
        title="Ising",
        formula=r"$E=-\sum s_i s_j$",
        build=Ising,
        transition=T_ISING,
        transition_symbol=r"T_c",
        temperatures=(ISING_COLD, T_ISING, ISING_HOT),
        grid=(0.8, 0.86, 0.91, 0.95, *NEAR, 1.06, 1.1, 1.15, 1.2),
        n_updates=(60, 220, 60),
        look=_look_ising,
        curve=("order", r"magnetisation  $\langle|m|\rangle$"),
        known=_known_ising,
        guide=_guide_ising,
        energy_guides=_energies_ising,
        spacing=6,
        quench=(Ising, 1.5, 2000),
    ),
    Column(
        key="potts",
        title=f"Potts, {Q} colours",
        formula=r"$E=-\sum \delta(s_i,s_j)$",
        build=lambda size: Potts(size, Q),
        transition=T_POTTS,
        transition_symbol=r"T_c",
        temperatures=(POTTS_COLD, T_POTTS, dual(POTTS_COLD, Q)),
        grid=(0.8, 0.86, 0.91, 0.95, *NEAR, 1.06, 1.1, 1.15, 1.2),
        n_updates=(100, 500, 60),
        look=_look_potts,
        curve=("order", r"order  $\langle m\rangle$"),
        known=_known_potts,
        guide=_guide_potts,
        energy_guides=_energies_potts,
        cold_from_hot=_cold_from_hot_potts,
        spacing=6,
        quench=(lambda size: Potts(size, 10), 0.45, 1500),
    ),
    Column(
        key="xy",
        title="XY",
        formula=r"$E=-\sum\cos(\theta_i-\theta_j)$",
        build=XY,
        transition=exact.KT_TEMPERATURE,
        transition_symbol=r"T_{\mathrm{KT}}",
        temperatures=(XY_COLD, exact.KT_TEMPERATURE, 1.1),
        grid=(0.4, 0.56, 0.7, 0.8, 0.88, 0.94, 1.0, 1.06, 1.12, 1.18, 1.24, 1.32, 1.4),
        n_updates=(100, 160, 120),
        look=_look_xy,
        curve=("helicity", r"stiffness  $\Upsilon$"),
        known=_known_xy,
        guide=_guide_xy,
        energy_guides=_energies_xy,
        spacing=8,
        quench=(XY, 0.3, 900),
    ),
)
