"""Each student copy in JupyterLab: Run All goes past the exercises that are not done, and reaches the report.

The core path is what runs here; that no cell of the depth part fails in a blank copy, tests/test_lessons.py sees in a
kernel without a page.
"""

import ast
import re
from pathlib import Path

import pytest

pytestmark = pytest.mark.browser

NOTEBOOKS = sorted(path.name for path in (Path(__file__).parents[2] / "notebooks").glob("*.ipynb"))
ALL_S = 1500  # a core path, on a machine that runs another one beside it


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_run_all_on_a_blank_copy_reaches_the_report(lab, name):
    with lab.open(name, core=True) as notebook:
        notebook.run_all(seconds=ALL_S)
        sources = notebook.sources()
        checks = [i for i, source in enumerate(sources) if "check.exercise(" in source]
        assert checks
        for i in checks:
            number = re.search(r'check.exercise\("([^"]+)"', sources[i])[1]
            shown = notebook.text(i).strip()
            assert shown.startswith(f"○ {number} is not done yet")
            assert "\n" not in shown, "the learner sees a traceback"
        report = notebook.cell("check.report(")
        in_all = len(ast.literal_eval(re.search(r"check.report\((\{.*?\})\)", sources[report])[1]))
        assert in_all >= len(checks)
        assert notebook.text(report).startswith(f"0 of {in_all} exercises passed")
        failed = [i for i, source in enumerate(sources) if source and i not in checks and notebook.error(i)]
        reasons = [notebook.error(i) for i in failed]
        assert all("NotImplementedError" in r or "NameError" in r for r in reasons), reasons
        notebook.show(checks[0])
        notebook.screenshot(f"{name[:2]}_blank")
