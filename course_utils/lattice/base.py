"""What spin models share: what they say about themselves, checking, sampling, streaming, measuring.

    model = Ising(64)
    key = jax.random.key(0)
    spins = model.sample(key, 0.4, n_samples=100, n_sweeps=5, n_burn_in=200, n_chains=8)      # (8, 100, 64, 64)
    energy = model.energy(spins)                                                              # (8, 100)

A sweep updates every spin once, first the spins of one colour of the checkerboard, then those of the other (block Gibbs
sampling). p ∝ exp(-beta E): beta is an argument of the sampling and never part of the energy.
"""

import abc
import itertools
import math
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, ClassVar, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jax.sharding import PartitionSpec
from jaxtyping import Array, Float, Int, Key, Num, PyTree, Shaped, UInt8, UInt32
from thrml import BlockSamplingProgram, sample_blocks
from tqdm import tqdm

from .. import arguments, fallback
from ..arguments import choice, whole
from . import colours, devices
from .engines import ENGINES, Conditional, Engine, Grid, Slab, State, Sublattices, sublattices
from .rng import bits, multiply_high

PARTS = 50
"""Of a progress bar."""

AnyArray = jax.Array | np.ndarray
Betas = float | Sequence[float] | Num[AnyArray, "*shape"]
"""Inverse temperatures as they are given: one, or several in a list or an array."""
Start = str | Shaped[AnyArray, "rows cols"] | Shaped[AnyArray, "n_chains rows cols"]
"""How chains begin: "random", "aligned" or the spins to start from."""


class Transition(NamedTuple):
    """Where a model changes its phase on the infinite lattice.

    Attributes:
        label: what texts and figures call the temperature, such as "T_c".
        temperature: in units of J / k_B, exact or the best known.
    """

    label: str
    temperature: float


class Known(NamedTuple):
    """An exact value and who found it."""

    value: float
    source: str


class Lattice(eqx.Module):
    """A spin model on a square lattice; see `Ising`, `Potts`, `Clock` and `XY`.

    A subclass holds all that is said about its model anywhere: the physics, and how it is named, coloured and explored.
    Figures, movies and the live lattice ask it, so that a new model is one new class. A model has to have `name`,
    `dtype`, `states` and the four methods without a body; the rest has defaults.

    Args:
        size: spins along a side, or (rows, cols); even if periodic.
        coupling: J, one number, or one for each edge, shape (2, rows, cols): [0, i, j] is the bond from (i, j) to
            (i + 1, j), [1, i, j] the bond from (i, j) to (i, j + 1).
        field: h, in units of J.
        boundary: "periodic" or "open".

    Attributes:
        grid: rows, columns and whether the sides wrap round.

    Raises:
        ValueError: if an argument is wrong, or a periodic side is odd.
    """

    grid: Grid = eqx.field(static=True)
    coupling: Float[Array, ""] | Float[Array, "2 rows cols"]
    field: Float[Array, ""]

    name: ClassVar[str]
    """Short: "Potts"."""
    dtype: ClassVar[Any]
    states: ClassVar[tuple[int, ...] | None] = None
    """Values of a spin, rising; None if they are continuous."""
    aligned: ClassVar[int] = 0
    """The spin of which an aligned lattice is made."""
    nibbles: ClassVar[bool] = False
    """Whether spins are -1 and +1, and the sampler takes eight of them in a word of 32 bits; see `engines.NIBBLES`."""
    planar: ClassVar[bool] = False
    """Whether spins have a direction in the plane: then the model is a `Planar` one."""
    order: ClassVar[str] = "|m|"
    """Label of the order parameter."""
    spin: ClassVar[str] = "spin"
    """What the key of a figure calls the states."""
    question: ClassVar[str] = (
        "Start ordered, press play, and heat in small steps: at which temperature does the lattice lose its order?"
    )
    """What moving the controls of a live lattice answers."""

    def __init__(
        self,
        size: int | tuple[int, int],
        coupling: float | Num[AnyArray, ""] | Num[AnyArray, "2 rows cols"] = 1.0,
        field: float | Num[AnyArray, ""] = 0.0,
        boundary: str = "periodic",
    ) -> None:
        self.grid = _grid(size, boundary)
        self.coupling = numbers("coupling", coupling, ((), (2, self.grid.rows, self.grid.cols)))
        self.field = numbers("field", field, ((),))

    # ------------------------------------------------------------------------------- what a model must say

    @abc.abstractmethod
    def bond(self, a: Array, b: Array) -> Float[Array, "..."]:
        """What a bond between spins a and b adds to -E / J."""

    @abc.abstractmethod
    def along_field(self, spins: Array) -> Float[Array, "..."]:
        """What a spin adds to -E / h."""

    @abc.abstractmethod
    def order_parameter(self, spins: Shaped[AnyArray, "*batch rows cols"]) -> Float[Array, "*batch"]:
        """The order parameter of each lattice; see the model."""

    @abc.abstractmethod
    def sampler(self, beta: Float[Array, ""]) -> Conditional:
        """THRML sampler of spins given their neighbours, at one temperature."""

    def random(self, key: Key[Array, ""], shape: tuple[int, ...]) -> Array:
        """Independent spins at infinite temperature; continuous ones are up to the model."""
        return jnp.asarray(self.states, self.dtype)[multiply_high(bits(key, shape), len(self.states))]

    def to_state(self, spins: Array) -> State:
        """The spins as a sampler holds them."""
        return spins

    def to_spins(self, state: State) -> Array:
        """The spins of a sampler's state."""
        return state

    def images(
        self, rng: np.random.Generator, spins: Shaped[np.ndarray, "n_chains rows cols"]
    ) -> Shaped[np.ndarray, "n n_chains rows cols"]:
        """Each spin as it is, and as the other elements of a group make it that leaves every bond's energy unchanged.

        What `cluster` turns spins by. The elements must be drawn without a look at the spins, the first of them must be
        the identity, and they must form a group.

        Args:
            rng: draws the group, if there are several; one for each chain.
            spins: lattices.

        Returns:
            The images of all spins, the spins themselves first.

        Raises:
            ValueError: if the model does not say what the images of its spins are.
        """
        raise ValueError(f"model = {type(self).__name__}: expected one that says what the images of its spins are")

    def programs(self, engine: Engine, sampler: Conditional) -> list[BlockSamplingProgram]:
        """THRML programs that make one sweep, one after the other; the first alone may draw random numbers."""
        return [engine.with_numbers(self.coupling, sampler)]

    # ------------------------------------------------------------------------- what a model says about itself

    @property
    def title(self) -> str:
        """Name in titles: "Potts, q = 5"."""
        return self.name

    @property
    def described(self) -> str:
        """The model in a sentence: "Potts model, 5 states"."""
        return f"{self.name} model"

    @property
    def n_states(self) -> int | None:
        """Number of states of a spin; None if they are continuous."""
        return None if self.states is None else len(self.states)

    @property
    def state_names(self) -> list[str]:
        """The states in the key of a figure."""
        return [str(state).replace("-", "−") for state in self.states]

    @property
    def transition(self) -> Transition | None:
        """Where the model changes its phase, for one coupling J = 1 and no field; None if that is not known."""
        return None

    @property
    def temperatures(self) -> tuple[float, float, float]:
        """Lowest, highest and first temperature of a live lattice, the first one in the ordered phase."""
        at = 1.0 if self.transition is None else self.transition.temperature
        low, high, start = (round(factor * at, 2) for factor in (0.3, 1.8, 0.6))
        return low, high, start

    @property
    def plain(self) -> bool:
        """Whether J = 1 on all bonds and there is no field: what exact results are about."""
        return self.coupling.ndim == 0 and float(self.coupling) == 1 and float(self.field) == 0

    def exact_energy(self, beta: float) -> Known | None:
        """Energy per spin of the infinite lattice at equilibrium, where it is known and worth showing."""
        return None

    def exact_order(self, beta: float) -> Known | None:
        """Order parameter of the infinite lattice at equilibrium, where it is known and worth showing."""
        return None

    def palette(self, hues: int = colours.HUES) -> UInt8[np.ndarray, "n 3"]:
        """The table of colours, one row for each state; continuous spins have so many `hues`."""
        return colours.states(self.n_states)

    def colour_index(
        self, spins: Shaped[np.ndarray, "*shape"], hues: int = colours.HUES
    ) -> UInt8[np.ndarray, "*shape"]:
        """The row of the palette of each spin."""
        return colours.ranks(spins, self.states)

    def check_spins(self, spins: Shaped[np.ndarray, "..."]) -> str:
        """What is wrong with these values of spins; an empty text if nothing is."""
        if self.states is None:
            return "" if np.isfinite(spins.astype(float)).all() else "holds values that are not finite"
        first, last = self.states[0], self.states[-1]
        words = f"{first} {'and' if len(self.states) == 2 else 'to'} {last:{'+' if first < 0 else ''}}"
        return "" if np.isin(spins, self.states).all() else f"holds other values than {words}"

    # ---------------------------------------------------------------------------------------------- energy

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns."""
        return self.grid.rows, self.grid.cols

    @property
    def n_spins(self) -> int:
        """Number of spins."""
        return self.grid.rows * self.grid.cols

    @property
    def couplings(self) -> tuple[Float[Array, ""] | Float[Array, "rows cols"], ...]:
        """J of the bonds to the next row, and of those to the next column."""
        return tuple(self.coupling) if self.coupling.ndim else (self.coupling, self.coupling)

    def energy(self, spins: Shaped[AnyArray, "*batch rows cols"]) -> Float[Array, "*batch"]:
        """Energy per spin, in units of J, or of 1 where J is an argument.

        Args:
            spins: lattices, in the last two axes.

        Returns:
            E / (rows * cols) of each.
        """
        spins = jnp.asarray(spins)
        if spins.shape[-2:] != self.shape:
            raise ValueError(f"spins has shape {spins.shape}: expected {self.shape} in its last two axes")
        return self._energy(spins)

    @eqx.filter_jit
    def _energy(self, spins: Shaped[Array, "*batch rows cols"]) -> Float[Array, "*batch"]:
        total = self.field * self.along_field(spins).sum((-2, -1))
        for axis, coupling in zip((-2, -1), self.couplings, strict=True):
            here, there = spins, jnp.roll(spins, -1, axis)
            strength = jnp.broadcast_to(coupling, self.shape)
            if not self.grid.periodic:  # the last row or column has no next one
                last = self.shape[axis] - 1
                here, there, strength = (jax.lax.slice_in_dim(x, 0, last, axis=axis) for x in (here, there, strength))
            total += (strength * self.bond(here, there)).sum((-2, -1))
        return -total / self.n_spins

    # -------------------------------------------------------------------------------------------- sampling

    def sample(
        self,
        key: Key[Array, ""],
        beta: Betas,
        *,
        n_samples: int,
        n_sweeps: int = 1,
        n_burn_in: int = 0,
        n_chains: int = 1,
        init: Start = "random",
        engine: str | None = None,
        progress: bool = False,
        sharding: jax.sharding.Sharding | None = None,
    ) -> Shaped[Array, "n_chains n_samples rows cols"]:
        """Spins at equilibrium, if the burn-in is long enough.

        Args:
            key: JAX key; the same key gives the same spins.
            beta: inverse temperature in units of 1/J, >= 0; one number, or one for each chain. It is traced: another
                value does not compile again, and a sweep over temperatures is one program.
            n_samples: lattices kept from each chain.
            n_sweeps: sweeps before each of them.
            n_burn_in: further sweeps before the first.
            n_chains: independent chains.
            init: "random" (infinite temperature), "aligned" (all spins equal), or the spins to start from, the same
                for all chains or one lattice for each.
            engine: "sublattices" (fast) or "sites" (one THRML node per spin). If left out, the fast one, or the other
                where couplings differ from edge to edge, which only that one can do.
            progress: show a progress bar, on stdout.
            sharding: how chains, and the rows of each lattice, lie on several devices, see `devices.layout`. The spins
                are the same, and stay where they were made.

        Returns:
            Spins: int8 of -1 and +1 (Ising), uint8 from 0 to q - 1 (Potts, clock), float32 angles in [0, 2π) (XY).

        Raises:
            ValueError: if an argument is wrong, before any sweep.
        """
        pace = {"n_samples": n_samples, "n_sweeps": n_sweeps, "n_burn_in": n_burn_in, "progress": progress}
        how = {"n_chains": n_chains, "init": init, "engine": engine, "sharding": sharding}
        return self.measure(key, beta, {"spins": spins_of}, **pace, **how)["spins"]

    @fallback.to_cpu_if_full("take a smaller lattice, fewer chains or fewer samples")
    def measure(
        self,
        key: Key[Array, ""],
        beta: Betas,
        observables: Mapping[str, Callable[[Shaped[Array, "n_chains rows cols"]], Array]],
        *,
        n_samples: int,
        n_sweeps: int = 1,
        n_burn_in: int = 0,
        n_chains: int = 1,
        init: Start = "random",
        engine: str | None = None,
        progress: bool = False,
        sharding: jax.sharding.Sharding | None = None,
    ) -> dict[str, Shaped[Array, "n_chains n_samples ..."]]:
        """What `sample` would give, looked at as it comes and not stored: memory for the measured numbers only.

        Args:
            key, beta, n_samples, n_sweeps, n_burn_in, n_chains, init, engine, progress, sharding: as for `sample`.
            observables: name -> function of the chains' spins at one moment, shape (n_chains, rows, cols), with the
                chains in the first axis of what it returns; `model.energy` is one. It runs inside `jit`. Pass the same
                function again, not a new `lambda`, and nothing is compiled again.

        Returns:
            name -> what was measured, shape (n_chains, n_samples, ...).
        """
        chains = Chains(self, key, beta, n_chains, init, engine, sharding)
        counts = np.full(whole("n_samples", n_samples), whole("n_sweeps", n_sweeps))
        counts[0] += whole("n_burn_in", n_burn_in, 0)
        return chains.frames(counts, dict(observables), progress=progress)

    def stream(
        self,
        key: Key[Array, ""],
        beta: Betas,
        *,
        n_frames: int,
        n_sweeps: int = 1,
        chunk: int = 32,
        n_chains: int = 1,
        init: Start = "random",
        sharding: jax.sharding.Sharding | None = None,
    ) -> Iterator[Shaped[Array, "n_chains chunk rows cols"]]:
        """Successive lattices, a chunk at a time, in constant memory.

        Args:
            key, n_chains, init, sharding: as for `sample`.
            beta: inverse temperature; one number, or one for each frame (annealing).
            n_frames: lattices in all.
            n_sweeps: sweeps before each of them.
            chunk: lattices a chunk; the last chunk may be shorter.

        Yields:
            Chunks of spins, shape (n_chains, chunk, rows, cols).

        Raises:
            ValueError: if an argument is wrong, at once.
        """
        counts = np.full(whole("n_frames", n_frames), whole("n_sweeps", n_sweeps))
        betas = numbers("beta", beta, ((), counts.shape), least=0.0)
        chains = Chains(self, key, 0.0 if betas.ndim else betas, n_chains, init, sharding=sharding)
        parts = [slice(k, k + chunk) for k in range(0, n_frames, whole("chunk", chunk))]
        return (
            chains.frames(counts[part], {"spins": spins_of}, betas[part] if betas.ndim else None)["spins"]
            for part in parts
        )


def spins_of(spins: Array) -> Array:
    """The observable that is the spins themselves."""
    return spins


# ------------------------------------------------------------------------------------------ chains that run


class Chains:
    """Chains in progress: what is checked once, and the state after the sweeps made so far.

    Args:
        model: of the spins.
        key, beta, n_chains, init, engine, sharding: as for `Lattice.sample`.

    Attributes:
        beta: inverse temperature, shape () or (n_chains,).
        state: THRML's block states, each with the chains in front.
        sweeps_done: sweeps so far; sweep t draws from a key that depends on t and the chain only.
    """

    def __init__(
        self,
        model: Lattice,
        key: Any,
        beta: Any,
        n_chains: int,
        init: Any,
        engine: str | None = None,
        sharding: Any = None,
    ) -> None:
        n_chains = whole("n_chains", n_chains)
        self.model, self.engine = model, engine_of(model, engine)
        self.beta = numbers("beta", beta, ((), (n_chains,)), least=0.0)
        if not isinstance(key, jax.Array) or not jnp.issubdtype(key.dtype, jax.dtypes.prng_key) or key.ndim:
            raise ValueError(f"key = {key!r}: expected a JAX key, jax.random.key(seed)")
        split = isinstance(self.engine, Sublattices)
        self.layout = devices.checked(sharding, n_chains, model.grid.rows, split)
        self.keys, self.state = _begin(self.engine, model, key, n_chains, checked_start(model, n_chains, init))
        if self.layout:
            put = self.layout.put
            self.keys = put(self.keys, self.layout.of_chains)
            self.state = jax.tree.map(lambda x: put(x, self.layout.of_state(x)), self.state)
        self.sweeps_done = 0
        self._made: tuple | None = None

    def frames(
        self,
        counts: Int[np.ndarray, "n_frames"],
        observables: dict[str, Callable],
        betas: Float[Array, "n_frames"] | None = None,
        progress: bool = False,
    ) -> dict[str, PyTree[Array]]:
        """For each frame make so many sweeps, at `beta` or at the frame's own of `betas`, then measure.

        Returns:
            name -> what was measured, shape (n_chains, n_frames, ...).
        """
        with tqdm(total=int(counts.sum()), disable=not progress, file=sys.stdout, unit="sweep") as bar:

            def advance(counts: np.ndarray, betas: Array | None, observables: dict[str, Callable]) -> dict[str, Any]:
                counts = np.asarray(counts, np.int32)
                fixed, now = (self.engine, self.model), (jnp.uint32(self.sweeps_done), jnp.asarray(counts))
                sampler = self._samplers() if betas is None else None
                if self.layout:
                    fixed, betas, now = self.layout.everywhere((fixed, betas, now))
                at = (self.state, self.keys, sampler, betas, *now)
                self.state, measured = _frames(*fixed, *at, observables, self.layout)
                self.sweeps_done += int(counts.sum())
                bar.update(int(counts.sum()))
                return measured

            if progress:  # a long burn-in is walked in parts of its own, so that the bar moves from the start
                counts, a_part = counts.copy(), math.ceil(counts.sum() / PARTS)
                while counts[0] > 2 * a_part:
                    advance(np.array([a_part]), None if betas is None else betas[:1], {})
                    counts[0] -= a_part
            at_once = math.ceil(len(counts) / PARTS) if progress else len(counts)
            slices = (slice(k, k + at_once) for k in range(0, len(counts), at_once))
            parts = [advance(counts[at], None if betas is None else betas[at], observables) for at in slices]
        return jax.tree.map(lambda *xs: xs[0] if len(xs) == 1 else jnp.concatenate(xs, axis=1), *parts)

    def _samplers(self) -> tuple[Conditional, int | None]:
        """The samplers at `beta`, made once for each value of it, as some hold large tables."""
        beta = np.asarray(self.beta, np.float32)
        if self._made is None or not np.array_equal(self._made[0], beta):
            values, place = np.unique(beta, return_inverse=True)
            made, axis = _samplers(self.model, jnp.asarray(values if beta.ndim else beta))
            if beta.ndim:
                made = jax.tree.map(lambda x: x[place.ravel()], made)
            if self.layout:
                spec = self.layout.of_chains if beta.ndim else PartitionSpec()
                made = jax.tree.map(lambda x: self.layout.put(x, spec) if eqx.is_array(x) else x, made)
            self._made = beta.copy(), (made, axis)
        return self._made[1]


def engine_of(model: Lattice, name: str | None = None) -> Engine:
    """The THRML program for this model's lattice, built at the first call for a lattice and kept."""
    name = choice("engine", name or ("sites" if model.coupling.ndim else "sublattices"), ENGINES)
    if model.coupling.ndim and name != "sites":
        raise ValueError(f'engine = {name!r}: couplings that differ from edge to edge need engine="sites"')
    return ENGINES[name](model.grid, spin_of(model), model.nibbles)


def spin_of(model: Lattice) -> tuple[Any, tuple]:
    """What an engine has to know of one spin's state: tree structure and dtypes."""
    leaves, tree = jax.tree.flatten(jax.eval_shape(model.to_state, jax.ShapeDtypeStruct((), model.dtype)))
    return tree, tuple(leaf.dtype for leaf in leaves)


def samplers(model: Lattice, beta: Float[Array, ""] | Float[Array, "n_chains"]) -> tuple[Conditional, int | None]:
    """The sampler of all chains, or of each, and the axis in which the chains are (None if there is one for all)."""
    return (jax.vmap(model.sampler)(beta), 0) if beta.ndim else (model.sampler(beta), None)


_samplers = eqx.filter_jit(samplers)


def sweeps(
    engine: Engine,
    model: Lattice,
    sampler: tuple[Conditional, int | None],
    state: list[State],
    keys: Key[Array, "n_chains"],
    first: UInt32[Array, ""],
    count: Int[Array, ""],
    layout: devices.Layout | None = None,
) -> list[State]:
    """Make `count` sweeps of all chains; `first` is the number of the first of them."""
    if layout is not None:
        shared, own = (sampler[0], None) if sampler[1] is None else (None, sampler[0])
        arrays, rest = eqx.partition((engine, model, shared), eqx.is_array)
        of_chains, kind = eqx.partition(own, eqx.is_array)

        def of_device(state: list[State], keys: Key[Array, "n"], own: Any, same: Any) -> list[State]:
            engine, model, shared = eqx.combine(same[0], rest)
            each = (shared, None) if own is None else (eqx.combine(own, kind), 0)
            if layout.rows:  # this device's slab has an engine of its own
                grid = model.grid._replace(rows=model.grid.rows // layout.slabs)
                engine = sublattices(grid, spin_of(model), model.nibbles, Slab(layout.rows, layout.slabs))
            return sweeps(engine, model, each, state, keys, *same[1:])

        return devices.mapped(layout, of_device, state, keys, of_chains, (arrays, first, count))

    def of_chain(state: list[State], key: Key[Array, ""], sampler: Conditional) -> list[State]:
        repeats = [
            (next(same), 1 + len(list(same))) for _, same in itertools.groupby(model.programs(engine, sampler), id)
        ]

        def sweep(t: Int[Array, ""], state: list[State]) -> list[State]:
            here = jax.random.fold_in(key, first + t.astype(jnp.uint32))
            # The first program draws random numbers, the others need none. Equal ones are compiled once.
            for program, times in repeats:

                def step(_: Any, state: list[State], program: BlockSamplingProgram = program) -> list[State]:
                    return sample_blocks(here, list(state), [], program, [None, None])[0]  # THRML writes into its lists

                state = step(0, state) if times == 1 else jax.lax.fori_loop(0, times, step, state)
            return state

        return jax.lax.fori_loop(0, count, sweep, state)

    return jax.vmap(of_chain, in_axes=(0, 0, sampler[1]))(state, keys, sampler[0])


@eqx.filter_jit
def _frames(
    engine: Engine,
    model: Lattice,
    state: list[State],
    keys: Key[Array, "n_chains"],
    sampler: tuple[Conditional, int | None] | None,
    betas: Float[Array, "n_frames"] | None,
    first: UInt32[Array, ""],
    counts: Int[Array, "n_frames"],
    observables: dict[str, Callable],
    layout: devices.Layout | None,
) -> tuple[list[State], dict[str, PyTree[Array]]]:
    """All frames in one compiled program: at the temperatures of a sampler, or each at its own of `betas`."""
    made, kind, axis = (), None, None
    if betas is not None:
        made, kind = eqx.partition(samplers(model, betas[0])[0], eqx.is_array)

    def frame(carry: tuple, inputs: tuple) -> tuple[tuple, dict[str, PyTree[Array]]]:
        state, t, made, last = carry
        count, beta = inputs
        if beta is not None:  # frames at one temperature need one table

            def anew(_: Any) -> Any:
                return eqx.filter(samplers(model, beta)[0], eqx.is_array)

            made = jax.lax.cond(beta == last, lambda made: made, anew, made)
        now = sampler if beta is None else (eqx.combine(made, kind), axis)
        state = sweeps(engine, model, now, state, keys, t, count, layout)
        spins = to_spins(engine, model, state)
        measured = {name: look(spins) for name, look in observables.items()}
        return (state, t + count.astype(jnp.uint32), made, beta), measured

    start = (state, first, made, None if betas is None else betas[0])
    (state, *_), measured = jax.lax.scan(frame, start, (counts, betas))
    return state, jax.tree.map(lambda x: jnp.swapaxes(x, 0, 1), measured)


@eqx.filter_jit
def _begin(
    engine: Engine, model: Lattice, key: Key[Array, ""], n_chains: int, start: str | Array
) -> tuple[Key[Array, "n_chains"], list[State]]:
    """A key for each chain, and THRML's states at the start."""
    init_key, chains_key = jax.random.split(key)
    keys = jax.vmap(jax.random.fold_in, in_axes=(None, 0))(chains_key, jnp.arange(n_chains, dtype=jnp.uint32))
    spins = first_spins(model, init_key, n_chains, start)
    return keys, jax.vmap(lambda one: engine.to_blocks(model.to_state(one)))(spins)


def checked_start(model: Lattice, n_chains: int, init: Any) -> str | Shaped[Array, "..."]:
    """How chains begin, "random", "aligned" or spins that the model can have."""
    if isinstance(init, str):
        return choice("init", init, ("random", "aligned"))
    spins, shape = np.asarray(init), (n_chains, *model.shape)
    if spins.shape not in (shape, shape[1:]):
        raise ValueError(f"init has shape {spins.shape}: expected {shape[1:]}, or {shape} with one lattice a chain")
    if wrong := model.check_spins(spins):
        raise ValueError(f"init {wrong}")
    return jnp.asarray(spins, model.dtype)


def first_spins(
    model: Lattice, key: Key[Array, ""], n_chains: int, start: str | Shaped[Array, "..."]
) -> Shaped[Array, "n_chains rows cols"]:
    """The lattices that chains begin with; `start` as `checked_start` gives it."""
    shape = (n_chains, *model.shape)
    if isinstance(start, str):
        return model.random(key, shape) if start == "random" else jnp.full(shape, model.aligned, model.dtype)
    return jnp.broadcast_to(start, shape)


@eqx.filter_jit
def to_spins(engine: Engine, model: Lattice, state: list[State]) -> Shaped[Array, "n_chains rows cols"]:
    """The lattices of THRML's states."""
    return jax.vmap(lambda one: model.to_spins(engine.to_lattice(one)))(state)


# ----------------------------------------------------------------------------------- checking of arguments


def _grid(size: int | tuple[int, int], boundary: str) -> Grid:
    sides = tuple(size) if isinstance(size, tuple | list) else (size, size)
    good = all(isinstance(side, int | np.integer) and not isinstance(side, bool) for side in sides)
    if len(sides) != 2 or not good or min(sides) < 2:
        raise ValueError(f"size = {size}: expected a whole number >= 2, or (rows, cols)")
    choice("boundary", boundary, ("periodic", "open"))
    rows, cols = map(int, sides)
    if boundary == "periodic" and (rows % 2 or cols % 2):
        raise ValueError(
            f"size = {size}: expected even sides on a periodic lattice. Round a loop of odd length the two colours "
            'cannot alternate, and spins that are updated together would be neighbours; or take boundary="open"'
        )
    return Grid(rows, cols, boundary == "periodic")


def numbers(
    name: str, value: Any, shapes: tuple[tuple[int, ...], ...] | None, least: float = -np.inf
) -> Float[Array, "..."]:
    """Finite numbers of one of these shapes, checked as `arguments.array` does, for JAX."""
    return jnp.asarray(arguments.array(name, value, shapes, least, dtype=np.float32))
