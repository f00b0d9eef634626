"""Lesson 12: a network cut into parts for eight devices, so that few spins have to be sent."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Float, Int
from scipy.sparse import csr_array
from scipy.sparse.csgraph import reverse_cuthill_mckee
from scipy.spatial import cKDTree

from ..checks.values import clip, to_numpy
from .judge import Challenge, Refused, Values
from .seals import seal

__all__ = ["MOST", "NODES", "PARTS", "challenge"]

NODES, PARTS = 480, 8
MOST = 66
"""Nodes that a part may have: a tenth more than its share."""

NEAREST = 4
"""Each node is joined to so many others, those nearest to it."""

PROBLEMS = 6


@dataclass(frozen=True)
class Network:
    """Edges of a network whose nodes lie somewhere in a plane, with a hole or two; where is the judge's secret."""

    edges: Int[np.ndarray, "edges 2"]
    seed: int


class Partition(Challenge[Network]):
    """The halo: copies of spins that devices need of each other, in percent of the spins."""

    number = "12"
    title = f"cut networks of {NODES} spins for {PARTS} devices"
    arguments = ("n_nodes", "edges", "parts", "seed")
    task = f"return the device of each node, 0 to {PARTS - 1}, at most {MOST} nodes on each"
    unit = "copies of spins that are sent before each sweep, in percent of the spins"
    lower = True
    forbidden = (
        f"more than {MOST} nodes on a device; nodes left out; counting edges in place of copies (the judge counts a "
        "spin once for each other device that needs it); remembered networks (each is new, its nodes shuffled)"
    )

    @property
    def rivals(self) -> dict[str, Callable[..., Any]]:
        return {"at random": _random, "slabs": _slabs, "spectral": _spectral, "authors' best": _best}

    def problems(self, rng: np.random.Generator) -> list[Network]:
        return [_network(rng) for _ in range(PROBLEMS)]

    def attempt(self, answer: Callable[..., Any], problem: Network) -> list[float]:
        given = np.array(problem.edges)
        device = _checked(answer(NODES, given, PARTS, problem.seed))
        return [100 * halo(problem.edges, device) / NODES]

    def total(self, values: Values) -> float:
        return float(values.mean())


def halo(edges: Int[np.ndarray, "edges 2"], device: Int[np.ndarray, "nodes"]) -> int:
    """Pairs of a node and another device on which a neighbour of it lies."""
    both = np.concatenate([edges, edges[:, ::-1]])
    away = device[both[:, 0]] != device[both[:, 1]]
    return len(np.unique(both[away, 0] * PARTS + device[both[away, 1]]))


def _checked(returned: Any) -> Int[np.ndarray, "nodes"]:
    device = np.asarray(to_numpy(returned))
    if device.shape != (NODES,):
        raise Refused(f"your function returned {clip(returned)}: expected one device for each of {NODES} nodes")
    if not np.isin(device, np.arange(PARTS)).all():
        raise Refused(f"your function returned other devices than 0 to {PARTS - 1}")
    device = device.astype(int)
    largest = int(np.bincount(device, minlength=PARTS).max())
    if largest > MOST:
        raise Refused(f"a device got {largest} nodes, {MOST} at most are allowed: the others would wait for it")
    return device


def _network(rng: np.random.Generator) -> Network:
    points = rng.random((3 * NODES, 2)) * [1.0, rng.uniform(0.5, 1.0)]
    for centre in rng.uniform(0.2, 0.8, (2, 2)):
        points = points[np.linalg.norm(points - centre * [1, 0.75], axis=1) > 0.12]
    points = rng.permutation(points)[:NODES]
    near = cKDTree(points).query(points, NEAREST + 1)[1][:, 1:]
    pairs = np.sort(np.stack([np.repeat(np.arange(NODES), NEAREST), near.ravel()], axis=1), axis=1)
    return Network(np.unique(pairs, axis=0), int(rng.integers(2**31)))


# ------------------------------------------------------------------------------------------------- the others


def _matrix(n: int, edges: Int[np.ndarray, "edges 2"]) -> Float[np.ndarray, "n n"]:
    a = np.zeros((n, n))
    a[edges[:, 0], edges[:, 1]] = a[edges[:, 1], edges[:, 0]] = 1
    return a


def _random(n_nodes: int, edges: Any, parts: int, seed: int) -> np.ndarray:
    return np.random.default_rng(seed).permutation(n_nodes) * parts // n_nodes


def _slabs(n_nodes: int, edges: Any, parts: int, seed: int) -> np.ndarray:
    """Nodes in an order in which neighbours stand close together, cut into equal pieces."""
    order = reverse_cuthill_mckee(csr_array(_matrix(n_nodes, edges)), symmetric_mode=True)
    device = np.empty(n_nodes, int)
    device[order] = np.arange(n_nodes) * parts // n_nodes
    return device


def _spectral(n_nodes: int, edges: Any, parts: int, seed: int) -> np.ndarray:
    """Halves along the slowest vibration of the network, three times (Pothen, Simon and Liou 1990)."""
    a = _matrix(n_nodes, edges)

    def halved(nodes: np.ndarray, parts: int) -> list[np.ndarray]:
        if parts == 1:
            return [nodes]
        own = a[np.ix_(nodes, nodes)]
        shape = np.linalg.eigh(np.diag(own.sum(1)) - own)[1][:, 1]
        order = nodes[np.argsort(shape)]
        middle = len(order) // 2
        return halved(order[:middle], parts // 2) + halved(order[middle:], parts // 2)

    device = np.empty(n_nodes, int)
    for k, nodes in enumerate(halved(np.arange(n_nodes), parts)):
        device[nodes] = k
    return device


def _best(n_nodes: int, edges: Any, parts: int, seed: int) -> np.ndarray:
    """Spectral halves, then nodes on the border that change sides by annealing; rounds and temperatures as first
    written, not tuned: they bring 20 copies in a hundred down to 13."""
    rng, device = np.random.default_rng(seed), _spectral(n_nodes, edges, parts, seed)
    near = [[] for _ in range(n_nodes)]
    for i, j in edges.tolist():
        near[i].append(j)
        near[j].append(i)
    load, cut, best = np.bincount(device, minlength=parts).tolist(), device.tolist(), device.copy()
    most, lowest = int(1.1 * n_nodes / parts), halo(edges, device)

    def copies(i: int) -> int:
        """Of a node and of those beside it: all that its move can change."""
        return sum(len({cut[k] for k in near[j]} - {cut[j]}) for j in (i, *near[i]))

    for temperature in np.linspace(0.6, 0.02, 40):
        border = [i for i in range(n_nodes) if any(cut[j] != cut[i] for j in near[i])]
        chances = rng.random(len(border))
        for i, chance in zip(rng.permutation(border).tolist(), chances, strict=True):
            old, others = cut[i], sorted({cut[j] for j in near[i]} - {cut[i]})
            if not others:
                continue
            new = others[int(rng.integers(len(others)))]
            if load[new] >= most:
                continue
            before = copies(i)
            cut[i] = new
            cost = copies(i) - before
            if cost > 0 and chance >= np.exp(-cost / temperature):
                cut[i] = old
            else:
                load[old], load[new] = load[old] - 1, load[new] + 1
        found = halo(edges, np.array(cut))
        if found < lowest:
            best, lowest = np.array(cut), found
    return best


challenge = Partition()
seal(__name__)
