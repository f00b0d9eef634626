"""Tasks: what an answer is compared with, what it may not do, and the cause that it is told."""

import re

import numpy as np
import pytest
import torch

from course_checks import check
from course_checks.checks import CheckFailed, Task, diagnosis
from course_checks.checks.frame import CourseFault
from course_checks.checks.values import changes, copied


def draw(rng):
    return rng.normal(2.0, 0.5, rng.integers(3, 8)), float(rng.choice([0.5, 1.7, 3.0]))


#: Scale an array by T and add up: two outputs.
scaled = Task(
    reference=lambda x, T: (x / T, float(np.sum(x)) / T),
    draw=draw,
    outputs=("y", "the sum"),
    question={"y": "Is x divided by T?", "the sum": "Is it the sum?"},
    mistakes={
        "T is not used": lambda x, T: (x, np.sum(x)),
        "This is the mean": lambda x, T: {"the sum": np.mean(x) / T},
        "Not for five and more": lambda x, T: {"y": x} if len(x) > 4 else None,
    },
)


def told(answer, task=scaled, cases=(), fresh=3):
    """What the check says of an answer; the empty string if it passes."""
    try:
        with check.exercise("1.1", "f"):
            trial = task.by(answer)
            for k, case in enumerate(cases or (([1.0, 2.0, 4.0], 2.0), ([1.0, -3.0, 2.0, 0.5], 0.4))):
                trial.on(f"case {k}", np.asarray(case[0]), *case[1:])
            trial.fresh(fresh)
    except CheckFailed as failure:
        return str(failure)
    return ""


def test_right_answers_of_any_style_pass():
    assert told(lambda x, T: (x / T, x.sum() / T)) == ""
    assert told(lambda x, T: [[v / T for v in x], sum(x) / T]) == ""
    assert told(lambda x, T: (torch.tensor(x) / T, torch.tensor(x).sum() / T)) == ""


def test_a_mistake_is_told_by_its_own_sentence():
    for sentence in scaled.mistakes:
        assert sentence in told(scaled.posed(sentence), fresh=12), sentence  # one of them concerns longer arrays only


def test_a_cause_must_explain_every_case():
    """Right at T = 0.4 and T not used elsewhere: what is said must not be that T is never used."""
    message = told(lambda x, T: (x / T, x.sum() / T) if T in (2.0, 0.4) else (x, x.sum()))
    assert "fresh case" in message
    assert "T is not used" not in message


def test_where_no_cause_is_known_it_asks():
    assert told(lambda x, T: (np.sin(x), 0.0)).endswith("Is x divided by T?")


@pytest.mark.parametrize(
    ("answer", "sentence"),
    [
        (lambda x, T: (x.sum() / T, x / T), "in another order; return y, the sum"),
        (lambda x, T: (x * T, x.sum() * T), "right for 1/T in the place of T"),
        (lambda x, T: (x / T**2, 0), "right for T² in the place of T"),
        (lambda x, T: (x / T**0.5, 0), "right for √T in the place of T"),
        (lambda x, T: (-x / T, 0), "right for -T in the place of T"),
        (lambda x, T: (3 * x / T, 0), "3 times the right answer"),
        (lambda x, T: (x / T * len(x), 0), "multiplied by the length of axis 0 of an argument"),
        (lambda x, T: (x / T / len(x), 0), "multiplied by 1/the length of axis 0 of an argument"),
        (lambda x, T: (np.exp(x / T), 0), "the exponential of the right answer"),
        (lambda x, T: ((x / T)[::-1], 0), "the right answer in reverse order"),
        (lambda x, T: (np.sort(x / T), x.sum() / T), "stand in other places"),
        (lambda x, T: ((x / T).astype(int), 0), "cut to whole ones"),
        (lambda x, T: (x / T, 3.5), "what came out for another input (case 0): are all arguments used?"),
        (lambda x, T: (np.full(len(x), np.inf), 0), "Does an exponential overflow"),
        (lambda x, T: None, "Is the return statement missing?"),
        (lambda x, T: x / T, "expected 2 values"),
    ],
)
def test_slips_of_any_function_are_found(answer, sentence):
    assert sentence in told(answer)


def in_place(x, T):
    x /= T
    return x, x.sum()


def test_what_decides_about_the_rest_can_be_compared_first():
    """Where a swap follows from α, a wrong α is what is told, though α is returned last."""
    swapped = Task(
        reference=lambda x, T: (x > 1 / T, 1 / T),
        draw=draw,
        outputs=("the choice", "α"),
        compared=("α", "the choice"),
        mistakes={"The choice is reversed": lambda x, T: {"the choice": x < 1 / T}},
    )
    assert "α of case 0: got 2, expected 0.5" in told(lambda x, T: (x > T, T), swapped)
    assert "The choice is reversed" in told(swapped.posed("The choice is reversed"), swapped)
    assert "another order; return the choice, α" in told(lambda x, T: (1 / T, x > 1 / T), swapped)


def test_a_mistake_that_looks_like_another_order_is_told_by_its_own_sentence():
    halves = Task(
        reference=lambda x, T: (x / T, x * T),
        draw=draw,
        outputs=("cold", "hot"),
        mistakes={"T is upside down, or the order is": lambda x, T: (x * T, x / T)},
    )
    assert "T is upside down, or the order is" in told(lambda x, T: (x * T, x / T), halves)


def test_an_answer_that_is_hardly_off_is_not_told_of_a_factor_of_one():
    exact = Task(reference=lambda x, T: x.sum() / T, draw=draw, mistakes={}, name="y", rtol=1e-8, question="Is it?")
    message = told(lambda x, T: x.sum() / T * (1.00001 if T == 0.4 else 1), exact)
    assert "Is it?" in message


def test_an_answer_that_writes_into_its_input_is_told_so():
    assert re.search(r"the answer is right, but your function wrote into its argument: `x` has changed", told(in_place))


def test_the_expectation_is_not_computed_from_a_damaged_input():
    def damaging(x, T):
        x *= 0
        return x + 7.25, 0.0

    assert "got [7.25, 7.25, 7.25], expected [0.5, 1. , 2. ]" in told(damaging)


def test_state_kept_between_calls_is_told():
    seen = []

    def remembering(x, T):
        seen.append(T)
        return x / T + len(seen), x.sum() / T

    def drifting(x, T):
        seen.append(T)
        return x / T * (1 if len(seen) < 2 else 2), x.sum() / T

    seen.clear()
    assert "two calls with the same input give two different answers" in told(drifting)
    assert told(remembering) != ""


def test_numbers_of_the_fixed_cases_learnt_by_heart_fail_on_a_fresh_one():
    known = {2.0: [0.5, 1.0, 2.0], 0.4: [2.5, -7.5, 5.0, 1.25]}
    message = told(lambda x, T: (np.array(known.get(T, [0.5, 1.0, 2.0])), x.sum() / T))
    assert "a fresh case (x of shape (" in message


def test_a_fresh_case_that_failed_comes_again_until_it_is_passed():
    def wrong_on_fresh(x, T):
        return (x / T, x.sum() / T) if x[0] == 1.0 else (x / T + 1, 0.0)

    first, second = told(wrong_on_fresh), told(wrong_on_fresh)
    assert first == second
    assert told(lambda x, T: (x / T, x.sum() / T)) == ""
    assert told(wrong_on_fresh) != first


def test_a_number_expected_beside_the_reference_must_agree_with_it():
    def run(expect):
        with check.exercise("1.1", "f"):
            scaled.by(lambda x, T: (x / T, x.sum() / T)).on("a case", np.array([1.0, 2.0]), 2.0, expect=expect)

    run([0.5, 1.0])
    with pytest.raises(CourseFault, match="expected"):  # ours, not the learner's
        run([0.5, 1.01])
    with pytest.raises(CourseFault, match="the reference fails for case 0: TypeError"):
        told(lambda x, T: (x / T, x.sum() / T), cases=[([1.0, 2.0], "warm")])


def test_an_answer_that_is_no_function_is_not_called():
    assert "your answer is 3, not a function" in told(3)


def test_an_exception_names_the_case():
    names: dict = {}
    exec(compile("def f(x, T):\n    return x[9], 0", "<cell>", "exec"), names)
    assert re.search(r"your code raised IndexError: .* \(line 2 of your cell\), for case 0", told(names["f"]))


def test_views_compare_what_matters_of_a_result():
    angle = Task(
        reference=lambda x: np.arctan2(np.sin(x), np.cos(x)),
        draw=lambda rng: (rng.uniform(0, 3, 4),),
        outputs=("cos", "sin"),
        view=lambda returned, x: (np.cos(returned), np.sin(returned)),
        mistakes={"The sign is wrong": lambda x: -x},
    )
    assert told(lambda x: x + 2 * np.pi, angle, cases=[([1.0, 2.0],)]) == ""
    assert "The sign is wrong" in told(angle.posed("The sign is wrong"), angle, cases=[([1.0, 2.0],)])


def test_a_lost_module_is_not_blamed_on_the_answer():
    names: dict = {"check": check, "np": 3}
    cell = 'with check.exercise("1.1", "f"):\n    check.close("y", np.ones(3), 1.0)'
    with pytest.raises(CheckFailed, match=r"cannot be checked: `np` is 3 in this notebook now, no longer the module"):
        exec(compile(cell, "<check>", "exec"), names)


def test_a_block_leaves_no_name_behind_and_puts_back_what_it_changed():
    names: dict = {"check": check, "E": "the lesson's", "kept": [1]}
    cell = 'with check.exercise("1.1", "f"):\n    E, new = 1, 2\n    for k in range(3):\n        check.equal("k", k, k)'
    exec(compile(cell, "<check>", "exec"), names)
    assert {n: names.get(n) for n in ("E", "new", "k", "kept")} == {
        "E": "the lesson's",
        "new": None,
        "k": None,
        "kept": [1],
    }
    failing = cell.replace('"k", k, k', '"k", k, 7')
    with pytest.raises(CheckFailed):
        exec(compile(failing, "<check>", "exec"), names)
    assert names["E"] == "the lesson's"
    assert "new" not in names


def test_copies_are_independent_and_changes_are_seen():
    leaf = torch.ones(3, requires_grad=True)
    rng, generator = np.random.default_rng(0), torch.Generator().manual_seed(1)
    original = (np.zeros(2), torch.zeros(2), [np.zeros(2)], {"a": np.zeros(2)}, rng, generator, leaf)
    twin = copied(original)
    for value in (twin[0], twin[1], twin[2][0], twin[3]["a"]):
        value += 1
    twin[4].normal()
    torch.rand(1, generator=twin[5])
    assert changes(original, copied(original)) == ""
    assert not original[0].any()
    assert not original[1].any()
    assert not original[2][0].any()
    assert not original[3]["a"].any()
    assert rng.normal() == np.random.default_rng(0).normal()
    assert torch.rand(1, generator=generator) == torch.rand(1, generator=torch.Generator().manual_seed(1))
    assert twin[6].requires_grad
    assert changes(twin[0], np.zeros(2)) == "has changed"
    assert changes([1, 2], [1]) == "has another length now"
    leaf.sum().backward()
    assert "gradient in .grad" in changes(leaf, torch.ones(3, requires_grad=True))
    assert "requires_grad" in changes(torch.ones(3, requires_grad=True), torch.ones(3))


def test_nothing_is_called_cut_to_whole_numbers_where_no_case_is_finite() -> None:
    everywhere, once = np.array([np.inf, 0.5]), np.array([2.7, 0.5])
    assert diagnosis._rounded([(np.array([3.0, 1.0]), everywhere)]) == ""
    assert "cut to whole" in diagnosis._rounded([(np.array([3.0, 1.0]), everywhere), (np.trunc(once), once)])
