"""A student's functions as the judge sees them: calls go to the student's process, plain data comes back."""

from __future__ import annotations

import builtins
import importlib
from typing import Any

import cloudpickle

from course_checks.checks import Task, frame

from .counting import GradedAnswer, Raised, Refused, Tried
from .process import REFERENCES, StudentProcess
from .student import Handle, itself

__all__ = ["VIEWED_INSIDE", "Exercises", "Remote", "value_of"]

VIEWED_INSIDE = frozenset(
    {
        ("divergence", "contrast"),  # a loss, whose gradient is asked for: its graph stays where it is
        ("divergence", "against_noise"),
        ("divergence", "denoising_score_matching"),
        ("ising", "ising_program"),  # a program of THRML: its samplers are asked for probabilities, in three states
        ("machines", "graph_program"),
        ("machines", "fit"),  # a machine, whose arrays are read
    }
)
"""Exercises whose `view` runs in the student's process: what is returned is no plain data.

What the view sees is: numbers that depend on the hidden input, which the judge compares with the reference's. In all
other exercises the student's process sends what was returned, and the judge views it.
"""


def value_of(reply: dict[str, Any]) -> Any:
    """What a reply holds.

    Raises:
        Refused: if the form of an answer was refused.
        Exception: of the type that the student's code raised, as far as it is a built-in one.
    """
    if "refused" in reply:
        raise Refused(str(reply["refused"]))
    if "raised" in reply:
        raise _exception(reply["raised"])
    return reply["ok"]


def _exception(told: Any) -> Exception:
    told = told if isinstance(told, dict) else {}
    listed = told.get("kinds")
    kinds = tuple(str(kind) for kind in listed) if isinstance(listed, list | tuple) else ()
    where, text = str(told.get("where", "your code raised something")), str(told.get("text", ""))
    found = next((kind for name in kinds if isinstance(kind := getattr(builtins, name, None), type)), None)
    simple = (ArithmeticError, AssertionError, LookupError, NotImplementedError, TypeError, ValueError)
    if found is not None and issubclass(found, simple) and not issubclass(found, UnicodeError):
        error: Exception = found(text)
        error.where, error.kinds = where, kinds  # type: ignore[attr-defined]
        return error
    return Raised(where, kinds)


class Remote:
    """A function or class that a student wrote, in the student's process.

    Args:
        process: the student's.
        name: that the exercise asks for.
    """

    def __init__(self, process: StudentProcess, name: str) -> None:
        self._process, self.__name__ = process, name

    def __call__(self, *arguments: Any, **named: Any) -> Any:
        found = value_of(self._process.ask("call", self.__name__, arguments, named))
        if isinstance(found, dict) and type(found.get("handle")) is int:
            return Handle(found["handle"])
        return found.get("value") if isinstance(found, dict) else None

    def case(self, answer: GradedAnswer, arguments: tuple) -> Tried:
        """One call as a task wants it."""
        task = answer.task
        view = task.view if _named(task) in VIEWED_INSIDE else None
        found = value_of(self._process.ask("case", self.__name__, task.call, view, arguments))
        if not isinstance(found, dict) or not {"returned", "seen", "changed"} <= found.keys():
            raise Refused("your function did not answer")
        changed = found["changed"] if isinstance(found["changed"], dict) else {}
        words = answer.in_words({k: str(how) for k, how in changed.items() if type(k) is int})
        if view is None:
            returned = found["returned"]
            if not task.outputs:
                frame.not_none(task.name or "the answer", returned)
            seen = task.seen(returned, arguments)
        else:
            returned, seen = None, found["seen"]
            if not isinstance(seen, tuple) or len(seen) != len(task.names):
                raise Refused("your function did not answer")
        return Tried(returned, dict(zip(task.names, seen, strict=True)), words)


_NAMES: dict[int, tuple[str, str]] = {}


def _named(task: Task) -> tuple[str, str]:
    return _NAMES.get(id(task), ("", ""))


class Exercises:
    """`course_checks.exercises` for the judge: its functions follow a handle into the student's process.

    Args:
        process: the student's.
    """

    def __init__(self, process: StudentProcess) -> None:
        self._process = process

    def __getattr__(self, subject: str) -> Any:
        module = importlib.import_module(f"course_checks.exercises.{subject}")
        cloudpickle.register_pickle_by_value(module)  # none of it is in the sandbox
        for name, entry in vars(module).items():
            if isinstance(entry, Task):
                REFERENCES.add(id(entry.reference))
                _NAMES[id(entry)] = (subject, name)
        return _Subject(self._process, module)


class _Subject:
    def __init__(self, process: StudentProcess, module: Any) -> None:
        self._process, self._module = process, module

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._module, name)
        if not callable(found) or isinstance(found, type | Task):
            return found

        return _Function(self._process, found)


class _Function:
    """A function of the exercises; it runs where its arguments are, and travels as itself."""

    def __init__(self, process: StudentProcess, function: Any) -> None:
        self._process, self._function = process, function

    def __call__(self, *arguments: Any, **named: Any) -> Any:
        if not any(isinstance(value, Handle) for value in arguments):
            return self._function(*arguments, **named)
        return value_of(self._process.ask("apply", self._function, arguments))["value"]

    def __reduce__(self) -> tuple:
        return itself, (self._function,)
