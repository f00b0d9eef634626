"""The teacher's tools: release lessons to a class, collect what comes back, grade it, and report.

    python3 course.py class release|collect|grade|report

A class is a folder outside the course (`layout`), an nbgrader course with the results of grading beside it (`results`).
Learners need nothing of this.
"""
