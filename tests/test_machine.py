"""setup(): where a notebook runs, seeds, devices, and no framework that was not asked for."""

import os
import random
import subprocess
import sys
import types
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pytest
import torch

from course_utils import machine, place, setup
from notebooks import build


@pytest.mark.parametrize(
    ("variable", "expected"),
    [
        ("COLAB_RELEASE_TAG", "colab"),
        ("KAGGLE_KERNEL_RUN_TYPE", "kaggle"),
        ("BINDER_SERVICE_HOST", "binder"),
        (None, "local"),
    ],
)
def test_the_place_is_recognised(monkeypatch, variable, expected):
    for name in ("COLAB_RELEASE_TAG", "KAGGLE_KERNEL_RUN_TYPE", "BINDER_SERVICE_HOST", "BINDER_LAUNCH_HOST"):
        monkeypatch.delenv(name, raising=False)
    if variable:
        monkeypatch.setenv(variable, "1")
    assert place.where() == expected


def test_colabs_widget_manager_is_switched_on(monkeypatch, capsys):
    called = []
    output = types.SimpleNamespace(enable_custom_widget_manager=lambda: called.append(True))
    colab = types.ModuleType("google.colab")
    colab.output = output
    monkeypatch.setitem(sys.modules, "google", types.ModuleType("google"))
    monkeypatch.setitem(sys.modules, "google.colab", colab)
    assert setup(uses=()).place == "colab"
    assert called == [True]
    assert "Google Colab" in capsys.readouterr().out


def test_the_seed_fixes_all_three_global_generators():
    def draw():
        return random.random(), np.random.rand(), torch.rand(1).item()  # noqa: NPY002

    setup(7)
    first = draw()
    setup(7)
    assert draw() == first
    setup(8)
    assert all(a != b for a, b in zip(draw(), first, strict=True))


def test_the_machine_says_what_it_found(capsys):
    found = setup(3, uses=("torch",))
    printed = capsys.readouterr().out
    assert printed.rstrip() == str(found)
    assert found.device in ("cpu", "cuda")
    assert found.cores >= 1
    assert torch.__version__.split("+")[0] in printed
    assert "seed 3" in printed
    torch.ones(1, device=found.device)


def test_a_container_limit_counts_as_the_memory(monkeypatch):
    monkeypatch.setenv("MEM_LIMIT", str(2**30))
    assert setup().memory == pytest.approx(1.0)


def test_setup_sets_the_plotting_style():
    plt.rcdefaults()
    setup()
    assert plt.rcParams["axes.spines.top"] is False
    assert plt.rcParams["figure.constrained_layout.use"] is True


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ({"seed": -1}, "seed = -1"),
        ({"seed": 1.5}, "seed = 1.5"),
        ({"seed": True}, "seed = True"),
        ({"seed": 2**32}, "seed = 4294967296"),
        ({"uses": ("tensorflow",)}, "uses = 'tensorflow'"),
    ],
)
def test_bad_input_is_named(arguments, says):
    with pytest.raises(ValueError, match=says):
        setup(**arguments)


@pytest.mark.parametrize(
    ("code", "absent"),
    [
        ("import course_utils", ("torch", "jax", "matplotlib", "scipy", "ipywidgets")),
        ("import course_utils; course_utils.setup(uses=())", ("torch", "jax")),
        pytest.param("import course_utils; course_utils.setup(uses='torch')", ("jax",), marks=pytest.mark.slow),
        pytest.param(
            "import course_utils.energies, course_utils.boltzmann", ("jax", "matplotlib"), marks=pytest.mark.slow
        ),
        ("import course_utils.lattice.exact", ("torch", "jax", "matplotlib")),
        ("from course_utils import plots, explorers", ("torch", "jax")),
    ],
)
def test_nothing_is_imported_that_is_not_needed(code, absent):
    check = f"{code}; import sys; bad = [m for m in {absent!r} if m in sys.modules]; assert not bad, bad"
    done = subprocess.run([sys.executable, "-c", check], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_jax_does_not_take_the_gpu_memory_at_the_start():
    pytest.importorskip("jax")
    code = (
        "import os; os.environ.pop('XLA_PYTHON_CLIENT_PREALLOCATE', None); import course_utils;"
        "m = course_utils.setup(uses=('jax',)); assert os.environ['XLA_PYTHON_CLIENT_PREALLOCATE'] == 'false';"
        "assert m.devices['jax'] in ('cpu', 'cuda')"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "jax" in done.stdout


@pytest.mark.slow
def test_compiled_programs_are_kept_for_the_next_kernel(tmp_path):
    jax = pytest.importorskip("jax")
    code = (
        "import course_utils; m = course_utils.setup(uses='jax'); import jax; before = set(m.programs.glob('*-cache'));"
        "jax.jit(lambda x: x * 2 + 1)(3.0); print('made', len(set(m.programs.glob('*-cache')) - before))"
    )
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("JAX_COMPILATION", "JAX_PERSISTENT"))}
    environment |= {"HOME": str(tmp_path), "USERPROFILE": str(tmp_path)}
    if jax.__version_info__ < (0, 10):
        pytest.skip("this JAX keeps nothing")
    runs = [
        subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=environment) for _ in range(2)
    ]
    assert [run.returncode for run in runs] == [0, 0], runs[0].stderr
    folder = tmp_path / ".cache" / "energy-based-course" / "jax"
    assert f"Compiled programs are kept for the next time, in {folder}" in runs[0].stdout
    first, second = (int(run.stdout.split("made ")[1]) for run in runs)
    assert first >= 1
    assert second == 0
    assert runs[1].stderr == ""


@pytest.mark.parametrize("stands_in_the_way", [True, False])
def test_a_home_that_cannot_be_written_keeps_no_programs(monkeypatch, tmp_path, stands_in_the_way):
    pytest.importorskip("jax")
    monkeypatch.delenv("JAX_COMPILATION_CACHE_DIR", raising=False)
    monkeypatch.setattr(machine.metadata, "version", lambda name: "0.10.2")
    if stands_in_the_way:
        (tmp_path / ".cache").write_text("a file is in the way, as a read-only folder would be")
    monkeypatch.setattr(Path, "home", lambda: tmp_path)
    folder = tmp_path / ".cache" / "energy-based-course" / "jax"
    assert machine._programs_folder() == (None if stands_in_the_way else folder)
    monkeypatch.setenv("JAX_COMPILATION_CACHE_DIR", str(tmp_path / "mine"))
    assert machine._programs_folder() == tmp_path / "mine"


def test_a_lesson_keeps_its_training_beside_the_notebook_or_where_the_environment_says(monkeypatch, tmp_path, capsys):
    monkeypatch.delenv("COURSE_SAVED")
    monkeypatch.chdir(tmp_path)
    assert machine.saved_folder("06") == machine.saved_folder("06") == tmp_path / "saved" / "06"
    assert (tmp_path / "saved" / "06").is_dir()
    monkeypatch.setenv("COURSE_SAVED", str(tmp_path / "mine"))
    assert machine.saved_folder("06") == tmp_path / "mine" / "06"
    assert list(tmp_path.glob("mine/06/*")) == []  # the try leaves nothing behind
    assert capsys.readouterr().out == ""


def test_the_build_and_the_tests_keep_nothing(monkeypatch, tmp_path):
    assert os.environ["COURSE_SAVED"] == build.kernel_environment()["COURSE_SAVED"] == "none"
    monkeypatch.chdir(tmp_path)
    one, two = machine.saved_folder("06"), machine.saved_folder("06")
    assert one != two
    assert one.is_dir()
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_cannot_be_written_is_replaced_with_a_sentence(monkeypatch, tmp_path, capsys):
    monkeypatch.delenv("COURSE_SAVED")
    monkeypatch.chdir(tmp_path)
    (tmp_path / "saved").write_text("a file is in the way, as a read-only folder would be")  # root may write anywhere
    monkeypatch.setattr(Path, "home", lambda: tmp_path / "home")
    cache = tmp_path / "home" / ".cache" / "energy-based-course" / "06"
    assert machine.saved_folder("06") == cache
    assert (tmp_path / "saved").is_file()
    out = f"{tmp_path / 'saved' / '06'} cannot be written, so training is kept in {cache}.\n"
    assert capsys.readouterr().out == out
    monkeypatch.setattr(Path, "home", lambda: tmp_path / "saved")
    assert machine.saved_folder("06").is_dir()
    assert "training is lost if the kernel stops" in capsys.readouterr().out
