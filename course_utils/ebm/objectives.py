"""What a training minimises: a loss together with the random numbers and the chains that it needs.

    objective = ContrastiveDivergence(k=10, step_size=0.02)
    loss = objective(energy, batch, generator)

An objective is called once per step, with a batch of data. It leaves the module in the mode in which it found it, and
no chain leaves a gradient in a parameter.
"""

import math
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor, nn

from course_utils import arguments, samplers
from course_utils.ebm import losses
from course_utils.ebm.buffer import ReplayBuffer
from course_utils.ebm.likelihood import grid
from course_utils.energies import Domain


class Objective:
    """A loss with what it needs. A subclass defines `loss`.

    Only `ExactLikelihood` gives a likelihood: the values of the others say nothing across models.

    Args:
        buffer: persistent chains, where the loss has any.

    Attributes:
        step_size: ε of its chains, where it has any.
        seen: quantities of the last call, as 0-d tensors; `train` keeps them in its history.
    """

    step_size: float | None = None

    def __init__(self, buffer: ReplayBuffer | None = None) -> None:
        if buffer is not None and not isinstance(buffer, ReplayBuffer):
            raise ValueError(f"buffer = {arguments.shown(buffer)}: expected a ReplayBuffer")
        self.buffer = buffer
        self.seen: dict[str, Tensor] = {}

    def __call__(
        self, energy: nn.Module, batch: Float[Tensor, "n *shape"], generator: torch.Generator
    ) -> Float[Tensor, ""]:
        """The loss of a batch, ready for `backward`.

        Args:
            energy: the module that is trained.
            batch: data.
            generator: source of all random numbers, on the device of the data.
        """
        self.seen = {}
        return self.loss(energy, batch, generator)

    def loss(self, energy: nn.Module, batch: Tensor, generator: torch.Generator) -> Tensor:
        """The loss; users call the object instead."""
        raise NotImplementedError

    def state_dict(self) -> dict[str, Any]:
        """What must be kept to continue, or to come back to: the chains, where there are any."""
        return {} if self.buffer is None else {"chains": self.buffer.states}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go back to a state that `state_dict` returned.

        Raises:
            ValueError: if only one of the two has a buffer.
        """
        if (self.buffer is None) != ("chains" not in state):
            raise ValueError("state: the checkpoint and this objective differ in whether they have a buffer")
        if self.buffer is not None:
            self.buffer.states = state["chains"]


class ContrastiveDivergence(Objective):
    """Contrastive divergence CD-k, or persistent contrastive divergence if it has a buffer.

    Chains of k Langevin steps start at the batch (CD), or continue from the buffer and are written back (PCD).

    Args:
        k: steps of each chain.
        step_size: ε of the sampler, in the convention of `samplers`.
        sampler: "mala", which is exact at every ε, or "ula".
        alpha: weight of the regulariser on E².
        buffer: the chains, for persistent contrastive divergence.
        temperature: T of the sampler. The gradient is that of the likelihood at T = 1 only.
    """

    def __init__(
        self,
        k: int,
        step_size: float,
        *,
        sampler: str = "mala",
        alpha: float = 0.0,
        buffer: ReplayBuffer | None = None,
        temperature: float = 1.0,
    ) -> None:
        super().__init__(buffer)
        self.k, self.step_size = arguments.whole("k", k), arguments.positive("step_size", step_size)
        self.alpha, self.temperature = arguments.number("alpha", alpha, 0.0), arguments.temperature(temperature)
        self.sampler = arguments.choice("sampler", sampler, ("mala", "ula"))

    def loss(self, energy: nn.Module, batch: Tensor, generator: torch.Generator) -> Tensor:
        indices, start = (None, batch) if self.buffer is None else self.buffer.sample(len(batch), generator)
        samples = self.sample(energy, start, generator)
        if self.buffer is not None:
            self.buffer.write(indices, samples)
        means: list[Tensor] = []

        def watched(x: Tensor) -> Tensor:
            values = energy(x)
            means.append(values.detach().mean())
            return values

        loss = losses.contrastive_divergence(watched, batch, samples, self.alpha)
        self.seen["data energy"], self.seen["sample energy"] = means
        return loss

    def sample(self, energy: nn.Module, start: Tensor, generator: torch.Generator) -> Tensor:
        """k steps of the sampler from the given states."""
        method = samplers.mala if self.sampler == "mala" else samplers.ula
        with _frozen(energy):
            run = method(
                energy, start, step_size=self.step_size, n_steps=self.k, temperature=self.temperature,
                generator=generator, keep=False,
            )  # fmt: skip
        if run.acceptance is not None:
            self.seen["acceptance"] = run.acceptance.mean()
        return run.x


class GaussianNoise:
    """A Gaussian, as noise whose density is known.

    Args:
        mean: shape (n_coordinates,).
        covariance: (n_coordinates, n_coordinates).
        shape: of one state; () for points on a line.
    """

    def __init__(
        self, mean: Float[Tensor, "n"], covariance: Float[Tensor, "n n"], shape: tuple[int, ...] | None = None
    ) -> None:
        mean, covariance = (torch.as_tensor(value).detach() for value in (mean, covariance))
        if mean.ndim != 1 or covariance.shape != (len(mean), len(mean)):
            raise ValueError(
                f"covariance has shape {tuple(covariance.shape)}: expected {(mean.numel(),) * 2}, to go with a mean of "
                f"shape {tuple(mean.shape)}"
            )
        root, info = torch.linalg.cholesky_ex(covariance)
        if info.any():
            raise ValueError(f"covariance = {arguments.shown(covariance)}: expected a positive definite matrix")
        self.mean, self.root = mean, root
        self.shape = (len(mean),) if shape is None else shape
        self.log_norm = float(root.diagonal().log().sum()) + len(mean) / 2 * math.log(2 * math.pi)

    @classmethod
    def fit(cls, data: Float[Tensor, "n *shape"], widen: float = 1.0) -> "GaussianNoise":
        """Mean and covariance of the data, the covariance times widen²: the noise must cover what data cover."""
        widen = arguments.positive("widen", widen)
        flat = data.detach().reshape(len(data), -1)
        return cls(flat.mean(0), torch.atleast_2d(torch.cov(flat.T)) * widen**2, tuple(data.shape[1:]))

    def sample(self, n: int, generator: torch.Generator) -> Float[Tensor, "n *shape"]:
        """Independent samples."""
        noise = torch.randn(n, len(self.mean), generator=generator, device=self.mean.device, dtype=self.mean.dtype)
        return (self.mean + noise @ self.root.T).reshape(n, *self.shape)

    def log_prob(self, x: Float[Tensor, "n *shape"]) -> Float[Tensor, "n"]:
        """Exact log density."""
        away = x.reshape(len(x), -1) - self.mean.to(x)
        scaled = torch.linalg.solve_triangular(self.root.to(x), away.T, upper=False)
        return -0.5 * (scaled**2).sum(0) - self.log_norm


class NoiseContrastive(Objective):
    """Noise-contrastive estimation against noise of a known density.

    Args:
        noise: an object with `sample(n, generator)` and `log_prob(x)`, such as `GaussianNoise.fit(data)`.
        ratio: noise points per data point.
    """

    def __init__(self, noise: Any, ratio: int = 1) -> None:
        super().__init__()
        if not (hasattr(noise, "sample") and hasattr(noise, "log_prob")):
            raise ValueError(f"noise = {noise!r}: expected an object with sample(n, generator) and log_prob(x)")
        self.noise, self.ratio = noise, arguments.whole("ratio", ratio)

    def loss(self, energy: nn.Module, batch: Tensor, generator: torch.Generator) -> Tensor:
        noise = self.noise.sample(self.ratio * len(batch), generator)
        return losses.noise_contrastive(energy, batch, noise, self.noise.log_prob)


class DenoisingScoreMatching(Objective):
    """Denoising score matching at one size of noise.

    Args:
        sigma: the blur; the model learns the density of data + sigma · noise.

    Raises:
        ValueError: if sigma is not positive and finite.
    """

    def __init__(self, sigma: float) -> None:
        super().__init__()
        self.sigma = arguments.positive("sigma", sigma)

    def loss(self, energy: nn.Module, batch: Tensor, generator: torch.Generator) -> Tensor:
        noise = torch.empty_like(batch).normal_(generator=generator)
        return losses.denoising_score_matching(energy, batch, noise, self.sigma)


class SlicedScoreMatching(Objective):
    """Sliced score matching, with one random direction for each point."""

    def loss(self, energy: nn.Module, batch: Tensor, generator: torch.Generator) -> Tensor:
        directions = torch.empty_like(batch).normal_(generator=generator)
        return losses.sliced_score_matching(energy, batch, directions)


class ExactLikelihood(Objective):
    """Maximum likelihood with Z by quadrature: the ceiling for all other methods, in one or two dimensions only.

    The grid is moved by a random part of a cell at each call. A grid at rest would be exploited: the model learns to
    put energy barriers on its points and mass between them.

    Args:
        domain: the box to integrate over.
        n: cells per axis; 1000 in one dimension and 64 in two if left out.
    """

    def __init__(self, domain: Domain, n: int | None = None) -> None:
        super().__init__()
        n = (1000 if len(domain) == 1 else 64) if n is None else n
        self.points, self.cell = grid(domain, n)
        self.widths = torch.tensor([(high - low) / n for low, high in domain], dtype=torch.float64)

    def loss(self, energy: nn.Module, batch: Tensor, generator: torch.Generator) -> Tensor:
        self.points, self.widths = self.points.to(batch), self.widths.to(batch)
        shift = self.widths * (torch.rand(len(self.widths), generator=generator, device=batch.device) - 0.5)
        return losses.exact_negative_log_likelihood(energy, batch, self.points + shift.squeeze(), self.cell)


@contextmanager
def _frozen(energy: nn.Module) -> Iterator[None]:
    """In eval mode, and with no gradients for the parameters; afterwards all as before."""
    modes = {module: module.training for module in energy.modules()}
    wanted = [p for p in energy.parameters() if p.requires_grad]
    energy.eval()
    for p in wanted:
        p.requires_grad_(False)
    try:
        yield
    finally:
        for p in wanted:
            p.requires_grad_(True)
        for module, mode in modes.items():
            module.training = mode
