"""What a student handed in: which cell is which, and what runs of the others."""

import ast
import json
import time
from pathlib import Path

import pytest
from support.submissions import Maker

from classroom.grading.lesson import read_lesson
from classroom.grading.submission import Submission, definitions, read_submission, without_magics


@pytest.fixture(scope="module")
def maker() -> Maker:
    return Maker("01")


def read(maker: Maker, tmp_path: Path, text: str) -> Submission:
    path = tmp_path / "handed in.ipynb"
    path.write_text(text, encoding="utf-8")
    return read_submission(path, maker.lesson)


def test_each_exercise_is_found_by_the_id_of_its_cell(maker, tmp_path):
    def unmarked(notebook):
        for cell in notebook["cells"]:
            cell["metadata"] = {}

    found = read(maker, tmp_path, maker.text(None, unmarked))
    assert [found.of(number)[0].whole for number in maker.references] == list(maker.references.values())
    assert not found.changed_checks


def test_by_the_mark_of_the_course_where_ids_are_lost(maker, tmp_path):
    def lost(notebook):
        for cell in notebook["cells"]:
            del cell["id"]
            cell["metadata"].pop("nbgrader", None)

    found = read(maker, tmp_path, maker.text({"1.1": "x = 1"}, lost))
    assert [piece.whole for piece in found.of("1.1")] == ["x = 1"]


def test_by_the_name_of_nbgrader_where_the_mark_is_lost_too(maker, tmp_path):
    def lost(notebook):
        for cell in notebook["cells"]:
            del cell["id"]
            cell["metadata"].pop("course", None)

    found = read(maker, tmp_path, maker.text({"1.1": "x = 1"}, lost))
    assert [piece.whole for piece in found.of("1.1")] == ["x = 1"]


def test_by_its_latest_definition_where_all_is_lost(maker, tmp_path):
    first = "def photograph(energy):\n    return 1"

    def lost(notebook):
        maker.put_above("1.1", first)(notebook)
        for cell in notebook["cells"]:
            del cell["id"]
            cell["metadata"] = {}

    found = read(maker, tmp_path, maker.text(None, lost))
    assert [piece.whole for piece in found.of("1.1")] == [maker.references["1.1"]]
    assert [found.of(number)[0].whole for number in maker.references] == list(maker.references.values())


def test_an_answer_in_a_cell_of_its_own_counts_where_the_stub_still_stands(maker, tmp_path):
    stub = next(exercise.stub for exercise in maker.lesson.exercises if exercise.number == "1.1")
    own = maker.put_above("1.1", maker.references["1.1"])
    found = read(maker, tmp_path, maker.text({"1.1": stub}, own))
    assert [piece.whole for piece in found.of("1.1")] == [maker.references["1.1"]]


def test_given_cells_do_no_work_and_own_ones_define(maker, tmp_path):
    own = (
        "import math\nTABLE = np.array([1, 2])\nwork = slow(3)\nprint('x')\n\n\n@property\ndef helper(x):\n    return x"
    )
    found = read(maker, tmp_path, maker.text(None, maker.put_above("1.1", own)))
    (mine,) = [piece for piece in found.pieces if piece.whole == own]
    assert mine.source.split() == own.replace("work = slow(3)\nprint('x')\n", "").split()
    assert mine.source.splitlines()[-1] == own.splitlines()[-1]
    assert len(mine.source.splitlines()) == len(own.splitlines())  # each in its line
    for piece in found.pieces:
        if piece.given:
            kinds = {type(node) for node in ast.parse(piece.source).body}
            assert kinds <= {ast.Import, ast.ImportFrom, ast.FunctionDef, ast.ClassDef}


@pytest.mark.parametrize(
    ("source", "kept"),
    [
        ("a, b = 1, [2, 3]", True), ("x: int = 3", True), ("G = torch.tensor([1.0])", True), ("x = f(3)", False),
        ("x = [k for k in range(10**9)]", False), ("x.y = 3", False), ("x += 1", False), ("x: int", False),
        ("if True:\n    x = 1", False), ("check.exercise.__exit__ = 3", False),
    ],
)  # fmt: skip
def test_only_values_that_are_no_work_are_definitions(source, kept):
    assert bool(definitions(source).strip()) is kept


def test_statements_that_share_a_line_are_told_apart():
    assert definitions("import math; work()").strip() == "import math"


def test_a_changed_check_is_noted_and_not_run(maker, tmp_path):
    def change(notebook):
        maker.cell(notebook, "check", "1.2")["source"] += "\nprint('more')"

    found = read(maker, tmp_path, maker.text(None, change))
    assert found.changed_checks == ["1.2"]
    assert not any("print('more')" in piece.source for piece in found.pieces)


@pytest.mark.parametrize(
    ("source", "plain", "left_out"),
    [
        ("%%time\nx = 1", "\nx = 1", []),
        ("%time x = 1", "x = 1", []),
        ("%matplotlib inline\nx = 1", "pass\nx = 1", ["`%matplotlib inline`"]),
        ("def f():\n    !ls\n    return 1", "def f():\n    pass\n    return 1", ["`!ls`"]),
        ("x?\ny = 2", "pass\ny = 2", ["`x?`"]),
        ("%%bash\nls", "", ["`%%bash`"]),
        ("x = '''\n%d\n'''", "x = '''\n%d\n'''", []),
        ("x = 5\n", "x = 5\n", []),
    ],
)
def test_magics_are_taken_as_a_notebook_would_or_left_out(source, plain, left_out):
    assert without_magics(source) == (plain, left_out)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("{", "not JSON"), ("", "not JSON"), ("[1]", "no notebook"), ('{"cells": 3}', "no notebook"),
        ("[" * 100_000, "not JSON"), ('{"worksheets": []}', "no notebook"),
    ],
)  # fmt: skip
def test_a_file_that_is_no_notebook_is_told(maker, tmp_path, text, says):
    assert says in read(maker, tmp_path, text).fault


def test_cells_of_any_form_do_no_harm(maker, tmp_path):
    cells = [3, None, {}, {"cell_type": "code"}, {"cell_type": "code", "source": 5, "metadata": []}]
    cells += [{"cell_type": "code", "source": ["a = 1\n", 3], "metadata": {"course": "x", "nbgrader": [1]}, "id": 4}]
    assert not read(maker, tmp_path, json.dumps({"cells": cells})).fault


def test_bytes_that_are_no_text_are_told(maker, tmp_path):
    path = tmp_path / "x.ipynb"
    path.write_bytes(b"\xff\xfe\x00{}")
    assert "not JSON" in read_submission(path, maker.lesson).fault


def test_the_teachers_checks_and_points_count(maker, tmp_path):
    notebook = maker.notebook()
    maker.cell(notebook, "check", "1.1")["metadata"]["nbgrader"]["points"] = 7
    maker.cell(notebook, "check", "1.2")["source"] = "mine = 1"
    notebook["cells"].remove(maker.cell(notebook, "check", "1.4"))
    path = tmp_path / "teachers.ipynb"
    path.write_text(json.dumps(notebook), encoding="utf-8")
    found = read_lesson(maker.lesson.name, path)
    assert [(exercise.number, exercise.points) for exercise in found.exercises] == [("1.1", 7), ("1.2", 4), ("1.3", 4)]
    assert found.exercises[1].check == "mine = 1"


def test_a_lesson_that_is_not_there_is_named():
    with pytest.raises(ValueError, match=r"assignment = 'xx'.*01_boltzmann_distribution"):
        read_lesson("xx")


def test_an_exercise_knows_what_it_may_call(maker):
    assert {exercise.number: exercise.needs for exercise in maker.lesson.exercises} == {
        "1.1": (), "1.2": (), "1.3": ("1.2",), "1.4": (),
    }  # fmt: skip


def test_more_code_than_anybody_writes_is_not_read(maker, tmp_path):
    cell = {"cell_type": "code", "metadata": {}, "source": "x\n" * (2**17 + 1)}
    assert read(maker, tmp_path, json.dumps({"cells": [cell]})).fault == "the file has more than 256 kB of code"


def test_more_cells_than_anybody_writes_are_not_read(maker, tmp_path):
    cells = [{"cell_type": "code", "metadata": {}, "source": "x = 1"}] * 1001
    fault = read(maker, tmp_path, json.dumps({"cells": cells})).fault
    assert fault == "the file has more than 1000 cells of code"


def test_a_hundred_thousand_empty_lines_take_no_time():
    started = time.process_time()
    assert without_magics("\n" * 100_000 + "x = (")[1] == []
    assert time.process_time() - started < 5


@pytest.mark.slow
@pytest.mark.parametrize("before", ["", "y = 1; "])
def test_a_long_sum_is_no_harm_however_deep_it_is_nested(before):
    for terms in range(900, 1000):
        assert "raise" not in definitions(f"{before}x = {'+'.join('1' * terms)}")
