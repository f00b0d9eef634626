"""Where things lie in the folder of a class. The first four are nbgrader's own names."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from .problem import Problem

__all__ = ["ClassFolder"]


@dataclass(frozen=True)
class ClassFolder:
    """The folder of a class; an assignment is called after its lesson's notebook, such as `01_boltzmann_distribution`.

    Attributes:
        root: the folder.
    """

    root: Path

    @classmethod
    def open(cls, folder: Path) -> ClassFolder:
        """The class in a folder.

        Raises:
            Problem: if none was released there.
        """
        found = cls(folder.resolve())
        if not (found.config.is_file() and found.released()):
            raise Problem(
                f"{folder}: no class was released here. Name its folder with --class DIR, or make one: "
                "course.py class release DIR 01 02"
            )
        return found

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

    def earlier(self, student: str, assignment: str) -> Path:
        """The folder of what the same student had handed in before."""
        return self.submitted(student, assignment).parent / "earlier"

    def result(self, student: str, assignment: str) -> Path:
        """What grading said of it (`results.Result`)."""
        return self.root / "results" / student / f"{assignment}.json"

    def autograded(self, student: str, assignment: str) -> Path:
        """What nbgrader's formgrader shows of it."""
        return self.root / "autograded" / student / assignment / f"{assignment}.ipynb"

    @property
    def header(self) -> Path:
        """The notebook whose cells nbgrader puts above each student's copy."""
        return self.root / "header.ipynb"

    @property
    def handout(self) -> Path:
        """All that students get; a git repository, for nbgitpuller."""
        return self.root / "for-students"

    def handed_out(self, assignment: str) -> Path:
        """A notebook in it."""
        return self.handout / f"{assignment}.ipynb"

    @property
    def archive(self) -> Path:
        """The same as one file, for a learning platform."""
        return self.root / f"{self.root.name}.zip"

    @property
    def replaced(self) -> Path:
        """Notebooks that a later release took the place of."""
        return self.root / "replaced"

    @property
    def roster(self) -> Path:
        """The list of students, where the teacher made one: a table with the columns id, name, email."""
        return self.root / "students.csv"

    @property
    def record(self) -> Path:
        """Where each collected file came from."""
        return self.root / "collected.json"

    @property
    def unmatched(self) -> Path:
        """Files of which nobody could say whose they are, or of which lesson."""
        return self.root / "unmatched"

    @property
    def reports(self) -> Path:
        """Tables and pages for students and the teacher."""
        return self.root / "reports"

    def released(self) -> list[str]:
        """Assignments that were released, in order."""
        found = (self.root / "release").glob("*/*.ipynb")
        return sorted(path.stem for path in found if path.stem == path.parent.name)

    def submissions(self) -> list[tuple[str, str]]:
        """(student, assignment) of all that was handed in, sorted."""
        found = (self.root / "submitted").glob("*/*/*.ipynb")
        return sorted((path.parts[-3], path.parts[-2]) for path in found if path.stem == path.parent.name)
