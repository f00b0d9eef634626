"""The `lab` fixture: one JupyterLab and one headless browser for all browser tests of a session."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from lab import Lab


@pytest.fixture(scope="session")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator["Lab"]:
    pytest.importorskip("playwright", reason="the browser tests need Playwright: see tests/requirements.txt")
    from lab import find_browser, lab_session

    browser = find_browser()
    if browser is None:
        pytest.skip("no Chromium, Chrome or Edge found; install one, or name it in COURSE_BROWSER")
    yield from lab_session(tmp_path_factory.mktemp("lab"), browser)
