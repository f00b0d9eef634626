"""The film of a training in lesson 05: animated, small, on one scale, and a still picture where it does not move."""

import io

import jax
import matplotlib as mpl
import numpy as np
import pytest
from PIL import Image

from course_utils import boltzmann, plots
from course_utils.lattice import Ising, Potts

mpl.use("agg")
pytestmark = pytest.mark.usefixtures("course_style")

plane, cell = boltzmann.grid_2d(((-5, 5), (-5, 5)), 41)
bowl = (plane**2).sum(-1) / 2
samples = np.random.default_rng(0).standard_normal((400, 2))
N_FRAMES = 4


@pytest.fixture(scope="module")
def film():
    with mpl.rc_context():
        plots.use_style()
        bowls = [bowl * (1 + n) / N_FRAMES for n in range(N_FRAMES)]
        frames = [(n, 1 / (1 + n), e, boltzmann.density(e, cell)[0], samples) for n, e in enumerate(bowls)]
        return plots.training_film(plane, frames, words="A bowl narrows.")


def test_a_film_is_an_animated_png_with_its_words_that_stops_by_itself(film):
    bundle, metadata = film._repr_mimebundle_()
    picture = Image.open(io.BytesIO(film.data))
    assert "image/png" in bundle
    assert metadata["image/png"]["alt"] == "A bowl narrows."
    assert picture.is_animated
    assert picture.n_frames == N_FRAMES + 1, "the frames, and the still one for those who cannot show them"
    assert picture.info["loop"] == 3


def test_where_it_does_not_move_a_film_shows_its_end(film):
    picture = Image.open(io.BytesIO(film.data))
    still = np.asarray(picture.convert("RGB")).astype(int)
    picture.seek(N_FRAMES)
    last = np.asarray(picture.convert("RGB")).astype(int)
    picture.seek(1)
    first = np.asarray(picture.convert("RGB")).astype(int)
    assert np.abs(still - last).max() == 0
    assert np.abs(still - first).max() > 50


def test_the_frames_of_a_film_share_one_scale_of_the_density(film):
    picture = Image.open(io.BytesIO(film.data))
    brightest = []
    for frame in (1, N_FRAMES):
        picture.seek(frame)
        rgb = np.asarray(picture.convert("RGB")).astype(int)
        middle = rgb[60:-60, int(0.53 * rgb.shape[1]) : int(0.8 * rgb.shape[1])]
        of_density = middle[..., 0] >= middle[..., 1]  # samples are blue and green
        brightest.append(np.quantile(middle[of_density].sum(-1), 0.99))
    assert brightest[0] < 0.6 * brightest[1], "the broad density of the first frame is darker"


def test_a_film_is_small(film):
    assert len(film.data) < 50_000 * N_FRAMES


@pytest.mark.parametrize("model", [Ising(4), Potts((4, 6), 10)], ids=lambda model: model.name)
def test_a_film_of_lattices_has_one_frame_a_lattice_in_the_colours_of_the_model(model):
    lattices = np.asarray(model.random(jax.random.key(1), (5, *model.shape)))
    film = plots.lattice_film(model, [lattices[:2], lattices[2:]], scale=3, words="Noise.")
    picture = Image.open(io.BytesIO(film.data))
    assert picture.n_frames == 5 + 1
    picture.seek(2)
    seen = np.asarray(picture.convert("RGB"))[::-1][1::3, 1::3]  # the middle of each spin, from the bottom up
    assert np.array_equal(seen, model.palette()[model.colour_index(lattices[1])])
