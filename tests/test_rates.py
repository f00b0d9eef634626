"""Fair races, roofs and the cost of a halo, against cases done by hand; slabs and dealt chains against the whole."""

from __future__ import annotations

import numpy as np
import pytest

from course_utils import rates
from course_utils.explorers import halo_costs as explorer
from course_utils.lattice import exact, gibbs, launch, slabs


class Clock:
    """A clock that the two functions move; the n-th pair of calls meets a load of its own."""

    def __init__(self, loads: list[float]) -> None:
        self.loads, self.calls, self.now = loads, 0, 0.0

    def run(self, seconds: float) -> None:
        self.now += seconds * self.loads[self.calls // 2]
        self.calls += 1


def test_a_race_on_a_machine_with_changing_load() -> None:
    clock = Clock([50.0, 1.0, 7.0, 2.0, 3.0])
    found = rates.race(lambda: clock.run(3.0), lambda: clock.run(1.5), 4, lambda: clock.now)
    assert found.ratio == pytest.approx(2.0)
    assert found.error == pytest.approx(0.0, abs=1e-12)
    assert clock.calls == 10


def test_the_error_of_a_race_is_that_of_the_mean_logarithm() -> None:
    times = iter([0, 2.0, 3.0, 3.0, 7.0, 8.0])  # ratios 2 / 1 and 4 / 1
    found = rates.race(lambda: None, lambda: None, 2, lambda: next(times))
    assert found.ratio == pytest.approx(np.sqrt(8))
    assert found.error == pytest.approx(np.sqrt(8) * np.log(2) / 2)


def test_a_roof_has_a_slope_and_a_ceiling() -> None:
    rate = rates.ceiling(np.array([10.0, 100.0]), np.array([4.0, 4.0]), peak=100.0, bandwidth=20.0)
    assert rate.tolist() == [5.0, 1.0]
    rate, intensity, by_memory = rates.bill(2, 4.0, 32, peak=93.0, bandwidth=80.0)
    assert (rate, intensity, by_memory) == (32.0, 93 / 8, False)
    assert rates.bill(0, 4.0, 1, peak=100.0, bandwidth=20.0) == (2.5, 2.5, True)


def test_a_halo_costs_two_messages_a_sweep() -> None:
    times = rates.parallel_time(100, np.array([1, 4]), rate=0.5, latency=1000.0, bandwidth=10.0)
    assert times.tolist() == [20_000.0, 5000.0 + 2 * 1010.0]


def test_the_limits_of_this_machine_are_numbers() -> None:
    roof = rates.roof(0.01)
    assert 0.1 < roof["peak"] < 1e5
    assert 0.1 < roof["bandwidth"] < 1e5
    assert rates.cores() >= 1
    assert rates.updates_per_ns(lambda: sum(range(1000)), 1000) > 0


@pytest.mark.parametrize("heights", [[4, 4], [3, 1, 4], [8], [1] * 8])
def test_slabs_are_the_whole_lattice(heights: list[int]) -> None:
    rng = np.random.default_rng(0)
    whole = rng.choice([-1, 1], (8, 6))
    cuts = np.cumsum(heights)[:-1]
    for _ in range(3):
        numbers = rng.random((8, 6))
        cut = slabs.sweep(np.split(whole, cuts), 0.5, np.split(numbers, cuts))
        whole = gibbs.sweep(whole, 0.5, numbers)
        assert (np.concatenate(cut) == whole).all()


@pytest.mark.parametrize("n_devices", [1, 2, 3, 7])
def test_dealt_chains_do_not_depend_on_the_number_of_devices(n_devices: int) -> None:
    shares = []

    def simulate(generators: list[np.random.Generator]) -> np.ndarray:
        shares.append(len(generators))
        return np.array([rng.normal(2.0) for rng in generators])

    mean, error = slabs.deal(simulate, 7, n_devices, seed=4)
    values = np.array([np.random.default_rng([4, c]).normal(2.0) for c in range(7)])
    assert mean == pytest.approx(values.mean())
    assert error == pytest.approx(values.std(ddof=1) / np.sqrt(7))
    assert len(shares) == n_devices
    assert max(shares) - min(shares) <= 1


@pytest.mark.parametrize(("n_chains", "n_devices"), [(1, 1), (3, 4), (3, 0)])
def test_chains_that_do_not_go_round_are_named(n_chains: int, n_devices: int) -> None:
    with pytest.raises(ValueError, match=r"n_(chains|devices) = \d: expected a whole number"):
        slabs.deal(lambda generators: np.zeros(len(generators)), n_chains, n_devices, 0)


@pytest.mark.slow
def test_the_program_prints_the_same_spins_for_any_number_of_devices() -> None:
    words = ["--side", "16", "--chains", "2", "--sweeps", "3", "--shares", "1,2", "--weak", "--cut"]
    *by_rows, grown = launch.elsewhere([*words, "rows"], devices=2)
    by_chains = launch.measured(16, 2, 3, "chains", [1])
    assert [(row["scaling"], row["devices"], row["spins"]) for row in [*by_rows, grown]] == [
        ("strong", 1, 512),
        ("strong", 2, 512),
        ("weak", 1, 512),
        ("weak", 2, 1024),
    ]
    assert len({row["fingerprint"] for row in [*by_chains, *by_rows]}) == 1
    assert all(row["rate"] > 0 and -2 <= row["energy"] <= 0 for row in by_rows)


@pytest.mark.slow
def test_a_diagram_is_dealt_over_devices() -> None:
    cold, hot = launch.diagram(8, 4, [1.5, 4.0])
    assert (cold["temperature"], hot["temperature"]) == (1.5, 4.0)
    assert np.shape(hot["E/N"]) == np.shape(hot["|m|"]) == (2, 200)
    for row in (cold, hot):
        means = np.mean(row["E/N"], axis=1)
        assert abs(means.mean() - exact.kaufman_energy(8, 1 / row["temperature"])) < 0.03


@pytest.mark.slow
def test_the_program_says_what_went_wrong() -> None:
    with pytest.raises(RuntimeError, match=r"(?s)process 0, exit status 1:.*expected a product of at most 1 devices"):
        launch.elsewhere(["--side", "16", "--shares", "2"], devices=1)


@pytest.mark.slow
def test_a_program_that_does_not_come_to_an_end_is_ended() -> None:
    with pytest.raises(RuntimeError, match="process 0, exit status -9"):
        launch.elsewhere(["--side", "16"], devices=1, patience=0.05)


def test_explorer_draws_and_says_how_many_devices_are_busy() -> None:
    caption = explorer.draw(10, 4.0)[1]
    assert "1,024 × 1,024" in caption
    assert "10 µs" in caption
    few, many = (explorer.draw(side, 4.0)[1] for side in (7, 16))
    assert "up to 1 device." in few
    assert "up to 1024 devices" in many
