"""Challenge of lesson 14, transition: rivals in the order expected, cheats caught with their sentence."""

import itertools
import math

import numpy as np
import pytest
from support.judgements import scores, told

from course_checks.challenges import (
    transition,
)
from course_utils.lattice import exact

pytestmark = pytest.mark.slow


def test_exact_transitions_of_known_lattices():
    alike = np.ones((2, 2, 2), int)
    assert transition.exact_beta_c(alike) == pytest.approx(exact.BETA_C, abs=1e-12)
    unequal = np.stack([3 * alike[0], alike[0]])
    beta = transition.exact_beta_c(unequal)
    assert math.sinh(2 * beta) * math.sinh(6 * beta) == pytest.approx(1, abs=1e-10)  # Onsager
    assert transition.exact_beta_c(unequal[::-1].transpose(0, 2, 1)) == pytest.approx(beta, abs=1e-12)


def test_counts_that_are_handed_over_are_those_of_the_pattern():
    bonds = np.array([[[1, 2], [3, 1]], [[2, 2], [1, 3]]])
    spins = np.array(list(itertools.product((-1, 1), repeat=4))).reshape(-1, 2, 2)
    equal = (spins == np.roll(spins, -1, 1)) * bonds[0] + (spins == np.roll(spins, -1, 2)) * bonds[1]
    assert transition.tori(bonds)[0] == np.bincount(equal.sum((1, 2)), minlength=bonds.sum() + 1).tolist()
    assert [sum(counts) for counts in transition.tori(bonds)] == [2**4, 2**16, 2**36]


def test_estimates_of_a_transition_rank_as_expected():
    ranked = scores("14", None, 2).entries
    names = [entry.name for entry in ranked]
    assert names[:2] == ["authors' best", "peaks, extrapolated"]
    assert names[-1] == "mean field"
    assert ranked[0].score < 0.15


def by_chance(counts_2, counts_4, counts_6):
    return transition._peak(counts_2, counts_4, counts_6) * np.random.default_rng().uniform(0.9, 1.1)


def spoiling(counts_2, counts_4, counts_6):
    counts_6.pop()
    return 0.3


@pytest.mark.parametrize(
    ("cheat", "sentence"),
    [
        (by_chance, "two different numbers for the same counts"),
        (spoiling, "changed the counts that it was handed"),
        (lambda counts_2, counts_4, counts_6: -1.0, "expected one positive number"),
        (lambda counts_2, counts_4, counts_6: None, "expected one positive number"),
    ],
)
def test_cheats_at_transitions_are_refused(cheat, sentence):
    assert sentence in told("14", cheat)


def test_a_transition_remembered_from_another_lattice_is_last():
    verdict = scores("14", lambda counts_2, counts_4, counts_6: exact.BETA_C, 1)
    assert verdict.places["yours"] >= 4
