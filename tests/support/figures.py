"""What every figure of the course must be: titled, labelled, readable, and shown once."""

import matplotlib.pyplot as plt
from matplotlib.figure import Figure


def assert_readable(fig: Figure, name: str) -> None:
    """Check a figure that a function of `course_utils.plots` has returned.

    Args:
        fig: the figure.
        name: what to call it in a message.
    """
    assert isinstance(fig, Figure)
    assert plt.get_fignums() == [], f"{name}: a figure left open is shown twice in a notebook"
    titles = [ax.get_title(loc) for ax in fig.axes for loc in ("left", "center")]
    assert any(titles) or fig.get_suptitle(), f"{name}: no title"
    flat = [ax for ax in fig.axes if ax.name != "3d"]
    for ax in flat:
        alike = {ax, *ax.get_shared_x_axes().get_siblings(ax), *ax.get_shared_y_axes().get_siblings(ax)}
        said = any(each.get_xlabel() or each.get_ylabel() for each in alike)  # of axes in common, the outer ones say it
        assert said or not ax.axison, f"{name}: an axis without a label"
    fig.draw_without_rendering()
    words = [*fig.texts, *(t for ax in flat for t in (ax.title, ax._left_title, ax.xaxis.label, ax.yaxis.label))]
    words += [fig._suptitle] if fig._suptitle is not None else []
    boxes = {text: text.get_window_extent() for text in words if text.get_text().strip()}
    for text, box in boxes.items():
        inside = box.x0 >= -1 and box.y0 >= -1 and box.x1 <= fig.bbox.x1 + 1 and box.y1 <= fig.bbox.y1 + 1
        assert inside, f"{name}: {text.get_text()!r} leaves the figure"
        others = [other.get_text() for other, place in boxes.items() if other is not text and box.overlaps(place)]
        assert not others, f"{name}: {text.get_text()!r} overlaps {others}"
