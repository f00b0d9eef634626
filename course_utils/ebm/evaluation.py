"""How good is a model of pictures? Measures that do not need log Z, each with its floor or its known values.

A classifier's confidence is no such measure: it is high for noise as well. What is used of the classifier here is its
features, whose distribution is compared with that of real pictures, and the histogram of its classes.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from jaxtyping import Float, Int
from torch import Tensor, nn

from course_utils import arguments
from course_utils.energies import EnergyFunction


class FeatureNet(nn.Module):
    """A small classifier whose last hidden layer serves as features."""

    def __init__(
        self,
        *,
        size: tuple[int, int] = (8, 8),
        width: int = 16,
        n_features: int = 32,
        n_classes: int = 10,
        generator: torch.Generator,
    ) -> None:
        """Make the network.

        Args:
            size: height and width of the pictures, even.
            width: channels of the first convolution; the second has twice as many, at half the size.
            n_features: width of the last hidden layer.
            n_classes: outputs.
            generator: source of the weights.
        """
        super().__init__()
        self.options = {"size": tuple(size), "width": width, "n_features": n_features, "n_classes": n_classes}
        make = nn.utils.skip_init
        self.first = make(nn.Conv2d, 1, width, 3, padding=1)
        self.second = make(nn.Conv2d, width, 2 * width, 3, padding=1, stride=2)
        self.last = make(nn.Linear, 2 * width * ((size[0] + 1) // 2) * ((size[1] + 1) // 2), n_features)
        self.head = make(nn.Linear, n_features, n_classes)
        with torch.no_grad():
            for layer in (self.first, self.second, self.last, self.head):
                layer.weight.normal_(generator=generator).div_(math.sqrt(layer.weight[0].numel()))
                layer.bias.zero_()

    def features(self, x: Float[Tensor, "n 1 h w"]) -> Float[Tensor, "n n_features"]:
        """The last hidden layer."""
        return F.silu(self.last(F.silu(self.second(F.silu(self.first(x)))).flatten(1)))

    def forward(self, x: Float[Tensor, "n 1 h w"]) -> Float[Tensor, "n n_classes"]:
        """One logit for each class."""
        return self.head(self.features(x))


def train_classifier(
    images: Float[Tensor, "n 1 h w"],
    labels: Int[Tensor, "n"],
    *,
    generator: torch.Generator,
) -> FeatureNet:
    """Train a `FeatureNet` with AdamW in 1000 steps, on the CPU, in some ten seconds.

    Each picture gets Gaussian noise whose standard deviation is uniform from 0 to 0.2, so that the features also serve
    for pictures of a model that has learnt noisy data.

    Args:
        images: pixels from -1 to 1.
        labels: classes from 0.
        generator: source of the weights, batches and noise.

    Returns:
        The classifier, in evaluation mode and without gradients.
    """
    net = FeatureNet(size=images.shape[-2:], n_classes=int(labels.max()) + 1, generator=generator)
    n_steps, batch_size = 1000, 100
    optimizer = torch.optim.AdamW(net.parameters(), 2e-3, weight_decay=1e-3)
    for step in range(n_steps):
        which = torch.randint(len(images), (batch_size,), generator=generator)
        size = 0.2 * torch.rand(batch_size, 1, 1, 1, generator=generator)
        x = images[which] + size * torch.empty_like(images[which]).normal_(generator=generator)
        optimizer.param_groups[0]["lr"] = 2e-3 * 0.5 * (1 + math.cos(math.pi * step / n_steps))
        optimizer.zero_grad()
        F.cross_entropy(net(x), labels[which]).backward()
        optimizer.step()
    return net.eval().requires_grad_(False)


def auroc(scores_in: Float[Tensor, "n"] | Sequence[float], scores_out: Float[Tensor, "m"] | Sequence[float]) -> float:
    """Area under the ROC curve: the probability that a random outsider scores higher than a random insider.

    A tie counts one half. 1: every outsider above every insider; 0.5: no better than a coin. With energies as scores it
    asks whether the model gives outsiders the higher energy.

    Args:
        scores_in: scores of what belongs to the set.
        scores_out: scores of what does not.

    Raises:
        ValueError: if one of them is empty or holds a number that is not finite.

    Source: Hanley and McNeil, Radiology 143, 29 (1982), doi:10.1148/radiology.143.1.7063747.
    """
    from sklearn.metrics import roc_auc_score

    parts = []
    for name, scores in (("scores_in", scores_in), ("scores_out", scores_out)):
        values = arguments.array(name, scores.detach().cpu() if isinstance(scores, Tensor) else scores).ravel()
        if not values.size:
            raise ValueError(f"{name} has no entry: expected at least one number")
        parts.append(values)
    is_out = np.repeat([0, 1], [part.size for part in parts])
    return float(roc_auc_score(is_out, np.concatenate(parts)))


def frechet_distance(
    mean_a: Float[Tensor, "d"], cov_a: Float[Tensor, "d d"], mean_b: Float[Tensor, "d"], cov_b: Float[Tensor, "d d"]
) -> float:
    """Squared Fréchet (2-Wasserstein) distance of two Gaussians: |μa - μb|² + tr(Ca + Cb - 2 (Ca^½ Cb Ca^½)^½).

    Source: Dowson and Landau, J. Multivar. Anal. 12, 450 (1982), doi:10.1016/0047-259X(82)90077-X.
    """
    mean_a, cov_a, mean_b, cov_b = (value.double() for value in (mean_a, cov_a, mean_b, cov_b))
    values, vectors = torch.linalg.eigh(cov_a)
    root = vectors * values.clamp(min=0).sqrt() @ vectors.T
    cross = torch.linalg.eigvalsh(root @ cov_b @ root).clamp(min=0).sqrt().sum()
    return float(((mean_a - mean_b) ** 2).sum() + cov_a.trace() + cov_b.trace() - 2 * cross)


@torch.no_grad()
def feature_distance(
    a: Float[Tensor, "n *shape"],
    b: Float[Tensor, "m *shape"],
    features: Callable[[Tensor], Float[Tensor, "n d"]] | None = None,
) -> float:
    """Fréchet distance of the features of two sets of pictures, as if the features were Gaussian.

    Its value for two finite sets from one law is not 0 but of the order 1/n + 1/m: always quote the distance between
    two real sets of the same sizes, its floor.

    Args:
        a: one set.
        b: the other set; both need more pictures than there are features for a good estimate.
        features: maps pictures to features, such as `FeatureNet.features`; the pixels themselves unless given.

    Raises:
        ValueError: if a set has fewer than two pictures.

    Source: Heusel, Ramsauer, Unterthiner, Nessler and Hochreiter, NeurIPS 2017, arXiv:1706.08500, equation 6, there
        with the features of another network: numbers of different networks must not be compared.
    """
    if min(len(a), len(b)) < 2:
        raise ValueError(f"a, b: expected two pictures or more in each, got {len(a)} and {len(b)}")
    moments = []
    for pictures in (a, b):
        values = (pictures.flatten(1) if features is None else features(pictures)).double()
        moments += [values.mean(0), torch.cov(values.T).reshape(values.shape[1], -1)]
    return frechet_distance(*moments)


def class_histogram(labels: Int[Tensor, "n"], n_classes: int = 10) -> Float[Tensor, "n_classes"]:
    """Share of each class among labels from 0 to n_classes - 1; float64, sum 1.

    Raises:
        ValueError: if there is no label, or one out of range.
    """
    if labels.numel() == 0 or labels.min() < 0 or labels.max() >= n_classes:
        raise ValueError(
            f"labels = {arguments.shown(labels)}: expected one or more whole numbers from 0 to {n_classes - 1}"
        )
    return torch.bincount(labels.flatten().cpu(), minlength=n_classes).double() / labels.numel()


def effective_classes(histogram: Float[Tensor, "n_classes"]) -> float:
    """exp(-Σ p log p): how many equally frequent classes would have this entropy. Shares ½, ½, 0, ... give 2.

    It counts what the classifier sees and nothing else: noise can be spread over many classes too.

    Raises:
        ValueError: if the shares are negative or do not sum to 1.
    """
    shares = torch.as_tensor(histogram, dtype=torch.float64)
    if (shares < 0).any() or abs(shares.sum().item() - 1) > 1e-6:
        raise ValueError(f"histogram = {arguments.shown(histogram)}: expected shares >= 0 that sum to 1")
    return math.exp(torch.special.entr(shares).sum())


@dataclass(frozen=True)
class Outsiders:
    """A set of pictures that is not the set.

    Attributes:
        name: short.
        images: as many as there were real ones.
        says: what was done, in words.
    """

    name: str
    images: Float[Tensor, "n c h w"]
    says: str


def out_of_distribution(images: Float[Tensor, "n c h w"], generator: torch.Generator) -> dict[str, Outsiders]:
    """Sets that a good model gives a higher energy than held-out real pictures.

    Args:
        images: held-out real pictures, pixels from -1 to 1, square.
        generator: source of the random numbers.

    Returns:
        By name: "uniform" (each pixel uniform from -1 to 1), "gaussian" (each pixel N(0, 0.3²), so grey pictures),
        "gaussian around the mean" (the mean picture plus that noise), "noisy" (the real pictures plus that noise: the
        hardest of the four), "shuffled" (pixels permuted, for each picture anew), "rotated" (by a quarter turn),
        "flipped" (left to right: some digits look the same), "inverted" (ink and paper exchanged).
    """

    def normal() -> Tensor:
        return 0.3 * torch.empty_like(images).normal_(generator=generator)

    order = torch.rand(images.flatten(1).shape, generator=generator, device=images.device).argsort(1)
    uniform = torch.empty_like(images).uniform_(-1, 1, generator=generator)
    sets = [
        Outsiders("uniform", uniform, "pixels uniform on [-1, 1]"),
        Outsiders("gaussian", normal(), "pixels N(0, 0.3²)"),
        Outsiders("gaussian around the mean", images.mean(0) + normal(), "the mean picture plus N(0, 0.3²)"),
        Outsiders("noisy", images + normal(), "real pictures plus N(0, 0.3²)"),
        Outsiders("shuffled", images.flatten(1).gather(1, order).reshape(images.shape), "pixels permuted"),
        Outsiders("rotated", images.rot90(1, (2, 3)), "turned by 90 degrees"),
        Outsiders("flipped", images.flip(3), "left and right exchanged"),
        Outsiders("inverted", -images, "ink and paper exchanged"),
    ]
    return {item.name: item for item in sets}


@torch.no_grad()
def judge(
    energy: EnergyFunction,
    samples: Float[Tensor, "n 1 h w"],
    real: Float[Tensor, "m 1 h w"],
    more_real: Float[Tensor, "m 1 h w"],
    classifier: FeatureNet,
    *,
    data_noise: float,
    generator: torch.Generator,
) -> dict[str, float]:
    """All measures of a model of pictures at once.

    Args:
        energy: E.
        samples: final states of fresh chains that started at noise.
        real: held-out real pictures, as many as samples.
        more_real: other real pictures, as many, which the classifier has not seen either: for the floor.
        classifier: whose features and classes are used.
        data_noise: standard deviation of the noise with which the model was trained; the samples have it, so the real
            pictures that they are compared with get it too.
        generator: source of the random numbers.

    Returns:
        "effective classes" and "of real pictures", the same of the real ones; "feature distance", "floor" and "of
        noise", the distance of uniform noise; "energy of data" and "energy of samples" (means; equal for a chain that
        has arrived); and "auroc NAME" for each set of `out_of_distribution`, against `real` as it is.
    """

    def noisy(x: Tensor) -> Tensor:
        return x + data_noise * torch.empty_like(x).normal_(generator=generator)

    def classes(x: Tensor) -> float:
        histogram = class_histogram(classifier(x).argmax(1), classifier.options["n_classes"])
        return effective_classes(histogram)

    seen, floor = noisy(real), noisy(more_real)
    outsiders = out_of_distribution(real, generator)
    result = {
        "effective classes": classes(samples),
        "of real pictures": classes(seen),
        "feature distance": feature_distance(samples, seen, classifier.features),
        "floor": feature_distance(floor, seen, classifier.features),
        "of noise": feature_distance(outsiders["uniform"].images, seen, classifier.features),
        "energy of data": float(energy(seen).mean()),
        "energy of samples": float(energy(samples).mean()),
    }
    scores = energy(real)
    return result | {f"auroc {name}": auroc(scores, energy(item.images)) for name, item in outsiders.items()}
