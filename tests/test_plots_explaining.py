"""Pictures that explain: a THRML program, a ladder of temperatures, zooms into a lattice, a plane of lattices."""

import matplotlib as mpl
import numpy as np
import pytest
from support.figures import assert_readable
from thrml import SpinNode

from course_utils import plots
from course_utils.lattice import Ising, exact, gibbs
from course_utils.plots.program import reads
from course_utils.plots.zooms import balanced, blocks

mpl.use("agg")
pytestmark = pytest.mark.usefixtures("course_style")

NODES = [SpinNode() for _ in range(16)]
PROGRAM = gibbs.ising_program(NODES, 0.4)[0]
ORIGIN = np.array([[0, 1, 2], [1, 0, 2], [1, 2, 0], [1, 2, 0]])
SPINS = np.random.default_rng(0).choice([-1, 1], (16, 16)).astype(np.int8)
FIGURES = {
    "program": lambda: plots.figure(*plots.program(PROGRAM, NODES, (4, 4)), widths=(1, 1.35), title="A program"),
    "ladder": lambda: plots.figure(plots.ladder(ORIGIN, [1.0, 2.0, 4.0], title="swaps"), title="A ladder"),
    "zooms": lambda: plots.figure(*plots.zooms(SPINS, Ising(16)), title="Zooms"),
    "plane": lambda: plots.figure(
        plots.panel(
            plots.pasted([SPINS, -SPINS], [1.0, 2.0], [0.1, -0.1], Ising(16)),
            xlabel="T", ylabel="h", xlim=(0, 3), ylim=(-1, 1),
        ),
        title="A plane",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", FIGURES)
def test_a_figure_is_titled_labelled_and_keeps_its_text_inside(name):
    assert_readable(FIGURES[name](), name)


def test_nodes_of_a_program_read_their_neighbours_and_no_others():
    neighbours = {(int(a), int(b)) for a, b in exact.bonds((4, 4))}
    pairs = reads(PROGRAM, {node: k for k, node in enumerate(NODES)})
    assert len(pairs) == 64  # each of 32 bonds from both its ends
    assert set(pairs) == neighbours | {(b, a) for a, b in neighbours}


def test_the_diagram_counts_the_bonds_and_names_what_a_node_reads():
    lattice, facing = plots.program(PROGRAM, NODES, (4, 4))
    assert lattice.axes["title"] == "16 nodes in two colours, 32 bonds"
    assert facing.axes["title"] == "node 5 reads 1, 4, 6, 9"


def test_a_program_of_other_nodes_is_refused():
    with pytest.raises(ValueError, match="15 entries"):
        plots.program(PROGRAM, NODES[:15], (4, 4))


def test_each_chain_of_a_ladder_is_drawn_on_the_rung_it_sits_on():
    ax = plots.figure(plots.ladder(ORIGIN, [1.0, 2.0, 4.0]), title="t").axes[0]
    names = [line.get_label() for line in ax.lines]
    assert names == ["started at $T = 1$", "started at $T = 2$", "started at $T = 4$"]
    for chain, line in enumerate(ax.lines):
        start, *_, end = line.get_ydata()
        assert (start, end) == (chain, list(ORIGIN[-1]).index(chain))


def test_a_ladder_that_loses_a_chain_is_refused():
    with pytest.raises(ValueError, match="all numbers from 0 to 2"):
        plots.ladder([[0, 1, 1]], [1.0, 2.0, 4.0])


def test_zooms_have_equally_many_cells_and_end_with_single_spins():
    drawn = [ax.images[0].get_array() for ax in plots.figure(*plots.zooms(SPINS, Ising(16)), title="t").axes]
    assert [picture.shape for picture in drawn] == [(4, 4)] * 3
    half = SPINS[tuple(slice(k, k + 8) for k in balanced(SPINS, 8))]
    quarter = half[tuple(slice(k, k + 4) for k in balanced(half, 4))]
    np.testing.assert_array_equal(drawn[0], (blocks(SPINS, 4) + 1) // 2)
    np.testing.assert_array_equal(drawn[2], (quarter + 1) // 2)


def test_the_balanced_part_holds_both_signs_where_there_is_one():
    spins = np.ones((8, 8), np.int8)
    spins[2:, 5:7] = -1
    row, col = balanced(spins, 4)
    assert abs(spins[row : row + 4, col : col + 4].sum()) == 0


@pytest.mark.parametrize("factors", [(2, 4), (1, 3), (1, 4, 6)])
def test_zooms_that_do_not_fit_are_refused(factors):
    with pytest.raises(ValueError, match="factors"):
        plots.zooms(SPINS, Ising(16), factors)


def test_pasted_lattices_stand_at_their_points_and_upright():
    ax = FIGURES["plane"]().axes[0]
    assert [tuple(box.xy) for box in ax.artists] == [(1.0, 0.1), (2.0, -0.1)]
    picture = ax.artists[0].offsetbox.get_data()
    model = Ising(16)
    np.testing.assert_array_equal(picture[-1], model.palette()[model.colour_index(SPINS[0])])


def test_contour_lines_lie_on_the_surface_at_their_heights():
    grid = np.stack(np.meshgrid(np.linspace(-1, 1, 21), np.linspace(-1, 1, 21), indexing="ij"), axis=-1)
    plain, lined = (
        plots.figure(plots.surface(grid, (grid**2).sum(-1), lines=lines), title="t").axes[0]
        for lines in ((), (0.5, 1.0))
    )
    assert len(lined.collections) > len(plain.collections)
    assert lined.collections[-1].levels.tolist() == [0.5, 1.0]
