"""The commands of the course; they need Python 3.11, 3.12 or 3.13 and nothing else.

    python3 course.py lab       opens your copies of the lessons in JupyterLab
    python3 course.py update    fetches the newest version of the course, and keeps what you wrote
    python3 course.py test      proves the course
    python3 course.py site      makes pages to read, in `_site`
    python3 course.py class     for teachers: releases lessons to a class, collects, grades, reports

Each makes the environment `.venv` beside this file on the first start. Nothing is installed outside it. The copies to
work in are in `work`; nothing is written outside this folder.
"""
# Older Pythons must be able to read this file, to be told that they are too old: no f-strings and no annotations here.

from __future__ import print_function

import sys

PYTHONS = ((3, 11), (3, 12), (3, 13))

if sys.version_info[:2] not in PYTHONS:
    sys.exit(
        "This course needs Python 3.11, 3.12 or 3.13, and this is Python %d.%d. "
        "Start it with one of those, for instance: python3.12 course.py lab" % sys.version_info[:2]
    )

import argparse
import contextlib
import csv
import errno
import hashlib
import json
import os
import platform
import re
import shutil
import signal
import subprocess
import time
import urllib.request

ROOT = os.path.dirname(os.path.abspath(__file__))
LOCK = os.path.join(ROOT, ".venv.lock")
HELD = []  # numbers of the open lock files
COPIES = os.path.join("notebooks", "working_copies.py")  # makes and updates the learner's copies, in `work`

TORCH_CPU_WHEELS = "https://download.pytorch.org/whl/cpu"
PROBE_S = 5.0
GRACE_S = 5.0  # how long a child process that was told to end may take

# Where programs keep settings, caches and sockets if the home cannot be written.
HOME = os.path.join("work", ".course", "home")
HOMES = (
    ("IPYTHONDIR", "ipython"),
    ("JUPYTER_CONFIG_DIR", "jupyter"),
    ("JUPYTER_DATA_DIR", "jupyter-data"),
    ("JUPYTER_RUNTIME_DIR", "jupyter-runtime"),
    ("MPLCONFIGDIR", "matplotlib"),
    ("XDG_CACHE_HOME", "cache"),
)
PROJECT = "pyproject.toml"

RECIPE = 2  # count up when `install` changes, so that environments made the old way are brought up to date

# What each command installs: the environment's folder, the file that pip is given, and every file that counts.
ENVIRONMENTS = {
    "lab": (".venv", "requirements.txt", ("requirements.txt",)),
    "class": (".venv", "classroom/requirements.txt", ("classroom/requirements.txt", "requirements.txt")),
    "test": (
        ".venv",
        "tests/requirements.txt",
        ("tests/requirements.txt", "classroom/requirements.txt", "docs/requirements.txt", "requirements.txt"),
    ),
    "site": (".venv-site", "docs/requirements.txt", ("docs/requirements.txt",)),
    "colab": (".venv-colab", "tests/colab.txt", ("tests/colab.txt", "requirements.txt")),
}
ENVIRONMENTS["newest"] = (".venv-newest", PROJECT, (PROJECT,) + ENVIRONMENTS["test"][2])

# What is complete when an environment has been installed for a command: what tests need holds what the others need.
HOLDS = {"class": ("lab", "class"), "test": ("lab", "class", "test")}

# Colab has Python 3.13. It has no thrml and none of what thrml brings: these are laid beside Colab's versions, in a
# folder of their own, so that the environment's packages stay as Colab's are and the set-up cell can be tried on them.
COLAB_PYTHON = (3, 13)
COLAB_LACKS = ("thrml", "equinox", "jaxtyping", "wadler_lindig")

# What the packages of tests/requirements.txt add to JupyterLab: menus and buttons that are not for learners.
AUTHORS_EXTENSIONS = dict.fromkeys(
    ("@jupyter/nbgrader", "@jupyter-notebook/lab-extension", "jupyterlab-jupytext"), True
)

# The newest ruff may ask for what the pinned one did not; that says nothing about the course.
NOT_ON_NEWEST = ("tests/test_house.py::test_ruff_is_silent",)

# Tests of the tools that build and check the course. Those tools are not on Colab.
NOT_ON_COLAB = (
    "tests/browser",
    "tests/test_address.py",
    "tests/test_binder.py",
    "tests/test_build.py",
    "tests/test_class_afternoon.py",
    "tests/test_class_changed.py",
    "tests/test_class_collect.py",
    "tests/test_class_exam.py",
    "tests/test_class_release.py",
    "tests/test_class_report.py",
    "tests/test_class_whose.py",
    "tests/test_course.py",
    "tests/test_faults_course.py",
    "tests/test_faults_disk.py",
    "tests/test_faults_kernel.py",
    "tests/test_faults_note.py",
    "tests/test_grading_class.py",
    "tests/test_grading_codec.py",
    "tests/test_grading_counting.py",
    "tests/test_grading_flags.py",
    "tests/test_grading_judge.py",
    "tests/test_grading_sandbox.py",
    "tests/test_grading_submission.py",
    "tests/test_harness.py",
    "tests/test_house.py",
    "tests/test_lessons.py",
    "tests/test_merge.py",
    "tests/test_site_build.py",
    "tests/test_sizes.py",
    "tests/test_update.py",
    "tests/test_workflows.py",
)

# What pip says when it fails, and what a person should read in its place.
CAUSES = (
    (
        ("No space left on device", "Disk quota exceeded"),
        "The disk is full. The environment takes about 2 GB, and several more where PyTorch comes with CUDA. Make room",
    ),
    (
        ("certificate is not yet valid", "certificate has expired"),
        "The packages could not be downloaded: the server's certificate does not hold at the time that this machine's "
        "clock shows. Set the clock",
    ),
    (
        ("CERTIFICATE_VERIFY_FAILED", "CertificateError", "confirming the ssl certificate"),
        "The packages could not be downloaded: the server's certificate was refused, as it happens behind a company's "
        "proxy. Let PIP_CERT name the proxy's certificate file",
    ),
    (
        (
            "total=0, connect=None, read=None, redirect=None, status=None)) after connection broken by 'ProxyError",
            "Caused by ProxyError",
        ),
        "The packages could not be downloaded: the proxy {proxy} refuses, or cannot be reached. Set HTTPS_PROXY to the "
        "right address, with name and password if it asks for them (http://NAME:PASSWORD@HOST:PORT), or unset it where "
        "there is no proxy",
    ),
    (
        ("Retry(total=0", "Max retries exceeded", "ReadTimeoutError", "IncompleteRead"),
        "The packages could not be downloaded: the package index cannot be reached. Connect this machine to the "
        "network (behind a proxy, set HTTPS_PROXY)",
    ),
)


class Problem(Exception):
    """Something a person has to mend; the message says how."""


def say(text):
    """Print a line at once, whatever the output goes to."""
    print(text, flush=True)


# ------------------------------------------------------------------------------------------------ the environment


def folder_of(kind):
    """The environment's folder."""
    return os.path.join(ROOT, ENVIRONMENTS[kind][0])


def python_of(folder):
    """The Python inside an environment."""
    return os.path.join(folder, "Scripts", "python.exe") if os.name == "nt" else os.path.join(folder, "bin", "python")


def added_to_colab():
    """The folder that holds what Colab lacks."""
    return os.path.join(folder_of("colab"), "added")


def stamp_file(kind):
    """The file written when an installation has ended well."""
    return os.path.join(folder_of(kind), "course-%s.stamp" % kind)


def stamp(kind):
    """What that file must hold: it changes with the recipe, the Python version and the requirement files.

    What is newest is asked for anew each day.
    """
    digest = hashlib.sha256(("%d %d.%d " % ((RECIPE,) + sys.version_info[:2]) + sys.platform).encode())
    if kind == "newest":
        digest.update(time.strftime("%Y-%m-%d").encode())
    for name in ENVIRONMENTS[kind][2]:
        with open(os.path.join(ROOT, name), "rb") as file:
            digest.update(file.read().replace(b"\r\n", b"\n"))
    return digest.hexdigest()


def output_of(command):
    """The output of a short command, or None where it does not run or fails."""
    try:
        return os.fsdecode(
            subprocess.check_output(command, stderr=subprocess.DEVNULL, stdin=subprocess.DEVNULL)
        ).strip()
    except (OSError, subprocess.CalledProcessError):
        return None


def is_usable(python):
    """Whether this Python exists, starts and is of the same version as the one that runs this file."""
    program = "import sys; print('%d.%d' % sys.version_info[:2])"
    return os.path.exists(python) and output_of([python, "-I", "-c", program]) == "%d.%d" % sys.version_info[:2]


def is_ready(kind):
    """Whether the environment is complete and belongs to these requirement files and this Python."""
    try:
        with open(stamp_file(kind)) as file:
            if file.read() != stamp(kind):
                return False
        return is_usable(python_of(folder_of(kind))) and not is_missing_files(kind)
    except OSError:
        return False


def is_missing_files(kind):
    """Whether a file that pip installed is gone: a look at each folder's list of names, 0.3 s for 56 000 files.

    Sizes would take three times as long; `--repair` compares them.
    """
    folder = site_packages(python_of(folder_of(kind)))
    packages = [name for name in os.listdir(folder) if name.endswith(".dist-info")]
    names = {re.sub(r"[-_.]+", "-", name.split("-")[0]).lower() for name in packages}
    for file in ENVIRONMENTS[kind][1:2] if kind == "colab" else ENVIRONMENTS[kind][2]:
        if any(re.sub(r"[-_.]+", "-", name).lower() not in names for name, _ in pins_of(file)):
            return True
    found = {}
    for package in packages:
        with open(os.path.join(folder, package, "RECORD"), encoding="utf-8") as file:
            for line in file:
                path, _, size = line.rstrip("\n").partition(",")
                if size[-1:] in ("", ",") or path[:1] == '"':  # made later, or a name that csv would have to read
                    continue
                where, _, name = path.rpartition("/")
                if where not in found:
                    found[where] = set(os.listdir(os.path.join(folder, where)))
                if name not in found[where]:
                    return True
    return False


def prepare(kind, repair=False):
    """The Python of an environment, which is first installed or repaired where that is needed.

    Args:
        kind: a key of `ENVIRONMENTS`.
        repair: look at every file of it, even if it seems complete.
    """
    if repair or not is_ready(kind):
        with locked():
            if repair or not is_ready(kind):
                install(kind)
    return python_of(folder_of(kind))


@contextlib.contextmanager
def locked():
    """Let one start at a time work on the environments.

    The lock ends with its process, however that ends; where pip is at work for it, with pip: a start that was killed
    leaves its pip behind, and a second one must not install beside that.
    """
    with open(LOCK, "a") as file:
        announced = False
        while not acquired(file):
            if not announced:
                say("Another start of course.py is at work on the environment; waiting for it.")
                announced = True
            time.sleep(0.5)
        HELD.append(file.fileno())
        try:
            yield
        finally:
            HELD.pop()


def acquired(file):
    """Lock an open file, and return whether that succeeded: no other process holds it then."""
    if os.name == "nt":
        import msvcrt

        file.seek(0)
        try:
            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True
    import fcntl

    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:
        pass  # a file system without locks
    return True


def install(kind):
    """Install an environment; what is there and sound is kept."""
    if sys.platform == "darwin" and platform.machine() == "x86_64":
        raise Problem("PyTorch and JAX have no builds for Intel Macs. Open the course on Colab or Binder instead.")
    started = time.monotonic()  # a clock that nobody sets
    folder, name = folder_of(kind), ENVIRONMENTS[kind][0]
    python = python_of(folder)
    if not (is_usable(python) and output_of([python, "-I", "-m", "pip", "--version"])):
        make_venv(folder, name)
    for other in ENVIRONMENTS:  # from here until the end the environment is half made
        if folder_of(other) == folder:
            with contextlib.suppress(OSError):
                os.remove(stamp_file(other))
    remove_damaged(site_packages(python))

    say("Installing the course's packages into %s. The first time this takes minutes." % name)
    if kind == "colab":
        install_colab(python)
    elif kind == "newest":
        install_newest(python)
    elif kind == "site":  # no PyTorch, and no JupyterLab
        pip(python, ["-r", os.path.join(ROOT, ENVIRONMENTS[kind][1])])
    else:
        pip(python, ["-r", os.path.join(ROOT, ENVIRONMENTS[kind][1])] + torch_index(python))
        clear_the_desk(folder)
    for complete in HOLDS.get(kind, (kind,)):
        with open(stamp_file(complete), "w") as file:
            file.write(stamp(complete))
    say("%s is ready (%.0f s)." % (name, time.monotonic() - started))


def make_venv(folder, name):
    """Make an environment without packages, over whatever stands in its place."""
    if os.path.realpath(sys.prefix) == os.path.realpath(folder):
        raise Problem(
            "%s must be made again, and this Python is inside it. Start course.py with the Python outside." % name
        )
    found = os.path.exists(folder)
    if os.path.islink(folder) and not found:
        raise Problem("%s is a link to a folder that is gone. Remove the link, then run the same command again." % name)
    say("%s %s with Python %d.%d." % ((("Remaking" if found else "Making"), name) + sys.version_info[:2]))
    process = subprocess.Popen(
        [sys.executable, "-m", "venv", "--clear", folder],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        env=environment(),
    )
    with killed_on_error(process):
        output = process.communicate()[0].decode(errors="replace")
    if process.returncode:
        if sys.platform == "linux" and "ensurepip" in output:
            raise Problem(
                "This Python cannot make environments. On Debian and Ubuntu install python3-venv "
                "(sudo apt-get install python3-venv), then run the same command again."
            )
        raise Problem("%s could not be made. Python says:\n%s" % (name, output.strip()))


def site_packages(python):
    """The folder into which an environment's pip installs."""
    # As bytes: what a Python prints as text depends on the locale, and the path may have letters beyond ASCII.
    program = "import os, sys, sysconfig; sys.stdout.buffer.write(os.fsencode(sysconfig.get_path('purelib')))"
    return output_of([python, "-I", "-c", program])


def remove_damaged(folder):
    """Forget packages of which files are missing or cut off, so that pip installs them again.

    pip asks only whether a package's dist-info folder is there. An installation that was interrupted can leave that
    folder beside half of the package.
    """
    for name in sorted(os.listdir(folder)):
        if name.endswith(".dist-info") and not is_whole(folder, name):
            say("Installing again what is damaged: %s" % name[: -len(".dist-info")])
            shutil.rmtree(os.path.join(folder, name))


def is_whole(folder, info):
    """Whether all files that a package's RECORD names are there with the right sizes."""
    if not os.path.exists(os.path.join(folder, info, "INSTALLER")):  # pip writes it after the package's files
        return False
    try:
        with open(os.path.join(folder, info, "RECORD"), newline="", encoding="utf-8") as file:
            rows = list(csv.reader(file))
        for row in rows:
            path, size = row[0], row[2]
            if size and os.path.getsize(os.path.join(folder, path)) != int(size):
                return False
    except (OSError, IndexError, ValueError):
        return False
    return bool(rows)


def clear_the_desk(folder):
    """Let JupyterLab show lessons and little else: no news, no authors' extensions, names that are not cut off."""
    settings = {
        "@jupyterlab/apputils-extension:notification": {"fetchNews": "false", "checkForUpdates": False},
        "@jupyterlab/filebrowser-extension:browser": {"showLastModifiedColumn": False},
    }
    for path, content in (
        (("share", "jupyter", "lab", "settings", "overrides.json"), settings),
        (("etc", "jupyter", "labconfig", "page_config.json"), {"disabledExtensions": AUTHORS_EXTENSIONS}),
    ):
        path = os.path.join(folder, *path)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w") as file:
            json.dump(content, file)


# ------------------------------------------------------------------------------------------------------- PyTorch


def has_nvidia():
    """Whether this machine has an NVIDIA GPU with its driver."""
    return bool(shutil.which("nvidia-smi")) or any(
        os.path.exists(path) for path in ("/proc/driver/nvidia/version", "/usr/lib/wsl/lib/nvidia-smi")
    )


def cpu_wheels_reached():
    """Whether PyTorch's index of CPU wheels answers."""
    try:
        request = urllib.request.Request(TORCH_CPU_WHEELS + "/torch/", method="HEAD", headers={"User-Agent": "course"})
        with urllib.request.urlopen(request, timeout=PROBE_S) as answer:
            return answer.status == 200
    except (OSError, ValueError):
        return False


def torch_index(python=None):
    """Arguments to pip for PyTorch's CPU wheels; none where the default index has the right build.

    Args:
        python: the environment's Python. If it has the pinned PyTorch already, nothing is asked of the network. None
            if any other version will do as well.
    """
    if sys.platform != "linux" or has_nvidia():
        return []
    program = "import importlib.metadata; print(importlib.metadata.version('torch').partition('+')[0])"
    if python and output_of([python, "-I", "-c", program]) == dict(pins_of("requirements.txt")).get("torch"):
        return []
    if cpu_wheels_reached():
        return ["--extra-index-url", TORCH_CPU_WHEELS]
    say("PyTorch's CPU wheels cannot be reached; taking pip's default PyTorch, which may be several GB larger.")
    return []


# ----------------------------------------------------------------------------------------------------------- pip


@contextlib.contextmanager
def killed_on_error(process):
    """End a child process when this one is stopped: politely, so that it clears up, then for good."""
    try:
        yield
    except BaseException:
        process.send_signal(signal.SIGTERM if os.name == "nt" else signal.SIGINT)
        try:
            process.wait(GRACE_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        raise


def pip(python, arguments):
    """Run `pip install`: one moving line on a terminal, nothing elsewhere; all of it goes to a log file.

    Raises:
        Problem: with the end of pip's output, if pip fails.
    """
    log = os.path.join(os.path.dirname(os.path.dirname(python)), "pip.log")
    command = [python, "-m", "pip", "install", "--disable-pip-version-check", "--no-input", "--progress-bar", "off"]
    options = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.STDOUT}
    options["env"] = dict(environment(), PYTHONUNBUFFERED="1")
    if os.name != "nt":
        options["pass_fds"] = tuple(HELD)
    process = subprocess.Popen(command + list(arguments), **options)
    lines = []
    with killed_on_error(process), open(log, "wb", buffering=0) as file, process.stdout:
        for line in process.stdout:
            file.write(line)
            lines.append(line.decode("utf-8", "replace").strip())
            if sys.stdout.isatty():
                width = shutil.get_terminal_size().columns - 1
                sys.stdout.write("\r" + lines[-1][:width].ljust(width))
                sys.stdout.flush()
    if sys.stdout.isatty():
        sys.stdout.write("\r" + " " * (shutil.get_terminal_size().columns - 1) + "\r")
    if process.wait():
        cause = cause_of(lines)
        if cause:
            raise Problem("%s, then run the same command again to go on. All that pip said is in %s." % (cause, log))
        raise Problem(
            "pip could not install the packages. Its last lines, all of which are in %s:\n    %s\n"
            "Run the same command again to go on." % (log, "\n    ".join(lines[-12:]))
        )


def cause_of(lines):
    """Why pip failed, in a sentence without its end, or None where a person has to read what pip said."""
    errors = [line for line in lines if line.startswith("ERROR: ")]
    for signs, sentence in CAUSES:
        named = any(sign in line for line in errors for sign in signs)
        # pip goes on without an index that it cannot reach, and then finds no version of the first package.
        none_found = any("No matching distribution" in line for line in errors)
        if named or (none_found and any(sign in line for line in lines for sign in signs)):
            return sentence.replace("{proxy}", proxy_in_use())
    return None


def proxy_in_use():
    """The proxy that this machine's settings name, without a password; it is the one that pip and git ask."""
    found = urllib.request.getproxies()
    address = os.environ.get("PIP_PROXY") or found.get("https") or found.get("all") or "of this machine"
    return re.sub(r"//[^/@]*@", "//", address)


def pins_of(name):
    """The `package==version` lines of a requirement file, in order."""
    with open(os.path.join(ROOT, name), encoding="utf-8") as file:
        return re.findall(r"^([\w.-]+)==([^\s;#]+)", file.read(), re.M)


# --------------------------------------------------------------------------------------------------------- Colab


def install_colab(python):
    """Colab's versions, and in a folder beside them what the course adds there."""
    ours = dict(pins_of("requirements.txt"))
    index = ["--extra-index-url", TORCH_CPU_WHEELS]
    pins = ["%s==%s" % pin for pin in pins_of("tests/colab.txt")]
    if sys.platform != "linux":  # the default index has small builds
        index = []
    elif not cpu_wheels_reached():
        index = []
        pins = ["torch==" + ours["torch"] if pin.startswith("torch==") else pin for pin in pins]
    pip(python, pins + index)

    shutil.rmtree(added_to_colab(), ignore_errors=True)
    added = ["%s==%s" % (name, ours[name]) if name in ours else name for name in COLAB_LACKS]
    pip(python, ["--no-deps", "--target", added_to_colab()] + added)
    site = site_packages(python)
    with open(os.path.join(site, "course_added.pth"), "w", encoding="utf-8") as file:
        file.write(os.path.relpath(added_to_colab(), site) + "\n")


def versions_of(python, names):
    """The versions of packages in an environment."""
    program = "import importlib.metadata as m, json, sys; print(json.dumps([m.version(n) for n in sys.argv[1:]]))"
    return json.loads(output_of([python, "-I", "-c", program] + list(names)))


def differences_from_colab(python):
    """In words, where the Colab environment is not what Colab has."""
    pins = pins_of("tests/colab.txt")
    found = versions_of(python, [name for name, _ in pins])
    differences = ["Python %d.%d (Colab: %d.%d)" % (sys.version_info[:2] + COLAB_PYTHON)]
    if sys.version_info[:2] == COLAB_PYTHON:
        differences = []
    for (name, wanted), version in zip(pins, found, strict=True):
        if version.partition("+")[0] != wanted:
            differences.append("%s %s (Colab: %s)" % (name, version, wanted))
    return ", ".join(differences)


# -------------------------------------------------------------------------------------------------------- newest


def all_pins():
    """Name and version of each package that is pinned for learners or for the tests; each once."""
    return list(dict(pin for file in reversed(ENVIRONMENTS["test"][2]) for pin in pins_of(file)).items())


def newest_requirements():
    """Every package that is pinned, without its pin: within the bounds of pyproject.toml where that has any.

    Limits that a pin has for one version of Python only are not taken over: what is newest here is what pip finds.
    """
    bounds = {}
    with open(os.path.join(ROOT, PROJECT), encoding="utf-8") as file:
        for name, bound in re.findall(r'"([A-Za-z][\w.-]*) ((?:[<>=!~]=?[\w.*]+,? *)+)"', file.read()):
            bounds[name.lower()] = bound
    names = [name for name, _ in all_pins()]
    return [name + bounds.get(name.lower(), "") for name in names]


def install_newest(python):
    """The newest release of everything that this Python can have; what is there is brought up to that.

    pip reads limits of yours from the file that the variable PIP_CONSTRAINT names.
    """
    pip(python, ["--upgrade", "--upgrade-strategy", "eager"] + newest_requirements() + torch_index())


def differences_from_pins(python):
    """Lines that say what the newest environment has, and where that is not what is pinned."""
    pins, lines = all_pins(), []
    for (name, wanted), version in zip(pins, versions_of(python, [name for name, _ in pins]), strict=True):
        same = version.partition("+")[0] == wanted
        lines.append("    %s %s" % (name, version) + ("" if same else " (pinned: %s)" % wanted))
    return lines


# ----------------------------------------------------------------------------------------------------------- git


def git(*arguments):
    """Run a git command in the checkout; return its exit code, what it printed, and its errors.

    It never asks for a name or a password: where the repository is not there, hosts ask for one.
    """
    variables = dict(os.environ, GIT_TERMINAL_PROMPT="0", LC_ALL="C")
    try:
        process = subprocess.Popen(
            ("git", "-C", ROOT, "-c", "core.fileMode=false") + arguments,
            env=variables,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
    except OSError:
        process = None
    if process is None:
        raise Problem("The course is updated by git, and there is none on this machine. Install git, then try again.")
    with killed_on_error(process):
        output, errors = process.communicate()
    return process.returncode, output.decode("utf-8", "replace").strip(), errors.decode("utf-8", "replace").strip()


def fetch():
    """Bring the checkout to the newest version of the branch that it follows; return whether anything is new.

    Raises:
        Problem: if that cannot be done without touching what somebody wrote. Then nothing has changed.
    """
    if not os.path.exists(os.path.join(ROOT, ".git")):
        say(
            "This copy of the course was not made by git, so nothing is fetched. To get the newest version, download "
            "it and unpack it over this folder; your lessons in `work` stay. Then run this command again."
        )
        return False
    code, _, errors = git("rev-parse", "--show-toplevel")
    if code:
        raise Problem("git does not read this folder: %s" % last_line(errors))
    code, upstream, _ = git("rev-parse", "--abbrev-ref", "--symbolic-full-name", "@{upstream}")
    if code:
        raise Problem(
            "This clone follows no branch of the course's. Change to the one that does (git switch main), then run the "
            "same command again."
        )
    code, _, errors = git("fetch", "--quiet")
    if code:
        cure = "Is there a network?"
        if "CONNECT" in errors or "proxy" in errors.lower():  # HTTP code 407 from proxy after CONNECT
            cure = "The proxy %s refuses: set HTTPS_PROXY to the right address, or unset it." % proxy_in_use()
        raise Problem(
            "The newest version could not be fetched, and nothing has changed. git says: %s\n"
            "%s Run the same command again when there is a way." % (last_line(errors), cure)
        )
    count = int(git("rev-list", "--count", "HEAD..@{upstream}")[1] or 0)
    if not count:
        say("The course is the newest version.")
        return False
    own = git("rev-list", "--count", "@{upstream}..HEAD")[1]
    if own != "0":
        raise Problem(
            "Here are %s commits that the course does not have, and the course has %d new ones. Nothing has changed.\n"
            "To keep yours under another name and go on with the course's:\n"
            "    git branch mine\n    git reset --keep %s\n"
            "Then run the same command again. Your lessons in `work` stay as they are." % (own, count, upstream)
        )
    code, _, errors = git("merge", "--quiet", "--ff-only", "@{upstream}")
    if code:
        blocking = [line.strip() for line in errors.splitlines() if line.startswith("\t")]
        if not blocking:
            raise Problem("git could not go to the newest version, and nothing has changed. It says:\n%s" % errors)
        raise Problem(
            "You have changed files of the course that the newest version changes too, and nothing has changed yet: "
            "%s\nKeep yours under other names, put the course's back (git checkout HEAD -- FILE; a file that git does "
            "not know you only move away), and run the same command again." % ", ".join(blocking[:8])
        )
    say("Fetched %d change%s of the course." % (count, "" if count == 1 else "s"))
    return True


def last_line(text):
    """The last line of what a program said that is not a mere hint."""
    lines = [line for line in text.splitlines() if line.strip() and not line.startswith(("hint:", "Please "))]
    fatal = [line for line in lines if line.startswith(("fatal:", "error:"))]
    return (fatal or lines or ["nothing"])[0]


# ------------------------------------------------------------------------------------------------------ commands


def environment():
    """The variables for what is started here; the checkout is on the path, so that any notebook finds course_utils."""
    variables = dict(os.environ)
    variables.pop("PYTHONHOME", None)
    variables["PYTHONPATH"] = os.pathsep.join(filter(None, [ROOT, variables.get("PYTHONPATH")]))
    variables["PYTHONUTF8"] = "1"  # names of files may have any letters, whatever the locale says
    variables.update(instead_of_home())
    return variables


def instead_of_home():
    """Variables that let programs keep settings in a folder of ours where the home cannot be written; else none."""
    if os.access(os.path.expanduser("~"), os.W_OK):
        return {}
    ours = os.path.join(ROOT, HOME)
    return {name: os.environ.get(name) or os.path.join(ours, folder) for name, folder in HOMES}


def replace_process(command, variables, folder=None):
    """Run a command in place of this program: Ctrl-C and the exit code are then the command's.

    Args:
        command: with the full path of its program.
        variables: its environment.
        folder: where it runs; the checkout, if none is named.
    """
    sys.stdout.flush()
    os.chdir(ROOT if folder is None else folder)
    if os.name != "nt":
        os.execve(command[0], command, variables)
    process = subprocess.Popen(command, env=variables)
    while True:
        try:
            return process.wait()
        except KeyboardInterrupt:  # the command has received it too, and ends in its own way
            continue


def lab_arguments(port=None, browser=True, extra=()):
    """Arguments to Python for JupyterLab on the learner's copy of the first notebook."""
    arguments = ["-m", "jupyterlab", "--ServerApp.root_dir=" + os.path.join(ROOT, "work")]
    arguments += ["--LabApp.default_url=/lab/tree/00_start_here.ipynb"]
    arguments += ["--ServerApp.answer_yes=True", "--Application.log_level=WARN"]
    if port is not None:
        arguments += ["--port=%d" % port, "--ServerApp.port_retries=0"]
    if not browser:
        arguments += ["--no-browser"]
    if hasattr(os, "geteuid") and os.geteuid() == 0:  # in a container
        arguments += ["--allow-root"]
    return arguments + list(extra)


def pytest_arguments(mode, extra=()):
    """Arguments to Python for pytest.

    Args:
        mode: "full", "quick", "colab", "newest" or "browser".
        extra: further arguments to pytest.
    """
    arguments = ["-m", "pytest", "tests/browser" if mode == "browser" else "tests"]
    if mode == "colab":
        arguments += ["--ignore=" + path for path in NOT_ON_COLAB]
    if mode == "newest":
        arguments += ["--deselect=" + test for test in NOT_ON_NEWEST]
    marks = {
        "browser": "browser",
        "quick": "not browser and not slow",
        "colab": "not browser and not slow or colab",
    }.get(mode, "not browser")
    if mode in ("full", "colab", "newest"):  # with the solved notebooks, each cell of which is a test
        arguments += ["notebooks/solutions", "--nbval-lax", "--nbval-current-env"]
    # Two processes; what shares a kernel or a fixture stays on one (tests/conftest.py says what).
    arguments += ["-m", marks, "-n", "2", "--dist", "loadfile"]
    return arguments + list(extra)


def manage_copies(python, action):
    """Do something with the learner's copies; notebooks/working_copies.py says what there is. Returns its exit code."""
    sys.stdout.flush()
    with locked():
        return subprocess.call([python, os.path.join(ROOT, COPIES), action], env=environment())


def lab(options, extra):
    """Open the learner's copies of the lessons in JupyterLab."""
    python = prepare("lab", options.repair)
    code = manage_copies(python, "open")
    if code and not os.path.exists(os.path.join(ROOT, "work", "00_start_here.ipynb")):
        return code
    if instead_of_home():
        say("Your home folder cannot be written, so JupyterLab keeps its settings in %s." % HOME)
    say("Starting JupyterLab; its address follows. Stop it with Ctrl-C.")
    command = [python] + lab_arguments(options.port, not options.no_browser, extra)
    return replace_process(command, environment())


def update(options, extra):
    """Fetch the course's newest version, and bring the learner's copies up to it."""
    if options.fetch:
        code = manage_copies(sys.executable, "adopt")  # what was written into the course's own files is in git's way
        if code:
            return code
        if fetch():
            # From here on the new version of this file and of all others does the work.
            return replace_process(
                [sys.executable, os.path.join(ROOT, "course.py"), "update", "--no-fetch"], dict(os.environ)
            )
    return manage_copies(prepare("lab"), "update")


def test(options, extra):
    """Run the tests."""
    kind = options.mode if options.mode in ("colab", "newest") else "test"
    python = prepare(kind, options.repair)
    variables = environment()
    if kind != "test":
        variables["COURSE_ENVIRONMENT"] = kind
    if kind == "colab":
        differences = differences_from_colab(python)
        say("These are Colab's versions%s." % (" but for " + differences if differences else ""))
        variables["PYDEVD_DISABLE_FILE_VALIDATION"] = "1"  # Colab's ipykernel warns at each start
    if kind == "newest":
        say("\n".join(["The newest versions for Python %d.%d:" % sys.version_info[:2]] + differences_from_pins(python)))
    return replace_process([python] + pytest_arguments(options.mode, extra), variables)


def site(options, extra):
    """Build the site. Where the tests' environment stands, it is used: it holds all that the site needs."""
    kind = "test" if is_ready("test") and not options.repair else "site"
    command = [prepare(kind, options.repair), os.path.join(ROOT, "docs", "site")]
    if options.out is not None:
        command += ["--out", os.path.abspath(options.out)]
    if options.open:
        command += ["--open"]
    return replace_process(command, environment())


def classroom(options, extra):
    """Release lessons to a class, collect, grade, report: `classroom/command.py` has the verbs."""
    asks_for_help = not extra or bool({"-h", "--help"} & set(extra))
    python = sys.executable if asks_for_help else prepare("class")
    # Paths that the teacher wrote are seen from the teacher's folder; nothing there can stand in the course's way.
    return replace_process([python, "-P", "-m", "classroom"] + (extra or ["--help"]), environment(), os.getcwd())


def parse(arguments):
    """Options, and the arguments after `--` or, for `class`, after it."""
    arguments = list(arguments)
    if arguments[:1] == ["class"]:
        return argparse.Namespace(command="class", run=classroom), arguments[1:]
    cut = arguments.index("--") if "--" in arguments else len(arguments)
    parser = argparse.ArgumentParser(
        prog="course.py", description="Open the course, or prove it.", epilog="COMMAND --help says more."
    )
    commands = parser.add_subparsers(dest="command", metavar="COMMAND")
    lab_parser = commands.add_parser(
        "lab", help="open the course in JupyterLab", epilog="After --: arguments to JupyterLab."
    )
    lab_parser.set_defaults(run=lab)
    lab_parser.add_argument("--no-browser", action="store_true", help="print the address and open no browser")
    lab_parser.add_argument("--port", type=int, help="the port to serve at (default: the first free one from 8888)")
    update_parser = commands.add_parser(
        "update", help="fetch the newest version of the course, and keep what you wrote"
    )
    update_parser.set_defaults(run=update)
    update_parser.add_argument(
        "--no-fetch",
        dest="fetch",
        action="store_false",
        help="fetch nothing: only bring your copies up to what is here",
    )
    test_parser = commands.add_parser("test", help="run the whole test suite", epilog="After --: arguments to pytest.")
    test_parser.set_defaults(run=test, mode="full")
    modes = test_parser.add_mutually_exclusive_group()
    for mode, text in (
        ("quick", "leave out the long tests and the solved notebooks"),
        ("colab", "run the solved notebooks and the short unit tests with Colab's versions"),
        ("newest", "run the whole suite with the newest release of every package"),
        ("browser", "run lesson notebooks in JupyterLab in a headless Chromium"),
    ):
        modes.add_argument("--" + mode, dest="mode", action="store_const", const=mode, help=text)
    site_parser = commands.add_parser("site", help="make a site of the solved copies, to read without a kernel")
    site_parser.set_defaults(run=site)
    site_parser.add_argument("--out", metavar="DIR", help="folder of the site (default: _site)")
    site_parser.add_argument("--open", action="store_true", help="open it in a browser when it is made")
    commands.add_parser("class", help="for teachers: release lessons to a class, collect, grade, report")
    for subparser in (lab_parser, test_parser, site_parser):
        subparser.add_argument("--repair", action="store_true", help="first look at every file of the environment")
    options = parser.parse_args(arguments[:cut])
    if options.command is None:
        parser.error("say what to do: lab, update, test, site or class")
    return options, arguments[cut + 1 :]


def main(arguments):
    """Run a command; return the exit code."""
    for stream in (sys.stdout, sys.stderr):  # a letter that the terminal cannot show must not stop anything
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")
    options, extra = parse(arguments)
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        return options.run(options, extra)
    except KeyboardInterrupt:
        say("\nStopped. The same command goes on from here.")
        return 130
    except (Problem, OSError) as problem:
        print("course.py: %s" % (explanation_of(problem) or problem), file=sys.stderr)
        return 1


def explanation_of(error):
    """What a person can do about an error of the system's, or None where there is nothing to add."""
    number = getattr(error, "errno", None)
    if number in (errno.EACCES, errno.EPERM, errno.EROFS):
        return (
            "%s cannot be written. The course keeps its packages and your copies of the lessons in its own folder. "
            "Copy the folder to a place of yours, such as your home, and start course.py there." % error.filename
        )
    if number in (errno.ENOSPC, getattr(errno, "EDQUOT", None)):
        return "The disk is full. Make room, then run the same command again."
    return None


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
