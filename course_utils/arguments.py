"""Arguments looked at before work starts: one dialect for all, "name = value: expected what would be right".

Each function returns the argument in its plain form, or raises `ValueError`. None of them needs torch or jax.
"""

import math
import numbers
from collections.abc import Collection
from typing import Any

import numpy as np
from jaxtyping import Float

_LONGEST = 80  # characters of a value that a message shows


def shown(value: Any) -> str:
    """A value in a message: its shape if it is a large array, else its text, cut where it is long."""
    shape = getattr(value, "shape", ())
    if math.prod(shape) > 8:
        return f"{type(value).__name__} of shape {tuple(shape)}"
    text = repr(value.item() if isinstance(value, np.generic) else value)
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"


def whole(name: str, value: Any, least: int = 1, most: int | None = None) -> int:
    """A whole number, `least` <= value <= `most`; a truth value is none."""
    value = _plain(value)
    good = isinstance(value, numbers.Integral) and not isinstance(value, bool | np.bool_)
    if not good or value < least or (most is not None and value > most):
        limits = f">= {least}" if most is None else f"from {least} to {most}"
        raise ValueError(f"{name} = {shown(value)}: expected a whole number {limits}")
    return int(value)


def number(name: str, value: Any, least: float = -math.inf, most: float = math.inf, *, above: bool = False) -> float:
    """A finite number, `least` <= value <= `most`; with `above` it must be greater than `least`.

    An array or tensor of one element and no axis is a number too.
    """
    value = _plain(value)
    good = isinstance(value, numbers.Real) and not isinstance(value, bool | np.bool_) and math.isfinite(value)
    if not good or not least <= value <= most or (above and value == least):
        raise ValueError(f"{name} = {shown(value)}: expected {_wanted('a finite number', least, most, above)}")
    return float(value)


def positive(name: str, value: Any) -> float:
    """A finite number > 0."""
    return number(name, value, 0.0, above=True)


def temperature(value: Any, *, zero: bool = False, name: str = "temperature") -> float:
    """A temperature: a finite number > 0, or >= 0 with `zero`."""
    return number(name, value, 0.0, above=not zero)


def array(
    name: str,
    value: Any,
    shapes: Collection[tuple[int, ...]] | None = None,
    least: float = -math.inf,
    most: float = math.inf,
    *,
    above: bool = False,
    dtype: type = float,
) -> Float[np.ndarray, "..."]:
    """Finite numbers between limits, as an array of NumPy.

    Args:
        name, value: of the argument; anything that NumPy makes an array of.
        shapes: those that are right; None for any.
        least, most, above: limits of each number, as for `number`.
        dtype: of what is returned.
    """
    try:
        found = np.asarray(value, dtype=dtype)
    except (TypeError, ValueError, RuntimeError) as error:
        raise ValueError(f"{name} = {shown(value)}: expected numbers") from error
    if shapes is not None and found.shape not in shapes:
        wanted = " or ".join("one number" if not shape else f"shape {shape}" for shape in shapes)
        raise ValueError(f"{name} has shape {found.shape}: expected {wanted}")
    bad = ~np.isfinite(found) | (found < least) | (found > most) | (above & (found == least))
    if bad.any():
        which = f", of which {shown(found[bad][0])} is none" if found.ndim else ""
        raise ValueError(f"{name} = {shown(value)}: expected {_wanted('finite numbers', least, most, above)}{which}")
    return found


def ladder(name: str, value: Any, *, zero: bool = False) -> Float[np.ndarray, "n"]:
    """Two numbers or more that rise or fall, as the temperatures of replica exchange: > 0, or >= 0 with `zero`."""
    found = array(name, value, least=0.0, above=not zero)
    steps = np.diff(found) if found.ndim == 1 else np.zeros(0)
    if not len(steps) or not (steps.min() > 0 or steps.max() < 0):
        raise ValueError(f"{name} = {shown(value)}: expected two or more numbers that rise or fall")
    return found


def choice(name: str, value: Any, options: Collection[Any]) -> Any:
    """One of a few values."""
    if not isinstance(value, str | int) or value not in options:
        *most, last = [f'"{option}"' if isinstance(option, str) else str(option) for option in options]
        wanted = f"{', '.join(most)} or {last}" if most else last
        raise ValueError(f"{name} = {shown(value)}: expected {wanted}")
    return value


def _plain(value: Any) -> Any:
    """The number in an array or tensor that has no axis."""
    return value.item() if getattr(value, "ndim", None) == 0 and hasattr(value, "item") else value


def _wanted(what: str, least: float, most: float, above: bool) -> str:
    if least > -math.inf and most < math.inf:
        return f"{what} {'above' if above else 'from'} {least:g} {'up ' if above else ''}to {most:g}"
    if least > -math.inf:
        return f"{what} {'>' if above else '>='} {least:g}"
    return f"{what} <= {most:g}" if most < math.inf else what
