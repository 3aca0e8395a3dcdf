"""What every test of the project needs from pytest."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest
from hypothesis import settings

from tests.requirements import nothing_may_be_missing

if TYPE_CHECKING:
    from collections.abc import Generator

pytest_plugins = ["tests.control_plane.fixtures", "tests.mutants.report", "tests.oracle.report"]


def pytest_configure() -> None:
    """Say once that no event loop is set, and that no example has a deadline.

    A machine that others use as well is as slow as it is; how long a test may take is pytest's.

    Until something has been set, asking asyncio for the current loop *makes* one (Python 3.11 to
    3.13). looptime asks before every test, so a synchronous test would leave a loop that nobody
    closes, and the warning about it would fail whichever asynchronous test comes next.
    """
    asyncio.set_event_loop(None)
    settings.register_profile("any machine", deadline=None)
    settings.load_profile("any machine")


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the slow ones: one that waits for minutes must not be all that is left to do."""
    items.sort(key=lambda item: item.get_closest_marker("slow") is None)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """In CI a skip is a failure, whoever asked for it."""
    report = yield
    if report.skipped and not hasattr(report, "wasxfail") and nothing_may_be_missing():
        refuse_skip(report)
    return report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report() -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    """The same for a module that skips itself while it is collected."""
    report = yield
    if report.skipped and nothing_may_be_missing():
        refuse_skip(report)
    return report


def refuse_skip(report: pytest.TestReport | pytest.CollectReport) -> None:
    """Turn a skip into a failure that says which."""
    where = report.longrepr
    reason = where[2] if isinstance(where, tuple) else str(where)
    report.outcome = "failed"
    report.longrepr = f"skipped where nothing may be skipped: {reason}"
