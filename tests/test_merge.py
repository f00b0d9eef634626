"""A merge loses nothing, whatever the two sides did: random changes on both."""

from __future__ import annotations

import copy
import hashlib
import json
import random
from typing import Any

import nbformat
import pytest

from notebooks import merge

WORDS = (
    *("energy", "state", "weight", "sample", "chain", "spin", "field", "step"),
    *("noise", "model", "lattice", "vortex", "colour", "bond", "well", "barrier"),
)
Cell = dict[str, Any]


def sentence(rng: random.Random, n: int = 12) -> str:
    return " ".join(rng.choice(WORDS) for _ in range(n)) + f" {rng.randrange(10**6)}."


def made(kind: str, text: str, **course: str) -> Cell:
    """A cell as the build makes it: its id comes from its text."""
    cell: Cell = {"cell_type": kind, "metadata": {"course": course} if course else {}, "source": text}
    cell["id"] = hashlib.sha256(f"{kind}\n{text}".encode()).hexdigest()[:12]
    return cell | ({"outputs": [], "execution_count": None} if kind == "code" else {})


def exercise(rng: random.Random, number: int, name: str) -> list[Cell]:
    """Box, stub, check and hint of an exercise."""
    stub = f'raise NotImplementedError("Exercise 1.{number} is yours: think")'
    stub = f'def {name}(x):\n    """{sentence(rng)}"""\n    {stub}'
    return [
        made("markdown", f"### Exercise 1.{number} · {sentence(rng, 3)}"),
        made("code", stub, todo=f"1.{number}"),
        made("code", f'with check.exercise("1.{number}", "{name}"):\n    {name}({rng.random()})', check=f"1.{number}"),
        made("markdown", sentence(rng), hint=f"1.{number}"),
    ]


def lesson(rng: random.Random) -> list[Cell]:
    cells = [made("markdown", "# A lesson"), made("code", "import math")]
    for number in range(1, rng.randint(2, 5)):
        cells.append(made("markdown", f"## {sentence(rng)}\n\n{sentence(rng)}\n\n{sentence(rng)}"))
        cells.append(made("code", f"a = {rng.random()}\nb = a + {rng.random()}\nprint(a, b, {number})"))
        cells += exercise(rng, number, f"f{rng.randrange(10**9)}")
    return cells


def changed(rng: random.Random, cell: Cell) -> str:
    """The text of a cell, a little different, as long as a stub stays one."""
    lines = cell["source"].splitlines()
    at = rng.randrange(len(lines))
    word = sentence(rng, 2)
    lines[at] = f"{lines[at]}  # {word}" if cell["cell_type"] == "code" else f"{lines[at]} {word}"
    return "\n".join(lines)


def by_the_course(rng: random.Random, base: list[Cell]) -> list[Cell]:
    """The next version of a lesson: any of its cells may have changed, gone or moved, and there are new ones."""
    cells = []
    for cell in copy.deepcopy(base):
        luck = rng.random()
        if luck < 0.1:
            continue
        role = cell["metadata"].get("course", {})
        if luck < 0.3 and "todo" in role:
            cell = made("code", cell["source"].replace('"""', f'"""{sentence(rng, 2)} ', 1), **role)
        elif luck < 0.3:
            cell = made(cell["cell_type"], changed(rng, cell), **role)
        cells.append(cell)
        if rng.random() < 0.1:
            cells.append(made(rng.choice(["code", "markdown"]), sentence(rng)))
    if rng.random() < 0.3:
        cells += exercise(rng, 9, f"f{rng.randrange(10**9)}")
    if rng.random() < 0.3:
        cells.insert(rng.randrange(len(cells)), cells.pop(rng.randrange(len(cells))))
    return cells


def by_the_learner(rng: random.Random, base: list[Cell]) -> tuple[list[Cell], list[str]]:
    """A working copy, and all that was written in it."""
    cells, wrote = [], []
    for cell in copy.deepcopy(base):
        luck = rng.random()
        role = cell["metadata"].get("course", {})
        if luck < 0.05:
            continue
        if luck < 0.15 or (luck < 0.5 and "todo" in role):
            cell["source"] = changed(rng, cell)
            if "todo" in role and rng.random() < 0.9:
                cell["source"] = cell["source"].partition("    raise")[0] + f"    return {rng.random()}"
            wrote.append(cell["source"])
        cells.append(cell)
        if rng.random() < 0.15:
            own = made(rng.choice(["code", "markdown", "raw"]), sentence(rng))
            own["id"] = rng.choice([f"own-{rng.randrange(10**9)}", cell["id"]])  # even a doubled id
            cells.append(own)
            wrote.append(own["source"])
    if rng.random() < 0.2 and len(cells) > 1:
        cells.insert(rng.randrange(len(cells)), cells.pop(rng.randrange(len(cells))))
    return cells, wrote


def notebook(cells: list[Cell]) -> dict[str, Any]:
    return {"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}


def merged(base: list[Cell] | None, mine: list[Cell], theirs: list[Cell]) -> tuple[list[Cell], merge.Report]:
    """The merged cells, of a notebook that has been written and read again and is valid."""
    base_notebook = notebook(base) if base is not None else None
    result, report = merge.merge(base_notebook, notebook(mine), notebook(theirs))
    text = merge.finish(result)
    nbformat.validate(json.loads(text))
    cells = merge.parse(text)["cells"]
    for cell in cells:
        cell["source"] = merge.source(cell)
    assert len({cell["id"] for cell in cells}) == len(cells)
    return cells, report


def without_space(text: str) -> str:
    return "\n".join(line.rstrip() for line in text.strip().splitlines())


@pytest.mark.parametrize("known", [True, False], ids=["base known", "base unknown"])
def test_nothing_is_lost_in_two_hundred_random_merges(known: bool) -> None:
    for seed in range(200):
        rng = random.Random(seed)
        base = lesson(rng)
        theirs = by_the_course(rng, base)
        mine, wrote = by_the_learner(rng, base)
        cells, report = merged(base if known else None, mine, theirs)
        texts = [cell["source"] for cell in cells]
        for text in wrote:
            assert text in texts, f"seed {seed}: the learner's {text!r} is lost"
        notes = "\n".join(text for text in texts if "The course has a new version" in text)
        for cell in theirs:
            text = cell["source"]
            is_there = text in texts or without_space(text) in notes
            stub = merge.STUB.sub("", text)  # an answer to the same question stands in its place
            answered = "todo" in cell["metadata"].get("course", {}) and any(stub[:40] in other for other in texts)
            deleted = text in [c["source"] for c in base] and text not in [c["source"] for c in mine]
            told = any(merge.name_of(cell) in line for line in report.refused)
            assert is_there or answered or deleted or told, f"seed {seed}: the course's {text!r} is lost"
        again, _ = merged(theirs, cells, theirs)
        assert [cell["source"] for cell in again] == texts, f"seed {seed}: a second merge changes something"


def test_cells_that_the_learner_did_not_touch_are_exactly_the_courses() -> None:
    for seed in range(100):
        rng = random.Random(seed)
        base = lesson(rng)
        theirs = by_the_course(rng, base)
        cells, report = merged(base, copy.deepcopy(base), theirs)
        assert cells == json.loads(merge.finish(notebook(theirs)))["cells"] or [
            (c["id"], c["source"], c["metadata"]) for c in cells
        ] == [(c["id"], c["source"], c["metadata"]) for c in theirs]
        assert (report.kept, report.own, report.refused) == ([], 0, [])


def test_an_answer_in_the_base_itself_counts_as_an_answer() -> None:
    """The base may have been taken from a file in which somebody had worked."""
    rng = random.Random(0)
    theirs = lesson(rng)
    base = copy.deepcopy(theirs)
    answer = next(c for c in base if "todo" in c["metadata"].get("course", {}))
    answer["source"] = answer["source"].partition("    raise")[0] + "    return 1"
    cells, _ = merged(base, copy.deepcopy(base), theirs)
    assert answer["source"] in [c["source"] for c in cells]


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"cells": 3}', '{"cells": [1]}', "<<<<<<< Updated upstream"])
def test_what_is_no_notebook_is_refused(text: str) -> None:
    with pytest.raises(merge.Damaged, match="it"):
        merge.parse(text)


def test_a_note_shows_code_that_holds_a_fence_of_its_own() -> None:
    shown = merge.note_for(made("code", 'print("""\n```python\n""")'))["source"]
    assert shown.count("\n````") == 2
