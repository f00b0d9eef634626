# ---
# jupyter:
#   course:
#     title: The temperature of learning
#     goal: give gradient descent a temperature that is true, cool it, and measure whether that helped
#     needs: ["03"]
#     know: gradient descent, variance and covariance, the Langevin step of lesson 03
#     time: 110 min
#     runs: 75 s
#     uses: [torch]
# ---

# %% [markdown]
# ## What you will be able to do
#
# 1. Add noise to gradient descent that has the temperature you asked for, and measure the temperature of any noise that
#    somebody else has added (Exercise 4.1).
# 2. Write a cooling schedule that hits both its ends (4.2), and read a run from four panels.
# 3. Say how often a method succeeds, with an interval that can be believed at 0 successes too (4.3), and compare methods at
#    the same budget.
# 4. Compute the temperature of mini-batch descent from the learning rate, the batch size and the gradients (4.4), check it
#    against an exact result, and say where the picture of a heat bath breaks.

# %%
import math
import sys

import torch
from jaxtyping import Bool, Float
from torch import Tensor
from tqdm import tqdm

from course_utils import boltzmann, descent, energies, explorers, plots, samplers

torch.set_num_threads(1)  # on tensors this small, a second thread costs more than it brings

# %% [markdown]
# ## 1 · Landscapes where parameters live
#
# Until now x was the state of something: a ball, a pair of spins, an image. Now x is a vector of **parameters**, E(x) is the
# **loss**, and one learns by going downhill. Four losses of two parameters stand for what can be in the way.

# %%
landscapes = descent.landscapes()
maps, surfaces = [], []
for name, landscape in landscapes.items():
    energy = landscape.energy
    points, _ = boltzmann.grid_2d(energy.domain, 221)
    height, label = energy(points), "energy $E$"
    if name in ("Rosenbrock", "Network loss"):
        height, label = torch.log10(1 + height), "$\\log_{10}(1 + E)$"
    surfaces.append((name, points, height, energy.minima[0], label))
    star = plots.minima(energy.minima[0])
    maps.append(plots.panel(plots.energy(points, height, scale=label), star, title=name, height=3.1))
n_wells = int((energies.Rastrigin().wells().abs() < 5.12).sum()) ** 2
title = f"A bent valley, {n_wells} pits in a bowl, a rippled funnel and a small network"
plots.figure(*maps, columns=2, title=title)

# %% [markdown]
# *Picture: four contour maps, a star at each global minimum. Rosenbrock: a thin curved valley. Rastrigin: a regular
# pattern of pits, deeper towards the middle. Ackley: small ripples on the walls of a funnel that is steepest at its
# middle. Network loss: broad curved basins, of which the star marks the lowest. Rosenbrock and the network loss are shown as
# log₁₀(1 + E).*
#
# The last one is a real loss: a network of three hidden tanh units learns the outputs of another one, and two directions
# in its space of nine weights are shown. Run the next cell and move the mouse onto the picture: it becomes a surface that
# you can turn and zoom, and buttons choose the landscape.

# %%
plots.turning_surface(surfaces, title="The four landscapes as surfaces")

# %% [markdown]
# *Picture: the same four landscapes as lit surfaces with a mark at the global minimum; in JupyterLab (under the mouse) and on
# Colab one at a time, to be turned; elsewhere all four, still, seen from above and from the side of low x₁ and x₂.*
#
# **How large may a step be?** In a parabola of curvature $k$ a step of plain descent, $x' = x - \varepsilon\,\nabla E$,
# multiplies the distance from the bottom by $1 - \varepsilon k$. That shrinks it only for $\varepsilon < 2/k$. So each
# landscape has its own largest step, set by its *steepest* curvature. We measure the curvature on a grid, from differences of
# the gradient. (Within 0.2 of its minimum Ackley's funnel is a cusp, whose curvature has no bound; we leave that spot out.)


# %%
def largest_curvature(energy, points: Float[Tensor, "*n 2"], h: float = 1e-4) -> Float[Tensor, "*n"]:
    """Largest eigenvalue of the Hessian at each point, by central differences of the gradient."""
    axes = torch.eye(2, dtype=points.dtype)
    columns = [(energy.grad(points + h * e) - energy.grad(points - h * e)) / (2 * h) for e in axes]
    return torch.linalg.eigvalsh(torch.stack(columns, -1))[..., -1]


for name, landscape in landscapes.items():
    energy = landscape.energy
    points, _ = boltzmann.grid_2d(energy.domain, 201)
    away = (points - energy.minima[0]).norm(dim=-1) > 0.2
    top = largest_curvature(energy, points)[away].max()
    print(f"{name:13s} curvature up to {top:6.0f}   stable below {2 / top:.5f}   ", end="")
    print(f"we use {landscape.step_size:g}")

# %% [markdown]
# The steps that we use lie well below the limits, because noise will carry the runs to steeper places. Section 9 shows what a
# step beyond the limit does, with an error message and without one.

# %% [markdown]
# ## 2 · Noise with the right size
#
# Plain descent stops in the first pit. So add noise: *thermal* descent is the Langevin step of lesson 03,
#
# $$x' = x - \varepsilon\,\nabla E(x) + \sqrt{2\,\varepsilon\,T}\;\xi, \qquad \xi \sim \mathcal N(0, 1) \text{ in each coordinate},$$
#
# and T is a temperature in the sense of lesson 01: left alone, x is distributed as $e^{-E/T}/Z$, for small $\varepsilon$.
# Here is another line, which looks alike:
#
# ```python
# x = x - lr * grad + lr * math.sqrt(T) * torch.randn_like(x)
# ```
#
# **Guess before you go on.** At `lr = 0.01` and `T = 1`, which temperature does this line have?
#
# ### Exercise 4.1 · One thermal step
# *Difficulty ●○○ · five minutes · why: this line decides what "temperature" means in everything that follows.*
#
# Complete `thermal_step`. The noise comes in as an argument, so that your result can be checked exactly.


# %% todo="4.1" task="return the state after one step"
def thermal_step(
    x: Float[Tensor, "*n"],
    gradient: Float[Tensor, "*n"],
    step_size: float,
    temperature: float,
    noise: Float[Tensor, "*n"],
) -> Float[Tensor, "*n"]:
    """One step of gradient descent at a temperature.

    Args:
        x: parameters.
        gradient: ∇E at x.
        step_size: ε > 0, the learning rate.
        temperature: T >= 0.
        noise: ξ, standard normal numbers of the shape of x.

    Returns:
        x after the step, as a new tensor.
    """
    ### BEGIN SOLUTION
    return x - step_size * gradient + math.sqrt(2 * step_size * temperature) * noise
    ### END SOLUTION


# %% check="4.1" points=2
from course_checks import check, exercises

with check.exercise("4.1", "thermal_step"):
    answer = exercises.descent.thermal_step.by(thermal_step)
    x, g, xi = (torch.tensor(v, dtype=torch.float64) for v in ([1.0, -2.0], [0.5, 3.0], [0.7, -1.1]))
    answer.on("x = (1, -2) at ε = 0.01, T = 4", x, g, 0.01, 4.0, xi, expect=[1.1929899, -2.3411270])
    answer.on("x = (1, -2) at ε = 0.2, T = 0.3", x, g, 0.2, 0.3, xi)
    answer.on("x = (1, -2) at T = 0", x, g, 0.1, 0.0, xi, expect=x - 0.1 * g, hint="It is plain descent then.")
    answer.fresh(3, "another x")

# %% [markdown] hint="4.1"
# Three terms: where you are, minus the step size times the gradient, plus the noise times its size $\sqrt{2\varepsilon T}$.
# `math.sqrt` takes the root of a plain number.

# %% [markdown]
# **A thermometer.** In a parabola $E = k x^2/2$, equipartition says $k\,\langle x^2\rangle = T$. So let many walkers run
# in one, and multiply their variance by $k$. Finite steps add a known correction: the stationary variance $v$ solves $v =
# (1-\varepsilon k)^2 v + 2\varepsilon T$, so
#
# $$k\,v = \frac{T}{1 - \varepsilon k/2} .$$
#
# The same line with $\varepsilon^2 T$ in place of $2\varepsilon T$ gives what `lr * sqrt(T)` has: the temperature
# $T_\text{real} = \varepsilon T/2$. Both are now measured, with 20,000 independent walkers each.


# %%
def walkers(step_size: float, noise_size: float, seed: int, n: int = 20_000, k: float = 1.0):
    """k times the stationary variance of n walkers in k x²/2, and its standard error."""
    generator = torch.Generator().manual_seed(seed)
    x = torch.zeros(n)
    for _ in range(math.ceil(5 / (step_size * k))):  # the start is forgotten: its weight is exp(-10)
        x = x - step_size * k * x + noise_size * torch.randn(n, generator=generator)
    variance = k * float(x.var())
    return variance, variance * math.sqrt(2 / (n - 1))


T, step_sizes = 1.0, (0.01, 0.03, 0.1, 0.3, 1.0)
right = [walkers(lr, math.sqrt(2 * lr * T), seed=3) for lr in step_sizes]
wrong = [walkers(lr, lr * math.sqrt(T), seed=13) for lr in step_sizes]
print("           noise √(2 lr T)                 noise lr √T")
print("   lr      measured         expected       measured              expected")
for lr, (a, da), (b, db) in zip(step_sizes, right, wrong, strict=True):
    bracket = 1 - lr / 2
    print(f"{lr:5.2f}   {a:.4f} ± {da:.4f}   {T / bracket:.4f}        ", end="")
    print(f"{b:.5f} ± {db:.5f}    {lr * T / 2 / bracket:.5f}")
lr, layers = torch.logspace(-2.1, 0.1, 60), [plots.hline(T, "the temperature asked for", style=":")]
for name, found, small in (("$\\sqrt{2\\,lr\\,T}$", right, T), ("$lr\\,\\sqrt{T}$", wrong, lr * T / 2)):
    layers.append(plots.points(step_sizes, *torch.tensor(found).T, f"noise {name}, measured"))
    layers.append(plots.line(lr, small / (1 - lr / 2), f"noise {name}, measured"))
title = f"Asked for $T = 1$: at $lr = 0.01$ one noise has {right[0][0]:.3f}, the other {wrong[0][0]:.5f}"
xlabel, ylabel = "step size $lr$", "measured temperature $k\\,v$"
plots.figure(plots.panel(*layers, log="xy", xlabel=xlabel, ylabel=ylabel, title="curves: expected"), title=title)

# %% [markdown]
# *Picture: against the step size on logarithmic axes, the right noise (blue) lies on the dotted line at 1 and bends up at the
# largest steps. The wrong noise (orange) lies far below: a straight line, at lr/2, that bends up to the dotted line at lr = 1. All
# dots lie on their curves.*
#
# The second form is colder than its label by a factor of 2/lr, so changing the learning rate changes its temperature.
# Now your own step, at three temperatures:

# %% uses="4.1"
generator = torch.Generator().manual_seed(4)
for T in (0.1, 1.0, 10.0):
    x = torch.zeros(20_000)
    for _ in range(100):
        noise = torch.randn(20_000, generator=generator)
        x = thermal_step(x, x, 0.1, T, noise)  # the gradient of x²/2 is x
    measured = descent.temperature_from_variance(float(x.var()), 1.0, 0.1)
    error = measured * math.sqrt(2 / 19_999)
    print(f"asked for T = {T:5.2f}: your step has {measured:7.4f} ± {error:.4f}")

# %% [markdown]
# ## 3 · Cooling
#
# Hot runs cross barriers but do not settle; cold runs settle where they are. **Annealing** starts hot and cools. How T should
# fall is the **schedule**. With $s$ going from 0 at the first step to 1 at the last:
#
# | schedule | temperature |
# | --- | --- |
# | constant | $T_0$ |
# | linear | $T_0 + (T_1 - T_0)\,s$ |
# | polynomial | $T_1 + (T_0 - T_1)(1-s)^2$ |
# | exponential | $T_0\,(T_1/T_0)^{s}$: the same factor at every step |
# | logarithmic | $T_0 \log 2/\log(1+k)$ at step $k = 1, 2, \dots$ |
#
# The last one has no end of its own choosing. It is the only one with a guarantee, to which we come in section 5.
#
# ### Exercise 4.2 · An exponential schedule
# *Difficulty ●○○ · ten minutes · why: an off-by-one here costs the last step, and a schedule that misses its end leaves a run
# hotter than you think.*
#
# Complete `exponential_schedule` so that the first entry is the start temperature and the last one the end temperature.


# %% todo="4.2" task="return the temperature of each step"
def exponential_schedule(start: float, end: float, n_steps: int) -> Float[Tensor, "n_steps"]:
    """Temperatures that fall by the same factor at every step.

    Args:
        start: temperature of the first step, > 0.
        end: temperature of the last step, > 0.
        n_steps: number of steps, at least 2.

    Returns:
        n_steps temperatures.
    """
    ### BEGIN SOLUTION
    s = torch.arange(n_steps, dtype=torch.float64) / (n_steps - 1)
    return start * (end / start) ** s
    ### END SOLUTION


# %% check="4.2" points=2
from course_checks import check, exercises

with check.exercise("4.2", "exponential_schedule"):
    answer = exercises.descent.exponential_schedule.by(exponential_schedule)
    answer.on("T from 10 to 0.1 in 5 steps", 10.0, 0.1, 5, expect=[10, 3.1622777, 1, 0.31622777, 0.1])
    answer.on("T from 3 to 0.5 in 8 steps", 3.0, 0.5, 8)
    answer.on("T from 2 to 0.002 in 1000 steps", 2.0, 2e-3, 1000)
    answer.on("T from 1.5 to 0.3 in 2 steps", 1.5, 0.3, 2, expect=[1.5, 0.3])
    answer.fresh(3, "another schedule")

# %% [markdown] hint="4.2"
# The factor between neighbours is $(T_1/T_0)^{1/(n-1)}$: there are $n - 1$ gaps between $n$ steps. Raise the whole ratio
# to the power $s = 0, \tfrac{1}{n-1}, \dots, 1$.

# %%
schedules = {name: descent.schedule(name, 1.0, 0.01, 1800) for name in descent.SCHEDULES}
for name, T in schedules.items():
    print(f"{name:12s} {T[0]:.2f} → {T[-1]:.4f}, mean {T.mean():.3f}, {(T > 0.1).sum()} steps above 0.1")
coldest = float(schedules["logarithmic"][-1])
curves = [plots.line(torch.arange(1, 1801), T, name) for name, T in schedules.items()]
plots.figure(
    plots.panel(*curves, xlabel="step", ylabel="temperature $T$", title="plain axis"),
    plots.panel(*curves, log="y", xlabel="step", title="logarithmic axis"),
    title=f"From $T = 1$ in 1800 steps: logarithmic cooling is still at {coldest:.3f} at the end",
)

# %% [markdown]
# *Picture: five curves on a plain axis and on a logarithmic one. Constant: flat. Linear: a straight line on the left.
# Exponential: a straight line on the right. Polynomial between them. Logarithmic: a steep fall within a few steps, then
# almost flat.*
#
# ## 4 · One run in four panels
#
# The last 200 of every 2000 steps are taken at T = 0. This *quench* leads to the bottom of the well that the run is in, so
# that the jitter of the last temperature does not decide the result.

# %%
N_STEPS, QUENCH = 2000, 200
ackley, start = landscapes["Ackley"], torch.tensor([[4.0, -3.5]])
run = descent.thermal_descent(
    ackley.energy,
    start,
    step_size=ackley.step_size,
    temperatures=descent.linear(1.0, 0.01, N_STEPS - QUENCH),
    generator=torch.Generator().manual_seed(2),
    quench=QUENCH,
)
path, loss, temperatures = run.trajectory[:, 0], run.energy[:, 0], run.temperature
last_far = int((path.norm(dim=-1) > 0.5).nonzero().max()) + 1
print(f"first E = {loss[0]:.3f}, last E = {loss[-1]:.4f}, lowest on the way {loss.min():.4f}")
print(f"last time more than 0.5 from the minimum: step {last_far}, at T = {temperatures[last_far - 1]:.3f}")

# %%
points, _ = boltzmann.grid_2d(ackley.energy.domain, 201)
at, ground = torch.arange(1, N_STEPS + 1), plots.energy(points, ackley.energy(points), grey=True)
way = plots.path(path, color="time", values=temperatures, scale="temperature $T$")
cold = torch.stack([temperatures.clamp(min=5e-3), loss], 1)  # T = 0 has no place on a logarithmic axis
phase = plots.dots(cold, most=N_STEPS, color="blue", size=4, alpha=0.5)
plots.figure(
    plots.panel(ground, plots.minima(ackley.energy.minima), way, height=3.3,
                title="the path, from disc to cross; star: minimum"),
    plots.panel(plots.line(at, temperatures), xlabel="step", ylabel="temperature $T$", title="temperature", height=3.3),
    plots.panel(plots.line(at, loss, width=0.7), xlabel="step", ylabel="loss $E$", title="loss", height=3),
    plots.panel(phase, log="x", xlabel="temperature $T$ ($T = 0$ drawn at 0.005)", ylabel="loss $E$",
                title="loss against temperature: time runs leftwards"),
    title=f"One run on Ackley, linear cooling from $T = 1$: it ends {path[-1].norm():.3f} from the minimum",
    columns=2,
)  # fmt: skip

# %% [markdown]
# *Picture: top left, the path over the landscape in grey, yellow where hot, orange and purple where cooler: it wanders from a
# disc over several pits and then stays in the one at the star, on which its end is a cross. Top right, the temperature falls in a
# straight line to a quench at T = 0. Bottom left, the loss: noisy and high, then lower in jumps, with less and less scatter, then
# flat. Bottom right, dots for the loss against the temperature, the same story from right to left.*
#
# The end is not at E = 0 exactly: at the cusp the gradient does not shrink, so plain descent with a fixed step hops
# around it.
#
# A picture like this proves nothing: **it is one run, and it was shown because it worked.**

# %% [markdown]
# ## 5 · And then the truth
#
# Now 500 runs for each schedule and landscape. What counts as success is fixed **before** we look, and so is the budget:
#
# - *Start*: anywhere in the domain, with equal probability.
# - *Budget*: 2000 evaluations of the gradient per run, the quench included, for every method.
# - *Score*: the **best state visited**. Whoever computes a gradient can know E too, and keep the best state so far. That
#   goes for every method, so every method is scored in this way.
# - *Success*: the lowest E visited is below half-way from the global minimum to the second-lowest one. Rosenbrock has only
#   one minimum; there success is E < 0.01, which lies within 0.1 of the minimum in x.
# - *Methods*: four schedules that cool; "10 anneals", which are linear ones of 200 steps from new starts. *Rivals*: a
#   constant temperature; plain descent; plain descent from 10 new starts with 200 steps each, or from 40 with 50 steps
#   each; and 2000 random points, which need no gradient at all.
# - *Start temperatures* are chosen per method and landscape on runs of their own (the pilot), and the chosen one is then
#   tested on fresh runs.
#
# **Choose before you run it.** On how many of the four landscapes will some cooling method be ahead of all rivals?
#
# ### Exercise 4.3 · A success rate with its interval
# *Difficulty ●●○ · fifteen minutes · why: "it worked in 3 of 5 runs" says less than you think; the cell after the
# check says how much.*
#
# With $k$ successes in $n$ runs the rate is $\hat p = k/n$. The textbook interval $\hat p \pm z\sqrt{\hat p(1-\hat p)/n}$
# (Wald) has no width at $k = 0$ and leaves [0, 1] near the ends. Wilson (1927) asks instead which true rates $p$ would
# have given a $\hat p$ no further than $z$ standard deviations away:
#
# $$\text{centre} = \frac{\hat p + \frac{z^2}{2n}}{1 + \frac{z^2}{n}}, \qquad
# \text{half-width} = \frac{z}{1 + \frac{z^2}{n}} \sqrt{\frac{\hat p (1-\hat p)}{n} + \frac{z^2}{4n^2}} .$$


# %% todo="4.3" task="return the rate and both ends of the Wilson interval"
def success_rate(successes: Bool[Tensor, "n"], z: float = 1.96) -> tuple[float, float, float]:
    """Share of successes with its Wilson interval.

    Args:
        successes: True or False for each run.
        z: half-width in standard deviations; 1.96 gives 95 % confidence.

    Returns:
        The rate, the lower and the upper end of the interval; shares, from 0 to 1.
    """
    ### BEGIN SOLUTION
    n = len(successes)
    p = float(successes.sum()) / n
    centre = (p + z**2 / (2 * n)) / (1 + z**2 / n)
    half = z / (1 + z**2 / n) * math.sqrt(p * (1 - p) / n + z**2 / (4 * n**2))
    return p, centre - half, centre + half
    ### END SOLUTION


# %% check="4.3" points=3
from course_checks import check, exercises

with check.exercise("4.3", "success_rate"):
    answer = exercises.descent.success_rate.by(success_rate)
    answer.on("3 of 5 runs at z = 1.96", torch.arange(5) < 3, 1.96, expect=0.6)
    answer.on("40 of 50 runs at z = 2.576", torch.arange(50) >= 10, 2.576, expect=0.8)
    answer.on("0 of 20 runs, z left out", torch.zeros(20, dtype=torch.bool), expect=0.0)
    answer.fresh(3, "other runs")

# %% [markdown] hint="4.3"
# `n = len(successes)` and `p = float(successes.sum()) / n`. Compute `1 + z**2 / n` once; it divides both the centre and
# the half-width. The ends are centre ± half-width, not rate ± half-width.

# %% uses="4.3"
for k, n in ((3, 5), (0, 500), (495, 500)):
    rate, low, high = success_rate(torch.arange(n) < k)
    wald = 1.96 * math.sqrt(rate * (1 - rate) / n)
    print(f"{k:3d} of {n:3d}: Wilson {max(low, 0):.4f} to {high:.4f}   ", end="")
    print(f"Wald {rate - wald:.4f} to {rate + wald:.4f}")

# %% [markdown]
# How often does a 95 % interval hold the truth? This too can be computed exactly, by adding up binomial probabilities.

# %%
from scipy import stats


def coverage(p: float, n: int, z: float = 1.96) -> tuple[float, float]:
    """Probability that Wilson's and Wald's interval from n runs hold the true rate p."""
    k = torch.arange(n + 1, dtype=torch.float64)
    rate, b = k / n, 1 + z**2 / n
    centre, half = (rate + z**2 / (2 * n)) / b, z / b * ((rate * (1 - rate) + z**2 / (4 * n)) / n).sqrt()
    wald = z * (rate * (1 - rate) / n).sqrt()
    weight = torch.from_numpy(stats.binom.pmf(k.numpy(), n, p))
    return float(weight[(centre - p).abs() <= half].sum()), float(weight[(rate - p).abs() <= wald].sum())


for p, n in ((0.5, 500), (0.01, 500), (0.01, 100), (0.9, 20)):
    wilson, wald = coverage(p, n)
    print(f"true rate {p:4.2f}, n = {n:3d}: held by Wilson in {wilson:.1%}, by Wald in {wald:.1%}")

# %% [markdown]
# Error bars in this course show one standard error to each side, so from here on intervals are Wilson's with $z = 1$.
#
# Now the pilot: six methods and six start temperatures on each landscape, 60 runs each, all chains of one method in one
# batch. Linear, polynomial and exponential cooling end at a hundredth of the start temperature.

# %%
STARTS = {
    "Rosenbrock": (0.01, 0.03, 0.1, 0.3, 1.0, 3.0),
    "Rastrigin": (2.0, 4.0, 8.0, 12.0, 20.0, 40.0),
    "Ackley": (0.25, 0.5, 1.0, 2.0, 4.0, 8.0),
    "Network loss": (0.1, 0.3, 1.0, 3.0, 10.0, 30.0),
}


def heat(schedule: str, starts, parts: int = 1) -> Float[Tensor, "steps starts"]:
    """T of each step, a column for each start temperature; `parts` runs share the budget, a tenth of it at T = 0."""
    quench = QUENCH // parts
    columns = [descent.schedule(schedule, T, T / 100, N_STEPS // parts - quench) for T in starts]
    return torch.cat([torch.stack(columns, 1), torch.zeros(quench, len(starts))])


# %%
def contest(landscape, temperatures, n_runs: int, seed: int, parts: int = 1) -> Bool[Tensor, "2 starts n_runs"]:
    """Which runs succeed by the best state visited, and which by the last state; a run is the best of its parts."""
    generator, width = torch.Generator().manual_seed(seed), n_runs * parts
    run = descent.thermal_descent(
        landscape.energy,
        descent.random_starts(landscape.energy, width * temperatures.shape[1], generator),
        step_size=landscape.step_size,
        temperatures=temperatures.repeat_interleave(width, 1),
        generator=generator,
    )
    found = torch.stack([run.energy.amin(0), run.energy[-1]]) < landscape.success_below
    return found.reshape(2, -1, n_runs, parts).any(-1)


def random_points(landscape, n_runs: int, seed: int) -> Bool[Tensor, "n_runs"]:
    """Which runs succeed that spend their budget on points drawn evenly from the domain."""
    points = descent.random_starts(landscape.energy, n_runs * N_STEPS, torch.Generator().manual_seed(seed))
    return (landscape.energy(points) < landscape.success_below).reshape(n_runs, N_STEPS).any(1)


# %%
def one_sigma(successes: Bool[Tensor, "n"]) -> tuple[float, float, float]:
    """Rate, and the rate one standard error lower and higher."""
    rate = descent.success_rate(successes, descent.ONE_SIGMA)
    return rate.rate, rate.low, rate.high


METHODS = {name: (name, 1) for name in descent.SCHEDULES} | {"10 anneals": ("linear", 10)}
pilot, tables = {}, []
for name, landscape in tqdm(landscapes.items(), file=sys.stdout, desc="pilot"):
    pilot[name] = {}
    for i, (method, (schedule, parts)) in enumerate(METHODS.items()):
        won = contest(landscape, heat(schedule, STARTS[name], parts), 60, 10 + i, parts)[0]
        pilot[name][method] = [one_sigma(row) for row in won]
    plain = contest(landscape, torch.zeros(N_STEPS, 1), 60, 20)[0].double().mean()
    rates = [[rate for rate, _, _ in row] for row in pilot[name].values()]
    cells = plots.cells(rates, list(METHODS), [f"{T:g}" for T in STARTS[name]], form="{:.0%}", span=(0, 1))
    tables.append(plots.panel(cells, xlabel="start temperature", title=f"{name} (plain descent {plain:.0%})", height=3))

# %%
span = [rate for rates in pilot["Ackley"].values() for rate, _, _ in rates]
error = max((high - low) / 2 for rates in pilot.values() for row in rates.values() for _, low, high in row)
title = f"Success rates of 60 runs (±1 standard error: at most {error:.0%}): on Ackley the start temperature decides"
plots.figure(*tables, columns=2, share="y", title=f"{title}, {min(span):.0%} to {max(span):.0%}")

# %% [markdown]
# *Picture: four tables of success rates, a row for each method and a column for each start temperature, the darker the higher.
# Rosenbrock: pale, but for the row of ten anneals. Rastrigin: darkest in the middle, for the constant temperature and for linear
# cooling. Ackley: nearly 0 to nearly 1 and down again, each method with its own best start temperature, the lowest for the
# constant one, the highest for logarithmic cooling and ten anneals. Network loss: ten anneals near 1 everywhere, the others rise
# to 1 from left to right.*
#
# Each method now gets its best start temperature from the pilot, and 500 fresh runs.

# %%
table, last, lines = {}, {}, []
for name, landscape in tqdm(landscapes.items(), file=sys.stdout, desc="500 runs each"):
    done, chosen = {}, {}
    for rival, parts in (("plain descent", 1), ("10 restarts", 10), ("40 restarts", 40)):
        done[rival] = contest(landscape, torch.zeros(N_STEPS // parts, 1), 500, 31, parts)[:, 0]
    for i, (method, (schedule, parts)) in enumerate(METHODS.items()):
        pilot_rates = [rate for rate, _, _ in pilot[name][method]]
        T0 = STARTS[name][pilot_rates.index(max(pilot_rates))]
        done[method] = contest(landscape, heat(schedule, (T0,), parts), 500, 40 + i, parts)[:, 0]
        chosen[method] = f"T0 = {T0:g}, pilot {max(pilot_rates):.0%}"
    last[name] = {method: float(won[1].double().mean()) for method, won in done.items()}
    table[name] = {method: one_sigma(won[0]) for method, won in done.items()}
    table[name]["random points"] = one_sigma(random_points(landscape, 500, seed=32))
    for method, (rate, low, high) in table[name].items():
        end = f"by the last state {last[name][method]:6.1%}" if method in last[name] else " " * 24
        score = f"{rate:6.1%} [{low:.1%}, {high:.1%}]"
        lines.append(f"{name:13s} {method:14s} {score:24s} {end}   {chosen.get(method, '')}")
print("share of successes [one standard error to each side], by the best state visited", *lines, sep="\n")

# %%
COOLING, alone, panels = ("logarithmic", "linear", "polynomial", "exponential", "10 anneals"), {}, []
for name, rates in table.items():
    best = max(rates, key=rates.get)
    error = {method: (high - low) / 2 for method, (_, low, high) in rates.items()}
    lead = {m: (rates[best][0] - rate) / math.hypot(error[best], error[m]) for m, (rate, _, _) in rates.items()}
    level = [method for method in rates if lead[method] < 3]
    print(f"{name:13s} in front, or not told from it by 3 standard errors: {', '.join(level)}")
    alone |= {name: best} if len(level) == 1 else {}
    rate, low, high = torch.tensor(list(rates.values())).T
    front, bars = torch.tensor([method in level for method in rates]), torch.stack([rate - low, high - rate])
    ends = torch.tensor([last[name].get(method, math.nan) for method in rates])
    panels.append(plots.panel(
        plots.points(ends, range(len(rates)), name="the same runs, by their last state", color="grey", hollow=True),
        plots.rows(list(rates), rate.where(front, math.nan), bars, "in front, by the best state visited", color="red"),
        plots.rows(list(rates), rate.where(~front, math.nan), bars, "3 standard errors behind or more", color="blue"),
        xlabel="success rate", title=name, xlim=(-0.05, 1.05), xticks={0: "0", 0.5: "50%", 1: "100%"}, height=3.7,
    ))  # fmt: skip
leaders = ", ".join(f"{method} on {name}" for name, method in alone.items())
cooled = ", ".join(name for name, method in alone.items() if method in COOLING) or "nowhere"
title = f"Ahead by 3 standard errors: {leaders};\na cooling method: {cooled}"
plots.figure(*panels, columns=4, share="y", title=title)

# %% [markdown]
# *Picture: four panels, a dot with its error bar for each of ten methods, and a hollow grey one for the rate of the same runs by
# their last state; orange are the best and all that are not 3 standard errors behind it, the others blue. Rosenbrock: 40
# restarts far ahead. Rastrigin: the constant temperature ahead, its hollow mark and those of the four schedules near zero.
# Ackley: constant, logarithmic and linear in front, random points close to 90 %, plain descent from one start or ten far
# behind. Network loss: all but plain descent near 100 %, with hollow marks below one half.*
#
# Read it slowly:
#
# - **The score decides.** A hot run passes through the lowest pit and leaves it again. By their last state nearly all hot runs
#   on Rastrigin fail, and on the network loss they do hardly better than plain descent; by the best state that the same
#   runs visited, many succeed on the first and nearly all on the second. A table that scores annealing by its last state
#   and restarts by their best end compares two scores, not two methods.
# - **Cooling is not what helped.** On none of the four landscapes is a single cooled run ahead of a run at a *constant*, tuned
#   temperature. Cooling makes a run *end* low. If the best state is kept, that is not needed, and the time that is spent
#   cold is lost.
# - **Ten anneals** are ten restarts with some noise: better than one anneal where a new start is worth more than a longer
#   run (Rosenbrock), no better elsewhere.
# - **Rastrigin** has barriers of about 20, so what counts is the time at temperatures at which they are crossed.
# - **Ackley** is what annealing is made for: low ripples on the walls of a deep funnel. At a temperature between the height of
#   a ripple and the depth of the funnel, noise shakes the runs down. Plain descent stops at the first ripple.
# - **Rosenbrock** has no barrier. Its difficulty is a flat valley with steep walls. Restarts win for no deep reason: one of
#   many starts lies next to the minimum. What helps a run along the valley is curvature (Newton, Adam), not temperature.
# - **The network loss ranks nothing**: 2000 random points find its lowest basin as often as anything else. Without that line
#   in the table, each method on its own would look good.
#
# The pilot's best rate is a maximum over six noisy numbers, so it tends to be higher than the fresh one. A table of the
# best of many settings, tested on the same runs, is too good.
#
# **And with more parameters?** In two dimensions even random points get far. Here is Ackley's function of ten
# coordinates, with the same budget, 100 runs at each start temperature.

# %%
line = torch.zeros(301, 10)
line[:, 0] = torch.linspace(0.8, 1.1, 301)  # through the nearest other pit
half_way = float(energies.Ackley(10)(line).min()) / 2
deep = descent.SearchProblem(energies.Ackley(10), 0.05, half_way, "half-way to the second-lowest minimum")
TEN = (0.05, 0.1, 0.2, 0.4, 0.8, 1.6)
print("T0            ", "   ".join(f"{T:4.2f}" for T in TEN))
for method in ("constant", "linear", "10 anneals"):
    schedule, parts = METHODS[method]
    won = contest(deep, heat(schedule, TEN, parts), 100, 50, parts)[0].double().mean(1)
    print(f"{method:14s}", "   ".join(f"{rate:4.0%}" for rate in won.tolist()))
for n_restarts in (1, 10, 40):
    won = contest(deep, torch.zeros(N_STEPS // n_restarts, 1), 100, 51, n_restarts)[0].double().mean()
    print(f"{n_restarts:2d} starts, plain descent {won:4.0%}")
print(f"random points {random_points(deep, 100, 52).double().mean():4.0%}; standard error at most 5 %")

# %% [markdown]
# Now random points and restarts find nothing, and ten anneals share a budget that is enough for one. A constant temperature
# does as well as cooling, at *one* of the six temperatures; linear cooling does well from several. That is what cooling buys
# here: it passes through the useful temperature on its way down, wherever that is, so you need not know it. (Here: one
# landscape, a funnel. Where there is no slope that leads to the lowest pit, nothing above says that annealing finds it.)
#
# **What is proved.** Hajek (1988): on a finite set of states, the probability that annealing with $T_k = c/\log(1+k)$ is in
# a global minimum at step $k$ tends to 1 as $k\to\infty$, if and only if $c$ is at least the depth $d$ of the deepest other
# minimum: the climb from it to the lowest pass that leads to a lower place. Schedules that fall faster have no such
# guarantee. What does it cost? The depths can be found by flooding: on a grid, the water level at which a place is
# connected to the global minimum is the larger of its own height and the lowest level of its neighbours.


# %%
def water_level(E: Float[Tensor, "n n"]) -> Float[Tensor, "n n"]:
    """The lowest height over which each place of a map can be left for the lowest place."""
    level, old = torch.full_like(E, torch.inf), None
    level.view(-1)[E.argmin()] = E.min()
    while old is None or not torch.equal(level, old):
        old, rim = level, torch.nn.functional.pad(level, (1, 1, 1, 1), value=torch.inf)
        sides = torch.stack([level, rim[2:, 1:-1], rim[:-2, 1:-1], rim[1:-1, 2:], rim[1:-1, :-2]])
        level = torch.maximum(E, sides.amin(0))
    return level


for name in ("Ackley", "Rastrigin"):  # both are symmetric: a quarter of the domain is enough
    quarter, _ = boltzmann.grid_2d(((0.0, 5.2), (0.0, 5.2)), 261)
    height = landscapes[name].energy(quarter)
    depth = water_level(height) - height
    d, where = float(depth.max()), quarter.view(-1, 2)[depth.argmax()].tolist()
    print(f"{name:10s} deepest other pit at (±{where[0]:.2f}, ±{where[1]:.2f}), {d:.2f} deep: ", end="")
    print(f"T = d / log(1 + k) comes down to 0.1 after 10^{d / 0.1 / math.log(10):.1f} steps")

# %% [markdown]
# Ackley's deepest other pits are those in the corners, not those on the axes. A million steps of its slow cooling can be had;
# Rastrigin's cannot. And even then the theorem speaks of a limit, not of any number of steps, and of a finite set of states,
# not of a plane. The logarithmic schedule did well on Ackley for another reason: it falls in a few steps to a useful
# temperature and stays near it.

# %% [markdown]
# ## 6 · SGD as a heat bath
#
# Nobody adds noise to train a network: it is there already. *Stochastic* gradient descent (SGD) replaces the gradient by
# its average over a **batch** of B examples, drawn at random,
#
# $$w' = w - \varepsilon\,\hat g, \qquad \hat g = \frac1B\sum_{i\in\text{batch}} g_i(w) .$$
#
# The mean of $\hat g$ is the gradient. Its variance, with replacement, is $c/B$, where $c$ is the variance of the single
# gradients $g_i$ (in several dimensions a covariance matrix $C$). So one step adds noise of variance $\varepsilon^2 c/B$,
# where a thermal step adds $2\varepsilon T$. Equate them:
#
# $$T_\text{SGD} = \frac{\varepsilon\,c}{2B} .$$
#
# You know this formula: with $c = T$ and $B = 1$ it is the temperature $\varepsilon T/2$ of the wrong noise of section 2.
# That noise is scaled like SGD's, by the learning rate, which is why it looked natural.
#
# ### Exercise 4.4 · The temperature of SGD
# *Difficulty ●●○ · ten minutes · why: learning rate and batch size set it, and it is the reason why they are tuned together.*
#
# Complete `sgd_temperature`. All examples there are are given: they are the population that batches are drawn from.


# %% todo="4.4" task="return the temperature along each coordinate"
def sgd_temperature(gradients: Float[Tensor, "n p"], step_size: float, batch_size: int) -> Float[Tensor, "p"]:
    """Effective temperature of SGD along each parameter.

    Args:
        gradients: the gradient of each of all n examples, at one point of parameter space.
        step_size: ε, the learning rate.
        batch_size: B, drawn with replacement.

    Returns:
        T for each parameter, in units of the loss.
    """
    ### BEGIN SOLUTION
    c = gradients.var(dim=0, correction=0)  # the examples are the whole population: divide by n
    return step_size * c / (2 * batch_size)
    ### END SOLUTION


# %% check="4.4" points=3
from course_checks import check, exercises

with check.exercise("4.4", "sgd_temperature"):
    answer = exercises.descent.sgd_temperature.by(sgd_temperature)
    g = torch.tensor([[1.0, 5.0], [3.0, 5.0], [1.0, -1.0], [3.0, -1.0]], dtype=torch.float64)  # c = 1 and 9
    answer.on("four examples at ε = 0.2, B = 4", g, 0.2, 4, expect=[0.025, 0.225])
    answer.on("four examples at ε = 0.05, B = 3", g, 0.05, 3)
    answer.on("one parameter, B = 1", g[:, :1], 0.1, 1, expect=[0.05])
    answer.fresh(3, "other examples")

# %% [markdown] hint="4.4"
# `gradients.var(dim=0, correction=0)` is the variance over the examples, one number per parameter. Multiply by the step
# size, divide by twice the batch size.

# %% [markdown]
# **An exact test.** Near a minimum a loss is a parabola, and a linear regression is a parabola everywhere. Take real
# data, 442 diabetes patients with four measured features and the progress of the disease a year later (Efron et al.
# 2004), standardised. The Hessian is $H = X^{\mathsf T}X/n$, and the gradient of one example at the minimum is its
# residual times its features.

# %%
from sklearn.datasets import load_diabetes

diabetes = load_diabetes()
columns = [diabetes.feature_names.index(name) for name in ("bmi", "bp", "s5", "sex")]
X, y = torch.from_numpy(diabetes.data[:, columns]), torch.from_numpy(diabetes.target)
X, y = (X - X.mean(0)) / X.std(0, correction=0), (y - y.mean()) / y.std(correction=0)
w_best = torch.linalg.lstsq(X, y).solution
residual = X @ w_best - y
H, C = X.T @ X / len(X), descent.gradient_noise(residual[:, None] * X)
curvature, V = torch.linalg.eigh(H)  # columns of V: directions from flat to steep
print(f"{len(X)} examples, R² = {1 - float((residual**2).mean()):.3f}")
print("curvature λ along each direction:      ", [round(v, 4) for v in curvature.tolist()])
print("gradient variance c in that direction: ", [round(v, 4) for v in torch.diag(V.T @ C @ V).tolist()])
print(
    "if residuals did not depend on x, σ²λ: ",
    [round(v, 4) for v in ((residual**2).mean() * curvature).tolist()],
)

# %% [markdown]
# The noise grows with the curvature: an example with large features pulls harder along them, both in the mean and at
# random. So the temperatures will differ between directions.
#
# Now run SGD, 400 independent chains from the minimum. The thermometer is that of section 2, $T = \lambda\,v\,(1 -
# \varepsilon\lambda/2)$ with the measured variance $v$ along each direction. And because this is a linear regression, the
# stationary covariance $\Sigma$ of SGD is the solution of a *linear* equation, so the answer is known exactly:
#
# $$\Sigma = (1-\varepsilon H)\,\Sigma\,(1-\varepsilon H) + \tfrac{\varepsilon^2}{B}\,C + \tfrac{\varepsilon^2}{B}\left(\overline{a\Sigma a} - H\Sigma H\right), \qquad a_i = x_i x_i^{\mathsf T} .$$
#
# The first two terms are a walk with noise of constant size. For small $\varepsilon$ they give the Lyapunov equation
# $H\Sigma + \Sigma H = \tfrac{\varepsilon}{B} C$ of Mandt, Hoffman and Blei (2017). The last term says that the noise
# itself grows with the distance from the minimum.


# %%
def sgd_thermometer(step_size: float, batch_size: int, seed: int, **options) -> tuple[Tensor, Tensor]:
    """Temperature along each direction and its standard error, from 400 independent chains."""
    w = descent.sgd_linear_regression(
        X, y, w_best.expand(400, 4), step_size=step_size, batch_size=batch_size, n_steps=2000,
        burn_in=400, generator=torch.Generator().manual_seed(seed), **options,
    )  # fmt: skip
    per_chain = ((w - w_best) @ V).square().mean(0)
    T = descent.temperature_from_variance(per_chain, curvature, step_size)
    return T.mean(0), T.std(0) / math.sqrt(len(T))


groups, panels = [], []
for lr, B in tqdm(((0.02, 4), (0.1, 20), (0.1, 4), (0.3, 2)), file=sys.stdout, desc="SGD"):
    T, error = sgd_thermometer(lr, B, seed=6)
    simple = descent.effective_temperature(C, lr, B, V)
    exact = torch.diag(V.T @ descent.sgd_stationary_covariance(X, y, lr, B) @ V)
    exact = descent.temperature_from_variance(exact, curvature, lr)
    groups.append((f"ε = {lr:g}, B = {B}", T, error, simple, exact))
for name, T, error, simple, exact in groups:
    print(f"{name:15s} measured / simple theory {(T / simple).mean():.3f}   ", end="")
    print(f"(measured - exact) / s.e.: {[round(z, 1) for z in ((T - exact) / error).tolist()]}")
worst = max(float(((T - exact) / error).abs().max()) for _, T, error, _, exact in groups)

# %%
for name, T, error, simple, exact in groups:
    layers = (
        plots.bars("1234", 1e3 * simple, "$\\varepsilon c/2B$", color="sky"),
        plots.points(range(4), 1e3 * exact, name="exact", color="black", mark="s", hollow=True),
        plots.points(range(4), 1e3 * T, 1e3 * error, "measured", color="red"),
    )
    ylabel = "" if panels else "temperature $T$ ($10^{-3}$)"
    panels.append(plots.panel(*layers, xlabel="direction, flat to steep", ylabel=ylabel, title=name, height=3.2))
title = f"Measured and exact temperatures differ by at most {worst:.1f} standard errors"
plots.figure(*panels, columns=4, title=title)

# %% [markdown]
# *Picture: four panels with one bar for each of four directions, the simple theory; orange dots, measured; black squares, exact.
# In the first two panels, which have the same ε/B, all three agree and have the same height. In the third the dots stand a
# little above the bars, in the fourth far above; the squares stay with the dots.*
#
# Three things to see:
#
# - $\varepsilon/B$ sets the temperature: the first two panels are alike, though the steps differ by a factor of five.
# - The four directions have **four temperatures**. A heat bath has one.
# - At large $\varepsilon/B$ the simple formula is too low: the noise feeds on the spread that it causes. The exact
#   equation holds throughout.

# %% [markdown]
# ## 7 · A network
#
# For a network there is no exact answer, but near a minimum the same quantities can be computed: the Hessian, and the
# gradient of each example. We train a network of 172 weights on scikit-learn's 1797 handwritten digits, averaged down to
# 4 × 4 pixels, with a small *weight decay* (a bowl $\tfrac{\alpha}{2}|w|^2$), and go to the bottom of its loss: first by
# quasi-Newton steps, then by Newton's method.

# %%
from sklearn.datasets import load_digits
from torch.func import grad, hessian, vmap

digits = load_digits()
images = torch.from_numpy(digits.images).reshape(-1, 4, 2, 4, 2).mean((2, 4)).reshape(-1, 16) / 8 - 1
labels, DECAY = torch.from_numpy(digits.target), 0.01
SIZES = (6 * 16, 6, 10 * 6, 10)


def logits(w: Float[Tensor, "p"], x: Float[Tensor, "*n 16"]) -> Float[Tensor, "*n 10"]:
    """A network with one hidden layer of six tanh units, its weights in one vector."""
    w1, b1, w2, b2 = w.split(SIZES)
    return torch.tanh(x @ w1.reshape(6, 16).T + b1) @ w2.reshape(10, 6).T + b2


def example_loss(w: Float[Tensor, "p"], x: Float[Tensor, "*n 16"], y: Tensor) -> Tensor:
    """Cross-entropy, averaged if there are several examples."""
    return torch.nn.functional.cross_entropy(logits(w, x), y)


def total_loss(w: Float[Tensor, "p"]) -> Tensor:
    return example_loss(w, images, labels) + DECAY / 2 * (w**2).sum()


# %%
w = torch.randn(sum(SIZES), generator=torch.Generator().manual_seed(0), dtype=torch.float64) * 0.3
w.requires_grad_()
options = {"max_iter": 400, "history_size": 30, "tolerance_grad": 1e-7, "line_search_fn": "strong_wolfe"}
optimizer = torch.optim.LBFGS([w], **options)


def closure() -> Tensor:
    optimizer.zero_grad()
    loss = total_loss(w)
    loss.backward()
    return loss


optimizer.step(closure)
w_net = w.detach()
for _ in range(3):
    w_net = w_net - torch.linalg.solve(hessian(total_loss)(w_net), grad(total_loss)(w_net))
right = (logits(w_net, images).argmax(1) == labels).double().mean()
slope = grad(total_loss)(w_net).norm()
print(f"loss {total_loss(w_net):.4f}, {right:.1%} of the digits right, |gradient| {slope:.0e}")
net_curvature, net_V = torch.linalg.eigh(hessian(total_loss)(w_net))
single = vmap(grad(example_loss), (None, 0, 0))(w_net, images, labels)  # one gradient per example
net_C = descent.gradient_noise(single)
print(f"curvatures from {net_curvature[0]:.1e} to {net_curvature[-1]:.2f}: a minimum")

# %% uses="4.4"
T = sgd_temperature(single @ net_V, 0.1, 32).flip(0)  # along eigenvectors of the Hessian, steepest first
print("your temperatures at ε = 0.1, B = 32, along directions 1, 2, 5, 10, 20, 50, 100:")
print([f"{float(T[i - 1]):.2e}" for i in (1, 2, 5, 10, 20, 50, 100)])

# %% [markdown]
# Now SGD itself, 24 chains from the minimum at four settings. We measure the variance along the 12 steepest directions,
# and compare with $\varepsilon c/2B$. In the flat directions the chains would need longer: their memory is
# $1/(\varepsilon\lambda)$ steps.


# %%
def network_thermometer(lr: float, B: int, seed: int, n_chains: int = 24) -> tuple[Tensor, Tensor]:
    """Temperature of SGD along the 12 steepest directions, steepest first, with its standard error."""
    generator = torch.Generator().manual_seed(seed)
    x, basis, start = images.float(), net_V[:, -12:].flip(1).float(), w_net.float()
    slope = vmap(grad(example_loss))
    w, total, n_steps, burn_in = start.expand(n_chains, -1), torch.zeros(n_chains, 12), 1000, 250
    for k in range(n_steps):
        rows = torch.randint(len(x), (n_chains, B), generator=generator)
        w = w - lr * (slope(w, x[rows], labels[rows]) + DECAY * w)
        if k >= burn_in:
            total += ((w - start) @ basis).square()
    variance = total.double() / (n_steps - burn_in)
    T = descent.temperature_from_variance(variance, net_curvature[-12:].flip(0), lr)
    return T.mean(0), T.std(0) / math.sqrt(n_chains)


settings = ((0.05, 16), (0.2, 64), (0.2, 16), (0.5, 16))
measured = {}
for lr, B in tqdm(settings, file=sys.stdout, desc="SGD"):
    measured[lr, B] = network_thermometer(lr, B, seed=7)

# %%
steep = net_curvature > 2 * DECAY  # where the data count more than the bowl
of_data = net_curvature[steep] - DECAY  # the bowl curves the loss, and adds no noise
c = torch.einsum("pk,pq,qk->k", net_V, net_C, net_V)
logs = torch.stack([of_data.log(), c[steep].log()])
quarters = (4 * of_data.log10()).floor()  # of a power of ten; a mean for each, else flat directions outvote steep ones
fit = stats.linregress(*torch.stack([logs[:, quarters == q].mean(1) for q in quarters.unique()], 1))
net_groups = {}
for (lr, B), (T, error) in measured.items():
    expected = (lr * c / (2 * B))[-12:].flip(0)
    ratio, relative = T / expected, error / expected
    net_groups[f"ε = {lr:g}, B = {B}"] = (torch.arange(1, 13), ratio, relative)
    print(f"ε = {lr:4.2f}, B = {B:2d}, ε/B = {lr / B:.4f}:  T {T.max():.5f} to {T.min():.5f}, ", end="")
    weight = relative**-2 / (relative**-2).sum()
    mean, mean_error = float((weight * ratio).sum()), float((relative**-2).sum() ** -0.5)
    print(f"T / theory {ratio.min():.2f} to {ratio.max():.2f}, mean {mean:.3f} ± {mean_error:.3f}; ", end="")
    print(f"χ² {((ratio - 1) / relative).square().sum():.0f} for 12 directions")
spread = measured[(0.2, 64)][0]
off = net_groups["ε = 0.5, B = 16"][1][0]
fold = float(spread.max() / spread.min())

# %%
ends = torch.stack([of_data.min(), of_data.max()])
trend = plots.line(ends, math.exp(fit.intercept) * ends**fit.slope, color="black", width=1.2)
ratios = []
for i, (name, (place, ratio, error)) in enumerate(net_groups.items()):
    ratios.append(plots.points(place + 0.16 * (i - 1.5), ratio, error, name, mark="os^D"[i]))
plots.figure(
    plots.panel(plots.points(of_data, c[steep], color="blue"), trend, log="xy", ylabel="variance $c$ of the gradient",
                xlabel="curvature of the data's part of the loss, $\\lambda - \\alpha$",
                title=f"noise follows curvature: slope {fit.slope:.2f} ± {fit.stderr:.2f}"),
    plots.panel(*ratios, plots.hline(1, style=":"), xlabel="direction, steep to flat", ylim=(0, None),
                ylabel="measured $T\\,/\\,(\\varepsilon c/2B)$", title="temperature over theory"),
    title=f"Temperatures differ {fold:.0f}-fold; at $\\varepsilon = 0.5$ the steepest is at {off:.2f} of its theory",
)  # fmt: skip

# %% [markdown]
# *Picture: left, the variance of the gradient against the curvature, both over more than two powers of ten, with points
# along a rising straight line from the first to the last. Right, measured over expected temperature for twelve directions: three settings scatter
# about 1, more so in the flat directions, where their error bars are long; at ε = 0.5 the steepest direction lies far below
# 1 and flat ones above.*
#
# Read the printed χ²: if the formula were exact, it would be about 12. At the smallest $\varepsilon/B$ it is, for both
# settings: single ratios are off by as much as their errors, and not by more. At four times that $\varepsilon/B$ the mean
# ratio is above 1 by several of its errors, as for the regression: the noise feeds on the spread. At the largest, the
# formula is out.
#
# **Where the analogy holds.** Near a minimum, for small $\varepsilon\lambda$ and small $\varepsilon/B$, each direction
# fluctuates as if it had the temperature $\varepsilon c/2B$. Only $\varepsilon/B$ matters, and the number can be computed
# without running SGD.
#
# **Where it breaks.**
#
# - *There is no one temperature.* The noise grows with the curvature of the data's part of the loss, by roughly the power
#   that the left panel gives, so steep directions are hot and flat ones cold. The stationary law is not $e^{-E/T}/Z$ for
#   any T.
# - *The noise depends on the place.* Far from the minimum the gradients are different, and at large $\varepsilon/B$ the
#   formula at the minimum is wrong.
# - *The loss is no parabola* over the width of a hot distribution: at $\varepsilon = 0.5$ the steepest direction measures
#   far from its formula.
# - *Data loaders draw without replacement*, which section 9 measures.

# %% [markdown]
# ## 8 · Explore
#
# 200 runs of 500 steps each, the last 50 at T = 0, from random starts. Coloured lines are paths of six runs; dots are end
# points, filled where the last state succeeded.

# %%
explorers.descent()

# %% [markdown]
# Without a kernel, the first figure of section 5 shows success against start temperature for every schedule, with a
# budget of 2000 steps, by the best state visited.

# %% [markdown]
# ## 9 · What goes wrong
#
# **A step that is too large.** With a steep wall the run leaves the numbers, and the sampler says so. Where the force is
# bounded it does not: on Rastrigin a step twice the stable one never overflows. It jumps about at T = 0 as if it were
# hot, and never comes to rest.

# %%
generator = torch.Generator().manual_seed(8)
rosenbrock, rastrigin = energies.Rosenbrock(), energies.Rastrigin()
start, hot = descent.random_starts(rosenbrock, 100, generator), descent.constant(0.1, 500)
try:
    descent.thermal_descent(rosenbrock, start, step_size=0.005, temperatures=hot, generator=generator)
except samplers.Diverged as error:
    print("Rosenbrock, ε = 0.005:", error)
cold = descent.constant(0.0, 500)
for lr in (0.002, 0.01):
    x = 0.01 * torch.randn(1000, 2, generator=generator)
    run = descent.thermal_descent(rastrigin, x, step_size=lr, temperatures=cold, generator=generator)
    print(f"Rastrigin, ε = {lr}, T = 0, started at the minimum: ", end="")
    print(f"mean E = {run.energy[-1].mean():.4f}, largest distance {run.x.norm(dim=-1).max():.2f}")

# %% [markdown]
# **One lucky run.** With a success rate of a few per cent, somebody who tries a few seeds and shows the best one will
# often have something to show. Take Rastrigin, scored by the last state.

# %%
rate = max(last["Rastrigin"][schedule] for schedule in descent.SCHEDULES)
print(f"Rastrigin, best schedule by the last state: {rate:.1%} of the runs succeed")
for seeds in (1, 5, 20, 50):
    print(f"   chance of at least one success in {seeds:2d} seeds: {1 - (1 - rate) ** seeds:.0%}")

# %% [markdown]
# **SGD has a smaller stable step than descent.** Descent in the regression of section 6 is stable below
# $2/\lambda_\text{max}$. With batches the *variance* must stay finite too, and that is a stronger demand.

# %%
limit = 2 / float(curvature[-1])
print(f"gradient descent: stable below ε = {limit:.4f}")
for B in (64, 16, 4, 1):
    low, high = 1e-3, limit
    for _ in range(30):
        middle = (low + high) / 2
        try:
            descent.sgd_stationary_covariance(X, y, middle, B)
            low = middle
        except ValueError:
            high = middle
    print(f"SGD, B = {B:2d}:      finite variance below ε = {low:.4f}")

# %% [markdown]
# **Without replacement.** A data loader shuffles the examples and goes through all of them before it shuffles again. What
# one batch has pulled too far, the rest of the epoch pulls back. If an epoch is shorter than the memory of a direction,
# $1/(\varepsilon\lambda)$ steps, most of the noise cancels.

# %%
for B in (4, 34):
    plain, plain_error = sgd_thermometer(0.1, B, seed=9)
    shuffled, error = sgd_thermometer(0.1, B, seed=10, reshuffle=True)
    part = shuffled / plain
    error = part * ((error / shuffled) ** 2 + (plain_error / plain) ** 2).sqrt()
    numbers = ", ".join(f"{a:.3f} ± {b:.3f}" for a, b in zip(part, error, strict=True))
    print(f"B = {B:2d}, {len(X) // B:3d} batches per epoch: {numbers}")
memory = ", ".join(f"{1 / (0.1 * float(v)):.1f}" for v in curvature)
print(f"(T shuffled over T with replacement, flat to steep; memory at ε = 0.1: {memory} steps)")

# %% [markdown]
# ## Recap
#
# - Thermal descent needs noise $\sqrt{2\varepsilon T}$. Noise $\varepsilon\sqrt T$ has the temperature $\varepsilon T/2$.
#   When in doubt, measure: $T = k\,v\,(1-\varepsilon k/2)$ in a parabola.
# - A schedule has two ends; check both. Logarithmic cooling has a guarantee in the limit, which costs a time that grows
#   exponentially with the depth of the other pits.
# - One run proves nothing. Define success, give every method the same budget *and the same score*, report the rate with
#   Wilson's interval, test tuned settings on fresh runs, and let random points take part.
# - Scored by the best state visited, no cooled run here beat a run at a tuned constant temperature. What cooling bought, on a
#   funnel in ten dimensions, is that the temperature need not be known.
# - SGD near a minimum has the temperature $\varepsilon c/2B$ along each direction, and a different one along each.

# %% [markdown] think="4a"
# **Think.** You double the learning rate and the batch size. What stays, and what changes?
# <!-- ANSWER -->
# The temperatures $\varepsilon c/2B$ stay, so the spread around the minimum does, to first order. Memory of
# $1/(\varepsilon\lambda)$ steps is halved: you arrive in half as many steps, and each of them costs twice as much, or the
# same on a machine that has room for the batch. The corrections grow: $1 - \varepsilon\lambda/2$ along steep directions,
# until the step is unstable.

# %% [markdown] think="4b"
# **Think.** Two valleys are equally deep, one sharp and one flat. Where does thermal descent at a fixed T spend its time,
# and where does SGD?
# <!-- ANSWER -->
# Thermal descent spends its time in proportion to $\int e^{-E/T}$ over each valley: in the flat one, since it is wider
# (lesson 01: entropy). For SGD the noise in the sharp valley is larger as well, in proportion to its curvature, so it
# leaves that one more easily: the preference is stronger. Whether this is why trained networks generalise is argued
# about, and nothing here shows it.

# %% [markdown] think="4c"
# **Think.** At its best constant temperature a run on Rastrigin often visits the lowest pit, and seldom ends there. Why
# both? And what would you change, other than the schedule, to make runs end there?
# <!-- ANSWER -->
# Barriers are about 20 high, and neighbouring pits near the middle differ by a few units. A temperature at which barriers
# are crossed within 2000 steps is larger than those differences, so a run passes through many pits, the lowest among
# them, and at any one time it is in one of many. Well below that temperature it stays where it is. Change the dynamics:
# replica exchange (lesson 03) lets cold and hot runs trade places; larger moves jump from pit to pit. Or keep the best
# state.

# %% [markdown]
# ## References
#
# - E. B. Wilson, *Probable inference, the law of succession, and statistical inference*, Journal of the American
#   Statistical Association 22, 209 (1927),
#   [doi:10.1080/01621459.1927.10502953](https://doi.org/10.1080/01621459.1927.10502953).
# - S. Kirkpatrick, C. D. Gelatt and M. P. Vecchi, *Optimization by simulated annealing*, Science 220, 671 (1983),
#   [doi:10.1126/science.220.4598.671](https://doi.org/10.1126/science.220.4598.671).
# - S. Geman and D. Geman, *Stochastic relaxation, Gibbs distributions, and the Bayesian restoration of images*, IEEE
#   Transactions on Pattern Analysis and Machine Intelligence 6, 721 (1984),
#   [doi:10.1109/TPAMI.1984.4767596](https://doi.org/10.1109/TPAMI.1984.4767596).
# - B. Hajek, *Cooling schedules for optimal annealing*, Mathematics of Operations Research 13, 311 (1988),
#   [doi:10.1287/moor.13.2.311](https://doi.org/10.1287/moor.13.2.311).
# - B. Efron, T. Hastie, I. Johnstone and R. Tibshirani, *Least angle regression*, Annals of Statistics 32, 407 (2004),
#   [doi:10.1214/009053604000000067](https://doi.org/10.1214/009053604000000067).
# - M. Welling and Y. W. Teh, *Bayesian learning via stochastic gradient Langevin dynamics*, International Conference on
#   Machine Learning 28 (2011).
# - S. Mandt, M. D. Hoffman and D. M. Blei, *Stochastic gradient descent as approximate Bayesian inference*, Journal of
#   Machine Learning Research 18(134), 1 (2017).
