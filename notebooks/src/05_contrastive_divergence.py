# ---
# jupyter:
#   course:
#     title: Contrastive divergence and its rivals
#     goal: learn an energy from data with a trainer of your own, and say in nats how far it ends from the truth
#     needs: ["03"]
#     know: gradient descent, a network of two layers in PyTorch
#     time: 60 min
#     runs: 85 s
#     memory: 820 MB
#     uses: [torch]
# ---

# %% [markdown]
# **What you win.** Draw a shape, and a program of yours learns it. You write
#
# 1. the number whose gradient teaches a network what data look like (Exercise 5.1),
# 2. the loop around it, which from then on drives every curve and every film (5.2),
# 3. a rival that needs no chains and sees what chains cannot (5.3).

# %%
import copy
import math

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from course_utils import data, ebm, explorers, plots, samplers

torch.set_num_threads(1)  # batches are small here: a second thread would cost more time than it saves

# %% [markdown]
# ## 1 · Points without a formula
#
# Until now somebody gave you E. From here on you get points $x_1, \dots, x_N$, and want an energy such that $p(x) =
# e^{-E(x)}/Z$ is the density that they came from (T = 1 throughout this lesson, unless it says otherwise). The energy
# is a small network and a fixed bowl,
#
# $$E_\theta(x) = f_\theta(x) + |x|^2/8 .$$
#
# Far out the bowl wins, so Z is finite whatever the weights $\theta$ are. Here are 5000 points. Their density is known
# exactly: this is a toy on purpose, so that whatever we do can be judged by its distance from the truth.

# %%
moons, rng = data.two_moons(), torch.Generator().manual_seed(1)
x = moons.sample(5000, rng)
untrained = ebm.EnergyNet(hidden=(64, 64), generator=rng)
points, cell = ebm.grid(moons.domain, 100)
plane, truth = points.view(100, 100, 2), torch.exp(moons.log_prob(points)).view(100, 100)
model = torch.softmax(-untrained(points.float()).detach(), 0).view(100, 100) / cell
known = plots.panel(
    plots.density(plane, truth), plots.dots(x, color="sky"), square=True, title="the truth, and some points"
)
before = plots.panel(plots.density(plane, model), square=True, title="the untrained network")
plots.figure(known, before, title="Before training the network's density knows nothing of the moons")

# %% [markdown]
# *Picture: on the left two thin interleaved arcs, bright on black, with blue dots on them. On the right the density of the
# untrained network, one broad spot in the middle.*
#
# **Choose before you read on.** Data should have low energy. Somebody trains the network by gradient descent on the mean
# energy of the data, and on nothing else. What happens?
#
# - (a) The network learns wells where the data are.
# - (b) The energy falls everywhere, data or not, without end.
# - (c) It stops when the data have energy 0.

# %% [markdown]
# (b). A constant added to E changes nothing in $p$, so lowering everything is free. What is missing is Z: if the energy falls
# everywhere, Z grows.
#
# ## 2 · Down at the data, up at the model
#
# The likelihood of the data knows Z. Its negative logarithm, per point, is
#
# $$\text{NLL} = \frac1N\sum_n E(x_n) + \log Z, \qquad Z = \int e^{-E(x)}\,dx .$$
#
# With many data it tends to a constant of the data (their entropy) plus the **Kullback-Leibler divergence**
# $\mathrm{KL} = \int p_\text{data}\log(p_\text{data}/p)\,dx$, which is 0 only if model and truth agree. At 0.01 nats
# the model's density is 1 % too low at the data, on (logarithmic) average; at 20 nats the model calls the data
# impossible. In the plane we can compute it, and it is the only judge in this lesson.
#
# How does the NLL change with the weights? The first term is easy. What does the second give?
#
# $$\nabla_\theta \log Z = \frac1Z \int \nabla_\theta\, e^{-E_\theta(x)}\,dx = -\langle \nabla_\theta E_\theta\rangle_\text{model}
# \quad\Longrightarrow\quad
# \boxed{\;\nabla_\theta\,\text{NLL} = \langle\nabla_\theta E_\theta\rangle_\text{data}
# - \langle\nabla_\theta E_\theta\rangle_\text{model}\;}$$
#
# A step pushes the energy **down at the data and up at the model's own samples**. Where both have the same density, the
# pushes cancel and learning stops. This line is the whole subject. For the two densities above: where will E rise,
# where will it fall?

# %%
pushes = plots.difference(plane, model - truth, scale="$p_\\mathrm{model} - p_\\mathrm{data}$")
after = plots.panel(pushes, square=True, title="what has to change")
plots.figure(before, after, title="Where the energy must rise (orange), and where it must fall (purple)")

# %% [markdown]
# *Picture: the untrained density again, and beside it its difference from the truth: purple along the arcs, where E must fall; pale orange around and between them,
# where the model has mass and the data have none.*
#
# Beyond the plane the model's mean needs samples, and samples need chains (lesson 03). Long chains at every step would
# be right, and far too slow. Hinton's idea (2002): start the chains **at the data**, and take only $k$ steps. If the
# model were right, the data would be in equilibrium already and stay so. If it is wrong, the first steps drift
# downhill, to places where E is too low. Push those up. This is **contrastive divergence**, CD-$k$.
#
# The chains end at places that depend on $\theta$, for the energy led them there. The boxed formula knows nothing of
# that: what must be done about it?
#
# ### Exercise 5.1 · A number with the right gradient
# *Difficulty ●●○ · ten minutes · why: a flipped sign, or a gradient through the chains, and training goes nowhere in silence.*
#
# PyTorch differentiates a number. Return one whose gradient is the boxed difference, with the walked data in the place
# of the model's samples. Its value means nothing, and may drift, since a constant in E is free. To hold E near 0, add
# $\alpha$ times (the mean of $E^2$ over the data plus that over the samples), as Du and Mordatch (2019) do.


# %% todo="5.1" task="return a number whose gradient is the difference of the two averages"
def contrast(energy, batch: Float[Tensor, "n dim"], walk, generator, alpha: float = 0.0) -> Tensor:
    """The loss of contrastive divergence.

    Args:
        energy: E_θ; energy(x) gives one value for each point, shape (n,).
        batch: data.
        walk: walk(energy, x, generator) returns the states after k steps of a sampler that starts
            at x, shape (n, dim). They may carry a graph to the weights.
        generator: random numbers for the walk.
        alpha: weight of the two means of E².

    Returns:
        One number, a tensor of shape () with a graph to the weights.
    """
    ### BEGIN SOLUTION
    samples = walk(energy, batch, generator).detach()
    of_data, of_samples = energy(batch), energy(samples)
    difference = of_data.mean() - of_samples.mean()
    size = (of_data**2).mean() + (of_samples**2).mean()
    return difference + alpha * size
    ### END SOLUTION


# %% check="5.1" points=3
from course_checks import check, exercises

with check.exercise("5.1", "contrast"):
    answer = exercises.divergence.contrast.by(contrast)
    E, walk = exercises.divergence.Quartic(0.3, 0.8, -0.4), exercises.divergence.moved
    rng = torch.Generator().manual_seed(51)
    a = torch.randn(6, 2, generator=rng, dtype=torch.float64)
    answer.on("six data, α = 0.3", E, a, walk, rng, 0.3)
    answer.on("six data, no α given", E, a, walk, rng)
    answer.fresh(3, "another energy")

# %% [markdown] hint="5.1"
# Walk first, and cut the graph: `walk(energy, batch, generator).detach()`. Then two calls of `energy`, and the mean of one minus the mean of
# the other. Descent makes smaller what stands with a plus: the data. For the regulariser square first, then average.

# %% [markdown]
# ## 3 · The loop
#
# What else does a training need? Again and again: draw a batch, compute the loss, forget the old gradients (`optimiser.zero_grad()`),
# compute new ones (`backward()`, of the loss), and let Adam (`torch.optim.Adam`) make its `step()`. And two things for *looking*. The gradients are noisy, from the batch and from the
# chains, so the weights jitter. An average over the last hundred steps or so is better than any of them: after each
# step,
#
# $$\bar\theta \leftarrow 0.99\,\bar\theta + 0.01\,\theta .$$
#
# That is a second network, which starts as a copy of the first. And now and then you show it to somebody.
#
# ### Exercise 5.2 · The loop
# *Difficulty ●●● · fifteen minutes · why: from here on it trains everything in this lesson, and shows it.*
#
# The loss is handed to you as a function `loss(energy, batch, generator)`. Draw each batch with
# `data[torch.randint(len(data), (batch_size,), generator=generator)]`.


# %% todo="5.2" task="train with Adam, average the weights, look now and then, return the averaged network"
def fit(
    energy, data, loss, n_steps: int, generator, look,
    learning_rate=0.01, batch_size=256, decay=0.99, every=40,
) -> torch.nn.Module:  # fmt: skip
    """Train an energy.

    Args:
        energy: the network; it is trained in place.
        data: all points, one per row.
        loss: loss(energy, batch, generator) returns one number with a graph.
        n_steps: steps of Adam.
        generator: random numbers: in each step first for the batch, then for the loss.
        look: look(step, averaged) is called at step 0, before anything has changed, then after each
            `every` steps, and after the last step, which counts once.
        learning_rate: of Adam.
        batch_size: data points per step.
        decay: share of itself that the average keeps in a step.
        every: steps from look to look.

    Returns:
        The network with the averaged weights.
    """
    ### BEGIN SOLUTION
    optimiser = torch.optim.Adam(energy.parameters(), lr=learning_rate)
    averaged = copy.deepcopy(energy)
    look(0, averaged)
    for step in range(1, n_steps + 1):
        batch = data[torch.randint(len(data), (batch_size,), generator=generator)]
        value = loss(energy, batch, generator)
        optimiser.zero_grad()
        value.backward()
        optimiser.step()
        with torch.no_grad():
            for mean, weight in zip(averaged.parameters(), energy.parameters(), strict=True):
                mean.copy_(decay * mean + (1 - decay) * weight)
        if step % every == 0 or step == n_steps:
            look(step, averaged)
    return averaged
    ### END SOLUTION


# %% check="5.2" points=5
from course_checks import check, exercises

with check.exercise("5.2", "fit"):
    answer = exercises.divergence.fit.by(fit)
    a = torch.randn(11, 2, generator=torch.Generator().manual_seed(52), dtype=torch.float64)
    answer.on("eight steps, a look every four", a, 8, 0.05, 6, 0.8, 4, 1)
    answer.on("seven steps, a look every three", a, 7, 0.02, 5, 0.6, 3, 2)
    answer.fresh(2, "another training")

# %% [markdown] hint="5.2"
# Before the loop: `torch.optim.Adam(energy.parameters(), lr=learning_rate)`, `copy.deepcopy(energy)` and `look(0, averaged)`. In it: batch,
# `loss(...)`, `zero_grad()`, `backward()`, `step()`. Then, under `torch.no_grad()`, go through
# `zip(averaged.parameters(), energy.parameters())` and write with `mean.copy_(...)`. Count from 1, so that the last step is `n_steps`.

# %% [markdown]
# Put the two together. The walk is ten steps of MALA at T = 1; the one who looks is a diary, which notes the exact KL.

# %%
mine, train = check.yours("5.1", contrast, ebm.contrast), check.yours("5.2", fit, ebm.fit)


def walk(energy, x: Float[Tensor, "n 2"], generator) -> Float[Tensor, "n 2"]:
    """Ten steps of MALA from x, with ε = 0.02."""
    return samplers.mala(energy, x, step_size=0.02, n_steps=10, generator=generator, keep=False).x


def learn(density, x: Float[Tensor, "n 2"], loss, n_steps: int = 300, seed: int = 1, **how) -> explorers.Diary:
    """The diary of a training of a fresh network by your loop."""
    diary, rng = explorers.Diary(density, x), torch.Generator().manual_seed(seed)
    train(ebm.EnergyNet(hidden=(64, 64), generator=rng), x, loss, n_steps, rng, diary, **how)
    return diary


def by_chains(energy, batch: Float[Tensor, "n 2"], generator) -> Float[Tensor, ""]:
    """CD-10."""
    return mine(energy, batch, walk, generator)


diary = learn(moons, x, by_chains)
diary.figure()

# %% [markdown]
# *Picture: on the left the truth with data as dots, in the middle the model with samples of its own, nearly the same two moons; on the
# right the exact KL by step, on a logarithmic axis, falling from above 1 to a few hundredths of a nat.*
#
# And as a film. It runs three times and stops at the end.

# %%
diary.film()

# %% [markdown]
# *Picture, animated: on the left the energy as a landscape, a bowl in which two troughs open and become narrow valleys; on the
# right the density with samples, a hill that becomes two moons.*
#
# **What would the loss have told you?** If the chains do not move at all, the samples are the data, and the loss is
# zero: the value that a perfect model has. It says nothing. Look at the KL where you can, and at other measurements
# (lesson 06) where you cannot.

# %% [markdown]
# ## 4 · A rival without chains
#
# Chains cost ten gradients per step, and see no farther than ten steps go. **Noise-contrastive estimation** (Gutmann
# and Hyvärinen 2010) has none. Put the data into a bag with as many *forgeries*: points of a noise whose density $p_n$
# you know, such as a Gaussian as broad as the data. Somebody draws a point out of the bag. If the data had the density
# $e^{-E(x)}$, what are the odds that the point is real? They are $e^{-E(x)} : p_n(x)$. So E is a *judge*, and judges
# can be trained, by logistic regression:
#
# $$\text{loss} = \big\langle -\log P(\text{real}\mid x)\big\rangle_\text{data}
# + \big\langle -\log P(\text{forged}\mid x)\big\rangle_\text{noise} .$$
#
# ### Exercise 5.3 · The judge
# *Difficulty ●●○ · ten minutes · why: it turns learning a density into telling two piles apart, with no Z and no chain.*
#
# The way from the odds to the loss is yours. Energies may be large, and their exponentials infinite: work with
# the *logarithm* of the odds. `torch.nn.functional.softplus(z)` is $\log(1 + e^z)$ and never overflows.


# %% todo="5.3" task="draw forgeries, and return the loss of a judge who knows E and the noise"
def against_noise(energy, batch: Float[Tensor, "n dim"], noise, generator) -> Float[Tensor, ""]:
    """The loss of noise-contrastive estimation, with as many forgeries as data.

    Args:
        energy: E_θ; energy(x) gives one value for each point, shape (n,).
        batch: data.
        noise: noise.sample(n, generator) draws n forgeries, shape (n, dim); noise.log_prob(x) is the
            exact log density of the noise, shape (n,).
        generator: random numbers for the forgeries.

    Returns:
        One number, a tensor of shape () with a graph to the weights.
    """
    ### BEGIN SOLUTION
    forged = noise.sample(len(batch), generator)
    log_odds_of_data = -energy(batch) - noise.log_prob(batch)
    log_odds_of_forged = -energy(forged) - noise.log_prob(forged)
    missed = torch.nn.functional.softplus(-log_odds_of_data)
    fooled = torch.nn.functional.softplus(log_odds_of_forged)
    return missed.mean() + fooled.mean()
    ### END SOLUTION


# %% check="5.3" points=4
from course_checks import check, exercises

with check.exercise("5.3", "against_noise"):
    answer = exercises.divergence.against_noise.by(against_noise)
    rng = torch.Generator().manual_seed(53)
    noise = ebm.GaussianNoise(torch.tensor([0.5, -0.2]).double(), 2 * torch.eye(2).double())
    a = torch.randn(6, 2, generator=rng, dtype=torch.float64)
    for shift in (0.0, 2000.0):
        E = exercises.divergence.Quartic(0.2, 0.6, -0.4, shift=shift)
        answer.on(f"six data under Σ 0.2 x⁴/4 + 0.6 x²/2 - 0.4 x + {shift:g}", E, a, noise, rng)
    answer.fresh(3, "another energy and noise")

# %% [markdown] hint="5.3"
# The log-odds of "real" are $\ell = -E(x) - \log p_n(x)$. With odds $r$ to one, $P(\text{real}) = r/(1 + r) = \sigma(\ell)$ and
# $P(\text{forged}) = \sigma(-\ell)$. And $-\log\sigma(\ell) = \log(1 + e^{-\ell})$, which is `softplus(-ℓ)`; for the forgeries the
# sign is turned.

# %% [markdown]
# Your loop takes the new loss as it took the old one, and is done much sooner. **Guess:** without the ten steps of MALA, does it end as
# close to the truth?

# %%
judge = check.yours("5.3", against_noise, ebm.against_noise)


def by_noise(x: Float[Tensor, "n 2"]):
    """NCE against a Gaussian a fifth wider than the points x: the loss, for your loop."""
    noise = ebm.GaussianNoise.fit(x, widen=1.2)
    return lambda energy, batch, generator: judge(energy, batch, noise, generator)


judged = learn(moons, x, by_noise(x))
for name, seen in (("chains", diary), ("noise", judged)):
    print(f"by {name}: exact KL {seen.kl:.3f} nats, log Z = {ebm.log_z(seen.energies[-1], moons.domain):.3f}")
judged.figure()

# %% [markdown]
# *Picture: again the truth, the model with its samples, and the KL, which ends below a tenth of a nat, not as low as with chains.*
#
# **Why is log Z nearly zero here, and anything with chains?** A constant in E is free for CD. The judge would notice
# it: with a wrong constant all odds are wrong. So NCE normalises the density by itself.

# %% [markdown]
# ## 5 · Four rivals, one number
#
# Two more, from the course. **Persistent chains** (Tieleman 2008) do not start at the data anew. They live on in a
# *replay buffer*: take some out, walk, write them back in their places, and replace a few per cent by fresh ones, so
# that none stays stuck for ever. They reach places where no data are; lesson 06 needs that. **Score matching**
# (Hyvärinen 2005) fits the score $s = -\nabla E$, in which Z has dropped out, by $F = \frac12\langle |s - \nabla\log
# p_\text{data}|^2\rangle_\text{data}$. The data's score is unknown, but an integration by parts removes it.
#
# Same network, same points, 300 steps of your loop, three seeds. Which will end lowest?

# %%
diaries = {"CD-10": [diary], "persistent CD-10": [], "NCE": [judged], "score matching, sliced": []}
for seed in (1, 2, 3):
    chains = ebm.ReplayBuffer(2048, lambda n, rng: x[torch.randint(len(x), (n,), generator=rng)])
    for name, loss, rate in (
        ("CD-10", by_chains, 0.01),
        ("persistent CD-10", ebm.ContrastiveDivergence(10, 0.02, buffer=chains), 0.01),
        ("NCE", by_noise(x), 0.01),
        ("score matching, sliced", ebm.SlicedScoreMatching(), 0.005),
    ):
        if len(diaries[name]) < seed:  # the first seed of two of them stands above
            diaries[name].append(learn(moons, x, loss, seed=seed, learning_rate=rate))
falls = {name: torch.tensor([seen.distances for seen in three]) for name, three in diaries.items()}
ends = torch.stack([fall[:, -1] for fall in falls.values()])
plots.figure(
    plots.panel(*(plots.runs(torch.tensor(diary.steps), fall, name) for name, fall in falls.items()), log="y",
                xlabel="step", ylabel="exact KL (nats)", title="median, and band of three seeds"),
    plots.panel(plots.rows(list(falls), ends, color="black"), log="x", xlabel="exact KL at the end (nats)",
                xticks=(0.04, 0.06, 0.08, 0.1), title="each dot is one seed"),
    title=f"All four learn the moons, to between {ends.min():.3f} and {ends.max():.3f} nats", widths=(1.5, 1),
)  # fmt: skip

# %% [markdown]
# *Picture: on the left four falling curves with bands on a logarithmic axis. On the right three dots for each method: those of CD-10
# lie lowest; those of the other three overlap.*
#
# On one connected shape no method is far ahead, and the order changes with steps and rates: all curves still fall. NCE
# costs a fraction of the chains' time, and could take more steps. What if the shape is in pieces?

# %% [markdown]
# ## 6 · Draw your own data
#
# Draw a shape, with the mouse, a finger or the keyboard, or choose one. Your strokes are thickened by a Gaussian, so
# their density is a mixture of Gaussians along the pen's path, known exactly. Until you draw, the chosen shape counts.

# %%
pad = explorers.DrawingPad()
pad

# %% [markdown]
# *Picture: a black square from −5 to 5 on both axes, with the density of the strokes as bright lines and the strokes themselves as
# thin blue ones; a dotted frame at ±4, where strokes end.*
#
# **Guess before you train.** Which will be hard for your loop: long lines, sharp corners, separate pieces?

# %%
drawn = learn(pad.density(), pad.points(), by_noise(pad.points()), n_steps=1000, learning_rate=0.02)
drawn.figure()

# %%
drawn.film()

# %% [markdown]
# *Picture: your drawing and its data, your model and its samples, and the exact KL; then the film of how the energy sinks along your strokes.*
#
# After a new drawing run both cells again. Try `by_chains` in the place of `by_noise(...)`. Then choose **eight dots**, and train with
# both. Which of the two can say how much each dot weighs?

# %%
dots = data.drawn(data.SHAPES["eight dots"], name="eight dots")
some = dots.sample(5000, torch.Generator().manual_seed(2))
for name, loss in (("chains", by_chains), ("noise", by_noise(some))):
    print(f"eight dots, by {name}: exact KL {learn(dots, some, loss, 500, learning_rate=0.02).kl:.3f} nats")

# %% [markdown]
# Chains that start at the data never cross from dot to dot. So in each dot the pushes down and up cancel, *whatever weight the
# model gives it*. The judge compares every place with the same noise, which covers all dots. To keep a drawing, copy the text beside the pad into
# `explorers.DrawingPad(strokes="…")`. Without a kernel, the figures above show the moons.

# %% [markdown] think="5b"
# **Think.** Two models of images have the losses E(data) − E(samples) = −0.01 and −3.5. Which one is better?
# <!-- ANSWER -->
# Nobody can say. The first value is what a perfect model shows, and a model whose chains do not move at all (samples = data)
# shows it as well.

# %% [markdown]
# ## What you made
#
# - `contrast`: the gradient of the likelihood as a difference of two averages, down at the data and up at the model's samples,
#   with chains that start at the data.
# - `fit`: the loop, which took four losses and drew every film. The exact KL was its judge.
# - `against_noise`: E as a judge between data and noise of a known density. It needs no chains, and gives a normalised energy.
#
# That is all that later lessons need. What follows is for those who want more.

# %% [markdown] depth="75 min"
# How exact the yardstick is, and whether the boxed formula is true; the ceiling; a buffer of your own; score matching with its
# price; modes that scores cannot weigh and chains cannot cross; and how trainings die.

# %% [markdown]
# ## 7 · The yardstick
#
# The KL above is an integral on a grid, and so is Z. How is that done, and how far can it be trusted?
#
# ### Exercise 5.4 · log Z by quadrature
# *Difficulty ●○○ · ten minutes · why: without this number a training run can end 60 nats from its data, and look busy.*
#
# Complete `log_z` on a grid of $n$ cells per axis. `ebm.grid(domain, n)` gives you the centres of the cells, one per
# row, and the volume of a cell, dx·dy. Energies can be in the thousands, so stay in logarithms.


# %% todo="5.4" task="return log Z, the log of the sum of exp(-E) times the cell"
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


# %% check="5.4" points=2
from course_checks import check, exercises

with check.exercise("5.4", "log_z"):
    answer = exercises.divergence.log_z.by(log_z)
    for shift in (0.0, 2000.0, -2000.0):
        bowl = exercises.divergence.Quartic(0.0, 1.0, 0.0, shift=shift)
        exact = math.log(2 * math.pi) / 2 - shift
        answer.on(f"x²/2 + {shift:g} on a line", bowl, ((-8.0, 8.0),), 160, expect=exact)
        answer.on(f"|x|²/2 + {shift:g} in the plane", bowl, ((-9.0, 9.0), (-6.5, 6.5)), 90)
    answer.fresh(3, "a narrow well on a coarse grid")
    graph = getattr(log_z(bowl, ((-8.0, 8.0),), 20), "requires_grad", False)
    check.that(not graph, "log Z carries a graph", hint="Return a plain number, under torch.no_grad().")

# %% [markdown] hint="5.4"
# $\log Z \approx \log\sum_i e^{-E(x_i)} + \log(\text{cell})$. The first term is `torch.logsumexp(-energy(points), dim=0)`,
# which takes the largest exponent out before it exponentiates.

# %% [markdown]
# How good is quadrature? For smooth densities astonishingly so: once the cells are smaller than the finest detail, the error
# falls faster than any power of their size. A Gaussian against another Gaussian has a formula to compare with.


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

# %% [markdown]
# The integrals run over the box $[-5,5]^2$. A model may have mass outside of it, and then Z is missing some. `ebm.log_z` looks
# at the edge of the box, and refuses to answer if more than a per cent of the mass is there.
#
# **Is the boxed formula true?** A network of one hidden layer on a mixture in one dimension, in double precision: the
# gradient of the NLL by finite differences along a random direction, by autograd through $\log Z$, and by the boxed
# formula with the model's mean from quadrature.

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
# ## 8 · The ceiling, and a loss that says nothing
#
# In two dimensions one can descend the NLL itself, with $\log Z$ from quadrature at every step. That is **exact maximum
# likelihood**, hopeless for images, and here the **ceiling**: what this network learns from these points without any
# error from sampling. (The KL to the density *behind* the points can, by luck, come out a little lower.) From here on
# `ebm.train` does the training: your loop with a falling learning rate, a history of all that was seen, and
# checkpoints in the folder `saved` beside this notebook. If the kernel stops in between, run the cells again: what was
# trained is read, and the training that was cut off goes on.


# %%
saved = course_utils.saved_folder("05")


def quick_kl(density, net) -> float:
    """Exact KL on a grid of 100 × 100; a lower bound if the model has mass outside the box."""
    return ebm.kl(density, net, 100, max_edge_mass=None)


def trained(density, x: Tensor, objective, seed: int = 1, **how) -> ebm.Training:
    """A training: Adam with a falling rate, averaged weights, the exact KL every 40 steps. It is kept on the way."""
    kept = {"checkpoint": saved, "checkpoint_every": 100, "resume": True}
    usual = kept | {"n_steps": 400, "batch_size": 256, "learning_rate": 0.01, "ema": 0.99, "measure_every": 40}
    measures, rng = {"KL": lambda net: quick_kl(density, net)}, torch.Generator().manual_seed(100 + seed)
    start = ebm.EnergyNet(hidden=(64, 64), generator=torch.Generator().manual_seed(seed))
    return ebm.train(start, x, objective, generator=rng, measures=measures, **usual | how)


def report(name: str, density, run: ebm.Training) -> float:
    """Print the exact KL of a run; where mass lies outside the box, it is a lower bound."""
    distance = ebm.kl(density, run.energy, max_edge_mass=None)
    print(f"{name:34s} exact KL {distance:10.4f} nats after {run.step} steps")
    return distance


runs = {"exact ML": trained(moons, x, ebm.ExactLikelihood(moons.domain, 60), batch_size=1024)}
ceiling = report("exact maximum likelihood", moons, runs["exact ML"])
runs["CD-10"] = trained(moons, x, ebm.ContrastiveDivergence(10, 0.02))
distance = report("CD-10, MALA, ε = 0.02", moons, runs["CD-10"])

# %% [markdown]
# The number that this loop minimises, beside the number that it should lower:

# %%
history, H = runs["CD-10"].history, ebm.entropy(moons)
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
# How far can one go down with $k$? One step per chain, and two samplers:

# %%
for sampler in ("mala", "ula"):
    objective = ebm.ContrastiveDivergence(k=1, step_size=0.02, sampler=sampler)
    runs[f"CD-1, {sampler.upper()}"] = run = trained(moons, x, objective)
    report(f"CD-1, {sampler.upper()}, ε = 0.02", moons, run)
    energy = run.history["data energy"]
    print(f"     mean energy of the data at step 100: {energy[99]:.3g}, at step 400: {energy[-1]:.3g}")

# %% [markdown]
# With MALA a single step is enough to learn the moons, if not as well. With ULA, *the same step size* and nothing else
# changed, the energies run away: section 13 looks into that.
#
# ## 9 · A buffer of your own
#
# Persistent chains keep their states from one training step to the next, since the model changes little in between, and a
# chain that was nearly in equilibrium still is.
#
# ### Exercise 5.5 · A replay buffer
# *Difficulty ●●○ · fifteen minutes · why: a buffer that is not written back is plain CD, or noise, under another name.*
#
# Complete `sample` and `write`. A *fresh* state comes from `self.fresh`. A state with some noise on top is not fresh: it is
# still in the same valley.


# %% todo="5.5" task="take chains out with some of them fresh, and write them back in place"
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


# %% check="5.5" points=3
from course_checks import check, exercises

with check.exercise("5.5", "ReplayBuffer"):
    answer = exercises.divergence.replay_buffer.by(ReplayBuffer)
    answer.on("12 chains of two numbers, 5 taken out", 12, 5, (2,), 0.3)
    answer.on("11 chains of one number, 4 taken out", 11, 4, (), 0.6)
    answer.on("16 chains of 2 × 2 numbers, 5 taken out", 16, 5, (2, 2), 0.48)
    answer.fresh(2, "other chains")

# %% [markdown] hint="5.5"
# `torch.randperm(capacity, generator=generator)[:n]` gives different chains, and `self.states[indices]` copies them. A mask
# `torch.rand(n, generator=generator) < self.reinit` says which are replaced; assign `self.fresh(number, generator)` to
# `states[mask]`. Writing is one assignment to `self.states[indices]`, detached.

# %% [markdown]
# A walk that ignores where it is told to start, and continues the chains of your buffer instead, turns `contrast` into
# persistent contrastive divergence. Here the chains start as noise, so at first they hold the model back: they must find the moons.


# %%
buffer = check.yours("5.5", ReplayBuffer, ebm.ReplayBuffer)(2048, lambda n, rng: 2 * torch.randn(n, 2, generator=rng))


def persistent(energy, x: Float[Tensor, "n 2"], generator) -> Float[Tensor, "n 2"]:
    """Ten steps of as many chains of the buffer as there are points x."""
    indices, states = buffer.sample(len(x), generator)
    states = walk(energy, states, generator)
    buffer.write(indices, states)
    return states


lasting = learn(moons, x, lambda energy, batch, rng: mine(energy, batch, persistent, rng))
with torch.no_grad():
    E = lasting.energies[-1](points.float())
shape = plots.density(plane, torch.softmax(-E, 0).view(100, 100) / cell)
falling = [
    plots.line(seen.steps, seen.distances, name) for name, seen in (("from data", diary), ("your chains", lasting))
]
plots.figure(
    plots.panel(shape, plots.dots(buffer.states, most=500, color="sky"), square=True, title="the model and 500 chains"),
    plots.panel(*falling, log="y", xlabel="step", ylabel="exact KL (nats)", title="they begin as noise"),
    title=f"The chains live where the model does; exact KL {lasting.kl:.3f} nats",
)

# %% [markdown]
# *Picture: on the left the model's density, two bright arcs, with 500 of its chains as blue dots on and around them. On the right the
# KL by step, of chains that start at the data, and of yours, which ends higher.*
#
# Each chain is moved once every $2048/256 = 8$ training steps. If the weights change much in that time, the chains lag
# behind the model, and the pushes come too late and too strong: the energy sloshes to and fro; section 12 shows such a
# swing. A smaller learning rate calms it.
#
# ## 10 · Score matching and its price
#
# How is Hyvärinen's loss computed? Up to a constant, $F = \langle\frac12|s|^2 + \nabla\cdot s\rangle_\text{data}$, and
# the divergence costs one backward pass per dimension. **Sliced** score matching (Song and others 2019) takes random
# directions $v$ instead, $v\cdot\nabla(v\cdot s)$, one pass each. **Denoising** score matching (Vincent 2011) needs no
# second derivative. Blur the data on purpose, $\tilde x = x + \sigma\xi$. The density of $\tilde x$ *given* $x$ is a
# Gaussian, whose score is $-(\tilde x - x)/\sigma^2 = -\xi/\sigma$. Averaged over all $x$ that may have led to $\tilde
# x$, this is exactly the score of the blurred data. So
#
# $$\text{loss} = \frac12\Big\langle \big|\,s(x + \sigma\xi) + \xi/\sigma\,\big|^2\Big\rangle, \qquad s = -\nabla E .$$
#
# ### Exercise 5.6 · Denoising score matching
# *Difficulty ●●○ · fifteen minutes · why: with the noise as a network's output this is the loss of diffusion models (Ho and
# others 2020).*
#
# Complete `denoising_score_matching`. The noise $\xi$ is handed to you. The loss contains a gradient, and will itself be
# differentiated: autograd has to keep the graph of the gradient (`create_graph=True`).


# %% todo="5.6" task="return the loss of denoising score matching, a tensor that can be differentiated"
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


# %% check="5.6" points=3
from course_checks import check, exercises

with check.exercise("5.6", "denoising_score_matching"):
    answer = exercises.divergence.denoising_score_matching.by(denoising_score_matching)
    a, ξ = torch.randn(2, 5, 3, generator=torch.Generator().manual_seed(55), dtype=torch.float64)
    for σ in (0.3, 1.6):
        answer.on(
            f"five points, E = 0.7 x⁴/4 + 0.4 x²/2, σ = {σ}", exercises.divergence.Quartic(0.7, 0.4, 0.0), a, ξ, σ
        )
    answer.fresh(3, "another energy")

# %% [markdown] hint="5.6"
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
    print(f"σ = {σ:4.2f}: the blur alone costs {floor:.4f} nats;", end=" ")
    report("trained by denoising", moons, trained(moons, x, ebm.DenoisingScoreMatching(σ), learning_rate=0.005))

# %% [markdown]
# ## 11 · One step sees one step
#
# Short runs of the same network on the other three sets. A chain of CD-1 moves by about $\sqrt{2\varepsilon} = 0.2$ in
# each coordinate, and the eight Gaussians are more than two units apart. What CD-1 makes of them depends on the seed,
# so it has five.


# %%
ring = data.eight_gaussians()


@torch.no_grad()
def density_on_plane(net) -> Float[Tensor, "100 100"]:
    """exp(-E)/Z on the grid of the pictures."""
    return torch.softmax(-net(points.float()), 0).view(100, 100) / cell


def learn_set(density, y: Tensor) -> dict[str, list[ebm.Training]]:
    """NCE, CD-10 and CD-1 on a set; CD-1 with five seeds on the eight Gaussians, all others with one."""
    noise, seeds = ebm.NoiseContrastive(ebm.GaussianNoise.fit(y, widen=1.2)), range(1, 6) if density is ring else (1,)
    return {
        "NCE": [trained(density, y, noise, n_steps=300)],
        "CD-10": [trained(density, y, ebm.ContrastiveDivergence(10, 0.02), n_steps=300)],
        "CD-1": [trained(density, y, ebm.ContrastiveDivergence(1, 0.02), seed, n_steps=300) for seed in seeds],
    }


turns = torch.arange(8).double() * math.pi / 4
centres = torch.stack([3 * torch.cos(turns), 3 * torch.sin(turns)], 1)
fine = ebm.grid(ring.domain, 100)[0]


def around(net, away: Bool[Tensor, "10000"]) -> tuple[float, Float[Tensor, "8"]]:
    """Mass at the points of the grid that are away from the data, and mass around each of the eight centres."""
    p = ebm.grid_probabilities(net, ring.domain, 100)[1]
    return float(p[away].sum()), torch.zeros(8).double().index_add(0, torch.cdist(fine, centres).argmin(1), p)


# %%
columns, strays, scale = [], [], "density / highest of the truth"
rng = torch.Generator().manual_seed(8)
for density in (ring, data.checkerboard(), data.pinwheel()):
    y, maps = density.sample(5000, rng), {}
    away = torch.cdist(fine.float(), y.float()).amin(1) > 0.6  # from all data
    for name, several in learn_set(density, y).items():
        for run in several:
            distance = report(f"{density.name}, {name}", density, run)
            if density is ring:
                stray, masses = around(run.energy, away)
                strays += [stray] if name == "CD-1" else []
                print(f"     mass away from all data {stray:.1%}; around each centre", end=" ")
                print(f"{masses.min():.3f} to {masses.max():.3f}, exact 0.125")
            if name not in maps or distance > maps[name][1]:  # of five, the worst is drawn
                maps[name] = density_on_plane(run.energy), distance
    exact_p = torch.exp(density.log_prob(points)).view(100, 100)
    shown = {f"{density.name}: truth": exact_p} | {f"{name}: KL {kl:.3g}": p for name, (p, kl) in maps.items()}
    scaled = {name: plots.density(plane, p / exact_p.max(), top=1.2, scale=scale) for name, p in shown.items()}
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
# What CD-1 cannot see: its chains look one step around the data, so nothing pushes up the energy where no chain
# arrives. A spurious mode there is not a mistake in its eyes: whether one grows is left to chance. More steps see
# farther. But look at the spots of NCE and CD-10, and at the printed masses: they are not equal. How well modes are
# weighed is the subject of the next section.
#
# The edges of the checkerboard are jumps of the density, and a small smooth network can only round them off. On the
# pinwheel the noise of NCE is easy to tell from the thin arms nearly everywhere, and what is easy teaches little.
#
# ## 12 · Who can weigh modes?
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
# ### Exercise 5.7 · Predict, then see
# *Difficulty ●●○ · ten minutes · why: the loss of score matching, and of diffusion models, hardly contains the weights of modes.*
#
# **Predict first**, before any computation: when the modes, each with standard deviation 1, move from distance 4 to
# distance 8, by which factor does the Fisher divergence of these two densities change? Write your number into
# `predicted_factor`; the right power of ten is enough. Then complete `fisher_divergence` and let it decide.


# %% todo="5.7" task="write down your prediction, then the Fisher divergence"
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


# %% check="5.7" points=3
from course_checks import check, exercises

with check.exercise("5.7", "predicted_factor", "fisher_divergence"):
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

# %% [markdown] hint="5.7"
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
# At distance 12 a sample would need more points than there are to notice that the weights are wrong (Wenliang and
# Kanagawa 2020 call this blindness). Now real training runs: five methods, two distances, three seeds each. The
# weight of the left mode comes from quadrature. The chains of PCD start evenly spread over the line.


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
for separation in (2.0, 6.0):
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
left_weights = {name: torch.tensor(values).view(2, 3) for name, values in found.items()}
for name, values in left_weights.items():
    cells = ["  ".join(f"{v:.3f}" for v in row) for row in values.tolist()]
    print(f"{name:8s} weight of the left mode at distance 4 | 12:  {'  |  '.join(cells)}")
off = {name: float((values[-1] - 0.8).abs().max()) for name, values in left_weights.items()}
good = [name for name, value in off.items() if value < 0.1]
title = f"In all three seeds only {' and '.join(good)} weigh far modes; others are off by up to {max(off.values()):.2f}"
at = torch.tensor([4.0, 12.0]).repeat_interleave(3)
weights = [plots.hline(0.8, "the data")]
for i, (name, values) in enumerate(left_weights.items()):
    weights.append(plots.points(at + 0.5 * (i - 2), values.flatten(), name=name, mark="osD^v"[i]))
exact = plots.area(z, torch.exp(line.log_prob(z)), "the data's density", color="grey")
plots.figure(
    plots.panel(*weights, xlabel="distance of the modes", xticks=(4, 12), ylabel="weight of the left mode",
                title="each mark is one run", ylim=(-0.05, 1.05)),
    plots.panel(exact, *(plots.line(z, learned[name], name) for name in ("exact ML", "NCE", "DSM")), xlabel="$x$",
                ylabel="density $p$", title="distance 12, one seed", ylim=(0, None)),
    title=title,
)  # fmt: skip

# %% [markdown]
# *Picture: on the left the weight of the left mode in each run. At distance 4 all marks lie near the dashed line at 0.8. At 12
# those of exact likelihood and NCE still do; those of PCD lie near 0 and 1, and those of DSM and CD scatter over the whole range. On
# the right the densities of one seed at distance 12: all have two modes in the
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
# Six runs of PCD at distance 12. Every ten steps we look at two numbers: the share of the 512 chains that is on the
# left, and the log-odds $\log(p_\text{left}/p_\text{right})$ that the model gives it, by quadrature. For the data they
# are 0.8 and $\log 4$.


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


histories = [watched(seed) for seed in range(11, 17)]

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
# ## 13 · What goes wrong
#
# **The sign flipped.** The model is pushed *up* at the data. Its mass leaves, and the box is where you notice.


# %%
class Flipped(ebm.ContrastiveDivergence):
    """Contrastive divergence with the wrong sign."""

    def loss(self, energy, batch, generator) -> Tensor:
        return -super().loss(energy, batch, generator)


run = trained(moons, x, Flipped(k=10, step_size=0.02), n_steps=100)
seen = run.history
for step in (0, 20, 50, 99):
    gap = seen["data energy"][step] - seen["sample energy"][step]
    print(f"step {step + 1:3d}: E(data) - E(samples) = {gap:9.2f}")
try:
    ebm.kl(moons, run.energy)
except ebm.DomainTooSmall as error:
    print(f"{type(error).__name__}: {error}")

# %% [markdown]
# **Energies that run away.** Section 8 saw CD-1 with ULA explode, at a step size at which MALA was fine. Why? ULA overshoots in
# steep places, and lands *high* on the other side. The loss rewards that: E(data) − E(samples) becomes very negative if the
# energy is so steep that each step of the chain jumps up its walls. So the network learns to be steep, and the energies grow
# without end, a game of network against sampler. MALA refuses such jumps. A regulariser on E² bounds the numbers.

# %%
bounded = trained(moons, x, ebm.ContrastiveDivergence(1, 0.02, sampler="ula", alpha=0.1))
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
# **Chains at another temperature.** Trainings on images often choose the step and the noise separately (Grathwohl and
# others 2020, for one, say that they do), and so sample at some $T \ne 1$ (lesson 03). If the chains sample
# $e^{-E/T}/Z$, training stops where *that* density is the data's. The energy is then right at the temperature of its
# chains, and at no other.

# %%
cool = ebm.ContrastiveDivergence(10, 0.2, temperature=0.1)  # a tenth of E, ten times the step
for T, run in ((1.0, runs["CD-10"]), (0.1, trained(moons, x, cool))):
    at_one = ebm.kl(moons, run.energy, max_edge_mass=None)
    at_its = ebm.kl(moons, lambda z, e=run.energy, T=T: e(z.float()) / T, max_edge_mass=None)
    print(f"chains at T = {T:4.2f}: KL of exp(-E) {at_one:.3f}, KL of exp(-E/T) {at_its:.3f} nats")

# **A number that is no number.** The loop of `ebm.train` looks at every loss and every gradient, stops at the first
# that is not finite, and says where and why. Here the step of the persistent chains, 20, is too large: the bowl
# $|x|^2/8$ has the curvature 1/4, and a step of ULA is stable in it below 2 over that, which is 8.

# %%
try:
    at_data = ebm.ReplayBuffer(256, lambda n, rng: x[torch.randint(len(x), (n,), generator=rng)])
    trained(moons, x, ebm.ContrastiveDivergence(10, 20.0, sampler="ula", buffer=at_data), n_steps=100)
except ebm.TrainingDiverged as error:
    print(f"{type(error).__name__}: {error}")

# %% [markdown]
# **A run that was stopped.** A long training will be interrupted. `ebm.train` keeps network, average, optimiser, random numbers
# and chains in a checkpoint. Is a run that was stopped halfway, and went on, the same as one that was not?

# %%
import tempfile


def stopped(at: int | None, folder: str) -> torch.nn.Module:
    """A training of 60 steps; if `at` is given, it is interrupted there and resumed from its checkpoint."""

    def look(net) -> float:
        look.calls += 1
        if look.calls == at:
            raise KeyboardInterrupt
        return 0.0

    how = {"n_steps": 60, "batch_size": 128, "learning_rate": 0.01, "measures": {"look": look}, "measure_every": 1}
    for resume in (False, True):
        look.calls, rng = -1000 * resume, torch.Generator().manual_seed(8)
        start = ebm.EnergyNet(hidden=(32, 32), generator=torch.Generator().manual_seed(8))
        chains = ebm.ReplayBuffer(256, lambda n, rng: torch.randn(n, 2, generator=rng))
        objective = ebm.ContrastiveDivergence(3, 0.02, buffer=chains)
        run = ebm.train(start, x, objective, generator=rng, checkpoint=f"{folder}/{at}.pt", resume=resume, **how)
    return run.energy


with tempfile.TemporaryDirectory() as folder:
    halves = [list(stopped(at, folder).parameters()) for at in (None, 30)]
equal = all(torch.equal(a, b) for a, b in zip(*halves, strict=True))
print(f"all weights equal, bit for bit: {equal}")

# %% [markdown]
# **The rest of the list**, each with a check in the exercises above: samples with a graph, a detached data energy, a buffer that
# is not written back, jitter instead of fresh states, $\xi/\sigma^2$ for $\xi/\sigma$, a sum without dx·dy. None of them
# raises an error, and the loss shows none of them. Look at the exact KL.

# %% [markdown]
# ## 14 · Explore
#
# Each picture is a short training of 300 steps in your kernel, with a small network. It takes one to four seconds,
# the second time none.

# %%
explorers.training()

# %% [markdown]
# Without a kernel: the figure of section 13 shows ULA and MALA at one of these settings.

# %% [markdown] think="5a"
# **Think.** A friend replaces half of CD's samples by uniform noise in the box, with density $u$, "so that spurious modes go
# away". Suppose that the chains are perfect samples of the model. At which $p$ do the pushes cancel?
# <!-- ANSWER -->
# Where $p_\text{data} = \frac12 p + \frac12 u$, so $p = 2p_\text{data} - u$. Where $p_\text{data} < u/2$ this is negative: there
# the pushes never cancel, and E rises for ever. Elsewhere the model is too high. Spurious modes do go, and the truth with
# them. NCE does it right: there a noise point pushes only as hard as it was mistaken for data, and where the model is right
# this just balances the push of the data.

# %% [markdown] think="5c"
# **Think.** The base $|x|^2/8$ keeps Z finite. Without it, a network with SiLU units grows at most linearly far out. Can Z be
# infinite? Would CD notice?
# <!-- ANSWER -->
# Yes: if in some direction the slope of $f$ is zero or negative, $e^{-f}$ has infinite mass there. Chains of $k$ steps that
# start at the data never come near that region, so CD does not notice. Persistent chains run off into it sooner or later,
# which one can see in their positions. And `ebm.log_z` refuses, as the edge of the box has mass.

# %% [markdown] think="5d"
# **Think.** Why did PCD with chains from *data* do well on the moons, although section 12 says that chains that cannot cross are
# blind?
# <!-- ANSWER -->
# The moons are close: between their ends the density is low but not zero, the chains of the growing model cross early in
# training, when it is still a broad hill, and 2 % fresh data points per use keep the right shares in the buffer. Move the moons apart, and it would fail.

# %% [markdown]
# ## Challenge · an energy for a drawing
#
# 2000 points of a drawing that was made a moment ago, with a round pen. Return an energy within half a second of CPU time: a network,
# kernels, anything that maps (n, 2) points to n numbers. The judge normalises it on a grid and computes the exact KL.
#
# Cheating would be more CPU time, training while the energy is called, an energy that depends on the company of a point or on
# chance, or needles finer than the grid.
#
# The judge counts, recomputes and draws its problems anew, so that nothing can be remembered. But Python hides nothing from a
# function that runs beside it: who walks its frames or its memory finds the answers, and has beaten nobody.
#
# Who is there to beat?

# %%
check.challenge("5")


# %%
def my_fit(points, seconds, generator):
    raise NotImplementedError("return an energy of (n, 2) points")


check.challenge("5", my_fit)

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
