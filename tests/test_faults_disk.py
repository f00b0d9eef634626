"""The disk is full, or may not be written: every file is whole or as it was, and a line says what to do."""

from __future__ import annotations

import errno
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from support.faults import ROOT, posix_only, read_only, small_disk, without_rights
from test_ebm_training import first_layer, run, same

from classroom.results import Result
from course_utils import ebm
from course_utils.movie import MovieError, Recorder
from course_utils.showcase import command as showcase_command
from course_utils.whole_files import partial_of, whole_file
from notebooks import build, working_copies
from notebooks.build import command as build_command

OLD = b"an older file, which must stay"


# ------------------------------------------------------------------------------------------------- a full disk


def test_a_training_on_a_full_disk_keeps_its_last_checkpoint_and_goes_on_from_it(tmp_path: Path) -> None:
    whole = run()
    with small_disk(tmp_path / "disk", 2**20) as disk:
        file = disk.folder / "run.pt"

        def full_from_step_7(net: torch.nn.Module) -> float:
            if file.exists():
                disk.resize(file.stat().st_size + 8192)  # another one beside the first has no room
            return first_layer(net)

        with pytest.raises(ebm.CheckpointError) as error:
            run(checkpoint=file, checkpoint_every=4, measures={"sum": full_from_step_7})
        assert error.value.step == 8
        assert "No space left on device; the one of step 4 is intact" in str(error.value)
        assert disk.names() == ["run.pt"]
        disk.resize(2**20)
        same(whole, run(checkpoint=file, checkpoint_every=4, resume=True))


def test_a_movie_on_a_full_disk_leaves_the_older_one_and_no_half(tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk", 64 * 1024) as disk:
        path = disk.folder / "spins.mp4"
        path.write_bytes(OLD)
        with pytest.raises(MovieError) as error:
            film_noise(path)
        assert str(error.value).startswith("The disk is full: writing spins.mp4 into")
        assert "Make room, or choose" in str(error.value)
        assert disk.names() == ["spins.mp4"]
        assert path.read_bytes() == OLD


def film_noise(path: Path) -> None:
    """A movie of some megabytes."""
    noise = np.random.default_rng(0).integers(0, 256, (256, 256, 3), dtype=np.uint8)
    with Recorder(path, quality=0) as recorder:
        for _ in range(200):
            recorder.write(noise)


def small_course(folder: Path) -> Path:
    """Three lessons of the course, without git."""
    (folder / "notebooks" / "solutions").mkdir(parents=True)
    for name in sorted(path.name for path in (ROOT / "notebooks").glob("*.ipynb"))[:3]:
        shutil.copy(ROOT / "notebooks" / name, folder / "notebooks")
    return folder


def worked_in(path: Path) -> bytes:
    """Write an answer into a copy; returns its bytes."""
    notebook = json.loads(path.read_text("utf-8"))
    todo = next(cell for cell in notebook["cells"] if "todo" in cell["metadata"].get("course", {}))
    todo["source"] = "answer = 'mine'"
    path.write_text(json.dumps(notebook), encoding="utf-8")
    return path.read_bytes()


def test_copies_of_lessons_on_a_full_disk_are_whole_or_not_there(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    root = small_course(tmp_path)
    names = [path.name for path in sorted((root / "notebooks").glob("*.ipynb"))]
    sizes = [(root / "notebooks" / name).stat().st_size for name in names]
    with small_disk(root / "work", 2 * sizes[0] + sizes[1] + 40_000) as disk:
        assert working_copies.main(["open"], root) == 1
        said = capsys.readouterr()
        assert said.err == (
            "course.py: The disk is full. All your copies are as they were, or already up to date, and whole. "
            "Make room, then run the same command again.\n"
        )
        assert said.out == ""  # not a line for each lesson
        assert names[0] in disk.names()
        for name in disk.names():
            json.loads((disk.folder / name).read_bytes())
        disk.resize(2**23)
        assert working_copies.main(["open"], root) == 0
        assert set(names) <= set(disk.names())


def test_an_update_on_a_full_disk_leaves_what_was_written(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    root = small_course(tmp_path)
    name = sorted(path.name for path in (root / "notebooks").glob("01_*.ipynb"))[0]
    with small_disk(root / "work", 2**23) as disk:
        assert working_copies.main(["open"], root) == 0
        mine = worked_in(disk.folder / name)
        newest = root / "notebooks" / name
        newest.write_text(newest.read_text("utf-8").replace("Boltzmann", "BOLTZMANN"), encoding="utf-8")
        disk.resize(sum((disk.folder / each).stat().st_size for each in disk.names()) + 40_000)
        capsys.readouterr()
        assert working_copies.main(["update"], root) == 1
        assert "The disk is full" in capsys.readouterr().err
        assert (disk.folder / name).read_bytes() == mine
        assert not [each for each in disk.names() if each.endswith(".part")]
        disk.resize(2**23)
        assert working_copies.main(["update"], root) == 0
        after = (disk.folder / name).read_text("utf-8")
        assert "answer = 'mine'" in after
        assert "BOLTZMANN" in after


def test_a_notebook_that_the_build_cannot_write_stays_as_it_was(tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk", 64 * 1024) as disk:
        path = disk.folder / "01_lesson.ipynb"
        path.write_bytes(OLD)
        with pytest.raises(OSError, match="No space left"):
            build_command.write(path, "x" * 100_000)
        assert path.read_bytes() == OLD
        assert disk.names() == [path.name]


def test_the_build_says_which_lesson_was_not_written(monkeypatch: pytest.MonkeyPatch) -> None:
    def full(lesson: object, course: object, force: bool) -> str:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), "notebooks/03_x.ipynb")

    monkeypatch.setattr(build_command, "build_lesson", full)
    lesson = build.read_course(ROOT).lessons[3]
    built, line = build_command._outcome_or_error((lesson, None, False))
    assert not built
    assert line == f"{lesson.stem}: not written (No space left on device: notebooks/03_x.ipynb). It is as it was."


def test_a_result_of_grading_is_whole_or_as_it_was(tmp_path: Path) -> None:
    before = Result("anna", "01_boltzmann_distribution", "0" * 64, "", ())
    with small_disk(tmp_path / "disk", 16 * 1024) as disk:
        path = disk.folder / "anna" / "01.json"
        before.write(path)
        with pytest.raises(OSError, match="No space left"):
            Result("anna", "01_boltzmann_distribution", "1" * 64, "x" * 100_000, ()).write(path)
        assert Result.read(path) == before
        assert disk.names() == ["anna/01.json"]


@pytest.mark.slow
def test_the_showcase_on_a_full_disk_keeps_its_parts_and_goes_on(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    options = ["--size", "32", "--only", "critical"]
    with small_disk(tmp_path / "disk", 4096) as disk:
        command = [*options, "--out", str(disk.folder)]
        assert showcase_command.main(command) == 1
        assert "The disk is full. 1 of 1 parts are whole and kept" in capsys.readouterr().err
        (kept,) = disk.names()  # the picture had no room
        made = (disk.folder / kept).stat().st_mtime_ns
        disk.resize(2**24)
        assert showcase_command.main(command) == 0
        assert disk.names() == ["critical.png", kept]
        assert (disk.folder / kept).stat().st_mtime_ns == made


def test_what_a_killed_process_left_is_cleared_up_and_what_a_living_one_writes_is_not(tmp_path: Path) -> None:
    path = tmp_path / "film.mp4"
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    left = path.with_name(f".film.{gone.pid}.partial.mp4")
    living = path.with_name(f".film.{os.getppid()}.partial.mp4")
    others = [path.with_name(f".film.{gone.pid}.partial.mkv"), path.with_name(f".other.{gone.pid}.partial.mp4")]
    for file in (left, living, *others):
        file.write_bytes(b"half")
    with whole_file(path) as partial:
        assert partial == partial_of(path)
        partial.write_bytes(b"whole")
        assert not path.exists()
    assert path.read_bytes() == b"whole"
    assert not left.exists()
    assert living.exists()
    assert all(file.exists() for file in others)
    assert not partial.exists()


# ------------------------------------------------------------------------------------- folders that are read-only


def python(code: str, where: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run code in a folder, as somebody without rights of root."""
    environment = {k: v for k, v in os.environ.items() if k not in ("COURSE_SAVED", "MPLCONFIGDIR")}
    environment |= {"PYTHONPATH": str(ROOT), **variables}
    command = without_rights([sys.executable, "-B", "-c", code])
    return subprocess.run(command, cwd=where, env=environment, capture_output=True, text=True, check=False)


def test_an_update_of_a_read_only_folder_is_one_line(tmp_path: Path) -> None:
    root = small_course(tmp_path / "course")
    code = (
        f"from pathlib import Path; from notebooks import working_copies as w; w.main(['update'], Path({str(root)!r}))"
    )
    with read_only(root):
        done = python(code, tmp_path)
    assert done.stdout == ""
    assert len(done.stderr.splitlines()) == 1, done.stderr
    assert "cannot be written. All your copies are as they were" in done.stderr
    assert "Copy the folder of the course to a place of yours" in done.stderr
    assert not (root / "work").exists()


@posix_only
def test_a_lesson_in_a_read_only_folder_keeps_its_training_elsewhere_and_says_so(tmp_path: Path) -> None:
    code = "import course_utils; print(course_utils.saved_folder('05'))"
    home = tmp_path / "home"
    home.mkdir()
    with read_only(tmp_path / "class") as where:
        done = python(code, where, HOME=str(home))
        kept = home / ".cache" / "energy-based-course" / "05"
        assert done.stdout == f"{where / 'saved' / '05'} cannot be written, so training is kept in {kept}.\n{kept}\n"
        with read_only(tmp_path / "nobody") as nobody:
            done = python(code, where, HOME=str(nobody))
        assert "can be written: training is lost if the kernel stops." in done.stdout
        folder = Path(done.stdout.splitlines()[-1])
        assert folder.is_dir()
        folder.rmdir()
    assert done.stderr == ""


@posix_only
def test_a_movie_into_a_read_only_folder_is_one_line(tmp_path: Path) -> None:
    with read_only(tmp_path / "class") as where:
        done = python("from course_utils.movie import Recorder; Recorder('xy.mp4')", where)
    assert done.returncode == 1
    said = f"{where} cannot be written: nowhere to put the movie. Name another folder with --out"
    assert done.stderr.splitlines()[-1] == f"course_utils.movie.recorder.MovieError: {said}"
