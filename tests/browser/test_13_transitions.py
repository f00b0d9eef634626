"""Lesson 13 in JupyterLab: votes bring out the hidden picture."""

import pytest

pytestmark = pytest.mark.browser

NOTEBOOK = "13_transitions_and_information.ipynb"
SETUP = "course_utils.setup("
IMPORTS = "from course_utils import"
EXPLORER = "explorers.votes("


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
        explorer.screenshot("13_votes")
        assert not explorer.failed()
        assert notebook.complaints == []
