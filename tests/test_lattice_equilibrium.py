"""Sampled distributions against exact ones: enumeration, Kaufman's torus, a ring of XY spins, THRML's own factors."""

from __future__ import annotations

import itertools

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy import stats
from scipy.special import iv

from course_utils.lattice import XY, Clock, Ising, Lattice, Potts, exact
from course_utils.lattice.factors import FactorProgram
from course_utils.lattice.tempering import replica_exchange

KEY = jax.random.key(11)
ENGINES = ["sublattices", "sites"]
# Both give the same spins (test_lattice_models), so one will do for the quick suite.
ONE_QUICK = ["sublattices", pytest.param("sites", marks=pytest.mark.slow)]
AROUND_CRITICAL = (0.38, 0.42, exact.BETA_C, 0.46, 0.5)


def z_score(samples: np.ndarray, expected: float, error: float = 0.0) -> float:
    """(mean - expected) / error, from one mean for each independent chain."""
    means = np.asarray(samples, float).reshape(len(samples), -1).mean(1)
    return float((means.mean() - expected) / np.hypot(means.std(ddof=1) / np.sqrt(len(means)), error))


# ---------------------------------------------------------------------------------------- enumeration


def all_states(q: int, shape: tuple[int, int], values=None) -> np.ndarray:
    states = np.array(list(itertools.product(range(q), repeat=int(np.prod(shape)))), dtype=np.uint8)
    return (states if values is None else np.asarray(values)[states]).reshape(-1, *shape)


SMALL = {
    "Ising 4x4": (Ising(4), 2, 0.44),
    "Ising 4x4, antiferromagnet": (Ising(4, coupling=-1.0), 2, 0.44),
    "Ising 2x4 in a field": (Ising((2, 4), field=0.3), 2, 0.4),
    "Ising 3x4, open, in a field": (Ising((3, 4), field=-0.2, boundary="open"), 2, 0.5),
    "Ising 3x3, open": (Ising(3, boundary="open"), 2, 0.6),
    "Potts-3 3x3, open": (Potts(3, 3, boundary="open"), 3, 1.0),
    "Potts-3 4x2": (Potts((4, 2), 3), 3, 0.8),
    "Potts-5 2x2 in a field": (Potts(2, 5, field=0.5), 5, 0.9),
    "Clock-4 4x2": (Clock((4, 2), 4), 4, 0.7),
    "Clock-3 3x3, open": (Clock(3, 3, boundary="open"), 3, 0.9),
    "Clock-6 2x2 in a field": (Clock(2, 6, field=0.4), 6, 0.8),
}


QUICK = ("Ising 3x4, open, in a field", "Potts-3 4x2", "Clock-4 4x2")  # the others are for the full suite
MARKED = [case if case in QUICK else pytest.param(case, marks=pytest.mark.slow) for case in SMALL]


@pytest.mark.parametrize("engine", ONE_QUICK)
@pytest.mark.parametrize("case", MARKED)
def test_every_level_is_visited_as_often_as_enumeration_says(case: str, engine: str) -> None:
    model, q, beta = SMALL[case]
    states = all_states(q, model.shape, (-1, 1) if isinstance(model, Ising) else None)
    energy = np.concatenate([np.asarray(model.energy(part)) for part in np.array_split(states, 8)]).astype(float)
    total = np.round(energy * model.n_spins, 3)
    order = np.round(np.concatenate([np.asarray(model.order_parameter(p)) for p in np.array_split(states, 8)]), 3)
    level, number = np.unique(total + 1000 * order, return_inverse=True)  # energy and order parameter together
    weight = np.exp(-beta * (total - total.min()))
    p = np.bincount(number, weight) / weight.sum()

    n = 4000
    spins = model.sample(KEY, beta, n_samples=1, n_burn_in=80, n_chains=n, engine=engine)[:, 0]
    seen = np.round(np.asarray(model.energy(spins), float) * model.n_spins, 3)
    seen = seen + 1000 * np.round(np.asarray(model.order_parameter(spins)), 3)
    at = np.abs(level[:, None] - seen).argmin(0)
    assert np.abs(level[at] - seen).max() < 0.01
    counts = np.bincount(at, minlength=len(level))
    rare = p * n < 8  # together, as chi-square wants several expected in each class
    observed = np.append(counts[~rare], counts[rare].sum())
    expected = np.append(p[~rare], p[rare].sum()) * n
    if expected[-1] < 5:
        observed, expected = (
            np.append(observed[:-2], observed[-2:].sum()),
            np.append(expected[:-2], expected[-2:].sum()),
        )
    assert stats.chisquare(observed, expected).pvalue > 1e-3
    assert abs(z_score(seen * 0 + np.asarray(model.energy(spins)), float(weight @ energy / weight.sum()))) < 3


def test_one_sweep_leaves_the_exact_distribution_as_it_is() -> None:
    model, beta, n = Ising(4), 0.44, 40_000
    states = all_states(2, (4, 4), (-1, 1))
    energy = np.asarray(model.energy(states), float) * 16
    p = np.exp(-beta * (energy - energy.min()))
    rng = np.random.default_rng(1)
    start = states[rng.choice(len(states), n, p=p / p.sum())].astype(np.int8)
    after = np.asarray(model.energy(model.sample(KEY, beta, n_samples=1, n_chains=n, init=start)[:, 0])) * 16
    level, number = np.unique(energy, return_inverse=True)
    expected = np.bincount(number, p / p.sum()) * n
    counts = np.array([(after == e).sum() for e in level])
    rare = expected < 5
    observed, expected = (np.append(x[~rare], x[rare].sum()) for x in (counts, expected))
    assert stats.chisquare(observed, expected).pvalue > 1e-3


@pytest.mark.slow
@pytest.mark.colab
def test_couplings_of_a_spin_glass() -> None:
    coupling = np.random.default_rng(3).choice([-1.0, 0.5, 1.5], size=(2, 3, 4))
    model, beta = Ising((3, 4), coupling=coupling, field=0.2, boundary="open"), 0.6
    states = all_states(2, (3, 4), (-1, 1))
    energy = np.asarray(model.energy(states), float)
    weight = np.exp(-beta * 12 * (energy - energy.min()))
    spins = model.sample(KEY, beta, n_samples=1, n_burn_in=200, n_chains=4000, engine="sites")[:, 0]
    assert abs(z_score(model.energy(spins), weight @ energy / weight.sum())) < 3
    # each spin's mean, so that a coupling that stands in the wrong place is seen
    exact_mean = np.tensordot(weight / weight.sum(), states, 1)
    mean = np.asarray(spins, float).mean(0)
    assert np.abs((mean - exact_mean) / np.sqrt((1 - exact_mean**2) / 4000)).max() < 4


# -------------------------------------------------------------------------------------------------- XY


@pytest.mark.parametrize("engine", ONE_QUICK)
@pytest.mark.parametrize("boundary", ["periodic", pytest.param("open", marks=pytest.mark.slow)])
@pytest.mark.parametrize("over_relaxation", [pytest.param(0, marks=pytest.mark.slow), 2])
@pytest.mark.slow
def test_four_xy_spins_in_a_ring(engine: str, boundary: str, over_relaxation: int) -> None:
    """2 x 2 spins are a ring, with two bonds for one on the torus: Z = Σ_n I_n(beta J)^4."""
    bonds = 2 if boundary == "periodic" else 1
    beta = 0.9
    n, x = np.arange(-40, 41), bonds * beta
    slope = (4 * iv(n, x) ** 3 * (iv(n - 1, x) + iv(n + 1, x)) / 2 * bonds).sum()
    expected = -slope / (iv(n, x) ** 4).sum() / 4
    model = XY(2, boundary=boundary, over_relaxation=over_relaxation)
    spins = model.sample(KEY, beta, n_samples=4, n_sweeps=20, n_burn_in=60, n_chains=2000, engine=engine)
    assert abs(z_score(model.energy(spins), expected)) < 3
    assert abs(z_score(jnp.cos(spins).mean((-2, -1)), 0.0)) < 3.5


def helicity_parts(spins):
    """Σ cos and (Σ sin)² over the bonds of each direction, per spin: what the helicity modulus is made of."""
    parts = []
    for axis in (-2, -1):
        turn = spins - jnp.roll(spins, -1, axis)
        parts.append([jnp.cos(turn).sum((-2, -1)), jnp.sin(turn).sum((-2, -1)) ** 2])
    return jnp.moveaxis(jnp.asarray(parts).mean(0), 0, -1) / spins[0].size


def vortices(spins):
    """Share of plaquettes round which the angle winds."""

    def turn(a, b):
        return jnp.mod(b - a + jnp.pi, 2 * jnp.pi) - jnp.pi

    corners = [spins, jnp.roll(spins, -1, -1), jnp.roll(spins, (-1, -1), (-2, -1)), jnp.roll(spins, -1, -2)]
    around = sum(turn(a, b) for a, b in zip(corners, corners[1:] + corners[:1], strict=True))
    return (abs(jnp.round(around / (2 * jnp.pi))) > 0.5).mean((-2, -1))


@pytest.mark.slow
@pytest.mark.parametrize("engine", ENGINES)
def test_xy_32_at_beta_1(engine: str) -> None:
    model, n = XY(32, over_relaxation=3), 32
    looks = {"energy": model.energy, "helicity": helicity_parts, "vortices": vortices, "m": model.order_parameter}
    got = model.measure(KEY, 1.0, looks, n_samples=150, n_sweeps=6, n_burn_in=400, n_chains=n, engine=engine)
    got = {name: np.asarray(x, float).mean(1) for name, x in got.items()}
    helicity = got["helicity"][:, 0] - 1.0 * got["helicity"][:, 1]
    for found, expected, error in (
        (got["energy"], -1.3260, 0.0007),
        (helicity, 0.392, 0.010),
        (got["vortices"], 0.02252, 0.00013),
        (got["m"], 0.543, 0.003),
    ):
        assert abs(z_score(found, expected, error)) < 3
        assert found.std() / np.sqrt(n) < 3 * error  # sharp enough to mean something


# ---------------------------------------------------------------------------------------------- Kaufman


@pytest.mark.parametrize("engine", ONE_QUICK)
@pytest.mark.slow
def test_ising_16_against_kaufman(engine: str) -> None:
    model, n = Ising(16), 32
    betas = np.repeat(AROUND_CRITICAL, n)
    how = {"n_samples": 150, "n_sweeps": 8, "n_burn_in": 400, "n_chains": len(betas), "engine": engine}
    energy = np.asarray(model.measure(KEY, betas, {"e": model.energy}, **how)["e"]).reshape(5, n, -1)
    for beta, chains in zip(AROUND_CRITICAL, energy, strict=True):
        assert abs(z_score(chains, exact.kaufman_energy(16, beta))) < 3, beta


@pytest.mark.slow
@pytest.mark.parametrize("engine", ENGINES)
def test_ising_64_against_kaufman(engine: str) -> None:
    model, n = Ising(64), 24
    betas = np.repeat(AROUND_CRITICAL, n)
    looks = {"e": model.energy}
    start = model.sample(KEY, betas, n_samples=1, n_burn_in=6000, n_chains=len(betas), init="aligned")[:, 0]
    how = {"n_samples": 250, "n_sweeps": 20 if engine == "sublattices" else 4, "n_chains": len(betas), "engine": engine}
    energy = np.asarray(model.measure(jax.random.key(12), betas, looks, init=start, **how)["e"]).reshape(5, n, -1)
    for beta, chains in zip(AROUND_CRITICAL, energy, strict=True):
        assert abs(z_score(chains, exact.kaufman_energy(64, beta))) < 3, beta


# --------------------------------------------------------------------------------- THRML's own factors


@pytest.mark.slow
@pytest.mark.parametrize("name", ["Ising", "Potts", "Clock"])
def test_thrml_factors_on_a_small_lattice(name: str) -> None:
    """The reference itself against enumeration, in a field."""
    model, q = {
        "Ising": (Ising(2, field=0.3), 2),
        "Potts": (Potts(2, 4, field=0.5), 4),
        "Clock": (Clock(2, 5, field=0.4), 5),
    }[name]
    beta = 0.5
    states = all_states(q, (2, 2), (-1, 1) if q == 2 else None)
    energy = np.asarray(model.energy(states), float)
    weight = np.exp(-beta * 4 * energy)
    spins = FactorProgram(model, beta).sample(KEY, n_samples=2, n_sweeps=30, n_burn_in=30, n_chains=2000)
    assert spins.shape == (2000, 2, 2, 2)
    assert abs(z_score(model.energy(spins), weight @ energy / weight.sum())) < 3


@pytest.mark.slow
@pytest.mark.parametrize(
    ("model", "beta"),
    [(Ising(16), 0.42), (Potts(16, 5), 1.1), (Potts(16, 10), 1.3), (Clock(16, 16), 1.0), (Clock(16, 6), 1.2)],
)
@pytest.mark.parametrize("engine", ENGINES)
def test_16_by_16_against_thrml_factors(model: Lattice, beta: float, engine: str) -> None:
    n = 32
    theirs = FactorProgram(model, beta).sample(KEY, n_samples=60, n_sweeps=10, n_burn_in=300, n_chains=n)
    ours = model.sample(KEY, beta, n_samples=200, n_sweeps=10, n_burn_in=500, n_chains=n, engine=engine)
    for look in (model.energy, lambda s: abs(model.order_parameter(s))):
        a, b = (np.asarray(look(s), float).mean(1) for s in (theirs, ours))
        assert abs(a.mean() - b.mean()) < 3 * np.hypot(a.std(ddof=1), b.std(ddof=1)) / np.sqrt(n)


# ----------------------------------------------------------------------------------- replica exchange


@pytest.mark.slow
def test_replica_exchange_keeps_each_temperature_and_swaps_as_often_as_it_should() -> None:
    model, betas, n = Ising((2, 4)), np.array([0.1, 0.35, 0.6]), 1500
    states = all_states(2, (2, 4), (-1, 1))
    energy = np.asarray(model.energy(states), float) * 8
    p = np.exp(-betas[:, None] * energy)
    p /= p.sum(1, keepdims=True)
    found = replica_exchange(model, KEY, betas, {"e": model.energy}, n_samples=20, n_sweeps=2, n_burn_in=20, n_chains=n)
    assert found.measured["e"].shape == (3, n, 20)
    for i in range(3):
        assert abs(z_score(found.measured["e"][i], p[i] @ energy / 8)) < 3
    for i in range(2):
        chance = np.minimum(1, np.exp((betas[i] - betas[i + 1]) * (energy[:, None] - energy)))
        expected = p[i] @ chance @ p[i + 1]
        assert abs(found.swap_acceptance[i] - expected) < 4 * np.sqrt(expected * (1 - expected) / (n * 10))


@pytest.mark.slow
def test_replica_exchange_turns_a_frozen_lattice_over() -> None:
    model, betas = Ising(8), np.linspace(0.3, 1.0, 12)
    alone = model.sample(KEY, 1.0, n_samples=1, n_burn_in=300, n_chains=16, init="aligned")
    assert (model.order_parameter(alone) > 0.9).all()
    found = replica_exchange(
        model, KEY, betas, {"m": model.order_parameter}, n_samples=300, n_chains=16, init="aligned"
    )
    cold = np.asarray(found.measured["m"])[-1]
    assert 0.2 < (cold[:, 150:] > 0).mean() < 0.8
    falling = replica_exchange(model, KEY, betas[::-1], {"spins": lambda s: s}, n_samples=3, n_chains=2)
    assert falling.measured["spins"].shape == (12, 2, 3, 8, 8)
