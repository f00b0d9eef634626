"""Exact likelihoods in one and two dimensions: the integral Z on a grid, and what follows from it.

The grid is the centres of equal cells. For smooth energies the sum over them converges faster than any power of the
cell, and for a set with edges on cell borders, such as the checkerboard, it is exact.

Throughout, `domain` is the box to integrate over, a pair (low, high) for each of one or two coordinates, and `n` the
number of cells per axis: 2000 in one dimension and 200 in two if left out. `energy` is E, which is called without
gradients with a batch of points, in parts: a module in its own dtype and on its own device, any other function in
float64. `max_edge_mass` is the largest share of the mass that may lie in the outermost hundredth of the box on each
side. With None any share is accepted: what is computed is then a lower bound on the value of all of space.
"""

import functools
import math
from collections.abc import Callable
from dataclasses import dataclass

import torch
from jaxtyping import Bool, Float
from torch import Tensor, nn

from course_utils import arguments
from course_utils.data.planar import Density
from course_utils.energies import Domain, EnergyFunction

MAX_EDGE_MASS = 0.01
"""A uniform density on a square has 0.04 of its mass at the edge as `log_z` measures it, a Gaussian of standard
deviation 2 on [-5, 5]² 0.004."""

_PER_AXIS = {1: 2000, 2: 200}
"""Cells per axis. On [-5, 5]² they are 0.05 wide, and the KL of all sets here changes by less than 1e-4 with twice as
many."""

_AT_ONCE = 1 << 14
"""Points per pass of the energy."""


class DomainTooSmall(ValueError):
    """The model has mass at the edge of the domain, hence probably outside: the integral misses it.

    Attributes:
        edge_mass: share of the mass in the outermost hundredth of the domain on each side.
    """

    def __init__(self, edge_mass: float, limit: float, domain: Domain) -> None:
        self.edge_mass = edge_mass
        box = " x ".join(f"[{low:g}, {high:g}]" for low, high in domain)
        super().__init__(
            f"domain = {box} is too small: {edge_mass:.3g} of the mass inside lies at its edge (limit {limit:g}), so "
            f"there is probably more outside. Take a larger domain, or max_edge_mass=None to accept a log Z that is "
            f"only a lower bound"
        )


class LogZ(float):
    """log Z as a number, with `edge_mass`: the share of the mass in the outermost hundredth of the domain."""

    edge_mass: float

    def __new__(cls, value: float, edge_mass: float) -> "LogZ":
        number = super().__new__(cls, value)
        number.edge_mass = edge_mass
        return number


def grid(domain: Domain, n: int | None = None) -> tuple[Float[Tensor, "n_points *dim"], float]:
    """Centres of equal cells that fill a box, and the volume of a cell.

    Returns:
        Points, (n,) in one dimension and (n * n, 2) in two, with the last coordinate fastest, in float64; the volume.

    Raises:
        ValueError: if the domain or n is wrong.
    """
    cells = _cells(domain, n)
    return cells.centres, cells.volume


@dataclass(frozen=True, eq=False)
class _Cells:
    """The cells of a box: their centres, the volume of one, and which lie in the outermost hundredth on a side."""

    domain: Domain
    centres: Float[Tensor, "n_points *dim"]
    volume: float
    edge: Bool[Tensor, "n_points"]


def _cells(domain: Domain, n: int | None) -> _Cells:
    try:
        box = tuple((float(low), float(high)) for low, high in domain)
    except (TypeError, ValueError) as error:
        raise ValueError(f"domain = {domain!r}: expected one pair (low, high) per coordinate") from error
    if len(box) not in _PER_AXIS or not all(-math.inf < low < high < math.inf for low, high in box):
        raise ValueError(f"domain = {domain!r}: expected one or two pairs (low, high) with low < high")
    return _made(box, _PER_AXIS[len(box)] if n is None else arguments.whole("n", n, 10))


@functools.lru_cache(maxsize=8)
def _made(box: Domain, n: int) -> _Cells:
    along = (torch.arange(n, dtype=torch.float64) + 0.5) / n
    axes = [low + (high - low) * along for low, high in box]
    volume = math.prod((high - low) / n for low, high in box)
    width = max(1, round(n / 100))
    outer = (torch.arange(n) < width) | (torch.arange(n) >= n - width)
    if len(box) == 1:
        return _Cells(box, axes[0], volume, outer)
    return _Cells(box, torch.cartesian_prod(*axes), volume, (outer[:, None] | outer).flatten())


def log_z(
    energy: EnergyFunction, domain: Domain, n: int | None = None, max_edge_mass: float | None = MAX_EDGE_MASS
) -> LogZ:
    """log of Z, the integral of exp(-E) over the domain.

    Returns:
        log Z, a float with the attribute `edge_mass`, which says whether the mass outside the domain matters.

    Raises:
        ValueError: if the domain or n is wrong, or an energy is NaN.
        DomainTooSmall: if more than max_edge_mass lies at the edge.
    """
    return _log_z(*_on_grid(energy, domain, n), max_edge_mass)


def _log_z(cells: _Cells, values: Float[Tensor, "n_points"], max_edge_mass: float | None) -> LogZ:
    value = float(torch.logsumexp(-values, 0)) + math.log(cells.volume)
    edge_mass = float(torch.exp(-values[cells.edge] - value).sum() * cells.volume)
    if max_edge_mass is not None and not edge_mass <= max_edge_mass:
        raise DomainTooSmall(edge_mass, max_edge_mass, cells.domain)
    return LogZ(value, edge_mass)


def grid_probabilities(
    energy: EnergyFunction, domain: Domain, n: int | None = None
) -> tuple[Float[Tensor, "n_points *dim"], Float[Tensor, "n_points"]]:
    """The points of the grid, in float64, and the probability of the cell around each under exp(-E): they sum to 1."""
    cells, values = _on_grid(energy, domain, n)
    return cells.centres, torch.softmax(-values, 0)


def expectation(energy: EnergyFunction, function: Callable[[Tensor], Tensor], domain: Domain) -> Tensor:
    """Mean of a function of x under the model p = exp(-E) / Z, by quadrature.

    Args:
        function: takes points, (n, dim) or (n,), and returns an array with one row for each. It may have gradients with
            respect to parameters: the mean then has them too, while p is held fixed. With `function=energy` that is
            the second half of the gradient of the likelihood.

    Returns:
        The mean, in the shape of one row.
    """
    points, p = grid_probabilities(energy, domain)
    dtype, device = _place(function)
    values = function(points.to(device, dtype))
    return torch.tensordot(p.to(values), values, dims=1)


def exact_nll(energy: EnergyFunction, x: Float[Tensor, "n *dim"], domain: Domain) -> float:
    """Mean of -log p(x) = E(x) + log Z over a set of points, in nats.

    Raises:
        ValueError, DomainTooSmall: as for `log_z`.
    """
    normalisation = log_z(energy, domain)
    dtype, device = _place(energy)
    return float(_values(energy, x.to(device, dtype)).mean()) + normalisation


def entropy(density: Density) -> float:
    """-∫ p log p in nats, on the grid of the domain: the smallest mean negative log-likelihood a model can have."""
    return -float(_table(density, None)[1])


def kl(
    density: Density, energy: EnergyFunction, n: int | None = None, max_edge_mass: float | None = MAX_EDGE_MASS
) -> float:
    """Kullback-Leibler divergence ∫ p log(p/q) from the exact density p to the model q = exp(-E) / Z, in nats.

    Both integrals use the same grid over the density's domain. It is 0 if and only if q = p.

    Raises:
        ValueError, DomainTooSmall: as for `log_z`.
    """
    cells, values = _on_grid(energy, density.domain, n)
    normalisation = _log_z(cells, values, max_edge_mass)
    mass, negative_entropy = _table(density, n)
    seen = mass > 0  # where p = 0 the energy does not count, even if it is infinite
    return float(negative_entropy + (mass[seen] * values[seen]).sum() + normalisation * mass.sum())


@functools.lru_cache(maxsize=16)
def _table(density: Density, n: int | None) -> tuple[Float[Tensor, "n_points"], Float[Tensor, ""]]:
    """Probability of each cell, and ∫ p log p."""
    points, cell = grid(density.domain, n)
    log_p = density.log_prob(points)
    mass = torch.exp(log_p) * cell
    mass = mass / mass.sum()
    return mass, torch.special.xlogy(mass, mass / cell).sum()


def _on_grid(energy: EnergyFunction, domain: Domain, n: int | None) -> tuple[_Cells, Float[Tensor, "n_points"]]:
    """The cells, and the energy at the centre of each."""
    cells = _cells(domain, n)
    dtype, device = _place(energy)
    values = _values(energy, cells.centres.to(device, dtype)).cpu()
    if torch.isnan(values).any():
        raise ValueError(f"energy is NaN at {int(torch.isnan(values).sum())} of the {len(values)} points of the grid")
    return cells, values


@torch.no_grad()
def _values(energy: EnergyFunction, x: Float[Tensor, "n *dim"]) -> Float[Tensor, "n"]:
    if not callable(energy):
        raise ValueError(f"energy = {arguments.shown(energy)}: expected a function E(x) with one value per point")
    values = torch.cat([energy(part).detach().double() for part in x.split(_AT_ONCE)])
    if values.shape != x.shape[:1]:
        raise ValueError(
            f"energy(x) has shape {tuple(values.shape)}: expected {tuple(x.shape[:1])}, one value per point"
        )
    return values


def _place(function: object) -> tuple[torch.dtype, torch.device]:
    """The dtype and the device in which a function wants its points."""
    if isinstance(function, nn.Module):
        first = next(function.parameters(), None)
        if first is not None:
            return first.dtype, first.device
    return torch.float64, torch.device("cpu")
