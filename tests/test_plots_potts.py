"""The figures of lesson 08: labelled, titled, inside their frames, and true of the data they were given."""

import matplotlib as mpl
import numpy as np
import pytest
from support.figures import assert_readable

from course_utils import plots
from course_utils.lattice import exact

mpl.use("agg")
pytestmark = pytest.mark.usefixtures("course_style")

sweeps = np.array([20.0, 100.0, 1000.0])
x = np.linspace(-2, -0.5, 61)
hill = np.exp(-0.5 * ((x + 1.4) / 0.12) ** 2)
peaks = np.exp(-0.5 * ((x + 1.66) / 0.07) ** 2) + 0.8 * np.exp(-0.5 * ((x + 0.97) / 0.09) ** 2)
path = np.concatenate([np.linspace(0.93, 1.07, 20), np.linspace(1.07, 0.93, 20)])
energy = -1.4 + 0.4 * np.tanh(30 * (path - 1.0 - 0.02 * (np.arange(40) < 20)))
PHASES = {q: exact.potts_critical_energies(q) for q in (5, 10)}
HEATS = {q: exact.potts_latent_heat(q) for q in (5, 10)}
FIGURES = {
    "start_memory": lambda: plots.start_memory(
        {f"q = {q}": (sweeps, np.array([0.9, 0.8, 0.7]), np.full(3, 0.02), HEATS[q]) for q in (5, 10)}, title="Starts"
    ),
    "energy_peaks": lambda: plots.energy_peaks(
        {5: {12: (x, hill), 24: (x, hill**2)}, 10: {12: (x, peaks), 24: (x, peaks**2)}}, PHASES, title="Peaks"
    ),
    "latent_heats": lambda: plots.latent_heats(
        {5: [(12, 0.4, 0.01), (24, 0.3, 0.01), (48, 0.2, 0.01)], 10: [(12, 0.73, 0.01), (24, 0.69, 0.01)]},
        HEATS,
        title="Heats",
    ),
    "heating_loops": lambda: plots.heating_loops(
        {f"q = {q}": {"slow": (path, energy), "fast": (path, energy - 0.01)} for q in (5, 10)},
        {f"q = {q}": PHASES[q] for q in (5, 10)},
        title="Loops",
    ),
}


@pytest.mark.parametrize("name", FIGURES)
def test_figure_is_readable(name):
    assert_readable(FIGURES[name](), name)


def test_the_exact_phases_are_marked_where_they_are():
    fig = FIGURES["energy_peaks"]()
    for ax, q in zip(fig.axes, (5, 10), strict=True):
        at = sorted(line.get_xdata()[0] for line in ax.lines if line.get_linestyle() == "--")
        assert at == pytest.approx(PHASES[q])
    fig = FIGURES["heating_loops"]()
    for ax, q in zip(fig.axes, (5, 10), strict=True):
        assert ax.lines[-1].get_ydata() == pytest.approx(PHASES[q])
        assert set(ax.lines[-1].get_xdata()) == {1}


@pytest.mark.parametrize("name", ["start_memory", "latent_heats"])
def test_the_exact_latent_heats_are_dashed(name):
    (ax,) = FIGURES[name]().axes
    at = sorted(line.get_ydata()[0] for line in ax.lines if line.get_linestyle() == "--")
    assert at == pytest.approx([HEATS[5], HEATS[10]])


def test_points_are_the_values_that_were_given():
    (ax,) = FIGURES["latent_heats"]().axes
    shown = [container[0].get_ydata() for container in ax.containers]
    assert [list(values) for values in shown] == [[0.4, 0.3, 0.2], [0.73, 0.69]]
