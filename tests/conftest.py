"""What all tests share: how they are spread over processes, and the tally of the lessons."""

from __future__ import annotations

import inspect
import os
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import jaxtyping
import pytest
import support.annotations

# Every annotation of an array is looked at while the tests run; this must come before the first import. The checks have
# none, and are run thousands of times.
ANNOTATED = ["course_utils", "course_checks.challenges", "course_checks.exercises.xy"]
jaxtyping.install_import_hook(ANNOTATED, f"{support.annotations.__name__}.checked")

#: A test whose name begins so runs a lesson from top to bottom in a kernel of its own.
WHOLE = "test_whole_"


def scope_of(nodeid: str) -> str:
    """Which tests must run on one process, in order.

    A file's tests stay together: a solved notebook's cells share a kernel, and a module's tests its fixtures. A test
    over a whole lesson shares nothing and may run anywhere; nor does one in the browser, where each opens a page and a
    kernel of its own.
    """
    file, _, name = nodeid.partition("::")
    return nodeid if name.startswith(WHOLE) or "/browser/" in file else file


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Whole lessons first, then solved notebooks: they take longest, and nothing should wait for them at the end.

    A test that expects a `ValueError` hands over what no annotation allows, and gets the marker that says so.
    """
    for item in items:
        if isinstance(item, pytest.Function) and "raises(ValueError" in inspect.getsource(item.function):
            item.add_marker("bad_input")
    items.sort(key=lambda item: (not item.name.startswith(WHOLE), ".ipynb::" not in item.nodeid))


def pytest_configure(config: pytest.Config) -> None:
    """Let no training go on from another run, and let all processes of one run compile each JAX program once.

    Both hold for the kernels that they start. These keep no history: its file is shared by all on a machine, and one
    that finds it locked says so on the page. With a limit of its size JAX locks the cache of those programs; without
    one, a process may read what another has half written. Colab's version writes to stderr when it reads an entry, and
    does without.
    """
    os.environ["COURSE_SAVED"] = "none"
    for library in ("OMP", "OPENBLAS", "MKL"):  # two processes on two cores: more threads would wait for one another
        os.environ.setdefault(f"{library}_NUM_THREADS", "1")
    settings = tempfile.TemporaryDirectory(prefix="ipython-", ignore_cleanup_errors=True)
    config.add_cleanup(settings.cleanup)
    os.environ["IPYTHONDIR"] = settings.name
    profile = Path(settings.name, "profile_default")
    profile.mkdir()
    (profile / "ipython_config.py").write_text("get_config().HistoryManager.enabled = False\n")
    if os.environ.get("COURSE_ENVIRONMENT") == "colab":
        return
    if "JAX_COMPILATION_CACHE_DIR" not in os.environ:
        folder = tempfile.TemporaryDirectory(prefix="jax-cache-", ignore_cleanup_errors=True)
        config.add_cleanup(folder.cleanup)
        os.environ["JAX_COMPILATION_CACHE_DIR"] = folder.name
    os.environ.setdefault("JAX_COMPILATION_CACHE_MAX_SIZE", str(2**30))
    os.environ.setdefault("JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS", "0.1")


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Spread the tests by `scope_of`, whatever `--dist` says.

    The mark `xdist_group` would be the usual way; pytest-xdist 3.8 writes it into an attribute that pytest 9.2 no
    longer reads, so that `--dist loadgroup` groups nothing and a notebook's cells end up on several processes.
    """
    from xdist.scheduler import LoadScopeScheduling

    class ByScope(LoadScopeScheduling):
        def _split_scope(self, nodeid: str) -> str:
            return scope_of(nodeid)

    config.option.loadscopereorder = False  # else the many short tests of a file go before one long one
    return ByScope(config, log)


@pytest.fixture(scope="session", autouse=True)
def one_thread() -> None:
    """PyTorch computes on one thread: arrays are small here, and threads would only wait for one another."""
    if "torch" in sys.modules:  # the files of tests that use it have loaded it by now
        sys.modules["torch"].set_num_threads(1)


@pytest.fixture(autouse=True)
def annotations(request: pytest.FixtureRequest) -> Iterator[None]:
    """Annotations hold, except where a test gives bad input on purpose."""
    before = jaxtyping.config.jaxtyping_disable
    jaxtyping.config.update("jaxtyping_disable", request.node.get_closest_marker("bad_input") is not None)
    yield
    jaxtyping.config.update("jaxtyping_disable", before)


@pytest.fixture
def course_style() -> Iterator[None]:
    """The plotting style of the lessons, and no figure left open behind a test."""
    import matplotlib.pyplot as plt

    from course_utils import plots

    plots.use_style()
    yield
    plt.close("all")


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """One line for each lesson whose answers were tried."""
    reports: Sequence[pytest.TestReport] = [
        r for key in ("passed", "failed") for r in terminalreporter.stats.get(key, []) if r.when == "call"
    ]
    lines = [value for r in reports for key, value in r.user_properties if key == "lesson"]
    if lines:
        terminalreporter.section("lessons")
        for line in sorted(lines):
            terminalreporter.write_line(line)
