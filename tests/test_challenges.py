"""Challenges: what is common to all of them; nothing stops a notebook, and changed judges are noticed."""

import contextlib
import inspect
import math
import time

import numpy as np
import pytest
import torch
from support.judgements import MODULES, few, scores, told

from course_checks import check
from course_checks.challenges import (
    colouring,
    counted,
    hidden,
    inpainting,
    judge,
    likeliest,
    log_z,
    minimum,
    partition,
    photographs,
    rotors,
    samples,
    seals,
    shapes,
    short_chains,
    transition,
)
from course_utils import samplers

# ---------------------------------------------------------------------------------------------------------- the frame


@pytest.mark.parametrize("number", MODULES)
def test_a_blank_answer_is_one_line_and_takes_no_time(number, capsys):
    def blank(*arguments):
        raise NotImplementedError

    assert check.challenge(number, blank) is None
    out, err = capsys.readouterr()
    assert out == f"○ challenge {number} not tried yet: {MODULES[number].challenge.task}\n"
    assert err == ""


def test_an_error_is_one_sentence_that_names_the_line(capsys):
    names = {}
    exec(compile("def f(energy, dim, budget, generator):\n    return 1 / 0\n", "<cell of a learner>", "exec"), names)
    check.challenge("4", names["f"])
    assert capsys.readouterr().out == (
        "✗ challenge 4 your code raised ZeroDivisionError: division by zero (line 2 of your cell)\n"
    )


@pytest.mark.parametrize(
    ("answer", "sentence"),
    [
        (3.0, "your answer is 3.0, not a function"),
        (lambda x: x, "your function must take (energy, dim, budget, generator)"),
        (lambda energy, dim, budget, generator: None, "returned None: expected states, one per row of 5 coordinates"),
        (lambda energy, dim, budget, generator: torch.full((dim,), torch.nan), "not finite"),
        (lambda energy, dim, budget, generator: energy(torch.zeros(2)), "one per row of 5 coordinates"),
    ],
)
def test_what_is_no_answer_is_said(answer, sentence):
    assert sentence in told("4", answer)


def test_an_unknown_challenge_raises():
    with pytest.raises(ValueError, match=r'number = "?\'?0'):
        check.challenge("0")


def test_the_difference_of_two_entries_comes_with_its_error():
    rng = np.random.default_rng(0)
    a = rng.normal(3.0, 1.0, (50, 1))
    mean, error = judge.jackknife(lambda v: float(v.mean()), a)
    assert mean == pytest.approx(a.mean())
    assert error == pytest.approx(a.std(ddof=1) / math.sqrt(50))
    assert judge.jackknife(lambda v: float(v.mean()), a, a - 0.5) == pytest.approx((0.5, 0.0), abs=1e-9)


def test_a_table_says_who_is_ahead_and_whether_that_is_more_than_its_error():
    lines = scores("4", minimum._random, 3, 6, ["random points", "authors' best"]).lines
    assert lines[0].startswith("Challenge 4 · ")
    assert lines[2].startswith("  1. authors' best")
    (sentence,) = [line for line in lines if line.startswith("Yours is")]
    assert sentence.startswith("Yours is behind authors' best by ")
    assert sentence.endswith("more than 2 standard errors, so the difference is real.")
    assert any(line.startswith("Cheating, and looked for: ") for line in lines)
    assert max(map(len, lines[-3:])) <= judge.WIDTH


def test_a_rival_that_cannot_run_here_is_left_out():
    class Lame(type(few(minimum, 2, ["random points"]))):
        @property
        def rivals(self):
            def lame(energy, dim, budget, generator):
                raise ModuleNotFoundError("No module named 'jax'")

            return {"lame": lame, **super().rivals}

    assert [entry.name for entry in judge.judged(Lame(), None, 1).entries] == ["random points"]


def test_problems_differ_from_call_to_call():
    for module in (
        photographs,
        log_z,
        samples,
        minimum,
        shapes,
        inpainting,
        colouring,
        rotors,
        partition,
        likeliest,
        hidden,
        short_chains,
        transition,
    ):
        one, other = (module.challenge.problems(np.random.default_rng(seed))[0] for seed in (1, 2))
        assert repr(one) != repr(other)


# ------------------------------------------------------------------------------------------ changed judges and clocks


def test_a_judge_that_was_changed_is_noticed(monkeypatch):
    with monkeypatch.context() as patch:
        patch.setattr(counted, "never_asked", lambda handle, points: 0)
        assert "challenges.counted.never_asked` is no longer the course's own" in told("4", minimum._random)
    with monkeypatch.context() as patch:
        patch.setattr(minimum.Minimum, "attempt", lambda self, answer, problem: [0.0, 0.0])
        assert "minimum.Minimum.attempt` is no longer" in told("4", minimum._random)
    with monkeypatch.context() as patch:
        patch.setattr(minimum, "BUDGET", 10**9)
        assert "minimum.BUDGET` is no longer" in told("4", minimum._random)
    assert seals.broken() == ""


def test_a_function_whose_code_was_exchanged_is_noticed():
    height = inspect.unwrap(minimum._height)
    kept = height.__code__
    try:
        height.__code__ = (lambda answer, terrain: 0.0).__code__
        assert "minimum._height` is no longer" in told("4", minimum._random)
    finally:
        height.__code__ = kept


def test_a_challenge_with_a_method_of_its_own_is_noticed():
    other = few(minimum, 1)
    other.total = lambda values: 0.0
    assert "methods of its own" in judge.judged(other, minimum._random, 1).lines[0]


@pytest.mark.parametrize(("owner", "name"), [(time, "perf_counter"), (torch, "randn"), (np.random, "default_rng")])
def test_clocks_and_random_numbers_that_were_replaced_are_noticed(monkeypatch, owner, name):
    with monkeypatch.context() as patch:
        patch.setattr(owner, name, lambda *a, **k: None)
        change = seals.broken()
    assert "replaced" in change or "changed" in change


def test_a_change_made_by_the_answer_itself_is_noticed(monkeypatch):
    def changing(energy, dim, budget, generator):
        monkeypatch.setattr(judge, "CLAIM", 0.0)
        return minimum._random(energy, dim, budget, generator)

    assert "judge.CLAIM` is no longer" in told("4", changing)


# ------------------------------------------------------------------------------------------------ what is handed over


def bowl(y):
    return (y**2).sum(-1) / 2, y


def test_an_energy_counts_every_state_once_and_stops_at_its_budget():
    energy = counted.Counted(bowl, 2, 10)
    x = torch.randn(4, 2, dtype=torch.float64, requires_grad=True)
    (slope,) = torch.autograd.grad(energy(x).sum(), x)
    assert torch.equal(slope, x)
    energy(x)  # the same batch again
    assert counted.kept(energy)["used"] == 4
    energy(torch.randn(3, 2, 2))
    with pytest.raises(counted.OverBudget, match="more than its 10 evaluations"):
        energy(torch.zeros(1, 2))
    assert counted.never_asked(energy, torch.cat([x.detach(), torch.ones(3, 2)])) == 3


def test_a_gradient_cannot_be_differentiated_for_nothing():
    energy = counted.Counted(bowl, 2, 10)
    x = torch.randn(4, 2, requires_grad=True)
    (slope,) = torch.autograd.grad(energy(x).sum(), x, create_graph=True)
    with pytest.raises(RuntimeError, match=r"once_differentiable|does not require grad"):
        torch.autograd.grad(slope.sum(), x)


def test_samplers_take_a_counted_energy():
    energy = counted.Counted(bowl, 2, 20 * 101)
    run = samplers.mala(
        energy, torch.zeros(20, 2), step_size=0.5, n_steps=100, generator=torch.Generator().manual_seed(0)
    )
    assert counted.kept(energy)["used"] == 20 * 101
    assert counted.never_asked(energy, run.trajectory.reshape(-1, 2)) == 0


@pytest.mark.parametrize("name", ["_inside", "__closure__", "__globals__", "__self__"])
def test_looking_inside_is_refused_and_remembered(name):
    def looking(energy, dim, budget, generator):
        with contextlib.suppress(judge.Refused):
            getattr(energy, name)
        return minimum._random(energy, dim, budget, generator)

    assert f"looked inside the energy (`.{name}`)" in told("4", looking)


def test_writing_into_the_energy_is_refused():
    def writing(energy, dim, budget, generator):
        energy.budget = 10**9
        return torch.zeros(dim)

    assert "wrote into what it was handed (`.budget`)" in told("4", writing)
