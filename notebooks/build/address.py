"""The repository's address: what may stand for one, and how the whole course is moved from one to another."""

from __future__ import annotations

import dataclasses
import re
import subprocess
from pathlib import Path

from .freshness import holds_work, with_kept_outputs
from .notebook import solved_notebook
from .source import PROJECT, Course, SourceError, repository_of

#: No file of these folders may hold the address, but for the notebooks, which are made with it.
WITHOUT_ADDRESS = ("course_utils", "course_checks", "notebooks", "tests")


def moved(course: Course, address: str) -> Course:
    """The course at another address. Nothing is written.

    Args:
        course: the course as it is.
        address: https://github.com/owner/name.

    Raises:
        SourceError: if that is no address, or a solved copy would have to be run: it is out of date already.
    """
    new = dataclasses.replace(course, repository=repository_of(address, "--repository"))
    problems = []
    for lesson in course.lessons:
        if with_kept_outputs(solved_notebook(lesson, new), lesson, new) is None:
            problems.append(
                f"lesson {lesson.number} has to be run first, and nothing has changed. Run: "
                f"python notebooks/build {lesson.number}"
            )
        if holds_work(course.student_path(lesson)):
            problems.append(
                f"{course.show(course.student_path(lesson))} has been worked in (it holds outputs), and nothing has "
                "changed. Save it under another name, and put the course's back."
            )
    if problems:
        raise SourceError(problems)
    return new


def rewrite(old: Course, new: Course) -> list[Path]:
    """Replace the address in all files that are not made from a lesson; the notebooks are the build's.

    Returns:
        The files that were written.
    """
    written = []
    for path in texts_of(old):
        data = path.read_bytes()
        changed = with_address(data.decode("utf-8", "surrogateescape"), old.owner_and_name, new.owner_and_name)
        if path.name == PROJECT and path.parent == old.root:
            changed = re.sub(r'^(Repository = )".*"', rf'\1"{new.repository}"', changed, count=1, flags=re.M)
        if changed.encode("utf-8", "surrogateescape") != data:
            path.write_bytes(changed.encode("utf-8", "surrogateescape"))
            written.append(path)
    return written


def texts_of(course: Course) -> list[Path]:
    """The files that may hold the address: those that git knows or would take, without `WITHOUT_ADDRESS`."""
    command = ["git", "-C", str(course.root), "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, capture_output=True)
    names = listed.stdout.decode().split("\0") if not listed.returncode else []
    files = [course.root / name for name in names if name] or list(course.root.rglob("*"))
    return [path for path in sorted(files) if _is_text_of_ours(path, course.root)]


def _is_text_of_ours(path: Path, root: Path) -> bool:
    top = path.relative_to(root).parts[0]
    elsewhere = top in (*WITHOUT_ADDRESS, ".git", "work") or top.startswith(".venv")
    return not elsewhere and path.is_file() and not path.is_symlink() and b"\0" not in path.read_bytes()[:8000]


def with_address(text: str, old: str, new: str) -> str:
    """A text that names `new` wherever an address in it named `old`, both as owner/name.

    Addresses are those of GitHub, its raw files and its pages, of Colab and of Binder, written out or quoted (%2F).
    """
    (owner, name), (new_owner, new_name) = (x.split("/") for x in (old, new))
    end = r"(?![\w-]|\.(?!git\b)\w)"
    before = r"((?:github\.com|githubusercontent\.com|google\.com/github|mybinder\.org/v2/gh)(/|%2F))"
    text = re.sub(
        rf"{before}{re.escape(owner)}(/|%2F){re.escape(name)}{end}",
        lambda found: f"{found[1]}{new_owner}{found[3]}{new_name}",
        text,
    )
    pages = rf"(https://){re.escape(owner)}(\.github\.io/){re.escape(name)}{end}"
    return re.sub(pages, lambda found: f"{found[1]}{new_owner}{found[2]}{new_name}", text)
