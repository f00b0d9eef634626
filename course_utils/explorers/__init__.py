"""Interactive figures: one per lesson, each with a question that moving its controls answers.

`explorers.boltzmann()` as the last line of a cell shows the explorer of lesson 01. Importing this package loads neither
PyTorch nor JAX; an explorer imports what it needs when it is made. Beside each, but for the live lattice, stands its
`draw`, which takes the values of the controls and returns the picture and its caption.
"""

import importlib
from typing import Any

from .base import Explorer

_ROOMS = {
    "boltzmann": "density",
    "complete": "completion",
    "Diary": "learned_drawing",
    "denoising": "denoising_chain",
    "DrawingPad": "drawing",
    "descent": "descent_paths",
    "images": "image_chains",
    "importance": "importance_weights",
    "julia": "julia_sets",
    "langevin": "chain_histogram",
    "learn_drawing": "learned_drawing",
    "live_lattice": "lattice",
    "slabs": "halo_costs",
    "training": "learned_density",
    "votes": "hidden_picture",
}

__all__ = ["Explorer", *_ROOMS]


def __getattr__(name: str) -> Any:
    """An explorer, imported when it is first asked for: a lesson depends on its own alone."""
    if name not in _ROOMS:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f".{_ROOMS[name]}", __name__), name)
