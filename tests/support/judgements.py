"""Challenges judged on fixed problems, for the tests of each."""

import math
import time

from course_checks.challenges import (
    colouring,
    hidden,
    inpainting,
    judge,
    likeliest,
    log_z,
    minimum,
    partition,
    photographs,
    rotors,
    samples,
    shapes,
    short_chains,
    sweeps,
    transition,
)

MODULES = {
    "1": photographs,
    "2": log_z,
    "3": samples,
    "4": minimum,
    "5": shapes,
    "6": inpainting,
    "7": sweeps,
    "8": colouring,
    "9": rotors,
    "10": likeliest,
    "11": short_chains,
    "12": partition,
    "13": hidden,
    "14": transition,
}


def few(module, n, names=None):
    """The same challenge with its first n problems, and with some of the rivals."""

    class Few(type(module.challenge)):
        @property
        def rivals(self):
            rivals = super().rivals
            return rivals if names is None else {name: rivals[name] for name in names}

        def problems(self, rng):
            return super().problems(rng)[:n]

    return Few()


def told(number, answer, seed=1, n=2):
    """The one line that ends a judgement."""
    verdict = judge.judged(few(MODULES[number], n), answer, seed)
    assert verdict.outcome == "refused"
    (line,) = verdict.lines
    assert "\n" not in line
    return line


def scores(number, answer, seed, n=None, names=None):
    """The entries of a judgement on fixed problems."""
    verdict = judge.judged(few(MODULES[number], n, names), answer, seed)
    assert verdict.outcome == "compared", verdict.lines
    return verdict


def busy(seconds):
    end = time.process_time() + seconds
    while time.process_time() < end:
        math.sqrt(2)
