"""A perceptron whose weights are ±1 learns from another one: every student counted, and theory for many weights.

The teacher says y = sign(w* · x) for random x. After α examples per weight, the *version space* is all students that
agree with every example; one of them, drawn at random, has the overlap R = w · w* / d with the teacher.
"""

import math
from functools import lru_cache

import numpy as np
from jaxtyping import Float
from scipy.optimize import brentq
from scipy.special import log_ndtr

from ..arguments import number, whole

MAX_WEIGHTS = 21
NEARLY = 1 - 1e-4  # an overlap beyond which only perfection is left
_Z = np.linspace(-9, 9, 2001)  # fine enough for √(q/(1-q)) z up to that overlap
_WEIGHTS = np.exp(-(_Z**2) / 2) / np.exp(-(_Z**2) / 2).sum()


@lru_cache(maxsize=2)
def _students(d: int) -> Float[np.ndarray, "students d"]:
    return (1 - 2 * (np.arange(2**d)[:, None] >> np.arange(d) & 1)).astype(np.float32)


def version_space(
    d: int, n_examples: int, rng: np.random.Generator
) -> tuple[Float[np.ndarray, "sizes"], Float[np.ndarray, "sizes"]]:
    """All 2^d students of one teacher, as examples come one by one.

    Args:
        d: number of weights, odd (so that no sum is 0 among inputs of ±1) or not, 1 to 21.
        n_examples: the last number of examples.
        rng: random numbers: Gaussian inputs. The teacher is all ones, which is as good as any.

    Returns:
        For 0, 1, …, n_examples examples: log of the number of students left, and the mean overlap of them.

    Raises:
        ValueError: if a number is out of its range.
    """
    d, n_examples = whole("d", d, 1, MAX_WEIGHTS), whole("n_examples", n_examples, 0)
    left = _students(d)
    log_size, overlap = [math.log(len(left))], [float(left.mean())]
    for _ in range(n_examples):
        x = rng.standard_normal(d).astype(np.float32)
        left = left[(left @ x > 0) == (x.sum() > 0)] if len(left) > 1 else left
        log_size.append(math.log(len(left)))
        overlap.append(float(left.mean()))
    return np.array(log_size), np.array(overlap)


def _push(alpha: float, q: float) -> float:
    """The conjugate field: 2α/(1-q) ⟨φ(u)²/H(u)⟩, u = √(q/(1-q)) z."""
    u = math.sqrt(q / (1 - q)) * _Z
    return 2 * alpha / (1 - q) * float(_WEIGHTS @ np.exp(-(u**2) - math.log(2 * math.pi) - log_ndtr(-u)))


def binary_overlap(alpha: float, start: float = 0.0) -> float:
    """Overlap of students of weights ±1 in the limit d → ∞, in the state that is reached from an overlap `start`.

    Args:
        alpha: examples per weight, >= 0.
        start: 0 for the state of poor students, where it exists; near 1 perfection is the answer.

    Source: Györgyi, Phys. Rev. A 41, 7097 (1990); Barbier and others, Proc. Natl. Acad. Sci. 116, 5451 (2019).
    """
    alpha, q = number("alpha", alpha, 0.0), number("start", start, 0.0, 1.0)
    for _ in range(5000):
        if q > NEARLY:
            return 1.0
        field = _push(alpha, q)
        before, q = q, float(_WEIGHTS @ np.tanh(field + math.sqrt(field) * _Z))
        if abs(q - before) < 1e-11:
            break
    return q


def binary_entropy(alpha: float) -> float:
    """Log of the number of poor students left, per weight, in the limit d → ∞; negative where they have died out.

    Source: as `binary_overlap`.
    """
    q = binary_overlap(alpha)
    if q >= 1:
        return 0.0
    field, u = _push(alpha, q), math.sqrt(q / (1 - q)) * _Z
    examples = 2 * alpha * float(_WEIGHTS @ (np.exp(log_ndtr(-u)) * log_ndtr(-u)))
    y = field + math.sqrt(field) * _Z
    weights = float(_WEIGHTS @ (np.logaddexp(y, -y)))
    return examples + weights - field * (1 + q) / 2


@lru_cache
def binary_transition() -> float:
    """Examples per weight at which perfection wins: where the entropy of the poor students is 0, about 1.245."""
    return float(brentq(binary_entropy, 1.0, 1.4, xtol=1e-6))


def spherical_overlap(alpha: float) -> float:
    """Overlap of students whose weights lie anywhere on a sphere: q solves q = field / (1 + field), no transition.

    Source: Györgyi and Tishby, in Neural Networks and Spin Glasses (1990); Seung, Sompolinsky and Tishby (1992).
    """
    alpha, q = number("alpha", alpha, 0.0), 0.0
    for _ in range(20_000):
        field = _push(alpha, q)
        before, q = q, field / (1 + field)
        if abs(q - before) < 1e-11:
            break
    return q
