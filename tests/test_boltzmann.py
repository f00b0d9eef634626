"""The reference Boltzmann functions against sums by hand and Gaussian closed forms."""

import math

import pytest
import torch

from course_utils import boltzmann, energies


def test_three_states_have_the_probabilities_worked_out_by_hand():
    p = boltzmann.probabilities(torch.tensor([3.0, 1.0, 2.0], dtype=torch.float64), 1.0)
    assert [round(v, 3) for v in p.tolist()] == [0.090, 0.665, 0.245]
    assert float(p.sum()) == pytest.approx(1.0, abs=1e-15)


def test_two_states_follow_the_ratio_of_weights_at_any_temperature():
    for temperature in (0.05, 1.0, 40.0):
        p = boltzmann.probabilities(torch.tensor([0.0, 1.5], dtype=torch.float64), temperature)
        assert float(p[1] / p[0]) == pytest.approx(math.exp(-1.5 / temperature), rel=1e-12)


@pytest.mark.parametrize("temperature", [0.1, 1.0, 5.0])
def test_a_gaussian_density_is_exact_on_a_wide_grid(temperature):
    x, dx = boltzmann.grid_1d(-25, 25, 5001)
    p, log_z = boltzmann.density(x**2 / 2, dx, temperature)
    exact = torch.exp(-(x**2) / (2 * temperature)) / math.sqrt(2 * math.pi * temperature)
    assert log_z == pytest.approx(0.5 * math.log(2 * math.pi * temperature), abs=1e-12)
    assert torch.allclose(p, exact, atol=1e-12)


def test_a_density_in_the_plane_uses_the_area_of_a_cell():
    points, area = boltzmann.grid_2d(((-8, 8), (-10, 10)), 401)
    assert area == pytest.approx((16 / 400) * (20 / 400))
    p, log_z = boltzmann.density((points**2).sum(-1) / 2, area)
    assert float(p.sum()) * area == pytest.approx(1.0, abs=1e-12)
    assert log_z == pytest.approx(math.log(2 * math.pi), abs=1e-10)


def test_a_constant_added_to_the_energy_changes_log_z_and_nothing_else():
    x, dx = boltzmann.grid_1d(-3, 3, 601)
    energy = energies.DoubleWell()(x)
    p, log_z = boltzmann.density(energy, dx, 0.5)
    raised, log_z_raised = boltzmann.density(energy + 3000, dx, 0.5)
    assert torch.allclose(p, raised, rtol=1e-9)
    assert log_z_raised == pytest.approx(log_z - 6000, abs=1e-8)


@pytest.mark.parametrize("temperature", [0.3, 1.0, 4.0])
def test_thermodynamics_of_a_bowl_are_exact(temperature):
    x, dx = boltzmann.grid_1d(-25, 25, 5001)
    found = boltzmann.thermodynamics(x**2 / 2, dx, temperature)
    assert found.mean_energy == pytest.approx(temperature / 2, abs=1e-10)
    assert found.heat_capacity == pytest.approx(0.5, abs=1e-10)
    assert found.entropy == pytest.approx(0.5 * math.log(2 * math.pi * math.e * temperature), abs=1e-10)
    assert found.free_energy == pytest.approx(-0.5 * temperature * math.log(2 * math.pi * temperature), abs=1e-10)


@pytest.mark.parametrize("energy", [energies.DoubleWell(2.0), energies.AsymmetricDoubleWell(2.0, 0.4)])
def test_free_energy_and_heat_capacity_obey_their_identities(energy):
    (low, high) = energy.domain_at(2.0)[0]
    x, dx = boltzmann.grid_1d(low, high, 8001)
    step = 1e-4
    for temperature in (0.2, 0.5, 1.0, 2.0):
        at, below, above = (boltzmann.thermodynamics(energy(x), dx, temperature + s) for s in (0, -step, step))
        assert at.free_energy == pytest.approx(at.mean_energy - temperature * at.entropy, abs=1e-10)
        assert at.heat_capacity == pytest.approx((above.mean_energy - below.mean_energy) / (2 * step), rel=1e-6)
        assert at.entropy == pytest.approx(-(above.free_energy - below.free_energy) / (2 * step), rel=1e-6)


def test_an_infinite_energy_has_no_mass_and_does_no_harm():
    x, dx = boltzmann.grid_1d(-10, 10, 2001)
    energy = torch.where(x < 0, torch.full_like(x, math.inf), x**2 / 2)
    p, log_z = boltzmann.density(energy, dx)
    assert float(p[x < 0].sum()) == 0.0
    assert log_z == pytest.approx(0.5 * math.log(2 * math.pi) - math.log(2), abs=5e-3)  # half a cell at the wall


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (lambda e: boltzmann.probabilities(e, 0.0), "temperature = 0.0"),
        (lambda e: boltzmann.probabilities(e, -1.0), "temperature = -1.0"),
        (lambda e: boltzmann.probabilities(e, math.nan), "temperature = nan"),
        (lambda e: boltzmann.density(e, 0.0), "cell = 0.0"),
        (lambda e: boltzmann.density(e * math.nan, 0.1), "energy holds 3 NaN"),
        (lambda e: boltzmann.thermodynamics(e, 0.1, 0.0), "temperature = 0.0"),
        (lambda e: boltzmann.grid_1d(1.0, 1.0), "low = 1.0, high = 1.0"),
        (lambda e: boltzmann.grid_1d(0.0, 1.0, 1), "n = 1"),
        (lambda e: boltzmann.grid_2d(((0, 1),)), "domain has 1 intervals"),
    ],
)
def test_bad_input_is_named(call, says):
    with pytest.raises(ValueError, match=says):
        call(torch.ones(3))
