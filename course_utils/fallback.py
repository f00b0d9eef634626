"""What is done where there is no GPU, or no room on it: the same on the CPU, with a line that says so."""

import functools
from collections.abc import Callable
from typing import Any

FULL = "RESOURCE_EXHAUSTED"  # how JAX's messages begin when memory is full


def to_cpu_if_full(smaller: str) -> Callable[[Callable], Callable]:
    """A function of JAX's that runs again on the CPU if the GPU has no room for it.

    Random numbers are the same on both, so what comes out is too, but for rounding.

    Args:
        smaller: what takes less memory, in words ("take fewer chains").

    Returns:
        A decorator. The function raises MemoryError, with those words, if the CPU has no room either.
    """

    def decorate(function: Callable) -> Callable:
        @functools.wraps(function)
        def run(*args: Any, **kwargs: Any) -> Any:
            import jax

            try:
                if jax.default_backend() == "cpu":
                    return function(*args, **kwargs)
                return jax.block_until_ready(function(*args, **kwargs))  # what fails, fails here
            except jax.errors.JaxRuntimeError as error:
                if FULL not in str(error):
                    raise
                on_gpu = jax.default_backend() != "cpu" and kwargs.get("sharding") is None
                if not on_gpu:
                    raise _too_large(smaller) from error
            print(
                "The GPU's memory is full, so this runs on the CPU, which takes longer. To stay on the GPU, "
                f"{smaller}, or shut down other kernels that use it."
            )
            cpu = jax.local_devices(backend="cpu")[0]
            try:
                with jax.default_device(cpu):
                    return function(*_moved(args, cpu), **_moved(kwargs, cpu))
            except jax.errors.JaxRuntimeError as error:
                if FULL not in str(error):
                    raise
                raise _too_large(smaller) from error

        return run

    return decorate


def _too_large(smaller: str) -> MemoryError:
    return MemoryError(f"this does not fit into the memory of this machine: {smaller}")


def _moved(arguments: Any, device: Any) -> Any:
    """Arguments with their arrays of JAX's on another device."""
    import jax

    return jax.tree.map(lambda x: jax.device_put(x, device) if isinstance(x, jax.Array) else x, arguments)


def torch_device(wanted: str) -> str:
    """The device that was asked for, or "cpu", with a line that says why.

    Args:
        wanted: such as "cpu", "cuda" or "cuda:1".

    Raises:
        ValueError: if PyTorch knows no such kind of device.
    """
    import torch

    try:
        kind = torch.device(wanted).type
    except RuntimeError as error:
        raise ValueError(f"device = {wanted!r}: expected 'cpu' or 'cuda'") from error
    if kind != "cuda":
        return wanted
    why = "there is none" if not torch.cuda.is_available() else refusal(wanted)
    if not why:
        return wanted
    print(f"device = {wanted!r} asks for a GPU, and PyTorch cannot use it ({why}): this runs on the CPU.")
    return "cpu"


def refusal(device: str) -> str:
    """Why PyTorch cannot compute on a GPU that it sees, in a line: full, too old, or not there; "" if it can."""
    import torch

    try:
        torch.zeros(1, device=device)
    except RuntimeError as error:  # PyTorch's own out-of-memory error is one
        return str(error).strip().partition("\n")[0]
    return ""
