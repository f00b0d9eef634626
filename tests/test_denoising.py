"""Denoising machines: laws against transition matrices, THRML programs against conditionals, the ledger."""

import math
from functools import partial

import numpy as np
import pytest

from course_utils.denoising import exact, ledger
from course_utils.lattice import gibbs
from course_utils.lattice.exact import ising_states

UP = np.ones((1, 4), int)
MODES = np.concatenate([UP, -UP])


def boltzmann(energy):
    weight = np.exp(-(energy - energy.min()))
    return weight / weight.sum()


def test_sweep_is_the_product_of_the_transition_matrices_of_its_spins():
    rng = np.random.default_rng(0)
    energy, law, states = rng.normal(size=16), rng.dirichlet(np.ones(16)), ising_states(4).astype(int)
    k = np.arange(16)
    p_up = np.stack([1 / (1 + np.exp(energy[k | (1 << i)] - energy[k & ~(1 << i)])) for i in range(4)], 1)
    after = law
    for i in range(4):
        after = after @ gibbs.transition_matrix(states, p_up, [i])
    np.testing.assert_allclose(exact.sweep(law, energy), after, atol=1e-14)


def test_sweeps_leave_the_boltzmann_law_as_it_is_and_end_there():
    energy = np.random.default_rng(1).normal(size=32)
    law = boltzmann(energy)
    np.testing.assert_allclose(exact.sweep(law, energy), law, atol=1e-14)
    laws = exact.law_after(exact.uniform(5), energy, 200)
    assert laws.shape == (201, 32)
    np.testing.assert_allclose(laws.sum(1), 1, atol=1e-12)
    np.testing.assert_allclose(laws[-1], law, atol=1e-10)


def test_sweep_broadcasts_over_laws_and_energies():
    rng = np.random.default_rng(2)
    laws, energies = rng.dirichlet(np.ones(8), 3), rng.normal(size=(3, 8))
    both = exact.sweep(laws, energies)
    for law, energy, after in zip(laws, energies, both, strict=True):
        np.testing.assert_allclose(after, exact.sweep(law, energy))
    np.testing.assert_allclose(exact.sweep(laws[0], energies)[1], exact.sweep(laws[0], energies[1]))


def test_planted_law_has_the_weights_and_flips_that_were_asked_for():
    law = exact.planted(MODES, [4, 1], 0.1)
    assert law.sum() == pytest.approx(1)
    assert law[-1] == pytest.approx(0.8 * 0.9**4 + 0.2 * 0.1**4)
    assert law[0] == pytest.approx(0.2 * 0.9**4 + 0.8 * 0.1**4)


def test_noise_composes_and_ends_uniform():
    law = exact.planted(MODES, [0.8, 0.2], 0.05)
    twice = exact.add_noise(exact.add_noise(law, 0.1), 0.2)
    np.testing.assert_allclose(twice, exact.add_noise(law, 0.1 + 0.2 - 2 * 0.1 * 0.2), atol=1e-15)
    np.testing.assert_allclose(exact.add_noise(law, 0.5), exact.uniform(4), atol=1e-15)
    planted = exact.planted(UP, [1.0], 0.2)
    np.testing.assert_allclose(exact.add_noise(exact.planted(UP, [1.0], 1e-12), 0.2), planted, atol=1e-10)


def test_coupling_is_the_log_odds_of_keeping_a_spin():
    assert exact.coupling(0.5) == 0
    gamma = exact.coupling(0.15)
    assert math.exp(-gamma) / (math.exp(gamma) + math.exp(-gamma)) == pytest.approx(0.15)


def test_a_denoiser_with_the_exact_energy_and_many_sweeps_undoes_the_noise_exactly():
    law = exact.planted(MODES, [0.8, 0.2], 0.1)
    noisier = exact.add_noise(law, 0.15)
    for start in ("noisy", "random"):
        np.testing.assert_allclose(exact.denoise(noisier, -np.log(law), 0.15, 400, start), law, atol=1e-9)
    np.testing.assert_allclose(exact.denoise(noisier, -np.log(law), 0.15, 0), noisier, atol=1e-15)


def test_a_chain_of_one_is_a_single_machine_and_a_long_one_is_exact_in_the_limit():
    law = exact.planted(MODES, [0.8, 0.2], 0.1)
    energies = -np.log(exact.blurred(law, 4, 0.2))
    np.testing.assert_allclose(energies[-1], -np.log(law))
    np.testing.assert_allclose(
        exact.chain_law(energies[-1:], 0.2, 7), exact.law_after(exact.uniform(4), -np.log(law), 7)[-1]
    )
    np.testing.assert_allclose(exact.chain_law(energies, 0.2, 300), law, atol=1e-9)
    deep = exact.two_modes(0.01, 4)
    energies = -np.log(exact.blurred(deep, 4, 0.2))
    chain, alone = exact.chain_law(energies, 0.2, 2), exact.chain_law(energies[-1:], 0.2, 8)
    assert exact.kl(deep, chain) < exact.kl(deep, alone) / 3
    np.testing.assert_allclose(deep, exact.planted(MODES, [0.8, 0.2], 0.01))


def test_rounds_turn_a_spin_as_often_as_was_asked_for():
    assert exact.rounds(1) == 0.5
    flip = exact.rounds(5, 0.3)
    assert 0.5 * (1 - (1 - 2 * flip) ** 4) == pytest.approx(0.3)


def test_a_chain_is_fitted_machine_by_machine():
    law = exact.planted(MODES, [0.8, 0.2], 0.05)
    first, second = exact.fit_chain(law, 2, 0.2)
    np.testing.assert_allclose(first, exact.fit_machine(exact.add_noise(law, 0.2)))
    np.testing.assert_allclose(second, exact.fit_machine(law, 0.2))


def test_kl_of_two_bernoulli_laws():
    a, b = np.array([0.3, 0.7]), np.array([0.5, 0.5])
    assert exact.kl(a, b) == pytest.approx(0.3 * math.log(0.6) + 0.7 * math.log(1.4))
    assert exact.kl(a, a) == 0
    assert exact.kl(a, np.array([0.0, 1.0])) == math.inf
    assert exact.kl(np.array([0.0, 1.0]), a) == pytest.approx(-math.log(0.7))


def test_a_machine_recovers_pairwise_energies_and_matches_the_moments_given_the_noise():
    rng = np.random.default_rng(3)
    phi = exact.features(4)
    law = boltzmann(-phi @ rng.normal(0, 0.5, phi.shape[1]))
    np.testing.assert_allclose(boltzmann(exact.fit_machine(law)), law, atol=1e-4)
    np.testing.assert_allclose(boltzmann(exact.fit_machine(law, 0.2)), law, atol=1e-3)
    modes = exact.planted(MODES, [0.8, 0.2], 0.05)
    learned = boltzmann(exact.fit_machine(modes))
    np.testing.assert_allclose(learned @ phi, modes @ phi, atol=1e-3)
    assert exact.kl(modes, learned) > 1e-3  # pairs do not do for this law


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (lambda: exact.add_noise(np.ones(3) / 3, 0.1), "expected 2"),
        (lambda: exact.add_noise(np.ones(4) / 4, 0.7), "flip"),
        (lambda: exact.coupling(0.0), "flip"),
        (lambda: exact.planted(UP, [1.0], 0.0), "flip"),
        (lambda: exact.planted(UP, [1.0, 2.0], 0.1), "weights"),
        (lambda: exact.uniform(11), "n ="),
        (lambda: exact.law_after(exact.uniform(2), np.zeros(4), -1), "n_sweeps"),
        (lambda: exact.denoise(exact.uniform(2), np.zeros(4), 0.1, 1, "cold"), "start"),
        (lambda: exact.blurred(exact.uniform(2), 0, 0.1), "n_steps"),
        (lambda: ledger.measured("idle", lambda: None, 1.0, -1.0), "watts"),
        (lambda: ledger.bill(ledger.Job(4, 2, 0, 1, 1, 4), ledger.Z1), "steps"),
    ],
)
def test_bad_input_is_named(call, says):
    with pytest.raises(ValueError, match=says):
        call()


def test_the_bill_counts_updates_reads_and_writes():
    ones = ledger.Prices(1.0, 1.0, 1.0)
    resident = ledger.Job(spins=10, pixels=4, steps=3, sweeps=5, batch=2, cells=30)
    assert ledger.bill(resident, ones) == (150, 12, 8)
    assert ledger.bill(resident._replace(cells=29), ones) == (150, 12, 8 + 15)
    assert ledger.bill(resident._replace(steps=1), ones) == (50, 4, 0)
    assert ledger.bill(resident, ledger.Prices(2.0, 3.0, 5.0)) == (300, 36, 40)
    rate = ledger.measured("idle", lambda: sum(range(10**5)), 1e6, 10.0)
    assert rate.flips_per_ns > 0
    assert rate.watts == 10
    thrml, nvidia = (rate.watts / rate.flips_per_ns for rate in ledger.RATES)  # nJ an update
    assert thrml == pytest.approx(43, rel=0.01)
    assert nvidia == pytest.approx(0.777, rel=0.01)


# ------------------------------------------------------------------------------------------------- on THRML


@pytest.fixture(scope="module")
def machines():
    return pytest.importorskip("course_utils.denoising.machines")


def test_the_grid_has_twelve_neighbours_of_the_other_colour(machines):
    grid = machines.Grid()
    assert len(grid.edges) == 256 * 6 == len(np.unique(grid.edges, axis=0))
    assert set(np.bincount(grid.edges.ravel())) == {12}
    assert (grid.colour[grid.edges] == [0, 1]).all()
    assert len(np.unique(grid.data)) == 64
    assert sorted([*grid.data, *grid.hidden]) == list(range(256))
    assert np.bincount(grid.colour[grid.data]).tolist() == [32, 32]
    with pytest.raises(ValueError, match="even"):
        machines.Grid(side=9)


@pytest.mark.parametrize("shown", [False, True])
def test_the_program_has_the_conditionals_of_its_energy(machines, shown):
    import jax
    import jax.numpy as jnp
    from thrml.block_sampling import sample_single_block

    from course_checks.exercises.ising import _Probability  # answers with probabilities in place of draws

    eqx = pytest.importorskip("equinox")
    grid, rng = machines.Grid(side=6, n_data=8), np.random.default_rng(4)
    weights, biases = rng.normal(size=len(grid.edges)), rng.normal(size=36)
    spins, noisier, gamma = rng.choice([-1, 1], 36), rng.choice([-1, 1], 8), 0.7
    nodes = machines.Nodes.of(grid)
    program = machines.machine_program(grid, nodes, jnp.array(weights), jnp.array(biases), gamma, shown)
    program = eqx.tree_at(lambda p: p.samplers, program, [_Probability(s) for s in program.samplers])
    matrix = np.zeros((36, 36))
    for (a, b), w in zip(grid.edges, weights, strict=True):
        matrix[a, b] = matrix[b, a] = w
    field = matrix @ spins + biases
    field[grid.data] += gamma * noisier
    held = [jnp.array(spins[grid.data] == 1)] * shown + [jnp.array(noisier == 1)]
    place = {node: k for k, node in enumerate(nodes.spins)}
    blocks = [[place[node] for node in block] for block in program.gibbs_spec.free_blocks]
    assert {k for at in blocks for k in at} == set(range(36)) - (set(grid.data.tolist()) if shown else set())
    state = [jnp.array(spins[at] == 1) for at in blocks]
    for b, at in enumerate(blocks):
        found = sample_single_block(jax.random.key(0), state, held, program, b, None)[0]
        np.testing.assert_allclose(found, 1 / (1 + np.exp(-2 * field[at])), atol=1e-5)


def test_rounds_of_noise_and_correlation_errors(machines):
    assert machines.rounds(0.15, 0) == 0
    assert machines.rounds(0.15, 2) == pytest.approx(2 * 0.15 * 0.85)
    rng = np.random.default_rng(5)
    x = rng.choice([-1.0, 1.0], (4000, 6))
    x[:, 1] = x[:, 0]
    assert machines.correlation_error(x, x) == 0
    mixed = rng.permuted(x, axis=0)
    assert machines.correlation_error(mixed, x) == pytest.approx(1 / 15, abs=0.03)


@pytest.mark.parametrize("name", ["digits_1", "digits_4", "planted_1", "planted_4", "planted_persistent"])
def test_saved_chains_were_made_with_todays_recipe_for_three_seeds(machines, name):
    from course_utils.denoising import make_machines

    grid, recipe, chains = machines.Grid(), make_machines.RECIPES[name], machines.saved(name)
    assert machines.facts(name)["recipe"] == recipe._asdict()
    assert machines.facts(name)["seeds"] == list(make_machines.SEEDS)
    assert [chain.n_steps for chain in chains] == [recipe.n_steps] * 3
    assert chains[0].weights.shape == (recipe.n_steps, len(grid.edges))
    assert chains[0].biases.shape == (recipe.n_steps, grid.n_spins)
    assert float(chains[0].flip) == pytest.approx(recipe.flip)


def test_the_file_of_chains_is_small_and_holds_what_the_recipes_say(machines):
    from course_utils.denoising import make_machines

    assert machines.SAVED.stat().st_size < 200_000
    with np.load(machines.SAVED) as file:
        assert {key.split()[0] for key in file} == set(make_machines.RECIPES)
    with pytest.raises(ValueError, match="planted_persistent"):
        machines.saved("planted")


@pytest.mark.slow
def test_a_saved_chain_makes_what_it_made_when_it_was_saved(machines):
    from course_utils.denoising import make_machines

    for name, tolerance in (("planted_4", 0.05), ("digits_4", 0.005)):  # three errors of 1000 draws
        (then, *_), (chain, *_) = machines.facts(name)["measured"], machines.saved(name)
        np.testing.assert_allclose(make_machines.measured(name.partition("_")[0], chain), then, atol=tolerance)


def test_planted_pictures_are_as_planted(machines):
    patterns, weights = machines.planted_patterns()
    shares, turned = machines.nearest_pattern(machines.planted_pictures(500))
    assert np.abs(shares - weights).max() < 0.1
    assert turned == pytest.approx(0.05, abs=0.005)
    shares, turned = machines.nearest_pattern(patterns[[2, 2, 0, 3]])
    assert shares.tolist() == [0.25, 0, 0.5, 0.25]
    assert turned == 0


def test_a_machine_goes_on_where_it_is_told_to(machines):
    import jax

    grid = machines.Grid(side=6, n_data=8)
    noisier = np.random.default_rng(7).choice([-1.0, 1.0], (5, 8)).astype(np.float32)
    strong, none = np.full(len(grid.edges), 9.0, np.float32), np.zeros(36, np.float32)
    for sign in (-1.0, 1.0):  # spins that are all alike stay so
        alike = np.full((5, 36), sign, np.float32)
        made = machines.run_machine(grid, strong, none, 0.0, noisier, 1, jax.random.key(1), alike)
        np.testing.assert_array_equal(made, alike)


@pytest.mark.slow
def test_training_is_done_by_the_command_and_what_it_writes_can_be_read(machines, tmp_path, monkeypatch, capsys):
    from course_utils.denoising import make_machines

    monkeypatch.setattr(make_machines, "SWEEPS", 4)
    monkeypatch.setattr(make_machines, "SEEDS", (0, 1))
    monkeypatch.setattr(make_machines, "measured", lambda name, chain: [float(chain.weights.std())])
    monkeypatch.setattr(machines, "Grid", partial(machines.Grid, side=10))
    tiny = {"a": make_machines.Recipe("planted", 2, 0.25, 2), "b": make_machines.Recipe("digits", 2, 0.25, 2)}
    monkeypatch.setattr(make_machines, "RECIPES", tiny)
    file = tmp_path / "made.npz"
    make_machines.main(["a", "--file", str(file)])
    make_machines.main(["b", "--file", str(file)])
    assert "cpu seconds" in capsys.readouterr().out
    assert machines.facts("a", file)["recipe"] == tiny["a"]._asdict()
    assert [chain.n_steps for chain in machines.saved("b", file)] == [2, 2]
    first, again = machines.saved("a", file)[0], make_machines.make(tiny["a"], [0])
    np.testing.assert_array_equal(np.asarray(first.weights, np.float16), again["weights"][0])
    assert not np.array_equal(first.weights, machines.saved("a", file)[1].weights)
    with pytest.raises(SystemExit):
        make_machines.main(["digit", "--file", str(file)])
    assert "choose from a, b" in capsys.readouterr().err


@pytest.mark.slow
def test_training_finds_two_planted_pictures_and_their_weights(machines):
    import jax

    grid, rng = machines.Grid(side=6, n_data=8), np.random.default_rng(6)
    data = np.where(rng.random((2000, 1)) < 0.8, 1.0, -1.0) * np.where(rng.random((2000, 8)) < 0.05, -1.0, 1.0)
    chain = machines.train(grid, data, 2, 0.3, 10, jax.random.key(0), n_updates=200)
    assert chain.n_steps == 2
    made = np.asarray(machines.generate(grid, chain, 2000, 10, jax.random.key(1)))
    assert made.shape == (3, 2000, 8)
    mean = made[-1].mean(1)
    assert abs((mean > 0).mean() - 0.8) < 0.08  # five errors of 2000 draws are 0.045
    assert abs(mean).mean() > 0.8
    alone = machines.train(grid, data, 1, 0.5, 10, jax.random.key(0), n_updates=200, persistent=True)
    made = np.asarray(machines.generate(grid, alone, 2000, 10, jax.random.key(1))[-1])
    assert abs(made.mean(1)).mean() > 0.7  # its weights are not checked: chains pass seldom from one to the other
    with pytest.raises(ValueError, match="n_steps = 2 with persistent chains"):
        machines.train(grid, data, 2, 0.3, 10, jax.random.key(0), persistent=True)
