"""Release lessons: nbgrader's course, the students' folder, the zip."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from ..layout import ClassFolder
from ..lessons import ROOT, choose
from ..problem import Problem
from .copies import class_copy, is_exam, points_of, read, text_of
from .engine import configuration, generate, write_course
from .handout import commit, fill, pack

__all__ = ["Released", "release"]


@dataclass
class Released:
    """What a release did.

    Attributes:
        folder: of the class.
        new: assignments that were released.
        again: those that took the place of an earlier release.
        exam: whether hints, solutions and answers were to be left out.
        kept: those that had been released before, and were left as they were.
        newer: those of `kept` of which the course or the class's header would now give another copy.
        switched: those of `kept` of which the switch for exams would.
        points: assignment of `new` and `again` -> exercise -> the points that it is worth.
        committed: whether the students' folder got a commit; None where there is no git.
    """

    folder: ClassFolder
    exam: bool = False
    new: list[str] = field(default_factory=list)
    again: list[str] = field(default_factory=list)
    kept: list[str] = field(default_factory=list)
    newer: list[str] = field(default_factory=list)
    switched: list[str] = field(default_factory=list)
    points: dict[str, dict[str, float]] = field(default_factory=dict)
    committed: bool | None = None


def release(
    root: Path, numbers: Sequence[str], *, exam: bool = False, again: bool = False, course: Path = ROOT
) -> Released:
    """Release lessons to a class; what was released before stays as it is.

    Args:
        root: folder of the class; it is made.
        numbers: of the lessons, such as "01".
        exam: leave out hints, solutions and answers.
        again: let new copies take the place of released ones; these are kept in `replaced/`.
        course: where the lessons are.

    Raises:
        Problem: before anything is written, if a lesson does not exist or the folder is not for a class.
    """
    chosen = choose(numbers, course)
    folder = ClassFolder(root.resolve())
    _look_at(folder, course)
    before = set(folder.released())
    done = Released(folder, exam)
    there = before | set(chosen)
    made = {
        name: text_of(class_copy(read(course / "notebooks" / f"{name}.ipynb"), there, exam=exam)) for name in chosen
    }
    for name in chosen:
        if name not in before:
            done.new.append(name)
        elif _is_same(folder, name, course, exam) and _has_header(folder, name):
            done.kept.append(name)
        elif again:
            done.again.append(name)
        else:
            done.kept.append(name)
            other = folder.source(name).exists() and exam != is_exam(read(folder.source(name)))
            (done.switched if other else done.newer).append(name)
    write_course(folder)
    for name in done.again:
        _put_away(folder, name)
    changed = sorted(done.new + done.again)
    for name in changed:
        folder.source(name).parent.mkdir(parents=True, exist_ok=True)
        folder.source(name).write_text(made[name], "utf-8", newline="\n")
        done.points[name] = points_of(read(folder.source(name)))
    if changed:
        generate(folder, changed)
    fill(folder, sorted({*changed, *(name for name in folder.released() if not folder.handed_out(name).exists())}))
    pack(folder)
    try:
        done.committed = commit(folder, "Released " + ", ".join(changed) if changed else "The course's packages")
    except FileNotFoundError:
        done.committed = None
    return done


def _look_at(folder: ClassFolder, course: Path) -> None:
    """Refuse a folder in which a class has no place."""
    if folder.root == course or course in folder.root.parents:
        raise Problem(
            f"{folder.root} is inside the course, and a class holds names and scores. "
            f"Take a folder outside of {course}, such as ../class"
        )
    if folder.root.is_file():
        raise Problem(f"{folder.root} is a file. Name a folder for the class, which is made.")
    ours = {folder.header, folder.roster}  # a teacher may have put them there before
    if folder.root.is_dir() and not folder.config.exists() and set(folder.root.iterdir()) - ours:
        raise Problem(f"{folder.root} holds other things and no class. Name a new folder, or an empty one.")


def _is_same(folder: ClassFolder, name: str, course: Path, exam: bool) -> bool:
    """Whether the course would give the very copy that was released, whatever lessons came to it since."""

    def bare(notebook: dict) -> str:
        return text_of(class_copy(notebook, (), exam=exam))

    if not folder.source(name).exists():
        return False
    return bare(read(folder.source(name))) == bare(read(course / "notebooks" / f"{name}.ipynb")) and (
        exam == is_exam(read(folder.source(name)))
    )


def _has_header(folder: ClassFolder, name: str) -> bool:
    """Whether the class's header, as it is now, stands above the copy that was released."""
    path = Path(configuration(folder).IncludeHeaderFooter.get("header", folder.header))
    if not (path.is_file() and folder.release(name).exists()):
        return True
    header = [_source(cell) for cell in read(path)["cells"]]
    released = [_source(cell) for cell in read(folder.release(name))["cells"]]
    first = _source(read(folder.source(name))["cells"][0])
    return released[: len(header) + 1] == [*header, first]


def _source(cell: dict) -> str:
    return cell["source"] if isinstance(cell["source"], str) else "".join(cell["source"])


def _put_away(folder: ClassFolder, name: str) -> None:
    """Keep the copies that a new release replaces, under a number."""
    number = 1
    while (target := folder.replaced / f"{name}.{number}").exists():
        number += 1
    target.mkdir(parents=True)
    for kind, path in (("source", folder.source(name)), ("release", folder.release(name))):
        if path.exists():
            path.replace(target / f"{kind}.ipynb")
