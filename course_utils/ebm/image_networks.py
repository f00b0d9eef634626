"""Energies of images: a convolutional network with residual blocks, smooth activations and spectral normalisation.

energy = ImageEnergy(generator=torch.Generator().manual_seed(0))
energy(x).shape                     # x of shape (n, 1, 8, 8) gives (n,)

joint = ImageEnergy(n_classes=10, generator=torch.Generator().manual_seed(0))
joint.logits(x)                     # -E(x, y) for every class y, shape (n, 10)
joint(x)                            # E(x) = -log Σ_y exp(-E(x, y)), the energy of x whatever its class
joint.given(y)                      # the energy x -> E(x, y), one class for each row, for the samplers

compose([joint.given(y), other])    # adding energies multiplies probabilities
"""

import math
from collections.abc import Callable, Sequence
from typing import Any

import torch
import torch.nn.functional as F
from jaxtyping import Float, Int
from torch import Tensor, nn

from course_utils import arguments, tensors
from course_utils.energies import EnergyFunction

_POWER_ITERATIONS = 100
"""Of a new layer; training adds one more at every call."""

_NO_CLASSES = "this energy has no classes: make it with n_classes = ..."

ACTIVATIONS: dict[str, Callable[[Tensor], Tensor]] = {"silu": F.silu, "relu": F.relu}


class SpectralConv2d(nn.Module):
    """A convolution whose operator norm is one learnable number: y = scale · (W / σ(W)) * x + b.

    The kernel has 3 x 3 entries, and a margin of zeros keeps the size of the picture. σ(W) is the largest singular
    value of the linear map from the input picture to the output picture, the margin included; that of the kernel
    written as a matrix would be another number. Power iteration finds it, with the
    convolution and its transpose: one iteration at each call in training mode, none in evaluation mode, where the last
    σ is used.

    Source: Miyato, Kataoka, Koyama and Yoshida, ICLR 2018, arXiv:1802.05957, section 2.1 and algorithm 1, there with
        the matrix of the kernel; the operator itself: Farnia, Zhang and Tse, ICLR 2019, arXiv:1811.07457.
    """

    def __init__(
        self,
        n_in: int,
        n_out: int,
        *,
        size: tuple[int, int],
        spectral_norm: bool = True,
        scale: float = 1.0,
        generator: torch.Generator,
    ) -> None:
        """Make the layer.

        Args:
            n_in: channels of the input.
            n_out: channels of the output.
            size: height and width of the picture, on which σ depends.
            spectral_norm: divide by σ and multiply by a learnable scale; if False, a plain convolution.
            scale: where that learnable scale starts.
            generator: source of the weights.
        """
        super().__init__()
        self.spectral_norm = spectral_norm
        weight = torch.empty(n_out, n_in, 3, 3).normal_(generator=generator)
        self.weight = nn.Parameter(weight / math.sqrt(n_in * 9))
        self.bias = nn.Parameter(torch.zeros(n_out))
        if spectral_norm:
            self.scale = nn.Parameter(torch.tensor(float(scale)))
            self.register_buffer("direction", torch.empty(1, n_in, *size).normal_(generator=generator))
            self.register_buffer("sigma", torch.ones(()))
            self.iterate(_POWER_ITERATIONS)

    def forward(self, x: Float[Tensor, "n n_in h w"]) -> Float[Tensor, "n n_out h w"]:
        if not self.spectral_norm:
            return F.conv2d(x, self.weight, self.bias, padding=1)
        sigma = self.sigma
        if self.training:
            left = self.iterate()
            # σ = uᵀ W v with constant singular vectors u, v has the gradient of the largest singular value.
            sigma = (left * F.conv2d(self.direction.clone(), self.weight, padding=1)).sum()
        return F.conv2d(x, self.weight * (self.scale / sigma), self.bias, padding=1)

    @torch.no_grad()
    def iterate(self, n: int = 1) -> Float[Tensor, "1 n_out h w"]:
        """Take n steps of power iteration for the present weight.

        Returns:
            The left singular vector; the right one is in `direction`, the singular value in `sigma`.
        """
        for _ in range(n):
            left = F.conv2d(self.direction, self.weight, padding=1)
            left /= left.norm().clamp(min=1e-12)
            right = F.conv_transpose2d(left, self.weight, padding=1)
            self.sigma.copy_(right.norm())
            self.direction.copy_(right / self.sigma.clamp(min=1e-12))
        return left


class ResidualBlock(nn.Module):
    """x + f(x), where f is activation, convolution, activation, convolution, all of one size and width.

    Source: He, Zhang, Ren and Sun, ECCV 2016, arXiv:1603.05027, figure 1 (b), without batch normalisation: an energy
        must not depend on the other pictures of its batch.
    """

    def __init__(self, width: int, *, residual: bool = True, activation: str = "silu", **layer: Any) -> None:
        """Make the block.

        Args:
            width: channels.
            residual: if False, the block is f(x) alone.
            activation: "silu" or "relu".
            **layer: of both convolutions: `size`, `spectral_norm`, `scale` and `generator`.
        """
        super().__init__()
        self.residual, self.activation = residual, ACTIVATIONS[activation]
        self.first = SpectralConv2d(width, width, **layer)
        self.second = SpectralConv2d(width, width, **layer)

    def forward(self, x: Float[Tensor, "n width h w"]) -> Float[Tensor, "n width h w"]:
        change = self.second(self.activation(self.first(self.activation(x))))
        return x + change if self.residual else change


class ImageEnergy(nn.Module):
    """E(x) of a picture, or E(x, y) of a picture with a label.

    Fold neighbouring pixels into channels, one convolution, residual blocks, a sum over the places, one linear layer.
    With classes the linear layer has one output for each, -E(x, y).
    """

    def __init__(
        self,
        *,
        size: tuple[int, int] = (8, 8),
        channels: int = 1,
        fold: int = 2,
        width: int = 32,
        n_blocks: int = 2,
        n_classes: int | None = None,
        base: float | None = None,
        spectral_norm: bool = True,
        residual: bool = True,
        activation: str = "silu",
        scale: float = 1.0,
        generator: torch.Generator,
    ) -> None:
        """Make the network.

        Args:
            size: height and width of the pictures, multiples of `fold`.
            channels: 1 for grey pictures.
            fold: `fold` x `fold` neighbouring pixels become the channels of one place.
            width: channels of the blocks.
            n_blocks: residual blocks.
            n_classes: None for E(x), or the number of values of the label y for E(x, y).
            base: if given, |x|²/(2 base²) is added: far from all pictures the energy then rises in every direction.
            spectral_norm: each convolution has a learnable operator norm.
            residual: if False, the blocks lose their short cuts.
            activation: "silu", which is smooth, or "relu", whose energy has kinks.
            scale: operator norm of each convolution at the start, if `spectral_norm`. Adam changes it by no more than
                the learning rate in a step, so a start far from where it ends costs thousands of steps.
            generator: source of the weights; on the CPU.

        Raises:
            ValueError: if an argument is out of its range.
        """
        super().__init__()
        for name, value in (("channels", channels), ("fold", fold), ("width", width)):
            arguments.whole(name, value)
        if len(size) != 2 or any(side < fold or side % fold for side in size):
            raise ValueError(f"size = {size!r}: expected two multiples of fold = {fold}")
        tensors.generator(generator)
        self.options: dict[str, Any] = {
            "size": tuple(size),
            "channels": channels,
            "fold": fold,
            "width": width,
            "n_blocks": arguments.whole("n_blocks", n_blocks, 0),
            "n_classes": None if n_classes is None else arguments.whole("n_classes", n_classes, 2),
            "base": None if base is None else arguments.positive("base", base),
            "spectral_norm": spectral_norm,
            "residual": residual,
            "activation": arguments.choice("activation", activation, ACTIVATIONS),
            "scale": arguments.positive("scale", scale),
        }
        self.n_classes, self.base, self.fold = n_classes, self.options["base"], fold
        self.activation = ACTIVATIONS[activation]
        places = (size[0] // fold, size[1] // fold)
        layer = {"size": places, "spectral_norm": spectral_norm, "scale": scale, "generator": generator}
        self.stem = SpectralConv2d(channels * fold**2, width, **layer)
        self.blocks = nn.Sequential(
            *(ResidualBlock(width, residual=residual, activation=activation, **layer) for _ in range(n_blocks))
        )
        self.head = nn.utils.skip_init(nn.Linear, width, n_classes or 1)  # no draw from the global generator
        with torch.no_grad():
            self.head.weight.normal_(generator=generator).div_(math.sqrt(width))
            self.head.bias.zero_()

    def forward(self, x: Float[Tensor, "n channels h w"]) -> Float[Tensor, "n"]:
        """E(x); with classes the marginal energy -log Σ_y exp(-E(x, y))."""
        outputs = self._outputs(x)
        return (-outputs[:, 0] if self.n_classes is None else -outputs.logsumexp(1)) + self._bowl(x)

    def logits(self, x: Float[Tensor, "n channels h w"]) -> Float[Tensor, "n n_classes"]:
        """-E(x, y) for every y. A softmax over the classes is p(y | x), whatever Z.

        Raises:
            ValueError: if the energy has no classes.
        """
        if self.n_classes is None:
            raise ValueError(_NO_CLASSES)
        return self._outputs(x) - self._bowl(x)[:, None]

    def given(self, labels: Int[Tensor, "n"] | int) -> EnergyFunction:
        """The energy of pictures with these labels: x -> E(x, y), one label for each row or one for all.

        exp(-E(x, y)) is proportional to p(x | y) at fixed y, so this is what a conditional sampler needs.

        Raises:
            ValueError: if the energy has no classes, or a label is not one of them.
        """
        if self.n_classes is None:
            raise ValueError(_NO_CLASSES)
        labels = torch.as_tensor(labels)
        whole = labels.ndim <= 1 and not labels.is_floating_point() and labels.numel() > 0
        if not whole or labels.min() < 0 or labels.max() >= self.n_classes:
            raise ValueError(
                f"labels = {arguments.shown(labels)}: expected one whole number from 0 to {self.n_classes - 1}, or one "
                f"per picture"
            )

        def energy(x: Float[Tensor, "n channels h w"]) -> Float[Tensor, "n"]:
            each = labels.long().to(x.device).expand(len(x))
            return -self.logits(x).gather(1, each[:, None])[:, 0]

        return energy

    def _outputs(self, x: Tensor) -> Tensor:
        h = self.blocks(self.stem(F.pixel_unshuffle(x, self.fold)))
        return self.head(self.activation(h).sum((2, 3)))

    def _bowl(self, x: Tensor) -> Tensor:
        if self.base is None:
            return x.new_zeros(len(x))
        return (x**2).sum((1, 2, 3)) / (2 * self.base**2)


def compose(energies: Sequence[EnergyFunction], weights: Sequence[float] | None = None) -> EnergyFunction:
    """The energy Σ_i w_i E_i(x): its density is the product of the densities, each to the power w_i, normalised anew.

    With E(x) the energy of all pictures and two attributes a and b that do not depend on each other within a picture,
    p(x | a, b) ∝ p(x | a) p(x | b) / p(x): the weights are 1, 1 and -1.

    Args:
        energies: callables that give one energy per row.
        weights: one number each, of either sign; all 1 unless given.

    Raises:
        ValueError: if there is none, or the number of weights is another.

    Source: Hinton, Neural Computation 14, 1771 (2002), doi:10.1162/089976602760128018, section 1; Du, Li and Mordatch,
        NeurIPS 2020, arXiv:2004.06030, section 3.
    """
    weights = [1.0] * len(energies) if weights is None else [float(w) for w in weights]
    if not energies or len(weights) != len(energies):
        raise ValueError(f"weights: expected one weight for each energy, got {len(weights)} for {len(energies)}")
    parts = list(zip(weights, energies, strict=True))

    def total(x: Float[Tensor, "n *dim"]) -> Float[Tensor, "n"]:
        return sum(w * energy(x) for w, energy in parts)

    return total


def label_energy(logits: Float[Tensor, "n n_classes"], labels: Sequence[int]) -> Float[Tensor, "n"]:
    """Energy of a picture whose label is one of several: -log Σ_{y in labels} exp(f_y), at T = 1.

    Args:
        logits: f_y(x) = -E(x, y) for every label y.
        labels: one or several, without repetition; all of them give E(x).

    Raises:
        ValueError: if there is no label, one is repeated, or one does not exist.

    Source: Grathwohl, Wang, Jacobsen, Duvenaud, Norouzi and Swersky, ICLR 2020, arXiv:1912.03263, equation 6.
    """
    chosen = [int(y) for y in labels]
    if not chosen or len(set(chosen)) < len(chosen) or min(chosen) < 0 or max(chosen) >= logits.shape[1]:
        raise ValueError(f"labels = {chosen}: expected different numbers from 0 to {logits.shape[1] - 1}")
    return -torch.logsumexp(logits[:, chosen], dim=1)


@torch.no_grad()
def spectral_norm(weight: Float[Tensor, "out in k k"], start: Float[Tensor, "1 in h w"], n_iterations: int) -> float:
    """Largest factor by which a convolution stretches its input: the largest singular value of the whole map.

    The map keeps the size of the picture: an odd kernel, padded by (k - 1) / 2.

    Args:
        weight: the kernel.
        start: where power iteration begins, not zero.
        n_iterations: how often to apply the map and its transpose.

    Raises:
        ValueError: if the kernel's side is even, or the start is zero.
    """
    padding, even = divmod(weight.shape[-1] - 1, 2)
    if even:
        raise ValueError(f"weight has shape {tuple(weight.shape)}: expected a kernel of odd side")
    if not start.norm() > 0:
        raise ValueError("start = 0: expected a picture with a norm > 0")
    x = start / start.norm()
    for _ in range(n_iterations):
        x = F.conv_transpose2d(F.conv2d(x, weight, padding=padding), weight, padding=padding)
        x = x / x.norm()
    return float(F.conv2d(x, weight, padding=padding).norm())
