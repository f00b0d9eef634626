"""Lattices pasted at their points of a plane, such as that of temperature and field."""

from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.offsetbox import AnnotationBbox, OffsetImage

from .lattice import spin_key
from .panels import Layer
from .style import to_numpy

if TYPE_CHECKING:
    from ..lattice import Lattice

__all__ = ["pasted"]


def pasted(many: Any, x: Any, y: Any, model: "Lattice", *, side: float = 0.8) -> Layer:
    """Lattices as small pictures, the middle of each at its point; row 0 is at the bottom.

    Args:
        many: shape (n, rows, cols).
        x, y: of the points, shape (n,).
        model: of `course_utils.lattice`, whose spins they are.
        side: of a picture, in inches.
    """

    def draw(ax, color, label):
        table = model.palette()
        for lattice, *point in zip(to_numpy(many), to_numpy(x), to_numpy(y), strict=True):
            picture = table[model.colour_index(lattice)][::-1]
            image = OffsetImage(picture, zoom=72 * side / max(lattice.shape), interpolation="nearest")
            ax.add_artist(AnnotationBbox(image, point, pad=0.0, bboxprops={"edgecolor": "0.4", "linewidth": 0.8}))
        ax.update_datalim(np.stack([to_numpy(x), to_numpy(y)], axis=1))

    return Layer(draw, key=partial(spin_key, model=model))
