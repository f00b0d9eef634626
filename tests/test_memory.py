"""What a notebook gives back between its cells."""

from __future__ import annotations

import gc
from collections.abc import Iterator

import jax
import jax.numpy as jnp
import pytest
from IPython.core.interactiveshell import InteractiveShell
from traitlets.config import Config

from course_utils import memory


@pytest.fixture
def shell() -> Iterator[InteractiveShell]:
    """A notebook's shell without a notebook."""
    shell = InteractiveShell(config=Config(HistoryManager={"enabled": False}))
    yield shell
    for function in list(shell.events.callbacks["post_run_cell"]):
        shell.events.unregister("post_run_cell", function)


@pytest.fixture
def double() -> jax.stages.Wrapped:
    """A function that JAX has compiled once."""
    function = jax.jit(lambda x: 2 * x)
    assert function(jnp.arange(3)).tolist() == [0, 2, 4]
    assert function._cache_size() == 1
    return function


def growing(monkeypatch: pytest.MonkeyPatch, megabytes: list[int]) -> None:
    """Let the process seem to have these sizes, one at each look."""
    sizes = iter(megabytes)
    monkeypatch.setattr(memory, "_resident", lambda: next(sizes) * 2**20)


def test_a_cell_after_which_the_kernel_has_grown_lets_jax_forget(shell, double, monkeypatch) -> None:
    growing(monkeypatch, [300, 451, 310])
    memory.forget_programs(shell)
    shell.run_cell("1 + 1")
    assert double._cache_size() == 0
    assert double(jnp.arange(3)).tolist() == [0, 2, 4]


def test_programs_are_kept_while_the_kernel_has_hardly_grown(shell, double, monkeypatch) -> None:
    growing(monkeypatch, [300, 400, 449])
    memory.forget_programs(shell)
    shell.run_cell("1 + 1")
    shell.run_cell("1 + 1")
    assert double._cache_size() == 1


def test_growth_counts_from_when_it_last_forgot(shell, double, monkeypatch) -> None:
    growing(monkeypatch, [300, 460, 400, 549])
    memory.forget_programs(shell)
    shell.run_cell("1 + 1")
    double(jnp.arange(3))
    shell.run_cell("1 + 1")
    assert double._cache_size() == 1


def test_a_second_set_up_adds_no_second_watch(shell) -> None:
    memory.forget_programs(shell)
    memory.forget_programs(shell)
    assert len(shell.events.callbacks["post_run_cell"]) == 1


def test_outside_a_notebook_nothing_is_watched() -> None:
    memory.forget_programs(None)


def test_garbage_is_collected_again_after_an_error_and_not_where_it_was_not():
    def failing() -> None:
        with memory.no_collection():
            assert not gc.isenabled()
            raise KeyError

    with pytest.raises(KeyError):
        failing()
    assert gc.isenabled()
    gc.disable()
    try:
        with memory.no_collection():
            pass
        assert not gc.isenabled()
    finally:
        gc.enable()
