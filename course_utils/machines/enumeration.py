"""Models of a few spins whose every state can be visited, on any graph and with terms of any order."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import networkx as nx
import numpy as np
from jaxtyping import Float, Int8
from scipy.special import logsumexp

from ..arguments import array, number, whole
from ..lattice import exact

MOST = 20
"""Spins that are enumerated: a million states."""


@dataclass(frozen=True, eq=False)
class Exact:
    """The Boltzmann distribution of a few spins.

    Attributes:
        states: all of them, one a row.
        energy: of each.
        log_z: log of the sum of all exp(-β E).
        p: probability of each state.
    """

    states: Int8[np.ndarray, "states n"]
    energy: Float[np.ndarray, "states"]
    log_z: float
    p: Float[np.ndarray, "states"]

    @cached_property
    def spins(self) -> Float[np.ndarray, "n"]:
        """⟨s_i⟩ of each spin."""
        return self.p @ self.states

    @cached_property
    def pairs(self) -> Float[np.ndarray, "n n"]:
        """⟨s_i s_j⟩ of each pair."""
        return self.states.T @ (self.p[:, None] * self.states)

    @property
    def mean_energy(self) -> float:
        """⟨E⟩."""
        return float(self.p @ self.energy)

    def index(self, spins: Any) -> Any:
        """Numbers of states, for looking up `p`.

        Args:
            spins: -1 and +1, shape (..., n).
        """
        return ((np.asarray(spins) > 0) << np.arange(self.states.shape[1])).sum(-1)


def exact_law(
    energy: Callable[[Int8[np.ndarray, "states n"]], Float[np.ndarray, "states"]], n: int, beta: float = 1.0
) -> Exact:
    """The Boltzmann distribution of n spins with any energy.

    Args:
        energy: of states, one a row.
        n: number of spins, at most 20.
        beta: inverse temperature.

    Raises:
        ValueError: if there are more than 20 spins, or the energies are not finite numbers, one for each state.
    """
    states = exact.ising_states(whole("n", n, 1, MOST))
    energies = array("energy(states)", energy(states), [(len(states),)])
    exponent = -number("beta", beta) * energies
    log_z = float(logsumexp(exponent))
    return Exact(states, energies, log_z, np.exp(exponent - log_z))


def enumerate_graph(graph: nx.Graph, weights: Any, biases: Any, beta: float = 1.0) -> Exact:
    """The Boltzmann distribution of spins on a graph, E = -Σ w_e s_i s_j - Σ b_i s_i, by visiting all states.

    Args:
        graph: its nodes are the numbers from 0 to n - 1, n at most 20.
        weights: one for each of `graph.edges`, in their order.
        biases: one for each node.
        beta: inverse temperature.

    Raises:
        ValueError: if there are too many spins, or not a weight for each edge and a bias for each node.
    """
    weights = array("weights", weights, [(graph.number_of_edges(),)])
    biases = array("biases", biases, [(len(graph),)])
    head, tail = ends(graph)
    return exact_law(
        lambda s: -(s[:, head] * s[:, tail]).astype(float) @ weights - s.astype(float) @ biases, len(graph), beta
    )


def ends(graph: nx.Graph) -> tuple[np.ndarray, np.ndarray]:
    """The numbers of the first and of the second node of each edge."""
    pairs = np.array(list(graph.edges), dtype=int).reshape(-1, 2)
    return pairs[:, 0], pairs[:, 1]
