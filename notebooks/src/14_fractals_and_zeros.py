# ---
# jupyter:
#   course:
#     title: Fractals and partition functions
#     goal: draw a famous fractal, and find the fractal on which the partition function of a magnet is zero
#     needs: ["02", "07"]
#     know: complex numbers, polynomials
#     time: 60 min
#     runs: 25 s
#     memory: 700 MB
#     uses: []
# ---

# %% [markdown]
# **What you win.** Two fractals, and the phase transition between them. You write
#
# 1. the smooth count that draws the Mandelbrot set as a mountain (Exercise 14.1),
# 2. log Z of a magnet with a million bonds, exactly, in ten short steps (14.2),
# 3. a swarm of points that repel each other until each sits on a zero of Z (14.3).
#
# At the end you turn one knob and watch a magnet's zeros rearrange into fractal after fractal.

# %%
import itertools
import math

import numpy as np
from jaxtyping import Complex, Float

from course_checks import check
from course_utils import explorers, plots
from course_utils.fractals import diamond, mandelbrot, plane, roots, torus
from course_utils.plots import fractal, relief

# %% [markdown]
# ## 1 · A shape that nobody drew
#
# Take a point $c$ of the complex plane and repeat $z \to z^2 + c$, starting from $z_0 = c$. Either $|z|$ grows beyond all bounds, or it
# stays small for ever; once it is above 2 it cannot come back. The points that stay are the **Mandelbrot set**. Here are those that stay
# for two steps, and for five. **Guess first:** what will be left in the end, a disc with dents, islands, or something else?

# %%
box = ((-2.15, 0.75), (-1.2, 1.2))
c = plane(box, 480)
after = {n: mandelbrot.smooth_count(c, n_most=n, radius=2.0) for n in (2, 5)}
panels = [plots.panel(fractal.escape_map(box, count, top=7), square=True, xlabel="Re $c$", ylabel="Im $c$", height=3.5, title=f"after {n} steps")
          for n, count in after.items()]  # fmt: skip
plots.figure(*panels, title="Black: still within 2 of the origin")

# %% [markdown]
# *Picture: two panels of the complex plane. On the left a black pear that lies on its side, on the right a black shape with bulges
# and a thin tail on the left. Around them blue, green and yellow: the lighter, the later a point has left.*
#
# How soon a point leaves is a whole number $n$, and a map of it has steps like terraces. It can be made smooth. Far out $c$ hardly matters, so
# $z \to z^2$: each step doubles $\log|z|$, that is, adds 1 to $\log_2\log|z|$. So see how far out the point *already is*, and
# take it off:
#
# $$s(c) = n - \log_2 \log |z_n| , \qquad n \text{ the first with } |z_n| > R .$$
#
# Whichever $R$ you choose, $s$ is nearly the same. Why? A larger $R$ makes $n$ larger by one where $\log_2\log|z_n|$ is larger by one.
#
# ### Exercise 14.1 · The smooth count
# *Difficulty ●●○ · fifteen minutes · why: it draws a film, a mountain and, for another map, the magnet of section 4.*
#
# Complete `smooth_count` for all points of an array at once. Points that have left must not go on: their $z$ would overflow. Those that never leave get $\infty$
# (`np.inf`).


# %% todo="14.1" task="return the smooth count of every point"
def smooth_count(
    c: Complex[np.ndarray, "*points"], n_most: int, radius: float
) -> Float[np.ndarray, "*points"]:
    """When z leaves a disc under z -> z² + c, made smooth.

    Args:
        c: points of the plane, an array of any shape; it stays as it is.
        n_most: the last n that is tried. z_0 = c has n = 0.
        radius: R, at least 2.

    Returns:
        n - log2(log|z_n|) at the first n with |z_n| > R, infinite where there is none up to n_most.
        The inner log is natural.
    """
    ### BEGIN SOLUTION
    count = np.full(c.shape, np.inf)
    z = np.array(c)
    inside = np.ones(c.shape, bool)
    for n in range(n_most + 1):
        size = np.abs(z)
        leaves = inside & (size > radius)
        count[leaves] = n - np.log2(np.log(size[leaves]))
        inside = inside & ~leaves
        z[inside] = z[inside] ** 2 + c[inside]
    return count
    ### END SOLUTION


# %% check="14.1" points=4
from course_checks import check, exercises

with check.exercise("14.1", "smooth_count"):
    answer = exercises.zeros.smooth_count.by(smooth_count)
    answer.on("three points that leave", np.array([2.0 + 0j, 0.4 + 0.7j, 150j]), 20, 100.0)
    some = np.array([[0.3 + 0.5j, 0.4 + 0.4j, -1.0 + 0j], [2.0 + 0j, 0.4 + 0.7j, 150j]])
    answer.on("six points, R = 100", some, 60, 100.0)
    answer.on("the same with R = 2", some, 60, 2.0)
    answer.on("the same, n up to 4", some, 4, 2.0)
    answer.on("the same, n up to 3", some, 3, 2.0)
    answer.fresh(4, "other points")

# %% [markdown] hint="14.1"
# Keep three arrays: `count`, full of `np.inf`; `z`, a copy of c; and `inside`, all True. For each n from 0 to n_most: who is inside and has
# $|z| > R$? Write `n - np.log2(np.log(np.abs(z)))` for those into `count`, take them out of `inside`, and move the others:
# `z[inside] = z[inside] ** 2 + c[inside]`.

# %% [markdown]
# With your function: how the border forms, step by step.

# %%
smooth = check.yours("14.1", smooth_count, mandelbrot.smooth_count)
finer = plane(box, 1040)
fractal.escape_film(box, lambda n: smooth(finer, n, 2.0), 16, words="A pear shrinks to the Mandelbrot set.")

# %% [markdown]
# *Moving picture: the black region after 0, 1, 2 … 16 steps. A disc becomes a pear, the pear a heart with a round head, and ever finer knobs and
# threads grow out of its edge, which turns green and yellow; thin lines stay where the first borders were. It runs three times and stops at the last step.*
#
# And the mountain. Which height? $2^{-s} = \log|z_n|/2^n$ is the **potential** $g(c)$: what a long charged metal bar with this cross-section would have
# around it, zero on the metal. Below, the height is $1 - \sqrt g$. The set is its own mirror image: half is enough.

# %%
half = smooth(plane(((-2.9, 1.7), (0.0, 2.5)), 1300), 60, 100.0)
count = np.concatenate([half[:, ::-1], half], axis=1)
height = 1 - np.sqrt(mandelbrot.potential(count))
relief(height, count, words="A black table mountain in the shape of the Mandelbrot set, on a violet plain.")

# %% [markdown]
# *Picture: a landscape seen from the south in evening light from the left: a black table mountain in the shape of the set. Its edge glows yellow; ragged green cliffs
# run down to a violet plain and throw shadows to the right; a thin ridge leads to the left. Dark lines run round it, one for each step: equal potential, closer where it is steep.*
#
# **Is this an energy-based model?** No. It is iteration, not sampling: every point by itself, no temperature, no random number, and how long a point stays
# is not its probability. What it shares with a partition function comes now.

# %% [markdown]
# ## 2 · A free energy is a potential
#
# After $n$ steps $z_n$ is a polynomial in $c$ of degree $2^n$. Every polynomial is a product over its zeros $c_k$, so
#
# $$\frac{\log|z_n(c)|}{2^n} = \frac1{2^n}\sum_k \log|c - c_k| .$$
#
# In the plane, $\log|c - c_k|$ is (up to a sign) the potential of a charge at $c_k$. **Where must the charges sit,** so that together they look like
# charged metal?

# %%
points, potential, panels = np.stack([c.real, c.imag], -1), mandelbrot.potential(smooth(c, 60, 100.0)), []
for n in (4, 6):
    charges = roots.zeros(mandelbrot.polynomial(n))
    of_charges = np.log(np.abs(c[..., None] - charges)).mean(-1)
    gap = np.abs(of_charges - potential)[np.abs(c) > 2].max()
    print(f"{len(charges)} charges against the smooth count, where |c| > 2: at most {gap:.0e} apart")
    metal = plots.energy(points, np.clip(of_charges, -0.1, None), scale="potential")
    white = fractal.zeros(charges, "charges", color="white", size=3.5)
    panels.append(plots.panel(metal, white, square=True, xlabel="Re $c$", ylabel="Im $c$", height=4, title=f"{2**n} zeros of $z_{n}$"))
plots.figure(*panels, bar="one", title="Charges along its edge make the potential of the set")

# %% [markdown]
# *Picture: the potential of 16 charges and of 64 as bands of colour, dark in the shape of the set and lighter outwards. Nearly all of the white dots are along the
# edge of the dark shape, a few inside.*
#
# Now a magnet. Its spins have $q$ states, and equal neighbours lower the energy by 1, so a state with $k$ pairs of equal neighbours has the weight
# $x^k$ with $x = e^{\beta}$, and
#
# $$Z(x) = \sum_k \text{counts}_k\; x^k, \qquad \log|Z| = \text{const} + \sum_k \log|x - x_k| .$$
#
# Again charges and their potential. The counts are positive, so Z has no zero at any real $x > 0$: log Z of a finite magnet is smooth at every temperature.
# **How, then, can there be a phase transition?** Only if zeros come closer and closer to the positive real axis as the
# magnet grows (Yang and Lee 1952; Fisher 1965 for temperature).

# %% [markdown]
# ## 3 · A magnet that grows like a fractal
#
# Is there a magnet that can be solved at every size? Put a diamond in the place of every bond, again and again:

# %%
plots.figure(*(fractal.diamond(diamond.bonds(n)) for n in range(4)), columns=4, title="Each generation has four times the bonds")

# %% [markdown]
# *Picture: a single bond between two spins; a diamond of four bonds; a ring with sixteen; a rosette with sixty-four. Later bonds are drawn shorter and closer together.*
#
# Look at one diamond, with fixed spins at its two ends. Let $A$ be the sum of the weights over all states of its inner spins if the ends are *equal*,
# and $B$ the same if they *differ*. For a single bond these are $x$ and 1. What are they for a diamond? It has two ways from end to end. On
# each way stands a middle spin with $q$ states; it may equal both ends, one, or none.
#
# The next generation has such diamonds in the place of bonds. So the same step turns $(A, B)$ of one generation into that of the next. At last the two ends are summed over
# too: $q$ pairs of them are equal, $q(q - 1)$ differ.
#
# ### Exercise 14.2 · A million bonds in ten steps
# *Difficulty ●●● · fifteen minutes · why: summing over spins and keeping the form is the renormalisation group.*
#
# Derive the step, and return $\log|Z|$ per bond, for complex $x$ as well. After six generations $x^{4096}$ overflows. So divide $A$ and $B$ by the larger of
# $|A|, |B|$ in every step and keep its log. To which power does a factor of each bond come in the next generation?


# %% todo="14.2" task="return log|Z| divided by the number of bonds"
def diamond_log_z(x: Complex[np.ndarray, "*points"], q: float, generation: int) -> Float[np.ndarray, "*points"]:
    """log|Z| per bond of the Potts model on a diamond lattice.

    Args:
        x: weight of a bond with equal ends, real or complex, an array of any shape.
        q: states of a spin.
        generation: 0 is a single bond, 1 a diamond, n has 4**n bonds.

    Returns:
        log|Z| / 4**generation.
    """
    ### BEGIN SOLUTION
    A, B = x, np.ones_like(x)
    log_size = np.zeros(np.shape(x))
    for _ in range(generation):
        way_equal = A**2 + (q - 1) * B**2
        way_other = 2 * A * B + (q - 2) * B**2
        A, B = way_equal**2, way_other**2
        size = np.maximum(np.abs(A), np.abs(B))
        A, B = A / size, B / size
        log_size = 4 * log_size + np.log(size)
    Z = q * A + q * (q - 1) * B
    return (log_size + np.log(np.abs(Z))) / 4**generation
    ### END SOLUTION


# %% check="14.2" points=5
from course_checks import check, exercises

with check.exercise("14.2", "diamond_log_z"):
    answer, by_hand = exercises.zeros.diamond_log_z.by(diamond_log_z), exercises.zeros.enumerated_log_z
    answer.on("one bond, q = 3", np.array([2.0, 0.5]), 3, 0, expect=by_hand([2.0, 0.5], 3, 0))
    answer.on("one diamond, q = 2: all 16 states", np.array([3.0, 0.5]), 2, 1, expect=by_hand([3.0, 0.5], 2, 1))
    some = np.array([1.5, 0.2 + 3j])
    answer.on("one diamond, q = 10: all 10,000 states", some, 10, 1, expect=by_hand(some, 10, 1))
    answer.on("12 spins, q = 2: all 4096 states", np.array([1.7, 2j - 1]), 2, 2, expect=by_hand([1.7, 2j - 1], 2, 2))
    answer.on("a million bonds", np.array([1.5, 3.0, 8.0]), 2.5, 10)
    answer.fresh(4, "another magnet")

# %% [markdown] hint="14.2"
# Ends equal: the middle spin equals both ($A \cdot A$) or is one of the $q - 1$ others ($B \cdot B$ each). Ends different: it equals one of them
# ($A \cdot B$, twice) or neither ($B \cdot B$, for $q - 2$ states). The two ways are independent: square the sum. A factor that was taken out of every bond comes
# back to the power four: `log_size = 4 * log_size + np.log(size)`. In the end $Z = qA + q(q - 1)B$.

# %% [markdown]
# The heat capacity is $\beta^2$ times the second derivative of log Z by $\beta$, here by differences. **Guess:** what becomes of its peak as the magnet grows?

# %%
log_z, panels = check.yours("14.2", diamond_log_z, diamond.log_z), []
for q in (3, 30):
    T_c, h = diamond.critical(q).temperature, 1e-4
    T = T_c * (1 + np.linspace(-0.8, 0.84, 401) ** 3)  # close together near the transition
    curves = []
    for n in (1, 2, 3, 5, 10):
        low, middle, high = (log_z(np.exp(1 / T + step), q, n) for step in (-h, 0, h))
        curves.append(plots.line(T, (low - 2 * middle + high) / (h * T) ** 2, f"{4**n:,} bonds"))
    mark = plots.vline(T_c, "$T_c$")
    panels.append(plots.panel(*curves, mark, xlabel="temperature $T$", ylabel="heat capacity per bond", log="y" if q == 30 else "", title=f"$q = {q}$"))
plots.figure(*panels, title="Smooth at every size, and yet the peak sharpens to a point")

# %% [markdown]
# *Picture: heat capacity against temperature, five sizes, two panels. For few bonds a broad hill; the more bonds, the sharper, until a cusp stands at the dashed line; for q = 30
# a needle, two hundred high on a logarithmic axis.*
#
# What remains of a diamond is a bond again, with the weight $A/B$ in the place of $x$:
#
# $$x \;\to\; \left(\frac{x^2 + q - 1}{2x + q - 2}\right)^{\!2} .$$
#
# This is the whole magnet: a map to be repeated, like $z^2 + c$. Where does it lead?

# %%
for start in (3.9, 4.1):
    way = [start]
    for _ in range(8):
        way.append(float(diamond.decimated(way[-1], 3)))
    print("q = 3, x:", "  ".join(f"{x:.4g}" for x in way))

# %% [markdown]
# To 1, which is a bond without any effect: the **hot** magnet. Or to infinity, where all spins are equal: the **cold** one. Between them lies a
# point that stays, $x = 4$ for three states. That is the transition, $T_c = 1/\log 4$: at no scale does the magnet know which it is.
# And what if $x$ is complex?
#
# ## 4 · Zeros that repel each other
#
# Z of generation $n$ is zero where $n$ steps of the map lead to $x = 1 - q$, the zero of a single bond. But let us not use that. The exact counts are whole
# numbers, and finding zeros is a trade of its own. Newton's step $x - P/P'$ finds *one*. To find all, move many guesses at once, and keep them apart: for guess
# $x_k$, divide the others out of the polynomial,
#
# $$Q(x) = \frac{P(x)}{\prod_{j \ne k} (x - x_j)} ,$$
#
# and make Newton's step for $Q$. **What is $Q'/Q$,** expressed by $P'/P$ and the other guesses? (Take the derivative of a logarithm.)
#
# ### Exercise 14.3 · A swarm that finds all zeros
# *Difficulty ●●● · fifteen minutes · why: the guesses repel like charges, and settle where the charges of log Z sit.*
#
# In each step all guesses move at once, from where they stood. No guess repels itself.


# %% todo="14.3" task="return the guesses after n_steps steps"
def find_zeros(counts, guesses: Complex[np.ndarray, "degree"], n_steps: int) -> Complex[np.ndarray, "degree"]:
    """Guesses for all zeros of a polynomial, moved by Newton's step with the others divided out.

    Args:
        counts: coefficients, whole numbers, from that of x⁰ up.
        guesses: one for each zero, no two alike; the array stays as it is.
        n_steps: how many steps.

    Returns:
        Where the guesses are then, in their order.
    """
    ### BEGIN SOLUTION
    highest_first = np.array(counts[::-1], dtype=float)
    derivative = np.polyder(highest_first)
    x = np.array(guesses, dtype=complex)
    for _ in range(n_steps):
        value, slope = np.polyval(highest_first, x), np.polyval(derivative, x)
        repulsion = np.zeros_like(x)
        for k in range(len(x)):
            others = np.delete(x, k)
            repulsion[k] = np.sum(1 / (x[k] - others))
        x = x - value / (slope - value * repulsion)
    return x
    ### END SOLUTION


# %% check="14.3" points=5
from course_checks import check, exercises

with check.exercise("14.3", "find_zeros"):
    answer = exercises.zeros.find_zeros.by(find_zeros)
    start = np.array([2.0 + 1j, -1.5 + 0.5j, 0.3 - 2j])
    answer.on("x³ - 1, one step", [-1, 0, 0, 1], start, 1)
    answer.on("x³ - 1, two steps", [-1, 0, 0, 1], start, 2)
    answer.on("2 + 3x + 5x² + 7x³, one step", [2, 3, 5, 7], start, 1)
    answer.on("3⁵⁰ + x + 3⁵⁰ x³, one step", [3**50, 1, 0, 3**50], start, 1)
    answer.on("a diamond with q = 2, ten steps", [2, 0, 12, 0, 2], 2 * np.exp(1j * np.arange(4) + 0.3j), 10)
    answer.fresh(4, "another polynomial")

# %% [markdown] hint="14.3"
# $\log Q = \log P - \sum_j \log(x - x_j)$, so $Q'/Q = P'/P - \sum_{j\ne k} 1/(x_k - x_j)$, and the step is $x_k - 1/(Q'/Q)$. Written with
# $P$ on top, `value / (slope - value * repulsion)`, nothing is divided by zero when a guess has arrived. `np.polyval` and `np.polyder` want the highest power first.

# %% [markdown]
# Sixty-four guesses on a circle, and the exact Z of 44 spins with three states. The background shows where the map leads from each
# complex $x$. **Guess** where the zeros will be: in the colours, or between them?

# %%
swarm, window = check.yours("14.3", find_zeros, roots.find_zeros), ((-3.8, 4.9), (-4.5, 4.5))
phase, soon = diamond.flow(plane(window, 800), 3)
counts = diamond.equal_pairs(3, 3)
ways = [roots.ring(counts, 3.0)]
for _ in range(32):
    ways.append(swarm(counts, ways[-1], 1))
fractal.dots_film(window, phase, soon, ways, words="A ring of dots spreads over a fractal border.")

# %% [markdown]
# *Moving picture: white dots on a circle over a map of blue and orange regions with a dark, lace-like border. One by one they let go and run
# to places on the border, until all sit still.*
#
# The border between hot and cold is the **Julia set** of the map, and the zeros sit on it.

# %%
panels, upper = [], ((-3.8, 4.9), (-0.3, 4.5))
border = fractal.flow_map(upper, *diamond.flow(plane(upper, 800), 3))
for n in (1, 2, 3):
    P = diamond.equal_pairs(3, n)
    found = swarm(P, roots.ring(P, 3.0), 80)
    nearest = np.abs(found - 4).min()
    dots = fractal.zeros(found, "zeros of Z", color="white", size=4.5)
    panels.append(plots.panel(border, dots, square=True, xlabel="Re $x$", ylabel="Im $x$", height=2.6, title=f"{4**n} bonds: a zero {nearest:.2f} from 4"))
plots.figure(*panels, share="y", title="All zeros of the exact Z lie on the border between hot and cold, and close in on $x = 4$")

# %% [markdown]
# *Picture: the upper half of the same map three times (the lower is its mirror image), with white dots for the zeros of 4, 16 and 64 bonds, all of them on the border between orange and blue. On the right the
# border meets the real axis at 4; from panel to panel a dot comes nearer to it along the edge.*
#
# Derrida, De Seze and Itzykson saw this in 1983. A real magnet lives on the positive real axis. Along it the colour changes once, at 4, and there the
# charges close in from both sides: the phase transition is where the real axis crosses a fractal. (For $q = 3$ the zeros lie *on* the Julia set because the map takes $1 - q = -2$ to
# 4 itself. For another $q$ they only gather on it.)

# %% [markdown] think="14a"
# **Think.** The Mandelbrot set's charges and a magnet's zeros look alike. What would you have to show to call $z_n(c)$ a partition function?
# <!-- ANSWER -->
# That it is a sum over states of positive weights, here $c$ to some power: that its coefficients are counts of something. They are, of trees (section 11). But that
# does not make the *picture* a sample of anything: the picture is where that sum is large or small at complex $c$.

# %% [markdown]
# ## 5 · The square lattice
#
# Is the fractal a whim of the diamonds? Take the Ising model of lesson 07 on a torus of $L \times L$ spins, $x = e^{2\beta}$ for its equal pairs. The counts come from adding
# spin after spin, in whole numbers; for even $L$ only even powers occur, so half of the zeros suffice. In the variable $\sinh 2\beta = (x - 1/x)/2$, Onsager's transition is at 1. **Guess:**
# dust, a curve, or a fractal?

# %%
panels, ring_of_one = [], np.exp(1j * np.linspace(0, 2 * np.pi, 400))
for L in (4, 6, 8):
    P = torus.equal_pairs(L, L)[::2]
    x = np.sqrt(swarm(P, roots.ring(P, 1.5), 80))
    s = (x - 1 / x) / 2
    nearest = np.abs(s - 1).min()
    circle = plots.exact(ring_of_one.real, ring_of_one.imag, "$|\\sinh 2\\beta| = 1$")
    panels.append(plots.panel(circle, fractal.zeros(s, "zeros of Z"), square=True, xlabel="Re $\\sinh 2\\beta$", ylabel="Im $\\sinh 2\\beta$",
                              height=3.3, title=f"$L = {L}$: a zero {nearest:.3f} from 1"))  # fmt: skip
    print(f"L = {L}: the nearest zero is {nearest:.3f} from 1; times L, that is {L * nearest:.2f}")
plots.figure(*panels, share="y", title="Zeros of the Ising torus gather on a circle, and close in on the transition at 1")

# %% [markdown]
# *Picture: three unit circles with 16, 36 and 64 dots on them or near them, dense at the top and at the bottom; the gap on the right, around 1, shrinks as L grows.*
#
# A curve. Here the border is smooth, the circle that Fisher found in 1965. The distance to the transition falls as $L^{-1/\nu}$ with an exponent $\nu$; here twice the size gives
# half the distance, so $\nu = 1$, read from lattices of at most 64 spins.

# %% [markdown]
# ## 6 · Explore
#
# Back to the diamonds. $q$ need not be whole: Z is a polynomial in $q$ too. Where $x < 1$, *unequal* neighbours are favoured: an antiferromagnet, with absolute zero
# at $x = 0$. Its two *sublattices* are the spins that came last and all older ones: every bond joins the two. Move $q$, and answer the question above the picture.

# %%
explorers.julia()

# %% [markdown]
# Without a kernel: the last figure of section 4 shows $q = 3$, where 0 lies on the border itself.

# %% [markdown] think="14b"
# **Think.** For $q = 2$ and real $x$ from 0 to infinity, how many transitions are there, and of what kind?
# <!-- ANSWER -->
# Two, where the positive real axis leaves the orange region: at $x = 3.38$ the ferromagnet's, and at $x = 1/3.38$ the antiferromagnet's. One is the other's mirror: turn over
# all spins of one sublattice, and equal ends become unequal: $Z(x) = x^{4^n} Z(1/x)$.

# %% [markdown]
# ## What you made
#
# - `smooth_count`: a film and a mountain, the potential of the Mandelbrot set. Iteration, not sampling.
# - `diamond_log_z`: log Z of any generation; every sum over inner spins is one step of a map.
# - `find_zeros`: all zeros at once, as charges that repel. log Z is their potential, and a transition is where they reach the real axis.
#
# That is all. What follows is for those who want more.

# %% [markdown] depth="60 min"
# How fast the zeros close in; how exact zeros are found; the circle of Lee and Yang; the Mandelbrot set inside the magnet; trees; what noise does to zeros; and a challenge.

# %% [markdown]
# ## 7 · How fast the zeros close in
#
# Near the transition $x_c$ one step of the map takes a point $\lambda$ times as far away, with $\lambda$ the slope of the map there. A zero of generation $n + 1$ is led to a zero of
# generation $n$. So the distance of the nearest one should fall by the factor $\lambda$ from generation to generation. Running the map *backwards* from $x = 1 - q$ gives all zeros without any
# polynomial, 65,536 of them in generation 8.

# %%
layers, generations = [], np.arange(1, 9)
for q, color in ((2, "blue"), (3, "orange"), (10, "green")):
    at = diamond.critical(q)
    distance = np.array([np.abs(diamond.zeros(q, int(n)) - at.x).min() for n in generations])
    layers.append(plots.points(generations, distance, name=f"$q = {q}$", color=color))
    layers.append(plots.line(generations, distance[-1] * at.slope ** (8.0 - generations), color=color, style="--", width=1))
    print(f"q = {q:2d}: the last step is a factor {distance[-2] / distance[-1]:.3f}, λ = {at.slope:.3f}, ν = log 2 / log λ = {math.log(2) / math.log(at.slope):.3f}")
plots.figure(plots.panel(*layers, log="y", xlabel="generation $n$", ylabel="distance of the nearest zero to $x_c$"),
             title="The nearest zero comes closer by λ in each generation (dashed)")  # fmt: skip

# %% [markdown]
# *Picture: distance against generation on a logarithmic axis, three rows of points that bend into straight lines, the steepest for q = 10.*
#
# One generation doubles the length of the lattice, so the distance falls as $L^{-1/\nu}$ with $\nu = \log 2/\log\lambda$, as it did on the torus with $\nu = 1$ (Itzykson, Pearson and
# Zuber 1983).
#
# ## 8 · Exactly right zeros
#
# Floating point has 16 digits; how many survive in a zero? Three ways: eigenvalues of the companion matrix (`np.roots`), your swarm, and the swarm with P and P' in whole
# numbers of any length (`roots.zeros`). The map run backwards is a fourth, with which all can be compared. (The course's tests compare zeros of diamonds and of tori with another program still,
# `mpmath`, and ask for agreement to $10^{-8}$.)


# %%
def worst(found: Complex[np.ndarray, "n"], right: Complex[np.ndarray, "n"]) -> float:
    """Distance from a right zero to the nearest that was found, the largest of all."""
    return float(np.abs(found[:, None] - right).min(0).max())


print("distance of the worst zero from where the map, run backwards, has it (q = 3):")
sizes, errors = (4, 16, 64, 256), {"np.roots": [], "swarm": [], "whole numbers": []}
for n in (1, 2, 3, 4):
    P, right = diamond.equal_pairs(3, n), diamond.zeros(3, n)
    astray = np.roots([float(k) for k in P[::-1]])
    errors["np.roots"].append(worst(astray, right))
    if n < 4:
        errors["swarm"].append(worst(swarm(P, roots.ring(P, 3.0), 80), right))
        errors["whole numbers"].append(worst(roots.zeros(P), right))
    print(f"{4**n:3d} zeros: " + ", ".join(f"{name} {error[n - 1]:.0e}" for name, error in errors.items() if len(error) == n))
print(f"The largest count of the last has {len(str(max(P)))} digits.")

# %%
colors = {"np.roots": "red", "swarm": "purple", "whole numbers": "green"}
lost, kept = fractal.zeros(astray, "np.roots", color="red", size=3.5), fractal.zeros(right, "zeros by the map", color="white", size=3.5)
where = plots.panel(border, kept, lost, square=True, xlabel="Re $x$", ylabel="Im $x$", height=3.4, title="256 zeros")
lines = [plots.line(sizes[: len(error)], error, name, color=colors[name]) for name, error in errors.items()]
how_far = plots.panel(*lines, log="xy", xticks=sizes, xlabel="number of zeros", ylabel="distance of the worst", height=3.4)
plots.figure(where, how_far, title="Whole numbers keep all digits; floating point loses the zeros", widths=(1.5, 1))

# %% [markdown]
# *Picture: on the left the upper half of the map of hot and cold: white dots, all on the border, and red ones of np.roots, many of them off it on smooth curves across the colours. On the right the distance of the worst zero
# against their number on logarithmic axes: np.roots climbs from 10⁻¹⁵ to about 1, the swarm not much below it; the line of whole numbers stays flat near 10⁻¹⁶.*
#
# The counts are exact and still the zeros are lost: each count is rounded to 16 digits, and a polynomial of degree 256 answers with zeros that are off by more than the details of the pattern are wide. The
# smooth curves are typical. A beautiful curve of zeros may be rounding.
#
# ## 9 · The circle of Lee and Yang
#
# A field $h$ gives each spin that is up the weight $w = e^{2\beta h}$ more. At fixed temperature Z is a polynomial in $w$, of degree 36 on a torus of 6 × 6. Lee and Yang proved in 1952 that for *every* Ising
# ferromagnet all its zeros have $|w| = 1$. A real field is a real $w > 0$, so the only place for a transition is $w = 1$, $h = 0$. **Guess:** what changes with the temperature?

# %%
counts_with_field, panels = torus.with_field(6, 6), []
for x, name in ((1.4, "hot"), (1 + math.sqrt(2), "at $T_c$"), (4.0, "cold"), (0.5, "antiferromagnet")):
    w = np.roots(torus.up_weights(counts_with_field, x)[::-1])
    first = np.degrees(np.abs(np.angle(w)).min())
    off = np.abs(np.abs(w) - 1).max()
    print(f"{name.replace('$', ''):15s} x = {x:.3f}: first zero at {first:.1f}°, off the circle by at most {off:.0e}")
    circle = plots.exact(ring_of_one.real, ring_of_one.imag, "$|w| = 1$")
    panels.append(plots.panel(circle, fractal.zeros(w, "zeros of Z", size=2.5), square=True, xlim=(-1.3, 1.3), ylim=(-1.3, 1.3),
                              xlabel="Re $w$", ylabel="Im $w$", title=name))  # fmt: skip
plots.figure(*panels, columns=4, title="Ferromagnets have their zeros on a circle; the gap at $w = 1$ closes in the cold")

# %% [markdown]
# *Picture: four unit circles. Hot: dots on the left of the circle and a wide gap around w = 1. At T_c: a gap hardly wider than the others. Cold: dots evenly all around. Antiferromagnet: none on the circle; a small
# heap well inside it, left of 0, and as many outside of the picture.*
#
# Above $T_c$ the gap stays open however large the torus: no transition in a field. Below it the zeros close in on $w = 1$ and pinch: across $h = 0$ the magnetisation jumps, as you saw in lesson 07.
#
# ## 10 · The Mandelbrot set inside the magnet
#
# Ask the explorer's question for complex $q$: where does the map lead from $x = 0$? Black is what is neither hot nor cold after 150 steps, on the right after 300.

# %%
panels = []
for part, n_most, title in ((((-0.6, 3.6), (-0.2, 2.0)), 150, "complex $q$"), (((2.3, 2.48), (0.845, 0.939)), 300, "a small part of it")):
    q_plane = plane(part, 700)
    which, when = diamond.flow(np.zeros_like(q_plane), q_plane, n_most)
    panels.append(plots.panel(fractal.flow_map(part, which, when, depth=0.55), square=True, height=3.2, xlabel="Re $q$", ylabel="Im $q$", title=title))
plots.figure(*panels, title="Where $x = 0$ is neither hot nor cold: small Mandelbrot sets")

# %% [markdown]
# *Picture: on the left the upper half of the plane of q: blue discs and orange ones of all sizes in a lace, orange far out, and a large black disc with smaller ones on it that runs into its mirror image. On the right one black island of the lace,
# enlarged: the Mandelbrot set, turned.*
#
# Why does it come back? The map sends $x = \pm i\sqrt{q - 1}$ to 0, and is as flat there as $z^2$ at 0. A small region around such a point may return into itself after some steps, and what returns looks like $z^2 + c$
# (Douady and Hubbard 1985). Peitgen and Richter's *The Beauty of Fractals* (1986) shows this magnet in many colours.
#
# ## 11 · What the Mandelbrot polynomials count
#
# $z_{n+1} = z_n^2 + c$ reads as a sentence: a tree is either a single leaf, with the weight $c$, or two trees side by side. So $z_n(c)$ adds up all binary trees with at most $n$ branchings above each other, each leaf
# with the weight $c$ (Flajolet and Odlyzko 1982). It *is* a partition function. Check it by listing the trees:


# %%
def leaves_of_trees(n: int) -> list[int]:
    """The number of leaves of every binary tree with at most n branchings above each other."""
    smaller = leaves_of_trees(n - 1) if n else []
    return [1] + [a + b for a, b in itertools.product(smaller, smaller)]


for n in (2, 3, 4):
    listed = np.bincount(leaves_of_trees(n)).tolist()
    print(f"n = {n}: {sum(listed)} trees, as many with each number of leaves as z_n says: {listed == mandelbrot.polynomial(n)}")

# %%
weight, layers = np.linspace(0.15, 0.3, 301), []
for n in (2, 4, 8, 12):
    z, slope = weight.copy(), np.ones_like(weight)
    for _ in range(n):
        z, slope = z * z + weight, 2 * z * slope + 1
    layers.append(plots.line(weight, weight * slope / z, f"at most {n} branchings"))
plots.figure(plots.panel(*layers, plots.vline(0.25, "cusp of the Mandelbrot set"), log="y", yticks=(1, 2, 5, 10, 20, 50), xlabel="weight $c$ of a leaf", ylabel="mean number of leaves"),
             title="Beyond $c = 1/4$ the trees have no end")  # fmt: skip

# %% [markdown]
# *Picture: the mean number of leaves against c on a logarithmic axis. Well to the left of the dashed line at 1/4 the curves for 4, 8 and 12 branchings nearly agree, below 2; towards it and to the right of it they fan out, the higher the more branchings are allowed.*
#
# Below $c = 1/4$ the mean stays finite however high the trees may be; above it they grow as high as they are let. That is a phase transition, at the cusp of the set, where zeros of $z_n$ close in on the real axis from
# both sides. The picture of the set is still no sample of trees. To sample one, branch with the right probability: that is another program.
#
# ## 12 · What goes wrong
#
# **Zeros from a simulation.** A histogram of energies is a polynomial with noise. Below, the exact counts of 6 × 6 spins, and the same with one per cent of noise on each, ten times.

# %%
exact_counts, noise = torus.equal_pairs(6, 6)[::2], np.random.default_rng(14)
sinh = lambda y: (np.sqrt(y) - 1 / np.sqrt(y)) / 2  # noqa: E731
true = sinh(roots.zeros(exact_counts))
noisy = np.array([sinh(np.roots(np.array(exact_counts[::-1], float) * (1 + 0.01 * noise.normal(size=37)))) for _ in range(10)])
shift = np.abs(noisy[..., None] - true).min(1)
by_distance = np.argsort(np.abs(true - 1))
print(f"nearest to the transition: moved by {shift[:, by_distance[0]].mean():.4f}, the worst zero by {shift.mean(0).max():.4f}")
cloud = fractal.zeros(noisy, "with 1 % noise", color="orange", size=3)
plots.figure(plots.panel(fractal.zeros(true, "exact", color="blue", size=8), cloud, square=True, xlim=(-1.6, 1.6), ylim=(-1.6, 1.6),
                         xlabel="Re $\\sinh 2\\beta$", ylabel="Im $\\sinh 2\\beta$", height=4.6),
             title="Noise spares the zeros near the transition, and scatters the others")  # fmt: skip

# %% [markdown]
# *Picture: blue dots for the exact zeros, on the unit circle or near it, with small orange ones for the noisy ones. At the left and the right those sit on their blue dots; at the top and the bottom they
# make a wide cloud.*
#
# Fortunately the one that counts is among the most robust: near the positive axis the terms of Z cancel least.
#
# **Escape time taken for an energy.** Write $E = -s$, sample $e^{-E}$, and you have a picture of a picture. Nothing in the iteration makes that distribution. The set's own measure, that of its charges, is another one.
#
# **A finite magnet with a transition.** Curves of a million bonds look as if they had a cusp. They are smooth: the nearest zero is off the axis.

# %% [markdown] think="14c"
# **Think.** In section 9 no zero of the antiferromagnet is near the *positive* real axis of $w$. Has it no transition in a real field?
# <!-- ANSWER -->
# Not at this temperature. Colder, an antiferromagnet in a field does have one: its two sublattices order. Then zeros come to the positive axis at $w \ne 1$, which
# the circle theorem forbids for ferromagnets only.

# %% [markdown]
# ## Challenge · the transition of an endless magnet, from three small ones
#
# An Ising magnet on the square lattice whose bonds are 1, 2 or 3 in a pattern that repeats every two spins, in both directions. You get its exact counts on tori of 2 × 2, 4 × 4 and 6 × 6: for each sum of what equal
# pairs count, how many states have it. Return $\beta_c$ of the infinite lattice, with $Z = \sum_k \text{counts}_k\, e^{2\beta k}$ up to a factor. The judge knows it exactly (Cimasoni and Duminil-Copin 2013). Where is the
# peak of the heat capacity? Where are the zeros? And where are they going?
#
# Cheating would be to leave the answer to chance or to remember lattices: each pattern is drawn anew.
#
# The judge counts, recomputes and draws its problems anew, so that nothing can be remembered. But Python hides nothing from a
# function that runs beside it: who walks its frames or its memory finds the answers, and has beaten nobody.
#
# Who is there to beat?

# %%
check.challenge("14")


# %%
def my_beta_c(counts_2, counts_4, counts_6):
    raise NotImplementedError("return β_c of the infinite lattice")


check.challenge("14", my_beta_c)

# %% [markdown]
# ## References
#
# - B. Derrida, L. De Seze and C. Itzykson, *Fractal structure of zeros in hierarchical models*, J. Stat. Phys. 33, 559 (1983).
#   Pictures of the zeros, and that they are the Julia set.
# - P. Bleher, M. Lyubich and R. Roeder, *Lee-Yang-Fisher zeros for DHL and 2D rational dynamics, II*, J. Geom. Anal. 30, 777 (2020),
#   [arXiv:1107.5764](https://arxiv.org/abs/1107.5764). The same lattice, with proofs.
# - C. N. Yang and T. D. Lee, *Statistical theory of equations of state and phase transitions. I*, Phys. Rev. 87, 404 (1952),
#   [doi:10.1103/PhysRev.87.404](https://doi.org/10.1103/PhysRev.87.404); T. D. Lee and C. N. Yang, *II. Lattice gas and Ising model*, ibid. 410,
#   [doi:10.1103/PhysRev.87.410](https://doi.org/10.1103/PhysRev.87.410). Zeros and transitions; the circle.
# - M. E. Fisher, *The nature of critical points*, in Lectures in Theoretical Physics VII C, University of Colorado Press (1965). Zeros in the plane of temperature.
# - C. Itzykson, R. B. Pearson and J. B. Zuber, *Distribution of zeros in Ising and gauge models*, Nucl. Phys. B 220, 415 (1983).
#   How zeros close in with the size of the lattice.
# - R. B. Griffiths and M. Kaufman, *Spin systems on hierarchical lattices*, Phys. Rev. B 26, 5022 (1982),
#   [doi:10.1103/PhysRevB.26.5022](https://doi.org/10.1103/PhysRevB.26.5022).
# - S.-C. Chang, R. K. W. Roeder and R. Shrock, *q-plane zeros of the Potts partition function on diamond hierarchical graphs*, J. Math. Phys. 61, 073301 (2020),
#   [arXiv:1911.04012](https://arxiv.org/abs/1911.04012). In the plane of q at $x = 0$, zeros meet the real axis last at $q = 3$.
# - A. Douady and J. H. Hubbard, *Itération des polynômes quadratiques complexes*, C. R. Acad. Sci. Paris 294, 123 (1982); *On the dynamics of polynomial-like mappings*, Ann. Sci. ENS 18, 287 (1985),
#   [doi:10.24033/asens.1491](https://doi.org/10.24033/asens.1491).
# - H.-O. Peitgen and P. H. Richter, *The Beauty of Fractals*, Springer (1986), [doi:10.1007/978-3-642-61717-1](https://doi.org/10.1007/978-3-642-61717-1).
# - O. Aberth, *Iteration methods for finding all zeros of a polynomial simultaneously*, Math. Comp. 27, 339 (1973),
#   [doi:10.1090/S0025-5718-1973-0329236-7](https://doi.org/10.1090/S0025-5718-1973-0329236-7). The swarm.
# - P. Flajolet and A. Odlyzko, *The average height of binary trees and other simple trees*, J. Comput. Syst. Sci. 25, 171 (1982),
#   [doi:10.1016/0022-0000(82)90004-6](https://doi.org/10.1016/0022-0000(82)90004-6).
# - D. Cimasoni and H. Duminil-Copin, *The critical temperature for the Ising model on planar doubly periodic graphs*, Electron. J. Probab. 18, 44 (2013),
#   [doi:10.1214/EJP.v18-2352](https://doi.org/10.1214/EJP.v18-2352).
