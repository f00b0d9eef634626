"""The figures of lesson 05: labelled, titled, inside their frames, and true of the data they were given."""

import io

import matplotlib as mpl
import numpy as np
import pytest
import torch
from PIL import Image
from support.figures import assert_readable

from course_utils import boltzmann, plots
from course_utils.plots.training import ENERGY_SPAN, normalised

mpl.use("agg")
pytestmark = pytest.mark.usefixtures("course_style")

rng = np.random.default_rng(0)
plane, cell = boltzmann.grid_2d(((-5, 5), (-5, 5)), 41)
bowl = (plane**2).sum(-1) / 2
p, _ = boltzmann.density(bowl, cell, 1.0)
dots = rng.standard_normal((400, 2))
steps = np.arange(0, 801, 40)
falling = 1.4 * np.exp(-steps / 150) + 0.02
seeds = np.stack([falling, 1.2 * falling, 1.1 * falling])
z = np.linspace(-6, 6, 201)
normal = np.exp(-(z**2) / 2) / np.sqrt(2 * np.pi)
METHODS = ("CD-10", "CD-1, MALA", "PCD-10", "NCE", "DSM, σ = 0.1", "sliced SM")
SETS = ("eight Gaussians", "checkerboard", "pinwheel")
FIGURES = {
    "data_sets": lambda: plots.data_sets([(name, plane, p, dots) for name in ("two moons", *SETS)], title="Four sets"),
    "push_and_pull": lambda: plots.push_and_pull(plane, p, p.roll(5, 0), dots, title="Up here, down there"),
    "training_watched": lambda: plots.training_watched(
        plane, dots, {n: (bowl * (1 + n), 1 / (1 + n), dots) for n in (0, 40, 100, 800)}, title="Watched"
    ),
    "loss_and_truth": lambda: plots.loss_and_truth(
        rng.standard_normal(800), steps, 2.4 + falling, 2.4, title="One of the two means something"
    ),
    "kl_curves": lambda: plots.kl_curves(
        {name: (steps, seeds * (1 + i / 3)) for i, name in enumerate(METHODS)}, 0.014, title="All of them fall"
    ),
    "densities_beside": lambda: plots.densities_beside(
        plane, p, dict.fromkeys((*METHODS, "CD-1, ULA"), (p, 0.02, dots)), title="Beside the truth"
    ),
    "sets_beside": lambda: plots.sets_beside(
        {name: (plane, p, dict.fromkeys(("NCE", "CD-10", "CD-1"), (p, 0.05))) for name in SETS}, title="Three sets"
    ),
    "mode_weights": lambda: plots.mode_weights(
        [4, 8, 12],
        {name: rng.uniform(0, 1, (3, 3)) for name in ("exact ML", "NCE", "DSM", "CD-3", "PCD-3")},
        0.8,
        z,
        normal,
        {"NCE": normal, "DSM": normal[::-1]},
        title="Some can weigh",
    ),
    "frozen_chains": lambda: plots.frozen_chains(
        steps, np.stack([0.8 + 0 * steps, 0.7 + 0 * steps]), np.stack([-steps, steps]), 0.8, title="Frozen"
    ),
    "fisher_and_kl": lambda: plots.fisher_and_kl(z + 7, np.exp(-((z + 7) ** 2) / 8), 0 * z + 0.2, title="One falls"),
    "offsets": lambda: plots.offsets(
        dict.fromkeys(("ULA", "ULA, α = 0.1", "MALA"), (steps, 10 * steps, falling)), title="Running away"
    ),
}


@pytest.mark.parametrize("name", FIGURES)
def test_a_figure_is_titled_labelled_and_keeps_its_text_inside(name):
    assert_readable(FIGURES[name](), name)


def test_energies_are_drawn_above_their_minimum_and_cut_off_at_a_common_height():
    fig = plots.training_watched(plane, dots, {0: (bowl + 1000, 0.5, dots)}, title="Shifted")
    filled = fig.axes[0].collections[0]
    assert filled.levels[0] == 0
    assert filled.levels[-1] == ENERGY_SPAN
    assert filled.zmin == pytest.approx(0)
    assert filled.zmax == pytest.approx(ENERGY_SPAN)


def test_a_density_on_a_picture_is_normalised_whatever_constant_the_energy_has():
    for shift in (0.0, 5000.0, -5000.0):
        assert np.allclose(normalised(plane, bowl + shift), p)


def test_densities_beside_one_another_share_one_colour_scale():
    fig = plots.densities_beside(plane, p, {"sharp": (3 * p, 0.4, None), "flat": (p / 3, 0.4, None)}, title="Compare")
    limits = {ax.collections[0].get_clim() for ax in fig.axes[:3]}
    assert len(limits) == 1


def test_the_map_of_pushes_is_symmetric_about_zero_and_shows_model_minus_data():
    fig = plots.push_and_pull(plane, p, p.roll(5, 0), dots, title="Up and down")
    mesh = fig.axes[2].collections[0]
    low, high = mesh.get_clim()
    assert low == -high
    assert np.allclose(mesh.get_array().reshape(41, 41), (p - p.roll(5, 0)).T)


def test_every_seed_is_a_dot_at_its_end_and_the_band_holds_all_of_them():
    fig = plots.kl_curves({"CD": (steps, seeds), "NCE": (steps, 2 * seeds)}, 0.0135, title="Ends")
    bands, (left, right) = fig.axes[0].collections, fig.axes
    assert [tuple(np.sort(line.get_xdata())) for line in right.lines[:2]] == [
        pytest.approx(np.sort(scale * seeds[:, -1])) for scale in (1, 2)
    ]
    edges = bands[1].get_paths()[0].vertices[:, 1]
    assert (edges.min(), edges.max()) == pytest.approx((2 * seeds.min(), 2 * seeds.max()))
    assert left.lines[0].get_ydata() == pytest.approx(1.1 * falling)
    assert [label.get_text() for label in right.get_yticklabels()] == ["CD", "NCE"]


def test_a_run_of_frozen_chains_has_the_colour_of_its_drift():
    left, right = FIGURES["frozen_chains"]().axes
    falls, rises = left.lines[:2]
    assert falls.get_color() != rises.get_color()
    assert [line.get_color() for line in right.lines[:2]] == [falls.get_color(), rises.get_color()]
    assert right.lines[2].get_ydata()[0] == pytest.approx(np.log(4))


def test_the_gap_between_likelihood_and_entropy_is_shaded():
    fig = FIGURES["loss_and_truth"]()
    shaded = fig.axes[1].collections[0].get_paths()[0].vertices[:, 1]
    assert shaded.min() == pytest.approx(2.4)
    assert shaded.max() == pytest.approx(2.4 + falling.max())


def test_every_run_is_a_mark_near_its_separation():
    fig = FIGURES["mode_weights"]()
    marks = [line for line in fig.axes[0].lines if line.get_marker() not in ("", "None", None)]
    assert len(marks) == 5
    for line in marks:
        assert np.abs(line.get_xdata().reshape(3, 3) - [[4], [8], [12]]).max() < 2


@pytest.fixture(scope="module")
def movie():
    frames = [(n, bowl * (1 + n / 3), 1 / (1 + n), dots) for n in range(6)]
    return plots.surface_movie(plane, torch.as_tensor(dots), frames, milliseconds=100, words="A bowl narrows.")


def test_a_movie_is_an_animated_png_with_its_words_that_stops_by_itself(movie):
    bundle, metadata = movie._repr_mimebundle_()
    picture = Image.open(io.BytesIO(movie.data))
    assert "image/png" in bundle
    assert metadata["image/png"]["alt"] == "A bowl narrows."
    assert picture.is_animated
    assert picture.n_frames == 7, "six frames, and the still one for those who cannot show them"
    assert picture.info["loop"] == 3


def test_where_it_does_not_move_a_movie_shows_its_end(movie):
    picture = Image.open(io.BytesIO(movie.data))
    still = np.asarray(picture.convert("RGB")).astype(int)
    picture.seek(6)
    last = np.asarray(picture.convert("RGB")).astype(int)
    picture.seek(1)
    first = np.asarray(picture.convert("RGB")).astype(int)
    assert np.abs(still - last).max() == 0
    assert np.abs(still - first).max() > 50


def test_the_frames_of_a_movie_share_one_scale_of_the_density(movie):
    picture = Image.open(io.BytesIO(movie.data))
    hills = []
    for frame in (1, 6):
        picture.seek(frame)
        hills.append(np.median(np.asarray(picture.convert("L"))[108:128, 366:386]))  # the middle of the density
    assert hills[0] < 0.6 * hills[1], "the broad density of the first frame is dark"


def test_a_movie_is_small(movie):
    assert len(movie.data) < 100_000
