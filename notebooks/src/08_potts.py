# ---
# jupyter:
#   course:
#     title: Potts spins and first-order transitions
#     goal: sample spins of q colours with a THRML sampler of your own, and tell a transition that jumps from one that glides
#     needs: ["07"]
#     know: lesson 07; mean and standard error; weighted averages
#     time: 120 min
#     runs: 100 s
#     uses: [jax]
# ---

# %% [markdown]
# ## What you will be able to do
#
# 1. Write the conditional of a spin with q colours (Exercise 8.1) and an order parameter that favours none of them (8.2).
# 2. Draw the phase diagram of five colours, and say from which of its points the sampler never came back.
# 3. Measure a latent heat in two ways: from two starts (8.3), and from a histogram with two peaks (8.4).
# 4. Say why five colours look continuous on every lattice you can afford, although they are not, and ten do not.
# 5. Write a factor and a conditional sampler of your own for THRML (8.5), and say what the built-in table costs.

# %%
import math
import time
from itertools import pairwise

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, UInt8
from scipy.optimize import brentq
from thrml import (
    AbstractConditionalSampler,
    AbstractFactor,
    AbstractNode,
    Block,
    BlockGibbsSpec,
    FactorSamplingProgram,
    InteractionGroup,
    SamplingSchedule,
    sample_states,
)

from course_utils import diagnostics, explorers, plots
from course_utils.lattice import Potts, cluster, exact, factors, gibbs, tempering
from course_utils.lattice import observables as ob

T_C = {q: 1 / exact.potts_beta_c(q) for q in (5, 10)}

# %% [markdown]
# ## 1 · Five colours
#
# In the **Potts model** each spin has one of $q$ colours, $s = 0, \dots, q-1$, and a bond counts only if both its ends agree:
#
# $$E(s) = -J\sum_{\langle ij\rangle}\delta(s_i, s_j), \qquad p(s) \propto e^{-\beta E(s)}, \qquad \beta = 1/T ,$$
#
# with $\delta = 1$ for equal colours and 0 otherwise. Colours have no order: 0 is no nearer to 1 than to 3. This is the model of
# grains in a metal, of cells in a tissue, of labels in a picture: anything that is of *some kind*.
#
# > **Conventions.** $L\times L$ spins on a torus, $J = 1$, energy per spin (from -2, all equal, to 0). $\beta$ multiplies the
# > energy and is no part of it. The transition of the infinite lattice is known exactly: $\beta_c = \ln(1+\sqrt q)$.
#
# Five colours, 48 × 48 spins, 2000 sweeps from one colour.
#
# **Guess before you run the cell:** going up in temperature, does the pattern get finer step by step, or all at once?

# %%
share_of_T_c = np.array([0.6, 0.95, 1.0, 1.05, 1.6])
model, run = Potts(48, 5), {"n_samples": 1, "n_burn_in": 2000, "n_chains": 5, "init": "aligned"}
pictures = np.asarray(model.sample(jax.random.key(80), 1 / (share_of_T_c * T_C[5]), **run))[:, 0]
energies = np.asarray(model.energy(pictures))
titles = [f"$T = {f:g}\\,T_c$\n$E/N = {e:.2f}$" for f, e in zip(share_of_T_c, energies, strict=True)]
between = energies[3] - energies[1]
title = f"From 5 % below $T_c$ to 5 % above it, the energy per spin rises by {between:.2f} $J$ of the 2 $J$ it can"
plots.figure(*plots.lattices(pictures, model, titles), columns=5, title=title)

# %% [markdown]
# *Picture: five square lattices. At 0.6 T_c one colour with a few specks. At 0.95 T_c one colour with small islands of the others. At
# T_c still one colour, with more islands and larger ones. At 1.05 T_c patches of all colours, at 1.6 T_c small ones, down to single spins.*
#
# At $T_c$ itself 2000 sweeps are not enough to forget the start, as section 5 will show: that lattice is on its way.
#
# ## 2 · One conditional
#
# As in lesson 07, a Gibbs sampler needs the distribution of one spin given all others. Only its four bonds contain it. If
# $n_k$ of its neighbours have colour $k$, choosing $k$ costs $-J n_k$, and so
#
# $$P(s_i = k \mid \text{all others}) = \frac{e^{\beta J n_k}}{\sum_{l=0}^{q-1} e^{\beta J n_l}} .$$
#
# ### Exercise 8.1 · The conditional of q colours
# *Difficulty ●○○ · ten minutes · why: the factor 2 of lesson 07 is gone, and people carry it along.*
#
# Complete `potts_conditional`: for each spin of a torus, the probability of each colour if all others are held, with $J = 1$.


# %% todo="8.1" task="return the probability of each colour for each spin"
def potts_conditional(
    spins: UInt8[Array, "rows cols"], beta: float, q: int
) -> Float[Array, "rows cols q"]:
    """P(s = k | all other spins) of every spin of a torus, E = - sum over bonds of [s_i = s_j].

    Args:
        spins: colours, from 0 to q - 1.
        beta: inverse temperature.
        q: number of colours.

    Returns:
        Entry [i, j, k] is the probability of colour k at (i, j); the last axis adds up to 1.
    """
    ### BEGIN SOLUTION
    beside = [jnp.roll(spins, step, axis) for axis in (0, 1) for step in (1, -1)]
    same = sum((s[..., None] == jnp.arange(q)).astype(int) for s in beside)
    return jax.nn.softmax(beta * same, axis=-1)
    ### END SOLUTION


# %% check="8.1" points=2
from course_checks import check, exercises

with check.exercise("8.1", "potts_conditional"):
    answer = exercises.potts.conditional.by(potts_conditional)
    s = jnp.array([[0, 2, 1, 0], [2, 2, 0, 1], [1, 0, 2, 2]], jnp.uint8)
    answer.on("3 × 4 spins, q = 3, β = 0.9", s, 0.9, 3)
    answer.on("the same at β = 1.3", s, 1.3, 3)
    cold = "Does an exponential overflow? Subtract the largest one in each row first, or use jax.nn.softmax."
    answer.on("the same in the cold, β = 40", s, 40.0, 3, hint=cold)
    answer.on("the same with q = 5, of which two colours do not occur", s, 0.9, 5)
    favoured = math.exp(0.7 * 4)
    right = np.ones((4, 6, 4)) * np.array([1, favoured, 1, 1]) / (favoured + 3)
    answer.on("4 × 6 spins of colour 1, q = 4", jnp.ones((4, 6), jnp.uint8), 0.7, 4, expect=right)
    answer.fresh(3, "other spins")

# %% [markdown] hint="8.1"
# `jnp.roll(spins, 1, axis=0)[..., None] == jnp.arange(q)` is True where the neighbour above has colour k. Add up four of these,
# multiply by β, and `jax.nn.softmax` along the last axis exponentiates and normalises.

# %% [markdown]
# Against the definition: paint one spin in each of five colours, and compare the weights $e^{-\beta E}$ of the five lattices.

# %% uses="8.1"
spins = jax.random.randint(jax.random.key(81), (4, 4), 0, 5).astype(jnp.uint8)
i, j = exact.bonds((4, 4)).T
painted = [np.asarray(spins.at[1, 2].set(k)).ravel() for k in range(5)]
weight = np.exp([1.2 * (s[i] == s[j]).sum() for s in painted])
print("from the energies:    ", np.round(weight / weight.sum(), 6))
print("from your conditional:", np.round(np.asarray(potts_conditional(spins, 1.2, 5)[1, 2]), 6))

# %% [markdown]
# **Two colours are Ising.** With $\sigma = \pm1$ for the two colours, $\delta(s, s') = (1 + \sigma\sigma')/2$: a Potts bond is half an
# Ising bond, plus a constant. So $q = 2$ at $\beta$ is Ising at $\beta/2$, or **β_Potts = 2 β_Ising**, and the energies per spin are
# related by $u_\text{Potts} = u_\text{Ising}/2 - 1$. Not roughly: to the last digit.

# %%
β = 0.4
print("equal neighbours n:     " + "".join(f"{n:10d}" for n in range(5)))
n = np.arange(5)
print("Potts, q = 2, at 2β:    " + "".join(f"{p:10.6f}" for p in 1 / (1 + np.exp(2 * β * (4 - 2 * n)))))
print("Ising at β, σ(2β Σ s_j):" + "".join(f"{p:10.6f}" for p in 1 / (1 + np.exp(-2 * β * (2 * n - 4)))))
u, v = exact.potts_energy((4, 4), 2, 2 * β), exact.enumerated_energy((4, 4), β) / 2 - 1
print(f"energy per spin, 4 × 4, all states summed: {u:.12f} and {v:.12f}")
print(f"β_c of two colours {exact.potts_beta_c(2):.12f}, twice that of Ising {2 * exact.BETA_C:.12f}")

# %% [markdown]
# ## 3 · An order parameter without a favourite
#
# A lattice of one colour is ordered, whichever colour it is. Let $\rho_k$ be the share of colour $k$ and $\rho_{max}$ the largest
# of the $q$ shares. In disorder all shares are about $1/q$; in full order $\rho_{max} = 1$. So that the number runs from 0 to 1,
#
# $$m = \frac{q\,\rho_{max} - 1}{q - 1} .$$
#
# ### Exercise 8.2 · The order parameter
# *Difficulty ●○○ · ten minutes · why: choosing one colour here is the mistake of Ising's m without its absolute value.*
#
# Complete `potts_order_parameter`: $m$ of each lattice.


# %% todo="8.2" task="return the order parameter of each lattice"
def potts_order_parameter(colours: UInt8[np.ndarray, "n rows cols"], q: int) -> Float[np.ndarray, "n"]:
    """How far the most frequent colour of a lattice exceeds its fair share.

    Args:
        colours: lattices, of colours from 0 to q - 1.
        q: number of colours.

    Returns:
        One number for each lattice: 1 if all its spins agree, 0 if all colours are equally frequent.
    """
    ### BEGIN SOLUTION
    shares = np.stack([(colours == k).mean(axis=(1, 2)) for k in range(q)])
    return (q * shares.max(axis=0) - 1) / (q - 1)
    ### END SOLUTION


# %% check="8.2" points=2
from course_checks import check, exercises

with check.exercise("8.2", "potts_order_parameter"):
    answer = exercises.potts.order_parameter.by(potts_order_parameter)
    three = np.array([[[1, 1], [1, 1]], [[0, 1], [2, 3]], [[3, 0], [3, 3]]], np.uint8)
    answer.on("one colour, four colours, three to one; q = 4", three, 4, expect=[1, 0, 2 / 3])
    answer.on("the same with q = 5", three, 5, expect=[1, 1 / 16, 11 / 16])
    large = (np.arange(2 * 20 * 18).reshape(2, 20, 18) % 9 == 0).astype(np.uint8)
    answer.on("two lattices of 20 × 18 spins, q = 3", large, 3, expect=[5 / 6, 5 / 6])
    answer.fresh(4, "other lattices")

# %% [markdown] hint="8.2"
# `(colours == k).mean(axis=(1, 2))` is the share of colour k in each lattice. Stack these for all k, take the maximum over k, then
# scale.

# %% uses="8.2"
for f, m, s in zip(share_of_T_c, potts_order_parameter(pictures, 5), pictures, strict=True):
    shares = " ".join(f"{share:.2f}" for share in np.bincount(s.ravel(), minlength=5) / s.size)
    print(f"T = {f:4.2f} T_c: shares of the colours {shares}, m = {m:.3f}")

# %% [markdown]
# ## 4 · The phase diagram of five colours
#
# First the protocol that suggests itself: random colours, put at the temperature in question, and some warm-up. At a quarter of
# $T_c$ equilibrium is all but one colour. What do 24 lattices say after 1000 sweeps, and after 10 000?

# %%
T_cold, quenched, order = 0.25 * T_C[5], {0: "random"}, {}
for before, t in ((0, 1000), (1000, 10_000)):
    how = {"n_samples": 1, "n_sweeps": t - before, "n_chains": 24, "init": quenched[before]}
    quenched[t] = np.asarray(model.sample(jax.random.fold_in(jax.random.key(82), t), 1 / T_cold, **how))[:, 0]
    order[t] = np.asarray(model.order_parameter(quenched[t]))
    colours = [sum(np.bincount(s.ravel(), minlength=5) > 0.02 * s.size) for s in quenched[t][order[t] < 0.9]]
    kinds = ", ".join(f"{colours.count(n)} of {n} colours" for n in sorted(set(colours)))
    print(f"after {t:6d} sweeps: mean m = {order[t].mean():.2f}; still divided: {kinds}")
divided = {t: (m < 0.9).sum() for t, m in order.items()}
shown = [*np.lexsort((order[1000], order[10_000]))[:3], *np.argsort(order[1000] + (order[10_000] < 0.9))[:2]]
titles = [f"{t} sweeps\n$m = {order[t][k]:.2f}$" for t in order for k in shown]
title = f"$T_c/4$: of 24 quenched lattices, {divided[1000]} are divided after 1000 sweeps, {divided[10_000]} after 10 000"
plots.figure(*plots.lattices([quenched[t][k] for t in order for k in shown], model, titles), columns=5, title=title)

# %% [markdown]
# *Picture: five lattices after 1000 sweeps, and the same five below after 10 000. Above, three lattices of two bands and two with patches
# of more colours, which meet at corners. Below, the bands are still there, and the other two lattices have become one colour.*
#
# Ising domains shrink because their walls are curved: a corner spin has as many neighbours of the other colour as of its own, and turns
# at no cost. Corners of Potts walls move as well. What is new is the point where *three* colours meet. There a corner spin has two
# neighbours of its own colour and one of each other: to leave costs $J$. So the wall waits, and the colder it is the longer:

# %%
four = {"corner of a wall, 2 + 2": (2, 2, 0, 0, 0), "meeting point, 2 + 1 + 1": (2, 1, 1, 0, 0)}
four["straight wall, 3 + 1"] = (3, 1, 0, 0, 0)
for name, n in four.items():
    weight = np.exp(np.array(n) / T_cold)
    print(f"{name:25s} chance to leave its colour {1 - weight[0] / weight.sum():.6f} a sweep")
longer = {1000: 41, 5000: 13, 20_000: 11, 60_000: 10}  # as above with three other seeds, a minute's run
print("of 72 other quenches still divided:", ", ".join(f"{n} after {t} sweeps" for t, n in longer.items()))

# %% [markdown]
# A pinned pattern is not pinned for ever: it waits for the barrier $J$, a time that grows as $e^{J/T}$. In the longer runs all that was
# left from 20 000 sweeps on were stripes of *two* colours. Their straight walls have no meeting points and wait for $2J$, as in lesson
# 07. A phase diagram from 1000 sweeps shows a small order parameter in the cold, which is the age of the runs and no property of the
# model.
#
# On a larger lattice, and with ten colours, one watches *grains*: patches of one colour with walls and meeting points between them, as in
# a metal that cools. The area of a grain averaged over all spins, so that each counts by its size, is its size ℓ squared.


# %%
def grain_sizes(spins: UInt8[np.ndarray, "n rows cols"]) -> Float[np.ndarray, "n"]:
    """Root of the area of the grain in which a spin lies, averaged over the spins of each lattice."""
    same = np.stack([spins == np.roll(spins, -1, axis) for axis in (1, 2)], axis=-1)
    _, grain = cluster.clusters(same)
    return np.sqrt(np.bincount(grain.ravel())[grain].mean(axis=(1, 2)))


metal, ages, coarse, size_of_grains = Potts(256, 10), np.array([1, 3, 10, 30, 100, 300, 1000]), {}, {}
for share in (0.5, 0.25):
    state, sizes = "random", []
    for before, t in pairwise([0, *ages.tolist()]):
        how = {"n_samples": 1, "n_sweeps": t - before, "n_chains": 4, "init": state}
        key = jax.random.fold_in(jax.random.key(92), t)
        state = np.asarray(metal.sample(key, 1 / (share * T_C[10]), **how))[:, 0]
        coarse[share, t] = state[0]
        sizes.append(grain_sizes(state))
    size_of_grains[share] = np.array(sizes)

# %%
late, growth = slice(3, None), {}
for share, sizes in size_of_grains.items():
    slopes = np.polyfit(np.log(ages[late]), np.log(sizes[late]), 1)[0]  # one for each of the 4 lattices
    growth[share] = ob.Measurement(slopes.mean(), slopes.std(ddof=1) / 2)
names, layers = {0.5: "$T_c/2$", 0.25: "$T_c/4$"}, []
for (share, sizes), mark in zip(size_of_grains.items(), "os", strict=True):
    spread = sizes.std(axis=1, ddof=1) / 2
    layers.append(plots.points(ages, sizes.mean(axis=1), spread, names[share], mark=mark, joined=True))
layers.append(plots.line(ages[late], 2.7 * np.sqrt(ages[late]), "$t^{1/2}$", color="black", style="--", width=1.2))
axes = {"xlabel": "time $t$ (sweeps)", "ylabel": "grain size $\\ell$ (spacings)", "yticks": (2, 5, 10, 20, 50)}
shown = (3, 30, 100, 300, 1000)
titles = [f"$T_c/2$, $t = {t}$ sweeps" for t in shown]
moments = plots.lattices([coarse[0.5, t] for t in shown], metal, titles)
exponents = [f"$t^{{{g.value:.2f} \\pm {g.error:.2f}}}$ at {names[share]}" for share, g in growth.items()]
plots.figure(
    *moments, plots.panel(*layers, log="xy", title="means of 4 lattices", **axes), legend="inside",
    title=f"From $t = 30$ to 1000, grains grow as {' and '.join(exponents)}; the law of late times is $t^{{1/2}}$",
)  # fmt: skip

# %% [markdown]
# *Picture: five moments of a lattice of ten colours, 256 × 256 spins. Speckles after 3 sweeps, then grains of all colours, whose number
# falls and whose size grows from moment to moment, with three walls at most meeting points. The sixth panel shows the size of the grains
# against time on logarithmic axes, from 3 to some 50 spacings: from 10 sweeps on the squares for T_c/4 lie below the discs for T_c/2. Both
# rise less steeply than a dashed line of slope one half above them.*
#
# The exponents are those of this window. Walls move by their curvature, as in lesson 07, which gives 1/2 in the end; meeting points that
# wait hold them back before, at T_c/4 by $e^{J/T}$ = 300 sweeps.
#
# Two protocols that do not freeze. **Away from $T_c$: start from one colour.** Below $T_c$ that is next to equilibrium, above it
# order melts in a few sweeps. **Near $T_c$: replica exchange** (lesson 03). Eight temperatures from 3.5 % below to 3.5 % above $T_c$
# trade their lattices, and a lattice that is stuck gets out by way of the hot ones. Both run twice, from one colour and from
# random colours, since the sampler cannot know which of the two is right, and you can: where they disagree, one run at least has not
# forgotten its start. Where they agree, look at the length of the shorter run in autocorrelation times too: after about one, agreement
# says little, as the error bar is as large as the ignorance.

# %%
look = {"m": model.order_parameter, "e": model.energy}
far = np.array([0.4, 0.6, 0.75, 0.85, 0.92, 1.08, 1.14, 1.22, 1.3, 1.4]) * T_C[5]
near = np.linspace(0.965, 1.035, 8) * T_C[5]
plain = {"n_samples": 60, "n_sweeps": 8, "n_burn_in": 300, "n_chains": 80}
trade = {"n_samples": 300, "n_sweeps": 10, "n_burn_in": 250, "n_chains": 4}
seen = {}
for k, start in enumerate(("aligned", "random")):
    key = jax.random.fold_in(jax.random.key(83), k)
    away = model.measure(key, np.repeat(1 / far, 8), look, **plain, init=start)
    swapped = tempering.replica_exchange(model, key, 1 / near, look, **trade, init=start)
    for name in look:
        apart = np.asarray(away[name], float).reshape(len(far), 8, -1)
        seen[start, name] = [*apart, *np.asarray(swapped.measured[name], float)]
T_all = np.concatenate([far, near])
accepted = swapped.swap_acceptance
rarest = (near[:-1] + near[1:])[accepted.argmin()] / 2 / T_C[5]
print(f"swaps accepted: from {accepted.min():.0%} (at {rarest:.3f} T_c) to {accepted.max():.0%}")
for T, cold, hot in zip(T_all, seen["aligned", "e"], seen["random", "e"], strict=True):
    starts = diagnostics.two_starts(cold.T, hot.T)
    print(f"T = {T / T_C[5]:.3f} T_c: energies {starts.first:.3f} and {starts.second:.3f}, ", end="")
    print(f"{starts.apart:.1f} σ apart, shorter run {starts.length:.0f} τ")

# %%
names = {"m": "order parameter $m$", "e": "energy per spin ($J$)"}
jump, cold_e, hot_e = exact.potts_order_parameter_jump(5), *exact.potts_critical_energies(5)
at = {"m": [jump, 0], "e": [cold_e, hot_e]}
panels = []
for name, words in names.items():
    layers = [plots.vline(T_C[5], "$T_c$")]
    for start, label, mark in (("random", "from random colours", "s"), ("aligned", "from one colour", "o")):
        values = np.array([ob.mean_and_error(one) for one in seen[start, name]]).T
        layers.append(plots.points(T_all, *values, label, mark=mark, hollow=mark == "s"))
    jumps = plots.points([T_C[5]] * 2, at[name], None, "exact jump at $T_c$, infinite lattice", mark="D", color="green")
    panels.append(plots.panel(*layers, jumps, xlabel="temperature $T$ ($J/k_B$)", ylabel=words))
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
# Is that a jump or a steep slope? The exact results say that for $q > 4$ it is a jump, of **first order**: at $\beta_c$ an ordered
# and a disordered phase have equal free energies, and their energies differ by the **latent heat** (Baxter 1973):

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
# like to be as wide as the correlation length, thousands of spacings. Our lattice has 48. **It looks continuous, and nothing measured on it can say
# otherwise.** That is not a failure of the sampler; it is what "weakly first order" means. With ten colours the patches are some
# ten spacings wide, and a lattice of 48 or 64 shows what a jump is.
#
# ## 5 · Two starts, one answer?
#
# Run at $T_c$ exactly, half of the chains from one colour and half from random colours. Where two phases are stable, and the
# lattice is much larger than the correlation length, each chain stays in the phase in which it began: the difference of the two
# mean energies *is* the latent heat. Where there is only one phase the difference has to go to zero, and as long as it has not, the
# run is too short. The same number is a measurement in one case and a warning in the other.
#
# ### Exercise 8.3 · The difference of two starts, with its error
# *Difficulty ●●○ · ten minutes · why: a difference without an error is neither a measurement nor a warning.*
#
# Complete `latent_heat`. The chains are independent, successive samples of a chain are not: the error of a mean comes from the
# scatter of the *chain means*, $\text{SE} = \text{std}/\sqrt{\text{chains}}$ with `ddof=1`. Errors of independent means add in
# squares.


# %% todo="8.3" task="return the difference of the two mean energies and its standard error"
def latent_heat(
    from_ordered: Float[np.ndarray, "chains samples"],
    from_disordered: Float[np.ndarray, "chains samples"],
) -> tuple[float, float]:
    """Mean energy of the chains that began in disorder minus that of the chains that began in order.

    Args:
        from_ordered: energies per spin, one row for each chain that began with one colour.
        from_disordered: the same for chains that began with random colours; their number may differ.

    Returns:
        The difference and its standard error.
    """
    ### BEGIN SOLUTION
    cold, hot = from_ordered.mean(axis=1), from_disordered.mean(axis=1)
    error = math.sqrt(cold.var(ddof=1) / len(cold) + hot.var(ddof=1) / len(hot))
    return hot.mean() - cold.mean(), error
    ### END SOLUTION


# %% check="8.3" points=2
from course_checks import check, exercises

with check.exercise("8.3", "latent_heat"):
    answer = exercises.potts.latent_heat.by(latent_heat)
    cold, hot = np.array([[-1.7, -1.5], [-1.8, -1.8]]), np.array([[-1.1, -0.9, -1.0], [-0.6, -0.8, -1.0]])
    answer.on("two chains of two samples, two of three", cold, hot, expect=0.8)
    answer.on("the same, exchanged", hot, cold, expect=-0.8)
    more = np.concatenate([cold, cold + 0.3, cold - 0.1])
    answer.on("six chains from order, two from disorder", more, hot)
    answer.fresh(3, "other chains")

# %% [markdown] hint="8.3"
# `from_ordered.mean(axis=1)` has one number for each chain. `np.var(..., ddof=1) / len(...)` of these is the square of the standard
# error of their mean; add the two squares and take the root.

# %% [markdown]
# Now at $T_c$: ten colours on 64 × 64 spins and five on 48 × 48, half of the chains from one colour, looked at as time goes on.


# %%
def both_starts(key, model: Potts, n_chains: int, **how) -> UInt8[np.ndarray, "chains samples L L"]:
    """Lattices at T_c. The first half of the chains start from one colour, the others from many."""
    start = np.array(model.random(key, (n_chains, *model.shape)))
    start[: n_chains // 2] = 0
    how |= {"n_chains": n_chains, "init": start}
    return np.asarray(model.sample(key, exact.potts_beta_c(model.q), **how))


ten, differences = Potts(64, 10), {}
lattices = {10: both_starts(jax.random.key(84), ten, 12, n_samples=100, n_sweeps=20)}
lattices[5] = both_starts(jax.random.key(85), model, 24, n_samples=500, n_sweeps=20)
for one in (model, ten):
    e = np.asarray(one.energy(lattices[one.q]), float)
    n, edges = len(e) // 2, np.unique(np.geomspace(1, e.shape[1], 9).astype(int))
    apart = [ob.latent_heat(x[:n], x[n:]) for x in np.split(e, edges, axis=1)[1:-1]]
    label = f"q = {one.q}, {one.shape[0]} × {one.shape[1]}"
    middle, right = 20 * np.sqrt(edges[:-1] * edges[1:]), exact.potts_latent_heat(one.q)
    differences[label] = (middle, *np.array(apart).T, right)
    print(f"{label}: hot minus cold, sweeps {20 * edges[-2]} to {20 * edges[-1]}: {apart[-1]}; ", end="")
    print(f"exact latent heat {right:.4f}")
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
# small error bar, and several times too large. Error bars know nothing of what has not yet happened. Only two things give it away:
# the difference still falls, and the lattice is far smaller than the correlation length.

# %% uses="8.3"
for one in (model, ten):
    e = np.asarray(one.energy(lattices[one.q]), float)
    n = len(e) // 2
    for a, b in ((5, 25), (e.shape[1] // 2, e.shape[1])):
        Δ, error = latent_heat(e[:n, a:b], e[n:, a:b])
        print(f"q = {one.q:2d}, sweeps {20 * a:5d} to {20 * b:5d}: {Δ:.3f} ± {error:.3f}, ", end="")
        print(f"exact {exact.potts_latent_heat(one.q):.4f}")

# %% [markdown]
# ## 6 · Two peaks
#
# On a lattice of a few correlation lengths a chain does go from phase to phase, now and then. Then one long run at one temperature
# holds both, and its **energy histogram** has two peaks. In between are lattices that are part ordered and part disordered. They
# pay for the wall between the two parts, and for large $L$ the dip between the peaks deepens as $e^{-L/\xi}$ (two walls across the
# torus).
#
# The chains of ten colours run a little below $\beta_c$, where both phases should weigh the same, half of them from each start. On
# 48 × 48 we have the runs of five colours already; their first 2000 sweeps are warm-up.

# %%
energy, β_0 = {(5, 48): np.asarray(model.energy(lattices[5]), float)[:, 100:]}, {}
n_samples = 500 if machine.device == "cpu" else 4000  # a GPU has time for more
for q, L, n_sweeps in ((5, 12, 6), (5, 24, 12), (10, 12, 6), (10, 24, 15)):
    one = Potts(L, q)
    lower = math.log(q) / (L * L * exact.potts_latent_heat(q)) if q == 10 else 0
    β_0[q, L] = exact.potts_beta_c(q) - lower
    start = np.array(one.random(jax.random.key(L), (24, L, L)))
    start[:12] = 0
    how = {"n_samples": n_samples, "n_burn_in": 200 * n_sweeps, "n_chains": 24, "n_sweeps": n_sweeps}
    spins = one.sample(jax.random.key(86 + L), β_0[q, L], init=start, **how)
    energy[q, L] = np.asarray(one.energy(spins), float)
β_0[5, 48], mixed = exact.potts_beta_c(5), np.asarray(spins)  # the last ones: ten colours, 24 × 24
energy = dict(sorted(energy.items()))
for (q, L), e in energy.items():
    cut = -(1 + q**-0.5)
    crossed = (np.diff(e < cut, axis=1) != 0).sum(1).mean()
    starts = diagnostics.two_starts(e[: len(e) // 2].T, e[len(e) // 2 :].T)
    print(f"q = {q:2d}, L = {L}: {starts}, {crossed:.0f} crossings a chain")

# %% [markdown]
# On the larger lattices a chain is a few τ long, so that no single one knows how the phases are weighted. There are 24 of them, half
# from each start, and the two halves agree within their errors.
#
# At $\beta_c$ there are $q$ ordered phases, one for each colour, and one disordered: the ordered ones hold $q/(q+1)$ of the time
# (Borgs and Kotecký 1990). To compare the peaks, one would rather have each hold half, at a $\beta$ a little lower. Neither needs a
# new run. A sample at $\beta_0$ with energy $E$ counts at $\beta$ with the weight of importance sampling (lesson 02),
#
# $$w \propto \frac{e^{-\beta E}}{e^{-\beta_0 E}} = e^{-(\beta - \beta_0)\,E}, \qquad E = N e \ \text{ for } N \text{ spins},$$
#
# which works as long as both distributions overlap (Ferrenberg and Swendsen 1988).
#
# ### Exercise 8.4 · Two phases from one run
# *Difficulty ●●○ · fifteen minutes · why: one run gives a whole range of temperatures, if the N is not forgotten.*
#
# Complete `two_phases`. Samples with an energy below `cut` belong to the ordered phase, the others to the disordered one.


# %% todo="8.4" task="return the weight of the ordered phase and the mean energies of both phases"
def two_phases(
    energy: Float[np.ndarray, "samples"], shift: float, n_spins: int, cut: float
) -> tuple[float, float, float]:
    """A run at beta_0, read at beta_0 + shift, and divided into two phases.

    Args:
        energy: per spin, of the samples of the run.
        shift: beta - beta_0.
        n_spins: number of spins of the lattice.
        cut: energy per spin below which a sample counts as ordered.

    Returns:
        Share of the weight that the ordered phase has at beta, and the weighted mean energies per spin
        of the ordered and of the disordered phase.
    """
    ### BEGIN SOLUTION
    log_weight = -shift * n_spins * energy
    weight = np.exp(log_weight - log_weight.max())
    weight /= weight.sum()
    below = energy < cut
    share = weight[below].sum()
    ordered = (weight * energy)[below].sum() / share
    disordered = (weight * energy)[~below].sum() / weight[~below].sum()
    return share, ordered, disordered
    ### END SOLUTION


# %% check="8.4" points=3
from course_checks import check, exercises

with check.exercise("8.4", "two_phases"):
    answer = exercises.potts.two_phases.by(two_phases)
    e, third = np.array([-1.75, -1.5, -1.25, -1.0, -0.75]), math.log(3) / 0.25
    answer.on("five samples, shift 0", e, 0.0, 16, -1.3, expect=0.4)
    answer.on("the same, each level a third of the one before", e, third / 16, 16, -1.3, expect=108 / 121)
    answer.on("the same for 100 spins, cut at a level", e, -third / 100, 100, -1.0, expect=13 / 121)
    answer.on("20 000 spins at shift 0.05", e, 0.05, 20_000, -1.3, expect=1.0)
    answer.on("20 000 spins at shift -0.04", e, -0.04, 20_000, -1.3)
    answer.fresh(4, "other runs")

# %% [markdown] hint="8.4"
# `log_weight = -shift * n_spins * energy`; subtract its maximum, exponentiate, divide by the sum. With `below = energy < cut`, the
# share is `weight[below].sum()`, and the mean energy of that phase `(weight * energy)[below].sum() / weight[below].sum()`.

# %% [markdown]
# Now read all runs at the temperature at which both phases weigh the same, and plot the histograms there. As a cut take the middle
# of the two exact energies, $-(1 + 1/\sqrt q)$.


# %%
def balance(e: Float[np.ndarray, "..."], q: int, L: int, share: float = 0.5) -> tuple[float, float]:
    """The shift of β at which the ordered phase has a given share, and the latent heat read there."""
    e, cut = np.ravel(e), -(1 + q**-0.5)
    shift = brentq(lambda x: ob.two_phases(e, x, L * L, cut)[0] - share, -0.1, 0.1)
    _, low, high = ob.two_phases(e, shift, L * L, cut)
    return shift, high - low


histograms, heats = {5: {}, 10: {}}, {5: [], 10: []}
for (q, L), e in energy.items():
    shift, _ = balance(e, q, L)
    w = np.exp(-shift * L * L * (e - e.mean()))
    width = max(1, L * L // 36)  # of a bin, in levels of energy, which are 1 / N apart
    bins = np.arange(-2 * L * L - 0.5, 0, width) / L**2
    density, _ = np.histogram(e, bins, weights=w, density=True)
    histograms[q][L] = ((bins[1:] + bins[:-1]) / 2, density)
    heats[q].append((L, *ob.jackknife(lambda x, q=q, L=L: balance(x, q, L)[1], e)))
moves = [x[0][1] - x[-1][1] for x in heats.values()]
title = f"Larger lattices: the halves approach by {moves[0]:.2f} $J$ ($q = 5$), {moves[1]:.2f} $J$ ($q = 10$)"
axes = {"xlabel": "energy per spin ($J$)", "ylabel": "probability density ($1/J$)", "xlim": (-1.98, -0.6)}
panels = [
    plots.panel(*(plots.vline(e, "exact phases of the infinite lattice") for e in exact.potts_critical_energies(q)),
                *(plots.steps(*histogram, f"$L = {L}$") for L, histogram in sizes.items()), title=f"$q = {q}$", **axes)
    for q, sizes in histograms.items()
]
plots.figure(*panels, title=title)  # fmt: skip

# %% [markdown]
# *Picture: energy histograms, five colours on the left, ten on the right, a line for each size of lattice, dashed lines at the
# exact energies of the two phases. On the right two peaks that come nearer to the dashed lines while the dip between them deepens. On the
# left a hill that gets narrower with the size; on the larger lattices it has two humps, much further apart than the dashed lines.*

# %%
for q, rows in heats.items():
    for L, heat, error in rows:
        print(f"q = {q:2d}, L = {L}: from half to half {heat:.3f} ± {error:.3f}, ", end="")
        shift, _ = balance(energy[q, L], q, L, q / (q + 1))
        print(f"T_c from shares of {q} to 1: {1 / (β_0[q, L] + shift):.4f}, exact {T_C[q]:.4f}")
L, heat, error = heats[10][-1]
print(f"ten colours: {heat / exact.potts_latent_heat(10) - 1:+.1%} from the exact latent heat")

# %%
towards, ratio = [], [plots.hline(1, "exact")]
for q, mark, color in ((5, "o", "blue"), (10, "s", "orange")):
    size, heat, error = np.array(heats[q]).T
    right, look = exact.potts_latent_heat(q), {"name": f"$q = {q}$", "mark": mark, "color": color, "joined": True}
    known = {"name": f"$q = {q}$, exact: {right:.3g} $J$", "mark": mark, "color": color, "hollow": True}
    towards += [plots.points(1 / size, heat, error, **look), plots.points([0], [right], **known)]
    ratio.append(plots.points(size / exact.potts_correlation_length(q), heat / right, error / right, **look))
many = [heats[q][-1][1] / exact.potts_latent_heat(q) for q in (5, 10)]
across = "side / correlation length, $L/\\xi$"
plots.figure(
    plots.panel(*towards, xlabel="$1/L$", ylabel="latent heat by halves ($J$)", ylim=(0, None), title="larger lattices: left"),
    plots.panel(*ratio, log="xy", xlabel=across, ylabel="measured / exact", yticks=(1, 2, 5, 10), title="what decides"),
    title=f"Five colours: {many[0]:.1f} times the exact latent heat, as $L \\ll \\xi$. Ten: {many[1]:.2f} times",
)

# %% [markdown]
# *Picture: on the left the distance of the two halves of the histograms against one over the side of the lattice, with the exact
# latent heats as open marks at zero, the infinite lattice. Ten colours: two points at the height of their open mark. Five: three
# points that fall towards theirs, and are still far above it. On the right the same, divided by the exact latent heat, against the
# side in correlation lengths, both axes logarithmic. The lattices of ten colours are as large as ξ or larger, and their points lie
# at the dashed line of 1; those of five are fifty times too small or worse, and theirs lie several times too high.*
#
# Cut *any* broad distribution in two, and you have two means and a difference. Not even two humps prove a jump: the fluctuations
# of a nearly critical lattice make humps of their own, and somebody who has only L = 48 reports a latent heat of five colours
# several times too large. What counts is how it goes with $L$. Peaks that stay where they are while the dip deepens are two
# phases; peaks that approach each other are not, or not yet. For five colours "yet" is at lattices of many thousands: the dip's
# $e^{-L/\xi}$ with ξ from the table of section 4.
#
# **Coexistence.** At the same temperature, from the same run of ten colours: an ordered lattice, one from the dip, and a
# disordered one.

# %%
e = energy[10, 24]
low, high = exact.potts_critical_energies(10)
wanted = [low, (3 * low + high) / 4, (low + high) / 2, (low + 3 * high) / 4, high]
at_energy = [np.unravel_index(np.argmin(abs(e - x)), e.shape) for x in wanted]
titles = [f"$E/N = {e[at]:.2f}$" for at in at_energy]
between = ((e > low + (high - low) / 4) & (e < high - (high - low) / 4)).mean()
title = f"Ten colours near $T_c$: in between ({between:.0%} of the time) a lattice is part one, part other"
plots.figure(*plots.lattices([mixed[at] for at in at_energy], Potts(24, 10), titles), columns=5, title=title)

# %% [markdown]
# *Picture: five lattices of 24 × 24. From left to right the part that is of one colour shrinks, from nearly the whole lattice, by way of
# one large region beside patches of all colours, to patches of all colours everywhere.*
#
# ## 7 · Heating and cooling
#
# Heat slowly through $T_c$ from one colour, then cool back.
#
# **Choose before you run the cell.** With fifteen times as many sweeps at each temperature, what happens to the two loops of energy
# against temperature? (a) Both stay as they are: hysteresis is the sign of a first-order transition. (b) Both shrink; that of ten
# colours stays open longer. (c) Only that of five colours shrinks.

# %%
up = np.linspace(0.93, 1.07, 36)
path, loops, areas = np.concatenate([up, up[::-1]]), {}, {}
for q in (5, 10):
    one, loops[f"q = {q}"] = Potts(48, q), {}
    for n in (20, 300):
        how = {"n_sweeps": n, "n_chains": 8, "init": "aligned"}
        β = 1 / (path * T_C[q])
        _, found = tempering.annealed(one, jax.random.key(87), β, {"e": one.energy}, **how)
        e = np.asarray(found["e"], float)
        heating, cooling = e[:, :36], e[:, 36:][:, ::-1]
        areas[q, n] = ob.mean_and_error(((cooling - heating).sum(1) * (up[1] - up[0]) * T_C[q])[:, None])
        loops[f"q = {q}"][f"{n} sweeps a step"] = (path, e.mean(0))
        print(f"q = {q:2d}, {n:3d} sweeps at each temperature: area of the loop {areas[q, n]} J²/k_B")
kept = {q: areas[q, 300].value / areas[q, 20].value for q in (5, 10)}
relative = {q: math.hypot(*(areas[q, n].error / areas[q, n].value for n in (20, 300))) for q in (5, 10)}
words = [f"{kept[q]:.0%} ± {kept[q] * relative[q]:.0%}" for q in (5, 10)]
title = f"15 times slower, the loop keeps {words[0]} of its area for $q = 5$, {words[1]} for $q = 10$"
panels = []
for q in (5, 10):
    jump = plots.line([1, 1], exact.potts_critical_energies(q), "exact jump at $T_c$", color="black", width=2.5)
    ways = [plots.loop(*way, name, at=(0.3, 0.72)) for name, way in loops[f"q = {q}"].items()]
    panels.append(plots.panel(*ways, jump, xlabel="$T/T_c$", ylabel="energy per spin ($J$)", title=f"$q = {q}$"))
plots.figure(*panels, share="y", title=title)

# %% [markdown]
# *Picture: energy against T / T_c, two panels with a loop each for the fast and the slow runs. For q = 10 the way up rises above T_c
# and the way down falls below it; slower, both come nearer to T_c, and the loop is narrower but open. For q = 5 the loops are smaller;
# the slow one is open near T_c only. Black bars mark the exact jumps: long for q = 10, short for q = 5.*
#
# (b). The errors are from 8 independent chains. A loop is a matter of time, not of equilibrium: at equilibrium the energy depends on $T$ alone. Cooled a little below $T_c$,
# ten colours stay disordered until a droplet of one colour happens to be large enough to pay for its wall, and the waiting time
# grows very fast towards $T_c$. So the loop shrinks ever more slowly, and at no affordable speed is it gone. An ordinary critical
# point has loops too, as Ising in lesson 07 forgot only after $L^z$ sweeps; they go away much faster.
#
# ## 8 · A factor and a sampler of your own
#
# THRML has a ready-made factor for spins with $q$ states, `SquareCategoricalEBMFactor`. It knows nothing of Potts: for every edge
# it wants a $q\times q$ table of weights, and hands each spin a copy of the tables of its four bonds. A Potts bond needs one number,
# the same everywhere. So bring your own:
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
# ### Exercise 8.5 · A conditional sampler for THRML
# *Difficulty ●●● · twenty minutes · why: this is how anything that THRML does not know gets into THRML.*
#
# Complete `PottsSampler.sample`: draw a colour for each node from its conditional. There may be several interactions, with
# couplings of their own: their pulls add up. `jax.random.categorical(key, logits)` draws from weights $e^{\text{logits}}$.


# %% todo="8.5" task="draw a colour for each node from its conditional"
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


# %% check="8.5" points=4
from course_checks import check, exercises

with check.exercise("8.5", "PottsSampler"):
    answer = exercises.potts.sampler.by(PottsSampler)
    yes, colours = [[True, True, True], [True, False, True]], [[0, 0, 1], [2, 1, 2]]
    one, two = (1.0, colours, yes), (-0.5, [[2, 1], [0, 2]], [[True, False], [True, True]])
    answer.on("two neighbourhoods, one interaction, β = 0.6", 0.6, 3, (one,), 1)
    answer.on("the same with a second interaction", 0.6, 3, (one, two), 1)
    answer.on("the same at β = 1.4", 1.4, 3, (one, two), 2)
    answer.fresh(2, "other neighbourhoods")
    drawn = [exercises.potts.run_sampler(PottsSampler(jnp.array(0.6), 3), (one,), k)[0] for k in (1, 2)]
    check.that(np.any(drawn[0] != drawn[1]), "another key gives the same colours", hint="Use the key.")

# %% [markdown] hint="8.5"
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

# %% uses="8.5"
for shape, periodic in (((4, 2), True), ((3, 3), False)):
    program, blocks, place = potts_program(PottsSampler(jnp.array(1.0), 3), shape, periodic)
    small = Potts(shape, 3, boundary="periodic" if periodic else "open")
    for β in (0.5, 0.8, 1.2):
        there = eqx.tree_at(lambda p: p.samplers, program, [PottsSampler(jnp.array(β), 3)] * 2)
        keys = jax.random.split(jax.random.key(88), 64)
        drawn = run_program(there, blocks, SamplingSchedule(20, 200, 2), keys)[..., place]
        u = ob.mean_and_error(small.energy(drawn.reshape(64, 200, *shape)))
        name = f"{shape[0]} × {shape[1]} {'torus' if periodic else 'open '}"
        print(f"{name}, β = {β}: energy per spin {u}, ", end="")
        print(f"exact {exact.potts_energy(shape, 3, β, periodic):.5f}")

# %% [markdown]
# ### What the table costs
#
# The same model at 128 × 128, five colours, one chain, in one run and in turn, so that whatever else your machine does meets all of
# them. First the memory, counted; then the time of 20 sweeps, without compilation. `course_utils.lattice.Potts` comes in two
# engines: *sites*, one THRML node for each spin, like your program; and *sublattices*, where a node holds half the lattice and
# finds its neighbours by shifting it.


# %%
def size_of(tree) -> int:
    """Bytes of the arrays in a tree."""
    return sum(x.nbytes for x in jax.tree.leaves(tree) if eqx.is_array(x))


def milliseconds(runs: dict, repeats: int = 5) -> dict[str, float]:
    """Median time of each, taken in turn; the first call, which compiles, does not count."""
    times = {name: [] for name in runs}
    for k in range(repeats + 1):
        for name, call in runs.items():
            start = time.perf_counter()
            jax.block_until_ready(call(jax.random.key(k)))
            times[name].append(1000 * (time.perf_counter() - start))
    return {name: float(np.median(t[1:])) for name, t in times.items()}


L, β = 128, exact.potts_beta_c(5)
large, table = Potts(L, 5), factors.FactorProgram(Potts(L, 5), β)  # THRML's own factor and sampler
once = {"n_samples": 1, "n_sweeps": 20}
runs = {"built-in table": lambda key: table.sample(key, **once)}
for engine in ("sites", "sublattices"):
    runs[f"Potts, {engine}"] = lambda key, engine=engine: large.sample(key, β, **once, engine=engine)
weights = size_of(table.program.per_block_interactions)
print(f"weights held by the built-in program: {weights:,} bytes, {weights / L**2:.0f} a spin,", end=" ")
print(f"that is 4 bonds × {5 * 5} entries × 4 bytes; ten colours would take {4 * 100 * 4}")
took = milliseconds(runs)
for name, ms in took.items():
    rate = 20 * L * L / ms / 1000
    print(f"{name:20s} {ms:7.1f} ms, {rate:5.1f} million spins a second", end="")
    print(f", {took['built-in table'] / ms:.1f} times the built-in")

# %% uses="8.5"
mine, blocks, _ = potts_program(PottsSampler(jnp.array(β), 5), (L, L))
plan = SamplingSchedule(20, 1, 1)
runs["your sampler"] = lambda key: run_program(mine, blocks, plan, key[None])


@jax.jit
def draws_alone(key):
    """The 40 draws of 20 sweeps, from weights that need no neighbours."""

    def draw(s, key):
        return jax.random.categorical(key, s[:, None] * jnp.arange(5) / 5), None

    return jax.lax.scan(draw, jnp.zeros(L * L // 2, int), jax.random.split(key, 40))[0]


runs["categorical"] = draws_alone
took = milliseconds({name: call for name, call in runs.items() if name != "Potts, sublattices"})
print(f"your sampler {took['your sampler']:.0f} ms, categorical by itself {took['categorical']:.0f} ms")
print(f"your program: {size_of(mine.per_block_interactions)} bytes of weights,", end=" ")
print(f"{took['built-in table'] / took['your sampler']:.1f} times as fast as the built-in;", end=" ")
print(f"the engine of the same graph: {took['built-in table'] / took['Potts, sites']:.1f} times")

# %% [markdown]
# Where does the time go? The table is read in scattered places, $q$ numbers for each bond of each spin. Without it a spin needs only the
# colours of its neighbours. Of what is left, `jax.random.categorical` takes a good part: it draws one random number *for each
# colour* (a Gumbel, so that the largest sum wins). One uniform number is enough, if one walks up the running sum of the weights:
# that is `PottsConditional` in `course_utils/lattice/potts.py`, the draw of both engines.
#
# ## 9 · Explore
#
# Five colours, live. Heat from order in small steps, and cool again.

# %%
explorers.live_lattice(Potts(256, 5))

# %% [markdown]
# Without a kernel, the loops of section 7 answer the same question. In a copy, try `states=10`: the lattice hesitates, then one colour
# takes it all.
#
# ## 10 · What goes wrong
#
# **A quench read as equilibrium.** Section 4: at $T_c/4$ short runs from random colours report an order parameter far below 1.
#
# **A run too short, started in one phase, reports that phase.** Ten colours, a little off $T_c$ on either side, 200 sweeps:

# %%
for f in (0.99, 1.01):
    for start in ("aligned", "random"):
        how = {"n_samples": 100, "n_sweeps": 1, "n_burn_in": 100, "n_chains": 8, "init": start}
        run = ten.measure(jax.random.key(89), 1 / (f * T_C[10]), {"e": ten.energy}, **how)
        print(f"T = {f} T_c, from {start:7s} spins: energy {ob.mean_and_error(run['e'])}")

# %% [markdown]
# Four clean numbers with small errors, and the start matters far more than the temperature. At each temperature one of the two is
# wrong (which?).
#
# **The share of colour 0 as the order parameter.** The first eight lattices of section 4 that did find order, at $T_c/4$:

# %%
done = quenched[10_000][order[10_000] > 0.9]
shares = np.array([[(s == k).mean() for k in range(5)] for s in done[:8]])
print(f"{len(shares)} lattices; m from the share of colour 0:  ", np.round((5 * shares[:, 0] - 1) / 4, 2))
print("           from that of the largest:  ", np.round((5 * shares.max(1) - 1) / 4, 2))

# %% [markdown]
# **Both sublattices at once.** As in lesson 07, and with $q$ colours as wrong as with two:


# %%
def all_at_once(key, s: UInt8[Array, "L L"]) -> UInt8[Array, "L L"]:
    """Every spin from its conditional in the present lattice, at T = 0.75 T_c."""
    p = gibbs.potts_conditional(s, 1 / (0.75 * T_C[5]), 5)
    return jax.random.categorical(key, jnp.log(p)).astype(jnp.uint8)


s = jax.random.randint(jax.random.key(90), (48, 48), 0, 5).astype(jnp.uint8)
step = jax.jit(lambda s, key: (all_at_once(key, s), model.energy(s)))
s, e = jax.lax.scan(step, s, jax.random.split(jax.random.key(91), 200))
print(f"T = 0.75 T_c: energy {float(e[100:].mean()):.3f} with all spins at once; ", end="")
right = ob.mean_and_error(seen["aligned", "e"][2])
print(f"{right} with one colour after the other (section 4)")

# %% [markdown]
# ## 11 · Recap
#
# - A Potts spin takes colour $k$ with probability ∝ $e^{\beta J n_k}$. Two colours are Ising at half the β.
# - The order parameter takes the largest share, scaled to run from 0 to 1. No colour is a favourite.
# - $\beta_c = \ln(1+\sqrt q)$. Above four colours the transition is of first order; how much one sees of it depends on $L/\xi$.
# - Two starts that disagree: a run too short, or two phases. Time, and the size of the lattice, tell which.
# - Two peaks with a dip that deepens as $L$ grows: two phases. Two halves of a broad hill: nothing.
# - On THRML, a factor says who sees whom, an interaction what they are told, a sampler what they do. One coupling in place of a
#   table for each edge saves memory and time.
#
# Last, a film: ten colours at infinite temperature, put at once into a bath at T = 0.45, well below $T_c$. Change the number of
# colours, the temperature, or the pace:

# %%
grains, words = Potts(256, 10), "Small grains of ten colours; the large ones grow, the small ones shrink and vanish."
chunks = grains.stream(jax.random.key(92), 1 / 0.45, n_frames=48, n_sweeps=8, chunk=16)
plots.lattice_film(grains, (chunk[0] for chunk in chunks), words=words)

# %% [markdown]
# *Moving picture: 256 × 256 spins from sweep 8 to sweep 384 after the quench, eight sweeps a picture. Small grains of ten
# colours; the large ones grow, the small ones shrink and vanish, and three walls meet at nearly every corner, as in a metal or in
# foam. It runs three times and stops at the last picture.*
#
# Two colours have walls that wander; many colours have a foam, since two grains of one colour seldom touch. A film of ten
# seconds with 512 × 512 spins: `.venv/bin/python -m course_utils.showcase --only films`, in a terminal in the folder of the
# course.

# %% [markdown] think="8a"
# **Think.** Three chains at $T_c$ of ten colours on 64 × 64, each of $10^5$ sweeps, have R-hat = 1.00 and energies of -0.97. All three
# began with random colours. What do you know?
# <!-- ANSWER -->
# The energy of the disordered phase. R-hat compares chains with one another, and three chains in the same phase agree. The wait for
# a change of phase grows like $e^{L/\xi}$ times a power of $L$ and is far longer than the runs. A fourth chain from one colour would
# have shown it.

# %% [markdown] think="8b"
# **Think.** At $T_c$ the disordered phase has the higher energy by the latent heat. Why is it not simply the less probable one?
# <!-- ANSWER -->
# It has more states: its entropy is higher by exactly β_c times the latent heat, so that the two free energies are equal. That is what
# defines $T_c$. The ordered phase still gets $q$ times the weight of the disordered one, as there are $q$ of it.

# %% [markdown] think="8c"
# **Think.** Section 6 used runs at $\beta_c$ for another β, by weights $e^{-(\beta-\beta_0)Ne}$. How far from $\beta_0$ may β be, on
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
# The next lesson, XY, has spins that point in any direction: no colours, no jump, and no order parameter, but a transition all the
# same.
#
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
