"""The figures of lesson 04: labelled, titled, inside their frame, shown once; and the surface that turns."""

import json

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import pytest
import torch
from support.figures import assert_readable

from course_utils import boltzmann, descent, energies, plots
from course_utils.plots import descent as ours

mpl.use("agg")
pytestmark = pytest.mark.usefixtures("course_style")

bowl = energies.Quadratic(2.0, dim=2)
points, _ = boltzmann.grid_2d(((-2, 2), (-1, 3)), 61)
PANELS = [
    ("bowl", points, bowl(points), torch.tensor([0.0, 0.0]), False),
    ("steep bowl", points, 500 * bowl(points), torch.tensor([0.0, 0.0]), True),
]
schedules = {name: descent.schedule(name, 1.0, 0.01, 50) for name in descent.SCHEDULES}
RATES = {name: np.array([[0.2, 0.1, 0.3], [0.9, 0.85, 0.95]]) for name in descent.SCHEDULES}
METHODS = {"plain descent": (0.01, 0.0, 0.03), "10 restarts": (0.99, 0.97, 1.0), "linear": (0.5, 0.45, 0.55)}
k = np.arange(1, 5)
path = torch.randn(60, 2, generator=torch.Generator().manual_seed(0)).cumsum(0) / 10
FIGURES = {
    "parameter_landscapes": lambda: plots.parameter_landscapes(PANELS, title="Two bowls"),
    "bath_check": lambda: plots.bath_check(
        (0.01, 0.1),
        [(1.0, 0.01), (1.1, 0.01)],
        [(0.005, 1e-4), (0.05, 1e-3)],
        {"step_sizes": [0.01, 0.1], "right": [1.0, 1.1], "wrong": [0.005, 0.05]},
        title="One is two hundred times colder",
    ),
    "cooling": lambda: plots.cooling(schedules, title="Five ways down"),
    "one_run": lambda: plots.one_run(
        points, bowl(points), path, torch.linspace(1, 0, 60), bowl(path), [0.0, 0.0], title="One run"
    ),
    "success_against_start": lambda: plots.success_against_start(
        [("bowl", (0.1, 1.0), RATES, 0.05), ("two", (0.3, 3.0), RATES, 0.05)], title="It depends"
    ),
    "success_rates": lambda: plots.success_rates(
        {"bowl": METHODS, "two": METHODS}, {"bowl": {"linear": 0.1}, "two": {"linear": 0.9}}, title="Restarts"
    ),
    "sgd_temperatures": lambda: plots.sgd_temperatures(
        [("one", k / 1e3, k / 1e5, k / 1e3, k / 1e3), ("two", k / 1e2, k / 1e4, k / 1e2, None)], title="Four each"
    ),
    "noise_and_curvature": lambda: plots.noise_and_curvature(
        k / 4, k / 8, 1.0, {"a": (k, k / k, 0.1 * k), "b": (k, k / k, 0.1 * k)}, title="Alike"
    ),
    "still surfaces": lambda: plots.turning_surface(PANELS, title="Two surfaces").still(),
}


@pytest.mark.parametrize("name", FIGURES)
def test_a_figure_is_titled_labelled_and_keeps_its_text_inside(name):
    assert_readable(FIGURES[name](), name)


def test_best_methods_are_printed_bold():
    others = {"level": (0.97, 0.96, 0.98), "behind": (0.9, 0.89, 0.91)}  # 1.1 and 5 standard errors below 99 %
    fig = plots.success_rates({"bowl": METHODS | others}, title="Restarts")
    bold = [text.get_text() for text in fig.axes[0].texts if text.get_fontweight() == "bold"]
    assert bold == ["99.0%", "97.0%"]


def test_a_rate_by_the_last_state_is_a_hollow_mark_where_it_differs():
    fig = plots.success_rates({"bowl": METHODS}, {"bowl": {"linear": 0.25, "10 restarts": 0.99}}, title="Two scores")
    hollow = [line for line in fig.axes[0].lines if line.get_markerfacecolor() == "white"]
    assert [float(line.get_xdata()[0]) for line in hollow] == [0.25]
    assert len(fig.legends) == 1


class TestTurningSurface:
    surface = staticmethod(lambda: plots.turning_surface(PANELS, title="Two surfaces"))

    def test_spec_holds_the_energy_in_the_right_orientation(self):
        data = self.surface().spec()["data"]
        first = data[0]
        assert len(first["z"]) == len(first["y"]) == ours.SURFACE_POINTS
        x, y = first["x"][40], first["y"][7]
        assert first["z"][7][40] == pytest.approx(x**2 + y**2, rel=2e-3)
        steep = data[2]
        assert steep["z"][7][40] == pytest.approx(np.log10(1 + 500 * (x**2 + y**2)), rel=2e-3)

    def test_one_surface_is_visible_and_each_button_shows_its_own(self):
        spec = self.surface().spec()
        assert [trace["visible"] for trace in spec["data"]] == [True, True, False, False]
        buttons = spec["layout"]["updatemenus"][0]["buttons"]
        assert [b["label"] for b in buttons] == ["bowl", "steep bowl"]
        assert buttons[1]["args"][0]["visible"] == [False, False, True, True]

    def test_the_mark_stands_at_the_minimum(self):
        mark = self.surface().spec()["data"][1]
        assert (mark["x"], mark["y"]) == ([0.0], [0.0])
        assert 0 <= mark["z"][0] < 0.5

    def test_plotly_takes_it(self):
        graph_objects = pytest.importorskip("plotly.graph_objects")
        figure = graph_objects.Figure(self.surface().spec())  # it checks every name and value
        assert [trace.type for trace in figure.data] == ["surface", "scatter3d"] * 2

    def test_notebook_gets_a_small_picture_that_turns_and_a_still_one(self):
        pytest.importorskip("plotly")
        bundle = self.surface()._repr_mimebundle_()
        assert set(bundle) == {"application/vnd.plotly.v1+json", "image/png", "text/plain"}
        assert bundle["image/png"].startswith(b"\x89PNG")
        assert len(json.dumps(bundle["application/vnd.plotly.v1+json"])) < 60_000
        assert plt.get_fignums() == []

    def test_colab_gets_html_that_fetches_the_library(self, monkeypatch):
        pytest.importorskip("plotly")
        monkeypatch.setenv("COLAB_RELEASE_TAG", "release")
        page = self.surface()._repr_mimebundle_()["text/html"]
        assert "cdn.plot.ly" in page
        assert len(page) < 100_000

    def test_without_plotly_the_still_picture_is_shown(self, monkeypatch):
        import sys

        monkeypatch.setitem(sys.modules, "plotly", None)
        assert set(self.surface()._repr_mimebundle_()) == {"image/png", "text/plain"}
