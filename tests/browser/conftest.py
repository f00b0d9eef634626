"""What browser tests of a session share: one headless browser, one JupyterLab, one site."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from support.site import built_site

if TYPE_CHECKING:
    from lab import Lab
    from playwright.sync_api import Browser
    from site_pages import Site


@pytest.fixture(scope="session")
def chromium() -> Iterator["Browser"]:
    pytest.importorskip("playwright", reason="the browser tests need Playwright: see tests/requirements.txt")
    from lab import find_browser, running_browser

    path = find_browser()
    if path is None:
        pytest.skip("no Chromium, Chrome or Edge found; install one, or name it in COURSE_BROWSER")
    with running_browser(path) as browser:
        yield browser


@pytest.fixture(scope="session")
def lab(tmp_path_factory: pytest.TempPathFactory, chromium: "Browser") -> Iterator["Lab"]:
    from lab import lab_session

    yield from lab_session(tmp_path_factory.mktemp("lab"), chromium)


@pytest.fixture(scope="session")
def site_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return built_site(tmp_path_factory)


@pytest.fixture(scope="session")
def site(site_folder: Path, chromium: "Browser") -> Iterator["Site"]:
    from site_pages import Site

    with Site(site_folder, chromium) as site:
        yield site
