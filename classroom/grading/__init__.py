"""Grades submissions: a trusted judge runs the teacher's checks, what students wrote runs in a sandbox of its own.

codec       what a student's process may say     counting    what a comparison is
student     that process, inside                 remote      its functions, as the checks see them
process     the same, from outside               lesson      what the teacher asks for
sandbox     its walls and limits                 submission  what a student handed in
staging     what it sees of the course           flags       what a person should look at
seal        system calls that it has not
judge       one lesson's submissions             grader      a class, on all cores
"""

from .grader import grade
from .sandbox import Limits, SandboxError

__all__ = ["Limits", "SandboxError", "grade"]
