"""Lesson 02: log Z of small spin systems from a fixed number of visits, with the smallest honest interval."""

import itertools
import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Float, Int8

from course_utils import partition

from ..checks.values import clip, to_numpy
from .counted import Opaque, OverBudget, kept
from .judge import Challenge, Refused, Values
from .seals import seal

__all__ = ["BUDGET", "challenge", "exact_log_z"]

BUDGET = 12_000
"""Visits of a state for each problem: one energy of one chain is one, and one sweep of one chain is one."""

PROBLEMS = 40
MISSES = 6
"""Intervals that may miss. Honest ones at two standard errors miss 4.6 % of the time: more than six of forty in one
judgement out of 400. Somewhat too narrow ones get through, and pay the penalty of the score."""

PENALTY = 2 / math.erfc(math.sqrt(2))


@dataclass(frozen=True)
class Torus:
    """An Ising torus in disguise: unequal bonds, spins in random order, each counted as up or down at random.

    Attributes:
        down: coupling of each spin of the torus to the one below it.
        across: coupling to the one on its right.
        order: which spin of the torus stands at each place of a state.
        signs: +1, or -1 where a place counts its spin upside down.
        beta: inverse temperature.
        log_z: exact.
        seed: of everything random in an attempt.
    """

    down: Float[np.ndarray, "rows cols"]
    across: Float[np.ndarray, "rows cols"]
    order: np.ndarray
    signs: Int8[np.ndarray, "spins"]
    beta: float
    log_z: float
    seed: int


class LogZ(Challenge[Torus]):
    """An interval for log Z, scored by its width and by how far it misses.

    The score is the interval score of Gneiting and Raftery, J. Am. Stat. Assoc. 102, 359 (2007), eq. 43: the width,
    plus 2/α times the distance by which the exact value lies outside, α = 4.6 %. Whoever claims less than the true
    error pays more for the misses than the width gains.
    """

    number = "2"
    title = "log Z of an Ising torus in disguise"
    arguments = ("energy", "sweep", "n_spins", "beta", "budget", "rng")
    task = "return log Z and its standard error, from `budget` energies and sweeps"
    unit = "width of the interval of ± 2 standard errors, in nats, plus the penalty for misses"
    lower = True
    digits = 3
    forbidden = (
        f"an interval that is too narrow (more than {MISSES} of {PROBLEMS} that miss are out); a formula for the "
        "torus of equal bonds (bonds differ and spins are shuffled); more energies and sweeps than the budget; looking "
        "inside them"
    )

    @property
    def rivals(self) -> dict[str, Callable[..., Any]]:
        return {
            "importance sampling": _importance, "integration": _integration, "annealed importance": _annealed,
            "authors' best": _best,
        }  # fmt: skip

    def problems(self, rng: np.random.Generator) -> list[Torus]:
        return [_torus(rng) for _ in range(PROBLEMS)]

    def attempt(self, answer: Callable[..., Any], problem: Torus) -> list[float]:
        """The width of the interval, and how far outside of it the exact value lies."""
        energy, sweep = handed_over(problem)
        rng = np.random.default_rng(problem.seed)
        returned = answer(energy, sweep, problem.order.size, problem.beta, BUDGET, rng)
        for handle in (energy, sweep):
            if kept(handle)["looked"]:
                raise Refused(f"your function looked inside what it was handed (`.{kept(handle)['looked']}`)")
        log_z, error = _interval(returned)
        return [4 * error, max(0.0, abs(log_z - problem.log_z) - 2 * error)]

    def total(self, values: Values) -> float:
        return float((values[:, 0] + PENALTY * values[:, 1]).mean())

    def fault(self, values: Values) -> str:
        misses = int((values[:, 1] > 0).sum())
        held = (
            f"{len(values) - misses} of {len(values)} intervals hold the exact value, {len(values) - MISSES} are needed"
        )
        return f"too narrow: {held}" if misses > MISSES else ""

    def note(self, values: Values) -> str:
        held = int((values[:, 1] == 0).sum())
        return f"mean width {values[:, 0].mean():.3f}, {held} of {len(values)} hold the exact value"


def _interval(returned: Any) -> tuple[float, float]:
    try:
        log_z, error = (float(to_numpy(value)) for value in returned)
    except (TypeError, ValueError):
        raise Refused(
            f"your function returned {clip(returned, 40)}: expected two numbers, log Z and its error"
        ) from None
    if not (math.isfinite(log_z) and math.isfinite(error)) or error < 0:
        raise Refused(f"your function returned log Z = {log_z:g} with the error {error:g}: expected finite numbers")
    return log_z, error


# ---------------------------------------------------------------------------------------------- the problem


def _torus(rng: np.random.Generator) -> Torus:
    shape = (6, int(rng.choice([6, 8, 10])))
    down, across = rng.uniform(0.5, 1.5, (2, *shape))
    n, beta = shape[0] * shape[1], float(rng.uniform(0.2, 0.45))
    signs = rng.choice(np.array([-1, 1], dtype=np.int8), n)
    return Torus(
        down, across, rng.permutation(n), signs, beta, exact_log_z(down, across, beta), int(rng.integers(2**31))
    )


def exact_log_z(down: Float[np.ndarray, "rows cols"], across: Float[np.ndarray, "rows cols"], beta: float) -> float:
    """log Z of a torus by the transfer matrix of its columns.

    Args:
        down: coupling of each spin to the one below it.
        across: coupling of each spin to the one on its right.
        beta: inverse temperature.
    """
    rows, cols = down.shape
    spins = 1 - 2 * (np.arange(1 << rows)[:, None] >> np.arange(rows) & 1)
    log_trace, product = 0.0, np.eye(1 << rows)
    for col in range(cols):
        inside = beta * (spins * np.roll(spins, -1, axis=1)) @ down[:, col]
        between = beta * (spins * across[:, col]) @ spins.T
        product = product @ np.exp(inside[:, None] + between)
        top = product.max()
        product, log_trace = product / top, log_trace + math.log(top)
    return log_trace + math.log(np.trace(product))


def handed_over(torus: Torus) -> tuple[Opaque, Opaque]:
    """The energy and the sweep of a torus, which share one budget."""
    rows, cols = torus.down.shape
    n = rows * cols
    place = np.argsort(torus.order)  # of each spin of the torus in a state
    row, col = np.divmod(np.arange(n), cols)
    below, right = (row + 1) % rows * cols + col, row * cols + (col + 1) % cols
    above, left = (row - 1) % rows * cols + col, row * cols + (col - 1) % cols
    neighbours = place[np.stack([below, right, above, left])]
    coupling = np.stack(
        [torus.down.ravel(), torus.across.ravel(), torus.down.ravel()[above], torus.across.ravel()[left]]
    )
    coupling = (coupling * torus.signs[place] * torus.signs[neighbours]).astype(np.float32)[..., None]
    colours = [np.flatnonzero((row + col) % 2 == colour) for colour in (0, 1)]
    chance = np.random.default_rng(torus.seed + 1)
    used = [0]

    def pay(state: Any) -> np.ndarray:
        state = np.asarray(state)
        if state.ndim != 2 or len(state) != n or not np.isin(state, (-1, 1)).all():
            raise ValueError(f"a state has shape ({n}, chains) and holds +1 and -1, got shape {state.shape}")
        used[0] += state.shape[1]
        if used[0] > BUDGET:
            raise OverBudget(f"your function asked for more than its {BUDGET:,} energies and sweeps")
        return state

    def field(state: np.ndarray, sites: np.ndarray) -> np.ndarray:
        return sum(coupling[k, sites] * state[neighbours[k, sites]] for k in range(4))

    def energy(state: Any) -> np.ndarray:
        state = pay(state)
        # Every bond has one end on either colour, so one colour sees them all.
        return -(state[place[colours[0]]] * field(state, colours[0])).sum(0, dtype=np.float64)

    def sweep(state: Any, beta: float) -> np.ndarray:
        state = pay(state).astype(np.int8, copy=True)
        for sites in colours:
            h = field(state, sites)
            up = chance.random(h.shape, dtype=np.float32) * (1 + np.exp(np.float32(-2 * beta) * h)) < 1
            state[place[sites]] = 2 * up.view(np.int8) - 1
        return state

    return Opaque(call=energy), Opaque(call=sweep)


# ------------------------------------------------------------------------------------------------- the others


def _fair(n_spins: int, n_chains: int, rng: np.random.Generator) -> Int8[np.ndarray, "spins chains"]:
    return rng.choice(np.array([-1, 1], dtype=np.int8), (n_spins, n_chains))


def _importance(energy: Any, sweep: Any, n_spins: int, beta: float, budget: int, rng: np.random.Generator) -> Any:
    """Fair coins, weighted: nearly all of Z lies where none of them falls, and the error knows nothing of that."""
    weights = -beta * energy(_fair(n_spins, budget, rng))
    found = partition.importance_estimate(weights + n_spins * math.log(2))
    return found.log_z, found.error


def _integration(energy: Any, sweep: Any, n_spins: int, beta: float, budget: int, rng: np.random.Generator) -> Any:
    """Thermodynamic integration as in the lesson: 20 chains, 21 temperatures, the trapezoid rule."""
    state, n_chains, betas = _fair(n_spins, 20, rng), 20, np.linspace(0, beta, 21)
    each = (budget // n_chains) // (2 * len(betas))
    energies = np.zeros((n_chains, len(betas)))
    for k, b in enumerate(betas):
        for _ in range(each):
            state = sweep(state, b)
            energies[:, k] += energy(state) / each
    found = partition.thermodynamic_integration(betas, energies, n_spins)
    return found.log_z, found.error


def _annealed(energy: Any, sweep: Any, n_spins: int, beta: float, budget: int, rng: np.random.Generator) -> Any:
    """Annealed importance sampling as in the lesson: 100 chains in equal steps."""
    betas = np.linspace(0, beta, budget // 200)
    weights = partition.annealed_log_weights(betas, _fair(n_spins, 100, rng), energy, sweep)
    found = partition.importance_estimate(weights + n_spins * math.log(2))
    return found.log_z, found.error


def _best(energy: Any, sweep: Any, n_spins: int, beta: float, budget: int, rng: np.random.Generator) -> Any:
    """Integrate on the way up and on the way down again: the lags behind equilibrium have opposite signs and cancel.

    Tuned on 120 problems with seeds of their own (β from 0.3 to 0.6). Up only is too narrow (half of the intervals
    miss); 20 sweeps at the turn are enough; an energy after every second sweep, since states one sweep apart are much
    alike; more of the steps where fluctuations are large, near the end. From 20 to 40 chains make no difference.
    """
    n_chains, hold, thin, share, power = 30, 20, 2, 0.6, 1.3
    n_nodes = (budget // n_chains - hold) // (1 + thin)
    n_up = int(share * n_nodes)
    state, work = _fair(n_spins, n_chains, rng), np.zeros(n_chains)
    for n, falls in ((n_up, False), (n_nodes - n_up, True)):
        betas = beta * (1 - (1 - np.linspace(0, 1, n)) ** power)
        betas = betas[::-1] if falls else betas
        energies = [energy(state)]
        for old, new in itertools.pairwise(betas):
            for k in range(1, thin + 1):
                state = sweep(state, old + (new - old) * k / thin)
            energies.append(energy(state))
        work += (-1 if falls else 1) * np.trapezoid(np.array(energies), betas, axis=0) / 2
        for _ in range(0 if falls else hold):
            state = sweep(state, beta)
    log_z = n_spins * math.log(2) - work
    return log_z.mean(), log_z.std(ddof=1) / math.sqrt(n_chains)


challenge = LogZ()

seal(__name__, "course_utils.partition")
