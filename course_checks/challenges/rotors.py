"""Lesson 09: the most effective samples of the XY model near its transition, from a fixed CPU time."""

import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Complex64, Float
from scipy.special import ive
from scipy.stats import chi2

from course_utils.lattice.cluster import clusters

from ..checks.values import clip, to_numpy
from .clocks import within
from .judge import Challenge, Refused, Values
from .seals import seal

__all__ = ["COLDEST", "HOTTEST", "SECONDS", "SIZE", "challenge"]

SIZE = 16
SECONDS = 0.15
"""Of CPU time at one temperature, with all threads and finished processes."""

FEWEST, MOST = 8, 1000
"""States that may be returned."""

COLDEST, HOTTEST = 0.8, 1.0
PROBLEMS = 10

LIMIT = 0.1
"""By which β|h|, the pull of its neighbours on a spin, may be off on average, of about 3. Chains not quite cold are off
by 0.02, states of a temperature 5 % too high by 0.15, angles drawn independently by 0.6."""

TOO_GOOD = 1e-4
"""Probability of an error as small as that of states which were picked for their mean."""

_MEAN_E = (0.0035539, 0.0111778, 0.0939076, -1.44354)
_MEAN_M2 = (-0.00454838, -0.0133201, -0.080896, 0.513912)
_LOG_VAR_E = (-0.014344, 0.019915, 0.44526, -5.81)
_LOG_VAR_M2 = (-0.0131, 0.085844, 0.45462, -5.1717)
"""Polynomials in 10 (T - 0.9), the highest power first: fits to 960,000 states at 11 temperatures from 0.8 to 1, from
cluster updates with one mirror each, worth 80,000 independent ones for the energy and 150,000 for m²."""

Spins = Complex64[np.ndarray, "chains rows cols"]


@dataclass(frozen=True)
class Bath:
    """A temperature, and the seed of everything random in an attempt."""

    temperature: float
    seed: int


class Rotors(Challenge[Bath]):
    """Effective samples of the energy and of m²: the variance over the measured squared error of the mean."""

    number = "9"
    title = f"sample {SIZE} x {SIZE} spins that turn"
    arguments = ("temperature", "seconds", "seed")
    task = (
        f"return {FEWEST} to {MOST} lattices of angles, shape (n, {SIZE}, {SIZE}), periodic, J = 1, within `seconds` = "
        f"{SECONDS:g} s of CPU time"
    )
    unit = f"effective samples in {SECONDS:g} s, the geometric mean for energy and m²"
    forbidden = (
        "more CPU time, also of threads or processes that go on; states made up (spins must follow their law among "
        "their neighbours); states picked for their mean; states of another temperature (each is new); copies (what "
        "counts is the error)"
    )

    @property
    def rivals(self) -> dict[str, Callable[..., Any]]:
        return {
            "Metropolis, hot start": _from_hot,
            "Metropolis, aligned start": _from_aligned,
            "authors' best": _best,
        }

    def problems(self, rng: np.random.Generator) -> list[Bath]:
        _best(0.9, 0.1, 0)  # the first call loads what is nobody's sampling time
        return [Bath(float(rng.uniform(COLDEST, HOTTEST)), int(rng.integers(2**31))) for _ in range(PROBLEMS)]

    def attempt(self, answer: Callable[..., Any], problem: Bath) -> list[float]:
        """Squared errors of E and m² in units of the variance, the number of states, and the test of neighbours."""
        angles = _angles(within(SECONDS, answer, problem.temperature, SECONDS, problem.seed))
        z = np.exp(1j * angles).astype(np.complex64)
        errors = [
            float((found.mean() - mean) ** 2 / variance)
            for found, (mean, variance) in zip(measured(z), expected(problem.temperature), strict=True)
        ]
        return [*errors, float(len(z)), *_imbalance(z, 1 / problem.temperature)]

    def total(self, values: Values) -> float:
        return float(np.exp(np.log(_effective(values)).mean()))

    def fault(self, values: Values) -> str:
        pull = values[:, 3].sum() / values[:, 4].sum()  # the mean of cos φ grows with β|h| by its variance
        if abs(pull) > LIMIT:
            return f"spins feel a pull β|h| that is off by {pull:+.2f}: are all in equilibrium at this temperature?"
        spread = float((values[:, :2] * values[:, 2:3]).sum())
        if chi2.cdf(spread, values[:, :2].size) < TOO_GOOD:
            return "the means are nearer to the exact ones than those of independent states can be: were they picked?"
        return ""

    def note(self, values: Values) -> str:
        of_e, of_m2 = _effective(values)
        return f"energy {of_e:6.0f}, m² {of_m2:6.0f}"

    def examine(self, answer: Callable[..., Any], rng: np.random.Generator) -> None:
        """One call that nobody times, so that what is compiled is compiled."""
        _angles(answer(float(rng.uniform(COLDEST, HOTTEST)), SECONDS, int(rng.integers(2**31))))


def _effective(values: Values) -> Float[np.ndarray, "2"]:
    return 1 / np.maximum(values[:, :2].mean(0), 1e-9)


def expected(temperature: float) -> list[tuple[float, float]]:
    """Mean and variance of the energy per spin, and of m², of one lattice in equilibrium."""
    t = 10 * (temperature - 0.9)
    (e, m2, log_var_e, log_var_m2) = (np.polyval(c, t) for c in (_MEAN_E, _MEAN_M2, _LOG_VAR_E, _LOG_VAR_M2))
    return [(float(e), math.exp(log_var_e)), (float(m2), math.exp(log_var_m2))]


def measured(z: Spins) -> tuple[Float[np.ndarray, "chains"], Float[np.ndarray, "chains"]]:
    """Energy per spin and m² of each lattice."""
    bonds = (z.conj() * (np.roll(z, -1, 1) + np.roll(z, -1, 2))).real
    return -bonds.mean((1, 2), dtype=float), abs(z.mean((1, 2))).astype(float) ** 2


def _imbalance(z: Spins, beta: float) -> tuple[float, float]:
    """By how much one colour's spins in up to 400 of the states lean towards their neighbours' pull, and the variance.

    A spin at the angle φ to the pull h of its neighbours has the density exp(β|h| cos φ), whatever the others do:
    the mean of cos φ is I1/I0 and that of cos² φ is (1 + I2/I0) / 2, at κ = β|h|.
    """
    z = z[np.linspace(0, len(z) - 1, min(400, len(z))).astype(int)]
    h = _field(z)[:, _BLACK]
    pull = np.maximum(abs(h), 1e-6)
    towards = (z[:, _BLACK] * h.conj()).real / pull
    i0, i1, i2 = (ive(k, beta * pull) for k in range(3))
    return float((towards - i1 / i0).sum()), float(((1 + i2 / i0) / 2 - (i1 / i0) ** 2).sum())


def _angles(returned: Any) -> Float[np.ndarray, "n rows cols"]:
    angles = np.asarray(to_numpy(returned)) if hasattr(returned, "__array__") else np.empty(0)
    if angles.shape[1:] != (SIZE, SIZE) or not FEWEST <= len(angles) <= MOST or angles.dtype.kind not in "fiu":
        what = f"shape {angles.shape}" if angles.size else clip(returned, 40)
        raise Refused(
            f"your function returned {what}: expected angles of shape (n, {SIZE}, {SIZE}), n from {FEWEST} to {MOST}"
        )
    if not np.isfinite(angles).all():
        raise Refused("your function returned angles that are not finite")
    return angles


# ------------------------------------------------------------------------------------------------- the others

_BLACK = np.indices((SIZE, SIZE)).sum(0) % 2 == 0


def _field(z: Spins) -> Spins:
    """The sum of the four neighbours of every spin, as a complex number."""
    return np.roll(z, 1, 1) + np.roll(z, -1, 1) + np.roll(z, 1, 2) + np.roll(z, -1, 2)


def _hot(n: int, rng: np.random.Generator) -> Spins:
    return np.exp(2j * math.pi * rng.random((n, SIZE, SIZE))).astype(np.complex64)


def _run(sweep: Callable[[Spins], Spins], z: Spins, seconds: float) -> np.ndarray:
    """Angles after each sweep, evenly thinned, without the first 20 and the first fifth of the time."""
    states, n_chains, n_sweeps, start = [], len(z), 0, time.process_time()
    while (spent := time.process_time() - start) < 0.8 * seconds or len(states) < 2:
        z, n_sweeps = sweep(z), n_sweeps + 1
        if spent > 0.2 * seconds and n_sweeps > 20:
            states.append(z)
    every = max(1, math.ceil(len(states) * n_chains / KEPT))
    return np.angle(np.concatenate(states[-1::-every]))


KEPT = 800


def _kicked(z: Spins, beta: float, rng: np.random.Generator) -> Spins:
    """One Metropolis sweep."""
    for colour in (_BLACK, ~_BLACK):
        turn = np.exp(2j * (rng.random(z.shape, dtype=np.float32) - np.float32(0.5)))
        gain = ((z * turn - z) * _field(z).conj()).real
        accepted = rng.random(z.shape, dtype=np.float32) < np.exp(beta * gain)
        z = np.where(colour & accepted, z * turn, z).astype(np.complex64)
    return z


def _mirrored(z: Spins) -> Spins:
    """Each spin to its mirror image in the direction of its neighbours' pull: that costs no energy."""
    for colour in (_BLACK, ~_BLACK):
        h = _field(z) + np.float32(1e-12)
        z = np.where(colour, h / h.conj() * z.conj(), z)
    return z


def _from_hot(temperature: float, seconds: float, seed: int) -> np.ndarray:
    """Eight chains; the vortices of the start outlive the burn-in."""
    rng = np.random.default_rng(seed)
    return _run(lambda z: _kicked(z, 1 / temperature, rng), _hot(8, rng), seconds)


def _from_aligned(temperature: float, seconds: float, seed: int) -> np.ndarray:
    rng = np.random.default_rng(seed)
    return _run(lambda z: _kicked(z, 1 / temperature, rng), np.ones_like(_hot(8, rng)), seconds)


def _best(temperature: float, seconds: float, seed: int) -> np.ndarray:
    """Clusters in a random direction turn at once, then a mirror for every spin.

    Tuned on 20 temperatures, to within a third: sixteen chains and one mirror are worth 300 states, no mirror 210,
    eight chains 130 to 260, four 80, with a Metropolis sweep 240. Many chains share the costs of NumPy, but each one
    has to forget its start. Four mirrors after each Metropolis sweep are worth 160 ± 50.

    Source: Wolff, Phys. Rev. Lett. 62, 361 (1989), doi:10.1103/PhysRevLett.62.361, here with all clusters.
    """
    rng = np.random.default_rng(seed)

    def sweep(z: Spins) -> Spins:
        z = _clusters_turned(z, 1 / temperature, rng)
        for _ in range(MIRRORS):
            z = _mirrored(z)
        return z

    return _run(sweep, _hot(CHAINS, rng), seconds)


def _clusters_turned(z: Spins, beta: float, rng: np.random.Generator) -> Spins:
    axis = np.exp(2j * math.pi * rng.random((len(z), 1, 1))).astype(np.complex64)
    s = (z * axis.conj()).real
    cost = np.stack([s * np.roll(s, -1, along) for along in (1, 2)], axis=-1)
    frozen = rng.random(cost.shape, dtype=np.float32) < -np.expm1(np.minimum(0, -2 * beta * cost))
    n_clusters, labels = clusters(frozen)
    turned = (rng.random(n_clusters) < 0.5)[labels]
    return np.where(turned, z - 2 * s * axis, z)


CHAINS, MIRRORS = 16, 1

challenge = Rotors()

seal(__name__, "course_utils.lattice.cluster")
