"""The look shared by all figures: one map for energy, one for probability, colours that everybody can tell apart."""

import io

import matplotlib.pyplot as plt
import numpy as np
from cycler import cycler
from IPython import get_ipython
from jaxtyping import UInt8
from matplotlib.backend_bases import FigureCanvasBase
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.text import Text

from .. import memory

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
SERIES = tuple(COLORS[name] for name in ("blue", "orange", "green", "purple", "red", "sky", "grey"))
"""Colours of series, in this order."""
WIDTH = 9.6
"""Of a figure, in inches: it fills the column of a notebook."""
DENSITY = 2
"""Pixels of a picture for each pixel of the page."""
ENERGY_COLOR = COLORS["blue"]
PROBABILITY_COLOR = COLORS["red"]


def use_style() -> None:
    """Set the course's matplotlib style for this process."""
    plt.rcParams.update(
        {
            "figure.figsize": (WIDTH, 3.9),
            "figure.dpi": 100,
            "figure.constrained_layout.use": True,
            "axes.prop_cycle": cycler(color=[c for name, c in COLORS.items() if name != "black"]),
            "axes.spines.top": False,
            "axes.spines.right": False,
            "axes.grid": False,
            "font.size": 11,
            "mathtext.fontset": "dejavusans",
            "axes.titlesize": 11,
            "axes.titlelocation": "left",
            "axes.labelsize": 11,
            "figure.titlesize": 12,
            "legend.frameon": False,
            "legend.fontsize": 10,
            "xtick.labelsize": 10,
            "ytick.labelsize": 10,
            "lines.linewidth": 1.8,
            "image.cmap": ENERGY_CMAP,
            "savefig.dpi": 100,
        }
    )


def shades(n: int) -> list[str]:
    """Colours for series that have an order, such as temperatures: from dark blue to orange."""
    from matplotlib.colors import to_hex

    return [to_hex(color) for color in plt.get_cmap("plasma")(np.linspace(0.0, 0.82, n))]


class Sharp(Figure):
    """A finished figure: a page shows it with twice the page's pixels, so that lines are sharp on any screen."""

    def _repr_png_(self) -> tuple[bytes, dict[str, int]]:
        return shown(self)


def finish(fig: Figure) -> Figure:
    """Detach a figure from pyplot, so that a notebook shows it once, as the value of its cell, and sharp."""
    plt.close(fig)
    fig.__class__ = Sharp
    shell = get_ipython()
    if shell is not None:  # pyplot has told it how to draw figures, and that goes before what a figure says itself
        shell.display_formatter.formatters["image/png"].for_type(Sharp, shown)
    return fig


def pixels(fig: Figure) -> UInt8[np.ndarray, "height width 3"]:
    """A figure in sRGB, drawn without `savefig`, which draws one with a layout engine twice."""
    canvas = FigureCanvasAgg(fig)
    canvas.draw()
    found = np.asarray(canvas.buffer_rgba())[..., :3].copy()
    _forget_drawing(fig)
    return found


def _forget_drawing(fig: Figure) -> None:
    """Let a figure keep none of its pixels: the notebook keeps each figure, in `Out`, and 8 MB or more with it."""
    FigureCanvasBase(fig)
    for text in fig.findobj(Text):
        text._renderer = None  # what it was last drawn with: matplotlib has no public way to let go of it


def png(fig: Figure) -> bytes:
    """A figure as a picture of 256 colours, which takes a third of the bytes that it would need with all of them."""
    from PIL import Image

    fig.set_dpi(DENSITY * plt.rcParams["figure.dpi"])
    try:
        picture = Image.fromarray(pixels(fig))
    finally:
        fig.set_dpi(plt.rcParams["figure.dpi"])
    buffer = io.BytesIO()
    # A median cut gives a small mark on a large map the colour of its neighbours; coverage alone tints greys.
    few = picture.quantize(256, Image.Quantize.MAXCOVERAGE, kmeans=1, dither=Image.Dither.NONE)
    few.save(buffer, format="png", optimize=True)
    return buffer.getvalue()


def shown(fig: Figure) -> tuple[bytes, dict[str, int]]:
    """A picture of a figure, and its width and height on the page."""
    width, height = (round(inches * plt.rcParams["figure.dpi"]) for inches in fig.get_size_inches())
    picture = png(fig)
    memory.give_back()
    return picture, {"width": width, "height": height}


def to_numpy(values) -> np.ndarray:
    """A NumPy array from a torch tensor, a JAX array or a list."""
    return np.asarray(values.detach().cpu() if hasattr(values, "detach") else values)
