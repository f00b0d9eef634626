"""Spins on several devices: chains side by side, and one lattice in slabs of rows with a halo between neighbours.

    sharding = devices.layout(chains=4)                     # a quarter of the chains on each of four devices
    sharding = devices.layout(rows=8)                       # an eighth of the rows of each lattice on each of eight
    model.sample(key, 0.44, n_samples=10, n_chains=8, sharding=sharding)

The same key gives the same spins on any number of devices: a random word belongs to a chain, a sweep and a site, not to
the device that draws it. (Angles of XY part by rounding after some sweeps.) A program that has called
`jax.distributed.initialize` sees the devices of all its processes, and `layout` takes them all; each process makes the
same calls, and `gathered` gives each of them the whole result.
"""

import math
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jax.experimental import multihost_utils
from jax.sharding import Mesh, NamedSharding, PartitionSpec
from jaxtyping import Array, Key, PyTree, Shaped

from ..arguments import whole

CHAINS, ROWS = "chains", "rows"


def layout(chains: int | None = None, rows: int = 1, devices: Sequence[jax.Device] | None = None) -> NamedSharding:
    """How lattices, an array of shape (n_chains, rows, cols), lie on chains * rows devices.

    Args:
        chains: shares into which the chains are dealt; if left out, as many as there are devices for.
        rows: slabs into which the rows of each lattice are cut.
        devices: which; if left out, all that JAX sees.

    Returns:
        What `Lattice.sample` and its kin take as `sharding`.

    Raises:
        ValueError: if there are not so many devices.
    """
    devices = list(jax.devices() if devices is None else devices)
    rows = whole("rows", rows)
    chains = max(1, len(devices) // rows) if chains is None else whole("chains", chains)
    if chains * rows > len(devices):
        raise ValueError(f"chains, rows = {chains}, {rows}: expected a product of at most {len(devices)} devices")
    mesh = Mesh(np.array(devices[: chains * rows]).reshape(chains, rows), (CHAINS, ROWS))
    return NamedSharding(mesh, PartitionSpec(CHAINS, ROWS))


def gathered(values: PyTree[Shaped[Array, "..."]]) -> PyTree[Shaped[np.ndarray, "..."]]:
    """Whole arrays, in the memory of every process, of arrays that lie on many devices; all processes call it."""
    return jax.tree.map(lambda x: np.asarray(multihost_utils.process_allgather(x, tiled=True)), values)


class Layout(NamedTuple):
    """A checked `sharding`.

    Attributes:
        mesh: of devices.
        chains: the mesh's axes over which the chains are dealt.
        rows: the mesh's axis along which the rows are cut, or None.
    """

    mesh: Mesh
    chains: tuple[str, ...]
    rows: str | None

    @property
    def slabs(self) -> int:
        """Parts into which the rows are cut."""
        return self.mesh.shape[self.rows] if self.rows else 1

    def of_state(self, leaf: Any) -> PartitionSpec:
        """Of a leaf of a sampler's state: chains, nodes, and with slabs the rows."""
        return PartitionSpec(self.chains or None, None, self.rows) if self.rows else self.of_chains

    @property
    def of_chains(self) -> PartitionSpec:
        """Of an array with the chains in front."""
        return PartitionSpec(self.chains or None)

    def put(self, x: Array, spec: PartitionSpec) -> Array:
        """An array, the same in every process, laid out over the devices of all."""
        if jnp.issubdtype(x.dtype, jax.dtypes.prng_key):
            return jax.random.wrap_key_data(self.put(jax.random.key_data(x), spec), impl=jax.random.key_impl(x))
        host = np.asarray(x)
        return jax.make_array_from_callback(host.shape, NamedSharding(self.mesh, spec), lambda at: host[at])

    def everywhere(self, tree: PyTree) -> PyTree:
        """All arrays of a tree, whole on every device."""
        return jax.tree.map(lambda x: self.put(x, PartitionSpec()) if eqx.is_array(x) else x, tree)


def checked(sharding: Any, n_chains: int, rows: int, split: bool) -> Layout | None:
    """The layout that a `sharding` asks for, or what is wrong with it.

    Args:
        sharding: None, or a `jax.sharding.NamedSharding` of arrays of shape (n_chains, rows, cols).
        n_chains: chains.
        rows: of the lattice.
        split: whether the engine can cut a lattice in slabs.

    Raises:
        ValueError: if chains or rows do not go into it.
    """
    if sharding is None:
        return None
    if not isinstance(sharding, NamedSharding):
        raise ValueError(f"sharding = {sharding!r}: expected a jax.sharding.NamedSharding, see devices.layout")
    spec = [*sharding.spec, None, None, None][:3]
    names = [() if part is None else (part,) if isinstance(part, str) else tuple(part) for part in spec]
    shares = [math.prod(sharding.mesh.shape[name] for name in part) for part in names]
    names[1] = tuple(name for name in names[1] if sharding.mesh.shape[name] > 1)  # a cut into one slab is none
    if shares[2] > 1 or len(names[1]) > 1:
        raise ValueError(f"sharding = {sharding}: expected chains and rows to be dealt out, and rows along one axis")
    if n_chains % shares[0]:
        raise ValueError(f"n_chains = {n_chains}: expected a multiple of {shares[0]}, over which sharding deals them")
    if names[1] and not split:
        raise ValueError('sharding cuts rows: expected engine="sublattices" and one coupling for all edges')
    if rows % (2 * shares[1]) and names[1]:
        raise ValueError(
            f"rows = {rows}: expected {shares[1]} slabs with an even number of rows, as sharding cuts them"
        )
    return Layout(sharding.mesh, names[0], names[1][0] if names[1] else None)


def mapped(
    layout: Layout, of_slab: Callable, state: list, keys: Key[Array, "n_chains"], per_chain: Any, same: Any
) -> list:
    """`of_slab(state, keys, per_chain, same)` on every device, with its share of the chains and of the rows.

    Args:
        layout: over which devices.
        of_slab: gives the new state, laid out as the old one.
        state: of a sampler.
        keys, per_chain: arrays with the chains in front.
        same: arrays that all devices see whole.
    """
    specs = jax.tree.map(layout.of_state, state)
    own, whole_ = layout.of_chains, PartitionSpec()
    return jax.shard_map(
        of_slab, mesh=layout.mesh, in_specs=(specs, own, own, whole_), out_specs=specs, check_vma=False
    )(state, keys, per_chain, same)
