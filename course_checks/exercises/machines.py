"""Exercises on Boltzmann machines: a graph on THRML, an exact likelihood, a training, an observer, a memory."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import jax
import jax.numpy as jnp
import networkx as nx
import numpy as np
from thrml import Block, BlockGibbsSpec, SpinNode
from thrml.models import SpinGibbsConditional

from course_utils.machines import Restricted

from ..checks import Task, frame, outputs, that

__all__ = ["fit", "graph_program", "log_likelihood", "recall", "tally"]

# ------------------------------------------------------------------------------------------- a graph on THRML


def _sigmoid(x: Any) -> Any:
    return 0.5 * (1 + np.tanh(np.asarray(x, float) / 2))


def _random_graph(rng: np.random.Generator) -> tuple:
    """A connected graph whose edges stand in no order, with weights, biases and two clamped nodes or none."""
    n = int(rng.integers(5, 9))
    pairs = [p for p in itertools.combinations(range(n), 2) if p[1] - p[0] == 1 or rng.random() < 0.4]
    graph = nx.Graph()
    graph.add_nodes_from(range(n))
    graph.add_edges_from((j, i) if rng.random() < 0.5 else (i, j) for i, j in rng.permutation(pairs).tolist())
    numbers = [jnp.array(rng.normal(size=size)) for size in (len(pairs), n)]
    held = rng.permutation(n)[: int(rng.choice([0, 2]))].tolist()
    return graph, [SpinNode() for _ in range(n)], *numbers, held


def _spins(n: int) -> np.ndarray:
    """Three states, the same for everybody."""
    return np.random.default_rng(n).choice([-1, 1], (3, n))


def _asked(program: Any, number: dict[Any, int], at: list[list[int]]) -> np.ndarray:
    """P(s = +1 | the others) in three states, from the program's tables; 1/2 for spins that are not drawn."""
    for sampler in program.samplers:
        if not isinstance(sampler, SpinGibbsConditional):
            frame.fail(f"a block has the sampler {type(sampler).__name__}", "Use SpinGibbsConditional().")
    place = {where[1]: number[node] for node, where in program.gibbs_spec.node_global_location_map.items()}
    order, found = [place[k] for k in range(len(place))], np.full((3, len(number)), 0.5)
    tables = program.per_block_interactions, program.per_block_interaction_active
    for b, groups in enumerate(zip(*tables, program.per_block_interaction_global_slices, strict=True)):
        fields = np.zeros((3, len(at[b])))
        for interaction, active, slices in zip(*groups, strict=True):
            weights = np.asarray(interaction.weights, float) * np.asarray(active)
            others = [_spins(len(number))[:, order][:, np.asarray(where)] for where in slices]
            fields += (weights * np.prod(others, axis=0)).sum(-1) if others else weights.sum(-1)
        found[:, at[b]] = _sigmoid(2 * fields)
    return found


def _built(learner: Callable[..., Any], *arguments: Any) -> Any:
    """What the learner makes; two of THRML's errors in the words of the lesson."""
    try:
        return learner(*arguments)
    except KeyError as error:
        if not any(isinstance(node, SpinNode) for node in error.args):
            raise
        frame.fail("a factor has a node that is in no block",
                   "Free nodes are in the blocks of their colours, clamped ones in the second argument of "
                   "BlockGibbsSpec")  # fmt: skip
    except ValueError as error:
        if "empty block" not in str(error):
            raise
        frame.fail("a block is empty",
                   "Leave out a colour all of whose nodes are clamped; and if none is clamped, the second argument of "
                   "BlockGibbsSpec is an empty list")  # fmt: skip


def _seen_program(returned: Any, graph: nx.Graph, nodes: list, weights: Any, biases: Any, clamped: Any) -> tuple:
    program, blocks = outputs(returned, "the program", "the blocks")
    that(isinstance(blocks, list | tuple) and all(hasattr(b, "nodes") for b in blocks),
         "the second value is no list of blocks", hint="Return the program and its free blocks.")  # fmt: skip
    number = {node: k for k, node in enumerate(nodes)}
    spec = program.gibbs_spec
    that(all(node in number for block in [*spec.free_blocks, *blocks] for node in block),
         "a block holds nodes that you were not given")  # fmt: skip
    at, held, named = ([[number[node] for node in block] for block in group]
                       for group in (spec.free_blocks, spec.clamped_blocks, blocks))  # fmt: skip
    that(sorted(at) == sorted(named), "the blocks that you return are not the free ones of the program",
         hint="Return the same list.")  # fmt: skip
    together = [list(itertools.chain(*(at[b] for b in group))) for group in spec.sampling_order]
    inside = sum(graph.subgraph(group).number_of_edges() for group in together)
    few = len(at) <= 1 + max(dict(graph.degree).values())
    return inside, sorted(itertools.chain(*at)), sorted(itertools.chain(*held)), few, _asked(program, number, at)


def _fields(graph: nx.Graph, weights: Any, biases: Any, pair: float = 1.0, edges: Any = None) -> np.ndarray:
    """Σ w s + b of each spin in the three states."""
    w, found = np.asarray(weights, float), np.zeros((3, len(graph)))
    for k, s in enumerate(_spins(len(graph))):
        found[k] = np.asarray(biases, float)
        for x, (i, j) in zip(w, edges or graph.edges, strict=True):
            found[k, i] += pair * x * s[j]
            found[k, j] += pair * x * s[i]
    return found


_PROGRAM = ("edges inside what is drawn at once", "the free nodes", "the clamped nodes", "few blocks", "P(s = +1)")


def _law(fields: Callable[..., np.ndarray]) -> Callable[..., dict[str, Any]]:
    """A mistake in the conditionals, from the fields of all spins."""

    def answer(graph, nodes, weights, biases, clamped=()):
        p = _sigmoid(2 * fields(graph, np.asarray(weights, float), np.asarray(biases, float)))
        p[:, list(clamped)] = 0.5
        return {_PROGRAM[4]: p}

    return answer


def _expected_program(graph, nodes, weights, biases, clamped=()):
    free = [k for k in range(len(graph)) if k not in clamped]
    return {_PROGRAM[0]: 0, _PROGRAM[1]: free, _PROGRAM[2]: sorted(clamped), _PROGRAM[3]: True,
            **_law(_fields)(graph, nodes, weights, biases, clamped)}  # fmt: skip


def _among(graph: nx.Graph, clamped: Any) -> int:
    return graph.subgraph(set(graph) - set(clamped)).number_of_edges()


graph_program = Task(
    reference=_expected_program,
    draw=_random_graph,
    outputs=_PROGRAM,
    view=_seen_program,
    call=_built,
    question={
        _PROGRAM[0]: "Is there a block for each colour of nx.greedy_color, and are they drawn one after the other?",
        _PROGRAM[1]: "Is every node that is not clamped in one block?",
        _PROGRAM[2]: "Is the second argument of BlockGibbsSpec a list with one Block of the clamped nodes?",
        _PROGRAM[3]: "One block for each colour is enough; more make a sweep longer.",
        _PROGRAM[4]: "Do heads[k], tails[k] and weights[k] belong to the same edge, and biases[k] to node k?",
    },
    mistakes={
        "All blocks are drawn at once: a tuple of blocks, or one block of all nodes, is one group":
            lambda g, n, w, b, c=(): {_PROGRAM[0]: _among(g, c)},
        "The clamped nodes are drawn like the others: leave them out of the free blocks":
            lambda g, n, w, b, c=(): {_PROGRAM[1]: sorted(g), _PROGRAM[2]: [], _PROGRAM[0]: 0},
        "The biases are missing: a second factor, SpinEBMFactor([Block(nodes)], biases)":
            _law(lambda g, w, b: _fields(g, w, 0 * b)),
        "The edges are missing from the list of factors": _law(lambda g, w, b: _fields(g, 0 * w, b)),
        "The weights of the edges count twice: each edge is there once, and the factor 2 is in the sampler":
            _law(lambda g, w, b: _fields(g, w, b, 2.0)),
        "The biases count twice: the factor 2 is in the sampler": _law(lambda g, w, b: _fields(g, w, 2 * b)),
        "All edges have the same weight: `weights` has one for each": _law(
            lambda g, w, b: _fields(g, np.full(len(w), w[0]), b)),
        "All edges have weight 1: hand `weights` to the factor": _law(lambda g, w, b: _fields(g, np.ones(len(w)), b)),
        "The sign of the weights is wrong: THRML's energy is minus the sum, as ours":
            _law(lambda g, w, b: _fields(g, -w, b)),
        "The sign of the biases is wrong: THRML's energy is minus the sum, as ours":
            _law(lambda g, w, b: _fields(g, w, -b)),
        "Both signs are wrong: THRML's energy is minus the sum, as ours": _law(lambda g, w, b: _fields(g, -w, -b)),
        "The weights belong to graph.edges in their order; yours stand in the order of the sorted edges": _law(
            lambda g, w, b: _fields(g, w, b, edges=sorted(tuple(sorted(e)) for e in g.edges))),
    },
)  # fmt: skip

# ------------------------------------------------------------------------------------------- an exact likelihood


def _machine(rng: np.random.Generator, visible: int, hidden: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    return rng.normal(size=(visible, hidden)), rng.normal(size=visible), rng.normal(size=hidden)


def _pictures(rng: np.random.Generator) -> tuple:
    visible, hidden = int(rng.integers(2, 6)), int(rng.integers(1, 5))
    return rng.choice([-1.0, 1.0], (int(rng.integers(2, 6)), visible)), *_machine(rng, visible, hidden)


def _one_by_one(v: Any, W: Any, a: Any, b: Any) -> np.ndarray:
    """Both layers, state by state."""
    h = np.array(list(itertools.product([-1.0, 1.0], repeat=len(b))))
    everything = np.array(list(itertools.product([-1.0, 1.0], repeat=len(a))))
    logs = [[[x @ W @ y + x @ a + y @ b for y in h] for x in rows] for rows in (everything, np.asarray(v))]
    log_z = np.logaddexp.reduce(np.array(logs[0]).ravel())
    return np.logaddexp.reduce(np.array(logs[1]), axis=1) - log_z


def _soft(x: np.ndarray) -> np.ndarray:
    return np.logaddexp(x, -x)


def _all_hidden(b: np.ndarray) -> np.ndarray:
    return np.array(list(itertools.product([-1.0, 1.0], repeat=len(b)))).reshape(-1, len(b))


def _log_p(top: Callable[..., Any], bottom: Callable[..., Any]) -> Callable[..., np.ndarray]:
    """A likelihood from the log weight of pictures, and of hidden states."""
    return lambda v, W, a, b: top(v, W, a, b) - np.logaddexp.reduce(bottom(_all_hidden(b), W, a, b))


def _top(v: Any, W: Any, a: Any, b: Any, unit: Callable[[np.ndarray], np.ndarray] = _soft) -> np.ndarray:
    return v @ a + unit(v @ W + b).sum(1)


def _bottom(h: Any, W: Any, a: Any, b: Any, unit: Callable[[np.ndarray], np.ndarray] = _soft) -> np.ndarray:
    return h @ b + unit(h @ W.T + a).sum(1)


def _with(unit: Callable[[np.ndarray], np.ndarray]) -> Callable[..., np.ndarray]:
    return _log_p(lambda *m: _top(*m, unit=unit), lambda *m: _bottom(*m, unit=unit))


def _naive(v: Any, W: Any, a: Any, b: Any) -> np.ndarray:
    with np.errstate(all="ignore"):
        h = _all_hidden(b)
        up = np.exp(v @ a) * (2 * np.cosh(v @ W + b)).prod(1)
        return np.log(up / (np.exp(h @ b) * (2 * np.cosh(h @ W.T + a)).prod(1)).sum())


log_likelihood = Task(
    reference=_one_by_one,
    draw=_pictures,
    name="log p",
    question="Is it v·a + Σ log 2cosh(vW + b), minus the log of the sum over all h of exp(h·b + Σ log 2cosh(Wh + a))?",
    mistakes={
        "log Z is missing: this is the log of a weight": _top,
        "This is log Z with the wrong sign: subtract it": lambda v, W, a, b: (
            _top(v, W, a, b) + np.logaddexp.reduce(_bottom(_all_hidden(b), W, a, b))),
        "This is -log p": lambda v, W, a, b: -_one_by_one(v, W, a, b),
        "One number for each picture, not their mean": lambda v, W, a, b: _one_by_one(v, W, a, b).mean(),
        "One number for each picture, not their sum": lambda v, W, a, b: _one_by_one(v, W, a, b).sum(),
        "This is p; its logarithm was asked for": lambda v, W, a, b: np.exp(_one_by_one(v, W, a, b)),
        "An exponential overflows: stay in logarithms, with np.logaddexp": _naive,
        "The sum over a unit is log(2 cosh x): the 2 is missing, in both layers":
            _with(lambda x: _soft(x) - math.log(2)),
        "The sum over a hidden unit is log(2 cosh x): the 2 is missing there":
            _log_p(lambda *m: _top(*m, unit=lambda x: _soft(x) - math.log(2)), _bottom),
        "The sum over a pixel in Z is log(2 cosh x): the 2 is missing there":
            _log_p(_top, lambda *m: _bottom(*m, unit=lambda x: _soft(x) - math.log(2))),
        "Units are -1 and +1, not 0 and 1: e^x + e^-x in the place of 1 + e^x": _with(lambda x: np.logaddexp(0, x)),
        "This is the absolute value of the fields: only good where they are large": _with(np.abs),
        "Units are -1 and +1: the field is x, not 2x": _with(lambda x: _soft(2 * x)),
        "v·a is missing: what the pixels have without the hidden units":
            _log_p(lambda v, W, a, b: _top(v, W, 0 * a, b), _bottom),
        "b is missing in the field on the hidden units": _log_p(lambda v, W, a, b: _top(v, W, a, 0 * b), _bottom),
        "h·b is missing in Z": _log_p(_top, lambda h, W, a, b: _bottom(h, W, a, 0 * b)),
        "a is missing in the field on the pixels, in Z": _log_p(_top, lambda h, W, a, b: _bottom(h, W, 0 * a, b)),
        "The fields have biases: v @ W + b on the hidden units, h @ W.T + a on the pixels": _log_p(
            lambda v, W, a, b: _top(v, W, a, 0 * b), lambda h, W, a, b: _bottom(h, W, 0 * a, b)),
        "Each picture has a sum over its hidden units, axis=1; yours runs over all pictures": _log_p(
            lambda v, W, a, b: v @ a + _soft(v @ W + b).sum(), _bottom),
        "v·a and h·b are missing": _log_p(
            lambda v, W, a, b: _soft(v @ W + b).sum(1), lambda h, W, a, b: _soft(h @ W.T + a).sum(1)),
        "The biases are missing": lambda v, W, a, b: _one_by_one(v, W, 0 * a, 0 * b),
        "The signs are those of the energy: p ∝ exp(-E), and E has the minus": lambda v, W, a, b: _one_by_one(
            v, -W, -a, -b),
        "The terms are those of -log 2cosh: add them": _with(lambda x: -_soft(x)),
        "Average over the hidden states, or sum? Z is the sum": lambda v, W, a, b: (
            _one_by_one(v, W, a, b) + len(b) * math.log(2)),
        "Z adds up the weights, not their logarithms": lambda v, W, a, b: (
            _top(v, W, a, b) - _bottom(_all_hidden(b), W, a, b).sum()),
        "Z is the sum over all states, not the largest weight": lambda v, W, a, b: (
            _top(v, W, a, b) - _bottom(_all_hidden(b), W, a, b).max()),
        "Z has the states of the model, all of them; this one has the pictures at hand":
            lambda v, W, a, b: _top(v, W, a, b) - np.logaddexp.reduce(_top(v, W, a, b)),
    },
)  # fmt: skip

# ------------------------------------------------------------------------------------------- a training


def _moved(machine: Any, chains: Any) -> np.ndarray:
    """A sweep without chance, which depends on the machine and on the chains; its pixels lie between -1 and 1."""
    mixed = np.asarray(chains, float)[:, ::-1] @ (machine.weights @ machine.weights.T)
    return np.tanh(0.3 + 0.5 * mixed + machine.visible)


def _begin(hidden: int, seed: int, data: np.ndarray) -> Restricted:
    return Restricted(*_machine(np.random.default_rng(seed), data.shape[1], hidden))


def _training(rng: np.random.Generator) -> tuple:
    data = rng.choice([-1.0, 1.0], (int(rng.integers(6, 12)), int(rng.integers(3, 6))))
    return (int(rng.integers(2, 5)), int(rng.integers(1000)), data, int(rng.integers(1, 5)),
            round(float(rng.uniform(0.1, 0.4)), 2), int(rng.integers(3, 7)))  # fmt: skip


def _taught(learner: Callable[..., Any], hidden, seed, data, n_steps, learning_rate, batch_size):
    machine, steps, shown = _begin(hidden, seed, data), [], []

    def look(step, machine):
        steps.append(int(step))
        shown.append(np.array(machine.weights).copy())

    rng = np.random.default_rng(seed + 1)
    end = learner(machine, data, _moved, n_steps, rng, look, learning_rate, batch_size)
    before = _begin(hidden, seed, data)
    kept = all(np.array_equal(getattr(machine, f), getattr(before, f)) for f in ("weights", "visible", "hidden"))
    return end, kept, steps, shown


_FIT = ("the machine that you were given stays as it is", "a", "b", "W", "the steps that were shown",
        "W of the machines that were shown")  # fmt: skip


def _seen_training(returned: Any, *arguments: Any) -> tuple:
    end, kept, steps, shown = returned
    for part in ("weights", "visible", "hidden"):
        that(hasattr(end, part), f"what you return has no .{part}", hint="Return a machines.Restricted(W, a, b).")
    return kept, np.asarray(end.visible), np.asarray(end.hidden), np.asarray(end.weights), steps, np.array(shown)


def _logistic(x: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-x))


def _student(
    *, mean=np.tanh, sign=1.0, restart=False, stale=False, first=False, rate=None, over=None, only="Wab", by_mean=False,
    late=False, shift=1, crossed=False, drawn=None, bias=1.0,
) -> Callable[..., dict[str, Any]]:  # fmt: skip
    """A training with one thing done otherwise."""

    def answer(hidden, seed, data, n_steps, learning_rate, batch_size):
        machine, rng, steps, shown = _begin(hidden, seed, data), np.random.default_rng(seed + 1), [], []
        start = machine
        chains = data[rng.integers(len(data), size=batch_size)] if drawn is None else drawn(data, batch_size)
        for step in range(n_steps):
            batch = data[:batch_size] if first else data[rng.integers(len(data), size=batch_size)]
            n = over(batch) if over else len(batch)
            if not late:
                chains = _moved(start if stale else machine, batch if restart else chains)
            W, a, b = machine.weights, machine.visible, machine.hidden
            up, down = mean(batch @ W + bias * b), mean(chains @ W + bias * b)
            if crossed:
                down = up
            dW = (batch.T @ up - chains.T @ down) / n
            if by_mean:
                dW = np.outer(batch.mean(0), up.mean(0)) - np.outer(chains.mean(0), down.mean(0))
            r = sign * (learning_rate * (1 - step / n_steps) if rate is None else rate(learning_rate, step, n_steps))
            machine = Restricted(
                W + r * dW * ("W" in only), a + r * (batch.mean(0) - chains.mean(0)) * ("a" in only),
                b + r * (up.mean(0) - down.mean(0)) * ("b" in only),
            )  # fmt: skip
            if late:
                chains = _moved(machine, chains)
            steps.append(step + shift)
            shown.append(machine.weights)
        return dict(zip(_FIT, (True, machine.visible, machine.hidden, machine.weights, steps, np.array(shown)),
                        strict=True))  # fmt: skip

    return answer


def _spelled_out(hidden, seed, data, n_steps, learning_rate, batch_size):
    """The training, picture by picture."""
    machine, rng, steps, shown = _begin(hidden, seed, data), np.random.default_rng(seed + 1), [], []
    chains = [data[k] for k in rng.integers(len(data), size=batch_size)]
    for step in range(n_steps):
        batch = [data[k] for k in rng.integers(len(data), size=batch_size)]
        chains = list(_moved(machine, np.array(chains)))
        change = [np.zeros_like(x) for x in (machine.weights, machine.visible, machine.hidden)]
        for sign, pictures in ((1, batch), (-1, chains)):
            for v in pictures:
                h = np.array([math.tanh(v @ machine.weights[:, j] + machine.hidden[j]) for j in range(hidden)])
                for total, part in zip(change, (np.outer(v, h), v, h), strict=True):
                    total += sign * part / batch_size
        rate = learning_rate - learning_rate * step / n_steps
        machine = Restricted(*(x + rate * d for x, d in zip((machine.weights, machine.visible, machine.hidden), change,
                                                             strict=True)))  # fmt: skip
        steps.append(step + 1)
        shown.append(machine.weights)
    values = (True, machine.visible, machine.hidden, machine.weights, steps, np.array(shown))
    return dict(zip(_FIT, values, strict=True))


def _only_shown(name: str, value: Callable[[dict[str, Any]], Any]) -> Callable[..., dict[str, Any]]:
    return lambda *arguments: {name: value(_spelled_out(*arguments))}


fit = Task(
    reference=_spelled_out,
    draw=_training,
    outputs=_FIT,
    compared=(_FIT[1], _FIT[2], _FIT[3], _FIT[4], _FIT[5], _FIT[0]),
    view=_seen_training,
    call=_taught,
    question={
        _FIT[0]: "Do you write into machine.weights, .visible or .hidden? W += … does.",
        _FIT[1]: "Is the change of a rate × (mean of the batch - mean of the chains)?",
        _FIT[2]: "Is the change of b rate × (mean tanh of the fields at the batch - the same at the chains)?",
        _FIT[3]: "Is the change of W rate × (batch.T @ means - chains.T @ means) / batch_size?",
        _FIT[4]: "Is look(step + 1, machine) called once at the end of each step?",
        _FIT[5]: "Is the machine that you show the one after the step?",
    },
    mistakes={
        "The sign is wrong: up in likelihood is data minus model": _student(sign=-1.0),
        "The chains start anew at the batch in each step; they go on from where they are": _student(restart=True),
        "The chains are moved with the machine of the start, not with that of the step": _student(stale=True),
        "The chains are moved after the parameters have changed; move them first": _student(late=True),
        "The learning rate falls: (1 - step / n_steps)": _student(rate=lambda r, s, n: r),
        "Steps are counted from 0: the first one has the whole learning rate":
            _student(rate=lambda r, s, n: r * (1 - (s + 1) / n)),
        "The rate is learning_rate × (1 - step / n_steps), not step / n_steps":
            _student(rate=lambda r, s, n: r * s / n),
        "The learning rate is missing": _student(rate=lambda r, s, n: 1 - s / n),
        "Units are -1 and +1: their mean is tanh of the field, not a logistic function": _student(mean=_logistic),
        "The mean of a unit is tanh(x), not tanh(2x): the 2 is in P(h = +1)": _student(mean=lambda x: np.tanh(2 * x)),
        "The fields are no means yet: tanh is missing": _student(mean=lambda x: x),
        "The field on a hidden unit has its bias: batch @ W + b, chains @ W + b": _student(bias=0.0),
        "Take the mean tanh(x), not its sign": _student(mean=np.sign),
        "⟨v h⟩ is a mean over the pictures; divide by their number": _student(over=lambda batch: 1),
        "⟨v h⟩ is a mean over the pictures: divide by their number, not by that of the pixels":
            _student(over=lambda batch: batch.shape[1]),
        "⟨v h⟩ is the mean of a product, not the product of two means": _student(by_mean=True),
        "Only W is learnt; a and b are too": _student(only="W"),
        "b is not learnt": _student(only="Wa"),
        "a is not learnt": _student(only="Wb"),
        "W is not learnt": _student(only="ab"),
        "The free phase has means of its own, tanh(chains @ W + b)": _student(crossed=True),
        "Each step draws a batch; yours has the same pictures always": _student(first=True),
        "The chains start at a random batch, before the loop": _student(drawn=lambda data, n: data[:n]),
        "The steps that are shown count from 1: look(step + 1, machine)":
            _only_shown(_FIT[4], lambda right: [step - 1 for step in right[_FIT[4]]]),
        "Nothing was shown: call look(step + 1, machine) in each step": lambda *arguments: {
            _FIT[4]: [], _FIT[5]: np.array([])},
        "Only the end was shown: call look in each step": lambda *arguments: {
            _FIT[4]: _spelled_out(*arguments)[_FIT[4]][-1:], _FIT[5]: _spelled_out(*arguments)[_FIT[5]][-1:]},
        "The machine is shown before its step": lambda hidden, seed, data, *rest: {_FIT[5]: np.concatenate(
            [_begin(hidden, seed, data).weights[None], _spelled_out(hidden, seed, data, *rest)[_FIT[5]][:-1]])},
        "You wrote into the machine that you were given: make W, a, b anew": lambda *arguments: {_FIT[0]: False},
    },
)  # fmt: skip

# ------------------------------------------------------------------------------------------- an observer


def _watched(rng: np.random.Generator) -> tuple[list, list, list, np.ndarray]:
    """Blocks of a program, the nodes that are watched, and what they do; some of these are clamped."""
    n = int(rng.integers(5, 9))
    nodes, cut = rng.permutation(n).tolist(), int(rng.integers(1, 3))
    free, held = [nodes[:cut], nodes[cut : cut + 2]], [nodes[cut + 2 :]]
    others = rng.permutation([nodes[0], nodes[cut], *rng.permutation(nodes[1:cut] + nodes[cut + 1 : cut + 2])[:1]])
    watched = [int(k) for k in rng.permutation([nodes[-1], *others])]
    states = rng.random((int(rng.integers(12, 20)), n)) < 0.6
    states[:, held[0]] = states[0, held[0]]
    return free, held, watched, states


def _looked(learner: Callable[..., Any], free: list, clamped: list, watched: list, states: np.ndarray) -> tuple:
    """What an observer has counted, and what it has recorded, after a run."""
    nodes = [SpinNode() for _ in range(states.shape[1])]
    blocks = [[Block([nodes[k] for k in group]) for group in groups] for groups in (free, clamped)]
    observer, program = learner(Block([nodes[k] for k in watched])), SimpleNamespace(gibbs_spec=BlockGibbsSpec(*blocks))

    def look(carry: Any, parts: list, step: Any) -> tuple:
        return outputs(observer(program, *parts, carry, step), "the new carry", "what is recorded")

    counts = observer.init()
    for step, state in enumerate(states):
        parts = [[jnp.array(state[group]) for group in groups] for groups in (free, clamped)]
        if step == 0:  # in THRML it is part of a compiled function
            jax.eval_shape(look, counts, parts, step)
        new, record = look(counts, parts, step)
        that(getattr(new, "shape", None) == counts.shape and new.dtype == counts.dtype,
             f"the new carry is {_kind(new)}, the old one was {_kind(counts)}",
             hint="The memory keeps its shape and type: carry.at[number].add(1).")  # fmt: skip
        counts = new
    return counts, record


def _kind(value: Any) -> str:
    return f"{value.dtype} of shape {value.shape}" if hasattr(value, "shape") else f"of type {type(value).__name__}"


_TALLY = ("the counts", "what is recorded is None")


def _counting(number: Callable[..., int | None], most: int = 10**6) -> Callable[..., dict[str, Any]]:
    """Counts of states, from the number that somebody gives them; None, or one that is too large, is not counted."""

    def answer(free, clamped, watched, states):
        counts = np.zeros(2 ** len(watched), int)
        for state in states:
            k = number([int(state[node]) for node in watched], free, clamped, watched)
            if k is not None and k < len(counts):
                counts[k] = min(counts[k] + 1, most)
        return {_TALLY[0]: counts}

    return answer


def _binary(bits: list[int]) -> int:
    return sum(2**k for k, bit in enumerate(bits) if bit)


def _in_blocks(bits: list[int], free: list, clamped: list, watched: list) -> int:
    order = [node for node in itertools.chain(*free, *clamped) if node in watched]
    return _binary([bits[watched.index(node)] for node in order])


tally = Task(
    reference=lambda free, clamped, watched, states: {
        _TALLY[0]: np.array([sum(_binary(row) == k for row in np.asarray(states)[:, watched].astype(int).tolist())
                             for k in range(2 ** len(watched))]),
        _TALLY[1]: True,
    },
    draw=_watched,
    outputs=_TALLY,
    view=lambda returned, *arguments: (np.asarray(returned[0]), returned[1] is None),
    call=_looked,
    question={
        _TALLY[0]: "Is the number of a state the sum of 2**k over the nodes k of self.block that are up, and does each "
                   "call add 1 to the count of that number?",
        _TALLY[1]: "Return a pair: the new carry, and None.",
    },
    mistakes={
        "The states stand in the order of the program's blocks; the bits in that of self.block":
            _counting(_in_blocks),
        "The first node of self.block is the lowest bit, 2**0": _counting(lambda bits, *_: _binary(bits[::-1])),
        "A clamped node is watched too: look it up in state_clamped":
            _counting(lambda bits, free, clamped, watched: _binary(
                [bit and node not in itertools.chain(*clamped) for bit, node in zip(bits, watched, strict=True)])),
        "Each call adds one to a count; yours writes a one": _counting(lambda bits, *_: _binary(bits), most=1),
        "The number of a state is the sum of 2**k; this is how many spins are up":
            _counting(lambda bits, *_: sum(bits)),
        "The number of a state is the sum of 2**k, not that of k":
            _counting(lambda bits, *_: sum(k for k, bit in enumerate(bits) if bit)),
        "A spin that is down counts nothing: bits are 0 and 1, not -1 and +1":
            _counting(lambda bits, *_: (2 * _binary(bits) + 1) % 2 ** len(bits)),
        "A spin that is up is a 1, one that is down a 0":
            _counting(lambda bits, *_: _binary([1 - bit for bit in bits])),
        "Bits count from 2**0, not from 2**1": _counting(lambda bits, *_: 2 * _binary(bits)),
        "Nothing was counted: return the new carry": _counting(lambda *_: None),
        "There is nothing to record here: the second value is None": lambda *arguments: {_TALLY[1]: False},
    },
)  # fmt: skip

# ------------------------------------------------------------------------------------------- a memory


def _memory(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray, int]:
    n, p = int(rng.choice([4, 8, 16])), int(rng.integers(1, 4))  # so that 1/N is exact, and a tie stays one
    patterns, start = rng.choice([-1, 1], (p, n)), rng.choice([-1, 1], n)
    return patterns, start, int(rng.integers(1, 3))


def _recalled(patterns: Any, start: Any, n_sweeps: int) -> np.ndarray:
    """Spin by spin, with sums over all others."""
    s, (p, n) = [int(x) for x in start], np.shape(patterns)
    for _ in range(n_sweeps):
        for i in range(n):
            field = sum(int(patterns[m][i]) * int(patterns[m][j]) * s[j] for m in range(p) for j in range(n) if j != i)
            if field:
                s[i] = 1 if field > 0 else -1
    return np.array(s)


def _remembering(
    *, diagonal=False, tie="stay", sweeps=None, at_once=False, sign=1, backwards=False, one=False
) -> Callable[..., np.ndarray]:
    def answer(patterns, start, n_sweeps):
        xi, s = np.asarray(patterns)[: 1 if one else None], np.array(start)
        J = xi.T @ xi
        if not diagonal:
            np.fill_diagonal(J, 0)
        n = len(s)
        for _ in range(n_sweeps if sweeps is None else sweeps):
            for i in [range(n)] if at_once else range(n)[::-1] if backwards else range(n):
                field = sign * J[i] @ s
                kept = {"stay": s[i], "up": 1, "down": -1, "zero": 0}[tie]
                s[i] = np.where(field > 0, 1, np.where(field < 0, -1, kept))
        return s

    return answer


recall = Task(
    reference=_recalled,
    draw=_memory,
    name="the state",
    question="Is it the sign of the field of all other spins, one spin after the other, with the newest values?",
    mistakes={
        "A spin does not pull itself: leave j = i out": _remembering(diagonal=True),
        "A field of exactly zero leaves the spin as it is (>= 0 makes it +1)": _remembering(tie="up"),
        "A field of exactly zero leaves the spin as it is (> 0 makes it -1)": _remembering(tie="down"),
        "A field of exactly zero leaves the spin as it is (np.sign makes it 0)": _remembering(tie="zero"),
        "All spins were turned at once: one after the other, each sees the newest values": _remembering(at_once=True),
        "Only one sweep was made": _remembering(sweeps=1),
        "The sign is wrong: a spin follows its field": _remembering(sign=-1),
        "Go through the spins in their order, from 0": _remembering(backwards=True),
        "Only the first pattern is stored": _remembering(one=True),
        "Nothing moved": lambda patterns, start, n_sweeps: np.array(start),
        "This is the first pattern; the memory may end elsewhere":
            lambda patterns, start, n_sweeps: np.array(patterns[0]),
    },
)  # fmt: skip
