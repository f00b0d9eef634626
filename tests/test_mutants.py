"""The tool that makes wrong answers: what it changes, and that a weak check is found out."""

import pytest
from mutants import count, of_source
from support.bench import Bench
from support.synthetic import make_course, replace, source_path

from notebooks import build

ANSWER = """
def f(x: Float[Tensor, "n 3"], temperature: float = 0.5) -> tuple:
    '''Half of 2.'''
    total = x[1:].sum(dim=-1) / temperature
    if total < 0:
        raise ValueError("negative")
    return total, math.sqrt(total)
"""


def test_each_slip_is_made_once_and_only_where_code_runs():
    changed = [m.text.partition("  ->  ")[2] for m in of_source("1.1", ANSWER)]
    for wanted in (
        "total = x[1:].sum(dim=-1) * temperature",  # an operator
        "total = temperature / x[1:].sum(dim=-1)",  # upside down
        "total = x[1:].sum(dim=-1) / (1.0 / temperature)",  # beta for T
        "total = x[1:].sum(dim=-1) / 1.0",  # T not used
        "total = x[1:].sum() / temperature",  # a keyword dropped
        "total = x[1:].mean(dim=-1) / temperature",  # a neighbour
        "total = x[2:].sum(dim=-1) / temperature",  # a constant
        "total = x[:].sum(dim=-1) / temperature",  # a slice
        "if total <= 0:",  # a comparison
        "pass",  # a statement dropped
        "return (math.sqrt(total), total)",  # another order
        "return (total, total)",  # a function dropped
    ):
        assert wanted in changed, wanted
    assert not any("Tensor" in text or "def f" in text or "Half" in text for text in changed)
    assert len({m.source for m in of_source("1.1", ANSWER)}) == len(changed)


@pytest.fixture
def course(tmp_path):
    return make_course(tmp_path / "course")


def counted(course, number="1.2"):
    return count(Bench(build.read_course(course).find("01")), number, [])


def test_a_check_that_knows_one_number_lets_mutants_live(course):
    survivors = counted(course).survivors
    assert "add_two: knows the fixed cases by heart" in survivors
    assert "return x + 2  ->  return x + 3" not in survivors


def test_a_check_that_cannot_fail_is_found_out(course):
    old = 'check.equal("two more than 1", add_two(1), 3, hint="Did you add twice?")'
    replace(source_path(course, "01_first_steps"), old, "check.that(callable(add_two), 'no function')")
    found = counted(course)
    assert found.killed == 0
    assert len(found.survivors) == found.mutants >= 4


def test_declared_equivalents_count_as_such_and_stale_ones_are_named(course):
    bench = Bench(build.read_course(course).find("01"))
    found = count(bench, "1.2", ["add_two: knows the fixed cases by heart", "return x  ->  return y"])
    assert found.equivalent == 1
    assert found.unused == ["return x  ->  return y"]
