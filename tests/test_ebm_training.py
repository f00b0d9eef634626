"""The training loop: what it computes, how it is stopped, and how it goes on."""

import copy
import errno
import math
import os
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
from support.seeds import seeded
from torch import Tensor, nn

from course_utils import data, ebm
from course_utils.ebm import ReplayBuffer, TrainingDiverged, train

DATA = data.two_moons().sample(200, torch.Generator().manual_seed(0))


@pytest.fixture(autouse=True)
def interrupts_arrive() -> Iterator[None]:
    """A process that a shell started in the background ignores Ctrl-C, and so would the tests of it."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


def fresh(n: int, generator: torch.Generator) -> Tensor:
    return torch.randn(n, 2, generator=generator)


def objective(kind: str = "pcd") -> ebm.Objective:
    if kind == "pcd":
        return ebm.ContrastiveDivergence(2, 0.02, alpha=1e-3, buffer=ReplayBuffer(60, fresh, reinit=0.1))
    return ebm.DenoisingScoreMatching(0.2)


def net(seed: int = 1) -> ebm.EnergyNet:
    return ebm.EnergyNet(hidden=(8,), generator=seeded(seed))


SETTINGS: dict[str, Any] = {
    "n_steps": 20,
    "batch_size": 16,
    "learning_rate": 1e-2,
    "measure_every": 7,
    "snapshots": (0, 6, 13),
    "data_noise": 0.05,
    "clip": 5.0,
}


def first_layer(module: nn.Module) -> float:
    return float(module.layers[0].weight.detach().sum())


def run(kind: str = "pcd", energy: nn.Module | None = None, **changes: Any) -> ebm.Training:
    changes = {"measures": {"sum": first_layer}, "generator": seeded(2), **SETTINGS, **changes}
    return train(
        net() if energy is None else energy, DATA, changes.pop("objective", None) or objective(kind), **changes
    )


def same(a: ebm.Training, b: ebm.Training) -> None:
    """Equal in every bit."""
    assert a.step == b.step
    for mine, theirs in zip(a.energy.state_dict().values(), b.energy.state_dict().values(), strict=True):
        assert torch.equal(mine, theirs)
    assert list(a.history) == list(b.history)
    for name in a.history:
        assert torch.equal(a.history[name], b.history[name]), name
    assert list(a.snapshots) == list(b.snapshots)
    for step in a.snapshots:
        for mine, theirs in zip(
            a.snapshots[step].state_dict().values(), b.snapshots[step].state_dict().values(), strict=True
        ):
            assert torch.equal(mine, theirs)


# What it computes


@pytest.mark.parametrize("ema", [0.9, None])
def test_it_is_adam_with_a_cosine_and_an_average_of_the_weights(ema: float | None) -> None:
    result = run("dsm", ema=ema, clip=None, n_steps=12, snapshots=(5,))
    energy, g, loss = net(), seeded(2), objective("dsm")
    average = copy.deepcopy(energy)
    adam, losses, sums = torch.optim.Adam(energy.parameters(), lr=1e-2), [], [first_layer(energy)]
    for step in range(12):
        for group in adam.param_groups:
            group["lr"] = 1e-2 * (1 + math.cos(math.pi * step / 12)) / 2
        batch = DATA[torch.randint(200, (16,), generator=g)]
        batch = batch + 0.05 * torch.randn(batch.shape, generator=g)
        value = loss(energy, batch, g)
        adam.zero_grad()
        value.backward()
        adam.step()
        losses.append(value.item())
        with torch.no_grad():
            for mine, theirs in zip(average.parameters(), energy.parameters(), strict=True):
                mine.copy_(theirs if ema is None else ema * mine + (1 - ema) * theirs)
        if step + 1 in (7, 12):
            sums.append(first_layer(average))
        if step + 1 == 5:
            kept = first_layer(average)
    assert result.history["loss"].tolist() == pytest.approx(losses, rel=1e-4)
    assert result.history["measured_at"].tolist() == [0, 7, 12]
    assert result.history["sum"].tolist() == pytest.approx(sums, abs=1e-4)
    assert first_layer(result.snapshots[5]) == pytest.approx(kept, abs=1e-4)
    assert first_layer(result.energy) == pytest.approx(sums[-1], abs=1e-4)


def test_the_learning_rate_falls_as_a_cosine_and_a_clipped_gradient_is_short() -> None:
    class Slope(ebm.Objective):
        def loss(self, energy: nn.Module, batch: Tensor, generator: torch.Generator) -> Tensor:
            return 1000.0 * sum(p.sum() for p in energy.parameters())

    # Adam with betas (0, 0.999...) moves by lr * g / |g|: compare runs whose gradients differ only by the clip.
    before = net()
    after = net()
    train(after, DATA, Slope(), n_steps=5, batch_size=4, learning_rate=0.01, generator=seeded())
    moved = next(iter(before.parameters())) - next(iter(after.parameters()))
    assert torch.allclose(
        moved, torch.full_like(moved, sum(0.005 * (1 + math.cos(math.pi * k / 5)) for k in range(5))), atol=1e-5
    )
    norms = []

    class Watch(Slope):
        def mark(self) -> None:
            pass

    energy = net()
    for p in energy.parameters():
        p.register_post_accumulate_grad_hook(lambda p: norms.append(p.grad))
    train(energy, DATA, Watch(), n_steps=1, batch_size=4, learning_rate=0.01, generator=seeded(), clip=2.0)
    total = math.sqrt(sum(float((g**2).sum()) for g in norms))
    assert total == pytest.approx(2.0, rel=1e-4)


def test_the_result_is_a_copy_in_eval_mode_without_gradients() -> None:
    energy = net()
    result = run(energy=energy)
    assert not result.energy.training
    assert not any(p.requires_grad for p in result.energy.parameters())
    assert all(p.requires_grad and p.grad is None for p in energy.parameters())
    assert energy.training
    assert not result.interrupted
    with torch.no_grad():
        before = first_layer(result.energy)
        energy.layers[0].weight.add_(1)
    assert first_layer(result.energy) == before
    assert result.history["loss"].shape == result.history["data energy"].shape == (20,)
    assert all(values.dtype == torch.float64 for name, values in result.history.items() if name != "measured_at")


def test_the_same_seed_gives_the_same_run_and_the_global_seed_does_not_matter() -> None:
    torch.manual_seed(1)
    one = run()
    state = torch.random.get_rng_state()
    torch.manual_seed(2)
    same(one, run())
    torch.manual_seed(1)
    assert torch.equal(state, torch.random.get_rng_state())
    assert not torch.equal(one.history["loss"], run(generator=seeded(3)).history["loss"])


def test_training_lowers_the_exact_kl() -> None:
    moons = data.two_moons()
    x = moons.sample(1000, seeded())

    def kl(module: nn.Module) -> float:
        return ebm.kl(moons, module, n=60, max_edge_mass=None)

    result = train(
        ebm.EnergyNet(hidden=(32, 32), generator=seeded(1)),
        x,
        ebm.NoiseContrastive(ebm.GaussianNoise.fit(x, widen=1.3)),
        n_steps=300,
        batch_size=128,
        learning_rate=3e-2,
        generator=seeded(2),
        ema=0.95,
        measures={"KL": kl},
    )
    assert result.history["KL"][0] > 1
    assert result.history["KL"][-1] < 0.15


def test_a_fixed_parameter_is_not_trained() -> None:
    energy = net()
    energy.layers[0].weight.requires_grad_(False)
    before = energy.layers[0].weight.clone()
    run(energy=energy)
    assert torch.equal(energy.layers[0].weight, before)


def test_buffers_of_a_module_follow_into_the_average() -> None:
    class Counts(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.weight = nn.Parameter(torch.ones(2))
            self.register_buffer("calls", torch.zeros(()))

        def forward(self, x: Tensor) -> Tensor:
            if self.training:
                self.calls += 1
            return (self.weight * x**2).sum(-1)

    assert run("dsm", energy=Counts(), measures={}).energy.calls == 20


def test_a_progress_bar_goes_to_stdout(capsys: pytest.CaptureFixture[str]) -> None:
    run(progress=True)
    out, err = capsys.readouterr()
    assert "20/20" in out
    assert err == ""
    run()
    assert capsys.readouterr() == ("", "")


# Interrupt and resume


class Stops:
    """A measure that presses the stop button once."""

    def __init__(self, at: int, how: str = "raise") -> None:
        self.at, self.how, self.calls = at, how, 0

    def __call__(self, module: nn.Module) -> float:
        self.calls += 1
        if self.calls == self.at:
            if self.how == "raise":
                raise KeyboardInterrupt
            signal.raise_signal(signal.SIGINT)
        return first_layer(module)


class StopsInside(ebm.ContrastiveDivergence):
    """Interrupted in the middle of a step, after its chains were written back."""

    _at = 9

    def loss(self, energy: nn.Module, batch: Tensor, generator: torch.Generator) -> Tensor:
        loss = super().loss(energy, batch, generator)
        self._at -= 1
        if not self._at:
            raise KeyboardInterrupt
        return loss


def stops_inside(at: int) -> StopsInside:
    """That objective; at = 0 never interrupts."""
    objective = StopsInside(2, 0.02, alpha=1e-3, buffer=ReplayBuffer(60, fresh, reinit=0.1))
    objective._at = at
    return objective


@pytest.mark.parametrize("kind", ["pcd", "dsm"])
@pytest.mark.parametrize("how", ["raise", "signal"])
@pytest.mark.parametrize("at", [1, 2, 3])
def test_an_interrupted_run_goes_on_bit_for_bit(tmp_path: Path, kind: str, how: str, at: int) -> None:
    whole = run(kind)
    file = tmp_path / "run.pt"
    handler = signal.getsignal(signal.SIGINT)
    part = run(kind, measures={"sum": Stops(at, how)}, checkpoint=file)
    assert part.interrupted
    assert part.step == [0, 7, 14][at - 1]
    assert signal.getsignal(signal.SIGINT) is handler
    assert len(part.history["loss"]) == part.step
    # Another net, another generator, another objective: all of it comes out of the file.
    same(whole, run(kind, energy=net(77), generator=seeded(99), checkpoint=file, resume=True))


def test_an_interrupt_in_the_middle_of_a_step_takes_the_step_back(tmp_path: Path) -> None:
    file, whole = tmp_path / "run.pt", run()
    part = run(objective=stops_inside(9), checkpoint=file)
    assert (part.interrupted, part.step) == (True, 8)
    same(whole, run(objective=stops_inside(0), checkpoint=file, resume=True))


def test_an_interrupt_in_the_very_first_step_leaves_the_chains_unborn(tmp_path: Path) -> None:
    file, whole = tmp_path / "run.pt", run()
    part = run(objective=stops_inside(1), checkpoint=file)
    assert (part.interrupted, part.step) == (True, 0)
    same(whole, run(objective=stops_inside(0), checkpoint=file, resume=True))


def test_an_interrupt_without_a_checkpoint_returns_what_there_is() -> None:
    part = run(measures={"sum": Stops(3)})
    assert (part.interrupted, part.step) == (True, 14)
    assert list(part.snapshots) == [0, 6, 13]


def test_a_run_goes_on_from_a_checkpoint_in_the_middle(tmp_path: Path) -> None:
    file, whole = tmp_path / "run.pt", run()

    class Crash(Stops):
        def __call__(self, module: nn.Module) -> float:
            self.calls += 1
            if self.calls == self.at:
                raise RuntimeError("the machine went away")
            return first_layer(module)

    with pytest.raises(RuntimeError, match="went away"):
        run(measures={"sum": Crash(3)}, checkpoint=file, checkpoint_every=4)
    assert torch.load(file, weights_only=True)["step"] == 12
    same(whole, run(checkpoint=file, checkpoint_every=4, resume=True))


def test_a_finished_run_is_not_repeated(tmp_path: Path) -> None:
    file = tmp_path / "run.pt"
    whole = run(checkpoint=file)
    stops = Stops(1)
    same(whole, run(checkpoint=file, resume=True, measures={"sum": stops}))
    assert stops.calls == 0


def test_without_a_file_resume_starts_at_the_beginning_and_without_resume_too(tmp_path: Path) -> None:
    file, whole = tmp_path / "run.pt", run()
    same(whole, run(checkpoint=file, resume=True))
    same(whole, run(checkpoint=file))
    assert [path.name for path in tmp_path.iterdir()] == ["run.pt"]


SCRIPT = """
import os, signal, sys, torch
sys.path[:0] = {path!r}
from test_ebm_training import first_layer, run
def dies(module):
    dies.calls += 1
    if dies.calls == 3:
        os.kill(os.getpid(), signal.SIGKILL)
    return first_layer(module)
dies.calls = 0
torch.set_num_threads(1)
run(measures=dict(sum=dies), checkpoint={folder!r}, checkpoint_every=4)
"""


@pytest.mark.skipif(os.name == "nt", reason="no SIGKILL")
@pytest.mark.slow
def test_a_killed_process_loses_only_the_steps_since_its_last_checkpoint(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    tests = Path(__file__).parent
    script = SCRIPT.format(path=[str(tests), str(tests.parent)], folder=str(tmp_path))
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert done.returncode == -signal.SIGKILL, done.stderr
    (file,) = tmp_path.iterdir()
    again = run(checkpoint=tmp_path, checkpoint_every=4, resume=True, progress=True)
    assert f"Going on at step 12 of 20, from {file}" in capsys.readouterr().out
    same(run(), again)
    run(checkpoint=tmp_path, resume=True, progress=True)
    assert f"Finished before, at step 20 of 20, from {file}" in capsys.readouterr().out


def test_in_a_folder_each_recipe_has_a_file_of_its_own_and_resumes_from_that(tmp_path: Path) -> None:
    start: dict[str, Any] = {"checkpoint": tmp_path, "resume": True}
    files: set[Path] = set()
    other_objective = ebm.ContrastiveDivergence(3, 0.02, alpha=1e-3, buffer=ReplayBuffer(60, fresh, reinit=0.1))
    for change in (
        {}, {"learning_rate": 0.02}, {"energy": net(2)}, {"generator": seeded(3)}, {"objective": other_objective}
    ):  # fmt: skip
        part = run(**start, **change, measures={"sum": Stops(2)})
        assert (part.interrupted, part.step) == (True, 7)  # it began anew
        (file,) = set(tmp_path.iterdir()) - files
        files.add(file)
    same(run(), run(**start))
    assert set(tmp_path.iterdir()) == files


@pytest.mark.parametrize("left", [0, 1, 100, 5000])
def test_a_truncated_checkpoint_gives_one_sentence_with_step_cause_and_cure(tmp_path: Path, left: int) -> None:
    file = tmp_path / "run.pt"
    run(checkpoint=file)
    assert file.stat().st_size > 5000
    os.truncate(file, left)
    with pytest.raises(ebm.CheckpointError) as caught:
        run(checkpoint=file, resume=True)
    assert re.fullmatch(
        r"training stopped at step 0 of 20, because the checkpoint \S+run\.pt is damaged or cannot be read \(\w+\): "
        r"delete it, or pass resume=False, to start again\.",
        str(caught.value),
    )
    assert caught.value._render_traceback_() == [str(caught.value)]  # all that a notebook shows
    same(run(), run(checkpoint=file))  # the cure


@pytest.mark.parametrize("content", [b"not a checkpoint", torch.zeros(3)])
def test_a_file_that_is_no_checkpoint_is_called_damaged(tmp_path: Path, content: bytes | Tensor) -> None:
    file = tmp_path / "run.pt"
    if isinstance(content, bytes):
        file.write_bytes(content)
    else:
        torch.save({"weights": content}, file)
    with pytest.raises(ebm.CheckpointError, match=r"step 0 of 20, because .* damaged .*: delete it"):
        run(checkpoint=file, resume=True)


@pytest.mark.skipif(os.name == "nt", reason="no limit of a file's size")
@pytest.mark.parametrize("before", [0, 14])
def test_a_full_disk_gives_one_sentence_and_leaves_the_old_checkpoint_and_nothing_else(
    tmp_path: Path, before: int
) -> None:
    import resource

    file = tmp_path / "run.pt"
    if before:
        assert run(checkpoint=file, measures={"sum": Stops(3)}).step == before
    old = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (3000, limits[1]))  # no file may be longer: the write fails half-way
    try:
        with pytest.raises(ebm.CheckpointError) as caught:
            run(checkpoint=file, checkpoint_every=16, resume=True)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    kept = "the one of step 14 is intact" if before else "there is no earlier one"
    assert re.fullmatch(
        rf"training stopped at step 16 of 20, because the checkpoint \S+run\.pt could not be written \(File too large; "
        rf"{kept}\): make room for 0\.\d MB or choose another folder, and run this again with resume=True\.",
        str(caught.value),
    )
    assert caught.value.step == 16
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == old
    same(run(), run(checkpoint=file, checkpoint_every=16, resume=True))  # the cure


def test_no_space_left_is_named_and_an_interrupt_while_writing_leaves_nothing(tmp_path: Path, monkeypatch) -> None:
    def fails(error: BaseException) -> None:
        def replace(source: Path, target: Path) -> None:
            assert Path(source).name == "run.pt.partial"
            raise error

        monkeypatch.setattr(os, "replace", replace)

    fails(OSError(errno.ENOSPC, os.strerror(errno.ENOSPC)))
    with pytest.raises(ebm.CheckpointError, match=r"step 20 of 20.*No space left on device; there is no earlier one"):
        run(checkpoint=tmp_path / "run.pt")
    fails(SystemExit())
    with pytest.raises(SystemExit):
        run(checkpoint=tmp_path / "run.pt")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "change",
    [{"n_steps": 21}, {"batch_size": 8}, {"learning_rate": 0.1}, {"ema": None},
     {"data_noise": 0.0}, {"clip": None}, {"betas": (0.0, 0.9)}],
)  # fmt: skip
def test_resume_with_other_settings_is_refused(tmp_path: Path, change: dict) -> None:
    file = tmp_path / "run.pt"
    run(checkpoint=file)
    ((name, value),) = change.items()
    with pytest.raises(ValueError, match=rf"{name} = .*{str(value)[:3].strip('(')}.* but the checkpoint"):
        run(checkpoint=file, resume=True, **change)


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("energy", ebm.EnergyNet(hidden=(9,), generator=seeded(1))),
        ("energy", ebm.EnergyNet(hidden=(8,), base=None, generator=seeded(1))),
        ("objective", ebm.ContrastiveDivergence(3, 0.02, alpha=1e-3, buffer=ReplayBuffer(60, fresh, reinit=0.1))),
        ("objective", ebm.ContrastiveDivergence(2, 0.02, alpha=1e-3, buffer=ReplayBuffer(60, fresh, reinit=0.2))),
        ("objective", ebm.DenoisingScoreMatching(0.2)),
    ],
)
def test_resume_with_another_network_or_loss_is_refused(tmp_path: Path, name: str, change: Any) -> None:
    file = tmp_path / "run.pt"
    run(checkpoint=file)
    with pytest.raises(ValueError, match=f"{name} must be as it was when the checkpoint was made: use that"):
        run(checkpoint=file, resume=True, **{name: change})


def test_a_second_interrupt_stops_at_once_and_another_thread_can_train(tmp_path: Path) -> None:
    def twice(module: nn.Module) -> float:
        signal.raise_signal(signal.SIGINT)
        signal.raise_signal(signal.SIGINT)
        for _ in range(10_000):
            pass
        raise AssertionError("it went on")

    assert run(measures={"sum": twice}).interrupted
    results = []
    thread = threading.Thread(target=lambda: results.append(run()))
    thread.start()
    thread.join()
    same(results[0], run())


# Not a number


class Breaks(ebm.ContrastiveDivergence):
    """A loss or a gradient that is not a number at some step."""

    _at, _how = 11, "loss"

    def loss(self, energy: nn.Module, batch: Tensor, generator: torch.Generator) -> Tensor:
        loss = super().loss(energy, batch, generator)
        self._at -= 1
        if self._at:
            return loss
        if self._how == "loss":
            return loss * math.nan
        weight = energy.layers[1].weight
        return loss + (weight - weight.detach()).abs().sqrt().sum()  # 0, with an infinite slope


def breaks(how: str, at: int = 11) -> Breaks:
    objective = Breaks(2, 0.02, alpha=1e-3, buffer=ReplayBuffer(60, fresh, reinit=0.1))
    objective._how, objective._at = how, at
    return objective


@pytest.mark.parametrize(("how", "quantity"), [("loss", "the loss"), ("grad", r"the gradient of layers\.1\.weight")])
def test_a_nan_stops_with_step_cause_cure_and_the_last_checkpoint_is_good(
    tmp_path: Path, how: str, quantity: str
) -> None:
    file, whole = tmp_path / "run.pt", run()
    energy = net()
    message = rf"step 11: {quantity} is not finite.*16 of 16 finite.*data energy.*smaller learning_rate.*run\.pt"
    with pytest.raises(TrainingDiverged, match=message) as caught:
        run(energy=energy, objective=breaks(how), checkpoint=file, checkpoint_every=5)
    assert caught.value.step == 11
    assert isinstance(caught.value, ArithmeticError)
    assert caught.value.checkpoint == file
    assert all(p.isfinite().all() for p in energy.parameters())
    state = torch.load(file, weights_only=True)
    assert state["step"] == 10
    assert all(value.isfinite().all() for value in state["energy"].values())
    same(whole, run(objective=breaks(how, at=0), checkpoint=file, checkpoint_every=5, resume=True))  # nothing is lost


def test_a_nan_without_a_checkpoint_says_so() -> None:
    with pytest.raises(TrainingDiverged, match="No checkpoint was set"):
        run(objective=breaks("loss"))


def test_an_old_checkpoint_of_another_run_is_not_called_good(tmp_path: Path) -> None:
    file = tmp_path / "run.pt"
    run(checkpoint=file)
    with pytest.raises(TrainingDiverged) as caught:
        run(objective=breaks("loss"), checkpoint=file)
    assert caught.value.checkpoint is None


def test_runaway_chains_are_named() -> None:
    steep = ebm.ContrastiveDivergence(60, 50.0, sampler="ula")
    with pytest.raises(TrainingDiverged, match=r"step 1: a state of the chains.*step_size = 50 is too large"):
        run(objective=steep)


@pytest.mark.parametrize("kind", ["pcd", "dsm"])
def test_energies_that_overflow_are_named(kind: str) -> None:
    energy = net()
    with torch.no_grad():
        energy.layers[1].weight.fill_(1e38)
    quantity = "the energy of a chain" if kind == "pcd" else "the loss"
    with pytest.raises(TrainingDiverged, match=rf"step 1: {quantity} is not finite"):
        run(kind, energy=energy)


def test_nan_in_the_data_is_named() -> None:
    bad = DATA.clone()
    bad[3] = math.nan
    with pytest.raises(ValueError, match="data: expected finite numbers, but 2 of"):
        train(net(), bad, objective("dsm"), n_steps=3, batch_size=8, learning_rate=0.01, generator=seeded())


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"n_steps": 0}, "n_steps"),
        ({"batch_size": 2.5}, "batch_size"),
        ({"learning_rate": 0.0}, "learning_rate"),
        ({"learning_rate": math.nan}, "learning_rate"),
        ({"betas": (0.9, 1.0)}, "betas"),
        ({"ema": 1.0}, "ema"),
        ({"clip": 0.0}, "clip"),
        ({"measures": {"loss": first_layer}}, "measures"),
        ({"measures": {"KL": 3.0}}, "measures"),
        ({"measure_every": 0}, "measure_every"),
        ({"snapshots": (5, 21)}, "snapshots"),
        ({"checkpoint_every": 0}, "checkpoint_every"),
        ({"resume": True}, "resume"),
        ({"data_noise": -0.1}, "data_noise"),
        ({"generator": 3}, "generator"),
        ({"objective": lambda energy, batch, generator: 0.0}, "objective"),
        ({"energy": lambda x: x}, "energy"),
    ],
)
def test_a_wrong_argument_is_named(changes: dict, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        run(**changes)


@pytest.mark.parametrize("wrong", [torch.zeros(3, 2, dtype=torch.long), torch.zeros(0, 2), [[0.0, 1.0]]])
def test_wrong_data_are_named(wrong) -> None:
    with pytest.raises(ValueError, match=r"^data .*: expected "):
        train(net(), wrong, objective(), n_steps=3, batch_size=8, learning_rate=0.01, generator=seeded())


class TestFit:
    def test_it_takes_the_steps_of_adam_and_averages(self):
        seen, loss, rng = [], objective("dsm"), seeded(5)
        start = net()
        by_hand, average = copy.deepcopy(start), copy.deepcopy(start)
        energy = ebm.fit(start, DATA, loss, 5, rng, lambda step, e: seen.append((step, copy.deepcopy(e))), every=2)
        optimizer, rng = torch.optim.Adam(by_hand.parameters(), lr=0.01), seeded(5)
        for _ in range(5):
            optimizer.zero_grad()
            loss(by_hand, DATA[torch.randint(len(DATA), (256,), generator=rng)], rng).backward()
            optimizer.step()
            with torch.no_grad():
                for a, b in zip(average.parameters(), by_hand.parameters(), strict=True):
                    a.mul_(0.99).add_(0.01 * b)
        assert [step for step, _ in seen] == [0, 2, 4, 5]
        for a, b, c in zip(energy.parameters(), average.parameters(), seen[-1][1].parameters(), strict=True):
            assert torch.allclose(a, b, atol=1e-7)
            assert torch.equal(a, c)
        for a, b in zip(start.parameters(), by_hand.parameters(), strict=True):
            assert torch.allclose(a, b, atol=1e-7)

    @pytest.mark.parametrize(
        ("wrong", "says"),
        [
            ({"n_steps": 0}, "n_steps = 0"),
            ({"decay": 1.5}, "decay = 1.5"),
            ({"learning_rate": 0.0}, "learning_rate = 0"),
        ],
    )
    def test_wrong_numbers_are_named(self, wrong, says):
        how = {"n_steps": 5, **wrong}
        with pytest.raises(ValueError, match=says):
            ebm.fit(net(), DATA, objective("dsm"), generator=seeded(1), look=lambda step, energy: None, **how)


def test_short_names_of_two_losses_are_the_losses_with_their_random_numbers():
    energy, batch = net(), DATA[:40]
    noise = ebm.GaussianNoise.fit(DATA)

    def walk(energy: Any, x: Tensor, generator: torch.Generator) -> Tensor:
        return x + torch.randn(x.shape, generator=generator)

    samples = walk(energy, batch, seeded(2))
    wanted = ebm.contrastive_divergence(energy, batch, samples, 0.1)
    assert torch.equal(ebm.contrast(energy, batch, walk, seeded(2), 0.1), wanted)
    wanted = ebm.NoiseContrastive(noise)(energy, batch, seeded(3))
    assert torch.equal(ebm.against_noise(energy, batch, noise, seeded(3)), wanted)
