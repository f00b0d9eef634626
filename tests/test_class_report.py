"""`course.py class report`: tables, pages that nothing hostile gets through, and what the teacher reads off them."""

from __future__ import annotations

import csv
import dataclasses
import html.parser
import json
import re
from pathlib import Path

import pytest
from support.classes import answered, graded, make_class, put

from classroom.collect.roster import Roster, Student
from classroom.layout import ClassFolder
from classroom.problem import Problem
from classroom.report import report
from classroom.report.autograded import write_autograded
from classroom.report.gradebook import Entered
from classroom.report.pages import class_page, student_page
from classroom.report.summary import Summary, number_of
from classroom.results import Flag, Result

ONE, TWO = "01_boltzmann_distribution", "02_partition_function"
HOSTILE = "</p><script>alert(1)</script><img src=x onerror=alert(2)> {{ 7 * 7 }} & \"'"
FLAG = Flag("library", "1.2", "returns boltzmann.density itself")


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ClassFolder:
    """A class of four, without a gradebook."""
    monkeypatch.setattr("classroom.report.run.enter", lambda *arguments: Entered())
    folder = make_class(tmp_path / "class")
    folder.roster.write_text("id,name,email\nanna,Anna Öz,a@x.org\nbert,Bert,\nzoe,Zoë,\n", "utf-8")
    put(
        folder,
        graded("anna", "pppp"),
        graded("bert", "pwwo", cause="the minus sign is missing", flags=[FLAG]),
        graded("carl", "pwso", cause="the minus sign is missing"),
        graded("dora", "oooo", fault="the file is not JSON: it ends in line 3"),
        graded("anna", "ppwpo", number="02", cause="twice the temperature"),
    )
    return folder


def summary_of(*results: Result) -> Summary:
    return Summary(results, Roster(), sorted({result.assignment for result in results}))


class Reader(html.parser.HTMLParser):
    """The tags of a page, and its text."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: set[str] = set()
        self.text = ""
        self.open: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes |= {name for name, _ in attrs}
        if tag not in ("meta", "br"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if "style" not in self.open:
            self.text += f"{data} "


def read(page: str) -> str:
    """A page's text on one line."""
    return re.sub(r"\s+", " ", Reader(page).text)


def test_the_table_has_a_line_for_each_student_also_for_who_is_missing(folder: ClassFolder) -> None:
    report(folder)
    with (folder.reports / "scores.csv").open(encoding="utf-8-sig") as file:
        rows = {row["student"]: row for row in csv.DictReader(file)}
    assert [*rows] == ["anna", "bert", "zoe", "carl", "dora"]
    assert (rows["anna"][ONE], rows["anna"][f"{ONE} of"], rows["anna"]["name"]) == ("13", "13", "Anna Öz")
    assert rows["bert"][ONE] == "7"  # 3, half of 4, half of 4, 0
    assert rows["bert"]["flags"] == "1"
    assert rows["zoe"][ONE] == ""
    assert rows["zoe"]["remarks"] == "01: not handed in; 02: not handed in"
    assert "not JSON" in rows["dora"]["remarks"]


def test_the_table_of_exercises_has_the_lines_of_all_checks(folder: ClassFolder) -> None:
    report(folder)
    with (folder.reports / "exercises.csv").open(encoding="utf-8-sig") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 4 * 4 + 5
    row = next(row for row in rows if (row["student"], row["exercise"]) == ("bert", "1.2"))
    assert (row["points"], row["of"], row["held"], row["comparisons"], row["state"]) == ("2", "4", "4", "8", "wrong")
    assert row["cause"] == "the minus sign is missing"


@pytest.mark.parametrize("name", ["=HYPERLINK(1)", "+1", "-1", "@x"])
def test_a_spreadsheet_takes_no_name_for_a_formula(folder: ClassFolder, name: str) -> None:
    folder.roster.write_text(f'id,name\nanna,"{name}"\n', "utf-8")
    report(folder)
    with (folder.reports / "scores.csv").open(encoding="utf-8-sig") as file:
        cell = next(row["name"] for row in csv.DictReader(file) if row["student"] == "anna")
    assert cell == f"'{name}"


@pytest.mark.parametrize("text", ["a;=HYPERLINK(1)", "a\n=1", 'a;"=1'])
def test_a_spreadsheet_that_splits_at_semicolons_finds_no_formula(folder: ClassFolder, text: str) -> None:
    result = graded("anna", "pppp")
    result = dataclasses.replace(
        result, exercises=(dataclasses.replace(result.exercises[0], line=text), *result.exercises[1:])
    )
    put(folder, result)
    report(folder)
    written = (folder.reports / "exercises.csv").read_text("utf-8-sig")
    assert not re.search(r'(^|[;\n])"*=', written)


def test_half_a_letter_in_an_exception_or_an_answer_stops_no_report(folder: ClassFolder) -> None:
    result = graded("anna", "pppp")
    result = dataclasses.replace(
        result, exercises=(dataclasses.replace(result.exercises[0], line="\ud800"), *result.exercises[1:])
    )
    put(folder, result)
    (read,) = [entry for entry in [Result.read(folder.result("anna", result.assignment))] if entry.student == "anna"]
    assert read.exercises[0].line == "?"
    handed = json.loads(answered("01"))
    next(c for c in handed["cells"] if c["metadata"].get("course", {}).get("todo"))["source"] = "x = '\ud800'"
    folder.submitted("anna", result.assignment).write_text(json.dumps(handed), "utf-8")
    assert write_autograded(folder, read).read_text("utf-8")


def test_the_first_exercise_that_did_not_pass_is_the_one_that_stopped(folder: ClassFolder) -> None:
    stops = summary_of(graded("a", "pppp"), graded("b", "pwpo"), graded("c", "pswp"), graded("d", "oooo")).stops(ONE)
    assert [(stop.exercise, stop.students) for stop in stops] == [("1.2", ["b", "c"]), ("1.1", ["d"])]


def test_causes_are_counted_by_exercise_and_the_most_frequent_comes_first() -> None:
    summary = summary_of(*(graded(f"s{i}", "pwpp", cause="sign") for i in range(3)), graded("t", "wwpp", cause="dx"))
    found = [(cause.exercise, cause.sentence, len(cause.students)) for cause in summary.causes(ONE)]
    assert found == [("1.2", "sign", 3), ("1.1", "dx", 1), ("1.2", "dx", 1)]


def test_equal_flags_are_one_line_and_the_gravest_comes_first() -> None:
    tampering, solution = Flag("tampering", "1.1", "check = True"), Flag("solution", "1.1", "the published one")
    summary = summary_of(graded("a", "pppp", flags=[solution]), graded("b", "pppp", flags=[solution, tampering]))
    found = [(one.kind, one.students) for one in summary.noticed(ONE)]
    assert found == [("tampering", ["b"]), ("solution", ["a", "b"])]


def test_exercises_are_in_the_order_of_their_numbers() -> None:
    assert sorted(["10.2", "9.1", "10.10"], key=number_of) == ["9.1", "10.2", "10.10"]


def test_a_students_page_has_what_is_the_students_own_and_no_flag(folder: ClassFolder) -> None:
    assert report(folder).pages == 4  # zoe has handed in nothing
    page = (folder.reports / "students" / "bert.html").read_text("utf-8")
    text = read(page)
    assert "7 of 13 points" in text
    assert "the minus sign is missing" in text
    assert "Exercise 1.2 : not right yet, 2 of 4 points, 4 of 8 comparisons held" in text
    for other in ("anna", "Anna", "carl", "dora", "Zo", "boltzmann.density", "flag"):
        assert other not in text
    assert "This file is no notebook." in (folder.reports / "students" / "dora.html").read_text("utf-8")


def test_the_teachers_page_has_scores_stops_causes_flags_and_faults(folder: ClassFolder) -> None:
    report(folder)
    text = read((folder.reports / "class.html").read_text("utf-8"))
    for expected in (
        "01 · The Boltzmann distribution",
        "4 graded",
        "not handed in: Zoë.",
        "1.2 : 2 (Bert, carl)",
        "2 1.2 the minus sign is missing Bert, carl",
        "library 1.2 returns boltzmann.density itself Bert",
        "dora : the file is not JSON",
        "1 2.3 twice the temperature Anna Öz",
    ):
        assert expected in text


@pytest.mark.parametrize("page", ["student", "class"])
def test_hostile_text_stays_text(page: str) -> None:
    result = graded("anna", "wwww", cause=HOSTILE, fault=HOSTILE, flags=[Flag("library", HOSTILE, HOSTILE)])
    lines = tuple(dataclasses.replace(exercise, line=HOSTILE + "!") for exercise in result.exercises)
    summary = Summary(
        [dataclasses.replace(result, exercises=lines)], Roster([Student("anna", HOSTILE)]), [ONE], [("anna", ONE)]
    )
    made = student_page(HOSTILE, summary, "anna") if page == "student" else class_page(HOSTILE, summary)
    reader = Reader(made)
    assert not {"script", "img", "a", "link", "iframe"} & set(reader.tags)
    assert not {name for name in reader.attributes if name.startswith("on")}
    assert HOSTILE in reader.text
    assert "default-src 'none'" in made
    assert reader.open == []


def test_a_file_that_was_handed_in_since_is_said_to_wait(folder: ClassFolder) -> None:
    folder.submitted("anna", ONE).write_bytes(b"another")
    folder.submitted("zoe", ONE).parent.mkdir(parents=True)
    folder.submitted("zoe", ONE).write_bytes(b"new")
    done = report(folder)
    assert done.ungraded == ["anna 01", "zoe 01"]
    assert "another file since" in (folder.reports / "students" / "anna.html").read_text("utf-8")
    assert "Zoë, 01_boltzmann" in read(done.page.read_text("utf-8"))


def test_a_report_of_nothing_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Problem, match="nothing was graded yet"):
        report(make_class(tmp_path / "class"))


def test_a_result_that_is_damaged_is_named(folder: ClassFolder) -> None:
    folder.result("anna", ONE).write_text("{", "utf-8")
    with pytest.raises(Problem, match=r"anna.*01_boltzmann.*cannot be read"):
        report(folder)
