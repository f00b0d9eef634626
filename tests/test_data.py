"""The sets of points: densities that integrate to one, and points that follow them."""

import math

import pytest
import torch
from sklearn.datasets import make_moons
from support.seeds import seeded
from torch import Tensor

from course_utils import data, ebm
from course_utils.data import Density

SETS = [
    data.mixture_1d(),
    data.mixture_1d(separation=8.0, std=0.3, weights=(0.9, 0.1)),
    data.two_moons(),
    data.two_moons(noise=0.2),
    data.eight_gaussians(),
    data.checkerboard(),
    data.pinwheel(),
]
each_set = pytest.mark.parametrize("density", SETS, ids=[f"{i}-{d.name}" for i, d in enumerate(SETS)])


def shares(density: Density, n_boxes: int) -> Tensor:
    """Probability of n_boxes equal boxes per axis, by quadrature with 10 cells per side of each."""
    points, cell = ebm.grid(density.domain, 10 * n_boxes)
    mass = torch.exp(density.log_prob(points)) * cell
    if density.dim == 1:
        return mass.reshape(n_boxes, 10).sum(1)
    return mass.reshape(n_boxes, 10, n_boxes, 10).sum((1, 3)).flatten()


def counts(density: Density, x: Tensor, n_boxes: int) -> Tensor:
    x = x.reshape(len(x), -1).double()
    low, high = torch.tensor(density.domain, dtype=torch.float64).T
    index = ((x - low) / (high - low) * n_boxes).floor().long()
    assert ((index >= 0) & (index < n_boxes)).all()
    flat = index[:, 0] if density.dim == 1 else index[:, 0] * n_boxes + index[:, 1]
    return torch.bincount(flat, minlength=n_boxes**density.dim).double()


@each_set
def test_a_density_integrates_to_one_over_its_domain(density: Density) -> None:
    points, cell = ebm.grid(density.domain, 4000 if density.dim == 1 else 200)
    assert float(torch.exp(density.log_prob(points)).sum() * cell) == pytest.approx(1.0, abs=1e-6)


@each_set
def test_points_fall_into_boxes_as_the_density_says(density: Density) -> None:
    n, n_boxes = 50_000, 40 if density.dim == 1 else 20
    x = density.sample(n, seeded(1))
    expected, found = n * shares(density, n_boxes), counts(density, x, n_boxes)
    assert found[expected < 1e-6].sum() == 0
    many = expected > 5
    chi2 = float(((found - expected)[many] ** 2 / expected[many]).sum())
    assert abs(chi2 - many.sum()) < 4 * math.sqrt(2 * many.sum()), (chi2, int(many.sum()))


@each_set
def test_the_mean_log_density_of_points_is_minus_the_entropy(density: Density) -> None:
    log_p = density.log_prob(density.sample(20_000, seeded(2)).double())
    error = float(log_p.std()) / math.sqrt(len(log_p))
    assert float(-log_p.mean()) == pytest.approx(ebm.entropy(density), abs=4 * error + 1e-6)


@each_set
def test_shapes_dtypes_and_seeds(density: Density) -> None:
    x = density.sample(7, seeded(3))
    assert x.shape == ((7,) if density.dim == 1 else (7, 2))
    assert x.dtype == torch.float32
    assert torch.equal(x, density.sample(7, seeded(3)))
    assert not torch.equal(x, density.sample(7, seeded(4)))
    batch = x.double().reshape((7, 1) if density.dim == 1 else (1, 7, 2))
    log_p = density.log_prob(batch)
    assert log_p.shape == ((7, 1) if density.dim == 1 else (1, 7))
    assert log_p.dtype == torch.float64
    assert torch.allclose(density.log_prob(x).double(), log_p.flatten(), atol=1e-3)
    before = torch.random.get_rng_state()
    density.sample(3, seeded())
    assert torch.equal(before, torch.random.get_rng_state())


def test_two_moons_are_those_of_scikit_learn_centred_and_doubled() -> None:
    arcs, label = make_moons(201, noise=None, random_state=0)
    theirs = 2 * (torch.from_numpy(arcs) - torch.tensor([0.5, 0.25]))
    thin = data.two_moons(noise=0.03)
    on_ridge = thin.log_prob(theirs)
    off_ridge = thin.log_prob(theirs * (1 + 0.3 / theirs.norm(dim=1, keepdim=True)))
    # In the middle of an arc of length 2 pi and width s, each moon half: p = 1/2 / (2 pi) / (s sqrt(2 pi)).
    inner = (theirs - torch.where(torch.tensor(label)[:, None] == 0, -1.0, 1.0) * torch.tensor([1.0, 0.5])).abs()[:, 1]
    ridge = math.log(1 / (4 * math.pi * 0.06 * math.sqrt(2 * math.pi)))
    assert torch.allclose(on_ridge[inner > 0.5], torch.tensor(ridge).double(), atol=2e-3)
    assert (off_ridge < on_ridge).all()
    noisy, _ = make_moons(10_000, noise=0.1, random_state=1)
    log_p = data.two_moons(noise=0.1).log_prob(2 * (torch.from_numpy(noisy) - torch.tensor([0.5, 0.25])))
    error = float(log_p.std()) / math.sqrt(len(log_p))
    assert float(-log_p.mean()) == pytest.approx(ebm.entropy(data.two_moons(noise=0.1)), abs=4 * error)


def test_a_mixture_has_its_closed_form() -> None:
    density = data.mixture_1d(separation=3.0, std=0.4, weights=(0.25, 0.75))
    x = torch.tensor([-1.5, 0.2, 1.7], dtype=torch.float64)
    normal = [torch.distributions.Normal(mean, 0.4) for mean in (-1.5, 1.5)]
    exact = torch.log(0.25 * normal[0].log_prob(x).exp() + 0.75 * normal[1].log_prob(x).exp())
    assert torch.allclose(density.log_prob(x), exact, atol=1e-7)


def test_far_modes_stay_inside_the_domain() -> None:
    ((low, high),) = data.mixture_1d(separation=12.0).domain
    assert low == -high
    assert high >= 6 + 6 * 0.5


def test_the_checkerboard_is_uniform_on_eight_squares() -> None:
    log_p = data.checkerboard().log_prob(torch.tensor([[-3.9, -3.9], [-1.9, -3.9], [3.9, 3.9], [4.1, 4.1], [0.1, 0.1]]))
    uniform = -math.log(32)
    assert log_p.tolist() == pytest.approx([uniform, -math.inf, uniform, -math.inf, uniform])


def test_a_turn_of_the_pinwheel_by_one_arm_changes_nothing() -> None:
    density, x = data.pinwheel(), data.pinwheel().sample(50, seeded()).double()
    turn = 2 * math.pi / 5
    rotation = torch.tensor([[math.cos(turn), -math.sin(turn)], [math.sin(turn), math.cos(turn)]], dtype=torch.float64)
    assert torch.allclose(density.log_prob(x @ rotation.T), density.log_prob(x), atol=1e-9)
    assert not torch.allclose(density.log_prob(x * torch.tensor([1.0, -1.0])), density.log_prob(x), atol=0.1)


@pytest.mark.parametrize(
    ("make", "name"),
    [
        (lambda: data.mixture_1d(separation=0.0), "separation"),
        (lambda: data.mixture_1d(std=-1.0), "std"),
        (lambda: data.mixture_1d(weights=(0.5, 0.6)), "weights"),
        (lambda: data.mixture_1d(weights=(1.0,)), "weights"),
        (lambda: data.two_moons(noise=0.5), "noise"),
        (lambda: data.two_moons(noise=0.0), "noise"),
        (lambda: data.two_moons().sample(0, seeded()), "n = 0"),
        (lambda: data.two_moons().sample(3, 0), "generator"),
        (lambda: data.two_moons().log_prob(torch.zeros(4, 3)), "x has shape"),
        (lambda: data.two_moons().log_prob([0.0, 0.0]), "x = "),
        (lambda: data.two_moons().log_prob(torch.zeros(4, 2, dtype=torch.long)), "x has dtype"),
    ],
)
def test_a_wrong_argument_is_named(make, name: str) -> None:
    with pytest.raises(ValueError, match=name):
        make()
