"""Machines of layers in THRML, with one node per layer: its state is an array, and a conditional is one product.

Spins, a categorical label and Gaussian units can stand in one program. A program of `graphs` has one node per unit
and a table of neighbours; this one is several times as fast on a full bipartite graph.
"""

from functools import partial
from typing import Any, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int, Key, Num
from thrml import (
    AbstractNode,
    AbstractParametricConditionalSampler,
    BernoulliConditional,
    Block,
    BlockGibbsSpec,
    BlockSamplingProgram,
    InteractionGroup,
    SamplingSchedule,
    SoftmaxConditional,
    sample_states,
)

from .. import fallback
from ..arguments import array, choice, number, positive, whole
from .graphs import QUICK
from .restricted import Restricted, fresh


class Visible(AbstractNode):
    """A layer of spins."""


class Hidden(AbstractNode):
    """The layer above it: spins, or Gaussian units."""


class Label(AbstractNode):
    """One categorical unit beside the visible layer."""


class Dense(eqx.Module):
    """THRML interaction: what a layer does to the one that is drawn, one row for each unit (or category) of it."""

    weights: Float[Array, "..."]


class Bias(eqx.Module):
    """THRML interaction of a layer with itself: the fields of its units."""

    fields: Float[Array, "..."]


def _field(interactions: list[Any], states: list[Any]) -> Array:
    """Fields of the units of the one node of a block."""
    total = 0.0
    for interaction, state in zip(interactions, states, strict=True):
        if isinstance(interaction, Bias):
            total = total + interaction.fields[0, 0]
            continue
        (other,), weights = state, interaction.weights[0, 0]
        other = other[0, 0]
        if jnp.issubdtype(other.dtype, jnp.unsignedinteger):  # the label: a row of weights
            total = total + jnp.take(weights, other, axis=0)
            continue
        total = total + (2.0 * other - 1 if other.dtype == bool else other) @ weights
    return total


class SpinLayer(BernoulliConditional):
    """Spins in their fields."""

    def compute_parameters(self, key, interactions, active_flags, states, sampler_state, output_sd):
        """The fields, one for each spin of the one node."""
        return _field(interactions, states)[None], sampler_state


class LabelUnit(SoftmaxConditional):
    """A category, whose log weights are its fields."""

    def compute_parameters(self, key, interactions, active_flags, states, sampler_state, output_sd):
        """The log weights, one for each category."""
        return _field(interactions, states)[None], sampler_state


class GaussianLayer(AbstractParametricConditionalSampler):
    """Gaussian units of variance 1, with the fields as means."""

    def compute_parameters(self, key, interactions, active_flags, states, sampler_state, output_sd):
        """The means."""
        return _field(interactions, states)[None], sampler_state

    def sample_given_parameters(self, key, parameters, sampler_state, output_sd):
        """A draw."""
        return parameters + jax.random.normal(key, parameters.shape), sampler_state


class Layered(NamedTuple):
    """Weights of layers, possibly traced; a machine of `restricted`, and more.

    Attributes:
        weights: W.
        visible: a.
        hidden: b; none of them counts for Gaussian units, which have a mean of their own.
        label_weights: U, a row for each category; None without a label.
        label: c, the log weights of the categories.
    """

    weights: Float[Array, "visible hidden"]
    visible: Float[Array, "visible"]
    hidden: Float[Array, "hidden"]
    label_weights: Float[Array, "labels hidden"] | None = None
    label: Float[Array, "labels"] | None = None

    def pixels(self) -> Restricted:
        """The machine without its label."""
        return Restricted(*(np.asarray(x, np.float64) for x in self[:3]))


def layer_program(machine: Layered, *, hidden: str = "spins", clamp_label: bool = False) -> BlockSamplingProgram:
    """THRML program of layers: the hidden one, then the visible one and the label together, as one tuple of blocks.

    Args:
        machine: weights, which may be traced.
        hidden: "spins", or "gaussian" for p ∝ exp(a·v + (b + vW)·h - h²/2).
        clamp_label: hold the label fixed.

    Returns:
        The program; its free blocks are the hidden layer, the visible layer and, if free, the label.
    """
    choice("hidden", hidden, ("spins", "gaussian"))
    n_visible, n_hidden = machine.weights.shape
    kind = bool if hidden == "spins" else jnp.float32
    shapes = {
        Visible: jax.ShapeDtypeStruct((n_visible,), bool),
        Hidden: jax.ShapeDtypeStruct((n_hidden,), kind),
        Label: jax.ShapeDtypeStruct((), jnp.uint8),
    }
    below, above, label = Block([Visible()]), Block([Hidden()]), Block([Label()])
    groups = [
        InteractionGroup(Dense(machine.weights[None]), above, [below]),
        InteractionGroup(Bias(machine.hidden[None]), above, [above]),
        InteractionGroup(Dense(machine.weights.T[None]), below, [above]),
        InteractionGroup(Bias(machine.visible[None]), below, [below]),
    ]
    samplers: list[Any] = [SpinLayer() if hidden == "spins" else GaussianLayer(), SpinLayer()]
    order: list[Any] = [above, below]
    fixed = []
    if machine.label_weights is not None:
        groups += [InteractionGroup(Dense(machine.label_weights[None]), above, [label])]
        if clamp_label:
            fixed = [label]
        else:
            groups += [
                InteractionGroup(Dense(machine.label_weights.T[None]), label, [above]),
                InteractionGroup(Bias(machine.label[None]), label, [label]),
            ]
            order[1] = (below, label)
            samplers.append(LabelUnit())
    return BlockSamplingProgram(BlockGibbsSpec(order, fixed, shapes), samplers, groups)


def _swept(
    keys: Any, machine: Layered, n_sweeps: int, v: Array, labels: Array | None = None, clamp_label: bool = False,
    hidden: str = "spins",
) -> tuple[Array, Array | None, Array]:  # fmt: skip
    """Visible layers, labels and hidden layers of chains after n_sweeps sweeps, -1 and +1."""
    program = layer_program(machine, hidden=hidden, clamp_label=clamp_label)
    blocks, schedule = program.gibbs_spec.blocks, SamplingSchedule(n_sweeps, 1, 1)
    above = jnp.zeros(machine.hidden.shape, bool if hidden == "spins" else jnp.float32)[None]

    def chain(key, v, label):
        states = [above, (v > 0)[None]] + ([] if labels is None or clamp_label else [label[None]])
        found = sample_states(key, program, schedule, states, [label[None]] if clamp_label else [], list(blocks))
        return [x[0, 0] for x in found]

    label = jnp.zeros(len(v), jnp.uint8) if labels is None else labels.astype(jnp.uint8)
    h, v, *rest = jax.vmap(chain)(keys, v, label)
    return 2.0 * v - 1, rest[0] if rest else None, 2.0 * h - 1 if hidden == "spins" else h


@partial(jax.jit, static_argnames=("n_sweeps", "clamp_label", "hidden"), compiler_options=QUICK)
def _walk(keys, machine, v, labels, *, n_sweeps, clamp_label, hidden):
    return _swept(keys, machine, n_sweeps, v, labels, clamp_label, hidden)


def walk(
    key: Key[Array, ""], machine: Layered | Restricted, v: Num[Any, "chains visible"], n_sweeps: int, *,
    labels: Any = None, clamp_label: bool = False, hidden: str = "spins",
) -> tuple[
    Float[np.ndarray, "chains visible"], Int[np.ndarray, "chains"] | None, Float[np.ndarray, "chains hidden"]
]:  # fmt: skip
    """Chains of a machine of layers.

    Args:
        key: random numbers.
        machine: whose they are.
        v: where the visible layers start.
        n_sweeps: a sweep draws the hidden layer, then the visible one and the label.
        labels: where the labels start, for a machine that has one.
        clamp_label: hold them fixed.
        hidden: "spins" or "gaussian".

    Returns:
        Visible layers, labels (None without) and hidden layers at the end.

    Raises:
        ValueError: if n_sweeps is no number of sweeps, or a label is there without labels, or the other way round.
    """
    layers = _layered(machine)
    if (labels is None) != (layers.label is None):
        raise ValueError(f"labels = {labels}: expected labels for a machine with a label, and none for one without")
    keys = jax.random.split(key, len(v))
    start = None if labels is None else jnp.asarray(labels, jnp.uint8)
    how = {"n_sweeps": whole("n_sweeps", n_sweeps), "clamp_label": clamp_label, "hidden": hidden}
    v, labels, h = _walk(keys, layers, jnp.asarray(v, jnp.float32), start, **how)
    return np.asarray(v), None if labels is None else np.asarray(labels, int), np.asarray(h)


def _layered(machine: Layered | Restricted) -> Layered:
    parts = machine if isinstance(machine, Layered) else (machine.weights, machine.visible, machine.hidden)
    return Layered(*(None if x is None else jnp.asarray(x, jnp.float32) for x in parts))


class Fit(NamedTuple):
    """A training.

    Attributes:
        steps: at which the machine was kept; the last one is the end.
        machines: the machine then.
    """

    steps: list[int]
    machines: list[Layered]


@fallback.to_cpu_if_full("take fewer hidden units or chains")
def fit(
    data: Num[np.ndarray, "n visible"], n_hidden: int, key: Key[Array, ""], *, labels: Any = None, n_steps: int = 3000,
    n_sweeps: int = 2, persistent: bool = True, n_chains: int = 100, learning_rate: float = 0.05,
    weight_decay: float = 1e-3, n_kept: int = 1,
) -> Fit:  # fmt: skip
    """Train a restricted machine on THRML's sampler, compiled as a whole.

    Args:
        data: -1 and +1.
        n_hidden: units.
        key: random numbers.
        labels: of the data, from 0, for a machine with a label.
        n_steps: of ascent of the likelihood.
        n_sweeps: of the chains in each.
        persistent: whether chains go on from step to step (PCD), or start at the batch (CD).
        n_chains: of the model, and pictures of a batch.
        learning_rate: in the first step; it falls linearly to zero.
        weight_decay: each step shrinks weights by this, times the learning rate.
        n_kept: machines that are kept, at equal distances; n_steps is a multiple of it.

    Returns:
        The machines that were kept; the last is the trained one.

    Raises:
        ValueError: if a number is none, or n_kept does not divide n_steps.
    """
    n_steps, n_kept = whole("n_steps", n_steps), whole("n_kept", n_kept)
    if n_steps % n_kept:
        raise ValueError(f"n_steps = {n_steps}: expected a multiple of n_kept = {n_kept}")
    whole("n_sweeps", n_sweeps)
    numbers = (positive("learning_rate", learning_rate), number("weight_decay", weight_decay, 0.0))
    begin, key = jax.random.split(key)
    seed = int(jax.random.randint(begin, (), 0, 2**31 - 1))
    start = _layered(fresh(data, n_hidden, np.random.default_rng(seed)))
    if labels is not None:
        counts = np.bincount(np.asarray(labels))
        start = start._replace(
            label_weights=jnp.zeros((len(counts), n_hidden)), label=jnp.log(counts / counts.sum()).astype(jnp.float32)
        )
        labels = jnp.asarray(labels, jnp.uint8)
    how = {"n_steps": n_steps, "n_sweeps": n_sweeps, "n_chains": n_chains, "n_kept": n_kept}
    found = _fitted(key, start, jnp.asarray(data, jnp.float32), labels, (*numbers, bool(persistent)), **how)
    kept = [jax.tree.map(lambda x, k=k: np.asarray(x[k], np.float64), found) for k in range(n_kept)]
    return Fit([n_steps // n_kept * (k + 1) for k in range(n_kept)], kept)


@partial(jax.jit, static_argnames=("n_steps", "n_sweeps", "n_chains", "n_kept"), compiler_options=QUICK)
def _fitted(key, machine, data, labels, numbers, *, n_steps, n_sweeps, n_chains, n_kept):
    rate, decay, persistent = numbers

    def moments(machine, v, y):
        field = v @ machine.weights + machine.hidden
        if y is not None:
            field = field + machine.label_weights[y]
        h = jnp.tanh(field)
        n = len(v)
        rest = (None, None)
        if y is not None:
            one = jax.nn.one_hot(y, len(machine.label))
            rest = (one.T @ h / n, one.mean(0))
        return Layered(v.T @ h / n, v.mean(0), h.mean(0), *rest)

    def step(carry, t):
        key, machine, v, y = carry
        key, pick, now = jax.random.split(key, 3)
        rows = jax.random.randint(pick, (n_chains,), 0, len(data))
        batch, marks = data[rows], None if labels is None else labels[rows]
        v, y = jax.tree.map(lambda old, new: jnp.where(persistent, old, new), (v, y), (batch, marks))
        v, y, _ = _swept(jax.random.split(now, n_chains), machine, n_sweeps, v, y)
        up, down, lr = moments(machine, batch, marks), moments(machine, v, y), rate * (1 - t / n_steps)
        new = jax.tree.map(lambda x, p, q: x + lr * (p - q), machine, up, down)
        new = new._replace(weights=new.weights - lr * decay * machine.weights)
        if labels is not None:
            new = new._replace(label_weights=new.label_weights - lr * decay * machine.label_weights)
        return (key, new, v, y), None

    def lap(carry, times):
        carry, _ = jax.lax.scan(step, carry, times)
        return carry, carry[1]

    v, y = data[:n_chains], None if labels is None else labels[:n_chains]
    times = jnp.arange(n_steps, dtype=jnp.float32).reshape(n_kept, -1)
    return jax.lax.scan(lap, (key, machine, v, y), times)[1]


# --------------------------------------------------------------------------------------------- log Z by annealing


class Estimate(NamedTuple):
    """log Z by annealed importance sampling.

    Attributes:
        log_z: the estimate, in nats.
        error: its standard error, from the spread of the chains' weights.
        ess: effective number of chains.
    """

    log_z: float
    error: float
    ess: float


def annealed_log_z(
    key: Key[Array, ""], machine: Layered | Restricted, base: Float[np.ndarray, "visible"], *, n_chains: int = 200,
    n_betas: int = 1000,
) -> Estimate:  # fmt: skip
    """log Z of a restricted machine by annealed importance sampling on THRML's sampler, for any number of units.

    The way goes from independent pixels to the machine: at β its weights and hidden biases are multiplied by β, its
    visible biases are (1 - β) base + β a.

    Args:
        key: random numbers.
        machine: without a label.
        base: visible biases of the independent pixels, such as those of `restricted.independent`.
        n_chains: how many.
        n_betas: steps of the way.

    Returns:
        log Z with its standard error.

    Raises:
        ValueError: if a number is none, or the base has another number of pixels.

    Source: Salakhutdinov and Murray, ICML 2008, doi:10.1145/1390156.1390266.
    """
    layers = _layered(machine)
    base = jnp.asarray(array("base", base, [(len(layers.visible),)]), jnp.float32)
    sizes = {"n_chains": whole("n_chains", n_chains, 2), "n_betas": whole("n_betas", n_betas)}
    log_w = np.asarray(_annealed(key, layers, base, **sizes), np.float64)
    weights = np.exp(log_w - log_w.max())
    start = float(np.logaddexp(base, -base).sum()) + len(layers.hidden) * np.log(2)
    log_z = start + log_w.max() + np.log(weights.mean())
    error = weights.std(ddof=1) / weights.mean() / np.sqrt(n_chains)
    return Estimate(float(log_z), float(error), float(weights.sum() ** 2 / (weights**2).sum()))


@partial(jax.jit, static_argnames=("n_chains", "n_betas"), compiler_options=QUICK)
def _annealed(key, machine, base, *, n_chains, n_betas):
    def at(beta):
        visible = (1 - beta) * base + beta * machine.visible
        return Layered(beta * machine.weights, visible, beta * machine.hidden)

    def log_weight(machine, v):
        x = v @ machine.weights + machine.hidden
        return v @ machine.visible + jnp.logaddexp(x, -x).sum(1)

    def step(carry, k):
        key, v, total, lost = carry
        key, now = jax.random.split(key)
        new = at((k + 1) / n_betas)
        # thousands of small numbers: what a sum in single precision loses is kept, and given back
        gain = log_weight(new, v) - log_weight(at(k / n_betas), v) - lost
        grown = total + gain
        v, _, _ = _swept(jax.random.split(now, n_chains), new, 1, v)
        return (key, v, grown, (grown - total) - gain), None

    first, key = jax.random.split(key)
    v = jnp.where(jax.random.uniform(first, (n_chains, len(base))) < jax.nn.sigmoid(2 * base), 1.0, -1.0)
    zero = jnp.zeros(n_chains)
    return jax.lax.scan(step, (key, v, zero, zero), jnp.arange(n_betas, dtype=jnp.float32))[0][2]
