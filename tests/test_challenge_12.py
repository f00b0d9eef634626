"""Challenge of lesson 12, partition: rivals in the order expected, cheats caught with their sentence."""

import numpy as np
import pytest
from support.judgements import scores, told

from course_checks.challenges import (
    partition,
)

pytestmark = pytest.mark.slow


def test_a_halo_counts_a_spin_once_for_each_device_that_needs_it():
    edges = np.array([[0, 1], [0, 2], [0, 3], [2, 3]])
    assert partition.halo(edges, np.array([0, 1, 1, 2])) == 2 + 1 + 2 + 2
    assert partition.halo(edges, np.zeros(4, int)) == 0


def test_rivals_of_the_partition_rank_as_expected():
    found = scores("12", None, 1, 4)
    order = ["authors' best", "spectral", "slabs", "at random"]
    assert [entry.name for entry in found.entries] == order


@pytest.mark.parametrize(
    ("answer", "sentence"),
    [
        (lambda n_nodes, edges, parts, seed: np.zeros(n_nodes, int), "a device got 480 nodes, 66 at most"),
        (lambda n_nodes, edges, parts, seed: np.arange(n_nodes), "other devices than 0 to 7"),
        (lambda n_nodes, edges, parts, seed: np.arange(8), "one device for each of 480 nodes"),
    ],
)
def test_unfair_partitions_are_refused(answer, sentence):
    assert sentence in told("12", answer)


def test_removing_edges_from_what_was_handed_over_changes_nothing():
    def thinned(n_nodes, edges, parts, seed):
        edges[:] = 0
        return partition._random(n_nodes, edges, parts, seed)

    found = scores("12", thinned, 1, 2, ["at random"])
    assert found["yours"].score == found["at random"].score
