"""Data sets: points whose density is known exactly, and pictures."""

from course_utils.data.drawn import SHAPES, drawn, drawn_energy, strokes
from course_utils.data.pictures import Pictures, digits, is_bold, mnist, mnist14
from course_utils.data.planar import Density, checkerboard, eight_gaussians, mixture_1d, pinwheel, two_moons
