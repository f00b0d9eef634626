# ---
# jupyter:
#   course:
#     title: From one core to many machines
#     goal: say what limits a sampler, compare rates fairly, and spread one lattice or many over devices
#     needs: ["07"]
#     know: what a processor and its memory are
#     time: 60 min
#     runs: 60 s
#     uses: [jax]
# ---

# %% [markdown]
# **What you win.** The same spins on one device and on eight, to the last bit, from a sweep that you cut into slabs yourself. And
# the eye for a number such as "a thousand times faster": what was raced against what, and which limit stood in the way. Three
# functions lead there:
#
# 1. a race that is fair on a machine that others use too (Exercise 12.1),
# 2. an update's bill: operations, bytes, and the roof above them (12.2),
# 3. a sweep in slabs, each of which knows the others only by the rows that they send (12.3).

# %%
import time

import jax
import numpy as np
from jaxtyping import Float, Int

from course_checks import check
from course_utils import explorers, plots, rates
from course_utils.lattice import XY, Ising, PackedIsing, exact, gibbs, launch, packed, slabs

KEY, BETA = jax.random.key(12), exact.BETA_C

# %% [markdown]
# ## 1 · Two sweeps, and a race between them
#
# Everything in this course that samples $p(s) \propto e^{-\beta E(s)}$, here with $E(s) = -\sum_{\langle ij\rangle} s_i s_j$, draws
# one spin after the other given its neighbours. So a sampler's speed is a count: **updates per nanosecond**. Below are the sweep in
# NumPy of lesson 07 and the course's engine, which runs the same algorithm as one compiled program. **Guess first:** by which factor
# do they differ?

# %%
rng, spins = np.random.default_rng(12), np.ones((256, 256), int)


def by_hand():
    return gibbs.sweep(spins, BETA, rng.random(spins.shape))


def engine(model=None, sweeps=40):
    return jax.block_until_ready((model or Ising(256)).sample(KEY, BETA, n_samples=1, n_sweeps=sweeps))


rate = rates.updates_per_ns
speed = {"NumPy, by hand": rate(by_hand, 256**2), "engine": rate(engine, 40 * 256**2)}
panel = plots.panel(
    plots.bars(list(speed), list(speed.values()), form="{:.3f}"), ylabel="updates per nanosecond", log="y"
)
plots.figure(panel, title="The same sweep, by hand and compiled")

# %% [markdown]
# *Picture: two bars on a logarithmic axis, updates per nanosecond: the sweep by hand low, the engine far above it.*
#
# Run the cell again. Did the bars stay? On a laptop a browser wakes up, on a server a neighbour starts a job, and a rate changes by
# half. What survives is a **ratio**, if both sides meet the same weather.
#
# ### Exercise 12.1 · A fair race
# *Difficulty ●●○ · fifteen minutes · why: every claim of speed is a race, and most are unfair.*
#
# Complete `race`. Call both functions once before you time anything: first calls compile. Then let them take **turns**, first, second,
# first, second, `repeats` pairs, and take the ratio of times in each pair. Twice as fast and half as fast should cancel, so average
# the *logarithms* ℓ of the ratios: the answer is $R = e^{\bar\ell}$, with standard error $R\,\mathrm{sd}(\ell)/\sqrt{n}$ (`ddof=1`).


# %% todo="12.1" task="return the ratio of times, first over second, and its standard error"
def race(first, second, repeats: int, clock=time.perf_counter) -> tuple[float, float]:
    """How many times as long the first function takes as the second.

    Args:
        first, second: functions without arguments; they return when their work is done.
        repeats: pairs to time, after one call of each that does not count.
        clock: clock() gives seconds.

    Returns:
        exp of the mean logarithm of the pairs' ratios, and its standard error.
    """
    ### BEGIN SOLUTION
    first()
    second()
    logs = []
    for _ in range(repeats):
        began = clock()
        first()
        between = clock()
        second()
        ended = clock()
        logs.append(np.log((between - began) / (ended - between)))
    ratio = np.exp(np.mean(logs))
    error = ratio * np.std(logs, ddof=1) / np.sqrt(repeats)
    return ratio, error
    ### END SOLUTION


# %% check="12.1" points=4
from course_checks import check, exercises

with check.exercise("12.1", "race"):
    answer = exercises.scaling.race.by(race)
    loads = np.array([1.0, 1.0, 3.0, 1.0, 2.0, 0.6])
    answer.on("two functions on a busy machine, 4 pairs", loads, 1.0, 0.5, 4)
    answer.on("a short one against a long one, 5 pairs", loads, 0.2, 3.0, 5)
    answer.fresh(3, "another machine")

# %% [markdown] hint="12.1"
# `first(); second()` before the loop. In the loop three looks at the clock are enough: before, between and after. Collect
# `np.log((between - began) / (ended - between))` in a list; at the end `np.exp(np.mean(logs))`.

# %% [markdown]
# Your race, on a question that decides how this engine is built. A random word has 32 bits, a spin has one. The engine keeps eight spins
# in a word and draws eight at a time where rows fill whole words: 256 spins do, 248 do not. Does it pay?

# %%
fair = check.yours("12.1", race, rates.race)
small = Ising(248)
ratio, error = fair(lambda: engine(small), engine, 7)
per_update = ratio * 256**2 / 248**2
print(f"an update takes {per_update:.2f} ± {error * 256**2 / 248**2:.2f} times as long with single spins")

# %% [markdown]
# The error says whether to believe it, and it knows nothing of what both had in common.
#
# ## 2 · What an update costs
#
# Why not faster still? Two things take time: **operations** and **bytes**. A processor does so many operations a nanosecond (its peak)
# and moves so many bytes a nanosecond to and from memory (its bandwidth). Both go on at once, so the slower one decides. Operations per
# byte are the *intensity*; plotted against it, what is attainable is a **roof**: a slope, then a ceiling.
#
# ### Exercise 12.2 · The bill
# *Difficulty ●●○ · ten minutes · why: it tells you what to improve, and what would be in vain.*
#
# Complete `bill` for one site of a lattice. Its random `words` come from threefry, 73 operations for **two** words; neighbours and
# threshold take 20 operations more. Its `size` bytes are read once, for its neighbours, and written once, at its own turn. If a site
# holds several `lattices` (section 3), one update counts for each.


# %% todo="12.2" task="return the rate, the intensity, and whether memory is the limit"
def bill(words: float, size: float, lattices: int, peak: float, bandwidth: float) -> tuple[float, float, bool]:
    """The roof over one update of a site.

    Args:
        words: random words of 32 bits that it takes.
        size: bytes of a site.
        lattices: how many a site holds.
        peak: operations a nanosecond.
        bandwidth: bytes a nanosecond.

    Returns:
        Updates a nanosecond, all lattices together; operations per byte; True if memory is slower than computing.
    """
    ### BEGIN SOLUTION
    operations = 73 * words / 2 + 20
    moved = 2 * size
    computing = peak / operations
    moving = bandwidth / moved
    by_memory = moving < computing
    attainable = lattices * min(computing, moving)
    return attainable, operations / moved, by_memory
    ### END SOLUTION


# %% check="12.2" points=3
from course_checks import check, exercises

with check.exercise("12.2", "bill"):
    answer = exercises.scaling.bill.by(bill)
    answer.on("one word and one byte for a spin", 1, 1.0, 1, 100.0, 20.0)
    answer.on("no chance at all: memory alone", 0, 4.0, 1, 100.0, 20.0)
    answer.on("32 lattices in four bytes", 2, 4.0, 32, 100.0, 20.0)
    answer.fresh(4, "another machine")

# %% [markdown] hint="12.2"
# First two numbers: `operations = 73 * words / 2 + 20` and `moved = 2 * size`. Then two rates, `peak / operations` and
# `bandwidth / moved`; the smaller one times `lattices` is the first answer, `operations / moved` the second.

# %% [markdown]
# Now this machine's roof, measured, and three samplers under it. Which of them is near the roof, and on which side of the corner?

# %%
roof = rates.roof()
price = check.yours("12.2", bill, rates.bill)
cases = {"Ising": (Ising(1024), 1, 0.5, 1), "XY": (XY(256), 4, 8.0, 1), "packed": (PackedIsing(512), 2, 4.0, 32)}
reached = {}
for name, (model, words, size, lattices) in cases.items():
    _, intensity, _ = price(words, size, lattices, **roof)
    per_ns = rate(lambda m=model: engine(m), 40 * model.n_spins)
    reached[name] = intensity, per_ns * (73 * words / 2 + 20)
x = np.geomspace(0.3, 300, 60)
lines = [plots.points([x0], [y0], name=name) for name, (x0, y0) in reached.items()]
lines.append(plots.exact(x, np.minimum(roof["peak"], x * roof["bandwidth"]), "roof"))
names = {"xlabel": "operations per byte", "ylabel": "operations per ns"}
plots.figure(plots.panel(*lines, **names, log="xy"), title="Chance, not memory, is what a spin waits for")

# %% [markdown]
# *Picture: a rising line that bends into a level one, the roof, on logarithmic axes; three dots below it: XY and packed spins
# near ten operations per byte, Ising spins beyond fifty.*
#
# An Ising update is mostly random numbers. Faster memory would be in vain here; fewer random bits per update would not. Where does a
# published rate stand? What is compared must be the same work: same model, same law, same check.
#
# | who | hardware | updates per ns |
# | --- | --- | ---: |
# | [Bisson and others](https://arxiv.org/abs/2502.18624), 2025 | up to 72 GPUs of one GB200 rack | 115,000 |
# | [THRML's example](https://github.com/extropic-ai/thrml), any sparse graph | eight B200 GPUs | about 186, read off its figure |
# | a sparse Ising machine, [as THRML quotes it](https://arxiv.org/abs/2303.10728) | one FPGA | about 60 |
# | this page | the cores at hand | see above |
#
# Which of these race each other fairly? The first updates one square lattice with one coupling, the others any graph with a weight for
# each edge: another task. No GPU was at hand when this page was made; it measures none.
#
# ## 3 · Thirty-two lattices in a word
#
# A spin is one bit, a word has 32. Put 32 lattices into the bits of one array, and `a ^ b` asks of all of them at once whether two
# neighbours differ. Adding four neighbours takes a dozen such operations. The trouble is chance: each lattice needs its own. The old
# trick is to let all 32 share one random number per site. **Guess:** what happens to lattices that start at random and share it?

# %%
shared = np.random.default_rng(3).choice([-1, 1], (2, 64, 64))
own = PackedIsing(64)
words = packed.unpack(own.sample(KEY, 0.35, n_samples=120)[0])
apart = {"shared numbers": [], "packed": (words[:, 0] != words[:, 1]).mean((1, 2))}
for _ in range(120):
    shared = gibbs.sweep(shared, 0.35, np.stack([rng.random((64, 64))] * 2))
    apart["shared numbers"].append((shared[0] != shared[1]).mean())
curves = [plots.line(np.arange(1, 121), y, name) for name, y in apart.items()]
axes = {"xlabel": "sweeps", "ylabel": "share of spins that differ", "ylim": (0, 0.7)}
plots.figure(plots.panel(*curves, **axes), title="Lattices that share their chance become one lattice")

# %% [markdown]
# *Picture: with shared numbers the share of spins that differ between two lattices falls from one half to zero and stays there; in the
# packed sampler it stays near one half.*
#
# They **coalesce**: heat and cold pull each spin to the same value sooner or later, and 32 measurements are one. `PackedIsing` gives
# each replica six binary digits of its own at each site, cut from one random word turned in six ways with random signs, and lets only
# the digits behind them be shared. Each replica is exact. Are 32 of them worth 32? Average over the replicas of a word, then look how
# these averages spread over words: that error bar is honest whatever they share.

# %%
model = PackedIsing(32)
how = {"n_samples": 60, "n_sweeps": 5, "n_burn_in": 200, "n_chains": 24}
each = np.asarray(model.measure(KEY, 0.40, {"e": model.energy}, **how)["e"], float).mean(1)
by_word = each.mean(1)
worth = each.var(ddof=1) / by_word.var(ddof=1)
error = by_word.std(ddof=1) / np.sqrt(len(by_word))
print(f"E/N = {by_word.mean():.5f} ± {error:.5f}, exact {exact.kaufman_energy(32, 0.40):.5f}")
print(f"a word is worth {worth:.0f} of its 32 replicas, give or take a third")
large = PackedIsing(256)
ratio, error = fair(engine, lambda: engine(large), 5)
print(f"per replica, packed spins are {32 * ratio:.1f} ± {32 * error:.1f} times as fast")

# %% [markdown]
# ## 4 · Many chains on many devices
#
# One core is full. Now more of them. Chains do not talk to each other, so deal them out: `sharding=` lays the chains over a **mesh** of
# devices, and the same line of code runs. What must not change? The spins. A random word belongs to a chain, a sweep and a site, never
# to the device that draws it. So eight devices can be checked against one, bit by bit. JAX takes your processor for as many devices as
# you like; here a fresh process has eight. Will eight be eight times as fast?

# %%
chains = ["--side", "256", "--chains", "8", "--sweeps", "40", "--shares", "1,2,4,8"]
dealt = launch.elsewhere(chains, devices=8)
for row in dealt:
    print(f"{row['devices']} devices: {row['rate']:.2f} updates/ns, spins {row['fingerprint']:08x}")

# %% [markdown]
# One fingerprint: the same spins. The rate can grow as far as there are cores behind the devices, and no further.
#
# ## 5 · One lattice in slabs
#
# And one lattice too large for a device? Cut it into slabs of rows. A spin in a slab's last row has a neighbour in the next slab, so
# before a colour is drawn, each slab needs a copy of two foreign rows, its **halo**. How often must they be sent in a sweep?
#
# ### Exercise 12.3 · A sweep in slabs
# *Difficulty ●●● · twenty minutes · why: weather, galaxies and large networks are computed this way.*
#
# Complete `slab_sweep` for a torus with $J = 1$, no field. Slab `k` stands above slab `k + 1`, the last one above the first. A slab may
# look at its own rows, and of others at the row that touches it. Draw the spins with even $i + j$ first, with $i$ counted through all
# slabs. A spin becomes $+1$ if its number in `uniform` is below $1/(1 + e^{-2\beta\sum_j s_j})$.


# %% todo="12.3" task="return the slabs after one sweep"
def slab_sweep(
    slabs: list[Int[np.ndarray, "_ cols"]], beta: float, uniform: list[Float[np.ndarray, "_ cols"]]
) -> list[Int[np.ndarray, "_ cols"]]:
    """One sweep of a lattice that is cut into slabs of rows.

    Args:
        slabs: -1 and +1; they may differ in height.
        beta: inverse temperature.
        uniform: a random number for each spin, cut in the same way.

    Returns:
        The new slabs, of the same shapes.
    """
    ### BEGIN SOLUTION
    slabs, n = list(slabs), len(slabs)
    first_row = np.cumsum([0] + [len(slab) for slab in slabs])
    for colour in (0, 1):
        halos = []
        for k in range(n):
            above = slabs[k - 1][-1:]
            below = slabs[(k + 1) % n][:1]
            halos.append((above, below))
        for k, (above, below) in enumerate(halos):
            tall = np.concatenate([above, slabs[k], below])
            sideways = np.roll(slabs[k], 1, axis=1) + np.roll(slabs[k], -1, axis=1)
            pull = tall[:-2] + tall[2:] + sideways
            i, j = np.indices(slabs[k].shape)
            drawn = np.where(uniform[k] < 1 / (1 + np.exp(-2 * beta * pull)), 1, -1)
            slabs[k] = np.where((first_row[k] + i + j) % 2 == colour, drawn, slabs[k])
    return slabs
    ### END SOLUTION


# %% check="12.3" points=5
from course_checks import check, exercises

with check.exercise("12.3", "slab_sweep"):
    answer = exercises.scaling.slab_sweep.by(slab_sweep)
    rng_check = np.random.default_rng(123)
    for heights in ([4, 4], [3, 1, 4]):
        cut = [rng_check.choice([-1, 1], (h, 6)) for h in heights]
        answer.on(f"slabs of {heights} rows", cut, 0.5, [rng_check.random(s.shape) for s in cut])
    answer.fresh(4, "other slabs")

# %% [markdown] hint="12.3"
# In the loop over colours, first collect what is sent: for each `k` the row `slabs[k - 1][-1:]` above it (index -1 closes the torus)
# and `slabs[(k + 1) % n][:1]` below. Then for each slab `tall = np.concatenate([above, slab, below])`; `tall[:-2] + tall[2:]` are the
# neighbours above and below. `np.cumsum` of the heights says in which row of the lattice a slab begins.

# %% [markdown]
# Your sweep on four slabs, filmed beside the whole lattice with the same numbers. Where would a forgotten halo show?

# %%
step = check.yours("12.3", slab_sweep, slabs.sweep)
start = np.random.default_rng(5).choice([-1, 1], (64, 64))
whole, cut = start, np.split(start, 4)
for _ in range(60):
    numbers = rng.random((64, 64))
    whole, cut = gibbs.sweep(whole, 0.6, numbers), step(cut, 0.6, np.split(numbers, 4))
print(f"{(np.concatenate(cut) != whole).sum()} of 4096 spins differ after 60 sweeps")
titles = ["in one piece", "in four slabs"]
plots.figure(
    *plots.lattices(np.stack([whole, np.concatenate(cut)]), Ising(64), titles), title="Four slabs, the same spins"
)

# %% [markdown]
# *Picture: two lattices with the same large patches of two colours; no seam shows where the slabs meet.*
#
# The engine does just this with `shard_map` and `ppermute`, which sends rows round a ring of devices. Two ways to ask how well: **strong
# scaling** keeps the lattice and adds devices; **weak scaling** lets it grow with them. With c cores behind n devices, neither can do
# better than min(n, c) times one.

# %%
rows = ["--side", "512", "--cut", "rows", "--sweeps", "20", "--shares", "1,2,4,8"]
strong, weak = launch.elsewhere(rows, devices=8), launch.elsewhere([*rows, "--grow"], devices=8)
n = np.array([row["devices"] for row in strong])
lines = [plots.exact(n, np.minimum(n, rates.cores()), f"{rates.cores()} cores allow")]
for name, found in {"strong": strong, "weak": weak, "chains": dealt}.items():
    speed_up = np.array([row["rate"] for row in found]) / found[0]["rate"]
    lines.append(plots.line(n, speed_up, name))
print("strong scaling, all spins equal:", len({row["fingerprint"] for row in strong}) == 1)
names = {"xlabel": "devices", "ylabel": "rate, in units of one device's"}
plots.figure(plots.panel(*lines, **names, log="x"), title="No line rises above what the cores allow")

# %% [markdown]
# *Picture: rate against devices, 1 to 8. A grey line rises to the number of cores and stays level; the three measured lines stay
# below it, that of the chains above those of the slabs.*
#
# Three lines, one ceiling. One device of JAX may already use several cores by itself; then the first point is high, and the rest looks
# worse than it is. A scaling curve says as much about its first point as about its last.
#
# ## 6 · Where the halo wins
#
# A slab's work falls with the number of devices, its halo does not. In the model below a device makes half an update per nanosecond,
# and before each colour waits for a message. Guess its answer before you move it.

# %%
explorers.slabs()

# %% [markdown]
# ## What you made
#
# - `race` compares two functions on a busy machine, with an error.
# - `bill` says what an update waits for. Here: chance.
# - `slab_sweep` cuts a lattice that no device has to hold, and changes not one spin.
#
# What follows is for those who have more than one machine.

# %% [markdown] depth="30 min"
# Several processes; a host with GPUs, SLURM and Kubernetes; and three ways to fool yourself.

# %% [markdown]
# ## 7 · Two processes
#
# Devices of different machines belong to different processes. Each runs the *same* program, and `jax.distributed.initialize` introduces
# them: after it, `jax.devices()` lists the devices of all, and a mesh may span them. An array then lies in pieces that no single process
# can see; `devices.gathered` brings them together. Here are two real processes with two devices each, on this machine's loopback
# interface. Do they draw the spins of one?

# %%
arguments = ["--side", "64", "--chains", "2", "--sweeps", "10", "--cut", "rows"]
alone, pair = (launch.elsewhere(arguments, 4 // k, processes=k) for k in (1, 2))
print(f"one process {alone[0]['fingerprint']:08x}, two processes {pair[0]['fingerprint']:08x}")

# %% [markdown]
# ## 8 · A host with several GPUs, a cluster
#
# **One host, several GPUs.** Nothing to start: `jax.devices()` lists them, and `devices.layout()` takes all.
#
# ```
# python -m course_utils.lattice.launch --side 16384 --cut rows --sweeps 100
# ```
#
# **SLURM.** One task for each host (or each GPU), all running the same line; JAX reads from SLURM who they are.
#
# ```
# #!/bin/bash
# #SBATCH --nodes=4
# #SBATCH --ntasks-per-node=1
# #SBATCH --gpus-per-node=8
# srun python -m course_utils.lattice.launch --distributed --side 65536 --cut rows --sweeps 100
# ```
#
# **Kubernetes.** An indexed Job with a headless service gives each pod a number and pod 0 a name; that is all `initialize` needs:
#
# ```
# apiVersion: v1
# kind: Service
# metadata: {name: spins}
# spec: {clusterIP: None, selector: {job-name: spins}}
# ---
# apiVersion: batch/v1
# kind: Job
# metadata: {name: spins}
# spec:
#   completions: 4
#   parallelism: 4
#   completionMode: Indexed
#   template:
#     spec:
#       subdomain: spins
#       restartPolicy: Never
#       containers:
#       - name: spins
#         image: <an image with this course>
#         command: [sh, -c, "python -m course_utils.lattice.launch --coordinator spins-0.spins:1234
#           --processes 4 --process $JOB_COMPLETION_INDEX --side 65536 --cut rows"]
# ```
#
# The program is the one that section 7 ran in two processes, and the suite runs it so. What was *not* tried here: GPUs, SLURM and
# Kubernetes themselves. On GPUs leave out `JAX_PLATFORMS=cpu`; only the CPU needs gloo, which `--coordinator` sets and which does no harm.
# All processes must make the same calls in the same order: one that skips a step leaves the others waiting for ever.
#
# ## 9 · What goes wrong
#
# **A clock that does not wait.** JAX hands work over and returns at once. Without `block_until_ready` you time the handing over.

# %%
matrix = jax.numpy.ones((1500, 1500))
multiply = jax.jit(lambda x: x @ x @ x)
jax.block_until_ready(multiply(matrix))
began = time.perf_counter()
result = multiply(matrix)
handed_over = time.perf_counter() - began
jax.block_until_ready(result)
print(f"handed over after {handed_over * 1e3:.2f} ms, done after {(time.perf_counter() - began) * 1e3:.1f} ms")

# %% [markdown]
# **The same key on each device.** Eight processes that all begin with `jax.random.key(0)` and do not know of each other run one chain
# eight times. Eight times the samples seem to make the error bar √8 smaller, and do not; the spread of the chains, which is zero, gives
# it away. Fold the process's number into the key, or use one mesh.
#
# **A fast sampler of the wrong law.** Check before you time: Kaufman's energy is one line.

# %%
pace = {"n_burn_in": 200, "n_chains": 8}
one = np.asarray(Ising(16).measure(KEY, 0.4, {"e": Ising(16).energy}, n_samples=400, n_sweeps=5, **pace)["e"])
copies = np.repeat(one[:1], 8, axis=0)
for name, seen in {"eight keys": one, "one key, eight times": copies}.items():
    means = seen.mean(1)
    print(f"{name}: E/N = {means.mean():.4f}, error from chains {means.std(ddof=1) / np.sqrt(8):.4f}")
print(f"exact: {exact.kaufman_energy(16, 0.4):.4f}")

# %% [markdown] think="12a"
# A lattice of $L^2$ spins on $P$ devices. In slabs each sends two rows, $2L$ spins; in square tiles four sides of $L/\sqrt P$. From how
# many devices on do tiles send less, and why does the engine use slabs all the same?
#
# <!-- ANSWER -->
#
# $4L/\sqrt P < 2L$ for $P > 4$. But a short message costs its latency, not its length: slabs send two, tiles four. And slabs of rows are
# contiguous in memory.

# %% [markdown]
# ## Challenge · cut a network for eight devices
#
# A square lattice is cut by a ruler. A network is not: 480 spins, each joined to those nearest to it, in a plane with holes that you are
# not shown. Give each spin one of eight devices, at most 66 spins to a device, so that few **copies** have to be sent: a spin counts once
# for each other device on which it has a neighbour. Who is there to beat?

# %%
check.challenge("12")


# %%
def my_partition(n_nodes, edges, parts, seed):
    raise NotImplementedError("return the device of each node, 0 to parts - 1")


check.challenge("12", my_partition)

# %% [markdown]
# ## References
#
# - S. Williams, A. Waterman, D. Patterson, *Roofline: an insightful visual performance model for multicore architectures*, Commun. ACM
#   52(4), 65 (2009), [doi:10.1145/1498765.1498785](https://doi.org/10.1145/1498765.1498785).
# - J. Salmon, M. Moraes, R. Dror, D. Shaw, *Parallel random numbers: as easy as 1, 2, 3*, SC11 (2011),
#   [doi:10.1145/2063384.2063405](https://doi.org/10.1145/2063384.2063405). Threefry: a number is a function of its place.
# - M. Creutz, L. Jacobs, C. Rebbi, *Experiments with a gauge-invariant Ising system*, Phys. Rev. Lett. 42, 1390 (1979),
#   [doi:10.1103/PhysRevLett.42.1390](https://doi.org/10.1103/PhysRevLett.42.1390). Spins in the bits of words.
# - M. Bisson et al., *Massive-scale simulations of 2D Ising and Blume-Capel models on rack-scale multi-GPU systems*, 2025,
#   [arXiv:2502.18624](https://arxiv.org/abs/2502.18624).
# - J. Romero, M. Bisson, M. Fatica, M. Bernaschi, *High performance implementations of the 2D Ising model on GPUs*, Comput. Phys. Commun.
#   256, 107473 (2020), [arXiv:1906.06297](https://arxiv.org/abs/1906.06297).
# - A. Pothen, H. Simon, K.-P. Liou, *Partitioning sparse matrices with eigenvectors of graphs*, SIAM J. Matrix Anal. Appl. 11, 430
#   (1990), [doi:10.1137/0611030](https://doi.org/10.1137/0611030). The challenge's spectral rival.
