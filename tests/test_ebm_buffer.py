"""The replay buffer: what is taken, what is written back, and what is not."""

import pytest
import torch
from support.seeds import seeded
from torch import Tensor

from course_utils.ebm import ReplayBuffer


def ones(n: int, generator: torch.Generator) -> Tensor:
    return torch.ones(n, 2)


def normal(n: int, generator: torch.Generator) -> Tensor:
    return torch.randn(n, 2, generator=generator)


def test_chains_are_different_ones_and_copies() -> None:
    buffer = ReplayBuffer(50, normal, reinit=0.0)
    indices, states = buffer.sample(30, seeded())
    assert len(set(indices.tolist())) == 30
    assert torch.equal(states, buffer.states[indices])
    kept = buffer.states.clone()
    states += 1
    assert torch.equal(buffer.states, kept)


def test_all_chains_are_taken_in_turn() -> None:
    buffer, g = ReplayBuffer(20, normal, reinit=0.0), seeded(1)
    taken = torch.zeros(20)
    for _ in range(2000):
        taken[buffer.sample(5, g)[0]] += 1
    assert (taken / 2000 - 0.25).abs().max() < 4 * (0.25 * 0.75 / 2000) ** 0.5


def test_what_is_written_is_there_and_nothing_else_changes() -> None:
    buffer = ReplayBuffer(10, normal, reinit=0.0)
    indices, states = buffer.sample(4, seeded())
    before = buffer.states.clone()
    buffer.write(indices, states + 5)
    others = torch.ones(10, dtype=torch.bool)
    others[indices] = False
    assert torch.equal(buffer.states[indices], states + 5)
    assert torch.equal(buffer.states[others], before[others])


def test_a_chain_that_is_replaced_changes_in_the_buffer_only_when_written() -> None:
    buffer = ReplayBuffer(100, normal, reinit=1.0)
    indices, states = buffer.sample(100, seeded())
    assert not torch.equal(states, buffer.states[indices])
    kept = buffer.states.clone()
    buffer.sample(100, seeded(1))
    assert torch.equal(buffer.states, kept)
    buffer.write(indices, states)
    assert torch.equal(buffer.states[indices], states)


@pytest.mark.parametrize("reinit", [0.0, 0.02, 0.5, 1.0])
def test_fresh_states_come_with_their_probability(reinit: float) -> None:
    buffer = ReplayBuffer(1000, ones, reinit=reinit)
    g = seeded(2)
    buffer.sample(1, g)
    buffer.write(torch.arange(1000), torch.zeros(1000, 2))
    fresh = torch.stack([buffer.sample(1000, g)[1][:, 0] for _ in range(50)])
    assert abs(fresh.mean() - reinit) <= 4 * (reinit * (1 - reinit) / 50_000) ** 0.5
    assert set(fresh.unique().tolist()) <= {0.0, 1.0}


def test_the_same_seed_takes_the_same_chains() -> None:
    a, b = (ReplayBuffer(30, normal, reinit=0.3).sample(7, seeded(5)) for _ in range(2))
    assert torch.equal(a[0], b[0])
    assert torch.equal(a[1], b[1])


def test_no_graph_is_kept() -> None:
    buffer = ReplayBuffer(10, normal)
    indices, states = buffer.sample(4, seeded())
    buffer.write(indices, (states.requires_grad_(True) * 2))
    assert not buffer.states.requires_grad


def test_states_that_were_kept_are_not_written_into() -> None:
    buffer, g = ReplayBuffer(10, normal), seeded()
    indices, states = buffer.sample(4, g)
    kept, before = buffer.states, buffer.states.clone()
    buffer.write(indices, states + 1)
    assert torch.equal(kept, before)
    assert not torch.equal(buffer.states, before)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: ReplayBuffer(0, ones), "capacity"),
        (lambda: ReplayBuffer(5, None), "fresh = None"),
        (lambda: ReplayBuffer(5, ones, reinit=1.5), "reinit"),
        (lambda: ReplayBuffer(5, ones).sample(6, seeded()), "n = 6: expected a whole number from 1 to 5"),
        (lambda: ReplayBuffer(5, lambda n, g: torch.ones(n + 1, 2)).sample(2, seeded()), r"fresh\(5, generator\)"),
        (lambda: ReplayBuffer(5, ones).write(torch.arange(2), torch.ones(2, 2)), "sample before write"),
        (lambda: _sampled().write(torch.arange(2), torch.ones(2, 3)), r"\(2, 3\): expected \(2, 2\)"),
    ],
)
def test_a_wrong_argument_is_named(make, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        make()


def _sampled() -> ReplayBuffer:
    buffer = ReplayBuffer(5, ones)
    buffer.sample(2, seeded())
    return buffer
