"""Ising chains and narrow strips of any length, by the transfer matrix from one row of spins to the next."""

import math

import numpy as np

from ...arguments import number, whole
from .enumeration import ising_energies, ising_states
from .shapes import Periodic, checked

MAX_STRIP_WIDTH = 10  # a 1024 x 1024 transfer matrix: half a second


def chain_log_z(n_spins: int, beta: float, field: float = 0.0, periodic: bool = True) -> float:
    """log Z of the Ising chain by its 2 x 2 transfer matrix.

    Args:
        n_spins: length of the chain; at least 2 if periodic, else at least 1.
        beta: inverse temperature in units of 1/J, finite, not negative.
        field: magnetic field h in units of J; the energy has the term -h * sum of s_i.
        periodic: whether the last spin is joined to the first.

    Returns:
        log Z in nats. Does not overflow for any length.

    Raises:
        ValueError: if the chain is too short, beta is negative or not finite, or the field is not finite.

    Source: Kramers and Wannier, Phys. Rev. 60, 252 (1941).
    """
    return _transfer_log_z(1, n_spins, beta, field, (False, periodic))


def strip_log_z(width: int, length: int, beta: float, periodic: Periodic = True) -> float:
    """log Z of a strip of Ising spins by the transfer matrix from one row of `width` spins to the next.

    Args:
        width: spins in a row, 1 to 10: the matrix has 2^width rows.
        length: number of rows, as large as you like.
        beta: inverse temperature in units of 1/J, finite, not negative.
        periodic: whether the strip wraps round (across its width, along its length); one value or a pair.

    Returns:
        log Z in nats.

    Raises:
        ValueError: if the strip is wider than 10, a periodic side has fewer than 2 spins, or beta is out of range.

    Source: Kramers and Wannier, Phys. Rev. 60, 252 (1941).
    """
    whole("width", width, 1, MAX_STRIP_WIDTH)
    return _transfer_log_z(width, length, beta, 0.0, periodic)


def _transfer_log_z(width: int, length: int, beta: float, field: float, periodic: Periodic) -> float:
    beta, field = number("beta", beta, 0.0), number("field", field)
    (width, length), (across, along) = checked((width, length), periodic)
    row = ising_states(width).astype(float)
    in_row = -beta * ising_energies((width,), across) + beta * field * row.sum(axis=1)
    # Symmetric form: half of each row's own weight on either side of the bonds between the rows.
    log_matrix = beta * (row @ row.T) + (in_row[:, None] + in_row[None, :]) / 2
    shift = log_matrix.max()
    matrix = np.exp(log_matrix - shift)
    if along:  # trace of matrix^length, from the eigenvalues; none is negative since beta is not
        eigenvalues = np.clip(np.linalg.eigvalsh(matrix), 0.0, None)
        top = eigenvalues[-1]
        return float(length * (shift + math.log(top)) + math.log(((eigenvalues / top) ** length).sum()))
    # Open ends: a row vector through length - 1 matrices. Repeated squaring, the size kept apart as a logarithm.
    log_size, log_power_size, power, rest = 0.0, shift, matrix, length - 1
    vector = np.exp(in_row / 2 - in_row.max() / 2)
    end, log_size = vector, float(in_row.max())
    while rest:
        if rest & 1:
            vector = power @ vector
            scale = vector.max()
            vector, log_size = vector / scale, log_size + log_power_size + math.log(scale)
        rest >>= 1
        if rest:
            power = power @ power
            scale = power.max()
            power, log_power_size = power / scale, 2 * log_power_size + math.log(scale)
    return float(log_size + math.log(end @ vector))
