"""All zeros of a polynomial with whole coefficients, at once.

Newton's step for one zero, with the other guesses divided out of the polynomial, so that each guess repels the others:

    x_k  ->  x_k - P(x_k) / (P'(x_k) - P(x_k) sum over j != k of 1 / (x_k - x_j)).

Source: O. Aberth, Math. Comp. 27, 339 (1973), doi:10.1090/S0025-5718-1973-0329236-7; L. W. Ehrlich, Commun. ACM 10, 107
(1967), doi:10.1145/363067.363115.
"""

import math
from collections.abc import Sequence

import numpy as np
from jaxtyping import Complex

from ..arguments import shown, whole

__all__ = ["find_zeros", "ring", "zeros"]

GUARD = 80
"""Bits beyond those that the size of the terms takes."""
MOST_STEPS = 100
MOST_DEGREE = 128
"""Beyond it the first guesses, eigenvalues in floating point, may be too poor."""


def ring(counts: Sequence[int], size: float = 1.0) -> Complex[np.ndarray, "degree"]:
    """As many guesses as the polynomial has zeros, evenly on a circle about 0; none is real or the mirror of another.

    Args:
        counts: coefficients from the lowest power up.
        size: radius of the circle.
    """
    degree = len(counts) - 1
    return size * np.exp(1j * (2 * np.pi * np.arange(degree) / degree + 0.4 / degree + 0.3))


def find_zeros(
    counts: Sequence[int], guesses: Complex[np.ndarray, "degree"], n_steps: int
) -> Complex[np.ndarray, "degree"]:
    """The guesses after some steps that move all of them at once, in floating point.

    Args:
        counts: coefficients from the lowest power up.
        guesses: one for each zero, no two alike.
        n_steps: how many.

    Returns:
        The guesses, in their order.

    Raises:
        ValueError: if there are not as many guesses as zeros.
    """
    P = np.polynomial.Polynomial([float(c) for c in counts])
    if len(guesses) != P.degree():
        raise ValueError(f"guesses = {shown(guesses)}: expected {P.degree()} of them, one for each zero")
    x, slope = np.array(guesses, dtype=complex), P.deriv()
    for _ in range(whole("n_steps", n_steps, 0)):
        apart = x[:, None] - x + np.eye(len(x))
        repulsion = (1 / apart).sum(1) - 1  # the diagonal of ones is taken out again
        value = P(x)
        x = x - value / (slope(x) - value * repulsion)
    return x


def zeros(counts: Sequence[int]) -> Complex[np.ndarray, "degree"]:
    """All zeros, right to the last digits: found in floating point, then improved in whole numbers of any length.

    Args:
        counts: whole coefficients from the lowest power up, of degree 1 to 128, after division by
            powers of x and in the largest power of x that occurs throughout; the first and the last may be 0.

    Returns:
        The zeros, in no order.

    Raises:
        ValueError: if there is no zero to find, or the degree is out of range.
    """
    used = [k for k, c in enumerate(counts) if c]
    at_zero, gap = used[0] if used else 0, math.gcd(*(k - used[0] for k in used))
    if len(used) < 2 or (used[-1] - at_zero) // gap > MOST_DEGREE:
        raise ValueError(f"counts = {shown(list(counts))}: expected a polynomial of degree 1 to {MOST_DEGREE}")
    inner = [int(c) for c in counts[at_zero : used[-1] + 1 : gap]]  # a polynomial in x^gap
    largest = max(abs(c) for c in inner)
    powers = _improved(inner, np.roots([c / largest for c in inner[::-1]]).astype(complex))
    angles = np.exp(2j * np.pi * np.arange(gap) / gap)
    return np.concatenate([np.zeros(at_zero), ((powers ** (1 / gap))[:, None] * angles).ravel()])


def _improved(counts: list[int], guesses: Complex[np.ndarray, "degree"]) -> Complex[np.ndarray, "degree"]:
    """Steps as in `find_zeros`, with P and P' in fixed point, until all zeros stay where they are."""
    degree, x = len(counts) - 1, np.array(guesses, dtype=complex)
    x = x + 1e-9 * np.abs(x) * np.exp(1j * np.arange(degree))  # no two alike
    reach = max(1.0, float(np.abs(x).max()))
    bits = GUARD + int(degree * math.log2(reach)) + 64
    real, imaginary = ([int(v * 2.0**60) << (bits - 60) for v in part.tolist()] for part in (x.real, x.imag))
    for _ in range(MOST_STEPS):
        x = np.array([complex(a / (1 << bits), b / (1 << bits)) for a, b in zip(real, imaginary, strict=True)])
        repulsion = (1 / (x[:, None] - x + np.eye(degree))).sum(1) - 1
        newton = np.array([_newton(counts, a, b, bits) for a, b in zip(real, imaginary, strict=True)])
        step = newton / (1 - newton * repulsion)
        for k, move in enumerate(step.tolist()):
            real[k] -= _fixed(move.real, bits)
            imaginary[k] -= _fixed(move.imag, bits)
        if (np.abs(step) <= 1e-17 * np.abs(x)).all():
            break
    return np.array([complex(a / (1 << bits), b / (1 << bits)) for a, b in zip(real, imaginary, strict=True)])


def _fixed(value: float, bits: int) -> int:
    """A number as a whole number of steps of 2^-bits, with all the digits that it has."""
    mantissa, exponent = math.frexp(value)
    shift = bits + exponent - 53
    whole_mantissa = int(mantissa * 2.0**53)
    return whole_mantissa << shift if shift >= 0 else whole_mantissa >> -shift


def _newton(counts: list[int], a: int, b: int, bits: int) -> complex:
    """P / P' at (a + ib) / 2^bits."""
    p = q = s = t = 0  # P = p + iq and P' = s + it, by Horner's rule
    for c in counts[::-1]:
        s, t = p + ((s * a - t * b) >> bits), q + ((s * b + t * a) >> bits)
        p, q = (c << bits) + ((p * a - q * b) >> bits), (p * b + q * a) >> bits
    size = s * s + t * t
    if not size:
        return 0j
    return complex(((p * s + q * t) << 256) // size / 2.0**256, ((q * s - p * t) << 256) // size / 2.0**256)
