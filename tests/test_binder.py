"""Binder builds the course's image: rendered with repo2docker's own code, without Docker."""

from __future__ import annotations

import re
import shutil
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).resolve().parent.parent
INSTALL = "-r binder/requirements.txt"

app = pytest.importorskip("repo2docker.app", reason="repo2docker renders the image")


def checkout(folder: Path) -> Path:
    """What repo2docker looks at, in a folder of its own."""
    shutil.copytree(ROOT / "binder", folder / "binder")
    shutil.copy(ROOT / "requirements.txt", folder)
    shutil.copytree(ROOT / "notebooks", folder / "notebooks", ignore=shutil.ignore_patterns("*.ipynb", "__pycache__"))
    return folder


def build_pack(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """The build pack that repo2docker takes for a folder: the first one that says the folder is its own."""
    monkeypatch.chdir(folder)
    repo2docker = app.Repo2Docker()
    packs = (pack(repo2docker.base_image) for pack in repo2docker.buildpacks)
    pack = next(pack for pack in packs if pack.detect())
    pack.platform = "linux/amd64"
    return pack


def image(folder: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """The Dockerfile for a folder, on one line per instruction."""
    pack = build_pack(folder, monkeypatch)
    text = pack.render({"NB_UID": "1000", "NB_USER": "jovyan"})
    return re.sub(r"\s*\\\n\s*", " ", text)


def test_binder_takes_the_python_build_pack(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pack = build_pack(checkout(tmp_path), monkeypatch)
    assert type(pack).__name__ == "PythonBuildPack"
    assert Path(pack.binder_dir) == Path("binder")


def test_binder_runs_the_pinned_python(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pack = build_pack(checkout(tmp_path), monkeypatch)
    assert pack.python_version == "3.11"
    environments = [name for name in pack.get_build_script_files() if "environment" in name]
    assert any("py-3.11" in name for name in environments), environments


def test_binder_runs_another_python_without_the_pin(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    checkout(tmp_path)
    (tmp_path / "binder" / "runtime.txt").write_text("python-3.12\n")
    assert build_pack(tmp_path, monkeypatch).python_version == "3.12"


def test_binder_installs_the_learners_packages_once_the_files_are_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    steps = image(checkout(tmp_path), monkeypatch).splitlines()
    copied = [i for i, step in enumerate(steps) if step.startswith("COPY") and " src/ " in step]
    installed = [i for i, step in enumerate(steps) if "pip install" in step and INSTALL in step.replace('"', "")]
    after_build = [i for i, step in enumerate(steps) if "postBuild" in step]
    assert len(copied) == len(installed) == 1
    # The file includes ../requirements.txt, so it can only be read when the whole checkout is in the image.
    assert copied[0] < installed[0]
    assert any(i > installed[0] for i in after_build)


def test_binder_installs_nothing_without_the_requirement_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    checkout(tmp_path)
    (tmp_path / "binder" / "requirements.txt").unlink()
    assert INSTALL not in image(tmp_path, monkeypatch).replace('"', "")


def test_binder_gets_the_learners_set_with_pytorchs_cpu_wheels_and_no_test_tools() -> None:
    lines = (ROOT / "binder" / "requirements.txt").read_text("utf-8").splitlines()
    assert [line for line in lines if not line.startswith("#")] == [
        "--extra-index-url https://download.pytorch.org/whl/cpu",
        "-r ../requirements.txt",
        "nbgitpuller==1.3.0",
    ]
    learner = set(re.findall(r"^([\w.-]+)==", (ROOT / "requirements.txt").read_text("utf-8"), re.M))
    tools = set(re.findall(r"^([\w.-]+)==", (ROOT / "tests" / "requirements.txt").read_text("utf-8"), re.M))
    assert {"torch", "jupyterlab", "ipywidgets"} <= learner
    assert not learner & tools


def test_a_hub_gets_the_same_image_with_its_single_user_server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The chart that docs/hub.md names has JupyterHub 5, and so has the image."""
    pack = build_pack(checkout(tmp_path), monkeypatch)
    frozen = Path(app.__file__).parent / "buildpacks" / "conda" / "environment.py-3.11.yml"
    assert f"py-{pack.python_version}" in frozen.name
    assert re.search(r"^- jupyterhub-singleuser==5\.", frozen.read_text("utf-8"), re.M)
    page = (ROOT / "docs" / "hub.md").read_text("utf-8")
    assert "of JupyterHub 5" in page


def test_a_hubs_values_name_what_the_chart_knows_and_allow_what_a_seat_was_measured_to_take() -> None:
    values = yaml.safe_load((ROOT / "docs" / "hub" / "values.yaml").read_text("utf-8"))
    seat = values["singleuser"]
    table = re.findall(r"^\| (\d\d) .*\| (\d+) \|$", (ROOT / "docs" / "hub.md").read_text("utf-8"), re.M)
    assert {number for number, _ in table} >= {"01", "07"}  # with PyTorch, with JAX
    limit, guarantee = (float(seat["memory"][key].removesuffix("G")) * 1000 for key in ("limit", "guarantee"))
    peaks = [int(peak) * 1.048576 for _, peak in table]
    assert max(peaks) < 0.8 * limit
    assert max(peaks) < guarantee
    assert set(values) == {"hub", "singleuser", "prePuller", "cull"}
    assert seat["networkPolicy"]["egressAllowRules"].keys() == {"nonPrivateIPs", "privateIPs"}


def test_binders_last_step_can_be_executed_and_switches_the_news_question_off() -> None:
    script = ROOT / "binder" / "postBuild"
    assert script.read_text("utf-8").startswith("#!")
    assert b"\r" not in script.read_bytes()
    assert '"fetchNews": "false"' in script.read_text("utf-8")
