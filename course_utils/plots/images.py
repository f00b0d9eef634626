"""Figures of lesson 06: grids of images, energies of groups of images, and the honest judges of an image model."""

from collections.abc import Mapping, Sequence

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.colors import Colormap
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from .style import COLORS, finish, to_numpy

UNKNOWN_COLOR = COLORS["sky"]  # pixels that are NaN: not known
GAP = 1  # pixels between two images of a grid
PALETTE = tuple(COLORS[name] for name in ("blue", "orange", "green", "red", "purple", "sky", "grey"))
MARKERS = "osD^vPX"
DPI = 80  # small files: images of 8×8 pixels need no more


def image_cmap() -> Colormap:
    """Black to white, with a colour of its own for pixels that are not known (NaN)."""
    return plt.get_cmap("gray").with_extremes(bad=UNKNOWN_COLOR)


def mosaic(images, gap: int = GAP) -> tuple[np.ndarray, np.ndarray]:
    """One large picture of many images.

    Args:
        images: shape (rows, columns, h, w) or (rows, columns, 1, h, w).
        gap: pixels between two images.

    Returns:
        The picture, and a mask that is True where there is no image.
    """
    images = to_numpy(images)
    images = images[:, :, 0] if images.ndim == 5 else images
    if images.ndim != 4:
        raise ValueError(f"images must have shape (rows, columns, h, w), got {images.shape}")
    rows, columns, h, w = images.shape
    picture = np.zeros((rows * (h + gap) - gap, columns * (w + gap) - gap))
    empty = np.ones(picture.shape, dtype=bool)
    for i in range(rows):
        for j in range(columns):
            place = np.s_[i * (h + gap) : i * (h + gap) + h, j * (w + gap) : j * (w + gap) + w]
            picture[place], empty[place] = images[i, j], False
    return picture, empty


def draw_images(
    ax, images, *, rows: Sequence[str] = (), columns: Sequence[str] = (), span=(-1.0, 1.0), room: int | None = None
) -> None:
    """Images side by side in one axes, with a label for each row and each column.

    Args:
        ax: the axes.
        images: shape (rows, columns, h, w) or (rows, columns, 1, h, w); NaN stands for a pixel that is not known.
        rows: labels on the left.
        columns: labels on top.
        span: the values shown as black and as white.
        room: rows that the axes have room for; as many as there are unless given.
    """
    picture, empty = mosaic(images)
    n_rows, n_columns = to_numpy(images).shape[:2]
    h, w = (picture.shape[0] + GAP) // n_rows, (picture.shape[1] + GAP) // n_columns
    rgba = image_cmap()(np.ma.masked_invalid((picture - span[0]) / (span[1] - span[0])))
    rgba[empty] = (1, 1, 1, 0)
    ax.imshow(rgba, interpolation="nearest")
    ax.set_ylim((room or n_rows) * h - GAP - 0.5, -0.5)
    ax.set_axis_off()
    for i, label in enumerate(rows):
        ax.text(-1.5, i * h + (h - GAP) / 2 - 0.5, label, ha="right", va="center", fontsize=9)
    for j, label in enumerate(columns):
        ax.text(j * w + (w - GAP) / 2 - 0.5, -1.2, label, ha="center", va="bottom", fontsize=9)


def image_grid(
    images, *, title: str, rows: Sequence[str] = (), columns: Sequence[str] = (), cell: float = 0.5, span=(-1.0, 1.0)
) -> Figure:
    """Images in rows and columns, each with a label.

    Args:
        images: shape (rows, columns, h, w) or (rows, columns, 1, h, w); NaN stands for a pixel that is not known.
        title: the finding.
        rows: labels on the left, one for each row.
        columns: labels on top, one for each column.
        cell: inches for an image.
        span: the values shown as black and as white.

    Returns:
        The figure.
    """
    images = to_numpy(images)
    n_rows, n_columns = images.shape[:2]
    longest = max((len(line) for label in rows for line in label.split("\n")), default=0)
    lines = max((label.count("\n") + 1 for label in columns), default=0)
    left = 0.12 + 0.085 * longest
    wide, high = cell * n_columns, cell * n_rows * images.shape[-2] / images.shape[-1]
    width = max(left + wide + 0.05, 0.092 * max(len(line) for line in title.split("\n")))
    height = 0.33 + 0.19 * (title.count("\n") + lines) + high
    fig = plt.figure(figsize=(width, height), dpi=DPI, layout="none")  # all places are known
    ax = fig.add_axes((left / width, 0.02 / height, wide / width, high / height))
    draw_images(ax, images, rows=rows, columns=columns, span=span)
    fig.suptitle(title, x=0.01, y=1 - 0.06 / height, ha="left", va="top", fontsize=11)
    return finish(fig)


def two_starts(steps, curves: Mapping[str, object], floor, *, title: str, unit: str = "energy E, T = 1") -> Figure:
    """Energies of chains from two starts: the middle 80 % as a band, the median as a line; do they meet?

    Args:
        steps: number of steps, shape (n_kept,), positive.
        curves: name of the start -> energies, shape (n_kept, n_chains).
        floor: energies of real images, shape (n,), as a band too.
        title: the finding.
        unit: label of the energy axis.

    Returns:
        The figure.
    """
    steps, low, high = to_numpy(steps), *np.quantile(to_numpy(floor), (0.1, 0.9))
    fig, ax = plt.subplots(figsize=(6.6, 3.1), dpi=DPI)
    ax.axhspan(low, high, color=COLORS["grey"], alpha=0.25, linewidth=0, label="real images, with data noise")
    for (name, values), color in zip(curves.items(), (COLORS["red"], COLORS["blue"]), strict=False):
        below, middle, above = np.quantile(to_numpy(values), (0.1, 0.5, 0.9), axis=1)
        ax.fill_between(steps, below, above, color=color, alpha=0.2, linewidth=0)
        ax.plot(steps, middle, color=color, label=name)
    ax.set(xscale="log", xlabel="Langevin steps", ylabel=unit, title=title, xlim=(steps[0], steps[-1]))
    ax.legend(loc="upper right", title="lines: medians; bands: the middle 80 %")
    return finish(fig)


def energy_groups(groups: Mapping[str, object], *, title: str, clip: tuple[float, float] = (0.005, 0.995)) -> Figure:
    """A row of energies for each group of images: all of them as thin ticks, the middle half as a bar.

    Args:
        groups: name -> energies, shape (n,). The first group is the one that the others are held against.
        title: the finding.
        clip: quantiles of each group outside which nothing is drawn.

    Returns:
        The figure.
    """
    fig, ax = plt.subplots(figsize=(7.0, 0.9 + 0.36 * len(groups)), dpi=DPI)
    for i, values in enumerate(groups.values()):
        values = to_numpy(values)
        color = COLORS["blue"] if i == 0 else COLORS["red"]
        low, left, middle, right, high = np.quantile(values, (clip[0], 0.25, 0.5, 0.75, clip[1]))
        shown = values[(values >= low) & (values <= high)]
        ax.plot(shown, np.full(len(shown), -i), "|", color=color, markersize=9, alpha=0.18, rasterized=True)
        ax.plot([left, right], [-i, -i], color=color, linewidth=5, solid_capstyle="butt")
        ax.plot(middle, -i, "o", color="white", markeredgecolor=color, markersize=6)
        if i == 0:
            ax.axvspan(low, high, color=COLORS["blue"], alpha=0.1, linewidth=0)
    ax.set_yticks(-np.arange(len(groups)), list(groups))
    ax.tick_params(axis="y", length=0)
    ax.set(xlabel="energy E", ylim=(-len(groups) + 0.4, 0.6), title=title)
    return finish(fig)


def auroc_dots(names: Sequence[str], scores: Mapping[str, Sequence[float]], *, title: str) -> Figure:
    """AUROC of several judges on several kinds of foreign images.

    Args:
        names: the kinds, from top to bottom.
        scores: name of the judge -> one AUROC for each kind.
        title: the finding.

    Returns:
        The figure.
    """
    fig, ax = plt.subplots(figsize=(6.8, 1.1 + 0.34 * len(names)), dpi=DPI)
    y = -np.arange(len(names))
    ax.axvline(0.5, color=COLORS["grey"], linestyle="--", linewidth=1.2)
    ax.annotate("chance", (0.5, 0.7), xytext=(3, 0), textcoords="offset points", fontsize=8, va="top")
    for k, (judge, values) in enumerate(scores.items()):
        shift = 0.14 * (k - (len(scores) - 1) / 2)
        look = {"color": PALETTE[k], "marker": MARKERS[k], "markersize": 7, "linestyle": "none"}
        ax.plot(to_numpy(values), y - shift, label=judge, **look)
    ax.set_yticks(y, names)
    ax.tick_params(axis="y", length=0)
    ax.hlines(y, 0, 1, color="0.9", linewidth=1, zorder=0)
    ax.set(xlabel="AUROC: chance that a foreign image scores above a real one", xlim=(-0.02, 1.03), title=title)
    ax.set_ylim(-len(names) + 0.4, 0.75)
    ax.legend(loc="center left", bbox_to_anchor=(1.0, 0.5))
    return finish(fig)


def confidence(groups: Mapping[str, object], *, title: str, sure: float = 0.9) -> Figure:
    """Share of each group of images on which a classifier is surer than p, for every p.

    Args:
        groups: name -> largest class probability of each image, shape (n,).
        title: the finding.
        sure: the confidence that is marked.

    Returns:
        The figure.
    """
    fig, ax = plt.subplots(figsize=(6.4, 3.0), dpi=DPI)
    ax.axvline(sure, color=COLORS["grey"], linestyle="--", linewidth=1.2)
    grid = np.linspace(0.1, 1, 181)
    for (name, values), color in zip(groups.items(), PALETTE, strict=False):
        values = to_numpy(values)
        above = (values[:, None] > grid).mean(0)
        ax.plot(grid, above, color=color, label=f"{name}: {np.mean(values > sure):.0%} above {sure:g}")
    ax.set(xlabel="confidence p of a classifier (largest class probability)", ylabel="share above p")
    ax.set(xlim=(0.1, 1), ylim=(0, 1.03), title=title)
    ax.legend(loc="center left", bbox_to_anchor=(1.0, 0.5))
    return finish(fig)


def watched_training(steps, gap, measures: Mapping[str, tuple[object, float, str]], *, title: str) -> Figure:
    """A training run: the energy gap, which is no likelihood, and what may be read as progress.

    Args:
        steps: steps at which the gap was noted, shape (n,).
        gap: mean energy of the data minus that of the chains, shape (n,).
        measures: label -> (pairs (step, value) of shape (m, 2), a reference value, what that is).
        title: the finding.

    Returns:
        The figure.
    """
    steps, gap = to_numpy(steps), to_numpy(gap)
    fig, axes = plt.subplots(1, 1 + len(measures), figsize=(3.3 * (1 + len(measures)), 2.9), dpi=DPI)
    axes[0].axhline(0, color=COLORS["grey"], linewidth=1)
    axes[0].plot(steps, gap, color=COLORS["sky"], linewidth=0.6)
    width = max(1, len(gap) // 25)
    smooth = np.convolve(gap, np.ones(width) / width, mode="valid")
    axes[0].plot(steps[width - 1 :], smooth, color=COLORS["blue"], label=f"mean of {width}")
    axes[0].set(xlabel="training step", ylabel="⟨E(data)⟩ − ⟨E(chains)⟩")
    axes[0].set_title("energy gap: not a likelihood", fontsize=10)
    axes[0].legend(loc="best")
    for ax, (label, (pairs, reference, name)) in zip(axes[1:], measures.items(), strict=True):
        at, value = to_numpy(pairs).T
        ax.plot(at, value, "o-", color=COLORS["red"], markersize=4)
        ax.axhline(reference, color=COLORS["grey"], linestyle="--", linewidth=1.2)
        ax.annotate(name, (0, reference), xycoords=("axes fraction", "data"), xytext=(2, 3),
                    textcoords="offset points", fontsize=8, ha="left")  # fmt: skip
        ax.set(xlabel="training step", ylabel=label)
    fig.suptitle(title, x=0.01, ha="left", fontsize=11)
    return finish(fig)


def ablation(names: Sequence[str], columns: Mapping[str, tuple[Sequence[float], Sequence[float]]], *, title: str):
    """What is lost when one part is left out: a row for each variant, a panel for each measure.

    Args:
        names: the variants, from top to bottom; the first is the complete recipe.
        columns: label -> (mean of each variant over seeds, its standard error).
        title: the finding.

    Returns:
        The figure.
    """
    y = -np.arange(len(names))
    size = (2.0 + 2.4 * len(columns), 0.9 + 0.32 * len(names))
    fig, axes = plt.subplots(1, len(columns), figsize=size, dpi=DPI, sharey=True, squeeze=False)
    for ax, (label, (mean, errors)) in zip(axes[0], columns.items(), strict=True):
        mean, errors = to_numpy(mean), to_numpy(errors)
        ax.axvline(mean[0], color=COLORS["grey"], linestyle="--", linewidth=1)
        for at, value, error, color in zip(y, mean, errors, [COLORS["blue"], *[COLORS["red"]] * len(y)], strict=False):
            if np.isfinite(value):
                ax.errorbar(value, at, xerr=error, fmt="o", color=color, markersize=6, capsize=3)
            else:
                ax.text(0.5, at, "diverged", color=color, fontsize=9, va="center", transform=ax.get_yaxis_transform())
        ax.hlines(y, 0, 1, color="0.92", linewidth=1, zorder=0, transform=ax.get_yaxis_transform())
        ax.set_xlabel(label)
        finite = mean[np.isfinite(mean)]
        if finite.min() > 0 and finite.max() > 100 * finite.min():
            ax.set_xscale("log")
        ax.set_ylim(-len(names) + 0.5, 0.5)
        ax.tick_params(axis="y", length=0)
    axes[0, 0].set_yticks(y, names)
    fig.suptitle(title, x=0.01, ha="left", fontsize=11)
    fig.supxlabel("dots: means over seeds; bars: ± 1 standard error", x=0.99, ha="right", fontsize=9)
    return finish(fig)


def slopes(t, curves: Mapping[str, tuple[object, object]], *, title: str) -> Figure:
    """Energy along a straight line through the space of images, and its slope, for several networks.

    Args:
        t: position along the line, shape (n,).
        curves: name -> (energy, slope dE/dt), each of shape (n,).
        title: the finding.

    Returns:
        The figure.
    """
    t = to_numpy(t)
    fig, (left, right) = plt.subplots(1, 2, figsize=(8.0, 2.7), dpi=DPI)
    for (name, (energy, slope)), color in zip(curves.items(), (COLORS["blue"], COLORS["red"]), strict=False):
        left.plot(t, to_numpy(energy), color=color, label=name)
        right.plot(t, to_numpy(slope), color=color, linewidth=1.2, label=name)
    left.set(xlabel="position on a line from image to image", ylabel="energy E")
    right.set(xlabel="position on a line from image to image", ylabel="slope dE/dt")
    left.legend(loc="best")
    fig.suptitle(title, x=0.01, ha="left", fontsize=11)
    return finish(fig)


def class_shares(names: Sequence[str], groups: Mapping[str, object], *, title: str, wanted: Sequence[int] = ()):
    """Shares of the classes in several sets of images, as bars.

    Args:
        names: the classes.
        groups: name of the set -> share of each class, shape (n_classes,).
        title: the finding.
        wanted: classes whose columns are shaded.

    Returns:
        The figure.
    """
    size = (2.0 * len(groups) + 0.4, 2.3)
    fig, axes = plt.subplots(1, len(groups), figsize=size, dpi=DPI, sharey=True, squeeze=False)
    x = np.arange(len(names))
    for ax, (name, shares), color in zip(axes[0], groups.items(), PALETTE, strict=False):
        for k in wanted:
            ax.add_patch(Rectangle((k - 0.5, 0), 1, 1, color=COLORS["grey"], alpha=0.2, linewidth=0))
        ax.bar(x, to_numpy(shares), color=color)
        ax.set_xticks(x, names, fontsize=8)
        ax.set(xlabel="class", ylim=(0, 1))
        ax.set_title(name, fontsize=10)
    axes[0, 0].set_ylabel("share of images")
    fig.suptitle(title, x=0.01, ha="left", fontsize=11)
    return finish(fig)
