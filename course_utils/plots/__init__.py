"""Every figure of the course. Functions take arrays of torch or NumPy and return a matplotlib figure."""

from .boltzmann import (
    ball,
    densities,
    draw_energy_and_density,
    energy_and_data,
    energy_maps,
    landscape_2d,
    landscapes,
    mark_minima,
    photographs,
    probabilities_against_temperature,
    states,
    thermodynamics_curves,
)
from .course import course_map
from .style import ANGLE_CMAP, COLORS, ENERGY_CMAP, PROBABILITY_CMAP, finish, to_numpy, use_style

__all__ = [
    "ANGLE_CMAP",
    "COLORS",
    "ENERGY_CMAP",
    "PROBABILITY_CMAP",
    "ball",
    "course_map",
    "densities",
    "draw_energy_and_density",
    "energy_and_data",
    "energy_maps",
    "finish",
    "landscape_2d",
    "landscapes",
    "mark_minima",
    "photographs",
    "probabilities_against_temperature",
    "states",
    "thermodynamics_curves",
    "to_numpy",
    "use_style",
]
