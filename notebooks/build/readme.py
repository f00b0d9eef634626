"""The parts of the README that the build writes: the table of lessons and the clone command."""

from __future__ import annotations

from .source import Course
from .templates import badges

TABLE_BEGIN, TABLE_END = "<!-- lessons:begin -->", "<!-- lessons:end -->"
CLONE_BEGIN, CLONE_END = "<!-- clone:begin -->", "<!-- clone:end -->"


def lesson_table(course: Course) -> str:
    """The README's table of lessons, with a line for each that is written."""
    rows = [
        "| | Lesson | You will be able to | Core + depth | Runs in | Open | Solved |",
        "| --- | --- | --- | --- | --- | --- | --- |",
    ]
    for x in course.lessons:
        cells = [
            x.number,
            f"[{x.title}]({course.show(course.student_path(x))})",
            x.goal,
            x.times,
            x.runs,
            badges(x, course),
            f"[solved copy]({course.show(course.solved_path(x))})",
        ]
        rows.append("| " + " | ".join(c.replace("|", "\\|") for c in cells) + " |")
    return "\n".join(rows)


def clone_lines(course: Course) -> str:
    """The README's first commands: get the repository, enter it, open the course."""
    folder = course.repository.rpartition("/")[2]
    return f"```\ngit clone {course.repository}\ncd {folder}\npython3 course.py lab\n```"


def readme_text(course: Course) -> str | None:
    """The README with its generated parts as they should be, or None if there is no place for a table."""
    if not course.readme.is_file():
        return None
    text = _between(course.readme.read_text("utf-8"), CLONE_BEGIN, CLONE_END, clone_lines(course))
    if not (TABLE_BEGIN in text and TABLE_END in text):
        return None
    return _between(text, TABLE_BEGIN, TABLE_END, lesson_table(course))


def _between(text: str, begin: str, end: str, content: str) -> str:
    """Text with the content between two marker lines replaced; as it is if a marker is missing."""
    head, found, rest = text.partition(begin)
    _, closed, tail = rest.partition(end)
    return f"{head}{begin}\n{content}\n{end}{tail}" if found and closed else text
