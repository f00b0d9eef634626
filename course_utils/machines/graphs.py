"""Spins on any graph as a THRML program: a block for each colour, a weight for each edge."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import networkx as nx
import numpy as np
from jaxtyping import Array, Float, Int8, Key
from thrml import Block, BlockGibbsSpec, FactorSamplingProgram, SamplingSchedule, SpinNode, sample_states
from thrml.models import SpinEBMFactor, SpinGibbsConditional

from ..arguments import whole
from .enumeration import ends

Program = tuple[FactorSamplingProgram, list[Block]]

QUICK = {"xla_backend_optimization_level": 1}
"""For programs that run for a second or less: on a CPU they are as fast as with XLA's own choice, and compiled in 55 to
80 % of the time."""


def colour_groups(graph: nx.Graph) -> list[list[int]]:
    """Nodes in groups without an edge inside, by DSATUR: always the node next that has the fewest colours left.

    Args:
        graph: any.

    Returns:
        The nodes of each colour, in rising order.

    Source: Brélaz, Commun. ACM 22, 251 (1979), doi:10.1145/359094.359101.
    """
    colour = nx.greedy_color(graph, "DSATUR")
    groups: list[list[int]] = [[] for _ in range(max(colour.values(), default=-1) + 1)]
    for node in sorted(colour):
        groups[colour[node]].append(node)
    return groups


def graph_program(
    graph: nx.Graph, nodes: Sequence[SpinNode], weights: Any, biases: Any, clamped: Sequence[int] = ()
) -> Program:
    """THRML program of spins on a graph, p ∝ exp(Σ w_e s_i s_j + Σ b_i s_i), one colour after the other.

    Args:
        graph: its nodes are the numbers from 0 to n - 1.
        nodes: n of them.
        weights: one for each of `graph.edges`, in their order; may be traced.
        biases: one for each node; may be traced.
        clamped: numbers of the spins that are held fixed; they make one block, in this order.

    Returns:
        The program, and its blocks of free nodes.
    """
    held = set(clamped)
    groups = [[k for k in group if k not in held] for group in colour_groups(graph)]
    blocks = [Block([nodes[k] for k in group]) for group in groups if group]
    head, tail = ends(graph)
    factors = [SpinEBMFactor([Block(list(nodes))], jnp.asarray(biases))]
    if len(head):
        sides = [Block([nodes[k] for k in side]) for side in (head, tail)]
        factors.append(SpinEBMFactor(sides, jnp.asarray(weights)))
    fixed = [Block([nodes[k] for k in clamped])] if len(clamped) else []
    spec = BlockGibbsSpec(blocks, fixed)
    return FactorSamplingProgram(spec, [SpinGibbsConditional()] * len(blocks), factors, []), list(blocks)


class GraphSampler:
    """Chains of spins on a graph. Weights, biases and β are arguments of what is compiled: changing them costs nothing.

    Args:
        graph: its nodes are the numbers from 0 to n - 1.
        make: builds the program, with the arguments of `graph_program`.
        clamped: numbers of the spins that are held fixed.

    Attributes:
        nodes: of the program.
    """

    def __init__(
        self, graph: nx.Graph, make: Callable[..., Program] = graph_program, clamped: Sequence[int] = ()
    ) -> None:
        if sorted(graph) != list(range(len(graph))):
            raise ValueError(
                "graph: expected the numbers from 0 to n - 1 as nodes (networkx.convert_node_labels_to_integers)"
            )
        self.graph, self.clamped = graph, [int(k) for k in clamped]
        self.nodes = [SpinNode() for _ in range(len(graph))]
        self._make = make
        self._number = {node: k for k, node in enumerate(self.nodes)}

    def sample(
        self, key: Key[Array, ""], weights: Any, biases: Any, *, beta: Any = 1.0, n_samples: int = 1,
        n_burn_in: int = 100, n_sweeps: int = 1, n_chains: int = 1, start: Any = None,
    ) -> Int8[np.ndarray, "chains samples n"]:  # fmt: skip
        """Draw samples; all spins begin at random, or at `start`.

        Args:
            key: random numbers.
            weights: one for each edge.
            biases: one for each node.
            beta: inverse temperature, which multiplies both.
            n_samples: of each chain.
            n_burn_in: sweeps before the first sample.
            n_sweeps: from sample to sample.
            n_chains: how many.
            start: -1 and +1, shape (n,) or (chains, n); clamped spins keep its values and need it.

        Returns:
            Spins -1 and +1.

        Raises:
            ValueError: if a number is none, or spins are clamped without a start.
        """
        n_chains, n_samples = whole("n_chains", n_chains), whole("n_samples", n_samples)
        first, key = jax.random.split(key)
        if start is None:
            if self.clamped:
                raise ValueError("start = None: expected the values of the clamped spins")
            start = jax.random.rademacher(first, (n_chains, len(self.graph)))
        start = jnp.broadcast_to(jnp.asarray(start), (n_chains, len(self.graph))) > 0
        how = (whole("n_burn_in", n_burn_in, 0), n_samples, whole("n_sweeps", n_sweeps))
        return np.asarray(self._run(jax.random.split(key, n_chains), self._floats(weights), self._floats(biases),
                                    jnp.float32(beta), start, how))  # fmt: skip

    def anneal(
        self, key: Key[Array, ""], weights: Any, biases: Any, betas: Any, *, n_chains: int = 1, start: Any = None
    ) -> tuple[Int8[np.ndarray, "chains n"], Float[np.ndarray, "betas chains"]]:
        """One sweep at each inverse temperature in turn.

        Args:
            key: random numbers.
            weights: one for each edge.
            biases: one for each node.
            betas: inverse temperatures, in order.
            n_chains: how many.
            start: as for `sample`.

        Returns:
            The spins of each chain when its energy was lowest, and the energy E = -Σ w s s - Σ b s after each sweep.
        """
        first, key = jax.random.split(key)
        if start is None:
            start = jax.random.rademacher(first, (whole("n_chains", n_chains), len(self.graph)))
        start = jnp.broadcast_to(jnp.asarray(start), (n_chains, len(self.graph))) > 0
        best, energy = self._cool(jax.random.split(key, n_chains), self._floats(weights), self._floats(biases),
                                  self._floats(betas), start)  # fmt: skip
        return np.asarray(best), np.asarray(energy).T

    def sweeper(self, key: Key[Array, ""], n_sweeps: int = 1) -> Callable[..., Float[np.ndarray, "chains visible"]]:
        """Sweeps for a restricted machine whose graph this is, `Restricted.graph`.

        Args:
            key: random numbers.
            n_sweeps: in each call.

        Returns:
            sweep(machine, v) moves chains whose visible units are v. It remembers their hidden units from call to call.
        """
        hidden, calls = jnp.zeros((0, 0)), 0

        def sweep(machine: Any, v: Any) -> Float[np.ndarray, "chains visible"]:
            nonlocal hidden, calls
            n = len(machine.hidden)
            if hidden.shape != (len(v), n):
                hidden = -jnp.ones((len(v), n))
            spins = self._swept(key, np.int32(calls), *map(self._floats, machine.on_graph()), self._floats(v), hidden,
                                n_sweeps)  # fmt: skip
            calls, hidden = calls + 1, spins[:, -n:]
            return np.asarray(spins[:, :-n])

        return sweep

    def energy(self, spins: Any, weights: Any, biases: Any) -> Float[np.ndarray, "..."]:
        """E = -Σ w s s - Σ b s of states, shape (..., n)."""
        head, tail = ends(self.graph)
        s = np.asarray(spins, float)
        return -(s[..., head] * s[..., tail]) @ np.asarray(weights, float) - s @ np.asarray(biases, float)

    def _floats(self, values: Any) -> Array:
        return jnp.asarray(values, jnp.float32)

    def _states(self, blocks: list[Block], start: Any) -> list[Any]:
        return [start[np.array([self._number[node] for node in block])] for block in blocks]

    def _held(self, start: Any) -> list[Any]:
        return [start[np.array(self.clamped)]] if self.clamped else []

    @partial(jax.jit, static_argnums=(0, 6), compiler_options=QUICK)
    def _run(self, keys, weights, biases, beta, start, how):
        return self._chains(keys, weights, biases, beta, start, how)

    def _chains(self, keys, weights, biases, beta, start, how):
        program, blocks = self._make(self.graph, self.nodes, beta * weights, beta * biases, self.clamped)
        schedule = SamplingSchedule(*how)

        def chain(key, start):
            args = (self._states(blocks, start), self._held(start), [Block(self.nodes)])
            return sample_states(key, program, schedule, *args)[0]

        return 2 * jax.vmap(chain)(keys, start).astype(jnp.int8) - 1

    @partial(jax.jit, static_argnums=(0, 7), compiler_options=QUICK)
    def _swept(self, key, calls, weights, biases, v, hidden, n_sweeps):
        keys = jax.random.split(jax.random.fold_in(key, calls), len(v))
        start = jnp.concatenate([v, hidden], axis=1) > 0
        return 1.0 * self._chains(keys, weights, biases, jnp.float32(1), start, (n_sweeps, 1, 1))[:, 0]

    @partial(jax.jit, static_argnums=0, compiler_options=QUICK)
    def _cool(self, keys, weights, biases, betas, start):
        head, tail = ends(self.graph)

        def chain(key, start):
            def sweep(carry, beta):
                key, spins, best, lowest = carry
                key, now = jax.random.split(key)
                program, blocks = self._make(self.graph, self.nodes, beta * weights, beta * biases, self.clamped)
                args = (self._states(blocks, spins), self._held(spins), [Block(self.nodes)])
                spins = sample_states(now, program, SamplingSchedule(1, 1, 1), *args)[0][0]
                s = 2.0 * spins - 1
                energy = -(s[head] * s[tail]) @ weights - s @ biases
                better = energy < lowest
                return (key, spins, jnp.where(better, spins, best), jnp.minimum(energy, lowest)), energy

            (_, _, best, _), energies = jax.lax.scan(sweep, (key, start, start, jnp.inf), betas)
            return 2 * best.astype(jnp.int8) - 1, energies

        return jax.vmap(chain)(keys, start)
