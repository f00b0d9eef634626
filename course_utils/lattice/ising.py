"""The Ising model: spins -1 and +1."""

from functools import reduce
from typing import Any, ClassVar

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Num, UInt32

from . import colours, exact
from .base import AnyArray, Known, Lattice, Transition
from .engines import Conditional, total
from .rng import AnyKey, octets, single


class Ising(Lattice):
    """E = -J Σ s_i s_j - h Σ s_i over nearest neighbours, s = ±1.

    Args:
        size, coupling, field, boundary: as for `Lattice`.

    Source: block Gibbs sampling of the two colours, Geman and Geman, IEEE Trans. PAMI 6, 721 (1984),
        doi:10.1109/TPAMI.1984.4767596.
    """

    name: ClassVar[str] = "Ising"
    dtype: ClassVar[Any] = jnp.int8
    states: ClassVar[tuple[int, ...]] = (-1, 1)
    aligned: ClassVar[int] = 1
    nibbles: ClassVar[bool] = True
    question: ClassVar[str] = (
        "Quench, press play, and watch the patches. Above one temperature they stop growing; below it they grow for as "
        "long as you watch. Which temperature is it?"
    )

    @property
    def state_names(self):
        return ["−1", "+1"]

    @property
    def transition(self):
        return Transition("T_c", 1 / exact.BETA_C) if self.plain else None

    @property
    def temperatures(self):
        return 0.5, 4.0, 1.5

    def exact_energy(self, beta):
        return Known(exact.onsager_energy(beta), "Onsager") if self.plain else None

    def exact_order(self, beta):
        return Known(exact.yang_magnetisation(beta), "Yang") if self.plain else None

    def palette(self, hues=colours.HUES):
        return colours.ISING

    def bond(self, a, b):
        return (a * b).astype(jnp.float32)

    def along_field(self, spins):
        return spins.astype(jnp.float32)

    @eqx.filter_jit
    def order_parameter(self, spins: Num[AnyArray, "*batch rows cols"]) -> Float[Array, "*batch"]:
        """Magnetisation per spin, from -1 to 1."""
        return jnp.asarray(spins).mean((-2, -1), dtype=jnp.float32)

    def images(self, rng, spins):
        return np.stack([spins, -spins])

    def sampler(self, beta):
        return IsingConditional(beta, self.field, not self.grid.periodic)


class IsingConditional(Conditional):
    """P(s = +1 | neighbours) = 1 / (1 + exp(-2 beta (J Σ s_j + h)))."""

    beta: Float[Array, ""]
    field: Float[Array, ""]
    open: bool = eqx.field(static=True, default=True)
    """Whether a neighbour may be absent: else the sum of the four is even."""
    absent: ClassVar[int] = 0

    def draw(self, key, coupling, neighbours, own):
        if own.dtype == jnp.uint32:
            return self.draw_nibbles(key, coupling, neighbours, own)
        if coupling.ndim:
            level = self.level(total(coupling, neighbours))
        else:
            level = self.looked_up(self.levels(coupling), sum(neighbours) + 4)
        return jnp.where(single(key, own.shape) <= level, jnp.int8(1), jnp.int8(-1))

    def draw_nibbles(
        self, key: AnyKey, coupling: Float[Array, ""], neighbours: list[UInt32[Array, "*n"]], own: UInt32[Array, "*n"]
    ) -> UInt32[Array, "*n"]:
        """Eight spins in each word, see `engines.NIBBLES`. Four neighbours add up to 8 at most: nothing overflows."""
        pull, levels = sum(neighbours), self.levels(coupling)
        up = [
            jnp.where(word <= self.looked_up(levels, pull >> 4 * k & 15), jnp.uint32(2 << 4 * k), jnp.uint32(0))
            for k, word in enumerate(octets(key, own.shape))
        ]
        return reduce(jnp.bitwise_or, up)

    def levels(self, coupling: Float[Array, ""]) -> UInt32[Array, "9"]:
        """`level` where the neighbours add up to -4, ..., 4."""
        return self.level(coupling * jnp.arange(-4, 5))

    def looked_up(self, levels: UInt32[Array, "9"], place: Array) -> UInt32[Array, "..."]:
        """levels[place]: comparisons, as XLA's gathers are slow."""
        level = levels[0]
        for k in range(1, 9) if self.open else range(2, 9, 2):
            level = jnp.where(place >= k, levels[k], level)
        return level

    def level(self, pull: Float[Array, "*n"]) -> Array:
        """The spin is +1 if a random word is not above this: P(s = +1) in units of 2^-32.

        The smaller of the two probabilities is the one computed, so that rare flips in the cold keep their rate.
        """
        up, down = (jax.nn.sigmoid(2 * self.beta * sign * (pull + self.field)) for sign in (1, -1))
        word = jnp.float32(2**32)
        return jnp.where(up < 0.5, (up * word).astype(jnp.uint32), ~(down * word).astype(jnp.uint32))
