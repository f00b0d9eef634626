"""Power laws of learning: a fit with its error, regression whose learning curve is known, the price of a parameter."""

import math
from typing import NamedTuple

import numpy as np
from jaxtyping import Float
from scipy.special import logsumexp

from ..arguments import array, number, whole


class PowerLaw(NamedTuple):
    """A fit of loss ∝ n^(-exponent).

    Attributes:
        exponent: positive if the loss falls.
        error: its standard error, from the errors of the losses.
        chi2: sum of squared deviations in units of the errors, over the number of points less two: near 1 if a power
            law is right.
    """

    exponent: float
    error: float
    chi2: float


def fit_power_law(n: Float[np.ndarray, "k"], loss: Float[np.ndarray, "k"], error: Float[np.ndarray, "k"]) -> PowerLaw:
    """A straight line through log loss against log n, by least squares with the weights that the errors give.

    Args:
        n: number of data, > 0, three or more.
        loss: > 0.
        error: standard error of each loss, > 0 and small compared with it.

    Raises:
        ValueError: if there are fewer than three points, or something is not > 0.
    """
    k = whole("the number of points", len(n), 3)
    n, loss, error = (array(s, v, [(k,)], 0.0, above=True) for s, v in (("n", n), ("loss", loss), ("error", error)))
    x, y, weight = np.log(n), np.log(loss), (loss / error) ** 2
    x0, y0 = np.average(x, weights=weight), np.average(y, weights=weight)
    spread = (weight * (x - x0) ** 2).sum()
    slope = (weight * (x - x0) * (y - y0)).sum() / spread
    chi2 = (weight * (y - y0 - slope * (x - x0)) ** 2).sum() / (k - 2)
    return PowerLaw(float(-slope), float(spread**-0.5), float(chi2))


def bridge(t: Float[np.ndarray, "*batch n"], rng: np.random.Generator) -> Float[np.ndarray, "*batch n"]:
    """Brownian bridges, 0 at the times 0 and 1, at sorted times between: covariance min(s, t) - s t.

    The covariance has the eigenfunctions √2 sin(kπt) with the eigenvalues 1/(kπ)²: a power-law spectrum.
    """
    gaps = np.diff(t, prepend=0.0, append=1.0)
    walk = np.cumsum(rng.standard_normal(gaps.shape) * np.sqrt(gaps), axis=-1)
    return walk[..., :-1] - t * walk[..., -1:]


def bridge_fit(
    t: Float[np.ndarray, "n"], y: Float[np.ndarray, "n"], noise: float, at: Float[np.ndarray, "m"]
) -> tuple[Float[np.ndarray, "m"], Float[np.ndarray, "m"]]:
    """Kernel ridge regression with the covariance of the bridge: mean and standard deviation of the posterior.

    Args:
        t: times of the data, all different, between 0 and 1.
        y: what was seen.
        noise: its standard deviation, >= 0; the ridge is its square.
        at: times at which the fit is wanted.
    """
    across = np.minimum(at[:, None], t) - at[:, None] * t
    kernel = np.minimum(t[:, None], t) - t[:, None] * t + number("noise", noise, 0.0) ** 2 * np.eye(len(t))
    weights = np.linalg.solve(kernel, across.T)
    variance = at * (1 - at) - (across * weights.T).sum(1)
    return weights.T @ y, np.sqrt(np.clip(variance, 0.0, None))


def bridge_regression(
    n: int, noise: float, n_functions: int, rng: np.random.Generator, n_test: int = 100
) -> Float[np.ndarray, "functions"]:
    """Mean squared error of kernel ridge regression on rough functions: Brownian bridges, seen at n random times.

    The kernel is their covariance and the ridge the variance of the noise, so that the fit is the posterior mean.

    Args:
        n: number of data.
        noise: standard deviation of the noise on them, >= 0.
        n_functions: how many functions to learn, each with data of its own.
        rng: random numbers.
        n_test: random times at which each fit is compared with the function without noise.

    Returns:
        The error of each fit.

    Raises:
        ValueError: if a number is out of its range.
    """
    n, noise, n_test = whole("n", n), number("noise", noise, 0.0), whole("n_test", n_test)
    times = np.sort(rng.random((whole("n_functions", n_functions), n + n_test)), axis=1)
    values = bridge(times, rng)
    seen = np.argsort(rng.random(times.shape), axis=1) < n
    errors = []
    for t, f, data in zip(times, values, seen, strict=True):
        y = f[data] + noise * rng.standard_normal(n)
        kernel = np.minimum(t[:, None], t[data]) - t[:, None] * t[data]
        fit = kernel[~data] @ np.linalg.solve(kernel[data] + noise**2 * np.eye(n), y)
        errors.append(((fit - f[~data]) ** 2).mean())
    return np.array(errors)


def bridge_error(n: Float[np.ndarray, "*shape"] | int) -> Float[np.ndarray, "*shape"]:
    """Expected error of that regression without noise, exact: 1 / (3 (n + 2)).

    Between two neighbouring data a gap apart the function is a bridge again, with the mean variance gap/6. So the
    error is the mean of Σ gap² / 6 over the n + 1 gaps of n random times, of which each has ⟨gap²⟩ = 2/((n+1)(n+2)).
    """
    return np.asarray(1 / (3 * (array("n", n, least=0.0) + 2)))


def sollich_error(n: float, noise: float) -> float:
    """That error, with noise, in the approximation that treats eigenfunctions as independent Gaussian numbers.

    It solves E = Σ_k λ_k / (1 + n λ_k / (noise² + E)) with λ_k = 1/(kπ)²; the sum has a closed form.

    Source: Sollich and Halees, Neural Comput. 14, 1393 (2002).
    """
    n, noise = number("n", n, 0.0, above=True), number("noise", noise, 0.0)
    error = 1 / 6
    for _ in range(10_000):
        c = math.sqrt(n / (noise**2 + error))
        before, error = error, (1 / math.tanh(c) - 1 / c) / (2 * c)
        if abs(error - before) < 1e-13:
            break
    return error


class ExponentialFamily:
    """Energies that are linear in their parameters, E(x) = θ · f(x), on finitely many states.

    Args:
        features: f(x) for each state, shape (states, parameters), without a constant among them.

    Raises:
        ValueError: if the features are not finite.
    """

    def __init__(self, features: Float[np.ndarray, "states parameters"]) -> None:
        self.features = array("features", features)

    def log_prob(self, theta: Float[np.ndarray, "parameters"]) -> Float[np.ndarray, "states"]:
        """log p of each state."""
        minus_energy = -self.features @ theta
        return minus_energy - logsumexp(minus_energy)

    def covariance(self, p: Float[np.ndarray, "states"]) -> Float[np.ndarray, "parameters parameters"]:
        """Covariance of the features under any distribution."""
        centred = self.features - p @ self.features
        return (p[:, None] * centred).T @ centred

    def fit(self, p: Float[np.ndarray, "states"], rounds: int = 100) -> Float[np.ndarray, "parameters"]:
        """Parameters of maximum likelihood for states that came with the shares p, by Newton's method.

        Raises:
            RuntimeError: if the likelihood has no maximum, as when a feature has its largest value in all data.
        """
        wanted, theta = p @ self.features, np.zeros(self.features.shape[1])
        if (wanted >= self.features.max(0)).any() or (wanted <= self.features.min(0)).any():
            raise RuntimeError("the likelihood has no maximum: a feature is at the end of its range in all data")
        for _ in range(rounds):
            model = np.exp(self.log_prob(theta))
            off = model @ self.features - wanted  # downhill: the energy falls where data are more than the model has
            if np.abs(off).max() < 1e-10:
                return theta
            step = np.linalg.solve(self.covariance(model) + 1e-12 * np.eye(len(theta)), off)
            theta = theta + step * min(1.0, 4 / np.abs(self.features @ step).max())
        raise RuntimeError(f"the likelihood has no maximum that {rounds} steps of Newton would reach")

    def price(self, p: Float[np.ndarray, "states"]) -> float:
        """n times the expected excess of KL(p ‖ fit to n data from p), for large n.

        It is tr(C_p C_model⁻¹) / 2 with the covariances of the features under p and under the best model: half the
        number of parameters if p is in the family.

        Source: White, Econometrica 50, 1 (1982); for p in the family Akaike, IEEE Trans. Autom. Control 19, 716 (1974).
        """
        best = np.exp(self.log_prob(self.fit(p)))
        return float(np.trace(np.linalg.solve(self.covariance(best), self.covariance(p)))) / 2


def excess(
    features: Float[np.ndarray, "states parameters"],
    truth: Float[np.ndarray, "states"],
    shares: Float[np.ndarray, "sizes sets states"],
) -> tuple[Float[np.ndarray, "sizes"], Float[np.ndarray, "sizes"]]:
    """How much worse a model of finitely many data is than the best of its family, in nats.

    Args:
        features: of each state; the model is the `ExponentialFamily` of them.
        truth: probability of each state; data are drawn from it.
        shares: what share of the data was in each state, for several sizes and data sets of each size, two or more.

    Returns:
        For each size the mean over its data sets of KL(truth ‖ fit) - KL(truth ‖ best), and its standard error.

    Raises:
        ValueError: if there are fewer than two data sets.
        RuntimeError: if a likelihood has no maximum.
    """
    sets = whole("the number of data sets", shares.shape[1], 2)
    family = ExponentialFamily(features)
    best = kl(truth, family.log_prob(family.fit(truth)))
    costs = np.array([[kl(truth, family.log_prob(family.fit(p))) - best for p in of_size] for of_size in shares])
    return costs.mean(1), costs.std(1, ddof=1) / math.sqrt(sets)


def kl(p: Float[np.ndarray, "states"], log_q: Float[np.ndarray, "states"]) -> float:
    """KL(p ‖ q) in nats."""
    there = p > 0
    return float((p[there] * (np.log(p[there]) - log_q[there])).sum())
