"""What the exercises ask for: a right answer that is not the lesson's own, fresh inputs, and the usual mistakes.

One module for each subject; each holds a `check.Task` for every function that a learner writes, under its name.
"""

import importlib
from types import ModuleType


def __getattr__(name: str) -> ModuleType:
    """A subject, imported when it is first asked for: some need PyTorch, others JAX."""
    if name.startswith("_"):
        raise AttributeError(name)
    try:
        return importlib.import_module(f"{__name__}.{name}")
    except ModuleNotFoundError as error:
        if error.name != f"{__name__}.{name}":
            raise
        raise AttributeError(f"there are no exercises on {name!r}") from None
