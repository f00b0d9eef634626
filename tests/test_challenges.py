"""Challenges: rivals in the order expected, cheats caught with their sentence, and nothing that stops a notebook."""

import contextlib
import inspect
import itertools
import math
import subprocess
import sys
import threading
import time

import numpy as np
import pytest
import torch

from course_checks import check
from course_checks.challenges import (
    colouring,
    counted,
    hidden,
    inpainting,
    judge,
    landscapes,
    likeliest,
    log_z,
    minimum,
    partition,
    photographs,
    rotors,
    samples,
    seals,
    shapes,
    short_chains,
    sweeps,
    transition,
)
from course_utils import data, samplers
from course_utils.lattice import exact

MODULES = {
    "1": photographs,
    "2": log_z,
    "3": samples,
    "4": minimum,
    "5": shapes,
    "6": inpainting,
    "7": sweeps,
    "8": colouring,
    "9": rotors,
    "12": partition,
    "10": likeliest,
    "13": hidden,
    "11": short_chains,
    "14": transition,
}


def few(module, n, names=None):
    """The same challenge with its first n problems, and with some of the rivals."""

    class Few(type(module.challenge)):
        @property
        def rivals(self):
            rivals = super().rivals
            return rivals if names is None else {name: rivals[name] for name in names}

        def problems(self, rng):
            return super().problems(rng)[:n]

    return Few()


def told(number, answer, seed=1, n=2):
    """The one line that ends a judgement."""
    verdict = judge.judged(few(MODULES[number], n), answer, seed)
    assert verdict.outcome == "refused"
    (line,) = verdict.lines
    assert "\n" not in line
    return line


def scores(number, answer, seed, n=None, names=None):
    """The entries of a judgement on fixed problems."""
    verdict = judge.judged(few(MODULES[number], n, names), answer, seed)
    assert verdict.outcome == "compared", verdict.lines
    return verdict


# ------------------------------------------------------------------------------------------------- the frame


@pytest.mark.parametrize("number", MODULES)
def test_a_blank_answer_is_one_line_and_takes_no_time(number, capsys):
    def blank(*arguments):
        raise NotImplementedError

    assert check.challenge(number, blank) is None
    out, err = capsys.readouterr()
    assert out == f"○ challenge {number} not tried yet: {MODULES[number].challenge.task}\n"
    assert err == ""


def test_an_error_is_one_sentence_that_names_the_line(capsys):
    names = {}
    exec(compile("def f(energy, dim, budget, generator):\n    return 1 / 0\n", "<cell of a learner>", "exec"), names)
    check.challenge("4", names["f"])
    assert capsys.readouterr().out == (
        "✗ challenge 4 your code raised ZeroDivisionError: division by zero (line 2 of your cell)\n"
    )


@pytest.mark.parametrize(
    ("answer", "sentence"),
    [
        (3.0, "your answer is 3.0, not a function"),
        (lambda x: x, "your function must take (energy, dim, budget, generator)"),
        (lambda energy, dim, budget, generator: None, "returned None: expected states, one per row of 5 coordinates"),
        (lambda energy, dim, budget, generator: torch.full((dim,), torch.nan), "not finite"),
        (lambda energy, dim, budget, generator: energy(torch.zeros(2)), "one per row of 5 coordinates"),
    ],
)
def test_what_is_no_answer_is_said(answer, sentence):
    assert sentence in told("4", answer)


def test_an_unknown_challenge_raises():
    with pytest.raises(ValueError, match=r'number = "?\'?0'):
        check.challenge("0")


def test_the_difference_of_two_entries_comes_with_its_error():
    rng = np.random.default_rng(0)
    a = rng.normal(3.0, 1.0, (50, 1))
    mean, error = judge.jackknife(lambda v: float(v.mean()), a)
    assert mean == pytest.approx(a.mean())
    assert error == pytest.approx(a.std(ddof=1) / math.sqrt(50))
    assert judge.jackknife(lambda v: float(v.mean()), a, a - 0.5) == pytest.approx((0.5, 0.0), abs=1e-9)


def test_a_table_says_who_is_ahead_and_whether_that_is_more_than_its_error():
    lines = scores("4", minimum._random, 3, 6, ["random points", "authors' best"]).lines
    assert lines[0].startswith("Challenge 4 · ")
    assert lines[2].startswith("  1. authors' best")
    (sentence,) = [line for line in lines if line.startswith("Yours is")]
    assert sentence.startswith("Yours is behind authors' best by ")
    assert sentence.endswith("more than 2 standard errors, so the difference is real.")
    assert any(line.startswith("Cheating, and looked for: ") for line in lines)
    assert max(map(len, lines[-3:])) <= judge.WIDTH


def test_a_rival_that_cannot_run_here_is_left_out():
    class Lame(type(few(minimum, 2, ["random points"]))):
        @property
        def rivals(self):
            def lame(energy, dim, budget, generator):
                raise ModuleNotFoundError("No module named 'jax'")

            return {"lame": lame, **super().rivals}

    assert [entry.name for entry in judge.judged(Lame(), None, 1).entries] == ["random points"]


def test_problems_differ_from_call_to_call():
    for module in (
        photographs,
        log_z,
        samples,
        minimum,
        shapes,
        inpainting,
        colouring,
        rotors,
        partition,
        likeliest,
        hidden,
        short_chains,
        transition,
    ):
        one, other = (module.challenge.problems(np.random.default_rng(seed))[0] for seed in (1, 2))
        assert repr(one) != repr(other)


# ---------------------------------------------------------------------------------------- changed judges and clocks


def test_a_judge_that_was_changed_is_noticed(monkeypatch):
    with monkeypatch.context() as patch:
        patch.setattr(counted, "never_asked", lambda handle, points: 0)
        assert "challenges.counted.never_asked` is no longer the course's own" in told("4", minimum._random)
    with monkeypatch.context() as patch:
        patch.setattr(minimum.Minimum, "attempt", lambda self, answer, problem: [0.0, 0.0])
        assert "minimum.Minimum.attempt` is no longer" in told("4", minimum._random)
    with monkeypatch.context() as patch:
        patch.setattr(minimum, "BUDGET", 10**9)
        assert "minimum.BUDGET` is no longer" in told("4", minimum._random)
    assert seals.broken() == ""


def test_a_function_whose_code_was_exchanged_is_noticed():
    height = inspect.unwrap(minimum._height)
    kept = height.__code__
    try:
        height.__code__ = (lambda answer, terrain: 0.0).__code__
        assert "minimum._height` is no longer" in told("4", minimum._random)
    finally:
        height.__code__ = kept


def test_a_challenge_with_a_method_of_its_own_is_noticed():
    other = few(minimum, 1)
    other.total = lambda values: 0.0
    assert "methods of its own" in judge.judged(other, minimum._random, 1).lines[0]


@pytest.mark.parametrize(("owner", "name"), [(time, "perf_counter"), (torch, "randn"), (np.random, "default_rng")])
def test_clocks_and_random_numbers_that_were_replaced_are_noticed(monkeypatch, owner, name):
    with monkeypatch.context() as patch:
        patch.setattr(owner, name, lambda *a, **k: None)
        change = seals.broken()
    assert "replaced" in change or "changed" in change


def test_a_change_made_by_the_answer_itself_is_noticed(monkeypatch):
    def changing(energy, dim, budget, generator):
        monkeypatch.setattr(judge, "CLAIM", 0.0)
        return minimum._random(energy, dim, budget, generator)

    assert "judge.CLAIM` is no longer" in told("4", changing)


# ------------------------------------------------------------------------------------- what is handed over


def bowl(y):
    return (y**2).sum(-1) / 2, y


def test_an_energy_counts_every_state_once_and_stops_at_its_budget():
    energy = counted.Counted(bowl, 2, 10)
    x = torch.randn(4, 2, dtype=torch.float64, requires_grad=True)
    (slope,) = torch.autograd.grad(energy(x).sum(), x)
    assert torch.equal(slope, x)
    energy(x)  # the same batch again
    assert counted.kept(energy)["used"] == 4
    energy(torch.randn(3, 2, 2))
    with pytest.raises(counted.OverBudget, match="more than its 10 evaluations"):
        energy(torch.zeros(1, 2))
    assert counted.never_asked(energy, torch.cat([x.detach(), torch.ones(3, 2)])) == 3


def test_a_gradient_cannot_be_differentiated_for_nothing():
    energy = counted.Counted(bowl, 2, 10)
    x = torch.randn(4, 2, requires_grad=True)
    (slope,) = torch.autograd.grad(energy(x).sum(), x, create_graph=True)
    with pytest.raises(RuntimeError, match=r"once_differentiable|does not require grad"):
        torch.autograd.grad(slope.sum(), x)


def test_samplers_take_a_counted_energy():
    energy = counted.Counted(bowl, 2, 20 * 101)
    run = samplers.mala(
        energy, torch.zeros(20, 2), step_size=0.5, n_steps=100, generator=torch.Generator().manual_seed(0)
    )
    assert counted.kept(energy)["used"] == 20 * 101
    assert counted.never_asked(energy, run.trajectory.reshape(-1, 2)) == 0


@pytest.mark.parametrize("name", ["_inside", "__closure__", "__globals__", "__self__"])
def test_looking_inside_is_refused_and_remembered(name):
    def looking(energy, dim, budget, generator):
        with contextlib.suppress(judge.Refused):
            getattr(energy, name)
        return minimum._random(energy, dim, budget, generator)

    assert f"looked inside the energy (`.{name}`)" in told("4", looking)


def test_writing_into_the_energy_is_refused():
    def writing(energy, dim, budget, generator):
        energy.budget = 10**9
        return torch.zeros(dim)

    assert "wrote into what it was handed (`.budget`)" in told("4", writing)


# --------------------------------------------------------------------------------------- lesson 01: photographs


def test_a_camera_draws_from_the_boltzmann_distribution():
    hidden = photographs.Hidden(np.array([0.0, 1.0, 3.0]), 1)
    camera = photographs.camera_of(hidden)
    counts = torch.bincount(camera(2.0, photographs.BUDGET), minlength=3).numpy()
    p = np.exp(-hidden.energy / 2) / np.exp(-hidden.energy / 2).sum()
    assert (abs(counts - photographs.BUDGET * p) < 4 * np.sqrt(photographs.BUDGET * p * (1 - p))).all()


def test_the_landscape_itself_scores_zero_whatever_its_zero():
    energy = photographs.challenge.problems(np.random.default_rng(0))[0].energy
    assert photographs._divergence(energy, energy + 7, 0.3) == pytest.approx(0, abs=1e-12)


@pytest.mark.slow
def test_rivals_of_the_camera_rank_as_expected():
    order = ["authors' best", "smoothed counts at T = 1", "three temperatures", "-log of the counts at T = 1"]
    ranked = scores("1", None, 1).entries
    assert [entry.name for entry in ranked[:2]] == order[:2]
    assert {entry.name for entry in ranked[2:4]} == set(order[2:])
    for one, other in itertools.pairwise(ranked[:3]):
        assert one.score + 2 * one.error < other.score - 2 * other.error


def in_debt(camera, x, budget):
    """Photographs given back that were never taken."""
    camera(1.0, -budget)
    return photographs._best(camera, x, 2 * budget)


def as_if_colder(camera, x, budget):
    return -0.3 * torch.log(torch.bincount(camera(0.3, budget), minlength=len(x)) + 1.0)


def behind_the_camera(camera, x, budget):
    with contextlib.suppress(judge.Refused):
        return camera.__closure__
    return photographs._flat(camera, x, budget)


@pytest.mark.parametrize(
    ("cheat", "sentence"),
    [
        (lambda camera, x, budget: photographs._best(camera, x, 2 * budget), "more than its 500 photographs"),
        (in_debt, "asked for -500 photographs"),
        (as_if_colder, "the camera works from T = 0.5 to 5, and your function asked at 0.3"),
        (behind_the_camera, "looked inside the camera (`.__closure__`)"),
        (lambda camera, x, budget: -torch.log(torch.bincount(camera(1.0, 9), minlength=len(x))), "not finite"),
        (lambda camera, x, budget: x[:5], "expected 81 energies, one for each place"),
        (lambda camera, x, budget: lambda x: x**2, "expected 81 energies, one for each place"),
    ],
)
def test_cheats_at_the_camera_are_refused(cheat, sentence):
    assert sentence in told("1", cheat)


def test_a_remembered_landscape_is_worth_less_than_none():
    remembered = photographs.challenge.problems(np.random.default_rng(5))[0].energy
    verdict = scores("1", lambda camera, x, budget: remembered, 1, names=["flat land"])
    assert verdict.entries[-1].name == "yours"


# --------------------------------------------------------------------------------------- lesson 02: log Z


def test_the_transfer_matrix_agrees_with_kaufman_and_with_a_sum_over_all_states():
    assert log_z.exact_log_z(np.ones((6, 8)), np.ones((6, 8)), 0.4) == pytest.approx(exact.kaufman_log_z((6, 8), 0.4))
    rng = np.random.default_rng(0)
    down, across = rng.uniform(0.5, 1.5, (2, 4, 3))
    s = 1 - 2 * (np.arange(1 << 12)[:, None] >> np.arange(12) & 1).reshape(-1, 4, 3)
    energy = -(s * np.roll(s, -1, 1) * down + s * np.roll(s, -1, 2) * across).sum((1, 2))
    assert log_z.exact_log_z(down, across, 0.7) == pytest.approx(np.log(np.exp(-0.7 * energy).sum()))


def test_the_torus_in_disguise_has_the_energies_and_the_law_that_it_should():
    torus = log_z.challenge.problems(np.random.default_rng(0))[0]
    energy, sweep = log_z.handed_over(torus)
    n, rng = torus.order.size, np.random.default_rng(1)
    s = rng.choice([-1, 1], (n, 50))
    plain = (torus.signs[:, None] * s)[np.argsort(torus.order)].T.reshape(-1, *torus.down.shape)
    right = -(plain * np.roll(plain, -1, 1) * torus.down + plain * np.roll(plain, -1, 2) * torus.across).sum((1, 2))
    assert energy(s) == pytest.approx(right, abs=1e-4)
    h = 1e-3  # the mean energy is minus the derivative of log Z
    expected = -(log_z.exact_log_z(torus.down, torus.across, torus.beta + h) - torus.log_z) / h
    s = rng.choice([-1, 1], (n, 100))
    for _ in range(100):
        s = sweep(s, torus.beta)
    found = energy(s)
    assert abs(found.mean() - expected) < 4.5 * found.std() / 10 + 0.1


@pytest.mark.slow
def test_rivals_of_log_z_rank_as_expected():
    """The best one has the narrowest honest intervals; scores need many seeds, for their penalties."""
    found = scores("2", None, 1, 20)
    widths = {entry.name: entry.values[:, 0].mean() for entry in found.entries if not entry.fault}
    assert min(widths, key=widths.get) == "authors' best"
    assert "too narrow" in found["importance sampling"].fault


def kaufman(energy, sweep, n_spins, beta, budget, rng):
    """The formula for equal bonds, sold with a tiny error."""
    return exact.kaufman_log_z((6, n_spins // 6), beta), 1e-3


def greedy(energy, sweep, n_spins, beta, budget, rng):
    return log_z._best(energy, sweep, n_spins, beta, 2 * budget, rng)


def looking(energy, sweep, n_spins, beta, budget, rng):
    return sweep.__closure__


def test_the_formula_of_equal_bonds_is_out():
    verdict = scores("2", kaufman, 1, names=())
    assert verdict.entries[-1].name == "yours"
    assert "Yours is out: too narrow: 0 of 40 intervals hold the exact value, 34 are needed." in verdict.lines


def test_more_sweeps_than_allowed_are_refused():
    assert "asked for more than its 12,000 energies and sweeps" in told("2", greedy)


def test_looking_into_a_sweep_is_refused():
    assert "looked inside" in told("2", looking)


@pytest.mark.slow
def test_an_error_that_is_claimed_too_small_does_not_pay():
    def shrunk(energy, sweep, n_spins, beta, budget, rng):
        found, error = log_z._best(energy, sweep, n_spins, beta, budget, rng)
        return found, error / 3

    verdict = scores("2", shrunk, 1, 12, names=["authors' best"])
    assert verdict["yours"].fault or verdict["yours"].score > verdict["authors' best"].score


@pytest.mark.parametrize("returned", [1.0, (1.0, -0.1), (math.nan, 1.0), None])
def test_what_is_no_interval_is_refused(returned):
    assert "your function returned" in told("2", lambda energy, sweep, n_spins, beta, budget, rng: returned)


# --------------------------------------------------------------------------------------- lesson 03: samples


@pytest.mark.parametrize("make", [landscapes.banana, landscapes.two_wells])
def test_moments_and_gradients_are_exact(make):
    function, (functions, means, stds), start = make(np.random.default_rng(3))
    grid = torch.cartesian_prod(torch.linspace(-11, 11, 1101).double(), torch.linspace(-9, 25, 1701).double())
    value, _ = function(grid)
    p, f = torch.softmax(-value, 0), functions(grid)
    assert torch.allclose(p @ f, means, atol=1e-4)
    assert torch.allclose((p @ (f - means) ** 2).sqrt(), stds, atol=1e-4)
    assert function(start[None])[0] < value.min() + 3


@pytest.mark.parametrize(
    "make",
    [
        lambda rng: landscapes.banana(rng)[0],
        lambda rng: landscapes.two_wells(rng)[0],
        lambda rng: landscapes.bowl_of_pits(rng, 2),
        lambda rng: landscapes.rippled_funnel(rng, 2),
    ],
)
def test_a_disguise_turns_energy_and_gradient_alike(make):
    rng = np.random.default_rng(0)
    worn = landscapes.disguise(rng, 2, 3.0)
    function = worn.worn(make(rng))
    x = torch.randn(5, 2, dtype=torch.float64, requires_grad=True)
    value, gradient = function(x)
    assert torch.allclose(torch.autograd.grad(value.sum(), x)[0], gradient)
    assert torch.allclose(worn.off(worn.on(x)), x)


def test_independent_draws_are_worth_their_number():
    """Exact draws from a known Gaussian mixture, each asked for once: effective samples are as many as samples."""
    errors = []
    for seed in range(200):
        rng = np.random.default_rng(seed)
        weights = np.array([0.4, 0.6])
        pick = rng.random(100) < weights[1]
        y = torch.tensor(np.where(pick, 4.0, -4.0) + rng.normal(size=100))
        mean, variance = 4 * (weights[1] - weights[0]), 17 - (4 * (weights[1] - weights[0])) ** 2
        errors.append([float((y.mean() - mean) ** 2) / variance])
    effective = samples._effective(np.array(errors)) * samples.BUDGET / 1000
    assert effective == pytest.approx(100, rel=0.25)


@pytest.mark.slow
def test_rivals_of_sampling_rank_as_expected():
    places = scores("3", None, 1, 3).places
    assert places == {"authors' best": 1, "replica exchange": 2, "MALA": 3, "ULA": 4}


def test_samples_that_were_never_asked_for_are_refused():
    def remembered(energy, start, budget, generator):
        return start + torch.randn(1000, 2, generator=generator, dtype=torch.float64)

    assert "1,000 of your 1,000 samples are points where you never asked for the energy" in told("3", remembered)


def test_more_gradients_than_allowed_are_refused():
    def greedy(energy, start, budget, generator):
        return samples._mala(energy, start, 2 * budget, generator)

    assert "asked for more than its 3,000 evaluations" in told("3", greedy)


def test_copies_are_not_effective_samples():
    def copies(energy, start, budget, generator):
        energy(start)
        return start.repeat(100_000, 1)

    assert scores("3", copies, 1, 2, ())["yours"].score < 1


# --------------------------------------------------------------------------------------- lesson 04: the minimum


def test_the_minimum_of_a_terrain_is_zero_where_its_disguise_puts_it():
    for pair in minimum.challenge.problems(np.random.default_rng(0)):
        for terrain in pair:
            value, gradient = terrain.function(torch.zeros(1, minimum.DIM, dtype=torch.float64))
            assert abs(float(value)) < 1e-12
            assert gradient.abs().max() < 1e-9
            assert terrain.worn.shift.abs().max() <= minimum.HALF


@pytest.mark.slow
def test_rivals_of_the_search_rank_as_expected():
    ranked = scores("4", None, 1, 5).entries
    assert [entry.name for entry in ranked[:2]] == ["authors' best", "annealing"]


def test_a_remembered_minimum_is_refused():
    assert "a state where it never asked for the energy" in told(
        "4", lambda energy, dim, budget, generator: torch.zeros(dim)
    )


def test_a_remembered_minimum_that_was_asked_for_is_worth_nothing():
    def origin(energy, dim, budget, generator):
        energy(torch.zeros(1, dim))
        return torch.zeros(dim)

    assert scores("4", origin, 1, 6, ["random points"]).entries[-1].name == "yours"


def test_more_gradients_for_the_search_are_refused():
    def greedy(energy, dim, budget, generator):
        return minimum._random(energy, dim, budget + 1, generator)

    assert "asked for more than its 2,000 evaluations" in told("4", greedy)


# --------------------------------------------------------------------------------------- lesson 05: shapes


def test_a_drawing_has_an_exact_density_and_keeps_off_the_edge():
    for shape in shapes.challenge.problems(np.random.default_rng(0)):
        side = torch.linspace(-5, 5, 201).double()
        p = shape.log_prob(torch.cartesian_prod(side, side)).exp() * 0.05**2
        assert float(p.sum()) == pytest.approx(1, abs=1e-4)
        x = shape.sample(4000, torch.Generator().manual_seed(0)).double()
        mean = (p[:, None] * torch.cartesian_prod(side, side)).sum(0)
        assert torch.allclose(x.mean(0), mean, atol=0.15)


def test_the_exact_density_scores_zero():
    shape = shapes.challenge.problems(np.random.default_rng(0))[0]
    assert shapes._divergence(shape, lambda x: 7.0 - shape.log_prob(x), torch.Generator()) == pytest.approx(0, abs=1e-4)


@pytest.mark.slow
def test_rivals_of_fitting_rank_as_expected():
    ranked = [entry.name for entry in scores("5", None, 1, 2).entries]
    assert ranked[0] == "authors' best"
    assert ranked[-1] == "one Gaussian"


def busy(seconds):
    end = time.process_time() + seconds
    while time.process_time() < end:
        math.sqrt(2)


def test_more_time_is_refused():
    def slow(points, seconds, generator):
        busy(2 * seconds)
        return shapes._gaussian(points, seconds, generator)

    assert "s of CPU time: expected at most 0.5 s" in told("5", slow)


def test_training_while_the_energy_is_called_is_refused():
    def lazy(points, seconds, generator):
        fitted = []

        def energy(x):
            if not fitted:
                busy(3 * seconds)
                fitted.append(shapes._gaussian(points, seconds, generator))
            return fitted[0](x)

        return energy

    assert "is it trained while it is called?" in told("5", lazy)


def test_an_energy_that_looks_at_the_company_of_a_point_is_refused():
    assert "must be a function of x alone" in told(
        "5", lambda points, seconds, generator: lambda x: ((x - x.mean(0)) ** 2).sum(-1)
    )
    assert "must be a function of x alone" in told("5", lambda points, seconds, generator: lambda x: torch.rand(len(x)))


def test_structure_finer_than_the_grid_is_refused():
    """Needles at the points: invisible to a grid that misses them."""

    def needles(points, seconds, generator):
        def energy(x):
            return torch.cdist(x, points).amin(1).clamp(min=1e-3).log() * 8 + (x**2).sum(-1)

        return energy

    assert "structure finer than a grid" in told("5", needles)


@pytest.mark.parametrize("energy", [3.0, lambda x: x, lambda x: x.sum(-1) * torch.nan])
def test_what_is_no_energy_is_refused(energy):
    assert "your" in told("5", lambda points, seconds, generator: energy)


# --------------------------------------------------------------------------------------- lesson 06: inpainting


def test_a_picture_in_disguise_has_its_own_energy():
    torn = inpainting.challenge.problems(np.random.default_rng(0))[0]
    assert torch.allclose(torn.off(torn.worn(torn.images)), torn.images)
    seen = []

    def looking(energy, pictures, known, budget, generator):
        assert torch.equal(known, (pictures != 0).all(0))
        x = torn.worn(torn.images)
        assert torch.equal(pictures[:, known], x[:, known])
        x.requires_grad_(True)
        (slope,) = torch.autograd.grad(energy(x).sum(), x)
        seen.append((energy(x).detach(), torn.off(slope)))
        return pictures[None]

    inpainting.challenge.attempt(looking, torn)
    value, slope = inpainting._energy_and_gradient(torn.images)
    assert torch.allclose(seen[0][0].double(), value)
    assert torch.allclose(seen[0][1].double(), slope, atol=1e-5)


def test_the_energy_score_prefers_the_true_law_to_a_point_and_to_a_wider_one():
    rng = torch.Generator().manual_seed(0)
    truth, fillings = torch.randn(2000, 3, generator=rng), torch.randn(40, 2000, 3, generator=rng)
    honest = inpainting.energy_score(fillings, truth).mean()
    for other in (0 * fillings[:1], 0.5 * fillings, 2 * fillings, fillings[:1], 1e3 * fillings[:2]):
        assert inpainting.energy_score(other, truth).mean() > honest


@pytest.mark.slow
def test_rivals_of_inpainting_rank_as_expected():
    order = ["authors' best", "clamped Langevin", "descent", "half grey"]
    found = scores("6", None, 1, 4)
    assert [entry.name for entry in found.entries] == order
    assert found["authors' best"].score + 0.2 < found["clamped Langevin"].score


def test_pictures_that_are_known_are_noticed():
    """With the seed of the problems, of its pictures and of its disguise: the hidden halves as they are in the data."""
    images, torn = data.digits("test").images.flatten(1), inpainting.challenge.problems(np.random.default_rng(1))
    turn = iter(torn)

    def remembered(energy, pictures, known, budget, generator):
        problem = next(turn)
        return problem.worn(images[torch.cdist(problem.images, images).argmin(1)])[None]

    verdict = scores("6", remembered, 1, names=["half grey"])
    assert verdict.entries[-1].name == "yours"
    assert "nearer than a guess can be: known from elsewhere?" in verdict["yours"].fault


def plain_data(energy, pictures, known, budget, generator):
    """The nearest test pictures, as if there were no disguise."""
    images = data.digits("test").images.flatten(1)
    return images[torch.cdist(pictures[:, known], images[:, known]).argsort(1)[:, :20].T]


def far_apart(energy, pictures, known, budget, generator):
    return torch.stack([pictures - 100, pictures + 100])


@pytest.mark.parametrize("cheat", [plain_data, far_apart])
def test_pictures_without_the_disguise_and_guesses_far_apart_do_not_pay(cheat):
    assert scores("6", cheat, 1, 4, ["half grey"]).entries[-1].name == "yours"


def behind_the_energy(energy, pictures, known, budget, generator):
    with contextlib.suppress(judge.Refused):
        return energy._inside["function"]
    return pictures[None]


@pytest.mark.parametrize(
    ("cheat", "sentence"),
    [
        (lambda e, p, known, budget, g: inpainting._clamped(e, p, known, 2 * budget, g) + e(p), "more than its 3,200"),
        (behind_the_energy, "looked inside the energy (`._inside`)"),
        (lambda e, p, known, budget, g: p, "returned (8, 64): expected 1 to 40 fillings"),
        (lambda e, p, known, budget, g: p.expand(41, 8, 64), "returned (41, 8, 64): expected 1 to 40 fillings"),
        (lambda e, p, known, budget, g: p[None] / 0, "not finite"),
    ],
)
def test_cheats_at_inpainting_are_refused(cheat, sentence):
    assert sentence in told("6", cheat)


# --------------------------------------------------------------------------------------- lesson 07: sweeps


@pytest.mark.parametrize("sweep", [sweeps._plain, sweeps._listed, sweeps._best])
def test_rivals_are_correct(sweep):
    """The best one in both limits of β as well: the law of a Metropolis flip is not that of a heat bath."""
    sweeps.challenge.examine(sweep, np.random.default_rng(1))


@pytest.mark.slow
def test_the_compiled_rival_is_correct():
    sweeps.challenge.examine(sweeps._jax, np.random.default_rng(1))


@pytest.mark.slow
def test_rivals_of_speed_rank_as_expected():
    found = scores("7", None, 1, names=["NumPy, plain", "NumPy, listed neighbours", "authors' best"])
    assert found["authors' best"].score > found["NumPy, listed neighbours"].score > found["NumPy, plain"].score


@pytest.mark.parametrize("share", [0.5, 0.75])
def test_sweeps_that_are_left_out_are_noticed(share):
    """One sweep is done where one is asked for, and fewer than asked for where the clock runs."""

    def fewer(spins, beta, n_sweeps, seed):
        return sweeps._best(spins, beta, math.ceil(share * n_sweeps), seed)

    assert "were all done?" in scores("7", fewer, 1, names=())["yours"].fault


def remembered():
    state = []

    def change(spins, beta, n_sweeps, seed):
        if not state or abs(state[0][0] - beta) > 1e-9:
            state[:] = [(beta, sweeps._best(spins, beta, 150, seed))]
        return state[0][1]

    return change


def edges_kept(spins, beta, n_sweeps, seed):
    found = sweeps._best(spins, beta, n_sweeps, seed)
    found[:, 0] = spins[:, 0]
    return found


def all_at_once(spins, beta, n_sweeps, seed):
    rng = np.random.default_rng(seed)
    for _ in range(n_sweeps):
        up = 1 / (1 + np.exp(-2 * beta * sweeps._field(spins)))
        spins = np.where(rng.random(spins.shape) < up, 1, -1).astype(np.int8)
    return spins


def shared(spins, beta, n_sweeps, seed):
    """One set of random numbers for all chains, but for a third that is each chain's own."""
    rng, black = np.random.default_rng(seed), np.indices(spins.shape[1:]).sum(0) % 2 == 0
    for _ in range(n_sweeps):
        for colour in (black, ~black):
            own = rng.random(spins.shape) < 1 / 3
            u = np.where(own, rng.random(spins.shape), rng.random(spins.shape[1:]))
            up = u < 1 / (1 + np.exp(-2 * beta * sweeps._field(spins)))
            spins = np.where(colour, np.where(up, 1, -1).astype(np.int8), spins)
    return spins


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (lambda s, beta, n, seed: sweeps._best(s, beta, n // 2, seed), "is every spin drawn"),
        (lambda s, beta, n, seed: np.repeat(sweeps._best(s, beta, n, seed)[:4], 8, axis=0), "the others are copies"),
        (remembered(), "are they remembered?"),
        (shared, "do they share their random numbers?"),
        (edges_kept, "spins never change in any chain"),
        (all_at_once, "and the second colour after the first?"),
        (lambda s, beta, n, seed: sweeps._best(s, 0.97 * beta, n, seed), "β = "),
        (lambda spins, beta, n_sweeps, seed: spins[:, ::2], "expected spins of shape (32, 64, 64)"),
        (lambda s, beta, n, seed: 0 * s, "other than +1 and -1"),
    ],
)
def test_a_sweep_that_is_none_is_refused(change, sentence):
    assert sentence in told("7", change, seed=2, n=5)


# --------------------------------------------------------------------------------------- lesson 08: colouring


def test_a_graph_has_a_hidden_colouring_and_each_pair_once():
    for graph in colouring.challenge.problems(np.random.default_rng(0))[:2]:
        assert (graph.edges[:, 0] != graph.edges[:, 1]).all()
        assert len({frozenset(edge) for edge in graph.edges.tolist()}) == len(graph.edges)
        assert 2 * len(graph.edges) / colouring.N_VERTICES == pytest.approx(colouring.DENSITY[graph.q], abs=0.02)
        found = colouring._best(graph.edges, colouring.N_VERTICES, graph.q, 1.0, 1)
        assert (np.array(found)[graph.edges[:, 0]] == np.array(found)[graph.edges[:, 1]]).sum() <= 3


@pytest.mark.slow
def test_rivals_of_colouring_rank_as_expected():
    found = scores("8", None, 1, 6)
    assert list(found.places) == ["authors' best", "annealing", "quench", "greedy (DSATUR)"]


def in_turn(edges, n, q, seconds, seed):
    return np.arange(n) % q


def patient(edges, n, q, seconds, seed):
    busy(2 * seconds)
    return in_turn(edges, n, q, seconds, seed)


def one_more(edges, n, q, seconds, seed):
    return colouring._greedy(edges, n, q + 1, seconds, seed)


def in_the_background(edges, n, q, seconds, seed):
    threading.Thread(target=time.sleep, args=(0.5,), daemon=True).start()
    return in_turn(edges, n, q, seconds, seed)


def in_another_process(edges, n, q, seconds, seed):
    subprocess.Popen([sys.executable, "-S", "-c", "import time; time.sleep(2)"])
    return in_turn(edges, n, q, seconds, seed)


@pytest.mark.filterwarnings("ignore::ResourceWarning")
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.parametrize(
    ("cheat", "sentence"),
    [
        (patient, "s of CPU time: expected at most 0.15 s"),
        (one_more, "other colours than 0 to 2: 3 are allowed"),
        (in_the_background, "left a thread or a process running"),
        (in_another_process, "left a thread or a process running"),
        (lambda edges, n, q, seconds, seed: [0] * (n - 1), "expected 150 colours"),
        (lambda edges, n, q, seconds, seed: np.full(n, np.nan), "other colours than 0 to 2"),
    ],
)
def test_cheats_at_colouring_are_refused(cheat, sentence):
    assert sentence in told("8", cheat)


def without_edges(edges, n, q, seconds, seed):
    edges[:] = 0, 1
    return in_turn(edges, n, q, seconds, seed)


def remembered_colours(edges, n, q, seconds, seed):
    other = next(graph for graph in colouring.challenge.problems(np.random.default_rng(5)) if graph.q == q)
    return colouring._best(other.edges, n, q, seconds, seed)


@pytest.mark.parametrize("cheat", [without_edges, remembered_colours])
def test_edges_left_out_and_remembered_colours_are_worth_nothing(cheat):
    assert scores("8", cheat, 1, 2, ["greedy (DSATUR)"]).entries[-1].name == "yours"


# --------------------------------------------------------------------------------------- lesson 09: rotors


def test_energies_grow_with_temperature_as_their_fluctuations_say():
    """dE/dT = N Var(e) / T², between fits of two measurements that know nothing of each other."""
    for t in (0.82, 0.9, 0.98):
        (low, _), (_, variance), (high, _) = (rotors.expected(t + step)[0] for step in (-0.01, 0.0, 0.01))
        assert (high - low) / 0.02 == pytest.approx(rotors.SIZE**2 * variance / t**2, rel=0.06)


def test_longer_runs_agree_with_the_expected_means():
    for t, seed in ((0.83, 1), (0.96, 2)):
        z = np.exp(1j * rotors._best(t, 0.6, seed)).astype(np.complex64)
        for found, (mean, variance) in zip(rotors.measured(z), rotors.expected(t), strict=True):
            assert abs(found.mean() - mean) < 5 * math.sqrt(variance / 100)


@pytest.mark.slow
def test_rivals_of_rotors_rank_as_expected():
    """Times and errors are measured: in a tenth of all judgements the first two change places."""
    order = ["authors' best", "Metropolis, aligned start", "Metropolis, hot start"]
    assert any([entry.name for entry in scores("9", None, seed, 8).entries] == order for seed in (1, 2, 3))


def made_up(temperature, seconds, seed):
    """Angles that fluctuate independently around a common one, with the right mean energy."""
    mean = rotors.expected(temperature)[0][0]
    return np.random.default_rng(seed).normal(0, math.sqrt(-math.log(-mean / 2)), (400, 16, 16))


def picked(temperature, seconds, seed):
    """Of all states, a group of forty that has both means right."""
    states, rng = rotors._best(temperature, 0.8 * seconds, seed), np.random.default_rng(seed)
    found = np.stack(rotors.measured(np.exp(1j * states).astype(np.complex64)))
    (e, of_e), (m2, of_m2) = rotors.expected(temperature)
    choices = rng.integers(0, len(states), (4000, 40))
    off = ((found[:, choices].mean(-1) - [[e], [m2]]) ** 2 / [[of_e], [of_m2]]).sum(0)
    return states[choices[off.argmin()]]


def too_warm(temperature, seconds, seed):
    return rotors._best(1.05 * temperature, seconds, seed)


@pytest.mark.parametrize(
    ("cheat", "sentence"),
    [(made_up, "that is off by"), (picked, "were they picked?"), (too_warm, "that is off by")],
)
def test_states_that_are_no_samples_are_out(cheat, sentence):
    verdict = scores("9", cheat, 1, 5, names=())
    assert sentence in verdict["yours"].fault


def test_copies_of_eight_states_are_worth_eight():
    def copies(temperature, seconds, seed):
        return np.tile(rotors._best(temperature, seconds, seed)[:8], (100, 1, 1))

    assert scores("9", copies, 1, 5, names=())["yours"].score < 40


def always_on(temperature, seconds, seed):
    threading.Thread(target=time.sleep, args=(0.5,), daemon=True).start()
    return np.zeros((8, 16, 16))


def never_enough(temperature, seconds, seed):
    return rotors._best(temperature, 2 * seconds, seed)


@pytest.mark.parametrize(
    ("cheat", "sentence"),
    [
        (never_enough, "s of CPU time: expected at most 0.15 s"),
        (always_on, "left a thread or a process running"),
        (lambda temperature, seconds, seed: np.zeros((7, 16, 16)), "returned shape (7, 16, 16): expected angles"),
        (lambda temperature, seconds, seed: np.full((8, 16, 16), np.nan), "not finite"),
    ],
)
def test_cheats_at_rotors_are_refused(cheat, sentence):
    assert sentence in told("9", cheat)


# --------------------------------------------------------------------------------------- lesson 14: transition


def test_exact_transitions_of_known_lattices():
    alike = np.ones((2, 2, 2), int)
    assert transition.exact_beta_c(alike) == pytest.approx(exact.BETA_C, abs=1e-12)
    unequal = np.stack([3 * alike[0], alike[0]])
    beta = transition.exact_beta_c(unequal)
    assert math.sinh(2 * beta) * math.sinh(6 * beta) == pytest.approx(1, abs=1e-10)  # Onsager
    assert transition.exact_beta_c(unequal[::-1].transpose(0, 2, 1)) == pytest.approx(beta, abs=1e-12)


def test_counts_that_are_handed_over_are_those_of_the_pattern():
    bonds = np.array([[[1, 2], [3, 1]], [[2, 2], [1, 3]]])
    spins = np.array(list(itertools.product((-1, 1), repeat=4))).reshape(-1, 2, 2)
    equal = (spins == np.roll(spins, -1, 1)) * bonds[0] + (spins == np.roll(spins, -1, 2)) * bonds[1]
    assert transition.tori(bonds)[0] == np.bincount(equal.sum((1, 2)), minlength=bonds.sum() + 1).tolist()
    assert [sum(counts) for counts in transition.tori(bonds)] == [2**4, 2**16, 2**36]


def test_estimates_of_a_transition_rank_as_expected():
    ranked = scores("14", None, 2).entries
    names = [entry.name for entry in ranked]
    assert names[:2] == ["authors' best", "peaks, extrapolated"]
    assert names[-1] == "mean field"
    assert ranked[0].score < 0.15


def by_chance(counts_2, counts_4, counts_6):
    return transition._peak(counts_2, counts_4, counts_6) * np.random.default_rng().uniform(0.9, 1.1)


def spoiling(counts_2, counts_4, counts_6):
    counts_6.pop()
    return 0.3


@pytest.mark.parametrize(
    ("cheat", "sentence"),
    [
        (by_chance, "two different numbers for the same counts"),
        (spoiling, "changed the counts that it was handed"),
        (lambda counts_2, counts_4, counts_6: -1.0, "expected one positive number"),
        (lambda counts_2, counts_4, counts_6: None, "expected one positive number"),
    ],
)
def test_cheats_at_transitions_are_refused(cheat, sentence):
    assert sentence in told("14", cheat)


def test_a_transition_remembered_from_another_lattice_is_last():
    verdict = scores("14", lambda counts_2, counts_4, counts_6: exact.BETA_C, 1)
    assert verdict.places["yours"] >= 4


# --------------------------------------------------------------------------------------- lesson 11: short chains


def test_rivals_of_short_chains_rank_as_expected():
    found = scores("11", None, 1, 6)
    assert list(found.places) == ["authors' best", "three machines", "one machine"]


def test_the_judge_of_short_chains_computes_the_law_of_a_chain():
    from course_utils.denoising import exact as few_spins

    problem = short_chains.challenge.problems(np.random.default_rng(0))[0]
    energies, flip = few_spins.fit_chain(problem.law, 3, 0.2), 0.2
    chain = [(short_chains._theta(e), few_spins.coupling(flip) * (k > 0), 4) for k, e in enumerate(energies)]
    bounded = np.array([-few_spins.features(5) @ theta for theta, _, _ in chain])
    made = few_spins.chain_law(bounded, flip, 4)
    np.testing.assert_allclose(short_chains._made(chain), made, atol=1e-12)


def _still(law, n_sweeps):
    return [(np.zeros(15), 0.0, n_sweeps)]


@pytest.mark.parametrize(
    ("cheat", "sentence"),
    [
        (lambda law, n_sweeps: _still(law, n_sweeps + 1), "13 sweeps in all: 12 are allowed"),
        (lambda law, n_sweeps: [(np.full(15, 9.0), 0.0, 3)], "beyond 4"),
        (lambda law, n_sweeps: [(np.full(15, np.nan), 0.0, 3)], "no number"),
        (lambda law, n_sweeps: [(np.zeros(15), 50.0, 3)], "beyond 4"),
        (lambda law, n_sweeps: [(np.zeros(15), 0.0, 20), (np.zeros(15), 0.0, -8)], "not negative"),
        (lambda law, n_sweeps: [(np.zeros(15), 0.0, 2.5)], "2.5 sweeps"),
        (lambda law, n_sweeps: [(-np.log(law), 0.0, 3)], "theta has shape (32,)"),
        (lambda law, n_sweeps: law, "expected a list"),
        (lambda law, n_sweeps: [3], "expected a list"),
    ],
)
def test_cheats_at_short_chains_are_refused(cheat, sentence):
    assert sentence in told("11", cheat)


def test_a_law_that_is_changed_is_judged_by_the_judges_own():
    def cheat(law, n_sweeps):
        law[:] = 1 / len(law)
        return _still(law, n_sweeps)

    assert scores("11", cheat, 1, 2, ["one machine"]).entries[-1].name == "yours"


# --------------------------------------------------------------------------------------- lesson 13: hidden


def test_hidden_spins_rivals_stand_in_the_order_expected():
    verdict = scores("13", None, 5, names=["one row", "leading eigenvector", "authors' best"])
    assert list(verdict.places) == ["authors' best", "leading eigenvector", "one row"]
    assert verdict["one row"].score > 35
    assert verdict["authors' best"].score < 15


@pytest.mark.parametrize(
    ("answer", "sentence"),
    [
        (lambda y, strength, generator: np.zeros(hidden.SPINS), "other values than -1 and +1: no hedging"),
        (lambda y, strength, generator: np.linalg.eigh(y)[1][:, -1], "other values than -1 and +1: no hedging"),
        (lambda y, strength, generator: np.ones(7), "shape (7,): expected 300 spins"),
        (lambda y, strength, generator: "all up", "'all up': expected 300 spins"),
    ],
)
def test_hidden_spins_are_plus_or_minus_one(answer, sentence):
    assert sentence in told("13", answer)


def test_hidden_spins_cost_cpu_time_that_is_counted():
    def slow(y, strength, generator):
        end = time.process_time() + 1.5 * hidden.SECONDS
        while time.process_time() < end:
            pass
        return np.ones(hidden.SPINS)

    assert "of CPU time: expected at most 0.5 s" in told("13", slow)


def test_hidden_spins_threads_that_go_on_are_noticed():
    stop = threading.Event()

    def forking(y, strength, generator):
        threading.Thread(target=stop.wait, daemon=True).start()
        return np.ones(hidden.SPINS)

    try:
        assert "left a thread or a process running" in told("13", forking)
    finally:
        stop.set()


def test_hidden_spins_have_a_free_sign_and_the_matrix_is_a_copy():
    def spoiling(y, strength, generator):
        best = hidden._eigenvector(y, strength, generator)
        y[:] = 0
        return -best

    verdict = scores("13", spoiling, 6, 3, ["leading eigenvector"])
    assert verdict["yours"].score == verdict["leading eigenvector"].score


# --------------------------------------------------------------------------------------- lesson 10: likeliest


def test_the_likeliest_machines_are_ranked_as_expected():
    verdict = scores("10", None, 5)
    ranked = [entry.name for entry in verdict.entries]
    assert set(ranked[:2]) == {"authors' best", "persistent chains"}  # 0.04 apart, on a busy machine either way round
    assert ranked[2:] == ["CD-1", "independent pixels"]
    assert verdict["authors' best"].score > verdict["independent pixels"].score + 4


def test_digits_in_disguise_are_split_anew_and_keep_their_likelihood():
    one, other = (likeliest.challenge.problems(np.random.default_rng(seed))[0] for seed in (1, 2))
    assert one.shown.shape == (1000, 64)
    assert one.hidden.shape == (797, 64)
    assert not np.array_equal(one.shown, other.shown)
    found = [likeliest.challenge.attempt(likeliest._plain, hand)[0] for hand in (one, other)]
    assert found == pytest.approx([-24.5] * 2, abs=0.8)


@pytest.mark.parametrize(
    ("answer", "sentence"),
    [
        (lambda pictures, n_hidden, seconds, rng: None, "expected three arrays"),
        (lambda pictures, n_hidden, seconds, rng: (np.zeros((64, 2)), np.zeros(64), np.zeros(3)), "expected (64, m)"),
        (lambda pictures, n_hidden, seconds, rng: (np.zeros((64, 13)), np.zeros(64), np.zeros(13)), "13 hidden units"),
        (lambda pictures, n_hidden, seconds, rng: (np.full((64, 2), np.nan), np.zeros(64), np.zeros(2)), "not finite"),
    ],
)
def test_what_is_no_machine_is_refused(answer, sentence):
    assert sentence in told("10", answer)


def test_a_machine_that_took_longer_is_refused():
    def slow(pictures, n_hidden, seconds, rng):
        busy(2 * seconds)
        return likeliest._plain(pictures, n_hidden, seconds, rng)

    assert "s of CPU time: expected at most 0.6 s" in told("10", slow)


# ------------------------------------------------------------------------------------------- lesson 12: partition


def test_a_halo_counts_a_spin_once_for_each_device_that_needs_it():
    edges = np.array([[0, 1], [0, 2], [0, 3], [2, 3]])
    assert partition.halo(edges, np.array([0, 1, 1, 2])) == 2 + 1 + 2 + 2
    assert partition.halo(edges, np.zeros(4, int)) == 0


def test_rivals_of_the_partition_rank_as_expected():
    found = scores("12", None, 1, 4)
    order = ["authors' best", "spectral", "slabs", "at random"]
    assert [entry.name for entry in found.entries] == order


@pytest.mark.parametrize(
    ("answer", "sentence"),
    [
        (lambda n_nodes, edges, parts, seed: np.zeros(n_nodes, int), "a device got 480 nodes, 66 at most"),
        (lambda n_nodes, edges, parts, seed: np.arange(n_nodes), "other devices than 0 to 7"),
        (lambda n_nodes, edges, parts, seed: np.arange(8), "one device for each of 480 nodes"),
    ],
)
def test_unfair_partitions_are_refused(answer, sentence):
    assert sentence in told("12", answer)


def test_removing_edges_from_what_was_handed_over_changes_nothing():
    def thinned(n_nodes, edges, parts, seed):
        edges[:] = 0
        return partition._random(n_nodes, edges, parts, seed)

    found = scores("12", thinned, 1, 2, ["at random"])
    assert found["yours"].score == found["at random"].score
