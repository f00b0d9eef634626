"""Gradient descent with a temperature: a thermometer, cooling, a fair race, success rates, and the heat bath of SGD.

What lesson 04 teaches, for later lessons to use. A step of size ε at temperature T is that of `samplers`,

    x' = x - ε ∇E(x) + sqrt(2 ε T) ξ,

and a mini-batch step w' = w - ε ĝ with batch size B is read as one: its noise has the covariance ε² C / B, where C is
the covariance of the gradients of single examples, so along each direction T = ε C / (2 B).

Schedules give T of each step. `start` and `end` are those of the first and the last one, >= 0 and exact; `n_steps` is
at least 2, or 1 where there is no end. An argument out of its range is a ValueError.

Temperatures, curvatures and covariances are float64.
"""

import itertools
import math
import sys
from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from jaxtyping import Bool, Float, Int
from scipy import stats
from torch import Tensor
from tqdm import tqdm

from course_utils import arguments, energies, samplers
from course_utils.arguments import choice, number, positive, shown, whole

# ------------------------------------------------------------------------------------------------------- schedules


def constant(temperature: float, n_steps: int) -> Float[Tensor, "n_steps"]:
    """The same temperature at every step."""
    return torch.full((whole("n_steps", n_steps),), arguments.temperature(temperature, zero=True), dtype=torch.float64)


def linear(start: float, end: float, n_steps: int) -> Float[Tensor, "n_steps"]:
    """T falls by the same amount at every step: `polynomial` with power 1."""
    return polynomial(start, end, n_steps, power=1.0)


def polynomial(start: float, end: float, n_steps: int, power: float = 2.0) -> Float[Tensor, "n_steps"]:
    """T = end + (start - end) (1 - s)^power, where s goes from 0 at the first step to 1 at the last.

    With a power above 1 the cooling is fast at first and slow at the end.
    """
    start, end = (arguments.temperature(T, zero=True, name=name) for name, T in (("start", start), ("end", end)))
    positive("power", power)
    s = torch.linspace(0, 1, whole("n_steps", n_steps, 2), dtype=torch.float64)
    return _with_ends(end + (start - end) * (1 - s) ** power, start, end)


def exponential(start: float, end: float, n_steps: int) -> Float[Tensor, "n_steps"]:
    """T falls by the same factor at every step (geometric cooling), from above 0 to above 0.

    Source: Kirkpatrick, Gelatt and Vecchi, Science 220, 671 (1983), doi:10.1126/science.220.4598.671.
    """
    start, end = arguments.temperature(start, name="start"), arguments.temperature(end, name="end")
    s = torch.linspace(0, 1, whole("n_steps", n_steps, 2), dtype=torch.float64)
    return _with_ends(start * (end / start) ** s, start, end)


def inverse(start: float, end: float, n_steps: int) -> Float[Tensor, "n_steps"]:
    """T = start / (1 + α k) at step k = 0, 1, ..., with the α that reaches the end; both ends are above 0.

    At a low end it falls steeply at first: to a tenth of the start after 9/99 of the way, if the end is a hundredth.
    """
    start, end = arguments.temperature(start, name="start"), arguments.temperature(end, name="end")
    s = torch.linspace(0, 1, whole("n_steps", n_steps, 2), dtype=torch.float64)
    return _with_ends(start / (1 + (start / end - 1) * s), start, end)


def logarithmic(start: float, n_steps: int) -> Float[Tensor, "n_steps"]:
    """T of step k = 1, 2, ... is start log 2 / log(1 + k): so slow that it has no end of its own choosing.

    The form c / log(1 + k) is the one for which, on a finite set of states, the probability of being in a global
    minimum is known to tend to 1 as k goes to infinity, if and only if c is at least the depth of the deepest local
    minimum that is not global.

    Source: Geman and Geman, IEEE PAMI 6, 721 (1984), doi:10.1109/TPAMI.1984.4767596; the condition on c, for a finite
        set of states: Hajek, Math. Oper. Res. 13, 311 (1988), doi:10.1287/moor.13.2.311, theorem 1.
    """
    start = arguments.temperature(start, zero=True, name="start")
    k = torch.arange(1, whole("n_steps", n_steps) + 1, dtype=torch.float64)
    return _with_ends(start * math.log(2) / torch.log1p(k), start)


def _with_ends(values: Tensor, start: float, end: float | None = None) -> Tensor:
    """The schedule with its ends free of rounding."""
    values[0] = start
    if end is not None:
        values[-1] = end
    return values


SCHEDULES: dict[str, Callable[[float, float, int], Float[Tensor, "n_steps"]]] = {
    "constant": lambda start, end, n_steps: constant(start, n_steps),
    "logarithmic": lambda start, end, n_steps: logarithmic(start, n_steps),
    "linear": linear,
    "polynomial": polynomial,
    "exponential": exponential,
    "inverse": inverse,
}
"""Name -> schedule, all called with (start, end, n_steps); constant and logarithmic take no notice of `end`."""


def schedule(name: str, start: float, end: float, n_steps: int) -> Float[Tensor, "n_steps"]:
    """A schedule by its name, one of `SCHEDULES`.

    Raises:
        ValueError: if there is no such schedule, or an argument is out of its range.
    """
    return SCHEDULES[choice("name", name, SCHEDULES)](start, end, n_steps)


# ------------------------------------------------------------------------------------------ descent with a temperature


@dataclass(frozen=True)
class SearchProblem:
    """An energy with what an annealing experiment on it needs.

    Attributes:
        energy: the energy object, of two coordinates.
        step_size: a step that is stable in `energy.domain`, and somewhat beyond.
        success_below: a run that has been lower has found the global minimum.
        criterion: why that number, in words.
    """

    energy: energies.KnownEnergy
    step_size: float
    success_below: float
    criterion: str


def landscapes() -> dict[str, SearchProblem]:
    """The four landscapes of lesson 04, by name.

    The largest curvature in each domain, and so the largest stable step 2 / curvature: Rosenbrock 5327 and 0.00038,
    Rastrigin 397 and 0.0050, network loss 323 and 0.0062, Ackley 56 and 0.036 outside of its cusp. Where the noise
    carries a run out of the domain, Rosenbrock and the network loss are steeper, so that their steps are smaller still.
    """
    half_way = "half-way to the second-lowest minimum"
    return {
        "Rosenbrock": SearchProblem(energies.Rosenbrock(), 1e-4, 0.01, "it has one minimum: within 0.1 of it in x"),
        "Rastrigin": SearchProblem(energies.Rastrigin(), 2e-3, 0.497, half_way),
        "Ackley": SearchProblem(energies.Ackley(), 1e-2, 1.29, half_way),
        "Network loss": SearchProblem(energies.NetworkLoss(), 2e-3, 0.374, half_way),
    }


def random_starts(
    energy: energies.KnownEnergy, n: int, generator: torch.Generator, dtype: torch.dtype = torch.float32
) -> Float[Tensor, "n dim"]:
    """Points drawn evenly from the domain of an energy.

    Args:
        energy: an energy of two or more coordinates.
        n: number of points.
        generator: source of the random numbers.
        dtype: of the result.

    Returns:
        The points.

    Raises:
        ValueError: if n is not a whole number >= 1.
    """
    low, high = torch.tensor(energy.domain, dtype=dtype).T
    return low + (high - low) * torch.rand(whole("n", n), energy.dim, generator=generator, dtype=dtype)


def thermal_descent(
    energy: energies.EnergyFunction,
    x: Float[Tensor, "n_chains *dim"],
    *,
    step_size: float,
    temperatures: Float[Tensor, "n_steps"] | Float[Tensor, "n_steps n_chains"],
    generator: torch.Generator,
    quench: int = 0,
    thin: int = 1,
    keep: bool = True,
    progress: bool = False,
) -> samplers.Run:
    """Gradient descent whose noise has the temperature of a schedule: `samplers.annealed`, then steps at T = 0.

    Args:
        energy, x, step_size, temperatures, generator, thin, keep, progress: as for `samplers.annealed`.
        quench: number of steps at T = 0 that follow; they lead to the bottom of the well that a chain is in.

    Returns:
        The run; `run.x` are the end points, and `run.temperature` the schedule with the quench.

    Raises:
        ValueError: if an argument is wrong, before any step.
        samplers.Diverged: if a state stops being finite; it names a stable step size.

    Source: Gelfand and Mitter, SIAM J. Control Optim. 29, 999 (1991), doi:10.1137/0329055.
    """
    temperatures = torch.as_tensor(temperatures, dtype=torch.float64)
    whole("quench", quench, 0)
    if temperatures.ndim:
        temperatures = torch.cat([temperatures, temperatures.new_zeros(quench, *temperatures.shape[1:])])
    how = {"generator": generator, "thin": thin, "keep": keep, "progress": progress}
    return samplers.annealed(energy, x, step_size=step_size, temperatures=temperatures, **how)


# ------------------------------------------------------------------------ what the exercises of lesson 04 ask for


def take_temperature(
    step: Callable[[Float[Tensor, "n_chains dim"]], Float[Tensor, "n_chains dim"]],
    gradient: Callable[[Float[Tensor, "n_chains dim"]], Float[Tensor, "n_chains dim"]],
    x: Float[Tensor, "n_chains dim"],
    n_steps: int,
    burn_in: int,
) -> tuple[float, float]:
    """The temperature that somebody's steps have, by the equipartition theorem: <x · ∇E> = dim T.

    It holds for every energy that confines its states, in the limit of small steps.

    Args:
        step: takes the states one step further.
        gradient: ∇E of each state.
        x: where independent chains start.
        n_steps: steps in all.
        burn_in: steps at the start after which nothing is read, fewer than n_steps.

    Returns:
        T, and its standard error from the spread of the chains.

    Raises:
        ValueError: if n_steps or burn_in is out of its range.
    """
    whole("burn_in", burn_in, 0, whole("n_steps", n_steps) - 1)
    total = torch.zeros(len(x), dtype=torch.float64)
    for k in range(n_steps):
        x = step(x)
        if k >= burn_in:
            total += (x * gradient(x)).sum(-1)
    of_chain = total / (n_steps - burn_in) / x.shape[-1]
    return float(of_chain.mean()), float(of_chain.std()) / math.sqrt(len(x))


def anneal(
    energy: energies.EnergyFunction,
    x: Float[Tensor, "n_chains dim"],
    temperatures: Float[Tensor, "n_steps"],
    step_size: float,
    noise: Float[Tensor, "n_steps n_chains dim"],
) -> tuple[Float[Tensor, "n_steps n_chains dim"], Float[Tensor, "n_steps n_chains"]]:
    """Gradient descent whose step k has the temperature temperatures[k], with noise that is handed in.

    Args:
        energy: E, one value per chain.
        x: where the chains start.
        temperatures: T >= 0 of each step.
        step_size: ε > 0.
        noise: standard normal numbers for each step.

    Returns:
        The state after each step, and the lowest energy seen so far, which counts the start.

    Raises:
        ValueError: if there is not a noise for each temperature.
    """
    if len(noise) != len(temperatures):
        raise ValueError(f"noise has {len(noise)} rows: expected one for each of {len(temperatures)} temperatures")
    energy = energies.as_energy(energy)
    path, best, lowest = [], [], energy(x)
    for size, kick in zip((2 * step_size * temperatures).sqrt().tolist(), noise, strict=True):
        x = x - step_size * energy.grad(x) + size * kick
        lowest = torch.minimum(lowest, energy(x))
        path.append(x)
        best.append(lowest)
    return torch.stack(path), torch.stack(best)


def race(
    energy: energies.EnergyFunction,
    entries: Mapping[Any, tuple[Float[Tensor, "_"], int]],
    step_size: float,
    starts: Float[Tensor, "n_starts n_runs dim"],
    noise: Float[Tensor, "budget n_runs dim"],
) -> dict[Hashable, tuple[float, float]]:
    """What methods find at the same number of gradients: the lowest energy visited, averaged over runs.

    Args:
        energy: as for `anneal`.
        entries: name -> the temperatures of one part, and the number of parts. Part r starts at starts[r] and takes the
            next rows of the noise.
        step_size: ε > 0.
        starts: where the parts start.
        noise: standard normal numbers for the whole budget.

    Returns:
        Name -> the mean over the runs of the lowest energy of all parts, and its standard error.

    Raises:
        ValueError: if an entry asks for more starts or more noise than there is.
    """
    found = {}
    for name, (temperatures, parts) in entries.items():
        n, lows = len(temperatures), []
        if parts > len(starts) or parts * n > len(noise):
            there = f"{len(starts)} starts and {len(noise)} rows of noise"
            raise ValueError(f"entry {name!r} has {parts} parts of {n} steps: expected no more than {there}")
        for r in range(parts):
            _, lowest = anneal(energy, starts[r], temperatures, step_size, noise[r * n : (r + 1) * n])
            lows.append(lowest[-1])
        best = torch.stack(lows).amin(0)
        found[name] = float(best.mean()), float(best.std()) / math.sqrt(len(best))
    return found


# ------------------------------------------------------------------------------------------------------ success rates


@dataclass(frozen=True)
class SuccessRate:
    """A share of successes and its confidence interval.

    Attributes:
        rate: successes / n.
        low: lower end of the interval, in [0, rate].
        high: upper end, in [rate, 1].
        n: number of runs.
    """

    rate: float
    low: float
    high: float
    n: int

    def __str__(self) -> str:
        return f"{self.rate:.1%} [{self.low:.1%}, {self.high:.1%}]"


def succeeded(landscape: SearchProblem, x: Float[Tensor, "*n 2"]) -> Bool[Tensor, "*n"]:
    """Whether end points lie below the energy that counts as success.

    Args:
        landscape: one of `landscapes()`.
        x: end points.

    Returns:
        True for each that has found the global minimum.
    """
    return landscape.energy(x) < landscape.success_below


ONE_SIGMA = math.erf(math.sqrt(0.5))
"""Confidence of an interval of one standard error to each side, 0.683: what error bars in this course show."""


def success_rate(successes: Bool[Tensor, "n"] | Sequence[bool], confidence: float = 0.95) -> SuccessRate:
    """Share of successes in independent runs, with Wilson's score interval.

    Args:
        successes: True or False for each run, at least one.
        confidence: how often such an interval holds the true rate, between 0 and 1.

    Returns:
        The rate with its interval, which lies in [0, 1] and has a width even for 0 successes of n.

    Raises:
        ValueError: if there are no runs, an entry is neither True nor False, or confidence is not in (0, 1).

    Source: Wilson, J. Am. Stat. Assoc. 22, 209 (1927), doi:10.1080/01621459.1927.10502953.
    """
    values = torch.as_tensor(successes)
    if values.ndim != 1 or len(values) == 0:
        raise ValueError(f"successes has shape {tuple(values.shape)}: expected one True or False per run")
    if values.dtype != torch.bool and not ((values == 0) | (values == 1)).all():
        raise ValueError(f"successes = {shown(values)}: expected True or False, or 1 or 0, for each run")
    if not 0 < number("confidence", confidence) < 1:
        raise ValueError(f"confidence = {confidence}: expected a number between 0 and 1")
    n, k = len(values), int(values.sum())
    interval = stats.binomtest(k, n).proportion_ci(confidence, method="wilson")
    return SuccessRate(k / n, float(interval.low), float(interval.high), n)


# --------------------------------------------------------------------------------------- temperatures that a run has


def temperature_from_variance(variance: Any, curvature: Any, step_size: float) -> Any:
    """The temperature at which descent in a quadratic well has this stationary variance.

    In E = k x²/2 a step multiplies x by 1 - ε k and adds noise of variance 2 ε T, so the stationary variance v solves
    v = (1 - ε k)² v + 2 ε T, which is k v (1 - ε k / 2) = T. Without the bracket this is the equipartition theorem.

    Args:
        variance: v >= 0, a number or a tensor.
        curvature: k > 0, in the same direction; a number or a tensor.
        step_size: ε > 0, below 2/k.

    Returns:
        T, a number or a tensor.

    Raises:
        ValueError: if a curvature is not positive or a step is not stable.
    """
    largest, smallest = (float(f(torch.as_tensor(curvature, dtype=torch.float64))) for f in (torch.max, torch.min))
    if not smallest > 0:
        raise ValueError(f"curvature = {smallest:g}: expected > 0, or there is no stationary variance")
    if not 0 < step_size < 2 / largest:
        raise ValueError(f"step_size = {step_size}: expected a number between 0 and 2 / curvature = {2 / largest:.6g}")
    return curvature * variance * (1 - step_size * curvature / 2)


# ----------------------------------------------------------------------------------------------------- SGD as a bath


def gradient_noise(gradients: Float[Tensor, "n p"]) -> Float[Tensor, "p p"]:
    """Covariance C of the gradients of single examples at one point of parameter space.

    The gradient of a batch of B examples, drawn with replacement, has the covariance C / B.

    Args:
        gradients: the gradient of the loss of each of all n examples.

    Returns:
        C, divided by n and not by n - 1, since the examples are the whole population that batches are drawn from.

    Raises:
        ValueError: if there are fewer than two gradients.
    """
    values = torch.as_tensor(gradients).to(torch.float64)
    if values.ndim != 2 or len(values) < 2:
        raise ValueError(f"gradients has shape {tuple(values.shape)}: expected a row for each of two or more examples")
    return torch.cov(values.T, correction=0).reshape(values.shape[1], values.shape[1])


def effective_temperature(
    noise: Float[Tensor, "p p"], step_size: float, batch_size: int, directions: Float[Tensor, "p k"] | None = None
) -> Float[Tensor, "k"]:
    """The temperature of mini-batch descent along each direction: T = ε c / (2 B), c the variance of the gradients.

    One step of SGD adds noise of variance ε² c / B, one step of thermal descent of variance 2 ε T.

    Args:
        noise: C, the covariance of the gradients of single examples.
        step_size: ε > 0, the learning rate.
        batch_size: B >= 1, drawn with replacement.
        directions: unit vectors in columns; the axes if None.

    Returns:
        T along each direction. A heat bath would have one T for all.

    Raises:
        ValueError: if step_size or batch_size is out of its range.

    Source: Mandt, Hoffman and Blei, J. Mach. Learn. Res. 18(134), 1 (2017), section 4.
    """
    positive("step_size", step_size)
    whole("batch_size", batch_size)
    noise = torch.as_tensor(noise, dtype=torch.float64)
    along = noise.diagonal() if directions is None else torch.einsum("pk,pq,qk->k", directions, noise, directions)
    return step_size / (2 * batch_size) * along


def sgd_linear_regression(
    features: Float[Tensor, "n d"],
    targets: Float[Tensor, "n"],
    weights: Float[Tensor, "n_chains d"],
    *,
    step_size: float,
    batch_size: int,
    n_steps: int,
    generator: torch.Generator,
    burn_in: int = 0,
    reshuffle: bool = False,
    progress: bool = False,
) -> Float[Tensor, "n_kept n_chains d"]:
    """Mini-batch descent on the loss |features w - targets|² / (2 n), many independent chains at once.

    Args:
        features: one row per example.
        targets: one number per example.
        weights: where the chains start.
        step_size: ε > 0, the learning rate.
        batch_size: B, from 1 to n.
        n_steps: steps in all.
        generator: source of the random numbers.
        burn_in: steps at the start that are not kept, fewer than n_steps.
        reshuffle: if False, batches are drawn with replacement; if True, each chain goes through the examples in a new
            random order in each epoch, as data loaders do (a last, shorter batch is left out).
        progress: if True, show a progress bar, on stdout.

    Returns:
        The weights after each step kept.

    Raises:
        ValueError: if an argument is out of its range.
        samplers.Diverged: if a weight stops being finite.
    """
    n = len(features)
    whole("n_steps", n_steps)
    whole("batch_size", batch_size, 1, n)
    whole("burn_in", burn_in, 0, n_steps - 1)
    w, kept = weights.detach().clone(), []
    batches = _batches(n, batch_size, len(w), generator, reshuffle)
    # Stop far below the largest number, whose square would no longer be finite.
    far = 1e100 if w.dtype == torch.float64 else 1e15
    steps = itertools.islice(batches, n_steps)
    bar = tqdm(steps, total=n_steps, disable=not progress, file=sys.stdout, unit="step", mininterval=0.2)
    for k, rows in enumerate(bar):
        x = features[rows]
        error = torch.einsum("cbd,cd->cb", x, w) - targets[rows]
        w = w - step_size / batch_size * torch.einsum("cb,cbd->cd", error, x)
        if k % 64 == 0 and not bool((w.abs() < far).all()):
            raise samplers.Diverged(k + 1, step_size, None)
        if k >= burn_in:
            kept.append(w)
    return torch.stack(kept)


def _batches(
    n: int, batch_size: int, n_chains: int, generator: torch.Generator, reshuffle: bool
) -> Iterator[Int[Tensor, "n_chains batch"]]:
    """Row numbers of the examples in each batch of each chain, without end."""
    if not reshuffle:
        while True:
            yield torch.randint(n, (n_chains, batch_size), generator=generator)
    while True:
        order = torch.rand(n_chains, n, generator=generator).argsort(1)
        for first in range(0, n - batch_size + 1, batch_size):
            yield order[:, first : first + batch_size]


def sgd_stationary_covariance(
    features: Float[Tensor, "n d"], targets: Float[Tensor, "n"], step_size: float, batch_size: int
) -> Float[Tensor, "d d"]:
    """Exact stationary covariance of SGD on a linear regression, batches drawn with replacement.

    With a = x xᵀ of an example, H its mean and v = w - w*, a step is v' = (1 - ε â) v + ε b̂: the noise depends on where
    v is. Its second moment is still linear in Σ,

        Σ = (1 - ε H) Σ (1 - ε H) + (ε²/B) (mean of a Σ a - H Σ H) + (ε²/B) C,

    with C the gradient noise at the minimum w*. Without the middle term it is the discrete Lyapunov
    equation of a noise that is the same everywhere.

    Args:
        features: one row per example.
        targets: one number per example.
        step_size: ε > 0.
        batch_size: B >= 1.

    Returns:
        Σ, of shape (d, d).

    Raises:
        ValueError: if SGD has no stationary covariance at this step and batch size.
    """
    whole("batch_size", batch_size)
    x, y = (torch.as_tensor(value).to(torch.float64) for value in (features, targets))
    n, d = x.shape
    best = torch.linalg.lstsq(x, y).solution
    h = x.T @ x / n
    c = gradient_noise((x @ best - y).unsqueeze(1) * x)
    squared = torch.einsum("ni,nj,nk,nl->ikjl", x, x, x, x).reshape(d * d, d * d) / n  # mean of a ⊗ a
    shrink = torch.eye(d, dtype=torch.float64) - step_size * h
    one_step = torch.kron(shrink, shrink) + step_size**2 / batch_size * (squared - torch.kron(h, h))
    growth = float(torch.linalg.eigvals(one_step).abs().max())
    if not growth < 1:
        raise ValueError(
            f"SGD has no stationary covariance at step_size = {step_size:g} and batch_size = {batch_size}: one step "
            f"multiplies it by {growth:.6g}, expected < 1"
        )
    rest = torch.eye(d * d, dtype=torch.float64) - one_step
    return torch.linalg.solve(rest, step_size**2 / batch_size * c.flatten()).reshape(d, d)
