"""Observables of spins: on configurations whose values are known, and against sums over all states."""

import math
import subprocess
import sys

import numpy as np
import pytest
from jaxtyping import Float, Int

from course_utils.lattice import exact
from course_utils.lattice import observables as obs

L = 8


def rng(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


def checkerboard(size: int = L) -> Int[np.ndarray, "L L"]:
    return (1 - 2 * (np.indices((size, size)).sum(axis=0) % 2)).astype(np.int8)


def spin_wave(turns_i: int, turns_j: int, size: int = L) -> Float[np.ndarray, "L L"]:
    i, j = np.indices((size, size))
    return 2 * np.pi * (turns_i * i + turns_j * j) / size % (2 * np.pi)


def planar(angles: Float[np.ndarray, "*batch L L"]) -> list[Float[np.ndarray, "*batch L L"]]:
    return [np.cos(angles), np.sin(angles)]


def potts(colours: Int[np.ndarray, "*batch L L"], q: int) -> list[Float[np.ndarray, "*batch L L"]]:
    return [((colours == k) - 1 / q) * math.sqrt(q / (q - 1)) for k in range(q)]


def vortex_pair(size: int = 16) -> Float[np.ndarray, "L L"]:
    """A vortex in plaquette [4, 3], an antivortex in [4, 11]: angles round each add up."""
    i, j = np.indices((size, size))
    return np.arctan2(i - 4.5, j - 3.5) - np.arctan2(i - 4.5, j - 11.5)


@pytest.fixture(scope="module")
def four_by_four() -> dict[str, np.ndarray]:
    """All states of the 4 x 4 Ising torus: magnetisation and energy per spin, energy summed over the module's bonds."""
    states = exact.ising_states(16).reshape(-1, 4, 4)
    return {"spins": states, "m": states.mean(axis=(1, 2)), "e": exact.ising_energies((4, 4)) / 16}


def as_samples(states: dict[str, np.ndarray], beta: float) -> dict[str, np.ndarray]:
    """What a sampler without error would give: m and e of 2^20 samples, each pair as often as it deserves."""
    pairs, index = np.unique(np.stack([states["m"], states["e"]], axis=1), axis=0, return_inverse=True)
    p = np.exp(-beta * 16 * (states["e"] - states["e"].min()))
    share = np.bincount(index.ravel(), p / p.sum())
    drawn = np.repeat(pairs, np.round(share * 2**20).astype(int), axis=0)
    return {"m": drawn[:, 0], "e": drawn[:, 1]}


# ----------------------------------------------------------------------------------------- configurations


def test_magnetisation_of_aligned_striped_and_mixed_spins():
    aligned = np.ones((3, 2, L, L), np.int8)
    aligned[1] *= -1
    assert obs.magnetisation(aligned).tolist() == [[1, 1], [-1, -1], [1, 1]]
    assert obs.magnetisation(checkerboard()) == 0
    few = np.ones((L, L), np.int8)
    few[0, :3] = -1
    assert obs.magnetisation(few) == pytest.approx(1 - 6 / 64)


def test_planar_magnetisation_has_the_common_direction_and_vanishes_for_a_wave():
    assert np.allclose(obs.planar_magnetisation(np.full((2, L, L), 1.3)), [[math.cos(1.3), math.sin(1.3)]] * 2)
    assert np.allclose(obs.planar_magnetisation(spin_wave(1, 0)), 0)


def test_clock_angles_divide_the_turn():
    assert np.allclose(obs.clock_angles(np.arange(4, dtype=np.uint8), 4), [0, np.pi / 2, np.pi, 3 * np.pi / 2])
    assert obs.clock_angles(np.array([255], np.uint8), 256) == pytest.approx(2 * np.pi * 255 / 256)


def test_correlation_of_checkerboard_stripes_and_aligned_spins():
    distance = np.arange(L // 2 + 1)
    assert np.allclose(obs.correlation_function(checkerboard()), (-1.0) ** distance)
    assert np.allclose(obs.correlation_function(-np.ones((2, L, L))), 1)
    stripes = np.ones((L, L))
    stripes[1::2] = -1  # alternate along i, equal along j
    assert np.allclose(obs.correlation_function(stripes), ((-1.0) ** distance + 1) / 2)


def test_correlation_matches_plain_loops():
    spins = rng(1).choice([-1, 1], size=(6, 6))
    for r, got in enumerate(obs.correlation_function(spins)):
        pairs = [spins[i, j] * (spins[(i + r) % 6, j] + spins[i, (j + r) % 6]) for i in range(6) for j in range(6)]
        assert got == pytest.approx(np.mean(pairs) / 2, abs=1e-12)


def test_correlation_of_a_spin_wave_is_a_cosine_along_it():
    distance = np.arange(L // 2 + 1)
    expected = (np.cos(2 * np.pi * distance * 2 / L) + 1) / 2  # two turns along i, constant along j
    assert np.allclose(obs.correlation_function(*planar(spin_wave(2, 0))), expected)
    assert np.allclose(obs.correlation_function(*planar(spin_wave(0, 2) + 0.7)), expected)


def test_correlation_of_colours_is_1_for_equal_and_falls_to_less_than_nothing_for_different_ones():
    columns = np.tile(np.arange(6) % 3, (6, 1))  # equal along i; along j never equal but at multiples of 3
    along_j = np.array([1, -0.5, -0.5, 1])
    assert np.allclose(obs.correlation_function(*potts(columns, 3)), (1 + along_j) / 2)


def test_correlation_of_two_colours_is_that_of_ising_spins():
    spins = rng(2).choice([-1, 1], size=(5, 8, 8))
    assert np.allclose(obs.correlation_function(*potts((spins + 1) // 2, 2)), obs.correlation_function(spins))


# ------------------------------------------------------------------------------------------------ vortices


def test_one_vortex_pair_is_found_where_it_was_put():
    charge = obs.winding_numbers(vortex_pair(), periodic=False)
    assert charge.shape == (15, 15)
    assert np.argwhere(charge == 1).tolist() == [[4, 3]]
    assert np.argwhere(charge == -1).tolist() == [[4, 11]]
    assert charge.dtype == np.int8


def test_angles_of_any_turn_give_the_same_vortices():
    pair = vortex_pair()
    shifted = pair + 2 * np.pi * rng().integers(-3, 4, pair.shape)
    for angles in (pair % (2 * np.pi), shifted, pair + 1.0):
        assert np.array_equal(obs.winding_numbers(angles, periodic=False), obs.winding_numbers(pair, periodic=False))


def test_turning_the_picture_by_the_mirror_changes_every_sign():
    angles = rng(5).uniform(0, 2 * np.pi, (12, 12))
    charge = obs.winding_numbers(angles)
    assert np.array_equal(obs.winding_numbers(-angles), -charge)
    assert np.array_equal(obs.winding_numbers(angles.T), -charge.T)


def test_charges_on_the_torus_add_up_to_zero_and_a_third_of_random_plaquettes_is_charged():
    angles = rng(6).uniform(0, 2 * np.pi, (50, 32, 32))
    charge = obs.winding_numbers(angles)
    assert charge.sum(axis=(1, 2)).tolist() == [0] * 50
    assert set(np.unique(charge)) == {-1, 0, 1}
    assert obs.vortex_density(angles).mean() == pytest.approx(1 / 3, abs=0.006)
    assert np.allclose(obs.vortex_density(angles), (charge != 0).mean(axis=(1, 2)))


def test_a_spin_wave_has_no_vortices():
    assert not obs.winding_numbers(spin_wave(1, 2)).any()
    assert obs.vortex_density(spin_wave(2, 0)) == 0


@pytest.mark.parametrize("q", [3, 5, 16, 256])
def test_clock_states_wind_as_their_angles_do(q):
    states = rng(q).integers(0, q, (20, 12, 12)).astype(np.uint8)
    charge = obs.winding_numbers(states, q)
    assert charge.sum(axis=(1, 2)).tolist() == [0] * 20
    if q % 2:  # an even clock has steps of exactly half a turn, which may be read either way
        assert np.array_equal(charge, obs.winding_numbers(obs.clock_angles(states, q)))
    else:
        agree = charge == obs.winding_numbers(obs.clock_angles(states, q))
        assert agree.mean() > 1 - 4 / q


def test_clock_vortex_of_four_directions():
    states = np.array([[0, 1], [3, 2]])  # corners (0,0), (0,1), (1,1), (1,0) hold 0, 1, 2, 3: one turn
    assert obs.winding_numbers(states, 4, periodic=False).tolist() == [[1]]
    assert obs.winding_numbers(states.T, 4, periodic=False).tolist() == [[-1]]


# ------------------------------------------------------------------------------------------------ stiffness


def test_helicity_terms_of_spin_waves():
    assert np.allclose(obs.helicity_terms(np.full((3, L, L), 2.0)), [[1, 0]] * 3)
    k = 2 * np.pi / L
    expected = [(math.cos(k) + math.cos(2 * k)) / 2, (math.sin(k) ** 2 + math.sin(2 * k) ** 2) / 2]
    assert np.allclose(obs.helicity_terms(spin_wave(1, 2)), expected)
    assert np.allclose(obs.helicity_terms(spin_wave(2, 1)), expected)


def test_helicity_is_the_second_derivative_of_the_free_energy_by_a_twist():
    """2 x 3 spins on a grid of 12 angles, all states; each axis twisted by A per bond, F'' / N averaged over axes."""
    shape, q, beta = (2, 3), 12, 1.1
    digits = np.indices((q,) * 5).reshape(5, -1)
    angles = 2 * np.pi / q * np.concatenate([0 * digits[:1], digits]).T.reshape(-1, *shape)

    def free_energy(axis: int, twist: float) -> float:
        energy = 0.0
        for a in (1, 2):
            step = np.roll(angles, -1, axis=a) - angles - (twist if a == axis else 0)
            energy = energy - np.cos(step).sum(axis=(1, 2))
        return -np.log(np.exp(-beta * energy).sum()) / beta

    h = 1e-3
    curvature = [
        (free_energy(axis, h) - 2 * free_energy(axis, 0.0) + free_energy(axis, -h)) / h**2 / 6 for axis in (1, 2)
    ]
    energy = -2 * obs.helicity_terms(angles)[:, 0] * 6
    weight = np.exp(-beta * energy)
    mean_terms = (obs.helicity_terms(angles) * weight[:, None]).sum(axis=0) / weight.sum()
    # Helicity is linear in the means of its terms, so that one sample with these means gives it exactly.
    assert obs.helicity_modulus(mean_terms[None], beta, 6) == pytest.approx(np.mean(curvature), rel=1e-5)


def test_helicity_takes_one_beta_per_row():
    terms = rng().uniform(0, 1, (3, 50, 2))
    beta = np.array([0.5, 1.0, 2.0])
    each = [obs.helicity_modulus(one, b, 64) for one, b in zip(terms, beta, strict=True)]
    assert np.allclose(obs.helicity_modulus(terms, beta, 64), each)


def test_the_kt_crossing_of_a_known_line_is_found():
    t = np.linspace(0.8, 1.0, 9)
    helicity = 2 / np.pi * 0.9 - 3 * (t - 0.9)  # crosses 2 t / pi at 0.9
    for window in ((0.8, 1.0), (0.87, 0.93)):
        assert obs.kt_temperature(t, helicity, window=window, degree=1) == pytest.approx(0.9, abs=1e-12)


def test_the_kt_crossing_looks_at_its_window_only():
    t = np.linspace(0.8, 1.0, 9)
    helicity = 2 / np.pi * 0.9 - 3 * (t - 0.9) + 5 * (t > 0.96)
    how = {"degree": 2}
    assert obs.kt_temperature(t, helicity, window=(0.8, 0.96), **how) == pytest.approx(0.9, abs=1e-12)
    assert obs.kt_temperature(t, [helicity, helicity - 0.1], (16, 32), window=(0.8, 0.96), **how) < 0.9


def test_two_sizes_give_the_kt_temperature_whatever_the_constant():
    t, t_kt = np.linspace(0.8, 1.0, 21), 0.89
    for constant in (0.5, 2.0):
        excess = [1 / (2 * math.log(size) + constant) - slope * (t - t_kt) for size, slope in ((16, 3.5), (64, 4.5))]
        helicity = 2 * t / np.pi * (1 + np.array(excess))
        how = {"window": (0.8, 1.0), "degree": 2}
        assert obs.kt_temperature(t, helicity, (16, 64), **how) == pytest.approx(t_kt, abs=1e-6)
        assert obs.kt_temperature(t, helicity[1], **how) > t_kt + 0.01


# --------------------------------------------------------------------- fluctuations, against all 4 x 4 states


@pytest.mark.parametrize("beta", [0.2, exact.BETA_C, 0.6])
def test_fluctuations_of_a_4_by_4_torus_match_the_sum_over_all_states(four_by_four, beta):
    m, e = four_by_four["m"], four_by_four["e"]
    p = np.exp(-beta * 16 * (e - e.min()))
    p /= p.sum()
    chi = beta * 16 * (p @ m**2 - (p @ abs(m)) ** 2)
    heat = beta**2 * 16 * (p @ e**2 - (p @ e) ** 2)
    binder = 1 - (p @ m**4) / (3 * (p @ m**2) ** 2)
    drawn = as_samples(four_by_four, beta)
    assert obs.susceptibility(drawn["m"], beta, 16) == pytest.approx(chi, rel=1e-3)
    assert obs.specific_heat(drawn["e"], beta, 16) == pytest.approx(heat, rel=1e-3)
    assert obs.binder_cumulant(drawn["m"]) == pytest.approx(binder, abs=1e-3)


def test_specific_heat_is_the_slope_of_kaufmans_energy_by_temperature(four_by_four):
    beta, step = 0.4, 1e-5
    colder, hotter = (exact.kaufman_energy((4, 4), beta + s) for s in (step, -step))
    slope = -(beta**2) * (colder - hotter) / (2 * step)  # de/dT = -beta^2 de/dbeta
    drawn = as_samples(four_by_four, beta)
    assert obs.specific_heat(drawn["e"], beta, 16) == pytest.approx(slope, rel=1e-3)


def test_susceptibility_is_the_response_to_a_field_in_the_hot_phase_but_for_the_subtraction(four_by_four):
    m, e, beta, field = four_by_four["m"], four_by_four["e"], 0.1, 1e-4
    tilted = [np.exp(-beta * 16 * (e - h * m)) for h in (field, -field)]
    response = np.subtract(*(p @ m / p.sum() for p in tilted)) / (2 * field)
    drawn = as_samples(four_by_four, beta)["m"]
    assert obs.susceptibility(drawn, beta, 16) + beta * 16 * abs(drawn).mean() ** 2 == pytest.approx(response, rel=1e-3)


def test_two_signs_do_not_inflate_the_susceptibility_of_an_ordered_lattice():
    m = np.where(rng().random(10_000) < 0.5, -0.9, 0.9) + rng(1).normal(0, 0.01, 10_000)
    assert obs.susceptibility(m, 0.5, 100) == pytest.approx(0.5 * 100 * 1e-4, rel=0.05)


def test_binder_has_its_limits():
    assert obs.binder_cumulant(np.array([1.0, -1.0, 1.0])) == pytest.approx(2 / 3)
    assert obs.binder_cumulant(rng().normal(size=400_000)) == pytest.approx(0, abs=0.01)


def test_the_axis_of_samples_may_be_chosen_and_several_pooled():
    m = rng().uniform(-1, 1, (3, 4, 500))
    assert obs.binder_cumulant(m).shape == (3, 4)
    assert obs.binder_cumulant(m, axis=(1, 2)).shape == (3,)
    beta = np.array([0.1, 0.2, 0.3])
    pooled = obs.susceptibility(m, beta, 16, axis=(1, 2))
    assert np.allclose(pooled, [obs.susceptibility(one, b, 16, axis=None) for one, b in zip(m, beta, strict=True)])
    assert obs.specific_heat(m, 1.0, 16, axis=0).shape == (4, 500)


# -------------------------------------------------------------------------------------------------- errors


def test_the_error_of_a_mean_covers_the_truth_as_often_as_it_should():
    chains = rng(1).normal(size=(400, 12, 30))  # 400 experiments of 12 chains
    results = [obs.mean_and_error(one) for one in chains]
    inside = np.mean([abs(r.value) < r.error for r in results])
    assert inside == pytest.approx(0.66, abs=0.07)  # Student's t with 11 degrees of freedom: 66 %
    assert np.mean([r.error for r in results]) == pytest.approx(1 / math.sqrt(360), rel=0.05)


def test_samples_that_repeat_do_not_shrink_the_error():
    chains = rng(2).normal(size=(16, 1, 3))
    slow = np.repeat(chains, 1000, axis=1)  # a chain that never moves holds one sample
    assert np.allclose(obs.mean_and_error(slow).error, chains[:, 0].std(axis=0, ddof=1) / 4)
    assert obs.mean_and_error(slow).value.shape == (3,)


def test_blocks_of_one_chain_give_an_error_and_no_block_gives_none():
    series = rng(3).normal(size=(1, 4003))
    assert obs.mean_and_error(series, n_blocks=40).error == pytest.approx(1 / math.sqrt(4000), rel=0.25)
    assert math.isnan(obs.mean_and_error(series).error)
    assert obs.mean_and_error(series, 40).value == pytest.approx(series[0, 3:].mean())  # the front is dropped


def test_jackknife_of_a_mean_is_the_error_of_the_mean():
    series = rng(4).normal(size=(10, 50))
    assert obs.jackknife(np.mean, series) == pytest.approx(obs.mean_and_error(series))


def test_jackknife_of_a_variance_and_of_a_ratio_has_the_right_size():
    many = rng(5).normal(size=(300, 20, 40)) + 3
    results = [obs.jackknife(np.var, one) for one in many]
    assert np.mean([r.error for r in results]) == pytest.approx(np.std([r.value for r in results]), rel=0.15)
    x, y = many[:100], many[100:200] * 2
    ratios = [obs.jackknife(lambda a, b: a.mean() / b.mean(), *pair) for pair in zip(x, y, strict=True)]
    assert np.mean([r.error for r in ratios]) == pytest.approx(np.std([r.value for r in ratios]), rel=0.25)


def test_jackknife_leaves_the_same_chain_out_of_all_series():
    x = rng(6).normal(size=(12, 30)) + 5
    assert obs.jackknife(lambda a, b: a.mean() / b.mean(), x, 2 * x).error == pytest.approx(0, abs=1e-12)


def test_jackknife_of_independent_runs_leaves_out_one_chain_of_one_run_at_a_time():
    x, y = rng(7).normal(size=(9, 30)), rng(8).normal(size=(14, 20)) * 2
    errors = [obs.mean_and_error(one).error for one in (x, y)]
    result = obs.jackknife(lambda a, b: a.mean() - b.mean(), x, y, independent=True)
    assert result == pytest.approx((x.mean() - y.mean(), math.hypot(*errors)))


def test_a_measurement_is_a_pair_and_prints_its_digits():
    value, error = obs.Measurement(0.44068, 0.00123)
    assert (value, error) == (0.44068, 0.00123)
    assert str(obs.Measurement(0.44068, 0.00123)) == "0.4407 ± 0.0012"
    assert str(obs.Measurement(12.0, math.nan)) == "12.000000 ± nan"


# --------------------------------------------------------------------------------------------- phases, crossings


def test_latent_heat_is_hot_minus_cold():
    cold, hot = rng(8).normal(-1.66, 0.02, (8, 100)), rng(9).normal(-0.97, 0.02, (6, 100))
    heat = obs.latent_heat(cold, hot)
    assert heat.value == pytest.approx(0.69, abs=0.01)
    assert heat.error == pytest.approx(math.hypot(0.02 / math.sqrt(800), 0.02 / math.sqrt(600)), rel=0.6)


def test_two_phases_without_a_shift_are_plain_means():
    energy = np.array([-1.7, -1.6, -1.0, -0.9, -0.8])
    assert obs.two_phases(energy, 0.0, 100, -1.3) == pytest.approx((0.4, -1.65, -0.9))


def test_two_phases_shifted_are_those_of_an_exact_distribution_at_the_other_beta():
    """All levels of a 3 x 3 Ising torus, each as often as at one beta, read at another."""
    levels, counts = exact.density_of_states((3, 3))
    weight = {beta: counts * np.exp(-beta * (levels - levels.min())) for beta in (0.3, 0.35)}
    energy = np.repeat(levels / 9, np.rint(weight[0.3] / weight[0.3].sum() * 1e6).astype(int))
    low = levels / 9 < -0.5
    share, ordered, disordered = obs.two_phases(energy, 0.05, 9, -0.5)
    w = weight[0.35]
    assert share == pytest.approx(w[low].sum() / w.sum(), abs=1e-4)
    assert ordered == pytest.approx((w * levels)[low].sum() / w[low].sum() / 9, abs=1e-4)
    assert disordered == pytest.approx((w * levels)[~low].sum() / w[~low].sum() / 9, abs=1e-4)


def test_two_phases_neither_overflow_nor_hide_an_empty_phase():
    share, ordered, disordered = obs.two_phases([-1.7, -1.6], 10.0, 10_000, -1.3)
    assert (share, ordered) == pytest.approx((1.0, -1.7))
    assert math.isnan(disordered)
    with pytest.raises(ValueError, match=r"energy = .*: expected finite"):
        obs.two_phases([math.nan], 0.0, 4, 0.0)
    with pytest.raises(ValueError, match="n_spins = 0"):
        obs.two_phases([0.0], 0.0, 0, 0.0)


@pytest.mark.parametrize("share", [0.5, 10 / 11])
def test_balance_gives_the_ordered_phase_its_share(share):
    energy = np.concatenate([rng(31).normal(-1.7, 0.05, (3, 200)), rng(32).normal(-1.0, 0.05, (3, 60))], axis=1)
    shift, ordered, disordered = obs.balance(energy, 400, -1.35, share)
    assert obs.two_phases(energy, shift, 400, -1.35) == pytest.approx((share, ordered, disordered))
    assert ordered < -1.6 < -1.1 < disordered


def test_balance_of_two_levels_is_known():
    energy = np.array([-1.5, -1.5, -1.5, -1.0])
    shift = -math.log(3) / (0.5 * 100)
    assert obs.balance(energy, 100, -1.2) == pytest.approx((shift, -1.5, -1.0))


def test_balance_needs_samples_of_both_phases():
    with pytest.raises(ValueError, match="cut = -3: expected energies on both sides"):
        obs.balance([-1.5, -1.0], 100, -3)
    with pytest.raises(ValueError, match="share = 1"):
        obs.balance([-1.5, -1.0], 100, -1.2, 1)


def test_crossing_of_two_parabolas():
    x = np.linspace(0, 1, 7)
    assert obs.crossing(x, x**2, 0.3 * np.ones(7), degree=2) == pytest.approx(math.sqrt(0.3))
    assert obs.crossing(x[::-1], (x**2)[::-1], 0.3 * np.ones(7), degree=2) == pytest.approx(math.sqrt(0.3))


def test_crossing_of_lines_with_noise_uses_all_points():
    x = np.linspace(0, 1, 41)
    noise = rng(10).normal(0, 0.05, 41)
    assert obs.crossing(x, 2 * x + noise, 0.8 + 0 * x) == pytest.approx(0.4, abs=0.02)


def test_binder_crossing_finds_where_two_made_curves_cross():
    """Spins ±a with normal noise, whose spread makes U known: equal for both sizes at x = 0.3 and nowhere else."""
    x = np.linspace(0, 0.6, 5)

    def series(steepness: float, chains: int, seed: int) -> np.ndarray:
        spread = np.exp(steepness * (x - 0.3))[:, None, None]
        sign = rng(seed).choice([-1, 1], (5, chains, 400))
        return sign + 0.5 * spread * rng(seed + 1).normal(size=sign.shape)

    result = obs.binder_crossing(x, series(0.5, 8, 11), series(2.0, 12, 21), degree=3)
    assert abs(result.value - 0.3) < 4 * result.error
    assert 0.001 < result.error < 0.03


# ------------------------------------------------------------------------------------------- NumPy and JAX


def test_jax_goes_in_and_comes_out_also_inside_jit():
    jax = pytest.importorskip("jax")
    spins = rng(12).choice([-1, 1], size=(3, L, L)).astype(np.int8)
    colours = rng(12).integers(0, 5, size=(3, L, L)).astype(np.uint8)
    angles = rng(13).uniform(0, 2 * np.pi, size=(3, L, L)).astype(np.float32)
    cases = [
        (obs.magnetisation, spins),
        (obs.planar_magnetisation, angles),
        (lambda c: obs.clock_angles(c, 5), colours),
        (obs.correlation_function, spins),
        (lambda a: obs.correlation_function(a - 3, 0.1 * a), angles),
        (obs.winding_numbers, angles),
        (lambda c: obs.winding_numbers(c, 5), colours),
        (obs.vortex_density, angles),
        (obs.helicity_terms, angles),
        (lambda a: obs.helicity_modulus(obs.helicity_terms(a), 1.1, 64), angles),
        (lambda s: obs.susceptibility(obs.magnetisation(s), 0.4, 64), spins),
        (lambda s: obs.specific_heat(obs.magnetisation(s), 0.4, 64), spins),
        (lambda s: obs.binder_cumulant(obs.magnetisation(s)), spins),
    ]
    results = jax.jit(lambda inputs: [function(x) for (function, _), x in zip(cases, inputs, strict=True)])(
        [jax.numpy.asarray(values) for _, values in cases]
    )
    for (function, values), result in zip(cases, results, strict=True):
        plain = function(values)
        assert isinstance(plain, np.ndarray | np.floating)
        assert np.allclose(plain, result, rtol=2e-4, atol=2e-5)
    assert isinstance(obs.magnetisation(jax.numpy.asarray(spins)), jax.Array)
    assert isinstance(obs.winding_numbers(jax.numpy.asarray(angles)), jax.Array)


def test_a_traced_beta_is_taken():
    jax = pytest.importorskip("jax")
    m = jax.numpy.linspace(-1, 1, 50)
    chi = jax.jit(lambda beta: obs.susceptibility(m, beta, 16))(0.4)
    assert chi == pytest.approx(obs.susceptibility(np.linspace(-1, 1, 50), 0.4, 16), rel=1e-4)


def test_importing_it_loads_neither_jax_nor_torch():
    code = "import sys, course_utils.lattice.observables; sys.exit(any(m in sys.modules for m in ('torch', 'jax')))"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


# ------------------------------------------------------------------------------------------------- bad input


def kt(helicity, sizes=None, window=(0.8, 1.0), degree=2):
    return obs.kt_temperature([0.8, 0.9, 1.0], helicity, sizes, window=window, degree=degree)


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: obs.magnetisation(np.ones(5)), r"expected \(\.\.\., rows, cols\)"),
        (lambda: obs.magnetisation(np.ones((4, 4), bool)), r"2 \* s - 1"),
        (lambda: obs.magnetisation(np.ones((4, 4), np.uint8)), r"2 \* s - 1"),
        (lambda: obs.clock_angles(np.ones((4, 4)), 3), "integers"),
        (lambda: obs.clock_angles(np.ones((4, 4), int), 1), "q = 1"),
        (lambda: obs.planar_magnetisation(np.ones((4, 4), int)), "clock_angles"),
        (lambda: obs.helicity_terms(np.ones((4, 4), int)), "clock_angles"),
        (lambda: obs.winding_numbers(np.ones((4, 4), int)), "clock_angles"),
        (lambda: obs.winding_numbers(np.ones((4, 4)), 16), "integers"),
        (lambda: obs.correlation_function(np.ones((4, 6))), "square"),
        (lambda: obs.correlation_function(), "at least one"),
        (lambda: obs.correlation_function(np.ones((4, 4), np.uint8)), "expected signed"),
        (lambda: obs.helicity_modulus(np.ones(2), 1.0, 8), "helicity_terms"),
        (lambda: obs.helicity_modulus(np.ones((4, 2)), -1.0, 8), "beta = -1"),
        (lambda: obs.susceptibility(np.ones(4), 0.4, 0.5), "n_spins = 0.5"),
        (lambda: obs.susceptibility(np.ones(4), np.array([0.4, math.nan]), 4), "beta"),
        (lambda: obs.specific_heat(np.ones(4), 0.0, 4), "beta"),
        (lambda: obs.mean_and_error(np.ones(4)), "chains, samples"),
        (lambda: obs.mean_and_error(np.ones((4, 3)), 5), "n_blocks = 5"),
        (lambda: obs.jackknife(np.mean, np.ones((1, 9))), "at least 2"),
        (lambda: obs.jackknife(np.mean, np.ones((3, 9)), np.ones((4, 9))), "same number"),
        (lambda: obs.crossing([0, 1], [0, 1], [2, 3]), "cross 0 times"),
        (lambda: obs.crossing(np.arange(5), (np.arange(5) - 2.0) ** 2, np.ones(5), 2), "cross 2 times"),
        (lambda: obs.crossing([0, 1], [0, 1], [2, 3, 4]), r"second has shape \(3,\)"),
        (lambda: obs.crossing([0, 1], [0, 1], [2, 0], 2), "degree = 2"),
        (lambda: obs.crossing([0, 1], [0, math.nan], [2, 0]), "finite"),
        (lambda: kt([0.9, 0.6, 0.3], (16, 32)), "two sides"),
        (lambda: kt([[0.9, 0.6, 0.3]] * 2, (32, 16)), "the smaller one first"),
        (lambda: kt([0.2, 0.2, 0.1]), "cross 0 times"),
        (lambda: kt([[0.9, 0.6, 0.3]] * 2, (16, 32)), "agree 0 times"),
        (lambda: kt([0.9, 0.6, 0.3], window=(0.85, 1.0)), r"window = \(0.85, 1.0\) holds 2 temperatures"),
        (lambda: kt([0.9, 0.6, 0.3], degree=0), "degree of at least 1"),
    ],
)
def test_bad_input_is_refused_with_the_reason(call, words):
    with pytest.raises(ValueError, match=words):
        call()


# --------------------------------------------------------------- transitions, measured with the course's sampler


@pytest.fixture(scope="module")
def sampled():
    """The models, and one key for each test; everything is repeatable."""
    jax = pytest.importorskip("jax")
    pytest.importorskip("thrml")
    from course_utils import lattice

    return lattice, jax.random.key


@pytest.mark.slow
def test_binder_cumulants_of_ising_cross_within_half_a_percent_of_t_c(sampled):
    """Chains at T_c forget in some L^2.2 sweeps: 230 for L = 12, 1100 for L = 24, so many chains of a few of these."""
    lattice, key = sampled
    betas, n_chains = np.linspace(0.425, 0.455, 5), 72
    series = []
    for size, n_samples in ((12, 1500), (24, 3000)):
        out = lattice.Ising(size).measure(
            key(size),
            np.repeat(betas, n_chains),
            {"m": obs.magnetisation},
            n_samples=n_samples,
            n_sweeps=2,
            n_burn_in=1500,
            n_chains=5 * n_chains,
            init="random",
        )
        series.append(np.asarray(out["m"]).reshape(5, n_chains, n_samples))
    result = obs.binder_crossing(betas, *series)
    print(f"beta_c = {result}, exact {exact.BETA_C:.5f}")
    assert result.error < 0.0025 * exact.BETA_C
    assert abs(result.value - exact.BETA_C) < 0.005 * exact.BETA_C


@pytest.mark.slow
def test_helicity_of_two_sizes_gives_the_kt_temperature_within_three_percent(sampled):
    lattice, key = sampled
    temperatures, n_chains, sizes = np.linspace(0.86, 0.96, 5), 16, (12, 32)
    series = []
    for size, n_samples in zip(sizes, (1200, 600), strict=True):
        out = lattice.XY(size, over_relaxation=3).measure(
            key(size),
            np.repeat(1 / temperatures, n_chains),
            {"terms": obs.helicity_terms},
            n_samples=n_samples,
            n_burn_in=200,
            n_chains=5 * n_chains,
            init="aligned",
        )
        series.append(np.moveaxis(np.asarray(out["terms"]).reshape(5, n_chains, n_samples, 2), 0, 2))

    def estimate(*terms: np.ndarray) -> float:
        helicity = [
            obs.helicity_modulus(one, 1 / temperatures, size**2, axis=(0, 1))
            for one, size in zip(terms, sizes, strict=True)
        ]
        return obs.kt_temperature(temperatures, helicity, sizes, window=(0.86, 0.96), degree=2)

    result = obs.jackknife(estimate, *series, independent=True)
    print(f"T_KT = {result}, best known {exact.KT_TEMPERATURE}")
    assert result.error < 0.01
    assert abs(result.value - exact.KT_TEMPERATURE) < 0.03 * exact.KT_TEMPERATURE


@pytest.mark.slow
def test_latent_heat_of_ten_colours_is_within_ten_percent_of_baxters(sampled):
    """At L = 64, six correlation lengths, neither phase leaves for the other within these runs, so each start measures
    its own phase; a histogram with both peaks would need chains that cross, 10^5 sweeps and more. q = 5 has a
    correlation length of 2512: both starts end in the same states, and the two energies differ by less than 0.0529."""
    lattice, key = sampled
    energies, order = [], []
    for number, start in enumerate(("aligned", "random")):
        out = lattice.Potts(64, 10).measure(
            key(number),
            exact.potts_beta_c(10),
            {"e": lattice.Potts(64, 10).energy, "m": lattice.Potts(64, 10).order_parameter},
            n_samples=200,
            n_sweeps=5,
            n_burn_in=1000,
            n_chains=10,
            init=start,
        )
        energies.append(np.asarray(out["e"]))
        order.append(np.asarray(out["m"]))
    heat = obs.latent_heat(*energies)
    print(f"latent heat = {heat}, exact {exact.potts_latent_heat(10):.4f}; order parameter {order[0].mean():.3f}")
    mean = -(1 + 1 / math.sqrt(10))
    assert (energies[0] < mean).all(), "a chain left the ordered phase"
    assert (energies[1] > mean).all(), "a chain left the disordered phase"
    assert heat.error < 0.03
    assert heat.value == pytest.approx(exact.potts_latent_heat(10), rel=0.10)
    assert order[0].mean() == pytest.approx(exact.potts_order_parameter_jump(10), abs=0.03)
