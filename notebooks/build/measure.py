"""How much a lesson asks of its reader, and how much it lets them do: words, code lines by who writes them, minutes."""

from __future__ import annotations

import ast
import re
from collections.abc import Sequence
from dataclasses import dataclass

from .source import ANSWER, BEGIN, END, Cell, Course, Lesson, solution_of

PICTURE = re.compile(r"\b(plots|explorers|display|movie)\b")
FOLDED = re.compile(r"<details>.*?</details>", re.DOTALL)
FORMULA = re.compile(r"\$\$.*?\$\$|\$[^$\n]+\$", re.DOTALL)
WORD = re.compile(r"\w[\w'’.,/-]*")
MARKS = re.compile(r"<[^>]+>|!?\[([^\]]*)\]\([^)]*\)|[|#>*_`]+|^\s*(?:-|\d+\.)\s", re.MULTILINE)


@dataclass(frozen=True)
class Counts:
    """One part of a lesson, counted.

    Attributes:
        words: that stand open on the page; a formula is one, and what is folded away is none.
        longest: words in a row without a picture, a question or a cell of the reader's own; what is said of a picture
            belongs to it.
        sections: headings `## 1 · …`.
        exercises: how many.
        learner: lines of code that the reader writes, as in our solutions.
        author: lines of code that stand there, checks and set-up excepted.
        explorer: whether there is one.
    """

    words: int = 0
    longest: int = 0
    sections: int = 0
    exercises: int = 0
    learner: int = 0
    author: int = 0
    explorer: bool = False

    @property
    def share(self) -> float:
        """The reader's share of the code lines."""
        return self.learner / max(1, self.learner + self.author)


def count(cells: Sequence[Cell]) -> Counts:
    """Count the cells of a part."""
    words = sections = exercises = learner = author = run = longest = 0
    explorer = False
    for cell in cells:
        if cell.kind == "markdown":
            sections += len(re.findall(r"^## \d+ · ", cell.source, re.MULTILINE))
            for paragraph in paragraphs(cell):
                n = len(WORD.findall(paragraph))
                words, run = words + n, run + n * (not paragraph.lstrip().startswith("Picture:"))
                longest = max(longest, run)
                if "?" in paragraph:
                    run = 0
        elif cell.role == "todo":
            exercises, run = exercises + 1, 0
            written = code_lines(solution_of(cell.source))
            learner += written
            author += code_lines(cell.source) - written
        elif cell.role not in ("check", "template"):
            author += code_lines(cell.source)
            explorer |= "explorers." in cell.source
            run = 0 if PICTURE.search(cell.source) else run
    return Counts(words, longest, sections, exercises, learner, author, explorer)


def paragraphs(cell: Cell) -> list[str]:
    """The paragraphs of a markdown cell that stand open on the page, without marks; a formula is one word."""
    if cell.role == "hint":
        return []
    text = cell.source.partition(ANSWER)[0] if cell.role == "think" else cell.source
    text = MARKS.sub(r" \1 ", FORMULA.sub(" x ", FOLDED.sub("", text)))
    return [p for p in re.split(r"\n\s*\n", text) if p.strip()]


def code_lines(source: str) -> int:
    """Lines of code that a reader reads: no docstrings, comments, blank lines, markers."""
    skipped: set[int] = set()
    try:
        tree = ast.parse(source)
    except SyntaxError:  # a solution may be a part of a function: `return` alone
        tree = ast.parse("def _():\n" + "\n".join(f"    {line}" for line in source.splitlines()))
        skipped.add(0)
    shift = len(skipped)
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.ClassDef) and ast.get_docstring(node):
            skipped |= {n - shift for n in range(node.body[0].lineno, (node.body[0].end_lineno or 0) + 1)}
    lines = enumerate(source.splitlines(), 1)
    read = [line.strip() for i, line in lines if i not in skipped]
    return sum(bool(line) and line not in (BEGIN, END) and line[0] != "#" for line in read)


def minutes(time: str) -> int:
    """Minutes in "90 min" or "2 h"; 0 for an empty text."""
    found = re.fullmatch(r"(\d+) (min|h)", time)
    return int(found[1]) * (60 if found[2] == "h" else 1) if found else 0


def table(course: Course) -> str:
    """A line for each part of each lesson, and one for all."""
    rows = [
        "| | | minutes | words | longest run | sections | exercises | learner's lines | given lines | share |",
        "| --- | --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |",
    ]
    for lesson in course.lessons:
        for name, cells, time in parts(lesson):
            c = count(cells)
            cells_of_row = (lesson.number, name, minutes(time), c.words, c.longest, c.sections, c.exercises)
            rows.append("| " + " | ".join(map(str, (*cells_of_row, c.learner, c.author, f"{c.share:.0%}"))) + " |")
    return "\n".join(rows)


def parts(lesson: Lesson) -> list[tuple[str, Sequence[Cell], str]]:
    """Core and depth of a lesson, with the minutes of each; a lesson without depth is all core."""
    named = [("core", lesson.core, lesson.time), ("depth", lesson.depth, lesson.depth_time)]
    return [part for part in named if part[1]]
