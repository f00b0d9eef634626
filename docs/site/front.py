"""The front page: words and pictures from the README, the live lattice, the map, the films."""

from __future__ import annotations

import re
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path

from notebooks.build.source import Course

from . import captions, course_map
from .pages import with_site_links

HERE = Path(__file__).resolve().parent
FILMS = {
    "ising": "Ising spins at T = 1.5: patches of equal spins grow and swallow each other.",
    "potts": "Potts spins of ten colours at T = 0.45: grains grow, as in a metal that cools.",
    "xy": "XY spins, a colour for each direction, at T = 0.2: vortices, where all colours meet, find their opposites "
    "and vanish with them.",
}
"""What each film of `course_utils.showcase` shows; temperatures and colours are those of its columns."""


@dataclass(frozen=True)
class Picture:
    """A picture of the README.

    Attributes:
        path: relative to the README.
        alternative: what stands in its place.
        caption: the paragraph below it, Markdown.
    """

    path: str
    alternative: str
    caption: str


def pictures_of(readme: str) -> list[Picture]:
    """The pictures of the README that have a caption, an emphasised paragraph right below."""
    found = re.findall(r"^!\[([^\]]*)\]\(([^)]+)\)\n\n\*(.+?)\*\n\n", readme, re.M | re.S)
    return [Picture(path, " ".join(alt.split()), " ".join(caption.split())) for alt, path, caption in found]


def opening_of(readme: str) -> tuple[str, str]:
    """Title and first paragraph of the README, past its badges.

    Raises:
        ValueError: if it does not begin with these.
    """
    title, *paragraphs = readme.split("\n\n", 3)
    words = [paragraph for paragraph in paragraphs[:2] if not paragraph.startswith("[![")]  # badges live elsewhere
    if not title.startswith("# ") or "\n" in title or not words:
        raise ValueError("README.md: expected a title (`# …`), an empty line and a paragraph at its beginning.")
    return title.removeprefix("# "), " ".join(words[0].split())


def page(course: Course, prose: Sequence[str], extra: Path) -> str:
    """The source of the front page.

    Args:
        course: all lessons.
        prose: names of the pages for teachers, without their endings.
        extra: the folder whose content is copied to the top of the site.
    """
    readme = course.readme.read_text("utf-8")
    title, opening = opening_of(readme)
    pictures = "\n\n".join(_shown(picture, course, extra) for picture in pictures_of(readme))
    shutil.copytree(HERE / "films", extra / "films")
    first = course.lessons[0]
    return f"""\
---
html_theme.sidebar_secondary.remove: true
---

# {title}

{opening}

These pages show every lesson as it was run. To do the exercises, open a lesson on Colab, Binder or Kaggle with the
buttons at its top, or [get the whole course]({course.repository}#three-commands) on your own machine.
Begin with [{first.number} {first.title}](lessons/{first.stem}.ipynb).

## A lattice that lives

{_raw((HERE / "lattice.html").read_text("utf-8"))}

## The map

<p><span class="wide">An arrow leads to a lesson that needs the one above.</span>
Times are minutes for the core of a lesson, and for its depth part.</p>

{_raw(course_map.drawing(course, "lessons/"))}

{_raw(course_map.listed(course, "lessons/"))}

## Pictures

{pictures}

## Three quenches

Random spins, put at a low temperature at once. Domains grow
as the root of time, so time in these films runs as a square. 256 × 256 spins, ten seconds.

{_raw(_films())}

{_contents(course, prose)}
"""


def _raw(html: str) -> str:
    return f"````{{raw}} html\n{html.strip()}\n````"


def _shown(picture: Picture, course: Course, extra: Path) -> str:
    source = course.readme.parent / picture.path
    (extra / "pictures").mkdir(parents=True, exist_ok=True)
    shutil.copy(source, extra / "pictures")
    address = f"pictures/{source.name}"
    caption = with_site_links(picture.caption, course.readme, course).replace("](#", f"]({course.repository}#")
    image = (
        f'<a class="figure-link" href="{address}"><img class="course-figure" src="{address}" '
        f'alt="{escape(captions.plain(picture.alternative))}" loading="lazy" decoding="async"></a>'
    )
    return f"{_raw(image)}\n\n*{caption}*"


def _films() -> str:
    films = "\n".join(
        f'<figure><video controls loop muted playsinline preload="none" poster="films/quench-{key}.jpg" width="512" '
        f'height="548" aria-label="Film: {escape(words)}">'
        f'<source src="films/quench-{key}.mp4" type="video/mp4"></video>'
        f"<figcaption>{escape(words)}</figcaption></figure>"
        for key, words in FILMS.items()
    )
    return f'<div class="films">\n{films}\n</div>'


def _contents(course: Course, prose: Sequence[str]) -> str:
    """What the navigation at the side shows."""
    lessons = "\n".join(f"lessons/{x.stem}" for x in course.lessons)
    parts = [f"```{{toctree}}\n:hidden:\n:caption: Lessons\n\n{lessons}\n```"]
    if prose:
        names = "\n".join(prose)
        parts.append(f"```{{toctree}}\n:hidden:\n:caption: For teachers\n\n{names}\n```")
    return "\n\n".join(parts)
