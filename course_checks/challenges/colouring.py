"""Lesson 08: colours for the vertices of a graph, no two neighbours alike, as an antiferromagnet that is cooled."""

import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Int

from ..checks.values import clip, to_numpy
from .clocks import within
from .judge import Challenge, Refused, Values
from .seals import seal

__all__ = ["N_VERTICES", "SECONDS", "challenge"]

SECONDS = 0.15
"""Of CPU time for a graph, with all threads and finished processes."""

N_VERTICES = 150
GRAPHS = 12

DENSITY = {3: 4.6, 4: 8.8}
"""Number of colours -> neighbours of a vertex on average, just below the threshold of random graphs (4.69, 8.90)."""


@dataclass(frozen=True)
class Graph:
    """A graph that can be coloured without a conflict.

    Attributes:
        edges: pairs of vertices.
        q: colours.
        seed: of everything random in an attempt.
    """

    edges: Int[np.ndarray, "edges 2"]
    q: int
    seed: int


class Colouring(Challenge[Graph]):
    """Edges whose ends have the same colour: the energy of a Potts antiferromagnet, zero in its ground state."""

    number = "8"
    title = "colour a graph"
    arguments = ("edges", "n", "q", "seconds", "seed")
    task = f"return a colour from 0 to q - 1 for each of n vertices, within `seconds` = {SECONDS:g} s of CPU time"
    unit = "conflicts: edges whose ends are alike"
    lower = True
    digits = 2
    forbidden = (
        "more CPU time, also of threads or processes that go on; colours beyond the q that are allowed; edges left out "
        "(the judge counts them itself); remembered colourings (each graph is new, and its numbering shuffled)"
    )

    @property
    def rivals(self) -> dict[str, Callable[..., Any]]:
        return {"greedy (DSATUR)": _greedy, "quench": _quench, "annealing": _annealing, "authors' best": _best}

    def problems(self, rng: np.random.Generator) -> list[Graph]:
        return [_graph(rng, (3, 4)[k % 2]) for k in range(GRAPHS)]

    def attempt(self, answer: Callable[..., Any], problem: Graph) -> list[float]:
        """Conflicts."""
        returned = within(SECONDS, answer, problem.edges.copy(), N_VERTICES, problem.q, SECONDS, problem.seed)
        colours = _colours(returned, problem.q)
        return [float((colours[problem.edges[:, 0]] == colours[problem.edges[:, 1]]).sum())]

    def total(self, values: Values) -> float:
        return float(values.mean())

    def note(self, values: Values) -> str:
        return f"{int((values == 0).sum())} of {len(values)} graphs without a conflict"


def _colours(returned: Any, q: int) -> Int[np.ndarray, "n"]:
    try:
        colours = np.array(to_numpy(returned), dtype=float)
    except (TypeError, ValueError):
        colours = np.empty(0)
    if colours.shape != (N_VERTICES,):
        raise Refused(
            f"your function returned {clip(returned, 40)}: expected {N_VERTICES} colours, one for each vertex"
        )
    if not np.isin(colours, np.arange(q)).all():
        raise Refused(f"your function returned other colours than 0 to {q - 1}: {q} are allowed")
    return colours.astype(int)


def _graph(rng: np.random.Generator, q: int) -> Graph:
    """A random graph around a hidden colouring: edges between vertices of different colours, drawn evenly."""
    hidden = rng.permutation(np.arange(N_VERTICES) % q)
    pairs = np.argwhere(np.triu(hidden[:, None] != hidden, 1))
    n_edges = round(DENSITY[q] * N_VERTICES / 2)
    edges = rng.permuted(pairs[rng.choice(len(pairs), n_edges, replace=False)], axis=1)
    return Graph(edges, q, int(rng.integers(2**31)))


# ------------------------------------------------------------------------------------------------- the others


def _neighbours(edges: Int[np.ndarray, "edges 2"], n: int) -> list[list[int]]:
    lists: list[list[int]] = [[] for _ in range(n)]
    for a, b in edges.tolist():
        lists[a].append(b)
        lists[b].append(a)
    return lists


def _greedy(edges: np.ndarray, n: int, q: int, seconds: float, seed: int) -> list[int]:
    """Next the vertex whose neighbours show most colours (Brélaz' DSATUR), with the colour of fewest conflicts."""
    neighbours, colours, seen = _neighbours(edges, n), [-1] * n, [[0] * q for _ in range(n)]
    for _ in range(n):
        v = max(
            (v for v in range(n) if colours[v] < 0),
            key=lambda v: (sum(count > 0 for count in seen[v]), len(neighbours[v])),
        )
        colours[v] = seen[v].index(min(seen[v]))
        for w in neighbours[v]:
            seen[w][colours[v]] += 1
    return colours


def _gibbs(
    edges: np.ndarray, n: int, q: int, seconds: float, seed: int, cooling: Callable[[float], float]
) -> np.ndarray:
    """Heat bath, one vertex of 20 chains after the other, at the β of the share of the time that has passed."""
    rng, chains = np.random.default_rng(seed), np.arange(20)
    neighbours = [np.array(list_, dtype=int) for list_ in _neighbours(edges, n)]
    colours = rng.integers(0, q, (n, len(chains)))
    start, share = time.process_time(), 0.0
    while share < 1:
        beta, darts = cooling(share), rng.random((n, len(chains)))
        for v in range(n):
            around = colours[neighbours[v]]
            weights = np.exp(-beta * (around == np.arange(q)[:, None, None]).sum(1)).cumsum(0)
            colours[v] = (darts[v] * weights[-1] > weights).sum(0)
        share = (time.process_time() - start) / (0.9 * seconds)
    conflicts = (colours[edges[:, 0]] == colours[edges[:, 1]]).sum(0)
    return colours[:, conflicts.argmin()]


def _quench(edges: np.ndarray, n: int, q: int, seconds: float, seed: int) -> np.ndarray:
    """Cold from the start."""
    return _gibbs(edges, n, q, seconds, seed, lambda share: 20.0)


def _annealing(edges: np.ndarray, n: int, q: int, seconds: float, seed: int) -> np.ndarray:
    """β rises evenly."""
    return _gibbs(edges, n, q, seconds, seed, lambda share: 1 + 5 * share)


def _best(edges: np.ndarray, n: int, q: int, seconds: float, seed: int) -> list[int]:
    """Tabu search (TabuCol): the recolouring that helps most, or hurts least, of a vertex in conflict.

    The colour that a vertex has given up is forbidden to it for a while, the longer the more conflicts there are, so
    that the search cannot walk back. Tuned on 24 graphs: 0.6 conflicts' worth of steps and up to 10 more leave 0.5
    conflicts, 0.3 leave 1.1, up to 5 more 0.9; 1.0 or up to 20 more make no difference.

    Source: Hertz and de Werra, Computing 39, 345 (1987), doi:10.1007/BF02239976; the tenure: Galinier and Hao, J. Comb.
    Optim. 3, 379 (1999), doi:10.1023/A:1009823419804.
    """
    end, rng, neighbours = time.process_time() + 0.9 * seconds, random.Random(seed), _neighbours(edges, n)
    colours = [rng.randrange(q) for _ in range(n)]
    around, forbidden = [[0] * q for _ in range(n)], [[0] * q for _ in range(n)]
    for v in range(n):
        for w in neighbours[v]:
            around[v][colours[w]] += 1
    conflicts = sum(around[v][colours[v]] for v in range(n)) // 2
    fewest, best, step = conflicts, colours[:], 0
    while fewest and (step % 16 or time.process_time() < end):
        step += 1
        least, moves, n_bad = len(edges), [], 0
        for v, (mine, counts) in enumerate(zip(colours, around, strict=True)):
            own = counts[mine]
            if not own:
                continue
            n_bad += 1
            for k, count in enumerate(counts):
                change = count - own
                if k == mine or change > least or (forbidden[v][k] > step and conflicts + change >= fewest):
                    continue
                if change < least:
                    least, moves = change, []
                moves.append((v, k))
        if not moves:
            continue
        v, k = rng.choice(moves)
        old, colours[v] = colours[v], k
        for w in neighbours[v]:
            around[w][old] -= 1
            around[w][k] += 1
        conflicts += least
        forbidden[v][old] = step + int(TENURE * n_bad) + rng.randrange(WAIT)
        if conflicts < fewest:
            fewest, best = conflicts, colours[:]
    return best


TENURE, WAIT = 0.6, 10

challenge = Colouring()

seal(__name__)
