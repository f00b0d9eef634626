"""The shared module of the course: what a lesson has taught once, later lessons import from here.

Importing the package loads neither PyTorch nor JAX; each submodule imports what it needs.
"""

from .machine import Machine, saved_folder, setup

__all__ = ["Machine", "saved_folder", "setup"]
