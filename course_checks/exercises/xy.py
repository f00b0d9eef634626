"""Exercises on planar spins: a sweep, vortices, the stiffness and its crossing with 2T/π, and spins of a clock."""

import itertools
from collections.abc import Callable
from typing import Any

import numpy as np
from jaxtyping import Float, Int
from scipy.special import softmax

from course_utils.lattice.observables import winding_numbers as _winding

from ..checks import Task

__all__ = ["bath", "conditional", "crossing", "stiffness", "sweep", "torus", "winding"]

TURN = 2 * np.pi


# ------------------------------------------------------------------------------------------ 9.1: a sweep of arrows

_NEXT = ((1, 0), (-1, 0), (1, 1), (-1, 1))
"""Step and axis of the rolls that bring the four neighbours."""
Draw = Callable[[np.ndarray, np.ndarray], np.ndarray]


def torus(seed: int) -> tuple[Float[np.ndarray, "6 8"], Draw]:
    """Angles of 6 × 8 spins, some of them turns ahead, and a draw that needs no chance."""
    rng = np.random.default_rng(seed)
    return _some_angles(rng, (6, 8)), _bell(rng)


def _some_angles(rng: np.random.Generator, shape: tuple) -> np.ndarray:
    return rng.uniform(0, TURN, shape) + TURN * rng.integers(-1, 2, shape)


def _bell(rng: np.random.Generator) -> Draw:
    """An angle near each direction, the nearer the more concentrated; the same for the same direction."""
    phase, width = rng.uniform(0.5, 2.5), rng.uniform(1.5, 2.5)
    return lambda direction, kappa: direction + width * np.sin(2 * np.asarray(direction) + phase) / (1 + kappa)


def _start(rng: np.random.Generator) -> tuple[np.ndarray, float, Draw, int]:
    """A start that does not magnify the rounding of single precision: no pull in it is nearly zero.

    With several rounds of mirrors: one round cannot tell an old pull from one that both colours share.
    """
    while True:
        shape = [(4, 6), (6, 6), (8, 4)][rng.integers(3)]
        case = _some_angles(rng, shape), float(rng.choice([0.4, 0.7, 1.6, 2.3])), _bell(rng), int(rng.integers(2, 4))
        if _calm(*case):
            return case


def _calm(angles: np.ndarray, beta: float, draw: Draw, mirrors: int) -> bool:
    nearby = angles + 3e-6 * np.sin(np.arange(angles.size)).reshape(angles.shape)
    ends = [np.exp(1j * _one_by_one(theta, beta, draw, mirrors)) for theta in (angles, nearby)]
    return bool(np.abs(ends[0] - ends[1]).max() < 1e-3)


def _one_by_one(angles: np.ndarray, beta: float, draw: Draw, mirrors: int = 0) -> np.ndarray:
    """Spin after spin, first those with even i + j."""
    theta = np.array(angles, float)
    rows, cols = theta.shape
    order = sorted(np.ndindex(rows, cols), key=lambda at: sum(at) % 2)
    for k in range(1 + mirrors):
        for i, j in order:
            four = [theta[i - 1, j], theta[(i + 1) % rows, j], theta[i, j - 1], theta[i, (j + 1) % cols]]
            pull = sum(complex(np.cos(t), np.sin(t)) for t in four)
            phi = np.angle(pull)
            theta[i, j] = 2 * phi - theta[i, j] if k else draw(phi, beta * abs(pull))
    return theta


def _sum(theta: np.ndarray, steps: tuple = _NEXT) -> np.ndarray:
    """The neighbours of each spin added up, as complex numbers."""
    return sum(np.roll(np.exp(1j * theta), step, axis) for step, axis in steps)


def _sum_open(theta: np.ndarray) -> np.ndarray:
    rim = np.pad(np.exp(1j * theta), 1)
    return rim[:-2, 1:-1] + rim[2:, 1:-1] + rim[1:-1, :-2] + rim[1:-1, 2:]


def _board(theta: np.ndarray) -> np.ndarray:
    return np.indices(theta.shape).sum(0) % 2 == 0


def _black_white(theta: np.ndarray) -> tuple:
    return _board(theta), ~_board(theta)


def _all(theta: np.ndarray) -> tuple:
    return (np.ones(theta.shape, bool),)


def _swept(
    *,
    pull: Callable[[np.ndarray], np.ndarray] = _sum,
    direction: Callable[[np.ndarray, np.ndarray], np.ndarray] = lambda theta, pull: np.angle(pull),
    strength: Callable[[np.ndarray, float], np.ndarray] = lambda pull, beta: beta * np.abs(pull),
    mirror: Callable[[np.ndarray, np.ndarray], np.ndarray] = lambda phi, theta: 2 * phi - theta,
    rounds: Callable[[int], int] = lambda mirrors: mirrors,
    groups: Callable[[np.ndarray], tuple] = _black_white,
    mirrored: Callable[[np.ndarray], tuple] | None = None,
) -> Callable[..., np.ndarray]:
    """A sweep of which one thing is otherwise."""

    def answer(angles, beta, draw, mirrors=0):
        theta = np.array(angles, float)
        for k in range(1 + rounds(mirrors)):
            for group in (mirrored or groups)(theta) if k else groups(theta):
                total = pull(theta)
                phi = direction(theta, total)
                new = mirror(phi, theta) if k else draw(phi, strength(total, beta))
                theta = np.where(group, new, theta)
        return theta

    return answer


def _by_colour(angles: np.ndarray, beta: float, draw: Draw, mirrors: int) -> np.ndarray:
    """Each colour is mirrored right after it was drawn."""
    theta = np.array(angles, float)
    for group in _black_white(theta):
        theta = np.where(group, draw(np.angle(_sum(theta)), beta * np.abs(_sum(theta))), theta)
        for _ in range(mirrors):
            theta = np.where(group, 2 * np.angle(_sum(theta)) - theta, theta)
    return theta


def _mirrors_first(angles: np.ndarray, beta: float, draw: Draw, mirrors: int) -> np.ndarray:
    theta = np.array(angles, float)
    for group in _black_white(theta) * mirrors:
        theta = np.where(group, 2 * np.angle(_sum(theta)) - theta, theta)
    return _one_by_one(theta, beta, draw)


def _one_pull(angles: np.ndarray, beta: float, draw: Draw, mirrors: int) -> np.ndarray:
    """White is mirrored in a direction from before the black spins were."""
    theta = _one_by_one(angles, beta, draw)
    for _ in range(mirrors):
        theta = 2 * np.angle(_sum(theta)) - theta
    return theta


def _old_pull(angles: np.ndarray, beta: float, draw: Draw, mirrors: int) -> np.ndarray:
    """All rounds mirror at the direction after the draws."""
    theta = _one_by_one(angles, beta, draw)
    phi = np.angle(_sum(theta))
    for _ in range(mirrors):
        theta = 2 * phi - theta
    return theta


def _again(angles: np.ndarray, beta: float, draw: Draw, mirrors: int) -> np.ndarray:
    for _ in range(1 + mirrors):
        angles = _one_by_one(angles, beta, draw)
    return angles


def _mean_angle(theta: np.ndarray, _: np.ndarray) -> np.ndarray:
    return sum(np.roll(theta, step, axis) for step, axis in _NEXT) / 4


sweep = Task(
    reference=_one_by_one,
    draw=_start,
    name="(cos θ, sin θ)",
    view=lambda returned, *_: (np.stack([np.cos(np.asarray(returned, float)), np.sin(np.asarray(returned, float))]),),
    atol=3e-3,
    question="Are black spins drawn from draw(φ, βR), then white ones, and after that mirrored in the same order?",
    mistakes={
        "All spins were drawn at once: the white ones must see the new black ones":
            _swept(groups=_all, mirrored=_black_white),
        "All spins were drawn and mirrored at once: the white ones must see the new black ones": _swept(groups=_all),
        "All spins were mirrored at once: the white ones must see the mirrored black ones": _one_pull,
        "The pull is an old one: compute it anew for each colour of each round of mirrors": _old_pull,
        "White was drawn first; the spins with even i + j come first": _swept(groups=lambda t: _black_white(t)[::-1]),
        "Draws go black before white, and mirrors too":
            _swept(mirrored=lambda t: _black_white(t)[::-1]),
        "Black spins are drawn before white ones, in draws as in mirrors":
            _swept(groups=lambda t: _black_white(t)[::-1], mirrored=_black_white),
        "Only the black spins were drawn; a sweep draws every spin": _swept(groups=lambda t: _black_white(t)[:1]),
        "Only the white spins were drawn; a sweep draws every spin": _swept(groups=lambda t: _black_white(t)[1:]),
        "Only the black spins were mirrored; a round mirrors every spin":
            _swept(mirrored=lambda t: _black_white(t)[:1]),
        "Only the white spins were mirrored; a round mirrors every spin":
            _swept(mirrored=lambda t: _black_white(t)[1:]),
        "The colour of a spin is the parity of i + j: these are stripes, with neighbours in one group":
            _swept(groups=lambda t: (np.indices(t.shape)[0] % 2 == 0, np.indices(t.shape)[0] % 2 == 1)),
        "The colour of a spin is the parity of i + j: these are columns, with neighbours in one group":
            _swept(groups=lambda t: (np.indices(t.shape)[1] % 2 == 0, np.indices(t.shape)[1] % 2 == 1)),
        "The mirrors are missing": lambda a, b, f, m: _one_by_one(a, b, f),
        "`mirrors` is the number of rounds; you made one": lambda a, b, f, m: _one_by_one(a, b, f, 1),
        "`mirrors` is the number of rounds; you made one at most": _swept(rounds=lambda m: min(m, 1)),
        "There is a round of mirrors too many": _swept(rounds=lambda m: m + 1),
        "There is a round of mirrors too few": _swept(rounds=lambda m: max(m - 1, 0)),
        "First draw all spins, then mirror them; you mirrored each colour right after its draw": _by_colour,
        "First draw, then mirror; you mirrored first": _mirrors_first,
        "The further rounds are mirrors; you drew again": _again,
        "The mirror image is 2φ - θ; you took φ - θ": _swept(mirror=lambda phi, t: phi - t),
        "The mirror image is 2φ - θ; you took 2φ + θ": _swept(mirror=lambda phi, t: 2 * phi + t),
        "The mirror image is 2φ - θ; you took θ - 2φ": _swept(mirror=lambda phi, t: t - 2 * phi),
        "The mirror image is 2φ - θ; you took 2θ - φ": _swept(mirror=lambda phi, t: 2 * t - phi),
        "The mirror image is 2φ - θ; a half turn costs energy": _swept(mirror=lambda phi, t: t + np.pi),
        "The mirror image is 2φ - θ, in the direction of the pull; this is -θ": _swept(mirror=lambda phi, t: -t),
        "The mirror is the direction φ of the pull, not the line across it: 2φ - θ":
            _swept(mirror=lambda phi, t: 2 * phi + np.pi - t),
        "β is missing: κ = βR": _swept(strength=lambda pull, b: np.abs(pull)),
        "κ is βR; you divided by β": _swept(strength=lambda pull, b: np.abs(pull) / b),
        "R is the length of the sum, not of the mean": _swept(strength=lambda pull, b: b * np.abs(pull) / 4),
        "R is the length: take the square root": _swept(strength=lambda pull, b: b * np.abs(pull) ** 2),
        "The length is √(x² + y²), not |x| + |y|":
            _swept(strength=lambda pull, b: b * (np.abs(pull.real) + np.abs(pull.imag))),
        "κ is twice too large: a bond belongs to a spin once": _swept(strength=lambda pull, b: 2 * b * np.abs(pull)),
        "Four neighbours do not add up to 4 unless they agree":
            _swept(strength=lambda pull, b: np.full(pull.shape, 4 * b)),
        "κ is βR; you gave β alone": _swept(strength=lambda pull, b: np.full(pull.shape, b)),
        "The concentration is κ, not 1/κ: a strong pull makes a narrow bell":
            _swept(strength=lambda pull, b: 1 / (b * np.abs(pull))),
        "draw(φ, κ) takes the direction first":
            lambda a, b, f, m: _swept()(a, b, lambda phi, kappa: f(kappa, phi), m),
        "arctan2 takes y first, then x": _swept(direction=lambda t, pull: np.arctan2(pull.real, pull.imag)),
        "arctan(y/x) does not know the half of the circle: arctan2(y, x)":
            _swept(direction=lambda t, pull: np.arctan(pull.imag / pull.real)),
        "The mean of angles is no direction: 359° and 1° would give 180°. Add vectors": _swept(direction=_mean_angle),
        "The sum of angles is no direction. Add vectors": _swept(direction=lambda t, pull: 4 * _mean_angle(t, pull)),
        "That is the direction away from the neighbours: E = -Σ cos":
            _swept(direction=lambda t, pull: np.angle(pull) + np.pi),
        "The sign of φ is wrong: angles turn anticlockwise": _swept(direction=lambda t, pull: -np.angle(pull)),
        "Radians are wanted, not degrees": _swept(direction=lambda t, pull: np.degrees(np.angle(pull))),
        "A spin has four neighbours; those above and on the left alone do not do":
            _swept(pull=lambda t: _sum(t, _NEXT[::2])),
        "A spin has four neighbours; those below and on the right alone do not do":
            _swept(pull=lambda t: _sum(t, _NEXT[1::2])),
        "A spin has four neighbours; those in its own row are missing": _swept(pull=lambda t: _sum(t, _NEXT[:2])),
        "A spin has four neighbours; those in its own column are missing": _swept(pull=lambda t: _sum(t, _NEXT[2:])),
        "The sides are joined: this leaves the edges open": _swept(pull=_sum_open),
        "A spin is no neighbour of itself": _swept(pull=lambda t: _sum(t) + np.exp(1j * t)),
        "The pull is that of the four neighbours, not of the whole lattice":
            _swept(pull=lambda t: np.full(t.shape, np.exp(1j * t).sum())),
        "`draw` is not used: a spin is drawn, it does not take the likeliest angle":
            lambda a, b, f, m: _swept()(a, b, lambda phi, kappa: phi, m),
        "draw gives the angle itself, not the difference from φ":
            lambda a, b, f, m: _swept()(a, b, lambda phi, kappa: phi + f(phi, kappa), m),
        "Draws must know their direction: draw(φ, κ), and not φ + draw(0, κ)":
            lambda a, b, f, m: _swept()(a, b, lambda phi, kappa: phi + f(0 * phi, kappa), m),
    },
)  # fmt: skip


# ------------------------------------------------------------------------------------------------ 9.2: vortices


def _hot(rng: np.random.Generator) -> tuple[Float[np.ndarray, "rows cols"]]:
    """A hot lattice whose sides differ, with vortices in it, and spins that are turns ahead."""
    shape = [(4, 6), (5, 3), (6, 8), (7, 4)][rng.integers(4)]
    while True:
        angles = rng.uniform(-np.pi, 3 * np.pi, shape)
        if np.abs(_winding(angles)).sum() >= 4:
            return (angles + TURN * rng.integers(-1, 2, shape),)


def _nearest(step: np.ndarray) -> np.ndarray:
    return np.angle(np.exp(1j * step))


def _walked(
    angles: np.ndarray,
    wrap: Callable[[np.ndarray], np.ndarray] = _nearest,
    to: tuple[int, int] = (-1, -1),
    sides: int = 4,
) -> np.ndarray:
    """Turns on the walk round the plaquette on that side, with steps that are wrapped in some way."""
    a, b = to
    corners = [angles, np.roll(angles, b, 1), np.roll(angles, (a, b), (0, 1)), np.roll(angles, a, 0), angles]
    return sum(wrap(there - here) for here, there in itertools.pairwise(corners[: sides + 1])) / TURN


winding = Task(
    reference=lambda angles: _winding(angles).astype(float),
    draw=_hot,
    name="the charges",
    atol=1e-5,
    question="Are four steps added, from corner to corner and back, each brought into (-π, π] before; and is the sum "
    "rounded, not cut off?",
    mistakes={
        "All charges are 0: the steps are not wrapped into (-π, π] before you add, or the walk goes round nothing":
            lambda a: 0.0 * a,
        "Wrap into (-π, π], not into [0, 2π)": lambda a: _walked(a, lambda s: s % TURN),
        "Wrap into (-π, π]: after (step + π) % 2π, take π away again":
            lambda a: _walked(a, lambda s: (s + np.pi) % TURN),
        "Wrap into (-π, π], a full turn; you wrapped by half a turn":
            lambda a: _walked(a, lambda s: (s + np.pi / 2) % np.pi - np.pi / 2),
        "A step may be several turns off: take away as many as there are":
            lambda a: _walked(a, lambda s: s - TURN * (s > np.pi) + TURN * (s <= -np.pi)),
        "Wrap on both sides: a step below -π needs a turn more":
            lambda a: _walked(a, lambda s: s - TURN * (s > np.pi)),
        "Wrap on both sides: a step above π needs a turn less":
            lambda a: _walked(a, lambda s: s + TURN * (s <= -np.pi)),
        "A step has a sign: you added their sizes": lambda a: _walked(a, lambda s: np.abs(_nearest(s))),
        "Divide by 2π: this is the angle, not the number of turns": lambda a: TURN * _winding(a),
        "A full turn is 2π; divided by π every charge is counted twice": lambda a: 2.0 * _winding(a),
        "There are four steps, and their sum is divided by 2π alone": lambda a: _winding(a) / 4,
        "The sign is wrong: do you walk the other way round, or add turns where they are to be taken away?":
            lambda a: -1.0 * _winding(a),
        "An antivortex has charge -1: keep the sign": lambda a: np.abs(_winding(a)),
        "Antivortices are missing: their charge is -1": lambda a: np.maximum(_winding(a), 0),
        "The walk is not closed: the last step leads back to the first corner": lambda a: _walked(a, sides=3),
        "The plaquette on the other side: (i+1, j) is np.roll(angles, -1, 0)": lambda a: _walked(a, to=(1, 1)),
        "(i+1, j) is np.roll(angles, -1, 0); you went to (i-1, j)": lambda a: _walked(a, to=(1, -1)),
        "(i, j+1) is np.roll(angles, -1, 1); you went to (i, j-1)": lambda a: _walked(a, to=(-1, 1)),
        "These charges belong to the plaquettes below": lambda a: np.roll(_winding(a), 1, 0),
        "These charges belong to the plaquettes to the left": lambda a: np.roll(_winding(a), 1, 1),
        "The sides are joined: as many plaquettes as spins": lambda a: _winding(a, periodic=False),
        "One charge for each plaquette: an array of the shape of the lattice, not one number":
            lambda a: np.float64(_winding(a).sum()),
    },
)  # fmt: skip


# ---------------------------------------------------------------------------------------- 9.3: the stiffness


Bath = Callable[[float], np.ndarray]


def bath(seed: int) -> Bath:
    """Lattices of 4 × 4 spins at any temperature, the hotter the less they agree."""
    return _bath(np.random.default_rng(seed), (4, 3, 4, 4))


def _bath(rng: np.random.Generator, shape: tuple) -> Bath:
    noise, common = rng.normal(size=shape), rng.normal(size=(shape[0], 1, 1, 1))
    return lambda T: (0.5 + 0.6 * T + 0.3 * common) * noise


def _experiment(rng: np.random.Generator) -> tuple[Bath, Float[np.ndarray, "n"]]:
    """Several chains of several samples of lattices of some size, at a few temperatures, none of which is 1."""
    size, chains, samples = int(rng.choice([4, 5, 6])), int(rng.integers(3, 6)), int(rng.integers(2, 5))
    return _bath(rng, (chains, samples, size, size)), np.sort(rng.uniform(0.3, 0.9, int(rng.integers(2, 5))))


def _steps(angles: np.ndarray) -> list[np.ndarray]:
    return [np.concatenate([np.diff(angles, axis=x), (angles.take([0], x) - angles.take([-1], x))], x) for x in (1, 2)]


def _terms(angles: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """c and s of each axis and lattice: shape (2, n)."""
    mean = np.array([np.exp(1j * step).mean((1, 2)) for step in _steps(angles)])
    return mean.real, mean.imag


def _upsilon(
    angles: np.ndarray, factor: float, square: Callable[[np.ndarray], Any] = np.square, axes: Any = (0, 1)
) -> float:
    c, s = _terms(angles)
    return float(np.mean(c[axes,].mean() - factor * np.mean(square(s[axes,]))))


def _n(angles: np.ndarray) -> int:
    return angles[0].size


def _curve(of: Callable[[np.ndarray, float], Any], error: Callable[[np.ndarray], float] | None = None) -> Any:
    """A stiffness of lattices at one β, chain by chain, as what the exercise asks for."""
    error = error or (lambda chains: chains.std(ddof=1) / np.sqrt(len(chains)))

    def answer(draw, temperatures):
        rows = []
        for T in temperatures:
            chains = np.array([of(np.asarray(chain), 1 / T) for chain in draw(T)])
            rows.append([chains.mean(), error(chains)])
        return np.array(rows)

    return answer


def _right(angles: np.ndarray, beta: float) -> float:
    return _upsilon(angles, beta * _n(angles))


def _each(draw: Bath, T: float) -> np.ndarray:
    """Υ of each lattice, (chains, samples)."""
    return np.array([[_right(one[None], 1 / T) for one in chain] for chain in draw(T)])


def _each_axis(draw: Bath, T: float) -> np.ndarray:
    """Υ of each chain along each axis, (chains, 2)."""
    return np.array([[_upsilon(chain, _n(chain) / T, axes=(x,)) for x in (0, 1)] for chain in np.asarray(draw(T))])


_MISTAKES = {
    "The sine term is missing: the spins give way": lambda a, b: _upsilon(a, 0.0),
    "β is missing in the sine term": lambda a, b: _upsilon(a, _n(a)),
    "T and β are mixed up": lambda a, b: _upsilon(a, _n(a) / b),
    "N is missing: s is per spin, and the term is β N ⟨s²⟩": lambda a, b: _upsilon(a, b),
    "N is the number of spins of one lattice, L times L": lambda a, b: _upsilon(a, b * a.shape[1]),
    "N counts the spins of one lattice, not of all": lambda a, b: _upsilon(a, b * a.size),
    "s is a sum divided by N: its square has N² below it": lambda a, b: _upsilon(a, b * _n(a) ** 2),
    "The sine term is subtracted": lambda a, b: _upsilon(a, -b * _n(a)),
    "Each bond counts once: the sine term is twice too large": lambda a, b: _upsilon(a, 2 * b * _n(a)),
    "The sine term is half of what it should be: N is the number of spins, not of pairs, and each axis has its own":
        lambda a, b: _upsilon(a, b * _n(a) / 2),
    "Square the sum of the sines, not each sine":
        lambda a, b: _upsilon(a, 0.0) - b * np.mean([np.mean(np.sin(d) ** 2) for d in _steps(a)]),
    "Square the sum of the sines, not each sine; and N multiplies its square once":
        lambda a, b: _upsilon(a, 0.0) - b * _n(a) * np.mean([np.mean(np.sin(d) ** 2) for d in _steps(a)]),
    "Square each lattice's current before the average over lattices":
        lambda a, b: _upsilon(a, 0.0) - b * _n(a) * np.mean(_terms(a)[1].mean(1) ** 2),
    "The term is the mean of s², not the variance of s: nothing is subtracted":
        lambda a, b: _upsilon(a, 0.0) - b * _n(a) * np.mean(_terms(a)[1].var(1)),
    "The term is ⟨s²⟩: the square is missing": lambda a, b: _upsilon(a, b * _n(a), np.abs),
    "The term is ⟨s²⟩, and s alone has no square": lambda a, b: _upsilon(a, b * _n(a), lambda s: s),
    "Average the two axes; you added them": lambda a, b: 2 * _upsilon(a, b * _n(a)),
    "This is one axis only: average both": lambda a, b: _upsilon(a, b * _n(a), axes=(1,)),
    "This is one axis only; average both": lambda a, b: _upsilon(a, b * _n(a), axes=(0,)),
    "On few lattices Υ may come out negative: do not cut it off at 0":
        lambda a, b: max(_upsilon(a, b * _n(a)), 0.0),
    "On few lattices Υ may come out negative: keep its sign": lambda a, b: abs(_upsilon(a, b * _n(a))),
    "c and s are divided by the number of spins": lambda a, b:
        _n(a) * _upsilon(a, 0.0) - b * _n(a) ** 3 * np.mean(_terms(a)[1] ** 2),
    "The sides are joined: the bond from the last spin to the first is missing":
        lambda a, b: np.mean([np.cos(np.diff(a, axis=x)).mean()
                              - b * _n(a) * np.mean(np.sin(np.diff(a, axis=x)).mean((1, 2)) ** 2) for x in (1, 2)]),
}  # fmt: skip
"""Of a stiffness of the lattices of one chain."""

stiffness = Task(
    reference=_curve(_right),
    draw=_experiment,
    name="the curve",
    question="Is Υ = ⟨c⟩ - β N ⟨s²⟩, the square lattice by lattice, averaged over both axes, and then chain by chain?",
    mistakes={
        **{sentence: _curve(of) for sentence, of in _MISTAKES.items()},
        "The errors come from the means of the chains, not from all lattices": lambda draw, temperatures: np.array(
            [[e.mean(), e.std(ddof=1) / np.sqrt(e.size)] for e in (_each(draw, T) for T in temperatures)]),
        "The errors come from the means of the chains, not from all lattices as if they were chains":
            lambda draw, temperatures: np.array(
            [[e.mean(), e.std(ddof=1) / np.sqrt(len(e))] for e in (_each(draw, T) for T in temperatures)]),
        "The error of a mean is smaller than the spread: divide by the root of the number of chains":
            _curve(_right, lambda chains: chains.std(ddof=1)),
        "The root of the number of chains is wanted, not the number":
            _curve(_right, lambda chains: chains.std(ddof=1) / len(chains)),
        "The spread is wanted with ddof=1, since the mean was taken from the same chains":
            _curve(_right, lambda chains: chains.std() / np.sqrt(len(chains))),
        "A standard deviation is wanted, not a variance":
            _curve(_right, lambda chains: chains.var(ddof=1) / np.sqrt(len(chains))),
        "The error is divided by the root of the number of chains, not multiplied by it":
            _curve(_right, lambda chains: chains.std(ddof=1) * np.sqrt(len(chains))),
        "Divide by the number of chains, not of samples": lambda draw, temperatures: np.array(
            [[e.mean(), e.mean(1).std(ddof=1) / np.sqrt(e.shape[1])] for e in (_each(draw, T) for T in temperatures)]),
        "Chains come first, samples second: average over samples for the errors": lambda draw, temperatures: np.array(
            [[e.mean(), e.mean(0).std(ddof=1) / np.sqrt(e.shape[1])] for e in (_each(draw, T) for T in temperatures)]),
        "One chain gives one Υ: average its two axes before you take the spread":
            lambda draw, temperatures: np.array(
            [[e.mean(), e.std(ddof=1) / np.sqrt(e.size)] for e in (_each_axis(draw, T) for T in temperatures)]),
        "A row for each temperature, with Υ and its error; yours are columns":
            lambda draw, temperatures: _curve(_right)(draw, temperatures).T,
        "Υ comes first, then its error": lambda draw, temperatures: _curve(_right)(draw, temperatures)[:, ::-1],
        "The errors are missing: two numbers a row":
            lambda draw, temperatures: _curve(_right)(draw, temperatures)[:, 0],
    },
)  # fmt: skip


# ------------------------------------------------------------------------------------- 9.4: where it meets 2T/π


def _measured(rng: np.random.Generator) -> tuple[Float[np.ndarray, "n"], Float[np.ndarray, "n"]]:
    """A stiffness near 1 at first and near 0 at last, which goes up and down on both sides of its one crossing.

    It is not smallest at the last temperature.
    """
    n = int(rng.integers(4, 10))
    t = np.append(0.2, 0.2 + np.cumsum(rng.uniform(0.1, 0.25, n - 1)) + 0.3)
    off = rng.uniform(0.03, 0.3, n) * np.where(np.arange(n) < rng.integers(1, n - 1), 1, -1)
    helicity = 2 * t / np.pi + off
    helicity[[0, -2, -1]] = rng.uniform([0.85, -0.1, 0.02], [0.95, 0.0, 0.1])
    return t, helicity


def _segment(t: np.ndarray, helicity: np.ndarray, line: np.ndarray | None = None) -> tuple[int, int]:
    """The points before and after the crossing with a line, 2T/π unless told."""
    line = 2 * t / np.pi if line is None else line
    after = int(np.flatnonzero(helicity < line)[0])
    return after - 1, after


def _meets(t: np.ndarray, helicity: np.ndarray, slope: float, level: float = 0.0) -> float | None:
    """Where the measured points, joined by straight lines, meet slope * T + level; None where they do not at first."""
    line = slope * t + level
    if helicity[0] <= line[0] or helicity[-1] >= line[-1]:
        return None
    i, j = _segment(t, helicity, line)
    rise = (helicity[j] - helicity[i]) / (t[j] - t[i])
    return float((helicity[i] - rise * t[i] - level) / (slope - rise))


def _crossing(temperatures: np.ndarray, helicity: np.ndarray) -> float:
    return _meets(temperatures, helicity, 2 / np.pi)


def _fitted(t: np.ndarray, helicity: np.ndarray) -> float:
    slope, level = np.polyfit(t, helicity, 1)
    return level / (2 / np.pi - slope)


crossing = Task(
    reference=_crossing,
    draw=_measured,
    name="the crossing",
    question="Is Υ - 2T/π interpolated to 0 between the last point above the line and the first below it?",
    mistakes={
        "The line is 2T/π, and depends on T": lambda t, u: _meets(t, u, 0.0, 2 / np.pi),
        "The line is 2T/π; you took πT/2": lambda t, u: _meets(t, u, np.pi / 2),
        "The line is 2T/π; you took T/π": lambda t, u: _meets(t, u, 1 / np.pi),
        "The line is 2T/π; you took T": lambda t, u: _meets(t, u, 1.0),
        "That is the last point above the line: interpolate": lambda t, u: t[_segment(t, u)[0]],
        "That is the first point below the line: interpolate": lambda t, u: t[_segment(t, u)[1]],
        "That is the measured point nearest to the line: interpolate":
            lambda t, u: t[np.argmin(np.abs(u - 2 * t / np.pi))],
        "Not the middle: weigh with how far each point is from the line": lambda t, u: t[list(_segment(t, u))].mean(),
        "The weights are exchanged: the nearer point counts more":
            lambda t, u: t[list(_segment(t, u))].sum() - _crossing(t, u),
        "That is where Υ is smallest": lambda t, u: t[np.argmin(u)],
        "From the last point above the line go towards the first below it; you went away from it":
            lambda t, u: 2 * t[_segment(t, u)[0]] - _crossing(t, u),
        "That is the last temperature": lambda t, u: t[-1],
        "This is Υ at the crossing; return the temperature": lambda t, u: 2 / np.pi * _crossing(t, u),
        "This is the share of the way between two points; return the temperature":
            lambda t, u: (_crossing(t, u) - t[_segment(t, u)[0]]) / np.diff(t[list(_segment(t, u))])[0],
        "This is the distance from the point before; add its temperature":
            lambda t, u: _crossing(t, u) - t[_segment(t, u)[0]],
        "A straight line through all points is not what was asked: use the two beside the crossing": _fitted,
    },
)  # fmt: skip


# ------------------------------------------------------------------------------------ 9.5: a spin of the clock


def _neighbours(rng: np.random.Generator) -> tuple[Int[np.ndarray, "n 4"], float, int]:
    """Neighbours of a few clock spins, not all alike, a temperature that is not 1, and a number of directions."""
    q, n = int(rng.choice([5, 7, 12, 16])), int(rng.integers(2, 7))
    k = rng.integers(0, q, (n, 4))
    k[0] = rng.permutation([0, 1, 2, 4])
    return k, float(rng.choice([0.4, 0.7, 1.6, 2.3])), q


def _field(k: np.ndarray, q: int) -> np.ndarray:
    """Σ cos(2π (k - k_j) / q) for each own state k: by the sum of the neighbours' arrows."""
    unit = np.exp(1j * TURN * np.arange(q) / q)
    return (unit[k].sum(1)[:, None] * unit.conj()).real


def _differences(k: np.ndarray, q: int) -> np.ndarray:
    return np.arange(q) - k[:, :, None]


def _weights(exponent: np.ndarray) -> np.ndarray:
    return softmax(exponent, axis=1)


conditional = Task(
    reference=lambda neighbours, beta, q: _weights(beta * _field(neighbours, q)),
    draw=_neighbours,
    name="P(k)",
    question="Is it exp(β Σ cos(2π (k - k_j) / q)), each row divided by its own sum?",
    mistakes={
        "β is missing in the exponent": lambda k, b, q: _weights(_field(k, q)),
        "The sign is wrong: P ∝ exp(-β E), and E = -Σ cos": lambda k, b, q: _weights(-b * _field(k, q)),
        "β multiplies the energy; you divided by it": lambda k, b, q: _weights(_field(k, q) / b),
        "The exponent is twice too large: Ising's factor 2, or each bond counted twice":
            lambda k, b, q: _weights(2 * b * _field(k, q)),
        "The sum over the four neighbours, not their mean": lambda k, b, q: _weights(b * _field(k, q) / 4),
        "k is a number of steps: the angle is 2π k / q":
            lambda k, b, q: _weights(b * np.cos(_differences(k, q)).sum(1)),
        "A full circle is 2π: the angle is 2π k / q, not π k / q":
            lambda k, b, q: _weights(b * np.cos(np.pi / q * _differences(k, q)).sum(1)),
        "q directions make q steps round the circle, not q - 1":
            lambda k, b, q: _weights(b * np.cos(TURN / (q - 1) * _differences(k, q)).sum(1)),
        "That is Potts: neighbours that nearly agree count too":
            lambda k, b, q: _weights(b * (_differences(k, q) == 0).sum(1)),
        "The angle between two spins is the difference of their angles, not the sum":
            lambda k, b, q: _weights(b * np.cos(TURN / q * (np.arange(q) + k[:, :, None])).sum(1)),
        "2π times a whole number of steps is no turn: divide by q":
            lambda k, b, q: _weights(b * np.cos(TURN * _differences(k, q)).sum(1)),
        "2π / q is one step; 2 / q lacks the π":
            lambda k, b, q: _weights(b * np.cos(2 / q * _differences(k, q)).sum(1)),
        "Add up the cosines, not the angles":
            lambda k, b, q: _weights(b * np.cos(TURN / q * _differences(k, q).sum(1))),
        "This is the cosine of the difference to the mean neighbour; add up four cosines":
            lambda k, b, q: _weights(b * np.cos(TURN / q * _differences(k, q).mean(1))),
        "You took the sine of the difference":
            lambda k, b, q: _weights(b * np.sin(TURN / q * _differences(k, q)).sum(1)),
        "Four neighbours pull; you took one": lambda k, b, q: _weights(b * _field(k[:, :1], q)),
        "The neighbours' arrows add up to one of length R; you took its direction only":
            lambda k, b, q: _weights(b * _field(k, q) / np.abs(np.exp(1j * TURN * k / q).sum(1))[:, None]),
        "Multiply the four weights, that is add up the exponents; you added the weights":
            lambda k, b, q: np.exp(b * np.cos(TURN / q * _differences(k, q))).sum(1)
            / np.exp(b * np.cos(TURN / q * _differences(k, q))).sum((1, 2))[:, None],
        "The weights are not normalised: each row must add up to 1": lambda k, b, q: np.exp(b * _field(k, q)),
        "Divide by the sum of each row, not by its mean":
            lambda k, b, q: q * _weights(b * _field(k, q)),
        "Divide by the sum of each row, not by its largest weight":
            lambda k, b, q: np.exp(b * (_field(k, q) - _field(k, q).max(1, keepdims=True))),
        "Each row is normalised by itself": lambda k, b, q: softmax(b * _field(k, q)),
        "Each row adds up to 1; yours do so along the wrong axis": lambda k, b, q: softmax(b * _field(k, q), axis=0),
        "These are log probabilities; exponentiate them": lambda k, b, q: np.log(_weights(b * _field(k, q))),
        "These are the exponents; the weights are their exponentials": lambda k, b, q: b * _field(k, q),
        "The weights are the exponentials; you normalised the exponents":
            lambda k, b, q: b * _field(k, q) / (b * _field(k, q)).sum(1, keepdims=True),
        "This is the running sum of the probabilities": lambda k, b, q: _weights(b * _field(k, q)).cumsum(1),
    },
)  # fmt: skip
