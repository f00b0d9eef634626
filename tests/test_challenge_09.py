"""Challenge of lesson 09, rotors: rivals in the order expected, cheats caught with their sentence."""

import math
import threading
import time

import numpy as np
import pytest
from support.judgements import scores, told

from course_checks.challenges import (
    rotors,
)

pytestmark = pytest.mark.slow


def test_energies_grow_with_temperature_as_their_fluctuations_say():
    """dE/dT = N Var(e) / T², between fits of two measurements that know nothing of each other."""
    for t in (0.82, 0.9, 0.98):
        (low, _), (_, variance), (high, _) = (rotors.expected(t + step)[0] for step in (-0.01, 0.0, 0.01))
        assert (high - low) / 0.02 == pytest.approx(rotors.SIZE**2 * variance / t**2, rel=0.06)


def test_longer_runs_agree_with_the_expected_means():
    for t, seed in ((0.83, 1), (0.96, 2)):
        z = np.exp(1j * rotors._best(t, 0.6, seed)).astype(np.complex64)
        for found, (mean, variance) in zip(rotors.measured(z), rotors.expected(t), strict=True):
            assert abs(found.mean() - mean) < 5 * math.sqrt(variance / 100)


def test_rivals_of_rotors_rank_as_expected():
    """Times and errors are measured: in a tenth of all judgements the first two change places."""
    order = ["authors' best", "Metropolis, aligned start", "Metropolis, hot start"]
    assert any([entry.name for entry in scores("9", None, seed, 8).entries] == order for seed in (1, 2, 3))


def made_up(temperature, seconds, seed):
    """Angles that fluctuate independently around a common one, with the right mean energy."""
    mean = rotors.expected(temperature)[0][0]
    return np.random.default_rng(seed).normal(0, math.sqrt(-math.log(-mean / 2)), (400, 16, 16))


def picked(temperature, seconds, seed):
    """Of all states, a group of forty that has both means right."""
    states, rng = rotors._best(temperature, 0.8 * seconds, seed), np.random.default_rng(seed)
    found = np.stack(rotors.measured(np.exp(1j * states).astype(np.complex64)))
    (e, of_e), (m2, of_m2) = rotors.expected(temperature)
    choices = rng.integers(0, len(states), (4000, 40))
    off = ((found[:, choices].mean(-1) - [[e], [m2]]) ** 2 / [[of_e], [of_m2]]).sum(0)
    return states[choices[off.argmin()]]


def too_warm(temperature, seconds, seed):
    return rotors._best(1.05 * temperature, seconds, seed)


@pytest.mark.parametrize(
    ("cheat", "sentence"),
    [(made_up, "that is off by"), (picked, "were they picked?"), (too_warm, "that is off by")],
)
def test_states_that_are_no_samples_are_out(cheat, sentence):
    verdict = scores("9", cheat, 1, 5, names=())
    assert sentence in verdict["yours"].fault


def test_copies_of_eight_states_are_worth_eight():
    def copies(temperature, seconds, seed):
        return np.tile(rotors._best(temperature, seconds, seed)[:8], (100, 1, 1))

    assert scores("9", copies, 1, 5, names=())["yours"].score < 40


def always_on(temperature, seconds, seed):
    threading.Thread(target=time.sleep, args=(0.5,), daemon=True).start()
    return np.zeros((8, 16, 16))


def never_enough(temperature, seconds, seed):
    return rotors._best(temperature, 2 * seconds, seed)


@pytest.mark.parametrize(
    ("cheat", "sentence"),
    [
        (never_enough, "s of CPU time: expected at most 0.15 s"),
        (always_on, "left a thread or a process running"),
        (lambda temperature, seconds, seed: np.zeros((7, 16, 16)), "returned shape (7, 16, 16): expected angles"),
        (lambda temperature, seconds, seed: np.full((8, 16, 16), np.nan), "not finite"),
    ],
)
def test_cheats_at_rotors_are_refused(cheat, sentence):
    assert sentence in told("9", cheat)
