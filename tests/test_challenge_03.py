"""Challenge of lesson 03, samples: rivals in the order expected, cheats caught with their sentence."""

import numpy as np
import pytest
import torch
from support.judgements import scores, told

from course_checks.challenges import (
    landscapes,
    samples,
)

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("make", [landscapes.banana, landscapes.two_wells])
def test_moments_and_gradients_are_exact(make):
    function, (functions, means, stds), start = make(np.random.default_rng(3))
    grid = torch.cartesian_prod(torch.linspace(-11, 11, 1101).double(), torch.linspace(-9, 25, 1701).double())
    value, _ = function(grid)
    p, f = torch.softmax(-value, 0), functions(grid)
    assert torch.allclose(p @ f, means, atol=1e-4)
    assert torch.allclose((p @ (f - means) ** 2).sqrt(), stds, atol=1e-4)
    assert function(start[None])[0] < value.min() + 3


@pytest.mark.parametrize(
    "make",
    [
        lambda rng: landscapes.banana(rng)[0],
        lambda rng: landscapes.two_wells(rng)[0],
        lambda rng: landscapes.bowl_of_pits(rng, 2),
        lambda rng: landscapes.rippled_funnel(rng, 2),
    ],
)
def test_a_disguise_turns_energy_and_gradient_alike(make):
    rng = np.random.default_rng(0)
    worn = landscapes.disguise(rng, 2, 3.0)
    function = worn.worn(make(rng))
    x = torch.randn(5, 2, dtype=torch.float64, requires_grad=True)
    value, gradient = function(x)
    assert torch.allclose(torch.autograd.grad(value.sum(), x)[0], gradient)
    assert torch.allclose(worn.off(worn.on(x)), x)


def test_independent_draws_are_worth_their_number():
    """Exact draws from a known Gaussian mixture, each asked for once: effective samples are as many as samples."""
    errors = []
    for seed in range(200):
        rng = np.random.default_rng(seed)
        weights = np.array([0.4, 0.6])
        pick = rng.random(100) < weights[1]
        y = torch.tensor(np.where(pick, 4.0, -4.0) + rng.normal(size=100))
        mean, variance = 4 * (weights[1] - weights[0]), 17 - (4 * (weights[1] - weights[0])) ** 2
        errors.append([float((y.mean() - mean) ** 2) / variance])
    effective = samples._effective(np.array(errors)) * samples.BUDGET / 1000
    assert effective == pytest.approx(100, rel=0.25)


def test_rivals_of_sampling_rank_as_expected():
    places = scores("3", None, 1, 3).places
    assert places == {"authors' best": 1, "replica exchange": 2, "MALA": 3, "ULA": 4}


def test_samples_that_were_never_asked_for_are_refused():
    def remembered(energy, start, budget, generator):
        return start + torch.randn(1000, 2, generator=generator, dtype=torch.float64)

    assert "1,000 of your 1,000 samples are points where you never asked for the energy" in told("3", remembered)


def test_more_gradients_than_allowed_are_refused():
    def greedy(energy, start, budget, generator):
        return samples._mala(energy, start, 2 * budget, generator)

    assert "asked for more than its 3,000 evaluations" in told("3", greedy)


def test_copies_are_not_effective_samples():
    def copies(energy, start, budget, generator):
        energy(start)
        return start.repeat(100_000, 1)

    assert scores("3", copies, 1, 2, ())["yours"].score < 1
