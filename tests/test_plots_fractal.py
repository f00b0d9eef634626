"""Pictures of the complex plane: readable, and right where a colour or a pixel can be foretold."""

import io

import numpy as np
import pytest
from PIL import Image
from support.figures import assert_readable

from course_utils import plots
from course_utils.fractals import diamond, mandelbrot, plane, roots
from course_utils.plots import fractal

pytestmark = pytest.mark.usefixtures("course_style")

BOX = ((-3.0, 5.0), (-3.0, 3.0))


def test_maps_are_readable():
    c = plane(BOX, 40)
    phase, count = diamond.flow(c, 3)
    flows = fractal.flow_map(BOX, phase, count)
    dots = fractal.zeros(diamond.zeros(3, 2), "zeros", color="white")
    escapes = fractal.escape_map(BOX, mandelbrot.smooth_count(c, 30))
    fig = plots.figure(
        plots.panel(flows, dots, square=True, xlabel="Re $x$", ylabel="Im $x$"),
        plots.panel(escapes, square=True, xlabel="Re $c$", ylabel="Im $c$"),
        title="two maps",
    )
    assert_readable(fig, "maps")
    (legend,) = fig.legends
    assert [text.get_text() for text in legend.texts] == ["flows to 1: hot", "flows to infinity: cold", "zeros"]


def test_the_colour_says_where_a_point_flows():
    phase = np.array([[1, -1], [0, 1]], np.int8)
    colours = fractal._flow_colours(phase, np.array([[0.0, 0.0], [np.inf, 5.0]]))
    hot, cold = colours[0, 0], colours[0, 1]
    assert hot[0] > hot[2]
    assert cold[2] > cold[0]
    assert colours[1, 0].max() < 0.1
    assert colours[1, 1].sum() < hot.sum()  # later is darker


def test_diamonds_are_readable_and_spins_apart():
    panels = [fractal.diamond(diamond.bonds(n)) for n in range(4)]
    assert_readable(plots.figure(*panels, columns=4, title="four generations"), "diamonds")
    places = fractal._places(diamond.bonds(3))
    assert len(places) == diamond.n_spins(3)
    apart = np.linalg.norm(places[:, None] - places, axis=-1) + np.eye(len(places))
    assert apart.min() > 0.01


def frames(film) -> list[np.ndarray]:
    picture, found = Image.open(io.BytesIO(film.data)), []
    for k in range(picture.n_frames):
        picture.seek(k)
        found.append(np.asarray(picture.convert("RGB"), int))
    return found


def test_late_colours_are_told_apart_where_nothing_is_soon():
    phase, count = np.ones((1, 4), np.int8), np.array([[50.0, 53.0, 56.0, 70.0]])
    bright = fractal._flow_colours(phase, count).sum(-1)[0]
    assert (np.diff(bright) < -0.05).all()


def test_the_film_of_the_border_shrinks():
    c = plane(BOX, 240)
    film = fractal.escape_film(BOX, lambda n: mandelbrot.smooth_count(c, n, 2.0), 6, words="it shrinks")
    black = [(still[30:].sum(-1) < 80).mean() for still in frames(film)][1:]  # the still picture comes first
    assert len(black) == 7
    assert black == sorted(black, reverse=True)
    assert film.metadata["alt"] == "it shrinks"
    assert frames(film)[0].shape == (90, 120, 3)


def test_a_film_stores_only_what_changes_and_shows_all():
    rng = np.random.default_rng(1)
    first = rng.uniform(0, 1, (90, 80, 3)).round(1)
    second = first.copy()
    second[40:50, 30:40] = 0.0
    film = fractal._film([first, second, second], ["a", "a", "a"], 100, "")
    default, *shown = frames(film)
    assert len(shown) == 3
    assert (default == shown[-1]).all()
    changed = (shown[0] != shown[1]).any(-1)
    assert changed[::-1].T[40:50, 30:40].mean() > 0.9
    assert not np.delete(changed[::-1].T, slice(40, 50), 0).any()
    alone = fractal._film([first], ["a"], 100, "")
    assert len(film.data) < 2.2 * len(alone.data)


def test_the_film_of_guesses_shows_each_of_them():
    phase, count = diamond.flow(plane(BOX, 320), 3)
    ways = [roots.ring([1, 0, 1], 1.5), np.array([2.0 + 1j, 9.0 + 0j])]  # the second leaves the picture
    stills = frames(fractal.dots_film(BOX, phase, count, ways))[1:]
    white = [(still[30:].min(-1) > 240).sum() for still in stills]
    assert white[0] > 1.6 * white[1] > 0
