"""Each loss against a hand computation, and against a family of models whose best member is known."""

import math

import pytest
import torch
from support.seeds import seeded
from torch import Tensor, nn

from course_utils import ebm


class Bowl(nn.Module):
    """E(x) = Σ k_i (x_i - m_i)² / 2 + c."""

    def __init__(self, stiffness: list[float], mean: list[float], constant: float = 0.0) -> None:
        super().__init__()
        self.stiffness, self.mean, self.constant = (
            nn.Parameter(torch.tensor(v, dtype=torch.float64)) for v in (stiffness, mean, constant)
        )

    def forward(self, x: Tensor) -> Tensor:
        return 0.5 * (self.stiffness * (x - self.mean) ** 2).sum(-1) + self.constant

    def log_z(self) -> float:
        return float(0.5 * torch.log(2 * math.pi / self.stiffness.detach()).sum()) - float(self.constant.detach())


DATA = torch.randn(400, 2, generator=seeded(), dtype=torch.float64) @ torch.tensor([[1.0, 0.3], [0.0, 0.7]]).double()
DATA = DATA + torch.tensor([0.5, -1.0])


def moments(x: Tensor) -> tuple[Tensor, Tensor]:
    return x.mean(0), ((x - x.mean(0)) ** 2).mean(0)


# Contrastive divergence


def test_contrastive_divergence_is_data_minus_samples_plus_the_regulariser() -> None:
    energy = Bowl([1.0, 2.0], [0.0, 0.0])
    data, samples = torch.tensor([[1.0, 1.0], [2.0, 0.0]]).double(), torch.tensor([[0.0, 1.0]]).double()
    of_data, of_samples = [1.5, 2.0], [1.0]
    assert ebm.contrastive_divergence(energy, data, samples).item() == pytest.approx(0.75)
    penalty = (1.5**2 + 2.0**2) / 2 + 1.0
    assert energy(data).tolist() == of_data
    assert energy(samples).tolist() == of_samples
    assert ebm.contrastive_divergence(energy, data, samples, alpha=0.1).item() == pytest.approx(0.75 + 0.1 * penalty)


def test_contrastive_divergence_lowers_data_and_raises_samples() -> None:
    energy = Bowl([1.0, 1.0], [0.0, 0.0])
    data, samples = torch.tensor([[2.0, 0.0]]).double(), torch.tensor([[0.0, 1.0]]).double()
    ebm.contrastive_divergence(energy, data, samples).backward()
    assert energy.stiffness.grad.tolist() == [2.0, -0.5]


def test_no_gradient_flows_through_the_samples() -> None:
    energy = Bowl([1.0, 2.0], [0.0, 0.0])
    push = torch.ones((), dtype=torch.float64, requires_grad=True)
    samples = DATA[:10] * push * energy.stiffness
    loss = ebm.contrastive_divergence(energy, DATA[:10], samples)
    loss.backward()
    assert push.grad is None
    expected = 0.5 * ((DATA[:10] ** 2).mean(0) - (samples.detach() ** 2).mean(0))
    assert torch.allclose(energy.stiffness.grad, expected)


def test_contrastive_divergence_vanishes_where_moments_agree() -> None:
    energy = Bowl([1.3, 0.4], [0.2, 0.1])
    mirrored = 2 * DATA.mean(0) - DATA  # same mean and variance, other points
    ebm.contrastive_divergence(energy, DATA, mirrored).backward()
    assert torch.allclose(energy.stiffness.grad, torch.zeros(2).double(), atol=1e-12)


# Noise contrastive


def standard_normal(x: Tensor) -> Tensor:
    return -0.5 * (x**2).sum(-1) - math.log(2 * math.pi)


def test_noise_contrastive_of_a_model_that_equals_the_noise_is_the_entropy_of_the_odds() -> None:
    noise = torch.randn(800, 2, generator=seeded(1), dtype=torch.float64)
    model = Bowl([1.0, 1.0], [0.0, 0.0], math.log(2 * math.pi))
    # Twice as many noise points: P(data) = 1/3 everywhere.
    exact = -math.log(1 / 3) - 2 * math.log(2 / 3)
    assert ebm.noise_contrastive(model, DATA, noise, standard_normal).item() == pytest.approx(exact)


def test_noise_contrastive_by_hand() -> None:
    data, noise = torch.tensor([[1.0, 0.0]]).double(), torch.tensor([[0.0, 0.0], [0.0, 2.0]]).double()
    model = Bowl([2.0, 2.0], [0.0, 0.0], 0.3)

    def p(x: Tensor) -> float:
        return math.exp(-float((x**2).sum()) - 0.3)

    def p_noise(x: Tensor) -> float:
        return math.exp(-0.5 * float((x**2).sum())) / (2 * math.pi)

    odds = [p(x) / (2 * p_noise(x)) for x in (*data, *noise)]
    exact = -math.log(odds[0] / (1 + odds[0])) - sum(math.log(1 / (1 + o)) for o in odds[1:])
    assert ebm.noise_contrastive(model, data, noise, standard_normal).item() == pytest.approx(exact)


def test_noise_contrastive_has_no_gradient_at_the_truth_and_learns_log_z() -> None:
    truth = Bowl([1.5, 0.8], [0.3, -0.2])
    truth.constant.data.fill_(truth.log_z())
    n = 200_000
    at = torch.randn(2, n, 2, generator=seeded(2), dtype=torch.float64)
    data = truth.mean.detach() + at[0] / truth.stiffness.detach().sqrt()

    def gradient(model: Bowl) -> Tensor:
        loss = ebm.noise_contrastive(model, data, at[1], standard_normal)
        return torch.cat([g.reshape(-1) for g in torch.autograd.grad(loss, list(model.parameters()))])

    assert gradient(truth).abs().max() < 4 / math.sqrt(n)  # a logistic gradient has a variance below 1 here
    off = Bowl([1.5, 0.8], [0.3, -0.2], float(truth.constant.detach()) + 0.2)
    assert gradient(off)[-1] > 0.02  # too high an energy everywhere


# Denoising score matching


def test_denoising_score_matching_by_hand() -> None:
    energy = Bowl([2.0, 3.0], [0.0, 0.0])
    data, noise = torch.tensor([[1.0, -1.0]]).double(), torch.tensor([[0.5, 2.0]]).double()
    noisy = data + 0.1 * noise
    target = -noise / 0.1
    exact = 0.5 * ((-torch.tensor([2.0, 3.0]).double() * noisy - target) ** 2).sum()
    assert ebm.denoising_score_matching(energy, data, noise, 0.1).item() == pytest.approx(float(exact))


def test_denoising_score_matching_averages_over_points_and_sums_over_coordinates() -> None:
    noise = torch.randn(400, 2, generator=seeded(1), dtype=torch.float64)
    energy = Bowl([2.0, 3.0], [0.1, 0.0])
    whole = ebm.denoising_score_matching(energy, DATA, noise, 0.3).item()
    parts = [ebm.denoising_score_matching(energy, DATA[i : i + 1], noise[i : i + 1], 0.3).item() for i in range(400)]
    assert whole == pytest.approx(sum(parts) / 400)
    line = ebm.denoising_score_matching(lambda x: x**2, DATA[:, 0], noise[:, 0], 0.3)
    column = ebm.denoising_score_matching(lambda x: (x**2).sum(-1), DATA[:, :1], noise[:, :1], 0.3)
    assert line.item() == pytest.approx(column.item())


@pytest.mark.parametrize("sigma", [0.1, 0.8])
def test_the_best_bowl_for_denoising_is_that_of_the_blurred_data(sigma: float) -> None:
    half = torch.randn(200, 2, generator=seeded(3), dtype=torch.float64)
    noise = torch.cat([half, -half]) / moments(torch.cat([half, -half]))[1].sqrt()
    x = torch.cat([DATA[:200], DATA[:200]])  # then noise and data are uncorrelated, exactly
    mean, variance = moments(x)
    assert torch.allclose(moments(x + sigma * noise)[1], variance + sigma**2)
    best = Bowl((1 / (variance + sigma**2)).tolist(), mean.tolist())
    loss = ebm.denoising_score_matching(best, x, noise, sigma)
    for g in torch.autograd.grad(loss, [best.stiffness, best.mean]):
        assert torch.allclose(g, torch.zeros(2).double(), atol=1e-10)
    sharp = Bowl((1 / variance).tolist(), mean.tolist())
    (g,) = torch.autograd.grad(ebm.denoising_score_matching(sharp, x, noise, sigma), [sharp.stiffness])
    assert (g > 1e-3 * sigma**2).all()


# Sliced score matching


def test_sliced_score_matching_of_a_bowl_by_hand() -> None:
    # s = -k (x - m), v·∇(v·s) = -Σ k v², |s|²/2 = Σ k² (x - m)²/2
    energy = Bowl([2.0, 3.0], [0.5, 0.0])
    data, v = torch.tensor([[1.0, -1.0], [0.0, 2.0]]).double(), torch.tensor([[1.0, 2.0], [-1.0, 1.0]]).double()
    rows = [0.5 * (1.0 + 9.0) - (2 + 12), 0.5 * (1.0 + 36.0) - (2 + 3)]
    assert ebm.sliced_score_matching(energy, data, v).item() == pytest.approx(sum(rows) / 2)


def test_sliced_score_matching_on_a_line() -> None:
    data = torch.tensor([0.5, -2.0, 1.0]).double()
    value = ebm.sliced_score_matching(lambda x: x**4 / 4, data, torch.ones(3).double())
    assert value.item() == pytest.approx(float((0.5 * data**6 - 3 * data**2).mean()))


def test_the_best_bowl_for_sliced_score_matching_has_the_moments_of_the_data() -> None:
    mean, variance = moments(DATA)
    signs = 2.0 * torch.randint(2, DATA.shape, generator=seeded(4)).double() - 1
    best = Bowl((1 / variance).tolist(), mean.tolist())
    loss = ebm.sliced_score_matching(best, DATA, signs)
    for g in torch.autograd.grad(loss, [best.stiffness, best.mean]):
        assert torch.allclose(g, torch.zeros(2).double(), atol=1e-10)
    assert loss.item() == pytest.approx(float(-(1 / variance).sum() / 2))


def test_sliced_score_matching_along_all_axes_is_the_laplacian() -> None:
    net = ebm.EnergyNet(hidden=(8,), generator=seeded()).double()
    x = DATA[:20]
    axes = torch.eye(2).double()[:, None, :].expand(2, 20, 2) * math.sqrt(2)
    value = sum(ebm.sliced_score_matching(net, x, axis) for axis in axes) / 2
    hessian = torch.stack([torch.autograd.functional.hessian(lambda p: net(p[None])[0], row) for row in x])
    laplacian = hessian.diagonal(dim1=1, dim2=2).sum(-1)
    exact = (0.5 * (net.grad(x) ** 2).sum(-1) - laplacian).mean()
    assert value.item() == pytest.approx(exact.item())


# Exact likelihood


def test_exact_negative_log_likelihood_of_a_bowl() -> None:
    energy = Bowl([1.5, 0.8], [0.3, -0.2])
    points, cell = ebm.grid(((-9.0, 9.0), (-9.0, 9.0)))
    loss = ebm.exact_negative_log_likelihood(energy, DATA, points, cell)
    assert loss.item() == pytest.approx(float(energy(DATA).detach().mean()) + energy.log_z())
    (g,) = torch.autograd.grad(loss, [energy.stiffness])
    exact = 0.5 * ((DATA - energy.mean.detach()) ** 2).mean(0) - 0.5 / energy.stiffness.detach()
    assert torch.allclose(g, exact, atol=1e-8)


@pytest.mark.parametrize(
    "loss",
    [
        lambda net, x, r: ebm.denoising_score_matching(net, x, r, 0.2),
        ebm.sliced_score_matching,
        ebm.contrastive_divergence,
        lambda net, x, r: ebm.noise_contrastive(net, x, r, lambda y: -0.5 * (y**2).flatten(1).sum(1)),
    ],
)
def test_losses_take_images_and_leave_their_input_alone(loss) -> None:
    net = nn.Sequential(nn.Conv2d(1, 3, 2), nn.SiLU(), nn.Flatten(), nn.Linear(12, 1), nn.Flatten(0))
    x, r = torch.randn(2, 5, 1, 3, 3, generator=seeded()).unbind(0)
    before = x.clone()
    loss(net, x, r).backward()
    assert torch.equal(x, before)
    assert not x.requires_grad
    assert all(p.grad is not None and p.grad.isfinite().all() for p in list(net.parameters())[:-1])
