"""How far a set of chains can be trusted: effective sample size, R-hat, autocorrelation. The computing is arviz's.

    run = samplers.mala(E, x, step_size=0.5, n_steps=5000, burn_in=500, generator=g)
    r_hat(run.trajectory), ess(run.trajectory), mcse(run.trajectory)

`samples` is a torch tensor or a numpy array of shape (n_kept, n_chains), time first, as the samplers return it, or
(n_kept, n_chains, dim); each coordinate is then treated on its own, and the results have shape (dim,). One chain may be
passed as shape (n_kept,), except to `r_hat`, which compares chains.

None of these numbers can see a well that no chain has visited.
"""

import warnings
from collections.abc import Callable
from types import ModuleType

import numpy as np
from jaxtyping import Float
from numpy.typing import ArrayLike

__all__ = ["autocorrelation", "ess", "integrated_time", "mcse", "r_hat"]


def ess(samples: Float[ArrayLike, "n_kept n_chains *dim"]) -> float | Float[np.ndarray, "dim"]:
    """Bulk effective sample size: as many independent draws would know the centre of the distribution as well.

    Chains are split in halves and ranks replace values, so that heavy tails do no harm; chains that disagree lower it.

    Args:
        samples: chains, time first; at least 4 states each.

    Returns:
        Number of effective draws in all chains together. It may exceed n_kept * n_chains if successive states are
        anti-correlated.

    Raises:
        ValueError: if samples has a wrong shape, NaN or infinite entries, or a chain that never moves.

    Source: Vehtari, Gelman, Simpson, Carpenter and Bürkner, Bayesian Anal. 16, 667 (2021), doi:10.1214/20-BA1221,
        section 4.
    """
    return _each(samples, lambda chains: _arviz().ess(chains, method="bulk"))


def r_hat(samples: Float[ArrayLike, "n_kept n_chains *dim"]) -> float | Float[np.ndarray, "dim"]:
    """Split, rank-normalised R-hat: spread of all chains together over the spread within a chain; 1 when they agree.

    Each chain is split in halves, so that a drift counts as a disagreement; values are replaced by normal scores of
    their ranks; the larger of the R-hats for location and for spread (folded values) is returned. Above 1.01 the chains
    have not mixed.

    Args:
        samples: at least 2 chains, time first; at least 4 states each.

    Returns:
        R-hat.

    Raises:
        ValueError: if samples has a wrong shape, fewer than 2 chains, NaN or infinite entries, or a chain that never
            moves.

    Source: Vehtari et al., Bayesian Anal. 16, 667 (2021), doi:10.1214/20-BA1221, eqs. 4 and 14 and section 4.
    """
    return _each(samples, lambda chains: _arviz().rhat(chains, method="rank"), least_chains=2)


def mcse(samples: Float[ArrayLike, "n_kept n_chains *dim"]) -> float | Float[np.ndarray, "dim"]:
    """Monte Carlo standard error of the mean over all samples: their standard deviation / sqrt(effective sample size).

    Args:
        samples: chains, time first; at least 4 states each.

    Returns:
        One standard error, in units of the samples.

    Raises:
        ValueError: as `ess`.

    Source: Vehtari et al., Bayesian Anal. 16, 667 (2021), doi:10.1214/20-BA1221.
    """
    return _each(samples, lambda chains: _arviz().mcse(chains, method="mean"))


def integrated_time(samples: Float[ArrayLike, "n_kept n_chains *dim"]) -> float | Float[np.ndarray, "dim"]:
    """Integrated autocorrelation time τ = 1 + 2 Σ ρ(lag): steps (of those kept) per independent draw of the mean.

    Computed as number of samples / effective sample size of the mean, with Geyer's initial monotone sequence for where
    to end the sum. For an AR(1) chain of coefficient ρ it is (1 + ρ) / (1 - ρ).

    Args:
        samples: chains, time first; at least 4 states each. A chain shorter than some 50 τ gives a τ that is too small.

    Returns:
        τ in units of the interval between kept states; 1 for independent draws.

    Raises:
        ValueError: as `ess`.

    Source: Geyer, Stat. Sci. 7, 473 (1992), doi:10.1214/ss/1177011137, section 3.3.
    """

    def time(chains: np.ndarray) -> float:
        return chains.size / _arviz().ess(chains, method="mean")

    return _each(samples, time)


def autocorrelation(
    samples: Float[ArrayLike, "n_kept n_chains *dim"], max_lag: int | None = None
) -> Float[np.ndarray, "lags n_chains *dim"]:
    """Autocorrelation of each chain at lags 0, 1, 2, ..., around that chain's own mean.

    In a chain not much longer than its memory it is biased towards 0 or below, because the mean is estimated from the
    same chain. Average over axis 1 for a curve of all chains.

    Args:
        samples: chains, time first; at least 4 states each.
        max_lag: the last lag returned; all of them, n_kept - 1, if left out.

    Returns:
        First axis the lag, in units of the interval between kept states, the others as in samples; 1 at lag 0.

    Raises:
        ValueError: as `ess`, or if max_lag is not a whole number from 0 to n_kept - 1.
    """
    values, shape = _valid(samples, 1)
    last = shape[0] - 1
    if max_lag is not None and (not isinstance(max_lag, int) or not 0 <= max_lag <= last):
        raise ValueError(f"max_lag must be a whole number from 0 to n_kept - 1 = {last}, got {max_lag!r}")
    lags = _arviz().autocorr(np.moveaxis(values, 0, -1), axis=-1)
    return np.moveaxis(lags, -1, 0).reshape(shape)[: None if max_lag is None else max_lag + 1]


def _each(samples: ArrayLike, of: Callable[[np.ndarray], float], least_chains: int = 1) -> float | np.ndarray:
    """One number for each coordinate; arviz wants (chain, draw)."""
    values, shape = _valid(samples, least_chains)
    results = np.array([float(of(values[:, :, i].T)) for i in range(values.shape[2])])
    return results.reshape(shape[2:]) if len(shape) > 2 else float(results[0])


def _valid(samples: ArrayLike, least_chains: int) -> tuple[np.ndarray, tuple[int, ...]]:
    """Samples as float64 of shape (n_kept, n_chains, coordinates), and the shape that they had."""
    if hasattr(samples, "detach"):
        samples = samples.detach().cpu().numpy()
    try:
        values = np.array(samples, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise ValueError(f"samples must be an array of numbers, got {type(samples).__name__}") from error
    shape = values.shape
    if not shape or 0 in shape:
        raise ValueError(f"samples must have shape (n_kept, n_chains) or (n_kept, n_chains, dim), got {shape}")
    values = values.reshape(shape[0], shape[1] if len(shape) > 1 else 1, -1)
    if values.shape[0] < 4:
        raise ValueError(f"samples must hold at least 4 states of each chain (time first), got shape {shape}")
    if values.shape[1] < least_chains:
        raise ValueError(f"samples must hold at least {least_chains} chains to compare, got shape {shape}")
    bad = ~np.isfinite(values)
    if bad.any():
        row, chain, _ = np.argwhere(bad)[0]
        raise ValueError(
            f"samples must be finite: {int(bad.sum())} entries are not, the first in chain {chain} at row {row}"
        )
    still = (values == values[:1]).all(0).any(-1)
    if still.any():
        raise ValueError(
            f"samples hold {int(still.sum())} chain(s) that never move, the first is chain {int(still.argmax())}: "
            "no proposal was accepted, or what you look at does not change; its autocorrelation is 0/0"
        )
    return values, shape


def _arviz() -> ModuleType:
    """arviz, imported when first needed: that takes seconds."""
    with warnings.catch_warnings():
        # arviz 0.23 announces its next major version at import; to a learner that is noise, and it goes to stderr.
        warnings.filterwarnings("ignore", category=FutureWarning)
        import arviz

    return arviz
