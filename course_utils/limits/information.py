"""Entropy and energy: the Ising chain bit by bit, mutual information on strips, and Landauer's bound."""

import math

import numpy as np
from jaxtyping import Float, Int

from ..arguments import number, positive, whole
from ..lattice.exact import ising_energies, ising_states

MAX_WIDTH = 10
"""Of a strip: a joint distribution of 2^20 pairs of rows."""
BOLTZMANN = 1.380649e-23
"""J/K, exact by definition of the kelvin."""


def chain(n: int, beta: float, rng: np.random.Generator) -> Int[np.ndarray, "n"]:
    """Spins of an open Ising chain in equilibrium, drawn one after the other: J = 1, no field.

    Args:
        n: how many.
        beta: inverse temperature.
        rng: random numbers.
    """
    turns = rng.random(whole("n", n)) > after(number("beta", beta))
    turns[0] = rng.random() < 0.5
    return np.where(np.cumsum(turns) % 2, -1, 1)


def after(beta: float) -> float:
    """Probability that a spin of the chain is equal to the one before it: 1 / (1 + exp(-2 beta))."""
    return 1 / (1 + math.exp(-2 * number("beta", beta)))


def chain_predictions(spins: Int[np.ndarray, "n"], beta: float) -> Float[np.ndarray, "n"]:
    """For each spin of a chain the probability of +1 given those before it; 1/2 for the first."""
    equal = after(beta)
    return np.concatenate([[0.5], np.where(spins[:-1] > 0, equal, 1 - equal)])


def chain_entropy(beta: float) -> float:
    """Entropy of a long Ising chain, in bits per spin: (U - F) / T over log 2, with U = -tanh and F = -T log 2cosh."""
    beta = number("beta", beta)
    return (math.log(2 * math.cosh(beta)) - beta * math.tanh(beta)) / math.log(2)


def chain_cross_entropy(beta: float, model: float) -> float:
    """Bits per spin of a long chain at `beta`, in the code of a chain at the inverse temperature `model`."""
    beta, model = number("beta", beta), number("model", model)
    return (math.log(2 * math.cosh(model)) - model * math.tanh(beta)) / math.log(2)


def binary_entropy(p: float) -> float:
    """Entropy of a coin that shows heads with probability p, in bits."""
    p = number("p", p, 0.0, 1.0)
    return 0.0 if p in (0.0, 1.0) else -(p * math.log2(p) + (1 - p) * math.log2(1 - p))


def mutual_information(joint: Float[np.ndarray, "a b"]) -> float:
    """Σ p(a, b) log2 [p(a, b) / p(a) p(b)] in bits.

    Args:
        joint: p(a, b), not negative, with the sum 1.

    Raises:
        ValueError: if it is no distribution.
    """
    if joint.min() < 0 or abs(joint.sum() - 1) > 1e-8:
        raise ValueError(
            f"joint has the sum {joint.sum():.6g} and the least entry {joint.min():.3g}: expected 1, and >= 0"
        )
    product = joint.sum(1)[:, None] * joint.sum(0)[None, :]
    there = joint > 0
    return float((joint[there] * np.log2(joint[there] / product[there])).sum())


def rows_joint(width: int, beta: float, periodic: bool = True) -> Float[np.ndarray, "states states"]:
    """Joint distribution of two neighbouring rows in the middle of an infinitely long strip of Ising spins.

    p(r, r') = φ(r) M(r, r') φ(r') / λ, with the transfer matrix M, its largest eigenvalue and its eigenvector φ.

    Args:
        width: spins in a row, 1 to 10.
        beta: inverse temperature, >= 0.
        periodic: whether the strip is closed to a cylinder; its width is then at least 2.

    Raises:
        ValueError: if the width or beta is out of range.
    """
    width, beta = whole("width", width, 2 if periodic else 1, MAX_WIDTH), number("beta", beta, 0.0)
    rows = ising_states(width).astype(float)
    own = -beta * ising_energies((width,), periodic)
    log_m = beta * rows @ rows.T + (own[:, None] + own[None, :]) / 2
    m = np.exp(log_m - log_m.max())
    # Rows and their mirror images weigh the same, so the even vectors have the largest eigenvalue: iterate among them.
    phi = np.ones(len(m))
    for _ in range(20_000):
        new = m @ phi
        new /= np.linalg.norm(new)
        done = np.abs(new - phi).max() < 1e-13
        phi = new
        if done:
            break
    joint = phi[:, None] * m * phi[None, :]
    return joint / joint.sum()


def strip_information(width: int, beta: float, periodic: bool = True) -> float:
    """What one half of an infinitely long strip knows of the other, in bits, for a cut across it.

    Rows are a Markov chain: all that the left half knows of the right one, its last row knows of the next.

    Source: Wilms, Troyer and Verstraete, J. Stat. Mech. P10011 (2011).
    """
    return mutual_information(rows_joint(width, beta, periodic))


def landauer(temperature: float, bits: float = 1.0) -> float:
    """Least heat, in joules, that goes to the surroundings when so many bits are erased: bits k T log 2.

    Args:
        temperature: of the surroundings, in kelvin.
        bits: how many.

    Source: Landauer, IBM J. Res. Dev. 5, 183 (1961).
    """
    return number("bits", bits, 0.0) * BOLTZMANN * positive("temperature", temperature) * math.log(2)
