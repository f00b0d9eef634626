# ---
# jupyter:
#   course:
#     title: Transitions, scaling laws, information
#     goal: show where learning begins, measure how fast it goes on, and count what was learned in bits
#     needs: ["02"]
#     know: eigenvectors, least squares, logarithms to the base 2
#     time: 60 min
#     runs: 45 s
#     memory: 520 MB
#     uses: [torch]
# ---

# %% [markdown]
# **What you win.** Three laws of learning, each in a case whose exact curve is known, each measured with a function of your own:
#
# 1. one that shows where learning begins: not at the first datum, but at a sharp point (Exercise 13.1),
# 2. one that says how fast it goes on, an exponent with an honest error (13.2),
# 3. one that counts what was learned: it packs spins into bytes, as few as energy and free energy allow (13.3).

# %%
import math

import numpy as np
from jaxtyping import Float, Int

from course_checks import check
from course_utils import explorers, plots
from course_utils.lattice import exact
from course_utils.limits import coding, information, scaling, spiked

# %% [markdown]
# ## 1 · A picture that nobody shows you
#
# Somewhere there is a picture of 32 × 32 pixels, black or white: 1024 hidden spins $x_i = \pm1$. All that you ever get are *votes*. A vote
# picks two pixels at random and says whether they are equal or different. It is right in 60 cases of 100, hardly better than a coin. How
# many votes per pixel does it take to see the picture?
#
# Below is the best that one simple method (section 2) makes of 5, 10, 20 and 80 votes per pixel. **Guess first:** does every vote help a little?

# %%
hidden, rng, seen = spiked.picture(32).ravel(), np.random.default_rng(131), []
amounts = (5, 10, 20, 80)
for per_pixel in amounts:
    v = spiked.leading(spiked.votes(hidden, per_pixel, 0.6, rng))[1]
    seen.append(18 * np.sign(v @ hidden) * v.reshape(32, 32))
plots.figure(plots.images([seen], columns=[f"{k} votes per pixel" for k in amounts], cell=2.3), title="Ten thousand votes show nothing, twenty thousand a face")

# %% [markdown]
# *Picture: four grey squares. With 5 and with 10 votes per pixel they are noise. With 20 a ring, two eyes and a mouth can be made out
# in it, and with 80 the face is plain. (Votes on pairs leave open which of two colours is white; here it is the right one.)*
#
# Between 10 and 20 votes per pixel there is a **phase transition**, like that of a magnet, but its temperature is the amount of data.
#
# ## 2 · An energy made of data
#
# Which picture fits the votes best? Let a vote be $y = +1$ for "equal" and $-1$ for "different". A picture that agrees with it has $y\,x_i
# x_j = 1$, one that does not $-1$. Add these up, and turn the sign, so that low is good:
#
# $$E(x) = -\sum_\text{votes} y\, x_i x_j = -\tfrac12 \sum_{ij} S_{ij}\, x_i x_j .$$
#
# It is the Ising model of lesson 02, but its bonds are the data: $S_{ij}$ is the sum of the votes on the pair. Its lowest state is hard to
# find. What if $x$ may be *any* vector of a given length? Then $E$ is lowest along the **leading eigenvector** of $S$, that of the largest
# eigenvalue. That is what you saw.
#
# For many weak votes $S$, divided by a number, looks like a matrix that is well understood:
#
# $$Y = \frac{\lambda}{n}\, x\,x^{\mathsf T} + W , \qquad W_{ij} = W_{ji} \sim \mathcal N(0, \tfrac1n) .$$
#
# Here $n$ is the number of spins, and λ the strength of the picture; the noise has eigenvalues from −2 to 2 (a *semicircle*). The **overlap**
# of the leading eigenvector $v$, of length 1, with the picture is $q = (v\cdot x)^2/n$: 1 if $v$ is parallel to $x$, about $1/n$ if it knows
# nothing. How does $q$ grow with λ?
#
# - (a) Like λ², from the start.
# - (b) It is 0 up to some λ, and then jumps.
# - (c) It is 0 up to some λ, and then grows without a jump.
#
# ### Exercise 13.1 · Where learning begins
# *Difficulty ●●○ · fifteen minutes · why: a curve with error bars is what tells a transition from a slow start.*
#
# Complete `overlap_curve`. You get independent standard normal numbers, a square for each trial. Make a symmetric $W$ of each: the sum of
# such a square and its transpose has a variance of 2 off the diagonal, and you need $1/n$. Every strength uses the same noise. Return the
# mean of $q$ over the trials and its standard error.


# %% todo="13.1" task="return mean and standard error of the overlap at each strength"
def overlap_curve(
    x: Int[np.ndarray, "n"], strengths: Float[np.ndarray, "k"], noise: Float[np.ndarray, "trials n n"]
) -> tuple[Float[np.ndarray, "k"], Float[np.ndarray, "k"]]:
    """Squared overlap of the leading eigenvector of λ x xᵀ / n + W with x.

    Args:
        x: hidden spins, -1 and +1.
        strengths: values of λ.
        noise: independent standard normal numbers, not symmetric.

    Returns:
        For each strength the mean over the trials of (v · x)² / n, and the standard error of that mean.
    """
    ### BEGIN SOLUTION
    n, trials = len(x), len(noise)
    w = (noise + noise.transpose(0, 2, 1)) / math.sqrt(2 * n)
    means, errors = [], []
    for strength in strengths:
        y = strength / n * np.outer(x, x) + w
        vectors = np.linalg.eigh(y)[1]
        top = vectors[:, :, -1]
        q = (top @ x) ** 2 / n
        means.append(q.mean())
        errors.append(q.std(ddof=1) / math.sqrt(trials))
    return np.array(means), np.array(errors)
    ### END SOLUTION


# %% check="13.1" points=4
from course_checks import check, exercises

with check.exercise("13.1", "overlap_curve"):
    answer = exercises.limits.overlap_curve.by(overlap_curve)
    x, rng = np.array([1, -1, 1, 1, -1, 1]), np.random.default_rng(1311)
    answer.on("6 spins, 5 trials, λ = 0.5 and 2", x, np.array([0.5, 2.0]), rng.standard_normal((5, 6, 6)))
    answer.on("the same spins, 3 trials, λ = 0, 1 and 3", x, np.array([0.0, 1.0, 3.0]), rng.standard_normal((3, 6, 6)))
    answer.fresh(4, "other spins")

# %% [markdown] hint="13.1"
# `noise.transpose(0, 2, 1)` transposes each square. `np.linalg.eigh` takes all trials at once; it returns the eigenvalues in rising
# order and the eigenvectors in the *columns*: that of the largest one is `vectors[:, :, -1]`, shape (trials, n). Its product with `x` is
# `... @ x`. The standard error of a mean of numbers `q` is `q.std(ddof=1)` over the root of their number.

# %% [markdown]
# Your curve, for 25, 75 and 225 spins, all +1 (any others would do). The grey line is what mathematicians proved for infinitely many:
#
# $$q = 1 - \frac{1}{\lambda^2} \quad\text{for } \lambda > 1, \qquad q = 0 \quad\text{below} .$$

# %%
curve, rng = check.yours("13.1", overlap_curve, spiked.overlap_curve), np.random.default_rng(132)
strengths = np.append(np.arange(0, 2.01, 0.2), [2.5, 3.0])
layers = [plots.exact(np.linspace(0, 3, 301), spiked.overlap_theory(np.linspace(0, 3, 301)), "infinitely many spins")]
for n, mark in ((25, "s"), (75, "^"), (225, "o")):
    mean, its_error = curve(np.ones(n, int), strengths, rng.standard_normal((40, n, n)))
    layers.append(plots.points(strengths, mean, its_error, f"{n} spins", mark=mark, joined=True))
plots.figure(plots.panel(*layers, plots.vline(1), xlabel="strength of the picture λ", ylabel="squared overlap $q$"), title="Below λ = 1 nothing is learned; the corner sharpens with the number of spins")

# %% [markdown]
# *Picture: overlap against strength. A grey line is 0 up to λ = 1, leaves it there with a corner and bends towards 1. The points of 25 spins
# pass the corner in a wide arc above it, those of 75 and 225 closer; from λ = 2 on all lie on the line.*
#
# So (c). With finitely many spins a transition is round, here as in lesson 07; the corner belongs to infinitely many. In numbers,
# for 225 spins on both sides of it:

# %%
for at in (1, 2, 8, 10, 12):
    strength, found, error = strengths[at], mean[at], its_error[at]
    theory = float(spiked.overlap_below(strength, 225) if strength < 1 else spiked.overlap_theory(strength))
    print(f"λ = {strength:.1f}: {found:.4f} ± {error:.4f}, theory {theory:.4f}: off by {(found - theory) / error:+z.1f} errors")

# %% [markdown]
# Below λ = 1 theory is not 0 but $1/\big(n(1-\lambda)^2\big)$, what chance leaves to $n$ spins (section 7). The points of a curve
# share their noise: they go up and down together.
#
# **How many votes is λ = 1?** With α votes per pixel, $2\alpha/n$ fall on a pair. If a share $r$ is right, their sum has the mean $(2r - 1)\,x_i
# x_j\,2\alpha/n$ and a variance of about $2\alpha/n$. Divide by $\sqrt{2\alpha}$: this is $Y$, with $\lambda = (2r - 1)\sqrt{2\alpha}$. At $r = 0.6$ the transition is at $\alpha = 12.5$, between the second and the third face.
#
# ## 3 · Explore: samples per parameter
#
# A pixel is a parameter, a vote a sample: these are samples per parameter. Move them through the transition. What does the largest
# eigenvalue, in the middle panel, do when the face appears?

# %%
explorers.votes()

# %% [markdown]
# Without a kernel: the first figure shows four places along this slider. With 55, 60 and 65 % right votes the transition is at 50, 12.5 and
# 5.6 votes per pixel: a vote that is half as sure is worth a quarter. The largest eigenvalue sits at the edge of the others until λ = 1,
# and then leaves them.

# %% [markdown] think="13a"
# **Think.** A vote that is right with probability 0.6 tells $1 - H(0.6) = 0.029$ bits, where $H(p) = -p\log_2 p - (1-p)\log_2(1-p)$ is
# the entropy of a coin. How many bits per pixel have all votes told at the transition? How many has the eigenvector understood?
# <!-- ANSWER -->
# 12.5 × 0.029 = 0.36 bits per pixel, of the one bit that it has; and the eigenvector has understood none of them. (All 0.36 are about the
# picture: up to the transition hardly any two votes tell the same.) They are about *pairs*, and as long as they are too few, nothing follows for a
# single pixel. This is no weakness of the eigenvector: for pictures like coins no method does better than chance below λ = 1 (Deshpande, Abbe and Montanari 2017).

# %% [markdown]
# ## 4 · How fast it goes on
#
# Once a machine learns, how does its error fall with the number of data $n$? Often as a power, $\text{error} \propto n^{-\gamma}$, a
# straight line on logarithmic axes: a **scaling law**. Budgets are planned by such lines. Let us measure one whose exponent is known.
#
# The functions to be learned are rough: paths of a particle that diffuses from 0 back to 0. The machine sees $n$ random points of such a path
# and fits it by *kernel regression*: the mean of all paths through these points. What will 12 data give?

# %%
rng = np.random.default_rng(134)
t = np.linspace(0, 1, 402)[1:-1]
path, at = scaling.bridge(t, rng), np.sort(rng.choice(400, 12, replace=False))
fit, spread = scaling.bridge_fit(t[at], path[at], 0.0, t)
band = plots.band(t, fit - spread, fit + spread, "± one standard deviation", color="blue")
plots.figure(plots.panel(band, plots.line(t, path, "the function", color="grey", width=1), plots.line(t, fit, "the fit", color="blue"), plots.points(t[at], path[at], name="data", color="black"), xlabel="$t$", ylabel="$f(t)$"), title="Between two data the fit is a straight line, and the function goes its own way")

# %% [markdown]
# *Picture: a jagged grey path with twelve black dots on it, joined by straight blue lines. A blue band is zero wide at the dots and bulges
# between them, the more the farther they are apart. In most gaps the path keeps to it; in the wide ones at 0.1 and 0.36 it leaves it far below, and at 0.54 above.*
#
# The error is the mean square of the distance between grey and blue. Twice as many data halve the gaps: what does that do to the error?
#
# ### Exercise 13.2 · An exponent, and how sure it is
# *Difficulty ●●○ · fifteen minutes · why: an exponent without its error cannot be extrapolated, and one without χ² may be none.*
#
# Complete `fit_power_law`: fit a straight line to $y = \log(\text{loss})$ against $x = \log n$ by least squares, where each point counts
# with the weight $w = 1/\sigma^2$, and σ is the standard error of $y$. (What is the error of a *logarithm*? You met it in Exercise
# 2.2.) The best slope is the weighted covariance of $x$ and $y$ over the weighted variance of $x$. Its error is $1/\sqrt S$, with $S = \sum w\,(x -
# \bar x)^2$ and the weighted mean $\bar x$.
#
# Return also $\chi^2$: the sum of the squared distances from *your* line, each in units of its σ, over the number of points that are left
# after two of them have fixed the line. Near 1, the line is right; far above, it is none.


# %% todo="13.2" task="return the exponent, its standard error, and χ² per degree of freedom"
def fit_power_law(
    n: Float[np.ndarray, "k"], loss: Float[np.ndarray, "k"], error: Float[np.ndarray, "k"]
) -> tuple[float, float, float]:
    """The exponent γ of loss ∝ n^(-γ).

    Args:
        n: numbers of data.
        loss: what was measured at each.
        error: its standard error, small compared with the loss.

    Returns:
        γ, positive if the loss falls; its standard error; and χ² over (number of points - 2).
    """
    ### BEGIN SOLUTION
    x, y = np.log(n), np.log(loss)
    sigma = error / loss
    w = 1 / sigma**2
    x_mean, y_mean = (w * x).sum() / w.sum(), (w * y).sum() / w.sum()
    s = (w * (x - x_mean) ** 2).sum()
    slope = (w * (x - x_mean) * (y - y_mean)).sum() / s
    off = (y - y_mean - slope * (x - x_mean)) / sigma
    chi2 = (off**2).sum() / (len(n) - 2)
    return float(-slope), float(1 / math.sqrt(s)), float(chi2)
    ### END SOLUTION


# %% check="13.2" points=4
from course_checks import check, exercises

with check.exercise("13.2", "fit_power_law"):
    answer = exercises.limits.fit_power_law.by(fit_power_law)
    n = np.array([10.0, 20.0, 80.0])
    answer.on("an exact law, loss = 5/n", n, 5 / n, 0.2 / n, expect=1.0)
    answer.on("a loss that grows as √n", n, 2 * np.sqrt(n), np.array([0.1, 0.3, 0.2]), expect=-0.5)
    answer.on("three points off the line", n, np.array([0.9, 0.5, 0.1]), np.array([0.02, 0.05, 0.01]))
    answer.fresh(4, "another measurement")

# %% [markdown] hint="13.2"
# A small change of log y is the *relative* change of y, so `sigma = error / loss`. A weighted mean is `(w * x).sum() / w.sum()`. The
# distance of a point from the line is `y - y_mean - slope * (x - x_mean)`. The exponent is *minus* the slope, and its error is
# that of the slope.

# %% [markdown]
# From 2 to 1024 data, 64 functions for each number. A gap of length $\ell$ costs $\ell^2/6$ on average, so the exact law is
# $\text{error} = 1/(3(n + 2))$: the exponent is 1 (section 9). **Guess:** will more points
# make it better?

# %%
exponent, rng = check.yours("13.2", fit_power_law, scaling.fit_power_law), np.random.default_rng(135)
sizes = 2.0 ** np.arange(1, 11)
runs = [scaling.bridge_regression(int(n), 0.0, 64, rng) for n in sizes]
loss, loss_error = (np.array([f(run) for run in runs]) for f in (np.mean, lambda run: run.std(ddof=1) / 8))
for least in (2, 32):
    use = sizes >= least
    gamma, gamma_error, chi2 = exponent(sizes[use], loss[use], loss_error[use])
    print(f"{least:2d} data and more: exponent {gamma:.3f} ± {gamma_error:.3f}, χ² = {chi2:.1f}; exact 1")
law = plots.exact(sizes, scaling.bridge_error(sizes), "exact: $1/(3(n+2))$")
power = plots.line(sizes, 1 / (3 * sizes), "a power: $1/(3n)$", color="orange", style="--", width=1.2)
plots.figure(plots.panel(law, power, plots.points(sizes, loss, loss_error, "64 functions each", color="blue"), log="xy", xlabel="number of data $n$", ylabel="mean squared error"), title="Half the error for twice the data; but the first points are no power law yet")

# %% [markdown]
# *Picture: error against the number of data, both logarithmic. Blue dots with small bars on a grey line, which is straight from about 20 data
# on, and bends below the dashed straight line at its left end.*
#
# More points made it *worse*: below some 20 data the "+ 2" is felt. The error bar of the long fit knows nothing of that, its χ² does.
# So state a **range** with every exponent. (Section 10 fools even χ².)

# %% [markdown]
# ## 5 · What was learned, in bits
#
# Who knows a thing can say it in fewer words. If a model gives a state the probability $p(s)$, it can be told in $-\log_2 p(s)$ bits: likely
# states in few, unlikely ones in many. For a model with an energy this is, in nats
# of $1/\log 2$ bits,
#
# $$-\log p(s) = \frac{E(s) - F}{T}, \qquad F = -T \log Z ,$$
#
# the energy above the *free energy* in units of T. (Who defines $F = +T\log Z$ writes $E + F$.) Its mean over the data is the **cross-entropy**, which maximum likelihood lowers (lesson 05).
# So an energy can be counted in bits. Shall we?
#
# The state to be told is an Ising chain, $E = -\sum_i s_i s_{i+1}$. There each spin follows the one before it: it is equal with probability
# $1/(1 + e^{-2\beta})$, whatever came earlier.
#
# **Arithmetic coding.** The numbers from 0 to $2^{48} - 1$ stand for all messages. The first spin cuts this interval: +1 keeps the lower
# part, a share `p_up` of the whole, and −1 the rest. The next spin cuts what was kept, and so on. When all is said, the interval has
# shrunk by the factor $p(s)$. How many binary digits name a number in it?
#
# About $-\log_2 p(s)$. But 48 digits are soon used up. What then? Look at 31415 to 31892 in decimal: whatever comes, the
# number begins with 31. Send these digits, forget them, and append new ones: 41500 to 89299.
#
# ### Exercise 13.3 · As few bytes as possible
# *Difficulty ●●● · fifteen minutes · why: it turns every model of this course into a compressor, and its energy into bytes.*
#
# Complete `encode`. The interval is `low` to `high`, both included; the lower part ends at `cut = low + int((high - low) * p)`, the
# rest begins at `cut + 1`. After each spin, while the first bytes of `low` and `high` are equal (`low >> 40` is the first of six), send that byte, and move both
# one byte left (`<< 8`; then `& top` drops what was sent). What must follow at the right end of `low`, and what at that of `high`? When all spins are said, send the six bytes of `low`.


# %% todo="13.3" task="narrow the interval spin by spin, and send the bytes that are settled"
def encode(spins: Int[np.ndarray, "n"], p_up: Float[np.ndarray, "n"]) -> bytes:
    """The spins in as few bytes as the model allows.

    Args:
        spins: -1 and +1.
        p_up: for each spin the model's probability of +1 given those before it, above 0 and below 1.

    Returns:
        The bytes sent. `bytes(numbers)` makes them of a list of numbers from 0 to 255, and `low.to_bytes(6, "big")` of low.
    """
    top = 2**48 - 1
    ### BEGIN SOLUTION
    low, high, sent = 0, top, []
    for spin, p in zip(spins.tolist(), p_up.tolist(), strict=True):
        cut = low + int((high - low) * p)
        if spin == 1:
            high = cut
        else:
            low = cut + 1
        while low >> 40 == high >> 40:
            sent.append(low >> 40)
            low = (low << 8) & top
            high = (high << 8) & top | 255
    return bytes(sent) + low.to_bytes(6, "big")
    ### END SOLUTION


# %% check="13.3" points=5
from course_checks import check, exercises

with check.exercise("13.3", "encode"):
    answer = exercises.limits.encode.by(encode)
    answer.on("three spins, p_up = 0.3", np.array([1, -1, 1]), np.full(3, 0.3))
    answer.on("forty spins up, p_up = 0.9", np.ones(40, int), np.full(40, 0.9))
    answer.on("forty spins down, p_up = 0.9", -np.ones(40, int), np.full(40, 0.9))
    answer.on("nine surprises, p_up = 0.000001", np.ones(9, int), np.full(9, 1e-6))
    answer.fresh(6, "other spins")

# %% [markdown] hint="13.3"
# Start with `low, high = 0, top`. Moving left by a byte is `<< 8`; `& top` drops the byte that was sent. New digits of `low` are zeros, the
# smallest that may come; new digits of `high` are ones, the largest: `| 255`. Use `while`, not `if`: two bytes may be settled at once.

# %% [markdown]
# A million spins at β = 0.4. Written plainly they take a million bits. The decoder gets your bytes and the model, nothing else.

# %%
pack, rng, beta = check.yours("13.3", encode, coding.encode), np.random.default_rng(138), 0.4
chain = information.chain(1_000_000, beta, rng)
code, equal = pack(chain, information.chain_predictions(chain, beta)), information.after(beta)
energy_above_f = (-beta * (chain[1:] * chain[:-1]).sum() + exact.chain_log_z(len(chain), beta, periodic=False)) / math.log(2)
bits, entropy = 8 * len(code) / 1e6, information.chain_entropy(beta)
back = coding.decode(code, len(chain), lambda s: 0.5 if not s else equal if s[-1] == 1 else 1 - equal)
print(f"decoded without a fault: {np.array_equal(back, chain)}")
print(f"bits per spin: {bits:.5f} sent, {energy_above_f / 1e6:.5f} by (E - F)/T of this chain, {entropy:.5f} by the entropy")
print(f"sent / (E - F)/T = 1 + {bits * 1e6 / energy_above_f - 1:.1e}; sent / entropy = 1 {bits / entropy - 1:+.1e}")

# %% [markdown]
# Energy and length of the code agree to a few parts in $10^5$ or better. The entropy is the *mean* over all chains; one
# of this length is off by 0.06 % as a rule.
#
# ## 6 · What a wrong model costs
#
# Now code a chain at β = 0.6 with models that have another inverse temperature. **Guess:** can a model be so wrong that its code is
# longer than no code at all, one bit per spin?

# %%
rng, true = np.random.default_rng(139), 0.6
chain_06, models = information.chain(100_000, true, rng), np.arange(0, 1.61, 0.1)
length = [8 * len(pack(chain_06, information.chain_predictions(chain_06, b))) / 1e5 for b in models]
fine = np.linspace(0, 1.6, 161)
cross = [information.chain_cross_entropy(true, b) for b in fine]
plots.figure(plots.panel(plots.exact(fine, cross, "cross-entropy, exact"), plots.band(fine, np.full(161, min(cross)), cross, "KL(truth, model)", color="orange"), plots.points(models, length, name="your bytes", color="blue"), plots.hline(information.chain_entropy(true), "entropy of the chain"), xlabel="inverse temperature of the model", ylabel="bits per spin"), title="The shortest code is that of the true temperature; the rest is paid for the error")

# %% [markdown]
# *Picture: bits per spin against the model's inverse temperature: a curve that falls from 1 at β = 0 to a minimum of about 0.78 at
# 0.6, on a dashed line, and rises beyond to 1.13 at 1.6. Blue dots lie on the curve, and the region between it and the dashed line is shaded.*
#
# It can, beyond β = 1.36. The gap is the Kullback-Leibler divergence (lesson 05). Near the truth it is a parabola: a small error costs the same on both sides.
# But a model that knows too little never costs more than a coin, one bit per spin, while one that is too sure pays without limit for each
# surprise that it excluded. Whoever lowers a cross-entropy, by contrastive divergence or as a language model, shortens this code.
#
# ## What you made
#
# - `overlap_curve`: learning begins at λ = 1, as a phase transition, with a corner that finite numbers round off.
# - `fit_power_law`: an exponent with its error, and a χ² that says where the law begins.
# - `encode`: energy above free energy, weighed in bytes.
#
# That is all that later lessons need. What follows is for those who want more.

# %% [markdown] depth="90 min"
# The rounded corner, magnified; a perceptron that understands all of a sudden, with every student counted; the exact law behind section 4,
# and one that fools a fit; what a parameter costs, measured by you; Landauer's bound; and what one half of a magnet knows of the other.

# %% [markdown]
# ## 7 · The corner, magnified
#
# How round is the corner at λ = 1 for $n$ spins? The eigenvalues of the noise lie about $n^{-2/3}$ apart at their edge, and the strength
# has to move by $n^{-1/3}$ to lift one of them out of the others. So measure strengths in this unit, $t = n^{1/3}(\lambda - 1)$. Above the
# corner $1 - 1/\lambda^2 \approx 2(\lambda - 1)$, so overlaps should be measured in the same unit, and tend to $2t$. Below it the noise's own
# leading vector $u$ leans to $x$ by chance, $(u \cdot x)^2 \approx 1$, and the picture enlarges that: each order of perturbation theory
# contributes another factor λ to $v\cdot x$, and $1 + \lambda + \lambda^2 + \dots = 1/(1-\lambda)$. So $q = (u\cdot x)^2 / \big(n(1-\lambda)^2\big)$, which is
# $1/t^2$ in these units. Do the three sizes fall onto one curve?

# %%
from course_utils.limits import perceptron

rng, t, above = np.random.default_rng(137), np.arange(-3, 2.6, 0.5), np.linspace(0, 2.5, 50)
layers = [plots.exact(np.linspace(-3, -1, 50), np.linspace(-3, -1, 50) ** -2.0, "$1/t^2$")]
for (n, mark), color in zip(((64, "s"), (128, "^"), (256, "o")), plots.shades(3), strict=True):
    lift = n ** (1 / 3)
    q, error = spiked.overlap_curve(np.ones(n), 1 + t / lift, rng.standard_normal((60, n, n)))
    layers.append(plots.line(above, lift * spiked.overlap_theory(1 + above / lift), color=color, width=1, style="--"))
    layers.append(plots.points(t, lift * q, lift * error, f"{n} spins", mark=mark, color=color))
plots.figure(plots.panel(*layers, xlabel="$t = n^{1/3}(λ - 1)$", ylabel="$n^{1/3}\\,q$"), title="In units of $n^{-1/3}$ the corner is about as round for all sizes")

# %% [markdown]
# *Picture: scaled overlap against scaled strength. Points of three sizes rise together from near zero on the left, close to a grey curve $1/t^2$ up to
# t = −2 and far below it at −1, through about 0.7 at t = 0. Each size has a dashed line of its own, $1 - 1/\lambda^2$ in these units: the points are above it up to
# t = 0.5, a little below it from 1 on, and there they part.*
#
# Near the corner there is one curve, within the errors. Farther out the bend of $1 - 1/\lambda^2$ is felt, which is another one in these units for
# each size.
#
# **Is the eigenvector the best one can do?** It looks for any vector, and the hidden spins are ±1. *Approximate message passing* knows that:
# it repeats the mean-field step $m = \tanh(\text{field})$ with a field that leaves out what a spin hears of itself. Its overlap for infinitely many
# spins solves one equation, $q = \langle \tanh(\lambda^2 q + \lambda\sqrt q\, z)\rangle$ over a normal number $z$; nobody can be better. Where do the two
# curves part?

# %%
rng, at, found = np.random.default_rng(1371), np.array([0.8, 1.2, 1.6, 2.0, 2.6]), {"eigenvector": [], "message passing": []}
for strength in at:
    for _ in range(20):
        x = rng.choice([-1.0, 1.0], 400)
        y = strength / 400 * np.outer(x, x) + spiked.noise_matrix(400, rng)
        for name, method in (("eigenvector", lambda y, s: spiked.leading(y)[1]), ("message passing", spiked.message_passing)):
            found[name].append(float(spiked.squared_overlap(method(y, strength), x)))
fine, layers = np.linspace(0.5, 3, 126), []
curves = {"eigenvector": spiked.overlap_theory(fine), "message passing": [spiked.bayes_overlap(s) for s in fine]}
for (name, values), color in zip(found.items(), ("blue", "orange"), strict=True):
    q = np.reshape(values, (len(at), 20))
    layers.append(plots.line(fine, curves[name], f"{name}, infinitely many spins", color=color, width=1.2))
    layers.append(plots.points(at, q.mean(1), q.std(1, ddof=1) / math.sqrt(20), f"{name}, 400 spins", color=color))
plots.figure(plots.panel(*layers, plots.vline(1), xlabel="strength λ", ylabel="squared overlap $q$"), title="Both start at λ = 1; who knows that spins are ±1 learns faster")

# %% [markdown]
# *Picture: overlap against strength. Two lines leave zero at λ = 1; the orange one, of message passing, is soon above the blue one, of
# the eigenvector, by up to 0.17. Points of 400 spins with bars
# lie on their lines from 1.6 on; near the corner they are rounded, above the lines at 0.8 and below them at 1.2.*
#
# They part at the corner, but slowly: both begin as $2(\lambda - 1)$, and their difference as $\tfrac83(\lambda - 1)^2$. To know that spins are ±1 helps
# little while little is known of each.

# %% [markdown]
# ## 8 · All of a sudden: count every student
#
# The overlap of section 2 grew from zero without a jump. Some learners jump. A **perceptron** says $\operatorname{sign}(w\cdot x)$; let its $d$
# weights be ±1. A *teacher* with hidden weights $w^*$ answers random questions, α of them per weight, and a *student* is anyone with weights ±1 who would
# have given the same answers. With 17 weights there are 131,072 possible students: let us try them all, and see who is left.
#
# **Guess:** what is the mean overlap $R = w\cdot w^*/d$ of those left, when α grows?

# %%
rng, layers, sizes_left = np.random.default_rng(138), [], []
for d, mark in ((9, "s"), (13, "^"), (17, "o")):
    runs = np.array([perceptron.version_space(d, 2 * d, rng) for _ in range(60)])
    at = np.arange(0, 2 * d + 1, 2) / d
    (log_size, R), (log_error, error) = runs.mean(0)[:, ::2], runs.std(0, ddof=1)[:, ::2] / math.sqrt(60)
    layers.append(plots.points(at, R, error, f"{d} weights, all students", mark=mark))
    sizes_left.append(plots.points(at, log_size / d / math.log(2), log_error / d / math.log(2), f"{d} weights, all students", mark=mark))
jump = perceptron.binary_transition()
alphas = np.sort([*np.linspace(0, 2, 101), jump - 1e-9, jump])
poor = np.array([perceptron.binary_overlap(a) if a < jump else 1.0 for a in alphas])
bits_left = np.array([perceptron.binary_entropy(a) if a < jump else 0.0 for a in alphas]) / math.log(2)
ball = plots.line(alphas, [perceptron.spherical_overlap(a) for a in alphas], "weights on a sphere, no jump", color="grey", style=":")
plots.figure(
    plots.panel(plots.exact(alphas, poor, "infinitely many weights ±1"), ball, *layers, xlabel="examples per weight α", ylabel="overlap with the teacher $R$"),
    plots.panel(plots.exact(alphas, bits_left, "infinitely many weights ±1"), *sizes_left, xlabel="examples per weight α", ylabel="bits per weight still open"),
    title=f"At {jump:.3f} examples per weight all students but the teacher die out",
)  # fmt: skip

# %% [markdown]
# *Picture: on the left overlap against examples per weight. A grey line rises from 0 to about 0.7 and jumps to 1 at 1.245; a dotted one,
# for weights on a sphere, goes on rising without a jump. Points with bars keep to the line up to 0.6, then rise faster, and pass under the corner after the
# jump. On the right the bits per weight that are still open: the grey line falls from 1 to 0 at the jump; points of 9, 13 and 17 weights lie on it
# at the left and pass the corner above it.*
#
# Seventeen weights are few. Their rise is smooth, and hardly steeper than that of nine: they alone do not show that it ends in a jump. Why it must,
# the right panel says. A new example tells a student less than a bit, the less the better he knows the teacher. There is one bit per weight to be
# told. When the bits are used up, at $\alpha = 1.245$, the last crowd of students with $R \approx 0.7$ is gone, and one is left: the teacher. (Györgyi
# 1990; proved by Barbier and others 2019.) With weights on a sphere there is no last bit, and no jump.
#
# Infinitely many students could not be counted. The grey curves come from the same kind of equation as in section 7; the points are exact for each
# set of questions, with the error of 60 sets. Is it easy to *find* the one student left? Message passing climbs from $R = 0$ to the first solution
# of that equation. How long does this stay one with $R < 1$?

# %%
stuck = [a for a in np.arange(1.20, 1.60, 0.01) if perceptron.binary_overlap(a) < 1]
print(f"up to α = {stuck[-1]:.2f}, with R = {perceptron.binary_overlap(stuck[-1]):.2f} there")

# %% [markdown]
# Up to there it gets stuck, as water stays liquid below its freezing point: the data leave the teacher alone long before a
# quick method finds him (Barbier and others 2019).

# %% [markdown]
# ## 9 · Why the exponent is 1
#
# Without noise the data cut the path into pieces between neighbours, and inside a gap of length $\ell$ the path is a diffusion from one
# datum to the next: a bridge with variance $s(\ell - s)/\ell$ at a distance $s$. Its mean over the gap is $\ell/6$. So the error is
# $\sum \ell^2/6$, and for $n$ random times, which cut $[0, 1]$ into $n + 1$ gaps with $\langle\ell^2\rangle = 2/\big((n+1)(n+2)\big)$,
#
# $$\langle\text{error}\rangle = (n+1)\cdot\frac{1}{6}\cdot\frac{2}{(n+1)(n+2)} = \frac{1}{3(n+2)} .$$
#
# The exponent can be read off the spectrum as well. A path is a sum of waves $\sqrt2 \sin k\pi t$, with amplitudes of variance $1/(k\pi)^2$. $n$ data
# fix about $n$ waves; what is left is the sum over the others, $\sum_{k>n} 1/(k\pi)^2 \sim n^{-1}$. If variances fall like $k^{-a}$, the error falls like $n^{-(a-1)}$ (Spigler, Geiger and Wyart 2020, provided
# that the kernel is rough enough). That needs no details. The *factor* does: a popular approximation treats the waves at random points as independent
# Gaussian numbers, and gives $1/(4n)$ here, a quarter too low.

# %%
for n in (32, 1024):
    print(f"{n:4d} data: exact {float(scaling.bridge_error(n)):.6f}, approximation {scaling.sollich_error(n, 0.0):.6f}")

# %% [markdown]
# ## 10 · How a fit lies
#
# Now let the data have a little noise, of standard deviation 0.1. Here is what a careful person measures with 4 to 24 data per function, 256
# functions for each number. The fit is good. What would you expect at 1000 data?

# %%
rng, few = np.random.default_rng(1310), np.array([4, 6, 8, 12, 16, 24])
early = [scaling.bridge_regression(int(n), 0.1, 256, rng) for n in few]
early_loss, early_error = (np.array([f(run) for run in early]) for f in (np.mean, lambda run: run.std(ddof=1) / 16))
gamma_early, gamma_early_error, chi2 = exponent(few.astype(float), early_loss, early_error)
far = 1024 / few[-1]
print(f"4 to 24 data: exponent {gamma_early:.3f} ± {gamma_early_error:.3f}, χ² = {chi2:.1f}")
print(f"at 1024 data this line expects {early_loss[-1] * far**-gamma_early:.5f}, ± {far**gamma_early_error - 1:.0%} from the error of the exponent")

# %%
rng, many = np.random.default_rng(1311), np.array([48, 128, 384, 1024])
late = [scaling.bridge_regression(int(n), 0.1, 48, rng) for n in many]
late_loss, late_error = (np.array([f(run) for run in late]) for f in (np.mean, lambda run: run.std(ddof=1) / math.sqrt(48)))
gamma_late, gamma_late_error, chi2 = exponent(many.astype(float), late_loss, late_error)
print(f"48 to 1024 data: exponent {gamma_late:.3f} ± {gamma_late_error:.3f}, χ² = {chi2:.1f}")
wide, color = np.geomspace(4, 1024, 60), {"color": "red", "style": "--"}
told = early_loss[-1] * (wide / few[-1]) ** -gamma_early
theory = plots.exact(wide, [scaling.sollich_error(n, 0.1) for n in wide], "approximate theory")
limit = plots.line(wide[25:], 0.05 / np.sqrt(wide[25:]), "in the end: $σ/(2\\sqrt{n})$", color="green", style=":")
points = plots.points(few, early_loss, early_error, "the range that was fitted", color="blue"), plots.points(many, late_loss, late_error, "what came then", color="black")
plots.figure(plots.panel(theory, limit, plots.line(wide, told, "the fit, extrapolated", **color), *points, log="xy", xlabel="number of data $n$", ylabel="mean squared error"), title=f"Extrapolated, the fit is too low by a factor of {late_loss[-1] / told[-1]:.1f} at 1024 data")

# %% [markdown]
# *Picture: error against number of data, logarithmic. Blue dots at the left follow a dashed red line; black dots beyond leave it, bend to a
# flatter slope and end well above the red line, near a dotted green one. A grey curve goes through the black dots and a little below the blue ones.*
#
# The fit did nothing wrong: small bars, χ² near 1. Nor did the second, which has another exponent and a χ² as good. But two laws are at work. With
# few data the gaps decide, $1/(3n)$; with many, noise has to be averaged away, and that goes like $\sigma/(2\sqrt n)$ for *these* functions. They
# meet where $n \approx 0.44/\sigma^2$, here at 44, and in the end the exponent is 1/2, which neither fit has found. An exponent from a decade or so
# may be that of a crossover, and its error bar assumes that there is none. What helps: a wide range, exponents of parts of it side by side, and a
# reason.

# %% [markdown]
# ## 11 · What a parameter costs
#
# A scaling law of your own. The moons of lesson 05 have a known density. Put it onto 30 × 30 cells, and learn energies that are linear in
# their parameters, $E_\theta(x) = \sum_k \theta_k f_k(x)$, where the $f_k$ are cosines. On a grid maximum likelihood is exact: no chains, no
# networks. This is the best that fifteen of them can do, with as many data as one likes:

# %%
import torch

from course_utils import data

grid = np.linspace(-4, 4, 30)
points = np.stack(np.meshgrid(grid, grid, indexing="ij"), -1)
waves = np.cos(np.arange(4)[:, None] * np.linspace(0, np.pi, 30))
features = np.einsum("ia,jb->abij", waves, waves).reshape(900, 16)[:, 1:]  # without the constant
moons = np.exp(data.two_moons(0.2).log_prob(torch.tensor(points)).numpy().ravel())
moons, family = moons / moons.sum(), scaling.ExponentialFamily(features)
best, cell = np.exp(family.log_prob(family.fit(moons))), (grid[1] - grid[0]) ** 2
panels = [plots.panel(plots.density(points, p.reshape(30, 30) / cell), square=True, title=title) for p, title in ((moons, "the moons"), (best, "the best fit of 15 parameters"))]
plots.figure(*panels, title=f"Fifteen cosines come within {scaling.kl(moons, np.log(best)):.2f} nats of the moons")

# %% [markdown]
# *Picture: on the left two bright interleaved arcs on black; on the right the best fit, two blurred spots side by side in the middle, joined by a
# bridge, with tails to the left and right edge.*
#
# With $n$ points the fit is worse. By how much, in nats? For a **regular model** that contains the truth theory says $\langle \mathrm{KL}\rangle
# = p/2n$: half a nat per parameter, shared among $n$ data, whatever the parameters mean (Akaike 1974 builds on it). If the model does not contain
# the truth, KL tends to that of the best fit, and the rest falls as 1/n with another factor, $\operatorname{tr}(C_\text{data}
# C_\text{model}^{-1})/2n$ (White 1982), where $C$ are covariances of the features. Measure it.
#
# ### Exercise 13.4 · What a parameter costs
# *Difficulty ●●○ · fifteen minutes · why: an exact law of learning is the best test of a whole pipeline of fits.*
#
# Complete `excess`. `family.fit(p)` gives the parameters of maximum likelihood for data that came with the shares $p$, and
# `family.log_prob(parameters)` the logarithm of the model's probability of each cell. Fit each data set. How much larger is KL(truth ‖ fit)
# than KL(truth ‖ best), where *best* is the fit to the truth itself? Return mean and standard error over the data sets, for each size.


# %% todo="13.4" task="return mean and standard error of the excess KL for each size"
def excess(
    features: Float[np.ndarray, "states parameters"],
    truth: Float[np.ndarray, "states"],
    shares: Float[np.ndarray, "sizes sets states"],
) -> tuple[Float[np.ndarray, "sizes"], Float[np.ndarray, "sizes"]]:
    """How much worse a model of finitely many data is than the best of its family.

    Args:
        features: of each state, f(x).
        truth: probability of each state; data are drawn from it.
        shares: what share of the data was in each state, for several sizes and data sets of each size.

    Returns:
        For each size the mean over its data sets of KL(truth ‖ fit) - KL(truth ‖ best), in nats, and its standard error.
    """
    family = scaling.ExponentialFamily(features)
    ### BEGIN SOLUTION
    best = family.log_prob(family.fit(truth))
    costs = []
    for sets in shares:
        fits = np.array([family.log_prob(family.fit(p)) for p in sets])
        costs.append((best - fits) @ truth)
    costs = np.array(costs)
    return costs.mean(1), costs.std(1, ddof=1) / math.sqrt(costs.shape[1])
    ### END SOLUTION


# %% check="13.4" points=3
from course_checks import check, exercises

with check.exercise("13.4", "excess"):
    answer = exercises.limits.excess.by(excess)
    rng = np.random.default_rng(1341)
    some, p = rng.standard_normal((12, 2)), rng.dirichlet(np.ones(12))
    answer.on("12 states, 2 parameters, 4 sets of 60 and of 200 data", some, p, np.array([rng.multinomial(n, p, 4) / n for n in (60, 200)]))
    answer.fresh(4, "another family")

# %% [markdown] hint="13.4"
# The truth's own entropy is in both divergences and falls out: their difference is the mean of `best - fit` over the *truth*, `(best - fits) @ truth`,
# where both are logarithms of probabilities.

# %%
cost_of, rng, counts, layers = check.yours("13.4", excess, scaling.excess), np.random.default_rng(1312), np.array([250, 500, 1000, 2000, 4000]), []
for name, truth, color in (("the best fit", best, "blue"), ("the moons", moons, "orange")):
    cost, cost_error = cost_of(features, truth, np.array([rng.multinomial(n, truth, 100) / n for n in counts]))
    gamma, gamma_error, chi2 = exponent(counts[1:].astype(float), cost[1:], cost_error[1:])
    print(f"points of {name}: exponent {gamma:.3f} ± {gamma_error:.3f}, χ² = {chi2:.1f}; ", end="")
    print(f"n × excess at n = 4000: {4000 * cost[-1]:.2f} ± {4000 * cost_error[-1]:.2f}, theory {family.price(truth):.2f}")
    layers += [plots.line(counts, family.price(truth) / counts, f"theory, points of {name}", color=color, width=1.2), plots.points(counts, cost, cost_error, f"points of {name}", color=color)]
plots.figure(plots.panel(*layers, log="xy", xlabel="number of data $n$", ylabel="KL, less that of the best fit (nats)"), title="Fifteen parameters cost 15/2n nats, if the model contains the truth")

# %% [markdown]
# *Picture: two sets of points with bars on logarithmic axes, on two parallel falling lines: blue for points drawn from the best fit, a truth that the
# model contains; orange, lower, for points of the moons, which it does not contain.*
#
# Both exponents are 1 within two standard errors, fitted from 500 data on. (At 250 the points of the moons lie above their line: there the next
# term of the series in 1/n is felt.) So a well-specified model with a million parameters and a billion data loses half a thousandth of a nat. Many
# networks have more parameters than data, and learn: they are not regular. Many of their directions change nothing, and then $p/2n$ does not hold.

# %% [markdown]
# ## 12 · Landauer's bound, and what it does not say
#
# Bits are physical. Who *erases* a bit, so that nobody can tell what it was, gives at least $k T\log 2$ of heat to surroundings of
# temperature T (Landauer 1961). A bit that can be predicted costs less: erasing a chain of section 5 costs its entropy, $H$ bits per spin.
# That is the second law. How far is your coder from it, if a busy core takes 15 W (a nominal figure, not measured here)?

# %%
import time

start = time.process_time()
pack(chain[:200_000], information.chain_predictions(chain[:200_000], beta))
spent, bound = (time.process_time() - start) / 200_000, information.landauer(300, entropy)
print(f"coding a spin took {1e6 * spent:.2f} µs of this core: {15 * spent:.1e} J at 15 W")
print(f"erasing one at 300 K: at least {bound:.2e} J, less by a factor of {15 * spent / bound:.0e}")

# %% [markdown]
# Some fifteen powers of ten lie between them. What the bound does *not* say:
#
# - that computing costs this much. It bounds erasing. A computation that can be run backwards has no such bound (Bennett 1982).
# - that one could get there fast. It is reached in the limit of infinitely slow steps; a bead in a pair of wells came close to it only when
#   it was moved slowly (Bérut and others 2012).
# - that a machine which samples has to beat it. A sample needs random bits, which the surroundings give for nothing; what costs energy in
#   practice is moving charges, in order to write, to carry and to read numbers.
#
# So a comparison of a machine with this bound says nothing about how it compares with another machine.

# %% [markdown]
# ## 13 · What one half knows of the other
#
# Cut a magnet into a left half and a right half. How much do they know of each other? The **mutual information** is
#
# $$I = \sum_{a, b} p(a, b) \log_2 \frac{p(a, b)}{p(a)\,p(b)} ,$$
#
# the bits that one half saves when you already have the other. Take a strip that is endless in one direction and closed in the other. Its
# rows are a Markov chain, so all that the left half knows of the right one, its last row $r$ knows of the next, $r'$. And with the transfer matrix of
# lesson 02, made symmetric,
#
# $$M(r, r') = e^{\beta\, r\cdot r' - \frac{\beta}{2}\left(E(r) + E(r')\right)}, \qquad p(r, r') \propto \varphi(r)\, M(r, r')\, \varphi(r') ,$$
#
# where $E(r)$ is the energy within a row and φ the eigenvector of the largest eigenvalue: it sums up all rows beyond.
#
# ### Exercise 13.5 · What one half knows
# *Difficulty ●●○ · ten minutes · why: exact numbers for information are rare; here is one, through a phase transition.*
#
# `exact.ising_states(width)` has all rows, shape (2^width, width), and `exact.ising_energies((width,))` the energy of each row, closed to a ring.


# %% todo="13.5" task="return the mutual information of the two halves, in bits"
def strip_information(width: int, beta: float) -> float:
    """What the left half of an endless Ising strip knows of the right one.

    Args:
        width: spins in a row, at least 2; the row is a ring.
        beta: inverse temperature.

    Returns:
        The mutual information of two neighbouring rows, in bits.
    """
    ### BEGIN SOLUTION
    rows, energy = exact.ising_states(width), exact.ising_energies((width,))
    exponent = rows @ rows.T - (energy[:, None] + energy[None, :]) / 2
    m = np.exp(beta * exponent)
    phi = np.linalg.eigh(m)[1][:, -1]
    joint = phi[:, None] * m * phi[None, :]
    joint = joint / joint.sum()
    p = joint.sum(1)
    return float((joint * np.log2(joint / np.outer(p, p))).sum())
    ### END SOLUTION


# %% check="13.5" points=3
from course_checks import check, exercises

with check.exercise("13.5", "strip_information"):
    answer = exercises.limits.strip_information.by(strip_information)
    answer.on("3 spins wide, β = 0.4", 3, 0.4)
    answer.on("5 spins wide at β = 0, where all is chance", 5, 0.0, expect=0.0)
    answer.fresh(3, "another strip")

# %% [markdown] hint="13.5"
# `rows @ rows.T` holds $r \cdot r'$ for all pairs. `np.linalg.eigh(m)[1][:, -1]` is φ. Divide `joint` by its sum. Both rows have the same
# distribution, `joint.sum(1)`.

# %% [markdown]
# **Guess:** at which temperature is $I$ largest, at $T_c$?

# %%
mine = check.yours("13.5", strip_information, information.strip_information)
temperatures, widths = np.concatenate([np.arange(1.2, 2.0, 0.2), np.arange(2.0, 2.9, 0.08), np.arange(3, 5.1, 0.5)]), (4, 6, 8, 10)
bits_shared = {w: np.array([(mine if w < 8 else information.strip_information)(w, 1 / T) for T in temperatures]) for w in widths}
shared = [plots.line(temperatures, bits_shared[w], f"{w} spins wide", color=c) for w, c in zip(widths, plots.shades(4), strict=True)]
per_spin = [plots.line(temperatures, (bits_shared[w] - bits_shared[w - 2]) / 2, f"{w} spins wide", color=c) for w, c in zip(widths[1:], plots.shades(4)[1:], strict=True)]
top = temperatures[np.argmax(bits_shared[10] - bits_shared[8])]
T_c = plots.vline(1 / exact.BETA_C, "$T_c$")
plots.figure(
    plots.panel(*shared, plots.hline(1, "one bit", style=":"), T_c, xlabel="temperature $T$ ($J/k_B$)", ylabel="mutual information (bits)", title="of two halves"),
    plots.panel(*per_spin, T_c, xlabel="temperature $T$ ($J/k_B$)", ylabel="bits per further spin", title="what a wider strip adds"),
    title=f"Each further spin of width adds most near T = {top:.2f}, above the transition",
)  # fmt: skip

# %% [markdown]
# *Picture: on the left mutual information against temperature for four widths. All are near one bit in the cold; the wider ones rise to a hump
# about the dashed line at T_c, and all fall towards zero in the heat. On the right the growth per spin of width: small in the cold, a hump
# whose top lies to the right of the dashed line, and a slow fall.*
#
# In the cold the halves share one bit, whether they are up or down, whatever the width: order is easily told. In the heat they
# share next to nothing. Between them each spin of the cut contributes some, and most of it not at $T_c$ but above: Wilms, Troyer and Verstraete
# (2011) found the maximum in the hot phase on wider strips too, and Lau and Grassberger (2012) confirmed their numbers. Correlations reach
# *farthest* at $T_c$. That does not make them largest in bits.

# %% [markdown] think="13b"
# **Think.** A file of spins at β = 0.4 was coded by a model at β = 0.6, and later recoded by the right one. How many bits per spin were saved, and
# what would a thermodynamicist call this number?
# <!-- ANSWER -->
# The KL divergence per spin, $[(U - F')/T' - (U - F)/T]/\log 2$, where the primes belong to the model at β = 0.6 and U is the mean energy at β = 0.4. It is
# the free energy, in units of $T'$, that a system out of equilibrium holds above that at equilibrium: the work that one could get from a state
# at β = 0.4 brought in contact with a bath at β = 0.6 without changing its energy function, over $T' \log 2$.

# %% [markdown] think="13c"
# **Think.** Section 8 says that a new example tells a student less than a bit. Why is 1.245 larger than 1, and would it be larger or smaller if the
# student could choose the questions?
# <!-- ANSWER -->
# One bit per weight must be told, and an example tells one bit only if the student has no idea of its answer. The better he knows the teacher, the
# surer he is, and the less he is told, so it takes more than one example per weight. Who chooses questions on which those left are divided
# in halves gets nearly a bit each time, and is done after little more than one per weight.

# %% [markdown]
# ## Challenge · hidden spins
#
# A matrix $Y = \lambda\, x\,x^{\mathsf T}/n + W$ with 300 hidden spins, drawn like coins, and λ, which you are told. Return 300 spins, ±1, within a
# second of CPU time. The score is the share of them that is wrong, in percent; their common sign is free.
#
# Cheating would be more CPU time, threads that go on, or answers that hedge between −1 and 1.
#
# The judge counts, recomputes and draws its problems anew, so that nothing can be remembered. But Python hides nothing from a
# function that runs beside it: who walks its frames or its memory finds the answers, and has beaten nobody.
#
# Who is there to beat?

# %%
check.challenge("13")


# %%
def my_spins(y, strength, generator):
    raise NotImplementedError("return 300 spins, -1 and +1")


check.challenge("13", my_spins)

# %% [markdown]
# ## References
#
# - F. Benaych-Georges and R. R. Nadakuditi, *The eigenvalues and eigenvectors of finite, low rank perturbations of large random matrices*, Adv.
#   Math. 227, 494 (2011), [doi:10.1016/j.aim.2011.02.007](https://doi.org/10.1016/j.aim.2011.02.007). The overlap.
# - S. Péché, *The largest eigenvalue of small rank perturbations of Hermitian random matrices*, Probab. Theory Relat. Fields 134, 127 (2006),
#   [doi:10.1007/s00440-005-0466-z](https://doi.org/10.1007/s00440-005-0466-z).
# - Y. Deshpande, E. Abbe and A. Montanari, *Asymptotic mutual information for the balanced binary stochastic block model*, Inf. Inference 6, 125
#   (2017), [arXiv:1507.08685](https://arxiv.org/abs/1507.08685). Message passing, and that nobody does better.
# - G. Györgyi, *First-order transition to perfect generalization in a neural network with binary synapses*, Phys. Rev. A 41, 7097 (1990),
#   [doi:10.1103/PhysRevA.41.7097](https://doi.org/10.1103/PhysRevA.41.7097).
# - J. Barbier, F. Krzakala, N. Macris, L. Miolane and L. Zdeborová, *Optimal errors and phase transitions in high-dimensional generalized linear
#   models*, Proc. Natl. Acad. Sci. 116, 5451 (2019), [doi:10.1073/pnas.1802705116](https://doi.org/10.1073/pnas.1802705116).
# - S. Spigler, M. Geiger and M. Wyart, *Asymptotic learning curves of kernel methods: empirical data versus teacher-student paradigm*, J. Stat.
#   Mech. 124001 (2020), [arXiv:1905.10843](https://arxiv.org/abs/1905.10843).
# - P. Sollich and A. Halees, *Learning curves for Gaussian process regression: approximations and bounds*, Neural Computation 14, 1393 (2002),
#   [arXiv:cond-mat/0105015](https://arxiv.org/abs/cond-mat/0105015).
# - H. Akaike, *A new look at the statistical model identification*, IEEE Trans. Autom. Control 19, 716 (1974),
#   [doi:10.1109/TAC.1974.1100705](https://doi.org/10.1109/TAC.1974.1100705).
# - H. White, *Maximum likelihood estimation of misspecified models*, Econometrica 50, 1 (1982), [doi:10.2307/1912526](https://doi.org/10.2307/1912526).
# - I. H. Witten, R. M. Neal and J. G. Cleary, *Arithmetic coding for data compression*, Commun. ACM 30, 520 (1987),
#   [doi:10.1145/214762.214771](https://doi.org/10.1145/214762.214771).
# - R. Landauer, *Irreversibility and heat generation in the computing process*, IBM J. Res. Dev. 5, 183 (1961),
#   [doi:10.1147/rd.53.0183](https://doi.org/10.1147/rd.53.0183).
# - C. H. Bennett, *The thermodynamics of computation: a review*, Int. J. Theor. Phys. 21, 905 (1982),
#   [doi:10.1007/BF02084158](https://doi.org/10.1007/BF02084158).
# - A. Bérut, A. Arakelyan, A. Petrosyan, S. Ciliberto, R. Dillenschneider and E. Lutz, *Experimental verification of Landauer's principle linking
#   information and thermodynamics*, Nature 483, 187 (2012), [doi:10.1038/nature10872](https://doi.org/10.1038/nature10872).
# - J. Wilms, M. Troyer and F. Verstraete, *Mutual information in classical spin models*, J. Stat. Mech. P10011 (2011),
#   [arXiv:1011.4421](https://arxiv.org/abs/1011.4421).
# - H. W. Lau and P. Grassberger, *Information theoretic aspects of the two-dimensional Ising model*, [arXiv:1210.5707](https://arxiv.org/abs/1210.5707).
