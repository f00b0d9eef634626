"""`course.py`: what it installs, when it does so, and how it mends what was broken."""

from __future__ import annotations

import csv
import errno
import io
import os
import shutil
import signal
import subprocess
import sys
import time
import urllib.error
from collections.abc import Callable
from pathlib import Path

import pytest

import course

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture
def scratch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty checkout with requirement files that need no network: `course` works on it."""
    (tmp_path / "requirements.txt").write_text("# nothing\n")
    for folder, above in (
        ("docs", ""),
        ("classroom", "../requirements.txt"),
        ("tests", "../classroom/requirements.txt"),
    ):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "requirements.txt").write_text(f"-r {above}\n" if above else "# nothing\n")
    monkeypatch.setattr(course, "ROOT", str(tmp_path))
    monkeypatch.setattr(course, "LOCK", str(tmp_path / ".venv.lock"))
    monkeypatch.setattr(course, "torch_index", lambda python=None: [])
    return tmp_path


@pytest.fixture
def pip_calls(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """What pip was asked to do; it does nothing."""
    calls: list[list[str]] = []
    monkeypatch.setattr(course, "pip", lambda python, arguments: calls.append(list(arguments)))
    return calls


def fake_venv(scratch: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An environment that counts as sound, made without making one."""
    site = scratch / ".venv" / "site"
    site.mkdir(parents=True)
    monkeypatch.setattr(course, "is_usable", lambda python: True)
    monkeypatch.setattr(course, "output_of", lambda command: "an answer")
    monkeypatch.setattr(course, "site_packages", lambda python: str(site))
    return site


# ------------------------------------------------------------------------------------------------ which Python


def other_pythons() -> list[str]:
    """Pythons on this machine that the course does not run on."""
    found = [
        shutil.which(name) for name in ("python2", "python2.7", "python3.6", "python3.8", "python3.9", "python3.10")
    ]
    home = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv"), "versions")
    found += [str(p) for p in sorted(home.glob("*/bin/python"))]
    program = "import sys; sys.stdout.write('%d.%d' % sys.version_info[:2])"
    wrong = {}
    for path in filter(None, found):
        version = course.output_of([path, "-c", program])  # a pyenv shim may be there and not run
        if version and tuple(map(int, version.split("."))) not in course.PYTHONS:
            wrong[version] = path
    return list(wrong.values())


@pytest.mark.parametrize("python", other_pythons())
def test_another_python_gets_one_line_and_exit_code_1(python: str) -> None:
    process = subprocess.run([python, str(ROOT / "course.py"), "lab"], capture_output=True, text=True, timeout=60)
    assert process.returncode == 1
    assert process.stdout == ""
    assert len(process.stderr.splitlines()) == 1
    assert "needs Python 3.11, 3.12 or 3.13" in process.stderr


def test_the_file_uses_no_syntax_that_an_old_python_cannot_read() -> None:
    source = (ROOT / "course.py").read_text("utf-8")
    assert source.isascii()
    compile(source, "course.py", "exec", dont_inherit=True)
    import ast

    tree = ast.parse(source)
    new = (ast.JoinedStr, ast.AnnAssign, ast.NamedExpr, ast.Match, ast.AsyncFunctionDef, ast.Nonlocal, ast.YieldFrom)
    assert [node.lineno for node in ast.walk(tree) if isinstance(node, new)] == []
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef):
            assert node.returns is None, node.name
            assert not node.args.kwonlyargs, node.name
        if isinstance(node, ast.Raise):
            assert node.cause is None, node.lineno


# ------------------------------------------------------------------------------------------------ when it installs


def test_the_first_start_installs_and_the_second_does_not(
    scratch: Path, pip_calls: list[list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    fake_venv(scratch, monkeypatch)
    course.prepare("lab")
    assert pip_calls == [["-r", str(scratch / "requirements.txt")]]
    course.prepare("lab")
    assert len(pip_calls) == 1


@pytest.mark.parametrize(
    ("kind", "file", "again"),
    [
        ("lab", "requirements.txt", True),
        ("lab", "tests/requirements.txt", False),
        ("test", "requirements.txt", True),
        ("test", "tests/requirements.txt", True),
        ("lab", "classroom/requirements.txt", False),
        ("class", "classroom/requirements.txt", True),
        ("class", "tests/requirements.txt", False),
        ("test", "classroom/requirements.txt", True),
    ],
)
def test_a_changed_requirement_file_installs_again(
    kind: str,
    file: str,
    again: bool,
    scratch: Path,
    pip_calls: list[list[str]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    fake_venv(scratch, monkeypatch)
    course.prepare(kind)
    with open(scratch / file, "a") as changed:
        changed.write("six\n")
    course.prepare(kind)
    assert len(pip_calls) == (2 if again else 1)


def test_line_endings_do_not_install_again(
    scratch: Path, pip_calls: list[list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    fake_venv(scratch, monkeypatch)
    course.prepare("lab")
    (scratch / "requirements.txt").write_bytes(b"# nothing\r\n")
    course.prepare("lab")
    assert len(pip_calls) == 1


def test_a_lab_and_a_class_need_nothing_more_after_the_tests(
    scratch: Path, pip_calls: list[list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    fake_venv(scratch, monkeypatch)
    course.prepare("test")
    course.prepare("lab")
    course.prepare("class")
    assert pip_calls == [["-r", os.path.join(str(scratch), "tests/requirements.txt")]]


def test_the_tests_add_their_tools_after_the_lab(
    scratch: Path, pip_calls: list[list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    fake_venv(scratch, monkeypatch)
    course.prepare("lab")
    course.prepare("test")
    course.prepare("lab")
    assert len(pip_calls) == 2


def test_an_installation_that_failed_leaves_no_stamp(scratch: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fake_venv(scratch, monkeypatch)
    monkeypatch.setattr(course, "pip", lambda python, arguments: None)
    course.prepare("lab")
    assert course.is_ready("lab")

    def interrupted(python: str, arguments: list[str]) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(course, "pip", interrupted)
    with pytest.raises(KeyboardInterrupt):
        course.prepare("test")
    assert not course.is_ready("test")
    assert not course.is_ready("lab")  # the tools' installation may have touched what the lab needs


def test_a_second_start_waits_for_the_first(
    scratch: Path, pip_calls: list[list[str]], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    fake_venv(scratch, monkeypatch)
    program = (
        "import course, sys; course.LOCK = sys.argv[1]\n"
        "with course.locked(): print('locked', flush=True); sys.stdin.read()"
    )
    first = subprocess.Popen(
        [sys.executable, "-c", program, course.LOCK], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert first.stdout is not None
    assert first.stdin is not None
    assert first.stdout.readline() == "locked\n"
    monkeypatch.setattr(course.time, "sleep", lambda seconds: first.stdin.close() or first.wait())  # the first one ends
    course.prepare("lab")
    first.stdout.close()
    assert "waiting" in capsys.readouterr().out
    assert len(pip_calls) == 1


# ------------------------------------------------------------------------------------------------ what it repairs


def wheel(site: Path, name: str, text: str = "x = 1\n") -> Path:
    """A package as pip leaves it; returns its dist-info folder."""
    (site / name).mkdir()
    (site / name / "__init__.py").write_text(text)
    info = site / f"{name}-1.0.dist-info"
    info.mkdir()
    (info / "INSTALLER").write_text("pip\n")
    rows = io.StringIO()
    csv.writer(rows).writerows(
        [[f"{name}/__init__.py", "sha256=x", len(text)], [f"{info.name}/RECORD", "", ""], ["../made.pyc", "", ""]]
    )
    (info / "RECORD").write_text(rows.getvalue())
    return info


def break_nothing(site: Path, info: Path) -> None:
    pass


def remove_a_file(site: Path, info: Path) -> None:
    (site / "broken" / "__init__.py").unlink()


def cut_a_file(site: Path, info: Path) -> None:
    (site / "broken" / "__init__.py").write_text("x")


def stop_before_the_end(site: Path, info: Path) -> None:
    (info / "INSTALLER").unlink()


def stop_before_the_record(site: Path, info: Path) -> None:
    (info / "RECORD").unlink()


def empty_the_record(site: Path, info: Path) -> None:
    (info / "RECORD").write_text("")


@pytest.mark.parametrize(
    ("damage", "found"),
    [
        (break_nothing, False),
        (remove_a_file, True),
        (cut_a_file, True),
        (stop_before_the_end, True),
        (stop_before_the_record, True),
        (empty_the_record, True),
    ],
)
def test_pip_is_made_to_install_a_damaged_package_again(
    damage: Callable[[Path, Path], None], found: bool, tmp_path: Path
) -> None:
    sound, broken = wheel(tmp_path, "sound"), wheel(tmp_path, "broken")
    damage(tmp_path, broken)
    course.remove_damaged(str(tmp_path))
    assert sound.is_dir()
    assert broken.is_dir() != found


def test_damage_is_looked_for_before_pip_runs(scratch: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    site = fake_venv(scratch, monkeypatch)
    info = wheel(site, "broken")
    cut_a_file(site, info)
    there: list[bool] = []
    monkeypatch.setattr(course, "pip", lambda python, arguments: there.append(info.exists()))
    course.prepare("lab")
    assert there == [False]


@pytest.mark.parametrize(
    ("damage", "is_noticed"),
    [
        (break_nothing, False),
        (remove_a_file, True),
        (stop_before_the_record, True),
        (lambda site, info: shutil.rmtree(site / "broken"), True),
        (lambda site, info: [shutil.rmtree(site / "broken"), shutil.rmtree(info)], True),
        (cut_a_file, False),
    ],
)
def test_damage_behind_a_valid_stamp_is_noticed_at_the_next_start(
    damage: Callable[[Path, Path], object],
    is_noticed: bool,
    scratch: Path,
    pip_calls: list[list[str]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Whatever file is missing; a changed size is a matter for `--repair`."""
    (scratch / "requirements.txt").write_text("broken==1.0\n")
    site = fake_venv(scratch, monkeypatch)
    wheel(site, "sound")
    info = wheel(site, "broken")
    course.prepare("lab")
    damage(site, info)
    course.prepare("lab")
    assert len(pip_calls) == 1 + is_noticed
    if damage is not break_nothing:
        assert not info.exists() or not is_noticed


def test_repair_compares_sizes_too_and_asks_pip_in_any_case(
    scratch: Path, pip_calls: list[list[str]], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    site = fake_venv(scratch, monkeypatch)
    info = wheel(site, "broken")
    course.prepare("lab")
    cut_a_file(site, info)
    course.prepare("lab", repair=True)
    assert "Installing again what is damaged: broken-1.0" in capsys.readouterr().out
    assert len(pip_calls) == 2
    assert course.parse(["lab", "--repair"])[0].repair
    assert course.parse(["test", "--quick", "--repair"])[0].repair


def test_looking_for_missing_files_reads_no_file_but_the_records(monkeypatch: pytest.MonkeyPatch) -> None:
    """The environment of these tests is whole; its 50 000 files are not opened one by one."""
    import sysconfig

    opened: list[str] = []
    real_open = open
    monkeypatch.setattr(course, "site_packages", lambda python: sysconfig.get_path("purelib"))
    monkeypatch.setattr(course, "open", lambda path, *a, **k: (opened.append(path), real_open(path, *a, **k))[1], False)
    monkeypatch.setattr(course.os.path, "getsize", lambda path: pytest.fail("asked for a size"))
    assert course.is_missing_files("test") is False
    assert {os.path.basename(path) for path in opened} == {"RECORD", "requirements.txt"}


@pytest.mark.slow
def test_a_real_environment_is_made_once_repaired_and_made_again(
    scratch: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    def said() -> str:
        return capfd.readouterr().out

    python = Path(course.prepare("lab"))
    assert said().startswith("Making .venv")
    assert course.is_usable(str(python))

    course.prepare("lab")
    assert said() == ""

    site = Path(course.site_packages(str(python)))
    next(site.glob("pip-*.dist-info")).joinpath("RECORD").unlink()
    Path(course.stamp_file("lab")).unlink()  # as an interrupted installation leaves it
    course.remove_damaged(str(site))
    assert "damaged: pip" in said()
    shutil.rmtree(site / "pip")  # half of an environment: a Python, and no pip
    course.prepare("lab")
    assert said().startswith("Remaking .venv")
    assert course.is_ready("lab")

    python.unlink()
    python.write_text("not a Python")
    course.prepare("lab")
    assert said().startswith("Remaking .venv")
    assert course.is_usable(str(python))


@pytest.mark.slow
def test_pip_that_fails_is_shown_with_its_reason_and_a_way_on(scratch: Path) -> None:
    (scratch / "requirements.txt").write_text("./no-such-folder\n")
    with pytest.raises(course.Problem, match=r"(?s)no-such-folder.*Run the same command again"):
        course.prepare("lab")
    assert not course.is_ready("lab")
    assert "no-such-folder" in (scratch / ".venv" / "pip.log").read_text()


BROKEN = "WARNING: Retrying (Retry(total=%d, connect=None)) after connection broken by 'NewConnectionError(...)'"
NONE_FOUND = "ERROR: No matching distribution found for numpy==2.4.6"


@pytest.mark.parametrize(
    ("lines", "cause"),
    [
        ([BROKEN % 1, BROKEN % 0, NONE_FOUND], "the package index cannot be reached"),
        (["ERROR: Exception:", "ERROR: HTTPSConnectionPool: ReadTimeoutError: Read timed out."], "cannot be reached"),
        (["Could not fetch URL: confirming the ssl certificate: ...", NONE_FOUND], "PIP_CERT"),
        (["ERROR: Could not install packages due to an OSError: [Errno 28] No space left on device"], "disk is full"),
        ([NONE_FOUND], None),  # a wrong pin
        ([BROKEN % 0, "ERROR: Failed building wheel for six"], None),
        ([BROKEN % 3, NONE_FOUND], None),  # it came through at the second try
    ],
)
def test_what_pip_died_of_is_told_in_a_sentence(lines: list[str], cause: str | None) -> None:
    found = course.cause_of(lines)
    assert found is None if cause is None else cause in found


@pytest.mark.slow
def test_a_first_start_without_a_network_names_cause_and_cure(scratch: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("PIP_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("PIP_INDEX_URL", "http://localhost:9/simple")  # nobody listens there
    monkeypatch.setenv("PIP_RETRIES", "1")
    (scratch / "requirements.txt").write_text("six==1.17.0\n")
    with pytest.raises(course.Problem) as problem:
        course.prepare("lab")
    text = str(problem.value)
    assert "Connect this machine to the network" in text
    assert "then run the same command again to go on" in text
    assert len(text.splitlines()) == 1


@pytest.mark.skipif(os.name == "nt", reason="makes a folder read-only as Linux and macOS do")
def test_a_first_start_in_a_folder_that_cannot_be_written_names_cause_and_cure(tmp_path: Path) -> None:
    folder = tmp_path / "read only"
    folder.mkdir()
    shutil.copy(ROOT / "course.py", folder)
    folder.chmod(0o555)
    for parent in (tmp_path, *tmp_path.parents[:2]):  # pytest's own folders are for this user alone
        parent.chmod(parent.stat().st_mode | 0o055)
    # Root may write everywhere, so it becomes somebody else.
    program = "import os, sys, course\nif os.geteuid() == 0:\n    os.setuid(65534)\nsys.exit(course.main(['lab']))"
    command = [sys.executable, "-B", "-c", program]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    folder.chmod(0o755)
    assert (done.returncode, done.stdout) == (1, "")
    assert len(done.stderr.splitlines()) == 1
    assert f"{folder / '.venv.lock'} cannot be written" in done.stderr
    assert "Copy the folder to a place of yours" in done.stderr


@pytest.mark.parametrize(("number", "words"), [(errno.EROFS, "cannot be written"), (errno.ENOSPC, "disk is full")])
def test_an_error_of_the_systems_is_told_in_words(
    number: int, words: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(kind: str, repair: bool) -> str:
        raise OSError(number, os.strerror(number), "there")

    monkeypatch.setattr(course, "prepare", fail)
    assert course.main(["lab"]) == 1
    shown = capsys.readouterr().err
    assert words in shown
    assert "Errno" not in shown


ENDLESS_PROJECT = """\
[build-system]
requires = []
build-backend = "endless"
backend-path = ["."]
"""

# A package whose building goes on until pip, which started it, is gone.
ENDLESS_BACKEND = """\
import os, pathlib, time

def get_requires_for_build_wheel(config_settings=None):
    parent = os.getppid()
    (HERE / "started").touch()
    while os.getppid() == parent:
        time.sleep(0.05)
    (HERE / "ended").touch()
    raise SystemExit

build_wheel = None
"""


def wait_for(path: Path, maker: subprocess.Popen[str] | None = None) -> None:
    """Wait until a file is there, for two minutes at most and not after its maker has ended."""
    for _ in range(2400):
        if path.exists():
            return
        if maker is not None and maker.poll() is not None:
            pytest.fail(f"{path.name} was not made: {maker.communicate()}")
        time.sleep(0.05)
    pytest.fail(f"{path.name} did not appear")


@pytest.mark.slow
@pytest.mark.skipif(os.name == "nt", reason="sends a signal as a terminal on Linux or macOS does")
def test_ctrl_c_says_one_line_and_ends_what_it_had_started(tmp_path: Path) -> None:
    shutil.copy(ROOT / "course.py", tmp_path)
    (tmp_path / "pyproject.toml").write_text(ENDLESS_PROJECT)
    (tmp_path / "endless.py").write_text(f"{ENDLESS_BACKEND}\nHERE = pathlib.Path({str(tmp_path)!r})\n")
    (tmp_path / "requirements.txt").write_text("--no-index\n.\n")
    # As from a terminal: the test itself may run where Ctrl-C is ignored.
    program = (
        "import course, signal, sys; signal.signal(signal.SIGINT, signal.default_int_handler); "
        "sys.exit(course.main(['lab', '--no-browser']))"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", program],
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    wait_for(tmp_path / "started", process)
    process.send_signal(signal.SIGINT)
    output, errors = process.communicate()
    assert process.returncode == 130
    assert errors == ""
    assert output.splitlines()[-1] == "Stopped. The same command goes on from here."
    assert not (tmp_path / ".venv" / "course-lab.stamp").exists()
    wait_for(tmp_path / "ended")


# ------------------------------------------------------------------------------------------------ which PyTorch


@pytest.mark.parametrize(
    ("system", "nvidia", "reached", "taken"),
    [
        ("linux", False, True, ["--extra-index-url", course.TORCH_CPU_WHEELS]),
        ("linux", False, False, []),
        ("linux", True, True, []),
        ("darwin", False, True, []),
        ("win32", False, True, []),
    ],
)
def test_only_linux_without_an_nvidia_gpu_takes_the_cpu_wheels(
    system: str,
    nvidia: bool,
    reached: bool,
    taken: list[str],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(course.sys, "platform", system)
    monkeypatch.setattr(course, "has_nvidia", lambda: nvidia)
    monkeypatch.setattr(course, "cpu_wheels_reached", lambda: reached)
    monkeypatch.setattr(course, "output_of", lambda command: None)
    assert course.torch_index("python") == taken
    fell_back = system == "linux" and not nvidia and not reached
    assert ("cannot be reached" in capsys.readouterr().out) == fell_back


def test_pytorch_that_is_there_already_is_not_looked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    pinned = dict(course.pins_of("requirements.txt"))["torch"]
    monkeypatch.setattr(course.sys, "platform", "linux")
    monkeypatch.setattr(course, "has_nvidia", lambda: False)
    monkeypatch.setattr(course, "cpu_wheels_reached", lambda: pytest.fail("asked the network"))
    monkeypatch.setattr(course, "output_of", lambda command: pinned)
    assert course.torch_index("python") == []


@pytest.mark.parametrize(("name", "is_there"), [("nvidia-smi", True), (None, False)])
def test_an_nvidia_gpu_is_known_by_its_driver(
    name: str | None, is_there: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(course.shutil, "which", lambda command: name)
    monkeypatch.setattr(course.os.path, "exists", lambda path: False)
    assert course.has_nvidia() is is_there


@pytest.mark.parametrize("error", [urllib.error.URLError("no such host"), TimeoutError("too slow"), OSError("refused")])
def test_a_network_that_fails_counts_as_not_reached(error: Exception, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(request: object, timeout: float) -> None:
        assert timeout <= 10
        raise error

    monkeypatch.setattr(course.urllib.request, "urlopen", fail)
    assert course.cpu_wheels_reached() is False


# ------------------------------------------------------------------------------------------------ commands


def test_the_full_run_has_everything_but_the_browser() -> None:
    arguments = course.pytest_arguments("full", ["-x"])
    assert arguments[:4] == ["-m", "pytest", "tests", "notebooks/solutions"]
    assert "--nbval-lax" in arguments
    assert arguments[arguments.index("-m", 1) + 1] == "not browser"
    assert arguments[-1] == "-x"


def test_the_quick_run_leaves_out_long_tests_and_solved_notebooks() -> None:
    arguments = course.pytest_arguments("quick")
    assert "notebooks/solutions" not in arguments
    assert arguments[arguments.index("-m", 1) + 1] == "not browser and not slow"


def test_the_run_with_colabs_versions_has_the_notebooks_and_leaves_out_tests_of_tools() -> None:
    arguments = course.pytest_arguments("colab")
    assert {"tests", "notebooks/solutions", "--nbval-lax"} <= set(arguments)
    assert "--ignore=tests/test_build.py" in arguments
    assert "--ignore=tests/test_colab_setup.py" not in arguments
    assert all((ROOT / path).exists() for path in course.NOT_ON_COLAB)


def test_the_run_with_the_newest_versions_has_everything_but_the_pinned_style() -> None:
    arguments = course.pytest_arguments("newest")
    assert {"tests", "notebooks/solutions", "--nbval-lax", "not browser"} <= set(arguments)
    assert [x for x in arguments if x.startswith(("--ignore", "--deselect"))] == [
        "--deselect=tests/test_house.py::test_ruff_is_silent"
    ]
    assert "def test_ruff_is_silent(" in (ROOT / "tests" / "test_house.py").read_text("utf-8")


def test_the_browser_run_has_the_browser_tests_only() -> None:
    arguments = course.pytest_arguments("browser")
    assert arguments[:5] == ["-m", "pytest", "tests/browser", "-m", "browser"]
    assert arguments[arguments.index("-n") + 1] == "2"
    assert not any("nbval" in argument or "solutions" in argument for argument in arguments)


def test_the_lab_opens_the_learners_first_notebook_and_keeps_a_port_it_was_given() -> None:
    arguments = course.lab_arguments(port=8899, browser=False)
    assert "--ServerApp.root_dir=" + os.path.join(course.ROOT, "work") in arguments
    assert "--LabApp.default_url=/lab/tree/00_start_here.ipynb" in arguments
    assert {"--port=8899", "--no-browser", "--ServerApp.port_retries=0"} <= set(arguments)
    assert not {"--no-browser"} & set(course.lab_arguments())


@pytest.mark.skipif(not hasattr(os, "geteuid"), reason="a system with a root user")
@pytest.mark.parametrize(("user", "allowed"), [(0, True), (1000, False)])
def test_only_root_is_told_that_root_may_serve(user: int, allowed: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(course.os, "geteuid", lambda: user)
    assert ("--allow-root" in course.lab_arguments()) is allowed


def test_the_checkout_is_on_the_path_of_whatever_is_started(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", "elsewhere")
    monkeypatch.setenv("PYTHONHOME", "nowhere")
    variables = course.environment()
    assert variables["PYTHONPATH"].split(os.pathsep) == [course.ROOT, "elsewhere"]
    assert "PYTHONHOME" not in variables


def test_arguments_after_two_dashes_are_passed_on() -> None:
    options, extra = course.parse(["test", "--quick", "--", "-k", "energy"])
    assert (options.mode, extra) == ("quick", ["-k", "energy"])
    options, extra = course.parse(["lab", "--no-browser", "--port", "9000"])
    assert (options.no_browser, options.port, options.repair, extra) == (True, 9000, False, [])


def test_an_update_fetches_unless_it_is_told_not_to() -> None:
    assert course.parse(["update"])[0].fetch is True
    assert course.parse(["update", "--no-fetch"])[0].fetch is False


def test_a_class_gets_its_arguments_as_they_stand_and_runs_where_the_teacher_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ran: list[tuple] = []
    monkeypatch.setattr(course, "prepare", lambda kind: f"python of {kind}")
    monkeypatch.setattr(course, "replace_process", lambda *arguments: ran.append(arguments) or 0)
    monkeypatch.chdir(tmp_path)
    words = ["collect", "--class", "a b", "x.zip", "--", "-y.zip"]
    assert course.main(["class", *words]) == 0
    ((command, variables, folder),) = ran
    assert command == ["python of class", "-P", "-m", "classroom", *words]
    assert variables["PYTHONPATH"].split(os.pathsep)[0] == str(ROOT)
    assert folder == str(tmp_path)


@pytest.mark.parametrize("words", [["--help"], [], ["release", "-h"]])
def test_help_with_a_class_needs_no_environment(words: list[str], tmp_path: Path) -> None:
    shutil.copy(ROOT / "course.py", tmp_path)
    shutil.copytree(ROOT / "classroom", tmp_path / "classroom", ignore=shutil.ignore_patterns("__pycache__"))
    command = [sys.executable, str(tmp_path / "course.py"), "class", *words]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, encoding="utf-8", check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("usage: course.py class")
    assert not (tmp_path / ".venv").exists()


@pytest.mark.parametrize("arguments", [[], ["tset"], ["test", "--quick", "--colab"], ["lab", "--port", "x"]])
def test_a_command_that_makes_no_sense_is_refused(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end:
        course.parse(arguments)
    assert end.value.code == 2
    assert "usage: course.py" in capsys.readouterr().err


def test_colabs_versions_that_are_not_there_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    import json

    pins = course.pins_of("tests/colab.txt")
    installed = {**dict(pins), "torch": "2.99.0+cpu"}
    monkeypatch.setattr(course, "output_of", lambda command: json.dumps([installed[name] for name, _ in pins]))
    monkeypatch.setattr(course, "COLAB_PYTHON", sys.version_info[:2])
    assert course.differences_from_colab("python") == f"torch 2.99.0+cpu (Colab: {dict(pins)['torch']})"


def test_colab_is_as_it_was_measured() -> None:
    pins = dict(course.pins_of("tests/colab.txt"))
    assert {name: pins[name] for name in ("jax", "jaxlib", "numpy", "torch", "ipywidgets", "ipython")} == {
        "jax": "0.7.2",
        "jaxlib": "0.7.2",
        "numpy": "2.1.3",
        "torch": "2.11.0",
        "ipywidgets": "7.7.1",
        "ipython": "7.34.0",
    }
    lacking = {name.replace("_", "-") for name in course.COLAB_LACKS}
    assert not lacking & {name.replace("_", "-") for name in pins}


def test_colabs_environment_has_what_runs_the_tests() -> None:
    ours, colabs = (
        dict(pin for name in names for pin in course.pins_of(f"{name}.txt"))
        for names in (("docs/requirements", "tests/requirements"), ("tests/colab",))
    )
    tools = ("beartype", "jupytext", "nbval", "pytest", "pytest-xdist")
    assert {name: colabs.get(name) for name in tools} == {name: ours[name] for name in tools}


# ------------------------------------------------------------------------------------------------ newest


def test_the_newest_are_all_that_is_pinned_within_the_projects_bounds_and_no_more() -> None:
    import tomllib

    from packaging.requirements import Requirement

    found = {r.name: r for r in map(Requirement, course.newest_requirements())}
    files = ("requirements.txt", "classroom/requirements.txt", "tests/requirements.txt", "docs/requirements.txt")
    assert set(found) == {name for file in files for name, _ in course.pins_of(file)}
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    lines = project["dependencies"] + [x for extra in project["optional-dependencies"].values() for x in extra]
    bounds = {r.name: str(r.specifier) for r in map(Requirement, lines)}
    assert {name: str(r.specifier) for name, r in found.items()} == {name: bounds.get(name, "") for name in found}
    assert str(found["arviz"].specifier) == "<1,>=0.20"
    for name, version in course.all_pins():  # what is pinned is within them, too
        assert found[name].specifier.contains(version), name


def test_what_is_newest_is_asked_for_once_a_day(
    scratch: Path, pip_calls: list[list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    (scratch / "pyproject.toml").write_text('dependencies = [\n    "numpy >=2.0",\n]\n', "utf-8")
    (scratch / "requirements.txt").write_text("numpy==2.4.6\nipython==9.18.1\n", "utf-8")
    fake_venv(scratch, monkeypatch)
    monkeypatch.setattr(course, "is_missing_files", lambda kind: False)
    (scratch / ".venv-newest").mkdir()
    day = ["2026-11-29"]
    monkeypatch.setattr(course.time, "strftime", lambda form: day[0])
    for _ in range(2):
        course.prepare("newest")
    assert pip_calls == [["--upgrade", "--upgrade-strategy", "eager", "numpy>=2.0", "ipython"]]
    day[0] = "2026-12-06"
    course.prepare("newest")
    assert len(pip_calls) == 2


def test_the_newest_pytorch_too_comes_without_cuda_where_there_is_no_gpu(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(course.sys, "platform", "linux")
    monkeypatch.setattr(course, "has_nvidia", lambda: False)
    monkeypatch.setattr(course, "cpu_wheels_reached", lambda: True)
    pinned = dict(course.pins_of("requirements.txt"))["torch"]
    monkeypatch.setattr(course, "output_of", lambda command: pinned)  # it is there, and may be older than the newest
    assert course.torch_index() == ["--extra-index-url", course.TORCH_CPU_WHEELS]


def test_versions_that_differ_from_the_pins_are_listed(monkeypatch: pytest.MonkeyPatch) -> None:
    import json

    newer = {**dict(course.all_pins()), "numpy": "99.1", "torch": dict(course.all_pins())["torch"] + "+cpu"}
    monkeypatch.setattr(course, "output_of", lambda command: json.dumps([newer[name] for name in command[4:]]))
    lines = course.differences_from_pins("python")
    assert len(lines) == len(course.all_pins())
    pinned = dict(course.all_pins())["numpy"]
    assert [line for line in lines if "pinned" in line] == [f"    numpy 99.1 (pinned: {pinned})"]
