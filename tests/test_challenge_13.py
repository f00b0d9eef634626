"""Challenge of lesson 13, hidden: rivals in the order expected, cheats caught with their sentence."""

import threading
import time

import numpy as np
import pytest
from support.judgements import scores, told

from course_checks.challenges import (
    hidden,
)

pytestmark = pytest.mark.slow


def test_hidden_spins_rivals_stand_in_the_order_expected():
    verdict = scores("13", None, 7, 30)
    assert list(verdict.places) == ["authors' best", "greedy flips", "leading eigenvector", "one row"]
    assert verdict["one row"].score > 35
    assert verdict["authors' best"].score < 15


@pytest.mark.parametrize(
    ("answer", "sentence"),
    [
        (lambda y, strength, generator: np.zeros(hidden.SPINS), "other values than -1 and +1: no hedging"),
        (lambda y, strength, generator: np.tanh(strength * y[0]), "other values than -1 and +1: no hedging"),
        (lambda y, strength, generator: np.ones(7), "shape (7,): expected 300 spins"),
        (lambda y, strength, generator: "all up", "'all up': expected 300 spins"),
    ],
)
def test_hidden_spins_are_plus_or_minus_one(answer, sentence):
    assert sentence in told("13", answer)


def test_hidden_spins_cost_cpu_time_that_is_counted():
    def slow(y, strength, generator):
        end = time.process_time() + 1.3 * hidden.SECONDS
        while time.process_time() < end:
            pass
        return np.ones(hidden.SPINS)

    assert "of CPU time: expected at most 1 s" in told("13", slow)


def test_hidden_spins_threads_that_go_on_are_noticed():
    stop = threading.Event()

    def forking(y, strength, generator):
        threading.Thread(target=stop.wait, daemon=True).start()
        return np.ones(hidden.SPINS)

    try:
        assert "left a thread or a process running" in told("13", forking)
    finally:
        stop.set()


def test_hidden_spins_have_a_free_sign_and_the_matrix_is_a_copy():
    def spoiling(y, strength, generator):
        best = hidden._eigenvector(y, strength, generator)
        y[:] = 0
        return -best

    verdict = scores("13", spoiling, 6, 3, ["leading eigenvector"])
    assert verdict["yours"].score == verdict["leading eigenvector"].score
