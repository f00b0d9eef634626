"""A solved copy as a page: answers and checks folded, widgets and figures as HTML, links that hold on the site."""

from __future__ import annotations

import json
import re
from html import escape
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from notebooks.build.source import Course, Lesson
from notebooks.build.templates import binder_address, colab_address, kaggle_address, title_cell

from . import captions, course_map
from .outputs import as_pages_show, html_output

Cell = dict[str, Any]

REPORT = "from course_checks import check\n\ncheck.report("
FORMULA = re.compile(r"(?<![$\\`])\$(?!\$)((?:[^$`\\]|\\.)+?)\$(?!\$)", re.S)
LINK = re.compile(r"(?<=\]\()([^)\s]+)(?=\))")


def page_of(lesson: Lesson, course: Course, extra: Path) -> dict[str, Any]:
    """The notebook that the site shows of a lesson.

    Args:
        lesson: one that has been built.
        course: all lessons.
        extra: the folder whose content is copied to the top of the site; figures are written there.
    """
    solved = json.loads(course.solved_path(lesson).read_text("utf-8"))
    blank = json.loads(course.student_path(lesson).read_text("utf-8"))
    stubs = {name: cell for cell in blank["cells"] if (name := _role(cell, "todo"))}
    states = solved["metadata"].pop("widgets", {}).get("application/vnd.jupyter.widget-state+json", {}).get("state", {})

    cells: list[Cell] = [_markdown(_head(lesson, course))]
    waiting: dict[str, Cell] = {}  # solutions, until their hint has been shown
    old = solved["cells"]
    for index, cell in enumerate(old[1:-1], 1):  # without the title, and the links at the end
        if cell["cell_type"] == "markdown":
            text = _text(cell)
            if _role(old[index - 1], "template"):  # it describes the picture of which a drawing took the place
                text = captions.PICTURE.sub("", text)
            cells.append(_markdown(_as_section(text)))
            name = _role(cell, "hint")
            if name in waiting:
                cells.append(waiting.pop(name))
            continue
        if _text(cell).startswith(REPORT):
            continue  # each check has said that it passed
        shown: Cell = dict(cell, metadata={})
        describing = next(_text(below) for below in old[index:] if below["cell_type"] == "markdown")
        if _role(cell, "template") == "map":  # not as a picture: its boxes are links
            shown["outputs"] = [
                html_output(f"{course_map.drawing(course, '')}<div class=narrow>{course_map.listed(course, '')}</div>")
            ]
            cells.append(_folded(shown, "the code"))
            continue
        shown["outputs"] = as_pages_show(cell, describing, states, extra, lesson.stem)
        if name := _role(cell, "todo"):
            cells.append(dict(stubs[name], metadata={}, outputs=[]))
            waiting[name] = _folded(shown, "our solution")
        elif _role(cell, "check"):
            cells.append(_folded(shown, "the check"))
        elif cell["metadata"].get("jupyter", {}).get("source_hidden"):
            cells.append(_folded(shown, "the set-up"))
        else:
            cells.append(shown)
    cells.extend(waiting.values())
    return {**solved, "cells": cells}


def _text(cell: Cell) -> str:
    source = cell["source"]
    return source if isinstance(source, str) else "".join(source)


def _role(cell: Cell, role: str) -> str | None:
    """The number of the exercise to which a cell belongs in this role."""
    return cell["metadata"].get("course", {}).get(role)


def _markdown(text: str) -> Cell:
    # MathJax joins the words of a formula at the end of a line.
    text = FORMULA.sub(lambda match: match[0].replace("\n", " "), text)
    return {"cell_type": "markdown", "metadata": {}, "source": text}


def _folded(cell: Cell, what: str) -> Cell:
    """A code cell whose code opens with a click."""
    prompts = {"code_prompt_show": f"Show {what}", "code_prompt_hide": f"Hide {what}"}
    return {**cell, "metadata": {"tags": ["hide-input"], "mystnb": prompts}}


def _as_section(text: str) -> str:
    """The heading of the depth part as one of sections: a page has one title."""
    return re.sub(r"\A---\n# (?=Depth)", "## ", text)


def _head(lesson: Lesson, course: Course) -> str:
    """The title as in the notebooks, with buttons in place of the line of links."""
    parts = title_cell(lesson, course, solved=False).split("\n\n")
    opening = next(i for i, part in enumerate(parts) if part.startswith("Open it"))
    parts[opening] = buttons(lesson, course)
    return "\n\n".join(parts)


def buttons(lesson: Lesson, course: Course) -> str:
    """Where the lesson opens to be worked in. Links with words: badges would be fetched from other servers."""
    places = {
        "Colab": (colab_address(lesson, course), "a free account"),
        "Binder": (binder_address(lesson, course), "no account"),
        "Kaggle": (kaggle_address(lesson, course), "a free account; switch Internet on first, in Settings"),
    }
    links = "\n".join(
        f'<a class="open-button" href="{escape(address)}" title="{note}">Open on {name}</a>'
        for name, (address, note) in places.items()
    )
    return (
        f'<div class="open-buttons">\n{links}\n</div>\n\n'
        "*This page shows the lesson as it was run, with the answers folded. To do the exercises, open it.*"
    )


def with_site_links(text: str, path: Path, course: Course) -> str:
    """Prose of the repository with links that hold on the site.

    Args:
        text: Markdown.
        path: the file that it comes from, to which its links are relative.
        course: says which files are pages of the site. All others are shown by the repository's host.
    """
    root = course.root.resolve()

    def target(match: re.Match[str]) -> str:
        link = match[1]
        if re.match(r"[a-z][a-z0-9+.-]*:", link) or link.startswith("#"):
            return link
        file, _, anchor = unquote(link).partition("#")
        there = (path.parent / file).resolve()
        if not there.exists():
            raise ValueError(f"{path.name}: the link {link!r} leads nowhere. Correct it.")
        name = there.relative_to(root)
        tail = f"#{anchor}" if anchor else ""
        if there.suffix == ".ipynb" and there.stem in {x.stem for x in course.lessons}:
            return f"lessons/{there.stem}.ipynb{tail}"
        if name.parent.as_posix() == "docs" and there.suffix == ".md":
            return f"{there.name}{tail}"
        kind = "tree" if there.is_dir() else "blob"
        return f"{course.repository}/{kind}/main/{name.as_posix()}{tail}"

    return LINK.sub(target, text)
