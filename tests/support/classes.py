"""Classes for tests: a folder made by hand, in no time, and what students hand in."""

from __future__ import annotations

import copy
import io
import json
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from classroom.layout import ClassFolder
from classroom.lessons import ROOT, choose


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
