"""Lesson 03 in JupyterLab: the explorer samples anew when its controls move."""

import re

import pytest

pytestmark = pytest.mark.browser

NOTEBOOK = "03_langevin_sampling.ipynb"
SETUP = "course_utils.setup("
IMPORTS = "from course_utils import"
EXPLORER = "explorers.langevin("


def test_the_variance_of_ula_follows_the_step_size_and_mala_is_right(lab):
    with lab.open(NOTEBOOK) as notebook:
        notebook.run_cells(SETUP, IMPORTS, EXPLORER)
        explorer = notebook.explorer(EXPLORER)
        picture = explorer.picture()
        explorer.slider_by_keyboard("step_size", "ArrowRight", times=20)
        explorer.wait_for(lambda: "ε = 1.000" in explorer.caption(), "ε = 1.000 in the caption")
        assert explorer.picture() != picture
        assert float(re.search(r"ratio (\d+(?:\.\d+)?)", explorer.caption())[1]) == pytest.approx(2.0, abs=0.2)

        explorer.choose("sampler", "MALA")
        explorer.wait_for(lambda: "Acceptance" in explorer.caption(), "the acceptance of MALA in the caption")
        assert float(re.search(r"ratio (\d+(?:\.\d+)?)", explorer.caption())[1]) == pytest.approx(1.0, abs=0.1)
        assert not explorer.failed()
        explorer.assert_shows_what_the_kernel_has()
        explorer.assert_follows_a_rush("temperature", "ArrowRight", times=20)
        temperature = float(explorer.readout("temperature"))
        assert float(re.search(r"exact ([\d.]+)", explorer.caption())[1]) == pytest.approx(temperature, abs=2e-3)
        explorer.assert_accessible()
        explorer.screenshot("03_explorer_alone")
        assert notebook.complaints == []
