"""Ising and Potts spins by hand: what lessons 07 and 08 build before they use the engine. J = 1 unless said otherwise.

Importing the module loads neither JAX nor PyTorch.
"""

import math
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from jaxtyping import Bool, Float, Int, Integer, Num

from . import exact, observables

if TYPE_CHECKING:
    from thrml import Block, FactorSamplingProgram, SpinNode

Array = Any  # numpy.ndarray or jax.Array, whichever went in


def conditional_probability(
    spins: Num[Array, "*batch rows cols"], beta: float, coupling: float = 1.0, field: float = 0.0
) -> Float[Array, "*batch rows cols"]:
    """P(s = +1 | all other spins) of every spin of a torus: 1 / (1 + exp(-2 beta (J Σ s_j + h))).

    Args:
        spins: -1 and +1.
        beta: inverse temperature.
        coupling: J.
        field: h.

    Returns:
        One probability for each spin, in the kind of array that went in.

    Source: Glauber, J. Math. Phys. 4, 294 (1963), doi:10.1063/1.1703954.
    """
    xp = spins.__array_namespace__()
    total = sum(xp.roll(spins, step, axis=axis) for axis in (-2, -1) for step in (1, -1))
    return 1 / (1 + xp.exp(-2 * beta * (coupling * total + field)))


def sweep(
    spins: Num[Array, "*batch rows cols"], beta: float, uniform: Float[Array, "*batch rows cols"], field: float = 0.0
) -> Num[Array, "*batch rows cols"]:
    """One sweep of block Gibbs sampling on a torus with J = 1: the spins with even i + j, then the others.

    Args:
        spins: -1 and +1.
        beta: inverse temperature.
        uniform: a random number for each spin, from 0 to 1; the spin is +1 if it is below the conditional probability.
        field: h.

    Returns:
        The new spins, in the kind of array that went in.

    Raises:
        ValueError: if a side is odd.

    Source: Geman and Geman, IEEE Trans. PAMI 6, 721 (1984), doi:10.1109/TPAMI.1984.4767596.
    """
    xp = spins.__array_namespace__()
    even = two_colours(*spins.shape[-2:])
    for colour in (even, ~even):
        drawn = xp.where(uniform < conditional_probability(spins, beta, 1.0, field), 1, -1)
        spins = xp.where(xp.asarray(colour), xp.astype(drawn, spins.dtype), spins)
    return spins


def phase_curve(
    draw: Callable[[float], Num[Array, "chains samples rows cols"]], temperatures: Float[np.ndarray, "n"]
) -> Float[np.ndarray, "n 4"]:
    """Order and energy per spin against temperature, J = 1 and no field, with errors from independent chains.

    Args:
        draw: draw(T) gives spins -1 and +1 at temperature T.
        temperatures: where to measure.

    Returns:
        A row for each temperature: the mean of |m|, its standard error, the mean energy per spin, its standard error.
    """
    rows = []
    for temperature in temperatures:
        spins = np.asarray(draw(temperature), float)
        order = abs(observables.magnetisation(spins))
        energy = -sum((spins * np.roll(spins, 1, axis)).mean((-2, -1)) for axis in (-2, -1))
        rows.append([part for series in (order, energy) for part in observables.mean_and_error(series)])
    return np.array(rows)


def potts_conditional(
    spins: Integer[Array, "*batch rows cols"], beta: float, q: int
) -> Float[Array, "*batch rows cols q"]:
    """P(s = k | all other spins) of every spin of a torus: exp(beta n_k) / Σ exp(beta n_l), n_k neighbours of colour k.

    Args:
        spins: colours, from 0 to q - 1.
        beta: inverse temperature.
        q: number of colours.

    Returns:
        The probability of colour k in entry k of the last axis, in the kind of array that went in.
    """
    xp = spins.__array_namespace__()
    beside = [xp.roll(spins, step, axis=axis) for axis in (-2, -1) for step in (1, -1)]
    same = sum(xp.astype(s[..., None] == xp.arange(q), int) for s in beside)
    weight = xp.exp(beta * (same - xp.max(same, axis=-1, keepdims=True)))
    return weight / xp.sum(weight, axis=-1, keepdims=True)


def potts_sweep(
    colours: Integer[np.ndarray, "*batch rows cols"],
    beta: float,
    q: int,
    uniform: Float[np.ndarray, "*batch rows cols"],
) -> Integer[np.ndarray, "*batch rows cols"]:
    """One sweep of block Gibbs sampling of the Potts model on a torus: the spins with even i + j, then the others.

    Args:
        colours: from 0 to q - 1.
        beta: inverse temperature.
        q: number of colours.
        uniform: a random number for each spin, from 0 to 1: a place on a ruler of length 1, on which the probabilities
            of the colours lie end to end, in their order.

    Returns:
        The new colours, of the same type.

    Raises:
        ValueError: if a side is odd.
    """
    even = two_colours(*colours.shape[-2:])
    for block in (even, ~even):
        marks = np.cumsum(potts_conditional(colours, beta, q), axis=-1)[..., :-1]
        drawn = (uniform[..., None] >= marks).sum(axis=-1).astype(colours.dtype)
        colours = np.where(block, drawn, colours)
    return colours


def compare_starts(
    draw: Callable[[float, str], Num[Array, "chains samples rows cols"]], temperatures: Float[np.ndarray, "n"], q: int
) -> Float[np.ndarray, "n 4"]:
    """Order and energy per spin of a Potts model from two opposite starts, against temperature; J = 1, no field.

    Args:
        draw: draw(T, "aligned") gives colours from chains that began with one colour, draw(T, "random") from chains
            that began with all.
        temperatures: where to measure.
        q: number of colours.

    Returns:
        A row for each temperature: the mean order parameter (q ρ - 1) / (q - 1), ρ the share of the most frequent
        colour, from one colour and from many; the energy from many minus that from one, and its standard error.
    """
    rows = []
    for temperature in temperatures:
        orders, energies = [], []
        for start in ("aligned", "random"):
            spins = np.asarray(draw(temperature, start))
            share = np.max([(spins == k).mean((-2, -1)) for k in range(q)], axis=0)
            orders.append(float(((q * share - 1) / (q - 1)).mean()))
            energies.append(-sum((spins == np.roll(spins, 1, axis)).mean((-2, -1)) for axis in (-2, -1)))
        rows.append([*orders, *observables.latent_heat(*energies)])
    return np.array(rows)


def two_colours(rows: int, cols: int, periodic: bool = True) -> Bool[np.ndarray, "rows cols"]:
    """A checkerboard: no two neighbours have the same colour.

    Args:
        rows: of the lattice.
        cols: of the lattice.
        periodic: whether the sides are joined.

    Returns:
        True for one colour, False for the other; True at (0, 0).

    Raises:
        ValueError: if a periodic side is odd. Round a loop of odd length, two colours cannot alternate.
    """
    if periodic and (rows % 2 or cols % 2):
        raise ValueError(f"rows, cols = {rows}, {cols}: expected even sides on a periodic lattice; or periodic=False")
    i, j = np.indices((rows, cols))
    return (i + j) % 2 == 0


def transition_matrix(
    states: Int[np.ndarray, "n_states n"], p_up: Float[np.ndarray, "n_states n"], group: Sequence[int]
) -> Float[np.ndarray, "n_states n_states"]:
    """Probability of each step when the spins of a group are drawn at once and the others stay.

    Args:
        states: all states, one a row, of -1 and +1.
        p_up: for each state and spin, the probability that the spin is drawn as +1.
        group: numbers of the spins that are drawn.

    Returns:
        Entry [a, b] is the probability to go from state a to state b.
    """
    drawn = np.isin(np.arange(states.shape[1]), group)
    after = states[None, :, :]
    p = np.where(after == 1, p_up[:, None, :], 1 - p_up[:, None, :])
    stays = after == states[:, None, :]
    return np.where(drawn, p, stays).prod(axis=-1)


def ising_program(
    nodes: "Sequence[SpinNode]", beta: float | Float[Array, ""]
) -> "tuple[FactorSamplingProgram, list[Block]]":
    """THRML program of the Ising model on a square torus, J = 1, no field, updated one colour after the other.

    Args:
        nodes: size * size of them, row by row; size even.
        beta: inverse temperature.

    Returns:
        The program and its two blocks, the colour of (0, 0) first.
    """
    import jax.numpy as jnp
    from thrml import Block, BlockGibbsSpec, FactorSamplingProgram
    from thrml.models import SpinEBMFactor, SpinGibbsConditional

    size = math.isqrt(len(nodes))
    first = two_colours(size, size).ravel()
    blocks = [Block([node for node, f in zip(nodes, first, strict=True) if f == colour]) for colour in (True, False)]
    ends = [Block([nodes[k] for k in side]) for side in exact.bonds((size, size)).T]
    factor = SpinEBMFactor(ends, jnp.full(len(ends[0]), beta, jnp.float32))
    spec = BlockGibbsSpec(blocks, [])
    return FactorSamplingProgram(spec, [SpinGibbsConditional()] * 2, [factor], []), blocks
