# ---
# jupyter:
#   course:
#     title: XY spins and their vortices
#     goal: sample continuous spins on THRML, find their vortices, and measure a transition that no order parameter shows
#     needs: ["07"]
#     know: sine, cosine and angles modulo 2π
#     time: 130 min
#     runs: 100 s
#     uses: [jax]
# ---

# %% [markdown]
# ## What you will be able to do
#
# 1. Give a spin with directions its exact conditional: a table of weights for sixteen of them (Exercise 9.1), a von Mises
#    distribution for a whole circle (9.2), on THRML, which has no such spin.
# 2. Find vortices by their winding number and keep their books: the charges of a torus add up to zero (9.3).
# 3. Measure how stiff a lattice is against a twist (9.4), and read the transition off that stiffness (9.5).
# 4. Say which way round it goes: pairs of vortices are bound **below** the transition and come apart **above** it.
# 5. Tell quasi-long-range order from order and from disorder, and say what becomes of it when there are only 16 directions.

# %%
import itertools
import math

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int
from scipy.optimize import linear_sum_assignment
from scipy.special import i0e, i1e
from scipy.stats import t as t_distribution
from thrml import (
    AbstractConditionalSampler,
    AbstractNode,
    Block,
    BlockGibbsSpec,
    BlockSamplingProgram,
    InteractionGroup,
    SamplingSchedule,
    sample_states,
)

from course_utils import diagnostics, explorers, plots
from course_utils.lattice import XY, Clock, Ising, Potts, exact, tempering
from course_utils.lattice import observables as ob

# %% [markdown]
# ## 1 · Spins that point anywhere
#
# Each spin of the **XY model** is an arrow in the plane, with an angle $\theta$. Neighbours like to point the same way:
#
# $$E = -J \sum_{\langle ij\rangle} \cos(\theta_i - \theta_j), \qquad p \propto e^{-\beta E}, \qquad \beta = 1/T, \quad J = 1 .$$
#
# In the **clock model** with $q$ states the arrow has $q$ directions, $\theta = 2\pi k/q$ with $k = 0, \dots, q-1$, and the same
# energy. For $q = 2$ this is Ising; with $q = 16$ it can stand in for XY where a library draws one of finitely many states only.
#
# > **Conventions.** $\beta$ multiplies the energy and is no part of it. Temperatures are in units of $J/k_B$. Angles turn
# > anticlockwise from the x axis, row 0 of a lattice is at the bottom of its picture, and the sides are joined.
#
# Lattices of 64 × 64 continuous spins at eight temperatures, 6 chains of 4 lattices each, 200 sweeps and more after aligned spins
# (which is enough for all but the longest waves); and clock-16 at three of them. A lattice as a whole may point anywhere; each is
# turned until its mean spin points along x, so that you compare what is inside (48 × 48 spins of each):

# %%
key = jax.random.key(9)
walk = np.array([0.3, 0.7, 0.8, 0.893, 1.0, 1.1, 1.3, 1.6])
how = {"n_samples": 4, "n_sweeps": 20, "n_burn_in": 200, "n_chains": 6 * len(walk), "init": "aligned"}
lattices = np.asarray(XY(64, over_relaxation=2).sample(jax.random.key(94), np.repeat(1 / walk, 6), **how))
lattices = lattices.reshape(len(walk), 24, 64, 64)
three = [0, 3, 7]
how = {"n_samples": 1, "n_burn_in": 300, "n_chains": 3, "init": "aligned"}
sixteen = Clock(64, 16).sample(key, 1 / walk[three], **how)[:, 0]
panels = []
for name, angles in (
    ("16 directions", ob.clock_angles(np.asarray(sixteen), 16)),
    ("all directions", lattices[three, 0]),
):
    x, y = np.moveaxis(ob.planar_magnetisation(angles), -1, 0)
    turned = angles - np.arctan2(y, x)[:, None, None]
    panels += [(f"{name}, $T = {t:g}$", one[:48, :48]) for t, one in zip(walk[three], turned, strict=True)]
title = "Sixteen directions or all: at these temperatures the eye cannot tell"
names, pictures = zip(*panels, strict=True)
plots.figure(*plots.lattices(pictures, XY(64), names), title=title)

# %% [markdown]
# *Picture: two rows of three lattices, colour for direction. Cold: one colour with soft shades. In the middle: large clouds of
# neighbouring colours. Hot: small clouds of all colours. The two lattices of a column look alike; patch for patch they differ.*
#
# Colour shows a whole lattice, arrows show what a few spins do. The corner of each XY lattice, in both ways at once:

# %%
corners = [(f"$T = {t:g}$", one[:10, :10]) for t, one in zip(walk[three], turned, strict=True)]
title = "Cold: arrows turn slowly from place to place. Hot: they soon forget each other"
names, pictures = zip(*corners, strict=True)
plots.figure(*plots.lattices(pictures, XY(64), names, look="both"), title=title)

# %% [markdown]
# *Picture: three corners of 10 by 10 spins, an arrow on each colour. On the left nearly parallel arrows; in the middle arrows that
# turn from place to place; on the right arrows in all directions, parallel only in small patches.*
#
# ## 2 · Sixteen directions: a table of weights
#
# As in lesson 07, sampling needs one thing: a spin's distribution given its four neighbours. Only the four bonds of the spin
# contain it, so
#
# $$P(k \mid \text{neighbours}) \propto \exp\Bigl(\beta \sum_{j=1}^{4} \cos\bigl(\tfrac{2\pi}{q}(k - k_j)\bigr)\Bigr),
# \qquad k = 0, \dots, q-1 .$$
#
# ### Exercise 9.1 · The conditional of a clock spin
# *Difficulty ●○○ · ten minutes · why: this line is the whole model; block Gibbs sampling does the rest.*
#
# Complete `clock_conditional` for many spins at once.


# %% todo="9.1" task="return the probability of each state, given the four neighbours"
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


# %% check="9.1" points=2
from course_checks import check, exercises

with check.exercise("9.1", "clock_conditional"):
    answer = exercises.xy.conditional.by(clock_conditional)
    k = np.array([[0, 1, 1, 3], [15, 0, 2, 8], [4, 4, 5, 11]])
    answer.on("three spins with 16 directions, β = 1.3", k, 1.3, 16)
    answer.on("two spins with 5 directions, β = 0.7", np.array([[0, 1, 1, 3], [4, 0, 0, 1]]), 0.7, 5)
    up = 1 / (1 + math.exp(-4 * 0.4))
    two = [[up, 1 - up], [0.5, 0.5]]
    answer.on("Ising spins (q = 2), β = 0.4", np.array([[0, 0, 0, 1], [1, 0, 0, 1]]), 0.4, 2, expect=two)
    answer.fresh(3, "fresh neighbours")

# %% [markdown] hint="9.1"
# `neighbours[:, :, None]` has shape (n, 4, 1); subtract it from `np.arange(q)` and you have all differences, shape (n, 4, q).
# Multiply by 2π/q, take the cosine, sum over axis 1, multiply by β, exponentiate, divide by the sum over the last axis.

# %% [markdown]
# With it, a Gibbs sampler for a lattice that is small enough to sum over all its states: 4 × 4 spins, 4 directions.

# %% uses="9.1"
q, β, rng = 4, 0.8, np.random.default_rng(1)
k, kept = rng.integers(0, q, (500, 4, 4)), []
colour = np.indices((4, 4)).sum(0) % 2
for _ in range(300):
    for c in (0, 1):  # one colour of the checkerboard, then the other
        around = np.stack([np.roll(k, s, axis) for axis in (1, 2) for s in (1, -1)], -1)[:, colour == c]
        steps = clock_conditional(around.reshape(-1, 4), β, q).cumsum(1)
        k[:, colour == c] = (rng.random((len(steps), 1)) > steps[:, :-1]).sum(1).reshape(500, -1)
    bonds = sum(np.cos(2 * np.pi / q * (k - np.roll(k, 1, axis))) for axis in (1, 2))
    kept.append(-bonds.mean((1, 2)))
found = ob.mean_and_error(np.array(kept[50:]).T)
print(f"your sampler: energy per spin {found}, exact {exact.clock_energy((4, 4), q, β):.4f}")

# %% [markdown]
# THRML's built-in categorical factors would hold a table of $16 \times 16$ weights for every edge; lesson 08 measures what that
# costs. `Clock` knows that only differences to one neighbour matter: $16^3$ cases, one small table for the whole lattice, one
# random number and one look-up for a spin.
#
# ## 3 · A spin that THRML does not have
#
# A *continuous* spin cannot have a table, but it has a formula. Four unit vectors add up to one arrow, of length $R$ and
# direction $\varphi$: $\sum_j \cos(\theta - \theta_j) = R\cos(\theta - \varphi)$. So
#
# $$p(\theta \mid \text{neighbours}) = \frac{e^{\kappa \cos(\theta - \varphi)}}{2\pi I_0(\kappa)}, \qquad \kappa = \beta R .$$
#
# This is the **von Mises distribution**, the bell curve of the circle. $I_0$ is a Bessel function, and
# $\langle\cos(\theta-\varphi)\rangle = I_1(\kappa)/I_0(\kappa)$ exactly.
#
# ### Exercise 9.2 · Four neighbours, one pull
# *Difficulty ●○○ · ten minutes · why: these two numbers are all that a continuous spin needs to know.*


# %% todo="9.2" task="return the direction and the concentration of the conditional"
def pull(neighbours: Float[np.ndarray, "n 4"], beta: float) -> tuple[Float[np.ndarray, "n"], Float[np.ndarray, "n"]]:
    """The von Mises distribution of XY spins given their neighbours, with J = 1.

    Args:
        neighbours: angles of the four neighbours of each spin, in radians.
        beta: inverse temperature.

    Returns:
        φ, the most probable angle of each spin, in radians (any turn), and its concentration κ.
    """
    ### BEGIN SOLUTION
    x, y = np.cos(neighbours).sum(axis=1), np.sin(neighbours).sum(axis=1)
    return np.arctan2(y, x), beta * np.hypot(x, y)
    ### END SOLUTION


# %% check="9.2" points=2
from course_checks import check, exercises

with check.exercise("9.2", "pull"):
    answer = exercises.xy.pull.by(pull)
    θ = np.array([[0.3, 1.0, 5.8, 2.0], [3.0, -2.9, 9.5, 2.5], [4.0, 4.4, 5.1, 3.9], [1.0, 1.2, 1.9, 2.6]])
    answer.on("four spins at β = 1.4", θ, 1.4)
    answer.on("two of them at β = 0.6", θ[1:3], 0.6)
    right_angle = np.array([[0.0, np.pi / 2, 0.0, np.pi / 2], [0.0, 0.0, 0.0, np.pi / 2]])
    φ, κ = answer.on("arrows along x and y, β = 2", right_angle, 2.0, expect=[[0.5**0.5] * 2, [0.9**0.5, 0.1**0.5]])
    check.close("κ of these, exactly", κ, [2 * 8**0.5, 2 * 10**0.5])
    answer.fresh(3, "fresh neighbours")

# %% [markdown] hint="9.2"
# Add up the cosines and the sines of the four angles: the two components of an arrow. `np.arctan2(y, x)` is its direction,
# `np.hypot(x, y)` its length.

# %% [markdown]
# **Drawing from it.** Best and Fisher (1979) propose from a distribution that is easy to draw from, a wrapped Cauchy
# distribution, and accept with the right probability: nearly always for a wide bell, in two of three cases for a narrow one. One
# tries until one is accepted. On parallel hardware nobody wants to wait for the unluckiest spin of a lattice. So: a **fixed number of
# rounds**, and a spin whose proposals were all refused stays as it was. Is that still exact? Whether a spin is refused does not depend on where it was. If it was
# distributed by the conditional, it is so afterwards in both cases, for any number of rounds.


# %%
def propose(key, kappa: Float[Array, "n"]) -> tuple[Float[Array, "n"], Array]:
    """One proposal of Best and Fisher: angles from the direction φ, and whether they are accepted."""
    u, v, w = jax.random.uniform(key, (3, *kappa.shape))
    tau = 1 + jnp.sqrt(1 + 4 * kappa**2)
    rho = 2 * kappa / (tau + jnp.sqrt(2 * tau))
    z = jnp.cos(jnp.pi * u)
    cosine = (2 * rho + (1 + rho**2) * z) / (1 + rho**2 + 2 * rho * z)
    c = (1 + rho**2) * (tau + jnp.sqrt(2 * tau)) / 4 - kappa * cosine
    angle = jnp.sign(w - 0.5) * jnp.arccos(jnp.clip(cosine, -1, 1))
    return angle, v < c * jnp.exp(1 - c)


for κ in (0.1, 1.0, 4.0, 100.0):
    accepted = np.asarray(jax.jit(propose)(jax.random.key(0), jnp.full(400_000, κ))[1])
    error = math.sqrt(accepted.mean() * (1 - accepted.mean()) / accepted.size)
    print(f"κ = {κ:5.1f}: {accepted.mean():.4f} ± {error:.4f} of the proposals are accepted")


# %% [markdown]
# **Telling THRML.** Three things. The *node*: a class of its own, with a state that is a pair of numbers, $(\cos\theta,
# \sin\theta)$, so that no angle has to be brought back into its range. The *interactions*: the spin with its neighbours, and
# the spin with itself, since a sampler is not told what its own block was, and ours may have to keep it. The *sampler*: a
# subclass with one method. THRML hands it, for each interaction, the states of the nodes at the other end, shape (n, k), and
# flags for those that exist.


# %%
class Arrow(AbstractNode):
    """A spin in the plane; its state is (cos θ, sin θ)."""


class VonMises(AbstractConditionalSampler):
    """Exact conditional of XY spins, in a fixed number of rounds."""

    beta: float
    rounds: int = eqx.field(static=True)

    def sample(self, key, interactions, active_flags, states, sampler_state, output_sd):
        (x, y), (own_x, own_y) = states[0][0], states[1][0]  # of the neighbours, and of the spin itself
        x, y = (jnp.where(active_flags[0], part, 0).sum(axis=1) for part in (x, y))
        direction, kappa = jnp.arctan2(y, x), self.beta * jnp.hypot(x, y)
        new, refused = jnp.arctan2(own_y[:, 0], own_x[:, 0]), jnp.ones(kappa.shape, bool)
        for one in jax.random.split(key, self.rounds):
            angle, accepted = propose(one, kappa)
            new = jnp.where(refused & accepted, direction + angle, new)
            refused = refused & ~accepted
        return (jnp.cos(new), jnp.sin(new)), sampler_state


# %% [markdown]
# The test: one spin with four neighbours that are held fixed (THRML's *clamped* block), at $\beta = 1$, one round only, so that
# up to a third of all proposals is refused. Three sets of neighbours; 24 chains each, which all start at the wrong angle π.

# %%
nodes = [Arrow() for _ in range(5)]
centre, around = Block(nodes[:1]), Block(nodes[1:])
number = jax.ShapeDtypeStruct((), jnp.float32)
spec = BlockGibbsSpec([centre], [around], {Arrow: (number, number)})
bonds = InteractionGroup(None, Block(nodes[:1] * 4), [around])
itself = InteractionGroup(None, centre, [centre])
program = BlockSamplingProgram(spec, [VonMises(1.0, rounds=1)], [bonds, itself])
schedule = SamplingSchedule(n_warmup=50, n_samples=2000, steps_per_sample=1)


@jax.jit
def star(key, neighbours: Float[Array, "4"]) -> Float[Array, "chains samples"]:
    """Angles of the centre, given its four neighbours."""
    start, held = [(-jnp.ones(1), jnp.zeros(1))], [(jnp.cos(neighbours), jnp.sin(neighbours))]

    def run(key):
        return sample_states(key, program, schedule, start, held, [centre])

    ((x, y),) = jax.vmap(run)(jax.random.split(key, 24))
    return jnp.arctan2(y, x)[..., 0]


# %%
panels = []
for name, angles in (
    ("four agree", [1.0, 1.0, 1.0, 1.0]),
    ("a fan", [0.2, 1.3, 2.5, 3.3]),
    ("two against two", [0.0, 0.3, 3.1, 3.5]),
):
    angles = np.array(angles)
    drawn = np.asarray(star(key, jnp.array(angles, jnp.float32)))
    mean = np.exp(1j * angles).sum()
    φ, κ = np.angle(mean), abs(mean)
    cosine = ob.mean_and_error(np.cos(drawn - φ))
    off = (cosine.value - i1e(κ) / i0e(κ)) / cosine.error
    print(f"{name:16s} κ = {κ:.3f}: ⟨cos⟩ = {cosine},", end=" ")
    print(f"exact I₁/I₀ = {i1e(κ) / i0e(κ):.4f} ({off:+.1f} errors)")
    turn = np.linspace(-np.pi, np.pi, 401)
    density = np.exp(κ * (np.cos(turn) - 1)) / (2 * np.pi * i0e(κ))
    away = plots.histogram(np.angle(np.exp(1j * (drawn - φ).astype(float))), "sampled", span=(-np.pi, np.pi), bins=48)
    axes = {"xlabel": "$\\theta - \\varphi$ (radians)", "xticks": {-np.pi: "$-\\pi$", 0: "0", np.pi: "$\\pi$"}}
    bell = plots.line(turn, density, "exact", color="red")
    panels.append(plots.panel(away, bell, ylabel="density", title=f"{name}: $\\kappa = {κ:.2f}$", **axes))
plots.figure(*panels, title="A continuous spin on THRML, drawn from its exact conditional ($T = 1$)")

# %% [markdown]
# *Picture: three histograms over red curves that they follow: a narrow bell for four neighbours that agree, a wider one for a
# fan of neighbours, and nearly a flat line for two against two.*
#
# **Mirrors.** One more move, without any random number: turn a spin to its mirror image on the other side of the pull,
# $\theta' = 2\varphi - \theta$. The four bonds keep their energy, the move undoes itself, so it keeps the Boltzmann
# distribution. By itself it would never change the energy; after each heat-bath sweep it carries long waves along. This is
# **over-relaxation**. On THRML it is a second sampler on the same blocks, and costs less than a sweep, since it draws nothing. What
# does it save? For how many sweeps does the length of the mean spin remember (its integrated autocorrelation time, lesson 03), with
# and without? Each run is made twice, from aligned spins and from random ones.

# %%
for mirrors in (0, 2):
    model = XY(32, over_relaxation=mirrors)
    look, runs = {"energy": model.energy, "m": model.order_parameter}, []
    for start in ("aligned", "random"):
        run = model.measure(key, 1 / 0.893, look, n_samples=1200, n_burn_in=400, n_chains=8, init=start)
        runs.append({name: np.asarray(x) for name, x in run.items()})
    energy, m = (np.concatenate([run[name] for run in runs]) for name in look)
    τ = ob.jackknife(lambda chains: diagnostics.integrated_time(chains.T), m)
    print(f"{mirrors} mirrors a sweep: |m| remembers for {τ} sweeps; energy per spin {ob.mean_and_error(energy)}")
    print("   |m| from the two starts:", diagnostics.two_starts(runs[0]["m"].T, runs[1]["m"].T))

# %% [markdown]
# The same energy, from a much shorter memory. From here on the course's `XY` does the work: the same node, conditional and mirror,
# with one THRML node per colour of the checkerboard instead of one per spin.
#
# ## 4 · Vortices
#
# Walk round a closed path and watch the arrows. Their angle changes from step to step, and when you are back it has turned by a
# whole number of turns. On the smallest path, the four sides of a square (a *plaquette*), this **winding number** is nearly
# always 0. If it is +1 there is a **vortex** inside, if it is −1 an **antivortex**.

# %%
at = np.arange(6) - 2.5
x, y = np.meshgrid(at, at)
fields = {
    "vortex": np.arctan2(y, x),
    "also a vortex": np.arctan2(y, x) + np.pi / 2,
    "antivortex": -np.arctan2(y, x),
    "neither": 0.35 * x + 0.15 * y,
}
title = "Round a vortex the arrows turn once, in the sense of the walk; round an antivortex once against it"
above, below = zip(*(plots.winding_walk(field, name) for name, field in fields.items()), strict=True)
plots.figure(*above, *below, columns=4, title=title)

# %% [markdown]
# *Picture: four fields of arrows with a blue square in the middle, and below each the angle on the walk round it. The arrows
# of the first point outwards, those of the second run in a circle: both make a turn of +1. The third makes −1. In the last the
# angle goes up and down again.*
#
# One thing has to be done with care: an angle has no unique value. From 350° to 10° is a step of +20°, not of −340°. **Bring
# each step into $(-\pi, \pi]$ before you add**; without that, the four steps of any closed path add up to 0, always.
#
# ### Exercise 9.3 · The winding number
# *Difficulty ●●○ · fifteen minutes · why: topology in four lines, and the most common mistake gives a clean zero.*
#
# Complete `winding_numbers` for a lattice whose sides are joined. Entry [i, j] belongs to the plaquette whose corners are
# (i, j), (i, j+1), (i+1, j+1), (i+1, j), walked in this order: with i upwards, anticlockwise.


# %% todo="9.3" task="return the winding number of each plaquette"
def winding_numbers(angles: Float[np.ndarray, "rows cols"]) -> Float[np.ndarray, "rows cols"]:
    """Vortex charge of each plaquette of a periodic lattice.

    Args:
        angles: in radians, any turn.

    Returns:
        +1 for a vortex, -1 for an antivortex, else 0 (up to rounding).
    """
    ### BEGIN SOLUTION
    corners = [angles, np.roll(angles, -1, 1), np.roll(angles, (-1, -1), (0, 1)), np.roll(angles, -1, 0)]
    total = 0.0
    for here, there in zip(corners, [*corners[1:], corners[0]], strict=True):
        step = there - here
        total = total + step - 2 * np.pi * np.round(step / (2 * np.pi))
    return total / (2 * np.pi)
    ### END SOLUTION


# %% check="9.3" points=3
from course_checks import check, exercises

with check.exercise("9.3", "winding_numbers"):
    answer = exercises.xy.winding.by(winding_numbers)
    hot = np.random.default_rng(93).uniform(0, 2 * np.pi, (6, 8))
    answer.on("a hot lattice", hot)
    answer.on("the same, some spins a turn further", hot + 2 * np.pi * (hot > 4))
    answer.on("a hot lattice of 5 × 3 spins", hot[:5, 2:5] - 9.0)
    check.close("the sum of all charges", np.sum(winding_numbers(hot)), 0.0, atol=1e-5)
    answer.on("aligned spins", np.full((4, 6), 1.0), expect=np.zeros((4, 6)))
    answer.on("a wave, one turn along x", np.full((4, 1), 1.0) + np.arange(8) * np.pi / 4, expect=np.zeros((4, 8)))
    answer.fresh(3, "a fresh hot lattice")

# %% [markdown] hint="9.3"
# `np.roll(angles, -1, 1)` holds, at [i, j], the angle of (i, j+1). Make the four corners in this way, take the four differences
# from each corner to the next, and the last one back to the first. `step - 2π · round(step / 2π)` wraps a step.

# %% [markdown]
# **Book-keeping.** Each bond is a side of two plaquettes, and they walk it in opposite directions. So what one charge gains the
# other loses, and on a torus the charges add up to exactly zero: vortices come and go in pairs. The lattices of section 1, all of
# them (their number of vortices is that of equilibrium: section 5 compares two starts):

# %%
charges = ob.winding_numbers(lattices)
for t, c in zip(walk, charges, strict=True):
    up, down = (c > 0).sum((1, 2)), (c < 0).sum((1, 2))
    print(f"T = {t:5.3f}: {up.mean():7.2f} vortices, {down.mean():7.2f} antivortices a lattice", end="   ")
    print(f"largest |sum of charges| {abs(c.astype(int).sum((1, 2))).max()}")

# %% uses="9.3"
agree = all((np.rint(winding_numbers(lattices[i, 0])) == charges[i, 0]).all() for i in range(len(walk)))
print("your winding numbers agree with the course's on one lattice of each temperature:", agree)

# %%
shown = [(f"$T = {walk[i]:g}$: {(charges[i, 0] > 0).sum()} pairs", lattices[i, 0]) for i in (2, 3, 5)]
title = "Vortices (white) and antivortices (black): in pairs when it is cold, everywhere when it is hot"
names, pictures = zip(*shown, strict=True)
plots.figure(*plots.lattices(pictures, XY(64), names, charges=True), title=title)

# %% [markdown]
# *Picture: three lattices in colour, with the number of pairs above each. In the first a few discs, a white one always beside a
# black one. In the second more of such couples, some of their partners a few spacings apart. In the third discs all over the
# lattice.*
#
# **What one vortex costs, and what it gains.** Far from its centre the arrows of a vortex turn by $2\pi$ on a path of length
# $2\pi r$: a twist of $1/r$ per step. The energy of a weak twist is half its square, so a vortex alone in a lattice of side $L$
# costs
#
# $$\int^{L} \frac12 \frac{1}{r^2}\, 2\pi r\, dr \approx \pi \ln L .$$
#
# A vortex and an antivortex at distance $d$ cancel each other farther out: the pair costs about $2\pi \ln d$, as two opposite
# charges do in two dimensions. On the other side stands the entropy: a free vortex has $L^2$ places, worth $T \ln L^2$ in the
# free energy,
#
# $$F = (\pi - 2T)\ln L .$$
#
# Both grow as $\ln L$. So there is one temperature at which the sign changes: when it is **colder**, a free vortex costs more
# than it gains, and vortices exist in bound pairs only; when it is **hotter**, pairs come apart. (It is easily said the wrong way
# round. Look at the pictures.) Is the energy right?


# %%
def lone_vortex(size: int) -> float:
    """Energy above the ground state of one vortex in the middle of a lattice with open sides."""
    y, x = np.indices((size, size)) - (size - 1) / 2
    θ = np.arctan2(y, x)
    return sum((1 - np.cos(np.diff(θ, axis=axis))).sum() for axis in (0, 1))


sizes = np.array([16, 32, 64, 128, 256])
cost = np.array([lone_vortex(L) for L in sizes])
for L, e, step in zip(sizes[1:], cost[1:], np.diff(cost) / math.log(2), strict=True):
    print(f"L = {L:3d}: energy {e:6.3f}, per unit of ln L {step:.4f}; π = {math.pi:.4f}")
print(f"estimate of Kosterlitz and Thouless' argument: T = π/2 = {math.pi / 2:.4f}")

# %% [markdown]
# The estimate is too high, for a good reason: the lattice is full of waves and of small pairs, which make it softer, and a
# vortex in a soft lattice is cheaper. If Υ is the stiffness of the real lattice, a vortex costs $\pi\Upsilon\ln L$, and pairs
# come apart where $\pi\Upsilon = 2T$. **At the transition the stiffness is $2T/\pi$.** So measure the stiffness.
#
# ## 5 · The helicity modulus
#
# Twist the lattice: turn each column against the one before by a small angle $a$. In $\cos(\theta_i - \theta_j)$ every bond along
# x becomes $\cos(\theta_i - \theta_j + a)$. The free energy per spin goes up as $\frac12\Upsilon a^2$, and its second derivative at
# $a = 0$ is
#
# $$\Upsilon = \underbrace{\Bigl\langle \frac1N\sum_{x\text{-bonds}} \cos(\theta_i-\theta_j)\Bigr\rangle}_{\text{rigid lattice}}
# \;-\; \underbrace{\beta N\,\Bigl\langle\Bigl(\frac1N \sum_{x\text{-bonds}} \sin(\theta_i-\theta_j)\Bigr)^2\Bigr\rangle}_{\text{how it gives way}} .$$
#
# The first term is minus the energy of these bonds: the answer if the spins could not react. They can: the second term counts the
# fluctuating current by which the lattice relaxes. Free vortices make that current large, until nothing is left of Υ. The same
# holds for y; average the two. Υ is called the **helicity modulus**.
#
# ### Exercise 9.4 · The helicity modulus
# *Difficulty ●●○ · fifteen minutes · why: it is the order parameter of a phase without order.*


# %% todo="9.4" task="return the helicity modulus of many lattices at one temperature"
def helicity_modulus(angles: Float[np.ndarray, "n L L"], beta: float) -> float:
    """Stiffness of XY spins against a twist, averaged over the two axes.

    Args:
        angles: in radians, n lattices with joined sides, at one temperature.
        beta: inverse temperature.

    Returns:
        Υ in units of J: ⟨c⟩ - β N ⟨s²⟩. Here c and s are the sums of cosines and sines over the bonds
        along an axis, divided by the number of spins N of a lattice.
    """
    ### BEGIN SOLUTION
    n_spins = angles.shape[1] * angles.shape[2]
    total = 0.0
    for axis in (1, 2):
        step = np.roll(angles, -1, axis) - angles
        c, s = np.cos(step).mean(axis=(1, 2)), np.sin(step).mean(axis=(1, 2))
        total += c.mean() - beta * n_spins * (s**2).mean()
    return total / 2
    ### END SOLUTION


# %% check="9.4" points=3
from course_checks import check, exercises

with check.exercise("9.4", "helicity_modulus"):
    answer = exercises.xy.helicity.by(helicity_modulus)
    θ = np.random.default_rng(94).normal(0, 0.7, (12, 6, 6))
    answer.on("twelve lattices of 6 × 6 spins, β = 1.25", θ, 1.25)
    answer.on("five of them, β = 0.6", θ[:5], 0.6)
    answer.on("eight hot lattices of 4 × 4 spins, β = 2 (Υ < 0)", 5 * θ[:8, :4, :4], 2.0)
    answer.on("aligned spins", np.ones((3, 4, 4)), 1.7, expect=1.0)
    twist = np.arange(8) * np.pi / 4 + np.zeros((2, 8, 1))
    answer.on("one turn along x", twist, 0.5, expect=(0.5**0.5 + 1 - 0.5 * 64 * 0.5) / 2)
    answer.fresh(3, "fresh lattices")

# %% [markdown] hint="9.4"
# `np.roll(angles, -1, axis) - angles` are the differences along an axis; no wrapping is needed inside cosine and sine.
# `.mean(axis=(1, 2))` gives c and s of each lattice. Then the average over lattices of c, and of s². Do it for axes 1 and 2,
# and take the mean.

# %% [markdown]
# Now the whole phase diagram, for three sizes, with the more mirrors the larger the lattice. How do you know that a lattice is at
# equilibrium? **Start from both ends.** Twelve chains begin aligned and cold, and the temperature rises step by step; twelve begin
# random and hot, and it falls. Each step begins with the lattice of the step before, and its first quarter is not counted. What
# depends on where a chain came from is not equilibrium; where the two agree within their errors, they have forgotten it. (Within
# three errors, say. Of many comparisons with 12 chains on a side a few are farther apart by chance alone; their number is printed
# below.) On a GPU the runs are eight times as long.


# %%
def both_ways(model, T, look: dict, n: int, n_sweeps: int, starts=("aligned", "random")) -> dict:
    """Measure while T rises from the first start, and while it falls from the second.

    Args:
        T: rising temperatures.
        look: name -> observable.
        n: measurements at each temperature, `n_sweeps` sweeps apart; the first quarter is dropped.

    Returns:
        name -> values of shape (points, 24 chains, samples, ...): first the 12 heated chains, then the 12 cooled ones.
    """
    found = {name: [] for name in look}
    for k, (start, order) in enumerate(zip(starts, (slice(None), slice(None, None, -1)), strict=True)):
        how = {"n_sweeps": n_sweeps, "n_chains": 12, "init": start}
        betas = np.repeat(1 / T[order], n)
        _, seen = tempering.annealed(model, jax.random.key(model.n_spins + k), betas, look, **how)
        for name, x in seen.items():
            steps = np.asarray(x).reshape(12, len(T), n, *x.shape[2:])
            found[name].append(np.moveaxis(steps[:, order, n // 4 :], 0, 1))
    return {name: np.concatenate(pair, axis=1) for name, pair in found.items()}


def report(name: str, T, series: Float[np.ndarray, "points chains samples"]) -> None:
    """Print how well heated and cooled chains agree, and where they do so least."""
    each = [diagnostics.two_starts(one[:12].T, one[12:].T) for one in series]
    worst = int(np.argmax([one.apart for one in each]))
    print(f"{name}: the starts agree at {sum(one.agree for one in each)} of {len(T)} temperatures;", end=" ")
    print(f"they differ most at T = {T[worst]:.4g}:\n    {each[worst]}")


def halves(series: Float[np.ndarray, "points chains samples"]) -> Float[np.ndarray, "2 2 points"]:
    """Mean of the heated and of the cooled chains at each temperature, and their standard errors."""
    pair = [[ob.mean_and_error(one[part]) for one in series] for part in (slice(12), slice(12, None))]
    return np.moveaxis(np.array(pair), -1, 0)


def correlation(spins: Float[Array, "chains L L"]) -> Float[Array, "chains distances"]:
    """⟨cos(θ - θ')⟩ at distances 0, 1, ..., L/2."""
    return ob.correlation_function(jnp.cos(spins), jnp.sin(spins))


# %%
near = [0.8, 0.83, 0.86, 0.88, 0.8929, 0.91, 0.93, 0.96, 0.98, 1.0, 1.05]
wide = np.array([0.2, 0.4, 0.7, *near, 1.1, 1.2, 1.3, 1.5, 2.0])
few = np.array([0.4, 0.7, 0.8929, 0.95, 1.0, 1.1, 1.3])
longer = 1 if machine.device == "cpu" else 8
scans = {}
for L, T, n, n_sweeps in ((16, wide, 60, 8), (32, wide, 60, 8), (64, few, 24, 12)):
    model = XY(L, over_relaxation=L // 16)
    look = {"energy": model.energy, "m": model.order_parameter, "vortices": ob.vortex_density}
    look |= {"terms": ob.helicity_terms} | ({"correlation": correlation} if L == 64 else {})
    seen = both_ways(model, T, look, n * longer, n_sweeps)
    # Υ is linear in its two terms, so that each lattice has its own
    seen["helicity"] = ob.helicity_modulus(seen["terms"], 1 / T[:, None, None], L * L, axis=())
    scans[L] = T, seen
    for name in ("helicity", "m"):
        report(f"L = {L}, {name}", T, seen[name])
chance = 2 * t_distribution.sf(3, 22) * 2 * (2 * len(wide) + len(few))
print(f"by chance alone {chance:.1f} of all these pairs would differ by more than 3 σ")

# %%
curves, estimates = {}, {}
for L, (T, seen) in scans.items():
    found = {name: [ob.mean_and_error(x) for x in seen[name]] for name in ("energy", "vortices", "m", "helicity")}
    estimates[L] = {name: dict(zip(T, row, strict=True)) for name, row in found.items()}
    curves[L] = {name: (T, *np.array(row).T) for name, row in found.items()}

# %% [markdown]
# A second check, by another program: `Clock`, which draws from tables and knows no mirrors. At T = 1 energy, mean spin and
# stiffness do not tell 16 directions from all. (The number of vortices does, a little: two clock spins can be exactly half a turn
# apart, and to which side that counts is a convention.)

# %%
model = Clock(32, 16)
look = {"energy": model.energy, "m": model.order_parameter}
look |= {"terms": lambda k: ob.helicity_terms(ob.clock_angles(k, 16))}
seen = both_ways(model, np.array([1.0]), look, 60, n_sweeps=50)
seen["helicity"] = ob.helicity_modulus(seen["terms"], 1.0, 32 * 32, axis=())
print("32 × 32, T = 1:")
for name in ("energy", "m", "helicity"):
    here, table = estimates[32][name][1.0], ob.mean_and_error(seen[name][0])
    off = (here.value - table.value) / math.hypot(here.error, table.error)
    print(f"   {name:9s} XY {here}, clock {table} ({off:+.1f} errors apart)")
report("clock, m", [1.0], seen["m"])

# %% [markdown]
# ### Exercise 9.5 · Where the stiffness meets its line
# *Difficulty ●●○ · ten minutes · why: a transition temperature from measured points, not from a look at a figure.*
#
# Complete `kt_crossing`: the temperature at which Υ falls through the line $2T/\pi$, by linear interpolation between the two
# measured points on either side.


# %% todo="9.5" task="return the temperature at which Υ crosses 2T/π"
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


# %% check="9.5" points=2
from course_checks import check, exercises

with check.exercise("9.5", "kt_crossing"):
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

# %% [markdown] hint="9.5"
# Let `above = helicity - 2 * temperatures / np.pi`. The crossing is between the last positive and the first negative entry;
# `np.argmax(above < 0)` is the index of the latter. On a straight line from $a > 0$ to $b < 0$ the zero is at the share
# $a/(a - b)$ of the way.

# %% [markdown]
# A warning about the crossing before you trust it. On a finite lattice Υ does not jump. At the transition it lies *above* the
# line by the factor $1 + 1/(2\ln L + C)$, so that the crossing is too high and comes down as slowly as $1/(\ln L)^2$. Two sizes
# together determine both the temperature and the unknown $C$ (Weber and Minnhagen 1988).


# %%
def temperature(*stiff: np.ndarray, sizes=(16, 32), window=(0.8, 1.05), degree: int = 3) -> float:
    """T_KT from Υ of two sizes, each of shape (chains, samples, T); or the plain crossing, of one."""
    t = scans[sizes[0]][0]
    rows = [one.mean(axis=(0, 1)) for one in stiff]
    how = {"window": window, "degree": degree}
    return ob.kt_temperature(t, rows, sizes, **how) if len(sizes) > 1 else ob.kt_temperature(t, rows[0], **how)


stiff = {L: np.moveaxis(seen["helicity"], 0, 2) for L, (_, seen) in scans.items()}  # chains, samples, T
for L in stiff:
    at = ob.jackknife(lambda s, L=L: temperature(s, sizes=(L,), window=(0.8, 1.05), degree=2), stiff[L])
    off = at.value / exact.KT_TEMPERATURE - 1
    print(f"L = {L:2d}: Υ crosses 2T/π at T = {at}, {off:+.1%} from T_KT")
print("16 and 32 together, by the window of temperatures and the degree of the polynomials fitted to Υ:")
for degree in (1, 2, 3):
    print(f"   degree {degree}:", end="")
    for window in ((0.8, 1.05), (0.8, 1.0), (0.83, 0.96)):
        how = {"window": window, "degree": degree}
        at = ob.jackknife(lambda *two, how=how: temperature(*two, **how), stiff[16], stiff[32], independent=True)
        print(f"   {window[0]} to {window[1]}: {at}", end="")
    print()
kt = ob.jackknife(temperature, stiff[16], stiff[32], independent=True)
print(f"T_KT = {kt} (degree 3, widest window), best known {exact.KT_TEMPERATURE}")

# %% uses="9.5"
for L in scans:
    T, Υ, _ = curves[L]["helicity"]
    print(f"L = {L:2d}: your crossing is at T = {kt_crossing(T, Υ):.4f}")

# %% uses="9.4"
for i, t in ((1, 0.7), (3, 0.893), (5, 1.1)):
    print(f"T = {t:5.3f}: your helicity modulus of the 24 lattices of section 4 is", end=" ")
    print(f"{helicity_modulus(lattices[i], 1 / t):+.3f}; 2T/π = {2 * t / math.pi:.3f}")

# %%
middle, rise = (wide[1:] + wide[:-1]) / 2, np.diff(curves[32]["energy"][1]) / np.diff(wide)
print(f"32 × 32: the energy rises fastest near T = {middle[rise.argmax()]:.3f}, ", end="")
print(f"by {rise.max():.2f} per unit of T; around T_KT by {rise[np.abs(middle - kt.value).argmin()]:.2f}")
labels = {"energy": "energy per spin ($J$)", "vortices": "vortices per plaquette"}
labels |= {"m": "mean spin $\\langle|m|\\rangle$", "helicity": "helicity modulus $\\Upsilon$ ($J$)"}
at = [plots.vline(exact.KT_TEMPERATURE, f"$T_{{KT}}$ = {exact.KT_TEMPERATURE}, literature")]
at.append(plots.vline(kt.value, f"$T_{{KT}}$ = {kt}, here", error=kt.error, color="red", style="-"))
panels = []
for name in labels:
    sizes = zip(curves.items(), "osD", strict=True)
    layers = [plots.points(*found[name], f"$L = {L}$", mark=mark, joined=True) for (L, found), mark in sizes]
    panels.append([*at, *layers])
panels[-1].append(plots.exact([0, 1.6], [0, 3.2 / math.pi], "$2T/\\pi$"))
axes = {"xlabel": "temperature $T$ ($J/k_B$)"}
panels = [plots.panel(*layers, ylabel=label, **axes) for layers, label in zip(panels, labels.values(), strict=True)]
title = f"The stiffness falls through $2T/\\pi$; from 16 and 32 together $T_{{KT}}$ = {kt.value:.3f} ± {kt.error:.3f}"
plots.figure(*panels, columns=2, share="x", title=title)

# %% [markdown]
# *Picture: four panels. The energy rises smoothly, the same for all sizes, and nothing happens to it at the dashed line. The
# density of vortices rises from zero. The length of the mean spin falls, more on larger lattices, at every temperature. The
# helicity modulus hardly depends on the size below the transition; above it, it drops through the line 2T/π, more steeply on
# larger lattices.*
#
# The error of $T_{KT}$ is the statistical one, and the table shows a second: a straight line is too stiff for points that bend, and
# moves with the window by several of its errors; a parabola moves less, a cubic least. A fit is to be trusted where its answer no
# longer depends on the window. What lattices as small as these leave out beyond $1/(2\ln L + C)$ is in neither error.
# The energy has no corner at $T_{KT}$; it is steepest at a higher temperature (printed above). Vortices begin long before.
# The mean spin gives a different answer for each size. The stiffness alone shows a transition: from $2T/\pi$ it falls to zero,
# by the same universal jump in every system of this kind, films of superfluid helium included (Nelson and Kosterlitz 1977).
#
# ## 6 · Pairs come apart
#
# Is it true that pairs are bound below? A pairing is a choice, so take the best: that with the shortest total distance between
# vortices and antivortices. Beside it, as many charges thrown on the lattice at random.


# %%
def pairing(charge: Int[np.ndarray, "L L"]) -> Float[np.ndarray, "pairs"]:
    """Distances of vortices from antivortices, paired so that their sum is smallest, on a torus."""
    apart = np.abs(np.argwhere(charge > 0)[:, None] - np.argwhere(charge < 0))
    distance = np.hypot(*np.moveaxis(np.minimum(apart, len(charge) - apart), -1, 0))
    return distance[linear_sum_assignment(distance)]


rng, rows, warm = np.random.default_rng(96), [], np.array([0.7, 0.8, 0.893, 1.0, 1.1, 1.3, 1.6])
for t, c in zip(warm, charges[1:], strict=True):
    found = [pairing(one) for one in c]
    thrown = np.concatenate([pairing(rng.permutation(one.ravel()).reshape(one.shape)) for one in c])
    groups = [np.concatenate(found[k : k + 4]) for k in range(0, 24, 4)]  # the lattices of one chain
    chains = np.array([np.mean(g) for g in groups if len(g)])
    every = np.concatenate(found)
    rows.append((every.mean(), chains.std(ddof=1) / math.sqrt(len(chains)), thrown.mean()))
    print(f"T = {t:5.3f}: distance {every.mean():.2f} ± {rows[-1][1]:.2f},", end=" ")
    print(f"at random {thrown.mean():5.2f}, ratio {every.mean() / thrown.mean():.2f};", end=" ")
    print(f"farther than 2 spacings {(every > 2).mean():5.1%}")
distance, errors, thrown = np.array(rows).T
ratio = distance / thrown
title = f"Distance in a pair: {ratio[0]:.0%} of the random one at $T = {warm[0]:g}$, "
title += f"{ratio[-1]:.0%} at $T = {warm[-1]:g}$"
axes = {"xlabel": "temperature $T$ ($J/k_B$)", "ylabel": "mean distance in a pair (spacings)"}
layers = [plots.points(warm, thrown, None, "as many charges, thrown at random", color="grey", mark="s", joined=True)]
layers += [plots.points(warm, distance, errors, "XY", joined=True), plots.vline(exact.KT_TEMPERATURE, "$T_{KT}$")]
plots.figure(plots.panel(*layers, log="y", yticks=(1, 2, 5, 10, 20), **axes), title=title)

# %% [markdown]
# *Picture: grey squares, the distance for random charges, fall from left to right as the lattice fills. The blue points start
# far below them, near one spacing, rise until some way above T_KT, and stay between one and two spacings, while the grey ones come
# down towards them. The upright axis is logarithmic.*
#
# Cold: a few pairs, each of neighbours, in a lattice with room for distances many times as large. Hot: charges are so dense
# that every vortex has some antivortex near, but no longer *its own*. (They are not quite random at the highest temperature
# either: opposite charges still attract.) Now watch it.

# %%
explorers.live_lattice(XY(256))

# %% [markdown]
# *For readers without a kernel: the figure above carries the same point. At T = 0.8 vortices flicker in and out of existence as
# neighbouring pairs. From about 0.9 on some wander off, and above 1.0 it is impossible to say who belongs to whom.*
#
# ## 7 · Neither order nor disorder
#
# **Choose before you read on.** Below $T_{KT}$ the arrows are stiff. Two spins at a distance $r$: how does
# $C(r) = \langle\cos(\theta_0 - \theta_r)\rangle$ behave as $r$ grows?
#
# - (a) it falls to a positive constant: there is long-range order, as in a cold Ising lattice;
# - (b) it falls to zero as a power of $r$;
# - (c) it falls to zero exponentially, as in a hot Ising lattice.
#
# Long waves cost almost nothing, and in two dimensions there are so many of them that they destroy the order at any $T > 0$:
# this is the theorem of Mermin and Wagner, and excludes (a). The calculation with waves alone, Gaussian with stiffness Υ, gives (b):
#
# $$C(r) \propto r^{-\eta}, \qquad \eta = \frac{T}{2\pi\Upsilon}, \qquad\text{near } T = 0:\ \eta \approx \frac{T}{2\pi},
# \qquad\text{at } T_{KT}:\ \eta = \frac14,$$
#
# the last from $\Upsilon = 2T/\pi$. Above $T_{KT}$ free vortices make it (c). On a torus a distance is measured by the chord
# $\frac{L}{\pi}\sin\frac{\pi r}{L}$. Both fits to the 64 × 64 lattices, each where it can hold:

# %%
r = np.arange(33)
chord = 64 / np.pi * np.sin(np.pi * np.maximum(r, 1e-9) / 64)


def line(x, c, part) -> np.ndarray:
    """Slope and intercept of log C against x."""
    return np.polyfit(x[part], np.log(c.mean((0, 1))[part]), 1)


measured, power, exponential = {}, {}, {}
for t, c in zip(few, scans[64][1]["correlation"], strict=True):
    measured[t] = ob.mean_and_error(c)
    if t < 0.9:
        η = ob.jackknife(lambda c: -line(np.log(chord), c, slice(4, None))[0], c)
        power[t] = (η.value, math.exp(line(np.log(chord), c, slice(4, None))[1]))
        theory = t / (2 * math.pi * estimates[64]["helicity"][t].value)
        print(f"T = {t:.3f}: η = {η}; T/2πΥ = {theory:.4f}; T/2π = {t / 2 / math.pi:.4f}")
    if t > 1.05:
        ξ = ob.jackknife(lambda c: -1 / line(r, c, slice(2, 9))[0], c)
        exponential[t] = (ξ.value, math.exp(line(r, c, slice(2, 9))[1]))
        print(f"T = {t:.3f}: from r = 2 to 8 C falls by 1/e every {ξ} steps")

# %%
shades, logs, halflogs = plots.shades(len(measured)), [], []
for (t, c), color in zip(measured.items(), shades, strict=True):
    value, error = np.array(c)[:, 1:]
    clear = value > 2 * error
    for layers, x in ((logs, chord[1:]), (halflogs, r[1:])):
        layers.append(plots.points(x[clear], value[clear], error[clear], f"$T = {t:.3g}$", color=color))
    if t in power:
        logs.append(plots.line(chord[1:], power[t][1] * chord[1:] ** -power[t][0], color=color, width=1.2))
    if t in exponential:
        fit = exponential[t][1] * np.exp(-r[1:] / exponential[t][0])
        halflogs.append(plots.line(r[1:][fit > 1e-3], fit[fit > 1e-3], color=color, width=1.2))
words = {"xlabel": "chord $(L/\\pi)\\,\\sin(\\pi r/L)$ (spacings)", "ylabel": "correlation $C(r)$"}
words |= {"title": "log-log: lines are power laws", "xticks": (1, 2, 5, 10, 20)}
left = plots.panel(*logs, log="xy", ylim=(4e-3, 1.1), **words)
words = {"xlabel": "distance $r$ (spacings)", "title": "semi-log: lines are exponentials"}
title = f"$T = {few[2]:.3g}$: $C(r)$ falls as $r^{{-{power[few[2]][0]:.3f}}}$. "
title += f"$T = {few[-1]:g}$: by $1/e$ every {exponential[few[-1]][0]:.1f} steps ($r$ = 2 to 8)"
plots.figure(left, plots.panel(*halflogs, log="y", ylim=(4e-3, 1.1), **words), title=title)

# %% [markdown]
# *Picture: the same correlations twice. On the left, with both axes logarithmic, the cold curves lie on straight lines of small
# slope and the hot ones bend down. On the right, with one logarithmic axis, the two hottest begin along straight lines (the fits,
# from r = 2 to 8); the cold ones level off. Far out the hot curves leave their line upwards: there the other way round the
# torus counts too, and an exponential in the plane has slower factors beside it.*
#
# $T/2\pi$ is right only at low temperature; with the *measured* stiffness the waves predict η up to the transition. There it
# comes out a little below 1/4, for the reason of section 5: on 64 × 64 spins Υ is still above its line, and η below its limit by
# the same factor. This state has a name: **quasi-long-range order**.
#
# ## 8 · Why |m| falls with L
#
# **Choose before you read on.** Take a 16 × 16 lattice at T = 0.7, far below $T_{KT}$, and make the side four times as long. What
# happens to the length of the mean spin? (a) Nothing: the lattice is in its cold phase. (b) It shrinks by about a tenth.
# (c) It shrinks to half or less. Write down a letter, and a number for the factor.
#
# The mean spin is an average over pairs: $\langle|m|^2\rangle = \frac1N\sum_r C(r) \propto L^{-\eta}$. So $|m| \propto L^{-\eta/2}$,
# that is $L^{-T/4\pi}$ for weak waves. There is even a formula with prefactor. If the angles are Gaussian waves of stiffness Υ,
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


sizes, shrinking = np.array([16, 32, 64]), {}
for t in (0.4, 0.7, 0.8929, 1.3):
    values, errors = np.array([estimates[L]["m"][t] for L in sizes]).T
    fitted = np.polyfit(np.log(sizes), np.log(values), 1)[0]
    Υ = estimates[64]["helicity"][t].value
    predicted = -t / (4 * math.pi * Υ) if t < 1 else -1.0
    shrinking[t] = (values, errors, predicted)
    print(f"T = {t:.3f}: |m| = {', '.join(f'{v:.4f}' for v in values)}; power {fitted:+.4f},", end=" ")
    print(f"predicted {predicted:+.4f}", end=" ")
    cold_words = f"(T/4π = {t / 4 / math.pi:.4f}); by waves at 64: {math.exp(-t / (2 * Υ) * waves(64)):.4f}"
    print(cold_words if t < 1 else "(1/√N)")
small, large = (estimates[L]["m"][0.7].value for L in (16, 64))
print(f"T = 0.7: from 16 × 16 to 64 × 64 the factor is {large / small:.3f}")

# %%
layers, wide_L = [], np.array([16, 256])
colors = ("blue", "green", "orange", "red")
for (t, (m, error, slope)), color, mark in zip(shrinking.items(), colors, "osD^", strict=True):
    name = f"$T = {t:.3g}$: predicted $L^{{{slope:+.3f}}}$ (dashed)"
    layers.append(plots.line(wide_L, m[0] * (wide_L / 16) ** slope, color=color, style="--", width=1.2))
    layers.append(plots.points(sizes, m, error, name, color=color, mark=mark))
axes = {"xlabel": "side of the lattice $L$", "ylabel": "mean spin $\\langle|m|\\rangle$"}
axes |= {"log": "xy", "xticks": (16, 32, 64, 128, 256), "yticks": (0.02, 0.05, 0.1, 0.2, 0.5, 1)}
title = "At every temperature $|m|$ falls with $L$: slowly, as a power, when it is cold"
plots.figure(plots.panel(*layers, **axes), title=title)

# %%
for L in (64, 10**3, 10**6, 10**9):
    G = waves(L) if L <= 1000 else waves(1000) + math.log(L / 1000) / (2 * math.pi)
    Υ = estimates[64]["helicity"][0.7].value
    print(f"T = 0.7, L = {L:>13,d}: |m| by waves {math.exp(-0.7 / (2 * Υ) * G):.3f}")

# %% [markdown]
# *Picture: |m| against L on logarithmic axes, for three sizes and four temperatures. The points of the three colder temperatures
# lie on dashed lines of slight slope; those of the hottest fall along 1/L, the line of a lattice of independent patches.*
#
# A crystal as large as a coin would still show a mean spin, and in the infinite one there is none. So |m| is not an order
# parameter here: "the temperature at which |m| drops" moves with the size of the lattice, and a magnetisation curve at one size
# says nothing about a transition.
#
# ## 9 · What sixteen directions change
#
# In section 1 nobody could tell 16 directions from a circle. Go colder. A wave can be as gentle as it likes; a step of the clock
# cannot. One spin that takes one step in a lattice of equals pays at least
#
# $$\Delta = 4\,\bigl(1 - \cos\tfrac{2\pi}{16}\bigr),$$
#
# and at temperatures far below Δ there are hardly any such steps: $\sim e^{-\Delta/T}$. Continuous spins still have their waves, with
# $T/2$ per spin however cold it is (one degree of freedom each, as a spring). The second sign is the *direction* φ of the mean spin:
# free to drift, or locked to one of the 16 directions? $\langle\cos 16\varphi\rangle$ tells: 1 on a direction, −1 half-way
# between two, 0 if all are equally likely.
#
# Here a start is remembered longest, so take two that say the opposite. Heated: all spins along x, $\cos 16\varphi = 1$. Cooled:
# the mean spin half-way between two directions, $\cos 16\varphi = -1$; the circle can put every spin there, the clock throws a
# coin for each spin. And mirrors for the circle, which turn the lattice as a whole: by heat bath alone its direction would drift
# too slowly for these runs. Lattices of 16 × 16.


# %%
def locking(angles: Float[Array, "*batch L L"]) -> Float[Array, "*batch"]:
    """cos 16φ of the direction φ of the mean spin."""
    m = ob.planar_magnetisation(angles)
    return jnp.cos(16 * jnp.arctan2(m[..., 1], m[..., 0]))


gap, chill = 4 * (1 - math.cos(math.pi / 8)), np.array([0.03, 0.04, 0.05, 0.065, 0.08, 0.1, 0.12, 0.2, 0.3])
coin, cold = np.random.default_rng(99).integers(0, 2, (16, 16)).astype(np.uint8), {}
for name, model, between, how in (
    ("16 directions", Clock(16, 16), coin, {"n": 24, "n_sweeps": 50}),
    ("all directions", XY(16, over_relaxation=2), np.full((16, 16), np.pi / 16), {"n": 80, "n_sweeps": 5}),
):
    turn = (lambda k: locking(ob.clock_angles(k, 16))) if between is coin else locking
    look = {"energy": model.energy, "m": model.order_parameter, "locking": turn}
    cold[name] = both_ways(model, chill, look, starts=("aligned", between), **how)
    cold[name]["heat"] = (cold[name]["energy"] + 2) / chill[:, None, None]
    report(f"{name}, cos 16φ", chill, cold[name]["locking"])
    report(f"{name}, energy", chill, cold[name]["heat"])

# %%
heat, locks = ({name: halves(seen[what]) for name, seen in cold.items()} for what in ("heat", "locking"))
print(f"gap Δ = {gap:.4f}; ⟨cos 16φ⟩ with 16 directions and with all, each heated, then cooled:")
for i, t in enumerate(chill):
    print(f"T = {t:.3f}:", *(f"   {v:+.2f} ± {e:.2f}" for both in locks.values() for v, e in both[:, :, i].T))
locked = chill[(locks["16 directions"][0] > 0.9).all(0)].max()
title = f"Up to $T = {locked:g}$ the clock keeps to one of its 16 directions; the circle has none at any $T$"
left, right = ([
    layer for (name, both), color in zip(panel.items(), ("red", "blue"), strict=True)
    for layer in plots.heated_and_cooled(chill, *both, name, color=color)
] for panel in (heat, locks))  # fmt: skip
fine = np.geomspace(0.03, 0.3, 200)
alone = 2 * np.exp(-gap / fine) / (1 + 2 * np.exp(-gap / fine))
left.append(plots.line(fine, gap * alone / fine, "one spin of the clock alone with its gap", color="red", width=1.2))
left.append(plots.hline(0.5, "spin waves: $T/2$ each", color="blue"))
axes = {"xlabel": "temperature $T$ ($J/k_B$)", "log": "x", "xticks": (0.03, 0.05, 0.1, 0.2, 0.3)}
right = plots.panel(plots.hline(0, color="grey", style="-"), *right, ylabel="$\\langle\\cos 16\\varphi\\rangle$",
                    title="is the mean spin on one of the 16?", **axes)  # fmt: skip
left = plots.panel(*left, ylabel="(energy per spin + $2J$) / $T$", ylim=(-0.02, 0.68), title="energy taken up", **axes)
plots.figure(left, right, title=title, legend_title=plots.STARTS)

# %% [markdown]
# *Picture: points that look up (heated) and down (cooled) lie on one another. On the left the energy taken up, over T, against T.
# The blue points stay at one half. The red ones rise with T from zero to one half, steepest a little below T = 0.1: at first along
# the red curve for spins that fluctuate alone, then above it. On the right ⟨cos 16φ⟩: for the clock 1 where it is coldest, near 0
# above 0.1; for the circle near 0 everywhere.*
#
# So the clock has **three** phases (José, Kadanoff, Kirkpatrick and Nelson 1977): below about $T = 0.1$ true long-range order,
# in one of 16 directions; up to $T_{KT}$ the same quasi-long-range order as XY; disorder above. In the middle the 16 directions
# become invisible at long distances. And |m| of the ordered phase does not shrink with the lattice:

# %%
t = chill[2]
few_, all_ = (ob.mean_and_error(seen["m"][2]) for seen in cold.values())
print(f"T = {t:g}, 16 × 16: |m| = {few_} with 16 directions,", end=" ")
print(f"{all_} with all (waves: {math.exp(-t / 2 * waves(16)):.5f})")
model, how = Clock(64, 16), {"n_samples": 60, "n_sweeps": 4, "n_burn_in": 120, "n_chains": 4, "init": "aligned"}
m = np.asarray(model.measure(key, 1 / t, {"m": model.order_parameter}, **how)["m"])
print(f"T = {t:g}, 64 × 64: |m| = {ob.mean_and_error(m)} with 16 directions,", end=" ")
print(f"in runs of {m.shape[1] / diagnostics.integrated_time(m.T):.0f} τ;", end=" ")
print(f"with all, the waves say {math.exp(-t / 2 * waves(64)):.5f}")

# %% [markdown]
# ## 10 · A quench
#
# Random spins, put at T = 0.2 at once. Not equilibrium: a lattice on its way there. Neighbours agree at once, but each patch has
# chosen its own direction, and where patches disagree all round, a vortex is left over. It can vanish only together with an
# antivortex. They attract, drift towards each other, and annihilate, ever more rarely. No mirrors here: heat bath alone is the
# dynamics of a lattice in contact with a bath.

# %%
quench, spins = XY(128), "random"
frames, times, done = [], [], 0
for n_sweeps in (1, 1, 2, 4, 8, 16, 32, 64):
    how = {"n_samples": 8, "n_chains": 8, "n_sweeps": n_sweeps, "init": spins}
    run = np.asarray(quench.sample(jax.random.key(done), 1 / 0.2, **how))
    spins = run[:, -1]
    times += [done + n_sweeps * (k + 1) for k in range(8)]
    done = times[-1]
    frames += list(np.moveaxis(run, 1, 0))
counts = np.array([np.abs(ob.winding_numbers(one)).mean((1, 2)) for one in frames])  # frames, chains
words = "Colour clouds that grow; white and black discs where all colours meet come together in pairs and vanish."
pairs = np.rint(counts[:, 0] * 128**2 / 2).astype(int)
stills = [(f"sweep {t}: {n} pairs" if n != 1 else f"sweep {t}: 1 pair", s[0])
          for t, n, s in zip(times, pairs, frames, strict=True)]  # fmt: skip
plots.planar_movie([*stills[::3], stills[-1]], quench, still=12, words=words)

# %% [markdown]
# *Moving picture: a quench of 128 × 128 continuous spins to T = 0.2, with a wheel that says which colour is which direction. At
# first grains of all colours with discs everywhere. The grains become clouds, the white and black discs (vortices, antivortices)
# meet in pairs and vanish, and after some hundred sweeps a few are left at the points where all colours meet. Where the picture
# does not move, it shows sweep 104, with the clouds half grown.*
#
# A film of ten seconds with 512 × 512 spins: `.venv/bin/python -m course_utils.showcase --only films`, in a terminal in the folder
# of the course.
#
# Were the density of vortices to fall by meetings of wanderers that are pulled together by a force $1/d$ and held back by a
# friction that grows as $\ln d$, it would go as $\ln t/t$ (Yurke and others 1993):

# %%
t, density = np.array(times, float), counts.mean(1)
errors = counts.std(1, ddof=1) / math.sqrt(counts.shape[1])
late = (t >= 16) & (t <= 256)
front = np.exp(np.mean(np.log(density[late] * t[late] / np.log(t[late]))))
law = np.where(late, front * np.log(np.maximum(t, 1.01)) / t, np.nan)
exponent = np.polyfit(np.log(t[late]), np.log(density[late]), 1)[0]
settled = estimates[32]["energy"][0.2].value
print(f"density of vortices: {density[0]:.3f} after 1 sweep, ", end="")
print(f"{density[-1]:.5f} ± {errors[-1]:.5f} after {done} sweeps")
off = np.abs(density[late] / law[late] - 1).max()
print(f"from sweep {t[late][0]:.0f} to {t[late][-1]:.0f} the points are within {off:.0%}", end=" ")
print(f"of {front:.2f} ln(t) / t; ", end="")
print(f"a plain power fits best with t^({exponent:.2f})")
print(f"at equilibrium, 32 × 32: {estimates[32]['vortices'][0.2].value:.6f}, energy {settled:.4f} per spin")
now = float(np.asarray(quench.energy(spins)).mean())
print(f"energy after {done} sweeps: {now:.4f} per spin, still {now - settled:.4f} above")
title = f"After {done} sweeps the quench has {density[-1] * 128**2:.1f} vortices a lattice; equilibrium has none"
axes = {"xlabel": "sweeps after the quench", "ylabel": "vortices per plaquette", "log": "xy"}
layers = [plots.points(t, density, errors, "measured"), plots.line(t, density[0] / t, "$1/t$", color="grey", style=":")]
layers.append(plots.line(t, law, "$\\ln(t)/t$", color="red"))
plots.figure(plots.panel(*layers, ylim=(max(0.5 * density.min(), 1e-5), 0.5), **axes), title=title)

# %% [markdown]
# *Picture: the density of vortices against time on logarithmic axes, falling from a tenth to under a thousandth. The red curve
# ln(t)/t follows the points up to sweep 256; the dotted 1/t is steeper. (After that a handful of vortices is left on each lattice,
# and a law for many no longer applies.)*
#
# ## 11 · What goes wrong
#
# **A quench shown as equilibrium.** Random spins, β = 1.2, and averages from the first sweep on. What that would report:

# %%
how = {"n_samples": 8, "n_chains": 8, "n_sweeps": 7, "init": "random"}
early = ob.mean_and_error(ob.vortex_density(np.asarray(quench.sample(key, 1.2, **how))))
print(f"vortex density in sweeps 1 to 56 after random spins, T = {1 / 1.2:.3f}: {early}")
print(f"at equilibrium, T = 0.83: {estimates[32]['vortices'][0.83]}")

# %% [markdown]
# **Winding without wrapping.** The charges of a hot lattice, with steps as they come: all zero, and no error message.

# %%
θ = lattices[-1, 0]
corners = [θ, np.roll(θ, -1, 1), np.roll(θ, (-1, -1), (0, 1)), np.roll(θ, -1, 0), θ]
plain = sum(b - a for a, b in itertools.pairwise(corners)) / (2 * np.pi)
found = np.abs(np.rint(plain)).sum(), np.abs(charges[-1, 0]).sum()
print(f"T = {walk[-1]:g}: {found[0]:.0f} charges without wrapping, {found[1]} with")

# %% [markdown]
# **The helicity modulus without its sine term** is the energy of half the bonds. It meets the line far too high:

# %%
c, how = scans[32][1]["terms"][..., 0].mean(axis=(1, 2)), {"window": (0.8, 1.2), "degree": 3}
print(f"32 × 32: without the sine term the crossing is at T = {ob.kt_temperature(wide, c, **how):.3f},", end=" ")
print(f"with it at {ob.kt_temperature(wide, curves[32]['helicity'][1], **how):.3f}; T_KT = {exact.KT_TEMPERATURE}")

# %% [markdown]
# **The temperature at which |m| = 1/2,** as if it were a transition, and **an error bar from one chain** near $T_{KT}$:

# %%
for L in scans:
    t, m, _ = curves[L]["m"]
    print(f"L = {L}: |m| = 1/2 at T = {np.interp(-0.5, -m, t):.3f}")
chains = scans[64][1]["helicity"][few == 0.95][0]
blocks = [ob.mean_and_error(one[None], n_blocks=6).error for one in chains]
print(f"64 × 64, T = 0.95: the chains scatter by {chains.mean(1).std(ddof=1):.3f},", end=" ")
print(f"while blocks within one chain claim an error of {np.median(blocks):.3f} (median)")

# %% [markdown]
# ## 12 · Three models on one page
#
# Ising (lesson 07) orders continuously. Potts (lesson 08) with more than four colours jumps; for q = 5 so little that a small
# lattice shows no trace of it, for q = 10 clearly. XY orders without order. All from the same engine, and all both ways. Near its
# transition Ising remembers for hundreds of sweeps (lesson 07), so each temperature gets thousands:

# %%
share, ordered = np.array([0.7, 0.8, 0.9, 0.95, 0.98, 0.99, 1.0, 1.01, 1.02, 1.05, 1.12, 1.25]), {}
for name, model, T_c, n_sweeps in (
    ("Ising", Ising(32), 1 / exact.BETA_C, 35),
    ("q = 5", Potts(32, 5), 1 / exact.potts_beta_c(5), 35),
    ("q = 10", Potts(32, 10), 1 / exact.potts_beta_c(10), 20),
):
    m = np.abs(both_ways(model, share * T_c, {"m": model.order_parameter}, 60, n_sweeps)["m"])
    ordered[name] = share * T_c, *halves(m)
    report(name, share * T_c, m)

# %%
for name, (T, values, errors) in ordered.items():
    for i in (5, 6, 7):
        both = " and ".join(f"{v:.3f} ± {e:.3f}" for v, e in zip(values[:, i], errors[:, i], strict=True))
        print(f"{name:6s} T / T_c = {share[i]:.2f}: {both} (heated, cooled)", end="")
        print(f"; infinite lattice {exact.yang_magnetisation(1 / T[i]):.3f}" if name == "Ising" else "")

# %%
stiffness = {L: (T, *halves(seen["helicity"])) for L, (T, seen) in scans.items()}
title = "Three ways to order: Ising goes to zero continuously, $q = 10$ jumps and $q = 5$ glides, XY loses its stiffness"
fine, known = np.linspace(1.5, 3, 400), np.linspace(0, 1.5, 3)
left = [plots.exact(fine, [exact.yang_magnetisation(1 / T) for T in fine], "exact, infinite lattice (Yang)")]
left += plots.heated_and_cooled(*ordered["Ising"], "Ising, $L = 32$", color="blue")
middle, right = [plots.vline(1)], [plots.exact(known, 2 * known / math.pi, "$2T/\\pi$", style=":")]
for q, color in ((5, "green"), (10, "red")):
    both, at = ordered[f"q = {q}"][1:], exact.potts_order_parameter_jump(q)
    middle += plots.heated_and_cooled(share, *both, f"$q = {q}$, $L = 32$", color=color)
    middle.append(plots.line([1, 1], [0, at], f"$q = {q}$: exact jump", color=color, width=5 if q == 5 else 2.5))
for (L, (T, *both)), color in zip(stiffness.items(), ("sky", "orange", "purple"), strict=True):
    right += plots.heated_and_cooled(T, *both, f"XY, $L = {L}$", color=color)
T_c, axes = 1 / exact.BETA_C, {"xlabel": "temperature $T$ ($J/k_B$)", "ylim": (-0.04, 1.05), "height": 4.9}
left += [plots.vline(T_c, "transition, exact or best known")]
right += [plots.vline(exact.KT_TEMPERATURE)]
plots.figure(
    plots.panel(*left, ylabel="magnetisation $\\langle|m|\\rangle$", title=f"Ising: $T_c = {T_c:.4f}$", **axes),
    plots.panel(*middle, ylabel="order parameter $m$", title="Potts", **axes | {"xlabel": "$T/T_c$"}),
    plots.panel(*right, ylabel="helicity modulus $\\Upsilon$ ($J$)", title=f"XY: $T_{{KT}}$ = {kt}", **axes),
    title=title, legend_title=plots.STARTS,
)  # fmt: skip

# %% [markdown]
# *Picture: three panels with triangles that point up (heated from aligned spins) and down (cooled from random ones), which lie on
# one another but for one place. Ising: the magnetisation follows Yang's curve down, with a tail above T_c from the finite lattice.
# Potts: the order parameter against T over T_c. For q = 5 it falls steeply, but through values between. For q = 10 it is high below
# the line and low above it, and next to the line the two starts part: heated chains are still high where cooled ones are low. XY:
# the stiffness of three sizes falls through the line 2T/π near T_KT, more steeply on larger lattices.*
#
# Where the two starts part, a point is no equilibrium but a memory. For q = 10 that is itself the finding: at T_c there are two
# phases with a gap between them, and a lattice of this size takes longer than these runs to find its way across. The exact jump of
# q = 5 (upright bar) is smaller but there; a lattice of 32 × 32 is far smaller than its correlation length (lesson 08), and the points
# glide past it.
#
# ## Recap
#
# - A new kind of spin on THRML needs a node with a state, interactions (one of them with itself), and a sampler of its conditional.
#   For XY that is von Mises, drawn exactly in a fixed number of rounds.
# - Vortices are counted by wrapped steps round each plaquette. On a torus their charges add up to zero.
# - Free vortices cost $\pi\Upsilon\ln L$ and gain $2T\ln L$. Pairs are bound below $T_{KT}$ and come apart above; at it $\Upsilon = 2T/\pi$.
# - Below $T_{KT}$ correlations fall as $r^{-T/2\pi\Upsilon}$, and |m| as $L^{-T/4\pi\Upsilon}$: quasi-long-range order. Above, exponentially.
# - Well above T = 0.1 sixteen directions are as good as a circle. Below, the clock orders, and the circle does not.
# - From random spins one sees a quench first. Heat from one start and cool from the opposite one: where they agree, you have
#   equilibrium; where they do not, a memory. Say which of the two a picture shows.

# %% [markdown] think="9a"
# **Think.** A colleague colours each spin by its angle and sees, at T = 0.85, large clouds of all colours. "No order, so this is
# the disordered phase." What would you measure?
# <!-- ANSWER -->
# The stiffness. Clouds are the long waves of quasi-long-range order: the colours change slowly, and the mean spin of a large
# lattice is small, yet Υ is above 2T/π. In the disordered phase Υ is zero, and the clouds have a size ξ that does not grow with
# the lattice.

# %% [markdown] think="9b"
# **Think.** Why can a single vortex not be removed by turning spins a little, one after the other, while a wave can?
# <!-- ANSWER -->
# The winding number on any path far around it is a whole number, and turning spins a little changes it continuously, so not at all.
# It changes only when a difference of neighbours on the path passes π, that is when a vortex crosses the path. A wave has winding
# number zero and can be combed flat.

# %% [markdown] think="9c"
# **Think.** The energy per spin of XY near T = 0 is $-2 + T/2$. Where does the 1/2 come from, and what would it be for spins that
# point anywhere in space?
# <!-- ANSWER -->
# For small differences the energy is quadratic in the angles, one angle per spin, and each quadratic degree of freedom holds T/2.
# A spin in space has two directions in which it can deviate, so T. The clock at low temperature holds none: its energies are
# discrete, with a gap.

# %% [markdown] think="9d"
# **Think.** You keep a spin when both its proposals are refused. Would it be as good to keep the *last refused proposal*?
# <!-- ANSWER -->
# No. A refused proposal is distributed by neither law: it is what is left of the wrapped Cauchy after the accepted part was taken
# away. Using it mixes a wrong distribution in. The old spin is right because it already has the right distribution, and because
# the decision to keep it does not look at it.

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
