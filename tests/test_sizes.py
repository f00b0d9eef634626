"""What the course weighs: the memory of a lesson's kernel, Binder's image, the wheel for a hosted notebook."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
import zipfile
from email.message import Message
from fnmatch import fnmatch
from importlib import metadata
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from support.synthetic import ADDRESS, make_course

from notebooks import build
from notebooks.build import memory

ROOT = Path(__file__).resolve().parent.parent
COURSE = build.read_course()
MB = 1_000_000

#: Below the packages, in MB on the disk: Debian with Python (`python:3.11-slim-bookworm`), an estimate, as nothing here
#: builds an image; and git with Perl, as Debian gives their sizes.
IMAGE_BELOW_MB = 130 + 95
IMAGE_LIMIT_MB = 3000


# ---------------------------------------------------------------------------------------------------- memory


@pytest.mark.parametrize("lesson", COURSE.lessons, ids=lambda lesson: lesson.number)
def test_a_lessons_kernel_takes_less_than_binder_guarantees(lesson: build.Lesson) -> None:
    assert int(lesson.memory.removesuffix(" MB")) < memory.LIMIT_MB


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="headers say what was measured on Linux")
def test_what_a_header_says_about_memory_is_what_is_measured() -> None:
    """The peaks of two runs lie closer together than this."""
    lesson = COURSE.find("00")
    measured = memory.peak_of(lesson, COURSE)
    assert measured == pytest.approx(int(lesson.memory.removesuffix(" MB")), rel=0.25)


@pytest.mark.slow
def test_the_peak_of_a_child_and_of_its_child_is_seen() -> None:
    """Both hold 100 MB at once; what one of them gives back before it ends counts too."""
    block = "x = bytearray(100_000_000); import time; time.sleep(0.5)"
    child = f"import subprocess, sys; {block}; subprocess.run([sys.executable, '-c', {block!r}])"
    with memory.watched() as peak:
        subprocess.run([sys.executable, "-c", child], check=True)
    assert 200 * MB < peak.bytes < 260 * MB
    with memory.watched() as less:
        subprocess.run([sys.executable, "-c", "import time; time.sleep(0.5)"], check=True)
    assert 0 < less.bytes < 40 * MB


@pytest.mark.slow
def test_measuring_writes_the_header_and_the_table_and_leaves_the_notebooks_fresh(tmp_path: Path) -> None:
    root = make_course(tmp_path / "course")
    assert build.main([], root) == 0
    assert build.main(["--memory", "02"], root) == 0
    found = build.read_course(root).find("02").memory
    assert 50 <= int(found.removesuffix(" MB")) < memory.LIMIT_MB
    assert f"| 3 s, {found} |" in (root / "README.md").read_text("utf-8")
    assert build.main(["--check"], root) == 0


def test_the_header_gets_one_line_of_memory_however_often_it_is_measured() -> None:
    text = "# ---\n#     runs: 60 s\n#     uses: []\n# ---\n\n# runs: 3 s\n"
    once = memory.with_memory(text, 640)
    assert once == "# ---\n#     runs: 60 s\n#     memory: 640 MB\n#     uses: []\n# ---\n\n# runs: 3 s\n"
    assert memory.with_memory(once, 700) == once.replace("640", "700")
    assert memory.Peak(640_000_001).megabytes == 650


# ---------------------------------------------------------------------------------------------------- Binder's image


def closure(names: list[str]) -> set[str]:
    """These packages and all that they need, as they are installed here."""
    found: set[str] = set()
    todo = [canonicalize_name(name) for name in names]
    while todo:
        name = todo.pop()
        if name in found:
            continue
        try:
            needs = metadata.requires(name) or []
        except metadata.PackageNotFoundError:  # for another system only
            continue
        found.add(name)
        for line in needs:
            requirement = Requirement(line)
            if requirement.marker is None or requirement.marker.evaluate({"extra": ""}):
                todo.append(canonicalize_name(requirement.name))
    return found


def installed_bytes(name: str) -> int:
    """What a package takes on the disk, with what Python compiles of it."""
    files = metadata.files(name) or []
    return sum(path.stat().st_size for path in (Path(file.locate()) for file in files) if path.is_file())


@pytest.mark.slow
def test_binders_image_is_small_enough_to_start_on_a_node_that_has_never_seen_it() -> None:
    """The packages as they are installed here, with PyTorch's CPU build, and the checkout, which lies in two layers."""
    if sys.platform != "linux" or "+cpu" not in metadata.version("torch"):
        pytest.skip("Binder is Linux with PyTorch's CPU build; this is another one")
    lines = [(ROOT / name).read_text("utf-8") for name in ("requirements.txt", "binder/requirements.txt")]
    sizes = {name: installed_bytes(name) / MB for name in closure(re.findall(r"^([\w.-]+)==", "\n".join(lines), re.M))}
    assert {"torch", "jaxlib", "jupyterlab", "sympy", "jupyter-server", "jupyterhub"} <= set(sizes)
    assert sizes["torch"] > 200
    checkout = sum((ROOT / name).stat().st_size for name in tracked()) / MB
    image = IMAGE_BELOW_MB + sum(sizes.values()) + 2 * checkout
    largest = ", ".join(f"{n} {sizes[n]:.0f}" for n in sorted(sizes, key=sizes.get, reverse=True)[:4])
    print(f"image: {image:.0f} MB ({largest}, checkout twice {checkout:.0f})")
    assert image < IMAGE_LIMIT_MB


def tracked() -> list[str]:
    """The files of the checkout."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True)
    if listed.returncode:
        pytest.skip("not a git checkout")
    return [name for name in listed.stdout.decode().split("\0") if name and (ROOT / name).is_file()]


# ---------------------------------------------------------------------------------------------------- the wheel


def test_what_a_hosted_notebook_installs_has_less_than_2_mb(tmp_path: Path) -> None:
    """Deflated as in a wheel: the files of both packages that git has, but for those that pyproject.toml leaves out."""
    wheel = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["hatch"]["build"]["targets"]["wheel"]
    names = [name for name in tracked() if name.startswith(tuple(f"{package}/" for package in wheel["packages"]))]
    left_out = {name for name in names if any(fnmatch(name, pattern) for pattern in wheel["exclude"])}
    assert left_out == {f"course_utils/showcase/{name}.png" for name in ("learning", "plate")}
    path = tmp_path / "course.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
        for name in ("README.md", "LICENSE", *sorted(set(names) - left_out)):
            file.write(ROOT / name, name)
    assert path.stat().st_size < 2 * MB


def test_a_plate_that_was_not_installed_is_shown_from_the_repository(monkeypatch: pytest.MonkeyPatch) -> None:
    from course_utils import showcase

    monkeypatch.setitem(showcase.MADE, "plate", Path("nowhere", "plate.png"))
    message = Message()
    message["Project-URL"] = "Issues, https://example.org"
    message["Project-URL"] = f"Repository, {ADDRESS}"
    monkeypatch.setattr(metadata, "metadata", lambda name: message)
    html = showcase.plate_made("plate", width=600)._repr_html_()
    raw = "https://raw.githubusercontent.com/someone/some-course/main/course_utils/showcase/plate.png"
    assert f'src="{raw}" width="600"' in html
    assert showcase.WORDS["plate"] in html
