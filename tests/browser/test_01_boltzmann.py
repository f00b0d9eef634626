"""Lesson 01 in JupyterLab: the explorer follows its controls."""

import re

import numpy as np
import pytest

pytestmark = pytest.mark.browser

NOTEBOOK = "01_boltzmann_distribution.ipynb"
SETUP = "course_utils.setup("
IMPORTS = "from course_utils import"
EXPLORER = "explorers.boltzmann("


def masses(caption: str) -> list[float]:
    """The two shares of the caption."""
    return [float(share) / 100 for share in re.findall(r"([\d.]+)%", caption)[:2]]


def bars(pixels: np.ndarray) -> list[float]:
    """The shares that the two bars on the right show by their height."""
    right = pixels[:, int(0.8 * pixels.shape[1]) :].astype(int)
    heights = []
    for colour in ("#E69F00", "#CC79A7"):
        ink = 255 - 0.75 * (255 - np.array([int(colour[k : k + 2], 16) for k in (1, 3, 5)]))
        heights.append(int((abs(right - ink).max(-1) < 6).any(1).sum()))
    return [height / sum(heights) for height in heights]


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
        explorer.assert_shows_what_the_kernel_has()
        assert bars(explorer.pixels()) == pytest.approx(masses(explorer.caption()), abs=0.01)
        explorer.assert_follows_a_rush("temperature", "ArrowLeft")
        assert bars(explorer.pixels()) == pytest.approx(masses(explorer.caption()), abs=0.01)
        explorer.assert_says_its_caption()
        explorer.assert_accessible()
        explorer.screenshot("01_explorer_alone")
        notebook.screenshot("01_explorer")
        assert notebook.complaints == []
