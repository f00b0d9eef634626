"""The clock model: q directions in the plane, 2π k / q. With q = 16 it is a discrete stand-in for XY."""

from functools import reduce
from typing import Any, ClassVar

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Integer, UInt32

from ..arguments import whole
from . import exact
from .base import AnyArray, Transition
from .engines import Conditional, total
from .planar import Planar
from .rng import fine, multiply_high, pick, words

MAX_STATES = 64
MAX_TABLE = 20
"""Largest q for which the conditional is a table: q^4 entries of 4 bytes are 640 KB."""


class Clock(Planar):
    """E = -J Σ cos(θ_i - θ_j) - h Σ cos θ_i over nearest neighbours, θ = 2π k / q; a spin is its index k.

    Args:
        size, coupling, boundary: as for `Lattice`.
        q: number of directions, 2 to 64.
        field: h, which favours θ = 0.

    Source: José, Kadanoff, Kirkpatrick and Nelson, Phys. Rev. B 16, 1217 (1977), doi:10.1103/PhysRevB.16.1217.
    """

    name: ClassVar[str] = "Clock"
    dtype: ClassVar[Any] = jnp.uint8
    q: int = eqx.field(static=True)
    tabulated: bool = eqx.field(static=True)

    def __init__(self, size, q: int, coupling=1.0, field: float = 0.0, boundary: str = "periodic") -> None:
        super().__init__(size, coupling, field, boundary)
        self.q = whole("q", q, 2, MAX_STATES)
        self.tabulated = self.grid.periodic and not self.coupling.ndim and self.q <= MAX_TABLE and field == 0

    @property
    def states(self):
        return tuple(range(self.q))

    @property
    def title(self):
        return f"Clock, q = {self.q}"

    @property
    def described(self):
        return f"XY model, {self.q} directions"

    @property
    def transition(self):
        """Exact for two, three and four directions, which are Ising, Potts and two Ising models; else that of XY."""
        if not self.plain:
            return None
        few = {2: 1 / exact.BETA_C, 3: 1.5 / exact.potts_beta_c(3), 4: 0.5 / exact.BETA_C}
        if self.q in few:
            return Transition("T_c", few[self.q])
        return Transition("T_KT of XY", exact.KT_TEMPERATURE)

    def angle(self, spins):
        return spins.astype(np.float32) * np.float32(2 * np.pi / self.q)

    def bond(self, a, b):
        return jnp.cos(self.angle(a) - self.angle(b))

    def along_field(self, spins):
        return jnp.cos(self.angle(spins))

    @eqx.filter_jit
    def order_parameter(self, spins: Integer[AnyArray, "*batch rows cols"]) -> Float[Array, "*batch"]:
        """Length of the mean spin, |Σ (cos θ, sin θ)| / N, from 0 to 1."""
        angle = self.angle(jnp.asarray(spins))
        return jnp.hypot(jnp.cos(angle).mean((-2, -1)), jnp.sin(angle).mean((-2, -1)))

    def images(self, rng, spins):
        """Mirror images in a random axis, which lies on a direction or between two."""
        axis = rng.integers(self.q, size=(len(spins), 1, 1))
        return np.stack([spins, ((axis - spins) % self.q).astype(np.uint8)])

    def sampler(self, beta):
        if self.tabulated:
            return TableConditional(alias_table(clock_conditionals(beta * self.coupling, self.q)), self.q)
        return ClockConditional(beta, self.field, self.q)


class ClockConditional(Conditional):
    """P(θ | neighbours) ∝ exp(beta (J Σ cos(θ - θ_j) + h cos θ)) for any couplings, by q weights."""

    beta: Float[Array, ""]
    field: Float[Array, ""]
    q: int = eqx.field(static=True)

    @property
    def absent(self) -> int:
        return self.q  # the entry after the last direction, a vector of length 0

    def draw(self, key, coupling, neighbours, own):
        turn = 2 * np.pi * np.arange(self.q) / self.q
        x, y = (jnp.asarray(np.append(part, 0.0), jnp.float32) for part in (np.cos(turn), np.sin(turn)))
        pull_x = self.field + total(coupling, (x[s] for s in neighbours))
        pull_y = total(coupling, (y[s] for s in neighbours))
        logs = [self.beta * (pull_x * x[k] + pull_y * y[k]) for k in range(self.q)]
        most = reduce(jnp.maximum, logs)  # taken off every exponent, so that none overflows in the cold
        weights = jax.lax.optimization_barrier([jnp.exp(log - most) for log in logs])
        return pick(*words(key, own.shape), weights)


class TableConditional(Conditional):
    """The same conditional for one coupling, no field and four neighbours, by looking it up.

    Turning all five spins turns the conditional with them. So only the three differences from the first neighbour
    matter, q^3 cases, and each is an alias table: pick one of its q columns at random, then the column itself or its
    alias. That is two random words and one look at a table of q^4 entries (256 KB for q = 16).
    """

    table: UInt32[Array, "entries"]
    q: int = eqx.field(static=True)
    absent: ClassVar[int] = 0  # there is always a neighbour

    def draw(self, key, coupling, neighbours, own):
        first, *others = [s.astype(jnp.uint32) for s in neighbours]
        row = jnp.uint32(0)
        for other in others:
            row = row * self.q + wrapped(other + self.q - first, self.q)
        pick_column, pick_alias = words(key, own.shape)
        column = multiply_high(pick_column, self.q)
        entry = self.table.at[row * self.q + column].get(mode="promise_in_bounds")
        share, alias = unpacked(entry)
        drawn = jnp.where(fine(pick_alias) < share, column, alias)
        return wrapped(first + drawn, self.q).astype(jnp.uint8)


def wrapped(k: UInt32[Array, "*n"], q: int) -> UInt32[Array, "*n"]:
    """k modulo q for 0 <= k < 2 q, without a division."""
    return jnp.where(k >= q, k - q, k)


def clock_conditionals(strength: Float[Array, ""], q: int) -> Float[Array, "cases q"]:
    """P(k | neighbours) for neighbours (0, a, b, c), case (a q + b) q + c; `strength` is beta J."""
    turn = 2 * np.pi * np.arange(q) / q
    a, b, c = np.meshgrid(turn, turn, turn, indexing="ij")
    pull = np.stack([f(0.0) + f(a) + f(b) + f(c) for f in (np.cos, np.sin)], axis=-1).reshape(-1, 2)
    direction = np.stack([np.cos(turn), np.sin(turn)])
    return jax.nn.softmax(strength * jnp.asarray(pull @ direction, jnp.float32), axis=-1)


ALIAS = 31  # the bits of a table's entry that hold the alias; the others are the share, a float32 without its last five


def unpacked(entry: UInt32[Array, "*n"]) -> tuple[Float[Array, "*n"], UInt32[Array, "*n"]]:
    """Share and alias of entries of an alias table. Being a float, a share keeps its six digits where it is small."""
    return jax.lax.bitcast_convert_type(entry & ~jnp.uint32(ALIAS), jnp.float32), entry & ALIAS


def alias_table(p: Float[Array, "cases q"]) -> UInt32[Array, "entries"]:
    """Alias tables of many distributions, an entry for each column: share of the column itself, and alias.

    Source: Walker, ACM Trans. Math. Softw. 3, 253 (1977), doi:10.1145/355744.355749; how to build it, Vose, IEEE
        Trans. Softw. Eng. 17, 972 (1991), doi:10.1109/32.92917.
    """
    cases, q = p.shape
    row = jnp.arange(cases)

    def pair(_, carry):
        # The emptiest column not yet done is topped up by the fullest: then the former is done.
        left, done, share, alias = carry
        low = jnp.where(done, jnp.inf, left).argmin(1)
        high = jnp.where(done, -jnp.inf, left).argmax(1)
        here = left[row, low]
        share = share.at[row, low].set(here)
        alias = alias.at[row, low].set(high.astype(jnp.uint32))
        left = left.at[row, high].add(here - 1)  # a column gives what the other one lacks
        return left, done.at[row, low].set(True), share, alias

    start = (p * q, jnp.zeros(p.shape, bool), jnp.ones_like(p), jnp.zeros(p.shape, jnp.uint32))
    _, _, share, alias = jax.lax.fori_loop(0, q, pair, start)
    word = jax.lax.bitcast_convert_type(share, jnp.uint32) + jnp.uint32(ALIAS // 2 + 1)  # rounds what is cut off
    return (word & ~jnp.uint32(ALIAS) | alias).ravel()
