"""XY spins by hand: what lesson 09 builds before it uses the engine. J = 1 throughout.

Importing the module loads neither JAX nor PyTorch.
"""

import math
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np
from jaxtyping import Float

from .gibbs import two_colours
from .observables import helicity_modulus, helicity_terms, mean_and_error

if TYPE_CHECKING:
    import jax

TURN = 2 * math.pi


def sweep(
    angles: Float[np.ndarray, "*batch rows cols"],
    beta: float,
    draw: Callable[[np.ndarray, np.ndarray], np.ndarray],
    mirrors: int = 0,
) -> Float[np.ndarray, "*batch rows cols"]:
    """One sweep of a torus: every spin from its exact conditional, then some sweeps of mirror images.

    Both go by colours: the spins with even i + j, then the others. The neighbours of a spin pull in the direction φ of
    the sum of their unit vectors, of length R. Its conditional is the von Mises distribution exp(beta R cos(θ - φ)),
    and its mirror image 2 φ - θ has the same energy.

    Args:
        angles: in radians, any turn.
        beta: inverse temperature.
        draw: draw(φ, κ) gives one angle for each direction φ and concentration κ, such as `Generator.vonmises`.
        mirrors: sweeps of mirror images after that of draws.

    Returns:
        The new angles, from 0 to 2π.

    Raises:
        ValueError: if a side is odd.

    Source: over-relaxation, Creutz, Phys. Rev. D 36, 515 (1987), doi:10.1103/PhysRevD.36.515.
    """
    even = two_colours(*angles.shape[-2:])
    angles = np.array(angles, dtype=float)
    for k in range(1 + mirrors):
        for colour in (even, ~even):
            unit = np.exp(1j * angles)
            pull = sum(np.roll(unit, step, axis)[..., colour] for axis in (-2, -1) for step in (1, -1))
            direction = np.angle(pull)
            here = angles[..., colour]
            angles[..., colour] = 2 * direction - here if k else draw(direction, beta * np.abs(pull))
    return angles % TURN


def stiffness_curve(
    draw: Callable[[float], Float[Any, "chains samples L L"]], temperatures: Float[np.ndarray, "n"]
) -> Float[np.ndarray, "n 2"]:
    """Helicity modulus against temperature, with errors from independent chains.

    Args:
        draw: draw(T) gives angles at temperature T, in radians, on tori.
        temperatures: where to measure.

    Returns:
        A row for each temperature: Υ, averaged over both axes, and its standard error, in units of J.

    Source: see `observables.helicity_modulus`.
    """
    rows = []
    for temperature in temperatures:
        angles = np.asarray(draw(temperature))
        each = helicity_modulus(helicity_terms(angles), 1 / temperature, angles[0, 0].size, axis=())
        rows.append(mean_and_error(each))
    return np.array(rows)


def von_mises(key: "jax.Array", direction: "Float[jax.Array, '*n']", kappa: "Float[jax.Array, '*n']") -> "jax.Array":
    """Angles with density exp(κ cos(θ - φ)) / (2π I₀(κ)): Best and Fisher's proposals, until all are accepted.

    Args:
        key: random numbers.
        direction: φ of each, in radians.
        kappa: concentration of each, >= 0.

    Returns:
        One angle each, in radians, any turn.

    Source: Best and Fisher, Appl. Statist. 28, 152 (1979), doi:10.2307/2346732.
    """
    import jax
    import jax.numpy as jnp

    from .xy import best_fisher, moved

    rho, kappa_r = best_fisher(kappa)

    def round_(carry):
        key, angle, waiting = carry
        key, now = jax.random.split(key)
        turns, v = jax.random.uniform(now, (2, *jnp.shape(kappa)))
        cos, sin = moved(turns, rho)
        c = kappa_r - kappa * cos
        accepted = waiting & (v < c * jnp.exp(1 - c))
        return key, jnp.where(accepted, jnp.arctan2(sin, cos), angle), waiting & ~accepted

    start = (key, jnp.zeros_like(kappa), jnp.ones(jnp.shape(kappa), bool))
    return direction + jax.lax.while_loop(lambda carry: carry[2].any(), round_, start)[1]
