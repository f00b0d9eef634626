"""Samplers of p(x) ∝ exp(-E(x)/T) that need only E and its gradient, for many chains at once.

    g = torch.Generator().manual_seed(0)
    run = ula(DoubleWell(), torch.zeros(100), step_size=0.01, n_steps=1000, generator=g)
    run.x.shape, run.trajectory.shape, run.energy.shape       # (100,), (1000, 100), (1000, 100)

Convention, everywhere: one step of size ε at temperature T is

    x' = x - ε ∇E(x) + sqrt(2 ε T) ξ,    ξ ~ N(0, 1) in each coordinate.

Some texts call ε/2 what is ε here, and write x - (ε/2) ∇E + sqrt(ε) ξ; then their ε is twice ours.

Conventions, the same for all samplers:

- `x` holds one state per chain: shape (n_chains,) in one dimension, (n_chains, dim) or (n_chains, ...) otherwise.
  `energy(x)` returns one energy per chain. Any callable will do; an `energies.Energy` supplies its own gradient, for
  any other it comes from automatic differentiation.
- Random numbers come from the `torch.Generator` that is passed in; the same seed gives the same run.
- The input is never modified; results have the dtype and the device of `x`.
"""

import itertools
import math
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
from jaxtyping import Float, Int
from torch import Tensor
from tqdm import tqdm

from course_utils import arguments, tensors
from course_utils.arguments import choice, shown, whole
from course_utils.energies import Energy, EnergyFunction, KnownEnergy, as_energy, differentiate

__all__ = ["Diverged", "Run", "annealed", "gradient", "mala", "replica_exchange", "stable_step_size", "ula"]

_BLOCK = 64
"""Steps between two looks at whether all states are finite. A look costs about two of the cheapest steps."""

_FRAME_ENTRIES = 1 << 20
"""Numbers of a trajectory whose energy is computed in one call: 4 MB in float32."""


class Diverged(ArithmeticError):
    """A chain left the numbers: its step is too large for the curvature that it met.

    Attributes:
        step: the step, counted from 1, after which a state was no longer finite.
        step_size: ε of that chain.
        stable: the step size below which the chains would be stable, or None if no estimate was possible.
    """

    def __init__(self, step: int, step_size: float, stable: float | None) -> None:
        self.step, self.step_size, self.stable = step, step_size, stable
        if stable is None:
            advice = "Try a smaller one"
        elif stable > step_size:  # curvature grows with the distance, and a rare large step met it
            advice = (
                f"Near the start a step below {stable:.3g} is stable, but a chain got to where the energy is steeper: "
                f"try {step_size / 4:.3g}, or mala, which rejects such moves"
            )
        else:
            advice = f"A step below {stable:.3g} is stable here: 2 / (largest curvature of E near the start)"
        super().__init__(
            f"a state stopped being finite at step {step}: step_size = {step_size:.6g} is too large for this energy. "
            f"{advice}."
        )

    def __reduce__(self) -> tuple[type, tuple[int, float, float | None]]:
        return type(self), (self.step, self.step_size, self.stable)


@dataclass(frozen=True)
class Run:
    """What a sampler returns.

    Attributes:
        x: the final states, in the shape of the initial ones.
        trajectory: the states kept, first axis in order of time; None with `keep=False`. The initial states are not
            in it.
        energy: the energies of the states kept; None with `keep=False`.
        steps: the number, counted from 1, of the step after which each state was kept; None with `keep=False`.
        acceptance: for each chain the share of proposals accepted after the burn-in; None for a sampler that accepts
            all.
        temperature: T, as it was passed in; for `annealed` the schedule, one for each step (and chain).
        step_size: ε, as it was passed in.
        swap_acceptance: for each pair of neighbouring temperatures the share of swaps accepted; None except for
            `replica_exchange`.
    """

    x: Float[Tensor, "*states"]
    trajectory: Float[Tensor, "n_kept *states"] | None
    energy: Float[Tensor, "n_kept *chains"] | None
    steps: Int[Tensor, "n_kept"] | None
    acceptance: Float[Tensor, "*chains"] | None
    temperature: float | Float[Tensor, "..."]
    step_size: float | Sequence[float] | Float[Tensor, "..."]
    swap_acceptance: Float[Tensor, "n_pairs"] | None = None


def ula(
    energy: EnergyFunction,
    x: Float[Tensor, "n_chains *dim"],
    *,
    step_size: float | Float[Tensor, "n_chains"],
    n_steps: int,
    temperature: float | Float[Tensor, "n_chains"] = 1.0,
    generator: torch.Generator,
    burn_in: int = 0,
    thin: int = 1,
    keep: bool = True,
    progress: bool = False,
) -> Run:
    """Unadjusted Langevin algorithm: every step x' = x - ε ∇E(x) + sqrt(2 ε T) ξ is taken.

    Its stationary law is near p, not p: for E = x²/2 the variance is T / (1 - ε/2), exact for 0 < ε < 2.

    Args:
        energy: E, one value per chain.
        x: initial states.
        step_size: ε > 0; one number, or one per chain.
        n_steps: steps in all, the burn-in included.
        temperature: T >= 0; one number, or one per chain. T = 0 is plain gradient descent.
        generator: source of the random numbers, on the device of x.
        burn_in: steps at the start that are not kept, fewer than n_steps.
        thin: after the burn-in every thin-th state is kept, (n_steps - burn_in) // thin in all.
        keep: if False, no trajectory is stored, and memory does not grow with n_steps.
        progress: if True, show a progress bar, on stdout.

    Returns:
        The run, without `acceptance`.

    Raises:
        ValueError: if an argument is wrong, before any step.
        Diverged: if a state stops being finite; it names the step size that would be stable.

    Source: Parisi, Nucl. Phys. B 180, 378 (1981), doi:10.1016/0550-3213(81)90056-0; Roberts and Tweedie, Bernoulli 2,
        341 (1996), doi:10.2307/3318418, section 1.4.1.
    """
    whole("n_steps", n_steps)
    target, kernel = _start(_Ula, energy, x, step_size, temperature, generator, zero=True)
    store = _Store(target, kernel, n_steps, burn_in, thin, keep)
    _advance(kernel, store, n_steps, progress)
    return store.run(temperature, step_size)


def mala(
    energy: EnergyFunction,
    x: Float[Tensor, "n_chains *dim"],
    *,
    step_size: float | Float[Tensor, "n_chains"],
    n_steps: int,
    temperature: float | Float[Tensor, "n_chains"] = 1.0,
    generator: torch.Generator,
    burn_in: int = 0,
    thin: int = 1,
    keep: bool = True,
    progress: bool = False,
) -> Run:
    """Metropolis-adjusted Langevin algorithm: the step of `ula` is a proposal y, accepted with probability

        min(1, exp(-(E(y) - E(x))/T) q(x|y) / q(y|x)),    q(y|x) = N(y; x - ε ∇E(x), 2 ε T).

    A chain that rejects stays where it is, and that state counts again. The stationary law is p exactly. In many
    dimensions mixing is best where about 0.574 of the proposals are accepted; in one or two dimensions the best step
    accepts more.

    A step that is too large does not diverge here: proposals are then rejected, and `acceptance` says so.

    Args:
        energy: E, one value per chain; +inf forbids a state.
        x: initial states, of finite energy.
        step_size: ε > 0; one number, or one per chain.
        n_steps: steps in all, the burn-in included.
        temperature: T > 0; one number, or one per chain.
        generator: source of the random numbers, on the device of x.
        burn_in: steps at the start that are neither kept nor counted in `acceptance`, fewer than n_steps.
        thin: after the burn-in every thin-th state is kept, (n_steps - burn_in) // thin in all.
        keep: if False, no trajectory is stored, and memory does not grow with n_steps.
        progress: if True, show a progress bar, on stdout.

    Returns:
        The run.

    Raises:
        ValueError: if an argument is wrong, before any step.

    Source: Besag, J. R. Stat. Soc. B 56, 591 (1994); Roberts and Tweedie, Bernoulli 2, 341 (1996), doi:10.2307/3318418,
        section 1.4.2; the acceptance 0.574: Roberts and Rosenthal, J. R. Stat. Soc. B 60, 255 (1998),
        doi:10.1111/1467-9868.00123.
    """
    whole("n_steps", n_steps)
    target, kernel = _start(_Mala, energy, x, step_size, temperature, generator)
    store = _Store(target, kernel, n_steps, burn_in, thin, keep)
    _advance(kernel, store, n_steps, progress)
    return store.run(temperature, step_size)


def annealed(
    energy: EnergyFunction,
    x: Float[Tensor, "n_chains *dim"],
    *,
    step_size: float,
    temperatures: Sequence[float] | Float[Tensor, "n_steps"] | Float[Tensor, "n_steps n_chains"],
    generator: torch.Generator,
    thin: int = 1,
    keep: bool = True,
    progress: bool = False,
) -> Run:
    """`ula` whose temperature follows a schedule: step k is taken at temperatures[k].

    With a slow enough fall to 0 the chains end in deep minima (simulated annealing). A schedule that ends at T > 0 ends
    near p at that T if it was slow compared with the time a chain needs to cross barriers, and not otherwise.

    Args:
        energy: E, one value per chain.
        x: initial states.
        step_size: ε > 0.
        temperatures: T >= 0 of each step; their number is the number of steps. With a second axis, each chain has a
            schedule of its own.
        generator: source of the random numbers, on the device of x.
        thin: every thin-th state is kept.
        keep: if False, no trajectory is stored.
        progress: if True, show a progress bar, on stdout.

    Returns:
        The run; the temperatures of the states kept are `run.temperature[run.steps - 1]`.

    Raises:
        ValueError: if an argument is wrong, before any step.
        Diverged: if a state stops being finite.

    Source: Kirkpatrick, Gelatt and Vecchi, Science 220, 671 (1983), doi:10.1126/science.220.4598.671; with Langevin
        steps: Gelfand and Mitter, SIAM J. Control Optim. 29, 999 (1991), doi:10.1137/0329055.
    """
    if isinstance(step_size, Tensor) and step_size.ndim:
        raise ValueError(f"step_size has shape {tuple(step_size.shape)}: expected one number for an annealed run")
    per_chain = isinstance(temperatures, Tensor) and temperatures.ndim == 2
    if per_chain:
        schedule = _schedules(temperatures, x)
        target, kernel = _start(_Ula, energy, x, step_size, schedule.max().item(), generator, zero=True)
        axes = (*schedule.shape, *[1] * (x.ndim - 1))
        kernel.sigmas = (2 * kernel.step_size * schedule).sqrt().to(x).reshape(axes)
    else:
        schedule = _schedule(temperatures)
        target, kernel = _start(_Ula, energy, x, step_size, max(schedule), generator, zero=True)
        kernel.sigmas = [math.sqrt(2 * kernel.step_size * temperature) for temperature in schedule]
    store = _Store(target, kernel, len(schedule), 0, thin, keep)
    _advance(kernel, store, len(schedule), progress)
    return store.run(torch.as_tensor(schedule, dtype=torch.float64), step_size)


def replica_exchange(
    energy: EnergyFunction,
    x: Float[Tensor, "n_temperatures n_chains *dim"],
    *,
    step_sizes: float | Sequence[float] | Float[Tensor, "n_temperatures"],
    temperatures: Sequence[float] | Float[Tensor, "n_temperatures"],
    n_steps: int,
    swap_every: int,
    generator: torch.Generator,
    method: str = "mala",
    burn_in: int = 0,
    thin: int = 1,
    keep: bool = True,
    progress: bool = False,
) -> Run:
    """Replica exchange (parallel tempering): chains at several temperatures that now and then trade their states.

    After every `swap_every` steps, states i and j of neighbouring temperatures are exchanged with probability

        min(1, exp((1/T_i - 1/T_j) (E_i - E_j))),

    pairs (0, 1), (2, 3), ... and pairs (1, 2), (3, 4), ... in turn. Each temperature keeps its own exact law, and cold
    chains get states that hot chains have carried over the barriers. Swaps are exact for `method="mala"`; with "ula"
    each temperature has the bias of its step size.

    Args:
        energy: E; it is called with states of shape (n_temperatures * n_chains, ...).
        x: initial states, one row per temperature; columns are independent sets of chains.
        step_sizes: ε > 0; one number, or one per temperature.
        temperatures: T > 0 of each row, rising or falling, at least two.
        n_steps: steps in all, the burn-in included.
        swap_every: steps between two attempts to swap.
        generator: source of the random numbers, on the device of x.
        method: "mala" or "ula", the sampler between swaps.
        burn_in: steps at the start that are neither kept nor counted, fewer than n_steps.
        thin: after the burn-in every thin-th state is kept, (n_steps - burn_in) // thin in all.
        keep: if False, no trajectory is stored.
        progress: if True, show a progress bar, on stdout.

    Returns:
        The run. `trajectory` has shape (n_kept, n_temperatures, n_chains, ...): row i is always at temperature i.
        `acceptance` has shape (n_temperatures, n_chains), None for "ula".

    Raises:
        ValueError: if an argument is wrong, before any step.
        Diverged: for "ula", if a state stops being finite.

    Source: Swendsen and Wang, Phys. Rev. Lett. 57, 2607 (1986), doi:10.1103/PhysRevLett.57.2607; Geyer, Computing
        Science and Statistics 23, 156 (1991).
    """
    whole("n_steps", n_steps)
    whole("swap_every", swap_every)
    choice("method", method, ("mala", "ula"))
    ladder = _schedule(temperatures)
    rises = [b - a for a, b in itertools.pairwise(ladder)]
    if not rises or not (min(rises) > 0 or max(rises) < 0) or min(ladder) <= 0:
        raise ValueError(f"temperatures = {ladder}: expected two or more positive numbers that rise or fall")
    if tensors.floats("x", x).ndim < 2 or x.shape[0] != len(ladder):
        raise ValueError(f"x has shape {tuple(x.shape)}: expected one row for each of the {len(ladder)} temperatures")
    steps = tensors.float64("step_sizes", step_sizes)
    if steps.shape not in {(), (len(ladder),)}:
        raise ValueError(
            f"step_sizes = {shown(step_sizes)}: expected one number, or {len(ladder)}, one per temperature"
        )
    rows = x.shape[:2]
    each = torch.ones(rows, dtype=x.dtype, device=x.device)
    per_row = torch.tensor(ladder, dtype=torch.float64).to(each)[:, None]
    target, kernel = _start(
        _Mala if method == "mala" else _Ula,
        energy,
        x.flatten(0, 1),
        (each * steps.to(each).reshape(-1, 1)).flatten(),
        (each * per_row).flatten(),
        generator,
    )
    swap = _Swap(kernel, per_row, rows, swap_every, burn_in)
    store = _Store(target, kernel, n_steps, burn_in, thin, keep)
    _advance(kernel, store, n_steps, progress, swap)
    return store.run(torch.tensor(ladder, dtype=torch.float64), step_sizes, rows, swap.acceptance())


def gradient(energy: EnergyFunction, x: Float[Tensor, "n_chains *dim"]) -> Float[Tensor, "n_chains *dim"]:
    """dE/dx of each chain: that of an `energies.Energy` is its own, any other comes from automatic differentiation.

    Args:
        energy: E, one value per chain.
        x: states.

    Returns:
        The gradient, in the shape of x. The score of p at T = 1 is minus this.

    Raises:
        ValueError: if x is not a tensor of floating-point numbers, or E(x) has no derivative that autograd can follow.
    """
    return as_energy(energy).grad(tensors.states(x))


def stable_step_size(energy: EnergyFunction, x: Float[Tensor, "n_chains *dim"], *, temperature: float = 0.0) -> float:
    """The step size below which a Langevin step is stable near x: 2 / (largest eigenvalue of the Hessian of E).

    In a quadratic well of curvature k a step multiplies the distance from the minimum by 1 - ε k, which shrinks it only
    for ε < 2/k. The curvature is measured at x and on the way down from x into the wells, with Hessian-vector products:
    all eigenvalues for up to 16 coordinates, power iteration for more. At T > 0 the surroundings of that way count too.
    A chain that travels elsewhere can meet a larger curvature.

    A bounded force hides the instability: on `Rastrigin` a step too large by a factor of two gives no infinite number
    but a wrong distribution. So ask this function before you trust an unadjusted run.

    Args:
        energy: E, one value per chain, twice differentiable by autograd.
        x: states; of more than 64 chains, 64 are used.
        temperature: T >= 0 at which the surroundings of the path are looked at.

    Returns:
        The largest stable ε, inf if E is curved upwards nowhere on the way.

    Raises:
        ValueError: if x or the energy is wrong.

    Source: Golub and Van Loan, Matrix Computations (4th ed., 2013), section 7.3, for power iteration.
    """
    tensors.states(x)
    temperature = arguments.temperature(temperature, zero=True)
    target = as_energy(energy)
    generator = torch.Generator(x.device).manual_seed(0)  # of its own: the answer depends on the arguments only
    x = x.detach().contiguous()
    x = x[torch.linspace(0, len(x) - 1, min(len(x), 64)).round().long().to(x.device)]
    axes = (-1, *[1] * (x.ndim - 1))
    largest, steepest = 0.0, torch.full_like(x[(..., *[0] * (x.ndim - 1))], 1e-30)
    for round_ in range(_ROUNDS):
        top, size = _curvatures(target, x, generator)
        largest = max(largest, top[torch.isfinite(top)].max().item() if torch.isfinite(top).any() else 0.0)
        steepest = torch.maximum(steepest, size.nan_to_num(1e30, 1e30))
        if round_ == 0:  # off the tops of barriers, where the force vanishes
            x = torch.where((top <= 0).reshape(axes), x + 0.01 * (1 + x.abs()) * _normal(x, generator), x)
        value, slope = (part.detach() for part in target.energy_and_grad(x))
        fall = (slope**2).reshape(len(x), -1).sum(1)
        # 1 / curvature would go to the bottom of a parabola at once. Half of that does not overshoot where curvature
        # rises on the way, and halving it until E falls as it should keeps it from jumping over a well.
        ε = 0.5 / steepest
        for _ in range(40):
            moved = x - ε.reshape(axes) * slope
            too_far = ~(target.energy(moved) <= value - 0.25 * ε * fall)
            if not too_far.any():
                break
            ε = torch.where(too_far, ε / 2, ε)
        moved = moved + (temperature / steepest).sqrt().reshape(axes) * _normal(x, generator)
        x = torch.where(torch.isfinite(moved), moved, x)
    return 2 / largest if largest > 0 else math.inf


_ROUNDS = 16
"""Steps of descent of `stable_step_size`: off the top of a barrier, where each grows the distance by half, they go 657
times as far as the kick."""

_FULL_HESSIAN = 16
"""Coordinates up to which all eigenvalues of the Hessian are computed."""


def _normal(like: Tensor, generator: torch.Generator) -> Tensor:
    return torch.empty_like(like).normal_(generator=generator)


def _curvatures(target: Energy, x: Tensor, generator: torch.Generator) -> tuple[Tensor, Tensor]:
    """Per chain, the largest eigenvalue of the Hessian and the largest absolute value of an eigenvalue."""
    axes = tuple(range(1, x.ndim))

    def dot(a: Tensor, b: Tensor) -> Tensor:
        return (a * b).sum(axes, keepdim=True) if axes else a * b

    with torch.enable_grad():
        leaf = x.detach().requires_grad_(True)
        slope = differentiate(target.energy, leaf, graph=True)[1]

        def product(v: Tensor) -> Tensor:
            if not slope.requires_grad:  # E is linear in x
                return torch.zeros_like(v)
            return torch.autograd.grad(slope, leaf, v, retain_graph=True, materialize_grads=True)[0]

        if not axes or (n := math.prod(x.shape[1:])) <= _FULL_HESSIAN:
            if axes:
                rows = torch.eye(n, dtype=x.dtype, device=x.device).reshape(n, 1, *x.shape[1:])
                hessian = torch.stack([product(row.expand_as(x)).reshape(len(x), n) for row in rows], dim=1)
                values = torch.linalg.eigvalsh(hessian.nan_to_num(0.0, 0.0, 0.0))
            else:
                values = product(torch.ones_like(x))[:, None]
            return values.amax(1).detach(), values.abs().amax(1).detach()

        def iterate(shift: Tensor | float, n: int) -> tuple[Tensor, Tensor]:
            v = _normal(x, generator)
            for _ in range(n):
                v = v / dot(v, v).sqrt().clamp(min=1e-30)
                image = product(v)
                v, old = image + shift * v, v
            return dot(old, image), dot(image, image).sqrt()

        top, size = iterate(0.0, 12)
        top, _ = iterate(1.01 * size, 24)  # shifted, all eigenvalues are positive, and the largest of them wins
    return top.detach().flatten(), torch.maximum(size, top.abs()).detach().flatten()


class _Ula:
    """One unadjusted step, in place. Plain numbers are used where all chains share them: that is faster."""

    accepted: Tensor | None = None
    energies: Tensor | None = None
    sigmas: list[float] | Tensor | None = None
    """Size of the noise at each step, where the temperature follows a schedule; as a tensor, one row per step."""

    def __init__(self, target: Energy, x: Tensor, step_size: Any, temperature: Any, generator: torch.Generator):
        self.target, self.generator = target, generator
        self.x = x.detach().clone(memory_format=torch.contiguous_format)
        self.step_size, self.temperature = step_size, temperature
        self.shared = not isinstance(step_size, Tensor) and not isinstance(temperature, Tensor)
        self.noise = torch.empty_like(self.x)
        sigma = 2 * step_size * temperature
        self.sigma = sigma.sqrt() if isinstance(sigma, Tensor) else math.sqrt(sigma)
        if not self.shared:  # as tensors, shaped to multiply a state
            axes = (-1, *[1] * (x.ndim - 1))
            as_tensor = torch.ones(len(x), dtype=x.dtype, device=x.device)
            self.ε = (as_tensor * step_size).reshape(axes)
            self.sigma = (as_tensor * self.sigma).reshape(axes)

    def begin(self, energies: Tensor, slope: Tensor) -> None:
        """Take over energy and gradient of the initial states, which have been computed already."""

    def step(self, number: int) -> None:
        x, slope = self.x, self.target.gradient(self.x)
        self.noise.normal_(generator=self.generator)
        if self.shared:
            sigma = self.sigma if self.sigmas is None else self.sigmas[number - 1]
            x.add_(slope, alpha=-self.step_size)
            if isinstance(sigma, Tensor):
                x.addcmul_(self.noise, sigma)
            else:
                x.add_(self.noise, alpha=sigma)
        else:
            x.addcmul_(slope, self.ε, value=-1).addcmul_(self.noise, self.sigma)

    def exchange(self, order: Tensor) -> None:
        """Chain k takes the state of chain order[k]."""
        self.x.copy_(self.x[order])

    def current_energies(self) -> Tensor:
        return self.target.energy(self.x)


class _Mala(_Ula):
    """One adjusted step. Energy and gradient of the present states are carried along."""

    def __init__(self, target: Energy, x: Tensor, step_size: Any, temperature: Any, generator: torch.Generator):
        super().__init__(target, x, step_size, temperature, generator)
        # No step changes a tensor that an energy has returned in place: it may be the energy's own, or its argument.
        self.energies, self.slope = x.new_empty(len(x)), torch.empty_like(x)
        self.inner = tuple(range(1, x.ndim))
        self.per_chain_temperature = torch.as_tensor(temperature, dtype=x.dtype, device=x.device)
        self.uniform = torch.empty_like(self.energies)
        self.accepted = torch.zeros_like(self.energies)
        # Drift in units of the noise, ε / sigma = sqrt(ε / (2 T)).
        self.drift = self.ε / self.sigma if not self.shared else step_size / self.sigma

    def begin(self, energies: Tensor, slope: Tensor) -> None:
        self.energies, self.slope = energies.detach(), slope.detach()

    def step(self, number: int) -> None:
        x, noise = self.x, self.noise.normal_(generator=self.generator)
        if self.shared:
            y = torch.add(x, self.slope, alpha=-self.step_size).add_(noise, alpha=self.sigma)
        else:
            y = torch.addcmul(x, self.slope, self.ε, value=-1).addcmul_(noise, self.sigma)
        value, slope = self.target.energy_and_grad(y)
        # The way back needs the noise a - ξ with a = (ε / sigma) (∇E(x) + ∇E(y)), so that
        # log q(x|y) - log q(y|x) = (|ξ|² - |a - ξ|²) / 2 = a · (ξ - a/2), which subtracts no large numbers.
        a = torch.add(self.slope, slope).mul_(self.drift)
        log_ratio = noise.sub_(a, alpha=0.5).mul_(a)
        if self.inner:
            log_ratio = log_ratio.sum(self.inner)
        log_ratio = log_ratio.addcdiv(self.energies - value, self.per_chain_temperature)
        # The comparison is False for NaN, so that a y of undefined energy is refused.
        accept = self.uniform.uniform_(generator=self.generator).log_() < log_ratio
        self.accepted += accept
        self.energies = torch.where(accept, value, self.energies)
        if self.inner:
            accept = accept.reshape(-1, *[1] * len(self.inner))
        self.x = torch.where(accept, y, x)
        self.slope = torch.where(accept, slope, self.slope)

    def exchange(self, order: Tensor) -> None:
        self.x, self.slope, self.energies = self.x[order], self.slope[order], self.energies[order]

    def current_energies(self) -> Tensor:
        return self.energies


class _Swap:
    """The exchange of states between neighbouring temperatures."""

    def __init__(self, kernel: _Ula, per_row: Tensor, rows: tuple[int, int], every: int, burn_in: int) -> None:
        self.kernel, self.rows, self.every, self.burn_in = kernel, rows, every, burn_in
        self.generator = kernel.generator
        self.gap = 1 / per_row[:-1] - 1 / per_row[1:]
        self.numbers = torch.arange(rows[0] * rows[1], device=per_row.device).reshape(rows)
        self.accepted = torch.zeros(rows[0] - 1, dtype=torch.float64, device=per_row.device)
        self.tried = [0] * (rows[0] - 1)

    def __call__(self, number: int) -> None:
        if number % self.every:
            return
        n_pairs = self.rows[0] - 1
        lower = slice((number // self.every - 1) % min(2, n_pairs), n_pairs, 2)
        value = self.kernel.current_energies().reshape(self.rows)
        log_ratio = (self.gap * (value[:-1] - value[1:]))[lower]
        accept = torch.empty_like(log_ratio).uniform_(generator=self.generator).log_() < log_ratio
        first, second = self.numbers[:-1][lower], self.numbers[1:][lower]
        order = self.numbers.clone()
        order[:-1][lower] = torch.where(accept, second, first)
        order[1:][lower] = torch.where(accept, first, second)
        self.kernel.exchange(order.flatten())
        if number > self.burn_in:
            self.accepted[lower] += accept.sum(1)
            for i in range(lower.start, lower.stop, 2):
                self.tried[i] += self.rows[1]

    def acceptance(self) -> Tensor:
        return self.accepted / torch.tensor(self.tried, device=self.accepted.device)  # NaN for a pair never tried


class _Store:
    """What is kept of a run."""

    def __init__(self, target: Energy, kernel: _Ula, n_steps: int, burn_in: int, thin: int, keep: bool) -> None:
        whole("burn_in", burn_in, 0, n_steps - 1)
        whole("thin", thin)
        if keep and thin > n_steps - burn_in:
            raise ValueError(f"thin = {thin}: expected at most {n_steps - burn_in}, the steps after the burn-in")
        self.target, self.kernel, self.burn_in, self.thin = target, kernel, burn_in, thin
        self.n_counted = n_steps - burn_in
        self.states: Tensor | None = None
        self.values: Tensor | None = None
        if keep:
            n_kept = self.n_counted // thin
            self.states = kernel.x.new_empty((n_kept, *kernel.x.shape))
            if kernel.energies is not None or not isinstance(
                target, KnownEnergy
            ):  # that takes a trajectory in one call
                self.values = kernel.x.new_empty((n_kept, len(kernel.x)))

    def add(self, number: int) -> None:
        """Keep the states after this step if it is their turn."""
        after = number - self.burn_in
        if after == 0 and self.kernel.accepted is not None:
            self.kernel.accepted.zero_()
        if self.states is not None and after > 0 and after % self.thin == 0:
            index = after // self.thin - 1
            self.states[index] = self.kernel.x
            if self.values is not None:
                self.values[index] = self.kernel.current_energies()

    def run(self, temperature: Any, step_size: Any, rows: tuple[int, int] | None = None, swaps: Any = None) -> Run:
        x, states, values, accepted, steps = self.kernel.x, self.states, self.values, self.kernel.accepted, None
        if states is not None:
            at_once = max(1, _FRAME_ENTRIES // max(1, x.numel()))
            if values is None:
                values = torch.cat([self.target.energy(part) for part in states.split(at_once)])
            steps = self.burn_in + self.thin * torch.arange(1, len(states) + 1)
        if accepted is not None:
            accepted = accepted / self.n_counted
        if rows is not None:
            x = x.unflatten(0, rows)
            states, values = (None if kept is None else kept.unflatten(1, rows) for kept in (states, values))
            accepted = None if accepted is None else accepted.unflatten(0, rows)
        return Run(x, states, values, steps, accepted, temperature, step_size, swaps)


@torch.no_grad()
def _advance(kernel: _Ula, store: _Store, n_steps: int, progress: bool, swap: _Swap | None = None) -> None:
    """Take all steps; look in between whether the states are still finite, and if not, at which step that began."""

    def take(number: int) -> None:
        kernel.step(number)
        if swap is not None:
            swap(number)

    can_diverge = kernel.accepted is None
    start, first = kernel.x.clone(), kernel.x.clone()
    with tqdm(total=n_steps, disable=not progress, file=sys.stdout, unit="step", mininterval=0.2) as bar:
        for done in range(0, n_steps, _BLOCK):
            block = range(done + 1, min(done + _BLOCK, n_steps) + 1)
            if can_diverge:
                first.copy_(kernel.x)
                random_state = kernel.generator.get_state()
            for number in block:
                take(number)
                store.add(number)
            if can_diverge and not torch.isfinite(kernel.x).all():
                kernel.x.copy_(first)
                kernel.generator.set_state(random_state)
                for number in block:  # the same steps once more, now looking at each
                    take(number)
                    if not torch.isfinite(kernel.x).all():
                        break
                raise _diverged(kernel, number, start)
            bar.update(len(block))


def _diverged(kernel: _Ula, number: int, start: Tensor) -> Diverged:
    chain = int((~torch.isfinite(kernel.x)).reshape(len(start), -1).any(1).int().argmax())
    of_chain = [
        float(value[chain] if isinstance(value, Tensor) else value) for value in (kernel.step_size, kernel.temperature)
    ]
    try:
        stable = stable_step_size(kernel.target.energy, start, temperature=of_chain[1])
    except (RuntimeError, ValueError):  # no second derivative to be had: say what is known
        stable = None
    return Diverged(number, of_chain[0], stable)


def _start(
    kind: type[_Ula], energy: Any, x: Any, step_size: Any, temperature: Any, generator: Any, zero: bool = False
) -> tuple[Energy, Any]:
    """Check everything that can be wrong, and make the kernel."""
    tensors.states(x)
    target = as_energy(energy)
    if not torch.isfinite(x).all():
        raise ValueError(f"x = {shown(x)}: expected finite numbers; {int((~torch.isfinite(x)).sum())} are not")
    tensors.generator(generator, x.device)
    step_size = tensors.per_chain("step_size", step_size, x)
    temperature = tensors.per_chain("temperature", temperature, x, zero=zero)
    with torch.no_grad():
        value, slope = target.energy_and_grad(x.detach())
        if value.shape != x.shape[:1]:
            got, wanted = tuple(value.shape), tuple(x.shape[:1])
            raise ValueError(f"energy(x) has shape {got}: expected one value per chain, shape {wanted}")
        if not torch.isfinite(value).all():
            n_bad = int((~torch.isfinite(value)).sum())
            raise ValueError(f"energy(x) is not finite in {n_bad} of {len(x)} chains: expected a finite start")
        if slope.shape != x.shape:
            raise ValueError(f"energy.grad(x) has shape {tuple(slope.shape)}: expected that of x, {tuple(x.shape)}")
        kernel = kind(target, x, step_size, temperature, generator)
        kernel.begin(value, slope)
        return target, kernel


def _schedule(temperatures: Any) -> list[float]:
    values = tensors.float64("temperatures", temperatures)
    if values.ndim != 1 or len(values) == 0 or (values < 0).any():
        raise ValueError(f"temperatures = {shown(temperatures)}: expected a sequence of numbers >= 0")
    return values.tolist()


def _schedules(temperatures: Tensor, x: Any) -> Float[Tensor, "n_steps n_chains"]:
    """A schedule for each chain."""
    tensors.states(x)
    if temperatures.shape[0] == 0 or temperatures.shape[1] != len(x):
        raise ValueError(
            f"temperatures has shape {tuple(temperatures.shape)}: expected one row per step and one column for each of "
            f"the {len(x)} chains"
        )
    if not (temperatures.isfinite() & (temperatures >= 0)).all():
        raise ValueError(f"temperatures = {shown(temperatures)}: expected finite numbers >= 0")
    return temperatures.detach().to(torch.float64)
