"""The Boltzmann distribution p(x) = exp(-E(x)/T) / Z on finite sets and on grids, in units with k_B = 1."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Float, Int
from torch import Tensor

from course_utils import arguments
from course_utils.arguments import positive, whole


def probabilities(energy: Float[Tensor, "n"], temperature: float) -> Float[Tensor, "n"]:
    """Boltzmann probabilities of a finite set of states.

    Args:
        energy: the energy of each state, in units of k_B T at T = 1.
        temperature: T > 0.

    Returns:
        p, with p.sum() == 1.

    Raises:
        ValueError: if the temperature is not positive or an energy is NaN.
    """
    log_weight = -_valid(energy) / arguments.temperature(temperature)
    return torch.exp(log_weight - torch.logsumexp(log_weight, dim=0))


def density(
    energy: Float[Tensor, "*grid"], cell: float, temperature: float = 1.0
) -> tuple[Float[Tensor, "*grid"], float]:
    """Boltzmann density on a uniform grid of any dimension.

    Args:
        energy: the energy at each grid point, in units of k_B T at T = 1.
        cell: volume of one grid cell: dx in one dimension, dx·dy in two.
        temperature: T > 0.

    Returns:
        p with p.sum() * cell == 1, and log Z.

    Raises:
        ValueError: if the cell or the temperature is not positive, or an energy is NaN.
    """
    positive("cell", cell)
    log_weight = -_valid(energy) / arguments.temperature(temperature)
    log_z = torch.logsumexp(log_weight.flatten(), dim=0) + math.log(cell)
    return torch.exp(log_weight - log_z), float(log_z)


def photograph(energy: Float[Tensor, "n"], temperature: float, darts: Float[Tensor, "m"]) -> Int[Tensor, "m"]:
    """States drawn from the Boltzmann distribution.

    Args:
        energy: the energy of each state, in units of k_B T at T = 1.
        temperature: T > 0.
        darts: random numbers, uniform between 0 and 1.

    Returns:
        For each dart the index of the state that it hits, when the probabilities lie end to end.

    Raises:
        ValueError: as `probabilities`.
    """
    marks = torch.cumsum(probabilities(energy, temperature), dim=0)
    return torch.searchsorted(marks, darts.to(marks)).clamp(max=len(marks) - 1)


@dataclass(frozen=True)
class Thermodynamics:
    """Averages over a Boltzmann density at one temperature, in units with k_B = 1.

    Attributes:
        temperature: T.
        mean_energy: U = ⟨E⟩.
        entropy: S = -∫ p log p, in nats; a density's entropy can be negative.
        free_energy: F = -T log Z, which equals U - T S.
        heat_capacity: C = Var(E) / T², which equals dU/dT.
    """

    temperature: float
    mean_energy: float
    entropy: float
    free_energy: float
    heat_capacity: float


def thermodynamics(energy: Float[Tensor, "*grid"], cell: float, temperature: float = 1.0) -> Thermodynamics:
    """Mean energy, entropy, free energy and heat capacity on a uniform grid.

    The entropy is computed from p and the free energy from Z, so F = U - T S is a statement that can be tested.

    Args:
        energy, cell, temperature: as for `density`.
    """
    p, log_z = density(energy, cell, temperature)
    mass = p * cell
    mean = float((mass * energy).sum())
    return Thermodynamics(
        temperature=temperature,
        mean_energy=mean,
        entropy=-float(torch.special.xlogy(mass, p).sum()),
        free_energy=-temperature * log_z,
        heat_capacity=float((mass * (energy - mean) ** 2).sum()) / temperature**2,
    )


def heat(
    energy: Float[Tensor, "*grid"], cell: float, temperatures: Float[Tensor, "k"]
) -> tuple[Float[Tensor, "k"], Float[Tensor, "k"], Float[Tensor, "k"]]:
    """Mean energy U, entropy S and heat capacity C on a uniform grid at several temperatures, as `thermodynamics`."""
    each = [thermodynamics(energy, cell, float(T)) for T in temperatures]
    rows = [[x.mean_energy, x.entropy, x.heat_capacity] for x in each]
    U, S, C = torch.tensor(rows, dtype=torch.float64).T
    return U, S, C


def grid_1d(low: float, high: float, n: int = 2001) -> tuple[Float[Tensor, "n"], float]:
    """A uniform grid of n points (float64) from low to high, both included, and its spacing dx.

    Raises:
        ValueError: if low >= high or n < 2.
    """
    if not low < high:
        raise ValueError(f"low = {low}, high = {high}: expected low < high")
    return torch.linspace(low, high, whole("n", n, 2), dtype=torch.float64), (high - low) / (n - 1)


def grid_2d(domain: Sequence[Sequence[float]], n: int = 201) -> tuple[Float[Tensor, "n n 2"], float]:
    """A uniform grid of n × n points (float64) on a rectangle, and its cell area dx·dy.

    Args:
        domain: ((x_low, x_high), (y_low, y_high)).
        n: points per axis.

    Returns:
        Points, indexed [i_x, i_y, coordinate], and the area of a cell.

    Raises:
        ValueError: if the domain is not two intervals, or as `grid_1d`.
    """
    if len(domain) != 2:
        raise ValueError(f"domain has {len(domain)} intervals: expected 2, ((x_low, x_high), (y_low, y_high))")
    (x, dx), (y, dy) = (grid_1d(low, high, n) for low, high in domain)
    return torch.stack(torch.meshgrid(x, y, indexing="ij"), dim=-1), dx * dy


def _valid(energy: Float[Tensor, "*grid"]) -> Float[Tensor, "*grid"]:
    if torch.isnan(energy).any():
        raise ValueError(f"energy holds {int(torch.isnan(energy).sum())} NaN values: expected numbers (inf is allowed)")
    return energy
