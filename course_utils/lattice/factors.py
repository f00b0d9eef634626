"""The models from THRML's own factors: what our engines are held against, for results and for speed.

    table = FactorProgram(Potts(16, q=5), beta=1.17)
    spins = table.sample(jax.random.key(0), n_samples=10, n_burn_in=100)      # (1, 10, 16, 16)

Every model with a list of states is a `SquareCategoricalEBMFactor`: a q x q table for every edge, copied to both its
ends. Edges come from `exact.bonds`, so nothing here is shared with the engines but the energy's definition.
"""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Key, Shaped
from thrml import Block, BlockGibbsSpec, CategoricalNode, FactorSamplingProgram, SamplingSchedule, sample_states
from thrml.models import CategoricalEBMFactor, CategoricalGibbsConditional, SquareCategoricalEBMFactor

from . import exact
from .base import Lattice


class FactorProgram:
    """A model at one temperature, as a THRML program of built-in factors.

    Args:
        model: one with a list of states and one coupling for all edges. There is no built-in factor for XY.
        beta: inverse temperature.

    Raises:
        ValueError: if the states are continuous, or the couplings differ from edge to edge.
    """

    def __init__(self, model: Lattice, beta: float) -> None:
        if model.states is None or model.coupling.ndim:
            raise ValueError(f"model = {model}: expected one with a list of states and one coupling")
        self.model, self.states = model, jnp.asarray(model.states, model.dtype)
        row, col = np.indices(model.shape)
        self.order = [np.flatnonzero((row + col).ravel() % 2 == colour) for colour in (0, 1)]
        nodes = [CategoricalNode() for _ in range(model.n_spins)]
        self.blocks = [Block([nodes[k] for k in at]) for at in self.order]
        edges, q = exact.bonds(model.shape, model.grid.periodic), len(self.states)
        ends = [Block([nodes[k] for k in side]) for side in edges.T]
        table = beta * float(model.coupling) * model.bond(self.states[:, None], self.states)
        factors = [SquareCategoricalEBMFactor(ends, jnp.broadcast_to(table, (len(edges), q, q)))]
        if field := beta * float(model.field):
            along = field * model.along_field(self.states)
            factors.append(CategoricalEBMFactor([Block(nodes)], jnp.broadcast_to(along, (len(nodes), q))))
        samplers = [CategoricalGibbsConditional(q)] * 2
        self.program = FactorSamplingProgram(BlockGibbsSpec(self.blocks, []), samplers, factors, [])

    def sample(
        self, key: Key[Array, ""], *, n_samples: int, n_sweeps: int = 1, n_burn_in: int = 0, n_chains: int = 1
    ) -> Shaped[Array, "n_chains n_samples rows cols"]:
        """Spins from random starts, in the same form as `Lattice.sample` gives them."""
        schedule = SamplingSchedule(n_burn_in + n_sweeps, n_samples, n_sweeps)
        start, run = jax.random.split(key)
        numbers = jnp.searchsorted(self.states, self.model.random(start, (n_chains, self.model.n_spins)))
        begin = [numbers[:, at].astype(jnp.uint8) for at in self.order]
        out = _sample(jax.random.split(run, n_chains), self.program, schedule, begin, self.blocks)
        place = np.argsort(np.concatenate(self.order))
        numbers = jnp.concatenate(out, axis=-1)[..., place]
        return self.states[numbers].reshape(n_chains, n_samples, *self.model.shape)


@eqx.filter_jit
def _sample(keys, program, schedule, start, blocks):
    # `sample_states` by itself would be traced anew at every call, about a second.
    return jax.vmap(lambda key, state: sample_states(key, program, schedule, state, [], blocks))(keys, start)
