"""The map of the course."""

import textwrap
from collections.abc import Mapping
from graphlib import TopologicalSorter
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import FancyBboxPatch

from .style import COLORS, finish

_BOX = (0.86, 0.62)  # width and height of a box, in units of the grid


def course_map(course: Mapping[str, Mapping[str, Any]]) -> Figure:
    """The lessons as boxes, with an arrow from each lesson to those that stand directly on it.

    Args:
        course: lesson number -> {"title", "needs" (lesson numbers), "time"}.

    Returns:
        The figure.

    Raises:
        ValueError: if a lesson needs one that is not in the course.
    """
    for number, lesson in course.items():
        for needed in lesson["needs"]:
            if needed not in course:
                raise ValueError(f"lesson {number} needs {needed!r}: expected one of {', '.join(course)}")
    place = _places(course)
    n_columns = 1 + max(column for column, _ in place.values())
    highest = max(y for _, y in place.values())
    fig, ax = plt.subplots(figsize=(2.05 * n_columns, 1.05 * (2 * highest + 1) + 0.6))
    for number, lesson in course.items():
        x, y = place[number]
        _draw_lesson(ax, number, lesson, x, y)
        for needed in _direct(number, course):
            x0, y0 = place[needed]
            arrow = {"arrowstyle": "-|>", "color": COLORS["grey"], "linewidth": 1.1, "shrinkA": 0, "shrinkB": 0}
            if x - x0 > 1 and y == y0:  # go around the boxes between
                arrow["connectionstyle"] = "arc3,rad=-0.6"
            ax.annotate("", (x - _BOX[0] / 2, y), (x0 + _BOX[0] / 2, y0), arrowprops=arrow, zorder=1)
    ax.set(xlim=(-0.55, n_columns - 0.45), ylim=(-highest - 0.55, highest + 0.5))
    ax.axis("off")
    ax.set_title(f"{len(course)} lessons; an arrow means 'needs'")
    return finish(fig)


def _places(course: Mapping[str, Mapping[str, Any]]) -> dict[str, tuple[int, float]]:
    """Column and height of each lesson: one column to the right of all that it needs, columns centred at height 0.

    In a column lessons stand in the order of what they need: by its mean height, then by number.
    """
    depth: dict[str, int] = {}
    for number in TopologicalSorter({number: lesson["needs"] for number, lesson in course.items()}).static_order():
        depth[number] = 1 + max((depth[needed] for needed in course[number]["needs"]), default=-1)
    place: dict[str, tuple[int, float]] = {}
    for column in range(1 + max(depth.values())):
        numbers = [number for number in course if depth[number] == column]
        height = {n: np.mean([place[needed][1] for needed in _direct(n, course)] or [0.0]) for n in numbers}
        for row, number in enumerate(sorted(numbers, key=lambda n: (-height[n], n))):
            place[number] = (column, (len(numbers) - 1) / 2 - row)
    return place


def _draw_lesson(ax: Axes, number: str, lesson: Mapping[str, Any], x: float, y: float) -> None:
    """The box of a lesson."""
    box = FancyBboxPatch(
        (x - _BOX[0] / 2, y - _BOX[1] / 2), *_BOX, boxstyle="round,pad=0,rounding_size=0.08",
        facecolor=COLORS["blue"], edgecolor=COLORS["blue"], linewidth=1.3, zorder=2,
    )  # fmt: skip
    ax.add_patch(box)
    look = {"ha": "center", "va": "center", "color": "white", "zorder": 3}
    ax.text(x, y + 0.19, f"{number} · {lesson['time']}", fontsize=7.5, **look)
    ax.text(x, y - 0.06, textwrap.fill(lesson["title"], 24, break_on_hyphens=False), fontsize=8.5, **look)


def _direct(number: str, course: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """The lessons that `number` needs and that none of its other needs already needs."""

    def behind(n: str) -> set[str]:
        return {n}.union(*(behind(m) for m in course[n]["needs"]))

    needs = course[number]["needs"]
    return [n for n in needs if not any(n in behind(other) for other in needs if other != n)]
