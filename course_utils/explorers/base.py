"""The one kind of interactive figure of the course: controls on top, a picture, and a caption that says the numbers.

The picture is a PNG drawn by matplotlib in the kernel and shown in an `ipywidgets.Image`, so it needs no front-end
extension and works alike on ipywidgets 7.7 and 8.1.
"""

import html
import io
import math
import traceback
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import ipywidgets as widgets
from IPython.display import display
from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from PIL import Image

from ..plots.style import pixels

WIDGET_VIEW = "application/vnd.jupyter.widget-view+json"
SIZE = (8.0, 4.0)  # inches
DPI = 120  # dots per inch in the PNG
CSS_DPI = 96  # CSS pixels per inch: the size on the page
LABEL_WIDTH = "110px"  # one for all, so that controls line up
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

    If `render` raises, the caption says so in red, the picture is replaced by a grey field, and `error` keeps the
    exception; the next good values bring the picture back.

    Args:
        controls: name of each argument of `render` -> a widget with a `value`, such as `slider` or `choice` makes.
        render: called with the controls' values as keywords; returns a figure and a caption in plain text (line
            breaks are kept). The caption is also what a reader who does not see the picture gets: put the numbers in.
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
        self._busy = False

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

    def redraw(self) -> None:
        """Draws the picture for the present values; if they change meanwhile, draws again for the latest."""
        if self._busy:
            return
        self._busy = True
        try:
            self._draw(values := self.values)
            while self.values != values:
                self._draw(values := self.values)
        finally:
            self._busy = False

    def _ipython_display_(self, **_: Any) -> None:
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
            self.redraw()

    def _draw(self, values: dict[str, Any]) -> None:
        """One picture and its caption, or the message of what went wrong; leaves no figure open."""
        open_before = set(plt.get_fignums())
        self.renders += 1
        try:
            picture, caption = self._picture(values)
            self.error = None
        except Exception as error:  # the learner's function may raise anything; it is shown, and kept
            self.error = error
            picture, caption = _blank(self._size), _message(error)
        finally:
            for number in set(plt.get_fignums()) - open_before:
                plt.close(number)
        self.caption = caption
        self.image.value = picture
        self._tell()

    def _tell(self) -> None:
        """Send the caption to the page."""
        self.text.value = _as_html(self.caption, failed=self.error is not None)

    def _picture(self, values: dict[str, Any]) -> tuple[bytes, str]:
        result = self._render(**values)
        if not (isinstance(result, tuple) and len(result) == 2 and isinstance(result[0], Figure)):
            raise TypeError(f"the callback must return a figure and a caption, got {type(result).__name__}")
        figure, caption = result
        return _png(figure, self._size), str(caption)


def _png(figure: Figure, size: tuple[float, float]) -> bytes:
    """The figure as a PNG of exactly `size` inches, whatever the style says about cropping."""
    figure.set_size_inches(size)
    figure.set_dpi(DPI)
    buffer = io.BytesIO()
    Image.fromarray(pixels(figure)).save(buffer, format="png")
    return buffer.getvalue()


def _blank(size: tuple[float, float]) -> bytes:
    """A grey field in the picture's place: a picture of other values would mislead."""
    figure = Figure(figsize=size, facecolor="0.93")
    figure.text(0.5, 0.5, "No picture: see the message below", ha="center", va="center", color="0.35", fontsize=12)
    return _png(figure, size)


def _message(error: Exception) -> str:
    """The exception's name and text, and the function and line that raised it."""
    frames = traceback.extract_tb(error.__traceback__)
    where = f" (in {frames[-1].name}, line {frames[-1].lineno})" if frames else ""
    return f"{type(error).__name__}: {error}{where}"


def _as_html(caption: str, failed: bool) -> str:
    """The caption as a region that a screen reader announces when it changes."""
    lines = html.escape(caption).replace("\n", "<br>")
    if failed:
        return f'<div role="alert" class="explorer-error" style="line-height:1.5;color:{ERROR_COLOR}">{lines}</div>'
    return f'<div role="status" style="line-height:1.5">{lines}</div>'
