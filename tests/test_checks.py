"""The checks: three outcomes, one line each, and no way to pass without a comparison."""

import re
import warnings

import numpy as np
import pytest
import torch

from course_checks import check
from course_checks.checks import CheckFailed, NotDone, frame


def learner(source: str) -> dict:
    """Names defined by a learner's cell, compiled as a notebook compiles it: under a name that is no file."""
    names: dict = {"torch": torch, "np": np}
    exec(compile(source, "<cell of a learner>", "exec"), names)
    return names


def failure(run) -> CheckFailed:
    """The failure of a check, which must be one line."""
    with pytest.raises(CheckFailed) as caught:
        run()
    assert "\n" not in str(caught.value)
    assert caught.value._render_traceback_() == [str(caught.value)]
    return caught.value


def test_a_passing_check_prints_one_line_and_nothing_on_stderr(capsys):
    with check.exercise("1.1", "f"):
        check.close("a number", 1.0, 1.0)
        check.equal("a count", 3, 3)
    out, err = capsys.readouterr()
    assert out == "✓ 1.1 passed (2 checks)\n"
    assert err == ""


def test_a_block_without_a_comparison_is_refused():
    with pytest.raises(RuntimeError, match=r"1\.1 compared nothing"), check.exercise("1.1", "f"):
        pass


def test_a_check_outside_an_exercise_is_refused():
    with pytest.raises(RuntimeError, match="inside"):
        check.close("a number", 1.0, 1.0)


def test_a_stub_is_not_done():
    stub = learner('def f(x):\n    raise NotImplementedError("Exercise 1.2 is yours: return y")')["f"]

    def run():
        with check.exercise("1.2", "f"):
            check.close("y", stub(1.0), 1.0)

    found = failure(run)
    assert isinstance(found, NotDone)
    assert str(found) == "○ 1.2 is not done yet: Exercise 1.2 is yours: return y"


def test_a_missing_definition_is_not_done():
    def run():
        with check.exercise("1.2", "undefined_answer"):
            check.close("y", undefined_answer(1.0), 1.0)

    assert isinstance(failure(run), NotDone)


def test_a_name_error_inside_the_answer_is_wrong_and_names_the_line():
    f = learner("def f(x):\n    y = 2 * x\n    return z + y\n")["f"]

    def run():
        with check.exercise("1.2", "f"):
            check.close("y", f(1.0), 1.0)

    found = failure(run)
    assert not isinstance(found, NotDone)
    assert "NameError" in str(found)
    assert "line 3 of your cell" in str(found)


def test_an_answer_that_the_check_cannot_use_is_wrong():
    f = learner("def f(x):\n    x * 2\n")["f"]

    def run():
        with check.exercise("1.2", "f"):
            check.close("the sum", f(1.0).sum(), 1.0)

    assert "could not use your answer" in str(failure(run))


@pytest.mark.parametrize("make", [list, np.array, torch.tensor, lambda v: torch.tensor(v, requires_grad=True)])
def test_lists_numpy_and_torch_are_accepted_alike(make, capsys):
    with check.exercise("1.1", "f"):
        check.close("three numbers", make([1.0, 2.0, 3.0]), [1.0, 2.0, 3.0])
        check.close("three numbers", [1.0, 2.0, 3.0], make([1.0, 2.0, 3.0]))
    assert "passed" in capsys.readouterr().out


def test_a_list_of_tensors_and_jax_arrays_are_accepted(capsys):
    jnp = pytest.importorskip("jax.numpy")
    with check.exercise("1.1", "f"):
        check.close("two numbers", [torch.tensor(1.0), torch.tensor(2.0)], jnp.array([1.0, 2.0]))
        check.close("two numbers", jnp.array([1.0, 2.0]), np.array([1.0, 2.0]))
        check.that(jnp.array([True, True]), "an entry is false")
    assert "passed" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("got", "expected", "says"),
    [
        (1.1, 1.0, "got 1.1, expected 1"),
        (None, 1.0, "is None"),
        (..., 1.0, "is Ellipsis"),
        ("one", 1.0, "not a number"),
        (float("nan"), 1.0, "got nan"),
        ([1.0, 2.0], [1.0, 2.0, 3.0], r"has shape \(2,\), expected \(3,\)"),
        (np.ones(9), np.arange(9.0), r"at \[8\] got 1, expected 8"),
        (np.full(9, np.inf), np.arange(9.0), "9 of 9 values are not finite"),
        (1.0, float("inf"), "expected inf"),
    ],
)
def test_close_says_what_differs(got, expected, says):
    def run():
        with check.exercise("1.1", "f"):
            check.close("y", got, expected)

    assert re.search(says, str(failure(run)))


def test_close_accepts_an_infinity_that_is_expected(capsys):
    with check.exercise("1.1", "f"):
        check.close("y", -np.inf, -np.inf)
    assert "passed" in capsys.readouterr().out


def test_close_names_the_cause_whose_value_matches():
    causes = {"You forgot dx": 0.5, "You forgot T": 7.0}

    def run(got):
        with check.exercise("1.1", "f"):
            check.close("y", got, 1.0, causes=causes, hint="Look again")

    assert str(failure(lambda: run(7.0))).endswith("You forgot T")
    assert str(failure(lambda: run(0.5))).endswith("You forgot dx")
    assert str(failure(lambda: run(3.0))).endswith("Look again")


@pytest.mark.parametrize(("error", "passes"), [(0.9e-3, True), (1.1e-3, False)])
def test_close_keeps_its_tolerance(error, passes):
    def run():
        with check.exercise("1.1", "f"):
            check.close("y", 10.0 * (1 + error), 10.0, rtol=1e-3, atol=0.0)

    if passes:
        run()
    else:
        failure(run)


def test_equal_that_raises_and_outputs_reject():
    def block(inside):
        def run():
            with check.exercise("1.1", "f"):
                inside()

        return str(failure(run))

    assert "got 3, expected 4. Off by one" in block(lambda: check.equal("n", 3, 4, causes={"Off by one": 3}))
    assert "a value is negative" in block(lambda: check.that(np.array([True, False]), "a value is negative"))
    assert "T = -1 was accepted" in block(lambda: check.raises(ValueError, lambda: None, "T = -1"))
    returned = block(lambda: check.raises(ValueError, lambda: ValueError("no"), "T = -1"))
    assert "T = -1: ValueError was returned, expected it to be raised" in returned
    other = block(lambda: check.raises(ValueError, lambda: [][1], "T = -1"))
    assert "T = -1 raised IndexError, expected ValueError" in other
    assert "one Tensor, expected 2 values: p and log Z" in block(lambda: check.outputs(torch.ones(3), "p", "log Z"))
    assert "returned 3 values, expected 2" in block(lambda: check.outputs((1, 2, 3), "p", "log Z"))
    assert "None, expected p and log Z" in block(lambda: check.outputs(None, "p", "log Z"))


def test_raises_accepts_the_right_exception_and_passes_on_a_stub(capsys):
    def refuse():
        raise ValueError("T = -1")

    def stub():
        raise NotImplementedError("Exercise 1.1 is yours: refuse")

    with check.exercise("1.1", "f"):
        check.raises(ValueError, refuse, "T = -1")
    assert "passed" in capsys.readouterr().out

    def run():
        with check.exercise("1.1", "f"):
            check.raises(RuntimeError, stub, "T = -1")  # NotImplementedError is a RuntimeError

    assert isinstance(failure(run), NotDone)


def test_warnings_of_an_answer_do_not_reach_stderr(capfd):
    f = learner("def f():\n    return np.exp(np.array(1000.0))")["f"]

    def run():
        with check.exercise("1.1", "f"):
            check.close("y", f(), 1.0)

    with warnings.catch_warnings():
        warnings.simplefilter("always")
        failure(run)
    assert capfd.readouterr().err == ""


def test_an_interrupt_is_not_turned_into_a_failure():
    with pytest.raises(KeyboardInterrupt), check.exercise("1.1", "f"):
        raise KeyboardInterrupt


def test_the_report_follows_the_last_run_of_each_check(capsys, monkeypatch):
    monkeypatch.setattr(frame, "_results", {})  # other tests of this process have checked exercises too
    with check.exercise("9.1", "f"):
        check.close("y", 1.0, 1.0)
    failure(lambda: _fail_9_2())
    capsys.readouterr()
    check.report({"9.1": 2, "9.2": 3, "9.3": 1})
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "1 of 3 exercises passed · 2 of 6 points"
    assert [line.strip()[:5] for line in lines[1:]] == ["✓ 9.1", "✗ 9.2", "○ 9.3"]


def _fail_9_2() -> None:
    with check.exercise("9.2", "f"):
        check.close("y", 2.0, 1.0)


def test_a_function_that_has_passed_drives_what_follows_and_the_courses_one_until_then(capsys, monkeypatch):
    monkeypatch.setattr(frame, "_results", {})

    def square(x):
        return x * x

    def ours(x):
        return x**2

    assert check.yours("9.1", square, ours) is ours
    with check.exercise("9.1", "square"):
        check.equal("3²", square(3), 9)
    assert check.yours("9.1", square, ours) is square
    with pytest.raises(CheckFailed), check.exercise("9.1", "square"):
        check.equal("3²", square(4), 9)
    assert check.yours("9.1", square, ours) is ours
    with_ours = "Made with the course's `square`; with yours once 9.1 has passed.\n"
    assert capsys.readouterr().out == f"{with_ours}✓ 9.1 passed (1 check)\nMade with your `square`.\n{with_ours}"
