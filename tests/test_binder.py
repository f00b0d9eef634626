"""Binder's image, which is a hub's too: read with repo2docker's own code, without Docker."""

from __future__ import annotations

import json
import re
import shutil
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml
from packaging.specifiers import SpecifierSet

ROOT = Path(__file__).resolve().parent.parent

app = pytest.importorskip("repo2docker.app", reason="repo2docker renders the image")


@pytest.fixture
def pack(monkeypatch: pytest.MonkeyPatch) -> Any:
    """The build pack that repo2docker takes for the checkout: the first one that says the folder is its own."""
    monkeypatch.chdir(ROOT)
    repo2docker = app.Repo2Docker()
    packs = (pack(repo2docker.base_image) for pack in repo2docker.buildpacks)
    return next(pack for pack in packs if pack.detect())


@pytest.fixture
def steps(pack: Any) -> list[tuple[str, str]]:
    """The image's recipe as repo2docker reads it: instruction and arguments, each on one line."""
    text = re.sub(r"\s*\\\n\s*", " ", pack.render({"NB_UID": "1000", "NB_USER": "jovyan"}))
    lines = [line for line in text.splitlines() if line.strip() and not line.startswith("#")]
    return [tuple(line.split(" ", 1)) for line in lines]


def test_binder_takes_the_courses_own_recipe(pack: Any) -> None:
    assert type(pack).__name__ == "DockerBuildPack"
    assert Path(pack.binder_dir) == Path("binder")


def test_the_image_has_a_small_base_with_a_python_that_the_pins_are_for(steps: list[tuple[str, str]]) -> None:
    base = [rest for word, rest in steps if word == "FROM"]
    assert len(base) == 1
    version = re.fullmatch(r"docker\.io/library/python:(\d\.\d+)-slim-bookworm", base[0])[1]
    assert version in SpecifierSet(
        tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["requires-python"]
    )
    assert f"Python {version}" in (ROOT / "docs" / "hub.md").read_text("utf-8")


def test_what_is_installed_is_copied_before_and_lessons_only_after_it(
    steps: list[tuple[str, str]], tmp_path: Path
) -> None:
    """So a change of a lesson leaves the layer with the packages as it is. Copying is done here as the recipe says."""
    copied, installed = [], None
    for word, rest in steps:
        if word == "COPY" and installed is None:
            *sources, target = rest.split()
            copied += sources
            for source in sources:
                place = tmp_path / target.lstrip("/")
                place.mkdir(parents=True, exist_ok=True)
                shutil.copy(ROOT / source, place)
        elif word == "RUN" and "pip install" in rest:
            assert installed is None
            installed = re.search(r" -r (\S+)$", rest)[1]
    assert copied == ["requirements.txt", "binder/requirements.txt"]
    pins = requirements(tmp_path / installed.lstrip("/"))
    assert pins >= requirements(ROOT / "requirements.txt") | {"nbgitpuller", "jupyterhub"}
    rest = steps[[word for word, _ in steps].index("RUN", 1) :]
    assert ("COPY", ". .") in rest
    for word, line in rest:
        if word == "COPY":
            assert (ROOT / line.split()[0]).exists()


def requirements(path: Path) -> set[str]:
    """The names in a requirements file and in those that it includes."""
    names: set[str] = set()
    for line in path.read_text("utf-8").splitlines():
        if line.startswith("-r "):
            names |= requirements(path.parent / line.removeprefix("-r "))
        elif found := re.match(r"[\w.-]+(?===)", line):
            names.add(found[0])
    return names


def test_who_works_in_the_image_is_not_root_and_owns_the_course(steps: list[tuple[str, str]]) -> None:
    """Binder and hubs give name and number of the user as arguments of the build."""
    words = [word for word, _ in steps]
    assert {rest.split("=")[0] for word, rest in steps if word == "ARG"} == {"NB_USER", "NB_UID"}
    assert steps[-2:] == [("USER", "${NB_UID}"), ("CMD", '["jupyter", "lab", "--ip=0.0.0.0"]')]
    assert steps.index(("COPY", ". .")) < steps.index(("RUN", "chown -R ${NB_UID} .")) < words.index("USER")


def test_what_git_leaves_out_the_image_of_a_checkout_in_use_leaves_out_too() -> None:
    """Some gigabytes of environments, and a learner's own copies."""
    left_out = set((ROOT / "binder" / "Dockerfile.dockerignore").read_text("utf-8").splitlines())
    kept = {".venv.lock", "*.pyc", ".virtual_documents/", "*.egg-info/", ".DS_Store"}  # small, or below another one
    for line in set((ROOT / ".gitignore").read_text("utf-8").splitlines()) - kept:
        name = line.strip("/")
        assert left_out & {name, f"{name}*", f"**/{name}", name.replace("-*", "*")}, line


def test_binder_gets_the_learners_set_with_pytorchs_cpu_wheels_and_no_test_tools() -> None:
    lines = (ROOT / "binder" / "requirements.txt").read_text("utf-8").splitlines()
    assert [line for line in lines if not line.startswith("#")] == [
        "--extra-index-url https://download.pytorch.org/whl/cpu",
        "-r ../requirements.txt",
        "jupyterhub==5.5.4",
        "nbgitpuller==1.3.0",
    ]
    learner = requirements(ROOT / "requirements.txt")
    tools = set(re.findall(r"^([\w.-]+)==", (ROOT / "tests" / "requirements.txt").read_text("utf-8"), re.M))
    assert {"torch", "jupyterlab", "ipywidgets"} <= learner
    assert not learner & tools


def test_a_hubs_page_names_the_jupyterhub_that_the_image_has() -> None:
    """A chart of major version 4 has JupyterHub 5."""
    page = (ROOT / "docs" / "hub.md").read_text("utf-8")
    pinned = re.search(r"^jupyterhub==(\d+)\.", (ROOT / "binder" / "requirements.txt").read_text("utf-8"), re.M)[1]
    assert f"of JupyterHub {pinned}" in page
    assert f"a chart of major version {int(pinned) - 1}" in page.replace("\n", " ")


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


def test_jupyterlab_does_not_ask_every_newcomer_whether_it_may_fetch_news(steps: list[tuple[str, str]]) -> None:
    settings = json.loads((ROOT / "binder" / "overrides.json").read_text("utf-8"))
    assert settings["@jupyterlab/apputils-extension:notification"]["fetchNews"] == "false"
    assert ("COPY", "binder/overrides.json /usr/local/share/jupyter/lab/settings/") in steps
