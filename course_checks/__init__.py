"""What answers a learner: the checks, and what the exercises ask for.

A check cell begins with `from course_checks import check, exercises`. Nothing in `course_utils` needs this package, so
that who reads the shared module meets no answers there.
"""

from . import checks as check
from . import exercises

__all__ = ["check", "exercises"]
