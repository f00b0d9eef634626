"""The file of a training: written whole or not at all, and read with one sentence for whatever is wrong with it."""

import hashlib
import io
import os
from collections.abc import Iterable
from contextlib import suppress
from functools import cache
from pathlib import Path
from types import CodeType, FunctionType
from typing import Any

import torch
from torch import Tensor, nn

from course_utils.ebm.buffer import ReplayBuffer

_FORMAT = 3


class CheckpointError(OSError):
    """A checkpoint could not be written or read: one sentence with the step, the cause and the cure.

    Nothing half-written stays, and an older checkpoint is as it was.

    Attributes:
        step: steps taken by then.
        checkpoint: the file.
    """

    def __init__(self, message: str, step: int, checkpoint: Path) -> None:
        super().__init__(message)
        self.step, self.checkpoint = step, checkpoint

    def _render_traceback_(self) -> list[str]:  # the hook by which IPython asks an exception how to show itself
        return [str(self)]


def write(state: dict[str, Any], path: Path, saved_step: int | None) -> None:
    """Write the state of a run, under a temporary name first, so that the file is always whole.

    Args:
        state: what `read` returns; "step" and "settings" are among it.
        path: the file.
        saved_step: step of an earlier checkpoint of this run in the same file, if there is one.

    Raises:
        CheckpointError: if the file system refuses.
    """
    whole = io.BytesIO()  # in memory first: PyTorch's own writer does not say why a file cannot be written
    torch.save({"format": _FORMAT, **state}, whole)
    partial = path.with_name(path.name + ".partial")
    try:
        with open(partial, "wb") as file:
            file.write(whole.getbuffer())
            file.flush()
            os.fsync(file.fileno())  # else a loss of power may leave the name without the contents
        os.replace(partial, path)
    except BaseException as error:
        with suppress(OSError):
            partial.unlink(missing_ok=True)
        if not isinstance(error, OSError):
            raise
        kept = "there is no earlier one" if saved_step is None else f"the one of step {saved_step} is intact"
        raise CheckpointError(
            f"training stopped at step {state['step']} of {state['settings']['n_steps']}, because the checkpoint "
            f"{shown(path)} could not be written ({error.strerror or error}; {kept}): make room for "
            f"{len(whole.getbuffer()) / 1e6:.1f} MB or choose another folder, and run this again with resume=True.",
            state["step"],
            path,
        ) from error


def read(path: Path, settings: dict[str, Any], device: torch.device) -> dict[str, Any]:
    """The state of a run with these settings.

    Args:
        path: the file.
        settings: those of the run that is to go on.
        device: where the tensors go.

    Raises:
        CheckpointError: if the file is damaged.
        ValueError: if it was made with other settings, or by another version.
    """
    try:
        state = torch.load(path, map_location=device, weights_only=True)
        version = state["format"]
    except Exception as error:  # whatever a damaged file makes of PyTorch's reader, the cure is the same
        raise CheckpointError(
            f"training stopped at step 0 of {settings['n_steps']}, because the checkpoint {shown(path)} is damaged or "
            f"cannot be read ({type(error).__name__}): delete it, or pass resume=False, to start again.",
            0,
            path,
        ) from error
    if version != _FORMAT:
        raise ValueError(f"checkpoint = {str(path)!r} was not written by this version of train")
    for name, value in settings.items():
        before = state["settings"].get(name)
        if before != value:
            told = f"{name} = {value!r}, but the checkpoint was made with {before!r}"
            if name in ("energy", "objective"):  # long descriptions
                told = f"{name} must be as it was when the checkpoint was made"
            raise ValueError(f"{told}: use that, or another checkpoint, or resume=False to start again")
    return state


def shown(path: Path) -> str:
    """A path as a reader knows it: from the working folder, where it lies inside."""
    with suppress(ValueError):
        path = path.resolve().relative_to(Path.cwd())
    return str(path)


def fingerprint(settings: dict[str, Any], values: Iterable[Tensor]) -> str:
    """A name for all that a run starts from: its settings, the tensors it begins with, and the code that trains."""
    digest = hashlib.sha256(repr(settings).encode() + _version())
    for value in values:
        digest.update(_bytes(value))
    return digest.hexdigest()[:12]


@cache
def _version() -> bytes:
    """The code of trainings and samplers: a newer course does not take what an older one has trained for its own."""
    here = Path(__file__).parent
    files = sorted([*here.glob("*.py"), *(here.parent / "samplers").glob("*.py")])
    return hashlib.sha256(b"".join(path.read_bytes().replace(b"\r\n", b"\n") for path in files)).digest()


def described(thing: object) -> str:
    """The settings of a network or an objective: its public numbers, words and data, its shapes, and its parts."""
    inner, found = [], []
    if isinstance(thing, nn.Module):
        inner = list(thing.children())
        found = [f"{name} {tuple(value.shape)}" for name, value in thing.named_parameters(recurse=False)]
    for name, value in sorted(vars(thing).items()):
        if name.startswith("_") or name in ("training", "seen", "states"):  # what changes as a run goes on
            continue
        if isinstance(value, ReplayBuffer):
            inner.append(value)
        elif isinstance(value, Tensor):
            found.append(f"{name}#{hashlib.sha256(_bytes(value)).hexdigest()[:8]}")
        elif isinstance(value, FunctionType) and value.__module__ == "__main__":
            found.append(f"{name}#{_digest(_instructions(value.__code__))}")
        elif isinstance(value, int | float | str | tuple | dict):
            found.append(f"{name}={value!r}")
    return f"{type(thing).__name__}({', '.join([*found, *_own_code(type(thing)), *map(described, inner)])})"


def _own_code(kind: type) -> list[str]:
    """The methods of a class that a learner has written, so that a run of another version of them is another run."""
    if kind.__module__ != "__main__":
        return []
    methods = {name: x.__code__ for name, x in sorted(vars(kind).items()) if isinstance(x, FunctionType)}
    return [f"code#{_digest(' '.join(f'{name} {_instructions(code)}' for name, code in methods.items()))}"]


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:8]


def _instructions(code: CodeType) -> str:
    """What a function does, without where it stands."""
    inner = [_instructions(x) if isinstance(x, CodeType) else repr(x) for x in code.co_consts]
    return f"{code.co_code.hex()} {code.co_names} {inner}"


def _bytes(values: Tensor) -> bytes:
    return values.detach().cpu().contiguous().reshape(-1).view(torch.uint8).numpy().tobytes()
