"""The explorer of lesson 11: a chain of machines on six spins, exactly, for any number of machines and any noise."""

from functools import lru_cache

import numpy as np
from matplotlib.figure import Figure

from .. import plots
from ..denoising import exact
from ..lattice.exact import ising_states
from .base import Explorer, choice, slider

N_SPINS = 6
SWEEPS = 16
COUNTS = (1, 2, 4, 8)
DATA = exact.two_modes(0.02, N_SPINS)


def denoising() -> Explorer:
    """A chain of denoising machines against its number, its noise, and what its machines can learn."""
    return Explorer(
        {
            "machines": choice("machines", {"Boltzmann machines": True, "perfect": False}),
            "steps": choice("how many", {str(n): n for n in COUNTS}, 1),
            "turned": slider("noise in all", 0.4, 0.1, 0.48, 0.02),
        },
        draw,
        question=(
            f"With {SWEEPS} sweeps in all, how many Boltzmann machines, and how much noise, come closest to the data? "
            "And how many perfect machines?"
        ),
    )


@lru_cache(maxsize=256)
def _made(machines: bool, steps: int, turned: float) -> tuple[tuple[float, ...], float]:
    """The law that a chain makes, and its KL from the data."""
    flip = exact.rounds(steps, turned)
    energies = exact.fit_chain(DATA, steps, flip) if machines else -np.log(exact.blurred(DATA, steps, flip))
    law = exact.chain_law(energies, flip, SWEEPS // steps)
    return tuple(law), exact.kl(DATA, law)


def draw(machines: bool, steps: int, turned: float) -> tuple[Figure, str]:
    """The picture and its caption."""
    turned = round(turned, 4)
    law, distance = _made(machines, steps, turned)
    n_up = (ising_states(N_SPINS) > 0).sum(1)
    shares = [np.bincount(n_up, p) for p in (DATA, law)]
    others = [_made(machines, n, turned)[1] for n in COUNTS]
    names = [str(k) for k in range(N_SPINS + 1)]
    left = plots.panel(
        plots.bars(names, shares[0], "data", color="grey", width=0.4, shift=-0.2),
        plots.bars(names, shares[1], "made by the chain", color="blue", width=0.4, shift=0.2),
        xlabel="spins up", ylabel="probability", ylim=(0, 1),
    )  # fmt: skip
    right = plots.panel(
        plots.line(COUNTS, others, color="grey"), plots.points([steps], [distance], color="blue"),
        log="xy", xlabel="machines in the chain", ylabel="KL(data, made) (nats)",
        xticks={n: str(n) for n in COUNTS}, ylim=(1e-4, 1), yticks=(0.0001, 0.001, 0.01, 0.1, 1),
    )  # fmt: skip
    kind = "Boltzmann machines" if machines else "perfect machines"
    title = f"{steps} {kind if steps > 1 else kind.removesuffix('s')}: {distance:.4f} nats"
    flip = exact.rounds(steps, turned)
    noise = "nothing to undo" if steps == 1 else f"a round of noise turns a spin with probability {flip:.3f}"
    return plots.figure(left, right, title=title), (
        f"Chain of {steps} ({kind}), {SWEEPS // steps} sweeps each; {noise}.\n"
        f"KL {distance:.4f} nats. All spins up: {law[-1]:.3f}, in the data {DATA[-1]:.3f}; "
        f"all down: {law[0]:.3f}, in the data {DATA[0]:.3f}."
    )
