"""Thirty-two replicas in a word: each against enumeration and Kaufman's torus, and how alike they are."""

from __future__ import annotations

import itertools

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from course_utils.lattice import Ising, PackedIsing, exact, tempering
from course_utils.lattice.packed import PackedConditional, below, pack, unpack

KEY = jax.random.key(5)
REPLICAS = 32


def by_words(seen) -> tuple[float, float]:
    """Mean of a measurement (words, samples, 32), and its error from the spread of the words' means."""
    means = np.asarray(seen, float).reshape(len(seen), -1).mean(1)
    return means.mean(), means.std(ddof=1) / np.sqrt(len(means))


def test_words_pack_and_unpack() -> None:
    spins = np.random.default_rng(0).choice([-1, 1], size=(3, 32, 4, 6)).astype(np.int8)
    words = pack(spins)
    assert words.shape == (3, 4, 6)
    assert (unpack(words) == spins).all()
    assert (words[1, 2, 3] >> 7) & 1 == (spins[1, 7, 2, 3] > 0)


@pytest.mark.parametrize("coupling", [1.0, -0.6])
@pytest.mark.slow
@pytest.mark.colab
def test_energy_and_magnetisation_are_those_of_each_replica(coupling: float) -> None:
    words = np.asarray(jax.random.bits(KEY, (2, 3, 4, 6)))
    packed, plain = PackedIsing((4, 6), coupling), Ising((4, 6), coupling)
    np.testing.assert_allclose(packed.energy(words), plain.energy(unpack(words)), atol=1e-6)
    np.testing.assert_allclose(packed.order_parameter(words), plain.order_parameter(unpack(words)), atol=1e-6)


@pytest.mark.parametrize("p", [0.5, 0.146, 0.0286, 1e-3, 1e-6])
def test_numbers_are_below_p_as_often_as_p_says(p: float) -> None:
    """By halving: the digits of u = k / 2^10 + rest are written down, and the words compared with u < p."""
    k = np.arange(2**10, dtype=np.uint32)
    digits = [jnp.asarray(np.where(k >> (9 - j) & 1, 2**32 - 1, 0).astype(np.uint32)) for j in range(6)]
    tail = jnp.asarray(((k & 15) << 28).astype(np.uint32))
    found = np.asarray(below(jnp.float32(p), digits, tail))
    assert (found == np.where(k / 2**10 < p, 2**32 - 1, 0)).all()


@pytest.mark.parametrize(("beta", "coupling"), [(0.0, 1.0), (0.44, 1.0), (0.3, -1.2), (1.0, 1.0)])
def test_conditional_of_every_replica_and_neighbourhood(beta: float, coupling: float) -> None:
    n = 40_000
    sampler = PackedConditional(jnp.float32(beta))
    for number, around in enumerate([(0, 0, 0, 0), (0, 0, 1, 0), (1, 0, 1, 0), (1, 1, 0, 1), (1, 1, 1, 1)]):
        near = [jnp.full(n, 2**32 - 1 if up else 0, jnp.uint32) for up in around]
        words = sampler.draw(jax.random.fold_in(KEY, number), jnp.float32(coupling), near, near[0])
        up = np.asarray(words)[:, None] >> np.arange(REPLICAS) & 1
        p = 1 / (1 + np.exp(-2 * beta * coupling * (2 * sum(around) - 4)))
        spread = max(np.sqrt(p * (1 - p) / n), 1 / n)
        assert np.abs((up.mean(0) - p) / spread).max() < 4.5


def test_two_replicas_decide_as_if_alone() -> None:
    n = 200_000
    near = [jnp.zeros(n, jnp.uint32)] * 4
    words = PackedConditional(jnp.float32(0.44)).draw(KEY, jnp.float32(1.0), near, near[0])
    up = (np.asarray(words)[:, None] >> np.arange(REPLICAS) & 1).astype(float)
    between = np.corrcoef(up.T)[np.triu_indices(REPLICAS, 1)]
    assert abs(between.mean()) < 0.02
    assert np.abs(between).max() < 0.25


def test_a_mixed_word_gives_each_replica_its_own_neighbours() -> None:
    """All 16 neighbourhoods in one word, in the cold: each replica follows its own majority."""
    cases = np.array(list(itertools.product([0, 1], repeat=4)))
    near = [jnp.full(500, int((cases[:, k] << np.arange(16)).sum()), jnp.uint32) for k in range(4)]
    words = PackedConditional(jnp.float32(30.0)).draw(KEY, jnp.float32(1.0), near, near[0])
    up = np.asarray(words)[:, None] >> np.arange(16) & 1
    count = cases.sum(1)
    assert (up[:, count > 2] == 1).all()
    assert (up[:, count < 2] == 0).all()
    assert np.abs(up[:, count == 2].mean(0) - 0.5).max() < 0.1


@pytest.mark.parametrize("engine", ["sublattices", pytest.param("sites", marks=pytest.mark.slow)])
@pytest.mark.parametrize("coupling", [1.0, -1.0])
@pytest.mark.slow
def test_against_enumeration(engine: str, coupling: float) -> None:
    model, beta = PackedIsing((2, 4), coupling), 0.35
    states = np.array(list(itertools.product([-1, 1], repeat=8)), np.int8).reshape(-1, 2, 4)
    energy = np.asarray(Ising((2, 4), coupling).energy(states), float) * 8
    weight = np.exp(-beta * (energy - energy.min()))
    p = weight / weight.sum()
    look = {"e": model.energy, "m": lambda s: model.order_parameter(s) ** 2}
    seen = model.measure(KEY, beta, look, n_samples=20, n_sweeps=3, n_burn_in=40, n_chains=300, engine=engine)
    assert seen["e"].shape == (300, 20, REPLICAS)
    for name, exactly in (("e", p @ energy / 8), ("m", p @ (states.mean((1, 2)) ** 2))):
        mean, error = by_words(seen[name])
        assert abs(mean - exactly) < 3.5 * error


@pytest.mark.slow
@pytest.mark.colab
def test_sixteen_by_sixteen_against_kaufman_and_the_worth_of_a_word() -> None:
    model, beta, n = PackedIsing(16), 0.40, 48
    seen = model.measure(KEY, beta, {"e": model.energy}, n_samples=60, n_sweeps=8, n_burn_in=200, n_chains=n)["e"]
    mean, error = by_words(seen)
    assert abs(mean - exact.kaufman_energy(16, beta)) < 3.5 * error
    each = np.asarray(seen, float).mean(1)  # (words, replicas)
    worth = each.var(ddof=1) / each.mean(1).var(ddof=1)
    assert 15 < worth < 70  # of 32 replicas, were they independent, up to the error of a variance from 48 words


def test_bad_input_is_named() -> None:
    with pytest.raises(ValueError, match="even sides"):
        PackedIsing(5)
    with pytest.raises(ValueError, match="coupling has shape"):
        PackedIsing(4, np.ones((2, 4, 4)))
    with pytest.raises(ValueError, match="expected \\(4, 4\\)"):
        PackedIsing(4).energy(np.zeros((4, 6), np.uint32))
    with pytest.raises(
        ValueError, match="model = PackedIsing: expected one with one energy for each lattice, such as Ising"
    ):
        tempering.replica_exchange(PackedIsing(4), KEY, [0.3, 0.4], {}, n_samples=1)
    with pytest.raises(ValueError, match="words of 32 bits"):
        PackedIsing(4).sample(KEY, 0.4, n_samples=1, init=np.ones((4, 4)))
