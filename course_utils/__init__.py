"""The shared module of the course: what a lesson has taught once, later lessons import from here.

Importing the package loads neither PyTorch nor JAX nor NumPy; each submodule imports what it needs.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from . import packages

if TYPE_CHECKING:
    from .machine import Machine

__all__ = ["Machine", "saved_folder", "setup"]


def setup(seed: int = 0, uses: Sequence[str] = ("torch",)) -> "Machine":
    """Prepare a notebook: see that its packages are there, find out where it runs, seed it, set the plotting style.

    Only the frameworks in `uses` are imported. On a GPU, JAX is told not to take most of its memory at the start; what
    it compiles is kept for the next time.

    Args:
        seed: non-negative integer, given to Python's, NumPy's and PyTorch's global generators. Lessons still pass
            explicit generators; this seed only keeps a learner's own experiments repeatable.
        uses: frameworks to import and describe, out of "torch" and "jax".

    Returns:
        The machine; `machine.device` is where tensors should go.

    Raises:
        ValueError: if `seed` is not a whole number below 2**32, or `uses` names an unknown framework.
        RuntimeError: if a package is missing or too old; the message says what to do.
    """
    uses = (uses,) if isinstance(uses, str) else tuple(uses)
    unknown = [name for name in uses if name not in packages.EXTRAS]
    if unknown:
        raise ValueError(f"uses = {unknown[0]!r}: expected one or more of {', '.join(map(repr, packages.EXTRAS))}")
    packages.complete(uses)
    from .machine import prepare

    return prepare(seed, uses)


def __getattr__(name: str) -> Any:
    """`Machine` and `saved_folder`, which need packages that `setup` may have to add first."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from . import machine

    return getattr(machine, name)
