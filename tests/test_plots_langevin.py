"""The figures of lesson 03: labelled, titled, inside their frames, and true of the data they were given."""

import matplotlib as mpl
import numpy as np
import pytest
import torch
from support.figures import assert_readable

from course_utils import boltzmann, energies, plots

mpl.use("agg")
pytestmark = pytest.mark.usefixtures("course_style")

rng = np.random.default_rng(0)
x, dx = boltzmann.grid_1d(-2.2, 2.2, 201)
well = energies.DoubleWell(2.0)
p, _ = boltzmann.density(well(x), dx, 1.0)
plane, _ = boltzmann.grid_2d(((-2, 2), (-2, 2)), 41)
bowl = (plane**2).sum(-1) / 2
at, _ = boltzmann.grid_2d(((-1.5, 1.5), (-1.5, 1.5)), 7)
steps = np.array([0.01, 0.1, 0.5, 1.0, 1.5])
walk = np.cumsum(0.05 * rng.standard_normal((401, 5, 2)), axis=0)
barriers, temperatures = np.array([1.0, 2.0, 3.0]), np.array([0.5, 1.0])
law = np.exp(barriers[:, None] / temperatures) / barriers[:, None]
FIGURES = {
    "score_field": lambda: plots.score_field(plane, bowl, at, -at, torch.zeros(2, 2), title="Downhill"),
    "convergence": lambda: plots.convergence(
        x, p, {n: rng.standard_normal(500) for n in (1, 10, 100, 1000)}, (-np.inf, 0.0), title="Slow"
    ),
    "ula_bias": lambda: plots.ula_bias(steps, 1 / (1 - steps / 2), 0 * steps + 0.01, 0 * steps + 1, 0 * steps + 0.01),
    "mala_scan": lambda: plots.mala_scan(
        {d: (steps, np.linspace(0.9, 0.1, 5), np.array([1.0, 2.0, 3.0, 2.0, 1.0])) for d in (1, 100)}
    ),
    "path_on_contour": lambda: plots.path_on_contour(plane, bowl, walk[:, 0], title="One path"),
    "burn_in_and_memory": lambda: plots.burn_in_and_memory(
        np.exp(rng.standard_normal((100, 6))),
        np.ones(100),
        30,
        {f"ε = {e}": (0.9 ** np.arange(60), 0.9 ** np.arange(60)) for e in (0.1, 0.2, 0.5)},
    ),
    "sample_maps": lambda: plots.sample_maps(
        [(name, plane, torch.exp(-bowl), rng.standard_normal((120_000, 2))) for name in ("correlated Gaussian", "b")],
        title="Both alike",
    ),
    "chains_on_contour": lambda: plots.chains_on_contour(
        plane,
        bowl,
        {"T = 1: 1 well per chain": walk[:50], "T = 5: 18 to 28 wells per chain": walk},
        title="Five chains",
    ),
    "occupation": lambda: plots.occupation(
        ["centre", "further out"],
        [0.3, 0.7],
        {"few": ([0.2, 0.8], [0.1, 0.1]), "many": ([0.3, 0.7], [0.01, 0.01])},
        title="Shares",
    ),
    "traces": lambda: plots.traces({"R-hat 1.00": walk[..., 0], "R-hat 1.70": walk[..., 1]}, title="Two runs"),
    "masses": lambda: plots.masses(
        ["annealed, 30,000 steps", "replica exchange"], [0.5, 0.87], [0.01, 0.005], 0.8763, xlabel="mass", title="One"
    ),
    "kramers": lambda: plots.kramers(barriers, temperatures, 1.1 * law, 0.1 * law, law, law, (0.98, 0.03), 4.0),
}


@pytest.mark.parametrize("name", FIGURES)
def test_a_figure_is_titled_labelled_and_keeps_its_text_inside(name):
    assert_readable(FIGURES[name](), name)


def test_the_title_of_the_bias_states_what_was_measured_at_the_largest_step():
    fig = plots.ula_bias(
        steps, [1.0, 1.1, 1.3, 2.0, 4.02], 0 * steps + 0.003, [1.0, 1.0, 1.0, 1.0, 0.998], steps / 1000
    )
    title = fig.get_suptitle()
    assert title == "At ε = 1.5 the variance is 4.020 ± 0.003 by ULA, 0.998 ± 0.002 by MALA; the truth is 1"


def test_the_curve_of_the_bias_is_the_exact_formula():
    ax = FIGURES["ula_bias"]().axes[0]
    ε, variance = ax.lines[0].get_xydata().T
    assert np.allclose(variance, 1 / (1 - ε / 2))


def test_the_title_of_the_scan_names_the_best_acceptances():
    scan = {
        1: (steps, [0.9, 0.8, 0.7, 0.5, 0.1], [1, 2, 5, 3, 1]),
        100: (steps, [0.9, 0.8, 0.7, 0.6, 0.1], [1, 2, 3, 5, 1]),
    }
    assert "0.70 in 1 dimension and 0.60 in 100 dimensions" in plots.mala_scan(scan).get_suptitle()


def test_histograms_count_chains_outside_the_picture_in_the_total():
    states = np.concatenate([np.zeros(50), np.full(50, 9.0)])
    fig = plots.convergence(x, p, {1: states}, (-np.inf, 0.5), title="Half of it is out of sight")
    bars = fig.axes[0].patches
    assert sum(bar.get_height() * bar.get_width() for bar in bars) == pytest.approx(0.5)
    assert fig.axes[0].get_title("left") == "1 steps: 50.0% left"


def test_a_sample_map_shows_a_density_that_integrates_to_the_share_in_the_picture():
    samples = np.concatenate([rng.uniform(-1, 1, (1000, 2)), np.full((1000, 2), 9.0)])
    mesh = plots.sample_maps([("half", plane, torch.exp(-bowl), samples)], title="Half").axes[0].collections[0]
    cell = (4 / mesh.get_array().shape[0]) ** 2
    assert float(mesh.get_array().sum()) * cell == pytest.approx(0.5)


def test_estimates_off_by_three_errors_are_drawn_in_another_colour():
    fig = plots.masses(["right", "wrong"], [0.5, 0.7], [0.01, 0.01], 0.5, xlabel="mass", title="One is off")
    colors = [line.get_color() for line in fig.axes[0].lines if line.get_marker() == "o"]
    assert len(set(colors)) == 2


def test_escape_times_are_divided_by_the_prefactor_of_the_law():
    right = plots.kramers(barriers, temperatures, 2 * law, 0.1 * law, law, law, (1.0, 0.1), 4.0).axes[1]
    exact = right.lines[1].get_xydata()
    assert np.allclose(exact[:, 1], np.exp(exact[:, 0]))
    for i, container in enumerate(right.containers):
        ratio, scaled = container.lines[0].get_xydata().T
        assert np.allclose(ratio, barriers[i] / temperatures)
        assert np.allclose(scaled, 2 * np.exp(ratio))
