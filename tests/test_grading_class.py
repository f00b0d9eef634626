"""A class of forty hands in a lesson: each gets the score that is right, whatever was tried."""

from __future__ import annotations

import contextlib
import json
import multiprocessing
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import psutil
import pytest
from support.submissions import ROOT, Handed, Maker, forty

from classroom.grading import SandboxError, grade, sandbox
from classroom.grading.grader import key_of
from classroom.grading.judge import Judge
from classroom.grading.sandbox import Limits
from classroom.layout import ClassFolder
from classroom.results import Result

needs_sandbox = pytest.mark.skipif(
    bool(sandbox.refusal()) and not os.environ.get("COURSE_NEEDS_SANDBOX"), reason=sandbox.refusal()
)
HANDED = {handed.name: handed for handed in forty(Maker(os.environ.get("COURSE_GRADE_LESSON", "01")))}


@pytest.fixture(scope="module")
def graded(tmp_path_factory) -> tuple[ClassFolder, Maker, dict[str, Result], list[str]]:
    """All forty, graded once."""
    maker = Maker(os.environ.get("COURSE_GRADE_LESSON", "01"))
    folder = ClassFolder(tmp_path_factory.mktemp("class"))
    for handed in HANDED.values():
        hand_in(folder, maker, handed.name, handed.text)
    said: list[str] = []
    results = grade(folder, progress=said.append)
    return folder, maker, {result.student: result for result in results}, said


@pytest.fixture(scope="module")
def here(graded) -> Judge:
    """The same checks with the same seeds in this process."""
    folder, maker, _, _ = graded
    return Judge(maker.lesson, Path("nowhere"), key_of(folder))


def hand_in(folder: ClassFolder, maker: Maker, student: str, text: str) -> Path:
    path = folder.submitted(student, maker.lesson.name)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def expected(judge: Judge, handed: Handed) -> list[float]:
    """The points of each exercise, without any other process."""
    points = []
    for exercise in judge.lesson.exercises:
        number, source = exercise.number, handed.answers.get(exercise.number)
        share = 0.0 if number in handed.zero else 1.0
        if source is not None:
            book = judge.checked_here(exercise, judge.seeds[number], {number: source})
            share = book.passed / judge.comparisons[number]
        points.append(exercise.points * share)
    return points


def test_there_are_forty():
    assert len(HANDED) == 40


@needs_sandbox
@pytest.mark.slow
@pytest.mark.parametrize("name", HANDED)
def test_each_of_forty_gets_the_score_that_is_right(graded, here, name):
    handed, result = HANDED[name], graded[2][name]
    assert [e.earned for e in result.exercises] == pytest.approx(expected(here, handed)), result
    assert [e.number for e in result.exercises if e.state == "stopped"] == list(handed.stopped)
    kinds = {flag.kind for flag in result.flags}
    assert kinds >= set(handed.flags)
    assert not kinds & set(handed.never)
    assert bool(result.fault) == handed.fault


@needs_sandbox
@pytest.mark.slow
def test_all_are_written_and_read_again(graded):
    folder, maker, results, said = graded
    for student, result in results.items():
        assert Result.read(folder.result(student, maker.lesson.name)) == result
    assert len(said) == 40


@needs_sandbox
@pytest.mark.slow
def test_what_is_graded_is_not_graded_again_until_something_changes(graded, monkeypatch):
    folder, maker, results, _ = graded
    said: list[str] = []
    grade(folder, progress=said.append)
    assert said == ["40 graded before, 0 to grade."]
    path = folder.submitted("blank", maker.lesson.name)
    path.write_text(path.read_text("utf-8") + "\n", encoding="utf-8")
    again = grade(folder, students=["blank", "right"], progress=said.append)
    assert said[1] == "1 graded before, 1 to grade."
    assert [result.earned for result in again] == [0, results["right"].earned]


@needs_sandbox
@pytest.mark.slow
def test_a_result_that_was_cut_off_is_made_again(graded):
    folder, maker, results, _ = graded
    path = folder.result("blank", maker.lesson.name)
    path.write_text(path.read_text("utf-8")[:100], encoding="utf-8")
    (again,) = grade(folder, students=["blank"], progress=lambda line: None)
    assert again.exercises == results["blank"].exercises


def test_who_or_what_was_not_handed_in_is_named(tmp_path):
    folder, maker = ClassFolder(tmp_path), Maker("00")
    hand_in(folder, maker, "ada", "{}")
    with pytest.raises(ValueError, match=r"students = \['bob'\].*there is ada"):
        grade(folder, students=["bob"])
    with pytest.raises(ValueError, match=r"assignments = \['xx'\].*there is 00_start_here"):
        grade(folder, ["xx"])
    with pytest.raises(ValueError, match="jobs = 0"):
        grade(folder, jobs=0)


def test_without_a_sandbox_nothing_is_graded_unless_it_is_asked_for(tmp_path, monkeypatch):
    monkeypatch.setattr(sandbox, "refusal", lambda: "no bubblewrap here")
    folder, maker = ClassFolder(tmp_path), Maker("00")
    hand_in(folder, maker, "ada", "{")
    with pytest.raises(SandboxError, match="no bubblewrap here"):
        grade(folder)
    assert not folder.result("ada", maker.lesson.name).exists()


@pytest.mark.slow
def test_without_a_sandbox_scores_are_the_same(tmp_path):
    folder, maker, said = ClassFolder(tmp_path), Maker("00"), []
    hand_in(folder, maker, "ada", maker.text())
    hand_in(folder, maker, "bob", json.dumps(maker.blank))
    results = grade(folder, jobs=1, sandbox=False, progress=said.append)
    assert [result.earned for result in results] == [1.0, 0.0]
    assert said[0] == sandbox.WITHOUT


def test_the_key_of_hidden_variants_is_the_teacher_s_alone(tmp_path):
    folder = ClassFolder(tmp_path)
    key = key_of(folder)
    assert key_of(folder) == key
    assert len(key) == 64
    if os.name != "nt":
        assert (tmp_path / "grading.key").stat().st_mode & 0o077 == 0


# ------------------------------------------------------------------------------ what is done to the judge itself


@needs_sandbox
@pytest.mark.slow
def test_a_submission_that_holds_up_or_ends_the_judge_costs_itself_alone(tmp_path):
    folder, maker = ClassFolder(tmp_path), Maker("00")
    number, (name, *_) = maker.lesson.exercises[0].number, maker.lesson.exercises[0].names
    sleeping = f"import time\ntime.sleep(30)\ndef {name}(*a): pass"
    hand_in(folder, maker, "ada", maker.text({number: sleeping}))
    hand_in(folder, maker, "bob", maker.text())
    limits = Limits(judged_s=15)
    ada, bob = grade(folder, jobs=1, limits=limits, progress=lambda line: None)
    assert "held up the judge" in ada.fault
    assert [flag.kind for flag in ada.flags] == ["limit"]
    assert (ada.earned, bob.earned, bob.fault) == (0, 1, "")
    assert grade(folder, jobs=1, limits=limits, progress=lambda line: None)[0] == ada

    def end_the_judge() -> None:
        while not any("bwrap" in child.name() for child in psutil.Process().children(recursive=True)):
            time.sleep(0.1)
        for child in multiprocessing.active_children():
            child.kill()

    folder.result("bob", maker.lesson.name).unlink()
    thread = threading.Thread(target=end_the_judge)
    thread.start()
    ada, bob = grade(folder, jobs=1, force=True, limits=limits, progress=lambda line: None)
    thread.join()
    assert "process ended" in ada.fault
    assert bob.earned == 1


@needs_sandbox
@pytest.mark.slow
def test_an_exception_that_says_half_a_letter_stops_nobody(tmp_path):
    folder, maker = ClassFolder(tmp_path), Maker("00")
    number, (name, *_) = maker.lesson.exercises[0].number, maker.lesson.exercises[0].names
    hand_in(folder, maker, "ada", maker.text({number: f"def {name}(*a):\n    raise ValueError('\\ud800')"}))
    assert grade(folder, jobs=1, progress=lambda line: None)[0].earned == 0
    assert "?" in Result.read(folder.result("ada", maker.lesson.name)).exercises[0].line


@needs_sandbox
@pytest.mark.slow
@pytest.mark.skipif(os.name == "nt", reason="Ctrl-C is sent otherwise there")
def test_ctrl_c_is_one_line_also_when_it_comes_twice(tmp_path):
    folder, maker = ClassFolder(tmp_path), Maker("01")
    number = maker.lesson.exercises[0].number
    for student in ("ada", "bob"):
        hand_in(folder, maker, student, maker.text({number: "import time\ntime.sleep(50)"}))
    words = [sys.executable, "-m", "classroom.grading", str(tmp_path), "--jobs", "2"]
    process = subprocess.Popen(
        words, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, start_new_session=True
    )
    began = psutil.Process(process.pid)
    while sum("bwrap" in child.name() for child in began.children(recursive=True)) < 4:
        assert process.poll() is None
        time.sleep(0.1)
    children = began.children(recursive=True)
    for _ in range(3):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGINT)
        time.sleep(0.3)
    said, _ = process.communicate(timeout=60)
    assert said.strip() == "Stopped. What is graded is kept; the same command goes on."
    assert process.returncode != 0
    _, alive = psutil.wait_procs(children, timeout=10)
    assert not alive
