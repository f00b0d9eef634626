"""A potential as a landscape: lit from the west, with shadows, and a line for each whole count."""

import io
from typing import TYPE_CHECKING, Any

import numpy as np
from jaxtyping import Float
from matplotlib import colormaps

from .style import ENERGY_CMAP, to_numpy

if TYPE_CHECKING:
    from IPython.display import Image

__all__ = ["relief"]

SIZE = (1440, 800)
"""Of the picture, in pixels; on the page it has two thirds of that."""
FINER = 2
"""Rays for each pixel, along both of its sides."""
QUALITY = 86
"""Of the JPEG: its shades are too many for a table of colours."""

# The scene, in units of the field's width; x to the east, y to the north.
TALL = 0.10
"""Height of the plateau."""
EYE = (0.5, -0.14, 0.53)
DOWN = 0.745
"""How far down the middle of the picture is for each unit forward."""
FOCAL = 1.60
NEAR, FAR = 0.2, 2.0
SUN = (-0.62, 0.45, 0.64)
"""Where the light comes from."""
REACH = 0.2
"""How far a shadow falls at most."""

PLATEAU = (0.050, 0.045, 0.075), (0.15, 0.13, 0.23)
"""Its colour near and far: like a wet stone it reflects more at a flat angle."""
LATEST = 16.0
"""The count of the lightest colour."""


def relief(height: Any, count: Any, *, words: str = "") -> "Image":
    """A field of heights seen from the south, in the colours of a smooth count; black where that is infinite.

    Thin lines are where the count is whole: from one to the next is one step of the iteration.

    Args:
        height: shape (n_across, n_along), the south at [:, 0]; 1 on the plateau.
        count: smooth count, of the same shape.
        words: text alternative.

    Returns:
        The picture; as the last expression of a cell it shows itself.

    Raises:
        ValueError: if the two shapes differ.
    """
    from IPython.display import Image
    from PIL import Image as Pillow
    from scipy import ndimage

    z, count = TALL * to_numpy(height).astype(np.float32), to_numpy(count)
    if z.shape != count.shape:
        raise ValueError(f"count: expected the shape of the heights, {z.shape}, got {count.shape}")
    colours = (_colours(count) * _light(z)[..., None]).astype(np.float32)
    i, j = _seen(z, SIZE[0] * FINER, SIZE[1] * FINER)
    parts = [ndimage.map_coordinates(part, (i, j), order=1, mode="nearest") for part in np.moveaxis(colours, -1, 0)]
    seen = np.stack(parts, -1)
    seen = seen.reshape(SIZE[1], FINER, SIZE[0], FINER, 3).mean((1, 3)).clip(0, 1)
    buffer = io.BytesIO()
    Pillow.fromarray((255 * seen**0.8).astype(np.uint8)).save(buffer, "jpeg", quality=QUALITY, optimize=True)
    return Image(buffer.getvalue(), format="jpeg", width=SIZE[0] * 2 // 3, metadata={"alt": words})


def _colours(count: Float[np.ndarray, "n m"]) -> Float[np.ndarray, "n m 3"]:
    """Of the ground, as in full light."""
    n, m = count.shape
    inside = ~np.isfinite(count)
    count = np.where(inside, 0.0, count)
    land = colormaps[ENERGY_CMAP](((count + 1.5) / (LATEST + 1.5)).clip(0, 1))[..., :3]
    change = np.hypot(*np.gradient(count)) * n / 1100 + 1e-9  # of the count across the width of a line
    line = np.exp(-(((count - np.round(count)) / change) ** 2)) * (0.35 / change).clip(0, 1)
    aside = np.hypot((np.arange(n) / n - 0.5)[:, None], np.arange(m) / n - m / n / 2)
    land = land * (1 - 0.30 * line * (1 - aside / 0.55).clip(0, 0.4) / 0.4)[..., None]
    land = land * (1.1 - 0.9 * aside).clip(0.4, 1)[..., None]  # darker towards the edge
    far = (np.arange(m) / n * 1.2)[:, None].clip(0, 1)
    return np.where(inside[..., None], np.array(PLATEAU[0]) * (1 - far) + np.array(PLATEAU[1]) * far, land)


def _light(z: Float[np.ndarray, "n m"]) -> Float[np.ndarray, "n m"]:
    """How bright the ground is: lit by the sun where nothing stands in its way, and by the sky where it is open."""
    from scipy import ndimage

    n = len(z)
    sun = np.array(SUN) / np.linalg.norm(SUN)
    across, along = np.gradient(ndimage.gaussian_filter(z, 0.8), 1 / n)
    lit = ((sun[2] - across * sun[0] - along * sun[1]) / np.sqrt(across**2 + along**2 + 1)).clip(0, 1)
    open_sky = (1 - 2.2 * (ndimage.gaussian_filter(z, 0.012 * n) - z).clip(0) / TALL).clip(0.25, 1)
    return 0.34 * open_sky + 1.05 * lit * (1 - _shade(z, sun))


def _shade(z: Float[np.ndarray, "n m"], sun: Float[np.ndarray, "3"]) -> Float[np.ndarray, "n m"]:
    """0 in the sun to 1 in shadow, whose edge is the softer the farther off what casts it."""
    n, flat = len(z), float(np.hypot(sun[0], sun[1]))
    shade = np.zeros_like(z)
    for k in (*range(1, 40), *range(40, int(REACH * n), 3)):
        dx, dy = (round(float(k * part / flat)) for part in sun[:2])
        rise = k / n * sun[2] / flat
        to, by = tuple(zip(*(_overlap(side, d) for side, d in zip(z.shape, (dx, dy), strict=True)), strict=True))
        hidden = (z[by] - z[to] - rise) / (0.002 + 0.10 * k / n)
        shade[to] = np.maximum(shade[to], hidden)
    return shade.clip(0, 1)


def _overlap(side: int, by: int) -> tuple[slice, slice]:
    """Cells that have one so many places on, and those places."""
    return slice(max(0, -by), side - max(0, by)), slice(max(0, by), side - max(0, -by))


def _seen(z: Float[np.ndarray, "n m"], width: int, tall: int) -> tuple[Float[np.ndarray, "tall width"], ...]:
    """Which cell each ray of the picture meets first, as two indices with fractions."""
    from scipy import ndimage

    n = len(z)
    ahead = np.geomspace(NEAR, FAR, 1800).astype(np.float32)
    aside = ((np.arange(width) + 0.5) / width * 2 - 1) / FOCAL
    across = (EYE[0] + aside[:, None] * ahead) * n - 0.5
    along = np.broadcast_to((EYE[1] + ahead) * n - 0.5, across.shape)
    ground = ndimage.map_coordinates(z, (across, along), order=1, mode="nearest")
    row = tall / 2 + ((EYE[2] - ground) / ahead - DOWN) * FOCAL * width / 2  # from the top of the picture
    skyline = np.minimum.accumulate(row, axis=1)
    rows = np.arange(tall) + 0.5
    first = np.stack([np.searchsorted(-line, -rows) for line in skyline], 1).clip(0, len(ahead) - 1)
    column = np.arange(width)
    return across[column, first], along[column, first]
