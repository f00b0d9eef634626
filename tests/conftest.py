"""What all tests share: groups for running on several processes, and the tally of the lessons."""

from __future__ import annotations

from collections.abc import Sequence

import pytest


def pytest_configure(config: pytest.Config) -> None:
    """Name the mark of the tests that run a whole lesson."""
    config.addinivalue_line("markers", "whole_lesson: runs a lesson from top to bottom in a kernel of its own")


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Say which tests belong on one process, for `-n 2 --dist loadgroup --no-loadscope-reorder`.

    A file's tests stay together and in order: a solved notebook's cells share a kernel, and a module's tests its
    fixtures. A test that runs a whole lesson in a kernel of its own goes anywhere, and starts early because it is long.
    """
    grouped = config.pluginmanager.hasplugin("xdist")
    for item in items if grouped else []:
        whole = item.get_closest_marker("whole_lesson")
        item.add_marker(pytest.mark.xdist_group(item.name if whole else item.path.name))
    items.sort(key=lambda item: item.get_closest_marker("whole_lesson") is None)


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
