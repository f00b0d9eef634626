# ---
# jupyter:
#   course:
#     title: Langevin sampling
#     goal: sample from any energy that you can differentiate, and tell when a sampler lies
#     needs: ["01", "02"]
#     know: gradients, the mean and variance of random numbers
#     time: 120 min
#     runs: 60 s
#     uses: [torch]
# ---

# %% [markdown]
# ## What you will be able to do
#
# 1. Turn any differentiable energy into a score, in which Z has dropped out (Exercise 3.1), and into a sampler (3.2).
# 2. State the temperature of any Langevin code from one measured variance, and predict the bias of its step size.
# 3. Remove that bias with a Metropolis test (3.3), and choose the step size by measurement.
# 4. Judge a run by its burn-in, its autocorrelation, its effective sample size and its R-hat (3.4), and know what none of
#    them can see.
# 5. Carry chains over a barrier that they never cross by themselves (3.5), and say how long they would have needed.

# %%
import math
from itertools import pairwise

import torch
from jaxtyping import Float
from torch import Tensor

from course_utils import boltzmann, diagnostics, energies, explorers, partition, plots, samplers

torch.set_num_threads(1)  # batches are small here: a second thread would cost more time than it saves

# %% [markdown]
# ## 1 · A compass that needs no Z
#
# In lesson 01 you drew samples from a density on a grid. In lesson 02 the grid became too large to exist, and Z with it. But
# a *difference* of energies needs no Z, and a gradient is a difference. The gradient of the log of the density,
#
# $$s(x) = \nabla_x \log p(x) = \nabla_x\left(-\frac{E(x)}{T} - \log Z\right) = -\frac{\nabla E(x)}{T},$$
#
# is called the **score**. Z does not depend on $x$, so its gradient is zero. At every point the score is an arrow towards
# more probable places. Here are the arrows of an energy with three valleys, at T = 1.

# %%
mixture = energies.GaussianMixture(
    means=torch.tensor([[-1.5, -0.8], [1.5, -0.8], [0.0, 1.5]]),
    covs=torch.tensor([[[0.5, 0.2], [0.2, 0.4]], [[0.4, -0.1], [-0.1, 0.5]], [[0.6, 0.0], [0.0, 0.3]]]),
    weights=torch.tensor([0.5, 0.3, 0.2]),
)
points, cell = boltzmann.grid_2d(((-4.0, 4.0), (-3.5, 3.5)), 141)
at, _ = boltzmann.grid_2d(((-3.6, 3.6), (-3.2, 3.2)), 13)
p, _ = boltzmann.density(mixture(points), cell, 1.0)
arrows, minima = plots.arrows(at, -mixture.grad(at)), plots.minima(mixture.minima, color="orange")
title = "arrows: the score; lengths grow as its root"
plots.figure(
    plots.panel(plots.energy(points, mixture(points)), arrows, minima, square=True, title=title),
    plots.panel(plots.density(points, p), arrows, minima, square=True, title="the same arrows"),
    title="The score points downhill in energy (left), that is, uphill in probability (right)",
)

# %% [markdown]
# *Picture: on the left a contour map of the energy with three dark valleys, on the right the density, bright in the same three
# places. The same white arrows in both point into the valleys from everywhere, and are shorter near the bottoms and on the ridges. A
# star marks the deepest minimum, triangles the two others.*
#
# **Choose before you read on.** A walker follows the arrows, in small steps, from a random start. After a long time
#
# - (a) the walker stands at the bottom of the deepest valley;
# - (b) the walker stands at the bottom of one of the valleys, which one depends on the start;
# - (c) the walker has spent in each valley a share of the time equal to its probability.
#
# It is (b): following arrows is gradient descent. What has to be added for (c) is the subject of this lesson. First the
# arrows. Does Z really drop out? Let autograd differentiate $\log p$ with three different values of $\log Z$.

# %%
x, T = torch.tensor([[0.5, -1.0]], dtype=torch.float64, requires_grad=True), 2.0
for log_z in (0.0, math.pi, 1000.0):
    log_p = -mixture(x) / T - log_z
    (arrow,) = torch.autograd.grad(log_p.sum(), x)
    print(f"log Z = {log_z:8.3f}:  score = {[round(v, 10) for v in arrow[0].tolist()]}")
analytic = -mixture.grad(x.detach())[0] / T
print(f"-grad E(x) / T:      score = {[round(v, 10) for v in analytic.tolist()]}")

# %% [markdown]
# ### Exercise 3.1 · The score of any energy
# *Difficulty ●○○ · ten minutes · why: with this function, every differentiable program is an energy that you can sample.*
#
# Complete `score` with automatic differentiation. The energy is any function that takes a batch of states, one per row, and
# returns one number for each. Leave the caller's `x` as it is.

# %% todo="3.1" task="return the score of each state, by automatic differentiation"
def score(energy, x: Float[Tensor, "n dim"], temperature: float) -> Float[Tensor, "n dim"]:
    """Score of p(x) = exp(-E(x)/T) / Z.

    Args:
        energy: function of a batch of states that returns one energy for each, shape (n,).
        x: states, one per row.
        temperature: T > 0.

    Returns:
        The gradient of log p at each state, in the shape of x.
    """
    ### BEGIN SOLUTION
    x = x.detach().clone().requires_grad_(True)
    (gradient,) = torch.autograd.grad(energy(x).sum(), x)  # E of a row depends on that row only
    return -gradient / temperature
    ### END SOLUTION


# %% check="3.1" points=2
from course_checks import check, exercises

with check.exercise("3.1", "score"):
    answer = exercises.langevin.score.by(score)
    rows = torch.tensor([[0.5, -1.0], [2.0, 0.3], [-1.5, 1.2]], dtype=torch.float64)
    for E, T in ((energies.Rosenbrock(b=2.0), 2.0), (energies.Rastrigin(amplitude=1.0), 0.7)):
        answer.on(f"{E.name}, T = {T:g}", E, rows, T, expect=-E.grad(rows) / T)
    corners = torch.eye(3, dtype=torch.float64)
    answer.on("Σ x⁴/4 + 7, T = 1", lambda x: (x**4).sum(-1) / 4 + 7.0, corners, 1.0, expect=-corners)
    answer.fresh(3, "another function")

# %% [markdown] hint="3.1"
# Make a copy that autograd follows: `x.detach().clone().requires_grad_(True)`. Autograd differentiates *one* number. Since
# each energy depends on its own row only, the gradient of the **sum** of all energies holds the gradient of each energy in
# its row.

# %% [markdown]
# Autograd against the analytic gradients of the course's landscapes. Your function does the same for a network, for which
# nobody wants to write the gradient by hand.

# %%
rng = torch.Generator().manual_seed(0)
for energy in (energies.DoubleWell(barrier=2.0), energies.Rosenbrock(), energies.Rastrigin(), mixture):
    x = 2 * torch.randn((1000, energy.dim)[: energy.dim], generator=rng, dtype=torch.float64)
    automatic = samplers.gradient(lambda x, E=energy: E(x), x)  # a plain function, without a formula
    analytic = energy.grad(x)
    worst = float((automatic - analytic).abs().max() / analytic.abs().max())
    print(f"{energy.name:18s} 1000 points, largest difference / largest gradient: {worst:.1e}")

# %% [markdown]
# ## 2 · From a compass to a sampler
#
# Put a particle into a thick liquid at temperature T. Newton says: mass times acceleration = force − friction + kicks of the
# molecules. In a thick liquid inertia is lost at once, so leave it out, and choose the unit of time such that the friction
# coefficient is 1. What remains is the **overdamped Langevin equation**
#
# $$dx = -\nabla E(x)\,dt + \sqrt{2T}\,dW .$$
#
# Why $2T$? Think of a cloud of such particles with density $p$. The force carries the current $-p\,\nabla E$. Kicks alone
# make a cloud diffuse, with the current $-D\,\nabla p$, and widen it by the variance $2Dt$ in time $t$. If $p = e^{-E/T}/Z$,
# then $\nabla p = -p\,\nabla E/T$, and the total current
#
# $$J = -p\,\nabla E - D\,\nabla p = -p\,\nabla E\left(1 - \frac{D}{T}\right)$$
#
# vanishes everywhere if and only if $D = T$. Then the Boltzmann distribution stays as it is. In a short time $\varepsilon$
# the force moves the particle by $-\varepsilon\nabla E$, and the kicks add the variance $2\varepsilon T$ to each coordinate:
#
# $$x' = x - \varepsilon\,\nabla E(x) + \sqrt{2\varepsilon T}\;\xi, \qquad \xi \sim \mathcal N(0, 1)\text{ in each coordinate.}$$
#
# This step, taken again and again, is the **unadjusted Langevin algorithm**, ULA.
#
# > **Convention.** In this course $\varepsilon$ multiplies $\nabla E$, and the noise is $\sqrt{2\varepsilon T}$. After $n$ steps
# > the time is $n\varepsilon$. The temperature of every sampler is stated. Section 3 has the other convention.
#
# ### Exercise 3.2 · One Langevin step
# *Difficulty ●○○ · five minutes · why: a factor lost in this line changes the temperature, and the samples still look fine.*
#
# Complete `ula_step`. The random numbers $\xi$ are handed to you, so that your result can be checked exactly.

# %% todo="3.2" task="return the states after one Langevin step"
def ula_step(
    x: Float[Tensor, "n dim"],
    gradient: Float[Tensor, "n dim"],
    step_size: float,
    temperature: float,
    noise: Float[Tensor, "n dim"],
) -> Float[Tensor, "n dim"]:
    """One step of the unadjusted Langevin algorithm.

    Args:
        x: states; they must not be changed.
        gradient: the gradient of E at each state (of E, not of log p).
        step_size: ε > 0.
        temperature: T > 0.
        noise: independent standard normal numbers ξ.

    Returns:
        The next states.
    """
    ### BEGIN SOLUTION
    return x - step_size * gradient + math.sqrt(2 * step_size * temperature) * noise
    ### END SOLUTION


# %% check="3.2" points=2
from course_checks import check, exercises

with check.exercise("3.2", "ula_step"):
    answer = exercises.langevin.ula_step.by(ula_step)
    draw = torch.Generator().manual_seed(32)
    for ε, T in ((0.1, 1.7), (0.3, 0.7)):
        x, g, ξ = torch.randn(3, 4, 2, generator=draw, dtype=torch.float64)
        answer.on(f"four states, ε = {ε}, T = {T}", x, g, ε, T, ξ, expect=x - ε * g + (2 * ε * T) ** 0.5 * ξ)
    answer.fresh(3, "other states")

# %% [markdown] hint="3.2"
# Three terms, one line: where you are, minus $\varepsilon$ times the gradient, plus $\sqrt{2\varepsilon T}$ times the noise.
# `math.sqrt` takes plain numbers.

# %% [markdown]
# One step from one place, a hundred thousand times: is its mean $x - \varepsilon E'(x)$ and its variance $2\varepsilon T$?

# %%
double_well = energies.DoubleWell(barrier=2.0)
x, ε, T, rng = torch.full((100_000,), 1.5, dtype=torch.float64), 0.01, 0.5, torch.Generator().manual_seed(3)
step = samplers.ula(double_well, x, step_size=ε, n_steps=1, temperature=T, generator=rng).x
mean, variance = float(step.mean()), float(step.var())
exact_mean = 1.5 - ε * float(double_well.grad(x[0]))
print(f"mean     {mean:.5f} ± {math.sqrt(variance / len(x)):.5f}   exact x - ε E'(x) = {exact_mean:.5f}")
print(f"variance {variance:.6f} ± {variance * math.sqrt(2 / len(x)):.6f} exact 2 ε T = {2 * ε * T:.6f}")

# %% [markdown]
# Now many steps. Five thousand chains start at the same place, in the right-hand well. How long until they no longer know it?

# %%
warm, (track, track_dx) = 0.8, boltzmann.grid_1d(-2.2, 2.2, 401)
on_track, _ = boltzmann.density(double_well(track), track_dx, warm)
x, snapshots, rng = torch.full((5000,), 1.0), {}, torch.Generator().manual_seed(1)
for n_steps in (3, 30, 300, 3000):
    done = max(snapshots, default=0)
    how = {"step_size": 0.01, "temperature": warm, "generator": rng, "keep": False}
    x = samplers.ula(double_well, x, n_steps=n_steps - done, **how).x
    snapshots[n_steps] = x
panels = [
    plots.panel(
        plots.histogram(x, "chains", span=(-2.2, 2.2)), plots.line(track, on_track, "exact density", color="red"),
        xlabel="position $x$", ylabel="density $p$", title=f"{n:,} steps: {(x < 0).double().mean():.1%} left",
    )
    for n, x in snapshots.items()
]  # fmt: skip
title = f"ULA at $T = {warm:g}$, $\\varepsilon = 0.01$: a well fills fast, and the barrier is crossed slowly"
plots.figure(*panels, columns=4, share="y", title=title)

# %% [markdown]
# *Picture: four histograms of the same chains. After 3 steps a narrow hump at x = 1, more than twice as high as the exact peak; after 30 a
# wide one that fills the right well; after 300 some chains are in the left well; after 3000 both wells are filled as the exact
# density, drawn as a line, demands.*
#
# Nobody computed Z for the samplers. With your own step, in a loop of three lines:

# %% uses="3.2"
x, rng = torch.full((5000, 1), 1.0), torch.Generator().manual_seed(17)
for _ in range(3000):
    x = ula_step(x, double_well.grad(x), 0.01, warm, torch.randn(x.shape, generator=rng))
square, exact = x[:, 0] ** 2, float((on_track * track**2).sum() * track_dx)
error = float(square.std() / math.sqrt(len(x)))
print(f"your chains at T = {warm}: ⟨x²⟩ = {square.mean():.4f} ± {error:.4f}, exact {exact:.4f}")
print(f"in the left well: {(x < 0).double().mean():.4f}, exact 0.5")

# %% [markdown]
# ## 3 · Two conventions, and how to tell them apart
#
# | | drift | noise | stationary variance on $E = x^2/2$ | written by |
# | --- | --- | --- | --- | --- |
# | A (this course) | $-\varepsilon\nabla E$ | $\sqrt{2\varepsilon T}\,\xi$ | $T/(1-\varepsilon/2)$ | physics, optimisers with noise |
# | B | $-\frac{\varepsilon}{2}\nabla E$ | $\sqrt{\varepsilon T}\,\xi$ | $T/(1-\varepsilon/4)$ | much of statistics |
#
# Both are right: what B calls $\varepsilon$ is twice what A calls $\varepsilon$. Mixing them is wrong: drift of B with the
# noise of A doubles the temperature. The stationary variance follows in one line. On the bowl a step with drift factor $a$
# and noise $s$ is $x' = (1-a)\,x + s\,\xi$. If the variance $V$ is to stay, $V = (1-a)^2 V + s^2$, so
#
# $$V = \frac{s^2}{2a - a^2} = \frac{T_\text{eff}}{1 - a/2}, \qquad T_\text{eff} = \frac{s^2}{2a} .$$
#
# So every code of this kind has a temperature, whether it says so or not: **half the variance of its noise, divided by the
# factor of the gradient.** And it can be measured: run the code on a bowl. Four codes, with what they print as "step" and
# "noise".
#
# For error bars we average each chain over time and compare the chains, which are independent of one another. Remember this
# function. It is how every error in this lesson is made.


# %%
def over_chains(values: Float[Tensor, "n_kept n_chains"]) -> tuple[float, float]:
    """Mean over all values, and its standard error from the spread of independent chains."""
    each = values.double().mean(0)
    return float(each.mean()), float(each.std() / math.sqrt(len(each)))


def versus(value: float, error: float, exact: float, digits: int = 4) -> str:
    """An estimate beside the exact value, and how many standard errors lie between them."""
    off = (value - exact) / error
    return f"{value:.{digits}f} ± {error:.{digits}f}, exact {exact:.{digits}f} ({off:+.1f} errors)"


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
# One measured variance tells the conventions apart, 4/3 against 8/7 at the same $\varepsilon$. In the last code step and noise
# were chosen apart from each other, as it is done for images (the code of Grathwohl and others 2020 has a step of 1 and a noise
# of 0.01). Its temperature is printed beside it: it hardly samples. It descends, with a little dust on the way.
#
# ## 4 · The bias of a finite step, and how to remove it
#
# On the bowl ULA has the variance $T/(1-\varepsilon/2)$. It is exact for T only as $\varepsilon \to 0$, it grows with the
# step, and at $\varepsilon = 2$ it is infinite: a step then throws a chain farther to the other side than it was. With
# curvature $k$ the edge of stability is at $2/k$. More steps do not help: the chains converge, to the wrong distribution.
#
# The cure is to treat the Langevin step as a **proposal** $y$ and to take it or leave it. Let
# $q(y|x) = \mathcal N(y;\, x - \varepsilon\nabla E(x),\, 2\varepsilon T)$ be the density of proposing $y$ from $x$. Accept
# with probability
#
# $$\alpha = \min\left(1,\; \frac{p(y)\,q(x|y)}{p(x)\,q(y|x)}\right)
# = \min\left(1,\; e^{-(E(y)-E(x))/T}\,\frac{q(x|y)}{q(y|x)}\right),$$
#
# and stay at $x$ otherwise. Again Z drops out. With this rule as many chains go from $x$ to $y$ as from $y$ to $x$ when they
# are distributed like $p$: $p(x)\,q(y|x)\,\alpha(x \to y) = p(y)\,q(x|y)\,\alpha(y \to x)$. This is *detailed balance*, and
# it holds for every $\varepsilon$. The method is **MALA**, the Metropolis-adjusted Langevin algorithm.
#
# ### Exercise 3.3 · The Metropolis test
# *Difficulty ●●● · fifteen minutes · why: each of its parts can be wrong, and the samples still look fine.*
#
# Complete `mala_step`. Both kinds of random numbers are handed to you: $\xi$ for the proposal, and one $u$ per chain, uniform
# between 0 and 1. Accept where $u < \alpha$.

# %% todo="3.3" task="return the next states and the acceptance probabilities"
def mala_step(
    x: Float[Tensor, "n dim"],
    energy,
    gradient,
    step_size: float,
    temperature: float,
    noise: Float[Tensor, "n dim"],
    uniform: Float[Tensor, "n"],
) -> tuple[Float[Tensor, "n dim"], Float[Tensor, "n"]]:
    """One step of the Metropolis-adjusted Langevin algorithm.

    Args:
        x: states.
        energy: function that returns E at each state, shape (n,).
        gradient: function that returns the gradient of E at each state, in the shape of the states.
        step_size: ε > 0.
        temperature: T > 0.
        noise: standard normal numbers ξ for the proposal.
        uniform: one number per chain, uniform between 0 and 1.

    Returns:
        The next states, and α for each chain, a probability.
    """
    ### BEGIN SOLUTION
    y = x - step_size * gradient(x) + math.sqrt(2 * step_size * temperature) * noise

    def log_q(to: Tensor, start: Tensor) -> Tensor:
        away = to - start + step_size * gradient(start)
        return -(away**2).sum(-1) / (4 * step_size * temperature)

    log_ratio = (energy(x) - energy(y)) / temperature + log_q(x, y) - log_q(y, x)
    alpha = torch.exp(log_ratio.clamp(max=0.0))
    return torch.where((uniform < alpha)[:, None], y, x), alpha
    ### END SOLUTION


# %% check="3.3" points=4
from course_checks import check, exercises

with check.exercise("3.3", "mala_step"):
    answer = exercises.langevin.mala_step.by(mala_step)
    draw = torch.Generator().manual_seed(47)
    for E, ε, T in ((energies.Rosenbrock(a=0.5, b=0.5), 0.2, 1.7), (energies.Rastrigin(amplitude=1.0), 0.05, 0.6)):
        x, ξ = torch.randn(2, 8, 2, generator=draw, dtype=torch.float64)
        u = torch.rand(8, generator=draw, dtype=torch.float64)
        answer.on(f"{E.name}, ε = {ε}, T = {T}", x, E, E.grad, ε, T, ξ, u)
    answer.fresh(4, "other chains")

# %% [markdown] hint="3.3"
# Work with logs: $\log q(b|a) = -|b - a + \varepsilon\nabla E(a)|^2/(4\varepsilon T)$ plus a constant that cancels. You need
# it twice, $\log q(x|y)$ with the gradient at $y$ and $\log q(y|x)$ with the gradient at $x$. Sum the squares over the last
# axis. Then `torch.exp(log_ratio.clamp(max=0))` is $\alpha$, and `torch.where(accept[:, None], y, x)` chooses row by row.

# %% [markdown]
# Both samplers on the bowl at T = 1, at five step sizes up to the edge of stability. ULA is held against its formula, MALA
# against T.

# %%
bowl, rng = energies.Quadratic(), torch.Generator().manual_seed(3)
step_sizes, measured = [0.01, 0.1, 0.5, 1.0, 1.5], {samplers.ula: [], samplers.mala: []}
for ε in step_sizes:
    how = {"n_steps": 5000, "burn_in": 500, "thin": 3, "temperature": 1.0, "generator": rng}
    for method, results in measured.items():
        run = method(bowl, torch.zeros(2000), step_size=ε, **how)
        accepted = 1.0 if run.acceptance is None else float(run.acceptance.mean())
        results.append((*over_chains(run.trajectory**2), accepted))
    (ula, ula_error, _), (mala, mala_error, _) = (results[-1] for results in measured.values())
    print(f"ε = {ε:4.2f}   ULA {versus(ula, ula_error, 1 / (1 - ε / 2))}", end="   ")
    print(f"MALA {versus(mala, mala_error, 1.0)}, acceptance {accepted:.3f}")
by_ula, by_mala = (torch.tensor(results, dtype=torch.float64).T for results in measured.values())
off = [(by_ula[0] - 1 / (1 - torch.tensor(step_sizes) / 2)) / by_ula[1], (by_mala[0] - 1) / by_mala[1]]
print(f"all ten together: χ² = {float((torch.cat(off) ** 2).sum()):.1f}, expected 10 ± {math.sqrt(20):.1f}")

# %%
ε, fine = torch.tensor(step_sizes), torch.linspace(0, 1.93, 400)
formula = 1 / (1 - ε / 2)
off = [100 * (by_ula[:2] / formula - torch.tensor([[1.0], [0.0]])), 100 * (by_mala[:2] - torch.tensor([[1.0], [0.0]]))]
ula, mala = {"name": "ULA", "color": "blue"}, {"name": "MALA", "color": "red", "mark": "s"}
plots.figure(
    plots.panel(
        plots.exact(fine, 1 / (1 - fine / 2), "exact for ULA: $T/(1-\\varepsilon/2)$"), plots.hline(1, "$T = 1$", style=":"),
        plots.points(ε, *by_ula[:2], **ula), plots.points(ε, *by_mala[:2], **mala), plots.vline(2, "edge of stability"),
        log="y", yticks=(1, 2, 5, 10, 20), xlabel="step size $\\varepsilon$", ylabel="variance of $x$",
    ),
    plots.panel(
        plots.hline(0, "$T = 1$", style=":"), plots.points(ε - 0.012, *off[0], **ula), plots.points(ε + 0.012, *off[1], **mala),
        xlabel="step size $\\varepsilon$", ylabel="off by (%)", title="from the formula (ULA) and from $T$ (MALA)",
    ),
    title=f"At $\\varepsilon = 1.5$ the variance is {by_ula[0, -1]:.3f} ± {by_ula[1, -1]:.3f} by ULA, "
    f"{by_mala[0, -1]:.3f} ± {by_mala[1, -1]:.3f} by MALA; the truth is 1",
)  # fmt: skip

# %% [markdown]
# *Picture: on the left the variance against the step size. Blue ULA points lie on a grey curve that starts at 1 and shoots up
# towards a dashed line at ε = 2; orange MALA squares stay at 1. On the right both deviations from the exact values, in percent,
# with bars of one standard error. Most of the bars reach zero and some do not, none by much; the bars are longest at the
# smallest step, where a chain remembers longest.*
#
# A bar of one standard error should miss the truth in about a third of all cases; χ² above says whether these ten do.
#
# MALA has no bias at any step, so which step is best? A tiny step is always accepted and goes nowhere. A huge step is always
# refused. In between is the longest mean squared jump. Chains start from the exact distribution here, so there is no burn-in.

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
# ## 5 · Watch one chain
#
# A double well along $x_1$ with a bowl along $x_2$, at T = 0.7. It has no formula for its gradient in the library: the
# sampler uses autograd.


# %%
def two_valleys(x: Float[Tensor, "*batch 2"]) -> Float[Tensor, "*batch"]:
    """A double well along the first coordinate, a bowl along the second."""
    return double_well(x[..., 0]) + 2 * x[..., 1] ** 2


T_valleys, start, rng = 0.7, torch.tensor([[-1.2, 1.3]]), torch.Generator().manual_seed(11)
run = samplers.mala(two_valleys, start, step_size=0.02, n_steps=1200, temperature=T_valleys, generator=rng)
path = torch.cat([start, run.trajectory[:, 0]])
side = torch.sign(path[path[:, 0].abs() > 0.7, 0])  # the well it was in last, not counting the barrier
crossings = int((side[1:] != side[:-1]).sum())
on_left = float((path[:, 0] < 0).double().mean())
print(f"1200 steps, time {1200 * 0.02:.0f}: {crossings} crossings, {on_left:.1%} of states on the left")

# %%
points, _ = boltzmann.grid_2d(((-1.6, 1.6), (-1.15, 1.45)), 111)
over = int((path[:, 0] > 0.7).nonzero()[0])  # the step that reaches the other well
walk, step = slice(over - 40, over + 60), torch.arange(1201)
plots.figure(
    plots.surface(
        points, two_valleys(points), way=path[walk], heights=two_valleys(path[walk]), span=(0, 5), view=(52, -76),
        zlabel="energy $E$", lines=(0.5, 1, 1.5, 2, 3, 4), relief=0.5, zoom=1.2, title="a hundred steps, up to the disc",
    ),
    plots.panel(
        plots.span(walk.start, walk.stop, "the steps on the left", color="red"), plots.line(step, path[:, 0], width=0.9),
        plots.hline(0, style=":"), xlabel="step", ylabel="$x_1$", title="all steps",
    ),
    title=f"One chain, 1200 steps of MALA at $T = {T_valleys:g}$: {crossings} crossings, {on_left:.0%} on the left",
    widths=(1.6, 1),
)  # fmt: skip

# %% [markdown]
# *Picture: on the left the energy as a lit landscape of two hollows with contour lines, level from E = 5 upwards. A line of a hundred
# steps turns about in the left hollow, crosses the saddle once, strays up the slopes and ends in the right hollow at a disc. On the
# right the first coordinate against the step: it stays near −1 for some 600 steps and then near +1, but for one short visit to the left;
# the hundred steps are shaded.*
#
# The truth is 50 % on each side. With so few crossings, to come close is luck: the chain knows *its* well after fifty steps,
# but the shares of the two wells only after many crossings. How good is an average over a run? Three questions, in this
# order.
#
# **When does the chain forget its start?** What comes before is *burn-in* and is thrown away. On the bowl the mean energy
# after $n$ steps of ULA is known: $\langle E_n\rangle = \frac12\left[x_0^2\rho^{2n} + V(1-\rho^{2n})\right]$ with
# $\rho = 1-\varepsilon$.
#
# **How long does it remember after that?** The *autocorrelation* at lag $k$ is the correlation of $x_n$ and $x_{n+k}$, here
# $\rho^k$. Its sum is the *integrated autocorrelation time* $\tau = 1 + 2\sum_k \rho^k = (2-\varepsilon)/\varepsilon$.
#
# **How many independent draws is the run worth?** The *effective sample size*, ESS $= n/\tau$. The first call of these
# functions loads the package arviz, which takes some seconds.

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
#
# ## 6 · Do the chains agree?
#
# A single chain cannot tell you about a well that it has never seen. Several chains from different starts can: if each has
# found the same distribution, the spread *between* their means is no larger than the spread *within* each explains. This
# is **R-hat** of Gelman and Rubin. Cut each of the $m$ chains into two halves, so that a drift shows as well. For the
# $2m$ half-chains of length $n$, let $W$ be the mean of their variances and $B/n$ the variance of their means (both with
# the divisor "number minus one"). Then
#
# $$\hat R = \sqrt{\frac{\frac{n-1}{n}\,W + \frac{B}{n}}{W}} .$$
#
# It is near 1 if the half-chains agree.
#
# ### Exercise 3.4 · Split R-hat
# *Difficulty ●●○ · fifteen minutes · why: it is the one number to ask for before you believe an average.*

# %% todo="3.4" task="return R-hat of the half-chains"
def split_r_hat(samples: Float[Tensor, "n_kept n_chains"]) -> float:
    """Split R-hat of several chains.

    Args:
        samples: one column per chain, time runs down; n_kept is even.

    Returns:
        R-hat of the 2 * n_chains half-chains (first halves and second halves).
    """
    ### BEGIN SOLUTION
    n = len(samples) // 2
    halves = torch.cat([samples[:n], samples[n:]], dim=1)
    within = halves.var(dim=0).mean()
    between = halves.mean(dim=0).var()  # B / n
    return torch.sqrt(((n - 1) / n * within + between) / within)
    ### END SOLUTION


# %% check="3.4" points=3
from course_checks import check, exercises

with check.exercise("3.4", "split_r_hat"):
    answer = exercises.langevin.split_r_hat.by(split_r_hat)
    noise = torch.randn(40, 3, generator=torch.Generator().manual_seed(34), dtype=torch.float64)
    answer.on("three chains of noise", noise)
    answer.on("three drifting chains", noise + torch.linspace(0, 2, 40)[:, None])
    answer.on("three chains, one of them elsewhere", noise + torch.tensor([0.0, 10.0, 0.0]))
    answer.on("two chains that stand still at ±1, but for a start", torch.tensor([[0, 0], [-1, 1], [-1, 1], [-1, 1.0]]))
    answer.fresh(4, "other chains")

# %% [markdown] hint="3.4"
# `torch.cat([samples[:n], samples[n:]], dim=1)` puts first and second halves side by side, one column each. Then two lines:
# `halves.var(dim=0).mean()` is W and `halves.mean(dim=0).var()` is B/n; torch divides by number minus one unless told
# otherwise.

# %% [markdown]
# Three runs of four chains on the double well, from starts on both sides. `diagnostics.r_hat` is the modern form (Vehtari and
# others 2021): it replaces values by their ranks and also compares the spreads. Its authors accept a run below **1.01**.

# %%
rng, runs = torch.Generator().manual_seed(6), {}
start = torch.tensor([-1.8, -0.5, 0.5, 1.8])
for T, n_steps in ((1.5, 8000), (0.6, 8000), (0.2, 8000)):
    how = {"step_size": 0.03, "n_steps": n_steps, "temperature": T, "generator": rng}
    chains = samplers.mala(double_well, start, **how)
    x = chains.trajectory
    label = f"T = {T:g}: R-hat {diagnostics.r_hat(x):.3f}, ESS {diagnostics.ess(x):.0f}"
    runs[label] = x
    shares = [round(v, 3) for v in (x < 0).double().mean(0).tolist()]
    print(f"{label:33s} acceptance {chains.acceptance.mean():.3f}   on the left {shares}")
lanes = [
    plots.panel(plots.lanes(x, span=(-2.3, 2.3), marks=(-1, 1)), xlabel="step", ylabel="$x$ of four chains", height=3.2,
                title=label.replace("T = ", "$T$ = "))
    for label, x in runs.items()
]
title = "Barrier 2, four chains: well mixed, slowly mixed, and stuck (MALA, $\\varepsilon = 0.03$)"
plots.figure(*lanes, share="y", title=title)  # fmt: skip

# %% [markdown]
# *Picture: three panels with the states of four chains against time, each in a lane of its own. Hot: all four fill both wells all
# the time. Warm: each switches now and then. Cold: each stays in the well in which it started, two on either side.*

# %% uses="3.4"
for label, x in runs.items():
    print(f"{label:32s} your split R-hat: {float(split_r_hat(x)):.3f}")

# %% [markdown]
# ## 7 · Beside the exact density
#
# A sampler is trusted after it has met exact numbers. First a correlated Gaussian with mean (1, −1) and covariance
# [[1, 0.5], [0.5, 1]], then the three valleys of section 1, whose masses come from quadrature.

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
# ## 8 · An egg box
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
# ## 9 · When no chain crosses
#
# A double well with barrier 10 at T = 1. By symmetry ⟨x⟩ = 0. First one chain, as one would do it.

# %%
tall, rng = energies.DoubleWell(barrier=10.0), torch.Generator().manual_seed(12)
starts = {"all four left": [-1.0, -1.0, -1.0, -1.0], "two on each side": [-1.0, -1.0, 1.0, 1.0]}
chains = {}
for name, start in starts.items():
    how = {"step_size": 0.01, "n_steps": 4000, "temperature": 1.0, "generator": rng}
    x = samplers.mala(tall, torch.tensor(start), **how).trajectory
    if not chains:
        one = x[:, :1]
        halves = one.reshape(2, -1).T
        error = diagnostics.mcse(one)
        print(f"one chain:        ⟨x⟩ = {one.mean():+.4f} ± {error:.4f} (so it says)", end="   ")
        print(f"R-hat of its halves {diagnostics.r_hat(halves):.3f}   ESS {diagnostics.ess(one):.0f}")
    r_hat = diagnostics.r_hat(x)
    print(f"{name:17s} ⟨x⟩ = {x.mean():+.4f}   R-hat {r_hat:.3f}   ESS {diagnostics.ess(x):.1f}")
    chains[f"{name}: R-hat {r_hat:.2f}"] = x
lanes = [
    plots.panel(plots.lanes(x, span=(-1.8, 1.8), marks=(-1, 1)), xlabel="step", ylabel="$x$ of four chains", title=label)
    for label, x in chains.items()
]
title = "Barrier 10, $T = 1$, and $\\langle x \\rangle = 0$: only starts on both sides raise the alarm"
plots.figure(*lanes, share="y", title=title)

# %% [markdown]
# *Picture: four lanes in each of two panels. On the left all four chains lie about x = −1, and the R-hat in the title finds no fault.
# On the right two chains lie about −1 and two about +1, and the R-hat is far above 1.01.*
#
# One chain reports −1 with a tiny error, a large ESS and a perfect R-hat of its halves. Four chains from the same side agree
# with one another. Only chains that **start far apart** raise the alarm. (The R-hat of ranks is about 1.7 for two groups that
# do not overlap, however far apart, since ranks only know the order. The classic one of Exercise 3.4 grows with the
# distance.) No diagnostic sees what no chain has visited.
#
# **Annealing.** Start hot, where the barrier is low, and cool down. The well is tilted now, so that the shares are not
# equal: how much of the mass is in the deeper, left well?

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
# lines of Exercise 2.5: before each move add $-(\beta_{k+1}-\beta_k)E(x)$ to $\log w$. A chain then counts by its weight
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
# ### Exercise 3.5 · A swap of two temperatures
# *Difficulty ●●○ · ten minutes · why: a dozen lines that cure most of what this section has shown.*
#
# Complete `exchange` for many pairs of chains at once. Leave the arrays that you are given unchanged.

# %% todo="3.5" task="return the cold states, the hot states and the swap probabilities"
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


# %% check="3.5" points=3
from course_checks import check, exercises

with check.exercise("3.5", "exchange"):
    answer = exercises.langevin.exchange.by(exchange)
    E, draw = energies.AsymmetricDoubleWell(barrier=0.8, tilt=0.5), torch.Generator().manual_seed(35)
    for cool, warm in ((0.5, 2.0), (1.0, 1.6)):
        cold, hot = torch.randn(2, 8, generator=draw, dtype=torch.float64)
        u = torch.rand(8, generator=draw, dtype=torch.float64)
        answer.on(f"eight pairs at T = {cool} and {warm}", cold, hot, E(cold), E(hot), cool, warm, u)
    answer.fresh(4, "other pairs")

# %% [markdown] hint="3.5"
# First the log of the ratio, then `torch.exp(log_ratio.clamp(max=0))`. Two calls of `torch.where` make the new states. If you
# assign to the cold states first, keep a copy: the hot chains need the *old* cold states.

# %% [markdown]
# Replica exchange in ten lines, with your swap:

# %% uses="3.5"
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
right = (value - exact_left).abs() < 3 * error
plots.figure(
    plots.panel(
        plots.rows(list(estimates), value.where(right, math.nan), error, "within three errors", color="blue"),
        plots.rows(list(estimates), value.where(~right, math.nan), error, "further off", color="red"),
        plots.vline(exact_left, f"exact: {exact_left:.4f}"), xlabel="mass of the left well at $T = 1$", height=3.2,
    ),
    title="Weights and replica exchange weigh the wells right; counting frozen chains does not",
)  # fmt: skip

# %% [markdown]
# *Picture: six estimates with error bars against a dashed line at the exact mass. The annealed runs lie to its left, the
# slower ones closer; the shortest of them, weighted, lies close to the line; MALA alone sits at one half, where its starts were;
# replica exchange lies close to the line, though all its chains started in the wrong well.*
#
# ## 10 · How long is a barrier? Kramers' law
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
# ## 11 · Explore
#
# Choose a landscape and a sampler, and move step size, temperature and number of chains. Each picture is a fresh run of 800
# steps per chain. After the question, look for three more things: a step at which MALA hardly moves, a temperature at which
# R-hat complains, and a picture of the egg box that is wrong without any complaint.

# %%
explorers.langevin()

# %% [markdown]
# Without a kernel, the figure of section 4 answers the same question.

# %% [markdown]
# ## 12 · What goes wrong
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
# **Diagnostics that are asked the wrong question.** Section 9: R-hat of chains that all start in the same well.
#
# **An error bar for independent samples** on samples that are not: section 5, ten times too small.
#
# **Averages over the lucky ones.** In the hardest well of section 10, the mean over the chains that did escape was wrong by a
# large factor, and its small spread would not have told you:

# %%
print(f"ΔE = 4, T = 0.5: {escaped[3, 0]:.0f} of {n_walkers} escaped, on average after {naive[3, 0]:.0f}.")
print(f"Counting the time of all chains: {time[3, 0]:.0f} ± {spread[3, 0]:.0f}; exact {by_quadrature[3, 0]:.0f}")

# %% [markdown]
# ## Recap
#
# - The score $-\nabla E/T$ does not contain Z. With noise of variance $2\varepsilon T$ it becomes a sampler.
# - Every Langevin code has a temperature: half the variance of its noise over the factor of its gradient. Measure it on a bowl.
# - ULA is biased by its step; on a bowl by the factor $1/(1-\varepsilon k/2)$. MALA is exact at every step; choose the step
#   by its acceptance, 0.4 to 0.8.
# - Throw away the burn-in, divide by the ESS and not by the number of samples, start several chains far apart, look at R-hat.
# - Crossing a barrier takes a time of order $e^{\Delta E/T}$. Replica exchange goes around it. Annealing finds the wells; it weighs
#   them only with the weights of lesson 02.
# - No diagnostic sees what no chain has visited.

# %% [markdown] think="3a"
# **Think.** A friend's code for a density $p$ does `x = x + step * score(x) + sqrt(step) * noise`, with the score of $p$ at
# T = 1. What does it sample, and what variance would it report for $E = x^2/2$ at step 0.1?
# <!-- ANSWER -->
# The factor of the gradient is $a$ = step and the noise variance is step, so $T_\text{eff} = s^2/2a = 1/2$: it samples
# $p^2$, normalised, which is too narrow. The variance is $0.5/(1 - 0.05) = 0.526$. The mistake is the missing 2 of
# Exercise 3.2.

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
# ## References
#
# - G. O. Roberts and R. L. Tweedie, *Exponential convergence of Langevin distributions and their discrete approximations*,
#   Bernoulli 2, 341 (1996), [doi:10.2307/3318418](https://doi.org/10.2307/3318418). ULA and MALA, and when they converge.
# - G. O. Roberts and J. S. Rosenthal, *Optimal scaling of discrete approximations to Langevin diffusions*, J. R. Stat. Soc.
# B 60, 255 (1998), [doi:10.1111/1467-9868.00123](https://doi.org/10.1111/1467-9868.00123). The acceptance 0.574.
# - H. A. Kramers, *Brownian motion in a field of force and the diffusion model of chemical reactions*, Physica 7, 284 (1940),
#   [doi:10.1016/S0031-8914(40)90098-2](https://doi.org/10.1016/S0031-8914(40)90098-2).
# - W. Grathwohl, K.-C. Wang, J.-H. Jacobsen, D. Duvenaud, M. Norouzi and K. Swersky, *Your classifier is secretly an energy based
#   model and you should treat it like one*, ICLR 2020, [arXiv:1912.03263](https://arxiv.org/abs/1912.03263).
# - R. M. Neal, *Annealed importance sampling*, Statistics and Computing 11, 125 (2001),
#   [doi:10.1023/A:1008923215028](https://doi.org/10.1023/A:1008923215028).
# - R. H. Swendsen and J.-S. Wang, *Replica Monte Carlo simulation of spin-glasses*, Phys. Rev. Lett. 57, 2607 (1986),
#   [doi:10.1103/PhysRevLett.57.2607](https://doi.org/10.1103/PhysRevLett.57.2607). The ancestor of replica exchange.
# - A. Vehtari, A. Gelman, D. Simpson, B. Carpenter and P.-C. Bürkner, *Rank-normalization, folding, and localization: an
# improved R-hat for assessing convergence of MCMC*, Bayesian Analysis 16, 667 (2021),
# [doi:10.1214/20-BA1221](https://doi.org/10.1214/20-BA1221).
