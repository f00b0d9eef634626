"""Every figure of the course. Functions take arrays of torch or NumPy and return a matplotlib figure."""

from .style import ANGLE_CMAP, COLORS, ENERGY_CMAP, PROBABILITY_CMAP, finish, to_numpy, use_style

__all__ = ["ANGLE_CMAP", "COLORS", "ENERGY_CMAP", "PROBABILITY_CMAP", "finish", "to_numpy", "use_style"]
