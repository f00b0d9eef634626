"""Whether the judge's own functions, and the clocks and random numbers it uses, are still what they were at import.

A judge written in Python, running beside what it judges, can be changed by it. These seals notice the usual ways: a
name of a module bound to something else, a method of a class exchanged, the code of a function exchanged.
"""

import inspect
import sys
import time
from types import BuiltinFunctionType, FunctionType
from typing import Any

import numpy as np

__all__ = ["broken", "seal"]

_sealed: dict[str, dict[str, tuple[Any, Any]]] = {}  # module -> name -> what it was, and its code if it had one


def seal(*modules: str) -> None:
    """Remember what modules hold; called once, at the end of each of them."""
    for module in modules:
        _sealed.setdefault(module, _held(module))


def broken() -> str:
    """In words, the first thing that is no longer what it was; empty if all is."""
    for module, before in _sealed.items():
        now = _held(module)
        for name, (value, code) in before.items():
            if name not in now or now[name][0] is not value or now[name][1] is not code:
                return f"`{module.partition('.')[2]}.{name}` is no longer the course's own"
    for name in _CLOCKS:
        if not isinstance(getattr(time, name), BuiltinFunctionType):
            return f"`time.{name}` has been replaced"
    torch = sys.modules.get("torch")
    for name in ("rand", "randn", "randint") if torch else ():
        if not isinstance(getattr(torch, name), BuiltinFunctionType):
            return f"`torch.{name}` has been replaced"
    if any(getattr(np.random, name) is not value for name, value in _RANDOM.items()):
        return "`numpy.random` has been changed"
    return ""


_CLOCKS = ("perf_counter", "process_time", "monotonic")
_RANDOM = {name: getattr(np.random, name) for name in ("default_rng", "Generator", "PCG64", "SeedSequence")}


def _held(module: str) -> dict[str, tuple[Any, Any]]:
    found: dict[str, tuple[Any, Any]] = {}
    for name, value in vars(sys.modules[module]).items():
        if name.startswith("__"):
            continue
        if isinstance(value, type) and value.__module__ == module:
            for part, inner in vars(value).items():
                if isinstance(inner, FunctionType | staticmethod | classmethod | property):
                    found[f"{name}.{part}"] = (inner, _code(inner))
        found[name] = (value, _code(value))
    return found


def _code(value: Any) -> Any:
    value = getattr(value, "__func__", value)
    return inspect.unwrap(value).__code__ if isinstance(value, FunctionType) else None
