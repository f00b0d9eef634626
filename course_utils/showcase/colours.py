"""Pictures of the showcase's lattices in the models' own colours, and the ink around them."""

import numpy as np
from jaxtyping import Shaped, UInt8

from ..lattice import Lattice
from ..lattice.colours import angles

INK, GREY, HAIR, PAPER = "#1c2126", "#6b7379", "#b9bfc4", "#ffffff"
SIGN = {"cold": "#1f5fa8", "critical": "#1c2126", "hot": "#c2410c"}  # of the three rows
N_HUES = 64
"""Directions told apart in a picture: with 5.6 degrees between them no step is seen, and a picture stays small."""


TRIO = np.array([[0x43, 0x25, 0x6B], [0xF5, 0xB5, 0x3D], [0x1F, 0x9E, 0x8F]], np.uint8)
"""Three states, dark, light and between: in noise of single pixels lightness is what tells them apart."""


def table(model: Lattice) -> UInt8[np.ndarray, "n 3"]:
    """The colours that spins of a model have, one a row: the model's, but for three states."""
    return TRIO if model.n_states == 3 else model.palette(N_HUES)


def picture(model: Lattice, spins: Shaped[np.ndarray, "rows cols"]) -> UInt8[np.ndarray, "rows cols 3"]:
    """One pixel for each spin; row 0 of the lattice at the bottom, so that angles turn anticlockwise from x."""
    return table(model)[model.colour_index(spins, N_HUES)][::-1]


def wheel(side: int) -> UInt8[np.ndarray, "side side 3"]:
    """The direction of each angle's colour, as a ring on white."""
    across = np.arange(side) - (side - 1) / 2
    angle, radius = np.arctan2(-across[:, None], across), np.hypot(across[:, None], across)
    ring = angles(N_HUES)[np.round(angle * N_HUES / (2 * np.pi)).astype(int) % N_HUES]
    ring[(radius > side / 2) | (radius < side / 4)] = 255
    return ring
