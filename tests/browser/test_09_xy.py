"""Lesson 09 in JupyterLab: the live lattice of continuous spins heats up, and its vortices are counted."""

import re

import pytest

pytestmark = pytest.mark.browser

NOTEBOOK = "09_xy.ipynb"
SETUP = "course_utils.setup("
IMPORTS = "from course_utils import"
EXPLORER = "explorers.live_lattice("


def test_a_hot_lattice_has_vortices_everywhere(lab):
    with lab.open(NOTEBOOK) as notebook:
        notebook.run_cells(SETUP, IMPORTS, EXPLORER)
        explorer = notebook.explorer(EXPLORER)
        picture = explorer.picture()
        explorer.control("vortices").locator("input").click()
        explorer.wait_for(lambda: "antivortices" in explorer.caption(), "the number of vortices in the caption")
        explorer.slider_by_keyboard("temperature", "ArrowRight", times=60)
        explorer.wait_for(lambda: "T = 1.10" in explorer.caption(), "T = 1.10 in the caption")
        assert explorer.picture() != picture
        assert int(re.search(r"(\d+) vortices and as many antivortices", explorer.caption())[1]) > 0
        assert not explorer.failed()
        explorer.assert_shows_what_the_kernel_has()
        white = (explorer.pixels() == 255).all(-1).sum() / 4  # four pixels mark a vortex; its antivortex may hide some
        vortices = int(re.search(r"(\d+) vortices", explorer.caption())[1])
        assert 0.4 * vortices < white <= vortices
        explorer.assert_accessible()
        explorer.screenshot("09_live_xy")
        assert notebook.complaints == []
