"""Settings under which energies of pictures train well, and what they were measured on.

training = DIGITS.train(digits("train").images, seed=0, progress=True)
training.energy
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from course_utils import fallback, samplers
from course_utils.ebm.buffer import ReplayBuffer
from course_utils.ebm.conditioning import uniform_noise
from course_utils.ebm.fitting import fit_persistent
from course_utils.ebm.image_networks import ImageEnergy
from course_utils.ebm.joint import JointContrastiveDivergence
from course_utils.ebm.objectives import ContrastiveDivergence
from course_utils.ebm.training_loop import Training, train


@dataclass(frozen=True)
class ImageRecipe:
    """A network, an objective and a training loop for pictures with pixels from -1 to 1.

    `dataclasses.replace(DIGITS, spectral_norm=False)` is the same recipe without one ingredient.

    Attributes:
        size, fold, width, n_blocks, base, spectral_norm, residual, activation, scale: of `ImageEnergy`.
        k: Langevin steps per training step.
        step_size: ε of those steps: each has the noise sqrt(2 ε T) per pixel.
        temperature: T of those steps; only 1 is maximum likelihood.
        alpha: weight of the regulariser on E².
        capacity: chains in the buffer; 0 for chains that start at noise in every step and are not kept.
        reinit: share of the chains taken that restart from uniform noise.
        data_noise: standard deviation of the noise added to data. The model learns the noisy data.
        batch_size, n_steps, learning_rate, betas, ema, clip: of `train`.
    """

    size: tuple[int, int] = (8, 8)
    fold: int = 2
    width: int = 32
    n_blocks: int = 2
    base: float | None = 1.0
    spectral_norm: bool = True
    residual: bool = True
    activation: str = "silu"
    scale: float = 2.5
    k: int = 10
    step_size: float = 0.005
    temperature: float = 1.0
    alpha: float = 0.002
    capacity: int = 2048
    reinit: float = 0.02
    data_noise: float = 0.1
    batch_size: int = 100
    n_steps: int = 1400
    learning_rate: float = 1.5e-3
    betas: tuple[float, float] = (0.0, 0.999)
    ema: float | None = 0.995
    clip: float | None = 1.0

    def network(self, generator: torch.Generator, n_classes: int | None = None) -> ImageEnergy:
        """The network with fresh weights, on the CPU."""
        names = ("size", "fold", "width", "n_blocks", "base", "spectral_norm", "residual", "activation", "scale")
        return ImageEnergy(n_classes=n_classes, generator=generator, **{name: getattr(self, name) for name in names})

    @property
    def fresh(self) -> Callable[[int, torch.Generator], Tensor]:
        """Where chains start: uniform noise."""
        return uniform_noise(1, *self.size)

    def objective(
        self, images: Float[Tensor, "n 1 h w"] | None = None, labels: Int[Tensor, "n"] | None = None
    ) -> ContrastiveDivergence:
        """Persistent contrastive divergence; with labels also the cross-entropy of a joint energy."""
        buffer = ReplayBuffer(self.capacity or self.batch_size, self.fresh, self.reinit if self.capacity else 1.0)
        options: dict[str, Any] = {"sampler": "ula", "alpha": self.alpha, "temperature": self.temperature}
        if labels is None:
            return ContrastiveDivergence(self.k, self.step_size, buffer=buffer, **options)
        return JointContrastiveDivergence(
            self.k, self.step_size, images=images, labels=labels, data_noise=self.data_noise, buffer=buffer, **options
        )

    def fresh_chains(
        self, energy: nn.Module, n: int, n_steps: int, generator: torch.Generator, **options: Any
    ) -> Float[Tensor, "n 1 h w"]:
        """Final states of new chains that start at noise, with the step size and the temperature of training.

        Args:
            energy: E; a trained network, or any callable.
            n: chains.
            n_steps: Langevin steps.
            generator: source of the random numbers.
            **options: of `samplers.ula`, such as another `step_size` or `progress`.
        """
        settings = {"step_size": self.step_size, "temperature": self.temperature, "keep": False} | options
        return samplers.ula(energy, self.fresh(n, generator), n_steps=n_steps, generator=generator, **settings).x

    def quick(
        self, step: Callable[..., float], images: Float[Tensor, "m 1 h w"], seed: int, n: int = 100
    ) -> Float[Tensor, "{n} 1 h w"]:
        """Samples of a fresh network, after a short training by steps like `persistent_step`.

        Args:
            step: makes one training step; `fit_persistent` says how.
            images: the pictures.
            seed: of everything random.
            n: samples: the ends of new chains of 300 Langevin steps from noise.
        """
        generator = torch.Generator().manual_seed(seed)
        energy = self.network(generator)
        names = ("n_steps", "k", "step_size", "alpha", "data_noise", "batch_size", "learning_rate")
        settings = {name: getattr(self, name) for name in names}
        chains = self.fresh(self.capacity, generator)
        fit_persistent(energy, images, chains, step, generator=generator, fresh=self.fresh, **settings)
        return self.fresh_chains(energy, n, 300, generator)

    def train(
        self,
        images: Float[Tensor, "n 1 h w"],
        *,
        seed: int,
        labels: Int[Tensor, "n"] | None = None,
        device: str = "cpu",
        **options: Any,
    ) -> Training:
        """Train a fresh network by this recipe.

        Args:
            images: the pictures.
            seed: of the weights and of everything random in training.
            labels: one for each picture, for a joint energy.
            device: "cpu" or "cuda", such as `setup().device`. Without a GPU, or where its memory is full before
                anything was kept, training is on the CPU, and a line says so.
            **options: of `train`: `progress`, `checkpoint`, `resume`, `measures` and so on, or another `n_steps`.

        Returns:
            The result; its `energy` is on the device.
        """
        device = fallback.torch_device(device)
        try:
            return self._train(images, seed, labels, device, options)
        except torch.OutOfMemoryError:
            checkpoint = options.get("checkpoint")
            if device == "cpu" or (checkpoint is not None and Path(checkpoint).is_file()):
                raise  # a run that was kept goes on where it was, on the same device
            batch_size = options.get("batch_size", self.batch_size)
            print(
                "The GPU's memory is full, so this training starts again on the CPU, which takes longer. To stay on "
                f"the GPU, take a batch_size below {batch_size}, or shut down other kernels that use it."
            )
        return self._train(images, seed, labels, "cpu", options)

    def _train(self, images: Tensor, seed: int, labels: Tensor | None, device: str, options: dict) -> Training:
        n_classes = None if labels is None else int(labels.max()) + 1
        energy = self.network(torch.Generator().manual_seed(seed), n_classes).to(device)
        images = images.to(device)
        objective = self.objective(images, None if labels is None else labels.to(device))
        names = ("batch_size", "n_steps", "learning_rate", "betas", "ema", "clip", "data_noise")
        settings = {name: getattr(self, name) for name in names} | options
        generator = torch.Generator(device).manual_seed(seed)
        return train(energy, images, objective, generator=generator, **settings)


DIGITS = ImageRecipe()
"""For `data.digits`; measured by tests/benchmarks/ebm_digits.py."""

MNIST14 = ImageRecipe(
    size=(14, 14), width=48, scale=3.5, k=20, alpha=0.0002, capacity=1000, reinit=0.01, data_noise=0.15, n_steps=1500,
    learning_rate=1e-3,
)  # fmt: skip
"""For `data.mnist14`. With the numbers of the digits (k = 15, 4096 chains, learning rate 1.5e-3, alpha = 0.002) the
network learnt to tell noise from digits before the chains had found one: energies of ±1/(2 alpha), and chains that stay
noise. With alpha = 0.002 and k = 20 the energy of noise was held too low for chains that begin there to come down."""

MNIST = ImageRecipe(
    size=(28, 28), fold=2, width=64, n_blocks=4, k=40, step_size=0.005, capacity=8192, batch_size=128, n_steps=10000
)
"""For `data.mnist` on a GPU. A guess from the settings for digits, run for a few steps only, to know that it works."""
