"""Values as the checks see them: any framework's arrays as NumPy, compared, shown, copied."""

import copy
from typing import Any

import numpy as np

__all__ = ["agree", "changes", "clip", "copied", "show", "to_numpy"]


def to_numpy(value: Any) -> Any:
    """An array of torch, JAX or NumPy (on any device, with or without a graph) as NumPy; anything else as it is."""
    if hasattr(value, "detach"):
        return value.detach().cpu().numpy()
    if isinstance(value, list | tuple) and any(hasattr(entry, "detach") for entry in value):
        rows = [to_numpy(entry) for entry in value]
        return np.asarray(rows) if len({np.shape(row) for row in rows}) == 1 else rows
    if hasattr(value, "__array__"):
        return np.asarray(value)
    return value


def agree(a: Any, b: Any, rtol: float = 1e-4, atol: float = 1e-6) -> bool:
    """Whether two values are the same: numbers within |a - b| <= atol + rtol |b|, anything else exactly.

    NaN agrees with NaN and an infinity with itself; arrays of different shapes do not agree. Dicts do entry by entry.
    """
    if isinstance(a, dict) and isinstance(b, dict):
        return a.keys() == b.keys() and all(agree(a[key], b[key], rtol, atol) for key in a)
    a, b = _array(a), _array(b)
    if a is None or b is None or a.dtype.kind not in "biufc" or b.dtype.kind not in "biufc":
        return bool(np.array_equal(a, b)) if a is not None and b is not None else False
    if a.shape != b.shape:
        return False
    return bool(np.allclose(a.astype(complex), b.astype(complex), rtol=rtol, atol=atol, equal_nan=True))


def _array(value: Any) -> np.ndarray | None:
    try:
        return np.asarray(to_numpy(value))
    except (TypeError, ValueError):  # a ragged list, or something that is no data at all
        return None


def show(array: Any) -> str:
    """A number or a small array in a few characters."""
    if np.ndim(array) == 0:
        item = np.asarray(array).item()
        return f"{item:.6g}" if isinstance(item, int | float | complex) else clip(item)
    return np.array2string(np.asarray(array), precision=6, separator=", ", floatmode="maxprec").replace("\n", "")


def clip(value: Any, limit: int = 80) -> str:
    """The repr of a value, cut to a line."""
    text = repr(value)
    return text if len(text) <= limit else text[: limit - 1] + "…"


def copied(value: Any) -> Any:
    """A copy that may be written into without harm to the original: arrays, generators, and containers of them.

    A tensor that belongs to a graph stays itself, as does every function and object of another kind.
    """
    if isinstance(value, list | tuple):
        items = [copied(entry) for entry in value]
        return type(value)(*items) if hasattr(value, "_fields") else type(value)(items)
    if isinstance(value, dict):
        return {key: copied(entry) for key, entry in value.items()}
    if isinstance(value, np.ndarray | np.random.Generator):
        return copy.deepcopy(value)
    if type(value).__module__.partition(".")[0] == "torch":
        if hasattr(value, "grad_fn") and value.is_leaf and not _is_parameter(value):
            return value.detach().clone().requires_grad_(value.requires_grad)
        if hasattr(value, "manual_seed"):
            twin = type(value)(value.device)
            twin.set_state(value.get_state())
            return twin
    return value


def _is_parameter(tensor: Any) -> bool:
    """Whether a tensor is a model's own weight, whose gradient somebody else will ask for."""
    return type(tensor).__name__ == "Parameter"


def changes(after: Any, before: Any) -> str:
    """How an argument differs from the copy that was kept of it, in words; empty if it does not."""
    if isinstance(before, list | tuple):
        if len(after) != len(before):
            return "has another length now"
        return next((how for a, b in zip(after, before, strict=True) if (how := changes(a, b))), "")
    if isinstance(before, dict):
        if after.keys() != before.keys():
            return "has other keys now"
        return next((how for key in before if (how := changes(after[key], before[key]))), "")
    if isinstance(before, np.ndarray) or hasattr(before, "grad_fn"):
        if hasattr(before, "grad_fn") and after.requires_grad != before.requires_grad:
            return "was left with requires_grad switched on"
        a, b = np.asarray(to_numpy(after)), np.asarray(to_numpy(before))
        same = a.shape == b.shape and a.dtype == b.dtype
        if not same or not np.array_equal(a, b, equal_nan=a.dtype.kind in "fc"):
            return "has changed"
        if hasattr(before, "grad_fn") and before.is_leaf and before.grad is None and after.grad is not None:
            return "was left with a gradient in .grad"
    return ""
