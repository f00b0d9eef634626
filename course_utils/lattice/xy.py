"""The XY model: continuous angles, sampled from their exact conditional, a von Mises distribution."""

import math
from typing import Any, ClassVar

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from ..arguments import whole
from . import colours, exact
from .base import AnyArray, Transition
from .engines import Conditional, total
from .planar import Planar
from .rng import bits, folded, unit, words
from .trig import angle_of, cos_sin

ROUNDS = 2
"""Proposals a spin gets in one update. One is accepted with probability 1 for small concentrations and 0.6577 for large
ones; two rounds cost half as much again as one."""


_NONE = -1.0  # in place of a direction: no proposal was accepted


class XY(Planar):
    """E = -J Σ cos(θ_i - θ_j) - h Σ cos θ_i over nearest neighbours, θ an angle in [0, 2π).

    Args:
        size, coupling, boundary: as for `Lattice`.
        field: h, which favours θ = 0.
        over_relaxation: in each sweep, after every spin was drawn from its conditional, so many times turn every spin
            to its mirror image in the direction in which its neighbours pull. That costs no energy, about half the time
            of the other update, and moves long waves along much sooner.

    Source: over-relaxation, Creutz, Phys. Rev. D 36, 515 (1987), doi:10.1103/PhysRevD.36.515; for XY, Gupta et al.,
        Phys. Rev. Lett. 61, 1996 (1988), doi:10.1103/PhysRevLett.61.1996.
    """

    name: ClassVar[str] = "XY"
    dtype: ClassVar[Any] = jnp.float32
    over_relaxation: int = eqx.field(static=True)

    def __init__(self, size, coupling=1.0, field=0.0, boundary="periodic", over_relaxation: int = 0) -> None:
        super().__init__(size, coupling, field, boundary)
        self.over_relaxation = whole("over_relaxation", over_relaxation, 0)

    @property
    def described(self):
        return "XY model, continuous angles"

    @property
    def transition(self):
        return Transition("T_KT", exact.KT_TEMPERATURE) if self.plain else None

    def angle(self, spins):
        return spins

    def colour_index(self, spins, hues=colours.HUES):
        return colours.around(spins, hues)

    def bond(self, a, b):
        return cos_sin(a - b)[0]

    def along_field(self, spins):
        return cos_sin(spins)[0]

    @eqx.filter_jit
    def order_parameter(self, spins: Float[AnyArray, "*batch rows cols"]) -> Float[Array, "*batch"]:
        """Length of the mean spin, |Σ (cos θ, sin θ)| / N, from 0 to 1."""
        cos, sin = cos_sin(jnp.asarray(spins))
        return jnp.hypot(cos.mean((-2, -1)), sin.mean((-2, -1)))

    def images(self, rng, spins):
        """Mirror images in a random axis."""
        turn = np.float32(2 * math.pi)
        mirrored = turn * rng.random((len(spins), 1, 1), dtype=np.float32) - spins
        return np.stack([spins, np.where(mirrored < 0, mirrored + turn, mirrored)])

    def sampler(self, beta):
        return VonMisesConditional(field=self.field, beta=beta)

    def programs(self, engine, sampler):
        mirror = engine.with_numbers(self.coupling, Mirror(self.field))
        return [*super().programs(engine, sampler), *[mirror] * self.over_relaxation]

    def random(self, key, shape):
        return unit(bits(key, shape)) * jnp.float32(2 * math.pi)

    def to_state(self, spins):
        return cos_sin(spins)

    def to_spins(self, state):
        return angle_of(*state)


class _Planar(Conditional):
    """Spins in the plane, as (cosine, sine)."""

    field: Float[Array, ""]
    absent: ClassVar[tuple[float, float]] = (0.0, 0.0)

    def pull(self, coupling, neighbours):
        """Σ J s_j + (h, 0)."""
        return self.field + total(coupling, (s[0] for s in neighbours)), total(coupling, (s[1] for s in neighbours))


class VonMisesConditional(_Planar):
    """p(θ | neighbours) ∝ exp(κ cos(θ - φ)), where the neighbours pull in direction φ with strength κ = beta |Σ J s_j|.

    Proposals follow Best and Fisher's wrapped Cauchy distribution: a uniform direction, moved by the map
    w -> (w + ρ) / (1 + ρ w) of the unit circle onto itself. A spin whose `ROUNDS` proposals are all rejected stays
    what it was. Whether it stays does not depend on what it was, so the conditional is kept exactly.

    Source: Best and Fisher, Appl. Statist. 28, 152 (1979), doi:10.2307/2346732.
    """

    beta: Float[Array, ""]

    def draw(self, key, coupling, neighbours, own):
        x, y = self.pull(coupling, neighbours)
        length = jnp.sqrt(x * x + y * y)
        kappa = self.beta * length

        def propose(number, accepted):
            # The direction before it is moved stands for the proposal: one number, so that nothing is computed twice.
            first, second = words(folded(key, number), kappa.shape)
            turns = unit(first)
            rho, kappa_r = best_fisher(kappa)
            c = kappa_r - kappa * moved(turns, rho)[0]
            return jnp.where(unit(second) < c * jnp.exp(1 - c), turns, accepted)

        turns = jax.lax.fori_loop(0, ROUNDS, propose, jnp.full_like(kappa, _NONE))
        cos, sin = moved(turns, best_fisher(kappa)[0])
        free = length == 0  # then any direction is as good as the other
        x, y = jnp.where(free, 1, x / length), jnp.where(free, 0, y / length)
        keep = turns == _NONE
        return jnp.where(keep, own[0], cos * x - sin * y), jnp.where(keep, own[1], cos * y + sin * x)


def best_fisher(kappa: Float[Array, "*n"]) -> tuple[Float[Array, "*n"], Float[Array, "*n"]]:
    """Best and Fisher's ρ, and κ r = κ (1 + ρ²) / (2 ρ), in forms that hold for κ = 0 too."""
    tau = 1 + jnp.sqrt(1 + 4 * kappa * kappa)
    width = tau + jnp.sqrt(2 * tau)
    rho = 2 * kappa / width
    return rho, (1 + rho * rho) * width / 4


def moved(turns: Float[Array, "*n"], rho: Float[Array, "*n"]) -> tuple[Float[Array, "*n"], Float[Array, "*n"]]:
    """w = exp(2π i turns) moved to (w + ρ) / (1 + ρ w): real and imaginary part."""
    cos, sin = cos_sin(turns * jnp.float32(2 * math.pi))
    scale = 1 / (1 + rho * rho + 2 * rho * cos)
    return (2 * rho + (1 + rho * rho) * cos) * scale, (1 - rho * rho) * sin * scale


class Mirror(_Planar):
    """θ -> 2 φ - θ with φ the direction in which the neighbours pull: the energy stays, and twice is none at all."""

    def draw(self, key, coupling, neighbours, own):
        x, y = self.pull(coupling, neighbours)
        along = 2 * (own[0] * x + own[1] * y) / jnp.maximum(x * x + y * y, jnp.float32(1e-30))
        free = x * x + y * y < 1e-30
        return jnp.where(free, own[0], along * x - own[0]), jnp.where(free, own[1], along * y - own[1])
