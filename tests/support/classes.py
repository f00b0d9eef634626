"""Classes for tests: a folder made by hand, in no time, and what students hand in."""

from __future__ import annotations

import copy
import dataclasses
import hashlib
import io
import json
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from classroom.layout import ClassFolder
from classroom.lessons import ROOT, choose
from classroom.results import ExerciseResult, Flag, Result


def make_class(root: Path, numbers: Sequence[str] = ("01", "02")) -> ClassFolder:
    """A class to which lessons were released, without nbgrader's part of it."""
    folder = ClassFolder(root)
    for name in choose(numbers):
        folder.release(name).parent.mkdir(parents=True)
        folder.release(name).write_bytes((ROOT / "notebooks" / f"{name}.ipynb").read_bytes())
    folder.config.write_text("c = get_config()\n")
    return folder


def answered(number: str, answers: Mapping[str, str] | None = None, mark: str = "") -> bytes:
    """A lesson's notebook as a student hands it in.

    Args:
        number: of the lesson.
        answers: exercise -> code of its cell.
        mark: a line that makes this copy different from others.
    """
    notebook = copy.deepcopy(json.loads((ROOT / "notebooks" / f"{choose([number])[0]}.ipynb").read_text("utf-8")))
    for cell in notebook["cells"]:
        exercise = cell["metadata"].get("course", {}).get("todo")
        if exercise in (answers or {}):
            cell["source"] = answers[exercise]
    if mark:
        notebook["metadata"]["mark"] = mark
    return json.dumps(notebook).encode()


def zipped(files: Mapping[str, bytes], when: tuple[int, ...] = (2026, 5, 4, 12, 0, 0)) -> bytes:
    """A zip of files."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(zipfile.ZipInfo(name, when), content)
    return buffer.getvalue()


def graded(
    student: str, states: str, *, number: str = "01", cause: str = "", flags: Sequence[Flag] = (), fault: str = ""
) -> Result:
    """A result made by hand, with the exercises and points of a lesson.

    Args:
        student: whose.
        states: a letter for each exercise: p(assed), w(rong, half of its comparisons held), o(pen), s(topped).
        number: of the lesson.
        cause: that the checks of wrong exercises name.
        flags: of the submission.
        fault: why nothing could be judged.
    """
    name = choose([number])[0]
    notebook = json.loads((ROOT / "notebooks" / f"{name}.ipynb").read_text("utf-8"))
    checks = [cell["metadata"] for cell in notebook["cells"] if "check" in cell["metadata"].get("course", {})]
    exercises = []
    for letter, metadata in zip(states, checks, strict=True):
        points, exercise = metadata["nbgrader"]["points"], metadata["course"]["check"]
        state = {"p": "passed", "w": "wrong", "o": "open", "s": "stopped"}[letter]
        share = {"p": 1.0, "w": 0.5}.get(letter, 0.0)
        exercises.append(
            ExerciseResult(
                number=exercise,
                grade_id=metadata["nbgrader"]["grade_id"],
                points=points,
                earned=points * share,
                passed=int(8 * share),
                comparisons=8,
                state=state,
                line=f"{exercise}: {state}",
                cause=cause if letter == "w" else "",
            )
        )
    return Result(student, name, "", fault, tuple(exercises), tuple(flags))


def put(folder: ClassFolder, *results: Result) -> None:
    """Results where grading puts them, with the files that they are about."""
    for result in results:
        target = folder.submitted(result.student, result.assignment)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(result.student.encode())
        digest = hashlib.sha256(target.read_bytes()).hexdigest()
        dataclasses.replace(result, sha256=digest).write(folder.result(result.student, result.assignment))
