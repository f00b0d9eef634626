"""`course.py` on machines where something is wrong: network, clock, locale, home, folders, and two starts at once."""

from __future__ import annotations

import http.server
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.faults import ROOT, posix_only, read_only, without_rights
from test_course import ENDLESS_BACKEND, ENDLESS_PROJECT, wait_for
from test_faults_disk import small_course, worked_in

import course
from notebooks import working_copies

ODD = "Kürs d'été – Übung 1"  # letters beyond ASCII, an apostrophe, spaces
ASCII = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}  # Python then knows no letters but these


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty checkout that needs nothing: `course` works on it."""
    (tmp_path / "requirements.txt").write_text("# nothing\n")
    for name, value in (("ROOT", tmp_path), ("LOCK", tmp_path / ".venv.lock")):
        monkeypatch.setattr(course, name, str(value))
    monkeypatch.setattr(course, "torch_index", lambda python: [])
    return tmp_path


def python_in(folder: Path) -> str:
    """A Python that looks as if it stood in an environment there, so that pip's log goes there."""
    path = folder / "bin" / "python"
    path.parent.mkdir(parents=True)
    path.write_text(f'#!/bin/sh\nexec "{sys.executable}" "$@"\n')
    path.chmod(0o755)
    return str(path)


# ------------------------------------------------------------------------------------------ a proxy that refuses


@pytest.fixture
def proxy() -> Iterator[http.server.HTTPServer]:
    """A proxy that refuses everything with its `code`."""

    class Refuse(http.server.BaseHTTPRequestHandler):
        def do_CONNECT(self) -> None:
            self.send_error(self.server.code, "no")

        do_GET = do_HEAD = do_CONNECT

        def log_message(self, *arguments: object) -> None:
            pass

    server = http.server.HTTPServer(("127.0.0.1", 0), Refuse)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


def behind(monkeypatch: pytest.MonkeyPatch, address: str) -> None:
    """Let pip and git know this proxy and nothing else of the machine."""
    for name in list(os.environ):
        if name.startswith("PIP_") or name.lower().endswith("_proxy"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("HTTPS_PROXY", address)
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("PIP_INDEX_URL", "https://packages.example.org/simple")
    monkeypatch.setenv("PIP_RETRIES", "1")


@pytest.mark.slow
@posix_only
@pytest.mark.parametrize("code", [403, 407, None])
def test_a_proxy_that_refuses_is_named_with_a_way_on(
    code: int | None, proxy: http.server.HTTPServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    proxy.code = code
    port = 9 if code is None else proxy.server_port  # nobody listens at 9
    behind(monkeypatch, f"http://me:secret@127.0.0.1:{port}")
    with pytest.raises(course.Problem) as problem:
        course.pip(python_in(tmp_path), ["--target", str(tmp_path / "to"), "six==1.17.0"])
    said = str(problem.value)
    assert said.startswith(
        f"The packages could not be downloaded: the proxy http://127.0.0.1:{port} refuses, or cannot"
    )
    assert "secret" not in said
    assert "Set HTTPS_PROXY to the right address, with name and password if it asks for them" in said
    assert "then run the same command again to go on." in said
    assert len(said.splitlines()) == 1


RETRY = (
    "WARNING: Retrying (Retry(total=%d, connect=None, read=None, redirect=None, status=None)) after connection broken "
    "by '%s('...')'"
)
NONE_FOUND = "ERROR: No matching distribution found for six==1.17.0"


@pytest.mark.parametrize(
    ("lines", "cause"),
    [
        ([RETRY % (0, "ProxyError"), NONE_FOUND], "the proxy"),
        ([RETRY % (3, "ProxyError"), NONE_FOUND], None),  # it came through at the second try
        ([RETRY % (0, "NewConnectionError"), NONE_FOUND], "the package index cannot be reached"),
        (["SSLError(certificate verify failed: certificate is not yet valid (_ssl.c:1))", NONE_FOUND], "Set the clock"),
    ],
)
def test_what_pip_says_of_proxy_and_clock_is_told_apart(lines: list[str], cause: str | None) -> None:
    found = course.cause_of(lines)
    assert found is None if cause is None else cause in found


@pytest.mark.skipif(shutil.which("git") is None, reason="the course is updated by git")
def test_an_update_through_a_proxy_that_refuses_changes_nothing(
    proxy: http.server.HTTPServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    proxy.code = 407
    behind(monkeypatch, f"http://me:secret@127.0.0.1:{proxy.server_port}")

    def git(*arguments: str, where: Path) -> str:
        who = ("-c", "user.name=A", "-c", "user.email=a@example.org")
        return subprocess.run(["git", *who, *arguments], cwd=where, check=True, capture_output=True, text=True).stdout

    upstream = tmp_path / "upstream"
    upstream.mkdir()
    git("init", "--quiet", where=upstream)
    (upstream / "file").write_text("one")
    git("add", "file", where=upstream)
    git("commit", "--quiet", "--message", "one", where=upstream)
    git("clone", "--quiet", str(upstream), "clone", where=tmp_path)
    clone = tmp_path / "clone"
    git("remote", "set-url", "origin", "https://example.org/course.git", where=clone)
    monkeypatch.setattr(course, "ROOT", str(clone))
    before = git("rev-parse", "HEAD", where=clone)
    with pytest.raises(course.Problem) as problem:
        course.fetch()
    said = str(problem.value)
    assert "could not be fetched, and nothing has changed" in said
    assert f"The proxy http://127.0.0.1:{proxy.server_port} refuses: set HTTPS_PROXY to the right address" in said
    assert "secret" not in said
    assert git("rev-parse", "HEAD", where=clone) == before
    assert git("status", "--porcelain", where=clone) == ""


# ------------------------------------------------------------------------------- two starts, a killed start's pip


@pytest.mark.slow
@posix_only
def test_two_starts_at_once_make_the_copies_once(tmp_path: Path) -> None:
    root = tmp_path / "course"
    small_course(root)
    for name in ("course.py", "notebooks/merge.py", "notebooks/working_copies.py"):
        shutil.copy(ROOT / name, root / name)
    code = "import course, sys; sys.exit(course.manage_copies(sys.executable, 'open'))"
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    starts = [subprocess.Popen([sys.executable, "-c", code], cwd=root, **pipes) for _ in range(3)]
    outputs = [start.communicate() for start in starts]
    assert [(start.returncode, errors) for start, (_, errors) in zip(starts, outputs, strict=True)] == [(0, "")] * 3
    assert sum("Your copies of the lessons are in work/." in output for output, _ in outputs) == 1
    for path in (root / "notebooks").glob("*.ipynb"):
        made = json.loads((root / "work" / path.name).read_text("utf-8"))
        assert made["cells"] == json.loads(path.read_text("utf-8"))["cells"]
    assert not list((root / "work").glob("*.part"))


@pytest.mark.slow
@posix_only
def test_a_start_waits_for_the_pip_of_one_that_was_killed(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text(ENDLESS_PROJECT)
    noted = ENDLESS_BACKEND.replace("parent = os.getppid()", "parent = os.getppid(); note(parent)")
    noted += "\ndef note(pid):\n    (HERE / 'pip.pid').write_text(str(pid))\n"
    (tmp_path / "endless.py").write_text(f"{noted}\nHERE = pathlib.Path({str(tmp_path)!r})\n")
    code = (
        "import course, sys; course.LOCK = sys.argv[1]\n"
        "with course.locked(): course.pip(sys.argv[2], ['--no-index', '--target', 'to', '.'])"
    )
    lock, environment = tmp_path / "lock", os.environ | {"PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-c", code, str(lock), python_in(tmp_path / "venv")]
    first = subprocess.Popen(command, cwd=tmp_path, env=environment, stdout=subprocess.PIPE, text=True)
    wait_for(tmp_path / "started")
    first.send_signal(signal.SIGKILL)
    first.wait()
    first.stdout.close()
    pip = int((tmp_path / "pip.pid").read_text())
    with open(lock, "a") as file:
        assert not course.acquired(file)  # that pip is still at work
        os.kill(pip, signal.SIGKILL)
        wait_for(tmp_path / "ended")
        for _ in range(100):
            if course.acquired(file):
                return
            time.sleep(0.05)
    pytest.fail("the lock outlived the pip that held it")


# ----------------------------------------------------------------------------------------- broken environments


@pytest.mark.slow
def test_an_environment_that_was_moved_is_used_and_one_whose_python_is_gone_is_made_anew(
    checkout: Path,
    tmp_path_factory: pytest.TempPathFactory,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture,
) -> None:
    course.prepare("lab")
    moved = tmp_path_factory.mktemp("moved") / ODD
    shutil.move(checkout, moved)
    monkeypatch.setattr(course, "ROOT", str(moved))
    monkeypatch.setattr(course, "LOCK", str(moved / ".venv.lock"))
    capfd.readouterr()
    python = Path(course.prepare("lab"))
    assert capfd.readouterr().out == ""  # nothing is installed again
    prefix = course.output_of([str(python), "-c", "import sys; print(sys.prefix)"])
    assert Path(prefix) == moved / ".venv"

    if os.name != "nt":  # as an upgrade of the system leaves it
        python.unlink()
        python.symlink_to("/usr/bin/python-of-last-year")
        course.prepare("lab")
        assert "Remaking .venv" in capfd.readouterr().out
        assert course.is_ready("lab")


@posix_only
def test_a_link_that_leads_nowhere_in_the_place_of_the_environment_is_named(
    checkout: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (checkout / ".venv").symlink_to(checkout / "gone")
    assert course.main(["lab"]) == 1
    said = capsys.readouterr().err
    assert ".venv is a link to a folder that is gone. Remove the link, then run the same command again." in said
    assert len(said.splitlines()) == 1


# ---------------------------------------------------------------------------------------------- homes and rights


def test_a_home_that_can_be_written_is_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    assert course.instead_of_home() == {}
    assert list(tmp_path.iterdir()) == []


@posix_only
def test_a_home_that_is_not_there_is_replaced_and_what_was_set_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/dev/null/home")
    monkeypatch.setenv("IPYTHONDIR", "mine")
    variables = course.environment()
    assert variables["IPYTHONDIR"] == "mine"
    assert variables["JUPYTER_RUNTIME_DIR"] == os.path.join(course.ROOT, course.HOME, "jupyter-runtime")


@pytest.mark.slow
@posix_only
def test_the_lab_and_a_kernel_start_where_the_home_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "work").mkdir()
    code = (
        "import course, sys\n"
        "course.prepare = lambda kind, repair=False: sys.executable\n"
        "course.manage_copies = lambda python, action: 0\n"
        f"course.ROOT = {str(tmp_path)!r}\n"
        "sys.exit(course.main(['lab', '--no-browser']))"
    )
    dropped = ("JUPYTER", "IPYTHON", "MPL", "XDG")
    environment = {k: v for k, v in os.environ.items() if not k.startswith(dropped)} | {"PYTHONPATH": str(ROOT)}
    with read_only(tmp_path / "home") as home, open(tmp_path / "said", "w+") as said:
        environment["HOME"] = str(home)
        command = without_rights([sys.executable, "-c", code])
        process = subprocess.Popen(command, env=environment, stdout=said, stderr=subprocess.STDOUT)
        try:
            address, token = address_in(tmp_path / "said", process)
            request = urllib.request.Request(f"{address}/api/kernels", b"{}", {"Authorization": f"token {token}"})
            with urllib.request.urlopen(request) as answer:
                assert answer.status == 201
            text = (tmp_path / "said").read_text()
        finally:
            process.terminate()
            process.wait()
    assert text.startswith(f"Your home folder cannot be written, so JupyterLab keeps its settings in {course.HOME}.\n")
    assert "Traceback" not in text
    assert (tmp_path / "work" / ".course" / "home" / "jupyter-runtime").is_dir()


def address_in(log: Path, process: subprocess.Popen) -> tuple[str, str]:
    """Where JupyterLab serves, and the token that it asks for, once it says so."""
    for _ in range(1200):
        found = re.search(r"(http://127\.0\.0\.1:\d+)/\S*token=(\w+)\s", log.read_text())
        if found:
            return found[1], found[2]
        if process.poll() is not None:
            break
        time.sleep(0.1)
    pytest.fail(f"the lab did not start: {log.read_text()}")


# ------------------------------------------------------------------------------------ locales, paths, line endings


@posix_only
@pytest.mark.parametrize(
    "variables",
    [pytest.param(ASCII, marks=pytest.mark.slow), {"PYTHONIOENCODING": "ascii"}, {"PYTHONIOENCODING": "cp1252"}],
)
def test_copies_are_made_and_updated_under_any_path_in_any_locale(variables: dict[str, str], tmp_path: Path) -> None:
    root = tmp_path / ODD / ("long " * 30) / "course"
    small_course(root)
    for name in ("merge.py", "working_copies.py"):
        shutil.copy(ROOT / "notebooks" / name, root / "notebooks")
    shutil.copy(ROOT / "course.py", root)
    code = (
        "import course, os, sys\n"
        "folder = course.folder_of('lab')\n"
        "def prepare(kind):\n"
        "    course.say(folder)\n"
        "    if os.environ.get('LC_ALL') and not os.path.exists(folder):\n"
        "        course.make_venv(folder, '.venv')\n"
        "        os.listdir(course.site_packages(course.python_of(folder)))\n"
        "    return sys.executable\n"
        "course.prepare = prepare\n"
        "sys.exit(course.main(['update', '--no-fetch']))"
    )
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("LC_", "LANG", "PYTHON"))} | variables
    command = [sys.executable, "-c", code]
    for _ in range(2):
        done = subprocess.run(command, cwd=root, env=environment, capture_output=True, check=False)
        assert (done.returncode, done.stderr) == (0, b"")
    for path in (root / "notebooks").glob("*.ipynb"):
        assert json.loads((root / "work" / path.name).read_text("utf-8"))["cells"]


def test_a_copy_with_windows_line_endings_is_updated_and_keeps_what_was_written(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    root = small_course(tmp_path)
    names = sorted(path.name for path in (root / "notebooks").glob("*.ipynb"))
    assert working_copies.main(["open"], root) == 0
    mine = root / "work" / names[1]
    mine.write_bytes(worked_in(mine).replace(b"\n", b"\r\n"))
    for name in names:  # as git on Windows may write them
        path = root / "notebooks" / name
        path.write_bytes(path.read_bytes().replace(b"Boltzmann", b"BOLTZMANN").replace(b"\n", b"\r\n"))
    assert working_copies.main(["update"], root) == 0
    assert "damaged" not in capsys.readouterr().out
    after = mine.read_text("utf-8")
    assert "answer = 'mine'" in after
    assert "BOLTZMANN" in after


def test_git_gives_every_system_the_same_line_endings() -> None:
    files = ["course.py", ".ci/run", "notebooks/src/00_start_here.py", "notebooks/00_start_here.ipynb"]
    command = ["git", "-C", str(ROOT), "check-attr", "eol", "--", *files]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode or not (ROOT / ".git").exists():
        pytest.skip("not a git checkout")
    assert done.stdout.splitlines() == [f"{name}: eol: lf" for name in files]


def test_what_a_cloud_puts_beside_a_lesson_is_left_alone(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    root = small_course(tmp_path)
    assert working_copies.main(["open"], root) == 0
    name = sorted(path.name for path in (root / "work").glob("01_*.ipynb"))[0]
    others = [
        root / "work" / name.replace(".ipynb", " (Anna's conflicted copy 2026-11-29).ipynb"),
        root / "work" / name.replace(".ipynb", "-LAPTOP.ipynb"),
        root / "notebooks" / name.replace(".ipynb", " (1).ipynb"),
    ]
    for other in others:
        other.write_bytes(b"another version")
    mine = worked_in(root / "work" / name)
    assert working_copies.main(["update"], root) == 0
    assert all(other.read_bytes() == b"another version" for other in others)
    assert (root / "work" / name).read_bytes() == mine


def test_backups_of_a_clock_that_was_set_back_are_all_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root = small_course(tmp_path)
    monkeypatch.setattr(working_copies.time, "strftime", lambda how: "2020-01-01_00-00-00")  # it stands still, too
    assert working_copies.main(["open"], root) == 0
    newest = sorted((root / "notebooks").glob("01_*.ipynb"))[0]
    before = newest.read_text("utf-8")
    kept = []
    for word in ("BOLTZMANN", "Maxwell", "Gibbs"):
        kept.append(worked_in(root / "work" / newest.name))
        newest.write_text(before.replace("Boltzmann", word), encoding="utf-8")
        os.utime(newest, (2**32, 2**32))  # in the year 2106
        assert working_copies.main(["update"], root) == 0
        assert word in (root / "work" / newest.name).read_text("utf-8")
    found = sorted((root / "work" / "backups").rglob(newest.name))
    assert len({path.parent for path in found}) == 3
    assert {path.read_bytes() for path in found} == set(kept)


def test_an_environment_counts_as_ready_whatever_the_times_of_its_files(
    checkout: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(course, "is_usable", lambda python: True)
    monkeypatch.setattr(course, "is_missing_files", lambda kind: False)
    stamp = Path(course.stamp_file("lab"))
    stamp.parent.mkdir()
    stamp.write_text(course.stamp("lab"))
    for when in (0, 2**32):  # 1970 and 2106
        os.utime(stamp, (when, when))
        os.utime(checkout / "requirements.txt", (2**32 - when, 2**32 - when))
        assert course.is_ready("lab")
