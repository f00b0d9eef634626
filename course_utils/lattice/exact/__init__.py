"""Exact results for spins: what every sampler of the course is checked against.

    enumeration   Ising systems so small that all their states can be visited
    transfer      Ising chains and strips by the transfer matrix
    onsager       Ising on a torus of any size (Kaufman) and on the infinite lattice (Onsager, Yang)
    potts         Potts: small lattices, and the infinite one at its transition (Baxter)
    planar        clock: small lattices; XY: its transition temperature

J = 1 everywhere. The Ising energy is E(s) = -sum of s_i s_j over nearest-neighbour bonds, minus field * sum of s_i
where a function takes a field, with s_i = +1 or -1. log Z = log(sum over states of exp(-beta E)).

A lattice is given by its `shape`: `(n,)` is a chain, `(rows, cols)` a rectangle. A periodic side joins its last spin to
its first. On a periodic side of length 2 the two spins are joined by two bonds, as in Kaufman's formula. An open side
of length 1 has no bonds.

Needs NumPy and SciPy only.
"""

from .enumeration import density_of_states, enumerated_energy, enumerated_log_z, ising_energies, ising_states
from .onsager import BETA_C, kaufman_energy, kaufman_log_z, onsager_energy, onsager_log_z, yang_magnetisation
from .planar import KT_TEMPERATURE, clock_energy
from .potts import (
    potts_beta_c,
    potts_correlation_length,
    potts_critical_energies,
    potts_energy,
    potts_latent_heat,
    potts_order_parameter_jump,
)
from .shapes import bonds
from .transfer import chain_log_z, strip_log_z

__all__ = [
    "BETA_C",
    "KT_TEMPERATURE",
    "bonds",
    "chain_log_z",
    "clock_energy",
    "density_of_states",
    "enumerated_energy",
    "enumerated_log_z",
    "ising_energies",
    "ising_states",
    "kaufman_energy",
    "kaufman_log_z",
    "onsager_energy",
    "onsager_log_z",
    "potts_beta_c",
    "potts_correlation_length",
    "potts_critical_energies",
    "potts_energy",
    "potts_latent_heat",
    "potts_order_parameter_jump",
    "strip_log_z",
    "yang_magnetisation",
]
