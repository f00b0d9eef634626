"""The drawing pad in JupyterLab: pointer, finger, keyboard, shapes and text all end as strokes in the kernel."""

import json
import re
from collections.abc import Iterator

import numpy as np
import pytest

pytestmark = pytest.mark.browser

NOTEBOOK = "05_contrastive_divergence.ipynb"
SETUP = "course_utils.setup("
IMPORTS = "from course_utils import"
PAD = "pad = explorers.DrawingPad()\npad"
ASK = """import json
strokes = [line.tolist() for line in pad.strokes]
x = pad.points(20_000)
print(json.dumps([strokes, x.mean(0).tolist(), x.std(0).tolist(), pad.density().name]))"""

LEARN = """learned = explorers.learn_drawing(pad.density(), n_steps=200)
print(learned.density.name, learned.kl)
display(learned.figure(), learned.film())"""


class Pad:
    """A drawing pad on a page, and what the kernel knows of it."""

    def __init__(self, notebook):
        self.notebook = notebook
        self.cell, self.asks = notebook.cell(SETUP) + 1, notebook.cell(SETUP) + 2
        self.write(self.cell, PAD)
        notebook.run_cells(self.cell)
        self.view = notebook.explorer(self.cell)
        self.canvas = self.view.root.locator("canvas.drawing-pad-canvas")

    def write(self, index: int, source: str) -> None:
        """Sets the source of a cell, after a new one was put there."""
        self.notebook.page.evaluate(
            """([index, source]) => {
                coursePanel.content.model.sharedModel.insertCell(index, {cell_type: "code", source});
            }""",
            [index, source],
        )

    def at(self, x: float, y: float) -> tuple[float, float]:
        """The place on the page of a point of the plane."""
        self.canvas.scroll_into_view_if_needed()
        box = self.canvas.bounding_box()
        return box["x"] + (x + 5) / 10 * box["width"], box["y"] + (5 - y) / 10 * box["height"]

    def drag(self, *corners: tuple[float, float]) -> None:
        mouse = self.notebook.page.mouse
        mouse.move(*self.at(*corners[0]))
        mouse.down()
        for corner in corners[1:]:
            mouse.move(*self.at(*corner), steps=8)
        mouse.up()
        self.view.settle()

    def press(self, *keys: str) -> None:
        for key in keys:
            self.canvas.press(key)
        self.view.settle()

    def asked(self) -> tuple[list, np.ndarray, np.ndarray, str]:
        """Strokes, mean and standard deviation of points, and the name, as the kernel has them."""
        if ASK not in self.notebook.sources():
            self.write(self.asks, ASK)
        self.notebook.run_cells(ASK)
        strokes, mean, std, name = json.loads(self.notebook.text(self.asks).strip())
        return [np.array(line) for line in strokes], np.array(mean), np.array(std), name


@pytest.fixture(scope="module")
def pad(lab) -> Iterator[Pad]:
    with lab.open(NOTEBOOK) as notebook:
        notebook.run_cells(SETUP, IMPORTS)
        yield Pad(notebook)
        assert notebook.complaints == []


@pytest.fixture(autouse=True)
def empty(pad: Pad) -> None:
    """No strokes, and the first shape."""
    pad.canvas.press("Escape")
    pad.view.choose("preset", "two moons")


def test_a_mouse_draws_and_the_points_follow(pad: Pad):
    assert not pad.view.root.locator(".drawing-pad-asleep").is_visible()
    before = pad.view.picture()
    pad.drag((-3, 2), (3, 2))
    assert "Your drawing: 1 stroke, 6.0 long" in pad.view.caption()
    assert pad.view.picture() != before
    (line,), mean, std, name = pad.asked()
    assert name == "drawing"
    assert line[0] == pytest.approx([-3, 2], abs=0.03)
    assert line[-1] == pytest.approx([3, 2], abs=0.03)
    assert mean == pytest.approx([0, 2], abs=0.06)
    assert std == pytest.approx([np.sqrt(6**2 / 12 + 0.15**2), 0.15], abs=0.03)

    pad.drag((0, 1), (0, -9))  # beyond the picture: the stroke ends at its edge
    strokes, *_ = pad.asked()
    assert len(strokes) == 2
    assert strokes[1][-1] == pytest.approx([0, -4], abs=0.01)


def test_a_finger_draws_as_well(pad: Pad):
    x, y = pad.at(-2, -1)
    far, _ = pad.at(2, -1)
    session = pad.notebook.page.context.new_cdp_session(pad.notebook.page)
    touch = {"type": "touchStart", "touchPoints": [{"x": x, "y": y}]}
    session.send("Input.dispatchTouchEvent", touch)
    for share in (0.25, 0.5, 0.75, 1.0):
        moved = [{"x": x + share * (far - x), "y": y}]
        session.send("Input.dispatchTouchEvent", {"type": "touchMove", "touchPoints": moved})
    session.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    pad.view.wait_for(lambda: "1 stroke, 4.0 long" in pad.view.caption(), "the finger's stroke")


def test_the_keyboard_draws_undoes_and_clears_and_the_notebook_stays_where_it_is(pad: Pad):
    pen = pad.view.root.locator(".drawing-pad-pen")
    pad.press("Shift+ArrowUp", "Shift+ArrowUp", "ArrowLeft", " ")
    assert re.fullmatch(r"Pen down at -?\d\.\d, -?\d\.\d", pen.inner_text())
    pad.press(*["Shift+ArrowRight"] * 4, *["ArrowDown"] * 3, " ")
    assert "Pen up" in pen.inner_text()
    (line,), *_ = pad.asked()
    assert line[-1] - line[0] == pytest.approx([2.0, -0.3], abs=0.02)

    pad.press(" ", " ")  # a dot
    assert "2 strokes" in pad.view.caption()
    pad.press("Delete")
    assert "1 stroke," in pad.view.caption()
    pad.press("Escape")
    assert "Shape: two moons" in pad.view.caption()
    pad.press("Delete")
    assert "1 stroke," in pad.view.caption(), "an empty page can be undone, too"

    cells = "() => [coursePanel.content.activeCellIndex, coursePanel.content.widgets.length]"
    before = pad.notebook.page.evaluate(cells)
    pad.press("a", "b", "d", "d", "ArrowDown")  # which would insert and delete cells, and choose the next one
    assert pad.notebook.page.evaluate(cells) == before


def test_a_shape_replaces_the_drawing_and_undo_brings_it_back(pad: Pad):
    pad.drag((-1, -1), (1, 1))
    pad.view.choose("preset", "ring")
    assert "Shape: ring" in pad.view.caption()
    _, mean, std, name = pad.asked()
    assert name == "ring"
    assert mean == pytest.approx([0, 0], abs=0.06)
    assert std == pytest.approx([np.sqrt(2.5**2 / 2 + 0.15**2)] * 2, abs=0.04)
    pad.view.control("undo").click()
    pad.view.wait_for(lambda: "Your drawing: 1 stroke" in pad.view.caption(), "the drawing")


def test_text_is_drawn_and_bad_text_is_named(pad: Pad):
    field = pad.view.root.locator("textarea")
    field.fill("-2,0 2,0\n0,-1 0,1")
    field.blur()
    pad.view.wait_for(lambda: "2 strokes, 6.0 long" in pad.view.caption(), "two strokes")
    field.fill("-2,0 2")
    field.blur()
    pad.view.wait_for(pad.view.failed, "the message")
    assert "line 1 of strokes" in pad.view.caption()
    assert "expected pairs x,y" in pad.view.caption()


def test_what_was_drawn_is_what_is_learned(pad: Pad):
    pad.drag((-3, 0), (0, 3), (3, 0))
    if LEARN not in pad.notebook.sources():
        pad.write(pad.asks, LEARN)
    pad.notebook.run_cells(LEARN)
    name, kl = pad.notebook.text(pad.asks).split()[:2]
    kinds = [kind for output in pad.notebook.outputs(pad.asks) for kind in output.get("data", {})]
    assert name == "drawing"
    assert float(kl) < 1
    assert kinds.count("image/png") == 2


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_it_can_be_read_in_both_themes(pad: Pad, theme: str):
    name = f"JupyterLab {theme.title()}"
    pad.notebook.page.evaluate(
        "async theme => { await jupyterapp.commands.execute('apputils:change-theme', {theme}); }", name
    )
    pad.drag((-3, -1), (-1, 2), (1, -1), (3, 2))
    pad.press("ArrowUp")
    color = "element => getComputedStyle(element).color"
    caption = pad.view.root.locator(".explorer-caption div").last.evaluate(color)
    bright = sum(int(value) for value in re.findall(r"\d+", caption)[:3])
    assert (bright > 382) == (theme == "dark")
    pad.view.screenshot(f"drawing_{theme}")
    pad.notebook.screenshot(f"drawing_{theme}_page")
