# ---
# jupyter:
#   course:
#     title: The partition function blows up
#     goal: say when log Z can be computed, and estimate it with an honest error bar when it cannot
#     needs: ["01"]
#     know: logarithms, matrix products, the mean and variance of random numbers
#     time: 60 min
#     runs: 20 s
#     memory: 510 MB
#     uses: []
# ---

# %% [markdown]
# **What you win.** One number: log Z of a lattice with $2^{256}$ states, to a few hundredths, with an error bar that you have put to
# the test. Three functions of your own lead there:
#
# 1. one that adds up every state, until it cannot (Exercise 2.1),
# 2. one that estimates a sum from samples, and says how many of them count (2.2),
# 3. one that walks to the target through a row of temperatures, and estimates log Z at each (2.3).

# %%
import math

import numpy as np
from jaxtyping import Float
from scipy.special import logsumexp

from course_checks import check
from course_utils import explorers, partition, plots
from course_utils.lattice import exact

# %% [markdown]
# ## 1 · A sum that nobody can write down
#
# Until now $x$ was a point on a line or in a plane. From here on there are **spins**: little magnets $s_i$ that point up, $+1$, or
# down, $-1$. They sit on a square lattice whose edges are glued to the opposite ones (a *torus*), so that each has four neighbours.
# Neighbours like to be equal. That is the **Ising model**, here with bonds of strength 1 (J = 1):
#
# $$E(s) = -\sum_{\langle ij \rangle} s_i s_j, \qquad p(s) = \frac{e^{-\beta E(s)}}{Z}, \qquad Z = \sum_s e^{-\beta E(s)} .$$
#
# The first sum goes over all pairs of neighbours, the *bonds*; a torus of $N$ spins has $2N$ of them. The last one goes over all
# states. $\beta = 1/T$, the **inverse temperature**, is large where it is cold. Here are four states of 16 × 16 spins, each drawn at
# another β. Which is the hottest, which the coldest?

# %%
torus, rng = partition.IsingTorus(16), np.random.default_rng(4)
# 0.7 makes grey of white, and nearly black of black
pictures = [0.7 * torus.sample(beta, n_chains=1, n_sweeps=500, rng=rng).reshape(16, 16) for beta in (0.3, 0.0, 0.6, 0.4)]
plots.figure(plots.images([pictures], columns=["A", "B", "C", "D"], cell=2.1), title="One of them is pure chance, another nearly frozen")

# %% [markdown]
# *Picture: four squares of 16 × 16 light and dark cells. A has ragged patches of both, B is a random speckle, C is light but for three
# single cells, D is dark but for a few small islands.*
#
# From hot to cold: B (β = 0, where every spin is a fair coin), A (0.3), D (0.4), C (0.6).
#
# Now count: how many terms does Z have? Each spin has two values, so $2^N$: for 4 × 4 spins 65,536, for 16 × 16 about
# $10^{77}$. The universe that we can see has about $10^{80}$ atoms. And if each of the 256 cells could have a hundred shades of grey,
# as on the grids of lesson 01? $100^{256} = 10^{512}$, a number that does not even fit into a floating-point number. So count in
# logarithms, as you did with Z.

# %% [markdown]
# ## 2 · Add them up anyway
#
# How far do you get by brute force: to 16 spins, to 64, to 256? Write the sum, then measure it.
#
# ### Exercise 2.1 · Every state
# *Difficulty ●●○ · fifteen minutes · why: a plain sum over everything is what all cleverness will be tested against.*
#
# Go through all states of a torus and return log Z. A state is a number in binary: for `number` from 0 to $2^n - 1$, bit `k`, which is
# `number >> k & 1`, says whether spin k is up. After `import itertools`, `itertools.product([-1, 1], repeat=n)` lists
# the states as well.

# %% todo="2.1" task="return log Z, the log of the sum over all states"
def enumerate_log_z(shape: tuple[int, int], beta: float) -> float:
    """log Z of the Ising model on a torus, by adding up all states.

    Args:
        shape: (rows, columns), each at least 3.
        beta: inverse temperature.

    Returns:
        log Z, where every bond counts once: also those from the last row to the first, and from the last column to the first.
    """
    ### BEGIN SOLUTION
    rows, columns = shape
    n = rows * columns
    exponents = []
    for number in range(2**n):
        bits = [number >> k & 1 for k in range(n)]
        s = 2 * np.array(bits).reshape(rows, columns) - 1
        below = s * np.roll(s, -1, axis=0)
        right = s * np.roll(s, -1, axis=1)
        energy = -below.sum() - right.sum()
        exponents.append(-beta * energy)
    return float(logsumexp(exponents))
    ### END SOLUTION


# %% check="2.1" points=3
from course_checks import check, exercises

with check.exercise("2.1", "enumerate_log_z"):
    answer = exercises.partition.enumerate_log_z.by(enumerate_log_z)
    for shape, beta in (((3, 3), 0.4), ((3, 4), 0.7)):
        by_rows = exact.strip_log_z(*shape, beta)
        answer.on(f"{shape[0]} × {shape[1]} spins at β = {beta}", shape, beta, expect=by_rows)
    answer.on("3 × 3 spins at β = 0, where all states weigh the same", (3, 3), 0.0, expect=9 * math.log(2))
    answer.fresh(3, "another torus")

# %% [markdown] hint="2.1"
# Make the bits of a number an array: `s = 2 * np.array(bits).reshape(rows, columns) - 1`. `np.roll(s, -1, axis=0)` holds the spin
# below each spin, with the first row below the last, so `(s * np.roll(s, -1, axis=0)).sum()` counts each bond of the columns once;
# `axis=1` does the same for the rows. Collect all exponents $-\beta E$ in a list; `logsumexp` of the list is log Z.

# %% [markdown]
# Larger and larger lattices, until one takes more than a second. How much longer does each further spin take?

# %%
add_up = check.yours("2.1", enumerate_log_z, exact.enumerated_log_z)
n_spins, seconds = partition.seconds_to_add_up(add_up, [(3, 3), (3, 4), (3, 5), (4, 4), (3, 6), (4, 5)])
N, age = np.arange(9, 101), 4.35e17  # seconds since the universe began
wall = n_spins[-1] + math.log2(age / seconds[-1])
doubling = plots.line(N, seconds[-1] * 2.0 ** (N - n_spins[-1]), "twice as long with every spin", color="grey")
marks = plots.hline(86400, "a day", style=":"), plots.hline(age, "age of the universe")
plots.figure(plots.panel(doubling, plots.points(n_spins, seconds, name="measured"), *marks, log="y", xlabel="number of spins $N$", ylabel="time (s)"),
             title=f"The sum over {wall:.0f} spins takes the age of the universe")

# %% [markdown]
# *Picture: a straight line on a logarithmic axis of times, through the last of a few measured dots at its lower left end. It crosses a
# dotted line, a day, and far up a dashed one, the age of the universe.*
#
# A computer a thousand times faster adds ten spins, since $2^{10} \approx 1000$. What does help against an exponential?

# %% [markdown]
# ## 3 · When the sum comes apart
#
# Suppose that the spins did not see each other, and each had only a field of its own: $E(s) = -\sum_i h_i s_i$. Do you still have to
# list $2^N$ states?
#
# $$Z = \sum_{s_1 = \pm 1} \cdots \sum_{s_N = \pm 1} \prod_i e^{\beta h_i s_i} = \prod_i \left(e^{\beta h_i} + e^{-\beta h_i}\right)
# = \prod_i 2\cosh \beta h_i .$$
#
# No: the sum of all products is a product of small sums, $N$ factors instead of $2^N$ terms. Now join the spins to a ring, each to the
# next. Does that come apart too?
#
# Sum over one spin at a time. Two bonds in a row give $\sum_{s'} e^{\beta s s'} e^{\beta s' s''}$, which is a product of two matrices.
# So the whole ring is a power of one 2 × 2 matrix, the **transfer matrix**, and closing it takes the trace:
#
# $$M = \begin{pmatrix} e^{\beta} & e^{-\beta} \\ e^{-\beta} & e^{\beta} \end{pmatrix}, \qquad
# Z = \operatorname{Tr} M^N = \lambda_1^N + \lambda_2^N , \qquad \lambda_1 = 2\cosh\beta, \; \lambda_2 = 2\sinh\beta .$$
#
# Two eigenvalues, whatever the length. Do they agree with the plain sum?

# %%
log_lambda = np.log(np.linalg.eigvalsh(np.exp(0.7 * np.array([[1, -1], [-1, 1]]))))
short, long = np.arange(2, 17), np.logspace(0.3, 6, 200)
listed = [exact.enumerated_log_z(n, 0.7) / n for n in short.tolist()]
ring = plots.exact(long, [logsumexp(n * log_lambda) / n for n in long], "two eigenvalues")
plots.figure(plots.panel(ring, plots.points(short, listed, name="all states added up"), log="x", xlabel="spins in the ring $N$", ylabel="$\\log Z / N$"),
             title="Sixteen spins by adding up, a million by two eigenvalues (β = 0.7)")

# %% [markdown]
# *Picture: log Z per spin against the length of the ring on a logarithmic axis. Dots at 2 to 16 spins lie on a grey line, which falls at
# first and is flat from about twenty spins up to a million.*
#
# Per spin of a long ring, only $\log \lambda_1$ is left. Both cases work because **the sum can be pushed past most of the factors**: each
# factor sees few spins, and the spins form no tangle of loops. A lattice in the plane is all loops.
#
# Yet this very lattice has been solved: Lars Onsager found log Z of the infinite one in 1944, and Bruria Kaufman that of every torus in
# 1949 (section 8). Add a field, or a third dimension, or take an image model instead, and nobody has a formula. So what is Kaufman's
# good for? It is our judge: we look for a method that knows nothing of the formula, and see whether it meets the exact number.

# %%
target = exact.kaufman_log_z(16, 0.4)
print(f"16 × 16 spins at β = 0.4: log Z = {target:.4f}, a number with {target / math.log(10):.0f} digits")

# %% [markdown]
# ## 4 · Draw samples instead
#
# Pollsters do not ask everybody: they take a sample. Any distribution $q$ will do that you can draw from and whose probabilities you
# know, a *proposal*:
#
# $$Z = \sum_s q(s)\,\frac{e^{-\beta E(s)}}{q(s)} = \big\langle w(s) \big\rangle_q , \qquad w(s) = \frac{e^{-\beta E(s)}}{q(s)} .$$
#
# Draw from $q$, average the **weights**: that is **importance sampling**. For any number of samples, the mean weight is right on average.
# But how far off is a single try? If one weight dwarfs all others, you paid for $n$ samples and got one. The **effective sample
# size** says how many equal weights would be worth as much:
#
# $$\mathrm{ESS} = \frac{\left(\sum_i w_i\right)^2}{\sum_i w_i^2}, \qquad 1 \le \mathrm{ESS} \le n .$$
#
# ### Exercise 2.2 · Weights, log Z, and how far to trust it
# *Difficulty ●●○ · fifteen minutes · why: every estimate from weights in this course ends in this function.*
#
# You get $\log w_i$, since the weights themselves may not fit into floating point. Return log Z, its standard error, and the ESS. The
# error of a mean of $n$ numbers is their standard deviation (`ddof=1`) over $\sqrt n$. What is then the error of its *log*? A small
# change of $\log x$ is the *relative* change of $x$.

# %% todo="2.2" task="return log Z, its standard error and the effective sample size"
def importance_estimate(log_w: Float[np.ndarray, "n"]) -> tuple[float, float, float]:
    """log Z from importance weights.

    Args:
        log_w: the log of each weight, at least two, of any size (thousands, positive or negative).

    Returns:
        The log of the mean weight, its standard error, and the effective sample size (from 1 to n).
    """
    ### BEGIN SOLUTION
    n = len(log_w)
    largest = log_w.max()
    w = np.exp(log_w - largest)
    mean = w.mean()
    log_z = largest + math.log(mean)
    error = w.std(ddof=1) / math.sqrt(n) / mean
    ess = w.sum() ** 2 / (w**2).sum()
    return float(log_z), float(error), float(ess)
    ### END SOLUTION


# %% check="2.2" points=4
from course_checks import check, exercises

with check.exercise("2.2", "importance_estimate"):
    answer = exercises.partition.importance_estimate.by(importance_estimate)
    for w in (np.array([1.0, 2.0, 3.0, 4.0]), np.array([0.2, 5.0, 0.5])):
        answer.on(f"the weights {w.tolist()}", np.log(w), expect=math.log(w.mean()))
    answer.on("five equal weights", np.full(5, 3.0), expect=3.0)
    log_w = np.log([1.0, 2.0, 3.0, 4.0])
    answer.on("log weights near 2000", log_w + 2000, expect=2000 + math.log(2.5))
    answer.on("log weights near -2000", log_w - 2000, expect=-2000 + math.log(2.5))
    for apart in ([0.0, -1000.0, 0.0, 0.0], [-1000.0, 0.0, 0.0, 0.0], [-2500.0, 0.0, -1200.0, 0.0]):
        answer.on(f"log weights {apart}", np.array(apart), expect=math.log(apart.count(0.0) / 4))
    answer.fresh(4, "other log weights")

# %% [markdown] hint="2.2"
# Log-sum-exp once more: `largest = log_w.max()`, then `w = np.exp(log_w - largest)`. A common factor of all weights cancels in the ESS
# and in the relative error, so both can be computed from these; only log Z gets `largest` back. The error is
# `w.std(ddof=1) / math.sqrt(n)`, divided by the mean.

# %% [markdown]
# Now your estimate on the lattice, with coins as the proposal: $q = 2^{-N}$, so $\log w = N \log 2 - \beta E$. Twenty thousand samples
# each, on tori of growing side. **Guess:** up to which side is the result right?

# %%
estimate = check.yours("2.2", importance_estimate, partition.importance_estimate)
rng, sides, jumps = np.random.default_rng(7), range(2, 17, 2), []
for lattice in map(partition.IsingTorus, sides):
    coins = lattice.random_state(20_000, rng)
    jumps.append(estimate(lattice.n_spins * math.log(2) - 0.4 * lattice.energy(coins)))
log_z, error, ess = np.array(jumps).T
off = log_z - [exact.kaufman_log_z(side, 0.4) for side in sides]
plots.figure(
    plots.panel(plots.points(sides, off, error, "coins"), plots.hline(0, "exact"), xlabel="side of the torus", ylabel="$\\log Z$ minus exact"),
    plots.panel(plots.points(sides, ess, name="coins"), log="y", xlabel="side of the torus", ylabel="effective sample size of 20,000"),
    title=f"At side 16 the estimate is {-off[-1]:.0f} too low, and says ±{error[-1]:.1f}",
)

# %% [markdown]
# *Picture: left, the estimate minus the exact value: on zero at side 2, and from side 8 on far below it, with error bars much smaller
# than the distance; only at side 10 it lies on zero. Right, the effective sample size on a logarithmic axis: thousands at side 2,
# about sixty at 4, then a handful, and one at side 10.*
#
# Only side 2 is right. Side 4 misses by three of its own error bars, side 8 by ten, and **the reported error does not know it**: it is
# computed from the samples that came, and none came from where the weight is. At side 10 a single sample carries all, and is right
# by luck. What warns you? The ESS. Believe an estimate only if many samples count.
#
# Is it the lattice's fault? Take the simplest thing there is, a Gaussian bowl in $d$ dimensions, and a Gaussian proposal $s$ times as
# wide. Each dimension keeps a fixed share of the samples. In 50 dimensions, which widths keep a tenth of them?

# %%
explorers.importance()

# %% [markdown]
# Without a kernel, section 10 has the same figure at one setting.

# %% [markdown] think="2a"
# **Think.** Why is the range of good widths lopsided about 1: much room on the wide side, little on the narrow one?
#
# <!-- ANSWER -->
#
# For a long run each dimension keeps $\sqrt{2s^2 - 1}/s^2$. In 50 dimensions a tenth is left if each keeps $10^{-1/50} \approx 0.955$,
# which gives widths from about 0.88 to 1.19. On the wide side samples are wasted, gradually. On the narrow side the proposal hardly
# ever visits the tails of the target, where the weights are huge: at $s = 1/\sqrt2 \approx 0.71$ their variance is infinite, and nothing
# is left. When in doubt, be too wide.

# %% [markdown]
# ## 5 · Walk instead of jumping
#
# Why did the jump from coins fail? Ask where the energies are. To look, we need samples at any β, and a tool that makes them: a
# **heat-bath sweep** draws every spin anew given its neighbours, $+1$ with probability $1/(1 + e^{-2\beta h})$, where $h$ is the sum
# of the four. Repeated often, it gives samples of $p$; why, is the subject of later lessons. **Guess:** do the energies of coins and
# those at β = 0.4 overlap?

# %%
bins, panes = np.arange(-434, 90, 8), []
for beta in (0.0, 0.1, 0.2, 0.3, 0.4):
    energy = torus.energy(torus.sample(beta, n_chains=4000, n_sweeps=60, rng=np.random.default_rng(3)))
    panes.append(plots.steps(bins[:-1] + 4, np.histogram(energy, bins)[0] / 4000, f"$\\beta = {beta}$"))
plots.figure(plots.panel(*panes, xlabel="energy $E$", ylabel="share of 4000 states", height=3), title="Coins never have the energies of β = 0.4; neighbours overlap")

# %% [markdown]
# *Picture: five outlined humps side by side along the energy axis. The one of coins is centred at zero, that of β = 0.4 near -280; they
# have no energy in common, while each overlaps with its neighbour.*
#
# None of four thousand coins has an energy that occurs at β = 0.4. But neighbours overlap. So go in steps, from $\beta = 0$, where all
# $2^N$ states weigh the same and $\log Z = N \log 2$. There are two ways.
#
# **Thermodynamic integration** adds up the slope. What is the slope of log Z? Take the derivative of the sum:
#
# $$\frac{d \log Z}{d\beta} = \frac1Z \sum_s \left(-E(s)\right) e^{-\beta E(s)} = -\langle E \rangle_\beta
# \quad\Longrightarrow\quad \log Z(\beta) = N \log 2 - \int_0^\beta \langle E \rangle_{\beta'}\, d\beta' .$$
#
# Z is hard, a mean energy is not: it is an average over samples. The area under its curve is all that is missing.

# %%
betas = np.linspace(0, 0.4, 41)
energies = partition.sample_energies(torus, betas, n_chains=64, n_sweeps=50, burn_in=20, rng=np.random.default_rng(5))
each, mean = 256 * math.log(2) - np.trapezoid(energies, betas, axis=1), energies.mean(axis=0)  # each of 64 chains; all
curve = plots.exact(betas, [256 * exact.kaufman_energy(16, beta) for beta in betas], "exact (Kaufman)")
plots.figure(plots.panel(plots.area(betas, mean, color="sky"), curve, plots.points(betas, mean, name="64 chains"),
                         xlabel="inverse temperature $\\beta$", ylabel="mean energy", height=3),
             title=f"256 log 2 plus the area: log Z = {each.mean():.2f} ± {each.std(ddof=1) / 8:.2f}, exact {target:.2f}")

# %% [markdown]
# *Picture: the mean energy falls from zero with growing β, faster and faster. Dots lie on the exact curve, and the area between it and
# zero is shaded.*
#
# Two errors remain: that of the samples, and that of the spacing (section 9 measures it). The second way has only the first.
#
# **Annealed importance sampling** (Radford Neal, 2001) makes many small jumps. From $\beta_k$ to $\beta_{k+1}$ a state changes its weight by
# $e^{-\beta_{k+1} E}/e^{-\beta_k E}$; then a sweep moves it to where the next jump needs it. So chains start as coins, with
# $\log w = 0$, and walk through $0 = \beta_0 < \beta_1 < \dots < \beta_K$. At each step
#
# 1. add $-(\beta_{k+1} - \beta_k)\,E(s)$ to $\log w$, with the state as it is **before** the move;
# 2. move $s$ by a sweep at $\beta_{k+1}$.
#
# The mean of $w$ is then $Z(\beta_{k+1})/Z(0)$ on average, *even if the chains never reach equilibrium*. What must hold? They start as
# exact samples, and each sweep leaves the distribution at its own temperature unchanged. With one step this is your jump.
#
# ### Exercise 2.3 · Annealed importance sampling
# *Difficulty ●●● · fifteen minutes · why: ten lines that estimate the Z of anything you can walk to. The wrong order runs too, and is
# biased.*
#
# Energy and sweep are given as functions. Walk along `betas`; at each, the first one included, call your `importance_estimate`
# on the log weights so far.

# %% todo="2.3" task="return log Z, its error and the ESS at every beta"
def annealed_log_z(
    betas: Float[np.ndarray, "k"], state, energy, sweep, log_z_start: float
) -> tuple[Float[np.ndarray, "k"], Float[np.ndarray, "k"], Float[np.ndarray, "k"]]:
    """log Z along a path of temperatures, by annealed importance sampling.

    Args:
        betas: inverse temperatures from the start's to the target's.
        state: exact samples at betas[0], many chains side by side, in the form that `energy` and `sweep` take.
        energy: energy(state) gives the energy of each chain, shape (chains,), whatever the shape of the state.
        sweep: sweep(state, beta) gives a new state, by moves that leave the distribution at beta unchanged.
        log_z_start: log Z at betas[0].

    Returns:
        log Z, its standard error and the effective number of chains, one value for each beta.
    """
    ### BEGIN SOLUTION
    log_w = np.zeros(len(energy(state)))
    path = [importance_estimate(log_w)]
    for k in range(1, len(betas)):
        step = betas[k] - betas[k - 1]
        log_w = log_w - step * energy(state)
        state = sweep(state, betas[k])
        path.append(importance_estimate(log_w))
    log_z, error, ess = np.array(path).T
    return log_z_start + log_z, error, ess
    ### END SOLUTION


# %% check="2.3" points=4
from course_checks import check, exercises

with check.exercise("2.3", "annealed_log_z", "importance_estimate"):
    answer = exercises.partition.annealed_log_z.by(annealed_log_z)
    b, s = np.array([0.0, 0.1, 0.3]), np.array([1.0, -2.0, 5.0])
    # A toy: the energy of s is s, and a sweep turns s into s/2 + beta. Two steps by hand:
    first, second = -0.1 * s, -0.1 * s - 0.2 * (s / 2 + 0.1)
    by_hand = [7.0, 7 + np.log(np.exp(first).mean()), 7 + np.log(np.exp(second).mean())]
    answer.on("a toy with 3 temperatures", b, s, lambda s: s, lambda s, beta: s / 2 + beta, 7.0, expect=by_hand)
    answer.on("the toy from 0.2 on", b + 0.2, s, lambda s: 3 * s, lambda s, beta: s / 2 + beta, -4.0)
    answer.fresh(5, "another system")

# %% [markdown] hint="2.3"
# `log_w = np.zeros(len(energy(state)))`, one number for each chain, and a list with `importance_estimate(log_w)`. In a loop over
# `k` from 1: first the weight, from the state as it is, then `state = sweep(state, betas[k])`, then the next estimate into the list.
# `np.array(path).T` turns the list into three rows. Is 2.2 still open? `partition.importance_estimate` serves as well.

# %% [markdown]
# Five hundred chains on 16 × 16 spins, with K = 1, 10, 100 and 1000 steps from coins to β = 0.4. How many steps does it take until
# half of the chains count?

# %%
walk = check.yours("2.3", annealed_log_z, partition.annealed_log_z)


def from_coins(n_steps: int, n_chains: int, seed: int) -> tuple[np.ndarray, ...]:
    """The betas of a walk from coins to 0.4; log Z minus the exact one, its error and the ESS at each."""
    rng, path = np.random.default_rng(seed), np.linspace(0, 0.4, n_steps + 1)
    coins, known = torus.random_state(n_chains, rng), [exact.kaufman_log_z(16, beta) for beta in path]
    log_z, error, ess = walk(path, coins, torus.energy, lambda s, beta: torus.sweep(s, beta, rng), 256 * math.log(2))
    return path, log_z - known, error, ess


gaps, counts = [], []
for n_steps in (1, 10, 100, 1000):
    path, gap, error, ess = from_coins(n_steps, n_chains=500, seed=5)
    gaps += [plots.line(path, gap, f"$K = {n_steps}$"), plots.band(path, gap - error, gap + error, f"$K = {n_steps}$")]
    counts.append(plots.line(path, ess, f"$K = {n_steps}$"))
plots.figure(
    plots.panel(*gaps, plots.hline(0), xlabel="inverse temperature $\\beta$", ylabel="$\\log Z$ minus exact", ylim=(-5, 1.5)),
    plots.panel(*counts, log="y", xlabel="inverse temperature $\\beta$", ylabel="effective number of chains"),
    title=f"With 1000 steps log Z is off by {gap[-1]:+.3f} ± {error[-1]:.3f}, and {ess[-1]:.0f} of 500 chains count",
)

# %% [markdown]
# *Picture: left, log Z minus the exact value along the path: K = 1 leaves the picture at once, ten steps go astray near the end, a hundred
# and a thousand stay close to zero. Right, the effective number of chains on a logarithmic axis, falling from 500 to one, to ten, to
# tens, and with a thousand steps to more than half.*
#
# Count again what you have there: a sum of $2^{256}$ terms, to within a few hundredths, from five hundred chains.

# %% [markdown]
# ## 6 · Does the error bar tell the truth?
#
# One run near the truth proves little. An interval of ±2 standard errors should hold the truth about 95 times in 100. So run the walk
# twenty times, with a hundred chains each. How many of twenty intervals should miss?

# %%
off, error = np.array([[at[-1] for at in from_coins(400, n_chains=100, seed=seed)[1:3]] for seed in range(20)]).T
near, names = abs(off) <= 2 * error, [""] * 20
blue = plots.rows(names, np.where(near, off, np.nan), error, "within two errors", color="blue")
red = plots.rows(names, np.where(near, np.nan, off), error, "further off", color="red")
plots.figure(plots.panel(blue, red, plots.vline(0, "exact"), xlabel="estimate of $\\log Z$ minus exact", height=4),
             title=f"{near.sum()} of 20 estimates lie within two standard errors of the exact value")

# %% [markdown]
# *Picture: a dashed vertical line at the exact value, and twenty dots with bars of one standard error, scattered on both sides of it. The
# title counts those whose bar, drawn twice as long, would reach the line.*
#
# One miss is what to expect; two are no alarm, five would be. Every sampler of this course will be held to this: an error bar is a
# claim, and a claim is tested where the answer is known.

# %% [markdown]
# ## What you made
#
# - `enumerate_log_z` adds up all states: exact, and lost beyond thirty spins. Sums that come apart (free spins, a ring by its
#   transfer matrix) escape.
# - `importance_estimate` turns weights into log Z, an error and an ESS. If the ESS is small, do not believe it.
# - `annealed_log_z` goes in steps, and met Kaufman. So did the area under $\langle E \rangle$.
#
# Much of this course works *without* Z: neither ratios of probabilities nor the slope of $\log p$ contain it. The likelihood does,
# and every comparison of two models by it. That is all that later lessons need. What follows is for those who want more.

# %% [markdown] depth="60 min"
# More sums that come apart, Kaufman's formula, thermodynamic integration with an honest error, and four ways to get a plausible wrong
# number with a small error bar.

# %% [markdown]
# ## 7 · More sums that come apart
#
# **Gaussians.** For $E(x) = \tfrac12 x^{\mathsf T} A x$ with a symmetric positive definite matrix $A$ in $d$ dimensions, rotate to the
# eigenvectors of $A$: the coordinates become independent, and each gives $\sqrt{2\pi/(\beta\lambda)}$.
#
# $$\log Z = \frac d2 \log\frac{2\pi}{\beta} - \frac12 \log\det A .$$
#
# The determinant costs $d^3$ operations, not $100^d$.

# %%
A = np.array([[2.0, 1.2], [1.2, 1.0]])
axis, dx = np.linspace(-16, 16, 1201, retstep=True)
x, y = np.meshgrid(axis, axis, indexing="ij")
E = (A[0, 0] * x**2 + 2 * A[0, 1] * x * y + A[1, 1] * y**2) / 2
print(f"d = 2:    sum over {E.size:,} grid points {logsumexp(-E) + 2 * math.log(dx):.10f}")
print(f"          formula                      {partition.log_z_gaussian(A):.10f}")
factor = np.random.default_rng(0).standard_normal((256, 256)) / 16
print(f"d = 256:  formula {partition.log_z_gaussian(factor @ factor.T + 0.1 * np.eye(256)):.4f}; a grid would have 10^512 points")

# %% [markdown]
# **Chains.** A ring of $n$ spins has $n$ bonds; its first and last index are the same, hence the trace. A chain with **open** ends has
# $n - 1$ bonds, and its two end spins are summed over freely:
#
# $$Z_\text{open} = \sum_{s, s'} \left(M^{\,n-1}\right)_{s s'}, \qquad Z_\text{periodic} = \operatorname{Tr} M^{\,n} .$$
#
# ### Exercise 2.4 · The Ising chain by its transfer matrix
# *Difficulty ●●○ · fifteen minutes · why: the same idea, one variable at a time, runs hidden Markov models and belief propagation.*
#
# For a long chain the entries of $M^n$ overflow. Either take the eigenvalues of $M$ and stay with logarithms, or divide the matrix
# by a number after each product and keep the log of that number.

# %% todo="2.4" task="return log Z of the chain"
def chain_log_z(n: int, beta: float, periodic: bool) -> float:
    """log Z of the Ising chain, E(s) = -sum of s_i s_(i+1), J = 1.

    Args:
        n: number of spins, at least 2.
        beta: inverse temperature in units of 1/J.
        periodic: True joins the last spin to the first (n bonds), False leaves the ends open (n - 1 bonds).

    Returns:
        log Z in nats, finite for any n.
    """
    ### BEGIN SOLUTION
    M = np.exp(beta * np.array([[1.0, -1.0], [-1.0, 1.0]]))
    eigenvalues, vectors = np.linalg.eigh(M)
    top = eigenvalues[-1]
    if periodic:  # the trace of M^n is the sum of the eigenvalues to the power n
        return n * math.log(top) + math.log(((eigenvalues / top) ** n).sum())
    overlap = vectors.sum(axis=0) ** 2  # the vector of ones, in the basis of the eigenvectors, squared
    return (n - 1) * math.log(top) + math.log((overlap * (eigenvalues / top) ** (n - 1)).sum())
    ### END SOLUTION


# %% check="2.4" points=3
from course_checks import check, exercises

with check.exercise("2.4", "chain_log_z"):
    answer = exercises.partition.chain_log_z.by(chain_log_z)
    for n, beta in ((8, 0.6), (5, 1.0), (2, 0.4)):
        for periodic, ends in ((True, "periodic"), (False, "open")):
            states_added_up = exact.enumerated_log_z(n, beta, periodic)
            answer.on(f"{n} spins, β = {beta}, {ends}", n, beta, periodic, expect=states_added_up)
    answer.on("2,000 spins, periodic", 2_000, 0.5, True, expect=exact.chain_log_z(2_000, 0.5))
    answer.on("2,000 spins, open", 2_000, 0.5, False, expect=exact.chain_log_z(2_000, 0.5, periodic=False))
    answer.fresh(4, "another chain")

# %% [markdown] hint="2.4"
# The eigenvalues of $M$ are $2\cosh\beta$ and $2\sinh\beta$, with eigenvectors $(1, 1)/\sqrt2$ and $(1, -1)/\sqrt2$. The trace of
# $M^n$ is the sum of their n-th powers. The sum of all entries of $M^{n-1}$ is $v^{\mathsf T} M^{n-1} v$ with $v = (1, 1)$, which is an
# eigenvector.

# %% uses="2.4"
for n in (4, 16, 1_000_000):
    log_z = chain_log_z(n, 0.7, False)
    print(f"n = {n:9,d}: log Z = {log_z:16.6f}   per spin {log_z / n:.8f}   log(2 cosh β) = {math.log(2 * math.cosh(0.7)):.8f}")

# %% [markdown]
# **Strips.** The same works with a whole row of $w$ spins in the place of one. The transfer matrix then has $2^w$ rows, so the length
# of the strip is free and its *width* is expensive.

# %%
import time

print(f"4 × 5 torus:  2^20 states added up {exact.enumerated_log_z((4, 5), 0.4):.10f}")
print(f"              transfer matrix      {exact.strip_log_z(4, 5, 0.4):.10f}")
for width in range(2, 11, 2):
    start = time.perf_counter()
    per_spin = exact.strip_log_z(width, 1000, 0.4) / (1000 * width)
    print(
        f"width {width:2d}, length 1000: log Z per spin {per_spin:.8f}   {1000 * (time.perf_counter() - start):7.1f} ms"
    )
print(f"infinite lattice (Onsager 1944):     {exact.onsager_log_z(0.4):.8f}")

# %% [markdown]
# **Two layers with a small side.** A *restricted Boltzmann machine* (RBM) has visible units $v$ and hidden units $h$, all 0
# or 1, with $E(v, h) = -a\cdot v - b\cdot h - v^{\mathsf T} W h$ and β = 1. Visible units do not interact with one another. Once $h$ is
# fixed they are independent, so their sum is a product, and only the hidden states have to be listed:
#
# $$Z = \sum_h e^{b\cdot h} \prod_i \left(1 + e^{\,a_i + (W h)_i}\right) .$$

# %%
rng = np.random.default_rng(1)
W, a, b = rng.standard_normal((12, 4)), rng.standard_normal(12), rng.standard_normal(4)
v = (exact.ising_states(12) + 1) // 2  # all 4096 states of the visible side
h = (exact.ising_states(4) + 1) // 2  # all 16 of the hidden side
minus_E = (v @ a)[:, None] + (h @ b)[None, :] + v @ W @ h.T
formula = logsumexp(h @ b + np.logaddexp(0, a + h @ W.T).sum(axis=1))
print(f"12 + 4 units:    {minus_E.size:,} states added up  {logsumexp(minus_E):.10f}")
print(f"                 formula with {len(h)} terms    {formula:.10f}")
W, a, b = rng.standard_normal((784, 12)) / 10, rng.standard_normal(784), rng.standard_normal(12)
print(f"784 + 12 units:  formula with {2**12} terms  {partition.log_z_rbm(W, a, b):.4f}; there are 2^796 states")

# %% [markdown]
# In all of these each factor sees few variables, and the variables are not tied into many loops (for the Gaussian, after a rotation).
# A lattice in the plane, a network with many hidden units, an image model: there the loops are everywhere. For Ising models on
# arbitrary graphs computing Z is #P-hard (Jerrum and Sinclair 1993), so no such order of summation is expected.

# %% [markdown]
# ## 8 · The judge: Kaufman's formula
#
# Kaufman's log Z of a torus has four products of $n$ factors each. For $m$ rows and $n$ columns, $N = mn$,
#
# $$Z = \tfrac12 (2\sinh 2\beta)^{N/2} \left[
# \prod_{l\,\text{odd}} 2\cosh\tfrac{m\gamma_l}{2} + \prod_{l\,\text{odd}} 2\sinh\tfrac{m\gamma_l}{2} +
# \prod_{l\,\text{even}} 2\cosh\tfrac{m\gamma_l}{2} + \prod_{l\,\text{even}} 2\sinh\tfrac{m\gamma_l}{2} \right],$$
#
# where $l$ runs from 0 to $2n-1$, $\cosh\gamma_l = \cosh 2\beta \coth 2\beta - \cos(\pi l/n)$ and
# $\gamma_0 = 2\beta + \log\tanh\beta$, which is negative above the critical temperature. In logarithms:


# %%
def kaufman(size: int, beta: float) -> float:
    """log Z of a square torus; not for beta = beta_c exactly, where gamma_0 = 0 and its sinh has no log."""
    angle = np.pi * np.arange(2 * size) / size
    gamma = np.arccosh(np.maximum(1, np.cosh(2 * beta) / np.tanh(2 * beta) - np.cos(angle)))
    gamma[0] = 2 * beta + math.log(math.tanh(beta))
    x = size * gamma / 2
    log_cosh = np.logaddexp(x, -x)  # of 2 cosh x
    log_sinh = np.abs(x) + np.log(-np.expm1(-2 * np.abs(x)))  # of |2 sinh x|
    products = [f[start::2].sum() for start in (1, 0) for f in (log_cosh, log_sinh)]
    total = logsumexp(products, b=[1, 1, 1, np.sign(x[0])])
    return size**2 / 2 * math.log(2 * math.sinh(2 * beta)) - math.log(2) + total


for beta in (0.2, 0.4, 0.6):
    print(
        f" 4 ×  4, β = {beta}:  Kaufman {kaufman(4, beta):14.10f}   65,536 states {exact.enumerated_log_z((4, 4), beta):14.10f}"
    )
print(f"16 × 16, β = 0.4:  Kaufman {kaufman(16, 0.4):.10f}   (course_utils: {exact.kaufman_log_z(16, 0.4):.10f})")

# %% [markdown]
# The square lattice is not alone. **Every** Ising model without a field whose bonds can be drawn in the plane without crossings
# is tractable, whatever its couplings: apart from simple factors its Z is the root of a determinant whose order grows like $N$,
# a *Pfaffian* (Kasteleyn 1963; Fisher 1966). On a torus it takes four of them: hence the four products. What ends the family is
# a field, or a third dimension. For general couplings even the lowest energy of a planar lattice in a field, or of two layers of
# it, is NP-hard (Barahona 1982).
#
# The slope of log Z gives the mean energy, $\langle E\rangle = -\,d\log Z/d\beta$, so the exact energy comes with it:

# %%
shown = np.linspace(0.02, 0.7, 341)
finite = {size: np.array([exact.kaufman_energy(size, beta) for beta in shown]) for size in (4, 16, 64)}
infinite = np.array([exact.onsager_energy(beta) for beta in shown])
critical, labels = plots.vline(exact.BETA_C, "$\\beta_c$", style=":"), {"xlabel": "inverse temperature $\\beta$ ($1/J$)"}
energy = [plots.line(shown, u, f"${L} \\times {L}$ (Kaufman)") for L, u in finite.items()]
gap = [plots.line(shown, L * (u - infinite), f"${L} \\times {L}$ (Kaufman)") for L, u in finite.items()]
plots.figure(
    plots.panel(*energy, plots.line(shown, infinite, "infinite (Onsager)", color="black", style="--", width=1.2), critical,
                ylabel="energy per spin $u$ ($J$)", **labels),
    plots.panel(*gap, plots.hline(0), critical, ylabel="$L\\;(u_L - u_\\infty)$ ($J$)", title="$L$ times the gap, enlarged", xlim=(0.2, 0.6), **labels),
    title=f"$64 \\times 64$ spins stay within {abs(finite[64] - infinite).max():.3f} $J$ of the infinite lattice; "
    "near $\\beta_c$ the gap is about $J/L$",
)  # fmt: skip

# %% [markdown]
# *Picture: on the left three energy curves falling from 0 towards -2, for tori of side 4, 16 and 64, and a dashed curve for the
# infinite lattice. The smallest torus lies far below the dashed curve over the middle half of the range; the middle one leaves it
# only near the critical point, marked by a dotted line; the largest one cannot be told from it. On the right what is left of each
# after the infinite lattice is taken away, times the side L: three dips of nearly the same depth, close to -1, narrower and
# closer to the critical point the larger the torus.*
#
# So the gap at its widest shrinks about as $1/L$, and the range of temperatures in which a torus feels its size shrinks too.

# %% [markdown]
# ## 9 · The area, with an honest error
#
# In section 5 the area under the mean energy was added up for each chain alone. Why? Chains are independent of one another, while
# the energies of one chain at neighbouring temperatures are not.
#
# ### Exercise 2.5 · From energies to log Z, with an error
# *Difficulty ●●○ · fifteen minutes · why: an estimate without an error bar cannot be wrong, so it says nothing.*
#
# Integrate with the trapezoid rule; the temperatures need not be evenly spaced. Do the integral **for each chain**, and take the mean
# and the standard error of the results.

# %% todo="2.5" task="return log Z and its standard error"
def thermodynamic_integration(
    betas: Float[np.ndarray, "betas"], energies: Float[np.ndarray, "chains betas"], n_spins: int
) -> tuple[float, float]:
    """log Z at the last inverse temperature, from mean energies along the way.

    Args:
        betas: rising inverse temperatures, betas[0] = 0; the spacing may vary.
        energies: mean energy of the whole system at each, one row per independent chain.
        n_spins: number of spins N.

    Returns:
        log Z (mean over the chains) and its standard error: the sample standard deviation over the chains (ddof=1),
        divided by the root of their number.
    """
    ### BEGIN SOLUTION
    log_z = n_spins * math.log(2) - np.trapezoid(energies, betas, axis=1)
    return log_z.mean(), log_z.std(ddof=1) / math.sqrt(len(log_z))
    ### END SOLUTION


# %% check="2.5" points=3
from course_checks import check, exercises

with check.exercise("2.5", "thermodynamic_integration"):
    answer = exercises.partition.thermodynamic_integration.by(thermodynamic_integration)
    for b, n_spins in ((np.linspace(0, 0.4, 5), 16), (np.array([0.0, 0.05, 0.15, 0.4]), 2000)):
        E = -np.array([[20.0], [22.0], [27.0]]) * b - np.array([[0.0], [3.0], [1.0]]) * b**2
        spacing = ", ".join(f"{beta:g}" for beta in b)
        area = np.trapezoid(E.mean(axis=0), b)
        answer.on(f"{n_spins} spins, betas {spacing}", b, E, n_spins, expect=n_spins * math.log(2) - area)
    answer.fresh(4, "other chains")

# %% [markdown] hint="2.5"
# `np.trapezoid(energies, betas, axis=1)` integrates each row. `N log 2` minus that is one estimate per chain; `.mean()` and
# `.std(ddof=1) / math.sqrt(number of chains)` do the rest.

# %% [markdown]
# Your function on the energies of section 5. And the second error, which no number of sweeps removes: that of the trapezoid rule.
# The exact energies tell how large it is.

# %% uses="2.5"
log_z, spread_of_chains = thermodynamic_integration(betas, energies, 256)
print(f"16 × 16:  log Z = {log_z:.4f} ± {spread_of_chains:.4f}   exact {target:.4f}   off by {(log_z - target) / spread_of_chains:+.1f} standard errors")

# %%
for n_betas in (6, 11, 21, 41, 81):
    spaced = np.linspace(0, 0.4, n_betas)
    without_noise = 256 * np.array([exact.kaufman_energy(16, beta) for beta in spaced])
    by_rule = partition.thermodynamic_integration(spaced, without_noise[None, :], 256).log_z
    print(f"{n_betas:3d} temperatures, spacing {spaced[1]:.3f}: trapezoid rule off by {by_rule - target:+.5f} nats")

# %% [markdown]
# Half the spacing, a quarter of the error. With 41 temperatures it is about a hundredth of a nat: look whether that matters beside the
# statistical error above. If it does, and it often does in long runs, take more temperatures before you take more sweeps.

# %% [markdown]
# ## 10 · What goes wrong
#
# The explorer at one setting: the bowl in 50 dimensions, proposal 1.3 times as wide. In the long run the ESS is
#
# $$\frac{\mathrm{ESS}}{n} \to \frac{\langle w\rangle^2}{\langle w^2\rangle} = \left(\frac{\sqrt{2s^2-1}}{s^2}\right)^{d}
# \quad\text{for } s^2 > \tfrac12, \qquad\text{and } 0 \text{ for } s^2 \le \tfrac12 .$$

# %%
_, log_w = partition.gaussian_log_weights(1.3, 50, 10_000, np.random.default_rng(2))
bowl, fraction = partition.importance_estimate(log_w), partition.gaussian_ess_fraction(1.3, 50)
log_z = 25 * math.log(2 * math.pi)
plots.importance_weights(log_w - log_z, 1.3, 50, fraction, bowl.log_z - log_z, bowl.error)

# %% [markdown]
# *Picture: on the left two histograms over log(w/Z) as outlines, a wide blue one for the samples and an orange one at its right edge
# for their share of the estimate: the few samples with the largest weights carry nearly all of it. On the right the falling line of
# ESS/n against the dimension; at the present dimension an open circle on the line and, near it, an orange dot from the samples.*
#
# The reason is geometry. Nearly all samples of the proposal lie at a distance close to $s\sqrt d$ from the origin, nearly all of the
# target's mass lies close to $\sqrt d$, and the thickness of both shells does not grow with $d$. In high dimension a proposal
# that is slightly wrong is wrong almost everywhere.
#
# **A proposal that is too narrow.** At $s^2 \le 1/2$ the weights have infinite variance. But samples are finite, so they always report
# *some* ESS, *some* error and *some* log Z. Here are eight runs with a proposal that is too wide and eight with one that is too
# narrow, in 10 dimensions. The titles speak of 200 runs each.

# %%
rng = np.random.default_rng(10)
sizes, dim = np.unique(np.logspace(1, 4, 60).astype(int)), 10
log_z = dim / 2 * math.log(2 * math.pi)
traces, reported = {}, {}
for name, width in (("Too wide (1.5)", 1.5), ("Too narrow (0.5)", 0.5)):
    weights = [partition.gaussian_log_weights(width, dim, sizes[-1], rng)[1] for _ in range(200)]
    traces[name] = np.array([np.logaddexp.accumulate(log_w)[sizes - 1] - np.log(sizes) for log_w in weights])
    final = [partition.importance_estimate(log_w) for log_w in weights]
    reported[name] = np.mean([abs(e.log_z - log_z) < 2 * e.error for e in final])
    print(f"{name:16s}: reports an ESS of {np.median([e.ess for e in final]):6.1f} and an error of ", end="")
    print(f"{np.median([e.error for e in final]):.3f} (medians); the root mean square error is ", end="")
    print(f"{np.sqrt(np.mean([(e.log_z - log_z) ** 2 for e in final])):.3f}")

# %%
panels = [
    plots.panel(
        plots.line(sizes, runs[:8].T - log_z, color=color, width=1.1), plots.hline(0), log="x",
        xlabel="number of samples $n$", ylabel="estimate of $\\log Z$ minus exact (nats)",
        title=f"{name}: median {np.median(runs[:, -1]) - log_z:+.2f} nats off;\n{reported[name]:.0%} of {len(runs)} "
        "intervals of ±2 standard errors hold the truth",
    )
    for color, (name, runs) in zip(("blue", "red"), traces.items(), strict=True)
]  # fmt: skip
plots.figure(*panels, share="y", title="A proposal that is too narrow is wrong, and says that it is right")

# %% [markdown]
# *Picture: on the left eight lines that close in on zero from both sides. On the right eight lines that start far below zero
# and climb in sudden jumps; between the jumps they sink. At the end one has just jumped past zero, and the others have not
# arrived.*
#
# The narrow proposal hardly ever visits the tails of the target, where its weights are huge. Most runs miss them and come out
# too low *with a small error bar*; a rare run meets one and jumps. When in doubt, be too wide.
#
# **A mode that no sample has seen.** Worse, since nothing looks suspicious. The target has two equal peaks, the proposal sits
# on one:

# %%
rng = np.random.default_rng(11)
x = rng.normal(-4.0, 1.0, 10_000)
log_target = np.logaddexp(-((x + 4) ** 2) / 2, -((x - 4) ** 2) / 2)
log_proposal = -((x + 4) ** 2) / 2 - 0.5 * math.log(2 * math.pi)
estimate = partition.importance_estimate(log_target - log_proposal)
both_peaks = math.log(2 * math.sqrt(2 * math.pi))
print(f"ESS {estimate.ess:.1f} of 10,000   log Z = {estimate.log_z:.6f} ± {estimate.error:.6f}", end="   ")
print(f"exact {both_peaks:.6f}: off by {estimate.log_z - both_peaks:.4f}, log 2 = {math.log(2):.4f}")

# %% [markdown]
# A perfect ESS, and half of Z is missing. **The ESS measures how even the weights of the samples you have are. It cannot know
# what they have not met.**
#
# **Too few temperatures.** The mean of $w$ has no bias, but you report its log, and the log of a mean over few chains
# is too low **on average**: by Jensen's inequality $\langle \log \hat Z\rangle \le \log \langle \hat Z \rangle = \log Z$. With few
# temperatures the bias is large. It is a statement about the average over many runs: a single run may well lie above the truth,
# and some do below. To see both, the 500 chains are also cut into 50 groups of ten.

# %%
n_steps = np.array([1, 2, 4, 8, 16, 32, 64, 128, 256, 512])
one, one_error, pooled = [], [], []
print("nats off:  mean of log w   log of mean w: all 500   groups of ten, on average")
for K in n_steps:
    rng, b = np.random.default_rng(12), np.linspace(0, 0.4, K + 1)
    start = torus.random_state(500, rng)
    log_w = partition.annealed_log_weights(b, start, torus.energy, lambda s, beta, rng=rng: torus.sweep(s, beta, rng))
    log_w += 256 * math.log(2)
    one.append(log_w.mean())
    one_error.append(log_w.std(ddof=1) / math.sqrt(len(log_w)))
    pooled.append(partition.importance_estimate(log_w))
    tens = np.array([partition.importance_estimate(ten).log_z for ten in log_w.reshape(50, 10)]) - target
    print(f"{K:4d} {log_w.mean() - target:+14.3f} {pooled[-1].log_z - target:+22.3f} {tens.mean():+15.3f} ", end="")
    print(f"± {tens.std(ddof=1) / math.sqrt(50):.3f}   {np.mean(tens > 0):3.0%} above the truth")

# %%
all_log_z, all_error = np.array([[run.log_z, run.error] for run in pooled]).T
series = (("one chain, on average: mean of $\\log w$", "red", "o", np.array(one), np.array(one_error)),
          ("500 chains together: $\\log$ of mean $w$", "blue", "s", all_log_z, all_error))  # fmt: skip
panels = [
    plots.panel(
        *[plots.points(n_steps[k:], y[k:] - target, e[k:], name, color=color, mark=mark, joined=True)
          for name, color, mark, y, e in series],
        plots.hline(0), log="x", xticks={K: str(K) for K in n_steps[k:]}, title=title,
        xlabel="number of temperature steps $K$", ylabel="$\\log Z$ estimate minus exact (nats)",
    )
    for k, title in ((0, "all runs"), (5, "the last five, enlarged"))
]  # fmt: skip
plots.figure(*panels, title=f"On average, a single chain is {target - one[0]:.0f} nats too low with 1 step, "
             f"and {target - one[-1]:.2f} nats with {n_steps[-1]} steps")  # fmt: skip

# %% [markdown]
# *Picture: on the left the orange line, the average log weight of a single chain, rises from far below zero towards it as the
# number of steps grows. The blue line, the log of the mean weight of 500 chains, lies above the orange one and is close to zero
# with far fewer steps. On the right the last five runs, enlarged: the orange line stays below zero; the blue squares
# come up to zero, and one of them lies above it.*
#
# Averaging the *log* weights instead of the weights, a mistake that your check of Exercise 2.2 names, gives the orange line. The
# more chains go into one mean, the smaller the bias: ten chains lie between one and all.
#
# **And one that is not shown here.** Both paths of temperatures end at β = 0.4, just above the critical temperature. Follow them
# into the cold phase of a large lattice, or through a first-order transition, and single-spin sweeps no longer carry the
# chains along: thermodynamic integration then averages the wrong phase, and AIS reports a collapsed ESS if you are lucky. The
# lessons on lattices come back to this.

# %% [markdown] think="2b"
# **Think: which way is the table wrong?** A paper compares two image models by their mean log-likelihood,
# $\log p(x) = -E(x) - \log Z$, with log Z from AIS with few temperatures. In which direction are the likelihoods wrong, and
# which model profits more?
#
# <!-- ANSWER -->
#
# AIS gives log Z too low on average, so the log-likelihoods come out too *high*. The model whose log Z is harder to estimate
# profits more: a bad estimate looks like a good model. A remedy is a second run in the opposite direction, from exact or very
# well equilibrated samples of the model back to β = 0. Its bias has the other sign, so on average the two bracket the truth.

# %% [markdown] think="2c"
# **Think: why not strips?** A strip of width $w$ has a transfer matrix with $2^w$ rows. What would the matrix for
# the 16×16 torus need in memory? And why is that still so much better than enumeration?
#
# <!-- ANSWER -->
#
# $2^{16} \times 2^{16} = 2^{32}$ entries of 8 bytes: 32 GiB. It need not be stored, since a row-to-row step can be split into
# 16 single-spin steps that each touch a vector of $2^{16}$ numbers; for the trace, one such vector for each of $2^{16}$ starts.
# That is hard work but possible, while $2^{256}$ is not. The cost is exponential in the *width* $\sqrt N$ instead of the number
# of spins $N$. In three dimensions the cross-section of a cube of side 16 has 256 spins, and the trick is lost.

# %% [markdown]
# ## Challenge · log Z with the smallest honest interval
#
# You get `energy(state)` and `sweep(state, beta)` of a small torus in disguise: its bonds differ, its spins are shuffled, and some
# are counted upside down. A state is an array (spins, chains) of ±1. Spend 12,000 visits (one energy, or one sweep, of one chain
# each) on log Z and its standard error. The score is the width of ±2 errors, and a miss costs 44 times its size.
#
# Cheating would be the formula of equal bonds, an error that is too small, more visits than the budget, or a look inside `energy`
# or `sweep`.
#
# The judge counts, recomputes and draws its problems anew, so that nothing can be remembered. But Python hides nothing from a
# function that runs beside it: who walks its frames or its memory finds the answers, and has beaten nobody.
#
# Who is there to beat?

# %%
check.challenge("2")


# %%
def my_log_z(energy, sweep, n_spins, beta, budget, rng):
    raise NotImplementedError("return log Z and its standard error")


check.challenge("2", my_log_z)

# %% [markdown]
# ## References
#
# - E. Ising, *Beitrag zur Theorie des Ferromagnetismus*, Z. Phys. 31, 253 (1925).
#   [doi:10.1007/BF02980577](https://doi.org/10.1007/BF02980577). The chain.
# - H. A. Kramers, G. H. Wannier, *Statistics of the two-dimensional ferromagnet. Part I*, Phys. Rev. 60, 252 (1941).
#   [doi:10.1103/PhysRev.60.252](https://doi.org/10.1103/PhysRev.60.252). The transfer matrix and the critical temperature.
# - L. Onsager, *Crystal statistics. I*, Phys. Rev. 65, 117 (1944).
#   [doi:10.1103/PhysRev.65.117](https://doi.org/10.1103/PhysRev.65.117). The infinite lattice.
# - B. Kaufman, *Crystal statistics. II*, Phys. Rev. 76, 1232 (1949).
#   [doi:10.1103/PhysRev.76.1232](https://doi.org/10.1103/PhysRev.76.1232). The finite torus.
# - P. W. Kasteleyn, *Dimer statistics and phase transitions*, J. Math. Phys. 4, 287 (1963).
#   [doi:10.1063/1.1703953](https://doi.org/10.1063/1.1703953). M. E. Fisher, *On the dimer solution of planar Ising models*, J. Math.
#   Phys. 7, 1776 (1966). [doi:10.1063/1.1704825](https://doi.org/10.1063/1.1704825). All planar graphs, by Pfaffians.
# - F. Barahona, *On the computational complexity of Ising spin glass models*, J. Phys. A 15, 3241 (1982).
#   [doi:10.1088/0305-4470/15/10/028](https://doi.org/10.1088/0305-4470/15/10/028). Where planarity stops helping.
# - M. Jerrum, A. Sinclair, *Polynomial-time approximation algorithms for the Ising model*, SIAM J. Comput. 22, 1087 (1993).
#   [doi:10.1137/0222066](https://doi.org/10.1137/0222066). What is hard, and what can be approximated.
# - J. G. Kirkwood, *Statistical mechanics of fluid mixtures*, J. Chem. Phys. 3, 300 (1935).
#   [doi:10.1063/1.1749657](https://doi.org/10.1063/1.1749657). Thermodynamic integration.
# - R. M. Neal, *Annealed importance sampling*, Statistics and Computing 11, 125 (2001).
#   [doi:10.1023/A:1008923215028](https://doi.org/10.1023/A:1008923215028).
# - R. Salakhutdinov, I. Murray, *On the quantitative analysis of deep belief networks*, ICML (2008).
#   [doi:10.1145/1390156.1390266](https://doi.org/10.1145/1390156.1390266). AIS for the log-likelihood of RBMs.
# - C. P. Robert, G. Casella, *Monte Carlo Statistical Methods*, 2nd ed., Springer (2004).
#   [doi:10.1007/978-1-4757-4145-2](https://doi.org/10.1007/978-1-4757-4145-2). Importance sampling and its pitfalls.
# - S. Chatterjee, P. Diaconis, *The sample size required in importance sampling*, Ann. Appl. Probab. 28, 1099 (2018).
#   [doi:10.1214/17-AAP1326](https://doi.org/10.1214/17-AAP1326). How many samples, and why the ESS can mislead.
