"""The figure language: what is given is what is drawn, names share colours, and nothing is left out in silence."""

import io
from types import SimpleNamespace

import matplotlib.pyplot as plt
import numpy as np
import pytest
import torch
from IPython.core.formatters import DisplayFormatter
from IPython.core.pylabtools import select_figure_formats
from PIL import Image
from support.figures import assert_readable

from course_utils import plots
from course_utils.plots import style
from course_utils.plots.style import DENSITY, SERIES, png

pytestmark = pytest.mark.usefixtures("course_style")

X = np.linspace(0, 1, 11)
GRID = np.stack(np.meshgrid(np.linspace(-1, 1, 21), np.linspace(0, 2, 21), indexing="ij"), axis=-1)


def draw(*layers, **options):
    """The axes of a figure with one panel."""
    fig = plots.figure(plots.panel(*layers, **options), title="finding")
    fig.draw_without_rendering()
    return fig.axes[0]


def test_points_stand_where_they_were_measured_with_their_bars():
    ax = draw(plots.points(X, X**2, 0.1 + 0 * X, "sampled"))
    data, _, (bars,) = ax.containers[0]
    np.testing.assert_allclose(data.get_xydata(), np.stack([X, X**2], axis=1))
    np.testing.assert_allclose(np.ptp(np.array(bars.get_segments())[:, :, 1], axis=1), 0.2)


def test_torch_and_jax_are_drawn_as_numpy_is():
    jnp = pytest.importorskip("jax.numpy")
    for wrap in (torch.tensor, jnp.asarray):
        ax = draw(plots.line(wrap(X), wrap(X**2)))
        np.testing.assert_allclose(ax.lines[0].get_xydata(), np.stack([X, X**2], axis=1), rtol=1e-6)


def test_a_name_has_one_colour_in_all_panels_and_stands_in_the_legend_once():
    fig = plots.figure(
        plots.panel(plots.line(X, X, "a"), plots.line(X, -X, "b")),
        plots.panel(plots.line(X, X, "b"), plots.exact(X, X, "known")),
        title="finding",
    )
    (first, second), (other, known) = (ax.lines for ax in fig.axes)
    assert first.get_color() == SERIES[0]
    assert second.get_color() == other.get_color() == SERIES[1]
    assert known.get_color() not in SERIES
    assert [text.get_text() for text in fig.legends[0].get_texts()] == ["a", "b", "known"]


def test_bars_are_explained_where_there_are_any():
    with_bars = plots.figure(plots.panel(plots.points(X, X, 0.1 * X, "a")), title="t")
    without = plots.figure(plots.panel(plots.points(X, X, name="a")), title="t")
    assert "±1 standard error" in with_bars.legends[0].get_title().get_text()
    assert without.legends[0].get_title().get_text() in ("", "None")


@pytest.mark.parametrize("place", ["below", "right", "inside", "none"])
def test_a_legend_goes_where_it_is_told(place):
    fig = plots.figure(plots.panel(plots.line(X, X, "a")), title="t", legend=place)
    assert len(fig.legends) == (place in ("below", "right"))
    assert (fig.axes[0].get_legend() is not None) == (place == "inside")


def test_runs_are_a_median_and_a_band():
    y = np.stack([X, X + 1, X + 5])
    ax = draw(plots.runs(X, y, "three"))
    np.testing.assert_allclose(ax.lines[0].get_ydata(), X + 1)
    edge = ax.collections[0].get_paths()[0].vertices
    assert edge[:, 1].min() == 0
    assert edge[:, 1].max() == 6


def test_a_histogram_says_how_much_lies_outside_of_it():
    samples = np.concatenate([np.zeros(90), np.full(10, 9.0)])
    ax = draw(plots.histogram(samples, span=(-1, 1), bins=4))
    heights = [bar.get_height() for bar in ax.patches]
    assert sum(heights) * 0.5 == pytest.approx(0.9)
    assert "10.0% outside" in [text.get_text() for text in ax.texts]
    assert not draw(plots.histogram(samples)).texts


def test_every_chain_has_a_lane_of_its_own():
    chains = np.stack([X, -X, 0 * X], axis=1)
    ax = draw(plots.lanes(chains, span=(-1, 1), marks=(0,)))
    traces = [line.get_ydata() for line in ax.lines if len(line.get_xdata()) == len(X)]
    for lane, (trace, chain) in enumerate(zip(reversed(traces), chains.T[::-1], strict=True)):
        np.testing.assert_allclose(trace - 2 * lane - 1, chain, atol=1e-12)
    assert [text.get_text() for text in ax.get_yticklabels()] == ["0"] * 3
    assert sorted(ax.get_yticks()) == [1, 3, 5]


def test_a_cloud_is_a_density_that_integrates_to_the_share_in_the_picture():
    samples = np.concatenate([np.random.default_rng(0).uniform(-1, 1, (1000, 2)), np.full((1000, 2), 9.0)])
    ax = draw(plots.cloud(samples, ((-2, 2), (-2, 2)), bins=20))
    assert ax.images[0].get_array().sum() * 0.2**2 == pytest.approx(0.5)
    assert [text.get_text() for text in ax.texts] == ["50.0% outside"]


def test_a_measured_place_has_a_band_of_one_standard_error():
    ax = draw(plots.vline(2.0, "here", error=0.25), plots.line([0, 4], [0, 1]))
    assert ax.patches[0].get_extents().transformed(ax.transData.inverted()).bounds[::2] == pytest.approx((1.75, 0.5))


def test_rows_stand_from_top_to_bottom():
    ax = draw(plots.rows(["one", "two"], [1.0, 2.0], [0.1, 0.1]))
    assert ax.yaxis_inverted()
    assert [label.get_text() for label in ax.get_yticklabels()] == ["one", "two"]


def test_a_map_lies_in_its_plane():
    values = GRID[..., 0] + 10 * GRID[..., 1]
    ax = draw(plots.density(GRID, values))
    image = ax.images[0]
    assert image.get_extent() == pytest.approx([-1.05, 1.05, -0.05, 2.05])
    np.testing.assert_allclose(image.get_array(), values.T)
    assert ax.get_xlim() == (-1, 1)
    assert ax.get_ylim() == (0, 2)


def test_energies_above_the_top_are_said_to_be():
    fig = plots.figure(plots.panel(plots.energy(GRID, GRID[..., 0] ** 2, top=0.5)), title="t")
    fig.draw_without_rendering()
    bar = fig.axes[1]
    assert bar.get_ylabel() == "energy $E$"
    assert bar._colorbar.extend == "max"


def test_images_stand_pixel_by_pixel_with_gaps_between():
    pictures = np.random.default_rng(0).uniform(-1, 1, (3, 10, 1, 8, 8))
    ax = plots.figure(plots.images(pictures, rows=["a", "b", "c"]), title="t").axes[0]
    shown = np.asarray(ax.images[0].get_array())
    assert ax.images[0].get_interpolation() == "nearest"
    assert shown.shape == (3 * 9 - 1, 10 * 9 - 1, 3)
    np.testing.assert_allclose(shown[9:17, 18:26, 0], (pictures[1, 2, 0] + 1) / 2)
    assert (shown[8] == 1).all()
    assert (shown[:, 8] == 1).all()
    assert [text.get_text() for text in ax.texts] == ["a", "b", "c"]


def test_white_is_ink_black_is_paper_and_an_unknown_pixel_is_neither():
    image = torch.tensor([[-1.0, 1.0], [float("nan"), 0.0]]).expand(1, 1, 2, 2)
    shown = np.asarray(plots.figure(plots.images(image), title="t").axes[0].images[0].get_array())
    np.testing.assert_allclose(shown[0, 0], 0)
    np.testing.assert_allclose(shown[0, 1], 1)
    np.testing.assert_allclose(shown[1, 0], np.array([0x56, 0xB4, 0xE9]) / 255)
    with pytest.raises(ValueError, match="pictures has shape"):
        plots.images(np.zeros((3, 3)))


def test_a_strip_shows_every_value_with_its_middle_half_and_median():
    values = np.random.default_rng(1).normal(size=101)
    ax = draw(plots.strips({"one": values, "two": torch.tensor(values) + 3}), xlabel="E")
    ticks, bar, disc = ax.lines[:3]
    np.testing.assert_allclose(ticks.get_xdata(), values)
    np.testing.assert_allclose(bar.get_xdata(), np.quantile(values, (0.25, 0.75)))
    np.testing.assert_allclose(disc.get_xydata(), [[np.median(values), 0]])
    assert [label.get_text() for label in ax.get_yticklabels()] == ["one", "two"]
    assert ax.yaxis_inverted()


def test_a_panel_is_as_high_as_it_asks_to_be():
    low, high = plots.panel(plots.line(X, X), height=1.0), plots.panel(plots.line(X, X), height=3.0)
    fig = plots.figure(low, high, columns=1, title="t")
    assert fig.get_figheight() == pytest.approx(4.3)
    assert list(fig.axes[0].get_gridspec().get_height_ratios()) == [1.0, 3.0]


def test_a_surface_is_cut_where_it_is_told():
    fig = plots.figure(plots.surface(GRID, GRID[..., 0] ** 2, top=0.25, way=GRID[5, :3], heights=[0.1] * 3), title="t")
    fig.draw_without_rendering()
    low, high = fig.axes[0].get_zlim()
    assert high < 0.35
    assert low <= 0


def test_shared_axes_are_labelled_once():
    panels = [plots.panel(plots.line(X, X), xlabel="x", ylabel="y") for _ in range(4)]
    fig = plots.figure(*panels, title="t", columns=2, share="xy")
    assert [ax.get_xlabel() for ax in fig.axes] == ["", "", "x", "x"]
    assert [ax.get_ylabel() for ax in fig.axes] == ["y", "", "y", ""]
    assert_readable(fig, "four panels")


def test_a_notebook_gets_two_pixels_for_each_of_the_page(monkeypatch):
    """Although pyplot has told the notebook how to draw figures, as it does when it is imported in a kernel."""
    shell = SimpleNamespace(display_formatter=DisplayFormatter())
    select_figure_formats(shell, ["png"])
    monkeypatch.setattr(style, "get_ipython", lambda: shell)
    fig = plots.figure(plots.panel(plots.line(X, X)), title="t")
    data, size = shell.display_formatter.format(fig)
    picture = Image.open(io.BytesIO(data["image/png"]))
    shown = size["image/png"]
    assert picture.size == (DENSITY * shown["width"], DENSITY * shown["height"])
    assert shown["width"] == 960
    assert picture.mode == "P"
    assert fig.dpi == plt.rcParams["figure.dpi"]
    assert len(png(fig)) < 60_000


def test_what_cannot_be_drawn_is_named():
    with pytest.raises(ValueError, match="panels"):
        plots.figure(title="t")
    with pytest.raises(ValueError, match="legend = 'left'"):
        plots.figure(plots.panel(), title="t", legend="left")
    with pytest.raises(ValueError, match="log = 'z'"):
        plots.panel(log="z")


def test_cells_hold_their_numbers():
    ax = draw(plots.cells([[0.1, 0.9], [np.nan, 0.5]], ["a", "b"], ["x", "y"], form="{:.0%}"))
    assert [text.get_text() for text in ax.texts] == ["10%", "90%", "50%"]
    assert [label.get_text() for label in ax.get_yticklabels()] == ["a", "b"]
    assert ax.yaxis_inverted(), "rows go from top to bottom"


def test_maps_of_one_scale_share_a_bar_that_says_what_is_cut_off():
    low, high = (plots.panel(plots.density(GRID, k * GRID[..., 1], top=2.0)) for k in (1, 3))
    fig = plots.figure(low, high, title="t", bar="one")
    (bar,) = [ax for ax in fig.axes if ax.get_ylabel() == "density $p$"]
    assert bar._colorbar.extend == "max"
    each = plots.figure(low, high, title="t")
    bars = [ax._colorbar.extend for ax in each.axes if ax.get_ylabel() == "density $p$"]
    assert bars == ["neither", "max"]
    with pytest.raises(ValueError, match="bar = 'none'"):
        plots.figure(low, title="t", bar="none")


def test_surfaces_of_one_span_have_one_scale():
    fig = plots.figure(*(plots.surface(GRID, k * GRID[..., 0] ** 2, span=(0, 2)) for k in (1, 4)), title="t")
    assert [ax.get_zlim() for ax in fig.axes] == [(0, 2), (0, 2)]


def test_the_ends_of_a_path_are_seen_where_there_is_a_minimum():
    ax = draw(plots.path(GRID[5, :3], color="time"), plots.minima(GRID[5, 2]))
    heights = {line.get_marker(): line.get_zorder() for line in ax.lines}
    assert heights["X"] > heights["*"]


def test_bars_beside_each_other_stand_over_one_tick():
    ax = draw(plots.bars("ab", [1, 2], "x", width=0.4, shift=-0.2), plots.bars("ab", [3, 4], "y", width=0.4, shift=0.2))
    assert [bar.get_x() + bar.get_width() / 2 for bar in ax.patches] == pytest.approx([-0.2, 0.8, 0.2, 1.2])
    assert [tick.get_text() for tick in ax.get_xticklabels()] == ["a", "b"]


def test_shades_differ_from_the_first_to_the_last():
    assert len(set(plots.shades(7))) == 7
