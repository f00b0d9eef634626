"""The live lattice of lessons 07, 08 and 09: spins that are sampled while you watch and turn the temperature."""

import io
import time
import weakref
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import ipywidgets as widgets
import numpy as np
from jaxtyping import Integer, Num, UInt8
from PIL import Image

from ..lattice import colours
from .base import CSS_DPI, Explorer, choice, slider

if TYPE_CHECKING:
    from ..lattice.base import Known, Lattice

SIDE = 512  # CSS pixels along the picture's side
CAPTION_S = 0.25  # between two captions while it plays
FRAMES = 4  # pictures of a tick while it plays
FRAME_S = 0.025  # between two of them
INTERVAL_MS = 20  # between the ticks of the Play button; the browser adds its own time to it
LAST_TICK = 1_000_000  # half a day of playing
STEP = 0.01  # of the temperature slider
FIRST_SWEEPS = 20  # made before the first picture, so that it is not noise
SWEEPS = (1, 4, 16)  # per frame


_shown: "weakref.WeakValueDictionary[str, LiveLattice]" = weakref.WeakValueDictionary()


class LiveLattice(Explorer):
    """Spins that are swept at every tick of a Play button, and at every move of a control.

    The browser asks for each frame when it has shown the one before, so that nothing piles up on a slow line, and
    nothing runs when the page is closed.

    Args:
        model: whose spins they are.
        seed: of the random numbers.
        question: another question than the model's own, or None.

    Attributes:
        sweeps_done: since the last start.
        play: the Play button; its ticks make frames.
    """

    def __init__(self, model: "Lattice", seed: int, question: str | None) -> None:
        import jax

        self.model = model
        self._key, self._starts = jax.random.key(seed), 0
        self._looks = {"spins": _all, "energy": model.energy, "order": model.order_parameter}
        low, high, start = model.temperatures
        self._started = "a quench from random spins"
        self._start("random", 1 / start)
        self.play = widgets.Play(value=0, min=0, max=LAST_TICK, step=1, interval=INTERVAL_MS)
        self._playing = "playing" if self.play.has_trait("playing") else "_playing"  # ipywidgets 8, 7
        controls: dict[str, Any] = {
            "temperature": slider("temperature T", start, low, high, STEP),
            "sweeps": choice("sweeps a frame", {str(n): n for n in SWEEPS}, SWEEPS[0]),
        }
        if model.planar:
            controls["vortices"] = widgets.Checkbox(value=False, description="mark vortices", indent=False)
        controls["play"] = self.play
        quench = widgets.Button(description="quench", tooltip="start anew from random spins")
        align = widgets.Button(description="order", tooltip="start anew with all spins equal")
        self.buttons = {"quench": quench, "order": align}
        for name, button in self.buttons.items():
            button.add_class(f"explorer-control-{name}")
        pixels = widgets.HTML("<style>.live-lattice .explorer-picture {image-rendering: pixelated}</style>")
        self._first, self._told = True, 0.0
        question = model.question if question is None else question
        height, width = (SIDE / CSS_DPI * side / max(model.shape) for side in model.shape)
        super().__init__(controls, _never, question=question, size=(width, height), extras=(quench, align, pixels))
        self.box.add_class("live-lattice")
        self.play.observe(lambda _: super(LiveLattice, self)._tell(), names=self._playing)
        quench.on_click(lambda _: self.start("random"))
        align.on_click(lambda _: self.start("aligned"))

    def start(self, init: str) -> None:
        """Start anew at the temperature of the slider.

        Args:
            init: "random" (a quench) or "aligned".
        """
        self._started = "a quench from random spins" if init == "random" else "all spins equal"
        self._start(init, 1 / self.values["temperature"])
        self.redraw()

    def stop(self) -> None:
        """Stop playing and leave the page to the next one."""
        setattr(self.play, self._playing, False)
        self.box.close()

    def step(self, temperature: float, n_sweeps: int) -> tuple[Num[np.ndarray, "rows cols"], float, float]:
        """Make sweeps; return the spins, the energy per spin and the order parameter.

        Args:
            temperature: T > 0.
            n_sweeps: at least 1.
        """
        self._run.beta = np.float32(1 / temperature)
        seen = self._run.frames(np.array([n_sweeps]), self._looks)
        return np.asarray(seen["spins"])[0, 0], float(seen["energy"][0, 0]), abs(float(seen["order"][0, 0]))

    @property
    def sweeps_done(self) -> int:
        """Sweeps since the last start."""
        return self._run.sweeps_done

    def _start(self, init: str, beta: float) -> None:
        import jax

        from ..lattice.base import Chains

        key = jax.random.fold_in(self._key, self._starts)
        self._starts += 1
        self._run = Chains(self.model, key, beta, 1, init)

    def _control_box(self, extras):
        lines = [widget for name, widget in self.controls.items() if name not in ("sweeps", "play", "vortices")]
        small = [self.controls[name] for name in ("vortices",) if name in self.controls]
        return widgets.VBox([*lines, self.controls["sweeps"], widgets.HBox([self.controls["play"], *extras, *small])])

    def redraw(self, wait: bool = True) -> None:
        """Makes the pictures of a tick, all at once: the page asks for the next when it has these."""
        super().redraw()

    def _draw(self, values: dict[str, Any]) -> Iterator[None]:
        # A page spends more time on a request, with the kernel's state that changes twice, than on a picture.
        began = time.monotonic()
        yield from super()._draw(values)
        for _ in range(FRAMES - 1):
            if not self._plays() or self.error is not None:
                return
            began += FRAME_S
            time.sleep(max(0.0, began - time.monotonic()))
            yield from super()._draw(values)

    def _tell(self) -> None:
        # Nobody reads twenty captions a second.
        if not self._plays() or self.error or time.monotonic() - self._told > CAPTION_S:
            self._told = time.monotonic()
            super()._tell()

    def _plays(self) -> bool:
        """Whether the page plays now."""
        return bool(getattr(self.play, self._playing))

    def _stages(self, values: dict[str, Any]) -> Iterator[tuple[bytes, str]]:
        n_sweeps = FIRST_SWEEPS if self._first else values["sweeps"]
        self._first = False
        temperature = values["temperature"]
        spins, energy, order = self.step(temperature, n_sweeps)
        model, at = self.model, self.model.transition
        index, table, marked = model.colour_index(spins), model.palette(), ""
        if values.get("vortices"):
            charge = model.vortices(spins)
            index, table = colours.mark_vortices(index, table, charge)
            marked = f", {(charge > 0).sum()} vortices and as many antivortices"
        rows, cols = model.shape
        near = f" ({at.label} = {at.temperature:.3f})" if at else ""
        sweeps = "sweep" if self.sweeps_done == 1 else "sweeps"
        beta = 1 / temperature
        caption = (
            f"{model.title}, {rows} × {cols}, T = {temperature:.2f}{near}: "
            f"{self.sweeps_done:,} {sweeps} after {self._started}.\n"
            f"Energy per spin {energy:.3f}{_in_words(model.exact_energy(beta))}, "
            f"{model.order} {order:.3f}{_in_words(model.exact_order(beta))}{marked}."
        )
        yield palette_png(index[::-1], table), caption


def live_lattice(model: "Lattice", *, question: str | None = None, seed: int = 0) -> LiveLattice:
    """Spins sampled while you watch: temperature, play and pause, a quench from random spins.

    Args:
        model: of `course_utils.lattice`, whose spins are shown; 256 x 256 of them run smoothly.
        question: another question than the model's own.
        seed: of the random numbers.

    Returns:
        The explorer; as the last expression of a cell it shows itself. The one of the same kind of model that was shown
        before stops.
    """
    before = _shown.pop(model.name, None)
    if before is not None:
        before.stop()
    _shown[model.name] = live = LiveLattice(model, seed, question)
    return live


def _in_words(known: "Known | None") -> str:
    return "" if known is None else f" (equilibrium {known.value:.3f}, {known.source})"


def _all(spins):
    return spins


def _never(**_: Any) -> None:
    raise AssertionError("a live lattice draws its own pictures")


def palette_png(index: Integer[np.ndarray, "rows cols"], table: UInt8[np.ndarray, "n 3"]) -> bytes:
    """A picture with one pixel for each entry, as a PNG with a table of colours.

    Args:
        index: rows of the table, the top row of the picture first.
        table: sRGB bytes, at most 256 colours.
    """
    image = Image.fromarray(index.astype(np.uint8))
    image.putpalette(table.astype(np.uint8).tobytes())
    png = io.BytesIO()
    image.save(png, "PNG", compress_level=1)
    return png.getvalue()
