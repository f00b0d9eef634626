"""The map of the course."""

from collections.abc import Mapping
from typing import Any

import matplotlib.pyplot as plt
from matplotlib.figure import Figure
from matplotlib.patches import FancyBboxPatch

from .style import COLORS, finish

_BOX = (0.86, 0.62)  # width and height of a box, in units of the grid


def course_map(course: Mapping[str, Mapping[str, Any]]) -> Figure:
    """The lessons as boxes, with an arrow from each lesson to those that stand directly on it.

    Args:
        course: lesson number -> {"title", "needs" (lesson numbers), "time", "ready" (False: in preparation)}.

    Returns:
        The figure.

    Raises:
        ValueError: if a lesson needs one that is not in the course.
    """
    for number, lesson in course.items():
        for needed in lesson["needs"]:
            if needed not in course:
                raise ValueError(f"lesson {number} needs {needed!r}: expected one of {', '.join(course)}")
    depth: dict[str, int] = {}

    def level(number: str) -> int:
        if number not in depth:
            depth[number] = 1 + max((level(n) for n in course[number]["needs"]), default=-1)
        return depth[number]

    columns: dict[int, list[str]] = {}
    for number in course:
        columns.setdefault(level(number), []).append(number)
    place = {
        number: (column, (len(numbers) - 1) / 2 - row)
        for column, numbers in columns.items()
        for row, number in enumerate(numbers)
    }
    rows = max(len(numbers) for numbers in columns.values())
    fig, ax = plt.subplots(figsize=(2.05 * len(columns), 1.15 * rows + 0.6))
    for number, lesson in course.items():
        x, y = place[number]
        color = COLORS["blue"] if lesson["ready"] else COLORS["grey"]
        box = FancyBboxPatch(
            (x - _BOX[0] / 2, y - _BOX[1] / 2), *_BOX, boxstyle="round,pad=0,rounding_size=0.08",
            facecolor=color if lesson["ready"] else "white", edgecolor=color, linewidth=1.3,
            zorder=2,
        )  # fmt: skip
        ax.add_patch(box)
        ink = "white" if lesson["ready"] else COLORS["black"]
        ax.text(
            x, y + 0.19, f"{number} · {lesson['time']}", ha="center", va="center", color=ink, fontsize=7.5, zorder=3
        )
        ax.text(x, y - 0.06, _wrap(lesson["title"]), ha="center", va="center", color=ink, fontsize=8.5, zorder=3)
        for needed in _direct(number, course):
            x0, y0 = place[needed]
            arrow = {"arrowstyle": "-|>", "color": COLORS["grey"], "linewidth": 1.1, "shrinkA": 0, "shrinkB": 0}
            if x - x0 > 1 and y == y0:  # go around the boxes between
                arrow["connectionstyle"] = "arc3,rad=-0.6"
            ax.annotate("", (x - _BOX[0] / 2, y), (x0 + _BOX[0] / 2, y0), arrowprops=arrow, zorder=1)
    ax.set(xlim=(-0.55, len(columns) - 0.45), ylim=(-(rows - 1) / 2 - 0.55, (rows - 1) / 2 + 0.5))
    ax.axis("off")
    ready = sum(lesson["ready"] for lesson in course.values())
    ax.set_title(
        f"{ready} lessons are ready (filled), {len(course) - ready} in preparation (empty); an arrow means 'needs'"
    )
    return finish(fig)


def _direct(number: str, course: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """The lessons that `number` needs and that none of its other needs already needs."""

    def behind(n: str) -> set[str]:
        return {n}.union(*(behind(m) for m in course[n]["needs"]))

    needs = course[number]["needs"]
    return [n for n in needs if not any(n in behind(other) for other in needs if other != n)]


def _wrap(title: str, width: int = 21) -> str:
    lines = [""]
    for word in title.split():
        if lines[-1] and len(lines[-1]) + 1 + len(word) > width:
            lines.append("")
        lines[-1] = f"{lines[-1]} {word}".strip()
    return "\n".join(lines)
