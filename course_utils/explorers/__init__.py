"""Interactive figures: one per lesson, each with a question that moving its controls answers.

`explorers.boltzmann()` as the last line of a cell shows the explorer of lesson 01. Importing this package loads neither
PyTorch nor JAX; an explorer imports what it needs when it is made.
"""

from .base import Explorer
from .chain_histogram import langevin
from .density import boltzmann
from .descent_paths import descent
from .image_chains import images
from .importance_weights import importance
from .lattice import live_lattice
from .learned_density import training

__all__ = ["Explorer", "boltzmann", "descent", "images", "importance", "langevin", "live_lattice", "training"]
