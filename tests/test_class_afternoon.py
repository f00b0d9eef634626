"""The teacher's afternoon, with the very commands of docs/teaching.md."""

from __future__ import annotations

import csv
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from support.classes import zipped

from classroom.layout import ClassFolder
from classroom.release.copies import read
from notebooks import build

ROOT = Path(__file__).resolve().parent.parent
ONE = "01_boltzmann_distribution"


def block(path: str, name: str) -> list[str]:
    """The commands between two markers of a page."""
    text = (ROOT / path).read_text("utf-8")
    found = re.search(rf"<!-- {name}:begin -->\n```\n(.*?)\n```\n<!-- {name}:end -->", text, re.DOTALL)
    assert found, f"{path} has no block {name}"
    return found[1].splitlines()


def run(where: Path, commands: list[str]) -> str:
    """Run `course.py class …` commands as they stand, in the environment of the tests."""
    output = ""
    for line in commands:
        words = line.split()
        assert words[:3] == ["python3", "course.py", "class"], line
        done = subprocess.run(
            [sys.executable, "-P", "-m", "classroom", *words[3:]],
            cwd=where,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            capture_output=True,
            text=True,
            encoding="utf-8",
            check=False,
        )
        assert done.returncode == 0, f"{line}\n{done.stdout}\n{done.stderr}"
        output += done.stdout
    return output


def with_answers(notebook: dict, exercises: set[str]) -> str:
    """A released notebook with the course's own solutions of some exercises."""
    course = build.read_course()
    lesson = course.find("01")
    assert lesson
    for cell in notebook["cells"]:
        exercise = cell["metadata"].get("course", {}).get("todo")
        if exercise in exercises:
            cell["source"] = build.without_markers(lesson.cell("todo", exercise).source)
    return json.dumps(notebook)


def test_the_readme_has_the_commands_of_the_page_for_teachers() -> None:
    commands = block("docs/teaching.md", "release") + block("docs/teaching.md", "grading")
    assert block("README.md", "class") == commands
    assert len(commands) == 4


@pytest.mark.slow
def test_the_documented_commands_grade_a_blank_a_half_right_and_a_solved_copy(tmp_path: Path) -> None:
    pytest.importorskip("classroom.grading")
    if sys.platform != "linux":
        pytest.skip("grading needs bubblewrap")
    here = tmp_path / "course"
    here.mkdir()
    run(here, block("docs/teaching.md", "release"))
    folder = ClassFolder(tmp_path / "energy")
    released = read(folder.handed_out(ONE))
    (tmp_path / "handed-in").mkdir()
    names = {"Anna Öz": set(), "Bert Müller": {"1.1", "1.2"}, "Cem": {"1.1", "1.2", "1.3", "1.4"}}
    sent = {
        f"{name}_{number}_assignsubmission_file_/{ONE} (1).ipynb": with_answers(released, exercises).encode()
        for number, (name, exercises) in enumerate(names.items())
    }
    (tmp_path / "handed-in" / "Energy-01-7.zip").write_bytes(zipped(sent))
    said = run(here, block("docs/teaching.md", "grading"))
    assert "3 submissions taken in" in said
    with (folder.reports / "scores.csv").open(encoding="utf-8-sig") as table:
        scores = {row["student"]: float(row[ONE]) for row in csv.DictReader(table)}
    assert scores == {"Anna_Öz": 0, "Bert_Müller": 3 + 4, "Cem": 13}
    assert {path.stem for path in (folder.reports / "students").iterdir()} == set(scores)
    assert "Bert" not in (folder.reports / "students" / "Cem.html").read_text("utf-8")
