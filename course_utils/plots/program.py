"""A block sampling program of THRML as a diagram: nodes, terms of the energy, blocks, and who reads whom."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.patches import FancyBboxPatch

from .panels import Layer, Panel, panel
from .style import COLORS

if TYPE_CHECKING:
    from thrml import BlockSamplingProgram

__all__ = ["program"]

INKS = (COLORS["sky"], COLORS["orange"])  # light enough for black numbers
READ = COLORS["red"]  # what the node in the middle reads
EDGE = "0.75"
HEIGHT = 4.3  # inches
APART = 5.0  # of the two blocks, where nodes of a block are 1 apart


def program(made: "BlockSamplingProgram", nodes: Sequence[Any], shape: tuple[int, int]) -> list[Panel]:
    """A program with two blocks, as its tables say it: its nodes on their lattice, and the blocks that read each other.

    One node of the first block, in the middle, is followed: what it reads is marked in both panels.

    Args:
        made: the program.
        nodes: of the program, row by row.
        shape: rows and columns of the lattice.

    Returns:
        Two panels, for `figure`.

    Raises:
        ValueError: if the program has another number of blocks than two, or there is not a node for each site.
    """
    if len(made.gibbs_spec.free_blocks) != 2:
        raise ValueError(f"made has {len(made.gibbs_spec.free_blocks)} blocks: expected 2")
    if len(nodes) != shape[0] * shape[1]:
        raise ValueError(f"nodes has {len(nodes)} entries: expected {shape[0] * shape[1]}, one for each site")
    number = {node: k for k, node in enumerate(nodes)}
    blocks = [[number[node] for node in block] for block in made.gibbs_spec.free_blocks]
    pairs = reads(made, number)
    place = {k: np.array([k % shape[1], k // shape[1]], float) for k in number.values()}
    middle = min(blocks[0], key=lambda k: np.abs(place[k] - (np.array(shape[::-1]) - 1) / 2).sum())
    terms = len({frozenset(pair) for pair in pairs})
    seen = [read for reader, read in pairs if reader == middle]
    names = (
        f"{len(nodes)} nodes in two colours, {terms} bonds",
        f"node {middle} reads {', '.join(map(str, sorted(seen)))}",
    )
    samplers = [type(sampler).__name__ for sampler in made.samplers]
    return [
        panel(Layer(lambda ax, *_: _site(ax, blocks, pairs, place, shape, middle)), title=names[0], square=True,
              bare=True, height=HEIGHT, xlim=(-0.8, shape[1] - 0.2), ylim=(shape[0] - 0.2, -0.8)),
        panel(Layer(lambda ax, *_: _facing(ax, blocks, pairs, middle, samplers)), title=names[1], bare=True,
              height=HEIGHT),
    ]  # fmt: skip


def reads(made: "BlockSamplingProgram", number: dict[Any, int]) -> list[tuple[int, int]]:
    """Which node reads which when it is drawn, as pairs of numbers of nodes, from the program's tables."""
    spec = made.gibbs_spec
    at = {place: number[node] for node, place in spec.node_global_location_map.items()}
    pairs = []
    tables = made.per_block_interaction_active, made.per_block_interaction_global_inds
    for block, *groups in zip(spec.free_blocks, *tables, made.per_block_interaction_global_slices, strict=True):
        for active, kinds, slices in zip(*groups, strict=True):
            for kind, places in zip(kinds, slices, strict=True):
                for i, j in np.argwhere(np.asarray(active)):
                    pairs.append((number[block.nodes[i]], at[kind, int(places[i, j])]))
    return pairs


def _site(ax: Axes, blocks: list, pairs: list, place: dict, shape: tuple[int, int], middle: int) -> None:
    """The nodes on their lattice; a term of two nodes across the sides is a stub at each of them."""
    for reader, read in pairs:
        way = place[read] - place[reader]
        around = np.abs(way) > 1
        step = np.where(around, -np.sign(way), way)
        end = place[reader] + step * (0.62 if around.any() else 1.0)
        look = {"color": READ, "linewidth": 3, "zorder": 1.5} if reader == middle else {"color": EDGE, "linewidth": 1.6}
        ax.plot(*zip(place[reader], end, strict=True), **{"zorder": 1, **look})
    _discs(ax, blocks, place, middle)
    ax.set_anchor("N")


def _facing(ax: Axes, blocks: list, pairs: list, middle: int, samplers: list[str]) -> None:
    """The two blocks as frames that face each other, a line from each node to those that it reads."""
    place = {k: np.array([b * APART, i], float) for b, block in enumerate(blocks) for i, k in enumerate(block)}
    rows = max(len(block) for block in blocks)
    ax.add_collection(LineCollection([(place[a], place[b]) for a, b in pairs], colors=EDGE, linewidths=1.0, zorder=1))
    for reader, read in pairs:
        if reader == middle:
            arrow = {"arrowstyle": "-|>", "color": READ, "linewidth": 2, "shrinkA": 9, "shrinkB": 10}
            ax.annotate("", place[reader], place[read], arrowprops=arrow, zorder=2)
    _discs(ax, blocks, place, middle)
    centred = {"ha": "center", "va": "center"}
    for b, name in enumerate(samplers):
        frame = FancyBboxPatch((b * APART - 0.45, -0.55), 0.9, rows + 0.1, boxstyle="round,pad=0.1")
        frame.set(facecolor="none", edgecolor=INKS[b], linewidth=2.5)
        ax.add_patch(frame)
        ax.text(b * APART, -1.15, f"block {b}", weight="bold", **centred)
        ax.text(b * APART + (b - 0.5) * 2, rows / 2 - 0.5, name, rotation=90, **centred)
    for b, y, under, words in ((0, -1.15, -0.45, "block 0 is drawn given block 1"),
                               (1, rows + 0.05, 0.5, "then block 1 given block 0")):  # fmt: skip
        tip, end = (0.95, APART - 0.95)[:: 1 - 2 * b]
        ax.annotate("", (tip, y), (end, y), arrowprops={"arrowstyle": "-|>", "linewidth": 1.8, "color": "black"})
        ax.text(APART / 2, y + under, words, **centred)
    ax.set(xlim=(-1.3, APART + 1.3), ylim=(rows + 0.8, -1.9))


def _discs(ax: Axes, blocks: list, place: dict, middle: int) -> None:
    for block, ink in zip(blocks, INKS, strict=True):
        for k in block:
            edge = (
                {"edgecolors": READ, "linewidths": 3.0} if k == middle else {"edgecolors": "black", "linewidths": 1.0}
            )
            ax.scatter(*place[k], s=330, c=ink, zorder=3, **edge)
            ax.text(*place[k], str(k), ha="center", va="center", zorder=4)
