# ---
# jupyter:
#   course:
#     title: Denoising thermodynamic models
#     goal: compute exactly when a chain of machines beats a single one, run such a chain on THRML, and say what it costs
#     needs: ["07", "10"]
#     know: sums over states, logarithms
#     time: 60 min
#     runs: 65 s
#     memory: 730 MB
#     uses: [jax]
# ---

# %% [markdown]
# **What you win.** You find out, to the last digit and without a random number, why a machine that has learned everything may be unable
# to say it, and how a chain of machines gets round that. Then such a chain makes digits on THRML, and you work out what one costs, in joules. You write
#
# 1. the law of a Gibbs sampler after any number of sweeps (Exercise 11.1),
# 2. the law of a whole chain of denoising machines (11.2),
# 3. the bill (11.3).

# %%
import math
from functools import partial

import jax
import numpy as np
from jaxtyping import Float

from course_checks import check
from course_utils import explorers, plots
from course_utils.denoising import exact, ledger, machines
from course_utils.lattice.exact import ising_states
from course_utils.machines import binary_digits

# %% [markdown]
# ## 1 · Two modes, and a machine that knows both
#
# Six spins. Four times in five nature shows all of them up, else all down; then each spin is turned with probability $\varepsilon = 0.02$.
# Suppose that training has been perfect: the machine's energy is $E(x) = -\log p_\text{data}(x)$ for each of the 64 states. So its
# Boltzmann distribution at T = 1 *is* the data. To show it, the machine must sample. **Guess first:** it starts from random spins. After
# 64 sweeps of Gibbs sampling, how often will it show six spins up?

# %%
data, n_up = exact.two_modes(0.02), (ising_states(6) > 0).sum(1)
energies = [-np.log(data[n_up == k][0]) for k in range(7)]
plots.figure(
    plots.panel(plots.bars(range(7), np.bincount(n_up, data), color="grey"), xlabel="spins up", ylabel="probability"),
    plots.panel(plots.line(range(7), energies), xlabel="spins up", ylabel="$E$ of one such state"),
    title=f"To change modes, {max(energies) - energies[-1]:.0f} $k_BT$ must be climbed",
)

# %% [markdown]
# *Picture: on the left bars for zero to six spins up: a tall one at six with a low one at five beside it, a smaller one at zero,
# hardly anything between. On the right the energy of a state: a hill with its top at three, its right foot slightly lower.*
#
# ## 2 · The law after K sweeps
#
# A chain of samples would answer with noise. But 64 probabilities fit on a page, and a sweep changes them by a rule without chance. Call
# such a table a **law**. Drawing spin $i$ touches pairs of states that differ in spin $i$ alone. What do the two of a pair have
# after the draw? Together what they had before; for the draw moves nothing out of the pair. And each of them the share that
# its weight $e^{-E}$ says:
#
# $$p'(x) = \frac{e^{-E(x)}}{e^{-E(x)} + e^{-E(\bar x)}} \, \big[\, p(x) + p(\bar x) \,\big] , \qquad \bar x = x \text{ with spin } i \text{ turned} .$$
#
# ### Exercise 11.1 · A sampler without chance
# *Difficulty ●●○ · fifteen minutes · why: it is the whole sampler, and it will say exactly what any budget of sweeps is worth.*
#
# Complete `law_after`. State number $k$ has spin $i$ up if bit $i$ of $k$ is 1, so its partner is number `k ^ (1 << i)`: `1 << i` is $2^i$, and `^` turns that bit. With
# `k = np.arange(len(law))` NumPy gives all partners at once. A sweep draws spin 0, then spin 1, and so on to the last.


# %% todo="11.1" task="return the laws after 0, 1, …, n_sweeps sweeps"
def law_after(
    law: Float[np.ndarray, "states"], energy: Float[np.ndarray, "states"], n_sweeps: int
) -> Float[np.ndarray, "laws states"]:
    """The laws of a Gibbs sampler on its way, T = 1.

    Args:
        law: probability of each state at the start.
        energy: of each state; there are 2^n states of n spins.
        n_sweeps: how many; each draws all spins, the first one first.

    Returns:
        n_sweeps + 1 rows: the law at the start, after one sweep, after two, ...
    """
    ### BEGIN SOLUTION
    n = int(math.log2(len(law)))
    k = np.arange(len(law))
    laws = [law]
    for _ in range(n_sweeps):
        for i in range(n):
            partner = k ^ (1 << i)
            share = 1 / (1 + np.exp(energy - energy[partner]))
            together = law + law[partner]
            law = share * together
        laws.append(law)
    return np.array(laws)
    ### END SOLUTION


# %% check="11.1" points=4
from course_checks import check, exercises

with check.exercise("11.1", "law_after"):
    answer = exercises.denoising.law_after.by(law_after)
    rng = np.random.default_rng(111)
    for what, n, k in (("one spin, one sweep", 1, 1), ("two spins, one sweep", 2, 1), ("three spins, four sweeps", 3, 4)):
        some, levels = rng.dirichlet(np.ones(2**n)), rng.normal(0, 1.5, 2**n)
        answer.on(what, some, levels, k)
    answer.on("no sweep", some, levels, 0)
    answer.fresh(4, "another energy")

# %% [markdown] hint="11.1"
# Three lines do the work: `partner = k ^ (1 << i)`, the share `1 / (1 + np.exp(energy - energy[partner]))`, and `law = share * (law +
# law[partner])`. They stand in a loop over the spins, and that in a loop over the sweeps, after each of which the law is put into a list.

# %% [markdown]
# Now the answer, with your sampler. The distance from the data is the Kullback-Leibler divergence in nats, which is 0 if both agree.

# %%
sweeps = check.yours("11.1", law_after, exact.law_after)
nothing = np.full(64, 1 / 64)
laws = sweeps(nothing, -np.log(data), 256)
bars = [
    plots.panel(plots.bars(range(7), np.bincount(n_up, data), "data", color="grey", width=0.4, shift=-0.2),
                plots.bars(range(7), np.bincount(n_up, laws[K]), "machine", color="blue", width=0.4, shift=0.2),
                xlabel="spins up", ylabel="probability", title=f"{K} sweeps: {exact.kl(data, laws[K]):.3f} nats")
    for K in (0, 4, 64)
]  # fmt: skip
plots.figure(*bars, share="y", title="In four sweeps it falls into a mode; then it hardly learns which one is likelier")

# %% [markdown]
# *Picture: three panels of paired bars over the number of spins up. At the start the machine's are a hill in the middle. After four sweeps
# they stand at zero and six, at zero more than twice as high as the data's and at six well below them; after 64 sweeps they have moved little.*
#
# After 64 sweeps six spins are up with probability 0.49, in the data with 0.71. The fall is quick. Which mode it ends in depends on where it began,
# and random spins begin on both sides alike. Only the climb over the hill can mend the weights, and its rate falls like $e^{-\text{height}}$. Sharper
# data make a higher hill: about six times the *depth* $\frac12\ln\frac{1-\varepsilon}{\varepsilon}$ of the modes, which is 1.95 here. **Guess:** up to
# which depth are 4, 16, 64, 256 sweeps enough?

# %%
depths, budgets = np.linspace(0.4, 2.4, 21), (1, 4, 16, 64, 256)
deeper = [exact.two_modes(1 / (1 + math.exp(2 * depth))) for depth in depths]
distances = [[exact.kl(p, law) for law in sweeps(nothing, -np.log(p), 256)[list(budgets)]] for p in deeper]
curves = [plots.line(depths, d, f"{K}", color=c) for d, K, c in zip(np.transpose(distances), budgets, plots.shades(5), strict=True)]
plots.figure(
    plots.panel(*curves, xlabel="depth of the modes, $\\frac{1}{2}\\ln((1-ε)/ε)$", ylabel="KL(data, law) (nats)"),
    title="Each fourfold budget buys a little more depth", legend="right", legend_title="sweeps",
)  # fmt: skip

# %% [markdown]
# *Picture: five curves against the depth of the modes. Each rises from zero to nearly 0.2 nats; with more sweeps it rises later, by
# about the same distance for each factor of four.*
#
# So a perfect machine is useless once its modes are deep: time grows exponentially in the depth. This is the **trade-off of mixing
# and expressivity** of which the makers of such hardware speak (Jelinčič and others 2025). Their way out, and that of diffusion
# models: ask for less at a time.
#
# ## 3 · Noise that is undone in small steps
#
# Turn each spin with probability $f$, and again, and again. The data blur, and the hill sinks. Going back is the problem. Somebody hands you
# a noisier state $y$: what was $x$? Bayes says
#
# $$p(x \mid y) \;\propto\; p(x)\, \prod_i \underbrace{P(y_i \mid x_i)}_{1-f \text{ or } f} \;\propto\; e^{-E(x) + \Gamma \sum_i x_i y_i} , \qquad \Gamma = \tfrac12 \ln\frac{1-f}{f} .$$
#
# That is a Boltzmann distribution again: the same energy, and a *field* on each spin along its noisier self. For little noise
# Γ is large and keeps $x$ near $y$: if that lies in one valley, is there a hill to climb? So make several machines, one for each amount of noise, down to none. The
# first knows the noisiest data, and works alone, from random spins, without a field. Each later one starts **at** the state $y$ that it is handed and sweeps
# under the energy above.
#
# ### Exercise 11.2 · The chain
# *Difficulty ●●● · fifteen minutes · why: this is the denoising model itself, exact; the machine on THRML below does the same by chance.*
#
# Complete `chain_law`. Law in, law out: from each $y$ a machine makes a law of $x$, and the next law is the sum of all these, each times
# the probability of its $y$. What you wrote in 11.1 is also in the course, as `exact.law_after(law, energy, n_sweeps)`, and `ising_states(n)` has all states of $n$ spins, one a row.


# %% todo="11.2" task="return the law of what the last machine makes"
def chain_law(energies: Float[np.ndarray, "machines states"], flip: float, n_sweeps: int) -> Float[np.ndarray, "states"]:
    """The law of what a chain of denoising machines makes.

    Args:
        energies: E of each machine, that for the noisiest data first.
        flip: f, the probability with which one round of noise turns a spin, 0 < f < 1/2.
        n_sweeps: of each machine.

    Returns:
        The law after the last machine. The first begins with all states alike, and without a field.
    """
    ### BEGIN SOLUTION
    n_states = energies.shape[1]
    all_states = ising_states(int(math.log2(n_states))).astype(float)
    gamma = 0.5 * math.log((1 - flip) / flip)
    law = exact.law_after(np.full(n_states, 1 / n_states), energies[0], n_sweeps)[-1]
    for energy in energies[1:]:
        cleaner = np.zeros(n_states)
        for k, y in enumerate(all_states):
            start = np.zeros(n_states)
            start[k] = 1.0
            given = energy - gamma * all_states @ y
            cleaner += law[k] * exact.law_after(start, given, n_sweeps)[-1]
        law = cleaner
    return law
    ### END SOLUTION


# %% check="11.2" points=5
from course_checks import check, exercises

with check.exercise("11.2", "chain_law"):
    answer = exercises.denoising.chain_law.by(chain_law)
    rng = np.random.default_rng(112)
    answer.on("one machine alone", rng.normal(0, 1, (1, 8)), 0.2, 2)
    answer.on("two machines of two spins", rng.normal(0, 1, (2, 4)), 0.1, 1)
    answer.on("three machines of three spins", rng.normal(0, 1, (3, 8)), 0.3, 2)
    answer.fresh(3, "another chain")

# %% [markdown] hint="11.2"
# The first machine: `law = exact.law_after(np.full(n_states, 1 / n_states), energies[0], n_sweeps)[-1]`. For each later one go through the states:
# `for k, y in enumerate(all_states)`; start with a law that is 1 at `k`, sweep under `energy - gamma * all_states @ y`, and add the last
# law times `law[k]` to a sum that began with zeros.

# %% [markdown]
# Now a fair race: one machine with K sweeps, two with K/2 each, four with K/4, eight with K/8. All are perfect, $E = -\log$ of
# the blurred data; $f$ is such that all rounds together, one fewer than machines, turn a spin with probability 0.4. Which will be closest to the data?

# %%
chain, counts, totals = check.yours("11.2", chain_law, exact.chain_law), (1, 2, 4, 8), (8, 16, 32, 64)


def race(p: Float[np.ndarray, "64"], fit) -> list:
    """Curves of KL against all sweeps, one for each number of machines; fit(p, T, f) gives the energies of T machines."""
    curves = []
    for T, color in zip(counts, plots.shades(4), strict=True):
        f = exact.rounds(T)
        energies = fit(p, T, f)
        found = [exact.kl(p, chain(energies, f, K // T)) for K in totals]
        curves.append(plots.points(totals, found, name=str(T), color=color, joined=True))
    return curves


axes = {"log": "xy", "xlabel": "sweeps in all", "ylabel": "KL(data, made) (nats)", "xticks": {K: str(K) for K in totals}}
sharp, shallow = exact.two_modes(0.02), exact.two_modes(0.1)
perfect = [race(p, lambda p, T, f: -np.log(exact.blurred(p, T, f))) for p in (sharp, shallow)]
heads = ("ε = 0.02: deep modes", "ε = 0.1: shallow modes")
panels = [plots.panel(*r, title=t, ylim=(1e-6, 1), **axes) for r, t in zip(perfect, heads, strict=True)]
plots.figure(*panels, share="y", legend_title="machines", title="Perfect machines: with deep modes more of them are better by far")

# %% [markdown]
# *Picture: two panels, KL against the number of sweeps, both logarithmic. With deep modes the single machine's curve is nearly flat
# above 0.1; that of two machines lies at half of it, those of four and eight one to three powers of ten lower. With shallow modes the single
# machine's curve begins just below that of two machines, falls steeply, crosses that of four, and leaves the picture with that of eight.*
#
# In chains of four and eight no machine climbs the hill: the decision is made early, where there is no hill yet. But look at the right: where one machine
# mixes anyway, it wins against two. These undo all the noise in one step: is that an easy one?
#
# ## 4 · Machines that had to learn
#
# Perfect machines have a free number for every state. A real one has fields and couplings: $E(x) = -\sum_i b_i x_i - \sum_{i<j} J_{ij} x_i x_j$,
# 21 numbers for our six spins. As in lesson 05, the slope of its likelihood is a difference of two averages, of $x_i$ or of $x_i x_j$, in the data and in
# the machine's own $x$, *given* $y$. `exact.fit_chain` follows that slope to its end, with all sums over states. No such machine is quite
# right. **Guess:** is a chain of eight still the best?

# %%
learned = [race(p, exact.fit_chain) for p in (sharp, shallow)]
panels = [plots.panel(*r, title=t, **axes) for r, t in zip(learned, heads, strict=True)]
plots.figure(*panels, share="y", legend_title="machines", title="Boltzmann machines: eight of them add up their errors")

# %% [markdown]
# *Picture: the same kind of axes. With deep modes one machine and eight start highest, at 0.1 nats; four are lowest until the single one
# undercuts them at 64 sweeps, when eight are highest. With shallow modes one machine is lowest, joined by two from 32 sweeps on, then four, then
# eight.*
#
# A chain wins where mixing is the bottleneck, and loses where the machine's own errors are, since each step adds
# its own. (Section 10 asks why the single one now gets over the hill.) How much noise is best, and how many steps?

# %%
explorers.denoising()

# %% [markdown]
# *Picture: on the left the data and what the chain makes, over the number of spins up; on the right the distance in nats for one, two,
# four and eight machines at these settings.*
#
# Without a kernel: sixteen sweeps make the points of the figures above at "16".
#
# ## 5 · Digits, by chance
#
# Sixty-four spins show a digit of 8 × 8 pixels, black or white. They stand at random places of a 16 × 16 grid, each with 12
# neighbours, as in Jelinčič's paper (though smaller); the other 192 are hidden, for what pairs of pixels alone cannot say. In THRML the noisier
# picture is a block that is held fixed, with one more factor, Γ.

# %%
grid = machines.Grid()
nodes = machines.Nodes.of(grid)
four = machines.saved("digits_4")[0]
program = machines.machine_program(grid, nodes, four.weights[1], four.biases[1], exact.coupling(float(four.flip)))
drawn, held = program.gibbs_spec.free_blocks, program.gibbs_spec.clamped_blocks
print("drawn in turn:", [len(b) for b in drawn], " held fixed:", [len(b) for b in held], " couplings:", len(grid.edges))
made = machines.generate(grid, four, 1000, 10, jax.random.key(1))
train, test = (binary_digits(split).spins for split in ("train", "test"))
rows, shown = ["noise", *(f"machine {step}" for step in (1, 2, 3, 4)), "real digits"], [*made[:, :10], test[:10]]
plots.figure(plots.images(np.reshape(shown, (6, 10, 8, 8)), rows=rows), title="Four machines, ten sweeps each: from noise to digits")

# %% [markdown]
# *Picture: six rows of ten small pictures. The first is noise, and the next two look much like it, with darker margins. In the fourth row strokes
# appear; the fifth has white shapes on black, some of which are digits. The last row has ten real digits.*
#
# Each machine was trained in the two phases of lesson 10: clamp the data, sweep the hidden spins, take the averages; let go, make its ten sweeps from the
# noisier picture, take them again; follow the difference. Does the chain beat a single machine with forty sweeps? No likelihood can be had here, so compare
# the correlations of all pairs of pixels that vary with those of 500 digits that nobody trained on: the mean absolute difference, for three seeds each.

# %%
for name, steps in (("one machine, 40 sweeps  ", 1), ("four machines, 10 each  ", 4)):
    errors = []
    for seed, one in enumerate(machines.saved(f"digits_{steps}")):
        x = machines.generate(grid, one, 1000, 40 // steps, jax.random.key(50 + seed))[-1]
        errors.append(machines.correlation_error(x, test))
    spread = np.std(errors, ddof=1) / math.sqrt(3)
    print(f"{name} " + "  ".join(f"{e:.4f}" for e in errors), f"  mean {np.mean(errors):.4f} ± {spread:.4f}")
coins = np.where(np.random.default_rng(0).random((1000, 64)) < (train.mean(0) + 1) / 2, 1.0, -1.0)
print("the training digits      {:.4f},  independent pixels  {:.4f}".format(*(machines.correlation_error(x, test) for x in (train, coins))))

# %% [markdown]
# It does not: all three single machines are closer than all three chains. Both are far better than pixels by themselves, and not as good as
# training digits. A chain of four has four machines' errors, and the single machine was trained for just its forty sweeps, so that it need not mix
# (section 8 has a race where little mixes). All had 1000 updates a machine, so that both swept equally often in training; the chain has the best of
# three amounts of noise that we tried.
#
# ## 6 · What does a picture cost?
#
# A chip that samples pays for three things: to **update** a spin, to **read** it out, and to **write** what acts on it. For Z1, a chip
# that was announced, its makers simulated the circuits: 7.09 fJ, 1.69 pJ and 153.6 pJ (Amico and others 2026). Which of
# the three will decide? Guess before you count.
#
# ### Exercise 11.3 · The bill
# *Difficulty ●●○ · ten minutes · why: prices per operation mean nothing until somebody counts the operations.*
#
# Return the joules **per picture** for updates, reads and writes. Every sweep of every machine updates all its spins. After each
# machine the pixels are read. Before each machine *but the first* they are written, as the noisier picture of the next. And the
# machines themselves must be on the chip: if it has cells for the spins of all of them, they were written long ago and cost nothing now; if not, each
# machine is written anew for each batch of pictures, one write for each spin.


# %% todo="11.3" task="return the joules per picture for updates, reads and writes"
def bill(job: ledger.Job, prices: ledger.Prices) -> tuple[float, float, float]:
    """What a picture costs.

    Args:
        job: job.spins of a machine, job.pixels of a picture, job.steps machines, job.sweeps of each,
            job.batch pictures that are made together, job.cells on the chip.
        prices: prices.update, prices.read and prices.write, joules for one spin.

    Returns:
        Joules per picture: for updates, for reads, for writes.
    """
    ### BEGIN SOLUTION
    updates = job.steps * job.sweeps * job.spins
    reads = job.steps * job.pixels
    writes = (job.steps - 1) * job.pixels
    needed = job.steps * job.spins
    if needed > job.cells:
        writes += needed / job.batch
    return updates * prices.update, reads * prices.read, writes * prices.write
    ### END SOLUTION


# %% check="11.3" points=3
from course_checks import check, exercises

with check.exercise("11.3", "bill"):
    answer = exercises.denoising.bill.by(bill)
    ones, small = ledger.Prices(1.0, 10.0, 100.0), ledger.Job(20, 7, 3, 5, 4, 60)
    answer.on("three machines with room to spare", small._replace(cells=75), ones)
    answer.on("three machines that just fit", small, ones)
    answer.on("a chip too small for one machine", small._replace(cells=10, batch=10), ledger.Prices(3.0, 2.0, 5.0))
    answer.on("a chip with one cell too few", small._replace(cells=59), ones)
    answer.on("a single machine", small._replace(steps=1), ones)
    answer.fresh(4, "another job")

# %% [markdown] hint="11.3"
# Count first, then multiply by the prices. Updates: steps × sweeps × spins. Reads: steps × pixels. Writes: (steps - 1) × pixels, and, if steps ×
# spins is more than job.cells, that number divided by job.batch.

# %% [markdown]
# Your `bill` takes any machine: in one whose watts include reading and writing, an update costs the watts divided by the updates per second, and the
# rest nothing. So measure your own processor. **Your turn:** put the watts of one busy core in place of our 10 (data sheet: power over
# cores). Beside it stand published rates of GPUs, at the nominal power of their data sheets.

# %%
MY_WATTS = 10.0  # of one core; yours?
cost, job = check.yours("11.3", bill, ledger.bill), ledger.Job(256, 64, 4, 10, batch=1000, cells=250_000)
again = partial(machines.generate, grid, four, 1000, 10, jax.random.key(2))
here = ledger.measured("this processor, THRML", again, 1000 * job.steps * job.sweeps * job.spins, MY_WATTS)
bills = {r.name: sum(cost(job, ledger.Prices(1e-9 * r.watts / r.flips_per_ns, 0, 0))) for r in (here, *ledger.RATES)}
parts = cost(job, ledger.Z1)
bills |= {"digital chip, 28 nm": sum(cost(job, ledger.DIGITAL)), "Z1, simulated: all": sum(parts), "… its updates alone": parts[0]}
print("This processor: {:.1e} J a digit.  Z1: updates {:.1e} J, reads {:.1e} J, writes {:.1e} J".format(bills[here.name], *parts))
ratio = bills["THRML on 8 B200"] / bills["NVIDIA's code on 2 H100"]
plots.figure(
    plots.panel(plots.rows(list(bills), list(bills.values())), log="x", xlabel="joules for one digit"),
    title=f"The baseline moves the ratio by a factor of {ratio:.0f}, writing and reading by {sum(parts) / parts[0]:.0f}",
)

# %% [markdown]
# *Picture: six dots on a logarithmic axis of joules for one digit. The processor and THRML on GPUs lie far right, NVIDIA's program to the left of them, the
# simulated chip and a digital one, close together, further left, and the simulated updates alone furthest left.*
#
# The updates are nearly free, and the bill is paid at the edge of the chip: writing the noisier pictures costs four hundred times what all sampling does. And what the chip is
# *compared* with matters too. NVIDIA's program draws spins of a square lattice whose bonds are all of one size, 16 spins to a word; THRML does any graph.
# The digital chip was built, and its makers say 1.2 pJ an update. None of these six dots is a meter reading of the same work.

# %% [markdown] think="11a"
# **Think.** A company shows "10,000 times less energy per picture". Which three questions do you ask first?
# <!-- ANSWER -->
# Measured on what? (A chip, a circuit simulation, or a model.) Against what? (The best program on the other machine for the same
# pictures of the same quality, at measured power.) And what is counted? (Updates alone, or also what goes in and out, the host, the
# memory, the cooling.) The table of section 9 has what the public sources say.

# %% [markdown]
# ## What you made
#
# - `law_after`: a Gibbs sampler without chance. Deep modes cost sweeps exponentially.
# - `chain_law`: a denoising chain, exact. It wins where mixing binds and loses where its machines' errors add up.
# - `bill`: joules for updates, reads and writes. The edge of the chip decides, and so does the baseline.
#
# That is all. What follows is for those who want more.

# %% [markdown] depth="45 min"
# Where a machine should start, and a rival that needs no coupling; planted patterns on THRML, where mixing binds; what goes wrong; and
# the public claims, one by one.

# %% [markdown]
# ## 7 · Where to start, and a rival
#
# Why does each machine start at its noisier state? It could start anywhere: the field Γ is there in any case. And is it the field that helps? Here is a rival
# without one: **annealing** through the same blurred energies, each for as many sweeps, where each law is handed on to the next
# energy and nothing reminds a state of where it came from. And the usual one of lesson 04, which raises β in equal steps to 1. Guess the order.


# %%
def annealed(energies: Float[np.ndarray, "machines states"], n_sweeps: int) -> Float[np.ndarray, "states"]:
    """The law after so many sweeps under each energy in turn, from all states alike."""
    law = np.full(energies.shape[1], 1 / energies.shape[1])
    for energy in energies:
        law = sweeps(law, energy, n_sweeps)[-1]
    return law


def rivals(p: Float[np.ndarray, "64"], T: int, K: int) -> dict[str, float]:
    """KL of five ways to use K sweeps, with perfect energies."""
    f = exact.rounds(T)
    blurred = -np.log(exact.blurred(p, T, f))
    laws = {
        "chain, from the noisier state": exact.chain_law(blurred, f, K // T),
        "chain, from random spins": exact.chain_law(blurred, f, K // T, start="random"),
        "annealing in the blur, no Γ": annealed(blurred, K // T),
        "annealing in temperature": annealed(-np.linspace(1 / K, 1, K)[:, None] * np.log(p), 1),
        "one machine": exact.chain_law(-np.log(p)[None], 0.5, K),
    }
    return {name: exact.kl(p, law) for name, law in laws.items()}


found = {T: rivals(sharp, T, 16) for T in (4, 8)}
layers = [plots.rows(list(r), list(r.values()), name=f"{T} machines", color=c, shift=s)
          for (T, r), c, s in zip(found.items(), ("blue", "orange"), (0, 0.25), strict=True)]  # fmt: skip
plots.figure(
    plots.panel(*layers, log="x", xlabel="KL(data, made) after 16 sweeps in all (nats)"),
    title="What helps is the way through blurred laws; Γ adds to it, and a random start spoils it",
)

# %% [markdown]
# *Picture: five rows with a dot for four machines and one for eight, on a logarithmic axis. The chain from the noisier state lies furthest left, with
# annealing in the blur close behind it; annealing in temperature is more than ten times as far off, and the chain from random spins and the single
# machine are further still.*
#
# Two lessons. A machine that starts anew must fall into a valley again, and the field decides which; at 16 sweeps it is hardly better than the single
# machine. And most of the gain is the *way*, from blurred laws to sharp ones. Noise leaves the weights of the valleys at 0.8 and 0.2 on all the way. Heat does
# not: at β they stand as $0.8^β$ to $0.2^β$, nearer to each other, and so they stay where the hill becomes too high. Γ makes each step easier; it does not
# replace a path.
#
# ## 8 · Where mixing binds, on THRML
#
# Planted patterns hardly flow into one another: four random pictures of 64 pixels with weights 0.4, 0.3, 0.2 and
# 0.1, each pixel turned with probability 0.05. Any two differ in 20 to 35 pixels. Three machines race on the same grid, each with 40 sweeps in all, and
# all have swept equally often in training (500 updates a machine; three seeds):
#
# 1. one machine trained by **persistent chains**, as in lesson 10: its Boltzmann distribution is to be the data;
# 2. one machine trained by what it makes of noise in 40 sweeps, as in section 5;
# 3. a chain of four, ten sweeps each. Three rounds of noise turn 44 % of the pixels.
#
# Each picture that is made counts for the pattern that it is nearest to. Who gets the weights right? Guess.

# %%
patterns, weights = machines.planted_patterns()
racers = {"one machine, persistent": "planted_persistent", "one machine, 40 sweeps": "planted_1", "four machines, 10 each": "planted_4"}


def seen(one: machines.Chain, seed: int) -> list[float]:
    """Of 1000 pictures that a chain makes: share of each pattern, KL of the shares in nats, share of pixels turned."""
    made = machines.generate(grid, one, 1000, 40 // one.n_steps, jax.random.key(70 + seed))[-1]
    shares, turned = machines.nearest_pattern(made)
    return [*shares, exact.kl(weights, shares), turned]


names, of_noise = [f"pattern {k}" for k in range(1, 5)], {}
layers = [plots.rows(names, weights, name="planted", color="grey")]
for (name, which), color, shift in zip(racers.items(), ("red", "blue", "orange"), (0.15, 0.3, 0.45), strict=True):
    found = np.array([seen(one, seed) for seed, one in enumerate(machines.saved(which))])
    mean, error = found.mean(0), found.std(0, ddof=1) / math.sqrt(3)
    of_noise[name] = mean[:4]
    layers.append(plots.rows(names, mean[:4], error[:4], name, color=color, shift=shift))
    print(f"{name:24s}" + "  ".join(f"{share:.2f}" for share in mean[:4]), end="  ")
    print(f"KL of the weights {mean[4]:.3f} ± {error[4]:.3f} nats  pixels turned {mean[5]:.3f} ± {error[5]:.3f}")
plots.figure(plots.panel(*layers, xlabel="share of the pictures", xlim=(0, 0.55)), title="Trained for its sweeps, a machine has the weights; trained for its Boltzmann law, it has not")

# %% [markdown]
# *Picture: four rows, one for each pattern, with four dots of its share. The red ones, of the machine with persistent chains, lie off the planted grey
# ones, most of all in the last row, where 0.18 stands for 0.1; the blue and the orange ones lie within 0.03 of the grey.*
#
# The first machine gives the rarest pattern nearly twice its weight, and turns twice as many pixels as were planted. That fits the trade-off of section 2: its
# chains have to pass from pattern to pattern, or it cannot learn the weights, so its valleys must stay shallow, and the patterns blurred. The other two have
# the weights about right, and the second nearly the right pixels too. Does any of them mix? Start at the patterns, 250 times at each, and let 200 sweeps follow.
# From where they go follows what becomes of the pictures of the figure, if each moves as its nearest pattern does. In a machine that mixes nothing remembers its start: then the two rows below are the same.

# %%
for name in ("one machine, persistent", "one machine, 40 sweeps"):
    flow = []
    for seed, one in enumerate(machines.saved(racers[name])):
        begin, spins = np.repeat(patterns, 250, axis=0), None
        for key in jax.random.split(jax.random.key(seed), 5):
            spins = machines.run_machine(grid, one.weights[0], one.biases[0], 0.0, begin, 40, key, spins)
        flow.append([machines.nearest_pattern(part)[0] for part in np.split(np.asarray(spins)[:, grid.data], 4)])
    still, later = np.diag(np.mean(flow, 0)), of_noise[name] @ np.mean(flow, 0)
    for what, shares in (("still at pattern 1, 2, 3, 4  ", still), ("its pictures, 200 sweeps later", later)):
        print(f"{name:24s} {what}: " + "  ".join(f"{share:.2f}" for share in shares))

# %% [markdown]
# They are not, in either: of the pictures that began at pattern 1 five in six are still there after five times the budget. So mixing binds here, and what
# the second machine makes of noise is not its Boltzmann distribution: as it sweeps on, pattern 2 grows and pattern 4 shrinks. Its weights from noise are right all the
# same. For it was trained by its own moments after 40 sweeps from noise, so 40 sweeps from noise are what it can: which valley a random start falls into has been
# learned, not how deep the valleys are (Nijkamp and others 2019 call this short-run learning). The sampler of section 2 failed because its machine knew
# the Boltzmann distribution and nothing of its budget.
#
# And the chain? It has the weights too, and leaves more pixels turned than the second machine. So in this race training *for the budget* does alone what the
# chain was to do. It has its price: such a machine can be used with this budget and this start only, and its energy means nothing by itself.
# This race is a small one: four patterns, one grid. The paper's case for the chain is made on larger pictures.
#
# ## 9 · The claims, one by one
#
# | claim | what it is | source | what would settle it |
# | --- | --- | --- | --- |
# | A random bit costs about 350 aJ; its memory fades in about 100 ns | **measured**, on single circuits | arXiv:2510.23972v2, page 6 and appendix J | the same for an array of coupled cells |
# | An update of a cell costs about 2 fJ | **modelled**: bias, clock and wires are computed, not built | arXiv:2510.23972v2, page 6 | a meter on a chip of many cells |
# | 7.09 fJ an update, 1.692 pJ a read, 153.6 pJ a write, per p-bit | **simulated** circuits, before silicon; for their own example 9.8 times their first estimate, they say | arXiv:2608.01615, appendix B, table IV | the same, on Z1 |
# | Parity with GPUs on a simple image benchmark at about 10,000 times less energy | **projected**: the model ran on GPUs, the joules come from a model of the chip | arXiv:2510.23972, abstract | pictures from the chip, at the wall, host included, against the best program elsewhere |
# | 186 flips/ns on eight B200 | **measured** by THRML's authors, read off their figure; the power was not | figure `examples/fps.png` of THRML | a power meter |
# | 766, 1041, 1801 flips/ns on two V100, A100, H100 | **measured** by NVIDIA; equal bonds on a square lattice | README of ising-gpu | a program for any graph at that speed |
# | 1.2 pJ an update, with what goes in and out: a digital chip of degree 15 | **measured**, its makers say; how, we have not seen | arXiv:2609.07907, abstract | a chain of machines on it, at the wall |
# | No public evidence yet of a chain of machines run on such hardware from end to end | an **audit** with criteria fixed before reading; none of its four is met | mlthermo.com/extropic | such a run, with its energy |
#
# None of this says that it cannot work. It says which step stands between a circuit and a claim, and each row names the
# measurement that would take it. What you computed holds on any hardware: a chain needs few sweeps a machine, and its machines
# must be good.

# %% [markdown] think="11b"
# **Think.** Writing the noisier pictures costs four hundred times the sampling. What could a designer do about it?
# <!-- ANSWER -->
# Keep it on the chip. If all machines of the chain stand side by side on one chip, the pixels of one can be neighbours of the pixels of
# the next, joined by bonds of weight Γ: nothing is written, and nothing is read but the last picture. The bond must act one way only: a
# machine stands still while the next one sweeps. The price is cells, and one bond more for each pixel. With more sweeps a step the share of writing falls as well, but then the updates must be worth it.

# %% [markdown]
# ## 10 · What goes wrong
#
# **Too little noise in all.** The first machine must mix by itself. If all rounds together turn a spin with probability 0.1 only, its
# law has the hill still. **Too few steps.** Two machines undo all noise at once: with much noise that is nearly as hard as the whole. **Too many.** Each
# brings its error along, and has its share of the sweeps only.

# %%
for fit, name in ((lambda p, T, f: -np.log(exact.blurred(p, T, f)), "perfect"), (exact.fit_chain, "Boltzmann")):
    for turned in (0.1, 0.2, 0.3, 0.4, 0.48):
        row = [exact.kl(sharp, exact.chain_law(fit(sharp, T, exact.rounds(T, turned)), exact.rounds(T, turned), 16 // T))
               for T in counts]  # fmt: skip
        print(f"{name:9s} noise in all {turned:.2f}:  KL of 1, 2, 4, 8 machines " + "  ".join(f"{d:.4f}" for d in row))

# %% [markdown]
# The best noise depends on what the machines can do: for a chain of two it is far less than for one of eight.
#
# **Γ without ½, or with f of all rounds.** The machine trusts its input too much or too little, and no error is raised. With infinitely many
# sweeps a right chain of perfect machines gives the data exactly; test yours there.

# %%
f, energies_4 = exact.rounds(4), -np.log(exact.blurred(shallow, 4, exact.rounds(4)))
for name, flip in (("f of one round", f), ("Γ twice as large", f**2 / (f**2 + (1 - f) ** 2)), ("f of all rounds", 0.4)):
    print(f"{name:17s} KL after 4 × 200 sweeps: {abs(exact.kl(shallow, exact.chain_law(energies_4, flip, 200))):.5f}")

# %% [markdown] think="11c"
# **Think.** In section 4 the single Boltzmann machine after 8 sweeps is *closer* to the deep data than the perfect machine after 8 sweeps. How can
# that be?
# <!-- ANSWER -->
# Pairs of spins cannot make two valleys that are so narrow: the likeliest Boltzmann machine has a lower hill than the data, 8 in place of 11 $k_BT$. It is
# wrong about what lies between, which costs little as little is there, and gains more by mixing. A machine that is too good
# cannot say what it knows.

# %% [markdown]
# ## Challenge · twelve sweeps
#
# A law of five spins with two deep modes of unequal weight, and twelve sweeps in all. Return a chain: a list of machines, each a triple of numbers `(theta, gamma,
# n_sweeps)`. `theta` are the 5 fields and 10 couplings, in the order of `exact.features(5)`, none larger than 4 in size; the energy is
# `-exact.features(5) @ theta`. `gamma`, from 0 to 4, couples a machine to the state that it is handed, where it also starts. The first one is handed
# random spins. The judge computes the exact KL.
#
# Cheating would be more sweeps, larger numbers, or tampering with the law.
#
# The judge counts, recomputes and draws its problems anew, so that nothing can be remembered. But Python hides nothing from a
# function that runs beside it: who walks its frames or its memory finds the answers, and has beaten nobody.
#
# Who is there to beat?

# %%
check.challenge("11")


# %%
def my_chain(law, n_sweeps):
    raise NotImplementedError("return a list of (theta, gamma, n_sweeps)")


check.challenge("11", my_chain)

# %% [markdown]
# ## References
#
# - A. Jelinčič, O. Lockwood, A. Garlapati, P. Schillinger, I. L. Chuang, G. Verdon and T. McCourt, *An efficient probabilistic hardware
#   architecture for diffusion-like models*, 2025, [arXiv:2510.23972](https://arxiv.org/abs/2510.23972); npj Unconventional Computing 3, 30 (2026).
# - M. Amico and others, *Thermalizing stochastic programs*, 2026, [arXiv:2608.01615](https://arxiv.org/abs/2608.01615). Appendix B has the prices;
#   holding a spin fixed costs about what writing does (section II B).
# - The digital chip: [arXiv:2609.07907](https://arxiv.org/abs/2609.07907), 2026.
# - J. Romero, M. Bisson, M. Fatica and M. Bernaschi, *A performance study of the 2D Ising model on GPUs*, 2019,
#   [arXiv:1906.06297](https://arxiv.org/abs/1906.06297), and the program [ising-gpu](https://github.com/NVIDIA/ising-gpu).
# - The library [THRML](https://github.com/extropic-ai/thrml), notebook 02 for its rate.
# - J. Sohl-Dickstein, E. A. Weiss, N. Maheswaranathan and S. Ganguli, *Deep unsupervised learning using nonequilibrium thermodynamics*, ICML
#   2015, [arXiv:1503.03585](https://arxiv.org/abs/1503.03585). Noise undone in small steps, with bit flips too.
# - E. Nijkamp, M. Hill, S.-C. Zhu and Y. N. Wu, *Learning non-convergent non-persistent short-run MCMC toward energy-based model*, NeurIPS
#   2019, [arXiv:1904.09770](https://arxiv.org/abs/1904.09770). Machines trained for the sweeps that they will have.
# - The audit: [mlthermo.com/extropic](https://mlthermo.com/extropic).
