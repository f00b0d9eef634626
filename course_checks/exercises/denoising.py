"""Exercises on denoising machines: the law after sweeps, the law of a chain of machines, and what a picture costs."""

import itertools
import math
from collections.abc import Callable
from typing import Any

import numpy as np

from course_utils.denoising.ledger import Job, Prices

from ..checks import Task

__all__ = ["bill", "chain_law", "law_after"]

# ------------------------------------------------------------------------------------------------- the law after sweeps


def _size(table: Any) -> int:
    return round(math.log2(np.shape(table)[-1]))


def _states(n: int) -> np.ndarray:
    """All states, one a row; spin 0 changes fastest."""
    return np.array([s[::-1] for s in itertools.product([-1.0, 1.0], repeat=n)])


def _heat_bath(gap: Any) -> Any:
    """Probability of a state against another that lies higher by the gap."""
    return 0.5 * (1 + np.tanh(np.asarray(gap) / 2))


def _single(energy: np.ndarray, i: int, share: Callable[[Any], Any] = _heat_bath) -> np.ndarray:
    """The matrix of drawing spin i: entry [a, b] is the probability to go from a to b."""
    matrix = np.zeros((len(energy), len(energy)))
    for a in range(len(energy)):
        b = a ^ (1 << i)
        matrix[a, a] = share(energy[b] - energy[a])
        matrix[a, b] = share(energy[a] - energy[b])
    return matrix


def _swept(law: Any, energy: Any, n_sweeps: int, share: Any = _heat_bath, order: Any = None) -> np.ndarray:
    energy = np.asarray(energy, float)
    spins = range(_size(energy)) if order is None else order(_size(energy))
    laws = [np.asarray(law, float)]
    for _ in range(n_sweeps):
        after = laws[-1]
        for i in spins:
            after = after @ _single(energy, i, share)
        laws.append(after)
    return np.array(laws)


def _at_once(law: Any, energy: Any, n_sweeps: int) -> np.ndarray:
    """All spins drawn together, each given the old others."""
    energy, n = np.asarray(energy, float), _size(energy)
    states, k = _states(n), np.arange(2**n)
    up = np.stack([_heat_bath(energy[k & ~(1 << i)] - energy[k | (1 << i)]) for i in range(n)], 1)
    matrix = np.where(states[None] > 0, up[:, None], 1 - up[:, None]).prod(-1)
    laws = [np.asarray(law, float)]
    for _ in range(n_sweeps):
        laws.append(laws[-1] @ matrix)
    return np.array(laws)


def _metropolis(law: Any, energy: Any, n_sweeps: int) -> np.ndarray:
    energy = np.asarray(energy, float)
    laws = [np.asarray(law, float)]
    for _ in range(n_sweeps):
        p = laws[-1]
        for i in range(_size(energy)):
            other = np.arange(len(p)) ^ (1 << i)
            leave, come = np.exp(-np.maximum(energy[other] - energy, 0)), np.exp(-np.maximum(energy - energy[other], 0))
            p = p * (1 - leave) + p[other] * come
        laws.append(p)
    return np.array(laws)


def _boltzmann(energy: Any) -> np.ndarray:
    weight = np.exp(-(np.asarray(energy) - np.min(energy)))
    return weight / weight.sum()


def _each_spin(law: Any, energy: Any, n_sweeps: int) -> np.ndarray:
    """A row after each spin in the place of one after each sweep."""
    e, laws = np.asarray(energy, float), [np.asarray(law, float)]
    for _ in range(n_sweeps):
        for i in range(_size(e)):
            laws.append(laws[-1] @ _single(e, i))
    return np.array(laws)


def _half(own: bool) -> Callable[..., np.ndarray]:
    """A share of one of the two laws in the place of both."""

    def answer(law, energy, n_sweeps):
        e, laws = np.asarray(energy, float), [np.asarray(law, float)]
        for _ in range(n_sweeps):
            p = laws[-1]
            for i in range(_size(e)):
                other = np.arange(len(e)) ^ (1 << i)
                p = _heat_bath(e[other] - e) * (p if own else p[other])
            laws.append(p)
        return np.array(laws)

    return answer


def _mean_of_draws(law: Any, energy: Any, n_sweeps: int) -> np.ndarray:
    """In a sweep one spin is drawn, any of them."""
    e = np.asarray(energy, float)
    step = np.mean([_single(e, i) for i in range(_size(e))], axis=0)
    laws = [np.asarray(law, float)]
    for _ in range(n_sweeps):
        laws.append(laws[-1] @ step)
    return np.array(laws)


def _few_spins(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray, int]:
    """A law and an energy of two to four spins, and a few sweeps."""
    n = int(rng.integers(2, 5))
    return rng.dirichlet(np.ones(2**n)), rng.normal(0, 1.2, 2**n), int(rng.integers(1, 5))


law_after = Task(
    reference=lambda law, energy, n_sweeps: _swept(law, energy, n_sweeps),
    draw=_few_spins,
    name="the laws",
    question="Do two states that differ in one spin share what they have together as exp(-E) says, spin after spin?",
    mistakes={
        "Low energy must be likely: check the sign": lambda p, e, k: _swept(p, -e, k),
        "All spins were drawn at once; each must see what the one before it became": _at_once,
        "Spin 0 is drawn first; you began with the last one":
            lambda p, e, k: _swept(p, e, k, order=lambda n: range(n - 1, -1, -1)),
        "Only spin 0 is drawn; a sweep draws every spin, and k has another partner for each":
            lambda p, e, k: _swept(p, e, k, order=lambda n: [0]),
        "A sweep draws every spin, one after the other; you drew one of them": _mean_of_draws,
        "The last spin is not drawn": lambda p, e, k: _swept(p, e, k, order=lambda n: range(n - 1)),
        "Spin 0 is not drawn": lambda p, e, k: _swept(p, e, k, order=lambda n: range(1, n)),
        "This is Metropolis, which stays where it can; a heat bath shares by the weights alone": _metropolis,
        "There is no 2 here: E is the whole energy, and its difference counts once":
            lambda p, e, k: _swept(p, 2 * e, k),
        "The difference of the energies is not halved": lambda p, e, k: _swept(p, e / 2, k),
        "Return all laws, from 0 sweeps to n_sweeps, not the last one only": lambda p, e, k: _swept(p, e, k)[-1],
        "The law at the start, after 0 sweeps, is missing": lambda p, e, k: _swept(p, e, k)[1:],
        "There is one law too few: the last one is after n_sweeps sweeps": lambda p, e, k: _swept(p, e, k)[:-1],
        "There is one law too many": lambda p, e, k: _swept(p, e, k + 1),
        "Start from the law that is handed to you, not from all states alike":
            lambda p, e, k: _swept(np.full(len(p), 1 / len(p)), e, k),
        "This is the Boltzmann distribution, where the sweeps end, not the law on the way":
            lambda p, e, k: np.array([p] + [_boltzmann(e)] * k),
        "One row for each sweep, after its last spin; you made a row for each spin": _each_spin,
        "Nothing moves: the law is the same after each sweep": lambda p, e, k: np.array([p] * (k + 1)),
        "A state gets its share of what it and its partner have together; you gave it a share of its own alone":
            _half(own=True),
        "The new law is the share of what both have together; you gave that of the partner alone": _half(own=False),
    },
)  # fmt: skip

# ------------------------------------------------------------------------------------------------- the law of a chain


def _gamma(flip: float) -> float:
    return 0.5 * (math.log(1 - flip) - math.log(flip))


def _step(law: Any, energy: Any, gamma: float, n_sweeps: int, start: str = "noisy") -> np.ndarray:
    """The next law, by the matrix of all sweeps for each state that may be given."""
    energy, states = np.asarray(energy, float), _states(_size(energy))
    begin = np.eye(len(energy)) if start == "noisy" else np.full((len(energy),) * 2, 1 / len(energy))
    rows = [_swept(b, energy - gamma * states @ y, n_sweeps)[-1] for b, y in zip(begin, states, strict=True)]
    return np.asarray(law) @ np.array(rows)


def _first(energy: Any, n_sweeps: int) -> np.ndarray:
    return _swept(np.full(len(energy), 1 / len(energy)), energy, n_sweeps)[-1]


def _through(energies: Any, flip: float, n_sweeps: int) -> np.ndarray:
    law = _first(energies[0], n_sweeps)
    for energy in energies[1:]:
        law = _step(law, energy, _gamma(flip), n_sweeps)
    return law


def _other_coupling(coupling: Callable[[float], float]) -> Callable[..., np.ndarray]:
    def answer(energies, flip, n_sweeps):
        law = _first(energies[0], n_sweeps)
        for energy in energies[1:]:
            law = _step(law, energy, coupling(flip), n_sweeps)
        return law

    return answer


def _from_random(energies: Any, flip: float, n_sweeps: int) -> np.ndarray:
    law = _first(energies[0], n_sweeps)
    for energy in energies[1:]:
        law = _step(law, energy, _gamma(flip), n_sweeps, "random")
    return law


def _unweighted(energies: Any, flip: float, n_sweeps: int) -> np.ndarray:
    law = _first(energies[0], n_sweeps)
    for energy in energies[1:]:
        law = _step(np.full(len(law), 1 / len(law)), energy, _gamma(flip), n_sweeps)
    return law


def _to_the_mean(energies: Any, flip: float, n_sweeps: int) -> np.ndarray:
    """The coupling goes to the mean of the noisier state, not to each of its states."""
    law = _first(energies[0], n_sweeps)
    for energy in energies[1:]:
        states = _states(_size(energy))
        law = _swept(law, np.asarray(energy) - _gamma(flip) * states @ (law @ states), n_sweeps)[-1]
    return law


def _to_itself(energies: Any, flip: float, n_sweeps: int) -> np.ndarray:
    """After each sweep the coupling goes to the state that it has become."""
    law = _first(energies[0], n_sweeps)
    for energy in energies[1:]:
        for _ in range(n_sweeps):
            law = _step(law, energy, _gamma(flip), 1)
    return law


def _coupled_from_the_first(energies: Any, flip: float, n_sweeps: int) -> np.ndarray:
    law = np.full(len(energies[0]), 1 / len(energies[0]))
    for energy in energies:
        law = _step(law, energy, _gamma(flip), n_sweeps)
    return law


def _likeliest(energies: Any, flip: float, n_sweeps: int) -> np.ndarray:
    law = _first(energies[0], n_sweeps)
    for energy in energies[1:]:
        law = _step(np.eye(len(law))[int(np.argmax(law))], energy, _gamma(flip), n_sweeps)
    return law


def _chains(rng: np.random.Generator) -> tuple[np.ndarray, float, int]:
    """Energies of three or four machines of two or three spins, a flip probability and sweeps."""
    n = int(rng.integers(2, 4))
    energies = rng.normal(0, 1.2, (int(rng.integers(3, 5)), 2**n))
    return energies, float(rng.choice([0.08, 0.2, 0.35])), int(rng.integers(1, 4))


chain_law = Task(
    reference=_through,
    draw=_chains,
    name="the law",
    question="Does each later machine start at y and sweep under E(x) - Γ x·y, all weighed by the law of y?",
    mistakes={
        "The coupling Γ is missing: the machine must know the noisier state": _other_coupling(lambda f: 0.0),
        "Γ has a factor ½ before the logarithm": _other_coupling(lambda f: 2 * _gamma(f)),
        "Γ is half the logarithm; you took half of that": _other_coupling(lambda f: _gamma(f) / 2),
        "The sign of Γ is wrong: a spin is more likely to have been kept than turned":
            _other_coupling(lambda f: -_gamma(f)),
        "Γ is ½ ln((1 - f)/f), not a logarithm of one probability alone":
            _other_coupling(lambda f: -0.5 * math.log(f)),
        "Γ is ½ ln((1 - f)/f); you left the logarithm out": _other_coupling(lambda f: 0.5 * (1 - f) / f),
        "Γ has the natural logarithm": _other_coupling(lambda f: _gamma(f) / math.log(10)),
        "Γ has the natural logarithm, not that to base 2": _other_coupling(lambda f: _gamma(f) / math.log(2)),
        "Each later machine starts at the noisier state y, not anywhere": _from_random,
        "The laws for the different y must be added up with the probability of each y": _unweighted,
        "These laws are added up without the probability of each y": lambda e, f, k: (
            _unweighted(e, f, k) * len(e[0]) if len(e) > 1 else None
        ),
        "The coupling is to each noisier state y by itself, not to their mean": _to_the_mean,
        "The noisier state y stays what it is during all sweeps of a machine": _to_itself,
        "The first machine works alone: nothing is given to it": _coupled_from_the_first,
        "All noisier states count, not the likeliest alone": _likeliest,
        "The first machine in the list is the noisiest: go through them in order":
            lambda e, f, k: _through(e[::-1], f, k),
        "Only the last machine was used": lambda e, f, k: _first(e[-1], k),
        "Only the first machine was used; the others come after it": lambda e, f, k: _first(e[0], k),
        "The last machine of the list is missing": lambda e, f, k: _through(e[:-1], f, k) if len(e) > 1 else None,
        "The first machine of the list is missing": lambda e, f, k: _through(e[1:], f, k) if len(e) > 1 else None,
        "Each machine has n_sweeps sweeps; you shared them out among the machines":
            lambda e, f, k: _through(e, f, k // len(e)),
        "Each machine sweeps n_sweeps times; these have one sweep": lambda e, f, k: _through(e, f, 1),
        "Each machine sweeps n_sweeps times, not once more": lambda e, f, k: _through(e, f, k + 1),
        "The machines are used one after the other; you averaged what each makes alone":
            lambda e, f, k: np.mean([_first(one, k) for one in e], 0),
        "The first machine starts from all states alike":
            lambda e, f, k: _continued(_swept(np.eye(len(e[0]))[0], e[0], k)[-1], e, f, k),
        "The law at the very end is asked for, not all laws on the way":
            lambda e, f, k: np.array([_through(e[: t + 1], f, k) for t in range(len(e))]),
        "The first machine sweeps once, alone; the field begins with the second":
            lambda e, f, k: _continued(_first(e[0], k), [e[0], *e], f, k),
        "`exact.law_after` returns the laws after every sweep: take the last one": lambda e, f, k: (
            _swept(np.full(len(e[0]), 1 / len(e[0])), e[0], k) if len(e) == 1 else None
        ),
        "The first machine must sweep as well": lambda e, f, k: _continued(np.full(len(e[0]), 1 / len(e[0])), e, f, k),
    },
)  # fmt: skip


def _continued(law: np.ndarray, energies: Any, flip: float, n_sweeps: int) -> np.ndarray:
    """The rest of a chain, from what its first machine made."""
    for energy in energies[1:]:
        law = _step(law, energy, _gamma(flip), n_sweeps)
    return law


# ------------------------------------------------------------------------------------------------- what a picture costs


def _jobs(rng: np.random.Generator) -> tuple[Job, Prices]:
    """A job that may or may not fit on its chip, and prices of different size."""
    spins, steps = int(rng.integers(20, 300)), int(rng.integers(2, 7))
    needed = spins * steps
    cells = int(
        rng.choice([needed, needed + rng.integers(1, 50), needed - rng.integers(1, spins), rng.integers(1, spins)])
    )
    sizes = {
        "pixels": int(rng.integers(5, spins)),
        "sweeps": int(rng.integers(5, 60)),
        "batch": int(rng.integers(2, 99)),
    }
    return Job(spins=spins, steps=steps, cells=cells, **sizes), Prices(*rng.uniform(0.5, 9.0, 3))


def _added_up(job: Job, prices: Prices) -> tuple[float, float, float]:
    """Step by step, as it happens."""
    updates = reads = writes = 0.0
    for step in range(job.steps):
        if job.cells < job.spins * job.steps:
            writes += job.spins / job.batch
        if step:
            writes += job.pixels
        for _ in range(job.sweeps):
            updates += job.spins
        reads += job.pixels
    return updates * prices.update, reads * prices.read, writes * prices.write


_PARTS = ("updates", "reads", "writes")


def _writes(count: Callable[[Job, bool], float]) -> Callable[..., dict[str, float]]:
    """A mistake in the writes: their number, from the job and whether all machines fit on the chip."""
    return lambda job, prices: {"writes": count(job, job.cells >= job.steps * job.spins) * prices.write}


def _programming(job: Job, fits: bool) -> float:
    return 0.0 if fits else job.steps * job.spins / job.batch


bill = Task(
    reference=_added_up,
    draw=_jobs,
    outputs=_PARTS,
    question={
        "updates": "Is it every spin, in every sweep of every step, at the price of an update?",
        "reads": "Is it the pixels, once after each step, at the price of a read?",
        "writes": "Is it the pixels before each step but the first, and the machines' share if they do not fit?",
    },
    mistakes={
        "Hidden spins are drawn too: all spins of the machine, not the pixels alone":
            lambda job, p: {"updates": job.steps * job.sweeps * job.pixels * p.update},
        "Each step has its own sweeps: you counted one step": lambda job, p: {
            "updates": job.sweeps * job.spins * p.update},
        "A sweep draws every spin once: the number of spins is missing": lambda job, p: {
            "updates": job.steps * job.sweeps * p.update},
        "Each step has many sweeps; you counted one": lambda job, p: {"updates": job.steps * job.spins * p.update},
        "The cost is per picture: each picture of a batch is swept by itself": lambda job, p: {
            "updates": job.steps * job.sweeps * job.spins * p.update / job.batch},
        "The cost is per picture, not for the batch": lambda job, p: {
            "updates": job.steps * job.sweeps * job.spins * p.update * job.batch},
        "Pixels are read after each step, not after the last one only": lambda job, p: {"reads": job.pixels * p.read},
        "Pixels are read after each step, the first one too": lambda job, p: {
            "reads": (job.steps - 1) * job.pixels * p.read},
        "Only the pixels are read; hidden spins stay where they are": lambda job, p: {
            "reads": job.steps * job.spins * p.read},
        "Pixels are read once after a step, not after each sweep": lambda job, p: {
            "reads": job.steps * job.sweeps * job.pixels * p.read},
        "Reading is per picture: it is not shared by the batch": lambda job, p: {
            "reads": job.steps * job.pixels * p.read / job.batch},
        "Before the first step there is no noisier picture to write in":
            _writes(lambda job, fits: job.steps * job.pixels + _programming(job, fits)),
        "Before each later step the noisier picture is written in: its pixels are missing": _writes(_programming),
        "Where the machines do not fit on the chip, each must be written anew: that is missing":
            _writes(lambda job, fits: (job.steps - 1) * job.pixels),
        "Where all machines fit on the chip, they were written long ago and cost nothing now":
            _writes(lambda job, fits: (job.steps - 1) * job.pixels + job.steps * job.spins / job.batch),
        "It is the other way round: machines that fit on the chip need not be written again":
            _writes(lambda job, fits: (job.steps - 1) * job.pixels + _programming(job, not fits)),
        "All machines must fit on the chip together, not one of them": _writes(
            lambda job, fits: (job.steps - 1) * job.pixels + _programming(job, job.cells >= job.spins)
        ),
        "A machine is written once for the whole batch: its share of a picture is one over the batch":
            _writes(lambda job, fits: (job.steps - 1) * job.pixels + (0 if fits else job.steps * job.spins)),
        "If not all machines fit, all are written anew, not only the spins without a cell": _writes(
            lambda job, fits: (
                (job.steps - 1) * job.pixels + (0 if fits else (job.steps * job.spins - job.cells) / job.batch)
            )
        ),
        "Each of the machines is written, not one": _writes(
            lambda job, fits: (job.steps - 1) * job.pixels + (0 if fits else job.spins / job.batch)),
        "The first machine is written too": _writes(
            lambda job, fits: (job.steps - 1) * job.pixels + (0 if fits else (job.steps - 1) * job.spins / job.batch)),
        "A machine has a write for each of its spins, not for each pixel": _writes(
            lambda job, fits: (job.steps - 1) * job.pixels + (0 if fits else job.steps * job.pixels / job.batch)),
        "Each picture has its own noisier one: the pixels are not shared by the batch": _writes(
            lambda job, fits: (job.steps - 1) * job.pixels / job.batch + _programming(job, fits)),
        "Before a later step the pixels are written, not all spins": _writes(
            lambda job, fits: (job.steps - 1) * job.spins + _programming(job, fits)),
        "A chip that holds the machines exactly is large enough": _writes(
            lambda job, fits: (job.steps - 1) * job.pixels + _programming(job, job.cells > job.steps * job.spins)
        ),
        "Multiply by the prices: these are numbers of operations": lambda job, p: dict(
            zip(_PARTS, _added_up(job, Prices(1.0, 1.0, 1.0)), strict=True)),
        "The prices of a read and of a write are exchanged": lambda job, p: {
            part: value for part, value in zip(_PARTS, _added_up(job, Prices(p.update, p.write, p.read)), strict=True)
            if part != "updates"},
    },
)  # fmt: skip
