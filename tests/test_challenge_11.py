"""Challenge of lesson 11, short chains: rivals in the order expected, cheats caught with their sentence."""

import numpy as np
import pytest
from support.judgements import scores, told

from course_checks.challenges import (
    short_chains,
)

pytestmark = pytest.mark.slow


def test_rivals_of_short_chains_rank_as_expected():
    found = scores("11", None, 1, 4)
    assert list(found.places) == ["authors' best", "three machines", "one machine"]


def test_the_judge_of_short_chains_computes_the_law_of_a_chain():
    from course_utils.denoising import exact as few_spins

    problem = short_chains.challenge.problems(np.random.default_rng(0))[0]
    energies, flip = few_spins.fit_chain(problem.law, 3, 0.2), 0.2
    chain = [(short_chains._theta(e), few_spins.coupling(flip) * (k > 0), 4) for k, e in enumerate(energies)]
    bounded = np.array([-few_spins.features(5) @ theta for theta, _, _ in chain])
    made = few_spins.chain_law(bounded, flip, 4)
    np.testing.assert_allclose(short_chains._made(chain), made, atol=1e-12)


def _still(law, n_sweeps):
    return [(np.zeros(15), 0.0, n_sweeps)]


@pytest.mark.parametrize(
    ("cheat", "sentence"),
    [
        (lambda law, n_sweeps: _still(law, n_sweeps + 1), "13 sweeps in all: 12 are allowed"),
        (lambda law, n_sweeps: [(np.full(15, 9.0), 0.0, 3)], "beyond 4"),
        (lambda law, n_sweeps: [(np.full(15, np.nan), 0.0, 3)], "no number"),
        (lambda law, n_sweeps: [(np.zeros(15), 50.0, 3)], "beyond 4"),
        (lambda law, n_sweeps: [(np.zeros(15), 0.0, 20), (np.zeros(15), 0.0, -8)], "not negative"),
        (lambda law, n_sweeps: [(np.zeros(15), 0.0, 2.5)], "2.5 sweeps"),
        (lambda law, n_sweeps: [(-np.log(law), 0.0, 3)], "theta has shape (32,)"),
        (lambda law, n_sweeps: law, "expected a list"),
        (lambda law, n_sweeps: [3], "expected a list"),
    ],
)
def test_cheats_at_short_chains_are_refused(cheat, sentence):
    assert sentence in told("11", cheat)


def test_a_law_that_is_changed_is_judged_by_the_judges_own():
    def cheat(law, n_sweeps):
        law[:] = 1 / len(law)
        return _still(law, n_sweeps)

    assert scores("11", cheat, 1, 2, ["one machine"]).entries[-1].name == "yours"
