"""What a lesson needs is looked for, and added only where the course stands alone; nothing that is there changes."""

import sys
from importlib import metadata
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from course_utils import packages, setup

MISSING = Requirement("no-such-package >=2")


def test_the_needs_are_those_of_the_description():
    base, both = packages.needed(()), packages.needed(("torch", "jax"))
    assert {"numpy", "jaxtyping", "psutil"} <= {r.name for r in base}
    assert {r.name for r in both} - {r.name for r in base} == {"torch", "jax", "thrml", "networkx"}


def test_the_needs_of_an_installed_module_are_those_of_a_checkout(monkeypatch):
    here = {str(r) for r in packages.needed(("jax",))}
    lines = [str(r) for r in packages.needed(())]
    lines += [f'{r}; extra == "thrml"' for r in here - set(lines)] + ['torch>=2.6; extra == "torch"']
    monkeypatch.setattr(packages, "PROJECT", Path("nowhere"))
    monkeypatch.setattr(metadata, "requires", lambda name: lines)
    assert {f"{r.name}{r.specifier}" for r in packages.needed(("jax",))} == here


def test_of_two_with_one_name_the_first_counts_and_broken_ones_do_not(monkeypatch, tmp_path):
    for folder, name, version in (("a", "NumPy", "0.1"), ("b", "odd", "not a version"), ("c", None, "1")):
        place = tmp_path / f"{folder}-1.dist-info"
        place.mkdir()
        lines = ["Metadata-Version: 2.1", f"Version: {version}", *([f"Name: {name}"] if name else [])]
        (place / "METADATA").write_text("\n".join(lines) + "\n")
    before = packages.installed()
    monkeypatch.setattr(sys, "path", [*sys.path, str(tmp_path)])
    assert packages.installed() == before
    monkeypatch.setattr(sys, "path", [str(tmp_path), *sys.path])
    assert packages.installed() == before | {"numpy": "0.1"}


def test_a_checkout_installs_nothing_and_says_what_to_do(monkeypatch):
    monkeypatch.setattr(packages, "needed", lambda frameworks: [MISSING])
    monkeypatch.setattr(packages, "_add", lambda *_: pytest.fail("something was installed"))
    with pytest.raises(RuntimeError, match=r"no-such-package>=2: not installed in .*course\.py lab"):
        setup(uses=())


def test_a_version_that_is_too_old_is_named_and_kept(monkeypatch):
    monkeypatch.setattr(packages, "needed", lambda frameworks: [Requirement("numpy >=99")])
    with pytest.raises(RuntimeError, match=r"numpy \S+ is installed here, and the course needs numpy>=99. Nothing was"):
        setup(uses=())


@pytest.fixture
def alone(monkeypatch):
    """The module as if it had been installed by itself; pip is a function that gets its arguments and the limits."""
    monkeypatch.setattr(packages, "PROJECT", Path("nowhere"))
    monkeypatch.setattr(packages, "needed", lambda frameworks: [MISSING, Requirement("numpy")])
    calls, answer = [], {"returncode": 0, "stdout": "", "stderr": ""}

    def run(command, **options):
        calls.append((command, Path(command[command.index("-c") + 1]).read_text()))
        return type("Result", (), answer)

    monkeypatch.setattr(packages.subprocess, "run", run)
    return calls, answer


def test_what_is_missing_is_added_with_all_else_held(alone):
    calls, _ = alone
    packages.complete(())
    (command, limits), *more = calls
    assert command[:4] == [sys.executable, "-m", "pip", "install"]
    assert command[-1] == "no-such-package>=2"
    assert not more
    held = dict(line.split("==") for line in limits.splitlines())
    assert held == packages.installed()


def test_why_it_cannot_be_added_is_said(alone):
    _, answer = alone
    answer |= {"returncode": 1, "stderr": "ERROR: no network today"}
    with pytest.raises(RuntimeError, match=r"no-such-package>=2 could not be added[\s\S]*no network today"):
        packages.complete(())


def test_a_pip_that_changed_a_version_does_not_pass(alone, monkeypatch):
    first = {"numpy": "2.0"}
    answers = iter([first, first | {"numpy": "3.0"}])
    monkeypatch.setattr(packages, "installed", lambda: next(answers))
    with pytest.raises(RuntimeError, match=r"pip has changed \{'numpy': '3.0'\}.*new session"):
        packages.complete(())
