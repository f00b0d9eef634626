"""Lesson 07 in JupyterLab: the live lattice plays, follows the temperature, and quenches."""

import time

import pytest

pytestmark = pytest.mark.browser

NOTEBOOK = "07_ising_on_thrml.ipynb"
SETUP = "course_utils.setup("
IMPORTS = "from course_utils import"
EXPLORER = "explorers.live_lattice("


def test_the_lattice_lives_follows_the_temperature_and_quenches(lab):
    with lab.open(NOTEBOOK) as notebook:
        notebook.run_cells(SETUP, IMPORTS, EXPLORER)
        explorer = notebook.explorer(EXPLORER)
        first, picture = explorer.sweeps(), explorer.picture()
        play = explorer.control("play").locator("button")
        play.nth(0).click()
        explorer.wait_for(lambda: explorer.sweeps() > first + 20, "twenty frames", seconds=60)
        start, at = time.monotonic(), explorer.sweeps()
        notebook.page.wait_for_timeout(3000)
        print(f"{(explorer.sweeps() - at) / (time.monotonic() - start):.1f} frames a second in the browser")
        toggles = play.nth(0) if play.count() < 4 else play.nth(1)  # one button that toggles, or pause beside play
        toggles.click()
        notebook.page.wait_for_timeout(1000)
        paused = explorer.sweeps()
        notebook.page.wait_for_timeout(1000)
        assert explorer.sweeps() == paused
        assert explorer.picture() != picture

        explorer.slider_by_keyboard("temperature", "ArrowRight", times=3)
        explorer.wait_for(lambda: "T = 1.53 (T_c = 2.269)" in explorer.caption(), "T = 1.53 in the caption")
        assert explorer.sweeps() > paused
        explorer.control("quench").click()
        explorer.wait_for(lambda: explorer.sweeps() < 20, "a new start")
        explorer.screenshot("07_live_lattice")
        assert not explorer.failed()
        assert notebook.complaints == []
