# ---
# jupyter:
#   course:
#     title: The partition function blows up
#     goal: say when log Z can be computed, and estimate it with an honest error bar when it cannot
#     needs: ["01"]
#     know: logarithms, matrix products, the mean and variance of random numbers
#     time: 110 min
#     runs: 25 s
#     uses: []
# ---

# %% [markdown]
# ## What you will be able to do
#
# 1. Tell how many terms Z has before you start to add them, and what that costs (sections 1 and 2).
# 2. Recognise the structures that make Z tractable, and compute log Z for independent spins (Exercise 2.1) and for a
#    chain of any length (2.2).
# 3. Estimate log Z by importance sampling, with the effective sample size that says when not to believe it (2.3).
# 4. Estimate log Z of a lattice with 2²⁵⁶ states by thermodynamic integration (2.4) and by annealed importance sampling
#    (2.5), each with an error bar, and meet the exact value.

# %%
import math
import time

import numpy as np
from jaxtyping import Float
from scipy.special import logsumexp

from course_utils import explorers, partition, plots
from course_utils.lattice import exact

# %% [markdown]
# > **Conventions.** From here on there are spins, and with them the inverse temperature $\beta = 1/T$:
# > $p(s) = e^{-\beta E(s)}/Z$. A spin $s_i$ is $+1$ or $-1$. The **Ising model** has the energy
# > $E(s) = -\sum_{\langle ij\rangle} s_i s_j$, summed over pairs of neighbours (*bonds*): neighbours like to be equal.
# > The coupling J is 1, so energies are in units of J and $\beta$ in units of 1/J. $N$ is the number of spins. Logarithms
# > are natural unless they say $\log_{10}$.
#
# ## 1 · How many terms does Z have?
#
# In lesson 01 you computed Z on a grid: a few hundred points on a line, a few ten thousand in the plane. A picture of
# 16×16 pixels is one point in 256 dimensions. How many grid points would that take?
#
# **Guess before you run the cell.** With 100 points per axis, from which dimension on are there more grid points than
# atoms in the observable universe? With spins, which have only two values, how many spins does it take?

# %%
n = np.arange(1, 301)
log10_terms = {
    "Grid of 100 points per axis": n * np.log10(100),
    "Spins with two values": n * np.log10(2),
}
for name, values in log10_terms.items():
    print(f"{name}: " + ", ".join(f"10^{values[d - 1]:.1f} for n = {d}" for d in (2, 16, 64, 256)))
print(f"In floating point, 100.0**d is finite up to d = {int(np.log10(np.finfo(float).max) / 2)} only.")
first = [n[np.argmax(values > 80)] for values in log10_terms.values()]
plots.figure(
    plots.panel(
        *[plots.line(n, values, name) for name, values in log10_terms.items()],
        plots.hline(80, "atoms in the universe, $10^{80}$"), plots.hline(308, "largest double, $10^{308}$", style=":"),
        xlabel="number of coordinates or spins $n$", ylabel="$\\log_{10}$ of the number of terms in $Z$", xlim=(0, 300),
    ),
    title=f"More terms than atoms in the universe: from {first[0]} coordinates, or from {first[1]} spins, on",
)  # fmt: skip

# %% [markdown]
# *Picture: two straight lines against the number of coordinates, on an axis of powers of ten. The grid's line is steep and
# soon crosses both level lines, the atoms (dashed) and the largest double (dotted); the line of the spins reaches the atoms near
# the right edge, and stays far below the largest double.*
#
# The numbers were never computed, only their logarithms: $\log_{10} 100^d = d \log_{10} 100$. Count in logarithms before
# you compute anything.

# %% [markdown]
# ## 2 · Adding them up anyway
#
# For a handful of spins we can list every state. A periodic 4×4 lattice (a *torus*: each edge is glued to the opposite
# one) has 16 spins, 32 bonds and 65,536 states.

# %%
states = exact.ising_states(16)  # one row per state
i, j = exact.bonds((4, 4)).T  # the ends of each bond
energy = -(states[:, i] * states[:, j]).sum(axis=1, dtype=int)
for level, count in zip(*np.unique(energy, return_counts=True), strict=True):
    print(f"E = {level:4d}: {count:6,d} states")
print(f"log Z at β = 0.4: {logsumexp(-0.4 * energy):.10f}")

# %% [markdown]
# Two states have the lowest energy (all up, all down), but most states lie near E = 0. Temperature decides which of the
# two facts wins. Now measure what adding up costs. `exact.enumerated_log_z` goes through the states with bit operations, a
# chunk at a time, about as fast as NumPy can. It visits only half of them, since turning over all spins keeps the energy.


# %%
def seconds_to_enumerate(shape: tuple[int, int], repeats: int = 3) -> float:
    """Shortest of several times to add up Z of a torus, in seconds."""
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        exact.enumerated_log_z(shape, beta=0.4)
        times.append(time.perf_counter() - start)
    return min(times)


shapes = [(5, 4), (7, 3), (11, 2), (6, 4), (5, 5), (13, 2)]
n_spins = np.array([rows * cols for rows, cols in shapes])
seconds = np.array([seconds_to_enumerate(shape) for shape in shapes])
for N, t in zip(n_spins, seconds, strict=True):
    print(f"N = {N}: {1000 * t:8.2f} ms")

# %%
slope, intercept = np.polyfit(n_spins, np.log10(seconds), 1)
age = 4.35e17  # seconds, of the universe
print(f"16 × 16 spins would take 10^{intercept + slope * 256 - math.log10(age):.0f} times the age of the universe (4.35e17 s).")
wall = (math.log10(age) - intercept) / slope
measured = plots.points(n_spins, seconds, name="measured")
fit = [plots.line(N := np.array([20, end]), 10 ** (intercept + slope * N), "fitted line", color="grey") for end in (26, 128)]
labels = {"log": "y", "xlabel": "number of spins $N$", "ylabel": "time to add up $Z$ (s)"}
plots.figure(
    plots.panel(fit[0], measured, title=f"measured: each spin multiplies the time by {10**slope:.2f}", **labels),
    plots.panel(
        fit[1], measured, plots.hline(86400, "a day", style=":"), plots.hline(age, "age of the universe"),
        plots.points([wall], [age], name=f"{wall:.0f} spins", mark="s"), title="extrapolated", **labels,
    ),
    title=f"To add up $Z$ of {wall:.0f} spins takes the age of the universe",
)  # fmt: skip

# %% [markdown]
# *Picture: on the left the measured times on a logarithmic axis, close to a straight line. On the right the same line
# drawn on to many more spins; a square marks where it crosses the age of the universe.*
#
# A computer a thousand times faster moves the square by ten spins, since $2^{10} \approx 1000$. Speed is no answer to an
# exponential. Structure is.

# %% [markdown]
# ## 3 · When Z is tractable
#
# A sum over $2^N$ states is hopeless only if you add the states one by one. Five structures avoid that. Each is checked
# here against a plain sum or integral before we trust it.
#
# **Independent units.** If no two spins interact, $E(s) = -\sum_i h_i s_i$ with a *field* $h_i$ on each spin, the
# exponential of the sum is a product, and the sum of the products is the product of the sums:
#
# $$Z = \sum_{s_1=\pm1}\cdots\sum_{s_N=\pm1}\; \prod_i e^{\beta h_i s_i} = \prod_i \left(e^{\beta h_i} + e^{-\beta h_i}\right)
# = \prod_i 2\cosh(\beta h_i) .$$
#
# N factors instead of $2^N$ terms.
#
# ### Exercise 2.1 · log Z of independent spins
# *Difficulty ●○○ · ten minutes · why: the product overflows long before the physics does.*
#
# Complete `log_z_independent`. It must work for thousands of spins and for fields so strong that $e^{\beta h}$ overflows.


# %% todo="2.1" task="return log Z of independent spins"
def log_z_independent(fields: Float[np.ndarray, "n"], beta: float) -> float:
    """log Z of independent spins with E(s) = -sum of h_i s_i.

    Args:
        fields: h_i of each spin, of either sign and any size.
        beta: inverse temperature.

    Returns:
        log Z in nats.
    """
    ### BEGIN SOLUTION
    x = beta * fields
    return float(np.logaddexp(x, -x).sum())  # log(e^x + e^-x), with the larger exponent taken out first
    ### END SOLUTION


# %% check="2.1" points=2
from course_checks import check, exercises

with check.exercise("2.1", "log_z_independent"):
    answer = exercises.partition.log_z_independent.by(log_z_independent)
    h, states = np.array([0.5, -1.2, 2.0]), exact.ising_states(3)
    for beta in (1.0, 0.7):
        answer.on(f"three spins at β = {beta}", h, beta, expect=logsumexp(beta * states @ h))
    answer.on("spins in fields of 1000", np.array([1000.0, 1000.0, 0.0]), 0.9, expect=1800 + math.log(2))
    answer.on("spins in fields of ±1000", np.array([1000.0, -1000.0, 0.0]), 0.9, expect=1800 + math.log(2))
    answer.on("5000 spins", np.full(5000, 0.3), 2.0, expect=5000 * math.log(2 * math.cosh(0.6)))
    answer.fresh(4, "other spins")

# %% [markdown] hint="2.1"
# The log of the product is the sum of $\log(e^{x_i} + e^{-x_i})$ with $x_i = \beta h_i$. `np.logaddexp(a, b)` is
# $\log(e^a + e^b)$ without overflow, entry by entry.

# %% uses="2.1"
rng = np.random.default_rng(0)
fields = rng.standard_normal(16)
print(f"16 spins:       65,536 states added up  {logsumexp(exact.ising_states(16) @ fields):.10f}")
print(f"                your product            {log_z_independent(fields, 1.0):.10f}")
start = time.perf_counter()
log_z = log_z_independent(rng.standard_normal(1_000_000), 1.0)
print(f"1,000,000 spins: your product           {log_z:.2f} in {1000 * (time.perf_counter() - start):.0f} ms")

# %% [markdown]
# **Gaussians.** For $E(x) = \tfrac12 x^{\mathsf T} A x$ with a symmetric positive definite matrix $A$ in $d$ dimensions,
# rotate to the eigenvectors of $A$: the coordinates become independent, and each gives $\sqrt{2\pi/(\beta\lambda)}$.
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

rng = np.random.default_rng(0)
factor = rng.standard_normal((256, 256)) / 16
precision = factor @ factor.T + 0.1 * np.eye(256)
print(f"d = 256:  formula {partition.log_z_gaussian(precision):.4f}; a grid would have 10^512 points")

# %% [markdown]
# **Chains.** Put $n$ spins in a row, each joined to the next. The product of the weights $e^{\beta s_i s_{i+1}}$ over the
# bonds, summed over all spins in between, is a product of matrices. With the **transfer matrix**
#
# $$T = \begin{pmatrix} e^{\beta} & e^{-\beta} \\ e^{-\beta} & e^{\beta} \end{pmatrix}, \qquad
# T_{s s'} = e^{\beta s s'},$$
#
# the matrix product sums over one spin at a time. A chain with **open** ends has $n-1$ bonds, and its two end spins are
# summed over freely. In a **periodic** chain a last bond leads back to the first spin, so first and last index are the
# same: a trace.
#
# $$Z_\text{open} = \sum_{s, s'} \left(T^{\,n-1}\right)_{s s'}, \qquad Z_\text{periodic} = \operatorname{Tr} T^{\,n} .$$
#
# ### Exercise 2.2 · The Ising chain by its transfer matrix
# *Difficulty ●●○ · fifteen minutes · why: a sum of $2^n$ terms becomes n products of 2×2 matrices; the same idea runs
# hidden Markov models and belief propagation.*
#
# Complete `chain_log_z`. For a long chain the entries of $T^n$ overflow. Either take the eigenvalues of $T$ and stay with
# logarithms, or divide the matrix by a number after each product and keep the log of that number.


# %% todo="2.2" task="return log Z of the chain"
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
    T = np.exp(beta * np.array([[1.0, -1.0], [-1.0, 1.0]]))
    eigenvalues, vectors = np.linalg.eigh(T)
    top = eigenvalues[-1]
    if periodic:  # the trace of T^n is the sum of the eigenvalues to the power n
        return n * math.log(top) + math.log(((eigenvalues / top) ** n).sum())
    overlap = vectors.sum(axis=0) ** 2  # the vector of ones, in the basis of the eigenvectors, squared
    return (n - 1) * math.log(top) + math.log((overlap * (eigenvalues / top) ** (n - 1)).sum())
    ### END SOLUTION


# %% check="2.2" points=3
from course_checks import check, exercises

with check.exercise("2.2", "chain_log_z"):
    answer = exercises.partition.chain_log_z.by(chain_log_z)
    for n, beta in ((8, 0.6), (5, 1.0), (2, 0.4)):
        for periodic, ends in ((True, "periodic"), (False, "open")):
            states_added_up = exact.enumerated_log_z(n, beta, periodic)
            answer.on(f"{n} spins, β = {beta}, {ends}", n, beta, periodic, expect=states_added_up)
    answer.on("2,000 spins, periodic", 2_000, 0.5, True, expect=exact.chain_log_z(2_000, 0.5))
    answer.on("2,000 spins, open", 2_000, 0.5, False, expect=exact.chain_log_z(2_000, 0.5, periodic=False))
    answer.fresh(4, "another chain")

# %% [markdown] hint="2.2"
# The eigenvalues of $T$ are $2\cosh\beta$ and $2\sinh\beta$, with eigenvectors $(1, 1)/\sqrt2$ and $(1, -1)/\sqrt2$. The trace of
# $T^n$ is the sum of their n-th powers. The sum of all entries of $T^{n-1}$ is $v^{\mathsf T} T^{n-1} v$ with $v = (1, 1)$, which is an
# eigenvector.

# %% uses="2.2"
for n in (4, 16, 1_000_000):
    log_z = chain_log_z(n, 0.7, True)
    print(
        f"n = {n:9,d}: log Z = {log_z:16.6f}   per spin {log_z / n:.8f}   log(2 cosh β) = {math.log(2 * math.cosh(0.7)):.8f}"
    )

# %% [markdown]
# A million spins have $2^{1{,}000{,}000}$ states, and two eigenvalues are enough for all of them. Long chains forget their
# ends: per spin only the larger eigenvalue is left.
#
# **Strips.** The same trick works with a whole row of $w$ spins in the place of one spin. The transfer matrix then has
# $2^w$ rows, so the length of the strip is free and its *width* is expensive.

# %%
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
# What the five have in common: **the sum can be pushed past most of the factors** (for the Gaussian, after a rotation), since
# each factor sees few of the variables and the variables are not tied into many loops. A lattice in two dimensions, a network
# with many hidden units, an image model with a deep energy: there the loops are everywhere, and no such order of summation is
# known. For Ising models on arbitrary graphs, computing Z is #P-hard (Jerrum and Sinclair 1993), so none is expected.

# %% [markdown]
# ## 4 · A family of exceptions: the Ising torus and its kin
#
# Some models full of loops have been solved all the same. Lars Onsager found log Z of the infinite square lattice in 1944, and
# Bruria Kaufman, in 1949, that of a torus of any size. Her sum has four products of $n$ factors each. For $m$ rows and $n$
# columns, $N = mn$,
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
# So the exact log Z of a system with $2^{256}$ states is known, to as many digits as you like. **That number is the target of
# the rest of this lesson.** A method that claims to estimate log Z has to meet it, within an error bar that the method states
# itself.
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
# ## 5 · Importance sampling
#
# No formula? Then draw samples. Z is an integral, and an integral is an average: for any density $q$ that you can sample and
# evaluate, the *proposal*,
#
# $$Z = \int e^{-E(x)}\,dx = \int q(x)\,\frac{e^{-E(x)}}{q(x)}\,dx = \Big\langle w(x) \Big\rangle_q ,
# \qquad w(x) = \frac{e^{-E(x)}}{q(x)} .$$
#
# So draw $x_1, \dots, x_n$ from $q$ and average the *weights*. The average has no bias for any $n$. How good it is depends
# on how even the weights are. If one weight dwarfs all others, you paid for $n$ samples and got one. Kish's **effective
# sample size** says how many equal weights would be worth as much:
#
# $$\mathrm{ESS} = \frac{\left(\sum_i w_i\right)^2}{\sum_i w_i^2}, \qquad 1 \le \mathrm{ESS} \le n .$$
#
# ### Exercise 2.3 · Weights, log Z and effective sample size
# *Difficulty ●●○ · ten minutes · why: whatever the method, estimates from weights end in these two lines, and both are
# easily wrong.*
#
# Complete `importance_estimate`. You get $\log w_i$, since the weights themselves may not fit into floating point.


# %% todo="2.3" task="return log Z and the effective sample size"
def importance_estimate(log_w: Float[np.ndarray, "n"]) -> tuple[float, float]:
    """Estimate of log Z from importance weights.

    Args:
        log_w: log of each weight, of any size (thousands, positive or negative).

    Returns:
        The log of the mean weight, and the effective sample size (from 1 to n).
    """
    ### BEGIN SOLUTION
    log_total = logsumexp(log_w)
    log_z = log_total - math.log(len(log_w))
    ess = math.exp(2 * log_total - logsumexp(2 * log_w))
    return log_z, ess
    ### END SOLUTION


# %% check="2.3" points=3
from course_checks import check, exercises

with check.exercise("2.3", "importance_estimate"):
    answer = exercises.partition.importance_estimate.by(importance_estimate)
    for w in (np.array([1.0, 2.0, 3.0, 4.0]), np.array([0.2, 5.0, 0.5])):
        answer.on(f"the weights {w.tolist()}", np.log(w), expect=math.log(w.mean()))
    log_w = np.log([1.0, 2.0, 3.0, 4.0])
    answer.on("log weights near 2000", log_w + 2000, expect=2000 + math.log(2.5))
    answer.on("log weights near -2000", log_w - 2000, expect=-2000 + math.log(2.5))
    for apart in ([0.0, -1000.0, 0.0, 0.0], [-1000.0, 0.0, 0.0, 0.0], [-2500.0, 0.0, -1200.0, 0.0]):
        answer.on(f"log weights {apart}", np.array(apart), expect=math.log(apart.count(0.0) / 4))
    answer.fresh(4, "other log weights")

# %% [markdown] hint="2.3"
# `logsumexp(log_w)` is the log of the sum of the weights. The log of the sum of their *squares* is `logsumexp(2 * log_w)`.
# The mean is the sum over n, so its log is the log of the sum minus `math.log(n)`.

# %% [markdown]
# Your two lines on the smallest case: samples from a Gaussian of standard deviation 1.5 for the integral of $e^{-x^2/2}$.

# %% uses="2.3"
x, log_w = partition.gaussian_log_weights(1.5, 1, 10_000, np.random.default_rng(0))
log_z, ess = importance_estimate(log_w)
print(f"log Z = {log_z:.4f}   exact {0.5 * math.log(2 * math.pi):.4f}   ESS {ess:.0f} of {len(x):,}")

# %% [markdown]
# How far can log Z be off? The reported error follows from the same two sums. The relative error of the mean weight is the
# error of its log, so to first order one standard error of log Z is $\sqrt{1/\mathrm{ESS} - 1/n}$, up to a factor that tends to 1.
# `partition.importance_estimate` returns it too.
#
# Try it where everything is known: the target is $E(x) = |x|^2/2$ in $d$ dimensions, the proposal a Gaussian of standard
# deviation $s$, its *width*. The ESS that a long run tends to is a Gaussian integral, one factor per dimension:
#
# $$\frac{\mathrm{ESS}}{n} \to \frac{\langle w\rangle^2}{\langle w^2\rangle} = \left(\frac{\sqrt{2s^2-1}}{s^2}\right)^{d}
# \quad\text{for } s^2 > \tfrac12, \qquad\text{and } 0 \text{ for } s^2 \le \tfrac12 .$$

# %%
rng = np.random.default_rng(3)
dims, n = np.array([1, 2, 4, 8, 12, 16, 24, 32, 40, 50]), 20_000
formula, measured = {}, {}
for width in (1.1, 1.3, 1.5, 2.0):
    formula[width] = np.array([partition.gaussian_ess_fraction(width, d) for d in dims])
    estimates = [partition.importance_estimate(partition.gaussian_log_weights(width, d, n, rng)[1]) for d in dims]
    measured[width] = np.array([estimate.ess for estimate in estimates]) / n
    last, log_z = estimates[-1], dims[-1] / 2 * math.log(2 * math.pi)
    print(f"width {width}, d = {dims[-1]}: ESS {last.ess:8.1f} of {n:,}   ", end="")
    print(f"log Z = {last.log_z:.3f} ± {last.error:.3f}   exact {log_z:.3f}")
lost = dims[np.argmax(formula[2.0] < 0.01)]
plots.figure(
    plots.panel(
        *[plots.line(dims, values, f"width {width}") for width, values in formula.items()],
        *[plots.points(dims, values, name=f"width {width}") for width, values in measured.items()],
        plots.hline(1 / n, "one sample carries all the weight"), log="y", ylim=(0.2 / n, 2),
        xlabel="dimension $d$", ylabel="ESS$/n$", title=f"lines: the formula; dots: measured with {n:,} samples",
    ),
    title=f"The ESS falls exponentially with the dimension: at width 2 fewer than 1 in 100 samples count from $d = {lost}$ on",
)  # fmt: skip

# %% [markdown]
# *Picture: four falling straight lines of ESS/n against the dimension on a logarithmic axis, one per width; the wider the
# proposal, the steeper the line. Measured dots lie on the lines at first. Where a line comes down towards the dashed floor of
# one sample, its dots scatter and then stay above it.*
#
# Each dimension keeps a fixed fraction of the samples. A proposal that is 10 % too wide costs next to nothing in one
# dimension and about half of the samples in fifty. The reason is geometry: nearly all samples of the proposal lie at a
# distance close to $s\sqrt d$ from the origin, nearly all of the target's mass lies close to $\sqrt d$, and both shells have
# a thickness that does not grow with $d$. **In high dimension a proposal that is slightly wrong is wrong almost
# everywhere.**
#
# Note where the dots leave the lines. When the true ESS is below one sample, the *reported* ESS cannot say so: no sample has
# met the region that carries the weight.

# %% [markdown]
# ### Explore: dimension and width
#
# *In 50 dimensions, which widths of the proposal keep an effective sample size of at least a tenth of the 10,000 samples?*
# Move both sliders. Blue is where the samples are, orange is where the estimate comes from.

# %%
explorers.importance()

# %% [markdown]
# Without a kernel, here is one setting of it: 50 dimensions, width 1.3.

# %%
_, log_w = partition.gaussian_log_weights(1.3, 50, 10_000, np.random.default_rng(2))
log_z = 25 * math.log(2 * math.pi)
estimate = partition.importance_estimate(log_w)
fraction = partition.gaussian_ess_fraction(1.3, 50)
print(
    f"log Z = {estimate.log_z:.3f} ± {estimate.error:.3f}, exact {log_z:.3f}; ESS {estimate.ess:.0f} of {len(log_w):,}"
)
plots.importance_weights(log_w - log_z, 1.3, 50, fraction, estimate.log_z - log_z, estimate.error)

# %% [markdown]
# *Picture: on the left two histograms over log(w/Z) as outlines, a wide blue one for the samples and an orange one at its right edge
# for their share of the estimate: the few samples with the largest weights carry nearly all of it. On the right the falling line of
# ESS/n against the dimension; at the present dimension an open circle on the line and, near it, an orange dot from the samples.*

# %% [markdown]
# ## 6 · Thermodynamic integration
#
# Importance sampling jumps from $q$ to the target in one step. Both methods that remain walk there along a path of
# temperatures, from $\beta = 0$, where each spin is a fair coin and $\log Z = N\log 2$, to the $\beta$ that we want. The
# first adds up the slope of log Z:
#
# $$\frac{d\log Z}{d\beta} = \frac{1}{Z}\sum_s \left(-E(s)\right) e^{-\beta E(s)} = -\langle E\rangle_\beta
# \quad\Longrightarrow\quad \log Z(\beta) = N\log 2 - \int_0^\beta \langle E\rangle_{\beta'}\, d\beta' .$$
#
# Z is hard; $\langle E\rangle$ is only an average over samples, and it needs no Z. To draw the samples we use a **heat-bath
# sweep**: visit each spin and draw it anew given its neighbours, +1 with probability $1/(1+e^{-2\beta h})$, where $h$ is the
# sum of the four neighbours. Why that gives samples of $p$ is the subject of later lessons; here it is a tool that you will
# see meet exact values. `partition.IsingTorus` does it for many independent chains at once, all squares of one colour of the
# checkerboard together.
#
# ### Exercise 2.4 · From energies to log Z, with an error
# *Difficulty ●●○ · fifteen minutes · why: an estimate without an error bar cannot be wrong, so it says nothing.*
#
# Complete `thermodynamic_integration`. Integrate with the trapezoid rule; the temperatures need not be evenly spaced. Each
# chain is independent of the others, so do the integral **for each chain** and take the mean and the standard error of the
# results.


# %% todo="2.4" task="return log Z and its standard error"
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


# %% check="2.4" points=3
from course_checks import check, exercises

with check.exercise("2.4", "thermodynamic_integration"):
    answer = exercises.partition.thermodynamic_integration.by(thermodynamic_integration)
    for b, n_spins in ((np.linspace(0, 0.4, 5), 16), (np.array([0.0, 0.05, 0.15, 0.4]), 2000)):
        E = -np.array([[20.0], [22.0], [27.0]]) * b - np.array([[0.0], [3.0], [1.0]]) * b**2
        spacing = ", ".join(f"{beta:g}" for beta in b)
        area = np.trapezoid(E.mean(axis=0), b)
        answer.on(f"{n_spins} spins, betas {spacing}", b, E, n_spins, expect=n_spins * math.log(2) - area)
    answer.fresh(4, "other chains")

# %% [markdown] hint="2.4"
# `np.trapezoid(energies, betas, axis=1)` integrates each row. `N log 2` minus that is one estimate per chain; `.mean()` and
# `.std(ddof=1) / math.sqrt(number of chains)` do the rest.

# %% [markdown]
# **How many temperatures?** The trapezoid rule has an error of its own, which no number of sweeps removes. On the 16×16 torus
# the exact energies tell how large it is:

# %%
target = exact.kaufman_log_z(16, 0.4)
for n_betas in (6, 11, 21, 41, 81):
    spaced = np.linspace(0, 0.4, n_betas)
    without_noise = 256 * np.array([exact.kaufman_energy(16, beta) for beta in spaced])
    log_z = partition.thermodynamic_integration(spaced, without_noise[None, :], 256).log_z
    print(f"{n_betas:3d} temperatures, spacing {spaced[1]:.3f}: trapezoid rule off by {log_z - target:+.5f} nats")

# %% [markdown]
# Half the spacing, a quarter of the error. With 81 temperatures it is a few thousandths of a nat, well below the statistical
# error that we can afford, so we stay with 81. Now sample. Exact first: the 4×4 torus against its list of states.

# %%
betas = np.linspace(0, 0.4, 81)
small = partition.IsingTorus(4)
small_energies = partition.sample_energies(small, betas, 64, n_sweeps=100, burn_in=20, rng=np.random.default_rng(4))
estimate = partition.thermodynamic_integration(betas, small_energies, small.n_spins)
log_z = exact.enumerated_log_z((4, 4), 0.4)
print(f"4 × 4:  log Z = {estimate.log_z:.4f} ± {estimate.error:.4f}   exact {log_z:.4f}", end="   ")
print(f"off by {(estimate.log_z - log_z) / estimate.error:+.1f} standard errors")

# %% [markdown]
# Your function gets the same energies, and should give the same two numbers.

# %% uses="2.4"
log_z, error = thermodynamic_integration(betas, small_energies, small.n_spins)
print(f"4 × 4:  log Z = {log_z:.4f} ± {error:.4f} by your function")

# %% [markdown]
# Then the 16×16 torus. Each of 64 chains starts from coins and walks through all 81 temperatures, with 20 sweeps thrown away and
# 100 averaged at each.

# %%
torus = partition.IsingTorus(16)
rng = np.random.default_rng(5)
energies = partition.sample_energies(torus, betas, n_chains=64, n_sweeps=100, burn_in=20, rng=rng, progress=True)
by_ti = partition.thermodynamic_integration(betas, energies, torus.n_spins)
print(f"16 × 16:  log Z = {by_ti.log_z:.4f} ± {by_ti.error:.4f}   exact {target:.4f}", end="   ")
print(f"off by {(by_ti.log_z - target) / by_ti.error:+.1f} standard errors")
mean, spread = energies.mean(axis=0), energies.std(axis=0, ddof=1) / 8  # 8 is the root of 64 chains
exact_energies, area = 256 * np.array([exact.kaufman_energy(16, beta) for beta in betas]), -np.trapezoid(mean, betas)
labels = {"xlabel": "inverse temperature $\\beta$ ($1/J$)", "xlim": (0, 0.41)}
plots.figure(
    plots.panel(plots.area(betas, mean, color="sky"), plots.exact(betas, exact_energies, "exact (Kaufman)"),
                plots.points(betas[::4], mean[::4], spread[::4], "64 chains"), plots.words(0.27, -55, f"area {area:.2f}"),
                ylabel="mean energy $\\langle E \\rangle$ ($J$)", **labels),
    plots.panel(plots.points(betas, mean - exact_energies, spread, "64 chains"), plots.hline(0),
                ylabel="sampled minus exact ($J$)", **labels),
    title=f"$\\log Z$ is {256 * math.log(2):.2f} for the coins plus the shaded {area:.2f}: {by_ti.log_z:.2f}",
)  # fmt: skip

# %% [markdown]
# *Picture: on the left the mean energy falls from 0 with growing β, faster and faster; the measured dots lie on the exact curve,
# and the area between the curve and zero is shaded. On the right what is left after the exact energy is taken away: dots that
# scatter about zero, with bars that grow with β.*
#
# An error of a few hundredths of a nat, on a sum of $2^{256}$ terms.

# %% [markdown]
# ## 7 · Annealed importance sampling
#
# The second method keeps importance sampling and takes many small steps instead of one large one. Radford Neal's **annealed
# importance sampling** (AIS, 2001) walks a chain through $0 = \beta_0 < \beta_1 < \dots < \beta_K = \beta$. Start with coins
# and $\log w = 0$. Then at each step
#
# 1. add $-(\beta_{k+1} - \beta_k)\,E(s)$ to $\log w$, with the state $s$ as it is **before** the move;
# 2. move $s$ by a sweep at $\beta_{k+1}$.
#
# The expectation of $w$ is exactly $Z(\beta)/Z(0)$, for any number of steps and *even if the chains never reach equilibrium*. Two
# conditions are all it takes: the chains start as exact samples at $\beta_0$, and **each sweep leaves the distribution at its
# own temperature unchanged**: samples of $p_{\beta_{k+1}}$ would still be samples of it after the sweep. A heat-bath sweep does
# that. A move that does not, such as a Langevin step without a test (lesson 03), makes the mean of $w$ wrong, and no ESS tells.
# Sweeps that leave $p$ unchanged but move little only make the weights uneven, and that the ESS usually shows. With $K = 1$ this
# is plain importance sampling with coins as the proposal.
#
# ### Exercise 2.5 · The weights of annealed importance sampling
# *Difficulty ●●● · fifteen minutes · why: two lines in the right order. The wrong order runs, looks plausible, and is biased.*
#
# Complete `annealed_log_weights`. You get the energy and the sweep as functions.


# %% todo="2.5" task="return one log weight for each chain"
def annealed_log_weights(betas, state, energy, sweep) -> Float[np.ndarray, "chains"]:
    """Log weights of annealed importance sampling.

    Args:
        betas: inverse temperatures from the start's to the target's, shape (K + 1,).
        state: samples at betas[0], many chains side by side.
        energy: energy(state) gives the energy of each chain, shape (chains,).
        sweep: sweep(state, beta) gives a new state, by moves that leave the distribution at beta unchanged.

    Returns:
        log w of each chain; the mean of w estimates Z(betas[-1]) / Z(betas[0]).
    """
    ### BEGIN SOLUTION
    log_w = np.zeros(len(energy(state)))
    for k in range(len(betas) - 1):
        log_w = log_w - (betas[k + 1] - betas[k]) * energy(state)
        state = sweep(state, betas[k + 1])
    return log_w
    ### END SOLUTION


# %% check="2.5" points=4
from course_checks import check, exercises

with check.exercise("2.5", "annealed_log_weights"):
    answer = exercises.partition.annealed_log_weights.by(annealed_log_weights)
    b, s = np.array([0.0, 0.1, 0.3]), np.array([1.0, -2.0, 5.0])
    # A toy: the energy of s is s, and a sweep turns s into s/2 + beta. Two steps by hand:
    by_hand = -0.1 * s - 0.2 * (s / 2 + 0.1)
    answer.on("a toy with 3 temperatures", b, s, lambda s: s, lambda s, beta: s / 2 + beta, expect=by_hand)
    answer.on("the toy from 0.2 on", b + 0.2, s, lambda s: 3 * s, lambda s, beta: s / 2 + beta)
    answer.fresh(5, "another system")

# %% [markdown] hint="2.5"
# Start with `log_w = np.zeros(number of chains)`. In a loop over neighbouring pairs of betas: first the weight, from the state
# as it is, then `state = sweep(state, betas[k + 1])`.

# %% [markdown]
# Your weights on the 16×16 torus, first with a single step. That is importance sampling from coins. Then with two hundred
# steps, in less time than it takes to read this paragraph.

# %% uses="2.5"
for n_steps in (1, 200):
    rng, b = np.random.default_rng(7), np.linspace(0, 0.4, n_steps + 1)
    log_w = annealed_log_weights(
        b, torus.random_state(500, rng), torus.energy, lambda s, beta, rng=rng: torus.sweep(s, beta, rng)
    )
    run = partition.importance_estimate(log_w)
    log_z = 256 * math.log(2) + run.log_z
    print(f"{n_steps:3d} steps: log Z = {log_z:.3f} ± {run.error:.3f}   exact {target:.3f}   ESS {run.ess:.1f} of 500")

# %% [markdown]
# One step from coins is lost: the reported ESS is a handful, and the estimate is off by many nats. Now the full run, with 1000
# steps and 1000 chains. To see whether error bars of this kind deserve trust, the chains are then cut into 20 groups of 50. The
# groups are independent of one another, and each reports an error of its own.

# %%
rng, betas_ais = np.random.default_rng(8), np.linspace(0, 0.4, 1001)
coins = torus.random_state(1000, rng)
log_w = partition.annealed_log_weights(
    betas_ais, coins, torus.energy, lambda s, beta: torus.sweep(s, beta, rng), progress=True
)
log_w += 256 * math.log(2)
by_ais = partition.importance_estimate(log_w)
print(f"16 × 16:  log Z = {by_ais.log_z:.4f} ± {by_ais.error:.4f}   exact {target:.4f}", end="   ")
print(f"off by {(by_ais.log_z - target) / by_ais.error:+.1f} standard errors   ESS {by_ais.ess:.0f} of 1000")
groups = [partition.importance_estimate(group) for group in log_w.reshape(20, 50)]
spread = np.std([group.log_z for group in groups], ddof=1)
print(f"20 groups of 50: spread {spread:.3f}, error that they report {np.mean([g.error for g in groups]):.3f} on average")

# %%
every = [by_ti, by_ais, *groups]
names = ["thermodynamic integration", "annealed, all 1000 chains", "annealed, groups of 50", *[""] * 19]
off, error = np.array([[e.log_z - target, e.error] for e in every]).T
near = abs(off) <= 2 * error
plots.figure(
    plots.panel(
        plots.rows(names, np.where(near, off, np.nan), error, "within two errors", color="blue"),
        plots.rows(names, np.where(near, np.nan, off), error, "further off", color="red"),
        plots.vline(0, "exact"), xlabel="estimate of $\\log Z$ minus exact (nats)", height=5,
    ),
    title=f"{near.sum()} of {len(every)} estimates lie within two standard errors of the exact value",
)  # fmt: skip

# %% [markdown]
# *Picture: a dashed vertical line at the exact value. At the top thermodynamic integration and the annealed run of all chains, with
# short bars; below them the twenty groups with longer bars, scattered on both sides of the line. The title counts the estimates
# whose bar, drawn twice as long, would reach the line; the others are orange.*
#
# An interval of ±1 standard error should hold the truth about 68 times in 100, one of ±2 about 95 times. The two ways to find
# the error, from the weights of one group and from the spread of independent groups, agree as well as a spread of twenty numbers
# can tell. That is what "within its error bar" means, and it is the standard that every sampler of this course will be held to.

# %% [markdown]
# ## 8 · What goes wrong
#
# **A proposal that is too narrow.** In the formula for ESS/n, nothing is left at $s^2 \le 1/2$: the weights have infinite
# variance. But samples are finite, so they always report *some* ESS, *some* error and *some* log Z. Here are eight runs with a
# proposal that is too wide and eight with one that is too narrow, in 10 dimensions. The titles speak of 200 runs each.

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
# Averaging the *log* weights instead of the weights, a mistake that your check of Exercise 2.3 names, gives the orange line. The
# more chains go into one mean, the smaller the bias: ten chains lie between one and all.
#
# **And one that is not shown here.** Both paths of temperatures end at β = 0.4, just above the critical temperature. Follow them
# into the cold phase of a large lattice, or through a first-order transition, and single-spin sweeps no longer carry the
# chains along: thermodynamic integration then averages the wrong phase, and AIS reports a collapsed ESS if you are lucky. The
# lessons on lattices come back to this.

# %% [markdown]
# ## 9 · Recap
#
# - Z of $N$ two-valued units has $2^N$ terms; count in logarithms. Faster machines buy a few more spins.
# - Z is tractable when sums can be pushed past factors: independent units, Gaussians, chains and narrow strips, an RBM with a
#   small side. Ising models in the plane, without a field, are the famous exception with loops.
# - Importance sampling has no bias, and its effective sample size shrinks by a constant factor with each dimension. The
#   reported ESS can only vouch for regions that the samples have met.
# - $d\log Z/d\beta = -\langle E\rangle$: thermodynamic integration turns log Z into averages that need no Z. It has two
#   errors, from the samples and from the spacing of the temperatures.
# - AIS makes many small importance steps, each by a move that leaves its distribution unchanged. It is unbiased for Z; its log Z
#   is too low on average, not in every run.
# - An estimate comes with an error bar, and the error bar is tested where the answer is known.
#
# Why do we go to such lengths? Much of this course works *without* Z: ratios of probabilities and the gradient of $\log p$ in
# $x$ do not contain it. But the likelihood does, and so does a comparison of two models by their likelihood.

# %% [markdown] think="2a"
# **To think about: how wide, and how narrow?** The explorer asked which widths keep a tenth of the samples in 50 dimensions.
# What does the formula say? Why is the range lopsided about 1, and what changes in 500 dimensions?
#
# <!-- ANSWER -->
#
# You need $(\sqrt{2s^2-1}/s^2)^{50} \ge 1/10$, so each dimension must keep $10^{-1/50} \approx 0.955$. With $u = s^2$ the
# condition is $2u - 1 \ge c^2u^2$ with $c = 0.955$, which holds for $u$ from 0.77 to 1.42, that is for widths from about
# 0.88 to 1.19. In 500 dimensions $c = 0.9954$ and only widths from about 0.95 to 1.05 remain. The range in $s$ is
# lopsided since a proposal that is too narrow has heavy-tailed weights: at $s = 1/\sqrt2 \approx 0.71$ nothing is left, while
# on the wide side the loss is gradual.

# %% [markdown] think="2b"
# **To think about: which way is the table wrong?** A paper compares two image models by their mean log-likelihood,
# $\log p(x) = -E(x) - \log Z$, with log Z from AIS with few temperatures. In which direction are the likelihoods wrong, and
# which model profits more?
#
# <!-- ANSWER -->
#
# AIS gives log Z too low on average, so the log-likelihoods come out too *high*. The model whose log Z is harder to estimate
# profits more: a bad estimate looks like a good model. A remedy is a second run in the opposite direction, from exact or very
# well equilibrated samples of the model back to β = 0. Its bias has the other sign, so on average the two bracket the truth.

# %% [markdown] think="2c"
# **To think about: why not strips?** A strip of width $w$ has a transfer matrix with $2^w$ rows. What would the matrix for
# the 16×16 torus need in memory? And why is that still so much better than enumeration?
#
# <!-- ANSWER -->
#
# $2^{16} \times 2^{16} = 2^{32}$ entries of 8 bytes: 32 GiB. It need not be stored, since a row-to-row step can be split into
# 16 single-spin steps that each touch a vector of $2^{16}$ numbers; for the trace, one such vector for each of $2^{16}$ starts.
# That is hard work but possible, while $2^{256}$ is not. The cost is exponential in the *width* $\sqrt N$ instead of the number
# of spins $N$. In three dimensions the cross-section of a cube of side 16 has 256 spins, and the trick is lost.

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
