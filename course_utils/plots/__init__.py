"""Every figure of the course. Functions take arrays of torch or NumPy and return a matplotlib figure."""

from . import fractal
from .annealing import annealing
from .course import course_map
from .film import lattice_film, training_film
from .ising import colouring, stationary
from .ladder import ladder
from .lattice import directions, lattices, spins, vortices
from .layers import (
    area,
    ball,
    band,
    bars,
    exact,
    histogram,
    hline,
    lanes,
    line,
    loop,
    points,
    rows,
    runs,
    span,
    steps,
    strips,
    vline,
    well,
    words,
)
from .maps import arrows, cells, cloud, density, difference, dots, energy, images, minima, path, surface
from .panels import Layer, Panel, figure, panel
from .partition import importance_weights
from .plane import pasted
from .program import program
from .relief import relief
from .style import COLORS, ENERGY_CMAP, PROBABILITY_CMAP, finish, shades, to_numpy, use_style
from .turning import turning_surface
from .xy import STARTS, heated_and_cooled, planar_movie, winding_walk
from .zooms import zooms
