"""Measures of image models, on cases whose answers are known."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch

from course_utils import data
from course_utils.ebm import evaluation as ev


def rng(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


# ----------------------------------------------------------------------------------------------------------- AUROC


def test_auroc_of_perfect_reversed_and_equal_scores() -> None:
    low, high = torch.arange(5.0), torch.arange(5.0, 12.0)
    assert ev.auroc(low, high) == 1.0
    assert ev.auroc(high, low) == 0.0
    assert ev.auroc(torch.ones(4), torch.ones(9)) == 0.5


def test_auroc_counts_a_tie_as_one_half() -> None:
    # pairs (in, out): (1, 1) tie, (1, 2) right, (3, 1) wrong, (3, 2) wrong: (1/2 + 1) / 4
    assert ev.auroc([1.0, 3.0], [1.0, 2.0]) == pytest.approx(1.5 / 4)


def test_auroc_of_two_gaussians_one_standard_deviation_apart() -> None:
    n = 40_000
    a, b = torch.randn(n, generator=rng()), 1 + torch.randn(n, generator=rng(1))
    exact = 0.5 * (1 + math.erf(1 / math.sqrt(2) / math.sqrt(2)))  # Φ(1/√2)
    assert ev.auroc(a, b) == pytest.approx(exact, abs=5 * 0.5 / math.sqrt(n))


@pytest.mark.parametrize("seed", range(5))
def test_auroc_is_the_share_of_pairs_in_order_with_and_without_ties(seed: int) -> None:
    random = np.random.default_rng(seed)
    for levels in (3, 50, None):
        a, b = random.normal(size=37), random.normal(size=61) + 0.3
        if levels:
            a, b = np.round(a * levels / 4), np.round(b * levels / 4)
        expected = float((np.sign(b[:, None] - a) / 2 + 0.5).mean())
        assert ev.auroc(torch.tensor(a), torch.tensor(b)) == pytest.approx(expected, abs=1e-12)
        assert ev.auroc(torch.tensor(a).exp(), torch.tensor(b).exp()) == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize(("a", "b", "name"), [([], [1.0], "scores_in"), ([1.0], [math.nan], "scores_out")])
def test_auroc_refuses_empty_sets_and_nan(a: list[float], b: list[float], name: str) -> None:
    with pytest.raises(ValueError, match=name):
        ev.auroc(a, b)


# ------------------------------------------------------------------------------------------------- feature distance


def test_frechet_distance_of_gaussians_in_closed_form() -> None:
    # on one axis (m1 - m2)² + (s1 - s2)²; diagonal covariances add such terms
    mean_a, mean_b = torch.tensor([0.0, 1.0, -2.0]), torch.tensor([1.0, 1.0, 0.0])
    std_a, std_b = torch.tensor([1.0, 2.0, 0.5]), torch.tensor([1.5, 0.5, 0.5])
    exact = float(((mean_a - mean_b) ** 2 + (std_a - std_b) ** 2).sum())
    got = ev.frechet_distance(mean_a, torch.diag(std_a**2), mean_b, torch.diag(std_b**2))
    assert got == pytest.approx(exact, rel=1e-9)


def test_frechet_distance_of_covariances_that_do_not_commute() -> None:
    from scipy.linalg import sqrtm

    a, b = (torch.randn(4, 4, generator=rng(seed), dtype=torch.float64) for seed in (1, 2))
    a, b = a @ a.T + torch.eye(4), b @ b.T + 0.1 * torch.eye(4)
    mean = torch.zeros(4)
    exact = float(a.trace() + b.trace() - 2 * np.trace(sqrtm(a.numpy() @ b.numpy()).real))
    assert ev.frechet_distance(mean, a, mean, b) == pytest.approx(exact, rel=1e-9)
    assert ev.frechet_distance(mean, b, mean, a) == pytest.approx(exact, rel=1e-9)
    assert ev.frechet_distance(mean, a, mean, a) == pytest.approx(0, abs=1e-9)


def test_feature_distance_of_gaussian_samples_is_near_the_exact_one() -> None:
    a = torch.randn(20_000, 3, generator=rng(3)) * torch.tensor([1.0, 2.0, 3.0])
    b = torch.randn(20_000, 3, generator=rng(4)) + torch.tensor([1.0, 0.0, 0.0])
    assert ev.feature_distance(a, b) == pytest.approx(1 + 1 + 4, rel=0.03)


def test_feature_distance_ignores_the_order_and_does_not_change_under_rotation_or_shift() -> None:
    a, b = torch.randn(300, 5, generator=rng(5)), 0.5 * torch.randn(200, 5, generator=rng(6)) + 1
    value = ev.feature_distance(a, b)
    turn = torch.linalg.qr(torch.randn(5, 5, generator=rng(7)))[0]
    assert ev.feature_distance(a.flip(0), b[torch.randperm(200, generator=rng(8))]) == pytest.approx(value, rel=1e-6)
    assert ev.feature_distance(a @ turn + 3, b @ turn + 3) == pytest.approx(value, rel=1e-4)
    assert ev.feature_distance(b, a) == pytest.approx(value, rel=1e-6)
    assert ev.feature_distance(2 * a, 2 * b) == pytest.approx(4 * value, rel=1e-5)


def test_feature_distance_uses_the_features_that_it_is_given() -> None:
    a, b = torch.randn(50, 1, 4, 4, generator=rng(9)), torch.randn(50, 1, 4, 4, generator=rng(10)) + 1
    first = ev.feature_distance(a, b, lambda x: x.flatten(1)[:, :2])
    assert first == pytest.approx(ev.feature_distance(a.flatten(1)[:, :2], b.flatten(1)[:, :2]), rel=1e-9)
    with pytest.raises(ValueError, match="two pictures"):
        ev.feature_distance(a[:1], b)


def test_the_floor_falls_as_one_over_n() -> None:
    def floor(n: int) -> float:
        draws = [torch.randn(n, 8, generator=rng(seed)) for seed in range(20, 28)]
        return float(np.mean([ev.feature_distance(a, b) for a, b in zip(draws[::2], draws[1::2], strict=True)]))

    assert floor(200) / floor(1600) == pytest.approx(8, rel=0.35)


# ------------------------------------------------------------------------------------------------ effective classes


@pytest.mark.parametrize(
    ("shares", "classes"),
    [([0.1] * 10, 10), ([1.0] + [0.0] * 9, 1), ([0.5, 0.5] + [0.0] * 8, 2), ([0.5, 0.25, 0.25] + [0.0] * 7, 2**1.5)],
)
def test_effective_classes_of_known_histograms(shares: list[float], classes: float) -> None:
    assert ev.effective_classes(torch.tensor(shares)) == pytest.approx(classes, rel=1e-6)


def test_class_histogram_counts_and_refuses_labels_out_of_range() -> None:
    assert ev.class_histogram(torch.tensor([0, 2, 2, 3]), 4).tolist() == [0.25, 0, 0.5, 0.25]
    for bad in (torch.tensor([4]), torch.tensor([-1]), torch.tensor([], dtype=torch.long)):
        with pytest.raises(ValueError, match="labels"):
            ev.class_histogram(bad, 4)
    with pytest.raises(ValueError, match="sum to 1"):
        ev.effective_classes(torch.tensor([0.5, 0.6]))


# ----------------------------------------------------------------------------------------------------- outsiders


def test_outsiders_are_what_they_say() -> None:
    images = data.digits("test").images
    sets = ev.out_of_distribution(images, rng())
    assert all(item.images.shape == images.shape and item.says for item in sets.values())
    uniform, gaussian, noisy = (sets[name].images for name in ("uniform", "gaussian", "noisy"))
    assert uniform.min() >= -1
    assert uniform.max() <= 1
    assert uniform.var() == pytest.approx(1 / 3, rel=0.05)
    assert gaussian.std() == pytest.approx(0.3, rel=0.05)
    assert gaussian.mean() == pytest.approx(0, abs=0.01)
    assert (noisy - images).std() == pytest.approx(0.3, rel=0.05)
    around = sets["gaussian around the mean"].images
    assert (around - images.mean(0)).std() == pytest.approx(0.3, rel=0.05)
    assert around.mean(0).sub(images.mean(0)).abs().max() < 0.1
    shuffled = sets["shuffled"].images.flatten(1)
    assert torch.equal(shuffled.sort(1).values, images.flatten(1).sort(1).values)
    assert len({tuple(row.tolist()) for row in shuffled[:50] - images.flatten(1)[:50]}) == 50
    turned = sets["rotated"].images
    assert torch.equal(turned.rot90(-1, (2, 3)), images)
    assert torch.equal(sets["flipped"].images[..., 0], images[..., -1])
    assert torch.equal(sets["inverted"].images, -images)


def test_each_picture_is_shuffled_in_its_own_way() -> None:
    index = torch.arange(64.0).reshape(1, 1, 8, 8).expand(20, 1, 8, 8)
    rows = ev.out_of_distribution(index, rng())["shuffled"].images.flatten(1)
    assert len({tuple(row.tolist()) for row in rows}) == 20


# ----------------------------------------------------------------------------------------------------- classifier


def test_feature_net_is_made_from_its_generator_and_maps_to_features_and_classes() -> None:
    nets = [ev.FeatureNet(generator=rng(seed)) for seed in (1, 1, 2)]
    x = torch.randn(6, 1, 8, 8, generator=rng())
    assert torch.equal(nets[0](x), nets[1](x))
    assert not torch.equal(nets[0](x), nets[2](x))
    assert nets[0].features(x).shape == (6, 32)
    assert nets[0](x).shape == (6, 10)
    assert torch.equal(nets[0].head(nets[0].features(x)), nets[0](x))
