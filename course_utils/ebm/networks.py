"""Networks whose output is an energy."""

import itertools
import math
from collections.abc import Sequence

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn

from course_utils import arguments, tensors
from course_utils.energies import Energy, differentiate

FIRST_SCALE = 3.0
"""Factor on the initial weights and biases of the first layer. With 1, its units are nearly linear over the data, and
fine structure is learnt slowly."""


class EnergyNet(nn.Module, Energy):
    """A multilayer perceptron plus a quadratic bowl: E(x) = f(x) + |x|² / (2 base²).

    The activation is SiLU, so that E has smooth gradients. f grows at most linearly, so the bowl makes exp(-E)
    integrable whatever the weights are; without it (`base=None`) nothing does.

    Args:
        dim: coordinates of a point.
        hidden: widths of the hidden layers.
        base: standard deviation of the Gaussian that is left if f is constant, or None for no bowl.
        generator: source of the initial weights.
    """

    def __init__(
        self,
        dim: int = 2,
        hidden: Sequence[int] = (128, 128),
        base: float | None = 2.0,
        *,
        generator: torch.Generator,
    ) -> None:
        super().__init__()
        tensors.generator(generator)
        self.dim = arguments.whole("dim", dim)
        self.base = None if base is None else arguments.positive("base", base)
        widths = [dim, *(arguments.whole(f"hidden[{i}]", width) for i, width in enumerate(hidden)), 1]
        self.layers = nn.ModuleList()
        for i, (fan_in, fan_out) in enumerate(itertools.pairwise(widths)):
            linear = nn.utils.skip_init(nn.Linear, fan_in, fan_out, device=generator.device)
            bound = (FIRST_SCALE if i == 0 else 1.0) / math.sqrt(fan_in)  # PyTorch's own start, times the scale
            with torch.no_grad():
                linear.weight.uniform_(-bound, bound, generator=generator)
                linear.bias.uniform_(-bound, bound, generator=generator)
            self.layers.append(linear)

    def forward(self, x: Float[Tensor, "n *dim"]) -> Float[Tensor, "n"]:
        """E of each point: x of shape (n,) if `dim == 1`, else (n, dim)."""
        *hidden, last = self.layers
        h = x = self._points(x)
        for layer in hidden:
            h = F.silu(layer(h))
        energy = last(h).squeeze(-1)
        if self.base is not None:
            energy = energy + (x * x).sum(-1) / (2 * self.base**2)
        return energy

    def energy(self, x: Float[Tensor, "n *dim"]) -> Float[Tensor, "n"]:
        return self(x)

    @torch.no_grad()
    def energy_and_grad(self, x: Float[Tensor, "n *dim"]) -> tuple[Float[Tensor, "n"], Float[Tensor, "n *dim"]]:
        """E and ∇E by the chain rule, without autograd: for samplers, which then take half the time.

        With z the input of a SiLU and s = sigmoid(z), its output is h = z s and its derivative s (1 + z - h).
        """
        if type(self).forward is not EnergyNet.forward:  # a subclass: what follows differentiates another function
            return differentiate(self, x)
        *hidden, last = self.layers
        shape = x.shape
        h = x = self._points(x)
        slopes = []
        for layer in hidden:
            z = F.linear(h, layer.weight, layer.bias)
            s = torch.sigmoid(z)
            h = z * s
            slopes.append(z.sub_(h).add_(1).mul_(s))
        energy = F.linear(h, last.weight, last.bias).squeeze(-1)
        back = last.weight.detach()
        while hidden:
            back = slopes.pop().mul_(back) @ hidden.pop().weight
        if self.base is None:
            return energy, back.expand_as(x).reshape(shape)
        energy.add_((x * x).sum(-1), alpha=1 / (2 * self.base**2))
        return energy, torch.add(back, x, alpha=1 / self.base**2).reshape(shape)

    def gradient(self, x: Float[Tensor, "n *dim"]) -> Float[Tensor, "n *dim"]:
        return self.energy_and_grad(x)[1]

    def _points(self, x: Tensor) -> Tensor:
        return x.unsqueeze(-1) if self.dim == 1 and (x.ndim == 1 or x.shape[-1] != 1) else x
