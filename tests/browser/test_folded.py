"""Set-up and checks are folded under a title: they run as they are, and a click shows their code."""

import contextlib

import pytest

pytest.importorskip("playwright", reason="the browser tests need Playwright: see tests/requirements.txt")
from lab import CellFailed

pytestmark = pytest.mark.browser


def test_set_up_and_checks_run_folded_and_open_on_a_click(lab):
    with lab.open("01_boltzmann_distribution.ipynb") as notebook:
        cells = notebook.page.locator(".jp-NotebookPanel:visible .jp-Notebook .jp-Cell")
        for fragment, title, says in (
            ("course_utils.setup(", "# @title Set-up · run this cell first", "Running on this computer"),
            ('check.exercise("1.1"', "# @title Check 1.1", "○ 1.1 is not done yet"),
        ):
            index = notebook.cell(fragment)
            notebook.show(index)
            cell, code = cells.nth(index), cells.nth(index).locator(".cm-content")
            assert title in cell.locator(".jp-Placeholder-content").inner_text()
            assert not code.is_visible()
            with contextlib.suppress(CellFailed):  # an exercise that is not done
                notebook.run_cells(index)
            assert says in notebook.text(index)
            assert not code.is_visible()
            notebook.screenshot(f"folded_{index}")
            cell.locator(".jp-Placeholder-content").click()
            code.wait_for(state="visible")
            assert fragment in code.inner_text()
