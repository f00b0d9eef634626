"""The line that a lesson calls for its challenge."""

import importlib
from typing import Any

from course_utils.arguments import choice

__all__ = ["challenge"]

#: Lesson -> the module of its challenge, imported when it is first called for: some need PyTorch.
_MODULES = {
    "1": "photographs",
    "2": "log_z",
    "3": "samples",
    "4": "minimum",
    "5": "shapes",
    "6": "inpainting",
    "7": "sweeps",
    "8": "colouring",
    "9": "rotors",
    "12": "partition",
    "10": "likeliest",
    "13": "hidden",
    "11": "short_chains",
    "14": "transition",
}


def challenge(number: str, answer: Any = None, *, seed: int | None = None) -> None:
    """Judge an answer to a lesson's challenge on fresh problems, beside baselines and the authors' best.

    It prints and never raises, so that a notebook goes on: a stub is "not tried yet", and an exception in the answer
    one sentence.

    Args:
        number: of the lesson.
        answer: the learner's function; left out, the others compete alone.
        seed: of the problems, for a repetition; they come from the system's entropy if it is left out.

    Raises:
        ValueError: if the lesson has no challenge.
    """
    package = __package__.rpartition(".")[0] + ".challenges"
    module = importlib.import_module(f"{package}.{_MODULES[choice('number', number, _MODULES)]}")
    judge = importlib.import_module(f"{package}.judge")
    print("\n".join(judge.judged(module.challenge, answer, seed).lines))
