"""Small trained networks that come with the course.

    energy = load("digits")             # E(x) of 8 x 8 digits

`python -m course_utils.ebm.make_checkpoints` makes all of them anew.
"""

import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import nn

from course_utils.ebm.evaluation import FeatureNet
from course_utils.ebm.image_networks import ImageEnergy

CHECKPOINTS = {
    "digits": "E(x) of scikit-learn's digits",
    "digits_labels": "E(x, y), where y is the digit",
    "digits_bold": "E(x, a), where a = 1 for pictures with more ink than half of those of the same digit",
    "digits_classifier": "a classifier, whose features serve to compare sets of digits",
    "mnist14": "E(x) of MNIST's digits at 14 x 14",
    "mnist14_classifier": "a classifier of those",
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
    """How a trained network was made, and what was measured of it: recipe, seed, CPU seconds, scores.

    Args:
        name: one of `CHECKPOINTS`.
        folder: where the files are; those of the course unless given.

    Raises:
        ValueError: if there is none of that name.
    """
    return _read(name, folder)["facts"]


def _read(name: str, folder: str | Path | None) -> dict[str, Any]:
    path = (_FOLDER if folder is None else Path(folder)) / f"{name}.pt"
    if not path.is_file():
        raise ValueError(f"name = {name!r}: expected one of {', '.join(CHECKPOINTS)}; there is no {path.name}")
    state = torch.load(path, map_location="cpu", weights_only=True)
    halves = {key: value for key, value in state["weights"].items() if value.dtype == torch.float16}
    state["weights"] |= {key: value.float() for key, value in halves.items()}
    return state


def save(net: nn.Module, path: str | Path, facts: dict[str, Any]) -> None:
    """Write a network for `load`: numbers and plain values only, so that reading it runs no code.

    Weights are rounded to half precision, a relative 0.0005 at most, and take half the room: hosted notebooks download
    them.

    Args:
        net: an `ImageEnergy` or a `FeatureNet`.
        path: the file.
        facts: plain values to keep with it.
    """
    weights = {key: value.detach().cpu().clone() for key, value in net.state_dict().items()}
    weights |= {key: value.half() for key, value in weights.items() if value.dtype == torch.float32}
    state = {"kind": type(net).__name__, "options": net.options, "weights": weights, "facts": facts}
    torch.save(state, path)


@dataclass(frozen=True)
class Ablation:
    """What a benchmark measured with one part of a recipe left out at a time.

    Attributes:
        command: what was run.
        system: on what.
        rows: what was left out -> measure -> value; NaN for a measure of a run that diverged. The whole recipe first.
        spreads: the same for the standard deviation over seeds; 0 where there was one seed.
        seeds: how many there were.
        errors: the standard errors of the means, spread / sqrt(seeds).
    """

    command: str
    system: str
    rows: dict[str, dict[str, float]]
    spreads: dict[str, dict[str, float]]
    seeds: int = 1

    @property
    def errors(self) -> dict[str, dict[str, float]]:
        scale = 1 / math.sqrt(self.seeds)
        return {name: {key: scale * spread for key, spread in row.items()} for name, row in self.spreads.items()}


def digits_ablation(path: str | Path | None = None) -> Ablation:
    """The stored output of tests/benchmarks/ebm_digits.py with --ablate; its first line is the command.

    Args:
        path: of the file; that of the course unless given.

    Raises:
        ValueError: if the file holds no such table.
    """
    path = _FOLDER / "digits_ablation.txt" if path is None else Path(path)
    command, system, *lines = path.read_text("utf-8").splitlines()
    table = [[cell.strip() for cell in line.strip("| ").split("|")] for line in lines if line.startswith("|")]
    if len(table) < 3 or table[0][0] != "left out":
        raise ValueError(f"path = {str(path)!r}: the file holds no table whose first column is 'left out'")
    seeds = {name.rpartition(", seed ")[2] for name, *_ in table if ", seed " in name}
    rows, spreads = {}, {}
    for name, *cells in table[2:]:
        if ", seed " in name:  # a summary of all seeds follows
            continue
        variant, numbers = name.removesuffix(", mean ± sd"), [_number_in(cell) for cell in cells]
        rows[variant] = {key: value for key, (value, _) in zip(table[0][1:], numbers, strict=True)}
        spreads[variant] = {key: spread for key, (_, spread) in zip(table[0][1:], numbers, strict=True)}
    return Ablation(command, system, rows, spreads, max(1, len(seeds)))


def _number_in(cell: str) -> tuple[float, float]:
    """Mean and spread of "3.50 ± 0.50"; a single number has the spread 0, and words have NaN."""
    value, _, spread = cell.partition(" ± ")
    try:
        return float(value), float(spread or 0)
    except ValueError:
        return math.nan, 0.0
