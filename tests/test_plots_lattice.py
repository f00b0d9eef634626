"""Pictures of spins and the figures of lesson 07: labelled, titled, inside their frames, and in the right colours."""

import io

import matplotlib as mpl
import numpy as np
import pytest
from PIL import Image
from support.figures import assert_readable

from course_utils import movie, plots
from course_utils.plots.lattice import spin_indices

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
    "spins of Ising": lambda: plots.spins(ising, "ising", ["T = 1.0"] * 4, title="Four lattices"),
    "spins of one lattice": lambda: plots.spins(ising[0], title="One"),
    "spins of Potts": lambda: plots.spins(potts, "potts", q=5, title="Two lattices"),
    "spins of a clock": lambda: plots.spins(potts, "clock", q=16, title="Two lattices"),
    "spins of XY": lambda: plots.spins(angles, "xy", list("abcdef"), title="Six lattices"),
    "spins of different sizes": lambda: plots.spins([ising[0], ising[1][:8, :8]], title="Two sizes"),
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


def test_spins_have_the_colours_of_the_movies():
    cases = {
        "ising": ([-1, 1], None),
        "potts": ([0, 3, 4], 5),
        "clock": ([0, 7, 15], 16),
        "xy": ([0.0, 1.0, 3.0, 6.2], None),
    }
    for kind, (values, q) in cases.items():
        index, table = spin_indices(np.array(values), kind, q)
        painter = movie.Painter(kind, 2, q)
        for value, row in zip(values, index, strict=True):
            pixel = painter(np.full((2, 2), value, np.float32 if kind == "xy" else int))[0, 0, :3]
            assert np.abs(pixel.astype(int) - table[row].astype(int)).max() <= (6 if kind == "xy" else 0)


def test_a_full_turn_has_the_colour_of_none():
    index, _ = spin_indices(np.array([0.0, 2 * np.pi, 2 * np.pi - 1e-6, -1e-6]), "xy")
    assert set(index.tolist()) == {0}


def test_row_0_is_at_the_bottom_and_each_spin_is_a_square():
    lattice = -np.ones((4, 4), int)
    lattice[0, 3] = 1
    fig = plots.spins(lattice, title="One up, bottom right")
    picture = np.asarray(fig.axes[0].images[0].make_image(None, unsampled=True)[0])
    assert (picture[0, 3, :3] == movie.ISING_COLOURS[1]).all()
    assert fig.axes[0].images[0].origin == "lower"
    buffer = io.BytesIO()
    fig.savefig(buffer, format="png")
    assert Image.open(buffer).size[0] > 100


def test_unknown_kinds_and_wrong_numbers_of_titles_are_refused():
    with pytest.raises(ValueError, match="expected one of ising, potts, clock, xy"):
        spin_indices(ising, "heisenberg")
    with pytest.raises(ValueError, match="q = None"):
        spin_indices(potts, "potts")
    with pytest.raises(ValueError, match="titles has 1 entries"):
        plots.spins(ising, titles=["a"], title="Four")


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
