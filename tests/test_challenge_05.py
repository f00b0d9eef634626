"""Challenge of lesson 05, shapes: rivals in the order expected, cheats caught with their sentence."""

import numpy as np
import pytest
import torch
from support.judgements import busy, scores, told

from course_checks.challenges import (
    shapes,
)

pytestmark = pytest.mark.slow


def test_a_drawing_has_an_exact_density_and_keeps_off_the_edge():
    for shape in shapes.challenge.problems(np.random.default_rng(0)):
        side = torch.linspace(-5, 5, 201).double()
        p = shape.log_prob(torch.cartesian_prod(side, side)).exp() * 0.05**2
        assert float(p.sum()) == pytest.approx(1, abs=1e-4)
        x = shape.sample(4000, torch.Generator().manual_seed(0)).double()
        mean = (p[:, None] * torch.cartesian_prod(side, side)).sum(0)
        assert torch.allclose(x.mean(0), mean, atol=0.15)


def test_the_exact_density_scores_zero():
    shape = shapes.challenge.problems(np.random.default_rng(0))[0]
    assert shapes._divergence(shape, lambda x: 7.0 - shape.log_prob(x), torch.Generator()) == pytest.approx(0, abs=1e-4)


def test_rivals_of_fitting_rank_as_expected():
    ranked = [entry.name for entry in scores("5", None, 1, 2).entries]
    assert ranked[0] == "authors' best"
    assert ranked[-1] == "one Gaussian"


def test_more_time_is_refused():
    def slow(points, seconds, generator):
        busy(2 * seconds)
        return shapes._gaussian(points, seconds, generator)

    assert "s of CPU time: expected at most 0.5 s" in told("5", slow)


def test_training_while_the_energy_is_called_is_refused():
    def lazy(points, seconds, generator):
        fitted = []

        def energy(x):
            if not fitted:
                busy(3 * seconds)
                fitted.append(shapes._gaussian(points, seconds, generator))
            return fitted[0](x)

        return energy

    assert "is it trained while it is called?" in told("5", lazy)


def test_an_energy_that_looks_at_the_company_of_a_point_is_refused():
    assert "must be a function of x alone" in told(
        "5", lambda points, seconds, generator: lambda x: ((x - x.mean(0)) ** 2).sum(-1)
    )
    assert "must be a function of x alone" in told("5", lambda points, seconds, generator: lambda x: torch.rand(len(x)))


def test_structure_finer_than_the_grid_is_refused():
    """Needles at the points: invisible to a grid that misses them."""

    def needles(points, seconds, generator):
        def energy(x):
            return torch.cdist(x, points).amin(1).clamp(min=1e-3).log() * 8 + (x**2).sum(-1)

        return energy

    assert "structure finer than a grid" in told("5", needles)


@pytest.mark.parametrize("energy", [3.0, lambda x: x, lambda x: x.sum(-1) * torch.nan])
def test_what_is_no_energy_is_refused(energy):
    assert "your" in told("5", lambda points, seconds, generator: energy)
