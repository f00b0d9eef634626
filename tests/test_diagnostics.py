"""Diagnostics of chains against processes whose autocorrelation is known."""

import math
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch

from course_utils.diagnostics import autocorrelation, ess, integrated_time, judge, mcse, r_hat, two_starts

ROOT = Path(__file__).resolve().parents[1]


def autoregressive(rho: float, n_kept: int = 4000, n_chains: int = 8, seed: int = 0) -> np.ndarray:
    """Chains x' = ρ x + sqrt(1 - ρ²) ξ at equilibrium: variance 1, autocorrelation ρ^lag."""
    noise = np.random.default_rng(seed).standard_normal((n_kept, n_chains))
    chains = np.empty_like(noise)
    chains[0] = noise[0]
    for t in range(1, n_kept):
        chains[t] = rho * chains[t - 1] + math.sqrt(1 - rho**2) * noise[t]
    return chains


@pytest.mark.parametrize("rho", [-0.5, 0.0, 0.5, 0.9])
def test_integrated_time_of_an_autoregressive_chain_is_exact(rho: float) -> None:
    assert integrated_time(autoregressive(rho)) == pytest.approx((1 + rho) / (1 - rho), rel=0.1)


@pytest.mark.parametrize("rho", [0.0, 0.5, 0.9])
def test_effective_sample_size_is_the_number_of_states_over_the_integrated_time(rho: float) -> None:
    chains = autoregressive(rho)
    exact = chains.size * (1 - rho) / (1 + rho)
    assert ess(chains) == pytest.approx(exact, rel=0.1)
    assert mcse(chains) == pytest.approx(1 / math.sqrt(exact), rel=0.1)


def test_the_standard_error_is_the_scatter_of_the_mean() -> None:
    chains = autoregressive(0.8, n_kept=1000, n_chains=400, seed=1)
    scatter = chains.reshape(1000, 100, 4).mean((0, 2)).std(ddof=1)
    errors = [mcse(chains[:, 4 * k : 4 * k + 4]) for k in range(10)]
    assert np.mean(errors) == pytest.approx(scatter, rel=0.3)  # a scatter of 100 means is known to 7 %


def test_autocorrelation_of_an_autoregressive_chain_falls_exponentially() -> None:
    chains = autoregressive(0.7)
    lags = autocorrelation(chains, max_lag=8)
    assert lags.shape == (9, 8)
    assert lags[0] == pytest.approx(1.0)
    assert lags.mean(1) == pytest.approx(0.7 ** np.arange(9), abs=0.04)
    assert autocorrelation(chains).shape == chains.shape


def test_autocorrelation_is_that_of_its_definition() -> None:
    x = np.random.default_rng(2).standard_normal(50)
    away = x - x.mean()
    by_hand = [np.sum(away[: 50 - k] * away[k:]) / np.sum(away**2) for k in range(50)]
    assert autocorrelation(x) == pytest.approx(by_hand, abs=1e-12)


def test_r_hat_is_near_1_for_chains_that_agree_and_large_for_chains_that_do_not() -> None:
    chains = autoregressive(0.5)
    assert 0.999 < r_hat(chains) < 1.01
    assert r_hat(chains + 3.0 * (np.arange(8) % 2)) > 1.5


def test_r_hat_sees_a_drift_because_chains_are_split() -> None:
    chains = autoregressive(0.0) + np.linspace(0, 4, 4000)[:, None]
    assert r_hat(chains) > 1.2


def test_r_hat_sees_a_difference_of_spread_because_values_are_folded() -> None:
    chains = autoregressive(0.0) * np.where(np.arange(8) % 2, 1.0, 5.0)
    assert r_hat(chains) > 1.2


def test_r_hat_does_not_depend_on_the_scale_because_ranks_replace_values() -> None:
    chains = autoregressive(0.5)
    assert r_hat(np.sign(chains) * np.abs(chains) ** 9) == pytest.approx(r_hat(chains), abs=2e-3)


def test_r_hat_is_that_of_its_definition() -> None:
    """Split chains, normal scores of the ranks, pooled over within-chain variance: written out once more."""
    from scipy.stats import norm, rankdata

    chains = autoregressive(0.9, n_kept=200, n_chains=3)
    halves = np.concatenate([chains[:100], chains[100:]], axis=1)

    def plain(values: np.ndarray) -> float:
        scores = norm.ppf((rankdata(values).reshape(values.shape) - 3 / 8) / (values.size + 1 / 4))
        within, between = scores.var(0, ddof=1).mean(), scores.mean(0).var(ddof=1)
        return math.sqrt((99 / 100 * within + between) / within)

    assert r_hat(chains) == pytest.approx(max(plain(halves), plain(np.abs(halves - np.median(halves)))), rel=1e-9)


@pytest.mark.parametrize("of", [ess, r_hat, mcse, integrated_time])
def test_tensors_and_arrays_one_number_per_coordinate(of) -> None:
    chains = np.stack([autoregressive(rho, n_kept=500) for rho in (0.0, 0.8)], axis=-1)
    each = of(chains)
    assert each.shape == (2,)
    assert isinstance(of(chains[..., 0]), float)
    assert each == pytest.approx([of(chains[..., 0]), of(chains[..., 1])])
    assert of(torch.from_numpy(chains)) == pytest.approx(each)
    assert of(torch.from_numpy(chains[..., 0]).float().requires_grad_()) == pytest.approx(each[0], rel=1e-4)


def test_autocorrelation_keeps_the_shape_of_the_samples() -> None:
    chains = np.random.default_rng(0).standard_normal((60, 4, 2))
    lags = autocorrelation(torch.from_numpy(chains), max_lag=10)
    assert lags.shape == (11, 4, 2)
    assert lags[:, 2, 1] == pytest.approx(autocorrelation(chains[:, 2, 1])[:11])
    assert isinstance(lags, np.ndarray)


def test_one_chain_is_enough_except_to_compare() -> None:
    chain = autoregressive(0.5)[:, 0]
    assert ess(chain) == pytest.approx(ess(chain[:, None]))
    assert integrated_time(chain) == pytest.approx(3.0, rel=0.25)
    with pytest.raises(ValueError, match=r"samples has shape \(4000,\): expected at least 2 chains to compare"):
        r_hat(chain)


def spoiled(value: float) -> np.ndarray:
    chains = autoregressive(0.5, n_kept=50, n_chains=4)
    chains[7, 2] = value
    return chains


def stuck() -> np.ndarray:
    chains = autoregressive(0.5, n_kept=50, n_chains=4)
    chains[:, 3] = 1.5
    return chains


@pytest.mark.parametrize("of", [ess, r_hat, mcse, integrated_time, autocorrelation])
@pytest.mark.parametrize(
    ("samples", "message"),
    [
        (spoiled(math.nan), "samples hold 1 entries that are not finite, the first in chain 2 at row 7"),
        (spoiled(math.inf), "samples hold 1 entries that are not finite"),
        (stuck(), r"samples hold 1 chain\(s\) that never move, the first is chain 3: no proposal was accepted"),
        (np.zeros((50, 4)), r"samples hold 4 chain\(s\) that never move"),
        (np.zeros((3, 4)), r"samples has shape \(3, 4\): expected at least 4 states of each chain \(time first\)"),
        (np.zeros((0, 4)), r"samples has shape \(0, 4\): expected \(n_kept, n_chains\)"),
        (np.float64(1.0), r"samples has shape \(\): expected \(n_kept, n_chains\) or"),
        ("none", "samples = 'none': expected an array of numbers"),
        (None, "samples .*: expected"),
    ],
)
def test_bad_samples_are_refused_with_the_reason(of, samples: object, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        of(samples)


@pytest.mark.parametrize("max_lag", [-1, 50, 2.5])
def test_a_bad_lag_is_named(max_lag: object) -> None:
    with pytest.raises(ValueError, match=r"max_lag = .*: expected a whole number from 0 to 49"):
        autocorrelation(spoiled(0.0), max_lag=max_lag)


def test_samples_are_not_modified() -> None:
    chains = autoregressive(0.5, n_kept=50)
    before = chains.copy()
    for of in ess, r_hat, mcse, integrated_time, autocorrelation:
        of(chains)
    assert np.array_equal(chains, before)


def test_the_notice_that_arviz_prints_at_import_does_not_reach_the_learner(tmp_path: Path) -> None:
    (tmp_path / "arviz.py").write_text(
        "import warnings\nwarnings.warn('a new major version', FutureWarning)\nprint('imported')\n"
        "def ess(chains, method): return 7.0\n"
    )
    code = "import numpy as np\nfrom course_utils import diagnostics as d\nprint('before')\nprint(d.ess(np.eye(9)))\n"
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(tmp_path), str(ROOT)])},
        check=True,
    )
    assert done.stdout.split() == ["before", "imported", "7.0"]  # and it is imported when first needed
    assert done.stderr == ""


def test_runs_of_one_process_from_two_starts_agree_and_report_their_length() -> None:
    result = two_starts(autoregressive(0.5, n_chains=16), autoregressive(0.5, n_chains=16, seed=1))
    assert result.agree
    assert result.long
    assert result.length == pytest.approx(4000 / 3, rel=0.2)
    exact = math.sqrt(3 / (4000 * 16))
    assert result.first_error == pytest.approx(exact, rel=0.5)  # from 16 chains: known to 18 %
    assert abs(result.first) < 4 * exact


def test_agreement_of_two_starts_is_judged_at_three_standard_errors() -> None:
    results = [
        two_starts(autoregressive(0.5, 400, 16, seed), autoregressive(0.5, 400, 16, 100 + seed)) for seed in range(60)
    ]
    assert sum(not r.agree for r in results) <= 3  # 0.3 % for a normal, some more with errors from 16 chains
    far = two_starts(autoregressive(0.5), autoregressive(0.5, seed=1) + 1.0)
    assert not far.agree
    assert far.apart > 20
    assert "do NOT agree" in str(far)


def test_two_frozen_runs_do_not_count_as_equilibrium() -> None:
    frozen = two_starts(np.ones((50, 4)), np.ones((50, 4)))
    assert frozen.length == 0
    assert not frozen.agree
    assert not two_starts(np.ones((50, 4)), np.zeros((50, 4))).agree


@pytest.mark.parametrize("bad", [np.ones(50), np.ones((3, 4)), np.ones((50, 1)), np.full((50, 4), np.nan)])
def test_two_starts_refuse_what_is_no_set_of_chains(bad: np.ndarray) -> None:
    with pytest.raises(ValueError, match=r"second has shape .*: expected a finite array"):
        two_starts(autoregressive(0.5, 50), bad)


def test_judge_gives_the_mean_its_error_from_the_chains_and_the_classic_r_hat() -> None:
    halves = np.array([[0.0, 1.0], [2.0, 3.0], [1.0, 4.0], [3.0, 6.0]])  # two chains of four states
    mean, error, ratio = judge(halves)
    assert mean == pytest.approx(2.5)
    assert error == pytest.approx(np.std([1.5, 3.5], ddof=1) / np.sqrt(2))
    within, between = 2.0, np.var([1.0, 2.0, 2.0, 5.0], ddof=1)
    assert ratio == pytest.approx(np.sqrt((within / 2 + between) / within))
