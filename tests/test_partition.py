"""Formulas for log Z against plain sums, and estimates against exact values within the errors that they state."""

import math
import subprocess
import sys

import matplotlib.figure
import numpy as np
import pytest
from scipy import stats
from scipy.special import logsumexp
from support.figures import assert_readable

from course_utils import explorers, partition, plots
from course_utils.explorers import importance_weights
from course_utils.lattice import exact

# --- formulas


def test_independent_spins_match_enumeration():
    fields = np.array([0.5, -1.2, 2.0, 0.0])
    states = exact.ising_states(4)
    assert partition.log_z_independent(fields, 0.7) == pytest.approx(logsumexp(0.7 * states @ fields), abs=1e-12)


def test_independent_spins_in_strong_fields_do_not_overflow():
    assert partition.log_z_independent(np.array([1e4, -1e4, 0.0])) == pytest.approx(2e4 + math.log(2), rel=1e-14)


def test_gaussian_matches_quadrature_in_the_plane():
    a = np.array([[2.0, 1.2], [1.2, 1.0]])
    axis, dx = np.linspace(-14, 14, 1401, retstep=True)
    x, y = np.meshgrid(axis, axis, indexing="ij")
    energy = (a[0, 0] * x**2 + 2 * a[0, 1] * x * y + a[1, 1] * y**2) / 2
    for beta in (0.8, 2.0):
        quadrature = logsumexp(-beta * energy) + 2 * math.log(dx)
        assert partition.log_z_gaussian(a, beta) == pytest.approx(quadrature, abs=1e-7)


def test_gaussian_of_many_dimensions_does_not_underflow():
    assert partition.log_z_gaussian(1e4 * np.eye(500)) == pytest.approx(250 * math.log(2 * math.pi / 1e4), rel=1e-12)


@pytest.mark.parametrize(("visible", "hidden"), [(6, 3), (3, 6), (1, 1), (4, 4)])
def test_rbm_matches_enumeration_of_both_sides(visible, hidden):
    rng = np.random.default_rng(0)
    w, a, b = rng.standard_normal((visible, hidden)), rng.standard_normal(visible), rng.standard_normal(hidden)
    v, h = ((exact.ising_states(n) + 1) // 2 for n in (visible, hidden))
    minus_energy = (v @ a)[:, None] + (h @ b)[None, :] + v @ w @ h.T
    assert partition.log_z_rbm(w, a, b) == pytest.approx(logsumexp(minus_energy), abs=1e-12)


def test_rbm_in_chunks_matches_independent_units():
    # Without weights the units are independent: a product over both sides. 2^13 hidden states make two chunks.
    rng = np.random.default_rng(1)
    a, b = rng.standard_normal(30), rng.standard_normal(13)
    expected = np.logaddexp(0, a).sum() + np.logaddexp(0, b).sum()
    assert partition.log_z_rbm(np.zeros((30, 13)), a, b) == pytest.approx(expected, rel=1e-13)


# --- importance sampling


def test_equal_weights_have_full_ess_and_no_error():
    estimate = partition.importance_estimate(np.full(50, -3.0))
    assert estimate.log_z == pytest.approx(-3.0)
    assert estimate.ess == pytest.approx(50)
    assert estimate.error == pytest.approx(0.0, abs=1e-7)


@pytest.mark.parametrize("shift", [0.0, 5000.0, -5000.0])
def test_estimate_matches_the_plain_formulas_at_any_scale(shift):
    w = np.array([1.0, 2.0, 3.0, 4.0])
    estimate = partition.importance_estimate(np.log(w) + shift)
    assert estimate.log_z == pytest.approx(math.log(2.5) + shift)
    assert estimate.ess == pytest.approx(100 / 30)
    assert estimate.error == pytest.approx(w.std(ddof=1) / 2 / w.mean())


def test_weights_of_zero_are_allowed():
    estimate = partition.importance_estimate(np.array([0.0, -np.inf]))
    assert estimate.log_z == pytest.approx(-math.log(2))
    assert estimate.ess == pytest.approx(1.0)


def test_a_single_weight_has_an_error_that_cannot_be_told():
    assert partition.importance_estimate(np.array([1.0])).error == math.inf


def test_the_stated_error_is_the_spread_of_independent_runs():
    rng = np.random.default_rng(2)
    runs = [partition.importance_estimate(partition.gaussian_log_weights(1.3, 5, 500, rng)[1]) for _ in range(400)]
    z = np.array([run.log_z - 2.5 * math.log(2 * math.pi) for run in runs]) / [run.error for run in runs]
    assert abs(z.mean()) < 4 / math.sqrt(len(z))
    assert z.std() == pytest.approx(1.0, abs=4 / math.sqrt(2 * len(z)))


def test_gaussian_weights_come_from_normalised_densities():
    x, log_w = partition.gaussian_log_weights(1.7, 3, 50, np.random.default_rng(3))
    log_q = stats.norm(scale=1.7).logpdf(x).sum(axis=1)
    assert np.allclose(log_w, -(x**2).sum(axis=1) / 2 - log_q)


@pytest.mark.parametrize(("width", "dim"), [(1.3, 1), (1.3, 10), (0.9, 5), (2.0, 3), (0.8, 2)])
def test_ess_fraction_matches_quadrature(width, dim):
    x, dx = np.linspace(-40, 40, 400_001, retstep=True)
    log_p, log_q = stats.norm.logpdf(x), stats.norm(scale=width).logpdf(x)
    second_moment = np.exp(2 * log_p - log_q).sum() * dx
    assert partition.gaussian_ess_fraction(width, dim) == pytest.approx(second_moment**-dim, rel=1e-9)


def test_ess_fraction_is_zero_where_the_variance_is_infinite():
    assert partition.gaussian_ess_fraction(0.7, 1) == 0.0
    assert partition.gaussian_ess_fraction(0.71, 1) > 0.0


def test_measured_ess_matches_the_formula():
    rng = np.random.default_rng(4)
    for width, dim in ((1.3, 10), (1.5, 4), (2.0, 2)):
        fractions = [
            partition.importance_estimate(partition.gaussian_log_weights(width, dim, 20_000, rng)[1]).ess / 20_000
            for _ in range(24)
        ]
        error = np.std(fractions, ddof=1) / math.sqrt(len(fractions))
        expected = partition.gaussian_ess_fraction(width, dim)
        assert abs(np.mean(fractions) - expected) < 4 * error + 0.01 * expected


def test_a_narrow_proposal_reports_errors_that_are_too_small():
    rng = np.random.default_rng(5)
    runs = [partition.importance_estimate(partition.gaussian_log_weights(0.5, 10, 5000, rng)[1]) for _ in range(100)]
    inside = [abs(run.log_z - 5 * math.log(2 * math.pi)) < 2 * run.error for run in runs]
    assert np.mean(inside) < 0.6


# --- the Ising torus


def test_torus_energy_matches_a_plain_sum():
    torus = partition.IsingTorus(6)
    state = torus.random_state(5, np.random.default_rng(6))
    grid = state.astype(int).reshape(6, 6, 5)
    plain = -(grid * np.roll(grid, 1, 0)).sum((0, 1)) - (grid * np.roll(grid, 1, 1)).sum((0, 1))
    assert np.array_equal(torus.energy(state), plain)


def test_torus_of_two_has_the_energies_of_the_enumeration():
    states = exact.ising_states(4)
    assert np.array_equal(partition.IsingTorus(2).energy(states.T), exact.ising_energies((2, 2)))


def test_a_sweep_keeps_its_input_and_repeats_with_its_generator():
    torus = partition.IsingTorus(4)
    state = torus.random_state(7, np.random.default_rng(7))
    before = state.copy()
    one, two = (torus.sweep(state, 0.4, np.random.default_rng(8)) for _ in range(2))
    assert np.array_equal(state, before)
    assert np.array_equal(one, two)
    assert set(np.unique(one)) <= {-1, 1}
    assert not np.array_equal(one, before)


def test_a_cold_sweep_keeps_the_ground_state():
    torus = partition.IsingTorus(4)
    up = np.ones((16, 3), dtype=np.int8)
    assert np.array_equal(torus.sweep(up, 1000.0, np.random.default_rng(9)), up)


def test_samples_of_a_torus_have_the_energy_of_kaufman():
    torus = partition.IsingTorus(8)
    energies = torus.energy(torus.sample(0.3, 2000, 40, np.random.default_rng(21)))
    error = energies.std(ddof=1) / math.sqrt(len(energies))
    assert abs(energies.mean() - 64 * exact.kaufman_energy(8, 0.3)) < 4 * error


@pytest.mark.parametrize("size", [2, 4])
def test_sweeps_keep_the_boltzmann_distribution(size):
    # Start from exact samples, so that no warm-up is involved: the histogram of energies must stay what it is.
    torus, rng, n_chains, beta = partition.IsingTorus(size), np.random.default_rng(10), 20_000, 0.4
    energies = exact.ising_energies((size, size))
    weight = np.exp(-beta * energies - logsumexp(-beta * energies))
    states = exact.ising_states(size * size)
    state = states[rng.choice(len(weight), n_chains, p=weight)].T
    for _ in range(5):
        state = torus.sweep(state, beta, rng)
    levels, counts = exact.density_of_states((size, size))
    p = counts * np.exp(-beta * levels)
    p /= p.sum()
    found = np.array([(torus.energy(state) == level).sum() for level in levels])
    rare = n_chains * p < 10
    found = np.append(found[~rare], found[rare].sum())
    p = np.append(p[~rare], p[rare].sum())
    assert stats.chisquare(found[p > 0], n_chains * p[p > 0]).pvalue > 1e-4


def test_mean_energies_match_kaufman():
    torus, betas = partition.IsingTorus(8), np.linspace(0, 0.4, 9)
    energies = partition.sample_energies(torus, betas, 48, 150, 50, np.random.default_rng(11))
    error = energies.std(axis=0, ddof=1) / math.sqrt(48)
    expected = 64 * np.array([exact.kaufman_energy(8, beta) for beta in betas])
    assert np.all(np.abs(energies.mean(axis=0) - expected) < 4 * error)


# --- thermodynamic integration


def test_integration_of_exact_energies_gives_exact_log_z():
    betas = np.concatenate([np.linspace(0, 0.2, 400, endpoint=False), np.linspace(0.2, 0.4, 1001)])  # uneven
    energies = 256 * np.array([exact.kaufman_energy(16, beta) for beta in betas])
    estimate = partition.thermodynamic_integration(betas, energies[None, :], 256)
    assert estimate.log_z == pytest.approx(exact.kaufman_log_z(16, 0.4), abs=1e-4)
    assert estimate.error == math.inf  # one row is one chain


def test_the_error_of_the_integral_is_the_standard_error_over_chains():
    betas, energies = np.array([0.0, 1.0]), np.array([[0.0, 2.0], [0.0, 4.0], [0.0, 6.0]])
    estimate = partition.thermodynamic_integration(betas, energies, 2)
    assert estimate.log_z == pytest.approx(2 * math.log(2) - 2)
    assert estimate.error == pytest.approx(1 / math.sqrt(3))


def test_thermodynamic_integration_meets_enumeration_at_4_by_4():
    torus, betas = partition.IsingTorus(4), np.linspace(0, 0.4, 81)
    energies = partition.sample_energies(torus, betas, 48, 50, 20, np.random.default_rng(12))
    estimate = partition.thermodynamic_integration(betas, energies, 16)
    assert estimate.error < 0.02
    assert abs(estimate.log_z - exact.enumerated_log_z((4, 4), 0.4)) < 4 * estimate.error


def test_thermodynamic_integration_meets_kaufman_at_16_by_16():
    torus, betas = partition.IsingTorus(16), np.linspace(0, 0.4, 81)
    energies = partition.sample_energies(torus, betas, 64, 60, 20, np.random.default_rng(13))
    estimate = partition.thermodynamic_integration(betas, energies, 256)
    assert estimate.error < 0.06
    assert abs(estimate.log_z - 225.22884675588) < 4 * estimate.error


# --- adding up


def test_timing_ends_with_the_first_lattice_that_takes_too_long(monkeypatch):
    clock = iter([0.0, 0.5, 1.0, 3.0])
    monkeypatch.setattr(partition.time, "perf_counter", lambda: next(clock))
    shapes = [(3, 3), (3, 4), (3, 5)]
    n_spins, seconds = partition.seconds_to_add_up(lambda shape, beta: 0.0, shapes, patience=1.0)
    assert (n_spins, seconds) == ([9, 12], [0.5, 2.0])


# --- annealed importance sampling


def annealed_estimate(
    torus: partition.IsingTorus, betas: np.ndarray, n_chains: int, rng: np.random.Generator, *, progress: bool = False
) -> partition.LogZEstimate:
    """log Z of a torus at the last beta, from chains that start as coins at the first, which is 0."""
    start = torus.random_state(n_chains, rng)
    log_w = partition.annealed_log_weights(
        betas, start, torus.energy, lambda state, beta: torus.sweep(state, beta, rng), progress=progress
    )
    estimate = partition.importance_estimate(log_w)
    return estimate._replace(log_z=torus.n_spins * math.log(2) + estimate.log_z)


def test_annealed_weights_of_a_predictable_walk():
    betas = np.array([0.0, 0.1, 0.3])
    log_w = partition.annealed_log_weights(betas, np.array([1.0, 2.0]), lambda s: s, lambda s, beta: s / 2 + beta)
    # First the energy s over a step of 0.1, then s/2 + 0.1 over a step of 0.2.
    assert np.allclose(log_w, -(0.1 * np.array([1.0, 2.0]) + 0.2 * np.array([0.6, 1.1])))


def test_annealing_along_a_path_ends_where_its_weights_do_and_starts_from_what_is_known():
    torus, betas = partition.IsingTorus(4), np.linspace(0, 0.4, 9)

    def fresh() -> tuple:
        rng = np.random.default_rng(3)
        return betas, torus.random_state(30, rng), torus.energy, lambda state, beta: torus.sweep(state, beta, rng)

    log_z, error, ess = partition.annealed_log_z(*fresh(), 16 * math.log(2))
    last = partition.importance_estimate(partition.annealed_log_weights(*fresh()))
    assert log_z.shape == error.shape == ess.shape == betas.shape
    assert (log_z[0], error[0], ess[0]) == pytest.approx((16 * math.log(2), 0, 30))
    assert (log_z[-1], error[-1], ess[-1]) == pytest.approx((16 * math.log(2) + last.log_z, last.error, last.ess))


def test_annealing_in_one_step_is_importance_sampling_from_coins():
    torus = partition.IsingTorus(4)
    start = torus.random_state(100, np.random.default_rng(14))
    log_w = partition.annealed_log_weights(np.array([0.0, 0.3]), start, torus.energy, lambda s, beta: s)
    assert np.allclose(log_w, -0.3 * torus.energy(start))


def test_annealing_meets_enumeration_at_4_by_4_with_few_and_with_many_steps():
    torus, log_z = partition.IsingTorus(4), exact.enumerated_log_z((4, 4), 0.4)
    for n_steps in (10, 200):
        estimate = annealed_estimate(torus, np.linspace(0, 0.4, n_steps + 1), 2000, np.random.default_rng(15))
        assert abs(estimate.log_z - log_z) < 4 * estimate.error


def test_annealing_meets_kaufman_at_16_by_16():
    torus = partition.IsingTorus(16)
    estimate = annealed_estimate(torus, np.linspace(0, 0.4, 501), 1000, np.random.default_rng(16))
    assert estimate.error < 0.06
    assert abs(estimate.log_z - 225.22884675588) < 4 * estimate.error
    assert estimate.ess > 200


def test_the_stated_error_of_annealing_is_the_spread_of_independent_groups():
    torus, rng, betas = partition.IsingTorus(8), np.random.default_rng(17), np.linspace(0, 0.4, 201)
    log_w = partition.annealed_log_weights(
        betas, torus.random_state(2000, rng), torus.energy, lambda s, beta: torus.sweep(s, beta, rng)
    )
    groups = [partition.importance_estimate(group) for group in log_w.reshape(40, 50)]
    off = np.array([group.log_z for group in groups]) + 64 * math.log(2) - exact.kaufman_log_z(8, 0.4)
    z = off / [group.error for group in groups]
    assert abs(z.mean()) < 4 / math.sqrt(40)
    assert 0.6 < z.std() < 1.5


def test_a_single_annealed_chain_is_too_low_on_average():
    torus, rng = partition.IsingTorus(16), np.random.default_rng(18)
    gaps = []
    for n_steps in (4, 16, 64):
        log_w = partition.annealed_log_weights(
            np.linspace(0, 0.4, n_steps + 1),
            torus.random_state(200, rng),
            torus.energy,
            lambda s, beta: torus.sweep(s, beta, rng),
        )
        error = log_w.std(ddof=1) / math.sqrt(200)
        gaps.append(exact.kaufman_log_z(16, 0.4) - 256 * math.log(2) - log_w.mean())
        assert gaps[-1] > 4 * error
    assert gaps[0] > gaps[1] > gaps[2]


def test_progress_goes_to_standard_output_only(capfd):
    torus = partition.IsingTorus(4)
    annealed_estimate(torus, np.linspace(0, 0.1, 5), 10, np.random.default_rng(19), progress=True)
    partition.sample_energies(torus, np.linspace(0, 0.1, 5), 4, 2, 0, np.random.default_rng(20), progress=True)
    out, err = capfd.readouterr()
    assert "temperatures" in out
    assert err == ""


# --- bad input


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: partition.log_z_independent(np.array([math.nan])), "finite"),
        (lambda: partition.log_z_gaussian(np.array([[1.0, 2.0], [2.0, 1.0]])), "eigenvalue"),
        (lambda: partition.log_z_gaussian(np.array([[1.0, 2.0], [0.0, 1.0]])), "symmetric"),
        (lambda: partition.log_z_gaussian(np.eye(2), beta=0.0), "beta"),
        (lambda: partition.log_z_rbm(np.zeros((2, 3)), np.zeros(3), np.zeros(2)), "expected"),
        (lambda: partition.log_z_rbm(np.zeros((30, 21)), np.zeros(30), np.zeros(21)), "at most 20"),
        (lambda: partition.importance_estimate(np.array([])), "log_weights"),
        (lambda: partition.importance_estimate(np.array([0.0, math.nan])), "log_weights"),
        (lambda: partition.importance_estimate(np.array([0.0, math.inf])), "log_weights"),
        (lambda: partition.importance_estimate(np.full(3, -math.inf)), "not all of them zero"),
        (lambda: partition.gaussian_ess_fraction(0.0, 1), "width"),
        (lambda: partition.gaussian_log_weights(1.0, 0, 5, np.random.default_rng()), "dim"),
        (lambda: partition.IsingTorus(5), "even"),
        (lambda: partition.IsingTorus(0), "even"),
        (lambda: partition.thermodynamic_integration(np.array([0.1, 0.2]), np.zeros((1, 2)), 4), "from 0"),
        (lambda: partition.thermodynamic_integration(np.array([0.0, 0.2]), np.zeros((1, 3)), 4), "energies"),
        (lambda: partition.annealed_log_weights(np.array([0.0]), np.zeros(2), abs, max), "two temperatures"),
    ],
)
def test_bad_input_is_refused_with_the_name_of_the_argument(call, words):
    with pytest.raises(ValueError, match=words):
        call()


def test_the_module_needs_neither_torch_nor_jax():
    code = "import sys, course_utils.partition; sys.exit(any(m in sys.modules for m in ('torch', 'jax')))"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


# --- figures and explorer


@pytest.mark.parametrize("width", [1.3, 0.5])
def test_the_figure_of_the_weights_is_readable_and_states_the_samples_that_count(width, course_style):
    _, log_w = partition.gaussian_log_weights(width, 20, 500, np.random.default_rng(0))
    log_w -= 10 * math.log(2 * math.pi)
    fraction, ess = partition.gaussian_ess_fraction(width, 20), partition.importance_estimate(log_w).ess
    figure = plots.importance_weights(log_w, width, 20, fraction, 0.01, 0.05)
    assert_readable(figure, "importance_weights")
    assert figure.get_suptitle() == f"In 20 dimensions, 500 samples count like {ess:,.0f}"
    samples, estimate = (line.get_ydata().sum() for line in figure.axes[0].lines)
    assert samples == pytest.approx(100)
    assert estimate == pytest.approx(100)


def test_importance_explorer_shows_the_numbers_of_its_controls():
    explorer = explorers.importance()
    explorer.set(dim=50, width=1.2)
    assert explorer.error is None
    assert "Dimension 50" in explorer.caption
    assert f"{partition.gaussian_ess_fraction(1.2, 50):.3g}" in explorer.caption
    before = explorer.picture
    explorer.set(width=0.5)
    assert explorer.error is None
    assert "infinite" in explorer.caption
    assert explorer.picture != before


@pytest.mark.parametrize("dim", [1, 100])
@pytest.mark.parametrize("width", [0.5, 1.0, 2.5])
def test_importance_explorer_draws_at_the_ends_of_its_range(dim, width):
    figure, caption = importance_weights.draw(dim, width)
    assert isinstance(figure, matplotlib.figure.Figure)
    assert "log Z" in caption
