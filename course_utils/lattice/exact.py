"""Exact results for Ising spins: what every sampler of the course is checked against.

The energy is always E(s) = -sum of s_i s_j over nearest-neighbour bonds (J = 1) minus field * sum of s_i where a
function takes a field, with s_i = +1 or -1 and log Z = log(sum over states of exp(-beta E)).

A lattice is given by its `shape`: `(n,)` is a chain, `(rows, cols)` a rectangle. A periodic side joins its last spin to
its first. On a periodic side of length 2 the two spins are joined by two bonds, as in Kaufman's formula. An open side
of length 1 has no bonds.

Needs NumPy and SciPy only.
"""

import math
from collections import Counter
from collections.abc import Callable, Iterator

import numpy as np
from jaxtyping import Float, Int
from scipy.integrate import quad
from scipy.special import ellipkm1, logsumexp

BETA_C = math.log(1 + math.sqrt(2)) / 2
"""Critical inverse temperature of the square-lattice Ising model, 0.440687 (Kramers and Wannier 1941)."""

KT_TEMPERATURE = 0.8929
"""Kosterlitz-Thouless temperature of the square-lattice XY model in units of J / k_B; no closed form is known.

Source: beta = 1.1199(1) by Hasenbusch, J. Phys. A 38, 5869 (2005), doi:10.1088/0305-4470/38/26/003; 0.89289(5) by
Komura and Okabe, J. Phys. Soc. Jpn. 81, 113001 (2012), doi:10.1143/JPSJ.81.113001.
"""

MAX_SPINS_LISTED = 24  # 2^24 energies as int16: 32 MiB
MAX_SPINS_COUNTED = 28  # 2^28 states in chunks: seconds, whatever the memory
MAX_STRIP_WIDTH = 10  # a 1024 x 1024 transfer matrix: half a second
MAX_PARTIAL_SUMS = 1 << 22  # of the sum over all states of a Potts or clock model: 64 MiB
_CHUNK = 1 << 16  # states per chunk: its arrays stay in the processor's cache


# ------------------------------------------------------------------------------- checking of arguments


def _check_beta(beta: float, *, zero: bool = True) -> float:
    beta = float(beta)
    if not math.isfinite(beta) or beta < 0 or (beta == 0 and not zero):
        raise ValueError(f"beta = {beta}: expected a finite number, {'not negative' if zero else 'positive'}")
    return beta


def _check_shape(shape: int | tuple[int, ...], *, dims: tuple[int, ...] = (1, 2)) -> tuple[int, ...]:
    sides = (shape,) if isinstance(shape, int | np.integer) else tuple(shape)
    if len(sides) not in dims or any(not isinstance(side, int | np.integer) or side < 1 for side in sides):
        wanted = " or ".join({1: "(n,)", 2: "(rows, cols)"}[d] for d in dims)
        raise ValueError(f"shape = {shape}: expected {wanted} with sides of at least 1")
    return tuple(int(side) for side in sides)


def _check_periodic(periodic: bool | tuple[bool, ...], sides: tuple[int, ...]) -> tuple[bool, ...]:
    wraps = (bool(periodic),) * len(sides) if isinstance(periodic, bool | np.bool_) else tuple(map(bool, periodic))
    if len(wraps) != len(sides):
        raise ValueError(f"periodic = {periodic}: expected one truth value, or one for each of the {len(sides)} sides")
    for side, wrap in zip(sides, wraps, strict=True):
        if wrap and side < 2:
            raise ValueError(f"shape = {sides}: expected at least 2 spins along a periodic side")
    return wraps


# ----------------------------------------------------------------------------------------- enumeration


def bonds(shape: int | tuple[int, ...], periodic: bool | tuple[bool, ...] = True) -> Int[np.ndarray, "bonds 2"]:
    """Nearest-neighbour bonds of a chain or a rectangle.

    Args:
        shape: `(n,)` or `(rows, cols)`; spins are numbered row by row.
        periodic: whether sides wrap round; one value, or one per side.

    Returns:
        One row `(i, j)` per bond, i < j. A pair joined twice (a periodic side of length 2) stands there twice.

    Raises:
        ValueError: if the shape is not that of a chain or a rectangle, or a periodic side has fewer than 2 spins.
    """
    sides = _check_shape(shape)
    wraps = _check_periodic(periodic, sides)
    site = np.arange(math.prod(sides)).reshape(sides)
    pairs = []
    for axis, (side, wrap) in enumerate(zip(sides, wraps, strict=True)):
        here = np.arange(side if wrap else side - 1)
        first, second = site.take(here, axis), site.take((here + 1) % side, axis)
        pairs.append(np.stack([first.ravel(), second.ravel()], axis=1))
    return np.sort(np.concatenate(pairs), axis=1)


def ising_states(n_spins: int) -> Int[np.ndarray, "states n_spins"]:
    """All 2^n configurations of n spins, in the order of `ising_energies`.

    Args:
        n_spins: number of spins, 1 to 20.

    Returns:
        Array of +1 and -1 (int8), one configuration per row. In row k, spin i is +1 if bit i of k is 1.

    Raises:
        ValueError: if `n_spins` is not from 1 to 20.
    """
    if not 1 <= n_spins <= 20:
        raise ValueError(f"n_spins = {n_spins}: expected 1 to 20, as the table has 2^n rows")
    number = np.arange(1 << n_spins)[:, None]
    return (2 * (number >> np.arange(n_spins) & 1) - 1).astype(np.int8)


def _energy_chunks(
    sides: tuple[int, ...], wraps: tuple[bool, ...], n_states: int
) -> Iterator[tuple[int, Int[np.ndarray, "chunk"]]]:
    """Energies of states 0 to n_states - 1, a chunk at a time, as (first state, energies)."""
    pairs = bonds(sides, wraps)
    # A bond (i, j) is unsatisfied where bits i and j of the state differ, that is where bit i of
    # state ^ (state >> (j - i)) is set. So all bonds with the same j - i take one exclusive or and one bit count.
    masks: Counter[tuple[int, int]] = Counter()
    for (i, j), times in Counter(map(tuple, pairs.tolist())).items():
        masks[j - i, times] |= 1 << i
    for start in range(0, n_states, _CHUNK):
        state = np.arange(start, min(start + _CHUNK, n_states), dtype=np.uint32)
        energy = np.full(len(state), -len(pairs), dtype=np.int16)
        for (gap, times), mask in masks.items():
            energy += 2 * times * np.bitwise_count((state ^ (state >> gap)) & np.uint32(mask)).astype(np.int16)
        yield start, energy


def ising_energies(shape: int | tuple[int, ...], periodic: bool | tuple[bool, ...] = True) -> Int[np.ndarray, "states"]:
    """Energies of all 2^n states of a small Ising system.

    Args:
        shape: `(n,)` or `(rows, cols)`, at most 24 spins in all.
        periodic: whether sides wrap round; one value, or one per side.

    Returns:
        Energies in units of J (int16), in the order of `ising_states`.

    Raises:
        ValueError: if there are more than 24 spins, or the shape is not that of a chain or a rectangle.
    """
    sides = _check_shape(shape)
    wraps = _check_periodic(periodic, sides)
    n_spins = math.prod(sides)
    if n_spins > MAX_SPINS_LISTED:
        raise ValueError(
            f"shape = {shape}: expected at most {MAX_SPINS_LISTED} spins, as 2^{n_spins} energies would be listed"
        )
    energies = np.empty(1 << n_spins, dtype=np.int16)
    for start, chunk in _energy_chunks(sides, wraps, 1 << n_spins):
        energies[start : start + len(chunk)] = chunk
    return energies


def density_of_states(
    shape: int | tuple[int, ...], periodic: bool | tuple[bool, ...] = True
) -> tuple[Int[np.ndarray, "levels"], Int[np.ndarray, "levels"]]:
    """How many of the 2^n states have each energy: enough for log Z at every temperature.

    Args:
        shape: `(n,)` or `(rows, cols)`, at most 28 spins in all.
        periodic: whether sides wrap round; one value, or one per side.

    Returns:
        The energy levels in rising order, in units of J, and the number of states at each.

    Raises:
        ValueError: if there are more than 28 spins, or the shape is not that of a chain or a rectangle.
    """
    sides = _check_shape(shape)
    wraps = _check_periodic(periodic, sides)
    n_spins = math.prod(sides)
    if n_spins > MAX_SPINS_COUNTED:
        raise ValueError(
            f"shape = {shape}: expected at most {MAX_SPINS_COUNTED} spins, as 2^{n_spins} states would be visited"
        )
    n_bonds = len(bonds(sides, wraps))
    counts = np.zeros(2 * n_bonds + 1, dtype=np.int64)
    # Turning all spins over keeps the energy: the states in which the last spin is -1 are half of each level.
    for _, chunk in _energy_chunks(sides, wraps, 1 << (n_spins - 1)):
        counts += np.bincount(chunk + n_bonds, minlength=len(counts))
    levels = np.flatnonzero(counts)
    return levels - n_bonds, 2 * counts[levels]


def enumerated_log_z(shape: int | tuple[int, ...], beta: float, periodic: bool | tuple[bool, ...] = True) -> float:
    """log Z by adding up all 2^n states.

    Args:
        shape: `(n,)` or `(rows, cols)`, at most 28 spins in all.
        beta: inverse temperature in units of 1/J, finite, not negative.
        periodic: whether sides wrap round; one value, or one per side.

    Returns:
        log Z in nats.

    Raises:
        ValueError: if there are too many spins, or beta is negative or not finite.
    """
    beta = _check_beta(beta)
    levels, counts = density_of_states(shape, periodic)
    return float(logsumexp(-beta * levels, b=counts))


def enumerated_energy(shape: int | tuple[int, ...], beta: float, periodic: bool | tuple[bool, ...] = True) -> float:
    """Mean energy per spin by adding up all 2^n states.

    Args:
        shape: `(n,)` or `(rows, cols)`, at most 28 spins in all.
        beta: inverse temperature in units of 1/J, finite, not negative.
        periodic: whether sides wrap round; one value, or one per side.

    Returns:
        Mean energy divided by the number of spins, in units of J.

    Raises:
        ValueError: if there are too many spins, or beta is negative or not finite.
    """
    beta = _check_beta(beta)
    levels, counts = density_of_states(shape, periodic)
    weight = counts * np.exp(-beta * (levels - levels[0]))
    return float(weight @ levels / weight.sum() / math.prod(_check_shape(shape)))


# ------------------------------------------------------------------------------------- transfer matrix


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


def strip_log_z(width: int, length: int, beta: float, periodic: bool | tuple[bool, bool] = True) -> float:
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
    across, along = _check_periodic(periodic, _check_shape((width, length)))
    if width > MAX_STRIP_WIDTH:
        raise ValueError(
            f"width = {width}: expected at most {MAX_STRIP_WIDTH}, as the transfer matrix has 2^width rows"
        )
    return _transfer_log_z(width, length, beta, 0.0, (across, along))


def _transfer_log_z(width: int, length: int, beta: float, field: float, periodic: tuple[bool, bool]) -> float:
    beta = _check_beta(beta)
    if not math.isfinite(field):
        raise ValueError(f"field = {field}: expected a finite number")
    width, length = _check_shape((width, length))
    across, along = _check_periodic(periodic, (width, length))
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


# ----------------------------------------------------------------------------- the torus and its limit


def _kaufman(rows: int, cols: int, beta: float) -> tuple[float, float]:
    """log Z and its derivative with respect to beta; beta > 0."""
    # Kaufman's angles satisfy cosh(gamma_l) = cosh(2b) coth(2b) - cos(pi l / cols). The half-angle form
    # sinh(gamma_l / 2)^2 = (S - 1)^2 / (2 S) + sin(pi l / (2 cols))^2 with S = sinh(2b) is free of cancellation;
    # gamma_0 carries the sign of S - 1.
    sinh2, cosh2 = math.sinh(2 * beta), math.cosh(2 * beta)
    sine = np.sin(np.pi * np.arange(2 * cols) / (2 * cols))
    half_sinh = np.sqrt((sinh2 - 1) ** 2 / (2 * sinh2) + sine**2)
    half_sinh[0] = (sinh2 - 1) / math.sqrt(2 * sinh2)
    gamma = 2 * np.arcsinh(half_sinh)
    slope = np.empty_like(gamma)  # d gamma / d beta
    slope[1:] = 2 * cosh2 * (1 - 1 / sinh2**2) / np.sinh(gamma[1:])
    slope[0] = 2 + 2 / sinh2

    x, dx = rows * gamma / 2, rows * slope / 2
    log_cosh, tanh = np.logaddexp(x, -x), np.tanh(x)
    log_sinh = np.abs(x[1:]) + np.log(-np.expm1(-2 * np.abs(x[1:])))  # of 2 sinh(x); without l = 0, which may be 0
    odd, even = slice(1, None, 2), slice(2, None, 2)
    tail, tail_slope = log_sinh[1::2].sum(), (dx[even] / tanh[even]).sum()
    # Each of the four products as value * exp(log size), with its derivative divided by exp(log size). In the
    # fourth, the factor of l = 0 is 2 sinh(x_0) = exp(log 2cosh(x_0)) tanh(x_0): zero at the critical point.
    log_size = np.array([log_cosh[odd].sum(), log_sinh[0::2].sum(), log_cosh[0::2].sum(), tail + log_cosh[0]])
    value = np.array([1.0, 1.0, 1.0, tanh[0]])
    derivative = np.array(
        [
            (dx[odd] * tanh[odd]).sum(),
            (dx[odd] / tanh[odd]).sum(),
            (dx[0::2] * tanh[0::2]).sum(),
            dx[0] + tanh[0] * tail_slope,
        ]
    )
    weight = np.exp(log_size - log_size.max())
    total = weight @ value
    n_spins = rows * cols
    log_z = n_spins / 2 * math.log(2 * sinh2) - math.log(2) + log_size.max() + math.log(total)
    return float(log_z), float(n_spins * cosh2 / sinh2 + weight @ derivative / total)


def _check_torus(shape: int | tuple[int, int]) -> tuple[int, int]:
    rows, cols = (shape, shape) if isinstance(shape, int | np.integer) else _check_shape(shape, dims=(2,))
    if rows < 2 or cols < 2:
        raise ValueError(f"shape = {shape}: expected at least 2 spins along each side of a torus")
    return int(rows), int(cols)


def kaufman_log_z(shape: int | tuple[int, int], beta: float) -> float:
    """log Z of the Ising model on a finite torus, exactly, by Kaufman's sum of four products.

    Args:
        shape: `(rows, cols)`, or one number for a square; sides of at least 2, even or odd.
        beta: inverse temperature in units of 1/J, finite, not negative, at most 300.

    Returns:
        log Z in nats; 225.22884675588 for `(16, 16)` at beta = 0.4.

    Raises:
        ValueError: if a side is below 2, or beta is out of range.

    Source: Kaufman, Phys. Rev. 76, 1232 (1949).
    """
    rows, cols = _check_torus(shape)
    beta = _check_kaufman_beta(beta)
    return _kaufman(rows, cols, beta)[0] if beta > 0 else rows * cols * math.log(2)


def kaufman_energy(shape: int | tuple[int, int], beta: float) -> float:
    """Mean energy per spin of the Ising model on a finite torus, exactly: minus the slope of Kaufman's log Z.

    Args:
        shape: `(rows, cols)`, or one number for a square; sides of at least 2, even or odd.
        beta: inverse temperature in units of 1/J, finite, not negative, at most 300.

    Returns:
        Energy per spin in units of J; -1.131317984 for `(16, 16)` at beta = 0.4.

    Raises:
        ValueError: if a side is below 2, or beta is out of range.

    Source: the derivative of Kaufman, Phys. Rev. 76, 1232 (1949).
    """
    rows, cols = _check_torus(shape)
    beta = _check_kaufman_beta(beta)
    return -_kaufman(rows, cols, beta)[1] / (rows * cols) if beta > 0 else 0.0


def _check_kaufman_beta(beta: float) -> float:
    beta = _check_beta(beta)
    if beta > 300 or 0 < beta < 1e-100:  # sinh(2 beta) squared, or one over it, must be a double
        raise ValueError(f"beta = {beta}: expected 0, or a number from 1e-100 to 300")
    return beta


def onsager_log_z(beta: float) -> float:
    """log Z per spin of the infinite square-lattice Ising model, J = 1, no field.

    Args:
        beta: inverse temperature in units of 1/J, finite, not negative, at most 300.

    Returns:
        The limit of log(Z) / N in nats: log 2 at beta = 0. The free energy per spin is minus this, divided by beta.

    Raises:
        ValueError: if beta is out of range.

    Source: Onsager, Phys. Rev. 65, 117 (1944), in the form of a single integral.
    """
    beta = _check_kaufman_beta(beta)
    kappa = 2 * math.tanh(2 * beta) / math.cosh(2 * beta)

    def integrand(phi: float) -> float:
        return math.log((1 + math.sqrt(max(0.0, 1 - (kappa * math.sin(phi)) ** 2))) / 2)

    integral = quad(integrand, 0, math.pi / 2, epsabs=1e-13, epsrel=1e-13, limit=200)[0]
    return 2 * beta + math.log1p(math.exp(-4 * beta)) + integral / math.pi  # the first two: log(2 cosh(2 beta))


def onsager_energy(beta: float) -> float:
    """Energy per spin of the infinite square-lattice Ising model, J = 1, no field.

    Args:
        beta: inverse temperature in units of 1/J, finite, not negative, at most 300.

    Returns:
        Energy per spin in units of J: 0 at beta = 0, -sqrt(2) at beta_c, -2 in the ground state.

    Raises:
        ValueError: if beta is out of range.

    Source: Onsager, Phys. Rev. 65, 117 (1944), eq. 116.
    """
    beta = _check_kaufman_beta(beta)
    if beta < 1e-3:  # the series in tanh(beta) to its fifth power: the closed form subtracts large numbers here
        t = math.tanh(beta)
        return 0.0 - 2 * t - 4 * t**3 - 8 * t**5
    tanh2 = math.tanh(2 * beta)
    gap = 2 * tanh2**2 - 1  # 1 - kappa^2 is gap^2: exact where kappa is close to 1
    critical = 0.0 if abs(gap) < 1e-15 else gap * float(ellipkm1(gap**2))
    return -(1 + 2 / math.pi * critical) / tanh2


def yang_magnetisation(beta: float) -> float:
    """Spontaneous magnetisation per spin of the infinite square-lattice Ising model, J = 1.

    Args:
        beta: inverse temperature in units of 1/J, finite, not negative, at most 300.

    Returns:
        (1 - sinh(2 beta)^-4)^(1/8) above beta_c, 0 at and below it.

    Raises:
        ValueError: if beta is out of range.

    Source: Yang, Phys. Rev. 85, 808 (1952).
    """
    beta = _check_kaufman_beta(beta)
    return (1 - math.sinh(2 * beta) ** -4) ** 0.125 if beta > BETA_C else 0.0


# -------------------------------------------------------------------------------------------- Potts and clock


def _check_q(q: int) -> int:
    if isinstance(q, bool) or not isinstance(q, int | np.integer) or q < 2:
        raise ValueError(f"q = {q!r}: expected a whole number of states, at least 2")
    return int(q)


def _summed(
    pairs: Callable[[int], Float[np.ndarray, "q q"]],
    shape: tuple[int, int],
    q: int,
    beta: float,
    periodic: bool | tuple[bool, bool],
) -> tuple[float, float]:
    """log Z and mean energy per spin of q-state spins by adding up all states, one spin at a time.

    `partial[row, start]` holds the sum over all spins before the last row of spins, whose states `row` numbers, with
    the first row in the states `start`. Adding a spin sums over the one before it in the same column. The models look
    the same from every state, so the first spin of all may stay in state 0.
    """
    beta, q = _check_beta(beta), _check_q(q)
    rows, cols = _check_shape(shape, dims=(2,))
    down, across = _check_periodic(periodic, (rows, cols))
    if rows < cols:
        rows, cols, down, across = cols, rows, across, down
    n_sums = q ** (2 * cols - 1 if down else cols)
    if max(n_sums, q * q) > MAX_PARTIAL_SUMS:
        raise ValueError(
            f"shape = {shape}, q = {q}: expected at most {MAX_PARTIAL_SUMS} partial sums, and these take {n_sums}; "
            "take a smaller lattice or fewer states"
        )
    # Energies are counted from the lowest one, so that no weight exceeds 1. The derivative by beta is the imaginary
    # part at beta + i h divided by h, to all digits, for a tiny h (Squire and Trapp, SIAM Rev. 40, 110 (1998)).
    tiny = 1e-30
    pair_energy = pairs(q)
    weight = np.exp(-complex(beta, tiny) * (pair_energy - pair_energy.min()))
    number = np.arange(q**cols)  # of a row of spins: its first spin is the most significant digit

    def state(column: int) -> Int[np.ndarray, "row_states"]:
        return number // q ** (cols - 1 - column) % q

    in_row = np.ones(q**cols, dtype=complex)
    for column in range(cols if across else cols - 1):
        in_row *= weight[state(column), state((column + 1) % cols)]
    first = np.arange(q ** (cols - 1))
    partial = np.zeros((q**cols, len(first) if down else 1), dtype=complex)
    partial[first, first if down else 0] = in_row[first]

    log_size = 0.0
    for row in range(1, rows + down):
        for column in range(cols):
            split = partial.reshape(q**column, q, -1)
            partial = np.einsum("ab,xby->xay", weight, split).reshape(partial.shape)
        if row < rows:
            partial *= in_row[:, None]
        size = np.abs(partial).max()
        partial, log_size = partial / size, log_size + math.log(size)
    total = partial[first, first].sum() if down else partial.sum()
    ground = len(bonds((rows, cols), (down, across))) * pair_energy.min()
    log_z = math.log(q) + log_size + math.log(total.real) - beta * ground
    return float(log_z), float(ground - total.imag / total.real / tiny) / (rows * cols)


def _potts_pairs(q: int) -> Float[np.ndarray, "q q"]:
    return -np.eye(q)


def _clock_pairs(q: int) -> Float[np.ndarray, "q q"]:
    state = np.arange(q)
    return -np.cos(2 * np.pi * (state[:, None] - state) / q)


def potts_log_z(shape: tuple[int, int], q: int, beta: float, periodic: bool | tuple[bool, bool] = True) -> float:
    """log Z of the q-state Potts model by adding up all q^n states.

    Args:
        shape: `(rows, cols)`. With m the shorter side, q^m may be at most 2^22, and q^(2m - 1) if the longer side is
            periodic: 4 x 4 with q = 8, 3 x 3 with q = 16; the longer side may be as long as you like.
        q: number of states.
        beta: inverse temperature in units of 1/J, finite, not negative.
        periodic: whether sides wrap round; one value, or one per side.

    Returns:
        log Z in nats.

    Raises:
        ValueError: if the lattice has too many states, or an argument is out of range.
    """
    return _summed(_potts_pairs, shape, q, beta, periodic)[0]


def potts_energy(shape: tuple[int, int], q: int, beta: float, periodic: bool | tuple[bool, bool] = True) -> float:
    """Mean energy per spin of the q-state Potts model by adding up all q^n states.

    Args:
        shape: `(rows, cols)`, as in `potts_log_z`.
        q: number of states.
        beta: inverse temperature in units of 1/J, finite, not negative.
        periodic: whether sides wrap round; one value, or one per side.

    Returns:
        Mean energy divided by the number of spins, in units of J.

    Raises:
        ValueError: if the lattice has too many states, or an argument is out of range.
    """
    return _summed(_potts_pairs, shape, q, beta, periodic)[1]


def clock_log_z(shape: tuple[int, int], q: int, beta: float, periodic: bool | tuple[bool, bool] = True) -> float:
    """log Z of the q-state clock model by adding up all q^n states.

    Args:
        shape: `(rows, cols)`, as in `potts_log_z`.
        q: number of states.
        beta: inverse temperature in units of 1/J, finite, not negative.
        periodic: whether sides wrap round; one value, or one per side.

    Returns:
        log Z in nats.

    Raises:
        ValueError: if the lattice has too many states, or an argument is out of range.
    """
    return _summed(_clock_pairs, shape, q, beta, periodic)[0]


def clock_energy(shape: tuple[int, int], q: int, beta: float, periodic: bool | tuple[bool, bool] = True) -> float:
    """Mean energy per spin of the q-state clock model by adding up all q^n states.

    Args:
        shape: `(rows, cols)`, as in `potts_log_z`.
        q: number of states.
        beta: inverse temperature in units of 1/J, finite, not negative.
        periodic: whether sides wrap round; one value, or one per side.

    Returns:
        Mean energy divided by the number of spins, in units of J.

    Raises:
        ValueError: if the lattice has too many states, or an argument is out of range.
    """
    return _summed(_clock_pairs, shape, q, beta, periodic)[1]


# ------------------------------------------------------------------------ the infinite Potts model at its transition


def potts_beta_c(q: int) -> float:
    """Inverse transition temperature of the square-lattice Potts model, log(1 + sqrt(q)).

    Continuous for q up to 4, of first order above. For q = 2, twice the `BETA_C` of the Ising model: a pair of equal
    Potts spins is lower by 1, of Ising spins by 2.

    Args:
        q: number of states, at least 2.

    Returns:
        In units of 1/J.

    Raises:
        ValueError: if q is not a whole number from 2 on.

    Source: Potts, Proc. Camb. Phil. Soc. 48, 106 (1952); Baxter, J. Phys. C 6, L445 (1973),
        doi:10.1088/0022-3719/6/23/005.
    """
    return math.log1p(math.sqrt(_check_q(q)))


def _theta(q: int) -> float:
    """Baxter's angle: 2 cosh(theta) = sqrt(q); 0 up to q = 4."""
    return math.acosh(max(1.0, math.sqrt(_check_q(q)) / 2))


def potts_latent_heat(q: int) -> float:
    """Energy per spin of the disordered phase minus that of the ordered one, at beta_c on the infinite square lattice.

    2 (1 + 1/sqrt(q)) tanh(theta/2) times the product over n from 1 of tanh(n theta)^2, with 2 cosh(theta) = sqrt(q).

    Args:
        q: number of states, at least 2.

    Returns:
        In units of J: 0 up to q = 4, 0.0529 for q = 5, 0.6961 for q = 10.

    Raises:
        ValueError: if q is not a whole number from 2 on.

    Source: Baxter, J. Phys. C 6, L445 (1973), doi:10.1088/0022-3719/6/23/005.
    """
    theta = _theta(q)
    if theta == 0:
        return 0.0
    product = np.tanh(np.arange(1, 2 + math.ceil(20 / theta)) * theta).prod() ** 2
    return float(2 * (1 + 1 / math.sqrt(q)) * math.tanh(theta / 2) * product)


def potts_critical_energies(q: int) -> tuple[float, float]:
    """Energies per spin of the two phases that meet at beta_c on the infinite square lattice.

    Duality fixes their mean, -(1 + 1/sqrt(q)), and Baxter's latent heat their distance.

    Args:
        q: number of states, at least 2.

    Returns:
        Energy of the ordered and of the disordered phase, in units of J; the same number twice up to q = 4.

    Raises:
        ValueError: if q is not a whole number from 2 on.

    Source: as `potts_latent_heat`; Wu, Rev. Mod. Phys. 54, 235 (1982), doi:10.1103/RevModPhys.54.235, section III.
    """
    mean, half = -(1 + 1 / math.sqrt(_check_q(q))), potts_latent_heat(q) / 2
    return mean - half, mean + half


def potts_entropy_jump(q: int) -> float:
    """Entropy per spin of the disordered phase minus that of the ordered one at beta_c: beta_c times the latent heat.

    The two phases have the same free energy there.

    Args:
        q: number of states, at least 2.

    Returns:
        In nats (units of k_B): 0 up to q = 4.

    Raises:
        ValueError: if q is not a whole number from 2 on.
    """
    return potts_beta_c(q) * potts_latent_heat(q)


def potts_order_parameter_jump(q: int) -> float:
    """Order parameter of the ordered phase at beta_c on the infinite square lattice.

    The product over n from 1 of (1 - x^(2n - 1)) / (1 + x^(2n)) with x = exp(-2 theta), 2 cosh(theta) = sqrt(q).

    Args:
        q: number of states, at least 2.

    Returns:
        (q n_max / N - 1) / (q - 1): 0 up to q = 4, 0.492 for q = 5, 0.857 for q = 10.

    Raises:
        ValueError: if q is not a whole number from 2 on.

    Source: Baxter, J. Phys. A 15, 3329 (1982), doi:10.1088/0305-4470/15/10/035.
    """
    theta = _theta(q)
    if theta == 0:
        return 0.0
    n = np.arange(1, 2 + math.ceil(20 / theta))
    return float(np.prod(-np.expm1(-2 * theta * (2 * n - 1)) / (1 + np.exp(-4 * theta * n))))


def potts_correlation_length(q: int) -> float:
    """Correlation length of the disordered phase at beta_c on the infinite square lattice.

    A first-order transition looks continuous on lattices that are smaller: q = 5 at any size that can be simulated.

    Args:
        q: number of states, at least 2.

    Returns:
        In lattice spacings: infinite up to q = 4, 2512 for q = 5, 10.6 for q = 10.

    Raises:
        ValueError: if q is not a whole number from 2 on.

    Source: Buffenoir and Wallon, J. Phys. A 26, 3045 (1993); Borgs and Janke,
        J. Phys. I France 2, 2011 (1992), doi:10.1051/jp1:1992261.
    """
    if _theta(q) == 0:
        return math.inf
    root = math.sqrt(q)
    v = math.log((math.sqrt(root + 2) + math.sqrt(root - 2)) / 2)
    fade = np.exp(-(np.arange(200) + 0.5) * math.pi**2 / (2 * v))
    w = math.sqrt(2) * fade / (1 + fade**2)  # 1 / (sqrt(2) cosh(...)), which may overflow
    return float(1 / (4 * np.sum(2 * np.arctanh(w))))
