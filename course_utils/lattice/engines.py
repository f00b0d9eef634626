"""From a lattice to a THRML program, in two ways.

    sites         one THRML node per spin, as the lessons teach; the neighbours are found in tables
    sublattices   one THRML node per colour of the checkerboard, whose state is an array; the neighbours are found by
                  rolling it. No tables, so the program is there at once and a sweep is several times as fast

Both give the same three things to THRML: a `BlockGibbsSpec` with the two colours as blocks, an interaction (bonds with
one coupling), and a conditional sampler. The conditional is the model's and knows nothing of the engine: it is handed
the neighbours' states and draws the new ones.

A spin on an open edge has fewer neighbours. What stands in for a missing one is the state `absent` of the model, which
pulls in no direction.
"""

import abc
from collections.abc import Iterable
from functools import lru_cache, reduce
from typing import Any, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float, Int, Key, PyTree, Shaped, UInt32
from thrml import (
    AbstractConditionalSampler,
    AbstractNode,
    Block,
    BlockGibbsSpec,
    BlockSamplingProgram,
    InteractionGroup,
)

from .rng import AnyKey, Part

AnyArray = jax.Array | np.ndarray
State = PyTree[Shaped[Array, "..."]]
"""Spins as a sampler holds them: an array, or (cosine, sine) for XY."""


NIBBLES = 8
"""Spins of ±1 that one 32-bit word holds (fast engine): spin j of a row, as s + 1, is nibble j % 8 of word j // 8."""
_ABSENT = 0x11111111  # nibbles of 1, between 0 and 2: a neighbour that is not there


class Grid(NamedTuple):
    """A square lattice: `rows` x `cols` spins; its sides wrap round if `periodic`."""

    rows: int
    cols: int
    periodic: bool

    @property
    def half(self) -> int:
        """Spins of one colour in a row. With an odd number of columns one of the two colours has an idle one."""
        return (self.cols + 1) // 2


class Site(AbstractNode):
    """One spin."""


class Black(AbstractNode):
    """All spins (i, j) of a lattice with even i + j: one node, whose state is an array."""


class White(AbstractNode):
    """All spins (i, j) of a lattice with odd i + j."""


# ----------------------------------------------------------------------------------------- the conditional


class Bonds(eqx.Module):
    """THRML interaction: what the nearest neighbours do to a spin. One coupling, or one for each spin and neighbour."""

    coupling: eqx.AbstractVar[Float[Array, ""] | Float[Array, "n 4"]]

    def own_key(self, key: Key[Array, ""]) -> AnyKey:
        """The key for the spins that this device holds."""
        return key

    @abc.abstractmethod
    def neighbours(self, active: Bool[Array, "n k"], states: list[State], absent: Any) -> list[State]:
        """States of the neighbours, one entry per direction, each of the shape of the spins that are updated."""


class Own(eqx.Module):
    """THRML interaction of a spin with itself: it hands a sampler the state that it is about to replace."""


class Conditional(AbstractConditionalSampler):
    """THRML sampler of spins given their neighbours. A subclass draws, an engine finds the neighbours.

    Attributes:
        absent: the state of a neighbour that is not there.
    """

    absent: eqx.AbstractVar[Any]

    @abc.abstractmethod
    def draw(self, key: AnyKey, coupling: Array, neighbours: list[State], own: State) -> State:
        """New states of spins whose neighbours are given, and which do not see each other."""

    def sample(self, key, interactions, active_flags, states, sampler_state, output_sd):
        """What THRML calls for each block in each sweep."""
        (bonds, _), (active, has_own), (beside, (own,)) = interactions, active_flags, states
        around = bonds.neighbours(active, beside, self.absent)
        before, tree = jax.tree.flatten(own)
        before = [x[:, 0] for x in before]  # each node has one interaction with itself
        likes, spin = jax.tree.flatten(around[0])
        own = jax.tree.unflatten(spin, [x.reshape(like.shape) for x, like in zip(before, likes, strict=True)])
        drawn = jax.tree.leaves(self.draw(bonds.own_key(key), bonds.coupling, around, own))
        after = [x.reshape(old.shape).astype(old.dtype) for x, old in zip(drawn, before, strict=True)]
        # All are replaced. Saying it this way, with the old states, keeps the compiler from drawing a spin again
        # wherever one looks at it: without, or with zeros for the old states, a sweep takes four times as long (CPU).
        after = [
            jnp.where(has_own.reshape((-1,) + (1,) * (x.ndim - 1)), x, old)
            for x, old in zip(after, before, strict=True)
        ]
        return jax.tree.unflatten(tree, after), sampler_state


def total(coupling: Float[Array, ""] | Float[Array, "n 4"], neighbours: Iterable[Array]) -> Array:
    """Σ J s_j over the neighbours of each spin, as a sampler gets both."""
    return sum((coupling[:, j] if coupling.ndim else coupling) * s for j, s in enumerate(neighbours))


# ---------------------------------------------------------------------------------------------- sublattices


class Slab(NamedTuple):
    """The rows that one device holds of a lattice: an equal share, in the order of a mesh's axis."""

    axis: str
    n: int

    @property
    def number(self) -> Int[Array, ""]:
        """Of this device's slab; inside `shard_map` only."""
        return jax.lax.axis_index(self.axis)

    def with_halo(self, x: Shaped[Array, "rows half"]) -> Shaped[Array, "rows+2 half"]:
        """The rows with the last one of the slab above and the first one of the slab below."""
        down, up = ([(k, (k + step) % self.n) for k in range(self.n)] for step in (1, -1))
        above, below = jax.lax.ppermute(x[-1:], self.axis, down), jax.lax.ppermute(x[:1], self.axis, up)
        return jnp.concatenate([above, x, below])


class RolledBonds(Bonds):
    """Bonds between the two colours: the neighbours of one are the other, moved up, down, not at all, and sideways.

    Of a slab, `grid` is its own rows, an even number of them, so that the colours stand as in the whole lattice.
    """

    coupling: Array
    grid: Grid = eqx.field(static=True)
    colour: int = eqx.field(static=True)
    nibbles: bool = eqx.field(static=True, default=False)
    slab: Slab | None = eqx.field(static=True, default=None)

    def own_key(self, key):
        return Part(key, self.slab.number.astype(jnp.uint32)) if self.slab else key

    def neighbours(self, active, states, absent):
        (other,) = jax.tree.map(lambda x: x[0, 0], states[0]).values()  # one node, one interaction
        row = np.arange(self.grid.rows)[:, None]
        left_first = (row + self.colour) % 2 == 0  # spin j of this colour stands left of spin j of the other one

        def around(x):
            # With a rim from the far side, all four neighbours are slices of one array: several times as fast as rolls.
            rim = [(0, 0) if self.slab else (1, 1), (1, 1)]
            x = jnp.pad(self.slab.with_halo(x) if self.slab else x, rim, mode="wrap")
            x = jax.lax.optimization_barrier(x)
            here, left, right = x[1:-1, 1:-1], x[1:-1, :-2], x[1:-1, 2:]
            if self.nibbles:  # the neighbours of a word's spins are its own nibbles, one on, and one from the next word
                left, right = here << 4 | left >> 28, here >> 4 | right << 28
            return [x[:-2, 1:-1], x[2:, 1:-1], here, jnp.where(left_first, left, right)]

        leaves, tree = jax.tree.flatten(other)
        directions = [around(leaf) for leaf in leaves]
        if not self.grid.periodic:
            col = 2 * np.arange(self.grid.half) + 1 - left_first
            step = np.where(left_first, 1, -1)
            first, rows = (self.slab.number * len(row), self.slab.n * len(row)) if self.slab else (0, len(row))
            inside = [row + 0 * col + first > 0, row + 0 * col + first < rows - 1]
            inside += [(c >= 0) & (c < self.grid.cols) for c in (col + step, col - step)]
            if self.nibbles:
                full = [pack_nibbles(15 * there.astype(np.uint32)) for there in inside]
                return [x & there | _ABSENT & ~there for x, there in zip(directions[0], full, strict=True)]
            directions = [
                [jnp.where(there, x, jnp.asarray(gone, x.dtype)) for there, x in zip(inside, xs, strict=True)]
                for xs, gone in zip(directions, jax.tree.leaves(absent), strict=True)
            ]
        return [jax.tree.unflatten(tree, parts) for parts in zip(*directions, strict=True)]


def split(grid: Grid, spins: Shaped[Array, "*batch rows cols"]) -> list[Shaped[Array, "*batch rows half"]]:
    """The two colours of a lattice: first the spins with even i + j."""
    if grid.cols % 2:  # one idle spin in every other row of each colour
        spins = jnp.concatenate([spins, spins[..., :1]], axis=-1)
    pairs = spins.reshape(*spins.shape[:-1], grid.half, 2)
    even_row = np.arange(grid.rows)[:, None] % 2 == 0
    first, second = pairs[..., 0], pairs[..., 1]
    return [jnp.where(even_row, first, second), jnp.where(even_row, second, first)]


def join(grid: Grid, colours: list[Shaped[Array, "*batch rows half"]]) -> Shaped[Array, "*batch rows cols"]:
    """The lattice whose two colours these are."""
    black, white = colours
    even_row = np.arange(grid.rows)[:, None] % 2 == 0
    pairs = jnp.stack([jnp.where(even_row, black, white), jnp.where(even_row, white, black)], axis=-1)
    return pairs.reshape(*black.shape[:-1], 2 * grid.half)[..., : grid.cols]


def pack_nibbles(values: UInt32[AnyArray, "*batch half"]) -> UInt32[AnyArray, "*batch words"]:
    """Eight numbers from 0 to 15 in each word, the first in the lowest bits."""
    shape = values.shape
    parts = values.reshape(*shape[:-1], shape[-1] // NIBBLES, NIBBLES)
    return reduce(lambda word, k: word | parts[..., k] << np.uint32(4 * k), range(1, NIBBLES), parts[..., 0])


def unpack_nibbles(words: UInt32[Array, "*batch words"]) -> UInt32[Array, "*batch half"]:
    """What `pack_nibbles` has packed."""
    values = words[..., None] >> jnp.arange(0, 4 * NIBBLES, 4, jnp.uint32) & 15
    return values.reshape(*words.shape[:-1], -1)


class Engine(eqx.Module):
    """A THRML program without its numbers: `with_numbers` puts in coupling and samplers, which may be traced."""

    grid: Grid = eqx.field(static=True)
    program: BlockSamplingProgram

    @abc.abstractmethod
    def bonds(self, coupling: Array, colour: int) -> Bonds:
        """The interaction of one colour with the other."""

    @abc.abstractmethod
    def to_blocks(self, spins: State) -> list[State]:
        """THRML's block states of a lattice (no batch axes)."""

    @abc.abstractmethod
    def to_lattice(self, blocks: list[State]) -> State:
        """The lattice of THRML's block states."""

    def with_numbers(self, coupling: Array, sampler: Conditional) -> BlockSamplingProgram:
        """The program with this coupling on its bonds and this sampler for both colours."""
        interactions = [[self.bonds(coupling, colour), Own()] for colour in (0, 1)]
        where = lambda program: (program.per_block_interactions, program.samplers)  # noqa: E731
        return eqx.tree_at(where, self.program, (interactions, [sampler, sampler]))


class Sublattices(Engine):
    """One node per colour."""

    nibbles: bool = eqx.field(static=True, default=False)
    slab: Slab | None = eqx.field(static=True, default=None)

    def bonds(self, coupling, colour):
        return RolledBonds(coupling, self.grid, colour, self.nibbles, self.slab)

    def to_blocks(self, spins):
        leaves, tree = jax.tree.flatten(spins)
        colours = list(zip(*(split(self.grid, x) for x in leaves), strict=True))
        if self.nibbles:
            colours = [[pack_nibbles((x + 1).astype(jnp.uint32)) for x in c] for c in colours]
        names = ("black", "white")
        return [{name: jax.tree.unflatten(tree, [x[None] for x in c])} for name, c in zip(names, colours, strict=True)]

    def to_lattice(self, blocks):
        black, white = (colour for block in blocks for colour in block.values())
        if self.nibbles:
            black, white = (unpack_nibbles(x).astype(jnp.int8) - jnp.int8(1) for x in (black, white))
        return jax.tree.map(lambda b, w: join(self.grid, [b[0], w[0]]), black, white)


@lru_cache(maxsize=64)
def sublattices(grid: Grid, spin: Any, nibbles: bool = False, slab: Slab | None = None) -> Sublattices:
    """The engine with one THRML node per colour.

    Args:
        grid: the lattice.
        spin: hashable description of one spin's state, `(tree structure, dtypes)`.
        nibbles: whether the spins are ±1 and their sampler takes eight of them in a word. Where the lattice's rows do
            not fill words, they stay single.
        slab: where `grid` is the share of one device.
    """
    tree, dtypes = spin
    nibbles = nibbles and grid.cols % (2 * NIBBLES) == 0
    shape, dtypes = ((grid.rows, grid.half // NIBBLES), (jnp.uint32,)) if nibbles else ((grid.rows, grid.half), dtypes)
    spins = jax.tree.unflatten(tree, [jax.ShapeDtypeStruct(shape, dtype) for dtype in dtypes])
    # THRML copies states of one kind into one array before each update. Under different names they stay where they are.
    template = {Black: {"black": spins}, White: {"white": spins}}
    colours = [Block([Black()]), Block([White()])]
    groups = []
    for here, other in (colours, colours[::-1]):
        groups += [InteractionGroup(None, here, [other]), InteractionGroup(None, here, [here])]
    return Sublattices(grid, _program(colours, template, groups), nibbles, slab)


def _program(colours: list[Block], template: dict, groups: list[InteractionGroup]) -> BlockSamplingProgram:
    with jax.ensure_compile_time_eval():  # concrete tables, also when a trace asks for them first
        return BlockSamplingProgram(BlockGibbsSpec(colours, [], template), [None, None], groups)


# ---------------------------------------------------------------------------------------------------- sites


class ListedBonds(Bonds):
    """Bonds between single spins; THRML has looked the neighbours up in its tables."""

    coupling: Array

    def neighbours(self, active, states, absent):
        def seen(x, gone):
            here = active.reshape(active.shape + (1,) * (x.ndim - 2))
            return jnp.where(here, x, jnp.asarray(gone, x.dtype))

        listed = jax.tree.map(seen, states[0], absent)
        return [jax.tree.map(lambda x, k=k: x[:, k], listed) for k in range(active.shape[1])]


class Sites(Engine):
    """One node per spin. `order` holds the position of each colour's spins in the lattice, row by row."""

    order: list[Int[Array, "_"]]

    def bonds(self, coupling, colour):
        if coupling.ndim:  # one per edge: each spin's own, in the order in which its neighbours are listed
            coupling = coupling.ravel()[self.program.per_block_interactions[colour][0]]
        return ListedBonds(coupling)

    def to_blocks(self, spins):
        return [jax.tree.map(lambda x, at=at: x.reshape(-1)[at], spins) for at in self.order]

    def to_lattice(self, blocks):
        place = jnp.argsort(jnp.concatenate(self.order))
        shape = (self.grid.rows, self.grid.cols)
        return jax.tree.map(lambda *xs: jnp.concatenate(xs)[place].reshape(shape), *blocks)


def edges(grid: Grid) -> Int[np.ndarray, "directions rows cols 3"]:
    """For each spin and direction (up, down, left, right): row and column of the neighbour, and the number of the edge.

    The edge from (i, j) to (i + 1, j) has number i * cols + j, that from (i, j) to (i, j + 1) has rows * cols more: the
    place in an array of couplings of shape (2, rows, cols). Where there is no neighbour, the number is -1.
    """
    row, col = np.indices((grid.rows, grid.cols))
    found = []
    for axis, step in ((0, -1), (0, 1), (1, -1), (1, 1)):
        i, j = (row + step, col) if axis == 0 else (row, col + step)
        outside = (i < 0) | (i >= grid.rows) | (j < 0) | (j >= grid.cols)
        i, j = i % grid.rows, j % grid.cols
        start = (row, col) if step == 1 else (i, j)
        number = axis * grid.rows * grid.cols + start[0] * grid.cols + start[1]
        found.append(np.stack([i, j, np.where(outside & (not grid.periodic), -1, number)], axis=-1))
    return np.stack(found)


@lru_cache(maxsize=8)
def sites(grid: Grid, spin: Any, nibbles: bool = False) -> Sites:
    """The engine with one THRML node per spin, for arguments as of `sublattices`. It takes some 20 µs a spin, once."""
    tree, dtypes = spin
    template = jax.tree.unflatten(tree, [jax.ShapeDtypeStruct((), dtype) for dtype in dtypes])
    nodes = [[Site() for _ in range(grid.cols)] for _ in range(grid.rows)]
    row, col = np.indices((grid.rows, grid.cols))
    order = [np.flatnonzero((row + col).ravel() % 2 == colour) for colour in (0, 1)]
    colours = [Block([nodes[k // grid.cols][k % grid.cols] for k in at]) for at in order]
    groups = []
    for colour, block in enumerate(colours):
        heads, tails, numbers = [], [], []
        for table in edges(grid):  # one direction after the other, as the sublattices have them
            for k in order[colour]:
                i, j, number = table[k // grid.cols, k % grid.cols]
                if number >= 0:
                    heads.append(nodes[k // grid.cols][k % grid.cols])
                    tails.append(nodes[i][j])
                    numbers.append(number)
        groups.append(InteractionGroup(jnp.asarray(numbers), Block(heads), [Block(tails)]))
        groups.append(InteractionGroup(None, block, [block]))
    return Sites(grid, _program(colours, {Site: template}, groups), [jnp.asarray(at) for at in order])


ENGINES = {"sublattices": sublattices, "sites": sites}
"""Name -> what builds the engine; the first is the fast one."""
