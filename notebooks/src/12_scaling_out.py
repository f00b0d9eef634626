# ---
# jupyter:
#   course:
#     title: From one core to many machines
#     goal: say what limits a sampler, compare rates fairly, and spread one lattice or many over devices
#     needs: ["07"]
#     know: what a processor and its memory are
#     time: 60 min
#     runs: 70 s
#     memory: 860 MB
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
from course_utils import diagnostics, explorers, plots, rates
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
speed = {"NumPy, by hand": rate(by_hand, 256**2), f"engine ({jax.default_backend()})": rate(engine, 40 * 256**2)}
shown, look = plots.rows(list(speed), list(speed.values())), {"log": "x", "xlim": (0.003, 30), "xticks": (0.01, 0.1, 1, 10), "height": 1.3}
title = "The same sweep: {:.3f} updates per ns by hand, {:.2f} compiled".format(*speed.values())
plots.figure(plots.panel(shown, xlabel="updates per nanosecond", **look), title=title)

# %% [markdown]
# *Picture: two dots on a logarithmic axis of updates per nanosecond: the sweep by hand, and far to the right of it the engine.*
#
# Run the cell again. Did the dots stay? On a laptop a browser wakes up, on a server a neighbour starts a job, and a rate changes by
# half. What survives is a **ratio**, if both sides meet the same weather.
#
# ### Exercise 12.1 · A fair race
# *Difficulty ●●○ · fifteen minutes · why: every claim of speed is a race, and most are unfair.*
#
# Complete `race`. Call both functions once before you time anything: first calls compile. Then let them take **turns**, first, second,
# first, second, `repeats` pairs, and take the ratio of times in each pair. Twice as fast and half as fast should cancel, so average
# the *logarithms* ℓ of the ratios: the answer is $R = e^{\bar\ell}$, for n pairs with standard error $R\,\mathrm{sd}(\ell)/\sqrt{n}$
# (`ddof=1`).


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
# The error says whether to believe it. What slows one side in every pair it does not see.
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
# Complete `bill` for one site of a lattice. Its random `words` come from JAX's generator, threefry, whose 73 operations (a rotation
# is one) make **two** words: a site that needs one leaves the other to the next. Neighbours and threshold take 20 operations more.
# Its `size` bytes are read once, for its neighbours, and written once, at its own turn. If a site holds several `lattices` (section 3), one update counts for each.


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
# Now this machine's roof, measured, and three samplers under it; `cases` has the words, bytes and lattices of their sites. Which
# of them is near the roof, and on which side of the corner?

# %%
roof = rates.roof()
price = check.yours("12.2", bill, rates.bill)
cases = {"Ising": (Ising(1024), 1, 0.5, 1), "XY": (XY(256), 4, 8.0, 1), "packed": (PackedIsing(256), 2, 4.0, 32)}
reached = {}
for name, (model, words, size, lattices) in cases.items():
    _, intensity, _ = price(words, size, lattices, **roof)
    per_ns = rate(lambda m=model: engine(m), 40 * model.n_spins)
    reached[name] = intensity, per_ns * (73 * words / 2 + 20)
x = np.geomspace(0.3, 300, 60)
lines = [plots.points([x0], [y0], name=name) for name, (x0, y0) in reached.items()]
lines.append(plots.exact(x, np.minimum(roof["peak"], x * roof["bandwidth"]), "roof"))
names = {"xlabel": "operations per byte", "ylabel": "operations per ns", "xticks": (1, 10, 100), "yticks": (1, 3, 10, 30, 100, 1000, 10_000)}
right = ", ".join(name for name, (x0, _) in reached.items() if x0 > roof["peak"] / roof["bandwidth"]) or "none"
plots.figure(plots.panel(*lines, **names, log="xy"), title=f"Right of the corner, where bytes do not matter: {right}")

# %% [markdown]
# *Picture: a rising line that bends into a level one, the roof, on logarithmic axes; three dots: XY and packed spins near ten
# operations per byte, Ising spins beyond fifty.*
#
# Beyond the corner a spin waits for its chance and not for memory: two thirds of an Ising update's operations are its random number.
# What would help? Not faster memory, but fewer random bits an update. XY and packed spins stay below the roof, for
# cosines, rejected proposals and the cutting of words into digits (section 3) stand on no bill of ours. (A dot above the roof would
# say that a count is wrong, or that a neighbour ran while the roof was measured.)
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
panel = plots.panel(*curves, xlabel="sweeps", ylabel="share of spins that differ", ylim=(0, 0.7))
plots.figure(panel, title="Lattices that share their chance become one lattice")

# %% [markdown]
# *Picture: with shared numbers the share of spins that differ between two lattices falls to zero and stays there; in the packed
# sampler it stays near one half.*
#
# They **coalesce**: a number near 0 or 1 gives a spin the same value in all of them, that pulls its neighbours alike, and in the end 32
# measurements are one. `PackedIsing` gives
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
# So much for this machine. Where do published rates stand? **Guess** how many powers of ten lie between the first row and the last.

# %%
speed["packed, 32 lattices"] = rate(lambda: engine(large), 32 * 40 * 256**2)
published = {"an FPGA": 60, "THRML, 8 B200": 186, "2 V100": 766, "FPGAs, networked": 1000, "8 H100": 7142}
published |= {"a wafer": 61_800, "a rack of GPUs": 115_000}
shown = []
for name, group in {"measured here": speed, "published, not measured here": published}.items():
    shown.append(plots.rows([*speed, *published], [group.get(who, np.nan) for who in (*speed, *published)], name=name))
title = f"{np.log10(115_000 / speed['NumPy, by hand']):.0f} powers of ten from NumPy to a rack of GPUs"
plots.figure(plots.panel(*shown, xlabel="updates per nanosecond", log="x", height=3.4), title=title)

# %% [markdown]
# *Picture: ten rows on a logarithmic axis. Three dots measured here, the slowest far left; then seven published ones, from an FPGA at
# 60 updates per nanosecond to a rack of GPUs at nearly 115,000.*
#
# | who | what is updated | hardware | updates per ns |
# | --- | --- | --- | ---: |
# | [as THRML quotes it](https://arxiv.org/abs/2303.10728) | sparse graph, a weight for each edge | one FPGA | about 60 |
# | [THRML's example](https://github.com/extropic-ai/thrml) | Pegasus graph, a weight for each edge | eight B200 | about 186, off its figure |
# | [NVIDIA's code](https://github.com/NVIDIA/ising-gpu/tree/master/optimized) | one square lattice, J = 1 | two V100 | 766 |
# | [Aadit and others](https://arxiv.org/abs/2606.25313) | sparse graph, a weight for each edge | networked FPGAs | over 1,000 |
# | NVIDIA's code | one square lattice, J = 1 | eight H100 | 7,142 |
# | [Van Essendelft and others](https://arxiv.org/abs/2404.16990) | up to 754 square lattices | one wafer of cores | 61,800 |
# | [Bisson and others](https://arxiv.org/abs/2502.18624) | one square lattice, J = 1 | up to 72 GPUs | nearly 115,000 |
#
# None of these was measured here, and no GPU was at hand when this page was made.

# %% [markdown] think="12a"
# Two V100 make 766 updates per nanosecond, eight B200, which are years younger, only 186. Is NVIDIA's code sixteen times as good a sampler?
#
# <!-- ANSWER -->
#
# A chip against a chip it is 383 against 23. But they do not do the same work. One updates a square lattice: four neighbours whose places
# are known, one coupling, no table. The other takes any graph: up to 15 neighbours in Pegasus, whose numbers and weights it looks up. A
# fair race has the same model, the same law, checked, and the same unit: a chip, a watt, or an error bar at the end. And the rate
# does not say how many sweeps a fresh sample takes: near $T_c$ clusters (lesson 07) need far fewer.

# %% [markdown]
# ## 4 · Many chains on many devices
#
# One core is full. Now more of them. Chains do not talk to each other, so deal them out: `sharding=` lays the chains, with a temperature
# each if you like, over a **mesh** of devices, and the same line of code runs:
#
# ```
# model.measure(key, betas, looks, n_chains=64, sharding=devices.layout(8), ...)
# ```
#
# `sample`, `stream`, `tempering.replica_exchange` and `movie.film` take it too. What must not change? The spins. A random word belongs to
# a chain, a sweep and a site, never to the device that draws it. So eight devices can be checked against one, bit by bit. JAX takes
# your processor for as many devices as you like; here a fresh process has eight, and draws a phase diagram on them. Will eight be
# eight times as fast?

# %%
T = np.array([1.6, 1.8, 2.0, 2.1, 2.6, 2.8, 3.0, 3.3])
chains = ["--side", "64", "--chains", "64", "--sweeps", "40", "--shares", "1,2,8"]
told = launch.elsewhere([*chains, "--temperatures", ",".join(map(str, T))], devices=8)
dealt, diagram = told[:3], told[3:]
for row in dealt:
    print(f"on {row['devices']}: {row['rate']:.2f} updates/ns, fingerprint of all spins {row['fingerprint']:08x}")
panels, line = [], np.linspace(1.5, 3.4, 96)
for name, curve in {"E/N": lambda b: exact.kaufman_energy(64, b), "|m|": exact.yang_magnetisation}.items():
    means = np.array([row[name] for row in diagram]).mean(2)
    found = plots.points(T, means.mean(1), means.std(1, ddof=1) / np.sqrt(8), name="on eight devices")
    known = plots.exact(line, [curve(1 / t) for t in line])
    panels.append(plots.panel(known, found, xlabel="temperature (J = k_B = 1)", ylabel=name))
shortest = min(200 / max(1, diagnostics.integrated_time(np.array(row["|m|"]).T)) for row in diagram)
print(f"every chain was watched for {shortest:.0f} autocorrelation times of |m| or more")
plots.figure(*panels, title="Eight temperatures on eight devices, and what is exact")

# %% [markdown]
# *Picture: two panels against temperature. Energy: eight dots on a rising curve that is steepest near 2.27. Order: dots on a
# curve that falls from one to zero at 2.27; beyond it the dots lie a little above zero.*
#
# One fingerprint: the same spins. The curve of the energy is that of this very lattice, 64 × 64 (Kaufman); that of the order is Yang's for an
# infinite one, and 64² spins keep a rest of order in the heat. And the rate? It can grow as far as there are cores behind the
# devices, and no further.
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
    for heights in ([4, 4], [1, 4, 3]):
        cut = [rng_check.choice([-1, 1], (h, 6)) for h in heights]
        answer.on(f"slabs of {heights} rows", cut, 0.5, [rng_check.random(s.shape) for s in cut])
    answer.fresh(4, "other slabs")

# %% [markdown] hint="12.3"
# In the loop over colours, first collect what is sent: for each `k` the row `slabs[k - 1][-1:]` above it (index -1 closes the torus)
# and `slabs[(k + 1) % n][:1]` below. Then for each slab `tall = np.concatenate([above, slab, below])`; `tall[:-2] + tall[2:]` are the
# neighbours above and below. `np.cumsum` of the heights says in which row of the lattice a slab begins.

# %% [markdown]
# Your sweep on four slabs, beside one of the whole lattice with the same numbers. Where would a forgotten halo show?

# %%
step = check.yours("12.3", slab_sweep, slabs.sweep)
start = np.random.default_rng(5).choice([-1, 1], (64, 64))
whole, cut = start, np.split(start, 4)
for _ in range(60):
    numbers = rng.random((64, 64))
    whole, cut = gibbs.sweep(whole, 0.6, numbers), step(cut, 0.6, np.split(numbers, 4))
print(f"{(np.concatenate(cut) != whole).sum()} of 4096 spins differ after 60 sweeps")
pair = plots.lattices(np.stack([whole, np.concatenate(cut)]), Ising(64), ["in one piece", "in four slabs"])
plots.figure(*pair, title="Four slabs, the same spins")

# %% [markdown]
# *Picture: two lattices with the same large patches of two colours; no seam shows where the slabs meet.*
#
# The engine does just this with `shard_map` and `ppermute`, which sends rows round a ring of devices. Two ways to ask how well: **strong
# scaling** keeps the lattice and adds devices; **weak scaling** lets it grow with them. With c cores behind n devices, how much can
# either gain?

# %%
rows = ["--side", "512", "--cut", "rows", "--sweeps", "10", "--shares", "1,2,8", "--weak"]
told = launch.elsewhere(rows, devices=8)
kinds = {kind: [row for row in told if row["scaling"] == kind] for kind in ("strong", "weak")} | {"chains": dealt}
gain = {name: np.array([row["rate"] for row in found]) / found[0]["rate"] for name, found in kinds.items()}
n, cores = np.arange(1, 9), rates.cores()
lines = [plots.exact(n, np.minimum(n, cores), f"{cores} cores allow")]
lines += [plots.line([1, 2, 8], y, name) for name, y in gain.items()]
print("strong scaling, all spins equal:", len({row["fingerprint"] for row in kinds["strong"]}) == 1)
look = {"xlabel": "devices", "ylabel": "rate, in units of one device's", "xticks": n, "ylim": (0, None)}
title = f"{cores} cores behind 8 devices: at best {np.max([*gain.values()]):.1f} times one device"
plots.figure(plots.panel(*lines, **look), title=title)

# %% [markdown]
# *Picture: rate against devices, 1 to 8, in units of one device's. A grey line rises to the number of cores and stays level; three
# measured lines, strong, weak and chains, begin at one.*
#
# At most min(n, c) times one: devices that share a core share its time. Slabs wait for each other before every colour, and where others use
# the machine too, all wait for the one whose turn does not come: then lines fall below one. And one device of JAX may already use several
# cores by itself; the first point is high, and the rest looks worse than it is. A scaling curve says as much about its first point as
# about its last.
#
# On devices that are devices it looks like this (NVIDIA's code, weak scaling, 65,536² spins a GPU, published): 1041 updates per nanosecond on
# two A100, 4136 on eight, 3.97 times as many. Why so near to 4?
#
# ## 6 · Where the halo wins
#
# There each GPU kept its work and its halo. On one lattice the work falls with the number of devices, the halo does not. In
# the model below a device makes $r$ = ½ update per nanosecond and waits a time τ for a message before each of the two colours: $L^2$ spins on $n$ devices take $L^2/(nr) + 2\tau$, and
# some more for the rows' bytes. **Guess** the answer before you move a slider.

# %%
explorers.slabs()

# %% [markdown]
# ## What you made
#
# - `race` compares two functions on a busy machine, with an error.
# - `bill` says what an update waits for. Here: its random number.
# - `slab_sweep` cuts a lattice that no device has to hold, and changes not one spin.
#
# What follows is for those who have more than one machine.

# %% [markdown] depth="45 min"
# Chains whose law does not depend on who runs them; several processes; a host with GPUs, SLURM and Kubernetes; four ways to fool
# yourself; a challenge.

# %% [markdown]
# ## 7 · Whose chance?
#
# Chains on eight devices should be those of one, and what comes back should be small: not spins, three numbers.
#
# ### Exercise 12.4 · Chains dealt out
# *Difficulty ●●○ · fifteen minutes · why: a wrong seed here makes error bars too small, and nothing else looks wrong.*
#
# Complete `deal`. Chain `c` draws from the generator `np.random.default_rng([seed, c])`, wherever it runs. A device is one call of
# `simulate` with the list of its chains' generators; it returns a value for each of them. Keep of it only the number of chains n, the sum of
# the values and the sum of their squares, and make of all devices' three numbers the mean over all chains, $\bar x$, and its standard error,
# $\sqrt{(\sum x^2 - n\bar x^2)/(n(n-1))}$.


# %% todo="12.4" task="return the mean over all chains and its standard error"
def deal(simulate, n_chains: int, n_devices: int, seed: int) -> tuple[float, float]:
    """Independent chains on several devices.

    Args:
        simulate: what a device does; from a list of generators, an array of one value for each.
        n_chains: in all.
        n_devices: from 1 to n_chains. Shares differ by one at most; the first devices have the larger ones.
        seed: of all chains.

    Returns:
        Mean and standard error.
    """
    ### BEGIN SOLUTION
    count, total, squares, first = 0, 0.0, 0.0, 0
    for device in range(n_devices):
        size = n_chains // n_devices + (device < n_chains % n_devices)
        generators = [np.random.default_rng([seed, c]) for c in range(first, first + size)]
        values = simulate(generators)
        first += size
        count += len(values)
        total += values.sum()
        squares += (values**2).sum()
    mean = total / count
    return mean, np.sqrt((squares - count * mean**2) / (count * (count - 1)))
    ### END SOLUTION


# %% check="12.4" points=4
from course_checks import check, exercises

with check.exercise("12.4", "deal"):
    answer = exercises.scaling.deal.by(deal)
    answer.on("7 chains on 3 devices", 7, 3, 11)
    answer.on("8 chains on 4 devices", 8, 4, 12)
    answer.fresh(4, "another number of devices")

# %% [markdown] hint="12.4"
# A device's share has `n_chains // n_devices` chains, and one more if `device < n_chains % n_devices`. Keep the number of the next chain in a
# variable that goes on from device to device. Add up `len(values)`, `values.sum()` and `(values**2).sum()`.

# %% [markdown]
# Your `deal` runs 24 magnets of 16 × 16 spins at β = 0.4. Then what happens by mistake: eight processes begin with *the same* seed and do not
# know of each other, three chains each. What will the error bar say?

# %%
share_out = check.yours("12.4", deal, slabs.deal)


def energies(generators):
    """Energy per spin of a chain of 16 x 16 spins for each generator, its mean over 300 sweeps."""
    s, seen = np.ones((len(generators), 16, 16), int), []
    for t in range(400):
        s = gibbs.sweep(s, 0.4, np.stack([g.random((16, 16)) for g in generators]))
        seen += [-(s * (np.roll(s, 1, 1) + np.roll(s, 1, 2))).mean((1, 2))] if t >= 100 else []
    return np.mean(seen, axis=0)


for n_devices in (1, 3, 8):
    mean, error = share_out(energies, 24, n_devices, 5)
    print(f"on {n_devices}: E/N = {mean:.6f} ± {error:.6f}")
copies = np.tile(energies([np.random.default_rng([5, c]) for c in range(3)]), 8)
print(f"3 chains, 8 times: {copies.mean():.6f} ± {copies.std(ddof=1) / np.sqrt(24):.6f}")
print(f"exact: {exact.kaufman_energy(16, 0.4):.6f}")

# %% [markdown]
# The first three lines agree to the last digit shown: the same chains, whoever ran them. The fourth has three chains' worth of knowledge, and its
# error bar claims 24. It is too small by a factor of $\sqrt{23/2}$ = 3.4, and misses the exact value by almost three of its lengths. Nothing crashes, no
# check of convergence complains.
#
# ## 8 · Two processes
#
# Devices of different machines belong to different processes. Each runs the *same* program, and `jax.distributed.initialize` introduces
# them: after it, `jax.devices()` lists the devices of all, and a mesh may span them. An array then lies in pieces that no single process
# can see; `devices.gathered` brings them together. Here are two real processes with two devices each, on this machine's loopback
# interface; the lattice is cut across both. Do they draw the spins that this notebook's one device draws?

# %%
arguments = ["--side", "64", "--chains", "2", "--sweeps", "10", "--cut", "rows"]
together = launch.elsewhere(arguments, devices=2, processes=2)[0]
alone = launch.measured(64, 2, 10, "chains", [1])[0]
print(f"here, one device: {alone['fingerprint']:08x}")
print(f"two processes, {together['devices']} devices: {together['fingerprint']:08x}")

# %% [markdown]
# ## 9 · A host with several GPUs, a cluster
#
# **One host, several GPUs.** Nothing to start: `jax.devices()` lists them, and `devices.layout()` takes all.
#
# ```
# python -m course_utils.lattice.launch --side 16384 --cut rows --sweeps 100
# ```
#
# **SLURM.** JAX reads from SLURM who each task is, and then gives it *one* device, the one with the task's number on its node. So start
# one task for each GPU, all running the same line:
#
# ```
# #!/bin/bash
# #SBATCH --nodes=4
# #SBATCH --ntasks-per-node=8
# #SBATCH --gpus-per-node=8
# srun python -m course_utils.lattice.launch --distributed --side 65536 --cut rows --sweeps 100
# ```
#
# **Kubernetes.** An indexed Job with a headless service gives each pod a number and pod 0 a name; that is all `initialize` needs. A pod
# sees all GPUs that it asks for:
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
#         resources: {limits: {nvidia.com/gpu: 8}}
#         command: [sh, -c, "python -m course_utils.lattice.launch --coordinator spins-0.spins:1234
#           --processes 4 --process $JOB_COMPLETION_INDEX --side 65536 --cut rows"]
# ```
#
# What was tested: both ways of starting, with two real processes on one machine, the second with the variables that SLURM sets; the
# course's tests do it at every change. What was *not*: GPUs, SLURM and Kubernetes themselves. On processors messages go by gloo, which
# the program chooses; GPUs bring their own. All processes must make the same calls in the same order: one that skips a step leaves
# the others waiting.
#
# ## 10 · What goes wrong
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
# **The same seed on each device.** Section 7.
#
# **A halo that is late.** To wait for messages is slow. Why not send them every other time? Sixteen lattices of 32 × 32 spins at β = 0.4 in
# eight slabs of four rows, told of each other before every colour, which is right, or less often. What will the energy say?

# %%
colour = (np.indices((32, 32)).sum(0) % 2).reshape(8, 4, 32)
often, late = np.array([1, 2, 4, 8, 32]), []
for every in often:
    s, chance, seen = np.ones((16, 8, 4, 32), int), np.random.default_rng(9), []
    for t in range(1000):
        if t % every == 0:
            above, below = np.roll(s, 1, 1)[:, :, -1:], np.roll(s, -1, 1)[:, :, :1]
        tall = np.concatenate([above, s, below], axis=2)
        pull = tall[:, :, :-2] + tall[:, :, 2:] + np.roll(s, 1, 3) + np.roll(s, -1, 3)
        drawn = np.where(chance.random(s.shape) < 1 / (1 + np.exp(-0.8 * pull)), 1, -1)
        s = np.where(colour == t % 2, drawn, s)
        x = s.reshape(16, 32, 32)
        seen += [-(x * (np.roll(x, 1, 1) + np.roll(x, 1, 2))).mean((1, 2))] if t >= 200 and t % 8 == 7 else []
    late.append(np.mean(seen, axis=0))
late = np.array(late)
points = plots.points(often, late.mean(1), late.std(1, ddof=1) / 4, name="eight slabs")
true = plots.hline(exact.kaufman_energy(32, 0.4), "exact (Kaufman)")
names = {"xlabel": "colours drawn between two messages", "ylabel": "E/N, in units of J", "xticks": often}
plots.figure(plots.panel(points, true, **names, log="x"), title="Slabs that are told late sample another law")

# %% [markdown]
# *Picture: energy per spin against colours drawn between two messages, 1 to 32. The first dot is on the dashed line of the exact
# value; the others lie above it, farther the rarer the messages.*
#
# The seams between slabs know each other's past only, so their bonds are less aligned. For machines of networked chips, which update
# faster than they can talk, this is the question. Aadit and others (2026) anneal spin glasses on one and find that a single number
# decides, the ratio of the rates of messages and of updates; how large it must be depends on the graph.
#
# **A fast sampler of the wrong law.** So check before you time. Kaufman's energy is one line.

# %% [markdown] think="12b"
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
# - J. Romero, M. Bisson, M. Fatica, M. Bernaschi, *High performance implementations of the 2D Ising model on GPUs*, Comput. Phys. Commun.
#   256, 107473 (2020), [arXiv:1906.06297](https://arxiv.org/abs/1906.06297); the rates on V100, A100 and H100 are those of its code's
#   [page](https://github.com/NVIDIA/ising-gpu/tree/master/optimized).
# - M. Bisson et al., *Massive-scale simulations of 2D Ising and Blume-Capel models on rack-scale multi-GPU systems*, 2025,
#   [arXiv:2502.18624](https://arxiv.org/abs/2502.18624).
# - D. Van Essendelft et al., *Record acceleration of the two-dimensional Ising model using high-performance Wafer Scale Engine*, 2024,
#   [arXiv:2404.16990](https://arxiv.org/abs/2404.16990).
# - N. A. Aadit et al., *Programmable probabilistic computer with 1,000,000 p-bits*, 2026,
#   [arXiv:2606.25313](https://arxiv.org/abs/2606.25313). Over a trillion updates a second, and how late a message may be.
# - JAX, [jax.distributed.initialize](https://docs.jax.dev/en/latest/_autosummary/jax.distributed.initialize.html); Kubernetes,
#   [Job with Pod-to-Pod communication](https://kubernetes.io/docs/tasks/job/job-with-pod-to-pod-communication).
# - A. Pothen, H. Simon, K.-P. Liou, *Partitioning sparse matrices with eigenvectors of graphs*, SIAM J. Matrix Anal. Appl. 11, 430
#   (1990), [doi:10.1137/0611030](https://doi.org/10.1137/0611030). The challenge's spectral rival.
