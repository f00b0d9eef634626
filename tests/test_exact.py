"""Exact results for spins: against plain enumeration, against one another, and against published numbers."""

import itertools
import math
import subprocess
import sys

import numpy as np
import pytest
from scipy.special import i0, i1, logsumexp

from course_utils.lattice import exact

BETAS = (0.1, 0.4, exact.BETA_C, 0.6, 2.0)


def plain_energies(rows: int, cols: int, wrap_rows: bool, wrap_cols: bool) -> list[int]:
    """Energies of all states by two loops, sharing nothing with the module."""
    energies = []
    for state in itertools.product((-1, 1), repeat=rows * cols):
        spin = np.reshape(state[::-1], (rows, cols))[::-1, ::-1]  # site 0 changes fastest
        energy = 0
        for r in range(rows):
            for c in range(cols):
                if c + 1 < cols or wrap_cols:
                    energy -= spin[r, c] * spin[r, (c + 1) % cols]
                if r + 1 < rows or wrap_rows:
                    energy -= spin[r, c] * spin[(r + 1) % rows, c]
        energies.append(int(energy))
    return energies


@pytest.mark.parametrize("shape", [(3, 3), (3, 4), (2, 4), (2, 2)])
@pytest.mark.parametrize("wraps", [(True, True), (False, False), (True, False), (False, True)])
def test_energies_match_two_plain_loops(shape, wraps):
    assert exact.ising_energies(shape, wraps).tolist() == plain_energies(*shape, *wraps)


def test_energies_of_a_chain_match_its_states():
    for periodic in (True, False):
        s = exact.ising_states(9).astype(int)
        energy = -(s[:, :-1] * s[:, 1:]).sum(axis=1) - (s[:, -1] * s[:, 0] if periodic else 0)
        assert np.array_equal(exact.ising_energies((9,), periodic), energy)


def test_states_are_all_different_and_bit_i_is_spin_i():
    states = exact.ising_states(5)
    assert states.shape == (32, 5)
    assert len(np.unique(states, axis=0)) == 32
    assert set(np.unique(states)) == {-1, 1}
    assert states[0b10010].tolist() == [-1, 1, -1, -1, 1]


def test_a_torus_has_two_bonds_for_each_spin_and_an_open_square_fewer():
    assert len(exact.bonds((4, 5))) == 40
    assert len(exact.bonds((4, 5), periodic=False)) == 4 * 4 + 3 * 5
    assert len(exact.bonds((7,))) == 7
    assert len(exact.bonds((7,), periodic=False)) == 6


def test_a_periodic_side_of_two_joins_its_spins_twice():
    assert exact.bonds((2,)).tolist() == [[0, 1], [0, 1]]
    assert exact.ising_energies((2,)).tolist() == [-2, 2, 2, -2]


@pytest.mark.parametrize(
    ("shape", "periodic"), [((4, 4), True), ((3, 5), False), ((17,), True), ((2, 9), (False, True))]
)
def test_density_of_states_counts_the_energies(shape, periodic):
    levels, counts = np.unique(exact.ising_energies(shape, periodic), return_counts=True)
    got = exact.density_of_states(shape, periodic)
    assert np.array_equal(got[0], levels)
    assert np.array_equal(got[1], counts)


def test_four_by_four_torus_has_the_known_density_of_states():
    levels, counts = exact.density_of_states((4, 4))
    assert dict(zip(levels.tolist(), counts.tolist(), strict=True)) == {
        -32: 2, -24: 32, -20: 64, -16: 424, -12: 1728, -8: 6688, -4: 13568, 0: 20524,
        4: 13568, 8: 6688, 12: 1728, 16: 424, 20: 64, 24: 32, 32: 2,
    }  # fmt: skip


def test_enumeration_of_25_spins_stays_small_in_memory_and_counts_every_state():
    _, counts = exact.density_of_states((5, 5))
    assert counts.sum() == 2**25


@pytest.mark.parametrize("beta", BETAS)
def test_enumerated_log_z_and_energy_match_the_list_of_states(beta):
    energy = exact.ising_energies((3, 4)).astype(float)
    log_z = logsumexp(-beta * energy)
    assert exact.enumerated_log_z((3, 4), beta) == pytest.approx(log_z, abs=1e-12)
    mean = (np.exp(-beta * energy - log_z) * energy).sum() / 12
    assert exact.enumerated_energy((3, 4), beta) == pytest.approx(mean, abs=1e-12)


@pytest.mark.parametrize("beta", BETAS)
@pytest.mark.parametrize("n", [2, 3, 8, 13])
def test_chain_transfer_matrix_matches_enumeration(n, beta):
    for periodic in (True, False):
        assert exact.chain_log_z(n, beta, periodic=periodic) == pytest.approx(
            exact.enumerated_log_z((n,), beta, periodic), abs=1e-11
        )


@pytest.mark.parametrize("field", [0.3, -1.7])
def test_chain_in_a_field_matches_enumeration(field):
    s = exact.ising_states(7).astype(float)
    for periodic in (True, False):
        energy = exact.ising_energies((7,), periodic) - field * s.sum(axis=1)
        got = exact.chain_log_z(7, 0.8, field, periodic)
        assert got == pytest.approx(logsumexp(-0.8 * energy), abs=1e-11)


def test_chain_of_one_spin_is_two_cosh():
    assert exact.chain_log_z(1, 0.7, 2.0, periodic=False) == pytest.approx(math.log(2 * math.cosh(1.4)), abs=1e-13)


def test_chain_of_a_million_spins_matches_its_closed_form():
    n, log_c = 1_000_000, math.log(2 * math.cosh(1.0))
    assert exact.chain_log_z(n, 1.0, periodic=False) == pytest.approx(math.log(2) + (n - 1) * log_c, rel=1e-12)
    assert exact.chain_log_z(n, 1.0) == pytest.approx(n * log_c, rel=1e-12)


@pytest.mark.parametrize("wraps", [(True, True), (False, False), (True, False), (False, True)])
@pytest.mark.parametrize(("width", "length"), [(2, 3), (3, 4), (4, 3), (4, 4)])
def test_strip_matches_enumeration(width, length, wraps):
    for beta in BETAS:
        got = exact.strip_log_z(width, length, beta, wraps)
        assert got == pytest.approx(exact.enumerated_log_z((width, length), beta, wraps), abs=1e-11)


def test_a_strip_may_be_read_along_either_side():
    assert exact.strip_log_z(5, 7, 0.45, (True, False)) == pytest.approx(
        exact.strip_log_z(7, 5, 0.45, (False, True)), abs=1e-10
    )


@pytest.mark.parametrize("beta", BETAS)
@pytest.mark.parametrize("shape", [(2, 2), (2, 3), (3, 2), (3, 3), (3, 4), (4, 3), (4, 4), (2, 7)])
def test_kaufman_matches_enumeration(shape, beta):
    assert exact.kaufman_log_z(shape, beta) == pytest.approx(exact.enumerated_log_z(shape, beta), abs=1e-11)
    assert exact.kaufman_energy(shape, beta) == pytest.approx(exact.enumerated_energy(shape, beta), abs=1e-11)


@pytest.mark.parametrize("beta", BETAS)
def test_kaufman_matches_the_transfer_matrix_of_a_torus_of_8_by_50(beta):
    assert exact.kaufman_log_z((8, 50), beta) == pytest.approx(exact.strip_log_z(8, 50, beta), rel=1e-12)
    assert exact.kaufman_log_z((50, 8), beta) == pytest.approx(exact.kaufman_log_z((8, 50), beta), rel=1e-13)


@pytest.mark.parametrize(
    ("size", "beta", "log_z"),
    [
        (16, 0.4, 225.22884675588),
        (32, 0.44068679, 952.64807439597),  # a value of beta_c rounded to eight digits
        (32, exact.BETA_C, 952.64807954854),
    ],
)
def test_kaufman_log_z_has_the_known_digits(size, beta, log_z):
    assert exact.kaufman_log_z(size, beta) == pytest.approx(log_z, abs=2e-11)


@pytest.mark.parametrize(
    ("size", "beta", "energy"),
    [(16, 0.4, -1.131317984), (32, 0.44068679, -1.433658433), (64, 0.3, -0.7044990708), (64, 0.5, -1.745564575)],
)
def test_kaufman_energy_has_the_known_digits(size, beta, energy):
    assert exact.kaufman_energy(size, beta) == pytest.approx(energy, abs=6e-10)


@pytest.mark.parametrize("beta", [0.01, 0.2, 0.4406, exact.BETA_C, 0.4408, 1.0])
def test_kaufman_energy_is_minus_the_slope_of_log_z(beta):
    step = 1e-5
    slope = (exact.kaufman_log_z(24, beta + step) - exact.kaufman_log_z(24, beta - step)) / (2 * step)
    assert exact.kaufman_energy(24, beta) == pytest.approx(-slope / 24**2, abs=2e-8)


def test_kaufman_is_smooth_through_the_critical_point():
    near = [exact.kaufman_energy(32, exact.BETA_C + shift) for shift in (-1e-9, 0.0, 1e-9)]
    assert near[0] > near[1] > near[2]
    assert near[0] - near[2] == pytest.approx(2 * (near[1] - near[2]), rel=1e-3)


def test_kaufman_at_beta_zero_counts_states():
    assert exact.kaufman_log_z((6, 4), 0.0) == pytest.approx(24 * math.log(2), abs=1e-12)
    assert exact.kaufman_energy((6, 4), 0.0) == 0.0


def test_kaufman_stays_finite_on_a_large_cold_lattice():
    assert exact.kaufman_log_z(1024, 3.0) == pytest.approx(
        2 * 3.0 * 1024**2 + math.log(2) + 1024**2 * math.exp(-24), rel=1e-12
    )


@pytest.mark.parametrize("beta", [0.05, 0.2, 0.4, 0.5, 0.8, 2.0])
def test_onsager_is_the_limit_of_kaufman_away_from_the_critical_point(beta):
    log_degeneracy = math.log(2) if beta > exact.BETA_C else 0.0  # two phases
    log_z = (exact.kaufman_log_z(256, beta) - log_degeneracy) / 256**2
    assert exact.onsager_log_z(beta) == pytest.approx(log_z, abs=1e-11)
    assert exact.onsager_energy(beta) == pytest.approx(exact.kaufman_energy(256, beta), abs=1e-9)


def test_onsager_at_the_critical_point_has_the_published_values():
    catalan = 0.915965594177219
    assert exact.onsager_log_z(exact.BETA_C) == pytest.approx(math.log(2) / 2 + 2 * catalan / math.pi, abs=1e-10)
    assert exact.onsager_energy(exact.BETA_C) == pytest.approx(-math.sqrt(2), abs=1e-6)


@pytest.mark.parametrize("beta", [0.0005, 0.01, 0.3, 0.43, 0.45, 0.7, 3.0])
def test_onsager_energy_is_minus_the_slope_of_onsager_log_z(beta):
    step = 1e-4 * min(beta, 1)
    slope = (exact.onsager_log_z(beta + step) - exact.onsager_log_z(beta - step)) / (2 * step)
    assert exact.onsager_energy(beta) == pytest.approx(-slope, abs=1e-5)


def test_onsager_energy_has_its_limits():
    assert exact.onsager_energy(0.0) == 0.0
    assert exact.onsager_energy(10.0) == pytest.approx(-2.0, abs=1e-12)
    assert exact.onsager_energy(0.000999999) == pytest.approx(exact.onsager_energy(0.001000001), rel=1e-5)


def test_beta_c_is_self_dual():
    assert math.sinh(2 * exact.BETA_C) == pytest.approx(1.0, abs=1e-14)


def test_magnetisation_is_zero_in_the_hot_phase_and_grows_as_the_eighth_root_below():
    assert exact.yang_magnetisation(0.3) == exact.yang_magnetisation(exact.BETA_C) == 0.0
    assert exact.yang_magnetisation(0.5) == pytest.approx(0.911319377877496, abs=1e-12)
    assert exact.yang_magnetisation(5.0) == pytest.approx(1.0, abs=1e-12)
    ratio = exact.yang_magnetisation(exact.BETA_C + 2e-9) / exact.yang_magnetisation(exact.BETA_C + 1e-9)
    assert ratio == pytest.approx(2**0.125, rel=1e-6)


def plain_sum(pair_energy, rows: int, cols: int, q: int, wrap_rows: bool, wrap_cols: bool, beta: float) -> float:
    """Energy per spin of q-state spins by plain loops, sharing nothing with the module."""
    energies = []
    for state in itertools.product(range(q), repeat=rows * cols):
        energy = 0.0
        for r in range(rows):
            for c in range(cols):
                here = state[r * cols + c]
                if c + 1 < cols or wrap_cols:
                    energy += pair_energy(here, state[r * cols + (c + 1) % cols])
                if r + 1 < rows or wrap_rows:
                    energy += pair_energy(here, state[(r + 1) % rows * cols + c])
        energies.append(energy)
    log_z = logsumexp(-beta * np.array(energies))
    return (np.exp(-beta * np.array(energies) - log_z) * energies).sum() / (rows * cols)


@pytest.mark.parametrize("wraps", [(True, True), (False, False), (True, False), (False, True)])
@pytest.mark.parametrize(("shape", "q"), [((2, 3), 3), ((3, 2), 4), ((2, 2), 5), ((3, 3), 2)])
def test_potts_and_clock_match_plain_loops(shape, q, wraps):
    for beta in (0.3, 1.4):
        potts = plain_sum(lambda a, b: -float(a == b), *shape, q, *wraps, beta)
        assert exact.potts_energy(shape, q, beta, wraps) == pytest.approx(potts, abs=1e-11)
        clock = plain_sum(lambda a, b: -math.cos(2 * math.pi * (a - b) / q), *shape, q, *wraps, beta)
        assert exact.clock_energy(shape, q, beta, wraps) == pytest.approx(clock, abs=1e-11)


@pytest.mark.parametrize("beta", BETAS)
@pytest.mark.parametrize("shape", [(4, 4), (6, 5), (30, 4)])
def test_two_states_are_the_ising_model_and_four_clock_states_are_two_of_them(shape, beta):
    """Kaufman's formula knows the answer; an Ising pair differs by 2 J, a Potts pair by J."""
    energy = exact.kaufman_energy(shape, beta)
    assert exact.clock_energy(shape, 2, beta) == pytest.approx(energy, abs=1e-12)
    assert exact.potts_energy(shape, 2, 2 * beta) == pytest.approx((energy - 2) / 2, abs=1e-12)
    if max(shape[1], 4) == 4:  # cos(k pi/2 - k' pi/2) = (s s' + t t') / 2 with two Ising spins for each k
        assert exact.clock_energy(shape, 4, 2 * beta) == pytest.approx(energy, abs=1e-12)


def test_three_clock_states_are_the_potts_model():
    """cos is 1 for equal states and -1/2 for different ones: a Potts bond times 3/2, minus 1/2."""
    assert exact.clock_energy((4, 5), 3, 1.0) == pytest.approx(1.5 * exact.potts_energy((4, 5), 3, 1.5) + 1, rel=1e-12)


def test_an_open_chain_of_q_states_has_its_closed_form():
    satisfied = math.exp(1.3) / (math.exp(1.3) + 6)  # the share of equal neighbours
    assert exact.potts_energy((50, 1), 7, 1.3, False) == pytest.approx(-49 / 50 * satisfied, rel=1e-13)


def test_many_clock_states_approach_the_xy_model():
    """Open chain of angles: log Z = log(2 pi) + (n - 1) log(2 pi I_0(beta)), so each bond has I_1(beta) / I_0(beta)."""
    assert exact.clock_energy((10, 1), 32, 1.5, False) == pytest.approx(-0.9 * i1(1.5) / i0(1.5), abs=1e-12)


def test_sixteen_directions_on_three_by_three_are_within_reach():
    assert exact.clock_energy((3, 3), 16, 1.0) == pytest.approx(-1.45531767546805, abs=1e-12)
    assert exact.clock_energy((4, 2), 16, 0.0) == pytest.approx(0.0, abs=1e-12)
    assert exact.potts_energy((4, 4), 5, 50.0) == pytest.approx(-2.0, abs=1e-12)
    assert exact.potts_energy((4, 4), 5, 0.0) == pytest.approx(-2 / 5, abs=1e-12)


@pytest.mark.parametrize(
    ("q", "latent_heat", "order", "length"),
    [(5, 0.0529, 0.4921, 2512.2), (6, 0.2015, 0.6652, 158.9), (7, 0.3533, 0.7496, 48.1), (8, 0.4864, 0.7998, 23.9),
     (10, 0.6961, 0.8571, 10.56), (15, 1.0154, 0.9167, 4.18), (20, 1.1942, 0.9412, 2.70)],
)  # fmt: skip
def test_first_order_potts_transitions_have_the_published_numbers(q, latent_heat, order, length):
    assert exact.potts_latent_heat(q) == pytest.approx(latent_heat, abs=6e-5)
    assert exact.potts_order_parameter_jump(q) == pytest.approx(order, abs=6e-5)
    assert exact.potts_correlation_length(q) == pytest.approx(length, rel=2e-3)


def test_continuous_potts_transitions_have_no_jump():
    for q in (2, 3, 4):
        assert exact.potts_latent_heat(q) == exact.potts_order_parameter_jump(q) == 0
        assert exact.potts_correlation_length(q) == math.inf
    assert exact.potts_critical_energies(4) == (-1.5, -1.5)


def test_many_states_have_the_limits_of_large_q():
    """Ordered: all bonds satisfied. Disordered: of two neighbours, one in sqrt(q) agrees. Both to leading order."""
    q = 10**8
    cold, hot = exact.potts_critical_energies(q)
    assert cold == pytest.approx(-2, abs=1e-3)
    assert hot == pytest.approx(-2 / math.sqrt(q), abs=1e-5)
    assert exact.potts_order_parameter_jump(q) == pytest.approx(1, abs=1e-6)


def test_potts_meets_ising_at_two_states_and_its_own_duality_at_any():
    assert exact.potts_beta_c(2) == pytest.approx(2 * exact.BETA_C)
    assert exact.potts_critical_energies(2)[0] == pytest.approx((-math.sqrt(2) - 2) / 2)
    for q in (3, 5, 10):
        assert (math.exp(exact.potts_beta_c(q)) - 1) ** 2 == pytest.approx(q)
        cold, hot = exact.potts_critical_energies(q)
        assert (cold + hot) / 2 == pytest.approx(-(1 + 1 / math.sqrt(q)))
        assert hot - cold == pytest.approx(exact.potts_latent_heat(q))


def test_kt_temperature_is_the_published_one():
    assert abs(1 / exact.KT_TEMPERATURE - 1.1199) < 2e-4


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: exact.ising_energies((5, 5)), "at most 24"),
        (lambda: exact.density_of_states((29,)), "at most 28"),
        (lambda: exact.enumerated_log_z((6, 6), 0.4), "at most 28"),
        (lambda: exact.ising_states(21), "from 1 to 20"),
        (lambda: exact.ising_states(0), "from 1 to 20"),
        (lambda: exact.bonds((2, 2, 2)), "shape"),
        (lambda: exact.bonds((0, 3)), "shape"),
        (lambda: exact.bonds((2.5, 3)), "shape"),
        (lambda: exact.bonds((1, 3)), "periodic side"),
        (lambda: exact.bonds((3, 3), (True,)), "periodic"),
        (lambda: exact.chain_log_z(1, 0.4), "periodic side"),
        (lambda: exact.chain_log_z(4, -0.1), "beta"),
        (lambda: exact.chain_log_z(4, 0.1, math.nan), "field"),
        (lambda: exact.strip_log_z(11, 4, 0.4), "width"),
        (lambda: exact.kaufman_log_z(1, 0.4), "shape"),
        (lambda: exact.kaufman_log_z((4, 4, 4), 0.4), "shape"),
        (lambda: exact.kaufman_log_z(4, -0.4), "beta"),
        (lambda: exact.kaufman_energy(4, math.inf), "beta"),
        (lambda: exact.onsager_energy(-1.0), "beta"),
        (lambda: exact.onsager_log_z(301.0), "beta"),
        (lambda: exact.yang_magnetisation(math.nan), "beta"),
        (lambda: exact.potts_beta_c(1), "q = 1"),
        (lambda: exact.potts_latent_heat(2.5), "q = 2.5"),
        (lambda: exact.potts_critical_energies(True), "q = True"),
        (lambda: exact.potts_energy((4, 4), 16, 1.0), "at most 4194304 partial sums"),
        (lambda: exact.clock_energy((1, 9), 10**9, 1.0, False), "at most 4194304 partial sums"),
        (lambda: exact.potts_energy((4, 4), 3, -1.0), "beta"),
        (lambda: exact.clock_energy((4, 4), 0, 1.0), "q = 0"),
        (lambda: exact.clock_energy((4,), 4, 1.0), "rows, cols"),
        (lambda: exact.clock_energy((4, 1), 4, 1.0), "periodic side"),
    ],
)
def test_bad_input_is_refused_before_any_work(call, words):
    with pytest.raises(ValueError, match=words):
        call()


def test_the_module_needs_neither_torch_nor_jax():
    code = "import sys, course_utils.lattice.exact; sys.exit(any(m in sys.modules for m in ('torch', 'jax')))"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
