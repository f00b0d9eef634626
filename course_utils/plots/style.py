"""The look shared by all figures: one map for energy, one for probability, colours that everybody can tell apart."""

import matplotlib.pyplot as plt
import numpy as np
from cycler import cycler
from matplotlib.figure import Figure

# Okabe and Ito's palette (2008), chosen to be told apart with any common colour vision.
COLORS = {
    "blue": "#0072B2",
    "orange": "#E69F00",
    "green": "#009E73",
    "red": "#D55E00",
    "purple": "#CC79A7",
    "sky": "#56B4E9",
    "black": "#000000",
    "grey": "#7F7F7F",
}
ENERGY_CMAP = "viridis"
PROBABILITY_CMAP = "magma"
ANGLE_CMAP = "twilight"
ENERGY_COLOR = COLORS["blue"]
PROBABILITY_COLOR = COLORS["red"]


def use_style() -> None:
    """Set the course's matplotlib style for this process."""
    plt.rcParams.update(
        {
            "figure.figsize": (7.0, 4.0),
            "figure.dpi": 100,
            "figure.constrained_layout.use": True,
            "axes.prop_cycle": cycler(color=[c for name, c in COLORS.items() if name != "black"]),
            "axes.spines.top": False,
            "axes.spines.right": False,
            "axes.grid": False,
            "axes.titlesize": 11,
            "axes.titlelocation": "left",
            "axes.labelsize": 10,
            "legend.frameon": False,
            "legend.fontsize": 9,
            "lines.linewidth": 1.8,
            "image.cmap": ENERGY_CMAP,
            "savefig.dpi": 100,
        }
    )


def finish(fig: Figure) -> Figure:
    """Detach a figure from pyplot, so that a notebook shows it once, as the value of its cell."""
    plt.close(fig)
    return fig


def to_numpy(values) -> np.ndarray:
    """A NumPy array from a torch tensor, a JAX array or a list."""
    return np.asarray(values.detach().cpu() if hasattr(values, "detach") else values)
