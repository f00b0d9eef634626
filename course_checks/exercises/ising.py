"""Exercises on Ising spins and THRML: a conditional, a colouring, a transition matrix, a program, order and Binder."""

from __future__ import annotations

import itertools
import math
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from thrml import AbstractConditionalSampler, SpinNode
from thrml.block_sampling import sample_single_block

from ..checks import Task, equal, frame, outputs, that

__all__ = ["conditional_probability", "ising_program", "order_and_binder", "transition_matrix", "two_colours"]

# ------------------------------------------------------------------------------------------- the conditional


def _sigmoid(x: Any) -> np.ndarray | np.float64:
    return 0.5 * (1 + np.tanh(np.asarray(x, float) / 2))


def _near(spins: Any, steps: tuple = ((1, 0), (-1, 0), (1, 1), (-1, 1))) -> np.ndarray:
    """Sum over the neighbours on a torus."""
    s = np.asarray(spins, int)
    return sum(np.roll(s, step, axis) for step, axis in steps)


def _near_open(spins: Any) -> np.ndarray:
    rim = np.pad(np.asarray(spins, int), 1)
    return rim[:-2, 1:-1] + rim[2:, 1:-1] + rim[1:-1, :-2] + rim[1:-1, 2:]


def _near_one_by_one(spins: Any) -> np.ndarray:
    s = np.asarray(spins, int)
    rows, cols = s.shape
    total = np.zeros(s.shape)
    for i, j in np.ndindex(rows, cols):
        total[i, j] = s[i - 1, j] + s[(i + 1) % rows, j] + s[i, j - 1] + s[i, (j + 1) % cols]
    return total


def _torus(rng: np.random.Generator) -> tuple[jax.Array, float, float, float]:
    shape = [(4, 6), (5, 3)][rng.integers(2)]
    spins = jnp.array(rng.choice([-1, 1], shape).astype(np.int8))
    return spins, float(rng.uniform(0.2, 0.6)), float(rng.choice([-1.5, 0.7, 1.3])), float(rng.choice([-0.4, 0.6]))


conditional_probability = Task(
    reference=lambda spins, beta, coupling=1.0, field=0.0: _sigmoid(
        2 * beta * (coupling * _near_one_by_one(spins) + field)
    ),
    draw=_torus,
    name="P(s = +1)",
    question="Is it 1 / (1 + exp(-2β(J Σ + h))), with Σ over the four neighbours on the torus?",
    mistakes={
        "β is missing": lambda s, β, J, h: _sigmoid(2 * (J * _near(s) + h)),
        "The exponent is β times an energy; you divided by β": lambda s, β, J, h: _sigmoid(2 / β * (J * _near(s) + h)),
        "The factor 2 is missing: turning a spin costs twice its energy":
            lambda s, β, J, h: _sigmoid(β * (J * _near(s) + h)),
        "Each bond is counted twice: a bond belongs to a spin only once":
            lambda s, β, J, h: _sigmoid(4 * β * (J * _near(s) + h)),
        "The bonds are counted twice, the field once": lambda s, β, J, h: _sigmoid(2 * β * (2 * J * _near(s) + h)),
        "The factor 2 belongs to the field as well": lambda s, β, J, h: _sigmoid(β * (2 * J * _near(s) + h)),
        "The sign is wrong: for J > 0 a spin follows its neighbours, and the field":
            lambda s, β, J, h: _sigmoid(-2 * β * (J * _near(s) + h)),
        "The sign of the coupling is wrong": lambda s, β, J, h: _sigmoid(2 * β * (-J * _near(s) + h)),
        "The sign of the field is wrong": lambda s, β, J, h: _sigmoid(2 * β * (J * _near(s) - h)),
        "The field h is not used": lambda s, β, J, h: _sigmoid(2 * β * J * _near(s)),
        "β multiplies the field too": lambda s, β, J, h: _sigmoid(2 * β * J * _near(s) + 2 * h),
        "J is not used": lambda s, β, J, h: _sigmoid(2 * β * (_near(s) + h)),
        "J multiplies the neighbours only, not h": lambda s, β, J, h: _sigmoid(2 * β * J * (_near(s) + h)),
        "A spin has four neighbours; here two are missing":
            lambda s, β, J, h: _sigmoid(2 * β * (J * _near(s, ((1, 0), (1, 1))) + h)),
        "A spin has four neighbours; those in its own row are missing":
            lambda s, β, J, h: _sigmoid(2 * β * (J * _near(s, ((1, 0), (-1, 0))) + h)),
        "A spin has four neighbours; those in its own column are missing":
            lambda s, β, J, h: _sigmoid(2 * β * (J * _near(s, ((1, 1), (-1, 1))) + h)),
        "Diagonal neighbours have no bond": lambda s, β, J, h: _sigmoid(2 * β * (J * (_near(s) + _near(np.roll(
            np.asarray(s, int), 1, 0), ((1, 1), (-1, 1))) + _near(np.roll(np.asarray(s, int), -1, 0),
            ((1, 1), (-1, 1)))) + h)),
        "The sides are glued together: this leaves the edges open":
            lambda s, β, J, h: _sigmoid(2 * β * (J * _near_open(s) + h)),
        "The energy is a sum over the neighbours, not their mean":
            lambda s, β, J, h: _sigmoid(2 * β * (J * _near(s) / 4 + h)),
        "A spin is no neighbour of itself":
            lambda s, β, J, h: _sigmoid(2 * β * (J * (_near(s) + np.asarray(s, int)) + h)),
        "This is the probability that the spin stays as it is; it must not depend on the spin itself":
            lambda s, β, J, h: _sigmoid(2 * β * np.asarray(s, int) * (J * _near(s) + h)),
        "This is the mean spin, tanh, not a probability": lambda s, β, J, h: np.tanh(β * (J * _near(s) + h)),
        "This is a weight; divide by the weights of +1 and -1 together":
            lambda s, β, J, h: np.exp(β * (J * _near(s) + h)),
        "This is Metropolis' acceptance; a Gibbs sampler draws from the conditional":
            lambda s, β, J, h: np.minimum(1, np.exp(-2 * β * np.asarray(s, int) * (J * _near(s) + h))),
        "One probability for each spin, not one for the whole lattice": lambda s, β, J, h: _sigmoid(
            2 * β * (J * int(np.sum(np.asarray(s, int))) + h)),
    },
)  # fmt: skip

# ------------------------------------------------------------------------------------------- two colours


def _grid(rng: np.random.Generator) -> tuple[int, int, bool]:
    rows, cols = (int(n) for n in rng.integers(2, 8, 2))
    return rows, cols, bool(rows % 2 == 0 and cols % 2 == 0 and rng.integers(2))


def _colours(returned: Any, rows: int, cols: int, periodic: bool = True) -> tuple[np.ndarray]:
    """The colours as 1 and 0, with a 1 in the corner: either may be the first."""
    board = np.asarray(returned)
    hint = "One entry for each spin."
    equal(f"the shape of {rows} × {cols}", board.shape, (rows, cols), hint=hint)
    that(board.dtype == bool, f"the entries are of type {board.dtype}", hint="They are True and False.")
    return ((board == board[0, 0]).astype(int),)


def _board(rows: int, cols: int) -> tuple[np.ndarray, np.ndarray]:
    return np.arange(rows)[:, None] + np.zeros((1, cols), int), np.arange(cols)[None] + np.zeros((rows, 1), int)


two_colours = Task(
    reference=lambda rows, cols, periodic=True: np.array(
        [[bool((i % 2) ^ (j % 2)) for j in range(cols)] for i in range(rows)]
    ),
    draw=_grid,
    view=_colours,
    name="the colours",
    question="Does one step along a row or a column always change the colour?",
    mistakes={
        "All have one colour": lambda r, c, p: np.ones((r, c), bool),
        "These are stripes: neighbours in a column are equal. Use i + j": lambda r, c, p: _board(r, c)[1] % 2 == 0,
        "These are stripes: neighbours in a row are equal. Use i + j": lambda r, c, p: _board(r, c)[0] % 2 == 0,
        "Counting on from 0 makes stripes where rows are even. Use i + j":
            lambda r, c, p: (_board(r, c)[0] * c + _board(r, c)[1]) % 2 == 0,
        "i · j is even wherever one of them is: add them": lambda r, c, p: (_board(r, c)[0] * _board(r, c)[1]) % 2 == 0,
        "These are two halves, not a checkerboard": lambda r, c, p: _board(r, c)[0] < r // 2,
        "Blocks of two are no checkerboard": lambda r, c, p: (_board(r, c)[0] // 2 + _board(r, c)[1] // 2) % 2 == 0,
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


def _one_by_one(states: np.ndarray, p_up: np.ndarray, group: list[int]) -> np.ndarray:
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
        "The spins of the group are drawn at once, not one after the other": _one_by_one,
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
        "the spins drawn together": "Is this the colouring of Exercise 7.2? Spin (i, j) is nodes[i * size + j].",
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
