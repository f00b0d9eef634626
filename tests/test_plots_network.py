"""Graphs with their nodes in groups: who stands where, and which edges are marked."""

import itertools

import networkx as nx
import numpy as np
import pytest
from support.figures import assert_readable

from course_utils import plots
from course_utils.plots.network import network, places


def crossings(graph, at):
    """Pairs of edges without a common node that cross."""

    def side(a, b, c):
        return np.sign((b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0]))

    found = 0
    for (i, j), (k, m) in itertools.combinations(graph.edges, 2):
        if len({i, j, k, m}) == 4:
            a, b, c, d = at[[i, j, k, m]]
            found += side(a, b, c) != side(a, b, d) and side(c, d, a) != side(c, d, b)
    return found


@pytest.mark.parametrize("graph", [nx.icosahedral_graph(), nx.cycle_graph(9), nx.dodecahedral_graph()])
def test_planar_graphs_are_drawn_without_crossing_edges(graph):
    at = places(graph)
    assert at.shape == (len(graph), 2)
    assert crossings(graph, at) == 0


def test_other_graphs_have_their_nodes_apart():
    for graph in (nx.complete_graph(6), nx.star_graph(8), nx.empty_graph(3), nx.path_graph(2)):
        at = places(graph)
        apart = np.linalg.norm(at[:, None] - at, axis=-1) + np.eye(len(at))
        assert apart.min() > 0.1


def test_shells_are_circles_from_the_inside_with_their_first_node_on_top():
    at = places(nx.petersen_graph(), [range(5, 10), range(5)])
    radius = np.linalg.norm(at, axis=1)
    assert radius[:5] == pytest.approx(radius[0])
    assert radius[5:] == pytest.approx(radius[5])
    assert radius[0] > radius[5]
    assert at[[0, 5], 0] == pytest.approx(0, abs=1e-9)
    assert (at[[0, 5], 1] > 0).all()


def test_an_edge_inside_a_group_is_red():
    graph = nx.path_graph(3)
    fig = plots.figure(network(graph, [[0, 1], [], [2]], "a path", name="side"), title="One edge is left over")
    assert_readable(fig, "network")
    (ax,) = fig.axes
    assert sorted(line.get_linewidth() for line in ax.get_lines()) == [1.2, 2.5]
    assert ax.get_lines()[0].get_color() == plots.COLORS["red"]
    assert [text.get_text() for text in fig.legends[0].get_texts()] == ["side 0", "side 2"]
