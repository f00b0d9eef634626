"""Random words for the samplers: JAX's own threefry, written out so that it is compiled into the update.

`jax.random.bits` runs its twenty rounds as loops over the whole array on a CPU, about 12 ns a word. The same rounds
written out are fused with the code that uses them, about 1 to 2 ns a word. The bits are the same, so all that is known
about the quality of threefry (Salmon et al., SC11, doi:10.1145/2063384.2063405; it passes TestU01's BigCrush) holds.
"""

import math
from functools import partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Key, UInt8, UInt32

RARE = 2.0**-10
"""Share of the total below which `pick` counts a weight as rare: as far from 1 as from what float32 loses."""


class Part(NamedTuple):
    """The key of a part of an array that several devices hold, each an equal share of the rows, in order.

    Attributes:
        key: of the whole array.
        number: of the part, from 0 on.
    """

    key: Key[Array, ""]
    number: UInt32[Array, ""]


AnyKey = Key[Array, ""] | Part

_ROTATIONS = ((13, 15, 26, 6), (17, 29, 16, 24))
_PARITY = 0x1BD11BDA


@partial(jax.jit, static_argnums=1, inline=True)
def words(key: AnyKey, shape: tuple[int, ...]) -> tuple[UInt32[Array, "*shape"], UInt32[Array, "*shape"]]:
    """Two independent random words for each entry, from one evaluation of threefry-2x32 with 20 rounds.

    Args:
        key: a JAX key, `jax.random.key(seed)`, or a part's. For another generator than threefry, `jax.random.bits` is
            called.
        shape: of each of the two arrays; fewer than 2^32 entries, all parts together.

    Returns:
        Two arrays of 32 random bits an entry. Their exclusive or is `jax.random.bits(key, shape)`.
    """
    if not _is_threefry(key):
        first, second = jax.random.split(key)
        return jax.random.bits(first, shape), jax.random.bits(second, shape)
    return _threefry(key, _count(key, shape))


@partial(jax.jit, static_argnums=1, inline=True)
def single(key: AnyKey, shape: tuple[int, ...]) -> UInt32[Array, "*shape"]:
    """One random word for each entry, and neighbours in the flat array share an evaluation of threefry.

    Entry n takes the first (n even) or second word of counter n // 2. Here that saves nothing, as both are computed for
    each entry; `octets` gives the same words for half the work.

    Args:
        key, shape: as for `words`. Of a part, the number of entries must be even.
    """
    if not _is_threefry(key):
        return jax.random.bits(key, shape)
    n = _count(key, shape)
    x, y = _threefry(key, n >> 1)
    return jnp.where((n & 1).astype(bool), y, x)


@partial(jax.jit, static_argnums=1, inline=True)
def octets(key: AnyKey, shape: tuple[int, ...]) -> list[UInt32[Array, "*shape"]]:
    """Eight random words for each entry, from four evaluations of threefry.

    Args:
        key, shape: as for `words`.

    Returns:
        Eight arrays; entry n of array k is entry 8 n + k of `single`.
    """
    if not _is_threefry(key):
        return list(jnp.moveaxis(jax.random.bits(key, (*shape, 8)), -1, 0))
    first = _count(key, shape) << 2
    return [word for k in range(4) for word in _threefry(key, first + jnp.uint32(k))]


def folded(key: AnyKey, number: Any) -> AnyKey:
    """`jax.random.fold_in`, of a part's key too."""
    return Part(folded(key.key, number), key.number) if isinstance(key, Part) else jax.random.fold_in(key, number)


def _is_threefry(key: AnyKey) -> bool:
    if str(jax.random.key_impl(key.key if isinstance(key, Part) else key)) == "threefry2x32":
        return True
    if isinstance(key, Part):
        raise ValueError("key of another generator than threefry: a lattice split over devices needs jax.random.key(n)")
    return False


def _count(key: AnyKey, shape: tuple[int, ...]) -> UInt32[Array, "*shape"]:
    """The number of each entry in the flat array, all parts counted through."""
    n = math.prod(shape)
    if n >= 2**32:
        raise ValueError(f"shape = {shape}: expected fewer than 2^32 entries")
    count = jax.lax.iota(jnp.uint32, n).reshape(shape)
    return count + key.number * jnp.uint32(n) if isinstance(key, Part) else count


def _threefry(key: AnyKey, count: UInt32[Array, "*shape"]) -> tuple[Array, Array]:
    """Threefry-2x32 with 20 rounds of counters whose high word is 0."""
    key_words = jax.random.key_data(key.key if isinstance(key, Part) else key)
    schedule = (key_words[0], key_words[1], key_words[0] ^ key_words[1] ^ jnp.uint32(_PARITY))
    x = jnp.broadcast_to(schedule[0], count.shape)
    y = count + schedule[1]
    for i in range(5):
        for r in _ROTATIONS[i % 2]:
            x = x + y
            y = ((y << r) | (y >> (32 - r))) ^ x
        x = x + schedule[(i + 1) % 3]
        y = y + (schedule[(i + 2) % 3] + jnp.uint32(i + 1))
    return x, y


def bits(key: Key[Array, ""], shape: tuple[int, ...]) -> UInt32[Array, "*shape"]:
    """32 random bits for each entry: what `jax.random.bits(key, shape)` gives, sooner."""
    x, y = words(key, shape)
    return x ^ y


def unit(word: UInt32[Array, "*shape"]) -> Float[Array, "*shape"]:
    """A word as a number of [0, 1), a multiple of 2^-24."""
    return (word >> 8).astype(jnp.float32) * jnp.float32(2**-24)


def fine(word: UInt32[Array, "*shape"]) -> Float[Array, "*shape"]:
    """A word as a number of (0, 1] that is below a small p as often as p says, to 2^-33; `unit` is so to 2^-24."""
    return (word.astype(jnp.float32) + jnp.float32(0.5)) * jnp.float32(2**-32)


def pick(
    first: UInt32[Array, "*shape"], second: UInt32[Array, "*shape"], weights: list[Float[Array, "*shape"]]
) -> UInt8[Array, "*shape"]:
    """k with probability weights[k] / Σ weights, rare ones included, down to 2^-32.

    One staircase of running sums would lose every step below 2^-24 of the sum beneath it. So weights below `RARE` of
    the total have a staircase of their own. The first word says which of the two, the second where on it.

    Args:
        first, second: two independent random words for each entry, as `words` gives them.
        weights: of 0, 1, ... at most 255; not negative, and one at least above 0.

    Returns:
        One index for each entry.
    """
    limit = jnp.float32(RARE) * sum(weights)
    rare, common = [jnp.zeros_like(limit)], [jnp.zeros_like(limit)]
    for weight in weights:
        rare.append(rare[-1] + jnp.where(weight < limit, weight, 0))
        common.append(common[-1] + jnp.where(weight < limit, 0, weight))
    in_rare = fine(first) * (rare[-1] + common[-1]) < rare[-1]
    steps = [jnp.where(in_rare, low, high) for low, high in zip(rare[1:], common[1:], strict=True)]
    height = unit(second) * steps[-1]
    return sum((height >= step).astype(jnp.uint8) for step in steps[:-1])


def multiply_high(word: UInt32[Array, "*shape"], q: int) -> UInt32[Array, "*shape"]:
    """word * q / 2^32, rounded down: a random number from 0 to q - 1, for q up to 2^16."""
    high, low = word >> 16, word & 0xFFFF
    return (high * q + (low * q >> 16)) >> 16
