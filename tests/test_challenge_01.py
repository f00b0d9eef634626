"""Challenge of lesson 01, photographs: rivals in the order expected, cheats caught with their sentence."""

import contextlib
import itertools

import numpy as np
import pytest
import torch
from support.judgements import scores, told

from course_checks.challenges import (
    judge,
    photographs,
)

pytestmark = pytest.mark.slow


def test_a_camera_draws_from_the_boltzmann_distribution():
    hidden = photographs.Hidden(np.array([0.0, 1.0, 3.0]), 1)
    camera = photographs.camera_of(hidden)
    counts = torch.bincount(camera(2.0, photographs.BUDGET), minlength=3).numpy()
    p = np.exp(-hidden.energy / 2) / np.exp(-hidden.energy / 2).sum()
    assert (abs(counts - photographs.BUDGET * p) < 4 * np.sqrt(photographs.BUDGET * p * (1 - p))).all()


def test_the_landscape_itself_scores_zero_whatever_its_zero():
    energy = photographs.challenge.problems(np.random.default_rng(0))[0].energy
    assert photographs._divergence(energy, energy + 7, 0.3) == pytest.approx(0, abs=1e-12)


def test_rivals_of_the_camera_rank_as_expected():
    order = ["authors' best", "smoothed counts at T = 1", "three temperatures", "-log of the counts at T = 1"]
    ranked = scores("1", None, 1).entries
    assert [entry.name for entry in ranked[:2]] == order[:2]
    assert {entry.name for entry in ranked[2:4]} == set(order[2:])
    for one, other in itertools.pairwise(ranked[:3]):
        assert one.score + 2 * one.error < other.score - 2 * other.error


def in_debt(camera, x, budget):
    """Photographs given back that were never taken."""
    camera(1.0, -budget)
    return photographs._best(camera, x, 2 * budget)


def as_if_colder(camera, x, budget):
    return -0.3 * torch.log(torch.bincount(camera(0.3, budget), minlength=len(x)) + 1.0)


def behind_the_camera(camera, x, budget):
    with contextlib.suppress(judge.Refused):
        return camera.__closure__
    return photographs._flat(camera, x, budget)


@pytest.mark.parametrize(
    ("cheat", "sentence"),
    [
        (lambda camera, x, budget: photographs._best(camera, x, 2 * budget), "more than its 500 photographs"),
        (in_debt, "asked for -500 photographs"),
        (as_if_colder, "the camera works from T = 0.5 to 5, and your function asked at 0.3"),
        (behind_the_camera, "looked inside the camera (`.__closure__`)"),
        (lambda camera, x, budget: -torch.log(torch.bincount(camera(1.0, 9), minlength=len(x))), "not finite"),
        (lambda camera, x, budget: x[:5], "expected 81 energies, one for each place"),
        (lambda camera, x, budget: lambda x: x**2, "expected 81 energies, one for each place"),
    ],
)
def test_cheats_at_the_camera_are_refused(cheat, sentence):
    assert sentence in told("1", cheat)


def test_a_remembered_landscape_is_worth_less_than_none():
    remembered = photographs.challenge.problems(np.random.default_rng(5))[0].energy
    verdict = scores("1", lambda camera, x, budget: remembered, 1, names=["flat land"])
    assert verdict.entries[-1].name == "yours"
