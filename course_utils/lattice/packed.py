"""Thirty-two Ising lattices in one array of 32-bit words: bit r of each word is a spin of replica r.

    model = PackedIsing(64)
    seen = model.measure(key, 0.44, {"e": model.energy}, n_samples=100, n_sweeps=5, n_chains=2)["e"]   # (2, 100, 32)
    spins = unpack(model.sample(key, 0.44, n_samples=1, n_chains=2))                      # (2, 1, 32, 64, 64) of -1, +1

A chain is a word: its 32 replicas have one temperature. Logic on words adds up four neighbours of all replicas at once,
and one evaluation of threefry gives their random numbers: each replica's spins follow exactly the law of `Ising`.
Between replicas of a word, chance is in part the same. So **error bars come from words**: average over the replicas
first, and take the spread of these averages.
"""

from typing import Any, ClassVar

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int8, Shaped, UInt32

from .base import AnyArray, Lattice, numbers
from .engines import Conditional
from .ising import Ising
from .rng import bits, words

REPLICAS = 32
ROTATIONS = (0, 1, 3, 8, 12, 18)
"""By how many replicas a word of random bits is turned for each binary digit. All differences but 15 and 17
occur once at most: two replicas have one digit in common, or two, or none."""
TAIL = 32 - len(ROTATIONS)
"""Binary digits that the replicas of a site share."""


class PackedIsing(Lattice):
    """E = -J Σ s_i s_j of 32 replicas on a torus; see this module.

    Spins are words: +1 where a bit is set. What `energy` and `order_parameter` give has one more axis, the replicas.
    There is no field: without one, the three cases of four neighbours are enough.

    Args:
        size: as for `Lattice`; the sides are even.
        coupling: J, one number, of either sign.

    Source: multi-spin coding, Creutz, Jacobs and Rebbi, Phys. Rev. Lett. 42, 1390 (1979),
        doi:10.1103/PhysRevLett.42.1390.
    """

    name: ClassVar[str] = "Ising, 32 replicas"
    dtype: ClassVar[Any] = jnp.uint32
    aligned: ClassVar[int] = 2**32 - 1

    def __init__(self, size: int | tuple[int, int], coupling: float = 1.0) -> None:
        super().__init__(size, numbers("coupling", coupling, ((),)))

    @property
    def transition(self):
        return Ising(self.shape, self.coupling).transition

    def exact_energy(self, beta):
        return Ising(self.shape, self.coupling).exact_energy(beta)

    def exact_order(self, beta):
        return Ising(self.shape, self.coupling).exact_order(beta)

    def check_spins(self, spins):
        return "" if np.issubdtype(spins.dtype, np.unsignedinteger) else "holds other values than words of 32 bits"

    def bond(self, a: UInt32[Array, "..."], b: UInt32[Array, "..."]) -> UInt32[Array, "..."]:
        """The replicas whose two spins are equal, as bits."""
        return ~(a ^ b)

    def along_field(self, spins: UInt32[Array, "..."]) -> UInt32[Array, "..."]:
        """The replicas whose spin is +1, as bits."""
        return spins

    def energy(self, spins: UInt32[AnyArray, "*batch rows cols"]) -> Float[Array, "*batch 32"]:
        """Energy per spin of each replica, in units of J, or of 1 where J is an argument."""
        spins = jnp.asarray(spins)
        if spins.shape[-2:] != self.shape:
            raise ValueError(f"spins has shape {spins.shape}: expected {self.shape} in its last two axes")
        return self._energy(spins)

    @eqx.filter_jit
    def _energy(self, spins: UInt32[Array, "*batch rows cols"]) -> Float[Array, "*batch 32"]:
        return -self.coupling * sum(_mean_spin(self.bond(spins, jnp.roll(spins, -1, axis))) for axis in (-2, -1))

    @eqx.filter_jit
    def order_parameter(self, spins: UInt32[AnyArray, "*batch rows cols"]) -> Float[Array, "*batch 32"]:
        """Magnetisation per spin of each replica, from -1 to 1."""
        return _mean_spin(jnp.asarray(spins))

    def random(self, key, shape):
        return bits(key, shape)

    def sampler(self, beta):
        return PackedConditional(beta)


def _mean_spin(words: UInt32[Array, "*batch rows cols"]) -> Float[Array, "*batch 32"]:
    """The mean over a lattice of +1 for each bit that is set and -1 for each that is not."""
    up = [(words >> r & 1).sum((-2, -1), dtype=jnp.uint32) for r in range(REPLICAS)]
    n = words.shape[-2] * words.shape[-1]
    return jnp.stack(up, axis=-1).astype(jnp.float32) * jnp.float32(2 / n) - 1


def unpack(spins: UInt32[AnyArray, "*batch rows cols"]) -> Int8[Array, "*batch 32 rows cols"]:
    """The lattices of -1 and +1 that words hold."""
    one = jnp.asarray(spins)[..., None, :, :] >> jnp.arange(REPLICAS, dtype=jnp.uint32)[:, None, None] & 1
    return 2 * one.astype(jnp.int8) - 1


def pack(spins: Shaped[AnyArray, "*batch 32 rows cols"]) -> UInt32[Array, "*batch rows cols"]:
    """Words that hold 32 lattices of -1 and +1; the inverse of `unpack`."""
    up = (jnp.asarray(spins) > 0).astype(jnp.uint32)
    return (up << jnp.arange(REPLICAS, dtype=jnp.uint32)[:, None, None]).sum(-3, dtype=jnp.uint32)


class PackedConditional(Conditional):
    """A spin follows the majority of its neighbours, and goes against it with probability 1 / (1 + exp(2 beta |J n|)).

    n is the sum of the four, of which only |n| = 4, 2 and 0 occur. A replica's random number u is six binary digits,
    then 26 more that all replicas of the site share. Digit k of replica r is bit r + `ROTATIONS[k]` of the site's first
    random word, turned over or not by bit k of its second one, whose other 26 bits are those shared. So for one replica
    all digits are independent, and none serves two sites. Two replicas share digits, but with random signs: what one
    does says next to nothing about the other.
    """

    beta: Float[Array, ""]
    absent: ClassVar[int] = 0  # there is always a neighbour

    def draw(self, key, coupling, neighbours, own):
        a, b, c, d = neighbours
        odd_ab, odd_cd, both_ab, both_cd = a ^ b, c ^ d, a & b, c & d
        odd = odd_ab ^ odd_cd  # the number of +1 among them: its digit of 1, of 2 and of 4, all replicas at once
        two, four = both_ab ^ both_cd ^ (odd_ab & odd_cd), both_ab & both_cd
        digits, tail = self.digits(key, own.shape)
        strength = self.beta * coupling
        flip = jnp.where(strength < 0, jnp.uint32(2**32 - 1), jnp.uint32(0))  # against the majority, if J < 0
        one_off, far_off = (below(jax.nn.sigmoid(-2 * n * jnp.abs(strength)), digits, tail) for n in (2, 4))
        return (odd & (two ^ one_off ^ flip)) | (~odd & ((two & digits[0]) | (~two & (four ^ far_off ^ flip))))

    def digits(self, key: Any, shape: tuple[int, ...]) -> tuple[list[UInt32[Array, "*n"]], UInt32[Array, "*n"]]:
        """Six words of binary digits, the first digit of all replicas first, and the word that they share."""
        word, shared = words(key, shape)
        digits = []
        for k, turn in enumerate(ROTATIONS):
            turned = word << turn | word >> (32 - turn) if turn else word
            digits.append(turned ^ (jnp.uint32(0) - (shared >> k & 1)))
        return digits, shared


def below(p: Float[Array, ""], digits: list[UInt32[Array, "*n"]], tail: UInt32[Array, "*n"]) -> UInt32[Array, "*n"]:
    """The replicas whose number, with these binary digits and then those of `tail`, is below p, as bits; p <= 1/2."""
    scaled = p * jnp.float32(2 ** len(digits))
    whole = jnp.floor(scaled)
    last = jnp.round((scaled - whole) * jnp.float32(2**TAIL)).astype(jnp.uint32)
    less = jnp.uint32(0) - (tail >> (32 - TAIL) < last).astype(jnp.uint32)
    for k, digit in enumerate(reversed(digits)):  # from the last digit on: less, or equal so far and less behind
        known = jnp.uint32(0) - (whole.astype(jnp.uint32) >> k & 1)
        less = (less & ~digit) | (known & (less | ~digit))
    return less
