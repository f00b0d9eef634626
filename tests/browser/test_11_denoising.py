"""Lesson 11 in JupyterLab: the explorer's chain follows its controls."""

import re

import pytest

pytestmark = pytest.mark.browser

NOTEBOOK = "11_denoising_machines.ipynb"
SETUP = "course_utils.setup("
IMPORTS = "from course_utils import"
EXPLORER = "explorers.denoising("


def test_the_chain_follows_its_controls(lab):
    with lab.open(NOTEBOOK) as notebook:
        notebook.run_cells(SETUP, IMPORTS, EXPLORER)
        explorer = notebook.explorer(EXPLORER)

        def nats() -> float:
            return float(re.search(r"KL ([\d.]+) nats", explorer.caption()).group(1))

        one, picture = nats(), explorer.picture()
        explorer.choose("steps", "4")
        explorer.wait_for(lambda: "Chain of 4" in explorer.caption(), "four machines in the caption")
        assert explorer.picture() != picture
        assert nats() < one

        learned = nats()
        explorer.choose("machines", "perfect")
        explorer.wait_for(lambda: "perfect machines" in explorer.caption(), "perfect machines in the caption")
        assert nats() < learned

        before = explorer.caption()
        explorer.slider_by_keyboard("turned", "ArrowLeft", times=5)
        explorer.wait_for(lambda: explorer.caption() != before, "another noise in the caption")
        explorer.assert_shows_what_the_kernel_has()
        explorer.assert_follows_a_rush("turned", "ArrowRight", times=15)
        explorer.assert_accessible()
        explorer.screenshot("11_explorer")
        assert not explorer.failed()
        assert notebook.complaints == []
