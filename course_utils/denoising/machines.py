"""Denoising machines of many spins on THRML: a sparse grid with hidden spins, its programs, training and generation.

grid = Grid()                                       # 16 x 16 spins of degree 12, 64 of them show the picture
chain = train(grid, pictures, n_steps=4, flip=0.15, n_sweeps=10, key=jax.random.key(0))
made = generate(grid, chain, 500, 10, jax.random.key(1))   # (5, 500, 64) of -1 and +1, the noise first
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property, partial
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int, Key
from thrml import Block, BlockGibbsSpec, FactorSamplingProgram, SamplingSchedule, SpinNode, sample_states
from thrml.models import SpinEBMFactor, SpinGibbsConditional

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
    shown: Array | None,
) -> Array:
    """All spins of one machine after n_sweeps sweeps, as bool: hidden ones start at random, the others at a picture."""
    nodes = Nodes.of(grid)
    program = machine_program(grid, nodes, weights, biases, gamma, shown is not None)
    begin, run = jax.random.split(key)
    spins = jax.random.bernoulli(begin, 0.5, (grid.n_spins,)).at[grid.data].set(noisier if shown is None else shown)
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
) -> Float[Array, "n n_spins"]:
    """All spins of a machine after some sweeps, given noisier pictures; its pixels start there, hidden spins anyhow.

    Args:
        grid: which spins there are.
        weights: of the bonds.
        biases: of the spins.
        gamma: coupling to the noisier pictures.
        noisier: of -1 and +1.
        n_sweeps: of the machine.
        key: random numbers.
    """
    one = lambda y, k: _swept(grid, weights, biases, gamma, y, n_sweeps, k, None)  # noqa: E731
    return 2.0 * jax.vmap(one)(noisier > 0, jax.random.split(key, len(noisier))) - 1


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


def _slopes(grid, weights, biases, clean, noisier, gamma, n_sweeps, key) -> tuple[Array, Array]:
    """Moments with the data held fixed minus the machine's own after its sweeps: what the parameters should follow."""
    hold, free = jax.random.split(key)
    data = _moments(grid, _hidden_given(grid, weights, biases, clean, N_CLAMPED, hold))
    own = _moments(grid, run_machine(grid, weights, biases, gamma, noisier, n_sweeps, free))
    return data[0] - own[0], data[1] - own[1]


@partial(jax.jit, static_argnames=("grid", "n_sweeps", "n_updates", "batch_size"))
def _train_machine(grid, pictures, before, flip, alone, n_sweeps, n_updates, batch_size, learning_rate, key):
    gamma = jnp.where(alone, 0.0, 0.5 * jnp.log((1 - flip) / flip))
    start, loop = jax.random.split(key)
    theta = (0.01 * jax.random.normal(start, (len(grid.edges),)), jnp.zeros(grid.n_spins))
    still = jax.tree.map(jnp.zeros_like, theta)

    def update(carry, step):
        theta, mean, square = carry
        keys = jax.random.split(jax.random.fold_in(loop, step), 5)
        clean = pictures[jax.random.randint(keys[0], (batch_size,), 0, len(pictures))]
        clean = _add_noise(clean, before, keys[1])
        noisier = _add_noise(clean, jnp.where(alone, 0.5, flip), keys[2])
        slope = _slopes(grid, *theta, clean, noisier, gamma, n_sweeps, keys[3])
        mean = jax.tree.map(lambda m, g: 0.9 * m + 0.1 * g, mean, slope)
        square = jax.tree.map(lambda v, g: 0.999 * v + 0.001 * g**2, square, slope)
        rate = learning_rate * (1 - step / n_updates)

        def moved(p, m, v):
            return p + rate * (m / (1 - 0.9 ** (step + 1))) / (jnp.sqrt(v / (1 - 0.999 ** (step + 1))) + 1e-8)

        return (jax.tree.map(moved, theta, mean, square), mean, square), None

    (theta, _, _), _ = jax.lax.scan(update, (theta, still, still), jnp.arange(n_updates))
    return theta


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
) -> Chain:
    """Train each machine of a chain by its own moments, after the sweeps that it will have (Adam, falling rate).

    Args:
        grid: which spins there are.
        pictures: of -1 and +1, an array of NumPy or of JAX.
        n_steps: machines; 1 is a single machine, which makes pictures from nothing.
        flip: of a round of noise, 0 < flip < 1/2.
        n_sweeps: of each machine, in training as in generation.
        key: random numbers.
        n_updates: steps of Adam for each machine.
        batch_size: pictures in a step.
        learning_rate: at the start; it falls to zero linearly.

    Returns:
        The chain.
    """
    flip = number("flip", flip, 0, 0.5, above=True)
    pictures = jnp.asarray(pictures, jnp.float32)
    found = []
    for s, k in enumerate(jax.random.split(key, whole("n_steps", n_steps))):
        before = rounds(flip, n_steps - 1 - s)
        how = (n_sweeps, n_updates, batch_size, learning_rate)
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


def binary_digits() -> tuple[Float[np.ndarray, "train 64"], Float[np.ndarray, "test 64"]]:
    """scikit-learn's digits of 8 x 8 pixels as -1 (paper) and +1 (ink, more than half): 1297 to train on, 500 to test.

    Source: Alpaydin and Kaynak, Optical Recognition of Handwritten Digits, UCI (1998), doi:10.24432/C50P49.
    """
    from sklearn.datasets import load_digits

    ink = load_digits().images.reshape(-1, 64) > 7.5
    pictures = np.random.default_rng(1234).permutation(np.where(ink, 1.0, -1.0))
    return pictures[:1297], pictures[1297:]


def correlation_error(made: Float[Any, "n pixels"], real: Float[Any, "m pixels"]) -> float:
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


_SAVED = Path(__file__).with_name("machines.npz")
"""Chains for lesson 11, three seeds of each; `make_machines` trained them."""


def saved(what: str, n_steps: int) -> list[Chain]:
    """Trained chains on `Grid()`, one for each of three seeds; all have 40 sweeps, shared by their machines.

    Args:
        what: "digits" or "planted", see `binary_digits` and `planted_patterns`.
        n_steps: 1 or 4.

    Raises:
        ValueError: if there is no such chain.
    """
    what, n_steps = choice("what", what, ("digits", "planted")), choice("n_steps", n_steps, (1, 4))
    with np.load(_SAVED) as file:
        weights, biases, flip = (file[f"{what}_{n_steps}_{part}"] for part in ("weights", "biases", "flip"))
    return [
        Chain(jnp.asarray(w, jnp.float32), jnp.asarray(b, jnp.float32), jnp.float32(flip))
        for w, b in zip(weights, biases, strict=True)
    ]


def planted_patterns() -> tuple[Float[np.ndarray, "4 64"], Float[np.ndarray, 4]]:
    """Four random pictures of 64 pixels of -1 and +1, and how often each is shown."""
    return np.random.default_rng(5).choice([-1.0, 1.0], (4, 64)), np.array([0.4, 0.3, 0.2, 0.1])


def planted_pictures(n: int = 2000, flip: float = 0.05) -> Float[np.ndarray, "n 64"]:
    """Pictures of the four patterns with each pixel turned with probability `flip`."""
    patterns, weights = planted_patterns()
    rng = np.random.default_rng(6)
    which = rng.choice(4, n, p=weights)
    return np.where(rng.random((n, 64)) < flip, -1.0, 1.0) * patterns[which]
