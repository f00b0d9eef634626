"""The lattice that lives on the front page, held against exact results, and against the clock."""

import numpy as np
import pytest

pytestmark = pytest.mark.browser

FAST_ENOUGH = 30.0  # frames a second, of 256 × 256 spins with one sweep each
TRIES = 3  # the machine may be busy with another test for a while

MEASURE = """([kind, size, temperature, options, warm, sweeps]) => {
    const lattice = new CourseLattice.Lattice(kind, size, temperature, options);
    for (let i = 0; i < warm; i++) lattice.sweep();
    const series = new CourseLattice.Series();
    for (let i = 0; i < sweeps; i++) { lattice.sweep(); series.push(lattice.energy()); }
    return series.summary();
}"""


@pytest.fixture
def front(site):
    return site.open("index.html").page


def energy(
    page, kind: str, size: int, temperature: float, sweeps: int, warm: int = 100, **options
) -> tuple[float, float]:
    """Mean energy per spin and its standard error."""
    found = page.evaluate(MEASURE, [kind, size, temperature, options, warm, sweeps])
    return found["mean"], found["error"]


@pytest.mark.parametrize(("temperature", "start"), [(2.0, "aligned"), (3.0, "aligned"), (3.0, "random")])
def test_ising_has_onsagers_energy(front, temperature: float, start: str) -> None:
    """At T = 2 random spins would leave walls that last; two seeds stand for two starts there."""
    from course_utils.lattice.exact import onsager_energy

    exact = onsager_energy(1 / temperature)
    for seed in (1, 2):
        mean, error = energy(front, "ising", 256, temperature, 600, start=start, seed=seed)
        assert error < 0.001
        assert abs(mean - exact) < 3 * error, (mean, error, exact)


def test_small_lattices_have_the_energy_of_the_sum_over_all_states(front) -> None:
    from course_utils.lattice.exact import clock_energy, enumerated_energy, potts_energy

    shape, sweeps = (4, 4), 100_000
    cases = [
        ("ising", 2.5, {}, enumerated_energy(shape, 1 / 2.5)),
        ("potts", 1.0, {"q": 3}, potts_energy(shape, 3, 1.0)),
        ("potts", 0.8, {"q": 5}, potts_energy(shape, 5, 1 / 0.8)),
        # Eight directions and all of them differ by less than one in a million here: I_8(2) / I_0(2) is 1e-7.
        ("xy", 2.0, {}, clock_energy(shape, 8, 0.5)),
    ]
    for kind, temperature, options, exact in cases:
        mean, error = energy(front, kind, 4, temperature, sweeps, seed=3, **options)
        assert error < 0.008, (kind, error)
        assert abs(mean - exact) < 3.5 * error, (kind, options, mean, error, exact)


@pytest.mark.parametrize("temperature", [0.3, 1.0, 8.0])
def test_an_xy_spin_is_drawn_from_its_von_mises_distribution(front, temperature: float) -> None:
    """Neighbours all along x: kappa = 4 / T, and the means of cos, sin and cos 2 are ratios of Bessel functions."""
    from scipy.special import ive

    x, y = front.evaluate(
        """temperature => {
            const lattice = new CourseLattice.Lattice("xy", 256, temperature, { start: "aligned", seed: 4 });
            lattice.halfXY(0);
            const drawn = i => ((i >> 8) + (i & 255)) % 2 === 0;
            return [lattice.x, lattice.y].map(part => [...part].filter((_, i) => drawn(i)));
        }""",
        temperature,
    )
    x, y, kappa = np.array(x), np.array(y), 4 / temperature
    assert np.allclose(x**2 + y**2, 1, atol=1e-5)
    for values, exact in (
        (x, ive(1, kappa) / ive(0, kappa)),
        (y, 0.0),
        (x**2 - y**2, ive(2, kappa) / ive(0, kappa)),
    ):
        assert abs(values.mean() - exact) < 3.5 * values.std() / np.sqrt(len(values))


def test_vortices_are_those_of_the_course(front) -> None:
    from course_utils.lattice import XY

    x, y, winding = front.evaluate(
        """() => {
            const lattice = new CourseLattice.Lattice("xy", 16, 1, { seed: 5 });
            return [[...lattice.x], [...lattice.y], [...lattice.vortices()]];
        }"""
    )
    # The page counts rows downwards, the course upwards: a plaquette's upper left corner is its lower left one.
    angles = np.arctan2(y, x).reshape(16, 16).astype(np.float32)[::-1] % (2 * np.pi)
    there = np.array(winding).reshape(16, 16)[::-1]
    ours = np.asarray(XY(16).vortices(angles))
    assert np.abs(there).sum() > 20
    np.testing.assert_array_equal(np.roll(there, -1, axis=0), ours)


def test_exact_curves_and_colours_are_those_of_the_course(front) -> None:
    from course_utils.lattice import colours, exact

    for temperature in (0.5, 1.0, 2.0, 2 / np.log(1 + np.sqrt(2)), 2.5, 4.0):
        here = front.evaluate("t => [CourseLattice.onsager(t), CourseLattice.yang(t)]", float(temperature))
        beta = float(1 / temperature)
        assert here[0] == pytest.approx(exact.onsager_energy(beta), abs=1e-12)
        if abs(beta - exact.BETA_C) > 1e-9:
            assert here[1] == pytest.approx(exact.yang_magnetisation(beta), abs=1e-12)
    for kind, q, table in (("ising", 2, colours.ISING), ("xy", 2, colours.angles()), ("potts", 5, colours.states(5))):
        np.testing.assert_array_equal(front.evaluate("([k, q]) => CourseLattice.palette(k, q)", [kind, q]), table)
    np.testing.assert_array_equal(front.evaluate("CourseLattice.palette('potts', 10)"), colours.states(10))


def test_the_error_of_a_series_with_a_memory_is_not_too_small(front) -> None:
    """x' = 0.9 x + noise: the error of a mean of n is sqrt(19 / n) of one value's spread, 4.4 times the naive one."""
    length, trials = 4000, 40
    means, errors = front.evaluate(
        """([length, trials]) => {
            const word = CourseLattice.sfc32(6), unit = () => (word() + 0.5) / 2 ** 32;
            const all = Array.from({ length: trials }, () => {
                const series = new CourseLattice.Series();
                for (let i = 0, x = 0; i < length; i++) {
                    x = 0.9 * x + Math.sqrt(-2 * Math.log(unit())) * Math.cos(2 * Math.PI * unit());
                    series.push(x);
                }
                return series.summary();
            });
            return [all.map(s => s.mean), all.map(s => s.error)];
        }""",
        [length, trials],
    )
    exact = np.sqrt(19 / (length / 2)) / np.sqrt(1 - 0.81)
    assert np.mean(errors) == pytest.approx(exact, rel=0.25)
    assert np.std(means) == pytest.approx(exact, rel=0.35)


@pytest.mark.parametrize("kind", ["ising", "potts", "xy"])
def test_it_moves_smoothly(site, kind: str) -> None:
    """The only test that looks at the clock: a film that stutters is no film. Rates stand in the report of the run."""
    page = site.open("index.html", motion="no-preference").page
    page.locator(f"input[value={kind}]").check()
    page.locator("[data-live=speed]").select_option("1")
    page.locator("canvas").scroll_into_view_if_needed()
    rates = []
    for _ in range(TRIES):
        rates.append(
            page.evaluate(
                """async () => {
                    const { live } = CourseLattice, frames = live.frames, began = performance.now();
                    await new Promise(done => setTimeout(done, 2000));
                    return (1000 * (live.frames - frames)) / (performance.now() - began);
                }"""
            )
        )
        if rates[-1] >= FAST_ENOUGH:
            break
    print(f"{kind}: {', '.join(f'{rate:.0f}' for rate in rates)} frames a second")
    assert max(rates) >= FAST_ENOUGH, rates


def test_it_rests_where_motion_is_unwanted_or_unseen(site) -> None:
    page = site.open("index.html", motion="reduce").page
    page.wait_for_timeout(300)
    assert page.evaluate("CourseLattice.live.lattice.sweeps") == 0
    assert page.locator("[data-live=run]").inner_text() == "Run"
    page.locator("[data-live=step]").click()
    assert page.evaluate("CourseLattice.live.lattice.sweeps") == 1

    page = site.open("index.html", motion="no-preference").page
    page.wait_for_function("CourseLattice.live.lattice.sweeps > 3")
    page.locator("footer").last.scroll_into_view_if_needed()
    page.wait_for_function("!CourseLattice.live.inView")
    resting = page.evaluate("CourseLattice.live.frames")
    page.wait_for_timeout(300)
    assert page.evaluate("CourseLattice.live.frames") == resting


def test_bad_settings_of_a_lattice_are_refused_by_name(front) -> None:
    refused = front.evaluate(
        """() => {
            const warm = { start: "warm" }, one = { q: 1 };
            const bad = [["clock", 8, 1], ["ising", 7, 1], ["potts", 8, 1, one], ["xy", 8, 0], ["xy", 8, 1, warm]];
            return bad.map(settings => {
                try { new CourseLattice.Lattice(...settings); } catch (error) { return error.message; }
            });
        }"""
    )
    assert [message.split(":")[0] for message in refused] == [
        "kind = clock", "size = 7", "q = 1", "temperature = 0", "start = warm",
    ]  # fmt: skip
