# ---
# jupyter:
#   course:
#     title: Contrastive divergence and its rivals
#     goal: learn an energy from data with five methods, and say in nats how far each one ends from the truth
#     needs: ["03"]
#     know: gradient descent, a network of two layers in PyTorch
#     time: 120 min
#     runs: 120 s
#     uses: [torch]
# ---

# %% [markdown]
# ## What you will be able to do
#
# 1. Judge any energy in one or two dimensions by its exact likelihood, with no sampling and no eye (Exercise 5.1).
# 2. Derive the gradient of the likelihood, and turn it into contrastive divergence with the right sign (5.2).
# 3. Keep persistent chains in a replay buffer that does what its name says (5.3).
# 4. Train without any chains, by noise-contrastive estimation and by score matching (5.4).
# 5. Predict which method cannot see what: far modes, weights of modes, runaway energies (5.5).

# %%
import math

import torch
from jaxtyping import Float, Int
from torch import Tensor

from course_utils import data, ebm, explorers, plots, samplers

torch.set_num_threads(1)  # batches are small here: a second thread would cost more time than it saves

# %% [markdown]
# ## 1 · Points without a formula
#
# Until now somebody gave you E. From here on you get points $x_1, \dots, x_N$, and want an energy such that
# $p(x) = e^{-E(x)}/Z$ is the density that they came from (T = 1 throughout this lesson, unless it says otherwise). Four sets
# in the plane, and what makes each of them hard:

# %%
rng = torch.Generator().manual_seed(0)
moons, ring = data.two_moons(), data.eight_gaussians()
panels = []
for density in (moons, ring, data.checkerboard(), data.pinwheel()):
    points, cell = ebm.grid(density.domain, 120)
    p = torch.exp(density.log_prob(points))
    x = density.sample(5000, rng)
    shown = plots.density(points.view(120, 120, 2), p.view(120, 120)), plots.dots(x, most=250, color="sky")
    panels.append(plots.panel(*shown, title=density.name, square=True, height=2.9))
    print(f"{density.name:15s} total probability on the grid {float(p.sum() * cell):.6f}")
title = "Curved, in separate pieces, with sharp edges, wound up: each density is known exactly"
plots.figure(*panels, columns=2, title=title)

# %% [markdown]
# *Picture: four densities as bright shapes on black, each with its colour bar, and small blue dots for samples. Two interleaved
# half circles; eight round spots on a circle; eight squares of a checkerboard; five arms of a pinwheel.*
#
# They are toys on purpose. For each of them the density is known to ten digits, and in two dimensions Z can be computed. So
# every method of this lesson will be judged by its distance from the truth, in nats. For images nobody can do that, and a
# method that fails here will fail there without telling you.
#
# The energy is a small network $E_\theta$ plus a fixed bowl, $E(x) = f_\theta(x) + |x|^2/8$. Far from the data the bowl wins,
# so that Z is finite whatever the weights $\theta$ are.
#
# **Choose before you read on.** Data should have low energy. Somebody trains the network by gradient descent on the mean
# energy of the data, and on nothing else. What happens?
#
# - (a) The network learns wells where the data are.
# - (b) The energy falls everywhere, data or not, without end.
# - (c) It stops when the data have energy 0.

# %%
rng = torch.Generator().manual_seed(1)
x = moons.sample(5000, rng)
net = ebm.EnergyNet(generator=torch.Generator().manual_seed(1))
empty = torch.tensor([[0.0, 4.0], [4.0, -4.0], [-4.0, 4.0]])  # far from all data
optimiser = torch.optim.Adam(net.parameters(), lr=0.01)
for step in range(201):
    loss = net(x[torch.randint(5000, (256,), generator=rng)]).mean()
    if step % 100 == 0:
        away = [round(v, 1) for v in net(empty).tolist()]
        print(f"step {step:3d}: mean energy of the data {loss:9.1f}, at three empty places {away}")
    optimiser.zero_grad()
    loss.backward()
    optimiser.step()

# %% [markdown]
# (b). A constant added to E changes nothing in $p$, so lowering everything is free. What is missing is Z: if the energy falls
# everywhere, Z grows. Likelihood knows that.

# %% [markdown]
# ## 2 · First the yardstick
#
# The likelihood of the data is the product of their densities. Its negative logarithm, per point, is
#
# $$\text{NLL} = -\frac1N\sum_n \log p(x_n) = \underbrace{\frac1N\sum_n E(x_n)}_{\text{mean energy of the data}} + \log Z,
# \qquad Z = \int e^{-E(x)}\,dx .$$
#
# With more and more data it tends to $H + \mathrm{KL}$. $H = -\int p_\text{data}\log p_\text{data}$, the entropy, depends on
# the data alone. The second term is the **Kullback-Leibler divergence** from the data's density to the model's,
#
# $$\mathrm{KL} = \int p_\text{data}(x)\,\log\frac{p_\text{data}(x)}{p(x)}\,dx \;\ge\; 0,$$
#
# which is zero only if the two agree. It is the number by which everything here is judged. At 0.01 nats the model's density is
# 1 % too low at the data, on (logarithmic) average; at 20 nats the model calls the data impossible.
#
# ### Exercise 5.1 · log Z by quadrature
# *Difficulty ●○○ · ten minutes · why: without this number a training run can end 60 nats from its data, and look busy.*
#
# Complete `log_z` on a grid of $n$ cells per axis. `ebm.grid(domain, n)` gives you the centres of the cells, one per row, and
# the volume of a cell, dx·dy. Energies can be in the thousands, so stay in logarithms.


# %% todo="5.1" task="return log Z, the log of the sum of exp(-E) times the cell"
def log_z(energy, domain, n: int) -> float:
    """log of Z = ∫ exp(-E) over a box, T = 1.

    Args:
        energy: function of a batch of points that returns one energy for each, shape (n_points,).
        domain: (low, high) of each coordinate.
        n: cells per axis.

    Returns:
        log Z, a plain number.
    """
    ### BEGIN SOLUTION
    points, cell = ebm.grid(domain, n)
    with torch.no_grad():  # forty thousand points would make a large graph, and nobody needs it
        return float(torch.logsumexp(-energy(points), dim=0)) + math.log(cell)
    ### END SOLUTION


# %% check="5.1" points=2
from course_checks import check, exercises

with check.exercise("5.1", "log_z"):
    answer = exercises.divergence.log_z.by(log_z)
    for shift in (0.0, 2000.0, -2000.0):
        bowl = exercises.divergence.Quartic(0.0, 1.0, 0.0, shift=shift)
        exact = math.log(2 * math.pi) / 2 - shift
        answer.on(f"x²/2 + {shift:g} on a line", bowl, ((-8.0, 8.0),), 160, expect=exact)
        answer.on(f"|x|²/2 + {shift:g} in the plane", bowl, ((-9.0, 9.0), (-6.5, 6.5)), 90)
    answer.fresh(3, "a narrow well on a coarse grid")
    graph = getattr(log_z(bowl, ((-8.0, 8.0),), 20), "requires_grad", False)
    check.that(not graph, "log Z carries a graph", hint="Return a plain number, under torch.no_grad().")

# %% [markdown] hint="5.1"
# $\log Z \approx \log\sum_i e^{-E(x_i)} + \log(\text{cell})$. The first term is `torch.logsumexp(-energy(points), dim=0)`,
# which takes the largest exponent out before it exponentiates.

# %% [markdown]
# How good is quadrature? For smooth densities astonishingly so: once the cells are smaller than the finest detail, the error
# falls faster than any power of their size. `ebm.kl` does the same for $\int p\log(p/q)$. A Gaussian against another Gaussian
# has a formula to compare with, and the untrained network tells us where we start.


# %%
def broad(x: Float[Tensor, "n 2"]) -> Float[Tensor, "n"]:
    """Energy of a Gaussian of variance 1."""
    return (x**2).sum(-1) / 2


def log_narrow(x: Float[Tensor, "n 2"]) -> Float[Tensor, "n"]:
    """log density of a Gaussian of variance 1/4."""
    return -2 * (x**2).sum(-1) - math.log(math.pi / 2)


narrow = data.Density("narrow Gaussian", 2, moons.domain, None, log_narrow)
for n in (10, 16, 24, 36):
    z, distance = ebm.log_z(broad, moons.domain, n), ebm.kl(narrow, broad, n)
    print(f"{n:2d} cells per axis: log Z = {z:.6f}, KL = {distance:.6f}")
print(f"exact:             log Z = {math.log(2 * math.pi):.6f}, KL = {math.log(4) - 1 + 1 / 4:.6f}")
net = ebm.EnergyNet(generator=torch.Generator().manual_seed(1))
H, nll, start = ebm.entropy(moons), ebm.exact_nll(net, x, moons.domain), ebm.kl(moons, net)
print(f"two moons: entropy {H:.4f} nats; the untrained network has NLL {nll:.4f}, KL {start:.4f}")

# %% [markdown]
# The integrals run over the box $[-5,5]^2$. A model may have mass outside of it, and then Z is missing some. `ebm.log_z` looks
# at the edge of the box, and refuses to answer if more than a per cent of the mass is there.
#
# ## 3 · Down at the data, up at the model
#
# How does the likelihood change with the weights? The first term of the NLL is easy. The second:
#
# $$\nabla_\theta \log Z = \frac1Z \int \nabla_\theta\, e^{-E_\theta(x)}\,dx
# = -\int \frac{e^{-E_\theta(x)}}{Z}\,\nabla_\theta E_\theta(x)\,dx = -\langle \nabla_\theta E_\theta\rangle_\text{model} .$$
#
# Hence
#
# $$\boxed{\;\nabla_\theta\,\text{NLL} = \langle\nabla_\theta E_\theta\rangle_\text{data}
# - \langle\nabla_\theta E_\theta\rangle_\text{model}\;}$$
#
# A descent step pushes the energy **down at the data and up at the model's own samples**. Where both have the same density,
# the pushes cancel, and learning stops. This one line is the whole subject. Is it true? A network of one hidden layer on a
# mixture in one dimension, in double precision: the gradient of the NLL by finite differences along a random direction, by
# autograd through $\log Z$, and by the boxed formula with the model's mean from quadrature.

# %%
line, box, rng = data.mixture_1d(3.0, weights=(0.8, 0.2)), ((-12.0, 12.0),), torch.Generator().manual_seed(3)
small = ebm.EnergyNet(dim=1, hidden=(16,), generator=torch.Generator().manual_seed(2)).double()
x1 = line.sample(5000, rng).double()
of_small, (grid, dx) = list(small.parameters()), ebm.grid(box)


def flat(loss: Tensor) -> Float[Tensor, "n_weights"]:
    """Gradient of a loss with respect to all weights of the small network, as one vector."""
    slopes = torch.autograd.grad(loss, of_small, allow_unused=True, materialize_grads=True)
    return torch.cat([slope.flatten() for slope in slopes])


through_z = flat(ebm.exact_negative_log_likelihood(small, x1, grid, dx))
boxed = flat(small(x1).mean()) - flat(ebm.expectation(small, small, box))
direction, h, nll = torch.randn(len(boxed), generator=rng, dtype=torch.float64), 1e-4, []
there = torch.nn.utils.parameters_to_vector(of_small).detach()
for step in (h, -h, 0.0):
    torch.nn.utils.vector_to_parameters(there + step * direction, of_small)
    nll.append(ebm.exact_nll(small, x1, box))
print(f"along a random direction: finite differences {(nll[0] - nll[1]) / (2 * h):.8f}, ", end="")
print(f"through log Z {through_z @ direction:.8f}, boxed formula {boxed @ direction:.8f}")
worst = float((through_z - boxed).abs().max() / boxed.abs().max())
print(f"all {len(boxed)} weights: largest difference / largest entry {worst:.1e}")

# %% [markdown]
# And the model's mean can be estimated by *samples*: no Z. Chains of MALA at T = 1, as in lesson 03, and the same gradient
# with its error.

# %%
rng = torch.Generator().manual_seed(4)
start = 2 * torch.randn(4000, generator=rng).double()
chains = samplers.mala(small, start, step_size=0.3, n_steps=300, generator=rng, keep=False).x
parts = torch.stack([flat(small(part).mean()) for part in chains.split(200)]) @ direction
estimate = float(flat(small(x1).mean()) @ direction - parts.mean())
error = float(parts.std()) / math.sqrt(len(parts))
print(f"with 4000 samples: {estimate:.3f} ± {error:.3f}, exact {boxed @ direction:.3f}")

# %% [markdown]
# Here are both pushes on the two moons before training, when the model is still a broad hill. If the energy could be changed
# at every place by itself, the best direction would be exactly $p_\text{model} - p_\text{data}$. (A network cannot move one
# place alone; it does what its weights allow.)

# %%
points, cell = ebm.grid(moons.domain, 100)
points, plane = points.float(), points.view(100, 100, 2)
net = ebm.EnergyNet(generator=torch.Generator().manual_seed(1))
with torch.no_grad():
    model = (torch.softmax(-net(points), 0) / cell).view(100, 100)
truth = torch.exp(moons.log_prob(points)).view(100, 100)
surplus = float((model - truth).clamp(min=0).sum() * cell)
corners = {"xlim": (-5, 5), "ylim": (-5, 5), "square": True}
plots.figure(
    plots.panel(plots.density(plane, model), title="model: here $E$ must rise", **corners),
    plots.panel(plots.dots(x, most=1500, color="blue"), title="data: here $E$ must fall", xlabel="$x_1$", **corners),
    plots.panel(plots.difference(plane, model - truth, scale="$p_\\mathrm{model} - p_\\mathrm{data}$"),
                title="rise (orange), fall (purple)", **corners),
    title=f"Before training {surplus:.0%} of the model's mass is where it should not be",
)  # fmt: skip

# %% [markdown]
# *Picture: on the left the model's density, a broad bright hill; in the middle the data, two arcs of dots; on the right the
# difference, purple (E must fall) along the arcs, and pale orange (E must rise) around them, where the model has mass and
# the data have none.*
#
# In two dimensions we can take this gradient with $\log Z$ from quadrature, at every step. That is **exact maximum
# likelihood**. It needs an integral over the whole space and is hopeless for images, but here it is the **ceiling**: the best
# that this network learns from these 5000 points with this optimiser. Every other method is to be compared with it, not
# with zero. (It is the best for *these points*. The KL to the density behind them can, by luck, come out a little lower.)
# One function trains them all, with the same network, the same start and the same schedule.


# %%
def untrained(seed: int = 1) -> ebm.EnergyNet:
    """The network of this lesson; each seed has its first weights."""
    return ebm.EnergyNet(hidden=(64, 64), generator=torch.Generator().manual_seed(seed))


def quick_kl(density, net) -> float:
    """Exact KL on a grid of 100 × 100; a lower bound if the model has mass outside the box."""
    return ebm.kl(density, net, 100, max_edge_mass=None)


def learn(density, x: Tensor, objective, seed: int = 1, **how) -> ebm.Training:
    """The training loop: Adam with a falling rate, averaged weights, and the exact KL every 40 steps."""
    usual = {"n_steps": 400, "batch_size": 256, "learning_rate": 0.01, "ema": 0.99, "measure_every": 40}
    measures, rng = {"KL": lambda net: quick_kl(density, net)}, torch.Generator().manual_seed(100 + seed)
    return ebm.train(untrained(seed), x, objective, generator=rng, measures=measures, **usual | how)


def report(name: str, density, run: ebm.Training) -> float:
    """Print the exact KL of a run; where mass lies outside the box, it is a lower bound."""
    distance = ebm.kl(density, run.energy, max_edge_mass=None)
    print(f"{name:34s} exact KL {distance:10.4f} nats after {run.step} steps")
    return distance


runs = {"exact ML": learn(moons, x, ebm.ExactLikelihood(moons.domain, 60), batch_size=1024)}
ceiling = report("exact maximum likelihood", moons, runs["exact ML"])

# %% [markdown]
# ## 4 · Contrastive divergence
#
# Beyond two dimensions the model's mean needs samples, and samples need chains (lesson 03). Long chains at every step would
# be right, and far too slow. Hinton's idea (2002): start the chains **at the data**, and take only $k$ steps. If the model
# were right, the data would be in equilibrium already, and $k$ steps would leave their distribution as it is. If it is
# wrong, already the first steps drift away from the data, downhill in E, to places where E is too low. Push those up. This
# is **contrastive divergence**, CD-$k$:
#
# $$\text{step along}\quad \nabla_\theta\left[\frac1n\sum_i E_\theta(x_i) - \frac1n\sum_i E_\theta(\tilde x_i)\right], \qquad
# \tilde x_i = x_i \text{ after } k \text{ steps of a sampler at T = 1} .$$
#
# The samples $\tilde x$ depend on $\theta$ as well, through the steps that made them. The formula of section 3 has no such
# term: there the gradient of $E_\theta$ is taken at *fixed* samples. So cut the graph: `samples.detach()`.
#
# The value of the bracket means nothing. Du and Mordatch (2019) add a term $\alpha\,(\langle E^2\rangle_\text{data} +
# \langle E^2\rangle_\text{samples})$. It keeps the numbers near 0, where they would otherwise drift, as a constant in E is free.
#
# ### Exercise 5.2 · The loss of contrastive divergence
# *Difficulty ●●○ · ten minutes · why: a flipped sign, or a gradient through the samples, and training goes nowhere in silence.*
#
# Complete `contrastive_divergence`. The samples are handed to you, and they may carry a graph.


# %% todo="5.2" task="return the loss of contrastive divergence, a tensor that can be differentiated"
def contrastive_divergence(
    energy, data: Float[Tensor, "n dim"], samples: Float[Tensor, "m dim"], alpha: float = 0.0
) -> Float[Tensor, ""]:
    """Loss whose gradient is the mean gradient of E at the data minus that at the samples.

    Args:
        energy: E, a module with weights; one value for each point.
        data: a batch of data.
        samples: states of the model's chains; no gradient may flow into them.
        alpha: weight of the mean of E² over the data plus the mean of E² over the samples.

    Returns:
        The loss, one number with a graph.
    """
    ### BEGIN SOLUTION
    of_data, of_samples = energy(data), energy(samples.detach())
    return of_data.mean() - of_samples.mean() + alpha * ((of_data**2).mean() + (of_samples**2).mean())
    ### END SOLUTION


# %% check="5.2" points=3
from course_checks import check, exercises

with check.exercise("5.2", "contrastive_divergence"):
    answer = exercises.divergence.contrastive_divergence.by(contrastive_divergence)
    E = exercises.divergence.Quartic(0.0, 0.8, -0.4)
    a, b = torch.randn(2, 6, 2, generator=torch.Generator().manual_seed(52), dtype=torch.float64)
    samples = exercises.divergence.made(E, b[:4])  # after a step of descent they depend on the weights
    answer.on("six data and four samples, α = 0.3", E, a, samples, 0.3)
    answer.on("six data and four samples, no α given", E, a, samples)
    answer.fresh(3, "another energy")

# %% [markdown] hint="5.2"
# Two calls: `energy(data)` and `energy(samples.detach())`. The mean of the first minus the mean of the second. Data go
# **down**: with gradient descent, what stands with a plus becomes smaller. For the regulariser square first, then
# average.

# %% [markdown]
# With your loss, contrastive divergence is a loop of a few lines. The chains are MALA at T = 1.

# %% uses="5.2"
net, rng = untrained(), torch.Generator().manual_seed(5)
optimiser = torch.optim.Adam(net.parameters(), lr=0.01)
for step in range(201):
    if step % 100 == 0:
        print(f"step {step:3d}: exact KL {quick_kl(moons, net):.4f} nats")
    batch = x[torch.randint(len(x), (256,), generator=rng)]
    samples = samplers.mala(net, batch, step_size=0.02, n_steps=10, generator=rng, keep=False).x
    loss = contrastive_divergence(net, batch, samples)
    optimiser.zero_grad()
    loss.backward()
    optimiser.step()

# %% [markdown]
# `ebm.train` has the same loop, with a falling learning rate and an average over the last hundred steps or so of weights,
# which takes the jitter out. Watch it. To see the *model*, and not the mistakes of a chain, the dots in these pictures are
# drawn exactly: cells of a fine grid, by their probabilities.


# %%
def pick(net, density, n: int, rng: torch.Generator) -> Float[Tensor, "n 2"]:
    """Exact samples of exp(-E)/Z in the box, to within a cell of a grid."""
    points, p = ebm.grid_probabilities(net, density.domain, 200)
    return points[torch.multinomial(p, n, replacement=True, generator=rng)]


def on_plane(net) -> Float[Tensor, "100 100"]:
    """The energy on the grid of the pictures."""
    with torch.no_grad():
        return net(points).view(100, 100)


def density_on_plane(net) -> Float[Tensor, "100 100"]:
    """exp(-E)/Z on the same grid."""
    return torch.softmax(-on_plane(net).flatten(), 0).view(100, 100) / cell


# %%
rng = torch.Generator().manual_seed(6)
times = [*range(0, 40, 5), *range(40, 80, 10), *range(80, 160, 20), 170, 200, 240, 280, 320, 360, 400]
cd = ebm.ContrastiveDivergence(k=10, step_size=0.02)  # MALA, T = 1
runs["CD-10"] = learn(moons, x, cd, snapshots=times)
distance, kept = report("CD-10, MALA, ε = 0.02", moons, runs["CD-10"]), runs["CD-10"].snapshots
frames = []
for n, net in kept.items():
    E = on_plane(net)
    frames.append((n, quick_kl(moons, net), E - E.min(), density_on_plane(net), pick(net, moons, 200, rng)))
above, below, top = [], [], float(max(density.max() for *_, density, _ in frames))
for n, distance, E, density, dots in frames:
    if n in (0, 40, 100, 400):
        energy = plots.energy(plane, E, top=8.0, scale="$E$ above its minimum")
        above.append(plots.panel(energy, plots.dots(x, most=200), title=f"step {n}", square=True, height=2.5))
        p, dots = plots.density(plane, density, top=top), plots.dots(dots, color="sky", most=200)
        below.append(plots.panel(p, dots, title=f"KL {distance:.3f}", square=True, height=2.5))
ends = f"the KL falls from {frames[0][1]:.2f} to {frames[-1][1]:.3f} nats"
title = f"The energy sinks under the data (white), and {ends}; blue: samples of the model"
plots.figure(*above, *below, columns=4, share="xy", bar="one", title=title)

# %% [markdown]
# *Picture: four columns for steps 0, 40, 100 and 400. Above, the energy as a map, dark where it is low, with the data as white
# dots: a round bowl first, then a tilted one, then two shallow troughs, then two narrow valleys along the arcs. Below, the
# density with samples as blue dots: a hill, twice, then a blurred pair of arcs, and at last two thin moons.*
#
# And the same as a film. It runs three times and stops at the end.

# %%
words = "Animation: an energy sinks along two arcs while its density turns from a hill into two moons."
plots.training_film(plane, frames, words=words)

# %% [markdown]
# *Picture, animated: on the left the energy as a landscape, level where it is more than 8 above its minimum; on the right the
# density with samples as dots, from step 0 to step 400. All frames share one scale of the energy and one of the density, which is
# dark at first. A bowl bends, and becomes two valleys within the first hundred steps or so; after that they become narrower.*
#
# Now the number that the loop minimises, beside the number that it should lower.

# %%
history = runs["CD-10"].history
loss, late = history["loss"], history["loss"][100:]
at, nll = history["measured_at"], history["KL"] + H
plots.figure(
    plots.panel(plots.line(torch.arange(1, len(loss) + 1), loss, color="grey", width=1), plots.hline(0, style="-"),
                xlabel="step", ylabel="$E$(data) − $E$(samples)", title="the quantity that CD differentiates"),
    plots.panel(plots.band(at, H + 0 * nll, nll, "gap: KL(data, model)", color="blue"),
                plots.line(at, nll, "model, exact by quadrature", color="blue"),
                plots.hline(H, "entropy of the data's density"),
                xlabel="step", ylabel="negative log-likelihood (nats)", title="what it should lower"),
    title=f"$E$(data) − $E$(samples) scatters by {late.std():.2f} about {late.mean():.2f}, whatever the NLL does",
)  # fmt: skip

# %% [markdown]
# *Picture: on the left a grey curve that dips below zero in the first steps and then jitters around it to the end. On the right the exact negative
# log-likelihood falls to just above a dashed line, the entropy; the gap between them, shaded, is the KL.*
#
# The left curve is not a likelihood and not a quality. If the chains do not move at all, the samples are the data, and it is
# zero, the best value of all. In this lesson you will not see such a curve again; **exact KL only**. Where no exact number can be had, as for
# images in lesson 06, other measurements must be found, and this one is still not among them.
#
# How far can one go down with $k$? One step per chain, and two samplers:

# %%
for sampler in ("mala", "ula"):
    objective = ebm.ContrastiveDivergence(k=1, step_size=0.02, sampler=sampler)
    runs[f"CD-1, {sampler.upper()}"] = run = learn(moons, x, objective)
    report(f"CD-1, {sampler.upper()}, ε = 0.02", moons, run)
    energy = run.history["data energy"]
    print(f"     mean energy of the data at step 100: {energy[99]:.3g}, at step 400: {energy[-1]:.3g}")

# %% [markdown]
# With MALA a single step is enough to learn the moons, if not as well (section 7 shows three seeds). With ULA, *the same step size* and nothing else changed,
# the energies run away: section 10 looks into that.
#
# ## 5 · Persistent chains
#
# Ten steps from the data do not go far. Tieleman (2008) let the chains live on: keep the states from one training step to the
# next, since the model changes little in between, and a chain that was nearly in equilibrium still is. Then a few steps
# per update are enough, and chains reach places where no data are. The states live in a **replay buffer** (Du and Mordatch
# 2019). At each training step: take $n$ states out at random, move them by $k$ steps, **write them back in their places**.
# With a small probability a state is replaced by a fresh one, so that chains that got stuck are retired.
#
# ### Exercise 5.3 · A replay buffer
# *Difficulty ●●○ · fifteen minutes · why: a buffer that is not written back is plain CD, or noise, under another name.*
#
# Complete `sample` and `write`. A *fresh* state comes from `self.fresh`. A state with some noise on top is not fresh: it is
# still in the same valley.


# %% todo="5.3" task="take chains out with some of them fresh, and write them back in place"
class ReplayBuffer:
    """States of many chains.

    Args:
        capacity: number of chains.
        fresh: fresh(n, generator) returns n new states, shape (n, ...).
        reinit: probability with which a state that is taken out is a fresh one instead.
    """

    def __init__(self, capacity: int, fresh, reinit: float = 0.02) -> None:
        self.capacity, self.fresh, self.reinit = capacity, fresh, reinit
        self.states = None  # all chains, shape (capacity, ...)

    def sample(self, n: int, generator) -> tuple[Int[Tensor, "n"], Float[Tensor, "n *shape"]]:
        """Numbers of n different chains, and a copy of their states, some of them fresh."""
        if self.states is None:
            self.states = self.fresh(self.capacity, generator)
        ### BEGIN SOLUTION
        indices = torch.randperm(self.capacity, generator=generator)[:n]
        states = self.states[indices]  # indexing with a tensor copies
        replace = torch.rand(n, generator=generator) < self.reinit
        states[replace] = self.fresh(int(replace.sum()), generator)
        return indices, states
        ### END SOLUTION

    def write(self, indices: Int[Tensor, "n"], states: Float[Tensor, "n *shape"]) -> None:
        """Put states back into the places they were taken from, without a graph."""
        ### BEGIN SOLUTION
        self.states[indices] = states.detach()
        ### END SOLUTION


# %% check="5.3" points=3
from course_checks import check, exercises

with check.exercise("5.3", "ReplayBuffer"):
    answer = exercises.divergence.replay_buffer.by(ReplayBuffer)
    answer.on("12 chains of two numbers, 5 taken out", 12, 5, (2,), 0.3)
    answer.on("11 chains of one number, 4 taken out", 11, 4, (), 0.6)
    answer.on("16 chains of 2 × 2 numbers, 5 taken out", 16, 5, (2, 2), 0.48)
    answer.fresh(2, "other chains")

# %% [markdown] hint="5.3"
# `torch.randperm(capacity, generator=generator)[:n]` gives different chains, and `self.states[indices]` copies them. A mask
# `torch.rand(n, generator=generator) < self.reinit` says which are replaced; assign `self.fresh(number, generator)` to
# `states[mask]`. Writing is one assignment to `self.states[indices]`, detached.

# %% [markdown]
# With your buffer, 200 steps. The chains start as noise, so at first they hold the model back: they must find the moons.

# %% uses="5.3"
mine = ReplayBuffer(2048, lambda n, rng: 2 * torch.randn(n, 2, generator=rng))
net, rng = untrained(), torch.Generator().manual_seed(7)
optimiser = torch.optim.Adam(net.parameters(), lr=0.01)
for step in range(201):
    if step % 100 == 0:
        print(f"step {step:3d}: exact KL {quick_kl(moons, net):.4f} nats")
    indices, states = mine.sample(256, rng)
    states = samplers.mala(net, states, step_size=0.02, n_steps=10, generator=rng, keep=False).x
    mine.write(indices, states)
    loss = ebm.contrastive_divergence(net, x[torch.randint(len(x), (256,), generator=rng)], states)
    optimiser.zero_grad()
    loss.backward()
    optimiser.step()

# %% [markdown]
# And the full run. Fresh states are data points here: the chains then start where they are needed, and only later spread. Each
# chain is moved once every $2048/256 = 8$ training steps. If the weights change much in that time, the chains lag behind
# the model, and the pushes come too late and too strong: the energy sloshes to and fro: section 9 shows such a swing. A
# falling learning rate calms it.

# %%


def some_data(n: int, rng: torch.Generator) -> Float[Tensor, "n 2"]:
    """Fresh chains: data points."""
    return x[torch.randint(len(x), (n,), generator=rng)]


pcd = ebm.ContrastiveDivergence(k=10, step_size=0.02, buffer=ebm.ReplayBuffer(2048, some_data))
runs["PCD-10"] = learn(moons, x, pcd)
distance = report("PCD-10, MALA, ε = 0.02", moons, runs["PCD-10"])

# %% [markdown]
# ## 6 · Rivals without chains
#
# **Noise-contrastive estimation** (Gutmann and Hyvärinen 2010). Mix the data with as many points of noise whose density
# $p_n$ you know, and learn to tell them apart. If $p = e^{-E}$, the odds that $x$ is data are $p(x)/p_n(x)$, so
#
# $$\text{loss} = -\Big\langle \log\sigma\big(\ell(x)\big)\Big\rangle_\text{data}
# - \Big\langle \log\big(1-\sigma(\ell(x))\big)\Big\rangle_\text{noise}, \qquad \ell(x) = -E(x) - \log p_n(x) .$$
#
# This is logistic regression, and its best $\ell$ is $\log(p_\text{data}/p_n)$. There is no Z in it. A constant in E is *not*
# free any more: the classifier would notice. So the energy comes out **normalised**, with $\log Z = 0$, by itself. The
# noise must be where the data are, and it must be hard to tell from them: here a Gaussian with the covariance of the data,
# widened by a fifth. In hundreds of dimensions no simple noise is hard to tell from data, and the method fails.

# %%
noise = ebm.GaussianNoise.fit(x, widen=1.2)
runs["NCE"] = learn(moons, x, ebm.NoiseContrastive(noise))
distance = report("noise-contrastive estimation", moons, runs["NCE"])
nets = {"untrained": untrained(), "NCE": runs["NCE"].energy, "CD-10": runs["CD-10"].energy}
for name, net in nets.items():
    print(f"log Z by quadrature, {name:9s}: {ebm.log_z(net, moons.domain):8.4f}")

# %% [markdown]
# **Score matching** (Hyvärinen 2005). The score $s = -\nabla E$ knows nothing of Z. So fit the *score* of the model to that of
# the data, by the **Fisher divergence**
#
# $$F = \frac12\int p_\text{data}(x)\;\big|s(x) - \nabla\log p_\text{data}(x)\big|^2\,dx .$$
#
# The data's score is unknown, but an integration by parts removes it: up to a constant,
# $F = \langle\frac12|s|^2 + \nabla\cdot s\rangle_\text{data}$. The divergence costs one backward pass per dimension.
# **Sliced** score matching (Song and others 2019) takes random directions $v$ instead, $v\cdot\nabla(v\cdot s)$, one pass each.
# **Denoising** score matching (Vincent 2011) needs no second derivative. Blur the data on purpose, $\tilde x = x + \sigma\xi$.
# The density of $\tilde x$ *given* $x$ is a Gaussian, whose score is $-(\tilde x - x)/\sigma^2 = -\xi/\sigma$. Averaged over
# all $x$ that may have led to $\tilde x$, this is exactly the score of the blurred data. So
#
# $$\text{loss} = \frac12\Big\langle \big|\,s(x + \sigma\xi) + \xi/\sigma\,\big|^2\Big\rangle, \qquad s = -\nabla E .$$
#
# ### Exercise 5.4 · Denoising score matching
# *Difficulty ●●○ · fifteen minutes · why: with the noise as a network's output this is the loss of diffusion models (Ho and
# others 2020).*
#
# Complete `denoising_score_matching`. The noise $\xi$ is handed to you. The loss contains a gradient, and will itself be
# differentiated: autograd has to keep the graph of the gradient (`create_graph=True`).


# %% todo="5.4" task="return the loss of denoising score matching, a tensor that can be differentiated"
def denoising_score_matching(
    energy, data: Float[Tensor, "n dim"], noise: Float[Tensor, "n dim"], sigma: float
) -> Float[Tensor, ""]:
    """Half the mean squared distance of the score at the blurred data from -noise / sigma.

    Args:
        energy: E, a module with weights; one value for each point.
        data: a batch of data.
        noise: standard normal numbers ξ.
        sigma: σ > 0, the size of the blur.

    Returns:
        The loss: squares are summed over the coordinates and averaged over the points.
    """
    ### BEGIN SOLUTION
    blurred = (data + sigma * noise).requires_grad_(True)
    (gradient,) = torch.autograd.grad(energy(blurred).sum(), blurred, create_graph=True)
    return 0.5 * ((-gradient + noise / sigma) ** 2).sum(dim=1).mean()
    ### END SOLUTION


# %% check="5.4" points=3
from course_checks import check, exercises

with check.exercise("5.4", "denoising_score_matching"):
    answer = exercises.divergence.denoising_score_matching.by(denoising_score_matching)
    a, ξ = torch.randn(2, 5, 3, generator=torch.Generator().manual_seed(55), dtype=torch.float64)
    for σ in (0.3, 1.6):
        answer.on(f"five points, E = 0.7 x⁴/4 + 0.4 x²/2, σ = {σ}", exercises.divergence.Quartic(0.7, 0.4, 0.0), a, ξ, σ)
    answer.fresh(3, "another energy")

# %% [markdown] hint="5.4"
# Make the blurred points a leaf: `(data + sigma * noise).requires_grad_(True)`. Differentiate `energy(blurred).sum()` with
# respect to them, with `create_graph=True`. Minus that is the score; its target is `-noise / sigma`.

# %% [markdown]
# The blur is a choice with a price. Small σ: the targets $\xi/\sigma$ are huge, and drown the signal in noise. Large σ: what is
# learned is the *blurred* density, however long one trains. For the moons the price has an exact value, as blurred moons are
# moons with more noise.

# %%
for σ in (0.05, 0.1, 0.2):
    blurred = data.two_moons(noise=math.hypot(0.1, σ / 2))  # the moons are drawn at twice their size
    floor = ebm.kl(moons, lambda z, blurred=blurred: -blurred.log_prob(z))
    run = learn(moons, x, ebm.DenoisingScoreMatching(σ), learning_rate=0.005)
    if σ == 0.1:
        runs["DSM, σ = 0.1"] = run
    print(f"σ = {σ:4.2f}: the blur alone costs {floor:.4f} nats;", end=" ")
    report("trained by denoising", moons, run)
runs["sliced SM"] = learn(moons, x, ebm.SlicedScoreMatching(), learning_rate=0.005)
distance = report("sliced score matching", moons, runs["sliced SM"])

# %% [markdown]
# ## 7 · Beside the truth
#
# All of them on the two moons, from the same start, the same 5000 points and as many steps.

# They end close together. Which one ends lowest with *one* seed is luck in part, so train each again, twice, from other first
# weights and with other random numbers, on the same points.


# %%
def once_more(seed: int) -> dict[str, ebm.Training]:
    """The six methods again, with another seed."""
    chains = ebm.ReplayBuffer(2048, some_data)
    return {
        "CD-10": learn(moons, x, ebm.ContrastiveDivergence(10, 0.02), seed),
        "CD-1, MALA": learn(moons, x, ebm.ContrastiveDivergence(1, 0.02), seed),
        "PCD-10": learn(moons, x, ebm.ContrastiveDivergence(10, 0.02, buffer=chains), seed),
        "NCE": learn(moons, x, ebm.NoiseContrastive(noise), seed),
        "DSM, σ = 0.1": learn(moons, x, ebm.DenoisingScoreMatching(0.1), seed, learning_rate=0.005),
        "sliced SM": learn(moons, x, ebm.SlicedScoreMatching(), seed, learning_rate=0.005),
    }


again, curves = [runs, once_more(2), once_more(3)], {}
for name in again[1]:
    curves[name] = again[1][name].history["measured_at"], torch.stack([r[name].history["KL"] for r in again])

# %%
ends = {name: kl[:, -1] for name, (_, kl) in curves.items()}
order = sorted(ends, key=lambda name: ends[name].mean())
for name in order:
    print(f"{name:14s} exact KL of the three seeds: {'  '.join(f'{kl:.4f}' for kl in ends[name].tolist())}")
first, last = order[0], order[-1]
said = [f"{first} ends below all others"] * all(ends[first].max() < ends[name].min() for name in order[1:])
said += [f"{last} above all others"] * all(ends[last].min() > ends[name].max() for name in order[:-1])

# %%
best = float(runs["exact ML"].history["KL"][-1])
marks, places = {"style": "-", "color": "black"}, (0.02, 0.03, 0.05, 0.1)
dots = plots.rows(list(ends), torch.stack(list(ends.values())), color="black")
title = f"Two moons, three seeds: {', '.join(said) or 'the ranges overlap, no method is ahead'}"
falling = [plots.runs(at, kl, name) for name, (at, kl) in curves.items()]
plots.figure(
    plots.panel(*falling, plots.hline(best, "exact likelihood", **marks), log="y", xlabel="step",
                ylabel="exact KL (nats)", title="median, and band of three seeds"),
    plots.panel(dots, plots.vline(best, **marks), log="x", xticks=places, xlabel="exact KL at the end (nats)",
                title="each dot is one seed"),
    title=title, widths=(1.5, 1),
)  # fmt: skip

# %% [markdown]
# *Picture: on the left six falling curves with bands on a logarithmic axis, and a line for exact maximum likelihood. On the
# right three dots for each method: those of CD-10 near that line, those of the others to the right of it, in ranges that
# overlap, the furthest those of denoising score matching.*
#
# The ranking is one at this number of steps: most curves still fall. Three seeds show which differences are larger than luck, and they are few: two methods that are equal are set apart like
# this, all seeds of the one below all seeds of the other, in one case of ten. Where ranges overlap, nothing is ranked.

# %%
rng, truth, near = torch.Generator().manual_seed(7), torch.exp(moons.log_prob(points)).view(100, 100), []
look, top = {"square": True, "height": 2.6}, 1.15 * float(truth.max())
panels = [plots.panel(plots.density(plane, truth, top=top), title="truth", **look)]
for name, run in runs.items():
    distance = ebm.kl(moons, run.energy, max_edge_mass=None)
    near += [distance] if name != "CD-1, ULA" else []
    dots = plots.dots(pick(run.energy, moons, 200, rng), color="sky", most=200)
    density = plots.density(plane, density_on_plane(run.energy), top=top)
    panels.append(plots.panel(density, dots, title=f"{name}: {distance:{'.3f' if distance < 100 else ',.0f'}}", **look))
    fine, p = ebm.grid_probabilities(run.energy, moons.domain)
    upper = float(p[fine[:, 1] > 0].sum())
    print(f"{name:14s} probability of the upper half, x₂ > 0: {upper:.3f}, exact 0.5")
title = f"All but one show two moons; their exact KL, above each, is {min(near):.3f} to {max(near):.3f} nats"
plots.figure(*panels, share="xy", bar="one", title=title)

# %% [markdown]
# *Picture: nine maps with one colour bar, each model with its KL. The truth and seven models show two thin moons, some of them
# brighter along one arc or at one end, there beyond the scale. The model of CD-1 with ULA is a single small dot.*
#
# ## 8 · Three more sets, and modes that are far apart
#
# Short runs of the same network on the other three sets. A chain of CD-1 moves by about $\sqrt{2\varepsilon} = 0.2$ in each
# coordinate, and the eight Gaussians are more than two units apart. What CD-1 makes of them depends on the seed, so it has five.

# %%
def learn_set(density, y: Tensor) -> dict[str, list[ebm.Training]]:
    """NCE, CD-10 and CD-1 on a set; CD-1 with five seeds on the eight Gaussians, all others with one."""
    noise, seeds = ebm.NoiseContrastive(ebm.GaussianNoise.fit(y, widen=1.2)), range(1, 6) if density is ring else (1,)
    return {
        "NCE": [learn(density, y, noise, n_steps=300)],
        "CD-10": [learn(density, y, ebm.ContrastiveDivergence(10, 0.02), n_steps=300)],
        "CD-1": [learn(density, y, ebm.ContrastiveDivergence(1, 0.02), seed, n_steps=300) for seed in seeds],
    }


turns = torch.arange(8).double() * math.pi / 4
centres = torch.stack([3 * torch.cos(turns), 3 * torch.sin(turns)], 1)


def around(net, y: Tensor) -> tuple[float, Float[Tensor, "8"]]:
    """Mass farther than 0.6 from every data point, and mass around each of the eight centres."""
    fine, p = ebm.grid_probabilities(net, ring.domain, 100)
    stray = float(p[torch.cdist(fine, y.double()).amin(1) > 0.6].sum())
    return stray, torch.zeros(8).double().index_add(0, torch.cdist(fine, centres).argmin(1), p)


# %%
columns, strays, scale = [], [], "density / highest of the truth"
rng = torch.Generator().manual_seed(8)
for density in (ring, data.checkerboard(), data.pinwheel()):
    y, maps = density.sample(5000, rng), {}
    for name, trained in learn_set(density, y).items():
        for run in trained:
            distance = report(f"{density.name}, {name}", density, run)
            if density is ring:
                stray, masses = around(run.energy, y)
                strays += [stray] if name == "CD-1" else []
                print(f"     mass away from all data {stray:.1%}; around each centre", end=" ")
                print(f"{masses.min():.3f} to {masses.max():.3f}, exact 0.125")
            if name not in maps or distance > maps[name][1]:  # of five, the worst is drawn
                maps[name] = density_on_plane(run.energy), distance
    truth = torch.exp(density.log_prob(points)).view(100, 100)
    shown = {f"{density.name}: truth": truth} | {f"{name}: KL {kl:.3g}": p for name, (p, kl) in maps.items()}
    scaled = {name: plots.density(plane, p / truth.max(), top=1.2, scale=scale) for name, p in shown.items()}
    columns.append([plots.panel(p, title=name, square=True, height=2.5) for name, p in scaled.items()])
lost = sum(stray > 0.5 for stray in strays)
title = f"Eight Gaussians: in {lost} of {len(strays)} runs CD-1 put most of its mass where no data are"
plots.figure(*(panel for row in zip(*columns, strict=True) for panel in row), share="xy", bar="one", title=title)

# %% [markdown]
# *Picture: three columns, eight Gaussians, checkerboard and pinwheel; the truth in the first row, and all as shares of its highest
# density, with one colour bar. CD-10 shows eight spots of unequal brightness, rounded squares, and arms. NCE shows the same, but
# smears the spots into a ring and the arms into another.
# CD-1, of whose five runs on the eight Gaussians the worst is drawn, has one bright spot in the middle of the ring, where no
# data are, and rays out of the checkerboard.*
#
# What CD-1 cannot see: its chains look one step around the data, so nothing pushes up the energy where no chain arrives. A
# spurious mode there is not a mistake in its eyes: whether one grows is left to chance. More steps see farther. But look at the spots of NCE and CD-10, and at the
# printed masses: they are not equal. How well modes are weighed is the subject of the next section.
#
# The other two sets have lessons of their own. The edges of the checkerboard are jumps of the density, and a small smooth network
# can only round them off; zero is out of reach for a reason that has nothing to do with training. On the pinwheel the noise
# of NCE is easy to tell from the thin arms nearly everywhere, and what is easy teaches little.
#
# ## 9 · Who can weigh modes?
#
# Two Gaussians on a line, the left with 0.8 of the mass. The model has to get their *shapes* right, and their *weights*.
# Between them nothing happens, and it is there that a method has to look in order to compare the two.
#
# Take two densities with the same modes, one with the weights (0.8, 0.2), one with (0.5, 0.5). The likelihood tells them
# apart: KL = $0.8\log\frac{0.8}{0.5} + 0.2\log\frac{0.2}{0.5}$ nats, however far the modes are apart. What about
# the Fisher divergence? Near each mode both densities have the *same* score: a factor does not show in $\nabla\log p$.


# %%
def two_modes(distance: float, left: float) -> tuple[Tensor, Tensor, Tensor, float]:
    """Grid, density, score, spacing; two Gaussians of standard deviation 1, `left` the weight of one."""
    density = data.mixture_1d(separation=distance, std=1.0, weights=(left, 1 - left))
    z, dz = ebm.grid(((-16.0, 16.0),), 4000)
    z = z.clone().requires_grad_(True)
    log_p = density.log_prob(z)
    (score,) = torch.autograd.grad(log_p.sum(), z)
    return z.detach(), log_p.detach().exp(), score, dz


# %% [markdown]
# ### Exercise 5.5 · Predict, then see
# *Difficulty ●●○ · ten minutes · why: the loss of score matching, and of diffusion models, hardly contains the weights of modes.*
#
# **Predict first**, before any computation: when the modes, each with standard deviation 1, move from distance 4 to distance 8,
# by which factor does the Fisher divergence of these two densities change? Write your number into `predicted_factor`; the
# right power of ten is enough. Then complete `fisher_divergence` and let it decide.


# %% todo="5.5" task="write down your prediction, then the Fisher divergence"
def predicted_factor() -> float:
    """Fisher divergence at distance 8 over that at distance 4: your prediction."""
    ### BEGIN SOLUTION
    # The scores differ only in the gap, where p is about exp(-(distance/2)²/2): exp(-8) over exp(-2).
    return math.exp(-6)
    ### END SOLUTION


def fisher_divergence(
    p: Float[Tensor, "n"], score_p: Float[Tensor, "n"], score_q: Float[Tensor, "n"], dx: float
) -> float:
    """F = ½ ∫ p (score_q - score_p)² dx on a uniform grid.

    Args:
        p: density of the data at each grid point, with p.sum() * dx == 1.
        score_p: derivative of log p.
        score_q: derivative of log q, the model's score.
        dx: grid spacing.

    Returns:
        The Fisher divergence.
    """
    ### BEGIN SOLUTION
    return float(0.5 * (p * (score_q - score_p) ** 2).sum() * dx)
    ### END SOLUTION


# %% check="5.5" points=3
from course_checks import check, exercises

with check.exercise("5.5", "predicted_factor", "fisher_divergence"):
    answer = exercises.divergence.fisher_divergence.by(fisher_divergence)
    for distance in (4.0, 8.0):
        (_, p, s, dz), (_, _, r, _) = (exercises.divergence.two_modes(distance, left) for left in (0.8, 0.5))
        answer.on(f"modes at distance {distance:g}", p, s, r, dz)
    answer.fresh(3, "two other densities")
    guess, factor = predicted_factor(), exercises.divergence.fisher_factor()
    check.that(guess is not None, "your prediction is None", hint="Is the return statement missing?")
    hint = "Scores are alike near each mode and differ in the gap. How fast does p fall there?"
    check.that(guess < 10 * factor, f"your prediction, {guess:.2g}, is much too large", hint=hint)
    hint = "In the middle p is about exp(-(distance/2)²/2): compare the two distances."
    check.that(guess > factor / 10, f"your prediction, {guess:.2g}, is much too small", hint=hint)

# %% [markdown] hint="5.5"
# In the middle between modes at $\pm d/2$ the density is proportional to $e^{-d^2/8}$. The divergence is the sum of `p` times
# the squared difference of the scores, times `dx`, halved.

# %%
distances, by_score, by_kl = torch.linspace(1, 12, 45), [], []
for distance in distances.tolist():
    (_, p, s, dz), (_, q, r, _) = two_modes(distance, 0.8), two_modes(distance, 0.5)
    by_score.append(0.5 * float((p * (s - r) ** 2).sum() * dz))
    by_kl.append(float(torch.special.xlogy(p, p / q).sum() * dz))
at = {d: by_score[int((distances - d).abs().argmin())] for d in (4, 8, 12)}
print("Fisher divergence at distance", ", ".join(f"{d}: {v:.2e}" for d, v in at.items()))
print(f"KL at distance 12: {by_kl[-1]:.3f} nats")
power = math.floor(math.log10(at[4] / at[12]))
fold = f"${at[4] / at[12] / 10**power:.0f}\\times10^{power}$-fold"
plots.figure(
    plots.panel(
        plots.line(distances, by_kl, "KL: what likelihood sees"),
        plots.line(distances, by_score, "Fisher: what score matching sees"),
        log="y", xlabel="distance of the modes, in standard deviations of one", ylabel="divergence",
    ),
    title=f"From distance 4 to 12 the Fisher divergence falls {fold}; the KL stays",
)  # fmt: skip

# %% [markdown]
# *Picture: on a logarithmic axis the KL rises to a plateau near 0.2. The Fisher divergence starts beside it and bends down
# like a parabola, to far below 10⁻⁵ at distance 12.*
#
# At distance 12 a sample would need more points than there are to notice that the weights are wrong (Wenliang and Kanagawa 2020
# call this blindness). Now real training runs: five methods, three distances, three seeds each. The weight of the left mode
# comes from quadrature. The chains of PCD start evenly spread over the line.


# %%
def methods_on_a_line(density, y: Float[Tensor, "n"]) -> dict[str, ebm.Objective]:
    """Five ways to train, T = 1."""

    def spread(n: int, rng: torch.Generator) -> Float[Tensor, "n"]:
        return 10 * torch.rand(n, generator=rng) - 5

    chains = ebm.ReplayBuffer(512, spread, reinit=0.0)
    return {
        "exact ML": ebm.ExactLikelihood(density.domain, 400),
        "NCE": ebm.NoiseContrastive(ebm.GaussianNoise.fit(y, widen=1.2)),
        "DSM": ebm.DenoisingScoreMatching(0.2),
        "CD-3": ebm.ContrastiveDivergence(3, 0.1),
        "PCD-3": ebm.ContrastiveDivergence(3, 0.1, buffer=chains),
    }


SHORT = {"n_steps": 200, "batch_size": 128, "learning_rate": 0.01, "ema": 0.98}


def on_a_line(seed: int) -> ebm.EnergyNet:
    """The network for one dimension."""
    start = torch.Generator().manual_seed(seed)
    return ebm.EnergyNet(dim=1, hidden=(32, 32), base=4.0, generator=start)


# %%
found, learned = {}, {}
for separation in (2.0, 4.0, 6.0):
    line = data.mixture_1d(separation, std=0.5, weights=(0.8, 0.2))
    for seed in (1, 2, 3):
        rng = torch.Generator().manual_seed(seed)
        y = line.sample(5000, rng)
        for name, objective in methods_on_a_line(line, y).items():
            net = ebm.train(on_a_line(seed), y, objective, generator=rng, **SHORT).energy
            z, p = ebm.grid_probabilities(net, line.domain)
            found.setdefault(name, []).append(float(p[z < 0].sum()))
            learned[name] = p / (z[1] - z[0])

# %%
left_weights = {name: torch.tensor(values).view(3, 3) for name, values in found.items()}
for name, values in left_weights.items():
    cells = ["  ".join(f"{v:.3f}" for v in row) for row in values.tolist()]
    print(f"{name:8s} weight of the left mode at distance 4 | 8 | 12:  {'  |  '.join(cells)}")
off = {name: float((values[-1] - 0.8).abs().max()) for name, values in left_weights.items()}
good = [name for name, value in off.items() if value < 0.1]
title = f"In all three seeds only {' and '.join(good)} weigh far modes; others are off by up to {max(off.values()):.2f}"
at = torch.tensor([4.0, 8.0, 12.0]).repeat_interleave(3)
weights = [plots.hline(0.8, "the data")]
for i, (name, values) in enumerate(left_weights.items()):
    weights.append(plots.points(at + 0.5 * (i - 2), values.flatten(), name=name, mark="osD^v"[i]))
truth = plots.area(z, torch.exp(line.log_prob(z)), "the data's density", color="grey")
plots.figure(
    plots.panel(*weights, xlabel="distance of the modes", xticks=(4, 8, 12), ylabel="weight of the left mode",
                title="each mark is one run", ylim=(-0.05, 1.05)),
    plots.panel(truth, *(plots.line(z, learned[name], name) for name in ("exact ML", "NCE", "DSM")), xlabel="$x$",
                ylabel="density $p$", title="distance 12, one seed", ylim=(0, None)),
    title=title,
)  # fmt: skip

# %% [markdown]
# *Picture: on the left the weight of the left mode in each run. At distance 4 all marks lie near the dashed line at 0.8. At 8
# and 12 those of exact likelihood and NCE still do; those of PCD lie near 0 and 1, and those of DSM and CD scatter about the
# line at 8 and over the whole range at 12. On the right the densities of one seed at distance 12: all have two modes in the
# right places; exact likelihood and NCE have the right heights, DSM has not.*
#
# Why each one fails:
#
# - **Score matching** sees the weights only in the gap, where there are no data.
# - **CD**: chains that start at the data never cross. Each mode sends out as many chains as it has data, so in each mode down
#   and up cancel *whatever weight the model gives it*. CD cannot see weights for the same reason.
# - **PCD** is worse, though its chains are meant to see farther. The next cell watches them.
# - **NCE** compares each place with the *noise*, which covers both modes: it has a common measure for them.
#
# Eight runs of PCD at distance 12. Every ten steps we look at two numbers: the share of the 512 chains that is on the left, and
# the log-odds $\log(p_\text{left}/p_\text{right})$ that the model gives it, by quadrature. For the data they are 0.8 and $\log 4$.


# %%
def watched(seed: int) -> tuple[dict, float]:
    """PCD at distance 12: its history, and the share of the data on the left."""
    line, rng = data.mixture_1d(6.0, std=0.5, weights=(0.8, 0.2)), torch.Generator().manual_seed(seed)
    y = line.sample(5000, rng)
    pcd, z = methods_on_a_line(line, y)["PCD-3"], ebm.grid(line.domain, 400)[0].float()

    def share(net) -> float:
        states = pcd.buffer.states
        return 0.5 if states is None else float((states < 0).double().mean())  # evenly spread at first

    @torch.no_grad()
    def log_odds(net) -> float:
        return float(torch.logsumexp(-net(z[z < 0]), 0) - torch.logsumexp(-net(z[z > 0]), 0))

    looks = {"share": share, "log-odds": log_odds}
    run = ebm.train(on_a_line(seed), y, pcd, generator=rng, measures=looks, measure_every=10, **SHORT)
    return run.history, float((y < 0).double().mean())


histories = [watched(seed) for seed in range(11, 19)]

# %%
at = histories[0][0]["measured_at"]
shares, odds = (torch.stack([history[key] for history, _ in histories]) for key in ("share", "log-odds"))
of_data, middle = torch.tensor([share for _, share in histories]), int((at == 120).nonzero())
gap = of_data - shares[:, middle:].mean(1)
drift = odds[:, -1] - odds[:, middle]
print("share of the chains at step 0, 50, 120, 200 | of the data | log-odds at step 120, 200")
for row, right, end in zip(shares.tolist(), of_data.tolist(), odds.tolist(), strict=True):
    print("   ".join(f"{row[i]:.3f}" for i in (0, 5, 12, 20)), f"| {right:.3f} | {end[12]:7.1f}  {end[20]:7.1f}")
same = int((gap * drift > 0).sum())
stop = f"{shares[:, -1].min():.2f} to {shares[:, -1].max():.2f}"
title = f"Chains freeze at {stop}; in {same} of {len(gap)} runs the model drifts as data minus chains says"
chains, models, level = [], [], plots.hline(0.8, "the data", style=":")
for share, odd, up in zip(shares, odds, drift > 0, strict=True):
    name, color = ("model drifts to the left mode", "blue") if up else ("model drifts to the right mode", "red")
    chains.append(plots.line(at, share, name, color=color, width=1.2, style="-" if up else "--"))
    models.append(plots.line(at, torch.sigmoid(odd), name, color=color, width=1.2, style="-" if up else "--"))
plots.figure(
    plots.panel(*chains, level, xlabel="step", ylabel="share of the left mode", title="the chains"),
    plots.panel(*models, level, xlabel="step", title="the model, by quadrature"), title=title, share="y",
)  # fmt: skip

# %% [markdown]
# *Picture: on the left the share of the chains: all lines climb from one half to about 0.8 in some thirty steps, some fall back
# and climb again, and in the second half all are nearly flat, the orange dashed ones at or above the dotted line at 0.8, the blue
# ones below it or on it. On the right the weight of the left mode in the model: up to nearly 1 together at first, then they part;
# in the second half the blue ones are at 1 or rise, the orange ones are at 0. Their log-odds, in the table, go on.*
#
# So this is what happens:
#
# 1. While the model is still broad, chains move freely. They follow the model, and the model follows the data: from one half
#    to about 0.8 on the left within some thirty steps. Some runs swing back and come again.
# 2. The modes deepen, and the way between them closes. The share stays where it happens to be, near 0.8 but not at it, and
#    afterwards hardly any chain crosses.
# 3. The pushes on the *weights* are the share of the data minus the share of the chains. If fewer chains than data are on
#    the left, the left is pushed down at every step; if more, up. This does not stop when the model's weight is right, nor
#    when it has gone far beyond: the chains, which should report it, report their frozen share. Nothing opposes the drift,
#    and the weight ends at 0 or at 1. (How fast says little: Adam makes steps of like size from small gradients and large
#    ones.)
#
# The cure for chains is that of lesson 03: let them cross, by replica exchange or noise that is annealed. The cure for score
# matching is several sizes of blur, from so large that there is no gap: that is where diffusion models come from (Song and
# Ermon 2019).
#
# ## 10 · What goes wrong
#
# **The sign flipped.** The model is pushed *up* at the data. Its mass leaves, and the box is where you notice.


# %%
class Flipped(ebm.ContrastiveDivergence):
    """Contrastive divergence with the wrong sign."""

    def loss(self, energy, batch, generator) -> Tensor:
        return -super().loss(energy, batch, generator)


run = learn(moons, x, Flipped(k=10, step_size=0.02), n_steps=100)
seen = run.history
for step in (0, 20, 50, 99):
    gap = seen["data energy"][step] - seen["sample energy"][step]
    print(f"step {step + 1:3d}: E(data) - E(samples) = {gap:9.2f}")
try:
    ebm.kl(moons, run.energy)
except ebm.DomainTooSmall as error:
    print(f"{type(error).__name__}: {error}")

# %% [markdown]
# **Energies that run away.** Section 4 saw CD-1 with ULA explode, at a step size at which MALA was fine. Why? ULA overshoots in
# steep places, and lands *high* on the other side. The loss rewards that: E(data) − E(samples) becomes very negative if the
# energy is so steep that each step of the chain jumps up its walls. So the network learns to be steep, and the energies grow
# without end, a game of network against sampler. MALA refuses such jumps. A regulariser on E² bounds the numbers.

# %%
bounded = learn(moons, x, ebm.ContrastiveDivergence(1, 0.02, sampler="ula", alpha=0.1))
compared, size, kl = {"ULA": runs["CD-1, ULA"], "ULA, α = 0.1": bounded, "MALA": runs["CD-1, MALA"]}, [], []
for name, run in compared.items():
    at, energy, distances = (run.history[key] for key in ("measured_at", "data energy", "KL"))
    size.append(plots.line(torch.arange(1, 401), energy.abs().cummax(0).values, name))
    kl.append(plots.line(at, distances, name))
    print(f"{name:13s} mean energy of the data {energy[-1]:10.2f}, KL {distances[-1]:10.3f}")
most = float(runs["CD-1, ULA"].history["data energy"].abs().max())
title = f"CD-1, ε = 0.02: energies up to {most:,.0f} with ULA; α bounds them, the Metropolis test removes the cause"
ylabel = "largest $|\\langle E\\rangle_\\mathrm{data}|$ so far"
plots.figure(
    plots.panel(*size, log="y", xlabel="step", ylabel=ylabel, title="energy"),
    plots.panel(*kl, log="y", xlabel="step", ylabel="exact KL (nats)", title="what counts"),
    title=title,
)

# %% [markdown]
# *Picture, on logarithmic axes: on the left the largest size of the data's mean energy so far, near one for MALA and for ULA
# with the regulariser, while that of ULA climbs in steps by three powers of ten. On the right the exact KL: that of ULA falls like
# that of MALA until the energies run away, and then climbs as they do; with the regulariser it falls slowly; MALA ends lowest.*
#
# **Chains at another temperature.** Trainings on images often choose the step and the noise separately (Grathwohl and others
# 2020, for one, say that they do), and so sample at some $T \ne 1$ (lesson 03). If the chains sample $e^{-E/T}/Z$, training stops where *that* density is the
# data's. The energy is then right at the temperature of its chains, and at no other.

# %%
cool = ebm.ContrastiveDivergence(10, 0.2, temperature=0.1)  # a tenth of E, ten times the step
for T, run in ((1.0, runs["CD-10"]), (0.1, learn(moons, x, cool))):
    at_one = ebm.kl(moons, run.energy, max_edge_mass=None)
    at_its = ebm.kl(moons, lambda z, e=run.energy, T=T: e(z.float()) / T, max_edge_mass=None)
    print(f"chains at T = {T:4.2f}: KL of exp(-E) {at_one:.3f}, KL of exp(-E/T) {at_its:.3f} nats")

# %% [markdown]
# **A number that is no number.** The loop looks at every loss and every gradient, stops at the first that is not finite, and
# says where and why. Here the step of the persistent chains, 20, is too large: the bowl $|x|^2/8$ has the curvature 1/4, and a
# step of ULA is stable in it below 2 over that, which is 8.

# %%
try:
    buffer = ebm.ReplayBuffer(256, some_data)
    learn(moons, x, ebm.ContrastiveDivergence(10, 20.0, sampler="ula", buffer=buffer), n_steps=100)
except ebm.TrainingDiverged as error:
    print(f"{type(error).__name__}: {error}")

# %% [markdown]
# **The rest of the list**, each with a check in the exercises above: samples with a graph, a detached data energy, a buffer that
# is not written back, jitter instead of fresh states, $\xi/\sigma^2$ for $\xi/\sigma$, a sum without dx·dy. None of them
# raises an error, and the loss shows none of them. Look at the exact KL.

# %% [markdown]
# ## 11 · Explore
#
# Each picture is a short training of 300 steps in your kernel, with a small network. It takes one to four seconds,
# the second time none.

# %%
explorers.training()

# %% [markdown]
# Without a kernel: the figure of section 10 shows ULA and MALA at one of these settings.

# %% [markdown]
# ## Recap
#
# - NLL = mean energy of the data + log Z. In one or two dimensions both are exact, and so is the KL: judge by it.
# - Its gradient pushes E down at the data and up at the model's samples. At the optimum both cancel.
# - CD-$k$ starts chains at the data: cheap, and blind to what $k$ steps do not reach. Persistent chains see farther if they mix.
# - NCE needs a noise that is known and hard to tell from data, and gives a normalised energy. Score matching needs no Z, no
#   chains and no noise density, and cannot weigh modes that are far apart. Denoising learns blurred data.
# - The loss of CD has no meaning. Detach the samples; use MALA or small steps; chains at T = 1.

# %% [markdown] think="5a"
# **Think.** A friend replaces half of CD's samples by uniform noise in the box, with density $u$, "so that spurious modes go
# away". Suppose that the chains are perfect samples of the model. At which $p$ do the pushes cancel?
# <!-- ANSWER -->
# Where $p_\text{data} = \frac12 p + \frac12 u$, so $p = 2p_\text{data} - u$. Where $p_\text{data} < u/2$ this is negative: there
# the pushes never cancel, and E rises for ever. Elsewhere the model is too high. Spurious modes do go, and the truth with
# them. NCE does it right: there a noise point pushes only as hard as it was mistaken for data, and where the model is right
# this just balances the push of the data.

# %% [markdown] think="5b"
# **Think.** Two models of images have the losses E(data) − E(samples) = −0.01 and −3.5. Which one is better?
# <!-- ANSWER -->
# Nobody can say. The first value is what a perfect model shows, and a model whose chains do not move at all (samples = data)
# shows it as well.

# %% [markdown] think="5c"
# **Think.** The base $|x|^2/8$ keeps Z finite. Without it, a network with SiLU units grows at most linearly far out. Can Z be
# infinite? Would CD notice?
# <!-- ANSWER -->
# Yes: if in some direction the slope of $f$ is zero or negative, $e^{-f}$ has infinite mass there. Chains of $k$ steps that
# start at the data never come near that region, so CD does not notice. Persistent chains run off into it sooner or later,
# which one can see in their positions. And `ebm.log_z` refuses, as the edge of the box has mass.

# %% [markdown] think="5d"
# **Think.** Why did PCD with chains from *data* do well on the moons, although section 9 says that chains that cannot cross are
# blind?
# <!-- ANSWER -->
# The moons are close: between their ends the density is low but not zero, the chains of the growing model cross early in
# training, when it is still a broad hill, and 2 % fresh data points per use keep the right shares in the buffer. Their weights
# are printed in section 7. Move the moons apart, and it would fail.

# %% [markdown]
# ## References
#
# - W. Grathwohl, K.-C. Wang, J.-H. Jacobsen, D. Duvenaud, M. Norouzi and K. Swersky, *Your classifier is secretly an energy
#   based model and you should treat it like one*, ICLR 2020, [arXiv:1912.03263](https://arxiv.org/abs/1912.03263), section 3.
# - G. E. Hinton, *Training products of experts by minimizing contrastive divergence*, Neural Computation 14, 1771 (2002),
#   [doi:10.1162/089976602760128018](https://doi.org/10.1162/089976602760128018).
# - T. Tieleman, *Training restricted Boltzmann machines using approximations to the likelihood gradient*, ICML 2008,
#   [doi:10.1145/1390156.1390290](https://doi.org/10.1145/1390156.1390290). Persistent chains.
# - A. Hyvärinen, *Estimation of non-normalized statistical models by score matching*, J. Mach. Learn. Res. 6, 695 (2005),
#   [jmlr.org/papers/v6/hyvarinen05a](https://jmlr.org/papers/v6/hyvarinen05a.html).
# - P. Vincent, *A connection between score matching and denoising autoencoders*, Neural Computation 23, 1661 (2011),
#   [doi:10.1162/NECO_a_00142](https://doi.org/10.1162/NECO_a_00142).
# - M. Gutmann and A. Hyvärinen, *Noise-contrastive estimation: a new estimation principle for unnormalized statistical models*,
#   AISTATS 2010, [proceedings.mlr.press/v9/gutmann10a](https://proceedings.mlr.press/v9/gutmann10a.html).
# - Y. Song, S. Garg, J. Shi and S. Ermon, *Sliced score matching: a scalable approach to density and score estimation*, UAI
#   2019, [arXiv:1905.07088](https://arxiv.org/abs/1905.07088).
# - Y. Du and I. Mordatch, *Implicit generation and modeling with energy-based models*, NeurIPS 2019,
#   [arXiv:1903.08689](https://arxiv.org/abs/1903.08689). The replay buffer.
# - E. Nijkamp, M. Hill, T. Han, S.-C. Zhu and Y. N. Wu, *On the anatomy of MCMC-based maximum likelihood learning of
#   energy-based models*, AAAI 2020, [doi:10.1609/aaai.v34i04.5973](https://doi.org/10.1609/aaai.v34i04.5973).
# - Y. Song and S. Ermon, *Generative modeling by estimating gradients of the data distribution*, NeurIPS 2019,
#   [arXiv:1907.05600](https://arxiv.org/abs/1907.05600).
# - J. Ho, A. Jain and P. Abbeel, *Denoising diffusion probabilistic models*, NeurIPS 2020,
#   [arXiv:2006.11239](https://arxiv.org/abs/2006.11239).
# - L. K. Wenliang and H. Kanagawa, *Blindness of score-based methods to isolated components and mixing proportions*, 2020,
#   [arXiv:2008.10087](https://arxiv.org/abs/2008.10087).
# - Y. Song and D. P. Kingma, *How to train your energy-based models*, 2021,
#   [arXiv:2101.03288](https://arxiv.org/abs/2101.03288). A review of all of these methods.
