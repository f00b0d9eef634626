"""A pad to draw on: strokes in the plane become points with an exact density."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import ipywidgets as widgets
import numpy as np
from IPython.display import HTML, display
from matplotlib.figure import Figure

from .. import arguments
from ..plots import COLORS, PROBABILITY_CMAP
from .base import Explorer, choice, slider

if TYPE_CHECKING:
    from torch import Tensor

    from ..data import Density
    from ..energies import GaussianMixture

QUESTION = "Which shape is hard for an energy to learn? Draw one here, train on it, and look at the KL."
PRESETS = ("two moons", "ring", "spiral", "letter E", "face", "eight dots")
STD = 0.15
SIZE = (4.4, 4.4)  # inches
GRID = 110
"""Cells per axis of the picture: 0.09 wide, less than the smallest σ."""
KEYS = (
    "Drawing pad. Draw with the pointer, or with the keyboard: arrow keys move the pen, with Shift in larger steps; "
    "space puts it down and lifts it; Delete takes the last stroke away; Escape clears all."
)
HELP = (
    "Draw with mouse, finger or pen. Keyboard: Tab to the picture, arrow keys (with Shift: far), space for pen down "
    "and up, Delete for undo, Escape for an empty page. Or type below: one stroke per line, pairs x,y from −4 to 4."
)
ASLEEP = "Run this cell to draw here. Without scripts, the buttons and the text field still work."
STYLE = """<style>
.drawing-pad-sheet { display: grid; position: relative; width: max-content; max-width: 100%; }
.drawing-pad-sheet > * { grid-area: 1 / 1; margin: 0; }
.drawing-pad-sheet > :not(img) { width: 100%; height: 100%; max-width: none; }
.drawing-pad-canvas { position: absolute; inset: 0; width: 100%; height: 100%; cursor: crosshair; touch-action: none;
  user-select: none; -webkit-user-select: none; }
.drawing-pad-canvas:focus-visible { outline: 3px solid #56B4E9; outline-offset: -3px; }
.drawing-pad-pen, .drawing-pad-asleep { position: absolute; left: 12px; right: 12px; top: 8px; line-height: 1.4;
  color: white; text-shadow: 0 0 3px black, 0 0 3px black; pointer-events: none; }
</style>"""
CANVAS = f"""{STYLE}<canvas class="drawing-pad-canvas" tabindex="0" role="application" aria-label="{KEYS}"
data-lm-suppress-shortcuts="true"></canvas><div class="drawing-pad-pen" role="status"></div>
<div class="drawing-pad-asleep">{ASLEEP}</div>"""
AWAKE = "<style>.drawing-pad-asleep {{ display: none }}</style><script>{}</script>"


class DrawingPad(Explorer):
    """A square to draw in, whose strokes are points with an exact density; a shape by name until something is drawn.

    A pointer or the keyboard draws on a canvas over the picture. A small script writes each finished stroke into the
    text field below, so that it reaches the kernel as any text does: no extension is needed. Where scripts do not run,
    the field can be typed into.

    Args:
        preset: the shape until something is drawn, one of `PRESETS`.
        std: σ, the width of the pen, 0.1 to 0.2.
        strokes: a drawing to begin with, as the text field has it: so a drawing can be kept in a notebook.

    Raises:
        ValueError: if there is no such shape, std is out of its range, or strokes are none.
    """

    def __init__(self, preset: str = PRESETS[0], std: float = STD, strokes: str = "") -> None:
        from .. import data

        arguments.choice("preset", preset, PRESETS)
        arguments.number("std", std, 0.1, 0.2)
        data.strokes(strokes)
        controls = {
            "preset": choice("shape", list(PRESETS), preset),
            "std": slider("pen width σ", std, 0.1, 0.2, 0.01),
            "strokes": widgets.Textarea(
                value=strokes,
                placeholder="-2,0 -1,1.5 0,0",
                description="strokes",
                continuous_update=False,
                style={"description_width": "60px"},
                layout=widgets.Layout(width="100%", height="110px", margin="8px 0"),
            ),
        }
        self._before: list[str] = []  # texts to go back to
        self._known: tuple[Any, Density] | None = None  # what the density was made from, and the density
        undo, clear = (
            widgets.Button(description=name, layout=widgets.Layout(width="90px")) for name in ("Undo", "Clear")
        )
        undo.on_click(self._undo)
        clear.on_click(self._clear)
        for button, name in ((undo, "undo"), (clear, "clear")):
            button.add_class(f"explorer-control-{name}")
        super().__init__(controls, self._paint, question=QUESTION, size=SIZE, extras=(undo, clear))
        sheet = widgets.Box([self.image, widgets.HTML(CANVAS)])
        sheet.add_class("drawing-pad-sheet")
        words = widgets.HTML(f'<div style="line-height:1.4">{HELP}</div>')
        beside = widgets.VBox(
            [words, controls["strokes"], self.text], layout=widgets.Layout(width="400px", max_width="100%")
        )
        both = widgets.HBox([sheet, beside], layout=widgets.Layout(flex_flow="row wrap", grid_gap="8px 16px"))
        self.box.children = [*(child for child in self.box.children if child not in (self.image, self.text)), both]
        self.box.add_class("drawing-pad")

    @property
    def strokes(self) -> "list[Tensor]":
        """The strokes now shown, each of shape (n, 2): those drawn, or the shape's.

        Raises:
            ValueError: if the text field holds something else than strokes.
        """
        from .. import data

        return data.strokes(self.controls["strokes"].value) or data.SHAPES[self.controls["preset"].value]

    def density(self) -> "Density":
        """The exact density of what is shown, as all of `data` are; the same object until something changes.

        Raises:
            ValueError: if the text field holds something else than strokes, or too many.
        """
        from .. import data

        values = tuple(self.values.values())
        if self._known is None or self._known[0] != values:
            name = "drawing" if self.controls["strokes"].value.strip() else self.controls["preset"].value
            self._known = values, data.drawn(self.strokes, self.controls["std"].value, name)
        return self._known[1]

    def energy(self) -> "GaussianMixture":
        """The same as an energy with its gradient, E = -log p, for samplers."""
        from .. import data

        return data.drawn_energy(self.strokes, self.controls["std"].value)

    def points(self, n: int = 5000, seed: int = 0) -> "Tensor":
        """Independent points of the density, shape (n, 2), float32.

        Args:
            n: how many.
            seed: of the random numbers.
        """
        import torch

        return self.density().sample(n, torch.Generator().manual_seed(seed))

    def _control_box(self, extras: Any) -> widgets.Widget:
        shown = [self.controls["preset"], widgets.HBox([self.controls["std"], *extras])]
        shown[1].layout.flex_flow = "row wrap"
        return widgets.VBox(shown)

    def _on_change(self, change: Any) -> None:
        strokes = self.controls["strokes"]
        if change["owner"] is strokes:
            self._before.append(change["old"])
        elif change["owner"] is self.controls["preset"] and strokes.value:
            self._write("")
        super()._on_change(change)

    def _write(self, text: str) -> None:
        """Change the text without a picture of its own."""
        held, self._held = self._held, True
        self.controls["strokes"].value = text
        self._held = held

    def _undo(self, _: Any) -> None:
        if self._before:
            self._write(self._before.pop())
            self._before.pop()  # which that has just added
            self.redraw()

    def _clear(self, _: Any) -> None:
        self.controls["strokes"].value = ""

    def _paint(self, preset: str, std: float, strokes: str) -> tuple[Figure, str]:
        import torch

        from .. import ebm

        density, lines = self.density(), self.strokes
        points, cell = ebm.grid(density.domain, GRID)
        p = torch.exp(density.log_prob(points)).view(GRID, GRID)
        entropy = -cell * float(torch.special.xlogy(p, p).sum())
        figure = Figure(figsize=SIZE, layout="none")
        ax = figure.add_axes((0, 0, 1, 1))
        ax.imshow(
            p.T.numpy(), origin="lower", extent=(-5, 5, -5, 5), cmap=PROBABILITY_CMAP, vmin=0, interpolation="bilinear"
        )
        for line in lines:
            ax.plot(*line.T.numpy(), ".-" if len(line) == 1 else "-", color=COLORS["sky"], linewidth=0.8, markersize=3)
        for at in range(-4, 5, 2):
            text = {"color": "0.65", "fontsize": 8, "ha": "center", "va": "center"}
            ax.text(at, -4.7, f"{at}", **text)
            ax.text(-4.7, at, f"{at}", **text)
        ax.plot([-4, 4, 4, -4, -4], [-4, -4, 4, 4, -4], color="0.45", linewidth=0.7, linestyle=":")
        ax.set(xlim=(-5, 5), ylim=(-5, 5))
        ax.set_axis_off()
        length = sum(float(torch.diff(line, dim=0).norm(dim=-1).sum()) for line in lines)
        name = f"Your drawing: {len(lines)} stroke{'s' * (len(lines) > 1)}" if strokes.strip() else f"Shape: {preset}"
        broad = float(np.log(64))
        return figure, (
            f"{name}, {length:.1f} long, σ = {std:.2f}. Entropy {entropy:.2f} nats; "
            f"the whole square, evenly filled, would have {broad:.2f}."
        )

    def _ipython_display_(self, **how: Any) -> None:
        display(HTML(AWAKE.format(Path(__file__).with_suffix(".js").read_text(encoding="utf-8"))))
        super()._ipython_display_(**how)
