"""The explorer of lesson 14 without a browser: what its caption says, and that its picture is readable."""

import re

import numpy as np
import pytest

from course_utils import explorers
from course_utils.explorers import julia_sets
from course_utils.fractals import diamond, plane


def test_the_question_has_its_answer_at_three_states():
    ends = {q: julia_sets.draw(q, 0)[1].splitlines()[-1] for q in (1.7, 2.95, 3.0, 3.05, 5.0)}
    assert "its sublattices order" in ends[1.7]
    assert "its sublattices order" in ends[2.95]
    assert "to the transition, and stays there" in ends[3.0]
    assert "disordered" in ends[3.05]
    assert "disordered" in ends[5.0]


def test_the_caption_has_the_numbers():
    _, caption = julia_sets.draw(2.0, 3)
    assert "x = 3.383, T = 0.821" in caption
    assert "64 bonds and zeros, the nearest 1.721" in caption
    assert float(re.search(r"takes a point near it ([\d.]+) times", caption)[1]) == pytest.approx(
        diamond.critical(2).slope, abs=1e-3
    )


def test_all_zeros_are_in_the_picture():
    (left, right), (low, high) = julia_sets.BOX
    for q in (1.7, 2.0, 3.0, 4.0, 5.0):
        zeros = diamond.zeros(q, 5)
        assert left < zeros.real.min()
        assert zeros.real.max() < right
        assert low < zeros.imag.min()
        assert zeros.imag.max() < high


def test_the_picture_follows_its_controls():
    explorer = explorers.julia()
    assert explorer.error is None
    first = explorer.picture
    explorer.set(q=3.0, generation=4)
    assert explorer.error is None
    assert explorer.picture != first
    assert "q = 3. Transition of the ferromagnet at x = 4.000, T = 0.721" in explorer.caption
    assert "256 bonds and zeros" in explorer.caption


@pytest.mark.parametrize("q", [1.7, 3.0, 4.35])
def test_the_lower_half_that_is_mirrored_is_the_one_that_the_map_makes(q):
    phase, count = julia_sets.flowed(q)
    right_phase, right_count = diamond.flow(plane(julia_sets.BOX, julia_sets.CELLS), q, 40)
    np.testing.assert_array_equal(phase, right_phase)
    np.testing.assert_allclose(count, right_count, atol=0.05)
