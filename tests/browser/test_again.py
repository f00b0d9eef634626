"""Cells that are run twice, from the bottom to the top, and before those that they need, as people do it."""

import pytest

pytestmark = pytest.mark.browser


def printed(notebook) -> dict[int, str]:
    """What each code cell has printed."""
    code = [i for i, source in enumerate(notebook.sources()) if source]
    return {i: "".join("".join(output.get("text", "")) for output in notebook.outputs(i)) for i in code}


def errors(notebook) -> dict[int, str]:
    """What each code cell that failed has raised."""
    return {i: error for i in printed(notebook) if (error := notebook.error(i))}


def test_cells_twice_and_from_the_bottom_up_print_what_they_printed(lab):
    with lab.open("00_start_here.ipynb") as notebook:
        notebook.run_all(seconds=300)
        first = printed(notebook)
        failed = errors(notebook)  # what a blank copy goes on past
        assert any("is not done yet" in text for text in first.values())
        notebook.run_all(seconds=300)
        assert printed(notebook) == first
        notebook.run_cells(*(i for i in reversed(first) if i not in failed))
        assert printed(notebook) == first
        assert errors(notebook) == failed
        assert [error for error in failed.values() if "0.1 is not done yet" in error]


def test_a_check_before_the_cells_above_it_says_what_to_run(lab):
    from lab import CellFailed

    with lab.open("01_boltzmann_distribution.ipynb") as notebook:
        check = notebook.cell("check.exercise(")
        with pytest.raises(CellFailed, match="No module named 'course_checks'"):  # before set-up
            notebook.run_cells(check)
        notebook.run_cells("course_utils.setup(")
        with pytest.raises(CellFailed, match=r"NotDone: ○ 1\.1 is not done yet: run the cell above"):
            notebook.run_cells(check)
        assert notebook.text(check).strip().startswith("○ 1.1 is not done yet: run the cell above")  # and no traceback
