"""The figures of lesson 06: labelled, titled, inside their frames, and true of the data they were given."""

import matplotlib as mpl
import numpy as np
import pytest
import torch
from support.figures import assert_readable

from course_utils import plots
from course_utils.plots.images import image_cmap, mosaic

mpl.use("agg")
pytestmark = pytest.mark.usefixtures("course_style")

rng = np.random.default_rng(0)
digits = rng.uniform(-1, 1, (3, 10, 1, 8, 8))
kinds = ["uniform", "gaussian around the mean", "flipped"]
FIGURES = {
    "image_grid": lambda: plots.image_grid(
        digits, title="A long title that says what was found in these rows of pictures", rows=["one", "1000 steps", "c"]
    ),
    "image_grid with columns": lambda: plots.image_grid(
        digits[:1, :3], title="Short", columns=["0", "1", "2"], rows=["a label\nof two lines"]
    ),
    "two_starts": lambda: plots.two_starts(
        [1, 10, 100],
        {"noise": rng.normal(size=(3, 50)), "data": rng.normal(size=(3, 50))},
        rng.normal(size=90),
        title="Met",
    ),
    "energy_groups": lambda: plots.energy_groups(
        {kind: rng.normal(i, 1, 200) for i, kind in enumerate(kinds)}, title="Apart"
    ),
    "auroc_dots": lambda: plots.auroc_dots(
        kinds, {"energy": [1.0, 0.2, 0.7], "confidence": [0.9, 0.8, 0.5]}, title="One"
    ),
    "confidence": lambda: plots.confidence(
        {"real": rng.uniform(0.9, 1, 50), "noise": rng.uniform(0.2, 1, 50)}, title="Sure of noise"
    ),
    "watched_training": lambda: plots.watched_training(
        np.arange(100), rng.normal(size=100), {"distance": ([[0, 9.0], [50, 3.0]], 1.0, "floor")}, title="Falls"
    ),
    "ablation": lambda: plots.ablation(
        ["all", "no clipping", "ReLU"],
        {"classes": ([9.0, np.nan, 8.0], [0.1, 0.0, 0.2]), "distance": ([30.0, np.nan, 60.0], [3.0, 0.0, 2.0])},
        title="Each is needed",
    ),
    "slopes": lambda: plots.slopes(
        np.linspace(0, 1, 9), {"SiLU": (np.ones(9), np.ones(9)), "ReLU": (np.zeros(9), np.zeros(9))}, title="Smooth"
    ),
    "class_shares": lambda: plots.class_shares(
        list("0123456789"), {name: np.full(10, 0.1) for name in ("a", "b", "E of {6, 8}")}, title="Even", wanted=[6, 8]
    ),
}


@pytest.mark.parametrize("name", FIGURES)
def test_a_figure_is_titled_labelled_and_keeps_its_text_inside(name):
    assert_readable(FIGURES[name](), name)


def test_a_mosaic_holds_each_image_unchanged_with_gaps_between():
    picture, empty = mosaic(digits)
    assert picture.shape == empty.shape == (3 * 9 - 1, 10 * 9 - 1)
    assert np.array_equal(picture[9:17, 18:26], digits[1, 2, 0])
    assert empty.sum() == picture.size - digits.size
    assert empty[8].all()
    assert empty[:, 8].all()


def test_a_mosaic_refuses_what_has_no_rows_and_columns():
    with pytest.raises(ValueError, match=r"shape \(rows, columns, h, w\)"):
        mosaic(torch.zeros(8, 8))


def test_white_is_ink_black_is_paper_and_an_unknown_pixel_is_neither():
    image = torch.tensor([[-1.0, 1.0], [float("nan"), 0.0]]).expand(1, 1, 2, 2)
    shown = plots.image_grid(image, title="Four pixels").axes[0].images[0].get_array()
    assert np.allclose(shown[0, 0, :3], 0)
    assert np.allclose(shown[0, 1, :3], 1)
    assert np.allclose(shown[1, 0], image_cmap().get_bad())
    assert len(set(np.round(shown[1, 0, :3], 3))) > 1, "grey would pass for a pixel of the image"


def test_pictures_are_shown_pixel_by_pixel():
    assert FIGURES["image_grid"]().axes[0].images[0].get_interpolation() == "nearest"


def test_the_bands_are_quantiles_of_the_chains_and_of_the_real_images():
    chains = np.tile(np.arange(101.0), (2, 1))
    ax = plots.two_starts([1, 2], {"noise": chains}, np.arange(0, 1001.0), title="Bands").axes[0]
    span, band = ax.patches[0], ax.collections[0]
    assert span.get_y() == pytest.approx(100)
    assert span.get_height() == pytest.approx(800)
    assert band.get_paths()[0].vertices[:, 1].min() == pytest.approx(10)
    assert band.get_paths()[0].vertices[:, 1].max() == pytest.approx(90)


def test_the_legend_of_the_confidence_counts_what_is_above_the_line():
    fig = plots.confidence({"noise": [0.2, 0.95, 0.99, 0.5]}, title="Half")
    assert fig.axes[0].get_legend().get_texts()[0].get_text() == "noise: 50% above 0.9"
    curve = fig.axes[0].lines[1].get_xydata()
    assert curve[curve[:, 0] < 0.2][:, 1].min() == 1
    assert curve[-1, 1] == 0


def test_a_diverged_variant_is_said_in_words():
    texts = [text.get_text() for ax in FIGURES["ablation"]().axes for text in ax.texts]
    assert texts.count("diverged") == 2
