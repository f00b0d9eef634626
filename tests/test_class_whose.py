"""Whose a file is, where names alone do not tell: folders of a second unzip, lists of platforms, names in part."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.classes import answered, make_class, zipped

from classroom import command, words
from classroom.collect import collect
from classroom.collect.names import read_name
from classroom.collect.record import Entry, Record
from classroom.collect.roster import Ambiguous, Roster, Student, read_roster
from classroom.layout import ClassFolder
from classroom.lessons import assignments

ONE, TWO = "01_boltzmann_distribution", "02_partition_function"


@pytest.fixture
def folder(tmp_path: Path) -> ClassFolder:
    return make_class(tmp_path / "energy")


def hand_in(tmp_path: Path, files: dict[str, bytes]) -> Path:
    """A folder of what students sent."""
    inbox = tmp_path / "handed-in"
    for name, content in files.items():
        path = inbox / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return inbox


# ------------------------------------------------------------------------------------------------ folders


@pytest.mark.parametrize("inner", ["energy", "energy (1)", "energy_copy", "energy - Kopie (2)", "physics"])
@pytest.mark.parametrize("outer", ["Hook James", "Hook_James.zip", "submissions/Hook James", "zips/Hook James (1)"])
def test_the_outermost_folder_that_can_be_a_person_is_the_student(outer: str, inner: str) -> None:
    name = read_name(("handed-in", *outer.split("/"), inner, f"{ONE}.ipynb"), assignments(), {"energy"})
    assert name.student == "Hook James"


@pytest.mark.parametrize("inner", ["energy", "energy (1)", "energy_copy", "physics"])
def test_two_students_who_unzipped_twice_stay_two(folder: ClassFolder, tmp_path: Path, inner: str) -> None:
    files = {
        f"Hook James/{inner}/{ONE}.ipynb": answered("01", mark="hook"),
        "Darling Wendy.zip": zipped({f"{inner}/{ONE}.ipynb": answered("01", mark="wendy")}),
    }
    done = collect(folder, [hand_in(tmp_path, files)])
    assert folder.submissions() == [("Darling_Wendy", ONE), ("Hook_James", ONE)]
    assert done.unmatched == []


@pytest.mark.parametrize(
    "files",
    [
        ("Group A/anna", "Group A/bert"),  # the outer folder is no person
        ("Hook James/final", "Darling Wendy/final"),  # the file's name says something that is no person
    ],
)
def test_a_student_of_two_folders_is_nobody_and_both_are_set_aside(
    folder: ClassFolder, tmp_path: Path, files: tuple[str, str]
) -> None:
    ending = {"final": f"{ONE}_final.ipynb"}
    names = [f"{path.rpartition('/')[0]}/{ending.get(path.rpartition('/')[2], path.rpartition('/')[2] + '/01.ipynb')}"
             for path in files]  # fmt: skip
    sent = {name: answered("01", mark=name) for name in names}
    done = collect(folder, [hand_in(tmp_path, {**sent, f"zoe/{ONE}.ipynb": answered("01")})])
    assert folder.submissions() == [("zoe", ONE)]
    assert len(done.unmatched) == 2
    assert all("would be one student's" in why and "students.csv" in why for _, why in done.unmatched)
    said = words.of_collection(collect(folder, [folder.unmatched]))  # as they are called now, they are nobody's still
    assert folder.submissions() == [("zoe", ONE)]
    assert "NOT MATCHED, 2 files" in said
    folder.roster.write_text("id,name\na,anna\nb,bert\nh,James Hook\nw,Wendy Darling\nz,zoe\n", "utf-8")
    assert len(collect(folder, [folder.unmatched]).taken) == 2


def test_several_copies_in_one_persons_folders_are_that_persons(folder: ClassFolder, tmp_path: Path) -> None:
    files = {
        f"anna/{ONE}.ipynb": answered("01", mark="a"),
        f"anna/energy (1)/{ONE}.ipynb": answered("01", mark="b"),
        f"anna/old/{ONE}.ipynb": answered("01", mark="c"),
    }
    assert collect(folder, [hand_in(tmp_path, files)]).unmatched == []
    assert folder.submissions() == [("anna", ONE)]


def test_two_homes_with_a_folder_of_one_name_are_two(folder: ClassFolder, tmp_path: Path) -> None:
    homes = hand_in(tmp_path, {f"jupyter-{name}/x/{ONE}.ipynb": answered("01", mark=name) for name in ("a", "b")})
    done = collect(folder, sorted(homes.iterdir()))
    assert folder.submissions() == []
    assert len(done.unmatched) == 2


# ------------------------------------------------------------------------------------------------ the list


@pytest.mark.parametrize(
    ("text", "id_"),
    [
        ("Student,ID,SIS Login ID,Section\n    Points Possible,,,\n\"Hook, James\",501,hookj,A\n", "501"),
        ("Student,SIS Login ID\nJames Hook,hookj\n", "hookj"),
        ("ID-Nummer;Vollständiger Name\n77;James Hook\n", "77"),
        ("Vorname;Nachname;ID-Nummer\nJames;Hook;77\n", "77"),
        ("student,name\nhookj,James Hook\n", "hookj"),
    ],
)  # fmt: skip
def test_a_platforms_own_list_is_read(text: str, id_: str, tmp_path: Path) -> None:
    (tmp_path / "students.csv").write_text(text, "utf-8")
    assert read_roster(tmp_path / "students.csv").students == {id_: Student(id_, "James Hook")}


ROSTER = Roster(
    [
        Student("s1", "Anna Maria Schmidt"),
        Student("s2", "Satyendra Nath Bose"),
        Student("s3", "Anna Fermi"),
        Student("s4", "Enrico Müller"),
    ]
)


@pytest.mark.parametrize(
    ("name", "student"),
    [("BOSE", "s2"), ("enrico", "s4"), ("Mueller", "s4"), ("s3", "s3"), ("Bo", None), ("Anna Bose", None), ("", None)],
)
def test_a_part_of_a_name_that_is_one_students_alone_finds_that_student(name: str, student: str | None) -> None:
    found = ROSTER.find(name, in_part=True)
    assert (found and found.id) == student


def test_a_part_of_a_name_of_two_is_nobodys() -> None:
    assert ROSTER.find("Anna") is None  # what a platform writes is a whole name
    with pytest.raises(Ambiguous, match="s1 or s3"):
        ROSTER.find("Anna", in_part=True)


@pytest.mark.parametrize("name", [f"{ONE}_BOSE", f"{ONE}_s2", "01_s2", "01_bose", f"bose {ONE}"])
def test_a_file_is_renamed_with_a_part_of_a_name_or_an_id(folder: ClassFolder, tmp_path: Path, name: str) -> None:
    folder.roster.write_text("id,name\ns1,Anna Fermi\ns2,Satyendra Nath Bose\n", "utf-8")
    collect(folder, [hand_in(tmp_path, {"homework.ipynb": answered("01")})])
    (aside,) = folder.unmatched.glob("*.ipynb")
    aside.rename(folder.unmatched / f"{name}.ipynb")
    collect(folder, [folder.unmatched])
    assert folder.submissions() == [("s2", ONE)]


def test_a_full_name_counts_before_a_part_of_one(folder: ClassFolder, tmp_path: Path) -> None:
    folder.roster.write_text("id,name\ns1,Anna Fermi\ns2,Enrico Bose\n", "utf-8")
    collect(folder, [hand_in(tmp_path, {f"Enrico Bose/{ONE}_Anna.ipynb": answered("01")})])
    assert folder.submissions() == [("s2", ONE)]


# ------------------------------------------------------------------------------------------------ what is said


def test_what_was_matched_by_hand_is_known_the_next_time(folder: ClassFolder, tmp_path: Path) -> None:
    blank = answered("01")
    inbox = hand_in(tmp_path, {f"work/{ONE}.ipynb": blank, f"week 1/{ONE}.ipynb": blank})
    assert len(collect(folder, [inbox]).unmatched) == 2
    collect(folder, [inbox / "work" / f"{ONE}.ipynb"], student="anna")
    assert len(list(folder.unmatched.glob("*.ipynb"))) == 1  # what is in its place waits no longer
    done = collect(folder, [inbox])
    assert done.same == [f"handed-in/work/{ONE}.ipynb"]
    assert [origin for origin, _ in done.unmatched] == [f"handed-in/week 1/{ONE}.ipynb"]
    assert folder.submissions() == [("anna", ONE)]


def test_what_was_handed_over_together_is_no_person_by_its_folders_name(folder: ClassFolder, tmp_path: Path) -> None:
    inbox = hand_in(tmp_path, {"homework.ipynb": answered("01")})
    (tmp_path / "more.zip").write_bytes(zipped({"notes.pdf": b"%PDF"}))
    assert len(collect(folder, [inbox, tmp_path / "more.zip"]).unmatched) == 2


def test_a_renamed_file_is_known_by_where_it_came_from(folder: ClassFolder, tmp_path: Path) -> None:
    blank = answered("01")
    inbox = hand_in(tmp_path, {"homework.ipynb": blank, "other.ipynb": blank})
    collect(folder, [inbox])
    (folder.unmatched / "handed-in - homework.ipynb").rename(folder.unmatched / f"{ONE}_anna.ipynb")
    collect(folder, [folder.unmatched])
    done = collect(folder, [inbox])
    assert (done.same, [origin for origin, _ in done.unmatched]) == (
        ["handed-in/homework.ipynb"],
        ["handed-in/other.ipynb"],  # the same bytes, and yet another student's
    )
    assert folder.submissions() == [("anna", ONE)]


def test_what_lies_in_unmatched_keeps_the_reason_that_it_had(folder: ClassFolder, tmp_path: Path) -> None:
    first = collect(folder, [hand_in(tmp_path, {"homework.pdf": b"%PDF", "homework.ipynb": answered("01")})])
    again = collect(folder, [folder.unmatched])
    assert folder.submissions() == []
    assert {why for _, why in again.unmatched} == {why for _, why in first.unmatched}
    assert "this is 'homework.pdf'" in str(first.unmatched)


def test_the_missing_are_named_all_of_them_and_only_for_lessons_that_came_in(
    folder: ClassFolder, tmp_path: Path
) -> None:
    lines = [f"s{number:02},Anna Nr{number:02}" for number in range(1, 31)]
    folder.roster.write_text("\n".join(["id,name", *reversed(lines)]) + "\n", "utf-8")
    said = words.of_collection(collect(folder, [hand_in(tmp_path, {f"s01/{ONE}.ipynb": answered("01")})]))
    missing = ", ".join(f"Anna Nr{number:02}" for number in range(30, 1, -1))  # in the list's order
    assert f"Not handed in, 01: {missing}\n" in f"{said}\n"
    assert "Not handed in, 02" not in said


def test_commands_can_be_typed_as_they_are_said(
    folder: ClassFolder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "course").mkdir()
    monkeypatch.setattr("classroom.typed.ROOT", tmp_path / "course")
    monkeypatch.chdir(tmp_path / "course")
    said = words.of_collection(collect(folder, [hand_in(tmp_path, {"x.pdf": b""})]))
    assert "  python3 course.py class collect FILE --student NAME --lesson NUMBER --class ../energy" in said
    assert "LESSON_ID.ipynb" in said
    assert "Next: python3 course.py class report --class ../energy" in words.of_grading([], folder)
    assert command.main(["grade", "--class", "../energy"]) == 1
    assert "First: python3 course.py class collect FILES --class ../energy" in capsys.readouterr().err
    assert command.main(["report", "--class", "../energy"]) == 1
    assert "First: python3 course.py class grade --class ../energy" in capsys.readouterr().err
    monkeypatch.chdir(folder.root)
    assert "Next: python3 ../course/course.py class report\n" in words.of_grading([], folder) + "\n"


@pytest.mark.parametrize(
    ("origin", "known"),
    [
        ("handed-in/anna/work/01.ipynb", True),
        ("anna/work/01.ipynb", True),
        ("handed-in/bert/work/01.ipynb", False),  # the same bytes, as blank copies are, and another student's
        ("01.ipynb", False),
        ("elsewhere/homework.ipynb", False),
    ],
)
def test_a_file_is_the_same_by_its_bytes_and_its_folders(
    folder: ClassFolder, tmp_path: Path, origin: str, known: bool
) -> None:
    inbox = hand_in(tmp_path, {"anna/work/01.ipynb": b"{}"})
    collect(folder, [inbox / "anna" / "work" / "01.ipynb"], student="anna", lesson=ONE)
    record = Record(folder.record)  # with one as it was noted once
    record.of("bert", ONE).append(Entry(record.of("anna", ONE)[0].sha256, "homework.ipynb", 0.0))
    assert record.has(record.of("anna", ONE)[0].sha256, origin) == known
