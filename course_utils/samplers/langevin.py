"""Langevin samplers at one temperature for each chain, or with a schedule of temperatures."""

from collections.abc import Sequence

import torch
from jaxtyping import Float
from torch import Tensor

from course_utils import tensors
from course_utils.arguments import positive, shown, whole
from course_utils.energies import EnergyFunction, as_energy
from course_utils.samplers.kernels import Mala, Ula
from course_utils.samplers.loop import sample
from course_utils.samplers.run import Run


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
        ValueError: if an argument is wrong, before any step; a `NoFiniteStart` if the energy of an initial state is not
            finite.
        Diverged: if a state stops being finite; it names the step size that would be stable.

    Source: Parisi, Nucl. Phys. B 180, 378 (1981), doi:10.1016/0550-3213(81)90056-0; Roberts and Tweedie, Bernoulli 2,
        341 (1996), doi:10.2307/3318418, section 1.4.1.
    """
    whole("n_steps", n_steps)
    kernel = Ula(energy, x, step_size, temperature, generator)
    return sample(kernel, n_steps, burn_in, thin, keep, progress).run(temperature)


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
        temperature: T > 0; one number, or one per chain.
        burn_in: steps at the start that are neither kept nor counted in `acceptance`.
        step_size, n_steps, generator, thin, keep, progress: as for `ula`.

    Returns:
        The run.

    Raises:
        ValueError: if an argument is wrong, before any step.

    Source: Besag, J. R. Stat. Soc. B 56, 591 (1994); Roberts and Tweedie, Bernoulli 2, 341 (1996), doi:10.2307/3318418,
        section 1.4.2; the acceptance 0.574: Roberts and Rosenthal, J. R. Stat. Soc. B 60, 255 (1998),
        doi:10.1111/1467-9868.00123.
    """
    whole("n_steps", n_steps)
    kernel = Mala(energy, x, step_size, temperature, generator)
    return sample(kernel, n_steps, burn_in, thin, keep, progress).run(temperature)


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
        energy, x, generator: as for `ula`.
        step_size: ε > 0.
        temperatures: T >= 0 of each step; their number is the number of steps. With a second axis, each chain has a
            schedule of its own.
        thin, keep, progress: as for `ula`, without a burn-in.

    Returns:
        The run; the temperatures of the states kept are `run.temperature[run.steps - 1]`.

    Raises:
        ValueError: if an argument is wrong, before any step.
        Diverged: if a state stops being finite.

    Source: Kirkpatrick, Gelatt and Vecchi, Science 220, 671 (1983), doi:10.1126/science.220.4598.671; with Langevin
        steps: Gelfand and Mitter, SIAM J. Control Optim. 29, 999 (1991), doi:10.1137/0329055.
    """
    schedule = tensors.float64("temperatures", temperatures)
    wanted = (1,) if schedule.ndim == 1 else (2, len(tensors.states(x)))
    if (schedule.ndim, *schedule.shape[1:]) != wanted or len(schedule) == 0 or (schedule < 0).any():
        raise ValueError(
            f"temperatures = {shown(temperatures)}: expected numbers >= 0, one for each step, or one row for each step "
            "with one column for each chain"
        )
    kernel = Ula(energy, x, positive("step_size", step_size), schedule.max().item(), generator, schedule=schedule)
    return sample(kernel, len(schedule), 0, thin, keep, progress).run(schedule)


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
