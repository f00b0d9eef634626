"""What reports say of scores that a teacher changed, of late files, of files that are no notebook, and of whom."""

from __future__ import annotations

import csv
import dataclasses
import json
import zipfile
from pathlib import Path

import pytest
from support.classes import answered, graded, make_class, put, zipped
from test_class_report import read

from classroom import words
from classroom.collect import collect
from classroom.grading.lesson import read_lesson
from classroom.grading.submission import read_submission
from classroom.layout import ClassFolder
from classroom.report import report
from classroom.report.gradebook import Entered
from classroom.results import Flag

ONE, TWO = "01_boltzmann_distribution", "02_partition_function"


@pytest.fixture
def given(monkeypatch: pytest.MonkeyPatch) -> dict[tuple[str, str], float]:
    """Scores of a gradebook that is not there: (student, grade id) -> points."""
    scores: dict[tuple[str, str], float] = {}

    def enter(folder: ClassFolder, results: object, roster: object) -> Entered:
        return Entered(given={(student, ONE, cell): score for (student, cell), score in scores.items()})

    monkeypatch.setattr("classroom.report.run.enter", enter)
    return scores


@pytest.fixture
def folder(tmp_path: Path, given: object) -> ClassFolder:
    return make_class(tmp_path / "energy")


def rows_of(folder: ClassFolder, table: str = "scores.csv") -> dict[str, dict[str, str]]:
    with (folder.reports / table).open(encoding="utf-8-sig") as file:
        return {row["student"] + row.get("exercise", ""): row for row in csv.DictReader(file)}


def page_of(folder: ClassFolder, student: str) -> str:
    return read((folder.reports / "students" / f"{student}.html").read_text("utf-8"))


# ------------------------------------------------------------------------------------------------ by the teacher


def test_a_score_that_the_teacher_changed_is_in_all_tables_and_pages(
    folder: ClassFolder, given: dict[tuple[str, str], float]
) -> None:
    put(folder, graded("anna", "wopp"), graded("bert", "pppp"))
    given.update({("anna", "check-1-1"): 3, ("anna", "check-1-2"): 1, ("bert", "check-1-1"): 0})
    report(folder)
    rows = rows_of(folder)
    assert (rows["anna"][ONE], rows["bert"][ONE]) == ("10", "10")
    assert rows["anna"]["remarks"] == "01: 1.1, 1.2 changed by the teacher"
    exercises = rows_of(folder, "exercises.csv")
    assert (exercises["anna1.1"]["points"], exercises["anna1.1"]["state"]) == ("3", "passed")
    assert (exercises["anna1.2"]["points"], exercises["anna1.2"]["state"]) == ("1", "wrong")
    assert (exercises["bert1.1"]["points"], exercises["bert1.1"]["state"]) == ("0", "wrong")
    text = page_of(folder, "anna")
    assert "10 of 13 points" in text
    assert "3 of 3 points, changed by the teacher" in text
    assert page_of(folder, "bert").count("changed by the teacher") == 1
    assert "1.1 , 1.2 changed" not in text
    assert "2 scores changed" in read((folder.reports / "class.html").read_text("utf-8"))


# ------------------------------------------------------------------------------------------------ late, missing


def test_late_is_said_for_the_file_that_counts(folder: ClassFolder, tmp_path: Path) -> None:
    sent = {
        f"anna_LATE_5_800_{ONE}.ipynb": answered("01", mark="a"),
        f"bert_LATE_6_801_{ONE}.ipynb": answered("01", mark="b"),
        f"bert_6_802_{ONE}-1.ipynb": answered("01", mark="c"),
    }
    (tmp_path / "submissions.zip").write_bytes(zipped(sent))
    collect(folder, [tmp_path / "submissions.zip"])
    for student in ("anna", "bert"):
        result = dataclasses.replace(graded(student, "pppp"), sha256="")
        content = folder.submitted(student, ONE).read_bytes()
        put(folder, result)
        folder.submitted(student, ONE).write_bytes(content)
    report(folder)
    assert {student: row["remarks"] for student, row in rows_of(folder).items()} == {
        "anna": "01: late; 01: handed in, not graded yet",
        "bert": "01: handed in, not graded yet",
    }
    assert read((folder.reports / "class.html").read_text("utf-8")).count("late") == 1


def test_who_has_not_handed_in_is_remarked_only_for_lessons_that_came_in(folder: ClassFolder) -> None:
    folder.roster.write_text("id,name\nzoe,Zoë Adams\nanna,Anna Öz\n", "utf-8")
    put(folder, graded("anna", "pppp"), graded("carl", "pppp"))
    report(folder)
    assert {student: row["remarks"] for student, row in rows_of(folder).items()} == {
        "zoe": "01: not handed in",
        "anna": "",
        "carl": "",
    }
    assert [*rows_of(folder)] == ["zoe", "anna", "carl"]  # as in the list, then the others


def test_without_a_list_students_are_in_the_order_of_their_last_names(folder: ClassFolder) -> None:
    put(folder, graded("Anna_Öz", "pppp"), graded("Zoë_Adams", "pppp"), graded("bert", "pppp"))
    report(folder)
    assert [*rows_of(folder)] == ["Zoë_Adams", "bert", "Anna_Öz"]


def test_a_flag_names_the_others_as_the_page_does(folder: ClassFolder) -> None:
    folder.roster.write_text("id,name\ns1,Anna Öz\ns10,Bert Bo\ns3,Zoë\n", "utf-8")
    flags = {"s1": "s10, s3", "s10": "s1, s3", "s3": "s1, s10 and 2 more"}
    put(
        folder,
        *(graded(one, "pppp", flags=[Flag("identical", "1.1", f"the same answer as {other}")])
          for one, other in flags.items()),
    )  # fmt: skip
    report(folder)
    text = read((folder.reports / "class.html").read_text("utf-8"))
    assert "the same answer as Bert Bo, Zoë Anna Öz" in text
    assert "the same answer as Anna Öz, Bert Bo and 2 more Zoë" in text


# ------------------------------------------------------------------------------------------------ students' pages


def test_a_file_that_is_no_notebook_is_said_once_with_what_to_do(folder: ClassFolder) -> None:
    fault = "the file is not JSON: Expecting value: line 1 column 1 (char 0)"
    result = graded("anna", "oooo", fault=fault)
    lines = tuple(dataclasses.replace(e, line=f"○ {e.number} {fault}") for e in result.exercises)
    large = graded("bert", "oooo", fault="the file has more than 64 MB")
    put(folder, dataclasses.replace(result, exercises=lines), large)
    report(folder)
    text = page_of(folder, "anna")
    assert "This file is no notebook. In JupyterLab: File → Download, and hand in the .ipynb." in text
    assert "0 of 13 points" in text
    assert "JSON" not in text
    assert "Exercise" not in text
    assert page_of(folder, "bert").count("the file has more than 64 MB") == 1


def test_pages_are_packed_in_the_folders_that_the_platform_gave(folder: ClassFolder, tmp_path: Path) -> None:
    folder.roster.write_text("id,name\ns1,Anna Öz\ns2,Bert Bo\n", "utf-8")
    sent = {f"Öz Anna_11_assignsubmission_file_/{ONE}.ipynb": answered("01", mark="a")}
    (tmp_path / "moodle.zip").write_bytes(zipped(sent))
    collect(folder, [tmp_path / "moodle.zip"])
    put(folder, graded("s1", "pppp"), graded("s2", "pwww"))
    done = report(folder)
    assert [path.name for path in done.packed] == ["hand-back_01.zip"]
    with zipfile.ZipFile(done.packed[0]) as archive:
        pages = {name: archive.read(name) for name in archive.namelist()}
    assert pages == {
        "Öz Anna_11_assignsubmission_file_/s1.html": (done.students / "s1.html").read_bytes(),
        "Bert Bo_s2/s2.html": (done.students / "s2.html").read_bytes(),
    }
    assert f"To hand back: {done.packed[0]}" in words.of_report(done)
    first = done.packed[0].read_bytes()
    assert report(folder).packed[0].read_bytes() == first


def test_a_stub_that_lost_its_marks_is_blank_and_not_missing(tmp_path: Path) -> None:
    notebook = json.loads(answered("01", {"1.1": "photograph = 1"}))
    for cell in notebook["cells"]:
        cell["metadata"] = {}
        cell.pop("id", None)
    path = tmp_path / f"{ONE}.ipynb"
    path.write_text(json.dumps(notebook), "utf-8")
    found = read_submission(path, read_lesson(ONE))
    assert [bool(found.of(number)) for number in ("1.2", "1.3", "1.4")] == [True] * 3
