"""Lesson 06 in JupyterLab: the explorer runs new chains when its controls move."""

import pytest

pytestmark = pytest.mark.browser

NOTEBOOK = "06_image_models.ipynb"
SETUP = "course_utils.setup("
IMPORTS = "from course_utils import"
EXPLORER = "explorers.images("


def test_chains_follow_start_steps_and_temperature(lab):
    with lab.open(NOTEBOOK) as notebook:
        notebook.run_cells(SETUP, IMPORTS, EXPLORER)
        explorer = notebook.explorer(EXPLORER)
        picture = explorer.picture()
        assert "Start: noise" in explorer.caption()

        explorer.choose("start", "real images")
        explorer.wait_for(lambda: "Still the digit of the start" in explorer.caption(), "real images in the caption")
        assert explorer.picture() != picture
        explorer.choose("steps", "30")
        explorer.wait_for(lambda: "30 steps of" in explorer.caption(), "30 steps in the caption")
        picture = explorer.picture()
        explorer.slider_by_keyboard("temperature", "ArrowLeft", times=10)
        explorer.wait_for(lambda: "T = 0.100" in explorer.caption(), "T = 0.1 in the caption")
        assert explorer.picture() != picture
        assert not explorer.failed()
        explorer.assert_shows_what_the_kernel_has()
        explorer.choose("steps", "300")
        # Its 300 steps take two seconds; a queue of ten pictures would take twenty.
        explorer.assert_follows_a_rush("temperature", "ArrowRight", times=10, soon=6000)
        explorer.wait_for(lambda: explorer.caption().startswith("Start: real images; 300 steps"), "the whole run")
        explorer.assert_shows_what_the_kernel_has()
        explorer.assert_accessible()
        explorer.screenshot("06_explorer_alone")
        assert notebook.complaints == []
