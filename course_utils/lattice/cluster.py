"""Cluster updates: whole regions turn at once, so that a critical lattice forgets its start within tens of updates.

    rng = np.random.default_rng(0)
    spins = cluster.equilibrate(Ising(512), rng, exact.BETA_C, n_updates=100)                       # (1, 512, 512)
    series = cluster.measure(model, rng, beta, {"energy": model.energy}, n_samples=500, n_burn_in=100, n_chains=4)

One update: bonds are frozen at random, with a probability that grows with what turning one end alone would cost; spins
joined by frozen bonds form clusters; each cluster takes one of its *images* under a symmetry of the energy, all of
them equally likely. A sweep of single spins would move a domain's wall by a step; this moves the domain.

A model takes part if it says what the images of its spins are: see `images`, which has them for the models of this
folder. The rest, couplings that differ from bond to bond, of either sign, and open sides included, follows from
`model.bond`. A field has no such symmetry and is refused.

Source: Swendsen and Wang, Phys. Rev. Lett. 58, 86 (1987), doi:10.1103/PhysRevLett.58.86; for spins with more directions
    Wolff, Phys. Rev. Lett. 62, 361 (1989), doi:10.1103/PhysRevLett.62.361, with all clusters in place of one.
"""

import math
from collections.abc import Callable, Mapping
from functools import lru_cache, singledispatch
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float, Int, Shaped
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components

from .. import arguments
from .base import Lattice
from .clock import Clock
from .ising import Ising
from .potts import Potts
from .xy import XY

__all__ = ["equilibrate", "images", "measure", "update"]

Spins = Shaped[np.ndarray, "n_chains rows cols"]
Beta = float | Float[np.ndarray, "..."]


# ------------------------------------------------------------------------------------------ what a model must say


@singledispatch
def images(model: Lattice, rng: np.random.Generator, spins: Spins) -> Shaped[np.ndarray, "n n_chains rows cols"]:
    """Each spin as it is, and as the other elements of a group make it that leaves every bond's energy unchanged.

    A new model registers its own in its own file: `@cluster.images.register`. The elements must be drawn without a
    look at the spins, the first of them must be the identity, and they must form a group.

    Args:
        model: of the spins.
        rng: draws the group, if there are several; one for each chain.
        spins: lattices.

    Returns:
        The images of all spins, the spins themselves first.

    Raises:
        ValueError: if nobody said what the images of this model's spins are.
    """
    raise ValueError(
        f"model = {type(model).__name__}: expected one with a symmetry known to cluster.images; register its own"
    )


@images.register
def _(model: Ising, rng: np.random.Generator, spins: Spins) -> np.ndarray:
    return np.stack([spins, -spins])


@images.register
def _(model: Potts, rng: np.random.Generator, spins: Spins) -> np.ndarray:
    turned = (spins + np.arange(model.q, dtype=np.uint8)[:, None, None, None]).astype(np.uint8)
    return np.where(turned >= model.q, turned - model.q, turned).astype(np.uint8)


@images.register
def _(model: Clock, rng: np.random.Generator, spins: Spins) -> np.ndarray:
    """Mirror images in a random axis, which lies on a direction or between two."""
    axis = rng.integers(model.q, size=(len(spins), 1, 1))
    return np.stack([spins, ((axis - spins) % model.q).astype(np.uint8)])


@images.register
def _(model: XY, rng: np.random.Generator, spins: Spins) -> np.ndarray:
    """Mirror images in a random axis."""
    turn = np.float32(2 * math.pi)
    axis = turn * rng.random((len(spins), 1, 1), dtype=np.float32)
    mirrored = axis - spins
    return np.stack([spins, np.where(mirrored < 0, mirrored + turn, mirrored)])


# -------------------------------------------------------------------------------------------------------- updates


def update(model: Lattice, rng: np.random.Generator, beta: Beta, spins: Spins) -> Spins:
    """One cluster update of all chains: every cluster of every lattice takes one of its images.

    Args:
        model: of the spins, without a field.
        rng: random numbers.
        beta: inverse temperature in units of 1/J, >= 0; one number, or one for each chain.
        spins: lattices, which stay as they are.

    Returns:
        The new lattices.
    """
    turned = images(model, rng, spins)
    draws = rng.random((2, *spins.shape), dtype=np.float32)
    betas = jnp.broadcast_to(jnp.asarray(beta, jnp.float32), (len(spins),))
    n_clusters, labels = clusters(np.asarray(_frozen(model, betas, turned, draws)))
    choice = rng.integers(len(turned), size=n_clusters, dtype=np.uint8)[labels]
    return np.take_along_axis(turned, choice[None], axis=0)[0]


@eqx.filter_jit
def _frozen(
    model: Lattice,
    beta: Float[Array, "n_chains"],
    turned: Shaped[Array | np.ndarray, "n n_chains rows cols"],
    draws: Float[Array | np.ndarray, "2 n_chains rows cols"],
) -> Bool[Array, "n_chains rows cols 2"]:
    """Which bonds to the next row and column are frozen: 1 - exp(-cost), cost the most that images differ by."""
    couplings = (model.coupling, model.coupling) if model.coupling.ndim == 0 else model.coupling
    rows, cols = model.shape
    both = []
    for axis, coupling, draw in zip((-2, -1), couplings, draws, strict=True):
        weights = beta[:, None, None] * coupling * model.bond(turned[0], jnp.roll(turned, -1, axis))
        frozen = draw < -jnp.expm1(weights.min(0) - weights[0])
        if not model.grid.periodic:
            inside = (jnp.arange(rows) < rows - 1)[:, None] if axis == -2 else jnp.arange(cols) < cols - 1
            frozen &= inside
        both.append(frozen)
    return jnp.stack(both, axis=-1)


@lru_cache(maxsize=8)
def _next(shape: tuple[int, int, int]) -> Int[np.ndarray, "spins 2"]:
    """The numbers of the spins in the next row and in the next column, of all lattices counted through."""
    number = np.arange(math.prod(shape), dtype=np.int32).reshape(shape)
    return np.stack([np.roll(number, -1, axis) for axis in (1, 2)], axis=-1).reshape(-1, 2)


def clusters(frozen: Bool[np.ndarray, "n_chains rows cols 2"]) -> tuple[int, Int[np.ndarray, "n_chains rows cols"]]:
    """Spins that frozen bonds join.

    Args:
        frozen: bonds from each spin to that in the next row, and to that in the next column.

    Returns:
        The number of clusters in all lattices together, and the number of the cluster that each spin is in.
    """
    shape = frozen.shape[:-1]
    bonds = frozen.reshape(-1, 2)
    ends = np.zeros(len(bonds) + 1, np.int32)
    np.cumsum(bonds.sum(1, dtype=np.int32), out=ends[1:])
    there = _next(shape)[bonds]
    graph = csr_array((np.ones(len(there), np.uint8), there, ends), shape=(len(bonds), len(bonds)))
    n_clusters, labels = connected_components(graph, directed=False)
    return int(n_clusters), labels.reshape(shape)


def equilibrate(
    model: Lattice,
    rng: np.random.Generator,
    beta: Beta,
    n_updates: int,
    *,
    n_chains: int = 1,
    init: str | Shaped[np.ndarray | Array, "..."] = "random",
) -> Spins:
    """Lattices after so many cluster updates.

    At a continuous transition an L x L lattice forgets its start in some L^0.25 (Ising), L^0.5 (Potts, q = 3) updates,
    and XY in a few; where the transition is of first order, as for Potts from q = 5 on, clusters help little.

    Args:
        model: without a field.
        rng: random numbers; the same generator gives the same spins.
        beta: inverse temperature in units of 1/J, >= 0; one number, or one for each chain.
        n_updates: cluster updates, 0 or more.
        n_chains: independent lattices.
        init: "random", "aligned", or the spins to start from, (rows, cols) or (n_chains, rows, cols).

    Returns:
        Spins as `Lattice.sample` has them, as an array of NumPy.

    Raises:
        ValueError: if an argument is wrong, the model is in a field, or its images are not known.
    """
    n_updates = arguments.whole("n_updates", n_updates, 0)
    beta, spins = _checked(model, rng, beta, n_chains, init)
    for _ in range(n_updates):
        spins = update(model, rng, beta, spins)
    return spins


def measure(
    model: Lattice,
    rng: np.random.Generator,
    beta: Beta,
    observables: Mapping[str, Callable[[Any], Any]],
    *,
    n_samples: int,
    n_updates: int = 1,
    n_burn_in: int = 0,
    n_chains: int = 1,
    init: str | Shaped[np.ndarray | Array, "..."] = "random",
) -> dict[str, Shaped[np.ndarray, "n_chains n_samples ..."]]:
    """Series of observables along cluster updates; only the numbers are kept.

    Args:
        model, rng, beta, n_chains, init: as for `equilibrate`.
        observables: name -> function of the spins of all chains at one moment, with the chains in the first axis of
            what it returns; `model.energy` is one.
        n_samples: measurements in each chain.
        n_updates: cluster updates before each of them.
        n_burn_in: further updates before the first.

    Returns:
        name -> what was measured, chains first; and under "spins" the last lattices, unless an observable has the name.

    Raises:
        ValueError: as `equilibrate`.
    """
    n_samples, n_updates = arguments.whole("n_samples", n_samples), arguments.whole("n_updates", n_updates)
    spins = equilibrate(model, rng, beta, n_burn_in, n_chains=n_chains, init=init)
    kept: dict[str, list[np.ndarray]] = {name: [] for name in observables}
    for _ in range(n_samples):
        for _ in range(n_updates):
            spins = update(model, rng, beta, spins)
        now = jnp.asarray(spins)
        for name, look in observables.items():
            kept[name].append(np.asarray(look(now)))
    return {"spins": spins[:, None]} | {name: np.stack(values, axis=1) for name, values in kept.items()}


def _checked(
    model: Lattice, rng: np.random.Generator, beta: Beta, n_chains: int, init: Any
) -> tuple[Float[np.ndarray, "..."], Spins]:
    """beta, and the spins at the start."""
    n_chains = arguments.whole("n_chains", n_chains)
    beta = arguments.array("beta", beta, ((), (n_chains,)), least=0.0)
    if float(model.field) != 0:
        raise ValueError(f"model.field = {float(model.field):g}: expected 0, as a field has no symmetry to turn by")
    shape = (n_chains, *model.shape)
    if isinstance(init, str):
        arguments.choice("init", init, ("random", "aligned"))
        if init == "aligned":
            spins = np.full(shape, model.aligned, model.dtype)
        else:
            spins = np.asarray(model.random(jax.random.key(int(rng.integers(2**32))), shape))
    else:
        spins = np.asarray(init)
        if spins.shape not in (shape, shape[1:]):
            raise ValueError(f"init has shape {spins.shape}: expected {shape[1:]} or {shape}")
        if wrong := model.check_spins(spins):
            raise ValueError(f"init {wrong}")
        spins = np.broadcast_to(spins.astype(model.dtype), shape)
    images(model, np.random.default_rng(0), spins[:, :1, :1])  # a model without images is refused before any work
    return beta, spins
