"""Training energies in two dimensions, judged by the exact KL: ours, and torchebm twice.

    python tests/benchmarks/ebm_2d.py --seeds 5 --first-seed 100 --data moons --methods exact nce cd pcd dsm ssm

Each seed means fresh data and a fresh network. The settings are those of `planar_recipes.PLANAR`, chosen on seeds 0
to 4: use others here. CPU seconds are those of the process, for training alone; the KL is integrated afterwards, on the
domain [-5, 5]². "exact" is maximum likelihood with Z by quadrature at every step: the ceiling for the others.

torchebm, if it is installed, runs each method that it has twice: as the examples of its repository do (their network,
optimiser, step size and number of steps, with data in the units of `make_moons`, half of ours), and with our network,
optimiser, schedule, average, batch and step size, so that only its losses and its sampler remain. The network of its
examples has no bowl that would make exp(-E) integrable: its KL is that of the model restricted to the domain, a lower
bound.

A method name with changes, such as `pcd:sampler=ula:k=5`, is that recipe with these settings; `--methods ablation`
stands for the changes to persistent contrastive divergence that show what keeps it stable.
"""

import argparse
import ast
import math
import os
import platform
import statistics
import sys
import time
from collections.abc import Callable
from dataclasses import fields, replace
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import torch

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from planar_recipes import PLANAR, PlanarRecipe

from course_utils import data, ebm

SETS = {
    "moons": data.two_moons,
    "eight": data.eight_gaussians,
    "checkerboard": data.checkerboard,
    "pinwheel": data.pinwheel,
}

ABLATION = [
    "pcd",
    "pcd:sampler=ula",
    "pcd:fresh_std=None:reinit=0.1",
    "pcd:reinit=0.0",
    "pcd:ema=None",
    "pcd:base=None",
    "pcd:k=1",
]
"""What keeps persistent contrastive divergence stable: one thing changed at a time."""

THEIRS = ("cd", "pcd", "dsm", "ssm")
"""Methods that torchebm has."""


def recipe(name: str) -> PlanarRecipe:
    """The recipe of a method, with its changes.

    Raises:
        ValueError: if the method or a setting is unknown.
    """
    method, _, changes = name.partition(":")
    if method not in PLANAR:
        raise ValueError(f"{method!r} is no method; choose from {', '.join(PLANAR)}")
    settings = {}
    for change in filter(None, changes.split(":")):
        key, _, value = change.partition("=")
        if key not in {field.name for field in fields(PlanarRecipe)}:
            raise ValueError(f"{key!r} is no setting of a recipe")
        settings[key] = value if value.isalpha() and value != "None" else ast.literal_eval(value)
    return replace(PLANAR[method], **settings)


def ours(name: str, density: data.Density, x: torch.Tensor, seed: int) -> torch.nn.Module:
    return recipe(name).train(x, density.domain, seed=seed).energy


def with_our_net(name: str, density: data.Density, x: torch.Tensor, seed: int) -> torch.nn.Module:
    """torchebm's loss and sampler inside our training loop."""
    from torchebm import losses
    from torchebm.core import BaseModel
    from torchebm.samplers import LangevinDynamics

    chosen = recipe(name)
    generator = torch.Generator().manual_seed(seed)

    class Model(BaseModel):
        def __init__(self, net: torch.nn.Module) -> None:
            super().__init__()
            self.net = net

        def forward(self, x: torch.Tensor, **_: object) -> torch.Tensor:
            return self.net(x)

    class Theirs(ebm.Objective):
        of = None

        def make(self, energy: torch.nn.Module) -> Callable:
            model = Model(energy)
            if chosen.method == "dsm":
                return losses.DenoisingScoreMatching(model=model, noise_scale=chosen.sigma)
            if chosen.method == "ssm":
                return losses.SlicedScoreMatching(model=model, n_projections=1)
            sampler = LangevinDynamics(model=model, step_size=chosen.step_size, noise_scale=1.0)
            return losses.ContrastiveDivergence(
                model=model,
                sampler=sampler,
                k_steps=chosen.k,
                persistent=chosen.method == "pcd",
                buffer_size=chosen.capacity,
            )

        def loss(self, energy: torch.nn.Module, batch: torch.Tensor, generator: torch.Generator) -> torch.Tensor:
            if self.of is None:
                self.of = self.make(energy)
            value = self.of(batch, generator=generator)
            return value[0] if isinstance(value, tuple) else value

    return ebm.train(
        chosen.network(2, generator),
        x,
        Theirs(),
        n_steps=chosen.n_steps,
        batch_size=chosen.batch_size,
        learning_rate=chosen.learning_rate,
        ema=chosen.ema,
        generator=generator,
    ).energy


def as_documented(name: str, density: data.Density, x: torch.Tensor, seed: int) -> torch.nn.Module:
    """The settings of torchebm's examples 20-training/01-mcmc-losses and 02-score-matching."""
    from torch import nn
    from torchebm import losses
    from torchebm.core import BaseModel
    from torchebm.samplers import LangevinDynamics

    torch.manual_seed(seed)
    x = x / 2  # the units of make_moons
    method = recipe(name).method

    class Energy(BaseModel):
        def __init__(self) -> None:
            super().__init__()
            self.net = nn.Sequential(
                nn.Linear(2, 128), nn.SiLU(), nn.Linear(128, 128), nn.SiLU(), nn.Linear(128, 1)
            )  # fmt: skip

        def forward(self, x: torch.Tensor, **_: object) -> torch.Tensor:
            return self.net(x).squeeze(-1)

    energy = Energy()
    if method == "dsm":
        loss_of, n_steps = losses.DenoisingScoreMatching(model=energy, noise_scale=0.1), 2000
    elif method == "ssm":
        loss_of, n_steps = losses.SlicedScoreMatching(model=energy), 2000
    else:
        sampler = LangevinDynamics(model=energy, step_size=0.1, noise_scale=1.0)
        kept = {"persistent": True, "buffer_size": 8192} if method == "pcd" else {}
        loss_of, n_steps = losses.ContrastiveDivergence(model=energy, sampler=sampler, k_steps=10, **kept), 1000
    adam = torch.optim.Adam(energy.parameters(), lr=1e-3)
    for _ in range(n_steps):
        value = loss_of(x[torch.randint(len(x), (256,))])
        adam.zero_grad()
        (value[0] if isinstance(value, tuple) else value).backward()
        adam.step()

    class InOurUnits(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.inner = energy

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return self.inner(x / 2)

    return InOurUnits()


def machine() -> str:
    """CPU model, cores, threads, versions."""
    model = platform.processor() or platform.machine()
    if Path("/proc/cpuinfo").exists():
        lines = Path("/proc/cpuinfo").read_text().splitlines()
        model = next((line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")), model)
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    parts = [f"{model}, {cores} cores, {torch.get_num_threads()} torch thread", f"Python {platform.python_version()}"]
    for package in ("torch", "torchebm"):
        try:
            parts.append(f"{package} {version(package)}")
        except PackageNotFoundError:
            parts.append(f"{package} absent")
    return "; ".join(parts)


def measure(
    train: Callable, name: str, density: data.Density, seeds: list[int], n_points: int
) -> tuple[list[float], list[float]]:
    """The KL and the CPU seconds of each seed."""
    divergences, times = [], []
    for seed in seeds:
        x = density.sample(n_points, torch.Generator().manual_seed(10_000 + seed))
        began = time.process_time()
        try:
            energy = train(name, density, x, seed)
        except ebm.TrainingDiverged:
            divergences.append(math.inf)
        else:
            spent = time.process_time() - began
            try:
                divergences.append(ebm.kl(density, energy, max_edge_mass=None))
            except ValueError:  # energies that are not numbers
                divergences.append(math.inf)
            times.append(spent)
    return divergences, times


def row(what: str, who: str, divergences: list[float], times: list[float]) -> str:
    def number(value: float) -> str:
        return f"{value:.4f}" if value < 1 else f"{value:.3g}"

    mean = statistics.fmean(divergences)
    spread = statistics.stdev(divergences) if len(divergences) > 1 and math.isfinite(mean) else math.nan
    seconds = f"{statistics.fmean(times):.1f}" if times else "-"
    values = f"{number(mean)} ± {number(spread)} | {number(min(divergences))} to {number(max(divergences))}"
    return f"| {what} | {who} | {values} | {seconds} |"


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, default=5, help="number of seeds (default 5)")
    parser.add_argument("--first-seed", type=int, default=100, help="the first of them (default 100)")
    parser.add_argument("--data", choices=SETS, default="moons")
    parser.add_argument("--methods", nargs="+", default=["exact", "nce", "cd", "pcd", "dsm", "ssm"])
    parser.add_argument("--points", type=int, default=5000, help="number of data points (default 5000)")
    parser.add_argument("--without-torchebm", action="store_true")
    options = parser.parse_args(arguments)
    if min(options.seeds, options.points) < 1 or options.first_seed < 0:
        parser.error("--seeds and --points must be at least 1, --first-seed at least 0")
    methods = [name for given in options.methods for name in (ABLATION if given == "ablation" else [given])]
    try:
        for name in methods:
            recipe(name)
    except ValueError as error:
        parser.error(str(error))
    torch.set_num_threads(1)
    density = SETS[options.data]()
    seeds = list(range(options.first_seed, options.first_seed + options.seeds))

    print(machine())
    print(
        f"{density.name}, {options.points} points, seeds {seeds[0]} to {seeds[-1]}; entropy of the data "
        f"{ebm.entropy(density):.4f} nats\n"
    )
    ours("cd:n_steps=2", density, density.sample(200, torch.Generator().manual_seed(0)), 0)  # imports inside torch
    print("| method | by | KL in nats: mean ± sd | lowest to highest | CPU s |")
    print("| --- | --- | ---: | ---: | ---: |")
    runs: list[tuple[str, str, Callable]] = [
        (name, "course_utils (ceiling)" if recipe(name).method == "exact" else "course_utils", ours) for name in methods
    ]
    missing = ""
    if not options.without_torchebm:
        try:
            import torchebm  # noqa: F401
        except ImportError as error:
            missing = str(error)
        else:
            for name in methods:
                if name in THEIRS:
                    runs.append((name, "torchebm, as documented", as_documented))
                    runs.append((name, "torchebm, our net and schedule", with_our_net))
    order = {name: i for i, name in enumerate(methods)}
    for name, who, train in sorted(runs, key=lambda run: order[run[0]]):
        print(row(name, who, *measure(train, name, density, seeds, options.points)), flush=True)
    if missing:
        print(f"\nLeft out: torchebm ({missing})")


if __name__ == "__main__":
    main()
