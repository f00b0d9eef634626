"""Lesson 04 in JupyterLab: the explorer follows its controls, and the surface is drawn by plotly."""

import pytest

pytestmark = pytest.mark.browser

NOTEBOOK = "04_temperature_of_learning.ipynb"
SETUP = "course_utils.setup("
IMPORTS = "from course_utils import"
EXPLORER = "explorers.descent("
LANDSCAPES = "descent.landscapes()"
SURFACE = "plots.turning_surface("


def test_keyboard_moves_the_start_temperature_and_the_picture_follows(lab):
    with lab.open(NOTEBOOK) as notebook:
        notebook.run_cells(SETUP, IMPORTS, EXPLORER)
        explorer = notebook.explorer(EXPLORER)
        picture, temperature = explorer.picture(), explorer.readout("temperature")
        assert f"start T = {temperature}" in explorer.caption()

        explorer.choose("schedule", "constant")
        explorer.wait_for(lambda: "Ackley, constant" in explorer.caption(), "the constant schedule in the caption")
        explorer.slider_by_keyboard("temperature", "ArrowLeft", times=2)
        explorer.wait_for(lambda: explorer.picture() != picture, "another picture")
        colder = explorer.readout("temperature")
        assert float(colder) == pytest.approx(float(temperature) * 10 ** (-2 / 10), abs=2e-3)
        explorer.wait_for(lambda: f"start T = {colder}" in explorer.caption(), f"T = {colder} in the caption")
        assert "Success in 132 of 200 runs: 66.0%" in explorer.caption()
        assert not explorer.failed()

        explorer.choose("landscape", "Network loss")
        explorer.wait_for(lambda: "Network loss, constant" in explorer.caption(), "the network loss in the caption")
        explorer.assert_shows_what_the_kernel_has()
        explorer.assert_follows_a_rush("temperature", "ArrowRight", times=15, soon=4000)
        assert f"start T = {explorer.readout('temperature')}" in explorer.caption()
        explorer.choose("view", "3-D")
        explorer.assert_shows_what_the_kernel_has()
        explorer.assert_accessible()
        explorer.screenshot("04_explorer_alone")
        assert notebook.complaints == []


def test_the_still_surfaces_become_one_that_turns_under_the_mouse(lab):
    with lab.open(NOTEBOOK) as notebook:
        notebook.run_cells(SETUP, IMPORTS, LANDSCAPES, SURFACE)
        still = notebook.page.locator(".jp-RenderedPlotly img.plot-img")
        still.dispatch_event("mouseenter")  # a mouse that rests there already does not enter
        plot = notebook.page.locator(".jp-RenderedPlotly .plot-container")
        plot.wait_for(state="visible", timeout=60_000)
        assert plot.locator(".gl-container canvas").count() > 0
        buttons = plot.locator(".updatemenu-button")
        names = [buttons.nth(i).text_content() for i in range(buttons.count())]
        assert names == ["Rosenbrock", "Rastrigin", "Ackley", "Network loss"]
        buttons.nth(2).click()
        shown = "() => document.querySelector('.jp-RenderedPlotly').data.map(trace => trace.visible)"
        assert notebook.page.evaluate(shown) == [False] * 4 + [True] * 2 + [False] * 2
        plot.scroll_into_view_if_needed()
        notebook.page.wait_for_timeout(1000)
        notebook.screenshot("04_surface")
