"""Each check against machine-made mutants of its reference answer, and against the mistakes that it knows."""

from __future__ import annotations

import warnings
from collections.abc import Callable

import mutants
import pytest
from support.bench import Bench

from notebooks import build

SOURCES = sorted((build.ROOT / "notebooks" / "src").glob("*.py"))
ANSWERS = build.ROOT / "tests" / "answers"

REPEATS = 5  # each check draws fresh cases: a right answer must pass whatever they are


@pytest.fixture(params=[s.stem for s in SOURCES])
def bench(request: pytest.FixtureRequest) -> Bench:
    """The exercises of one lesson."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return Bench(next(x for x in build.read_course().lessons if x.stem == request.param))


def refuse(problems: list[str]) -> None:
    """Fail with all problems of a lesson at once."""
    if problems:
        pytest.fail("\n".join(problems), pytrace=False)


@pytest.mark.slow
def test_whole_lesson_kills_the_mutants_of_its_answers(
    bench: Bench, record_property: Callable[[str, object], None]
) -> None:
    known = mutants.read_equivalents(ANSWERS / f"{bench.lesson.stem}.py")
    counts = [mutants.count(bench, number, known.get(number, [])) for number in bench.checks]
    record_property("lesson", mutants.table(bench.lesson, counts))
    problems = [
        f"{c.exercise}: survives, and is not declared equivalent: {text}" for c in counts for text in c.survivors
    ]
    problems += [
        f"{c.exercise}: declared equivalent, but it is killed or is no mutant: {t}" for c in counts for t in c.unused
    ]
    refuse(problems)


@pytest.mark.slow
def test_whole_lesson_names_each_mistake_by_its_sentence(bench: Bench) -> None:
    problems = []
    for number in bench.checks:
        for name, task in bench.tasks(number).items():
            for sentence in task.mistakes:
                names = bench.names()
                names[name] = task.posed(sentence)
                outcome = bench.checked(number, names)
                if not outcome.rejected or sentence not in outcome.message:
                    problems.append(f"{number} {name}: the mistake {sentence!r} is told: {outcome.message}")
    refuse(problems)


@pytest.mark.slow
def test_whole_lesson_accepts_right_answers_on_any_fresh_case(bench: Bench) -> None:
    answers = build.read_answers(ANSWERS / f"{bench.lesson.stem}.py")
    right = [(a.exercise, a.source) for a in answers if a.kind == "right"]
    problems = []
    for number, source in [*bench.references.items(), *right]:
        for _ in range(REPEATS):
            outcome = bench.answered(number, source)
            if not outcome.passed:
                problems.append(f"{number}: a right answer is refused: {outcome.message}")
                break
    refuse(problems)


def test_checks_stand_alone_and_leave_no_name_behind(bench: Bench) -> None:
    problems = []
    for number in bench.checks:
        names = bench.names()
        before = dict(names)
        outcome = bench.checked(number, names)
        if not outcome.passed:
            problems.append(f"{number}: on the first cell and the reference answers alone: {outcome.message}")
        left = {n for n in names if names[n] is not before.get(n, names)} - {"check", "exercises", "__builtins__"}
        problems += [f"{number}: leaves {', '.join(sorted(left))} behind"] if left else []
    refuse(problems)
