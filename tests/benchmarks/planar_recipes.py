"""Settings under which each method trains well on points in one or two dimensions.

    moons = two_moons()
    x = moons.sample(5000, torch.Generator().manual_seed(0))
    training = PLANAR["cd"].train(x, moons.domain, seed=0)
    kl(moons, training.energy)

`dataclasses.replace(PLANAR["pcd"], sampler="ula")` is the same recipe with one thing changed. What each recipe reaches
on seeds that were not used to choose it stands in `README.md`; `ebm_2d.py` measures it.
"""

from dataclasses import dataclass
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor

from course_utils import ebm
from course_utils.energies import Domain

__all__ = ["PLANAR", "PlanarRecipe"]


@dataclass(frozen=True)
class PlanarRecipe:
    """A method with its settings, an `EnergyNet` and a training loop.

    Attributes:
        method: "exact", "nce", "cd", "pcd", "dsm" or "ssm".
        n_steps, batch_size, learning_rate, ema: of `train`.
        k: Langevin steps per training step.
        step_size: ε of those steps, at T = 1.
        sampler: "mala" or "ula".
        alpha: weight of the regulariser on E².
        capacity: chains in the buffer.
        reinit: share of the chains taken that restart.
        fresh_std: chains start, and restart, from a Gaussian of this standard deviation around 0; with None, from data.
        ratio: noise points per data point.
        widen: standard deviation of the noise in those of the data.
        sigma: blur of denoising score matching.
        n_cells: cells per axis of exact likelihood.
        hidden, base: of `EnergyNet`.
    """

    method: str
    n_steps: int
    batch_size: int
    learning_rate: float = 1e-2
    ema: float | None = 0.995
    k: int = 10
    step_size: float = 0.02
    sampler: str = "mala"
    alpha: float = 0.0
    capacity: int = 2000
    reinit: float = 0.02
    fresh_std: float | None = 2.0
    ratio: int = 2
    widen: float = 1.3
    sigma: float = 0.1
    n_cells: int | None = None
    hidden: tuple[int, ...] = (128, 128)
    base: float | None = 2.0

    def network(self, dim: int, generator: torch.Generator) -> ebm.EnergyNet:
        """A new energy."""
        return ebm.EnergyNet(dim, self.hidden, self.base, generator=generator)

    def objective(self, data: Float[Tensor, "n *dim"], domain: Domain) -> ebm.Objective:
        """The objective, made for these data.

        Args:
            data: all data: noise-contrastive estimation takes its noise from their mean and covariance.
            domain: the box that exact likelihood integrates over.

        Raises:
            ValueError: if the method is unknown.
        """

        def fresh(n: int, generator: torch.Generator) -> Tensor:
            if self.fresh_std is None:
                return data[torch.randint(len(data), (n,), generator=generator, device=data.device)]
            return self.fresh_std * torch.randn((n, *data.shape[1:]), generator=generator, device=data.device)

        buffer = ebm.ReplayBuffer(self.capacity, fresh, self.reinit)
        chains: dict[str, Any] = {"k": self.k, "step_size": self.step_size, "alpha": self.alpha}
        match self.method:
            case "exact":
                return ebm.ExactLikelihood(domain, self.n_cells)
            case "nce":
                return ebm.NoiseContrastive(ebm.GaussianNoise.fit(data, self.widen), self.ratio)
            case "cd":
                return ebm.ContrastiveDivergence(**chains, sampler=self.sampler)
            case "pcd":
                return ebm.ContrastiveDivergence(**chains, sampler=self.sampler, buffer=buffer)
            case "dsm":
                return ebm.DenoisingScoreMatching(self.sigma)
            case "ssm":
                return ebm.SlicedScoreMatching()
        raise ValueError(f"method = {self.method!r}: expected one of {', '.join(PLANAR)}")

    def train(self, data: Float[Tensor, "n *dim"], domain: Domain, *, seed: int, **options: Any) -> ebm.Training:
        """A new energy, trained on these data.

        Args:
            data: points, (n,) or (n, dim).
            domain: the box that they lie in.
            seed: of the weights, the batches and the chains.
            options: passed to `ebm.train`, such as measures, snapshots or progress.
        """
        generator = torch.Generator(data.device).manual_seed(seed)
        energy = self.network(1 if data.ndim == 1 else data.shape[1], generator)
        settings = {
            "n_steps": self.n_steps,
            "batch_size": self.batch_size,
            "learning_rate": self.learning_rate,
            "ema": self.ema,
            **options,
        }
        return ebm.train(energy, data, self.objective(data, domain), generator=generator, **settings)


PLANAR: dict[str, PlanarRecipe] = {
    recipe.method: recipe
    for recipe in (
        PlanarRecipe("exact", n_steps=800, batch_size=256, n_cells=80),
        PlanarRecipe("nce", n_steps=1000, batch_size=256),
        PlanarRecipe("cd", n_steps=800, batch_size=128),
        PlanarRecipe("pcd", n_steps=1000, batch_size=128),
        PlanarRecipe("dsm", n_steps=1500, batch_size=200, learning_rate=5e-3),
        PlanarRecipe("ssm", n_steps=1500, batch_size=200, learning_rate=5e-3),
    )
}
"""By method. Chosen on two moons with seeds 0 to 4, 5000 points."""
