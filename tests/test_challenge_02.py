"""Challenge of lesson 02, log Z: rivals in the order expected, cheats caught with their sentence."""

import math

import numpy as np
import pytest
from support.judgements import scores, told

from course_checks.challenges import (
    log_z,
)
from course_utils.lattice import exact

pytestmark = pytest.mark.slow


def test_the_transfer_matrix_agrees_with_kaufman_and_with_a_sum_over_all_states():
    assert log_z.exact_log_z(np.ones((6, 8)), np.ones((6, 8)), 0.4) == pytest.approx(exact.kaufman_log_z((6, 8), 0.4))
    rng = np.random.default_rng(0)
    down, across = rng.uniform(0.5, 1.5, (2, 4, 3))
    s = 1 - 2 * (np.arange(1 << 12)[:, None] >> np.arange(12) & 1).reshape(-1, 4, 3)
    energy = -(s * np.roll(s, -1, 1) * down + s * np.roll(s, -1, 2) * across).sum((1, 2))
    assert log_z.exact_log_z(down, across, 0.7) == pytest.approx(np.log(np.exp(-0.7 * energy).sum()))


def test_the_torus_in_disguise_has_the_energies_and_the_law_that_it_should():
    torus = log_z.challenge.problems(np.random.default_rng(0))[0]
    energy, sweep = log_z.handed_over(torus)
    n, rng = torus.order.size, np.random.default_rng(1)
    s = rng.choice([-1, 1], (n, 50))
    plain = (torus.signs[:, None] * s)[np.argsort(torus.order)].T.reshape(-1, *torus.down.shape)
    right = -(plain * np.roll(plain, -1, 1) * torus.down + plain * np.roll(plain, -1, 2) * torus.across).sum((1, 2))
    assert energy(s) == pytest.approx(right, abs=1e-4)
    h = 1e-3  # the mean energy is minus the derivative of log Z
    expected = -(log_z.exact_log_z(torus.down, torus.across, torus.beta + h) - torus.log_z) / h
    s = rng.choice([-1, 1], (n, 100))
    for _ in range(100):
        s = sweep(s, torus.beta)
    found = energy(s)
    assert abs(found.mean() - expected) < 4.5 * found.std() / 10 + 0.1


def test_rivals_of_log_z_rank_as_expected():
    """The best one has the narrowest honest intervals; scores need many seeds, for their penalties."""
    found = scores("2", None, 1, 20)
    widths = {entry.name: entry.values[:, 0].mean() for entry in found.entries if not entry.fault}
    assert min(widths, key=widths.get) == "authors' best"
    assert "too narrow" in found["importance sampling"].fault


def kaufman(energy, sweep, n_spins, beta, budget, rng):
    """The formula for equal bonds, sold with a tiny error."""
    return exact.kaufman_log_z((6, n_spins // 6), beta), 1e-3


def greedy(energy, sweep, n_spins, beta, budget, rng):
    return log_z._best(energy, sweep, n_spins, beta, 2 * budget, rng)


def looking(energy, sweep, n_spins, beta, budget, rng):
    return sweep.__closure__


def test_the_formula_of_equal_bonds_is_out():
    verdict = scores("2", kaufman, 1, names=())
    assert verdict.entries[-1].name == "yours"
    assert "Yours is out: too narrow: 0 of 40 intervals hold the exact value, 34 are needed." in verdict.lines


def test_more_sweeps_than_allowed_are_refused():
    assert "asked for more than its 12,000 energies and sweeps" in told("2", greedy)


def test_looking_into_a_sweep_is_refused():
    assert "looked inside" in told("2", looking)


def test_an_error_that_is_claimed_too_small_does_not_pay():
    def shrunk(energy, sweep, n_spins, beta, budget, rng):
        found, error = log_z._best(energy, sweep, n_spins, beta, budget, rng)
        return found, error / 3

    verdict = scores("2", shrunk, 1, 12, names=["authors' best"])
    assert verdict["yours"].fault or verdict["yours"].score > verdict["authors' best"].score


@pytest.mark.parametrize("returned", [1.0, (1.0, -0.1), (math.nan, 1.0), None])
def test_what_is_no_interval_is_refused(returned):
    assert "your function returned" in told("2", lambda energy, sweep, n_spins, beta, budget, rng: returned)
