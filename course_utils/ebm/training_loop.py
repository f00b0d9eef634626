"""One training loop for all objectives: averaged weights, exact measures, checkpoints, interrupt and resume."""

import copy
import hashlib
import io
import math
import numbers
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor, nn
from tqdm import tqdm

from course_utils import samplers
from course_utils.ebm.buffer import ReplayBuffer
from course_utils.ebm.objectives import Objective

__all__ = ["CheckpointError", "Training", "TrainingDiverged", "train"]

_FORMAT = 2
"""Of a checkpoint."""


class CheckpointError(OSError):
    """A checkpoint could not be written or read: one sentence with the step, the cause and the cure.

    Nothing half-written stays, and an older checkpoint is as it was.

    Attributes:
        step: steps taken by then.
        checkpoint: the file.
    """

    def __init__(self, message: str, step: int, checkpoint: Path) -> None:
        super().__init__(message)
        self.step, self.checkpoint = step, checkpoint

    def __reduce__(self) -> tuple[type, tuple[Any, ...]]:
        return type(self), (str(self), self.step, self.checkpoint)

    def _render_traceback_(self) -> list[str]:  # the hook by which IPython asks an exception how to show itself
        return [str(self)]


class TrainingDiverged(ArithmeticError):
    """A loss or a gradient stopped being a finite number. The weights are those before that step.

    Attributes:
        step: the step, counted from 1, in which it happened.
        quantity: what was not finite.
        checkpoint: the last checkpoint, from before; None if there is none.
    """

    def __init__(self, step: int, quantity: str, seen: str, cure: str, checkpoint: Path | None) -> None:
        self.step, self.quantity, self.seen, self.cure, self.checkpoint = step, quantity, seen, cure, checkpoint
        kept = (
            f"The last checkpoint, {checkpoint}, is from before and intact." if checkpoint else "No checkpoint was set."
        )
        super().__init__(f"training stopped at step {step}: {quantity} is not finite. {seen} {cure} {kept}")

    def __reduce__(self) -> tuple[type, tuple[Any, ...]]:
        return type(self), (self.step, self.quantity, self.seen, self.cure, self.checkpoint)


@dataclass(frozen=True)
class Training:
    """What `train` returns.

    Attributes:
        energy: a copy with averaged weights, in eval mode, without gradients.
        history: "loss" and what the objective has seen, one entry per step; "measured_at", the steps of the measures,
            and each measure. All float64, "measured_at" int64.
        snapshots: step -> copy of the averaged module at that step.
        step: steps taken in all.
        interrupted: True if a KeyboardInterrupt ended it early.
    """

    energy: nn.Module
    history: dict[str, Tensor]
    snapshots: dict[int, nn.Module]
    step: int
    interrupted: bool = False


def train(
    energy: nn.Module,
    data: Float[Tensor, "n *shape"],
    objective: Objective,
    *,
    n_steps: int,
    batch_size: int,
    learning_rate: float,
    generator: torch.Generator,
    betas: tuple[float, float] = (0.9, 0.999),
    schedule: str = "cosine",
    ema: float | None = 0.995,
    clip: float | None = None,
    measures: Mapping[str, Callable[[nn.Module], float]] | None = None,
    measure_every: int = 100,
    snapshots: Sequence[int] = (),
    progress: bool = False,
    checkpoint: str | Path | None = None,
    checkpoint_every: int = 1000,
    resume: bool = False,
    data_noise: float = 0.0,
) -> Training:
    """Train an energy with Adam.

    Args:
        energy: the module; it is trained in place.
        data: all data, on the device of the module and of the generator; batches are drawn from it with replacement.
        objective: the loss.
        n_steps: steps in all, those before an interrupt included.
        batch_size: data points per step.
        learning_rate: of Adam, at the start.
        generator: source of all random numbers.
        betas: of Adam.
        schedule: "cosine", from learning_rate to 0 over n_steps, or "constant".
        ema: decay per step of the exponential average of the weights; None for no averaging.
        clip: largest norm of the gradient; a longer one is shortened to it.
        measures: name -> function of the averaged module that returns a number, such as its exact KL.
        measure_every: steps between measures. They are also taken at step 0 and at the last one.
        snapshots: steps at which a copy of the averaged module is kept; 0 is the start.
        progress: if True, show a progress bar, on stdout.
        checkpoint: file to keep the state in. It is written to a temporary name first, so that it is always whole. Or a
            folder that exists: a run then has a file of its own in it, named after all that the run starts from (data,
            weights, generator, objective, settings), so that no run meets the file of another recipe.
        checkpoint_every: steps between checkpoints; one is also written at the end and at an interrupt.
        resume: if True and the checkpoint exists, continue from there, bit for bit as if there had been no interrupt;
            the arguments must be the same. The energy, the generator and the objective are set to their states then.
            With `progress`, a line says at which step of which file the run goes on.
        data_noise: standard deviation of Gaussian noise that is added to each batch.

    Returns:
        The result; after a KeyboardInterrupt (the stop button of a notebook) what there is by then.

    Raises:
        ValueError: if an argument is wrong or does not fit the checkpoint, before any step.
        CheckpointError: if the checkpoint cannot be written or is damaged.
        TrainingDiverged: if a loss or a gradient stops being finite.
    """
    measures = dict(measures or {})
    settings = _checked(
        energy, data, objective, generator, n_steps, batch_size, learning_rate, betas, schedule, ema, clip, measures,
        measure_every, snapshots, checkpoint, checkpoint_every, resume, data_noise,
    )  # fmt: skip
    loop = _Loop(
        energy, data, objective, generator, measures, settings, None if checkpoint is None else Path(checkpoint)
    )
    if loop.checkpoint is not None and loop.checkpoint.is_dir():
        loop.checkpoint /= f"{loop.fingerprint()}.pt"
    if resume and loop.checkpoint is not None and loop.checkpoint.exists():
        loop.load()
        if progress:
            what = "Going on at" if loop.step < n_steps else "Finished before, at"
            print(f"{what} step {loop.step} of {n_steps}, from {_shown(loop.checkpoint)}")
    return loop.run(checkpoint_every, progress)


class _Loop:
    def __init__(
        self,
        energy: nn.Module,
        data: Tensor,
        objective: Objective,
        generator: torch.Generator,
        measures: dict[str, Callable[[nn.Module], float]],
        settings: dict[str, Any],
        checkpoint: Path | None,
    ) -> None:
        self.energy, self.data, self.objective, self.generator = energy, data, objective, generator
        self.measures, self.settings, self.checkpoint = measures, settings, checkpoint
        self.parameters = [p for p in energy.parameters() if p.requires_grad]
        self.optimizer = torch.optim.Adam(
            self.parameters, lr=settings["learning_rate"], betas=settings["betas"], fused=True
        )
        self.average = copy.deepcopy(energy).eval().requires_grad_(False)
        self.pairs = (list(self.average.parameters()), list(energy.parameters()))
        self.copied = (list(self.average.buffers()), list(energy.buffers()))
        self.step = 0
        self.per_step: dict[str, list[Tensor]] = {"loss": []}
        self.measured: dict[str, list[float]] = {"measured_at": [], **{name: [] for name in measures}}
        self.snapshots: dict[int, nn.Module] = {}
        self.saved: Path | None = None
        self.saved_step = 0

    def run(self, checkpoint_every: int, progress: bool) -> Training:
        n_steps, interrupted = self.settings["n_steps"], False
        self.energy.train()
        try:
            with (
                _deferred_interrupt() as pending,
                tqdm(
                    total=n_steps,
                    initial=self.step,
                    disable=not progress,
                    file=sys.stdout,
                    unit="step",
                    mininterval=0.2,
                ) as bar,
            ):
                self.look()
                while self.step < n_steps:
                    if pending:
                        raise KeyboardInterrupt
                    self.advance()
                    self.look()
                    if self.checkpoint and (self.step % checkpoint_every == 0 or self.step == n_steps):
                        self.save()
                    bar.update()
        except KeyboardInterrupt:
            interrupted = True
            if self.checkpoint:
                self.save()
        self.objective.unmark()
        return Training(self.result(), self.history(), self.snapshots, self.step, interrupted)

    def advance(self) -> None:
        """One step, or none: whatever stops it in between, generator and chains are as before."""
        random_state = self.generator.get_state()
        buffers = [value.clone() for value in self.copied[1]]  # power iteration moves those of a convolution
        self.objective.mark()
        try:
            batch = self.batch()
            loss = self.compute(batch)
        except BaseException:
            self.generator.set_state(random_state)
            for value, before in zip(self.copied[1], buffers, strict=True):
                value.copy_(before)
            self.objective.rollback()
            self.optimizer.zero_grad(set_to_none=True)
            raise
        self.optimizer.step()
        self.update_average()
        self.optimizer.zero_grad(set_to_none=True)
        self.step += 1
        self.per_step["loss"].append(loss.detach())
        for name, value in self.objective.seen.items():
            self.per_step.setdefault(name, []).append(value)

    def batch(self) -> Tensor:
        index = torch.randint(
            len(self.data), (self.settings["batch_size"],), generator=self.generator, device=self.generator.device
        )
        batch = self.data[index]
        if self.settings["data_noise"]:
            batch = batch + self.settings["data_noise"] * torch.empty_like(batch).normal_(generator=self.generator)
        return batch

    def compute(self, batch: Tensor) -> Tensor:
        """Loss and gradients, which are finite when this returns."""
        try:
            loss = self.objective(self.energy, batch, self.generator)
        except samplers.Diverged as error:
            raise self.diverged("a state of the chains", batch, f"{error} ") from error
        except ValueError as error:
            if "must be finite" not in str(error):  # an argument is wrong; else a sampler refuses to start
                raise
            raise self.diverged("the energy of a chain", batch, f"{error}. ") from error
        if not torch.isfinite(loss):
            raise self.diverged("the loss", batch)
        loss.backward()
        grads = [p.grad for p in self.parameters if p.grad is not None]
        norm = torch.nn.utils.get_total_norm(grads)
        if not torch.isfinite(norm):
            names = [
                name for name, p in self.energy.named_parameters() if p.grad is not None and not p.grad.isfinite().all()
            ]
            raise self.diverged(f"the gradient of {names[0]}" if names else "the norm of the gradient", batch)
        if self.settings["clip"] is not None:
            torch.nn.utils.clip_grads_with_norm_(self.parameters, self.settings["clip"], norm)
        n_done = self.step
        lr = self.settings["learning_rate"]
        if self.settings["schedule"] == "cosine":
            lr *= 0.5 * (1 + math.cos(math.pi * n_done / self.settings["n_steps"]))
        for group in self.optimizer.param_groups:
            group["lr"] = lr
        return loss

    def diverged(self, quantity: str, batch: Tensor, before: str = "") -> TrainingDiverged:
        with torch.no_grad():
            values = self.energy(batch).detach().double()
        finite = values[values.isfinite()]
        seen = before + f"Energies of the batch: {len(finite)} of {len(values)} finite"
        seen += f", from {float(finite.min()):.4g} to {float(finite.max()):.4g}" if len(finite) else ""
        for name, value in self.objective.seen.items():
            seen += f"; {name} {float(value):.4g}"
        if self.per_step["loss"]:
            seen += f"; loss of the step before {float(self.per_step['loss'][-1]):.4g}"
        lr = self.settings["learning_rate"]
        cure = f"Try a smaller learning_rate (it is {lr:g}; {lr / 5:g}), clip=1.0"
        if hasattr(self.objective, "step_size"):
            cure += f", a smaller step_size (it is {self.objective.step_size:g}) or alpha > 0 against runaway energies"
        return TrainingDiverged(self.step + 1, quantity, f"{seen}.", f"{cure}.", self.saved)

    @torch.no_grad()
    def update_average(self) -> None:
        decay = self.settings["ema"]
        if decay is None:
            torch._foreach_copy_(*self.pairs)
        else:
            torch._foreach_lerp_(*self.pairs, 1 - decay)
        for mine, theirs in zip(*self.copied, strict=True):
            mine.copy_(theirs)

    def look(self) -> None:
        """Measure and keep a snapshot if it is time and has not been done."""
        step, every = self.step, self.settings["measure_every"]
        due = self.measures and (step % every == 0 or step == self.settings["n_steps"])
        if due and step not in self.measured["measured_at"]:
            values = {name: float(measure(self.average)) for name, measure in self.measures.items()}
            self.measured["measured_at"].append(step)
            for name, value in values.items():
                self.measured[name].append(value)
        if step in self.settings["snapshots"] and step not in self.snapshots:
            self.snapshots[step] = copy.deepcopy(self.average)

    def result(self) -> nn.Module:
        return copy.deepcopy(self.average)

    def history(self) -> dict[str, Tensor]:
        history = {
            name: torch.stack(values).double().cpu() if values else torch.empty(0, dtype=torch.float64)
            for name, values in self.per_step.items()
        }
        for name, values in self.measured.items():
            history[name] = torch.tensor(values, dtype=torch.int64 if name == "measured_at" else torch.float64)
        return history

    def save(self) -> None:
        state = {
            "format": _FORMAT,
            "settings": self.settings,
            "step": self.step,
            "energy": self.energy.state_dict(),
            "average": self.average.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "generator": self.generator.get_state(),
            "objective": self.objective.state_dict(),
            "history": self.history(),
            "snapshots": {step: module.state_dict() for step, module in self.snapshots.items()},
        }
        whole = io.BytesIO()  # in memory first: PyTorch's own writer does not say why a file cannot be written
        torch.save(state, whole)
        partial = self.checkpoint.with_name(self.checkpoint.name + ".partial")
        try:
            with open(partial, "wb") as file:
                file.write(whole.getbuffer())
                file.flush()
                os.fsync(file.fileno())  # else a loss of power may leave the name without the contents
            os.replace(partial, self.checkpoint)
        except BaseException as error:
            with suppress(OSError):
                partial.unlink(missing_ok=True)
            if isinstance(error, OSError):
                raise self.unwritten(error, len(whole.getbuffer())) from error
            raise
        self.saved, self.saved_step = self.checkpoint, self.step

    def unwritten(self, error: OSError, size: int) -> CheckpointError:
        """What to say if the file system refuses."""
        kept = "there is no earlier one" if self.saved is None else f"the one of step {self.saved_step} is intact"
        cure = f"make room for {size / 1e6:.1f} MB or choose another folder, and run this again with resume=True"
        return CheckpointError(
            f"training stopped at step {self.step} of {self.settings['n_steps']}, because the checkpoint "
            f"{_shown(self.checkpoint)} could not be written ({error.strerror or error}; {kept}): {cure}.",
            self.step,
            self.checkpoint,
        )

    def load(self) -> None:
        try:
            state = torch.load(self.checkpoint, map_location=self.data.device, weights_only=True)
            version = state["format"]
        except Exception as error:  # whatever a damaged file makes of PyTorch's reader, the cure is the same
            raise CheckpointError(
                f"training stopped at step 0 of {self.settings['n_steps']}, because the checkpoint "
                f"{_shown(self.checkpoint)} is damaged or cannot be read ({type(error).__name__}): delete it, or pass "
                "resume=False, to start again.",
                0,
                self.checkpoint,
            ) from error
        if version != _FORMAT:
            raise ValueError(f"checkpoint = {str(self.checkpoint)!r} was not written by this version of train")
        for name, value in self.settings.items():
            before = state["settings"].get(name)
            if before != value:
                told = f"{name} = {value!r}, but the checkpoint was made with {before!r}"
                if name in ("energy", "objective"):  # long descriptions
                    told = f"{name} must be as it was when the checkpoint was made"
                raise ValueError(f"{told}: use that, or another checkpoint, or resume=False to start again")
        self.step = state["step"]
        self.energy.load_state_dict(state["energy"])
        self.average.load_state_dict(state["average"])
        self.optimizer.load_state_dict(state["optimizer"])
        self.generator.set_state(state["generator"].cpu())
        self.objective.load_state_dict(state["objective"])
        for name, values in state["history"].items():
            if name in self.measured:
                self.measured[name] = values.tolist()
            else:
                self.per_step[name] = list(values)
        for step, weights in state["snapshots"].items():
            self.snapshots[step] = copy.deepcopy(self.average)
            self.snapshots[step].load_state_dict(weights)
        self.saved, self.saved_step = self.checkpoint, self.step

    def fingerprint(self) -> str:
        """A name for all that this run starts from."""
        digest = hashlib.sha256(repr(self.settings).encode())
        for value in (*self.energy.state_dict().values(), self.data, self.generator.get_state()):
            digest.update(_bytes(value))
        return digest.hexdigest()[:12]


def _shown(path: Path) -> str:
    """A path as a reader knows it: from the working folder, where it lies inside."""
    with suppress(ValueError):
        path = path.resolve().relative_to(Path.cwd())
    return str(path)


def _bytes(values: Tensor) -> bytes:
    return values.detach().cpu().contiguous().reshape(-1).view(torch.uint8).numpy().tobytes()


def _described(thing: object) -> str:
    """The settings of a network or an objective: its public numbers, words and data, its shapes, and its parts."""
    inner, found = [], []
    if isinstance(thing, nn.Module):
        inner = list(thing.children())
        found = [f"{name} {tuple(value.shape)}" for name, value in thing.named_parameters(recurse=False)]
    for name, value in sorted(vars(thing).items()):
        if name.startswith("_") or name in ("training", "seen", "states"):  # what changes as a run goes on
            continue
        if isinstance(value, ReplayBuffer):
            inner.append(value)
        elif isinstance(value, Tensor):
            found.append(f"{name}#{hashlib.sha256(_bytes(value)).hexdigest()[:8]}")
        elif isinstance(value, int | float | str | tuple | dict):
            found.append(f"{name}={value!r}")
    return f"{type(thing).__name__}({', '.join([*found, *map(_described, inner)])})"


@contextmanager
def _deferred_interrupt() -> Iterator[list[int]]:
    """Ctrl-C, and the stop button of a notebook, wait for the end of a step: what they asked for is in the list."""
    pending: list[int] = []
    if threading.current_thread() is not threading.main_thread():  # interrupts go to the main thread only
        yield pending
        return
    before = signal.getsignal(signal.SIGINT)
    if before in (None, signal.SIG_IGN):
        yield pending
        return

    def note(number: int, frame: Any) -> None:
        if pending:  # asked twice: stop at once
            raise KeyboardInterrupt
        pending.append(number)

    signal.signal(signal.SIGINT, note)
    try:
        yield pending
    finally:
        signal.signal(signal.SIGINT, before)


def _checked(
    energy: Any, data: Any, objective: Any, generator: Any, n_steps: Any, batch_size: Any, learning_rate: Any,
    betas: Any, schedule: Any, ema: Any, clip: Any, measures: dict[str, Any], measure_every: Any, snapshots: Any,
    checkpoint: Any, checkpoint_every: Any, resume: Any, data_noise: Any,
) -> dict[str, Any]:  # fmt: skip
    """Check everything that can be wrong; return what a checkpoint must agree with."""
    if not isinstance(energy, nn.Module) or not any(p.requires_grad for p in energy.parameters()):
        raise ValueError(f"energy must be a torch module with parameters to train, got {type(energy).__name__}")
    if not isinstance(data, Tensor) or not data.is_floating_point() or len(data) == 0:
        got = f"{data.dtype} of shape {tuple(data.shape)}" if isinstance(data, Tensor) else type(data).__name__
        raise ValueError(f"data must be a floating-point tensor with one point per row, got {got}")
    if not torch.isfinite(data).all():
        n_bad = int((~torch.isfinite(data)).sum())
        raise ValueError(
            f"data must be finite, but {n_bad} of their {data.numel()} entries are not: remove those points"
        )
    if not isinstance(objective, Objective):
        raise ValueError(f"objective must be an ebm.Objective, got {objective!r}")
    if not isinstance(generator, torch.Generator):
        raise ValueError(f"generator must be a torch.Generator, got {generator!r}; torch.Generator() makes one")
    if generator.device.type != data.device.type:
        raise ValueError(f"generator is on {generator.device}, data on {data.device}: they must be on the same device")
    device = next(energy.parameters()).device
    if device.type != data.device.type:
        raise ValueError(f"data is on {data.device}, energy on {device}: they must be on the same device")
    for name, value in {
        "n_steps": n_steps,
        "batch_size": batch_size,
        "measure_every": measure_every,
        "checkpoint_every": checkpoint_every,
    }.items():
        if not isinstance(value, numbers.Integral) or isinstance(value, bool) or value < 1:
            raise ValueError(f"{name} must be a whole number >= 1, got {value!r}")
    _number("learning_rate", learning_rate)
    _number("data_noise", data_noise, zero=True)
    if clip is not None:
        _number("clip", clip)
    if ema is not None and not (_number("ema", ema, zero=True) < 1):
        raise ValueError(f"ema must be None or a decay per step from 0 to below 1, got {ema!r}")
    if len(tuple(betas)) != 2 or not all(isinstance(b, numbers.Real) and 0 <= b < 1 for b in betas):
        raise ValueError(f"betas must be two numbers from 0 to below 1, got {betas!r}")
    if schedule not in ("cosine", "constant"):
        raise ValueError(f'schedule must be "cosine" or "constant", got {schedule!r}')
    for name, measure in measures.items():
        if not callable(measure) or name in ("loss", "measured_at"):
            raise ValueError(f"measures must be functions under names other than loss and measured_at; got {name!r}")
    snapshots = sorted(int(step) for step in snapshots)
    if snapshots and not 0 <= snapshots[0] <= snapshots[-1] <= n_steps:
        raise ValueError(f"snapshots must be steps from 0 to n_steps = {n_steps}, got {snapshots}")
    if resume and checkpoint is None:
        raise ValueError("resume=True needs a checkpoint, got None")
    return {
        "n_steps": int(n_steps),
        "batch_size": int(batch_size),
        "learning_rate": float(learning_rate),
        "betas": tuple(float(b) for b in betas),
        "schedule": schedule,
        "ema": ema,
        "clip": clip,
        "measure_every": int(measure_every),
        "measures": list(measures),
        "snapshots": snapshots,
        "data_noise": float(data_noise),
        "n_data": len(data),
        "energy": _described(energy),
        "objective": _described(objective),
    }


def _number(name: str, value: Any, zero: bool = False) -> float:
    good = isinstance(value, numbers.Real) and not isinstance(value, bool) and math.isfinite(value)
    if not good or value < 0 or (value == 0 and not zero):
        raise ValueError(f"{name} must be a finite number {'>= 0' if zero else '> 0'}, got {value!r}")
    return float(value)
