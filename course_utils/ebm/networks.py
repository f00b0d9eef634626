"""Networks whose output is an energy."""

import math
import numbers
from collections.abc import Sequence

import torch
from jaxtyping import Float
from torch import Tensor, nn

__all__ = ["EnergyNet"]


class EnergyNet(nn.Module):
    """A multilayer perceptron plus a quadratic bowl: E(x) = f(x) + |x|² / (2 base²).

    The activation is SiLU, so that E has smooth gradients. f grows at most linearly, so the bowl makes exp(-E)
    integrable whatever the weights are; without it (`base=None`) nothing does.

    Args:
        dim: coordinates of a point.
        hidden: widths of the hidden layers.
        first_scale: factor on the initial weights and biases of the first layer. With 1, the units of the first layer
            are nearly linear over the data, and fine structure is learnt slowly.
        base: standard deviation of the Gaussian that is left if f is constant, or None for no bowl.
        generator: source of the initial weights.

    Raises:
        ValueError: if an argument is wrong.
    """

    def __init__(
        self,
        dim: int = 2,
        hidden: Sequence[int] = (128, 128),
        first_scale: float = 3.0,
        base: float | None = 2.0,
        *,
        generator: torch.Generator,
    ) -> None:
        super().__init__()
        for name, value in (("dim", dim), *((f"hidden[{i}]", width) for i, width in enumerate(hidden))):
            if not isinstance(value, numbers.Integral) or isinstance(value, bool) or value < 1:
                raise ValueError(f"{name} must be a whole number >= 1, got {value!r}")
        for name, value in (("first_scale", first_scale), *([] if base is None else [("base", base)])):
            if not isinstance(value, numbers.Real) or isinstance(value, bool) or not 0 < value < math.inf:
                raise ValueError(f"{name} must be a positive, finite number, got {value!r}")
        if not isinstance(generator, torch.Generator):
            raise ValueError(f"generator must be a torch.Generator, got {generator!r}; torch.Generator() makes one")
        self.dim, self.base = dim, base
        widths = [dim, *hidden, 1]
        layers: list[nn.Module] = []
        for i, (fan_in, fan_out) in enumerate(zip(widths[:-1], widths[1:], strict=True)):
            linear = nn.utils.skip_init(nn.Linear, fan_in, fan_out, device=generator.device)
            bound = (first_scale if i == 0 else 1.0) / math.sqrt(fan_in)  # PyTorch's own start, times the scale
            with torch.no_grad():
                linear.weight.uniform_(-bound, bound, generator=generator)
                linear.bias.uniform_(-bound, bound, generator=generator)
            layers += [linear, nn.SiLU()]
        self.layers = nn.Sequential(*layers[:-1])

    def forward(self, x: Float[Tensor, "n *dim"]) -> Float[Tensor, "n"]:
        """E of each point: x of shape (n,) if `dim == 1`, else (n, dim)."""
        if self.dim == 1 and (x.ndim == 1 or x.shape[-1] != 1):
            x = x.unsqueeze(-1)
        energy = self.layers(x).squeeze(-1)
        if self.base is not None:
            energy = energy + (x * x).sum(-1) / (2 * self.base**2)
        return energy

    def extra_repr(self) -> str:
        return f"dim={self.dim}, base={self.base}"
