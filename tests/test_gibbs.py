"""The Ising model by hand: conditionals against energies, kernels against enumeration, a program against Kaufman."""

import itertools
import math

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from thrml import SamplingSchedule, SpinNode, sample_states

from course_utils.lattice import exact, gibbs

RNG = np.random.default_rng(7)


def boltzmann(energy: np.ndarray, beta: float) -> np.ndarray:
    weight = np.exp(-beta * (energy - energy.min()))
    return weight / weight.sum()


def ring_kernels(beta: float) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Energies of the four spins of a square, and the kernels of black, of white and of all at once."""
    states, ends = exact.ising_states(4), exact.bonds((2, 2), periodic=False)
    energy = -(states[:, ends[:, 0]] * states[:, ends[:, 1]]).sum(1, dtype=int)
    neighbour = np.zeros((4, 4), int)
    neighbour[ends[:, 0], ends[:, 1]] = neighbour[ends[:, 1], ends[:, 0]] = 1
    p_up = 1 / (1 + np.exp(-2 * beta * states @ neighbour))
    return energy, *(gibbs.transition_matrix(states, p_up, group) for group in ([0, 3], [1, 2], [0, 1, 2, 3]))


@pytest.mark.parametrize("kind", [np.asarray, jnp.asarray])
@pytest.mark.parametrize("shape", [(3, 3), (4, 6), (5, 4)])
@pytest.mark.parametrize(("beta", "coupling", "field"), [(0.4, 1.0, 0.0), (0.7, -0.8, 0.3)])
def test_the_odds_of_a_spin_are_those_of_the_boltzmann_weights(kind, shape, beta, coupling, field):
    spins = RNG.choice([-1, 1], shape).astype(np.int8)
    i, j = exact.bonds(shape).T
    got = np.asarray(gibbs.conditional_probability(kind(spins), beta, coupling, field))
    for at in itertools.product(*map(range, shape)):
        energies = []
        for value in (1, -1):
            turned = spins.astype(int).copy()
            turned[at] = value
            flat = turned.ravel()
            energies.append(-coupling * (flat[i] * flat[j]).sum() - field * flat.sum())
        weights = np.exp(-beta * np.array(energies))
        assert got[at] == pytest.approx(weights[0] / weights.sum(), rel=1e-5)


def test_two_colours_join_no_equal_neighbours():
    for rows, cols, periodic in ((4, 6, True), (2, 2, True), (3, 5, False), (5, 4, False)):
        board = gibbs.two_colours(rows, cols, periodic).ravel()
        i, j = exact.bonds((rows, cols), periodic).T
        assert (board[i] != board[j]).all()


@pytest.mark.parametrize("kind", [np.asarray, jnp.asarray])
def test_a_sweep_draws_the_even_spins_and_then_the_others(kind):
    spins, uniform = RNG.choice([-1, 1], (3, 4, 6)).astype(np.int8), RNG.random((3, 4, 6))
    even, expected = gibbs.two_colours(4, 6), spins
    for colour in (even, ~even):
        p = gibbs.conditional_probability(expected, 0.4, field=0.3)
        expected = np.where(colour, np.where(uniform < p, 1, -1), expected)
    got = gibbs.sweep(kind(spins), 0.4, kind(uniform), 0.3)
    assert got.dtype == np.int8
    np.testing.assert_array_equal(got, expected)


def test_sweeps_have_the_energy_of_all_states():
    rng, spins, energy = np.random.default_rng(3), np.ones((400, 4, 4), np.int8), []
    for t in range(150):
        spins = gibbs.sweep(spins, 0.3, rng.random(spins.shape))
        if t >= 50:
            energy.append(-(spins * (np.roll(spins, 1, 1) + np.roll(spins, 1, 2))).sum((1, 2)))
    mean = np.mean(energy, axis=0)
    error = mean.std(ddof=1) / math.sqrt(len(mean))
    assert mean.mean() == pytest.approx(exact.enumerated_energy((4, 4), 0.3) * 16, abs=5 * error)


def test_phase_curve_of_known_lattices():
    checkerboard = np.where(gibbs.two_colours(4, 4), 1, -1)
    lattices = {1.0: np.ones((2, 3, 4, 4), int), 2.0: np.stack([[checkerboard], [-np.ones((4, 4), int)]])}
    got = gibbs.phase_curve(lattices.get, np.array([1.0, 2.0]))
    np.testing.assert_allclose(got, [[1, 0, -2, 0], [0.5, 0.5, 0, 2]])


@pytest.mark.parametrize("shape", [(3, 4), (4, 3), (5, 5)])
def test_an_odd_torus_is_refused(shape):
    with pytest.raises(ValueError, match="even sides on a periodic lattice"):
        gibbs.two_colours(*shape)


@pytest.mark.parametrize("group", [[0], [1, 2], [0, 1, 2]])
def test_transition_matrix_agrees_with_a_loop_over_states_and_spins(group):
    states = exact.ising_states(3)
    p_up = RNG.uniform(0.05, 0.95, states.shape)
    got = gibbs.transition_matrix(states, p_up, group)
    for a, b in itertools.product(range(8), repeat=2):
        right = 1.0
        for i in range(3):
            up = p_up[a, i] if states[b, i] == 1 else 1 - p_up[a, i]
            right *= up if i in group else float(states[a, i] == states[b, i])
        assert got[a, b] == pytest.approx(right, abs=1e-15)
    assert np.allclose(got.sum(1), 1)


@pytest.mark.parametrize("beta", [0.2, 0.6, 1.5])
def test_two_colours_keep_boltzmann_and_all_at_once_does_not(beta):
    energy, black, white, both = ring_kernels(beta)
    p = boltzmann(energy, beta)
    assert np.abs(p @ black @ white - p).max() < 1e-15
    assert np.abs(p @ both - p).max() > 0.002


@pytest.mark.parametrize("beta", [0.2, 0.6, 1.5])
def test_all_at_once_makes_the_colours_independent_with_the_right_distribution_each(beta):
    energy, _, _, both = ring_kernels(beta)
    states, p = exact.ising_states(4), boltzmann(energy, beta)
    values, vectors = np.linalg.eig(both.T)
    found = vectors[:, np.argmin(abs(values - 1))].real
    found = found / found.sum()
    colour = [2 * (states[:, a] > 0) + (states[:, b] > 0) for a, b in ((0, 3), (1, 2))]
    share = [[np.bincount(c, q, minlength=4) for c in colour] for q in (found, p)]
    assert np.allclose(share[0], share[1])
    assert np.allclose(found, share[0][0][colour[0]] * share[0][1][colour[1]])
    assert abs(found @ energy) < 1e-12


@pytest.mark.slow
@pytest.mark.colab
def test_the_program_samples_the_energy_of_kaufman():
    size, beta, n_chains = 6, 0.3, 64
    nodes = [SpinNode() for _ in range(size**2)]
    program, blocks = gibbs.ising_program(nodes, beta)
    assert program.gibbs_spec.sampling_order == [[0], [1]]
    keys = jax.random.split(jax.random.key(0), n_chains)
    start = [jnp.ones((n_chains, len(block)), bool) for block in blocks]
    schedule = SamplingSchedule(50, 200, 2)
    chain = jax.jit(jax.vmap(lambda key, state: sample_states(key, program, schedule, state, [], blocks)))
    drawn = np.concatenate(chain(keys, start), axis=-1)
    place = {node: k for k, node in enumerate(node for block in blocks for node in block)}
    spins = 2 * drawn[..., [place[node] for node in nodes]].astype(int) - 1
    i, j = exact.bonds((size, size)).T
    each = -(spins[..., i] * spins[..., j]).sum(-1).mean(1) / size**2
    error = each.std(ddof=1) / math.sqrt(n_chains)
    assert abs(each.mean() - exact.kaufman_energy(size, beta)) < 4 * error
    assert error < 0.005


@pytest.mark.parametrize("kind", [np.asarray, jnp.asarray])
@pytest.mark.parametrize(("shape", "q", "beta"), [((3, 4), 5, 1.1), ((4, 6), 3, 0.6)])
def test_potts_conditional_is_the_ratio_of_the_boltzmann_weights(kind, shape, q, beta):
    spins = RNG.integers(0, q, shape).astype(np.uint8)
    i, j = exact.bonds(shape).T
    got = np.asarray(gibbs.potts_conditional(kind(spins), beta, q))
    assert got.shape == (*shape, q)
    for at in itertools.product(*map(range, shape)):
        energies = np.zeros(q)
        for colour in range(q):
            painted = spins.copy()
            painted[at] = colour
            energies[colour] = -(painted.ravel()[i] == painted.ravel()[j]).sum()
        assert got[at] == pytest.approx(boltzmann(energies, beta), rel=1e-4)


def test_potts_conditional_with_two_colours_is_ising_at_half_the_beta():
    spins = RNG.choice([-1, 1], (2, 4, 6)).astype(np.int8)
    up = gibbs.conditional_probability(spins, 0.37)
    assert gibbs.potts_conditional((spins + 1) // 2, 2 * 0.37, 2)[..., 1] == pytest.approx(up)


def test_potts_conditional_is_finite_in_the_cold():
    p = gibbs.potts_conditional(np.zeros((4, 4), np.uint8), 1e4, 3)
    assert p.tolist() == np.tile([1.0, 0.0, 0.0], (4, 4, 1)).tolist()


def one_by_one(colours: np.ndarray, beta: float, q: int, uniform: np.ndarray) -> np.ndarray:
    """A sweep spin by spin: each reads its colour off the ruler of its conditional."""
    colours = colours.copy()
    for at in sorted(np.ndindex(colours.shape), key=lambda place: sum(place) % 2):
        marks = np.cumsum(gibbs.potts_conditional(colours, beta, q)[at])
        colours[at] = np.searchsorted(marks, uniform[at])
    return colours


@pytest.mark.parametrize(("shape", "q", "beta"), [((4, 6), 5, 0.9), ((6, 4), 2, 1.4), ((4, 4), 10, 30.0)])
def test_a_potts_sweep_is_the_spins_one_by_one_in_two_colours(shape, q, beta):
    colours, uniform = RNG.integers(0, q, (2, *shape)).astype(np.uint8), RNG.random((2, *shape))
    got = gibbs.potts_sweep(colours, beta, q, uniform)
    assert got.dtype == np.uint8
    for one, numbers, swept in zip(colours, uniform, got, strict=True):
        np.testing.assert_array_equal(swept, one_by_one(one, beta, q, numbers))


def test_potts_sweeps_reach_the_energy_of_all_states():
    rng, q, beta = np.random.default_rng(5), 3, 0.9
    colours, means = rng.integers(0, q, (400, 4, 4)), []
    for t in range(150):
        colours = gibbs.potts_sweep(colours, beta, q, rng.random(colours.shape))
        if t >= 50:
            means.append(-sum((colours == np.roll(colours, 1, axis)).mean((1, 2)) for axis in (1, 2)))
    chains = np.mean(means, axis=0)
    assert abs(chains.mean() - exact.potts_energy((4, 4), q, beta)) < 4 * chains.std() / 20
    assert chains.std() / 20 < 0.02


def test_compared_starts_of_known_lattices():
    striped = np.indices((4, 4))[1] % 2
    cold = np.stack([[np.zeros((4, 4), int)], [np.full((4, 4), 2)]])
    hot = np.stack([[striped], [np.where(striped, 1, 2)], [np.ones((4, 4), int)]])
    got = gibbs.compare_starts(lambda T, start: {"aligned": cold, "random": hot}[start], np.array([1.0]), 3)
    np.testing.assert_allclose(got, [[1, (0.25 + 0.25 + 1) / 3, 2 / 3, 1 / 3]])
