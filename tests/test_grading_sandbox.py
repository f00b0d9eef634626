"""From inside the sandbox: nothing of the class, the course's answers or the machine can be reached, or held up."""

from __future__ import annotations

import contextlib
import os
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from classroom.grading import sandbox
from classroom.grading.process import Gone, StudentProcess
from classroom.grading.sandbox import Limits
from classroom.grading.staging import COURSE, SHIPPED, stage

WHY_NOT = sandbox.refusal()
if WHY_NOT and os.environ.get("COURSE_NEEDS_SANDBOX"):
    pytest.fail(WHY_NOT, pytrace=False)
pytestmark = pytest.mark.skipif(bool(WHY_NOT), reason=WHY_NOT)

QUICK = Limits(cpu_s=3, wall_s=40, total_s=120)  # ample on the clock: other tests run beside


@pytest.fixture(scope="module")
def staged(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("staged")
    for parent in (folder, folder.parent, folder.parent.parent):
        parent.chmod(0o755)
    return stage(folder)


@pytest.fixture(scope="module")
def class_folder(tmp_path_factory) -> Path:
    """A class as it lies on the teacher's disk, readable by everybody."""
    root = tmp_path_factory.mktemp("class")
    for name in ("gradebook.db", "submitted/ada/x/x.ipynb", "source/x/x.ipynb"):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text("secret")
        (root / name).chmod(0o644)
    return root


@pytest.fixture(scope="module")
def inside(staged) -> Iterator[StudentProcess]:
    """A process for what does it no harm."""
    process = StudentProcess(staged, Limits())
    yield process
    process.close()


@pytest.fixture
def alone(staged) -> Iterator[StudentProcess]:
    """A process for what ends it."""
    process = StudentProcess(staged, QUICK)
    process.ask("cell", "import os, sys", "imports")
    yield process
    process.close()


def said(process: StudentProcess, expression: str, before: str = "") -> object:
    """The value of an expression inside, or what it raised."""
    source = "import os, sys, socket, json, glob\n" + before + f"\ndef f():\n    return {expression}\n"
    process.begin()
    reply = process.ask("cell", source, "1.1", ("f",))
    if "ok" in reply:
        reply = process.ask("call", "f", (), {})
    return reply["ok"]["value"] if "ok" in reply else reply["raised"]["kinds"][0]


# ------------------------------------------------------------------------------------------------------- what it sees


@pytest.mark.parametrize("name", ["gradebook.db", "submitted/ada/x/x.ipynb", "source/x/x.ipynb"])
def test_nothing_of_the_class_can_be_read(inside, class_folder, name):
    assert (class_folder / name).read_text() == "secret"
    assert said(inside, f"open({str(class_folder / name)!r}).read()") == "FileNotFoundError"


@pytest.mark.parametrize(
    "path",
    ["notebooks/src", "notebooks/solutions", "tests/answers", "course.py", "course_checks/exercises/ising.py"],
)  # fmt: skip
def test_no_source_of_the_course_can_be_read_where_it_lies(inside, path):
    assert (COURSE / path).exists()
    assert said(inside, f"os.stat({str(COURSE / path)!r})") == "FileNotFoundError"


def test_of_the_exercises_only_what_a_view_needs_is_there(inside, staged):
    assert said(inside, "sorted(os.listdir('/course'))") == ["classroom", "course_checks", "course_utils"]
    assert said(inside, "sorted(os.listdir('/course/classroom/grading'))") == [
        "__init__.py", "codec.py", "seal.py", "student.py",
    ]  # fmt: skip
    assert said(inside, "sorted(os.listdir('/course/course_checks'))") == ["__init__.py", "checks", "exercises"]
    for subject, names in SHIPPED.items():
        text = (staged / "course_checks" / "exercises" / f"{subject}.py").read_text()
        assert "Task(" not in text
        assert text.count("\nclass ") == len(names)
        assert "\ndef " not in text


def test_no_environment_variable_of_the_teacher_is_there(staged, monkeypatch):
    monkeypatch.setenv("TEACHERS_TOKEN", "secret")
    process = StudentProcess(staged, Limits())
    names = said(process, "sorted(os.environ)")
    process.close()
    assert "TEACHERS_TOKEN" not in names
    assert set(names) <= {*sandbox.environment(staged, True), "LC_CTYPE", "PWD", "SHLVL", "_"}


def test_no_home_and_no_other_process_is_seen(inside):
    assert said(inside, "os.path.exists(os.path.expanduser('~root/.bashrc'))") is False
    assert said(inside, "sorted(os.listdir('/home')) if os.path.exists('/home') else []") == []
    seen = said(inside, "[open(f'/proc/{p}/cmdline').read() for p in os.listdir('/proc') if p.isdigit()]")
    assert len(seen) <= 3
    assert all("bwrap" in line or "classroom.grading.student" in line for line in seen)


def test_it_is_nobody_and_cannot_become_somebody(inside):
    assert said(inside, "os.getuid()") != 0 or os.geteuid() != 0
    told = "[l.split()[1] for l in open('/proc/self/status') if l.startswith(('CapEff', 'NoNewPrivs'))]"
    assert said(inside, told) == [
        "0000000000000000", "1",
    ]  # fmt: skip
    if os.geteuid() == 0:
        assert said(inside, "os.setuid(0)") == "PermissionError"


# ------------------------------------------------------------------------------------------------------ whom it reaches


def test_there_is_no_network(inside):
    assert said(inside, "socket.create_connection(('127.0.0.1', 22), 2)") in ("OSError", "ConnectionRefusedError")
    assert said(inside, "socket.create_connection(('192.0.2.1', 80), 2)") == "OSError"
    assert said(inside, "socket.getaddrinfo('example.org', 80)") == "OSError"
    assert said(inside, "[name for _, name in socket.if_nameindex()]") == ["lo"]


@pytest.mark.parametrize("folder", ["/", "/usr", "/course", "/dev", sys.prefix, "/course/course_utils"])
def test_nothing_can_be_written_but_its_own_empty_folder(inside, folder):
    assert said(inside, f"open({folder!r} + '/mine', 'w')") in ("OSError", "PermissionError")
    assert said(inside, "open('mine', 'w').write('x')") == 1


def test_its_own_folder_is_small(inside):
    writing = "def fill():\n    for k in range(20):\n        open(f'{k}', 'wb').write(bytes(2**22))\n"
    assert said(inside, "fill()", writing) == "OSError"
    assert said(inside, "[os.remove(p) for p in glob.glob('*') if os.path.isfile(p)] and 0", "") == 0
    assert said(inside, "open('/dev/shm/x', 'wb').write(bytes(2**26))") in ("OSError", "PermissionError")


def test_the_judge_can_neither_be_ended_nor_watched(inside):
    judge = os.getpid()
    assert said(inside, f"os.kill({judge}, 9)") in ("ProcessLookupError", "PermissionError")
    assert said(inside, "os.kill(1, 9)") in (None, "PermissionError")
    attach = "import ctypes\nlibc = ctypes.CDLL(None, use_errno=True)\n"
    assert said(inside, f"[libc.ptrace(16, p, 0, 0) for p in (1, {judge}) if p != os.getpid()]", attach) in (
        [-1, -1],
        [-1],
    )
    assert said(inside, "1 + 1") == 2


def test_it_can_make_no_namespace_in_which_it_is_root(inside):
    unshare = "import ctypes\nlibc = ctypes.CDLL(None, use_errno=True)\n"
    mounted = "(libc.unshare(0x10000000 | 0x20000), libc.mount(b'none', b'/usr', b'tmpfs', 0, None))"
    said(inside, mounted, unshare)
    assert said(inside, "os.path.exists('/usr/lib')") is True


# --------------------------------------------------------------------------------------------------- how much it takes


def stopped(process: StudentProcess, source: str) -> Gone:
    process.begin()
    with pytest.raises(Gone) as caught:
        process.ask("cell", source, "1.1", ())
    return caught.value


@pytest.mark.slow
@pytest.mark.parametrize(
    ("source", "why"),
    [
        ("while True: pass", "3 s of computing"),
        ("while True: print('x' * 2**20)", "MB printed"),
        ("import signal\nfor s in range(1, 32):\n    try: signal.signal(s, signal.SIG_IGN)\n    except OSError: pass\n"
         "while True: pass", "3 s of computing"),
    ],
    ids=["loops", "prints", "ignores-signals"],
)  # fmt: skip
def test_what_does_not_end_is_ended(alone, source, why):
    began = time.monotonic()
    gone = stopped(alone, source)
    assert gone.limit
    assert why in gone.why
    assert time.monotonic() - began < 60  # ample: on a busy machine 3 s of computing take longer
    assert len(alone.head) <= Limits().output


def test_what_sleeps_is_ended(staged):
    process = StudentProcess(staged, Limits(wall_s=2))
    assert "2 s on the clock" in stopped(process, "import time\ntime.sleep(1000)").why


def test_an_exit_is_told_and_no_limit(alone):
    gone = stopped(alone, "os._exit(7)")
    assert not gone.limit
    assert "ended" in gone.why


def test_a_system_exit_and_an_interrupt_are_exceptions_of_a_cell(alone):
    for kind in ("SystemExit", "KeyboardInterrupt"):
        assert alone.ask("cell", f"raise {kind}", "1.1", ())["raised"]["kinds"][0] == kind


def test_a_gigabyte_is_not_given(alone):
    alone.ask("memory", 256 * 2**20)
    assert said(alone, "len(bytearray(2**30))") == "MemoryError"
    assert said(alone, "1 + 1") == 2


@pytest.mark.slow
def test_many_processes_take_no_more_memory_than_one_may(staged):
    process = StudentProcess(staged, Limits(cpu_s=20, wall_s=30, resident=400 * 2**20, memory=2**30))
    taking = (
        "import os, time\nfor k in range(8):\n    if os.fork() == 0:\n        x = bytearray(b'x') * (100 * 2**20)\n"
    )
    gone = stopped(process, taking + "        time.sleep(100)\ntime.sleep(100)")
    assert "GB of memory" in gone.why


@pytest.mark.parametrize(
    "call", ["os.memfd_create('x')", "libc.syscall(425, 4, room)", "libc.shmget(0, 2**20, 0o1600)"]
)
def test_no_memory_can_be_had_that_no_limit_counts(inside, call):
    source = f"import ctypes, os\nlibc = ctypes.CDLL(None)\nroom = ctypes.create_string_buffer(256)\ngot = {call}"
    reply = inside.ask("cell", source, "cell")
    assert "PermissionError" in reply["raised"]["kinds"] if "raised" in reply else said(inside, "got") == -1


@pytest.mark.slow
def test_a_bomb_of_forks_ends_with_its_process(staged):
    before = _students(staged)
    process = StudentProcess(staged, QUICK)
    assert said(process, "1 + 1") == 2
    assert _students(staged) - before  # those of a test before may be about to end
    bomb = "import os, time\nwhile True:\n    try:\n        os.fork()\n    except OSError:\n        time.sleep(0.01)"
    gone = stopped(process, bomb)
    assert gone.limit or "not asked for" in gone.why
    until = time.monotonic() + 20
    while time.monotonic() < until and _students(staged) - before:
        time.sleep(0.2)
    assert not _students(staged) - before


def _students(staged: Path) -> set[int]:
    """Numbers of the processes on this machine that see this part of the course."""
    found = set()
    for folder in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if f"{staged.name} /course " in (folder / "mountinfo").read_text():
                found.add(int(folder.name))
    return found


# -------------------------------------------------------------------------------------------------------- what it says


def test_a_forged_reply_ends_the_process_that_sent_it(alone):
    forging = (
        "import struct\nfor fd in range(3, 20):\n    try: os.write(fd, struct.pack('>I', 20) + bytes(20))\n"
        "    except OSError: pass"
    )
    assert "not asked for" in stopped(alone, forging).why


def test_half_a_reply_and_one_without_end_hold_nobody_up(staged):
    for first in (b"\x00\x00", b"\xff\xff\xff\xff"):
        process = StudentProcess(staged, QUICK)
        source = f"import os\nfor fd in range(3, 20):\n    try: os.write(fd, {first!r})\n    except OSError: pass\n"
        assert stopped(process, source + "os._exit(0)").why


@pytest.mark.slow
def test_a_reply_that_is_said_without_end_holds_nobody_up(staged):
    process = StudentProcess(staged, Limits(cpu_s=3, wall_s=20, total_s=30))
    finding = (
        "import struct, sys\nframe = sys._getframe()\nwhile 'replies' not in frame.f_locals: frame = frame.f_back\n"
        "write, number = frame.f_locals['replies'].write, frame.f_locals['number']\n"
        "said = number + b'[\"dict\",[[\"ok\",null]]]'\nsaid = struct.pack('>I', len(said)) + said"
    )
    assert "ok" in process.ask("cell", finding, "cell")
    assert stopped(process, "while True: write(said)").limit


def test_a_process_that_reads_nothing_holds_nobody_up(staged):
    process = StudentProcess(staged, Limits(cpu_s=3, wall_s=2, total_s=30))
    closing = (
        "import os, time\nfor fd in range(3, 20):\n    try: os.close(fd)\n    except OSError: pass\ntime.sleep(100)"
    )
    stopped(process, closing)


def test_what_is_raised_comes_with_its_line(inside):
    reply = inside.ask("cell", "x = 1\ny = x / 0\n", "1.1", ())
    assert reply["raised"]["where"] == (
        "your code raised ZeroDivisionError: division by zero at `y = x / 0` (line 2 of your cell)"
    )
    assert "SyntaxError" in inside.ask("cell", "def (", "1.1", ())["raised"]["kinds"]


def test_an_exception_whose_words_raise_is_told(inside):
    source = "class Bad(Exception):\n    def __str__(self): raise self\nraise Bad"
    assert "your code raised Bad" in inside.ask("cell", source, "1.1", ())["raised"]["where"]


# ----------------------------------------------------------------------------------------------------- where none is


def test_without_bubblewrap_it_is_said_how_to_get_it(monkeypatch):
    for system, says in (("darwin", "Linux container"), ("win32", "WSL 2"), ("linux", "apt install bubblewrap")):
        sandbox.refusal.cache_clear()
        monkeypatch.setattr(sandbox.sys, "platform", system)
        monkeypatch.setattr(sandbox.shutil, "which", lambda name: None)
        assert says in sandbox.refusal()
        assert "--without-sandbox" in sandbox.refusal()
        assert "reach the network" in sandbox.refusal()
    sandbox.refusal.cache_clear()


def test_where_the_system_refuses_it_its_own_words_are_shown(monkeypatch, tmp_path):
    (tmp_path / "bwrap").write_text("#!/bin/sh\necho 'No permissions to create new namespace' >&2\nexit 1\n")
    (tmp_path / "bwrap").chmod(0o755)
    sandbox.refusal.cache_clear()
    monkeypatch.setattr(sandbox, "_walls", lambda *_: [str(tmp_path / "bwrap")])
    assert "No permissions to create new namespace" in sandbox.refusal()
    sandbox.refusal.cache_clear()


def test_a_course_below_tmp_is_seen_inside_like_any_other(staged, monkeypatch):
    """There the sandbox has its own empty folder, which must not hide the environment."""
    with tempfile.TemporaryDirectory(dir="/tmp") as name:
        environment = Path(name, "course", "environment")
        environment.mkdir(parents=True)
        (environment / "packages.txt").write_text("all")
        for folder in (environment, environment.parent, environment.parent.parent):
            folder.chmod(0o755)
        folders = [*sandbox._python_folders(), environment]
        monkeypatch.setattr(sandbox, "_python_folders", lambda: folders)
        process = StudentProcess(staged, QUICK)
        assert said(process, f"open({str(environment / 'packages.txt')!r}).read()") == "all"
        process.ask("cell", "open('own', 'w').write('x')", "imports")
        assert set(said(process, "__import__('os').listdir('/tmp')")) == {"own", environment.parts[2]}
        failed = said(process, f"__import__('os').access({str(environment)!r}, 2)")
        assert failed is False
        process.close()


def test_without_a_sandbox_the_limits_hold_all_the_same(staged):
    process = StudentProcess(staged, Limits(cpu_s=1, wall_s=40), walls=False)
    assert "1 s of computing" in stopped(process, "while True: pass").why
    process = StudentProcess(staged, QUICK, walls=False)
    assert said(process, "1 + 1") == 2
    process.close()


def test_somebody_who_is_not_root_has_the_same_walls(staged, monkeypatch, class_folder):
    monkeypatch.setattr(sandbox, "_is_root", lambda: False)
    assert "--unshare-user" in sandbox.command(staged, QUICK, True)
    process = StudentProcess(staged, QUICK)
    assert said(process, f"open({str(class_folder / 'gradebook.db')!r})") == "FileNotFoundError"
    assert said(process, "open('/usr/mine', 'w')") == "OSError"
    assert said(process, "[name for _, name in socket.if_nameindex()]") == ["lo"]
    assert said(process, "[l.split()[1] for l in open('/proc/self/status') if l.startswith('CapEff')]") == ["0" * 16]
    process.close()
