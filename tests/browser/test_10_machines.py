"""Lesson 10 in JupyterLab: pixels of a digit are hidden by pointer and keys, and the machine completes it."""

import pytest

pytestmark = pytest.mark.browser

NOTEBOOK = "10_boltzmann_machines.ipynb"
SETUP = "course_utils.setup("
IMPORTS = "from course_utils import"
PAD = """digits = machines.fit(machines.binary_digits().spins, 12, jax.random.key(0), n_steps=400).machines[-1].pixels()
explorers.complete(digits)"""


def test_a_digit_is_painted_on_and_completed(lab):
    with lab.open(NOTEBOOK) as notebook:
        notebook.run_cells(SETUP, IMPORTS)
        notebook.page.evaluate(
            """([index, source]) => {
                coursePanel.content.model.sharedModel.insertCell(index, {cell_type: "code", source});
            }""",
            [notebook.cell(IMPORTS) + 1, PAD],
        )
        cell = notebook.cell(PAD)
        notebook.run_cells(cell)
        explorer = notebook.explorer(cell)
        assert "with 32 of 64 pixels hidden" in explorer.caption()
        explorer.choose("part", "none")
        explorer.wait_for(lambda: "nothing to fill in" in explorer.caption(), "the whole digit")

        canvas = explorer.root.locator("canvas.digit-pad-canvas")
        canvas.scroll_into_view_if_needed()
        box = canvas.bounding_box()
        mouse, picture = notebook.page.mouse, explorer.picture()
        mouse.move(box["x"] + box["width"] / 16, box["y"] + box["height"] / 16)
        mouse.down()
        mouse.move(box["x"] + box["width"] * 15 / 16, box["y"] + box["height"] / 16, steps=16)
        mouse.up()
        explorer.wait_for(lambda: "with 8 of 64 pixels hidden" in explorer.caption(), "a painted row")
        assert explorer.picture() != picture

        for key in ("ArrowDown", "ArrowRight", " "):
            canvas.press(key)
        explorer.wait_for(lambda: "with 9 of 64 pixels hidden" in explorer.caption(), "a pixel by the keyboard")
        assert "row 2, column 2: hidden" in explorer.root.locator(".digit-pad-words").inner_text()
        explorer.control("more").click()
        explorer.wait_for(lambda: "20 sweeps from noise" in explorer.caption(), "more sweeps")
        explorer.assert_shows_what_the_kernel_has()
        explorer.assert_accessible()
        explorer.screenshot("10_completion")
        canvas.press("Escape")
        explorer.wait_for(lambda: "nothing to fill in" in explorer.caption(), "all shown again")
        assert not explorer.failed()
        assert notebook.complaints == []
