"""Exact likelihoods against closed forms, and the gradient of the likelihood against its definition."""

import math

import pytest
import torch
from support.seeds import seeded
from torch import Tensor, nn

from course_utils import data, ebm
from course_utils.energies import GaussianMixture, Quadratic

LINE = ((-12.0, 12.0),)
PLANE = ((-9.0, 9.0), (-7.0, 8.0))


def gaussian_kl(mean: Tensor, cov: Tensor, other_mean: Tensor, other_cov: Tensor) -> float:
    """KL(N(mean, cov) | N(other_mean, other_cov)), closed form."""
    inverse, away = torch.linalg.inv(other_cov), other_mean - mean
    log_ratio = torch.logdet(other_cov) - torch.logdet(cov)
    return float(0.5 * (torch.trace(inverse @ cov) + away @ inverse @ away - len(mean) + log_ratio))


def as_density(energy: GaussianMixture, domain) -> data.Density:
    return data.Density("Gaussian", energy.dim, domain, energy.sample, lambda x: -energy(x))


@pytest.mark.parametrize("dim", [1, 2])
@pytest.mark.parametrize("stiffness", [0.7, 3.0])
def test_log_z_of_a_gaussian_is_its_closed_form(dim: int, stiffness: float) -> None:
    energy, domain = Quadratic(stiffness, dim), LINE if dim == 1 else ((-9.0, 9.0),) * 2
    assert ebm.log_z(energy, domain) == pytest.approx(energy.log_z(), abs=1e-9)
    assert ebm.log_z(lambda x: energy(x) + 500.0, domain) == pytest.approx(energy.log_z() - 500.0, abs=1e-9)


def test_log_z_on_a_rectangle_takes_each_axis_as_it_is() -> None:
    domain = ((-9.0, 6.0), (-2.0, 2.0))
    expected = math.log(2 * math.pi)  # x has all of its mass inside, y has not
    expected += math.log(math.erf(2 / math.sqrt(2)))
    assert ebm.log_z(Quadratic(dim=2), domain, n=400, max_edge_mass=None) == pytest.approx(expected, abs=1e-4)


def test_mass_at_the_edge_is_an_error_or_a_number() -> None:
    with pytest.raises(ebm.DomainTooSmall, match=r"\[-1, 1\].*0\.01\d* of the mass.*larger domain") as caught:
        ebm.log_z(Quadratic(), ((-1.0, 1.0),))
    accepted = ebm.log_z(Quadratic(), ((-1.0, 1.0),), max_edge_mass=None)
    inside = math.erf(1 / math.sqrt(2))
    exact = (math.erf(1 / math.sqrt(2)) - math.erf(0.98 / math.sqrt(2))) / inside
    assert accepted.edge_mass == pytest.approx(exact, rel=1e-3)
    assert caught.value.edge_mass == accepted.edge_mass
    assert accepted == pytest.approx(0.5 * math.log(2 * math.pi) + math.log(inside), abs=1e-6)
    flat = ebm.log_z(lambda x: 0 * x[..., 0], PLANE, max_edge_mass=None)
    assert flat.edge_mass == pytest.approx(1 - 0.98**2, rel=1e-9)
    assert flat == pytest.approx(math.log(18 * 15))
    assert ebm.log_z(Quadratic(), LINE).edge_mass < 1e-9
    with pytest.raises(ebm.DomainTooSmall):
        ebm.exact_nll(Quadratic(), torch.zeros(3), ((-1.0, 1.0),))
    with pytest.raises(ebm.DomainTooSmall):
        ebm.kl(data.two_moons(), lambda x: 0 * x[:, 0])


def test_kl_between_gaussians_is_its_closed_form() -> None:
    p = GaussianMixture(torch.tensor([[0.5, -0.3]]), torch.tensor([[[1.0, 0.4], [0.4, 0.7]]]))
    q = GaussianMixture(torch.tensor([[-0.2, 0.4]]), torch.tensor([[[0.8, -0.2], [-0.2, 1.3]]]))
    exact = gaussian_kl(p.means[0], p.covs[0], q.means[0], q.covs[0])
    assert ebm.kl(as_density(p, PLANE), lambda x: q(x) - 3.0) == pytest.approx(exact, abs=1e-6)
    reverse = gaussian_kl(q.means[0], q.covs[0], p.means[0], p.covs[0])
    assert ebm.kl(as_density(q, PLANE), p) == pytest.approx(reverse, abs=1e-6)
    assert abs(exact - reverse) > 0.05


def test_kl_on_a_line_is_its_closed_form() -> None:
    p, q = (GaussianMixture(torch.tensor([m]), torch.tensor([v])) for m, v in ((0.5, 1.5), (-0.5, 0.6)))
    exact = gaussian_kl(torch.tensor([0.5]), torch.tensor([[1.5]]), torch.tensor([-0.5]), torch.tensor([[0.6]]))
    assert ebm.kl(as_density(p, LINE), q) == pytest.approx(exact, abs=1e-6)


@pytest.mark.parametrize("density", [data.mixture_1d(), data.two_moons(), data.eight_gaussians()], ids=lambda d: d.name)
def test_kl_of_a_density_to_itself_is_zero(density: data.Density) -> None:
    assert abs(ebm.kl(density, lambda x: -density.log_prob(x) + 7.0)) < 1e-9


def test_kl_does_not_ask_for_the_energy_where_there_are_no_data() -> None:
    board = data.checkerboard()
    assert abs(ebm.kl(board, lambda x: -board.log_prob(x))) < 1e-9  # E is inf on the light squares
    half = ebm.kl(board, lambda x: torch.where((x.abs() <= 4).all(-1), 0.0, math.inf))
    assert half == pytest.approx(math.log(2), abs=1e-9)  # uniform on the whole board


def test_the_energy_of_a_missing_mode_costs_what_its_weight_says() -> None:
    density = data.mixture_1d(separation=8.0, std=0.5, weights=(0.3, 0.7))
    even = data.mixture_1d(separation=8.0, std=0.5, weights=(0.5, 0.5))
    exact = 0.3 * math.log(0.3 / 0.5) + 0.7 * math.log(0.7 / 0.5)
    assert ebm.kl(density, lambda x: -even.log_prob(x)) == pytest.approx(exact, abs=1e-6)


def test_entropy_of_a_mixture_of_far_gaussians() -> None:
    std, weights = 0.5, (0.3, 0.7)
    exact = 0.5 * math.log(2 * math.pi * math.e * std**2) - sum(w * math.log(w) for w in weights)
    assert ebm.entropy(data.mixture_1d(8.0, std, weights)) == pytest.approx(exact, abs=1e-6)


def test_nll_is_the_mean_energy_plus_log_z() -> None:
    x = torch.randn(500, generator=seeded())
    exact = float((x.double() ** 2).mean() / 2) + 0.5 * math.log(2 * math.pi)
    assert ebm.exact_nll(Quadratic(), x, LINE) == pytest.approx(exact, abs=1e-9)
    net = ebm.EnergyNet(1, (8,), generator=seeded())
    assert ebm.exact_nll(net, x, LINE) == pytest.approx(float(net(x).detach().mean()) + ebm.log_z(net, LINE), abs=1e-5)


def test_nll_of_many_points_is_kl_plus_entropy() -> None:
    density, net = data.two_moons(), ebm.EnergyNet(generator=seeded(1))
    x = density.sample(20_000, seeded())
    values = net(x).detach()
    error = float(values.std()) / math.sqrt(len(x))
    expected = ebm.kl(density, net) + ebm.entropy(density)
    assert ebm.exact_nll(net, x, density.domain) == pytest.approx(expected, abs=4 * error)


def test_an_expectation_is_that_of_the_model() -> None:
    energy = GaussianMixture(torch.tensor([[0.5, -1.0]]), torch.tensor([[[1.0, 0.4], [0.4, 0.7]]]))
    mean = ebm.expectation(energy, lambda x: x, PLANE)
    assert torch.allclose(mean, energy.means[0], atol=1e-6)
    second = ebm.expectation(energy, lambda x: x[:, 0] * x[:, 1], PLANE)
    assert float(second) == pytest.approx(0.4 - 0.5, abs=1e-6)
    points, p = ebm.grid_probabilities(energy, PLANE, n=50)
    assert points.shape == (2500, 2)
    assert float(p.sum()) == pytest.approx(1.0)


def test_the_gradient_of_the_likelihood_is_data_energy_minus_model_energy() -> None:
    """d NLL / d theta = mean over data of dE/d theta - mean over the model of dE/d theta, all by quadrature."""
    density = data.two_moons()
    net = ebm.EnergyNet(hidden=(16, 16), generator=seeded(2)).double()
    x = density.sample(300, seeded(3)).double()
    parameters = list(net.parameters())
    points, cell = ebm.grid(density.domain)
    exact = torch.autograd.grad(ebm.exact_negative_log_likelihood(net, x, points, cell), parameters)
    identity = torch.autograd.grad(net(x).mean() - ebm.expectation(net, net, density.domain), parameters)
    for a, b in zip(exact, identity, strict=True):
        assert torch.allclose(a, b, rtol=1e-9, atol=1e-11)
    # And both against finite differences of the exact likelihood, which know nothing of autograd.
    direction = [torch.randn(p.shape, generator=seeded(i), dtype=p.dtype) for i, p in enumerate(parameters)]

    def nll(step: float) -> float:
        with torch.no_grad():
            for p, v in zip(parameters, direction, strict=True):
                p += step * v
            value = ebm.exact_nll(net, x, density.domain)
            for p, v in zip(parameters, direction, strict=True):
                p -= step * v
        return value

    slope = (nll(1e-5) - nll(-1e-5)) / 2e-5
    along = float(sum((g * v).sum() for g, v in zip(identity, direction, strict=True)))
    assert along == pytest.approx(slope, rel=1e-4)
    assert abs(slope) > 0.1


def test_contrastive_divergence_with_model_samples_has_the_gradient_of_the_likelihood() -> None:
    """With samples in the proportions of the quadrature, the loss has the same gradient to 1e-4."""
    density = data.mixture_1d()
    net = ebm.EnergyNet(1, (16,), generator=seeded(4)).double()
    x = density.sample(200, seeded(5)).double()
    points, p = ebm.grid_probabilities(net, density.domain, n=300)
    copies = torch.round(p * 1_000_000).long()
    samples = points.repeat_interleave(copies)
    parameters = list(net.parameters())
    estimate = torch.autograd.grad(ebm.contrastive_divergence(net, x, samples), parameters, materialize_grads=True)
    grid_points, cell = ebm.grid(density.domain, n=300)
    exact = torch.autograd.grad(ebm.exact_negative_log_likelihood(net, x, grid_points, cell), parameters)
    for a, b in zip(estimate, exact, strict=True):
        assert torch.allclose(a, b, atol=1e-4)


def test_a_module_is_called_in_its_own_dtype_and_without_gradients() -> None:
    class Watch(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.weight = nn.Parameter(torch.ones(()))
            self.seen = []

        def forward(self, x: Tensor) -> Tensor:
            self.seen.append((x.dtype, torch.is_grad_enabled(), len(x)))
            return self.weight * (x**2).sum(-1)

    net = Watch()
    ebm.log_z(net, PLANE)
    assert {dtype for dtype, _, _ in net.seen} == {torch.float32}
    assert not any(enabled for _, enabled, _ in net.seen)
    assert len(net.seen) > 1  # in parts
    assert sum(n for _, _, n in net.seen) == 200**2


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: ebm.log_z(Quadratic(), ((1.0, -1.0),)), "domain"),
        (lambda: ebm.log_z(Quadratic(), (-1.0, 1.0)), "domain"),
        (lambda: ebm.log_z(Quadratic(dim=3), ((-1.0, 1.0),) * 3), "domain"),
        (lambda: ebm.log_z(Quadratic(), LINE, n=3), "n = 3"),
        (lambda: ebm.log_z(3.0, LINE), r"energy = 3\.0: expected a function"),
        (lambda: ebm.log_z(lambda x: x * math.nan, LINE), "NaN at 2000 of the 2000"),
        (lambda: ebm.log_z(lambda x: x, PLANE), "one value per point"),
    ],
)
def test_a_wrong_argument_is_named(make, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        make()
