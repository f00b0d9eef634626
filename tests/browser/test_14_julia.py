"""Lesson 14 in JupyterLab: the fractal follows q, and x = 0 changes sides at three states."""

import pytest

pytestmark = pytest.mark.browser

NOTEBOOK = "14_fractals_and_zeros.ipynb"
SETUP = "course_utils.setup("
IMPORTS = "from course_utils import"
EXPLORER = "explorers.julia("


def test_the_antiferromagnet_stops_ordering_at_three_states(lab):
    with lab.open(NOTEBOOK) as notebook:
        notebook.run_cells(SETUP, IMPORTS, EXPLORER)
        explorer = notebook.explorer(EXPLORER)
        picture = explorer.picture()
        assert "q = 2. Transition" in explorer.caption()
        assert "its sublattices order" in explorer.caption()

        explorer.slider_by_keyboard("generation", "ArrowRight", times=2)
        explorer.wait_for(lambda: "256 bonds and zeros" in explorer.caption(), "generation 4 in the caption")
        assert explorer.picture() != picture
        explorer.slider_by_keyboard("q", "ArrowRight", times=20)
        explorer.wait_for(lambda: "q = 3. Transition" in explorer.caption(), "q = 3 in the caption")
        assert "stays there" in explorer.caption()
        explorer.slider_by_keyboard("q", "ArrowRight", times=2)
        explorer.wait_for(lambda: "q = 3.1. Transition" in explorer.caption(), "q = 3.1 in the caption")
        assert "disordered" in explorer.caption()
        assert not explorer.failed()
        explorer.assert_shows_what_the_kernel_has()
        explorer.assert_follows_a_rush("q", "ArrowRight", times=20)
        explorer.assert_accessible()
        explorer.screenshot("14_explorer_alone")
        assert notebook.complaints == []
