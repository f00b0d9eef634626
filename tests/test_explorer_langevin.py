"""Lesson 03's explorer: its numbers against quadrature and formulas, and the answer to its question."""

import math
import re

import pytest
import torch
from scipy import integrate

from course_utils.explorers import langevin
from course_utils.explorers.chain_histogram import CHAINS, density, draw, landscapes

NUMBERS = re.compile(r"Variance ([\d.e+]+) ± ([\d.e+-]+), exact ([\d.]+)")


@pytest.fixture(scope="module")
def explorer():
    return langevin()


def measured(caption: str) -> tuple[float, float, float]:
    """Variance, its error, and the exact variance, as the caption says them."""
    return tuple(float(value) for value in NUMBERS.search(caption).groups())


@pytest.mark.parametrize("name", landscapes())
@pytest.mark.parametrize("temperature", [0.1, 0.7, 5.0])
def test_exact_variance_agrees_with_adaptive_quadrature(name, temperature):
    landscape = landscapes()[name]

    def weight(x: float) -> float:
        return math.exp(-float(landscape.energy(torch.tensor(x, dtype=torch.float64))) / temperature)

    ((_, half),) = landscape.energy.domain_at(temperature)
    pieces = [(k / 4, (k + 1) / 4) for k in range(math.ceil(4 * half))]  # the peaks are narrow
    z = sum(integrate.quad(weight, a, b)[0] for a, b in pieces)
    second = sum(integrate.quad(lambda x: x * x * weight(x), a, b)[0] for a, b in pieces)
    x, dx, p = density(landscape, temperature)
    assert float((p * x**2).sum()) * dx == pytest.approx(second / z, rel=2e-4)


@pytest.mark.parametrize("temperature", [0.2, 1.0, 10**0.6])
def test_its_question_has_the_answer_one_at_every_temperature(explorer, temperature):
    ratios = {}
    for step_size in (10**-0.05, 1.0, 10**0.05):  # neighbours on the slider
        value, error, exact = measured(draw("bowl", "ULA", step_size, temperature, 32)[1])
        assert exact == pytest.approx(temperature, abs=6e-4)
        assert abs(value - temperature / (1 - step_size / 2)) < 4 * error
        ratios[step_size] = value / exact
    best = min(ratios, key=lambda step_size: abs(ratios[step_size] - 2))
    assert best == 1.0
    value, error, exact = measured(draw("bowl", "MALA", 1.0, temperature, 32)[1])
    assert abs(value - exact) < 4 * error


def test_one_is_on_the_slider(explorer):
    slider = explorer.controls["step_size"]
    assert (0.0 - slider.min) / slider.step == pytest.approx(round((0.0 - slider.min) / slider.step))
    explorer.set(landscape="bowl", sampler="ULA", step_size=1.0, temperature=1.0)
    assert "ε = 1.000" in explorer.caption


@pytest.mark.slow
def test_caption_and_picture_follow_each_control(explorer):
    explorer.set(landscape="bowl", sampler="ULA", step_size=0.1, temperature=1.0, n_chains=8)
    seen = {explorer.picture}
    for control, value, words in (
        ("sampler", "MALA", "MALA at ε = 0.100"),
        ("temperature", 10**0.3, "T = 1.995"),
        ("n_chains", 4, "4 chains"),
        ("landscape", "egg box", "egg box, MALA"),
        ("step_size", 0.01, "ε = 0.010"),
    ):
        explorer.set(**{control: value})
        assert words in explorer.caption
        assert explorer.error is None
        assert explorer.picture not in seen
        seen.add(explorer.picture)


def test_r_hat_complains_where_chains_stay_in_their_wells():
    cold = draw("double well", "MALA", 0.03, 0.15, 8)[1]
    assert "the chains do not agree yet" in cold
    mixed = draw("bowl", "MALA", 1.0, 1.0, 32)[1]
    assert "the chains do not agree yet" not in mixed


def test_a_diverged_run_says_so_and_names_a_stable_step():
    caption = draw("double well", "ULA", 0.3, 1.0, 8)[1]
    assert "The run stopped: a state stopped being finite" in caption
    assert "is stable" in caption
    assert "Exact variance 0.889." in caption


def test_chains_that_never_move_have_no_r_hat():
    caption = draw("egg box", "MALA", 2.0, 0.1, 8)[1]
    assert "R-hat unknown, as a chain never moved" in caption


def test_the_egg_box_is_sampled_wrongly_without_any_complaint_from_the_sampler():
    step_size = 10**-1.2  # 2.5 times the stable one, but the force is bounded
    value, error, exact = measured(draw("egg box", "ULA", step_size, 1.0, 32)[1])
    assert value - exact > 10 * error


def test_the_same_controls_give_the_same_picture(explorer):
    explorer.set(landscape="bowl", sampler="ULA", step_size=0.1, temperature=1.0, n_chains=8)
    first = explorer.picture
    explorer.set(step_size=1.0).set(step_size=0.1)
    assert explorer.picture == first


@pytest.mark.parametrize("name", landscapes())
def test_the_costliest_controls_give_a_new_picture_at_each_temperature(explorer, name):
    explorer.set(landscape=name, sampler="MALA", step_size=0.05, n_chains=max(CHAINS), temperature=1.0)
    seen = {explorer.picture}
    for temperature in (10**0.05, 10**0.1):
        explorer.set(temperature=temperature)
        assert explorer.error is None
        seen.add(explorer.picture)
    assert len(seen) == 3
