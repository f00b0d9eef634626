"""A new model is one class and nothing else: Blume-Capel, defined here, gets figures, a live lattice and a movie."""

from __future__ import annotations

import io
import itertools
from typing import Any, ClassVar

import equinox as eqx
import imageio_ffmpeg
import jax
import jax.numpy as jnp
import matplotlib as mpl
import numpy as np
import pytest
from jaxtyping import Array, Float, Integer
from PIL import Image

from course_utils import movie, plots
from course_utils.explorers import live_lattice
from course_utils.lattice import Lattice, colours
from course_utils.lattice.base import AnyArray, Transition
from course_utils.lattice.engines import Conditional
from course_utils.lattice.rng import pick, words

mpl.use("agg")
pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("course_style"), pytest.mark.filterwarnings("ignore:os.fork")]


class BlumeCapel(Lattice):
    """E = -J Σ s_i s_j + D Σ s_i² - h Σ s_i over nearest neighbours, s = -1, 0, +1: magnets with vacancies.

    Source: Blume, Phys. Rev. 141, 517 (1966); Capel, Physica 32, 966 (1966). The transition at D = 0 from Silva,
        Caparica and Plascak, Phys. Rev. E 73, 036702 (2006), doi:10.1103/PhysRevE.73.036702.
    """

    name: ClassVar[str] = "Blume-Capel"
    dtype: ClassVar[Any] = jnp.int8
    states: ClassVar[tuple[int, ...]] = (-1, 0, 1)
    aligned: ClassVar[int] = 1
    crystal_field: float

    def __init__(self, size, crystal_field: float = 0.0, **more) -> None:
        super().__init__(size, **more)
        self.crystal_field = crystal_field

    @property
    def title(self):
        return f"Blume-Capel, D = {self.crystal_field:g}"

    @property
    def transition(self):
        return Transition("T_c", 1.714) if self.plain and self.crystal_field == 0 else None

    def bond(self, a, b):
        return (a * b).astype(jnp.float32)

    def along_field(self, spins):
        return spins.astype(jnp.float32)

    @eqx.filter_jit
    def _energy(self, spins):
        return super()._energy(spins) + self.crystal_field * (spins**2).mean((-2, -1), dtype=jnp.float32)

    @eqx.filter_jit
    def order_parameter(self, spins: Integer[AnyArray, "*batch rows cols"]) -> Float[Array, "*batch"]:
        """Magnetisation per spin, from -1 to 1."""
        return jnp.asarray(spins).mean((-2, -1), dtype=jnp.float32)

    def sampler(self, beta):
        return BlumeCapelConditional(beta, self.field, self.crystal_field)


class BlumeCapelConditional(Conditional):
    """P(s | neighbours) ∝ exp(beta (s (J Σ s_j + h) - D s²))."""

    beta: Float[Array, ""]
    field: Float[Array, ""]
    crystal_field: float
    absent: ClassVar[int] = 0

    def draw(self, key, coupling, neighbours, own):
        pull = self.field + sum((coupling[:, k] if coupling.ndim else coupling) * s for k, s in enumerate(neighbours))
        logs = [self.beta * (s * pull - self.crystal_field * s * s) for s in (-1, 0, 1)]
        most = jnp.maximum(jnp.maximum(logs[0], logs[1]), logs[2])
        return pick(*words(key, own.shape), [jnp.exp(log - most) for log in logs]).astype(jnp.int8) - 1


MODEL = BlumeCapel(16, 0.3)
SPINS = np.random.default_rng(0).integers(-1, 2, (3, 16, 16)).astype(np.int8)


def test_its_conditional_is_the_boltzmann_weight_of_each_neighbourhood():
    beta, repeats = 0.7, 4000
    around = np.array(list(itertools.product((-1, 0, 1), repeat=4)))
    wide = jnp.repeat(jnp.asarray(around, jnp.int8), repeats, axis=0)
    model = BlumeCapel(4, 0.4, field=0.2)
    sampler = model.sampler(jnp.float32(beta))
    own = jnp.zeros(len(wide), jnp.int8)
    drawn = np.asarray(sampler.draw(jax.random.key(1), model.coupling, [wide[:, k] for k in range(4)], own))
    s = np.array([-1, 0, 1])
    weight = np.exp(beta * (s * (around.sum(1, keepdims=True) + 0.2) - 0.4 * s**2))
    p = weight / weight.sum(1, keepdims=True)
    counts = np.stack([(drawn.reshape(-1, repeats) == value).sum(1) for value in s], axis=1)
    z = (counts - repeats * p) / np.sqrt(repeats * p * (1 - p))
    assert np.abs(z).max() < 5


@pytest.mark.parametrize("engine", ["sublattices", "sites"])
def test_a_small_torus_has_the_energy_of_the_enumeration(engine):
    """All 3^8 states of 2 x 4 spins, where each bond round the short side counts twice, as in `Lattice.energy`."""
    beta, model = 0.6, BlumeCapel((2, 4), 0.5)
    states = np.array(list(itertools.product((-1, 0, 1), repeat=8)), np.int8).reshape(-1, 2, 4)
    energy = np.asarray(model.energy(states), float)
    bonds = sum((states * np.roll(states, -1, axis)).sum((1, 2)) for axis in (1, 2))
    np.testing.assert_allclose(8 * energy, 0.5 * (states**2).sum((1, 2)) - bonds, atol=1e-5)
    weight = np.exp(-8 * beta * (energy - energy.min()))
    exact, square = ((weight * x).sum() / weight.sum() for x in (energy, (states**2).mean((1, 2))))
    looks = {"energy": model.energy, "square": occupied}
    how = {"n_chains": 64, "n_samples": 400, "n_burn_in": 50}
    seen = model.measure(jax.random.key(3), beta, looks, engine=engine, **how)
    for name, value in (("energy", exact), ("square", square)):
        chains = np.asarray(seen[name], float).mean(1)
        assert abs(chains.mean() - value) < 4 * chains.std(ddof=1) / 8, name


def occupied(spins):
    return (spins**2).mean((-2, -1), dtype=jnp.float32)


def test_it_says_what_every_model_says():
    assert (MODEL.title, MODEL.described, MODEL.n_states) == ("Blume-Capel, D = 0.3", "Blume-Capel model", 3)
    assert MODEL.transition is None
    assert BlumeCapel(16).transition.label == "T_c"
    assert not MODEL.check_spins(SPINS)
    assert MODEL.check_spins(2 * SPINS) == "holds other values than -1 to +1"
    drawn = np.asarray(MODEL.random(jax.random.key(0), (3000,)))
    assert all(abs((drawn == s).mean() - 1 / 3) < 0.04 for s in (-1, 0, 1))


def test_it_has_figures():
    figure = plots.figure(*plots.lattices(SPINS, MODEL, ["a", "b", "c"]), title="Three lattices of a new model")
    picture = figure.axes[0].images[0].make_image(None, unsampled=True)[0]
    assert np.array_equal(picture[..., :3], colours.states(3)[SPINS[0] + 1])
    assert [text.get_text() for text in figure.legends[0].get_texts()] == ["1", "0", "−1"]


def test_it_has_a_live_lattice():
    live = live_lattice(MODEL)
    assert live.error is None
    assert live.caption.startswith("Blume-Capel, D = 0.3, 16 × 16, T = 0.60: 20 sweeps after a quench")
    shown = np.asarray(Image.open(io.BytesIO(live.picture)).convert("RGB"))
    assert {tuple(colour) for colour in shown.reshape(-1, 3)} <= {tuple(colour) for colour in colours.states(3)}
    assert live_lattice(BlumeCapel(16)).caption.count("T_c = 1.714") == 1


def test_it_has_a_movie(tmp_path):
    scene = movie.Scene(MODEL, beta=1.5, n_frames=6, n_sweeps=2, n_burn_in=0, start="random")
    assert scene.title.startswith("Blume-Capel model, 16 x 16: a quench")
    energy = movie.film(scene, tmp_path / "x.mp4", scale=4)
    assert energy[-1] < energy[0]
    frames = list(imageio_ffmpeg.read_frames(str(tmp_path / "x.mp4")))
    assert frames[0]["size"] == (64, 64)
    assert len(frames) == 7
