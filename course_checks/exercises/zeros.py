"""Exercises on fractals and zeros: a smooth count, log Z of a diamond lattice, all zeros of a polynomial."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

from course_utils.fractals import diamond

from ..checks import Task

__all__ = ["diamond_log_z", "enumerated_log_z", "find_zeros", "smooth_count"]

# ------------------------------------------------------------------------------------------- a smooth count


def _points(rng: np.random.Generator) -> tuple[np.ndarray, int, float]:
    """Points near the set, far off and inside, in a row or a table; one leaves at n_most, another one step later."""
    shape, R = [(7,), (3, 4), (5, 2)][rng.integers(3)], float(rng.choice([2.5, 6.0, 50.0]))
    pool = rng.uniform(-2.2, 1.0, 400) + 1j * rng.uniform(-1.4, 1.4, 400)
    leaves = _escape(pool, 30, R, finish=lambda n, z, c: n)
    n_most = int(rng.integers(3, 7))
    c = rng.choice(pool, shape)
    c.flat[0], c.flat[1] = -0.1 + 0.1j, 7.0 * np.exp(1j * rng.uniform(0, 6))
    for place, n in ((2, n_most), (3, n_most + 1), (4, n_most)):
        if (leaves == n).any():
            c.flat[place] = rng.choice(pool[leaves == n])
    return c, n_most, R


def _escape(
    c: Any,
    n_most: int,
    radius: float,
    finish: Callable[[int, complex, complex], float] = lambda n, z, c: n - math.log2(math.log(abs(z))),
    step: Callable[[complex, complex], complex] = lambda z, c: z * z + c,
    left: Callable[[complex, float], bool] = lambda z, radius: abs(z) > radius,
    stays: float = math.inf,
    start: Callable[[complex], complex] = lambda c: c,
) -> np.ndarray:
    """The count of every point, one point after the other."""
    found = []
    for point in np.ravel(c).tolist():
        z, count = start(complex(point)), stays
        for n in range(n_most + 1):
            if left(z, radius):
                count = finish(n, z, complex(point))
                break
            z = step(z, complex(point))
        found.append(count)
    return np.array(found).reshape(np.shape(c))


def _finished(finish: Callable[..., float]) -> Callable[..., np.ndarray]:
    return lambda c, n, R: _escape(c, n, R, finish=finish)


smooth_count = Task(
    reference=lambda c, n_most, radius: _escape(c, n_most, radius),
    draw=_points,
    name="the smooth count",
    question="Is it n - log2(log|z|), with n and z those of the first |z| > R, and infinite where there is none?",
    mistakes={
        "This is n, with its terraces: take off log2(log|z|)": _finished(lambda n, z, c: float(n)),
        "The correction is taken off, not added": _finished(lambda n, z, c: n + math.log2(math.log(abs(z)))),
        "The log of the log: one of them is missing": _finished(lambda n, z, c: n - math.log2(abs(z))),
        "The outer log is to the base 2, since each step doubles the inner one":
            _finished(lambda n, z, c: n - math.log(math.log(abs(z)))),
        "The inner log is the natural one; only the outer is to the base 2":
            _finished(lambda n, z, c: n - math.log2(math.log2(abs(z)))),
        "The inner log is the natural one, not to the base 10":
            _finished(lambda n, z, c: n - math.log2(math.log10(abs(z)))),
        "z starts at c, not at 0": lambda c, n, R: _escape(c, n, R, start=lambda c: 0j),
        "One too high: z_0 = c has n = 0":
            _finished(lambda n, z, c: n + 1 - math.log2(math.log(abs(z)))),
        "One too low: z_0 = c has n = 0, and the log is of |z|, not of |z|²":
            _finished(lambda n, z, c: n - 1 - math.log2(math.log(abs(z)))),
        "z moves before you look at it: z_0 = c has n = 0":
            lambda c, n, R: _escape(c, n, R, start=lambda c: c * c + c),
        "z moves before you look at it: z_0 = c has n = 0, and the last n that is tried is n_most":
            lambda c, n, R: _escape(c, n - 1, R, start=lambda c: c * c + c),
        "Look at z_0 = c too, before the first step: it may have left already":
            lambda c, n, R: _escape(c, n - 1, R, start=lambda c: c * c + c,
                                    finish=lambda n, z, c: n + 1 - math.log2(math.log(abs(z)))),
        "This |z| is that of the step after: take it before z moves on":
            _finished(lambda n, z, c: n - math.log2(math.log(abs(z * z + c)))),
        "This is the potential, 2 to the power of minus the count":
            lambda c, n, R: 2.0 ** -_escape(c, n, R),
        "Points that never leave get infinity, not n_most": lambda c, n, R: _escape(c, n, R, stays=n),
        "Points that never leave get infinity, not n_most + 1": lambda c, n, R: _escape(c, n, R, stays=n + 1),
        "Points that never leave get infinity, not 0": lambda c, n, R: _escape(c, n, R, stays=0.0),
        "Points that never leave get infinity, not nan": lambda c, n, R: _escape(c, n, R, stays=math.nan),
        "Points that never leave get infinity with a plus": lambda c, n, R: _escape(c, n, R, stays=-math.inf),
        "The last n that is tried is n_most itself": lambda c, n, R: _escape(c, n - 1, R),
        "You try one step beyond n_most": lambda c, n, R: _escape(c, n + 1, R),
        "R is compared with |z|, not with |z|²": lambda c, n, R: _escape(c, n, math.sqrt(R)),
        "R is compared with |z| itself; you squared R only": lambda c, n, R: _escape(c, n, R * R),
        "The radius is not used: it is 2 in your answer": lambda c, n, R: _escape(c, n, 2.0),
        "A point has left where |z| > R, not yet where |z| = R":
            lambda c, n, R: _escape(c, n, R, left=lambda z, R: abs(z) >= R),
        "A point has left where |z| > R, whatever its direction; you look at the real part":
            lambda c, n, R: _escape(c, n, R, left=lambda z, R: z.real > R),
        "z² is z times z, not |z|²": lambda c, n, R: _escape(c, n, R, step=lambda z, c: abs(z) ** 2 + c),
        "The map is z² + c; here it is z² - c": lambda c, n, R: _escape(c, n, R, step=lambda z, c: z * z - c),
        "The map is z² + c: what is added is c, in every step; is z a copy of c, or c itself?": lambda c, n, R: _escape(
            c, n, R, step=lambda z, c: z * z + z),
        "c is not added in your steps": lambda c, n, R: _escape(c, n, R, step=lambda z, c: z * z),
    },
)  # fmt: skip

# ------------------------------------------------------------------------------------------- a diamond lattice


def enumerated_log_z(x: Any, q: int, generation: int) -> np.ndarray:
    """log|Z| per bond from the sum over all states of all spins.

    Args:
        x: weights of a bond with equal ends, an array.
        q: states of a spin, a whole number.
        generation: 0, 1 or 2.
    """
    ends = diamond.bonds(generation)
    states = np.array(list(itertools.product(range(q), repeat=diamond.n_spins(generation))), np.int8)
    equal = (states[:, ends[:, 0]] == states[:, ends[:, 1]]).sum(1)
    counts = np.bincount(equal, minlength=len(ends) + 1)
    return np.array([math.log(abs(sum(n * v**k for k, n in enumerate(counts.tolist())))) / len(ends) for v in x])


def _magnet(rng: np.random.Generator) -> tuple[np.ndarray, float, int]:
    """Complex or real weights in a row or a table, whole and other q, few and many generations."""
    shape = [(5,), (2, 3)][rng.integers(2)]
    x = rng.uniform(0.2, 6.0, shape)
    if rng.random() < 0.6:
        x = x * np.exp(1j * rng.uniform(0.3, 2.8, shape))
    return x, float(rng.choice([2.0, 3.0, 4.0, 2.6])), int(rng.integers(1, 5))


def _by_the_map(x: Any, q: float, generation: int) -> np.ndarray:
    """log|Z| per bond from the weight that a diamond has in the place of a bond, and from its prefactor."""
    found = []
    for v in np.ravel(np.asarray(x)).tolist():
        v, total = complex(v), 0.0
        for k in range(generation):
            if abs(v) > 1e60:  # all spins equal: one state counts, with x to the power of the number of bonds
                break
            below = 2 * v + q - 2
            total += 2 * math.log(abs(below)) / 4 ** (k + 1)
            v = ((v * v + q - 1) / below) ** 2
        else:
            k = generation
            total += math.log(abs(q * (v + q - 1))) / 4**generation
            found.append(total)
            continue
        found.append(total + math.log(abs(v)) / 4**k)
    return np.array(found).reshape(np.shape(x))


Pair = tuple[np.ndarray, np.ndarray]


def _grown(
    chain: Callable[[np.ndarray, np.ndarray, float], Pair] = lambda A, B, q: (
        A**2 + (q - 1) * B**2, 2 * A * B + (q - 2) * B**2),
    ways: Callable[[np.ndarray], np.ndarray] = np.square,
    ends: Callable[[np.ndarray, np.ndarray, float], np.ndarray] = lambda A, B, q: q * A + q * (q - 1) * B,
    kept: float = 4,
    size: Callable[[Any], Any] = lambda n: 4**n,
    log: Callable[[np.ndarray], np.ndarray] = lambda Z: np.log(np.abs(Z)),
    larger: Callable[[np.ndarray, np.ndarray], np.ndarray] = lambda A, B: np.maximum(np.abs(A), np.abs(B)),
) -> Callable[..., np.ndarray]:  # fmt: skip
    """The step as the lesson does it, with one of its parts mistaken."""

    def answer(x: Any, q: float, generation: int) -> np.ndarray:
        A, B = np.asarray(x), np.ones_like(x)
        log_size = np.zeros(np.shape(x))
        for _ in range(generation):
            A, B = (ways(part) for part in chain(A, B, q))
            largest = larger(A, B)
            A, B = A / largest, B / largest
            log_size = kept * log_size + np.log(largest)
        return (log_size + log(ends(A, B, q))) / size(generation)

    return answer


def _one_after_the_other(A: np.ndarray, B: np.ndarray, q: float) -> Pair:
    A = A**2 + (q - 1) * B**2
    return A, 2 * A * B + (q - 2) * B**2


def _one_after_the_other_squared(A: np.ndarray, B: np.ndarray, q: float) -> Pair:
    way = A**2 + (q - 1) * B**2
    return way, 2 * way**2 * B + (q - 2) * B**2


def _without_care(x: Any, q: float, generation: int) -> np.ndarray:
    """The step without taking anything out, which overflows."""
    A, B = np.asarray(x), np.ones_like(x)
    with np.errstate(all="ignore"):
        for _ in range(generation):
            A, B = (A**2 + (q - 1) * B**2) ** 2, (2 * A * B + (q - 2) * B**2) ** 2
        return np.log(np.abs(q * A + q * (q - 1) * B)) / 4**generation


def _equal(times: Callable[[float], float], alike: float = 1) -> Callable[..., np.ndarray]:
    return _grown(chain=lambda A, B, q: (alike * A**2 + times(q) * B**2, 2 * A * B + (q - 2) * B**2))


def _other(mixed: float, times: Callable[[float], float]) -> Callable[..., np.ndarray]:
    return _grown(chain=lambda A, B, q: (A**2 + (q - 1) * B**2, mixed * A * B + times(q) * B**2))


diamond_log_z = Task(
    reference=_by_the_map,
    draw=_magnet,
    name="log|Z| per bond",
    rtol=1e-6,
    atol=1e-9,
    question="Does a diamond with equal ends weigh (A² + (q - 1) B²)², and what with different ones?",
    mistakes={
        "The numbers overflow: divide A and B by the larger one in every step, and keep its log": _without_care,
        "Ends equal: the middle spin equals both in one state and neither in q - 1, not in q": _equal(lambda q: q),
        "Ends equal: there are q - 1 other states for the middle spin, not one": _equal(lambda q: 1.0),
        "Ends equal: q - 2 is for different ends; here q - 1 states equal neither": _equal(lambda q: q - 2),
        "Ends equal: the middle spin may also be unlike both ends": _equal(lambda q: 0.0),
        "Ends equal: there is one middle state that equals both, not two": _equal(lambda q: q - 1, 2),
        "Ends different: the middle spin may equal one end or the other, so A B comes twice":
            _other(1, lambda q: q - 2),
        "Ends different: q - 2 states of the middle spin equal neither, not q - 1": _other(2, lambda q: q - 1),
        "Ends different: q - 2 states of the middle spin equal neither, not q": _other(2, lambda q: q),
        "Ends different: the middle spin may also be unlike both ends": _other(2, lambda q: 0.0),
        "Ends different: the middle spin may also equal one of the ends": _other(0, lambda q: q - 2),
        "B must be made from the old A: compute both before you overwrite one": _grown(chain=_one_after_the_other),
        "B must be made from the old A: compute both before you overwrite one; your A is already that of the diamond":
            _grown(chain=_one_after_the_other_squared),
        "There are two ways from end to end, and their weights multiply: square the sum":
            _grown(ways=lambda part: part),
        "The two ways stand side by side: their weights multiply, they do not add": _grown(ways=lambda part: 2 * part),
        "There are two ways from end to end, not four": _grown(ways=lambda part: part**4),
        "Two ways, not three": _grown(ways=lambda part: part**3),
        "Sum over the ends too: q equal pairs and q (q - 1) different ones": _grown(ends=lambda A, B, q: A + B),
        "Summing over the ends, different pairs are missing": _grown(ends=lambda A, B, q: q * A),
        "Summing over the ends: there are q equal pairs": _grown(ends=lambda A, B, q: A + (q - 1) * B),
        "Summing over the ends: there are q equal pairs, not one": _grown(ends=lambda A, B, q: A + q * (q - 1) * B),
        "Summing over the ends: q (q - 1) pairs differ, not q - 1": _grown(ends=lambda A, B, q: q * A + (q - 1) * B),
        "Summing over the ends: q (q - 1) pairs differ, not q²": _grown(ends=lambda A, B, q: q * A + q * q * B),
        "Summing over the ends: q (q - 1) pairs differ, not q": _grown(ends=lambda A, B, q: q * A + q * B),
        "A factor of every bond comes back to the power 4 in the next generation: 4 * log_size + log(size)":
            _grown(kept=1),
        "What you took out is raised to the power 4 in each generation, not 2": _grown(kept=2),
        "Only what was taken out last is in your sum": _grown(kept=0),
        "This is log|Z|; divide it by the number of bonds": _grown(size=lambda n: 1),
        "There are 4 to the power n bonds, not 2 to the power n": _grown(size=lambda n: 2**n),
        "Divide by the number of bonds, not of spins": _grown(size=diamond.n_spins),
        "What you took out is not divided by the number of bonds":
            lambda x, q, n: _grown(size=lambda n: 1)(x, q, n) + _lone(x, q, n) * (1 / 4**n - 1),
        "What you took out is not added at the end": lambda x, q, n: _lone(x, q, n) / 4**n,
        "The sign of what you took out is wrong: add its log": lambda x, q, n: 2 * _lone(x, q, n) / 4**n
            - _by_the_map(x, q, n),
        "This is minus the right answer; it is log|Z|": lambda x, q, n: -_by_the_map(x, q, n),
        "The log is the natural one": lambda x, q, n: _by_the_map(x, q, n) / math.log(10),
        "The log is the natural one, not to the base 2": lambda x, q, n: _by_the_map(x, q, n) / math.log(2),
        "This is |Z| per bond without the log": lambda x, q, n: np.exp(_by_the_map(x, q, n)),
        "Divide by the larger of |A| and |B|: of complex numbers neither is the larger": _grown(larger=np.maximum),
        "Take the absolute value of Z before the log": _grown(log=lambda Z: np.log(np.asarray(Z, complex))),
        "Take |Z|, not the real part of Z": _grown(log=lambda Z: np.log(np.abs(np.real(Z)))),
    },
)  # fmt: skip


def _lone(x: Any, q: float, generation: int) -> np.ndarray:
    """log|Z| after all that was taken out."""
    held: list[np.ndarray] = []

    def keep(Z: np.ndarray) -> np.ndarray:
        held.append(np.log(np.abs(Z)))
        return held[-1]

    _grown(log=keep)(x, q, generation)
    return held[-1]


# ------------------------------------------------------------------------------------------- all zeros at once


def _swarm(rng: np.random.Generator) -> tuple[list[int], np.ndarray, int]:
    """A polynomial with whole coefficients of degree 3 to 6, guesses in no order, and one to three steps."""
    degree = int(rng.integers(3, 7))
    counts = [int(n) for n in rng.integers(1, 40, degree + 1)]
    if rng.random() < 0.5:
        counts[1] = 0
    angles = 2 * np.pi * (rng.permutation(degree) + rng.uniform(0, 0.6, degree)) / degree
    return counts, rng.uniform(0.7, 1.8, degree) * np.exp(1j * angles), int(rng.integers(1, 4))


Guesses = list[complex]


def _horner(counts: Iterable[float], x: complex) -> tuple[complex, complex]:
    """A polynomial and its derivative; coefficients from the lowest power up."""
    value = slope = 0j
    for c in reversed(list(counts)):
        slope = slope * x + value
        value = value * x + c
    return value, slope


def _field(x: Guesses, k: int) -> complex:
    return sum(1 / (x[k] - x[j]) for j in range(len(x)) if j != k)


def _moved(step: Callable[[list[int], Guesses, int], complex], at_once: bool = True) -> Callable[..., np.ndarray]:
    """Steps of all guesses, each by a function of the polynomial, the guesses, and which it is."""

    def answer(counts: list[int], guesses: Any, n_steps: int) -> np.ndarray:
        x = [complex(g) for g in np.ravel(guesses)]
        for _ in range(n_steps):
            if at_once:
                x = [x[k] + step(counts, x, k) for k in range(len(x))]
            else:
                for k in range(len(x)):
                    x[k] += step(counts, x, k)
        return np.array(x)

    return answer


def _newton(
    sign: float = 1.0, field: Callable[[Guesses, int], complex] = _field, order: int = 1
) -> Callable[[list[int], Guesses, int], complex]:
    def step(counts: list[int], x: Guesses, k: int) -> complex:
        value, slope = _horner(counts[::order], x[k])
        return -value / (slope - sign * value * field(x, k))

    return step


def _weierstrass(counts: list[int], x: Guesses, k: int) -> complex:
    apart = math.prod((x[k] - x[j] for j in range(len(x)) if j != k), start=complex(counts[-1]))
    return -_horner(counts, x[k])[0] / apart


def _with_slope(change: Callable[[complex, complex, list[int], complex], complex]) -> Callable[..., np.ndarray]:
    def step(counts: list[int], x: Guesses, k: int) -> complex:
        value, slope = _horner(counts, x[k])
        return -value / (change(value, slope, counts, x[k]) - value * _field(x, k))

    return _moved(step)


def _away(power: float) -> Callable[[Guesses, int], complex]:
    return lambda x, k: sum((x[k] - x[j]) ** power for j in range(len(x)) if j != k)


def _found(counts: list[int]) -> np.ndarray:
    return np.roots(np.array(counts[::-1], dtype=float))


_right = _newton()

find_zeros = Task(
    reference=_moved(_right),
    draw=_swarm,
    name="the guesses",
    rtol=1e-6,
    atol=1e-8,
    question="Is the step P / (P' - P times the sum of 1/(x_k - x_j) over all others), taken off?",
    mistakes={
        "This is Newton's step for P itself: the other guesses do not repel":
            _moved(_newton(field=lambda x, k: 0j)),
        "The other guesses attract: (log Q)' = P'/P minus the sum of 1/(x_k - x_j)": _moved(_newton(sign=-1)),
        "Newton's step is taken off, not added": _moved(lambda P, x, k: -_right(P, x, k)),
        "The counts begin with that of x⁰: the polynomial is read from the wrong end": _moved(_newton(order=-1)),
        "All guesses move at once: one of yours has moved already when the next looks at it":
            _moved(_right, at_once=False),
        "The repulsion is the sum over the others, not their mean": _moved(_newton(
            field=lambda x, k: _field(x, k) / (len(x) - 1))),
        "The repulsion is the sum over the others; yours is divided by the number of all guesses": _moved(_newton(
            field=lambda x, k: _field(x, k) / len(x))),
        "The repulsion is 1/(x_k - x_j), a complex number, not 1/|x_k - x_j|": _moved(_newton(
            field=lambda x, k: sum(1 / abs(x[k] - x[j]) for j in range(len(x)) if j != k))),
        "The repulsion falls off as 1/distance, not as 1/distance²": _moved(_newton(field=_away(-2))),
        "The repulsion is one over the distance, not the distance": _moved(_newton(field=_away(1))),
        "A guess repels itself in your sum, and 1/(x_k - x_k) divides by 0: leave it out":
            lambda P, x, n: np.full(len(x), complex(math.nan, math.nan)),
        "A guess repels itself with 1 in your sum: leave it out": _moved(_newton(field=lambda x, k: _field(x, k) + 1)),
        "Each guess is missing one more of the others, not only itself": _moved(_newton(field=lambda x, k: sum(
            1 / (x[k] - x[j]) for j in range(len(x)) if j not in (k, (k + 1) % len(x))))),
        "Only one neighbour repels: sum over all others": _moved(_newton(field=lambda x, k: 1 / (x[k] - x[k - 1]))),
        "The sum is complex conjugated: 1/(x_k - x_j) as it stands": _moved(_newton(
            field=lambda x, k: _field(x, k).conjugate())),
        "The derivative of c xᵏ is k c xᵏ⁻¹: the k is missing": _with_slope(
            lambda value, slope, P, x: _horner(P[1:], x)[0]),
        "Where P' belongs stands P": _with_slope(lambda value, slope, P, x: value),
        "The derivative of c xᵏ is k c xᵏ⁻¹: a power too many": _with_slope(lambda value, slope, P, x: slope * x),
        "The step is P/P' with the repulsion inside, not P'/P": _moved(
            lambda P, x, k: -(_horner(P, x[k])[1] / _horner(P, x[k])[0] - _field(x, k))),
        "The repulsion belongs to P'/P: it is multiplied by P when P'/P is written as P'": _moved(
            lambda P, x, k: -_horner(P, x[k])[0] / (_horner(P, x[k])[1] - _field(x, k))),
        "The repulsion is taken off the step, but it belongs below: 1/(P'/P - sum)": _moved(
            lambda P, x, k: -_horner(P, x[k])[0] / _horner(P, x[k])[1] + _field(x, k)),
        "This is the method of Durand and Kerner, P over the product of all differences; asked is Newton's step for Q":
            _moved(_weierstrass),
        "These are the zeros themselves; asked is where the guesses are after n_steps steps": lambda P, x, n: _found(P),
        "The guesses have not moved": lambda P, x, n: np.array(x),
        "Only one step is made: repeat it n_steps times": lambda P, x, n: _moved(_right)(P, x, 1),
        "This is the step, not the place: take it off x": lambda P, x, n: (
            _moved(_right)(P, x, n - 1) - _moved(_right)(P, x, n)),
        "Zeros are complex: only the real part is left": lambda P, x, n: _moved(_right)(P, x, n).real,
        "Keep the order of the guesses: yours are sorted": lambda P, x, n: np.sort(_moved(_right)(P, x, n)),
    },
)  # fmt: skip
