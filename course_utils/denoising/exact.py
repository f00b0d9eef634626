"""Denoising machines on a few spins, where the law after any number of sweeps is computed and nothing is drawn.

A table has a number for each of the 2^n states, in the order of `lattice.exact.ising_states`: in state k, spin i is +1
if bit i of k is 1. A *law* is a table of probabilities, an *energy* one of energies at T = 1. Both may have more axes
in front.
"""

import math
from collections.abc import Sequence

import numpy as np
from jaxtyping import Bool, Float, Int
from scipy.optimize import minimize

from ..arguments import array, choice, number, whole
from ..lattice.exact import ising_states

MAX_SPINS = 10
"""A table of pairs of states has 4^n entries."""


def n_spins(table: Float[np.ndarray, "*batch states"]) -> int:
    """How many spins a table is for.

    Raises:
        ValueError: if the last axis is not 2^n for n from 1 to 10.
    """
    n = int(table.shape[-1]).bit_length() - 1
    if not 1 <= n <= MAX_SPINS or table.shape[-1] != 1 << n:
        raise ValueError(f"a table of {table.shape[-1]} numbers: expected 2^n for n = 1 to {MAX_SPINS}")
    return n


def uniform(n: int) -> Float[np.ndarray, "states"]:
    """The law of n spins that know nothing."""
    return np.full(1 << whole("n", n, 1, MAX_SPINS), 2.0**-n)


def planted(patterns: Int[np.ndarray, "modes n"], weights: Sequence[float], flip: float) -> Float[np.ndarray, "states"]:
    """A law with planted modes: choose a pattern, then turn each of its spins with a small probability.

    Args:
        patterns: one a row, of -1 and +1.
        weights: of the patterns; they are divided by their sum.
        flip: probability with which a spin is turned, 0 < flip <= 1/2.

    Raises:
        ValueError: if a weight is negative, or flip is not in its range.
    """
    flip = number("flip", flip, 0, 0.5, above=True)
    share = array("weights", weights, [(len(patterns),)], 0.0)
    states = ising_states(whole("spins of a pattern", patterns.shape[1], 1, MAX_SPINS))
    turned = (states[None] != patterns[:, None]).sum(-1)
    each = flip**turned * (1 - flip) ** (patterns.shape[1] - turned)
    return share / share.sum() @ each


def two_modes(flip: float, n: int = 6) -> Float[np.ndarray, "states"]:
    """All spins up with weight 0.8, all down with 0.2, and each spin turned with probability `flip`."""
    up = np.ones((1, whole("n", n, 1, MAX_SPINS)), int)
    return planted(np.concatenate([up, -up]), [0.8, 0.2], flip)


def add_noise(law: Float[np.ndarray, "*batch states"], flip: float) -> Float[np.ndarray, "*batch states"]:
    """The law after every spin has been turned with probability `flip`, from 0 to 1/2, independently of the others."""
    flip, states = number("flip", flip, 0, 0.5), np.arange(law.shape[-1])
    for i in range(n_spins(law)):
        law = (1 - flip) * law + flip * law[..., states ^ (1 << i)]
    return law


def coupling(flip: float) -> float:
    """Γ = ½ ln((1 - f)/f): how strongly a spin is coupled to its noisier self.

    The probability to keep a spin is proportional to e^Γ, to turn it to e^-Γ; 0 where the noise leaves nothing.

    Args:
        flip: f, 0 < f <= 1/2.
    """
    flip = number("flip", flip, 0, 0.5, above=True)
    return 0.5 * math.log((1 - flip) / flip)


def sweep(
    law: Float[np.ndarray, "*batch states"], energy: Float[np.ndarray, "*more states"]
) -> Float[np.ndarray, "*all states"]:
    """The law after one sweep of Gibbs sampling: spin 0 is drawn given all others, then spin 1, and so on.

    Two states that differ in spin i alone share the probability that they have together, as their weights exp(-E) do.

    Args:
        law: before.
        energy: at T = 1; leading axes of both are broadcast.

    Returns:
        The law after.
    """
    states = np.arange(law.shape[-1])
    for i in range(n_spins(law)):
        partner = states ^ (1 << i)
        stay = _logistic(energy[..., partner] - energy)
        law = stay * (law + law[..., partner])
    return law


def _logistic(x: Float[np.ndarray, "*shape"]) -> Float[np.ndarray, "*shape"]:
    return 0.5 * (1 + np.tanh(x / 2))


def law_after(
    law: Float[np.ndarray, "states"], energy: Float[np.ndarray, "states"], n_sweeps: int
) -> Float[np.ndarray, "laws states"]:
    """The laws after 0, 1, …, n_sweeps sweeps.

    Args:
        law: at the start.
        energy: at T = 1.
        n_sweeps: at least 0.
    """
    laws = [law]
    for _ in range(whole("n_sweeps", n_sweeps, 0)):
        laws.append(sweep(laws[-1], energy))
    return np.array(laws)


def denoise(
    law: Float[np.ndarray, "states"],
    energy: Float[np.ndarray, "states"],
    flip: float,
    n_sweeps: int,
    start: str = "noisy",
) -> Float[np.ndarray, "states"]:
    """The law of the less noisy state x, when the noisier state y has a law and a machine makes x from y.

    The machine's energy is E(x) - Γ x·y. It sweeps n_sweeps times from y, or from all states alike.

    Args:
        law: of y.
        energy: E, at T = 1; if it is -log of the law of x, infinitely many sweeps give exactly that law.
        flip: what the noise from x to y was, 0 < flip <= 1/2.
        n_sweeps: at least 0.
        start: "noisy" (at y) or "random".

    Raises:
        ValueError: if start is neither.
    """
    choice("start", start, ("noisy", "random"))
    n = n_spins(law)
    states = ising_states(n).astype(float)
    given = energy - coupling(flip) * states @ states.T  # row y, column x
    after = np.eye(1 << n) if start == "noisy" else np.broadcast_to(uniform(n), given.shape)
    for _ in range(whole("n_sweeps", n_sweeps, 0)):
        after = sweep(after, given)
    return law @ after


def blurred(law: Float[np.ndarray, "states"], n_steps: int, flip: float) -> Float[np.ndarray, "n_steps states"]:
    """The law of the data after n_steps - 1, …, 1, 0 rounds of noise: what each machine of a chain is to know.

    Args:
        law: of the data.
        n_steps: machines, at least 1.
        flip: of one round.
    """
    laws = [law]
    for _ in range(whole("n_steps", n_steps) - 1):
        laws.append(add_noise(laws[-1], flip))
    return np.array(laws[::-1])


def chain_law(
    energies: Float[np.ndarray, "n_steps states"], flip: float, n_sweeps: int, start: str = "noisy"
) -> Float[np.ndarray, "states"]:
    """The law of what a chain of machines makes of noise.

    The first machine works alone, from all states alike; each later one gets what the one before it made, and has the
    coupling Γ to it.

    Args:
        energies: of the machines, the one for the noisiest data first.
        flip: of one round of noise.
        n_sweeps: of each machine.
        start: of the later machines, see `denoise`.
    """
    law = law_after(uniform(n_spins(energies)), energies[0], n_sweeps)[-1]
    for energy in energies[1:]:
        law = denoise(law, energy, flip, n_sweeps, start)
    return law


def rounds(n_steps: int, turned: float = 0.4) -> float:
    """The flip probability of one round of noise, if n_steps - 1 rounds are to turn a spin with probability `turned`.

    Args:
        n_steps: machines in the chain; 1/2 is returned for one, which has nothing to undo.
        turned: after all rounds, 0 < turned < 1/2.
    """
    n_steps, turned = whole("n_steps", n_steps), number("turned", turned, 0, 0.5, above=True)
    return 0.5 if n_steps == 1 else 0.5 * (1 - (1 - 2 * turned) ** (1 / (n_steps - 1)))


def kl(data: Float[np.ndarray, "states"], model: Float[np.ndarray, "states"]) -> float:
    """KL(data || model) = Σ data log(data / model), in nats; infinite if the model calls a datum impossible."""
    there = data > 0
    if (model[there] <= 0).any():
        return math.inf
    return float(np.sum(data[there] * np.log(data[there] / model[there])))


# ------------------------------------------------------------------------------------------------- Boltzmann machines


def features(n: int) -> Float[np.ndarray, "states parameters"]:
    """All spins, then all products of two, of each state."""
    states = ising_states(n).astype(float)
    first, second = np.triu_indices(n, 1)
    return np.concatenate([states, states[:, first] * states[:, second]], axis=1)


def fit_machine(
    law: Float[np.ndarray, "states"], flip: float = 0.5, used: Bool[np.ndarray, "parameters"] | None = None
) -> Float[np.ndarray, "states"]:
    """The energy of the Boltzmann machine, without hidden spins, that is likeliest to undo a round of noise.

    It minimises the mean of KL(law of x given y || machine given y), with all sums over states done exactly; at flip =
    1/2 nothing is given, and the machine learns the law itself. Where the slope is zero the machine's own moments,
    given y, are those of the data: the moments of its spins and pairs.

    Args:
        law: of x.
        flip: of the noise from x to y.
        used: which of `features` it may use; all if left out.

    Returns:
        E at T = 1, with mean 0.
    """
    n = n_spins(law)
    phi = features(n) if used is None else features(n)[:, used]
    states = ising_states(n).astype(float)
    turned = (n - states @ states.T) / 2
    joint = law * flip**turned * (1 - flip) ** (n - turned)  # row y, column x
    of_y, mean = joint.sum(1), law @ phi
    pull = coupling(flip) * states @ states.T

    def loss(theta: np.ndarray) -> tuple[float, np.ndarray]:
        score = phi @ theta + pull
        top = score.max(1, keepdims=True)
        weight = np.exp(score - top)
        z = weight.sum(1, keepdims=True)
        own = (of_y[:, None] * weight / z).sum(0) @ phi
        return float(of_y @ (np.log(z) + top)[:, 0] - mean @ theta), own - mean

    found = minimize(loss, np.zeros(phi.shape[1]), jac=True, method="L-BFGS-B", options={"maxiter": 500})
    energy = -(phi @ found.x)
    return energy - energy.mean()


def fit_chain(law: Float[np.ndarray, "states"], n_steps: int, flip: float) -> Float[np.ndarray, "n_steps states"]:
    """Energies of Boltzmann machines without hidden spins, each trained to undo its round of noise.

    Args:
        law: of the data.
        n_steps: machines, the one for the noisiest data first; it learns that law itself.
        flip: of a round.
    """
    laws = blurred(law, n_steps, flip)
    return np.array([fit_machine(one, flip if step else 0.5) for step, one in enumerate(laws)])
