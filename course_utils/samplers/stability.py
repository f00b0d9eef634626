"""The largest step at which a Langevin step is stable, from the curvature of the energy."""

import math
from collections.abc import Callable

import torch
from jaxtyping import Float
from torch import Tensor

from course_utils import arguments, tensors
from course_utils.energies import Energy, EnergyFunction, as_energy, differentiate


def stable_step_size(energy: EnergyFunction, x: Float[Tensor, "n_chains *dim"], *, temperature: float = 0.0) -> float:
    """The step size below which a Langevin step is stable near x: 2 / (largest eigenvalue of the Hessian of E).

    In a quadratic well of curvature k a step multiplies the distance from the minimum by 1 - ε k, which shrinks it only
    for ε < 2/k. The curvature is measured at x and on the way down from x into the wells, with Hessian-vector products:
    all eigenvalues for up to 16 coordinates, power iteration for more. At T > 0 the surroundings of that way count too.
    A chain that travels elsewhere can meet a larger curvature.

    A bounded force hides the instability: on `Rastrigin` a step too large by a factor of two gives no infinite number
    but a wrong distribution. So ask this function before you trust an unadjusted run.

    Args:
        energy: E, one value per chain, twice differentiable by autograd.
        x: states; of more than 64 chains, 64 are used.
        temperature: T >= 0 at which the surroundings of the path are looked at.

    Returns:
        The largest stable ε, inf if E is curved upwards nowhere on the way.

    Raises:
        ValueError: if x or the energy is wrong.

    Source: Golub and Van Loan, Matrix Computations (4th ed., 2013), section 7.3, for power iteration.
    """
    tensors.states(x)
    temperature = arguments.temperature(temperature, zero=True)
    target = as_energy(energy)
    generator = torch.Generator(x.device).manual_seed(0)  # of its own: the answer depends on the arguments only
    x = x.detach().contiguous()
    x = x[torch.linspace(0, len(x) - 1, min(len(x), 64)).round().long().to(x.device)]
    axes = (-1, *[1] * (x.ndim - 1))
    largest, steepest = 0.0, torch.full_like(x[(..., *[0] * (x.ndim - 1))], 1e-30)
    for round_ in range(_ROUNDS):
        top, size = _curvatures(target, x, generator)
        largest = max(largest, top[torch.isfinite(top)].max().item() if torch.isfinite(top).any() else 0.0)
        steepest = torch.maximum(steepest, size.nan_to_num(1e30, 1e30))
        if round_ == 0:  # off the tops of barriers, where the force vanishes
            x = torch.where((top <= 0).reshape(axes), x + 0.01 * (1 + x.abs()) * _normal(x, generator), x)
        moved = _downhill(target, x, 0.5 / steepest)
        moved = moved + (temperature / steepest).sqrt().reshape(axes) * _normal(x, generator)
        x = torch.where(torch.isfinite(moved), moved, x)
    return 2 / largest if largest > 0 else math.inf


_ROUNDS = 16
"""Steps of descent of `stable_step_size`: off the top of a barrier, where each grows the distance by half, they go 657
times as far as the kick."""

_FULL_HESSIAN = 16
"""Coordinates up to which all eigenvalues of the Hessian are computed."""


def _downhill(
    target: Energy, x: Float[Tensor, "n_chains *dim"], ε: Float[Tensor, "n_chains"]
) -> Float[Tensor, "n_chains *dim"]:
    """One step of descent with ε, halved in each chain until E falls as it should.

    1 / curvature would go to the bottom of a parabola at once. Half of that, which is handed in, does not overshoot
    where curvature rises on the way, and the halving keeps it from jumping over a well.
    """
    value, slope = (part.detach() for part in target.energy_and_grad(x))
    fall = (slope**2).reshape(len(x), -1).sum(1)
    for _ in range(40):
        moved = x - ε.reshape(-1, *[1] * (x.ndim - 1)) * slope
        too_far = ~(target.energy(moved) <= value - 0.25 * ε * fall)
        if not too_far.any():
            break
        ε = torch.where(too_far, ε / 2, ε)
    return moved


def _normal(like: Float[Tensor, "..."], generator: torch.Generator) -> Float[Tensor, "..."]:
    return torch.empty_like(like).normal_(generator=generator)


def _curvatures(
    target: Energy, x: Float[Tensor, "n_chains *dim"], generator: torch.Generator
) -> tuple[Float[Tensor, "n_chains"], Float[Tensor, "n_chains"]]:
    """Per chain, the largest eigenvalue of the Hessian and the largest absolute value of an eigenvalue."""
    with torch.enable_grad():
        leaf = x.detach().requires_grad_(True)
        slope = differentiate(target.energy, leaf, graph=True)[1]

        def product(v: Tensor) -> Tensor:
            if not slope.requires_grad:  # E is linear in x
                return torch.zeros_like(v)
            return torch.autograd.grad(slope, leaf, v, retain_graph=True, materialize_grads=True)[0]

        n = math.prod(x.shape[1:])
        if x.ndim == 1:
            values = product(torch.ones_like(x))[:, None]
        elif n <= _FULL_HESSIAN:
            rows = torch.eye(n, dtype=x.dtype, device=x.device).reshape(n, 1, *x.shape[1:])
            hessian = torch.stack([product(row.expand_as(x)).reshape(len(x), n) for row in rows], dim=1)
            values = torch.linalg.eigvalsh(hessian.nan_to_num(0.0, 0.0, 0.0))
        else:
            top, size = _power_iteration(product, x, generator, 0.0, 12)
            # Shifted, all eigenvalues are positive, and the largest of them wins.
            top, _ = _power_iteration(product, x, generator, 1.01 * size, 24)
            return top.detach().flatten(), torch.maximum(size, top.abs()).detach().flatten()
    return values.amax(1).detach(), values.abs().amax(1).detach()


def _power_iteration(
    product: Callable[[Tensor], Tensor],
    like: Float[Tensor, "n_chains *dim"],
    generator: torch.Generator,
    shift: float | Float[Tensor, "n_chains ..."],
    n: int,
) -> tuple[Float[Tensor, "n_chains ..."], Float[Tensor, "n_chains ..."]]:
    """Per chain v·Hv and |Hv| for the vector v that n iterations of H + shift make of a random one.

    Args:
        product: H times a vector, for each chain.
        like: a tensor of the shape of v.
        generator: source of the first vector.
        shift, n: of the iterations.
    """
    axes = tuple(range(1, like.ndim))

    def dot(a: Tensor, b: Tensor) -> Tensor:
        return (a * b).sum(axes, keepdim=True)

    v = _normal(like, generator)
    for _ in range(n):
        v = v / dot(v, v).sqrt().clamp(min=1e-30)
        image = product(v)
        v, old = image + shift * v, v
    return dot(old, image), dot(image, image).sqrt()
