"""Restricted Boltzmann machines of spins: exact likelihoods, exact conditionals, training by hand."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import networkx as nx
import numpy as np
from jaxtyping import Bool, Float, Num
from scipy.special import logsumexp

from ..arguments import positive, whole

MOST = 18
"""Units of the smaller layer over whose states sums go."""

_ROWS = 1 << 13  # states in a chunk: its arrays stay in the processor's cache


def log_2cosh(x: Float[np.ndarray, "..."]) -> Float[np.ndarray, "..."]:
    """log(e^x + e^-x), which is the log of the sum over one spin."""
    return np.logaddexp(x, -x)


def _sum_log_2cosh(x: Float[np.ndarray, "n units"]) -> Float[np.ndarray, "n"]:
    """log(e^x + e^-x), summed over the units: several times as fast, with one logarithm for up to 512 of them."""
    size = np.abs(x)
    total = size.sum(1)
    for k in range(0, x.shape[1], 512):  # each factor is at most 2: the product is no more than 2^512
        total += np.log(np.prod(1 + np.exp(-2 * size[:, k : k + 512]), axis=1))
    return total


@dataclass(frozen=True, eq=False)
class Restricted:
    """E(v, h) = -Σ a_i v_i - Σ b_j h_j - Σ v_i W_ij h_j, all units -1 or +1, p ∝ exp(-E).

    Attributes:
        weights: W.
        visible: a.
        hidden: b.
    """

    weights: Float[np.ndarray, "visible hidden"]
    visible: Float[np.ndarray, "visible"]
    hidden: Float[np.ndarray, "hidden"]

    def graph(self) -> nx.Graph:
        """Its graph: the visible units first, then the hidden ones, all of one joined to all of the other."""
        return nx.complete_bipartite_graph(*self.weights.shape)

    def on_graph(self) -> tuple[Float[np.ndarray, "edges"], Float[np.ndarray, "n"]]:
        """Weights of the edges of `graph`, in their order, and biases of its nodes."""
        return self.weights.ravel(), np.concatenate([self.visible, self.hidden])

    def log_weight(self, v: Num[np.ndarray, "n visible"]) -> Float[np.ndarray, "n"]:
        """log Σ_h exp(-E(v, h)) of pictures: minus their free energy."""
        return v @ self.visible + _sum_log_2cosh(v @ self.weights + self.hidden)

    def log_z(self) -> float:
        """log Z, by a sum over the states of the smaller layer.

        Raises:
            ValueError: if both layers have more than 18 units.
        """
        small = self if len(self.hidden) <= len(self.visible) else self.turned()
        return float(logsumexp([logsumexp(small.turned().log_weight(h)) for h in _states(len(small.hidden))]))

    def log_likelihood(self, v: Num[np.ndarray, "n visible"]) -> Float[np.ndarray, "n"]:
        """log p(v) of pictures, in nats, exactly.

        Raises:
            ValueError: if both layers have more than 18 units.
        """
        return self.log_weight(v) - self.log_z()

    def turned(self) -> "Restricted":
        """The same machine, with the layers exchanged."""
        return Restricted(self.weights.T, self.hidden, self.visible)

    def completion(
        self, picture: Num[np.ndarray, "visible"], known: Bool[np.ndarray, "visible"]
    ) -> tuple[Float[np.ndarray, "visible"], float]:
        """What is known of the rest of a picture of which a part is shown, exactly.

        Args:
            picture: -1 and +1; the rest serves for the second value only.
            known: the part that is shown.

        Returns:
            The mean of each pixel, given the part (a known one is itself), and log p(rest | part) in nats.

        Raises:
            ValueError: if there are more than 18 hidden units.
        """
        rest = ~np.asarray(known)
        picture = np.asarray(picture, float)
        shown = picture[~rest] @ self.weights[~rest] + self.hidden
        logs, means, both = [], [], []
        for h in _states(len(self.hidden)):
            field = h @ self.weights[rest].T + self.visible[rest]
            logs.append(h @ shown + _sum_log_2cosh(field))
            means.append(np.tanh(field))
            both.append(h @ shown + field @ picture[rest])
        share = np.concatenate(logs)
        total = logsumexp(share)
        mean = picture.copy()
        mean[rest] = np.exp(share - total) @ np.concatenate(means)
        return mean, float(logsumexp(np.concatenate(both)) - total)


def independent(data: Num[np.ndarray, "n visible"], n_hidden: int = 0) -> Restricted:
    """A machine without weights, with the data's means; each pixel is counted once up and once down more than it was.

    Args:
        data: -1 and +1.
        n_hidden: units that do nothing yet.
    """
    mean = data.sum(0) / (len(data) + 2)
    return Restricted(np.zeros((data.shape[1], n_hidden)), np.arctanh(mean), np.zeros(n_hidden))


def fresh(data: Num[np.ndarray, "n visible"], n_hidden: int, rng: np.random.Generator) -> Restricted:
    """Where a training begins: pixels with the data's means, and small random weights.

    Args:
        data: -1 and +1.
        n_hidden: units.
        rng: random numbers.
    """
    machine = independent(data, whole("n_hidden", n_hidden))
    return Restricted(rng.normal(0, 0.01, machine.weights.shape), machine.visible, machine.hidden)


def train(
    machine: Restricted, data: Num[np.ndarray, "n visible"], sweep: Callable[..., Any], n_steps: int,
    rng: np.random.Generator, look: Callable[[int, Restricted], Any], learning_rate: float = 0.05,
    batch_size: int = 100,
) -> Restricted:  # fmt: skip
    """Persistent contrastive divergence.

    Args:
        machine: where training begins.
        data: -1 and +1.
        sweep: sweep(machine, v) moves all chains, visible units of shape (batch_size, visible), by a sweep.
        n_steps: how many.
        rng: random numbers: chains start at a first batch, and each step draws one.
        look: look(step, machine) is called after each step, from 1.
        learning_rate: in the first step; it falls linearly towards zero.
        batch_size: pictures of a batch, and chains.

    Returns:
        The trained machine.

    Source: Tieleman, ICML 2008, doi:10.1145/1390156.1390290.
    """
    positive("learning_rate", learning_rate)
    W, a, b = machine.weights, machine.visible, machine.hidden
    chains = data[rng.integers(len(data), size=batch_size)]
    for step in range(whole("n_steps", n_steps)):
        batch = data[rng.integers(len(data), size=batch_size)]
        chains = np.asarray(sweep(machine, chains))
        dW, da, db = (x - y for x, y in zip(moments(machine, batch), moments(machine, chains), strict=True))
        rate = learning_rate * (1 - step / n_steps)
        W, a, b = W + rate * dW, a + rate * da, b + rate * db
        machine = Restricted(W, a, b)
        look(step + 1, machine)
    return machine


def moments(
    machine: Restricted, v: Num[np.ndarray, "n visible"]
) -> tuple[Float[np.ndarray, "visible hidden"], Float[np.ndarray, "visible"], Float[np.ndarray, "hidden"]]:
    """⟨v h⟩, ⟨v⟩ and ⟨h⟩ over pictures, with the mean of h given v in the place of h."""
    h = np.tanh(v @ machine.weights + machine.hidden)
    return v.T @ h / len(v), v.mean(0), h.mean(0)


def _states(n: int) -> Iterator[Float[np.ndarray, "chunk n"]]:
    n = whole("the number of units in the smaller layer", n, 0, MOST)
    for start in range(0, 1 << n, _ROWS):
        row = np.arange(start, min(start + _ROWS, 1 << n))[:, None]
        yield 2.0 * (row >> np.arange(n) & 1) - 1
