"""Fair races, roofs and the cost of a halo, against cases done by hand; slabs against the whole lattice."""

from __future__ import annotations

import numpy as np
import pytest

from course_utils import rates
from course_utils.explorers import slabs as explorer
from course_utils.lattice import gibbs, launch, slabs


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


def test_the_program_prints_the_same_spins_for_any_number_of_devices() -> None:
    words = ["--side", "16", "--chains", "2", "--sweeps", "3", "--shares", "1,2", "--cut"]
    by_chains, by_rows = (launch.elsewhere([*words, cut], devices=2) for cut in ("chains", "rows"))
    assert len({row["fingerprint"] for row in [*by_chains, *by_rows]}) == 1
    assert [row["devices"] for row in by_rows] == [1, 2]
    assert all(row["rate"] > 0 and -2 <= row["energy"] <= 0 for row in by_rows)


def test_the_program_says_what_went_wrong() -> None:
    with pytest.raises(RuntimeError, match="expected a product of at most 1 devices"):
        launch.elsewhere(["--side", "16", "--shares", "2"], devices=1)


def test_explorer_draws_and_says_how_many_devices_are_busy() -> None:
    caption = explorer.draw(10, 4.0)[1]
    assert "1,024 × 1,024" in caption
    assert "10 µs" in caption
    few, many = (explorer.draw(side, 4.0)[1] for side in (7, 16))
    assert "up to 1 device." in few
    assert "up to 1024 devices" in many
