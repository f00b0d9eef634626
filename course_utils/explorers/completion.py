"""The explorer of lesson 10: hide pixels of a digit, and watch a restricted Boltzmann machine fill them in."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import ipywidgets as widgets
import numpy as np
from IPython.display import HTML, display
from jaxtyping import Bool, Float
from matplotlib.figure import Figure

from ..plots import COLORS
from ..plots.maps import draw_images
from .base import Explorer, choice, fixed, slider

if TYPE_CHECKING:
    from ..machines import Digits, Restricted

QUESTION = (
    "Which half of a digit says most about the other one? Hide each half in turn, or paint your own mask, and compare "
    "the nats that the hidden pixels cost."
)
SIZE = (8.0, 3.5)  # inches
SHEET = (0.015, 0.08, 0.33, 0.754)
"""Left, bottom, width and height of the picture that can be painted on, in shares of the whole: a square."""
N_CHAINS = 12
SWEEPS = (1, 10, 100)
STRONG = 30.0
"""Field that clamps a spin: it disobeys once in e^60."""
N_PICTURES = 50
KEYS = (
    "Digit. Paint with the pointer to hide pixels, or to show hidden ones again. With the keyboard: arrow keys move "
    "the mark, space hides or shows the pixel under it, Escape shows all."
)
STYLE = """<style>
.digit-pad-sheet { display: grid; position: relative; width: max-content; max-width: 100%; }
.digit-pad-sheet > * { grid-area: 1 / 1; margin: 0; }
.digit-pad-sheet > :not(img) { width: 100%; height: 100%; max-width: none; }
.digit-pad-canvas { position: absolute; cursor: crosshair; touch-action: none; user-select: none;
  -webkit-user-select: none; }
.digit-pad-canvas:focus-visible { outline: 3px solid #56B4E9; outline-offset: 1px; }
.digit-pad-words { position: absolute; left: 2%; bottom: 0; font-size: 12px; color: #555; pointer-events: none; }
</style>"""
CANVAS = (
    f'{STYLE}<canvas class="digit-pad-canvas" tabindex="0" role="application" aria-label="{KEYS}" '
    f'data-lm-suppress-shortcuts="true" style="left:{SHEET[0]:.2%};top:{1 - SHEET[1] - SHEET[3]:.2%};'
    f'width:{SHEET[2]:.2%};height:{SHEET[3]:.2%}"></canvas><div class="digit-pad-words" role="status"></div>'
)


def halves() -> dict[str, str]:
    """Name -> the hidden pixels of each mask that has a button, as text."""
    row, col = np.divmod(np.arange(64), 8)
    masks = {"lower half": row >= 4, "upper half": row < 4, "left half": col < 4, "right half": col >= 4}
    masks |= {"all": row >= 0, "none": row < 0}
    return {name: as_text(mask) for name, mask in masks.items()}


def as_text(hidden: Bool[np.ndarray, "64"]) -> str:
    """Sixteen hexadecimal digits: two for each row, the leftmost pixel first; 1 for a hidden pixel."""
    return np.packbits(hidden).tobytes().hex()


def as_mask(text: str) -> Bool[np.ndarray, "64"]:
    """Which pixels a text hides.

    Raises:
        ValueError: if it is no text of sixteen hexadecimal digits.
    """
    try:
        bits = np.frombuffer(bytes.fromhex(text.strip()), np.uint8)
    except ValueError:
        bits = np.zeros(0, np.uint8)
    if len(bits) != 8:
        raise ValueError(f"hidden pixels = {text!r}: expected sixteen hexadecimal digits, two for each row")
    return np.unpackbits(bits).astype(bool)


class Completion(Explorer):
    """A test digit of which pixels can be hidden, chains of the machine that fill them in, and the exact mean.

    A pointer or the keyboard paints on a canvas over the picture; a small script writes the hidden pixels into the
    text field, so that they reach the kernel as any text does. Where scripts do not run, buttons and field still work.

    Args:
        machine: of 64 visible units, and at most 18 hidden ones.
        seed: of the random numbers.

    Raises:
        ValueError: if the machine has another number of pixels.
    """

    def __init__(self, machine: "Restricted", seed: int = 0) -> None:
        if len(machine.visible) != 64:
            raise ValueError(f"machine has {len(machine.visible)} visible units: expected 64, of pictures 8 x 8")
        from ..machines import binary_digits

        self.machine, self._calls, self._seed = machine, 0, seed
        self._pictures: Digits = binary_digits("test")
        self._chains = np.zeros((N_CHAINS, 64))
        self._done = 0
        self._known: dict[tuple[int, str], tuple[Float[np.ndarray, 64], float]] = {}
        masks = halves()
        controls = {
            "picture": slider("picture", 3, 0, N_PICTURES - 1, 1),
            "part": choice("hide", masks, masks["lower half"]),
            "sweeps": choice("sweeps", {str(n): n for n in SWEEPS}, SWEEPS[1]),
            "hidden": widgets.Textarea(
                value=masks["lower half"], description="hidden pixels", continuous_update=False, rows=1,
                style={"description_width": "110px"}, layout=widgets.Layout(width="420px", height="34px"),
            ),
        }  # fmt: skip
        more, again = (
            widgets.Button(description=text, layout=widgets.Layout(width="130px")) for text in ("go on", "from noise")
        )
        more.on_click(lambda _: self._again(False))
        again.on_click(lambda _: self._again(True))
        for button, name in ((more, "more"), (again, "again")):
            button.add_class(f"explorer-control-{name}")
        self._fresh = True
        super().__init__(controls, self._paint, question=QUESTION, size=SIZE, extras=(more, again))
        sheet = widgets.Box([self.image, widgets.HTML(CANVAS)])
        sheet.add_class("digit-pad-sheet")
        self.box.children = [sheet if child is self.image else child for child in self.box.children]
        self.box.add_class("digit-pad")

    @property
    def mask(self) -> Bool[np.ndarray, "64"]:
        """Which pixels are hidden."""
        return as_mask(self.controls["hidden"].value)

    def _on_change(self, change: Any) -> None:
        if change["owner"] is self.controls["part"]:
            held, self._held = self._held, True
            self.controls["hidden"].value = change["new"]
            self._held = held
        self._fresh = True
        super()._on_change(change)

    def _again(self, fresh: bool) -> None:
        self._fresh = fresh
        self.redraw()

    def _move(self, picture: Float[np.ndarray, "64"], hidden: Bool[np.ndarray, "64"], n_sweeps: int) -> None:
        """The chains some sweeps further, with strong fields on the pixels that are shown."""
        import jax

        from .. import machines

        key = jax.random.fold_in(jax.random.key(self._seed), self._calls)
        self._calls += 1
        if self._fresh:
            noise = np.random.default_rng([self._seed, self._calls]).choice([-1.0, 1.0], (N_CHAINS, 64))
            self._chains, self._done = np.where(hidden, noise, picture), 0
        visible = np.where(hidden, self.machine.visible, STRONG * picture)
        clamped = machines.Restricted(self.machine.weights, visible, self.machine.hidden)
        for k in range(n_sweeps):  # one at a time: a single compiled function serves all buttons
            self._chains, _, _ = machines.walk(jax.random.fold_in(key, k), clamped, self._chains, 1)
        self._done += n_sweeps
        self._fresh = False

    def _paint(self, picture: int, part: str, sweeps: int, hidden: str) -> tuple[Figure, str]:
        mask = as_mask(hidden)
        spins, label = self._pictures.spins[picture].astype(float), int(self._pictures.labels[picture])
        self._move(spins, mask, sweeps)
        if (picture, hidden) not in self._known:
            self._known[picture, hidden] = self.machine.completion(spins, ~mask)
        mean, log_p = self._known[picture, hidden]
        figure, (sheet, chains, exactly) = fixed(SHEET, (0.365, 0.08, 0.43, 0.754), (0.81, 0.264, 0.175, 0.4))
        sheet.imshow((spins.reshape(8, 8) + 1) / 2, cmap="gray", vmin=0, vmax=1)
        cover = np.zeros((8, 8, 4))
        cover[mask.reshape(8, 8)] = (0.0, 0.447, 0.698, 0.62)
        sheet.imshow(cover)
        sheet.set_xticks(np.arange(0.5, 7), []), sheet.set_yticks(np.arange(0.5, 7), [])
        sheet.tick_params(length=0)
        sheet.grid(color="0.35", linewidth=0.5)
        draw_images(chains, self._chains.reshape(3, 4, 8, 8))
        exactly.imshow(mean.reshape(8, 8), cmap="gray", vmin=-1, vmax=1)
        exactly.set_axis_off()
        for ax, title in (
            (sheet, "paint here: blue is hidden"),
            (chains, f"{N_CHAINS} chains"),
            (exactly, "exact mean"),
        ):
            ax.set_title(title, fontsize=11, color=COLORS["black"])
        n = int(mask.sum())
        told = f"A {label}, with {n} of 64 pixels hidden. {N_CHAINS} chains, {self._done} sweeps from noise"
        if not n:
            return figure, f"{told}: there is nothing to fill in."
        right = float((self._chains[:, mask] == spins[mask]).mean())
        best = float((np.sign(mean[mask]) == spins[mask]).mean())
        return figure, (
            f"{told}: {right:.0%} of the hidden pixels as in the picture; {best:.0%} if the likelier value of each is "
            "guessed.\n"
            f"Given what is shown, the hidden part has log p = {log_p:.2f} nats, {-log_p / n:.3f} lost on each pixel."
        )

    def _ipython_display_(self, **how: Any) -> None:
        script = Path(__file__).with_suffix(".js").read_text(encoding="utf-8")
        display(HTML(f"<script>{script}</script>"))
        super()._ipython_display_(**how)


def complete(machine: "Restricted", *, seed: int = 0) -> Completion:
    """Hide pixels of a digit with the pointer or keys, and watch a machine complete it.

    Args:
        machine: a restricted Boltzmann machine of 64 pixels, such as `machines.train` returns.
        seed: of the random numbers.
    """
    return Completion(machine, seed)
