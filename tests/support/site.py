"""The site, built once for all tests of a run."""

import os
import time
from pathlib import Path

import pytest

from docs.site.build import build_site
from notebooks.build import read_course

LONGEST = 300.0  # seconds that one process waits for another's build


def built_site(factory: pytest.TempPathFactory) -> Path:
    """The folder of the site; of several processes of one run, the first one here builds it."""
    base = factory.getbasetemp()
    folder = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "site"
    lock = folder.with_suffix(".lock")
    try:
        lock.touch(exist_ok=False)
    except FileExistsError:
        end = time.monotonic() + LONGEST
        while not (folder / "index.html").exists():  # the whole folder appears at once
            assert time.monotonic() < end, f"waited {LONGEST:g} s for another process to build the site"
            time.sleep(0.2)
        return folder
    build_site(read_course(), folder)
    return folder
