"""Every palette as it is seen without one kind of cones, and the uniformity of the wheel of directions."""

from __future__ import annotations

import numpy as np
import pytest

from course_utils.lattice import XY, colours
from course_utils.plots.style import COLORS

#: Machado, Oliveira and Fernandes (2009), severity 1, doi:10.1109/TVCG.2009.113; for linear RGB.
VISION = {
    "all cones": np.eye(3),
    "protan": np.array(
        [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]]
    ),
    "deutan": np.array(
        [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]]
    ),
    "tritan": np.array(
        [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]]
    ),
}
TO_XYZ = np.array(
    [[0.4124564, 0.3575761, 0.1804375], [0.2126729, 0.7151522, 0.0721750], [0.0193339, 0.1191920, 0.9503041]]
)
WHITE = np.array([0.95047, 1.0, 1.08883])


def linear(table: np.ndarray) -> np.ndarray:
    s = table / 255
    return np.where(s <= 0.04045, s / 12.92, ((s + 0.055) / 1.055) ** 2.4)


def cielab(table: np.ndarray, vision: str) -> np.ndarray:
    xyz = np.clip(linear(table) @ VISION[vision].T, 0, 1) @ TO_XYZ.T / WHITE
    x, y, z = np.moveaxis(np.where(xyz > 216 / 24389, np.cbrt(xyz), (24389 / 27 * xyz + 16) / 116), -1, 0)
    return np.stack([116 * y - 16, 500 * (x - y), 200 * (y - z)], axis=-1)


def oklab(table: np.ndarray) -> np.ndarray:
    to_cone = np.array(
        [[0.4122214708, 0.5363325363, 0.0514459929], [0.2119034982, 0.6806995451, 0.1073969566],
         [0.0883024619, 0.2817188376, 0.6299787005]]
    )  # fmt: skip
    to_lab = np.array(
        [[0.2104542553, 0.7936177850, -0.0040720468], [1.9779984951, -2.4285922050, 0.4505937099],
         [0.0259040371, 0.7827717662, -0.8086757660]]
    )  # fmt: skip
    return np.cbrt(linear(table) @ to_cone.T) @ to_lab.T


def ciede2000(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Colour difference, from 0 on; 1 can just be seen, side by side. Sharma, Wu and Dalal (2005), eqs 2 to 22."""
    (l1, a1, b1), (l2, a2, b2) = np.moveaxis(first, -1, 0), np.moveaxis(second, -1, 0)
    mean = (np.hypot(a1, b1) + np.hypot(a2, b2)) / 2
    more = 1.5 - 0.5 * np.sqrt(mean**7 / (mean**7 + 25.0**7))
    c1, c2 = np.hypot(a1 * more, b1), np.hypot(a2 * more, b2)
    h1, h2 = (np.degrees(np.arctan2(b, a * more)) % 360 for a, b in ((a1, b1), (a2, b2)))
    turn = np.where(c1 * c2 == 0, 0, (h2 - h1 + 180) % 360 - 180)
    hue = np.where(c1 * c2 == 0, h1 + h2, (h1 + turn / 2) % 360)
    light, chroma = (l1 + l2) / 2, (c1 + c2) / 2
    weights = ((-0.17, 1, -30), (0.24, 2, 0), (0.32, 3, 6), (-0.2, 4, -63))
    t = 1 + sum(w * np.cos(np.radians(k * hue + phase)) for w, k, phase in weights)
    dl = (l2 - l1) / (1 + 0.015 * (light - 50) ** 2 / np.sqrt(20 + (light - 50) ** 2))
    dc = (c2 - c1) / (1 + 0.045 * chroma)
    dh = 2 * np.sqrt(c1 * c2) * np.sin(np.radians(turn) / 2) / (1 + 0.015 * chroma * t)
    tilt = np.sin(np.radians(60 * np.exp(-(((hue - 275) / 25) ** 2))))
    rotation = 2 * np.sqrt(chroma**7 / (chroma**7 + 25.0**7)) * tilt
    return np.sqrt(np.maximum(dl**2 + dc**2 + dh**2 - rotation * dc * dh, 0))


def smallest(table: np.ndarray, vision: str) -> float:
    """The smallest difference between two colours of a table."""
    seen = cielab(table, vision)
    return float(ciede2000(seen[:, None], seen[None])[np.triu_indices(len(table), 1)].min())


@pytest.mark.parametrize(
    ("first", "second", "difference"),
    [
        ((50, 2.6772, -79.7751), (50, 0, -82.7485), 2.0425),
        ((50, 2.49, -0.001), (50, -2.49, 0.0011), 7.2195),
        ((22.7233, 20.0904, -46.6940), (23.0331, 14.9730, -42.5619), 2.0373),
        ((90.8027, -2.0831, 1.4410), (91.1528, -1.6435, 0.0447), 1.4441),
    ],
)
def test_the_measure_is_that_of_its_published_examples(first, second, difference):
    assert ciede2000(np.array(first), np.array(second)) == pytest.approx(difference, abs=1e-4)


@pytest.mark.parametrize("vision", VISION)
@pytest.mark.parametrize("n", range(2, 11))
def test_up_to_ten_states_are_told_apart_with_any_colour_vision(n, vision):
    least = 15 if n > 7 else 10  # seven are Okabe and Ito's, which differ by 10.9
    assert smallest(colours.states(n), vision) > least


@pytest.mark.parametrize("n", [11, 20, 64])
def test_more_states_have_different_colours(n):
    table = colours.states(n)
    assert table.shape == (n, 3)
    assert smallest(table, "all cones") > 1


@pytest.mark.parametrize("vision", VISION)
def test_ising_spins_and_the_colours_of_curves_are_told_apart_with_any_colour_vision(vision):
    assert smallest(colours.ISING, vision) > 50
    curves = np.array([list(bytes.fromhex(colour[1:])) for colour in COLORS.values()])
    assert smallest(curves, vision) > 7  # green and grey, which is for what stands back


def test_the_wheel_is_a_closed_ring_of_many_colours():
    table = colours.angles()
    assert table.shape == (colours.HUES, 3)
    steps = np.abs(np.diff(table.astype(int), axis=0, append=table[:1])).max(axis=1)
    assert steps.max() <= 8  # also from the last to the first
    assert len(np.unique(table, axis=0)) == colours.HUES


def test_the_wheel_turns_evenly_and_is_vivid():
    ring = oklab(colours.angles(16))
    steps = np.linalg.norm(np.diff(ring, axis=0, append=ring[:1]), axis=1)
    assert steps.max() < 1.1 * steps.min()  # bytes round a step of 0.07 by some 0.003
    assert np.hypot(ring[:, 1], ring[:, 2]).min() > 0.12  # that of matplotlib's twilight falls to 0


@pytest.mark.parametrize("vision", VISION)
def test_the_wheel_is_a_ring_with_any_colour_vision(vision):
    """The smallest difference between two directions an eighth, a quarter and half a turn apart."""
    seen = cielab(colours.angles(128), vision)
    apart = [ciede2000(seen, np.roll(seen, turn, axis=0)).min() for turn in (16, 32, 64)]
    assert apart[0] > 5
    assert apart[1] > 12
    assert apart[2] > 20


def test_each_direction_has_its_colour_and_a_whole_turn_none_of_its_own():
    index = XY(4).colour_index(np.array([[0.0, np.pi], [2 * np.pi, -np.pi / 2]], np.float32))
    assert index.tolist() == [[0, 127], [0, 190]]


def test_a_cell_of_arrows_is_the_mean_spin():
    angle = np.zeros((4, 8))
    angle[:2, :2] = [[0, np.pi], [np.pi / 2, -np.pi / 2]]
    x, y = colours.mean_directions(angle, 2)
    assert x.shape == (2, 4)
    assert x[0, 0] == pytest.approx(0)
    assert y[0, 0] == pytest.approx(0)
    assert (x.ravel()[1:] == 1).all()
    assert colours.cell_side((12, 8), 3) == 4
    assert colours.cell_side((6, 9), 8) == 3
