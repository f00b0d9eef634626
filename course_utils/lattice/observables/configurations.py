"""What is measured on configurations of spins: one number, or one field, for each lattice.

Lattices have shape (..., rows, cols), the arrays are those of NumPy or JAX, and what comes back is of the same kind.
The functions may stand inside `jax.jit`. Fewer than two axes, or numbers of the wrong kind, are a ValueError: +1 and -1
need a dtype that holds -1, angles one of floating point, and states of a clock one of integers.
"""

import math
from types import ModuleType
from typing import Any

from jaxtyping import Float, Int, Integer, Num

from ...arguments import whole

Array = Any  # numpy.ndarray or jax.Array, whichever went in
TURN = 2 * math.pi


def magnetisation(spins: Num[Array, "*batch rows cols"]) -> Float[Array, "*batch"]:
    """Mean of the spins, with its sign.

    On a finite lattice its average over a long run is 0 at every temperature, for both signs are equally likely. The
    order parameter is the average of its absolute value.

    Args:
        spins: +1 and -1.

    Returns:
        From -1 to 1.
    """
    return _signed(spins).mean(spins, axis=(-2, -1))


def planar_magnetisation(angles: Float[Array, "*batch rows cols"]) -> Float[Array, "*batch 2"]:
    """Mean of the unit vectors (cos θ, sin θ); its length is the order parameter of the clock and XY models.

    Args:
        angles: in radians; see `clock_angles` for the states of a clock.

    Returns:
        The two components in the last axis.
    """
    xp = _angles(angles)
    return xp.stack([xp.mean(xp.cos(angles), axis=(-2, -1)), xp.mean(xp.sin(angles), axis=(-2, -1))], axis=-1)


def clock_angles(states: Integer[Array, "*shape"], q: int) -> Float[Array, "*shape"]:
    """Angles 2π k / q of clock states k.

    Args:
        states: integers from 0 to q - 1, any shape.
        q: number of directions, at least 2.

    Returns:
        Angles in radians, float64 from NumPy, JAX's default float from JAX.
    """
    _states(states, q)
    return states * (TURN / q)


def correlation_function(*components: Num[Array, "*batch L L"]) -> Float[Array, "*batch distances"]:
    """Correlation of spins at distances 0, 1, ..., L/2 along the two axes of the lattice.

    An average over all N starting points and both axes, in each configuration. It is 1 at distance 0, and nothing is
    subtracted: average it over configurations first, then subtract the square of the order parameter if you want the
    connected one.

    Args:
        components: of the spins, whose products are added up. One array of +1 and -1 for Ising; cos θ and sin θ for
            spins in the plane; for Potts δ(s, k) - 1/q for each colour k, times sqrt(q / (q - 1)).

    Returns:
        L // 2 + 1 numbers in the last axis; distance in lattice spacings.

    Raises:
        ValueError: if there is no component, or the lattice is not square.
    """
    if not components:
        raise ValueError("components = (): expected at least one array")
    total = 0.0
    for component in components:
        xp, (size, columns) = _signed(component), component.shape[-2:]
        if size != columns:
            raise ValueError(f"spins has shape {component.shape}: expected a square lattice, (..., L, L)")
        for axis in (-2, -1):
            power = xp.abs(xp.fft.fft(component * 1.0, axis=axis)) ** 2
            along = xp.fft.ifft(power, axis=axis).real  # the sum over starting points, divided by nothing
            total = total + xp.mean(along, axis=-1 if axis == -2 else -2) / (2 * size)
    return total[..., : size // 2 + 1]


def winding_numbers(
    angles: Num[Array, "*batch rows cols"], q: int | None = None, periodic: bool = True
) -> Int[Array, "*batch plaquette_rows plaquette_cols"]:
    """Vortex charge of each plaquette: how often the angle turns round when one walks round it.

    Entry [i, j] belongs to the square with corners (i, j), (i, j+1), (i+1, j+1), (i+1, j), walked in this order: +1 is
    a vortex, -1 an antivortex, in a picture with i upwards. Each step is brought to the nearest turn, -π to π; without
    that the four steps would always add up to 0. A step belongs to two plaquettes with opposite signs, so that the
    charges of a periodic lattice add up to 0.

    Args:
        angles: in radians, any turn; or clock states if q is given.
        q: number of directions of a clock: states 0 to q - 1, treated with integers alone.
        periodic: whether the sides are joined; else plaquettes across the edge are left out.

    Returns:
        -1, 0 or +1 (int8), rows × cols of them, or (rows - 1) × (cols - 1) with open edges.

    Raises:
        ValueError: if angles are integers and q is missing, or the other way round.

    Source: Kosterlitz and Thouless, J. Phys. C 6, 1181 (1973), doi:10.1088/0022-3719/6/7/010; the count on a lattice
        from Tobochnik and Chester, Phys. Rev. B 20, 3761 (1979), doi:10.1103/PhysRevB.20.3761.
    """
    if q is None:
        xp = _angles(angles)
    else:
        _lattice(angles)
        xp = _states(angles, q)
        angles = angles.astype(xp.int16 if q <= 8192 else xp.int32)

    def turns(step: Array) -> Array:
        """The turns too many in a step: what is taken away to bring it to the nearest turn."""
        return xp.round(step / TURN) if q is None else (2 * step + q) // (2 * q)

    # The plain steps round a plaquette add up to 0, so its charge is minus the turns that were taken away.
    along_j = turns(xp.roll(angles, -1, axis=-1) - angles)
    along_i = turns(xp.roll(angles, -1, axis=-2) - angles)
    taken = along_j + xp.roll(along_i, -1, axis=-1) - xp.roll(along_j, -1, axis=-2) - along_i
    charge = (-taken).astype(xp.int8)
    return charge if periodic else charge[..., :-1, :-1]


def vortex_density(
    angles: Num[Array, "*batch rows cols"], q: int | None = None, periodic: bool = True
) -> Float[Array, "*batch"]:
    """Vortices and antivortices together, per plaquette.

    Args:
        angles, q, periodic: as for `winding_numbers`.

    Returns:
        From 0 to 1; 1/3 for angles drawn independently.
    """
    xp = _lattice(angles)
    return xp.mean(xp.abs(winding_numbers(angles, q, periodic)), axis=(-2, -1))


def helicity_terms(angles: Float[Array, "*batch rows cols"]) -> Float[Array, "*batch 2"]:
    """What `helicity_modulus` averages: the mean cosine over bonds, and the mean squared current of the two axes.

    Args:
        angles: in radians, on a periodic lattice; see `clock_angles` for the states of a clock.

    Returns:
        In the last axis (c_x + c_y) / 2 and (s_x² + s_y²) / 2, where c_x and s_x are sums of cos(θ_i - θ_j) and
        sin(θ_i - θ_j) over the bonds along x, divided by the number of spins.
    """
    xp = _angles(angles)
    cosine = square = 0.0
    for axis in (-2, -1):
        step = xp.roll(angles, -1, axis=axis) - angles
        cosine = cosine + xp.mean(xp.cos(step), axis=(-2, -1)) / 2
        square = square + xp.mean(xp.sin(step), axis=(-2, -1)) ** 2 / 2
    return xp.stack([cosine, square], axis=-1)


# Each of these gives the module that computes with an array, numpy or jax.numpy, if the array is as it should be.


def _lattice(spins: Array) -> ModuleType:
    if spins.ndim < 2 or min(spins.shape[-2:]) < 2:
        raise ValueError(f"spins has shape {spins.shape}: expected (..., rows, cols), at least 2 of each")
    return spins.__array_namespace__()


def _signed(spins: Array) -> ModuleType:
    xp = _lattice(spins)
    if not (xp.issubdtype(spins.dtype, xp.signedinteger) or xp.issubdtype(spins.dtype, xp.floating)):
        raise ValueError(
            f"spins has dtype {spins.dtype}: expected signed numbers, +1 and -1; for 0 and 1 take 2 * s - 1 of these"
        )
    return xp


def _angles(angles: Array) -> ModuleType:
    xp = _lattice(angles)
    if not xp.issubdtype(angles.dtype, xp.floating):
        raise ValueError(
            f"angles has dtype {angles.dtype}: expected floating-point radians; clock_angles(states, q) makes some"
        )
    return xp


def _states(states: Array, q: int) -> ModuleType:
    whole("q", q, 2)
    xp = states.__array_namespace__()
    if not xp.issubdtype(states.dtype, xp.integer):
        raise ValueError(f"states has dtype {states.dtype}: expected integers, from 0 to q - 1")
    return xp
