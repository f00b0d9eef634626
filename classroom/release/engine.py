"""nbgrader makes the students' copies and its gradebook, from its own configuration in the folder of the class."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from typing import Any

from ..layout import ClassFolder
from ..problem import Problem

__all__ = ["configuration", "generate", "write_course"]

CONFIG = '''\
"""nbgrader's settings for this class. Made once by `course.py class release`; from then on it is yours to change."""

import os

here = os.path.dirname(os.path.abspath(__file__))
c = get_config()  # noqa: F821 - nbgrader runs this file, and gives it that name
c.CourseDirectory.root = here
c.CourseDirectory.course_id = {course_id!r}
c.CourseDirectory.db_url = "sqlite:///" + os.path.join(here, "gradebook.db")
c.ClearSolutions.enabled = False  # the exercises are blank already
c.IncludeHeaderFooter.header = os.path.join(here, "header.ipynb")  # its cells stand above each student's copy
# Where the set-up cell finds course_utils, should nbgrader itself run a notebook.
os.environ["PYTHONPATH"] = os.path.join(here, "for-students")
'''

HEADER = "*Class {name}. Write your answers into this notebook and save it. Hand in this file, under its own name.*"


def write_course(folder: ClassFolder) -> None:
    """nbgrader's configuration and header, unless they are there."""
    folder.root.mkdir(parents=True, exist_ok=True)
    if not folder.header.exists():
        cell = {
            "cell_type": "markdown",
            "id": "class-header",
            "metadata": {},
            "source": [HEADER.format(name=folder.root.name)],
        }
        notebook = {"cells": [cell], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
        folder.header.write_text(json.dumps(notebook, indent=1, ensure_ascii=False) + "\n", "utf-8")
    if not folder.config.exists():
        folder.config.write_text(CONFIG.format(course_id=folder.root.name), "utf-8")


def configuration(folder: ClassFolder) -> Any:
    """What stands in the class's `nbgrader_config.py`."""
    from traitlets.config import PyFileConfigLoader

    before = dict(os.environ)
    try:
        config = PyFileConfigLoader(folder.config.name, str(folder.root)).load_config()
    except Exception as error:  # the teacher's own Python
        raise Problem(f"{folder.config}: Python stops in it: {type(error).__name__}: {error}") from error
    finally:  # what the file sets is for programs that nbgrader starts for a class, and not for this one
        os.environ.clear()
        os.environ.update(before)
    config.CourseDirectory.root = str(folder.root)
    return config


def generate(folder: ClassFolder, assignments: Sequence[str]) -> None:
    """Let nbgrader make `release/` and the gradebook's entries from `source/`.

    Raises:
        Problem: with what nbgrader said, if it refuses a notebook.
    """
    from nbgrader.apps.api import NbGraderAPI

    api = NbGraderAPI(config=configuration(folder))
    for assignment in assignments:
        done = api.generate_assignment(assignment, force=True, create=True)
        if not done["success"]:
            said = (done.get("log") or "") + (done.get("error") or "")
            raise Problem(f"nbgrader did not take {assignment}. It says:\n{said.strip()}")
