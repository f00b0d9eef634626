"""The losses that train an energy, as functions: every random number is an argument.

Only the last one is a likelihood. The value of the others has no meaning across models: compare exact likelihoods.
Throughout, `energy` is E, and `data` is a batch.
"""

import math
from collections.abc import Callable
from typing import Any

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor

from course_utils.energies import EnergyFunction, differentiate


def contrastive_divergence(
    energy: EnergyFunction, data: Float[Tensor, "n *shape"], samples: Float[Tensor, "m *shape"], alpha: float = 0.0
) -> Float[Tensor, ""]:
    """Mean energy of the data minus mean energy of samples of the model.

    Its gradient with respect to the parameters is that of the mean negative log-likelihood if the samples follow the
    model. Its value is not a likelihood: it is near 0 whenever both means agree.

    Args:
        samples: states of the model; no gradient flows through them.
        alpha: weight of the regulariser mean E(data)² + mean E(samples)², which keeps energies from running away.

    Source: Hinton, Neural Computation 14, 1771 (2002), doi:10.1162/089976602760128018; the regulariser: Du and Mordatch
        (2019), arXiv:1903.08689, section 3.3.
    """
    of_data, of_samples = energy(data), energy(samples.detach())
    loss = of_data.mean() - of_samples.mean()
    if alpha:
        loss = loss + alpha * ((of_data**2).mean() + (of_samples**2).mean())
    return loss


def contrast(
    energy: EnergyFunction,
    batch: Float[Tensor, "n *shape"],
    walk: Callable[[EnergyFunction, Tensor, torch.Generator], Tensor],
    generator: torch.Generator,
    alpha: float = 0.0,
) -> Float[Tensor, ""]:
    """`contrastive_divergence` with samples that a walk makes of the batch.

    Args:
        batch: data.
        walk: walk(energy, x, generator) moves states by some steps of a sampler.
        generator: source of the walk's random numbers.
        alpha: as for `contrastive_divergence`.
    """
    return contrastive_divergence(energy, batch, walk(energy, batch, generator), alpha)


def noise_contrastive(
    energy: EnergyFunction,
    data: Float[Tensor, "n *shape"],
    noise: Float[Tensor, "m *shape"],
    log_prob_noise: Callable[[Tensor], Tensor],
) -> Float[Tensor, ""]:
    """Noise-contrastive estimation: logistic regression of data against noise of a known density.

    The log odds of "data" are -E(x) - log p_noise(x) - log(m / n). At the optimum exp(-E) is normalised: log Z is
    learnt with the rest, as the bias in the last layer of a network.

    Args:
        noise: samples of the noise; their number relative to that of the data is the ratio m / n.
        log_prob_noise: exact log density of the noise.

    Returns:
        Mean over the data of -log P(data | x), plus m / n times the mean over the noise of -log P(noise | x).

    Source: Gutmann and Hyvärinen, J. Mach. Learn. Res. 13, 307 (2012), equations 2 to 8.
    """
    ratio = len(noise) / len(data)
    logit_data = -energy(data) - log_prob_noise(data) - math.log(ratio)
    logit_noise = -energy(noise) - log_prob_noise(noise) - math.log(ratio)
    return F.softplus(-logit_data).mean() + ratio * F.softplus(logit_noise).mean()


def against_noise(
    energy: EnergyFunction, batch: Float[Tensor, "n *shape"], noise: Any, generator: torch.Generator
) -> Float[Tensor, ""]:
    """`noise_contrastive` with as many noise points as data.

    Args:
        batch: data.
        noise: an object with `sample(n, generator)` and `log_prob(x)`.
        generator: source of the noise.
    """
    return noise_contrastive(energy, batch, noise.sample(len(batch), generator), noise.log_prob)


def denoising_score_matching(
    energy: EnergyFunction, data: Float[Tensor, "n *shape"], noise: Float[Tensor, "n *shape"], sigma: float
) -> Float[Tensor, ""]:
    """Denoising score matching: at data + sigma · noise, the score is fitted to -noise / sigma.

    The optimum is the score of the data blurred by sigma, not of the data.

    Args:
        noise: standard normal numbers, in the shape of the data.
        sigma: size of the blur, > 0.

    Returns:
        Mean over the batch of |−∇E(x + σ ξ) + ξ / σ|² / 2.

    Source: Vincent, Neural Computation 23, 1661 (2011), doi:10.1162/NECO_a_00142, equation 9.
    """
    x = (data + sigma * noise).detach().requires_grad_(True)
    _, gradient = differentiate(energy, x, graph=True)
    return 0.5 * ((gradient - noise / sigma) ** 2).reshape(len(x), -1).sum(1).mean()


def sliced_score_matching(
    energy: EnergyFunction, data: Float[Tensor, "n *shape"], directions: Float[Tensor, "n *shape"]
) -> Float[Tensor, ""]:
    """Sliced score matching: Hyvärinen's loss, with the trace of the Hessian taken along random directions.

    Args:
        directions: vectors v with mean zero and E[v vᵀ] = 1 (standard normal, or signs), in the shape of the data.

    Returns:
        Mean of v·∇(v·s) + |s|² / 2, with the model's score s = -∇E. Its mean over v is the Fisher divergence to the
        data up to a constant.

    Source: Song, Garg, Shi and Ermon (2019), arXiv:1905.07088, equation 8 (variance reduced).
    """
    x = data.detach().requires_grad_(True)
    _, gradient = differentiate(energy, x, graph=True)
    (product,) = torch.autograd.grad((gradient * directions).sum(), x, create_graph=True)
    return (0.5 * (gradient**2).sum() - (product * directions).sum()) / len(data)


def exact_negative_log_likelihood(
    energy: EnergyFunction, data: Float[Tensor, "n *dim"], points: Float[Tensor, "m *dim"], cell: float
) -> Float[Tensor, ""]:
    """Mean of E(data) + log Z, with Z summed over the points of a grid, and with gradients through both.

    Args:
        points: centres of the cells of a grid that holds all of the model's mass.
        cell: volume of a cell.
    """
    return energy(data).mean() + torch.logsumexp(-energy(points), 0) + math.log(cell)
