"""What of the course a student's process may see: `course_utils`, the checks without the exercises, and its own loop.

No notebooks, no solutions, no exercises with their references, no tests, and nothing of the class.
"""

from __future__ import annotations

import ast
import shutil
from pathlib import Path

__all__ = ["COURSE", "SHIPPED", "stage"]

COURSE = Path(__file__).resolve().parents[2]
"""The folder of the course."""

SHIPPED = {"ising": ("_Probability",)}
"""Subject -> classes of an exercise's view that have to be there: Equinox's cannot be sent by their code."""

_OWN = ("codec.py", "seal.py", "student.py")
_CHECKS = '"""The checks alone."""\n\nfrom . import checks as check\n\n__all__ = ["check"]\n'


def stage(folder: Path) -> Path:
    """Copy what is needed into a folder, readable by everybody.

    Args:
        folder: an empty one.

    Returns:
        The folder.
    """
    ignored = shutil.ignore_patterns("__pycache__", "*.pyc", "*.png", "*.mp4", "*.gif")
    shutil.copytree(COURSE / "course_utils", folder / "course_utils", ignore=ignored)
    checks = folder / "course_checks"
    shutil.copytree(COURSE / "course_checks" / "checks", checks / "checks", ignore=ignored)
    (checks / "__init__.py").write_text(_CHECKS, encoding="utf-8")
    exercises = checks / "exercises"
    exercises.mkdir()
    (exercises / "__init__.py").touch()
    for subject, names in SHIPPED.items():
        (exercises / f"{subject}.py").write_text(_classes_alone(subject, names), encoding="utf-8")
    own = folder / "classroom" / "grading"
    own.mkdir(parents=True)
    for package in (own.parent, own):
        (package / "__init__.py").touch()
    for name in _OWN:
        shutil.copyfile(Path(__file__).with_name(name), own / name)
    for path in (folder, *folder.rglob("*")):
        path.chmod(0o755 if path.is_dir() else 0o644)
    return folder


def _classes_alone(subject: str, names: tuple[str, ...]) -> str:
    """A module of exercises without its exercises: its imports, and the classes of these names."""
    tree = ast.parse((COURSE / "course_checks" / "exercises" / f"{subject}.py").read_text(encoding="utf-8"))
    kept = [
        node
        for node in tree.body
        if isinstance(node, ast.Import | ast.ImportFrom) or (isinstance(node, ast.ClassDef) and node.name in names)
    ]
    return ast.unparse(ast.Module(kept, [])) + "\n"
