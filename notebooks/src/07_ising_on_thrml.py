# ---
# jupyter:
#   course:
#     title: Ising on THRML
#     goal: film magnets of your own, build the same sampler on THRML, and trust its phase diagram
#     needs: ["02", "03"]
#     know: exponentials, the mean and variance of random numbers
#     time: 60 min
#     runs: 70 s
#     memory: 790 MB
#     uses: [jax]
# ---

# %% [markdown]
# **What you win.** A film of sixteen thousand magnets that fall into order, drawn by ten lines of your own, and a phase transition that
# you measure yourself, beside the exact curves. Three functions lead there:
#
# 1. one that draws half a lattice at once, then the other half (Exercise 7.1),
# 2. one that says the same to THRML, the library for hardware that samples (7.2),
# 3. one that measures order and energy at any temperature, with honest error bars (7.3).

# %%
import math

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Float, Int
from thrml import Block, BlockGibbsSpec, FactorSamplingProgram, SamplingSchedule, SpinNode, sample_states
from thrml.models import SpinEBMFactor, SpinGibbsConditional

from course_checks import check
from course_utils import explorers, plots
from course_utils.lattice import Ising, cluster, exact, gibbs, observables

T_C = 1 / exact.BETA_C

# %% [markdown]
# ## 1 · Three temperatures
#
# In lesson 02 you computed log Z of this model. What does it look like? Spins $s_i = \pm1$ sit on a square lattice, the sides glued
# together to a torus, and
#
# $$E(s) = -J \sum_{\langle ij \rangle} s_i s_j - h \sum_i s_i , \qquad p(s) \propto e^{-\beta E(s)} , \quad \beta = 1/T ,$$
#
# where $\langle ij\rangle$ are all pairs of neighbours. Equal neighbours lower the energy ($J = 1$ throughout), and so does a spin along
# the *field* $h$, which is zero unless said otherwise. Below are 128 × 128 spins at T = 1.8, 2.269 and 3.5. **Guess first:** at which of the three are there patches of *every* size?

# %%
temperatures = np.array([1.8, T_C, 3.5])
spins = cluster.equilibrate(Ising(128), np.random.default_rng(74), 1 / temperatures, 40, n_chains=3)
m = np.abs(observables.magnetisation(spins))
titles = [f"$T = {T:.3f}$: $|m| = {value:.2f}$" for T, value in zip(temperatures, m, strict=True)]
plots.figure(*plots.lattices(spins, Ising(128), titles), title="Order, patches of every size, and noise")

# %% [markdown]
# *Picture: three square lattices. At T = 1.8 one colour with small specks of the other; at 2.269 ragged patches of both colours, of all
# sizes from single spins upwards; at 3.5 a fine-grained mixture.*
#
# The number in each title is the **magnetisation** $m$, the mean spin, without its sign. Somewhere between the first picture and the
# last, order is lost. Where, and how suddenly? To answer that you need a sampler.
#
# ## 2 · One spin, given its neighbours
#
# Gradients, the tool of lesson 03, are of no use here: a spin cannot be moved a little. But one spin by itself is easy. Hold all others
# and ask: with which probability is spin $i$ up? Only the terms with $s_i$ matter, $-s_i\,(\sum_j s_j + h)$ with its four neighbours
# $j$. So its two weights are $e^{\pm\beta(\sum_j s_j + h)}$; Z drops out of their ratio, and
#
# $$P(s_i = +1 \mid \text{all others}) = \frac{1}{1 + e^{-2\beta\left(\sum_j s_j + h\right)}} .$$
#
# Why the 2? Turning a spin costs the *difference* of two energies. Drawing the spin from this **conditional** leaves $p(s)$ as it is;
# do it for one spin after the other, and the lattice wanders through $p$. That is **Gibbs sampling**.
#
# One spin at a time is slow. Every spin has its conditional, so why not draw all of them at once? The energy should settle near -1.95
# per spin at T = 1.5. **Guess** what happens instead.

# %%
rng, all_at_once = np.random.default_rng(72), []
spins = rng.choice([-1, 1], (48, 48))
for _ in range(60):
    spins = np.where(rng.random(spins.shape) < gibbs.conditional_probability(spins, 1 / 1.5), 1, -1)
    all_at_once.append(spins)
titles = [f"step {t}: $E/N = {Ising(48).energy(all_at_once[t - 1]):.2f}$" for t in (58, 59, 60)]
plots.figure(
    *plots.lattices(np.array(all_at_once[-3:]), Ising(48), titles),
    title="All spins at once: the lattice flickers for ever",
)

# %% [markdown]
# *Picture: the same lattice at three successive steps. Regions of one colour stand beside regions of a fine checkerboard, whose cells
# change colour from each step to the next.*
#
# The energy comes nowhere near -1.95. Each spin follows its neighbours as they *were*, while they follow it. Which spins may then be drawn together? Those that do not occur
# in each other's conditional: no two neighbours. On a checkerboard, a black spin has white neighbours only. Given the white ones, all
# black spins are independent, and drawing them together is the same as one by one. Such a set of spins is a **block**, and a **sweep**
# has two steps: all black ones, given the white; then all white ones, given the *new* black.
#
# ### Exercise 7.1 · Half a lattice at once
# *Difficulty ●●○ · fifteen minutes · why: this loop is the sampler of this lesson and the next two, and what the hardware does.*
#
# Complete `gibbs_sweep`. Black are the spins with even $i + j$, row plus column; draw them first. Each spin has one random number from 0
# to 1: it becomes $+1$ if that number is below its $P(s_i = +1)$. Return a new array, and leave `spins` as it was.


# %% todo="7.1" task="return the spins after one sweep: black, then white"
def gibbs_sweep(
    spins: Int[np.ndarray, "rows cols"], beta: float, uniform: Float[np.ndarray, "rows cols"],
    field: float = 0.0,
) -> Int[np.ndarray, "rows cols"]:  # fmt: skip
    """One sweep of block Gibbs sampling on a torus with even sides, J = 1.

    Args:
        spins: -1 and +1.
        beta: inverse temperature.
        uniform: a random number for each spin, from 0 to 1.
        field: h.

    Returns:
        The new spins, of the same shape.
    """
    ### BEGIN SOLUTION
    i, j = np.indices(spins.shape)
    black = (i + j) % 2 == 0
    for colour in (black, ~black):
        above, below = np.roll(spins, 1, axis=0), np.roll(spins, -1, axis=0)
        left, right = np.roll(spins, 1, axis=1), np.roll(spins, -1, axis=1)
        pull = above + below + left + right + field
        p_up = 1 / (1 + np.exp(-2 * beta * pull))
        drawn = np.where(uniform < p_up, 1, -1)
        spins = np.where(colour, drawn, spins)
    return spins
    ### END SOLUTION


# %% check="7.1" points=4
from course_checks import check, exercises

with check.exercise("7.1", "gibbs_sweep"):
    answer = exercises.ising.gibbs_sweep.by(gibbs_sweep)
    rng = np.random.default_rng(71)
    spins, numbers = rng.choice([-1, 1], (6, 8)), rng.random((6, 8))
    answer.on("6 × 8 spins at β = 0.3", spins, 0.3, numbers)
    answer.on("the same in a field h = 0.7", spins, 0.3, numbers, 0.7)
    answer.on("the same in the cold, β = 3, h = -0.2", spins, 3.0, numbers, -0.2)
    answer.fresh(4, "another torus")

# %% [markdown] hint="7.1"
# `np.roll(spins, 1, axis=0)` puts above each spin's place what was there, and the last row to the top: that is the torus. Four rolls
# (steps 1 and -1, both axes) add up to the neighbours of every spin at once. `i, j = np.indices(spins.shape)` gives row and column;
# `black = (i + j) % 2 == 0`. Then, for `black` and once more for `~black`: compute P for all spins from the present ones, draw all with
# `np.where(uniform < p_up, 1, -1)`, and keep the draw where the colour is right: `np.where(colour, drawn, spins)`.

# %% [markdown]
# Now let it run. The lattice begins as pure chance and finds itself in a bath at T = 1.5, where at equilibrium nearly all spins are equal.
# Which colour wins, and does it win at all?

# %%
sweep, rng = check.yours("7.1", gibbs_sweep, gibbs.sweep), np.random.default_rng(711)
spins, pictures = rng.choice([-1, 1], (128, 128)), []
for t in range(400):
    spins = sweep(spins, 1 / 1.5, rng.random(spins.shape))
    if t % 8 == 7:
        pictures.append(np.asarray(spins))
plots.lattice_film(
    Ising(128), [np.array(pictures)], scale=3, words="Noise turns into winding patches of two colours, which grow."
)

# %% [markdown]
# *Moving picture: 128 × 128 spins, eight sweeps from picture to picture. Small winding patches of two colours grow, their corners round
# off, islands shrink and vanish. It runs three times and stops at the last picture.*
#
# It is your lattice: change the temperature to 2.27 or 4, or give `sweep` a fourth argument, a field of 0.1. What does a field of one
# tenth of a bond do to the race?
#
# Each spin agrees with its neighbours after a few sweeps. The lattice as a whole takes long, since the wall between two patches moves only
# where it is curved (section 8 measures how fast).
#
# ## 3 · The same on THRML
#
# Your sweep draws 8,192 spins at once, in software. [THRML](https://github.com/extropic-ai/thrml) is Extropic's JAX library for this kind
# of sampling, made to try out what their chips are to do with transistors: one circuit per spin, each flipping its own coin. What must one
# say to such a machine? Five things.
#
# | part | here | in words |
# | --- | --- | --- |
# | **nodes** | `SpinNode()`, one per spin | the random variables |
# | **blocks** | `Block([...])`, one per colour | nodes that are drawn at the same time |
# | **factors** | `SpinEBMFactor` | terms of the energy |
# | **program** | `FactorSamplingProgram` | who reads whom; and how a block is drawn |
# | **schedule** | `SamplingSchedule(n_warmup, n_samples, steps_per_sample)` | how long |
#
# Here is a program for 4 × 4 spins, drawn from its own tables. Which nodes does node 5 read?

# %%
few = [SpinNode() for _ in range(16)]
panels = plots.program(gibbs.ising_program(few, 0.4)[0], few, (4, 4))
plots.figure(
    *panels,
    widths=(1, 1.35),
    title="No node reads a node of its own block: a block is drawn at once, given the other one",
)

# %% [markdown]
# *Picture: on the left 16 numbered nodes in blue and orange, a checkerboard, joined by bonds; stubs at the sides wrap round. On the right
# the same nodes in two frames, one for each block, and a line for each bond: all run from frame to frame. Node 5 is marked, with
# red-orange arrows from 1, 4, 6 and 9, its four neighbours.*
#
# ### Exercise 7.2 · Tell it to THRML
# *Difficulty ●●● · fifteen minutes · why: with nodes, blocks and factors you can write down any model, not only this one.*
#
# Complete `ising_program`, without a field. Nodes come row by row: spin $(i, j)$ is `nodes[i * size + j]`. You need
#
# - two blocks, lists of the black and of the white nodes,
# - **one** factor for all bonds, `SpinEBMFactor([heads, tails], weights)`: two `Block`s that hold the ends of every bond, and a JAX array
#   with a weight for each, $\beta J$. `exact.bonds((size, size))`, of shape (bonds, 2), has the numbers of both ends, each bond once,
# - `FactorSamplingProgram(BlockGibbsSpec(blocks, []), samplers, [factor], [])`, where `samplers` is a list with a `SpinGibbsConditional()`
#   for each block; the empty lists: no node is held fixed, nothing else acts on them.
#
# That sampler draws $+1$ with probability $1/(1 + e^{-2\gamma})$, where $\gamma$ is the sum of weights times neighbours.


# %% todo="7.2" task="return the program and its two blocks"
def ising_program(nodes: list[SpinNode], beta: float) -> tuple[FactorSamplingProgram, list[Block]]:
    """THRML program of the Ising model on a square torus, J = 1, no field; one colour after the other.

    Args:
        nodes: size * size of them, row by row; size is even.
        beta: inverse temperature.

    Returns:
        The program, and its blocks: a list of two.
    """
    ### BEGIN SOLUTION
    size = math.isqrt(len(nodes))
    black, white = [], []
    for k, node in enumerate(nodes):
        colour = (k // size + k % size) % 2
        [black, white][colour].append(node)
    blocks = [Block(black), Block(white)]
    bonds = exact.bonds((size, size))
    heads = Block([nodes[a] for a, _ in bonds])
    tails = Block([nodes[b] for _, b in bonds])
    factor = SpinEBMFactor([heads, tails], jnp.full(len(bonds), beta))
    samplers = [SpinGibbsConditional(), SpinGibbsConditional()]
    return FactorSamplingProgram(BlockGibbsSpec(blocks, []), samplers, [factor], []), blocks
    ### END SOLUTION


# %% check="7.2" points=4
from course_checks import check, exercises

with check.exercise("7.2", "ising_program"):
    answer = exercises.ising.ising_program.by(ising_program)
    answer.on("a 4 × 4 torus, β = 0.3", [SpinNode() for _ in range(16)], 0.3)
    answer.on("a 6 × 6 torus, β = 0.6", [SpinNode() for _ in range(36)], 0.6)
    answer.fresh(1, "another torus")

# %% [markdown] hint="7.2"
# Go through `enumerate(nodes)`: node `k` stands in row `k // size`, column `k % size`, and is black if their sum is even. For the bonds,
# `heads = Block([nodes[a] for a, b in exact.bonds((size, size))])`, and `tails` with `b`. The weights are `jnp.full(len(bonds), beta)`:
# no factor 2, since `SpinGibbsConditional` has it.

# %% [markdown]
# A program has no state of its own: `sample_states` takes a key, the program, a schedule, and the state, one array of `bool` for each
# block (`True` is up). The last argument says what to record, here all nodes in their order. A **key** is JAX's random number generator;
# `vmap` makes of the function for one key one for 64 keys at once, and `jit` compiles it. Sixteen spins have 65,536 states, few enough
# to know the share of each energy exactly, as in Exercise 2.1. Do 64 chains meet it?

# %%
program, blocks = check.yours("7.2", ising_program, gibbs.ising_program)(few, 0.4)
schedule = SamplingSchedule(n_warmup=200, n_samples=200, steps_per_sample=2)


def chain(key):
    """One chain of the program, from all spins down."""
    down = [jnp.zeros(len(block), bool) for block in blocks]
    return sample_states(key, program, schedule, down, [], [Block(few)])[0]


up = jax.jit(jax.vmap(chain))(jax.random.split(jax.random.key(73), 64))
energy = 16 * Ising(4).energy(2 * up.reshape(64, 200, 4, 4).astype(int) - 1)
levels, counts = exact.density_of_states((4, 4))
weights = counts * np.exp(-0.4 * (levels + 32))
share, error = np.array([observables.mean_and_error(energy == level) for level in levels]).T
all_states = plots.exact(levels, weights / weights.sum(), "all 65,536 states")
plots.figure(
    plots.panel(
        all_states, plots.points(levels, share, error, "64 chains on THRML"), xlabel="energy $E$", ylabel="probability"
    ),
    title="Sixteen spins on THRML: each energy as often as it should be",
)

# %% [markdown]
# *Picture: probability against energy, dots with small error bars on the corners of a grey line: highest at the lowest energy, -32, with a
# second, lower hump around -16, then falling to zero.*
#
# For longer runs the course has the same program in a faster dress. `Ising(64).sample(key, beta, ...)` returns lattices,
# `.measure(...)` numbers that are taken while it runs, `.stream(...)` lattices for a film. On thousands of spins it is several times as
# fast, since one node holds a whole colour (section 7).
#
# ## 4 · Where order is lost
#
# Now measure. Two quantities: the order $\langle|m|\rangle$ and the energy per spin. Why the absolute value? Up and down are equally
# likely, so the mean of $m$ itself is zero at every temperature, if only one waits long enough.
#
# And the error bar? Successive lattices of a chain resemble each other, so a thousand of them are not a thousand measurements. *Chains*
# are independent. Average over each chain first; the spread of those few numbers, divided by the root of how many there are, is an error
# that can be believed.
#
# ### Exercise 7.3 · Measure a phase transition
# *Difficulty ●●○ · fifteen minutes · why: this loop is the whole experiment, and it works for any lattice that can be drawn.*
#
# `draw(T)` makes lattices at temperature T, several chains of several samples. Go through the temperatures, and return four numbers for
# each. The energy counts every bond of the torus once.


# %% todo="7.3" task="return order, its error, energy and its error, a row for each temperature"
def phase_curve(draw, temperatures: Float[np.ndarray, "n"]) -> Float[np.ndarray, "n 4"]:
    """Order and energy of the Ising model against temperature, J = 1, no field.

    Args:
        draw: draw(T) gives spins -1 and +1 at temperature T, an array of shape
            (chains, samples, rows, cols), of NumPy or of JAX.
        temperatures: where to measure.

    Returns:
        A row for each temperature: the mean of |m| over all lattices, its standard error, the energy
        per spin, its standard error. An error is the standard deviation (ddof=1) of the means of the
        chains, divided by the root of their number.
    """
    ### BEGIN SOLUTION
    rows = []
    for T in temperatures:
        spins = np.asarray(draw(T), float)
        m = np.abs(spins.mean(axis=(2, 3)))
        below, right = np.roll(spins, -1, axis=2), np.roll(spins, -1, axis=3)
        energy = -(spins * (below + right)).mean(axis=(2, 3))
        row = []
        for series in (m, energy):
            chains = series.mean(axis=1)
            row += [chains.mean(), chains.std(ddof=1) / math.sqrt(len(chains))]
        rows.append(row)
    return np.array(rows)
    ### END SOLUTION


# %% check="7.3" points=4
from course_checks import check, exercises

with check.exercise("7.3", "phase_curve"):
    answer = exercises.ising.phase_curve.by(phase_curve)
    rng = np.random.default_rng(73)
    toy = {T: rng.choice([-1, 1], (3, 2, 4, 6), p=[T / 4, 1 - T / 4]) for T in (0.5, 1.0, 1.5)}
    toy = {T: spins * rng.choice([-1, 1], (3, 2, 1, 1)) for T, spins in toy.items()}
    for some in ([0.5], [0.5, 1.0, 1.5]):
        answer.on(f"lattices at T = {some}", lambda T: toy[min(toy, key=lambda at: abs(at - T))], np.array(some))
    answer.fresh(3, "other lattices")

# %% [markdown] hint="7.3"
# `spins.mean(axis=(2, 3))` is m of every lattice, shape (chains, samples); take its absolute value there and then. `np.roll(spins, -1,
# axis=2)` and `axis=3` are the neighbours below and on the right: two bonds for each spin, so each bond once. `.mean(axis=1)` leaves
# one number per chain.

# %% [markdown]
# The experiment twice: every temperature once from equal spins, *cold*, and once from random spins, *hot*, with a thousand sweeps to
# forget the start. Onsager (1944) knew the energy of the infinite lattice exactly; Yang (1952) its magnetisation. **Guess:** do the two
# starts agree?

# %%
curve = check.yours("7.3", phase_curve, gibbs.phase_curve)
heats = np.array([1.2, 1.5, 1.8, 2.0, 2.1, 2.2, 2.35, 2.5, 2.8, 3.2, 3.6])


def lattices(T: float, start: str, n_chains: int = 8) -> Int[jax.Array, "chains samples 64 64"]:
    """Chains of 64 × 64 spins: a thousand sweeps to forget the start, then a lattice every ten sweeps."""
    key = jax.random.key(round(1000 * T) + 5)
    return Ising(64).sample(key, 1 / T, n_samples=60, n_sweeps=10, n_burn_in=1000, n_chains=n_chains, init=start)


from_cold = curve(lambda T: lattices(T, "aligned"), heats).T
from_hot = curve(lambda T: lattices(T, "random"), heats).T

# %%
line = np.linspace(1.1, 3.7, 400)
known = (
    ([exact.yang_magnetisation(1 / x) for x in line], "Yang"),
    ([exact.onsager_energy(1 / x) for x in line], "Onsager"),
)
panels = [
    plots.panel(plots.exact(line, *law), plots.points(heats, *from_cold[k : k + 2], "cold start"),
                plots.points(heats, *from_hot[k : k + 2], "hot start", mark="s"),
                plots.vline(T_C, "$T_c$", style=":"), xlabel="temperature $T$", ylabel=name)
    for law, k, name in zip(known, (0, 2), ("order $\\langle|m|\\rangle$", "energy per spin"), strict=True)
]  # fmt: skip
plots.figure(*panels, title="Cold starts follow Yang and Onsager; hot starts freeze below $T_c$")

# %% [markdown]
# *Picture: order and energy against temperature. The points of the cold starts lie on the exact curves: the order falls steeply to zero at
# T_c = 2.269, where the energy rises fastest; just above T_c they lie higher than Yang's zero. The hot starts lie on the others above T_c;
# below it their order is smaller, with large error bars.*
#
# There it is: a **phase transition**. Order does not fade, it ends, at $T_c = 2/\log(1 + \sqrt 2) \approx 2.269$. On 64 × 64 spins the end is
# rounded, since a patch cannot outgrow its lattice.
#
# But the hot starts are wrong in the cold, by far more than a thousand sweeps should leave. What is the matter with them? Do not
# average, look.

# %%
last = lattices(1.2, "random", n_chains=16)[:, -1]
m = np.abs(np.asarray(observables.magnetisation(last)))
chosen = np.argsort(m)[[0, 1, 2, -1]]
title = f"$T = 1.2$ from random spins: {(m < 0.9).sum()} of 16 lattices are stuck; Yang's $|m|$ is {exact.yang_magnetisation(1 / 1.2):.3f}"
plots.figure(*plots.lattices(last[chosen], Ising(64), [f"$|m| = {m[k]:.2f}$" for k in chosen]), columns=4, title=title)

# %% [markdown]
# *Picture: four lattices. In three of them two bands, straight or slanted, close round the torus, and |m| is small; the fourth is ordered.*
#
# Stripes. A wall moves where it is curved, and a band that closes round the torus has straight walls. **Hot starts freeze below $T_c$**:
# the sampler is right, but the run is too short, since a stripe dies only when its two walls happen to meet. Start cold there, or cool
# slowly. And measure from two opposite starts: only where they agree has either run forgotten where it came from. Near $T_c$ that takes
# thousands of sweeps (section 10).
#
# ## 5 · Explore
#
# The same program, live, with 256 × 256 spins: ▶ lets time run. Answer the question above the picture first. Then quench to T = 1.2 with
# 16 sweeps a frame, and look for stripes.

# %%
explorers.live_lattice(Ising(256))

# %% [markdown]
# Without a kernel, your film (growth without end below $T_c$) and the first figure answer the explorer's question.

# %% [markdown] think="7a"
# **Think.** How many colours does the triangular lattice need, where each spin has six neighbours? And a square lattice with
# bonds to the diagonal neighbours too? What does that do to the time of a sweep on parallel hardware?
# <!-- ANSWER -->
# Three spins of a triangle are all neighbours, so two colours cannot do; three suffice (number them by $(i - j) \bmod 3$, on
# sides that are multiples of 3). With diagonals, four spins of a small square are all neighbours: four colours, $(i \bmod 2, j
# \bmod 2)$. A sweep takes as many parallel steps as there are colours, whatever the size of the lattice.

# %% [markdown]
# ## What you made
#
# - `gibbs_sweep` draws a lattice in two steps, one for each colour. Neighbours drawn together would flicker.
# - `ising_program` says it in THRML's words: nodes, blocks, factors, program; a schedule runs it. It met all 65,536 states.
# - `phase_curve` found order below $T_c$ and none above it, with errors from independent chains, and two starts told where to believe it.
#
# Lessons 08 and 09 put more colours, and then angles, in the place of $\pm 1$. What follows is for those who want more.

# %% [markdown] depth="75 min"
# Why all at once is wrong, to the last digit; THRML's traps; how fast patches grow; a phase diagram that is tested by χ²; critical
# slowing down; $T_c$ from two small lattices; hysteresis; and what goes wrong.

# %%
import time
from functools import partial

from thrml import sample_blocks
from thrml.models import IsingEBM, IsingSamplingProgram

from course_utils import diagnostics

# %% [markdown]
# ## 6 · What is stationary?
#
# ### Exercise 7.4 · What is stationary?
# *Difficulty ●●○ · fifteen minutes · why: "it is faster to draw all spins at once" is a mistake that no plot of one run shows.*
#
# How wrong is it to draw neighbours together? A system with four spins has 16 states, so that we can write down the
# probability of every step. In one step the spins of a *group* are drawn at once, each from its conditional in the present
# state $a$; the others stay. The probability to go from state $a$ to state $b$ is a product over the spins:
#
# $$K_{ab} = \prod_{i \in \text{group}} P(b_i \mid a) \prod_{i \notin \text{group}} [b_i = a_i],$$
#
# where the bracket is 1 if $b_i = a_i$, else 0. Complete `transition_matrix`. Its rows must add up to 1.


# %% todo="7.4" task="return the matrix of the probabilities of all steps"
def transition_matrix(
    states: Int[np.ndarray, "n_states n"], p_up: Float[np.ndarray, "n_states n"], group: list[int]
) -> Float[np.ndarray, "n_states n_states"]:
    """Probability of each step if the spins of a group are drawn at once and the others stay.

    Args:
        states: all states, one a row, of -1 and +1.
        p_up: for each state and spin, the probability that the spin is drawn as +1.
        group: numbers of the spins that are drawn.

    Returns:
        K, with K[a, b] the probability to go from state a to state b.
    """
    ### BEGIN SOLUTION
    matrix = np.ones((len(states), len(states)))
    for i in range(states.shape[1]):
        after = states[None, :, i]
        if i in group:
            matrix *= np.where(after == 1, p_up[:, None, i], 1 - p_up[:, None, i])
        else:
            matrix *= after == states[:, None, i]
    return matrix
    ### END SOLUTION


# %% check="7.4" points=3
from course_checks import check, exercises

with check.exercise("7.4", "transition_matrix"):
    answer = exercises.ising.transition_matrix.by(transition_matrix)
    states = exact.ising_states(3)[[5, 0, 3, 7, 1, 6, 2, 4]]
    p_up = np.random.default_rng(73).uniform(0.1, 0.9, states.shape)
    for group in ([1], [0, 2], [0, 1, 2]):
        K = answer.on(f"three spins, group {group}", states, p_up, group)
        check.close(f"the row sums of group {group}", np.sum(K, axis=1), np.ones(8))
    answer.fresh(3, "other spins")

# %% [markdown] hint="7.4"
# For a drawn spin $i$ the factor is `p_up[a, i]` if `states[b, i]` is +1, else `1 - p_up[a, i]`; for another it is
# `states[b, i] == states[a, i]`. With `states[None, :, i]` for the state $b$ and `p_up[:, None, i]` for the state $a$, NumPy
# makes the whole matrix at once.

# %% [markdown]
# Now four spins in a square, at β = 0.6. A sweep in two colours is the product of two matrices. A distribution $\pi$ is
# *stationary* if $\pi K = \pi$; it is the left eigenvector of $K$ for the eigenvalue 1.


# %%
def stationary(kernel: Float[np.ndarray, "n n"]) -> Float[np.ndarray, "n"]:
    """The distribution that a kernel leaves as it is."""
    values, vectors = np.linalg.eig(kernel.T)
    vector = vectors[:, np.argmin(abs(values - 1))].real
    return vector / vector.sum()


states, bonds, beta = exact.ising_states(4), exact.bonds((2, 2), periodic=False), 0.6
neighbour = np.zeros((4, 4), int)
neighbour[bonds[:, 0], bonds[:, 1]] = neighbour[bonds[:, 1], bonds[:, 0]] = 1
p_up = 1 / (1 + np.exp(-2 * beta * states @ neighbour))
energy = -(states[:, bonds[:, 0]] * states[:, bonds[:, 1]]).sum(1, dtype=int)
boltzmann = np.exp(-beta * energy) / np.exp(-beta * energy).sum()
black, white = [0, 3], [1, 2]
one, other, both = (gibbs.transition_matrix(states, p_up, g) for g in (black, white, black + white))
found = {"Boltzmann": boltzmann, "black, then white": stationary(one @ other)}
found["all at once"] = stationary(both)
for name, π in found.items():
    distance = abs(π - boltzmann).sum() / 2
    print(f"{name:18s} ⟨E⟩ = {π @ energy:7.4f}   distance from Boltzmann {distance:.1e}")
title = "Drawn all at once, a checkerboard is as probable as full order"
plots.figure(plots.stationary(states, energy, found), title=title)

# %% [markdown]
# *Picture: three bars for each of the 16 states, sorted by energy. Boltzmann and two colours agree: high at the two ordered
# states, almost nothing at the two checkerboards. All at once gives the checkerboards the same height as the ordered states.*
#
# Two colours leave the Boltzmann distribution as it is, to machine precision. All at once does not, and the figure shows
# why. The new black spins depend on the old white ones only, and the new white ones on the old black ones. So black and white
# of the *same* time never meet: they are independent, each colour by itself is right, and the energy of a bond is zero on
# average. That is the flicker of section 2.

# %% [markdown]
# ## 7 · THRML's traps, and one program for all temperatures
#
# For Ising models there is a ready-made program. All bonds are 1 here, and β = 0.4: which weights will its factors hold?

# %%
size, beta_0 = 16, 0.4
nodes = [SpinNode() for _ in range(size**2)]
edges = [(nodes[a], nodes[b]) for a, b in exact.bonds((size, size))]
ebm = IsingEBM(nodes, edges, jnp.zeros(len(nodes)), jnp.ones(len(edges)), jnp.array(beta_0))
colours = gibbs.ising_program(nodes, beta_0)[1]
ready_made = IsingSamplingProgram(ebm, colours, [])
for factor in ebm.factors:
    n, groups, values = len(factor.weights), len(factor.node_groups), np.unique(factor.weights)
    print(f"{type(factor).__name__}: {n} terms, nodes in each: {groups}, weights {values}")

# %% [markdown]
# Two things have been *folded in*: THRML's factors hold $\beta J$, and every spin has a bias term, although all biases are zero. Now
# **three traps**, each of which cost somebody an afternoon.
#
# *Spins are `bool`.* The mean of a thousand of them is not the magnetisation, and a product of two is not $s_i s_j$. Map them with
# `2 * s.astype(jnp.int8) - 1`, and hand in `bool` too.
#
# *Without `jit`, everything is traced again at every call.* That costs a second or more, for a single sweep as for a thousand.
#
# *`sample_blocks` writes into the list that it is given.* After the call, your old state is the new one. Hand it a copy, `list(state)`.
#
# **Guess:** how many times as long does one sweep take without `jit`: twice, ten times, a thousand times?

# %%
state = [jnp.zeros(len(block), bool) for block in colours]
one = partial(sample_states, program=ready_made, schedule=SamplingSchedule(1, 1, 1))
one = partial(one, init_state_free=state, state_clamp=[], nodes_to_sample=[Block(nodes)])
for name, call in (("not jitted", one), ("jitted    ", jax.jit(one))):
    seconds = []
    for k in jax.random.split(jax.random.key(0), 3):
        start = time.perf_counter()
        jax.block_until_ready(call(k))
        seconds.append(time.perf_counter() - start)
    print(f"{name}: three calls of one sweep took " + ", ".join(f"{1000 * t:.1f} ms" for t in seconds))
before = state[0]
sample_blocks(jax.random.key(0), list(state), [], ready_made, [None, None])
print("handed a copy, our list holds the old spins:", state[0] is before)
sample_blocks(jax.random.key(0), state, [], ready_made, [None, None])
print("handed the list itself, it does not:        ", state[0] is before)
try:
    sample_blocks(jax.random.key(0), [jnp.ones(len(b), jnp.int8) for b in colours], [], ready_made, [None, None])
except RuntimeError as error:
    print(f"handed int8 spins: {type(error).__name__}: {error}")

# %% [markdown]
# A second program, for another β, would be compiled again, although its nodes are the same: its blocks are new objects, and THRML's
# blocks are compared by identity. So build the program *inside* `jit`, from a β that is an argument. Then the tables of who reads
# whom are constants of one compiled function, and only the weights β J are traced. The body of a jitted function runs when JAX
# traces it, and at no other time, which the list `traced` counts. What will it have counted after three β, one by one?

# %%
traced = []


@jax.jit
def energies(beta, key) -> Float[jax.Array, "chains samples"]:
    """Energies of 64 chains of 16 × 16 spins at any β; the program is built while JAX traces."""
    traced.append(beta)
    program, blocks = gibbs.ising_program(nodes, beta)
    down = [jnp.zeros(len(block), bool) for block in blocks]
    steps = SamplingSchedule(n_warmup=200, n_samples=200, steps_per_sample=2)
    run = jax.vmap(lambda k: sample_states(k, program, steps, down, [], [Block(nodes)])[0])
    up = run(jax.random.split(key, 64)).reshape(64, 200, 16, 16)
    return Ising(16).energy(2 * up.astype(jnp.int8) - 1)


for beta in (0.3, 0.4, 0.5):
    e = observables.mean_and_error(energies(beta, jax.random.key(76)))
    print(f"β = {beta}: energy per spin {e}, Kaufman {exact.kaufman_energy(16, beta):.5f}; traces: {len(traced)}")
many = jax.vmap(energies, (0, None))(jnp.linspace(0.1, 0.6, 6), jax.random.key(77))
print("and six β at once, by vmap:", np.round(np.asarray(many, float).mean((1, 2)), 3), f"traces: {len(traced)}")

# %% [markdown]
# `course_utils.lattice.Ising` is the same program with one coupling in place of a weight per bond, and with one node for each colour
# that holds half the lattice (`engine="sublattices"`; the other is `"sites"`). One β per chain makes a whole phase diagram one compiled
# program. `tests/benchmarks/spins.py` in the repository measures how many times as fast it is on your machine.
#
# ## 8 · Quench: how patches grow
#
# Your film was a **quench**: a lattice at infinite temperature in a bath at T = 1.5. Here it is again on 256 × 256 spins, long enough to
# measure how fast the patches grow. We measure the size ℓ of the domains as the distance at which the correlation of two spins has fallen to
# half of the square of Yang's magnetisation. In four times the time, how many times as large will they be?


# %%
def domain_size(correlation: Float[np.ndarray, "distances"], level: float) -> float:
    """Distance at which a correlation function falls through a level, by linear interpolation."""
    k = int(np.argmax(correlation < level))
    return k - 1 + (correlation[k - 1] - level) / (correlation[k - 1] - correlation[k])


T, model, key = 1.5, Ising(256), jax.random.key(76)
look = {"spins": lambda s: s, "correlation": observables.correlation_function}
level = exact.yang_magnetisation(1 / T) ** 2 / 2
times, sizes, snapshots, spins, done = 2 ** np.arange(11), [], {}, "random", 0
for t in times:
    how = {"n_samples": 1, "n_sweeps": int(t - done), "n_chains": 4, "init": spins}
    seen = model.measure(jax.random.fold_in(key, t), 1 / T, look, **how)
    spins, done = seen["spins"][:, 0], t
    snapshots[t] = np.asarray(spins[0])
    sizes.append([domain_size(c, level) for c in np.asarray(seen["correlation"][:, 0], float)])
titles = [f"$t$ = {t} sweep{'s' if t > 1 else ''}" for t in (1, 16, 128, 1024)]
title = f"$T = {T}$ after a quench: the patches grow and keep their look"
plots.figure(*plots.lattices([snapshots[t] for t in (1, 16, 128, 1024)], model, titles), columns=4, title=title)

# %% [markdown]
# *Picture: four moments of the same lattice. Noise after one sweep, then winding patches of two colours, larger at each later
# moment; at the last only a few are left.*

# %%
sizes = np.array(sizes)
late = slice(4, None)
each = [np.polyfit(np.log(times[late]), np.log(chain[late]), 1) for chain in sizes.T]
(growth, intercept), error = np.mean(each, axis=0), np.std(each, axis=0, ddof=1)[0] / 2  # of 4 chains
spread = sizes.std(axis=1, ddof=1) / math.sqrt(sizes.shape[1])
fit = math.exp(intercept) * times[late] ** growth
axes = {"log": "xy", "xlabel": "time $t$ since the quench (sweeps)", "ylabel": "domain size $\\ell$ (spacings)"}
plots.figure(
    plots.panel(
        plots.points(times, sizes.mean(axis=1), spread, "measured, 4 lattices of 256 × 256"),
        plots.line(times[late], fit, f"fit: $t^{{{growth:.2f}}}$", color="red"),
        plots.line(times, 1.6 * sizes[-1].mean() * np.sqrt(times / times[-1]), "slope 1/2", color="grey", style="--"),
        yticks=(1, 2, 5, 10, 20, 50), **axes,
    ),
    title=f"Domains grow as $t^{{{growth:.2f} \\pm {error:.2f}}}$; theory for late times: $t^{{1/2}}$",
)  # fmt: skip

# %% [markdown]
# *Picture: on logarithmic axes the size of the domains rises from about one spacing to tens of spacings. At late times the points
# follow the fitted line, nearly parallel to a dashed line of slope one half above it; their error bars grow, as few domains are
# left.*
#
# Why the square root? A wall between two domains moves because it is curved: a corner spin has as many unlike as like
# neighbours, and turns at no cost. The speed of a wall is its curvature, so $d\ell/dt \propto 1/\ell$, and
# $\ell \propto \sqrt t$ (Allen and Cahn 1979). Order on a side of $L$ takes of the order of $L^2$ sweeps. And
# a *flat* wall does not move at all.
#
# ## 9 · The phase diagram, tested
#
# At zero temperature about a third of all quenches on a square torus end in stripes for ever (Barros, Krapivsky and Redner 2009). The cure
# is a cold start: below $T_c$ that is next to equilibrium, and above $T_c$ order melts quickly. (In harder systems one cools slowly, or
# exchanges replicas as in lesson 03.) Both protocols at ten temperatures away from $T_c$; from a cold start also at four temperatures
# near $T_c$ and at $T_c$ itself, where the memory is longest and so are the runs. Eight chains each. On a GPU the runs are eight times as
# long. The lattice is smaller than yours, 32 × 32: it forgets sooner, and what is exact about it is known as well.

# %%
far = np.array([1.2, 1.5, 1.8, 2.0, 2.1, 2.5, 2.7, 3.0, 3.3, 3.6])
near = np.array([2.18, 2.24, T_C, 2.32, 2.38])
model_32, key = Ising(32), jax.random.key(78)
m_and_e = {"m": observables.magnetisation, "e": model_32.energy}
n_samples = 500 if machine.device == "cpu" else 4000


def series(key, temperatures, init, n_burn_in, n_sweeps) -> list[dict[str, np.ndarray]]:
    """m and e for each temperature, each of shape (8 chains, samples)."""
    how = {"n_samples": n_samples, "n_sweeps": n_sweeps, "n_burn_in": n_burn_in, "init": init}
    betas = np.repeat(1 / temperatures, 8)
    measured = model_32.measure(key, betas, m_and_e, n_chains=len(betas), **how)
    rows = {name: np.split(np.asarray(values, float), len(temperatures)) for name, values in measured.items()}
    return [dict(zip(rows, pair, strict=True)) for pair in zip(*rows.values(), strict=True)]


hot = series(key, far, "random", 1000, 4)
cold = series(jax.random.fold_in(key, 1), far, "aligned", 500, 4)
cold += series(jax.random.fold_in(key, 2), near, "aligned", 2000, 16)
T_all = np.concatenate([far, near])
order = np.argsort(T_all)
T_all, cold = T_all[order], [cold[k] for k in order]

# %% [markdown]
# Which runs are at equilibrium? Those that are many autocorrelation times long, some twenty (lesson 03; τ is the subject of section
# 10), and with which runs from the opposite start agree. A run of about one τ agrees with anything: its error bar is as large as its
# ignorance. `diagnostics.two_starts` gives the distance of the two means in standard errors, and the length of the shorter run.

# %%
for T, one in zip(T_all, cold, strict=True):
    absolute = np.abs(one["m"]).T  # time first
    length = n_samples / diagnostics.integrated_time(absolute)
    print(f"T = {T:.3f}: |m| from cold {observables.mean_and_error(absolute.T)}, runs of {length:4.0f} τ", end="")
    if T in far:
        starts = diagnostics.two_starts(absolute, np.abs(hot[list(far).index(T)]["m"]).T)
        print(f"; hot starts {starts.apart:.1f} σ away, shorter run {starts.length:.0f} τ", end="")
    print()

# %% [markdown]
# From cold, all runs have their twenty τ; near $T_c$ just so. From hot, those at T = 1.2 and 1.5 count one or two: some of their lattices
# are stuck. What the error bars are worth is tested below, against exact energies.
#
# From the series of $m$ and $e$ come four quantities. Mean values are simple; the susceptibility
# $\chi = \beta N(\langle m^2\rangle - \langle|m|\rangle^2)$ and the specific heat $C = \beta^2N(\langle e^2\rangle - \langle
# e\rangle^2)$ measure the fluctuations. The errors come from the spread of independent chains, by the jackknife where a quantity
# is not a plain mean. Exact curves: Onsager's energy, and its slope, the specific heat; Yang's magnetisation. For
# χ there is an exact law near $T_c$, $T\chi = C_\pm\,|1 - T_c/T|^{-7/4}$ with known $C_\pm$ (Wu, McCoy, Tracy and Barouch
# 1976); above $T_c$ it is for $\beta N\langle m^2\rangle$, which we therefore show there.


# %%
def four(T: float, one: dict[str, np.ndarray]) -> list[observables.Measurement]:
    """|m|, energy, susceptibility and specific heat, each with its error."""

    def χ(m):
        below = observables.susceptibility(m, 1 / T, 32**2, axis=None)
        return below if T <= T_C else 32**2 / T * (m**2).mean()

    def C(e):
        return observables.specific_heat(e, 1 / T, 32**2, axis=None)

    mean, jack = observables.mean_and_error, observables.jackknife
    return [mean(np.abs(one["m"])), mean(one["e"]), jack(χ, one["m"]), jack(C, one["e"])]


quantities = [
    "$\\langle|m|\\rangle$",
    "energy per spin ($J$)",
    "susceptibility $\\chi$ ($1/J$)",
    "specific heat $C$ ($k_B$)",
]
of_cold = [four(T, one) for T, one in zip(T_all, cold, strict=True)]
of_hot = [four(T, one) for T, one in zip(far, hot, strict=True)]
measured = [
    [plots.points(T_all, *zip(*column, strict=True), "cold starts, 32 × 32")] for column in zip(*of_cold, strict=True)
]
for layers, column in list(zip(measured, zip(*of_hot, strict=True), strict=True))[:2]:
    layers.append(plots.points(far, *zip(*column, strict=True), "hot starts", mark="s"))

# %%
line = np.concatenate([np.linspace(1.1, T_C - 0.002, 200), np.linspace(T_C + 0.002, 3.7, 200)])
onsager = np.array([exact.onsager_energy(1 / T) for T in line])
close = line[abs(line / T_C - 1) < 0.25]
law = np.where(close < T_C, 0.0255370, 0.9625817) * abs(1 - T_C / close) ** -1.75 / close
curves = [[exact.yang_magnetisation(1 / T) for T in line], onsager, law, np.gradient(onsager, line)]
known = [plots.exact(line, curve, "exact, infinite lattice") for curve in curves]
known[2] = plots.exact(close, law, "exact law near $T_c$", style="--")
axes = {"xlabel": "temperature $T$ ($J/k_B$)"}
limits = [{}, {}, {"log": "y", "ylim": (0.003, 3000)}, {"ylim": (0, 3)}]
panels = [
    plots.panel(exact_curve, *layers, plots.vline(T_C, "$T_c$", style=":"), ylabel=name, **axes, **limit)
    for exact_curve, layers, name, limit in zip(known, measured, quantities, limits, strict=True)
]
title = "Cold starts follow Onsager and Yang; the coldest hot starts are stuck"
plots.figure(*panels, columns=2, share="x", title=title)

# %% [markdown]
# *Picture: four panels against temperature, with the critical temperature dotted. The points of the cold starts lie on the
# exact curves: |m| falls steeply to zero at T_c, the energy has its steepest rise there, susceptibility (logarithmic axis) and
# specific heat have peaks. Near T_c the points round off what is infinitely sharp for an infinite lattice. The hot starts
# have a smaller |m| and a higher energy at the two lowest temperatures; elsewhere they lie on the others.*
#
# How well do they agree? The finite lattice is known exactly as well: Kaufman's formula gives its energy, and the slope of
# that its specific heat. A good way to be honest is χ²: the squared deviations, in units of the error bars, added up. With
# error bars that are exact it is about the number of temperatures. Ours come from 8 chains and are uncertain themselves; with
# ν = 7 degrees of freedom each term is $\nu/(\nu-2)$ on average (Student's t).


# %%
def kaufman_heat(T: float, step: float = 1e-3) -> float:
    """Specific heat of the 32 × 32 torus: the slope of Kaufman's energy."""
    above, below = (exact.kaufman_energy(32, 1 / (T + d)) for d in (step, -step))
    return (above - below) / (2 * step)


finite = [(exact.kaufman_energy(32, 1 / T), kaufman_heat(T)) for T in T_all]
print("     T     energy             Kaufman    C                Kaufman   |m|                  Yang")
for T, (m, e, _, C), (u, c) in zip(T_all, of_cold, finite, strict=True):
    print(f"{T:6.3f}  {e!s:18s} {u:8.4f}   {C!s:16s} {c:6.3f}   {m!s:20s} ", end="")
    print(f"{exact.yang_magnetisation(1 / T):.4f}")
for k, name in ((0, "energy"), (1, "specific heat")):
    pairs = [(row[1 + 2 * k], right[k]) for row, right in zip(of_cold, finite, strict=True)]
    χ2 = sum(((got.value - right) / got.error) ** 2 for got, right in pairs)
    ν, n = 7, len(pairs)
    variance = 2 * ν**2 * (ν - 1) / ((ν - 2) ** 2 * (ν - 4))
    expected = f"{n * ν / (ν - 2):.0f} ± {math.sqrt(n * variance):.0f}"
    print(f"{name}: χ² = {χ2:.1f} for {n} temperatures, expected {expected}")

# %% [markdown]
# ## 10 · Critical slowing down
#
# The errors are largest at $T_c$, though the runs there were the longest. Patches of every size must form and dissolve, and
# the largest take longest. The **integrated autocorrelation time** τ (lesson 03) says how many sweeps one independent
# lattice costs. At $\beta_c$ it grows as $\tau \propto L^z$. Coarsening took $L^2$; is $z$ near 2?

# %%
lattice_sizes, τ, at_critical = np.array([8, 12, 16, 24, 32]), [], {}
chains, only_m = {"n_samples": 1000, "n_chains": 28, "init": "aligned"}, {"m": observables.magnetisation}
for L in lattice_sizes:
    every = int(L * L // 64)  # sweeps between samples: about the same number of samples per τ for all
    how = chains | {"n_sweeps": every, "n_burn_in": 100 * every}
    betas = np.full(28, exact.BETA_C)
    seen = Ising(int(L)).measure(jax.random.key(L), betas, only_m, **how)
    at_critical[L] = np.asarray(seen["m"], float)
    groups = [every * diagnostics.integrated_time(np.abs(at_critical[L][k::7]).T) for k in range(7)]
    τ.append((np.mean(groups), np.std(groups, ddof=1) / math.sqrt(7)))
    value, error = τ[-1]
    print(f"L = {L:2d}: τ = {value:6.1f} ± {error:.1f} sweeps, runs of {1000 * every / value:.0f} τ")
τ, error = np.array(τ).T
fit, cov = np.polyfit(np.log(lattice_sizes), np.log(τ), 1, w=τ / error, cov="unscaled")
z, z_error = fit[0], math.sqrt(cov[0, 0])
law = plots.line(lattice_sizes, math.exp(fit[1]) * lattice_sizes**z, f"fit: $L^{{{z:.2f}}}$", color="red")
axes = {"xlabel": "side of the lattice $L$ (spins)", "ylabel": "autocorrelation time $\\tau$ of $|m|$ (sweeps)"}
plots.figure(
    plots.panel(
        plots.points(lattice_sizes, τ, error, "measured"), law, log="xy", xticks=lattice_sizes.tolist(),
        yticks=(10, 20, 50, 100, 200, 500), **axes,
    ),
    title=f"At $T_c$, one independent $|m|$ costs $L^z$ sweeps, $z = {z:.2f} \\pm {z_error:.2f}$",
)  # fmt: skip

# %% [markdown]
# *Picture: five points with error bars on logarithmic axes. The autocorrelation time rises with the size of the lattice, close to a
# straight line, the fit.*
#
# The best estimates in the literature are z = 2.17 (Nightingale and Blöte 1996). Doubling the side costs four times as many
# spins *and* more than four times as many sweeps. Cluster algorithms (Swendsen and Wang 1987) draw whole patches at once and
# all but remove this. They are not local: a cluster may span the lattice, and a cell that sees its neighbours alone cannot
# grow one. With them, 512 × 512 spins at $T_c$ are a matter of seconds. Once from random and once from equal spins:

# %%
large, dice = Ising(512), np.random.default_rng(8)
opposite = np.stack([dice.choice([-1, 1], large.shape), np.ones(large.shape)]).astype(np.int8)
spins, series = cluster.equilibrate(large, dice, exact.BETA_C, 28, n_chains=2, init=opposite), []
for _ in range(40):
    spins = cluster.update(large, dice, exact.BETA_C, spins)
    series.append(large.energy(jnp.asarray(spins)))
pieces = np.stack(series, 1).reshape(2, 4, 10)  # of each chain, about one τ long: the errors are a little too small
print("energy from random and from equal spins:", diagnostics.two_starts(pieces[0].T, pieces[1].T))
u, error = pieces.mean(), pieces.mean(2).std(ddof=1) / math.sqrt(8)
print(f"both together {u:.4f} ± {error:.4f}, exact (Kaufman) {exact.kaufman_energy(512, exact.BETA_C):.4f}")
most_even = spins[np.abs(spins.mean((1, 2))).argmin()]
title = "$512\\times512$ spins at $T_c$, closer and closer: domains within domains of every size"
plots.figure(*plots.zooms(most_even, large), title=title)

# %% [markdown]
# *Picture: three square lattices of equally many cells. The first is the whole lattice, a cell being the majority of 4 × 4 spins; the
# second is a framed quarter of it, in blocks of 2 × 2; the third a framed quarter of that, spin by spin. In all three there are large
# ragged patches of both colours with smaller ones inside, down to single cells.*
#
# By the measure of section 9 runs of three τ are short. What speaks for them is that both starts agree with each other, and with the
# exact energy, within errors.
#
# ## 11 · The critical temperature from small lattices
#
# On a finite lattice nothing is sharp, so where is $T_c$? Binder's idea (1981): the *shape* of the distribution of $m$ does
# not depend on the size at $T_c$, as patches of every size look alike. A number for the shape is
#
# $$U = 1 - \frac{\langle m^4\rangle}{3\,\langle m^2\rangle^2} .$$
#
# It is 2/3 in full order ($m = \pm m_0$), 0 in disorder ($m$ normally distributed), and the curves of two sizes cross near $T_c$.
#
# ### Exercise 7.5 · Order parameter and Binder's cumulant
# *Difficulty ●○○ · ten minutes · why: averages of powers, powers of averages and absolute values are easily exchanged.*
#
# Complete `order_and_binder`: the order parameter $\langle|m|\rangle$ and $U$, averages over all chains and samples.


# %% todo="7.5" task="return the order parameter and Binder's cumulant"
def order_and_binder(m: Float[np.ndarray, "chains samples"]) -> tuple[float, float]:
    """Order parameter and Binder's cumulant.

    Args:
        m: magnetisation per spin, with its sign.

    Returns:
        ⟨|m|⟩ and 1 - ⟨m⁴⟩ / (3 ⟨m²⟩²), averages over all chains and samples.
    """
    ### BEGIN SOLUTION
    return np.abs(m).mean(), 1 - (m**4).mean() / (3 * (m**2).mean() ** 2)
    ### END SOLUTION


# %% check="7.5" points=2
from course_checks import check, exercises

with check.exercise("7.5", "order_and_binder"):
    answer = exercises.ising.order_and_binder.by(order_and_binder)
    m = np.array([[0.5, -0.1, 0.3], [-0.4, -0.2, 0.6]])
    answer.on("two chains", m, expect=0.35)
    order, binder = answer.on("m = ±1", np.array([[1.0, -1.0, -1.0], [1.0, -1.0, -1.0]]), expect=1.0)
    check.close("U of m = ±1, exactly 2/3", binder, 2 / 3)
    answer.fresh(3, "other chains")

# %% [markdown] hint="7.5"
# `(m**4).mean()` is an average over all chains and samples. The absolute value is taken of each entry before the average.

# %%
T_near = np.array([2.20, 2.23, 2.26, 2.28, 2.30, 2.33, 2.36])
m_of, U = {}, {}
for L in (8, 12, 24):
    how = chains | {"n_chains": 56, "n_sweeps": L * L // 7, "n_burn_in": 2 * L * L}
    m = Ising(L).measure(jax.random.key(80 + L), np.repeat(1 / T_near, 8), only_m, **how)["m"]
    m_of[L] = np.asarray(m, float).reshape(7, 8, 1000)  # temperature, chain, sample
    cumulant = partial(observables.binder_cumulant, axis=None)
    U[f"$L = {L}$"] = np.array([observables.jackknife(cumulant, m) for m in m_of[L]]).T
found = observables.binder_crossing(T_near, m_of[8], m_of[24])
off = abs(found.value / T_C - 1)
title = f"$L = 8$ and 24 cross at $T_c$ = {found}, {off:.2%} from the exact value"
length = 1000 * (24 * 24 // 7) / τ[lattice_sizes == 24][0]
print(f"the runs of L = 24 are {length:.0f} times as long as τ at T_c")
looks = zip(U.items(), "osD", strict=True)
layers = [plots.points(T_near, *values, name, mark=mark, joined=True) for (name, values), mark in looks]
layers.append(plots.vline(found.value, f"crossing of 8 and 24: {found}", error=found.error, color="purple", style="-"))
layers.append(plots.vline(T_C, f"exact $T_c$ = {T_C:.4f}"))
plots.figure(plots.panel(*layers, xlabel="temperature $T$ ($J/k_B$)", ylabel="Binder cumulant $U$"), title=title)

# %% [markdown]
# *Picture: three falling curves of Binder's cumulant with error bars, steeper for larger lattices. Those of the smallest and the
# largest cross in a shaded band, beside the dashed line of the exact critical temperature.*
#
# Two errors are in it: the statistical one, which the title says, and a shift, as small lattices do not quite look alike. The
# latter falls fast with the size; the former grows with it at equal cost, for larger lattices have a longer memory. That is why
# moderate sizes do best here.
#
# With your function, and how it looks exactly at $T_c$, where $U$ should be the same for all sizes: 0.6107 for large ones
# (Kamieniarz and Blöte 1993).

# %% uses="7.5"
mine = {L: [order_and_binder(one)[1] for one in m] for L, m in m_of.items()}
at = observables.crossing(T_near, mine[8], mine[24], degree=2)
print(f"your cumulants cross at T = {at:.4f}; exact {T_C:.4f}")
for L, m in at_critical.items():
    order, binder = order_and_binder(m)
    error = observables.jackknife(lambda m: order_and_binder(m)[1], m).error
    print(f"at T_c, L = {L:2d}: U = {binder:.4f} ± {error:.4f}, ⟨|m|⟩ = {order:.4f}, ", end="")
    print(f"⟨|m|⟩ L^(1/8) = {order * L**0.125:.4f}")

# %% [markdown]
# ⟨|m|⟩ at $T_c$ is no constant but falls as $L^{-1/8}$: the last column hardly changes.
#
# ## 12 · Hysteresis in a field
#
# Below $T_c$ a field decides which colour is at home, however small it is. Here is the plane of temperature and field at equilibrium, a
# lattice at each of its points. Each starts along its field, and once more against it.

# %%
columns, height = np.arange(1.0, 4.7, 0.4), {0.02: 0.68, 0.1: 1.68, 0.4: 2.68}
height |= {-h: -y for h, y in height.items()}  # rows, at equal distances
plane, gaps = {}, {}
for k, h in enumerate(height):
    start = np.sign(h) * np.ones((20, 64, 64)) * np.repeat([1, -1], 10)[:, None, None]
    how = {"n_samples": 1, "n_sweeps": 500, "n_chains": 20, "init": start.astype(np.int8)}
    spins = Ising(64, field=h).sample(jax.random.fold_in(jax.random.key(81), k), np.tile(1 / columns, 2), **how)
    plane[h], against = np.asarray(spins[:10, 0]), np.asarray(spins[10:, 0])
    gaps[h] = np.abs(plane[h].mean((1, 2)) - against.mean((1, 2)))
late = [f"up to T = {columns[gap > 0.5].max():.1f} at h = {h:+g}" for h, gap in gaps.items() if gap.max() > 0.5]
print("after 500 sweeps a start against the field is not forgotten " + ", ".join(late))
print(f"elsewhere m differs by at most {max(gap[gap <= 0.5].max() for gap in gaps.values()):.2f}")

# %%
low, high = ([f"{plane[h][k].mean():.2f}".replace("-", "−") for k in (2, 6)] for h in (-0.02, 0.02))
T_h = np.stack(np.meshgrid(columns, list(height.values())), axis=-1).reshape(-1, 2).T
axes = {"xlabel": "temperature $T$ ($J/k_B$)", "ylabel": "field $h$ ($J$), rows not to scale", "height": 5.9}
ticks = {y: f"{h:+g}".replace("-", "−") for h, y in height.items()} | {0: "0"}
plots.figure(
    plots.panel(
        plots.line([0.7, T_C], [0, 0], "first-order transitions: $h = 0$, $T < T_c$", color="red", width=6),
        plots.points([T_C], [0], name="critical point", color="black"), plots.words(2.4, 0, "no transition from here on"),
        plots.pasted(np.concatenate(list(plane.values())), *T_h, Ising(64), side=0.73),
        xticks=columns.round(1), yticks=ticks, xlim=(0.7, 4.9), ylim=(-3.2, 3.2), **axes,
    ),
    title=f"Across $h = 0$, $m$ jumps from {low[0]} to {high[0]} at $T = 1.8$; at 3.4 it moves from {low[1]} to {high[1]}",
)  # fmt: skip

# %% [markdown]
# *Picture: small square lattices in six rows of fields and ten columns of temperatures. On the left the rows of positive fields are
# dark and those of negative ones pale, but for specks; between them a thick line at h = 0 ends in a dot at T_c. To the right of the dot
# the lattices are mixed, patches near it and a finer grain further right, with a lean to the colour of the field that fades where the
# field is weak.*
#
# Only who crosses the line sees a jump: round the critical point a way leads from dark to pale on which nothing jumps, as from water to
# steam. And who does cross it sees the jump late. Lower the field slowly from +1 to -1 and raise it again. The spins of a cold
# lattice follow late: against the field, the wrong colour survives until a droplet of the right one happens to be large
# enough to grow. Field and coupling are arguments of the compiled program, so that all fields are one compilation.


# %%
def field_loop(T: float, n_sweeps: int, key) -> tuple[np.ndarray, np.ndarray]:
    """Fields from +1 to -1 and back, and the mean m of 4 chains after n_sweeps sweeps in each."""
    down = np.linspace(1, -1, 41)
    fields, spins, m = np.concatenate([down, down[::-1]]), "aligned", []
    for k, h in enumerate(fields):
        how = {"n_samples": 1, "n_sweeps": n_sweeps, "n_chains": 4, "init": spins}
        spins = Ising(64, field=h).sample(jax.random.fold_in(key, k), 1 / T, **how)[:, 0]
        m.append(float(spins.mean()))
    return fields, np.array(m)


loops, areas = {}, {}
for T in (1.5, 3.0):
    for n in (4, 64):
        h, m = field_loop(T, n, jax.random.key(79))
        loops.setdefault(f"$T = {T}$", []).append(plots.loop(h, m, f"{n} sweeps per field"))
        areas[T, n] = float(-np.sum((m[1:] + m[:-1]) / 2 * np.diff(h)))
        print(f"T = {T}, {n:2d} sweeps per field: area of the loop {areas[T, n]:.3f}")
left = f"{areas[1.5, 64]:.2f} $J$ below $T_c$ and {abs(areas[3.0, 64]):.2f} $J$ above it"
title = f"16 times slower, the loop shrinks to an area of {left}"
cross = [mark(0, color="grey", style="-") for mark in (plots.hline, plots.vline)]
axes = {"xlabel": "field $h$ ($J$)", "ylabel": "magnetisation $m$", "xticks": (-1, -0.5, 0, 0.5, 1)}
plots.figure(*(plots.panel(*cross, *ways, title=T, **axes) for T, ways in loops.items()), share="y", title=title)

# %% [markdown]
# *Picture: magnetisation against field, two panels. At T = 1.5 a wide loop, narrower but still open when each field lasts sixteen
# times as long. At T = 3.0 a thin loop, which closes to one curve when each field lasts longer.*
#
# The loop is not equilibrium. At equilibrium $m$ depends on $h$ alone, and jumps at $h = 0$. The slower the field, the
# smaller the loop, but it closes only logarithmically slowly, as the waiting time for a droplet grows exponentially towards
# $h = 0$. Above $T_c$ the lag is a matter of a few sweeps.
#
# ## 13 · What goes wrong
#
# **All spins at once.** Sections 2 and 6: every picture looks lively, each colour by itself is right, and the energy is zero.
#
# **An odd torus.** Round a loop of odd length two colours cannot alternate.

# %%
boards = [gibbs.two_colours(6, 6), gibbs.two_colours(5, 5, periodic=False)]
names = ["6 × 6: the colours alternate everywhere", "5 × 5: neighbours across the sides are equal"]
panels = [plots.colouring(board, name) for board, name in zip(boards, names, strict=True)]
plots.figure(*panels, title="A torus of odd side has no colouring with two colours")

# %% [markdown]
# *Picture: two checkerboards with bonds drawn as lines; stubs at the sides are the bonds that wrap round. On the 6 × 6 torus
# no bond joins equal colours. On the 5 × 5 torus all bonds across the sides do; their stubs are thick and red-orange.*
#
# The engine refuses; THRML by itself would take your blocks and sample something else.

# %%
try:
    Ising(15)
except ValueError as error:
    print(f"{type(error).__name__}: {error}")

# %% [markdown]
# **Hot starts at low temperature.** Section 4. Look at the pictures before you average.
#
# **m without its absolute value.** In a long run both signs are equally likely, and in a short one the sign is a matter of the
# start. Near $T_c$, small lattices turn over during the run:

# %%
for L in (8, 32):
    m = at_critical[L]
    signed, absolute = (observables.mean_and_error(x) for x in (m, np.abs(m)))
    print(f"at T_c, L = {L:2d}: ⟨m⟩ = {signed}, ⟨|m|⟩ = {absolute}")

# %% [markdown]
# **Error bars that count every sample.** Successive sweeps at $T_c$ are hardly different. The naive error, against that from
# independent chains, at the largest lattice of section 10:

# %%
m = np.abs(at_critical[32])
naive, honest = m.std() / math.sqrt(m.size), observables.mean_and_error(m).error
print(f"|m| at T_c, L = 32: naive error {naive:.5f}, from 28 chains {honest:.5f}", end="")
print(f", {honest / naive:.1f} times as large")

# %% [markdown]
# In a terminal in the folder of the course, `.venv/bin/python -m course_utils.showcase --only films` makes films of ten seconds
# with 512 × 512 spins: a quench like yours, and those of lessons 08 and 09.

# %% [markdown] think="7b"
# **Think.** Drawn all at once, black and white of the same time are independent. Then is each colour *by itself* distributed as in
# the Boltzmann distribution? What of observables that contain only one colour?
# <!-- ANSWER -->
# Yes. Follow the black spins at even times and the white ones at odd times: that is exactly the two-colour sampler. So all
# averages within one colour are right, for instance the magnetisation of the black spins, or the correlation of diagonal
# neighbours. Whatever contains both colours at the same time is wrong, the energy first. This is why a plot of |m| per colour
# does not reveal the mistake.

# %% [markdown] think="7c"
# **Think.** The stripes of section 4 have a higher energy than the ordered state, and T is fixed. Why are they not simply
# improbable, as the Boltzmann distribution says?
# <!-- ANSWER -->
# They are improbable at equilibrium: two walls of length 64 cost an energy of 256 J and the weight $e^{-256/1.2}$, apart from
# the entropy of the walls. But the run is not at equilibrium. To leave, the stripe has to close, and the walls must wander by
# half the lattice at random: a time of the order of $L^3$ sweeps or more in the cold. The distribution over a run that is
# shorter than that depends on the start, which is what R-hat over chains from random starts would tell.

# %% [markdown] think="7d"
# **Think.** You want ⟨|m|⟩ at $T_c$ to one per cent for L = 1024 with this sampler. From the measured τ, how many sweeps is that?
# The relative spread of |m| at $T_c$ is about 0.3 at all sizes.
# <!-- ANSWER -->
# One per cent needs $(0.3/0.01)^2 \approx 900$ independent lattices. With τ of some 300 sweeps at L = 32 and $z = 2.2$, τ at
# 1024 is $300 \times 32^{2.2} \approx 6\times10^5$ sweeps, so about $6\times10^8$ sweeps of a million spins: $6\times10^{14}$
# updates, two months at a hundred million updates a second. Independent chains can share the work, but each needs a warm-up of
# several τ. A cluster algorithm needs a few thousand of its sweeps.

# %% [markdown]
# ## Challenge · the fastest correct sweep
#
# 32 lattices of 64 × 64 spins, as an array (chains, rows, cols) of ±1: return them after `n_sweeps` sweeps, in NumPy or JAX. First
# your sweep has to be right: energies against Kaufman at two temperatures, the share of spins up in every neighbourhood, every spin
# drawn once per sweep, chains of their own. Then it is timed in turn with the plain one.
#
# Cheating would be to leave out spins or sweeps, to copy chains or share their random numbers, to remember states, or to replace
# the clock.
#
# The judge counts, recomputes and draws its problems anew, so that nothing can be remembered. But Python hides nothing from a
# function that runs beside it: who walks its frames or its memory finds the answers, and has beaten nobody.
#
# Who is there to beat?

# %%
check.challenge("7")


# %%
def my_sweeps(spins, beta, n_sweeps, seed):
    raise NotImplementedError("return the spins after n_sweeps sweeps")


check.challenge("7", my_sweeps)

# %% [markdown]
# ## References
#
# - L. Onsager, *Crystal statistics. I*, Phys. Rev. 65, 117 (1944),
#   [doi:10.1103/PhysRev.65.117](https://doi.org/10.1103/PhysRev.65.117). The energy of the infinite lattice.
# - B. Kaufman, *Crystal statistics. II*, Phys. Rev. 76, 1232 (1949),
#   [doi:10.1103/PhysRev.76.1232](https://doi.org/10.1103/PhysRev.76.1232). The finite torus.
# - C. N. Yang, *The spontaneous magnetization of a two-dimensional Ising model*, Phys. Rev. 85, 808 (1952),
#   [doi:10.1103/PhysRev.85.808](https://doi.org/10.1103/PhysRev.85.808).
# - T. T. Wu, B. M. McCoy, C. A. Tracy, E. Barouch, *Spin-spin correlation functions for the two-dimensional Ising model: Exact
#   theory in the scaling region*, Phys. Rev. B 13, 316 (1976),
#   [doi:10.1103/PhysRevB.13.316](https://doi.org/10.1103/PhysRevB.13.316). The susceptibility near $T_c$.
# - R. J. Glauber, *Time-dependent statistics of the Ising model*, J. Math. Phys. 4, 294 (1963),
#   [doi:10.1063/1.1703954](https://doi.org/10.1063/1.1703954). The conditional as a dynamics.
# - S. Geman, D. Geman, *Stochastic relaxation, Gibbs distributions, and the Bayesian restoration of images*, IEEE Trans. PAMI
#   6, 721 (1984), [doi:10.1109/TPAMI.1984.4767596](https://doi.org/10.1109/TPAMI.1984.4767596). The Gibbs sampler.
# - S. M. Allen, J. W. Cahn, *A microscopic theory for antiphase boundary motion and its application to antiphase domain
#   coarsening*, Acta Metall. 27, 1085 (1979), [doi:10.1016/0001-6160(79)90196-2](https://doi.org/10.1016/0001-6160(79)90196-2).
# - K. Barros, P. L. Krapivsky, S. Redner, *Freezing into stripe states in two-dimensional ferromagnets and crossing
#   probabilities in critical percolation*, Phys. Rev. E 80, 040101 (2009),
#   [doi:10.1103/PhysRevE.80.040101](https://doi.org/10.1103/PhysRevE.80.040101).
# - K. Binder, *Finite size scaling analysis of Ising model block distribution functions*, Z. Phys. B 43, 119 (1981),
#   [doi:10.1007/BF01293604](https://doi.org/10.1007/BF01293604).
# - G. Kamieniarz, H. W. J. Blöte, *Universal ratio of magnetization moments in two-dimensional Ising models*, J. Phys. A 26, 201
#   (1993), [doi:10.1088/0305-4470/26/2/009](https://doi.org/10.1088/0305-4470/26/2/009).
# - M. P. Nightingale, H. W. J. Blöte, *Dynamic exponent of the two-dimensional Ising model and Monte Carlo computation of the
#   subdominant eigenvalue from the stochastic matrix*, Phys. Rev. Lett. 76, 4548 (1996),
#   [doi:10.1103/PhysRevLett.76.4548](https://doi.org/10.1103/PhysRevLett.76.4548).
# - R. H. Swendsen, J.-S. Wang, *Nonuniversal critical dynamics in Monte Carlo simulations*, Phys. Rev. Lett. 58, 86 (1987),
#   [doi:10.1103/PhysRevLett.58.86](https://doi.org/10.1103/PhysRevLett.58.86). Clusters.
# - A. Jelinčič et al., *An efficient probabilistic hardware architecture for diffusion-like models*, 2025,
#   [arXiv:2510.23972](https://arxiv.org/abs/2510.23972), and the library [THRML](https://github.com/extropic-ai/thrml).
