"""The site: what its builder makes of lessons and prose, and that every link of the finished pages leads somewhere."""

from __future__ import annotations

import base64
import json
import re
import shutil
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest
from support.site import built_site

import course as commands
from docs.site import captions, course_map, front, outputs, pages
from docs.site.build import MARK, SiteError, build_site
from notebooks.build import read_course
from notebooks.build.source import Course

ROOT = Path(__file__).resolve().parent.parent
PIXEL = base64.b64encode(b"\x89PNG\r\n\x1a\n").decode()


@pytest.fixture(scope="module")
def course() -> Course:
    return read_course()


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return built_site(tmp_path_factory)


class Page(HTMLParser):
    """What a page offers to links, and where its own lead."""

    TARGETS = (
        ("a", "href"),
        ("link", "href"),
        ("img", "src"),
        ("script", "src"),
        ("source", "src"),
        ("video", "poster"),
    )

    def __init__(self, path: Path):
        super().__init__()
        self.anchors: set[str] = set()
        self.links: list[str] = []
        self.pictures: list[dict[str, str | None]] = []
        self.headings: list[str] = []
        self.feed(path.read_text("utf-8"))

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        has = dict(attributes)
        self.anchors |= {value for key in ("id", "name") if (value := has.get(key))}
        self.links += [value for kind, key in self.TARGETS if kind == tag and (value := has.get(key))]
        self.links += [value for key in ("data-plotly", "data-figure") if (value := has.get(key))]
        if tag == "img":
            self.pictures.append(has)
        if tag == "h1":
            self.headings.append(tag)


def broken(folder: Path) -> list[str]:
    """Links of a site that lead to no file or anchor of it, and addresses elsewhere that are not well formed."""
    read = {path.resolve(): Page(path) for path in folder.rglob("*.html")}
    found = []
    for path, page in read.items():
        for link in page.links:
            parts = urlsplit(link)
            if parts.scheme or parts.netloc:
                if parts.scheme not in ("https", "http", "mailto", "data") or " " in link:
                    found.append(f"{path.name}: {link}")
                continue
            there = (path.parent / unquote(parts.path)).resolve() if parts.path else path
            anchored = not parts.fragment or there not in read or unquote(parts.fragment) in read[there].anchors
            if not there.is_file() or not anchored:
                found.append(f"{path.name}: {link}")
    return found


# ------------------------------------------------------------------------------------------------ the finished site


@pytest.mark.slow
def test_every_link_leads_somewhere(site: Path) -> None:
    assert broken(site) == []


def test_a_broken_link_is_found(tmp_path: Path) -> None:
    (tmp_path / "a.html").write_text('<p id="x"><a href="b.html#y">b</a><a href="#x">x</a><img src="c.png">')
    (tmp_path / "b.html").write_text('<a href="a.html#x">a</a><a href="htps://example.org">e</a>')
    assert sorted(broken(tmp_path)) == ["a.html: b.html#y", "a.html: c.png", "b.html: htps://example.org"]


@pytest.mark.slow
def test_each_lesson_has_a_page_with_one_title_buttons_and_described_figures(site: Path, course: Course) -> None:
    for lesson in course.lessons:
        page = Page(site / "lessons" / f"{lesson.stem}.html")
        where = " ".join(page.links)
        assert "colab.research.google.com" in where
        assert "mybinder.org" in where
        assert "kaggle.com/kernels" in where
        figures = [picture for picture in page.pictures if picture.get("class") == "course-figure"]
        assert figures
        assert all(len(picture["alt"] or "") > 20 and picture["loading"] == "lazy" for picture in figures), (
            lesson.number
        )
        text = (site / "lessons" / f"{lesson.stem}.html").read_text("utf-8")
        assert text.count("Show our solution") == len(lesson.points)
        assert "An interactive widget" not in text
        assert "Traceback" not in text


@pytest.mark.slow
def test_a_page_has_the_weight_of_a_page(site: Path) -> None:
    """Figures are files of their own and come when they are looked at; plotly and MathJax stand once."""
    assert max(path.stat().st_size for path in (site / "lessons").glob("*.html")) < 500_000
    assert sum(path.stat().st_size for path in site.rglob("*") if path.is_file()) < 60e6
    assert not list(site.rglob("*.ipynb"))


@pytest.mark.slow
def test_pages_ask_no_other_server_for_anything(site: Path) -> None:
    """Links may lead elsewhere; what a page loads may not."""
    loads = re.compile(
        r'<(?:script|img|source|iframe|video)\b[^>]*\b(?:src|poster)="(?:https?:)?//|<link\b[^>]*href="(?:https?:)?//'
    )
    assert [path.name for path in site.rglob("*.html") if loads.search(path.read_text("utf-8"))] == []
    styles = "".join(path.read_text("utf-8", "replace") for path in site.rglob("*.css"))
    assert not re.search(r"url\(\s*['\"]?(?:https?:)?//", styles)


@pytest.mark.slow
def test_prose_for_teachers_is_part_of_it(site: Path) -> None:
    for path in (ROOT / "docs").glob("*.md"):
        assert (site / f"{path.stem}.html").is_file()
        assert f'href="{path.stem}.html"' in (site / "index.html").read_text("utf-8")


# ------------------------------------------------------------------------------------------------ the folder


def test_a_folder_that_holds_something_else_is_left_alone(tmp_path: Path, course: Course) -> None:
    (tmp_path / "mine.txt").write_text("kept")
    with pytest.raises(SiteError, match="holds something else"):
        build_site(course, tmp_path)
    with pytest.raises(SiteError, match="a file is there"):
        build_site(course, tmp_path / "mine.txt")
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]


def test_a_missing_solved_copy_is_named(tmp_path: Path, course: Course) -> None:
    with pytest.raises(SiteError, match=r"notebooks/solutions/00_start_here\.ipynb.*python notebooks/build"):
        build_site(Course(tmp_path, course.repository, course.lessons), tmp_path / "site")


def test_an_older_site_is_replaced_and_a_failed_build_leaves_it(
    tmp_path: Path, course: Course, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "site"
    out.mkdir()
    (out / MARK).write_text("")
    (out / "index.html").write_text("old")

    def fails(*_: object) -> None:
        raise SiteError("Sphinx says: no")

    monkeypatch.setattr("docs.site.build.stage", lambda *_: None)
    monkeypatch.setattr("docs.site.build.run_sphinx", fails)
    with pytest.raises(SiteError, match="Sphinx says"):
        build_site(course, out)
    assert (out / "index.html").read_text() == "old"

    def makes(source: Path, made: Path, doctrees: Path) -> None:
        made.mkdir()
        (made / "index.html").write_text("new")

    monkeypatch.setattr("docs.site.build.run_sphinx", makes)
    built = build_site(course, out)
    assert (built.index.read_text(), built.pages) == ("new", 1)
    assert [path.name for path in tmp_path.iterdir()] == ["site"]


def test_course_py_knows_the_command(monkeypatch: pytest.MonkeyPatch) -> None:
    """The tests' environment serves where it stands; otherwise one without PyTorch and JupyterLab is made."""
    started: list[list[str]] = []
    monkeypatch.setattr(commands, "replace_process", lambda command, variables: started.append(command) or 0)
    monkeypatch.setattr(commands, "prepare", lambda kind, repair=False: kind)
    for ready, kind in ((True, "test"), (False, "site")):
        monkeypatch.setattr(commands, "is_ready", lambda kind, ready=ready: ready)
        assert commands.main(["site", "--out", "somewhere", "--open"]) == 0
        here = str(Path("somewhere").resolve())
        assert started.pop() == [kind, str(ROOT / "docs" / "site"), "--out", here, "--open"]
    needed = dict(commands.pins_of("docs/requirements.txt"))
    assert not {"torch", "jax", "jupyterlab"} & set(needed)


# ------------------------------------------------------------------------------------------------ words


def test_a_description_becomes_a_short_alternative() -> None:
    text = "*Picture: a curve with two valleys at $x = \\pm 1.5$; an orange ball in the `left` one.*\n\nIt is (c)."
    assert captions.described(text) == "a curve with two valleys at x = ± 1.5; an orange ball in the left one."
    assert captions.alternative(text) == "Figure: a curve with two valleys at x = ± 1.5 (described below)"
    short = "*Moving picture: two panels. Left, the energy falls.*"
    assert captions.alternative(short) == "Figure: two panels. Left, the energy falls (described below)"
    assert captions.alternative("No caption.") == "Figure"
    long = captions.alternative("*Picture: " + "many words " * 40 + "*")
    assert len(long) < 190
    assert long.endswith("… (described below)")


def test_the_readmes_opening_and_pictures_are_read() -> None:
    readme = (ROOT / "README.md").read_text("utf-8")
    title, opening = front.opening_of(readme)
    assert title == "From the Boltzmann distribution to thermodynamic sampling"
    assert opening.startswith("An interactive notebook course")
    found = front.pictures_of(readme)
    assert [Path(picture.path).name for picture in found] == ["plate.png", "learning.png"]
    assert all(len(picture.alternative) > 100 and len(picture.caption) > 100 for picture in found)


def test_links_of_prose_hold_on_the_site(tmp_path: Path, course: Course) -> None:
    page = ROOT / "docs" / "teaching.md"
    repository = course.repository
    for link, there in (
        ("../notebooks/09_xy.ipynb", "lessons/09_xy.ipynb"),
        ("../notebooks/solutions/09_xy.ipynb", "lessons/09_xy.ipynb"),
        ("../README.md#movies", f"{repository}/blob/main/README.md#movies"),
        ("../classroom", f"{repository}/tree/main/classroom"),
        ("#below", "#below"),
        ("https://example.org/a", "https://example.org/a"),
    ):
        assert pages.with_site_links(f"[x]({link})", page, course) == f"[x]({there})"
    with pytest.raises(ValueError, match=r"nowhere\.md"):
        pages.with_site_links("[x](nowhere.md)", page, course)


def test_the_map_puts_every_lesson_below_what_it_needs(course: Course) -> None:
    place = course_map.layout(course)
    assert set(place) == {lesson.number for lesson in course.lessons}
    for lesson in course.lessons:
        assert all(place[above][1] < place[lesson.number][1] for above in lesson.needs)
    width, height = course_map.BOX
    spots = list(place.values())
    for i, (x, y) in enumerate(spots):
        assert width / 2 <= x <= course_map.WIDTH - width / 2
        assert all(abs(x - u) >= width or abs(y - v) >= height for u, v in spots[:i])
    drawing = course_map.drawing(course, "lessons/")
    assert all(f'href="lessons/{lesson.stem}.html"' in drawing for lesson in course.lessons)
    assert course_map.direct(course, "03") == ["02"]


# ------------------------------------------------------------------------------------------------ outputs


def cell(data: dict, metadata: dict | None = None) -> dict:
    """A code cell that shows one thing."""
    return {"outputs": [{"output_type": "display_data", "data": data, "metadata": metadata or {}}]}


def html_of(shown: list[dict]) -> str:
    assert len(shown) == 1
    return shown[0]["data"]["text/html"]


def test_a_figure_becomes_a_file_with_its_size_and_description(tmp_path: Path) -> None:
    figure = cell({"image/png": PIXEL}, {"image/png": {"width": 960, "height": 340}})
    html = html_of(
        outputs.as_pages_show(figure, "*Picture: a <b> curve over the whole range of x.*", {}, tmp_path, "01")
    )
    assert 'width="960" height="340" loading="lazy"' in html
    assert 'alt="Figure: a &lt;b&gt; curve over the whole range of x (described below)"' in html
    (file,) = (tmp_path / "figures").iterdir()
    assert f"../figures/{file.name}" in html


def test_an_explorer_becomes_its_question_settings_picture_and_caption(tmp_path: Path) -> None:
    def part(name: str, **state: object) -> dict:
        return {"model_name": name, "state": state}

    states = {
        "top": part(
            "VBoxModel", children=[f"IPY_MODEL_{x}" for x in ("ask", "t", "kind", "go", "how", "image", "says")]
        ),
        "ask": part("HTMLModel", value="<b>Question.</b> How hot?"),
        "t": part("FloatSliderModel", description="temperature T", value=1.5, readout_format=".2f"),
        "kind": part("ToggleButtonsModel", description="data", _options_labels=["moons", "ring"], index=1),
        "go": part("ButtonModel", description="quench"),
        "how": part("HTMLModel", value="Draw with the mouse."),
        "image": part("ImageModel", width="512", height="256", _dom_classes=["explorer-picture"])
        | {"buffers": [{"data": PIXEL}]},
        "says": part("HTMLModel", value='<div role="status">T = 1.50</div>', _dom_classes=["explorer-caption"]),
    }
    widget = cell({outputs.WIDGET: {"model_id": "top"}, "text/plain": "An interactive widget"})
    html = html_of(outputs.as_pages_show(widget, "", states, tmp_path, "01"))
    for words in ("How hot?", "temperature T: 1.50", "data: ring", 'width="512"', "T = 1.50", "move in the notebook"):
        assert words in html
    for words in ("quench", "Draw with the mouse", "role=", "An interactive widget"):
        assert words not in html
    assert html.index("How hot?") < html.index("temperature T") < html.index("<img") < html.index("T = 1.50<")


def test_scripts_of_widgets_are_left_out_and_a_failed_cell_is_refused(tmp_path: Path) -> None:
    assert outputs.as_pages_show(cell({"text/html": "<script>1</script>"}), "", {}, tmp_path, "01") == []
    failed = {"outputs": [{"output_type": "error", "ename": "ValueError"}]}
    with pytest.raises(ValueError, match="01: a cell has failed: ValueError"):
        outputs.as_pages_show(failed, "", {}, tmp_path, "01")


def test_a_figure_of_plotly_stands_in_a_script_of_its_own(tmp_path: Path) -> None:
    shown = cell({outputs.PLOTLY: {"data": [1], "layout": {}}, "image/png": PIXEL})
    html = html_of(outputs.as_pages_show(shown, "", {}, tmp_path, "04"))
    key = re.search(r'data-key="([^"]+)"', html)[1]
    script = (tmp_path / "figures" / f"{key}.js").read_text("utf-8")
    assert json.loads(script.split("] = ")[1].rstrip(";\n")) == {"data": [1], "layout": {}}
    assert "../vendored/plotly.min.js" in html


def test_solutions_are_folded_below_their_hints_and_stubs_stand_open(tmp_path: Path, course: Course) -> None:
    lesson = course.find("01")
    shown = pages.page_of(lesson, course, tmp_path)["cells"]
    texts = ["".join(c["source"]) for c in shown]
    folds = [c["metadata"].get("mystnb", {}).get("code_prompt_show") for c in shown]
    stub = next(i for i, text in enumerate(texts) if "Exercise 1.1 is yours" in text)
    solution = folds.index("Show our solution")
    hint = next(i for i, text in enumerate(texts) if "<summary>Hint" in text)
    assert folds[stub] is None
    assert stub < folds.index("Show the check") < hint < solution
    assert texts[solution].startswith("def photograph(")
    assert "NotImplementedError" not in texts[solution]
    assert sum(bool(re.match(r"# ", c["source"])) for c in shown if c["cell_type"] == "markdown") == 1


def test_the_page_of_no_page_leads_home_wherever_the_site_stands(tmp_path: Path) -> None:
    text = (ROOT / "docs/site/not_found.html").read_text("utf-8")
    assert text.count("{name}") == 2
    shutil.copy(ROOT / "docs/site/not_found.html", tmp_path / "404.html")
    (tmp_path / "index.html").write_text("home")
    assert broken(tmp_path) == []
