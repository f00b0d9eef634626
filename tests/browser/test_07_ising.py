"""Lesson 07 in JupyterLab: the live lattice plays, follows the temperature, and quenches."""

import re

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
        explorer.watch()
        notebook.page.wait_for_timeout(3000)
        print(f"{len(explorer.waits()) / 3:.1f} pictures a second were shown")
        assert len(explorer.waits()) > 3
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
        explorer.assert_shows_what_the_kernel_has()
        up = (explorer.pixels() == (0x1B, 0x3A, 0x57)).all(-1).mean()  # the colour of spins up
        told = float(re.search(r"\|m\| (\d\.\d+)", explorer.caption())[1])
        assert abs(2 * up - 1) == pytest.approx(told, abs=6e-4)
        explorer.assert_accessible()
        explorer.screenshot("07_live_lattice")
        assert not explorer.failed()
        assert notebook.complaints == []
