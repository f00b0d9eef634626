"""A kernel or a program is killed, as by a laptop that ran out of power: the same cells run again go on."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from support.faults import ROOT, posix_only
from support.lessons import Kernel, roles

from course_utils.movie import Recorder
from notebooks import build

pytestmark = posix_only  # Windows has no SIGKILL


def cells_with(number: str, *words: str) -> list[str]:
    """The first given cell of a lesson with each of these words, as the student copy has them."""
    course = build.read_course(ROOT)
    sources = [source for role, _, source in roles(build.student_notebook(course.find(number), course)) if not role]
    return [next(source for source in sources if word in source) for word in words]


def killed(cells: list[str], folder: Path, after: int) -> None:
    """Run cells in a kernel that is killed once there are so many checkpoints."""
    with Kernel(folder, COURSE_SAVED="saved", PYTHONPATH=str(ROOT)) as kernel:
        for cell in cells[:-1]:
            result = kernel.run(cell)
            assert not result.ename, result.brief()
        pid = int(kernel.run("import os; print(os.getpid())").stdout)
        kernel._client.execute(cells[-1])
        for _ in range(6000):
            if len(list(folder.glob("saved/*/*.pt"))) >= after:
                break
            time.sleep(0.02)
        os.kill(pid, signal.SIGKILL)
    assert len(list(folder.glob("saved/*/*.pt"))) == after


#: Counts the steps of each loss, from here on.
COUNTING = """\
from course_utils import ebm
steps = {}
def counted(kind):
    before = kind.loss
    def loss(self, *args):
        steps[kind.__name__] = steps.get(kind.__name__, 0) + 1
        return before(self, *args)
    kind.loss = loss
counted(ebm.ContrastiveDivergence)"""

#: The same training, uninterrupted, beside the one that was resumed.
COMPARED = """\
steps.clear()
saved = Path("other"); saved.mkdir()
whole, part = trained(moons, x, ebm.ContrastiveDivergence(1, 0.02, sampler="mala")), runs["CD-1, MALA"]
print(steps["ContrastiveDivergence"])
same = all(map(torch.equal, whole.energy.parameters(), part.energy.parameters()))
print(same and all(torch.equal(whole.history[name], part.history[name]) for name in whole.history))"""


@pytest.mark.slow
def test_lesson_05_goes_on_after_its_kernel_was_killed_bit_for_bit(tmp_path: Path) -> None:
    cells = cells_with("05", "course_utils.setup", "import copy", "moons, rng =", "def trained(", "CD-1, {sampler")
    cells[3] = cells[3].partition("runs = ")[0] + "runs = {}"  # its two trainings take longer
    killed(cells, tmp_path, after=1)
    with Kernel(tmp_path, COURSE_SAVED="saved", PYTHONPATH=str(ROOT)) as kernel:
        for cell in (*cells[:-1], COUNTING, cells[-1]):
            result = kernel.run(cell)
            assert not result.ename, result.brief()
        assert result.stdout.count("after 400 steps") == 2
        taken = int(kernel.run("print(steps['ContrastiveDivergence'])").stdout)
        assert taken in (500, 600, 700)  # of 800: the others were kept
        assert kernel.run(COMPARED).stdout == "400\nTrue\n"
        again = kernel.run("steps.clear()\nsaved = Path('saved/05')\n" + cells[-1] + "\nprint(steps)")
        assert again.stdout == result.stdout + "{}\n"  # both are finished, and are read


@pytest.mark.slow
def test_the_training_that_lesson_06_describes_goes_on_after_its_kernel_was_killed(tmp_path: Path) -> None:
    text = (ROOT / "notebooks" / "src" / "06_image_models.py").read_text("utf-8")
    how = 'checkpoint=course_utils.saved_folder("06"), resume=True'
    assert f"`{how}`" in text
    cell = (
        'images, steps = data.digits("train").images[:300], []\n'
        "look = {'step': lambda net: steps.append(1) or 0.0}\n"
        "quick = dict(seed=0, n_steps=12, batch_size=20, checkpoint_every=4, measures=look, measure_every=1)\n"
        f"run = ebm.DIGITS.train(images, **quick, {how})\n"
        "print(run.step, len(steps))"
    )
    cells = [*cells_with("06", "course_utils.setup"), "from course_utils import data, ebm", cell]
    killed(cells, tmp_path, after=1)
    with Kernel(tmp_path, COURSE_SAVED="saved", PYTHONPATH=str(ROOT)) as kernel:
        for source in cells:
            result = kernel.run(source)
            assert not result.ename, result.brief()
        n_steps, taken = map(int, result.stdout.split())
        assert n_steps == 12
        assert taken in (4, 8)  # of 12, and the look at the start: the others were kept
        compared = (
            "whole = ebm.DIGITS.train(images, **quick)\n"
            "print(all((a == b).all() for a, b in zip(whole.energy.parameters(), run.energy.parameters())))"
        )
        assert kernel.run(compared).stdout == "True\n"


KILLED_FILM = """\
import os, signal, numpy as np
from course_utils.movie import Recorder
with Recorder("spins.mp4") as recorder:
    for k in range(20):
        recorder.write(np.full((64, 64, 3), k, np.uint8))
    os.kill(os.getpid(), signal.SIGKILL)
"""


def test_a_film_that_was_killed_leaves_the_older_one_and_the_next_clears_up(tmp_path: Path) -> None:
    path = tmp_path / "spins.mp4"
    path.write_bytes(b"an older film")
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    done = subprocess.run([sys.executable, "-c", KILLED_FILM], cwd=tmp_path, env=environment, check=False)
    assert done.returncode == -signal.SIGKILL
    assert path.read_bytes() == b"an older film"
    with Recorder(path) as recorder:
        for k in range(2):
            recorder.write(np.full((64, 64, 3), k, np.uint8))
    assert [each.name for each in tmp_path.iterdir()] == ["spins.mp4"]
    assert path.read_bytes()[4:8] == b"ftyp"
