"""Exact likelihoods in one and two dimensions: the integral Z on a grid, and what follows from it.

The grid is the centres of equal cells. For smooth energies the sum over them converges faster than any power of the
cell, and for a set with edges on cell borders, such as the checkerboard, it is exact.
"""

import functools
import math
import numbers
from collections.abc import Callable

import torch
from jaxtyping import Float
from torch import Tensor, nn

from course_utils.data.planar import Density
from course_utils.energies import Domain

__all__ = [
    "DomainTooSmall",
    "LogZ",
    "entropy",
    "exact_nll",
    "expectation",
    "grid",
    "grid_probabilities",
    "kl",
    "log_z",
]

EnergyFunction = Callable[[Float[Tensor, "n *dim"]], Float[Tensor, "n"]]

MAX_EDGE_MASS = 0.01
"""A uniform density on a square has 0.04 of its mass at the edge as `log_z` measures it, a Gaussian of standard
deviation 2 on [-5, 5]² 0.004."""

_CELLS = {1: 2000, 2: 200}
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

    Args:
        domain: (low, high) for each of one or two coordinates.
        n: cells per axis; 2000 in one dimension and 200 in two if left out.

    Returns:
        Points, (n,) in one dimension and (n * n, 2) in two, with the last coordinate fastest, in float64; the volume.

    Raises:
        ValueError: if the domain or n is wrong.
    """
    try:
        box = tuple((float(low), float(high)) for low, high in domain)
    except (TypeError, ValueError) as error:
        raise ValueError(f"domain must be one pair (low, high) per coordinate, got {domain!r}") from error
    if len(box) not in _CELLS or not all(-math.inf < low < high < math.inf for low, high in box):
        raise ValueError(f"domain must be one or two pairs (low, high) with low < high, got {domain!r}")
    n = _CELLS[len(box)] if n is None else n
    if not isinstance(n, numbers.Integral) or isinstance(n, bool) or n < 10:
        raise ValueError(f"n must be a whole number of cells per axis >= 10, got {n!r}")
    return _grid(box, int(n))


@functools.lru_cache(maxsize=8)
def _grid(box: Domain, n: int) -> tuple[Tensor, float]:
    cells = (torch.arange(n, dtype=torch.float64) + 0.5) / n
    axes = [low + (high - low) * cells for low, high in box]
    cell = math.prod((high - low) / n for low, high in box)
    return axes[0] if len(axes) == 1 else torch.cartesian_prod(*axes), cell


@functools.lru_cache(maxsize=8)
def _edge(dim: int, n: int) -> Tensor:
    """Which points of a grid are within a hundredth of its width of the edge."""
    width = max(1, round(n / 100))
    outer = (torch.arange(n) < width) | (torch.arange(n) >= n - width)
    return outer if dim == 1 else (outer[:, None] | outer).flatten()


def log_z(
    energy: EnergyFunction, domain: Domain, n: int | None = None, max_edge_mass: float | None = MAX_EDGE_MASS
) -> LogZ:
    """log of Z, the integral of exp(-E) over the domain.

    Args:
        energy: E; called with a batch of points, without gradients, in parts. A module is called in its own dtype and
            on its own device, any other function in float64.
        domain: the box to integrate over.
        n: cells per axis; 2000 in one dimension and 200 in two if left out.
        max_edge_mass: largest share of the mass that may lie in the outermost hundredth of the box on each side. With
            None any share is accepted: the value is then a lower bound on the log Z of all of space, and its
            `edge_mass` says whether that matters.

    Returns:
        log Z, a float with the attribute `edge_mass`.

    Raises:
        ValueError: if the domain or n is wrong, or an energy is NaN.
        DomainTooSmall: if more than max_edge_mass lies at the edge.
    """
    values, cell, domain, n = _on_grid(energy, domain, n)
    return _log_z(values, cell, domain, n, max_edge_mass)


def _log_z(values: Tensor, cell: float, domain: Domain, n: int, max_edge_mass: float | None) -> LogZ:
    value = float(torch.logsumexp(-values, 0)) + math.log(cell)
    edge_mass = float(torch.exp(-values[_edge(len(domain), n)] - value).sum() * cell)
    if max_edge_mass is not None and not edge_mass <= max_edge_mass:
        raise DomainTooSmall(edge_mass, max_edge_mass, domain)
    return LogZ(value, edge_mass)


def grid_probabilities(
    energy: EnergyFunction, domain: Domain, n: int | None = None
) -> tuple[Float[Tensor, "n_points *dim"], Float[Tensor, "n_points"]]:
    """The points of the grid, in float64, and the probability of the cell around each under exp(-E): they sum to 1."""
    values, _, domain, n = _on_grid(energy, domain, n)
    return _grid(domain, n)[0], torch.softmax(-values, 0)


def expectation(
    energy: EnergyFunction, function: Callable[[Tensor], Tensor], domain: Domain, n: int | None = None
) -> Tensor:
    """Mean of a function of x under the model p = exp(-E) / Z, by quadrature.

    Args:
        energy: E.
        function: takes points, (n, dim) or (n,), and returns an array with one row for each. It may have gradients with
            respect to parameters: the mean then has them too, while p is held fixed. With `function=energy` that is
            the second half of the gradient of the likelihood.
        domain: the box to integrate over.
        n: cells per axis.

    Returns:
        The mean, in the shape of one row.
    """
    points, p = grid_probabilities(energy, domain, n)
    dtype, device = _place(function)
    values = function(points.to(device, dtype))
    return torch.tensordot(p.to(values), values, dims=1)


def exact_nll(
    energy: EnergyFunction,
    x: Float[Tensor, "n *dim"],
    domain: Domain,
    n: int | None = None,
    max_edge_mass: float | None = MAX_EDGE_MASS,
) -> float:
    """Mean of -log p(x) = E(x) + log Z over a set of points, in nats.

    Args:
        energy: E.
        x: the points.
        domain: the box that Z is computed on.
        n: cells per axis.
        max_edge_mass: as for `log_z`.

    Raises:
        ValueError, DomainTooSmall: as for `log_z`.
    """
    normalisation = log_z(energy, domain, n, max_edge_mass)
    dtype, device = _place(energy)
    return float(_values(energy, x.to(device, dtype)).mean()) + normalisation


def entropy(density: Density, n: int | None = None) -> float:
    """-∫ p log p in nats, on the grid of the domain: the smallest mean negative log-likelihood a model can have."""
    n = _CELLS[density.dim] if n is None else n
    return -float(_table(density, n)[1])


def kl(
    density: Density, energy: EnergyFunction, n: int | None = None, max_edge_mass: float | None = MAX_EDGE_MASS
) -> float:
    """Kullback-Leibler divergence ∫ p log(p/q) from the exact density p to the model q = exp(-E) / Z, in nats.

    Both integrals use the same grid over the density's domain. It is 0 if and only if q = p.

    Args:
        density: p.
        energy: E.
        n: cells per axis.
        max_edge_mass: as for `log_z`; with None it is a lower bound if the model has mass outside the domain.

    Raises:
        ValueError, DomainTooSmall: as for `log_z`.
    """
    values, cell, domain, n = _on_grid(energy, density.domain, n)
    normalisation = _log_z(values, cell, domain, n, max_edge_mass)
    mass, negative_entropy = _table(density, n)
    seen = mass > 0  # where p = 0 the energy does not count, even if it is infinite
    return float(negative_entropy + (mass[seen] * values[seen]).sum() + normalisation * mass.sum())


@functools.lru_cache(maxsize=16)
def _table(density: Density, n: int) -> tuple[Tensor, Tensor]:
    """Probability of each cell, and ∫ p log p."""
    points, cell = grid(density.domain, n)
    log_p = density.log_prob(points)
    mass = torch.exp(log_p) * cell
    mass = mass / mass.sum()
    return mass, torch.special.xlogy(mass, mass / cell).sum()


def _on_grid(energy: EnergyFunction, domain: Domain, n: int | None) -> tuple[Tensor, float, Domain, int]:
    points, cell = grid(domain, n)
    domain = tuple((float(low), float(high)) for low, high in domain)
    n = _CELLS[len(domain)] if n is None else int(n)
    dtype, device = _place(energy)
    values = _values(energy, points.to(device, dtype)).cpu()
    if torch.isnan(values).any():
        raise ValueError(f"energy is NaN at {int(torch.isnan(values).sum())} of the {len(values)} points of the grid")
    return values, cell, domain, n


@torch.no_grad()
def _values(energy: EnergyFunction, x: Tensor) -> Tensor:
    if not callable(energy):
        raise ValueError(f"energy must be callable, E(x) with one value per point; got {energy!r}")
    values = torch.cat([energy(part).detach().double() for part in x.split(_AT_ONCE)])
    if values.shape != x.shape[:1]:
        raise ValueError(
            f"energy(x) must have one value per point, shape {tuple(x.shape[:1])}; got {tuple(values.shape)}"
        )
    return values


def _place(function: object) -> tuple[torch.dtype, torch.device]:
    """The dtype and the device in which a function wants its points."""
    if isinstance(function, nn.Module):
        first = next(function.parameters(), None)
        if first is not None:
            return first.dtype, first.device
    return torch.float64, torch.device("cpu")
