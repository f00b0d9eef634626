"""Lesson 13's explorer: its numbers against the eigenvalue problem and theory, and the answer to its question."""

import re

import numpy as np
import pytest

from course_utils.explorers import votes
from course_utils.explorers.hidden_picture import SIDE, draw, spectrum
from course_utils.limits import spiked


def told(caption: str, words: str) -> float:
    """The number after some words of the caption."""
    return float(re.search(re.escape(words) + r" ([\d.]+?)[;.,]?(?:\s|$)", caption).group(1))


@pytest.fixture(scope="module")
def explorer():
    return votes()


def test_the_caption_says_what_the_spectrum_has(explorer):
    explorer.set(per_pixel=20.0, right=0.6)
    assert explorer.error is None
    values, top = spectrum(20.0, 0.6)
    hidden = spiked.picture(SIDE).ravel()
    overlap = (top @ hidden) ** 2 / hidden.size
    assert top @ hidden > 0
    assert told(explorer.caption, "with the picture:") == pytest.approx(overlap, abs=6e-4)
    assert told(explorer.caption, "Largest eigenvalue:") == pytest.approx(values[-1], abs=6e-3)
    assert told(explorer.caption, "infinitely many pixels:") == pytest.approx(1 - 1 / (0.04 * 40), abs=6e-4)
    assert "beyond the transition at 12.5 votes per pixel" in explorer.caption


@pytest.mark.parametrize(("right", "needed"), [(0.55, 50.0), (0.6, 12.5), (0.65, 5.5556)])
def test_the_picture_shows_beyond_the_transition_and_not_short_of_it(right, needed):
    assert told(draw(needed / 3, right)[1], "with the picture:") < 0.06
    assert told(draw(needed * 3, right)[1], "with the picture:") > 0.55
    assert "short of the transition" in draw(needed / 3, right)[1]
    assert f"{needed:.3g} votes per pixel (λ = 1)" in draw(needed, right)[1]


def test_half_as_sure_a_vote_is_worth_a_quarter():
    strengths = [spiked.vote_strength(50.0, 0.55), spiked.vote_strength(12.5, 0.6)]
    assert strengths == pytest.approx([1.0, 1.0])


def test_the_same_votes_give_the_same_picture(explorer):
    explorer.set(per_pixel=10.0, right=0.6)
    before = explorer.picture
    explorer.set(per_pixel=20.0)
    assert explorer.picture != before
    explorer.set(per_pixel=10.0)
    assert explorer.picture == before


def test_the_ends_of_the_controls_are_drawn():
    for per_pixel in (1.0, 200.0):
        for right in (0.55, 0.65):
            figure, _ = draw(per_pixel, right)
            assert len(figure.axes) == 3
            assert np.isfinite(figure.axes[2].get_lines()[1].get_ydata()).all()
