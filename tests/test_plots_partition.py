"""The figures of lesson 02: titled, labelled, inside their frame, and with titles that follow the data."""

import matplotlib as mpl
import numpy as np
import pytest
from support.figures import assert_readable

from course_utils import partition, plots
from course_utils.lattice import exact

mpl.use("agg")
pytestmark = pytest.mark.usefixtures("course_style")

rng = np.random.default_rng(0)
n = np.arange(1, 301)
betas = np.linspace(0.02, 0.6, 9)
dims = np.array([1, 4, 16])
_, log_w = partition.gaussian_log_weights(1.3, 20, 500, rng)
sizes = np.array([10, 100, 500])
steps = np.array([1, 4, 16])
energy = np.array([16 * exact.kaufman_energy(4, beta) for beta in betas])
FIGURES = {
    "counting": lambda: plots.counting(n, {"Grid": 2.0 * n, "Spins": 0.3 * n}, {"atoms": 80, "largest double": 308}),
    "enumeration_time": lambda: plots.enumeration_time(np.array([18, 19, 20]), np.array([1.0, 2, 4]), (0.301, -5.4)),
    "torus_energy": lambda: plots.torus_energy(
        betas, {4: energy / 16}, np.array([exact.onsager_energy(beta) for beta in betas]), exact.BETA_C
    ),
    "ess_collapse": lambda: plots.ess_collapse(
        dims, {1.3: 0.9**dims, 2.0: 0.6**dims}, {1.3: 0.9**dims, 2.0: 0.6**dims}, 99
    ),
    "importance_weights": lambda: plots.importance_weights(log_w - log_w.max(), 1.3, 20, 0.2, 0.01, 0.05),
    "log_z_traces": lambda: plots.log_z_traces(
        sizes, {"Wide": rng.normal(size=(9, 3)), "Narrow": rng.normal(size=(9, 3))}, 0.0, {"Wide": 0.95, "Narrow": 0.4}
    ),
    "thermodynamic_integration": lambda: plots.thermodynamic_integration(
        betas, energy + rng.normal(size=(8, 9)), energy, 16
    ),
    "estimates": lambda: plots.estimates(["a", "b", "c"], np.array([1.0, 1.5, 0.0]), np.array([0.1, 0.3, 0.1]), 1.0),
    "ais_bias": lambda: plots.ais_bias(steps, -10.0 / steps, 0.1 / steps, -3.0 / steps, 0.2 / steps, 0.0),
}


@pytest.mark.parametrize("name", FIGURES)
def test_a_figure_is_titled_labelled_and_keeps_its_text_inside(name):
    assert_readable(FIGURES[name](), name)
