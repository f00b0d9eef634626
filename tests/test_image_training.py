"""The training step of lesson 06 and its loop, clamped walks with given noise, and slices through energies."""

from __future__ import annotations

import copy
import math
from dataclasses import replace

import pytest
import torch

from course_utils import data, ebm, samplers


def rng(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def small() -> ebm.ImageEnergy:
    return ebm.ImageEnergy(width=6, n_blocks=1, base=1.0, generator=rng())


X = torch.randn(7, 1, 8, 8, generator=rng(99))


def test_a_step_walks_the_taken_chains_and_descends_the_loss() -> None:
    energy, chains, taken = small().eval(), X.clone(), torch.tensor([5, 1])
    optimiser, noise = torch.optim.SGD(energy.parameters(), lr=1e-4), torch.randn(3, 2, 1, 8, 8, generator=rng(1))
    x = chains[taken]
    for kick in noise:
        x = x - 0.01 * samplers.gradient(energy, x) + math.sqrt(0.02) * kick
    before = ebm.contrastive_divergence(energy, X[:4], x, 0.1).item()
    gap = ebm.persistent_step(energy, optimiser, X[:4], chains, taken, 0.01, noise, 0.1)
    assert torch.allclose(chains[taken], x)
    assert torch.equal(chains[[0, 2, 3, 4, 6]], X[[0, 2, 3, 4, 6]])
    assert gap == pytest.approx(ebm.contrastive_divergence(small().eval(), X[:4], x).item(), rel=1e-4, abs=1e-4)
    assert ebm.contrastive_divergence(energy, X[:4], x, 0.1).item() < before


def test_the_loop_hands_over_fresh_batches_and_leaves_an_energy_ready_to_use() -> None:
    energy, seen = small(), []
    chains = ebm.uniform_noise(1, 8, 8)(20, rng(2))

    def step(net, optimiser, batch, states, taken, step_size, noise, alpha) -> float:
        assert net.training
        assert states is chains
        assert alpha == 0.03
        seen.append((batch, taken, noise, optimiser.param_groups[0]["lr"]))
        optimiser.step()
        return float(len(seen))

    how = {"k": 4, "batch_size": 9, "data_noise": 0.2, "alpha": 0.03}
    gaps = ebm.fit_persistent(energy, X, chains, step, 5, rng(3), ebm.uniform_noise(1, 8, 8), **how)
    assert gaps == [1.0, 2.0, 3.0, 4.0, 5.0]
    assert all(len(set(taken.tolist())) == 9 and noise.shape == (4, 9, 1, 8, 8) for _, taken, noise, _ in seen)
    assert not torch.equal(seen[0][0], seen[1][0])
    rates = [rate for *_, rate in seen]
    assert rates == sorted(rates, reverse=True)
    assert not energy.training
    assert not any(p.requires_grad for p in energy.parameters())


@pytest.mark.slow
def test_a_short_training_brings_samples_nearer_to_the_pictures() -> None:
    images = data.digits("train").images
    recipe = replace(ebm.DIGITS, step_size=0.015, n_steps=60, batch_size=50, capacity=512)
    features = ebm.load("digits_classifier").features
    samples, noise = recipe.quick(ebm.persistent_step, images, seed=0), recipe.fresh(100, rng())
    assert ebm.feature_distance(samples, images, features) < 0.5 * ebm.feature_distance(noise, images, features)


def test_a_clamped_walk_keeps_the_known_pixels_and_moves_the_others_as_langevin() -> None:
    energy, noise = small().eval(), torch.randn(4, 7, 1, 8, 8, generator=rng(4))
    free = torch.arange(8)[:, None].expand(8, 8) >= 3
    walked = ebm.clamped_walk(energy, X, free, 0.01, 2.0, noise)
    assert torch.equal(walked[..., ~free], X[..., ~free])
    expected = copy.deepcopy(X)
    for kick in noise:
        moved = expected - 0.01 * samplers.gradient(energy, expected) + math.sqrt(0.04) * kick
        expected = torch.where(free, moved, X)
    assert torch.allclose(walked, expected, atol=1e-6)


def test_a_plane_holds_its_corners_at_their_distances() -> None:
    pictures, grid, corners = ebm.plane(X[:3], n=41, margin=0.2)
    assert pictures.shape == (41, 41, 1, 8, 8)
    flat = X[:3].flatten(1)
    assert torch.allclose(torch.cdist(corners, corners), torch.cdist(flat, flat), atol=1e-4)
    places, points = grid.reshape(-1, 2), pictures.reshape(-1, 64)
    assert torch.allclose(torch.pdist(places[::97]), torch.pdist(points[::97]), atol=1e-3)
    for corner, picture in zip(corners, flat, strict=True):
        nearest = (places - corner).norm(dim=1).argmin()
        apart = (places[nearest] - corner).norm()
        assert (points[nearest] - picture).norm() == pytest.approx(float(apart), abs=1e-3)


@pytest.mark.parametrize("corners", [X[:2], X[[0, 0, 1]], torch.stack([X[0], 2 * X[0], 3 * X[0]])])
def test_a_plane_needs_three_pictures_off_a_line(corners: torch.Tensor) -> None:
    with pytest.raises(ValueError, match="corners"):
        ebm.plane(corners)


def test_components_find_the_directions_of_largest_variance() -> None:
    weights = torch.zeros(64)
    weights[5], weights[40] = 3.0, 2.0
    images = (torch.randn(500, 64, generator=rng(5)) * (weights + 0.01)).view(500, 1, 8, 8)
    view = ebm.Components(images)
    assert view.directions[:, 0].abs().argmax() == 5
    assert view.directions[:, 1].abs().argmax() == 40
    assert view(images).mean(0).abs().max() < 1e-4
