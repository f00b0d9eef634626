"""Spin models at their best, by one command.

    python -m course_utils.showcase                                    # all of it, into the folder showcase
    python -m course_utils.showcase --only plate --size 256 --seed 3

*plate* has Ising, Potts and XY side by side, cold, critical and hot, each lattice tied to its point on the phase curve;
*statistics* is what was measured on them beside what is exact, as a table and a picture; *films* are quenches of ten
seconds with a poster each; *critical* is a critical lattice at three distances. Lattices are equilibrated by cluster
updates from two opposite starts, and nothing is drawn unless they agree.

Importing this package loads none of it: `plate_made` shows the plate that comes with the course.
"""

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from IPython.display import Image

__all__ = ["MADE", "plate_made"]

MADE = Path(__file__).with_name("plate.png")
"""The small plate of the command without options, for a page."""


def plate_made(width: int = 900) -> "Image":
    """The plate that the command made, of 512 x 512 spins; as the last expression of a cell it shows itself.

    Args:
        width: on the page, pixels.
    """
    from IPython.display import Image

    words = "Ising, Potts and XY spins, cold, critical and hot, each lattice tied to its point on a phase curve."
    return Image(MADE.read_bytes(), format="png", width=width, metadata={"alt": words})
