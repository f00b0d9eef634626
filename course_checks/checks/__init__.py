"""Checks that answer a learner in one line, name the cause where they know it, and can fail."""

from .frame import CheckFailed, NotDone, close, equal, exercise, outputs, raises, report, that, yours
from .task import Answer, Posed, Task

__all__ = [
    "Answer",
    "CheckFailed",
    "NotDone",
    "Posed",
    "Task",
    "close",
    "equal",
    "exercise",
    "outputs",
    "raises",
    "report",
    "that",
    "yours",
]
