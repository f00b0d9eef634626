# ---
# jupyter:
#   course:
#     title: The Boltzmann distribution
#     goal: turn any energy into probabilities, and read temperature, entropy and free energy off them
#     needs: ["00"]
#     know: NumPy-style arrays, integrals of one variable
#     time: 60 min
#     runs: 20 s
#     memory: 860 MB
#     uses: [torch]
# ---

# %% [markdown]
# **What you win.** Three functions of your own that turn any landscape into a distribution. Every later lesson stands on them:
#
# 1. one that photographs a shaken ball (Exercise 1.1),
# 2. one that gives the probability of every place, on a line or in a plane, however large the energies are (1.2),
# 3. one that heats a landscape and reads its energy, entropy and heat capacity (1.3).
#
# At the end you draw up a landscape of your own and heat it by hand.

# %%
import math

import torch
from jaxtyping import Float, Int
from torch import Tensor

from course_checks import check
from course_utils import boltzmann, energies, explorers, plots

# %% [markdown]
# ## 1 · Where is the ball?
#
# A ball lies in a landscape with two valleys,
#
# $$E(x) = 2\,(x^2 - 1)^2 + 0.4\,x .$$
#
# The first term has two equal valleys, at $x = \pm 1$; the second tilts them, so that the left one is deeper. Somebody shakes
# the landscape all the time, in small random kicks from both sides, and you take a photograph once in a while.

# %%
tilted = energies.AsymmetricDoubleWell(barrier=2.0, tilt=0.4)
track, _ = boltzmann.grid_1d(-1.75, 1.75, 701)
ball = plots.ball(track, tilted(track), tilted.minima[0])
plots.figure(plots.panel(ball, xlabel="position $x$", ylabel="energy $E$"), title="Kicked at random for a very long time: where do you find the ball?")

# %% [markdown]
# *Picture: a blue curve with two valleys and a hill between them; an orange ball in the left, deeper valley, with arrows to
# both sides.*
#
# **Choose before you go on.** Over very many photographs, is the ball
#
# - (a) always at the bottom of the left valley, since that is the lowest point?
# - (b) equally often in both valleys, since sooner or later it crosses the hill and nobody tells it to come back?
# - (c) more often on the left, by an amount that depends on how hard the kicks are?

# %% [markdown]
# Ludwig Boltzmann found the answer in 1868, and the rest of this course stands on it:
#
# $$p(x) = \frac{e^{-E(x)/T}}{Z}, \qquad Z = \sum_x e^{-E(x)/T} \;\text{ or }\; \int e^{-E(x)/T}\,dx .$$
#
# Low energy means likely. The **temperature** T, the strength of the kicks, says how much a difference of energies counts; it has
# the unit of energy, so $E/T$ is a plain number. The *partition function* Z is whatever makes the total one. What does a constant
# added to all energies change? Nothing: it cancels against Z.
#
# How do you draw from it? Lay the probabilities of all places end to end, on a ruler of length 1, and throw a dart at the ruler.
# Which place does the dart hit?
#
# ### Exercise 1.1 · Photograph the ball
# *Difficulty ●●○ · ten minutes · why: drawing from a distribution is what this whole course is about.*
#
# Given the energies of many places and a number of darts, each between 0 and 1, return the place that each dart hits. No loop is
# needed: `torch.cumsum` gives the marks on the ruler, and `torch.searchsorted` finds a dart among sorted marks. (`Float[Tensor, "n"]`
# is a tensor of n floats.)

# %% todo="1.1" task="return the index of the place that each dart hits"
def photograph(energy: Float[Tensor, "n"], temperature: float, darts: Float[Tensor, "m"]) -> Int[Tensor, "m"]:
    """Places drawn from the Boltzmann distribution.

    Args:
        energy: the energy of each place.
        temperature: T > 0, in the same units.
        darts: random numbers, uniform between 0 and 1.

    Returns:
        For each dart the index of the place it hits, when the probabilities lie end to end in the order of the places.
    """
    ### BEGIN SOLUTION
    weight = torch.exp(-energy / temperature)
    probability = weight / weight.sum()
    marks = torch.cumsum(probability, dim=0)
    return torch.searchsorted(marks, darts)
    ### END SOLUTION


# %% check="1.1" points=3
from course_checks import check, exercises

with check.exercise("1.1", "photograph"):
    answer = exercises.boltzmann.photograph.by(photograph)
    E = torch.tensor([3.0, 1.0, 2.0], dtype=torch.float64)
    darts = torch.tensor([0.05, 0.1, 0.5, 0.75, 0.76, 0.99], dtype=torch.float64)
    answer.on("six darts, E = (3, 1, 2), T = 1", E, 1.0, darts, expect=[0, 1, 1, 1, 2, 2])
    answer.on("the same darts at T = 10", E, 10.0, darts)
    answer.on("the same darts, 5 added to every energy", E + 5, 1.0, darts)
    answer.fresh(4, "other places and darts")

# %% [markdown] hint="1.1"
# Four steps, a line each: the weights $e^{-E/T}$; the probabilities, which are the weights over their sum; the marks
# `torch.cumsum(probability, dim=0)`; and `torch.searchsorted(marks, darts)`.

# %%
take = check.yours("1.1", photograph, boltzmann.photograph)
darts = torch.rand(400, generator=torch.Generator().manual_seed(1), dtype=torch.float64)
panels = []
for T in (0.1, 0.5, 3.0):
    seen = track[take(tilted(track), T, darts)]
    dots = plots.dots(torch.stack([seen, tilted(seen)], 1), most=400, color="red", size=14, alpha=0.15)
    panels.append(plots.panel(plots.well(track, tilted(track)), dots, title=f"$T = {T:g}$: {(seen < 0).sum()} of {len(seen)} left"))
plots.figure(*panels, share="y", title="The harder the kicks, the more evenly both valleys are used")

# %% [markdown]
# *Picture: the same curve three times, with 400 photographed positions as orange dots; each title counts those on the left.
# Cold: a tight cluster at the bottom of the left valley, and a faint spot in the right one. Warmer: dots in both valleys, more
# on the left. Hot: dots on the hill and up the slopes, nearly half on the right.*
#
# It is (c), and (a) and (b) are its two limits: as **T → 0** all mass goes to the lowest place, and as **T → ∞** energy no longer
# matters.

# %% [markdown]
# ## 2 · Every place at once
#
# Photographs show where the ball was. We want the whole curve. A position is continuous, so on a grid with spacing $dx$ the
# integral is a sum times $dx$:
#
# $$Z \approx \sum_i e^{-E(x_i)/T}\,dx, \qquad \sum_i p(x_i)\,dx = 1 .$$
#
# So $p$ is a *density*: it has the unit 1/length and may be larger than one. In a plane the cell of the grid is $dx\,dy$.
#
# One thing stands in the way. What does your computer say to this?

# %%
for E in (torch.tensor([-1000.0, -1001.0]), torch.tensor([1000.0, 1001.0])):
    print(f"E = {E.tolist()}:  weights {torch.exp(-E).tolist()}, p {(torch.exp(-E) / torch.exp(-E).sum()).tolist()}")

# %% [markdown]
# Infinity over infinity and zero over zero: `nan`, though the answer is harmless, since the two energies differ by one. Energies
# of a thousand are nothing unusual: a network sums over pixels, and a temperature may be 0.001. The cure is called
# **log-sum-exp**. Take the largest exponent out before you exponentiate, and put it back in the log:
#
# $$\log \sum_i e^{a_i} = m + \log \sum_i e^{a_i - m}, \qquad m = \max_i a_i .$$
#
# Why does that help, and why is nothing lost? The largest term is now exactly 1, so nothing overflows; what underflows is too small
# to count. From here on Z itself never appears in code. Its log does.
#
# ### Exercise 1.2 · A density on a grid
# *Difficulty ●●○ · fifteen minutes · why: a density without its dx is wrong by a factor that depends on the grid.*
#
# Write the trick out once in your life; afterwards `torch.logsumexp` is yours to use. `energy` may have any shape.

# %% todo="1.2" task="return p and log Z"
def density(energy: Float[Tensor, "*grid"], cell: float, temperature: float) -> tuple[Float[Tensor, "*grid"], float]:
    """Boltzmann density on a uniform grid.

    Args:
        energy: the energy at each grid point, any shape, of any size.
        cell: volume of one grid cell: dx on a line, dx * dy in a plane.
        temperature: T > 0.

    Returns:
        p of the same shape, with p.sum() * cell == 1, and log Z.
    """
    ### BEGIN SOLUTION
    exponent = -energy / temperature
    largest = exponent.max()
    weight = torch.exp(exponent - largest)
    log_z = largest + torch.log(weight.sum() * cell)
    return torch.exp(exponent - log_z), float(log_z)
    ### END SOLUTION


# %% check="1.2" points=4
from course_checks import check, exercises

with check.exercise("1.2", "density"):
    answer = exercises.boltzmann.density.by(density)
    s, ds = torch.linspace(-10, 10, 2001, dtype=torch.float64), 0.01
    _, log_z = check.outputs(answer.on("a bowl, x²/2", s**2 / 2, ds, 1.0), "p", "log Z")
    check.close("log Z of x²/2, exactly log √(2π)", log_z, 0.5 * math.log(2 * math.pi))
    answer.on("a bowl at T = 0.25", s**2 / 2, ds, 0.25)
    answer.on("a bowl moved down by 2000", s**2 / 2 - 2000, ds, 1.0)
    answer.on("a bowl with sides 5000 high", 50 * s**2, ds, 1.0)
    plane = s[::50, None] ** 2 / 2 + s[None, ::100] ** 2
    answer.on("a bowl in the plane at T = 2", plane, 0.5 * 1.0, 2.0)
    answer.fresh(4, "another landscape")

# %% [markdown] hint="1.2"
# Name the exponents first, `exponent = -energy / temperature`; the largest one belongs to the *lowest* energy. Then
# $\log Z = m + \log\left(\sum e^{a - m} \cdot \text{cell}\right)$ and $p = e^{a - \log Z}$. `.sum()` and `.max()` take all of a grid,
# whatever its shape.

# %%
density_of = check.yours("1.2", density, boltzmann.density)
line, step = boltzmann.grid_1d(-1.75, 1.75, 701)
curves = []
for T in (0.1, 0.3, 1.0, 5.0):
    p, log_z = density_of(tilted(line), step, T)
    print(f"T = {T:3.1f}: {p[line < tilted.barrier_top].sum() * step:.1%} left of the hill, log Z = {log_z:6.3f}, exact {tilted.log_z(T):6.3f}")
    curves.append(plots.line(line, p, f"$T = {T:g}$"))
below = plots.panel(plots.well(line, tilted(line), minima=tilted.minima, top=8), height=1.9)
above = plots.panel(*curves, ylabel="density $p$", height=3)
plots.figure(above, below, columns=1, share="x", title="Cold: one sharp peak in the deeper valley. Hot: spread over both")

# %% [markdown]
# *Picture: four densities above the energy curve. At T = 0.1 a tall narrow peak on the left; at 0.3 and 1 two peaks, the left one
# higher; at 5 a wide, low curve over both valleys, not yet at zero where the axis ends.*
#
# **Look at the last log Z.** Why is it 0.976 instead of 0.995, while the three others are right? At T = 5 the ball climbs beyond
# $x = \pm 1.75$, where the grid ends: the curve is cut off, and nothing warns you, since it still sums to one. **A grid must be wider
# than the distribution.**

# %% [markdown]
# ## 3 · Heat it
#
# Four numbers summarise a Boltzmann density:
#
# | | formula | what it says |
# | --- | --- | --- |
# | mean energy | $U = \langle E \rangle = \int p\,E\,dx$ | the average over photographs |
# | free energy | $F = -T \log Z$ | the price of the whole distribution |
# | entropy | $S = -\int p \log p\,dx$ | how spread out $p$ is, in nats |
# | heat capacity | $C = \mathrm{Var}(E)/T^2$ | how fast $U$ grows with T |
#
# All averages are over $p$, the variance too: $\mathrm{Var}(E) = \langle (E - U)^2 \rangle$. *Nats* says that the log is the natural one.
# They are tied together: put $\log p = -E/T - \log Z$ into $S$. What comes out? $S = U/T + \log Z$, which is $F = U - TS$.
#
# ### Exercise 1.3 · From cold to hot
# *Difficulty ●●○ · fifteen minutes · why: F = U - TS is the best bug detector of this field.*
#
# Go through the temperatures; at each, call your `density` and work out U, S and C. Return three tensors.

# %% todo="1.3" task="return U, S and C at every temperature"
def heat(
    energy: Float[Tensor, "n"], cell: float, temperatures: Float[Tensor, "k"]
) -> tuple[Float[Tensor, "k"], Float[Tensor, "k"], Float[Tensor, "k"]]:
    """Mean energy, entropy and heat capacity of a landscape while it is heated.

    Args:
        energy: the energy at each grid point.
        cell: volume of one grid cell.
        temperatures: each > 0.

    Returns:
        U, S (in nats) and C, one value for each temperature.
    """
    ### BEGIN SOLUTION
    U, S, C = [], [], []
    for T in temperatures:
        p, log_z = density(energy, cell, T)
        mass = p * cell
        mean = (mass * energy).sum()
        variance = (mass * (energy - mean) ** 2).sum()
        U.append(mean)
        S.append(mean / T + log_z)
        C.append(variance / T**2)
    return torch.stack(U), torch.stack(S), torch.stack(C)
    ### END SOLUTION


# %% check="1.3" points=4
from course_checks import check, exercises

with check.exercise("1.3", "heat", "density"):
    answer = exercises.boltzmann.heat.by(heat)
    s, ds = torch.linspace(-12, 12, 2401, dtype=torch.float64), 0.01
    T = torch.tensor([0.5, 1.0, 2.0], dtype=torch.float64)
    U, S, C = check.outputs(answer.on("a bowl", s**2 / 2, ds, T, expect=T / 2), "U", "S", "C")
    check.close("S of a bowl, exactly ½ log(2πeT)", S, 0.5 * torch.log(2 * math.pi * math.e * T))
    check.close("C of a bowl, exactly ½", C, [0.5, 0.5, 0.5])
    answer.on("a cold bowl, whose p is 0 far out", s**2 / 2, ds, T / 25)
    answer.fresh(3, "another landscape")

# %% [markdown] hint="1.3"
# Start with three empty lists. In the loop, `mass = p * cell` is the probability of each cell, and every average is
# `(mass * something).sum()`: the energy for U, `(energy - U)**2` for the variance. The entropy comes without any log of $p$:
# $S = U/T + \log Z$. `torch.stack` makes one tensor of a list of them. Is 1.2 still open? `boltzmann.density` serves as well.

# %%
double_well = energies.DoubleWell(barrier=2.0)
wide, gap = boltzmann.grid_1d(-4.0, 4.0, 2001)
T = torch.linspace(0.1, 5.0, 99, dtype=torch.float64)
U, S, C = map(torch.as_tensor, check.yours("1.3", heat, boltzmann.heat)(double_well(wide), gap, T))
both = plots.panel(plots.line(T, U, "$U$"), plots.line(T, U - T * S, "$F = U - TS$"), xlabel="$T$", ylabel="energy")
spread = plots.panel(plots.line(T, S, "$S$"), xlabel="temperature $T$", ylabel="entropy (nats)")
slope = plots.points(T[::3], torch.gradient(U, spacing=(T,))[0][::3], name="$dU/dT$", hollow=True)
response = plots.panel(plots.line(T, C, "$\\mathrm{Var}(E)/T^2$"), slope, xlabel="$T$", ylabel="heat capacity $C$")
plots.figure(both, spread, response, title="The double well heated: its fluctuations foretell how the mean responds")

# %% [markdown]
# *Picture: left, the mean energy rises with T, while the free energy is flat at first and then falls. Middle, the entropy rises, from
# below zero where the density is narrow. Right, the heat capacity from the variance, with circles from the slope of U on
# top of it; it starts near one half, peaks, and falls.*
#
# **Why the peak?** When cold, each valley is a bowl, and a bowl has C = ½. Where the hill comes within reach, the ball starts to
# spend time on it, and every bit of heat goes into climbing.

# %% [markdown]
# ## 4 · In the plane
#
# Your density takes a plane as it is. **Rosenbrock's** valley, $E = (1 - x)^2 + 100\,(y - x^2)^2$, is narrow and bent. **Rastrigin's**
# energy, $E = \sum_{x, y} \left[x^2 + 10\,(1 - \cos 2\pi x)\right]$, is a bowl with a pit at every pair of whole numbers. Where is
# the mass, do you think: at the lowest point?

# %%
panels = []
for energy, T, box in (
    (energies.Rosenbrock(), 1.0, ((-1.5, 3.0), (-1.5, 8.0))),
    (energies.Rastrigin(), 3.0, ((-4.5, 4.5), (-4.5, 4.5))),
):
    points, cell = boltzmann.grid_2d(box, 401)
    log_E, p = torch.log10(1 + energy(points)), density_of(energy(points), cell, T)[0]
    contour = plots.energy(points, log_E, scale="$\\log_{10}(1 + E)$"), plots.minima(energy.minima[:1])
    panels += [plots.panel(*contour, title=energy.name, height=3.3),
               plots.surface(points, log_E, zlabel="", height=3.3),
               plots.panel(plots.density(points, p), title=f"$T = {T:g}$", height=3.3)]
plots.figure(*panels, title="The mass lies along a bent valley, or is shared among many pits", widths=(1, 1.3, 1))

# %% [markdown]
# *Picture: two rows, each with a contour map, a surface and a density. Rosenbrock: a curved valley with a star at its minimum (1, 1),
# and a density that follows it as a thin bright curve. Rastrigin: a regular pattern of pits, and a density made of bright dots, the
# brightest in the middle.*
#
# So it is not at the lowest point: a square of side 1 around it holds less than a third of Rosenbrock's mass, and a tenth of
# Rastrigin's. A grid serves a plane. In a hundred dimensions it would have $401^{100}$ points: that is lesson 02.

# %% [markdown]
# ## 5 · A landscape of your own
#
# Change the formula of E, where `x` is a tensor of positions: more valleys, walls, a cliff (`5 * (x > 1)`), whatever torch can compute
# and rises far out. Run the cell and move the temperature. Can you build a landscape whose mass moves from one valley to the other when it is heated?

# %%
explorers.boltzmann(lambda x: 2 * (x**2 - 1) ** 2 + 0.4 * x + torch.sin(6 * x))

# %% [markdown]
# Without a kernel, the figure of section 2 shows the tilted double well at four temperatures.

# %% [markdown] think="1b"
# **Think.** One valley is deep and narrow, another shallow and wide. Can heating move most of the mass from the first to the
# second?
# <!-- ANSWER -->
# Yes. The mass of a valley is $e^{-F_\text{valley}/T}$ with $F = U - TS$. When cold, the low energy of the deep valley wins; as T
# grows, the larger entropy of the wide one does. Ice and water are such a pair. So the most likely *point* and the most
# likely *valley* may be different places.

# %% [markdown]
# ## What you made
#
# - `photograph` draws from $p = e^{-E/T}/Z$: low energy is likely, differences count, T is the unit of energy.
# - `density` works with log Z and log-sum-exp; sums are multiplied by dx or dx·dy, and the grid is wider than the density.
# - `heat` showed both limits: T → 0 puts all mass on the lowest place, T → ∞ forgets the energy. Var(E)/T² foretold dU/dT.
#
# That is all that later lessons need. What follows is for those who want more.

# %% [markdown] depth="45 min"
# A network as an energy, and the one number that makes training it hard; why it must be exp and nothing else; how fine a grid has to
# be; and four ways to get a plausible wrong number.

# %%
bowl, rosenbrock, rastrigin = energies.Quadratic(stiffness=1.0), energies.Rosenbrock(), energies.Rastrigin()

# %% [markdown]
# ## 6 · A neural network is an energy too
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
# ### Exercise 1.4 · The likelihood of data under an energy
# *Difficulty ●○○ · five minutes · why: this is the loss that every energy-based model would like to minimise.*

# %% todo="1.4" task="return the mean negative log-likelihood"
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


# %% check="1.4" points=2
from course_checks import check, exercises

with check.exercise("1.4", "negative_log_likelihood"):
    answer = exercises.boltzmann.negative_log_likelihood.by(negative_log_likelihood)
    s = torch.tensor([-1.2, 0.3, 0.5, 2.0], dtype=torch.float64)
    for T in (2.0, 0.7):
        log_z = 0.5 * math.log(2 * math.pi * T)
        exact = -torch.distributions.Normal(0.0, math.sqrt(T)).log_prob(s).mean()
        answer.on(f"four points under a bowl, T = {T:g}", s**2 / 2, log_z, T, expect=exact)
    answer.fresh(3, "other data")

# %% [markdown] hint="1.4"
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
# ## 7 · Why exp?
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
# ## 8 · How fine a grid?
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
# ## 9 · What goes wrong
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

# %% [markdown] think="1a"
# **Think.** Add the same constant $c$ to every energy. Which of p, log Z, U, S, F, C change, and by how much?
# <!-- ANSWER -->
# p, S and C stay. U and F grow by $c$, and log Z falls by $c/T$. A constant is a choice of zero; only differences can be
# measured.

# %% [markdown] think="1c"
# **Think.** A network ends in a tanh, so its energy stays between -1 and 1. Is $e^{-E}/Z$ a density on the whole plane? Is it one
# for images with pixels between 0 and 1?
# <!-- ANSWER -->
# Not on the plane: the weight is at least $e^{-1}$ everywhere and its integral is infinite. On images with bounded pixels the
# volume is finite, so Z is too; but no two images can differ in probability by more than a factor $e^2$.

# %% [markdown]
# ## Challenge · a landscape from its photographs
#
# A landscape that nobody has seen, on a line of 81 places: smooth, between two steep walls. `camera(temperature, n)` takes n
# photographs and returns the place in each. You have 500 photographs of each landscape, at temperatures from 0.5 to 5 of your choice:
# return the energy of every place, up to a constant. The judge compares densities at T = 0.3, 1 and 3: cold, where no camera works,
# the bottoms of the valleys count; hot, the hills do. Four lines are enough to begin: since $p \propto e^{-E/T}$, what is E when you
# have counted how often each place was seen? `torch.bincount` counts.
#
# Cheating would be more photographs than the budget, a camera at other temperatures, a look inside it, or a remembered landscape.
#
# The judge counts, recomputes and draws its problems anew, so that nothing can be remembered. But Python hides nothing from a
# function that runs beside it: who walks its frames or its memory finds the answers, and has beaten nobody.
#
# Who is there to beat?

# %%
check.challenge("1")


# %%
def my_landscape(camera, x, budget):
    raise NotImplementedError("return the energy of every place, shape (81,)")


check.challenge("1", my_landscape)

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
