"""What the build writes into the course's texts: the README's table of lessons, and commands that clone the course."""

from __future__ import annotations

import re
from pathlib import Path

from .source import Course
from .templates import badges

TABLE_BEGIN, TABLE_END = "<!-- lessons:begin -->", "<!-- lessons:end -->"
CLONE_BEGIN, CLONE_END = "<!-- clone:begin -->", "<!-- clone:end -->"


def lesson_table(course: Course) -> str:
    """The README's table of lessons, with a line for each that is written."""
    rows = [
        "| | Lesson | You will be able to | Core + depth | Runs in, with memory | Open | Solved |",
        "| --- | --- | --- | --- | --- | --- | --- |",
    ]
    for x in course.lessons:
        cells = [
            x.number,
            f"[{x.title}]({course.show(course.student_path(x))})",
            x.goal,
            x.times,
            f"{x.runs}, {x.memory}" if x.memory else x.runs,
            badges(x, course),
            f"[solved copy]({course.show(course.solved_path(x))})",
        ]
        rows.append("| " + " | ".join(c.replace("|", "\\|") for c in cells) + " |")
    return "\n".join(rows)


def with_clone(text: str, course: Course) -> str:
    """A text whose marked commands get this repository and enter its folder; what else stands among them stays."""
    head, found, rest = text.partition(CLONE_BEGIN)
    commands, closed, tail = rest.partition(CLONE_END)
    if not (found and closed):
        return text
    folder = course.repository.rpartition("/")[2]
    commands = re.sub(r"^git clone \S+", f"git clone {course.repository}", commands, flags=re.M)
    commands = re.sub(r"^cd \S+", f"cd {folder}", commands, count=1, flags=re.M)
    return f"{head}{found}{commands}{closed}{with_clone(tail, course)}"


def texts(course: Course) -> dict[Path, str]:
    """Each text for people, README apart, with its commands as they should be."""
    paths = [course.root / "CONTRIBUTING.md", *sorted((course.root / "docs").glob("*.md"))]
    return {path: with_clone(path.read_text("utf-8"), course) for path in paths if path.is_file()}


def readme_text(course: Course) -> str | None:
    """The README with its generated parts as they should be, or None if there is no place for a table."""
    if not course.readme.is_file():
        return None
    text = with_clone(course.readme.read_text("utf-8"), course)
    if not (TABLE_BEGIN in text and TABLE_END in text):
        return None
    return _between(text, TABLE_BEGIN, TABLE_END, lesson_table(course))


def _between(text: str, begin: str, end: str, content: str) -> str:
    """Text with the content between two marker lines replaced; as it is if a marker is missing."""
    head, found, rest = text.partition(begin)
    _, closed, tail = rest.partition(end)
    return f"{head}{begin}\n{content}\n{end}{tail}" if found and closed else text
