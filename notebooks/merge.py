"""Brings a notebook in which somebody has worked up to the newest version of its lesson.

Three notebooks go in: the version of the course from which the working copy was made (`base`), the working copy
(`mine`) and the course's newest version (`theirs`). What the learner wrote always comes out again: their answers, their
own cells, and the course's cells that they changed. All other cells are the newest ones, in the newest order. Where
both sides changed a cell, the learner's stands in its place and the course's is folded into a note below it.

A merge of lines, as git does it, breaks notebooks; one of cells by their place (nbdime) cannot know that an exercise
moved, and asks. Here a cell is known by what the build gave it: its id, its exercise, the function that it defines.
Nothing but `finish` needs more than the standard library.
"""

from __future__ import annotations

import copy
import difflib
import hashlib
import json
import re
import uuid
from collections.abc import Callable, Hashable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

Cell = dict[str, Any]
Notebook = dict[str, Any]

ALIKE = 0.5  # plain cells of which this share of the words agrees are versions of each other
WORDS_AT_LEAST = 4  # below this, agreement says nothing
NOTE = "note"  # the role of a cell that holds what was not applied
NOTE_TITLE = "The course has a new version of the cell above, and yours was kept. The new version"
OURS = ("course", "nbgrader", "deletable", "editable")  # metadata that a learner does not set
STUB = re.compile(r"^\s*raise NotImplementedError\(.*\)\s*$", re.MULTILINE)
DEFINED = re.compile(r"^(?:async\s+)?(?:def|class)\s+(\w+)", re.MULTILINE)
VALID_ID = re.compile(r"[a-zA-Z0-9_-]{1,64}")


class Damaged(Exception):
    """A file that is no notebook."""


@dataclass
class Report:
    """What a merge did, in words for the learner."""

    kept: list[str] = field(default_factory=list)  # names of the course's cells in which the learner's text stands
    own: int = 0  # cells that the learner added
    changed: int = 0  # cells that the course has changed, and the learner had not
    new: int = 0
    removed: int = 0
    refused: list[str] = field(default_factory=list)  # a sentence for each thing that was not done, and why


# ------------------------------------------------------------------------------------------------ what a cell is


def parse(text: str) -> Notebook:
    """The JSON of a notebook of format 4.

    Raises:
        Damaged: if it is not that.
    """
    try:
        notebook = json.loads(text)
    except ValueError as error:
        raise Damaged(f"it is not JSON ({error})") from None
    if not isinstance(notebook, dict) or not isinstance(notebook.get("cells"), list):
        raise Damaged("it holds no cells")
    if not all(isinstance(cell, dict) for cell in notebook["cells"]):
        raise Damaged("its cells are not cells")
    return notebook


def source(cell: Cell) -> str:
    """The text of a cell."""
    value = cell.get("source", "")
    return "".join(map(str, value)) if isinstance(value, list) else str(value)


def same(a: Cell, b: Cell) -> bool:
    """Whether two cells have the same kind and text; spaces at the ends of lines do not count."""
    if a.get("cell_type") != b.get("cell_type"):
        return False
    return _lines(source(a)) == _lines(source(b))


def _lines(text: str) -> list[str]:
    return [line.rstrip() for line in text.strip().splitlines()]


def has_output(cell: Cell) -> bool:
    """Whether somebody has run this cell."""
    return bool(cell.get("outputs")) or cell.get("execution_count") is not None


def role(cell: Cell) -> tuple[str, str] | None:
    """What the build says of a cell, such as ("todo", "1.2")."""
    given = _of(cell, "course")
    return next(((key, str(value)) for key, value in given.items() if key != NOTE), None)


def _of(cell: Cell, key: str) -> dict[str, Any]:
    value = _metadata(cell).get(key)
    return value if isinstance(value, dict) else {}


def is_exercise(cell: Cell) -> bool:
    """Whether a learner's answer belongs here."""
    return bool((role(cell) or ("", ""))[0] == "todo" or _of(cell, "nbgrader").get("solution"))


def is_blank(cell: Cell) -> bool:
    """Whether an exercise still has its stub."""
    return bool(STUB.search(source(cell)))


def name_of(cell: Cell) -> str:
    """What a learner would call a cell."""
    kind, name = role(cell) or ("", "")
    names = {"todo": "exercise {}", "check": "the check of {}", "hint": "the hint of {}", "think": "question {}"}
    if kind in names:
        return names[kind].format(name)
    first = next((line.strip() for line in source(cell).splitlines() if line.strip()), "")
    return f'the {"cell" if cell.get("cell_type") == "code" else "text"} "{first[:50]}{"…" * (len(first) > 50)}"'


def note_for(cell: Cell) -> Cell:
    """A cell that shows a version of the course's beside a learner's."""
    text = source(cell).strip()
    if cell.get("cell_type") == "code":
        fence = "`" * max([3, *(len(run) + 1 for run in re.findall(r"`{3,}", text))])
        text = f"{fence}python\n{text}\n{fence}"
    text = f"<details><summary>{NOTE_TITLE}</summary>\n\n{text}\n\n</details>"
    return {"cell_type": "markdown", "metadata": {"course": {NOTE: _hash(text)}}, "source": text}


def is_note(cell: Cell) -> bool:
    """Whether a cell is a note that nobody has written in."""
    return _of(cell, "course").get(NOTE) == _hash(source(cell))


def _hash(text: str) -> str:
    return hashlib.sha256("\n".join(_lines(text)).encode()).hexdigest()[:16]


# -------------------------------------------------------------------------------------------- which cell is which


def match(old: Sequence[Cell], new: Sequence[Cell], versions: bool) -> dict[int, int]:
    """Which cells of two notebooks are the same cell, by their places.

    Args:
        old: cells of the earlier notebook.
        new: cells of the later one.
        versions: whether both are the course's. An exercise that was renumbered is then known by the function that it
            asks for, and one that asks for another function is another exercise, whatever its number.
    """
    pairs: dict[int, int] = {}

    def free(cells: Sequence[Cell], taken: set[int]) -> list[int]:
        return [i for i in range(len(cells)) if i not in taken]

    def by(key: Callable[[Cell], Hashable], fits: Callable[[Cell, Cell], bool] = lambda a, b: True) -> None:
        there: dict[Hashable, list[int]] = {}
        for j in free(new, set(pairs.values())):
            there.setdefault(key(new[j]), []).append(j)
        for i in free(old, set(pairs)):
            wanted = key(old[i])
            places = there.get(wanted, []) if wanted is not None else []
            j = next((j for j in places if fits(old[i], new[j])), None)
            if j is not None:
                pairs[i] = j
                places.remove(j)

    by(lambda cell: cell.get("id"))
    has_ids = 2 * len(pairs) >= len(old)
    if versions:
        by(lambda cell: _defined(cell) if is_exercise(cell) else None)
    fits = _may_be_one if versions else (lambda a, b: True)
    by(role, fits)
    by(lambda cell: _of(cell, "nbgrader").get("grade_id"), fits)
    by(lambda cell: (cell.get("cell_type"), *_lines(source(cell))))
    if versions or not has_ids:  # an editor keeps ids, or drops them all; the build makes them from the text
        left, right = free(old, set(pairs)), free(new, set(pairs.values()))
        pairs.update(_alike([(i, old[i]) for i in left], [(j, new[j]) for j in right]))
    return pairs


def _defined(cell: Cell) -> tuple[str, ...] | None:
    return tuple(DEFINED.findall(source(cell))) or None


def _may_be_one(a: Cell, b: Cell) -> bool:
    names = [set(_defined(cell) or ()) for cell in (a, b)]
    return not (is_exercise(a) and all(names)) or bool(names[0] & names[1])


def _alike(old: Sequence[tuple[int, Cell]], new: Sequence[tuple[int, Cell]]) -> Iterator[tuple[int, int]]:
    """Pairs of plain cells with similar words, the most similar first."""
    words = [
        [(i, cell["cell_type"], re.findall(r"\w+|[^\w\s]", source(cell))) for i, cell in cells if role(cell) is None]
        for cells in (old, new)
    ]
    found = []
    for i, kind, before in words[0]:
        for j, other, after in words[1]:
            if kind == other and min(len(before), len(after)) >= WORDS_AT_LEAST:
                matcher = difflib.SequenceMatcher(None, before, after, autojunk=False)
                if matcher.real_quick_ratio() >= ALIKE and matcher.quick_ratio() >= ALIKE:
                    found.append((matcher.ratio(), i, j))
    done: tuple[set[int], set[int]] = (set(), set())
    for ratio, i, j in sorted(found, key=lambda x: (-x[0], x[1], x[2])):
        if ratio >= ALIKE and i not in done[0] and j not in done[1]:
            done[0].add(i)
            done[1].add(j)
            yield i, j


def likeness(a: Notebook, b: Notebook) -> float:
    """The share of cells that two notebooks have in common, word for word or by id."""
    known = {(x.get("cell_type"), *_lines(source(x))) for x in b["cells"]} | {x.get("id") for x in b["cells"]} - {None}
    common = [x for x in a["cells"] if x.get("id") in known or (x.get("cell_type"), *_lines(source(x))) in known]
    return len(common) / max(len(a["cells"]), len(b["cells"]), 1)


# ------------------------------------------------------------------------------------------------------ the merge


def merge(base: Notebook | None, mine: Notebook, theirs: Notebook) -> tuple[Notebook, Report]:
    """The newest version of a lesson with everything in it that its learner wrote.

    Args:
        base: the version from which `mine` was made; None if nobody knows it. Then whatever in `mine` differs from
            `theirs` counts as written by the learner.
        mine: the working copy.
        theirs: the newest version.

    Returns:
        The merged notebook, which `finish` makes valid, and what was done.
    """
    merger = _Merger(base["cells"] if base else None, mine["cells"], theirs["cells"])
    merged = copy.deepcopy({key: value for key, value in theirs.items() if key != "cells"})
    merged["cells"] = merger.cells()
    parts = [(x or {}).get("metadata", {}) for x in (base or theirs, mine, theirs)]
    merged["metadata"] = _merged_metadata(*parts)
    return merged, merger.report


class _Merger:
    def __init__(self, base: list[Cell] | None, mine: list[Cell], theirs: list[Cell]) -> None:
        self.mine, self.theirs = mine, theirs
        self.report = Report()
        self.base_of: dict[int, Cell] = {}  # by places in `theirs`
        self.mine_of: dict[int, int] = {}
        self.gone: dict[int, Cell] = {}  # by places in `mine`: cells of the base that the course has dropped
        if base is None:
            self.mine_of = match(theirs, mine, versions=False)
            self.base_of = {t: _guessed(mine[m], theirs[t]) for t, m in self.mine_of.items()}
            return
        mine_of, theirs_of = match(base, mine, versions=False), match(base, theirs, versions=True)
        for b, t in theirs_of.items():
            self.base_of[t] = base[b]
            if b in mine_of:
                self.mine_of[t] = mine_of[b]
        self.gone = {m: base[b] for b, m in mine_of.items() if b not in theirs_of}
        order = [mine_of[b] for b in sorted(mine_of)]
        if order != sorted(order):
            self.report.refused.append("cells of the course that you had moved are back in the course's order")
        self._find_what_is_there_already(set(mine_of.values()))

    def _find_what_is_there_already(self, taken: set[int]) -> None:
        """A new cell may stand in the working copy: after an update that was cut off, or because it was pasted."""
        for t, cell in enumerate(self.theirs):
            places = (m for m, found in enumerate(self.mine) if m not in taken and same(found, cell))
            m = next(places, None) if t not in self.base_of else None
            if m is not None:
                self.mine_of[t] = m
                taken.add(m)

    def cells(self) -> list[Cell]:
        """The cells of the merged notebook."""
        after = self._own_cells()
        out = after.pop(-1, [])
        for t in range(len(self.theirs)):
            m = self.mine_of.get(t)
            made = self._placed(t, m)
            following = after.pop(m, []) if m is not None else []
            if made and is_note(made[-1]):  # it takes the place of an earlier one
                following = [cell for cell in following if not is_note(cell)]
            out += made + following
        return out

    def _own_cells(self) -> dict[int, list[Cell]]:
        """The learner's own cells, by the place of the course's cell behind which they stand in the working copy."""
        placed = set(self.mine_of.values())
        used = {cell.get("id") for cell in self.theirs}
        after: dict[int, list[Cell]] = {}
        anchor = -1
        for m, cell in enumerate(self.mine):
            if m in placed:
                anchor = m
                continue
            cell = copy.deepcopy(cell)
            if m in self.gone:
                if not _is_edited(self.gone[m], cell):
                    self.report.removed += 1
                    continue
                name = name_of(self.gone[m])
                self.report.kept.append(name)
                self.report.refused.append(f"{name} is no longer in the course; yours stays, as a cell of your own")
                cell["metadata"] = {k: v for k, v in cell.get("metadata", {}).items() if k not in OURS}
            elif not is_note(cell) and source(cell).strip():
                self.report.own += 1
            if cell.get("id") in used:
                cell.pop("id", None)
            used.add(cell.get("id"))
            after.setdefault(anchor, []).append(cell)
        return after

    def _placed(self, t: int, m: int | None) -> list[Cell]:
        """What stands in the merged notebook for a cell of the course's."""
        theirs = self.theirs[t]
        base = self.base_of.get(t)
        if m is None:
            if base is not None:
                return self._deleted(base, theirs)
            self.report.new += 1
            return [copy.deepcopy(theirs)]
        mine = self.mine[m]
        made = copy.deepcopy(theirs)
        made["metadata"] = _merged_metadata(*(_metadata(x) for x in (base or theirs, mine, theirs)))
        edited = base is not None and _is_edited(base, mine) and not same(mine, theirs)
        if not edited and not same(mine, theirs):
            self.report.changed += 1
            return [made]
        for key in ("cell_type", "source", "outputs", "execution_count", "attachments"):
            made.pop(key, None)
            if key in mine:
                made[key] = copy.deepcopy(mine[key])
        if not edited:
            return [made]
        self.report.kept.append(name_of(theirs))
        if not _asks_anew(base, theirs):
            return [made]
        what = "your answer" if is_exercise(theirs) else "you have changed it too; yours"
        self.report.refused.append(f"{name_of(theirs)} has changed; {what} stays, with the new version folded below it")
        return [made, note_for(theirs)]

    def _deleted(self, base: Cell, theirs: Cell) -> list[Cell]:
        """What becomes of a cell that the learner has removed."""
        if is_exercise(theirs) or (role(theirs) or ("",))[0] == "check":
            self.report.refused.append(f"{name_of(theirs)} was missing and has been put back")
            return [copy.deepcopy(theirs)]
        if not same(base, theirs):
            self.report.refused.append(f"{name_of(theirs)} has changed; you had removed it, and it was not put back")
        return []


def _guessed(mine: Cell, theirs: Cell) -> Cell:
    """A base for two versions of a cell where nobody knows it: what is lost by mistake is nothing of the learner's."""
    if is_exercise(theirs):
        asked = _lines(STUB.split(source(theirs))[0])
        if _lines(source(mine))[: len(asked)] == asked:
            return theirs
    return {"cell_type": "unknown", "source": "", "metadata": theirs.get("metadata", {})}


def _is_edited(base: Cell, mine: Cell) -> bool:
    # An exercise without its stub holds an answer, whatever is taken for its base.
    return not same(base, mine) or (is_exercise(mine) and not is_blank(mine))


def _asks_anew(base: Cell, theirs: Cell) -> bool:
    """Whether a cell changed in more than the number and the task in its stub."""
    if is_exercise(base) and is_exercise(theirs):
        return _lines(STUB.sub("", source(base))) != _lines(STUB.sub("", source(theirs)))
    return not same(base, theirs)


def _metadata(cell: Cell) -> dict[str, Any]:
    value = cell.get("metadata")
    return value if isinstance(value, dict) else {}


def _merged_metadata(base: dict[str, Any], mine: dict[str, Any], theirs: dict[str, Any]) -> dict[str, Any]:
    """Key by key what one side changed; where both did, the course's own keys are the course's."""
    merged = {}
    for key in [*theirs, *(key for key in mine if key not in theirs)]:
        before, here, there = (part.get(key) for part in (base, mine, theirs))
        value = there if key in OURS or here == before else here
        if key == "tags":
            added = [tag for tag in here or [] if tag not in (before or [])]
            dropped = [tag for tag in before or [] if tag not in (here or [])]
            value = [tag for tag in there or [] if tag not in dropped]
            value = [*value, *(tag for tag in added if tag not in value)] or None
        if value is not None:
            merged[key] = copy.deepcopy(value)
    return merged


def finish(notebook: Notebook) -> str:
    """The text of a notebook file: valid, whatever a working copy brought along.

    Every cell gets an id of its own. Where a part is not what the format wants, it is dropped; text never is.
    """
    import nbformat

    made = {
        "cells": [_valid_cell(cell) for cell in notebook["cells"]],
        "metadata": _metadata(notebook),
        "nbformat": 4,
        "nbformat_minor": max(5, int(notebook.get("nbformat_minor", 5))),
    }
    seen: set[str] = set()
    for cell in made["cells"]:
        if not isinstance(cell.get("id"), str) or not VALID_ID.fullmatch(cell["id"]) or cell["id"] in seen:
            cell["id"] = uuid.uuid4().hex[:12]
        seen.add(cell["id"])
    for leave_out in ((), ("outputs",), ("outputs", "metadata", "attachments")):
        for cell in made["cells"]:
            cell |= {key: [] if key == "outputs" else {} for key in leave_out if key in cell}
        try:
            nbformat.validate(made)
            break
        except nbformat.ValidationError:
            continue
    return nbformat.writes(nbformat.from_dict(made), version=4) + "\n"


def _valid_cell(cell: Cell) -> Cell:
    kind = cell.get("cell_type") if cell.get("cell_type") in ("code", "markdown") else "raw"
    made = {"cell_type": kind, "metadata": _metadata(cell), "source": source(cell)}
    if "id" in cell:
        made["id"] = cell["id"]
    if kind == "code":
        count, outputs = cell.get("execution_count"), cell.get("outputs")
        made["execution_count"] = count if isinstance(count, int) else None
        made["outputs"] = outputs if isinstance(outputs, list) else []
    elif isinstance(cell.get("attachments"), dict):
        made["attachments"] = cell["attachments"]
    return made
