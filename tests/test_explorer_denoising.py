"""The explorer of lesson 11 says what the exact computation says."""

import re

import pytest

from course_utils import explorers
from course_utils.denoising import exact
from course_utils.explorers import denoising_chain as room


def nats(explorer):
    return float(re.search(r"KL ([\d.]+) nats", explorer.caption).group(1))


def test_it_follows_its_controls_and_answers_its_question():
    explorer = explorers.denoising()
    assert explorer.error is None
    one = exact.chain_law(exact.fit_chain(room.DATA, 1, 0.5), 0.5, room.SWEEPS)
    assert nats(explorer) == pytest.approx(exact.kl(room.DATA, one), abs=1e-4)
    picture = explorer.picture
    explorer.set(steps=2, turned=0.2)
    assert explorer.picture != picture
    learned = nats(explorer)
    assert learned < exact.kl(room.DATA, one)
    explorer.set(steps=8, turned=0.4)
    assert nats(explorer) > learned  # machines that are not perfect add up their errors
    explorer.set(machines=False)
    assert nats(explorer) < 0.001
    assert "a round of noise turns a spin with probability 0.103" in explorer.caption
    explorer.set(steps=1)
    assert "nothing to undo" in explorer.caption
    assert explorer.error is None
