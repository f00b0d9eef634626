"""The explorers without a browser: pictures, captions, errors, and both major versions of ipywidgets."""

import ast
import asyncio
import gc
import io
import itertools
import json
import math
import subprocess
import sys
import threading
import weakref
from pathlib import Path

import ipywidgets as widgets
import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.figure import Figure
from PIL import Image
from scipy import integrate, optimize

from course_utils import explorers, plots
from course_utils.explorers import Explorer, base, boltzmann, gradual
from course_utils.explorers.density import GRID, grid_at, landscapes, masses

ROOT = Path(__file__).resolve().parents[1]
SOURCES = sorted((ROOT / "course_utils" / "explorers").glob("*.py"))


def line(height: float = 1.0, kind: str = "flat") -> tuple[Figure, str]:
    """A picture that is cheap to draw, and a caption that says the height."""
    figure = Figure(figsize=(3, 2), layout="none")
    figure.add_axes((0, 0, 1, 1)).axhline(height, linestyle="-" if kind == "flat" else ":")
    return figure, f"height {height:g} < 9, {kind}"


def dark_columns(png: bytes) -> np.ndarray:
    """Columns of a picture that hold an axis: more than half of them dark."""
    return (np.asarray(Image.open(io.BytesIO(png)).convert("L")) < 100).mean(0) > 0.5


def line_explorer(render=line, **options) -> Explorer:
    controls = {"height": base.slider("height", 1.0, 0.0, 5.0, 0.5), "kind": base.choice("kind", ["flat", "dotted"])}
    return Explorer(controls, render, **options)


class TestExplorer:
    def test_first_picture_is_there_at_construction(self):
        explorer = line_explorer()
        assert Image.open(io.BytesIO(explorer.picture)).format == "PNG"
        assert explorer.caption == "height 1 < 9, flat"
        assert explorer.renders == 1

    def test_picture_and_caption_follow_a_control(self):
        explorer = line_explorer()
        before = explorer.picture
        explorer.controls["height"].value = 2.5
        assert explorer.picture != before
        assert explorer.caption == "height 2.5 < 9, flat"
        explorer.controls["height"].value = 1.0
        assert explorer.picture == before

    def test_set_moves_several_controls_and_draws_once(self):
        explorer = line_explorer()
        assert explorer.set(height=3.0, kind="dotted") is explorer
        assert explorer.values == {"height": 3.0, "kind": "dotted"}
        assert explorer.renders == 2
        explorer.set(height=3.0)
        assert explorer.renders == 2

    def test_set_refuses_what_a_control_does_not_take(self):
        explorer = line_explorer()
        with pytest.raises(ValueError, match="no control is called 'hight'; there are height, kind"):
            explorer.set(hight=1.0)
        with pytest.raises(ValueError, match=r"control 'height' does not take 50\.0; it is at 5\.0"):
            explorer.set(height=50.0)
        assert explorer.caption == "height 5 < 9, flat"

    def test_the_last_value_wins_if_values_change_during_a_drawing(self):
        def impatient(height, kind):
            if height == 2.0:
                explorer.controls["height"].value = 4.0
            return line(height, kind)

        explorer = line_explorer(impatient)
        explorer.set(kind="dotted")
        explorer.controls["height"].value = 2.0
        assert explorer.caption == "height 4 < 9, dotted"
        assert explorer.picture == line_explorer().set(height=4.0, kind="dotted").picture

    def test_caption_is_escaped(self):
        assert "height 1 &lt; 9" in line_explorer().text.value

    def test_the_question_is_shown_above_the_controls(self):
        explorer = line_explorer(question="Is 1 < 2?")
        assert "Is 1 &lt; 2?" in explorer.box.children[0].value

    @pytest.mark.parametrize("bbox", ["tight", None])
    def test_every_picture_has_the_same_size(self, bbox):
        with mpl.rc_context({"savefig.bbox": bbox, "savefig.dpi": 55, "figure.constrained_layout.use": True}):
            explorer = line_explorer(size=(5.0, 2.0))
            for height in (0.0, 5.0):
                explorer.set(height=height)
                assert Image.open(io.BytesIO(explorer.picture)).size == (5 * base.DPI, 2 * base.DPI)
        assert (explorer.image.width, explorer.image.height) == ("480", "192")

    def test_no_figure_is_left_open_or_alive(self):
        def leaky(height, kind):
            plt.figure()
            plt.figure()
            if height == 2.0:
                raise RuntimeError("half way")
            return plt.gcf(), "a figure of pyplot"

        mine = plt.figure()
        try:
            explorer = line_explorer(leaky)
            for step in range(10):
                explorer.set(height=step / 2)
            assert plt.get_fignums() == [mine.number]
        finally:
            plt.close(mine)

    @pytest.mark.usefixtures("course_style")
    def test_axes_stay_where_the_first_picture_put_them_unless_a_name_would_be_cut(self):
        def wide(height, kind):
            ticks = [0, 10 ** int(height)]
            shown = plots.panel(plots.line([0, 1], ticks), ylabel="y", yticks=ticks)
            return plots.figure(shown, title="T", legend="none"), kind

        def left(height):
            return np.flatnonzero(dark_columns(explorer.set(height=height).picture))[0]

        explorer = line_explorer(wide)
        narrow = left(1.0)
        assert left(5.0) > narrow
        assert left(1.0) == left(3.0) == left(5.0)

    def test_no_figure_is_kept_alive(self):
        drawn = []

        def remembered(height, kind):
            figure, caption = line(height, kind)
            drawn.append(weakref.ref(figure))
            return figure, caption

        explorer = line_explorer(remembered)
        for step in range(10):
            explorer.set(height=step / 2)
        gc.collect()
        assert len(drawn) == 11
        assert not any(reference() for reference in drawn)

    def test_an_extra_widget_is_shown_and_not_passed_on(self):
        play = widgets.Play(min=0, max=10)
        explorer = line_explorer(extras=[play])
        assert any(play in getattr(child, "children", ()) for child in explorer.box.children[0].children)
        assert "play" not in explorer.values

    def test_a_play_button_can_be_a_control(self):
        def frame(frame):
            return line(frame / 10)[0], f"frame {frame}"

        explorer = Explorer({"frame": widgets.Play(min=0, max=10)}, frame)
        explorer.set(frame=7)
        assert explorer.caption == "frame 7"

    @pytest.mark.parametrize(
        ("control", "kind", "value"),
        [
            (base.slider("n", 1, 0, 5, 1), widgets.IntSlider, 1),
            (base.slider("x", 1.0, 0.0, 5.0, 0.5), widgets.FloatSlider, 1.0),
            (base.choice("name", ["a", "b"]), widgets.ToggleButtons, "a"),
            (base.choice("number", {"one": 1, "two": 2}, 2), widgets.ToggleButtons, 2),
            (widgets.Text("x"), widgets.Text, "x"),
        ],
    )
    def test_a_control_hands_its_value_to_the_picture(self, control, kind, value):
        explorer = Explorer({"control": control}, lambda control: (Figure(), repr(control)))
        assert type(control) is kind
        assert explorer.caption == repr(value)

    @pytest.mark.parametrize("control", ["word", (1, 2), [], widgets.Label, widgets.VBox(), None])
    def test_a_control_without_a_value_is_named(self, control):
        with pytest.raises(ValueError, match=r"control 'speed' = .*: expected a widget with a value"):
            Explorer({"speed": control}, line)

    @pytest.mark.parametrize(("low", "high"), [(0.0, 1.0), (2.0, 1.0), (-1.0, 1.0)])
    def test_log_slider_refuses_a_wrong_range(self, low, high):
        with pytest.raises(ValueError, match=r"low = .*0 < low < high"):
            base.log_slider("T", 1.0, low, high)


def counting(seen: list, n: int = 3):
    """A picture in stages: heights in tenths on the way, and a moment without a picture before the last."""

    def render(height, kind):
        seen.append(("begun", height))
        try:
            for part in range(1, n):
                yield line(height * part / n)[0], f"stage {part} of {n} for {height:g}"
            yield None
            seen.append(("done", height))
            yield line(height, kind)
        finally:
            seen.append(("left", height))

    return render


class TestStages:
    def test_without_a_loop_of_events_a_change_draws_the_whole_picture(self):
        explorer = line_explorer(counting(seen := []))
        assert explorer.caption == "height 1 < 9, flat"
        explorer.controls["height"].value = 2.0
        assert explorer.caption == "height 2 < 9, flat"
        assert explorer.picture == line_explorer().set(height=2.0).picture
        assert seen == [(word, height) for height in (1.0, 2.0) for word in ("begun", "done", "left")]

    def test_with_a_loop_the_first_stage_is_there_at_once_and_the_others_follow(self):
        async def drag():
            explorer = line_explorer(counting([]))
            assert explorer.caption == "height 1 < 9, flat"  # made in a cell, it is whole
            explorer.controls["height"].value = 2.0
            first = explorer.caption
            for _ in range(100):
                await asyncio.sleep(base.BREATH_S)
                if explorer.caption == "height 2 < 9, flat":
                    return first, explorer
            raise AssertionError(explorer.caption)

        first, explorer = asyncio.run(drag())
        assert first == "stage 1 of 3 for 2"
        assert explorer.picture == line_explorer().set(height=2.0).picture

    def test_what_is_left_of_a_picture_is_dropped_when_the_control_moves_on(self):
        captions, seen = [], []

        async def drag():
            explorer = line_explorer(counting(seen))
            explorer.text.observe(lambda _: captions.append(explorer.caption), names="value")
            for height in np.arange(0.5, 5.0, 0.5):
                explorer.controls["height"].value = height
                await asyncio.sleep(0)
            while explorer.caption != "height 4.5 < 9, flat":
                await asyncio.sleep(base.BREATH_S)
            await asyncio.sleep(5 * base.BREATH_S)
            return explorer

        explorer = asyncio.run(asyncio.wait_for(drag(), 60))
        assert [height for word, height in seen if word == "done"] == [1.0, 4.5]
        assert {height for word, height in seen if word == "left"} == {1.0, *np.arange(0.5, 5.0, 0.5)}
        order = [float(caption.split(" for ")[1]) for caption in captions if " for " in caption]
        assert order == sorted(order), "an older picture came after a newer one"
        assert explorer.caption == captions[-1] == "height 4.5 < 9, flat"

    def test_a_change_that_another_thread_brings_during_a_later_stage_is_drawn(self):
        """JupyterLab sends what controls say to a thread of its own, while the kernel's first one draws."""
        mover: list[threading.Thread] = []

        def render(height, kind):
            yield line(height / 2)[0], "so far"
            if height == 2.0 and not mover:
                mover.append(threading.Thread(target=explorer.controls["height"].set_trait, args=("value", 3.0)))
                mover[0].start()
                mover[0].join(10)
            yield line(height, kind)

        explorer = line_explorer(render)

        async def drag():
            explorer.controls["height"].value = 2.0
            for _ in range(20):
                await asyncio.sleep(base.BREATH_S)

        asyncio.run(asyncio.wait_for(drag(), 60))
        assert mover
        assert not mover[0].is_alive()
        assert explorer.controls["height"].value == 3.0
        assert explorer.caption == "height 3 < 9, flat"

    def test_an_error_in_a_later_stage_takes_the_place_of_the_picture(self):
        def fails(height, kind):
            yield line(height, kind)
            raise ValueError("half way")

        explorer = line_explorer(fails)
        assert explorer.caption.startswith("ValueError: half way")
        assert isinstance(explorer.error, ValueError)


class TestGradually:
    def test_it_gives_what_the_work_shows_in_turn_and_each_is_waited_for(self):
        done = []

        def work():
            for k in range(3):
                done.append(k)
                gradual.look(k)

        for k, seen in enumerate(gradual.gradually(work)):
            assert seen == k
            assert done == list(range(k + 1)), "the work went on while nobody asked for more"

    def test_work_that_nobody_looks_at_any_more_ends_where_it_is(self):
        done = []

        def work():
            for k in range(1000):
                done.append(k)
                gradual.look(k)

        before = threading.active_count()
        looked = gradual.gradually(work)
        assert [next(looked), next(looked)] == [0, 1]
        looked.close()
        assert done == [0, 1]
        assert threading.active_count() == before

    def test_an_error_of_the_work_is_raised(self):
        with pytest.raises(ZeroDivisionError):
            list(gradual.gradually(lambda: 1 / 0))

    def test_looking_does_nothing_where_nobody_asked(self):
        gradual.look(1)


class TestErrors:
    @staticmethod
    def fragile(height, kind):
        if height > 3:
            raise ValueError(f"height = {height}: expected <= 3 & no more")
        return line(height, kind)

    def test_error_is_shown_in_red_kept_and_not_raised(self):
        explorer = line_explorer(self.fragile)
        explorer.set(height=4.0)
        assert isinstance(explorer.error, ValueError)
        assert explorer.caption.startswith("ValueError: height = 4.0: expected <= 3 & no more (in fragile, line ")
        assert "&lt;= 3 &amp; no more" in explorer.text.value
        assert base.ERROR_COLOR in explorer.text.value
        assert "explorer-error" in explorer.text.value

    def test_no_stale_picture_stands_beside_an_error(self):
        explorer = line_explorer(self.fragile)
        good = explorer.picture
        explorer.set(height=4.0)
        assert explorer.picture not in (good, b"")
        assert Image.open(io.BytesIO(explorer.picture)).size == Image.open(io.BytesIO(good)).size
        greys = np.asarray(Image.open(io.BytesIO(explorer.picture)))
        assert (np.ptp(greys.astype(int), axis=-1) <= 1).all()

    def test_the_next_good_value_brings_the_picture_back(self):
        explorer = line_explorer(self.fragile)
        good = explorer.picture
        explorer.set(height=4.0).set(height=1.0)
        assert explorer.error is None
        assert explorer.picture == good
        assert "explorer-error" not in explorer.text.value

    def test_an_error_in_the_first_picture_is_shown_too(self):
        explorer = line_explorer(lambda height, kind: 1 / 0)
        assert isinstance(explorer.error, ZeroDivisionError)
        assert explorer.caption.startswith("ZeroDivisionError: division by zero")

    @pytest.mark.parametrize("result", [None, Figure(), ("caption", Figure()), (Figure(), "caption", 3)])
    def test_a_wrong_return_value_is_named(self, result):
        explorer = line_explorer(lambda height, kind: result)
        assert "must return a figure and a caption" in explorer.caption

    def test_an_error_while_drawing_is_shown(self):
        def unparsable(height, kind):
            figure, caption = line(height, kind)
            figure.text(0.5, 0.5, r"$\frac{1$")
            return figure, caption

        assert isinstance(line_explorer(unparsable).error, ValueError)


class TestDisplay:
    def test_a_notebook_gets_the_widget_and_its_numbers_as_text(self, monkeypatch):
        sent = []
        monkeypatch.setattr(base, "display", lambda data, raw=False: sent.append((data, raw)))
        explorer = line_explorer(question="How high?")
        explorer._ipython_display_()
        (script, _), (data, raw) = sent
        assert script.data.startswith("<script>")
        assert "aria-label" in script.data
        assert raw
        assert data["text/plain"] == "How high?\nheight 1 < 9, flat"
        view = data["application/vnd.jupyter.widget-view+json"]
        assert view == {"version_major": 2, "version_minor": 0, "model_id": explorer.box.model_id}

    @pytest.mark.slow
    def test_an_executed_notebook_holds_the_picture_without_a_kernel(self):
        nbclient = pytest.importorskip("nbclient")
        from nbformat.v4 import new_code_cell, new_notebook

        code = (
            f"import sys; sys.path.insert(0, {str(ROOT)!r})\nfrom course_utils import explorers\nexplorers.boltzmann()"
        )
        notebook = new_notebook(cells=[new_code_cell(code)])
        nbclient.NotebookClient(notebook, timeout=120, kernel_name="python3").execute()
        script, output = notebook.cells[0].outputs  # the words for screen readers, then the widget
        assert "window.courseExplorers" in script["data"]["text/html"]
        view = output["data"]["application/vnd.jupyter.widget-view+json"]
        models = notebook.metadata["widgets"]["application/vnd.jupyter.widget-state+json"]["state"]
        assert models[view["model_id"]]["model_name"] == "VBoxModel"
        (image,) = (model for model in models.values() if model["model_name"] == "ImageModel")
        assert image["buffers"][0]["path"] == ["value"]
        assert "T = 0.316" in output["data"]["text/plain"]
        assert len(json.dumps(notebook)) < 150_000


# What each widget of ipywidgets 7.7.1 takes, besides the names common to all. The course runs on that version, too.
TRAITS_7_7 = {
    "Layout": """align_content align_items align_self border bottom display flex flex_flow grid_area grid_auto_columns
        grid_auto_flow grid_auto_rows grid_column grid_gap grid_row grid_template_areas grid_template_columns
        grid_template_rows height justify_content justify_items left margin max_height max_width min_height min_width
        object_fit object_position order overflow overflow_x overflow_y padding right top visibility width""",
    "FloatLogSlider": "base continuous_update disabled max min orientation readout readout_format step value",
    "FloatSlider": "continuous_update disabled max min orientation readout readout_format step value",
    "IntSlider": "continuous_update disabled max min orientation readout readout_format step value",
    "SelectionSlider": "options index continuous_update disabled orientation readout value",
    "ToggleButtons": "options button_style disabled icons index tooltips value",
    "ToggleButton": "button_style disabled icon tooltip value",
    "Dropdown": "options disabled index value",
    "Checkbox": "disabled indent value",
    "Play": "disabled interval max min show_repeat step value",
    "Label": "placeholder value",
    "Textarea": "continuous_update disabled placeholder rows value",
    "Button": "button_style disabled icon tooltip",
    "Image": "format height value width",
    "HTML": "placeholder value",
    "Box": "box_style children",
    "HBox": "box_style children",
    "VBox": "box_style children",
}
COMMON_7_7 = {"description", "style", "layout"}


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.name)
def test_explorers_use_nothing_that_ipywidgets_7_7_lacks(path):
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)):
            continue
        if not (isinstance(node.func.value, ast.Name) and node.func.value.id == "widgets"):
            continue
        name = node.func.attr
        assert name in TRAITS_7_7, f"{path.name}:{node.lineno}: is widgets.{name} in 7.7.1? If so, add it to the table"
        known = set(TRAITS_7_7[name].split()) | COMMON_7_7
        unknown = {keyword.arg for keyword in node.keywords if keyword.arg} - known
        assert not unknown, f"{path.name}:{node.lineno}: widgets.{name} of 7.7.1 has no {unknown}"


@pytest.mark.parametrize("name", [name for name in explorers.__all__ if name != "Explorer"])
def test_an_explorer_is_still_there_when_a_cell_runs_again(name):
    """A module of its name would take its place once it is imported."""
    first = getattr(explorers, name)
    assert callable(first)
    assert getattr(explorers, name) is first


def test_importing_the_explorers_loads_neither_torch_nor_jax():
    code = "import sys, course_utils.explorers; print([m for m in ('torch', 'jax') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def masses_at(scene, temperature: float) -> tuple[float, float]:
    """Probability inside and outside a landscape's region."""
    from course_utils import boltzmann as reference

    x, dx, energy = grid_at(scene.energy, temperature, scene.window, GRID)
    return masses(scene, x, dx, reference.density(energy, dx, temperature)[0])


class TestBoltzmann:
    temperatures = np.geomspace(0.1, 5.0, 9)

    @pytest.mark.parametrize("name", landscapes())
    def test_masses_agree_with_quadrature(self, name):
        import torch

        landscape = landscapes()[name]
        low, high = landscape.region
        for temperature in self.temperatures:
            ((left, right),) = landscape.energy.domain_at(temperature)
            lowest = float(landscape.energy(landscape.energy.minima).min())

            def weight(x, temperature=temperature, lowest=lowest):
                energy = landscape.energy(torch.tensor(x, dtype=torch.float64))
                return math.exp(-(float(energy) - lowest) / temperature)

            marks = sorted({*landscape.energy.minima.tolist(), left, right, max(low, left), min(high, right)})
            pieces = [(a, b, integrate.quad(weight, a, b)[0]) for a, b in itertools.pairwise(marks)]
            total = sum(mass for *_, mass in pieces)
            inside = sum(mass for a, b, mass in pieces if a >= low and b <= high)
            assert masses_at(landscape, temperature)[0] == pytest.approx(inside / total, abs=2e-5)
            assert sum(masses_at(landscape, temperature)) == pytest.approx(1.0, abs=1e-12)

    def test_bowl_holds_the_mass_of_a_gaussian_within_one(self):
        for temperature in self.temperatures:
            exact = math.erf(1 / math.sqrt(2 * temperature))
            assert masses_at(landscapes()["bowl"], temperature)[0] == pytest.approx(exact, abs=2e-5)

    def test_double_well_is_even_at_every_temperature(self):
        for temperature in self.temperatures:
            assert masses_at(landscapes()["double well"], temperature)[0] == pytest.approx(0.5, abs=1e-9)

    def test_its_question_has_one_answer_between_two_steps_of_the_slider(self):
        tilted = landscapes()["tilted double well"]

        def excess(temperature):
            return masses_at(tilted, temperature)[1] - 1 / 3

        shallow = [excess(temperature) for temperature in np.geomspace(0.1, 5.0, 40)]
        assert np.all(np.diff(shallow) > 0)
        assert optimize.brentq(excess, 0.2, 5.0) == pytest.approx(1.030, abs=5e-4)

        explorer = boltzmann()
        for temperature, share in ((1.0, "32.9%"), (10 ** (1 / 40), "33.8%")):
            explorer.set(temperature=temperature)
            assert f"{share} in the right well" in explorer.caption

    @pytest.mark.parametrize("name", landscapes())
    def test_caption_and_picture_follow_the_temperature(self, name):
        explorer = boltzmann().set(landscape=name, temperature=0.5)
        assert explorer.caption.startswith("T = 0.500. Mass: ")
        before = explorer.picture
        explorer.set(temperature=0.6)
        assert explorer.caption.startswith("T = 0.600. Mass: ")
        assert explorer.picture != before
        assert explorer.error is None

    def test_caption_gives_the_exact_numbers_of_the_bowl(self):
        explorer = boltzmann().set(landscape="bowl", temperature=2.0)
        entropy = 0.5 * math.log(2 * math.pi * math.e * 2.0)
        free_energy = -2.0 * 0.5 * math.log(2 * math.pi * 2.0)
        assert "U = 1.000," in explorer.caption
        assert f"S = {entropy:.3f} nats" in explorer.caption
        assert f"F = U − T S = −{-free_energy:.3f}." in explorer.caption

    def test_caption_says_what_the_picture_cuts_off(self):
        explorer = boltzmann()
        assert "beyond the top of the axis" in explorer.set(temperature=0.1).caption
        assert "2.5% of the mass lies outside the picture" in explorer.set(landscape="bowl", temperature=5.0).caption
        assert "outside the picture" not in explorer.set(temperature=0.5).caption

    def test_an_energy_of_ones_own_comes_first(self):
        explorer = boltzmann(lambda x: 2.0 * x**2)
        assert "U = 0.158," in explorer.caption  # equipartition: half of T = 10^-0.5
        assert "tilted double well" not in explorer.caption
        assert "left well" in explorer.set(landscape="tilted double well").caption

    def test_slider_spans_the_temperatures_of_the_lesson(self):
        explorer = boltzmann()
        assert explorer.set(temperature=0.1).caption.startswith("T = 0.100.")
        assert explorer.set(temperature=5.0).caption.startswith("T = 5.000.")
