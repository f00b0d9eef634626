"""XY spins by hand: sweeps against energies and exact moments, a stiffness curve against its definition."""

import math

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy.special import i0e, i1e

from course_utils.lattice import XY, arrows, exact, observables, tempering

RNG = np.random.default_rng(9)


def energy(angles: np.ndarray) -> np.ndarray:
    i, j = exact.bonds(angles.shape[-2:]).T
    flat = angles.reshape(*angles.shape[:-2], -1)
    return -np.cos(flat[..., i] - flat[..., j]).sum(-1)


def test_a_sweep_draws_the_even_spins_and_then_the_others_from_their_pull():
    angles, asked = RNG.uniform(0, 2 * np.pi, (4, 6)), []

    def draw(direction, kappa):
        asked.append((direction, kappa))
        return direction

    got = arrows.sweep(angles, 0.7, draw)
    even = np.indices((4, 6)).sum(0) % 2 == 0
    unit = np.exp(1j * angles)
    for at, (direction, kappa) in zip(np.argwhere(even), np.array(asked[0]).T, strict=True):
        pull = sum(unit[tuple((at + step) % (4, 6))] for step in ((1, 0), (-1, 0), (0, 1), (0, -1)))
        assert kappa == pytest.approx(0.7 * abs(pull))
        assert np.exp(1j * direction) == pytest.approx(pull / abs(pull))
        assert np.exp(1j * got[tuple(at)]) == pytest.approx(pull / abs(pull))
    unit = np.exp(1j * np.where(even, got, angles))  # the others see the new ones
    pull = sum(np.roll(unit, step, axis) for step in (1, -1) for axis in (0, 1))
    np.testing.assert_allclose(np.exp(1j * got)[~even], (pull / abs(pull))[~even])


def test_mirrors_keep_the_energy_and_move_the_spins():
    angles = RNG.uniform(0, 2 * np.pi, (3, 6, 8))
    drawn = arrows.sweep(angles, 1.0, lambda direction, kappa: direction + 0.4)
    mirrored = arrows.sweep(angles, 1.0, lambda direction, kappa: direction + 0.4, mirrors=3)
    assert np.abs(np.exp(1j * mirrored) - np.exp(1j * drawn)).max() > 0.1
    np.testing.assert_allclose(energy(mirrored), energy(drawn))
    assert (mirrored >= 0).all()
    assert (mirrored <= 2 * np.pi).all()


def test_an_odd_torus_is_refused():
    with pytest.raises(ValueError, match="even sides"):
        arrows.sweep(np.zeros((3, 4)), 1.0, lambda direction, kappa: direction)


@pytest.mark.slow
@pytest.mark.colab
def test_sweeps_have_the_energy_of_the_engine():
    rng, angles, series = np.random.default_rng(3), np.zeros((200, 8, 8)), []
    for t in range(120):
        angles = arrows.sweep(angles, 1 / 0.8, rng.vonmises, mirrors=1)
        if t >= 40:
            series.append(energy(angles) / 64)
    ours = observables.mean_and_error(np.array(series).T)
    model = XY(8)
    how = {"n_samples": 80, "n_burn_in": 100, "n_chains": 200, "init": "aligned"}
    other = model.measure(jax.random.key(4), 1 / 0.8, {"energy": model.energy}, **how)["energy"]
    theirs = observables.mean_and_error(np.asarray(other))
    assert ours.value == pytest.approx(theirs.value, abs=5 * math.hypot(ours.error, theirs.error))
    assert math.hypot(ours.error, theirs.error) < 0.01


@pytest.mark.parametrize("kappa", [0.0, 0.3, 4.0, 80.0])
def test_von_mises_has_the_moments_of_bessel_functions(kappa):
    n = 100_000
    turn = np.asarray(arrows.von_mises(jax.random.key(5), jnp.full(n, 2.0), jnp.full(n, kappa)), float) - 2.0
    cos, sin = np.cos(turn), np.sin(turn)
    assert cos.mean() == pytest.approx(i1e(kappa) / i0e(kappa), abs=5 * cos.std() / math.sqrt(n))
    assert sin.mean() == pytest.approx(0.0, abs=5 * sin.std() / math.sqrt(n))


def test_stiffness_curve_is_the_helicity_modulus_chain_by_chain():
    lattices = {T: RNG.normal(0, T, (3, 5, 4, 4)) for T in (0.5, 1.2)}
    got = arrows.stiffness_curve(lattices.get, np.array([0.5, 1.2]))
    for T, row in zip((0.5, 1.2), got, strict=True):
        terms = observables.helicity_terms(lattices[T])
        chains = [observables.helicity_modulus(one, 1 / T, 16, axis=0) for one in terms]
        np.testing.assert_allclose(row, [np.mean(chains), np.std(chains, ddof=1) / math.sqrt(3)])


@pytest.mark.slow
@pytest.mark.colab
def test_both_ways_drops_the_first_quarter_and_sorts_by_temperature():
    model, heats = XY(4), np.array([0.5, 1.0, 2.0])
    look = {"energy": model.energy, "spins": jnp.asarray}
    seen = tempering.both_ways(model, heats, look, n_samples=8, n_chains=3, starts=("aligned", np.zeros((4, 4))))
    assert seen["energy"].shape == (3, 2, 3, 6)
    assert seen["spins"].shape == (3, 2, 3, 6, 4, 4)
    np.testing.assert_allclose(seen["energy"], model.energy(seen["spins"]), atol=1e-5)
    heated, cooled = (seen["energy"][:, k].mean((1, 2)) for k in (0, 1))
    assert heated[0] < heated[-1]
    assert cooled[0] < cooled[-1]
    with pytest.raises(ValueError, match="expected rising numbers"):
        tempering.both_ways(model, heats[::-1], look, n_samples=8)
