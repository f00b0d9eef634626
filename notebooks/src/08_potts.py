# ---
# jupyter:
#   course:
#     title: Potts spins and first-order transitions
#     goal: film a metal that cools by a sweep of your own, and tell a transition that jumps from one that glides
#     needs: ["07"]
#     know: mean and standard error; weighted averages
#     time: 60 min
#     runs: 85 s
#     memory: 780 MB
#     uses: [jax]
# ---

# %% [markdown]
# **What you win.** A film of grains that grow as in a cooling metal, drawn by a dozen lines of your own, and a latent heat that
# you measure yourself and hold against an exact formula. Three functions lead there:
#
# 1. one that sweeps a lattice of any number of colours (Exercise 8.1),
# 2. one that comes to every temperature from two sides, and says whether both sides agree (8.2),
# 3. one that takes a run apart into two phases and brings them into balance (8.3).

# %%
import math

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int
from thrml import Block, BlockGibbsSpec, CategoricalNode, FactorSamplingProgram, SamplingSchedule, sample_states
from thrml.models import CategoricalGibbsConditional, SquareCategoricalEBMFactor

from course_checks import check
from course_utils import explorers, plots
from course_utils.lattice import Potts, exact, gibbs
from course_utils.lattice import observables as ob

T_C = {q: 1 / exact.potts_beta_c(q) for q in (5, 10)}

# %% [markdown]
# ## 1 · Ten colours
#
# In the **Potts model** each spin has one of $q$ colours, $s = 0, \dots, q-1$, and a bond counts only if both its ends agree:
#
# $$E(s) = -J\sum_{\langle ij\rangle}\delta(s_i, s_j), \qquad p(s) \propto e^{-\beta E(s)}, \qquad \beta = 1/T ,$$
#
# with $\delta = 1$ for equal colours and 0 otherwise, $J = 1$. Colours have no order: 0 is no nearer to 1 than to 3. So this is the
# model of whatever is of *some kind*: grains in a metal, cells in a tissue, labels in a picture. An energy per spin lies between -2,
# all equal, and 0. Where order is lost is known exactly, $T_c = 1/\ln(1+\sqrt q)$.
#
# In lesson 07 Ising spins at $T_c$ had patches of every size. Below are ten colours, from well below $T_c$ to well above. **Guess
# first:** on the way from 0.97 to 1.03 of $T_c$, does the pattern get finer step by step, or at one blow?

# %%
shares = np.array([0.6, 0.97, 1.03, 1.6])
ten, how = Potts(48, 10), {"n_samples": 1, "n_burn_in": 1000, "n_chains": 4, "init": "aligned"}
pictures = ten.sample(jax.random.key(80), 1 / (shares * T_C[10]), **how)[:, 0]
titles = [f"$T = {f:g}\\,T_c$: $E/N = {e:.2f}$" for f, e in zip(shares, np.asarray(ten.energy(pictures)), strict=True)]
plots.figure(*plots.lattices(pictures, ten, titles), columns=4,
             title="A little below $T_c$ one colour; a little above it, all ten")

# %% [markdown]
# *Picture: four square lattices. At 0.6 of T_c one colour, nearly without specks; at 0.97 the same colour with a few specks and small
# islands of others. At 1.03 small patches of all ten colours, at 1.6 smaller ones, down to single spins.*
#
# Between the two in the middle the energy rises by half of all it can, and above $T_c$ the patches are small. Does it jump? To answer that
# you need a sampler, a measure of order, and some suspicion.
#
# ## 2 · One spin, ten colours
#
# As for Ising: hold all other spins. Only four bonds contain the spin; if $n_k$ of its neighbours have colour $k$, choosing $k$ costs
# $-n_k$. So
#
# $$P(s_i = k \mid \text{all others}) = \frac{e^{\beta n_k}}{\sum_{l=0}^{q-1} e^{\beta n_l}} .$$
#
# What became of the factor 2 of lesson 07? There, turning a spin took a bond from $-1$ to $+1$; here, from $-1$ to 0. Two colours are
# Ising at half the β (section 7).
#
# With two values one number from 0 to 1 was enough to draw a spin. With ten it still is: lay the ten probabilities end to end on a
# ruler of length 1, as in Exercise 1.1, and see on which piece the number falls.
#
# ### Exercise 8.1 · A sweep of many colours
# *Difficulty ●●● · fifteen minutes · why: it draws the film below, and any model of kinds is sampled like this.*
#
# Complete `potts_sweep`: black spins first, those with even $i + j$; then the white ones, which see the new black ones. The ruler begins
# with colour 0. Return a new array. No loop over spins: the film takes 320 sweeps of 16,384.


# %% todo="8.1" task="return the colours after one sweep: black, then white"
def potts_sweep(
    colours: Int[np.ndarray, "rows cols"], beta: float, q: int, uniform: Float[np.ndarray, "rows cols"]
) -> Int[np.ndarray, "rows cols"]:
    """One sweep of block Gibbs sampling on a torus with even sides, J = 1.

    Args:
        colours: from 0 to q - 1.
        beta: inverse temperature.
        q: number of colours.
        uniform: a random number for each spin, from 0 to 1: its place on the ruler.

    Returns:
        The new colours, of the same shape.
    """
    ### BEGIN SOLUTION
    i, j = np.indices(colours.shape)
    black = (i + j) % 2 == 0
    for block in (black, ~black):
        weights = []
        for k in range(q):
            mine = (colours == k).astype(int)
            above, below = np.roll(mine, 1, axis=0), np.roll(mine, -1, axis=0)
            left, right = np.roll(mine, 1, axis=1), np.roll(mine, -1, axis=1)
            weights.append(np.exp(beta * (above + below + left + right)))
        marks = np.cumsum(weights, axis=0)
        drawn = (uniform * marks[-1] >= marks).sum(axis=0)
        colours = np.where(block, drawn, colours)
    return colours
    ### END SOLUTION


# %% check="8.1" points=4
from course_checks import check, exercises

with check.exercise("8.1", "potts_sweep"):
    answer = exercises.potts.sweep.by(potts_sweep)
    rng = np.random.default_rng(81)
    spins, numbers = rng.integers(0, 3, (6, 8)), rng.random((6, 8))
    answer.on("6 × 8 spins, three colours, β = 0.9", spins, 0.9, 3, numbers)
    answer.on("the same with q = 5, of which two colours do not occur", spins, 0.9, 5, numbers)
    answer.on("the same in the cold, β = 20", spins, 20.0, 3, numbers)
    answer.fresh(4, "another torus")

# %% [markdown] hint="8.1"
# For one colour $k$, `mine = (colours == k).astype(int)` is 1 where a spin has it; the sum of four `np.roll`s of that (steps 1 and -1,
# both axes) is $n_k$ of every spin at once. Collect `np.exp(beta * n_k)` for all $k$ in a list; `np.cumsum(weights, axis=0)` are the
# marks on the ruler, and `marks[-1]` is its length. The colour is how many marks lie at or below the number:
# `(uniform * marks[-1] >= marks).sum(axis=0)`. As in 7.1, do all this for `black` and once more for `~black`, with `np.where`.

# %% [markdown]
# Let it run: ten colours at infinite temperature, put at once into a bath at T = 0.45, well below $T_c \approx 0.7$. In lesson 07 winding
# patches of two colours grew. What will ten look like?

# %%
sweep, rng = check.yours("8.1", potts_sweep, gibbs.potts_sweep), np.random.default_rng(811)
q, T = 10, 0.45
spins, film = rng.integers(0, q, (128, 128)), []
for t in range(320):
    spins = sweep(spins, 1 / T, q, rng.random(spins.shape))
    if t % 8 == 7:
        film.append(np.asarray(spins))
plots.lattice_film(Potts(128, q), [np.array(film)], scale=3, words="Small grains of ten colours; large ones grow, small ones vanish.")

# %% [markdown]
# *Moving picture: 128 × 128 spins, eight sweeps from picture to picture. Small grains of ten colours; the large ones grow, the small ones
# shrink and vanish, and three walls meet at nearly every corner. It runs three times and stops at the last picture.*
#
# It is your lattice: change `T`, or try 2, 3 and 4 colours (`q`). From how many on does it look like a foam? Where three walls meet a spin
# has no cheap way to turn, and so the grains of a cold metal wait (section 8).
#
# ## 3 · The same on THRML
#
# What does a machine need to know that samples spins with more than two states? The five parts of lesson 07, with three changes: the
# nodes are `CategoricalNode`s, whose state is a number from 0 on; the factor takes a $q \times q$ **table** of weights for every bond,
# $\beta\,\delta(k, l)$ here, because THRML cannot know that only equal colours count; and the sampler is told $q$.
#
# Three colours on 4 × 4 spins have 43 million states, few enough to sum over. Do 64 chains on THRML and your own sweep both meet the sum?

# %%
nodes, keys = [CategoricalNode() for _ in range(16)], jax.random.split(jax.random.key(82), 64)
board = gibbs.two_colours(4, 4).ravel()
blocks = [Block([node for node, black in zip(nodes, board, strict=True) if black == which]) for which in (True, False)]
ends = [Block([nodes[k] for k in side]) for side in exact.bonds((4, 4)).T]


@jax.jit
def on_thrml(beta):
    """Lattices from 64 chains; the program is built inside `jit`, so that β may change."""
    factor = SquareCategoricalEBMFactor(ends, jnp.broadcast_to(beta * jnp.eye(3), (len(ends[0]), 3, 3)))
    samplers = [CategoricalGibbsConditional(3)] * 2
    program = FactorSamplingProgram(BlockGibbsSpec(blocks, []), samplers, [factor], [])
    start, plan = [jnp.zeros(8, jnp.uint8)] * 2, SamplingSchedule(n_warmup=100, n_samples=100, steps_per_sample=2)
    chain = jax.vmap(lambda key: sample_states(key, program, plan, start, [], [Block(nodes)])[0])
    return chain(keys).reshape(64, 100, 4, 4)


def by_hand(beta):
    """Lattices from 8 chains of the sweep above, from one colour."""
    chains = np.zeros((8, 240, 4, 4), int)
    for chain in chains:
        for t in range(1, 240):
            chain[t] = sweep(chain[t - 1], beta, 3, rng.random((4, 4)))
    return chains[:, 40:]


# %%
betas, line = np.array([0.4, 0.8, 1.0, 1.2, 1.6]), np.linspace(0.2, 1.8, 60)
layers = [plots.exact(line, [exact.potts_energy((4, 4), 3, beta) for beta in line], "all states")]
for name, draw, mark in (("64 chains on THRML", on_thrml, "o"), ("8 chains of the sweep above", by_hand, "s")):
    energy, error = np.array([ob.mean_and_error(Potts(4, 3).energy(draw(beta))) for beta in betas]).T
    layers.append(plots.points(betas, energy, error, name, mark=mark, hollow=mark == "s"))
panel = plots.panel(*layers, xlabel="inverse temperature $\\beta$", ylabel="energy per spin")
plots.figure(panel, title="Two samplers, one curve: three colours on 4 × 4 spins")

# %% [markdown]
# *Picture: energy against β, falling from about -1 to nearly -2. The discs of THRML and the open squares of the sweep lie on the grey line
# of the exact sum, with error bars (one standard error here and below) as small as the marks.*
#
# A table for every bond is much to carry where one number would do. Section 11 writes a factor and a sampler that know only equal and
# unequal; `Potts(64, 10).sample(key, beta, ...)` of the course is made like that, and several times as fast.
#
# ## 4 · Two starts, one answer?
#
# Now measure. Which number says that a lattice is ordered? Not the share of colour 0: any colour may win. Let $\rho$ be the largest of
# the $q$ shares. It is about $1/q$ in disorder and 1 in full order; so that the number runs from 0 to 1, take the **order parameter**
#
# $$m = \frac{q\,\rho - 1}{q - 1} .$$
#
# And when has a run forgotten where it came from? Begin twice, at opposite ends: once with one colour, once with random ones. Where the two
# means differ by more than their errors, one run at least has not arrived. Chains are independent, so the error of a mean is the spread of
# the chains' means over the root of their number, as in 7.3; and the errors of two independent means add in squares.
#
# ### Exercise 8.2 · From two sides
# *Difficulty ●●○ · fifteen minutes · why: no single run can tell that it is too short. Two can.*
#
# Complete `compare_starts`. `draw(T, "aligned")` makes lattices from chains that began with one colour, `draw(T, "random")` from chains
# that began with random ones. For each temperature return the order from both, the difference of their energies per spin, and its error.


# %% todo="8.2" task="return both orders, the difference of the energies and its error, a row for each temperature"
def compare_starts(draw, temperatures: Float[np.ndarray, "n"], q: int) -> Float[np.ndarray, "n 4"]:
    """Order and energy of a Potts model from two opposite starts, J = 1.

    Args:
        draw: draw(T, start) gives colours at temperature T, of shape (chains, samples, rows, cols); start is "aligned"
            or "random", and the number of chains may differ.
        temperatures: where to measure.
        q: number of colours.

    Returns:
        A row for each temperature: the mean order m of all lattices from "aligned", that from "random", the energy per
        spin from "random" minus that from "aligned", and the standard error of this difference.
    """
    ### BEGIN SOLUTION
    rows = []
    for T in temperatures:
        orders, means, square = [], [], 0.0
        for start in ("aligned", "random"):
            spins = np.asarray(draw(T, start))
            largest = np.max([(spins == k).mean(axis=(2, 3)) for k in range(q)], axis=0)
            orders.append((q * largest.mean() - 1) / (q - 1))
            below, right = np.roll(spins, -1, axis=2), np.roll(spins, -1, axis=3)
            energy = -(spins == below).mean(axis=(2, 3)) - (spins == right).mean(axis=(2, 3))
            chains = energy.mean(axis=1)
            means.append(chains.mean())
            square += chains.var(ddof=1) / len(chains)
        rows.append([*orders, means[1] - means[0], math.sqrt(square)])
    return np.array(rows)
    ### END SOLUTION


# %% check="8.2" points=4
from course_checks import check, exercises

with check.exercise("8.2", "compare_starts"):
    answer = exercises.potts.compare_starts.by(compare_starts)
    rng, toy = np.random.default_rng(82), {}
    for T in (0.5, 1.0, 1.5):
        toy[T, "aligned"] = np.minimum(rng.integers(0, 8, (2, 3, 4, 6)), 2)
        toy[T, "random"] = rng.integers(0, 3, (4, 3, 4, 6))
    for some in ([0.5], [0.5, 1.0, 1.5]):
        answer.on(f"lattices of three colours at T = {some}", exercises.potts.drawn_from(toy), np.array(some), 3)
    answer.fresh(3, "other lattices")

# %% [markdown] hint="8.2"
# `(spins == k).mean(axis=(2, 3))` is the share of colour $k$ in every lattice; `np.max` of a list of these, `axis=0`, is the largest.
# `spins == np.roll(spins, -1, axis=2)` says which bonds downwards are equal, `axis=3` which to the right: take the mean of each over
# axes 2 and 3, and add them (arrays of True and False do not add up: True + True is True). Then `energy.mean(axis=1)` leaves one number
# for each chain, and `.var(ddof=1) / len(...)` of these is the square of the error of their mean.

# %% [markdown]
# Ten colours, at seven temperatures round $T_c$, from both starts: once with 160 sweeps, once with twenty times as many. After 160 sweeps
# there will be large differences. **Guess before you run the cell** (28 runs, a dot for each): which of them go away?

# %%
heats, compared = np.array([0.95, 0.98, 0.99, 1.0, 1.01, 1.02, 1.05]) * T_C[10], {}
compare = check.yours("8.2", compare_starts, gibbs.compare_starts)


def lattices(T: float, start: str, n: int) -> Int[Array, "chains samples 48 48"]:
    """Six chains of 80 n sweeps; a lattice every n sweeps from the second half."""
    how = {"n_samples": 40, "n_sweeps": n, "n_burn_in": 40 * n, "n_chains": 6, "init": start}
    print("·", end="")
    return ten.sample(jax.random.key(round(10_000 * T)), 1 / T, **how)


for n in (2, 40):
    compared[80 * n] = compare(lambda T, start, n=n: lattices(T, start, n), heats, 10).T

# %%
x, (cold, hot, gap, _), axes = heats / T_C[10], compared[3200], {"xlabel": "temperature $T / T_c$"}
orders = plots.points(x, cold, None, "from one colour"), plots.points(x, hot, None, "from all colours", mark="s", hollow=True)
gaps = [plots.points(x, *rows[2:], f"{n} sweeps", joined=True) for n, rows in compared.items()]
latent = plots.hline(exact.potts_latent_heat(10), "exact latent heat, infinite lattice")
plots.figure(
    plots.panel(*orders, ylabel="order $m$ after 3200 sweeps", **axes),
    plots.panel(latent, *gaps, ylabel="energy, random minus aligned", **axes),
    title=f"After 3200 sweeps the starts differ by {gap[3]:.2f} at $T_c$, and elsewhere by {abs(np.delete(gap, 3)).max():.2f} at most",
)

# %% [markdown]
# *Picture: left, the order against temperature: above 0.8 below T_c, nearly zero above it; at T_c itself one point from each start, far
# apart. Right, the difference of the energies. After 160 sweeps it is large from 0.95 to 1.02 of T_c; after 3200 it is zero within its
# error bars, but for one point at T_c, which stands on the dashed line of the exact latent heat.*
#
# Away from $T_c$ the two starts disagreed because the runs were too short. At $T_c$ they disagree because *both are right*: an ordered
# and a disordered phase are stable, and their energies differ by the **latent heat**, known exactly for the infinite lattice (Baxter
# 1973). That is a transition of **first order**, as from ice to water. It happens for $q > 4$.
#
# So the same number is a warning in one case and a measurement in the other. What tells them apart? Time, and the size of the lattice:
# what stays when both grow is physics.
#
# ## 5 · Two phases in one run
#
# On a small lattice a chain does go from phase to phase, now and then. Then a single temperature holds both, and the histogram of the
# energy has two peaks. The transition of a small lattice is where both phases weigh the same, at a β a little off. That needs no new run. A
# sample at $\beta_0$ counts at $\beta$ with the weight of importance sampling (lesson 02),
#
# $$w \propto e^{-(\beta - \beta_0)\,N e}, \qquad N \text{ spins of energy } e \text{ each.}$$
#
# Which way must β go, if the ordered phase weighs too little? Up: colder means more order. So the right β can be hunted down by halves.
# Try the middle of a range; if there is too little order, go on in the upper half, else in the lower one.
#
# ### Exercise 8.3 · Two phases in balance
# *Difficulty ●●● · fifteen minutes · why: it turns one run into a latent heat, if the N is not forgotten.*
#
# Complete `balance`. Samples with an energy below `cut` are ordered, the others disordered. Find the shift $\beta - \beta_0$ between -0.1
# and 0.1 at which both have half of the weight, and return it with the mean energy of each phase there. Beware: $w$ can overflow.


# %% todo="8.3" task="return the shift and the mean energies of both phases"
def balance(energy: Float[np.ndarray, "samples"], n_spins: int, cut: float) -> tuple[float, float, float]:
    """Where the two phases of a run weigh the same, and their energies there.

    Args:
        energy: per spin, of the samples of the run at beta_0.
        n_spins: N.
        cut: energy per spin below which a sample counts as ordered.

    Returns:
        beta - beta_0, and the weighted mean energies per spin of the ordered and of the disordered phase.
    """
    ### BEGIN SOLUTION
    low, high = -0.1, 0.1
    ordered = energy < cut
    for _ in range(50):
        shift = (low + high) / 2
        exponent = -shift * n_spins * energy
        weight = np.exp(exponent - exponent.max())
        weight /= weight.sum()
        if weight[ordered].sum() < 0.5:
            low = shift
        else:
            high = shift
    means = [(weight * energy)[part].sum() / weight[part].sum() for part in (ordered, ~ordered)]
    return shift, means[0], means[1]
    ### END SOLUTION


# %% check="8.3" points=4
from course_checks import check, exercises

with check.exercise("8.3", "balance"):
    answer = exercises.potts.balance.by(balance)
    e = np.array([-1.5, -1.5, -1.5, -1.0])
    answer.on("three samples in order, one in disorder", e, 100, -1.2, expect=-math.log(3) / 50)
    answer.on("the other way round", -2.5 - e, 100, -1.2, expect=math.log(3) / 50)
    e = np.array([-1.7, -1.6, -1.6, -1.5, -1.2, -1.1, -1.1, -1.0, -0.9])
    answer.on("nine samples, one of them on the cut", e, 64, -1.2)
    overflow = "Does exp overflow? Take the largest exponent out first, as in Exercise 1.2."
    answer.on("the same for 20 000 spins", e, 20_000, -1.2, hint=overflow)
    answer.on("20 000 spins, five samples of nine in order", -2.6 - e, 20_000, -1.2, hint=overflow)
    answer.fresh(4, "other runs")

# %% [markdown] hint="8.3"
# Start with `low, high = -0.1, 0.1` and repeat fifty times: `shift = (low + high) / 2`; the exponents $-\text{shift} \cdot N e$, minus the
# largest of them; the weights, divided by their sum. If `weight[energy < cut].sum()` is below one half, `low = shift`, else
# `high = shift`. The mean energy of a phase is the sum of weight times energy over it, divided by the sum of its weights.

# %% [markdown]
# Five colours and ten, on 12 × 12 and 24 × 24 spins, 24 chains from both starts; each run is read where its halves are in balance, with the
# middle of the two exact energies, $-(1 + 1/\sqrt q)$, as the cut. **Guess first:** five colours have a transition of first order as
# well. Do you expect two peaks for both?

# %%
in_balance, samples, heat, histograms = check.yours("8.3", balance, ob.balance), {}, {}, {5: [], 10: []}
# β_0 = β_c - lower, where the one phase of disorder weighs about as much as the ten of order
for q, L, n, lower in ((5, 12, 6, 0), (5, 24, 12, 0), (10, 12, 6, 0.023), (10, 24, 15, 0.0057)):
    one, N, cut = Potts(L, q), L * L, -(1 + q**-0.5)
    start = np.array(one.random(jax.random.key(L), (24, L, L)))
    start[:12] = 0
    how = {"n_samples": 500, "n_burn_in": 200 * n, "n_chains": 24, "n_sweeps": n, "init": start}
    samples[q, L] = one.sample(jax.random.key(86 + L), exact.potts_beta_c(q) - lower, **how)
    e = np.asarray(one.energy(samples[q, L]), float)
    print(f"q = {q:2d}, L = {L}: the energies of the two starts differ by {ob.latent_heat(e[:12], e[12:])}")
    # the error from leaving out one chain at a time
    heat[q, L] = ob.jackknife(lambda x, N=N, cut=cut: -np.subtract(*in_balance(x.ravel(), N, cut)[1:]), e)
    bins = np.arange(-2 * N - 0.5, 0, max(1, N // 36)) / N
    weight = np.exp(-in_balance(e.ravel(), N, cut)[0] * N * (e - e.mean()))
    density, _ = np.histogram(e, bins, weights=weight, density=True)
    histograms[q].append(plots.steps((bins[1:] + bins[:-1]) / 2, density, f"$q = {q}$, $L = {L}$: {heat[q, L]} apart"))

# %%
panels = []
for q, curves in histograms.items():
    phases = [plots.vline(e, "exact phases, infinite lattice") for e in exact.potts_critical_energies(q)]
    title = f"$q = {q}$: the exact phases are {exact.potts_latent_heat(q):.3f} apart"
    panels.append(plots.panel(*phases, *curves, title=title, xlabel="energy per spin", ylabel="density", xlim=(-1.98, -0.6)))
plots.figure(*panels, title="Ten colours: two peaks that stay. Five: two halves that approach each other")

# %% [markdown]
# *Picture: energy histograms, five colours on the left, ten on the right, two sizes each, with dashed lines at the exact energies of the
# two phases. Right: two peaks near the dashed lines, with a dip between them that is deeper for the larger lattice. Left: a hill
# which is narrower for the larger lattice, with two low humps, much further apart than the dashed lines, which nearly touch.*
#
# Is it equilibrium? Here chains cross, so the two starts have to agree, and they do: the differences printed are within two standard
# errors. (A chain of ten colours on 24 × 24 spins is but a few autocorrelation times long; it takes all 24 chains to weigh the phases.)
#
# Ten colours: a latent heat within a few per cent of the exact one, on 24 × 24 spins. And what would you report for five? Cut *any* broad
# hill in two, and you have two means and a difference. It is several times too large, its error bar is small, and it shrinks with the lattice.
#
# What counts is the lattice against the **correlation length** $\xi$, the size of the largest patches at $T_c$: 10.6 spacings for ten
# colours, 2512 for five. On every lattice that we can afford five colours look continuous, though they are not. Section 9 tries.
#
# And what does a lattice look like in the dip, half way between two phases? Choose: every spin half decided, or a part of it one, the rest
# the other?

# %%
e, (low, high) = np.asarray(Potts(24, 10).energy(samples[10, 24])), exact.potts_critical_energies(10)
at = [np.unravel_index(np.argmin(abs(e - x)), e.shape) for x in np.linspace(low, high, 5)]
mixed = plots.lattices([samples[10, 24][k] for k in at], Potts(24, 10), [f"$E/N = {e[k]:.2f}$" for k in at])
plots.figure(*mixed, columns=5, title="Ten colours near $T_c$, from one run: in the dip a lattice is part one, part the other")

# %% [markdown]
# *Picture: five lattices. From left to right the part that is of one colour shrinks, from nearly the whole lattice, by way of one large
# region beside patches of all colours, to patches everywhere.*
#
# Ice in water. The wall between the two parts costs energy in proportion to its length, and so the dip deepens as $e^{-L/\xi}$: a large
# lattice hardly ever crosses it.
#
# ## 6 · Explore
#
# Ten colours, live. Press *order*, heat in small steps through $T_c$, then cool again. Does it turn back where it turned?

# %%
explorers.live_lattice(Potts(256, 10))

# %% [markdown]
# Without a kernel, the curve of 160 sweeps in section 4 gives the answer: on both sides of $T_c$ the past decides for a while.

# %% [markdown] think="8a"
# **Think.** Three chains at $T_c$ of ten colours on 64 × 64, each of $10^5$ sweeps, have R-hat = 1.00 and energies of -0.97. All three
# began with random colours. What do you know? (A network with two good solutions puts the same question to whoever trains it.)
# <!-- ANSWER -->
# The energy of the disordered phase. R-hat compares chains with one another, and three chains in the same phase agree. The wait for
# a change of phase grows like $e^{L/\xi}$ times a power of $L$ and is far longer than the runs. A fourth chain from one colour would
# have shown it.

# %% [markdown]
# ## What you made
#
# - `potts_sweep` draws any number of colours with one random number per spin, and filmed a metal.
# - `compare_starts` told a run that is too short from two phases that are both right.
# - `balance` read a latent heat off one run, near the exact one for ten colours, and showed why five look continuous.
#
# Lesson 09 has spins that point in any direction: no colours, no jump, and a transition all the same. What follows is for those who want
# more.

# %% [markdown] depth="75 min"
# Why two colours are Ising; why grains wait; five colours, which look continuous at any size we can afford; heating and cooling; a factor
# and a sampler of your own for THRML, and what its table costs; and what goes wrong.

# %%
import time
from itertools import pairwise

from jaxtyping import UInt8
from thrml import AbstractFactor, AbstractNode, InteractionGroup

from course_utils import diagnostics
from course_utils.lattice import cluster, factors, tempering

five = Potts(48, 5)

# %% [markdown]
# ## 7 · Two colours are Ising
#
# With $\sigma = \pm1$ for the two colours, $\delta(s, s') = (1 + \sigma\sigma')/2$: a Potts bond is half an Ising bond, plus a constant.
# So $q = 2$ at $\beta$ is Ising at $\beta/2$, or **β_Potts = 2 β_Ising**, and the energies per spin are related by
# $u_\text{Potts} = u_\text{Ising}/2 - 1$. Not roughly: to the last digit.

# %%
β = 0.4
u, v = exact.potts_energy((4, 4), 2, 2 * β), exact.enumerated_energy((4, 4), β) / 2 - 1
print(f"energy per spin, 4 × 4, all states summed: {u:.12f} and {v:.12f}")
print(f"β_c of two colours {exact.potts_beta_c(2):.12f}, twice that of Ising {2 * exact.BETA_C:.12f}")

# %% [markdown]
# ## 8 · Why grains wait
#
# Take the protocol of your film as a measurement: random colours, put at the temperature in question, and some warm-up. At a quarter of
# $T_c$ equilibrium is all but one colour. What do 24 lattices of five colours say after 1000 sweeps, and after 10 000?

# %%
T_cold, quenched, order = 0.25 * T_C[5], {0: "random"}, {}
for before, t in ((0, 1000), (1000, 10_000)):
    how = {"n_samples": 1, "n_sweeps": t - before, "n_chains": 24, "init": quenched[before]}
    quenched[t] = np.asarray(five.sample(jax.random.fold_in(jax.random.key(82), t), 1 / T_cold, **how))[:, 0]
    order[t] = np.asarray(five.order_parameter(quenched[t]))
divided = {t: (m < 0.9).sum() for t, m in order.items()}
shown = [*np.lexsort((order[1000], order[10_000]))[:3], *np.argsort(order[1000] + (order[10_000] < 0.9))[:2]]
titles = [f"{t} sweeps\n$m = {order[t][k]:.2f}$" for t in order for k in shown]
title = f"$T_c/4$: of 24 quenched lattices, {divided[1000]} are divided after 1000 sweeps, {divided[10_000]} after 10 000"
plots.figure(*plots.lattices([quenched[t][k] for t in order for k in shown], five, titles), columns=5, title=title)

# %% [markdown]
# *Picture: five lattices after 1000 sweeps, and the same five below after 10 000. Above, three lattices of two bands and two with patches
# of more colours, which meet at corners. Below, the bands are still there, and the other two lattices have become one colour.*
#
# Ising domains shrink because their walls are curved: a corner spin has as many neighbours of the other colour as of its own, and turns
# at no cost. Corners of Potts walls move as well. What is new is the point where *three* colours meet. There a corner spin has two
# neighbours of its own colour and one of each other: to leave costs $J$. So the wall waits, and the colder it is the longer:

# %%
beside = {"corner of a wall, 2 + 2": (2, 2, 0, 0, 0), "meeting point, 2 + 1 + 1": (2, 1, 1, 0, 0)}
beside["straight wall, 3 + 1"] = (3, 1, 0, 0, 0)
for name, n in beside.items():
    weight = np.exp(np.array(n) / T_cold)
    print(f"{name:25s} chance to leave its colour {1 - weight[0] / weight.sum():.6f} a sweep")

# %% [markdown]
# A pinned pattern is not pinned for ever: it waits for the barrier $J$, a time that grows as $e^{J/T}$; straight bands wait for $2J$, as
# in lesson 07. A phase diagram from 1000 sweeps shows a small order parameter in the cold, which is the age of the runs and no property
# of the model.
#
# On a larger lattice one can measure how fast grains grow. The area of a grain averaged over all spins, so that each counts by its size,
# is its size ℓ squared.


# %%
def grain_sizes(spins: UInt8[np.ndarray, "n rows cols"]) -> Float[np.ndarray, "n"]:
    """Root of the area of the grain in which a spin lies, averaged over the spins of each lattice."""
    same = np.stack([spins == np.roll(spins, -1, axis) for axis in (1, 2)], axis=-1)
    _, grain = cluster.clusters(same)
    return np.sqrt(np.bincount(grain.ravel())[grain].mean(axis=(1, 2)))


metal, ages, grains = Potts(256, 10), np.array([1, 3, 10, 30, 100, 300, 1000]), {}
for share in (0.5, 0.25):
    state, sizes = "random", []
    for before, t in pairwise([0, *ages.tolist()]):
        how = {"n_samples": 1, "n_sweeps": t - before, "n_chains": 4, "init": state}
        key = jax.random.fold_in(jax.random.key(92), t)
        state = np.asarray(metal.sample(key, 1 / (share * T_C[10]), **how))[:, 0]
        sizes.append(grain_sizes(state))
    grains[share] = np.array(sizes)

# %%
late, growth = slice(3, None), {}
for share, sizes in grains.items():
    slopes = np.polyfit(np.log(ages[late]), np.log(sizes[late]), 1)[0]  # one for each of the 4 lattices
    growth[share] = ob.Measurement(slopes.mean(), slopes.std(ddof=1) / 2)
names, layers = {0.5: "$T_c/2$", 0.25: "$T_c/4$"}, []
for (share, sizes), mark in zip(grains.items(), "os", strict=True):
    spread = sizes.std(axis=1, ddof=1) / 2
    layers.append(plots.points(ages, sizes.mean(axis=1), spread, names[share], mark=mark, joined=True))
layers.append(plots.line(ages[late], 2.7 * np.sqrt(ages[late]), "$t^{1/2}$", color="black", style="--", width=1.2))
axes = {"xlabel": "time $t$ (sweeps)", "ylabel": "grain size $\\ell$ (spacings)", "yticks": (2, 5, 10, 20, 50)}
exponents = [f"$t^{{{g.value:.2f} \\pm {g.error:.2f}}}$ at {names[share]}" for share, g in growth.items()]
title = f"From $t = 30$ to 1000, grains grow as {' and '.join(exponents)}"
plots.figure(plots.panel(*layers, log="xy", **axes), title=title)

# %% [markdown]
# *Picture: the size of the grains, means of 4 lattices of 256 × 256 spins with ten colours, against time on logarithmic axes, from 3 to
# some 50 spacings: from 10 sweeps on the squares for T_c/4 lie below the discs for T_c/2. Both rise less steeply than a dashed line of
# slope one half above them.*
#
# The exponents are those of this window. Walls move by their curvature, as in lesson 07, which gives 1/2 in the end; meeting points that
# wait hold them back before, at T_c/4 by $e^{J/T}$ = 300 sweeps.
#
# ## 9 · Five colours
#
# Two protocols that do not freeze. **Away from $T_c$: start from one colour.** Below $T_c$ that is next to equilibrium, above it
# order melts in a few sweeps. **Near $T_c$: replica exchange** (lesson 03): eight temperatures from 3.5 % below to 3.5 % above $T_c$
# trade their lattices, and a lattice that is stuck gets out by way of the hot ones. Both run twice, from one colour and from
# random colours. Where the two agree, look at the length of the shorter run in autocorrelation times too: after about one, agreement
# says little, as the error bar is as large as the ignorance.

# %%
look = {"m": five.order_parameter, "e": five.energy}
far = np.array([0.4, 0.6, 0.75, 0.85, 0.92, 1.08, 1.14, 1.22, 1.3, 1.4]) * T_C[5]
near = np.linspace(0.965, 1.035, 8) * T_C[5]
plain = {"n_samples": 40, "n_sweeps": 8, "n_burn_in": 300, "n_chains": 80}
trade = {"n_samples": 300, "n_sweeps": 10, "n_burn_in": 250, "n_chains": 4}
seen = {}
for k, start in enumerate(("aligned", "random")):
    key = jax.random.fold_in(jax.random.key(83), k)
    away = five.measure(key, np.repeat(1 / far, 8), look, **plain, init=start)
    swapped = tempering.replica_exchange(five, key, 1 / near, look, **trade, init=start)
    for name in look:
        apart = np.asarray(away[name], float).reshape(len(far), 8, -1)
        seen[start, name] = [*apart, *np.asarray(swapped.measured[name], float)]
T_all = np.concatenate([far, near])
for T, one, other in zip(T_all, seen["aligned", "e"], seen["random", "e"], strict=True):
    starts = diagnostics.two_starts(one.T, other.T)
    print(f"T = {T / T_C[5]:.3f} T_c: energies {starts.first:.3f} and {starts.second:.3f}, ", end="")
    print(f"{starts.apart:.1f} σ apart, shorter run {starts.length:.0f} τ")

# %%
names = {"m": "order parameter $m$", "e": "energy per spin ($J$)"}
at_jump = {"m": [exact.potts_order_parameter_jump(5), 0], "e": exact.potts_critical_energies(5)}
panels = []
for name, words in names.items():
    layers = [plots.vline(T_C[5], "$T_c$")]
    for start, label, mark in (("random", "from random colours", "s"), ("aligned", "from one colour", "o")):
        values = np.array([ob.mean_and_error(one) for one in seen[start, name]]).T
        layers.append(plots.points(T_all, *values, label, mark=mark, hollow=mark == "s"))
    label = "exact jump at $T_c$, infinite lattice"
    jump = plots.points([T_C[5]] * 2, at_jump[name], None, label, mark="D", color="green")
    panels.append(plots.panel(*layers, jump, xlabel="temperature $T$ ($J/k_B$)", ylabel=words))
below = T_all < 0.9 * T_C[5]
means = {start: np.array([one.mean() for one in seen[start, "m"]]) for start in ("aligned", "random")}
gap = (means["aligned"] - means["random"])[below].max()
title = f"$q = 5$, 48 × 48: in the cold, short runs from random colours fall short of $m$ by up to {gap:.2f}"
plots.figure(*panels, title=title)

# %% [markdown]
# *Picture: order parameter and energy against temperature, T_c dashed. From one colour, m falls from 1, slowly and then steeply
# just below T_c, to a small tail; the energy rises most steeply at T_c. The points from random colours follow the same curves near
# T_c and above it; in the cold their m is smaller, with long error bars, and their energy a little higher. Green diamonds on the
# dashed line mark the exact ends of the jump of the infinite lattice: for the energy, they are so close that they nearly touch.*
#
# Is that a jump or a steep slope? The exact results say that it is a jump:

# %%
for q in (2, 4, 5, 10):
    low, high = exact.potts_critical_energies(q)
    print(f"q = {q:2d}: T_c = {1 / exact.potts_beta_c(q):.4f}, energies {low:.4f}, {high:.4f}, ", end="")
    print(f"latent heat {exact.potts_latent_heat(q):.4f}, ", end="")
    print(f"correlation length {exact.potts_correlation_length(q):.5g}")
spread = max(np.std(one) for one in seen["aligned", "e"][len(far) :])
print(f"standard deviation of the energy of a 48 × 48 lattice near T_c, q = 5: up to {spread:.3f}")

# %% [markdown]
# For five colours the two phases differ by less than the energy of a small lattice fluctuates, and the patches at $T_c$ would
# like to be thousands of spacings wide. Our lattice has 48. **It looks continuous, and nothing measured on it can say otherwise.** That is
# not a failure of the sampler; it is what "weakly first order" means.
#
# Now at $T_c$, half of the chains from one colour, looked at as time goes on: ten colours on 64 × 64 spins and five on 48 × 48. Does the
# difference of the two starts stay?


# %%
def both_starts(key, model: Potts, n_chains: int, **how) -> Float[np.ndarray, "chains samples"]:
    """Energies at T_c. The first half of the chains start from one colour, the others from many."""
    start = np.array(model.random(key, (n_chains, *model.shape)))
    start[: n_chains // 2] = 0
    beta, how = exact.potts_beta_c(model.q), how | {"n_chains": n_chains, "init": start}
    return np.asarray(model.measure(key, beta, {"e": model.energy}, **how)["e"], float)


large, differences, at_T_c = Potts(64, 10), {}, {}
at_T_c[10] = both_starts(jax.random.key(84), large, 12, n_samples=100, n_sweeps=20)
at_T_c[5] = both_starts(jax.random.key(85), five, 24, n_samples=500, n_sweeps=20)
for q, L in ((5, 48), (10, 64)):
    n, edges = len(at_T_c[q]) // 2, np.unique(np.geomspace(1, at_T_c[q].shape[1], 9).astype(int))
    apart = [ob.latent_heat(x[:n], x[n:]) for x in np.split(at_T_c[q], edges, axis=1)[1:-1]]
    middle = 20 * np.sqrt(edges[:-1] * edges[1:])
    differences[f"q = {q}, {L} × {L}"] = (middle, *np.array(apart).T, exact.potts_latent_heat(q))

# %%
goes, stays = (float(values[1][-1]) for values in differences.values())
title = f"At $T_c$ ten colours stay in the phase they began in ({stays:.2f} $J$ apart); five do not ({goes:.2f} $J$)"
layers = [plots.hline(0, color="grey", style="-")]
for (name, (sweeps, *apart, right)), color in zip(differences.items(), ("blue", "orange"), strict=True):
    layers.append(plots.points(sweeps, *apart, name, color=color, joined=True))
    layers.append(plots.hline(right, f"exact latent heat, {right:.3g} $J$", color=color))
axes = {"xlabel": "sweeps since the start", "ylabel": "$E/N$, hot minus cold start ($J$)"}
plots.figure(plots.panel(*layers, log="x", **axes), title=title)

# %% [markdown]
# *Picture: the difference of the energies of the two starts against time, on a logarithmic axis of time. For q = 10 it soon reaches
# the dashed line of the exact latent heat, and stays there. For q = 5 it falls all the time, through the dashed line of its own
# latent heat, to zero.*
#
# Read the curve of q = 5 as a warning. Stop it after 500 sweeps and you have "measured" a latent heat of five colours, with a
# small error bar, and several times too large. Error bars know nothing of what has not yet happened.
#
# The same runs give the halves of section 5 on one more size. What decides is not the number of colours, but the side of the lattice in
# correlation lengths:

# %%
warm = at_T_c[5][:, 100:]  # the first 2000 sweeps are warm-up
heat[5, 48] = ob.jackknife(lambda x: -np.subtract(*ob.balance(x, 48**2, -(1 + 5**-0.5))[1:]), warm)
ratio = [plots.hline(1, "exact")]
for q, mark, color in ((5, "o", "blue"), (10, "s", "orange")):
    size, value, error = np.array([(L, *heat[p, L]) for p, L in sorted(heat) if p == q]).T
    right, look = exact.potts_latent_heat(q), {"name": f"$q = {q}$", "mark": mark, "color": color, "joined": True}
    ratio.append(plots.points(size / exact.potts_correlation_length(q), value / right, error / right, **look))
many = [heat[at].value / exact.potts_latent_heat(at[0]) for at in ((5, 48), (10, 24))]
plots.figure(
    plots.panel(*ratio, log="xy", xlabel="side / correlation length, $L/\\xi$", ylabel="latent heat by halves / exact", yticks=(1, 2, 5, 10)),
    title=f"Five colours: {many[0]:.1f} times the exact latent heat, as $L \\ll \\xi$. Ten: {many[1]:.2f} times",
)

# %% [markdown]
# *Picture: the distance of the two halves of the histograms, divided by the exact latent heat, against the side in correlation lengths, both
# axes logarithmic. The lattices of ten colours are as large as ξ or larger, and their points lie at the dashed line of 1; those of five
# are fifty times too small or worse, and theirs lie several times too high.*
#
# Not even two humps prove a jump: the fluctuations of a nearly critical lattice make humps of their own. Peaks that stay where they are
# while the dip deepens are two phases; peaks that approach each other are not, or not yet. For five colours "yet" is at lattices of many
# thousands.
#
# ## 10 · Heating and cooling
#
# Heat slowly through $T_c$ from one colour, then cool back.
#
# **Choose before you run the cell.** With fifteen times as many sweeps at each temperature, what happens to the two loops of energy
# against temperature? (a) Both stay as they are: hysteresis is the sign of a first-order transition. (b) Both shrink; that of ten
# colours stays open longer. (c) Only that of five colours shrinks.

# %%
up = np.linspace(0.93, 1.07, 24)
path, loops, areas = np.concatenate([up, up[::-1]]), {}, {}
for q in (5, 10):
    one, loops[q] = Potts(48, q), {}
    for n in (20, 300):
        how = {"n_sweeps": n, "n_chains": 8, "init": "aligned"}
        _, found = tempering.annealed(one, jax.random.key(87), 1 / (path * T_C[q]), {"e": one.energy}, **how)
        e = np.asarray(found["e"], float)
        heating, cooling = e[:, : len(up)], e[:, len(up) :][:, ::-1]
        areas[q, n] = ob.mean_and_error(((cooling - heating).sum(1) * (up[1] - up[0]) * T_C[q])[:, None])
        loops[q][f"{n} sweeps a step"] = (path, e.mean(0))
kept = {q: areas[q, 300].value / areas[q, 20].value for q in (5, 10)}
relative = {q: math.hypot(*(areas[q, n].error / areas[q, n].value for n in (20, 300))) for q in (5, 10)}
words = [f"{kept[q]:.0%} ± {kept[q] * relative[q]:.0%}" for q in (5, 10)]

# %%
panels = []
for q in (5, 10):
    jump = plots.line([1, 1], exact.potts_critical_energies(q), "exact jump at $T_c$", color="black", width=2.5)
    ways = [plots.loop(*way, name, at=(0.3, 0.72)) for name, way in loops[q].items()]
    panels.append(plots.panel(*ways, jump, xlabel="$T/T_c$", ylabel="energy per spin ($J$)", title=f"$q = {q}$"))
title = f"15 times slower, the loop keeps {words[0]} of its area for $q = 5$, {words[1]} for $q = 10$"
plots.figure(*panels, share="y", title=title)

# %% [markdown]
# *Picture: energy against T / T_c, two panels with a loop each for the fast and the slow runs. For q = 10 the way up rises above T_c
# and the way down falls below it; slower, both come nearer to T_c, and the loop is narrower but open. For q = 5 the loops are smaller;
# the slow one is open near T_c only. Black bars mark the exact jumps: long for q = 10, short for q = 5.*
#
# (b). The errors are from 8 independent chains. A loop is a matter of time, not of equilibrium, where the energy depends on $T$ alone.
# Cooled a little below $T_c$, ten colours stay disordered until a droplet of one colour happens to be large enough to pay for its
# wall, and the waiting time grows very fast towards $T_c$. So the loop shrinks ever more slowly. An ordinary critical point has loops too,
# as Ising in lesson 07 forgot only after $L^z$ sweeps; they go away much faster.
#
# ## 11 · A factor and a sampler of your own
#
# `SquareCategoricalEBMFactor` knows nothing of Potts: for every edge it wants a $q\times q$ table of weights, and hands each spin a copy of
# the tables of its four bonds. A Potts bond needs one number, the same everywhere. So bring your own:
#
# - a **node** class, whose state is a colour;
# - a **factor**: between which nodes there are bonds, as *interactions*. An `InteractionGroup(what, heads, [tails])` says: when
#   `heads[i]` is drawn, its sampler gets `what` and the state of `tails[i]`. A bond acts on both its ends, hence both ways;
# - a **conditional sampler**, a class with one method.


# %%
class Spin(AbstractNode):
    """A Potts spin; its state is a colour, uint8."""


class Bond(eqx.Module):
    """What a sampler is told about its bonds: one coupling for all, instead of a table for each."""

    coupling: float = eqx.field(static=True)


class PottsFactor(AbstractFactor):
    """Bonds of equal strength between nodes: -E = J times the number of bonds with equal ends."""

    coupling: float

    def __init__(self, ends: list[Block], coupling: float) -> None:
        super().__init__(ends)
        self.coupling = coupling

    def to_interaction_groups(self) -> list[InteractionGroup]:
        first, second = self.node_groups
        return [InteractionGroup(Bond(self.coupling), first + second, [second + first])]


# %% [markdown]
# What THRML hands to the method `sample`, for a block of $n$ nodes:
#
# | argument | what it holds |
# | --- | --- |
# | `interactions` | a list, one entry for each kind: here `[Bond]` |
# | `active_flags` | for each, which of the $k$ neighbours exist, shape $(n, k)$. On an open edge some do not, and their states are made up |
# | `states` | for each, a list with the states at the other end: `[colours]`, shape $(n, k)$ |
# | `sampler_state` | memory of the sampler, if it wants one; hand it back |
# | `output_sd` | shape and dtype that the new colours must have |
#
# ### Exercise 8.4 · A conditional sampler for THRML
# *Difficulty ●●● · twenty minutes · why: this is how anything that THRML does not know gets into THRML.*
#
# Complete `PottsSampler.sample`: draw a colour for each node from its conditional. There may be several interactions, with
# couplings of their own: their pulls add up. `jax.random.categorical(key, logits)` draws from weights $e^{\text{logits}}$.


# %% todo="8.4" task="draw a colour for each node from its conditional"
from thrml import AbstractConditionalSampler


class PottsSampler(AbstractConditionalSampler):
    """Draws Potts spins: P(k) ∝ exp(beta * (sum of couplings to active neighbours of colour k)).

    Attributes:
        beta: inverse temperature; an array, so that another value does not compile again.
        q: number of colours.
    """

    beta: Float[Array, ""]
    q: int = eqx.field(static=True)

    def sample(self, key, interactions, active_flags, states, sampler_state, output_sd):
        """New colours of a block, shape (n,) and dtype as in output_sd, and the sampler's state."""
        ### BEGIN SOLUTION
        pull = jnp.zeros((*output_sd.shape, self.q))
        for bond, active, (colours,) in zip(interactions, active_flags, states, strict=True):
            same = (colours[..., None] == jnp.arange(self.q)) & active[..., None]  # n, k, q
            pull += bond.coupling * same.sum(axis=1)
        drawn = jax.random.categorical(key, self.beta * pull)
        return drawn.astype(output_sd.dtype), sampler_state
        ### END SOLUTION


# %% check="8.4" points=4
from course_checks import check, exercises

with check.exercise("8.4", "PottsSampler"):
    answer = exercises.potts.sampler.by(PottsSampler)
    yes, colours = [[True, True, True], [True, False, True]], [[0, 0, 1], [2, 1, 2]]
    one, two = (1.0, colours, yes), (-0.5, [[2, 1], [0, 2]], [[True, False], [True, True]])
    answer.on("two neighbourhoods, one interaction, β = 0.6", 0.6, 3, (one,), 1)
    answer.on("the same with a second interaction", 0.6, 3, (one, two), 1)
    answer.on("the same at β = 1.4", 1.4, 3, (one, two), 2)
    answer.fresh(2, "other neighbourhoods")
    drawn = [exercises.potts.run_sampler(PottsSampler(jnp.array(0.6), 3), (one,), k)[0] for k in (1, 2)]
    check.that(np.any(drawn[0] != drawn[1]), "another key gives the same colours", hint="Use the key.")

# %% [markdown] hint="8.4"
# For one interaction, `colours[..., None] == jnp.arange(self.q)` has shape (n, k, q): which neighbours have which colour. Combine it
# with `active[..., None]` by `&`, sum over axis 1, multiply by the coupling. Add up over the interactions, multiply by β.

# %% [markdown]
# The program is put together as in lesson 07. The last argument of `BlockGibbsSpec` tells THRML what the state of a `Spin` is.


# %%
def potts_program(sampler, shape: tuple[int, int], periodic: bool = True):
    """THRML program of a Potts model with J = 1, its blocks, and where each spin is in them."""
    nodes = [Spin() for _ in range(math.prod(shape))]
    first = gibbs.two_colours(*shape, periodic).ravel()
    order = [np.flatnonzero(first == colour) for colour in (True, False)]
    blocks = [Block([nodes[k] for k in at]) for at in order]
    ends = [Block([nodes[k] for k in side]) for side in exact.bonds(shape, periodic).T]
    spec = BlockGibbsSpec(blocks, [], {Spin: jax.ShapeDtypeStruct((), jnp.uint8)})
    factor = PottsFactor(ends, 1.0)
    program = FactorSamplingProgram(spec, [sampler, sampler], [factor], [])
    return program, blocks, np.argsort(np.concatenate(order))


@eqx.filter_jit
def run_program(program, blocks, schedule, keys) -> UInt8[Array, "chains samples spins"]:
    """Chains from one colour, jitted; spins in the order of the blocks."""
    start = [jnp.zeros(len(block), jnp.uint8) for block in blocks]

    def chain(key):
        return sample_states(key, program, schedule, start, [], blocks)

    return jnp.concatenate(jax.vmap(chain)(keys), axis=-1)


# %% [markdown]
# Checked against a sum over all states, on a torus of 4 × 2 and on an open square of 3 × 3, whose spins have two, three or four
# neighbours. β is a number in the sampler, and `eqx.tree_at` puts another one in: three temperatures, one compilation.

# %% uses="8.4"
for shape, periodic in (((4, 2), True), ((3, 3), False)):
    program, parts, place = potts_program(PottsSampler(jnp.array(1.0), 3), shape, periodic)
    tiny = Potts(shape, 3, boundary="periodic" if periodic else "open")
    for β in (0.5, 0.8, 1.2):
        there = eqx.tree_at(lambda p: p.samplers, program, [PottsSampler(jnp.array(β), 3)] * 2)
        chains = jax.random.split(jax.random.key(88), 64)
        drawn = run_program(there, parts, SamplingSchedule(20, 200, 2), chains)[..., place]
        u = ob.mean_and_error(tiny.energy(drawn.reshape(64, 200, *shape)))
        name = f"{shape[0]} × {shape[1]} {'torus' if periodic else 'open '}"
        print(f"{name}, β = {β}: energy per spin {u}, ", end="")
        print(f"exact {exact.potts_energy(shape, 3, β, periodic):.5f}")

# %% [markdown]
# ### What the table costs
#
# The same model at 128 × 128, five colours, one chain, in turn, so that whatever else your machine does meets all of them. First the
# memory, counted: 4 bonds × 25 entries × 4 bytes; then the time of 20 sweeps, without compilation. `course_utils.lattice.Potts` comes in two
# engines: *sites*, one THRML node for each spin, like your program; and *sublattices*, where a node holds half the lattice and
# finds its neighbours by shifting it.


# %%
def size_of(tree) -> int:
    """Bytes of the arrays in a tree."""
    return sum(x.nbytes for x in jax.tree.leaves(tree) if eqx.is_array(x))


def milliseconds(runs: dict, repeats: int = 3) -> dict[str, float]:
    """Median time of each, taken in turn; the first call, which compiles, does not count."""
    times = {name: [] for name in runs}
    for k in range(repeats + 1):
        for name, call in runs.items():
            start = time.perf_counter()
            jax.block_until_ready(call(jax.random.key(k)))
            times[name].append(1000 * (time.perf_counter() - start))
    return {name: float(np.median(t[1:])) for name, t in times.items()}


L, β = 128, exact.potts_beta_c(5)
board_128, table = Potts(L, 5), factors.FactorProgram(Potts(L, 5), β)  # THRML's own factor and sampler
once = {"n_samples": 1, "n_sweeps": 20}
runs = {"built-in table": lambda key: table.sample(key, **once)}
for engine in ("sites", "sublattices"):
    runs[f"Potts, {engine}"] = lambda key, engine=engine: board_128.sample(key, β, **once, engine=engine)
weights = size_of(table.program.per_block_interactions)
print(f"weights of the built-in program: {weights / L**2:.0f} bytes a spin; of ten colours {4 * 100 * 4}")
took = milliseconds(runs)
for name, ms in took.items():
    print(f"{name:20s} {ms:7.1f} ms, {took['built-in table'] / ms:.1f} times as fast as the table")

# %% uses="8.4"
mine, parts, _ = potts_program(PottsSampler(jnp.array(β), 5), (L, L))
plan = SamplingSchedule(20, 1, 1)
runs["your sampler"] = lambda key: run_program(mine, parts, plan, key[None])

took = milliseconds({name: call for name, call in runs.items() if name != "Potts, sublattices"})
print(f"your program: {size_of(mine.per_block_interactions)} bytes of weights,", end=" ")
print(f"{took['built-in table'] / took['your sampler']:.1f} times as fast as the built-in;", end=" ")
print(f"the engine of the same graph: {took['built-in table'] / took['Potts, sites']:.1f} times")

# %% [markdown]
# Where does the time go? The table is read in scattered places, $q$ numbers for each bond of each spin. Without it a spin needs only the
# colours of its neighbours. Of what is left, `jax.random.categorical` takes a good part: it draws one random number *for each
# colour* (a Gumbel, so that the largest sum wins). One uniform number is enough, as in your `potts_sweep`: that is `PottsConditional` in
# `course_utils/lattice/potts.py`, the draw of both engines.
#
# ## 12 · What goes wrong
#
# **A quench read as equilibrium.** Section 8: at $T_c/4$ short runs from random colours report an order parameter far below 1.
#
# **A run too short, started in one phase, reports that phase.** Section 4 after 160 sweeps: every single mean is clean, its error bar is
# small, and the start matters far more than the temperature.
#
# **The share of colour 0 as the order parameter.** The first eight lattices of section 8 that did find order, at $T_c/4$:

# %%
done = quenched[10_000][order[10_000] > 0.9][:8]
first = np.array([(s == 0).mean() for s in done])
print("m from the share of colour 0:      ", np.round((5 * first - 1) / 4, 2))
print("m from that of the largest colour: ", np.round(np.asarray(five.order_parameter(done)), 2))

# %% [markdown]
# **Both sublattices at once.** As in lesson 07, and with $q$ colours as wrong as with two:

# %%
dice, flicker = np.random.default_rng(90), []
s = dice.integers(0, 5, (48, 48))
for _ in range(200):
    marks = np.cumsum(gibbs.potts_conditional(s, 1 / (0.75 * T_C[5]), 5), axis=-1)
    s = (dice.random(s.shape)[..., None] >= marks[..., :-1]).sum(axis=-1)
    flicker.append(float(five.energy(s)))
print(f"T = 0.75 T_c: energy {np.mean(flicker[100:]):.3f} with all spins at once; ", end="")
print(f"{ob.mean_and_error(seen['aligned', 'e'][2])} with one colour after the other (section 9)")

# %% [markdown]
# A film of ten seconds with 512 × 512 spins: `.venv/bin/python -m course_utils.showcase --only films`, in a terminal in the folder of the
# course.

# %% [markdown] think="8b"
# **Think.** At $T_c$ the disordered phase has the higher energy by the latent heat. Why is it not simply the less probable one?
# <!-- ANSWER -->
# It has more states: its entropy is higher by exactly β_c times the latent heat, so that the two free energies are equal. That is what
# defines $T_c$. The ordered phase still gets $q$ times the weight of the disordered one, as there are $q$ of it.

# %% [markdown] think="8c"
# **Think.** Section 5 used runs at $\beta_c$ for another β, by weights $e^{-(\beta-\beta_0)Ne}$. How far from $\beta_0$ may β be, on
# a lattice of $N$ spins?
# <!-- ANSWER -->
# The weights vary by $e^{|\beta-\beta_0| N \sigma_e}$ with $\sigma_e$ the spread of the energy per spin. In one phase $\sigma_e \propto
# 1/\sqrt N$, so the shift may be some $1/\sqrt N$ times a constant. With two peaks a distance Δ apart the shift that turns one peak into the
# other is $1/(N\Delta)$ or so: the window in which both phases are seen shrinks as $1/N$. Compare the effective sample size of lesson 02.

# %% [markdown] think="8d"
# **Think.** Would swapping lattices between neighbouring temperatures help ten colours on 64 × 64 to cross between the phases?
# <!-- ANSWER -->
# Little. A swap needs two temperatures whose energies overlap. At a first-order transition the energies leave a gap between the phases that no
# temperature fills, so swaps across $T_c$ are refused with about $e^{-(\beta_i-\beta_j) N \Delta}$, and closer temperatures only move the wait
# into the dip of the histogram. What helps is to sample *energies* evenly (multicanonical sampling, Berg and Neuhaus 1992).

# %% [markdown]
# ## Challenge · colour a graph
#
# Give each of 150 vertices one of q colours such that no edge has two ends of the same colour. Conflicts are the energy of a Potts
# antiferromagnet, $E = \sum_{(i, j)} [c_i = c_j]$, and each graph has a colouring with $E = 0$, which is hidden. `edges` holds pairs of
# vertices; q is 3 or 4. You have 0.15 s of CPU time for each graph, too little for JAX to compile in: take NumPy, or plain Python. To begin:
# heat bath of one vertex after another, while β rises. Does it beat the greedy colouring? How slowly must it cool to beat the quench?
#
# Cheating would be more time, also that of threads or processes which go on, a colour too many, or colourings of other graphs.
#
# The judge counts, recomputes and draws its problems anew, so that nothing can be remembered. But Python hides nothing from a
# function that runs beside it: who walks its frames or its memory finds the answers, and has beaten nobody.
#
# Who is there to beat?

# %%
check.challenge("8")


# %%
def my_colouring(edges, n, q, seconds, seed):
    raise NotImplementedError("return a colour from 0 to q - 1 for each vertex")


check.challenge("8", my_colouring)

# %% [markdown]
# ## References
#
# - R. B. Potts, *Some generalized order-disorder transformations*, Proc. Camb. Phil. Soc. 48, 106 (1952),
#   [doi:10.1017/S0305004100027419](https://doi.org/10.1017/S0305004100027419). The model and its $\beta_c$.
# - R. J. Baxter, *Potts model at the critical temperature*, J. Phys. C 6, L445 (1973),
#   [doi:10.1088/0022-3719/6/23/005](https://doi.org/10.1088/0022-3719/6/23/005). The latent heat.
# - R. J. Baxter, *Magnetisation discontinuity of the two-dimensional Potts model*, J. Phys. A 15, 3329 (1982),
#   [doi:10.1088/0305-4470/15/10/035](https://doi.org/10.1088/0305-4470/15/10/035). The jump of the order parameter.
# - F. Y. Wu, *The Potts model*, Rev. Mod. Phys. 54, 235 (1982),
#   [doi:10.1103/RevModPhys.54.235](https://doi.org/10.1103/RevModPhys.54.235). The review.
# - C. Borgs, W. Janke, *An explicit formula for the interface tension of the 2D Potts model*, J. Phys. I France 2, 2011 (1992),
#   [doi:10.1051/jp1:1992261](https://doi.org/10.1051/jp1:1992261). The correlation length at $\beta_c$, and the depth of the dip.
# - A. M. Ferrenberg, R. H. Swendsen, *New Monte Carlo technique for studying phase transitions*, Phys. Rev. Lett. 61, 2635 (1988),
#   [doi:10.1103/PhysRevLett.61.2635](https://doi.org/10.1103/PhysRevLett.61.2635). One run for a range of temperatures.
# - C. Borgs, R. Kotecký, *A rigorous theory of finite-size scaling at first-order phase transitions*, J. Stat. Phys. 61, 79 (1990),
#   [doi:10.1007/BF01013955](https://doi.org/10.1007/BF01013955). Why $q$ to 1.
# - B. A. Berg, T. Neuhaus, *Multicanonical ensemble: A new approach to simulate first-order phase transitions*, Phys. Rev. Lett. 68,
#   9 (1992), [doi:10.1103/PhysRevLett.68.9](https://doi.org/10.1103/PhysRevLett.68.9). Ten colours, with the dip filled in.
