"""Each student copy in JupyterLab: Run All stops at the first exercise, with one line that says what to do."""

import re
from pathlib import Path

import pytest

pytestmark = pytest.mark.browser

NOTEBOOKS = sorted(path.name for path in (Path(__file__).parents[2] / "notebooks").glob("*.ipynb"))


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_run_all_on_a_blank_copy_stops_at_the_first_exercise_with_one_line(lab, name):
    with lab.open(name) as notebook:
        stopped = notebook.run_all()
        assert stopped is not None, "a blank copy ran to its end: the checks did not fail"
        shown = notebook.text(stopped).strip()
        notebook.show(stopped)
        notebook.screenshot(f"{name[:2]}_stopped")
        checks = [source for source in notebook.sources() if "check.exercise(" in source]
        assert notebook.sources()[stopped] == checks[0]
        number = re.search(r'check.exercise\("([^"]+)"', checks[0])[1]
        assert shown.startswith(f"○ {number} is not done yet")
        assert "\n" not in shown, "the learner sees a traceback"
