"""Energy landscapes with known minima and, where it exists, the exact partition function.

Every energy is a small immutable object. Call it for E(x), ask it for `grad`, `domain`, `minima` and `log_z`:

    E = DoubleWell(barrier=2.0)
    x = torch.linspace(-2, 2, 101)
    E(x).shape, E.grad(x).shape, E.minima, E.log_z(temperature=0.5)

Conventions, the same for all:

- Energies are in units of k_B T at T = 1, temperatures in units of that same T, and p(x) = exp(-E(x)/T) / Z(T).
- With `dim == 1` every entry of `x` is a coordinate and `E(x)` has the shape of `x`. With `dim >= 2` the last axis of
  `x` holds the coordinates and `E(x)` has the shape `x.shape[:-1]`.
- Results have the dtype and the device of `x`.
- `domain` is the box of a picture; `domain_at(temperature)` is the box for an integral.

These are `KnownEnergy`s. Samplers and losses ask for less: any `EnergyFunction` will do, and `as_energy` gives it the
gradient that an `Energy` has.
"""

from course_utils.energies.base import Domain, Energy, EnergyFunction, KnownEnergy, as_energy, differentiate
from course_utils.energies.mixtures import GaussianMixture
from course_utils.energies.network_loss import NetworkLoss
from course_utils.energies.surfaces import Ackley, Rastrigin, Rosenbrock
from course_utils.energies.wells import AsymmetricDoubleWell, DoubleWell, Quadratic
