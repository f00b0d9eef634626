"""What an energy is: a function of a batch of states, an object that knows its gradient, and one with known minima."""

from abc import ABC, abstractmethod
from typing import Protocol, runtime_checkable

import torch
from jaxtyping import Float
from torch import Tensor

from course_utils import arguments, tensors
from course_utils.tensors import Number

Domain = tuple[tuple[float, float], ...]
"""A box: one pair (low, high) per coordinate."""

LEVEL = 18.0
"""`domain_at` encloses all points less than 18 T above the minimum. Along a Gaussian direction these are six standard
deviations, outside of which lie 2e-9 of the mass; tests measure less than 1e-6 for every energy, at T from 0.1 to 5."""


@runtime_checkable
class EnergyFunction(Protocol):
    """E(x), one value per state: an `Energy`, a network, or any function made of torch operations."""

    def __call__(self, x: Float[Tensor, "n *dim"], /) -> Float[Tensor, "n"]: ...


class Energy(ABC):
    """An energy E(x), low where a sample is likely, that knows its gradient.

    Call it for E, and ask it for `grad`: both look at x first. Loops that know their states to be valid use `energy`,
    `gradient` and `energy_and_grad`, which do not. A subclass defines `energy`, and `gradient` or `energy_and_grad`
    where it knows better than automatic differentiation.
    """

    @abstractmethod
    def energy(self, x: Float[Tensor, "..."]) -> Float[Tensor, "..."]:
        """E(x) for an x that is known to be valid; users call the object instead."""

    def gradient(self, x: Float[Tensor, "..."]) -> Float[Tensor, "..."]:
        """dE/dx for an x that is known to be valid, by automatic differentiation unless a subclass knows better."""
        return differentiate(self.energy, x)[1]

    def energy_and_grad(self, x: Float[Tensor, "..."]) -> tuple[Float[Tensor, "..."], Float[Tensor, "..."]]:
        """E(x) and dE/dx for an x that is known to be valid; for energies that get both at the price of one."""
        return self.energy(x), self.gradient(x)

    def __call__(self, x: Float[Tensor, "..."]) -> Float[Tensor, "..."]:
        """E of each state, in units of k_B T at T = 1.

        Raises:
            ValueError: if x is not a floating-point tensor, or its shape is wrong.
        """
        return self.energy(self._valid(x))

    def grad(self, x: Float[Tensor, "..."]) -> Float[Tensor, "..."]:
        """dE/dx of each state, in the shape of x, which is as for a call of the object; the force is minus this."""
        return self.gradient(self._valid(x))

    def _valid(self, x: Float[Tensor, "..."]) -> Float[Tensor, "..."]:
        return tensors.floats("x", x)


def as_energy(energy: EnergyFunction) -> Energy:
    """The same energy as an object with a gradient: what is an `Energy` already is returned as it is.

    Args:
        energy: E, one value per state; a plain function or a network gets its gradient by automatic differentiation.

    Raises:
        ValueError: if energy is not callable.
    """
    if isinstance(energy, Energy):
        return energy
    if not callable(energy):
        raise ValueError(f"energy = {arguments.shown(energy)}: expected a function E(x) with one value per chain")
    return _Differentiated(energy)


class _Differentiated(Energy):
    """A plain function as an energy; autograd gives its gradient."""

    def __init__(self, function: EnergyFunction) -> None:
        self.function = function

    def energy(self, x: Float[Tensor, "..."]) -> Float[Tensor, "..."]:
        return self.function(x)

    def energy_and_grad(self, x: Float[Tensor, "..."]) -> tuple[Float[Tensor, "..."], Float[Tensor, "..."]]:
        return differentiate(self.function, x)


def differentiate(
    energy: EnergyFunction, x: Float[Tensor, "..."], *, graph: bool = False
) -> tuple[Float[Tensor, "..."], Float[Tensor, "..."]]:
    """E(x) and dE/dx by automatic differentiation, also where gradients are switched off.

    Args:
        energy: E, one value per state.
        x: states.
        graph: if True, x must require a gradient, and both results can be differentiated again.

    Raises:
        ValueError: if E(x) is no tensor, or has no derivative that autograd can follow.
    """
    with torch.enable_grad():
        leaf = x if graph else x.detach().requires_grad_(True)
        value = energy(leaf)
        if not isinstance(value, Tensor):
            raise ValueError(f"energy(x) = {arguments.shown(value)}: expected a tensor with one value per chain")
        if not value.requires_grad:
            raise ValueError("energy must be made of torch operations on x: autograd finds no derivative of E(x)")
        (slope,) = torch.autograd.grad(value.sum(), leaf, create_graph=graph, materialize_grads=True)
    return (value, slope) if graph else (value.detach(), slope)


class KnownEnergy(Energy):
    """An energy of points in space whose minima are known, and a box that holds nearly all of the probability.

    The shapes are those that the package names. A subclass defines `energy` and `domain_at`, sets the attributes below,
    and overrides `gradient` and `log_z` where a simple exact form exists.

    Attributes:
        name: what a figure calls it.
        dim: number of coordinates of one point.
        minima: shape (m,) for dim 1, (m, dim) otherwise, float64; the global minimum is first.
    """

    name: str
    dim: int
    minima: Float[Tensor, "..."]

    @abstractmethod
    def domain_at(self, temperature: Number) -> Domain:
        """A box for integrals: less than 1e-6 of the probability at this temperature lies outside it.

        Args:
            temperature: T > 0.

        Returns:
            (low, high) for each coordinate. Where exp(-E/T) has no finite integral over all of space, so that p exists
            only inside `domain`, it is that at every temperature.

        Raises:
            ValueError: if temperature is not positive and finite.
        """

    @property
    def domain(self) -> Domain:
        """A box for pictures, (low, high) for each coordinate: `domain_at(1.0)` unless the class says otherwise."""
        return self.domain_at(1.0)

    def log_z(self, temperature: Number = 1.0) -> float | None:
        """Exact log of Z(T), the integral of exp(-E/T) over all of space, or None where no exact form is known.

        Args:
            temperature: T > 0.

        Raises:
            ValueError: if temperature is not positive and finite.
        """
        arguments.temperature(temperature)
        return None

    def _valid(self, x: Float[Tensor, "..."]) -> Float[Tensor, "..."]:
        x = tensors.floats("x", x)
        if self.dim > 1 and (x.ndim == 0 or x.shape[-1] != self.dim):
            raise ValueError(f"x has shape {tuple(x.shape)}: expected the {self.dim} coordinates in its last axis")
        return x

    def _sum(self, terms: Float[Tensor, "..."]) -> Float[Tensor, "..."]:
        """Sum over coordinates: nothing to do where each entry is a coordinate of its own point."""
        return terms if self.dim == 1 else terms.sum(-1)


def origin(dim: int) -> Float[Tensor, "..."]:
    """The one minimum of an energy whose minimum is at zero, as `KnownEnergy.minima` wants it."""
    return torch.zeros(1 if dim == 1 else (1, dim), dtype=torch.float64)
