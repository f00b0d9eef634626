"""Lessons for a class: an nbgrader course, and what students get of it."""

from .run import Released, release

__all__ = ["Released", "release"]
