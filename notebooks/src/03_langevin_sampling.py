# ---
# jupyter:
#   course:
#     title: Langevin sampling
#     goal: sample from any energy that you can differentiate, and tell when a sampler lies
#     needs: ["01", "02"]
#     know: gradients, the mean and variance of random numbers
#     time: 60 min
#     runs: 60 s
#     memory: 830 MB
#     uses: [torch]
# ---

# %% [markdown]
# **What you win.** A thousand walkers that explore any energy you can write down, and a way to tell when they lie. Three functions of
# your own:
#
# 1. one that lets walkers loose on a landscape (Exercise 3.1),
# 2. one that makes them exact, whatever their step; from then on it draws the pictures (3.2),
# 3. one that judges a run: its mean, its error, and whether the walkers agree (3.3).

# %%
import math

import torch
from jaxtyping import Float
from torch import Tensor

from course_checks import check
from course_utils import boltzmann, diagnostics, energies, explorers, plots, samplers

torch.set_num_threads(1)  # batches are small here: a second thread would cost more time than it saves

# %% [markdown]
# ## 1 · A compass that needs no Z
#
# In lesson 01 you drew from a density on a grid; in lesson 02 the grid became too large to exist, and Z with it. Yet you need no map
# to walk downhill: the slope under your feet is enough. The slope of the log of the density is
#
# $$s(x) = \nabla \log p(x) = \nabla\left(-\frac{E(x)}{T} - \log Z\right) = -\frac{\nabla E(x)}{T},$$
#
# the **score**. Where did Z go? It does not depend on $x$, so its gradient is zero. Here are the arrows of the score, at T = 0.7, in
# two tilted valleys,
#
# $$E(x) = 2\,(x_1^2 - 1)^2 + 0.4\,x_1 + 2\,x_2^2 .$$

# %%
def two_valleys(x: Float[Tensor, "*batch 2"]) -> Float[Tensor, "*batch"]:
    return 2 * (x[..., 0] ** 2 - 1) ** 2 + 0.4 * x[..., 0] + 2 * x[..., 1] ** 2


valleys, cell = boltzmann.grid_2d(((-1.7, 1.7), (-1.4, 1.4)), 111)
at, _ = boltzmann.grid_2d(((-1.6, 1.6), (-1.25, 1.25)), 12)
p, _ = boltzmann.density(two_valleys(valleys), cell, 0.7)
arrows = plots.arrows(at, -samplers.gradient(two_valleys, at.reshape(-1, 2)).reshape(at.shape))
plots.figure(plots.panel(plots.energy(valleys, two_valleys(valleys)), arrows, square=True, title="energy"),
             plots.panel(plots.density(valleys, p), arrows, square=True, title=f"density: {p[:55].sum() * cell:.0%} on the left"),
             title="Downhill in energy is uphill in probability")

# %% [markdown]
# *Picture: left, a map of the energy with two dark valleys; right, the density, with a bright spot in the left valley and a weaker one in
# the right. The same arrows in both point into the valleys from everywhere, and shrink near the bottoms and on the ridge.*
#
# **Choose before you read on.** A walker follows the arrows in small steps from a random start. After a long time
#
# - (a) it stands at the bottom of the deepest valley;
# - (b) it stands at the bottom of one valley, and which one depends on the start;
# - (c) it has spent in each valley a share of its time equal to the probability there.

# %% [markdown]
# ## 2 · From a compass to a walker
#
# It is (b): following arrows is gradient descent. What is missing for (c)? Kicks. A dust grain in water drifts downhill and is kicked by
# the molecules all the time. How hard must the kicks be, so that they hold the cloud open just as much as the force pulls it
# together?
#
# Think of a cloud of grains with density $p$. Its current is what flows past a place per unit of time. The force moves each
# grain with the velocity $-\nabla E$, which makes a current of $-p\,\nabla E$. Kicks that widen a cloud by the variance $2D$ per unit of time
# add $-D\,\nabla p$, from crowded to empty places. For $p = e^{-E/T}/Z$ we have
# $\nabla p = -p\,\nabla E/T$, so
#
# $$J = -p\,\nabla E - D\,\nabla p = -p\,\nabla E\left(1 - \frac{D}{T}\right).$$
#
# When does nothing flow any more? If $D = T$. So in a short time $\varepsilon$ the force moves a walker by $-\varepsilon\nabla E$, and
# kicks add the variance $2\varepsilon T$ to each coordinate:
#
# $$x' = x - \varepsilon\,\nabla E(x) + \sqrt{2\varepsilon T}\;\xi, \qquad \xi \sim \mathcal N(0, 1)\text{ in each coordinate.}$$
#
# This step, again and again, is the **unadjusted Langevin algorithm**, ULA.
#
# > **Convention.** Here $\varepsilon$ multiplies $\nabla E$, and after $n$ steps the time is $n\varepsilon$. Much of statistics writes
# > $\varepsilon/2$ for our $\varepsilon$. So how do you read the temperature of somebody else's code? **It is half the variance of the noise,
# > divided by the factor of the gradient.**
#
# ### Exercise 3.1 · Let them walk
# *Difficulty ●●○ · fifteen minutes · why: these ten lines sample any energy that can be differentiated, networks included.*
#
# Many walkers go side by side, one per row of `x`. The energy is any function that takes such a batch and returns one number per row.
# In each step, let PyTorch find the gradient where the walkers *are*, take the step with the next slice of `noise`, and keep the states.
# If `x` has been told to `requires_grad_(True)`, then `torch.autograd.grad(total, x)[0]` is the gradient of *one* number `total` that
# was computed from it. How do you make one number of many energies and still get each walker's own gradient? Leave the caller's `x`
# as it is, and return states without `requires_grad` (`.detach()`).

# %% todo="3.1" task="return the states after every step"
def ula(
    energy, x: Float[Tensor, "n dim"], step_size: float, temperature: float, noise: Float[Tensor, "steps n dim"]
) -> Float[Tensor, "steps n dim"]:
    """The unadjusted Langevin algorithm.

    Args:
        energy: function of a batch of states that returns one energy for each, shape (n,).
        x: the start, one walker per row.
        step_size: ε > 0.
        temperature: T > 0.
        noise: independent standard normal numbers ξ; noise[k] is for step k.

    Returns:
        The states after each step, in order; the start is not among them.
    """
    ### BEGIN SOLUTION
    kept = []
    size = math.sqrt(2 * step_size * temperature)
    for xi in noise:
        x = x.detach().clone().requires_grad_(True)
        total = energy(x).sum()  # the energy of a row depends on that row only
        (gradient,) = torch.autograd.grad(total, x)
        x = x.detach() - step_size * gradient + size * xi
        kept.append(x)
    return torch.stack(kept)
    ### END SOLUTION


# %% check="3.1" points=4
from course_checks import check, exercises

with check.exercise("3.1", "ula"):
    answer = exercises.langevin.ula.by(ula)
    draw = torch.Generator().manual_seed(31)
    for E, ε, T in ((energies.Rosenbrock(b=2.0), 0.02, 2.0), (energies.Rastrigin(amplitude=1.0), 0.1, 0.7)):
        x, ξ = torch.randn(4, 2, generator=draw).double(), torch.randn(3, 4, 2, generator=draw).double()
        answer.on(f"four walkers, three steps, {E.name}, ε = {ε}, T = {T}", E, x, ε, T, ξ)
    corners, still = torch.eye(3, dtype=torch.float64), torch.zeros(1, 3, 3, dtype=torch.float64)
    answer.on("a step without noise in Σ x⁴/4 + 7", lambda x: (x**4).sum(-1) / 4 + 7, corners, 0.1, 1.0, still, expect=0.9 * corners[None])
    answer.fresh(4, "another landscape")

# %% [markdown] hint="3.1"
# `for xi in noise:` goes through the steps. Inside: `x = x.detach().clone().requires_grad_(True)` is a copy that autograd follows. Autograd
# differentiates *one* number: since each energy depends on its own row only, the gradient of the **sum** of all energies holds the
# gradient of each in its row, `torch.autograd.grad(energy(x).sum(), x)` (a tuple with one entry). Then the step, from `x.detach()`;
# append the new states to a list; after the loop, `torch.stack` makes one tensor of it.

# %% [markdown]
# Send off a thousand walkers, all from the bottom of the *right* valley, at T = 0.7. What will the share on the left be after 3, 30, 300
# and 3000 steps? You know where it must end.

# %%
walk, rng = check.yours("3.1", ula, samplers.by_hand.ula), torch.Generator().manual_seed(1)
bottom = torch.tensor([[1.0, 0.0]]).repeat(1000, 1)
states = walk(two_valleys, bottom, 0.01, 0.7, torch.randn(3000, 1000, 2, generator=rng))
panels, background = [], plots.energy(valleys, two_valleys(valleys))
for n in (3, 30, 300, 3000):
    left = (states[n - 1, :, 0] < 0).double().mean()
    panels.append(plots.panel(background, plots.dots(states[n - 1], most=1000, size=2), title=f"{n:,} steps: {left:.0%} left", height=2.2))
plots.figure(*panels, columns=2, share="xy", bar="one", title="A valley fills fast, and the ridge is crossed slowly")

# %% [markdown]
# *Picture: four maps of the energy with a thousand white dots. After 3 steps a small clump at the right minimum; after 30 the right valley is
# filled; after 300 some dots are in the left one; after 3000 most are.*
#
# Nobody computed Z for them. There is (c).

# %% [markdown]
# ## 3 · What a step costs, and how to make it exact
#
# The currents balance for tiny steps. What does a large one do? Try the bowl $E(x) = x^2/2$, where a step is
# $x' = (1-\varepsilon)\,x + \sqrt{2\varepsilon T}\,\xi$. If the variance $V$ is to stay, $V = (1-\varepsilon)^2 V + 2\varepsilon T$, so
#
# $$V = \frac{T}{1 - \varepsilon/2}$$
#
# instead of $T$. How wide is the cloud at $\varepsilon = 1$? Twice too wide in variance, and no number of steps helps: the walkers
# converge, to the wrong distribution. At $\varepsilon = 2$ they fly apart. (With curvature $k$, at $2/k$.)
#
# The cure is to ask before each step. Call the Langevin step a **proposal** $y$; the density of proposing $y$ from $x$ is
# $q(y|x) \propto \exp\left(-|y - x + \varepsilon\nabla E(x)|^2/4\varepsilon T\right)$. Take it with probability
#
# $$\alpha = \min\left(1,\; \frac{p(y)\,q(x|y)}{p(x)\,q(y|x)}\right)
# = \min\left(1,\; e^{-(E(y)-E(x))/T}\,\frac{q(x|y)}{q(y|x)}\right),$$
#
# and stay at $x$ otherwise. Why is that exact? Among walkers distributed like $p$, as many go from $x$ to $y$ as come back:
# $p(x)\,q(y|x)\,\alpha(x \to y) = p(y)\,q(x|y)\,\alpha(y \to x)$, *detailed balance*, at every $\varepsilon$. This is **MALA**, the
# Metropolis-adjusted Langevin algorithm. Does Z matter in it?
#
# ### Exercise 3.2 · Ask before you step
# *Difficulty ●●● · twenty minutes · why: your MALA drives the pictures from here on. Each of its parts can be wrong, and the samples
# still look fine.*
#
# The same loop, with the test in it. `samplers.gradient(energy, x)` gives $\nabla E$, as your autograd lines did. Work with logs:
# $\log q(b|a) = -|b - a + \varepsilon\nabla E(a)|^2/(4\varepsilon T)$, up to a constant that cancels. Accept where $u < \alpha$, for each
# walker by itself.

# %% todo="3.2" task="return the states after every step, and the acceptance probabilities"
def mala(
    energy, x: Float[Tensor, "n dim"], step_size: float, temperature: float,
    noise: Float[Tensor, "steps n dim"], uniform: Float[Tensor, "steps n"],
) -> tuple[Float[Tensor, "steps n dim"], Float[Tensor, "steps n"]]:
    """The Metropolis-adjusted Langevin algorithm.

    Args:
        energy, x, step_size, temperature: as for ula.
        noise: standard normal numbers ξ for the proposals, a slice for each step.
        uniform: numbers u between 0 and 1, a row for each step, one for each walker.

    Returns:
        The states after each step, and α for each step and walker, a probability.
    """
    ### BEGIN SOLUTION
    kept, alphas = [], []
    at_x = samplers.gradient(energy, x)
    for xi, u in zip(noise, uniform, strict=True):
        y = x - step_size * at_x + math.sqrt(2 * step_size * temperature) * xi
        at_y = samplers.gradient(energy, y)
        there = ((y - x + step_size * at_x) ** 2).sum(-1)
        back = ((x - y + step_size * at_y) ** 2).sum(-1)
        log_ratio = (energy(x) - energy(y)) / temperature
        log_ratio = log_ratio + (there - back) / (4 * step_size * temperature)
        alpha = torch.exp(log_ratio.clamp(max=0.0))
        accept = (u < alpha)[:, None]
        x = torch.where(accept, y, x)
        at_x = torch.where(accept, at_y, at_x)
        kept.append(x)
        alphas.append(alpha)
    return torch.stack(kept), torch.stack(alphas)
    ### END SOLUTION


# %% check="3.2" points=5
from course_checks import check, exercises

with check.exercise("3.2", "mala"):
    answer = exercises.langevin.mala.by(mala)
    draw = torch.Generator().manual_seed(47)
    for E, ε, T in ((energies.Rosenbrock(a=0.5, b=0.5), 0.2, 1.7), (energies.Rastrigin(amplitude=1.0), 0.05, 0.6)):
        x, ξ = torch.randn(8, 2, generator=draw).double(), torch.randn(4, 8, 2, generator=draw).double()
        answer.on(f"{E.name}, ε = {ε}, T = {T}", E, x, ε, T, ξ, torch.rand(4, 8, generator=draw).double())
    answer.fresh(4, "other walkers")

# %% [markdown] hint="3.2"
# For each slice `xi` of noise and row `u` of uniform: the proposal `y` is a step of ULA. Compute `there`, the square of
# $y - x + \varepsilon\nabla E(x)$ summed over the last axis, and `back`, the square of $x - y + \varepsilon\nabla E(y)$: the gradient belongs to
# the place where the step *starts*. The log of the ratio is $(E(x) - E(y))/T$ plus `(there - back) / (4 * step_size * temperature)`, and
# `torch.exp(log_ratio.clamp(max=0))` is $\alpha$. `torch.where(accept[:, None], y, x)` chooses row by row. Keep the states also of
# steps that were refused.

# %% [markdown]
# Both on the bowl at T = 1, a thousand walkers each, at five steps up to the edge. MALA refuses more, the larger the step. Guess: what
# share does it still accept at $\varepsilon = 1$, where ULA's variance is twice too large?

# %%
adjusted, rng, rows = check.yours("3.2", mala, samplers.by_hand.mala), torch.Generator().manual_seed(3), []
steps, fine = torch.tensor([0.1, 0.5, 1.0, 1.5, 1.8]), torch.linspace(0, 1.9, 100)
for ε in steps.tolist():
    noise, u = torch.randn(500, 1000, 1, generator=rng), torch.rand(500, 1000, generator=rng)
    bowl_at = (lambda x: (x[..., 0] ** 2) / 2, torch.zeros(1000, 1), ε, 1.0, noise)
    x, α = adjusted(*bowl_at, u)
    rows.append((walk(*bowl_at)[100:].var(), x[100:].var(), α.mean()))
by_ula, by_mala, accepted = torch.tensor(rows).T
plots.figure(
    plots.panel(plots.exact(fine, 1 / (1 - fine / 2), "$T/(1 - \\varepsilon/2)$"), plots.points(steps, by_ula, name="ULA"), plots.hline(1, "$T$"),
                plots.points(steps, by_mala, name="MALA"), log="y", yticks=(1, 2, 5, 10), xlabel="step size $\\varepsilon$", ylabel="variance of $x$"),
    plots.panel(plots.points(steps, accepted, name="MALA"), xlabel="step size $\\varepsilon$", ylabel="share accepted", ylim=(0, 1.05)),
    title=f"At $\\varepsilon = 1.5$ the variance is {by_ula[3]:.2f} by ULA and {by_mala[3]:.2f} by MALA; the truth is 1",
)

# %% [markdown]
# *Picture: left, the variance against the step. ULA's points lie on a grey curve that shoots up, MALA's stay on a dashed line at 1. Right,
# the share that MALA accepts falls from nearly one to about a half; at $\varepsilon = 1$ it is still more than three quarters.*
#
# If MALA is right at any step, which one is best? A tiny step is always accepted and goes nowhere; a huge one is always refused. Anything
# that accepts **0.4 to 0.8** is good (section 8 has the optimum).

# %% [markdown]
# ## 4 · Watch one walker
#
# Your MALA alone on the two valleys, 1200 steps at T = 0.7. The density has three quarters of its mass on the left. Does *this* walker know?

# %%
rng = torch.Generator().manual_seed(11)
noise, u = torch.randn(1200, 1, 2, generator=rng), torch.rand(1200, 1, generator=rng)
path = adjusted(two_valleys, bottom[:1], 0.02, 0.7, noise, u)[0][:, 0]
over = int((path[:, 0] < -0.7).nonzero()[0])  # the step that reaches the other valley
shown = path[max(0, over - 60) : over + 40]
plots.figure(
    plots.surface(valleys, two_valleys(valleys), way=shown, heights=two_valleys(shown), span=(-0.5, 5), view=(52, -76),
                  zlabel="energy $E$", lines=(0.5, 1, 1.5, 2, 3, 4), relief=0.5, zoom=1.2, title="a hundred steps, up to the disc"),
    plots.panel(plots.span(max(0, over - 60), over + 40, "the hundred steps", color="red"), plots.line(torch.arange(1200), path[:, 0], width=0.9),
                plots.hline(0, style=":"), xlabel="step", ylabel="$x_1$", title="all steps"),
    title=f"One walker, 1200 steps: {(path[:, 0] < 0).double().mean():.0%} of them on the left", widths=(1.6, 1),
)

# %% [markdown]
# *Picture: left, the energy as a lit landscape of two hollows. An orange line of a hundred steps turns about in the right hollow, crosses the
# saddle once and ends in the left one at a disc. Right, the first coordinate against the step: near +1 for hundreds of steps, then
# near −1; the crossing itself takes a few.*
#
# It knows *its* valley after fifty steps; the shares of the two only after many crossings. Three questions to every run:
#
# - When has it forgotten its start? What comes before is the **burn-in**, and is thrown away.
# - How long does it remember after that? The correlation $\rho_k$ of $x_n$ and $x_{n+k}$, its **autocorrelation** at lag $k$, adds up to the
#   integrated autocorrelation time $\tau = 1 + 2\sum_k \rho_k$: so many steps make one independent draw.
# - How much is it worth, then? $n$ steps count as an **effective sample size** of ESS $= n/\tau$.

# %% [markdown]
# ## 5 · How high is the wall?
#
# Crossing is what takes so long. Four double wells,
#
# $$E(x) = \Delta E\,(x^2 - 1)^2, \qquad \Delta E = 1, 2, 4, 8,$$
#
# at T = 1. A hundred walkers start in each, all on the left. **Guess first:** from each to the next the wall is twice as high. Does it
# take twice as long to get over?

# %%
heights, rng = torch.tensor([1.0, 2.0, 4.0, 8.0]).repeat_interleave(100), torch.Generator().manual_seed(5)
noise, u = torch.randn(6000, 400, 1, generator=rng), torch.rand(6000, 400, generator=rng)
x = adjusted(lambda x: heights * (x[..., 0] ** 2 - 1) ** 2, -torch.ones(400, 1), 0.01, 1.0, noise, u)[0][..., 0]
arrived, first = (x > 1).any(0), (x > 1).int().argmax(0)
wells, lanes, (track, dx) = [], [], boltzmann.grid_1d(-1.9, 1.9, 301)
for k, ΔE in enumerate((1.0, 2.0, 4.0, 8.0)):
    some, E = slice(100 * k, 100 * k + 100), ΔE * (track**2 - 1) ** 2
    n = torch.where(arrived, first, 6000)[some].sum() / arrived[some].sum()  # steps of all walkers, per arrival
    wells.append(plots.panel(plots.well(track, E, boltzmann.density(E, dx, 1.0)[0], top=9), title=f"$\\Delta E = {ΔE:g}$", height=2))
    lanes.append(plots.panel(plots.lanes(x[:, some][:, :3], span=(-2, 2), marks=(-1, 1)), title=f"{n:,.0f} steps to cross", xlabel="step", height=2))
plots.figure(*wells, *lanes, columns=4, title="Twice the wall takes many times as long")

# %% [markdown]
# *Picture: four double wells side by side, each hill twice as high as the one before, with the density as two ever more separate humps; below
# each, three walkers against the step. Behind the lowest hill they go to and fro all the time; behind the highest they stay where they
# started.*
#
# Over a high wall it takes about $e^{\Delta E/T}$: each unit of $\Delta E/T$ costs a factor of 2.7, a little less with the prefactor
# (section 14), and much less where the top is no rare place, as in the first two panels. Why? The walker must be on top once, and the
# chance to find it there is $e^{-\Delta E/T}$. Behind a wall of 20 T nobody waits long enough.
#
# Now look at the last panel alone. If you did not know the formula, what would tell you that half of the density is missing?

# %% [markdown]
# ## 6 · Do the walkers agree?
#
# One walker cannot report a valley that it has never seen. Several from **different starts** can: if all have found the same
# distribution, the spread *between* their means is no larger than the spread *within* each explains. This is **R-hat** (Gelman and Rubin
# 1992). Cut each of $m$ chains into two halves, so that a drift shows as well. For the $2m$ half-chains of length $n$, let $W$ be the mean
# of their variances and $B/n$ the variance of their means. Then
#
# $$\hat R = \sqrt{\frac{\frac{n-1}{n}\,W + \frac{B}{n}}{W}},$$
#
# near 1 if they agree. And the error of the mean of everything? Successive states are not independent, so $\sigma/\sqrt{\text{number of
# states}}$ is far too small. What *is* independent?
#
# ### Exercise 3.3 · The judge
# *Difficulty ●●○ · fifteen minutes · why: three numbers to ask for before you believe an average, here and in every later lesson.*
#
# Different chains are independent. Average each over time; the error is the standard deviation of these means, divided by the root of
# the number of chains. All variances here divide by "number minus one", which is torch's default.

# %% todo="3.3" task="return the mean, its standard error and R-hat"
def judge(samples: Float[Tensor, "n_kept n_chains"]) -> tuple[float, float, float]:
    """The verdict on several chains.

    Args:
        samples: one column per chain, time runs down; n_kept is even, the burn-in is gone.

    Returns:
        The mean of all states, its standard error from the means of the chains, and R-hat of the half-chains.
    """
    ### BEGIN SOLUTION
    n_kept, n_chains = samples.shape
    means = samples.mean(dim=0)
    error = means.std() / math.sqrt(n_chains)
    n = n_kept // 2
    halves = torch.cat([samples[:n], samples[n:]], dim=1)
    within = halves.var(dim=0).mean()
    between = halves.mean(dim=0).var()  # B / n
    r_hat = torch.sqrt(((n - 1) / n * within + between) / within)
    return float(means.mean()), float(error), float(r_hat)
    ### END SOLUTION


# %% check="3.3" points=4
from course_checks import check, exercises

with check.exercise("3.3", "judge"):
    answer = exercises.langevin.judge.by(judge)
    noise = torch.randn(40, 3, generator=torch.Generator().manual_seed(34), dtype=torch.float64)
    answer.on("three chains of noise", noise)
    answer.on("three drifting chains", noise + torch.linspace(0, 2, 40)[:, None])
    answer.on("three chains, one of them elsewhere", noise + torch.tensor([0.0, 10.0, 0.0]))
    answer.on("two chains that stand still at ±1, but for a start", torch.tensor([[0, 0], [-1, 1], [-1, 1], [-1, 1.0]]))
    answer.fresh(4, "other chains")

# %% [markdown] hint="3.3"
# `samples.mean(dim=0)` holds one mean per chain. `torch.cat([samples[:n], samples[n:]], dim=1)` puts first and second halves side by
# side, one column each; `halves.var(dim=0).mean()` is W, and `halves.mean(dim=0).var()` is B/n already.

# %% [markdown]
# Four walkers at a wall of 12 and four at one of 1, each time from one side and from both. The true mean of $x$ is 0. Which of
# the four verdicts is a lie?

# %%
verdict, panels, rng = check.yours("3.3", judge, diagnostics.judge), [], torch.Generator().manual_seed(6)
walls = torch.tensor([12.0, 12.0, 1.0, 1.0]).repeat_interleave(4)
starts = torch.tensor([-1.0, -1, -1, -1, -1, -1, 1, 1] * 2)[:, None]  # all from the left; from both sides; and again
noise, u = torch.randn(12_000, 16, 1, generator=rng), torch.rand(12_000, 16, generator=rng)
x = adjusted(lambda x: walls * (x[..., 0] ** 2 - 1) ** 2, starts, 0.02, 1.0, noise, u)[0][2000:, :, 0]
for k, name in enumerate(("all from the left", "from both sides") * 2):
    mean, error, r_hat = verdict(x[:, 4 * k : 4 * k + 4])
    words = f"$\\Delta E = {walls[4 * k]:g}$, {name}: {mean:+.2f} ± {error:.2f}, R-hat {r_hat:.2f}"
    panels.append(plots.panel(plots.lanes(x[:, 4 * k : 4 * k + 4], span=(-2, 2), marks=(-1, 1)), title=words, xlabel="step", height=2.2))
plots.figure(*panels, columns=2, title="Only starts on both sides raise the alarm")

# %% [markdown]
# *Picture: four panels with four walkers each. Behind the high wall, all from the left, they stay at −1, and R-hat finds no fault; from both
# sides, two stay on each, and R-hat is far above 1. Behind the low wall they cross to and fro from either start.*
#
# The first one: −1 with a small error and a perfect R-hat. Four walkers from one side agree with one another, about nothing. So start
# far apart, on opposite sides of what you want to know: **two opposite starts** are this course's protocol for "equilibrium".
# `diagnostics.r_hat` is the modern form, by ranks; its authors accept a run below **1.01**, so even the low wall asks for a
# longer one. And no diagnostic sees what no walker has visited.
#
# Now try every lever. Each picture is a fresh run of 800 steps per chain. After its question, look for a step at which MALA hardly
# moves, and for a picture of the egg box that is wrong without any complaint.

# %%
explorers.langevin()

# %% [markdown]
# Without a kernel, the figure of section 3 answers the question.

# %% [markdown] think="3a"
# **Think.** A friend's code for a density $p$ does `x = x + step * score(x) + sqrt(step) * noise`, with the score of $p$ at T = 1.
# What does it sample, and what variance would it report for $E = x^2/2$ at step 0.1?
# <!-- ANSWER -->
# The factor of the gradient is step and the variance of the noise is step, so its temperature is 1/2: it samples $p^2$, normalised,
# which is too narrow. The variance is $0.5/(1 - 0.05) = 0.526$. The missing 2 is that of Exercise 3.1.

# %% [markdown]
# ## What you made
#
# - `ula` turns any energy into walkers: drift $-\varepsilon\nabla E$, noise $\sqrt{2\varepsilon T}$, no Z. Its step biases it.
# - `mala` asks before each step and is exact. Choose the step by its acceptance, 0.4 to 0.8. As `samplers.ula` and `samplers.mala` both
#   wait in the module, with burn-in and a generator.
# - `judge` gives a mean, an honest error and R-hat. Start on opposite sides: a wall takes $e^{\Delta E/T}$.
#
# That is all that later lessons need. What follows is for those who want more.

# %% [markdown] depth="90 min"
# Whose temperature is it? The best step; how long a walker remembers; samples beside exact densities; Hamiltonian Monte Carlo for long narrow
# valleys; an egg box; annealing, weights and replica exchange over walls that nobody crosses; Kramers' law; and what goes wrong.

# %%
from itertools import pairwise

from course_utils import partition

double_well, bowl = energies.DoubleWell(barrier=2.0), energies.Quadratic()
mixture = energies.GaussianMixture(
    means=torch.tensor([[-1.5, -0.8], [1.5, -0.8], [0.0, 1.5]]),
    covs=torch.tensor([[[0.5, 0.2], [0.2, 0.4]], [[0.4, -0.1], [-0.1, 0.5]], [[0.6, 0.0], [0.0, 0.3]]]),
    weights=torch.tensor([0.5, 0.3, 0.2]),
)


def over_chains(values: Float[Tensor, "n_kept n_chains"]) -> tuple[float, float]:
    """Mean over all values, and its standard error from the spread of independent chains."""
    each = values.double().mean(0)
    return float(each.mean()), float(each.std() / math.sqrt(len(each)))


def versus(value: float, error: float, exact: float, digits: int = 4) -> str:
    """An estimate beside the exact value, and how many standard errors lie between them."""
    off = (value - exact) / error
    return f"{value:.{digits}f} ± {error:.{digits}f}, exact {exact:.{digits}f} ({off:+.1f} errors)"


# %% [markdown]
# ## 7 · Two conventions, and how to tell them apart
#
# | | drift | noise | stationary variance on $E = x^2/2$ | written by |
# | --- | --- | --- | --- | --- |
# | A (this course) | $-\varepsilon\nabla E$ | $\sqrt{2\varepsilon T}\,\xi$ | $T/(1-\varepsilon/2)$ | physics, optimisers with noise |
# | B | $-\frac{\varepsilon}{2}\nabla E$ | $\sqrt{\varepsilon T}\,\xi$ | $T/(1-\varepsilon/4)$ | much of statistics |
#
# Both are right: what B calls $\varepsilon$ is twice what A calls $\varepsilon$. Mixing them is wrong: drift of B with the noise of A doubles
# the temperature. On the bowl a step with drift factor $a$ and noise $s$ is $x' = (1-a)\,x + s\,\xi$, so that
#
# $$V = \frac{s^2}{2a - a^2} = \frac{T_\text{eff}}{1 - a/2}, \qquad T_\text{eff} = \frac{s^2}{2a} .$$
#
# Every code of this kind has a temperature, whether it says so or not, and running it on a bowl measures it. Four codes:

# %%
codes = {
    "A, ε = 0.5, T = 1": (0.5, math.sqrt(2 * 0.5)),
    "B, ε = 0.5, T = 1": (0.25, math.sqrt(0.5)),
    "drift of B, noise of A": (0.25, math.sqrt(2 * 0.5)),
    "step 0.01, noise 0.005": (0.01, 0.005),
}
rng = torch.Generator().manual_seed(22)
for name, (a, s) in codes.items():
    x, squares = torch.zeros(2000), []
    for _ in range(2000):
        x = x - a * x + s * torch.randn(2000, generator=rng)
        squares.append(x**2)
    V, error = over_chains(torch.stack(squares[500:]))
    print(f"{name:24s} T = s²/2a = {s * s / (2 * a):.5f}   ", end="")
    print(f"V = {versus(V, error, s * s / (2 * a - a * a), digits=6)}")

# %% [markdown]
# One measured variance tells the conventions apart, 4/3 against 8/7 at the same $\varepsilon$. In the last code step and noise were chosen
# apart from each other, as it is done for images (the code of Grathwohl and others 2020 has a step of 1 and a noise of 0.01). Its
# temperature is printed beside it: it hardly samples. It descends, with a little dust on the way.
#
# ## 8 · The best step of MALA
#
# A tiny step is always accepted and goes nowhere, a huge one is always refused. In between is the longest mean squared jump. Chains start
# from the exact distribution here, so there is no burn-in.

# %%
rng, scans, tops = torch.Generator().manual_seed(4), {}, []
for dim, n_chains, lowest in ((1, 1000, 0.1), (100, 20, 0.025)):
    energy, ε, rows = energies.Quadratic(dim=dim), lowest * 1.35 ** torch.arange(12), []
    for step_size in ε.tolist():
        x = torch.randn((n_chains, dim)[: 1 + (dim > 1)], generator=rng)
        run = samplers.mala(energy, x, step_size=step_size, n_steps=300, generator=rng)  # T = 1
        jumps = torch.diff(run.trajectory, dim=0) ** 2
        rows.append((float(run.acceptance.mean()), float(jumps.mean())))
    accepted, jump = torch.tensor(rows).T
    best = int(jump.argmax())
    print(f"dimension {dim}: of twelve steps the longest jumps at ε = {ε[best]:.3f}, acceptance {accepted[best]:.3f}")
    name = f"{dim} dimension{'s' if dim > 1 else ''}"
    scans[name] = (ε, accepted, jump / jump.max())
    tops.append(f"{accepted[best]:.2f} in {name}")

# %%
left = [plots.points(ε, accepted, name=name, joined=True) for name, (ε, accepted, _) in scans.items()]
right = [plots.points(accepted, jump, name=name, joined=True) for name, (_, accepted, jump) in scans.items()]
plots.figure(
    plots.panel(*left, log="x", xlabel="step size $\\varepsilon$", ylabel="acceptance", ylim=(0, 1.03)),
    plots.panel(*right, plots.vline(0.574, "0.574, the best in many dimensions"), xlabel="acceptance", ylabel="mean squared jump / its largest"),
    title=f"MALA jumps farthest at an acceptance of {' and '.join(tops)}",
)

# %% [markdown]
# *Picture: on the left the acceptance falls from 1 as the step grows, in 100 dimensions at much smaller steps than in one. On the
# right the mean squared jump against the acceptance, a hill for each: the top for 100 dimensions is flat and lies about a dashed
# line at 0.574, that for one dimension lies to the right of it.*
#
# In many dimensions the best acceptance is 0.574 and the best step shrinks as $d^{-1/3}$ (Roberts and Rosenthal 1998). The
# hill is flat: anything from 0.4 to 0.8 is good. In one dimension the top lies higher.

# %% [markdown]
# ## 9 · How long does it remember?
#
# On the bowl all of it is known. The mean energy after $n$ steps of ULA is $\langle E_n\rangle = \frac12\left[x_0^2\rho^{2n} + V(1-\rho^{2n})\right]$
# with $\rho = 1-\varepsilon$; the autocorrelation at lag $k$ is $\rho^k$; and $\tau = (2-\varepsilon)/\varepsilon$. The first call of these
# diagnostics loads the package arviz, which takes some seconds.

# %%
rng, lags = torch.Generator().manual_seed(5), {}
far = torch.full((1000,), 20.0)
far_run = samplers.ula(bowl, far, step_size=0.02, n_steps=400, temperature=1.0, generator=rng)
decay, V = 0.98 ** (2 * torch.arange(1, 401)), 1 / (1 - 0.02 / 2)
mean_energy = (20.0**2 * decay + V * (1 - decay)) / 2
burn_in = 1 + int((mean_energy > 1.01 * mean_energy[-1]).sum())
print(f"after {burn_in} steps the mean energy is within 1 % of its final value {mean_energy[-1]:.4f}")
for ε, n_lags in ((0.02, 151), (0.1, 61), (0.5, 16)):
    start = torch.randn(50, generator=rng) / math.sqrt(1 - ε / 2)
    how = {"step_size": ε, "n_steps": 8000, "temperature": 1.0, "generator": rng}
    x = samplers.ula(bowl, start, **how).trajectory
    measured, τ = diagnostics.autocorrelation(x, n_lags - 1).mean(1), diagnostics.integrated_time(x)
    lags[f"$\\varepsilon = {ε:g}$"] = (measured, (1 - ε) ** torch.arange(n_lags))
    naive, (mean, honest) = float(x.std() / math.sqrt(x.numel())), over_chains(x)
    print(f"ε = {ε:4.2f}: τ = {τ:6.2f}, exact {(2 - ε) / ε:6.2f}", end="   ")
    print(f"ESS {x.numel() / τ:7.0f} of {x.numel():,}", end="   ")
    print(f"⟨x⟩ = {mean:+.4f} ± {honest:.4f}; were the samples independent ± {naive:.4f}")

# %%
step, lag = torch.arange(1, 401), torch.arange(151)
memory = [plots.line(lag[: len(exact)], exact, name) for name, (_, exact) in lags.items()]
memory += [plots.points(lag[: len(a) : 5], a[::5], name=name) for name, (a, _) in lags.items()]
plots.figure(
    plots.panel(
        plots.span(0, burn_in, f"burn-in: {burn_in} steps", color="orange"),
        plots.line(step[::3], far_run.energy[::3, :2], "two single chains", color="grey", width=0.8),
        plots.line(step, far_run.energy.mean(1), "mean of 1,000 chains", color="sky", width=4),
        plots.line(step, mean_energy, "exact mean", color="black", style="--", width=1.2),
        log="y", ylim=(3e-3, 400), xlabel="step", ylabel="energy $E$", title="burn-in",
    ),
    plots.panel(*memory, xlabel="lag (steps)", ylabel="autocorrelation of $x$", title="memory: measured (dots) and exact (lines)"),
    title=f"The mean energy falls from {far_run.energy[0].mean():.0f} to {mean_energy[-1]:.2f}; after that, small steps still remember for long",
)  # fmt: skip

# %% [markdown]
# *Picture: on the left the mean energy of the chains, on a logarithmic axis, falls along a dashed exact curve and levels off; the
# part before that is shaded, and two single chains scatter in grey. On the right three decaying curves with measured dots on them
# or close by; the smallest step decays slowest.*
#
# The last two columns are the point. With $\varepsilon = 0.02$ the formula $\sigma/\sqrt n$ for independent samples claims an
# error that is too small by the factor $\sqrt\tau \approx 10$. Use independent chains, or divide by $\sqrt{\text{ESS}}$.

# %% [markdown]
# ## 10 · Beside the exact density
#
# A sampler is trusted after it has met exact numbers. First a correlated Gaussian with mean (1, −1) and covariance
# [[1, 0.5], [0.5, 1]], then a mixture of three Gaussians, whose masses come from quadrature.

# %%
covariance = torch.tensor([[1.0, 0.5], [0.5, 1.0]])
gaussian = energies.GaussianMixture(torch.tensor([[1.0, -1.0]]), covariance[None])
rng, kept = torch.Generator().manual_seed(7), {}
for name, energy, n_steps in (("correlated Gaussian", gaussian, 2000), ("three valleys", mixture, 5000)):
    start = 2 * torch.randn(400, 2, generator=rng)
    how = {"n_steps": n_steps, "burn_in": 500, "thin": 5, "temperature": 1.0, "generator": rng}
    run = samplers.mala(energy, start, step_size=0.4, **how)
    kept[name] = run.trajectory
    r_hat = diagnostics.r_hat(run.trajectory[:, :20]).round(3)
    print(f"{name}, MALA at T = 1: acceptance {run.acceptance.mean():.3f}, R-hat of 20 chains {r_hat}")
x = kept["correlated Gaussian"].double()
away = x - x.mean((0, 1))
for what, values, exact in (
    ("mean of x₁", x[..., 0], 1.0),
    ("mean of x₂", x[..., 1], -1.0),
    ("variance of x₁", away[..., 0] ** 2, 1.0),
    ("variance of x₂", away[..., 1] ** 2, 1.0),
    ("covariance", away[..., 0] * away[..., 1], 0.5),
):
    print(f"   {what:15s} {versus(*over_chains(values), exact)}")

# %%
grid, cell = boltzmann.grid_2d(((-6.0, 6.0), (-6.0, 6.0)), 401)
p, _ = boltzmann.density(mixture(grid), cell, 1.0)
x = kept["three valleys"].double()


def nearest(points: Float[Tensor, "*batch 2"]) -> Float[Tensor, "*batch"]:
    """Number of the minimum that lies nearest to each point."""
    return (points.unsqueeze(-2) - mixture.minima).norm(dim=-1).argmin(-1)


for i in range(3):
    exact = float(p[nearest(grid) == i].sum() * cell)
    print(f"nearest to minimum {i + 1}: {versus(*over_chains(nearest(x) == i), exact)}")
near, _ = boltzmann.grid_2d(((-4.0, 4.0), (-4.0, 4.0)), 161)
panels = []
for name, energy in (("correlated Gaussian", gaussian), ("three valleys", mixture)):
    samples = kept[name].reshape(-1, 2)
    p = torch.exp(-energy(near))  # log Z = 0 at T = 1 for both
    seen = plots.cloud(samples, ((-4, 4), (-4, 4)), top=float(p.max()), scale="")
    panels.append(plots.panel(seen, square=True, height=2.4, title=name))
    panels.append(plots.panel(plots.density(near, p), square=True, title="exact"))
title = "120,000 and 360,000 samples by MALA at $T = 1$, each beside the exact density"
plots.figure(*panels, columns=4, title=title)

# %% [markdown]
# *Picture: two pairs of maps. On the left of each a grainy histogram of the samples, on the right the smooth exact density: a
# tilted ellipse, and three bright spots of different size. They agree.*
#
# (R-hat is that of 20 of the 400 chains. Where it is above 1.01, its authors would ask for longer ones; what all 400 say
# together is within errors of the exact values.)
#
# And the double well, ⟨x²⟩ against quadrature at three temperatures:

# %%
rng, (line, dx) = torch.Generator().manual_seed(8), boltzmann.grid_1d(-3.5, 3.5, 4001)
for T in (0.5, 1.0, 3.0):
    p, _ = boltzmann.density(double_well(line), dx, T)
    exact = float((p * line**2).sum() * dx)
    how = {"step_size": 0.05, "burn_in": 1000, "thin": 4, "temperature": T, "generator": rng}
    run = samplers.mala(double_well, torch.linspace(-1.5, 1.5, 1000), n_steps=3000, **how)
    print(f"T = {T:3.1f}: ⟨x²⟩ = {versus(*over_chains(run.trajectory**2), exact)}", end="")
    print(f"   acceptance {run.acceptance.mean():.3f}")

# %% [markdown]
# ## 11 · A cure for slow: Hamiltonian Monte Carlo
#
# In a long and narrow valley the narrow side dictates the step, and a random walk along the long side takes its square of steps. Give the
# walker inertia instead. In each step it gets a fresh random velocity $v \sim \mathcal N(0, T)$ and rolls without friction,
# $\dot x = v$, $\dot v = -\nabla E$, which keeps $H = E(x) + \tfrac12 |v|^2$. It is followed in $L$ *leaps* of time $h$,
#
# $$v \leftarrow v - \tfrac h2 \nabla E(x), \qquad x \leftarrow x + h\,v, \qquad v \leftarrow v - \tfrac h2 \nabla E(x),$$
#
# and the end is accepted with probability $\min(1, e^{-\Delta H/T})$: only the error of the leaps is refused, however far the way. That is
# **Hamiltonian Monte Carlo** (Duane and others 1987). With a single leap it *is* MALA, with $\varepsilon = h^2/2$. What do many leaps buy, per
# gradient? A Gaussian in ten dimensions, 1 wide on one axis and up to 20 on the others:

# %%
widths, rng = torch.logspace(0, math.log10(20), 10), torch.Generator().manual_seed(24)
leaps, worth, paths = (1, 3, 10, 30), [], {}


def long_valley(x: Float[Tensor, "*batch 10"]) -> Float[Tensor, "*batch"]:
    return (x**2 / widths**2).sum(-1) / 2


for n_leaps, h in zip(leaps, (1.1, 1.0, 0.9, 0.9), strict=True):
    start = widths * torch.randn(24, 10, generator=rng)  # exact samples: no burn-in
    run = samplers.hmc(long_valley, start, step_size=h, n_leapfrog=n_leaps, n_steps=15_000 // n_leaps, generator=rng)
    longest = run.trajectory[..., -1]
    if n_leaps in (1, 30):
        paths[n_leaps] = run.trajectory[: 900 // n_leaps, 0, [0, -1]]
    worth.append([diagnostics.ess(eight) / (8 * 15) for eight in longest.split(8, dim=1)])  # three independent sets
    V = over_chains(longest**2 / widths[-1] ** 2)
    print(f"{n_leaps:2d} leaps: variance of the longest axis / exact {versus(*V, 1.0, 3)}")
worth = torch.tensor(worth)

# %%
plane, _ = boltzmann.grid_2d(((-4.0, 4.0), (-50.0, 50.0)), 161)
below, lines = plots.energy(plane, (plane**2 / widths[[0, -1]] ** 2).sum(-1) / 2), []
for n_leaps, path in paths.items():
    name = "MALA" if n_leaps == 1 else f"{n_leaps} leaps"
    lines.append(plots.panel(below, plots.path(path), title=f"{name}: 900 gradients", xlabel="narrow", ylabel="long"))
each = [plots.points(leaps, w, name="each set of chains", color="blue", joined=True) for w in worth.T]
gain = plots.panel(*each, log="xy", xlabel="leaps in a step", ylabel="ESS per 1000 gradients", title="Gaussian, longest axis")
times = worth[2] / worth[0]
plots.figure(*lines, gain, title=f"Ten leaps are worth {times.min():.0f} to {times.max():.0f} times as much per gradient as MALA")

# %% [markdown]
# *Picture: the valley twice, in its narrowest and its longest direction, the narrow one drawn twelve times as wide, with the path of one
# chain over 900 gradients. MALA's is a dense scribble that stays in a third of the length; 30 leaps make 30 strokes across most of it.
# Right, on logarithmic axes, the effective samples per 1000 gradients of three sets of eight chains: three lines close to each other
# that rise from MALA, one leap, to ten and more.*
#
# A walk of $n$ random steps gets $\sqrt n$ far, a roll of $n$ leaps gets $n$ far. Too many leaps turn round and come back, which is wasted (the
# *no-U-turn* sampler stops there), and walls stay walls: a roll has no more energy than its velocity gives it. Those come next.

# %% [markdown]
# ## 12 · An egg box
#
# Rastrigin's energy, $E = \sum_i x_i^2 + 10\,(1 - \cos 2\pi x_i)$, has a well near every pair of whole numbers that are not too
# large. A well needs a place where the slope $2x + 20\pi\sin 2\pi x$ of a coordinate is zero, so $|x| \le 10\pi$: the last
# wells lie near ±31, and beyond them the bowl is too steep for any. Near the centre, where the chains are, barriers of about 20
# stand between neighbours. First the step. The curvature is at most $2 + 40\pi^2 \approx 397$.

# %%
rastrigin = energies.Rastrigin()
stable = samplers.stable_step_size(rastrigin, torch.zeros(1, 2))
print(f"largest stable ε = {stable:.6f}; 2 / (2 + 40 π²) = {2 / (2 + 40 * math.pi**2):.6f}")
start = torch.tensor([[0.0, 0.0], [2.0, 2.0], [-2.0, 1.0], [1.0, -2.0], [-3.0, -3.0]])
pictures, rng = {}, torch.Generator().manual_seed(9)
for T in (1.0, 5.0):
    how = {"step_size": 0.002, "n_steps": 10_000, "thin": 10, "temperature": T, "generator": rng}
    in_box = samplers.mala(rastrigin, start, **how)
    wells = [len(torch.unique(chain.round(), dim=0)) for chain in in_box.trajectory.unbind(1)]
    print(f"T = {T:g}: acceptance {in_box.acceptance.mean():.3f}, wells visited {wells}", end="")
    print(f", R-hat of x₁ and x₂ {diagnostics.r_hat(in_box.trajectory).round(2)}")
    visited = f"{min(wells)} to {max(wells)} wells" if max(wells) > 1 else "1 well"
    pictures[f"$T = {T:g}$: {visited} per chain"] = torch.cat([start[None], in_box.trajectory[1::2]])

# %%
points, cell = boltzmann.grid_2d(((-4.6, 4.6), (-4.6, 4.6)), 201)
wells = plots.energy(points, rastrigin(points), levels=5, grey=True)
panels = []
for title, chains in pictures.items():
    ways = [plots.path(chain, f"chain {k + 1}") for k, chain in enumerate(chains.unbind(1))]
    panels.append(plots.panel(wells, *ways, square=True, title=title, height=4.4))
title = "Five chains of 10,000 steps each (MALA, $\\varepsilon = 0.002$): the cold ones never left their wells"
plots.figure(*panels, share="y", title=title, legend_title="discs: starts; crosses: ends; one line for each 20 steps")

# %% [markdown]
# *Picture: two maps of a regular pattern of dark wells with five coloured chains, discs at their starts and crosses at their
# ends. On the left each cross lies on its disc: no chain left its well. On the right the chains wander over many wells.*
#
# Which shares of the time *should* the wells have? The coordinates are independent, so one integral per whole number is
# enough. A well's share is the product of two. We sort the wells by their distance from the origin, and compare the five
# chains, and a thousand chains: half of them start anywhere in the box, half all in the centre.

# %%
ring_names = ["centre (0, 0)", "4 next to it", "4 diagonal", "further out"]


def rings(x: Float[Tensor, "*batch 2"]) -> Float[Tensor, "*batch 4"]:
    """One-hot: in which of the four groups of wells a state lies."""
    r2 = (x.round() ** 2).sum(-1)
    return torch.stack([r2 == 0, r2 == 1, r2 == 2, r2 > 2], dim=-1).double()


def exact_rings(T: float) -> Float[Tensor, "4"]:
    """Their exact probabilities, by quadrature along one coordinate."""
    x, dx = boltzmann.grid_1d(-25.0, 25.0, 200_001)
    p, _ = boltzmann.density(energies.Rastrigin(dim=1)(x), dx, T)
    centre, side = (float(p[(x - k).abs() < 0.5].sum() * dx) for k in (0, 1))
    first = [centre**2, 4 * centre * side, 4 * side**2]
    return torch.tensor([*first, 1 - sum(first)])


rng, few = torch.Generator().manual_seed(10), in_box.trajectory[300:]
start = torch.cat([10.24 * torch.rand(500, 2, generator=rng) - 5.12, torch.zeros(500, 2)])
how = {"step_size": 0.002, "n_steps": 12_000, "burn_in": 6000, "thin": 30, "generator": rng}
many = samplers.mala(rastrigin, start, temperature=5.0, **how).trajectory

# %%
shares, exact = {}, exact_rings(5.0)
for label, x in (("5 chains", few), ("1000 chains", many)):
    each = [over_chains(ring) for ring in rings(x).unbind(-1)]
    shares[label] = tuple(torch.tensor(column) for column in zip(*each, strict=True))
    for name, (value, error), p in zip(ring_names, each, exact.tolist(), strict=True):
        print(f"{label:12s} {name:14s} {versus(value, error, p)}")
far = rings(many)[..., 3]
print("further out, from the box and from the centre:", diagnostics.two_starts(far[:, :500], far[:, 500:]))
print("exact at T = 1:", {n: round(p, 4) for n, p in zip(ring_names, exact_rings(1.0).tolist(), strict=True)})
value, error = shares["1000 chains"]
worst = float(((value - exact).abs() / error).max())
rows = [plots.rows(ring_names, exact, name="exact", color="black")]
rows += [plots.rows(ring_names, *shares[name], name, shift=down) for name, down in (("5 chains", -0.2), ("1000 chains", 0.2))]
title = f"Rastrigin, $T = 5$: a thousand chains meet the exact shares within {worst:.1f} standard errors"
plots.figure(plots.panel(*rows, xlabel="probability", xlim=(0, None), height=2.9), title=title)

# %% [markdown]
# *Picture: four rows of three points, a black one for the exact probability of each group of wells between one from five chains
# (above) and one from a thousand (below). The bars of five chains are long, and some miss the black points; the points of a thousand chains stand right
# below the black ones, with short bars.*
#
# At T = 1 the exact shares are in the last line that was printed. Each of the five cold chains reports 100 % for its own
# well, without any sign of doubt. What can be done about that is the next section.
#
# ## 13 · When no chain crosses
#
# **Annealing.** Start hot, where the barrier is low, and cool down. A tilted double well with barrier 10: how much of the mass is in the
# deeper, left well?

# %%
tilted = energies.AsymmetricDoubleWell(barrier=10.0, tilt=1.0)
tilt_x, tilt_dx = boltzmann.grid_1d(-4.0, 4.0, 2001)


def left_mass(T: float) -> float:
    """Exact probability of the left well."""
    p, _ = boltzmann.density(tilted(tilt_x), tilt_dx, T)
    return float(p[tilt_x < tilted.barrier_top].sum() * tilt_dx)


def hot_start(rng) -> Float[Tensor, "2000"]:
    """Exact samples at T = 10, drawn on the grid as in lesson 01."""
    p, _ = boltzmann.density(tilted(tilt_x), tilt_dx, 10.0)
    return tilt_x[torch.multinomial(p, 2000, replacement=True, generator=rng)].float()


exact_left, rng, estimates = left_mass(1.0), torch.Generator().manual_seed(13), {}
table = {T: left_mass(T) for T in torch.logspace(0, 2, 100).tolist()}
for n_steps in (300, 3000, 30_000):
    cooling = torch.logspace(1, 0, n_steps, dtype=torch.float64)  # from T = 10 down to T = 1
    how = {"step_size": 0.002, "temperatures": cooling, "generator": rng, "keep": False}
    share = float((samplers.annealed(tilted, hot_start(rng), **how).x < tilted.barrier_top).double().mean())
    error = math.sqrt(share * (1 - share) / 2000)
    estimates[f"annealed, {n_steps:,} steps"] = (share, error)
    frozen = [min(table, key=lambda T, s=s: abs(table[T] - s)) for s in (share + error, share - error)]
    print(f"{n_steps:6,d} steps from T = 10 to 1: left {versus(share, error, exact_left)};", end=" ")
    print(f"that share is exact at a T between {frozen[0]:.1f} and {frozen[1]:.1f}")

# %% [markdown]
# The chains do reach both wells, and within each well they are right, apart from ULA's bias. But the shares freeze when crossing becomes rare, and a
# hundred times more steps buy a lower freezing temperature, still above T = 1. Annealing is for *finding* deep wells (lesson
# 04). Its end points, counted one by one, do not weigh them.
#
# **Weights do.** You know the cure. An annealed run is one half of annealed importance sampling, and the other half are the two
# lines of Exercise 2.3: before each move add $-(\beta_{k+1}-\beta_k)E(x)$ to $\log w$. A chain then counts by its weight
# instead of as one. Two conditions came with it. The chains start as exact samples, which the hot ones above are. And each move
# leaves $p_\beta$ unchanged: that takes the Metropolis test, so MALA steps in for ULA. Here is the *shortest* of the three runs
# once more.

# %%
betas, rng = (1 / torch.logspace(1, 0, 301, dtype=torch.float64)).tolist(), torch.Generator().manual_seed(18)
x, log_w = hot_start(rng), torch.zeros(2000, dtype=torch.float64)
for β, colder in pairwise(betas):
    log_w -= (colder - β) * tilted(x)  # with the state as it is before the move
    how = {"step_size": 0.002, "n_steps": 1, "temperature": 1 / colder, "generator": rng, "keep": False}
    x = samplers.mala(tilted, x, **how).x
left = (x < tilted.barrier_top).double()
for name, w in (("300 steps, each counted as one", torch.full((2000,), 1 / 2000)), ("weighted", log_w.softmax(0))):
    share = float((w * left).sum())
    error = float((w**2 * (left - share) ** 2).sum().sqrt())
    print(f"{name:30s} left {versus(share, error, exact_left)}")
estimates["annealed, 300 steps, weighted"] = (share, error)
by_ais = partition.importance_estimate(log_w.numpy())
cold_log_z, hot_log_z = (boltzmann.density(tilted(tilt_x), tilt_dx, T)[1] for T in (1.0, 10.0))
print(f"log Z(T = 1) / Z(T = 10) = {versus(by_ais.log_z, by_ais.error, cold_log_z - hot_log_z, 3)}", end="; ")
print(f"ESS {by_ais.ess:.0f} of 2000")

# %% [markdown]
# The same chains, frozen in their wells, now weigh the wells right within errors, and tell the ratio of the two Z besides. A
# chain that froze in the shallow well carries a small weight, since its energy stayed higher while $\beta$ grew. So it is not the
# annealing that cannot weigh, it is the counting. The ESS says what the weights cost. It is good here, where the hot chains reach
# both wells; where they hardly reach one, few weights carry all, as in lesson 02.
#
# **Replica exchange.** Let the hot chains stay hot. Run copies at several temperatures side by side, and now and then propose
# to swap the *states* of two neighbours. The joint density of a cold and a hot copy is
# $e^{-E(x)/T_c}\,e^{-E(y)/T_h}/(Z_c Z_h)$. After the swap $x$ and $y$ have changed places. Divide: the Z cancel once more,
# and
#
# $$\alpha = \min\left(1,\; \exp\left[\left(\frac1{T_c} - \frac1{T_h}\right)\bigl(E(x) - E(y)\bigr)\right]\right)$$
#
# for the cold state $x$ and the hot state $y$. If the hot copy has found a lower energy, they always swap.
#
# ### Exercise 3.4 · A swap of two temperatures
# *Difficulty ●●○ · ten minutes · why: a dozen lines that cure most of what this section has shown.*
#
# Complete `exchange` for many pairs of chains at once. Leave the arrays that you are given unchanged.

# %% todo="3.4" task="return the cold states, the hot states and the swap probabilities"
def exchange(
    cold: Float[Tensor, "n"],
    hot: Float[Tensor, "n"],
    energy_cold: Float[Tensor, "n"],
    energy_hot: Float[Tensor, "n"],
    temperature_cold: float,
    temperature_hot: float,
    uniform: Float[Tensor, "n"],
) -> tuple[Float[Tensor, "n"], Float[Tensor, "n"], Float[Tensor, "n"]]:
    """Propose to swap the states of n pairs of chains.

    Args:
        cold: states at the cold temperature.
        hot: states at the hot temperature.
        energy_cold: E of the states in `cold`.
        energy_hot: E of the states in `hot`.
        temperature_cold: T of the cold chains.
        temperature_hot: T of the hot chains.
        uniform: one number per pair, uniform between 0 and 1; swap where it is below α.

    Returns:
        The new cold states, the new hot states, and α for each pair.
    """
    ### BEGIN SOLUTION
    log_ratio = (1 / temperature_cold - 1 / temperature_hot) * (energy_cold - energy_hot)
    alpha = torch.exp(log_ratio.clamp(max=0.0))
    swap = uniform < alpha
    return torch.where(swap, hot, cold), torch.where(swap, cold, hot), alpha
    ### END SOLUTION


# %% check="3.4" points=3
from course_checks import check, exercises

with check.exercise("3.4", "exchange"):
    answer = exercises.langevin.exchange.by(exchange)
    E, draw = energies.AsymmetricDoubleWell(barrier=0.8, tilt=0.5), torch.Generator().manual_seed(35)
    for cool, warm in ((0.5, 2.0), (1.0, 1.6)):
        cold, hot = torch.randn(2, 8, generator=draw, dtype=torch.float64)
        u = torch.rand(8, generator=draw, dtype=torch.float64)
        answer.on(f"eight pairs at T = {cool} and {warm}", cold, hot, E(cold), E(hot), cool, warm, u)
    answer.fresh(4, "other pairs")

# %% [markdown] hint="3.4"
# First the log of the ratio, then `torch.exp(log_ratio.clamp(max=0))`. Two calls of `torch.where` make the new states. If you
# assign to the cold states first, keep a copy: the hot chains need the *old* cold states.

# %% [markdown]
# Replica exchange in ten lines, with your swap:

# %% uses="3.4"
def tempering(energy, temperatures, n_rounds, n_chains, rng) -> Float[Tensor, "n_rounds n_chains"]:
    """The coldest chains: five MALA steps at each temperature, then swaps of neighbours, repeated."""
    x, kept = [torch.ones(n_chains) for _ in temperatures], []
    how = {"step_size": 0.01, "n_steps": 5, "generator": rng, "keep": False}
    for n in range(n_rounds):
        x = [samplers.mala(energy, x[i], temperature=T, **how).x for i, T in enumerate(temperatures)]
        for i in range(n % 2, len(temperatures) - 1, 2):
            u, pair = torch.rand(n_chains, generator=rng), temperatures[i : i + 2]
            x[i], x[i + 1], _ = exchange(x[i], x[i + 1], energy(x[i]), energy(x[i + 1]), *pair, u)
        kept.append(x[0])
    return torch.stack(kept)


cold = tempering(tilted, [1.0, 2.0, 4.0, 8.0], 800, 200, torch.Generator().manual_seed(14))
left = over_chains(cold[200:] < tilted.barrier_top)
print(f"your replica exchange, T = 1: left {versus(*left, exact_left)}; every chain started on the right")

# %% [markdown]
# What happens on such a ladder? One set of four chains, one for each temperature, all in the right well at the start. We follow each
# chain from rung to rung.


# %%
def climb(ladder: list[float], n_rounds: int, rng) -> tuple[Tensor, Tensor]:
    """After each round, for each rung: where the state that is there now started, and the state."""
    T, x, origin, rounds = torch.tensor(ladder), torch.ones(len(ladder)), torch.arange(len(ladder)), []
    for n in range(n_rounds):
        how = {"step_size": 0.01, "n_steps": 5, "generator": rng, "keep": False}
        x = samplers.mala(tilted, x, temperature=T, **how).x
        for i in range(n % 2, len(ladder) - 1, 2):
            here, there, E = [i, i + 1], [i + 1, i], tilted(x)
            if torch.rand(1, generator=rng) < torch.exp((1 / T[i] - 1 / T[i + 1]) * (E[i] - E[i + 1])):
                x[here], origin[here] = x[there], origin[there]
        rounds.append((origin.clone(), x.clone()))
    return tuple(torch.stack(column) for column in zip(*rounds, strict=True))


ladder, rounds = [1.0, 2.0, 4.0, 8.0], torch.arange(1, 101)
origin, states = climb(ladder, 100, torch.Generator().manual_seed(15))
coldest, who = states[:, 0], origin[:, 0]

# %%
changed = (coldest[1:] < 0) != (coldest[:-1] < 0)
by_swap = int((changed & (who[1:] != who[:-1])).sum())
looks = enumerate(zip(ladder, plots.shades(4), strict=True))
layers = [
    plots.points(rounds[who == k], coldest[who == k], name=f"started at $T = {T:g}$", color=color)
    for k, (T, color) in looks
]
axes = {"xlabel": "round (5 steps of MALA, then swaps)", "ylabel": "$x$ at $T = 1$", "height": 2.1}
plots.figure(
    plots.ladder(origin, ladder, title="who is where: swaps are crossings"),
    plots.panel(plots.hline(0, style=":"), *layers, title="what the coldest rung holds", **axes), columns=1, share="x",
    title=f"In 100 rounds the state at $T = 1$ changes its well {int(changed.sum())} times, {by_swap} times by a swap",
)  # fmt: skip

# %% [markdown]
# *Picture: above, four coloured lines, one for each chain, run along four rungs and change them in pairs all the time; every chain visits
# every rung. Below, the state on the coldest rung, in the colour of the chain it belongs to: about +1 at first, about −1 for most of the
# time, now and then +1 again, and nothing in between. Where it changes sides, the colour changes too.*
#
# And the one of the course, against MALA at T = 1 alone with half of its chains on each side, as many steps, and the
# annealed runs.

# %%
rng = torch.Generator().manual_seed(15)
run = samplers.replica_exchange(
    tilted, torch.ones(4, 200), step_sizes=0.01, temperatures=ladder, n_steps=5000, swap_every=5,
    burn_in=1000, thin=5, generator=rng,
)  # fmt: skip
alone = samplers.mala(
    tilted, torch.tensor([-1.0, 1.0]).repeat(100), step_size=0.01, n_steps=5000, burn_in=1000, thin=5,
    temperature=1.0, generator=rng,
)  # fmt: skip
cold = run.trajectory[:, 0]
print("acceptance of swaps between neighbours:", [round(v, 3) for v in run.swap_acceptance.tolist()])
for name, x in (("MALA alone, half on each side", alone.trajectory), ("replica exchange", cold)):
    estimates[name] = over_chains(x < tilted.barrier_top)
    print(f"{name:30s} left {versus(*estimates[name], exact_left)}", end="   ")
    print(f"R-hat of 20 chains {diagnostics.r_hat(x[:, 90:110]):.3f}")

# %%
value, error = torch.tensor(list(estimates.values())).T
met = (value - exact_left).abs() < 3 * error
plots.figure(
    plots.panel(
        plots.rows(list(estimates), value.where(met, math.nan), error, "within three errors", color="blue"),
        plots.rows(list(estimates), value.where(~met, math.nan), error, "further off", color="red"),
        plots.vline(exact_left, f"exact: {exact_left:.4f}"), xlabel="mass of the left well at $T = 1$", height=3.2,
    ),
    title="Weights and replica exchange weigh the wells right; counting frozen chains does not",
)  # fmt: skip

# %% [markdown]
# *Picture: six estimates with error bars against a dashed line at the exact mass. The annealed runs lie to its left, the
# slower ones closer; the shortest of them, weighted, lies close to the line; MALA alone sits at one half, where its starts were;
# replica exchange lies close to the line, though all its chains started in the wrong well.*
#
# ## 14 · How long is a barrier? Kramers' law
#
# A chain in the left well tries its luck at the barrier again and again. Kramers (1940) computed how long it takes on average
# to reach the other well, if the barrier $\Delta E$ is much higher than T:
#
# $$\tau \approx \frac{2\pi}{\sqrt{E''(x_\text{min})\,|E''(x_\text{top})|}}\; e^{\Delta E/T} .$$
#
# The exponential is the chance to find the chain at the top, the square root how often it gets there and how fast it slips
# over. In one dimension the mean time to reach $+1$ from $-1$ has an exact integral as well,
#
# $$\tau = \frac1T \int_{-1}^{1} dy\; e^{E(y)/T} \int_{-\infty}^{y} dz\; e^{-E(z)/T} .$$
#
# Sixteen wells: four barriers, four temperatures, 800 chains each. Time is $n\varepsilon$. Not every chain escapes within the
# run. To average only those that did would be a lie: the slow ones are missing. If the escape times are exponentially
# distributed, the honest estimate is the time spent by **all** chains, escaped or not, divided by the number of escapes, with
# a relative error of one over the root of that number. (A chain is looked at once per step, so that its arrival is noticed a
# little late; ε is chosen small enough to keep that below the error bars.)


# %%
def escape_times(energy, x, ε, temperature, n_steps, rng) -> Float[Tensor, "n_chains"]:
    """Time at which each chain first reaches x = 1; inf if it does not within n_steps (ULA)."""
    first = torch.full(x.shape, math.inf)
    for done in range(0, n_steps, 1000):
        run = samplers.ula(energy, x, step_size=ε, n_steps=1000, temperature=temperature, generator=rng)
        there, x = run.trajectory >= 1.0, run.x
        new = there.any(0) & first.isinf()
        first[new] = ε * (done + 1.0 + there.int().argmax(0)[new])
        if first.isfinite().all():
            break
    return first


def exact_time(energy, temperature: float) -> float:
    """Mean time from -1 to 1, by quadrature."""
    z, dz = boltzmann.grid_1d(-3.5, 1.0, 45_001)
    inner = torch.cumsum(torch.exp(-energy(z) / temperature), 0) * dz
    return float((torch.exp(energy(z) / temperature) * inner)[z >= -1].sum() * dz / temperature)


# %%
barriers, temperatures, n_walkers = [1.0, 2.0, 3.0, 4.0], [0.5, 0.7, 1.0, 1.5], 800
rng, time, spread, by_quadrature, law = torch.Generator().manual_seed(16), *torch.zeros(4, 4, 4).double()
naive, escaped = torch.zeros(2, 4, 4)
for i, barrier in enumerate(barriers):
    energy, ε, n_steps = energies.DoubleWell(barrier), 0.0025, 24_000
    each = torch.tensor(temperatures).repeat_interleave(n_walkers)
    first = escape_times(energy, -torch.ones_like(each), ε, each, n_steps, rng).view(4, n_walkers)
    for j, T in enumerate(temperatures):
        done = first[j].isfinite()
        escaped[i, j], naive[i, j] = done.sum(), first[j][done].mean()
        time[i, j] = first[j].clamp(max=n_steps * ε).sum() / done.sum()
        spread[i, j] = time[i, j] / done.sum().sqrt()
        by_quadrature[i, j] = exact_time(energy, T)
        prefactor = 2 * math.pi / math.sqrt(8 * barrier * 4 * barrier)  # E'' is 8ΔE at ±1 and -4ΔE at 0
        law[i, j] = prefactor * math.exp(barrier / T)
        print(f"ΔE = {barrier:g}, T = {T:3.1f}: {int(done.sum())} of {n_walkers} escaped, τ = ", end="")
        print(f"{versus(time[i, j], spread[i, j], by_quadrature[i, j], 2)}   Kramers {law[i, j]:.2f}")

# %%
ratio = torch.tensor(barriers)[:, None] / torch.tensor(temperatures)
fitted = ratio > 3.9
weight = escaped[fitted].double()  # 1 / (relative error)², the error of the logarithm


def slope(values: Float[Tensor, "n"]) -> tuple[float, float]:
    """Weighted slope of values against ΔE/T, and its standard error."""
    x = ratio[fitted].double()
    x = x - (weight * x).sum() / weight.sum()
    total = (weight * x**2).sum()
    return float((weight * x * values).sum() / total), float(1 / total.sqrt())


scaled = [torch.log(a / (law / torch.exp(ratio)))[fitted] for a in (time, by_quadrature)]
found, integral = (slope(values) for values in scaled)
χ2 = float((((time - by_quadrature) / spread) ** 2).sum())
print(f"all 16 wells against the exact integral: χ² = {χ2:.1f}, expected 16 ± {math.sqrt(32):.1f}")
print(f"slope of log τ against ΔE/T, for ΔE/T ≥ 4: {found[0]:.3f} ± {found[1]:.3f}; ", end="")
print(f"exact integral {integral[0]:.3f}; Kramers' law 1")
for r in (1.0, 2.0, 4.0, 6.0, 8.0, 12.0):
    kramers = 2 * math.pi / math.sqrt(32) / r * math.exp(r)
    above = exact_time(energies.DoubleWell(r), 1.0) / kramers - 1
    print(f"ΔE/T = {r:4.1f}: the exact time is {above:.1%} above Kramers' law")

# %%
prefactor, all_ratios, order = law / torch.exp(ratio), ratio.ravel(), ratio.ravel().argsort()
straight, T, left, right = torch.linspace(0, 8.3, 50), torch.linspace(0.5, 1.5, 41).tolist(), [], []
for i, barrier in enumerate(barriers):
    name, energy = f"$\\Delta E = {barrier:g}$", energies.DoubleWell(barrier)
    left.append(plots.points(temperatures, time[i], spread[i], name))
    left.append(plots.line(T, [exact_time(energy, t) for t in T], name, width=1.2))
    right.append(plots.points(ratio[i], time[i] / prefactor[i], spread[i] / prefactor[i], name))
plots.figure(
    plots.panel(*left, log="y", xlabel="temperature $T$", ylabel="mean escape time $\\tau$", title="lines: exact, by quadrature"),
    plots.panel(
        plots.span(3.9, 8.3, "fitted", color="orange"),
        plots.exact(all_ratios[order], (by_quadrature / prefactor).ravel()[order], "exact, by quadrature"),
        plots.line(straight, straight.exp(), "Kramers' law, slope 1", color="black", style="--", width=1.2), *right,
        log="y", xlabel="$\\Delta E/T$", ylabel="$\\tau$ / Kramers' prefactor",
    ),
    title=f"$\\log\\tau$ rises with $\\Delta E/T$ with slope {found[0]:.3f} ± {found[1]:.3f}; Kramers' law says 1",
)  # fmt: skip

# %% [markdown]
# *Picture: on the left the sixteen measured times against the temperature, on a logarithmic axis, each series on its exact curve:
# short for a low barrier and high temperature, hundreds of times longer for a high barrier and low temperature. On the right all
# sixteen, divided by the prefactor, fall on one curve against ΔE/T; it runs just above the dashed straight line of Kramers' law.*
#
# Barrier and temperature enter only through $\Delta E/T$, apart from the prefactor. The exact integral is met within errors.
# Kramers' law is the limit of high barriers: at $\Delta E/T = 4$ the exact time is still a seventh above it. At 1 the
# "barrier" is no barrier, and that the law is not far off is luck. One unit of $\Delta E/T$ costs a factor 2.7 in time. At
# $\Delta E/T = 20$, an egg box at T = 1, a run would have to be $10^7$ times as long as at 4.

# %% [markdown]
# ## 15 · What goes wrong
#
# | symptom | likely cause | cure |
# | --- | --- | --- |
# | slow: $\tau$ of thousands of steps | step too small (everything is accepted) | raise it until 0.4 to 0.8 are accepted |
# | slow in a long narrow valley | random walk along it | `samplers.hmc`, or rescale the coordinates |
# | slow: each chain stays where it began | a wall of many T | replica exchange; annealing with weights |
# | slow: each step takes long | one chain at a time | hundreds of chains in one batch |
# | unstable: `Diverged`, NaN | ULA's step above 2 / curvature | `samplers.stable_step_size`, or MALA |
# | unstable: acceptance near 0 | step too large for the steepest place | halve it; start MALA from a quiet state |
# | wrong without a message | ULA's bias; two conventions mixed | MALA; measure the temperature on a bowl |
# | out of memory | trajectory of chains × steps × dimensions | `thin`, `keep=False` and running means, fewer chains |
# | not converging: R-hat stays above 1.01 | chains in different wells, or a burn-in too short | longer runs; the cures of *slow* |
# | R-hat fine, answer wrong | all starts on one side | two opposite starts |
#
# **A step that is too large**, on an energy whose force grows: each step overshoots farther than the one before. Our samplers
# stop and say which step would be stable.

# %%
try:
    rng = torch.Generator().manual_seed(19)
    samplers.ula(double_well, torch.ones(4), step_size=0.3, n_steps=1000, generator=rng)  # T = 1
except samplers.Diverged as error:
    print(f"{type(error).__name__}: {error}")

# %% [markdown]
# **A step that is too large, without a message.** The force of Rastrigin's ripples is bounded, so nothing overflows. The
# numbers look like numbers. All chains start in the centre at T = 1, and in 5000 steps they should stay there, with a mean
# energy near 1.

# %%
x, dx = boltzmann.grid_1d(-0.5, 0.5, 2001)
one = energies.Rastrigin(dim=1)(x)
inside, rng = boltzmann.thermodynamics(one, dx, 1.0).mean_energy, torch.Generator().manual_seed(20)
for ε in (0.0002, 0.001, 0.002, 0.004, 0.01):
    how = {"n_steps": 5000, "burn_in": 1000, "thin": 10, "temperature": 1.0, "generator": rng}
    run = samplers.ula(rastrigin, torch.zeros(500, 2), step_size=ε, **how)
    left = float((run.x.round() != 0).any(-1).double().mean())
    print(f"ε = {ε:.4f}, {ε / stable:4.2f} of the stable one: ⟨E⟩ = ", end="")
    print(f"{versus(*over_chains(run.energy), 2 * inside)}, {left:.1%} of the chains have left the well")

# %% [markdown]
# At 0.01, about twice the stable step, the chains are spread over the whole egg box as if it were boiling. Ask
# `samplers.stable_step_size` first, or use MALA.
#
# **Averages over the lucky ones.** In the hardest well of section 14, the mean over the chains that did escape was wrong by a
# large factor, and its small spread would not have told you:

# %%
print(f"ΔE = 4, T = 0.5: {escaped[3, 0]:.0f} of {n_walkers} escaped, on average after {naive[3, 0]:.0f}.")
print(f"Counting the time of all chains: {time[3, 0]:.0f} ± {spread[3, 0]:.0f}; exact {by_quadrature[3, 0]:.0f}")

# %% [markdown] think="3b"
# **Think.** The chains of a cold energy do not mix, but at T = 5 they do. Why not sample at T = 5 and reweight with
# $e^{-E/T + E/5}$?
# <!-- ANSWER -->
# That is importance sampling (lesson 02), with the hot distribution as proposal. It is right in principle, and in a few
# dimensions it works. In many dimensions the hot and the cold distribution hardly overlap, and the effective sample size
# collapses exponentially. Replica exchange builds a ladder between them, so that each step has enough overlap; the number of
# rungs grows only as the root of the dimension.

# %% [markdown] think="3c"
# **Think.** Eight chains, R-hat 1.00, ESS 4000. Which of these follows? (i) The chains have forgotten their starts. (ii) They
# sample $p$. (iii) The error of the mean is about σ/63.
# <!-- ANSWER -->
# None for certain. (i) is likely if the starts were far apart, and empty if they were not. (ii) does not follow: unadjusted
# chains with too large a step agree perfectly on a wrong distribution, and all chains may miss the same well. (iii) is right
# for what the chains have visited ($\sqrt{4000} \approx 63$); it says nothing of bias. Exact references and starts far apart
# are what helps.

# %% [markdown] think="3d"
# **Think.** The explorer asked where the variance of ULA on the bowl is twice the true one. Derive the answer. Why does the
# temperature not matter?
# <!-- ANSWER -->
# $1/(1-\varepsilon/2) = 2$ at $\varepsilon = 1$. There the step is $x' = \sqrt{2T}\,\xi$: the chain forgets everything at
# once and draws independent samples, of the wrong width. Both the exact and the biased variance are proportional to T, so T
# drops out: on a bowl, temperature only sets the unit of length.

# %% [markdown]
# ## Challenge · the most effective samples for a gradient
#
# One sampler for a banana and for two far wells, 3000 evaluations each. `energy` takes states of shape (n, 2) like any in this lesson:
# autograd works on it, `samplers.mala` takes it, and E with its gradient counts once for each state. `start` is one state of low
# energy. Effective samples are measured: variance over squared error of the mean. Many chains in one batch are faster than one.
#
# Cheating would be samples at points that you never asked for, copies, more than the budget, or a look inside `energy`.
#
# The judge counts, recomputes and draws its problems anew, so that nothing can be remembered. But Python hides nothing from a
# function that runs beside it: who walks its frames or its memory finds the answers, and has beaten nobody.
#
# Who is there to beat?

# %%
check.challenge("3")


# %%
def my_sampler(energy, start, budget, generator):
    raise NotImplementedError("return samples, shape (n, 2)")


check.challenge("3", my_sampler)

# %% [markdown]
# ## References
#
# - G. O. Roberts and R. L. Tweedie, *Exponential convergence of Langevin distributions and their discrete approximations*,
#   Bernoulli 2, 341 (1996), [doi:10.2307/3318418](https://doi.org/10.2307/3318418). ULA and MALA, and when they converge.
# - G. O. Roberts and J. S. Rosenthal, *Optimal scaling of discrete approximations to Langevin diffusions*, J. R. Stat. Soc.
#   B 60, 255 (1998), [doi:10.1111/1467-9868.00123](https://doi.org/10.1111/1467-9868.00123). The acceptance 0.574.
# - H. A. Kramers, *Brownian motion in a field of force and the diffusion model of chemical reactions*, Physica 7, 284 (1940),
#   [doi:10.1016/S0031-8914(40)90098-2](https://doi.org/10.1016/S0031-8914(40)90098-2).
# - W. Grathwohl, K.-C. Wang, J.-H. Jacobsen, D. Duvenaud, M. Norouzi and K. Swersky, *Your classifier is secretly an energy based
#   model and you should treat it like one*, ICLR 2020, [arXiv:1912.03263](https://arxiv.org/abs/1912.03263).
# - R. M. Neal, *Annealed importance sampling*, Statistics and Computing 11, 125 (2001),
#   [doi:10.1023/A:1008923215028](https://doi.org/10.1023/A:1008923215028).
# - R. H. Swendsen and J.-S. Wang, *Replica Monte Carlo simulation of spin-glasses*, Phys. Rev. Lett. 57, 2607 (1986),
#   [doi:10.1103/PhysRevLett.57.2607](https://doi.org/10.1103/PhysRevLett.57.2607). The ancestor of replica exchange.
# - A. Vehtari, A. Gelman, D. Simpson, B. Carpenter and P.-C. Bürkner, *Rank-normalization, folding, and localization: an
#   improved R-hat for assessing convergence of MCMC*, Bayesian Analysis 16, 667 (2021),
#   [doi:10.1214/20-BA1221](https://doi.org/10.1214/20-BA1221).
# - S. Duane, A. D. Kennedy, B. J. Pendleton and D. Roweth, *Hybrid Monte Carlo*, Physics Letters B 195, 216 (1987),
#   [doi:10.1016/0370-2693(87)91197-X](https://doi.org/10.1016/0370-2693%2887%2991197-X).
# - R. M. Neal, *MCMC using Hamiltonian dynamics*, in Handbook of Markov Chain Monte Carlo, CRC Press (2011),
#   [arXiv:1206.1901](https://arxiv.org/abs/1206.1901).
