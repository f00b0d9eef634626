"""Spin models and machines at their best, by one command.

    python -m course_utils.showcase                                    # all of it, into the folder showcase
    python -m course_utils.showcase --only plate --size 256 --seed 3

*plate* has Ising, Potts and XY side by side, cold, critical and hot, each lattice tied to its point on the phase curve;
*statistics* is what was measured on them beside what is exact, as a table and a picture; *films* are quenches of ten
seconds with a poster each; *critical* is a critical lattice at three distances; *learning* is a second plate: a hidden
picture found in noise, a machine that completes digits, and the zeros of a magnet. Lattices are equilibrated by cluster
updates from two opposite starts, and nothing is drawn unless they agree.

Importing this package loads none of it: `plate_made` shows the plates that come with the course.
"""

from pathlib import Path
from typing import TYPE_CHECKING

from ..arguments import choice

if TYPE_CHECKING:
    from IPython.display import HTML, Image

__all__ = ["MADE", "plate_made"]

MADE = {name: Path(__file__).with_name(f"{name}.png") for name in ("plate", "learning")}
"""The small plates of the command without options, for a page."""
WORDS = {
    "plate": "Ising, Potts and XY spins, cold, critical and hot, each lattice tied to its point on a phase curve.",
    "learning": "A picture found in noise beyond a transition, digits completed by a machine, the zeros of a magnet.",
}


def plate_made(name: str = "plate", width: int = 900) -> "Image | HTML":
    """A plate that the command made; as the last expression of a cell it shows itself.

    The plates are no part of what a hosted notebook installs: there, the browser takes them from the repository.

    Args:
        name: "plate" or "learning".
        width: on the page, pixels.

    Raises:
        ValueError: if there is no such plate.
    """
    from IPython.display import HTML, Image

    choice("name", name, MADE)
    if not MADE[name].is_file():
        return HTML(f'<img src="{_address(MADE[name].name)}" width="{width}" alt="{WORDS[name]}">')
    return Image(MADE[name].read_bytes(), format="png", width=width, metadata={"alt": WORDS[name]})


def _address(name: str) -> str:
    """Where a file of this folder stands in the repository that the package says it came from."""
    from importlib import metadata

    lines = metadata.metadata("course_utils").get_all("Project-URL") or []
    repository = next(line.partition(", ")[2] for line in lines if line.startswith("Repository, "))
    raw = repository.replace("https://github.com/", "https://raw.githubusercontent.com/", 1)
    return f"{raw}/main/course_utils/showcase/{name}"
