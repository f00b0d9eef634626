"""One energy that is a model of pictures and a classifier at once."""

from typing import Any

import torch
import torch.nn.functional as F
from jaxtyping import Float, Int
from torch import Tensor, nn

from course_utils.ebm.objectives import ContrastiveDivergence


class JointContrastiveDivergence(ContrastiveDivergence):
    """Contrastive divergence for the marginal energy E(x) plus the cross-entropy of p(y | x).

    log p(x, y) = log p(x) + log p(y | x): the first part needs chains, the second does not, because Z drops out of
    p(y | x) = exp(-E(x, y)) / Σ_y' exp(-E(x, y')). The labelled pictures for the second part are a batch of their own.

    Args:
        k, step_size: as for `ContrastiveDivergence`.
        images: the labelled pictures.
        labels: one for each.
        data_noise: standard deviation of the noise added to them, the same as for the unlabelled batch.
        **options: further arguments of `ContrastiveDivergence`.

    Source: Grathwohl, Wang, Jacobsen, Duvenaud, Norouzi and Swersky, ICLR 2020, arXiv:1912.03263, equations 3 to 7.
    """

    def __init__(
        self,
        k: int,
        step_size: float,
        *,
        images: Float[Tensor, "n c h w"],
        labels: Int[Tensor, "n"],
        data_noise: float = 0.0,
        **options: Any,
    ) -> None:
        super().__init__(k, step_size, **options)
        if len(images) != len(labels) or len(images) == 0:
            raise ValueError(f"labels: expected one for each picture, got {len(labels)} for {len(images)} pictures")
        if labels.is_floating_point() or labels.min() < 0:
            raise ValueError("labels: expected whole numbers >= 0")
        self.images, self.labels, self.data_noise = images, labels.long(), data_noise

    def loss(self, energy: nn.Module, batch: Tensor, generator: torch.Generator) -> Tensor:
        loss = super().loss(energy, batch, generator)
        which = torch.randint(len(self.images), (len(batch),), generator=generator, device=generator.device)
        x, y = self.images[which], self.labels[which]
        if self.data_noise:
            x = x + self.data_noise * torch.empty_like(x).normal_(generator=generator)
        logits = energy.logits(x)
        cross_entropy = F.cross_entropy(logits, y)
        self.seen["cross-entropy"] = cross_entropy.detach()
        self.seen["accuracy"] = (logits.detach().argmax(1) == y).float().mean()
        return loss + cross_entropy
