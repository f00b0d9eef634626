# ---
# jupyter:
#   course:
#     title: XY spins and their vortices
#     goal: sample continuous spins, find their vortices, and measure a transition that no mean spin shows
#     needs: ["07"]
#     know: sine, cosine and angles modulo 2π
#     time: 60 min
#     runs: 85 s
#     memory: 850 MB
#     uses: [jax]
# ---

# %% [markdown]
# **What you win.** A film of nine thousand arrows that comb themselves, with your own marks on the whirls they cannot comb away. And the
# temperature of a phase transition without an order parameter: no mean spin shows it (a Nobel Prize of 2016). Three functions lead there:
#
# 1. one that draws a lattice of continuous spins, and mirrors it (Exercise 9.1),
# 2. one that finds vortices (9.2),
# 3. one that measures how stiff a lattice is against a twist (9.3).

# %%
import math

import jax
import jax.numpy as jnp
import numpy as np
import thrml
from jaxtyping import Float, Int
from scipy.special import i0

from course_checks import check
from course_utils import explorers, plots
from course_utils.lattice import XY, Ising, Potts, arrows, cluster, exact, tempering
from course_utils.lattice import observables as ob

# %% [markdown]
# ## 1 · Spins that point anywhere
#
# An Ising spin knows two directions. A spin of the **XY model** is an arrow in the plane and may point anywhere, at an angle $\theta$.
# Neighbours like to point the same way:
#
# $$E(\theta) = -J \sum_{\langle ij\rangle} \cos(\theta_i - \theta_j), \qquad p(\theta) \propto e^{-\beta E(\theta)}, \quad \beta = 1/T .$$
#
# Throughout, $J = 1$, angles turn anticlockwise from the x axis, row 0 is at the bottom of a picture, and the sides are joined to a torus.
# Here are 64 × 64 spins at three temperatures; below each is its corner, larger. **Guess first:** in which of the three does a spin know
# where the spins far away point?

# %%
three = np.array([0.4, 0.85, 1.5])
seen = cluster.equilibrate(XY(64), np.random.default_rng(90), 1 / three, 60, n_chains=3)
whole = plots.lattices(seen, XY(64), [f"$T = {T:g}$" for T in three])
corners = plots.lattices(seen[:, :10, :10], XY(64), ["its corner"] * 3, look="both")
plots.figure(*whole, *corners, columns=3, title="Colour is direction: one shade, slow clouds, and confetti")

# %% [markdown]
# *Picture: three lattices, colour for direction, and below each ten by ten of its spins with an arrow on each colour. At T = 0.4 shades of
# one colour. At 0.85 large clouds of neighbouring colours, and arrows that turn slowly. At 1.5 small patches of all colours.*
#
# Look at the middle one again. Neighbours agree, as on the left; but from one end to the other the direction drifts away. Is that order,
# disorder, or a third kind of state? And where does it end? To find out you need a sampler.
#
# ## 2 · Four neighbours, one pull
#
# A spin that may point anywhere has infinitely many weights to choose from, and yet a formula. Its four terms of the energy are
# $-\sum_j \cos(\theta - \theta_j)$. Add the neighbours up as arrows of length 1: the sum is an arrow with a length $R$ and a direction
# $\varphi$, and
#
# $$\sum_{j=1}^4 \cos(\theta - \theta_j) = R\cos(\theta - \varphi), \qquad
# p(\theta \mid \text{neighbours}) = \frac{e^{\kappa\cos(\theta - \varphi)}}{2\pi I_0(\kappa)}, \qquad \kappa = \beta R .$$
#
# This is the **von Mises distribution**, the bell curve of the circle ($I_0$, a Bessel function, makes its integral one). It is narrow
# where $\kappa$ is large. What is $\kappa$ when two neighbours point up and two down? Zero, and any direction is as good as another.
#
# There is a second move, without any chance: turn a spin to its mirror image on the other side of the pull, $\theta' = 2\varphi -
# \theta$. What does that cost? Nothing: its four bonds together keep their energy, so the move keeps $p$. Alone it would never change
# the energy. After a sweep of draws it carries long waves along, which otherwise only diffuse. That is **over-relaxation**.
#
# ### Exercise 9.1 · A sweep of arrows
# *Difficulty ●●○ · twenty minutes · why: this is the engine of the lesson, and your film runs on it.*
#
# Complete `xy_sweep`. Black are the spins with even $i + j$. First **draw** the black spins, then the white ones. After that come `mirrors`
# rounds in which the black spins are mirrored, then the white ones. Each time, the pull comes from the spins as they are then. No loop over
# spins: the film takes 500 sweeps of 9,216.


# %% todo="9.1" task="return the angles after one sweep: draws, then mirrors, black before white"
def xy_sweep(
    angles: Float[np.ndarray, "rows cols"], beta: float, draw, mirrors: int = 0
) -> Float[np.ndarray, "rows cols"]:
    """One sweep of XY spins on a torus with even sides, J = 1.

    Args:
        angles: in radians.
        beta: inverse temperature.
        draw: draw(φ, κ) gives an angle for each direction φ and concentration κ, arrays of any one shape.
        mirrors: rounds of mirror images after the draws.

    Returns:
        The new angles, in radians (any turn), of the same shape.
    """
    ### BEGIN SOLUTION
    i, j = np.indices(angles.shape)
    black = (i + j) % 2 == 0
    for k in range(1 + mirrors):
        for colour in (black, ~black):
            x = y = 0
            for axis in (0, 1):
                for step in (1, -1):
                    beside = np.roll(angles, step, axis)
                    x = x + np.cos(beside)
                    y = y + np.sin(beside)
            direction = np.arctan2(y, x)
            if k == 0:
                kappa = beta * np.hypot(x, y)
                new = draw(direction, kappa)
            else:
                new = 2 * direction - angles
            angles = np.where(colour, new, angles)
    return angles % (2 * np.pi)
    ### END SOLUTION


# %% check="9.1" points=4
from course_checks import check, exercises

with check.exercise("9.1", "xy_sweep"):
    answer = exercises.xy.sweep.by(xy_sweep)
    start, bell = exercises.xy.torus(97)
    answer.on("6 × 8 spins at β = 0.7", start, 0.7, bell)
    answer.on("the same in the cold, β = 3", start, 3.0, bell)
    answer.on("the same at β = 0.7 with a round of mirrors", start, 0.7, bell, 1)
    answer.on("the same with three rounds", start, 0.7, bell, 3)
    answer.fresh(4, "another torus")

# %% [markdown] hint="9.1"
# `np.roll(angles, step, axis)` with steps 1 and -1 and axes 0 and 1 are the four neighbours of every spin. Add up their cosines to `x` and
# their sines to `y`; then `np.arctan2(y, x)` is φ and `beta * np.hypot(x, y)` is κ. Compute new angles for the whole lattice and keep them
# where the colour is due: `np.where(colour, draw(φ, κ), angles)`. Then the pull anew, for the other colour. A mirror is `2 * φ - angles`.

# %% [markdown]
# Now let it run. NumPy's `rng.vonmises` is the draw; the arrows begin at random, in a bath at T = 0.2. **Guess:** will one direction win
# within 500 sweeps?

# %%
sweep, rng = check.yours("9.1", xy_sweep, arrows.sweep), np.random.default_rng(92)
angles, quench = rng.uniform(0, 2 * np.pi, (96, 96)), {}
for t in range(1, 501):
    angles = sweep(angles, 1 / 0.2, rng.vonmises)
    if t in np.geomspace(1, 500, 40).astype(int):
        quench[t] = np.asarray(angles, np.float32)
words = "Grains of all colours become clouds; where all colours meet, points remain."
plots.lattice_film(XY(96), [np.array(list(quench.values()))], scale=4, milliseconds=140, words=words)

# %% [markdown]
# *Moving picture: 96 × 96 spins in 500 sweeps, slower and slower from picture to picture. Grains of all colours become clouds, the clouds
# grow. Here and there are points at which all colours meet; they move, and disappear in twos.*
#
# It is your lattice. Give `sweep` two rounds of mirrors as a fourth argument: what do they do to the clouds?
#
# The colours come to terms everywhere, except at those points. What are they, and why can the lattice not comb them away? (Section 4.)
#
# ## 3 · A spin that THRML does not have
#
# THRML knows spins of two and of $q$ states. How does one tell it of another kind? One needs a **node**, which is a class with a name,
# and a **sampler**: a class with one method, which is handed the states of the neighbours, shape (n, neighbours), with flags for those
# that exist, and returns new states. JAX has no von Mises draw; `arrows.von_mises` is one (section 7).


# %%
class Arrow(thrml.AbstractNode):
    """A spin in the plane; its state is its angle."""


class VonMises(thrml.AbstractConditionalSampler):
    """Draws arrows, given the angles of their neighbours."""

    beta: float

    def sample(self, key, interactions, active_flags, states, sampler_state, output_sd):
        angles, exists = states[0][0], active_flags[0]  # of the first group of interactions
        x = jnp.where(exists, jnp.cos(angles), 0).sum(axis=1)
        y = jnp.where(exists, jnp.sin(angles), 0).sum(axis=1)
        return arrows.von_mises(key, jnp.arctan2(y, x), self.beta * jnp.hypot(x, y)), sampler_state


# %% [markdown]
# The **interactions** say who reads whom: `InteractionGroup(None, heads, [tails])` lets each node of `heads` see the one at its place in
# `tails` (the `None` would hold couplings; ours are all 1). Test it where the answer is known: one arrow at T = 1, with four neighbours
# that are held fixed, in a *clamped* block. Where will the arrow look?

# %%
nodes, held = [Arrow() for _ in range(5)], np.array([0.2, 1.3, 2.5, -3.0])
centre, around = thrml.Block(nodes[:1]), thrml.Block(nodes[1:])
spec = thrml.BlockGibbsSpec([centre], [around], {Arrow: jax.ShapeDtypeStruct((), jnp.float32)})  # one number each
bonds = thrml.InteractionGroup(None, thrml.Block(nodes[:1] * 4), [around])
program, schedule = thrml.BlockSamplingProgram(spec, [VonMises(1.0)], [bonds]), thrml.SamplingSchedule(0, 20_000, 1)
start, clamped = [jnp.zeros(1)], [jnp.array(held, jnp.float32)]
(drawn,) = thrml.sample_states(jax.random.key(93), program, schedule, start, clamped, [centre])

# %%
pull, turn = np.exp(1j * held).sum(), np.linspace(-np.pi, np.pi, 301)
bell = np.exp(abs(pull) * np.cos(turn - np.angle(pull))) / (2 * np.pi * i0(abs(pull)))
seen = np.angle(np.exp(1j * np.asarray(drawn).ravel()))  # from -π to π
bars = plots.histogram(seen, "20,000 draws on THRML", span=(-np.pi, np.pi), bins=48)
marks = [plots.vline(one, "the four neighbours", style=":") for one in held]
panel = plots.panel(
    *marks, bars, plots.line(turn, bell, "exact", color="red"), xlabel="angle (radians)", ylabel="density"
)
plots.figure(panel, title=f"Four neighbours, one pull: length {abs(pull):.2f}, towards {np.angle(pull):.2f}")

# %% [markdown]
# *Picture: a histogram of angles that follows a red bell with its top near 1.9 radians. Of four dotted lines, the neighbours, two are left
# of the top, one right of it, and one at the left edge, where the bell that leaves on the right comes in again.*
#
# A lattice needs two blocks, as in Exercise 7.2, and each bond in both directions. The course's `XY` is that program, with a faster draw
# and with mirrors; it does the long runs from here on.
#
# ## 4 · Vortices
#
# Back to the points where all colours meet. Walk round one and watch the arrows: when you are back, the angle has turned by a whole number
# of turns. On the smallest path, the four sides of a square (a *plaquette*), what may that number be, other than 0?

# %%
x, y = np.meshgrid(np.arange(6) - 2.5, np.arange(6) - 2.5)
out = np.arctan2(y, x)
fields = {"vortex": out, "also a vortex": out + np.pi / 2, "antivortex": -out, "neither": 0.35 * x + 0.15 * y}
above, below = zip(*(plots.winding_walk(field, name) for name, field in fields.items()), strict=True)
title = "Round a vortex the arrows turn once, with the walk; round an antivortex, against it"
plots.figure(*above, *below, columns=4, title=title)

# %% [markdown]
# *Picture: four fields of arrows with a blue square in the middle, and below each the angle on the walk round it. The arrows of the first
# point outwards, those of the second run in a circle: both make a turn of +1. The third makes −1. In the last the angle goes up and
# down again.*
#
# A whole number cannot change little by little. So no small turn of any spins removes a vortex: it can only meet an antivortex.
#
# One thing needs care. From 350° to 10° an arrow takes a step of +20°, not of −340°. What do the four plain steps of a closed path add up
# to? Always 0. So **bring each step into $(-\pi, \pi]$ before you add**.
#
# ### Exercise 9.2 · Find the vortices
# *Difficulty ●●○ · fifteen minutes · why: they carry this phase transition, and the most common mistake gives a clean zero.*
#
# Complete `find_vortices`. Entry [i, j] of the result belongs to the plaquette with the corners (i, j), (i, j+1), (i+1, j+1), (i+1, j),
# walked in this order: with i upwards, anticlockwise. The torus has as many plaquettes as spins.


# %% todo="9.2" task="return the winding number of each plaquette"
def find_vortices(angles: Float[np.ndarray, "rows cols"]) -> Int[np.ndarray, "rows cols"]:
    """Vortex charge of each plaquette of a torus.

    Args:
        angles: in radians, any turn.

    Returns:
        +1 for a vortex, -1 for an antivortex, else 0.
    """
    ### BEGIN SOLUTION
    right = np.roll(angles, -1, axis=1)
    above = np.roll(angles, -1, axis=0)
    across = np.roll(right, -1, axis=0)
    walk = [angles, right, across, above, angles]
    total = np.zeros(angles.shape)
    for k in range(4):
        step = walk[k + 1] - walk[k]
        total += step - 2 * np.pi * np.round(step / (2 * np.pi))
    return np.round(total / (2 * np.pi)).astype(int)
    ### END SOLUTION


# %% check="9.2" points=4
from course_checks import check, exercises

with check.exercise("9.2", "find_vortices"):
    answer = exercises.xy.winding.by(find_vortices)
    hot = np.random.default_rng(93).uniform(0, 2 * np.pi, (6, 8))
    answer.on("a hot lattice", hot)
    answer.on("the same, some spins a turn further", hot + 2 * np.pi * (hot > 4))
    answer.on("a hot lattice of 5 × 3 spins", hot[:5, 2:5] - 9.0)
    check.close("the sum of all charges", np.sum(find_vortices(hot)), 0.0, atol=1e-5)
    answer.on("aligned spins", np.full((4, 6), 1.0), expect=np.zeros((4, 6)))
    answer.on("a wave, one turn along x", np.full((4, 1), 1.0) + np.arange(8) * np.pi / 4, expect=np.zeros((4, 8)))
    answer.fresh(3, "a fresh hot lattice")

# %% [markdown] hint="9.2"
# `right = np.roll(angles, -1, axis=1)` holds, at [i, j], the angle of (i, j+1). Make the four corners in this way and put them into a list
# in the order of the walk, the first once more at the end. Each of the four differences is wrapped by `step - 2π · round(step / 2π)`, which
# takes away whole turns. Their sum is 2π times the charge; `np.round(...).astype(int)` makes whole numbers of it.

# %% [markdown]
# Your film again, with your charges on it: white for a vortex, black for an antivortex. Each bond is a side of two plaquettes, which walk
# it in opposite directions. So what must the charges of a torus add up to? Count.

# %%
find = check.yours("9.2", find_vortices, ob.winding_numbers)
frames = []
for t, one in quench.items():
    charge = np.asarray(find(one))
    frames.append((f"sweep {t}: {(charge > 0).sum()} vortices, {(charge < 0).sum()} antivortices", one))
words = "Colour clouds that grow; white and black discs where all colours meet come together in pairs and vanish."
plots.planar_movie(frames, XY(96), find=find, still=20, words=words)

# %% [markdown]
# *Moving picture: the quench once more, with a wheel that says which colour is which direction and the number of charges below. Discs
# are everywhere at first. A white and a black one drift towards each other and vanish together; the numbers of both stay equal.*
#
# They add up to zero: vortices come and go in pairs. That was a lattice on its way to equilibrium. Next, three that have arrived. **Guess:**
# where are the charges bound in pairs, in the cold or in the heat?

# %%
warmer = np.array([0.8, 0.95, 1.3])
settled = cluster.equilibrate(XY(64), np.random.default_rng(94), 1 / warmer, 60, n_chains=3)
names = [f"$T = {T:g}$: {(np.asarray(find(one)) > 0).sum()} pairs" for T, one in zip(warmer, settled, strict=True)]
panels = plots.lattices(settled, XY(64), names, charges=True)
plots.figure(*panels, title="Cold: a few tight pairs. Hot: charges everywhere, and no telling who belongs to whom")

# %% [markdown]
# *Picture: three lattices in colour with discs on them. In the first a few, a white one right beside a black one. In the second more, some
# with their partner a few spacings away. In the third discs all over the lattice.*
#
# Now watch it live, and answer the question above the picture.

# %%
explorers.live_lattice(XY(256))

# %% [markdown]
# Without a kernel, the figure above carries the same point.
#
# ## 5 · How stiff is it?
#
# Why bound in the cold? Far from its centre, the arrows of a vortex turn by $2\pi$ along a path of length $2\pi r$: by $1/r$ per step. A
# weak twist of a bond costs half its square, so that a vortex alone on a lattice of side $L$ costs
#
# $$\int_1^{L} \frac12 \frac{1}{r^2}\, 2\pi r\, dr = \pi \ln L .$$
#
# A free one may sit at any of $L^2$ places, which is an entropy of $\ln L^2$. Its free energy is $F = (\pi - 2T) \ln L$. At which
# temperature does the sign change?
#
# Colder, vortices are bound to antivortices; hotter, they come apart. But $T = \pi/2$ is too high. Waves and small pairs make the lattice
# soft, and a vortex in a soft lattice is cheap: it costs $\pi\Upsilon \ln L$, where Υ is the real stiffness. So pairs come apart where
# $\pi\Upsilon = 2T$: **at the transition, $\Upsilon = 2T/\pi$**. How does one measure a stiffness?
#
# Twist the lattice: turn each column against the one before by a small angle $a$, so that each bond along x has $\cos(\theta_i -
# \theta_j + a)$. The free energy per spin, of $N$ spins, rises by $\frac12\Upsilon a^2$. Its second derivative at $a = 0$ is
#
# $$\Upsilon = \Bigl\langle c \Bigr\rangle - \beta N \Bigl\langle s^2 \Bigr\rangle, \qquad
# c = \frac1N\sum_{x\text{-bonds}} \cos(\theta_i-\theta_j), \quad s = \frac1N \sum_{x\text{-bonds}} \sin(\theta_i-\theta_j) .$$
#
# The first term is the stiffness of a rigid lattice. Why is something taken away? The spins give way: $s$ is the current by which they do,
# and free vortices make it large. The same holds along y; average the two. Υ is called the **helicity modulus**.
#
# ### Exercise 9.3 · The stiffness against temperature
# *Difficulty ●●○ · fifteen minutes · why: it tells two phases apart where the mean spin cannot.*
#
# `draw(T)` gives lattices at temperature T, several chains of several samples. Compute Υ and its error at each temperature, as you did for
# the order in Exercise 7.3: $c$ and $s$ belong to one lattice, errors to chains.


# %% todo="9.3" task="return the helicity modulus and its error, a row for each temperature"
def stiffness_curve(draw, temperatures: Float[np.ndarray, "n"]) -> Float[np.ndarray, "n 2"]:
    """Helicity modulus of XY spins against temperature, J = 1.

    Args:
        draw: draw(T) gives angles in radians, an array of shape (chains, samples, L, L), on tori.
        temperatures: where to measure.

    Returns:
        A row for each temperature: Υ, averaged over both axes, and its standard error, which is the standard deviation
        (ddof=1) of the Υ of the chains, divided by the root of their number.
    """
    ### BEGIN SOLUTION
    rows = []
    for T in temperatures:
        angles = np.asarray(draw(T))
        n_spins = angles.shape[2] * angles.shape[3]
        each = 0
        for axis in (2, 3):
            step = np.roll(angles, -1, axis) - angles
            c = np.cos(step).mean(axis=(2, 3))
            s = np.sin(step).mean(axis=(2, 3))
            each = each + (c - n_spins * s**2 / T) / 2
        chains = each.mean(axis=1)
        rows.append([chains.mean(), chains.std(ddof=1) / math.sqrt(len(chains))])
    return np.array(rows)
    ### END SOLUTION


# %% check="9.3" points=4
from course_checks import check, exercises

with check.exercise("9.3", "stiffness_curve"):
    answer = exercises.xy.stiffness.by(stiffness_curve)
    bath = exercises.xy.bath(93)
    for some in ([0.8], [0.5, 0.8, 1.6]):
        answer.on(f"lattices of 4 × 4 spins at T = {some}", bath, np.array(some))
    stiff = answer.on("aligned spins", lambda T: np.ones((3, 2, 4, 4)), np.array([0.6]), expect=[[1.0, 0.0]])
    twist = np.arange(8) * np.pi / 4 + np.zeros((2, 3, 8, 1))
    answer.on(
        "one turn along x, T = 2", lambda T: twist, np.array([2.0]), expect=[[(0.5**0.5 + 1 - 0.5 * 64 * 0.5) / 2, 0.0]]
    )
    answer.fresh(3, "other lattices")

# %% [markdown] hint="9.3"
# `step = np.roll(angles, -1, axis) - angles` are the differences along an axis, 2 or 3; inside cosine and sine they need no wrapping.
# `np.cos(step).mean(axis=(2, 3))` is c of every lattice, shape (chains, samples): each spin has one bond along an axis. Then
# `c - n_spins * s**2 / T`, averaged over both axes, is a number for each lattice, whose average over samples is Υ of a chain.

# %% [markdown]
# How do you know that a lattice is at equilibrium? **Start from both ends.** Twelve chains begin aligned and cold, and are heated step by
# step; twelve begin random and hot, and are cooled. At each temperature the first quarter is dropped. Where the two agree within their
# errors (bars are ± one standard error), they have forgotten where they came from.

# %%
curve = check.yours("9.3", stiffness_curve, arrows.stiffness_curve)
warm = np.array([0.4, 0.7, 0.8, 0.85, 0.893, 0.93, 0.96, 1.0, 1.05, 1.15, 1.3])
runs, stiff = {}, {}
for L in (16, 32):
    model, look = XY(L, over_relaxation=L // 16), {"angles": jnp.asarray}
    runs[L] = tempering.both_ways(model, warm, look, n_samples=60, n_sweeps=8)["angles"]
    print(f"{L} × {L} spins heated and cooled")
    stiff[L] = np.array([curve(dict(zip(warm, runs[L][:, k], strict=True)).get, warm) for k in (0, 1)])
for k, name in enumerate(("heated", "cooled")):
    rows, how = [stiff[L][k, :, 0] for L in (16, 32)], {"window": (0.8, 1.05), "degree": 3}
    at = [ob.kt_temperature(warm, row, **how) for row in rows]
    print(f"{name}: Υ = 2T/π at T = {at[0]:.3f} for L = 16, at {at[1]:.3f} for 32;", end=" ")
    print(f"both together: T_KT = {ob.kt_temperature(warm, rows, (16, 32), **how):.3f}")

# %%
layers = [
    plots.exact([0.3, 1.35], [0.6 / math.pi, 2.7 / math.pi], "$2T/\\pi$"),
    plots.vline(exact.KT_TEMPERATURE, "$T_{KT}$, best known"),
]
for L, color in ((16, "sky"), (32, "orange")):
    layers += plots.heated_and_cooled(warm, stiff[L][..., 0], stiff[L][..., 1], f"$L = {L}$", color=color)
panel = plots.panel(*layers, xlabel="temperature $T$", ylabel="helicity modulus $\\Upsilon$")
plots.figure(panel, title="Stiff in the cold, soft in the heat: Υ falls through the line", legend_title=plots.STARTS)

# %% [markdown]
# *Picture: stiffness against temperature for two sizes, triangles that point up and down on one another. It falls slowly from above 0.8 at
# T = 0.4 and, beyond a rising grey line, steeply towards zero; more steeply for the larger size. A dashed line marks T = 0.893, a little to
# the left of the crossings.*
#
# In an infinite lattice Υ falls from $2T/\pi$ to zero at once, by the same universal jump as in a film of superfluid helium. On a finite one
# it is still above the line at the transition, by a factor $1 + 1/(2\ln L + C)$, so a single crossing comes out too high. Two sizes
# determine both unknowns, C and the temperature; the best known is $T_{KT} = 0.8929$. How far are you from it, and how far are heated and
# cooled from each other? (Section 8 gives the error bar.)
#
# ## 6 · Three models on one page
#
# Ising (lesson 07), Potts with ten colours (08), XY: one engine, and all both ways. **Guess first:** which goes to zero smoothly, which jumps,
# and in which do heated and cooled chains part?

# %%
share, panels = np.array([0.75, 0.9, 0.96, 0.99, 1.0, 1.01, 1.04, 1.12, 1.3]), []
for model, beta_c, color in ((Ising(32), exact.BETA_C, "blue"), (Potts(32, 10), exact.potts_beta_c(10), "red")):
    m = tempering.both_ways(model, share / beta_c, {"m": model.order_parameter}, n_samples=60, n_sweeps=20)["m"]
    m = np.array([[ob.mean_and_error(np.abs(one)) for one in m[:, k]] for k in (0, 1)])
    layers = plots.heated_and_cooled(share, m[..., 0], m[..., 1], model.title, color=color)
    axes = {"xlabel": "$T / T_c$", "ylabel": "order", "ylim": (-0.05, 1.05)}
    panels.append(plots.panel(plots.vline(1), *layers, title=model.title, **axes))
layers = plots.heated_and_cooled(warm / exact.KT_TEMPERATURE, *np.moveaxis(stiff[32], -1, 0), "XY", color="orange")
axes |= {"xlabel": "$T / T_{KT}$", "ylabel": "stiffness $\\Upsilon$", "xticks": (0.6, 1, 1.4)}
panels.append(plots.panel(plots.vline(1), *layers, title="XY", **axes))
plots.figure(*panels, title="Three ways to lose order, on 32 × 32 spins", legend_title=plots.STARTS)

# %% [markdown]
# *Picture: three panels. Ising: the order falls steeply but smoothly through the dashed line, with a tail above it. Potts: high on the left,
# low on the right, and at the line heated chains are still high where cooled ones are low. XY: the stiffness falls slowly, then steeply
# above the line.*
#
# Ising lets go of its order smoothly. Potts jumps, and where its starts part the points are no equilibrium but a memory. XY has no order to
# lose, only stiffness.

# %% [markdown] think="9a"
# **Think.** A colleague sees large clouds of all colours at T = 0.85. "No order, so this is the disordered phase." What would you measure?
# <!-- ANSWER -->
# The stiffness. Clouds are the long waves of a stiff lattice: the colours change slowly, and the mean spin of a large lattice is small,
# yet Υ is above 2T/π. In the disordered phase Υ is zero, and the clouds have a size that does not grow with the lattice.

# %% [markdown]
# ## What you made
#
# - `xy_sweep` draws each spin from the pull of its neighbours, a von Mises distribution, and mirrors it for free.
# - A new kind of spin on THRML is a node, interactions, and a sampler with one method.
# - `find_vortices` counts wrapped steps. Charges come and go in pairs: bound below $T_{KT}$, apart above.
# - `stiffness_curve` falls through $2T/\pi$, and two sizes told you where an infinite lattice goes soft.
#
# What follows is for those who want more.

# %% [markdown] depth="90 min"
# A sampler for hardware that cannot wait; an error bar for $T_{KT}$; how far apart the partners of a pair are; a state that is neither order
# nor disorder, and why |m| says nothing about it; what changes with sixteen directions; how a quench goes on; and what goes wrong.

# %%
import itertools

import equinox as eqx
from jaxtyping import Array
from scipy.optimize import linear_sum_assignment
from scipy.special import i0e, i1e

from course_utils import diagnostics
from course_utils.lattice import Clock
from course_utils.lattice.xy import best_fisher, moved

# %% [markdown]
# ## 7 · A fixed number of rounds
#
# How does one draw from a von Mises distribution? Best and Fisher (1979) propose from one that is easy to draw from, a wrapped Cauchy
# distribution, and accept with the right probability: nearly always for a wide bell, in two of three cases for a narrow one.
# `arrows.von_mises` tries until every spin has been accepted. On parallel hardware nobody wants to wait for the unluckiest spin of a
# lattice. So: a **fixed number of rounds**, and a spin whose proposals were all refused stays as it was. Is that still exact?
#
# Yes. Whether a spin is refused does not depend on where it was. If it was distributed by the conditional, it is so afterwards in both
# cases, for any number of rounds. But the sampler must know where the spin was, and THRML does not tell it: so the spin becomes a
# neighbour of itself, in a second interaction.


# %%
class FixedRounds(thrml.AbstractConditionalSampler):
    """Exact conditional of XY spins, in a fixed number of rounds."""

    beta: float
    rounds: int = eqx.field(static=True)

    def sample(self, key, interactions, active_flags, states, sampler_state, output_sd):
        neighbours, new = states[0][0], states[1][0][:, 0]  # of the neighbours, and of the spin itself
        pull = jnp.where(active_flags[0], jnp.exp(1j * neighbours), 0).sum(axis=1)
        kappa, refused = self.beta * jnp.abs(pull), jnp.ones(len(pull), bool)
        rho, kappa_r = best_fisher(kappa)
        for one in jax.random.split(key, self.rounds):
            turns, v = jax.random.uniform(one, (2, len(pull)))
            cos, sin = moved(turns, rho)
            c = kappa_r - kappa * cos
            accepted = refused & (v < c * jnp.exp(1 - c))
            new = jnp.where(accepted, jnp.angle(pull) + jnp.arctan2(sin, cos), new)
            refused = refused & ~accepted
        return new, sampler_state


# %% [markdown]
# The test: the arrow of section 3, one round only, 24 chains which all start at π. Three sets of neighbours.

# %%
groups = [
    thrml.InteractionGroup(None, thrml.Block(nodes[:1] * 4), [around]),
    thrml.InteractionGroup(None, centre, [centre]),
]
in_rounds = thrml.BlockSamplingProgram(spec, [FixedRounds(1.0, rounds=1)], groups)


@jax.jit
def star(keys, neighbours: Float[Array, "4"]) -> Float[Array, "chains samples"]:
    """Angles of the centre, given its four neighbours."""
    schedule, start = thrml.SamplingSchedule(n_warmup=50, n_samples=1000, steps_per_sample=1), [jnp.full(1, np.pi)]
    return jax.vmap(lambda key: thrml.sample_states(key, in_rounds, schedule, start, [neighbours], [centre])[0])(keys)[
        ..., 0
    ]


for name, four in (
    ("four agree", [1.0] * 4),
    ("a fan", [0.2, 1.3, 2.5, 3.3]),
    ("two against two", [0.0, 0.3, 3.1, 3.5]),
):
    mean = np.exp(1j * np.array(four)).sum()
    φ, κ = np.angle(mean), abs(mean)
    found = ob.mean_and_error(np.cos(np.asarray(star(jax.random.split(jax.random.key(97), 24), jnp.array(four))) - φ))
    off = (found.value - i1e(κ) / i0e(κ)) / found.error
    print(f"{name:16s} κ = {κ:.3f}: ⟨cos(θ - φ)⟩ = {found}, exact I₁/I₀ = {i1e(κ) / i0e(κ):.4f} ({off:+.1f} errors)")

# %% [markdown]
# The course's `XY` makes two rounds. What do the mirrors of Exercise 9.1 save? For how many sweeps does the length of the mean spin
# remember (its integrated autocorrelation time, lesson 03), with and without? Each run is made twice, from aligned and from random spins.

# %%
for mirrors in (0, 2):
    model, pair = XY(32, over_relaxation=mirrors), []
    for start in ("aligned", "random"):
        how = {"n_samples": 1000, "n_burn_in": 400, "n_chains": 8, "init": start}
        pair.append(np.asarray(model.measure(jax.random.key(9), 1 / 0.893, {"m": model.order_parameter}, **how)["m"]))
    τ = ob.jackknife(lambda chains: diagnostics.integrated_time(chains.T), np.concatenate(pair))
    print(f"{mirrors} mirrors a sweep: |m| remembers for {τ} sweeps;", diagnostics.two_starts(pair[0].T, pair[1].T))

# %% [markdown]
# ## 8 · An error bar for the transition
#
# ### Exercise 9.4 · Where the stiffness meets its line
# *Difficulty ●●○ · ten minutes · why: a transition temperature from measured points, not from a look at a figure.*
#
# Complete `kt_crossing`: the temperature at which Υ falls through the line $2T/\pi$, by linear interpolation between the two
# measured points on either side.


# %% todo="9.4" task="return the temperature at which Υ crosses 2T/π"
def kt_crossing(temperatures: Float[np.ndarray, "n"], helicity: Float[np.ndarray, "n"]) -> float:
    """Crossing of a measured helicity modulus with the line 2 T / π, by linear interpolation.

    Args:
        temperatures: rising.
        helicity: Υ at each; above the line at first, below it from some temperature on.

    Returns:
        The temperature of the crossing.

    Raises:
        ValueError: if the first point is not above the line, or the last not below it.
    """
    ### BEGIN SOLUTION
    above = helicity - 2 * temperatures / np.pi
    if above[0] <= 0 or above[-1] >= 0:
        raise ValueError("the helicity modulus does not cross 2T/π in this range")
    i = int(np.argmax(above < 0))
    share = above[i - 1] / (above[i - 1] - above[i])
    return float(temperatures[i - 1] + share * (temperatures[i] - temperatures[i - 1]))
    ### END SOLUTION


# %% check="9.4" points=2
from course_checks import check, exercises

with check.exercise("9.4", "kt_crossing"):
    answer = exercises.xy.crossing.by(kt_crossing)
    t, Υ = np.array([0.5, 0.8, 0.9, 1.0, 1.25]), np.array([0.89, 0.72, 0.62, 0.38, 0.02])
    answer.on("five points", t, Υ)
    answer.on("three points, uneven steps", np.array([0.7, 1.05, 1.1]), np.array([0.78, 0.5, 0.3]))
    answer.on("four points, the last below", t[:4], Υ[:4] + 0.1)
    hint = "The two points beside the crossing are neighbours in temperature."
    answer.on("noise: Υ goes up and down", t, np.array([0.62, 0.75, 0.63, 0.2, 0.75]), hint=hint)
    line, hint = 2 * t / np.pi, "Look at the signs of Υ - 2T/π at both ends first."
    answer.on("a point on the line", t, np.where(t == 0.9, line, Υ), expect=0.9, hint="That point is the crossing.")
    answer.fresh(3, "fresh points")
    bad = {"above": line + 0.1, "below": line - 0.1, "on it at first": np.where(t == 0.5, line, Υ)}
    for what, u in (bad | {"on it at last": line + 0.1 * (t < 1.1)}).items():
        check.raises(ValueError, lambda u=u: kt_crossing(t, u), f"a stiffness with 2T/π: {what}", hint=hint)

# %% [markdown] hint="9.4"
# Let `above = helicity - 2 * temperatures / np.pi`. The crossing is between the last positive and the first negative entry;
# `np.argmax(above < 0)` is the index of the latter. On a straight line from $a > 0$ to $b < 0$ the zero is at the share
# $a/(a - b)$ of the way.

# %% uses="9.4"
for L, rows in stiff.items():
    print(f"L = {L}: your crossing is at T = {kt_crossing(warm, rows[0, :, 0]):.4f} heated,", end=" ")
    print(f"{kt_crossing(warm, rows[1, :, 0]):.4f} cooled")

# %% [markdown]
# Straight lines between points are one choice; polynomials fitted to a window of points are another, and the answer depends on both. Υ is
# linear in its two terms, so that each lattice has its own value; the error comes from leaving out one chain after the other (the
# jackknife of lesson 07).

# %%
each = {  # chains, samples, temperatures
    L: np.moveaxis(ob.helicity_modulus(ob.helicity_terms(angles), 1 / warm[:, None, None, None], L * L, axis=()), 0, -1)
    for L, angles in runs.items()
}
each = {L: one.reshape(-1, *one.shape[2:]) for L, one in each.items()}


def temperature(*sizes: Float[np.ndarray, "chains samples n"], window=(0.8, 1.05), degree: int = 3) -> float:
    """T_KT from Υ on 16 × 16 and 32 × 32 spins."""
    rows = [one.mean(axis=(0, 1)) for one in sizes]
    return ob.kt_temperature(warm, rows, (16, 32), window=window, degree=degree)


for degree in (1, 2, 3):
    for window in ((0.8, 1.05), (0.8, 1.0), (0.85, 0.96)):
        how = {"window": window, "degree": degree}
        at = ob.jackknife(lambda *two, how=how: temperature(*two, **how), each[16], each[32], independent=True)
        print(f"degree {degree}, {window[0]} to {window[1]}: {at}", end="    ")
    print()
kt = ob.jackknife(temperature, each[16], each[32], independent=True)
print(f"T_KT = {kt} (degree 3, widest window); best known {exact.KT_TEMPERATURE}")

# %% [markdown]
# The printed error is the statistical one, and the table shows a second: a straight line is too stiff for points that bend. A fit is to be
# trusted where its answer no longer depends on the window. What lattices as small as these leave out beyond $1/(2\ln L + C)$ is in
# neither error (Weber and Minnhagen 1988; Hasenbusch 2005).
#
# What do other quantities say about the transition? The same lattices, all chains:

# %%
estimates = {}
for L, angles in runs.items():
    model, flat = XY(L), angles.reshape(len(warm), 24, -1, L, L)
    looks = {"energy": model.energy, "vortices": ob.vortex_density, "m": model.order_parameter}
    estimates[L] = {
        name: np.array([ob.mean_and_error(np.asarray(look(one))) for one in flat]) for name, look in looks.items()
    }
    estimates[L]["helicity"] = np.array([ob.mean_and_error(each[L][..., k]) for k in range(len(warm))])
labels = {"energy": "energy per spin ($J$)", "vortices": "vortices per plaquette"}
labels |= {"m": "mean spin $\\langle|m|\\rangle$", "helicity": "helicity modulus $\\Upsilon$ ($J$)"}
panels = [
    plots.panel(
        plots.vline(exact.KT_TEMPERATURE, f"$T_{{KT}}$ = {exact.KT_TEMPERATURE}, literature"),
        *[plots.points(warm, *found[name].T, f"$L = {L}$", mark=mark, joined=True)
          for (L, found), mark in zip(estimates.items(), "os", strict=True)],
        xlabel="temperature $T$ ($J/k_B$)", ylabel=label,
    )
    for name, label in labels.items()
]  # fmt: skip
plots.figure(
    *panels, columns=2, share="x", title="Of four quantities, the stiffness alone shows where the transition is"
)

# %% [markdown]
# *Picture: four panels. The energy rises smoothly, the same for both sizes, and nothing happens to it at the dashed line. The density of
# vortices rises from zero. The length of the mean spin falls, more on the larger lattice. The helicity modulus hardly depends on the size
# below the line; above it, it drops, more steeply on the larger lattice.*
#
# The energy has no corner at $T_{KT}$. Vortices begin long before. The mean spin gives a different answer for each size.
#
# ## 9 · Pairs come apart
#
# Is the energy of a lone vortex right?


# %%
def lone_vortex(size: int) -> float:
    """Energy above the ground state of one vortex in the middle of a lattice with open sides."""
    y, x = np.indices((size, size)) - (size - 1) / 2
    θ = np.arctan2(y, x)
    return sum((1 - np.cos(np.diff(θ, axis=axis))).sum() for axis in (0, 1))


cost = np.array([lone_vortex(L) for L in (16, 32, 64, 128, 256)])
print("L = 16 to 256, energy gained per unit of ln L:", (np.diff(cost) / math.log(2)).round(4), f"; π = {math.pi:.4f}")

# %% [markdown]
# Is it true that pairs are bound below $T_{KT}$? A pairing is a choice, so take the best: that with the shortest total distance between
# vortices and antivortices. Beside it, as many charges thrown on the lattice at random. Lattices of 64 × 64 spins, 6 chains of 4 at each
# temperature.

# %%
walk = np.array([0.7, 0.8, 0.893, 1.0, 1.1, 1.3, 1.6])
how = {"n_samples": 4, "n_sweeps": 20, "n_burn_in": 200, "n_chains": 6 * len(walk), "init": "aligned"}
lattices = np.asarray(XY(64, over_relaxation=2).sample(jax.random.key(94), np.repeat(1 / walk, 6), **how))
charges = ob.winding_numbers(lattices.reshape(len(walk), 24, 64, 64))


def pairing(charge: Int[np.ndarray, "L L"]) -> Float[np.ndarray, "pairs"]:
    """Distances of vortices from antivortices, paired so that their sum is smallest, on a torus."""
    apart = np.abs(np.argwhere(charge > 0)[:, None] - np.argwhere(charge < 0))
    distance = np.hypot(*np.moveaxis(np.minimum(apart, len(charge) - apart), -1, 0))
    return distance[linear_sum_assignment(distance)]


coins, rows = np.random.default_rng(96), []
for c in charges:
    found = [pairing(one) for one in c]
    thrown = np.concatenate([pairing(coins.permutation(one.ravel()).reshape(one.shape)) for one in c])
    groups_of_four = [np.concatenate(found[k : k + 4]) for k in range(0, 24, 4)]  # the lattices of one chain
    chains = np.array([np.mean(g) for g in groups_of_four if len(g)])
    rows.append((np.concatenate(found).mean(), chains.std(ddof=1) / math.sqrt(len(chains)), thrown.mean()))
distance, errors, thrown = np.array(rows).T
title = f"Distance in a pair: {distance[0] / thrown[0]:.0%} of the random one at $T = {walk[0]:g}$, "
title += f"{distance[-1] / thrown[-1]:.0%} at $T = {walk[-1]:g}$"
axes = {"xlabel": "temperature $T$ ($J/k_B$)", "ylabel": "mean distance in a pair (spacings)"}
layers = [plots.points(walk, thrown, None, "as many charges, thrown at random", color="grey", mark="s", joined=True)]
layers += [plots.points(walk, distance, errors, "XY", joined=True), plots.vline(exact.KT_TEMPERATURE, "$T_{KT}$")]
plots.figure(plots.panel(*layers, log="y", yticks=(1, 2, 5, 10, 20), **axes), title=title)

# %% [markdown]
# *Picture: grey squares, the distance for random charges, fall from left to right as the lattice fills. The blue points start far below
# them, near one spacing, rise until some way above T_KT, and stay between one and two spacings, while the grey ones come down towards
# them. The upright axis is logarithmic.*
#
# Cold: a few pairs, each of neighbours, in a lattice with room for distances many times as large. Hot: charges are so dense that every
# vortex has some antivortex near, but no longer *its own*.
#
# ## 10 · Neither order nor disorder
#
# **Choose before you read on.** Below $T_{KT}$ the arrows are stiff. How does $C(r) = \langle\cos(\theta_0 - \theta_r)\rangle$ behave as
# the distance $r$ grows?
#
# - (a) it falls to a positive constant: there is long-range order, as in a cold Ising lattice;
# - (b) it falls to zero as a power of $r$;
# - (c) it falls to zero exponentially, as in a hot Ising lattice.
#
# Long waves cost almost nothing, and in two dimensions there are so many of them that they destroy the order at any $T > 0$:
# this is the theorem of Mermin and Wagner, and excludes (a). The calculation with waves alone, Gaussian with stiffness Υ, gives (b):
#
# $$C(r) \propto r^{-\eta}, \qquad \eta = \frac{T}{2\pi\Upsilon}, \qquad\text{at } T_{KT}:\ \eta = \frac14,$$
#
# the last from $\Upsilon = 2T/\pi$. Above $T_{KT}$ free vortices make it (c). On a torus a distance is measured by the chord
# $\frac{L}{\pi}\sin\frac{\pi r}{L}$. Both fits to 64 × 64 lattices, each where it can hold:


# %%
def correlation(spins: Float[Array, "chains L L"]) -> Float[Array, "chains distances"]:
    """⟨cos(θ - θ')⟩ at distances 0, 1, ..., L/2."""
    return ob.correlation_function(jnp.cos(spins), jnp.sin(spins))


def slope(x, c, part) -> Float[np.ndarray, "2"]:
    """Slope and intercept of log C against x."""
    return np.polyfit(x[part], np.log(c.mean((0, 1))[part]), 1)


few, large = np.array([0.4, 0.7, 0.893, 1.1, 1.3]), XY(64, over_relaxation=4)
look = {"correlation": correlation, "m": large.order_parameter, "terms": ob.helicity_terms}
wide = {
    name: x.reshape(len(few), 24, *x.shape[3:])
    for name, x in tempering.both_ways(large, few, look, n_samples=24, n_sweeps=12).items()
}
wide["helicity"] = ob.helicity_modulus(wide["terms"], 1 / few[:, None, None], 64 * 64, axis=())
r = np.arange(33)
chord = 64 / np.pi * np.sin(np.pi * np.maximum(r, 1e-9) / 64)
for k, t in enumerate(few):
    agree = diagnostics.two_starts(wide["m"][k, :12].T, wide["m"][k, 12:].T).agree
    if t < 0.9:
        η = ob.jackknife(lambda c: -slope(np.log(chord), c, slice(4, None))[0], wide["correlation"][k])
        print(f"T = {t:.3f}: η = {η}; T/2πΥ = {t / (2 * math.pi * wide['helicity'][k].mean()):.4f}", end="")
    else:
        ξ = ob.jackknife(lambda c: -1 / slope(r, c, slice(2, 9))[0], wide["correlation"][k])
        print(f"T = {t:.3f}: from r = 2 to 8 C falls by 1/e every {ξ} steps", end="")
    print(f"; the two starts {'agree' if agree else 'do not agree'}")

# %%
logs, halflogs = [], []
for t, c, color in zip(few, wide["correlation"], plots.shades(len(few)), strict=True):
    value, error = np.array(ob.mean_and_error(c))[:, 1:]
    clear = value > 2 * error
    for layers, at in ((logs, chord[1:]), (halflogs, r[1:])):
        layers.append(plots.points(at[clear], value[clear], error[clear], f"$T = {t:.3g}$", color=color))
    at, part, layers = (np.log(chord), slice(4, None), logs) if t < 0.9 else (r, slice(2, 9), halflogs)
    a, b = slope(at, c, part)
    fit = np.exp(b + a * at[1:])
    layers.append(plots.line((chord if t < 0.9 else r)[1:][fit > 4e-3], fit[fit > 4e-3], color=color, width=1.2))
words = {"xlabel": "chord $(L/\\pi)\\,\\sin(\\pi r/L)$ (spacings)", "ylabel": "correlation $C(r)$"}
left = plots.panel(
    *logs, log="xy", ylim=(4e-3, 1.1), title="log-log: lines are power laws", xticks=(1, 2, 5, 10, 20), **words
)
words = {"xlabel": "distance $r$ (spacings)", "title": "semi-log: lines are exponentials"}
title = "Cold: correlations fall as a power of the distance. Hot: exponentially"
plots.figure(left, plots.panel(*halflogs, log="y", ylim=(4e-3, 1.1), **words), title=title)

# %% [markdown]
# *Picture: the same correlations twice. On the left, with both axes logarithmic, the cold curves lie on straight lines of small slope and
# the hot ones bend down. On the right, with one logarithmic axis, the two hottest begin along straight lines (the fits, from r = 2 to 8);
# the cold ones level off. Far out the hot curves leave their line upwards, since there the other way round the torus counts too.*
#
# With the *measured* stiffness the waves predict η, to within a tenth up to the transition. There it is a little below 1/4, since on
# 64 × 64 spins Υ is still above its line. This state has a name: **quasi-long-range order**.
#
# ## 11 · Why |m| falls with L
#
# **Choose before you read on.** Take a 16 × 16 lattice at T = 0.7, far below $T_{KT}$, and make the side four times as long. What happens to
# the length of the mean spin? (a) Nothing: the lattice is in its cold phase. (b) It shrinks by about a tenth. (c) It shrinks to half or
# less.
#
# The mean spin is an average over pairs: $\langle|m|^2\rangle = \frac1N\sum_r C(r) \propto L^{-\eta}$. So $|m| \propto L^{-\eta/2}$. There
# is even a formula with prefactor. If the angles are Gaussian waves of stiffness Υ,
#
# $$|m| = \exp\Bigl(-\frac{T}{2\Upsilon} G_L\Bigr), \qquad G_L = \frac1N\sum_{k\neq 0}\frac{1}{4 - 2\cos k_x - 2\cos k_y}
# \approx \frac{\ln L}{2\pi} + 0.05 .$$


# %%
def waves(L: int) -> float:
    """G of a torus: the mean square angle of a spin against the mean direction is T G / Υ."""
    c = 2 * np.cos(2 * np.pi * np.arange(L) / L)
    cost = 4 - c[:, None] - c
    cost[0, 0] = np.inf
    return float((1 / cost).mean())


layers, sides = [], np.array([16, 32, 64])
for k, color, mark in zip((0, 1, 2, 4), ("blue", "green", "orange", "red"), "osD^", strict=True):
    t, Υ = few[k], wide["helicity"][k].mean()
    rows = [estimates[L]["m"][np.argmin(abs(warm - t))] for L in (16, 32)] + [ob.mean_and_error(wide["m"][k])]
    m, error = np.array(rows).T
    power = -t / (4 * math.pi * Υ) if t < 1 else -1.0
    name = f"$T = {t:.3g}$: predicted $L^{{{power:+.3f}}}$ (dashed)"
    layers.append(plots.line([16, 256], m[0] * (np.array([16, 256]) / 16) ** power, color=color, style="--", width=1.2))
    layers.append(plots.points(sides, m, error, name, color=color, mark=mark))
    by_waves = f", by waves at 64: {math.exp(-t / (2 * Υ) * waves(64)):.3f}" if t < 1 else ""
    print(f"T = {t:.3f}: |m| = {', '.join(f'{v:.3f}' for v in m)}{by_waves}; 64 against 16: {m[2] / m[0]:.3f}")
axes = {"xlabel": "side of the lattice $L$", "ylabel": "mean spin $\\langle|m|\\rangle$"}
axes |= {"log": "xy", "xticks": (16, 32, 64, 128, 256), "yticks": (0.02, 0.05, 0.1, 0.2, 0.5, 1)}
plots.figure(
    plots.panel(*layers, **axes), title="At every temperature $|m|$ falls with $L$: slowly, as a power, when it is cold"
)

# %% [markdown]
# *Picture: |m| against L on logarithmic axes, for three sizes and four temperatures. The points of the three colder temperatures lie on
# dashed lines of slight slope; those of the hottest fall along 1/L, the line of a lattice of independent patches.*
#
# A crystal as large as a coin would still show a mean spin, and in the infinite one there is none. So |m| is not an order parameter here,
# and a magnetisation curve at one size says nothing about a transition.
#
# ## 12 · What sixteen directions change
#
# In the **clock model** an arrow has $q$ directions, $\theta = 2\pi k/q$ with $k = 0, \dots, q-1$, and the same energy. For $q = 2$ this is
# Ising. With $q = 16$ it can stand in for XY where a library draws one of finitely many states only, from a table:
#
# $$P(k \mid \text{neighbours}) \propto \exp\Bigl(\beta \sum_{j=1}^{4} \cos\bigl(\tfrac{2\pi}{q}(k - k_j)\bigr)\Bigr) .$$
#
# ### Exercise 9.5 · The conditional of a clock spin
# *Difficulty ●○○ · ten minutes · why: with this table any sampler of finitely many states can do arrows.*


# %% todo="9.5" task="return the probability of each state, given the four neighbours"
def clock_conditional(neighbours: Int[np.ndarray, "n 4"], beta: float, q: int) -> Float[np.ndarray, "n q"]:
    """Distribution of clock spins given their neighbours, with J = 1.

    Args:
        neighbours: states k of the four neighbours of each spin, from 0 to q - 1.
        beta: inverse temperature.
        q: number of directions.

    Returns:
        P(k) of each spin; every row adds up to 1.
    """
    ### BEGIN SOLUTION
    angle = 2 * np.pi / q * (np.arange(q) - neighbours[:, :, None])
    weight = np.exp(beta * np.cos(angle).sum(axis=1))
    return weight / weight.sum(axis=1, keepdims=True)
    ### END SOLUTION


# %% check="9.5" points=2
from course_checks import check, exercises

with check.exercise("9.5", "clock_conditional"):
    answer = exercises.xy.conditional.by(clock_conditional)
    k = np.array([[0, 1, 1, 3], [15, 0, 2, 8], [4, 4, 5, 11]])
    answer.on("three spins with 16 directions, β = 1.3", k, 1.3, 16)
    answer.on("two spins with 5 directions, β = 0.7", np.array([[0, 1, 1, 3], [4, 0, 0, 1]]), 0.7, 5)
    up = 1 / (1 + math.exp(-4 * 0.4))
    two = [[up, 1 - up], [0.5, 0.5]]
    answer.on("Ising spins (q = 2), β = 0.4", np.array([[0, 0, 0, 1], [1, 0, 0, 1]]), 0.4, 2, expect=two)
    answer.fresh(3, "fresh neighbours")

# %% [markdown] hint="9.5"
# `neighbours[:, :, None]` has shape (n, 4, 1); subtract it from `np.arange(q)` and you have all differences, shape (n, 4, q).
# Multiply by 2π/q, take the cosine, sum over axis 1, multiply by β, exponentiate, divide by the sum over the last axis.

# %% [markdown]
# THRML's built-in categorical factors would hold a table of $16 \times 16$ weights for every edge; lesson 08 measures what that costs.
# `Clock` knows that only differences to one neighbour matter: $16^3$ cases, one small table for the whole lattice, one random number and
# one look-up for a spin. Can you tell it from XY? Two programs that share nothing, both heated and cooled, on 32 × 32 spins:

# %%
clock, both = Clock(32, 16), np.array([0.85, 0.93])
look = {
    "energy": clock.energy,
    "m": clock.order_parameter,
    "terms": lambda k: ob.helicity_terms(ob.clock_angles(k, 16)),
}
seen_clock = tempering.both_ways(clock, both, look, n_samples=150, n_sweeps=50)
seen_clock["helicity"] = ob.helicity_modulus(seen_clock["terms"], 1 / both[:, None, None, None], 32 * 32, axis=())
for t, *series in zip(both, *[seen_clock[name] for name in ("energy", "m", "helicity")], strict=True):
    for name, one in zip(("energy", "m", "helicity"), series, strict=True):
        value, error = estimates[32][name][list(warm).index(t)]
        table = ob.mean_and_error(one.reshape(24, -1))
        off = (value - table.value) / math.hypot(error, table.error)
        print(f"T = {t}: {name:9s} XY {value:.4f} ± {error:.4f}, clock {table} ({off:+.1f} errors apart)")

# %% [markdown]
# So what do sixteen directions change? Go colder. A wave can be as gentle as it likes; a step of the clock cannot. One spin that takes one
# step in a lattice of equals pays at least $\Delta = 4\,(1 - \cos\tfrac{2\pi}{16})$, and at temperatures far below Δ there are hardly any
# such steps. Continuous spins still have their waves, with $T/2$ per spin however cold it is. The second sign is the *direction* φ of the
# mean spin: free to drift, or locked to one of the 16? $\langle\cos 16\varphi\rangle$ tells: 1 on a direction, −1 half-way between two, 0
# if all are equally likely.
#
# Here a start is remembered longest, so take two that say the opposite. Heated: all spins along x, $\cos 16\varphi = 1$. Cooled: the mean
# spin half-way between two directions, $\cos 16\varphi = -1$; the circle can put every spin there, the clock throws a coin for each spin.


# %%
def locking(angles: Float[Array, "*batch L L"]) -> Float[Array, "*batch"]:
    """cos 16φ of the direction φ of the mean spin."""
    m = ob.planar_magnetisation(angles)
    return jnp.cos(16 * jnp.arctan2(m[..., 1], m[..., 0]))


def halves(series: Float[np.ndarray, "points 2 chains samples"]) -> Float[np.ndarray, "2 2 points"]:
    """Mean and standard error, of the heated and of the cooled chains, at each temperature."""
    return np.array([[ob.mean_and_error(one[k]) for one in series] for k in (0, 1)]).transpose(2, 0, 1)


gap, chill = 4 * (1 - math.cos(math.pi / 8)), np.array([0.03, 0.04, 0.05, 0.065, 0.08, 0.1, 0.12, 0.2, 0.3])
coin, cold = np.random.default_rng(99).integers(0, 2, (16, 16)).astype(np.uint8), {}
for name, model, between, how in (
    ("16 directions", Clock(16, 16), coin, {"n_samples": 24, "n_sweeps": 50}),
    ("all directions", XY(16, over_relaxation=2), np.full((16, 16), np.pi / 16), {"n_samples": 80, "n_sweeps": 5}),
):
    turned = (lambda k: locking(ob.clock_angles(k, 16))) if between is coin else locking
    look = {"energy": model.energy, "m": model.order_parameter, "locking": turned}
    cold[name] = tempering.both_ways(model, chill, look, starts=("aligned", between), **how)
    apart = [diagnostics.two_starts(one[0].T, one[1].T).apart for one in cold[name]["locking"]]
    print(
        f"{name}, cos 16φ: the two starts are at most {max(apart):.1f} errors apart, at T = {chill[np.argmax(apart)]:g}"
    )

# %%
left, right = [], [plots.hline(0, color="grey", style="-")]
for (name, seen_here), color in zip(cold.items(), ("red", "blue"), strict=True):
    heat, locks = halves((seen_here["energy"] + 2) / chill[:, None, None, None]), halves(seen_here["locking"])
    left += plots.heated_and_cooled(chill, *heat, name, color=color)
    right += plots.heated_and_cooled(chill, *locks, name, color=color)
fine = np.geomspace(0.03, 0.3, 200)
alone = 2 * np.exp(-gap / fine) / (1 + 2 * np.exp(-gap / fine))
left.append(plots.line(fine, gap * alone / fine, "one spin of the clock alone with its gap", color="red", width=1.2))
left.append(plots.hline(0.5, "spin waves: $T/2$ each", color="blue"))
axes = {"xlabel": "temperature $T$ ($J/k_B$)", "log": "x", "xticks": (0.03, 0.05, 0.1, 0.2, 0.3)}
plots.figure(
    plots.panel(*left, ylabel="(energy per spin + $2J$) / $T$", ylim=(-0.02, 0.68), title="energy taken up", **axes),
    plots.panel(
        *right, ylabel="$\\langle\\cos 16\\varphi\\rangle$", title="is the mean spin on one of the 16?", **axes
    ),
    title="In the cold the clock keeps to one of its 16 directions; the circle has none at any $T$",
    legend_title=plots.STARTS,
)

# %% [markdown]
# *Picture: points that look up (heated) and down (cooled) lie on one another. On the left the energy taken up, over T, against T. The blue
# points stay at one half. The red ones rise with T from zero to one half, steepest a little below T = 0.1: at first along the red curve for
# spins that fluctuate alone, then above it. On the right ⟨cos 16φ⟩: for the clock 1 where it is coldest, near 0 above 0.1; for the circle
# near 0 everywhere.*
#
# So the clock has **three** phases (José, Kadanoff, Kirkpatrick and Nelson 1977): below about $T = 0.1$ true long-range order, in one of
# 16 directions; up to $T_{KT}$ the same quasi-long-range order as XY; disorder above.
#
# ## 13 · How a quench goes on
#
# Your film showed a lattice on its way. How fast does it go? Were the density of vortices to fall by meetings of wanderers that are pulled
# together by a force $1/d$ and held back by a friction that grows as $\ln d$, it would go as $\ln t/t$ (Yurke and others 1993). Eight
# lattices of 128 × 128 spins:

# %%
cooling, spins, times, counts = XY(128), "random", [], []
for n_sweeps in (1, 1, 2, 4, 8, 16, 32, 64):
    done = times[-1] if times else 0
    how = {"n_samples": 8, "n_chains": 8, "n_sweeps": n_sweeps, "init": spins}
    run = np.asarray(cooling.sample(jax.random.key(done), 1 / 0.2, **how))
    spins, times = run[:, -1], times + [done + n_sweeps * (k + 1) for k in range(8)]
    counts += list(ob.vortex_density(np.moveaxis(run, 1, 0)))
t, density, errors = np.array(times, float), np.mean(counts, 1), np.std(counts, 1, ddof=1) / math.sqrt(8)
late = (t >= 16) & (t <= 256)
front = np.exp(np.mean(np.log(density[late] * t[late] / np.log(t[late]))))
law = np.where(late, front * np.log(np.maximum(t, 1.01)) / t, np.nan)
layers = [plots.points(t, density, errors, "measured"), plots.line(t, density[0] / t, "$1/t$", color="grey", style=":")]
layers.append(plots.line(t, law, f"${front:.2f}\\,\\ln(t)/t$", color="red"))
axes = {"xlabel": "sweeps after the quench", "ylabel": "vortices per plaquette", "log": "xy"}
title = f"After {times[-1]} sweeps {density[-1] * 128**2:.1f} vortices are left on a lattice; at equilibrium hardly any would be"
plots.figure(plots.panel(*layers, ylim=(max(0.5 * density.min(), 1e-5), 0.5), **axes), title=title)

# %% [markdown]
# *Picture: the density of vortices against time on logarithmic axes, falling from a tenth to under a thousandth. The red curve ln(t)/t
# follows the points up to sweep 256; the dotted 1/t is steeper. (After that a handful of vortices is left on each lattice, and a law for
# many no longer applies.)*
#
# A film of ten seconds with 512 × 512 spins: `.venv/bin/python -m course_utils.showcase --only films`, in a terminal in the folder of the
# course.
#
# ## 14 · What goes wrong
#
# **A quench shown as equilibrium.** Random spins, β = 1.2, and averages from the first sweep on. What that would report:

# %%
how = {"n_samples": 8, "n_chains": 8, "n_sweeps": 7}
early = ob.mean_and_error(ob.vortex_density(np.asarray(cooling.sample(jax.random.key(9), 1.2, init="random", **how))))
later = ob.mean_and_error(
    ob.vortex_density(np.asarray(cooling.sample(jax.random.key(9), 1.2, n_burn_in=300, init="aligned", **how)))
)
print(f"vortex density in sweeps 1 to 56 after random spins: {early}; after 300 sweeps from aligned ones: {later}")

# %% [markdown]
# **Winding without wrapping.** The charges of a hot lattice, with steps as they come: all zero, and no error message.

# %%
θ = settled[-1]
corners = [θ, np.roll(θ, -1, 1), np.roll(θ, (-1, -1), (0, 1)), np.roll(θ, -1, 0), θ]
plain = sum(b - a for a, b in itertools.pairwise(corners)) / (2 * np.pi)
print(f"T = {warmer[-1]:g}: {np.abs(np.rint(plain)).sum():.0f} charges without wrapping,", end=" ")
print(f"{np.abs(ob.winding_numbers(θ)).sum()} with")

# %% [markdown]
# **The helicity modulus without its sine term** is the energy of half the bonds. It meets the line far too high. And **an error bar from
# one chain** near $T_{KT}$ is too small:

# %%
rigid = -estimates[32]["energy"][:, 0] / 2
crossing = [float(np.interp(0, 2 * warm / math.pi - row, warm)) for row in (rigid, estimates[32]["helicity"][:, 0])]
print(f"32 × 32: without the sine term Υ meets the line at T = {crossing[0]:.3f}, with it at {crossing[1]:.3f}")
chains = wide["helicity"][2]
blocks = [ob.mean_and_error(one[None], n_blocks=6).error for one in chains]
print(f"64 × 64, T = {few[2]:g}: the chains scatter by {chains.mean(1).std(ddof=1):.3f},", end=" ")
print(f"while blocks within one chain claim an error of {np.median(blocks):.3f} (median)")

# %% [markdown] think="9b"
# **Think.** The energy per spin of XY near T = 0 is $-2 + T/2$. Where does the 1/2 come from, and what would it be for spins that
# point anywhere in space?
# <!-- ANSWER -->
# For small differences the energy is quadratic in the angles, one angle per spin, and each quadratic degree of freedom holds T/2.
# A spin in space has two directions in which it can deviate, so T. The clock at low temperature holds none: its energies are
# discrete, with a gap.

# %% [markdown] think="9c"
# **Think.** You keep a spin when both its proposals are refused. Would it be as good to keep the *last refused proposal*?
# <!-- ANSWER -->
# No. A refused proposal is distributed by neither law: it is what is left of the wrapped Cauchy after the accepted part was taken
# away. Using it mixes a wrong distribution in. The old spin is right because it already has the right distribution, and because
# the decision to keep it does not look at it.

# %% [markdown]
# ## Challenge · the most effective samples in a moment
#
# 16 × 16 spins that turn, periodic, J = 1, at a temperature between 0.8 and 1, where vortices come apart. You have 0.15 s of CPU time, and
# start from what you like: return 8 to 1000 lattices of angles in equilibrium. The judge knows the mean energy and the mean of m² from a
# long run, and measures how many independent lattices yours are worth: variance over squared error. Your function is called once before the
# clock starts, so that JAX has compiled. To begin: Metropolis on one colour of a checkerboard after the other, several lattices at once.
#
# Cheating would be more time, also that of threads or processes which go on, states made up or picked for their mean, or those of another
# temperature.
#
# The judge counts, recomputes and draws its problems anew, so that nothing can be remembered. But Python hides nothing from a
# function that runs beside it: who walks its frames or its memory finds the answers, and has beaten nobody.
#
# Who is there to beat?

# %%
check.challenge("9")


# %%
def my_rotors(temperature, seconds, seed):
    raise NotImplementedError("return angles, shape (n, 16, 16)")


check.challenge("9", my_rotors)

# %% [markdown]
# ## References
#
# - V. L. Berezinskii, *Destruction of long-range order in one-dimensional and two-dimensional systems having a continuous symmetry
#   group I. Classical systems*, Sov. Phys. JETP 32, 493 (1971). (Without a DOI.)
# - J. M. Kosterlitz and D. J. Thouless, *Ordering, metastability and phase transitions in two-dimensional systems*, J. Phys. C 6,
#   1181 (1973), [doi:10.1088/0022-3719/6/7/010](https://doi.org/10.1088/0022-3719/6/7/010).
# - N. D. Mermin and H. Wagner, *Absence of ferromagnetism or antiferromagnetism in one- or two-dimensional isotropic Heisenberg
#   models*, Phys. Rev. Lett. 17, 1133 (1966), [doi:10.1103/PhysRevLett.17.1133](https://doi.org/10.1103/PhysRevLett.17.1133).
# - D. R. Nelson and J. M. Kosterlitz, *Universal jump in the superfluid density of two-dimensional superfluids*, Phys. Rev. Lett.
#   39, 1201 (1977), [doi:10.1103/PhysRevLett.39.1201](https://doi.org/10.1103/PhysRevLett.39.1201).
# - J. V. José, L. P. Kadanoff, S. Kirkpatrick and D. R. Nelson, *Renormalization, vortices, and symmetry-breaking perturbations in
#   the two-dimensional planar model*, Phys. Rev. B 16, 1217 (1977),
#   [doi:10.1103/PhysRevB.16.1217](https://doi.org/10.1103/PhysRevB.16.1217).
# - D. J. Best and N. I. Fisher, *Efficient simulation of the von Mises distribution*, Appl. Statist. 28, 152 (1979),
#   [doi:10.2307/2346732](https://doi.org/10.2307/2346732).
# - H. Weber and P. Minnhagen, *Monte Carlo determination of the critical temperature for the two-dimensional XY model*, Phys. Rev.
#   B 37, 5986 (1988), [doi:10.1103/PhysRevB.37.5986](https://doi.org/10.1103/PhysRevB.37.5986).
# - B. Yurke, A. N. Pargellis, T. Kovacs and D. A. Huse, *Coarsening dynamics of the XY model*, Phys. Rev. E 47, 1525 (1993),
#   [doi:10.1103/PhysRevE.47.1525](https://doi.org/10.1103/PhysRevE.47.1525).
# - M. Hasenbusch, *The two-dimensional XY model at the transition temperature: a high-precision Monte Carlo study*, J. Phys. A 38,
#   5869 (2005), [doi:10.1088/0305-4470/38/26/003](https://doi.org/10.1088/0305-4470/38/26/003). The best known $T_{KT}$.
