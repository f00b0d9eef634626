"""Every lesson through the judge: the course's answer and another right one pass, a wrong one does not."""

from __future__ import annotations

import inspect
import os
from pathlib import Path

import numpy as np
import pytest
from support.submissions import Maker

from classroom.grading import grade, sandbox
from classroom.grading.process import pickled
from classroom.grading.remote import VIEWED_INSIDE, Exercises
from classroom.layout import ClassFolder
from classroom.results import Result
from course_checks.checks import Task
from notebooks import build

LESSONS = sorted(path.stem[:2] for path in (Path(build.ROOT) / "notebooks" / "src").glob("[0-9]*.py"))
#: All of them take ten minutes. These have what is hardest to judge from outside: graphs, programs of THRML, classes
#: that are called, callbacks, a patience of its own. The others: COURSE_GRADE_ALL=1.
JUDGED = LESSONS if os.environ.get("COURSE_GRADE_ALL") else ["05", "07", "08", "10", "13"]
needs_sandbox = pytest.mark.skipif(
    bool(sandbox.refusal()) and not os.environ.get("COURSE_NEEDS_SANDBOX"), reason=sandbox.refusal()
)
SUBJECTS = [
    "start", "boltzmann", "partition", "langevin", "descent", "divergence", "images", "ising", "potts", "xy",
    "machines", "denoising", "scaling", "limits", "zeros",
]  # fmt: skip


@pytest.fixture(scope="module", params=JUDGED)
def judged(request, tmp_path_factory) -> tuple[Maker, dict[str, Result]]:
    """Three submissions of a lesson: the course's answers, other right ones, and wrong ones."""
    maker, folder = Maker(request.param), ClassFolder(tmp_path_factory.mktemp("class"))
    handed = {
        "reference": {},
        "otherwise": {number: sources[0] for number, sources in maker.given.get("right", {}).items()},
        "wrong": {number: sources[0] for number, sources in maker.given["wrong"].items()},
    }
    for name, answers in handed.items():
        path = folder.submitted(name, maker.lesson.name)
        path.parent.mkdir(parents=True)
        path.write_text(maker.text(answers), encoding="utf-8")
    results = grade(folder, jobs=1, progress=lambda line: None)
    return maker, {result.student: result for result in results}


@needs_sandbox
@pytest.mark.slow
@pytest.mark.parametrize("name", ["reference", "otherwise"])
def test_right_answers_of_both_styles_get_all_points(judged, name):
    _, results = judged
    assert [(e.number, e.state, e.line) for e in results[name].exercises if e.earned != e.points] == []
    assert not {flag.kind for flag in results[name].flags} & {"tampering", "limit"}


@needs_sandbox
@pytest.mark.slow
def test_no_wrong_answer_gets_all_points_and_each_is_told_why(judged):
    _, results = judged
    for exercise in results["wrong"].exercises:
        assert exercise.earned < exercise.points, exercise
        assert exercise.state == "wrong"
        assert exercise.line.startswith(f"✗ {exercise.number} ")


def tasks() -> list[tuple[str, str, Task]]:
    """Subject, name and task of all exercises."""
    process = Exercises(None)
    found = []
    for subject in SUBJECTS:
        module = getattr(process, subject)._module  # now its functions are sent by their code
        found += [(subject, name, task) for name, task in vars(module).items() if isinstance(task, Task)]
    return found


def test_views_in_the_students_process_are_those_of_exercises_that_there_are():
    named = {(subject, name): task for subject, name, task in tasks()}
    assert named.keys() >= VIEWED_INSIDE
    assert all(named[key].view is not None for key in VIEWED_INSIDE)


@pytest.mark.parametrize(
    ("subject", "name", "task"), tasks(), ids=lambda value: value if isinstance(value, str) else ""
)
def test_no_reference_and_no_mistake_travels_into_the_sandbox(subject, name, task):
    view = task.view if (subject, name) in VIEWED_INSIDE else None
    sent = pickled((task.call, view))
    parts = {name: task.reference.__globals__.get(name) for name in task.reference.__code__.co_names}
    parts = {name: part.__code__.co_code for name, part in parts.items() if inspect.isfunction(part)}
    assert task.reference.__code__.co_code not in sent
    assert {name for name, code in parts.items() if code in sent} <= SEEN_BY_BOTH.get((subject, name), set())
    assert not any(sentence.encode() in sent for sentence in task.mistakes)


#: What a reference and the way in which its exercise is asked have in common, and why it gives nothing away.
SEEN_BY_BOTH = {
    ("divergence", "fit"): {"_fitted"},  # hands a loop its loss, and notes what the loop shows; the loop is the answer
    ("divergence", "replay_buffer"): {"_new_states", "_old_states"},  # what is put in
    ("ising", "ising_program"): {"_in_words"},  # writes numbers side by side
    ("machines", "fit"): {"_begin", "_moved"},  # the machine and the walk that are handed over
}


@pytest.mark.parametrize("key", sorted(VIEWED_INSIDE), ids=".".join)
def test_a_forged_constant_does_not_pass_where_the_view_runs_inside(key):
    """What a view sees of one input is not what it sees of another: nobody can answer without looking at it."""
    (task,) = [task for subject, name, task in tasks() if (subject, name) == key]
    from course_checks.checks.values import agree

    rng = np.random.default_rng(7)
    seen = [task.values(task.reference, task.draw(rng)) for _ in range(4)]
    for one in seen[1:]:
        assert not all(agree(one[name], seen[0][name], task.rtol, task.atol) for name in one)
