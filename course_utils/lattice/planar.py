"""What models of spins with a direction in the plane share: colours, vortices, what a live lattice asks."""

import abc
from typing import ClassVar

import numpy as np
from jaxtyping import Float, Int8, Shaped, UInt8

from . import colours
from .base import AnyArray, Lattice
from .observables import winding_numbers


class Planar(Lattice):
    """Spins that point somewhere; see `Clock` and `XY`."""

    planar: ClassVar[bool] = True
    question: ClassVar[str] = (
        "Switch on the vortices and cool slowly from T = 1.5. At which temperature does a vortex hardly ever move away "
        "from its antivortex?"
    )

    @abc.abstractmethod
    def angle(self, spins: Shaped[AnyArray, "*batch rows cols"]) -> Float[AnyArray, "*batch rows cols"]:
        """θ of each spin, in radians, in arrays of the kind that went in."""

    def vortices(
        self, spins: Shaped[AnyArray, "*batch rows cols"]
    ) -> Int8[AnyArray, "*batch plaquette_rows plaquette_cols"]:
        """Vortex charge of each plaquette, see `observables.winding_numbers`."""
        return winding_numbers(spins, self.n_states, self.grid.periodic)

    def palette(self, hues: int = colours.HUES) -> UInt8[np.ndarray, "n 3"]:
        return colours.angles(self.n_states or hues)

    @property
    def temperatures(self) -> tuple[float, float, float]:
        at = 0.0 if self.transition is None else self.transition.temperature
        return 0.05, max(2.0, round(1.3 * at, 2)), 0.5  # two directions are an Ising model, ordered up to 2.27
