"""Data sets: points whose density is known exactly, and pictures."""

from course_utils.data.drawn import SHAPES, drawn, drawn_energy, strokes
from course_utils.data.pictures import Pictures, digits, is_bold, mnist
from course_utils.data.planar import Density, checkerboard, eight_gaussians, mixture_1d, pinwheel, two_moons

__all__ = [
    "SHAPES",
    "Density",
    "Pictures",
    "checkerboard",
    "digits",
    "drawn",
    "drawn_energy",
    "eight_gaussians",
    "is_bold",
    "mixture_1d",
    "mnist",
    "pinwheel",
    "strokes",
    "two_moons",
]
