"""Lesson 06's explorer: its chains are the sampler's, the clamped half stays, and its question has an answer."""

import re

import pytest
import torch

from course_utils import data, ebm
from course_utils.explorers import images
from course_utils.explorers.image_chains import N_CHAINS, STARTS, STEPS, chains, draw, stages

STILL = re.compile(r"Still the digit of the start: (\d) of 8")


@pytest.fixture(scope="module")
def explorer():
    return images()


def test_frames_are_the_states_after_their_number_of_steps():
    frames, energies = chains("noise", 30, 1.0)
    assert list(frames) == [0, 3, 10, 30]
    assert energies.shape == (31, N_CHAINS)
    energy = ebm.load("digits")
    for n, x in frames.items():
        assert torch.allclose(energy(x), energies[n], atol=1e-3)
    longer, _ = chains("noise", 100, 1.0)
    assert torch.equal(longer[30], frames[30]), "more steps continue the same chains"


def test_the_clamped_half_keeps_its_pixels_and_the_other_moves():
    frames, _ = chains("upper half clamped", 10, 1.0)
    real, _ = chains("real images", 0, 1.0)
    assert torch.equal(frames[10][..., :4, :], real[0][..., :4, :])
    assert not torch.equal(frames[10][..., 4:, :], frames[0][..., 4:, :])


def test_real_images_are_test_images():
    frames, _ = chains("real images", 0, 1.0)
    test = data.digits("test").images
    assert all((test == x).flatten(1).all(1).any() for x in frames[0])


def test_its_question_has_an_answer():
    kept = {T: int(STILL.search(draw("real images", 100, T)[1])[1]) for T in (0.1, 1.0, 10.0)}
    assert kept[0.1] > N_CHAINS / 2 >= kept[10.0], kept
    assert kept[0.1] >= kept[1.0] >= kept[10.0], kept


def test_an_unknown_start_is_refused():
    with pytest.raises(ValueError, match="start = 'nowhere': expected "):
        chains("nowhere", 3, 1.0)


def test_caption_and_picture_follow_each_control(explorer):
    explorer.set(start="noise", steps=10, temperature=1.0)
    seen = {explorer.picture}
    for control, value, words in (
        ("start", "real images", "Start: real images; 10 steps"),
        ("steps", 30, "30 steps"),
        ("temperature", 10**0.3, "T = 1.995"),
    ):
        explorer.set(**{control: value})
        assert words in explorer.caption
        assert explorer.error is None
        assert explorer.picture not in seen
        seen.add(explorer.picture)


def test_the_same_controls_give_the_same_picture(explorer):
    explorer.set(start="noise", steps=10, temperature=1.0)
    first = explorer.picture
    explorer.set(steps=30).set(steps=10)
    assert explorer.picture == first


def test_the_number_of_threads_is_left_as_it_was(explorer):
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    try:
        draw("noise", 3, 1.0)
        assert torch.get_num_threads() == 2
    finally:
        torch.set_num_threads(before)


@pytest.mark.parametrize("start", STARTS)
@pytest.mark.slow
def test_the_longest_run_is_another_picture_than_a_short_one(explorer, start):
    short = explorer.set(start=start, steps=3, temperature=1.0).picture
    assert explorer.set(steps=max(STEPS)).error is None
    assert explorer.picture != short


def test_chains_are_shown_on_their_way_and_end_as_if_nobody_had_looked():
    shown = [stage for stage in stages("noise", 30, 1.0) if stage]
    assert shown[0][1].startswith("On the way, 3 of 30 steps so far. Start: noise; 30 steps")
    assert shown[-1][1] == draw("noise", 30, 1.0)[1]
