"""One spin given its neighbours: every conditional against the Boltzmann weights, for every neighbourhood."""

from __future__ import annotations

import itertools

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy import stats
from scipy.special import ive

from course_utils.lattice import XY, Clock, Ising, Potts, clock, potts
from course_utils.lattice.base import engine_of
from course_utils.lattice.clock import alias_table, clock_conditionals, unpacked
from course_utils.lattice.rng import Part, bits, multiply_high, octets, pick, single, unit, words
from course_utils.lattice.trig import angle_of, cos_sin
from course_utils.lattice.xy import Mirror

pytestmark = pytest.mark.slow

KEY = jax.random.key(20)
REPEATS = 4_000
WORST = 5.0  # of all z-scores: a few hundred normal numbers stay below it but for one case in thousands


# ----------------------------------------------------------------------------------------- random numbers


@pytest.mark.parametrize("shape", [(), (1,), (7,), (33, 5), (2, 3, 64)])
def test_bits_are_those_of_jax(shape: tuple[int, ...]) -> None:
    key = jax.random.fold_in(KEY, 3)
    with jax.threefry_partitionable(True):
        expected = jax.random.bits(key, shape)
    assert (bits(key, shape) == expected).all()
    x, y = words(key, shape)
    assert ((x ^ y) == expected).all()
    if np.prod(shape) > 2:
        assert (x != y).any()


def test_bits_of_each_chain_under_vmap() -> None:
    keys = jax.random.split(KEY, 3)
    together = jax.vmap(lambda key: bits(key, (4, 5)))(keys)
    assert all((together[i] == jax.random.bits(keys[i], (4, 5))).all() for i in range(3))


def test_eight_words_at_once_are_the_single_ones() -> None:
    """Both words of each evaluation of threefry, in turn; and what a part draws is its share of the whole."""
    whole = single(KEY, (6, 16))
    assert (jnp.stack(octets(KEY, (6, 2)), axis=-1).reshape(6, 16) == whole).all()
    x, y = words(KEY, (48,))
    assert (whole.ravel() == jnp.stack([x, y], axis=-1).ravel()).all()
    for k in range(3):
        part = Part(KEY, jnp.uint32(k))
        assert (single(part, (2, 16)) == whole[2 * k : 2 * k + 2]).all()
        assert (jnp.stack(octets(part, (2, 2)), axis=-1).reshape(2, 16) == whole[2 * k : 2 * k + 2]).all()
    with pytest.raises(ValueError, match="threefry"):
        words(Part(jax.random.key(0, impl="rbg"), jnp.uint32(0)), (3,))


@pytest.mark.parametrize("make", [Ising, lambda *size, **more: Ising(*size, field=0.1, coupling=0.7, **more)])
@pytest.mark.parametrize("boundary", ["periodic", "open"])
def test_eight_spins_in_a_word_are_the_spins_of_the_other_engine(make, boundary: str) -> None:
    model = make((6, 32), boundary=boundary)
    assert engine_of(model).nibbles
    assert not engine_of(make((6, 24), boundary=boundary)).nibbles
    how = {"n_samples": 8, "n_chains": 2, "n_sweeps": 2}
    assert (model.sample(KEY, 0.5, **how) == model.sample(KEY, 0.5, engine="sites", **how)).all()


def test_another_generator_is_left_to_jax() -> None:
    key = jax.random.key(0, impl="rbg")
    x, y = words(key, (1000,))
    assert (x != y).all()
    assert abs(float(unit(x).mean()) - 0.5) < 0.05


def test_unit_covers_zero_to_below_one() -> None:
    ends = unit(jnp.asarray([0, 255, 256, 2**32 - 1], jnp.uint32))
    assert ends.tolist() == [0.0, 0.0, 2**-24, 1 - 2**-24]


def test_multiply_high_is_the_integer_part_of_a_product() -> None:
    word = np.random.default_rng(0).integers(0, 2**32, 1000, dtype=np.uint64)
    for q in (2, 3, 16, 20):
        assert (np.asarray(multiply_high(jnp.asarray(word.astype(np.uint32)), q)) == (word * q >> 32)).all()


@pytest.mark.parametrize("order", [(0, 1, 2, 3), (1, 2, 0, 3), (0, 3, 1, 2), (1, 0, 3, 2)])
def test_pick_keeps_rare_weights_wherever_they_stand(order: tuple[int, ...]) -> None:
    weights = np.array([1.0, 3e-8, 5e-8, 1.0])[list(order)].astype(np.float32)
    # A first word below 2^10 may choose the rare staircase, any other the common one: count both out.
    first = jnp.asarray(np.concatenate([np.arange(1024), [1024, 2**31, 2**32 - 1]]).astype(np.uint32))
    second = jnp.asarray((np.arange(400) * 2**32 // 400 + 2**18).astype(np.uint32))
    pairs = [x.ravel() for x in jnp.meshgrid(first, second, indexing="ij")]
    drawn = np.asarray(pick(*pairs, [jnp.full(pairs[0].shape, w) for w in weights])).reshape(1027, 400)
    rare = weights < 0.5
    times = np.array([(drawn == k).sum() / 400 for k in range(4)])
    np.testing.assert_allclose(times[rare], 2**32 * weights[rare] / weights.sum(), atol=0.4)  # of 64 and 107 words
    assert np.isin(drawn[-3:], np.flatnonzero(~rare)).all()
    common = [(drawn[-3:] == k).mean() for k in np.flatnonzero(~rare)]
    assert common == [0.5, 0.5]


def test_pick_follows_ordinary_weights() -> None:
    weights = np.array([0.2, 0.0, 3.0, 1e-3, 0.5])
    drawn = pick(*words(KEY, (1_000_000,)), [jnp.full(1_000_000, w, jnp.float32) for w in weights])
    counts, p = np.bincount(np.asarray(drawn), minlength=5), weights / weights.sum()
    assert counts[1] == 0
    assert np.abs(counts - 1e6 * p).max() < 4 * np.sqrt(1e6 * p).max()


def test_trigonometry() -> None:
    angle = np.linspace(-14, 14, 20_001)
    cos, sin = cos_sin(jnp.asarray(angle, jnp.float32))
    assert np.abs(cos - np.cos(angle)).max() < 3e-6
    assert np.abs(sin - np.sin(angle)).max() < 3e-6
    turned = np.linspace(0, 2 * np.pi, 20_000, endpoint=False)
    back = np.asarray(angle_of(*(jnp.asarray(f(turned), jnp.float32) for f in (np.cos, np.sin))), float)
    assert np.abs(np.angle(np.exp(1j * (back - turned)))).max() < 2e-6
    assert (back >= 0).all()
    assert (back < np.float32(2 * np.pi)).all()
    assert float(angle_of(jnp.float32(1), jnp.float32(-1e-12))) == 0.0


# --------------------------------------------------------------------------------------- discrete spins


def neighbourhoods(states: list[int]) -> np.ndarray:
    """All choices of four neighbours, shape (cases, 4)."""
    return np.array(list(itertools.product(states, repeat=4)))


@eqx.filter_jit
def _draw(sampler, key, coupling, around, own):
    return sampler.draw(key, coupling, [around[:, k] for k in range(4)], own)


def draw(model, beta, around, own, key, strength=None, repeats=REPEATS):
    """So many new spins for each neighbourhood, shape (cases, repeats)."""
    wide = jnp.repeat(jnp.asarray(around, model.dtype), repeats, axis=0)
    coupling = model.coupling if strength is None else jnp.broadcast_to(jnp.asarray(strength, jnp.float32), wide.shape)
    new = _draw(model.sampler(jnp.float32(beta)), key, coupling, wide, jnp.full(len(wide), own, model.dtype))
    return np.asarray(new).reshape(len(around), repeats)


def worst(drawn: np.ndarray, states: list[int], p: np.ndarray) -> float:
    """The largest |z| of the counts of each state in each neighbourhood."""
    counts = np.stack([(drawn == s).sum(1) for s in states], axis=1)
    assert (counts.sum(1) == drawn.shape[1]).all(), "a state that is none"
    spread = np.sqrt(drawn.shape[1] * p * (1 - p))
    return float(np.abs((counts - drawn.shape[1] * p) / np.maximum(spread, 1.0)).max())


def boltzmann(log_weight: np.ndarray) -> np.ndarray:
    weight = np.exp(log_weight - log_weight.max(1, keepdims=True))
    return weight / weight.sum(1, keepdims=True)


@pytest.mark.parametrize("strength", [None, (0.5, -1.0, 1.5, 1.0)])
@pytest.mark.parametrize(("beta", "coupling", "field"), [(0.0, 1, 0), (0.44, 1, 0), (0.3, -1.2, 0), (0.7, 1, 0.4)])
def test_ising_conditional(beta: float, coupling: float, field: float, strength) -> None:
    model = Ising(4, coupling=coupling, field=field, boundary="open")
    around = neighbourhoods([-1, 0, 1])  # 0: no neighbour
    each = np.full(4, coupling) if strength is None else np.array(strength)
    pull = around @ each + field
    p = boltzmann(beta * pull[:, None] * np.array([-1, 1]))
    assert worst(draw(model, beta, around, 1, KEY, strength=strength), [-1, 1], p) < WORST


def test_rare_flips_in_the_cold_keep_their_rate() -> None:
    levels = Ising(4).sampler(jnp.float32(2.0)).level(jnp.asarray([4.0, -4.0]))
    rate = 1 / (1 + np.exp(16.0))
    assert 1 - float(np.asarray(levels, np.float64)[0] + 1) / 2**32 == pytest.approx(rate, rel=2e-3)
    assert float(np.asarray(levels, np.float64)[1] + 1) / 2**32 == pytest.approx(rate, rel=2e-3)
    frozen = Ising(4).sampler(jnp.float32(50.0)).level(jnp.asarray([4.0, -4.0]))
    assert frozen.tolist() == [2**32 - 1, 0]


@pytest.mark.parametrize("strength", [None, (0.5, -1.0, 1.5, 1.0)])
@pytest.mark.parametrize(("q", "beta", "coupling", "field"), [(3, 1.0, 1, 0), (3, 0.6, -1, 0.5), (4, 1.1, 1, -0.7)])
def test_potts_conditional(q: int, beta: float, coupling: float, field: float, strength) -> None:
    model = Potts(4, q, coupling=coupling, field=field)
    around = neighbourhoods([*range(q), 255])  # 255: no neighbour
    around = around[:: 1 if q == 3 else 5]
    each = np.full(4, coupling) if strength is None else np.array(strength)
    same = around[:, :, None] == np.arange(q)
    energy = (same * each[:, None]).sum(1) + field * (np.arange(q) == 0)
    drawn = draw(model, beta, around, 0, KEY, strength=strength)
    assert worst(drawn, list(range(q)), boltzmann(beta * energy)) < WORST


def as_rare_as(events: int, expected: float) -> bool:
    """Whether so many events are no surprise where so many are expected: Poisson, two-sided, at one in a thousand."""
    law = stats.poisson(expected)
    return min(law.cdf(events), law.sf(events - 1)) > 5e-4


@pytest.mark.parametrize("engine", ["sublattices", "sites"])
@pytest.mark.parametrize("colour", [0, 3])
@pytest.mark.colab
def test_rare_colours_in_the_cold_keep_their_rate(colour: int, engine: str) -> None:
    """Of 2^27 updates at β = 4.5, 2.0 to each other colour; 24-bit uniforms gave 0 from 0, and 10 from 3, all to 0."""
    model, beta, n = Potts(64, 5), 4.5, 2**27
    how = {"n_chains": 16, "n_samples": n // (16 * model.n_spins), "init": np.full(model.shape, colour)}

    def changed(spins):
        return jnp.stack([(spins == k).sum((-2, -1)) for k in range(5) if k != colour], axis=-1)

    seen = np.asarray(model.measure(KEY, beta, {"changed": changed}, **how, engine=engine)["changed"]).sum((0, 1))
    odds = np.exp(-4 * beta)
    assert all(as_rare_as(int(count), n * odds / (1 + 4 * odds)) for count in seen)
    assert as_rare_as(int(seen.sum()), n * 4 * odds / (1 + 4 * odds))


@pytest.mark.parametrize("source", ["threefry2x32", "rbg"])
@pytest.mark.parametrize(
    ("model", "beta", "strength", "low"),
    [
        (Potts(4, 3, field=0.5), 4.3, None, 0),
        (Potts(4, 3, field=-0.5), 4.3, (1.5, 0.5, 1.5, 0.5), 0),
        (Clock(4, 3, boundary="open"), 2.85, None, 0),
        (Clock(4, 3, field=0.2), 2.85, (1.5, 0.5, 1.5, 0.5), 0),
        (Clock(4, 3), 2.85, None, 1),  # by table, where the second word decides
    ],
)
def test_rare_states_keep_their_rate_on_every_path(monkeypatch, model, beta, strength, low, source) -> None:
    """Neighbours all 1. One random word stays below 2^11, so that odds of e^-17 come 2^21 times as often."""

    def words_below(key, shape):
        drawn = list(words(key, shape))
        drawn[low] = drawn[low] >> 21
        return drawn

    for module in (clock, potts):
        monkeypatch.setattr(module, "words", words_below)
    n = 2**18
    coupling = model.coupling if strength is None else jnp.broadcast_to(jnp.asarray(strength, jnp.float32), (n, 4))
    around, own = [jnp.ones(n, jnp.uint8)] * 4, jnp.zeros(n, jnp.uint8)
    drawn = model.sampler(jnp.float32(beta)).draw(jax.random.key(21, impl=source), coupling, around, own)
    bond, along = (0.0, np.array([1, 0, 0])) if isinstance(model, Potts) else (-0.5, np.array([1, -0.5, -0.5]))
    log = beta * (4 * np.array([bond, 1, bond]) + float(model.field) * along)
    p = boltzmann(log[None])[0]
    counts = np.bincount(np.asarray(drawn), minlength=3)
    for k in (0, 2):
        assert abs(counts[k] - n * p[k] * 2**21) < 4 * np.sqrt(n * p[k] * 2**21)


@pytest.mark.parametrize("beta", [25.0, 60.0, 1e4])
def test_the_coldest_potts_spin_takes_a_colour_of_most_neighbours(beta: float) -> None:
    around = np.array([[0, 1, 2, 3], [1, 1, 4, 2], [2, 3, 3, 2], [0, 0, 0, 4]])
    drawn = draw(Potts(4, 5), beta, around, 4, KEY, repeats=4000)
    for new, best in zip(drawn, ([0, 1, 2, 3], [1], [2, 3], [0]), strict=True):
        assert np.isin(new, best).all()
        assert np.abs(np.array([(new == k).mean() for k in best]) * len(best) - 1).max() < 0.15
    each = np.array((1.0, 1.0, 1.0, 1.5))
    assert (draw(Potts(4, 5), beta, around[:1], 4, KEY, strength=each) == 3).all()


def test_potts_does_not_overflow_in_the_cold() -> None:
    model = Potts(4, 5, field=-3.0)
    assert (draw(model, 60.0, np.full((1, 4), 3), 0, KEY) == 3).all()
    model = Potts(4, 5, coupling=-1.0)
    assert (draw(model, 60.0, np.full((1, 4), 3), 0, KEY) != 3).all()


def clock_probabilities(q: int, beta: float, coupling, field: float, around: np.ndarray) -> np.ndarray:
    turn = 2 * np.pi * np.arange(q) / q
    there = around < q
    towards = np.cos(turn[None, None, :] - turn[around % q][:, :, None]) * there[:, :, None]
    return boltzmann(beta * ((towards * np.broadcast_to(coupling, 4)[:, None]).sum(1) + field * np.cos(turn)))


@pytest.mark.parametrize(("q", "beta", "coupling"), [(3, 1.0, 1.0), (4, 1.3, 1.0), (5, 0.9, -1.0), (4, 0.0, 1.0)])
def test_clock_conditional_by_table(q: int, beta: float, coupling: float) -> None:
    model = Clock(4, q, coupling=coupling)
    assert model.tabulated
    around = neighbourhoods(list(range(q)))
    p = clock_probabilities(q, beta, coupling, 0, around)
    assert worst(draw(model, beta, around, 0, KEY), list(range(q)), p) < WORST


@pytest.mark.parametrize("strength", [None, (0.5, -1.0, 1.5, 1.0)])
@pytest.mark.parametrize(("q", "beta", "field"), [(3, 1.0, 0.5), (4, 1.3, -0.4), (3, 40.0, 0.0)])
def test_clock_conditional_by_weights(q: int, beta: float, field: float, strength) -> None:
    model = Clock(4, q, field=field, boundary="open")
    assert not model.tabulated
    around = neighbourhoods(list(range(q + 1)))  # q: no neighbour
    coupling = 1.0 if strength is None else np.array(strength)
    p = clock_probabilities(q, beta, coupling, field, around)
    if beta > 10:  # ties are decided by rounding: leave them out
        clear = np.sort(p, axis=1)[:, -1] > 0.999
        around, p = around[clear], p[clear]
    drawn = draw(model, beta, around, 0, jax.random.fold_in(KEY, 1), strength=strength)
    assert worst(drawn, list(range(q)), p) < WORST


@pytest.mark.parametrize(("q", "beta"), [(16, 1.2), (16, 0.0), (16, 30.0), (6, 2.0), (20, 0.8)])
def test_alias_table_holds_the_exact_probabilities(q: int, beta: float) -> None:
    around = np.random.default_rng(q).integers(0, q, (500, 4))
    around[:, 0] = 0
    cases = around @ [0, q * q, q, 1]
    entries = alias_table(clock_conditionals(jnp.float32(beta), q)).reshape(-1, q)[cases]
    share, alias = (np.asarray(part) for part in unpacked(entries))
    held = share.astype(float) / q
    np.add.at(held, (np.arange(len(held))[:, None], alias), (1 - share.astype(float)) / q)
    p = clock_probabilities(q, beta, 1.0, 0.0, around)
    assert np.abs(held - p).max() < 2e-6
    rare = (p < 1e-3 / q) & (p > 1e-30)
    assert np.abs(held[rare] / p[rare] - 1).max(initial=0) < 2e-5  # float32 knows β E to that, with β = 30


def test_sixteen_states_by_table_in_random_neighbourhoods() -> None:
    model = Clock(4, 16)
    around = np.random.default_rng(5).integers(0, 16, (40, 4))
    p = clock_probabilities(16, 1.1, 1.0, 0.0, around)
    assert worst(draw(model, 1.1, around, 0, KEY, repeats=40_000), list(range(16)), p) < WORST


# --------------------------------------------------------------------------------------------------- XY


@eqx.filter_jit
def _turned(sampler, coupling, near, state, updates):
    def update(number, state):
        return sampler.draw(jax.random.fold_in(KEY, number), coupling, near, state)

    return jax.lax.fori_loop(0, updates, update, state)


def turned(model: XY, beta: float, around: np.ndarray, own: np.ndarray, updates: int) -> np.ndarray:
    """Angles of many spins with the same neighbours, after some updates from the angles `own`."""
    near = [tuple(jnp.full(len(own), f(a), jnp.float32) for f in (np.cos, np.sin)) for a in around]
    state = cos_sin(jnp.asarray(own, jnp.float32))
    state = _turned(model.sampler(jnp.float32(beta)), model.coupling, near, state, jnp.int32(updates))
    return np.asarray(angle_of(*state), float)


@pytest.mark.parametrize(
    ("beta", "field", "around"),
    [
        (1.0, 0.0, (0.3, 0.9, 5.0, 1.7)),
        (0.0, 0.0, (0.3, 0.9, 5.0, 1.7)),
        (30.0, 0.0, (0.3, 0.4, 0.5, 0.2)),
        (1e5, 0.0, (0.3, 0.4, 0.5, 0.2)),
        (0.7, 0.8, (3.0, 2.0, 4.0, 1.0)),
        (2.0, 0.0, (0.0, np.pi / 2, np.pi, 3 * np.pi / 2)),  # no pull at all
    ],
)
def test_xy_conditional_is_von_mises(beta: float, field: float, around: tuple[float, ...]) -> None:
    vector = np.exp(1j * np.array(around)).sum() + field
    kappa, towards = beta * abs(vector), np.angle(vector)
    n = 40_000
    angle = turned(XY(4, field=field), beta, np.array(around), np.full(n, 2.0), updates=8)
    off = angle - towards
    for m in (1, 2):
        mean = ive(m, kappa) / ive(0, kappa)
        spread = np.cos(m * off).std() / np.sqrt(n)
        assert abs(np.cos(m * off).mean() - mean) < 4.5 * spread + 1e-7
        assert abs(np.sin(m * off).mean()) < 4.5 * np.sin(m * off).std() / np.sqrt(n) + 1e-6
    if 1e-3 < kappa < 1e3:
        off = np.angle(np.exp(1j * off))
        assert stats.kstest(off, stats.vonmises(kappa).cdf).pvalue > 1e-3


def test_one_xy_update_keeps_a_von_mises_law_and_moves_two_spins_in_three() -> None:
    around = np.array([0.3, 0.9, 5.0, 1.7])
    vector = np.exp(1j * around).sum()
    start = stats.vonmises.rvs(abs(vector), loc=np.angle(vector), size=100_000, random_state=3)
    angle = turned(XY(4), 1.0, around, start, updates=1)
    off = np.angle(np.exp(1j * (angle - np.angle(vector))))
    assert stats.kstest(off, stats.vonmises(abs(vector)).cdf).pvalue > 1e-3
    stayed = np.abs(np.angle(np.exp(1j * (angle - start)))) < 1e-5
    assert 0.01 < stayed.mean() < (1 - 0.65) ** 2


@pytest.mark.parametrize("mirrors", [1, 3])
@pytest.mark.colab
def test_a_sweep_ends_with_as_many_mirrors_as_it_was_told(mirrors: int) -> None:
    start = np.random.default_rng(5).uniform(0, 2 * np.pi, (6, 8))
    how = {"n_samples": 1, "init": start}
    angles = np.asarray(XY((6, 8)).sample(KEY, 0.7, **how), float)[0, 0]
    for _ in range(mirrors):
        for colour in (0, 1):
            pull = sum(np.exp(1j * np.roll(angles, step, axis)) for axis in (0, 1) for step in (1, -1))
            turned = 2 * np.angle(pull) - angles
            angles = np.where(np.indices(angles.shape).sum(0) % 2 == colour, turned, angles)
    found = np.asarray(XY((6, 8), over_relaxation=mirrors).sample(KEY, 0.7, **how), float)[0, 0]
    assert np.abs(np.exp(1j * found) - np.exp(1j * angles)).max() < 1e-4


def test_over_relaxation_keeps_the_energy_and_undoes_itself() -> None:
    rng = np.random.default_rng(2)
    angles = rng.uniform(0, 2 * np.pi, (5, 1000))
    own, *around = [cos_sin(jnp.asarray(a, jnp.float32)) for a in angles]
    mirror = Mirror(jnp.float32(0.3))
    once = mirror.draw(KEY, jnp.float32(1.0), around, own)
    twice = mirror.draw(KEY, jnp.float32(1.0), around, once)
    pull = np.exp(1j * angles[1:]).sum(0) + 0.3

    def along(state):
        return (np.asarray(state[0]) + 1j * np.asarray(state[1])).conj() * pull

    np.testing.assert_allclose(along(once).real, along(own).real, atol=3e-6)
    np.testing.assert_allclose(along(once).imag, -along(own).imag, atol=3e-6)
    np.testing.assert_allclose(np.asarray(twice), np.asarray(own), atol=1e-5)
    still = mirror.draw(KEY, jnp.float32(0.0), around, own)
    assert np.isfinite(np.asarray(still)).all()
