"""Energies of images: the network, joint energies, sums of energies, clamped sampling, the recipe and its training."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
import torch
import torch.nn.functional as F

from course_utils import ebm, samplers
from course_utils.ebm import image_networks as im


def rng(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def small(**options: object) -> ebm.ImageEnergy:
    return ebm.ImageEnergy(**{"width": 6, "n_blocks": 1, "generator": rng()} | options)


X = torch.randn(7, 1, 8, 8, generator=rng(99))


# -------------------------------------------------------------------------------------------------- spectral norm


def operator(layer: im.SpectralConv2d, n_in: int, size: tuple[int, int]) -> torch.Tensor:
    """The linear map of a layer as a dense matrix: one column for each input pixel."""
    basis = torch.eye(n_in * size[0] * size[1]).reshape(-1, n_in, *size)
    with torch.no_grad():
        return (layer(basis) - layer(torch.zeros_like(basis))).flatten(1).T.double()


GEOMETRIES = [
    {"n_in": 3, "n_out": 5, "size": (4, 4)},
    {"n_in": 1, "n_out": 6, "size": (8, 8)},
    {"n_in": 2, "n_out": 3, "size": (7, 6)},
]


@pytest.mark.parametrize("geometry", GEOMETRIES)
def test_the_largest_singular_value_of_the_layer_is_its_scale(geometry: dict) -> None:
    layer = im.SpectralConv2d(generator=rng(), **geometry).eval()
    layer.iterate(500)
    with torch.no_grad():
        layer.scale.fill_(0.7)
    matrix = operator(layer, geometry["n_in"], geometry["size"])
    assert torch.linalg.matrix_norm(matrix, 2).item() == pytest.approx(0.7, rel=1e-4)


@pytest.mark.parametrize("geometry", GEOMETRIES)
def test_sigma_is_that_of_the_operator_not_of_the_kernel_as_a_matrix(geometry: dict) -> None:
    layer = im.SpectralConv2d(generator=rng(), **geometry)
    layer.iterate(500)
    plain = im.SpectralConv2d(generator=rng(), spectral_norm=False, **geometry)
    assert torch.equal(plain.weight, layer.weight)
    exact = torch.linalg.matrix_norm(operator(plain, geometry["n_in"], geometry["size"]), 2).item()
    assert layer.sigma.item() == pytest.approx(exact, rel=1e-4)
    assert abs(torch.linalg.matrix_norm(layer.weight.flatten(1), 2).item() - exact) > 0.02 * exact


def test_a_new_layer_is_within_five_per_cent_of_its_norm_and_training_keeps_it_there() -> None:
    layer = im.SpectralConv2d(4, 4, size=(4, 4), generator=rng())
    x = torch.randn(8, 4, 4, 4, generator=rng(1))
    optimizer = torch.optim.SGD(layer.parameters(), 0.02)
    for step in range(31):
        if step % 10 == 0:
            matrix = operator(layer.eval(), 4, (4, 4))
            assert torch.linalg.matrix_norm(matrix, 2).item() == pytest.approx(layer.scale.item(), rel=0.05)
        layer.train()
        optimizer.zero_grad()
        (layer(x) ** 2).mean().neg().backward()  # pushes every singular value up
        optimizer.step()


def test_the_weight_gets_no_gradient_along_itself_because_its_length_does_not_matter() -> None:
    layer = im.SpectralConv2d(3, 4, size=(4, 4), generator=rng()).train()
    layer.iterate(500)
    layer(torch.randn(5, 3, 4, 4, generator=rng(1))).square().sum().backward()
    along = (layer.weight.grad * layer.weight).sum() / (layer.weight.grad.norm() * layer.weight.norm())
    assert abs(along.item()) < 1e-4
    assert layer.scale.grad.abs() > 0


def test_sigma_moves_in_training_mode_and_stands_still_in_evaluation_mode() -> None:
    layer = im.SpectralConv2d(3, 4, size=(4, 4), generator=rng())
    x = torch.randn(2, 3, 4, 4, generator=rng(1))
    with torch.no_grad():
        layer.weight.add_(torch.randn(layer.weight.shape, generator=rng(2)))
    before = layer.sigma.clone()
    layer.eval()(x)
    assert torch.equal(layer.sigma, before)
    layer.train()(x)
    assert not torch.equal(layer.sigma, before)


# ---------------------------------------------------------------------------------------------------- the network


def test_residual_block_is_x_plus_two_activated_convolutions() -> None:
    block = ebm.ResidualBlock(3, size=(4, 4), generator=rng()).eval()
    x = torch.randn(2, 3, 4, 4, generator=rng(1))
    change = block.second(F.silu(block.first(F.silu(x))))
    assert torch.equal(block(x), x + change)
    without = ebm.ResidualBlock(3, size=(4, 4), residual=False, generator=rng()).eval()
    assert torch.equal(without(x), change)


@pytest.mark.parametrize(
    "options", [{}, {"size": (12, 8)}, {"channels": 3}, {"fold": 4}, {"n_classes": 3}, {"spectral_norm": False}]
)
def test_an_image_has_one_energy_whatever_else_is_in_the_batch(options: dict) -> None:
    energy = small(**options).eval()
    x = torch.randn(5, options.get("channels", 1), *options.get("size", (8, 8)), generator=rng(1))
    values = energy(x)
    assert values.shape == (5,)
    assert torch.allclose(values[2:3], energy(x[2:3]), atol=1e-5)
    assert len(values.unique()) == 5


def test_every_convolution_starts_with_the_norm_that_was_asked_for() -> None:
    for module in small(scale=2.5).modules():
        if isinstance(module, ebm.SpectralConv2d):
            assert module.scale.item() == 2.5
    with pytest.raises(ValueError, match="scale"):
        small(scale=0.0)


def test_the_same_generator_makes_the_same_network_and_nothing_global_is_drawn() -> None:
    before = torch.get_rng_state()
    a, b, c = small(), small(), small(generator=rng(1))
    assert torch.equal(before, torch.get_rng_state())
    assert torch.equal(a(X), b(X))
    assert not torch.equal(a(X), c(X))
    rebuilt = ebm.ImageEnergy(**a.options, generator=rng(5))
    rebuilt.load_state_dict(a.state_dict())
    assert torch.equal(rebuilt.eval()(X), a.eval()(X))


def test_silu_gives_a_smooth_energy_and_relu_one_with_kinks() -> None:
    """Second differences of E along a line: bounded by the step squared for a smooth function, by the step else."""
    t = torch.linspace(0, 1, 4001, dtype=torch.float64)[:, None, None, None]
    line = X[:1].double() + t * (X[1:2] - X[:1]).double()
    jumps = {}
    for name in ("silu", "relu"):
        with torch.no_grad():
            values = small(activation=name, width=4).double().eval()(line)
        first = values.diff()
        jumps[name] = (first.diff().abs().max() / first.abs().max()).item()
    assert jumps["silu"] < 0.01 < 0.02 < jumps["relu"]


def test_base_adds_a_quadratic_bowl_to_every_energy() -> None:
    for n_classes in (None, 3):
        plain, bowl = small(n_classes=n_classes).eval(), small(n_classes=n_classes, base=2.0).eval()
        extra = (X**2).sum((1, 2, 3)) / 8
        assert torch.allclose(bowl(X), plain(X) + extra, atol=1e-5)
        if n_classes:
            assert torch.allclose(bowl.given(1)(X), plain.given(1)(X) + extra, atol=1e-5)
            assert torch.allclose(bowl.logits(X).softmax(1), plain.logits(X).softmax(1), atol=1e-5)


@pytest.mark.parametrize(
    ("options", "name"),
    [
        ({"size": (8, 7)}, "size"),
        ({"width": 0}, "width"),
        ({"n_classes": 1}, "n_classes"),
        ({"base": 0.0}, "base"),
        ({"activation": "tanh"}, "activation"),
        ({"generator": 3}, "generator"),
    ],
)
def test_bad_arguments_are_named(options: dict, name: str) -> None:
    with pytest.raises(ValueError, match=name):
        small(**options)


# --------------------------------------------------------------------------------------------------- joint energy


def test_the_marginal_energy_is_minus_log_of_the_sum_over_all_classes() -> None:
    energy = small(n_classes=4).double().eval()
    x = X.double()
    by_class = torch.stack([energy.given(y)(x) for y in range(4)])
    assert torch.allclose(energy(x), -torch.log(torch.exp(-by_class).sum(0)), atol=1e-12)
    assert torch.allclose(energy.logits(x), -by_class.T, atol=1e-12)


def test_p_of_y_given_x_is_the_ratio_of_enumerated_weights() -> None:
    energy = small(n_classes=4).double().eval()
    x = X.double()
    weights = torch.stack([torch.exp(-energy.given(y)(x)) for y in range(4)], dim=1)
    assert torch.allclose(energy.logits(x).softmax(1), weights / weights.sum(1, keepdim=True), atol=1e-12)
    log_p = -energy.given(2)(x) + energy(x)  # log p(y = 2 | x) = E(x) - E(x, y)
    assert torch.allclose(log_p, energy.logits(x).log_softmax(1)[:, 2], atol=1e-12)


def test_given_takes_one_label_for_each_row_or_one_for_all() -> None:
    energy = small(n_classes=3).eval()
    labels = torch.tensor([0, 1, 2, 2, 1, 0, 1])
    expected = torch.stack([energy.given(int(y))(X)[i] for i, y in enumerate(labels)])
    assert torch.equal(energy.given(labels)(X), expected)
    for bad in (torch.tensor([3]), -1, torch.tensor([0.5])):
        with pytest.raises(ValueError, match="labels"):
            energy.given(bad)
    for call in (small().logits, small().given):
        with pytest.raises(ValueError, match="no classes"):
            call(X)


def test_joint_objective_is_contrastive_divergence_plus_cross_entropy() -> None:
    labels = torch.tensor([0, 1, 2, 0, 1, 2, 0])
    energy = small(n_classes=3).eval()  # σ stands still, so that both calls see the same energy
    plain = ebm.ContrastiveDivergence(2, 0.01, sampler="ula")
    joint = ebm.JointContrastiveDivergence(2, 0.01, sampler="ula", images=X, labels=labels)
    generator = rng(4)
    expected = plain(energy, X, generator)
    which = torch.randint(7, (7,), generator=generator)
    expected = expected + F.cross_entropy(energy.logits(X[which]), labels[which])
    got = joint(energy, X, rng(4))
    assert got.item() == pytest.approx(expected.item(), rel=1e-5)
    assert set(joint.seen) == {"data energy", "sample energy", "cross-entropy", "accuracy"}
    with pytest.raises(ValueError, match="one for each picture"):
        ebm.JointContrastiveDivergence(2, 0.01, images=X, labels=labels[:3])


# ------------------------------------------------------------------------------------------------- sums of energies


class Gaussian:
    def __init__(self, mean: torch.Tensor, covariance: torch.Tensor) -> None:
        self.mean, self.precision = mean, torch.linalg.inv(covariance)

    def __call__(self, x: torch.Tensor) -> torch.Tensor:
        away = x.flatten(1) - self.mean
        return 0.5 * ((away @ self.precision) * away).sum(1)


A = Gaussian(torch.tensor([1.0, -1.0]), torch.tensor([[1.0, 0.6], [0.6, 2.0]]))
B = Gaussian(torch.tensor([-1.0, 0.5]), torch.tensor([[0.5, 0.0], [0.0, 1.0]]))


def sample(energy: Callable, start: torch.Tensor, n_steps: int = 400, step_size: float = 0.15, **options: object):
    return samplers.mala(energy, start, step_size=step_size, n_steps=n_steps, generator=rng(5), keep=False, **options).x


def assert_moments(x: torch.Tensor, mean: torch.Tensor, covariance: torch.Tensor) -> None:
    """Mean and covariance of independent chains, within five standard errors."""
    n, variance = len(x), covariance.diagonal()
    assert ((x.mean(0) - mean).abs() < 5 * (variance / n).sqrt()).all()
    error = ((variance[:, None] * variance + covariance**2) / n).sqrt()
    assert ((torch.cov(x.T) - covariance).abs() < 5 * error).all()


def test_the_sum_of_two_gaussian_energies_samples_the_product_gaussian() -> None:
    covariance = torch.linalg.inv(A.precision + B.precision)
    mean = covariance @ (A.precision @ A.mean + B.precision @ B.mean)
    x = sample(ebm.compose([A, B]), torch.randn(4000, 2, generator=rng(6)))
    assert_moments(x, mean, covariance)


def test_a_negative_weight_divides_by_a_density() -> None:
    """p_A² / p_A = p_A, and weights 1, 1, -1 as for two attributes of one picture."""
    x = torch.randn(5, 2, generator=rng(7))
    assert torch.allclose(ebm.compose([A, A, A], [1, 1, -1])(x), A(x))
    assert torch.allclose(ebm.compose([A, B], [0.5, 2])(x), 0.5 * A(x) + 2 * B(x))
    for wrong in ([], [1.0]):
        with pytest.raises(ValueError, match="one weight for each"):
            ebm.compose([A, B], wrong)
    with pytest.raises(ValueError, match="one weight for each"):
        ebm.compose([])


# ------------------------------------------------------------------------------------------------ clamped sampling


def grid_gaussian() -> tuple[Gaussian, torch.Tensor, torch.Tensor]:
    """A Gaussian over 1 x 2 x 2 pictures with all pixels correlated."""
    root = torch.randn(4, 4, generator=rng(8))
    covariance = root @ root.T / 4 + 0.5 * torch.eye(4)
    mean = torch.tensor([0.5, -0.5, 1.0, 0.0])
    return Gaussian(mean, covariance), mean, covariance


FREE = torch.tensor([[True, False], [True, False]])


@pytest.mark.parametrize("method", [samplers.ula, samplers.mala])
def test_clamped_pixels_never_change_and_free_ones_do(method: Callable) -> None:
    energy, start = grid_gaussian()[0], torch.randn(20, 1, 2, 2, generator=rng(9))
    before = start.clone()
    run = ebm.clamped_langevin(energy, start, FREE, method=method, step_size=0.1, n_steps=50, generator=rng(1))
    for frame in (run.x, *run.trajectory):
        assert torch.equal(frame[..., ~FREE], start[..., ~FREE])
    assert (run.x[..., FREE] != start[..., FREE]).any(0).all()
    assert torch.equal(start, before)
    assert torch.allclose(run.energy[-1], energy(run.x), atol=1e-5)


def test_the_free_part_of_a_gaussian_has_the_exact_conditional_mean_and_covariance() -> None:
    energy, mean, covariance = grid_gaussian()
    free, known = FREE.flatten(), ~FREE.flatten()
    value = torch.tensor([1.5, -1.0])
    gain = covariance[free][:, known] @ torch.linalg.inv(covariance[known][:, known])
    conditional_mean = mean[free] + gain @ (value - mean[known])
    conditional_cov = covariance[free][:, free] - gain @ covariance[known][:, free]
    start = torch.zeros(4000, 4)
    start[:, known] = value
    run = ebm.clamped_langevin(
        energy, start.reshape(-1, 1, 2, 2), FREE, method=samplers.mala, step_size=0.3, n_steps=300,
        generator=rng(2), keep=False,
    )  # fmt: skip
    assert_moments(run.x.flatten(1)[:, free], conditional_mean, conditional_cov)
    assert (conditional_mean - mean[free]).abs().max() > 0.3  # the condition matters


def test_each_picture_may_have_a_mask_of_its_own_and_a_schedule_of_temperatures_works() -> None:
    energy, start = grid_gaussian()[0], torch.randn(6, 1, 2, 2, generator=rng(3))
    free = torch.rand(6, 1, 2, 2, generator=rng(4)) < 0.5
    run = ebm.clamped_langevin(
        energy, start, free, method=samplers.annealed, step_size=0.1, temperatures=[1.0, 0.5, 0.0], generator=rng(5)
    )
    assert torch.equal(run.x == start, ~free)


@pytest.mark.parametrize("free", [torch.ones(2, 2), torch.zeros(2, 2, dtype=torch.bool), torch.ones(3, 3).bool(), None])
def test_a_bad_mask_is_named(free: object) -> None:
    with pytest.raises(ValueError, match="free"):
        ebm.clamped_langevin(A, torch.zeros(2, 1, 2, 2), free, step_size=0.1, n_steps=1, generator=rng())


def test_observed_turns_a_gaussian_prior_into_the_exact_posterior() -> None:
    observed, sigma = torch.tensor([[2.0, 1.0]]), 0.8
    covariance = torch.linalg.inv(A.precision + torch.eye(2) / sigma**2)
    mean = covariance @ (A.precision @ A.mean + observed[0] / sigma**2)
    posterior = ebm.compose([A, ebm.Observed(observed.expand(4000, 2), sigma)])
    assert_moments(sample(posterior, observed.expand(4000, 2).clone()), mean, covariance)
    with pytest.raises(ValueError, match="sigma"):
        ebm.Observed(observed, 0.0)


# ------------------------------------------------------------------------------------------- recipe and training


TINY = replace(
    ebm.DIGITS, width=4, n_blocks=1, k=2, capacity=16, batch_size=8, n_steps=12, learning_rate=1e-3, reinit=0.5
)


def test_fresh_chains_are_uniform_noise_in_the_range_of_the_pixels() -> None:
    x = ebm.DIGITS.fresh(500, rng())
    assert x.shape == (500, 1, 8, 8)
    assert x.min() >= -1
    assert x.max() <= 1
    assert x.var().item() == pytest.approx(1 / 3, rel=0.02)


@pytest.mark.parametrize("labelled", [False, True])
def test_image_training_resumes_bit_for_bit(labelled: bool, tmp_path: Path) -> None:
    images = torch.rand(30, 1, 8, 8, generator=rng(1)) * 2 - 1
    labels = {"labels": torch.arange(30) % 3} if labelled else {}
    whole = TINY.train(images, seed=3, **labels)
    calls = 0

    def interrupt(energy: torch.nn.Module) -> float:
        nonlocal calls
        calls += 1
        if calls == 6:  # measured at 0, 1, 2, ...: after step 5
            raise KeyboardInterrupt
        return 0.0

    path = tmp_path / "run.pt"
    options = {"checkpoint": path, "measure_every": 1, **labels}
    part = TINY.train(images, seed=3, measures={"m": interrupt}, **options)
    assert part.interrupted
    assert part.step == 5
    rest = TINY.train(images, seed=3, measures={"m": lambda energy: 0.0}, resume=True, **options)
    assert torch.equal(rest.history["loss"], whole.history["loss"])
    for name, value in whole.energy.state_dict().items():
        assert torch.equal(value, rest.energy.state_dict()[name]), name


def test_a_step_that_is_stopped_half_way_leaves_no_trace(tmp_path: Path) -> None:
    """Stopped after the loss was computed: by then chains have moved and power iteration has gone on."""
    images = torch.rand(30, 1, 8, 8, generator=rng(1)) * 2 - 1

    class StopsOnce(ebm.ContrastiveDivergence):
        calls = 0

        def loss(self, *arguments: object) -> torch.Tensor:
            loss = super().loss(*arguments)
            StopsOnce.calls += 1
            if StopsOnce.calls == 6:
                raise KeyboardInterrupt
            return loss

    def run(kind: type, **options: object) -> ebm.Training:
        buffer = ebm.ReplayBuffer(16, TINY.fresh, 0.5)
        objective = kind(2, 0.005, sampler="ula", buffer=buffer)
        settings = {"n_steps": 12, "batch_size": 8, "learning_rate": 1e-3, "generator": rng(3)}
        return ebm.train(TINY.network(rng(2)), images, objective, **settings, **options)

    whole = run(ebm.ContrastiveDivergence)
    part = run(StopsOnce, checkpoint=tmp_path / "run.pt")
    assert (part.interrupted, part.step) == (True, 5)
    rest = run(StopsOnce, checkpoint=tmp_path / "run.pt", resume=True)
    assert torch.equal(rest.history["loss"], whole.history["loss"])
    assert torch.equal(rest.energy(X), whole.energy(X))


def test_a_recipe_is_repeatable_and_its_ingredients_reach_the_network_and_the_objective() -> None:
    images = torch.rand(30, 1, 8, 8, generator=rng(1)) * 2 - 1
    first, second = (TINY.train(images, seed=3, n_steps=3) for _ in range(2))
    assert torch.equal(first.history["loss"], second.history["loss"])
    plain = replace(TINY, spectral_norm=False, residual=False, activation="relu", base=1.5, scale=0.5)
    network = plain.network(rng(), n_classes=5)
    assert network.options == {
        "size": (8, 8), "channels": 1, "fold": 2, "width": 4, "n_blocks": 1, "n_classes": 5, "base": 1.5,
        "spectral_norm": False, "residual": False, "activation": "relu", "scale": 0.5,
    }  # fmt: skip
    objective = replace(TINY, alpha=0.5, k=7, step_size=0.03).objective()
    assert (objective.alpha, objective.k, objective.step_size, objective.temperature) == (0.5, 7, 0.03, 1.0)
    assert objective.buffer.capacity == 16
    assert replace(TINY, capacity=0).objective().buffer.reinit == 1.0  # chains from noise in every step


def test_training_lowers_the_energy_of_data_below_that_of_noise() -> None:
    images = -torch.ones(64, 1, 8, 8)
    images[:, :, 2:6, 2:6] = 1
    training = replace(TINY, k=3, batch_size=32, capacity=64, n_steps=60, learning_rate=1e-2, ema=0.9).train(
        images, seed=0
    )
    noise = ebm.DIGITS.fresh(64, rng(2))
    assert training.energy(images).mean() < training.energy(noise).mean() - 5
    assert (
        ebm.auroc(training.energy(images + 0.1 * torch.randn(images.shape, generator=rng(3))), training.energy(noise))
        == 1
    )
    assert math.isfinite(training.history["loss"][-1])
