"""The figures of lesson 09: labelled, titled, inside their frames, and true of the data they were given."""

import io

import matplotlib as mpl
import numpy as np
import pytest
from PIL import Image
from support.figures import assert_readable

from course_utils import plots
from course_utils.lattice import XY, exact
from course_utils.lattice.observables import winding_numbers

mpl.use("agg")
pytestmark = pytest.mark.usefixtures("course_style")

rng = np.random.default_rng(0)
hot = rng.uniform(0, 2 * np.pi, (12, 12))
at = np.arange(6) - 2.5
x, y = np.meshgrid(at, at)
t = np.array([0.4, 0.8, 0.9, 1.0, 1.3])
curve = (t, np.linspace(0.9, 0.0, 5), 0.02 + 0 * t)
starts = (t, np.array([np.linspace(0.9, 0.0, 5), np.linspace(0.8, 0.1, 5)]), np.full((2, 5), 0.02))
r = np.arange(1, 33)
chord = 64 / np.pi * np.sin(np.pi * np.maximum(np.arange(33), 1e-9) / 64)
FIGURES = {
    "winding_walk": lambda: plots.winding_walk({"vortex": np.arctan2(y, x), "neither": 0.3 * x}, title="A turn"),
    "von_mises": lambda: plots.von_mises([("κ = 2", rng.vonmises(0, 2, 500), 2.0)] * 3, title="Exact"),
    "xy_curves": lambda: plots.xy_curves(
        {L: dict.fromkeys(("energy", "vortices", "m", "helicity"), curve) for L in (16, 32, 64)},
        (0.89, 0.01),
        title="KT",
    ),
    "correlations": lambda: plots.correlations(
        {0.5: (chord**-0.1, 0.01 * chord), 1.3: (np.exp(-np.arange(33) / 3), np.full(33, 1e-3))},
        {0.5: (0.1, 1.0)},
        {1.3: (3.0, 1.0)},
        64,
        title="Two laws",
    ),
    "shrinking_order": lambda: plots.shrinking_order(
        [16, 32, 64],
        {0.4: ([0.9, 0.88, 0.86], [0.01] * 3, -0.03), 1.3: ([0.26, 0.13, 0.06], [0.01] * 3, -1.0)},
        title="L",
    ),
    "cold_clock": lambda: plots.cold_clock(
        [0.03, 0.1, 0.3],
        dict.fromkeys(("16", "all"), ([[0, 0.4, 0.5]] * 2, [[0.01] * 3] * 2)),
        dict.fromkeys(("16", "all"), ([[1, 0.5, 0]] * 2, [[0.1] * 3] * 2)),
        0.3,
        title="Frozen",
    ),
    "pair_distances": lambda: plots.pair_distances(t, 1 + t, 0.1 * t, 20 / t, title="Bound"),
    "coarsening": lambda: plots.coarsening(
        np.arange(1, 9), 0.1 / np.arange(1, 9), np.full(8, 1e-3), 0.1 / np.arange(1, 9), 0.0, title="Fewer"
    ),
    "three_models": lambda: plots.three_models(
        (2.269 * t, *starts[1:]),
        {q: (t / exact.potts_beta_c(q), *starts[1:]) for q in (5, 10)},
        dict.fromkeys((16, 32, 64), starts),
        (0.889, 0.006),
        title="Three",
    ),
}


@pytest.mark.parametrize("name", FIGURES)
def test_a_figure_is_titled_labelled_and_keeps_its_text_inside(name):
    assert_readable(FIGURES[name](), name)


def test_the_walk_round_a_vortex_makes_a_turn_and_round_an_antivortex_minus_one():
    fields = {"vortex": np.arctan2(y, x), "antivortex": -np.arctan2(y, x), "neither": 0.3 * x}
    figure = plots.winding_walk(fields, title="Turns")
    ends = [ax.lines[0].get_ydata()[-1] for ax in figure.axes[3:]]
    assert np.allclose(ends, [1, -1, 0])
    assert [ax.get_title("left") for ax in figure.axes[3:]] == ["turns: +1", "turns: -1", "turns: 0"]


def test_the_density_of_von_mises_integrates_to_one():
    ax = plots.von_mises([("κ = 2", rng.vonmises(0, 2, 500), 2.0)], title="Exact").axes[0]
    angle, density = ax.lines[0].get_data()
    assert np.trapezoid(density, angle) == pytest.approx(1, abs=1e-3)
    assert angle[np.argmax(density)] == pytest.approx(0, abs=1e-9)


def test_the_stiffness_is_drawn_with_its_line():
    ax = FIGURES["xy_curves"]().axes[3]
    line = next(line for line in ax.lines if line.get_label() == "2T/π")
    assert np.allclose(line.get_ydata(), 2 * line.get_xdata() / np.pi)


def test_the_curve_of_the_clock_in_the_cold_is_that_of_a_spin_alone():
    line = FIGURES["cold_clock"]().axes[0].lines
    temperature, heat = next(one.get_data() for one in line if len(one.get_xdata()) == 200)
    weight = 2 * np.exp(-0.3 / temperature)
    assert np.allclose(heat, 0.3 * weight / (1 + weight) / temperature)


def test_the_page_of_three_marks_the_exact_transitions():
    left, middle, right = FIGURES["three_models"]().axes
    for ax, place in ((left, 1 / exact.BETA_C), (middle, 1.0), (right, exact.KT_TEMPERATURE)):
        assert any(line.get_linestyle() == "--" and set(line.get_xdata()) == {place} for line in ax.lines)
    jumps = sorted(line.get_ydata()[1] for line in middle.lines if list(line.get_xdata()) == [1, 1] and len(
        line.get_ydata()) == 2 and line.get_ydata()[0] == 0 and line.get_linestyle() == "-")  # fmt: skip
    assert jumps == pytest.approx([exact.potts_order_parameter_jump(5), exact.potts_order_parameter_jump(10)])


def test_the_page_of_three_shows_both_starts_with_their_own_marks():
    for ax in FIGURES["three_models"]().axes:
        for mark, row in (("^", starts[1][0]), ("v", starts[1][1])):
            drawn = [line.get_ydata() for line in ax.lines if line.get_marker() == mark]
            assert drawn, f"nothing is drawn with {mark}"
            assert all(np.allclose(one, row) for one in drawn)


def test_a_movie_moves_and_ends_on_its_last_frame():
    picture = plots.planar_movie([("first", hot), ("second", 0 * hot)], XY(12), words="Two frames")
    movie = Image.open(io.BytesIO(picture.data))
    assert movie.is_animated
    assert movie.size == (24, 40)
    last = np.asarray(movie.convert("RGB"))[:24]  # the default image, for readers without animation
    assert (last == last[0, 0]).all(), "aligned spins have one colour"


def test_a_movie_marks_vortices_white_and_antivortices_black():
    charge = winding_numbers(hot)
    movie = Image.open(io.BytesIO(plots.planar_movie([("hot", hot)], XY(12), scale=4).data))
    pixels = np.asarray(movie.convert("RGB"))[:48][::-1]
    for sign, colour in ((1, 255), (-1, 0)):
        i, j = (place[-1] for place in np.nonzero(charge == sign))
        assert (pixels[4 * (i + 1) % 48, 4 * (j + 1) % 48] == colour).all() or charge[i, j] == sign
    assert (pixels == 255).all(-1).any()
    assert (pixels == 0).all(-1).any()
