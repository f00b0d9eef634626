"""The Potts model: colours 0 to q - 1, and a bond counts if both its ends have the same colour."""

from functools import reduce
from typing import Any, ClassVar

import equinox as eqx
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Integer

from ..arguments import whole
from . import exact
from .base import AnyArray, Lattice, Transition
from .engines import Conditional
from .rng import pick, words

MAX_COLOURS = 64


class Potts(Lattice):
    """E = -J Σ δ(s_i, s_j) - h Σ δ(s_i, 0) over nearest neighbours, s = 0 ... q - 1.

    Args:
        size, coupling, boundary: as for `Lattice`.
        q: number of colours, 2 to 64.
        field: h, which favours colour 0.

    Source: the model, Potts, Proc. Camb. Phil. Soc. 48, 106 (1952), doi:10.1017/S0305004100027419; review, Wu, Rev.
        Mod. Phys. 54, 235 (1982), doi:10.1103/RevModPhys.54.235.
    """

    name: ClassVar[str] = "Potts"
    dtype: ClassVar[Any] = jnp.uint8
    order: ClassVar[str] = "order"
    spin: ClassVar[str] = "colour"
    question: ClassVar[str] = (
        "Start ordered and heat in small steps. At which temperature does one colour lose the lattice, and does it "
        "come back at the same temperature when you cool?"
    )
    q: int = eqx.field(static=True)

    def __init__(self, size, q: int, coupling=1.0, field: float = 0.0, boundary: str = "periodic") -> None:
        super().__init__(size, coupling, field, boundary)
        self.q = whole("q", q, 2, MAX_COLOURS)

    @property
    def states(self):
        return tuple(range(self.q))

    @property
    def title(self):
        return f"Potts, q = {self.q}"

    @property
    def described(self):
        return f"Potts model, {self.q} states"

    @property
    def transition(self):
        if not self.plain:
            return None
        return Transition("T_c", 1 / exact.potts_beta_c(self.q))

    def bond(self, a, b):
        return (a == b).astype(jnp.float32)

    def along_field(self, spins):
        return (spins == 0).astype(jnp.float32)

    @eqx.filter_jit
    def order_parameter(self, spins: Integer[AnyArray, "*batch rows cols"]) -> Float[Array, "*batch"]:
        """(q ρ - 1) / (q - 1) with ρ the share of the most frequent colour: 0 in disorder, 1 with all spins equal."""
        spins = jnp.asarray(spins)
        share = jnp.stack([(spins == k).mean((-2, -1), dtype=jnp.float32) for k in range(self.q)]).max(0)
        return (self.q * share - 1) / (self.q - 1)

    def images(self, rng, spins):
        turned = (spins + np.arange(self.q, dtype=np.uint8)[:, None, None, None]).astype(np.uint8)
        return np.where(turned >= self.q, turned - self.q, turned).astype(np.uint8)

    def sampler(self, beta):
        return PottsConditional(beta, self.field, self.q)


class PottsConditional(Conditional):
    """P(s = k | neighbours) ∝ exp(beta (J n_k + h δ(k, 0))), n_k the number of neighbours of colour k."""

    beta: Float[Array, ""]
    field: Float[Array, ""]
    q: int = eqx.field(static=True)
    absent: ClassVar[int] = 255  # no colour

    def draw(self, key, coupling, neighbours, own):
        weigh = self.of_edges if coupling.ndim else self.of_counts
        return pick(*words(key, own.shape), weigh(coupling, neighbours))

    def of_edges(self, coupling: Float[Array, "n 4"], neighbours: list[Array]) -> list[Float[Array, "n"]]:
        """Weight of each colour, with a coupling for each spin and neighbour; the largest is 1."""
        pulls = [sum(coupling[:, j] * (s == k) for j, s in enumerate(neighbours)) for k in range(self.q)]
        logs = [self.beta * pull for pull in (pulls[0] + self.field, *pulls[1:])]
        most = reduce(jnp.maximum, logs)
        return [jnp.exp(log - most) for log in logs]

    def of_counts(self, coupling: Float[Array, ""], neighbours: list[Array]) -> list[Float[Array, "..."]]:
        """Weight of each colour, with one coupling: one of five numbers, by how many neighbours have the colour."""
        # From -80 to 80 no exponent overflows and not all weights of a spin vanish; and exp(-40) is never drawn.
        beta = jnp.minimum(self.beta, 40 / jnp.abs(coupling))
        logs, favour = beta * coupling * (jnp.arange(5) - 2), beta * self.field
        first, others = jnp.exp(logs + jnp.minimum(favour, 0)), jnp.exp(logs - jnp.maximum(favour, 0))
        weights = []
        for k in range(self.q):
            table, count = others if k else first, sum((s == k).astype(jnp.int8) for s in neighbours)
            weight = table[0]
            for n in range(1, 5):
                weight = jnp.where(count >= n, table[n], weight)
            weights.append(weight)
        return weights
