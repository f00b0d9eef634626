"""House rules: code style, fresh notebooks, light imports, and nothing in the files that belongs to one machine."""

from __future__ import annotations

import base64
import io
import re
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from PIL import Image

ROOT = Path(__file__).resolve().parent.parent

TOP = {
    ".ci",
    ".gitattributes",
    ".github",
    ".gitignore",
    "CONTRIBUTING.md",
    "LICENSE",
    "README.md",
    "binder",
    "classroom",
    "course.py",
    "course_checks",
    "course_utils",
    "docs",
    "notebooks",
    "pyproject.toml",
    "requirements.txt",
    "tests",
}

# Written in parts, or this file would break its own rule.
REGISTRIES = "|".join(("py" + r"pi\.org", "python" + "hosted", r"registry\.npm" + "js", r"deb\." + "debian"))
FOLDERS = "|".join(("root", "home", "Users", "work", "tmp", "var", "opt", "mnt"))
MACHINE = "a path that is there on one machine only"
IMAGE = "binder/Dockerfile"  # its paths are those of the image
FORBIDDEN = {
    "the host of a package registry": re.compile(REGISTRIES),
    MACHINE: re.compile(rf"(?<![\w.~}}-])/(?:{FOLDERS})/[\w.-]+"),
    "an emoji": re.compile("[\U0001f000-\U0001faff]"),
}


def run(*command: str) -> subprocess.CompletedProcess[str]:
    """Run a command in the checkout."""
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, encoding="utf-8")


def python(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Run this Python in the checkout."""
    return run(sys.executable, *arguments)


def project_files() -> list[Path]:
    """All files that git has or would take."""
    listed = run("git", "ls-files", "-z", "--cached", "--others", "--exclude-standard")
    if listed.returncode:
        pytest.skip("not a git checkout")
    return sorted({ROOT / name for name in listed.stdout.split("\0") if name and (ROOT / name).is_file()})


def offences(name: str, text: str) -> list[str]:
    """What a file's text holds that it must not, with line numbers."""
    found = []
    for number, line in enumerate(text.splitlines(), 1):
        for what, pattern in FORBIDDEN.items():
            if name == IMAGE and what == MACHINE:
                continue
            found += [f"{name}, line {number}: {what}: {match[0]}" for match in pattern.finditer(line)]
    return found


@pytest.mark.parametrize("command", [("check",), ("format", "--check", "--diff")])
def test_ruff_is_silent(command: tuple[str, ...]) -> None:
    result = python("-m", "ruff", *command, "--quiet", "--no-cache", ".")
    if result.returncode:
        pytest.fail(result.stdout + result.stderr, pytrace=False)


def test_the_notebooks_are_what_their_sources_give() -> None:
    result = python("notebooks/build", "--check")
    if result.returncode or result.stdout or result.stderr:
        pytest.fail(result.stdout + result.stderr, pytrace=False)


@pytest.mark.parametrize("path", sorted((ROOT / "notebooks/solutions").glob("*.ipynb")), ids=lambda path: path.stem[:2])
def test_figures_in_the_solved_copies_are_sharp_and_small(path: Path) -> None:
    """Of 256 colours, with twice the pixels of the page: those that fill its width are what `plots` has finished."""
    outputs = [out for cell in nbformat.read(path, 4).cells for out in cell.get("outputs", ())]
    sizes = [
        (out["data"]["image/png"], out["metadata"].get("image/png", {}))
        for out in outputs
        if "image/png" in out.get("data", {})
    ]
    for picture, size in sizes:
        with Image.open(io.BytesIO(base64.b64decode(picture))) as image:
            assert image.mode == "P"
            if size.get("width") == 960:
                assert image.width == 2 * size["width"]
                assert abs(image.height - 2 * size["height"]) <= 1  # the page's height is rounded


def test_modules_import_from_the_layers_below_them_and_in_no_circle() -> None:
    """The layers stand in pyproject.toml; `lint-imports` shows the same."""
    result = python("-c", "from importlinter.cli import lint_imports as lint; exit(lint(no_cache=True, no_logo=True))")
    if result.returncode:
        pytest.fail(result.stdout + result.stderr, pytrace=False)


@pytest.mark.parametrize("module", ["course_utils", "course_checks", "course_utils.lattice.exact"])
def test_importing_it_loads_neither_torch_nor_jax(module: str) -> None:
    result = python("-c", f"import {module}, sys; print(sorted({{'torch', 'jax', 'jaxlib'}} & set(sys.modules)))")
    assert (result.stdout, result.stderr) == ("[]\n", "")


def test_no_file_names_a_registry_a_machine_or_an_emoji() -> None:
    found = []
    for path in project_files():
        try:
            text = path.read_text("utf-8")
        except UnicodeDecodeError:  # a picture
            continue
        found += offences(path.relative_to(ROOT).as_posix(), text)
    if found:
        pytest.fail("\n".join(found), pytrace=False)


def test_no_page_has_a_heading_without_words() -> None:
    pages = [path for path in project_files() if path.suffix == ".md"]
    assert ROOT / "README.md" in pages
    assert [path.name for path in pages if re.search(r"^#+[ \t]*$", path.read_text("utf-8"), re.M)] == []


def test_those_rules_find_what_they_are_for() -> None:
    slash = "/"
    bad = [
        "https:" + slash * 2 + "py" + "pi.org/simple",
        f"File {slash}tmp/ipykernel_17/42.py, line 1",
        f'"{slash}home/someone/course"',
        chr(0x1F389),
    ]
    assert [len(offences("x", line)) for line in bad] == [1, 1, 1, 1]
    good = "See tests/work/notes, ~/.cache, ../tmp/x and https://example.org/home/page. A tick ✓, a cross ✗."
    assert offences("x", good) == []


def test_everything_at_the_top_is_known() -> None:
    assert {path.relative_to(ROOT).parts[0] for path in project_files()} == TOP


def test_what_is_executed_can_be() -> None:
    listed = run("git", "ls-files", "-s", ".ci/run")
    if listed.returncode:
        pytest.skip("not a git checkout")
    modes = {line.split()[3]: line.split()[0] for line in listed.stdout.splitlines()}
    assert modes == {".ci/run": "100755"}
