"""Challenge of lesson 06, inpainting: rivals in the order expected, cheats caught with their sentence."""

import contextlib

import numpy as np
import pytest
import torch
from support.judgements import scores, told

from course_checks.challenges import (
    inpainting,
    judge,
)
from course_utils import data

pytestmark = pytest.mark.slow


def test_a_picture_in_disguise_has_its_own_energy():
    torn = inpainting.challenge.problems(np.random.default_rng(0))[0]
    assert torch.allclose(torn.off(torn.worn(torn.images)), torn.images)
    seen = []

    def looking(energy, pictures, known, budget, generator):
        assert torch.equal(known, (pictures != 0).all(0))
        x = torn.worn(torn.images)
        assert torch.equal(pictures[:, known], x[:, known])
        x.requires_grad_(True)
        (slope,) = torch.autograd.grad(energy(x).sum(), x)
        seen.append((energy(x).detach(), torn.off(slope)))
        return pictures[None]

    inpainting.challenge.attempt(looking, torn)
    value, slope = inpainting._energy_and_gradient(torn.images)
    assert torch.allclose(seen[0][0].double(), value)
    assert torch.allclose(seen[0][1].double(), slope, atol=1e-5)


def test_the_energy_score_prefers_the_true_law_to_a_point_and_to_a_wider_one():
    rng = torch.Generator().manual_seed(0)
    truth, fillings = torch.randn(2000, 3, generator=rng), torch.randn(40, 2000, 3, generator=rng)
    honest = inpainting.energy_score(fillings, truth).mean()
    for other in (0 * fillings[:1], 0.5 * fillings, 2 * fillings, fillings[:1], 1e3 * fillings[:2]):
        assert inpainting.energy_score(other, truth).mean() > honest


def test_rivals_of_inpainting_rank_as_expected():
    order = ["authors' best", "clamped Langevin", "descent", "half grey"]
    found = scores("6", None, 1, 4)
    assert [entry.name for entry in found.entries] == order
    assert found["authors' best"].score + 0.2 < found["clamped Langevin"].score


def test_pictures_that_are_known_are_noticed():
    """With the seed of the problems, of its pictures and of its disguise: the hidden halves as they are in the data."""
    images, torn = data.digits("test").images.flatten(1), inpainting.challenge.problems(np.random.default_rng(1))
    turn = iter(torn)

    def remembered(energy, pictures, known, budget, generator):
        problem = next(turn)
        return problem.worn(images[torch.cdist(problem.images, images).argmin(1)])[None]

    verdict = scores("6", remembered, 1, names=["half grey"])
    assert verdict.entries[-1].name == "yours"
    assert "nearer than a guess can be: known from elsewhere?" in verdict["yours"].fault


def plain_data(energy, pictures, known, budget, generator):
    """The nearest test pictures, as if there were no disguise."""
    images = data.digits("test").images.flatten(1)
    return images[torch.cdist(pictures[:, known], images[:, known]).argsort(1)[:, :20].T]


def far_apart(energy, pictures, known, budget, generator):
    return torch.stack([pictures - 100, pictures + 100])


@pytest.mark.parametrize("cheat", [plain_data, far_apart])
def test_pictures_without_the_disguise_and_guesses_far_apart_do_not_pay(cheat):
    assert scores("6", cheat, 1, 4, ["half grey"]).entries[-1].name == "yours"


def behind_the_energy(energy, pictures, known, budget, generator):
    with contextlib.suppress(judge.Refused):
        return energy._inside["function"]
    return pictures[None]


@pytest.mark.parametrize(
    ("cheat", "sentence"),
    [
        (lambda e, p, known, budget, g: inpainting._clamped(e, p, known, 2 * budget, g) + e(p), "more than its 3,200"),
        (behind_the_energy, "looked inside the energy (`._inside`)"),
        (lambda e, p, known, budget, g: p, "returned (8, 64): expected 1 to 40 fillings"),
        (lambda e, p, known, budget, g: p.expand(41, 8, 64), "returned (41, 8, 64): expected 1 to 40 fillings"),
        (lambda e, p, known, budget, g: p[None] / 0, "not finite"),
    ],
)
def test_cheats_at_inpainting_are_refused(cheat, sentence):
    assert sentence in told("6", cheat)
