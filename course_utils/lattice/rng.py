"""Random words for the samplers: JAX's own threefry, written so that the compiler can melt it into the update.

`jax.random.bits` runs its twenty rounds as loops over the whole array on a CPU, about 12 ns a word. The same rounds
written out are fused with the code that uses them, about 1 to 2 ns a word. The bits are the same, so all that is known
about the quality of threefry (Salmon et al., SC11, doi:10.1145/2063384.2063405; it passes TestU01's BigCrush) holds.
"""

import math
from functools import partial

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Key, UInt32

_ROTATIONS = ((13, 15, 26, 6), (17, 29, 16, 24))
_PARITY = 0x1BD11BDA


@partial(jax.jit, static_argnums=1, inline=True)
def words(key: Key[Array, ""], shape: tuple[int, ...]) -> tuple[UInt32[Array, "*shape"], UInt32[Array, "*shape"]]:
    """Two independent random words for each entry, from one evaluation of threefry-2x32 with 20 rounds.

    Args:
        key: a JAX key, `jax.random.key(seed)`. For another generator than threefry, `jax.random.bits` is called.
        shape: of each of the two arrays; fewer than 2^32 entries.

    Returns:
        Two arrays of 32 random bits an entry. Their exclusive or is `jax.random.bits(key, shape)`.
    """
    if str(jax.random.key_impl(key)) != "threefry2x32":
        first, second = jax.random.split(key)
        return jax.random.bits(first, shape), jax.random.bits(second, shape)
    if math.prod(shape) >= 2**32:
        raise ValueError(f"shape = {shape}: expected fewer than 2^32 entries")
    key_words = jax.random.key_data(key)
    schedule = (key_words[0], key_words[1], key_words[0] ^ key_words[1] ^ jnp.uint32(_PARITY))
    x = jnp.broadcast_to(schedule[0], shape)  # the high word of the counter is 0
    y = jax.lax.iota(jnp.uint32, math.prod(shape)).reshape(shape) + schedule[1]
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


def multiply_high(word: UInt32[Array, "*shape"], q: int) -> UInt32[Array, "*shape"]:
    """word * q / 2^32, rounded down: a random number from 0 to q - 1, for q up to 2^16."""
    high, low = word >> 16, word & 0xFFFF
    return (high * q + (low * q >> 16)) >> 16
