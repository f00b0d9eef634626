"""Mixtures of Gaussians, which can be sampled without a chain."""

import math
from dataclasses import dataclass
from typing import ClassVar

import torch
from jaxtyping import Float
from torch import Tensor

from course_utils import arguments, tensors
from course_utils.arguments import whole
from course_utils.energies.base import LEVEL, Domain, KnownEnergy
from course_utils.tensors import Number


@dataclass(frozen=True, eq=False)
class GaussianMixture(KnownEnergy):
    """E(x) = -log sum over k of weights_k N(x; means_k, covs_k), normalised at T = 1: log Z(1) = 0.

    At other temperatures log Z has a simple exact form for one component only; else it is None.

    Args:
        means: (k,) in one dimension, (k, dim) in two or more.
        covs: variances (k,) in one dimension, covariance matrices (k, dim, dim) in two or more.
        weights: (k,), positive, sum 1; equal if left out.

    Raises:
        ValueError: if shapes do not fit together, a covariance is not symmetric and positive definite, or weights are
            not positive or do not sum to 1.
    """

    means: Float[Tensor, "k"] | Float[Tensor, "k dim"]
    covs: Float[Tensor, "k"] | Float[Tensor, "k dim dim"]
    weights: Float[Tensor, "k"] | None = None
    name: ClassVar[str] = "Gaussian mixture"

    def __post_init__(self) -> None:
        means, covs = tensors.float64("means", self.means), tensors.float64("covs", self.covs)
        if means.ndim not in (1, 2) or means.shape[0] == 0 or (means.ndim == 2 and means.shape[1] < 2):
            raise ValueError(
                f"means has shape {tuple(means.shape)}: expected (k,) in one dimension, or (k, dim) with dim >= 2"
            )
        wanted = means.shape if means.ndim == 1 else (*means.shape, means.shape[1])
        if covs.shape != wanted:
            raise ValueError(
                f"covs has shape {tuple(covs.shape)}: expected {tuple(wanted)} to go with means of shape "
                f"{tuple(means.shape)}"
            )
        full = covs[:, None, None] if means.ndim == 1 else covs
        if not torch.allclose(full, full.mT) or torch.linalg.cholesky_ex(full).info.any():
            raise ValueError(
                f"covs = {arguments.shown(covs)}: expected variances > 0, or symmetric, positive definite matrices"
            )
        k = means.shape[0]
        weights = torch.full((k,), 1 / k) if self.weights is None else self.weights
        weights = tensors.float64("weights", weights)
        if weights.shape != (k,) or (weights <= 0).any() or abs(weights.sum().item() - 1) > 1e-5:
            raise ValueError(f"weights = {arguments.shown(weights)}: expected {k} positive numbers that sum to 1")
        for key, value in {"means": means, "covs": covs, "weights": weights / weights.sum()}.items():
            object.__setattr__(self, key, value)

    @property
    def dim(self) -> int:
        return 1 if self.means.ndim == 1 else self.means.shape[1]

    def _full(self) -> tuple[Float[Tensor, "k dim"], Float[Tensor, "k dim dim"]]:
        """Means and covariance matrices with their axes of coordinates, in one dimension too."""
        return (self.means[:, None], self.covs[:, None, None]) if self.dim == 1 else (self.means, self.covs)

    def _log_terms(
        self, x: Float[Tensor, "*batch dim"]
    ) -> tuple[Float[Tensor, "*batch k"], Float[Tensor, "*batch k dim"]]:
        """log(weights_k N_k(x)), and its negative gradient, the pull of each component."""
        means, covs = self._full()
        precision = torch.linalg.inv(covs)
        log_norm = torch.log(self.weights) - 0.5 * torch.logdet(2 * math.pi * covs)
        means, precision, log_norm = (value.to(x) for value in (means, precision, log_norm))
        away = x.unsqueeze(-2) - means
        pull = torch.einsum("kij,...kj->...ki", precision, away)
        return log_norm - 0.5 * (away * pull).sum(-1), pull

    def energy(self, x: Float[Tensor, "..."]) -> Float[Tensor, "..."]:
        log_terms, _ = self._log_terms(x.unsqueeze(-1) if self.dim == 1 else x)
        return -torch.logsumexp(log_terms, dim=-1)

    def gradient(self, x: Float[Tensor, "..."]) -> Float[Tensor, "..."]:
        log_terms, pull = self._log_terms(x.unsqueeze(-1) if self.dim == 1 else x)
        gradient = (torch.softmax(log_terms, dim=-1).unsqueeze(-1) * pull).sum(-2)
        return gradient.squeeze(-1) if self.dim == 1 else gradient

    @property
    def minima(self) -> Float[Tensor, "..."]:
        """The minima reached by descent from each mean, lowest first, refined to machine precision.

        For components that lie well apart these are all. In two dimensions or more a mixture can have more minima than
        components (Carreira-Perpiñán and Williams, 2003, doi:10.1007/3-540-44935-3_44), and those are missed.
        """
        means, covs = self._full()
        precision = torch.linalg.inv(covs)
        x = means
        for _ in range(200):  # each step is one of expectation-maximisation, which never raises the energy
            r, old = torch.softmax(self._log_terms(x)[0], dim=-1), x
            target = torch.einsum("mk,kij,kj->mi", r, precision, means)
            x = torch.linalg.solve(torch.einsum("mk,kij->mij", r, precision), target)
            if (x - old).abs().max() < 1e-9:
                break
        same = 1e-3 * torch.linalg.eigvalsh(covs).min().sqrt()  # nearer than that, two ends are one flat minimum
        found: list[Tensor] = []
        for point in x:
            for _ in range(20):  # Newton's method, which those steps have brought close enough
                gradient, hessian = self._derivatives(point)
                step = torch.linalg.solve(hessian, gradient)
                if torch.linalg.eigvalsh(hessian).min() <= 0 or step.norm() < 1e-15:
                    break
                point = point - step
            is_minimum = torch.linalg.eigvalsh(hessian).min() > 0
            if is_minimum and all((point - other).norm() > same for other in found):
                found.append(point)
        minima = torch.stack(found) if found else x[:1]
        minima = minima.squeeze(-1) if self.dim == 1 else minima
        return minima[self.energy(minima).argsort(stable=True)]

    def _derivatives(self, point: Float[Tensor, "dim"]) -> tuple[Float[Tensor, "dim"], Float[Tensor, "dim dim"]]:
        """Gradient and matrix of second derivatives of the energy at one point."""
        log_terms, pull = self._log_terms(point)
        r = torch.softmax(log_terms, dim=-1)
        gradient = r @ pull
        spread = torch.einsum("k,ki,kj->ij", r, pull, pull) - torch.outer(gradient, gradient)
        return gradient, torch.einsum("k,kij->ij", r, torch.linalg.inv(self._full()[1])) - spread

    def domain_at(self, temperature: Number) -> Domain:
        temperature = arguments.temperature(temperature)
        means, covs = self._full()
        # At T < 1 overlapping components add up to at most k^(1/T - 1) times the sum of their own powers.
        level = LEVEL * temperature + max(0.0, 1 - temperature) * math.log(len(means))
        half = torch.sqrt(2 * level * torch.diagonal(covs, dim1=-2, dim2=-1))
        return tuple(zip((means - half).amin(0).tolist(), (means + half).amax(0).tolist(), strict=True))

    def log_z(self, temperature: Number = 1.0) -> float | None:
        temperature = arguments.temperature(temperature)
        if temperature == 1:
            return 0.0
        if len(self.weights) > 1:
            return None
        log_det = torch.logdet(2 * math.pi * self._full()[1][0]).item()
        return 0.5 * (1 - 1 / temperature) * log_det + self.dim / 2 * math.log(temperature)

    def sample(self, n: int, generator: torch.Generator) -> Float[Tensor, "..."]:
        """Independent samples of p at T = 1.

        Args:
            n: number of samples, at least 1.
            generator: source of the random numbers; the samples are on its device.

        Returns:
            Shape (n,) if `dim == 1`, else (n, dim), in torch's default dtype.

        Raises:
            ValueError: if n is not a whole number >= 1, or generator is not a torch.Generator.
        """
        whole("n", n)
        tensors.generator(generator)
        dtype, device = torch.get_default_dtype(), generator.device
        means, covs = self._full()
        roots = torch.linalg.cholesky(covs).to(device, dtype)
        which = torch.multinomial(self.weights.to(device), n, replacement=True, generator=generator)
        noise = torch.randn(n, self.dim, generator=generator, dtype=dtype, device=device)
        x = means.to(device, dtype)[which] + torch.einsum("nij,nj->ni", roots[which], noise)
        return x.squeeze(-1) if self.dim == 1 else x
