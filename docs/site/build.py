"""Puts the pages together and lets Sphinx make the site of them."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from notebooks.build.source import Course

from . import front, pages, vendored

HERE = Path(__file__).resolve().parent
MARK = ".course-site"
"""Stands in a folder that a build has made, and that the next one may therefore replace."""


class SiteError(Exception):
    """The site cannot be built; the message says what to mend."""


@dataclass(frozen=True)
class Site:
    """A finished site.

    Attributes:
        index: its front page.
        pages: how many pages it has.
        megabytes: what all its files take.
    """

    index: Path
    pages: int
    megabytes: float


def build_site(course: Course, out: Path) -> Site:
    """Build the site of a course.

    Args:
        course: its lessons, each with its solved copy.
        out: the folder of the site. It is replaced as a whole, and only when the new site is ready.

    Raises:
        SiteError: if a solved copy is missing, `out` holds something else, or Sphinx has anything to complain of.
    """
    out = out.resolve()
    refuse_to_overwrite(out)
    missing = [course.show(course.solved_path(x)) for x in course.lessons if not course.solved_path(x).is_file()]
    if missing:
        raise SiteError(
            f"These solved copies are missing: {', '.join(missing)}. Make them with `python notebooks/build`."
        )
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        # Beside `out`, so that moving it there is one step, on one disk.
        with tempfile.TemporaryDirectory(prefix=".site-", dir=out.parent, ignore_cleanup_errors=True) as folder:
            source, made = Path(folder, "source"), Path(folder, "made")
            stage(course, source)
            run_sphinx(source, made, Path(folder, "doctrees"))
            for template in (made / "_static").rglob("*.html"):  # of the theme's own build
                template.unlink()
            shutil.rmtree(made / "_sources", ignore_errors=True)  # empty
            (made / MARK).write_text("Made by `course.py site`, which replaces this folder.\n", "utf-8")
            if out.exists():
                out.replace(Path(folder, "before")) if any(out.iterdir()) else out.rmdir()
            made.replace(out)
    except OSError as error:
        raise SiteError(
            f"{error.filename or out} cannot be written ({error.strerror}). Choose another --out."
        ) from error
    files = [path for path in out.rglob("*") if path.is_file()]
    n_pages = sum(path.suffix == ".html" for path in files)
    return Site(out / "index.html", n_pages, sum(path.stat().st_size for path in files) / 1e6)


def refuse_to_overwrite(out: Path) -> None:
    """Let nothing be replaced that no build has made."""
    if out.is_file():
        raise SiteError(f"--out {out}: a file is there. Name a folder.")
    if out.is_dir() and any(out.iterdir()) and not (out / MARK).is_file():
        raise SiteError(f"--out {out}: that folder holds something else. Name one that is new, empty or an older site.")


def stage(course: Course, source: Path) -> None:
    """Write all that Sphinx reads into an empty folder."""
    (source / "lessons").mkdir(parents=True)
    shutil.copy(HERE / "conf.py", source)
    shutil.copytree(HERE / "static", source / "static")
    vendored.copy(source / "extra")
    settings = {"repository": course.repository}
    (source / "settings.json").write_text(json.dumps(settings), "utf-8")
    for lesson in course.lessons:
        page = pages.page_of(lesson, course, source / "extra")
        (source / "lessons" / f"{lesson.stem}.ipynb").write_text(json.dumps(page), "utf-8")
    prose = sorted((course.root / "docs").glob("*.md"), key=lambda path: (path.stem != "teaching", path.stem))
    for path in prose:
        text = pages.with_site_links(path.read_text("utf-8"), path, course)
        (source / path.name).write_text(text, "utf-8")
    (source / "index.md").write_text(front.page(course, [p.stem for p in prose], source / "extra"), "utf-8")
    not_found = (HERE / "not_found.html").read_text("utf-8")
    (source / "extra" / "404.html").write_text(
        not_found.replace("{name}", course.owner_and_name.split("/")[1]), "utf-8"
    )


def run_sphinx(source: Path, made: Path, doctrees: Path) -> None:
    """Run Sphinx in a process of its own: it changes much in the one that it runs in. A warning is an error."""
    command = [sys.executable, "-m", "sphinx", "-b", "html", "-q", "-W", "--keep-going", "-j", "2"]
    command += ["-d", str(doctrees), str(source), str(made)]
    done = subprocess.run(command, capture_output=True, text=True, encoding="utf-8", errors="replace")
    if done.returncode:
        said = "\n".join(line for line in done.stderr.splitlines() if line.strip())
        raise SiteError(f"Sphinx says:\n{re.sub(re.escape(str(source)) + '/?', '', said)}")
