"""The three models of the showcase: temperatures, what is measured, and what is known exactly."""

import abc
import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar

import jax.numpy as jnp
import numpy as np
from jaxtyping import Float, Shaped

from ..lattice import XY, Ising, Lattice, Potts, exact
from ..lattice.observables import helicity_terms, winding_numbers

ROWS = ("cold", "critical", "hot")
Q = 3
"""Colours of the Potts model in equilibrium: its transition is continuous, and clusters take it there."""
Looks = dict[str, Shaped[np.ndarray, "n_chains ..."]]
Numbers = Float[np.ndarray, "n"]


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
    """What is known beside a curve.

    Attributes:
        x: temperatures in units of the transition's.
        y: the quantity.
        style: "line", "dashes", "rings" or "diamond".
        words: what it is.
    """

    x: Numbers
    y: Numbers
    style: str
    words: str


class Column(abc.ABC):
    """A model of the showcase, with what is measured on it and what is known of it.

    Attributes:
        key: for file names.
        title: for headings.
        formula: of the energy, in mathtext.
        temperatures: cold, critical and hot, in units of J / k_B.
        grid: temperatures of the phase curve, in units of the transition's.
        n_updates: cluster updates that are measured in a chain, at each of the three temperatures.
        curve: the quantity of the phase curve: its name in `look` or "helicity", what it is called, and its symbol.
        spacing: distance at which correlations are compared to get the correlation length of the hot lattice.
        quench: model, temperature and sweeps of the film.
    """

    key: ClassVar[str]
    title: ClassVar[str]
    formula: ClassVar[str]
    temperatures: ClassVar[tuple[float, float, float]]
    grid: ClassVar[tuple[float, ...]] = (0.8, 0.86, 0.91, 0.95, 0.97, 0.99, 1.0, 1.01, 1.03, 1.06, 1.1, 1.15, 1.2)
    n_updates: ClassVar[tuple[int, int, int]]
    curve: ClassVar[tuple[str, str, str]]
    spacing: ClassVar[int] = 6
    quench: ClassVar[tuple[Callable[[int], Lattice], float, int]]

    @abc.abstractmethod
    def build(self, size: int) -> Lattice:
        """The model on L x L spins."""

    @abc.abstractmethod
    def look(self, model: Lattice, spins: Shaped[np.ndarray, "n_chains L L"]) -> Looks:
        """What is measured at one moment."""

    @abc.abstractmethod
    def known(self, quantity: str, temperature: float, size: int) -> Known | None:
        """What is known about a quantity."""

    @abc.abstractmethod
    def guide(self, low: float, cold: float) -> Guide:
        """What is known of the phase curve, from the lowest temperature on, given the value on the cold lattice."""

    @abc.abstractmethod
    def energy_guides(self, ratios: Numbers, energies: Numbers) -> list[Guide]:
        """What is known of the energy, given what was measured over T / T_c."""

    def cold_from_hot(self, energy: float) -> Known | None:
        """The energy of the cold lattice from that of the hot one, where that is known."""
        return None

    @property
    def transition(self) -> float:
        """Temperature of the transition, in units of J / k_B."""
        return self.temperatures[1]

    @property
    def symbol(self) -> str:
        """Of that temperature, in mathtext."""
        name, below = self.build(2).transition.label.split("_")
        return f"{name}_{{{below}}}" if len(below) == 1 else f"{name}_{{\\mathrm{{{below}}}}}"


def energy_alone(model: Lattice, spins: Shaped[np.ndarray, "n_chains L L"]) -> Looks:
    """The least that is measured."""
    return {"energy": np.asarray(model.energy(jnp.asarray(spins)))}


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


def up_to_the_transition(low: float) -> Numbers:
    """Temperatures that crowd where a curve falls steeply, in units of the transition's."""
    return 1 - np.append(np.geomspace(1 - low, 1e-9, 300), 0)


class _Ising(Column):
    key, title, formula = "ising", "Ising", r"$E=-\sum s_i s_j$"
    temperatures = (2.1, 1 / exact.BETA_C, 2 / math.asinh(1 / math.sinh(2 / 2.1)))  # hot: Kramers and Wannier's dual
    n_updates = (100, 240, 100)
    curve = ("order", "magnetisation", r"\langle|m|\rangle")
    quench = (Ising, 1.5, 2000)

    def build(self, size):
        return Ising(size)

    def look(self, model, spins):
        order = np.abs(spins.mean((1, 2), dtype=np.float64))
        return energy_alone(model, spins) | {"order": order, "along": along([spins])}

    def known(self, quantity, temperature, size):
        beta = 1 / temperature
        if quantity == "energy":
            return Known(exact.kaufman_energy((size, size), beta), "Kaufman, this torus")
        if quantity == "order" and beta > exact.BETA_C * 1.001:
            return Known(exact.yang_magnetisation(beta), "Yang")
        if quantity == "correlation length" and beta < exact.BETA_C:
            return Known(1 / (-math.log(math.tanh(beta)) - 2 * beta), "Onsager")
        return None

    def guide(self, low, cold):
        ratios = up_to_the_transition(low)
        values = [exact.yang_magnetisation(exact.BETA_C / ratio) for ratio in ratios[:-1]]
        return Guide(ratios, np.append(values, 0), "line", "Yang, exact")

    def energy_guides(self, ratios, energies):
        fine = np.linspace(ratios[0], ratios[-1], 200)
        values = np.array([exact.onsager_energy(exact.BETA_C / ratio) for ratio in fine])
        return [Guide(fine, values, "line", "Onsager, exact")]


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


class _Potts(Column):
    key, title, formula = "potts", f"Potts, {Q} colours", r"$E=-\sum \delta(s_i,s_j)$"
    temperatures = (0.925, 1 / exact.potts_beta_c(Q), dual(0.925, Q))
    n_updates = (100, 500, 100)
    curve = ("order", "order", r"\langle m\rangle")
    quench = (lambda size: Potts(size, 10), 0.45, 1500)
    critical_energy = -(1 + 1 / math.sqrt(Q))

    def build(self, size):
        return Potts(size, Q)

    def look(self, model, spins):
        order = np.asarray(model.order_parameter(jnp.asarray(spins)), float)
        shares = [(spins == colour) - 1 / model.q for colour in range(model.q)]
        return energy_alone(model, spins) | {"order": order, "along": along(shares)}

    def known(self, quantity, temperature, size):
        if quantity == "energy" and temperature == self.transition:
            return Known(self.critical_energy, "Potts, infinite lattice", finite=False)
        return None

    def guide(self, low, cold):
        ratios = up_to_the_transition(low)
        values = cold * ((1 - ratios) / (1 - self.temperatures[0] / self.transition)) ** (1 / 9)
        return Guide(ratios, values, "dashes", "exponent 1/9")

    def energy_guides(self, ratios, energies):
        hotter = [(ratio * self.transition, e) for ratio, e in zip(ratios, energies, strict=True) if ratio > 1]
        colder = [(dual(t, Q), e) for t, e in hotter]
        x, y = np.array([(t / self.transition, dual_energy(e, t, Q)) for t, e in colder]).T
        middle = Guide(np.array([1.0]), np.array([self.critical_energy]), "diamond", "diamond: exact")
        return [Guide(x, y, "rings", "rings: duals of\nhotter points"), middle]

    def cold_from_hot(self, energy):
        return Known(dual_energy(energy, self.temperatures[0], Q), "duality, from the hot lattice")


class _XY(Column):
    key, title, formula = "xy", "XY", r"$E=-\sum\cos(\theta_i-\theta_j)$"
    temperatures = (0.5, exact.KT_TEMPERATURE, 1.1)
    grid = (0.4, 0.56, 0.7, 0.8, 0.88, 0.94, 1.0, 1.06, 1.12, 1.18, 1.24, 1.32, 1.4)
    n_updates = (160, 200, 120)
    curve = ("helicity", "stiffness", r"\Upsilon")
    spacing = 8
    quench = (XY, 0.2, 900)

    def build(self, size):
        return XY(size)

    def look(self, model, spins):
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

    def known(self, quantity, temperature, size):
        if quantity == "thermometer":
            return Known(1.0, "by parts, any lattice")
        if quantity == "helicity" and temperature == self.transition:
            return Known(2 * temperature / math.pi, "Nelson and Kosterlitz, infinite lattice", finite=False)
        return None

    def guide(self, low, cold):
        ratios = np.array([low, 1.6])
        return Guide(ratios, 2 / math.pi * ratios * self.transition, "dashes", r"jump at $2T/\pi$, exact")

    def energy_guides(self, ratios, energies):
        cold = np.linspace(ratios[0], 0.8, 100)
        temperature = cold * self.transition
        words = "low $T$, to order $T^2$"
        return [Guide(cold, -2 + temperature / 2 + temperature**2 / 16, "line", words)]


COLUMNS: tuple[Column, ...] = (_Ising(), _Potts(), _XY())


def column_of(key: str) -> Column:
    """The column of a name."""
    return next(column for column in COLUMNS if column.key == key)
