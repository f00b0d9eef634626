"""The digit pad of lesson 10 without a browser: masks as text, chains that keep what is shown, exact numbers."""

import numpy as np
import pytest

from course_utils import explorers, machines
from course_utils.explorers import completion


@pytest.fixture(scope="module")
def machine() -> machines.Restricted:
    return machines.fresh(machines.binary_digits().spins, 4, np.random.default_rng(0))


@pytest.fixture
def pad(machine):
    return explorers.complete(machine)


def test_masks_go_to_text_and_back():
    mask = np.random.default_rng(1).random(64) < 0.5
    assert np.array_equal(completion.as_mask(completion.as_text(mask)), mask)
    assert completion.as_text(np.arange(64) >= 32) == "00000000ffffffff"
    assert completion.as_mask(" 80FF000000000001 ").nonzero()[0].tolist() == [0, *range(8, 16), 63]


@pytest.mark.parametrize("text", ["", "00", "x" * 16, "0" * 15, "0" * 18])
def test_what_is_no_mask_is_named(text):
    with pytest.raises(ValueError, match="expected sixteen hexadecimal digits"):
        completion.as_mask(text)


def test_chains_keep_what_is_shown(pad):
    picture = machines.binary_digits("test").spins[pad.controls["picture"].value]
    shown = ~pad.mask
    assert shown.sum() == 32
    assert (pad._chains[:, shown] == picture[shown]).all()
    assert not (pad._chains[:, ~shown] == picture[~shown]).all()
    assert pad.error is None


def test_the_caption_says_the_exact_log_probability_of_what_is_hidden(pad, machine):
    pad.set(picture=5, part=completion.halves()["left half"])
    picture = machines.binary_digits("test").spins[5].astype(float)
    _, log_p = machine.completion(picture, np.arange(64) % 8 >= 4)
    assert f"log p = {log_p:.2f} nats" in pad.caption
    assert f"A {machines.binary_digits('test').labels[5]}, with 32 of 64 pixels hidden" in pad.caption


def test_the_page_paints_through_the_text_field(pad):
    before = pad.picture
    pad.controls["hidden"].value = "ff00000000000000"
    assert pad.mask.nonzero()[0].tolist() == list(range(8))
    assert "8 of 64 pixels hidden" in pad.caption
    assert pad.picture != before
    pad.controls["hidden"].value = "no mask"
    assert isinstance(pad.error, ValueError)
    assert "expected sixteen hexadecimal digits" in pad.caption


def test_go_on_makes_more_sweeps_and_from_noise_starts_anew(pad):
    buttons = {button.description: button for button in pad.box.children[1].children[-1].children}
    assert "10 sweeps from noise" in pad.caption
    buttons["go on"].click()
    assert "20 sweeps from noise" in pad.caption
    buttons["from noise"].click()
    assert "10 sweeps from noise" in pad.caption
    pad.set(sweeps=1)
    assert ", 1 sweeps from noise" in pad.caption


def test_nothing_hidden_is_said(pad):
    pad.set(part=completion.halves()["none"])
    assert "there is nothing to fill in" in pad.caption


def test_one_who_cannot_see_the_picture_is_told_the_keys():
    assert 'role="application"' in completion.CANVAS
    assert "arrow keys" in completion.KEYS


def test_another_number_of_pixels_is_refused():
    with pytest.raises(ValueError, match="machine has 3 visible units: expected 64"):
        explorers.complete(machines.Restricted(np.zeros((3, 2)), np.zeros(3), np.zeros(2)))
