"""Hopfield's memory at zero temperature."""

import numpy as np
from jaxtyping import Num

from ..arguments import whole


def recall(patterns: Num[np.ndarray, "p n"], start: Num[np.ndarray, "n"], n_sweeps: int) -> Num[np.ndarray, "n"]:
    """The state that a Hopfield memory falls into, J = Σ ξ ξᵀ without its diagonal, one spin after the other.

    Args:
        patterns: -1 and +1, one a row.
        start: -1 and +1.
        n_sweeps: how often each spin becomes the sign of its field; where that is zero, it stays.

    Returns:
        The state, in the type of the start.

    Source: Hopfield, PNAS 79, 2554 (1982), doi:10.1073/pnas.79.8.2554.
    """
    state, overlaps = start.copy(), patterns @ start
    for _ in range(whole("n_sweeps", n_sweeps, 0)):
        for i, mine in enumerate(patterns.T):
            field = mine @ overlaps - len(patterns) * state[i]
            if field * state[i] < 0:
                state[i] = -state[i]
                overlaps = overlaps + 2 * state[i] * mine
    return state
