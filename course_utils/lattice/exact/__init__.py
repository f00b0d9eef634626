"""Exact results for spins: what every sampler of the course is checked against.

    enumeration   Ising systems so small that all their states can be visited
    transfer      Ising chains and strips by the transfer matrix
    onsager       Ising on a torus of any size (Kaufman) and on the infinite lattice (Onsager, Yang)
    sums          Potts and clock models on small lattices
    transitions   Potts on the infinite lattice at its transition (Baxter); the transition temperature of XY

J = 1 everywhere. The Ising energy is E(s) = -sum of s_i s_j over nearest-neighbour bonds, minus field * sum of s_i
where a function takes a field, with s_i = +1 or -1. log Z = log(sum over states of exp(-beta E)).

A lattice is given by its `shape`: `(n,)` is a chain, `(rows, cols)` a rectangle. A periodic side joins its last spin to
its first; `periodic` is one value, or one per side. On a periodic side of length 2 the two spins are joined by two
bonds, as in Kaufman's formula. An open side of length 1 has no bonds.

Needs NumPy and SciPy only.
"""

from .enumeration import density_of_states, enumerated_energy, enumerated_log_z, ising_energies, ising_states
from .onsager import BETA_C, kaufman_energy, kaufman_log_z, onsager_energy, onsager_log_z, yang_magnetisation
from .shapes import bonds
from .sums import clock_energy, potts_energy
from .transfer import chain_log_z, strip_log_z
from .transitions import (
    KT_TEMPERATURE,
    potts_beta_c,
    potts_correlation_length,
    potts_critical_energies,
    potts_latent_heat,
    potts_order_parameter_jump,
)
