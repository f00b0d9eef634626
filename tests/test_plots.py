"""Every figure of the course: labelled, titled, inside its frame, and shown once."""

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import pytest
import torch
from support.figures import assert_readable

from course_utils import boltzmann, energies, plots

mpl.use("agg")
pytestmark = pytest.mark.usefixtures("course_style")

well = energies.AsymmetricDoubleWell(2.0, 0.4)
x, dx = boltzmann.grid_1d(-2.2, 2.2, 301)
density = {T: boltzmann.density(well(x), dx, T)[0] for T in (0.1, 1.0, 5.0)}
plane, area = boltzmann.grid_2d(((-3, 3), (-3, 3)), 41)
bowl = (plane**2).sum(-1) / 2
LESSONS = {
    "00": {"title": "Start here", "needs": [], "time": "20 min", "ready": True},
    "01": {"title": "The Boltzmann distribution", "needs": ["00"], "time": "90 min", "ready": True},
    "02": {"title": "A title that has to be wrapped over lines", "needs": ["01"], "time": "90 min", "ready": False},
    "03": {"title": "Another", "needs": ["01", "02"], "time": "1 h", "ready": False},
}
FIGURES = {
    "ball": lambda: plots.ball(x, well(x), -1.0, title="Where is the ball?"),
    "photographs": lambda: plots.photographs(x, well(x), dict.fromkeys(density, x[::9]), title="Hot spreads"),
    "states": lambda: plots.states([3.0, 1.0, 2.0], [0.09, 0.665, 0.245], title="Low is likely"),
    "probabilities_against_temperature": lambda: plots.probabilities_against_temperature(
        np.logspace(-1, 2, 9), np.full((9, 3), 1 / 3), ["a", "b", "c"], title="Flat"
    ),
    "landscapes": lambda: plots.landscapes(
        [("tilted", x, well(x), p, well.minima) for p in density.values()], title="Low energy, high density"
    ),
    "densities": lambda: plots.densities(x, well(x), density, title="Cold is sharp", top=8.0),
    "thermodynamics_curves": lambda: plots.thermodynamics_curves(
        [boltzmann.thermodynamics(well(x), dx, T) for T in np.linspace(0.1, 3, 30)], title="F = U - TS"
    ),
    "landscape_2d": lambda: plots.landscape_2d(
        plane, bowl, boltzmann.density(bowl, area)[0], torch.zeros(1, 2), title="A bowl"
    ),
    "landscape_2d on a log scale": lambda: plots.landscape_2d(
        plane, 100 * bowl, boltzmann.density(bowl, area)[0], torch.zeros(2, 2), title="A bowl", log=True
    ),
    "energy_and_data": lambda: plots.energy_and_data(
        plane, [("one", bowl), ("two", -bowl)], torch.zeros(5, 2), title="Data at the origin"
    ),
    "energy_maps": lambda: plots.energy_maps(
        x, well(x), density, {"a": torch.zeros(301, 301), "b": torch.ones(301, 301)}, title="Only one is independent"
    ),
    "course_map": lambda: plots.course_map(LESSONS),
}


@pytest.mark.parametrize("name", FIGURES)
def test_a_figure_is_titled_labelled_and_keeps_its_text_inside(name):
    assert_readable(FIGURES[name](), name)


def test_the_twin_axes_show_the_energy_and_the_density_they_were_given():
    _, ax = plt.subplots()
    twin = plots.draw_energy_and_density(ax, x, well(x), density[1.0], well.minima)
    drawn = ax.lines[0].get_xydata()
    assert np.allclose(drawn, np.stack([x, well(x)], axis=1))
    assert np.allclose(twin.lines[0].get_ydata(), density[1.0])
    marked = ax.lines[1].get_xydata()
    assert np.allclose(marked[:, 0], well.minima)
    assert np.allclose(marked[:, 1], well(well.minima), atol=1e-3)


def test_the_heat_capacity_panel_shows_the_slope_of_the_mean_energy():
    temperatures = np.linspace(0.5, 2.0, 31)
    results = [boltzmann.thermodynamics(well(x), dx, t) for t in temperatures]
    fig = plots.thermodynamics_curves(results, title="two ways")
    slope = fig.axes[2].lines[1].get_ydata()
    exact = fig.axes[2].lines[0].get_ydata()[::3]
    assert np.allclose(slope[1:-1], exact[1:-1], rtol=5e-3)


def test_the_map_refuses_a_lesson_that_needs_an_unknown_one():
    with pytest.raises(ValueError, match="lesson 01 needs '07'"):
        plots.course_map({"01": {"title": "a", "needs": ["07"], "time": "1 h", "ready": True}})


def test_the_map_counts_what_is_ready():
    assert "2 lessons are ready" in plots.course_map(LESSONS).axes[0].get_title("left")


def test_energy_and_probability_maps_differ_and_are_uniform_in_lightness():
    for name in (plots.ENERGY_CMAP, plots.PROBABILITY_CMAP):
        r, g, b, _ = plt.get_cmap(name)(np.linspace(0, 1, 32)).T
        lightness = 0.2126 * r**2.2 + 0.7152 * g**2.2 + 0.0722 * b**2.2
        assert np.all(np.diff(lightness) > 0), f"{name} is not readable in grey"
    assert plots.ENERGY_CMAP != plots.PROBABILITY_CMAP
    start, end = plt.get_cmap(plots.ANGLE_CMAP)([0.0, 1.0])
    assert np.allclose(start, end, atol=0.02), "an angle's map must close"


def _faulty(fault: str) -> mpl.figure.Figure:
    """A figure with one fault."""
    fig, ax = plt.subplots()
    ax.set(xlabel="" if fault == "label" else "x", title="" if fault == "no title" else "A finding")
    if fault == "leaves":
        fig.text(0.9, 0.5, "a long remark that does not fit")
    if fault == "overlaps":
        fig.text(0.5, 0.5, "one remark")
        fig.text(0.51, 0.5, "another")
    return fig if fault == "left open" else plots.finish(fig)


@pytest.mark.parametrize("fault", ["label", "no title", "leaves", "overlaps", "left open"])
def test_a_faulty_figure_is_refused(fault):
    with pytest.raises(AssertionError, match=fault):
        assert_readable(_faulty(fault), "figure")


def test_photographs_count_those_on_the_left_so_that_a_single_one_on_the_right_shows():
    found = np.concatenate([np.full(399, -1.0), [1.0]])
    axes = plots.photographs(x, well(x), {0.1: found}, title="One crossed").axes
    assert axes[0].get_title("left") == "T = 0.1: 399 of 400 on the left"
