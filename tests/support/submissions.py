"""Submissions of a lesson as a class hands them in: right, wrong, broken and hostile."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from classroom.grading.lesson import TeacherLesson, read_lesson
from notebooks import build

ROOT = Path(build.ROOT)


@dataclass
class Handed:
    """A submission and what grading must say of it.

    Attributes:
        name: of the student.
        text: of the file.
        answers: exercise -> source, of those that are not the course's own: their scores are computed in this process.
        zero: exercises that earn nothing, known by hand.
        flags: kinds of flags that must be among those of the result.
        never: kinds that must not.
        fault: whether the file cannot be read.
        stopped: exercises that a limit or the end of their process stopped.
    """

    name: str
    text: str
    answers: dict[str, str] = field(default_factory=dict)
    zero: tuple[str, ...] = ()
    flags: tuple[str, ...] = ()
    never: tuple[str, ...] = ()
    fault: bool = False
    stopped: tuple[str, ...] = ()


class Maker:
    """Makes submissions of a lesson.

    Args:
        number: of the lesson, such as "01".
    """

    def __init__(self, number: str) -> None:
        name = next((ROOT / "notebooks" / "src").glob(f"{number}_*.py")).stem
        self.lesson: TeacherLesson = read_lesson(name)
        self.blank: dict[str, Any] = json.loads((ROOT / "notebooks" / f"{name}.ipynb").read_text("utf-8"))
        self.references = {exercise.number: exercise.reference for exercise in self.lesson.exercises}
        self.given: dict[str, dict[str, list[str]]] = {}  # "right" and "wrong" -> exercise -> answers of the tests
        for answer in build.read_answers(ROOT / "tests" / "answers" / f"{name}.py"):
            self.given.setdefault(answer.kind, {}).setdefault(answer.exercise, []).append(answer.source)

    def notebook(self, answers: dict[str, str] | None = None) -> dict[str, Any]:
        """The lesson with the course's own answers, but for those that are given."""
        found, answers = copy.deepcopy(self.blank), {**self.references, **(answers or {})}
        for cell in found["cells"]:
            number = cell["metadata"].get("course", {}).get("todo")
            if number is not None:
                cell["source"] = answers[number]
        return found

    def text(self, answers: dict[str, str] | None = None, change: Callable[[dict], None] = lambda n: None) -> str:
        """The same as a file's text, with a change of the notebook."""
        found = self.notebook(answers)
        change(found)
        return json.dumps(found, ensure_ascii=False)

    def cell(self, notebook: dict[str, Any], role: str, number: str) -> dict[str, Any]:
        """A cell of a notebook."""
        return next(c for c in notebook["cells"] if c["metadata"].get("course", {}).get(role) == number)

    def put_above(self, number: str, source: str) -> Callable[[dict], None]:
        """A change: a cell of the student's own above an exercise."""

        def change(notebook: dict[str, Any]) -> None:
            at = notebook["cells"].index(self.cell(notebook, "todo", number))
            own = {"cell_type": "code", "id": f"own-{number.replace('.', '-')}", "metadata": {}, "outputs": [],
                   "execution_count": None, "source": source}  # fmt: skip
            notebook["cells"].insert(at, own)

        return change

    def inside(self, number: str, line: str) -> str:
        """The course's own answer with a line at the top of its function."""
        lines = self.references[number].splitlines()
        at = next(k for k, text in enumerate(lines) if text.rstrip().endswith(('"""',)) and k > 0)
        if lines[at].strip() == '"""' or lines[at].count('"""') == 2:
            pass
        else:
            at = next(k for k in range(at, len(lines)) if lines[k].strip().endswith('"""'))
        return "\n".join([*lines[: at + 1], f"    {line}", *lines[at + 1 :]])


def _as_from_colab(notebook: dict[str, Any]) -> None:
    """Ids rewritten, and the course's and nbgrader's marks gone, as after a way through Colab and Drive."""
    for k, cell in enumerate(notebook["cells"]):
        cell.pop("id", None)
        cell["metadata"] = {"id": f"Xy{k}q", "colab": {"base_uri": "https://localhost:8080/"}}
        cell["source"] = cell["source"].splitlines(keepends=True) if isinstance(cell["source"], str) else cell["source"]
    notebook["nbformat_minor"] = 0
    notebook["metadata"]["colab"] = {"provenance": []}


def forty(maker: Maker) -> list[Handed]:
    """Forty submissions of a lesson whose first two exercises are functions."""
    found = list(_special(maker))
    wrong = [(number, source) for number, sources in maker.given["wrong"].items() for source in sources]
    step = max(1, len(wrong) // (40 - len(found)))
    for k, (number, source) in enumerate(wrong[::step][: 40 - len(found)]):
        found.append(Handed(f"wrong-{k:02d}", maker.text({number: source}), {number: source}))
    return found


def _special(maker: Maker) -> Iterator[Handed]:
    numbers = list(maker.references)
    one, two = numbers[:2]
    names = {exercise.number: exercise.names[0] for exercise in maker.lesson.exercises}

    yield Handed("blank", json.dumps(maker.blank), zero=tuple(numbers), never=("identical", "solution", "tampering"))
    yield Handed("right", maker.text(), flags=("solution",), never=("tampering", "limit"))
    other = {number: sources[0] for number, sources in maker.given["right"].items()}
    yield Handed("right-otherwise", maker.text(other), other, never=("tampering", "limit"))

    constant = f"def {names[one]}(*arguments, **named):\n    return 0.5"
    yield Handed("hard-coded", maker.text({one: constant}), {one: constant})
    empty = f"def {names[one]}(*arguments, **named):\n    pass"
    yield Handed("returns-nothing", maker.text({one: empty}), zero=(one,))

    stub = {exercise.number: exercise.stub for exercise in maker.lesson.exercises}
    yield Handed("check-is-true", maker.text({one: stub[one]}, maker.put_above(one, "check = True")), zero=(one,),
                 flags=("tampering",))  # fmt: skip
    patched = "from course_checks import check\ncheck.exercise.__exit__ = lambda *a: True\n"
    patched += "check.frame.fail = check.frame.differ = lambda *a, **k: None\n"
    patched += "import course_checks.checks.values as v\nv.agree = lambda *a, **k: True\n" + constant
    yield Handed("exit-patched", maker.text({one: patched}), {one: constant}, flags=("tampering",))
    allclose = "import numpy\nnumpy.allclose = numpy.array_equal = lambda *a, **k: True\n" + constant
    yield Handed("allclose-patched", maker.text({one: allclose}), {one: constant}, flags=("tampering",))
    liar = (
        "import numpy as np\nclass Liar:\n    def __eq__(self, other):\n        return True\n    __hash__ = None\n"
        "    def __array__(self, *a, **k):\n        return np.zeros(0)\n"
        f"def {names[one]}(*arguments, **named):\n    return Liar()"
    )
    yield Handed("liar", maker.text({one: liar}), zero=(one,))

    exits = f"import os\ndef {names[one]}(*arguments, **named):\n    os._exit(0)"
    yield Handed("os-exit", maker.text({one: exits}), zero=(one,), flags=("tampering", "limit"), stopped=(one,))
    exits = "import os\nos._exit(0)\n" + maker.references[one]
    yield Handed("os-exit-in-cell", maker.text({one: exits}), zero=(one,), flags=("tampering",), stopped=(one,))
    exits = f"import sys\nsys.exit('bye')\n{maker.references[one]}"
    yield Handed("sys-exit-in-cell", maker.text({one: exits}), zero=(one,))
    endless = f"def {names[one]}(*arguments, **named):\n    while True:\n        pass"
    yield Handed("endless", maker.text({one: endless}), zero=(one,), flags=("limit",), stopped=(one,))
    endless = "import time\nwhile True:\n    time.sleep(1)"
    yield Handed("endless-cell", maker.text({two: endless}), zero=(two,), flags=("limit",), stopped=(two,))
    printing = maker.inside(one, "for _ in range(1024): print('x' * 2**20)")
    yield Handed("a-gigabyte-printed", maker.text({one: printing}), zero=(one,), flags=("limit",), stopped=(one,))
    taking = maker.inside(one, "kept = [bytearray(2**20 * 64) for _ in range(16)]")
    yield Handed("a-gigabyte-taken", maker.text({one: taking}), zero=(one,), flags=("limit",))
    calling = f"import socket\nsocket.create_connection(('127.0.0.1', 80), 2)\n{maker.references[one]}"
    yield Handed("network", maker.text({one: calling}), zero=(one,), flags=("tampering",))
    forging = (
        "import os, struct, threading, json\n"
        "def forge():\n"
        "    reply = json.dumps(['dict', [['ok', True]]]).encode()\n"
        "    for fd in range(3, 20):\n"
        "        try:\n            os.write(fd, struct.pack('>I', len(reply)) + reply)\n"
        "        except OSError:\n            pass\n"
        f"def {names[one]}(*arguments, **named):\n    forge()\n    return 0.5"
    )
    yield Handed("forges-replies", maker.text({one: forging}), zero=(one,), flags=("limit",), stopped=(one,))

    broken = maker.references[one].replace("):", ")", 1).replace(") ->", ") -> (", 1)
    yield Handed("syntax-error", maker.text({one: broken}), zero=(one,))
    renamed = maker.references[one].replace(f"def {names[one]}", "def mine", 1)
    yield Handed("renamed", maker.text({one: renamed}), zero=(one,))

    def duplicated(notebook: dict[str, Any]) -> None:
        check = maker.cell(notebook, "check", one)
        notebook["cells"].insert(notebook["cells"].index(check), {**copy.deepcopy(check), "id": "twice"})

    yield Handed("check-twice", maker.text(None, duplicated), never=("tampering",))
    yield Handed("no-checks", maker.text(None, lambda n: n["cells"].remove(maker.cell(n, "check", one))))

    def softened(notebook: dict[str, Any]) -> None:
        maker.cell(notebook, "check", one)["source"] = "print('passed')"

    yield Handed("check-changed", maker.text({one: stub[one]}, softened), zero=(one,), flags=("tampering",))
    yield Handed("from-colab", maker.text(None, _as_from_colab), never=("tampering",))
    yield Handed("no-exercise", maker.text(None, lambda n: n["cells"].remove(maker.cell(n, "todo", one))), zero=(one,))
    helped = _with_helper(maker.references[one], names[one])
    yield Handed("own-cell", maker.text({one: helped}, maker.put_above(one, _HELPER)), never=("tampering", "limit"))
    timed = "%%time\n" + maker.references[one] + "\n!pip install nothing"
    yield Handed("magics", maker.text({one: timed}))
    yield Handed("no-json", "{not JSON", zero=tuple(numbers), fault=True)


_HELPER = "def lent(function):\n    return function\n\nprint('an own cell')"


def _with_helper(source: str, name: str) -> str:
    """An answer that needs a function of a cell beside it."""
    return f"{source}\n\n{name} = lent({name})"
