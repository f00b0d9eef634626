"""A class on a JupyterHub: two users get the release by nbgitpuller, work, and are collected, graded and reported."""

from __future__ import annotations

import csv
import json
import os
import sys
from pathlib import Path

import pytest

pytest.importorskip("jupyterhub", reason="the hub needs JupyterHub: see tests/requirements.txt")
pytest.importorskip("playwright", reason="the browser tests need Playwright: see tests/requirements.txt")

from hub import Student, running_hub
from playwright.sync_api import Browser

from classroom import command
from classroom.collect import collect
from classroom.grading import grade
from classroom.layout import ClassFolder
from classroom.link import link
from classroom.report import report
from notebooks import build

ONE, TWO = "01_boltzmann_distribution", "02_partition_function"

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(os.name == "nt", reason="JupyterHub does not run on Windows"),
]


def solutions() -> dict[str, str]:
    """The answers of lesson 01, as they stand in its source."""
    lesson = build.read_course().find("01")
    assert lesson
    return {cell.name: build.without_markers(cell.source) for cell in lesson.cells if cell.role == "todo"}


def answers_in(path: Path) -> dict[str, str]:
    """Exercise -> code in a student's notebook."""
    cells = json.loads(path.read_text("utf-8"))["cells"]
    return {
        cell["metadata"]["course"]["todo"]: "".join(cell["source"])
        for cell in cells
        if "todo" in cell["metadata"].get("course", {})
    }


def test_two_users_of_a_hub_get_work_and_are_graded(tmp_path: Path, chromium: Browser) -> None:
    assert command.main(["release", str(tmp_path / "class"), "01"]) == 0
    folder = ClassFolder(tmp_path / "class")
    right = solutions()
    (tmp_path / "hub").mkdir()
    with running_hub(tmp_path / "hub") as hub:
        address = link(hub.url, folder.handout.as_uri(), ONE)

        anna = Student(hub, chromium, "anna")
        anna.follow(address, f"for-students/{ONE}.ipynb")
        assert "Running on" in anna.run("Set-up")  # the course is found beside the notebook
        anna.write({"1.1": right["1.1"]})

        bert = Student(hub, chromium, "bert")
        bert.follow(address, f"for-students/{ONE}.ipynb")
        bert.write(right)
        bert.close()

        # The next lesson: the same link brings it, and what she wrote stays.
        assert command.main(["release", str(folder.root), "02"]) == 0
        anna.follow(link(hub.url, folder.handout.as_uri(), TWO), f"for-students/{TWO}.ipynb")
        hers = hub.homes / "anna" / "for-students"
        assert answers_in(hers / f"{ONE}.ipynb")["1.1"] == right["1.1"]
        assert (hers / f"{TWO}.ipynb").is_file()
        anna.close()

    done = collect(folder, [hub.homes], lesson=None)
    assert {(taken.student, taken.assignment) for taken in done.taken} == {("anna", ONE), ("anna", TWO), ("bert", ONE)}
    assert done.unmatched == []
    grade(folder, [ONE], sandbox=sys.platform == "linux")
    report(folder)
    with (folder.reports / "scores.csv").open(encoding="utf-8-sig") as table:
        scores = {row["student"]: row[ONE] for row in csv.DictReader(table)}
    assert scores == {"anna": "3", "bert": "13"}
    page = (folder.reports / "students" / "anna.html").read_text("utf-8")
    assert "3 of 13 points" in page
