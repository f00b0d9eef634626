"""The Mandelbrot set, the diamond lattice, an exact torus, and all zeros of a polynomial."""

import itertools
import math

import mpmath
import numpy as np
import pytest
from scipy.optimize import linear_sum_assignment

from course_utils.fractals import diamond, mandelbrot, packed, plane, roots, torus
from course_utils.lattice import exact


def farthest(found: np.ndarray, right: np.ndarray) -> float:
    """The largest distance of two zeros, each of one set paired with one of the other."""
    assert len(found) == len(right)
    apart = np.abs(found[:, None] - right)
    return float(apart[linear_sum_assignment(apart)].max())


def independent_zeros(counts: list[int]) -> np.ndarray:
    """By mpmath's Durand-Kerner with 80 digits, which knows nothing of ours."""
    with mpmath.workdps(80):
        found = mpmath.polyroots(counts[::-1], maxsteps=2000, extraprec=400)
        return np.array([complex(zero) for zero in found])


class TestPlane:
    def test_cells_are_square_and_fill_the_box(self):
        points = plane(((-2.0, 1.0), (-1.0, 1.0)), 6)
        assert points.shape == (6, 4)
        assert points[0, 0] == -1.75 - 0.75j
        assert points[-1, -1] == 0.75 + 0.75j

    def test_refuses_a_box_that_does_not_rise(self):
        with pytest.raises(ValueError, match="left < right"):
            plane(((1.0, -1.0), (0.0, 1.0)), 5)


class TestPacked:
    def test_a_product_of_numbers_is_a_product_of_polynomials(self):
        width = packed.bytes_for(100)
        one, other = (sum(c << 8 * width * k for k, c in enumerate(P)) for P in ([1, 2, 3], [4, 0, 5]))
        assert packed.coefficients(one * other, width, 5) == [4, 8, 17, 10, 15]

    def test_refuses_a_number_with_more_coefficients(self):
        with pytest.raises(ValueError, match="expected more coefficients"):
            packed.coefficients(1 << 80, 2, 3)


class TestMandelbrot:
    def test_the_count_says_what_a_loop_says(self):
        c = np.array([[0.4 + 0.4j, -1.0 + 0j, 150j], [-0.2 + 1.1j, 0.26 + 0j, 2.0 + 0j]])

        def one(point: complex) -> float:
            z = point
            for n in range(61):
                if abs(z) > 100:
                    return n - math.log2(math.log(abs(z)))
                z = z * z + point
            return math.inf

        assert mandelbrot.smooth_count(c, 60).ravel() == pytest.approx([one(v) for v in c.ravel().tolist()])

    def test_the_potential_does_not_depend_on_the_radius(self):
        c = plane(((-2.0, 0.8), (-1.2, 1.2)), 40)
        small, large = (mandelbrot.potential(mandelbrot.smooth_count(c, 300, R)) for R in (100.0, 1e6))
        assert np.abs(small - large).max() < 1e-4

    def test_far_out_the_potential_is_that_of_a_wire(self):
        c = np.array([30.0 + 40j, -1e3 + 0j])
        g = mandelbrot.potential(mandelbrot.smooth_count(c, 50))
        assert g == pytest.approx(np.log(np.abs(c)), rel=2e-3)  # the set is not quite centred on 0

    def test_the_charges_of_a_polynomial_make_the_potential(self):
        c = 2.5 * np.exp(1j * np.linspace(0, 6, 20))
        zeros = roots.zeros(mandelbrot.polynomial(6))
        made = np.log(np.abs(c[:, None] - zeros)).mean(1)
        assert np.abs(made - mandelbrot.potential(mandelbrot.smooth_count(c, 60))).max() < 2e-5

    def test_polynomials_by_their_recursion(self):
        P = np.polynomial.Polynomial([0, 1])
        for n in range(6):
            assert mandelbrot.polynomial(n) == P.coef.astype(int).tolist()
            P = P**2 + np.polynomial.Polynomial([0, 1])

    def test_polynomials_count_trees(self):
        def leaves(n: int) -> list[int]:
            below = leaves(n - 1) if n else []
            return [1] + [a + b for a, b in itertools.product(below, below)]

        for n in range(5):
            assert np.bincount(leaves(n)).tolist() == mandelbrot.polynomial(n)


class TestDiamond:
    @pytest.mark.parametrize(("q", "generation"), [(2, 0), (2, 1), (5, 1), (2, 2), (3, 2)])
    def test_counts_are_those_of_all_states(self, q, generation):
        ends = diamond.bonds(generation)
        states = np.array(list(itertools.product(range(q), repeat=diamond.n_spins(generation))), np.int8)
        equal = (states[:, ends[:, 0]] == states[:, ends[:, 1]]).sum(1)
        assert diamond.equal_pairs(q, generation) == np.bincount(equal, minlength=len(ends) + 1).tolist()

    def test_a_diamond_weighs_what_the_sum_over_its_inner_spins_says(self):
        q, x = 4, 0.7 + 1.3j
        weight = {}
        for end in (0, 1):  # the other end is in state 0
            inner = itertools.product(range(q), repeat=2)
            weight[end] = sum(
                math.prod(x if s == t else 1 for m in pair for s, t in ((0, m), (m, end))) for pair in inner
            )
        assert diamond.decimated(np.array(x), q) == pytest.approx(weight[0] / weight[1])

    def test_every_spin_of_a_generation_is_on_a_bond(self):
        for generation in range(5):
            ends = diamond.bonds(generation)
            assert ends.shape == (4**generation, 2)
            assert set(ends.ravel().tolist()) == set(range(diamond.n_spins(generation)))

    def test_log_z_is_that_of_the_counts(self):
        x = np.array([0.3, 1.0, 2.5, 7.0])
        for q, generation in ((2, 3), (3, 2)):
            counts = diamond.equal_pairs(q, generation)
            direct = [math.log(sum(n * int(10 * v) ** k * 10 ** (len(counts) - 1 - k) for k, n in enumerate(counts)))
                      - (len(counts) - 1) * math.log(10) for v in x]  # fmt: skip
            assert diamond.log_z(x, q, generation) * 4**generation == pytest.approx(direct, rel=1e-12)

    def test_log_z_without_bonds_and_in_the_cold(self):
        spins_per_bond = diamond.n_spins(12) / 4**12
        assert diamond.log_z(np.ones(1), 3, 12) == pytest.approx(spins_per_bond * math.log(3))
        assert diamond.log_z(np.array([1e6]), 3, 12) == pytest.approx(math.log(1e6), rel=1e-6)

    @pytest.mark.parametrize(("q", "generation"), [(2, 1), (2, 2), (3, 2), (2, 3), (3, 3)])
    def test_zeros_agree_with_an_independent_finder_to_1e_8(self, q, generation):
        counts = diamond.equal_pairs(q, generation)
        by_the_map, by_integers = diamond.zeros(q, generation), roots.zeros(counts)
        assert farthest(by_integers, by_the_map) < 1e-12
        if generation < 3:
            assert farthest(by_integers, independent_zeros(counts)) < 1e-8

    def test_zeros_close_in_on_the_transition_by_the_slope_of_the_map(self):
        for q in (2.0, 3.0, 10.0):
            at = diamond.critical(q)
            near = [np.abs(diamond.zeros(q, n) - at.x).min() for n in (7, 8)]
            assert near[0] / near[1] == pytest.approx(at.slope, rel=0.03)

    def test_for_three_states_all_zeros_are_led_to_the_transition(self):
        x = diamond.zeros(3, 4)
        for _ in range(5):
            x = diamond.decimated(x, 3)
        assert np.abs(x - 4).max() < 1e-6

    def test_transitions(self):
        three = diamond.critical(3)
        assert (three.x, three.temperature, three.slope) == pytest.approx((4, 1 / math.log(4), 16 / 9))
        two = diamond.critical(2)
        assert math.sqrt(two.x) == pytest.approx(1.839286755214161)  # the tribonacci constant
        h = 1e-6
        around = diamond.decimated(np.array([two.x - h, two.x, two.x + h]), 2)
        assert around[1] == pytest.approx(two.x)
        assert two.slope == pytest.approx((around[2] - around[0]) / (2 * h), rel=1e-6)

    def test_what_flows_where(self):
        x = np.array([1.0, 3.9, 4.1, 4.0, -2.0, 0.0, 1e9])
        phase, count = diamond.flow(x.astype(complex), 3)
        assert phase.tolist() == [1, 1, -1, 0, 0, 0, -1]
        assert np.isinf(count[3:6]).all()
        assert np.isfinite(count[[1, 2]]).all()
        for q, end in ((2.9, -1), (3.1, 1)):
            assert diamond.flow(np.zeros(1, complex), q)[0].tolist() == [end]

    def test_refuses_what_it_cannot(self):
        with pytest.raises(ValueError, match="generation = 7"):
            diamond.equal_pairs(2, 7)
        with pytest.raises(ValueError, match="q = 0"):
            diamond.log_z(np.ones(1), 0.0, 2)
        with pytest.raises(ValueError, match="q = 1"):
            diamond.critical(1.0)


class TestTorus:
    @pytest.mark.parametrize("shape", [(2, 2), (2, 3), (3, 3), (3, 4), (4, 4)])
    def test_counts_are_those_of_all_states(self, shape):
        levels, counts = exact.density_of_states(shape)
        n_bonds = 2 * shape[0] * shape[1]
        expected = [0] * (n_bonds + 1)
        for level, count in zip(levels.tolist(), counts.tolist(), strict=True):
            expected[(n_bonds - level) // 2] = count
        assert torus.equal_pairs(*shape) == expected

    @pytest.mark.parametrize("side", [6, 8])
    def test_log_z_is_kaufmans(self, side):
        counts, beta = torus.equal_pairs(side, side), 0.4
        assert sum(counts) == 2 ** (side * side)
        terms = [math.log(c) + 2 * beta * (k - side * side) for k, c in enumerate(counts) if c]
        assert np.logaddexp.reduce(terms) == pytest.approx(exact.kaufman_log_z((side, side), beta), rel=1e-12)

    def test_unequal_bonds(self):
        rng = np.random.default_rng(3)
        down, across = rng.integers(0, 4, (2, 3, 3))
        spins = np.array(list(itertools.product((-1, 1), repeat=9))).reshape(-1, 3, 3)
        equal = (spins == np.roll(spins, -1, 1)) * down + (spins == np.roll(spins, -1, 2)) * across
        expected = np.bincount(equal.sum((1, 2)), minlength=down.sum() + across.sum() + 1).tolist()
        assert torus.couplings_of(down, across) == expected

    def test_with_a_field(self):
        spins = np.array(list(itertools.product((0, 1), repeat=12))).reshape(-1, 3, 4)
        equal = ((spins == np.roll(spins, -1, 1)).sum((1, 2)) + (spins == np.roll(spins, -1, 2)).sum((1, 2))).tolist()
        expected = np.zeros((13, 25), int)
        np.add.at(expected, (spins.sum((1, 2)), equal), 1)
        assert torus.with_field(3, 4) == expected.tolist()

    @pytest.mark.parametrize("side", [4, 6])
    def test_fisher_zeros_agree_with_an_independent_finder_to_1e_8(self, side):
        counts = torus.equal_pairs(side, side)
        half = independent_zeros(counts[::2])  # in x²
        assert farthest(roots.zeros(counts), np.concatenate([np.sqrt(half), -np.sqrt(half)])) < 1e-8

    def test_the_largest_torus_is_zero_at_its_zeros(self):
        counts = torus.equal_pairs(8, 8)
        with mpmath.workdps(60):
            for zero in roots.zeros(counts)[::7]:
                x = mpmath.mpc(complex(zero))
                value, slope = mpmath.polyval(counts[::-1], x, derivative=True)
                assert abs(value / slope) < 1e-13

    def test_lee_yang_zeros_lie_on_the_circle_and_agree_to_1e_8(self):
        weights = torus.up_weights(torus.with_field(4, 4), 2.0)
        found = np.roots(weights[::-1])
        assert np.abs(np.abs(found) - 1).max() < 1e-8
        with mpmath.workdps(50):
            zeros = mpmath.polyroots([mpmath.mpf(float(w)) for w in weights[::-1]], maxsteps=500, extraprec=200)
            assert farthest(found, np.array([complex(z) for z in zeros])) < 1e-8

    def test_refuses_bad_sides_and_bonds(self):
        with pytest.raises(ValueError, match="cols = 9"):
            torus.equal_pairs(3, 9)
        with pytest.raises(ValueError, match="from 0 on"):
            torus.couplings_of(np.array([[1, -1], [1, 1]]), np.ones((2, 2), int))


class TestRoots:
    def test_zeros_that_are_known(self):
        counts = np.poly(np.arange(1, 21)).astype(object)  # Wilkinson's
        P = [1]
        for k in range(1, 21):
            P = [a - k * b for a, b in zip([0, *P], [*P, 0], strict=True)]
        assert len(counts) == len(P)
        assert farthest(roots.zeros(P), np.arange(1.0, 21.0)) < 1e-12

    def test_zeros_at_zero_and_gaps(self):
        found = roots.zeros([0, 0, 8, 0, 0, 1])
        cube = -2 * np.exp(2j * np.pi * np.arange(3) / 3)
        assert farthest(found, np.concatenate([[0, 0], cube])) < 1e-14

    def test_steps_move_all_guesses_at_once(self):
        counts, x = [2, 3, 5, 7], np.array([2.0 + 1j, -1.5 + 0.5j, 0.3 - 2j])
        P, slope = np.polynomial.Polynomial(counts), np.polynomial.Polynomial(counts).deriv()
        expected = [v - 1 / (slope(v) / P(v) - sum(1 / (v - w) for w in x if w != v)) for v in x]
        assert roots.find_zeros(counts, x, 1) == pytest.approx(expected)

    def test_the_swarm_ends_on_the_zeros(self):
        counts = torus.equal_pairs(6, 6)[::2]
        found = roots.find_zeros(counts, roots.ring(counts, 1.5), 60)
        assert farthest(found**0.5, roots.zeros(counts) ** 0.5) < 1e-8

    def test_refuses_what_has_no_zeros_or_too_many(self):
        with pytest.raises(ValueError, match="degree 1 to 128"):
            roots.zeros([5])
        with pytest.raises(ValueError, match="degree 1 to 128"):
            roots.zeros([1] * 131)
        with pytest.raises(ValueError, match="expected 2 of them"):
            roots.find_zeros([1, 0, 1], np.array([1j]), 1)
