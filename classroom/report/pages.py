"""Pages for students and for the teacher: plain HTML, with nothing in it that runs.

What students wrote, their names among it, may be hostile: every value is escaped, and the page forbids scripts.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ..lessons import ROOT
from .summary import Summary

__all__ = ["class_page", "student_page"]

TEMPLATES = Path(__file__).parent / "templates"
SIGNS = {"passed": "✓", "wrong": "✗", "open": "○", "stopped": "■"}
STATES = {"passed": "passed", "wrong": "not right yet", "open": "not done", "stopped": "stopped"}


def student_page(name: str, summary: Summary, student: str) -> str:
    """One student's page: own lines and points, nothing of others, no flags.

    Args:
        name: of the class.
        summary: of the class.
        student: whose page it is.
    """
    return _render("student.html", name=name, summary=summary, student=student)


def class_page(name: str, summary: Summary) -> str:
    """The teacher's page.

    Args:
        name: of the class.
        summary: of the class.
    """
    return _render("class.html", name=name, summary=summary)


def _render(template: str, **values: Any) -> str:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    room = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    room.filters["points"] = lambda value: f"{value:.2f}".rstrip("0").rstrip(".")
    room.filters["title"] = _title
    return room.get_template(template).render(**values, SIGNS=SIGNS, STATES=STATES)


def _title(assignment: str) -> str:
    """A lesson's title, such as "01 · The Boltzmann distribution", from its notebook's first heading."""
    import json

    path = ROOT / "notebooks" / f"{assignment}.ipynb"
    try:
        source = "".join(json.loads(path.read_text("utf-8"))["cells"][0]["source"])
    except (OSError, ValueError, KeyError, IndexError):
        return assignment
    return source.partition("\n")[0].removeprefix("# ")
