"""Interactive figures: one per lesson, each with a question that moving its controls answers.

`explorers.boltzmann()` as the last line of a cell shows the explorer of lesson 01.
"""

from .base import Explorer

__all__ = ["Explorer"]
