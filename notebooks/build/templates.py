"""Cells that are the same in every lesson: title, badges, set-up, course map, report, links."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any
from urllib.parse import quote

from .source import ROOT, Course, Lesson, read_repository


def title_cell(lesson: Lesson, course: Course, solved: bool) -> str:
    """The first cell: title, goal, where else it opens, and what it takes."""
    needs = [_lesson_link(number, course) for number in lesson.needs]
    before = ", ".join([*needs, *([lesson.know] if lesson.know else [])]) or "none"
    depth = f", and {lesson.depth_time} for those who want more" if lesson.depth else ""
    parts = [
        f"# {lesson.number} · {lesson.title}",
        f"After this lesson you will be able to {lesson.goal}.",
        f"Open it [on Colab]({colab_address(lesson, course)}), [on Binder]({binder_address(lesson, course)}) or "
        f"[on Kaggle]({kaggle_address(lesson, course)}) (there, switch *Internet* on first, in *Settings*).",
        f"*Prerequisites: {before} · time to work through: {lesson.time}{depth} · "
        f"runs in {lesson.runs} on two CPU cores*",
    ]
    if solved:
        parts.insert(2, f"This is the solved copy. The one to work in is [{lesson.stem}](../{lesson.stem}.ipynb).")
    return "\n\n".join(parts)


def badges(lesson: Lesson, course: Course) -> str:
    """Badges that open the student copy elsewhere. Without a network they do not load: not for lessons."""
    return (
        "[![Open in Colab](https://colab.research.google.com/assets/colab-badge.svg)]"
        f"({colab_address(lesson, course)}) "
        f"[![Open on Binder](https://mybinder.org/badge_logo.svg)]({binder_address(lesson, course)}) "
        f"[![Open in Kaggle](https://kaggle.com/static/images/open-in-kaggle.svg)]({kaggle_address(lesson, course)})"
    )


def binder_address(lesson: Lesson, course: Course) -> str:
    """Where Binder opens the student copy of the main branch."""
    file = quote(course.show(course.student_path(lesson)), safe="")
    return f"https://mybinder.org/v2/gh/{course.owner_and_name}/main?labpath={file}"


def colab_address(lesson: Lesson, course: Course) -> str:
    """Where Colab opens the student copy of the main branch."""
    file = course.show(course.student_path(lesson))
    return f"https://colab.research.google.com/github/{course.owner_and_name}/blob/main/{file}"


def kaggle_address(lesson: Lesson, course: Course) -> str:
    """Where Kaggle makes a notebook of somebody's own from the student copy of the main branch."""
    file = course.show(course.student_path(lesson))
    raw = f"https://raw.githubusercontent.com/{course.owner_and_name}/main/{file}"
    return f"https://kaggle.com/kernels/welcome?src={raw}"


def _lesson_link(number: str, course: Course) -> str:
    lesson = course.find(number)
    assert lesson is not None  # read_course has refused a lesson that needs another one
    return f"[{number} {lesson.title}]({lesson.stem}.ipynb)"


SETUP_TEMPLATE = """\
# @title Set-up · run this cell first
import importlib.util, sys
from pathlib import Path
sys.path += [str(p) for p in Path.cwd().parents if (p / "course_utils").is_dir()]
if importlib.util.find_spec("course_utils") is None:  # as on Colab: add it, and change no other package
    %pip install --quiet --no-deps "course_utils @ git+@ADDRESS@"
import course_utils
machine = course_utils.setup(seed=0, uses=@USES@)"""


def setup_cell(uses: Sequence[str], repository: str | None = None) -> str:
    """Code of the set-up cell.

    Args:
        uses: frameworks the lesson needs, a part of ("torch", "jax").
        repository: address of the repository; the one of this checkout if None.
    """
    address = repository if repository is not None else read_repository(ROOT / "pyproject.toml")
    names = "(" + ", ".join(f'"{u}"' for u in uses) + ("," if len(uses) == 1 else "") + ")"
    return SETUP_TEMPLATE.replace("@ADDRESS@", address).replace("@USES@", names)


def check_cell(number: str, code: str) -> str:
    """Code of a check cell under the line that stands for it while it is folded."""
    return f"# @title Check {number} · run this cell when your answer stands\n{code}"


#: Metadata of a cell whose code is folded away until somebody asks for it: JupyterLab's, then Colab's.
FOLDED: dict[str, Any] = {"jupyter": {"source_hidden": True}, "cellView": "form"}


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
    """Code that draws the course map from the headers of the lessons."""
    entries = {x.number: {"title": x.title, "needs": list(x.needs), "time": x.times} for x in course.lessons}
    lines = [f"    {_literal(number)}: {_literal(entries[number])}," for number in sorted(entries)]
    return "\n".join(["from course_utils import plots", "", "COURSE = {", *lines, "}", "plots.course_map(COURSE)"])


def _literal(value: Any) -> str:
    """Python source of a plain value, with double quotes."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{_literal(k)}: {_literal(v)}" for k, v in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_literal, value)) + "]"
    return json.dumps(value, ensure_ascii=False) if isinstance(value, str) else repr(value)
