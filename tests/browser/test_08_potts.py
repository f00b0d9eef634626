"""Lesson 08 in JupyterLab: ten colours, live, follow the temperature and quench."""

import re

import numpy as np
import pytest

pytestmark = pytest.mark.browser

NOTEBOOK = "08_potts.ipynb"
SETUP = "course_utils.setup("
IMPORTS = "from course_utils import"
EXPLORER = "explorers.live_lattice("


def test_ten_colours_live_follow_the_temperature_and_quench(lab):
    with lab.open(NOTEBOOK) as notebook:
        notebook.run_cells(SETUP, IMPORTS, EXPLORER)
        explorer = notebook.explorer(EXPLORER)
        first, picture = explorer.sweeps(), explorer.picture()
        explorer.slider_by_keyboard("temperature", "ArrowRight", times=3)
        explorer.wait_for(lambda: "T = 0.45 (T_c = 0.701)" in explorer.caption(), "T = 0.45 in the caption")
        explorer.wait_for(lambda: explorer.sweeps() > first, "more sweeps")
        assert explorer.picture() != picture
        assert "Potts, q = 10" in explorer.caption()
        explorer.control("quench").click()
        explorer.wait_for(lambda: explorer.sweeps() < 20, "a new start")
        explorer.assert_shows_what_the_kernel_has()
        _, counts = np.unique(explorer.pixels().reshape(-1, 3), axis=0, return_counts=True)
        told = float(re.search(r"order (\d\.\d+)", explorer.caption())[1])
        assert (10 * counts.max() / counts.sum() - 1) / 9 == pytest.approx(told, abs=6e-4)
        explorer.assert_accessible()
        explorer.screenshot("08_live_lattice")
        assert not explorer.failed()
        assert notebook.complaints == []
