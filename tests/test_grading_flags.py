"""What a person should look at, and what not."""

import time

import pytest
from support.submissions import Maker

from classroom.grading.flags import LEAST_NODES, fingerprint, flags_of_code, identical, imports_of


@pytest.fixture(scope="module")
def maker() -> Maker:
    return Maker("07")


def kinds(maker: Maker, source: str, number: str = "7.1") -> dict[str, str]:
    exercise = next(exercise for exercise in maker.lesson.exercises if exercise.number == number)
    return {flag.kind: flag.text for flag in flags_of_code(exercise, source, maker.lesson.imports)}


@pytest.mark.parametrize(
    "source",
    [
        "def gibbs_sweep(spins, beta, uniform, field=0.0):\n    return gibbs.sweep(spins, beta, uniform, field)",
        "from course_utils.lattice import gibbs as g\ngibbs_sweep = g.sweep",
        "import course_utils.lattice.gibbs\ngibbs_sweep = course_utils.lattice.gibbs.sweep",
        "from course_utils.lattice.gibbs import sweep as other\ndef gibbs_sweep(*a):\n    return other(*a)",
        "mine = gibbs\ngibbs_sweep = mine.sweep",
        "import course_checks\ngibbs_sweep = course_checks.exercises.ising.gibbs_sweep.reference",
    ],
)
def test_the_library_s_own_function_is_flagged_under_any_name(maker, source):
    assert "the exercise itself" in kinds(maker, source)["library"]


def test_other_functions_of_the_library_are_not(maker):
    source = (
        "def gibbs_sweep(spins, beta, uniform, field=0.0):\n    return Ising(4), gibbs.two_colours(4, 4), exact.BETA_C"
    )
    assert kinds(maker, source) == {}


def test_a_copy_of_the_course_s_answer_is_flagged_whatever_its_names_are(maker):
    copy = maker.references["7.4"].replace("p_up", "chance_of_up").replace("states", "all_of_them")
    copy = copy.replace("    # ", "    # my own words: ") + "\n\n# mine\n"
    assert "solution" in kinds(maker, copy, "7.4")
    assert "solution" not in kinds(maker, copy.replace("1 -", "1.0 -"), "7.4")


def test_the_right_answers_of_the_tests_are_no_copies_and_no_attacks(maker):
    for number, sources in maker.given["right"].items():
        for source in sources:
            assert not kinds(maker, source, number).keys() & {"solution", "tampering"}, source


@pytest.mark.parametrize(
    ("source", "says"),
    [
        ("check = True", "`check` is made something else"),
        ("check.exercise.__exit__ = lambda *a: True", "changes how a check ends"),
        ("import os\nos._exit(0)", "ends the process"),
        ("import ctypes", "interpreter's memory"),
        ("import sys\nsys.modules['numpy'] = 3", "sys.modules"),
        ("import socket as s", "network"),
        ("np.allclose = lambda *a: True", "sets np.allclose"),
        ("getattr(os, '_exit')(0)", "ends the process"),
        ("open('/etc/passwd')", "open"),
        ("import sys\nsys._getframe(1)", "callers"),
    ],
)
def test_what_has_nothing_to_do_in_an_exercise_is_shown_with_its_line(maker, source, says):
    assert says in kinds(maker, source)["tampering"]
    assert flags_of_code(None, source)[0].text.startswith("line ")


def test_a_class_may_set_what_is_its_own(maker):
    source = (
        "class T:\n    def __init__(self):\n        self.x = 1\n        self.energy.grad = None\n        v.T[0] = 3"
    )
    assert kinds(maker, source) == {}


ANSWER = """
def f(a, b):
    total = 0
    for k in range(len(a)):
        total += a[k] * b[k] - a[k - 1] * b[k - 1]
    return total / (len(a) - 1), max(a)
"""


def test_the_same_answer_of_two_students_is_flagged_for_both():
    other = ANSWER.replace("total", "s").replace("for k in", "for i in").replace("[k", "[i") + "  # mine"
    found = identical({"ada": {"1.1": ANSWER}, "bob": {"1.1": other}, "eve": {"1.1": ANSWER + "\nx = 3"}}, {})
    assert found.keys() == {"ada", "bob"}
    assert found["ada"][0].text == "the same answer as bob"


def test_short_answers_and_stubs_may_be_alike():
    short = "def f(a):\n    return sum(a) / len(a)"
    assert identical({"ada": {"1": short}, "bob": {"1": short}}, {}) == {}
    assert identical({"ada": {"1": ANSWER}, "bob": {"1": ANSWER}}, {"1": ANSWER}) == {}
    assert LEAST_NODES == 50


def test_what_is_no_python_has_no_flags_and_no_twin():
    assert flags_of_code(None, "def (:") == []
    assert fingerprint("def (:") == ""
    assert identical({"ada": {"1": "def (:"}, "bob": {"1": "def (:"}}, {}) == {}


@pytest.mark.parametrize(
    ("own", "answer"),
    [
        ("from course_utils.lattice import gibbs as g\ndef lent(*a):\n    return g.sweep(*a)", "gibbs_sweep = lent"),
        ("from course_utils.lattice import gibbs as g", "def gibbs_sweep(*a):\n    return g.sweep(*a)"),
        ("", "from course_utils.lattice.gibbs import *\ntheirs = sweep\ndef gibbs_sweep(*a):\n    return theirs(*a)"),
        ("", "def gibbs_sweep(*a):\n    return getattr(gibbs, 'sweep')(*a)"),
    ],
    ids=["a helper", "an import", "a star", "getattr"],
)
def test_the_library_s_own_function_is_flagged_also_by_way_of_another_cell(maker, own, answer):
    (exercise,) = [one for one in maker.lesson.exercises if "gibbs_sweep" in one.names]
    imports = f"{maker.lesson.imports}\n{imports_of([own, answer, 'no Python'])}"
    found = flags_of_code(exercise, answer, imports) + flags_of_code(None, own, imports, maker.lesson.exercises)
    assert [(flag.kind, flag.exercise) for flag in found if flag.kind == "library"] == [("library", exercise.number)]


@pytest.mark.parametrize(
    "source",
    [
        "getattr(gibbs, 'swe' + 'ep')",
        "vars(gibbs)['sweep']",
        "import importlib",
        "gibbs.__dict__",
        "from sys import modules",
    ],
)
def test_a_name_that_is_hidden_is_shown(maker, source):
    assert "line " in kinds(maker, source)["tampering"]


@pytest.mark.slow
def test_what_is_nested_too_deep_is_shown_and_has_no_twin(maker):
    deep = f"x = {'+'.join('1' * 900)}"
    assert kinds(maker, deep) == {}
    assert fingerprint(deep) == ""
    assert "nested too deep" in kinds(maker, f"np{'.a' * 600} = 1")["tampering"]
    assert identical({"ada": {"1.1": deep}, "bob": {"1.1": deep}}, {}) == {}
    chains = "\n".join(["x = np" + ".a" * 300] * 300)
    started = time.process_time()
    assert kinds(maker, chains) == {}
    assert time.process_time() - started < 5
