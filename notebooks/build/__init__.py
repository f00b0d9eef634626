"""Writes the notebooks of the course from their sources.

    python notebooks/build [NN ...] [--check] [--force] [--jobs N]
    python notebooks/build --repository URL
    python notebooks/build --memory [NN ...]

Each lesson is one text file, `notebooks/src/NN_name.py`. From it come the student copy `notebooks/NN_name.ipynb`
(exercises blank, no outputs) and the solved copy `notebooks/solutions/NN_name.ipynb` (executed). The repository's
address comes from `pyproject.toml`. The README's table of lessons and its clone command are made here too.

    source      reads a lesson                    notebook    makes its two notebooks
    rules       says what is wrong with it        execution   runs one
    answers     reads the answers to try          freshness   says which files are out of date
    templates   cells that every lesson has       readme      the table of lessons
    address     moves the course to another one   memory      the peak of a lesson's kernel
"""

from .answers import Answer, gaps, read_answers
from .command import main
from .execution import MAX_SOLVED_BYTES, RunError, check_size, kernel_environment, this_python
from .freshness import holds_work, leftovers, stale_files
from .notebook import METADATA, solved_notebook, student_notebook, to_text
from .readme import TABLE_BEGIN, TABLE_END, readme_text
from .rules import MAX_CODE_LINES, names_of, problems_of
from .source import (
    ROOT,
    Cell,
    Course,
    Lesson,
    SourceError,
    read_course,
    read_lesson,
    read_repository,
    solution_of,
    without_markers,
)
from .templates import map_cell, setup_cell, title_cell

__all__ = [
    "MAX_CODE_LINES",
    "MAX_SOLVED_BYTES",
    "METADATA",
    "ROOT",
    "TABLE_BEGIN",
    "TABLE_END",
    "Answer",
    "Cell",
    "Course",
    "Lesson",
    "RunError",
    "SourceError",
    "check_size",
    "gaps",
    "holds_work",
    "kernel_environment",
    "leftovers",
    "main",
    "map_cell",
    "names_of",
    "problems_of",
    "read_answers",
    "read_course",
    "read_lesson",
    "read_repository",
    "readme_text",
    "setup_cell",
    "solution_of",
    "solved_notebook",
    "stale_files",
    "student_notebook",
    "this_python",
    "title_cell",
    "to_text",
    "without_markers",
]
