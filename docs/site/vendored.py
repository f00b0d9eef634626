"""What other people wrote and pages need, copied from the packages that ship it: MathJax and plotly.

A page must not ask another server for anything: it is read on trains, in schools and years from now.
"""

from __future__ import annotations

import shutil
from importlib import metadata
from pathlib import Path

MATHJAX = "sphinx-mathjax-offline", "sphinx-mathjax-offline/static/mathjax"
MATHJAX_PARTS = (
    "tex-chtml.js",
    "output/chtml/fonts/woff-v2",
    "input/tex/extensions",  # loaded when a formula asks for one
    "a11y",  # what the menu of a formula offers to those who listen
    "sre/mathmaps/base.json",
    "sre/mathmaps/en.json",
    "sre/mathmaps/nemeth.json",
)
PLOTLY = "plotly", "plotly/package_data/plotly.min.js"


def located(package: str, path: str) -> Path:
    """Where a file or folder of an installed package is."""
    return Path(metadata.distribution(package).locate_file(path))


def copy(extra: Path) -> None:
    """Copy both into a folder whose content is copied to the top of the site."""
    for part in MATHJAX_PARTS:
        source, target = located(*MATHJAX) / part, extra / "vendored" / "mathjax" / part
        target.parent.mkdir(parents=True, exist_ok=True)
        if source.is_dir():
            shutil.copytree(source, target)
        else:
            shutil.copy(source, target)
    shutil.copy(located(*PLOTLY), extra / "vendored")
