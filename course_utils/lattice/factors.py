"""The models from THRML's own factors: what our engines are held against, for results and for speed.

    table = FactorProgram(Potts(16, q=5), beta=1.17)
    spins = table.sample(jax.random.key(0), n_samples=10, n_burn_in=100)      # (1, 10, 16, 16)

Ising is `IsingEBM`, which multiplies beta into its weights and gives every spin a bias. Potts and clock are a
`SquareCategoricalEBMFactor`: a q x q table for every edge, copied to both its ends. Edges come from `exact.bonds`, so
nothing here is shared with the engines but the energy's definition.
"""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Key, Shaped
from thrml import (
    Block,
    BlockGibbsSpec,
    BlockSamplingProgram,
    CategoricalNode,
    FactorSamplingProgram,
    SamplingSchedule,
    SpinNode,
    sample_states,
)
from thrml.models import (
    CategoricalEBMFactor,
    CategoricalGibbsConditional,
    IsingEBM,
    IsingSamplingProgram,
    SquareCategoricalEBMFactor,
)

from . import exact
from .base import Lattice
from .clock import Clock
from .ising import Ising
from .potts import Potts


class FactorProgram:
    """A model at one temperature, as a THRML program of built-in factors.

    Args:
        model: an `Ising`, `Potts` or `Clock` with one coupling for all edges. There is no built-in factor for XY.
        beta: inverse temperature.

    Raises:
        ValueError: if the model is none of these, or its couplings differ from edge to edge.
    """

    program: BlockSamplingProgram

    def __init__(self, model: Lattice, beta: float) -> None:
        if not isinstance(model, Ising | Potts | Clock) or model.coupling.ndim:
            raise ValueError(f"model = {model}: expected Ising, Potts or Clock with one coupling")
        self.model = model
        row, col = np.indices(model.shape)
        self.order = [np.flatnonzero((row + col).ravel() % 2 == colour) for colour in (0, 1)]
        kind = SpinNode if isinstance(model, Ising) else CategoricalNode
        nodes = [kind() for _ in range(model.n_spins)]
        self.blocks = [Block([nodes[k] for k in at]) for at in self.order]
        edges = exact.bonds(model.shape, model.grid.periodic)
        strength, field = beta * float(model.coupling), beta * float(model.field)
        if isinstance(model, Ising):
            pairs = [(nodes[i], nodes[j]) for i, j in edges]
            biases, weights = jnp.full(len(nodes), field), jnp.full(len(pairs), strength)
            ebm = IsingEBM(nodes, pairs, biases, weights, jnp.array(1.0))
            self.program = IsingSamplingProgram(ebm, self.blocks, [])
        else:
            table = strength * _table(model)
            ends = [Block([nodes[k] for k in side]) for side in edges.T]
            along = jnp.asarray(model.along_field(jnp.arange(model.q, dtype=jnp.uint8)))
            factors = [
                SquareCategoricalEBMFactor(ends, jnp.broadcast_to(table, (len(edges), model.q, model.q))),
                CategoricalEBMFactor([Block(nodes)], jnp.broadcast_to(field * along, (len(nodes), model.q))),
            ]
            samplers = [CategoricalGibbsConditional(model.q)] * 2
            self.program = FactorSamplingProgram(
                BlockGibbsSpec(self.blocks, []), samplers, factors[: 2 if field else 1], []
            )

    def sample(
        self, key: Key[Array, ""], *, n_samples: int, n_sweeps: int = 1, n_burn_in: int = 0, n_chains: int = 1
    ) -> Shaped[Array, "n_chains n_samples rows cols"]:
        """Spins from random starts, in the same form as `Lattice.sample` gives them."""
        schedule = SamplingSchedule(n_burn_in + n_sweeps, n_samples, n_sweeps)
        start, run = jax.random.split(key)
        spins = self.model.random(start, (n_chains, self.model.n_spins))
        if isinstance(self.model, Ising):
            spins = spins == 1
        keys = jax.random.split(run, n_chains)
        out = _sample(keys, self.program, schedule, [spins[:, at] for at in self.order], self.blocks)
        place = np.argsort(np.concatenate(self.order))
        spins = jnp.concatenate(out, axis=-1)[..., place].reshape(n_chains, n_samples, *self.model.shape)
        return (2 * spins.astype(jnp.int8) - 1) if isinstance(self.model, Ising) else spins


def _table(model: Potts | Clock) -> Float[Array, "q q"]:
    states = jnp.arange(model.q, dtype=jnp.uint8)
    return model.bond(states[:, None], states[None, :])


@eqx.filter_jit
def _sample(keys, program, schedule, start, blocks):
    # `sample_states` by itself would be traced anew at every call, about a second.
    return jax.vmap(lambda key, state: sample_states(key, program, schedule, state, [], blocks))(keys, start)
