"""Spin models on the square lattice, sampled with THRML.

    from course_utils.lattice import XY, Clock, Ising, PackedIsing, Potts
    from course_utils.lattice import arrows, devices, exact, factors, gibbs, observables, tempering

`devices` lays chains, or slabs of one lattice, over several devices; `launch` is a program that does so on hosts and
clusters. `PackedIsing` holds 32 Ising lattices in the bits of one.

`exact` holds known results; it, `observables` and `colours` need neither JAX nor THRML. The models are loaded at first
use. A further model is a class of its own, with `Lattice` or `Planar` as its base: what it says about itself is all
that figures, movies and the live lattice need to know.
"""

import importlib
from typing import Any

_HOME = {
    "Ising": "ising",
    "PackedIsing": "packed",
    "Potts": "potts",
    "Clock": "clock",
    "XY": "xy",
    "Lattice": "base",
    "Planar": "planar",
}

__all__ = ["XY", "Clock", "Ising", "Lattice", "PackedIsing", "Planar", "Potts"]


def __getattr__(name: str) -> Any:
    if name in _HOME:
        return getattr(importlib.import_module(f".{_HOME[name]}", __name__), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *_HOME})
