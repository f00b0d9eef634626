"""Denoising machines of many spins on THRML: a sparse grid with hidden spins, its programs, training and generation.

grid = Grid()                                       # 16 x 16 spins of degree 12, 64 of them show the picture
chain = train(grid, pictures, n_steps=4, flip=0.15, n_sweeps=10, key=jax.random.key(0))
made = generate(grid, chain, 500, 10, jax.random.key(1))   # (5, 500, 64) of -1 and +1, the noise first
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cached_property, partial
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int, Key, Num
from thrml import Block, BlockGibbsSpec, FactorSamplingProgram, SamplingSchedule, SpinNode, sample_states
from thrml.models import SpinEBMFactor, SpinGibbsConditional

from .. import fallback
from ..arguments import choice, number, whole

RULES = ((0, 1), (4, 1), (9, 10))
"""Steps to neighbours, each with its three turns: 12 in all. An odd sum joins unlike colours of the checkerboard."""


@dataclass(frozen=True)
class Grid:
    """A torus of spins of which some show the picture and the others are hidden.

    Attributes:
        side: of the square, even.
        n_data: spins that show the picture, half of each colour.
        seed: of the places where they stand.
    """

    side: int = 16
    n_data: int = 64
    seed: int = 0

    def __post_init__(self) -> None:
        whole("side", self.side, 2)
        whole("n_data", self.n_data, 2, self.side**2)
        if self.side % 2 or self.n_data % 2:
            raise ValueError(f"side, n_data = {self.side}, {self.n_data}: expected even numbers")

    @property
    def n_spins(self) -> int:
        """All of them."""
        return self.side**2

    @cached_property
    def colour(self) -> Int[np.ndarray, n_spins]:
        """0 or 1, a checkerboard."""
        return np.indices((self.side, self.side)).sum(0).ravel() % 2

    @cached_property
    def edges(self) -> Int[np.ndarray, "edges 2"]:
        """Both ends of every bond, the spin of colour 0 first; each bond once."""
        x, y = np.divmod(np.flatnonzero(self.colour == 0), self.side)
        pairs = set()
        for a, b in RULES:
            for dx, dy in ((a, b), (-b, a), (-a, -b), (b, -a)):
                there = (x + dx) % self.side * self.side + (y + dy) % self.side
                pairs |= set(zip((x * self.side + y).tolist(), there.tolist(), strict=True))
        return np.array(sorted(pairs))

    @cached_property
    def data(self) -> Int[np.ndarray, n_data]:
        """The spin that shows each pixel, drawn at random."""
        rng = np.random.default_rng(self.seed)
        halves = [rng.choice(np.flatnonzero(self.colour == c), self.n_data // 2, replace=False) for c in (0, 1)]
        return rng.permutation(np.concatenate(halves))

    @cached_property
    def hidden(self) -> Int[np.ndarray, n_hidden]:
        """The other spins."""
        return np.setdiff1d(np.arange(self.n_spins), self.data)


@jax.tree_util.register_dataclass
@dataclass(frozen=True)
class Chain:
    """Machines that undo noise one after the other, the one for the noisiest pictures first.

    Attributes:
        weights: of the bonds.
        biases: of the spins.
        flip: probability that a round of noise turns a pixel.
    """

    weights: Float[Array, "n_steps edges"]
    biases: Float[Array, "n_steps n_spins"]
    flip: Float[Array, ""]

    @property
    def n_steps(self) -> int:
        """Machines."""
        return len(self.weights)


@dataclass(frozen=True)
class Nodes:
    """THRML's nodes of one machine: its spins, and the noisier picture, which is held fixed."""

    spins: tuple[SpinNode, ...]
    noisier: tuple[SpinNode, ...]

    @classmethod
    def of(cls, grid: Grid) -> Nodes:
        """Fresh ones."""
        return cls(*(tuple(SpinNode() for _ in range(n)) for n in (grid.n_spins, grid.n_data)))

    def block(self, which: Int[np.ndarray, n]) -> Block:
        """Some of the spins."""
        return Block([self.spins[k] for k in which])


def machine_program(
    grid: Grid,
    nodes: Nodes,
    weights: Float[Array, edges],
    biases: Float[Array, n_spins],
    gamma: float | Float[Array, ""],
    shown: bool = False,
) -> FactorSamplingProgram:
    """One machine as a THRML program: E(x) - Γ Σ over the pixels of x y, at T = 1.

    Args:
        grid: which spins there are.
        nodes: THRML's.
        weights: of the bonds; they may be traced.
        biases: of the spins.
        gamma: coupling to the noisier picture, which is the last clamped block.
        shown: whether the picture's own spins are held fixed too, as the first clamped block.

    Returns:
        The program; its free blocks are the spins of colour 0 and of colour 1, without those that are held fixed.
    """
    free = np.setdiff1d(np.arange(grid.n_spins), grid.data) if shown else np.arange(grid.n_spins)
    blocks = [nodes.block(free[grid.colour[free] == c]) for c in (0, 1)]
    picture, noisier = nodes.block(grid.data), Block(list(nodes.noisier))
    factors = [
        SpinEBMFactor([nodes.block(end) for end in grid.edges.T], weights),
        SpinEBMFactor([Block(list(nodes.spins))], biases),
        SpinEBMFactor([picture, noisier], jnp.broadcast_to(jnp.asarray(gamma, jnp.float32), (grid.n_data,))),
    ]
    held = [picture, noisier] if shown else [noisier]
    return FactorSamplingProgram(BlockGibbsSpec(blocks, held), [SpinGibbsConditional()] * 2, factors, [])


def _swept(
    grid: Grid,
    weights: Array,
    biases: Array,
    gamma: Array,
    noisier: Array,
    n_sweeps: int,
    key: Array,
    shown: Array | None = None,
    start: Array | None = None,
) -> Array:
    """All spins of one machine after n_sweeps sweeps, as bool; without a start hidden ones begin at random, the others
    at the picture that is shown, or else at the noisier one."""
    nodes = Nodes.of(grid)
    program = machine_program(grid, nodes, weights, biases, gamma, shown is not None)
    begin, run = jax.random.split(key)
    spins = jax.random.bernoulli(begin, 0.5, (grid.n_spins,)).at[grid.data].set(noisier if shown is None else shown)
    spins = spins if start is None else start
    blocks = program.gibbs_spec.free_blocks
    place = {node: k for k, node in enumerate(nodes.spins)}
    state = [spins[np.array([place[node] for node in block])] for block in blocks]
    held = [noisier] if shown is None else [shown, noisier]
    schedule = SamplingSchedule(n_warmup=n_sweeps, n_samples=1, steps_per_sample=1)
    return sample_states(run, program, schedule, state, held, [Block(list(nodes.spins))])[0][0]


@partial(jax.jit, static_argnames=("grid", "n_sweeps"))
def run_machine(
    grid: Grid,
    weights: Float[Array, edges],
    biases: Float[Array, n_spins],
    gamma: Float[Array, ""],
    noisier: Float[Array, "n n_data"],
    n_sweeps: int,
    key: Key[Array, ""],
    start: Float[Array, "n n_spins"] | None = None,
) -> Float[Array, "n n_spins"]:
    """All spins of a machine after some sweeps, given noisier pictures.

    Args:
        grid: which spins there are.
        weights: of the bonds.
        biases: of the spins.
        gamma: coupling to the noisier pictures.
        noisier: of -1 and +1.
        n_sweeps: of the machine.
        key: random numbers.
        start: of all spins, of -1 and +1; if left out, pixels start at the noisier pictures and hidden spins anyhow.
    """

    def one(y, x, k):
        return _swept(grid, weights, biases, gamma, y, n_sweeps, k, start=x)

    begin = None if start is None else start > 0
    return 2.0 * jax.vmap(one)(noisier > 0, begin, jax.random.split(key, len(noisier))) - 1


@partial(jax.jit, static_argnames=("grid", "n_sweeps"))
def _hidden_given(grid, weights, biases, pictures, n_sweeps, key) -> Float[Array, "n n_spins"]:
    """All spins when the pictures' are held fixed."""
    one = lambda x, k: _swept(grid, weights, biases, jnp.float32(0), x, n_sweeps, k, x)  # noqa: E731
    return 2.0 * jax.vmap(one)(pictures > 0, jax.random.split(key, len(pictures))) - 1


def _add_noise(pictures: Array, flip: Array, key: Array) -> Array:
    return jnp.where(jax.random.bernoulli(key, flip, pictures.shape), -pictures, pictures)


def rounds(flip: float, n: int) -> float:
    """Probability that a pixel is turned after n rounds of noise: (1 - (1 - 2 f)^n) / 2."""
    return 0.5 * (1 - (1 - 2 * flip) ** n)


N_CLAMPED = 5
"""Sweeps of the hidden spins with the picture held fixed: hidden spins have few bonds among them, 10 give no more."""


def _moments(grid: Grid, spins: Float[Array, "n n_spins"]) -> tuple[Array, Array]:
    first, second = grid.edges.T
    return (spins[:, first] * spins[:, second]).mean(0), spins.mean(0)


def _slopes(grid, weights, biases, clean, noisier, gamma, n_sweeps, key, chains):
    """Moments with the data held fixed minus the machine's own after its sweeps, which the parameters should follow.

    Returns:
        The two differences, of the bonds and of the spins, and all spins after the machine's sweeps.
    """
    hold, free = jax.random.split(key)
    data = _moments(grid, _hidden_given(grid, weights, biases, clean, N_CLAMPED, hold))
    spins = run_machine(grid, weights, biases, gamma, noisier, n_sweeps, free, chains)
    own = _moments(grid, spins)
    return (data[0] - own[0], data[1] - own[1]), spins


@partial(jax.jit, static_argnames=("grid", "n_sweeps", "n_updates", "batch_size", "persistent"))
def _train_machine(
    grid, pictures, before, flip, alone, n_sweeps, n_updates, batch_size, learning_rate, persistent, key
):
    gamma = jnp.where(alone, 0.0, 0.5 * jnp.log((1 - flip) / flip))
    start, loop = jax.random.split(key)
    theta = (0.01 * jax.random.normal(start, (len(grid.edges),)), jnp.zeros(grid.n_spins))
    still = jax.tree.map(jnp.zeros_like, theta)

    def update(carry, step):
        theta, mean, square, chains = carry
        keys = jax.random.split(jax.random.fold_in(loop, step), 5)
        clean = pictures[jax.random.randint(keys[0], (batch_size,), 0, len(pictures))]
        clean = _add_noise(clean, before, keys[1])
        noisier = _add_noise(clean, jnp.where(alone, 0.5, flip), keys[2])
        slope, spins = _slopes(grid, *theta, clean, noisier, gamma, n_sweeps, keys[3], chains)
        mean = jax.tree.map(lambda m, g: 0.9 * m + 0.1 * g, mean, slope)
        square = jax.tree.map(lambda v, g: 0.999 * v + 0.001 * g**2, square, slope)
        rate = learning_rate * (1 - step / n_updates)

        def moved(p, m, v):
            return p + rate * (m / (1 - 0.9 ** (step + 1))) / (jnp.sqrt(v / (1 - 0.999 ** (step + 1))) + 1e-8)

        return (jax.tree.map(moved, theta, mean, square), mean, square, spins if persistent else None), None

    chains = 2.0 * jax.random.bernoulli(start, 0.5, (batch_size, grid.n_spins)) - 1 if persistent else None
    (theta, *_), _ = jax.lax.scan(update, (theta, still, still, chains), jnp.arange(n_updates))
    return theta


@fallback.to_cpu_if_full("take a smaller grid or batch_size")
def train(
    grid: Grid,
    pictures: Float[Any, "n n_data"],
    n_steps: int,
    flip: float,
    n_sweeps: int,
    key: Key[Array, ""],
    *,
    n_updates: int = 400,
    batch_size: int = 100,
    learning_rate: float = 0.02,
    persistent: bool = False,
) -> Chain:
    """Train each machine of a chain by its own moments, after the sweeps that it will have (Adam, falling rate).

    Args:
        grid: which spins there are.
        pictures: of -1 and +1, an array of NumPy or of JAX.
        n_steps: machines; 1 is a single machine, which makes pictures from nothing.
        flip: of a round of noise, 0 < flip <= 1/2; a machine alone has none to undo.
        n_sweeps: of each machine, in training as in generation.
        key: random numbers.
        n_updates: steps of Adam for each machine.
        batch_size: pictures in a step.
        learning_rate: at the start; it falls to zero linearly.
        persistent: whether the sweeps of an update go on where those of the last one ended; for a machine alone, which
            then learns its Boltzmann distribution and not what it can make of noise.

    Returns:
        The chain.

    Raises:
        ValueError: if flip is not in its range, or persistent is asked for of a chain.
    """
    flip = number("flip", flip, 0, 0.5, above=True)
    if persistent and n_steps > 1:
        raise ValueError(f"n_steps = {n_steps} with persistent chains: expected 1, a machine to which nothing is given")
    pictures = jnp.asarray(pictures, jnp.float32)
    found = []
    for s, k in enumerate(jax.random.split(key, whole("n_steps", n_steps))):
        before = rounds(flip, n_steps - 1 - s)
        how = (n_sweeps, n_updates, batch_size, learning_rate, persistent)
        found.append(_train_machine(grid, pictures, before, flip, s == 0, *how, k))
    weights, biases = (jnp.stack(part) for part in zip(*found, strict=True))
    return Chain(weights, biases, jnp.float32(flip))


def generate(grid: Grid, chain: Chain, n: int, n_sweeps: int, key: Key[Array, ""]) -> Float[Array, "stages n n_data"]:
    """Pictures made from noise, on all their way.

    Args:
        grid: which spins there are.
        chain: machines.
        n: pictures.
        n_sweeps: of each machine.
        key: random numbers.

    Returns:
        Pixels of -1 and +1: the noise, and then what each machine makes of it; the last entry holds the pictures.
    """
    begin, *keys = jax.random.split(key, chain.n_steps + 1)
    pictures = 2.0 * jax.random.bernoulli(begin, 0.5, (n, grid.n_data)) - 1
    made = [pictures]
    for s, k in enumerate(keys):
        gamma = jnp.where(s == 0, 0.0, 0.5 * jnp.log((1 - chain.flip) / chain.flip))
        spins = run_machine(grid, chain.weights[s], chain.biases[s], gamma, pictures, n_sweeps, k)
        pictures = spins[:, grid.data]
        made.append(pictures)
    return jnp.stack(made)


def correlation_error(made: Num[Any, "n pixels"], real: Num[Any, "m pixels"]) -> float:
    """Mean distance between the correlations of all pairs of pixels; pixels that hardly vary in `real` are left out.

    A pixel that does not vary at all in `made` counts as uncorrelated. Arrays are those of NumPy or of JAX.
    """
    made, real = np.asarray(made, float), np.asarray(real, float)
    keep = real.std(0) > 0.2
    pairs = np.triu_indices(keep.sum(), 1)

    def correlations(x: np.ndarray) -> np.ndarray:
        x = x[:, keep] - x[:, keep].mean(0)
        return (x / np.maximum(x.std(0), 1e-9)).T @ (x / np.maximum(x.std(0), 1e-9)) / len(x)

    return float(np.abs(correlations(made) - correlations(real))[pairs].mean())


SAVED = Path(__file__).with_name("machines.npz")
"""Chains for lesson 11, three seeds of each; `make_machines` trains them."""


def unpacked(
    weights: Float[np.ndarray, "seeds n_steps edges"], biases: Float[np.ndarray, "seeds n_steps n_spins"], flip: float
) -> list[Chain]:
    """Chains as they are stored, one for each seed."""
    return [
        Chain(jnp.asarray(w, jnp.float32), jnp.asarray(b, jnp.float32), jnp.float32(flip))
        for w, b in zip(weights, biases, strict=True)
    ]


def saved(name: str, path: Path = SAVED) -> list[Chain]:
    """Trained chains on `Grid()`, one for each of three seeds; each has 40 sweeps, shared by its machines.

    Args:
        name: "digits_1" and "planted_1" are machines alone, "digits_4" and "planted_4" chains of four, all trained by
            what they make of noise in their sweeps; "planted_persistent" is a machine alone, trained by chains of
            samples that go on from update to update. How: `make_machines.RECIPES`.
        path: of the file.

    Raises:
        ValueError: if there is no such chain.
    """
    with np.load(path) as file:
        choice("name", name, tuple(dict.fromkeys(key.split()[0] for key in file)))
        return unpacked(*(file[f"{name} {part}"] for part in ("weights", "biases")), float(file[f"{name} flip"]))


def facts(name: str, path: Path = SAVED) -> dict[str, Any]:
    """How saved chains were made, and what they measured when they were."""
    with np.load(path) as file:
        return json.loads(str(file[f"{name} facts"]))


def planted_patterns() -> tuple[Float[np.ndarray, "4 64"], Float[np.ndarray, 4]]:
    """Four random pictures of 64 pixels of -1 and +1, and how often each is shown."""
    return np.random.default_rng(5).choice([-1.0, 1.0], (4, 64)), np.array([0.4, 0.3, 0.2, 0.1])


def planted_pictures(n: int = 2000, flip: float = 0.05) -> Float[np.ndarray, "n 64"]:
    """Pictures of the four patterns with each pixel turned with probability `flip`."""
    patterns, weights = planted_patterns()
    rng = np.random.default_rng(6)
    which = rng.choice(4, n, p=weights)
    return np.where(rng.random((n, 64)) < flip, -1.0, 1.0) * patterns[which]


def nearest_pattern(pictures: Num[Any, "n 64"]) -> tuple[Float[np.ndarray, 4], float]:
    """The share of pictures that are nearest to each of the four patterns, and the share of pixels turned in them."""
    patterns, _ = planted_patterns()
    turned = (np.asarray(pictures)[:, None] != patterns).sum(-1)
    return np.bincount(turned.argmin(1), minlength=4) / len(turned), float(turned.min(1).mean() / patterns.shape[1])
