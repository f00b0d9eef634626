"""A graph with its nodes in groups."""

from collections.abc import Sequence

import networkx as nx
import numpy as np
from jaxtyping import Float

from .layers import line
from .panels import Layer, Panel, panel

__all__ = ["network", "places"]

_APART = 0.12
"""Nodes that are closer than this, in units of the picture's radius, make a drawing unreadable."""


def network(
    graph: nx.Graph, groups: Sequence[Sequence[int]], title: str, *, name: str = "block",
    shells: Sequence[Sequence[int]] | None = None,
) -> Panel:  # fmt: skip
    """A graph, with its nodes in the colours of their groups; an edge inside a group is thick and red.

    Args:
        graph: its nodes are the numbers from 0 to n - 1.
        groups: the nodes of each group; a group may be empty.
        title: of the panel.
        name: what a group is, for the legend.
        shells: nodes of concentric circles, from the inside, for graphs that are known for such a picture.

    Returns:
        The panel.
    """
    at, of = places(graph, shells), {k: g for g, group in enumerate(groups) for k in group}
    edges = []
    for i, j in graph.edges:
        color, width = ("red", 2.5) if of[i] == of[j] else ("0.7", 1.2)
        edges.append(line(*at[[i, j]].T, color=color, width=width))
    size = 150.0 if len(graph) < 30 else 90.0

    def discs(group):
        return lambda ax, color, label: ax.scatter(
            *at[list(group)].T, s=size, color=color, edgecolor="k", label=label, zorder=3
        )

    nodes = [Layer(discs(group), f"{name} {k}") for k, group in enumerate(groups) if len(group)]
    return panel(*edges, *nodes, title=title, square=True, bare=True)


def places(graph: nx.Graph, shells: Sequence[Sequence[int]] | None = None) -> Float[np.ndarray, "n 2"]:
    """Where the nodes of a graph stand: without crossing edges, as a rule, if that can be done and read.

    Args:
        graph: its nodes are the numbers from 0 to n - 1.
        shells: nodes of concentric circles, from the inside.

    Source: Tutte, Proc. London Math. Soc. 13, 743 (1963): a face on a circle, each other node in the middle of its
    neighbours; then drawn apart, since it is narrow inside. Where that is still so, Kamada and Kawai, as in networkx.
    """
    if shells is not None:
        place = nx.shell_layout(graph, [list(shell) for shell in shells], rotate=0)
        at = np.array([place[k] for k in range(len(graph))])
        return at[:, ::-1] * [-1, 1]  # the first of a shell on top
    planar, embedding = nx.check_planarity(graph)
    if planar and graph.number_of_edges():
        at = _barycentric(graph, embedding)
        apart = np.linalg.norm(at[:, None] - at, axis=-1)[~np.eye(len(at), dtype=bool)]
        if np.isfinite(apart).all() and apart.min() > _APART:
            return at
    place = nx.kamada_kawai_layout(graph)
    return np.array([place[k] for k in range(len(graph))], float).reshape(-1, 2)


def _barycentric(graph: nx.Graph, embedding: nx.PlanarEmbedding) -> Float[np.ndarray, "n 2"]:
    """The longest face on a circle, and all others in the mean of their neighbours."""
    faces, seen = [], set()
    for i, j in embedding.edges():
        if (i, j) not in seen:
            faces.append(embedding.traverse_face(i, j, mark_half_edges=seen))
    rim = max(faces, key=len)
    turn = np.pi / 2 + 2 * np.pi * np.arange(len(rim)) / len(rim)
    matrix = np.diag([float(graph.degree(k)) for k in range(len(graph))]) - nx.to_numpy_array(graph, range(len(graph)))
    right = np.zeros((len(graph), 2))
    matrix[rim], right[rim] = np.eye(len(graph))[rim], np.stack([np.cos(turn), np.sin(turn)], 1)
    at = np.linalg.lstsq(matrix, right, rcond=None)[0]
    return at * np.maximum(np.linalg.norm(at, axis=1, keepdims=True), 1e-9) ** -0.25
