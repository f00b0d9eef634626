"""What grading gave, for the teacher, for students and for nbgrader's gradebook."""

from .run import Written, report

__all__ = ["Written", "report"]
