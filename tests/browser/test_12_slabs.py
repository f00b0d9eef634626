"""Lesson 12 in JupyterLab: a larger lattice keeps more devices busy, a slower network fewer."""

import re

import pytest

pytestmark = pytest.mark.browser

NOTEBOOK = "12_scaling_out.ipynb"
SETUP = "course_utils.setup("
IMPORTS = "from course_utils import"
EXPLORER = "explorers.slabs("


def busy(caption: str) -> int:
    """Up to how many devices half or more of the ideal is reached."""
    return int(re.search(r"up to (\d+) device", caption)[1])


def test_a_larger_lattice_keeps_more_devices_busy_and_a_slower_network_fewer(lab):
    with lab.open(NOTEBOOK) as notebook:
        notebook.run_cells(SETUP, IMPORTS, EXPLORER)
        explorer = notebook.explorer(EXPLORER)
        picture, few = explorer.picture(), busy(explorer.caption())
        explorer.slider_by_keyboard("side", "ArrowRight", times=4)
        explorer.wait_for(lambda: "4,096 × 4,096" in explorer.caption(), "4096 spins along a side")
        assert explorer.picture() != picture
        many = busy(explorer.caption())
        assert many > few
        explorer.slider_by_keyboard("latency", "ArrowRight", times=2)
        explorer.wait_for(lambda: "100 µs" in explorer.caption(), "a message of 100 µs")
        assert busy(explorer.caption()) < many
        assert not explorer.failed()
        explorer.assert_shows_what_the_kernel_has()
        explorer.assert_follows_a_rush("latency", "ArrowLeft", times=8)
        explorer.assert_accessible()
        explorer.screenshot("12_explorer_alone")
        notebook.screenshot("12_explorer")
        assert notebook.complaints == []
