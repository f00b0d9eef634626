"""Hidden spins in a noisy matrix: Y = (strength / n) x xᵀ + W, and what its leading eigenvector knows of x.

W is symmetric with independent Gaussian entries of variance 1/n off the diagonal (2/n on it), so that its eigenvalues
fill the semicircle from -2 to 2. Above the strength 1 an eigenvalue leaves it, and its eigenvector leans to x.
"""

import math
from functools import lru_cache

import numpy as np
from jaxtyping import Float, Int, Num
from scipy.sparse.linalg import eigsh
from scipy.special import roots_hermitenorm

from ..arguments import array, number, whole

ROUNDS = 60  # of message passing: at a strength of 1.2 or more the messages have settled by then
FEW = 100  # up to so many spins the whole spectrum is faster than an iteration


def noise_matrix(n: int, rng: np.random.Generator) -> Float[np.ndarray, "n n"]:
    """W: a symmetric Gaussian matrix with variance 1/n off the diagonal.

    Args:
        n: its side.
        rng: random numbers.

    Raises:
        ValueError: if n is no whole number of 1 or more.
    """
    n = whole("n", n)
    free = rng.standard_normal((n, n))
    return (free + free.T) / math.sqrt(2 * n)


def votes(x: Num[np.ndarray, "n"], per_spin: float, right: float, rng: np.random.Generator) -> Float[np.ndarray, "n n"]:
    """A matrix like Y from votes on pairs of spins: "equal" or "different", some of them wrong.

    Args:
        x: hidden spins, ±1.
        per_spin: votes for each spin, > 0; there are n times as many, rounded, each on a pair drawn at random.
        right: probability with which a vote is right, from 1/2 to 1.
        rng: random numbers.

    Returns:
        For each pair the votes for "equal" less those for "different", over √(2 per_spin): variance 1/n in the limit
        of many weak votes, and a mean of vote_strength(per_spin, right) x xᵀ / n.

    Raises:
        ValueError: if a number is out of its range, or there are fewer than two spins.
    """
    per_spin, right = number("per_spin", per_spin, 0.0, above=True), number("right", right, 0.5, 1.0)
    n = whole("the number of spins", len(x), 2)
    m = max(1, round(per_spin * n))
    first = rng.integers(n, size=m)
    second = (first + rng.integers(1, n, size=m)) % n
    said = x[first] * x[second] * np.where(rng.random(m) < right, 1, -1)
    counted = np.bincount(first * n + second, weights=said, minlength=n * n).reshape(n, n)
    return (counted + counted.T) / math.sqrt(2 * per_spin)


def vote_strength(per_spin: float, right: float) -> float:
    """The strength of the spike that votes make: (2 right - 1) √(2 per_spin)."""
    return (2 * number("right", right, 0.5, 1.0) - 1) * math.sqrt(2 * number("per_spin", per_spin, 0.0))


def leading(y: Float[np.ndarray, "n n"]) -> tuple[float, Float[np.ndarray, "n"]]:
    """Largest eigenvalue of a symmetric matrix, and its eigenvector, of length 1."""
    if len(y) <= FEW:
        values, vectors = np.linalg.eigh(y)
    else:
        values, vectors = eigsh(y, k=1, which="LA", v0=np.ones(len(y)))
    return float(values[-1]), vectors[:, -1]


def squared_overlap(v: Float[np.ndarray, "*batch n"], x: Num[np.ndarray, "n"]) -> Float[np.ndarray, "*batch"]:
    """Squared cosine of the angle between vectors and the hidden spins: 1 if they are parallel, about 1/n by chance."""
    return np.asarray((v @ x) ** 2 / ((v**2).sum(-1) * float(x @ x)))


def overlap_curve(
    x: Num[np.ndarray, "n"], strengths: Float[np.ndarray, "k"], noise: Float[np.ndarray, "trials n n"]
) -> tuple[Float[np.ndarray, "k"], Float[np.ndarray, "k"]]:
    """Squared overlap of the leading eigenvector with the hidden spins, at several strengths.

    Args:
        x: hidden spins, ±1.
        strengths: of the spike.
        noise: independent standard normal numbers, a square for each trial; all strengths share them.

    Returns:
        The mean over the trials, and its standard error.

    Raises:
        ValueError: if there are fewer than two trials, or the noise has another size than x.
    """
    n = len(x)
    whole("the number of trials", len(noise), 2)
    noise = array("noise", noise, [(len(noise), n, n)])
    w = (noise + noise.swapaxes(1, 2)) / math.sqrt(2 * n)
    found = np.array([[squared_overlap(leading(s / n * np.outer(x, x) + one)[1], x) for one in w] for s in strengths])
    return found.mean(1), found.std(1, ddof=1) / math.sqrt(len(noise))


def overlap_theory(strength: Num[np.ndarray, "*shape"] | float) -> Float[np.ndarray, "*shape"]:
    """Squared overlap of the leading eigenvector with x for infinitely many spins: 1 - 1/strength² beyond 1, else 0.

    Raises:
        ValueError: if a strength is negative or not finite.

    Source: Benaych-Georges and Nadakuditi, Adv. Math. 227, 494 (2011).
    """
    strength = array("strength", strength, least=0.0)
    return np.asarray(1 - 1 / np.maximum(strength, 1.0) ** 2)


def overlap_below(strength: Num[np.ndarray, "*shape"] | float, n: int) -> Float[np.ndarray, "*shape"]:
    """Mean squared overlap of n spins below the transition, to leading order in 1/n: 1 / (n (1 - strength)²).

    The noise's own leading eigenvector has the squared overlap 1/n by chance. Each order of perturbation theory
    contributes another factor `strength` to the overlap, and the sum of all is 1 / (1 - strength). It holds while
    1 - strength is large compared with n^(-1/3).

    Raises:
        ValueError: if a strength is not from 0 up to, but without, 1.
    """
    gap = array("1 - strength", 1 - np.asarray(strength), least=0.0, most=1.0, above=True)
    return np.asarray(1 / (whole("n", n) * gap**2))


def outlier(strength: float) -> float:
    """Where the leading eigenvalue lies for infinitely many spins: strength + 1/strength beyond 1, else at the edge 2.

    Source: Péché, Probab. Theory Relat. Fields 134, 127 (2006).
    """
    strength = max(1.0, number("strength", strength, 0.0))
    return strength + 1 / strength


def semicircle(eigenvalue: Float[np.ndarray, "*shape"]) -> Float[np.ndarray, "*shape"]:
    """Density of the eigenvalues of W for large n: √(4 - μ²) / 2π."""
    return np.sqrt(np.clip(4 - np.asarray(eigenvalue) ** 2, 0.0, None)) / (2 * math.pi)


@lru_cache
def _normal(nodes: int) -> tuple[np.ndarray, np.ndarray]:
    """Places and weights of a mean over a standard normal number."""
    z, weights = roots_hermitenorm(nodes)
    return z, weights / weights.sum()


def bayes_overlap(strength: float) -> float:
    """Overlap x̂·x / (|x̂||x|), squared, of the posterior mean with hidden spins that are ±1 like fair coins.

    It solves q = ⟨tanh(s² q + s √q z)⟩ over standard normal z; q is the squared overlap for infinitely many spins.

    Args:
        strength: s, >= 0.

    Source: Deshpande, Abbe and Montanari, Inf. Inference 6, 125 (2017).
    """
    strength = number("strength", strength, 0.0)
    (z, weights), q = _normal(80), 1.0
    for _ in range(5000):
        before, q = q, float(weights @ np.tanh(strength**2 * q + strength * math.sqrt(max(q, 0.0)) * z))
        if abs(q - before) < 1e-12:
            break
    return max(q, 0.0)


def message_passing(y: Float[np.ndarray, "n n"], strength: float, rounds: int = ROUNDS) -> Float[np.ndarray, "n"]:
    """Means of the posterior of spins that are ±1, by approximate message passing from the leading eigenvector.

    Each round is a mean-field step, m = tanh(field), whose field leaves out what a spin hears of itself (the Onsager
    term): field = s (Y m - s ⟨1 - m²⟩ m_before).

    Args:
        y: the matrix.
        strength: s of the spike, > 0, known.
        rounds: of messages.

    Returns:
        A mean from -1 to 1 for each spin; the sign of them all is open.

    Source: Deshpande, Abbe and Montanari (2017); Montanari and Venkataramanan, Ann. Stat. 49, 321 (2021).
    """
    strength = number("strength", strength, 0.0, above=True)
    n, vector = len(y), leading(y)[1]
    lean = max(1 - 1 / strength**2, 1 / math.sqrt(n)) if strength > 1 else 1 / math.sqrt(n)
    before, m = np.zeros(n), np.tanh(strength**2 * math.sqrt(lean) * math.sqrt(n) * vector)
    for _ in range(rounds):
        field = strength * (y @ m - strength * (1 - (m**2).mean()) * before)
        before, m = m, np.tanh(field)
    return m


def picture(side: int = 32) -> Int[np.ndarray, "side side"]:
    """A face in black and white, for a hidden state: -1 and +1.

    Args:
        side: pixels, 8 or more.
    """
    y, x = np.mgrid[-1 : 1 : whole("side", side, 8) * 1j, -1 : 1 : side * 1j]
    r = np.hypot(x, y)
    head = (r < 0.95) & (r > 0.78)
    eyes = (np.hypot(np.abs(x) - 0.32, y + 0.25) < 0.14) | (np.hypot(x, y - 0.05) < 0.07)
    mouth = (np.abs(np.hypot(x, y - 0.02) - 0.5) < 0.09) & (y > 0.2)
    return np.where(head | eyes | mouth, 1, -1)
