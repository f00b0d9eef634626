"""Challenge of lesson 07, sweeps: rivals in the order expected, cheats caught with their sentence."""

import math

import numpy as np
import pytest
from support.judgements import scores, told

from course_checks.challenges import (
    sweeps,
)

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("sweep", [sweeps._plain, sweeps._listed, sweeps._best])
def test_rivals_are_correct(sweep):
    """The best one in both limits of β as well: the law of a Metropolis flip is not that of a heat bath."""
    sweeps.challenge.examine(sweep, np.random.default_rng(1))


def test_the_compiled_rival_is_correct():
    sweeps.challenge.examine(sweeps._jax, np.random.default_rng(1))


def test_rivals_of_speed_rank_as_expected():
    found = scores("7", None, 1, names=["NumPy, plain", "NumPy, listed neighbours", "authors' best"])
    assert found["authors' best"].score > found["NumPy, listed neighbours"].score > found["NumPy, plain"].score


@pytest.mark.parametrize("share", [0.5, 0.75])
def test_sweeps_that_are_left_out_are_noticed(share):
    """One sweep is done where one is asked for, and fewer than asked for where the clock runs."""

    def fewer(spins, beta, n_sweeps, seed):
        return sweeps._best(spins, beta, math.ceil(share * n_sweeps), seed)

    assert "were all done?" in scores("7", fewer, 1, names=())["yours"].fault


def remembered():
    state = []

    def change(spins, beta, n_sweeps, seed):
        if not state or abs(state[0][0] - beta) > 1e-9:
            state[:] = [(beta, sweeps._best(spins, beta, 150, seed))]
        return state[0][1]

    return change


def edges_kept(spins, beta, n_sweeps, seed):
    found = sweeps._best(spins, beta, n_sweeps, seed)
    found[:, 0] = spins[:, 0]
    return found


def all_at_once(spins, beta, n_sweeps, seed):
    rng = np.random.default_rng(seed)
    for _ in range(n_sweeps):
        up = 1 / (1 + np.exp(-2 * beta * sweeps._field(spins)))
        spins = np.where(rng.random(spins.shape) < up, 1, -1).astype(np.int8)
    return spins


def shared(spins, beta, n_sweeps, seed):
    """One set of random numbers for all chains, but for a third that is each chain's own."""
    rng, black = np.random.default_rng(seed), np.indices(spins.shape[1:]).sum(0) % 2 == 0
    for _ in range(n_sweeps):
        for colour in (black, ~black):
            own = rng.random(spins.shape) < 1 / 3
            u = np.where(own, rng.random(spins.shape), rng.random(spins.shape[1:]))
            up = u < 1 / (1 + np.exp(-2 * beta * sweeps._field(spins)))
            spins = np.where(colour, np.where(up, 1, -1).astype(np.int8), spins)
    return spins


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (lambda s, beta, n, seed: sweeps._best(s, beta, n // 2, seed), "is every spin drawn"),
        (lambda s, beta, n, seed: np.repeat(sweeps._best(s, beta, n, seed)[:4], 8, axis=0), "the others are copies"),
        (remembered(), "are they remembered?"),
        (shared, "do they share their random numbers?"),
        (edges_kept, "spins never change in any chain"),
        (all_at_once, "and the second colour after the first?"),
        (lambda s, beta, n, seed: sweeps._best(s, 0.97 * beta, n, seed), "β = "),
        (lambda spins, beta, n_sweeps, seed: spins[:, ::2], "expected spins of shape (32, 64, 64)"),
        (lambda s, beta, n, seed: 0 * s, "other than +1 and -1"),
    ],
)
def test_a_sweep_that_is_none_is_refused(change, sentence):
    assert sentence in told("7", change, seed=2, n=5)
