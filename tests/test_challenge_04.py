"""Challenge of lesson 04, the minimum: rivals in the order expected, cheats caught with their sentence."""

import numpy as np
import pytest
import torch
from support.judgements import scores, told

from course_checks.challenges import (
    minimum,
)

pytestmark = pytest.mark.slow


def test_the_minimum_of_a_terrain_is_zero_where_its_disguise_puts_it():
    for pair in minimum.challenge.problems(np.random.default_rng(0)):
        for terrain in pair:
            value, gradient = terrain.function(torch.zeros(1, minimum.DIM, dtype=torch.float64))
            assert abs(float(value)) < 1e-12
            assert gradient.abs().max() < 1e-9
            assert terrain.worn.shift.abs().max() <= minimum.HALF


def test_rivals_of_the_search_rank_as_expected():
    ranked = scores("4", None, 1, 5).entries
    assert [entry.name for entry in ranked[:2]] == ["authors' best", "annealing"]


def test_a_remembered_minimum_is_refused():
    assert "a state where it never asked for the energy" in told(
        "4", lambda energy, dim, budget, generator: torch.zeros(dim)
    )


def test_a_remembered_minimum_that_was_asked_for_is_worth_nothing():
    def origin(energy, dim, budget, generator):
        energy(torch.zeros(1, dim))
        return torch.zeros(dim)

    assert scores("4", origin, 1, 6, ["random points"]).entries[-1].name == "yours"


def test_more_gradients_for_the_search_are_refused():
    def greedy(energy, dim, budget, generator):
        return minimum._random(energy, dim, budget + 1, generator)

    assert "asked for more than its 2,000 evaluations" in told("4", greedy)
