"""Lesson 05 in JupyterLab: the explorer trains anew when its controls move, and the film is an animated picture."""

import re

import pytest

pytestmark = pytest.mark.browser

NOTEBOOK = "05_contrastive_divergence.ipynb"
SETUP = "course_utils.setup("
IMPORTS = "from course_utils import"
EXPLORER = "explorers.training("


def nats(caption: str) -> float:
    return float(re.search(r"KL ([\d.,]+) nats after", caption)[1].replace(",", ""))


def test_ula_runs_away_at_a_step_at_which_mala_learns(lab):
    with lab.open(NOTEBOOK) as notebook:
        notebook.run_cells(SETUP, IMPORTS, EXPLORER)
        explorer = notebook.explorer(EXPLORER)
        picture = explorer.picture()
        assert nats(explorer.caption()) < 1

        explorer.choose("step_size", "0.05")
        explorer.wait_for(lambda: "ε = 0.05" in explorer.caption(), "ε = 0.05 in the caption")
        explorer.settle()
        assert nats(explorer.caption()) > 100
        assert "The energies ran away" in explorer.caption()
        assert explorer.picture() != picture

        explorer.choose("method", "CD, MALA")
        explorer.wait_for(lambda: "CD, MALA" in explorer.caption(), "MALA in the caption")
        explorer.settle()
        assert nats(explorer.caption()) < 0.3
        assert not explorer.failed()
        explorer.control("step_size").get_by_role("button", name="0.3", exact=True).click()
        explorer.wait_for(lambda: "steps so far" in explorer.caption(), "the training on its way")
        explorer.choose("step_size", "0.1")  # what is left of the other training is dropped
        explorer.wait_for(lambda: "ε = 0.1," in explorer.caption(), "the next training")
        explorer.wait_for(lambda: "nats after 300 steps" in explorer.caption(), "its end")
        explorer.assert_shows_what_the_kernel_has()
        explorer.assert_accessible()
        explorer.screenshot("05_explorer_alone")
        assert notebook.complaints == []
