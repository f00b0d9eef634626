"""The explorer of lesson 02: how many samples count, in any dimension and for any width of the proposal."""

import math

import numpy as np
from matplotlib.figure import Figure

from ..partition import gaussian_ess_fraction, gaussian_log_weights, importance_estimate
from ..plots import importance_weights
from .base import Explorer, slider

N_SAMPLES = 10_000
SEED = 2


def importance() -> Explorer:
    """Importance sampling of a standard Gaussian by a Gaussian of another width, in up to 100 dimensions."""
    return Explorer(
        {"dim": slider("dimension", 10, 1, 100, 1), "width": slider("width", 1.5, 0.5, 2.5, 0.05)},
        draw,
        question=(
            "In 50 dimensions, which widths of the proposal keep an effective sample size "
            f"of at least a tenth of the {N_SAMPLES:,} samples?"
        ),
    )


def draw(dim: int, width: float) -> tuple[Figure, str]:
    """The picture and its caption."""
    width = round(width, 4)
    _, log_w = gaussian_log_weights(width, dim, N_SAMPLES, np.random.default_rng(SEED))
    exact = dim / 2 * math.log(2 * math.pi)
    estimate = importance_estimate(log_w)
    fraction = gaussian_ess_fraction(width, dim)
    figure = importance_weights(log_w - exact, width, dim, fraction, estimate.log_z - exact, estimate.error)
    largest = math.exp(log_w.max() - estimate.log_z) / N_SAMPLES
    in_the_long_run = f"{fraction:.3g}" if fraction else "0, as the variance of the weights is infinite"
    return figure, (
        f"Dimension {dim}, proposal {width:g} times as wide as the target. "
        f"ESS {estimate.ess:,.1f} of {N_SAMPLES:,} samples; ESS / n {estimate.ess / N_SAMPLES:.3g}, "
        f"in the long run {in_the_long_run}. The largest weight carries {largest:.1%} of the estimate.\n"
        f"log Z: estimate {estimate.log_z:.3f} ± {estimate.error:.3f} (one reported standard error), exact {exact:.3f}."
    )
