"""The one kind of interactive figure of the course: controls on top, a picture, and a caption that says the numbers.

The picture is a PNG drawn by matplotlib in the kernel and shown in an `ipywidgets.Image`, so it needs no front-end
extension and works alike on ipywidgets 7.7 and 8.1.
"""

import asyncio
import html
import io
import math
import threading
import traceback
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import ipywidgets as widgets
import numpy as np
from IPython.display import HTML, display
from jaxtyping import UInt8
from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from PIL import Image

from ..memory import no_collection

WIDGET_VIEW = "application/vnd.jupyter.widget-view+json"
SIZE = (8.0, 4.0)  # inches
DPI = 120  # dots per inch in the PNG
CSS_DPI = 96  # CSS pixels per inch: the size on the page
LABEL_WIDTH = "110px"  # one for all, so that controls line up
BREATH_S = 0.02  # between two stages of a picture, for a control that moves meanwhile to be heard
ERROR_COLOR = "#b3261e"  # 6.5:1 on white


def log_slider(label: str, value: float, low: float, high: float, per_decade: int = 20) -> widgets.FloatLogSlider:
    """A slider whose steps are equal ratios, for temperatures, step sizes and the like; it shows three decimals.

    Args:
        label: text before the slider.
        value: where it starts.
        low: smallest value, > 0.
        high: largest value.
        per_decade: keyboard steps per factor of ten.
    """
    if not 0 < low < high:
        raise ValueError(f"low = {low}, high = {high}: expected 0 < low < high")
    return widgets.FloatLogSlider(
        value=value,
        base=10.0,
        min=math.log10(low),
        max=math.log10(high),
        step=1 / per_decade,
        readout_format=".3f",
        **_look(label),
    )


def slider(label: str, value: float, low: float, high: float, step: float) -> widgets.FloatSlider | widgets.IntSlider:
    """A slider of equal steps; it gives integers if value, low, high and step all are integers."""
    kind = widgets.IntSlider if all(isinstance(v, int) for v in (value, low, high, step)) else widgets.FloatSlider
    return kind(value=value, min=low, max=high, step=step, **_look(label))


def choice(label: str, options: Sequence[str] | Mapping[str, Any], value: Any = None) -> widgets.ToggleButtons:
    """A row of buttons of which one is down.

    Args:
        label: text before the buttons.
        options: the names, or a mapping from name to value.
        value: which is down at first; the first one if None.
    """
    pairs = list(options.items()) if isinstance(options, Mapping) else [(name, name) for name in options]
    buttons = widgets.ToggleButtons(
        options=pairs,
        value=pairs[0][1] if value is None else value,
        description=label,
        style={"description_width": LABEL_WIDTH, "button_width": "auto"},
        layout=widgets.Layout(width="auto", max_width="100%"),
    )
    # ipywidgets 8 forgets these two on this widget, and its label then stands on a line of its own.
    buttons.add_class("jupyter-widgets").add_class("widget-inline-hbox")
    return buttons


def _look(label: str) -> dict[str, Any]:
    return {
        "description": label,
        "style": {"description_width": LABEL_WIDTH},
        "layout": widgets.Layout(width="520px", max_width="100%"),
        "continuous_update": True,
    }


def fixed(*boxes: tuple[float, float, float, float]) -> tuple[Figure, list[Axes]]:
    """A figure and axes at (left, bottom, width, height), in shares of it: nothing moves while a control does."""
    figure = Figure(layout="none")
    return figure, [figure.add_axes(box) for box in boxes]


class Explorer:
    """Controls, a picture that follows them, and a caption with the numbers.

    The picture is drawn once at construction, so that an executed notebook shows it without a kernel. A front end
    holds back the events of a slider while the kernel is busy and then sends the latest value, so a drag over a
    slow picture draws the places where the kernel was free and always ends on the last value.

    A picture that takes long is drawn in stages: `render` is then a generator. The first stage is on the page at once,
    and the page is heard between two of them; when a control moves, what is left of a picture is dropped.

    If `render` raises, the caption says so in red, the picture is replaced by a grey field, and `error` keeps the
    exception; the next good values bring the picture back.

    Args:
        controls: name of each argument of `render` -> a widget with a `value`, such as `slider` or `choice` makes.
        render: called with the controls' values as keywords; returns a figure and a caption in plain text (line
            breaks are kept). The caption is also what a reader who does not see the picture gets: put the numbers in.
            Or a generator of such pairs, the last of which is the picture; it may also yield None, to be heard only.
        question: the question that moving the controls answers.
        size: width and height of the picture in inches, whatever size the figure had.
        extras: further widgets shown beside the controls (a Play button linked to a control, say).

    Attributes:
        controls: name -> widget.
        picture: the PNG now shown, as bytes.
        caption: the plain text now shown under the picture.
        error: the exception raised for the present values, or None.
        renders: how often `render` was called.
        box: the widget that holds it all, for nesting in others.
    """

    def __init__(
        self,
        controls: Mapping[str, widgets.Widget],
        render: Callable[..., tuple[Figure, str]],
        *,
        question: str = "",
        size: tuple[float, float] = SIZE,
        extras: Sequence[widgets.Widget] = (),
    ):
        for name, widget in controls.items():
            if not isinstance(widget, widgets.Widget) or not widget.has_trait("value"):
                raise ValueError(f"control {name!r} = {widget!r}: expected a widget with a value")
        self.controls = dict(controls)
        self.question = question
        self.error: Exception | None = None
        self.caption = ""
        self.renders = 0
        self._render = render
        self._size = size
        self._held = False
        self._asked = False
        self._drawing = threading.Lock()  # JupyterLab sends what a control says to threads of their own
        self._sheet = Sheet(size)
        self._left: Iterator[None] = iter(())  # stages of the picture under way

        self._lay_out(extras)
        self.redraw()
        for widget in self.controls.values():
            widget.observe(self._on_change, names="value")

    def _lay_out(self, extras: Sequence[widgets.Widget]) -> None:
        """Make the widgets of the picture, the caption and the whole."""
        width, height = (round(side * CSS_DPI) for side in self._size)
        self.image = widgets.Image(
            format="png",
            width=str(width),
            height=str(height),
            layout=widgets.Layout(max_width="100%", height="auto", object_fit="contain"),
        )
        self.text = widgets.HTML(layout=widgets.Layout(max_width=f"{width}px"))
        for widget in (*self.controls.values(), *extras):
            widget.add_class("explorer-control")
        for name, widget in self.controls.items():
            widget.add_class(f"explorer-control-{name}")
        self.image.add_class("explorer-picture")
        self.text.add_class("explorer-caption")
        self.box = widgets.VBox([*self._header(), self._control_box(extras), self.image, self.text])
        self.box.add_class("explorer")

    @property
    def values(self) -> dict[str, Any]:
        """The controls' values by name."""
        return {name: widget.value for name, widget in self.controls.items()}

    @property
    def picture(self) -> bytes:
        """The PNG now shown."""
        return bytes(self.image.value)

    def set(self, **values: Any) -> "Explorer":
        """Moves several controls at once and draws once.

        Raises:
            ValueError: if there is no such control, or a control does not take the value (out of its range, say).
        """
        unknown = sorted(set(values) - set(self.controls))
        if unknown:
            raise ValueError(f"no control is called {unknown[0]!r}; there are {', '.join(self.controls)}")
        before = self.values
        self._held = True
        try:
            for name, value in values.items():
                self.controls[name].value = value
        finally:
            self._held = False
            if self.values != before:
                self.redraw()
        for name, value in values.items():
            taken = self.controls[name].value
            if not (math.isclose(taken, value) if isinstance(taken, float) else taken == value):
                raise ValueError(f"control {name!r} does not take {value!r}; it is at {taken!r}")
        return self

    def redraw(self, wait: bool = True) -> None:
        """Draws the picture for the present values; if they change meanwhile, draws again for the latest.

        Args:
            wait: whether to return when the picture is done. If not, and the kernel has a loop of events to make the
                later stages of a picture, return after the first one.
        """
        self._asked = True
        while self._asked and self._drawing.acquire(blocking=False):  # whoever has it sees that it was asked
            try:
                self._asked = False
                self._left = self._draw(values := self.values)
                for _ in self._left:
                    if self._asked or self.values != values or (not wait and self._goes_on_later()):
                        break
                if self.values != values:
                    self._asked = True
            finally:
                self._drawing.release()

    def _goes_on_later(self) -> bool:
        """Have the next stage of the picture made when the page has been heard; False if there is no loop for it."""
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:
            return False
        loop.call_later(BREATH_S, self._go_on, self._left)
        return True

    def _go_on(self, stages: Iterator[None]) -> None:
        """The next stage of a picture, unless another one was begun."""
        if stages is not self._left or not self._drawing.acquire(blocking=False):
            return
        try:
            more = next(stages, self) is not self
        finally:
            self._drawing.release()
        if self._asked:
            self.redraw(wait=False)
        elif more:
            self._goes_on_later()

    def _ipython_display_(self, **_: Any) -> None:
        script = Path(__file__).with_name("explorer.js").read_text(encoding="utf-8")
        display(HTML(f"<script>{script}</script>"))
        # What both major versions of ipywidgets send for a widget, with the numbers as its plain text.
        view = {"version_major": 2, "version_minor": 0, "model_id": self.box.model_id}
        display({"text/plain": f"{self.question}\n{self.caption}".strip(), WIDGET_VIEW: view}, raw=True)

    def _header(self) -> list[widgets.Widget]:
        """What stands above the controls."""
        if not self.question:
            return []
        return [widgets.HTML(f'<div style="line-height:1.5"><b>Question.</b> {html.escape(self.question)}</div>')]

    def _control_box(self, extras: Sequence[widgets.Widget]) -> widgets.Widget:
        """The controls, one to a line; the extras share the last line."""
        lines = list(self.controls.values())
        return widgets.VBox([*lines, widgets.HBox(list(extras))] if extras else lines)

    def _on_change(self, _: Any) -> None:
        if not self._held:
            self.redraw(wait=False)

    def _draw(self, values: dict[str, Any]) -> Iterator[None]:
        """Shows the picture of these values and its caption; between two stages of a picture it yields."""
        self.renders += 1
        stages = self._stages(values)
        while self._advance(stages):
            yield

    def _advance(self, stages: Iterator[tuple[bytes, str] | None]) -> bool:
        """Show the next stage, or the message of what went wrong; leaves no figure open. False at the end."""
        open_before = set(plt.get_fignums())
        try:
            # With a place given, matplotlib need not search for one.
            with no_collection(), plt.rc_context({"axes.titley": 1.0}):
                shown = next(stages)
            self.error = None
        except StopIteration:
            return False
        except Exception as error:  # the learner's function may raise anything; it is shown, and kept
            self.error = error
            shown = _blank(self._size), _message(error)
        finally:
            for number in set(plt.get_fignums()) - open_before:
                plt.close(number)
        if shown is not None:
            self.image.value, self.caption = shown
            self._tell()
        return True

    def _tell(self) -> None:
        """Send the caption to the page."""
        self.text.value = _as_html(self.caption, failed=self.error is not None)

    def _stages(self, values: dict[str, Any]) -> Iterator[tuple[bytes, str] | None]:
        """PNG and caption of each stage of a picture."""
        result = self._render(**values)
        in_stages = isinstance(result, Iterator)
        for stage in result if in_stages else (result,):
            if stage is None and in_stages:
                yield None
                continue
            if not (isinstance(stage, tuple) and len(stage) == 2 and isinstance(stage[0], Figure)):
                raise TypeError(f"the callback must return a figure and a caption, got {type(stage).__name__}")
            figure, caption = stage
            yield self._sheet.png(figure), str(caption)


class Sheet:
    """What an explorer draws its figures on, one after the other.

    The place of each axes and the size of each word are kept: to find them takes longer than the drawing, and nothing
    then moves while a control does.

    Args:
        size: width and height in inches.
    """

    def __init__(self, size: tuple[float, float]) -> None:
        self._size = size
        self._canvas = FigureCanvasAgg(Figure())
        self._places: dict[int, list[Any]] = {}  # of a figure with so many axes and texts

    def png(self, figure: Figure) -> bytes:
        """The figure as a PNG of exactly that size, whatever the style says about cropping."""
        figure.set_size_inches(self._size)
        figure.set_dpi(DPI)
        parts = [*figure.axes, *figure.texts]
        engine, known = figure.get_layout_engine(), self._places.get(len(parts))
        picture = None
        if engine is not None and known:
            figure.set_layout_engine("none")
            for part, place in zip(parts, known, strict=True):
                part.set_position(place)
            picture = self._pixels(figure)
            if _is_cut(figure):  # wider numbers at an axis than before: new places for them
                picture = None
                figure.set_layout_engine(engine)
                for part in parts:
                    part.set_in_layout(True)
        if picture is None:
            picture = self._pixels(figure)
            self._places[len(parts)] = [part.get_position() for part in parts]
        self._canvas.figure = Figure()  # keeps no figure alive
        buffer = io.BytesIO()
        Image.fromarray(picture).save(buffer, format="png", compress_level=1)
        return buffer.getvalue()

    def _pixels(self, figure: Figure) -> UInt8[np.ndarray, "height width 3"]:
        """As `plots.style.pixels` does, on one canvas for all; nobody keeps the figure, so it need forget nothing."""
        self._canvas.figure = figure
        figure.set_canvas(self._canvas)
        self._canvas.draw()
        return np.asarray(self._canvas.buffer_rgba())[..., :3].copy()


def _is_cut(figure: Figure) -> bool:
    """Whether the name of an axis leaves the figure, which was drawn."""
    names = [name for axes in figure.axes for name in (axes.xaxis.label, axes.yaxis.label) if name.get_text()]
    boxes = [name.get_window_extent() for name in names if name.get_visible()]
    return any(box.x0 < 0 or box.y0 < 0 or box.x1 > figure.bbox.x1 for box in boxes)


def _blank(size: tuple[float, float]) -> bytes:
    """A grey field in the picture's place: a picture of other values would mislead."""
    figure = Figure(figsize=size, facecolor="0.93")
    figure.text(0.5, 0.5, "No picture: see the message below", ha="center", va="center", color="0.35", fontsize=12)
    return Sheet(size).png(figure)


def _message(error: Exception) -> str:
    """The exception's name and text, and the function and line that raised it."""
    frames = traceback.extract_tb(error.__traceback__)
    where = f" (in {frames[-1].name}, line {frames[-1].lineno})" if frames else ""
    return f"{type(error).__name__}: {error}{where}"


def _as_html(caption: str, failed: bool) -> str:
    """The caption; `explorer.js` has it read out by a screen reader when it has come to rest."""
    lines = html.escape(caption).replace("\n", "<br>")
    if failed:
        return f'<div class="explorer-error" style="line-height:1.5;color:{ERROR_COLOR}">{lines}</div>'
    return f'<div style="line-height:1.5">{lines}</div>'
