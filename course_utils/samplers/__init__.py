"""Samplers of p(x) ∝ exp(-E(x)/T) that need only E and its gradient, for many chains at once.

    g = torch.Generator().manual_seed(0)
    run = ula(DoubleWell(), torch.zeros(100), step_size=0.01, n_steps=1000, generator=g)
    run.x.shape, run.trajectory.shape, run.energy.shape       # (100,), (1000, 100), (1000, 100)

Convention, everywhere: one step of size ε at temperature T is

    x' = x - ε ∇E(x) + sqrt(2 ε T) ξ,    ξ ~ N(0, 1) in each coordinate.

Some texts call ε/2 what is ε here, and write x - (ε/2) ∇E + sqrt(ε) ξ; then their ε is twice ours.

Conventions, the same for all samplers:

- `x` holds one state per chain: shape (n_chains,) in one dimension, (n_chains, dim) or (n_chains, ...) otherwise.
  `energy(x)` returns one energy per chain. Any callable will do; an `energies.Energy` supplies its own gradient, for
  any other it comes from automatic differentiation.
- Random numbers come from the `torch.Generator` that is passed in; the same seed gives the same run.
- The input is never modified; results have the dtype and the device of `x`.
"""

from course_utils.samplers import by_hand
from course_utils.samplers.exchange import replica_exchange
from course_utils.samplers.hamiltonian import hmc
from course_utils.samplers.langevin import annealed, gradient, mala, ula
from course_utils.samplers.run import Diverged, NoFiniteStart, Run
from course_utils.samplers.stability import stable_step_size
