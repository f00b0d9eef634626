"""No GPU, a full one, a home that cannot be written, a terminal without letters, a clock that is set back."""

from __future__ import annotations

import os
import subprocess
import sys
import warnings
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from support.faults import ROOT, posix_only, read_only, without_rights
from test_ebm_training import run, same

from course_checks import check
from course_utils import data, ebm, fallback, machine

jax = pytest.importorskip("jax")

FULL = "RESOURCE_EXHAUSTED: Out of memory allocating 99999999999 bytes."


def python(code: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run code as a user without rights of root, with these variables besides."""
    dropped = ("JAX_", "MPLCONFIGDIR", "PYTHONIOENCODING", "PYTHONUTF8")
    environment = {k: v for k, v in os.environ.items() if not k.startswith(dropped)}
    environment |= {"PYTHONPATH": str(ROOT), "PYTHONUTF8": "1", **variables}
    command = without_rights([sys.executable, "-B", "-c", code])
    how = {"encoding": "utf-8", "errors": "replace"}
    return subprocess.run(command, env=environment, capture_output=True, check=False, **how)


# --------------------------------------------------------------------------------------------------- no GPU


@pytest.mark.slow
@posix_only
def test_a_gpu_that_the_environment_asks_for_and_that_is_not_there_is_said_and_the_cpu_taken() -> None:
    code = (
        "import course_utils; m = course_utils.setup(uses='jax'); import jax; print(m.devices, jax.numpy.ones(3).sum())"
    )
    done = python(code, JAX_PLATFORMS="tpu")
    assert done.returncode == 0, done.stderr
    said = "JAX_PLATFORMS = 'tpu' asks for a device that JAX cannot use here, so it computes on the CPU."
    assert said in done.stdout.splitlines()
    assert done.stdout.splitlines()[-1] == "{'jax': 'cpu'} 3.0"
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("error", [RuntimeError, AssertionError])
def test_whatever_jax_raises_for_a_missing_gpu_the_cpu_is_taken(
    error: type[Exception], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    real, wanted = jax.devices, jax.config.jax_platforms

    def devices() -> list:
        if jax.config.jax_platforms != "cpu":
            raise error("Unable to initialize backend 'cuda'")
        return real()

    monkeypatch.setattr(jax, "devices", devices)
    jax.config.update("jax_platforms", "cuda")
    try:
        assert machine._jax(None) == ("cpu", "CPU")
    finally:
        jax.config.update("jax_platforms", wanted)
    assert capsys.readouterr().out == (
        "JAX_PLATFORMS = 'cuda' asks for a device that JAX cannot use here, so it computes on the CPU.\n"
    )


@pytest.mark.parametrize(
    ("found", "refuses", "warns", "says"),
    [
        (False, "", "", ""),
        (
            False,
            "",
            "The NVIDIA driver is too old.\nUpdate it.",
            "PyTorch cannot use the GPU (The NVIDIA driver is too old.)",
        ),
        (True, "CUDA out of memory. Tried to allocate 2 MiB.", "", "PyTorch cannot use the GPU (CUDA out of memory."),
    ],
)
def test_a_gpu_that_pytorch_cannot_use_is_said_in_a_line_and_the_cpu_taken(
    found: bool,
    refuses: str,
    warns: str,
    says: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def is_available() -> bool:
        if warns:
            warnings.warn(warns, stacklevel=2)
        return found

    monkeypatch.setattr(torch.cuda, "is_available", is_available)
    monkeypatch.setattr(fallback, "refusal", lambda device: refuses)
    assert machine._torch(0) == ("cpu", "CPU")
    out, err = capsys.readouterr()
    assert err == ""
    assert out.startswith(says)
    assert out.count("\n") == (1 if says else 0)


def test_a_refusal_is_the_first_line_of_what_pytorch_says(monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*shape: int, device: str) -> torch.Tensor:
        raise torch.OutOfMemoryError("CUDA out of memory.\nOf the allocated memory ...")

    assert fallback.refusal("cpu") == ""
    monkeypatch.setattr(torch, "zeros", full)
    assert fallback.refusal("cuda") == "CUDA out of memory."


@pytest.mark.slow
def test_a_recipe_that_asks_for_a_gpu_trains_on_the_cpu_where_there_is_none(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    images = data.digits("train").images[:20]
    training = ebm.DIGITS.train(images, seed=0, device="cuda", n_steps=1, batch_size=4)
    assert training.step == 1
    assert capsys.readouterr().out == (
        "device = 'cuda' asks for a GPU, and PyTorch cannot use it (there is none): this runs on the CPU.\n"
    )
    with pytest.raises(ValueError, match="device = 'gpu': expected 'cpu' or 'cuda'"):
        ebm.DIGITS.train(images, seed=0, device="gpu", n_steps=1)


# --------------------------------------------------------------------------------------------- a GPU that is full


def test_a_training_for_which_the_gpu_has_no_room_starts_again_on_the_cpu(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    real, asked = ebm.ImageRecipe._train, []

    def full(self, images, seed, labels, device, options):
        asked.append(device)
        if device == "cuda":
            raise torch.OutOfMemoryError("CUDA out of memory.")
        return real(self, images, seed, labels, device, options)

    monkeypatch.setattr(ebm.ImageRecipe, "_train", full)
    monkeypatch.setattr(fallback, "torch_device", lambda wanted: wanted)
    images, how = data.digits("train").images[:20], {"seed": 0, "n_steps": 1, "batch_size": 4}
    training = ebm.DIGITS.train(images, device="cuda", **how)
    assert (training.step, asked) == (1, ["cuda", "cpu"])
    said = capsys.readouterr().out
    assert "The GPU's memory is full, so this training starts again on the CPU" in said
    assert "batch_size below 4" in said
    file = tmp_path / "run.pt"
    file.write_bytes(b"what was kept of it on the GPU")
    with pytest.raises(torch.OutOfMemoryError):
        ebm.DIGITS.train(images, device="cuda", checkpoint=file, **how)
    assert file.read_bytes() == b"what was kept of it on the GPU"


@pytest.mark.slow
def test_a_lattice_for_which_the_gpu_has_no_room_is_sampled_on_the_cpu_with_the_same_spins(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from course_utils.lattice import Ising, base

    real, key, how = base._frames, jax.random.key(3), {"n_samples": 2, "n_chains": 2}
    expected = np.asarray(Ising(8).sample(key, 0.4, **how))
    refused = []

    def full_at_first(*arguments):
        if not refused:
            refused.append(True)
            raise jax.errors.JaxRuntimeError(FULL)
        return real(*arguments)

    monkeypatch.setattr(base, "_frames", full_at_first)
    monkeypatch.setattr(jax, "default_backend", lambda: "gpu")
    found = Ising(8).sample(key, 0.4, **how)
    assert np.array_equal(found, expected)
    assert capsys.readouterr().out == (
        "The GPU's memory is full, so this runs on the CPU, which takes longer. To stay on the GPU, take a smaller "
        "lattice, fewer chains or fewer samples, or shut down other kernels that use it.\n"
    )
    assert next(iter(found.devices())).platform == "cpu"


def test_other_errors_of_jax_and_a_full_machine_are_not_hidden(monkeypatch: pytest.MonkeyPatch) -> None:
    messages = iter(["INTERNAL: something else", FULL, FULL, FULL])

    @fallback.to_cpu_if_full("take less")
    def work() -> None:
        raise jax.errors.JaxRuntimeError(next(messages))

    with pytest.raises(jax.errors.JaxRuntimeError, match="something else"):
        work()
    with pytest.raises(MemoryError, match="does not fit into the memory of this machine: take less"):
        work()  # there is no GPU: at the first try
    monkeypatch.setattr(jax, "default_backend", lambda: "gpu")
    with pytest.raises(MemoryError, match="take less"):
        work()  # not even on the CPU
    assert list(messages) == []


@pytest.mark.slow
def test_a_lattice_that_does_not_fit_into_this_machine_is_refused_in_words() -> None:
    from course_utils.lattice import Ising

    with pytest.raises(MemoryError, match="take a smaller lattice, fewer chains or fewer samples"):
        Ising(1024).sample(jax.random.key(0), 0.4, n_samples=1, n_chains=10**7, init="aligned")  # 10 TB


# -------------------------------------------------------------------------------------- homes, terminals, clocks

LESSON = """\
import course_utils
course_utils.setup(uses=("torch", "jax"))
import matplotlib.pyplot as plt
from course_utils import data, denoising, ebm, explorers, lattice, machines, plots, samplers
data.digits("train"), data.mnist14("train")
plt.figure().savefig("/dev/null", format="png")
"""


@pytest.mark.slow
@posix_only
def test_what_lessons_import_works_without_a_home_and_says_so_once(tmp_path: Path) -> None:
    with read_only(tmp_path / "home") as home:
        done = python(LESSON, HOME=str(home))
    assert (done.returncode, done.stderr) == (0, "")
    lines = done.stdout.splitlines()
    said = "Your home folder cannot be written, so nothing is kept there for the next time. All else works."
    assert lines.count(said) == 1
    assert len([line for line in lines if "home" in line.lower()]) == 1


def test_where_the_system_knows_no_home_there_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    def nobody() -> Path:
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.setattr(Path, "home", nobody)
    monkeypatch.delenv("JAX_COMPILATION_CACHE_DIR", raising=False)
    assert machine._home() is None
    assert machine._programs_folder() is None


@pytest.mark.slow
@posix_only
@pytest.mark.parametrize("encoding", ["ascii", "cp1252"])
def test_what_a_terminal_cannot_show_stops_nothing(encoding: str) -> None:
    code = (
        "import course_utils; course_utils.setup(uses=())\n"
        "from course_checks import check\n"
        "with check.exercise('1.1', 'f'):\n"
        "    check.equal('β', 1, 1)\n"
        "print('end')"
    )
    done = python(code, PYTHONIOENCODING=encoding)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines()[-2:] == ["? 1.1 passed (1 check)", "end"]


def test_a_check_before_the_cells_above_it_says_which_to_run() -> None:
    space: dict = {"check": check}
    code = "with check.exercise('5.2', 'fit'):\n    a = torch.randn(3)\n    check.equal('x', fit(a), 1)\n"
    with pytest.raises(check.NotDone) as said:
        exec(code, space)
    assert str(said.value) == (
        "○ 5.2 cannot be checked yet: `torch` is not known here. Run the cells above first (in the menu: Run All Above "
        "Selected Cell, on Colab: Run before)"
    )
    space["torch"] = SimpleNamespace(randn=lambda n: n)
    with pytest.raises(check.NotDone, match="run the cell above that defines `fit`"):
        exec(code, space)
    exec("def fit(a):\n    return misspelt", space)
    with pytest.raises(
        check.CheckFailed, match=r"✗ 5.2 your code raised NameError|the check could not use your answer"
    ):
        exec(code, space)


def test_a_clock_that_is_set_back_stops_no_training(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    import time

    import tqdm.std

    whole, start, calls = run(), time.time(), []

    def back() -> float:
        calls.append(1)
        return start - 600.0 * len(calls)  # ten minutes, at each look

    monkeypatch.setattr(time, "time", back)
    monkeypatch.setattr(tqdm.std, "time", back)
    file = tmp_path / "run.pt"
    same(whole, run(checkpoint=file, checkpoint_every=4, progress=True))
    os.utime(file, (2**32, 2**32))  # in the year 2106
    same(whole, run(checkpoint=file, resume=True, progress=True))
    out = capsys.readouterr().out
    assert "100%" in out
    assert "Finished before, at step 20 of 20" in out
    assert calls
