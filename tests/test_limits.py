"""Laws of learning against exact cases: enumeration, closed forms, and averages within their errors."""

import math

import numpy as np
import pytest

from course_utils.lattice import exact
from course_utils.limits import coding, information, perceptron, scaling, spiked

# ------------------------------------------------------------------------------------------------- a spiked matrix


def test_the_noise_has_variance_one_over_n_and_is_symmetric():
    w = spiked.noise_matrix(300, np.random.default_rng(0))
    assert np.array_equal(w, w.T)
    assert 300 * w[np.triu_indices(300, 1)].var() == pytest.approx(1, abs=0.02)  # 44850 numbers: error 0.007
    assert 300 * np.diag(w).var() == pytest.approx(2, abs=0.7)


def test_votes_have_the_mean_and_the_variance_of_a_spiked_matrix():
    rng, x = np.random.default_rng(1), np.array([1, 1, -1, -1, 1] * 20)
    per_spin, right = 20.0, 0.6
    mean = sum(spiked.votes(x, per_spin, right, rng) for _ in range(50)) / 50
    off = ~np.eye(100, dtype=bool)
    strength = spiked.vote_strength(per_spin, right)
    assert strength == pytest.approx(0.2 * math.sqrt(40))
    along = (mean * np.outer(x, x))[off].mean() * 100
    assert along == pytest.approx(strength * 100 / 99, abs=4 * math.sqrt(2 / 50) / 10)
    one = spiked.votes(x, per_spin, right, rng)
    assert np.array_equal(one, one.T)
    assert not np.diag(one).any()
    assert 100 * one[off].var() == pytest.approx(1, abs=0.1)


def test_every_vote_counts_once_and_a_right_one_says_the_truth():
    x = np.array([1, -1, 1, 1, -1, -1])
    y = spiked.votes(x, 50.0, 1.0, np.random.default_rng(2)) * math.sqrt(100)
    assert np.abs(y).sum() == pytest.approx(2 * 300)
    assert (y * np.outer(x, x) >= 0).all()


def test_the_leading_vector_of_both_ways_agrees():
    for n in (60, 160):
        y = spiked.noise_matrix(n, np.random.default_rng(n)) + 2 / n
        value, vector = spiked.leading(y)
        values, vectors = np.linalg.eigh(y)
        assert value == pytest.approx(values[-1], abs=1e-9)
        assert abs(vector @ vectors[:, -1]) == pytest.approx(1, abs=1e-9)


def test_without_noise_the_overlap_is_one_and_without_spike_it_is_chance():
    x = np.array([1, -1, 1, 1, -1, 1, -1, 1])
    mean, error = spiked.overlap_curve(x, np.array([0.5, 3.0]), np.zeros((2, 8, 8)))
    assert mean == pytest.approx([1, 1])
    assert error == pytest.approx([0, 0])
    mean, error = spiked.overlap_curve(x, np.array([0.0]), np.random.default_rng(3).standard_normal((800, 8, 8)))
    assert abs(mean[0] - 1 / 8) < 4 * error[0]


def test_overlaps_meet_theory_on_both_sides_of_the_transition():
    n, rng = 300, np.random.default_rng(4)
    strengths = np.array([0.4, 1.5, 2.0, 3.0])
    mean, error = spiked.overlap_curve(np.ones(n), strengths, rng.standard_normal((24, n, n)))
    assert abs(mean[0] - spiked.overlap_below(0.4, n)) < 4 * error[0]
    assert (np.abs(mean - spiked.overlap_theory(strengths))[1:] < 4 * error[1:] + 3 / n).all()


def test_the_outlier_and_the_semicircle():
    n = 600
    x, w = np.ones(n), spiked.noise_matrix(n, np.random.default_rng(5))
    assert spiked.leading(w + 2 / n * np.outer(x, x))[0] == pytest.approx(spiked.outlier(2.0), abs=0.15)
    assert spiked.outlier(0.5) == 2.0
    mu = np.linspace(-2, 2, 4001)
    density = spiked.semicircle(mu)
    assert density.sum() * (mu[1] - mu[0]) == pytest.approx(1, abs=1e-4)
    assert (mu**2 * density).sum() * (mu[1] - mu[0]) == pytest.approx(1, abs=1e-4)


def test_bayes_beats_the_eigenvector_and_vanishes_with_it():
    assert spiked.bayes_overlap(0.9) < 1e-6
    assert spiked.bayes_overlap(0.0) == 0
    for strength in (1.2, 1.5, 2.0, 4.0):
        assert spiked.overlap_theory(strength) < spiked.bayes_overlap(strength) < 1


def test_message_passing_reaches_bayes_overlap():
    n, rng, found = 1000, np.random.default_rng(6), []
    for _ in range(6):
        x = rng.choice([-1.0, 1.0], n)
        m = spiked.message_passing(1.6 / n * np.outer(x, x) + spiked.noise_matrix(n, rng), 1.6)
        found.append(float(spiked.squared_overlap(m, x)))
    error = np.std(found, ddof=1) / math.sqrt(6)
    assert abs(np.mean(found) - spiked.bayes_overlap(1.6)) < 4 * error + 5 / n


def test_the_picture_is_black_and_white_at_any_size():
    for side in (8, 24, 32):
        face = spiked.picture(side)
        assert face.shape == (side, side)
        assert set(np.unique(face)) == {-1, 1}
    assert 0.2 < (spiked.picture(24) > 0).mean() < 0.5


# -------------------------------------------------------------------------------------------------- the perceptron


def test_the_version_space_is_what_a_plain_loop_counts():
    d, rng = 5, np.random.default_rng(7)
    log_size, overlap = perceptron.version_space(d, 4, rng)
    again, students = np.random.default_rng(7), exact.ising_states(d)
    for k in range(5):
        if k:
            x = again.standard_normal(d).astype(np.float32)
            students = students[(students @ x > 0) == (x.sum() > 0)]
        assert log_size[k] == pytest.approx(math.log(len(students)))
        assert overlap[k] == pytest.approx(students.mean(), abs=1e-6)


def test_a_first_example_halves_the_students():
    log_size, _ = perceptron.version_space(11, 1, np.random.default_rng(8))
    assert log_size[1] == pytest.approx(10 * math.log(2), abs=1e-9)  # w and -w never both agree


def test_theory_begins_with_chance_and_ends_in_perfection():
    assert perceptron.binary_overlap(0.0) == 0
    assert perceptron.binary_entropy(0.0) == pytest.approx(math.log(2))
    assert perceptron.binary_overlap(1.6) == 1
    assert perceptron.binary_overlap(1.4) < 0.9 < perceptron.binary_overlap(1.4, 0.9999)


def test_few_examples_cost_a_bit_each():
    alpha = 1e-4
    assert perceptron.binary_entropy(alpha) == pytest.approx(math.log(2) * (1 - alpha), abs=1e-7)
    assert perceptron.binary_overlap(alpha) == pytest.approx(2 * alpha / math.pi, rel=1e-3)
    assert perceptron.spherical_overlap(alpha) == pytest.approx(2 * alpha / math.pi, rel=1e-3)


def test_the_transition_is_where_györgyi_found_it():
    assert perceptron.binary_transition() == pytest.approx(1.245, abs=0.001)


def test_the_entropy_is_stationary_and_falls_by_the_surprise_of_an_example():
    # d(entropy)/d(alpha) = 2 ⟨H log H⟩: what the next answer tells, on average.
    step, alpha = 1e-3, 0.8
    slope = (perceptron.binary_entropy(alpha + step) - perceptron.binary_entropy(alpha - step)) / (2 * step)
    q = perceptron.binary_overlap(alpha)
    h = 0.5 * np.vectorize(math.erfc)(math.sqrt(q / (1 - q)) * perceptron._Z / math.sqrt(2))
    surprise = 2 * float(perceptron._WEIGHTS @ (h * np.log(np.maximum(h, 1e-300))))
    assert slope == pytest.approx(surprise, rel=1e-4)


# ------------------------------------------------------------------------------------------------------ power laws


def test_a_fit_finds_an_exact_power_law():
    n = np.array([10.0, 30.0, 100.0, 500.0])
    fit = scaling.fit_power_law(n, 3 * n**-0.7, 0.1 * n**-0.7)
    assert fit.exponent == pytest.approx(0.7)
    assert fit.chi2 == pytest.approx(0, abs=1e-20)


def test_the_error_of_a_fit_is_the_scatter_of_many():
    rng, n = np.random.default_rng(9), np.array([8.0, 16.0, 32.0, 64.0, 128.0])
    size = np.array([0.02, 0.01, 0.03, 0.02, 0.05])
    fits = [scaling.fit_power_law(n, y := 2 / n * np.exp(size * rng.standard_normal(5)), size * y) for _ in range(2000)]
    exponents, errors, chi2 = np.array(fits).T
    assert exponents.std() == pytest.approx(errors.mean(), rel=0.07)
    assert chi2.mean() == pytest.approx(1, abs=0.08)


def test_a_bridge_has_its_covariance():
    t = np.array([0.1, 0.3, 0.7])
    values = scaling.bridge(np.broadcast_to(t, (40_000, 3)), np.random.default_rng(10))
    expected = np.minimum(t[:, None], t) - t[:, None] * t
    assert np.abs(values.T @ values / 40_000 - expected).max() < 0.006


def test_a_fit_of_a_bridge_is_straight_between_data_and_its_spread_a_bridges():
    t, y, at = np.array([0.2, 0.6]), np.array([1.0, -0.5]), np.array([0.1, 0.3, 0.6, 0.8])
    fit, spread = scaling.bridge_fit(t, y, 0.0, at)
    assert fit == pytest.approx([0.5, 0.625, -0.5, -0.25])
    assert spread**2 == pytest.approx([0.1 * 0.1 / 0.2, 0.1 * 0.3 / 0.4, 0, 0.2 * 0.2 / 0.4], abs=1e-9)


@pytest.mark.parametrize("n", [1, 4, 60])
def test_regression_without_noise_meets_the_exact_law(n):
    found = scaling.bridge_regression(n, 0.0, 600, np.random.default_rng(n))
    assert abs(found.mean() - scaling.bridge_error(n)) < 4 * found.std(ddof=1) / math.sqrt(600)


def test_regression_with_much_noise_meets_the_approximation():
    found = scaling.bridge_regression(200, 0.3, 100, np.random.default_rng(11))
    assert found.mean() == pytest.approx(scaling.sollich_error(200, 0.3), abs=4 * found.std(ddof=1) / 10)
    assert scaling.sollich_error(1e7, 0.1) == pytest.approx(0.05 / math.sqrt(1e7), rel=0.01)
    assert scaling.sollich_error(4000, 0.0) == pytest.approx(1 / 16_000, rel=0.01)


def test_the_sum_over_eigenvalues_is_the_closed_form():
    k, error = np.arange(1, 200_000), scaling.sollich_error(50, 0.2)
    eigenvalues = 1 / (k * math.pi) ** 2
    assert (eigenvalues / (1 + 50 * eigenvalues / (0.04 + error))).sum() == pytest.approx(error, rel=1e-4)


def test_a_fit_of_an_exponential_family_meets_the_means_of_the_data():
    rng = np.random.default_rng(12)
    family = scaling.ExponentialFamily(rng.standard_normal((40, 3)))
    p = rng.dirichlet(np.ones(40))
    theta = family.fit(p)
    assert np.exp(family.log_prob(theta)) @ family.features == pytest.approx(p @ family.features, abs=1e-9)
    assert family.fit(np.exp(family.log_prob(theta))) == pytest.approx(theta, abs=1e-6)


def test_a_parameter_costs_half_a_nat_over_n_in_the_family_and_otherwise_outside():
    rng = np.random.default_rng(13)
    x = np.linspace(-1, 1, 30)
    family = scaling.ExponentialFamily(np.stack([x, x**2, x**3], axis=1))
    inside, outside = np.exp(family.log_prob(np.array([0.5, 1.0, -1.0]))), rng.dirichlet(np.ones(30) / 2)
    assert family.price(inside) == pytest.approx(1.5, abs=1e-6)
    assert abs(family.price(outside) - 1.5) > 0.05
    for p in (inside, outside):
        (cost,), (error,) = scaling.excess(family.features, p, rng.multinomial(2000, p, (1, 300)) / 2000)
        assert abs(2000 * cost - family.price(p)) < 4 * 2000 * error + 0.01


def test_the_excess_is_nothing_for_data_like_the_truth_and_needs_two_sets():
    rng = np.random.default_rng(17)
    features, truth = rng.standard_normal((10, 2)), rng.dirichlet(np.ones(10))
    cost, error = scaling.excess(features, truth, np.broadcast_to(truth, (1, 3, 10)))
    assert cost == pytest.approx([0], abs=1e-12)
    assert error == pytest.approx([0], abs=1e-12)
    with pytest.raises(ValueError, match="data sets"):
        scaling.excess(features, truth, truth[None, None])


def test_data_without_a_best_fit_are_refused():
    family = scaling.ExponentialFamily(np.arange(5.0)[:, None])
    with pytest.raises(RuntimeError, match="no maximum"):
        family.fit(np.array([0, 0, 0, 0, 1.0]))


# ---------------------------------------------------------------------------------------------------------- coding


@pytest.mark.parametrize("seed", range(20))
def test_what_was_encoded_comes_back_whatever_the_model(seed):
    rng = np.random.default_rng(seed)
    n = int(rng.integers(0, 400))
    p = rng.choice([1e-9, 1e-4, 0.02, 0.5, 0.9, 1 - 1e-9], n)
    spins = rng.choice([-1, 1], n)
    code = coding.encode(spins, p)
    assert np.array_equal(coding.decode(code, n, lambda so_far: p[len(so_far)]), spins)
    assert 8 * len(code) <= coding.worth(spins, p) + 0.01 * n + 64


def test_the_code_is_as_long_as_the_spins_are_worth():
    rng = np.random.default_rng(14)
    p = rng.uniform(0.05, 0.95, 60_000)
    spins = np.where(rng.random(60_000) < p, 1, -1)
    assert 8 * len(coding.encode(spins, p)) == pytest.approx(coding.worth(spins, p), abs=64)


def test_the_chain_is_coded_within_a_thousandth_of_its_entropy():
    rng, beta = np.random.default_rng(15), 0.4
    spins = information.chain(1_000_000, beta, rng)
    p = information.chain_predictions(spins, beta)
    bits = 8 * len(coding.encode(spins, p)) / len(spins)
    assert bits == pytest.approx(coding.worth(spins, p) / len(spins), rel=1e-4)
    error = 2 * beta * math.sqrt(information.after(beta) * (1 - information.after(beta)) / 1e6) / math.log(2)
    assert abs(bits - information.chain_entropy(beta)) < 4 * error


@pytest.mark.parametrize(("spins", "p"), [([1, 0], [0.5, 0.5]), ([1, -1], [0.5, 1.0]), ([1], [0.5, 0.5])])
def test_bad_spins_and_probabilities_are_refused(spins, p):
    with pytest.raises(ValueError, match="expected"):
        coding.encode(np.array(spins), np.array(p))


# ----------------------------------------------------------------------------------------------------- information


def test_the_entropy_of_a_chain_is_that_of_all_its_states():
    n, beta = 12, 0.7
    energy = exact.ising_energies((n,), False)
    log_p = -beta * energy - exact.enumerated_log_z((n,), beta, False)
    entropy = float(-(np.exp(log_p) * log_p).sum()) / math.log(2)
    # Open ends: the first spin is a coin, each further one costs the entropy of the long chain.
    assert entropy == pytest.approx(1 + (n - 1) * information.chain_entropy(beta), abs=1e-9)
    assert information.chain_entropy(beta) == pytest.approx(information.binary_entropy(information.after(beta)))


def test_the_wrong_model_costs_its_kl():
    p, q = information.after(0.6), information.after(0.2)
    kl = p * math.log2(p / q) + (1 - p) * math.log2((1 - p) / (1 - q))
    assert information.chain_cross_entropy(0.6, 0.2) - information.chain_entropy(0.6) == pytest.approx(kl)
    assert information.chain_cross_entropy(0.6, 0.6) == pytest.approx(information.chain_entropy(0.6))


def test_a_chain_has_the_correlations_of_a_chain():
    s = information.chain(400_000, 0.5, np.random.default_rng(16))
    assert (s[1:] * s[:-1]).mean() == pytest.approx(math.tanh(0.5), abs=0.006)
    assert set(np.unique(s)) == {-1, 1}


def test_predictions_multiply_to_the_boltzmann_distribution():
    beta, states = 0.8, exact.ising_states(6)
    energy = exact.ising_energies((6,), False)
    log_p = -beta * energy - exact.enumerated_log_z((6,), beta, False)
    for state, expected in zip(states, log_p, strict=True):
        bits = coding.worth(state, information.chain_predictions(state, beta))
        assert -bits * math.log(2) == pytest.approx(expected, abs=1e-9)


def test_mutual_information_of_known_pairs():
    assert information.mutual_information(np.full((2, 2), 0.25)) == pytest.approx(0)
    assert information.mutual_information(np.diag([0.5, 0.5])) == pytest.approx(1)
    with pytest.raises(ValueError, match="joint"):
        information.mutual_information(np.ones((2, 2)))


def test_a_strip_of_one_spin_is_a_chain():
    beta = 0.6
    expected = 1 - information.binary_entropy(information.after(beta))
    assert information.strip_information(1, beta, periodic=False) == pytest.approx(expected, abs=1e-10)


def test_rows_of_a_strip_match_enumeration_of_a_long_piece():
    # The middle of 3 × 6 spins with open ends: rows 3 and 4, against sums over all states; hot, so that ends are far.
    beta, rows, width = 0.15, 6, 3
    states = exact.ising_states(rows * width)
    weights = np.exp(-beta * exact.ising_energies((rows, width), (False, True)).astype(float))
    table = states.reshape(-1, rows, width)
    number = ((table[:, 2:4] > 0) * 2 ** np.arange(width)).sum(-1)
    joint = np.zeros((8, 8))
    np.add.at(joint, (number[:, 0], number[:, 1]), weights / weights.sum())
    expected = information.mutual_information(joint)
    assert information.strip_information(width, beta) == pytest.approx(expected, rel=2e-3)


def test_strips_know_nothing_in_the_heat_and_one_bit_in_the_cold():
    assert information.strip_information(4, 0.0) == pytest.approx(0, abs=1e-10)
    assert information.strip_information(4, 2.0) == pytest.approx(1, abs=1e-3)


def test_landauers_bound_at_room_temperature():
    assert information.landauer(300) == pytest.approx(2.871e-21, rel=1e-3)
    assert information.landauer(300, 8) == pytest.approx(8 * information.landauer(300))
