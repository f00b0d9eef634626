"""Every sampler against an exact answer: closed forms of the unadjusted law, quadrature, detailed balance.

Errors are those of independent chains: the mean over time is taken in each chain first, and the scatter of these means
gives the error. Generators are fixed, so a test gives the same numbers each time; the bounds leave room for others.
"""

import copy
import importlib.util
import itertools
import math
import pickle
import sys
from pathlib import Path

import pytest
import torch
from scipy import integrate
from support.seeds import seeded
from torch import Tensor

from course_utils.energies import (
    AsymmetricDoubleWell,
    DoubleWell,
    Energy,
    GaussianMixture,
    KnownEnergy,
    NetworkLoss,
    Quadratic,
    Rastrigin,
    Rosenbrock,
)
from course_utils.samplers import (
    Diverged,
    annealed,
    by_hand,
    gradient,
    hmc,
    mala,
    replica_exchange,
    stable_step_size,
    ula,
)

STEP_SIZES = [0.01, 0.1, 0.5, 1.0, 1.5]
CORRELATED = GaussianMixture(torch.tensor([[1.0, -1.0]]), torch.tensor([[[1.0, 0.5], [0.5, 1.0]]]))
RASTRIGIN_CURVATURE = 2 + 40 * math.pi**2


def mean_and_error(values: Tensor) -> tuple[Tensor, Tensor]:
    """Mean, and its standard error from the scatter of the chains; values of shape (n_kept, n_chains, ...)."""
    chains = values.double().mean(0)
    return chains.mean(0), chains.std(0) / math.sqrt(len(chains))


def expectation(energy: KnownEnergy, of, temperature: float = 1.0) -> float:
    """Mean of a function of one coordinate under p, by quadrature."""
    (low, high) = energy.domain_at(temperature)[0]

    def weight(x: float) -> float:
        return math.exp(-energy(torch.tensor(x, dtype=torch.float64)).item() / temperature)

    points = [p for p in (-1.0, 0.0, 1.0) if low < p < high]
    above, _ = integrate.quad(lambda x: of(x) * weight(x), low, high, points=points, limit=200)
    below, _ = integrate.quad(weight, low, high, points=points, limit=200)
    return above / below


def well_shares(temperature: float, n: int) -> Tensor:
    """Shares of Rastrigin's wells -n..n along one coordinate, each from k - 1/2 to k + 1/2, by a fine sum."""
    x = torch.linspace(-12.5, 12.5, 250_001, dtype=torch.float64)
    p = torch.exp(-Rastrigin(dim=1)(x) / temperature)
    return torch.stack([p[(x - k).abs() < 0.5].sum() for k in range(-n, n + 1)]) / p.sum()


# The unadjusted sampler has an exact law on a Gaussian


@pytest.mark.parametrize("step_size", STEP_SIZES)
def test_ula_variance_is_its_exact_formula_within_2_percent(step_size: float) -> None:
    n_steps = max(60, math.ceil(5 / step_size))  # (1 - ε)^(2 n) < 5e-5 is left of the start at 0
    run = ula(Quadratic(), torch.zeros(100_000), step_size=step_size, n_steps=n_steps, generator=seeded(), keep=False)
    exact = 1 / (1 - step_size / 2)
    assert run.x.var().item() == pytest.approx(exact, rel=0.02)  # one standard error is 0.45 %
    assert run.x.mean().abs() < 4 * math.sqrt(exact / 100_000)


@pytest.mark.parametrize("step_size", STEP_SIZES)
def test_mala_variance_is_1_within_1_percent(step_size: float) -> None:
    # The fewer steps a chain needs to forget where it was, the more states of it count; 5e-5 is left of the start at 0.
    n_chains = {0.01: 200_000, 0.1: 200_000}.get(step_size, 50_000)
    burn_in = max(40, math.ceil(5 / step_size))
    if step_size == 0.01:  # 500 steps would take long: start at equilibrium, and see that it stays
        x, burn_in = torch.randn(n_chains, generator=seeded(1)), 50
    else:
        x = torch.zeros(n_chains)
    run = mala(Quadratic(), x, step_size=step_size, n_steps=burn_in + 40, burn_in=burn_in, thin=8, generator=seeded(2))
    mean, error = mean_and_error(run.trajectory**2)
    assert error < 0.0033
    assert mean.item() == pytest.approx(1.0, abs=0.01)


@pytest.mark.parametrize("temperature", [0.3, 2.5])
def test_samplers_have_the_right_variance_at_other_temperatures(temperature: float) -> None:
    E, x = Quadratic(stiffness=2.0), torch.zeros(50_000)
    at = {"step_size": 0.4, "n_steps": 60, "temperature": temperature, "generator": seeded(), "keep": False}
    assert ula(E, x, **at).x.var().item() == pytest.approx(temperature / 2 / (1 - 0.4), rel=0.025)
    assert mala(E, x, **at).x.var().item() == pytest.approx(temperature / 2, rel=0.025)


def test_each_chain_can_have_its_own_temperature_step_and_energy() -> None:
    rows = torch.tensor([[0.5, 1.0, 0.1], [2.0, 3.0, 0.2], [1.0, 0.5, 0.5]])  # temperature, stiffness, step size
    temperature, stiffness, step_size = rows.repeat_interleave(20_000, dim=0).unbind(1)

    def energy(x: Tensor) -> Tensor:
        return 0.5 * stiffness * x**2

    for sampler, bias in (ula, 1 - step_size * stiffness / 2), (mala, torch.ones(60_000)):
        run = sampler(
            energy,
            torch.zeros(60_000),
            step_size=step_size,
            temperature=temperature,
            n_steps=60,
            generator=seeded(),
            keep=False,
        )
        exact = temperature / stiffness / bias
        ratio = (run.x**2 / exact).reshape(3, -1).mean(1)
        assert ((ratio - 1).abs() < 4 * math.sqrt(2 / 20_000)).all(), ratio


@pytest.mark.parametrize("sampler", [ula, mala])
@pytest.mark.parametrize("E", [DoubleWell(), CORRELATED], ids=lambda E: E.name)
def test_equal_numbers_for_each_chain_are_one_number_for_all(sampler, E: KnownEnergy) -> None:
    x = torch.ones(7, *([2] if E.dim == 2 else []), dtype=torch.float64)
    one = sampler(E, x, step_size=0.03, temperature=0.4, n_steps=50, generator=seeded())
    each = torch.ones(7)
    many = sampler(
        E, x, step_size=0.03 * each.double(), temperature=0.4 * each.double(), n_steps=50, generator=seeded()
    )
    assert torch.allclose(one.trajectory, many.trajectory, rtol=1e-9)


def test_ula_at_zero_temperature_is_gradient_descent() -> None:
    x = torch.tensor([1.0, -2.0], dtype=torch.float64)
    run = ula(Quadratic(), x, step_size=0.1, n_steps=30, temperature=0.0, generator=seeded())
    assert torch.allclose(run.trajectory, x * 0.9 ** torch.arange(1, 31, dtype=torch.float64)[:, None])


def test_ula_in_many_dimensions_has_the_exact_law_of_each_direction() -> None:
    precision = torch.linalg.inv(CORRELATED.covs[0]).float()
    run = ula(CORRELATED, torch.zeros(40_000, 2), step_size=0.3, n_steps=60, generator=seeded(), keep=False)
    exact = torch.linalg.inv(precision @ (torch.eye(2) - 0.15 * precision))
    error = torch.sqrt((exact**2 + torch.outer(exact.diag(), exact.diag())) / 40_000)
    assert ((run.x.T.cov() - exact).abs() < 4 * error).all()
    assert (run.x.mean(0) - torch.tensor([1.0, -1.0])).abs().max() < 4 * math.sqrt(exact[0, 0] / 40_000)


# The adjusted sampler has the law p


def test_mala_recovers_a_correlated_gaussian_within_three_standard_errors() -> None:
    run = mala(CORRELATED, torch.zeros(2000, 2), step_size=0.6, n_steps=300, burn_in=40, thin=4, generator=seeded())
    x, y = run.trajectory.unbind(-1)
    exact = {"x": (x, 1.0), "y": (y, -1.0), "xx": ((x - 1) ** 2, 1.0), "yy": ((y + 1) ** 2, 1.0)}
    exact["xy"] = ((x - 1) * (y + 1), 0.5)
    for name, (values, truth) in exact.items():
        mean, error = mean_and_error(values)
        assert error < 0.01
        assert abs(mean - truth) < 3 * error, f"{name}: {mean:.4f} ± {error:.4f}, exact {truth}"


@pytest.mark.parametrize(("barrier", "temperature"), [(1.0, 1.0), (2.0, 1.0), (2.0, 0.7)])
def test_mala_on_a_double_well_has_the_mean_square_of_quadrature(barrier: float, temperature: float) -> None:
    E = DoubleWell(barrier)
    x = torch.ones(4000)
    run = mala(
        E, x, step_size=0.1 / barrier, n_steps=500, temperature=temperature, burn_in=100, thin=4, generator=seeded()
    )
    for power in 2, 4:
        mean, error = mean_and_error(run.trajectory**power)
        exact = expectation(E, lambda x, power=power: x**power, temperature)
        assert abs(mean - exact) < 3 * error < 0.02


def test_mala_fills_the_wells_of_rastrigin_in_one_dimension_by_their_exact_shares() -> None:
    temperature = 8.0  # barriers of 2.5 T
    run = mala(
        Rastrigin(dim=1),
        torch.zeros(2000),
        step_size=0.008,
        n_steps=2500,
        temperature=temperature,
        burn_in=500,
        thin=25,
        generator=seeded(),
    )
    for well, exact in zip(range(-4, 5), well_shares(temperature, 4), strict=True):
        mean, error = mean_and_error(run.trajectory.round() == well)
        assert abs(mean - exact) < 3 * error < 0.02, f"well {well}: {mean:.4f} ± {error:.4f}, exact {exact:.4f}"


@pytest.mark.parametrize("dim", [1, 2])
def test_replica_exchange_fills_the_wells_of_rastrigin_at_a_temperature_that_no_chain_crosses(dim: int) -> None:
    E = Rastrigin(dim=dim)
    start = torch.zeros(500) if dim == 1 else torch.zeros(500, 2)
    alone = mala(E, start, step_size=0.003, n_steps=200, generator=seeded())
    assert (alone.trajectory.round() == 0).all()
    run = replica_exchange(
        E,
        start.expand(5, *start.shape),
        step_sizes=[0.003, 0.004, 0.005, 0.008, 0.03],
        temperatures=[1.0, 2.0, 4.0, 8.0, 16.0],
        n_steps=3500,
        swap_every=2,
        burn_in=1500,
        thin=10,
        generator=seeded(),
    )
    wells = run.trajectory[:, 0].reshape(200, 500, dim).round()
    shares = well_shares(1.0, 2)
    for k in range(5):
        for other in range(5) if dim == 2 else (None,):
            exact = shares[k] if other is None else shares[k] * shares[other]
            if exact < 0.005:  # too rare for the scatter of 500 chains
                continue
            inside = wells[..., 0] == k - 2
            if other is not None:
                inside &= wells[..., 1] == other - 2
            mean, error = mean_and_error(inside)
            assert abs(mean - exact) < 3 * error < 0.04, f"{k}, {other}: {mean:.4f} ± {error:.4f}, {exact:.4f}"


@pytest.mark.parametrize("E", [Quadratic(dim=3), DoubleWell(2.0), Rastrigin(dim=2), CORRELATED], ids=lambda E: E.name)
def test_mala_accepts_with_the_probability_of_detailed_balance(E: KnownEnergy) -> None:
    """Two points: p(x) q(y|x) α(x, y) = p(y) q(x|y) α(y, x); and α is what the sampler does, proposal by proposal."""
    n, step_size, temperature = 20_000, 0.6 if E.name != "Rastrigin" else 0.006, 0.8
    x = torch.randn(n, *([E.dim] if E.dim > 1 else []), generator=seeded(3), dtype=torch.float64)
    generator = seeded(4)
    noise = torch.empty_like(x).normal_(generator=generator)
    uniform = torch.empty(n, dtype=torch.float64).uniform_(generator=generator)
    y = x - step_size * E.grad(x) + math.sqrt(2 * step_size * temperature) * noise

    def log_p(x: Tensor) -> Tensor:
        return -E(x) / temperature

    def log_q(to: Tensor, given: Tensor) -> Tensor:
        square = (to - given + step_size * E.grad(given)) ** 2
        return -(square if E.dim == 1 else square.sum(-1)) / (4 * step_size * temperature)

    def log_alpha(x: Tensor, y: Tensor) -> Tensor:
        return (log_p(y) + log_q(x, y) - log_p(x) - log_q(y, x)).clamp(max=0)

    there, back = log_p(x) + log_q(y, x) + log_alpha(x, y), log_p(y) + log_q(x, y) + log_alpha(y, x)
    assert torch.allclose(there, back, rtol=1e-9, atol=1e-9)
    expected = uniform.log() < log_alpha(x, y)
    run = mala(E, x, step_size=step_size, n_steps=1, temperature=temperature, generator=seeded(4))
    assert 0.02 < expected.double().mean() < 0.98
    assert torch.equal(run.acceptance == 1, expected)
    assert torch.allclose(run.x, torch.where(expected if E.dim == 1 else expected[:, None], y, x))


def test_mala_stays_at_equilibrium_whatever_the_step() -> None:
    E = GaussianMixture(*torch.tensor([[-1.5, 1.0], [0.3, 0.8], [0.3, 0.7]], dtype=torch.float64))
    x = E.sample(100_000, seeded(5))
    exact = 1.0 * 0.7 - 1.5 * 0.3
    for step_size in 0.05, 0.3, 1.0:
        run = mala(E, x, step_size=step_size, n_steps=10, generator=seeded(6), keep=False)
        assert run.x.mean().item() == pytest.approx(exact, abs=4 * 1.36 / math.sqrt(100_000))
        assert (run.x < -0.5).double().mean().item() == pytest.approx((x < -0.5).double().mean().item(), abs=0.006)


def test_mala_refuses_states_of_infinite_energy() -> None:
    def half_gaussian(x: Tensor) -> Tensor:
        return torch.where(x > 0, x**2 / 2, torch.inf)

    run = mala(half_gaussian, torch.ones(20_000), step_size=0.5, n_steps=100, burn_in=50, thin=5, generator=seeded())
    assert (run.trajectory > 0).all()
    mean, error = mean_and_error(run.trajectory)
    assert abs(mean - math.sqrt(2 / math.pi)) < 3 * error


def test_a_mala_step_that_is_far_too_large_shows_in_the_acceptance() -> None:
    run = mala(Rastrigin(), torch.zeros(200, 2), step_size=50.0, n_steps=50, generator=seeded())
    assert run.acceptance.mean() < 0.01
    assert torch.isfinite(run.x).all()


# Annealing and replica exchange


def test_annealed_takes_each_step_at_its_temperature() -> None:
    temperatures = torch.tensor([4.0] * 5 + [0.1] * 5 + [2.0, 0.0, 1.0])
    run = annealed(
        Quadratic(), torch.zeros(50_000), step_size=0.2, temperatures=temperatures, generator=seeded(), keep=True
    )
    variance = 0.0
    for temperature, states in zip(temperatures.tolist(), run.trajectory, strict=True):
        variance = 0.64 * variance + 0.4 * temperature
        assert states.var().item() == pytest.approx(variance, rel=4 * math.sqrt(2 / 50_000))
    assert torch.equal(run.temperature[run.steps - 1], temperatures.double())


def test_annealed_at_a_constant_temperature_is_ula() -> None:
    x = torch.zeros(10, 2)
    cold = annealed(CORRELATED, x, step_size=0.1, temperatures=[0.7] * 40, generator=seeded(), thin=3)
    same = ula(CORRELATED, x, step_size=0.1, n_steps=40, temperature=0.7, generator=seeded(), thin=3)
    assert torch.equal(cold.trajectory, same.trajectory)
    assert torch.equal(cold.energy, same.energy)


def test_annealed_chains_can_have_schedules_of_their_own() -> None:
    temperatures = torch.tensor([[1.0, 0.0], [0.5, 0.0], [2.0, 0.0]]).repeat_interleave(20_000, dim=1)
    run = annealed(
        Quadratic(dim=2), torch.ones(40_000, 2), step_size=0.2, temperatures=temperatures, generator=seeded()
    )
    hot, still = run.x[:20_000], run.x[20_000:]
    assert torch.allclose(still, torch.tensor(0.8**3))
    variance = 0.4 * (0.64**2 * 1.0 + 0.64 * 0.5 + 2.0)
    assert hot.var().item() == pytest.approx(variance, rel=4 / math.sqrt(20_000))
    with pytest.raises(ValueError, match="one column for each chain"):
        annealed(Quadratic(), torch.ones(3), step_size=0.2, temperatures=torch.ones(5, 2), generator=seeded())


def test_replica_exchange_restores_the_shares_of_wells_that_no_single_chain_crosses() -> None:
    E, x = AsymmetricDoubleWell(barrier=14.0, tilt=0.5), torch.ones(300)  # all start in the shallower well
    alone = mala(E, x, step_size=0.015, n_steps=1000, generator=seeded())
    assert (alone.trajectory > E.barrier_top).all()
    run = replica_exchange(
        E,
        x.expand(4, 300),
        step_sizes=[0.015, 0.02, 0.025, 0.03],
        temperatures=[1.0, 2.0, 4.0, 8.0],
        n_steps=3000,
        swap_every=5,
        burn_in=1000,
        thin=10,
        generator=seeded(),
    )
    for row, temperature in enumerate([1.0, 2.0, 4.0, 8.0]):
        mean, error = mean_and_error(run.trajectory[:, row] < E.barrier_top)
        exact = expectation(E, lambda x: float(x < E.barrier_top), temperature)
        assert abs(mean - exact) < 3 * error < 0.05, f"T = {temperature}: {mean:.4f} ± {error:.4f}, exact {exact:.4f}"


@pytest.mark.parametrize("temperatures", [[1.0, 3.0], [1.0, 3.0, 7.0], [7.0, 3.0, 1.0]])
def test_replica_exchange_swaps_with_the_exact_probability(temperatures: list[float]) -> None:
    """On a Gaussian in two dimensions E/T is exponential: mean acceptance 2 T_min / (T_i + T_j)."""
    rows = torch.stack([torch.randn(2000, 2, generator=seeded(1)) * math.sqrt(t) for t in temperatures])
    run = replica_exchange(
        Quadratic(dim=2),
        rows,
        step_sizes=1.0,
        temperatures=temperatures,
        n_steps=40,
        swap_every=1,
        generator=seeded(),
    )
    exact = [2 * min(a, b) / (a + b) for a, b in itertools.pairwise(temperatures)]
    tolerance = 4 * 0.5 / math.sqrt(2000 * 10)
    assert run.swap_acceptance.tolist() == pytest.approx(exact, abs=tolerance)
    for row, temperature in enumerate(temperatures):
        mean, error = mean_and_error(run.trajectory[:, row, :, 0] ** 2)
        assert abs(mean - temperature) < 4 * error


def test_replica_exchange_with_ula_has_the_bias_of_ula_and_nothing_else() -> None:
    run = replica_exchange(
        Quadratic(),
        torch.zeros(2, 5000),
        step_sizes=[0.5, 0.5],
        temperatures=[1.0, 1.0001],
        n_steps=60,
        swap_every=2,
        burn_in=30,
        thin=3,
        method="ula",
        generator=seeded(),
    )
    mean, error = mean_and_error(run.trajectory[:, 0] ** 2)
    assert abs(mean - 1 / 0.75) < 4 * error
    assert run.acceptance is None
    assert run.swap_acceptance.item() > 0.99


def test_swaps_in_the_burn_in_are_not_counted() -> None:
    for seed in range(5):
        run = replica_exchange(
            Quadratic(dim=2),
            torch.ones(2, 1, 2),
            step_sizes=0.5,
            temperatures=[1.0, 8.0],
            n_steps=11,
            swap_every=1,
            burn_in=8,
            generator=seeded(seed),
        )
        accepted = 3 * run.swap_acceptance.item()
        assert accepted == pytest.approx(round(accepted))


def test_replica_exchange_moves_states_and_energies_together() -> None:
    for method in "mala", "ula":
        run = replica_exchange(
            Rastrigin(),
            torch.zeros(3, 7, 2),
            step_sizes=0.002,
            temperatures=[1.0, 2.0, 3.0],
            n_steps=30,
            swap_every=1,
            thin=2,
            method=method,
            generator=seeded(),
        )
        assert run.trajectory.shape == (15, 3, 7, 2)
        assert run.energy.shape == (15, 3, 7)
        assert torch.allclose(run.energy, Rastrigin()(run.trajectory), rtol=1e-4)
        assert torch.equal(run.x, run.trajectory[-1])


# Gradients


@pytest.mark.parametrize(
    "E", [DoubleWell(), Rastrigin(), Rosenbrock(), CORRELATED, NetworkLoss()], ids=lambda E: E.name
)
@pytest.mark.parametrize("sampler", [ula, mala])
def test_automatic_and_analytic_gradients_give_the_same_chain(E: KnownEnergy, sampler) -> None:
    x = 0.5 * torch.ones(6, *([E.dim] if E.dim > 1 else []), dtype=torch.float64)
    at = {"step_size": 0.001, "n_steps": 40}
    own = sampler(E, x, generator=seeded(), **at)
    other = sampler(lambda x: E(x), x, generator=seeded(), **at)
    assert torch.allclose(own.trajectory, other.trajectory, rtol=1e-10, atol=1e-12)
    assert torch.allclose(own.energy, other.energy, rtol=1e-10, atol=1e-12)
    assert torch.allclose(gradient(E, x), gradient(lambda x: E(x), x))


def test_a_network_can_be_an_energy_and_collects_no_gradients() -> None:
    with torch.random.fork_rng():
        torch.manual_seed(0)
        net = torch.nn.Sequential(torch.nn.Linear(3, 8), torch.nn.SiLU(), torch.nn.Linear(8, 1))

    def energy(x: Tensor) -> Tensor:
        return net(x).squeeze(-1) + x.square().sum(-1) / 2

    for sampler in ula, mala:
        run = sampler(energy, torch.zeros(5, 3), step_size=0.1, n_steps=10, generator=seeded())
        assert not run.x.requires_grad
        assert not run.energy.requires_grad
        assert torch.allclose(run.energy[-1], energy(run.x))
    assert all(parameter.grad is None for parameter in net.parameters())


def test_states_may_have_any_shape() -> None:
    def energy(x: Tensor) -> Tensor:
        return x.square().sum((1, 2, 3)) / 2

    x = torch.zeros(4000, 1, 2, 2)
    run = mala(energy, x, step_size=0.5, n_steps=40, generator=seeded(), keep=False)
    assert run.x.shape == x.shape
    assert run.x.var().item() == pytest.approx(1.0, rel=4 * math.sqrt(2 / 16_000))
    assert stable_step_size(energy, x) == pytest.approx(2.0, rel=1e-4)


def test_an_energy_that_returns_its_own_argument_as_gradient_is_not_corrupted() -> None:
    class Own(Energy):
        def energy(self, x: Tensor) -> Tensor:
            return 0.5 * x**2

        def gradient(self, x: Tensor) -> Tensor:
            return x

    for sampler in ula, mala:
        own = sampler(Own(), torch.ones(20), step_size=0.3, n_steps=30, generator=seeded())
        other = sampler(Quadratic(), torch.ones(20), step_size=0.3, n_steps=30, generator=seeded())
        assert torch.allclose(own.trajectory, other.trajectory)


# Stability


@pytest.mark.parametrize(
    ("E", "x", "curvature"),
    [
        (Quadratic(3.0), torch.tensor([0.7]), 3.0),
        (Quadratic(3.0, dim=2), torch.ones(4, 2), 3.0),
        (Quadratic(3.0, dim=40), torch.ones(2, 40), 3.0),
        (DoubleWell(2.0), torch.zeros(3), 16.0),  # from the top of the barrier down into the wells
        (DoubleWell(2.0), torch.tensor([1 / math.sqrt(3)]), 16.0),  # from where the curvature is 0
        (DoubleWell(), torch.tensor([3.0]), 104.0),  # at the start, far up a wall
        (Rastrigin(dim=1), torch.tensor([0.5]), RASTRIGIN_CURVATURE),
        (Rastrigin(), torch.randn(5, 2, generator=torch.Generator().manual_seed(0)), RASTRIGIN_CURVATURE),
        (CORRELATED, torch.zeros(1, 2), 2.0),
        (lambda x: (x**2 * torch.linspace(0.1, 5, 30)).sum(-1), torch.ones(3, 30), 10.0),
        (lambda x: ((x**2 * torch.linspace(-5, 2, 20)).sum(-1)).sin(), torch.zeros(3, 20), 4.0),
    ],
)
def test_stable_step_size_is_two_over_the_largest_curvature(E, x: Tensor, curvature: float) -> None:
    rel = 0.02 if curvature == 16.0 else 0.03 if x.shape[-1] in (20, 30) else 1e-3
    assert stable_step_size(E, x) == pytest.approx(2 / curvature, rel=rel)


def test_stable_step_size_marks_the_edge_of_stability() -> None:
    E, x = Quadratic(5.0, dim=3), torch.ones(4, 3)
    edge = stable_step_size(E, x)
    ula(E, x, step_size=0.99 * edge, n_steps=20_000, generator=seeded(), keep=False)
    with pytest.raises(Diverged):
        ula(E, x, step_size=1.01 * edge, n_steps=20_000, generator=seeded(), keep=False)


def test_stable_step_size_is_infinite_without_upward_curvature() -> None:
    assert stable_step_size(lambda x: 3 * x, torch.ones(2)) == math.inf
    assert stable_step_size(lambda x: 3 * x.sum(-1), torch.ones(2, 3)) == math.inf


def test_a_step_too_large_stops_and_names_a_stable_one() -> None:
    x = torch.zeros(5, 2)
    with pytest.raises(Diverged, match=r"stopped being finite at step \d+: step_size = 1.5 .* below 0\.0050") as caught:
        ula(Rastrigin(), x, step_size=1.5, n_steps=1000, generator=seeded())
    assert caught.value.stable == pytest.approx(2 / RASTRIGIN_CURVATURE, rel=0.2)
    assert isinstance(caught.value, ArithmeticError)
    assert (caught.value.step_size, str(pickle.loads(pickle.dumps(caught.value)))) == (1.5, str(caught.value))
    ula(Rastrigin(), x, step_size=0.9 * caught.value.stable, n_steps=1000, generator=seeded())


def test_diverged_names_the_step_at_which_a_state_stopped_being_finite() -> None:
    def run(n_steps: int) -> None:
        ula(Quadratic(), torch.ones(3), step_size=5.0, n_steps=n_steps, generator=seeded(), keep=False)

    with pytest.raises(Diverged) as long:
        run(1000)
    assert 0.9 * 64 < long.value.step < 1.1 * 64  # 4^64 is the largest float32
    with pytest.raises(Diverged) as short:
        run(long.value.step)
    assert short.value.step == long.value.step


@pytest.mark.parametrize("seed", range(3))
def test_diverged_names_the_step_also_where_chance_decides_it(seed: int) -> None:
    at = {"step_size": 0.16, "keep": False}
    with pytest.raises(Diverged) as caught:
        ula(DoubleWell(), torch.ones(20), n_steps=2000, generator=seeded(seed), **at)
    step = caught.value.step
    ula(DoubleWell(), torch.ones(20), n_steps=step - 1, generator=seeded(seed), **at)
    with pytest.raises(Diverged, match=f"at step {step}:"):
        ula(DoubleWell(), torch.ones(20), n_steps=step, generator=seeded(seed), **at)


def test_diverged_names_the_step_size_of_the_chain_that_diverged() -> None:
    step_size = torch.tensor([0.1, 0.2, 3.0, 0.1])
    with pytest.raises(Diverged, match="step_size = 3 is too large") as caught:
        ula(Quadratic(), torch.ones(4), step_size=step_size, n_steps=500, generator=seeded())
    assert caught.value.stable == pytest.approx(2.0, rel=0.01)


def test_diverged_also_where_no_second_derivative_exists() -> None:
    class Opaque(Energy):
        def energy(self, x: Tensor) -> Tensor:
            return torch.from_numpy(0.5 * x.numpy() * x.numpy().clip(-1, 1))

        def gradient(self, x: Tensor) -> Tensor:
            return 1.0 * x

    with pytest.raises(Diverged, match="Try a smaller one") as caught:
        ula(Opaque(), torch.ones(3), step_size=3.0, n_steps=500, generator=seeded())
    assert caught.value.stable is None


def test_annealed_and_replica_exchange_report_divergence() -> None:
    with pytest.raises(Diverged):
        annealed(Quadratic(), torch.ones(3), step_size=3.0, temperatures=[1.0] * 500, generator=seeded())
    with pytest.raises(Diverged):
        replica_exchange(
            Quadratic(),
            torch.ones(2, 3),
            step_sizes=3.0,
            temperatures=[1.0, 2.0],
            n_steps=500,
            swap_every=2,
            method="ula",
            generator=seeded(),
        )


# What a run is


@pytest.mark.parametrize("sampler", [ula, mala])
def test_burn_in_and_thinning_select_from_the_full_trajectory(sampler) -> None:
    at = {"step_size": 0.2, "n_steps": 150, "temperature": 0.5}
    full = sampler(CORRELATED, torch.zeros(3, 2), generator=seeded(), **at)
    part = sampler(CORRELATED, torch.zeros(3, 2), generator=seeded(), burn_in=20, thin=7, **at)
    assert full.steps.tolist() == list(range(1, 151))
    assert part.steps.tolist() == list(range(27, 151, 7))
    assert torch.equal(part.trajectory, full.trajectory[part.steps - 1])
    assert torch.allclose(part.energy, full.energy[part.steps - 1])
    assert torch.allclose(part.energy, CORRELATED(part.trajectory), atol=1e-6)
    assert torch.equal(full.trajectory[-1], full.x)
    assert torch.equal(full.x, part.x)
    none = sampler(CORRELATED, torch.zeros(3, 2), generator=seeded(), keep=False, **at)
    assert (none.trajectory, none.energy, none.steps) == (None, None, None)
    assert torch.equal(none.x, full.x)


def test_acceptance_is_the_share_of_moves_after_the_burn_in() -> None:
    run = mala(DoubleWell(3.0), torch.zeros(50), step_size=0.15, n_steps=200, burn_in=50, generator=seeded())
    moved = (run.trajectory[1:] != run.trajectory[:-1]).float().sum(0) / 150
    assert ((run.acceptance - moved).abs() < 1.01 / 150).all()  # the first move after the burn-in is not seen
    assert 0.2 < run.acceptance.mean() < 0.9


def test_a_run_is_reproducible_and_goes_on_where_it_stopped() -> None:
    for sampler in ula, mala:
        at = {"step_size": 0.02}
        whole = sampler(DoubleWell(), torch.zeros(40), n_steps=100, generator=seeded(7), **at)
        again = sampler(DoubleWell(), torch.zeros(40), n_steps=100, generator=seeded(7), **at)
        other = sampler(DoubleWell(), torch.zeros(40), n_steps=100, generator=seeded(8), **at)
        assert torch.equal(whole.trajectory, again.trajectory)
        assert not torch.equal(whole.trajectory, other.trajectory)
        generator = seeded(7)
        first = sampler(DoubleWell(), torch.zeros(40), n_steps=30, generator=generator, **at)
        second = sampler(DoubleWell(), first.x, n_steps=70, generator=generator, **at)
        assert torch.equal(torch.cat([first.trajectory, second.trajectory]), whole.trajectory)


def test_global_random_numbers_are_left_alone() -> None:
    before = torch.get_rng_state()
    mala(DoubleWell(), torch.zeros(4), step_size=0.1, n_steps=5, generator=seeded())
    stable_step_size(Quadratic(dim=30), torch.ones(2, 30))
    with pytest.raises(Diverged):
        ula(Quadratic(), torch.ones(4), step_size=3.0, n_steps=200, generator=seeded())
    assert torch.equal(torch.get_rng_state(), before)


def test_inputs_are_not_modified() -> None:
    x, rows = torch.randn(6, 2, generator=seeded()), torch.randn(2, 6, 2, generator=seeded())
    temperature = torch.linspace(0.5, 1.0, 6)
    before = copy.deepcopy((x, rows, temperature))
    at = {"step_size": 0.1, "generator": seeded()}
    runs = [
        ula(CORRELATED, x, n_steps=5, temperature=temperature, **at),
        mala(CORRELATED, x, n_steps=5, temperature=temperature, **at),
        annealed(CORRELATED, x, temperatures=torch.ones(5), **at),
        replica_exchange(
            CORRELATED,
            rows,
            step_sizes=0.1,
            temperatures=[1.0, 2.0],
            n_steps=5,
            swap_every=1,
            generator=seeded(),
        ),
    ]
    stable_step_size(CORRELATED, x)
    for old, new in zip(before, (x, rows, temperature), strict=True):
        assert torch.equal(old, new)
    assert not any(run.x.data_ptr() in (x.data_ptr(), rows.data_ptr()) for run in runs)
    leaf = x.clone().requires_grad_(True)
    assert not ula(CORRELATED, leaf, n_steps=5, **at).x.requires_grad


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_results_have_the_dtype_of_the_states(dtype: torch.dtype) -> None:
    x = torch.zeros(4, 2, dtype=dtype)
    at = {"step_size": 0.1, "generator": seeded()}
    runs = [ula(CORRELATED, x, n_steps=5, **at), mala(CORRELATED, x, n_steps=5, **at)]
    runs.append(annealed(CORRELATED, x, temperatures=[1.0, 0.5], **at))
    runs.append(
        replica_exchange(
            CORRELATED,
            x.expand(2, 4, 2),
            step_sizes=torch.tensor([0.1, 0.2]),
            temperatures=[1.0, 2.0],
            n_steps=5,
            swap_every=1,
            generator=seeded(),
        )
    )
    for run in runs:
        assert {run.x.dtype, run.trajectory.dtype, run.energy.dtype} == {dtype}


class Interrupting(Quadratic):
    """Ctrl-C in the middle of a run."""

    def gradient(self, x: Tensor) -> Tensor:
        count = self.__dict__.setdefault("count", 0)
        object.__setattr__(self, "count", count + 1)
        if count == 100:
            raise KeyboardInterrupt
        return super().gradient(x)


@pytest.mark.parametrize("sampler", [ula, mala])
def test_an_interrupted_run_leaves_nothing_behind(sampler) -> None:
    x = torch.ones(5)
    with pytest.raises(KeyboardInterrupt):
        sampler(Interrupting(), x, step_size=0.1, n_steps=10_000, generator=seeded())
    assert torch.is_grad_enabled()
    assert torch.equal(x, torch.ones(5))


def test_the_progress_bar_is_on_stdout_and_only_on_request(capsys: pytest.CaptureFixture) -> None:
    at = {"step_size": 0.1, "n_steps": 300, "generator": seeded()}
    ula(Quadratic(), torch.ones(5), **at)
    assert capsys.readouterr() == ("", "")
    ula(Quadratic(), torch.ones(5), progress=True, **at)
    captured = capsys.readouterr()
    assert "300/300" in captured.out
    assert captured.err == ""


def test_without_a_trajectory_memory_does_not_grow() -> None:
    import tracemalloc  # counts Python's objects; tensors are counted by the run having none

    x, seen = torch.zeros(3), []
    for n_steps in 100, 2000:
        tracemalloc.start()
        ula(Quadratic(), x, step_size=0.1, n_steps=n_steps, generator=seeded(), keep=False)
        seen.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert seen[1] < 3 * seen[0] + 20_000


GOOD = {"step_size": 0.1, "n_steps": 5, "generator": torch.Generator()}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"x": [0.0, 1.0]}, r"x = \[0.0, 1.0\]: expected a torch tensor"),
        ({"x": torch.zeros(3, dtype=torch.int64)}, "x has dtype torch.int64: expected a floating-point dtype"),
        ({"x": torch.tensor(1.0)}, r"x has shape \(\): expected one state per chain in its first axis"),
        ({"x": torch.zeros(0)}, r"x has shape \(0,\): expected one state per chain"),
        ({"x": torch.tensor([0.0, math.nan])}, "x = .*: expected finite numbers; 1 are not"),
        ({"step_size": 0.0}, "step_size = 0.0: expected a finite number > 0"),
        ({"step_size": -1}, "step_size = -1: expected a finite number > 0"),
        ({"step_size": "big"}, "step_size = 'big': expected a finite number > 0"),
        ({"step_size": torch.ones(3)}, r"step_size has shape \(3,\): expected one number, or 2, one per chain"),
        ({"step_size": torch.tensor([0.1, -0.1])}, "step_size = .*: expected finite numbers > 0"),
        ({"temperature": -0.5}, "temperature = -0.5: expected a finite number >= 0"),
        ({"temperature": math.inf}, "temperature = inf: expected a finite number >= 0"),
        ({"n_steps": 0}, "n_steps = 0: expected a whole number >= 1"),
        ({"n_steps": 2.5}, "n_steps = 2.5: expected a whole number >= 1"),
        ({"burn_in": 5}, "burn_in = 5: expected a whole number from 0 to 4"),
        ({"burn_in": -1}, "burn_in = -1: expected a whole number from 0"),
        ({"thin": 0}, "thin = 0: expected a whole number >= 1"),
        ({"thin": 6}, "thin = 6: expected at most 5"),
        ({"generator": None}, "generator = None: expected a torch.Generator"),
        ({"generator": 0}, "generator = 0: expected a torch.Generator"),
        ({"energy": 3.0}, "energy = 3.0: expected a function"),
        ({"energy": lambda x: x.sum()}, r"energy\(x\) has shape \(\): expected one value per chain, shape \(2,\)"),
        ({"energy": lambda x: 1.0}, r"energy\(x\) = 1.0: expected .* one value per chain"),
        ({"energy": lambda x: x.detach() ** 2}, "autograd finds no derivative"),
        ({"energy": lambda x: x.log()}, r"energy\(x\) is not finite in 2 of 2 chains"),
    ],
)
def test_bad_input_is_named_before_any_step(change: dict, message: str) -> None:
    arguments = {"energy": Quadratic(), "x": torch.zeros(2), **GOOD, **change}
    energy, x = arguments.pop("energy"), arguments.pop("x")
    with pytest.raises(ValueError, match=message):
        ula(energy, x, **arguments)


def test_an_adjusted_sampler_needs_a_temperature_above_zero() -> None:
    with pytest.raises(ValueError, match=r"temperature = 0\.0: expected a finite number > 0"):
        mala(Quadratic(), torch.zeros(2), temperature=0.0, **GOOD)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"temperatures": [1.0]}, r"temperatures = \[1.0\]: expected two or more numbers that rise or fall"),
        ({"temperatures": [1.0, 3.0, 2.0]}, "that rise or fall"),
        ({"temperatures": [0.0, 1.0]}, "expected finite numbers > 0"),
        ({"temperatures": "hot"}, "temperatures = 'hot': expected numbers"),
        ({"x": torch.zeros(3, 4)}, r"x has shape \(3, 4\): expected one row for each of the 2 temperatures"),
        ({"x": torch.zeros(2)}, r"x has shape \(2,\): expected one row for each"),
        ({"step_sizes": [0.1, 0.2, 0.3]}, r"step_sizes = \[.*\]: expected one number, or 2"),
        ({"step_sizes": "small"}, "step_sizes = 'small': expected numbers"),
        ({"step_sizes": [0.1, -0.2]}, "step_size = .*: expected finite numbers > 0"),
        ({"swap_every": 0}, "swap_every = 0: expected a whole number >= 1"),
        ({"method": "hmc"}, 'method = .hmc.: expected "mala" or "ula"'),
    ],
)
def test_bad_input_to_replica_exchange_is_named(change: dict, message: str) -> None:
    arguments = {
        "x": torch.zeros(2, 4),
        "step_sizes": 0.1,
        "temperatures": [1.0, 2.0],
        "n_steps": 5,
        "swap_every": 1,
        "generator": seeded(),
        **change,
    }
    with pytest.raises(ValueError, match=message):
        replica_exchange(Quadratic(), **arguments)


@pytest.mark.parametrize("temperatures", [[], [[1.0]], [1.0, -1.0], [math.nan]])
def test_a_bad_schedule_is_named(temperatures: list) -> None:
    with pytest.raises(ValueError, match=r"temperatures = .*: expected"):
        annealed(Quadratic(), torch.zeros(2), step_size=0.1, temperatures=temperatures, generator=seeded())


def test_the_benchmark_runs_and_says_what_it_leaves_out(
    capsys: pytest.CaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = Path(__file__).parent / "benchmarks" / "langevin.py"
    spec = importlib.util.spec_from_file_location("langevin_benchmark", path)
    benchmark = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(sys.modules, spec.name, benchmark)
    spec.loader.exec_module(benchmark)
    monkeypatch.delitem(benchmark.RUNNERS, "JAX scan")  # its compilation takes seconds
    monkeypatch.setitem(sys.modules, "torchebm", None)
    benchmark.main(["--chains", "50", "--steps", "3", "--repeats", "1"])
    out = capsys.readouterr().out
    assert [line.split(" | ")[1] for line in out.splitlines() if line.startswith("| ")][2:] == ["course_utils"] * 3
    assert "Left out: torchebm (" in out


def test_samplers_write_nothing(capfd: pytest.CaptureFixture) -> None:
    mala(NetworkLoss(), torch.zeros(3, 2), step_size=0.01, n_steps=5, generator=seeded())
    sys.stdout.flush()
    assert capfd.readouterr() == ("", "")


# ------------------------------------------------------------------------------------------- Hamiltonian Monte Carlo


def test_hmc_has_the_moments_of_a_correlated_gaussian_in_ten_dimensions() -> None:
    g = seeded(51)
    factor = torch.randn(10, 10, generator=g, dtype=torch.float64)
    covariance = factor @ factor.T / 10 + 0.2 * torch.eye(10, dtype=torch.float64)
    precision, mean = torch.linalg.inv(covariance), torch.arange(10, dtype=torch.float64) / 5
    temperature = 1.7

    def energy(x: Tensor) -> Tensor:
        return (((x - mean) @ precision) * (x - mean)).sum(-1) / 2

    run = hmc(energy, mean.repeat(250, 1), step_size=0.4, n_leapfrog=7, n_steps=350, temperature=temperature,
              burn_in=100, generator=g)  # fmt: skip
    assert 0.6 < run.acceptance.mean() < 0.99
    got, error = mean_and_error(run.trajectory)
    assert ((got - mean).abs() < 4.5 * error).all()
    away = run.trajectory - mean
    for i in range(10):
        got, error = mean_and_error(away * away[..., i : i + 1])
        assert ((got - temperature * covariance[i]).abs() < 4.5 * error).all()


@pytest.mark.parametrize(("barrier", "temperature"), [(1.0, 0.5), (2.0, 1.0)])
def test_hmc_on_a_double_well_has_the_mean_square_of_quadrature(barrier: float, temperature: float) -> None:
    E = DoubleWell(barrier)
    x = torch.linspace(-1.5, 1.5, 1000, dtype=torch.float64)
    run = hmc(
        E, x, step_size=0.3, n_leapfrog=4, n_steps=600, temperature=temperature, burn_in=100, generator=seeded(52)
    )
    got, error = mean_and_error(run.trajectory**2)
    assert abs(got - expectation(E, lambda x: x * x, temperature)) < 4 * error
    assert torch.equal(run.energy[-1], E(run.x))


@pytest.mark.parametrize("temperature", [0.6, torch.linspace(0.5, 3.0, 40)])
def test_hmc_of_one_leap_is_mala(temperature) -> None:
    E, x = Rosenbrock(b=2.0), torch.randn(40, 2, generator=seeded(53)).double()
    h = 0.3
    one = hmc(E, x, step_size=h, n_leapfrog=1, n_steps=50, temperature=temperature, generator=seeded(54))
    other = mala(E, x, step_size=h * h / 2, n_steps=50, temperature=temperature, generator=seeded(54))
    torch.testing.assert_close(one.trajectory, other.trajectory)
    torch.testing.assert_close(one.acceptance, other.acceptance)


def test_hmc_whose_leap_is_far_too_large_stays_where_it_is_and_says_so() -> None:
    run = hmc(Rosenbrock(), torch.ones(20, 2), step_size=5.0, n_leapfrog=30, n_steps=5, generator=seeded(55))
    assert torch.equal(run.x, torch.ones(20, 2))
    assert run.acceptance.max() == 0


@pytest.mark.parametrize("n_leapfrog", [0, 2.5])
def test_hmc_needs_a_whole_number_of_leaps(n_leapfrog) -> None:
    with pytest.raises(ValueError, match="n_leapfrog"):
        hmc(DoubleWell(), torch.zeros(3), step_size=0.1, n_leapfrog=n_leapfrog, n_steps=5, generator=seeded(0))


# --------------------------------------------------------------------------------- with the random numbers handed in


def test_loops_by_hand_are_the_samplers_with_the_same_random_numbers() -> None:
    E, x, n = Rosenbrock(b=2.0), torch.randn(30, 2, generator=seeded(56)).double(), 40
    g, noise, uniform = seeded(57), [], []
    for _ in range(n):  # in the order in which `mala` draws
        noise.append(torch.empty_like(x).normal_(generator=g))
        uniform.append(x.new_empty(30).uniform_(generator=g))
    states, alpha = by_hand.mala(E, x, 0.05, 0.7, torch.stack(noise), torch.stack(uniform))
    run = mala(E, x, step_size=0.05, n_steps=n, temperature=0.7, generator=seeded(57))
    torch.testing.assert_close(states, run.trajectory)
    accepted = (torch.stack(uniform) < alpha).double().mean(0)
    torch.testing.assert_close(accepted, run.acceptance)

    g = seeded(58)
    noise = torch.stack([torch.empty_like(x).normal_(generator=g) for _ in range(n)])
    run = ula(E, x, step_size=0.01, n_steps=n, temperature=0.7, generator=seeded(58))
    torch.testing.assert_close(by_hand.ula(lambda z: E(z), x, 0.01, 0.7, noise), run.trajectory)
