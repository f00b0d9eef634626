"""Challenge of lesson 10, likeliest: rivals in the order expected, cheats caught with their sentence."""

import numpy as np
import pytest
from support.judgements import busy, scores, told

from course_checks.challenges import (
    likeliest,
)

pytestmark = pytest.mark.slow


def test_the_likeliest_machines_are_ranked_as_expected():
    verdict = scores("10", None, 5)
    ranked = [entry.name for entry in verdict.entries]
    assert set(ranked[:2]) == {"authors' best", "persistent chains"}  # 0.04 apart, on a busy machine either way round
    assert ranked[2:] == ["CD-1", "independent pixels"]
    assert verdict["authors' best"].score > verdict["independent pixels"].score + 4


def test_digits_in_disguise_are_split_anew_and_keep_their_likelihood():
    one, other = (likeliest.challenge.problems(np.random.default_rng(seed))[0] for seed in (1, 2))
    assert one.shown.shape == (1000, 64)
    assert one.hidden.shape == (797, 64)
    assert not np.array_equal(one.shown, other.shown)
    found = [likeliest.challenge.attempt(likeliest._plain, hand)[0] for hand in (one, other)]
    assert found == pytest.approx([-24.5] * 2, abs=0.8)


@pytest.mark.parametrize(
    ("answer", "sentence"),
    [
        (lambda pictures, n_hidden, seconds, rng: None, "expected three arrays"),
        (lambda pictures, n_hidden, seconds, rng: (np.zeros((64, 2)), np.zeros(64), np.zeros(3)), "expected (64, m)"),
        (lambda pictures, n_hidden, seconds, rng: (np.zeros((64, 13)), np.zeros(64), np.zeros(13)), "13 hidden units"),
        (lambda pictures, n_hidden, seconds, rng: (np.full((64, 2), np.nan), np.zeros(64), np.zeros(2)), "not finite"),
    ],
)
def test_what_is_no_machine_is_refused(answer, sentence):
    assert sentence in told("10", answer)


def test_a_machine_that_took_longer_is_refused():
    def slow(pictures, n_hidden, seconds, rng):
        busy(2 * seconds)
        return likeliest._plain(pictures, n_hidden, seconds, rng)

    assert "s of CPU time: expected at most 0.6 s" in told("10", slow)
