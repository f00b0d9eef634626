"""What the cells of a solved copy show, as HTML that needs no kernel."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from html import escape
from pathlib import Path
from typing import Any

from . import captions

WIDGET = "application/vnd.jupyter.widget-view+json"
PLOTLY = "application/vnd.plotly.v1+json"
FROM_LESSON = ".."
"""From a lesson's page to the top of the site."""


def as_pages_show(
    cell: dict[str, Any], following: str, states: dict[str, Any], extra: Path, name: str
) -> list[dict[str, Any]]:
    """The outputs of a cell, for a page.

    Args:
        cell: a code cell of a solved copy.
        following: the text of the cell below it, which describes its picture.
        states: the notebook's saved widgets, by model.
        extra: the folder whose content is copied to the top of the site; pictures are written there.
        name: what the files of pictures begin with.
    """
    shown = []
    for output in cell.get("outputs", ()):
        data = output.get("data", {})
        if output["output_type"] == "error":
            raise ValueError(f"{name}: a cell has failed: {output.get('ename')}. Make the solved copy again.")
        if WIDGET in data:
            html = explorer(data[WIDGET]["model_id"], states, following, extra, name)
        elif PLOTLY in data:
            html = turnable(data, output["metadata"], following, extra, name)
        elif any(kind in data for kind in ("image/png", "image/jpeg")):
            html = figure(data, output["metadata"], captions.alternative(following), extra, name)
        elif "<script" in "".join(data.get("text/html", "")):
            continue  # the pen of a drawing pad, which has nothing to write to here
        else:
            shown.append(output)
            continue
        shown.append(html_output(html))
    return shown


def html_output(html: str) -> dict[str, Any]:
    """An output that shows this HTML."""
    return {"output_type": "display_data", "metadata": {}, "data": {"text/html": html, "text/plain": "a figure"}}


def figure(data: dict[str, Any], metadata: dict[str, Any], alternative: str, extra: Path, name: str) -> str:
    """A picture in a file of its own, at the size it has in the notebook, loaded when it comes into view."""
    kind = next(kind for kind in ("image/png", "image/jpeg") if kind in data)
    size = metadata.get(kind, {})
    return picture(base64.b64decode("".join(data[kind])), kind, alternative, extra, name, size)


def picture(
    content: bytes, kind: str, alternative: str, extra: Path, name: str, size: dict[str, Any] | None = None
) -> str:
    """The HTML of a picture, whose file is written."""
    file = f"{name}-{hashlib.sha256(content).hexdigest()[:10]}.{kind.rpartition('/')[2]}"
    (extra / "figures").mkdir(parents=True, exist_ok=True)
    (extra / "figures" / file).write_bytes(content)
    address = f"{FROM_LESSON}/figures/{file}"
    sizes = "".join(f' {key}="{size[key]}"' for key in ("width", "height") if size and key in size)
    return (
        f'<a class="figure-link" href="{address}"><img class="course-figure" src="{address}" '
        f'alt="{escape(alternative)}"{sizes} loading="lazy" decoding="async"></a>'
    )


def turnable(data: dict[str, Any], metadata: dict[str, Any], following: str, extra: Path, name: str) -> str:
    """A picture with a button, which loads plotly and the figure that turns under the mouse.

    plotly has 4.8 MB: only who presses the button fetches it.
    """
    still = figure(data, metadata, captions.alternative(following), extra, name)
    content = json.dumps(data[PLOTLY], separators=(",", ":"))
    key = f"{name}-{hashlib.sha256(content.encode()).hexdigest()[:10]}"
    file = f"{key}.js"  # a script, since a page that was opened from a disk may fetch nothing else
    (extra / "figures" / file).write_text(f'(window.courseFigures ??= {{}})["{key}"] = {content};\n', "utf-8")
    return (
        f'<div class="turnable" data-key="{key}" data-figure="{FROM_LESSON}/figures/{file}" '
        f'data-plotly="{FROM_LESSON}/vendored/plotly.min.js">{still}'
        '<button type="button" class="turn-button">Turn it with the mouse (loads 5 MB)</button>'
        '<p class="turn-message" role="status"></p></div>'
    )


def explorer(model: str, states: dict[str, Any], following: str, extra: Path, name: str) -> str:
    """An explorer as it stood when the lesson was run: its question, its controls as words, its picture and caption."""
    rows, words = [], []
    for part in _parts(model, states):
        state, classes = part["state"], part["state"].get("_dom_classes", ())
        setting = _setting(part["model_name"], state)
        if setting:
            words.append(f"<li>{escape(state['description'])}: {escape(setting)}</li>")
        elif part["model_name"] == "ImageModel":
            content = base64.b64decode(part["buffers"][0]["data"])
            kind = "image/jpeg" if content[:2] == b"\xff\xd8" else "image/png"
            caption = "explorer-picture" in classes
            alternative = "The explorer's picture; the line below it says what it shows" if caption else "A picture"
            rows.append(picture(content, kind, alternative, extra, name, _size_of(state)))
        elif part["model_name"] == "HTMLModel" and (not rows or "explorer-caption" in classes):
            rows.append(_visible(state["value"]))
    settings = (
        f'<ul class="explorer-settings" aria-label="Settings of this picture">{"".join(words)}</ul>' if words else ""
    )
    note = (
        '<p class="explorer-note">Its controls move in the notebook: open the lesson with one of the buttons above.</p>'
    )
    return f'<div class="explorer-still">{rows[0]}{settings}{"".join(rows[1:])}{note}</div>'


def _parts(model: str, states: dict[str, Any]) -> list[dict[str, Any]]:
    """A widget and all within it, from top to bottom."""
    part = states[model]
    inner = [child.removeprefix("IPY_MODEL_") for child in part["state"].get("children", ())]
    return [part, *(each for child in inner for each in _parts(child, states))]


def _setting(kind: str, state: dict[str, Any]) -> str | None:
    """What a control stands at, as a reader sees it; None for what is no control."""
    if not state.get("description"):
        return None
    if "_options_labels" in state:
        index = state.get("index", 0 if kind == "ToggleButtonsModel" else None)
        return None if index is None else str(state["_options_labels"][index])
    if kind in ("FloatSliderModel", "FloatLogSliderModel", "IntSliderModel"):
        return format(state.get("value", 0), state.get("readout_format", "d" if kind[0] == "I" else ".2f"))
    if kind in ("CheckboxModel", "ToggleButtonModel"):
        return "on" if state.get("value") else "off"
    return None


def _visible(html: str) -> str:
    """HTML without styles, scripts and the attributes that make a page announce it when it loads."""
    html = re.sub(r"<(style|script)\b.*?</\1>", "", html, flags=re.S)
    html = re.sub(r'\s(?:role="status"|aria-live="\w+")', "", html)
    return html if re.sub(r"<[^>]*>", "", html).strip() else ""


def _size_of(state: dict[str, Any]) -> dict[str, Any]:
    return {key: state[key] for key in ("width", "height") if str(state.get(key) or "").isdigit()}
