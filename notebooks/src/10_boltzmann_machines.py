# ---
# jupyter:
#   course:
#     title: Boltzmann machines
#     goal: put any graph of spins on THRML, check it against every state, and train a machine that completes digits
#     needs: ["05", "07"]
#     know: exponentials, matrix products
#     time: 60 min
#     runs: 80 s
#     memory: 790 MB
#     uses: [jax]
# ---

# %% [markdown]
# **What you win.** A model on a graph that you choose, sampled as the hardware would, and a machine with hidden units that looks at half a
# digit and dreams the rest. Three functions lead there:
#
# 1. one that puts any graph on THRML (Exercise 10.1),
# 2. one that says exactly how probable a picture is, among $2^{64}$ (10.2),
# 3. one that learns from pictures, with your own sampler inside (10.3).

# %%
import math

import jax
import jax.numpy as jnp
import networkx as nx
import numpy as np
from jaxtyping import Float
from thrml import Block, BlockGibbsSpec, FactorSamplingProgram, SpinNode
from thrml.models import SpinEBMFactor, SpinGibbsConditional

from course_checks import check
from course_utils import explorers, machines, plots
from course_utils.lattice import exact, observables
from course_utils.plots.network import network

# %% [markdown]
# ## 1 · A graph of your own
#
# Lessons 07 to 09 lived on a square lattice. THRML knows of no lattice, only of nodes and factors. So take *any* graph, with a weight
# $w_{ij}$ on each edge and a bias $b_i$ on each node:
#
# $$E(s) = -\sum_{(i,j)} w_{ij}\, s_i s_j - \sum_i b_i s_i , \qquad p(s) \propto e^{-\beta E(s)} , \quad s_i = \pm1 .$$
#
# With $w_{ij} > 0$ two spins like to be equal, with $w_{ij} < 0$ opposite. This is a **Boltzmann machine** (Ackley, Hinton and Sejnowski
# 1985). Spins that share an edge must not be drawn together. On the checkerboard two blocks did; here are twelve spins, the corners of an
# icosahedron. **Guess first:** how many blocks do they need?

# %%
few, star = nx.icosahedral_graph(), nx.petersen_graph()
known = {"an icosahedron": (few, None), "Petersen's graph": (star, [range(5, 10), range(5)]), "a ring of nine": (nx.cycle_graph(9), None)}
panels = [network(graph, machines.colour_groups(graph), name, shells=shells) for name, (graph, shells) in known.items()]
plots.figure(*panels, title="A block for each colour: no edge joins two nodes of one colour")

# %% [markdown]
# *Picture: three graphs with coloured nodes. The icosahedron has four colours, three nodes of each; Petersen's graph and the ring of nine
# have three. Each edge joins two different colours.*
#
# Four: its triangles need three, and three do not suffice. To find the *fewest* colours of a graph is hard; **DSATUR** (Brélaz 1979) is greedy and good. It
# colours next the node that sees the most colours already. A sweep then takes as many parallel steps as there are colours. What changes in
# the program, beside the blocks? Each edge has a weight of its own, and some spins may be held fixed, *clamped*, while the others move.
#
# ### Exercise 10.1 · Any graph on THRML
# *Difficulty ●●● · fifteen minutes · why: from here on, every model in this lesson runs on it.*
#
# Complete `graph_program`. The parts are those of Exercise 7.2. `nx.greedy_color(graph, "DSATUR")` gives a dict: node → colour, from 0. One
# factor has all edges (with `weights` as it comes), one has the biases: `SpinEBMFactor([Block(nodes)], biases)`. Clamped nodes belong in
# no free block: they make one `Block`, in a list, as the second argument of `BlockGibbsSpec`; without any, that list is empty. A colour all of
# whose nodes are clamped has no block.


# %% todo="10.1" task="return the program and its free blocks"
def graph_program(graph: nx.Graph, nodes, weights, biases, clamped=()) -> tuple[FactorSamplingProgram, list[Block]]:
    """THRML program of p(s) ∝ exp(Σ w_e s_i s_j + Σ b_i s_i), a block for each colour.

    Args:
        graph: its nodes are the numbers 0 to n - 1.
        nodes: a list of n SpinNodes; number k of the graph is nodes[k].
        weights: w, a JAX array, one for each edge in the order of graph.edges (β is in it).
        biases: b, a JAX array, one for each node (β is in it too).
        clamped: numbers of the nodes that are held fixed; may be empty.

    Returns:
        The program, and the list of its free blocks; none of them is empty.
    """
    ### BEGIN SOLUTION
    groups = {}
    for k, colour in nx.greedy_color(graph, "DSATUR").items():
        if k not in clamped:
            groups.setdefault(colour, []).append(nodes[k])
    blocks = [Block(groups[colour]) for colour in sorted(groups)]
    held = [Block([nodes[k] for k in clamped])] if len(clamped) else []
    heads = Block([nodes[i] for i, j in graph.edges])
    tails = Block([nodes[j] for i, j in graph.edges])
    bonds = SpinEBMFactor([heads, tails], weights)
    fields = SpinEBMFactor([Block(nodes)], biases)
    samplers = [SpinGibbsConditional() for _ in blocks]
    return FactorSamplingProgram(BlockGibbsSpec(blocks, held), samplers, [bonds, fields], []), blocks
    ### END SOLUTION


# %% check="10.1" points=5
from course_checks import check, exercises

with check.exercise("10.1", "graph_program"):
    answer = exercises.machines.graph_program.by(graph_program)
    for graph, held in ((nx.cycle_graph(5), []), (nx.complete_graph(4), [1]), (nx.petersen_graph(), [7, 2])):
        rng = np.random.default_rng(len(graph))
        numbers = [jnp.array(rng.normal(size=n)) for n in (graph.number_of_edges(), len(graph))]
        answer.on(f"{graph}, clamped {held}", graph, [SpinNode() for _ in graph], *numbers, held)
    answer.fresh(2, "another graph")

# %% [markdown] hint="10.1"
# Go through the items of the colouring and collect `nodes[k]` in a dict of lists, colour by colour, leaving out `k in clamped`. Heads and
# tails: `Block([nodes[i] for i, j in graph.edges])`, and with `j`. `held = [Block([nodes[k] for k in clamped])]` if there are any, else `[]`.
# As many samplers as free blocks.

# %% [markdown]
# ## 2 · Trust it: every state counted
#
# Twelve spins have 4096 states. `machines.enumerate_graph` visits all of them: its `spins` and `pairs` are the exact $\langle s_i\rangle$ and
# $\langle s_i s_j\rangle$. Now let neighbours *dislike* each other, more or less: on a triangle, somebody is always unhappy. Does your program find the right
# compromise? And on a graph that nobody has checked? Put another one in the first line.

# %%
mine = few  # or nx.petersen_graph(), nx.karate_club_graph().subgraph(range(14)), nx.gnp_random_graph(12, 0.4, seed=3), …
rng = np.random.default_rng(101)
weights, biases = -rng.uniform(0.2, 1.2, mine.number_of_edges()), rng.normal(0, 0.3, len(mine))
make = check.yours("10.1", graph_program, machines.graph_program)
sampler, (head, tail) = machines.GraphSampler(mine, make), machines.ends(mine)
spins = sampler.sample(jax.random.key(1), weights, biases, n_samples=300, n_sweeps=2, n_burn_in=200, n_chains=100)

law = machines.enumerate_graph(mine, weights, biases)
pairs = [observables.mean_and_error(spins[..., i] * spins[..., j]) for i, j in mine.edges]
single = [observables.mean_and_error(spins[..., i]) for i in range(len(mine))]
both = [(law.pairs[head, tail], pairs, "$\\langle s_i s_j\\rangle$, edges"), (law.spins, single, "$\\langle s_i\\rangle$, nodes")]
dots = [plots.points(at, *np.array(found).T, name) for at, found, name in both]
off = np.concatenate([(np.array(found)[:, 0] - at) / np.array(found)[:, 1] for at, found, _ in both])
plots.figure(
    plots.panel(plots.exact([-1, 1], [-1, 1], "equal"), *dots, xlabel=f"all {len(law.p):,} states", ylabel="100 chains on THRML"),
    title=f"{len(mine)} spins with their own weights: off by {np.sqrt((off**2).mean()):.2f} standard errors (root mean square)",
)

# %% [markdown]
# *Picture: sampled means against exact ones; the error bars are smaller than the dots. All lie on the diagonal: those of the edges are
# mostly negative, those of the nodes on both sides of zero.*
#
# An honest program is off by about one standard error. That is the habit of this course: exact first, then sample.
#
# ## 3 · Units that nobody sees
#
# Now the nodes become pixels. Handwritten digits, 8 × 8, a pixel is $+1$ (ink) if more than half of it is inked. Edges between pixels can
# say "these two go together", and nothing about three. The remedy: units that are *in the model* but not in the data. Each of them may stand
# for a stroke. Here is the simplest machine of this kind, **restricted** to edges between a visible unit $v_i$ and a hidden one $h_j$, with
# weights $W$ and biases $a$, $b$ (β = 1 from here on):
#
# $$E(v, h) = -\sum_{ij} v_i W_{ij} h_j - \sum_i a_i v_i - \sum_j b_j h_j .$$
#
# How many colours does that graph need?

# %%
train, test = machines.binary_digits("train"), machines.binary_digits("test")
shown = train.spins[:30].reshape(3, 10, 8, 8)
plots.figure(plots.images(shown, cell=0.85), title=f"{len(train.spins)} such pictures to learn from, {len(test.spins)} to judge")

# %% [markdown]
# *Picture: thirty white digits on black, eight by eight pixels each.*
#
# Two: the hidden units see the pixels only, and the other way round. And that has a second use. How probable is a picture? The hidden units
# are nobody's business, so we add up all their states, $p(v) = \frac1Z \sum_h e^{-E(v, h)}$. Given the pixels, the sum falls apart into
# one factor for each hidden unit, $e^{x_j} + e^{-x_j} = 2\cosh x_j$, where $x_j = \sum_i v_i W_{ij} + b_j$ is the field on it. And Z, with
# 16 hidden units a sum over $2^{64+16}$ states? Given the *hidden* units, it falls apart into factors of the pixels, and there are only
# $2^{16} = 65{,}536$ states of those.
#
# ### Exercise 10.2 · How probable is a picture?
# *Difficulty ●●○ · fifteen minutes · why: few models of pictures have an exact likelihood; with it you are judge over all others.*
#
# Complete `log_likelihood`. `exact.ising_states(m)` lists all states of m spins, one a row. Stay in logarithms: $\log(e^x + e^{-x})$ is
# `np.logaddexp(x, -x)`, and `np.logaddexp.reduce(values)` is the log of a sum of exponentials.


# %% todo="10.2" task="return log p(v) of each picture"
def log_likelihood(
    v: Float[np.ndarray, "n visible"], W: Float[np.ndarray, "visible hidden"],
    a: Float[np.ndarray, "visible"], b: Float[np.ndarray, "hidden"],
) -> Float[np.ndarray, "n"]:  # fmt: skip
    """log p(v) of a restricted Boltzmann machine, in nats.

    Args:
        v: pictures of -1 and +1, one a row.
        W: weights.
        a: biases of the visible units.
        b: biases of the hidden units, at most 16.

    Returns:
        One number for each picture.
    """
    ### BEGIN SOLUTION
    def log_2cosh(x):
        return np.logaddexp(x, -x)

    of_pictures = v @ a + log_2cosh(v @ W + b).sum(axis=1)
    h = exact.ising_states(len(b))
    of_hidden = h @ b + log_2cosh(h @ W.T + a).sum(axis=1)
    log_z = np.logaddexp.reduce(of_hidden)
    return of_pictures - log_z
    ### END SOLUTION


# %% check="10.2" points=4
from course_checks import check, exercises

with check.exercise("10.2", "log_likelihood"):
    answer = exercises.machines.log_likelihood.by(log_likelihood)
    rng = np.random.default_rng(102)
    v = rng.choice([-1.0, 1.0], (5, 4))
    answer.on("no weights, no biases", v, np.zeros((4, 2)), np.zeros(4), np.zeros(2), expect=np.full(5, -4 * math.log(2)))
    answer.on("four pixels, two hidden units", v, rng.normal(size=(4, 2)), rng.normal(size=4), rng.normal(size=2))
    answer.on("large weights", v, 300 * rng.normal(size=(4, 3)), rng.normal(size=4), rng.normal(size=3))
    answer.fresh(3, "another machine")

# %% [markdown] hint="10.2"
# The field on the hidden units is `v @ W + b`, one row for each picture: sum log 2cosh of it over the units, and add `v @ a`. For log Z
# exchange the roles: `h = exact.ising_states(len(b))`, fields `h @ W.T + a`, and `h @ b`. That is one number for each of the states of h;
# `np.logaddexp.reduce` adds them up.

# %% [markdown]
# The judge is appointed. First for models that need no machine: pixels that are independent, and **mixtures**, $p(v) = \sum_k w_k \prod_i
# p(v_i | k)$, which choose template $k$, a blurred picture, with probability $w_k$. How many nats a picture will ten templates save, or thirty?

# %%
judge = check.yours("10.2", log_likelihood, lambda v, W, a, b: machines.Restricted(W, a, b).log_likelihood(v))
plain = machines.independent(train.spins, 1)
levels = {"independent pixels": judge(test.spins, plain.weights, plain.visible, plain.hidden).mean()}
for k in (10, 30):
    mixture = machines.fit_mixture(train.spins, k, np.random.default_rng(k))
    levels[f"{k} templates"] = mixture.log_likelihood(test.spins).mean()
print("\n".join(f"{name:20s} {value:7.2f} nats a test picture" for name, value in levels.items()))

# %% [markdown]
# ## 4 · Learning in two phases
#
# Lesson 05 had the line that all learning of energies rests on: push E down at the data, up at the model's own samples. Here $\partial
# E/\partial W_{ij} = -v_i h_j$, so uphill in likelihood is
#
# $$\Delta W_{ij} \propto \langle v_i h_j\rangle_\text{data} - \langle v_i h_j\rangle_\text{model}, \quad
# \Delta a_i \propto \langle v_i\rangle_\text{data} - \langle v_i\rangle_\text{model}, \quad
# \Delta b_j \propto \langle h_j\rangle_\text{data} - \langle h_j\rangle_\text{model} .$$
#
# In the **clamped phase** pixels are held at a picture. In the **free phase** all units run. In both, the hidden ones may be replaced by
# their mean given the pixels, which is $\tanh x_j$. Why is that allowed, and better than drawing them?

# %% [markdown] think="10a"
# **Think.** Why is it allowed to put the mean of $h_j$ in the place of a drawn $h_j$, and what is gained?
# <!-- ANSWER -->
# Given $v$, the mean of $v_i h_j$ is $v_i \tanh(x_j)$, exactly. So the average over many pictures has the same expectation, and the noise
# of the coins is gone. (In the *chain* the hidden units must be drawn: with means it would sample another model.)

# %% [markdown]
# The free phase needs samples from a model that changes a little in every step. **Persistent** chains (Tieleman 2008) never start anew: a
# hundred dreams go on from step to step, one sweep each.
#
# ### Exercise 10.3 · The machine learns
# *Difficulty ●●● · fifteen minutes · why: your sampler, inside your training, judged by your likelihood.*
#
# Complete `fit`. Chains start at a first batch, `data[rng.integers(len(data), size=batch_size)]`. Then each step, counted from 0: draw a
# batch the same way; move the chains with the machine as it is; add to each parameter `rate` times its difference, where `rate =
# learning_rate * (1 - step / n_steps)`; put the three into a new `machines.Restricted(W, a, b)`; show it.


# %% todo="10.3" task="learn W, a, b with persistent chains, and return the machine"
def fit(machine, data: Float[np.ndarray, "n visible"], sweep, n_steps: int, rng, look, learning_rate=0.05, batch_size=100):
    """Train a restricted Boltzmann machine.

    Args:
        machine: where training begins; it has .weights W, .visible a and .hidden b, and stays as it is.
        data: pictures of -1 and +1, one a row.
        sweep: sweep(machine, chains) returns the pixels of all chains one sweep later.
        n_steps: how many.
        rng: NumPy's random numbers: first for the chains, then in each step for the batch.
        look: look(step + 1, machine) is called at the end of each step.
        learning_rate: at step 0.
        batch_size: pictures in a batch, and chains.

    Returns:
        The trained machine.
    """
    ### BEGIN SOLUTION
    chains = data[rng.integers(len(data), size=batch_size)]
    for step in range(n_steps):
        batch = data[rng.integers(len(data), size=batch_size)]
        chains = sweep(machine, chains)
        W, a, b = machine.weights, machine.visible, machine.hidden
        clamped, free = np.tanh(batch @ W + b), np.tanh(chains @ W + b)
        dW = (batch.T @ clamped - chains.T @ free) / batch_size
        da = batch.mean(axis=0) - chains.mean(axis=0)
        db = clamped.mean(axis=0) - free.mean(axis=0)
        rate = learning_rate * (1 - step / n_steps)
        machine = machines.Restricted(W + rate * dW, a + rate * da, b + rate * db)
        look(step + 1, machine)
    return machine
    ### END SOLUTION


# %% check="10.3" points=5
from course_checks import check, exercises

with check.exercise("10.3", "fit"):
    answer = exercises.machines.fit.by(fit)
    rng = np.random.default_rng(103)
    v = rng.choice([-1.0, 1.0], (7, 4))
    answer.on("one step", 3, 1, v, 1, 0.3, 5)
    answer.on("four steps", 3, 2, v, 4, 0.2, 6)
    answer.fresh(3, "another training")

# %% [markdown] hint="10.3"
# `np.tanh(batch @ W + b)` are the means of the hidden units at the data, one row for each picture; the same with `chains`. ⟨v h⟩ is
# `batch.T @ means / batch_size`. Data first, minus model. Make W, a, b anew, do not write into the arrays of the machine that you were given.

# %% [markdown]
# Now all three together: your sweep on THRML, your training, your judge. Sixteen hidden units against thirty templates: **who wins?** (It takes
# some ten seconds.)

# %%
learn = check.yours("10.3", fit, machines.train)
start = machines.fresh(train.spins, 16, np.random.default_rng(1))
sweep, curve = machines.GraphSampler(start.graph(), make).sweeper(jax.random.key(3)), []


def look(step: int, machine) -> None:
    """Note the exact likelihood of the test pictures every 250 steps."""
    if step == 1 or step % 250 == 0:
        value = judge(test.spins, machine.weights, machine.visible, machine.hidden).mean()
        curve.append((step, value))


digits = learn(start, train.spins.astype(float), sweep, 2000, np.random.default_rng(2), look)
lines = [plots.hline(levels[name], name, color=color) for name, color in zip(levels, ("grey", "orange", "green"), strict=True)]
plots.figure(
    plots.panel(*lines, plots.points(*np.array(curve).T, name="16 hidden units", joined=True), xlabel="step", ylabel="exact $\\log p$ of a test picture (nats)"),
    title=f"After {curve[-1][0]} steps: {curve[-1][1]:.2f} nats, thirty templates {levels['30 templates']:.2f}",
)

# %% [markdown]
# *Picture: log-likelihood of the test pictures against the step of training. It starts at the level of independent pixels, passes that of ten
# templates after several hundred steps, wavers, and ends a little below that of thirty.*
#
# The templates, by a little; but they have 1,949 numbers, your machine 1,104. How does it come so close? A template is chosen or not. Hidden units *combine*: sixteen of them,
# each on or off, are 65,536 templates. (It wavers while the rate is large: section 14.) What did they learn?

# %%
dreams = sweep(digits, train.spins[:100].astype(float))
for _ in range(200):
    dreams = sweep(digits, dreams)
filters = digits.weights.T.reshape(2, 8, 8, 8) / 0.7
plots.figure(
    plots.images(filters, cell=0.55), plots.images(dreams[:16].reshape(2, 8, 8, 8), cell=0.55),
    columns=2, title="Left: the weights of each hidden unit, bright for ink. Right: what the machine dreams",
)  # fmt: skip

# %% [markdown]
# *Picture: on the left sixteen small grey patterns, bright strokes beside dark ones, none of them a digit; on the right sixteen dreams in
# black and white, 200 sweeps after training pictures, some like digits, others of strokes that make none.*
#
# ## 5 · Half a digit
#
# A machine that has learnt $p(v)$ knows every *conditional* of it. Clamp the upper half of a picture, let the rest run: your program does that already. And since
# the hidden units can be summed over, we know exactly what is to be expected below. **Guess:** for which digits is the lower half certain?

# %%
known = np.arange(64) < 32
half = machines.GraphSampler(digits.graph(), make, clamped=np.flatnonzero(known).tolist())
picks = [int(np.flatnonzero(test.labels == digit)[0]) for digit in (0, 1, 3, 4, 7, 8)]
given = np.where(known, test.spins[picks], -1)
begin = np.repeat(np.hstack([given, -np.ones((6, 16), int)]), 6, axis=0)
filled = half.sample(jax.random.key(5), *digits.on_graph(), n_burn_in=200, n_chains=36, start=begin)[:, 0, :64]
exactly = np.array([digits.completion(test.spins[k], known)[0] for k in picks])
shown = np.concatenate([np.stack([test.spins[picks], np.where(known, given, np.nan)], 1), filled.reshape(6, 6, 64), exactly[:, None]], 1)
columns = ["picture", "shown", *(f"chain {k}" for k in range(1, 7)), "exact mean"]
plots.figure(plots.images(shown.reshape(6, 9, 8, 8), columns=columns, cell=0.95), title="Six ways to finish each digit, and the exact mean of all")

# %% [markdown]
# *Picture: six rows, for a 0, 1, 3, 4, 7 and 8. Beside the picture and its upper half, with blue below, stand six completions, all with the same upper half; the last
# column is the exact mean, sharp where all completions agree and grey where they differ.*
#
# For none of these six: least is open below the 0 and the 7, most below the 4, and even a 1 may have a foot or none.
#
# ## 6 · Explore
#
# The same machine, live. Hide pixels with the pointer or the keys, and watch what the rest says about them.

# %%
explorers.complete(digits)

# %% [markdown]
# Without a kernel, the figure above answers the question for the lower half: compare its last column with the pictures.

# %% [markdown]
# ## What you made
#
# - `graph_program` puts any graph of spins on THRML, clamped or free. It agrees with the sum over all 4096 states of an icosahedron.
# - `log_likelihood` sums over $2^{80}$ states in a blink, since one layer falls apart given the other.
# - `fit` learns from what the data do and the model's dreams do not. With your sampler inside it came close to thirty templates with fewer numbers, since
#   hidden units combine; and a clamped part gets a completion for free.
#
# What follows is for those who want more.

# %% [markdown] depth="100 min"
# One program for all temperatures; spins, numbers and labels in one program, and who watches it; a machine without hidden units and what
# data size does to it; a memory and its capacity; likelihoods of larger machines; digits to order; a cut and a colouring beside their proven
# optimum; and what goes wrong.

# %%
from thrml import SamplingSchedule, sample_states

# %% [markdown]
# ## 7 · One program for all temperatures
#
# How does one change the temperature of a program? β has no place of its own in it: it is a factor of the weights. But weights may be
# *traced*: if the program is made inside the function that `jit` compiles, they are arguments like any other. The graph is read once,
# when that function is compiled; after that a new β costs nothing. `scan` over β **anneals** (section 13). `vmap` over β is a ladder of
# temperatures side by side, and with four lines more these chains trade places: **replica exchange**, or tempering (lesson 03), which swaps
# neighbours with probability $\min(1, e^{(\beta_i - \beta_j)(E_i - E_j)})$.


# %%
@jax.jit
def ladders(key, weights, betas, start, trade):
    """40 ladders of chains, one at each β, for 200 rounds: energies and magnetisations; neighbours swap if `trade`."""
    nodes, (one, other) = sampler.nodes, machines.ends(mine)

    def sweep(key, beta, s):
        program, blocks = make(mine, nodes, beta * weights, beta * biases)
        at = [s[np.array([nodes.index(node) for node in block])] for block in blocks]
        return sample_states(key, program, SamplingSchedule(1, 1, 1), at, [], [Block(nodes)])[0][0]

    def turn(s, step):
        k, first, second = step
        s = jax.vmap(sweep)(jax.random.split(first, len(betas)), betas, s)
        x = 2.0 * s - 1
        energy = -(x[:, one] * x[:, other]) @ weights - x @ biases
        gain = (betas[:-1] - betas[1:]) * (energy[:-1] - energy[1:])
        swap = trade & (jnp.arange(len(gain)) % 2 == k % 2) & (jnp.log(jax.random.uniform(second, gain.shape)) < gain)
        order = jnp.arange(len(betas)).at[:-1].add(1 * swap).at[1:].add(-1 * swap)
        return s[order], (energy, x.mean(1))

    def ladder(key):
        return jax.lax.scan(turn, start, (jnp.arange(200), *jax.random.split(key, (2, 200))))[1]

    return jax.vmap(ladder)(jax.random.split(key, 40))


# %% [markdown]
# Two questions for it. The spins of section 2 are frustrated: **how low** does their energy get? And if all weights change sign, neighbours
# like each other; then there are two valleys, all up and all down, and a cold chain does not leave the one where it starts. **How often should
# it be up?** Enumeration knows both.

# %%
heats, hot, up = np.array([0.3, 0.5, 0.7, 1.0, 1.4, 2.0, 2.8, 4.0]), np.geomspace(1, 10, 8), np.ones((8, len(mine)), bool)
energy, _ = ladders(jax.random.key(70), weights, 1 / heats, up, True)
cooled = [observables.mean_and_error(energy[:, 50:, k]) for k in range(8)]
fine = np.geomspace(0.25, 4.5, 60)
laws = [machines.enumerate_graph(mine, weights, biases, beta=1 / T) for T in fine]
valleys = machines.enumerate_graph(mine, -weights, biases)
above = valleys.p @ (1 + np.sign(valleys.states.sum(1))) / 2
ways = [plots.exact([0, 200], [above, above], "all states")]
for trade, word, colors in ((True, "swaps", ("blue", "orange")), (False, "no swaps", ("sky", "red"))):
    for start, where, color, seed in ((up, "up", colors[0], 71), (~up, "down", colors[1], 72)):
        _, m = ladders(jax.random.key(seed), -weights, 1 / hot, start, trade)
        ways.append(plots.line(np.arange(1, 201), (1 + np.sign(m[..., 0])).mean(0) / 2, f"{word}, from all {where}", color=color))
curve_E = [plots.exact(fine, [law.mean_energy for law in laws], "all states"), plots.points(heats, *np.array(cooled).T, "THRML, compiled once")]
floor = [plots.hline(laws[0].energy.min(), "ground state", style=":"), plots.hline(weights.sum() - abs(biases).sum(), "if everybody were happy")]
plots.figure(
    plots.panel(*curve_E, *floor, xlabel="temperature $T$", ylabel="mean energy $\\langle E\\rangle$", log="x", xticks=(0.3, 0.5, 1, 2, 4), title="frustrated"),
    plots.panel(*ways, xlabel="round", ylabel="share that is up", title="two valleys: 40 chains at $T = 1$"),
    title="Left: even the ground state leaves edges unhappy. Right: with swaps, chains forget where they began",
)  # fmt: skip

# %% [markdown]
# *Picture: two panels. Left, mean energy against temperature on a logarithmic axis: the dots lie on the exact curve, which rises from the
# dotted line of the ground state; far below runs the line that would be reached if every edge and every field had its will. Right, the share
# of chains that are up, round by round. Without swaps it stays at one or at zero, where the chains began; with swaps both curves come to the
# exact share, near 0.4, and waver about it.*
#
# Both runs, all eight temperatures, both signs of the weights: compiled once.
#
# ## 8 · The rest of THRML's parts
#
# Nor is a program bound to pairs. Six spins in a row, and each three neighbours in it like their product to be positive, or negative: a
# factor with *three* blocks. No pair of spins has a coupling. And what does a run keep? What its **observer** says. `StateObserver` records
# the states of some blocks (`sample_states` is a run with one); `MomentAccumulatorObserver` adds up products of spins, and stores nothing
# else; the third is yours.
#
# ### Exercise 10.4 · A witness of your own
# *Difficulty ●●○ · fifteen minutes · why: a run of any length, and what you want to know of it, in a few numbers.*
#
# After a sweep the observer is called with the program, the states of its free and of its clamped blocks, and `carry`, its memory. It returns
# the new memory, and what is recorded of this moment. Complete `Tally.__call__`, which counts states. With the spins of `self.block` as bits,
# number $k$ of them worth $2^k$ if it is up, a state is a number: add one to the count of it, and record nothing, `None`. Mind the order:
# `state_free[b]` belongs to `program.gibbs_spec.free_blocks[b]`, `state_clamped[b]` to `clamped_blocks[b]` there, and a spin of `self.block`
# may be in any of them.


# %% todo="10.4" task="count the state that the spins of self.block are in"
from thrml import AbstractObserver


class Tally(AbstractObserver):
    """Counts how often each state of some spins was seen.

    Attributes:
        block: n spins of the program, free or clamped, in any order; number k of them is bit k.
    """

    block: Block

    def __call__(self, program, state_free, state_clamped, carry, iteration):
        """The new counts, and None; carry has the counts so far, shape (2**n,)."""
        ### BEGIN SOLUTION
        blocks = program.gibbs_spec.free_blocks + program.gibbs_spec.clamped_blocks
        states = state_free + state_clamped
        up = {node: states[b][i] for b, block in enumerate(blocks) for i, node in enumerate(block)}
        number = sum(up[node] * 2**k for k, node in enumerate(self.block))
        return carry.at[number].add(1), None
        ### END SOLUTION

    def init(self):
        """No state was seen yet."""
        return jnp.zeros(2 ** len(self.block), int)


# %% check="10.4" points=4
from course_checks import check, exercises

with check.exercise("10.4", "Tally"):
    answer = exercises.machines.tally.by(Tally)
    rng = np.random.default_rng(104)
    states = rng.random((20, 5)) < 0.5
    answer.on("two spins of one block", [[0, 1]], [], [0, 1], states[:, :2])
    answer.on("three spins in another order", [[2, 0], [1]], [], [0, 1, 2], states[:, :3])
    answer.on("a clamped spin among them", [[0, 3], [1]], [[4, 2]], [1, 4, 0], states | (np.arange(5) == 4))
    answer.fresh(3, "another program")

# %% [markdown] hint="10.4"
# Make a dict from node to state: `blocks = free_blocks + clamped_blocks` and `states = state_free + state_clamped` go together, and node $i$
# of `blocks[b]` has the state `states[b][i]`. Then `number = sum(up[node] * 2**k for k, node in enumerate(self.block))`, and
# `carry.at[number].add(1)`.

# %% [markdown]
# Now several observers look at one run; and `estimate_moments`, which THRML's training uses, is a run with a `MomentAccumulatorObserver` for
# means and pairs. **Guess:** is a pair of spins correlated in a model without pairs?


# %%
from thrml import MomentAccumulatorObserver, StateObserver, sample_with_observation
from thrml.models import estimate_moments


class Together(AbstractObserver):
    """Several observers of one run."""

    parts: list

    def __call__(self, program, state_free, state_clamped, carry, iteration):
        seen = [look(program, state_free, state_clamped, one, iteration) for look, one in zip(self.parts, carry, strict=True)]
        return [memory for memory, _ in seen], [record for _, record in seen]

    def init(self):
        return [look.init() for look in self.parts]


def signs(states, blocks):
    """A spin's state is 0 or 1; moments are those of -1 and +1."""
    return [2 * s.astype(jnp.int8) - 1 for s in states]


# %%
six, third = [SpinNode() for _ in range(6)], np.array([0.9, -0.7, 0.8, 0.6])
factor = SpinEBMFactor([Block(six[k : k + 4]) for k in range(3)], jnp.array(third))
trios = [Block([six[k], six[k + 3]]) for k in range(3)]  # spins three apart are in no common term
cubic = FactorSamplingProgram(BlockGibbsSpec(trios, []), [SpinGibbsConditional()] * 3, [factor], [])
triples, pairs6 = [tuple(six[k : k + 3]) for k in range(4)], [(six[i], six[j]) for i in range(6) for j in range(i)]
tally = check.yours("10.4", Tally, machines.Tally)
watch = Together([tally(Block(six)), MomentAccumulatorObserver([triples], signs), StateObserver([Block(six)])])


@jax.jit
@jax.vmap
def watched(key):
    run = key, cubic, SamplingSchedule(100, 1000, 1), [jnp.zeros(2, bool) for _ in trios], []
    return sample_with_observation(*run, watch.init(), watch), estimate_moments(key, six, pairs6, *run[1:])


# %%
((counts, (sums,), _), (_, _, (states,))), (_, twos) = watched(jax.random.split(jax.random.key(8), 64))
law6 = machines.exact_law(lambda s: -(s[:, :4] * s[:, 1:5] * s[:, 2:6]).astype(float) @ third, 6)
number = np.asarray(states) @ 2 ** np.arange(6)
print(f"tally and recorded states agree: {all((np.bincount(x, minlength=64) == c).all() for x, c in zip(number, counts, strict=True))}")
S = law6.states.astype(float)
true3, true2 = law6.p @ (S[:, :4] * S[:, 1:5] * S[:, 2:6]), [law6.pairs[i, j] for i in range(6) for j in range(i)]


def dots_of(exactly, chains, name):
    """Means over 64 chains against exact values, and how far off they are in standard errors."""
    chains = np.asarray(chains, float)
    mean, error = chains.mean(0), chains.std(0, ddof=1) / 8
    return plots.points(exactly, mean, error, name), f"{name}: off by {np.sqrt((((mean - exactly) / error) ** 2).mean()):.2f} standard errors"


shares, words = dots_of(law6.p, counts / 1000, "64 states")
moments, more = zip(*(dots_of(*each) for each in ((true3, sums / 1000, "triples"), (np.array(true2), twos, "pairs"))), strict=True)
plots.figure(
    plots.panel(plots.exact([0, 0.12], [0, 0.12], "equal"), shares, xlabel="exact probability", ylabel="share in 64 chains", title=words),
    plots.panel(plots.exact([-0.8, 0.8], [-0.8, 0.8], "equal"), *moments, xlabel="exact mean of the product", ylabel="64 chains", title="\n".join(more)),
    title="Terms of three spins: three observers of one run, and all states",
)  # fmt: skip

# %% [markdown]
# *Picture: two panels, all dots on the diagonal. Left, shares of the 64 states against their exact probability. Right, mean products: those
# of the four triples between -0.6 and 0.7; of the fifteen pairs three are far from zero, and twelve at it.*
#
# So pairs can be correlated. Which ones? $s_0 s_3 = (s_0 s_1 s_2)(s_1 s_2 s_3)$ is a product of two neighbouring terms, and its mean is
# $\tanh 0.9 \cdot \tanh(-0.7) = -0.43$. What the three observers keep: 64 numbers, four numbers, and six numbers for each look.
#
# **Spins, a number and a label in one program.** Who brings other kinds of units brings a *conditional sampler* for each. THRML has three to
# build on: a `BernoulliConditional` is told the field of a spin and draws it; a `SoftmaxConditional` the log weights of a category; with
# `AbstractParametricConditionalSampler` you say the parameters *and* the draw. Take four spins, a Gaussian unit $z$ and a label $y$ of three
# kinds,
#
# $$p(s, z, y) \propto \exp\Big( \sum_i s_i \big(a_i + w_i z + U_{iy}\big) + c_y - \tfrac12 z^2 \Big) .$$
#
# Given the spins, $z$ and $y$ know nothing of each other: they are drawn at the same time, though from different laws, in a **tuple** of blocks.


# %%
from thrml import AbstractNode, AbstractParametricConditionalSampler, BernoulliConditional, SoftmaxConditional


class Number(AbstractNode):
    """A unit whose state is a number."""


class SpinDraw(BernoulliConditional):
    def compute_parameters(self, key, interactions, active_flags, states, sampler_state, output_sd):
        (a, w, U), (_, (z,), (y,)) = interactions, states  # each has a row for each spin
        return (a + w * z)[:, 0] + jnp.take_along_axis(U, y[..., None].astype(int), 2)[:, 0, 0], sampler_state


class NumberDraw(AbstractParametricConditionalSampler):
    def compute_parameters(self, key, interactions, active_flags, states, sampler_state, output_sd):
        (w,), ((s,),) = interactions, states
        return (w * (2.0 * s - 1)).sum(1), sampler_state

    def sample_given_parameters(self, key, parameters, sampler_state, output_sd):
        return parameters + jax.random.normal(key, parameters.shape), sampler_state


class LabelDraw(SoftmaxConditional):
    def compute_parameters(self, key, interactions, active_flags, states, sampler_state, output_sd):
        (c, U), (_, (s,)) = interactions, states
        return c[:, 0] + (U * (2.0 * s - 1)[..., None]).sum(1), sampler_state


# %%
from thrml import BlockSamplingProgram, CategoricalNode, InteractionGroup

rng = np.random.default_rng(82)
a4, w4, U4, c4 = (rng.normal(0, width, shape).astype(np.float32) for width, shape in ((0.4, 4), (0.6, 4), (0.6, (4, 3)), (0.4, 3)))
four, z, y = Block([SpinNode() for _ in range(4)]), Block([Number()]), Block([CategoricalNode()])
four_z, four_y = Block(z.nodes * 4), Block(y.nodes * 4)
read = [(a4, four, []), (w4, four, [four_z]), (U4, four, [four_y]), (w4, four_z, [four]), (c4[None], y, []), (U4, four_y, [four])]
groups = [InteractionGroup(jnp.array(weights), who, whom) for weights, who, whom in read]  # who is drawn, and what it reads
kinds = {SpinNode: jax.ShapeDtypeStruct((), bool), Number: jax.ShapeDtypeStruct((), jnp.float32), CategoricalNode: jax.ShapeDtypeStruct((), jnp.uint8)}
mixed = BlockSamplingProgram(BlockGibbsSpec([four, (z, y)], [], kinds), [SpinDraw(), NumberDraw(), LabelDraw()], groups)


@jax.jit
@jax.vmap
def mix(key):
    start = [jnp.zeros(4, bool), jnp.zeros(1), jnp.zeros(1, jnp.uint8)]
    return sample_states(key, mixed, SamplingSchedule(100, 1000, 1), start, [], [four, z, y])


# %%
s, z_found, y_found = (np.asarray(x) for x in mix(jax.random.split(jax.random.key(83), 64)))
S4 = exact.ising_states(4)  # the number summed over: a Gaussian integral gives (s·w)²/2
log_p = (S4 @ a4 + (S4 @ w4) ** 2 / 2)[:, None] + S4 @ U4 + c4
p48 = np.exp(log_p - np.logaddexp.reduce(log_p.ravel()))
number48 = 3 * (s @ 2 ** np.arange(4)) + y_found[..., 0]
tallies = np.stack([np.bincount(row, minlength=48) for row in number48]) / 1000
points48, words48 = dots_of(p48.ravel(), tallies, "48 states")
zz, zz_error = observables.mean_and_error(z_found[..., 0] ** 2)
print(f"mean of z²: {zz:.3f} ± {zz_error:.3f}, exact {1 + p48.sum(1) @ (S4 @ w4) ** 2:.3f}")
plots.figure(
    plots.panel(plots.exact([0, p48.max()], [0, p48.max()], "equal"), points48, xlabel="exact probability of spins and label", ylabel="share in 64 chains", title=words48),
    title="Three kinds of units in one program have their exact law",
)  # fmt: skip

# %% [markdown]
# *Picture: the share of each of the 48 states of spins and label against its exact probability; all lie on the diagonal.*
#
# ## 9 · A machine without hidden units
#
# Where all units are visible, the gradient needs no clamped phase: ⟨s_i s_j⟩ of the data is a number. THRML has it ready:
# `IsingTrainingSpec` holds both phases, `estimate_kl_grad` returns the gradient of the Kullback-Leibler divergence (so one goes *down* it),
# and `hinton_init` starts chains from the biases (it draws $+1$ with $\sigma(\beta b)$; a spin alone in its field has
# $\sigma(2\beta b)$, but it is only a start). Ten spins on Petersen's graph have a truth; data are drawn from it exactly. Is THRML's
# gradient that of enumeration?

# %%
from thrml.models import IsingEBM, IsingTrainingSpec, estimate_kl_grad, hinton_init

rng = np.random.default_rng(91)
true_w, true_b = rng.normal(0, 0.5, 15), rng.normal(0, 0.3, 10)
truth = machines.enumerate_graph(star, true_w, true_b)
ten = [SpinNode() for _ in range(10)]
links = [(ten[i], ten[j]) for i, j in star.edges]
groups = [Block([ten[k] for k in group]) for group in machines.colour_groups(star)]
idle, busy = SamplingSchedule(0, 1, 1), SamplingSchedule(30, 30, 2)


@jax.jit
def gradient(key, w, b, batch):
    """THRML's gradient with respect to w and b, and the moments of each of its chains."""
    ebm = IsingEBM(ten, links, b, w, jnp.array(1.0))
    spec = IsingTrainingSpec(ebm, [Block(ten)], [], [], groups, idle, busy)
    first, key = jax.random.split(key)
    start = hinton_init(first, ebm, groups, (100,))
    return estimate_kl_grad(key, spec, ten, links, [batch], [], [], start)


def observed(n: int) -> np.ndarray:
    """n states of the true machine, drawn exactly."""
    return truth.states[rng.choice(1024, n, p=truth.p)]


# %%
told = observed(10_000)
w, b = jnp.array(rng.normal(0, 0.3, 15)), jnp.zeros(10)
grad_w, grad_b, _, (free_b, free_w) = gradient(jax.random.key(9), w, b, jnp.array(told > 0))
model, (here, there) = machines.enumerate_graph(star, w, b), machines.ends(star)
exact_w = model.pairs[here, there] - (told[:, here] * told[:, there]).mean(0)
exact_b = model.spins - told.mean(0)
errors = [np.asarray(free).std(0, ddof=1) / 10 for free in (free_w, free_b)]
away = np.concatenate([abs(np.asarray(grad_w) - exact_w) / errors[0], abs(np.asarray(grad_b) - exact_b) / errors[1]])
print(f"25 numbers; largest deviation from enumeration {away.max():.2f} standard errors, root mean square {np.sqrt((away**2).mean()):.2f}")

# %% [markdown]
# Now go down it, from zero, for a hundred, a thousand and ten thousand data. Do the couplings come back? How close can they? The Fisher
# information of a datum is the covariance $C$ of the moments $s_i s_j$ and $s_i$, here exact; no unbiased estimate from $n$ data has a
# smaller error of parameter $k$ than $\sqrt{(C^{-1})_{kk} / n}$.


# %%
def recovered(data, n_steps: int = 100, rate: float = 0.4) -> np.ndarray:
    """Weights by descent with all data in each step; the mean of the last forty."""
    w, b, last = jnp.zeros(15), jnp.zeros(10), []
    batch = jnp.array(np.tile(data, (10_000 // len(data), 1)) > 0)  # of one shape, so that nothing is compiled anew
    for step in range(n_steps):
        down_w, down_b, *_ = gradient(jax.random.key(1000 + step), w, b, batch)
        w, b = w - rate * down_w, b - rate * down_b
        last.append(w)
    return np.mean(last[-40:], axis=0)


sizes = (100, 1000, 10_000)
moments_of = np.hstack([truth.states[:, here] * truth.states[:, there], truth.states]).astype(float)
fisher = np.cov(moments_of.T, aweights=truth.p, ddof=0)
best = {n: float(np.sqrt(np.diag(np.linalg.inv(fisher))[:15].mean() / n)) for n in sizes}
found = {n: recovered(observed(n)) for n in sizes}
wrong = {n: float(np.sqrt(((w - true_w) ** 2).mean())) for n, w in found.items()}
panels = [
    plots.panel(plots.exact([-1.2, 1.2], [-1.2, 1.2], "equal"), plots.points(true_w, found[n], name="15 edges"),
                title=f"{n:,} data: off {wrong[n]:.3f}, theory {best[n]:.3f}", xlabel="true weight", ylabel="learnt weight")
    for n in sizes
]  # fmt: skip
plots.figure(*panels, share="y", title="The couplings come back, about as closely as the data allow")

# %% [markdown]
# *Picture: learnt weights against true ones, three panels. With a hundred data they scatter about the diagonal, with a thousand they are
# close to it, with ten thousand they lie on it. Above each stands the root mean square distance for these data, and what theory expects
# on average, where data are many.*
#
# With many data the error falls as $1/\sqrt n$: ten times the data, a third of the error (these hundred are off by more). What the machine learns from a hundred pictures is in part their
# accident, and for a machine of 1,104 numbers 1,297 pictures are not many.
#
# ## 10 · A memory
#
# Hopfield (1982) turned it round: do not learn weights, write them down. To store patterns $\xi^\mu$ of $\pm1$, take
#
# $$J_{ij} = \frac1N \sum_\mu \xi_i^\mu \xi_j^\mu \quad (i \ne j), \qquad E(s) = -\tfrac12 \sum_{ij} J_{ij} s_i s_j .$$
#
# Each pattern is a valley. Start near it, let each spin follow the others' field at T = 0, and you roll down into it. How many patterns fit?
#
# ### Exercise 10.5 · Remember
# *Difficulty ●●○ · ten minutes · why: a valley for each memory is the oldest idea of this field.*
#
# Complete `recall`. Go through the spins in their order, `n_sweeps` times; each becomes the sign of its field, which the newest values of
# the others make. A spin whose field is exactly zero stays.


# %% todo="10.5" task="return the state after some sweeps at zero temperature"
def recall(patterns, start, n_sweeps: int):
    """The state that a Hopfield memory falls into.

    Args:
        patterns: of -1 and +1, one a row, shape (p, N).
        start: a state of -1 and +1, shape (N,); it stays as it is.
        n_sweeps: how often each spin is asked.

    Returns:
        The state, -1 and +1, shape (N,).
    """
    ### BEGIN SOLUTION
    J = patterns.T @ patterns
    np.fill_diagonal(J, 0)
    s = start.copy()
    for _ in range(n_sweeps):
        for i in range(len(s)):
            field = J[i] @ s
            if field != 0:
                s[i] = np.sign(field)
    return s
    ### END SOLUTION


# %% check="10.5" points=3
from course_checks import check, exercises

with check.exercise("10.5", "recall"):
    answer = exercises.machines.recall.by(recall)
    rng = np.random.default_rng(6)  # the second sweep moves something here
    answer.on("one pattern of four, from its neighbour", np.array([[1, -1, 1, 1]]), np.array([1, 1, 1, 1]), 1)
    answer.on("three patterns of eight", rng.choice([-1, 1], (3, 8)), rng.choice([-1, 1], 8), 2)
    for middle in (-1, 1):
        answer.on("two opposite fields: a tie", np.array([[1, 1, 1], [1, -1, 1]]), np.array([-1, middle, 1]), 1)
    answer.fresh(6, "another memory")

# %% [markdown] hint="10.5"
# `J = patterns.T @ patterns`, with `np.fill_diagonal(J, 0)`; the factor 1/N does not change a sign. Then two loops: `field = J[i] @ s`, and `s[i] =
# np.sign(field)` unless it is zero. Work on `start.copy()`.

# %% [markdown]
# Fill it up. Start at a pattern with a tenth of its spins turned over, and see where the state goes; the overlap $m = \frac1N \sum_i \xi_i s_i$ says how much is left. The theory of
# infinite N (Amit, Gutfreund and Sompolinsky 1985) has a memory that breaks down all at once, at $p = 0.138\,N$, for a start at the
# pattern itself; from a distance it may fail earlier.

# %%
remember = check.yours("10.5", recall, machines.recall)
loads, dice = np.array([0.05, 0.09, 0.12, 0.14, 0.16, 0.18, 0.21, 0.25]), np.random.default_rng(105)
capacity = []
for n, trials in ((100, 24), (800, 8)):
    left = np.empty((len(loads), trials))
    for k, t in np.ndindex(left.shape):
        xi = dice.choice([-1.0, 1.0], (round(loads[k] * n), n))
        noisy = np.where(dice.random(n) < 0.1, -xi[0], xi[0])
        left[k, t] = xi[0] @ np.asarray(remember(xi, noisy, 10)) / n
    capacity.append(plots.points(loads, left.mean(1), left.std(1, ddof=1) / math.sqrt(trials), f"$N = {n}$", joined=True))
plots.figure(
    plots.panel(*capacity, plots.vline(0.138, "0.138, infinite $N$"), xlabel="patterns per spin $p/N$", ylabel="overlap $m$ after ten sweeps", ylim=(0, 1.05)),
    title="With more patterns less is left, and the drop is steeper in the larger memory",
)

# %% [markdown]
# *Picture: overlap against load. Up to a load of 0.12 both curves are near one. Then that of 800 spins falls, to 0.4 at a load of 0.21; that of 100
# falls more slowly, and is at 0.6 at the last load. A dashed line stands at 0.138.*
#
# On THRML? The graph is complete: as many colours as spins, nothing in parallel. But hidden units help here too, **Gaussian** ones. Since
# $e^{x^2/2} = \int e^{xz - z^2/2} dz/\sqrt{2\pi}$, one of them for each pattern, joined to all spins, makes the same law:
#
# $$p(s, z) \propto \exp\Big( \sqrt{\beta/N} \sum_{i\mu} s_i \xi_i^\mu z_\mu - \tfrac12 \sum_\mu z_\mu^2 \Big) .$$
#
# That is the unit $z$ of section 8, once for each pattern; `machines.layer_program` has such layers, each as *one* node whose state is an
# array. With few patterns the overlap is known, $m = \tanh(m/T)$; above T = 1 there is no memory. **Guess:** does it matter whether the
# chains start at a pattern, or at random?

# %%
n, dice = 400, np.random.default_rng(106)
xi, heats_m, remembered = dice.choice([-1.0, 1.0], (3, n)), np.array([0.3, 0.5, 0.7, 0.85, 1.0, 1.3]), []
for start_at, word, beside in ((np.tile(xi[0], (64, 1)), "from a pattern", -0.006), (dice.choice([-1.0, 1.0], (64, n)), "from noise", 0.006)):
    overlaps = []
    for k, T in enumerate(heats_m):
        memory = machines.Layered(xi.T / math.sqrt(n * T), np.zeros(n), np.zeros(3))
        s, _, _ = machines.walk(jax.random.key(110 + k), memory, start_at, 200, hidden="gaussian")
        overlaps.append(observables.mean_and_error(abs(s @ xi.T / n).max(1)[:, None]))
    remembered.append(plots.points(heats_m + beside, *np.array(overlaps).T, f"64 chains {word}"))
m = np.linspace(0.001, 0.999, 400)
plots.figure(
    plots.panel(plots.exact(m / np.arctanh(m), m, "$m = \\tanh(m/T)$"), *remembered,
                xlabel="temperature $T$", ylabel="overlap with the nearest pattern", xlim=(0.2, 1.6)),
    title="A warm memory is blurred, a hot one is empty",
)  # fmt: skip

# %% [markdown]
# *Picture: overlap against temperature. Chains that began at a pattern and chains that began from noise lie side by side. They follow the
# curve m = tanh(m/T) from one downwards, and are below it at 0.85; at T = 1 and above they are where the curve is zero, at the 0.1 to 0.3
# that 400 spins have by chance.*
#
# For the overlap it does not: two opposite starts agree. *Which* pattern a cold chain is at, its start decides.
#
# ## 11 · Larger machines
#
# Sixteen hidden units were chosen so that log Z is a sum. For more, Z must be estimated, by **annealed importance sampling** (lesson 02;
# Salakhutdinov and Murray 2008): from independent pixels, whose Z is known, in small steps of β to the machine. First on a machine where
# the answer is known:

# %%
base = machines.independent(train.spins).visible
value = digits.log_z()
guessed = machines.annealed_log_z(jax.random.key(11), digits, base, n_chains=100, n_betas=1000)
print(f"log Z by a sum {value:.3f}, by annealing {guessed.log_z:.3f} ± {guessed.error:.3f}, {guessed.ess:.0f} of 100 chains count")

# %% [markdown]
# `machines.fit` is your loop, compiled as a whole, on a THRML program with one node for each layer. Three questions: do persistent chains
# (PCD) pay against chains that start at each batch (CD)? Do more hidden units? And how far do more templates get? The number behind the
# name counts the sweeps in a step.

# %%
def trained(seed: int, n_hidden: int, persistent: bool) -> list[machines.Restricted]:
    """Machines after 500, 1000 and 1500 steps."""
    how = {"n_steps": 1500, "n_kept": 3, "n_sweeps": 2 if n_hidden > 16 else 1, "persistent": persistent}
    return [one.pixels() for one in machines.fit(train.spins, n_hidden, jax.random.key(seed), **how, learning_rate=0.05).machines]


def judged(machine, seed: int) -> tuple[float, float]:
    """Nats a test picture, and the error from log Z."""
    if len(machine.hidden) <= 16:
        return machine.log_likelihood(test.spins).mean(), 0.0
    z = machines.annealed_log_z(jax.random.key(seed), machine, base, n_chains=100, n_betas=500)
    return machine.log_weight(test.spins).mean() - z.log_z, z.error


table, curves, worst = {"independent pixels": [levels["independent pixels"]]}, {}, 0.0
for k in (10, 16, 30, 60):
    fits = [machines.fit_mixture(train.spins, k, np.random.default_rng(100 * k + s)) for s in range(3)]
    table[f"{k} templates"] = [one.log_likelihood(test.spins).mean() for one in fits]
for name, n_hidden, persistent in (("16 hidden, CD-1", 16, False), ("16 hidden, PCD-1", 16, True), ("64 hidden, PCD-2", 64, True)):
    ways = [trained(seed, n_hidden, persistent) for seed in range(3)]
    found = [[judged(machine, seed) for machine in (way if n_hidden == 16 else way[-1:])] for seed, way in enumerate(ways)]
    curves[name] = [[value for value, _ in way] for way in found]
    table[name], worst = [way[-1] for way in curves[name]], max(worst, *(way[-1][1] for way in found))
for name, values in table.items():
    print(f"{name:20s} {np.mean(values):7.2f} nats a test picture, from {min(values):.2f} to {max(values):.2f} ({len(values)} seeds)")
print(f"error of log Z where it is estimated: at most {worst:.2f}")

# %%
names = list(table)
grown = [plots.runs([500, 1000, 1500], curves[name], name) for name in names if name.startswith("16 hidden")]
plots.figure(
    plots.panel(*grown, xlabel="step", xticks=(500, 1000, 1500), ylabel="exact $\\log p$ of a test picture (nats)", title="three seeds each"),
    plots.panel(plots.rows(names, [(3 * table[name])[:3] for name in names]), xlabel="$\\log p$ of a test picture (nats); one dot a seed"),
    title=f"64 hidden units: {np.mean(table['64 hidden, PCD-2']):.2f} nats; 60 templates: {np.mean(table['60 templates']):.2f}",
)  # fmt: skip

# %% [markdown]
# *Picture: two panels. Left, likelihood after 500, 1000 and 1500 steps, with bands from the worst to the best of three seeds: CD-1 rises
# steadily; PCD-1 is lower, with a wide band, and meets it at the end. Right, rows of one to three dots: independent pixels far on the left,
# then templates, better the more there are; machines of 16 hidden units lie between 16 and 30 templates, that of 64 to the right of all.*
#
# Do persistent chains pay? Not here: both end at the same likelihood, within the spread of seeds, and on the way PCD is worse. While the rate
# is large its chains lag behind the machine (section 14). Hidden units do pay: 64 of them are about a nat better than sixty templates. With
# 128 the same training, too long for this page, gives -16.28 nats (three seeds, from -16.30 to -16.23).
#
# A nat a picture is a factor of $e$ in its probability. The estimate of log Z can be too low where chains miss a mode of the model, and
# then the likelihood looks too good; its error bar knows only what the chains saw. That is why the exact case comes first.
#
# ## 12 · Digits to order
#
# Put the label into the model: one categorical unit beside the pixels, joined to all hidden units. Pixels and label are drawn at the same
# time given the hidden layer, from different conditionals, in a tuple of blocks as in section 8. Clamp the label, and the machine writes what you order. Leave it free and clamp the pixels, and it reads; the law of the label given the
# pixels is exact.

# %%
labelled = machines.fit(train.spins, 64, jax.random.key(12), labels=train.labels, n_steps=1200, n_sweeps=1, learning_rate=0.05).machines[-1]
wanted = np.repeat(np.arange(10), 10)
noise = np.random.default_rng(12).choice([-1.0, 1.0], (100, 64))
written, _, _ = machines.walk(jax.random.key(13), labelled, noise, 300, labels=wanted, clamp_label=True)
field = test.spins @ labelled.weights + labelled.hidden
scores = labelled.label + machines.log_2cosh(field[:, None, :] + labelled.label_weights).sum(-1)
share = (scores.argmax(1) == test.labels).mean()
nearest = train.labels[(written @ train.spins.T.astype(float)).argmax(1)]
obeyed = (nearest == wanted).mean()
pictures = written.reshape(10, 10, 8, 8)[:, :4].swapaxes(0, 1)
plots.figure(plots.images(pictures, columns=[str(k) for k in range(10)], cell=0.75), title=f"{obeyed:.0%} look as ordered; of the test digits {share:.1%} are read rightly")

# %% [markdown]
# *Picture: ten columns, one for each digit, of four pictures each. Many look like what stands above them, others are broken.*
#
# (Of a hundred written pictures we count those whose nearest training picture, the one with most pixels in common, has the label that was ordered.)
#
# ## 13 · Optimisation by the same machine
#
# **Max-Cut.** Divide the nodes of a graph into two sides such that as many edges as possible go across. With all weights -1 that is the
# ground state of our spins: $E = \text{edges} - 2\,\text{cut}$. Anneal: raise β sweep by sweep, and keep the best state. The *proven*
# optimum comes from an integer programme (`scipy.optimize.milp`), helped by one remark: of an odd cycle, not all edges can be cut. The budget
# of a run: eight chains of 1000 sweeps, β from 0.2 to 4. Each seed has eight runs.

# %%
big = nx.random_regular_graph(3, 64, seed=3)
cut = machines.largest_cut(big)
plus, none = -np.ones(96), np.zeros(64)
cooler, budget = machines.GraphSampler(big, make), 1000
cuts = []
for seed in (14, 15, 16):
    cooled_down, _ = cooler.anneal(jax.random.key(seed), plus, none, np.linspace(0.2, 4.0, budget), n_chains=64)
    cuts.append(((96 - cooler.energy(cooled_down, plus, none)) / 2).round().astype(int))
    hits = cuts[-1] == cut.size
    print(f"seed {seed}: {hits.mean():.0%} of 64 chains of {budget} sweeps find the proven optimum, {cut.size} of 96 edges, and {hits.reshape(8, 8).any(1).sum()} of 8 runs of eight chains")
sides = [np.flatnonzero(cooled_down[hits.argmax()] == side).tolist() for side in (-1, 1)]
size, count = np.unique(cuts, return_counts=True)
plots.figure(
    network(big, sides, f"a cut of {cuts[-1].max()} edges", name="side"),
    plots.panel(plots.bars([str(k) for k in size], count), xlabel="edges across", ylabel=f"chains, of {count.sum()}"),
    title=f"{np.mean(np.array(cuts) == cut.size):.0%} of chains reach the proven optimum, {cut.size}",
)

# %% [markdown]
# *Picture: on the left a graph of 64 nodes in two colours, grey edges between different ones and eight red ones between equal; on the right the chains by the size
# of their cut: nearly all are at the proven optimum or one edge below.*
#
# **Colouring.** Grötzsch's graph has no triangle, and yet three colours do not suffice, which the integer programme proves. Categorical nodes, one
# table of weights for each edge, and β traced as before:

# %%
from thrml.models import CategoricalEBMFactor, CategoricalGibbsConditional

stern = nx.mycielskian(nx.cycle_graph(5))
head, tail = machines.ends(stern)


@jax.jit
def coloured(key, allowed, betas):
    """64 chains of colours, of those among four that are allowed, after a sweep at each β in turn."""
    nodes = [CategoricalNode() for _ in stern]
    blocks = [Block([nodes[k] for k in group]) for group in machines.colour_groups(stern)]
    sides, tables = [Block([nodes[k] for k in side]) for side in (head, tail)], -jnp.tile(jnp.eye(4), (len(head), 1, 1))
    forbidden = CategoricalEBMFactor([Block(nodes)], jnp.tile(jnp.where(allowed, 0.0, -1e4), (len(nodes), 1)))

    def sweep(state, step):
        factors = [CategoricalEBMFactor(sides, step[0] * tables), forbidden]
        program = FactorSamplingProgram(BlockGibbsSpec(blocks, []), [CategoricalGibbsConditional(4)] * len(blocks), factors, [])
        where = [state[np.array([nodes.index(node) for node in block])] for block in blocks]
        return sample_states(step[1], program, SamplingSchedule(1, 1, 1), where, [], [Block(nodes)])[0][0], None

    def chain(key):
        return jax.lax.scan(sweep, jnp.zeros(len(nodes), jnp.uint8), (betas, jax.random.split(key, len(betas))))[0]

    return jax.vmap(chain)(jax.random.split(key, 64))


ends = {}
for q in (3, 4):
    colours = np.asarray(coloured(jax.random.key(q), jnp.arange(4) < q, jnp.linspace(0.2, 8.0, 200)))
    conflicts = (colours[:, head] == colours[:, tail]).sum(1)
    ends[q] = colours[conflicts.argmin()]
    proof = "there is one" if machines.colouring(stern, q) is not None else "proven: there is none"
    print(f"{q} colours: fewest conflicts in 64 chains {conflicts.min()}, in {(conflicts == 0).mean():.0%} of them none ({proof})")

# %%
rings = [[10], range(5, 10), range(5)]
panels = [network(stern, [np.flatnonzero(ends[q] == c).tolist() for c in range(q)], f"{q} colours", name="colour", shells=rings) for q in ends]
plots.figure(*panels, title="Grötzsch's graph: with three colours an edge is left over, with four none")

# %% [markdown]
# *Picture: the same graph of eleven nodes twice. On the left, in three colours, one edge is red, between two nodes of one colour; on the right, in four, none is.*
#
# ## 14 · What goes wrong
#
# **The order of the nodes.** `list(graph)` is the order in which networkx met them, not 0, 1, 2. Biases by number and nodes by that order, and
# each spin has another one's field:

# %%
print(f"list(nx.icosahedral_graph()) = {list(few)}")

# %% [markdown]
# **β twice.** `IsingEBM` multiplies weights and biases by its β. Who has put β into them already samples at β².
#
# **Groups that share an edge.** THRML takes them without a word, and draws neighbours together (lesson 07).
#
# **Chains that see too little.** Section 11: CD-1 starts at the data, and never learns of a mode that no datum is near (lesson 05, section 12).
#
# **A learning rate that is too large.** Persistent chains are samples of the model only while it changes more slowly than they move. This one has ten times
# the rate, which costs about a nat:

# %%
hasty = [machines.fit(train.spins, 16, jax.random.key(seed), n_steps=1500, n_kept=3, n_sweeps=1, learning_rate=0.5).machines[-1].pixels() for seed in range(3)]
for rate, values in (("0.05", table["16 hidden, PCD-1"]), ("0.5", [one.log_likelihood(test.spins).mean() for one in hasty])):
    print(f"rate {rate:4s} {np.mean(values):.2f} nats, from {min(values):.2f} to {max(values):.2f} (3 seeds)")

# %% [markdown]
# **Clamping by a strong field.** Instead of a clamped block one may give a spin a bias of 30: the same program for every mask, as the
# explorer does. It disobeys once in $e^{60}$ draws, and is still drawn, for nothing.

# %% [markdown] think="10b"
# **Think.** A restricted machine with one hidden unit is a mixture of how many templates? With m units, how many, and why are they not free?
# <!-- ANSWER -->
# Two: one for each state of the unit. With m units there are $2^m$ templates, each a product of independent pixels with fields $a + Wh$,
# and weights that all follow from the same $m (n + 1) + n$ numbers. From a state of h to a neighbouring one, the fields change by one column of W, twice.

# %% [markdown] think="10c"
# **Think.** Why must $h$ be drawn before the pixels in the first sweep of a persistent chain whose hidden units are unknown? And in a clamped
# picture?
# <!-- ANSWER -->
# Whatever is drawn first reads the other layer. If the pixels came first, they would read hidden units that have nothing to do with them, and
# the picture would be lost. The same holds for the pixels that are free beside clamped ones; only that there it is forgotten after some sweeps.

# %% [markdown] think="10d"
# **Think.** The optimum of a Max-Cut was reached by most chains. Does that say that the machine is better than the integer programme?
# <!-- ANSWER -->
# No. The programme needs a fraction of a second here, and it *proves* that there is nothing better; the chains would never tell. On graphs
# too large for a proof annealing still gives good cuts, and then nobody knows how good.

# %% [markdown]
# ## Challenge · the likeliest digits
#
# 1000 pictures of digits, shuffled and with some pixels inverted, so that no stored weights help. Return a restricted machine with at most
# twelve hidden units, `W, a, b`, within 0.6 s of CPU time. The judge adds up its 4096 hidden states and computes the exact likelihood of
# pictures that you have not seen.
#
# Cheating would be more CPU time, more hidden units, or knowing the pictures from elsewhere.
#
# The judge counts, recomputes and draws its problems anew, so that nothing can be remembered. But Python hides nothing from a
# function that runs beside it: who walks its frames or its memory finds the answers, and has beaten nobody.
#
# Who is there to beat?

# %%
check.challenge("10")


# %%
def my_machine(pictures, n_hidden, seconds, rng):
    raise NotImplementedError("return W, a and b of a machine with n_hidden hidden units")


check.challenge("10", my_machine)

# %% [markdown]
# ## References
#
# - D. H. Ackley, G. E. Hinton, T. J. Sejnowski, *A learning algorithm for Boltzmann machines*, Cognitive Science 9, 147 (1985),
#   [doi:10.1207/s15516709cog0901_7](https://doi.org/10.1207/s15516709cog0901_7).
# - D. Brélaz, *New methods to color the vertices of a graph*, Commun. ACM 22, 251 (1979),
#   [doi:10.1145/359094.359101](https://doi.org/10.1145/359094.359101). DSATUR.
# - P. Smolensky, *Information processing in dynamical systems: foundations of harmony theory*, in Parallel Distributed Processing 1, MIT
#   Press (1986). The restricted machine.
# - G. E. Hinton, *Training products of experts by minimizing contrastive divergence*, Neural Computation 14, 1771 (2002),
#   [doi:10.1162/089976602760128018](https://doi.org/10.1162/089976602760128018).
# - T. Tieleman, *Training restricted Boltzmann machines using approximations to the likelihood gradient*, ICML 2008,
#   [doi:10.1145/1390156.1390290](https://doi.org/10.1145/1390156.1390290). Persistent chains.
# - R. Salakhutdinov, I. Murray, *On the quantitative analysis of deep belief networks*, ICML 2008,
#   [doi:10.1145/1390156.1390266](https://doi.org/10.1145/1390156.1390266). Annealed importance sampling.
# - J. J. Hopfield, *Neural networks and physical systems with emergent collective computational abilities*, PNAS 79, 2554 (1982),
#   [doi:10.1073/pnas.79.8.2554](https://doi.org/10.1073/pnas.79.8.2554).
# - D. J. Amit, H. Gutfreund, H. Sompolinsky, *Storing infinite numbers of patterns in a spin-glass model of neural networks*, Phys.
#   Rev. Lett. 55, 1530 (1985), [doi:10.1103/PhysRevLett.55.1530](https://doi.org/10.1103/PhysRevLett.55.1530). 0.138.
# - F. Barahona, A. R. Mahjoub, *On the cut polytope*, Math. Program. 36, 157 (1986),
#   [doi:10.1007/BF02592023](https://doi.org/10.1007/BF02592023). Odd cycles.
# - The library [THRML](https://github.com/extropic-ai/thrml).
