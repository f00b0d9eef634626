"""What a student's process may say to the judge: plain data, and nothing that runs.

Messages are JSON. A value that JSON has not is a list that begins with its kind: `["array", dtype, shape, base64,
library, graph]`, `["complex", re, im]`, and so on. Whatever is no plain data becomes `Opaque`, its type's name alone.
Decoding makes numbers, strings, lists, arrays; it looks up no name and calls nothing that a message could choose.
"""

from __future__ import annotations

import base64
import json
import math
import sys
from dataclasses import dataclass
from typing import Any

import numpy as np

__all__ = ["MOST_BYTES", "CodecError", "Opaque", "decode", "encode"]

MOST_BYTES = 32 * 2**20
"""Of one message; the largest right answer of the course takes some hundred kilobytes."""

_MOST_DEPTH, _MOST_AXES = 40, 16
_MOST_KEYS = 2_000  # of all dicts together: keys can be made that collide, and then each is compared with each
_MOST_TEXT = 2**16  # characters of one string: an array of strings takes the longest one's room for each
_INTEGERS = [f"{sign}int{bits}" for sign in ("", "u") for bits in (8, 16, 32, 64)]
_DTYPES = frozenset(["bool", *_INTEGERS, "float16", "float32", "float64", "complex64", "complex128"])
_LIBRARIES = ("numpy", "torch", "jax")


class CodecError(ValueError):
    """A message that does not hold plain data, or too much of it."""


@dataclass(frozen=True)
class Opaque:
    """Something that is no plain data; all that is known of it is what its type is called."""

    kind: str

    def __repr__(self) -> str:
        return f"a {self.kind}"


# ------------------------------------------------------------------------------------------- in the student's process


def encode(value: Any) -> bytes:
    """A value as a message.

    Args:
        value: None, numbers, strings, bytes, arrays of NumPy, torch and JAX, and lists, tuples and dicts of these;
            anything else is sent as the name of its type.

    Raises:
        CodecError: if the message would be too large or too deep.
    """
    message = json.dumps(_out(value, 0), separators=(",", ":")).encode()
    if len(message) > MOST_BYTES:
        raise CodecError(f"the value takes {len(message)} bytes, expected at most {MOST_BYTES}")
    return message


def _out(value: Any, depth: int) -> Any:
    kind = type(value)
    if value is None or kind in (bool, float, str):
        return value
    if depth > _MOST_DEPTH:
        raise CodecError(f"the value is nested more than {_MOST_DEPTH} deep")
    if kind is int:
        return value if abs(value) < 2**53 else ["int", hex(value)]
    if kind is complex:
        return ["complex", value.real, value.imag]
    if kind in (bytes, bytearray):
        return ["bytes", base64.b64encode(value).decode()]
    if isinstance(value, list):
        return ["list", [_out(entry, depth + 1) for entry in value]]
    if isinstance(value, tuple):
        return ["tuple", [_out(entry, depth + 1) for entry in value]]
    if isinstance(value, dict):
        return ["dict", [[_out(key, depth + 1), _out(entry, depth + 1)] for key, entry in value.items()]]
    return _array_out(value)


def _array_out(value: Any) -> Any:
    library = type(value).__module__.partition(".")[0]
    torch, jax = sys.modules.get("torch"), sys.modules.get("jax")
    graph = False
    if torch is not None and isinstance(value, torch.Tensor):
        library, graph = "torch", bool(value.requires_grad)
        value = value.detach().cpu()
        value = value.float() if value.dtype == torch.bfloat16 else value
        array = value.numpy()
    elif jax is not None and isinstance(value, jax.Array):
        library = "jax"
        try:
            array = np.asarray(value)
        except TypeError:  # keys of random numbers are no numbers
            return ["opaque", "key"]
    elif isinstance(value, np.ndarray | np.generic):
        library, array = "numpy", np.asarray(value)
    else:
        return ["opaque", type(value).__name__[:80]]
    if array.dtype.name not in _DTYPES:
        return ["opaque", f"array of {array.dtype}"[:80]]
    raw = base64.b64encode(np.ascontiguousarray(array).tobytes()).decode()
    return ["array", array.dtype.name, list(array.shape), raw, library, graph]


# ----------------------------------------------------------------------------------------------------- in the judge's


def decode(message: bytes) -> Any:
    """The value of a message.

    Raises:
        CodecError: if it is not one of `encode`'s.
    """
    if len(message) > MOST_BYTES:
        raise CodecError(f"the message has {len(message)} bytes, expected at most {MOST_BYTES}")
    try:
        return _in(json.loads(message.decode()), 0, [_MOST_KEYS])
    except (KeyError, IndexError, TypeError, ValueError, RecursionError, OverflowError, MemoryError) as error:
        if isinstance(error, CodecError):
            raise
        raise CodecError(f"not a message: {type(error).__name__}: {str(error)[:200]}") from None


def _in(value: Any, depth: int, keys: list[int]) -> Any:
    """The value of a part of a message; `keys` holds how many keys the rest may have."""
    if value is None or isinstance(value, bool | int | float):
        return value
    if isinstance(value, str):
        if len(value) > _MOST_TEXT:
            raise CodecError(f"a string of {len(value)} characters, expected at most {_MOST_TEXT}")
        return value
    if depth > 2 * _MOST_DEPTH or not isinstance(value, list):
        raise CodecError("not a message: an object, or too deep")
    kind, *parts = value
    if kind == "list":
        (entries,) = parts
        return [_in(entry, depth + 1, keys) for entry in _a_list(entries)]
    if kind == "tuple":
        (entries,) = parts
        return tuple(_in(entry, depth + 1, keys) for entry in _a_list(entries))
    if kind == "dict":
        (entries,) = parts
        keys[0] -= len(_a_list(entries))
        if keys[0] < 0:
            raise CodecError(f"dicts of more than {_MOST_KEYS} keys")
        return {_in(key, depth + 1, keys): _in(entry, depth + 1, keys) for key, entry in map(_a_list, _a_list(entries))}
    if kind == "int":
        (digits,) = parts
        return int(digits, 16)
    if kind == "complex":
        real, imaginary = parts
        return complex(float(real), float(imaginary))
    if kind == "bytes":
        (raw,) = parts
        return base64.b64decode(raw, validate=True)
    if kind == "opaque":
        (name,) = parts
        return Opaque(str(name)[:80])
    if kind == "array":
        return _array_in(*parts)
    raise CodecError(f"not a message: no kind {str(kind)[:40]!r}")


def _a_list(value: Any) -> list:
    if not isinstance(value, list):
        raise CodecError("not a message: a list is missing")
    return value


def _array_in(dtype: Any, shape: Any, raw: Any, library: Any, graph: Any) -> Any:
    sizes = _a_list(shape)
    if dtype not in _DTYPES or library not in _LIBRARIES or len(sizes) > _MOST_AXES:
        raise CodecError("not a message: an array of unknown kind")
    if not all(type(size) is int and 0 <= size <= MOST_BYTES for size in sizes):
        raise CodecError("not a message: an array of no shape")
    data = base64.b64decode(raw, validate=True)
    if len(data) != math.prod(sizes) * np.dtype(dtype).itemsize:
        raise CodecError("not a message: an array of another size than its shape")
    array = np.frombuffer(data, dtype).reshape(sizes).copy()
    if library == "torch":
        import torch

        tensor = torch.from_numpy(array) if array.dtype.name not in ("uint16", "uint32", "uint64") else array
        floats = array.dtype.kind in "fc"
        return tensor.requires_grad_(True) if graph is True and floats else tensor
    if library == "jax":
        import jax.numpy as jnp

        return jnp.asarray(array)
    return array
