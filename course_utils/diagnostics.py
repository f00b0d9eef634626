"""How far a set of chains can be trusted: effective sample size, R-hat, autocorrelation. The computing is arviz's.

    run = samplers.mala(E, x, step_size=0.5, n_steps=5000, burn_in=500, generator=g)
    r_hat(run.trajectory), ess(run.trajectory), mcse(run.trajectory)
    print(two_starts(run.energy, from_elsewhere.energy))   # the protocol behind "at equilibrium"

`samples` is a torch tensor or a numpy array of shape (n_kept, n_chains), time first, as the samplers return it, or
(n_kept, n_chains, dim); each coordinate is then treated on its own, and the results have shape (dim,). One chain may be
passed as shape (n_kept,), except to `r_hat`, which compares chains. A chain has at least 4 states. Another shape,
entries that are not finite, or a chain that never moves, are a ValueError.

None of these numbers can see a well that no chain has visited.
"""

import math
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from types import ModuleType
from typing import Any

import numpy as np
from jaxtyping import Float, Num

from course_utils.arguments import shown, whole

AGREE_SIGMA = 3.0  # two means further apart than this many standard errors do not agree
LONG_TAU = 20.0  # a run of this many autocorrelation times has forgotten its start, if it moves between all wells


def ess(samples: Num[Any, "n_kept *chains_and_dim"]) -> float | Float[np.ndarray, "dim"]:
    """Bulk effective sample size: as many independent draws would know the centre of the distribution as well.

    Chains are split in halves and ranks replace values, so that heavy tails do no harm; chains that disagree lower it.

    Returns:
        Number of effective draws in all chains together. It may exceed n_kept * n_chains if successive states are
        anti-correlated.

    Source: Vehtari, Gelman, Simpson, Carpenter and Bürkner, Bayesian Anal. 16, 667 (2021), doi:10.1214/20-BA1221,
        section 4.
    """
    return _each(samples, lambda chains: _arviz().ess(chains, method="bulk"))


def r_hat(samples: Num[Any, "n_kept *chains_and_dim"]) -> float | Float[np.ndarray, "dim"]:
    """Split, rank-normalised R-hat: spread of all chains together over the spread within a chain; 1 when they agree.

    Each chain is split in halves, so that a drift counts as a disagreement; values are replaced by normal scores of
    their ranks; the larger of the R-hats for location and for spread (folded values) is returned. Above 1.01 the chains
    have not mixed.

    Args:
        samples: at least 2 chains.

    Source: Vehtari et al., Bayesian Anal. 16, 667 (2021), doi:10.1214/20-BA1221, eqs. 4 and 14 and section 4.
    """
    return _each(samples, lambda chains: _arviz().rhat(chains, method="rank"), least_chains=2)


def judge(samples: Num[Any, "n_kept n_chains"]) -> tuple[float, float, float]:
    """The mean of several chains, its standard error from their spread, and the classic split R-hat.

    Chains are independent of one another, their states are not: so the error is the standard deviation of the chains'
    means over the root of their number.

    Args:
        samples: time first, an even number of states of at least 2 chains.

    Source: Gelman et al., Bayesian Data Analysis (3rd ed., 2013), section 11.4, for R-hat.
    """
    values, _ = _valid(samples, 2)
    means = values[..., 0].mean(0)
    r_hat = _arviz().rhat(values[..., 0].T, method="split")
    return float(means.mean()), float(means.std(ddof=1) / math.sqrt(len(means))), float(r_hat)


def mcse(samples: Num[Any, "n_kept *chains_and_dim"]) -> float | Float[np.ndarray, "dim"]:
    """Monte Carlo standard error of the mean over all samples: their standard deviation / sqrt(effective sample size).

    Returns:
        One standard error, in units of the samples.

    Source: Vehtari et al., Bayesian Anal. 16, 667 (2021), doi:10.1214/20-BA1221.
    """
    return _each(samples, lambda chains: _arviz().mcse(chains, method="mean"))


def integrated_time(samples: Num[Any, "n_kept *chains_and_dim"]) -> float | Float[np.ndarray, "dim"]:
    """Integrated autocorrelation time τ = 1 + 2 Σ ρ(lag): steps (of those kept) per independent draw of the mean.

    Computed as number of samples / effective sample size of the mean, with Geyer's initial monotone sequence for where
    to end the sum. For an AR(1) chain of coefficient ρ it is (1 + ρ) / (1 - ρ).

    Args:
        samples: chains; one shorter than some 50 τ gives a τ that is too small.

    Returns:
        τ in units of the interval between kept states; 1 for independent draws.

    Source: Geyer, Stat. Sci. 7, 473 (1992), doi:10.1214/ss/1177011137, section 3.3.
    """

    def time(chains: np.ndarray) -> float:
        return chains.size / _arviz().ess(chains, method="mean")

    return _each(samples, time)


def autocorrelation(
    samples: Num[Any, "n_kept *chains_and_dim"], max_lag: int | None = None
) -> Float[np.ndarray, "lags *chains_and_dim"]:
    """Autocorrelation of each chain at lags 0, 1, 2, ..., around that chain's own mean.

    In a chain not much longer than its memory it is biased towards 0 or below, because the mean is estimated from the
    same chain. Average over axis 1 for a curve of all chains.

    Args:
        max_lag: the last lag returned; all of them, n_kept - 1, if left out.

    Returns:
        First axis the lag, in units of the interval between kept states, the others as in samples; 1 at lag 0.

    Raises:
        ValueError: if max_lag is not a whole number from 0 to n_kept - 1.
    """
    values, shape = _valid(samples, 1)
    last = shape[0] - 1
    last = last if max_lag is None else whole("max_lag", max_lag, 0, last)
    lags = _arviz().autocorr(np.moveaxis(values, 0, -1), axis=-1)
    return np.moveaxis(lags, -1, 0).reshape(shape)[: last + 1]


@dataclass(frozen=True)
class TwoStarts:
    """Means of one quantity in two runs from opposite starts. Errors are ±1 standard error, from independent chains."""

    first: float
    first_error: float
    second: float
    second_error: float
    length: float  # length of the shorter run, in autocorrelation times; 0 if a run does not move at all

    @property
    def apart(self) -> float:
        """Distance of the two means in standard errors of their difference."""
        error = math.hypot(self.first_error, self.second_error)
        return abs(self.first - self.second) / error if error else (0.0 if self.first == self.second else math.inf)

    @property
    def agree(self) -> bool:
        """Whether the run has forgotten its start, as far as this quantity can tell."""
        return self.apart <= AGREE_SIGMA and self.length > 0

    @property
    def long(self) -> bool:
        """Whether each run is at least 20 autocorrelation times long."""
        return self.length >= LONG_TAU

    def __str__(self) -> str:
        verdict = "the starts agree" if self.agree else "the starts do NOT agree"
        one, two = _with_error(self.first, self.first_error), _with_error(self.second, self.second_error)
        return f"{one} and {two}: {verdict} ({self.apart:.1f} σ apart, runs of {self.length:.0f} τ)"


def two_starts(first: Num[Any, "n_kept n_chains"], second: Num[Any, "more_kept more_chains"]) -> TwoStarts:
    """Compare two runs of one quantity from opposite starts: the protocol behind "at equilibrium".

    Starts are opposite if the quantity lies on different sides of its equilibrium value: all spins equal or all
    random, noise or data, one well or another. Two runs that agree have forgotten where they began; two that do not
    agree have not, whatever each looks like by itself.

    Args:
        first: the quantity in independent chains from one start, burn-in dropped, time first; at least 2 chains.
        second: the same from the other start; the number of chains and states may differ.

    Returns:
        Both means with their errors, how far they are apart, and how long the runs are.

    Raises:
        ValueError: if an array is not (n_kept, n_chains) with 2 chains and 4 states or more, or is not finite.
    """
    runs = [_moving(name, run) for name, run in (("first", first), ("second", second))]
    means = [(float(run.mean()), float(run.mean(0).std(ddof=1) / math.sqrt(run.shape[1]))) for run in runs]
    return TwoStarts(*means[0], *means[1], length=min(_length(run) for run in runs))


def _length(run: np.ndarray) -> float:
    """Length of a run in autocorrelation times of the chains that move; 0 if none does."""
    moving = run[:, (run != run[:1]).any(0)]
    return len(run) / max(1.0, integrated_time(moving)) if moving.size else 0.0


def _moving(name: str, run: Any) -> np.ndarray:
    """A run as float64, which may hold chains that stand still."""
    run = _float64(run)
    if run.ndim != 2 or run.shape[0] < 4 or run.shape[1] < 2 or not np.isfinite(run).all():
        raise ValueError(
            f"{name} has shape {run.shape}: expected a finite array (n_kept, n_chains) with at least 4 states (time "
            "first) of at least 2 chains"
        )
    return run


def _with_error(value: float, error: float) -> str:
    digits = min(max(1 - math.floor(math.log10(error)), 0), 8) if 0 < error < math.inf else 4
    return f"{value:.{digits}f} ± {error:.{digits}f}"


def _each(samples: Any, of: Callable[[np.ndarray], float], least_chains: int = 1) -> float | np.ndarray:
    """One number for each coordinate; arviz wants (chain, draw)."""
    values, shape = _valid(samples, least_chains)
    results = np.array([float(of(values[:, :, i].T)) for i in range(values.shape[2])])
    return results.reshape(shape[2:]) if len(shape) > 2 else float(results[0])


def _valid(samples: Any, least_chains: int) -> tuple[np.ndarray, tuple[int, ...]]:
    """Samples as float64 of shape (n_kept, n_chains, coordinates), and the shape that they had."""
    try:
        values = _float64(samples).copy()
    except (TypeError, ValueError) as error:
        raise ValueError(f"samples = {shown(samples)}: expected an array of numbers") from error
    shape = values.shape
    if not shape or 0 in shape:
        raise ValueError(f"samples has shape {shape}: expected (n_kept, n_chains) or (n_kept, n_chains, dim)")
    values = values.reshape(shape[0], shape[1] if len(shape) > 1 else 1, -1)
    if values.shape[0] < 4:
        raise ValueError(f"samples has shape {shape}: expected at least 4 states of each chain (time first)")
    if values.shape[1] < least_chains:
        raise ValueError(f"samples has shape {shape}: expected at least {least_chains} chains to compare")
    bad = ~np.isfinite(values)
    if bad.any():
        row, chain, _ = np.argwhere(bad)[0]
        raise ValueError(
            f"samples hold {int(bad.sum())} entries that are not finite, the first in chain {chain} at row {row}"
        )
    still = (values == values[:1]).all(0).any(-1)
    if still.any():
        raise ValueError(
            f"samples hold {int(still.sum())} chain(s) that never move, the first is chain {int(still.argmax())}: "
            "no proposal was accepted, or what you look at does not change; its autocorrelation is 0/0"
        )
    return values, shape


def _float64(samples: Any) -> Float[np.ndarray, "..."]:
    return np.asarray(samples.detach().cpu() if hasattr(samples, "detach") else samples, dtype=np.float64)


def _arviz() -> ModuleType:
    """arviz, imported when first needed: that takes seconds."""
    with warnings.catch_warnings():
        # arviz 0.23 announces its next major version at import; to a learner that is noise, and it goes to stderr.
        warnings.filterwarnings("ignore", category=FutureWarning)
        import arviz

    return arviz
