"""The spin models: energies, arguments, and how sampling, measuring and streaming fit together."""

from __future__ import annotations

import itertools
import subprocess
import sys
from typing import ClassVar

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from tqdm import tqdm

from course_utils.lattice import XY, Clock, Ising, Lattice, Potts, exact
from course_utils.lattice.base import engine_of
from course_utils.lattice.engines import Grid, edges, join, split
from course_utils.lattice.factors import FactorProgram
from course_utils.lattice.tempering import annealed, replica_exchange

KEY = jax.random.key(7)
MODELS = {
    "Ising": lambda *size, **more: Ising(*size, **more),
    "Potts": lambda *size, **more: Potts(*size, q=5, **more),
    "Clock": lambda *size, **more: Clock(*size, q=8, **more),
    "XY": lambda *size, **more: XY(*size, **more),
}
GRIDS = [(4, 6), (2, 2), (2, 4)]


@pytest.fixture(params=MODELS)
def make(request: pytest.FixtureRequest):
    return MODELS[request.param]


def plain_energy(model: Lattice, spins: np.ndarray, coupling: np.ndarray, field: float) -> float:
    """Energy per spin, bond by bond, in plain Python numbers."""
    rows, cols = spins.shape
    periodic = model.grid.periodic

    def turn(s):
        return 2 * np.pi * s / model.q if isinstance(model, Clock) else s

    def bond(a, b):
        if isinstance(model, Ising):
            return a * b
        return float(a == b) if isinstance(model, Potts) else np.cos(turn(a) - turn(b))

    total = 0.0
    for i, j in itertools.product(range(rows), range(cols)):
        here = float(spins[i, j])
        along = (
            here if isinstance(model, Ising) else float(here == 0) if isinstance(model, Potts) else np.cos(turn(here))
        )
        total -= field * along
        if periodic or i + 1 < rows:
            total -= coupling[0, i, j] * bond(here, float(spins[(i + 1) % rows, j]))
        if periodic or j + 1 < cols:
            total -= coupling[1, i, j] * bond(here, float(spins[i, (j + 1) % cols]))
    return total / (rows * cols)


# ----------------------------------------------------------------------------------------------- energy


@pytest.mark.parametrize("boundary", ["periodic", "open"])
@pytest.mark.parametrize("each_edge", [False, True])
def test_energy_bond_by_bond(make, boundary: str, each_edge: bool) -> None:
    size = (4, 6) if boundary == "periodic" else (3, 5)
    coupling = np.random.default_rng(1).normal(size=(2, *size)) if each_edge else np.full((2, *size), -0.7)
    model = make(size, coupling=coupling if each_edge else -0.7, field=0.3, boundary=boundary)
    spins = np.asarray(model.random(KEY, (2, 3, *size)))
    energy = model.energy(spins)
    assert energy.shape == (2, 3)
    expected = [[plain_energy(model, s, coupling, 0.3) for s in row] for row in spins]
    np.testing.assert_allclose(energy, expected, rtol=2e-5, atol=2e-5)


def test_aligned_spins_are_the_ground_state(make) -> None:
    model = make((4, 6))
    spins = model.sample(KEY, BETAS + 50, n_samples=SAMPLES, n_chains=CHAINS, init="aligned")
    np.testing.assert_allclose(model.energy(spins), -2.0, atol=0.05)
    np.testing.assert_allclose(model.order_parameter(spins), 1.0, atol=0.02)


def test_order_parameters_of_known_lattices() -> None:
    checkers = 1 - 2 * (np.indices((4, 4)).sum(0) % 2)
    assert float(Ising(4).order_parameter(checkers)) == 0.0
    assert float(Ising(4).order_parameter(-np.ones((4, 4), np.int8))) == -1.0
    half = np.repeat([0, 1], 8).reshape(4, 4)
    assert float(Potts(4, 5).order_parameter(half)) == pytest.approx((5 * 0.5 - 1) / 4)
    assert float(Clock(4, 4).order_parameter(2 * half)) == pytest.approx(0.0, abs=1e-6)
    assert float(Clock(4, 4).order_parameter(half)) == pytest.approx(np.sqrt(0.5))
    assert float(XY(4).order_parameter(half * np.pi / 2)) == pytest.approx(np.sqrt(0.5))


# ------------------------------------------------------------------------ what a model says about itself


@pytest.mark.parametrize(
    ("model", "title", "described", "n_states", "label", "beta"),
    [
        (Ising(4), "Ising", "Ising model", 2, "T_c", exact.BETA_C),
        (Potts(4, 4), "Potts, q = 4", "Potts model, 4 states", 4, "T_c", np.log(3)),
        (Potts(4, 5), "Potts, q = 5", "Potts model, 5 states", 5, "T_c", exact.potts_beta_c(5)),
        (Clock(4, 2), "Clock, q = 2", "XY model, 2 directions", 2, "T_c", exact.BETA_C),
        (Clock(4, 3), "Clock, q = 3", "XY model, 3 directions", 3, "T_c", exact.potts_beta_c(3) / 1.5),
        (Clock(4, 4), "Clock, q = 4", "XY model, 4 directions", 4, "T_c", 2 * exact.BETA_C),
        (Clock(4, 16), "Clock, q = 16", "XY model, 16 directions", 16, "T_KT of XY", 1 / 0.8929),
        (XY(4), "XY", "XY model, continuous angles", None, "T_KT", 1 / 0.8929),
    ],
    ids=lambda value: value.title if isinstance(value, Lattice) else "",
)
def test_a_model_knows_its_names_and_its_transition(model, title, described, n_states, label, beta) -> None:
    assert (model.title, model.described, model.n_states) == (title, described, n_states)
    assert model.transition == (label, pytest.approx(1 / beta, rel=1e-12))
    low, high, start = model.temperatures
    assert low <= start < model.transition.temperature < high


def test_three_and_four_directions_are_potts_and_two_ising_models() -> None:
    spins = np.asarray(Clock(4, 3).random(KEY, (5, 4, 4)))
    np.testing.assert_allclose(Clock(4, 3).energy(spins), 1.5 * Potts(4, 3).energy(spins) + 1, atol=1e-6)
    spins = np.asarray(Clock(4, 4).random(KEY, (5, 4, 4)))
    first, second = (np.where(np.isin(spins, up), 1, -1).astype(np.int8) for up in ((0, 1), (0, 3)))
    both = (Ising(4).energy(first) + Ising(4).energy(second)) / 2
    np.testing.assert_allclose(Clock(4, 4).energy(spins), both, atol=1e-6)


@pytest.mark.parametrize("changed", [{"field": 0.5}, {"coupling": 0.5}, {"coupling": np.ones((2, 4, 4))}])
def test_what_is_known_of_one_coupling_and_no_field_is_said_of_nothing_else(make, changed) -> None:
    model = make(4, **changed)
    assert model.transition is None
    assert model.exact_energy(0.4) is None
    assert model.exact_order(0.4) is None


def test_ising_knows_its_exact_values() -> None:
    assert Ising(4).exact_energy(0.3) == (exact.onsager_energy(0.3), "Onsager")
    assert Ising(4).exact_order(0.6) == (exact.yang_magnetisation(0.6), "Yang")


# --------------------------------------------------------------------------------------------- geometry


@pytest.mark.parametrize("shape", [(4, 6), (3, 5), (2, 3), (5, 2)])
def test_colours_split_and_join(shape: tuple[int, int]) -> None:
    grid = Grid(*shape, False)
    spins = jnp.arange(np.prod(shape)).reshape(shape)
    black, white = split(grid, spins)
    assert (join(grid, [black, white]) == spins).all()
    for i, j in itertools.product(range(shape[0]), range(shape[1])):
        assert (black if (i + j) % 2 == 0 else white)[i, j // 2] == spins[i, j]


@pytest.mark.parametrize("shape", GRIDS)
@pytest.mark.parametrize("periodic", [True, False])
def test_edges_are_those_of_the_enumeration(shape: tuple[int, int], periodic: bool) -> None:
    table = edges(Grid(*shape, periodic))
    number = np.arange(np.prod(shape)).reshape(shape)
    i, j, edge = np.moveaxis(table, -1, 0)
    pairs = np.stack([np.broadcast_to(number, i.shape), number[i, j]], axis=-1)[edge >= 0]
    once = np.sort(np.concatenate([exact.bonds(shape, periodic)] * 2), axis=1)
    assert sorted(map(tuple, np.sort(pairs, axis=1).tolist())) == sorted(map(tuple, once.tolist()))
    assert (np.bincount(edge[edge >= 0]) <= 2).all()  # an edge is seen from both its ends


def test_the_sublattice_engine_has_two_nodes_at_any_size() -> None:
    engine = engine_of(Ising(512))
    assert [len(block) for block in engine.program.gibbs_spec.free_blocks] == [1, 1]
    assert sum(x.size for x in jax.tree.leaves(engine.program) if isinstance(x, jax.Array)) < 100


# --------------------------------------------------------------------------------------------- sampling
# The same shapes in all tests, so that each model is compiled once.

SIZE, CHAINS, SAMPLES = (4, 6), 3, 6
BETAS = np.array([0.2, 0.5, 0.9])


def sampled(model: Lattice, betas=BETAS, **more):
    return model.sample(KEY, betas, **{"n_samples": SAMPLES, "n_chains": CHAINS, **more})


def test_shapes_and_values(make) -> None:
    model = make(SIZE)
    spins = sampled(model)
    assert spins.shape == (CHAINS, SAMPLES, *SIZE)
    assert spins.dtype == model.dtype
    assert not model.check_spins(np.asarray(spins))
    if model.states is None:
        assert (spins >= 0).all()
        assert (spins < np.float32(2 * np.pi)).all()
    assert model.order_parameter(spins).shape == (CHAINS, SAMPLES)
    assert not (spins[:, 0] == spins[:, 1]).all()
    assert not (spins[0] == spins[1]).all()
    assert not (spins == model.sample(jax.random.key(8), BETAS, n_samples=SAMPLES, n_chains=CHAINS)).all()


def test_engines_give_the_same_spins(make) -> None:
    model = make(SIZE)
    more = {} if model.states is None else {"n_sweeps": 7, "n_burn_in": 40}  # rounding parts angles after some sweeps
    fast, slow = (sampled(model, engine=engine, **more) for engine in ("sublattices", "sites"))
    away = np.angle(np.exp(1j * np.asarray(fast.astype(jnp.float32) - slow.astype(jnp.float32))))
    assert np.abs(away).max() < 1e-4


def test_sweeps_and_burn_in_are_counted(make) -> None:
    model = make(SIZE)
    every = sampled(model)
    assert (sampled(model, n_sweeps=2)[:, :3] == every[:, 1::2]).all()
    assert (sampled(model, n_burn_in=2)[:, :4] == every[:, 2:]).all()


def test_what_is_measured_is_what_would_be_sampled(make) -> None:
    model = make(SIZE)
    looks = {"energy": model.energy, "corner": lambda s: s[:, :2, :2]}
    measured = model.measure(KEY, BETAS, looks, n_samples=SAMPLES, n_chains=CHAINS)
    np.testing.assert_allclose(measured["energy"], model.energy(sampled(model)), rtol=1e-5, atol=1e-6)
    assert (measured["corner"] == sampled(model)[..., :2, :2]).all()


def test_each_chain_has_its_temperature_and_its_start(make) -> None:
    model = make(SIZE)
    start = model.random(KEY, (CHAINS, *SIZE))
    frozen = sampled(model, np.array([0.0, 0.0, 1e4]), init=start, n_burn_in=20)
    energy = np.asarray(model.energy(frozen))
    assert energy[2].max() < -1.0 < energy[0].mean()
    assert energy[2].max() <= float(model.energy(start[2])) + 1e-3
    again = sampled(model, np.array([0.0, 0.0, 1e4]), init=np.asarray(start), n_burn_in=20)
    assert (again == frozen).all()
    one = sampled(model, np.array([0.0, 0.0, 1e4]), init=start[2], n_burn_in=20)
    assert (one[2] == frozen[2]).all()


@pytest.mark.slow
def test_progress_and_streams_change_nothing_but_the_steps(capsys: pytest.CaptureFixture[str]) -> None:
    model = Ising(SIZE)
    how = {"n_sweeps": 2, "n_chains": 2}
    plain = model.sample(KEY, 0.6, n_samples=120, **how)
    barred = model.sample(KEY, 0.6, n_samples=117, n_burn_in=6, progress=True, **how)
    shown = capsys.readouterr()
    assert "240/240" in shown.out
    assert shown.err == ""
    assert (barred == plain[:, 3:]).all()
    streamed = list(model.stream(KEY, 0.6, n_frames=120, chunk=50, **how))
    assert [len(part[0]) for part in streamed] == [50, 50, 20]
    assert (jnp.concatenate(streamed, axis=1) == plain).all()


class Bar(tqdm):
    """A progress bar that remembers its steps."""

    steps: ClassVar[list[int]] = []

    def update(self, n: float = 1) -> bool | None:
        self.steps.append(int(n))
        return super().update(n)


@pytest.mark.slow
def test_the_bar_moves_during_a_long_burn_in(monkeypatch: pytest.MonkeyPatch) -> None:
    how = {"n_samples": 3, "n_sweeps": 2, "n_burn_in": 1000}
    plain = Ising(SIZE).sample(KEY, 0.6, **how)
    monkeypatch.setattr("course_utils.lattice.base.tqdm", Bar)
    monkeypatch.setattr(Bar, "steps", [])
    assert (Ising(SIZE).sample(KEY, 0.6, progress=True, **how) == plain).all()
    assert sum(Bar.steps) == 1006
    assert max(Bar.steps) < 0.05 * 1006


@pytest.mark.slow
def test_exchange_and_cooling_show_their_progress_and_draw_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    model, betas = Ising(SIZE), jnp.array([0.3, 0.4, 0.5])
    what = {"energy": model.energy}
    plain = replica_exchange(model, KEY, betas, what, n_samples=70, n_burn_in=45)
    monkeypatch.setattr("course_utils.lattice.tempering.tqdm", Bar)
    monkeypatch.setattr("course_utils.lattice.base.tqdm", Bar)
    monkeypatch.setattr(Bar, "steps", [])
    barred = replica_exchange(model, KEY, betas, what, n_samples=70, n_burn_in=45, progress=True)
    assert sum(Bar.steps) == 115
    assert max(Bar.steps) == 3
    assert (barred.measured["energy"] == plain.measured["energy"]).all()
    assert (barred.swap_acceptance == plain.swap_acceptance).all()
    cooled, _ = annealed(model, KEY, jnp.linspace(0.1, 1.0, 100), what)
    Bar.steps.clear()
    assert (annealed(model, KEY, jnp.linspace(0.1, 1.0, 100), what, progress=True)[0] == cooled).all()
    assert max(Bar.steps) == 2


@pytest.mark.slow
def test_a_chain_does_not_depend_on_the_others() -> None:
    few = Ising(SIZE).sample(KEY, 0.6, n_samples=3, n_chains=2, init="aligned")
    many = Ising(SIZE).sample(KEY, 0.6, n_samples=3, n_chains=5, init="aligned")
    assert (few == many[:2]).all()


@pytest.mark.slow
@pytest.mark.parametrize("name", ["Ising", "Clock"])  # the clock makes its table anew for each temperature
def test_a_stream_follows_its_temperatures(name: str) -> None:
    model = MODELS[name](8)
    betas = np.repeat([0.0, 4.0, 0.0], 20)
    frames = jnp.concatenate(list(model.stream(KEY, betas, n_frames=60, chunk=20, n_chains=8, init="aligned")), axis=1)
    energy = np.asarray(model.energy(frames)).mean(0)
    assert energy[5:20].mean() > -0.6
    assert energy[30:40].mean() < -1.2
    assert energy[45:60].mean() > -0.6


def test_one_coupling_given_for_each_edge_changes_nothing() -> None:
    plain, spelt = Ising(SIZE, coupling=0.8), Ising(SIZE, coupling=np.full((2, *SIZE), 0.8))
    a, b = (sampled(model, n_sweeps=20, engine=engine) for model, engine in ((plain, "sites"), (spelt, None)))
    assert (a == b).mean() > 0.999  # the same random words meet the same thresholds, but for rounding


@pytest.mark.slow
@pytest.mark.colab
def test_a_sweep_over_temperatures_is_compiled_once() -> None:
    traced = []

    def look(spins):
        traced.append(spins.shape)
        return spins.mean((-2, -1))

    model = Ising(64)
    betas = jnp.linspace(0.3, 0.6, 32)
    how = {"n_samples": 2, "n_chains": 32}
    first = model.measure(KEY, betas, {"m": look}, **how)["m"]
    assert first.shape == (32, 2)
    compiled = len(traced)
    for other in (Ising(64), Ising(64, coupling=0.9, field=0.1)):  # the numbers of a model are traced too
        other.measure(KEY, betas + 0.01, {"m": look}, n_sweeps=3, n_burn_in=4, **how)
    other.measure(KEY, betas, {"m": look}, init="aligned", **how)
    assert len(traced) == compiled
    model.measure(KEY, betas, {"m": look}, n_samples=3, n_chains=32)
    assert len(traced) > compiled


# ------------------------------------------------------------------------------------------- tempering


@pytest.mark.slow
def test_annealing_is_a_stream_that_keeps_the_end() -> None:
    model, betas = Potts(6, 3), np.linspace(0.1, 1.5, 10)
    spins, measured = annealed(model, KEY, betas, {"e": model.energy}, n_sweeps=3, n_chains=4)
    (frames,) = model.stream(KEY, betas, n_frames=10, n_sweeps=3, chunk=10, n_chains=4)
    assert (spins == frames[:, -1]).all()
    np.testing.assert_allclose(measured["e"], model.energy(frames), rtol=1e-6)


@pytest.mark.slow
def test_slow_cooling_leaves_no_stripes() -> None:
    model = Ising(16)
    slow, _ = annealed(model, KEY, np.linspace(0.3, 0.7, 400), {}, n_sweeps=5, n_chains=16)
    assert (abs(model.order_parameter(slow)) > 0.9).mean() > 0.9


# -------------------------------------------------------------------------------------------- bad input


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: Ising(5), r"size = 5: expected even sides on a periodic lattice.*open"),
        (lambda: Ising((4, 3)), r"size = \(4, 3\): expected even sides"),
        (lambda: Ising(1), "size = 1: expected a whole number >= 2"),
        (lambda: Ising(4.0), r"size = 4.0: expected"),
        (lambda: Ising(4, boundary="free"), 'boundary = \'free\': expected "periodic" or "open"'),
        (
            lambda: Ising(4, coupling=np.ones((4, 4))),
            r"coupling has shape \(4, 4\): expected one number or shape \(2, 4",
        ),
        (lambda: Ising(4, field=np.nan), "field = nan: expected finite"),
        (lambda: Potts(4, 1), "q = 1: expected a whole number from 2 to 64"),
        (lambda: Clock(4, 100), "q = 100: expected"),
        (lambda: XY(4, over_relaxation=-1), "over_relaxation = -1"),
        (lambda: Ising(4).energy(np.ones((3, 4))), r"spins has shape \(3, 4\): expected \(4, 4\)"),
        (lambda: Ising(4).sample(KEY, -0.1, n_samples=1), "beta = -0.1: expected finite numbers >= 0"),
        (lambda: Ising(4).sample(KEY, [0.1, 0.2], n_samples=1, n_chains=3), r"beta has shape \(2,\)"),
        (lambda: Ising(4).sample(KEY, "cold", n_samples=1), "beta = 'cold': expected numbers"),
        (lambda: Ising(4).sample(0, 0.4, n_samples=1), "key = 0: expected a JAX key"),
        (lambda: Ising(4).sample(KEY, 0.4, n_samples=0), "n_samples = 0"),
        (lambda: Ising(4).sample(KEY, 0.4, n_samples=1, n_sweeps=1.5), "n_sweeps = 1.5"),
        (lambda: Ising(4).sample(KEY, 0.4, n_samples=1, n_burn_in=-1), "n_burn_in = -1"),
        (lambda: Ising(4).sample(KEY, 0.4, n_samples=1, n_chains=True), "n_chains = True"),
        (lambda: Ising(4).sample(KEY, 0.4, n_samples=1, engine="gpu"), "engine = 'gpu': expected"),
        (lambda: Ising(4).sample(KEY, 0.4, n_samples=1, init="cold"), "init = 'cold': expected"),
        (lambda: Ising(4).sample(KEY, 0.4, n_samples=1, init=np.ones((4, 5))), r"init has shape \(4, 5\)"),
        (lambda: Ising(4).sample(KEY, 0.4, n_samples=1, init=np.zeros((4, 4))), "init holds other values than -1 and"),
        (
            lambda: Potts(4, 3).sample(KEY, 0.4, n_samples=1, init=np.full((4, 4), 3)),
            "init holds other values than 0 to 2",
        ),
        (lambda: XY(4).sample(KEY, 0.4, n_samples=1, init=np.full((4, 4), np.inf)), "init holds values that are not"),
        (
            lambda: Ising(4, coupling=np.ones((2, 4, 4))).sample(KEY, 0.4, n_samples=1, engine="sublattices"),
            'need engine="sites"',
        ),
        (lambda: Ising(4).stream(KEY, 0.1, n_frames=0), "n_frames = 0"),
        (lambda: Ising(4).stream(KEY, [0.1, 0.2], n_frames=3), r"beta has shape \(2,\): expected one number or shape"),
        (lambda: annealed(Ising(4), KEY, 0.4, {}), r"betas has shape \(\)"),
        (
            lambda: replica_exchange(Ising(4), KEY, [0.4, 0.3, 0.5], {}, n_samples=1),
            "expected two or more numbers that rise or fall",
        ),
        (lambda: replica_exchange(Ising(4), KEY, [0.4], {}, n_samples=1), "expected two or more"),
        (lambda: FactorProgram(XY(4), 0.4), "expected one with a list of states"),
    ],
)
def test_bad_input_is_named(call, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        call()


@pytest.mark.parametrize("module", ["course_utils.lattice", "course_utils.lattice.exact"])
def test_importing_the_package_loads_no_jax(module: str) -> None:
    code = f"import {module}, sys; sys.exit(any(m in sys.modules for m in ('torch', 'jax')))"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
