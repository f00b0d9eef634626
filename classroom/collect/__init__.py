"""What students hand in, whatever it is called, brought to where nbgrader and grading look for it."""

from .run import Collection, Taken, collect

__all__ = ["Collection", "Taken", "collect"]
