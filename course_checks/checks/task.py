"""What an exercise asks for: a reference, fresh inputs, and the mistakes that learners make.

    density = Task(
        reference=boltzmann_density,                  # an independent right answer
        draw=lambda rng: (rng.normal(size=9), ...),   # arguments of a fresh case
        outputs=("p", "log Z"),
        mistakes={"The temperature is not used": lambda energy, cell, temperature: ...},
    )

    with check.exercise("1.3", "density"):
        answer = density.by(the_learners_function)
        answer.on("a bowl at T = 2", energy, cell, 2.0)
        answer.fresh(2)

A *mistake* is a function that answers as a learner with that misconception would. It is run on the very input that the
learner's function was given, so that a cause is named only where it explains what came out, in every case so far and in
some fresh ones.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from . import diagnosis, frame
from .diagnosis import Case
from .values import agree, changes, clip, copied, to_numpy

__all__ = ["Answer", "Posed", "Task"]

_seeds: dict[
    str, int
] = {}  # exercise -> seed of its fresh cases; kept until it passes, so that a failure can be repeated


@dataclass(frozen=True)
class Task:
    """A function for the learner to write.

    Attributes:
        reference: a right answer that does not come from the lesson's own solution.
        draw: arguments of a fresh case, from a NumPy generator. Sizes and parameters should vary.
        mistakes: sentence -> a function of the same arguments that answers as a learner with this misconception. It
            may return a dict {name of an output: value} if it concerns some of several outputs only, or None where it
            does not apply.
        outputs: names of the returned values if there are several.
        compared: the same names in the order in which they are looked at, where that is not the order in which they are
            returned: first what decides about the others.
        name: of the value, if there is one; it stands in messages ("log Z").
        question: asked where the cause is not known; one sentence, or one for each output.
        view: view(returned, *arguments) gives what is compared, one value for each output: for instance the cosine of
            an angle, or a loss and its gradient. It may use the checks of `frame` on what is returned.
        call: call(learner, *arguments) if the answer is a class or is to be called in a special way.
        rtol: relative tolerance.
        atol: absolute tolerance.
        deterministic: whether two calls with equal arguments must give equal results.
    """

    reference: Callable[..., Any]
    draw: Callable[[np.random.Generator], tuple]
    mistakes: Mapping[str, Callable[..., Any]]
    outputs: tuple[str, ...] = ()
    compared: tuple[str, ...] = ()
    name: str = ""
    question: str | Mapping[str, str] = ""
    view: Callable[..., tuple] | None = None
    call: Callable[..., Any] | None = None
    rtol: float = 1e-4
    atol: float = 1e-6
    deterministic: bool = True

    @property
    def names(self) -> tuple[str, ...]:
        """Names of what is compared."""
        return self.outputs or (self.name,)

    @property
    def parameters(self) -> tuple[str, ...]:
        """Names of the arguments."""
        return tuple(inspect.signature(self.reference).parameters)

    def by(self, learner: Any) -> Answer:
        """The learner's function, to be tried; anything else is refused in words."""
        if not callable(learner):
            frame.fail(f"your answer is {clip(learner)}, not a function", "Run the cell above that defines it again.")
        return Answer(self, learner)

    def seen(self, returned: Any, arguments: tuple) -> tuple:
        """What is compared of a returned value."""
        if self.view is not None:
            return tuple(self.view(returned, *arguments))
        return frame.outputs(returned, *self.outputs) if self.outputs else (returned,)

    def completed(self, arguments: tuple) -> tuple:
        """The arguments with those that have a default and were left out."""
        bound = inspect.signature(self.reference).bind(*arguments)
        bound.apply_defaults()
        return bound.args

    def values(self, function: Callable[..., Any], arguments: tuple) -> dict[str, Any] | None:
        """What the reference or a mistake gives, by the names of the outputs; None if it does not apply."""
        kept = copied(self.completed(arguments))
        returned = function(*kept)
        if returned is None:
            return None
        return returned if isinstance(returned, dict) else dict(zip(self.names, self.seen(returned, kept), strict=True))

    def posed(self, sentence: str) -> Posed:
        """A mistake in the place of a learner's function, to see that the check rejects it with its sentence."""
        return Posed(self, self.mistakes[sentence])


@dataclass(frozen=True)
class Posed:
    """A mistake that takes a check as a learner would."""

    task: Task
    mistake: Callable[..., Any]

    def __call__(self, *arguments: Any) -> Any:
        """The mistaken answer, complete: outputs that the mistake does not concern are the reference's.

        Where a task looks at its answers through a view, and the mistake is one of what is seen, that is returned.
        """
        returned = self.mistake(*self.task.completed(arguments))
        if returned is None:
            return self.task.reference(*arguments)
        if not isinstance(returned, dict):
            return returned
        seen = {**self.task.values(self.task.reference, arguments), **returned}
        return tuple(seen.values()) if self.task.view is None else seen


class Answer:
    """A learner's function beside the reference; each call of it is compared at once.

    Args:
        task: what was asked for.
        learner: what the learner wrote.
    """

    def __init__(self, task: Task, learner: Callable[..., Any]) -> None:
        self.task = task
        self.learner = learner
        self.cases: list[Case] = []

    def on(self, what: str, *arguments: Any, expect: Any = None, hint: str = "") -> Any:
        """Compare the learner's function with the reference on one input, of which it gets a copy.

        Args:
            what: the case in the words of the lesson ("three states at T = 2").
            arguments: of the function, in order.
            expect: an exact number or array for the first output, where one is known; the reference must agree.
            hint: a sentence for a wrong answer of unknown cause in this case, instead of the task's question.

        Returns:
            What the learner's function returned.
        """
        task, kept = self.task, copied(arguments)
        try:
            expected = task.values(task.reference, arguments)  # before the call: what is handed over may be damaged
        except Exception as error:
            raise frame.CourseFault(f"the reference fails for {what}: {type(error).__name__}: {error}") from error
        first = task.names[0]
        if expect is not None and not agree(expected[first], expect, rtol=1e-5):
            raise frame.CourseFault(f"the reference gives {clip(expected[first])} for {what}, expected {clip(expect)}")
        given = copied(arguments)
        with frame.about(what):
            returned = self._call(given)
            got = self._seen(returned, given)
        if not self.cases and task.deterministic:
            self._ask_again(what, arguments, got)
        case = Case(what, kept, expected, got)
        for name in task.compared or expected:
            frame.count()
            if not agree(got[name], expected[name], task.rtol, task.atol):
                self._refuse(case, name, given, hint)
        self.cases.append(case)
        self._refuse_changes(what, given, kept)
        return returned

    def fresh(self, count: int = 2, what: str = "a fresh case") -> None:
        """Compare on inputs that are drawn anew in each run; after a failure the same ones come again.

        Args:
            count: number of inputs.
            what: what they are, in the words of the lesson.
        """
        rng = np.random.default_rng(_seeds.setdefault(frame.number(), frame.new_seed()))
        for _ in range(count):
            arguments = self.task.draw(rng)
            self.on(f"{what} ({self._described(arguments)})", *arguments)
        _seeds.pop(frame.number())

    def _call(self, arguments: tuple) -> Any:
        if self.task.call is not None and not isinstance(self.learner, Posed):
            return self.task.call(self.learner, *arguments)
        return self.learner(*arguments)

    def _seen(self, returned: Any, arguments: tuple) -> dict[str, Any]:
        if isinstance(self.learner, Posed) and isinstance(returned, dict):
            return returned
        label = self.task.name or "the answer"
        if not self.task.outputs:
            frame.not_none(label, returned)
        return dict(zip(self.task.names, self.task.seen(returned, arguments), strict=True))

    def _ask_again(self, what: str, arguments: tuple, got: dict[str, Any]) -> None:
        """Two calls with the same input must give the same."""
        given = copied(arguments)
        again = self._seen(self._call(given), given)
        if all(agree(again[name], got[name], self.task.rtol, self.task.atol) for name in got):
            return
        hint = "Does something survive from call to call, or is something drawn at random?"
        frame.fail(f"{what}: two calls with the same input give two different answers", hint)

    def _refuse(self, case: Case, name: str, given: tuple, hint: str) -> None:
        sentence = diagnosis.cause(self, case, name) or self._changed_argument(given, case.arguments)
        what = f"{name} of {case.what}" if name else case.what
        frame.differ(
            what, case.got[name], case.expected[name], sentence or hint or diagnosis.question(self, case, name)
        )

    def _refuse_changes(self, what: str, given: tuple, kept: tuple) -> None:
        sentence = self._changed_argument(given, kept)
        if sentence:
            frame.fail(f"{what}: the answer is right, but {sentence[0].lower()}{sentence[1:]}")

    def _changed_argument(self, given: tuple, kept: tuple) -> str:
        for name, after, before in zip(self.task.parameters, given, kept, strict=False):
            how = changes(after, before)
            if how:
                return f"Your function wrote into its argument: `{name}` {how}. Work on a copy, or make a new array"
        return ""

    def _described(self, arguments: tuple) -> str:
        parts = []
        for name, value in zip(self.task.parameters, arguments, strict=False):
            plain = to_numpy(value)
            if isinstance(plain, bool | int | str):
                parts.append(f"{name} = {plain}")
            elif isinstance(plain, float) or (hasattr(plain, "dtype") and np.ndim(plain) == 0):
                parts.append(f"{name} = {float(plain):.4g}")
            elif hasattr(plain, "shape"):
                parts.append(f"{name} of shape {plain.shape}")
        return ", ".join(parts) or "no two are alike"
