"""A network trained on a drawing, by the course or by a learner: its exact KL, film and samples beside the drawing."""

import copy
from dataclasses import dataclass
from typing import TYPE_CHECKING

from .. import arguments, plots

if TYPE_CHECKING:
    from IPython.display import Image
    from matplotlib.figure import Figure
    from torch import Tensor, nn

    from ..data import Density
    from ..ebm import Objective, Training

N_STEPS = {"NCE": 1500, "CD-10": 800}
"""Of about equal time: two to four seconds on one core."""
HIDDEN, LEARNING_RATE, BATCH, EMA = (64, 64), 0.02, 256, 0.99
"""With twice the batch or the width, or half the rate, the KL on five shapes does not fall by more than its spread."""
N_DATA = 5000
GRID = 100
SHOWN = 300
"""Points in a picture."""
FRAMES = 12
MEASURES = 25
TICKS = (0.01, 0.03, 0.1, 0.3, 1, 3, 10, 100, 1000)


@dataclass(frozen=True, eq=False)
class LearnedDrawing:
    """A training on a drawing.

    Attributes:
        density: what was to be learned.
        x: the points that the network saw, shape (n, 2).
        run: the training, with "KL" in its history and snapshots for the film.
        kl: exact KL in nats, from the drawing to the model, at the end; a lower bound if the model has mass outside
            the box.
        method: what trained it.
    """

    density: "Density"
    x: "Tensor"
    run: "Training"
    kl: float
    method: str

    def samples(self, n: int, seed: int = 0) -> "Tensor":
        """Samples of the model in the box, exact to within a cell of a grid: no chain that could err.

        Args:
            n: how many.
            seed: of the random numbers.
        """
        return _samples(self.run.energy, self.density, arguments.whole("n", n), seed)

    def figure(self) -> "Figure":
        """The drawing with its points, the model with its samples, and the exact KL as it fell."""
        history = self.run.history
        curve = history["measured_at"], history["KL"], self.run.step
        return _figure(self.density, self.x, self.run.energy, curve, self.kl, self.method)

    def film(self) -> "Image":
        """The training as an animated picture: the energy as a landscape, and the density with samples."""
        return _film(self.density, list(self.run.snapshots.items()))


class Diary:
    """What a training loop shows of its network; the loop calls it now and then with a step and the network.

        diary = Diary(density, x)
        diary(0, energy)          # and so on
        diary.film()

    Args:
        density: in the plane, what is to be learned.
        x: the points that the network sees, shape (n, 2), for the figure.
        method: what trains it, for the figure.

    Attributes:
        steps: at which it was called, in order.
        distances: exact KL then, in nats; a lower bound if the model has mass outside the box.
        energies: copies of the network.

    Raises:
        ValueError: if the density is none in the plane.
    """

    def __init__(self, density: "Density", x: "Tensor", method: str = "") -> None:
        self.density, self.x, self.method = _planar(density), x, method
        self.steps: list[int] = []
        self.distances: list[float] = []
        self.energies: list[nn.Module] = []

    def __call__(self, step: int, energy: "nn.Module") -> None:
        from .. import ebm

        self.steps.append(step)
        self.distances.append(ebm.kl(self.density, energy, GRID, max_edge_mass=None))
        self.energies.append(copy.deepcopy(energy).requires_grad_(False))

    @property
    def kl(self) -> float:
        """Exact KL in nats of the last network."""
        from .. import ebm

        return ebm.kl(self.density, self.energies[-1], max_edge_mass=None)

    def figure(self) -> "Figure":
        """The truth with its points, the model with its samples, and the exact KL as it fell."""
        import torch

        curve = torch.tensor(self.steps), torch.tensor(self.distances), self.steps[-1]
        return _figure(self.density, self.x, self.energies[-1], curve, self.kl, self.method)

    def film(self) -> "Image":
        """The training as an animated picture: the energy as a landscape, and the density with samples."""
        last, frames = len(self.steps) - 1, max(2, FRAMES)
        chosen = sorted({round(last * (k / (frames - 1)) ** 1.7) for k in range(frames)})  # most happens early
        return _film(self.density, [(self.steps[i], self.energies[i]) for i in chosen])


def _figure(
    density: "Density", x: "Tensor", energy: "nn.Module", curve: "tuple[Tensor, Tensor, int]", kl: float, method: str
) -> "Figure":
    """The truth with points, the model with samples, and the KL; `curve` holds steps, KL and the last step."""
    import torch

    plane = _plane(density)
    truth, (_, learned) = torch.exp(density.log_prob(plane)), _maps(energy, density)
    panels = []
    for p, dots, name in (
        (truth, x, "truth and data"),
        (learned, _samples(energy, density, SHOWN, 0), "model and its samples"),
    ):
        shown = plots.density(plane, p, top=float(truth.max())), plots.dots(dots, most=SHOWN, color="sky")
        panels.append(plots.panel(*shown, title=name, square=True, height=3.1))
    steps, distances, last = curve
    seen = distances[distances.isfinite()]
    ends = min(0.01, 0.8 * float(seen.min())), max(10.0, 1.2 * float(seen.max()))  # the same for most drawings
    look = {"log": "y", "ylim": ends, "yticks": TICKS, "xlabel": "step", "ylabel": "exact KL (nats)", "title": method}
    panels.append(plots.panel(plots.line(steps, distances), **look))
    title = f"{density.name}: after {last} steps the model is {kl:.3f} nats from the truth"
    return plots.figure(*panels, bar="one", title=title)


def _film(density: "Density", nets: "list[tuple[int, nn.Module]]") -> "Image":
    """The networks, each with its step, as an animated picture."""
    from .. import ebm

    frames = []
    for step, net in nets:
        kl = ebm.kl(density, net, GRID, max_edge_mass=None)
        frames.append((step, kl, *_maps(net, density), _samples(net, density, SHOWN, 0)))
    words = f"Animation: an energy sinks along the strokes of the {density.name}, and samples gather there."
    return plots.training_film(_plane(density), frames, words=words)


def _maps(net: "nn.Module", density: "Density") -> "tuple[Tensor, Tensor]":
    """Energy above its minimum, and density, on the grid of the pictures."""
    import torch

    plane = _plane(density)
    with torch.no_grad():
        energy = net(plane.view(-1, 2).float()).double().view(GRID, GRID)
    cell = float((plane[1, 1] - plane[0, 0]).prod())
    return energy - energy.min(), torch.softmax(-energy.flatten(), 0).view(GRID, GRID) / cell


def learn_drawing(
    density: "Density", method: "str | Objective" = "NCE", *, n_steps: int | None = None, seed: int = 1
) -> LearnedDrawing:
    """Train a small network on 5000 points of a density in the plane, in a few seconds.

    Args:
        density: such as that of a `DrawingPad`.
        method: "NCE", noise-contrastive estimation against a Gaussian a fifth wider than the data; "CD-10", contrastive
            divergence with ten steps of MALA, ε = 0.02; or an objective of your own.
        n_steps: of the training; 1500 for NCE, else 800.
        seed: of points, first weights and training.

    Raises:
        ValueError: if an argument is wrong.
        TrainingDiverged: if a loss stops being finite.
    """
    import torch

    from .. import ebm

    _planar(density)
    if not isinstance(method, ebm.Objective):
        arguments.choice("method", method, N_STEPS)
    generator = torch.Generator().manual_seed(arguments.whole("seed", seed, 0))
    x = density.sample(N_DATA, generator)
    name, objective = type(method).__name__, method
    if method == "NCE":
        name, objective = "noise-contrastive estimation", ebm.NoiseContrastive(ebm.GaussianNoise.fit(x, widen=1.2))
    elif method == "CD-10":
        name, objective = "CD-10 with MALA", ebm.ContrastiveDivergence(10, 0.02)
    steps = N_STEPS.get(method, N_STEPS["CD-10"]) if n_steps is None else arguments.whole("n_steps", n_steps)
    run = ebm.train(
        ebm.EnergyNet(hidden=HIDDEN, generator=generator), x, objective, n_steps=steps, batch_size=BATCH,
        learning_rate=LEARNING_RATE, ema=EMA, generator=generator,
        measures={"KL": lambda net: ebm.kl(density, net, GRID, max_edge_mass=None)},
        measure_every=max(1, steps // MEASURES),
        snapshots=sorted({round(steps * (k / (FRAMES - 1)) ** 2.5) for k in range(FRAMES)}),  # most happens early
    )  # fmt: skip
    return LearnedDrawing(density, x, run, ebm.kl(density, run.energy, max_edge_mass=None), name)


def _planar(density: "Density") -> "Density":
    from .. import data

    if not isinstance(density, data.Density) or density.dim != 2:
        raise ValueError(f"density = {arguments.shown(density)}: expected a density in the plane, as of a DrawingPad")
    return density


def _plane(density: "Density") -> "Tensor":
    from .. import ebm

    return ebm.grid(density.domain, GRID)[0].view(GRID, GRID, 2)


def _samples(net: "nn.Module", density: "Density", n: int, seed: int) -> "Tensor":
    import torch

    from .. import ebm

    points, p = ebm.grid_probabilities(net, density.domain, 2 * GRID)
    return points[torch.multinomial(p, n, replacement=True, generator=torch.Generator().manual_seed(seed))]
