"""One training loop for all objectives: averaged weights, exact measures, checkpoints, interrupt and resume."""

import copy
import math
import signal
import sys
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn
from tqdm import tqdm

from course_utils import arguments, samplers, tensors
from course_utils.ebm import saved_runs
from course_utils.ebm.objectives import Objective


class TrainingDiverged(ArithmeticError):
    """A loss or a gradient stopped being a finite number. The weights are those before that step.

    Attributes:
        step: the step, counted from 1, in which it happened.
        quantity: what was not finite.
        checkpoint: the last checkpoint, from before; None if there is none.
    """

    def __init__(self, step: int, quantity: str, seen: str, cure: str, checkpoint: Path | None) -> None:
        self.step, self.quantity, self.checkpoint = step, quantity, checkpoint
        kept = (
            f"The last checkpoint, {checkpoint}, is from before and intact." if checkpoint else "No checkpoint was set."
        )
        super().__init__(f"training stopped at step {step}: {quantity} is not finite. {seen} {cure} {kept}")


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
        learning_rate: of Adam, at the start; it falls to 0 as a cosine.
        generator: source of all random numbers.
        betas: of Adam.
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
    _check(energy, data, objective, generator)
    measures = dict(measures or {})
    for name, measure in measures.items():
        if not callable(measure) or name in ("loss", "measured_at"):
            raise ValueError(f"measures: expected functions under names other than loss and measured_at, got {name!r}")
    n_steps = arguments.whole("n_steps", n_steps)
    if len(betas) != 2:
        raise ValueError(f"betas = {betas!r}: expected two numbers")
    settings = {  # what a checkpoint must agree with
        "n_steps": n_steps,
        "batch_size": arguments.whole("batch_size", batch_size),
        "learning_rate": arguments.positive("learning_rate", learning_rate),
        "betas": tuple(_decay(f"betas[{i}]", value) for i, value in enumerate(betas)),
        "ema": None if ema is None else _decay("ema", ema),
        "clip": None if clip is None else arguments.positive("clip", clip),
        "measure_every": arguments.whole("measure_every", measure_every),
        "measures": list(measures),
        "snapshots": sorted(arguments.whole("snapshots", step, 0, n_steps) for step in snapshots),
        "data_noise": arguments.number("data_noise", data_noise, 0.0),
        "n_data": len(data),
        "energy": saved_runs.described(energy),
        "objective": saved_runs.described(objective),
    }
    checkpoint_every = arguments.whole("checkpoint_every", checkpoint_every)
    if resume and checkpoint is None:
        raise ValueError("checkpoint = None: expected a file or a folder, to go with resume=True")
    path = None if checkpoint is None else Path(checkpoint)
    if path is not None and path.is_dir():
        begins_with = (*energy.state_dict().values(), data, generator.get_state())
        path /= f"{saved_runs.fingerprint(settings, begins_with)}.pt"
    loop = _Loop(energy, data, objective, generator, measures, settings, path)
    if resume and path is not None and path.exists():
        loop.restore(saved_runs.read(path, settings, data.device))
        if progress:
            what = "Going on at" if loop.step < n_steps else "Finished before, at"
            print(f"{what} step {loop.step} of {n_steps}, from {saved_runs.shown(path)}")
    return loop.run(checkpoint_every, progress)


class _Loop:
    """A training under way: the network, its average, the optimiser, and what has been seen so far."""

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
        self.averaged = AveragedModel(energy, multi_avg_fn=get_ema_multi_avg_fn(settings["ema"] or 0.0))
        self.averaged.update_parameters(energy)  # the weights at the start count as the first
        self.average = self.averaged.module.eval().requires_grad_(False)
        self.step = 0
        self.per_step: dict[str, list[Tensor]] = {"loss": []}
        self.measured: dict[str, list[float]] = {"measured_at": [], **{name: [] for name in measures}}
        self.snapshots: dict[int, nn.Module] = {}
        self.saved_step: int | None = None  # of the last checkpoint that is this run's

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
        return Training(copy.deepcopy(self.average), self.history(), self.snapshots, self.step, interrupted)

    def advance(self) -> None:
        """One step, or none: whatever stops it in between, generator and chains are as before."""
        random_state, chains = self.generator.get_state(), self.objective.state_dict()
        buffers = [value.clone() for value in self.energy.buffers()]  # power iteration moves those of a convolution
        try:
            batch = self.batch()
            loss = self.compute(batch)
        except BaseException:
            self.generator.set_state(random_state)
            for value, before in zip(self.energy.buffers(), buffers, strict=True):
                value.copy_(before)
            self.objective.load_state_dict(chains)
            self.optimizer.zero_grad(set_to_none=True)
            raise
        self.optimizer.step()
        self.averaged.update_parameters(self.energy)
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
        except samplers.NoFiniteStart as error:
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
        fallen = 0.5 * (1 + math.cos(math.pi * self.step / self.settings["n_steps"]))
        for group in self.optimizer.param_groups:
            group["lr"] = self.settings["learning_rate"] * fallen
        return loss

    def diverged(self, quantity: str, batch: Tensor, before: str = "") -> TrainingDiverged:
        """What to say if a quantity is not finite."""
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
        if self.objective.step_size is not None:
            cure += f", a smaller step_size (it is {self.objective.step_size:g}) or alpha > 0 against runaway energies"
        saved = None if self.saved_step is None else self.checkpoint
        return TrainingDiverged(self.step + 1, quantity, f"{seen}.", f"{cure}.", saved)

    def look(self) -> None:
        """Take the measures and the snapshot that are due at this step, once."""
        step, every = self.step, self.settings["measure_every"]
        due = self.measures and (step % every == 0 or step == self.settings["n_steps"])
        if due and step not in self.measured["measured_at"]:
            values = {name: float(measure(self.average)) for name, measure in self.measures.items()}
            self.measured["measured_at"].append(step)
            for name, value in values.items():
                self.measured[name].append(value)
        if step in self.settings["snapshots"] and step not in self.snapshots:
            self.snapshots[step] = copy.deepcopy(self.average)

    def history(self) -> dict[str, Tensor]:
        history = {
            name: torch.stack(values).double().cpu() if values else torch.empty(0, dtype=torch.float64)
            for name, values in self.per_step.items()
        }
        for name, values in self.measured.items():
            history[name] = torch.tensor(values, dtype=torch.int64 if name == "measured_at" else torch.float64)
        return history

    def save(self) -> None:
        """Write all that `restore` needs to go on from here."""
        state = {
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
        saved_runs.write(state, self.checkpoint, self.saved_step)
        self.saved_step = self.step

    def restore(self, state: dict[str, Any]) -> None:
        """Go on from the state that `save` wrote."""
        self.step = self.saved_step = state["step"]
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


def _check(energy: nn.Module, data: Tensor, objective: Objective, generator: torch.Generator) -> None:
    """The four things that a training is made of: each of its kind, finite, and all on one device."""
    if not isinstance(energy, nn.Module) or not any(p.requires_grad for p in energy.parameters()):
        raise ValueError(f"energy = {arguments.shown(energy)}: expected a torch module with parameters to train")
    if len(tensors.floats("data", data)) == 0:
        raise ValueError(f"data has shape {tuple(data.shape)}: expected at least one point")
    if not torch.isfinite(data).all():
        n_bad = int((~torch.isfinite(data)).sum())
        raise ValueError(f"data: expected finite numbers, but {n_bad} of {data.numel()} are not: remove those points")
    if not isinstance(objective, Objective):
        raise ValueError(f"objective = {arguments.shown(objective)}: expected an ebm.Objective")
    devices = {
        "generator": tensors.generator(generator).device,
        "data": data.device,
        "energy": next(energy.parameters()).device,
    }
    if len({device.type for device in devices.values()}) > 1:
        found = ", ".join(f"{name} on {device}" for name, device in devices.items())
        raise ValueError(f"{found}: expected all on the same device")


def _decay(name: str, value: float) -> float:
    """The share of the past that a running average keeps at each step."""
    value = arguments.number(name, value, 0.0)
    if value >= 1:
        raise ValueError(f"{name} = {value!r}: expected a number from 0 to below 1")
    return value
