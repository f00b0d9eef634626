"""What is measured on spin configurations, and how certain the result is.

    configurations   one number or field for each lattice of spins
    series           averages of such numbers over a run, with their errors
    crossings        transitions from where two curves cross

    m = magnetisation(spins)                                        # spins (n_chains, n_samples, L, L)
    jackknife(lambda m: susceptibility(m, beta, L * L, axis=None), m)     # value and standard error

Lattices are periodic, spins[..., i, j] with neighbours (i + 1, j) and (i, j + 1); J = 1, so energies are in units of J
and temperatures in units of J / k_B. Where a picture has x along j and y along i upwards (`origin="lower"`), angles are
measured anticlockwise from x.

Importing the module loads neither JAX nor PyTorch.
"""

from .configurations import (
    clock_angles,
    correlation_function,
    helicity_terms,
    magnetisation,
    planar_magnetisation,
    vortex_density,
    winding_numbers,
)
from .crossings import binder_crossing, crossing, kt_temperature
from .series import (
    Measurement,
    balance,
    binder_cumulant,
    helicity_modulus,
    jackknife,
    latent_heat,
    mean_and_error,
    specific_heat,
    susceptibility,
    two_phases,
)
