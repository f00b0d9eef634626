"""Challenge of lesson 08, colouring: rivals in the order expected, cheats caught with their sentence."""

import subprocess
import sys
import threading
import time

import numpy as np
import pytest
from support.judgements import busy, scores, told

from course_checks.challenges import (
    colouring,
)

pytestmark = pytest.mark.slow


def test_a_graph_has_a_hidden_colouring_and_each_pair_once():
    for graph in colouring.challenge.problems(np.random.default_rng(0))[:2]:
        assert (graph.edges[:, 0] != graph.edges[:, 1]).all()
        assert len({frozenset(edge) for edge in graph.edges.tolist()}) == len(graph.edges)
        assert 2 * len(graph.edges) / colouring.N_VERTICES == pytest.approx(colouring.DENSITY[graph.q], abs=0.02)
        found = colouring._best(graph.edges, colouring.N_VERTICES, graph.q, 1.0, 1)
        assert (np.array(found)[graph.edges[:, 0]] == np.array(found)[graph.edges[:, 1]]).sum() <= 3


def test_rivals_of_colouring_rank_as_expected():
    found = scores("8", None, 1, 6)
    assert list(found.places) == ["authors' best", "annealing", "quench", "greedy (DSATUR)"]


def in_turn(edges, n, q, seconds, seed):
    return np.arange(n) % q


def patient(edges, n, q, seconds, seed):
    busy(2 * seconds)
    return in_turn(edges, n, q, seconds, seed)


def one_more(edges, n, q, seconds, seed):
    return colouring._greedy(edges, n, q + 1, seconds, seed)


def in_the_background(edges, n, q, seconds, seed):
    threading.Thread(target=time.sleep, args=(0.5,), daemon=True).start()
    return in_turn(edges, n, q, seconds, seed)


def in_another_process(edges, n, q, seconds, seed):
    subprocess.Popen([sys.executable, "-S", "-c", "import time; time.sleep(2)"])
    return in_turn(edges, n, q, seconds, seed)


@pytest.mark.filterwarnings("ignore::ResourceWarning")
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.parametrize(
    ("cheat", "sentence"),
    [
        (patient, "s of CPU time: expected at most 0.15 s"),
        (one_more, "other colours than 0 to 2: 3 are allowed"),
        (in_the_background, "left a thread or a process running"),
        (in_another_process, "left a thread or a process running"),
        (lambda edges, n, q, seconds, seed: [0] * (n - 1), "expected 150 colours"),
        (lambda edges, n, q, seconds, seed: np.full(n, np.nan), "other colours than 0 to 2"),
    ],
)
def test_cheats_at_colouring_are_refused(cheat, sentence):
    assert sentence in told("8", cheat)


def without_edges(edges, n, q, seconds, seed):
    edges[:] = 0, 1
    return in_turn(edges, n, q, seconds, seed)


def remembered_colours(edges, n, q, seconds, seed):
    other = next(graph for graph in colouring.challenge.problems(np.random.default_rng(5)) if graph.q == q)
    return colouring._best(other.edges, n, q, seconds, seed)


@pytest.mark.parametrize("cheat", [without_edges, remembered_colours])
def test_edges_left_out_and_remembered_colours_are_worth_nothing(cheat):
    assert scores("8", cheat, 1, 2, ["greedy (DSATUR)"]).entries[-1].name == "yours"
