"""Arguments that are tensors, or sources of random numbers for them, in the dialect of `arguments`."""

from typing import Any

import numpy as np
import torch
from jaxtyping import Float, Shaped
from torch import Tensor

from course_utils.arguments import number, shown

Number = float | np.number | Shaped[np.ndarray, ""] | Shaped[Tensor, ""]
"""One number, which may come out of an array or a tensor."""


def floats(name: str, value: Any) -> Float[Tensor, "..."]:
    """A tensor of floating-point numbers."""
    if not isinstance(value, Tensor):
        raise ValueError(f"{name} = {shown(value)}: expected a torch tensor; torch.as_tensor makes one")
    if not value.is_floating_point():
        raise ValueError(f"{name} has dtype {value.dtype}: expected a floating-point dtype; use .float() or .double()")
    return value


def states(x: Any) -> Float[Tensor, "n_chains *dim"]:
    """Floating-point states, one per chain in the first axis, at least one."""
    if floats("x", x).ndim == 0 or x.numel() == 0:
        raise ValueError(f"x has shape {tuple(x.shape)}: expected one state per chain in its first axis")
    return x


def per_chain(
    name: str, value: Any, x: Float[Tensor, "n_chains *dim"], *, zero: bool = False
) -> float | Float[Tensor, "n_chains"]:
    """One number for all chains of x, as a float, or one for each, like x: finite and > 0, or >= 0 with `zero`."""
    if not isinstance(value, Tensor) or value.ndim == 0:
        return number(name, value, 0.0, above=not zero)
    if value.shape != x.shape[:1]:
        raise ValueError(f"{name} has shape {tuple(value.shape)}: expected one number, or {len(x)}, one per chain")
    value = value.detach().to(x)
    if not (value.isfinite() & (value >= 0 if zero else value > 0)).all():
        raise ValueError(f"{name} = {shown(value)}: expected finite numbers {'>=' if zero else '>'} 0")
    return value


def float64(name: str, value: Any) -> Float[Tensor, "..."]:
    """Finite numbers as a new float64 tensor on the CPU, from anything that torch makes a tensor of."""
    try:
        found = torch.as_tensor(value, dtype=torch.float64, device="cpu").detach().clone()
    except (TypeError, ValueError, RuntimeError) as error:
        raise ValueError(f"{name} = {shown(value)}: expected numbers") from error
    if not torch.isfinite(found).all():
        raise ValueError(f"{name} = {shown(value)}: expected finite numbers")
    return found


def generator(value: Any, device: torch.device | None = None) -> torch.Generator:
    """A source of random numbers; with `device` it must be one of that kind."""
    if not isinstance(value, torch.Generator):
        raise ValueError(f"generator = {shown(value)}: expected a torch.Generator; torch.Generator() makes one")
    if device is not None and value.device.type != device.type:
        raise ValueError(f"generator is on {value.device}: expected it on {device}, where x is")
    return value
