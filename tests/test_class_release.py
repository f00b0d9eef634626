"""`course.py class release`: an nbgrader course, what students get, and what a second release leaves alone."""

from __future__ import annotations

import ast
import contextlib
import csv
import json
import os
import re
import subprocess
import sys
import sysconfig
import zipfile
from importlib import metadata as installed
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from support.classes import answered, graded, put

from classroom import command, words
from classroom.layout import ClassFolder
from classroom.lessons import ROOT, assignments, choose
from classroom.link import link
from classroom.problem import Problem
from classroom.release import Released, release
from classroom.release.copies import class_copy, read
from classroom.release.engine import configuration, write_course
from classroom.release.handout import PACKAGES
from classroom.report import report

ONE, TWO, THREE = "01_boltzmann_distribution", "02_partition_function", "03_langevin_sampling"


def lesson(number: str) -> dict:
    return read(ROOT / "notebooks" / f"{choose([number])[0]}.ipynb")


def text(notebook: dict) -> str:
    return "\n".join("".join(cell["source"]) for cell in notebook["cells"])


def metadata(notebook: dict) -> list[tuple[str, dict]]:
    return [(cell["id"], cell["metadata"]["nbgrader"]) for cell in notebook["cells"] if "nbgrader" in cell["metadata"]]


def git(folder: ClassFolder, *arguments: str) -> str:
    command = ["git", "-C", str(folder.handout), *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()


# ------------------------------------------------------------------------------------------------ copies


@pytest.mark.parametrize("number", sorted(assignments()))
def test_an_exam_has_no_hint_solution_or_answer_and_the_same_exercises_and_points(number: str) -> None:
    made = class_copy(lesson(number), (), exam=True)
    shown = text(made)
    assert "<details" not in shown
    assert "Solution" not in shown
    assert not [cell for cell in made["cells"] if "hint" in cell["metadata"].get("course", {})]
    assert not re.search(r"colab\.research|mybinder|/blob/", shown)  # where the public course has the solutions
    assert metadata(made) == metadata(lesson(number))
    code = [cell for cell in made["cells"] if cell["cell_type"] == "code"]
    assert code == [cell for cell in lesson(number)["cells"] if cell["cell_type"] == "code"]
    questions = [cell for cell in made["cells"] if "think" in cell["metadata"].get("course", {})]
    assert questions
    assert all("".join(cell["source"]).strip() for cell in questions)


def test_without_exam_hints_and_solutions_stay() -> None:
    made = class_copy(lesson("01"), assignments().values())
    assert made == lesson("01")


def test_a_link_to_a_lesson_that_the_class_does_not_have_is_plain_text() -> None:
    shown = text(class_copy(lesson("02"), {ONE, TWO}))
    assert f"({ONE}.ipynb)" in shown
    assert f"({THREE}.ipynb)" not in shown
    assert "03 Langevin sampling →" in shown


# ------------------------------------------------------------------------------------------------ refusals


@pytest.mark.parametrize(("numbers", "named"), [(["99"], "99"), (["01", "15", "x"], "15, x"), (["1.2"], "1.2")])
def test_a_lesson_that_is_not_there_is_refused_before_anything_is_written(
    tmp_path: Path, numbers: list[str], named: str
) -> None:
    with pytest.raises(Problem, match=rf"no lesson {re.escape(named)}\."):
        release(tmp_path / "class", numbers)
    assert not (tmp_path / "class").exists()


def test_a_folder_with_other_things_and_one_inside_the_course_are_refused(tmp_path: Path) -> None:
    (tmp_path / "thesis.tex").write_text("x")
    with pytest.raises(Problem, match="holds other things"):
        release(tmp_path, ["01"])
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.tex"]
    with pytest.raises(Problem, match="inside the course"):
        release(ROOT / "class", ["01"])
    with pytest.raises(Problem, match="is a file"):
        release(tmp_path / "thesis.tex", ["01"])


def test_lessons_are_chosen_by_number_or_name_in_order_and_once() -> None:
    assert choose(["2", "01", ONE]) == [ONE, TWO]


def test_a_folder_without_a_class_says_how_to_make_one(tmp_path: Path) -> None:
    with pytest.raises(Problem, match=r"course\.py class release DIR"):
        ClassFolder.open(tmp_path)


# ------------------------------------------------------------------------------------------------ the command


@pytest.mark.parametrize("verb", ["", "release", "collect", "grade", "report", "link"])
def test_each_verb_explains_itself_without_any_package(verb: str) -> None:
    """`-S -I`: without the environment's packages."""
    program = "import sys; sys.path.insert(0, sys.argv.pop(1)); from classroom.command import main; main(sys.argv[1:])"
    arguments = [sys.executable, "-I", "-S", "-c", program, str(ROOT), *filter(None, [verb]), "--help"]
    done = subprocess.run(arguments, capture_output=True, text=True, encoding="utf-8", check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert f"usage: course.py class {verb}".strip() in done.stdout


def test_the_teachers_tools_import_only_what_their_requirements_bring() -> None:
    """The environment of the tests has more than a teacher's: what is missing there would not be noticed here."""
    brought: set[str] = set()
    wanted = [
        name
        for file in ("requirements.txt", "classroom/requirements.txt")
        for name in re.findall(r"^([\w.-]+)==", (ROOT / file).read_text("utf-8"), re.MULTILINE)
    ]
    while wanted:
        name = canonicalize_name(wanted.pop())
        if name not in brought:
            brought.add(name)
            with contextlib.suppress(installed.PackageNotFoundError):
                needs = map(Requirement, installed.requires(name) or ())
                wanted += [need.name for need in needs if not need.marker or need.marker.evaluate({"extra": ""})]
    owners = installed.packages_distributions()
    files = [*(ROOT / "classroom").rglob("*.py"), *(ROOT / "notebooks" / "build").glob("*.py")]
    for file in files:
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            if isinstance(node, ast.ImportFrom) and not node.level:
                names = [node.module or ""]
            for module in {name.partition(".")[0] for name in names} & owners.keys():
                assert {canonicalize_name(owner) for owner in owners[module]} & brought, f"{file}: {module}"


def test_what_a_person_can_mend_is_one_line_and_exit_code_1(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert command.main(["report"]) == 1
    output = capsys.readouterr()
    assert output.out == ""
    assert output.err.startswith("course.py class: .: no class was released here.")
    assert len(output.err.splitlines()) == 1


def test_the_link_is_one_that_nbgitpuller_reads() -> None:
    made = link("https://hub.example.edu/jupyter/", "https://git.example.edu/a b/class.git", ONE, branch="main")
    parts = urlsplit(made)
    assert made.startswith("https://hub.example.edu/jupyter/hub/user-redirect/git-pull?")
    assert parse_qs(parts.query) == {
        "repo": ["https://git.example.edu/a b/class.git"],
        "branch": ["main"],
        "urlpath": [f"lab/tree/class/{ONE}.ipynb"],  # into the folder that nbgitpuller names after the repository
    }


@pytest.mark.parametrize("hub", ["hub.example.edu", "ftp://x", "", "https://h?x=1"])
def test_a_hub_that_is_no_address_is_refused(hub: str) -> None:
    with pytest.raises(Problem, match="write the hub's address"):
        link(hub, "https://x/y", ONE)


def test_what_the_settings_of_a_class_set_is_not_set_here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """They name the students' course for programs that nbgrader starts in the class's folder."""
    monkeypatch.setenv("PYTHONPATH", "mine")
    folder = ClassFolder(tmp_path / "energy")
    write_course(folder)
    before = dict(os.environ)
    assert configuration(folder).CourseDirectory.course_id == "energy"
    assert dict(os.environ) == before
    folder.config.write_text("import os\nos.environ['PYTHONPATH'] = 'theirs'\n1 / 0\n", "utf-8")
    with pytest.raises(Problem, match="ZeroDivisionError"):
        configuration(folder)
    assert dict(os.environ) == before


# ------------------------------------------------------------------------------------------------ with nbgrader


@pytest.fixture(scope="module")
def first(tmp_path_factory: pytest.TempPathFactory) -> Released:
    """One lesson, released; nbgrader starts a program of its environment."""
    os.environ["PATH"] = os.pathsep.join([sysconfig.get_path("scripts"), os.environ["PATH"]])
    return release(tmp_path_factory.mktemp("afternoon") / "energy", ["01"], exam=True)


@pytest.fixture(scope="module")
def second(first: Released) -> Released:
    """The same class, a lesson later."""
    marked = first.folder.handed_out(ONE)
    marked.write_text(marked.read_text("utf-8") + " \n", "utf-8")  # a sign that nobody has written the file again
    return release(first.folder.root, ["01", "02"])


@pytest.mark.slow
def test_nbgrader_has_made_the_students_copy_with_the_header_above(first: Released) -> None:
    made = read(first.folder.release(ONE))
    assert "".join(made["cells"][0]["source"]).startswith("*Class energy. Write your answers")
    assert made["cells"][1:] == read(first.folder.source(ONE))["cells"]
    assert metadata(made) == metadata(lesson("01"))
    assert first.new == [ONE]


@pytest.mark.slow
def test_nbgrader_accepts_what_was_released(first: Released) -> None:
    from nbformat import read as read_notebook
    from nbformat import validate
    from nbgrader.nbgraderformat import MetadataValidator

    notebook = read_notebook(first.folder.release(ONE), 4)
    validate(notebook)
    MetadataValidator().validate_nb(notebook)


@pytest.mark.slow
def test_the_set_up_cell_finds_the_course_beside_the_notebook(first: Released, tmp_path: Path) -> None:
    """As a student's kernel runs it: in the folder of the notebook, with nothing else on the path."""
    with zipfile.ZipFile(first.folder.archive) as archive:
        archive.extractall(tmp_path)
    folder = tmp_path / "energy"
    notebook = read(folder / f"{ONE}.ipynb")
    setup = next("".join(cell["source"]) for cell in notebook["cells"] if "Set-up" in "".join(cell["source"]))
    setup = setup.replace("%pip", "raise SystemExit #")
    imports = "from course_checks import check, exercises\nimport course_utils\nprint(course_utils.__file__)"
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    done = subprocess.run(
        [sys.executable, "-c", f"{setup}\n{imports}"], cwd=folder, env=environment, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    assert Path(done.stdout.splitlines()[-1]).parent == folder / "course_utils"


@pytest.mark.slow
def test_students_get_every_file_of_the_packages(first: Released) -> None:
    """A lesson shows plates that lie among the modules."""
    listed = subprocess.run(["git", "ls-files", "-z", *PACKAGES], cwd=ROOT, capture_output=True, text=True)
    names = [name for name in listed.stdout.split("\0") if name]
    if not names:
        pytest.skip("not a git checkout")
    assert "course_utils/showcase/plate.png" in names
    assert not [name for name in names if not (first.folder.handout / name).is_file()]


@pytest.mark.slow
def test_the_zip_holds_the_students_folder_and_nothing_of_the_teachers(first: Released) -> None:
    with zipfile.ZipFile(first.folder.archive) as archive:
        names = set(archive.namelist())
    assert {"energy/README.md", f"energy/{ONE}.ipynb", "energy/course_utils/__init__.py"} <= names
    assert {name.split("/")[1] for name in names} == {
        *(path.name for path in first.folder.handout.iterdir() if path.name != ".git")
    }
    assert not [name for name in names if "solutions" in name or "gradebook" in name or "__pycache__" in name]
    assert first.folder.archive.stat().st_size < 4e6


@pytest.mark.slow
def test_a_second_release_adds_a_commit_and_leaves_the_first_notebook_alone(first: Released, second: Released) -> None:
    assert (second.new, second.kept, second.switched) == ([TWO], [ONE], [ONE])  # without --exam it would be another one
    assert first.folder.handed_out(ONE).read_text("utf-8").endswith("}\n \n")
    assert "<details" not in text(read(first.folder.handed_out(ONE)))
    assert git(first.folder, "log", "--format=%s").splitlines() == [f"Released {TWO}", f"Released {ONE}"]
    assert git(first.folder, "branch", "--show-current") == "main"
    assert git(first.folder, "status", "--porcelain") == ""
    assert "--again, without --exam, releases" in words.of_release(second)


@pytest.mark.slow
def test_released_again_the_old_copies_are_kept_and_the_teacher_is_told_what_it_means(second: Released) -> None:
    before = second.folder.release(ONE).read_bytes()
    done = release(second.folder.root, ["01"], again=True)
    assert done.again == [ONE]
    assert (second.folder.replaced / f"{ONE}.1" / "release.ipynb").read_bytes() == before
    assert "<details" in text(read(second.folder.handed_out(ONE)))
    assert "can lose a new cell" in words.of_release(done)
    nothing = release(second.folder.root, ["01"], again=True)
    assert (nothing.again, nothing.kept, nothing.newer) == ([], [ONE], [])


@pytest.mark.slow
def test_a_teachers_settings_and_header_are_never_written_over(second: Released) -> None:
    folder = second.folder
    folder.config.write_text(folder.config.read_text("utf-8") + "# mine\n", "utf-8")
    header = json.loads(folder.header.read_text("utf-8"))
    header["cells"][0]["source"] = ["mine"]
    folder.header.write_text(json.dumps(header), "utf-8")
    release(folder.root, ["03"])
    assert folder.config.read_text("utf-8").endswith("# mine\n")
    assert read(folder.release(THREE))["cells"][0]["source"] == ["mine"]


@pytest.mark.slow
def test_scores_are_in_nbgraders_gradebook_and_in_what_it_exports(second: Released) -> None:
    folder = second.folder
    folder.roster.write_text("id,name,email\nanna,Anna Maria Öz,a@x.org\n", "utf-8")
    put(folder, graded("anna", "pwpo"), graded("bert", "pppp"), graded("anna", "wwwww", number="02"))
    assert (report(folder).entered, report(folder).entered) == (3, 3)  # twice changes nothing
    from nbgrader.apps import NbGraderAPI

    api = NbGraderAPI(config=configuration(folder))
    scores = {entry["student"]: entry["score"] for entry in api.get_submissions(ONE)}
    assert scores == {"anna": 3 + 2 + 4, "bert": 13}
    done = subprocess.run(
        [sys.executable, "-m", "nbgrader", "export"], cwd=folder.root, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert not (folder.root / "submitted" / "bert" / ONE / "timestamp.txt").exists()
    with (folder.root / "grades.csv").open(encoding="utf-8") as file:
        rows = {(row["student_id"], row["assignment"]): row for row in csv.DictReader(file)}
    assert {key: float(row["raw_score"]) for key, row in rows.items() if float(row["raw_score"])} == {
        ("anna", ONE): 9,
        ("bert", ONE): 13,
        ("anna", TWO): 8.5,
    }
    assert (rows["anna", ONE]["first_name"], rows["anna", ONE]["last_name"]) == ("Anna Maria", "Öz")


@pytest.mark.slow
def test_formgrader_gets_the_release_with_the_students_code_and_nothing_else_of_the_file(second: Released) -> None:
    folder = second.folder
    put(folder, graded("eve", "pppp"))
    hostile = json.loads(answered("01", {"1.1": "photograph = 'mine'"}))
    check = next(cell for cell in hostile["cells"] if cell["metadata"].get("course", {}).get("check") == "1.1")
    page = {"output_type": "display_data", "data": {"text/html": "<script>alert(1)</script>"}, "metadata": {}}
    check["outputs"] = [page]
    hostile["cells"] += [check, {**check, "metadata": {"nbgrader": {**check["metadata"]["nbgrader"], "grade_id": "x"}}}]
    folder.submitted("eve", ONE).write_text(json.dumps(hostile))
    report(folder)
    made = read(folder.autograded("eve", ONE))
    assert metadata(made) == metadata(read(folder.release(ONE)))
    assert "photograph = 'mine'" in text(made)
    outputs = [cell["outputs"] for cell in made["cells"] if cell.get("outputs")]
    assert [output["text"] for (output,) in outputs] == ["1.1: passed", "1.2: passed", "1.3: passed", "1.4: passed"]
    assert "script" not in json.dumps(outputs)


@pytest.mark.slow
@pytest.mark.parametrize("content", [b"{", b"[]", b'{"cells": [1, {"cell_type": "code", "metadata": []}]}'])
def test_formgrader_gets_a_copy_of_a_file_that_cannot_be_read(second: Released, content: bytes) -> None:
    folder = second.folder
    put(folder, graded("fay", "oooo", fault="not JSON"))
    folder.submitted("fay", ONE).write_bytes(content)
    report(folder)
    assert metadata(read(folder.autograded("fay", ONE))) == metadata(read(folder.release(ONE)))


@pytest.mark.slow
def test_a_score_that_a_person_gave_stays(second: Released) -> None:
    from nbgrader.api import Gradebook

    folder = second.folder
    put(folder, graded("cleo", "oooo"))
    report(folder)
    with Gradebook(f"sqlite:///{folder.gradebook}", "energy") as book:
        book.find_grade("check-1-1", ONE, ONE, "cleo").manual_score = 2
        book.db.commit()
    report(folder)
    with (folder.reports / "scores.csv").open(encoding="utf-8-sig") as file:
        cleo = next(row for row in csv.DictReader(file) if row["student"] == "cleo")
    assert (cleo[ONE], "1.1 changed by the teacher" in cleo["remarks"]) == ("2", True)
    with Gradebook(f"sqlite:///{folder.gradebook}", "energy") as book:
        assert book.find_submission(ONE, "cleo").score == 2
        assert book.find_comment("exercise-1-1", ONE, ONE, "cleo").auto_comment == "1.1: open"
