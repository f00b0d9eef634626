"""An arithmetic coder: spins in, bytes out, in as many bits as the model says that they are worth.

An interval of whole numbers stands for all that was said so far. Each spin divides it: +1 keeps the share that the
model gives it, at the lower end, -1 the rest. Bytes on which both ends agree are settled, and leave.
"""

import math
from collections.abc import Callable

import numpy as np
from jaxtyping import Float, Int

from ..arguments import array, whole

BITS = 48
"""Of an end of the interval. A share of it is then exact in floating point to 2^-5 of the smallest unit or better."""
TOP = 2**BITS - 1
_SETTLED = BITS - 8


def encode(spins: Int[np.ndarray, "n"], p_up: Float[np.ndarray, "n"]) -> bytes:
    """Bytes from which `decode` gets the spins back.

    Args:
        spins: -1 and +1.
        p_up: for each spin the model's probability of +1 given those before it, above 0 and below 1.

    Returns:
        About -Σ log2 p / 8 of them, and six more.

    Raises:
        ValueError: if a spin is not ±1, a probability is 0 or 1 or outside, or there is not one for each spin.

    Source: Witten, Neal and Cleary, Commun. ACM 30, 520 (1987); the interval without carries as in Mahoney's lpaq.
    """
    p_up = array("p_up", p_up, [np.shape(spins)], 1e-9, 1 - 1e-9)
    if not np.isin(spins, (-1, 1)).all():
        raise ValueError("spins: expected -1 and +1 only")
    low, high, out = 0, TOP, bytearray()
    for spin, p in zip(np.asarray(spins).tolist(), p_up.tolist(), strict=True):
        cut = low + int((high - low) * p)
        if spin > 0:
            high = cut
        else:
            low = cut + 1
        while low >> _SETTLED == high >> _SETTLED:
            out.append(low >> _SETTLED)
            low, high = low << 8 & TOP, high << 8 & TOP | 255
    return bytes(out) + low.to_bytes(BITS // 8, "big")


def decode(code: bytes, n: int, p_next: Callable[[list[int]], float]) -> Int[np.ndarray, "n"]:
    """The spins that were encoded.

    Args:
        code: what `encode` returned.
        n: how many spins.
        p_next: the same model: p_next(spins so far, a list of ±1) is the probability that the next one is +1.

    Returns:
        -1 and +1.
    """
    numbers = iter(code)
    low, high, value, spins = 0, TOP, 0, []
    for _ in range(BITS // 8):
        value = value << 8 | next(numbers, 0)
    for _ in range(whole("n", n, 0)):
        cut = low + int((high - low) * float(p_next(spins)))
        up = value <= cut
        low, high = (low, cut) if up else (cut + 1, high)
        spins.append(1 if up else -1)
        while low >> _SETTLED == high >> _SETTLED:
            low, high, value = low << 8 & TOP, high << 8 & TOP | 255, value << 8 & TOP | next(numbers, 0)
    return np.array(spins, dtype=int)


def worth(spins: Int[np.ndarray, "n"], p_up: Float[np.ndarray, "n"]) -> float:
    """-Σ log2 p of the spins that came, in bits: what no coder with this model goes below on average."""
    p_up = array("p_up", p_up, [np.shape(spins)], 0.0, 1.0)
    return float(-np.log(np.where(np.asarray(spins) > 0, p_up, 1 - p_up)).sum() / math.log(2))
