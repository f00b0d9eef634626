"""What is handed to a learner's function: it counts how often it is asked, stops beyond a budget, and is opaque."""

from collections.abc import Callable
from typing import Any, no_type_check

import torch
from jaxtyping import Float
from torch import Tensor

from ..checks.values import clip
from .judge import Refused
from .seals import seal

__all__ = ["Counted", "Opaque", "OverBudget", "kept", "never_asked", "states"]


class OverBudget(Refused):
    """More was asked for than the budget allows."""


class Opaque:
    """A function that is handed over without a way to what is inside, as far as Python can.

    Calling it is all that it is for. What it keeps is read with `kept`, by the judge; whoever asks for an attribute
    that could lead inside is remembered. (`object.__getattribute__`, the garbage collector and the frames of the
    running program are beyond what a Python object can watch.)

    Args:
        inside: the function, and whatever else is to be kept, by name.
    """

    __slots__ = ("_inside",)

    def __init__(self, **inside: Any) -> None:
        object.__setattr__(self, "_inside", {"looked": "", **inside})

    @no_type_check  # what a wrapper keeps in the place of this function would lead back to it
    def __getattribute__(self, name: str) -> Any:
        inside = object.__getattribute__(self, "_inside")
        if name in _WAYS_IN:
            inside["looked"] = name
            raise Refused(f"your function looked inside what it was handed (`.{name}`); only calling it is allowed")
        return object.__getattribute__(self, name)

    @no_type_check
    def __setattr__(self, name: str, value: Any) -> None:
        raise Refused(f"your function wrote into what it was handed (`.{name}`); only calling it is allowed")

    @no_type_check
    def __call__(self, *arguments: Any) -> Any:
        return kept(self)["call"](*arguments)


#: `__code__` and `__wrapped__` are not among them: `inspect.signature` asks for those.
_WAYS_IN = frozenset(("_inside", "__closure__", "__func__", "__globals__", "__self__"))


def kept(handle: Opaque) -> dict[str, Any]:
    """What a handle keeps inside."""
    return object.__getattribute__(handle, "_inside")


class _Known(torch.autograd.Function):
    """Energies whose gradient is known already: to differentiate them costs nothing further, and only once."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, energy: Tensor, gradient: Tensor) -> Tensor:
        ctx.save_for_backward(gradient)
        return energy

    @staticmethod
    @torch.autograd.function.once_differentiable
    def backward(ctx: Any, slope: Tensor) -> tuple[Tensor, None, None]:
        (gradient,) = ctx.saved_tensors
        return slope.unsqueeze(-1) * gradient, None, None


class Counted(Opaque):
    """An energy of points, for PyTorch, that counts every state of every batch: E and its gradient cost one together.

    The same batch asked for twice in a row counts once: samplers that want first the gradient and then the energy of a
    state would pay double. The result can be differentiated, so that `samplers`, `descent` and a learner's `score` take
    it as any function.

    Args:
        function: gives E and its gradient, of rows of float64.
        dim: number of coordinates.
        budget: states in all.
    """

    __slots__ = ()

    def __init__(self, function: Callable[[Tensor], tuple[Tensor, Tensor]], dim: int, budget: int) -> None:
        super().__init__(function=function, dim=dim, budget=budget, used=0, seen=[], last=None)

    @no_type_check
    def __call__(self, x: Float[Tensor, "*batch dim"]) -> Float[Tensor, "*batch"]:
        inside = kept(self)
        if not isinstance(x, Tensor) or x.ndim == 0 or x.shape[-1] != inside["dim"] or not x.is_floating_point():
            raise ValueError(f"energy(x) expects floating-point states, one per row of {inside['dim']} coordinates")
        rows = x.detach().double().reshape(-1, inside["dim"])
        if not inside["seen"] or not torch.equal(rows, inside["seen"][-1]):
            if inside["used"] + len(rows) > inside["budget"]:
                raise OverBudget(
                    f"your function asked for more than its {inside['budget']:,} evaluations of the energy"
                )
            inside["used"] += len(rows)
            inside["seen"].append(rows.clone())
            inside["last"] = inside["function"](rows)
        value, gradient = inside["last"]
        value, gradient = value.reshape(x.shape[:-1]).to(x), gradient.reshape(x.shape).to(x)
        return _Known.apply(x, value, gradient)


def never_asked(handle: Counted, points: Float[Tensor, "n dim"]) -> int:
    """How many of some points are none that the energy was asked for."""
    seen = kept(handle)["seen"]
    if not seen:
        return len(points)
    known = set(map(tuple, torch.cat(seen).tolist()))
    return sum(point not in known for point in map(tuple, points.double().tolist()))


def states(returned: Any, handle: Counted, dim: int, one: bool = False) -> Float[Tensor, "n dim"]:
    """States that an answer returned, if they are any, and if it kept its hands off what it was handed."""
    if kept(handle)["looked"]:
        raise Refused(
            f"your function looked inside the energy (`.{kept(handle)['looked']}`); only calling it is allowed"
        )
    if one and isinstance(returned, Tensor) and returned.ndim == 1:
        returned = returned[None]
    if (
        not isinstance(returned, Tensor)
        or returned.ndim != 2
        or returned.shape[1] != dim
        or not len(returned)
        or (one and len(returned) > 1)
    ):
        what = f"a tensor of shape {tuple(returned.shape)}" if isinstance(returned, Tensor) else clip(returned, 40)
        raise Refused(f"your function returned {what}: expected states, one per row of {dim} coordinates")
    if not torch.isfinite(returned).all():
        raise Refused("your function returned states that are not finite")
    return returned.detach()


seal(__name__)
