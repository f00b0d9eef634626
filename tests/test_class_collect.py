"""`course.py class collect`: whose a file is and which lesson, whatever it is called; nothing is lost."""

from __future__ import annotations

import csv
import io
import json
import os
import stat
import time
import zipfile
from pathlib import Path

import pytest
from support.classes import answered, make_class, zipped

from classroom import words
from classroom.collect import collect, unpack
from classroom.collect.content import lesson_of
from classroom.collect.names import bare, read_name
from classroom.collect.roster import Ambiguous, Roster, Student, folder_name, read_roster
from classroom.layout import ClassFolder
from classroom.lessons import assignments
from classroom.problem import Problem

ONE, TWO = "01_boltzmann_distribution", "02_partition_function"
LESSONS = assignments()


@pytest.fixture
def folder(tmp_path: Path) -> ClassFolder:
    return make_class(tmp_path / "class")


def hand_in(tmp_path: Path, files: dict[str, bytes]) -> Path:
    """A folder of what students sent."""
    inbox = tmp_path / "inbox"
    for index, (name, content) in enumerate(files.items()):
        path = inbox / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        os.utime(path, (1_700_000_000 + 60 * index,) * 2)  # in this order
    return inbox


# ------------------------------------------------------------------------------------------------ names


@pytest.mark.parametrize(
    ("path", "student", "lesson"),
    [
        (f"Anna Schmidt_1234567_assignsubmission_file_/{ONE}.ipynb", "Anna Schmidt", "01"),
        (f"Anna Schmidt_1234567_assignsubmission_file/{ONE} (1).ipynb", "Anna Schmidt", "01"),
        (f"Anna Schmidt_1234567_assignsubmission_file_{ONE}.ipynb", "Anna Schmidt", "01"),
        ("Anna Schmidt_1234567_assignsubmission_file_work.zip/answers.ipynb", "Anna Schmidt", ""),
        (f"José María Núñez-Ortega_77_assignsubmission_file_/deep/er/{TWO}.ipynb", "José María Núñez-Ortega", "02"),
        (f"schmidtanna_12345_678910_{ONE}-1.ipynb", "schmidtanna", "01"),
        (f"schmidtanna_LATE_12345_678910_{ONE}.ipynb", "schmidtanna", "01"),
        (f"anna/{ONE}.ipynb", "anna", "01"),
        (f"anna/{ONE}/{ONE}.ipynb", "anna", "01"),
        (f"submitted/anna/{TWO}/{TWO}.ipynb", "anna", "02"),
        (f"anna/week 1/{ONE}.ipynb", "anna", "01"),
        (f"{ONE}_anna.ipynb", "anna", "01"),
        (f"anna_schmidt_{ONE}.ipynb", "anna schmidt", "01"),
        (f"{ONE}_anna (2).ipynb", "anna", "01"),
        (f"Copy of {ONE}_anna.ipynb", "anna", "01"),
        (f"Kopie von Kopie von {ONE}_anna.ipynb", "anna", "01"),
        (f"anna/{ONE}-Copy1.ipynb", "anna", "01"),
        (f"anna/{ONE} - Copy (3).ipynb", "anna", "01"),
        (f"anna/{ONE}_1.ipynb", "anna", "01"),
        (f"anna/{ONE}.ipynb.txt", "anna", "01"),
        (f"anna/{ONE}.json", "anna", "01"),
        ("anna/01 Boltzmann Distribution.ipynb", "anna", "01"),
        ("anna/01.ipynb", "anna", "01"),
        ("anna.zip/02_partition_function.ipynb", "anna", "02"),
        ("anna/homework.ipynb", "anna", ""),
        (f"{ONE}.ipynb", "", "01"),
        (f"{ONE}_1234567.ipynb", "1234567", "01"),
    ],
)
def test_a_name_says_whose_it_is_and_which_lesson(path: str, student: str, lesson: str) -> None:
    name = read_name(("inbox", *path.split("/")), LESSONS)
    assert (name.student, name.lesson) == (student, lesson)


@pytest.mark.parametrize("number", sorted(LESSONS))
def test_no_lessons_own_name_is_taken_for_a_copy_or_a_student(number: str) -> None:
    assert bare(f"{LESSONS[number]}.ipynb") == (LESSONS[number], 0)
    assert read_name(("inbox", f"{LESSONS[number]}.ipynb"), LESSONS).student == ""


@pytest.mark.parametrize(("name", "copies"), [("x (4).ipynb", 4), ("Copy of x (1).ipynb", 2), ("x-2.ipynb", 2)])
def test_a_later_copy_has_a_larger_number(name: str, copies: int) -> None:
    assert bare(name) == ("x", copies)


# ------------------------------------------------------------------------------------------------ content


@pytest.mark.parametrize("number", ["00", "01", "10", "14"])
def test_a_lesson_is_known_by_its_exercises(number: str) -> None:
    assert lesson_of(answered(number)) == number


def test_a_lesson_is_known_without_nbgraders_ids_and_without_any_metadata() -> None:
    notebook = json.loads(answered("03"))
    for cell in notebook["cells"]:
        cell["metadata"].pop("nbgrader", None)
    assert lesson_of(json.dumps(notebook).encode()) == "03"
    for cell in notebook["cells"]:
        cell["metadata"] = {}
    assert lesson_of(json.dumps(notebook).encode()) == "03"


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\xff\xfe\x00",
        b"[]",
        b'{"cells": 3}',
        b'{"cells": [1, {"metadata": 2}]}',
        b"[" * 100_000,
        b'{"cells": []}',
    ],
)
def test_what_is_no_lesson_is_none_and_stops_nothing(content: bytes) -> None:
    assert lesson_of(content) == ""


def test_a_renamed_notebook_finds_its_lesson_and_a_wrong_name_does_not_count(
    folder: ClassFolder, tmp_path: Path
) -> None:
    done = collect(
        folder, [hand_in(tmp_path, {"anna/final.ipynb": answered("01"), f"bert/{TWO}.ipynb": answered("01")})]
    )
    assert folder.submissions() == [("anna", ONE), ("bert", ONE)]
    assert [taken.note for taken in done.taken] == ["", "its name says 02, its exercises are those of 01"]


def test_a_file_that_is_not_json_is_taken_in_by_its_name(folder: ClassFolder, tmp_path: Path) -> None:
    done = collect(folder, [hand_in(tmp_path, {f"anna/{ONE}.ipynb": b"{broken"})])
    assert folder.submitted("anna", ONE).read_bytes() == b"{broken"
    assert "not a readable notebook" in done.taken[0].note


# ------------------------------------------------------------------------------------------------ platforms


def test_moodles_zip_is_taken_as_it_was_downloaded(folder: ClassFolder, tmp_path: Path) -> None:
    content = {
        f"Anna Schmidt_11_assignsubmission_file_/{ONE}.ipynb": answered("01", mark="a"),
        f"Bert Müller_12_assignsubmission_file_/Kopie von {ONE} (1).ipynb": answered("01", mark="b"),
        "Bert Müller_12_assignsubmission_onlinetext_/onlinetext.html": b"<p>see the file</p>",
        "Cem Öz_13_assignsubmission_file_/all.zip": zipped({f"all/{ONE}.ipynb": answered("01", mark="c")}),
        "Cem Öz_13_assignsubmission_file_/__MACOSX/._all.zip": b"\0\5\26\7",
    }
    (tmp_path / "Energy-01-99.zip").write_bytes(zipped(content))
    done = collect(folder, [tmp_path / "Energy-01-99.zip"])
    assert folder.submissions() == [("Anna_Schmidt", ONE), ("Bert_Müller", ONE), ("Cem_Öz", ONE)]
    assert [why for _, why in done.unmatched] == ["a text that was typed on the platform, not a file"]


def test_of_two_files_on_canvas_the_higher_number_counts_whatever_their_times(
    folder: ClassFolder, tmp_path: Path
) -> None:
    first, second = answered("01", mark="first"), answered("01", mark="second")
    files = {f"schmidtanna_5_900_{ONE}-1.ipynb": second, f"schmidtanna_LATE_5_800_{ONE}.ipynb": first}
    done = collect(folder, [hand_in(tmp_path, files)])
    assert folder.submitted("schmidtanna", ONE).read_bytes() == second
    assert [path.read_bytes() for path in folder.earlier("schmidtanna", ONE).iterdir()] == [first]
    assert [taken.kind for taken in done.taken] == ["new", "older"]


def test_two_students_of_one_name_are_not_made_one(folder: ClassFolder, tmp_path: Path) -> None:
    files = {
        f"Anna Schmidt_11_assignsubmission_file_/{ONE}.ipynb": answered("01", mark="a"),
        f"Anna Schmidt_12_assignsubmission_file_/{ONE}.ipynb": answered("01", mark="b"),
    }
    done = collect(folder, [hand_in(tmp_path, files)])
    assert len(done.taken) == len(done.unmatched) == 1
    assert "two students of one name" in done.unmatched[0][1]
    kept = next(folder.unmatched.glob("*.ipynb"))
    collect(folder, [kept], student="Anna Schmidt 2")
    assert folder.submissions() == [("Anna_Schmidt", ONE), ("Anna_Schmidt_2", ONE)]


# ------------------------------------------------------------------------------------------------ nothing is lost


def test_the_newest_counts_in_whatever_order_they_come_and_the_others_stay(folder: ClassFolder, tmp_path: Path) -> None:
    a, b, c = (answered("01", mark=mark) for mark in "abc")
    inbox = hand_in(tmp_path, {f"anna/{ONE}.ipynb": a, f"anna/{ONE} (1).ipynb": b, f"anna/{ONE} (2).ipynb": c})
    assert [t.kind for t in collect(folder, [inbox / "anna" / f"{ONE} (1).ipynb"], student="anna").taken] == ["new"]
    again = collect(folder, [inbox])
    assert {taken.origin[-10:]: taken.kind for taken in again.taken} == {"tion.ipynb": "older", " (2).ipynb": "newer"}
    assert folder.submitted("anna", ONE).read_bytes() == c
    assert {path.read_bytes() for path in folder.earlier("anna", ONE).iterdir()} == {a, b}
    assert folder.submissions() == [("anna", ONE)]


def test_of_two_copies_of_one_time_the_higher_number_counts(folder: ClassFolder, tmp_path: Path) -> None:
    a, b = answered("01", mark="a"), answered("01", mark="b")
    (tmp_path / "all.zip").write_bytes(zipped({f"anna/{ONE} (2).ipynb": b, f"anna/{ONE} (1).ipynb": a}))
    collect(folder, [tmp_path / "all.zip"])
    assert folder.submitted("anna", ONE).read_bytes() == b
    (tmp_path / "more.zip").write_bytes(zipped({f"anna/{ONE} (3).ipynb": answered("01", mark="c")}))
    collect(folder, [tmp_path / "more.zip"])
    assert folder.submitted("anna", ONE).read_bytes() == answered("01", mark="c")


def test_collecting_again_changes_nothing(folder: ClassFolder, tmp_path: Path) -> None:
    inbox = hand_in(tmp_path, {f"anna/{ONE}.ipynb": answered("01"), "anna/notes.pdf": b"%PDF"})
    collect(folder, [inbox])
    before = {path: path.read_bytes() for path in folder.root.rglob("*") if path.is_file()}
    done = collect(folder, [inbox])
    assert (done.taken, len(done.same), len(done.unmatched)) == ([], 1, 1)
    assert {path: path.read_bytes() for path in folder.root.rglob("*") if path.is_file()} == before


def test_a_file_that_a_teacher_put_there_by_hand_is_kept(folder: ClassFolder, tmp_path: Path) -> None:
    target = folder.submitted("anna", ONE)
    target.parent.mkdir(parents=True)
    target.write_bytes(b"by hand")
    os.utime(target, (1_600_000_000,) * 2)
    collect(folder, [hand_in(tmp_path, {f"Anna/{ONE}.ipynb": answered("01")})])  # capitals make no other person
    assert [path.read_bytes() for path in folder.earlier("anna", ONE).iterdir()] == [b"by hand"]
    assert folder.submissions() == [("anna", ONE)]


def test_what_is_not_matched_is_kept_listed_and_taken_in_once_it_is_renamed(
    folder: ClassFolder, tmp_path: Path
) -> None:
    files = {
        f"{ONE}.ipynb": answered("01"),
        "anna/poem.ipynb": b'{"cells": []}',
        "anna/03_langevin_sampling.ipynb": answered("03"),
        "bert/01.py": b"x = 1",
    }
    done = collect(folder, [hand_in(tmp_path, files)])
    assert {origin.split("/")[-1]: why.split(";")[0] for origin, why in done.unmatched} == {
        f"{ONE}.ipynb": "nothing in its name says whose it is",
        "poem.ipynb": "no exercise of the course is in it, and its name is no lesson's",
        "03_langevin_sampling.ipynb": "lesson 03 was not released to this class",
        "01.py": "not a notebook",
    }
    with (folder.unmatched / "why.csv").open(encoding="utf-8-sig") as file:
        listed = {row["file"]: row["why"] for row in csv.DictReader(file)}
    assert listed.keys() == {path.name for path in folder.unmatched.iterdir()} - {"why.csv"}
    assert len(listed) == 4
    lost = next(folder.unmatched.glob(f"*{ONE}*"))
    lost.rename(folder.unmatched / f"{ONE}_anna.ipynb")
    collect(folder, [folder.unmatched])
    assert folder.submissions() == [("anna", ONE)]
    assert not (folder.unmatched / f"{ONE}_anna.ipynb").exists()
    assert len(list(folder.unmatched.iterdir())) == 4  # three files and the list


def test_the_courses_own_notebooks_in_a_students_zip_are_no_answers(folder: ClassFolder, tmp_path: Path) -> None:
    mine = answered("01", {"1.1": "mine = 1"})
    files = {
        f"work/{ONE}.ipynb": mine,
        f"work/solutions/{ONE}.ipynb": answered("01", mark="solved"),
        f"work/backups/2026-05-01/{ONE}.ipynb": answered("01", mark="before"),
        "work/course_utils/place.py": b"",
        "work/.course/notebooks/01_boltzmann_distribution.ipynb": answered("01", mark="given"),
        ".local/share/jupyter/x.json": b"{}",
        ".bashrc": b"",
    }
    done = collect(folder, [hand_in(tmp_path, {"anna.zip": zipped(files)})])
    assert folder.submitted("anna", ONE).read_bytes() == mine
    assert (len(done.taken), done.of_the_course, done.unmatched) == (1, 3, [])


def test_folders_of_homes_on_a_hub_are_their_students(folder: ClassFolder, tmp_path: Path) -> None:
    homes = hand_in(
        tmp_path,
        {
            f"jupyter-anna/energy/{ONE}.ipynb": answered("01", mark="a"),
            "jupyter-anna/energy/course_utils/place.py": b"",
            f"jupyter-bert/class/{ONE}.ipynb": answered("01", mark="b"),
            f"jupyter-bert/class/.ipynb_checkpoints/{ONE}-checkpoint.ipynb": answered("01", mark="c"),
        },
    )
    collect(folder, sorted(homes.iterdir()))
    assert folder.submissions() == [("jupyter-anna", ONE), ("jupyter-bert", ONE)]


@pytest.mark.parametrize("where", ["", "release", "for-students", "submitted"])
def test_the_classs_own_folders_are_not_collected(folder: ClassFolder, where: str) -> None:
    (folder.root / where).mkdir(exist_ok=True)
    with pytest.raises(Problem, match=r"itself|nothing is handed in there"):
        collect(folder, [folder.root / where])


def test_a_file_that_is_not_there_stops_before_anything_is_taken(folder: ClassFolder, tmp_path: Path) -> None:
    inbox = hand_in(tmp_path, {f"anna/{ONE}.ipynb": answered("01")})
    with pytest.raises(Problem, match=r"nowhere\.zip is not there"):
        collect(folder, [inbox, tmp_path / "nowhere.zip"])
    assert folder.submissions() == []


# ------------------------------------------------------------------------------------------------ zips


@pytest.mark.parametrize("name", ["../../evil.ipynb", "/evil.ipynb", "a\\..\\..\\evil.ipynb", "C:\\evil.ipynb"])
def test_a_name_that_leads_out_of_the_zip_is_refused(folder: ClassFolder, tmp_path: Path, name: str) -> None:
    (tmp_path / "hostile.zip").write_bytes(zipped({name: answered("01"), f"anna/{ONE}.ipynb": answered("01")}))
    before = {path for path in tmp_path.rglob("*") if "class" not in path.parts}
    done = collect(folder, [tmp_path / "hostile.zip"])
    assert [why for _, why in done.unmatched] == ["its name leads out of the zip"]
    assert folder.submissions() == [("anna", ONE)]
    assert not list(tmp_path.rglob("evil*"))
    assert {path for path in tmp_path.rglob("*") if "class" not in path.parts} == before


def test_a_zip_that_blows_up_is_refused_without_being_unpacked(
    folder: ClassFolder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(unpack, "FILE_BYTES", 2**20)
    bomb = zipped({f"anna/{ONE}.ipynb": b"0" * 2**23})
    lying = bytearray(bomb)  # a zip that says of itself that it is small
    size = (2**23).to_bytes(4, "little")
    lying[:] = bytes(lying).replace(size, (100).to_bytes(4, "little"))
    (tmp_path / "bomb.zip").write_bytes(bomb)
    (tmp_path / "lying.zip").write_bytes(bytes(lying))
    done = collect(folder, [tmp_path / "bomb.zip", tmp_path / "lying.zip"])
    assert done.unmatched[0][1] == "larger than 1 MiB"
    assert len(done.unmatched) == 2
    assert folder.submissions() == []


def test_what_a_zip_unpacks_to_is_limited_as_a_whole(
    folder: ClassFolder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(unpack, "ALL_BYTES", 2**20)
    files = {f"s{i}/{ONE}.ipynb": b"%d" % i + b"0" * 2**19 for i in range(8)}
    (tmp_path / "many.zip").write_bytes(zipped(files))
    done = collect(folder, [tmp_path / "many.zip"])
    assert len(done.taken) == 2
    assert len(done.unmatched) == 6


def test_a_name_without_end_is_refused_at_once(folder: ClassFolder, tmp_path: Path) -> None:
    (tmp_path / "long.zip").write_bytes(zipped({f"{ONE}_{' ' * 60_000}b.ipynb": answered("01")}))
    started = time.process_time()
    done = collect(folder, [tmp_path / "long.zip"])
    assert time.process_time() - started < 5
    assert done.unmatched[0][1] == "its name has more than 1000 characters"


def test_what_a_terminal_or_a_spreadsheet_would_obey_is_told_as_text(folder: ClassFolder, tmp_path: Path) -> None:
    (tmp_path / "=1+1.txt").write_bytes(b"x")
    (tmp_path / "in.zip").write_bytes(zipped({"\x1b]0;x\x07\nForged.txt": b"y"}))
    done = collect(folder, [tmp_path / "=1+1.txt", tmp_path / "in.zip"])
    assert all(text.isprintable() for pair in done.unmatched for text in pair)
    with (folder.unmatched / "why.csv").open(encoding="utf-8-sig") as file:
        assert all(not text.startswith("=") for row in csv.reader(file) for text in row)


@pytest.mark.skipif(os.name == "nt", reason="names are text there")
def test_a_name_that_is_no_text_stops_nothing(folder: ClassFolder, tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / os.fsdecode(b"\xff.ipynb")).write_bytes(answered("01"))
    assert len(collect(folder, [tmp_path / "in"]).unmatched) == 1


def test_zips_in_zips_are_opened_to_a_depth(folder: ClassFolder, tmp_path: Path) -> None:
    content = zipped({f"anna/{ONE}.ipynb": answered("01")})
    for _ in range(unpack.DEPTH):
        content = zipped({"inner.zip": content})
    (tmp_path / "deep.zip").write_bytes(content)
    assert "a zip inside" in collect(folder, [tmp_path / "deep.zip"]).unmatched[0][1]
    (tmp_path / "less.zip").write_bytes(zipped({"submissions.zip": zipped({f"anna/{ONE}.ipynb": answered("01")})}))
    assert collect(folder, [tmp_path / "less.zip"]).taken[0].student == "anna"


def test_a_broken_a_locked_and_a_linking_zip_are_told_and_stop_nothing(folder: ClassFolder, tmp_path: Path) -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        link = zipfile.ZipInfo(f"anna/{ONE}.ipynb")
        link.create_system, link.external_attr = 3, (stat.S_IFLNK | 0o777) << 16
        archive.writestr(link, "../../../gradebook.db")
    locked = bytearray(zipped({f"carl/{ONE}.ipynb": b"{}"}))
    for at in (6, bytes(locked).find(b"PK\x01\x02") + 8):
        locked[at] |= 1
    files = {
        "a.zip": b"no zip",
        "b.zip": buffer.getvalue(),
        "c.zip": bytes(locked),
        f"dora/{ONE}.ipynb": answered("01"),
    }
    done = collect(folder, [hand_in(tmp_path, files)])
    reasons = [why for _, why in done.unmatched]
    assert [why.split(" (")[0] for why in reasons] == ["no zip that can be read", "a link", "locked with a password"]
    assert folder.submissions() == [("dora", ONE)]
    assert [path.name for path in folder.unmatched.glob("*.zip")] == ["inbox - a.zip"]


@pytest.mark.skipif(os.name == "nt", reason="links need rights on Windows")
def test_a_link_out_of_a_folder_is_not_followed(folder: ClassFolder, tmp_path: Path) -> None:
    secret = tmp_path / "secret.ipynb"
    secret.write_bytes(answered("01"))
    inbox = hand_in(tmp_path, {"anna/readme.txt": b"x"})
    (inbox / "anna" / f"{ONE}.ipynb").symlink_to(secret)
    done = collect(folder, [inbox])
    assert (f"inbox/anna/{ONE}.ipynb", "a link that leads out of its folder") in done.unmatched
    assert folder.submissions() == []


# ------------------------------------------------------------------------------------------------ the list


ROSTER = Roster(
    [
        Student("s1", "Anna Maria Schmidt", "anna@example.org"),
        Student("s2", "Bert Müller", "bm@example.org"),
        Student("s3", "Zoë O'Neill"),
        Student("s4", "Li Wei"),
        Student("s5", "Wei Li Chen"),
    ]
)


@pytest.mark.parametrize(
    ("name", "student"),
    [
        ("s1", "s1"),
        ("S1", "s1"),
        ("anna@example.org", "s1"),
        ("Schmidt, Anna Maria", "s1"),
        ("schmidtannamaria", "s1"),
        ("ANNA SCHMIDT", "s1"),
        ("Bert Mueller", "s2"),
        ("bert muller", "s2"),
        ("Mu\u0308ller Bert", "s2"),
        ("muellerbert", "s2"),
        ("Zoe ONeill", "s3"),
        ("Zoe O’Neill", "s3"),
        ("Wei Li", "s4"),
        ("Schmidt", None),
        ("Nobody", None),
        ("", None),
    ],
)
def test_a_name_finds_its_student_in_the_list(name: str, student: str | None) -> None:
    found = ROSTER.find(name)
    assert (found and found.id) == student


def test_a_name_of_two_students_is_nobodys() -> None:
    roster = Roster([Student("a", "Anna Schmidt"), Student("b", "Anna Schmidt")])
    with pytest.raises(Ambiguous, match="a or b"):
        roster.find("Schmidt Anna")


def test_with_a_list_students_get_their_ids_strangers_are_set_aside_and_the_missing_are_named(
    folder: ClassFolder, tmp_path: Path
) -> None:
    folder.roster.write_text("id,name,email\ns1,Anna Schmidt,\ns2,Bert Müller,bm@x.org\ns3,Cem Öz,\n", "utf-8")
    files = {
        f"Schmidt Anna_1_assignsubmission_file_/{ONE}.ipynb": answered("01", mark="1"),
        f"bm/{ONE}.ipynb": answered("01", mark="2"),
        f"Eve_9_assignsubmission_file_/s3/{ONE}.ipynb": answered("01", mark="3"),
    }
    done = collect(folder, [hand_in(tmp_path, files)])
    assert folder.submissions() == [("s1", ONE), ("s2", ONE)]
    assert [why for _, why in done.unmatched] == ["Eve is not in students.csv"]
    assert done.missing == {ONE: ["Cem Öz"]}
    said = words.of_collection(done)
    assert "NOT MATCHED, 1 file" in said
    assert "Not handed in, 01: Cem Öz" in said


@pytest.mark.parametrize(
    "content",
    [
        "id,name,email\n7,Anna Öz,a@x\n".encode(),
        "\ufeffID;First name;Surname;Email address\r\n7;Anna;Öz;a@x\r\n".encode(),
        "Student ID\tFull name\te-mail\n7\tAnna Öz\ta@x\n".encode("utf-16"),
        "id;name;email\n7;Anna Öz;a@x\n".encode("cp1252"),
    ],
)
def test_a_list_is_read_as_spreadsheets_and_platforms_write_it(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "students.csv").write_bytes(content)
    assert read_roster(tmp_path / "students.csv").students == {"7": Student("7", "Anna Öz", "a@x")}


@pytest.mark.parametrize(
    ("text", "says"), [("id,name\n1,A\n1,B\n", "stands there twice"), ("x,y\n1,2\n", "columns are")]
)
def test_a_list_that_cannot_be_used_is_refused(text: str, says: str, tmp_path: Path) -> None:
    (tmp_path / "students.csv").write_text(text)
    with pytest.raises(Problem, match=says):
        read_roster(tmp_path / "students.csv")


@pytest.mark.parametrize(
    ("name", "folder"),
    [
        ("Anna Öz", "Anna_Öz"),
        ("../../x", "x"),
        ("a/b\\c:d", "a_b_c_d"),
        ("CON", "CON_"),
        ("<script>", "script"),
        ("…", ""),
    ],
)
def test_a_students_folder_has_a_name_that_every_system_takes(name: str, folder: str) -> None:
    assert folder_name(name) == folder
