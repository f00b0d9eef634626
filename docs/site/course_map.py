"""The map of the course as a drawing whose boxes are links."""

from __future__ import annotations

import textwrap
from graphlib import TopologicalSorter
from html import escape

from notebooks.build.source import Course, Lesson

from . import captions

WIDTH, BOX, ROW = 960, (150, 84), 122
LINE = 17
"""Letters of a title that fit into a box."""


def layout(course: Course) -> dict[str, tuple[float, float]]:
    """Centre of each lesson: one row below all that it needs, each row centred, in the order of what stands above."""
    needs = {x.number: x.needs for x in course.lessons}
    depth: dict[str, int] = {}
    for number in TopologicalSorter(needs).static_order():
        depth[number] = 1 + max((depth[above] for above in needs[number]), default=-1)
    place: dict[str, tuple[float, float]] = {}
    for row in range(1 + max(depth.values())):
        numbers = [number for number in needs if depth[number] == row]
        centre = {n: sum(place[m][0] for m in needs[n]) / max(1, len(needs[n])) for n in numbers}
        numbers.sort(key=lambda n: (centre[n], n))
        for i, number in enumerate(numbers):
            place[number] = WIDTH * (i + 0.5) / len(numbers), ROW * (row + 0.5)
    return place


def direct(course: Course, number: str) -> list[str]:
    """The lessons that one needs and that none of its other needs already needs."""
    needs = {x.number: x.needs for x in course.lessons}

    def behind(n: str) -> set[str]:
        return {n}.union(*(behind(m) for m in needs[n]))

    return [n for n in needs[number] if not any(n in behind(m) for m in needs[number] if m != n)]


def drawing(course: Course, folder: str) -> str:
    """The map as SVG.

    Args:
        course: all lessons.
        folder: where their pages are, seen from the page of the map.
    """
    place = layout(course)
    height = max(y for _, y in place.values()) + ROW / 2
    arrows = [_arrow(place[above], place[x.number]) for x in course.lessons for above in direct(course, x.number)]
    boxes = [_box(x, *place[x.number], folder) for x in course.lessons]
    return (
        f'<svg class="course-map" viewBox="0 0 {WIDTH} {height:.0f}" role="group" '
        'aria-label="Map of the course: each box is a lesson, an arrow leads to a lesson that needs it">'
        '<defs><marker id="tip" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto">'
        f'<path d="M0 0 8 4 0 8z"/></marker></defs>{"".join(arrows)}{"".join(boxes)}</svg>'
    )


def _arrow(above: tuple[float, float], below: tuple[float, float]) -> str:
    x0, y0, x1, y1 = above[0], above[1] + BOX[1] / 2, below[0], below[1] - BOX[1] / 2
    half = (y0 + y1) / 2
    line = f"M{x0:.0f} {y0:.0f}C{x0:.0f} {half:.0f} {x1:.0f} {half:.0f} {x1:.0f} {y1:.0f}"
    return f'<path class="needs" d="{line}" marker-end="url(#tip)"/>'


def _box(lesson: Lesson, x: float, y: float, folder: str) -> str:
    lines = textwrap.wrap(lesson.title, LINE, break_on_hyphens=False)
    top = y - 9 * len(lines) + 4
    words = "".join(
        f'<text x="{x:.0f}" y="{top + 18 * (i + 1):.0f}">{escape(line)}</text>' for i, line in enumerate(lines)
    )
    return (
        f'<a href="{folder}{lesson.stem}.html" aria-label="{lesson.number} {escape(lesson.title)}, {lesson.times}">'
        f'<rect x="{x - BOX[0] / 2:.0f}" y="{y - BOX[1] / 2:.0f}" width="{BOX[0]}" height="{BOX[1]}" rx="8"/>'
        f'<text class="number" x="{x:.0f}" y="{top:.0f}">{lesson.number} · {lesson.times}</text>{words}</a>'
    )


def listed(course: Course, folder: str) -> str:
    """The lessons as a list, with what each is for."""
    rows = "\n".join(
        f'<li><a href="{folder}{x.stem}.html">{x.number} · {escape(x.title)}</a> '
        f'<span class="goal">After it you can {escape(captions.plain(x.goal))}. ({x.times})</span></li>'
        for x in course.lessons
    )
    return f'<ol class="lesson-list">\n{rows}\n</ol>'
