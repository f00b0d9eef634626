"""Lesson 01 in JupyterLab: the explorer follows its controls."""

import re

import pytest

pytestmark = pytest.mark.browser

NOTEBOOK = "01_boltzmann_distribution.ipynb"
SETUP = "course_utils.setup("
IMPORTS = "from course_utils import"
EXPLORER = "explorers.boltzmann("


def test_keyboard_moves_the_temperature_and_the_picture_follows(lab):
    with lab.open(NOTEBOOK) as notebook:
        notebook.run_cells(SETUP, IMPORTS, EXPLORER)
        explorer = notebook.explorer(EXPLORER)
        picture, temperature = explorer.picture(), explorer.readout("temperature")
        assert f"T = {temperature}" in explorer.caption()

        explorer.slider_by_keyboard("temperature", "ArrowRight", times=10)
        explorer.wait_for(lambda: explorer.picture() != picture, "another picture")
        hotter = explorer.readout("temperature")
        assert float(hotter) == pytest.approx(float(temperature) * 10 ** (10 / 40), abs=2e-3)
        explorer.wait_for(lambda: f"T = {hotter}" in explorer.caption(), f"T = {hotter} in the caption")
        assert not explorer.failed()

        warm = explorer.picture()
        explorer.choose("landscape", "bowl")
        explorer.wait_for(lambda: explorer.picture() != warm, "the picture of the bowl")
        shares = [float(share) for share in re.findall(r"([\d.]+)%", explorer.caption())[:2]]
        assert sum(shares) == pytest.approx(100, abs=0.11)

        explorer.slider_by_keyboard("temperature", "End")
        explorer.wait_for(lambda: "T = 5.000" in explorer.caption(), "T = 5.000 in the caption")
        explorer.choose("landscape", "tilted double well")
        explorer.wait_for(lambda: "left well" in explorer.caption(), "the mass of the left well in the caption")
        explorer.screenshot("01_explorer_alone")
        notebook.screenshot("01_explorer")
        assert notebook.complaints == []
