"""Lesson 07: the fastest correct sweep of the Ising model on 64 x 64 spins."""

import functools
import math
from collections.abc import Callable
from dataclasses import dataclass
from time import perf_counter
from typing import Any

import numpy as np
from jaxtyping import Float, Int8, UInt32

from course_utils import partition
from course_utils.lattice import exact

from ..checks.values import clip, to_numpy
from .judge import Challenge, Refused, Values
from .seals import seal

__all__ = ["N_CHAINS", "N_SWEEPS", "SIZE", "challenge"]

SIZE = 64
N_CHAINS = 32
N_SWEEPS = 20
BLOCKS = 5
CALLS = 6
"""Calls of 20 sweeps from a start to the end of a test; the last two are measured."""

LIMIT = 4.0
"""Standard errors by which a mean energy may be off."""

Spins = Int8[np.ndarray, "chains rows cols"]


@dataclass(frozen=True)
class Block:
    """One measurement of the time, from all spins up, at a temperature where that takes long to be forgotten.

    Attributes:
        beta: inverse temperature.
        seeds: of the call of all sweeps, and of the calls of one.
        first: whether to call once before the clock starts, so that what is compiled is compiled.
    """

    beta: float
    seeds: tuple[int, ...]
    first: bool


class Sweeps(Challenge[Block]):
    """How many times as fast as a plain checkerboard sweep in NumPy, timed in turn with it on the same machine."""

    number = "7"
    title = f"the fastest correct sweep of {N_CHAINS} lattices of {SIZE} x {SIZE} spins"
    arguments = ("spins", "beta", "n_sweeps", "seed")
    task = "return the spins (chains, rows, cols) after n_sweeps sweeps, each of which draws every spin once"
    unit = "times as fast as plain NumPy"
    forbidden = (
        "fewer sweeps than asked for; spins that never change; chains that are copies or share their random numbers; "
        "remembered states; energies off Kaufman's exact value; neighbours out of balance; a clock that was changed"
    )

    @property
    def rivals(self) -> dict[str, Callable[..., Any]]:
        return {"NumPy, plain": _plain, "NumPy, listed neighbours": _listed, "JAX": _jax, "authors' best": _best}

    def problems(self, rng: np.random.Generator) -> list[Block]:
        return [
            Block(float(rng.uniform(0.37, 0.39)), tuple(rng.integers(2**31, size=N_SWEEPS + 2).tolist()), k == 0)
            for k in range(BLOCKS)
        ]

    def attempt(self, answer: Callable[..., Any], problem: Block) -> list[float]:
        """Seconds of the plain sweep and of this one; how far one call of all is behind calls of one, its error."""
        start, beta = np.ones((N_CHAINS, SIZE, SIZE), np.int8), problem.beta
        warm_up, seed, *seeds = problem.seeds
        if problem.first:
            answer(start.copy(), beta, N_SWEEPS, warm_up)
        before = perf_counter()
        _plain(start, beta, N_SWEEPS, seed)
        between = perf_counter()
        returned = answer(start.copy(), beta, N_SWEEPS, seed)
        end = perf_counter()
        together, singly = _valid(returned).mean((1, 2), dtype=float), start
        for seed in seeds:
            singly = _valid(answer(singly.copy(), beta, 1, seed))
        singly = singly.mean((1, 2), dtype=float)
        behind, error = together.mean() - singly.mean(), math.hypot(_error(together), _error(singly))
        return [between - before, end - between, behind, error]

    def total(self, values: Values) -> float:
        return float(np.exp(np.log(values[:, 0] / values[:, 1]).mean()))

    def fault(self, values: Values) -> str:
        behind, error = values[:, 2].mean(), math.sqrt((values[:, 3] ** 2).sum()) / len(values)
        if behind <= LIMIT * error:
            return ""
        return (
            f"{N_SWEEPS} sweeps in one call keep {behind:.3f} ± {error:.3f} more of the magnetisation than "
            f"{N_SWEEPS} calls of one sweep: were all done?"
        )

    def note(self, values: Values) -> str:
        return f"{N_CHAINS * SIZE**2 * N_SWEEPS / np.median(values[:, 1]) / 1e6:,.0f} million updates a second"

    def examine(self, answer: Callable[..., Any], rng: np.random.Generator) -> None:
        """Spins all drawn, energies at a high and a low temperature, balance with neighbours, chains of their own."""
        _refuse_skipped(answer, float(rng.uniform(0.3, 0.4)), int(rng.integers(2**31)))
        fair = (2 * rng.integers(0, 2, (N_CHAINS, SIZE, SIZE), dtype=np.int8) - 1).astype(np.int8)
        for start, low, high in ((fair, 0.25, 0.37), (np.ones_like(fair), 0.5, 0.65)):
            beta, spins, energies = float(rng.uniform(low, high)), start, []
            changed = np.zeros((SIZE, SIZE), bool)
            for k in range(CALLS):
                before, spins = spins, _valid(answer(spins.copy(), beta, N_SWEEPS, int(rng.integers(2**31))))
                changed |= (spins != before).any(0)
                if k >= CALLS - 2:
                    energies.append(_energy(spins))
            other = _valid(answer(before.copy(), beta, N_SWEEPS, int(rng.integers(2**31))))
            _refuse_copies(spins, other, start is fair)
            if start is fair and not changed.all():
                raise Refused(
                    f"{(~changed).sum()} of {SIZE**2} spins never change in any chain: are the edges drawn too?"
                )
            _refuse_energy(np.mean(energies, axis=0), beta)
            _refuse_balance(spins, beta)


# -------------------------------------------------------------------------------------------- what is looked at


def _valid(returned: Any) -> Spins:
    spins = np.asarray(to_numpy(returned)) if hasattr(returned, "__array__") else None
    if spins is None or spins.shape != (N_CHAINS, SIZE, SIZE):
        what = f"shape {spins.shape}" if spins is not None else clip(returned, 40)
        raise Refused(f"your function returned {what}: expected spins of shape ({N_CHAINS}, {SIZE}, {SIZE})")
    if not np.isin(spins, (-1, 1)).all():
        raise Refused("your function returned spins other than +1 and -1")
    return spins.astype(np.int8)


def _error(values: Float[np.ndarray, "chains"]) -> float:
    return float(values.std(ddof=1) / math.sqrt(len(values)))


def _field(spins: Spins) -> Spins:
    return np.roll(spins, 1, 1) + np.roll(spins, -1, 1) + np.roll(spins, 1, 2) + np.roll(spins, -1, 2)


def _energy(spins: Spins) -> Float[np.ndarray, "chains"]:
    """Energy per spin of each chain."""
    return -(spins * _field(spins)).sum((1, 2), dtype=np.int64) / (2 * SIZE**2)


def _refuse_skipped(answer: Callable[..., Any], beta: float, seed: int) -> None:
    """Refuse a sweep that turns fewer spins than heat bath, from all spins up: some are not drawn."""
    start = np.ones((N_CHAINS, SIZE, SIZE), np.int8)
    turned, expected = ((_valid(sweep(start.copy(), beta, 1, seed)) != start).mean() for sweep in (answer, _plain))
    if turned < 0.9 * expected:
        raise Refused(
            f"from all spins up at β = {beta:.3f} one of your sweeps turns {turned:.2%} of the spins, heat bath turns "
            f"{expected:.2%}: is every spin drawn, and the second colour after the first?"
        )


def _refuse_energy(energies: Float[np.ndarray, "chains"], beta: float) -> None:
    expected, error = exact.kaufman_energy(SIZE, beta), max(_error(energies), 1e-6)
    off = (energies.mean() - expected) / error
    if abs(off) > LIMIT:
        raise Refused(
            f"at β = {beta:.3f} the energy per spin is {energies.mean():.4f} ± {error:.4f}, exact is {expected:.4f}: "
            f"{abs(off):.0f} standard errors off"
        )


def _refuse_balance(spins: Spins, beta: float) -> None:
    """Among spins whose neighbours add up to h the share 1 / (1 + exp(-2βh)) is up, exactly."""
    field, row_col = _field(spins), np.indices((SIZE, SIZE)).sum(0)
    for colour in (0, 1):
        here = np.broadcast_to(row_col % 2 == colour, spins.shape)
        for h in (-4, -2, 0, 2, 4):
            found = spins[here & (field == h)]
            p = 1 / (1 + math.exp(-2 * beta * h))
            spread = math.sqrt(len(found) * p * (1 - p))
            if spread > 3 and abs((found == 1).sum() - len(found) * p) > 5 * spread:
                raise Refused(
                    f"at β = {beta:.3f}, of spins whose neighbours add up to {h} the share {(found == 1).mean():.4f} "
                    f"is up, expected {p:.4f}: the flips are out of balance"
                )


def _refuse_copies(spins: Spins, other: Spins, free: bool) -> None:
    """Refuse chains that are copies of one another, or move together, and results that do not depend on the seed."""
    if (spins == other).mean() > 0.999:
        raise Refused("two calls with different seeds give the same spins: are they remembered?")
    pairs = {(e, abs(m)) for e, m in zip(_energy(spins), spins.sum((1, 2), dtype=int), strict=True)}
    if len(pairs) < N_CHAINS * 3 // 4:
        raise Refused(f"of {N_CHAINS} chains only {len(pairs)} differ: the others are copies")
    if free:  # chains that started apart must stay independent
        rows = spins.reshape(N_CHAINS, -1).astype(float)
        overlaps = (rows @ rows.T / SIZE**2)[np.triu_indices(N_CHAINS, 1)]
        if abs(overlaps.mean()) > 5 * overlaps.std() / math.sqrt(len(overlaps)):
            raise Refused(
                f"chains that started apart have the mean overlap {overlaps.mean():.3f}, expected 0: do they share "
                "their random numbers?"
            )


# ------------------------------------------------------------------------------------------------- the others


def _plain(spins: Spins, beta: float, n_sweeps: int, seed: int) -> Spins:
    """Heat bath on one colour after the other, the whole lattice each time."""
    rng = np.random.default_rng(seed)
    black = np.indices((SIZE, SIZE)).sum(0) % 2 == 0
    for _ in range(n_sweeps):
        for colour in (black, ~black):
            up = 1 / (1 + np.exp(-2 * beta * _field(spins)))
            spins = np.where(colour, np.where(rng.random(spins.shape) < up, 1, -1).astype(np.int8), spins)
    return spins


def _listed(spins: Spins, beta: float, n_sweeps: int, seed: int) -> Spins:
    """The torus of lesson 02: one colour at a time, five probabilities in a table, float32."""
    rng, torus = np.random.default_rng(seed), partition.IsingTorus(SIZE)
    state = np.ascontiguousarray(spins.reshape(len(spins), -1).T)
    for _ in range(n_sweeps):
        state = torus.sweep(state, beta, rng)
    return np.ascontiguousarray(state.T).reshape(spins.shape)


def _jax(spins: Spins, beta: float, n_sweeps: int, seed: int) -> Spins:
    """The plain sweep, compiled."""
    import jax

    return np.asarray(_compiled()(jax.numpy.asarray(spins), beta, n_sweeps, jax.random.key(seed)))


@functools.cache
def _compiled() -> Callable[..., Any]:
    import jax
    import jax.numpy as jnp

    black = np.indices((SIZE, SIZE)).sum(0) % 2 == 0

    def half(spins: Any, beta: Any, key: Any, colour: Any) -> Any:
        field = jnp.roll(spins, 1, 1) + jnp.roll(spins, -1, 1) + jnp.roll(spins, 1, 2) + jnp.roll(spins, -1, 2)
        up = jax.random.uniform(key, spins.shape) < jax.nn.sigmoid(2 * beta * field)
        return jnp.where(colour, jnp.where(up, 1, -1).astype(jnp.int8), spins)

    def sweep(k: Any, carry: Any) -> Any:
        spins, beta, key = carry
        first, second = jax.random.split(jax.random.fold_in(key, k))
        return half(half(spins, beta, first, black), beta, second, ~black), beta, key

    return jax.jit(lambda spins, beta, n, key: jax.lax.fori_loop(0, n, sweep, (spins, beta, key))[0])


def _best(spins: Spins, beta: float, n_sweeps: int, seed: int) -> Spins:
    """Multi-spin coding: a word of 32 bits holds one spin of 32 chains, and logic on words is logic on all of them.

    A Metropolis flip costs 8, 4 or nothing: with d the number of neighbours that differ it is accepted if d >= 2, or
    with probability q = exp(-4β) if d = 1, or q² if d = 0. Bits that are set with probability q are made of fair ones,
    digit by digit of q; 16 digits leave q within 1e-5. All bits of a sweep are made in one array. By the
    clock 20 sweeps take 5.4 ms with SFC64, 6.0 with PCG64, 8.1 with Philox, 8.7 with MT19937.

    Source: Jacobs and Rebbi, J. Comput. Phys. 41, 203 (1981), doi:10.1016/0021-9991(81)90089-9.
    """
    rng = np.random.Generator(np.random.SFC64(seed))
    bits = np.packbits(np.moveaxis(spins > 0, 0, -1), axis=-1, bitorder="little").view(np.uint32)[..., 0]
    odd = np.arange(SIZE) % 2
    # Of row r, one colour's columns are c = 2k + r mod 2 and the other's the rest; k is the place in the row.
    halves = [np.stack([bits[r, (odd[r] + colour) % 2 :: 2] for r in range(SIZE)]) for colour in (0, 1)]
    digits = [int(1 << 16 - k - 1 & round(math.exp(-4 * beta) * (1 << 16))) > 0 for k in range(16)]
    shape = (2, 2, SIZE, SIZE // 2)
    for _ in range(n_sweeps):
        words = rng.integers(0, 1 << 64, (16, *shape[:-1], SIZE // 4), np.uint64).view(np.uint32)
        lucky = np.zeros(shape, np.uint32)
        for word, digit in zip(words, reversed(digits), strict=True):
            np.bitwise_or(lucky, word, out=lucky) if digit else np.bitwise_and(lucky, word, out=lucky)
        for colour in (0, 1):
            _flip(halves[colour], halves[1 - colour], colour, *lucky[colour])
    for colour in (0, 1):
        for r in range(SIZE):
            bits[r, (odd[r] + colour) % 2 :: 2] = halves[colour][r]
    unpacked = np.unpackbits(bits[..., None].view(np.uint8), axis=-1, bitorder="little")
    return np.ascontiguousarray(np.moveaxis(2 * unpacked.view(np.int8) - 1, -1, 0))


def _flip(
    mine: UInt32[np.ndarray, "rows half"],
    others: UInt32[np.ndarray, "rows half"],
    colour: int,
    first: UInt32[np.ndarray, "rows half"],
    second: UInt32[np.ndarray, "rows half"],
) -> None:
    """One Metropolis test for every spin of a colour, in place."""
    side = np.empty_like(others)
    back, ahead = (others[colour::2], others[1 - colour :: 2])
    side[colour::2, 1:], side[colour::2, 0] = back[:, :-1], back[:, -1]
    side[1 - colour :: 2, :-1], side[1 - colour :: 2, -1] = ahead[:, 1:], ahead[:, 0]
    a, b = mine ^ others, mine ^ side
    c, d = np.empty_like(mine), np.empty_like(mine)
    np.bitwise_xor(mine[1:], others[:-1], out=c[1:])
    np.bitwise_xor(mine[0], others[-1], out=c[0])
    np.bitwise_xor(mine[:-1], others[1:], out=d[:-1])
    np.bitwise_xor(mine[-1], others[0], out=d[-1])
    one_of_ab, one_of_cd = a | b, c | d
    two = (a & b) | (c & d) | (one_of_ab & one_of_cd)
    mine ^= two | (first & (one_of_ab | one_of_cd | second))


challenge = Sweeps()

seal(__name__, "course_utils.lattice.exact.onsager")
