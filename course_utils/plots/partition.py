"""The figure that lesson 02 shares with its explorer."""

import math

import numpy as np
from jaxtyping import Float
from matplotlib.figure import Figure

from .layers import exact, hline, points, steps
from .panels import Panel, figure, panel


def importance_weights(
    log_ratio: Float[np.ndarray, "n"],
    width: float,
    dim: int,
    ess_fraction: float,
    log_z_error: float,
    standard_error: float,
) -> Figure:
    """Who draws the samples and who carries the weight.

    Args:
        log_ratio: log(w / Z) of each sample; the mean of w / Z is 1 in the long run.
        width: width of the proposal, in units of the target's.
        dim: number of coordinates.
        ess_fraction: the formula's ESS / n; 0 where the variance of the weights is infinite.
        log_z_error: estimate of log Z minus its exact value.
        standard_error: the error that the samples themselves report.
    """
    share = np.exp(log_ratio - log_ratio.max())
    share /= share.sum()
    ess = 1 / (share**2).sum()
    off = f"$\\log Z$ off by {round(log_z_error, 2) + 0.0:+.2f} ± {standard_error:.2f}"
    return figure(
        _who_counts(log_ratio, share, off),
        _ess_by_dimension(len(log_ratio), width, dim, ess_fraction, ess),
        title=f"In {dim} dimension{'s' if dim > 1 else ''}, {len(log_ratio):,} samples count like {ess:,.0f}",
    )


def _who_counts(log_ratio: Float[np.ndarray, "n"], share: Float[np.ndarray, "n"], title: str) -> Panel:
    """Histograms of all samples, and of what each contributes to the estimate."""
    n = len(log_ratio)
    room = max(np.ptp(log_ratio), 1) / 48  # an empty bin at each end closes the outlines
    edges = np.linspace(log_ratio.min() - room, log_ratio.max() + room, 51)
    middles = (edges[:-1] + edges[1:]) / 2
    heights = [100 * np.histogram(log_ratio, edges, weights=w)[0] for w in (np.full(n, 1 / n), share)]
    return panel(
        steps(middles, heights[0], "share of the samples", color="blue"),
        steps(middles, heights[1], "share of the estimate", color="red"),
        xlabel="$\\log(w/Z)$ of a sample",
        ylabel="share in each bin (%)",
        title=title,
    )


def _ess_by_dimension(n: int, width: float, dim: int, ess_fraction: float, ess: float) -> Panel:
    """What the formula says of all dimensions, and these samples of theirs."""
    dims = np.arange(1, 101)
    kept = math.sqrt(2 * width**2 - 1) / width**2 if 2 * width**2 > 1 else 0.0
    formula = [
        exact(dims, kept**dims, "formula, $n \\to \\infty$"),
        points([dim], [ess_fraction], name="formula, here", color="black", hollow=True),
    ]
    keeps = f"each dimension keeps {kept:.1%}" if kept else "infinite variance"
    return panel(
        *(formula if kept else []),
        points([dim], [ess / n], name="these samples", color="red"),
        hline(1 / n, "one sample"),
        log="y",
        xlim=(0, 105),
        ylim=(0.3 / n, 2),
        yticks=[10.0**-k for k in range(5) if 10.0**-k > 0.3 / n],
        xlabel="dimension $d$",
        ylabel="ESS$/n$",
        title=f"width {width:g}: {keeps}",
    )
