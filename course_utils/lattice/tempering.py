"""Help for cold lattices, where single-spin updates freeze: slow cooling, and exchange between temperatures."""

import math
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int, Key, PyTree, Shaped, UInt32
from tqdm import tqdm

from ..arguments import array, shown, whole
from .base import Lattice, Run, chains_first, samplers, spins_of, sweeps, to_spins
from .engines import Engine, State

Observables = Mapping[str, Callable[[Shaped[Array, "n_chains rows cols"]], Array]]
Numbers = np.ndarray | Array
_PARTS = 50  # of a progress bar


def annealed(
    model: Lattice,
    key: Key[Array, ""],
    betas: Float[Numbers, "n_steps"] | Float[Numbers, "n_steps n_chains"],
    observables: Observables | None = None,
    *,
    n_sweeps: int = 1,
    n_chains: int = 1,
    init: Any = "random",
    engine: str = "sublattices",
) -> tuple[Shaped[Array, "n_chains rows cols"], dict[str, Shaped[Array, "n_chains n_steps ..."]]]:
    """Sweeps at one inverse temperature after the other.

    Slow enough, a chain from a random start ends in one domain and not in stripes; `observables` says how it went.
    Each is looked at once a step, and its value has the law of that step's temperature only if the steps are slow.

    Args:
        model: what to sample.
        key: JAX key.
        betas: inverse temperature of each step, >= 0, in any order; with a second axis each chain has its own.
        observables: name -> function of the chains' spins, as for `Lattice.measure`; after each step.
        n_sweeps: sweeps a step.
        n_chains, init, engine: as for `Lattice.sample`.

    Returns:
        The spins after the last step, and what was measured after each.

    Raises:
        ValueError: if an argument is wrong, before any sweep.

    Source: Kirkpatrick, Gelatt and Vecchi, Science 220, 671 (1983), doi:10.1126/science.220.4598.671.
    """
    n_sweeps = whole("n_sweeps", n_sweeps)
    betas = array("betas", betas, least=0.0, dtype=np.float32)
    if betas.ndim not in (1, 2) or betas.shape[0] == 0 or betas.shape[1:] not in ((), (n_chains,)):
        raise ValueError(f"betas has shape {betas.shape}: expected (n_steps,) or (n_steps, {n_chains})")
    run = Run(model, key, 0.0, n_chains, init, engine)
    run.betas = jnp.asarray(betas)
    measured = run.frames(np.full(len(betas), n_sweeps), dict(observables or {}))
    return to_spins(run.engine, model, run.state), jax.tree.map(chains_first, measured)


@dataclass(frozen=True)
class Exchange:
    """What `replica_exchange` returns; the first axis is the temperature, in the order of `betas`.

    Attributes:
        measured: name -> shape (n_betas, n_chains, n_samples, ...).
        spins: the last lattices, shape (n_betas, n_chains, rows, cols).
        swap_acceptance: share of the attempted swaps between neighbouring temperatures that were made, after the
            burn-in, shape (n_betas - 1,). NaN if there was no attempt.
    """

    measured: dict[str, Shaped[Array, "n_betas n_chains n_samples ..."]]
    spins: Shaped[Array, "n_betas n_chains rows cols"]
    swap_acceptance: Float[np.ndarray, "n_pairs"]


def replica_exchange(
    model: Lattice,
    key: Key[Array, ""],
    betas: Float[Numbers, "n_betas"],
    observables: Observables | None = None,
    *,
    n_samples: int,
    n_sweeps: int = 1,
    n_burn_in: int = 0,
    n_chains: int = 1,
    init: Any = "random",
    engine: str = "sublattices",
    progress: bool = False,
) -> Exchange:
    """Chains at several temperatures that trade their lattices, so that cold ones are renewed by way of hot ones.

    A round is `n_sweeps` sweeps, then an attempt to swap the lattices of neighbouring temperatures i and j, made with
    probability min(1, exp((beta_i - beta_j) (E_i - E_j))); pairs (0, 1), (2, 3), ... and (1, 2), (3, 4), ... take
    turns. Every temperature keeps its own exact law.

    Args:
        model: what to sample.
        key: JAX key.
        betas: at least two inverse temperatures, rising or falling.
        observables: name -> function of the spins of all chains, shape (n_betas * n_chains, rows, cols), as for
            `Lattice.measure`; None keeps the spins, under the name "spins".
        n_samples: rounds measured.
        n_sweeps: sweeps a round.
        n_burn_in: rounds before these.
        n_chains: independent sets of chains.
        init, engine: as for `Lattice.sample`; an array starts all chains alike.
        progress: show a progress bar, on stdout.

    Returns:
        What was measured, the last lattices and the acceptance of swaps.

    Raises:
        ValueError: if an argument is wrong, before any sweep.

    Source: Hukushima and Nemoto, J. Phys. Soc. Jpn. 65, 1604 (1996), doi:10.1143/JPSJ.65.1604.
    """
    n_samples, n_sweeps = whole("n_samples", n_samples), whole("n_sweeps", n_sweeps)
    n_burn_in, n_chains = whole("n_burn_in", n_burn_in, 0), whole("n_chains", n_chains)
    betas = jnp.asarray(_ladder(betas))
    observables = {"spins": spins_of} if observables is None else dict(observables)
    swap_key, chains_key = jax.random.split(key)
    run = Run(model, chains_key, jnp.repeat(betas, n_chains), len(betas) * n_chains, init, engine)
    total, in_round = n_burn_in + n_samples, jnp.int32(n_sweeps)
    at_once = math.ceil(total / _PARTS) if progress else total

    def rounds(first: int, last: int, looks: dict[str, Callable]) -> list[list]:
        """Rounds from number `first` to before `last`, a part at a time: what each part measured and swapped."""
        parts = []
        for start in range(first, last, at_once):
            n = min(at_once, last - start)
            run.state, *part = _rounds(
                run.engine, model, run.state, run.keys, betas, swap_key, jnp.uint32(start), in_round, n, looks
            )
            parts.append(part)
            bar.update(n)
        return parts

    with tqdm(total=total, disable=not progress, file=sys.stdout, unit="round") as bar:
        rounds(0, n_burn_in, {})
        measured, swaps = zip(*rounds(n_burn_in, total, observables), strict=True)

    def by_temperature(*xs: Array) -> Array:
        x = jnp.swapaxes(jnp.concatenate(xs), 0, 1)
        return x.reshape(len(betas), n_chains, *x.shape[1:])

    spins = to_spins(run.engine, model, run.state).reshape(len(betas), n_chains, *model.shape)
    made = np.concatenate([np.asarray(part) for part in swaps])
    return Exchange(jax.tree.map(by_temperature, *measured), spins, _acceptance(made))


def _ladder(betas: Any) -> Float[np.ndarray, "n_betas"]:
    """Two or more inverse temperatures that rise or fall."""
    betas = array("betas", betas, least=0.0, dtype=np.float32)
    steps = np.diff(betas) if betas.ndim == 1 else np.zeros(1)
    if not len(steps) or not (steps.min() > 0 or steps.max() < 0):
        raise ValueError(f"betas = {shown(betas)}: expected two or more that rise or fall")
    return betas


def _acceptance(made: Float[np.ndarray, "n_samples n_pairs"]) -> Float[np.ndarray, "n_pairs"]:
    """Share of the attempted swaps that were made, from that of each round, which is NaN if none was tried."""
    tried = np.isfinite(made).sum(0)
    return np.where(tried > 0, np.nansum(made, 0) / np.maximum(tried, 1), np.nan)


@eqx.filter_jit
def _rounds(
    engine: Engine,
    model: Lattice,
    state: list[State],
    keys: Key[Array, "chains"],
    betas: Float[Array, "n_betas"],
    swap_key: Key[Array, ""],
    first: UInt32[Array, ""],
    n_sweeps: Int[Array, ""],
    n_rounds: int,
    observables: dict[str, Callable],
) -> tuple[list[State], dict[str, PyTree[Array]], Float[Array, "n_rounds n_pairs"]]:
    n_chains = len(keys) // len(betas)
    sampler = samplers(model, jnp.repeat(betas, n_chains))

    def one(state: list[State], number: UInt32[Array, ""]) -> tuple[list[State], tuple]:
        state = sweeps(engine, model, sampler, state, keys, number * n_sweeps.astype(jnp.uint32), n_sweeps)
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
