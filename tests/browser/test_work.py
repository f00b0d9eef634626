"""`course.py lab` as a learner meets it: a list of lessons, links between them, and a clone that stays clean."""

import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import course

pytest.importorskip("playwright", reason="the browser tests need Playwright: see tests/requirements.txt")
from lab import wait_for

ROOT = Path(__file__).resolve().parents[2]
IGNORED = shutil.ignore_patterns("__pycache__", ".ipynb_checkpoints", "src")
LESSONS = sorted(path.name for path in (ROOT / "notebooks").glob("*.ipynb"))

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(shutil.which("git") is None, reason="asks git whether the clone is clean"),
    pytest.mark.skipif(sys.platform == "win32", reason="the stand-in for the environment's Python is a script"),
]


def git(clone: Path, *arguments: str) -> str:
    command = ["git", "-c", "user.name=Somebody", "-c", "user.email=somebody@example.org", *arguments]
    return subprocess.run(command, cwd=clone, check=True, capture_output=True, text=True).stdout


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """A clone of the course whose environment is the one that runs this test."""
    root = tmp_path / "course"
    for name in ("course_checks", "course_utils", "notebooks"):
        shutil.copytree(ROOT / name, root / name, ignore=IGNORED)
    for name in ("course.py", "pyproject.toml", "requirements.txt", ".gitignore"):
        shutil.copy(ROOT / name, root)
    git(root, "init", "--quiet")
    git(root, "add", "--all")
    git(root, "commit", "--quiet", "--message", "The course")
    python = root / ".venv" / "bin" / "python"
    python.parent.mkdir(parents=True)
    python.write_text(f'#!/bin/sh\nexec "{sys.executable}" "$@"\n')
    python.chmod(0o755)
    (root / ".venv" / "course-lab.stamp").write_text(course.stamp("lab"))
    return root


@pytest.fixture
def address(clone: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """Where `course.py lab --no-browser` says that it serves."""
    monkeypatch.delenv("PYTHONPATH", raising=False)  # set-up is to find the course in the clone
    for kind in ("CONFIG", "DATA", "RUNTIME"):
        monkeypatch.setenv(f"JUPYTER_{kind}_DIR", str(tmp_path / kind))
    process = subprocess.Popen(
        [sys.executable, "course.py", "lab", "--no-browser"],
        cwd=clone,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    lines = []
    try:
        for line in process.stdout:
            lines.append(line)
            if found := re.search(r"http://127\.0\.0\.1:\d+/\S+", line):
                yield found[0]
                break
        else:
            pytest.fail("".join(lines))
    finally:
        process.terminate()
        process.communicate(timeout=30)


def test_the_lab_shows_the_lessons_alone_links_them_and_leaves_git_clean(lab, clone: Path, address: str) -> None:
    page = lab._browser.new_context(viewport={"width": 1400, "height": 1000}).new_page()
    page.set_default_timeout(60_000)
    page.goto(address)
    page.wait_for_selector(".jp-NotebookPanel .jp-CodeCell")
    page.wait_for_selector(".jp-DirListing-item")
    shown = page.locator(".jp-DirListing-item .jp-DirListing-itemName").all_inner_texts()
    assert shown == ["solutions", *LESSONS]

    notebook = page.locator(".jp-NotebookPanel:visible")
    notebook.locator(".jp-WindowedPanel-outer").evaluate("element => element.scrollTo(0, 1e6)")
    notebook.locator(".jp-Notebook-ExecutionIndicator[data-status='idle']").wait_for()  # a link does nothing before
    notebook.get_by_role("link", name="01 The Boltzmann distribution →").click()
    page.wait_for_selector(".jp-NotebookPanel:visible h1:has-text('01 · The Boltzmann distribution')")

    page.locator(".lm-TabBar-tabLabel", has_text="00_start_here").click()
    notebook.locator(".jp-WindowedPanel-outer").evaluate("element => element.scrollTo(0, 0)")
    first = notebook.locator(".jp-CodeCell").first
    first.locator(".jp-Placeholder-content").click()  # set-up is folded
    first.locator(".cm-content").click()
    page.keyboard.press("Shift+Enter")
    first.locator(".jp-OutputArea-output", has_text="Running on this computer").wait_for()  # it found course_utils
    answer = notebook.locator(".jp-CodeCell", has_text="def spring_energy").first
    answer.locator(".cm-content").click()
    page.keyboard.press("Control+End")
    page.keyboard.type("  # by me")
    page.keyboard.press("Control+s")
    copy = clone / "work" / LESSONS[0]
    wait_for(lambda: "# by me" in copy.read_text("utf-8"), "the saved lesson", 60)
    assert git(clone, "status", "--porcelain") == ""
    page.context.close()
