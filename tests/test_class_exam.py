"""Releases that a teacher has to tell apart: for an exam, with another header, the same as before; and links."""

from __future__ import annotations

import json
import os
import sysconfig
from pathlib import Path

import pytest
from support.classes import make_class

from classroom import command, words
from classroom.layout import ClassFolder
from classroom.release import Released, release
from classroom.release.copies import read
from classroom.release.engine import write_course

ONE, TWO = "01_boltzmann_distribution", "02_partition_function"


def header(text: str) -> str:
    cell = {"cell_type": "markdown", "id": "mine", "metadata": {}, "source": [text]}
    return json.dumps({"cells": [cell], "metadata": {}, "nbformat": 4, "nbformat_minor": 5})


def first_cell(path: Path) -> str:
    return "".join(read(path)["cells"][0]["source"])


@pytest.fixture(scope="module")
def exam(tmp_path_factory: pytest.TempPathFactory) -> Released:
    """A class with a header of its teacher's from the start, and one lesson for an exam."""
    os.environ["PATH"] = os.pathsep.join([sysconfig.get_path("scripts"), os.environ["PATH"]])
    root = tmp_path_factory.mktemp("exam") / "energy"
    root.mkdir()
    (root / "header.ipynb").write_text(header("from the start"), "utf-8")
    (root / "students.csv").write_text("id,name\n", "utf-8")
    return release(root, ["01"], exam=True)


@pytest.mark.slow
def test_a_header_and_a_list_may_be_there_before_the_first_release(exam: Released) -> None:
    assert first_cell(exam.folder.handed_out(ONE)) == "from the start"


@pytest.mark.slow
def test_a_release_says_what_each_exercise_is_worth(exam: Released) -> None:
    assert f"{ONE}: 13 points (1.1: 3, 1.2: 4, 1.3: 4, 1.4: 2)" in words.of_release(exam)


@pytest.mark.slow
def test_an_exam_says_that_it_is_one(exam: Released) -> None:
    assert f"For an exam, without hints, solutions and answers: {ONE}" in words.of_release(exam)
    readme = (exam.folder.handout / "README.md").read_text("utf-8")
    assert f"An exam, without hints and solutions: {ONE}." in readme
    assert "--extra-index-url https://download.pytorch.org/whl/cpu" in readme


@pytest.mark.slow
def test_the_other_copy_is_said_with_the_switches_that_release_it(exam: Released) -> None:
    said = words.of_release(release(exam.folder.root, ["01"]))
    assert "--again, without --exam, releases a copy with hints, solutions and answers." in said
    nothing = words.of_release(release(exam.folder.root, ["01"], exam=True, again=True))
    assert f"Released before, and left as they are: {ONE}; the course has no newer copy" in nothing
    release(exam.folder.root, ["02"])
    assert "An exam" in (exam.folder.handout / "README.md").read_text("utf-8")
    said = words.of_release(release(exam.folder.root, ["02"], exam=True))
    assert "--exam --again releases a copy for an exam." in said
    release(exam.folder.root, ["01"], again=True)
    assert "exam" not in (exam.folder.handout / "README.md").read_text("utf-8")


@pytest.mark.slow
def test_a_changed_header_is_another_copy(exam: Released) -> None:
    folder = exam.folder
    release(folder.root, ["02"], again=True)
    folder.header.write_text(header("another"), "utf-8")
    assert release(folder.root, ["02"]).newer == [TWO]
    done = release(folder.root, ["02"], again=True)
    assert (done.again, first_cell(folder.handed_out(TWO))) == ([TWO], "another")
    assert release(folder.root, ["02"], again=True).again == []


def test_a_header_alone_is_no_class_and_other_things_are_none(tmp_path: Path) -> None:
    (tmp_path / "header.ipynb").write_text(header("x"), "utf-8")
    write_course(ClassFolder(tmp_path))
    assert first_cell(tmp_path / "header.ipynb") == "x"


@pytest.mark.parametrize("lesson", ["09", "02"])
def test_a_link_to_a_lesson_that_the_class_does_not_have_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], lesson: str
) -> None:
    folder = make_class(tmp_path / "energy")
    arguments = ["link", lesson, "--hub", "https://hub.example.edu", "--repo", "https://git.example.edu/energy.git"]
    assert command.main([*arguments, "--class", str(folder.root)]) == int(lesson == "09")
    output = capsys.readouterr()
    assert ("lesson 09 was not released to this class" in output.err) == (lesson == "09")
    assert output.out.startswith("https://hub") == (lesson == "02")
    assert command.main(arguments) == 0  # without the class nobody knows
