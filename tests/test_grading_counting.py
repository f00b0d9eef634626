"""What a comparison is: a check that goes on after a failure, and counts."""

from types import SimpleNamespace

import numpy as np
import pytest

from classroom.grading.counting import MORE, Book, checked
from course_checks.checks import Task, frame

double = Task(
    reference=lambda x, factor: np.asarray(x) * factor,
    draw=lambda rng: (rng.normal(size=3), float(rng.uniform(2, 3))),
    mistakes={"The factor is missing": lambda x, factor: np.asarray(x)},
    name="the product",
)
both = Task(
    reference=lambda x: (np.sum(x), np.max(x)), draw=lambda rng: (rng.normal(size=4),), mistakes={},
    outputs=("the sum", "the largest"),
)  # fmt: skip
asked = Task(
    reference=lambda x: (np.sum(x), "yes", 2), draw=lambda rng: (rng.normal(size=4),), mistakes={},
    outputs=("the sum", "whether", "how many"), call=lambda learner, x: learner(x),
)  # fmt: skip
EXERCISES = SimpleNamespace(toy=SimpleNamespace(double=double, both=both, asked=asked))
CHECK = """
from course_checks import check, exercises

with check.exercise("1.1", "double"):
    answer = exercises.toy.double.by(double)
    answer.on("two numbers", np.array([1.0, 2.0]), 3.0)
    for k in (2.0, 5.0):
        got = answer.on(f"one number, factor {k}", np.array([1.0]), k)
        check.close(f"the sum for {k}", np.sum(got), k)
    answer.fresh(2)
    check.that(True, "never")
    check.raises(ValueError, lambda: double(np.array([1.0]), -1.0), "a negative factor")
"""
ALL = 1 + 2 * 2 + (2 + MORE) + 2


def counted(function, check=CHECK, **names) -> Book:
    return checked(Book("1.1", seed=3), check, {"np": np, "double": function, **names}, EXERCISES)


def right(x, factor):
    if factor < 0:
        raise ValueError("negative")
    return x * factor


def test_a_right_answer_passes_every_comparison():
    book = counted(right)
    assert (book.held, book.failed, book.line) == (ALL, 0, "")


def test_there_are_more_fresh_cases_than_on_the_page_and_they_come_from_the_seed():
    seen: dict[int, list] = {}
    for seed in (3, 3, 4):
        calls: list = []

        def noting(x, factor, calls=calls):
            calls.append(factor)
            return right(x, factor)

        checked(Book("1.1", seed=seed), CHECK, {"np": np, "double": noting}, EXERCISES)
        fresh = [factor for factor in calls if 2 < factor < 3]
        assert len(fresh) == 2 + MORE
        assert seen.setdefault(seed, fresh) == fresh
    assert seen[3] != seen[4]


def test_an_answer_that_is_wrong_in_one_case_loses_that_case_alone():
    book = counted(lambda x, factor: right(x, factor) + (factor == 5.0))
    assert (book.passed, book.failed) == (ALL - 2, 2)
    assert "one number, factor 5.0" in book.line


def test_an_answer_that_raises_in_one_case_loses_that_case_alone():
    def raising(x, factor):
        if factor == 5.0:
            raise KeyError("five")
        return right(x, factor)

    book = counted(raising)
    assert book.passed == ALL - 2
    assert "KeyError" in book.line


def test_what_could_not_be_compared_after_an_exception_is_missing_not_held():
    check = CHECK.replace("np.sum(got)", "np.sum(got, axis=0)").replace("double(np", "double(1 + np")

    def none(x, factor):
        return None if factor == 5.0 else right(x, factor)

    assert counted(none, check).passed == ALL - 2


def test_the_cause_is_named_once():
    book = counted(lambda x, factor: x)
    assert book.line.endswith("The factor is missing")
    assert book.passed == 0  # that it is true that `True` holds earns nothing: no case does


def test_an_empty_function_earns_nothing():
    book = counted(lambda x, factor: None)
    assert book.passed == 0
    assert "Is the return statement missing?" in book.line


def test_a_stub_earns_nothing_and_is_open():
    def stub(x, factor):
        raise NotImplementedError("write it")

    book = counted(stub)
    assert (book.passed, book.stub) == (0, True)
    assert book.line == "○ 1.1 is not done yet: write it"


def test_a_constant_gets_what_its_comparisons_hold():
    book = counted(lambda x, factor: np.array([2.0]))
    assert (book.passed, book.failed) == (3, ALL - 3)  # one number for factor 2, its sum, and `True`


def test_an_answer_that_writes_into_its_argument_loses_its_cases():
    def writing(x, factor):
        x *= factor
        return x

    book = counted(writing)
    assert book.passed == 0
    assert "wrote into its argument: `x` has changed" in book.line


def test_an_answer_that_is_another_one_when_asked_again_loses_its_first_case():
    calls = []

    def moody(x, factor):
        calls.append(0)
        return right(x, factor) + (len(calls) == 2)

    book = counted(moody)
    assert book.passed == ALL - 1
    assert "two calls with the same input" in book.line


def test_each_output_is_a_comparison():
    check = 'with check.exercise("1.1", "both"):\n    exercises.toy.both.by(double).on("four", np.arange(4.0))\n'
    assert counted(lambda x: (np.sum(x), np.max(x)), check).held == 2
    book = counted(lambda x: (np.sum(x), 0.0), check)
    assert (book.passed, book.failed) == (1, 1)
    assert counted(lambda x: np.sum(x), check).failed == 2


def test_what_is_the_same_for_every_input_counts_only_beside_what_is_not():
    check = (
        'with check.exercise("1.1", "both"):\n    answer = exercises.toy.asked.by(double)\n'
        '    answer.on("four", np.arange(4.0))\n    answer.fresh(1)\n'
    )
    cases = 2 + MORE
    assert counted(lambda x: (np.sum(x), "yes", 2), check).passed == 3 * cases
    assert counted(lambda x: (np.sum(x), "no", 2), check).passed == 2 * cases
    assert counted(lambda x: (0.0, "yes", 2), check).passed == 0
    assert counted(lambda x: (6.0, "yes", 2), check).passed == 3


def test_a_wrong_reference_is_the_course_s_fault_not_the_student_s():
    check = 'with check.exercise("1.1", "f"):\n    exercises.toy.double.by(double).on("x", 1.0, 2.0, expect=7.0)\n'
    with pytest.raises(frame.CourseFault):
        counted(right, check)


def test_checks_in_a_notebook_are_what_they_were():
    assert counted(right).held == ALL
    assert not hasattr(double.by(right), "book")
    with pytest.raises(RuntimeError, match="belong inside"):
        frame.number()
