"""Handwritten digits in black and white, as spins; without PyTorch."""

from typing import NamedTuple

import numpy as np
from jaxtyping import Int, Int8

from ..arguments import choice

_SEED, _N_TEST = 1234, 500
"""As in `course_utils.data.pictures`: the same pictures are for testing."""


class Digits(NamedTuple):
    """Pictures of 8 x 8 pixels with their labels.

    Attributes:
        spins: +1 for ink, -1 for paper, row by row.
        labels: the digit that each shows.
    """

    spins: Int8[np.ndarray, "n 64"]
    labels: Int[np.ndarray, "n"]


def binary_digits(split: str = "train") -> Digits:
    """The digits of `course_utils.data.digits`, with more than half of the ink counted as ink.

    Args:
        split: "train" (1297 pictures) or "test" (500), the same ones as there.

    Raises:
        ValueError: if split is neither.

    Source: Alpaydin and Kaynak, Optical Recognition of Handwritten Digits, UCI (1998), doi:10.24432/C50P49.
    """
    from sklearn.datasets import load_digits

    choice("split", split, ("train", "test"))
    bunch = load_digits()
    order = _permutation(len(bunch.images))
    order = order[:-_N_TEST] if split == "train" else order[-_N_TEST:]
    spins = np.where(bunch.images.reshape(-1, 64)[order] > 8, 1, -1).astype(np.int8)
    return Digits(spins, bunch.target[order])


def _permutation(n: int) -> Int[np.ndarray, "n"]:
    """What `torch.randperm` gives with the seed of the split: the same generator, and its way to shuffle."""
    stream, order = np.random.RandomState(_SEED), np.arange(n)
    for i in range(n - 1):
        k = i + int(stream.randint(0, 1 << 32, dtype=np.uint32)) % (n - i)
        order[i], order[k] = order[k], order[i]
    return order
