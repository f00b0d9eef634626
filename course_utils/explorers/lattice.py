"""The live lattice of lessons 07, 08 and 09: spins that are sampled while you watch and turn the temperature."""

import io
import time
import weakref
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import ipywidgets as widgets
import numpy as np
from jaxtyping import Int, UInt8
from PIL import Image

from ..lattice import exact
from ..plots.lattice import spin_indices
from .base import CSS_DPI, Explorer, choice, slider

if TYPE_CHECKING:
    from ..lattice import Lattice

SIDE = 512  # CSS pixels along the picture's side
CAPTION_S = 0.25  # between two captions while it plays
FRAME_S = 0.03  # between the two pictures of a tick
INTERVAL_MS = 20  # between the ticks of the Play button; the browser adds its own time to it
LAST_TICK = 1_000_000  # half a day of playing
STEP = 0.01  # of the temperature slider
FIRST_SWEEPS = 20  # made before the first picture, so that it is not noise
SWEEPS = (1, 4, 16)  # per frame
QUESTIONS = {
    "ising": (
        "Quench, press play, and watch the patches. Above one temperature they stop growing; below it they grow for as "
        "long as you watch. Which temperature is it?"
    ),
    "potts": (
        "Start ordered and heat in small steps. At which temperature does one colour lose the lattice, and does it "
        "come back at the same temperature when you cool?"
    ),
    "clock": (
        "Switch on the vortices and cool slowly from T = 1.5. At which temperature does a vortex hardly ever move away "
        "from its antivortex?"
    ),
    "xy": (
        "Switch on the vortices and cool slowly from T = 1.5. At which temperature does a vortex hardly ever move away "
        "from its antivortex?"
    ),
}


@dataclass(frozen=True)
class Show:
    """What the live lattice says about a model.

    Attributes:
        model: the model.
        kind: "ising", "potts", "clock" or "xy".
        title: what the caption calls it.
        order: what the caption calls the order parameter.
        transition: name and temperature of the transition.
        temperatures: lowest, highest and first value of the slider.
    """

    model: "Lattice"
    kind: str
    title: str
    order: str
    transition: tuple[str, float]
    temperatures: tuple[float, float, float]

    @property
    def q(self) -> int | None:
        """Number of states, where there is one."""
        return getattr(self.model, "q", None)

    def exact_energy(self, temperature: float) -> str:
        """The exact energy of the infinite lattice at equilibrium, in words, or an empty text."""
        if self.kind != "ising":
            return ""
        return f" (equilibrium {exact.onsager_energy(1 / temperature):.3f}, Onsager)"

    def exact_order(self, temperature: float) -> str:
        """The exact order parameter of the infinite lattice, in words, or an empty text."""
        if self.kind != "ising":
            return ""
        return f" (equilibrium {exact.yang_magnetisation(1 / temperature):.3f}, Yang)"


def shows(kind: str, size: int, states: int | None = None) -> Show:
    """A model and what is said about it.

    Args:
        kind: "ising", "potts", "clock" or "xy".
        size: L.
        states: q of "potts" (default 5) and "clock" (default 16).

    Raises:
        ValueError: if the kind is unknown, or states are given for a model that has none.
    """
    from ..lattice import XY, Clock, Ising, Potts

    if kind not in QUESTIONS:
        raise ValueError(f"model = {kind!r}: expected one of {', '.join(QUESTIONS)}")
    if states is not None and kind in ("ising", "xy"):
        raise ValueError(f"states = {states}: expected None for {kind!r}")
    if kind == "ising":
        return Show(Ising(size), kind, "Ising", "|m|", ("T_c", 1 / exact.BETA_C), (0.5, 4.0, 1.5))
    if kind == "potts":
        q = 5 if states is None else states
        critical = 1 / exact.potts_beta_c(q)
        low, high, start = (round(f * critical, 2) for f in (0.3, 1.8, 0.6))
        return Show(Potts(size, q), kind, f"{q}-state Potts", "order", ("T_c", critical), (low, high, start))
    critical = ("T_KT of XY", exact.KT_TEMPERATURE) if kind == "clock" else ("T_KT", exact.KT_TEMPERATURE)
    if kind == "clock":
        q = 16 if states is None else states
        return Show(Clock(size, q), kind, f"{q}-state clock", "|m|", critical, (0.05, 2.0, 0.5))
    return Show(XY(size), kind, "XY", "|m|", critical, (0.05, 2.0, 0.5))


_shown: "weakref.WeakValueDictionary[str, LiveLattice]" = weakref.WeakValueDictionary()


class LiveLattice(Explorer):
    """Spins that are swept at every tick of a Play button, and at every move of a control.

    The browser asks for each frame when it has shown the one before, so that nothing piles up on a slow line, and
    nothing runs when the page is closed.

    Args:
        show: the model and its words.
        size: L.
        seed: of the random numbers.
        question: what moving the controls answers.

    Attributes:
        sweeps_done: since the last start.
        play: the Play button; its ticks make frames.
    """

    def __init__(self, show: Show, size: int, seed: int, question: str) -> None:
        import jax

        self.show_of, self.lattice_size = show, size
        self._key, self._starts = jax.random.key(seed), 0
        self._charges = show.kind in ("clock", "xy")
        self._looks = {"spins": _all, "energy": show.model.energy, "order": show.model.order_parameter}
        low, high, start = show.temperatures
        self._started = "a quench from random spins"
        self._start("random", 1 / start)
        self.play = widgets.Play(value=0, min=0, max=LAST_TICK, step=1, interval=INTERVAL_MS)
        self._playing = "playing" if self.play.has_trait("playing") else "_playing"  # ipywidgets 8, 7
        controls: dict[str, Any] = {
            "temperature": slider("temperature T", start, low, high, STEP),
            "sweeps": choice("sweeps a frame", {str(n): n for n in SWEEPS}, SWEEPS[0]),
        }
        if self._charges:
            controls["vortices"] = widgets.Checkbox(value=False, description="mark vortices", indent=False)
        controls["play"] = self.play
        quench = widgets.Button(description="quench", tooltip="start anew from random spins")
        align = widgets.Button(description="order", tooltip="start anew with all spins equal")
        self.buttons = {"quench": quench, "order": align}
        for name, button in self.buttons.items():
            button.add_class(f"explorer-control-{name}")
        pixels = widgets.HTML("<style>.live-lattice .explorer-picture {image-rendering: pixelated}</style>")
        self._first, self._told = True, 0.0
        super().__init__(
            controls, _never, question=question, size=(SIDE / CSS_DPI, SIDE / CSS_DPI), extras=(quench, align, pixels)
        )
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

    def step(self, temperature: float, n_sweeps: int) -> tuple[np.ndarray, float, float]:
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

        from ..lattice.base import Run

        key = jax.random.fold_in(self._key, self._starts)
        self._starts += 1
        self._run = Run(self.show_of.model, key, beta, 1, init, "sublattices")

    def _control_box(self, extras):
        lines = [widget for name, widget in self.controls.items() if name not in ("sweeps", "play", "vortices")]
        small = [self.controls[name] for name in ("vortices",) if name in self.controls]
        return widgets.VBox([*lines, self.controls["sweeps"], widgets.HBox([self.controls["play"], *extras, *small])])

    def _draw(self, values: dict[str, Any]) -> None:
        # A page spends more time on a request, with the kernel's state that changes twice, than on a picture: two each.
        began = time.monotonic()
        super()._draw(values)
        if self._plays() and self.error is None:
            time.sleep(max(0.0, began + FRAME_S - time.monotonic()))
            super()._draw(values)

    def _tell(self) -> None:
        # Nobody reads twenty captions a second.
        if not self._plays() or self.error or time.monotonic() - self._told > CAPTION_S:
            self._told = time.monotonic()
            super()._tell()

    def _plays(self) -> bool:
        """Whether the page plays now."""
        return bool(getattr(self.play, self._playing))

    def _picture(self, values: dict[str, Any]) -> tuple[bytes, str]:
        n_sweeps = FIRST_SWEEPS if self._first else values["sweeps"]
        self._first = False
        temperature = values["temperature"]
        spins, energy, order = self.step(temperature, n_sweeps)
        show = self.show_of
        index, table = spin_indices(spins, show.kind, show.q)
        vortices = ""
        if values.get("vortices"):
            index, table, count = mark_vortices(spins, index, table, show.q)
            vortices = f", {count} vortices and as many antivortices"
        name, at = show.transition
        sweeps = "sweep" if self.sweeps_done == 1 else "sweeps"
        caption = (
            f"{show.title}, {self.lattice_size} × {self.lattice_size}, T = {temperature:.2f} ({name} = {at:.3f}): "
            f"{self.sweeps_done:,} {sweeps} after {self._started}.\n"
            f"Energy per spin {energy:.3f}{show.exact_energy(temperature)}, {show.order} {order:.3f}"
            f"{show.exact_order(temperature)}{vortices}."
        )
        return palette_png(index[::-1], table), caption


def live_lattice(
    model: str = "ising",
    size: int = 256,
    *,
    states: int | None = None,
    question: str | None = None,
    seed: int = 0,
) -> LiveLattice:
    """Spins sampled while you watch: temperature, play and pause, a quench from random spins.

    Args:
        model: "ising", "potts", "clock" or "xy".
        size: L, even.
        states: q of "potts" (default 5) and "clock" (default 16).
        question: another question than the model's own.
        seed: of the random numbers.

    Returns:
        The explorer; as the last expression of a cell it shows itself. The one of the same model that was shown before
        stops.

    Raises:
        ValueError: if an argument is wrong.
    """
    show = shows(model, size, states)
    before = _shown.pop(model, None)
    if before is not None:
        before.stop()
    live = LiveLattice(show, size, seed, QUESTIONS[model] if question is None else question)
    _shown[model] = live
    return live


def _all(spins):
    return spins


def _never(**_: Any) -> None:
    raise AssertionError("a live lattice draws its own pictures")


def mark_vortices(
    spins: np.ndarray, index: UInt8[np.ndarray, "L L"], table: UInt8[np.ndarray, "n 3"], q: int | None
) -> tuple[UInt8[np.ndarray, "L L"], UInt8[np.ndarray, "m 3"], int]:
    """Vortices as white and antivortices as black squares of 2 x 2 spins, the corners of their plaquettes.

    Returns:
        Row numbers, the table with black and white, and the number of vortices.
    """
    from ..lattice.observables import winding_numbers

    charge = winding_numbers(spins, q)
    if len(table) > 254:  # two rows are needed: give up two of the many hues
        index, table = np.minimum(index, 253), table[:254]
    else:
        index = index.copy()
    table = np.vstack([table, [[255, 255, 255], [0, 0, 0]]]).astype(np.uint8)
    for sign, row in ((1, len(table) - 2), (-1, len(table) - 1)):
        i, j = np.nonzero(charge == sign)
        for di, dj in ((0, 0), (0, 1), (1, 0), (1, 1)):
            index[(i + di) % len(index), (j + dj) % index.shape[1]] = row
    return index, table, int((charge > 0).sum())


def palette_png(index: Int[np.ndarray, "rows cols"], table: UInt8[np.ndarray, "n 3"]) -> bytes:
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
