"""Lesson 05's explorer: its numbers against the training loop it names, and the answer to its question."""

import re

import pytest
import torch

from course_utils import data, ebm
from course_utils.explorers import learned_density
from course_utils.explorers import training as explorer_of
from course_utils.explorers.base import Explorer
from course_utils.explorers.learned_density import (
    METHODS,
    RUNAWAY,
    SETS,
    STEP_SIZES,
    STEPS_PER_CHAIN,
    draw,
    short_run,
    stages,
)

NUMBER = re.compile(r"KL ([\d.,]+) nats after")


@pytest.fixture(scope="module")
def explorer() -> Explorer:
    return explorer_of()


def told(caption: str) -> float:
    """The KL as the caption says it."""
    return float(NUMBER.search(caption)[1].replace(",", ""))


@pytest.mark.slow
def test_the_kl_of_a_short_run_is_that_of_its_energy():
    run = short_run("two moons", "CD, MALA", 3, 0.05)
    density = data.two_moons()
    points, cell = ebm.grid(density.domain, 100)
    log_p = density.log_prob(points)
    log_q = -run.energy.flatten() - torch.logsumexp(-run.energy.flatten(), 0) - torch.tensor(cell).log()
    by_hand = float((log_p.exp() * (log_p - log_q)).sum() * cell)
    assert run.kl == pytest.approx(by_hand, abs=2e-3)
    assert 0.02 < run.kl < 0.3, "a short run learns something, and not everything"


@pytest.mark.slow
def test_its_question_has_the_answer_0_05_for_ula_whatever_k():
    for k in (1, 10):
        assert short_run("two moons", "CD, ULA", k, 0.02).kl < RUNAWAY
        assert short_run("two moons", "CD, ULA", k, 0.05).kl > RUNAWAY


@pytest.mark.slow
def test_with_mala_nothing_runs_away_and_a_longer_step_is_better_at_k_1():
    kl = {ε: short_run("two moons", "CD, MALA", 1, ε).kl for ε in STEP_SIZES}
    assert max(kl.values()) < 1
    assert min(kl, key=kl.get) in (0.05, 0.1)


@pytest.mark.slow
@pytest.mark.colab
def test_the_caption_says_what_was_done_and_how(explorer):
    explorer.set(data_set="two moons", method="CD, MALA", k=3, step_size=0.05)
    assert explorer.error is None
    assert "two moons, CD, MALA, k = 3, ε = 0.05, T = 1" in explorer.caption
    assert "A live training in this kernel" in explorer.caption
    assert told(explorer.caption) == pytest.approx(short_run("two moons", "CD, MALA", 3, 0.05).kl, abs=5e-4)
    assert re.search(r"MALA accepted \d+% of its steps", explorer.caption)


@pytest.mark.slow
@pytest.mark.colab
def test_a_run_that_ran_away_says_so(explorer):
    explorer.set(data_set="two moons", method="CD, ULA", k=1, step_size=0.05)
    assert "The energies ran away" in explorer.caption
    assert told(explorer.caption) > RUNAWAY


@pytest.mark.slow
def test_caption_and_picture_follow_each_control(explorer):
    explorer.set(data_set="two moons", method="CD, MALA", k=1, step_size=0.05)
    seen = {explorer.picture}
    for control, value, words in (
        ("step_size", 0.1, "ε = 0.1"),
        ("method", "persistent, MALA", "persistent, MALA"),
        ("data_set", "eight Gaussians", "eight Gaussians"),
        ("k", 3, "k = 3"),
    ):
        explorer.set(**{control: value})
        assert explorer.error is None
        assert words in explorer.caption
        assert explorer.picture not in seen
        seen.add(explorer.picture)


@pytest.mark.slow
def test_a_run_is_kept_and_the_same_controls_give_the_same_picture(explorer):
    explorer.set(data_set="two moons", method="CD, MALA", k=1, step_size=0.05)
    first = explorer.picture
    explorer.set(step_size=0.1)
    misses = short_run.cache_info().misses
    explorer.set(step_size=0.05)
    assert explorer.picture == first
    assert short_run.cache_info().misses == misses
    short_run.cache_clear()
    explorer.redraw()
    assert explorer.picture == first, "and it is reproduced, not only remembered"


def test_a_training_that_diverges_is_told_not_raised(monkeypatch):
    def diverge(*_):
        raise ebm.TrainingDiverged(7, "the loss", "Energies of the batch: none.", "Smaller steps.", None)

    monkeypatch.setattr(learned_density, "short_run", diverge)
    _, caption = draw("two moons", "CD, ULA", 1, 0.3)
    assert "The training stopped: training stopped at step 7" in caption


def test_all_choices_are_offered(explorer):
    values = {name: [value for _, value in widget.options] for name, widget in explorer.controls.items()}
    assert values == {
        "data_set": list(SETS),
        "method": list(METHODS),
        "k": list(STEPS_PER_CHAIN),
        "step_size": list(STEP_SIZES),
    }


@pytest.mark.slow
def test_a_training_is_shown_on_its_way_and_ends_as_if_nobody_had_looked():
    short_run.cache_clear()
    at = "two moons", "CD, MALA", 1, 0.1
    shown = [stage for stage in stages(*at) if stage]
    assert "training, 0 of 300 steps so far" in shown[0][1]
    assert all("steps so far" in caption for _, caption in shown[:-1])
    assert len(shown) > 1
    short_run.cache_clear()
    assert shown[-1][1] == draw(*at)[1]


def test_a_training_that_nobody_waits_for_ends():
    short_run.cache_clear()
    under_way = stages("eight Gaussians", "persistent, MALA", 30, 0.005)
    assert "0 of 300 steps" in next(under_way)[1]
    next(under_way)
    under_way.close()
    assert short_run.cache_info().currsize == 0
