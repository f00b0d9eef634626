"""Surfaces that turn under the mouse, drawn by plotly, each with a still picture for where nothing turns."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.figure import Figure

from .maps import surface
from .panels import figure
from .style import COLORS, shown, to_numpy

POINTS = 111
"""Points along each side of a surface that turns: four surfaces take 350 kB in a notebook, and look smooth."""
VIEW = (57.0, -117.0)
"""Elevation and azimuth in degrees from which the minima of a bent valley and of a basin are seen."""
SIZE = (860, 600)
"""Of a surface that turns, in pixels of the page."""


@dataclass(frozen=True)
class Turning:
    """What a cell shows: a figure of plotly where plotly runs, and its still picture everywhere else.

    Attributes:
        solid: the `plotly.graph_objects.Figure`.
        still: all surfaces side by side.
    """

    solid: Any
    still: Figure

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> tuple[dict[str, Any], dict[str, Any]]:
        from plotly import io

        from ..place import where

        # Named, because plotly's default puts its library of 4 MB into the notebook.
        renderer = io.renderers["colab" if where() == "colab" else "plotly_mimetype"]
        picture, size = shown(self.still)
        words = "Surfaces that turn under the mouse: run this cell in JupyterLab or on Colab."
        turns = renderer.to_mimebundle(self.solid.to_plotly_json())
        return {"image/png": picture, "text/plain": words, **turns}, {"image/png": size}


def turning_surface(surfaces: Sequence[tuple[str, Any, Any, Any, str]], *, title: str) -> Turning:
    """Surfaces, one at a time, chosen with buttons, to be turned and zoomed.

    Args:
        surfaces: (name, points of shape (n, n, 2), height of shape (n, n), global minimum of shape (2,), label of the
            height) for each. Every few points are taken, so that a notebook stays small.
        title: the finding.

    Returns:
        What the cell shows.
    """
    import plotly.graph_objects as go

    solid, panels = go.Figure(), []
    for i, (name, points, height, minimum, label) in enumerate(surfaces):
        points, height, (x, y) = to_numpy(points), to_numpy(height), to_numpy(minimum).ravel().tolist()
        lowest = float(height.ravel()[np.abs(points - (x, y)).sum(-1).argmin()])
        few = np.linspace(0, len(points) - 1, min(len(points), POINTS)).round().astype(int)
        hover = f"x₁ %{{x}}<br>x₂ %{{y}}<br>{_plain(label)} %{{z}}<extra></extra>"
        at_x, at_y, z = _short(points[few, 0, 0]), _short(points[0, few, 1]), _short(height[np.ix_(few, few)].T)
        solid.add_surface(x=at_x, y=at_y, z=z, colorscale="Viridis", hovertemplate=hover, visible=i == 0)
        solid.data[-1].colorbar.update(title_text=_plain(label), len=0.7)
        look = {"size": 6, "color": COLORS["red"], "symbol": "diamond", "line": {"color": "black", "width": 2}}
        top = [lowest + 0.02 * float(np.ptp(height))]  # else half of the mark is under the surface
        solid.add_scatter3d(x=[x], y=[y], z=top, mode="markers", marker=look, name="global minimum", visible=i == 0)
        panels.append(
            surface(points, height, way=[(x, y)], heights=[lowest], zlabel=label, title=name, height=3.7, view=VIEW)
        )
    _arrange(solid, [(name, _plain(label)) for name, *_, label in surfaces], f"{title}; the mark is the global minimum")
    return Turning(solid, figure(*panels, title=f"{title}; the dot is the global minimum", columns=2))


def _arrange(solid: Any, names: Sequence[tuple[str, str]], title: str) -> None:
    """A button for each surface, and axes."""
    buttons = []
    for i, (name, label) in enumerate(names):
        shown = [j // 2 == i for j in range(len(solid.data))]
        buttons.append(
            {"label": name, "method": "update", "args": [{"visible": shown}, {"scene.zaxis.title.text": label}]}
        )
    menu = {"type": "buttons", "direction": "right", "x": 0, "xanchor": "left", "y": 1.08, "buttons": buttons}
    solid.update_layout(
        title={"text": title, "font_size": 14, "x": 0.01, "y": 0.97}, updatemenus=[menu], showlegend=False,
        width=SIZE[0], height=SIZE[1], margin={"l": 10, "r": 10, "t": 100, "b": 10},
    )  # fmt: skip
    solid.update_scenes(
        xaxis_title_text="x₁", yaxis_title_text="x₂", zaxis_title_text=names[0][1], aspectmode="manual",
        aspectratio={"x": 1, "y": 1, "z": 0.6}, camera_eye={"x": -0.7, "y": -1.4, "z": 1.5},
    )  # fmt: skip


def _plain(label: str) -> str:
    """A label without mathtext, which plotly does not read."""
    for old, new in (("$", ""), ("\\log_{10}", "log₁₀")):
        label = label.replace(old, new)
    return label


def _short(values: np.ndarray) -> list:
    """Numbers with four digits as plain lists, which every version of plotly.js reads."""
    return np.vectorize(lambda v: float(f"{v:.4g}"))(values).tolist()
