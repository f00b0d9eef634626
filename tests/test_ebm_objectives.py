"""Objectives: they call the right loss with the right random numbers, and leave nothing behind."""

import copy
import math

import pytest
import torch
from support.seeds import seeded
from torch import Tensor, nn

from course_utils import data, ebm, samplers
from course_utils.energies import Quadratic

MOONS = data.two_moons()


def fresh(n: int, generator: torch.Generator) -> Tensor:
    return torch.randn(n, 2, generator=generator)


class Pictures(nn.Module):
    """A tiny energy of images, with dropout, to see the mode."""

    def __init__(self) -> None:
        super().__init__()
        self.conv, self.linear, self.drop = nn.Conv2d(1, 3, 2), nn.Linear(12, 1), nn.Dropout(0.5)
        self.modes: list[bool] = []

    def forward(self, x: Tensor) -> Tensor:
        self.modes.append(self.training)
        return self.linear(self.drop(nn.functional.silu(self.conv(x))).flatten(1)).squeeze(-1)


BATCH = MOONS.sample(64, seeded(9))
OBJECTIVES = {
    "cd": lambda: ebm.ContrastiveDivergence(3, 0.02, alpha=0.01),
    "cd ula": lambda: ebm.ContrastiveDivergence(3, 0.02, sampler="ula"),
    "pcd": lambda: ebm.ContrastiveDivergence(3, 0.02, buffer=ebm.ReplayBuffer(100, fresh)),
    "nce": lambda: ebm.NoiseContrastive(ebm.GaussianNoise.fit(BATCH), ratio=2),
    "dsm": lambda: ebm.DenoisingScoreMatching(0.1),
    "ssm": lambda: ebm.SlicedScoreMatching(),
    "exact": lambda: ebm.ExactLikelihood(MOONS.domain, n=30),
}


@pytest.mark.parametrize("name", OBJECTIVES)
def test_an_objective_leaves_everything_as_it_was(name: str) -> None:
    net, objective = ebm.EnergyNet(hidden=(8,), generator=seeded()), OBJECTIVES[name]()
    net.layers[0].bias.requires_grad_(False)  # a parameter that is held fixed stays so
    net.train()
    batch, weights, before = BATCH.clone(), copy.deepcopy(net.state_dict()), torch.random.get_rng_state()
    loss = objective(net, batch, seeded(1))
    assert loss.shape == ()
    assert net.training
    assert all(p.grad is None for p in net.parameters())
    assert [p.requires_grad for p in net.parameters()] == [True, False, True, True]
    assert torch.equal(batch, BATCH)
    assert all(torch.equal(a, b) for a, b in zip(net.state_dict().values(), weights.values(), strict=True))
    assert torch.equal(before, torch.random.get_rng_state())
    loss.backward()
    assert net.layers[0].weight.grad.isfinite().all()
    assert net.layers[0].weight.grad.abs().sum() > 0
    again = OBJECTIVES[name]()
    assert torch.equal(again(net, BATCH, seeded(1)), loss)


@pytest.mark.parametrize("name", ["cd", "cd ula", "dsm", "ssm", "nce"])
def test_objectives_take_images(name: str) -> None:
    x = torch.randn(10, 1, 3, 3, generator=seeded())
    objective = ebm.NoiseContrastive(ebm.GaussianNoise.fit(torch.randn(99, 1, 3, 3, generator=seeded(2))))
    objective = objective if name == "nce" else OBJECTIVES[name]()
    net = Pictures()
    objective(net, x, seeded(1)).backward()
    assert net.conv.weight.grad.isfinite().all()


def test_the_module_is_in_eval_mode_while_chains_run_and_in_its_own_mode_after() -> None:
    net, x = Pictures(), torch.randn(10, 1, 3, 3, generator=seeded())
    net.drop.eval()
    ebm.ContrastiveDivergence(3, 0.02)(net, x, seeded(1))
    assert net.modes[-2:] == [True, True]  # the two halves of the loss
    assert not any(net.modes[:-2])
    assert net.training
    assert not net.drop.training


def test_the_mode_comes_back_after_an_error() -> None:
    class Fails(Pictures):
        def forward(self, x: Tensor) -> Tensor:
            raise KeyError("inside")

    net = Fails()
    with pytest.raises(KeyError):
        ebm.ContrastiveDivergence(3, 0.02)(net, torch.zeros(2, 1, 3, 3), seeded())
    assert net.training
    assert all(p.requires_grad for p in net.parameters())


@pytest.mark.parametrize("sampler", ["mala", "ula"])
def test_contrastive_divergence_runs_k_steps_from_the_data(sampler: str) -> None:
    net, batch = ebm.EnergyNet(hidden=(8,), generator=seeded()), BATCH
    objective = ebm.ContrastiveDivergence(4, 0.05, sampler=sampler, alpha=0.1, temperature=0.7)
    loss = objective(net, batch, seeded(1))
    run = getattr(samplers, sampler)(
        net, batch, step_size=0.05, n_steps=4, temperature=0.7, generator=seeded(1), keep=False
    )
    assert loss.item() == ebm.contrastive_divergence(net, batch, run.x, 0.1).item()
    assert objective.seen["data energy"].item() == pytest.approx(net(batch).mean().item())
    assert objective.seen["sample energy"].item() == pytest.approx(net(run.x).mean().item())
    assert ("acceptance" in objective.seen) == (sampler == "mala")


def test_persistent_chains_go_on_where_they_were() -> None:
    net = ebm.EnergyNet(hidden=(8,), generator=seeded())
    buffer = ebm.ReplayBuffer(64, fresh, reinit=0.0)
    objective, g, twin = ebm.ContrastiveDivergence(5, 0.05, buffer=buffer), seeded(1), seeded(1)
    states = fresh(64, twin)
    for _ in range(3):
        loss = objective(net, BATCH, g)
        order = torch.randperm(64, generator=twin)
        states[order] = samplers.mala(net, states[order], step_size=0.05, n_steps=5, generator=twin, keep=False).x
        assert torch.equal(buffer.states, states)
        assert loss.item() == pytest.approx(ebm.contrastive_divergence(net, BATCH, states).item(), abs=1e-6)


def test_chains_reach_the_law_of_the_model() -> None:
    class Bowl(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.stiffness = nn.Parameter(torch.tensor(4.0))

        def forward(self, x: Tensor) -> Tensor:
            return 0.5 * self.stiffness * (x**2).sum(-1)

    net, n = Bowl(), 4000
    objective = ebm.ContrastiveDivergence(30, 0.2)
    objective(net, torch.zeros(n, 2), seeded()).backward()
    # Data at 0: the gradient is minus the mean of |x|²/2 under the model, 1 / stiffness in two dimensions.
    assert net.stiffness.grad.item() == pytest.approx(-0.25, abs=4 * 0.25 / math.sqrt(n))


def test_state_of_the_chains_goes_out_and_comes_back() -> None:
    net = ebm.EnergyNet(hidden=(8,), generator=seeded())
    one, two = (ebm.ContrastiveDivergence(3, 0.02, buffer=ebm.ReplayBuffer(100, fresh)) for _ in range(2))
    one(net, BATCH, seeded(1))
    two.load_state_dict(one.state_dict())
    assert torch.equal(one(net, BATCH, seeded(2)), two(net, BATCH, seeded(2)))
    assert ebm.DenoisingScoreMatching(0.1).state_dict() == {}
    with pytest.raises(ValueError, match="buffer"):
        ebm.ContrastiveDivergence(3, 0.02).load_state_dict(one.state_dict())
    with pytest.raises(ValueError, match="buffer"):
        one.load_state_dict({})


def test_gaussian_noise_has_the_moments_and_the_density_that_it_states() -> None:
    x = MOONS.sample(4000, seeded())
    noise = ebm.GaussianNoise.fit(x, widen=1.5)
    drawn = noise.sample(100_000, seeded(1))
    assert torch.allclose(drawn.mean(0), x.mean(0), atol=0.04)
    assert torch.allclose(torch.cov(drawn.T), 2.25 * torch.cov(x.T), atol=0.15)
    exact = torch.distributions.MultivariateNormal(x.mean(0).double(), 2.25 * torch.cov(x.T).double())
    assert torch.allclose(noise.log_prob(x[:50].double()), exact.log_prob(x[:50].double()), atol=1e-4)
    line = ebm.GaussianNoise.fit(x[:, 0])
    assert line.sample(7, seeded()).shape == (7,)
    assert line.log_prob(x[:7, 0]).shape == (7,)


def test_noise_contrastive_asks_for_ratio_noise_points_per_data_point() -> None:
    noise = ebm.GaussianNoise.fit(BATCH)
    net = ebm.EnergyNet(hidden=(8,), generator=seeded())
    loss = ebm.NoiseContrastive(noise, ratio=3)(net, BATCH, seeded(1))
    drawn = noise.sample(192, seeded(1))
    assert loss.item() == ebm.noise_contrastive(net, BATCH, drawn, noise.log_prob).item()


def test_exact_likelihood_is_the_likelihood_up_to_its_moving_grid() -> None:
    net = ebm.EnergyNet(hidden=(16,), generator=seeded())
    objective, g = ebm.ExactLikelihood(MOONS.domain), seeded(1)
    exact = ebm.exact_nll(net, BATCH, MOONS.domain)
    losses = [objective(net, BATCH, g).item() for _ in range(5)]
    assert losses == pytest.approx([exact] * 5, abs=5e-3)
    assert len(set(losses)) == 5
    line = data.mixture_1d()
    x, narrow = line.sample(50, seeded()), ebm.EnergyNet(1, (8,), base=1.0, generator=seeded())
    value = ebm.ExactLikelihood(line.domain)(narrow, x, seeded())
    assert value.item() == pytest.approx(ebm.exact_nll(narrow, x, line.domain), abs=1e-3)


def test_each_objective_has_its_best_energy_at_the_truth() -> None:
    """Gradients at the true model vanish within errors, and at a wrong one they do not: Gaussian of variance 1/k."""

    class Bowl(nn.Module):
        def __init__(self, stiffness: float) -> None:
            super().__init__()
            self.stiffness = nn.Parameter(torch.tensor(stiffness))
            self.constant = nn.Parameter(torch.tensor(math.log(2 * math.pi / stiffness)))

        def forward(self, x: Tensor) -> Tensor:
            return 0.5 * self.stiffness * (x**2).sum(-1) + self.constant

    truth, n = 2.0, 20_000
    x = torch.randn(n, 2, generator=seeded(3)) / math.sqrt(truth)
    x = x / x.std(0) / math.sqrt(truth)
    blur = 0.3
    for objective, best in (
        (ebm.ContrastiveDivergence(10, 0.1), truth),
        (ebm.NoiseContrastive(ebm.GaussianNoise(torch.zeros(2), torch.eye(2))), truth),
        (ebm.DenoisingScoreMatching(blur), 1 / (1 / truth + blur**2)),
        (ebm.SlicedScoreMatching(), truth),
        (ebm.ExactLikelihood(((-5.0, 5.0),) * 2), truth),
    ):
        slopes = []
        for factor in (0.8, 1.0, 1.25):
            net = Bowl(best * factor)
            objective(net, x, seeded(4)).backward()
            slopes.append(net.stiffness.grad.item())
        low, at, high = slopes
        assert low < 0 < high, type(objective).__name__
        assert abs(at) < 0.15 * min(-low, high), (type(objective).__name__, slopes)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: ebm.ContrastiveDivergence(0, 0.1), "k = 0"),
        (lambda: ebm.ContrastiveDivergence(1, -0.1), "step_size"),
        (lambda: ebm.ContrastiveDivergence(1, 0.1, sampler="hmc"), "sampler"),
        (lambda: ebm.ContrastiveDivergence(1, 0.1, alpha=-1), "alpha"),
        (lambda: ebm.ContrastiveDivergence(1, 0.1, temperature=0), "temperature"),
        (lambda: ebm.ContrastiveDivergence(1, 0.1, buffer=torch.zeros(3)), "buffer"),
        (lambda: ebm.NoiseContrastive(Quadratic()), "noise = "),
        (lambda: ebm.NoiseContrastive(ebm.GaussianNoise.fit(BATCH), ratio=0), "ratio"),
        (lambda: ebm.GaussianNoise(torch.zeros(2), torch.eye(3)), "covariance"),
        (lambda: ebm.GaussianNoise(torch.zeros(2), -torch.eye(2)), "positive definite"),
        (lambda: ebm.GaussianNoise.fit(BATCH, widen=0), "widen"),
        (lambda: ebm.DenoisingScoreMatching(0.0), "sigma"),
        (lambda: ebm.ExactLikelihood(((1.0, 0.0),)), "domain"),
    ],
)
def test_a_wrong_argument_is_named(make, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        make()
