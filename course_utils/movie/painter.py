"""Pictures of lattices for movies: one table of colours, enlarged only where something is drawn over it."""

import math
from typing import TYPE_CHECKING

import numpy as np
from jaxtyping import Bool, Shaped, UInt8, UInt32

from ..arguments import whole
from ..lattice import colours

if TYPE_CHECKING:
    from ..lattice import Lattice

ARROW_CELL = 32  # pixels: the least that an arrow is drawn in
N_DIRECTIONS, N_LENGTHS = 64, 8  # of drawn arrows


class Painter:
    """Pictures of lattices: spins through a table of colours, with arrows and vortices drawn over them if wanted.

    Row 0 of the lattice is at the bottom of the picture, so that angles turn anticlockwise from x to y.

    Args:
        model: whose spins they are.
        scale: pixels along the side of a spin. Without overlays the picture has one pixel per spin, and the recorder
            enlarges it.
        vortices: mark vortices with a white disc, antivortices with a black one (spins with a direction).
        arrows: one arrow for the mean direction of each cell of at least 32 pixels; its length is that of the mean
            spin (spins with a direction).

    Raises:
        ValueError: if scale is not a whole number, or the spins have no direction to draw.
    """

    def __init__(self, model: "Lattice", scale: int = 1, vortices: bool = False, arrows: bool = False) -> None:
        if (vortices or arrows) and not model.planar:
            raise ValueError(f"vortices and arrows need spins with a direction, those of {model.title} have none")
        self.model, self.scale, self.vortices, self.arrows = model, whole("scale", scale), vortices, arrows
        table = model.palette()
        padded = np.zeros((len(table), 4), np.uint8)
        padded[:, :3] = table
        self._pixels = padded.view(np.uint32)[:, 0]  # a colour is one number, so that it is moved at once
        if arrows:
            self._block = colours.cell_side(model.shape, ARROW_CELL / scale)
            self._sprites = arrow_sprites(self._block * scale)

    @property
    def enlarged(self) -> bool:
        """Whether pictures have `scale` pixels along the side of a spin already."""
        return self.vortices or self.arrows

    def __call__(self, spins: Shaped[np.ndarray, "rows cols"]) -> UInt8[np.ndarray, "height width 4"]:
        """The picture of one lattice.

        Args:
            spins: of the model.

        Returns:
            Red, green, blue and an unused byte of each pixel, the top row first.

        Raises:
            ValueError: if spins has another shape.
        """
        spins = np.asarray(spins)
        if spins.shape != self.model.shape:
            raise ValueError(f"spins has shape {spins.shape}: expected {self.model.shape}")
        picture = self._pixels.take(self.model.colour_index(spins))
        if self.enlarged:
            rows, cols = spins.shape
            large = np.empty((rows, self.scale, cols, self.scale), np.uint32)
            large[...] = picture[:, None, :, None]
            picture = large.reshape(rows * self.scale, -1)
            if self.arrows:
                self._draw_arrows(picture, spins)
            if self.vortices:
                self._draw_vortices(picture, spins)
        return np.ascontiguousarray(picture[::-1]).view(np.uint8).reshape(*picture.shape, 4)

    def _draw_arrows(self, picture: UInt32[np.ndarray, "height width"], spins: np.ndarray) -> None:
        x, y = colours.mean_directions(self.model.angle(spins), self._block)
        (rows, cols), cell = x.shape, self._block * self.scale
        direction = np.round(np.arctan2(y, x) * (N_DIRECTIONS / (2 * np.pi))).astype(int) % N_DIRECTIONS
        length = np.round(np.hypot(x, y) * (len(self._sprites) - 1)).astype(int)
        mask = self._sprites[length, direction].transpose(0, 2, 1, 3)  # cell row, pixel row, cell column, pixel column
        np.copyto(picture.reshape(rows, cell, cols, cell), np.uint32(0), where=mask)

    def _draw_vortices(self, picture: UInt32[np.ndarray, "height width"], spins: np.ndarray) -> None:
        charge = self.model.vortices(spins)
        height, width = picture.shape
        radius = max(4.5, 0.45 * self.scale)
        reach = np.arange(-math.ceil(radius), math.ceil(radius) + 1)
        distance = np.hypot(reach[:, None], reach)
        black, white = 0, 0xFFFFFF
        for sign, fill, ring in ((1, white, black), (-1, black, white)):
            # plaquette [i, j] has its centre where the pixels of spins (i, j) and (i + 1, j + 1) touch
            i, j = np.nonzero(charge * sign > 0)
            for inside, colour in ((distance <= radius, ring), (distance <= radius - 1.5, fill)):
                down, right = np.nonzero(inside)
                rows = ((i + 1) * self.scale)[:, None] + reach[down]
                columns = ((j + 1) * self.scale)[:, None] + reach[right]
                picture[rows % height, columns % width] = colour


def arrow_sprites(cell: int) -> Bool[np.ndarray, "lengths directions {cell} {cell}"]:
    """Arrows in all lengths, from none to nearly the whole cell, and directions, as masks of pixels.

    Args:
        cell: side of the square that an arrow is drawn in, pixels.

    Returns:
        True where the arrow is. Rows count upwards.
    """
    position = (np.arange(cell) + 0.5) / cell - 0.5
    x, y = position[None, :], position[:, None]
    turn = 2 * np.pi * np.arange(N_DIRECTIONS)[:, None, None] / N_DIRECTIONS
    along, across = x * np.cos(turn) + y * np.sin(turn), np.abs(y * np.cos(turn) - x * np.sin(turn))
    sprites = np.zeros((N_LENGTHS, N_DIRECTIONS, cell, cell), bool)
    for step in range(1, N_LENGTHS):
        half = 0.44 * step / (N_LENGTHS - 1)
        neck = half - min(0.26, 0.9 * half)
        shaft = (across < 0.045) & (along > -half) & (along <= neck)
        head = (along > neck) & (across < 0.75 * (half - along))
        sprites[step] = shaft | head
    return sprites
