"""The lessons that a class can be given."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from .problem import Problem

__all__ = ["ROOT", "assignments", "choose"]

#: The course.
ROOT = Path(__file__).resolve().parents[1]


def assignments(root: Path = ROOT) -> dict[str, str]:
    """Number of each lesson -> its assignment's name, such as "01" -> "01_boltzmann_distribution"."""
    found = (path.stem for path in sorted((root / "notebooks").glob("*.ipynb")))
    return {name[:2]: name for name in found if re.match(r"\d\d_[a-z0-9_]+$", name)}


def choose(numbers: Sequence[str], root: Path = ROOT) -> list[str]:
    """Assignments by number, in order and each once.

    Args:
        numbers: such as "01" or "1", or an assignment's whole name.
        root: the course.

    Raises:
        Problem: if one of them is no lesson's; all wrong ones are named.
    """
    known = assignments(root)
    chosen, wrong = set(), []
    for number in numbers:
        key = number[:2] if number in known.values() else number.zfill(2)
        if key in known:
            chosen.add(known[key])
        else:
            wrong.append(number)
    if wrong:
        names = ", ".join(known)
        raise Problem(f"There is no lesson {', '.join(wrong)}. There are {names}; write for instance: 01 02")
    return sorted(chosen)
