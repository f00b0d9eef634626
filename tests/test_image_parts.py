"""What lesson 06 asks its readers to write, in the course's own version, against matrices and sums written out."""

import pytest
import torch
import torch.nn.functional as F

from course_utils import ebm

draw = torch.Generator().manual_seed(0)


@pytest.mark.parametrize(("shape", "side"), [((3, 2, 3, 3), 5), ((4, 4, 5, 5), 6), ((2, 3, 1, 1), 3)])
def test_spectral_norm_is_the_largest_singular_value_of_the_matrix_written_out(shape, side):
    weight = torch.randn(shape, generator=draw, dtype=torch.float64)
    start = torch.randn(1, shape[1], side, side, generator=draw, dtype=torch.float64)
    unit = torch.eye(start.numel(), dtype=torch.float64).view(-1, *start.shape[1:])
    matrix = F.conv2d(unit, weight, padding=(shape[-1] - 1) // 2).flatten(1)
    assert ebm.spectral_norm(weight, start, 2000) == pytest.approx(torch.linalg.svdvals(matrix)[0].item(), rel=1e-5)


def test_spectral_norm_agrees_with_the_layer_that_divides_by_it():
    layer = ebm.SpectralConv2d(4, 6, size=(5, 5), generator=torch.Generator().manual_seed(1))
    layer.iterate(200)
    weight = (layer.weight * layer.scale / layer.sigma).detach()
    start = torch.randn(1, 4, 5, 5, generator=draw)
    assert ebm.spectral_norm(weight, start, 300) == pytest.approx(1.0, rel=1e-3)


def test_spectral_norm_refuses_a_zero_start_and_an_even_kernel():
    with pytest.raises(ValueError, match="start = 0"):
        ebm.spectral_norm(torch.ones(1, 1, 3, 3), torch.zeros(1, 1, 4, 4), 3)
    with pytest.raises(ValueError, match="odd side"):
        ebm.spectral_norm(torch.ones(1, 1, 4, 4), torch.ones(1, 1, 4, 4), 3)


def test_label_energy_of_one_label_is_given_and_of_all_is_the_marginal():
    net = ebm.ImageEnergy(n_classes=4, generator=torch.Generator().manual_seed(2))
    x = torch.randn(3, 1, 8, 8, generator=draw)
    logits = net.logits(x)
    assert torch.allclose(ebm.label_energy(logits, [2]), net.given(2)(x))
    assert torch.allclose(ebm.label_energy(logits, range(4)), net(x), atol=1e-5)


def test_label_energy_of_a_set_is_minus_the_log_of_the_sum_of_its_weights_and_does_not_overflow():
    logits = torch.tensor([[1.0, 2.0, 3.0], [900.0, 899.0, 0.0]], dtype=torch.float64)
    e = torch.tensor(1.0, dtype=torch.float64).exp()
    exact = torch.stack([-(e + e**2).log(), -900 - (1 + 1 / e).log()])
    assert torch.allclose(ebm.label_energy(logits, [0, 1]), exact)


@pytest.mark.parametrize("labels", [[], [0, 0], [3], [-1]])
def test_label_energy_refuses_labels_that_are_none_repeated_or_unknown(labels):
    with pytest.raises(ValueError, match="different numbers from 0 to 2"):
        ebm.label_energy(torch.zeros(1, 3), labels)


def test_compose_adds_with_weights_and_the_label_sets_of_one_net_combine_as_probabilities_do():
    net = ebm.ImageEnergy(n_classes=4, generator=torch.Generator().manual_seed(3))
    x = torch.randn(5, 1, 8, 8, generator=draw)

    def among(labels):
        return lambda x: ebm.label_energy(net.logits(x), labels)

    both = ebm.compose([among([0, 1]), among([1, 2]), net], [1, 1, -1])
    p = net.logits(x).softmax(1)
    exact = net(x) - (p[:, [0, 1]].sum(1) * p[:, [1, 2]].sum(1)).log()  # p(x) p(A|x) p(B|x)
    assert torch.allclose(both(x), exact, atol=1e-5)
    assert torch.allclose(ebm.compose([net, net])(x), 2 * net(x))
