# ---
# jupyter:
#   course:
#     title: Ising on THRML
#     goal: build a block Gibbs sampler in THRML from one conditional, and trust its phase diagram
#     needs: ["02"]
#     know: exponentials, matrix products, the mean and variance of random numbers
#     time: 130 min
#     runs: 100 s
#     uses: [jax]
# ---

# %% [markdown]
# ## What you will be able to do
#
# 1. Write the one formula that a Gibbs sampler of spins needs (Exercise 7.1), and say which spins may be drawn at the same
#    time (7.2), and what goes wrong with the others, exactly (7.3).
# 2. Build a program for THRML by hand, from nodes, blocks, factors and a schedule (7.4), and avoid its three traps.
# 3. Watch domains grow after a quench, and measure their growth law.
# 4. Draw a phase diagram with error bars over exact curves, from a protocol that does not freeze.
# 5. Find the critical temperature from two small lattices (7.5), and say how long a lattice takes to forget itself there.

# %%
import math
import time
from functools import partial

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Bool, Float, Int
from thrml import (
    Block,
    BlockGibbsSpec,
    FactorSamplingProgram,
    SamplingSchedule,
    SpinNode,
    sample_blocks,
    sample_states,
)
from thrml.models import IsingEBM, IsingSamplingProgram, SpinEBMFactor, SpinGibbsConditional

from course_utils import diagnostics, explorers, plots
from course_utils.lattice import Ising, cluster, exact, gibbs, observables

T_C = 1 / exact.BETA_C

# %% [markdown]
# > **Conventions.** Spins $s_i = \pm1$ on a square lattice of $L \times L$, the sides glued together (a torus), with
# > $E(s) = -J\sum_{\langle ij\rangle} s_i s_j - h \sum_i s_i$ over the $2L^2$ bonds, $J = 1$ and no field $h$ unless said
# > otherwise. $p(s) \propto e^{-\beta E(s)}$ with $\beta = 1/T$: the temperature is never inside the energy. A **sweep** draws
# > every spin once. The energy is given per spin.
#
# ## 1 · Three temperatures
#
# In lesson 02 you computed log Z of this model. Now you will see what it looks like. These are three lattices of
# 128 × 128 spins, drawn by the sampler that this lesson builds, after 20 000 sweeps from all spins equal (section 7 says why so
# many).
#
# **Guess before you run the cell:** at which of the temperatures 1.8, 2.269 and 3.5 do patches of *every* size occur?

# %%
temperatures = np.array([1.8, T_C, 3.5])
run = {"n_samples": 1, "n_burn_in": 20_000, "n_chains": 3, "init": "aligned"}
spins = Ising(128).sample(jax.random.key(70), 1 / temperatures, **run)[:, 0]
m = np.abs(observables.magnetisation(spins))
titles = [f"$T = {T:.3f}$: $|m| = {value:.2f}$" for T, value in zip(temperatures, m, strict=True)]
plots.figure(*plots.lattices(spins, Ising(128), titles), title="Order, patches of every size, and noise")

# %% [markdown]
# *Picture: three square lattices. At T = 1.8 one colour with small specks of the other; at 2.269 one colour with ragged patches of the
# other, of all sizes from single spins upwards; at 3.5 a fine-grained mixture of both colours.*
#
# ## 2 · One conditional
#
# A Gibbs sampler needs only one thing: the distribution of one spin, given all others. Turning spin $i$ up or down changes
# only the terms of the energy in which it occurs, $-s_i\,(J\sum_j s_j + h)$ with $j$ its four neighbours. The two weights are
# $e^{\pm\beta(J\sum_j s_j + h)}$, and Z has dropped out of their ratio:
#
# $$P(s_i = +1 \mid \text{all others}) = \frac{e^{\beta(J\sum_j s_j + h)}}{e^{\beta(J\sum_j s_j + h)} + e^{-\beta(J\sum_j s_j + h)}}
# = \sigma\Big(2\beta\big(J\textstyle\sum_j s_j + h\big)\Big), \qquad \sigma(x) = \frac{1}{1+e^{-x}} .$$
#
# The 2 is there because turning a spin costs the *difference* of two energies. Drawing the spin from this distribution
# leaves $p(s)$ as it is: that is one step of **Gibbs sampling** (Glauber 1963, Geman and Geman 1984). The sum of four
# neighbours takes five values, so that there are five probabilities for each temperature:

# %%
print("sum of the neighbours:  " + "".join(f"{total:9d}" for total in (-4, -2, 0, 2, 4)))
for T in (1.0, T_C, 5.0):
    p = 1 / (1 + np.exp(-2 / T * np.array([-4, -2, 0, 2, 4])))
    print(f"P(s = +1) at T = {T:5.3f}: " + "".join(f"{value:9.5f}" for value in p))

# %% [markdown]
# ### Exercise 7.1 · The conditional of every spin
# *Difficulty ●○○ · ten minutes · why: this line is the sampler; all the rest is bookkeeping.*
#
# Complete `conditional_probability`: for each spin of a torus, the probability that it is +1 if all others are held.
# `jnp.roll(spins, 1, axis=0)` moves every row down by one, and the last row to the top: that is the torus.


# %% todo="7.1" task="return P(s = +1 | all other spins) for each spin"
def conditional_probability(
    spins: Int[jax.Array, "rows cols"], beta: float, coupling: float = 1.0, field: float = 0.0
) -> Float[jax.Array, "rows cols"]:
    """P(s = +1 | all other spins) of every spin of a torus, E = -J sum of s_i s_j - h sum of s_i.

    Args:
        spins: -1 and +1.
        beta: inverse temperature.
        coupling: J.
        field: h.

    Returns:
        One probability for each spin.
    """
    ### BEGIN SOLUTION
    total = sum(jnp.roll(spins, step, axis) for axis in (0, 1) for step in (1, -1))
    return jax.nn.sigmoid(2 * beta * (coupling * total + field))
    ### END SOLUTION


# %% check="7.1" points=2
from course_checks import check, exercises

with check.exercise("7.1", "conditional_probability"):
    answer = exercises.ising.conditional_probability.by(conditional_probability)
    spins = jax.random.rademacher(jax.random.key(71), (4, 6)).astype(jnp.int8)
    answer.on("a 4 × 6 torus, β = 0.3, h = 0.7", spins, 0.3, 1.0, 0.7)
    answer.on("the same with J = -1.5, h = 0.2", spins, 0.25, -1.5, 0.2)
    answer.on("the same in the cold, β = 40", spins, 40.0, 1.0, 0.1, hint="Does an exponential overflow?")
    check.close("P with J = 1, h = 0 by themselves", conditional_probability(0 * spins + 1, 0.5)[0, 0], 0.9820138)
    answer.fresh(3, "another torus")

# %% [markdown] hint="7.1"
# Four calls of `jnp.roll`, with steps +1 and -1 along both axes, add up to the sum of the neighbours of every spin at once.
# Then the formula above, with `jax.nn.sigmoid`.

# %% [markdown]
# Does it agree with the definition? Take a lattice of 3 × 3, turn one spin, and compare the energies. The ratio of the two
# conditional probabilities must be $e^{-\beta\,\Delta E}$.

# %% uses="7.1"
spins = jax.random.rademacher(jax.random.key(0), (3, 3)).astype(jnp.int8)
i, j = exact.bonds((3, 3)).T


def energy(s: Int[jax.Array, "3 3"]) -> int:
    """The energy, bond by bond."""
    return int(-(s.ravel()[i] * s.ravel()[j]).sum())


p = conditional_probability(spins, 0.4)[0, 1]
ΔE = energy(spins.at[0, 1].set(1)) - energy(spins.at[0, 1].set(-1))
print(f"ΔE = {ΔE}: p / (1 - p) = {p / (1 - p):.6f}, exp(-β ΔE) = {math.exp(-0.4 * ΔE):.6f}")

# %% [markdown]
# ## 3 · Many spins at once
#
# One spin at a time is slow. A processor, and thermodynamic hardware even more so, would rather draw many at once. Which
# spins may that be? The conditional of a spin contains its neighbours. Two spins that are **not** neighbours do not occur in
# each other's formula: given all the others, they are independent, and drawing both at once is the same as drawing one after
# the other. So split the lattice into sets of spins without bonds inside. The least number of sets is two, as on a
# checkerboard, and a sweep is two steps: all black spins, given the white ones; then all white ones, given the black ones.
#
# ### Exercise 7.2 · Two colours
# *Difficulty ●○○ · five minutes · why: the colouring decides what may run in parallel, here and on hardware.*
#
# Complete `two_colours`: a checkerboard, `True` for one colour and `False` for the other. Refuse, with a `ValueError`, the
# lattices for which no such colouring exists.


# %% todo="7.2" task="return True for one colour and False for the other"
def two_colours(rows: int, cols: int, periodic: bool = True) -> Bool[np.ndarray, "rows cols"]:
    """A colouring of a lattice such that no two neighbours have the same colour.

    Args:
        rows: of the lattice, at least 2.
        cols: of the lattice, at least 2.
        periodic: whether the sides are glued together.

    Returns:
        True for one colour, False for the other.

    Raises:
        ValueError: if there is no such colouring.
    """
    ### BEGIN SOLUTION
    if periodic and (rows % 2 or cols % 2):
        raise ValueError(f"{rows} x {cols}: two colours cannot alternate round a loop of odd length")
    i, j = np.indices((rows, cols))
    return (i + j) % 2 == 0
    ### END SOLUTION


# %% check="7.2" points=1
from course_checks import check, exercises

with check.exercise("7.2", "two_colours"):
    answer = exercises.ising.two_colours.by(two_colours)
    answer.on("a torus of 4 × 6", 4, 6)
    answer.on("an open lattice of 3 × 5", 3, 5, False)
    answer.on("an open lattice of 4 × 5", 4, 5, False)
    answer.on("a torus of 2 × 2", 2, 2, True)
    answer.fresh(4, "another lattice")
    for rows, cols in ((5, 4), (4, 3), (5, 5), (2, 3)):
        odd = "Round a loop of odd length two colours cannot alternate."
        check.raises(ValueError, lambda r=rows, c=cols: two_colours(r, c), f"a torus of {rows} × {cols}", hint=odd)

# %% [markdown] hint="7.2"
# `i, j = np.indices((rows, cols))` gives row and column of every spin. One step along either axis changes $i + j$ by one, so
# its parity is the colour. Across a glued side it changes by one minus the length of the side.

# %%
boards = [gibbs.two_colours(6, 6), gibbs.two_colours(5, 5, periodic=False)]
names = ["6 × 6: the colours alternate everywhere", "5 × 5: neighbours across the sides are equal"]
panels = [plots.colouring(board, name) for board, name in zip(boards, names, strict=True)]
plots.figure(*panels, title="A torus of odd side has no colouring with two colours")

# %% [markdown]
# *Picture: two checkerboards with bonds drawn as lines; stubs at the sides are the bonds that wrap round. On the 6 × 6 torus
# no bond joins equal colours. On the 5 × 5 torus all bonds across the sides do; their stubs are thick and red-orange.*
#
# ### Exercise 7.3 · What is stationary?
# *Difficulty ●●○ · fifteen minutes · why: "it is faster to draw all spins at once" is a mistake that no plot of one run shows.*
#
# How wrong is it to draw neighbours together? A system with four spins has 16 states, so that we can write down the
# probability of every step. In one step the spins of a *group* are drawn at once, each from its conditional in the present
# state $a$; the others stay. The probability to go from state $a$ to state $b$ is a product over the spins:
#
# $$K_{ab} = \prod_{i \in \text{group}} P(b_i \mid a) \prod_{i \notin \text{group}} [b_i = a_i],$$
#
# where the bracket is 1 if $b_i = a_i$, else 0. Complete `transition_matrix`. Its rows must add up to 1.


# %% todo="7.3" task="return the matrix of the probabilities of all steps"
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


# %% check="7.3" points=3
from course_checks import check, exercises

with check.exercise("7.3", "transition_matrix"):
    answer = exercises.ising.transition_matrix.by(transition_matrix)
    states = exact.ising_states(3)[[5, 0, 3, 7, 1, 6, 2, 4]]
    p_up = np.random.default_rng(73).uniform(0.1, 0.9, states.shape)
    for group in ([1], [0, 2], [0, 1, 2]):
        K = answer.on(f"three spins, group {group}", states, p_up, group)
        check.close(f"the row sums of group {group}", np.sum(K, axis=1), np.ones(8))
    answer.fresh(3, "other spins")

# %% [markdown] hint="7.3"
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
# average. On a large cold lattice it looks like this.

# %%
white = ~gibbs.two_colours(64, 64)


def draw(key, s: Int[jax.Array, "64 64"]) -> Int[jax.Array, "64 64"]:
    """Every spin from its conditional at T = 1.5, given the present others."""
    return jnp.where(jax.random.uniform(key, s.shape) < gibbs.conditional_probability(s, 1 / 1.5), 1, -1)


@jax.jit
def step(key, together, alternating):
    """One step of both ways: all spins at once; and white, then black."""
    first, second = jax.random.split(key)
    alternating = jnp.where(white, draw(first, alternating), alternating)
    return draw(first, together), jnp.where(~white, draw(second, alternating), alternating)


together, alternating = jax.random.rademacher(jax.random.key(71), (2, 64, 64), int)
for key in jax.random.split(jax.random.key(72), 300):
    before = together
    together, alternating = step(key, together, alternating)
turned = before != together
pictures = {"all at once, step 299": before, "all at once, step 300": together}
pictures |= {"turned from 299 to 300": jnp.where(turned, 1, -1), "two colours, step 300": alternating}
titles = [f"{name}\n$E/N = {Ising(64).energy(s):.2f}$" for name, s in pictures.items()]
titles[2] = f"turned from 299 to 300\n{turned.mean():.0%} of the spins (dark)"
shown = [np.asarray(s)[:32, :32] for s in pictures.values()]
title = f"$T = 1.5$, equilibrium energy ${exact.onsager_energy(1 / 1.5):.2f}$: drawn all at once, the lattice flickers"
plots.figure(*plots.lattices(shown, Ising(64), titles), columns=4, title=title)

# %% [markdown]
# *Picture: four lattices, a quarter of each. Drawn all at once, patches of one colour stand beside patches of a fine checkerboard, and
# at the next step the checkerboards have changed their colours: the third lattice, dark where a spin has turned, is dark all over
# them and light elsewhere. The energy of such a lattice may have either sign. With two colours there are patches of one colour only,
# and the energy is near its equilibrium value: what it lacks are the walls between them.*
#
# ## 4 · The same on THRML
#
# [THRML](https://github.com/extropic-ai/thrml) is Extropic's JAX library for block Gibbs sampling, made to try out on CPUs and
# GPUs what their hardware is to do with transistors. A program has five parts:
#
# | part | here | in words |
# | --- | --- | --- |
# | **nodes** | `SpinNode()`, one per spin | the random variables |
# | **blocks** | `Block([...])`, one per colour | nodes that are drawn at the same time |
# | **factors** | `SpinEBMFactor` | terms of the energy |
# | **program** | `FactorSamplingProgram` | who reads whom, in tables; and a conditional sampler per block |
# | **schedule** | `SamplingSchedule(n_warmup, n_samples, steps_per_sample)` | how long |
#
# Here is one for 4 × 4 spins, drawn from its tables.

# %%
few = [SpinNode() for _ in range(16)]
small = gibbs.ising_program(few, 0.4)[0]
title = "No node reads a node of its own block: a block is drawn at once, given the other one"
plots.figure(*plots.program(small, few, (4, 4)), widths=(1, 1.35), title=title)

# %% [markdown]
# *Picture: on the left 16 numbered nodes in blue and orange, a checkerboard, joined by bonds; stubs at the sides wrap round. On the right
# the same nodes in two frames, block 0 with the blue and block 1 with the orange ones, and a line for each bond: all run from frame to
# frame. Node 5 is marked, with red-orange arrows from 1, 4, 6 and 9, its four neighbours. An arrow from frame to frame says that block 0
# is drawn given block 1, one the other way that block 1 follows.*
#
# For Ising models there is a ready-made one.

# %%
size, beta_0 = 16, 0.4
nodes = [SpinNode() for _ in range(size**2)]
i, j = exact.bonds((size, size)).T
edges = [(nodes[a], nodes[b]) for a, b in zip(i, j, strict=True)]
ebm = IsingEBM(nodes, edges, jnp.zeros(len(nodes)), jnp.ones(len(edges)), jnp.array(beta_0))

is_first = gibbs.two_colours(size, size).ravel()
blocks = [Block([n for n, f in zip(nodes, is_first, strict=True) if f == c]) for c in (True, False)]
ready_made = IsingSamplingProgram(ebm, blocks, [])
for factor in ebm.factors:
    n, groups, values = len(factor.weights), len(factor.node_groups), np.unique(factor.weights)
    print(f"{type(factor).__name__}: {n} terms, nodes in each: {groups}, weights {values}")
print("the sampler of a block:", type(ready_made.samplers[0]).__name__)

# %% [markdown]
# Two things have been *folded in*. The weights of the bonds were 1, and are 0.4 now: THRML's factors hold $\beta J$. And every spin has a bias term, although all biases are zero; it is computed all the
# same. The factor 2 of the conditional is *not* in the weights: `SpinGibbsConditional` puts it in. Now run it. The state is a
# list with one array for each block.


# %%
@eqx.filter_jit
def run(program, blocks, schedule, keys, start) -> list[Bool[jax.Array, "chains samples nodes"]]:
    """Independent chains of a THRML program; jitted, so that it is traced once."""

    def chain(key, state):
        return sample_states(key, program, schedule, state, [], blocks)

    return jax.vmap(chain)(keys, start)


def lattices(program, blocks, nodes, key, n_chains, schedule) -> Int[jax.Array, "chains samples L L"]:
    """Chains from random starts, as lattices of -1 and +1."""
    keys = jax.random.split(key, n_chains + len(blocks))
    shapes = [(n_chains, len(block)) for block in blocks]
    draws = zip(keys[n_chains:], shapes, strict=True)
    start, keys = [jax.random.bernoulli(k, 0.5, shape) for k, shape in draws], keys[:n_chains]
    drawn = jnp.concatenate(run(program, blocks, schedule, keys, start), axis=-1)
    place = {node: k for k, node in enumerate(node for block in blocks for node in block)}
    side = math.isqrt(len(nodes))
    in_order = drawn[..., np.array([place[node] for node in nodes])]
    return 2 * in_order.reshape(*drawn.shape[:2], side, side).astype(jnp.int8) - 1


schedule = SamplingSchedule(n_warmup=200, n_samples=200, steps_per_sample=2)
spins = lattices(ready_made, blocks, nodes, jax.random.key(73), 64, schedule)
measured = observables.mean_and_error(Ising(16).energy(spins))
print(f"shape (chains, samples, rows, columns): {spins.shape}, β = {beta_0}")
print(f"energy per spin {measured}, exact (Kaufman) {exact.kaufman_energy(16, beta_0):.5f}")

# %% [markdown]
# **Three traps**, each of which cost somebody an afternoon.
#
# *Spins are `bool`.* THRML's up is `True`, its down `False`. The mean of a thousand of them is not the magnetisation, and a
# product of two is not $s_i s_j$. Map them with `2 * s.astype(jnp.int8) - 1`, and hand in `bool` too.
#
# *Without `jit`, everything is traced again at every call.* That costs a second or more, for a single sweep as for a
# thousand; the first jitted call costs about as much, and the later ones next to nothing.
#
# *`sample_blocks` writes into the list that it is given.* After the call, your old state is the new one. Hand it a copy,
# `list(state)`.

# %%
state = [jnp.zeros(len(block), bool) for block in blocks]
one, key = SamplingSchedule(1, 1, 1), jax.random.key(0)
for name, call in (
    ("not jitted", lambda k: sample_states(k, ready_made, one, state, [], blocks)),
    ("jitted    ", lambda k: run(ready_made, blocks, one, k[None], [s[None] for s in state])),
):
    seconds = []
    for k in jax.random.split(key, 3):
        start = time.perf_counter()
        jax.block_until_ready(call(k))
        seconds.append(time.perf_counter() - start)
    print(f"{name}: three calls of one sweep took " + ", ".join(f"{1000 * t:.1f} ms" for t in seconds))
before = state[0]
sample_blocks(key, list(state), [], ready_made, [None, None])
print("handed a copy, our list holds the old spins:", state[0] is before)
sample_blocks(key, state, [], ready_made, [None, None])
print("handed the list itself, it does not:        ", state[0] is before)
try:
    int8 = [jnp.ones(len(block), jnp.int8) for block in blocks]
    sample_blocks(key, int8, [], ready_made, [None, None])
except RuntimeError as error:
    print(f"handed int8 spins: {type(error).__name__}: {error}")

# %% [markdown]
# ### Exercise 7.4 · Your own program
# *Difficulty ●●● · twenty minutes · why: with these parts you can build any model; IsingEBM is only one of them.*
#
# Complete `ising_program` for the torus without a field, from the parts: two blocks, **one** factor for all bonds (no bias
# terms), `BlockGibbsSpec(blocks, [])`, a `SpinGibbsConditional()` for each block, and
# `FactorSamplingProgram(spec, samplers, [factor], [])`. A factor for $n$ bonds is
# `SpinEBMFactor([heads, tails], weights)`: two blocks of $n$ nodes, the ends of the bonds, and an array of $n$ weights.
# `exact.bonds((size, size))` lists the ends, each bond once. Nodes come row by row: spin $(i, j)$ is `nodes[i * size + j]`.


# %% todo="7.4" task="return the program and its two blocks"
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
    first = gibbs.two_colours(size, size).ravel()
    blocks = [Block([n for n, f in zip(nodes, first, strict=True) if f == c]) for c in (True, False)]
    i, j = exact.bonds((size, size)).T
    ends = [Block([nodes[k] for k in i]), Block([nodes[k] for k in j])]
    factor = SpinEBMFactor(ends, jnp.full(len(i), beta))  # THRML's factors hold beta J
    samplers = [SpinGibbsConditional(), SpinGibbsConditional()]
    return FactorSamplingProgram(BlockGibbsSpec(blocks, []), samplers, [factor], []), blocks
    ### END SOLUTION


# %% check="7.4" points=4
from course_checks import check, exercises

with check.exercise("7.4", "ising_program"):
    answer = exercises.ising.ising_program.by(ising_program)
    answer.on("a 4 × 4 torus, β = 0.3", [SpinNode() for _ in range(16)], 0.3)
    answer.on("a 6 × 6 torus, β = 0.6", [SpinNode() for _ in range(36)], 0.6)
    answer.fresh(1, "another torus")

# %% [markdown] hint="7.4"
# The blocks are made as above for `ready_made`. `i, j = exact.bonds((size, size)).T` gives the two ends of all bonds;
# `Block([nodes[k] for k in i])` holds the first ends. The weights are `jnp.full(len(i), beta)`. Leave the factor 2 to
# `SpinGibbsConditional`, which draws +1 with probability $\sigma(2\gamma)$, $\gamma$ the sum of weights times neighbours.

# %% uses="7.4"
program, colours = ising_program(nodes, 0.5)
mine = lattices(program, colours, nodes, jax.random.key(75), 64, schedule)
measured = observables.mean_and_error(Ising(16).energy(mine))
print(f"your program, β = 0.5: energy per spin {measured}, Kaufman {exact.kaufman_energy(16, 0.5):.5f}")

# %% [markdown]
# A second program, for another β, would be compiled again, although its nodes are the same: its blocks are new objects, and THRML's
# blocks are compared by identity. So build the program *inside* `jit`, from a β that is an argument. Then the tables of who reads
# whom are constants of one compiled function, and only the weights β J are traced. The body of a jitted function runs when JAX
# traces it, and at no other time, which the list `traced` counts.

# %%
traced = []


@jax.jit
def energies(beta, key) -> Float[jax.Array, "chains samples"]:
    """Energies of 16 × 16 spins at any β; the program is built while JAX traces."""
    traced.append(beta)
    program, colours = gibbs.ising_program(nodes, beta)
    return Ising(16).energy(lattices(program, colours, nodes, key, 64, schedule))


for beta in (0.3, 0.4, 0.5):
    e = observables.mean_and_error(energies(beta, jax.random.key(76)))
    print(f"β = {beta}: energy per spin {e}, Kaufman {exact.kaufman_energy(16, beta):.5f}; traces: {len(traced)}")
many = jax.vmap(energies, (0, None))(jnp.linspace(0.1, 0.6, 6), jax.random.key(77))
print("and six β at once, by vmap:", np.round(np.asarray(many, float).mean((1, 2)), 3), f"traces: {len(traced)}")

# %% [markdown]
# For the rest of the lesson you need longer runs. `course_utils.lattice.Ising` is the same program on THRML, with a scalar
# coupling in place of a weight per bond, an own conditional sampler that takes β as an argument, and one node for each colour
# that holds half the lattice (`engine="sublattices"`). One β per chain makes a whole phase diagram one compiled program. It
# is several times as fast; `tests/benchmarks/spins.py` in the repository measures by how much on your machine.
#
# ## 5 · Quench: order takes time
#
# Take a lattice at infinite temperature, all spins random, and put it into a bath at T = 1.5, where at equilibrium almost
# all spins are equal. That is a **quench**. Which colour wins? Locally the question is settled in a few sweeps; globally it
# takes much longer. We measure the size ℓ of the domains as the distance at which the correlation of two spins has fallen to
# half of the square of Yang's magnetisation.


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
# ## 6 · The phase diagram, and a protocol that freezes
#
# To draw |m| against temperature, the obvious protocol is a random start at each temperature and some warm-up. Here is what
# it does at T = 1.2, on 24 lattices of 64 × 64, after as many sweeps as there are spins in the lattice.

# %%
T = 1.2
hot = Ising(64).sample(jax.random.key(77), 1 / T, n_samples=1, n_burn_in=64**2, n_chains=24)[:, 0]
m = np.abs(observables.magnetisation(hot))
worst = [*np.argsort(np.asarray(m))[:3].tolist(), int(np.argmax(m))]
titles = [f"$|m| = {m[k]:.2f}$" for k in worst]
yang = exact.yang_magnetisation(1 / T)
title = f"$T = {T}$, hot start: {(m < 0.9).sum()} of 24 lattices are stuck; Yang's $|m|$ is {yang:.3f}"
plots.figure(*plots.lattices(hot[np.array(worst)], Ising(64), titles), columns=4, title=title)

# %% [markdown]
# *Picture: four lattices. Three of them show two bands, straight or slanted, that close round the torus, and a small |m|; the
# fourth is ordered.*
#
# Stripes. A band that closes on itself round the torus straightens its walls, and straight walls do not move except by rare
# excitations. At zero temperature about a third of all quenches on a square torus end this way for ever (Barros, Krapivsky
# and Redner 2009). Averaged over starts, this protocol shows a magnetisation that *falls* towards low temperature, although at
# equilibrium it rises.
#
# The cure here is a **cold start**: all spins equal. Below $T_c$ that is next to equilibrium, and above $T_c$ order melts
# quickly. (In harder systems one cools slowly, or exchanges replicas as in lesson 03.) Both protocols at ten temperatures away
# from $T_c$; from a cold start also at four temperatures near $T_c$ and at $T_c$ itself, where the memory is longest and so are the
# runs. Eight chains each. On a GPU the runs are eight times as long.

# %%
far = np.array([1.2, 1.5, 1.8, 2.0, 2.1, 2.5, 2.7, 3.0, 3.3, 3.6])
near, at_T_c = np.array([2.18, 2.24, 2.32, 2.38]), np.array([T_C])
model_64, key = Ising(64), jax.random.key(78)
m_and_e = {"m": observables.magnetisation, "e": model_64.energy}
n_samples = 500 if machine.device == "cpu" else 4000


def series(key, temperatures, init, n_burn_in, n_sweeps) -> list[dict[str, np.ndarray]]:
    """m and e for each temperature, each of shape (8 chains, samples)."""
    how = {"n_samples": n_samples, "n_sweeps": n_sweeps, "n_burn_in": n_burn_in, "init": init}
    betas = np.repeat(1 / temperatures, 8)
    measured = model_64.measure(key, betas, m_and_e, n_chains=len(betas), **how)
    rows = {name: np.split(np.asarray(values, float), len(temperatures)) for name, values in measured.items()}
    return [dict(zip(rows, pair, strict=True)) for pair in zip(*rows.values(), strict=True)]


hot = series(key, far, "random", 1000, 4)
cold = series(jax.random.fold_in(key, 1), far, "aligned", 500, 4)
cold += series(jax.random.fold_in(key, 2), near, "aligned", 4000, 32)
cold += series(jax.random.fold_in(key, 3), at_T_c, "aligned", 6000, 50)
T_all = np.concatenate([far, near, at_T_c])
order = np.argsort(T_all)
T_all, cold = T_all[order], [cold[k] for k in order]

# %% [markdown]
# Which runs are at equilibrium? Those that are many autocorrelation times long, some twenty (lesson 03; τ is the subject of section
# 7), and with which runs from the opposite start agree. A run of about one τ agrees with anything: its error bar is as large as its
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
# Near $T_c$ some runs fall short of twenty τ. What their error bars are worth is tested below, against exact energies.
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
        below = observables.susceptibility(m, 1 / T, 64**2, axis=None)
        return below if T <= T_C else 64**2 / T * (m**2).mean()

    def C(e):
        return observables.specific_heat(e, 1 / T, 64**2, axis=None)

    mean, jack = observables.mean_and_error, observables.jackknife
    return [mean(np.abs(one["m"])), mean(one["e"]), jack(χ, one["m"]), jack(C, one["e"])]


quantities = ["$\\langle|m|\\rangle$", "energy per spin ($J$)", "susceptibility $\\chi$ ($1/J$)", "specific heat $C$ ($k_B$)"]
of_cold = [four(T, one) for T, one in zip(T_all, cold, strict=True)]
of_hot = [four(T, one) for T, one in zip(far, hot, strict=True)]
measured = [[plots.points(T_all, *zip(*column, strict=True), "cold starts, 64 × 64")] for column in zip(*of_cold, strict=True)]
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
title = "Cold starts follow Onsager and Yang; hot starts freeze below $T_c$"
plots.figure(*panels, columns=2, share="x", title=title)

# %% [markdown]
# *Picture: four panels against temperature, with the critical temperature dashed. The points of the cold starts lie on the
# exact curves: |m| falls steeply to zero at T_c, the energy has its steepest rise there, susceptibility (logarithmic axis) and
# specific heat have peaks. Near T_c the points round off what is infinitely sharp for an infinite lattice. The hot starts
# have a smaller |m| and a higher energy below T_c, with large error bars; above it they lie on the others.*
#
# How well do they agree? The finite lattice is known exactly as well: Kaufman's formula gives its energy, and the slope of
# that its specific heat. A good way to be honest is χ²: the squared deviations, in units of the error bars, added up. With
# error bars that are exact it is about the number of temperatures. Ours come from 8 chains and are uncertain themselves; with
# ν = 7 degrees of freedom each term is $\nu/(\nu-2)$ on average (Student's t).

# %%
def kaufman_heat(T: float, step: float = 1e-3) -> float:
    """Specific heat of the 64 × 64 torus: the slope of Kaufman's energy."""
    above, below = (exact.kaufman_energy(64, 1 / (T + d)) for d in (step, -step))
    return (above - below) / (2 * step)


finite = [(exact.kaufman_energy(64, 1 / T), kaufman_heat(T)) for T in T_all]
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
# ## 7 · Critical slowing down
#
# The errors are largest at $T_c$, though the runs there were the longest. Patches of every size must form and dissolve, and
# the largest take longest. The **integrated autocorrelation time** τ (lesson 03) says how many sweeps one independent
# lattice costs. At $\beta_c$ it grows as $\tau \propto L^z$. Coarsening took $L^2$; is $z$ near 2?

# %%
lattice_sizes, τ, at_critical = np.array([8, 12, 16, 24, 32]), [], {}
chains, only_m = {"n_samples": 1000, "n_chains": 56, "init": "aligned"}, {"m": observables.magnetisation}
for L in lattice_sizes:
    every = int(L * L // 64)  # sweeps between samples: about the same number of samples per τ for all
    how = chains | {"n_sweeps": every, "n_burn_in": 100 * every}
    betas = np.full(56, exact.BETA_C)
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
# By the measure of section 6 runs of three τ are short. What speaks for them is that both starts agree with each other, and with the
# exact energy, within errors.
#
# ## 8 · The critical temperature from small lattices
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
    how = chains | {"n_sweeps": L * L // 7, "n_burn_in": 2 * L * L}
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
# ## 9 · Hysteresis in a field
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
        plots.pasted(np.concatenate(list(plane.values())), *T_h, model_64, side=0.73),
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
    """Fields from +1 to -1 and back, and the mean m of 8 chains after n_sweeps sweeps in each."""
    down = np.linspace(1, -1, 41)
    fields, spins, m = np.concatenate([down, down[::-1]]), "aligned", []
    for k, h in enumerate(fields):
        how = {"n_samples": 1, "n_sweeps": n_sweeps, "n_chains": 8, "init": spins}
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
# ## 10 · Explore
#
# The same program, live, with 256 × 256 spins. After the question, quench to T = 1.2 with 16 sweeps a frame and look for
# stripes.

# %%
explorers.live_lattice(Ising(256))

# %% [markdown]
# Without a kernel, the quench of section 5 (growth without end below $T_c$) and the first figure answer the same question.
#
# ## 11 · What goes wrong
#
# **All spins at once.** Section 3: every picture looks lively, each colour by itself is right, and the energy is zero.
#
# **An odd torus.** The engine refuses; THRML by itself would take your blocks and sample something else.

# %%
try:
    Ising(15)
except ValueError as error:
    print(f"{type(error).__name__}: {error}")

# %% [markdown]
# **Hot starts at low temperature.** Section 6. Look at the pictures before you average.
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
# independent chains, at the largest lattice of section 7:

# %%
m = np.abs(at_critical[32])
naive, honest = m.std() / math.sqrt(m.size), observables.mean_and_error(m).error
print(f"|m| at T_c, L = 32: naive error {naive:.5f}, from 56 chains {honest:.5f}", end="")
print(f", {honest / naive:.1f} times as large")

# %% [markdown]
# ## 12 · Recap
#
# - The conditional of a spin is $\sigma(2\beta(J\sum_j s_j + h))$. It needs the neighbours and nothing else.
# - Spins without a bond between them may be drawn together; a bipartite lattice needs two colours. Neighbours drawn together
#   leave another distribution stationary.
# - THRML: nodes, blocks, factors, program, schedule. β is in the weights; spins are `bool`; jit once; lists are written into.
# - After a quench domains grow as $\sqrt t$, and stripes stay. Start cold, cool slowly, or exchange replicas.
# - At $T_c$ one independent lattice costs about $L^{2.2}$ sweeps; error bars come from independent chains.
# - Binder's cumulants of two small lattices cross at $T_c$.
#
# Last, the quench of section 5 as a film. Change its temperature, or its pace:

# %%
bath, words = Ising(256), "Small winding patches of two colours grow, their corners round off, islands shrink and vanish."
chunks = bath.stream(jax.random.key(711), 1 / 1.5, n_frames=48, n_sweeps=8, chunk=16)
plots.lattice_film(bath, (chunk[0] for chunk in chunks), words=words)

# %% [markdown]
# *Moving picture: 256 × 256 spins after a quench to T = 1.5, from sweep 8 to sweep 384, eight sweeps a picture. Small winding
# patches grow, their corners round off, islands shrink and vanish. It runs three times and stops at the last picture.*
#
# In a terminal in the folder of the course, `.venv/bin/python -m course_utils.showcase --only films` makes films of ten seconds
# with 512 × 512 spins: this quench, and those of lessons 08 and 09.

# %% [markdown] think="7a"
# **Think.** How many colours does the triangular lattice need, where each spin has six neighbours? And a square lattice with
# bonds to the diagonal neighbours too? What does that do to the time of a sweep on parallel hardware?
# <!-- ANSWER -->
# Three spins of a triangle are all neighbours, so two colours cannot do; three suffice (number them by $(i - j) \bmod 3$, on
# sides that are multiples of 3). With diagonals, four spins of a small square are all neighbours: four colours, $(i \bmod 2, j
# \bmod 2)$. A sweep takes as many parallel steps as there are colours, whatever the size of the lattice.

# %% [markdown] think="7b"
# **Think.** Drawn all at once, black and white of the same time are independent. Then is each colour *by itself* distributed as in
# the Boltzmann distribution? What of observables that contain only one colour?
# <!-- ANSWER -->
# Yes. Follow the black spins at even times and the white ones at odd times: that is exactly the two-colour sampler. So all
# averages within one colour are right, for instance the magnetisation of the black spins, or the correlation of diagonal
# neighbours. Whatever contains both colours at the same time is wrong, the energy first. This is why a plot of |m| per colour
# does not reveal the mistake.

# %% [markdown] think="7c"
# **Think.** The stripes of section 6 have a higher energy than the ordered state, and T is fixed. Why are they not simply
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
