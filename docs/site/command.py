"""The command line of the site."""

from __future__ import annotations

import argparse
import sys
import time
import webbrowser
from collections.abc import Sequence
from pathlib import Path

from notebooks.build.source import ROOT, SourceError, read_course

from .build import SiteError, build_site


def main(arguments: Sequence[str] | None = None) -> int:
    """Build the site; returns the exit code."""
    parser = argparse.ArgumentParser(
        prog="course.py site", description="Build the site of the course from the solved copies."
    )
    parser.add_argument("--out", type=Path, default=ROOT / "_site", metavar="DIR", help="folder of the site (_site)")
    parser.add_argument("--open", action="store_true", help="open it in a browser when it is built")
    options = parser.parse_args(arguments)
    began = time.perf_counter()
    try:
        site = build_site(read_course(), options.out)
    except (SiteError, SourceError) as error:
        print(f"The site was not built. {error}", file=sys.stderr)
        return 1
    print(f"{site.pages} pages, {site.megabytes:.1f} MB, {time.perf_counter() - began:.0f} s: {site.index}")
    if options.open:
        webbrowser.open(site.index.resolve().as_uri())
    return 0
