"""Wrong arguments: the message names the argument, its value, and what would be right."""

import math
from fractions import Fraction

import numpy as np
import pytest
import torch

from course_utils import arguments


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: arguments.whole("n", 0), "n = 0: expected a whole number >= 1"),
        (lambda: arguments.whole("n", 2.0), "n = 2.0: expected a whole number >= 1"),
        (lambda: arguments.whole("n", True), "n = True: expected a whole number >= 1"),
        (lambda: arguments.whole("q", 65, 2, 64), "q = 65: expected a whole number from 2 to 64"),
        (lambda: arguments.whole("n", torch.tensor([1, 2])), "n = tensor([1, 2]): expected a whole number >= 1"),
        (lambda: arguments.number("h", "1"), "h = '1': expected a finite number"),
        (lambda: arguments.number("h", math.nan), "h = nan: expected a finite number"),
        (lambda: arguments.number("p", 1.5, 0, 1), "p = 1.5: expected a finite number from 0 to 1"),
        (lambda: arguments.number("p", 0, 0, 1, above=True), "p = 0: expected a finite number above 0 up to 1"),
        (lambda: arguments.positive("k", np.float32(0)), "k = 0.0: expected a finite number > 0"),
        (lambda: arguments.temperature(-1), "temperature = -1: expected a finite number > 0"),
        (lambda: arguments.temperature(-1, zero=True), "temperature = -1: expected a finite number >= 0"),
        (lambda: arguments.array("b", ["a"]), "b = ['a']: expected numbers"),
        (lambda: arguments.array("b", np.zeros((3, 4)), [(), (2,)]),
         "b has shape (3, 4): expected one number or shape (2,)"),
        (lambda: arguments.array("b", [1.0, -2.0], least=0),
         "b = [1.0, -2.0]: expected finite numbers >= 0, of which -2.0 is none"),
        (lambda: arguments.array("b", np.full((3, 4), np.nan)),
         "b = ndarray of shape (3, 4): expected finite numbers, of which nan is none"),
        (lambda: arguments.choice("engine", "x", ("sites", "rows")), 'engine = \'x\': expected "sites" or "rows"'),
        (lambda: arguments.choice("engine", [1], ("sites",)), 'engine = [1]: expected "sites"'),
    ],
)  # fmt: skip
def test_the_message_names_argument_value_and_what_is_right(call, message):
    with pytest.raises(ValueError, match=" expected ") as caught:
        call()
    assert str(caught.value) == message


def test_right_arguments_come_back_plain():
    for three in (3, np.int8(3), np.array(3), torch.tensor(3)):
        assert arguments.whole("n", three) == 3
        assert type(arguments.whole("n", three)) is int
    for half in (0.5, np.float32(0.5), np.array(0.5), torch.tensor(0.5), Fraction(1, 2)):
        assert arguments.number("x", half) == 0.5
        assert type(arguments.number("x", half)) is float
    assert arguments.temperature(0, zero=True) == 0.0
    assert arguments.array("x", torch.ones(2, 3), [(2, 3)]).shape == (2, 3)
    assert arguments.array("x", 1, dtype=np.float32).dtype == np.float32
    assert arguments.choice("n", 2, (1, 2)) == 2


def test_a_long_value_is_cut():
    assert len(arguments.shown("x" * 1000)) == 80
