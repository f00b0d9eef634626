"""The surfaces of lesson 04 that turn under the mouse, and the still picture that stands for them."""

import json

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import pytest
import torch
from support.figures import assert_readable

from course_utils import boltzmann, energies, plots
from course_utils.plots.turning import POINTS

mpl.use("agg")
pytestmark = pytest.mark.usefixtures("course_style")

bowl = energies.Quadratic(2.0, dim=2)
points, _ = boltzmann.grid_2d(((-2, 2), (-1, 3)), 2 * POINTS - 1)
SURFACES = [
    ("bowl", points, bowl(points), torch.tensor([0.0, 0.0]), "energy $E$"),
    ("steep bowl", points, torch.log10(1 + 500 * bowl(points)), torch.tensor([0.0, 0.0]), "$\\log_{10}(1 + E)$"),
]


@pytest.fixture(scope="module")
def turning():
    with mpl.rc_context():
        plots.use_style()
        return plots.turning_surface(SURFACES, title="Two surfaces")


def test_energy_is_in_the_right_orientation(turning):
    first, _, steep, _ = turning.solid.data
    assert len(first.z) == len(first.y) == POINTS
    x, y = first.x[40], first.y[7]
    assert first.z[7][40] == pytest.approx(x**2 + y**2, rel=2e-3)
    assert steep.z[7][40] == pytest.approx(np.log10(1 + 500 * (x**2 + y**2)), rel=2e-3)


def test_one_surface_is_visible_and_each_button_shows_its_own(turning):
    assert [trace.visible for trace in turning.solid.data] == [True, True, False, False]
    buttons = turning.solid.layout.updatemenus[0].buttons
    assert [button.label for button in buttons] == ["bowl", "steep bowl"]
    assert buttons[1].args == ({"visible": [False, False, True, True]}, {"scene.zaxis.title.text": "log₁₀(1 + E)"})


def test_the_mark_stands_at_the_minimum(turning):
    mark = turning.solid.data[1]
    assert (mark.x, mark.y) == ((0.0,), (0.0,))
    assert 0 <= mark.z[0] < 0.5


def test_the_still_picture_shows_every_surface_with_its_minimum(turning):
    assert_readable(turning.still, "still")
    assert [ax.get_title() for ax in turning.still.axes] == ["bowl", "steep bowl"]
    for ax in turning.still.axes:
        x, y, _ = ax.lines[-1].get_data_3d()
        assert (x[0], y[0]) == (0, 0)


def test_a_notebook_gets_a_small_picture_that_turns_and_a_still_one(turning):
    data, size = turning._repr_mimebundle_()
    assert set(data) == {"application/vnd.plotly.v1+json", "image/png", "text/plain"}
    assert data["image/png"].startswith(b"\x89PNG")
    assert size["image/png"]["width"] == 960
    page = json.dumps(data["application/vnd.plotly.v1+json"])
    assert "bdata" not in page, "an older plotly.js reads plain lists only"
    assert len(page) < 250_000
    assert plt.get_fignums() == []


def test_colab_gets_html_that_fetches_the_library(turning, monkeypatch):
    monkeypatch.setenv("COLAB_RELEASE_TAG", "release")
    page = turning._repr_mimebundle_()[0]["text/html"]
    assert "cdn.plot.ly" in page
    assert len(page) < 250_000
