# ---
# jupyter:
#   course:
#     title: The Boltzmann distribution
#     goal: turn any energy into probabilities, and read temperature, entropy and free energy off them
#     needs: ["00"]
#     know: NumPy-style arrays, integrals of one variable
#     time: 90 min
#     runs: 20 s
#     uses: [torch]
# ---

# %% [markdown]
# ## What you will be able to do
#
# 1. Turn a list of energies into probabilities at any temperature, and do it for three states by hand (Exercise 1.1).
# 2. Compute log Z when the exponentials no longer fit into a computer's numbers (1.2).
# 3. Turn an energy on a grid into a density that integrates to one, in one dimension and in two (1.3).
# 4. Predict what heating does, and read mean energy, entropy, free energy and heat capacity off a density (1.4).
# 5. Judge a neural network as an energy by its likelihood, and say which part of that becomes impossible (1.5).

# %%
import math

import numpy as np
import torch
from IPython.display import display
from jaxtyping import Float
from torch import Tensor

from course_utils import boltzmann, energies, explorers, plots

# %% [markdown]
# ## 1 · A ball on a landscape
#
# A ball lies in a landscape with two valleys. The left one is a little deeper. Somebody shakes the landscape all the
# time, in small random kicks from both sides, and you take a photograph once in a while.

# %%
tilted = energies.AsymmetricDoubleWell(barrier=2.0, tilt=0.4)
track, track_dx = boltzmann.grid_1d(-2.5, 2.5, 1001)
middle = track[track.abs() < 1.75]
plots.figure(
    plots.panel(plots.ball(middle, tilted(middle), tilted.minima[0]), xlabel="position $x$", ylabel="energy $E$"),
    title="Kicked at random for a very long time: where do you find the ball?",
)

# %% [markdown]
# *Picture: a blue curve with two valleys and a hill between them; an orange ball in the left, deeper valley, with arrows to
# both sides.*
#
# **Choose before you run the next cell.** Over very many photographs, the ball is
#
# - (a) always at the bottom of the left valley: it is the lowest point;
# - (b) equally often in both valleys: sooner or later it crosses the hill, and nobody tells it to come back;
# - (c) more often on the left, and by how much depends on how hard the kicks are.

# %%
generator = torch.Generator().manual_seed(1)
panels = []
for T in (0.1, 0.5, 3.0):
    p, _ = boltzmann.density(tilted(track), track_dx, T)
    x = track[torch.multinomial(p, 400, replacement=True, generator=generator)]
    photos = plots.dots(torch.stack([x, tilted(x)], 1), most=400, color="red", size=14, alpha=0.15)
    name = f"$T = {T:g}$: {(x < 0).sum()} of {len(x)} left"
    panels.append(plots.panel(plots.well(middle, tilted(middle)), photos, title=name))
plots.figure(*panels, share="y", title="The harder the kicks, the more evenly both valleys are used")

# %% [markdown]
# *Picture: the same curve three times, with 400 photographed positions as orange dots; each title counts those on the left.
# Cold: a tight cluster at the bottom of the left valley, and a faint spot in the right one. Warmer: dots in both valleys, more
# on the left. Hot: dots on the hill and far up the slopes, nearly half on the right.*
#
# It is (c), and (a) and (b) are its two limits. The strength of the kicks is the **temperature** T. Ludwig Boltzmann found
# in 1868 how the photographs are distributed, and the rest of this course stands on his answer:
#
# $$p(x) = \frac{e^{-E(x)/T}}{Z}, \qquad Z = \sum_x e^{-E(x)/T} \;\text{ or }\; \int e^{-E(x)/T}\,dx .$$
#
# Low energy means likely. Only *differences* of energy matter, and T says how much a difference counts.
#
# > **Conventions.** Temperature is measured in units of energy (Boltzmann's constant is 1), so $E/T$ is a plain number.
# > $E$ is low where states are likely. $Z$, the *partition function*, is whatever makes the total one. In this lesson T is
# > always written out; the inverse $\beta = 1/T$ comes in with spins.

# %% [markdown]
# ## 2 · Three states by hand
#
# Take paper. Three states have energies 3, 1 and 2, and T = 1. Their *weights* are $e^{-3} \approx 0.05$,
# $e^{-1} \approx 0.37$ and $e^{-2} \approx 0.14$. Add them up to get Z, divide each by Z, and write down three
# probabilities with two digits. The check below will compare your function with them.
#
# ### Exercise 1.1 · Probabilities of a few states
# *Difficulty ●○○ · five minutes · why: everything later is this line with more states.*
#
# Complete `probabilities` for any number of states and any temperature.

# %% todo="1.1" task="return one probability for each energy"
def probabilities(energy: Float[Tensor, "n"], temperature: float) -> Float[Tensor, "n"]:
    """Boltzmann probabilities of a finite set of states.

    Args:
        energy: the energy of each state.
        temperature: T > 0, in the same units.

    Returns:
        p, one probability for each state, with p.sum() == 1.
    """
    ### BEGIN SOLUTION
    weight = torch.exp(-energy / temperature)
    return weight / weight.sum()
    ### END SOLUTION


# %% check="1.1" points=2
from course_checks import check, exercises

with check.exercise("1.1", "probabilities"):
    answer = exercises.boltzmann.probabilities.by(probabilities)
    E = torch.tensor([3.0, 1.0, 2.0], dtype=torch.float64)
    answer.on("p for E = (3, 1, 2) at T = 1", E, 1.0, expect=[0.0900306, 0.6652410, 0.2447285])
    answer.on("p for E = (3, 1, 2) at T = 2", E, 2.0, expect=[0.1863237, 0.5064804, 0.3071959])
    answer.on("p with 5 added to every energy", E + 5, 2.0, hint="A constant added to every energy must cancel.")
    answer.fresh(3, "p of other states")

# %% [markdown] hint="1.1"
# Compute all weights in one line with `torch.exp`; the temperature goes inside the exponent. Then divide by their sum.

# %%
three = torch.tensor([3.0, 1.0, 2.0], dtype=torch.float64)
p = boltzmann.probabilities(three, temperature=1.0)
for i in range(3):
    print(f"state {i + 1}:  E = {three[i]:.0f}   weight = {torch.exp(-three[i]):.4f}   p = {p[i]:.3f}")
print(f"Z = {torch.exp(-three).sum():.4f}")
names = ["state 1", "state 2", "state 3"]
plots.figure(
    plots.panel(plots.bars(names, three, color="blue", form="{:g}"), ylabel="energy $E$", height=3),
    plots.panel(plots.bars(names, p, color="red", form="{:.3f}"), ylabel="probability $p$", height=3),
    title="One unit of energy costs a factor $e ≈ 2.72$ in probability at $T = 1$",
)

# %% [markdown]
# *Picture: bars of the three energies on the left, of the three probabilities on the right; the lowest energy has the
# tallest probability.*
#
# The ratio of two probabilities needs no Z: $p_i/p_j = e^{-(E_i-E_j)/T}$. Hold on to that; lesson 03 lives on it.
# What happens to the three probabilities as T goes from cold to hot?

# %%
temperatures = torch.logspace(-1, 2, 121, dtype=torch.float64)
table = torch.stack([boltzmann.probabilities(three, float(T)) for T in temperatures])
for T in (0.05, 1.0, 100.0):
    p = boltzmann.probabilities(three, T)
    S = -torch.special.xlogy(p, p).sum()
    print(f"T = {T:6.2f}:  p = {[round(v, 4) for v in p.tolist()]}   entropy = {S:.4f} nats")
print(f"log 3 = {math.log(3):.4f}")
curves = [plots.line(temperatures, table[:, i], f"$E = {three[i]:.0f}$") for i in range(3)]
plots.figure(
    plots.panel(*curves, plots.hline(1 / 3, "1/3", style=":"), log="x", xlabel="temperature $T$", ylabel="probability $p$"),
    title="Cold: the lowest state takes all. Hot: every state is equally likely",
)

# %% [markdown]
# *Picture: three curves against temperature on a logarithmic axis. At the cold end the state with E = 1 has probability one and
# the others none; at the hot end all three curves come together at the dotted line 1/3.*
#
# These are the two limits of every Boltzmann distribution. As **T → 0** all mass goes to the lowest state, or is shared
# equally if several are lowest, and the entropy goes to the log of their number. As **T → ∞** energy no longer matters, and
# the entropy reaches the log of the number of states.

# %% [markdown]
# ## 3 · When exp no longer fits
#
# A temperature of 0.01, or an energy from a network that sums over thousands of pixels, makes $-E/T$ a large number.

# %%
print(f"largest exponent that fits: float64 {math.log(torch.finfo(torch.float64).max):.1f}, ", end="")
print(f"float32 {math.log(torch.finfo(torch.float32).max):.1f}")
for E in (torch.tensor([-1000.0, -1001.0]), torch.tensor([1000.0, 1001.0])):
    weight = torch.exp(-E)
    print(f"E = {E.tolist()}:  weights = {weight.tolist()}   p = {(weight / weight.sum()).tolist()}")

# %% [markdown]
# Infinity over infinity and zero over zero: `nan`, though the answer is harmless, since only the difference of one unit
# matters. The cure is to take out the largest exponent $m$ before exponentiating and to put it back afterwards:
#
# $$\log \sum_i e^{a_i} = m + \log \sum_i e^{a_i - m}, \qquad m = \max_i a_i .$$
#
# Now the largest term is exactly 1, so nothing overflows, and what underflows is too small to count. This is the
# **log-sum-exp** trick. From here on, Z itself never appears in code; log Z does.
#
# ### Exercise 1.2 · log Z without overflow
# *Difficulty ●●○ · ten minutes · why: Z of a lattice of 16×16 spins has about a hundred digits; its log is an ordinary number.*
#
# Complete `log_partition`. Write the trick out; `torch.logsumexp` gives you something to compare with.

# %% todo="1.2" task="return log Z, with the largest exponent taken out first"
def log_partition(energy: Float[Tensor, "n"], temperature: float) -> float:
    """log Z of a finite set of states, for energies of any size.

    Args:
        energy: the energy of each state.
        temperature: T > 0.

    Returns:
        log Z = log Σ exp(-E/T).
    """
    ### BEGIN SOLUTION
    exponent = -energy / temperature
    largest = exponent.max()
    return float(largest + torch.log(torch.exp(exponent - largest).sum()))
    ### END SOLUTION


# %% check="1.2" points=3
from course_checks import check, exercises

with check.exercise("1.2", "log_partition"):
    answer = exercises.boltzmann.log_partition.by(log_partition)
    E = torch.tensor([3.0, 1.0, 2.0], dtype=torch.float64)
    answer.on("E = (3, 1, 2) at T = 1", E, 1.0, expect=-0.5923940)
    answer.on("E = (3, 1, 2) at T = 2", E, 2.0, expect=0.1802697)
    answer.on("E = (-1000, -1000)", 0 * E[:2] - 1000, 1.0, expect=1000 + math.log(2))
    answer.on("E = (5000, 0, 2000)", torch.tensor([5000.0, 0.0, 2000.0]).double(), 2.0, expect=0.0)
    answer.fresh(4, "other states")

# %% [markdown] hint="1.2"
# Name the exponents first: `exponent = -energy / temperature`. The largest exponent belongs to the *lowest* energy. Subtract
# it, exponentiate, sum, take the log, add it back.

# %% [markdown]
# ## 4 · From a sum to an integral: do not forget dx
#
# A ball's position is continuous. On a grid with spacing $dx$ the integral is a sum times $dx$:
#
# $$Z = \int e^{-E(x)/T} dx \approx \sum_i e^{-E(x_i)/T}\,dx, \qquad \sum_i p(x_i)\,dx = 1 .$$
#
# So $p$ is a *density*: it has the unit 1/length and may be larger than one. A grid in the plane has cells of area
# $dx\,dy$, and that area takes the place of $dx$. We call it `cell`, and one function serves every dimension.
#
# ### Exercise 1.3 · A density on a grid
# *Difficulty ●●○ · ten minutes · why: a density without its dx is wrong by a factor that depends on the grid.*
#
# Complete `density`. Return the density at every grid point and log Z. `energy` has shape `(n,)` in one dimension and
# `(n, m)` in two. Energies may be large, so take care of overflow.

# %% todo="1.3" task="return p and log Z"
def density(
    energy: Float[Tensor, "*grid"], cell: float, temperature: float
) -> tuple[Float[Tensor, "*grid"], float]:
    """Boltzmann density on a uniform grid.

    Args:
        energy: the energy at each grid point, any shape.
        cell: volume of one grid cell: dx in one dimension, dx * dy in two.
        temperature: T > 0.

    Returns:
        p of the same shape, with p.sum() * cell == 1, and log Z.
    """
    ### BEGIN SOLUTION
    log_weight = -energy / temperature
    log_z = torch.logsumexp(log_weight.flatten(), dim=0) + math.log(cell)
    return torch.exp(log_weight - log_z), float(log_z)
    ### END SOLUTION


# %% check="1.3" points=4
from course_checks import check, exercises

with check.exercise("1.3", "density"):
    answer = exercises.boltzmann.density.by(density)
    s, ds = torch.linspace(-10, 10, 2001, dtype=torch.float64), 0.01
    _, log_z = check.outputs(answer.on("a bowl, x²/2", s**2 / 2, ds, 1.0), "p", "log Z")
    check.close("log Z of x²/2, exactly log √(2π)", log_z, 0.5 * math.log(2 * math.pi))
    answer.on("a bowl at T = 0.25", s**2 / 2, ds, 0.25)
    answer.on("a bowl moved down by 2000", s**2 / 2 - 2000, ds, 1.0)
    plane = s[::50, None] ** 2 / 2 + s[None, ::100] ** 2
    answer.on("a bowl in the plane at T = 2", plane, 0.5 * 1.0, 2.0)
    answer.fresh(4, "another landscape")

# %% [markdown] hint="1.3"
# `torch.logsumexp(values.flatten(), dim=0)` sums over every grid point, whatever the shape. The log of a sum times `cell` is
# the log of the sum plus `math.log(cell)`. Then $p = e^{-E/T - \log Z}$.

# %% [markdown]
# Three landscapes will stay with us: a bowl, a double well, and a double well with a tilt. Their minima are known exactly.

# %%
bowl = energies.Quadratic(stiffness=1.0)
double_well = energies.DoubleWell(barrier=2.0)
panels = []
for name, energy, edge in (
    ("bowl", bowl, 3.0),
    ("double well", double_well, 2.2),
    ("tilted double well", tilted, 2.2),
):
    x, dx = boltzmann.grid_1d(-edge, edge, 1201)
    p, log_z = boltzmann.density(energy(x), dx, temperature=1.0)
    minima = [round(float(m), 3) for m in energy.minima]
    print(f"{name:20s} minima at {minima}   log Z = {log_z:.6f}  (exact {energy.log_z(1.0):.6f})")
    panels.append(plots.panel(plots.well(x, energy(x), p, energy.minima, top=6), title=name))
plots.figure(*panels, title="Where the energy (blue) is low, the density (orange) is high; $T = 1$")

# %% [markdown]
# *Picture: three panels. Blue energy curves with their minima marked by triangles; filled orange densities with a peak above
# each minimum. In the tilted double well the left, deeper minimum has the taller peak.*
#
# Did you see it? One of the printed log Z disagrees with its exact value. The bowl is cut off at ±3, where its density is
# small but not zero. **A grid must be wider than the distribution.** We come back to this in section 11.

# %% [markdown]
# ## 5 · Temperature sharpens or flattens
#
# The same tilted double well, from T = 0.1 to T = 5. The energy does not change. Only its unit does.

# %%
x, dx = boltzmann.grid_1d(-3.0, 3.0, 1201)
by_temperature = {T: boltzmann.density(tilted(x), dx, T)[0] for T in (0.1, 0.3, 1.0, 5.0)}
for T, p in by_temperature.items():
    left = p[x < tilted.barrier_top].sum() * dx
    top = x[p.argmax()]
    print(f"T = {T:3.1f}:  mass left of the hill {left:.4f}   p is largest, {p.max():.3f}, at x = {top:.3f}")
shown = x.abs() <= 2
curves = [plots.line(x[shown], p[shown], f"$T = {T:g}$") for T, p in by_temperature.items()]
plots.figure(
    plots.panel(plots.well(x[shown], tilted(x[shown]), minima=tilted.minima, top=8), height=1.9),
    plots.panel(*curves, xlabel="$x$", ylabel="density $p$", height=3),
    columns=1, share="x", title="Cold: one sharp peak in the deeper valley. Hot: spread over both",
)  # fmt: skip

# %% [markdown]
# *Picture: the dashed energy curve and four densities. At T = 0.1 a tall narrow peak on the left; at 0.3 and 1 two peaks, the
# left one higher; at 5 a wide, low curve over both valleys.*
#
# The ratio of the two valleys' masses is close to $e^{-\Delta E/T}$ with the difference $\Delta E$ of their depths, but not
# equal to it: the *widths* of the valleys count as well. The exact statement uses the free energy of each valley, which is
# what the next section is about.

# %% [markdown]
# ## 6 · Mean energy, entropy, free energy, heat capacity
#
# Four numbers summarise a Boltzmann density:
#
# | | formula | what it says |
# | --- | --- | --- |
# | mean energy | $U = \langle E \rangle = \int p\,E\,dx$ | what a long average over photographs gives |
# | entropy | $S = -\int p \log p\,dx$ | how spread out $p$ is, in nats |
# | free energy | $F = -T \log Z$ | the price of the whole distribution |
# | heat capacity | $C = \mathrm{Var}(E)/T^2$ | how fast $U$ grows with T |
#
# Put $\log p = -E/T - \log Z$ into $S$ and you find $F = U - TS$. Differentiate $U$ by T and you find $C = dU/dT$: *the size
# of the fluctuations at one temperature tells how the mean responds to a change of temperature.* Both are tested below.
#
# ### Exercise 1.4 · Four averages
# *Difficulty ●●○ · fifteen minutes · why: F = U - TS is the best bug detector in this field.*

# %% todo="1.4" task="return U, S, F and C"
def thermodynamics(
    p: Float[Tensor, "n"], energy: Float[Tensor, "n"], cell: float, temperature: float
) -> tuple[float, float, float, float]:
    """Averages over a Boltzmann density on a grid.

    Args:
        p: the density at each grid point, with p.sum() * cell == 1; positive.
        energy: the energy at each grid point.
        cell: volume of one grid cell.
        temperature: the temperature of p.

    Returns:
        U, S (in nats), F = U - T S and C = Var(E) / T**2, four numbers.
    """
    ### BEGIN SOLUTION
    mass = p * cell
    mean = (mass * energy).sum()
    entropy = -(mass * torch.log(p)).sum()
    variance = (mass * (energy - mean) ** 2).sum()
    return mean, entropy, mean - temperature * entropy, variance / temperature**2
    ### END SOLUTION


# %% check="1.4" points=4
from course_checks import check, exercises

with check.exercise("1.4", "thermodynamics"):
    answer = exercises.boltzmann.thermodynamics.by(thermodynamics)
    s, ds = torch.linspace(-12, 12, 2401, dtype=torch.float64), 0.01
    for T in (2.0, 1.0):
        p = torch.exp(-(s**2) / (2 * T)) / math.sqrt(2 * math.pi * T)
        U, S, F, C = answer.on(f"a bowl at T = {T:g}", p, s**2 / 2, ds, T, expect=T / 2)
        check.close("S of a bowl, exactly ½ log(2πeT)", S, 0.5 * math.log(2 * math.pi * math.e * T))
        check.close("F of a bowl, exactly -T log Z", F, -T * 0.5 * math.log(2 * math.pi * T))
    answer.fresh(3, "another landscape")

# %% [markdown] hint="1.4"
# `mass = p * cell` is the probability of each cell. Every average is `(mass * something).sum()`. For the entropy the
# something is `torch.log(p)`, with a minus in front; for the variance it is `(energy - U) ** 2`.

# %%
x, dx = boltzmann.grid_1d(-4.0, 4.0, 2001)
temperatures = torch.linspace(0.1, 5.0, 99).tolist()
results = [boltzmann.thermodynamics(double_well(x), dx, T) for T in temperatures]
peak = max(results, key=lambda r: r.heat_capacity)
print(f"C is largest, {peak.heat_capacity:.4f}, at T = {peak.temperature:.2f}; the barrier is {double_well.barrier:g}")
print(f"at T = 0.1: C = {results[0].heat_capacity:.4f}, near a bowl's 1/2")
print(f"at T = 5: C = {results[-1].heat_capacity:.4f}")
(low, high) = double_well.domain_at(10_000.0)[0]
hot, hot_dx = boltzmann.grid_1d(low, high, 20_001)
C = boltzmann.thermodynamics(double_well(hot), hot_dx, 10_000.0).heat_capacity
print(f"at T = 10 000: C = {C:.4f}, near the 1/4 of a pure x⁴")
worst = max(abs(r.free_energy - (r.mean_energy - r.temperature * r.entropy)) for r in results)
print(f"largest |F - (U - TS)| = {worst:.1e}")
T, U, S, F, C = np.array([[r.temperature, r.mean_energy, r.entropy, r.free_energy, r.heat_capacity] for r in results]).T
U_and_F = [plots.line(T, U, "mean energy $U$"), plots.line(T, F, "free energy $F$")]
again = plots.points(T[::6], (U - T * S)[::6], name="$U - TS$", color="black", hollow=True)
slope = plots.points(T[::3], np.gradient(U, T)[::3], name="$dU/dT$", color="black", mark="s", hollow=True)
plots.figure(
    plots.panel(*U_and_F, again, xlabel="temperature $T$", ylabel="energy", title="$F = U - TS$"),
    plots.panel(plots.line(T, S, "entropy $S$"), xlabel="temperature $T$", ylabel="entropy (nats)", title="entropy grows"),
    plots.panel(plots.line(T, C, "$\\mathrm{Var}(E)/T^2$"), slope, xlabel="temperature $T$", ylabel="heat capacity $C$",
                title="two ways to one $C$"),
    title="Double well: $F = U - TS$ holds, and fluctuations give $dU/dT$",
)  # fmt: skip

# %% [markdown]
# *Picture: left, the mean energy rises with T, while the free energy is flat at first and then falls, with circles for U - TS on
# top of it; middle, the entropy rises, from below zero where the density is narrow; right, the heat capacity from the variance
# with circles from the numerical slope of U on top; it starts near one half, peaks, and falls.*
#
# When cold, each valley is a bowl and C is one half. It peaks where the hill comes within reach: the ball starts to spend
# time on it. When very hot, the hill no longer matters and the steep $x^4$ walls do; C comes back up to the 1/4 of a pure
# $x^4$ from below, slowly.

# %% [markdown]
# ## 7 · Two dimensions
#
# In the plane the grid cell is $dx\,dy$. **Rosenbrock's** valley is narrow and bent; **Rastrigin's** energy is a bowl with a
# regular pattern of pits. Both have an exact log Z, which almost nothing interesting has.

# %%
rosenbrock, rastrigin = energies.Rosenbrock(), energies.Rastrigin()
for energy, T, box, log, finding in (
    (rosenbrock, 1.0, ((-1.5, 3.0), (-1.5, 8.0)), True, "the mass lies along a thin, bent valley"),
    (rastrigin, 3.0, ((-4.5, 4.5), (-4.5, 4.5)), False, "the mass is shared among many pits"),
):
    points, cell = boltzmann.grid_2d(box, 401)
    p = torch.exp(-energy(points) / T - energy.log_z(T))  # Z is known exactly, so the box may be small
    title = f"{energy.name}, $T = {T:g}$: {finding} ({p.sum() * cell:.2%} of it is shown)"
    height, name = (torch.log10(1 + energy(points)), "$\\log_{10}(1 + E)$") if log else (energy(points), "energy $E$")
    contour = plots.panel(plots.energy(points, height, scale=name), plots.minima(energy.minima[:1]), height=3.3, title="contour")
    density = plots.panel(plots.density(points, p), title="density")
    surface = plots.surface(points, height, zlabel=name, height=3.3, title="surface")
    display(plots.figure(contour, density, surface, title=title, widths=(1, 1, 1.3)))

# %% [markdown]
# *Picture: two rows of three panels, contour, surface, density. Rosenbrock (its energy on a log scale): a curved valley with
# a star at its minimum (1, 1), and a density that follows it as a thin bright curve. Rastrigin: a regular pattern of pits,
# and a density made of bright dots, the brightest in the middle.*
#
# How fine must the grid be? Here the truth is known, so we can ask.

# %%
for energy, T, half in ((rosenbrock, 1.0, None), (rastrigin, 3.0, 9.0)):
    box = ((-4.0, 6.0), (-2.0, 30.0)) if half is None else ((-half, half), (-half, half))
    exact = energy.log_z(T)
    print(f"{energy.name}, T = {T:g}: exact log Z = {exact:.6f}")
    for n in (26, 51, 101, 201, 401, 801):
        points, cell = boltzmann.grid_2d(box, n)
        log_z = boltzmann.density(energy(points), cell, T)[1]
        print(f"   {n:4d} × {n:<4d} points: log Z = {log_z:9.6f}   error {log_z - exact:+.1e}")

# %% [markdown]
# On a coarse grid Rosenbrock's valley falls between the points, and an error that looks small is luck. Once the spacing is
# smaller than the valley is wide, the error collapses. But the number of points is the square of the points per axis here, and the 100th power in a hundred
# dimensions. That is lesson 02.

# %% [markdown]
# ## 8 · A neural network is an energy too
#
# Any function of $x$ that returns one number is an energy. Take a small network with random weights, and data from two
# Gaussians. To make sure that Z is finite we add a weak bowl, $|x|^2/8$.

# %%
truth = energies.GaussianMixture(
    means=torch.tensor([[-1.5, 0.0], [1.5, 0.0]]),
    covs=0.25 * torch.eye(2).expand(2, 2, 2),
    weights=torch.tensor([0.5, 0.5]),
)
data = truth.sample(500, torch.Generator().manual_seed(2)).double()
torch.manual_seed(4)
network = torch.nn.Sequential(
    torch.nn.Linear(2, 64),
    torch.nn.SiLU(),
    torch.nn.Linear(64, 64),
    torch.nn.SiLU(),
    torch.nn.Linear(64, 1),
).double()


def untrained(x: Float[Tensor, "*batch 2"]) -> Float[Tensor, "*batch"]:
    """The energy of an untrained network in a weak bowl."""
    return 10 * network(x).squeeze(-1).detach() + (x**2).sum(-1) / 8


points, cell = boltzmann.grid_2d(((-4, 4), (-4, 4)), 201)
plots.figure(
    plots.panel(plots.energy(points, truth(points)), plots.dots(data, most=500), square=True, title="the truth, $-\\log p$"),
    plots.panel(plots.energy(points, untrained(points)), plots.dots(data, most=500), square=True, title="an untrained network"),
    title="The untrained energy knows nothing of the data: its valley is elsewhere",
)

# %% [markdown]
# *Picture: two energy maps of the plane with 500 white data points in two clusters. On the left the clusters lie in two dark
# valleys. On the right the energy slopes down from the left edge to the upper right corner and ignores them.*
#
# How bad is it? The yardstick is the **negative log-likelihood** of the data, the average of $-\log p(x)$:
#
# $$\mathrm{NLL} = \frac{1}{N}\sum_{n=1}^{N} \frac{E(x_n)}{T} + \log Z .$$
#
# The first term is easy: evaluate the energy at the data. The second is one number, and all the trouble.
#
# ### Exercise 1.5 · The likelihood of data under an energy
# *Difficulty ●○○ · five minutes · why: this is the loss that every energy-based model would like to minimise.*

# %% todo="1.5" task="return the mean negative log-likelihood"
def negative_log_likelihood(data_energy: Float[Tensor, "n"], log_z: float, temperature: float) -> float:
    """Mean negative log-likelihood of data, in nats.

    Args:
        data_energy: the energy at each data point.
        log_z: log Z of the energy at this temperature.
        temperature: T > 0.

    Returns:
        The mean of -log p over the data.
    """
    ### BEGIN SOLUTION
    return float(data_energy.mean() / temperature + log_z)
    ### END SOLUTION


# %% check="1.5" points=2
from course_checks import check, exercises

with check.exercise("1.5", "negative_log_likelihood"):
    answer = exercises.boltzmann.negative_log_likelihood.by(negative_log_likelihood)
    s = torch.tensor([-1.2, 0.3, 0.5, 2.0], dtype=torch.float64)
    for T in (2.0, 0.7):
        log_z = 0.5 * math.log(2 * math.pi * T)
        exact = -torch.distributions.Normal(0.0, math.sqrt(T)).log_prob(s).mean()
        answer.on(f"four points under a bowl, T = {T:g}", s**2 / 2, log_z, T, expect=exact)
    answer.fresh(3, "other data")

# %% [markdown] hint="1.5"
# Take the log of $p = e^{-E/T}/Z$ and change its sign. Average over the data; log Z is the same for every point.

# %%
wide, wide_cell = boltzmann.grid_2d(((-12, 12), (-12, 12)), 401)
cases = [("truth", truth, 0), ("untrained", untrained, 0), ("the same - 100", untrained, -100)]
for name, energy, shift in cases:
    log_z = boltzmann.density(energy(wide) + shift, wide_cell, 1.0)[1]
    easy = energy(data).mean() + shift
    print(f"{name:15s} mean energy of data {easy:8.3f}   log Z {abs(log_z):8.3f}   NLL {easy + log_z:6.3f}")
print("\nwithout the bowl, the network alone on ever larger boxes:")
for half in (4, 8, 16, 32, 64):
    box, box_cell = boltzmann.grid_2d(((-half, half), (-half, half)), 401)
    log_z = boltzmann.density(untrained(box) - (box**2).sum(-1) / 8, box_cell, 1.0)[1]
    print(f"   ±{half:<3d} log Z = {log_z:8.2f}")

# %% [markdown]
# Three lessons in a few lines:
#
# - Lowering *all* energies by 100 lowers the mean energy of the data by 100 and changes nothing: log Z rises by as much. A
#   loss without log Z can be driven to minus infinity without learning anything.
# - The network alone has no Z: the larger the box, the larger log Z, without end. A density needs an energy that rises far
#   out, and the bowl provides that.
# - To *train* the network by this loss, log Z is needed again after every step. In the plane a grid of 401 × 401 points gives
#   it. For an image with 784 pixels there is no such grid. Lesson 05 trains networks like this one without computing Z.

# %% [markdown]
# ## 9 · Why exp?
#
# Why not $1/(1+E)^4$, or a straight line that ends at zero? Both are high where E is low. Two reasons, and both can be
# computed.
#
# **Independence.** Put two systems side by side that do not interact: $E(x, y) = E(x) + E(y)$. Then what happens to one should
# not depend on the other, $p(x, y) = p(x)\,p(y)$. That asks for $f(a + b) \propto f(a) f(b)$, and among all *continuous* positive
# functions only the exponentials $e^{-kE}$ have it; $k$ is $1/T$. (Measurable is enough. Without any such condition the equation
# has other solutions, so wild that nobody can draw or compute one.)

# %%
maps = {
    "exp(-E)": lambda e: torch.exp(-e),
    "1/(1+E)⁴": lambda e: (1 + e) ** -4.0,
    "max(0, 1-E/4)": lambda e: torch.clamp(1 - e / 4, min=0),
}
x, dx = boltzmann.grid_1d(-5.0, 5.0, 201)
single, dependence = {}, {}
for name, f in maps.items():
    joint = f(bowl(x)[:, None] + bowl(x)[None, :])
    joint = joint / (joint.sum() * dx * dx)
    dependence[name] = joint - (joint.sum(1) * dx)[:, None] * (joint.sum(0) * dx)[None, :]
    single[name] = f(bowl(x)) / (f(bowl(x)).sum() * dx)
top, grid = max(d.abs().max() for d in dependence.values()), torch.stack(torch.meshgrid(x, x, indexing="ij"), -1)
curves = plots.panel(*[plots.line(x, p, name) for name, p in single.items()], xlabel="$x$", ylabel="density $p$")
squares = [plots.panel(plots.difference(grid, d, top=top, scale="$p(x, y) - p(x)\\,p(y)$"), xlabel="$x$", ylabel="$y$",
                       title=f"{name}: off by up to {d.abs().max():.1g}") for name, d in dependence.items()]  # fmt: skip
plots.figure(curves, *squares, columns=2, title="Of these three maps, only exp(-E) leaves two separate systems independent")

# %% [markdown]
# *Picture: left, three bell-shaped densities made from the same bowl. Right, three maps of p(x, y) - p(x) p(y): blank for
# exp, and red and blue patterns for the other two.*
#
# **Least assumption.** Among all densities with the same mean energy, the Boltzmann density has the largest entropy (Jaynes
# 1957): it assumes nothing beyond that mean. Below, each map gets a scale, $f(E/s)$, chosen so that $U = 1/2$.

# %%
from scipy.optimize import brentq

x, dx = boltzmann.grid_1d(-30.0, 30.0, 6001)


def scaled(f, s: float) -> Float[Tensor, "n"]:
    """The density proportional to f(E/s) for the bowl."""
    weight = f(bowl(x) / s)
    return weight / (weight.sum() * dx)


for name, f in maps.items():
    s = brentq(lambda s, f=f: float((scaled(f, s) * bowl(x)).sum() * dx) - 0.5, 0.05, 20.0)
    p = scaled(f, s)
    U, S = (p * bowl(x)).sum() * dx, -torch.special.xlogy(p, p).sum() * dx
    print(f"{name:14s} U = {U:.4f}   entropy = {S:.4f} nats")
print(f"exact for exp: entropy = ½ log(2πe) = {0.5 * math.log(2 * math.pi * math.e):.4f} nats")

# %% [markdown]
# ## 10 · Explore
#
# Choose a landscape and move the temperature. The caption says where the mass sits. When you have answered the question, go on
# to T = 5 and see what is left of the two peaks.

# %%
explorers.boltzmann()

# %% [markdown]
# Without a kernel, the figure of section 5 shows the same at four temperatures.

# %% [markdown]
# ## 11 · What goes wrong
#
# **A grid that is too small.** At T = 5 the bowl is $\sqrt 5$ wide. A box of ±4 cuts off its tails, and nothing warns you: the
# density still sums to one.

# %%
for half in (4, 6, 8, 12):
    x, dx = boltzmann.grid_1d(-half, half, 2001)
    p, log_z = boltzmann.density(bowl(x), dx, 5.0)
    print(f"box ±{half:<3d} mean of E = {(p * bowl(x)).sum() * dx:.4f} (exact 2.5)   ", end="")
    print(f"density at the edge / at the top = {p[0] / p.max():.1e}")

# %% [markdown]
# Look at the density at the edge before you trust a grid.
#
# **A check that tests the wrong thing.** "A cold density is narrower, so its values should have a smaller standard deviation."
# They do not: the values of a sharp peak vary more.

# %%
x, dx = boltzmann.grid_1d(-12, 12, 2001)
for T in (0.2, 5.0):
    p, _ = boltzmann.density(bowl(x), dx, T)
    spread = torch.sqrt((p * x**2).sum() * dx)
    print(f"T = {T:3.1f}: p.std() = {p.std():.4f}, but the standard deviation of x = {spread:.4f}")

# %% [markdown]
# **A plane without dx·dy**, and **single precision in the cold**: both give numbers, not errors.

# %%
points, cell = boltzmann.grid_2d(((-6, 6), (-6, 6)), 201)
weight = torch.exp(-(points**2).sum(-1) / 2)
integral = (weight / weight.sum()).sum() * cell
print(f"weights / sum: integral over the plane = {integral:.6f}, not 1 (dx·dy = {cell:.6f})")
floor = double_well(torch.linspace(-2, 2, 401)) + 0.5  # float32; the lowest energy is 0.5
for T in (1.0, 0.02, 0.005, 0.004):
    naive, safe = torch.log(torch.exp(-floor / T).sum() * 0.01), boltzmann.density(floor, 0.01, T)[1]
    print(f"T = {T:5.3f}, float32: log Z with plain exp {naive:8.3f}, with log-sum-exp {safe:8.3f}")

# %% [markdown]
# ## Recap
#
# - $p = e^{-E/T}/Z$: low energy is likely, differences count, T is the unit of energy.
# - Work with log Z and log-sum-exp; multiply sums by dx or dx·dy; make the grid wider than the density.
# - T → 0 puts all mass on the lowest states; T → ∞ forgets the energy.
# - $F = U - TS$ and $C = \mathrm{Var}(E)/T^2 = dU/dT$ hold for every energy: use them as tests.
# - A network is an energy as good as any. Its log Z is what makes training hard.

# %% [markdown] think="1a"
# **Think.** Add the same constant $c$ to every energy. Which of p, log Z, U, S, F, C change, and by how much?
# <!-- ANSWER -->
# p, S and C stay. U and F grow by $c$, and log Z falls by $c/T$. A constant is a choice of zero; only differences can be
# measured.

# %% [markdown] think="1b"
# **Think.** One valley is deep and narrow, another shallow and wide. Can heating move most of the mass from the first to the
# second?
# <!-- ANSWER -->
# Yes. The mass of a valley is $e^{-F_\text{valley}/T}$ with $F = U - TS$. When cold, the low energy of the deep valley wins; as T
# grows, the larger entropy of the wide one does. Ice and water are such a pair. So the most likely *point* and the most
# likely *valley* may be different places.

# %% [markdown] think="1c"
# **Think.** A network ends in a tanh, so its energy stays between -1 and 1. Is $e^{-E}/Z$ a density on the whole plane? Is it one
# for images with pixels between 0 and 1?
# <!-- ANSWER -->
# Not on the plane: the weight is at least $e^{-1}$ everywhere and its integral is infinite. On images with bounded pixels the
# volume is finite, so Z is too; but no two images can differ in probability by more than a factor $e^2$.

# %% [markdown]
# ## References
#
# - L. Boltzmann, *Studien über das Gleichgewicht der lebendigen Kraft zwischen bewegten materiellen Punkten*, Wiener Berichte
#   58, 517 (1868).
# - E. T. Jaynes, *Information theory and statistical mechanics*, Physical Review 106, 620 (1957),
#   [doi:10.1103/PhysRev.106.620](https://doi.org/10.1103/PhysRev.106.620).
# - Y. LeCun, S. Chopra, R. Hadsell, M. Ranzato and F. Huang, *A tutorial on energy-based learning*, in Predicting Structured
#   Data, MIT Press (2006).
# - W. Krauth, *Statistical Mechanics: Algorithms and Computations*, Oxford University Press (2006).
