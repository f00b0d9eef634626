"""Exercises on planar spins: conditionals, vortices, the helicity modulus and its crossing with 2T/π."""

import itertools
from collections.abc import Callable
from typing import Any

import numpy as np
from jaxtyping import Float, Int
from scipy.special import i0e, i1e, softmax

from course_utils.lattice.observables import winding_numbers as _winding

from ..checks import Task, outputs

__all__ = ["conditional", "crossing", "helicity", "pull", "winding"]

TURN = 2 * np.pi


# ------------------------------------------------------------------------------------ 9.1: a spin of the clock


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


# --------------------------------------------------------------------------------------- 9.2: a continuous spin


def _angles(rng: np.random.Generator) -> tuple[Float[np.ndarray, "n 4"], float]:
    """Neighbours of a few spins, some a turn or two further, that do not cancel, and a temperature that is not 1."""
    theta = rng.uniform(0, TURN, (int(rng.integers(3, 9)), 4))
    theta[_length(theta) < 0.5] = [0.3, 1.0, 5.8, 2.0]
    return theta + TURN * rng.integers(-1, 3, theta.shape), float(rng.choice([0.4, 0.6, 1.4, 2.2]))


def _length(theta: np.ndarray) -> np.ndarray:
    """R from the pairs: R² = Σ cos(θ_i - θ_j)."""
    return np.sqrt(np.maximum(np.cos(theta[:, :, None] - theta[:, None]).sum((1, 2)), 0))


def _direction(theta: np.ndarray) -> np.ndarray:
    return np.angle(np.exp(1j * theta).sum(1))


def _xy(theta: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    return np.cos(theta).sum(1), np.sin(theta).sum(1)


def _seen_pull(returned: Any, theta: np.ndarray, beta: float) -> tuple[np.ndarray, Any]:
    """(cos φ, sin φ), which does not mind a full turn, and κ."""
    rows = list(returned) if hasattr(returned, "__array__") and np.ndim(returned) == 2 else returned
    phi, kappa = outputs(rows, "φ", "κ")
    phi = np.asarray(phi, dtype=float)
    return np.stack([np.cos(phi), np.sin(phi)], axis=-1), kappa


def _pull_of(arrow: np.ndarray, beta: float) -> tuple[np.ndarray, np.ndarray]:
    return np.angle(arrow), beta * np.abs(arrow)


def _with_angle(angle: Callable[[np.ndarray], np.ndarray]) -> Callable[..., tuple]:
    return lambda theta, beta: (angle(theta), beta * _length(theta))


def _with_strength(strength: Callable[[np.ndarray, float], np.ndarray]) -> Callable[..., tuple]:
    return lambda theta, beta: (_direction(theta), strength(theta, beta))


pull = Task(
    reference=lambda neighbours, beta: (_direction(neighbours), beta * _length(neighbours)),
    draw=_angles,
    outputs=("(cos φ, sin φ)", "κ"),
    question={
        "(cos φ, sin φ)": "Is φ the direction of the sum of the four unit vectors, from arctan2(y, x)?",
        "κ": "Is it β times the length of the sum of the four unit vectors?",
    },
    view=_seen_pull,
    mistakes={
        "Return φ first, then κ": lambda t, b: (b * _length(t), _direction(t)),
        "The mean of angles is no direction: 359° and 1° would give 180°. Add vectors":
            _with_angle(lambda t: t.mean(1)),
        "The sum of angles is no direction. Add vectors": _with_angle(lambda t: t.sum(1)),
        "The middle one of the angles is no direction. Add vectors": _with_angle(lambda t: np.median(t, axis=1)),
        "The mean of angles is no direction, also after they are brought into one turn. Add vectors":
            _with_angle(lambda t: (t % TURN).mean(1)),
        "arctan2 takes y first, then x": _with_angle(lambda t: np.arctan2(*_xy(t))),
        "arctan(y/x) does not know the half of the circle: arctan2(y, x)":
            _with_angle(lambda t: np.arctan(_xy(t)[1] / _xy(t)[0])),
        "That is the direction away from the neighbours: E = -Σ cos": _with_angle(lambda t: _direction(t) + np.pi),
        "The sign of φ is wrong: angles turn anticlockwise": _with_angle(lambda t: -_direction(t)),
        "Radians are wanted, not degrees": _with_angle(lambda t: np.degrees(_direction(t))),
        "Radians are wanted, not turns": _with_angle(lambda t: _direction(t) / TURN),
        "All four neighbours pull; this is the direction of the first": _with_angle(lambda t: t[:, 0]),
        "x and y stand for each spin: sum over its four neighbours, not over the spins":
            lambda t, b: _pull_of(np.exp(1j * t).sum(0), b),
        "Both components belong to φ: x from the cosines, y from the sines":
            _with_angle(lambda t: np.arctan2(_xy(t)[1], _xy(t)[1])),
        "β is missing: κ = β R": _with_strength(lambda t, b: _length(t)),
        "κ is β R; you divided by β": _with_strength(lambda t, b: _length(t) / b),
        "R is the length of the sum, not of the mean": _with_strength(lambda t, b: b * _length(t) / 4),
        "R is the length: take the square root": _with_strength(lambda t, b: b * _length(t) ** 2),
        "The root belongs to R alone, not to β": _with_strength(lambda t, b: np.sqrt(b) * _length(t)),
        "The neighbours do not add up to 4 unless they agree": _with_strength(lambda t, b: np.full(len(t), 4 * b)),
        "Both components belong to the length; this is the one along x":
            _with_strength(lambda t, b: b * np.abs(_xy(t)[0])),
        "The length is √(x² + y²), not |x| + |y|":
            _with_strength(lambda t, b: b * (np.abs(_xy(t)[0]) + np.abs(_xy(t)[1]))),
        "The length is √(x² + y²); x + y keeps signs": _with_strength(lambda t, b: b * (_xy(t)[0] + _xy(t)[1])),
        "κ is the concentration itself, not ⟨cos⟩ = I₁(κ)/I₀(κ)":
            _with_strength(lambda t, b: i1e(b * _length(t)) / i0e(b * _length(t))),
        "One κ for each spin: the four neighbours are added, not the spins":
            _with_strength(lambda t, b: b * np.abs(np.exp(1j * t).sum())),
    },
)  # fmt: skip


# ------------------------------------------------------------------------------------------------ 9.3: vortices


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
    question="Are four steps added, from corner to corner and back, each brought into (-π, π] before?",
    mistakes={
        "All charges are 0: the steps are not wrapped into (-π, π] before you add, or the walk goes round nothing":
            lambda a: 0.0 * a,
        "Wrap into (-π, π], not into [0, 2π)": lambda a: _walked(a, lambda s: s % TURN),
        "Wrap into (-π, π]: after (step + π) % 2π, take π away again":
            lambda a: _walked(a, lambda s: (s + np.pi) % TURN),
        "Wrap into (-π, π], a full turn; you wrapped by half a turn":
            lambda a: _walked(a, lambda s: (s + np.pi / 2) % np.pi - np.pi / 2),
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


# ---------------------------------------------------------------------------------------- 9.4: helicity modulus


def _lattices(rng: np.random.Generator) -> tuple[Float[np.ndarray, "n L L"], float]:
    """Lattices of some size, cold or hot, and a temperature that is not 1."""
    size, n = int(rng.choice([4, 5, 6])), int(rng.integers(7, 13))
    return rng.normal(0, rng.choice([0.4, 0.8, 3.0]), (n, size, size)), float(rng.choice([0.6, 1.3, 2.1]))


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


helicity = Task(
    reference=lambda angles, beta: _upsilon(angles, beta * _n(angles)),
    draw=_lattices,
    name="Υ",
    question="Is it ⟨c⟩ - β N ⟨s²⟩, c and s per spin, the square taken lattice by lattice, averaged over both axes?",
    mistakes={
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
        "One number for all lattices: average over them": lambda a, b:
            (_terms(a)[0] - b * _n(a) * _terms(a)[1] ** 2).mean(0),
    },
)  # fmt: skip


# ------------------------------------------------------------------------------------- 9.5: where it meets 2T/π


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
