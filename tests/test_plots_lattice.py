"""Pictures of spins and the figures of lesson 07: labelled, titled, inside their frames, and in the right colours."""

import io

import matplotlib as mpl
import numpy as np
import pytest
from PIL import Image
from support.figures import assert_readable

from course_utils import movie, plots
from course_utils.lattice import XY, Clock, Ising, Potts, colours
from course_utils.lattice.observables import winding_numbers

mpl.use("agg")
pytestmark = pytest.mark.usefixtures("course_style")

rng = np.random.default_rng(0)
ising, potts = rng.choice([-1, 1], (4, 16, 16)), rng.integers(0, 5, (2, 16, 16))
angles = rng.uniform(0, 2 * np.pi, (6, 16, 16))
states = np.array([[1 if k >> i & 1 else -1 for i in range(4)] for k in range(16)])


def shown(*args, columns=None, **options):
    """A figure of lattices."""
    return plots.figure(*plots.lattices(*args, **options), columns=columns, title="Lattices")


FIGURES = {
    "Ising": lambda: shown(ising, Ising(16), ["$T = 1.0$"] * 4, columns=4),
    "one lattice": lambda: shown(ising[0], Ising(16)),
    "Potts": lambda: shown(potts, Potts(16, 5)),
    "many colours": lambda: shown([potts[0]] * 5, Potts(16, 10), list("abcde"), columns=5),
    "clock": lambda: shown(potts, Clock(16, 16)),
    "XY": lambda: shown(angles, XY(16), list("abcdef")),
    "different sizes": lambda: shown([ising[0], ising[1][:8, :8]], Ising(16)),
    "arrows": lambda: shown(angles[:1], XY(16), look="arrows"),
    "both ways": lambda: shown(angles[:3], XY(16), ["T = 1"] * 3, look="both", columns=2),
    "vortices": lambda: shown(angles[:2], XY(16), ["a", "b"], charges=True),
    "colouring": lambda: plots.figure(
        *(plots.colouring(np.indices((n, n)).sum(0) % 2 == 0, f"{n} spins") for n in (6, 5)), title="Two boards"
    ),
    "stationary": lambda: plots.figure(
        plots.stationary(
            states, -states[:, 0] * states[:, 1], {"one": np.full(16, 1 / 16), "two": np.full(16, 1 / 16)}
        ),
        title="Flat",
    ),
}


@pytest.mark.parametrize("name", FIGURES)
def test_a_figure_is_titled_labelled_and_keeps_its_text_inside(name):
    assert_readable(FIGURES[name](), name)


@pytest.mark.parametrize(
    ("model", "values"),
    [(Ising(2), [-1, 1]), (Potts(2, 5), [0, 3, 4]), (Clock(2, 16), [0, 7, 15]), (XY(2), [0.0, 1.0, 3.0, 6.2])],
    ids=["Ising", "Potts", "Clock", "XY"],
)
def test_spins_have_the_colours_of_the_movies(model, values):
    for value in values:
        lattice = np.full((2, 2), value, model.dtype)
        pixel = movie.Painter(model)(lattice)[0, 0, :3]
        drawn = shown(lattice, model).axes[0].images[0].make_image(None, unsampled=True)[0]
        assert (drawn[0, 0, :3] == pixel).all()


def test_a_full_turn_has_the_colour_of_none():
    assert set(XY(2).colour_index(np.array([0.0, 2 * np.pi, 2 * np.pi - 1e-6, -1e-6])).tolist()) == {0}


def test_vortices_are_marked_white_and_antivortices_black_at_their_plaquettes():
    white, black = shown(angles[0], XY(16), charges=True).axes[0].collections
    charge = winding_numbers(angles[0])
    for marks, sign, colour in ((white, 1, (1, 1, 1, 1)), (black, -1, (0, 0, 0, 1))):
        i, j = np.nonzero(charge == sign)
        assert np.allclose(marks.get_offsets(), np.stack([j + 0.5, i + 0.5], axis=1))
        assert tuple(marks.get_facecolor()[0]) == colour


def test_arrows_point_along_their_angles():
    (arrows,) = FIGURES["arrows"]().axes[0].collections
    assert np.allclose(np.arctan2(arrows.V, arrows.U), np.angle(np.exp(1j * angles[0])).ravel())


def test_on_a_large_lattice_an_arrow_is_the_mean_spin_of_its_cell():
    wave = np.add.outer(np.zeros(64), 2 * np.pi * np.arange(64) / 64)
    fig = plots.figure(*plots.lattices(wave, XY(64), look="arrows"), title="One turn")
    (arrows,) = fig.axes[0].collections
    assert arrows.U.shape == (32 * 32,)
    assert arrows.get_offsets()[:2].tolist() == [[0.5, 0.5], [2.5, 0.5]]
    turn = np.angle(arrows.U + 1j * arrows.V)[:3]
    assert np.allclose(turn, 2 * np.pi * np.array([0.5, 2.5, 4.5]) / 64)


def test_the_wheel_has_the_colour_of_each_direction_in_its_place():
    fig = shown(potts[0], Clock(16, 8))
    (wheel,) = (ax for ax in fig.axes if ax.name == "polar")
    mesh = wheel.collections[0]
    turn = mesh.get_coordinates()[0, :, 0]
    assert np.allclose((turn[1:] + turn[:-1]) / 2, 2 * np.pi * np.arange(8) / 8)
    assert np.allclose(mesh.cmap(np.arange(8))[:, :3] * 255, colours.angles(8))


def test_row_0_is_at_the_bottom_and_each_spin_is_a_square():
    lattice = -np.ones((4, 4), int)
    lattice[0, 3] = 1
    fig = shown(lattice, Ising(4))
    picture = np.asarray(fig.axes[0].images[0].make_image(None, unsampled=True)[0])
    assert (picture[0, 3, :3] == colours.ISING[1]).all()
    assert fig.axes[0].images[0].origin == "lower"
    buffer = io.BytesIO()
    fig.savefig(buffer, format="png")
    assert Image.open(buffer).size[0] > 100


def test_a_figure_of_pictures_is_as_high_as_its_squares_need():
    for name, columns in (("Ising", 4), ("XY", 3)):
        fig = FIGURES[name]()
        fig.draw_without_rendering()
        seen = [ax.get_window_extent() for ax in fig.axes if ax.images]
        assert all(box.width == pytest.approx(box.height, rel=1e-3) for box in seen)
        assert sum(box.width for box in seen[:columns]) > 0.75 * fig.bbox.width


def test_wrong_looks_and_numbers_of_titles_are_refused():
    with pytest.raises(ValueError, match="look = 'hue'"):
        plots.lattices(angles, XY(16), look="hue")
    with pytest.raises(ValueError, match="those of Ising have none"):
        plots.lattices(ising, Ising(16), look="arrows")
    with pytest.raises(ValueError, match="titles has 1 entries"):
        plots.lattices(ising, Ising(16), titles=["a"])


def test_bonds_between_equal_colours_are_red():
    fig = FIGURES["colouring"]()
    red = [len(ax.collections[1].get_segments()) for ax in fig.axes]
    assert red == [1, 2 * 10]  # ten bonds across the sides of 5 x 5, each in two stubs; of 6 x 6 an empty one
    assert [text.get_text() for text in fig.legends[0].get_texts()] == ["bond", "bond between equal colours"]


def test_a_loop_has_its_points_and_arrows_along_its_way():
    x = np.concatenate([np.linspace(0, 1, 10), np.linspace(1, 0, 10)])
    ax = plots.figure(plots.panel(plots.loop(x, x**2, "slow", at=(0.25, 0.75))), title="Loop").axes[0]
    np.testing.assert_allclose(ax.lines[0].get_xydata(), np.stack([x, x**2], axis=1))
    ways = [note.xy[0] - note.xyann[0] for note in ax.texts]
    assert [way > 0 for way in ways] == [True, False]
