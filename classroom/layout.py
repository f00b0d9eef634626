"""Where things lie in the folder of a class. The first four are nbgrader's own names."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

__all__ = ["ClassFolder"]


@dataclass(frozen=True)
class ClassFolder:
    """The folder of a class; an assignment is called after its lesson's notebook, such as `01_boltzmann_distribution`.

    Attributes:
        root: the folder.
    """

    root: Path

    @property
    def config(self) -> Path:
        """nbgrader's configuration."""
        return self.root / "nbgrader_config.py"

    @property
    def gradebook(self) -> Path:
        """nbgrader's gradebook, a SQLite file."""
        return self.root / "gradebook.db"

    def source(self, assignment: str) -> Path:
        """The teacher's copy of an assignment's notebook."""
        return self.root / "source" / assignment / f"{assignment}.ipynb"

    def release(self, assignment: str) -> Path:
        """The students' copy of an assignment's notebook."""
        return self.root / "release" / assignment / f"{assignment}.ipynb"

    def submitted(self, student: str, assignment: str) -> Path:
        """What a student handed in, under the name that it should have had."""
        return self.root / "submitted" / student / assignment / f"{assignment}.ipynb"

    def result(self, student: str, assignment: str) -> Path:
        """What grading said of it (`results.Result`)."""
        return self.root / "results" / student / f"{assignment}.json"

    @property
    def reports(self) -> Path:
        """Tables and pages for students and the teacher."""
        return self.root / "reports"

    def submissions(self) -> list[tuple[str, str]]:
        """(student, assignment) of all that was handed in, sorted."""
        found = (self.root / "submitted").glob("*/*/*.ipynb")
        return sorted((path.parts[-3], path.parts[-2]) for path in found if path.stem == path.parent.name)
