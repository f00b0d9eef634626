"""Trains the chains that lesson 11 shows, and writes `machines.npz`: `python -m course_utils.denoising.make_machines`.

About six minutes of CPU time. One machine has 40 sweeps, each of four machines 10, in training as in generation; all
have the same number of updates, so that a chain of four sweeps as often in training as one machine.
"""

import jax
import numpy as np

from . import machines

N_UPDATES = {"digits": 1500, "planted": 250}
"""For each machine. With 400 the correlation error of digits was 0.078 for one machine and 0.084 for four."""

FLIP = 0.15
SWEEPS = 40
SEEDS = (0, 1, 2)


def main() -> None:
    """Train three seeds of each chain and write them as half-precision floats."""
    grid, parts = machines.Grid(), {}
    for what, pictures in (("digits", machines.binary_digits()[0]), ("planted", machines.planted_pictures())):
        for steps in (1, 4):
            chains = []
            for seed in SEEDS:
                how = {"n_updates": N_UPDATES[what]}
                key = jax.random.key(seed)
                chains.append(machines.train(grid, pictures, steps, FLIP, SWEEPS // steps, key, **how))
            for part in ("weights", "biases"):
                parts[f"{what}_{steps}_{part}"] = np.array([getattr(chain, part) for chain in chains], np.float16)
            parts[f"{what}_{steps}_flip"] = np.float32(FLIP)
    np.savez_compressed(machines._SAVED, **parts)


if __name__ == "__main__":
    main()
