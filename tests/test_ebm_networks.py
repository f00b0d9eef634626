"""The energy network: its bowl, its start, and its own gradient against autograd."""

import pytest
import torch
from support.seeds import seeded
from torch import Tensor

from course_utils import ebm, samplers


@pytest.mark.parametrize("dim", [1, 2, 3])
@pytest.mark.parametrize("hidden", [(), (7,), (9, 6, 4)])
@pytest.mark.parametrize("base", [None, 0.7])
def test_its_gradient_is_that_of_autograd(dim: int, hidden: tuple[int, ...], base: float | None) -> None:
    net = ebm.EnergyNet(dim, hidden, base=base, generator=seeded()).double()
    x = torch.randn((6,) if dim == 1 else (6, dim), generator=seeded(1), dtype=torch.float64, requires_grad=True)
    value = net(x)
    assert value.shape == (6,)
    (slope,) = torch.autograd.grad(value.sum(), x)
    mine = net.energy_and_grad(x)
    assert torch.allclose(mine[0], value, atol=1e-12)
    assert torch.allclose(mine[1], slope, atol=1e-12)
    assert torch.equal(net.grad(x), mine[1])
    assert not mine[1].requires_grad


def test_the_bowl_is_a_gaussian_of_standard_deviation_base() -> None:
    with_bowl, without = (ebm.EnergyNet(2, (5,), base=b, generator=seeded(3)) for b in (1.5, None))
    x = torch.randn(20, 2, generator=seeded())
    normal = torch.distributions.Normal(0.0, 1.5)
    difference = with_bowl(x) - without(x) + normal.log_prob(x).sum(-1)
    assert torch.allclose(difference, difference[0].expand(20), atol=1e-5)


def test_weights_come_from_the_generator_and_from_nothing_else() -> None:
    before = torch.random.get_rng_state()
    a, b, c = (ebm.EnergyNet(generator=seeded(seed)) for seed in (0, 0, 1))
    assert torch.equal(before, torch.random.get_rng_state())
    x = torch.randn(4, 2, generator=seeded())
    assert torch.equal(a(x), b(x))
    assert not torch.equal(a(x), c(x))


def test_the_first_layer_alone_starts_with_three_times_the_weights_of_pytorch() -> None:
    net = ebm.EnergyNet(generator=seeded())
    assert net.layers[0].weight.detach().abs().max().item() == pytest.approx(3 / 2**0.5, rel=0.02)
    assert net.layers[1].weight.detach().abs().max().item() == pytest.approx(1 / 128**0.5, rel=0.02)


def test_a_subclass_with_another_forward_does_not_keep_the_gradient_of_the_old_one() -> None:
    class Doubled(ebm.EnergyNet):
        def forward(self, x: Tensor) -> Tensor:
            return 2 * super().forward(x)

    net, x = Doubled(generator=seeded()), torch.randn(5, 2, generator=seeded(1))
    plain = ebm.EnergyNet(generator=seeded())
    assert torch.allclose(samplers.gradient(net, x), 2 * plain.grad(x), atol=1e-5)


@pytest.mark.parametrize("sampler", [samplers.ula, samplers.mala])
def test_samplers_give_the_same_chains_with_its_gradient_and_with_autograd(sampler) -> None:
    net, x = ebm.EnergyNet(generator=seeded()).double(), torch.randn(50, 2, generator=seeded(1)).double()
    runs = [
        sampler(energy, x, step_size=0.1, n_steps=30, generator=seeded(2)).trajectory
        for energy in (net, lambda y: net(y))
    ]
    assert torch.allclose(*runs, atol=1e-9)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"dim": 0}, "dim"),
        ({"hidden": (16, 0)}, r"hidden\[1\]"),
        ({"base": 0.0}, "base"),
        ({"generator": 0}, "generator"),
    ],
)
def test_a_wrong_argument_is_named(arguments: dict, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        ebm.EnergyNet(**{"generator": seeded(), **arguments})
