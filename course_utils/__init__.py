"""The shared module of the course: what a lesson has taught once, later lessons import from here.

Importing the package loads neither PyTorch nor JAX; each submodule imports what it needs.
"""

from . import checks as check
from . import exercises
from .machine import Machine, saved_folder, setup

__all__ = ["Machine", "check", "exercises", "saved_folder", "setup"]
