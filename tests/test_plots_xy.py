"""The figures of lesson 09: labelled, titled, inside their frames, and true of the data they were given."""

import io

import matplotlib as mpl
import numpy as np
import pytest
from PIL import Image
from support.figures import assert_readable

from course_utils import plots
from course_utils.lattice import XY
from course_utils.lattice.observables import winding_numbers

mpl.use("agg")
pytestmark = pytest.mark.usefixtures("course_style")

rng = np.random.default_rng(0)
hot = rng.uniform(0, 2 * np.pi, (12, 12))
at = np.arange(6) - 2.5
x, y = np.meshgrid(at, at)
FIELDS = {"vortex": np.arctan2(y, x), "antivortex": -np.arctan2(y, x), "neither": 0.3 * x}


def walks():
    """The walks round the three fields."""
    above, below = zip(*(plots.winding_walk(field, name) for name, field in FIELDS.items()), strict=True)
    return plots.figure(*above, *below, title="Turns")


def test_the_walks_are_readable():
    assert_readable(walks(), "walks")


def test_the_walk_round_a_vortex_makes_a_turn_and_round_an_antivortex_minus_one():
    figure = walks()
    ends = [ax.containers[0][0].get_ydata()[-1] for ax in figure.axes[3:]]
    assert np.allclose(ends, [1, -1, 0])
    assert [ax.get_title("left") for ax in figure.axes[3:]] == ["turns: +1", "turns: -1", "turns: 0"]


def test_heated_runs_point_up_and_cooled_ones_down():
    t, rows = np.arange(3.0), np.array([[1, 2, 3], [4, 5, 6]])
    layers = plots.heated_and_cooled(t, rows, 0.1 * rows, "XY", color="blue")
    fig = plots.figure(plots.panel(*layers, xlabel="t"), title="Starts")
    seen = {line[0].get_marker(): line[0].get_ydata().tolist() for line in fig.axes[0].containers}
    assert seen == {"^": [1, 2, 3], "v": [4, 5, 6]}
    assert [text.get_text() for text in fig.legends[0].get_texts()] == ["XY"]


def film(frames, **options):
    """The pictures of a film: what is shown without animation, and each frame."""
    shown = Image.open(io.BytesIO(plots.planar_movie(frames, XY(12), **options).data))
    seen = [np.asarray(shown.convert("RGB"))]
    for k in range(1, shown.n_frames):
        shown.seek(k)
        seen.append(np.asarray(shown.convert("RGB")))
    return seen


def test_a_film_moves_and_shows_the_frame_it_is_told_where_nothing_moves():
    first, second, third = hot, 0 * hot, 0 * hot + 2
    still, *frames = film([("a", first), ("b", second), ("c", third)], still=1)
    assert len(np.unique(still[:48, :48].reshape(-1, 3), axis=0)) == 1, "aligned spins have one colour"
    assert not (still == frames[0]).all()
    last = film([("a", first), ("b", second)])[0]
    assert (last[:48, :48] == still[:48, :48]).all()


def test_a_film_marks_vortices_white_and_antivortices_black_and_has_a_wheel():
    charge = winding_numbers(hot)
    still, *_ = film([("hot", hot), ("same", hot + 0.001)], scale=12, still=0)
    lattice = still[:144, :144][::-1]
    for sign, colour in ((1, 255), (-1, 0)):
        i, j = np.nonzero(charge[:-1, :-1] == sign)
        assert len(i)
        assert (lattice[12 * (i + 1), 12 * (j + 1)] == colour).mean() > 0.9
    assert len(np.unique(still[:, 144:].reshape(-1, 3), axis=0)) > 40


def test_a_film_marks_what_it_is_told_to_find():
    one = np.zeros((12, 12), int)
    one[3, 4] = 1
    still, *_ = film([("mine", 0 * hot)], scale=12, find=lambda spins: one)
    assert (still[:144, :144][::-1][48, 60] == 255).all()
