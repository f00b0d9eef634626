"""Exercises on Ising spins and THRML: a sweep, a program, a phase transition, a transition matrix, order and Binder."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from thrml import AbstractConditionalSampler, SpinNode
from thrml.block_sampling import sample_single_block

from ..checks import Task, equal, frame, outputs, that

__all__ = ["gibbs_sweep", "ising_program", "order_and_binder", "phase_curve", "transition_matrix"]

# ------------------------------------------------------------------------------------------- a sweep in two colours

_NEXT = ((1, 0), (-1, 0), (1, 1), (-1, 1))
"""Step and axis of the rolls that bring the four neighbours."""


def _sigmoid(x: Any) -> np.ndarray | np.float64:
    return 0.5 * (1 + np.tanh(np.asarray(x, float) / 2))


def _near(spins: Any, steps: tuple = _NEXT) -> np.ndarray:
    """Sum over the neighbours on a torus."""
    s = np.asarray(spins, int)
    return sum(np.roll(s, step, axis) for step, axis in steps)


def _near_open(spins: Any) -> np.ndarray:
    rim = np.pad(np.asarray(spins, int), 1)
    return rim[:-2, 1:-1] + rim[2:, 1:-1] + rim[1:-1, :-2] + rim[1:-1, 2:]


def _near_diagonal(spins: Any) -> np.ndarray:
    s = np.asarray(spins, int)
    return sum(np.roll(s, (a, b), (0, 1)) for a in (1, -1) for b in (1, -1))


def _one_by_one(spins: Any, beta: float, uniform: Any, field: float, order: Any) -> np.ndarray:
    """Spins drawn one after the other, in some order."""
    s = np.array(spins, int)
    rows, cols = s.shape
    for i, j in order:
        pull = s[i - 1, j] + s[(i + 1) % rows, j] + s[i, j - 1] + s[i, (j + 1) % cols] + field
        s[i, j] = 1 if uniform[i, j] < _sigmoid(2 * beta * pull) else -1
    return s


def _in_two_colours(spins: Any, beta: float, uniform: Any, field: float = 0.0) -> np.ndarray:
    order = sorted(np.ndindex(np.shape(spins)), key=lambda at: sum(at) % 2)
    return _one_by_one(spins, beta, uniform, field, order)


def _board(spins: Any) -> np.ndarray:
    return np.indices(np.shape(spins)).sum(0) % 2 == 0


def _swept(p_up: Callable[..., Any], *, up: int = 1, down: int = -1, groups: Callable[..., Any] | None = None) -> Any:
    """A sweep with another probability: p_up(s, β, h); or with other groups of spins than black and white."""

    def answer(spins, beta, uniform, field=0.0):
        s = np.array(spins, int)
        for group in groups(s) if groups else (_board(s), ~_board(s)):
            s = np.where(group, np.where(np.asarray(uniform) < p_up(s, beta, field), up, down), s)
        return s

    return answer


def _right(s: np.ndarray, beta: float, field: float) -> np.ndarray:
    return _sigmoid(2 * beta * (_near(s) + field))


def _from_old(spins: Any, beta: float, uniform: Any, field: float = 0.0) -> np.ndarray:
    return np.where(np.asarray(uniform) < _right(np.asarray(spins), beta, field), 1, -1)


def _in_a_group(which: Callable[..., Any]) -> Any:
    return _swept(_right, groups=which)


def _torus(rng: np.random.Generator) -> tuple[np.ndarray, float, np.ndarray, float]:
    shape = [(4, 6), (6, 6), (8, 4)][rng.integers(3)]
    spins, uniform = rng.choice([-1, 1], shape), rng.random(shape)
    return spins, float(rng.uniform(0.2, 0.6)), uniform, float(rng.choice([-0.7, 0.0, 0.9]))


gibbs_sweep = Task(
    reference=_in_two_colours,
    draw=_torus,
    name="the new spins",
    question="Is it black first (even i + j), then white, each with 1 / (1 + exp(-2β(Σ + h))) from the present spins?",
    mistakes={
        "All spins were drawn at once: the white ones must see the new black ones": _from_old,
        "White was drawn first; the spins with even i + j come first":
            _in_a_group(lambda s: (~_board(s), _board(s))),
        "Only the black spins were drawn; a sweep draws every spin": _in_a_group(lambda s: (_board(s),)),
        "Only the white spins were drawn; a sweep draws every spin": _in_a_group(lambda s: (~_board(s),)),
        "The colour of a spin is the parity of i + j: these are stripes, with neighbours in one group":
            _in_a_group(lambda s: (np.indices(s.shape)[0] % 2 == 0, np.indices(s.shape)[0] % 2 == 1)),
        "The colour of a spin is the parity of i + j: these are columns, with neighbours in one group":
            _in_a_group(lambda s: (np.indices(s.shape)[1] % 2 == 0, np.indices(s.shape)[1] % 2 == 1)),
        "The spins were drawn one by one, row by row; draw all black ones, then all white ones":
            lambda s, β, u, h=0.0: _one_by_one(s, β, u, h, np.ndindex(np.shape(s))),
        "After the black spins the white ones were drawn, and then black ones again":
            _in_a_group(lambda s: (_board(s), ~_board(s), _board(s))),
        "A spin becomes +1 if its number is below P, not above it":
            lambda s, β, u, h=0.0: _swept(lambda s, β, h: 1 - _right(s, β, h))(s, β, 1 - np.asarray(u), h),
        "A spin is +1 or -1, not 1 or 0": _swept(_right, down=0),
        "These are the probabilities; the spins are drawn with `uniform`":
            lambda s, β, u, h=0.0: _right(np.asarray(s), β, h),
        "`uniform` is not used: a spin is drawn, it does not take the likelier value":
            _swept(lambda s, β, h: np.where(_right(s, β, h) > 0.5, 2.0, -1.0)),
        "β is missing": _swept(lambda s, β, h: _sigmoid(2 * (_near(s) + h))),
        "The exponent is β times an energy; you divided by β": _swept(lambda s, β, h: _sigmoid(2 / β * (_near(s) + h))),
        "The factor 2 is missing: turning a spin costs twice its energy":
            _swept(lambda s, β, h: _sigmoid(β * (_near(s) + h))),
        "Each bond is counted twice: a bond belongs to a spin only once":
            _swept(lambda s, β, h: _sigmoid(4 * β * (_near(s) + h))),
        "The factor 2 belongs to the field as well": _swept(lambda s, β, h: _sigmoid(β * (2 * _near(s) + h))),
        "β belongs to the field as well": _swept(lambda s, β, h: _sigmoid(2 * β * _near(s) + 2 * h)),
        "The sign is wrong: a spin follows its neighbours, and the field":
            _swept(lambda s, β, h: _sigmoid(-2 * β * (_near(s) + h))),
        "The sign of the neighbours is wrong: a spin follows them":
            _swept(lambda s, β, h: _sigmoid(2 * β * (h - _near(s)))),
        "The sign of the field is wrong: a spin follows it": _swept(lambda s, β, h: _sigmoid(2 * β * (_near(s) - h))),
        "The field h is not used": _swept(lambda s, β, h: _sigmoid(2 * β * _near(s))),
        "A spin has four neighbours; half of them are missing":
            _swept(lambda s, β, h: _sigmoid(2 * β * (_near(s, ((1, 0), (1, 1))) + h))),
        "A spin has four neighbours; those below and on the right alone do not do":
            _swept(lambda s, β, h: _sigmoid(2 * β * (_near(s, ((-1, 0), (-1, 1))) + h))),
        "A spin has four neighbours; those in its own row are missing":
            _swept(lambda s, β, h: _sigmoid(2 * β * (_near(s, ((1, 0), (-1, 0))) + h))),
        "A spin has four neighbours; those in its own column are missing":
            _swept(lambda s, β, h: _sigmoid(2 * β * (_near(s, ((1, 1), (-1, 1))) + h))),
        "Diagonal neighbours have no bond":
            _swept(lambda s, β, h: _sigmoid(2 * β * (_near(s) + _near_diagonal(s) + h))),
        "The sides are glued together: this leaves the edges open":
            _swept(lambda s, β, h: _sigmoid(2 * β * (_near_open(s) + h))),
        "The energy is a sum over the neighbours, not their mean":
            _swept(lambda s, β, h: _sigmoid(2 * β * (_near(s) / 4 + h))),
        "A spin is no neighbour of itself": _swept(lambda s, β, h: _sigmoid(2 * β * (_near(s) + s + h))),
        "The probability must not depend on the spin itself: P is that of +1, not of staying or turning":
            _swept(lambda s, β, h: _sigmoid(2 * β * s * (_near(s) + h))),
        "This is the mean spin, tanh, not a probability": _swept(lambda s, β, h: np.tanh(β * (_near(s) + h))),
        "This is a weight; divide by the weights of +1 and -1 together":
            _swept(lambda s, β, h: np.exp(β * (_near(s) + h))),
        "The sum goes over the neighbours, not over the whole lattice":
            _swept(lambda s, β, h: _sigmoid(2 * β * (s.sum() + h))),
    },
)  # fmt: skip

# ------------------------------------------------------------------------------------------- the transition matrix


def _chain(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray, list[int]]:
    """All states of a few spins in any order, some probabilities, and a part of the spins."""
    n = int(rng.integers(2, 5))
    states = np.array(list(itertools.product([-1, 1], repeat=n)))[rng.permutation(2**n)]
    group = sorted(int(i) for i in rng.permutation(n)[: rng.integers(1, n + 1)])
    return states, rng.uniform(0.1, 0.9, states.shape), group


def _steps(states: np.ndarray, p_up: np.ndarray, group: list[int]) -> np.ndarray:
    matrix = np.zeros((len(states), len(states)))
    for a, b in np.ndindex(matrix.shape):
        p = 1.0
        for i in range(states.shape[1]):
            if i in group:
                p *= p_up[a, i] if states[b, i] == 1 else 1 - p_up[a, i]
            elif states[a, i] != states[b, i]:
                p = 0.0
        matrix[a, b] = p
    return matrix


def _drawn(states: np.ndarray, p_up: np.ndarray, group: list[int]) -> np.ndarray:
    """The product over the group alone, whatever the others do."""
    p = np.where(states[None] == 1, p_up[:, None], 1 - p_up[:, None])
    return p[..., group].prod(-1)


def _others_equal(states: np.ndarray, group: list[int]) -> np.ndarray:
    return np.delete(states[:, None] == states[None], group, axis=-1).all(-1)


def _steps_in_turn(states: np.ndarray, p_up: np.ndarray, group: list[int]) -> np.ndarray:
    return np.linalg.multi_dot([np.eye(len(states))] * 2 + [_steps(states, p_up, [i]) for i in group])


transition_matrix = Task(
    reference=_steps,
    draw=_chain,
    name="K",
    question="Is K[a, b] a product over the spins: drawn ones with p_up[a], the others equal in a and b?",
    mistakes={
        "Rows are where a step starts, columns where it ends: this is the transpose": lambda s, p, g: _steps(s, p, g).T,
        "p_up is the probability of +1; a spin becomes -1 with probability 1 - p_up":
            lambda s, p, g: _steps(s, 1 - p, g),
        "A spin that becomes -1 has the probability 1 - p_up, not p_up":
            lambda s, p, g: _others_equal(s, g) * p[:, None, g].prod(-1) * np.ones((1, len(s))),
        "The conditional is that of the state before the step, p_up[a]": lambda s, p, g: _others_equal(s, g)
            * np.where(s == 1, p, 1 - p)[:, g].prod(1)[None, :],
        "The drawn value is that of the state after the step, b": lambda s, p, g: _others_equal(s, g)
            * np.where(s == 1, p, 1 - p)[:, g].prod(1)[:, None],
        "All spins are drawn; those outside the group must stay":
            lambda s, p, g: _steps(s, p, list(range(s.shape[1]))),
        "Spins outside the group must be equal before and after": _drawn,
        "The others are drawn and the group stays: it is the other way round":
            lambda s, p, g: _steps(s, p, [i for i in range(s.shape[1]) if i not in g]),
        "The spins of the group are drawn at once, not one after the other": _steps_in_turn,
        "Independent draws multiply; you added their probabilities": lambda s, p, g: _others_equal(s, g)
            * np.where(s[None] == 1, p[:, None], 1 - p[:, None])[..., g].sum(-1),
        "Independent draws multiply; this is their mean": lambda s, p, g: _others_equal(s, g)
            * np.where(s[None] == 1, p[:, None], 1 - p[:, None])[..., g].mean(-1),
        "Only the first spin of the group is drawn": lambda s, p, g: _steps(s, p, g[:1]),
        "A drawn spin may come out as it was: a step that changes nothing counts too": lambda s, p, g: _steps(s, p, g)
            * (1 - np.eye(len(s))),
    },
)  # fmt: skip

# ------------------------------------------------------------------------------------------- a program of THRML


class _Probability(AbstractConditionalSampler):
    """Answers with the probability of +1 from which a sampler would draw."""

    inner: AbstractConditionalSampler

    def sample(self, key, interactions, active_flags, states, sampler_state, output_sd):
        parameter, _ = self.inner.compute_parameters(key, interactions, active_flags, states, sampler_state, output_sd)
        return jax.nn.sigmoid(2 * parameter), sampler_state


def _spins(nodes: list[SpinNode]) -> np.ndarray:
    """Three states of the lattice, the same for everybody."""
    return np.random.default_rng(len(nodes)).choice([-1, 1], (3, len(nodes)))


def _conditionals(program: Any, nodes: list[SpinNode]) -> np.ndarray:
    """P(s = +1 | the others) of each spin in each of three states, as a program's samplers have it; exact, no draws."""
    blocks = program.gibbs_spec.free_blocks
    at = [[nodes.index(node) for node in block] for block in blocks]
    for sampler in program.samplers:
        if not hasattr(sampler, "compute_parameters"):
            frame.fail(
                f"the sampler {type(sampler).__name__} does not tell its parameters", "Use SpinGibbsConditional()."
            )
    asking = eqx.tree_at(lambda p: p.samplers, program, [_Probability(s) for s in program.samplers])
    found = np.zeros((3, len(nodes)))
    for k, spins in enumerate(_spins(nodes)):
        state = [jnp.array(spins[i] == 1) for i in at]
        for b, places in enumerate(at):
            found[k, places] = sample_single_block(jax.random.key(0), state, [], asking, b, None)[0]
    return found


def _program(returned: Any, nodes: list[SpinNode], beta: float) -> tuple:
    program, blocks = outputs(returned, "the program", "the blocks")
    that(isinstance(blocks, list | tuple) and all(hasattr(b, "nodes") for b in blocks),
         "the second value is no list of blocks", hint="Return the program and [Block(...), Block(...)].")  # fmt: skip
    own = set(nodes)
    that(all(node in own for block in blocks for node in block), "a block holds nodes that you were not given")
    where = sorted(sorted(nodes.index(node) for node in block) for block in blocks)
    named = sorted(sorted(nodes.index(node) for node in block) for block in program.gibbs_spec.free_blocks)
    that(where == named, "the blocks that you return are not those of the program", hint="Return the same list.")
    order = [list(group) for group in program.gibbs_spec.sampling_order]
    return len(blocks), _in_words(where), order, _conditionals(program, nodes)


def _in_words(blocks: list[list[int]]) -> str:
    return " | ".join(" ".join(map(str, block)) for block in blocks)


def _pull(nodes: list[SpinNode], open_sides: bool = False, rows: float = 1.0, columns: float = 1.0) -> np.ndarray:
    """Sum over the neighbours of each spin in the three states, with weights for the two directions."""
    side = math.isqrt(len(nodes))
    found = []
    for spins in _spins(nodes).reshape(3, side, side):
        rim = np.pad(spins, 1, mode="constant" if open_sides else "wrap")
        across, down = rim[1:-1, :-2] + rim[1:-1, 2:], rim[:-2, 1:-1] + rim[2:, 1:-1]
        found.append((rows * across + columns * down).ravel())
    return np.array(found)


def _expected(nodes: list[SpinNode], beta: float) -> dict[str, Any]:
    side = math.isqrt(len(nodes))
    colour = [(k // side + k % side) % 2 for k in range(len(nodes))]
    board = [[k for k, c in enumerate(colour) if c == which] for which in (0, 1)]
    return {
        "the number of blocks": 2,
        "the spins drawn together": _in_words(board),
        "the order of the blocks": [[0], [1]],
        "P(s = +1)": _sigmoid(2 * beta * _pull(nodes)),
    }


ising_program = Task(
    reference=_expected,
    draw=lambda rng: ([SpinNode() for _ in range(int(rng.choice([16, 36])))], float(rng.uniform(0.2, 0.7))),
    outputs=("the number of blocks", "the spins drawn together", "the order of the blocks", "P(s = +1)"),
    view=_program,
    question={
        "the number of blocks": "One block for each colour.",
        "the spins drawn together": "Is the colour the parity of i + j? Spin (i, j) is nodes[i * size + j].",
        "the order of the blocks": "Is it one colour after the other?",
        "P(s = +1)": "Has every bond of the torus its weight, once? Look at the weights and at the ends of the bonds.",
    },
    mistakes={
        "Both colours are drawn at once: a tuple of blocks is one group":
            lambda n, β: {"the order of the blocks": [[0, 1]]},
        "β is missing: THRML's weights are β J": lambda n, β: {"P(s = +1)": _sigmoid(2 * _pull(n))},
        "The weights are β J, not J / β": lambda n, β: {"P(s = +1)": _sigmoid(2 / β * _pull(n))},
        "The weights are 2 β: the factor 2 is in the sampler, or each bond is there twice":
            lambda n, β: {"P(s = +1)": _sigmoid(4 * β * _pull(n))},
        "The weights are β / 2: each bond in exact.bonds is there once":
            lambda n, β: {"P(s = +1)": _sigmoid(β * _pull(n))},
        "The sign is wrong: THRML's energy is minus the sum of weight × spins":
            lambda n, β: {"P(s = +1)": _sigmoid(-2 * β * _pull(n))},
        "The two colours do not see each other": lambda n, β: {"P(s = +1)": _sigmoid(0 * _pull(n))},
        "The sides of a torus are glued together: look at the ends of the bonds":
            lambda n, β: {"P(s = +1)": _sigmoid(2 * β * _pull(n, open_sides=True))},
        "The bonds along the columns are missing": lambda n, β: {"P(s = +1)": _sigmoid(2 * β * _pull(n, columns=0.0))},
        "The bonds along the rows are missing": lambda n, β: {"P(s = +1)": _sigmoid(2 * β * _pull(n, rows=0.0))},
        "There is no field in this model: its biases are 0":
            lambda n, β: {"P(s = +1)": _sigmoid(2 * β * (_pull(n) + 1))},
    },
)  # fmt: skip

# ------------------------------------------------------------------------------------------- order and Binder


def _chains(rng: np.random.Generator) -> tuple[np.ndarray]:
    chains, samples = [(3, 40), (5, 25), (4, 60)][rng.integers(3)]
    centres = rng.uniform(-0.6, 0.6, (chains, 1))
    return (np.clip(centres + rng.uniform(0.1, 0.4, (chains, 1)) * rng.normal(size=(chains, samples)), -1, 1),)


def _moments(m: np.ndarray) -> tuple[float, float]:
    values = [float(v) for v in np.ravel(m)]
    n = len(values)
    m2, m4 = sum(v * v for v in values) / n, sum(v**4 for v in values) / n
    return sum(abs(v) for v in values) / n, 1 - m4 / (3 * m2 * m2)


order_and_binder = Task(
    reference=_moments,
    draw=_chains,
    outputs=("the order parameter", "U"),
    question={
        "the order parameter": "Is it the average of |m| over everything?",
        "U": "Is it 1 - ⟨m⁴⟩ / (3 ⟨m²⟩²), with each average over all chains and samples?",
    },
    mistakes={
        "m without its absolute value: both signs cancel in a long run":
            lambda m: {"the order parameter": m.mean()},
        "Take the absolute value before the average, not after": lambda m: {"the order parameter": abs(m.mean())},
        "Each chain's mean was taken before the absolute value":
            lambda m: {"the order parameter": np.abs(m.mean(1)).mean()},
        "The average over the chains was taken before the absolute value":
            lambda m: {"the order parameter": np.abs(m.mean(0)).mean()},
        "This is the root of ⟨m²⟩; the order parameter is ⟨|m|⟩":
            lambda m: {"the order parameter": math.sqrt((m**2).mean())},
        "This is ⟨m²⟩; the order parameter is ⟨|m|⟩": lambda m: {"the order parameter": (m**2).mean()},
        "One number for all chains, not one for each": lambda m: {"the order parameter": np.abs(m).mean(1)},
        "The 3 is missing": lambda m: {"U": 1 - (m**4).mean() / (m**2).mean() ** 2},
        "1 minus this is U": lambda m: {"U": (m**4).mean() / (3 * (m**2).mean() ** 2)},
        "The 3 belongs below, beside ⟨m²⟩²": lambda m: {"U": 1 - (m**4).mean() / (m**2).mean() ** 2 * 3},
        "The square belongs to the average, ⟨m²⟩², not to m": lambda m: {"U": 1 - 1 / 3},
        "⟨m²⟩ is not squared": lambda m: {"U": 1 - (m**4).mean() / (3 * (m**2).mean())},
        "The fourth power belongs to m, inside the average": lambda m: {
            "U": 1 - m.mean() ** 4 / (3 * (m**2).mean() ** 2)},
        "⟨m²⟩ is the average of squares, not the square of an average": lambda m: {
            "U": 1 - (m**4).mean() / (3 * m.mean() ** 4)},
        "⟨m⟩ must not be subtracted": lambda m: {
            "U": 1 - ((m - m.mean()) ** 4).mean() / (3 * ((m - m.mean()) ** 2).mean() ** 2)},
        "Each chain's ⟨m⟩ must not be subtracted": lambda m: {"U": 1 - ((m - m.mean(1, keepdims=True)) ** 4).mean()
            / (3 * ((m - m.mean(1, keepdims=True)) ** 2).mean() ** 2)},
        "One ratio for each chain was averaged; average the powers over all chains first": lambda m: {
            "U": (1 - (m**4).mean(1) / (3 * (m**2).mean(1) ** 2)).mean()},
        "This is the kurtosis; U is 1 minus a third of it": lambda m: {"U": (m**4).mean() / (m**2).mean() ** 2},
        "The chains are averaged before the powers are taken": lambda m: {
            "U": 1 - (m.mean(0) ** 4).mean() / (3 * (m.mean(0) ** 2).mean() ** 2)},
    },
)  # fmt: skip

# ------------------------------------------------------------------------------------------- a phase transition


def _experiment(rng: np.random.Generator) -> tuple[Callable[[float], np.ndarray], np.ndarray]:
    """A function that gives lattices at a temperature, and some temperatures; each lattice leans up or down."""
    n, shape = int(rng.integers(1, 4)), [(3, 4, 4, 6), (4, 3, 4, 4), (5, 2, 3, 5)][rng.integers(3)]
    temperatures, at = np.sort(rng.uniform(0.5, 4.0, n).round(2)), {}
    for T, p in zip(temperatures, rng.uniform(0.6, 0.8, n), strict=True):
        at[float(T)] = rng.choice([-1, 1], shape, p=[p, 1 - p]) * rng.choice([-1, 1], (*shape[:2], 1, 1))
    return lambda T: at[min(at, key=lambda known: abs(known - T))], temperatures


def _of_lattices(numbers: Callable[[np.ndarray], Any]) -> Callable[..., np.ndarray]:
    """What is measured, from a function of the lattices at one temperature."""
    return lambda draw, temperatures: np.array([numbers(np.asarray(draw(T), float)) for T in temperatures])


def _m(s: np.ndarray) -> np.ndarray:
    return s.mean((2, 3))


def _e(s: np.ndarray, steps: tuple = ((1, 2), (1, 3))) -> np.ndarray:
    return -(s * sum(np.roll(s, step, axis) for step, axis in steps)).mean((2, 3))


def _e_open(s: np.ndarray) -> np.ndarray:
    bonds = (s[:, :, 1:] * s[:, :, :-1]).sum((2, 3)) + (s[..., 1:] * s[..., :-1]).sum((2, 3))
    return -bonds / (s.shape[2] * s.shape[3])


def _of_chains(series: np.ndarray, ddof: int = 1) -> float:
    chains = series.mean(1)
    return chains.std(ddof=ddof) / math.sqrt(len(chains))


def _loops(draw: Callable[[float], Any], temperatures: np.ndarray) -> np.ndarray:
    """The right numbers, spin by spin."""
    rows = []
    for T in temperatures:
        order, energy = [], []
        for chain in np.asarray(draw(T), int):
            order.append([abs(int(s.sum())) / s.size for s in chain])
            bonds = [[s[i, j] * (s[i - 1, j] + s[i, j - 1]) for i, j in np.ndindex(s.shape)] for s in chain]
            energy.append([-float(np.mean(one)) for one in bonds])
        means = [[sum(one) / len(one) for one in series] for series in (order, energy)]
        rows.append([x for c in means for x in (np.mean(c), math.sqrt(np.var(c, ddof=1) / len(c)))])
    return np.array(rows)


_COLUMNS = ("⟨|m|⟩", "the error of ⟨|m|⟩", "the energy", "the error of the energy")


def _columns(returned: Any, draw: Any, temperatures: np.ndarray) -> tuple:
    rows = np.asarray(returned)
    equal("the shape", rows.shape, (len(temperatures), 4), hint="A row of four numbers for each temperature.")
    return tuple(rows.T)


def _mistaken(name: int, numbers: Callable[[np.ndarray], Any]) -> Callable[..., dict[str, Any]]:
    """A mistake in one of the columns."""
    return lambda draw, temperatures: {_COLUMNS[name]: _of_lattices(numbers)(draw, temperatures)}


def _of_both(error: Callable[[np.ndarray], float]) -> Callable[..., dict[str, Any]]:
    """A mistake in both errors, from a function of a series of shape (chains, samples)."""
    return lambda draw, temperatures: {
        _COLUMNS[1]: _of_lattices(lambda s: error(abs(_m(s))))(draw, temperatures),
        _COLUMNS[3]: _of_lattices(lambda s: error(_e(s)))(draw, temperatures),
    }


_ERRORS: dict[str, Callable[[np.ndarray], float]] = {
    "This error counts every lattice of a chain as independent; take the mean of each chain first":
        lambda x: x.std(ddof=1) / math.sqrt(x.size),
    "This error counts every lattice of a chain as independent (and needs ddof=1); take the mean of each chain first":
        lambda x: x.std() / math.sqrt(x.size),
    "The chains were averaged: average the samples of each chain, axis 1, and look at the spread of the chains":
        lambda x: x.mean(0).std(ddof=1) / math.sqrt(x.shape[1]),
    "Divide by the root of the number of chains, not of lattices":
        lambda x: x.mean(1).std(ddof=1) / math.sqrt(x.size),
    "Divide by the root of the number of chains, not of samples":
        lambda x: x.mean(1).std(ddof=1) / math.sqrt(x.shape[1]),
    "Use ddof=1: few chains know their own mean too well": lambda x: _of_chains(x, 0),
    "This is the spread of the chains; the error of their mean is smaller by the root of their number":
        lambda x: x.mean(1).std(ddof=1),
    "Divide by the root of the number of chains, not by the number": lambda x: x.mean(1).std(ddof=1) / len(x),
    "This is the variance; the error is its root": lambda x: x.mean(1).var(ddof=1) / len(x),
    "This is the spread of all lattices; the error has that of the chains' means":
        lambda x: x.std(ddof=1) / math.sqrt(len(x)),
}  # fmt: skip


phase_curve = Task(
    reference=_loops,
    draw=_experiment,
    outputs=_COLUMNS,
    view=_columns,
    question={
        _COLUMNS[0]: "Is it the mean over all lattices of the absolute value of their mean spin?",
        _COLUMNS[1]: "Is it the standard deviation of the chains' means (ddof=1), over the root of their number?",
        _COLUMNS[2]: "Is it -1 times the sum over the bonds of the torus, each once, per spin?",
        _COLUMNS[3]: "Is it the standard deviation of the chains' means (ddof=1), over the root of their number?",
    },
    mistakes={
        "m without its absolute value: up and down cancel": _mistaken(0, lambda s: _m(s).mean()),
        "Take the absolute value of each lattice, before any average": _mistaken(0, lambda s: abs(_m(s).mean())),
        "The chain's mean was taken before the absolute value": _mistaken(0, lambda s: abs(_m(s).mean(1)).mean()),
        "The chains were averaged before the absolute value": _mistaken(0, lambda s: abs(_m(s).mean(0)).mean()),
        "The absolute value belongs to the mean spin, not to each spin": _mistaken(0, lambda s: abs(s).mean()),
        "This is the root of ⟨m²⟩; the order is ⟨|m|⟩": _mistaken(0, lambda s: math.sqrt((_m(s) ** 2).mean())),
        "This is ⟨m²⟩; the order is ⟨|m|⟩": _mistaken(0, lambda s: (_m(s) ** 2).mean()),
        "This is the magnetisation of the whole lattice, not per spin":
            _mistaken(0, lambda s: abs(s.sum((2, 3))).mean()),
        "The error is that of m with its sign; take the absolute value first":
            _mistaken(1, lambda s: _of_chains(_m(s))),
        "The error is that of the absolute values of the chains' means; it is |m| of each lattice":
            _mistaken(1, lambda s: abs(_m(s).mean(1)).std(ddof=1) / math.sqrt(len(s))),
        "Each bond is counted twice: two neighbours for each spin will do": _mistaken(2, lambda s: 2 * _e(s).mean()),
        "The energy is half of this sum only if each bond is there twice": _mistaken(2, lambda s: _e(s).mean() / 2),
        "Equal neighbours have the low energy: the sign is wrong": _mistaken(2, lambda s: -_e(s).mean()),
        "The bonds along the rows are missing": _mistaken(2, lambda s: _e(s, ((1, 2),)).mean()),
        "The bonds along the columns are missing": _mistaken(2, lambda s: _e(s, ((1, 3),)).mean()),
        "The sides are glued together: this leaves the edges open": _mistaken(2, lambda s: _e_open(s).mean()),
        "This is the energy of the whole lattice, not per spin":
            _mistaken(2, lambda s: _e(s).mean() * s.shape[2] * s.shape[3]),
        "The axes are wrong: rows and columns are axes 2 and 3": _mistaken(2, lambda s: _e(s, ((1, 0), (1, 1))).mean()),
        "np.roll needs an axis: 2 for the rows, 3 for the columns":
            _mistaken(2, lambda s: -2 * (s * np.roll(s, 1)).mean()),
        "Each bond is counted twice, so the error is twice as large": _mistaken(3, lambda s: 2 * _of_chains(_e(s))),
        **{text: _of_both(error) for text, error in _ERRORS.items()},
        "`draw` takes a temperature, not β": lambda draw, temperatures: dict(
            zip(_COLUMNS, _loops(draw, 1 / temperatures).T, strict=True)),
    },
)  # fmt: skip
