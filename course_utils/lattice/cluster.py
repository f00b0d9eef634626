"""Cluster updates: whole regions turn at once, so that a critical lattice forgets its start within tens of updates.

    rng = np.random.default_rng(0)
    spins = cluster.equilibrate(Ising(512), rng, exact.BETA_C, n_updates=100)                       # (1, 512, 512)

One update: bonds are frozen at random, with a probability that grows with what turning one end alone would cost; spins
joined by frozen bonds form clusters; each cluster takes one of its *images* under a symmetry of the energy, all of
them equally likely. A sweep of single spins would move a domain's wall by a step; this moves the domain.

A model takes part if it says what the images of its spins are, see `Lattice.images`. The rest, couplings that differ
from bond to bond, of either sign, and open sides included, follows from `model.bond`. A field has no such symmetry and
is refused.

Source: Swendsen and Wang, Phys. Rev. Lett. 58, 86 (1987), doi:10.1103/PhysRevLett.58.86; for spins with more directions
    Wolff, Phys. Rev. Lett. 62, 361 (1989), doi:10.1103/PhysRevLett.62.361, with all clusters in place of one.
"""

import math
from functools import lru_cache

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float, Int, Shaped
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components

from .. import arguments
from .base import Lattice, Start, checked_start, first_spins

Spins = Shaped[np.ndarray, "n_chains rows cols"]
Beta = float | Float[np.ndarray, "..."]


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
    turned = model.images(rng, spins)
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
    rows, cols = model.shape
    both = []
    for axis, coupling, draw in zip((-2, -1), model.couplings, draws, strict=True):
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
    init: Start = "random",
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
    n_updates, n_chains = arguments.whole("n_updates", n_updates, 0), arguments.whole("n_chains", n_chains)
    beta = arguments.array("beta", beta, ((), (n_chains,)), least=0.0)
    if float(model.field) != 0:
        raise ValueError(f"model.field = {float(model.field):g}: expected 0, as a field has no symmetry to turn by")
    start = checked_start(model, n_chains, init)
    seed = int(rng.integers(2**32)) if isinstance(start, str) and start == "random" else 0
    spins = np.asarray(first_spins(model, jax.random.key(seed), n_chains, start))
    model.images(np.random.default_rng(0), spins[:, :1, :1])  # a model without images is refused before any work
    for _ in range(n_updates):
        spins = update(model, rng, beta, spins)
    return spins
