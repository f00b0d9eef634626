# ---
# jupyter:
#   course:
#     title: Boltzmann machines
#     goal: put any graph of spins on THRML, check it against every state, and train a machine that completes digits
#     needs: ["05", "07"]
#     know: exponentials, matrix products
#     time: 60 min
#     runs: 70 s
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

# %% [markdown]
# ## 1 · A graph of your own
#
# Lessons 07 to 09 lived on a square lattice. THRML knows of no lattice, only of nodes and factors. So take *any* graph, with a number on
# each edge and on each node:
#
# $$E(s) = -\sum_{(i,j)} w_{ij}\, s_i s_j - \sum_i b_i s_i , \qquad p(s) \propto e^{-\beta E(s)} , \quad s_i = \pm1 .$$
#
# With $w_{ij} > 0$ two spins like to be equal, with $w_{ij} < 0$ opposite. This is a **Boltzmann machine** (Ackley, Hinton and Sejnowski
# 1985). Spins that share an edge must not be drawn together. On the checkerboard two blocks did; here are twelve spins, the corners of an
# icosahedron. **Guess first:** how many blocks do they need?

# %%
def drawn(graph: nx.Graph, groups, title: str, seed: int = 1) -> plots.Panel:
    """A graph, with its nodes in the colours of their groups."""
    place = nx.kamada_kawai_layout(graph)
    at = np.array([place[k] for k in range(len(graph))])
    edges = [plots.line(*at[list(edge)].T, color="0.7", width=1.2) for edge in graph.edges]

    def discs(group):
        return lambda ax, color, label: ax.scatter(*at[group].T, s=150, color=color, edgecolor="k", label=label, zorder=3)

    layers = [plots.Layer(discs(group), f"block {k}") for k, group in enumerate(groups) if group]
    return plots.panel(*edges, *layers, title=title, square=True, bare=True)


few = nx.icosahedral_graph()
graphs = {"an icosahedron": few, "Petersen's graph": nx.petersen_graph(), "a ring of nine": nx.cycle_graph(9)}
panels = [drawn(graph, machines.colour_groups(graph), name) for name, graph in graphs.items()]
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
# no free block: they make one `Block`, in a list, as the second argument of `BlockGibbsSpec`.


# %% todo="10.1" task="return the program and its free blocks"
def graph_program(graph: nx.Graph, nodes, weights, biases, clamped=()) -> tuple[FactorSamplingProgram, list[Block]]:
    """THRML program of p(s) ∝ exp(Σ w_e s_i s_j + Σ b_i s_i), a block for each colour.

    Args:
        graph: its nodes are the numbers 0 to n - 1.
        nodes: a list of n SpinNodes; number k of the graph is nodes[k].
        weights: w, a JAX array, one for each edge in the order of graph.edges (β is in it).
        biases: b, a JAX array, one for each node.
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
    for graph, held in ((nx.cycle_graph(5), []), (nx.complete_graph(4), []), (nx.petersen_graph(), [7, 2])):
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
# Twelve spins have 4096 states. `machines.enumerate_graph` visits all of them: its `spins` and `pairs` are the exact ⟨s_i⟩ and ⟨s_i s_j⟩. Now
# let neighbours *dislike* each other, more or less: on a triangle, somebody is always unhappy. Does your program find the right
# compromise? And what of a graph that nobody has checked: put another one in the first line.

# %%
mine = few  # or nx.petersen_graph(), nx.karate_club_graph().subgraph(range(14)), nx.gnp_random_graph(12, 0.4, seed=3), …
rng = np.random.default_rng(101)
weights, biases = -rng.uniform(0.2, 1.2, mine.number_of_edges()), rng.normal(0, 0.3, len(mine))
make = check.yours("10.1", graph_program, machines.graph_program)
sampler, (head, tail) = machines.GraphSampler(mine, make), machines.ends(mine)
spins = sampler.sample(jax.random.key(1), weights, biases, n_samples=100, n_sweeps=2, n_burn_in=200, n_chains=100)

law = machines.enumerate_graph(mine, weights, biases)
pairs = [observables.mean_and_error(spins[..., i] * spins[..., j]) for i, j in mine.edges]
single = [observables.mean_and_error(spins[..., i]) for i in mine]
known = [(law.pairs[head, tail], pairs, "$\\langle s_i s_j\\rangle$, edges"), (law.spins, single, "$\\langle s_i\\rangle$, nodes")]
dots = [plots.points(at, *np.array(found).T, name) for at, found, name in known]
plots.figure(
    plots.panel(plots.exact([-1, 1], [-1, 1], "equal"), *dots, xlabel="all states", ylabel="100 chains on THRML"),
    title=f"{len(mine)} spins with their own weights: the program meets all {len(law.p):,} states",
)

# %% [markdown]
# *Picture: sampled means against exact ones, with error bars hardly larger than the dots. All lie on the diagonal: those of the edges are
# mostly negative, those of the nodes on both sides of zero.*
#
# That is the habit of this course: exact first, then sample.
#
# ## 3 · Units that nobody sees
#
# Now the nodes become pixels. Handwritten digits, 8 × 8, a pixel is $+1$ (ink) if more than half of it is inked. Edges between pixels can
# say "these two go together", and nothing about three. The remedy: units that are *in the model* but not in the data. Each of them may stand
# for a stroke. Here is the smallest machine of this kind, **restricted** to edges between a visible unit $v_i$ and a hidden one $h_j$:
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
# one factor for each hidden unit, $e^{x} + e^{-x} = 2\cosh x$, where $x$ is the field on it. And Z, a sum over $2^{64+16}$ states? Given
# the *hidden* units, it falls apart into factors of the pixels. There are $2^{16} = 65{,}536$ states of those.
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
# p(v_i | k)$, which choose one of $k$ blurred templates. How many nats a picture will a template save?

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
# their mean given the pixels, which is $\tanh$ of the field on them. Why is that allowed, and better than drawing them?

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
# Now all three together: your sweep on THRML, your training, your judge. Sixteen hidden units against thirty templates: **who wins?**

# %%
learn = check.yours("10.3", fit, machines.train)
start = machines.fresh(train.spins, 16, np.random.default_rng(1))
sweep, curve, album = machines.GraphSampler(start.graph(), make).sweeper(jax.random.key(3)), [], {}


def look(step: int, machine) -> None:
    """Note the exact likelihood of the test pictures every 300 steps."""
    if step == 1 or step % 300 == 0:
        value = judge(test.spins, machine.weights, machine.visible, machine.hidden).mean()
        curve.append((step, value))
        album[step] = machine.weights.T


digits = learn(start, train.spins.astype(float), sweep, 3000, np.random.default_rng(2), look)
lines = [plots.hline(levels[name], name, color=color) for name, color in zip(levels, ("grey", "orange", "green"), strict=True)]
plots.figure(
    plots.panel(*lines, plots.points(*np.array(curve).T, name="16 hidden units", joined=True), xlabel="step", ylabel="exact $\\log p$ of a test picture (nats)"),
    title=f"After {curve[-1][0]} steps: {curve[-1][1]:.2f} nats, thirty templates {levels['30 templates']:.2f}",
)

# %% [markdown]
# *Picture: log-likelihood of the test pictures against the step of training. It starts at the level of independent pixels, passes that of ten
# templates within some hundred steps, and ends at that of thirty templates or just above.*
#
# Thirty templates have 1,949 numbers, your machine 1,104. How does it do that? A template is chosen or not. Hidden units *combine*: sixteen of them,
# each on or off, are 65,536 templates. What did they learn?

# %%
dreams = sweep(digits, train.spins[:100].astype(float))
for _ in range(200):
    dreams = sweep(digits, dreams)
filters = digits.weights.T.reshape(2, 8, 8, 8) / 1.5
plots.figure(
    plots.images(filters, cell=0.55), plots.images(dreams[:16].reshape(2, 8, 8, 8), cell=0.55),
    columns=2, title="Left: the weights of each hidden unit, bright for ink. Right: what the machine dreams",
)  # fmt: skip

# %% [markdown]
# *Picture: on the left sixteen small grey patterns, bright strokes beside dark ones, none of them a digit; on the right sixteen dreams in
# black and white, most of them like digits, some broken.*
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
shown = np.concatenate([test.spins[picks][None], np.where(known, given, np.nan)[None], filled.reshape(6, 6, 64).swapaxes(0, 1), exactly[None]])
rows = ["the picture", "what is shown", *(f"chain {k}" for k in range(1, 7)), "exact mean"]
plots.figure(plots.images(shown.reshape(9, 6, 8, 8), rows=rows, cell=0.62), title="Six ways to finish each digit, and their exact mean")

# %% [markdown]
# *Picture: six columns, one for each digit. Below the picture and its upper half, whose lower half is grey, six completions, all with the same upper half; the last
# row is the exact mean, sharp where all completions agree and grey where they differ.*
#
# ## 6 · Explore
#
# The same machine, live. Hide pixels with the pointer or the keys, and watch what the rest says about them.

# %%
explorers.complete(digits)

# %% [markdown]
# Without a kernel, the figure above answers the question for the lower half: compare its last row with the pictures.

# %% [markdown]
# ## What you made
#
# - `graph_program` puts any graph of spins on THRML, clamped or free. It met all 4096 states of an icosahedron.
# - `log_likelihood` sums over $2^{80}$ states in a blink, since one layer falls apart given the other.
# - `fit` learns from what the data do and the model's dreams do not. With your sampler inside it came level with thirty templates, by
#   hidden units that combine; and a clamped part gets a completion for free.
#
# What follows is for those who want more.
