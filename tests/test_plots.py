"""Every figure of the course: labelled, titled, inside its frame, and shown once."""

import gc
import sys

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import psutil
import pytest
from support.figures import assert_readable

from course_utils import boltzmann, energies, plots

mpl.use("agg")
pytestmark = pytest.mark.usefixtures("course_style")

well = energies.AsymmetricDoubleWell(2.0, 0.4)
x, dx = boltzmann.grid_1d(-2.2, 2.2, 301)
density = {T: boltzmann.density(well(x), dx, T)[0] for T in (0.1, 1.0, 5.0)}
LESSONS = {
    "00": {"title": "Start here", "needs": [], "time": "20 min"},
    "01": {"title": "The Boltzmann distribution", "needs": ["00"], "time": "90 min"},
    "02": {"title": "A title that has to be wrapped over lines", "needs": ["01"], "time": "90 min"},
    "03": {"title": "Another", "needs": ["01", "02"], "time": "1 h"},
}
GRID = np.stack(np.meshgrid(np.linspace(-3, 3, 41), np.linspace(-3, 3, 41), indexing="ij"), axis=-1)
BOWL = (GRID**2).sum(-1) / 2
FIGURES = {
    "course_map": lambda: plots.course_map(LESSONS),
    "curves": lambda: plots.figure(
        plots.panel(
            plots.exact(x, x**2, "exact, $L = \\infty$"),
            plots.points(x[::30], x[::30] ** 2, 0.1 + 0 * x[::30], "measured"),
            plots.vline(1.0, "$T_c$", error=0.1),
            xlabel="x",
            ylabel="y",
        ),
        title="A parabola",
    ),
    "wells": lambda: plots.figure(
        *[plots.panel(plots.well(x, well(x), p, well.minima), title=f"$T = {T:g}$") for T, p in density.items()],
        title="Hot spreads",
    ),
    "maps": lambda: plots.figure(
        plots.panel(plots.energy(GRID, BOWL), plots.minima([[0.0, 0.0]]), square=True, title="energy"),
        plots.panel(plots.density(GRID, np.exp(-BOWL)), plots.dots(GRID[::9, 20]), square=True, title="density"),
        plots.panel(plots.difference(GRID, GRID[..., 0]), plots.path(GRID[4:9, 7], color="time"), title="difference"),
        title="Three maps",
    ),
    "surface": lambda: plots.figure(plots.surface(GRID, BOWL, zlabel="energy $E$", title="bowl"), title="A surface"),
    "images": lambda: plots.figure(
        plots.images(np.zeros((2, 5, 8, 8)), rows=["data", "chains"], columns=list("abcde")), title="Images"
    ),
    "rows": lambda: plots.figure(
        plots.panel(plots.rows(["complete", "without"], [1.0, 2.0], [0.1, 0.2], "mean"), xlabel="loss (nats)"),
        title="Rows",
        legend="right",
    ),
}


@pytest.mark.parametrize("name", FIGURES)
def test_a_figure_is_titled_labelled_and_keeps_its_text_inside(name):
    assert_readable(FIGURES[name](), name)


def test_a_figure_that_was_shown_keeps_none_of_its_pixels():
    """The notebook keeps every figure that a cell showed; with their pixels, thirty would take 300 MB."""
    from matplotlib.backends.backend_agg import RendererAgg

    def drawings() -> int:
        gc.collect()
        return sum(isinstance(x, RendererAgg) for x in gc.get_objects())

    fig = next(iter(FIGURES.values()))()
    before = drawings()
    plots.style.png(fig)
    assert drawings() == before
    again = plots.style.png(fig)  # and it can be shown again
    assert again.startswith(b"\x89PNG")


@pytest.mark.skipif(sys.platform != "linux", reason="only C's library on Linux keeps what was freed")
def test_what_was_freed_is_given_back_when_a_figure_is_shown():
    process = psutil.Process()
    blocks = [np.ones(12_000) for _ in range(2000)]  # 96 kB each: too small to be given back one by one
    last = np.ones(12_000)  # above them all, it holds them in the heap
    del blocks
    before = process.memory_info().rss
    picture, _ = plots.style.shown(FIGURES["rows"]())
    assert picture.startswith(b"\x89PNG")
    assert last.all()
    assert process.memory_info().rss < before - 100e6


def test_the_twin_axes_show_the_energy_and_the_density_they_were_given():
    _, ax = plt.subplots()
    twin = plots.well(x, well(x), density[1.0], well.minima).draw(ax, "", "_")
    drawn = ax.lines[0].get_xydata()
    assert np.allclose(drawn, np.stack([x, well(x)], axis=1))
    assert np.allclose(twin.lines[0].get_ydata(), density[1.0])
    marked = ax.lines[1].get_xydata()
    assert np.allclose(marked[:, 0], well.minima)
    assert np.allclose(marked[:, 1], well(well.minima), atol=1e-3)


def test_the_map_refuses_a_lesson_that_needs_an_unknown_one():
    with pytest.raises(ValueError, match="lesson 01 needs '07'"):
        plots.course_map({"01": {"title": "a", "needs": ["07"], "time": "1 h"}})


def test_the_map_counts_its_lessons():
    assert "4 lessons" in plots.course_map(LESSONS).axes[0].get_title("left")


def test_energy_and_probability_maps_differ_and_are_uniform_in_lightness():
    for name in (plots.ENERGY_CMAP, plots.PROBABILITY_CMAP):
        r, g, b, _ = plt.get_cmap(name)(np.linspace(0, 1, 32)).T
        lightness = 0.2126 * r**2.2 + 0.7152 * g**2.2 + 0.0722 * b**2.2
        assert np.all(np.diff(lightness) > 0), f"{name} is not readable in grey"
    assert plots.ENERGY_CMAP != plots.PROBABILITY_CMAP


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


@pytest.mark.parametrize(
    ("low", "high", "says", "says_not"),
    [(0.05, 0.15, {"0.06", "0.1"}, "times"), (1.0, 60.0, {"1", "10"}, "times"), (1e-4, 1.0, set(), "0.1")],
)
def test_a_short_logarithmic_axis_has_plain_numbers(low, high, says, says_not):
    figure = plots.figure(plots.panel(plots.line([1, 2], [low, high]), log="y", ylim=(low, high)), title="t")
    figure.draw_without_rendering()
    (axes,) = figure.axes
    texts = {label.get_text() for minor in (False, True) for label in axes.yaxis.get_ticklabels(minor=minor)}
    assert says <= texts
    assert not any(says_not in text for text in texts)
