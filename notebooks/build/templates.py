"""Cells that are the same in every lesson: title, badges, set-up, course map, report, links."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any
from urllib.parse import quote

from .source import PLANNED, ROOT, Course, Lesson, read_repository


def title_cell(lesson: Lesson, course: Course, solved: bool) -> str:
    """The first cell: title, goal, badges, and what it takes."""
    needs = [_lesson_link(number, course) for number in lesson.needs]
    before = ", ".join([*needs, *([lesson.know] if lesson.know else [])]) or "none"
    parts = [
        f"# {lesson.number} · {lesson.title}",
        f"After this lesson you will be able to {lesson.goal}.",
        badges(lesson, course),
        f"*Prerequisites: {before} · time to work through: {lesson.time} · run time on two CPU cores: {lesson.runs}*",
    ]
    if solved:
        parts.insert(2, f"This is the solved copy. The one to work in is [{lesson.stem}](../{lesson.stem}.ipynb).")
    return "\n\n".join(parts)


def badges(lesson: Lesson, course: Course) -> str:
    """Badges that open the student copy of the main branch on Colab and Binder."""
    owner_name = course.repository.removeprefix("https://github.com/")
    file = quote(course.show(course.student_path(lesson)), safe="")
    binder = f"https://mybinder.org/v2/gh/{owner_name}/main?labpath={file}"
    return (
        "[![Open in Colab](https://colab.research.google.com/assets/colab-badge.svg)]"
        f"({colab_address(lesson, course)}) "
        f"[![Open on Binder](https://mybinder.org/badge_logo.svg)]({binder})"
    )


def colab_address(lesson: Lesson, course: Course) -> str:
    """Where Colab opens the student copy of the main branch."""
    owner_name = course.repository.removeprefix("https://github.com/")
    return f"https://colab.research.google.com/github/{owner_name}/blob/main/{course.show(course.student_path(lesson))}"


def _lesson_link(number: str, course: Course) -> str:
    lesson = course.find(number)
    if lesson is None:
        return f"{number} {PLANNED[number]['title']}"
    return f"[{number} {lesson.title}]({lesson.stem}.ipynb)"


SETUP_TEMPLATE = """\
# Set-up. In a copy of the repository, and on Binder, this finds course_utils and touches no network.
# Elsewhere, as on Colab, it installs course_utils and keeps every package at the version it has.
import importlib.util, sys
from pathlib import Path

places = (Path.cwd(), *Path.cwd().parents)
sys.path += [str(p) for p in places if (p / "course_utils" / "__init__.py").is_file()][:1]
if importlib.util.find_spec("course_utils") is None:
    import re, subprocess, tempfile
    from importlib.metadata import distributions
    from packaging import utils, version
    valid = re.compile(version.VERSION_PATTERN, re.X | re.I)
    found = [(d.metadata.get("Name"), d.metadata.get("Version", "")) for d in distributions()]
    pins = {utils.canonicalize_name(n): v for n, v in reversed(found) if n and valid.fullmatch(v)}
    limits = Path(tempfile.mkdtemp(), "constraints.txt")
    limits.write_text("".join(f"{name}=={version}\\n" for name, version in pins.items()))
    pip = [sys.executable, "-m", "pip", "install", "-c", str(limits), "@REQUIREMENT@"]
    result = subprocess.run(pip, capture_output=True, text=True)
    if result.returncode:
        raise RuntimeError("course_utils was not installed:\\n" + result.stdout[-2000:] + result.stderr)
    importlib.invalidate_caches()
import course_utils

machine = course_utils.setup(seed=0, uses=@USES@)"""


def setup_cell(uses: Sequence[str], repository: str | None = None) -> str:
    """Code of the set-up cell.

    Args:
        uses: frameworks the lesson needs, a part of ("torch", "jax").
        repository: address of the repository; the one of this checkout if None.
    """
    address = repository if repository is not None else read_repository(ROOT / "pyproject.toml")
    extra = "[thrml]" if "jax" in uses else ""
    names = "(" + ", ".join(f'"{u}"' for u in uses) + ("," if len(uses) == 1 else "") + ")"
    return SETUP_TEMPLATE.replace("@REQUIREMENT@", f"course_utils{extra} @ git+{address}").replace("@USES@", names)


def report_cell(lesson: Lesson) -> str:
    """Code of the last code cell: which exercises have passed."""
    points = ", ".join(f'"{name}": {value}' for name, value in lesson.points.items())
    return f"from course_checks import check\n\ncheck.report({{{points}}})"


def links_cell(lesson: Lesson, course: Course) -> str:
    """Links to the lessons before and after; relative, so that they stay within student or solved copies."""
    i = [x.number for x in course.lessons].index(lesson.number)
    before = course.lessons[i - 1] if i else None
    after = course.lessons[i + 1] if i + 1 < len(course.lessons) else None
    near, colab = [], []
    if before:
        near.append(f"[← {before.number} {before.title}]({before.stem}.ipynb)")
        colab.append(f"[previous]({colab_address(before, course)})")
    if after:
        near.append(f"[{after.number} {after.title} →]({after.stem}.ipynb)")
        colab.append(f"[next]({colab_address(after, course)})")
    if not near:
        return "---\nThis is the only lesson so far."
    return f"---\n{' · '.join(near)}\n\n*On Colab: {' · '.join(colab)}*"


def map_cell(course: Course) -> str:
    """Code that draws the course map: written lessons from their headers, the others from `PLANNED`."""
    entries = {number: {**entry, "ready": False} for number, entry in PLANNED.items()}
    for x in course.lessons:
        entries[x.number] = {"title": x.title, "needs": list(x.needs), "time": x.time, "ready": True}
    for entry in entries.values():  # a need that is neither written nor planned cannot be drawn
        entry["needs"] = [number for number in entry["needs"] if number in entries]
    lines = [f"    {_literal(number)}: {_literal(entries[number])}," for number in sorted(entries)]
    return "\n".join(["from course_utils import plots", "", "COURSE = {", *lines, "}", "plots.course_map(COURSE)"])


def _literal(value: Any) -> str:
    """Python source of a plain value, with double quotes."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{_literal(k)}: {_literal(v)}" for k, v in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_literal, value)) + "]"
    return json.dumps(value, ensure_ascii=False) if isinstance(value, str) else repr(value)
