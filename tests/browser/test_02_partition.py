"""Lesson 02 in JupyterLab: the samples that count follow dimension and width, as the formula says."""

import math
import re

import pytest

pytestmark = pytest.mark.browser

NOTEBOOK = "02_partition_function.ipynb"
SETUP = "course_utils.setup("
IMPORTS = "from course_utils import"
EXPLORER = "explorers.importance("


def number(caption: str, words: str) -> float:
    """The number that follows some words of the caption."""
    return float(re.search(rf"{re.escape(words)} ([−\d.,e-]+\d)", caption)[1].replace(",", "").replace("−", "-"))


def test_the_effective_sample_size_follows_dimension_and_width(lab):
    with lab.open(NOTEBOOK) as notebook:
        notebook.run_cells(SETUP, IMPORTS, EXPLORER)
        explorer = notebook.explorer(EXPLORER)
        assert "Dimension 10, proposal 1.5 times as wide" in explorer.caption()
        explorer.slider_by_keyboard("dim", "End")
        explorer.wait_for(lambda: "Dimension 100," in explorer.caption(), "100 dimensions in the caption")
        explorer.slider_by_keyboard("width", "ArrowLeft", times=8)
        explorer.wait_for(lambda: "proposal 1.1 times" in explorer.caption(), "a narrower proposal in the caption")

        kept = math.sqrt(2 * 1.1**2 - 1) / 1.1**2  # of each dimension
        assert number(explorer.caption(), "in the long run") == pytest.approx(kept**100, rel=2e-3)
        assert number(explorer.caption(), "ESS / n") == pytest.approx(kept**100, rel=0.25)
        assert number(explorer.caption(), "exact") == pytest.approx(50 * math.log(2 * math.pi), abs=1e-3)
        explorer.assert_shows_what_the_kernel_has()
        explorer.assert_follows_a_rush("width", "ArrowRight", times=24)
        explorer.slider_by_keyboard("width", "Home")
        explorer.wait_for(lambda: "the variance of the weights is infinite" in explorer.caption(), "the lower end")
        explorer.assert_accessible()
        assert not explorer.failed()
        explorer.screenshot("02_explorer_alone")
        assert notebook.complaints == []
