"""The relief: what a ray meets, what the sun does not reach, and what the picture is."""

import importlib
import io

import numpy as np
import pytest
from PIL import Image

from course_utils.fractals import mandelbrot, plane
from course_utils.plots import relief

parts = importlib.import_module("course_utils.plots.relief")  # `plots.relief` is the function
SUN = np.array(parts.SUN) / np.linalg.norm(parts.SUN)


def test_on_level_ground_the_middle_of_the_picture_is_where_the_eye_looks():
    n = 300
    across, along = parts._seen(np.zeros((n, n), np.float32), 180, 101)
    ahead = parts.EYE[2] / parts.DOWN
    assert across[50, 90] == pytest.approx(parts.EYE[0] * n - 0.5, abs=0.02 * n)
    assert along[50, 90] == pytest.approx((parts.EYE[1] + ahead) * n - 0.5, abs=0.02 * n)
    assert (np.diff(along[:, 90]) < 0).all()  # the lower in the picture, the nearer
    assert (np.diff(across, axis=1) > 0).all()


def test_a_wall_hides_what_stands_behind():
    n, wall = 300, 120
    height = np.zeros((n, n), np.float32)
    height[:, wall] = 0.1
    _, along = parts._seen(height, 600, 333)
    eye = (parts.EYE[1] * n, parts.EYE[2])
    foot = wall + 0.1 * (wall - eye[0]) / (eye[1] - 0.1)  # where the ray over its top meets the ground
    seen = along[:, 300]
    assert not ((seen > wall + 3) & (seen < foot - 5)).any()
    assert ((seen > foot - 5) & (seen < foot + 10)).any()
    assert (np.abs(seen - wall) < 1.5).sum() > 10  # its front


def test_a_tower_throws_a_shadow_as_long_as_the_sun_is_low():
    n, tall = 400, 0.05
    height = np.zeros((n, n), np.float32)
    height[195:206, 195:206] = tall
    flat = np.hypot(SUN[0], SUN[1])
    length = tall * flat / SUN[2] * n

    def at(far: float) -> float:
        i, j = (round(200 - far * part / flat) for part in SUN[:2])
        return float(parts._shade(height, SUN)[i, j])

    assert at(0.7 * length + 8) > 0.5
    assert at(1.6 * length + 12) == 0.0
    assert at(-20) == 0.0  # towards the sun


def test_level_ground_is_lit_alike_and_a_slope_to_the_sun_is_brighter():
    n = 120
    level = parts._light(np.zeros((n, n), np.float32))
    assert np.ptp(level) < 1e-6
    slope = np.repeat(np.linspace(0, 0.05, n, dtype=np.float32)[:, None], n, 1)  # rises to the east: faces west
    assert parts._light(slope)[60, 60] > level[60, 60] > parts._light(slope[::-1])[60, 60]


def test_the_set_is_dark_and_its_edge_is_light():
    half = mandelbrot.smooth_count(plane(((-2.9, 1.7), (0.0, 2.5)), 160), 60, 100.0)
    count = np.concatenate([half[:, ::-1], half], 1)
    film = relief(1 - np.sqrt(mandelbrot.potential(count)), count, words="a mountain")
    picture = np.asarray(Image.open(io.BytesIO(film.data)), int)
    assert picture.shape == (*parts.SIZE[::-1], 3)
    assert film.metadata["alt"] == "a mountain"
    brightness = picture.sum(-1)
    assert brightness[300, 860] < 200  # in the middle of the plateau
    assert (brightness > 450).mean() > 0.01
    assert 15 < np.median(brightness) / 3 < 140


def test_refuses_two_shapes():
    with pytest.raises(ValueError, match="shape of the heights"):
        relief(np.zeros((4, 5)), np.zeros((5, 4)))
