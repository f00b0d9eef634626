"""Make the trained networks that come with the course: python -m course_utils.ebm.make_checkpoints [NAME ...]

On one CPU core about ten minutes for the digits, and twenty for mnist14. Ctrl-C stops it; the same command goes on
from there.
"""

import argparse
import time
from dataclasses import asdict
from pathlib import Path

import torch

from course_utils import data
from course_utils.ebm import evaluation, image_recipes, pretrained
from course_utils.ebm.training_loop import Training

_SEEDS = {
    "digits_classifier": 3,
    "digits": 0,
    "digits_labels": 1,
    "digits_bold": 2,
    "mnist14_classifier": 3,
    "mnist14": 0,
}  # in the order in which they are made

_N_CLASSIFIER = {"digits": 797, "mnist14": 3000}
"""Training pictures that the classifier sees: the others, as many as test pictures, are kept for the floor of the
feature distance."""

_CHAIN_STEPS = 500
"""Of the fresh chains by which an energy is judged."""


def pictures(name: str) -> tuple[data.Pictures, data.Pictures]:
    """The pictures to train and to test on."""
    load = data.mnist14 if name.startswith("mnist14") else data.digits
    return load("train"), load("test")


def classifier(name: str, folder: Path) -> None:
    """The classifier of a set."""
    (train, test), n = pictures(name), _N_CLASSIFIER[name.partition("_")[0]]
    start, generator = time.process_time(), torch.Generator().manual_seed(_SEEDS[name])
    net = evaluation.train_classifier(train.images[:n], train.labels[:n], generator=generator)
    accuracy = (net(test.images).argmax(1) == test.labels).double().mean().item()
    facts = {"accuracy": accuracy, "pictures": n, "cpu seconds": time.process_time() - start}
    pretrained.save(net, folder / f"{name}.pt", facts)
    print(f"{name}: {accuracy:.1%} of the test pictures right")


def energy(name: str, folder: Path, work: Path) -> bool:
    """One of the energies; False if it was interrupted."""
    train, test = pictures(name)
    labels = {"digits_labels": train.labels, "digits_bold": data.is_bold(train)}.get(name)
    recipe = image_recipes.MNIST14 if name == "mnist14" else image_recipes.DIGITS
    seed, start = _SEEDS[name], time.process_time()
    work.mkdir(parents=True, exist_ok=True)
    training: Training = recipe.train(
        train.images, seed=seed, labels=labels, progress=True, checkpoint=work / f"{name}.pt", checkpoint_every=100,
        resume=True,
    )  # fmt: skip
    if training.interrupted:
        print(f"{name}: stopped after step {training.step}; the same command goes on from there")
        return False
    seconds = time.process_time() - start
    generator = torch.Generator().manual_seed(seed)
    reader = pretrained.load(f"{train.name}_classifier", folder)
    chains = recipe.fresh_chains(training.energy, len(test), _CHAIN_STEPS, generator)
    measured = evaluation.judge(
        training.energy, chains, test.images, train.images[-len(test) :], reader,
        data_noise=recipe.data_noise, generator=generator,
    )  # fmt: skip
    if labels is not None:
        right = data.is_bold(test, train) if name == "digits_bold" else test.labels
        measured["accuracy"] = (training.energy.logits(test.images).argmax(1) == right).double().mean().item()
    counts = {"chains": len(chains), "steps": training.step, "cpu seconds": seconds}
    facts = {"recipe": asdict(recipe), "seed": seed, **counts, **measured}
    pretrained.save(training.energy, folder / f"{name}.pt", facts)
    print(f"{name}: " + ", ".join(f"{key} {value:.3g}" for key, value in measured.items()))
    return True


def main(arguments: list[str] | None = None) -> None:
    """The command."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"which; all unless given: {', '.join(_SEEDS)}")
    parser.add_argument("--folder", type=Path, default=Path(__file__).with_name("checkpoints"), help="where they go")
    parser.add_argument("--work", type=Path, default=Path("dist/checkpoints"), help="where unfinished ones are kept")
    options = parser.parse_args(arguments)
    unknown = [name for name in options.names if name not in _SEEDS]
    if unknown:
        parser.error(f"{', '.join(unknown)}: choose from {', '.join(_SEEDS)}")
    torch.set_num_threads(1)
    options.folder.mkdir(parents=True, exist_ok=True)
    for name in _SEEDS:
        if options.names and name not in options.names:
            continue
        if name.endswith("classifier"):
            classifier(name, options.folder)
        elif not energy(name, options.folder, options.work):
            return


if __name__ == "__main__":
    main()
