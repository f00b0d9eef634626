"""Small trained networks that come with the course.

    energy = load("digits")             # E(x) of 8 x 8 digits

`python -m course_utils.ebm.make_checkpoints` makes all of them anew.
"""

from pathlib import Path
from typing import Any

import torch
from torch import nn

from course_utils.ebm.evaluation import FeatureNet
from course_utils.ebm.images import ImageEnergy

__all__ = ["CHECKPOINTS", "facts", "load", "save"]

CHECKPOINTS = {
    "digits": "E(x) of scikit-learn's digits",
    "digits_labels": "E(x, y), where y is the digit",
    "digits_bold": "E(x, a), where a = 1 for pictures with more ink than half of those of the same digit",
    "digits_classifier": "a classifier, whose features serve to compare sets of digits",
}

_KINDS: dict[str, type[nn.Module]] = {"ImageEnergy": ImageEnergy, "FeatureNet": FeatureNet}

_FOLDER = Path(__file__).with_name("checkpoints")


def load(name: str, folder: str | Path | None = None) -> Any:
    """A trained network, in evaluation mode, without gradients, on the CPU.

    Args:
        name: one of `CHECKPOINTS`.
        folder: where the files are; those of the course unless given.

    Raises:
        ValueError: if there is none of that name.
    """
    state = _read(name, folder)
    net = _KINDS[state["kind"]](**state["options"], generator=torch.Generator().manual_seed(0))
    net.load_state_dict(state["weights"])
    return net.eval().requires_grad_(False)


def facts(name: str, folder: str | Path | None = None) -> dict[str, Any]:
    """How a checkpoint was made: its settings, its seed, the CPU seconds it took, and what was measured of it.

    Raises:
        ValueError: if there is none of that name.
    """
    return _read(name, folder)["facts"]


def save(net: nn.Module, path: str | Path, facts: dict[str, Any]) -> None:
    """Write a network for `load`: numbers and plain values only, so that reading it runs no code.

    Args:
        net: an `ImageEnergy` or a `FeatureNet`.
        path: the file.
        facts: plain values to keep with it.
    """
    weights = {key: value.detach().cpu().clone() for key, value in net.state_dict().items()}
    state = {"kind": type(net).__name__, "options": net.options, "weights": weights, "facts": facts}
    torch.save(state, path)


def _read(name: str, folder: str | Path | None) -> dict[str, Any]:
    path = (_FOLDER if folder is None else Path(folder)) / f"{name}.pt"
    if not path.is_file():
        raise ValueError(f"name must be one of {', '.join(CHECKPOINTS)}, got {name!r}: there is no {path.name}")
    return torch.load(path, map_location="cpu", weights_only=True)
