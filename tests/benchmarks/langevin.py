"""Speed of the unadjusted Langevin sampler: ours, torchebm's LangevinDynamics and a JAX scan, in million chain-steps/s.

    python tests/benchmarks/langevin.py [--chains 1000] [--steps 200] [--device cpu] [--repeats 5] [--threads N]

All take the same step, x' = x - ε ∇E(x) + sqrt(2 ε) ξ at T = 1, in float32, with the same number of chains and of
steps, from the same start, and none keeps a trajectory. They run in turn, so that other work on the machine meets all
of them, and the median counts. One untimed run each goes before: it holds JAX's compilation, which is not counted.

torchebm appears twice: with its own model of the energy, whose gradient comes from autograd, and with that model's
`gradient` replaced by the same formula that we and JAX use. The second shows what is left when gradients are equal.

The mean of x² over the last states is printed for each, with the exact value: who is fast must also be right.
"""

import argparse
import math
import os
import platform
import statistics
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import numpy as np
import torch

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from course_utils import samplers
from course_utils.energies import DoubleWell, Energy, Rastrigin

DIM = 100
BARRIER = 2.0
GAP = "-"


def gaussian_covariance() -> np.ndarray:
    """A covariance with neighbours correlated by 0.5, eigenvalues from 1/3 to 3."""
    index = np.arange(DIM)
    return 0.5 ** np.abs(index[:, None] - index[None, :])


class Gaussian(Energy):
    """E(x) = x·P x / 2 with its gradient, as a learner would write it."""

    def __init__(self, device: torch.device) -> None:
        self.precision = torch.tensor(np.linalg.inv(gaussian_covariance()), dtype=torch.float32, device=device)

    def energy(self, x: torch.Tensor) -> torch.Tensor:
        return 0.5 * (x * (x @ self.precision)).sum(-1)

    def gradient(self, x: torch.Tensor) -> torch.Tensor:
        return x @ self.precision


@dataclass(frozen=True)
class Target:
    """One energy, in the words of each library.

    Attributes:
        name: what the table calls it.
        shape: of the state of one chain.
        step_size: ε, well below the stable one, and so small that the bias of the sampler is within the error.
        ours: the energy.
        torchebm: makes torchebm's model of the same energy, given the device.
        jax: gradient of the energy of a batch in jax.numpy.
    """

    name: str
    shape: tuple[int, ...]
    step_size: float
    ours: Energy
    torchebm: Callable
    jax: Callable


def targets(device: torch.device) -> list[Target]:
    """The three landscapes."""

    def double_well(core, device):
        return core.DoubleWellModel(barrier_height=BARRIER, device=device)

    def gaussian(core, device):
        covariance = torch.tensor(gaussian_covariance(), dtype=torch.float32, device=device)
        return core.GaussianModel(torch.zeros(DIM, device=device), covariance, device=device)

    def rastrigin(core, device):
        return core.RastriginModel(a=10.0, device=device)

    def precision_jax(x):
        import jax.numpy as jnp

        return x @ jnp.asarray(np.linalg.inv(gaussian_covariance()), dtype=jnp.float32)

    def rastrigin_jax(x):
        import jax.numpy as jnp

        return 2 * x + 20 * math.pi * jnp.sin(2 * math.pi * x)

    return [
        Target(
            "double well",
            (),
            0.005,
            DoubleWell(BARRIER),
            double_well,
            lambda x: 4 * BARRIER * x * (x * x - 1),
        ),
        Target("Gaussian, 100-d", (DIM,), 0.1, Gaussian(device), gaussian, precision_jax),
        Target("Rastrigin, 2-d", (2,), 0.001, Rastrigin(dim=2), rastrigin, rastrigin_jax),
    ]


def runner_ours(target: Target, start: torch.Tensor, n_steps: int) -> Callable[[], np.ndarray]:
    generator = torch.Generator(start.device).manual_seed(0)

    def run() -> np.ndarray:
        result = samplers.ula(
            target.ours, start, step_size=target.step_size, n_steps=n_steps, generator=generator, keep=False
        )
        return result.x.cpu().numpy()

    return run


def runner_torchebm(
    target: Target, start: torch.Tensor, n_steps: int, own_gradient: bool = True
) -> Callable[[], np.ndarray]:
    from torchebm import core
    from torchebm.samplers import LangevinDynamics

    generator = torch.Generator(start.device).manual_seed(0)
    model = target.torchebm(core, start.device)
    if not own_gradient:
        model.gradient = target.ours.grad
    sampler = LangevinDynamics(
        model, step_size=target.step_size, noise_scale=1.0, dtype=start.dtype, device=start.device
    )
    batch = start.reshape(len(start), -1)  # it wants an axis of coordinates in one dimension too

    def run() -> np.ndarray:
        return sampler.sample(x=batch, n_steps=n_steps, generator=generator).cpu().numpy()

    return run


def runner_jax(target: Target, start: torch.Tensor, n_steps: int) -> Callable[[], np.ndarray]:
    import jax

    drift, noise = target.step_size, math.sqrt(2 * target.step_size)

    @jax.jit
    def sample(x, key):
        def step(x, key):
            return x - drift * target.jax(x) + noise * jax.random.normal(key, x.shape, x.dtype), None

        return jax.lax.scan(step, x, jax.random.split(key, n_steps))[0]

    device = jax.devices("gpu" if start.device.type == "cuda" else start.device.type)[0]
    x = jax.device_put(start.cpu().numpy(), device)
    key = jax.device_put(jax.random.key(0), device)

    def run() -> np.ndarray:
        return np.asarray(sample(x, key))

    return run


RUNNERS = {
    "course_utils": runner_ours,
    "torchebm": runner_torchebm,
    "torchebm, our gradient": partial(runner_torchebm, own_gradient=False),
    "JAX scan": runner_jax,
}


def exact_second_moment(target: Target) -> float:
    """⟨x²⟩ per coordinate, under p (for the Gaussian: under the biased law of the sampler, which is known exactly)."""
    if isinstance(target.ours, Gaussian):
        curvature = np.linalg.eigvalsh(np.linalg.inv(gaussian_covariance()))
        return float(np.mean(1 / (curvature * (1 - target.step_size * curvature / 2))))
    x = torch.linspace(-8, 8, 160_001, dtype=torch.float64)
    one = DoubleWell(BARRIER) if target.shape == () else Rastrigin(dim=1)
    weight = torch.exp(-one(x))
    return float((x**2 * weight).sum() / weight.sum())


def starts(target: Target, n_chains: int, device: torch.device) -> torch.Tensor:
    """Chains near equilibrium: wells cannot be left in a short run, so Rastrigin's are given their right shares."""
    generator = torch.Generator().manual_seed(1)
    x = torch.randn(n_chains, *target.shape, generator=generator)
    if target.name.startswith("double"):
        x = torch.sign(x)
    elif target.name.startswith("Rastrigin"):
        wells = Rastrigin(dim=1).wells()
        shares = torch.exp(-Rastrigin(dim=1)(wells))
        index = torch.multinomial(shares, 2 * n_chains, replacement=True, generator=generator)
        x = wells[index].reshape(n_chains, 2).float()
    return x.to(device)


def machine(device: torch.device) -> str:
    """CPU or GPU model, cores, versions."""
    model = platform.processor() or platform.machine()
    if Path("/proc/cpuinfo").exists():
        lines = Path("/proc/cpuinfo").read_text().splitlines()
        model = next((line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")), model)
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    parts = [f"{model}, {cores} cores, {torch.get_num_threads()} torch threads"]
    if device.type == "cuda":
        parts.append(torch.cuda.get_device_name(device))
    parts.append(f"{platform.system()}, Python {platform.python_version()}")
    for package in ("torch", "torchebm", "jax"):
        try:
            parts.append(f"{package} {version(package)}")
        except PackageNotFoundError:
            parts.append(f"{package} absent")
    return "; ".join(parts)


def measure(
    target: Target, n_chains: int, n_steps: int, repeats: int, device: torch.device
) -> tuple[dict[str, dict], dict[str, str]]:
    """For each library its rate, all times and ⟨x²⟩ of its last states; and why a library is missing."""
    start = starts(target, n_chains, device)
    runs, result, missing = {}, {}, {}
    for name, make in RUNNERS.items():
        try:
            runs[name] = make(target, start, n_steps)
        except ImportError as error:
            missing[name] = str(error)
            continue
        x = runs[name]()  # warm-up, and compilation for JAX
        square = np.square(x, dtype=np.float64).reshape(n_chains, -1).mean(1)
        error = square.std(ddof=1) / math.sqrt(n_chains) if n_chains > 1 else math.nan
        result[name] = {"moment": f"{square.mean():.3f} ± {error:.3f}", "times": []}
    for _ in range(repeats):
        for name, run in runs.items():
            began = time.perf_counter()
            run()  # the result comes back to the CPU, so the device has finished
            result[name]["times"].append(time.perf_counter() - began)
    for values in result.values():
        values["rate"] = n_chains * n_steps / statistics.median(values["times"]) / 1e6
    return result, missing


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--chains", type=int, default=1000, help="number of chains (default 1000)")
    parser.add_argument("--steps", type=int, default=200, help="steps of each run (default 200)")
    parser.add_argument("--repeats", type=int, default=5, help="timed runs of each; the median counts (default 5)")
    parser.add_argument("--threads", type=int, help="torch's threads on the CPU (default: its own choice)")
    parser.add_argument("--device", default="cpu", help="cpu or cuda (default cpu)")
    options = parser.parse_args(arguments)
    device = torch.device(options.device)
    if min(options.chains, options.steps, options.repeats) < 1:
        parser.error("--chains, --steps and --repeats must be at least 1")

    if options.threads:
        torch.set_num_threads(options.threads)

    print(machine(device))
    print(
        f"{options.chains} chains, {options.steps} steps, float32, median of {options.repeats} runs in turn; "
        "compilation not counted\n"
    )
    print("| target | sampler | million chain-steps/s | slowest to fastest run | ours / it | ⟨x²⟩ | exact |")
    print("| --- | --- | ---: | ---: | ---: | ---: | ---: |")
    for target in targets(device):
        result, missing = measure(target, options.chains, options.steps, options.repeats, device)
        ours = result["course_utils"]["rate"]
        for name, values in result.items():
            done = options.chains * options.steps / 1e6
            spread = f"{done / max(values['times']):.2f} to {done / min(values['times']):.2f}"
            ratio = GAP if name == "course_utils" else f"{ours / values['rate']:.1f}"
            print(
                f"| {target.name} | {name} | {values['rate']:.2f} | {spread} | {ratio} "
                f"| {values['moment']} | {exact_second_moment(target):.3f} |"
            )
    for name, reason in missing.items():
        print(f"\nLeft out: {name} ({reason})")


if __name__ == "__main__":
    main()
