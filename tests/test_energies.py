"""Every claim that `course_utils.energies` makes about a landscape, measured."""

import math

import numpy as np
import pytest
import torch
from scipy import integrate

from course_utils.energies import (
    Ackley,
    AsymmetricDoubleWell,
    DoubleWell,
    Energy,
    GaussianMixture,
    KnownEnergy,
    NetworkLoss,
    Quadratic,
    Rastrigin,
    Rosenbrock,
    as_energy,
)


def mixture(means: list, covs: list, weights: list | None = None) -> GaussianMixture:
    parts = (means, covs) if weights is None else (means, covs, weights)
    return GaussianMixture(*(torch.tensor(part, dtype=torch.float64) for part in parts))


def two_gaussians(dim: int = 1) -> GaussianMixture:
    """Two well-separated round Gaussians of standard deviation 0.5, four apart."""
    root = math.sqrt(2)
    means = [-2.0, 2.0] if dim == 1 else [[-root, -root], [root, root]]
    return mixture(means, [0.25, 0.25] if dim == 1 else (0.25 * torch.eye(2)).expand(2, 2, 2).tolist(), [0.3, 0.7])


TILTED_MIXTURE = mixture(
    means=[[0.0, 0.0], [2.5, 0.0], [0.0, 3.0]],
    covs=[[[1.0, 0.3], [0.3, 0.4]], [[0.2, 0.0], [0.0, 1.0]], [[0.5, -0.3], [-0.3, 0.5]]],
    weights=[0.2, 0.5, 0.3],
)
# The default NetworkLoss at (1, 0), (0, 1) and (-0.5, 2): a change of its weights changes these.
NETWORK_VALUES = [34.4023117204, 4.04764223198, 12.5216445134]
ONE_DIMENSIONAL = [
    Quadratic(),
    Quadratic(stiffness=7.0),
    DoubleWell(),
    DoubleWell(barrier=6.0),
    AsymmetricDoubleWell(),
    AsymmetricDoubleWell(barrier=4.0, tilt=-2.5),
    Rastrigin(dim=1),
    Ackley(dim=1),
    mixture([-1.0, 0.5, 4.0], [0.2, 1.0, 0.5], [0.5, 0.3, 0.2]),
    two_gaussians(dim=1),
]
TWO_DIMENSIONAL = [
    Quadratic(stiffness=2.0, dim=2),
    Rosenbrock(),
    Rosenbrock(a=-0.5, b=20.0),
    Rastrigin(),
    Ackley(),
    NetworkLoss(),
    TILTED_MIXTURE,
    two_gaussians(dim=2),
]
EVERY = [*ONE_DIMENSIONAL, *TWO_DIMENSIONAL, Quadratic(dim=5), Rastrigin(dim=3), Ackley(dim=3)]
TEMPERATURES = [0.1, 0.5, 1.0, 5.0]


def identify(value: object) -> str:
    return f"{value.name}-{value.dim}d".replace(" ", "-") if isinstance(value, KnownEnergy) else repr(value)


def every(energies: list[KnownEnergy]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("energy", energies, ids=identify)


def random_points(energy: KnownEnergy, n: int = 40, dtype: torch.dtype = torch.float64) -> torch.Tensor:
    low, high = torch.tensor(energy.domain, dtype=dtype).unbind(-1)
    u = torch.rand(n, energy.dim, generator=torch.Generator().manual_seed(1), dtype=dtype)
    x = low + (high - low) * u
    return x.squeeze(-1) if energy.dim == 1 else x


def log_integral_1d(energy: KnownEnergy, temperature: float, low: float, high: float) -> float:
    """log of the integral of exp(-E/T) by the trapezium rule, exponentially exact for a smooth E."""
    x = torch.linspace(low, high, 20_001, dtype=torch.float64)
    e = energy(x).numpy()
    return math.log(integrate.trapezoid(np.exp(-(e - e.min()) / temperature), x.numpy())) - e.min() / temperature


def log_adaptive_integral(energy: KnownEnergy, temperature: float, low: float, high: float) -> float:
    """The same by adaptive Gauss-Kronrod quadrature with a bound on its error."""
    lowest = energy(energy.minima)[0].item()

    def integrand(x: float) -> float:
        return math.exp(-(energy(torch.tensor(x, dtype=torch.float64)).item() - lowest) / temperature)

    value, _ = integrate.quad(integrand, low, high, points=energy.minima.tolist(), epsabs=0, epsrel=1e-11, limit=400)
    return math.log(value) - lowest / temperature


def log_integral_2d(
    energy: KnownEnergy, temperature: float, domain: tuple, shape: tuple[int, int] = (401, 401)
) -> float:
    """log of the integral of exp(-E/T) over a box by the trapezium rule."""
    x, y = (torch.linspace(*ends, n, dtype=torch.float64) for ends, n in zip(domain, shape, strict=True))
    e = energy(torch.stack(torch.meshgrid(x, y, indexing="ij"), dim=-1)).numpy()
    weight = np.exp(-(e - e.min()) / temperature)
    inner = integrate.trapezoid(weight, y.numpy(), axis=1)
    return math.log(integrate.trapezoid(inner, x.numpy())) - e.min() / temperature


def wider(domain: tuple, factor: float) -> tuple:
    return tuple(((1 - factor) * (a + b) / 2 + factor * a, (1 - factor) * (a + b) / 2 + factor * b) for a, b in domain)


# The partition function


@pytest.mark.parametrize("temperature", TEMPERATURES)
@every([e for e in ONE_DIMENSIONAL if e.log_z() is not None and not isinstance(e, GaussianMixture | Rastrigin)])
def test_log_z_in_one_dimension_matches_quadrature(energy: KnownEnergy, temperature: float) -> None:
    ((low, high),) = wider(energy.domain_at(temperature), 1.5)
    assert energy.log_z(temperature) == pytest.approx(log_adaptive_integral(energy, temperature, low, high), abs=1e-8)


@pytest.mark.parametrize("temperature", TEMPERATURES)
@pytest.mark.parametrize("amplitude", [0.3, 10.0])
def test_rastrigin_log_z_matches_quadrature(amplitude: float, temperature: float) -> None:
    energy = Rastrigin(dim=1, amplitude=amplitude)
    x = np.linspace(-25, 25, 50001)
    weight = np.exp(-energy(torch.as_tensor(x)).numpy() / temperature)
    expected = math.log(integrate.simpson(weight, x=x))
    assert energy.log_z(temperature) == pytest.approx(expected, abs=1e-8)
    assert Rastrigin(dim=3, amplitude=amplitude).log_z(temperature) == pytest.approx(3 * expected, abs=1e-8)


def test_rastrigin_log_z_in_two_dimensions_matches_quadrature() -> None:
    assert Rastrigin().log_z(1.0) == pytest.approx(log_integral_2d(Rastrigin(), 1.0, ((-6, 6), (-6, 6))), abs=1e-8)


@pytest.mark.parametrize("temperature", TEMPERATURES)
@pytest.mark.parametrize(("a", "b"), [(1.0, 100.0), (-0.5, 20.0)])
def test_rosenbrock_log_z_matches_quadrature(a: float, b: float, temperature: float) -> None:
    energy = Rosenbrock(a, b)
    x = np.linspace(a - 8 * math.sqrt(temperature), a + 8 * math.sqrt(temperature), 401)
    u = np.linspace(-8, 8, 401) * math.sqrt(temperature / b)
    points = np.stack(np.broadcast_arrays(x[:, None], x[:, None] ** 2 + u), axis=-1)  # a box bent along the valley
    weight = np.exp(-energy(torch.as_tensor(points)).numpy() / temperature)
    expected = math.log(integrate.trapezoid(integrate.trapezoid(weight, u, axis=1), x))
    assert energy.log_z(temperature) == pytest.approx(expected, abs=1e-8)


@pytest.mark.parametrize("temperature", TEMPERATURES)
def test_quadratic_log_z_in_two_dimensions_matches_quadrature(temperature: float) -> None:
    energy = Quadratic(stiffness=2.0, dim=2)
    expected = log_integral_2d(energy, temperature, wider(energy.domain_at(temperature), 1.5))
    assert energy.log_z(temperature) == pytest.approx(expected, abs=1e-8)


def test_quadratic_log_z_is_a_sum_over_coordinates() -> None:
    assert Quadratic(3.0, dim=7).log_z(0.4) == pytest.approx(7 * Quadratic(3.0).log_z(0.4), abs=1e-12)


@every([e for e in EVERY if isinstance(e, GaussianMixture)])
def test_gaussian_mixture_is_normalised_at_t_1_and_has_no_exact_log_z_elsewhere(energy: GaussianMixture) -> None:
    assert energy.log_z() == 0.0
    assert energy.log_z(0.5) is None
    box = wider(energy.domain, 1.5)
    measured = log_integral_1d(energy, 1.0, *box[0]) if energy.dim == 1 else log_integral_2d(energy, 1.0, box)
    assert measured == pytest.approx(0.0, abs=1e-8)


@pytest.mark.parametrize("temperature", TEMPERATURES)
def test_one_gaussian_has_exact_log_z_at_every_temperature(temperature: float) -> None:
    line = mixture([1.5], [0.3])
    ((low, high),) = wider(line.domain_at(temperature), 1.5)
    assert line.log_z(temperature) == pytest.approx(log_adaptive_integral(line, temperature, low, high), abs=1e-8)
    plane = mixture([[1.0, -2.0]], [[[1.0, 0.5], [0.5, 0.8]]])
    box = wider(plane.domain_at(temperature), 1.5)
    assert plane.log_z(temperature) == pytest.approx(log_integral_2d(plane, temperature, box), abs=1e-8)


@pytest.mark.parametrize("energy", [DoubleWell(), AsymmetricDoubleWell(), Rastrigin()], ids=identify)
def test_log_z_does_not_overflow_when_cold_or_hot(energy: KnownEnergy) -> None:
    (ground,) = energy(energy.minima[:1]).tolist()
    cold = 1e-5
    minimum = energy.minima[:1].squeeze(0)
    hessian = torch.autograd.functional.hessian(energy.energy, minimum).reshape(energy.dim, energy.dim)
    wells = 2 if isinstance(energy, DoubleWell) else 1
    harmonic = -ground / cold + math.log(wells) - 0.5 * torch.logdet(hessian / (2 * math.pi * cold)).item()
    assert energy.log_z(cold) == pytest.approx(harmonic, abs=1e-3)
    assert math.isfinite(energy.log_z(1e6))


def test_ackley_and_network_loss_have_no_exact_log_z() -> None:
    assert Ackley().log_z() is None
    assert NetworkLoss().log_z() is None


def test_ackley_is_bounded_so_that_its_z_grows_with_the_box() -> None:
    energy = Ackley()
    far = 1e3 * random_points(energy)
    assert energy(far).max() < 20 + math.e - 1 / math.e
    small, large = (log_integral_2d(energy, 5.0, ((-r, r), (-r, r)), (1501, 1501)) for r in (100, 200))
    assert large - small == pytest.approx(math.log(4), abs=0.1)  # four times the area


# Domains


@pytest.mark.parametrize("temperature", TEMPERATURES)
@every([e for e in ONE_DIMENSIONAL if not isinstance(e, Ackley)])
def test_domain_at_leaves_out_less_than_a_millionth_in_one_dimension(energy: KnownEnergy, temperature: float) -> None:
    ((low, high),) = energy.domain_at(temperature)
    width = high - low
    inside = log_integral_1d(energy, temperature, low, high)
    tails = [(low - width, low), (high, high + width)]
    x = np.concatenate([np.linspace(*ends, 4001) for ends in tails]).reshape(2, -1)
    weight = np.exp(-energy(torch.as_tensor(x)).numpy() / temperature - inside)
    assert integrate.trapezoid(weight, x, axis=1).sum() < 1e-6
    if energy.log_z(temperature) is not None:
        assert inside == pytest.approx(energy.log_z(temperature), abs=1e-6)


@pytest.mark.parametrize("temperature", TEMPERATURES)
@every([e for e in TWO_DIMENSIONAL if not isinstance(e, Ackley)])
def test_domain_at_leaves_out_less_than_a_millionth_in_two_dimensions(energy: KnownEnergy, temperature: float) -> None:
    shape = {Rosenbrock: (401, 2001), Rastrigin: (501, 501)}.get(type(energy), (201, 201))
    box = energy.domain_at(temperature)
    inside = log_integral_2d(energy, temperature, box, shape)
    exact = energy.log_z(temperature)
    if exact is None:
        exact = log_integral_2d(energy, temperature, wider(box, 2), tuple(2 * n - 1 for n in shape))
    assert -1e-9 < exact - inside < 1e-6


@every(EVERY)
def test_domain_is_a_box_that_holds_the_global_minimum(energy: KnownEnergy) -> None:
    low, high = torch.tensor(energy.domain, dtype=torch.float64).unbind(-1)
    assert low.shape == high.shape == (energy.dim,)
    assert (low < high).all()
    minimum = energy.minima[0].reshape(energy.dim)
    assert ((low < minimum) & (minimum < high)).all()


@every([e for e in ONE_DIMENSIONAL if isinstance(e, DoubleWell | AsymmetricDoubleWell)])
def test_box_of_a_double_well_holds_both_wells_even_when_cold(energy: KnownEnergy) -> None:
    ((low, high),) = energy.domain_at(0.001)
    assert low < energy.minima.min() < energy.minima.max() < high


def test_pictures_hold_the_mass_at_t_1_that_their_docstrings_state() -> None:
    valley = Rosenbrock()
    held = math.exp(log_integral_2d(valley, 1.0, valley.domain, (401, 1001)) - valley.log_z())
    assert held == pytest.approx(0.85, abs=0.005)
    eggs = Rastrigin()
    assert abs(log_integral_2d(eggs, 1.0, eggs.domain, (513, 513)) - eggs.log_z()) < 1e-9
    loss = NetworkLoss()
    whole = log_integral_2d(loss, 1.0, loss.domain_at(1.0), (601, 601))
    assert abs(log_integral_2d(loss, 1.0, loss.domain, (401, 401)) - whole) < 1e-6


def test_confined_energy_keeps_its_box_at_every_temperature() -> None:
    assert Ackley().domain_at(0.1) == Ackley().domain_at(5.0) == Ackley().domain == ((-5.0, 5.0), (-5.0, 5.0))


# Gradients


@every(EVERY)
def test_grad_matches_automatic_differentiation(energy: KnownEnergy) -> None:
    x = random_points(energy).requires_grad_()
    (expected,) = torch.autograd.grad(energy(x).sum(), x)
    torch.testing.assert_close(energy.grad(x.detach()), expected, rtol=1e-10, atol=1e-10)


@every(EVERY)
def test_grad_matches_central_differences(energy: KnownEnergy) -> None:
    x = random_points(energy)
    points = x.unsqueeze(-1) if energy.dim == 1 else x
    h = 1e-5
    for i in range(energy.dim):
        step = h * torch.eye(energy.dim, dtype=torch.float64)[i]
        up, down = ((points + s * step).reshape(x.shape) for s in (1, -1))
        slope = (energy(up) - energy(down)) / (2 * h)
        grad = energy.grad(x).reshape(points.shape)[..., i]
        torch.testing.assert_close(grad, slope, rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize("dim", [1, 2, 3])
def test_ackley_gradient_is_zero_and_not_nan_at_the_cusp(dim: int) -> None:
    energy = Ackley(dim)
    origin = energy.minima[0]
    assert (energy.grad(origin) == 0).all()
    assert (torch.func.grad(energy.energy)(origin) == 0).all()
    mixed = torch.stack([origin, origin + 0.1])
    assert torch.isfinite(energy.grad(mixed)).all()


def test_ackley_rises_linearly_from_its_minimum() -> None:
    energy, h = Ackley(), 1e-7
    for direction in ([1.0, 0.0], [0.6, -0.8], [-0.6, -0.8]):
        slope = energy(h * torch.tensor(direction, dtype=torch.float64)).item() / h
        assert slope == pytest.approx(4 / math.sqrt(2), abs=1e-5)


# Minima


@every([e for e in EVERY if not isinstance(e, Ackley)])
def test_listed_minima_have_zero_gradient_and_positive_curvature(energy: KnownEnergy) -> None:
    assert energy.minima.dtype == torch.float64
    assert energy.minima.shape[1:] == (() if energy.dim == 1 else (energy.dim,))
    assert energy.grad(energy.minima).abs().max() < 1e-6
    for point in energy.minima:
        hessian = torch.autograd.functional.hessian(energy.energy, point).reshape(energy.dim, energy.dim)
        assert torch.linalg.eigvalsh(hessian).min() > 0


@every([e for e in EVERY if e.dim <= 2])
def test_first_minimum_is_lowest_on_a_fine_grid(energy: KnownEnergy) -> None:
    axes = [torch.linspace(*ends, 401, dtype=torch.float64) for ends in energy.domain]
    points = axes[0] if energy.dim == 1 else torch.stack(torch.meshgrid(*axes, indexing="ij"), dim=-1)
    values = energy(energy.minima)
    assert energy(points).min() >= values[0] - 1e-12
    assert (values >= values[0] - 1e-12).all()


@pytest.mark.parametrize("energy", [Quadratic(dim=2), Rosenbrock(), Rastrigin(), Ackley(), NetworkLoss()], ids=identify)
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_global_minimum_is_exactly_zero(energy: KnownEnergy, dtype: torch.dtype) -> None:
    assert energy(energy.minima[0].to(dtype)).item() == 0.0


@pytest.mark.parametrize(("barrier", "tilt"), [(1.0, 0.3), (1.0, 0.0), (2.0, -1.0), (1.0, 1.5396)])
def test_asymmetric_double_well_knows_its_wells_and_its_top(barrier: float, tilt: float) -> None:
    energy = AsymmetricDoubleWell(barrier, tilt)
    left, right = sorted(energy.minima.tolist())
    top = torch.tensor(energy.barrier_top, dtype=torch.float64)
    assert left < top < right
    assert energy.grad(top).abs() < 1e-6
    assert energy(top) > energy(energy.minima).max()
    assert (energy.minima[0] < 0) == (tilt >= 0)
    roots = np.sort(np.roots([4 * barrier, 0, -4 * barrier, tilt]).real)
    np.testing.assert_allclose([left, top, right], roots, atol=1e-5)


def test_double_well_top_is_as_high_as_its_barrier() -> None:
    energy = DoubleWell(barrier=3.5)
    assert energy(torch.tensor(energy.barrier_top)).item() == 3.5
    assert energy(energy.minima).tolist() == [0.0, 0.0]


@pytest.mark.parametrize(("amplitude", "count"), [(10.0, 63), (1.0, 7), (0.04, 1)])
def test_rastrigin_wells_are_all_the_minima_along_a_coordinate(amplitude: float, count: int) -> None:
    energy = Rastrigin(dim=1, amplitude=amplitude)
    wells = energy.wells()
    assert len(wells) == count
    assert energy.grad(wells).abs().max() < 1e-10
    x = torch.linspace(-40, 40, 400_001, dtype=torch.float64)
    slope = energy.grad(x)
    from_grid = x[:-1][(slope[:-1] < 0) & (slope[1:] >= 0)]
    assert len(from_grid) == count
    assert (from_grid - wells).abs().max() < 2.1e-4


def test_network_loss_lists_every_minimum_of_its_picture() -> None:
    energy = NetworkLoss()
    axes = [torch.linspace(*ends, 401, dtype=torch.float64) for ends in energy.domain]
    points = torch.stack(torch.meshgrid(*axes, indexing="ij"), dim=-1)
    e = energy(points)
    blocks = e.unfold(0, 3, 1).unfold(1, 3, 1).flatten(-2)
    lowest = points[1:-1, 1:-1][blocks.argmin(-1) == 4]
    distance = torch.cdist(lowest, energy.minima)
    assert len(lowest) == len(energy.minima) == 4
    assert distance.min(dim=1).values.max() < 0.02
    assert distance.min(dim=0).values.max() < 0.02
    assert (energy(energy.minima).diff() > 0.4).all()


def test_network_loss_has_the_same_weights_everywhere() -> None:
    points = torch.tensor([[1.0, 0.0], [0.0, 1.0], [-0.5, 2.0]], dtype=torch.float64)
    expected = torch.tensor(NETWORK_VALUES, dtype=torch.float64)
    torch.testing.assert_close(NetworkLoss()(points), expected, rtol=1e-10, atol=0)
    torch.testing.assert_close(NetworkLoss(scale=24.0)(points), 2 * expected, rtol=1e-10, atol=0)


def test_network_loss_is_the_mean_squared_error_of_a_network() -> None:
    from course_utils.energies.network_loss import _network

    x, y = 0.7, -0.4
    inputs = np.linspace(-1, 1, 24)
    w, b, v = np.array(_network()).transpose(1, 2, 0)  # each: teacher, along x, along y, for three units
    teacher = np.tanh(np.outer(inputs, w[0]) + b[0]) @ v[0]
    w, b, v = (weight[0] + x * weight[1] + y * weight[2] for weight in (w, b, v))
    student = np.tanh(np.outer(inputs, w) + b) @ v
    expected = 5.0 * np.mean((student - teacher) ** 2)
    assert NetworkLoss(scale=5.0)(torch.tensor([x, y], dtype=torch.float64)).item() == pytest.approx(
        expected, rel=1e-12
    )


def test_network_loss_in_parts_equals_the_whole() -> None:
    points = torch.rand(300, 301, 2, generator=torch.Generator().manual_seed(0))  # more than one pass
    energy = NetworkLoss()
    torch.testing.assert_close(energy(points)[150], energy(points[150]))


# Values that can be worked out by hand


@pytest.mark.parametrize(
    ("energy", "x", "expected"),
    [
        (Quadratic(stiffness=3.0), 2.0, 6.0),
        (Quadratic(stiffness=3.0, dim=3), [1.0, 2.0, 2.0], 13.5),
        (DoubleWell(barrier=2.0), 2.0, 18.0),
        (AsymmetricDoubleWell(barrier=2.0, tilt=0.5), -2.0, 17.0),
        (Rosenbrock(), [-1.0, 3.0], 404.0),
        (Rastrigin(dim=2, amplitude=10.0), [0.5, -1.0], 21.25),
        (Ackley(), [1.0, 1.0], 20 * (1 - math.exp(-0.2))),
        (mixture([1.0], [4.0]), 3.0, 0.5 + 0.5 * math.log(8 * math.pi)),
    ],
    ids=identify,
)
def test_energy_has_the_value_worked_out_by_hand(energy: KnownEnergy, x: object, expected: float) -> None:
    assert energy(torch.tensor(x, dtype=torch.float64)).item() == pytest.approx(expected, rel=1e-12)


# Shapes, dtypes, devices


@every(EVERY)
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_shape_and_dtype_follow_the_input(energy: KnownEnergy, dtype: torch.dtype) -> None:
    for batch in [(), (7,), (3, 4), (0,)]:
        shape = batch if energy.dim == 1 else (*batch, energy.dim)
        x = torch.full(shape, 0.25, dtype=dtype)
        assert energy(x).shape == batch
        assert energy.grad(x).shape == shape
        assert energy(x).dtype == energy.grad(x).dtype == dtype


@every(EVERY)
def test_float32_agrees_with_float64(energy: KnownEnergy) -> None:
    x = random_points(energy)
    torch.testing.assert_close(energy(x.float()).double(), energy(x), rtol=2e-5, atol=2e-5)
    torch.testing.assert_close(energy.grad(x.float()).double(), energy.grad(x), rtol=1e-4, atol=2e-3)


DEVICES = ["meta", *(["cuda"] if torch.cuda.is_available() else [])]


@every(EVERY)
@pytest.mark.parametrize("device", DEVICES)
def test_result_stays_on_the_device_of_the_input(energy: KnownEnergy, device: str) -> None:
    x = random_points(energy).to(device)
    assert energy(x).device.type == energy.grad(x).device.type == device
    if device == "cuda":
        torch.testing.assert_close(energy(x).cpu(), energy(random_points(energy)), rtol=1e-9, atol=1e-9)


@every(EVERY)
def test_an_energy_does_not_change_its_input(energy: KnownEnergy) -> None:
    x = random_points(energy)
    before = x.clone()
    energy(x), energy.grad(x)
    assert torch.equal(x, before)


@every(EVERY)
def test_an_energy_cannot_be_changed(energy: KnownEnergy) -> None:
    with pytest.raises((AttributeError, TypeError)):
        energy.barrier = 2.0
    energy.minima.add_(1.0)
    assert energy.grad(energy.minima).abs().max() < 1e-6


def test_gaussian_mixture_keeps_its_own_copy_of_what_it_is_given() -> None:
    means = torch.zeros(2, dtype=torch.float64)
    energy = GaussianMixture(means, torch.ones(2, dtype=torch.float64))
    means += 5
    assert energy.means.tolist() == [0.0, 0.0]


def test_temperature_may_be_a_number_out_of_a_tensor_or_array() -> None:
    for value in (torch.tensor(0.5), np.float64(0.5), np.array([0.5])[0]):
        assert Quadratic().log_z(value) == Quadratic().log_z(0.5)


# Gaussian mixtures


def test_gaussian_mixture_equals_the_density_of_its_components() -> None:
    normals = [
        torch.distributions.MultivariateNormal(TILTED_MIXTURE.means[k], TILTED_MIXTURE.covs[k]) for k in range(3)
    ]
    x = random_points(TILTED_MIXTURE)
    p = sum(w * normal.log_prob(x).exp() for w, normal in zip([0.2, 0.5, 0.3], normals, strict=True))
    torch.testing.assert_close(TILTED_MIXTURE(x), -p.log(), rtol=1e-10, atol=1e-10)


def test_gaussian_mixture_energy_is_finite_far_from_every_component() -> None:
    assert torch.isfinite(two_gaussians(1)(torch.tensor([-1e6, 1e6]))).all()


def test_gaussian_mixture_weights_are_equal_if_left_out() -> None:
    assert mixture([0.0, 1.0, 2.0, 3.0], [1.0] * 4).weights.tolist() == [0.25] * 4


def test_overlapping_components_have_one_minimum() -> None:
    assert mixture([0.0, 0.5], [1.0, 1.0]).minima.tolist() == pytest.approx([0.25])


@every([e for e in EVERY if isinstance(e, GaussianMixture)])
def test_samples_have_the_moments_of_the_mixture(energy: GaussianMixture) -> None:
    n = 40_000
    x = energy.sample(n, torch.Generator().manual_seed(3)).double().reshape(n, energy.dim)
    k = len(energy.weights)
    means, covs = energy.means.reshape(k, energy.dim), energy.covs.reshape(k, energy.dim, energy.dim)
    mean = energy.weights @ means
    away = means - mean
    cov = torch.einsum("k,kij->ij", energy.weights, covs + away[:, :, None] * away[:, None, :])
    error = torch.sqrt(torch.diagonal(cov) / n)
    assert ((x.mean(0) - mean).abs() < 4 * error).all()  # four standard errors
    product = (x - mean)[:, :, None] * (x - mean)[:, None, :]
    assert ((product.mean(0) - cov).abs() < 4 * product.std(0) / math.sqrt(n)).all()


@every([e for e in EVERY if isinstance(e, GaussianMixture)])
def test_mean_energy_of_samples_is_the_entropy_of_the_mixture(energy: GaussianMixture) -> None:
    e = energy(energy.sample(40_000, torch.Generator().manual_seed(4)).double())
    axes = [torch.linspace(*ends, 401, dtype=torch.float64) for ends in energy.domain]
    grid = axes[0] if energy.dim == 1 else torch.stack(torch.meshgrid(*axes, indexing="ij"), dim=-1)
    cell = math.prod((axis[1] - axis[0]).item() for axis in axes)
    entropy = ((-energy(grid)).exp() * energy(grid)).sum().item() * cell
    assert abs(e.mean().item() - entropy) < 4 * e.std().item() / math.sqrt(len(e))


def test_samples_repeat_with_the_generator_and_have_the_shape_of_points() -> None:
    state = torch.random.get_rng_state()
    for dim, shape in ((1, (5,)), (2, (5, 2))):
        first, second = (two_gaussians(dim).sample(5, torch.Generator().manual_seed(9)) for _ in range(2))
        assert torch.equal(first, second)
        assert first.shape == shape
        assert first.dtype == torch.get_default_dtype()
    assert torch.equal(torch.random.get_rng_state(), state)


# Errors


GOOD = torch.Generator()


@pytest.mark.parametrize(
    ("action", "words"),
    [
        (lambda: Quadratic(stiffness=0.0), ["stiffness", "> 0", "0.0"]),
        (lambda: Quadratic(stiffness=math.inf), ["stiffness", "finite", "inf"]),
        (lambda: Quadratic(stiffness="1"), ["stiffness", "'1'"]),
        (lambda: Quadratic(dim=0), ["dim", ">= 1", "0"]),
        (lambda: Quadratic(dim=1.5), ["dim", "whole", "1.5"]),
        (lambda: DoubleWell(barrier=-1.0), ["barrier", "> 0", "-1.0"]),
        (lambda: AsymmetricDoubleWell(barrier=0.0), ["barrier", "> 0"]),
        (lambda: AsymmetricDoubleWell(barrier=1.0, tilt=1.6), ["tilt", "1.5396", "one well", "1.6"]),
        (lambda: AsymmetricDoubleWell(tilt=math.nan), ["tilt", "nan"]),
        (lambda: Rosenbrock(a=math.nan), ["a =", "finite", "nan"]),
        (lambda: Rosenbrock(b=0), ["b =", "> 0", "0"]),
        (lambda: Rastrigin(dim=-2), ["dim", "-2"]),
        (lambda: Rastrigin(amplitude=0), ["amplitude", "> 0"]),
        (lambda: Ackley(dim=True), ["dim", "True"]),
        (lambda: NetworkLoss(scale=-1), ["scale", "-1"]),
        (lambda: GaussianMixture([[0.0], [1.0]], [[[1.0]], [[1.0]]]), ["means", "(k,)", "(2, 1)"]),
        (lambda: GaussianMixture([], []), ["means", "(0,)"]),
        (lambda: GaussianMixture(["a"], [1.0]), ["means", "numbers"]),
        (lambda: GaussianMixture([0.0, math.nan], [1.0, 1.0]), ["means", "finite"]),
        (lambda: GaussianMixture([0.0, 1.0], [1.0]), ["covs", "(2,)", "(1,)"]),
        (lambda: GaussianMixture([[0.0, 1.0]], [1.0]), ["covs", "(1, 2, 2)", "(1,)"]),
        (lambda: GaussianMixture([0.0, 1.0], [1.0, -1.0]), ["covs", "positive definite", "-1."]),
        (lambda: GaussianMixture([[0.0, 1.0]], [[[1.0, 2.0], [2.0, 1.0]]]), ["covs", "positive definite"]),
        (lambda: GaussianMixture([[0.0, 1.0]], [[[1.0, 0.5], [0.0, 1.0]]]), ["covs", "symmetric"]),
        (lambda: GaussianMixture([0.0, 1.0], [1.0, 1.0], [0.5, 0.6]), ["weights", "sum to 1", "0.6000"]),
        (lambda: GaussianMixture([0.0, 1.0], [1.0, 1.0], [1.5, -0.5]), ["weights", "positive", "-0.5000"]),
        (lambda: GaussianMixture([0.0, 1.0], [1.0, 1.0], [1.0]), ["weights", "2 positive", "[1.]"]),
        (lambda: two_gaussians().sample(0, GOOD), ["n =", ">= 1", "0"]),
        (lambda: two_gaussians().sample(5, 42), ["generator", "torch.Generator", "42"]),
        (lambda: DoubleWell()(torch.arange(3)), ["x has", "floating", "int64"]),
        (lambda: DoubleWell()(0.5), ["x =", "tensor", "0.5"]),
        (lambda: DoubleWell().grad(np.zeros(3)), ["x =", "tensor", "array([0., 0., 0.])"]),
        (lambda: Rosenbrock()(torch.zeros(2, 3)), ["x has", "2 coordinates", "(2, 3)"]),
        (lambda: Rosenbrock().grad(torch.tensor(0.5)), ["x has", "2 coordinates", "()"]),
    ],
)
def test_bad_input_is_refused_by_name(action: object, words: list[str]) -> None:
    with pytest.raises(ValueError, match="expected") as caught:
        action()
    for word in words:
        assert word in str(caught.value)


@every(EVERY)
def test_temperature_must_be_positive(energy: KnownEnergy) -> None:
    for temperature in [0.0, -1.0, math.inf, math.nan, None]:
        for action in (energy.log_z, energy.domain_at):
            with pytest.raises(ValueError, match=r"temperature = .*: expected a finite number > 0"):
                action(temperature)


def test_energy_is_abstract() -> None:
    with pytest.raises(TypeError, match="abstract"):
        Energy()
    assert Energy.__abstractmethods__ == {"energy"}
    assert KnownEnergy.__abstractmethods__ == {"energy", "domain_at"}


def test_a_plain_function_becomes_an_energy_with_the_gradient_of_autograd() -> None:
    energy = as_energy(lambda x: x.pow(4).sum(-1))
    x = torch.tensor([[1.0, -2.0]])
    assert energy(x).tolist() == [17.0]
    assert energy.grad(x).tolist() == [[4.0, -32.0]]
    assert not energy.grad(x).requires_grad
    assert as_energy(energy) is energy


@pytest.mark.parametrize(
    ("energy", "message"),
    [
        (3.0, "energy = 3.0: expected a function"),
        (lambda x: 1.0, "energy.x. = 1.0: expected a tensor"),
        (lambda x: x.detach(), "autograd finds no derivative"),
    ],
)
def test_what_is_no_differentiable_function_is_refused(energy: object, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        as_energy(energy).grad(torch.ones(2))


def test_an_energy_of_ones_own_gets_gradient_and_checks_for_free() -> None:
    class Quartic(KnownEnergy):
        name, dim, minima = "Quartic", 1, torch.zeros(1)

        def energy(self, x: torch.Tensor) -> torch.Tensor:
            return x**4

        def domain_at(self, temperature: float) -> tuple:
            return ((-3.0, 3.0),)

    energy = Quartic()
    torch.testing.assert_close(energy.grad(torch.tensor([1.0, -2.0])), torch.tensor([4.0, -32.0]))
    assert energy.log_z() is None
    assert energy.domain == ((-3.0, 3.0),)
    with pytest.raises(ValueError, match="floating"):
        energy(torch.arange(2))
