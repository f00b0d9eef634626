"""What students get: their notebooks, the course's packages beside them, the same as a zip, and as a git repository."""

from __future__ import annotations

import os
import shutil
import subprocess
import zipfile
from collections.abc import Sequence
from pathlib import Path

from course_utils.whole_files import whole_file

from ..layout import ClassFolder
from ..lessons import ROOT
from ..problem import Problem
from .copies import is_exam, read

__all__ = ["commit", "fill", "pack"]

PACKAGES = ("course_utils", "course_checks")
#: `pyproject.toml` tells set-up which packages a lesson needs; without it set-up would look for an installed course.
FILES = ("requirements.txt", "pyproject.toml", "LICENSE")
LEFT_OUT = shutil.ignore_patterns("__pycache__", "*.pyc", ".ipynb_checkpoints")
EPOCH = (2020, 1, 1, 0, 0, 0)  # of every file in the zip, so that the same release gives the same zip

README = """\
# {name}

{exam}Open the notebook that your teacher names and run the set-up cell. `course_utils` and `course_checks` must stay
beside the notebooks: set-up finds them there. Save, and hand in the notebook under the name that it has.

On a computer of your own, with Python 3.11, 3.12 or 3.13, in this folder:

    python3 -m venv .venv
    .venv/bin/pip install --extra-index-url https://download.pytorch.org/whl/cpu -r requirements.txt
    .venv/bin/jupyter lab

On Windows: `py -m venv .venv`, `.venv\\Scripts\\pip install -r requirements.txt`, `.venv\\Scripts\\jupyter lab`.
The other address has PyTorch for processors alone; without it Linux fetches some GB for graphics cards.
"""
EXAM = "An exam, without hints and solutions: {names}.\n\n"


def fill(folder: ClassFolder, assignments: Sequence[str]) -> None:
    """Put released notebooks and the packages into `for-students/`.

    Args:
        folder: of the class.
        assignments: whose notebooks are put there; the other ones that lie there stay as they are.
    """
    target = folder.handout
    target.mkdir(exist_ok=True)
    for package in PACKAGES:
        fresh = target / f"{package}.new"
        shutil.rmtree(fresh, ignore_errors=True)
        shutil.copytree(ROOT / package, fresh, ignore=LEFT_OUT)
        shutil.rmtree(target / package, ignore_errors=True)
        fresh.rename(target / package)
    for name in FILES:
        shutil.copyfile(ROOT / name, target / name)
    sources = {name: folder.source(name) for name in folder.released()}
    exams = ", ".join(name for name, path in sources.items() if path.is_file() and is_exam(read(path)))
    exam = EXAM.format(names=exams) if exams else ""
    (target / "README.md").write_text(README.format(name=folder.root.name, exam=exam), "utf-8")
    (target / ".gitignore").write_text("__pycache__/\n.ipynb_checkpoints/\n.venv/\n", "utf-8")
    (target / ".gitattributes").write_text("* -text\n", "utf-8")
    for assignment in assignments:
        shutil.copyfile(folder.release(assignment), folder.handed_out(assignment))


def pack(folder: ClassFolder) -> Path:
    """Write the zip of `for-students/`, whole or not at all."""
    with whole_file(folder.archive) as part, zipfile.ZipFile(part, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted(_files(folder.handout)):
            name = f"{folder.root.name}/{path.relative_to(folder.handout).as_posix()}"
            entry = zipfile.ZipInfo(name, EPOCH)
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, path.read_bytes(), zipfile.ZIP_DEFLATED)
    return folder.archive


def commit(folder: ClassFolder, message: str) -> bool:
    """Record `for-students/` as a commit of its own git repository; return whether there was anything new.

    Raises:
        Problem: if git fails.
        FileNotFoundError: if there is no git here.
    """
    where = folder.handout
    if not (where / ".git").exists():
        _git(where, "init", "--quiet")
        _git(where, "symbolic-ref", "HEAD", "refs/heads/main")
    _git(where, "add", "--all")
    if not _git(where, "status", "--porcelain"):
        return False
    _git(where, "commit", "--quiet", "--no-verify", "--message", message)
    return True


def _files(folder: Path) -> list[Path]:
    found = []
    for where, folders, names in os.walk(folder):
        folders[:] = [name for name in folders if name not in (".git", "__pycache__", ".venv", ".ipynb_checkpoints")]
        found += [Path(where, name) for name in names]
    return found


def _git(folder: Path, *arguments: str) -> str:
    variables = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    settings = ("user.name=Class", "user.email=class@localhost", "commit.gpgSign=false", "core.autocrlf=false")
    command = ["git", "-C", str(folder), *(part for setting in settings for part in ("-c", setting)), *arguments]
    done = subprocess.run(command, env=variables, capture_output=True, text=True, encoding="utf-8", errors="replace")
    if done.returncode:
        raise Problem(f"git {arguments[0]} failed in {folder}. It says: {done.stderr.strip()}")
    return done.stdout.strip()
