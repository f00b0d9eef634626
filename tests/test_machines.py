"""Boltzmann machines: programs, layers, likelihoods and optima against exact sums."""

import itertools
import math
from types import SimpleNamespace

import jax
import jax.numpy as jnp
import networkx as nx
import numpy as np
import pytest
from scipy.special import logsumexp
from thrml import Block, BlockGibbsSpec, SpinNode

from course_utils import data, machines
from course_utils.machines import restricted


def signed(graph, seed):
    rng = np.random.default_rng(seed)
    return rng.normal(0, 0.6, graph.number_of_edges()), rng.normal(0, 0.4, len(graph))


def small(n_visible=5, n_hidden=3, seed=0, scale=0.7):
    rng = np.random.default_rng(seed)
    return machines.Restricted(
        rng.normal(0, scale, (n_visible, n_hidden)), rng.normal(0, 0.5, n_visible), rng.normal(0, 0.5, n_hidden)
    )


def all_states(n):
    return np.array(list(itertools.product([-1.0, 1.0], repeat=n)))


def joint(machine):
    """All states of both layers, and their log weights."""
    v, h = (all_states(len(bias)) for bias in (machine.visible, machine.hidden))
    logs = (v @ machine.visible)[:, None] + h @ machine.hidden + v @ machine.weights @ h.T
    return v, h, logs


# ------------------------------------------------------------------------------------------------ digits


def test_digits_are_those_of_the_other_lessons():
    for split in ("train", "test"):
        ours, theirs = machines.binary_digits(split), data.digits(split)
        ink = theirs.images.flatten(1).numpy() > 0
        assert np.array_equal(ours.spins > 0, ink)
        assert np.array_equal(ours.labels, theirs.labels.numpy())
    with pytest.raises(ValueError, match="split = 'half'"):
        machines.binary_digits("half")


# ------------------------------------------------------------------------------------------------ enumeration


def test_enumeration_is_the_sum_over_all_states_one_by_one():
    graph = nx.wheel_graph(5)
    w, b = signed(graph, 1)
    law = machines.enumerate_graph(graph, w, b, beta=0.7)
    weights = {}
    for s in itertools.product([-1, 1], repeat=5):
        energy = -sum(x * s[i] * s[j] for x, (i, j) in zip(w, graph.edges, strict=True)) - sum(np.array(b) * s)
        weights[s] = math.exp(-0.7 * energy)
    z = sum(weights.values())
    assert law.log_z == pytest.approx(math.log(z))
    assert law.p.sum() == pytest.approx(1)
    for i, j in graph.edges:
        assert law.pairs[i, j] == pytest.approx(sum(x * s[i] * s[j] for s, x in weights.items()) / z)
    assert law.spins[2] == pytest.approx(sum(x * s[2] for s, x in weights.items()) / z)
    assert [law.p[law.index(s)] for s in weights] == pytest.approx([x / z for x in weights.values()])


def test_enumeration_takes_any_energy():
    law = machines.exact_law(lambda s: -0.8 * s[:, 0] * s[:, 1] * s[:, 2].astype(float), 3)
    assert law.log_z == pytest.approx(math.log(8 * math.cosh(0.8)))
    assert law.mean_energy == pytest.approx(-0.8 * math.tanh(0.8))
    assert law.spins == pytest.approx(0, abs=1e-12)


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (lambda: machines.exact_law(lambda s: np.zeros(len(s)), 21), "n = 21"),
        (lambda: machines.exact_law(lambda s: np.zeros(3), 4), r"energy\(states\) has shape"),
        (lambda: machines.enumerate_graph(nx.path_graph(3), [1.0], np.zeros(3)), "weights has shape"),
        (lambda: machines.enumerate_graph(nx.path_graph(3), [1.0, 1.0], np.zeros(2)), "biases has shape"),
        (lambda: machines.GraphSampler(nx.Graph([("a", "b")])), "graph: expected the numbers"),
        (lambda: machines.GraphSampler(nx.path_graph(3), clamped=[0]).sample(jax.random.key(0), [1, 1], [0, 0, 0]),
         "start = None"),
        (lambda: small(19, 19).log_z(), "the number of units in the smaller layer = 19"),
        (lambda: machines.fit_mixture(np.ones((3, 2)), 4, np.random.default_rng()), "k = 4"),
        (lambda: machines.fit(np.ones((3, 2)), 2, jax.random.key(0), n_steps=5, n_kept=2), "n_steps = 5"),
        (lambda: machines.walk(jax.random.key(0), small(), np.ones((2, 5)), 1, labels=np.zeros(2, int)), "labels = "),
        (lambda: machines.annealed_log_z(jax.random.key(0), small(), np.zeros(4)), "base has shape"),
    ],
)  # fmt: skip
def test_bad_arguments_are_named(call, says):
    with pytest.raises(ValueError, match=says):
        call()


# ------------------------------------------------------------------------------------------------ graphs


@pytest.mark.parametrize("graph", [nx.petersen_graph(), nx.complete_graph(5), nx.cycle_graph(7), nx.empty_graph(3)])
def test_no_edge_lies_in_a_group_of_one_colour(graph):
    groups = machines.colour_groups(graph)
    assert sorted(itertools.chain(*groups)) == list(graph)
    for group in groups:
        assert graph.subgraph(group).number_of_edges() == 0


@pytest.mark.slow
@pytest.mark.colab
def test_chains_on_a_frustrated_graph_have_its_exact_law():
    graph = nx.octahedral_graph()
    w, b = signed(graph, 3)
    law = machines.enumerate_graph(graph, w, b, beta=1.2)
    s = machines.GraphSampler(graph).sample(
        jax.random.key(1), w, b, beta=1.2, n_samples=100, n_burn_in=200, n_sweeps=3, n_chains=200
    )
    assert s.shape == (200, 100, 6)
    share = np.bincount(law.index(s).ravel(), minlength=64) / (200 * 100)
    of_chains = np.stack([(law.index(s) == k).mean(1) for k in range(64)])
    error = of_chains.std(1, ddof=1) / math.sqrt(200)
    assert (abs(share - law.p) < 5 * error + 1e-4).all()


def test_clamped_spins_stay_and_the_others_follow_their_conditional_law():
    graph = nx.octahedral_graph()
    w, b = signed(graph, 4)
    law = machines.enumerate_graph(graph, w, b)
    start = np.array([1, -1, 1, 1, -1, 1])
    s = machines.GraphSampler(graph, clamped=[4, 1]).sample(
        jax.random.key(2), w, b, n_samples=50, n_sweeps=3, n_chains=200, start=start
    )
    assert (s[..., [1, 4]] == -1).all()
    held = (law.states[:, 1] == -1) & (law.states[:, 4] == -1)
    mean = law.p[held] @ law.states[held] / law.p[held].sum()
    error = s.mean(1).std(0, ddof=1) / math.sqrt(200)
    assert (abs(s.mean((0, 1)) - mean) <= 5 * error).all()


def test_another_beta_and_other_weights_compile_nothing_anew():
    graph = nx.cycle_graph(5)
    made = []

    def make(*args):
        made.append(1)
        return machines.graph_program(*args)

    sampler = machines.GraphSampler(graph, make)
    for beta in (0.2, 1.0):
        sampler.sample(jax.random.key(0), np.full(5, beta), np.zeros(5), beta=beta)
    assert len(made) == 1


@pytest.mark.slow
def test_a_sweeper_goes_on_with_its_hidden_units_and_has_the_exact_law():
    machine = small(4, 2, seed=11, scale=0.4)
    sweep = machines.GraphSampler(machine.graph()).sweeper(jax.random.key(4), n_sweeps=5)
    v = np.ones((2000, 4))
    for _ in range(6):
        v = sweep(machine, v)
    states = all_states(4)
    assert v.mean(0) == pytest.approx(np.exp(machine.log_likelihood(states)) @ states, abs=5 / math.sqrt(2000))


@pytest.mark.slow
@pytest.mark.colab
def test_annealing_finds_the_ground_state_and_reports_energies_of_its_spins():
    graph = nx.octahedral_graph()
    w, b = signed(graph, 5)
    law = machines.enumerate_graph(graph, w, b)
    sampler = machines.GraphSampler(graph)
    spins, energy = sampler.anneal(jax.random.key(3), w, b, np.linspace(0.1, 4, 40), n_chains=20)
    assert energy.shape == (40, 20)
    assert sampler.energy(spins, w, b) == pytest.approx(energy.min(0), abs=1e-4)
    assert energy.min() == pytest.approx(law.energy.min(), abs=1e-4)


# ------------------------------------------------------------------------------------------------ restricted machines


@pytest.mark.parametrize(("n_visible", "n_hidden"), [(5, 3), (3, 5), (4, 0)])
def test_likelihoods_are_sums_over_both_layers(n_visible, n_hidden):
    machine = small(n_visible, n_hidden)
    v, _, logs = joint(machine)
    assert machine.log_z() == pytest.approx(logsumexp(logs))
    assert machine.log_likelihood(v) == pytest.approx(logsumexp(logs, axis=1) - logsumexp(logs))
    assert np.exp(machine.log_likelihood(v)).sum() == pytest.approx(1)


def test_on_its_graph_a_machine_is_the_same_model():
    machine = small()
    law = machines.enumerate_graph(machine.graph(), *machine.on_graph())
    assert law.log_z == pytest.approx(machine.log_z())
    assert law.pairs[:5, 5:] == pytest.approx(np.einsum("vh,vi,hj->ij", *_shares(machine)))


def _shares(machine):
    v, h, logs = joint(machine)
    return np.exp(logs - logsumexp(logs)), v, h


def test_sixteen_hidden_units_are_summed_in_less_than_seconds_and_agree_with_fewer():
    machine = small(6, 16, scale=0.3)
    assert machine.log_z() == pytest.approx(logsumexp(machine.log_weight(all_states(6))))


def test_completions_are_conditional_sums():
    machine = small(6, 3, seed=2)
    v = all_states(6)
    p = np.exp(machine.log_likelihood(v))
    known = np.array([True, False, True, True, False, False])
    picture = np.array([1, -1, -1, 1, 1, -1])
    like = (v[:, known] == picture[known]).all(1)
    mean, log_p = machine.completion(picture, known)
    assert mean == pytest.approx(p[like] @ v[like] / p[like].sum())
    assert log_p == pytest.approx(math.log(p[(v == picture).all(1)][0] / p[like].sum()))


def test_moments_are_the_gradient_of_the_exact_likelihood():
    machine, step = small(4, 2, seed=3), 1e-5
    v = all_states(4)
    batch = v[[3, 3, 7, 12]]
    p = np.exp(machine.log_likelihood(v))
    h = np.tanh(v @ machine.weights + machine.hidden)
    free = (v * p[:, None]).T @ h
    ours = machines.moments(machine, batch)[0] - free
    for i, j in np.ndindex(4, 2):
        bumped = [
            machines.Restricted(machine.weights + sign * step * np.outer(np.eye(4)[i], np.eye(2)[j]),
                                machine.visible, machine.hidden).log_likelihood(batch).mean()
            for sign in (1, -1)
        ]  # fmt: skip
        assert ours[i, j] == pytest.approx((bumped[0] - bumped[1]) / (2 * step), abs=1e-7)


def test_training_by_hand_with_exact_chains_learns_a_small_law():
    target = small(4, 2, seed=5, scale=1.0)
    v = all_states(4)
    rng = np.random.default_rng(1)
    told = v[rng.choice(16, 4000, p=np.exp(target.log_likelihood(v)))]

    def perfect(machine, chains):
        return v[rng.choice(16, len(chains), p=np.exp(machine.log_likelihood(v)))]

    seen = []
    start = machines.fresh(told, 3, rng)
    end = machines.train(start, told, perfect, 1000, rng, lambda step, m: seen.append((step, m)), learning_rate=0.3)
    assert [step for step, _ in seen] == list(range(1, 1001))
    assert seen[-1][1] is end
    entropy = -np.exp(target.log_likelihood(v)) @ target.log_likelihood(v)
    kl = -np.exp(target.log_likelihood(v)) @ end.log_likelihood(v) - entropy
    first = -np.exp(target.log_likelihood(v)) @ start.log_likelihood(v) - entropy
    assert kl < 0.02 < 0.2 < first


# ------------------------------------------------------------------------------------------------ layers


def test_a_program_of_layers_has_the_exact_law():
    machine = small(4, 3, seed=6)
    v, h, logs = joint(machine)
    p = np.exp(logs - logsumexp(logs))
    found_v, labels, found_h = machines.walk(jax.random.key(4), machine, np.ones((4000, 4)), 30)
    assert labels is None
    assert found_v.mean(0) == pytest.approx(p.sum(1) @ v, abs=5 / math.sqrt(4000))
    # the hidden layer was drawn before the visible one, whose law it has in equilibrium too
    assert (found_v.T @ found_h / 4000).ravel() == pytest.approx(
        np.einsum("vh,vi,hj->ij", p, v, h).ravel(), abs=5 / math.sqrt(4000)
    )


def test_gaussian_units_above_spins_give_the_pair_couplings_of_hopfield():
    rng = np.random.default_rng(7)
    W, a = rng.normal(0, 0.5, (4, 2)), rng.normal(0, 0.3, 4)
    layers = machines.Layered(W, a, np.zeros(2))
    v = all_states(4)
    logs = v @ a + ((v @ W) ** 2).sum(1) / 2  # the units integrated out
    p = np.exp(logs - logsumexp(logs))
    found, _, h = machines.walk(jax.random.key(5), layers, np.ones((4000, 4)), 40, hidden="gaussian")
    assert (found.T @ found / 4000).ravel() == pytest.approx((v.T @ (p[:, None] * v)).ravel(), abs=5 / math.sqrt(4000))
    assert (h**2).mean(0) == pytest.approx(1 + p @ (v @ W) ** 2, abs=0.15)


@pytest.mark.slow
def test_a_label_beside_the_pixels_has_the_exact_law_and_can_be_clamped():
    rng = np.random.default_rng(8)
    machine = machines.Layered(
        rng.normal(0, 0.4, (3, 2)), rng.normal(0, 0.3, 3), rng.normal(0, 0.3, 2), rng.normal(0, 0.4, (4, 2)),
        rng.normal(0, 0.5, 4),
    )  # fmt: skip
    v = all_states(3)
    logs = np.stack(
        [v @ machine.visible + c + restricted.log_2cosh(v @ machine.weights + machine.hidden + u).sum(1)
         for u, c in zip(machine.label_weights, machine.label, strict=True)]
    )  # fmt: skip
    p = np.exp(logs - logsumexp(logs))  # labels x states
    n = 4000
    start = np.zeros(n, int)
    found, labels, _ = machines.walk(jax.random.key(6), machine, np.ones((n, 3)), 30, labels=start)
    assert np.bincount(labels, minlength=4) / n == pytest.approx(p.sum(1), abs=5 * 0.5 / math.sqrt(n))
    assert found.mean(0) == pytest.approx(p.sum(0) @ v, abs=5 / math.sqrt(n))
    found, labels, _ = machines.walk(
        jax.random.key(7), machine, np.ones((n, 3)), 30, labels=start + 2, clamp_label=True
    )
    assert labels is None or (labels == 2).all()
    assert found.mean(0) == pytest.approx(p[2] @ v / p[2].sum(), abs=5 / math.sqrt(n))


@pytest.mark.slow
def test_annealing_finds_log_z_within_its_error():
    machine = small(12, 8, seed=9, scale=0.5)
    base = np.full(12, 0.1)
    found = [machines.annealed_log_z(jax.random.key(k), machine, base, n_betas=100) for k in range(3)]
    for one in found:
        assert 0.001 < one.error < 0.1
        assert one.log_z == pytest.approx(machine.log_z(), abs=4 * one.error)
        assert 50 < one.ess <= 200


@pytest.mark.slow
def test_fitting_learns_a_small_law_with_and_without_labels():
    target = small(5, 2, seed=10, scale=1.2)
    v = all_states(5)
    p = np.exp(target.log_likelihood(v))
    told = v[np.random.default_rng(2).choice(32, 5000, p=p)]
    run = machines.fit(told, 4, jax.random.key(8), n_steps=900, learning_rate=0.1, n_kept=3, weight_decay=0.0)
    assert run.steps == [300, 600, 900]
    kl = [p @ (target.log_likelihood(v) - one.pixels().log_likelihood(v)) for one in run.machines]
    apart = p @ (target.log_likelihood(v) - machines.independent(told).log_likelihood(v))
    assert kl[-1] < 0.04 < 0.15 < apart

    labels = (told[:, 0] > 0).astype(int) + 2 * (told[:, 1] > 0)
    one = machines.fit(told, 6, jax.random.key(9), labels=labels, n_steps=600, learning_rate=0.1).machines[-1]
    logs = v @ one.visible + restricted.log_2cosh(v @ one.weights + one.hidden + one.label_weights[3]).sum(1)
    given = np.exp(logs - logsumexp(logs))  # of the pixels, if the label says that the first two are up
    assert given @ (v[:, :2] > 0) == pytest.approx(1, abs=0.1)


@pytest.mark.slow
def test_a_machine_of_128_hidden_units_has_the_likelihood_that_the_lesson_quotes():
    told, shown = (machines.binary_digits(split).spins for split in ("train", "test"))
    one = machines.fit(told, 128, jax.random.key(0), n_steps=1500, n_sweeps=2, learning_rate=0.05).machines[-1].pixels()
    z = machines.annealed_log_z(jax.random.key(0), one, machines.independent(told).visible, n_chains=100, n_betas=500)
    assert z.error < 0.1
    assert one.log_weight(shown).mean() - z.log_z == pytest.approx(-16.28, abs=0.15)


# ------------------------------------------------------------------------------------------------ observers


def test_a_tally_counts_states_of_spins_in_any_block_and_order():
    nodes, rng = [SpinNode() for _ in range(5)], np.random.default_rng(14)
    spec = BlockGibbsSpec([Block([nodes[2]]), Block([nodes[4], nodes[0]])], [Block([nodes[1], nodes[3]])])
    tally = machines.Tally(Block([nodes[k] for k in (3, 0, 2)]))
    counts, states = tally.init(), rng.random((40, 5)) < 0.5
    for s in jnp.array(states):
        counts, record = tally(SimpleNamespace(gibbs_spec=spec), [s[2:3], s[np.array([4, 0])]], [s[1::2]], counts, 0)
        assert record is None
    assert np.array_equal(counts, np.bincount(states[:, [3, 0, 2]] @ [1, 2, 4], minlength=8))


# ------------------------------------------------------------------------------------------------ a memory


def test_a_memory_follows_the_fields_spin_by_spin():
    rng = np.random.default_rng(12)
    for _ in range(50):
        patterns, start = rng.choice([-1, 1], (int(rng.integers(1, 5)), 9)), rng.choice([-1, 1], 9)
        J, s = patterns.T @ patterns, start.copy()
        for i in [*range(9), *range(9)]:
            field = sum(J[i, j] * s[j] for j in range(9) if j != i)
            s[i] = np.sign(field) or s[i]
        assert np.array_equal(machines.recall(patterns, start, 2), s)


def test_a_memory_of_few_patterns_finds_the_one_that_it_is_shown_half_of():
    rng = np.random.default_rng(13)
    patterns = rng.choice([-1.0, 1.0], (3, 200))
    noisy = np.where(rng.random(200) < 0.2, -patterns[1], patterns[1])
    assert np.array_equal(machines.recall(patterns, noisy, 5), patterns[1])


# ------------------------------------------------------------------------------------------------ mixtures and optima


def test_a_mixture_is_a_distribution_and_finds_the_groups_that_are_there():
    rng = np.random.default_rng(3)
    centres = np.array([[0.9] * 4 + [-0.9] * 4, [-0.8] * 4 + [0.8] * 4])
    told = np.where(rng.random((3000, 8)) < (1 + centres[rng.integers(2, size=3000)]) / 2, 1, -1)
    found = machines.fit_mixture(told, 2, rng, prior=0.5)
    assert np.exp(found.log_likelihood(all_states(8))).sum() == pytest.approx(1)
    order = np.argsort(-found.means[:, 0])
    assert found.means[order] == pytest.approx(centres, abs=0.05)
    assert np.exp(found.log_weights) == pytest.approx(0.5, abs=0.05)


def test_the_largest_cut_is_that_of_all_cuts():
    for seed in range(3):
        graph = nx.random_regular_graph(3, 12, seed=seed)
        head, tail = machines.ends(graph)
        states = all_states(12)
        best = (states[:, head] != states[:, tail]).sum(1).max()
        cut = machines.largest_cut(graph)
        assert cut.size == best == (cut.side[head] != cut.side[tail]).sum()


def test_the_largest_cut_of_64_nodes_is_proven():
    cut = machines.largest_cut(nx.random_regular_graph(3, 64, seed=3))
    assert cut.size == 88


def test_colourings_are_proper_and_no_colour_can_be_saved():
    for graph, q in ((nx.petersen_graph(), 3), (nx.icosahedral_graph(), 4), (nx.cycle_graph(6), 2)):
        colours = machines.fewest_colours(graph)
        assert len(set(colours.tolist())) == q
        assert all(colours[i] != colours[j] for i, j in graph.edges)
        assert machines.colouring(graph, q - 1) is None


def test_fields_of_a_program_may_be_traced():
    program = jax.jit(
        lambda w: machines.layer_program(machines.Layered(w, jnp.zeros(3), jnp.zeros(2))).samplers[0] and w
    )
    assert program(jnp.ones((3, 2))).shape == (3, 2)
