"""Optimisation on graphs, with the optimum proven by an integer programme."""

import itertools
from typing import NamedTuple

import networkx as nx
import numpy as np
from jaxtyping import Int
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import lil_array

from ..arguments import whole
from .enumeration import ends


class Cut(NamedTuple):
    """A cut of a graph.

    Attributes:
        size: edges between the two sides.
        side: -1 or +1 for each node.
    """

    size: int
    side: Int[np.ndarray, "n"]


def largest_cut(graph: nx.Graph, *, cycles: int = 9, seconds: float = 60.0) -> Cut:
    """The largest cut of a graph, proven.

    An edge is in the cut only if its ends differ; of an odd cycle at least one edge is not, which is said for the
    short ones and narrows the search.

    Args:
        graph: its nodes are the numbers from 0 to n - 1.
        cycles: longest odd cycles that are used.
        seconds: after which it gives up.

    Raises:
        RuntimeError: if nothing was proven in time.

    Source: Barahona and Mahjoub, Math. Program. 36, 157 (1986), doi:10.1007/BF02592023 (odd cycles).
    """
    (head, tail), n = ends(graph), len(graph)
    number = {frozenset(edge): k for k, edge in enumerate(graph.edges)}
    rows: list[tuple[dict[int, int], int]] = []
    for (i, j), k in zip(zip(head.tolist(), tail.tolist(), strict=True), range(len(head)), strict=True):
        rows += [({n + k: 1, i: -1, j: -1}, 0), ({n + k: 1, i: 1, j: 1}, 2)]
    for cycle in nx.simple_cycles(graph, length_bound=whole("cycles", cycles, 0)):
        if len(cycle) % 2:
            around = itertools.pairwise([*cycle, cycle[0]])
            rows.append(({n + number[frozenset(edge)]: 1 for edge in around}, len(cycle) - 1))
    cost = np.concatenate([np.zeros(n), -np.ones(len(head))])
    whole_ones = np.concatenate([np.ones(n), np.zeros(len(head))])
    top = np.ones(n + len(head))
    top[0] = 0  # both sides are alike: the first node's is -1
    x = _solved(cost, rows, whole_ones, top, seconds)
    side = 2 * np.round(x[:n]).astype(int) - 1
    return Cut(int((side[head] != side[tail]).sum()), side)


def fewest_colours(graph: nx.Graph, *, seconds: float = 60.0) -> Int[np.ndarray, "n"]:
    """A colouring with as few colours as there can be, proven: one colour fewer is impossible.

    Args:
        graph: its nodes are the numbers from 0 to n - 1.
        seconds: for each number of colours that is tried.

    Returns:
        The colour of each node, from 0.

    Raises:
        RuntimeError: if nothing was proven in time.
    """
    clique = max(nx.find_cliques(graph), key=len, default=[])
    for q in range(max(1, len(clique)), len(graph) + 1):
        found = colouring(graph, q, seconds=seconds)
        if found is not None:
            return found
    return np.zeros(0, int)


def colouring(graph: nx.Graph, q: int, *, seconds: float = 60.0) -> Int[np.ndarray, "n"] | None:
    """A colouring with q colours, or None if there is none.

    Args:
        graph: its nodes are the numbers from 0 to n - 1.
        q: number of colours.
        seconds: after which it gives up.

    Raises:
        RuntimeError: if it gave up.
    """
    (head, tail), n = ends(graph), len(graph)
    clique = max(nx.find_cliques(graph), key=len, default=[])
    if len(clique) > whole("q", q):
        return None
    rows = [
        ({i * q + c: 1, j * q + c: 1}, 1) for i, j in zip(head.tolist(), tail.tolist(), strict=True) for c in range(q)
    ]
    for i in range(n):  # exactly one colour each: at most one, and at least one
        rows += [({i * q + c: sign for c in range(q)}, sign) for sign in (1, -1)]
    top = np.ones(n * q)
    for c, i in enumerate(clique):  # the colours' names are free: the largest clique takes the first ones
        top[[i * q + other for other in range(q) if other != c]] = 0
    x = _solved(np.zeros(n * q), rows, np.ones(n * q), top, seconds, none=True)
    return None if x is None else np.round(x).reshape(n, q).argmax(1)


def _solved(cost, rows, integrality, top, seconds, none=False):
    """The best x in {0, 1} below `top` with Σ coefficient x <= bound for each of the rows."""
    matrix = lil_array((len(rows), len(cost)))
    for r, (entries, _) in enumerate(rows):
        for column, value in entries.items():
            matrix[r, column] = value
    limits = LinearConstraint(matrix.tocsr(), -np.inf, [bound for _, bound in rows])
    found = milp(cost, integrality=integrality, bounds=Bounds(0, top), constraints=limits,
                 options={"time_limit": seconds})  # fmt: skip
    if found.status == 2 and none:
        return None
    if found.status != 0:
        raise RuntimeError(f"nothing was proven within {seconds:g} s: {found.message}")
    return found.x
