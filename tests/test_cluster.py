"""Cluster updates against enumeration, Kaufman's torus, and the values known for XY."""

from __future__ import annotations

import itertools
import math

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy.special import iv

from course_utils.lattice import XY, Clock, Ising, Lattice, Potts, cluster, exact, observables

pytestmark = pytest.mark.slow

MIXED = np.random.default_rng(4).choice([-1.0, 0.5, 1.0], size=(2, 4, 2)).astype(np.float32)

LISTED = {
    "Ising 4x4": (Ising(4), 2, 0.44),
    "Ising 4x4, antiferromagnet": (Ising(4, coupling=-1.0), 2, 0.44),
    "Ising 4x2, couplings of both signs": (Ising((4, 2), coupling=jnp.asarray(MIXED)), 2, 0.7),
    "Ising 3x4, open": (Ising((3, 4), boundary="open"), 2, 0.5),
    "Potts-3 4x2": (Potts((4, 2), 3), 3, 0.8),
    "Potts-3 3x3, open, antiferromagnet": (Potts(3, 3, coupling=-1.0, boundary="open"), 3, 1.0),
    "Clock-4 4x2": (Clock((4, 2), 4), 4, 0.7),
    "Clock-5 2x3, open": (Clock((2, 3), 5, boundary="open"), 5, 1.1),
}


def z_score(series: np.ndarray, expected: float) -> float:
    """(mean - expected) / error, the error from the scatter of the chains."""
    mean, error = observables.mean_and_error(series)
    return float((mean - expected) / error)


def measured(model: Lattice, rng: np.random.Generator, beta, looks, *, n_samples, n_burn_in, n_chains, init="random"):
    """What observables say after each cluster update, chains first; and the last lattices, under "spins"."""
    spins = cluster.equilibrate(model, rng, beta, n_burn_in, n_chains=n_chains, init=init)
    kept = {name: [] for name in looks}
    for _ in range(n_samples):
        spins = cluster.update(model, rng, beta, spins)
        for name, look in looks.items():
            kept[name].append(np.asarray(look(jnp.asarray(spins))))
    return {"spins": spins} | {name: np.stack(values, axis=1) for name, values in kept.items()}


@pytest.mark.parametrize("case", LISTED)
def test_energy_and_order_match_enumeration(case: str) -> None:
    model, q, beta = LISTED[case]
    states = np.array(list(itertools.product(range(q), repeat=model.n_spins))).reshape(-1, *model.shape)
    states = jnp.asarray(2 * states - 1 if isinstance(model, Ising) else states, model.dtype)
    energy = np.asarray(model.energy(states), float)
    weight = np.exp(-beta * model.n_spins * (energy - energy.min()))
    square = np.asarray(model.order_parameter(states), float) ** 2
    wanted = {"energy": energy, "specific heat": energy**2, "order": square}
    # 600 independent chains: one standard error is some 0.3 % of a level's spacing
    looks = {
        "energy": model.energy,
        "specific heat": lambda spins: model.energy(spins) ** 2,
        "order": lambda spins: model.order_parameter(spins) ** 2,
    }
    rng = np.random.default_rng(8)
    series = measured(model, rng, beta, looks, n_samples=60, n_burn_in=30, n_chains=600)
    for name, values in wanted.items():
        expected = float((weight * values).sum() / weight.sum())
        assert abs(z_score(series[name], expected)) < 3.5, name


def test_xy_ring_matches_its_bessel_series() -> None:
    """An open 2 x 2 lattice is a ring of four, with Z = sum over n of I_n(beta)^4."""
    model, beta, orders = XY(2, boundary="open"), 1.3, np.arange(-30, 31)
    bessel, slope = iv(orders, beta), (iv(orders - 1, beta) + iv(orders + 1, beta)) / 2
    energy = -float((4 * bessel**3 * slope).sum() / (bessel**4).sum()) / 4
    rng = np.random.default_rng(8)
    series = measured(model, rng, beta, {"e": model.energy}, n_samples=60, n_burn_in=30, n_chains=600)
    assert abs(z_score(series["e"], energy)) < 3.5
    assert series["spins"].min() >= 0
    assert series["spins"].max() < 2 * math.pi + 1e-5


@pytest.mark.colab
def test_ising_at_the_critical_point_matches_kaufman_from_both_starts() -> None:
    rng, model = np.random.default_rng(9), Ising(32)
    for init in ("random", "aligned"):
        series = measured(
            model, rng, exact.BETA_C, {"e": model.energy}, n_samples=200, n_burn_in=60, n_chains=24, init=init
        )
        mean, error = observables.mean_and_error(series["e"])
        assert error < 0.005  # 0.3 % of the energy
        assert abs(mean - -1.433658466) < 3.5 * error, init


def test_each_chain_has_its_own_temperature() -> None:
    betas, model = np.array([0.2, 0.3, 0.4] * 8), Ising(16)
    rng = np.random.default_rng(10)
    series = measured(model, rng, betas, {"e": model.energy}, n_samples=150, n_burn_in=30, n_chains=24)
    for k in range(3):
        assert abs(z_score(series["e"][k::3], exact.kaufman_energy((16, 16), betas[k]))) < 3.5


@pytest.mark.colab
def test_xy_at_beta_1_matches_the_known_values() -> None:
    """32 x 32: energy -1.3260(7), helicity modulus 0.392(10), |m| 0.543(3), vortices 0.02252(13) per plaquette."""
    rng, model = np.random.default_rng(11), XY(32)
    looks = {
        "energy": model.energy,
        "terms": observables.helicity_terms,
        "order": model.order_parameter,
        "vortices": observables.vortex_density,
    }
    series = measured(model, rng, 1.0, looks, n_samples=200, n_burn_in=60, n_chains=16)
    for name, known, known_error in (
        ("energy", -1.3260, 0.0007),
        ("order", 0.543, 0.003),
        ("vortices", 0.02252, 0.00013),
    ):
        mean, error = observables.mean_and_error(series[name])
        assert abs(mean - known) < 3.5 * math.hypot(error, known_error), name
    stiffness, error = observables.jackknife(
        lambda terms: observables.helicity_modulus(terms, 1.0, 32**2, axis=(0, 1)), series["terms"]
    )
    assert abs(stiffness - 0.392) < 3.5 * math.hypot(error, 0.010)


@pytest.mark.colab
def test_a_critical_lattice_of_512_forgets_its_start_in_tens_of_updates() -> None:
    rng, model = np.random.default_rng(12), Ising(512)
    ends = [cluster.equilibrate(model, rng, exact.BETA_C, 30, init=init) for init in ("random", "aligned")]
    expected = exact.kaufman_energy((512, 512), exact.BETA_C)
    # one lattice scatters by sqrt(c / N) / beta_c, c = 3.2 the specific heat: 0.008
    assert all(abs(float(model.energy(jnp.asarray(spins))[0]) - expected) < 4 * 0.008 for spins in ends)


def test_clusters_join_across_the_sides() -> None:
    frozen = np.zeros((2, 3, 4, 2), bool)
    frozen[0, 2, 1, 0] = True  # the last row to the first
    frozen[1, 0, 3, 1] = True  # the last column to the first
    count, labels = cluster.clusters(frozen)
    assert count == 2 * 12 - 2
    assert labels[0, 2, 1] == labels[0, 0, 1]
    assert labels[1, 0, 3] == labels[1, 0, 0]


def test_the_same_generator_gives_the_same_spins_and_leaves_the_start_alone() -> None:
    start = np.zeros((8, 8), np.float32)
    runs = [cluster.equilibrate(XY(8), np.random.default_rng(1), 0.5, 3, init=start) for _ in range(2)]
    np.testing.assert_array_equal(*runs)
    assert not start.any()
    assert runs[0].dtype == np.float32


def test_a_new_model_says_what_turns() -> None:
    class Spinless(Lattice):
        name, dtype = "none", jnp.int8
        along_field = order_parameter = sampler = check_spins = lambda self, *_: ""

        def bond(self, a, b):
            return (a * b).astype(jnp.float32)

        def random(self, key, shape):
            return jax.random.choice(key, jnp.array([-1, 0, 1], jnp.int8), shape)

    with pytest.raises(ValueError, match="Spinless: expected one that says"):
        cluster.equilibrate(Spinless(4), np.random.default_rng(0), 0.4, 1)

    class Turning(Spinless):
        def images(self, rng, spins):
            return np.stack([spins, -spins])

    spins = cluster.equilibrate(Turning(4), np.random.default_rng(0), 0.4, 1)
    assert set(np.unique(spins)) <= {-1, 0, 1}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"model": Ising(4, field=0.1)}, "model.field = 0.1"),
        ({"beta": -1.0}, "beta = -1"),
        ({"beta": [0.1, 0.2, 0.3]}, r"beta has shape \(3,\)"),
        ({"n_updates": -1}, "n_updates = -1"),
        ({"n_chains": 0}, "n_chains = 0"),
        ({"init": "hot"}, 'init = \'hot\': expected "random" or "aligned"'),
        ({"init": np.zeros((4, 4))}, "init holds other values than -1"),
        ({"init": np.ones((4, 6))}, r"init has shape \(4, 6\)"),
    ],
)
def test_bad_input_is_named(change: dict, message: str) -> None:
    call = {"model": Ising(4), "rng": np.random.default_rng(0), "beta": 0.4, "n_updates": 1} | change
    with pytest.raises(ValueError, match=message):
        cluster.equilibrate(**call)
