"""Each student copy in JupyterLab: Run All goes past the exercises that are not done, and reaches the report."""

import re
from pathlib import Path

import pytest

pytestmark = pytest.mark.browser

NOTEBOOKS = sorted(path.name for path in (Path(__file__).parents[2] / "notebooks").glob("*.ipynb"))
ALL_S = 1500  # a whole lesson, on a machine that runs another one beside it


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_run_all_on_a_blank_copy_reaches_the_report(lab, name):
    with lab.open(name) as notebook:
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
        assert notebook.text(report).startswith(f"0 of {len(checks)} exercises passed")
        failed = [i for i, source in enumerate(sources) if source and i not in checks and notebook.error(i)]
        reasons = [notebook.error(i) for i in failed]
        assert all("NotImplementedError" in r or "NameError" in r for r in reasons), reasons
        notebook.show(checks[0])
        notebook.screenshot(f"{name[:2]}_blank")
