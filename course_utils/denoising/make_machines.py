"""Train the chains that come with lesson 11: python -m course_utils.denoising.make_machines [NAME ...]

On one CPU core about a quarter of an hour. A chain is written as soon as it is ready, beside those that are there.

All have 40 sweeps, shared by the machines of a chain, in training as in generation, and each machine has the same
number of updates: a chain of four sweeps as often as one machine, and makes four times as many updates.
"""

import argparse
import json
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import jax
import numpy as np
from jaxtyping import Float

from ..machines.digits import binary_digits
from . import machines

SWEEPS = 40
SEEDS = (0, 1, 2)


class Recipe(NamedTuple):
    """How a chain is trained.

    Attributes:
        pictures: "digits" or "planted".
        n_steps: machines.
        flip: of a round of noise.
        n_updates: of each machine.
        persistent: whether the sweeps of an update go on where the last one's ended.
    """

    pictures: str
    n_steps: int
    flip: float
    n_updates: int
    persistent: bool = False


RECIPES = {
    "digits_1": Recipe("digits", 1, 0.5, 1000),
    "digits_4": Recipe("digits", 4, 0.25, 1000),
    "planted_1": Recipe("planted", 1, 0.5, 500),
    "planted_4": Recipe("planted", 4, 0.25, 500),
    "planted_persistent": Recipe("planted", 1, 0.5, 500, persistent=True),
}
"""Three rounds of noise with 0.25 turn 44 % of the pixels. Of 0.10, 0.15 and 0.25 the last gave the best chain for
digits: after 500 updates, one seed, the correlation error was 0.096, 0.090, 0.083, and that of a machine alone 0.083.
"""


def pictures(name: str) -> Float[np.ndarray, "n 64"]:
    """Those to train on."""
    return machines.planted_pictures() if name == "planted" else binary_digits("train").spins.astype(float)


def measured(name: str, chain: machines.Chain) -> list[float]:
    """What 1000 pictures of a chain are like: the error of the correlations, or the share of each pattern."""
    grid, n_sweeps = machines.Grid(), SWEEPS // chain.n_steps
    made = np.asarray(machines.generate(grid, chain, 1000, n_sweeps, jax.random.key(50))[-1])
    if name == "digits":
        return [machines.correlation_error(made, binary_digits("test").spins)]
    return machines.nearest_pattern(made)[0].tolist()


def make(recipe: Recipe, seeds: Sequence[int]) -> dict[str, Any]:
    """Chains for some seeds, in half precision, with the facts about them."""
    start, grid, data, chains = time.process_time(), machines.Grid(), pictures(recipe.pictures), []
    for seed in seeds:
        one = machines.train(
            grid, data, recipe.n_steps, recipe.flip, SWEEPS // recipe.n_steps, jax.random.key(seed),
            n_updates=recipe.n_updates, persistent=recipe.persistent,
        )  # fmt: skip
        chains.append(one)
    weights, biases = (np.array([getattr(one, part) for one in chains], np.float16) for part in ("weights", "biases"))
    found = [measured(recipe.pictures, one) for one in machines.unpacked(weights, biases, recipe.flip)]
    facts = {"recipe": recipe._asdict(), "seeds": list(seeds), "measured": found}
    facts["cpu seconds"] = round(time.process_time() - start)
    return {"weights": weights, "biases": biases, "flip": np.float32(recipe.flip), "facts": json.dumps(facts)}


def main(arguments: list[str] | None = None) -> None:
    """The command."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"which; all unless given: {', '.join(RECIPES)}")
    parser.add_argument("--file", type=Path, default=machines.SAVED, help="where they go")
    options = parser.parse_args(arguments)
    unknown = [name for name in options.names if name not in RECIPES]
    if unknown:
        parser.error(f"{', '.join(unknown)}: choose from {', '.join(RECIPES)}")
    for name in options.names or RECIPES:
        made = {f"{name} {part}": value for part, value in make(RECIPES[name], SEEDS).items()}
        there: dict[str, np.ndarray] = {}
        if options.file.exists():
            with np.load(options.file) as file:
                there = dict(file)
        np.savez_compressed(options.file, **(there | made))
        print(f"{name}: {made[f'{name} facts']}", flush=True)


if __name__ == "__main__":
    main()
