"""The set-up cell where a notebook stands alone, beside Colab's versions: it adds what is missing, it changes nothing.

Run by `course.py test --colab`, whose environment holds Colab's versions. The cell's code is the one in the notebooks;
git is told to take the repository from a copy on this disk.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import sysconfig
import venv
from collections.abc import Sequence
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent

pytestmark = [
    pytest.mark.slow,
    pytest.mark.colab,
    pytest.mark.skipif(
        os.environ.get("COURSE_ENVIRONMENT") != "colab", reason="runs under `course.py test --colab` only"
    ),
]

PACKAGES = ("course_utils", "course_checks")
KEPT = ("jax", "jaxlib", "numpy", "torch")


class Host:
    """A machine like Colab: its packages, an empty working folder, and no checkout."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.content = folder / "content"
        self.content.mkdir()
        # A layer over Colab's versions: what pip installs goes into the layer, and pip sees what lies below, but not
        # what course.py has laid beside it.
        venv.create(folder / "layer", with_pip=False, symlinks=os.name != "nt")
        self.python = folder / "layer" / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
        self.variables: dict[str, str] = {}
        ask = [self.python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"]
        self.site = Path(subprocess.run(ask, capture_output=True, text=True, check=True).stdout.strip())
        (self.site / "below.pth").write_text(sysconfig.get_path("purelib") + "\n")

    def serve(self, repository: Path, address: str) -> None:
        """Let git take `address` from a folder."""
        self.variables = {
            "GIT_CONFIG_COUNT": "1",
            "GIT_CONFIG_KEY_0": f"url.{repository.as_uri()}.insteadOf",
            "GIT_CONFIG_VALUE_0": address,
        }

    def run(self, code: str, *, check: bool = True, **variables: str) -> subprocess.CompletedProcess[str]:
        """Run code with this machine's Python in its working folder."""
        hidden = ("PYTHONPATH", "COURSE_ENVIRONMENT", "MPLBACKEND")
        environment = {k: v for k, v in os.environ.items() if k not in hidden}
        environment |= {"MPLBACKEND": "agg", **self.variables, **variables}
        shell = "from IPython.core.interactiveshell import InteractiveShell as Shell\n"
        script = f"{shell}Shell.instance().run_cell({code!r}).raise_error()"  # a cell may hold a magic
        result = subprocess.run(
            [self.python, "-c", script], cwd=self.content, env=environment, capture_output=True, text=True
        )
        if check and result.returncode:
            pytest.fail(result.stdout + result.stderr, pytrace=False)
        return result

    def versions(self) -> dict[str, str]:
        """Version of each package, as an import would find it."""
        code = (
            "import json; from importlib.metadata import distributions\n"
            "found = {}\n"
            "for d in distributions(): found.setdefault(d.name.lower().replace('_', '-'), d.version)\n"
            "print(json.dumps(found))"
        )
        return json.loads(self.run(code).stdout)


def repository(folder: Path) -> Path:
    """The working tree's package, committed."""
    folder.mkdir()
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, folder)
    for package in PACKAGES:
        shutil.copytree(ROOT / package, folder / package, ignore=shutil.ignore_patterns("__pycache__"))
    commit(folder)
    return folder


def commit(folder: Path) -> None:
    """Commit all that a folder holds."""
    git = ["git", "-C", str(folder), "-c", "user.name=course", "-c", "user.email=course@localhost"]
    for command in (["init", "-q"], ["add", "-A"], ["commit", "-q", "-m", "The course"]):
        subprocess.run([*git, *command], check=True, capture_output=True)


def setup_cell(uses: Sequence[str]) -> tuple[str, str]:
    """Code of the set-up cell, and the repository's address in it."""
    from notebooks import build

    address = build.read_repository(ROOT / "pyproject.toml")
    code = build.setup_cell(uses, address)
    assert f"git+{address}" in code
    return code, address


@pytest.fixture
def host(tmp_path: Path) -> Host:
    """A fresh machine; its packages are Colab's."""
    host = Host(tmp_path)
    assert "course-utils" not in host.versions()
    return host


@pytest.mark.parametrize(
    ("uses", "added", "place", "mark"),
    [
        (("torch",), {"course-utils", "jaxtyping", "wadler-lindig"}, "Kaggle", "KAGGLE_KERNEL_RUN_TYPE"),
        (
            ("jax",),
            {"course-utils", "jaxtyping", "wadler-lindig", "thrml", "equinox"},
            "Google Colab",
            "COLAB_RELEASE_TAG",
        ),
    ],
)
def test_the_setup_cell_adds_what_is_missing_and_changes_nothing(
    uses: Sequence[str], added: set[str], place: str, mark: str, host: Host, tmp_path: Path
) -> None:
    """On Colab and on Kaggle, each known by a variable. The versions are Colab's in both cases."""
    code, address = setup_cell(uses)
    host.serve(repository(tmp_path / "repository"), address)
    before = host.versions()
    assert set(KEPT) <= set(before)

    host.variables[mark] = "something"
    first = host.run(code)
    assert f"Running on {place}: " in first.stdout
    after = host.versions()
    assert {name: after.get(name) for name in before} == before
    assert set(after) - set(before) == added
    for name in uses:  # what the cell prints is what the notebook runs on
        assert before[name] in first.stdout

    found = host.run("import course_utils; print(course_utils.__file__)").stdout.strip()
    assert Path(found).resolve().is_relative_to(host.site.resolve())
    for package in PACKAGES:
        sources = {p.relative_to(ROOT).as_posix() for p in (ROOT / package).rglob("*.py")}
        assert {p.relative_to(host.site).as_posix() for p in (host.site / package).rglob("*.py")} == sources

    # A second run finds it, and asks neither pip nor git.
    again = host.run(code, PIP_NO_INDEX="1", GIT_CONFIG_COUNT="0")
    assert again.stdout.strip() == first.stdout.partition("Running on")[2].join(("Running on", "")).strip()
    assert host.versions() == after


def test_the_setup_cell_stops_where_it_would_have_to_change_numpy(host: Host, tmp_path: Path) -> None:
    code, address = setup_cell(("torch",))
    folder = repository(tmp_path / "repository")
    project = folder / "pyproject.toml"
    before = host.versions()
    newer = f"numpy >{before['numpy']}"
    assert "numpy >=2.0" in project.read_text("utf-8")
    project.write_text(project.read_text("utf-8").replace("numpy >=2.0", newer), "utf-8")
    commit(folder)
    host.serve(folder, address)

    result = host.run(code, check=False)
    assert result.returncode
    said = result.stdout + result.stderr
    assert f"numpy {before['numpy']} is installed here, and the course needs numpy>{before['numpy']}" in said
    assert {name: version for name, version in host.versions().items() if name in before} == before


def test_this_environment_has_what_the_cell_must_keep() -> None:
    from importlib.metadata import version

    for name in KEPT:
        assert version(name)
    assert Path(sys.prefix).name == ".venv-colab"
