"""Checks that answer a learner in one line, name the cause where they know it, and can fail."""

from .challenge import challenge
from .frame import CheckFailed, NotDone, close, equal, exercise, outputs, raises, report, that, yours
from .task import Answer, Posed, Task

__all__ = [
    "Answer",
    "CheckFailed",
    "NotDone",
    "Posed",
    "Task",
    "challenge",
    "close",
    "equal",
    "exercise",
    "outputs",
    "raises",
    "report",
    "that",
    "yours",
]
