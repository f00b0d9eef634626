"""A polynomial with whole, non-negative coefficients as one whole number: its value at a large power of two.

Python's whole numbers have no limit, so that sums and products of such numbers are sums and products of polynomials, at
the speed of machine words; a shift multiplies by a power of the variable.

Source: L. Kronecker, J. reine angew. Math. 92, 1 (1882); D. Harvey, J. Symb. Comput. 44, 1502 (2009).
"""

from ..arguments import whole

__all__ = ["bytes_for", "coefficients"]


def bytes_for(largest: int) -> int:
    """Bytes that each coefficient needs if none is above a bound.

    Args:
        largest: the bound, >= 0.
    """
    return (whole("largest", largest, 0).bit_length() + 7) // 8 or 1


def coefficients(number: int, width: int, n: int) -> list[int]:
    """The coefficients of a polynomial P, from the lowest power up.

    Args:
        number: P(256**width).
        width: bytes for each coefficient, as from `bytes_for`.
        n: how many coefficients, one more than the degree.

    Returns:
        n whole numbers.

    Raises:
        ValueError: if the number is negative or has more than n coefficients.
    """
    whole("number", number, 0)
    try:
        data = number.to_bytes(whole("width", width) * whole("n", n), "little")
    except OverflowError:
        raise ValueError(f"n = {n}: expected more coefficients of {width} bytes for this number") from None
    return [int.from_bytes(data[k : k + width], "little") for k in range(0, len(data), width)]
