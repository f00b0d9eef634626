"""Help for cold lattices, where single-spin updates freeze: slow cooling, and exchange between temperatures."""

import math
import sys
from collections.abc import Callable, Mapping
from typing import NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int, Key, PyTree, Shaped, UInt32
from tqdm import tqdm

from ..arguments import ladder, whole
from .base import PARTS, Chains, Lattice, Start, numbers, samplers, sweeps, to_spins
from .devices import Layout
from .engines import Engine, State

Observables = Mapping[str, Callable[[Shaped[Array, "n_chains rows cols"]], Array]]
Numbers = np.ndarray | Array


def annealed(
    model: Lattice,
    key: Key[Array, ""],
    betas: Float[Numbers, "n_steps"],
    observables: Observables,
    *,
    n_sweeps: int = 1,
    n_chains: int = 1,
    init: Start = "random",
    progress: bool = False,
    sharding: jax.sharding.Sharding | None = None,
) -> tuple[Shaped[Array, "n_chains rows cols"], dict[str, Shaped[Array, "n_chains n_steps ..."]]]:
    """Sweeps at one inverse temperature after the other.

    Slow enough, a chain from a random start ends in one domain and not in stripes; `observables` says how it went.
    Each is looked at once a step, and its value has the law of that step's temperature only if the steps are slow.

    Args:
        model: what to sample.
        key, n_chains, init, progress, sharding: as for `Lattice.sample`.
        betas: inverse temperature of each step, >= 0, in any order.
        observables: as for `Lattice.measure`; after each step.
        n_sweeps: sweeps a step.

    Returns:
        The spins after the last step, and what was measured after each.

    Raises:
        ValueError: if an argument is wrong, before any sweep.

    Source: Kirkpatrick, Gelatt and Vecchi, Science 220, 671 (1983), doi:10.1126/science.220.4598.671.
    """
    n_sweeps = whole("n_sweeps", n_sweeps)
    betas = numbers("betas", betas, None, least=0.0)
    if betas.ndim != 1 or len(betas) == 0:
        raise ValueError(f"betas has shape {betas.shape}: expected (n_steps,)")
    chains = Chains(model, key, 0.0, n_chains, init, sharding=sharding)
    measured = chains.frames(np.full(len(betas), n_sweeps), dict(observables), betas, progress)
    return to_spins(chains.engine, model, chains.state), measured


def both_ways(
    model: Lattice,
    temperatures: Float[Numbers, "n_temperatures"],
    observables: Observables,
    *,
    n_samples: int,
    n_sweeps: int = 1,
    n_chains: int = 12,
    starts: tuple[Start, Start] = ("aligned", "random"),
) -> dict[str, Shaped[np.ndarray, "n_temperatures 2 n_chains n_kept ..."]]:
    """Chains that are heated step by step from one start, and others that are cooled from the opposite one.

    Each step begins with the lattices of the step before. Where both give the same, they have forgotten their starts.

    Args:
        model: what to sample.
        temperatures: rising, > 0.
        observables: as for `Lattice.measure`.
        n_samples: looks at each temperature; the first quarter is dropped.
        n_sweeps: sweeps from look to look.
        n_chains: of each kind.
        starts: of the chains that are heated, and of those that are cooled; as for `Lattice.sample`.

    Returns:
        name -> values; the second axis is 0 for heated chains, 1 for cooled ones.

    Raises:
        ValueError: if an argument is wrong, before any sweep.
    """
    n_samples = whole("n_samples", n_samples, 2)
    temperatures = ladder("temperatures", temperatures)
    if temperatures[0] > temperatures[-1]:
        raise ValueError(f"temperatures = {temperatures}: expected rising numbers")
    found: dict[str, list] = {name: [] for name in observables}
    for k, (start, order) in enumerate(zip(starts, (slice(None), slice(None, None, -1)), strict=True)):
        betas, key = np.repeat(1 / temperatures[order], n_samples), jax.random.key(model.n_spins + k)
        seen = annealed(model, key, betas, observables, n_sweeps=n_sweeps, n_chains=n_chains, init=start)[1]
        for name, x in seen.items():
            steps = np.asarray(x).reshape(n_chains, len(temperatures), n_samples, *x.shape[2:])
            found[name].append(np.moveaxis(steps[:, order, n_samples // 4 :], 0, 1))
    return {name: np.stack(pair, axis=1) for name, pair in found.items()}


class Exchange(NamedTuple):
    """What `replica_exchange` returns; the first axis is the temperature, in the order of `betas`.

    Attributes:
        measured: name -> shape (n_betas, n_chains, n_samples, ...).
        swap_acceptance: share of the attempted swaps between neighbouring temperatures that were made, after the
            burn-in, shape (n_betas - 1,). NaN if there was no attempt.
    """

    measured: dict[str, Shaped[Array, "n_betas n_chains n_samples ..."]]
    swap_acceptance: Float[np.ndarray, "n_pairs"]


def replica_exchange(
    model: Lattice,
    key: Key[Array, ""],
    betas: Float[Numbers, "n_betas"],
    observables: Observables,
    *,
    n_samples: int,
    n_sweeps: int = 1,
    n_burn_in: int = 0,
    n_chains: int = 1,
    init: Start = "random",
    progress: bool = False,
    sharding: jax.sharding.Sharding | None = None,
) -> Exchange:
    """Chains at several temperatures that trade their lattices, so that cold ones are renewed by way of hot ones.

    A round is `n_sweeps` sweeps, then an attempt to swap the lattices of neighbouring temperatures i and j, made with
    probability min(1, exp((beta_i - beta_j) (E_i - E_j))); pairs (0, 1), (2, 3), ... and (1, 2), (3, 4), ... take
    turns. Every temperature keeps its own exact law.

    Args:
        model, key, init, progress, sharding: as for `annealed`; an array starts all chains alike, and what is dealt out
            are the n_betas * n_chains chains, one temperature after the other.
        betas: at least two inverse temperatures, rising or falling.
        observables: as for `Lattice.measure`, of the spins of all chains, shape (n_betas * n_chains, rows, cols).
        n_samples: rounds measured.
        n_sweeps: sweeps a round.
        n_burn_in: rounds before these.
        n_chains: independent sets of chains.

    Returns:
        What was measured, and the acceptance of swaps.

    Raises:
        ValueError: if an argument is wrong, before any sweep.

    Source: Hukushima and Nemoto, J. Phys. Soc. Jpn. 65, 1604 (1996), doi:10.1143/JPSJ.65.1604.
    """
    n_samples, n_burn_in = whole("n_samples", n_samples), whole("n_burn_in", n_burn_in, 0)
    n_sweeps, n_chains = jnp.int32(whole("n_sweeps", n_sweeps)), whole("n_chains", n_chains)
    betas = jnp.asarray(ladder("betas", betas, zero=True), jnp.float32)
    energy = jax.eval_shape(model.energy, jax.ShapeDtypeStruct(model.shape, model.dtype))
    if energy.shape:
        raise ValueError(
            f"model = {type(model).__name__}: expected one with one energy for each lattice, such as Ising; "
            f"{energy.shape[-1]} replicas in a word would have to be swapped one by one"
        )
    swap_key, chains_key = jax.random.split(key)
    chains = Chains(model, chains_key, jnp.repeat(betas, n_chains), len(betas) * n_chains, init, sharding=sharding)
    fixed, layout = (chains.engine, model, chains.keys, betas, swap_key, n_sweeps), chains.layout
    if layout:
        fixed = (*layout.everywhere(fixed[:2]), chains.keys, *layout.everywhere(fixed[3:]))
    state, parts = chains.state, []
    at_once = math.ceil((n_burn_in + n_samples) / PARTS) if progress else max(n_burn_in, n_samples)
    with tqdm(total=n_burn_in + n_samples, disable=not progress, file=sys.stdout, unit="round") as bar:
        for first, end, seen in ((0, n_burn_in, {}), (n_burn_in, n_burn_in + n_samples, dict(observables))):
            for now in range(first, end, at_once):
                count = min(at_once, end - now)
                state, *looked = _rounds(*fixed, state, np.uint32(now), count, seen, layout)
                parts += [looked] if now >= n_burn_in else []
                bar.update(count)
    measured, made = jax.tree.map(lambda *xs: jnp.concatenate(xs), *parts)

    def by_temperature(x: Array) -> Array:
        x = jnp.swapaxes(x, 0, 1)
        return x.reshape(len(betas), n_chains, *x.shape[1:])

    made = np.asarray(made)
    with np.errstate(invalid="ignore"):  # 0 / 0 is NaN for a pair never tried
        acceptance = np.nansum(made, 0) / np.isfinite(made).sum(0)
    return Exchange(jax.tree.map(by_temperature, measured), acceptance)


@eqx.filter_jit
def _rounds(
    engine: Engine,
    model: Lattice,
    keys: Key[Array, "chains"],
    betas: Float[Array, "n_betas"],
    swap_key: Key[Array, ""],
    n_sweeps: Int[Array, ""],
    state: list[State],
    first: UInt32[np.ndarray | Array, ""],
    n_rounds: int,
    observables: dict[str, Callable],
    layout: Layout | None,
) -> tuple[list[State], dict[str, PyTree[Array]], Float[Array, "n_rounds n_pairs"]]:
    """Rounds from number `first` on: the state after them, what each measured, and the share of swaps that it made."""
    n_chains = len(keys) // len(betas)
    each = samplers(model, betas)[0]  # one for each temperature, as making it may take long
    sampler = jax.tree.map(lambda x: jnp.repeat(x, n_chains, axis=0), each), 0

    def one(state: list[State], number: UInt32[Array, ""]) -> tuple[list[State], tuple]:
        state = sweeps(engine, model, sampler, state, keys, number * n_sweeps.astype(jnp.uint32), n_sweeps, layout)
        energy = model.n_spins * model.energy(to_spins(engine, model, state)).reshape(len(betas), n_chains)
        gain = (betas[:-1] - betas[1:])[:, None] * (energy[:-1] - energy[1:])
        draw = jax.random.uniform(jax.random.fold_in(swap_key, number), gain.shape)
        tried = (jnp.arange(len(betas) - 1) % 2 == number % 2)[:, None]
        made = tried & (draw < jnp.exp(jnp.minimum(gain, 0.0)))
        step = jnp.pad(made.astype(jnp.int32), ((0, 1), (0, 0))) - jnp.pad(made.astype(jnp.int32), ((1, 0), (0, 0)))
        source = (jnp.arange(len(betas))[:, None] + step) * n_chains + jnp.arange(n_chains)
        state = jax.tree.map(lambda x: x[source.ravel()], state)
        spins = to_spins(engine, model, state)
        measured = {name: look(spins) for name, look in observables.items()}
        return state, (measured, jnp.where(tried[:, 0], made.mean(1), jnp.nan))

    state, (measured, made) = jax.lax.scan(one, state, first + jnp.arange(n_rounds, dtype=jnp.uint32))
    return state, measured, made
