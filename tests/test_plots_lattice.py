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
T = np.linspace(1.2, 3.6, 7)
points = {"cold starts": (T, 1 / T, 0.05 + 0 * T), "hot starts": (T, 1.1 / T, 0.1 + 0 * T)}
QUANTITIES = ("|m|", "energy per spin (J)", "susceptibility χ (1/J)", "specific heat C (k_B)")
curve = ("exact", T, 1 / T)
states = np.array([[1 if k >> i & 1 else -1 for i in range(4)] for k in range(16)])
loop = np.concatenate([np.linspace(1, -1, 21), np.linspace(-1, 1, 21)])
FIGURES = {
    "spins of Ising": lambda: plots.spins(ising, Ising(16), ["T = 1.0"] * 4, title="Four lattices"),
    "spins of one lattice": lambda: plots.spins(ising[0], Ising(16), title="One"),
    "spins of Potts": lambda: plots.spins(potts, Potts(16, 5), title="Two lattices"),
    "spins of a clock": lambda: plots.spins(potts, Clock(16, 16), title="Two lattices"),
    "spins of XY": lambda: plots.spins(angles, XY(16), list("abcdef"), title="Six lattices"),
    "spins of different sizes": lambda: plots.spins([ising[0], ising[1][:8, :8]], Ising(16), title="Two sizes"),
    "spins as arrows": lambda: plots.spins(angles[:1], XY(16), look="arrows", title="Arrows"),
    "spins in both ways": lambda: plots.spins(angles[:3], XY(16), ["T = 1"] * 3, look="both", columns=2, title="Three"),
    "vortices": lambda: plots.spins(angles[:2], XY(16), ["a", "b"], vortices=True, title="Vortices"),
    "phase_curves": lambda: plots.phase_curves(
        dict.fromkeys(QUANTITIES, points),
        exact={QUANTITIES[0]: curve, QUANTITIES[1]: {"exact": (T, 1 / T), "finite": (T, 1.1 / T)}},
        transition=("T_c", 2.269),
        limits={QUANTITIES[2]: (0.01, 100), QUANTITIES[3]: (0, 3)},
        title="Four quantities",
    ),
    "phase_curves of three": lambda: plots.phase_curves(dict.fromkeys(QUANTITIES[:3], points), title="Three"),
    "colourings": lambda: plots.colourings(
        [np.indices((n, n)).sum(0) % 2 == 0 for n in (6, 5)], titles=["good", "bad"], title="Two boards"
    ),
    "stationary": lambda: plots.stationary(
        states, -states[:, 0] * states[:, 1], {"one": np.full(16, 1 / 16), "two": np.full(16, 1 / 16)}, title="Flat"
    ),
    "domain_growth": lambda: plots.domain_growth(T, T**0.5, 0.1 + 0 * T, slice(3, None), (0.5, 1.0), title="Growth"),
    "slowing_down": lambda: plots.slowing_down(
        np.array([8, 16, 32]), np.array([15.0, 60.0, 300.0]), np.ones(3), (2.1, 0.2), title="Slow"
    ),
    "binder_curves": lambda: plots.binder_curves(
        T, {"L = 16": (1 / T, 0.01 + 0 * T), "L = 32": (1.1 / T, 0.01 + 0 * T)}, (2.27, 0.01), 2.269, title="Crossing"
    ),
    "field_loops": lambda: plots.field_loops(
        {f"T = {t}": {"4 sweeps": (loop, np.tanh(loop)), "64 sweeps": (loop, loop)} for t in (1.5, 3.0)}, title="Loops"
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
        drawn = plots.spins(lattice, model, title="One").axes[0].images[0].make_image(None, unsampled=True)[0]
        assert (drawn[0, 0, :3] == pixel).all()


def test_a_full_turn_has_the_colour_of_none():
    assert set(XY(2).colour_index(np.array([0.0, 2 * np.pi, 2 * np.pi - 1e-6, -1e-6])).tolist()) == {0}


def test_vortices_are_marked_white_and_antivortices_black_at_their_plaquettes():
    white, black = plots.spins(angles[0], XY(16), vortices=True, title="Marks").axes[0].collections
    charge = winding_numbers(angles[0])
    for marks, sign, colour in ((white, 1, (1, 1, 1, 1)), (black, -1, (0, 0, 0, 1))):
        i, j = np.nonzero(charge == sign)
        assert np.allclose(marks.get_offsets(), np.stack([j + 0.5, i + 0.5], axis=1))
        assert tuple(marks.get_facecolor()[0]) == colour


def test_arrows_point_along_their_angles():
    (arrows,) = FIGURES["spins as arrows"]().axes[0].collections
    assert np.allclose(np.arctan2(arrows.V, arrows.U), np.angle(np.exp(1j * angles[0])).ravel())


def test_on_a_large_lattice_an_arrow_is_the_mean_spin_of_its_cell():
    wave = np.add.outer(np.zeros(64), 2 * np.pi * np.arange(64) / 64)
    (arrows,) = plots.spins(wave, XY(64), look="arrows", title="One turn").axes[0].collections
    assert arrows.U.shape == (32 * 32,)
    assert arrows.get_offsets()[:2].tolist() == [[0.5, 0.5], [2.5, 0.5]]
    turn = np.angle(arrows.U + 1j * arrows.V)[:3]
    assert np.allclose(turn, 2 * np.pi * np.array([0.5, 2.5, 4.5]) / 64)


def test_the_wheel_has_the_colour_of_each_direction_in_its_place():
    fig = plots.spins(potts[0], Clock(16, 8), title="8")
    (wheel,) = (ax for ax in fig.axes if ax.name == "polar")
    mesh = wheel.collections[0]
    turn = mesh.get_coordinates()[0, :, 0]
    assert np.allclose((turn[1:] + turn[:-1]) / 2, 2 * np.pi * np.arange(8) / 8)
    assert np.allclose(mesh.cmap(np.arange(8))[:, :3] * 255, colours.angles(8))


def test_row_0_is_at_the_bottom_and_each_spin_is_a_square():
    lattice = -np.ones((4, 4), int)
    lattice[0, 3] = 1
    fig = plots.spins(lattice, Ising(4), title="One up, bottom right")
    picture = np.asarray(fig.axes[0].images[0].make_image(None, unsampled=True)[0])
    assert (picture[0, 3, :3] == colours.ISING[1]).all()
    assert fig.axes[0].images[0].origin == "lower"
    buffer = io.BytesIO()
    fig.savefig(buffer, format="png")
    assert Image.open(buffer).size[0] > 100


def test_wrong_looks_and_numbers_of_titles_are_refused():
    with pytest.raises(ValueError, match="look = 'hue'"):
        plots.spins(angles, XY(16), look="hue", title="None")
    with pytest.raises(ValueError, match="those of Ising have none"):
        plots.spins(ising, Ising(16), look="arrows", title="None")
    with pytest.raises(ValueError, match="titles has 1 entries"):
        plots.spins(ising, Ising(16), titles=["a"], title="Four")


def test_a_curve_of_one_name_looks_alike_in_all_panels():
    fig = FIGURES["phase_curves"]()
    first, second = fig.axes[0].lines[0], fig.axes[1].lines[0]
    assert first.get_color() == second.get_color()
    assert fig.axes[1].lines[1].get_color() != second.get_color()
    assert fig.axes[2].get_yscale() == "log"
    assert fig.axes[3].get_yscale() == "linear"


def test_bonds_between_equal_colours_are_red():
    fig = FIGURES["colourings"]()
    red = [sum(line.get_color() == plots.COLORS["red"] for line in ax.lines) for ax in fig.axes]
    assert red == [0, 2 * 10]  # ten bonds across the sides of 5 x 5, each in two stubs
