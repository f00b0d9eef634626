"""Lesson 13 in JupyterLab: votes bring out the hidden picture."""

import json
import re

import numpy as np
import pytest

pytestmark = pytest.mark.browser

NOTEBOOK = "13_transitions_and_information.ipynb"
SETUP = "course_utils.setup("
IMPORTS = "from course_utils import"
EXPLORER = "explorers.votes("
HIDDEN = """from course_utils.limits import spiked
print(spiked.picture(24).tolist())"""


def squared_cosine(face: np.ndarray, hidden: np.ndarray) -> float:
    """Of the shown picture with the hidden one; mean grey is zero."""
    rows, cols = (np.flatnonzero((face < 250).mean(axis) > 0.5) for axis in (1, 0))
    square = face[rows[0] : rows[-1] + 1, cols[0] : cols[-1] + 1] - 127.5
    row, col = (((np.arange(24) + 0.5) * side / 24).astype(int) for side in square.shape)
    shown = square[np.ix_(row, col)]
    return float((shown * hidden).sum() ** 2 / ((shown**2).sum() * (hidden**2).sum()))


def test_the_picture_follows_the_votes_through_the_transition(lab):
    with lab.open(NOTEBOOK) as notebook:
        notebook.run_cells(SETUP, IMPORTS, EXPLORER)
        explorer = notebook.explorer(EXPLORER)
        picture = explorer.picture()
        assert "5.01 votes per pixel, 60% of them right" in explorer.caption()
        assert "short of the transition at 12.5 votes per pixel" in explorer.caption()

        explorer.slider_by_keyboard("per_pixel", "ArrowRight", times=12)
        explorer.wait_for(lambda: "beyond the transition" in explorer.caption(), "more votes than needed")
        explorer.wait_for(lambda: explorer.picture() != picture, "another picture")

        seen = explorer.picture()
        explorer.choose("right", "55 %")
        explorer.wait_for(lambda: "short of the transition at 50 votes" in explorer.caption(), "the weaker votes")
        explorer.wait_for(lambda: explorer.picture() != seen, "the picture of weaker votes")
        explorer.slider_by_keyboard("per_pixel", "End")
        explorer.wait_for(lambda: "200 votes per pixel, 55%" in explorer.caption(), "200 votes per pixel")
        explorer.assert_shows_what_the_kernel_has()
        overlap = float(re.search(r"with the picture: ([\d.]+);", explorer.caption())[1])
        face = explorer.pixels()[:, : int(0.31 * 960)].mean(-1)
        hidden = np.array(json.loads(notebook.ask(HIDDEN)))
        assert squared_cosine(face, hidden) == pytest.approx(overlap, abs=0.06)
        explorer.assert_follows_a_rush("per_pixel", "ArrowLeft")
        explorer.assert_accessible()
        explorer.screenshot("13_votes")
        assert not explorer.failed()
        assert notebook.complaints == []
